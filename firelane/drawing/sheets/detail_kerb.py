"""Details of what runs along the lane: painted kerb, edge line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.drawing.canvas import Align
from firelane.drawing.sheets.detail_bench import (
    FIRST_MM,
    LINE_MM,
    NEXT_MM,
    Bench,
    Detail,
    Stretch,
    chain_reach,
    fitting_scale,
)
from firelane.drawing.text import text_width
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from firelane.drawing.sheets.detail_basis import Basis

_COAT_MM = 0.8  # paint seen from the side: drawn thick enough to be seen
_VERGE_M, _PAVEMENT_M, _STRETCH_M = 0.25, 0.40, 0.60
_BURIED_M = 0.10
_SOIL_MM = 1.6


def kerb_detail(basis: Basis) -> Detail | None:
    """Return the kerb in section and in view, None where no kerb is painted."""
    size = _kerb_size(basis)
    if size is None:
        return None
    height_m, top_m = size
    dims = basis.dims
    tall = Stretch(height_m, basis.is_open("kerb_height_m") and abs(height_m - dims.number("kerb_height_m")) < 5e-4)
    wide = Stretch(top_m, basis.is_open("kerb_top_width_m") and abs(top_m - dims.number("kerb_top_width_m")) < 5e-4)
    scale = fitting_scale((1.6, height_m + 0.35), basis.part(0.5, 0.35), basis.between(10, 20))
    per_m = 1000.0 / scale
    view_m = top_m + _VERGE_M + 0.30  # where the view begins
    slant_m = top_m * 0.35
    words = {
        "face": basis.say("立面刷黄色", "face: yellow"), "top": basis.say("顶面刷黄色", "top: yellow"),
        "pavement": basis.say("路面", "pavement"), "section": basis.say("断面", "section"), "view": basis.say("立体示意", "view"),
    }  # fmt: skip

    def draw(bench: Bench) -> None:
        _pavement(bench, -_PAVEMENT_M, 0.0)
        bench.line([(0, -_BURIED_M), (0, height_m), (top_m, height_m), (top_m, -_BURIED_M)], 0.35)
        zigzag = [(0, -_BURIED_M), (top_m * 0.4, -_BURIED_M), (top_m * 0.5, -_BURIED_M - 0.015),
                  (top_m * 0.6, -_BURIED_M + 0.015), (top_m * 0.7, -_BURIED_M), (top_m, -_BURIED_M)]  # fmt: skip
        bench.line(zigzag, 0.13)
        bench.line([(top_m, height_m - 0.02), (top_m + _VERGE_M, height_m - 0.02)], 0.25)
        x0, y0 = bench.at(0, 0)
        x1, y1 = bench.at(top_m, height_m)
        coat = shapely.box(x0 - _COAT_MM, y0, x0, y1 + _COAT_MM).union(shapely.box(x0, y1, x1, y1 + _COAT_MM))
        bench.paint_on_paper(coat)
        bench.chain("left", 0.0, 0.0, [tall], from_mm=15.0)
        bench.chain("above", height_m, 0.0, [wide])
        bench.text(words["pavement"], bench.at(-_PAVEMENT_M, 0, 1.0, -5.5))
        bench.text(words["section"], bench.at(top_m + _VERGE_M, -_BURIED_M, 0, -2.0), align=Align.RIGHT)
        _view(bench, (view_m, height_m, top_m, slant_m), words)

    right = view_m * per_m + _STRETCH_M * per_m + slant_m * per_m + 6.0 + text_width(words["face"], 2.5) + 3.0
    top = height_m * per_m + FIRST_MM + chain_reach(per_m, 0.0, [wide], "above") + 1.0
    return Detail(
        basis.say("路缘石黄色禁止停车标线", "Kerb paint"), scale, basis.article(MarkKind.KERB_FACE),
        (-_PAVEMENT_M * per_m - 1.0, -0.15 * per_m - 5.0, right, top), draw,
    )  # fmt: skip


def _view(bench: Bench, size_m: tuple[float, float, float, float], words: dict[str, str]) -> None:
    """Draw a stretch of kerb seen from the lane: face in front, top slanting back."""
    x, height_m, _, slant_m = size_m
    end = x + _STRETCH_M
    bench.paint(shapely.box(x, 0, end, height_m))
    top = [(x, height_m), (end, height_m), (end + slant_m, height_m + slant_m), (x + slant_m, height_m + slant_m)]
    bench.paint(shapely.Polygon(top))
    bench.line([(end, 0), (end + slant_m, slant_m), (end + slant_m, height_m + slant_m)], 0.25)
    bench.line([(x, 0), (x - 0.10, -0.10), (end - 0.10, -0.10), (end, 0)], 0.18, grey=True)
    up = bench.at(x + _STRETCH_M * 0.55, height_m + slant_m / 2)
    bench.leader(words["top"], up, (up[0] + 4.0, up[1] + 7.0))
    side = bench.at(x + _STRETCH_M * 0.85, height_m * 0.4)
    edge = bench.at(end + slant_m, height_m * 0.4)
    bench.leader(words["face"], side, (edge[0] + 3.0, side[1] - 3.0))
    bench.text(words["pavement"], bench.at(x + 0.02, -0.085))
    bench.text(words["view"], bench.at(end, -0.10, 0, -5.0), align=Align.RIGHT)


def _kerb_size(basis: Basis) -> tuple[float, float] | None:
    """Return height and top width of the kerb of which most is painted [m]."""
    paint = basis.plan.paint
    faces = paint[(paint["kind"] == str(MarkKind.KERB_FACE)) & (paint["length_m"] > 0)]
    if len(faces) == 0:
        return None
    heights = np.round(faces["area_m2"].to_numpy(float) / faces["length_m"].to_numpy(float), 3)
    height_m = _commonest(heights, faces["length_m"].to_numpy(float))
    tops = paint[(paint["kind"] == str(MarkKind.KERB_TOP)) & (paint["length_m"] > 0)]
    usual_m = basis.dims.number("kerb_top_width_m")
    if len(tops) == 0:
        return height_m, usual_m
    lengths = tops["length_m"].to_numpy(float)
    drawn_m = _commonest(np.round(tops["area_m2"].to_numpy(float) / lengths, 3), lengths)
    # Along bends the area is a little more or less than length times width: the width is one that was given.
    given = basis.plan.site.layers.get("kerbs")
    known = [] if given is None or "top_width_m" not in given else [float(w) for w in given["top_width_m"].dropna()]
    return height_m, min([usual_m, *known], key=lambda width_m: abs(width_m - drawn_m))


def _commonest(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the value that weighs most, of equals the least."""
    unique, where = np.unique(values, return_inverse=True)
    return float(unique[int(np.argmax(np.bincount(where.ravel(), weights=weights)))])


