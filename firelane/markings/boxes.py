"""Yellow boxes with the lettering, at most 20 m apart along every judged lane."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import affinity

from firelane.markings.candidates import Lane, Places, Surroundings, fitting, places, unoccupied
from firelane.markings.grids import missing_note
from firelane.markings.lettering import BOX_SIZES, BoxDesign, box_block, box_design, lettering
from firelane.markings.marks import Made, Mark
from firelane.markings.plan import Placement
from firelane.markings.spacing import Spacing, chain
from firelane.site.model import Note
from firelane.vocabulary import LaneEnd, MarkKind, rounded_down

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from firelane.markings.parameters import Dimensions


@dataclass(frozen=True)
class Stop:
    """A row of the proof: a box, or where counting begins or ends."""

    lane_id: str
    box: str
    chainage_m: float
    gap_m: float


@dataclass(frozen=True)
class _Size:
    """A size of box: where it fits between the edges, and where nothing else stands."""

    design: BoxDesign
    places: Places
    boxes: NDArray[Any]
    fits: NDArray[np.bool_]
    free: NDArray[np.bool_]


def lane_boxes(
    lanes: list[Lane],
    around: Surroundings,
    dims: Dimensions,
    *,
    clear_widths_m: Mapping[str, float],
    font: str | Path | None,
) -> tuple[Made, list[Stop]]:
    """Return the boxes of all lanes, and the proof that no gap exceeds the pitch.

    A box stands in the middle of the lane, turned to it, on no grid, junction or other box and clear
    of the edge lines. Where a place is taken the box moves back to the nearest free one. The standard
    size is used where it fits, else the minimum.
    """
    made, proof = Made(), list[Stop]()
    if not lanes:
        return made, proof
    step_m = dims.number("box_search_step_m")
    sizes: list[_Size] = []
    for name in _sizes_wanted(dims):
        design = box_design(dims, name)
        here = places(lanes, step_m, design.along_m)
        boxes = here.boxes(design.across_m, design.along_m)
        fits = fitting(here, lanes, boxes, around)
        sizes.append(_Size(design, here, boxes, fits, fits & unoccupied(boxes, around)))
        text, missing = lettering(design, font=font, flatten_m=dims.number("flatten_m"))
        made.blocks[design.block_name] = box_block(design, text)
        if missing and not made.notes:
            made.notes.append(missing_note(missing))
    first = sizes[0].places.first
    painted: list[Any] = []
    for n, lane in enumerate(lanes):
        rows = slice(int(first[n]), int(first[n + 1]))
        mine = [
            _Size(s.design, s.places, s.boxes[rows], s.fits[rows], _apart(s, rows, painted, around))
            for s in sizes
        ]
        width_m = clear_widths_m.get(lane.lane_id, math.inf)
        if (
            dims.word("box_size") == "auto"
            and len(mine) > 1
            and width_m < dims.number("box_std_from_clear_width_m")
        ):
            mine = mine[1:]
        chosen, spacing = _choose(lane, mine, dims)
        _tell(lane, mine, spacing, dims, made)
        proof += _paint(lane, rows.start, chosen, dims, made)
        painted += [size.boxes[p] for p, size in chosen]
    used = {placement.block for placement in made.placements}
    made.blocks = {name: block for name, block in made.blocks.items() if name in used}
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
    if dims.word("text_layout") == "column":
        return ("column",)
    size = dims.word("box_size")
    return BOX_SIZES if size == "auto" else (size,)


def _apart(size: _Size, rows: slice, painted: list[Any], around: Surroundings) -> NDArray[np.bool_]:
    """Return where a box is free and clear of boxes already painted on other lanes."""
    free = size.free[rows].copy()
    if painted and free.any():
        tree = shapely.STRtree(painted)
        free[tree.query(size.boxes[rows], predicate="dwithin", distance=around.clearance_m)[0]] = False
    return free


def _choose(lane: Lane, sizes: list[_Size], dims: Dimensions) -> tuple[list[tuple[int, _Size]], Spacing]:
    """Return (place, size) of each box, and how they are spaced.

    All boxes of a lane have the first size if that closes every gap; else each has the first that
    fits where it stands.
    """
    spacing, allowed = Spacing((), ()), sizes[:1]
    for last in range(1, len(sizes) + 1):
        allowed = sizes[:last]
        free = np.logical_or.reduce([size.free for size in allowed])
        spacing = _spaced(lane, free, sizes[0].design.along_m, dims)
        if spacing.places and not spacing.too_wide:
            break
    return [(p, next(size for size in allowed if size.free[p])) for p in spacing.places], spacing


def _spaced(lane: Lane, free: NDArray[np.bool_], along_m: float, dims: Dimensions) -> Spacing:
    """Space the boxes of one lane; nearer to junctions than the pitch where there is room for it."""
    step_m, pitch_m = dims.number("box_search_step_m"), dims.number("box_pitch_m")
    pitch = int(pitch_m / step_m + 1e-9)
    least = math.ceil((along_m + dims.number("box_clearance_m")) / step_m)
    near = int(dims.number("box_after_junction_m") / step_m + 1e-9)
    end = (lane.to_m - lane.from_m) / step_m

    def spaced(first: int, last: int) -> Spacing:
        end_from = math.ceil(end - last - 1e-6)
        return chain(free, pitch=pitch, least=least, start_within=first, end_from=end_from)

    plain = spaced(pitch, pitch)
    wish = tuple(near if kind == LaneEnd.JUNCTION else pitch for kind in (lane.start_kind, lane.end_kind))
    for first, last in dict.fromkeys([wish, (wish[0], pitch), (pitch, wish[1])]):
        closer = spaced(first, last)
        if not closer.places or closer.too_wide:
            continue
        # a box more than the pitch asks for: spread evenly rather than crowded
        even = tuple(round(end * k / (len(closer.places) + 1)) for k in range(1, len(closer.places) + 1))
        fits = (
            even[0] <= first
            and even[-1] >= end - last
            and np.diff(even, prepend=even[0] - least).min() >= least
        )
        if len(closer.places) > len(plain.places) and fits and free[list(even)].all():
            return Spacing(even, ())
        return closer
    return plain


def _tell(lane: Lane, sizes: list[_Size], spacing: Spacing, dims: Dimensions, made: Made) -> None:
    """Note the gaps that no place could close, and why."""
    name = lane.lane_id
    length_m = max(lane.to_m - lane.from_m, 0.0)
    fits = np.logical_or.reduce([size.fits for size in sizes])
    clear = np.logical_or.reduce([size.free for size in sizes])
    if not spacing.places and (length_m < dims.number("box_least_lane_m") or (fits & ~clear).all()):
        made.notes.append(
            Note(
                "box_not_needed",
                f"车道 {name} 扣除网状线后仅 {rounded_down(length_m, 2)} m，由路口或网状线覆盖，不设方框",
                f"lane {name} has {rounded_down(length_m, 2)} m beside grids and is covered by the junction or the grid: "
                "no box",
                row=name,
            )
        )
        return
    if not spacing.places and not fits.any():
        made.notes.append(
            Note(
                "box_too_narrow",
                f"车道 {name} 路面过窄，放不下方框（最小方框宽 {sizes[-1].design.across_m:g} m）",
                f"lane {name}: the road is too narrow for a box (the smallest is {sizes[-1].design.across_m:g} m wide)",
                row=name,
            )
        )
        return
    if not spacing.places:
        made.notes.append(
            Note(
                "box_no_place",
                f"车道 {name}（{rounded_down(length_m, 2)} m）无合适位置，未设方框",
                f"lane {name} ({rounded_down(length_m, 2)} m): no box found a place",
                row=name,
            )
        )
        return
    step_m = dims.number("box_search_step_m")
    for a, b in spacing.too_wide:
        start_m = lane.from_m if a < 0 else lane.from_m + a * step_m
        end_m = lane.to_m if b >= len(fits) else lane.from_m + b * step_m
        narrow = not fits[max(a + 1, 0) : b].any()
        why_zh, why_en = (
            ("路面过窄", "the road is too narrow") if narrow else ("无合适位置", "no place is free")
        )
        made.notes.append(
            Note(
                "box_gap",
                f"车道 {name} 里程 {start_m:.2f}–{end_m:.2f} m 间{why_zh}，方框间距 {end_m - start_m:.2f} m",
                f"lane {name}, chainage {start_m:.2f}–{end_m:.2f} m: {why_en}, gap of {end_m - start_m:.2f} m between boxes",
                row=name,
            )
        )


def _paint(
    lane: Lane, first: int, chosen: list[tuple[int, _Size]], dims: Dimensions, made: Made
) -> list[Stop]:
    """Add the boxes of one lane to ``made`` and return its rows of the proof."""
    stops = [Stop(lane.lane_id, "start", round(lane.from_m, 6), math.nan)]
    frame = str(MarkKind.BOX_FRAME)
    for n, (place, size) in enumerate(chosen):
        row, found = first + place, size.places
        design, block = size.design, made.blocks[size.design.block_name]
        chainage_m = float(found.chainage_m[row])
        backward = not lane.forward
        if dims.flag("two_way_alternate") and n % 2 == 1:
            backward = not backward
        angle = float(found.heading_rad[row]) - math.pi / 2 + (math.pi if backward else 0.0)
        x, y = (float(v) for v in found.xy[row])
        c, s = math.cos(angle), math.sin(angle)
        mark_id = f"BOX-{lane.lane_id}-{n + 1:02d}"
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
