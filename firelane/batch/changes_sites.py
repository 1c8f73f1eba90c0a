"""Sites of two batches: which is which.

A site is the one of the same id, unless both know where they lie and that is not in one place: a register that was
numbered anew gives every id to another site. What is left on both sides is looked for by place (two outlines that share
most of what they cover), then by a name that no other has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

SAME_PLACE = 0.5
"""Outlines are one site's if they share at least this part of what both cover."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Pairing:
    """Sites of both batches in pairs, by the id now (then, where it is no longer there).

    Attributes
    ----------
    pairs : tuple of (Row or None, Row or None)
    by_place, by_name : tuple of (str, str)
        Ids then and now of sites that were found under another id.
    elsewhere : tuple of str
        Ids that stand for another place than they did.
    """

    pairs: tuple[tuple[Row | None, Row | None], ...]
    by_place: tuple[tuple[str, str], ...]
    by_name: tuple[tuple[str, str], ...]
    elsewhere: tuple[str, ...]


def pair_sites(old: Mapping[str, Row], new: Mapping[str, Row]) -> Pairing:
    """Pair the sites of two batches.

    Parameters
    ----------
    old, new : mapping of str to mapping
        Site id → row with ``name``, ``district`` and ``outline`` (WGS 84, or None).
    """
    both = [name for name in new if name in old]
    elsewhere = tuple(sorted(name for name in both if _apart(old[name], new[name])))
    moved = set(elsewhere)
    pairs: list[tuple[Row | None, Row | None]] = [(old[name], new[name]) for name in both if name not in moved]
    left = [row for name, row in old.items() if name not in new or name in moved]
    right = [row for name, row in new.items() if name not in old or name in moved]
    by_place = _by_place(left, right)
    left, right = _rest(left, right, by_place)
    by_name = _by_name(left, right)
    left, right = _rest(left, right, by_name)
    pairs += [(old[a], new[b]) for a, b in (*by_place, *by_name)]
    pairs += [*((row, None) for row in left), *((None, row) for row in right)]
    return Pairing(tuple(sorted(pairs, key=_order)), by_place, by_name, elsewhere)


def _order(pair: tuple[Row | None, Row | None]) -> tuple[str, bool, str]:
    old, new = pair
    row = new if new is not None else old
    assert row is not None
    # An id that now stands for another place stands twice: what is there now first.
    return str(row["site_id"]), new is None, "" if old is None else str(old["site_id"])


def _apart(old: Row, new: Row) -> bool:
    """Tell whether two sites of one id lie in different places, as far as both know theirs."""
    if old["outline"] is None or new["outline"] is None:
        return False
    (a0, b0, a1, b1), (c0, d0, c1, d1) = old["outline"].bounds, new["outline"].bounds
    return bool(a0 > c1 or c0 > a1 or b0 > d1 or d0 > b1)


def _rest(old: Sequence[Row], new: Sequence[Row], done: Sequence[tuple[str, str]]) -> tuple[list[Row], list[Row]]:
    then, now = {a for a, _ in done}, {b for _, b in done}
    return [r for r in old if r["site_id"] not in then], [r for r in new if r["site_id"] not in now]


def _by_place(old: Sequence[Row], new: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    """Return ids of sites that cover the same ground, those that share most first served."""
    left, right = [r for r in old if r["outline"] is not None], [r for r in new if r["outline"] is not None]
    if not left or not right:
        return ()
    # A site of one straight road has an outline without an area: a little room round it gives it one.
    before, after = (shapely.buffer(np.array([r["outline"] for r in side], dtype=object), 1e-5, quad_segs=2) for side in (left, right))
    a, b = shapely.STRtree(after).query(before, predicate="intersects")
    shared = shapely.area(shapely.intersection(before[a], after[b])) / shapely.area(shapely.union(before[a], after[b]))
    found = sorted(
        (-round(float(share), 6), left[i]["site_id"], right[j]["site_id"])
        for share, i, j in zip(shared, a.tolist(), b.tolist(), strict=True) if share >= SAME_PLACE
    )  # fmt: skip
    then: set[str] = set()
    now: set[str] = set()
    pairs = []
    for _, one, other in found:
        if one not in then and other not in now:
            then.add(one)
            now.add(other)
            pairs.append((one, other))
    return tuple(sorted(pairs))


def _by_name(old: Sequence[Row], new: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    """Return ids of sites whose name and district no other of the remaining has, unless both lie elsewhere."""

    def key(row: Row) -> tuple[str, str]:
        return str(row["name"] or "").strip(), str(row["district"] or "").strip()

    times = Counter(map(key, old)), Counter(map(key, new))
    named = {key(row): row for row in new}
    pairs = []
    for row in old:
        name = key(row)
        other = named.get(name)
        if name[0] and other is not None and times[0][name] == times[1][name] == 1 and not _both_placed(row, other):
            pairs.append((str(row["site_id"]), str(other["site_id"])))
    return tuple(sorted(pairs))


def _both_placed(old: Row, new: Row) -> bool:
    """Tell whether the places of both are known: then they were not found to be one, and the name does not tell more."""
    return old["outline"] is not None and new["outline"] is not None