def _pavement(bench: Bench, from_m: float, to_m: float, y_m: float = 0.0) -> None:
    """Draw a surface in section, with strokes below it."""
    bench.line([(from_m, y_m), (to_m, y_m)], 0.5)
    x, stop = bench.at(from_m, y_m)[0] + 3.0, bench.at(to_m, y_m)[0]
    y = bench.at(0, y_m)[1]
    while x < stop - 1.0:
        bench.stroke([(x, y), (x - _SOIL_MM, y - _SOIL_MM)], 0.13)
        x += 7.0


def edge_line_detail(basis: Basis) -> Detail | None:
    """Return the edge line in plan and section, None where none is painted."""
    paint = basis.plan.paint
    if not (paint["kind"] == str(MarkKind.EDGE_LINE)).any():
        return None
    dims = basis.dims
    near_m, far_m, offset_m = dims.edge_line_near_m, dims.edge_line_far_m, dims.number("edge_line_offset_m")
    centred = dims.word("edge_line_offset_to") == "centre"
    right_m, tall_m, drop_m = far_m + _PAVEMENT_M, 0.45, -0.26
    scale = fitting_scale((right_m + _VERGE_M, 1.0), basis.part(0.3, 0.45), basis.between(10, 20))
    per_m = 1000.0 / scale
    reading_open = "*" if basis.is_open("edge_line_offset_to") else ""
    to_edge = basis.say("量至标线近边", "measured to the near edge of the line")
    to_centre = basis.say("量至标线中心", "measured to the centre of the line")
    words = {
        "edge": basis.say("路面边缘", "pavement edge"), "line": basis.say("黄色单实线", "solid yellow line"),
        "plan": basis.say("平面", "plan"), "section": basis.say("断面（涂层厚度示意）", "section (coat not to scale)"),
    }  # fmt: skip
    mm = f"{round(offset_m * 1000)}"
    told = f"{mm}{'：' if basis.lang == 'zh' else ': '}{to_centre if centred else to_edge}{reading_open}"
    width = Stretch(far_m, basis.is_open("edge_line_width_m"))
    offset = Stretch((near_m + far_m) / 2 if centred else near_m, basis.is_open("edge_line_offset_m"))
    first = [offset] if centred else [offset, width]
    rows = [(0.0, first)] + ([(near_m, [width])] if centred else [])

    def draw(bench: Bench) -> None:
        bench.line([(0, 0), (0, tall_m)], 0.5)
        for y in (0.0, tall_m):
            bench.line([(-_VERGE_M * 0.6, y), (right_m, y)], 0.13)
        bench.paint(shapely.box(near_m, 0, far_m, tall_m))
        if centred:
            bench.line([((near_m + far_m) / 2, -0.02), ((near_m + far_m) / 2, tall_m + 0.03)], 0.13, linetype="FL-CENTER")
        bench.text(words["edge"], bench.at(0, tall_m / 2, -2.6), align=Align.MIDDLE_CENTER, rotation_deg=90.0)
        spot = bench.at(far_m - 0.03, tall_m * 0.5)
        bench.leader(words["line"], spot, (bench.at(far_m, 0)[0] + 4.0, spot[1] + 2.5))
        bench.text(words["plan"], bench.at(right_m, 0, -1.0, 1.4), align=Align.RIGHT)
        _pavement(bench, 0.0, right_m, drop_m)
        bench.line([(0, drop_m), (-0.03, drop_m - 0.05), (-_VERGE_M, drop_m - 0.05)], 0.25)
        x0, y0 = bench.at(near_m, drop_m)
        bench.paint_on_paper(shapely.box(x0, y0, bench.at(far_m, 0)[0], y0 + _COAT_MM))
        bench.text(words["section"], bench.at(right_m, drop_m, -1.0, 2.4), align=Align.RIGHT)
        for n, (start_m, stretches) in enumerate(rows):
            bench.chain("below", drop_m, start_m, stretches, from_mm=FIRST_MM + NEXT_MM * n)
        low = bench.at(0, drop_m, 0, -FIRST_MM - NEXT_MM * len(rows) - 0.5)
        bench.text(told, (bench.at(-_VERGE_M, 0)[0] + 1.0, low[1]))

    wide = max(right_m * per_m + 2.0, -_VERGE_M * per_m + text_width(told, 2.5) + 4.0)
    low = drop_m * per_m - FIRST_MM - NEXT_MM * len(rows) - LINE_MM
    return Detail(
        basis.say("路面黄色单实线", "Edge line"), scale, basis.article(MarkKind.EDGE_LINE),
        (-_VERGE_M * per_m - 2.0, low, wide, tall_m * per_m + 4.0), draw,
    )  # fmt: skip
