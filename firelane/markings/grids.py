"""The yellow grid at every entrance: border, lines at 45°, and the lettering in its middle.

It is made in the axes of the mouth (x to the right of a driver who enters, y inwards) and then turned,
so that 45° is measured against the border.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import affinity

from firelane.markings.lettering import (
    BoxDesign,
    box_design,
    centred_box,
    lettering,
    mitred,
    polygons_only,
    upright_design,
)
from firelane.markings.marks import Made, Mark
from firelane.markings.plan import Block, Placement
from firelane.site.model import Note
from firelane.vocabulary import MarkKind, rounded_down

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from firelane.markings.parameters import Dimensions

_STICKING_OUT_M2 = 1e-5
_SHRINK = 0.9


@dataclass(frozen=True)
class Mouth:
    """A mouth near the local origin; ``inward`` is a unit vector."""

    entrance_id: str
    lane_id: str | None
    line: BaseGeometry
    inward: tuple[float, float]
    leaving: bool = False  # its lettering is read by those who drive out

    @property
    def width_m(self) -> float:
        """Width between the pavement edges, square to the way in, down to the millimetre [m]."""
        ends = shapely.get_coordinates(self.line)[[0, -1]]
        across = abs(float((ends[1] - ends[0]) @ np.asarray([self.inward[1], -self.inward[0]])))
        return math.floor(across * 1000 + 1e-3) / 1000

    @property
    def rotation_deg(self) -> float:
        """Rotation of the mark's axes, counter-clockwise [deg]."""
        return math.degrees(math.atan2(self.inward[1], self.inward[0])) - 90.0

    @property
    def middle(self) -> tuple[float, float]:
        """The middle between the ends of the mouth [m]."""
        x, y = shapely.get_coordinates(self.line)[[0, -1]].mean(axis=0)
        return float(x), float(y)


@dataclass(frozen=True)
class _Frame:
    """Outline in the mark's axes, the affine matrix to the plan, and the name of the block if it is one."""

    outline: BaseGeometry
    matrix: tuple[float, ...]
    block: str | None


@dataclass(frozen=True)
class Grid:
    """The outline of a grid that is painted."""

    entrance_id: str
    lane_id: str | None
    outline: BaseGeometry


def entrance_grids(
    mouths: list[Mouth], judged: BaseGeometry, dims: Dimensions, *, font: str | Path | None
) -> tuple[Made, list[Grid]]:
    """Return the grids of all mouths, as marks and as outlines.

    A grid reaches from the mouth line inwards; its width is the clear width of the mouth, its depth
    the same within limits. Where the pavement is no rectangle it follows the pavement.
    """
    made = Made()
    grids: list[Grid] = []
    shapely.prepare(judged)
    for mouth in mouths:
        width_m = mouth.width_m
        depth_m = min(max(width_m, dims.number("grid_depth_min_m")), dims.number("grid_depth_max_m"))
        if width_m <= 2 * dims.number("grid_border_m") + dims.number("grid_line_m"):
            made.notes.append(
                _note(mouth, "grid_too_narrow", "过窄，无法施划网状线", "too narrow for a grid")
            )
            continue
        rectangle = centred_box(width_m, depth_m)
        matrix = _matrix(mouth, depth_m)
        taken = [grid.outline for grid in grids]
        outline, whole = _outline(rectangle, matrix, mouth, judged, taken)
        if outline is None:
            zh, en = "内侧无受检车道路面，未施划网状线", "no judged pavement inside, no grid is painted"
            made.notes.append(_note(mouth, "grid_no_pavement", zh, en))
            continue
        if not whole:
            zh, en = (
                "处路面非矩形，网状线按路面裁剪",
                "the pavement is no rectangle, the grid is clipped to it",
            )
            made.notes.append(_note(mouth, "grid_clipped", zh, en))
        parts = _parts(outline, (width_m, depth_m), mouth, dims, made, font=font)
        way = "-OUT" if mouth.leaving else ""
        block = f"FL-GRID-{round(width_m * 1000)}x{round(depth_m * 1000)}{way}" if whole else None
        _place(made, mouth, parts, _Frame(outline, matrix, block), dims)
        grids.append(Grid(mouth.entrance_id, mouth.lane_id, affinity.affine_transform(outline, matrix)))
    return made, grids


