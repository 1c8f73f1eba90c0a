"""What there is to say about boxes: gaps that no place could close, with what is in the way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from firelane.markings.crossings import crossings
from firelane.markings.keepouts import Obstacle, labelled, told
from firelane.site.model import Note
from firelane.vocabulary import rounded_down

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firelane.markings.layout import Layout
    from firelane.markings.parameters import Dimensions

_SPARED = (
    "；超出甚少，且仅靠清除或加密现有方框才能消除，故现有方框原位保留",
    "; little more, and only removing or crowding boxes of today would close it: they stay where they are",
)
_COVERED = frozenset({Obstacle.JUNCTION, Obstacle.GRID})


def about_lane(layout: Layout, n: int, dims: Dimensions) -> list[Note]:
    """Return the notes on one lane: why it has no box, or each gap above the pitch."""
    lane, row, span = layout.lanes[n], layout.rows[n], layout.span(n)
    name, length_m = lane.lane_id, max(lane.to_m - lane.from_m, 0.0)
    length = rounded_down(length_m, 2)
    if row.boxes:
        return [_gap(layout, n, gap_m, dims) for gap_m in row.gaps_m]
    mine = [layout.sizes[k] for k in row.sizes]
    fits = np.logical_or.reduce([size.fits[span] for size in mine])
    covered = np.logical_and.reduce(
        [~size.fits[span] | size.taken.anywhere(len(size.boxes), _COVERED)[span] for size in mine]
    )
    if length_m < dims.number("box_least_lane_m") or (fits & covered).all():
        return [Note(
            "box_not_needed",
            f"车道 {name} 扣除网状线后仅 {length} m，由路口或网状线覆盖，不设方框",
            f"lane {name} has {length} m beside grids and is covered by the junction or the grid: no box",
            row=name,
        )]  # fmt: skip
    if not fits.any():
        least = mine[-1].design.across_m
        return [Note(
            "box_too_narrow",
            f"车道 {name} 路面过窄，放不下方框（最小方框宽 {least:g} m）",
            f"lane {name}: the road is too narrow for a box (the smallest is {least:g} m wide)",
            row=name,
        )]  # fmt: skip
    zh, en = _in_the_way(layout, n, span.start, span.stop)
    return [Note(
        "box_no_place",
        f"车道 {name}（{length} m）无处设方框（{zh}），未设方框",
        f"lane {name} ({length} m): no box found a place ({en})",
        row=name,
    )]  # fmt: skip


def _gap(layout: Layout, n: int, gap_m: tuple[float, float], dims: Dimensions) -> Note:
    """Return the note on one gap above the pitch."""
    lane, (start_m, end_m), step_m = layout.lanes[n], gap_m, dims.number("box_search_step_m")
    a, b = ((m - lane.from_m) / step_m for m in gap_m)
    first = math.floor(a + 1e-6) + 1 if start_m > lane.from_m else 0
    last = min(math.ceil(b - 1e-6), layout.steps(n)) if end_m < lane.to_m else layout.steps(n)
    start = layout.span(n).start
    zh, en = _in_the_way(layout, n, start + first, start + last)
    where, gap, pitch = f"{start_m:.2f}–{end_m:.2f} m", f"{end_m - start_m:.2f} m", f"{dims.number('box_pitch_m'):g} m"
    return Note(
        "box_gap",
        f"车道 {lane.lane_id} 里程 {where} 间无处设方框（{zh}），方框间距 {gap}，超过 {pitch}",
        f"lane {lane.lane_id}, chainage {where}: no box finds a place ({en}), gap of {gap} between boxes, more than {pitch}",
        row=lane.lane_id,
    )


def _in_the_way(layout: Layout, n: int, start: int, end: int) -> tuple[str, str]:
    """Return what keeps even the smallest box from the places ``start`` … ``end - 1`` of lane ``n``."""
    number = layout.rows[n].sizes[-1]
    size = layout.sizes[number]
    labels = size.taken.labels(start, end)
    narrow: NDArray[np.bool_] = ~size.fits[start:end]
    if narrow.any():
        labels.insert(0 if narrow.mean() > 0.5 else len(labels), (Obstacle.EDGE.zh, Obstacle.EDGE.en))
    first = layout.span(n).start
    if layout.claimed(n, number)[start - first : end - first].any():
        labels.append((Obstacle.OTHER_BOX.zh, Obstacle.OTHER_BOX.en))
    return told(labels) if labels else ("余长不足", "too little room is left")


def about_standing(layout: Layout, n: int) -> list[Note]:
    """Return a note for each box of today on lane ``n`` that stays although no new one would be painted there."""
    lane, start = layout.lanes[n], layout.span(n).start
    notes: list[Note] = []
    for place, number in layout.rows[n].boxes:
        size, at = layout.sizes[number], start + place
        labels = size.taken.labels(at, at + 1)
        if size.places.standing[at] < 0 or not labels:
            continue
        row_id = layout.standing[size.places.standing[at]].row_id
        zh, en = told(labels)
        notes.append(Note(
            "existing_box_stays",
            f"{labelled('现有方框', row_id)}（车道 {lane.lane_id}）紧邻{zh}：仍原位保留复涂，复涂前请核对",
            f"{labelled('existing box', row_id)} (lane {lane.lane_id}) lies close to {en}: it stays where it is; check before "
            "it is repainted",
            "markings",
            row=row_id,
        ))  # fmt: skip
    return notes


def about_crossings(layout: Layout, dims: Dimensions) -> list[Note]:
    """Return a note for each junction over which boxes follow each other at more than the pitch."""
    pitch_m = dims.number("box_pitch_m")
    notes: list[Note] = []
    seen: set[tuple[tuple[int, int], tuple[int, int]]] = set()
    for crossing in crossings(layout):
        if crossing.gap_m <= pitch_m + 1e-6 or (crossing.one, crossing.two) in seen:
            continue
        seen.add((crossing.one, crossing.two))
        (one, _), (two, _) = crossing.one, crossing.two
        a, b = layout.lanes[one].lane_id, layout.lanes[two].lane_id
        zh, en = told([label for n, end in (crossing.one, crossing.two) for label in _before(layout, n, end)])
        gap, pitch = f"{crossing.gap_m:.2f} m", f"{pitch_m:g} m"
        more_zh, more_en = _SPARED if layout.spared & {one, two} else ("", "")
        notes.append(
            Note(
                "box_gap_over_junction",
                f"车道 {a} 与车道 {b} 经路口相接，路口两侧方框沿行车方向相距 {gap}，超过 {pitch}（{zh or '路口'}）{more_zh}",
                f"lanes {a} and {b} meet at a junction: the boxes on both sides of it are {gap} apart along the drive, more "
                f"than {pitch} ({en or 'junction'}){more_en}",
                row=a,
            )
        )
    return notes


def _before(layout: Layout, n: int, end: int) -> list[tuple[str, str]]:
    """Return what takes the places of lane ``n`` between an end of it and the box nearest to that end."""
    span, row = layout.span(n), layout.rows[n]
    if not row.boxes:
        return []
    steps = slice(span.start, span.start + layout.steps(n))
    at_m = layout.chainage_m(n, row.boxes[0 if end == 0 else -1][0])
    chainages = layout.sizes[0].places.chainage_m[steps]
    before, after = (int(np.searchsorted(chainages, at_m + slack)) for slack in (-1e-9, 1e-9))
    start, stop = (steps.start, steps.start + before) if end == 0 else (steps.start + after, steps.stop)
    return layout.sizes[row.sizes[-1]].taken.labels(start, stop)
