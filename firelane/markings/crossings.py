"""Drives over junctions: from the last box of one lane to the first of the next."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firelane.vocabulary import LaneEnd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.markings.candidates import Lane
    from firelane.markings.layout import Layout

START, END = 0, 1


def node_ends(lanes: Sequence[Lane]) -> dict[str, list[tuple[int, int]]]:
    """Return for each junction the ends of lanes that meet there: (number of the lane, 0 start or 1 end)."""
    found: dict[str, list[tuple[int, int]]] = {}
    for n, lane in enumerate(lanes):
        for end, node, kind in ((START, lane.start_node, lane.start_kind), (END, lane.end_node, lane.end_kind)):
            if node and kind == LaneEnd.JUNCTION:
                found.setdefault(node, []).append((n, end))
    return found


@dataclass(frozen=True)
class Crossing:
    """Two boxes that follow each other along a drive over a junction: where they are seen from, and their distance.

    ``one`` and ``two`` are the ends of lanes (number, 0 start or 1 end) between them.
    """

    node: str
    one: tuple[int, int]
    two: tuple[int, int]
    gap_m: float


def crossings(layout: Layout) -> list[Crossing]:
    """Return for every junction the drive over it with the greatest distance from box to box.

    Lanes without a box are driven through.
    """
    at = node_ends(layout.lanes)

    def ahead(n: int, end: int, seen: frozenset[int]) -> tuple[float, tuple[int, int]]:
        """Return how far the next box is when lane ``n`` is entered at ``end``, and at which lane's end that is."""
        own_m = layout.beyond_m(n, end)
        lane = layout.lanes[n]
        if own_m is not None:
            return own_m, (n, end)
        length_m = lane.to_m - lane.from_m
        node = lane.end_node if end == START else lane.start_node
        more = [ahead(*other, seen | {n}) for other in at.get(node, ()) if other[0] != n and other[0] not in seen]
        best = max(more, default=(0.0, (n, end)))
        return length_m + best[0], best[1]

    found: list[Crossing] = []
    for node, ends in at.items():
        pairs = []
        for one, two in itertools.combinations(ends, 2):
            (a_m, a), (b_m, b) = ahead(*one, frozenset({two[0]})), ahead(*two, frozenset({one[0]}))
            pairs.append(Crossing(node, min(a, b), max(a, b), a_m + b_m))
        if pairs:
            found.append(max(pairs, key=lambda pair: pair.gap_m))
    return found