def _matrix(mouth: Mouth, depth_m: float) -> tuple[float, ...]:
    """Return the affine matrix from the axes of the mark (origin in its middle) to the plan."""
    ix, iy = mouth.inward
    x, y = mouth.middle
    return (iy, ix, -ix, iy, x + ix * depth_m / 2, y + iy * depth_m / 2)


def _inverse(matrix: tuple[float, ...]) -> tuple[float, ...]:
    a, b, d, e, x, y = matrix  # a rotation: its inverse is its transpose
    return (a, d, b, e, -(a * x + d * y), -(b * x + e * y))


def _outline(
    rectangle: BaseGeometry,
    matrix: tuple[float, ...],
    mouth: Mouth,
    judged: BaseGeometry,
    taken: list[BaseGeometry],
) -> tuple[BaseGeometry | None, bool]:
    """Return the outline in the mark's axes, and whether it is the whole rectangle."""
    placed = affinity.affine_transform(rectangle, matrix)
    room = shapely.intersection(judged, placed)
    near = [grid for grid in taken if grid.intersects(placed)]
    if near:
        room = room.difference(shapely.union_all(near))
    if room.area >= rectangle.area - _STICKING_OUT_M2:
        return rectangle, True
    gate = shapely.Point(mouth.middle)
    pieces = [
        p for p in shapely.get_parts(room) if p.geom_type == "Polygon" and p.area > 0.05 * rectangle.area
    ]
    if not pieces:
        return None, False
    piece = min(pieces, key=lambda p: (p.distance(gate), -p.area))
    return polygons_only(affinity.affine_transform(piece, _inverse(matrix)).simplify(1e-4)), False


def _parts(
    outline: BaseGeometry,
    size: tuple[float, float],
    mouth: Mouth,
    dims: Dimensions,
    made: Made,
    *,
    font: str | Path | None,
) -> dict[str, BaseGeometry]:
    """Return the paint of one grid in its own axes."""
    border_m = dims.number("grid_border_m")
    inner = polygons_only(mitred(outline, -border_m))
    parts = {str(MarkKind.GRID_BORDER): polygons_only(outline.difference(inner))}
    free = inner
    design = _design(inner, size, mouth, dims, made)
    if design is None:
        made.notes.append(
            _note(mouth, "grid_without_text", "过窄，网状线内无字样位置", "too narrow for the lettering")
        )
    else:
        lettered = lettering(design, dims, font=font)
        if lettered.missing:
            made.notes.append(missing_note(lettered.missing))
        turned = affinity.rotate(lettered.shape, 180.0, origin=(0.0, 0.0)) if mouth.leaving else lettered.shape
        parts[str(MarkKind.GRID_TEXT)] = turned
        made.lettering[f"GRID-{mouth.entrance_id}"] = lettered.area
        free = inner.difference(_clearing(design, dims))
    wide = size[0] > dims.number("grid_wide_from_m")
    spacing_m = dims.number("grid_spacing_wide_m" if wide else "grid_spacing_m")
    lines = _lattice(size, spacing_m, dims).intersection(free)
    parts[str(MarkKind.GRID_LINES)] = polygons_only(lines)
    return parts


def _design(
    inner: BaseGeometry, size: tuple[float, float], mouth: Mouth, dims: Dimensions, made: Made
) -> BoxDesign | None:
    """Return the lettering of a grid with its panel, None where it has no room."""
    inner_m = [length - 2 * dims.number("grid_border_m") for length in size]
    if dims.word("grid_text_layout") == "column":
        margin_m = dims.number("grid_panel_margin_m")
        column = box_design(dims, "column")
        room = min((inner_m[0] - 2 * margin_m) / column.across_m, (inner_m[1] - 2 * margin_m) / column.along_m, 1.0)
        design = _fitted(inner, column, room, dims.number("grid_column_char_least_m"), dims)
        if design is not None:
            return design
        zh, en = "进深不足，网状线内字样改排两行", "not deep enough for a column: the lettering stands in two rows"
        made.notes.append(_note(mouth, "grid_text_in_rows", zh, en))
    upright = upright_design(dims, "std")
    least_m, most_m = dims.number("grid_panel_min_m"), dims.number("grid_panel_max_m")
    panel_m = min(max(dims.number("grid_panel_share") * inner_m[0], least_m), most_m)
    return _fitted(inner, upright, panel_m / upright.across_m, dims.number("grid_char_least_m"), dims)


