"""Details of the boxes: frame and lettering of every size and arrangement in use, and a stencil's bridges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from firelane.drawing.canvas import Align, polygons
from firelane.drawing.sheets.detail_bench import (
    FIRST_MM,
    NEXT_MM,
    SIDE_MM,
    Bench,
    Detail,
    Stretch,
    chain_reach,
    figure,
    figure_width,
    fitting_scale,
)
from firelane.markings.lettering import BOX_SIZES, LAYOUTS, box_design
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from firelane.drawing.sheets.detail_basis import Basis
    from firelane.markings.lettering import BoxDesign
    from firelane.markings.plan import Block

_ARROW_MM, _ARROW_ROOM_MM = 22.0, 15.0
_SAME_M = 1e-6
_NAMES = {
    "std": ("标准方框及字样", "Standard box with lettering"),
    "min": ("最小方框及字样", "Minimum box with lettering"),
    "column": ("单列方框及字样", "Box with one column of lettering"),
    "line": ("单行方框及字样", "Box with one row of lettering"),
}
_ROWED = ("frame", "char_width", "char_height", "char_gap", "row_gap", "long", "short")
_STACKED = ("frame", "char_width", "char_height", "char_gap", "box_across", "box_along")


def used_designs(basis: Basis) -> list[tuple[BoxDesign, Block]]:
    """Return the designs that the plan paints, with their blocks."""
    found: dict[str, tuple[BoxDesign, Block]] = {}
    for size in (*BOX_SIZES, *LAYOUTS):
        design = box_design(basis.dims, size)
        block = basis.plan.blocks.get(design.block_name)
        if block is not None:
            found.setdefault(design.block_name, (design, block))
    return list(found.values())


def box_details(basis: Basis) -> list[Detail]:
    """Return a detail of every box in use."""
    return [_box(basis, design, block) for design, block in used_designs(basis)]


def _box(basis: Basis, design: BoxDesign, block: Block) -> Detail:
    size = (design.across_m, design.along_m)
    scale = fitting_scale(size, basis.part(0.4, 0.68), basis.between(20, 100))
    per_m = 1000.0 / scale
    names = _STACKED if design.name in LAYOUTS else _ROWED
    stem = design.name if design.name in LAYOUTS else f"box_{design.name}"
    to_confirm = basis.is_open(*(f"{stem}_{name}_m" for name in names))
    half_x, half_y = design.across_m / 2, design.along_m / 2
    across = _stretches(design, along=False, to_confirm=to_confirm)
    along = _stretches(design, along=True, to_confirm=to_confirm)
    whole_x, whole_y = [Stretch(half_x, to_confirm)], [Stretch(half_y, to_confirm)]
    second_x = FIRST_MM + max(NEXT_MM, chain_reach(per_m, -half_x, across, "below") + 4.0)
    second_y = SIDE_MM + max(NEXT_MM, chain_reach(per_m, -half_y, along, "left") + 1.0)
    outer_mm = figure_width(figure(along[-1], along[-2].end_m)) + 3.0  # the last figure stands beyond the box
    words = basis.say("行车方向", "direction of travel")

    def draw(bench: Bench) -> None:
        bench.paint(block.parts[str(MarkKind.BOX_FRAME)])
        bench.paint(block.parts[str(MarkKind.BOX_TEXT)], outlined=False)
        bench.chain("below", -half_y, -half_x, across)
        bench.chain("below", -half_y, -half_x, whole_x, from_mm=second_x)
        bench.chain("left", -half_x, -half_y, along, from_mm=SIDE_MM)
        bench.chain("left", -half_x, -half_y, whole_y, from_mm=second_y)
        travel_arrow(bench, bench.at(half_x, 0, 7.0), words)

    return Detail(
        basis.say(*_NAMES.get(design.name, _NAMES["std"])), scale, basis.article(MarkKind.BOX_FRAME),
        (
            -half_x * per_m - second_y - 5.5, -half_y * per_m - second_x - 4.0,
            half_x * per_m + _ARROW_ROOM_MM, half_y * per_m + max(outer_mm, 3.0),
        ),
        draw,
    )  # fmt: skip


def travel_arrow(bench: Bench, middle_mm: tuple[float, float], words: str) -> None:
    """Draw the arrow of travel, upwards, its words to the right."""
    x, y = middle_mm
    bench.arrow((x, y - _ARROW_MM / 2), (x, y + _ARROW_MM / 2))
    bench.text(words, (x + 3.4, y), align=Align.MIDDLE_CENTER, rotation_deg=90.0)


def _stretches(design: BoxDesign, *, along: bool, to_confirm: bool) -> list[Stretch]:
    """Return the chain through a box: frame, margin, characters and gaps, margin, frame."""
    whole = design.along_m if along else design.across_m
    lettered = design.text_along_m if along else design.text_across_m
    by_row = along != design.turned  # across the rows of characters
    count = len(design.rows) if by_row else max(len(row) for row in design.rows)
    step = design.char_height_m if by_row else design.char_width_m
    gap = design.row_gap_m if by_row else design.char_gap_m
    lengths = [design.frame_m, (whole - lettered) / 2 - design.frame_m]
    for number in range(count):
        lengths += [step] if number == 0 else [gap, step]
    lengths += [lengths[1], design.frame_m]
    ends: list[Stretch] = []
    at = -whole / 2
    for length in lengths:
        if length > _SAME_M:
            at += length
            ends.append(Stretch(round(at, 9), to_confirm))
    return ends


def bridge_detail(basis: Basis) -> Detail | None:
    """Return one character with the bridges of its stencil, None where none are kept."""
    designs = used_designs(basis)
    if not basis.dims.flag("stencil_bridges") or not designs:
        return None
    design, block = designs[0]
    bridge_m = basis.dims.number("stencil_bridge_m")
    size = (design.char_height_m, design.char_width_m) if design.turned else (design.char_width_m, design.char_height_m)
    corner = _busiest_cell(block, design, bridge_m)
    if corner is None:
        return None
    x, y, shape = corner
    scale = fitting_scale(size, basis.part(0.22, 0.35), basis.between(5, 20))
    per_m = 1000.0 / scale
    half_x, half_y = size[0] / 2, size[1] / 2
    mark = "*" if basis.is_open("stencil_bridge_m") else ""
    lines = [
        basis.say(f"模板连接筋宽 {round(bridge_m * 1000)}{mark}", f"bridges {round(bridge_m * 1000)}{mark} wide"),
        basis.say("连接筋处不施划", "no paint on the bridges"),
    ]
    kind = basis.is_open("stencil_bridges")

    def draw(bench: Bench) -> None:
        bench.line([(-half_x, -half_y), (half_x, -half_y), (half_x, half_y), (-half_x, half_y)], 0.13, closed=True)
        bench.paint(shapely.transform(shape, lambda xy: xy - (x, y)))
        bench.chain("below", -half_y, -half_x, [Stretch(half_x, kind)])
        bench.chain("left", -half_x, -half_y, [Stretch(half_y, kind)])
        for n, line in enumerate(lines):
            bench.text(line, bench.at(-half_x, half_y, 0, 3.0 + 4.2 * (len(lines) - 1 - n)))

    return Detail(
        basis.say("字样模板连接筋", "Stencil bridges"), scale, basis.article(MarkKind.BOX_TEXT),
        (-half_x * per_m - FIRST_MM - 5.5, -half_y * per_m - FIRST_MM - 4.0,
         max(half_x * per_m, -half_x * per_m + 48.0) + 2.0, half_y * per_m + 14.0),
        draw,
    )  # fmt: skip


def _busiest_cell(block: Block, design: BoxDesign, bridge_m: float) -> tuple[float, float, BaseGeometry] | None:
    """Return the middle and the paint of the character with most bridges: with gaps of their width closed it has most holes."""
    text = block.parts[str(MarkKind.BOX_TEXT)]
    best: tuple[int, float, float, BaseGeometry] | None = None
    for cell in cells(design):
        shape = shapely.intersection(text, cell)
        if shape.is_empty:
            continue
        closed = shape.buffer(0.55 * bridge_m, join_style="mitre").buffer(-0.55 * bridge_m, join_style="mitre")
        bridges = _holes(closed) - _holes(shape)
        if best is None or bridges > best[0]:
            best = (bridges, cell.centroid.x, cell.centroid.y, shape)
    return None if best is None else best[1:]


def _holes(shape: BaseGeometry) -> int:
    return sum(len(polygon.interiors) for polygon in polygons(shape))


def cells(design: BoxDesign) -> list[BaseGeometry]:
    """Return the em boxes of the characters, in the order of the rows [m]."""
    found = []
    stacked = design.text_across_m if design.turned else design.text_along_m
    for n, row in enumerate(design.rows):
        y = stacked / 2 - (n + 1) * design.char_height_m - n * design.row_gap_m
        width = len(row) * design.char_width_m + (len(row) - 1) * design.char_gap_m
        for k in range(len(row)):
            x = -width / 2 + k * (design.char_width_m + design.char_gap_m)
            box = shapely.box(x, y, x + design.char_width_m, y + design.char_height_m)
            found.append(shapely.transform(box, lambda xy: xy[:, ::-1] * (-1.0, 1.0)) if design.turned else box)
    return found
