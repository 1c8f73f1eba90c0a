"""Findings of two audits, matched by rule, subject, owner and place.

What is matched
    Only findings of one rule, and only what is judged for the same sort of subject: the whole site, a lane, an
    entrance, a building, or a thing at a place (an obstacle, a narrow stretch, a bend).
Lanes, entrances, buildings, the site
    By their ids, wherever the figure was read; ids that are not found again, by place.
Things
    By an *effective distance*: the distance between both places, or the gap between both stretches of one lane,
    plus ``NAME_SHARE`` of the tolerance for owners that are not the same. No farther than the tolerance, and
    such that the whole is as near together as it can be (an assignment, not the order of the rows).

A thing that moved a little is itself; one that a new survey numbered anew is itself where it stands still.
Reordering rows changes no pair, and exchanging both sides exchanges each pair.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

from firelane.comparing.subjects import Row, read_rows

TOLERANCE_M = 5.0
"""A thing that moved farther is another one."""

NAME_SHARE = 0.41
"""Owners that differ altogether count as this share of the tolerance: a row of bays of 2.5 m that a survey numbers anew keeps
its places, and a car that moved by 2 m keeps its name."""

_NEIGHBOURS = 12  # candidates looked at for one thing, so that a crowd at one point stays linear
_CELL_SHARE = 0.3  # of the tolerance: whatever shares such a cell is near enough, its names apart
_DENSE = 400  # rows times columns up to which the plain assignment is quicker than the sparse one
_PAIRS_OF_LANE = 20_000  # stretches of one lane looked at in pairs; more of them are matched by their places alone

Floats = npt.NDArray[np.float64]
_Key = tuple[Any, ...]
_Edges = dict[tuple[int, int], float]


@dataclass(frozen=True)
class Matching:
    """Which finding of one audit is which of the other; numbers count from 0.

    Attributes
    ----------
    pairs : tuple of (int, int)
        Number in ``old`` and in ``new``; each number at most once.
    only_old, only_new : tuple of int
        What is left.
    """

    pairs: tuple[tuple[int, int], ...]
    only_old: tuple[int, ...]
    only_new: tuple[int, ...]


def match_findings(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], *, tolerance_m: float = TOLERANCE_M
) -> Matching:
    """Match findings one to one; no order of rows matters.

    Parameters
    ----------
    old, new : sequence of mappings
        Rows as in ``findings`` of ``audit.json``. Only ``rule_id`` must be there. Distances are measured between
        ``lonlat`` where both rows have it, else between ``location``; rows without a common sort of place are
        matched by the same owners alone.
    tolerance_m : float
        A thing that moved farther than this is another one [m].

    Returns
    -------
    Matching

    Raises
    ------
    ValueError
        If the tolerance is no positive number.
    """
    if not (math.isfinite(tolerance_m) and tolerance_m > 0):
        raise ValueError(f"the tolerance must be a positive number of metres, not {tolerance_m!r}")
    olds, news = read_rows(old), read_rows(new)
    groups: dict[tuple[str, str], tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((olds, news)):
        for row in rows:
            groups[row.rule_id, row.scope][side].append(row)
    pairs: list[tuple[int, int]] = []
    for (_, scope), (left, right) in groups.items():
        if left and right:
            pairs += (
                (a.number, b.number) for a, b in _match_group(sorted(left), sorted(right), scope, tolerance_m)
            )
    pairs.sort()
    of_old, of_new = {a for a, _ in pairs}, {b for _, b in pairs}
    return Matching(
        tuple(pairs), tuple(n for n in range(len(olds)) if n not in of_old),
        tuple(n for n in range(len(news)) if n not in of_new),
    )  # fmt: skip


def _match_group(old: list[Row], new: list[Row], scope: str, tolerance_m: float) -> Iterator[tuple[Row, Row]]:
    """Yield pairs of one rule and one sort of subject; both sides are sorted by content."""
    # What stands where it stood, under its name, needs no search.
    yield from (done := list(_equal(old, new, lambda row: (row.subject, row.names, row.place_key))))
    old, new = _left(old, new, done)
    if scope != "thing":
        yield from (done := list(_equal(old, new, lambda row: (row.subject,))))
        old, new = _left(old, new, done)
        if scope == "site":
            return
    yield from (done := list(_nearest(old, new, tolerance_m)))
    old, new = _left(old, new, done)
    yield from (done := list(_crowded(old, new, tolerance_m)))
    old, new = _left(old, new, done)
    # No distance is known between these: the same owners, and nothing but owners, tell.
    unplaced = [(a, b) for a, b in _equal(old, new, lambda row: row.names or None) if not a.comparable(b)]
    yield from unplaced


def _left(old: list[Row], new: list[Row], done: Iterable[tuple[Row, Row]]) -> tuple[list[Row], list[Row]]:
    of_old, of_new = set(), set()
    for a, b in done:
        of_old.add(a.number)
        of_new.add(b.number)
    return [r for r in old if r.number not in of_old], [r for r in new if r.number not in of_new]


def _equal(old: list[Row], new: list[Row], key: Any) -> Iterator[tuple[Row, Row]]:
    """Yield rows of equal keys, in the order of their content where several share one; a key of None has no pair."""
    waiting: dict[_Key, list[Row]] = defaultdict(list)
    for row in reversed(new):
        if (name := key(row)) is not None:
            waiting[name].append(row)
    for row in old:
        name = key(row)
        if name is not None and (there := waiting.get(name)):
            yield row, there.pop()


# ------------------------------------------------------------------ things, by effective distance


def _nearest(old: list[Row], new: list[Row], tolerance_m: float) -> Iterator[tuple[Row, Row]]:
    if not old or not new:
        return
    edges: _Edges = {}
    index, other = ({row.number: k for k, row in enumerate(rows)} for rows in (old, new))
    _by_place(edges, old, new, tolerance_m, lonlat=True)
    _by_place(edges, old, new, tolerance_m, lonlat=False)
    for a, b in _equal(old, new, lambda row: row.names or None):
        if (distance_m := a.distance_m(b)) <= tolerance_m:
            edges[index[a.number], other[b.number]] = distance_m
    _by_stretch(edges, old, new, tolerance_m)
    costs: _Edges = {}
    for (i, j), distance_m in edges.items():
        cost = distance_m + NAME_SHARE * tolerance_m * old[i].apart(new[j])
        if cost <= tolerance_m:
            costs[i, j] = round(cost, 6)
    for i, j in _assign(costs, len(old), len(new), tolerance_m):
        yield old[i], new[j]


def _crowded(old: list[Row], new: list[Row], tolerance_m: float) -> Iterator[tuple[Row, Row]]:
    """Yield pairs of what is left in one small cell: more things than were looked at as candidates stand there."""

    def cell(row: Row) -> _Key | None:
        place = row.earth or row.plane
        return place and (len(place), *(math.floor(v / (_CELL_SHARE * tolerance_m)) for v in place))

    yield from _equal(old, new, cell)


def _by_place(edges: _Edges, old: list[Row], new: list[Row], tolerance_m: float, *, lonlat: bool) -> None:
    """Add the pairs whose places lie within the tolerance; by WGS 84 where both have it, else by the site's metres."""
    left = [n for n, row in enumerate(old) if (row.earth if lonlat else row.plane) is not None]
    right = [n for n, row in enumerate(new) if (row.earth if lonlat else row.plane) is not None]
    if not left or not right:
        return
    xyz = np.array([old[n].earth if lonlat else old[n].plane for n in left], dtype=np.float64)
    other = np.array([new[n].earth if lonlat else new[n].plane for n in right], dtype=np.float64)
    for i, j, distance_m in zip(*_within(xyz, other, tolerance_m), strict=True):
        a, b = left[int(i)], right[int(j)]
        if lonlat or old[a].earth is None or new[b].earth is None:
            edges[a, b] = float(distance_m)


