"""Detail of a warning board in elevation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from firelane.drawing.canvas import Align
from firelane.drawing.sheets.detail_bench import (
    FIRST_MM,
    LINE_MM,
    NEXT_MM,
    TEXT_MM,
    Bench,
    Detail,
    Stretch,
    fitting_scale,
)
from firelane.drawing.text import text_width

if TYPE_CHECKING:
    from firelane.drawing.sheets.detail_basis import Basis

_POST_M, _GROUND_M = 0.06, 0.55
_FILL = 0.8  # share of the board's width that the lettering takes


def board_detail(basis: Basis) -> Detail | None:
    """Return the commonest warning board, where none is put up now the one of the dimensions, None where none are wanted."""
    dims, count = basis.dims, len(basis.plan.boards)
    if not count and not dims.flag("warning_boards"):
        return None
    sizes = Counter((b.width_m, b.height_m, b.bottom_m) for b in basis.plan.boards)
    usual = (dims.number("board_width_m"), dims.number("board_height_m"), dims.number("board_bottom_m"))
    size = min(sizes, key=lambda key: (-sizes[key], key)) if sizes else usual
    width_m, height_m, bottom_m = size
    top_m = bottom_m + height_m
    scale = fitting_scale((width_m + 1.0, top_m), basis.part(0.3, 0.45), basis.between(20, 50))
    per_m = 1000.0 / scale
    half_m = width_m / 2
    tall = [
        Stretch(bottom_m, basis.is_open("board_bottom_m")),
        Stretch(top_m, basis.is_open("board_height_m")),
    ]
    lettering = basis.dims.word("lettering")
    rows = (lettering[: len(lettering) // 2], lettering[len(lettering) // 2 :])
    told = [
        basis.say("增设、更换警示牌时亦按此大样", "later boards, and those that replace old ones, likewise"),
        basis.say("版面文字、材质、立柱：待确认*", "wording, material, post: to be confirmed*"),
    ]
    ground = basis.say("地面", "ground")
    title = basis.say(f"警示牌（标准大样，新设 {count} 块）", f"Warning board (standard, {count} put up now)")

    def draw(bench: Bench) -> None:
        bench.line([(-_GROUND_M, 0), (_GROUND_M, 0)], 0.5)
        for x in (-_POST_M / 2, _POST_M / 2):
            bench.line([(x, 0), (x, bottom_m)], 0.25)
        corners = [(-half_m, bottom_m), (half_m, bottom_m), (half_m, top_m), (-half_m, top_m)]
        bench.line(corners, 0.5, closed=True)
        _lettering(bench, rows, (width_m, height_m), (bottom_m + top_m) / 2)
        bench.text(ground, bench.at(_GROUND_M, 0, -0.5, 1.2), align=Align.RIGHT)
        bench.chain("left", -half_m, 0.0, tall)
        bench.chain("left", -half_m, 0.0, [Stretch(top_m, to_confirm=True)], from_mm=FIRST_MM + NEXT_MM)
        bench.chain("above", top_m, -half_m, [Stretch(half_m, basis.is_open("board_width_m"))])
        for n, line in enumerate(told):
            bench.text(line, bench.at(-half_m, 0, -FIRST_MM - NEXT_MM, -LINE_MM * (n + 1) - 1.0))

    left = -half_m * per_m - FIRST_MM - NEXT_MM - 5.5
    right = max(_GROUND_M * per_m + 3.0, left + 6.0 + max(text_width(line, TEXT_MM) for line in told))
    return Detail(
        title, scale, basis.article("warning_board"),
        (left, -LINE_MM * len(told) - 3.0, right, top_m * per_m + FIRST_MM + 5.0), draw,
    )  # fmt: skip


def _lettering(bench: Bench, rows: tuple[str, ...], size_m: tuple[float, float], middle_m: float) -> None:
    """Write the rows as large as the board allows."""
    width_mm, height_mm = (v * bench.per_m * _FILL for v in size_m)
    text_mm = min(width_mm / text_width(max(rows, key=len), 1.0), height_mm / (2.2 * len(rows)))
    for n, row in enumerate(rows):
        up = ((len(rows) - 1) / 2 - n) * 2.2 * text_mm
        bench.pen.text(row, bench.at(0, middle_m, 0, up), round(text_mm, 2), align=Align.MIDDLE_CENTER)
