"""A table over several pages: heads repeated, rows kept whole where they fit, higher ones carried on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAD_X, PAD_TOP, PAD_BOTTOM = 3.5, 2.6, 3.6
_ENDLESS = 1e7
_CARRIED_ON = 260.0  # a row that does not fit into so much room is divided, else it goes to the next page [pt]


class Grid(Flowable):  # type: ignore[misc]  # reportlab is untyped
    """Rows of cells, each a stack of flowables.

    Parameters
    ----------
    rows : sequence of rows
        Cells are lists of flowables.
    widths : sequence of float
        Of the columns [pt].
    heads : int
        So many rows are heads.
    lines : bool
        Draw lines between the columns as well.
    shades : Mapping
        (row, column) → colour of the cell's ground.
    rule, head : str
        Colours of the lines and of the heads' ground.
    """

    def __init__(
        self, rows: Sequence[Sequence[Sequence[Flowable]]], widths: Sequence[float], *, heads: int, lines: bool,
        shades: Mapping[tuple[int, int], str], rule: str, head: str, heights: Sequence[float] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.rows, self.widths, self.heads, self.lines = list(rows), tuple(widths), heads, lines
        self.shades, self.rule, self.head = dict(shades), rule, head
        self._heights = list(heights) if heights is not None else None
        self.spaceBefore, self.spaceAfter = 3.0, 8.0

    @property
    def heights(self) -> list[float]:
        """Heights of the rows, measured once [pt]."""
        if self._heights is None:
            self._heights = [
                max(_stack(cell, w - 2 * PAD_X) for cell, w in zip(row, self.widths, strict=True)) + PAD_TOP + PAD_BOTTOM
                for row in self.rows
            ]
        return self._heights

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size [pt]."""
        del width, height
        self.width, self.height = sum(self.widths), sum(self.heights)
        return self.width, self.height

    def split(self, width: float, height: float) -> list[Flowable]:
        """Return what fits and the rest, heads repeated; nothing where not even one row fits."""
        del width
        used, fits = sum(self.heights[: self.heads]), self.heads
        while fits < len(self.rows) and used + self.heights[fits] <= height + 1e-6:
            used += self.heights[fits]
            fits += 1
        if fits >= len(self.rows):
            return [self]
        if height - used >= _CARRIED_ON:
            parts = self._divided(fits, height - used)
            if parts:
                return parts
        if fits == self.heads:
            return []
        return [self._part(range(fits)), self._part([*range(self.heads), *range(fits, len(self.rows))])]

    def _part(self, numbers: Sequence[int] | range) -> Grid:
        place = {old: new for new, old in enumerate(numbers)}
        shades = {(place[r], c): colour for (r, c), colour in self.shades.items() if r in place}
        return Grid(
            [self.rows[n] for n in numbers], self.widths, heads=self.heads, lines=self.lines, shades=shades,
            rule=self.rule, head=self.head, heights=[self.heights[n] for n in numbers],
        )  # fmt: skip

    def _divided(self, number: int, room: float) -> list[Flowable]:
        """Return the table divided within a row that is higher than the room."""
        above: list[list[Flowable]] = []
        below: list[list[Flowable]] = []
        for cell, wide in zip(self.rows[number], self.widths, strict=True):
            first, rest = _cut(cell, wide - 2 * PAD_X, room - PAD_TOP - PAD_BOTTOM)
            above.append(first)
            below.append(rest)
        if not any(above):
            return []
        rows = [*self.rows[:number], above]
        rest_rows = [*self.rows[: self.heads], below, *self.rows[number + 1 :]]
        moved = self.heads - number
        first_shades = {(r, c): colour for (r, c), colour in self.shades.items() if r <= number}
        rest_shades = {
            (r if r < self.heads else r + moved, c): colour
            for (r, c), colour in self.shades.items()
            if r < self.heads or r >= number
        }
        heights = self.heights
        cut = [max(_stack(c, w - 2 * PAD_X) for c, w in zip(part, self.widths, strict=True)) + PAD_TOP + PAD_BOTTOM
               for part in (above, below)]  # fmt: skip
        more: dict[str, Any] = {"heads": self.heads, "lines": self.lines, "rule": self.rule, "head": self.head}
        return [
            Grid(rows, self.widths, shades=first_shades, heights=[*heights[:number], cut[0]], **more),
            Grid(rest_rows, self.widths, shades=rest_shades,
                 heights=[*heights[: self.heads], cut[1], *heights[number + 1 :]], **more),
        ]  # fmt: skip

    def draw(self) -> None:
        """Draw grounds, lines and cells from the top down."""
        canvas = self.canv
        rule = HexColor(self.rule)
        top = self.height
        for r, (row, high) in enumerate(zip(self.rows, self.heights, strict=True)):
            x = 0.0
            for c, (cell, wide) in enumerate(zip(row, self.widths, strict=True)):
                ground = self.head if r < self.heads else self.shades.get((r, c), "")
                if ground:
                    canvas.setFillColor(HexColor(ground))
                    canvas.rect(x, top - high, wide, high, stroke=0, fill=1)
                y = top - PAD_TOP
                for flowable in cell:
                    _, tall = flowable.wrap(wide - 2 * PAD_X, _ENDLESS)
                    flowable.drawOn(canvas, x + PAD_X, y - tall)
                    y -= tall
                x += wide
            canvas.setStrokeColor(rule)
            canvas.setLineWidth(0.4)
            canvas.line(0, top, self.width, top)  # again: grounds cover half of the line above them
            top -= high
            canvas.line(0, top, self.width, top)
        canvas.line(0, self.height, self.width, self.height)
        if self.lines:
            x = 0.0
            for wide in (0.0, *self.widths):
                x += wide
                canvas.line(x, 0, x, self.height)


def _stack(cell: Sequence[Flowable], width: float) -> float:
    return float(sum(flowable.wrap(width, _ENDLESS)[1] for flowable in cell))


def _cut(cell: Sequence[Flowable], width: float, room: float) -> tuple[list[Flowable], list[Flowable]]:
    """Return the part of a cell that fits into a room, and the rest."""
    kept: list[Flowable] = []
    for n, flowable in enumerate(cell):
        tall = flowable.wrap(width, _ENDLESS)[1]
        if tall <= room + 1e-6:
            kept.append(flowable)
            room -= tall
            continue
        parts = flowable.split(width, room)
        return (kept + parts[:1], [*parts[1:], *cell[n + 1 :]]) if len(parts) > 1 else (kept, list(cell[n:]))
    return kept, []
