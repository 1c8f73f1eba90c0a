"""How wide a way each thing leaves beside it, also where another thing stands before it or abuts it.

A barrier names the fewest things that bar a lane. Of two bays side by side whose fronts differ by a rounding, of a row
of them along a tapering road, only the one that stands out farthest is named; nothing is wider beside the others for
it. So a thing is judged by the narrowest barrier that would not be there without it, whatever else were gone:

- the one that it makes with the pavement alone, and
- every barrier of the audit in which it may stand in for a thing that it abuts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from firelane.lanes.clusters import WALL, Edge, closing_edges, paths_in
from firelane.lanes.gap_graph import FIXED, GapGraph
from firelane.lanes.gaps import lane_gaps
from firelane.lanes.space import FreeSpace

ABUTS_M = 0.01
"""Things no farther apart stand side by side: the slack of drafting."""

SAME_M = 1e-6
"""Widths within this are one: contract §2."""

Way = tuple[float, str]
"""Width left [m], and the lane; of equal widths the first lane by id."""


def ways_beside(space: FreeSpace, barriers: Iterable[tuple[float, str, tuple[int, ...]]]) -> dict[int, Way]:
    """Return the width of the narrowest way that each obstacle leaves beside it, and the lane that it is on.

    Parameters
    ----------
    space : FreeSpace
    barriers : iterable of (float, str, tuple of int)
        What bars its lanes: width [m], id of the lane, rows of the obstacles.

    Returns
    -------
    dict
        Row of the obstacle → (width [m], id of the lane); without those that leave the cap or more.
    """
    barriers = sorted(set(barriers))
    ways: dict[int, Way] = {}
    for width, lane, rows in barriers:
        for row in rows:
            ways.setdefault(row, (width, lane))
    crowded = _crowded(space)
    if not len(crowded):
        return ways
    lanes = space.lanes["lane_id"].tolist()
    gaps = _Gaps(lane_gaps(space, below_m=space.cap_m, alone=True), lanes)
    for row in crowded.tolist():
        _keep(ways, row, gaps.because_of(row, frozenset()))
    stand_ins = _stand_ins(space, crowded, {rows for _, _, rows in barriers if len(rows) > 1})
    if stand_ins:
        gaps = _Gaps(lane_gaps(space, below_m=space.cap_m), lanes)
        for rest, row in stand_ins:
            _keep(ways, row, gaps.because_of(row, rest))
    return ways


def _crowded(space: FreeSpace) -> np.ndarray:
    """Return the rows of the obstacles that have another within the cap: nothing hides a gap of the others."""
    bodies = space.table.geometry.to_numpy()
    if len(bodies) < 2 or not len(space.lanes):
        return np.zeros(0, np.int64)
    tree = shapely.STRtree(bodies)
    near = tree.query_nearest(bodies, max_distance=space.cap_m, exclusive=False, all_matches=True)
    other = near[0][near[0] != near[1]]
    # One that stands within another is nearest to itself and to that one; the rest have to be asked for without it.
    left = np.setdiff1d(np.arange(len(bodies)), other)
    alone = tree.query(bodies[left], predicate="dwithin", distance=space.cap_m)
    count = np.bincount(alone[0], minlength=len(left))
    return np.union1d(other, left[count > 1])


def _stand_ins(
    space: FreeSpace, crowded: np.ndarray, barriers: Collection[tuple[int, ...]]
) -> list[tuple[frozenset[int], int]]:
    """Return (rest of a barrier, thing) for things that abut one of it and may stand in for that one."""
    if not barriers:
        return []
    bodies = space.table.geometry.to_numpy()
    pairs = shapely.STRtree(bodies).query(bodies[crowded], predicate="dwithin", distance=ABUTS_M)
    beside: dict[int, list[int]] = {}
    for n, other in pairs.T.tolist():
        beside.setdefault(other, []).append(int(crowded[n]))
    found = {
        (rows - {gone}, row)
        for rows in map(frozenset, barriers) for gone in rows for row in beside.get(gone, ()) if row not in rows
    }  # fmt: skip
    return sorted(found, key=lambda pair: (sorted(pair[0]), pair[1]))


def _keep(ways: dict[int, Way], row: int, way: Way | None) -> None:
    known = ways.get(row)
    if way is not None and (known is None or way[0] < known[0] - SAME_M):
        ways[row] = way


@dataclass(frozen=True)
class _Gaps:
    """Gaps of a space, by what stands on either side; the first columns are its lanes."""

    graph: GapGraph
    lanes: list[str]

    @cached_property
    def _sides(self) -> tuple[list[int], list[int], list[int], list[int]]:
        """Node and row at either side of each gap."""
        u, v, label = self.graph.u, self.graph.v, self.graph.label
        return u.tolist(), v.tolist(), label[u].tolist(), label[v].tolist()

    @cached_property
    def _of(self) -> dict[int, list[int]]:
        """Row → its gaps, narrowest first."""
        result: dict[int, list[int]] = {}
        for e, (one, other) in enumerate(zip(*self._sides[2:], strict=True)):
            for row in {one, other} - {FIXED}:
                result.setdefault(row, []).append(e)
        return result

    @cached_property
    def _at_islands(self) -> dict[int, list[int]]:
        """Island → the gaps between it and the kerb or other islands."""
        result: dict[int, list[int]] = {}
        for e, (u, v, one, other) in enumerate(zip(*self._sides, strict=True)):
            if one == other == FIXED and u != v:
                for node in {u, v} - {WALL}:
                    result.setdefault(node, []).append(e)
        return result

    def because_of(self, row: int, rest: frozenset[int]) -> Way | None:
        """Return the narrowest barrier of ``rest``, the pavement and a thing that is none without the thing."""
        chosen = self._among(rest | {row})
        if not chosen:
            return None
        before = dict(self._closing([e for e in chosen if row not in (self._sides[2][e], self._sides[3][e])]))
        for e, lanes in self._closing(chosen):
            if new := lanes & ~before.get(e, 0):
                return float(self.graph.width_m[e]), min(self.lanes[n] for n in paths_in(new))
        return None

    def _among(self, rows: frozenset[int]) -> list[int]:
        """Return the gaps among some things and the pavement, narrowest first."""
        u, v, one, other = self._sides
        inside = rows | {FIXED}
        chosen = {e for row in rows for e in self._of.get(row, ()) if one[e] in inside and other[e] in inside}
        islands = [n for e in chosen for n, label in ((u[e], one[e]), (v[e], other[e])) if label == FIXED and n != WALL]
        seen = set()
        while islands:
            node = islands.pop()
            if node not in seen:
                seen.add(node)
                more = self._at_islands.get(node, ())
                chosen.update(more)
                islands += [n for e in more for n in (u[e], v[e]) if n != WALL]
        return sorted(chosen)

    def _closing(self, chosen: list[int]) -> list[tuple[int, int]]:
        """Return (gap, lanes) of the gaps that bar lanes, narrowest first."""
        u, v, _, _ = self._sides
        width, bits, mask = self.graph.width_m, self.graph.bits, (1 << len(self.lanes)) - 1
        edges = [Edge(u[e], v[e], float(width[e]), bits[e] & mask, -1, (0.0, 0.0)) for e in chosen]
        return [(chosen[n], lanes) for n, lanes in closing_edges(edges, np.inf)]
