"""The principle by which boxes follow each other along a lane, to scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from firelane.drawing.canvas import Align
from firelane.drawing.sheets.detail_bench import FIRST_MM, TEXT_MM, Bench, Detail, Stretch, fitting_scale
from firelane.drawing.sheets.detail_box import used_designs
from firelane.drawing.text import wrap
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from firelane.drawing.sheets.detail_basis import Basis
    from firelane.drawing.sheets.detail_grid import GridShape
    from firelane.markings.plan import Block

_BOXES = 2
_BESIDE_M = 1.5
_LEAST_TEXT_MM = 120.0


def layout_detail(basis: Basis, grid: GridShape | None) -> Detail | None:
    """Return a stretch of lane from a grid to a junction with its boxes, None where the plan has no box."""
    designs = used_designs(basis)
    if not designs:
        return None
    dims = basis.dims
    design, block = designs[0]
    pitch_m, after_m = dims.number("box_pitch_m"), dims.number("box_after_junction_m")
    far_m = dims.edge_line_far_m
    width_m = max(design.across_m + 2 * (far_m + dims.number("box_clearance_m")), grid.width_m if grid else 0.0)
    depth_m = grid.depth_m if grid else 0.0
    places = [depth_m + pitch_m * (n + 1) for n in range(_BOXES)]
    end_m = places[-1] + after_m
    whole_m = end_m + width_m / 2 + _BESIDE_M
    size = (whole_m + _BESIDE_M + width_m, width_m + 2 * _BESIDE_M)
    scale = fitting_scale(size, basis.part(0.94, 0.35), basis.between(200, 500))
    per_m = 1000.0 / scale
    half = width_m / 2
    alternate = dims.flag("two_way_alternate")
    lined = (basis.plan.paint["kind"] == str(MarkKind.EDGE_LINE)).any()
    mark = "*" if basis.is_open("box_after_junction_m") else ""
    chain = [Stretch(place, text="≤<>") for place in places] + [Stretch(end_m, text=f"≤<>{mark}")]
    words = {
        "mouth": basis.say("出口", "exit") if grid and grid.leaving else basis.say("出入口", "mouth"), "junction": basis.say("路口", "junction"),
    }  # fmt: skip
    wide_mm = max((whole_m + _BESIDE_M) * per_m, _LEAST_TEXT_MM)
    texts = _told(basis, alternate=alternate, leaving=grid is not None and grid.leaving)
    told = [line for text in texts for line in wrap(text, TEXT_MM, wide_mm, 4)]

    def draw(bench: Bench) -> None:
        stub = half + _BESIDE_M
        for sign in (-1.0, 1.0):
            bench.line([(-_BESIDE_M, sign * half), (end_m, sign * half), (end_m, sign * stub)], 0.35)
        bench.line([(end_m + width_m, -stub), (end_m + width_m, stub)], 0.35)
        bench.line([(0, -half), (0, half)], 0.25, linetype="FL-DASHED")
        bench.line([(-_BESIDE_M, 0), (end_m + width_m / 2, 0)], 0.13, linetype="FL-CENTER", grey=True)
        if lined:
            for sign in (-1.0, 1.0):
                near, far = sorted((sign * (half - dims.edge_line_near_m), sign * (half - far_m)))
                bench.paint(shapely.box(depth_m, near, end_m, far), outlined=False)
        if grid:
            for kind in (MarkKind.GRID_BORDER, MarkKind.GRID_LINES, MarkKind.GRID_TEXT):
                _along_lane(bench, grid.block, str(kind), depth_m / 2, backward=False)
        for n, place in enumerate(places):
            for kind in (MarkKind.BOX_FRAME, MarkKind.BOX_TEXT):
                _along_lane(bench, block, str(kind), place, backward=alternate and n % 2 == 1)
            bench.text(f"B{n + 1}", bench.at(place, half, 0, 1.5), align=Align.CENTER)
        bench.text(words["mouth"], bench.at(depth_m / 2, half, 0, 1.5), align=Align.CENTER)
        bench.text(words["junction"], bench.at(end_m + width_m / 2, half, 0, 1.5), align=Align.CENTER)
        bench.chain("below", -half, depth_m, chain, from_mm=FIRST_MM)
        for n, line in enumerate(told):
            bench.text(line, bench.at(-_BESIDE_M, -half, 0, -FIRST_MM - 4.0 - TEXT_MM - 4.2 * n))

    low = -half * per_m - FIRST_MM - 5.0 - TEXT_MM - 4.2 * len(told)
    return Detail(
        basis.say("方框布置原则", "How boxes follow each other"), scale, basis.article(MarkKind.BOX_FRAME),
        (-_BESIDE_M * per_m - 2.0, min(low, -(half + _BESIDE_M) * per_m - 2.0),
         max((end_m + width_m) * per_m, wide_mm - _BESIDE_M * per_m) + 3.0, max((half + _BESIDE_M) * per_m, half * per_m + 6.0) + 2.0),
        draw,
    )  # fmt: skip


def _told(basis: Basis, *, alternate: bool, leaving: bool) -> list[str]:
    pitch = f"{basis.dims.number('box_pitch_m'):g}"
    lines = [
        basis.say(
            f"间距沿车道中心线量取，中至中不大于 {pitch} m；首框、末框距网状线或车道端部不大于 {pitch} m。",
            f"Distances along the lane's centreline, centre to centre, at most {pitch} m; the first and the last box at most {pitch} m "
            "from the grid or the end of the lane.",
        ),
        basis.say(
            "遇网状线、路口、井盖、救援操作场地、停车泊位时移位，间距仍不大于上值。",
            "Boxes give way to grids, junctions, covers, operating grounds and bays; the distances still hold.",
        ),
    ]
    if leaving:
        lines.append(
            basis.say("图示为出口网状线，字样按驶出方向阅读。", "The grid is that of an exit: its lettering is read by those who drive out.")
        )
    if alternate:
        lines.append(basis.say("双向道路字样方向逐框交替*。", "On two-way lanes the reading direction alternates from box to box*."))
    return lines


def _along_lane(bench: Bench, block: Block, kind: str, x_m: float, *, backward: bool) -> None:
    """Paint a block on the lane, which runs to the right: its own y axis is the direction of travel."""
    shape = block.parts.get(kind)
    if shape is None or shape.is_empty:
        return
    sign = -1.0 if backward else 1.0
    placed = shapely.transform(shape, lambda xy: sign * xy[:, ::-1] * (1.0, -1.0) + (x_m, 0.0))
    bench.paint(placed, outlined=False)