def _fitted(inner: BaseGeometry, design: BoxDesign, scale: float, least_m: float, dims: Dimensions) -> BoxDesign | None:
    """Return ``design`` scaled so that its panel has room in a grid, None if its characters were smaller than allowed."""
    room = inner.buffer(1e-9)
    while design.char_width_m * scale >= least_m:
        scaled = design.scaled(scale)
        if room.covers(_clearing(scaled, dims)):
            return scaled
        scale *= _SHRINK
    return None


def _clearing(design: BoxDesign, dims: Dimensions) -> BaseGeometry:
    """Return the panel with its margin, free of lines."""
    margin_m = dims.number("grid_panel_margin_m")
    return centred_box(design.across_m + 2 * margin_m, design.along_m + 2 * margin_m)


def _lattice(size: tuple[float, float], spacing_m: float, dims: Dimensions) -> BaseGeometry:
    """Return lines in both directions, symmetric about the middle, larger than the grid."""
    reach_m = math.hypot(*size)
    count = math.ceil(reach_m / 2 / spacing_m)
    offsets = np.arange(-count, count + 1) * spacing_m
    angle = math.radians(dims.number("grid_angle_deg"))
    lines: list[BaseGeometry] = []
    for turn in (angle, -angle):
        along = np.asarray([math.cos(turn), math.sin(turn)]) * reach_m
        normal = np.asarray([-math.sin(turn), math.cos(turn)])
        middles = offsets[:, None] * normal
        lines += list(shapely.linestrings(np.stack([middles - along, middles + along], axis=1)))
    half_m = dims.number("grid_line_m") / 2
    return shapely.union_all(shapely.buffer(np.asarray(lines, dtype=object), half_m, cap_style="flat"))


def _place(
    made: Made, mouth: Mouth, parts: Mapping[str, BaseGeometry], frame: _Frame, dims: Dimensions
) -> None:
    """Add the paint of one grid to ``made``, as a block where it is a rectangle."""
    mark_id = f"GRID-{mouth.entrance_id}"
    if frame.block is not None:
        made.blocks.setdefault(frame.block, Block(frame.block, dict(parts)))
        x, y = frame.matrix[4:]
        made.placements.append(
            Placement(mark_id, frame.block, x, y, mouth.rotation_deg, mouth.lane_id, mouth.entrance_id, None)
        )
    widths = {MarkKind.GRID_BORDER: "grid_border_m", MarkKind.GRID_LINES: "grid_line_m"}
    for kind in (MarkKind.GRID_BORDER, MarkKind.GRID_LINES, MarkKind.GRID_TEXT):
        shape = parts.get(str(kind))
        if shape is None or shape.is_empty:
            continue
        length_m = shape.area / dims.number(widths[kind]) if kind in widths else 0.0
        border = kind == MarkKind.GRID_BORDER
        corners = (affinity.affine_transform(frame.outline.exterior, frame.matrix),) if border else ()
        made.marks.append(
            Mark(
                mark_id, kind, affinity.affine_transform(shape, frame.matrix), length_m, mouth.lane_id,
                mouth.entrance_id, frame.block, corners=corners,
            )
        )  # fmt: skip


def missing_note(missing: tuple[str, ...]) -> Note:
    """Return the note that the font lacks characters of the lettering."""
    text = "".join(missing)
    return Note(
        "font_lacks_characters",
        f"所选字体缺少字符“{text}”，以□代替，请更换字体",
        f"the font lacks the characters {text}, shown as □: choose another font",
    )


def _note(mouth: Mouth, code: str, zh: str, en: str) -> Note:
    width = rounded_down(mouth.width_m)
    return Note(
        code,
        f"出入口 {mouth.entrance_id}（宽 {width} m）{zh}",
        f"entrance {mouth.entrance_id} ({width} m wide): {en}",
        layer="entrances",
        row=mouth.entrance_id,
    )