def _within(
    left: Floats, right: Floats, reach_m: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """Return the pairs no farther apart than ``reach_m`` among the nearest of each, from both sides."""
    near, far = cKDTree(left), cKDTree(right)
    found: dict[tuple[int, int], float] = {}
    for tree, points, swapped in ((far, left, False), (near, right, True)):
        distances, others = tree.query(points, k=range(1, _NEIGHBOURS + 1), distance_upper_bound=reach_m + 1e-9)
        rows, columns = np.nonzero(np.isfinite(distances))
        for r, c in zip(rows.tolist(), columns.tolist(), strict=True):
            other = int(others[r, c])
            found[(other, r) if swapped else (r, other)] = float(distances[r, c])
    keys = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    return keys[:, 0], keys[:, 1], np.array([found[int(a), int(b)] for a, b in keys], dtype=np.float64)


def _by_stretch(edges: _Edges, old: list[Row], new: list[Row], tolerance_m: float) -> None:
    """Add stretches of one lane that overlap or nearly do: their narrowest place may have moved along."""
    lanes: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((old, new)):
        for n, row in enumerate(rows):
            if row.stretch is not None and row.lane_id:
                lanes[row.lane_id][side].append(n)
    for left, right in lanes.values():
        if len(left) * len(right) > _PAIRS_OF_LANE:
            continue
        for i in left:
            for j in right:
                gap_m = old[i].gap_m(new[j])
                if gap_m <= tolerance_m:
                    edges[i, j] = min(gap_m, edges.get((i, j), gap_m))


def _assign(costs: _Edges, rows: int, columns: int, tolerance_m: float) -> Iterator[tuple[int, int]]:
    """Yield the pairs of least total cost, a row without a pair counting as the tolerance."""
    if not costs:
        return
    ends = np.array(list(costs), dtype=np.int64)
    size = rows + columns
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1] + rows)), shape=(size, size))
    _, parts = connected_components(graph, directed=False)
    grouped: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for i, j in costs:
        grouped[int(parts[i])].append((i, j))
    for edges in grouped.values():
        if len(edges) == 1:
            yield edges[0]
        else:
            yield from _assign_part(edges, costs, tolerance_m)


