"""Yellow boxes with the lettering, at most 20 m apart along every judged lane."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shapely import affinity

from firelane.markings.box_notes import about_crossings, about_lane, about_standing
from firelane.markings.grids import missing_note
from firelane.markings.layout import Layout, Row, sized
from firelane.markings.lettering import BOX_SIZES, box_block, box_design, lettering
from firelane.markings.marks import Made, Mark
from firelane.markings.plan import Placement
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from firelane.markings.candidates import Lane, Surroundings
    from firelane.markings.parameters import Dimensions


@dataclass(frozen=True)
class Stop:
    """A row of the proof: a box, or where counting begins or ends."""

    lane_id: str
    box: str
    chainage_m: float
    gap_m: float


def lane_boxes(
    lanes: list[Lane],
    around: Surroundings,
    dims: Dimensions,
    *,
    clear_widths_m: Mapping[str, float],
    font: str | Path | None,
) -> tuple[Made, list[Stop]]:
    """Return the boxes of all lanes, and the proof that no gap exceeds the pitch.

    A box stands in the middle of the lane, turned to it, on no grid, junction, keep-out or other box and clear of the
    edge lines. Where a place is taken the box moves to the next free one without breaking the pitch: a straight
    one if there is, else one in a bend, else the minimum size is used; what cannot be closed is a note.
    """
    made, proof = Made(), list[Stop]()
    if not lanes:
        return made, proof
    designs = [box_design(dims, name) for name in _sizes_wanted(dims)]
    for design in designs:
        lettered = lettering(design, dims, font=font)
        made.blocks[design.block_name] = box_block(design, lettered.shape)
        made.lettering[design.block_name] = lettered.area
        if lettered.missing and not made.notes:
            made.notes.append(missing_note(lettered.missing))
    sizes = [sized(lanes, design, around, dims) for design in designs]
    every = tuple(range(len(sizes)))
    narrow = dims.number("box_std_from_clear_width_m") if dims.word("box_size") == "auto" else 0.0
    allowed = [
        every[1:] if len(every) > 1 and clear_widths_m.get(lane.lane_id, math.inf) < narrow else every for lane in lanes
    ]
    layout = Layout(lanes, sizes, allowed, around, dims)
    for n, lane in enumerate(lanes):
        made.notes += [*about_lane(layout, n, dims), *about_standing(layout, n)]
        proof += _paint(lane, layout, n, dims, made)
    made.notes += about_crossings(layout, dims)
    used = {placement.block for placement in made.placements}
    made.blocks = {name: block for name, block in made.blocks.items() if name in used}
    made.lettering = {name: area for name, area in made.lettering.items() if name in used}
    return made, proof


def directions(lanes: Iterable[tuple[str, str, str, float]], mouth_nodes: Iterable[str]) -> dict[str, bool]:
    """Tell for each lane (id, start node, end node, length) whether a driver who enters goes forward.

    He drives away from the nearest mouth; without mouths, from start to end.
    """
    lanes = list(lanes)
    links: dict[str, list[tuple[str, float]]] = {}
    for _, start, end, length_m in lanes:
        links.setdefault(start, []).append((end, length_m))
        links.setdefault(end, []).append((start, length_m))
    away: dict[str, float] = {}
    queue = sorted((0.0, node) for node in set(mouth_nodes))
    while queue:
        distance, node = heapq.heappop(queue)
        if node not in away:
            away[node] = distance
            for other, length_m in links.get(node, ()):
                heapq.heappush(queue, (distance + length_m, other))
    far = math.inf
    return {lane_id: away.get(start, far) <= away.get(end, far) + 1e-9 for lane_id, start, end, _ in lanes}


def _sizes_wanted(dims: Dimensions) -> tuple[str, ...]:
    layout, size = dims.word("text_layout"), dims.word("box_size")
    if layout != "2x4":
        # A long box finds no place on many a lane; the 20 m are fixed, the arrangement of the lettering is not.
        return (layout, *BOX_SIZES)
    return BOX_SIZES if size == "auto" else (size,)


def _reversed(lane: Lane, row: Row, n: int, dims: Dimensions) -> bool:
    """Tell whether box ``n`` reads for a driver who goes from the lane's end to its start.

    The first box that an entering driver meets is for him, whichever way the lane was drawn.
    """
    met = n if lane.forward else len(row.boxes) - 1 - n
    turned = dims.flag("two_way_alternate") and met % 2 == 1
    return lane.forward == turned


def _paint(lane: Lane, layout: Layout, n: int, dims: Dimensions, made: Made) -> list[Stop]:
    """Add the boxes of one lane to ``made`` and return its rows of the proof."""
    stops = [Stop(lane.lane_id, "start", round(lane.from_m, 6), math.nan)]
    frame, row, first = str(MarkKind.BOX_FRAME), layout.rows[n], layout.span(n).start
    for k, (place, number) in enumerate(row.boxes):
        size = layout.sizes[number]
        design, block, found, at = size.design, made.blocks[size.design.block_name], size.places, first + place
        chainage_m = float(found.chainage_m[at])
        backwards = _reversed(lane, row, k, dims)
        if found.standing[at] >= 0:  # a box of today reads as it does
            told = layout.standing[found.standing[at]].reads_backwards(block.parts[str(MarkKind.BOX_TEXT)])
            backwards = backwards if told is None else told
        angle = float(found.heading_rad[at]) - math.pi / 2 + (math.pi if backwards else 0.0)
        x, y = (float(v) for v in found.xy[at])
        c, s = math.cos(angle), math.sin(angle)
        mark_id = f"BOX-{lane.lane_id}-{k + 1:02d}"
        rotation_deg = math.degrees(math.atan2(s, c))
        made.placements.append(
            Placement(mark_id, block.name, x, y, rotation_deg, lane.lane_id, None, round(chainage_m, 6))
        )
        for kind, shape in block.parts.items():
            placed = affinity.affine_transform(shape, (c, -s, s, c, x, y))
            line_m = shape.area / design.frame_m if kind == frame else 0.0
            corners = (placed.exterior,) if kind == frame else ()
            made.marks.append(
                Mark(mark_id, MarkKind(kind), placed, line_m, lane.lane_id, block=block.name, corners=corners)
            )
        stops.append(_stop(lane, mark_id, chainage_m, stops))
    stops.append(_stop(lane, "end", lane.to_m, stops))
    return stops


def _stop(lane: Lane, name: str, chainage_m: float, before: list[Stop]) -> Stop:
    return Stop(lane.lane_id, name, round(chainage_m, 6), round(chainage_m - before[-1].chainage_m, 6))
