"""Gaps between boxes over junctions: the last box of one lane and the first of the next (第十三条（二）)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.verifying.limits import number
from firelane.verifying.records import FAIL, INFO, Check
from firelane.vocabulary import LaneEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from firelane.markings.plan import MarkingPlan
    from firelane.verifying.ground import Ground

ARTICLE = "第十三条（二）"
_MOST_LANES = 4  # without a box, driven through one after the other


@dataclass(frozen=True)
class _Gap:
    """The greatest distance from box to box in a drive over a junction, and the lanes of the two boxes."""

    gap_m: float
    one: str
    two: str


def check_junctions(
    ground: Ground, boxes: Sequence[tuple[str, float]], planned: Callable[[], MarkingPlan]
) -> list[Check]:
    """Return a check for every junction over which boxes follow each other at more than the pitch.

    A gap that our own plan leaves as well, since nothing closes it, is told; one that it closes is a fault.

    Parameters
    ----------
    ground : Ground
    boxes : sequence of (str, float)
        Lane and chainage of each box.
    planned : callable
        Returns our own plan; asked only where there is such a gap.
    """
    limit = ground.dims.number("box_pitch_m") + number("tolerance", "pitch_m")
    found = {node: gap for node, gap in _gaps(ground, boxes).items() if gap.gap_m > limit}
    if not found:
        return []
    best = _gaps(ground, _planned_boxes(ground, planned()))
    checks = []
    told: set[tuple[str, str]] = set()
    for node, gap in sorted(found.items()):
        key = (min(gap.one, gap.two), max(gap.one, gap.two))
        if key in told:
            continue
        told.add(key)
        closed = node in best and best[node].gap_m <= limit
        spot = _spot(ground, node)
        x, y = ground.site_xy(spot)
        wanted = ground.dims.number("box_pitch_m")
        more_zh, more_en = ("", "") if closed else ("，设计方案亦保留", ": our own plan leaves it as well")
        checks.append(Check(
            "box_spacing", FAIL if closed else INFO,
            f"车道 {gap.one} 与 {gap.two} 经路口相接，路口两侧方框相距 {gap.gap_m:.2f} m（不大于 {wanted:g} m）{more_zh}",
            f"lanes {gap.one} and {gap.two} meet at a junction: {gap.gap_m:.2f} m from box to box, at most {wanted:g} m{more_en}",
            gap.gap_m, wanted, "m", x, y, gap.one, length_m=gap.gap_m, article=ARTICLE,
        ))  # fmt: skip
    return checks


def _planned_boxes(ground: Ground, plan: MarkingPlan) -> list[tuple[str, float]]:
    frames = plan.paint[plan.paint["kind"] == "box_frame"]
    middles = shapely.get_coordinates(shapely.centroid(ground.local(np.asarray(frames.geometry))))
    lines = dict(zip(ground.lane_ids, ground.lane_lines, strict=True))
    return [
        (str(lane), float(shapely.line_locate_point(lines[str(lane)], shapely.Point(xy))))
        for lane, xy in zip(frames["lane_id"], middles, strict=True) if str(lane) in lines
    ]  # fmt: skip


def _gaps(ground: Ground, boxes: Sequence[tuple[str, float]]) -> dict[str, _Gap]:
    """Return for every junction the drive over it with the greatest distance from box to box."""
    table = ground.network.lanes
    length = {lane: float(line.length) for lane, line in zip(ground.lane_ids, ground.lane_lines, strict=True)}
    on: dict[str, list[float]] = {}
    for lane, chainage in boxes:
        on.setdefault(lane, []).append(chainage)
    nodes: dict[tuple[str, int], str] = {}
    at: dict[str, list[tuple[str, int]]] = {}
    columns = ("lane_id", "start_node", "end_node", "start_kind", "end_kind")
    for lane, start, end, start_kind, end_kind in zip(*(table[c] for c in columns), strict=True):
        for side, node, kind in ((0, start, start_kind), (1, end, end_kind)):
            if kind == LaneEnd.JUNCTION and node:
                nodes[str(lane), side] = str(node)
                at.setdefault(str(node), []).append((str(lane), side))

    def ahead(lane: str, side: int, seen: tuple[str, ...]) -> tuple[float, str]:
        """Return how far the next box is when a lane is entered at one end, and on which lane."""
        if lane in on:
            return (min(on[lane]) if side == 0 else length[lane] - max(on[lane])), lane
        node = nodes.get((lane, 1 - side), "")
        further = at.get(node, ()) if len(seen) < _MOST_LANES else ()
        more = [ahead(*other, (*seen, lane)) for other in further if other[0] not in (*seen, lane)]
        best = max(more, default=(0.0, lane))
        return length[lane] + best[0], best[1]

    found = {}
    for node, ends in at.items():
        pairs = []
        for one, two in itertools.combinations(ends, 2):
            (a_m, a), (b_m, b) = ahead(*one, (two[0],)), ahead(*two, (one[0],))
            pairs.append(_Gap(a_m + b_m, a, b))
        if pairs:
            found[node] = max(pairs, key=lambda gap: gap.gap_m)
    return found


def _spot(ground: Ground, node: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return where a junction is."""
    table = ground.network.lanes
    for column, end in (("start_node", 0), ("end_node", -1)):
        rows = np.flatnonzero((table[column] == node).to_numpy())
        if len(rows):
            return np.asarray(shapely.get_coordinates(ground.lane_lines[rows[0]])[end])
    return np.zeros(2)