def _assign_part(edges: list[tuple[int, int]], costs: _Edges, tolerance_m: float) -> Iterator[tuple[int, int]]:
    left, right = sorted({i for i, _ in edges}), sorted({j for _, j in edges})
    # Equal costs are decided by position. The side with fewer rows leads, so that exchanging both sides
    # exchanges the pairs; where both have as many, the cheaper first row does.
    turned = (len(left), _profile(edges, costs, 0)) > (len(right), _profile(edges, costs, 1))
    if turned:
        left, right = right, left
        edges = [(j, i) for i, j in edges]
    row_of, column_of = ({n: k for k, n in enumerate(side)} for side in (left, right))
    count = len(left), len(right)
    values = [costs[(j, i) if turned else (i, j)] - tolerance_m for i, j in edges]
    at = [row_of[i] for i, _ in edges], [column_of[j] for _, j in edges]
    if count[0] * count[1] <= _DENSE:
        table = np.zeros(count)
        table[at] = values
        chosen = zip(*linear_sum_assignment(table), strict=True)
        real = set(zip(*at, strict=True))
        found = [(int(r), int(c)) for r, c in chosen if (int(r), int(c)) in real and table[r, c] < 0]
    else:
        # Every row may stay alone: a column of its own, at no gain. Explicit weights must not be 0.
        lift = tolerance_m + 1.0
        data = [v + lift for v in values] + [lift] * count[0]
        r = at[0] + list(range(count[0]))
        c = at[1] + [count[1] + k for k in range(count[0])]
        table_ = csr_array((data, (r, c)), shape=(count[0], count[1] + count[0]))
        chosen = zip(*min_weight_full_bipartite_matching(table_), strict=True)
        found = [(int(row), int(column)) for row, column in chosen if column < count[1]]
    for r_, c_ in found:
        pair = left[r_], right[c_]
        yield (pair[1], pair[0]) if turned else pair


def _profile(edges: list[tuple[int, int]], costs: _Edges, side: int) -> list[tuple[float, ...]]:
    """Describe one side of a part by nothing but its costs, row by row in order."""
    rows: dict[int, list[float]] = defaultdict(list)
    for edge in edges:
        rows[edge[side]].append(costs[edge])
    return [tuple(sorted(rows[n])) for n in sorted(rows)]
