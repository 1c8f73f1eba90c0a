"""Text and tables that run through columns, over as many sheets as they need.

Rows of a table that stand one below the other are written column by column, as one MTEXT each (see :meth:`Pen.column`).
So their lines stand at one distance, and what is short stands on the first line of its row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from firelane.drawing.canvas import Align
from firelane.drawing.text import safe_text, text_width, wrap

if TYPE_CHECKING:
    from firelane.drawing.pen import Pen, Side

Draw = Callable[["Pen", float, float], None]

PITCH = 1.76  # of the lines of a text, in its heights
ROW_PITCH = 2.0  # of the lines of a table
HEADING = 8.0 / 3.5  # room of a heading, in its heights
PAD_MM = 1.0  # between a cell's text and its rules
GAP_MM = 4.0
LEVELS = tuple(n / 20 for n in range(3, 20))  # shares of the height tried for the last sheet


@dataclass(frozen=True)
class Column:
    """What text is set in: width of the column and heights of text and headings [mm]."""

    width_mm: float
    text_mm: float
    heading_mm: float


@dataclass(frozen=True)
class Cells:
    """A row of a table: the lines of every cell, its edges from the left one on, heights of text and row [mm].

    The second cell is text, the others are set in the middle. ``head`` is ruled above and below with a wider line.
    """

    lines: tuple[tuple[str, ...], ...]
    edges_mm: tuple[float, ...]
    text_mm: float
    height_mm: float
    head: bool


@dataclass(frozen=True)
class Item:
    """Something that is not divided: its height [mm] and how to draw it with a pen at (left, top) [mm].

    ``again`` stands over it where it begins a column: the heading of its section, said to go on. ``gap_mm`` is left
    free below it, but at the foot of a column. ``rows`` are the rows of tables within it and how far down they begin [mm];
    ``draw`` leaves them to :func:`draw_items`.
    """

    height_mm: float
    draw: Draw
    again: Item | None = None
    gap_mm: float = 0.0
    rows: tuple[tuple[float, Cells], ...] = ()


class Placed(NamedTuple):
    """An item, the number of its column on its sheet, and its distance from the column's top [mm]."""

    column: int
    down_mm: float
    item: Item


def flow(items: Sequence[Item], columns: int, height_mm: float) -> list[list[Placed]]:
    """Fill columns from the top, sheet after sheet, and return what stands on each.

    An item higher than a column has one to itself and overflows rather than vanish.

    >>> item = Item(60.0, lambda pen, x, top: None)
    >>> [[(p.column, p.down_mm) for p in sheet] for sheet in flow([item, item, item], 2, 100.0)]
    [[(0, 0.0), (1, 0.0)], [(0, 0.0)]]
    """
    sheets: list[list[Placed]] = []
    column, used = columns, 0.0
    for item in items:
        if not sheets or (used > 0.0 and used + item.height_mm > height_mm + 1e-9):
            column, used = column + 1, 0.0
            if column >= columns:
                column = 0
                sheets.append([])
            if item.again is not None:
                sheets[-1].append(Placed(column, 0.0, item.again))
                used = item.again.height_mm
        sheets[-1].append(Placed(column, used, item))
        used += item.height_mm + item.gap_mm
    return sheets


def levelled(sheets: list[list[Placed]], columns: int, height_mm: float) -> list[list[Placed]]:
    """Return what :func:`flow` gave with the last sheet's columns about as long as each other."""
    if not sheets:
        return sheets
    again = {id(it.item.again) for it in sheets[-1]}
    items = [it.item for it in sheets[-1] if id(it.item) not in again]
    for share in LEVELS:
        last = flow(items, columns, share * height_mm)
        if len(last) == 1:
            return [*sheets[:-1], *last]
    return sheets


def draw_items(pen: Pen, placed: Sequence[tuple[float, float, Item]]) -> None:
    """Draw items at (left, top) [mm], in the order in which they stand, the rows of each table together."""
    found: list[tuple[float, float, Cells]] = []
    for x, top, item in placed:
        item.draw(pen, x, top)
        found += [(x, top - down, cells) for down, cells in item.rows]
    run: list[Cells] = []
    at, foot = (0.0, 0.0), 0.0
    for x, top, cells in found:
        if run and x == at[0] and abs(top - foot) < 1e-6 and cells.edges_mm == run[0].edges_mm:
            run.append(cells)
        else:
            _draw_rows(pen, run, at)
            run, at = [cells], (x, top)
        foot = top - cells.height_mm
    _draw_rows(pen, run, at)


def _draw_rows(pen: Pen, run: Sequence[Cells], at: tuple[float, float]) -> None:
    """Draw rows that stand one below the other."""
    if not run:
        return
    x, top = at
    text_mm, pitch = run[0].text_mm, run[0].text_mm * ROW_PITCH
    for n, (left, right) in enumerate(pairwise(run[0].edges_mm)):
        # the head stands in the middle in every column, so it cannot share an MTEXT with what stands at the left
        parts = [[row for row in run if row.head], [row for row in run if not row.head]] if n == 1 else [run]
        for part in parts:
            if part:
                side: Side = "left" if n == 1 and not part[0].head else "centre"
                y = top - (run[0].height_mm if part[0] is not run[0] else 0.0)
                _write(pen, _lines(part, n, pitch), (x + left, x + right, y), text_mm, pitch, side)
    levels = [top - down for down in accumulate(row.height_mm for row in run)]
    ends = (x, x + run[0].edges_mm[-1])
    pen.rules([x + edge for edge in run[0].edges_mm], (top, levels[-1]), 0.18, upright=True)
    pen.rules([top, *levels], ends, 0.18)
    if run[0].head:
        for level in (top, levels[0]):
            pen.rules([level], ends, 0.35)


def _lines(rows: Sequence[Cells], column: int, pitch_mm: float) -> list[str]:
    found: list[str] = []
    for row in rows:
        lines = row.lines[column]
        found += [*lines, *[""] * (round(row.height_mm / pitch_mm) - len(lines))]
    return found


def _write(
    pen: Pen, lines: Sequence[str], cell: tuple[float, float, float], text_mm: float, pitch_mm: float, side: Side
) -> None:
    """Write lines downwards into the column (left, right, top): one that is too long is squeezed, on its own."""
    left, right, top = cell
    x, width = (left + PAD_MM if side == "left" else (left + right) / 2), right - left - 2 * PAD_MM
    fitting = [line if text_width(line, text_mm) <= width else "" for line in lines]
    align = Align.MIDDLE_LEFT if side == "left" else Align.MIDDLE_CENTER
    for n, (line, fits) in enumerate(zip(lines, fitting, strict=True)):
        if line != fits:
            pen.fit(line, (round(x, 2), round(top - pitch_mm * (n + 0.5), 2)), width, text_mm, align=align)
    pen.column(fitting, (x, top), text_mm, pitch_mm, side)


def stacked(*items: Item) -> Item:
    """Return items as one that is not divided."""
    tops = [0.0, *accumulate(item.height_mm for item in items)]
    rows = tuple((down + top, cells) for top, item in zip(tops, items, strict=False) for down, cells in item.rows)

    def draw(pen: Pen, x: float, top: float) -> None:
        for item in items:
            item.draw(pen, x, top)
            top -= item.height_mm

    return Item(sum(item.height_mm for item in items), draw, rows=rows)


def heading(text: str, column: Column) -> Item:
    """Return the heading of a section, underlined."""
    height = HEADING * column.heading_mm

    def draw(pen: Pen, x: float, top: float) -> None:
        pen.fit(text, (x, top - 0.6 * height), column.width_mm, column.heading_mm)
        pen.line([(x, top - 0.8 * height), (x + column.width_mm, top - 0.8 * height)], 0.35)

    return Item(height, draw)


def paragraph(text: str, column: Column, mark: str = "", max_lines: int = 12, indent_mm: float = 0.0) -> Item:
    """Return wrapped text with a hanging mark such as a number; the text begins at ``indent_mm`` or after the mark."""
    height = column.text_mm
    indent = max(indent_mm, text_width(mark + " ", height)) if mark else 0.0
    lines = wrap(safe_text(text), height, column.width_mm - indent, max_lines)
    pitch = PITCH * height

    def draw(pen: Pen, x: float, top: float) -> None:
        if mark:
            pen.lines([mark], (x, top), height, pitch)
        pen.lines(lines, (x + indent, top), height, pitch)

    return Item(pitch * len(lines), draw)


def row(cells: Sequence[str], shares: Sequence[float], column: Column, *, head: bool = False, most_lines: int = 2) -> Item:
    """Return one row of a table; what is too long for a cell is wrapped, then cut."""
    total = sum(shares)
    edges = (0.0, *(round(column.width_mm * upto / total, 2) for upto in accumulate(shares)))
    # One line squeezed to 0.7 is better than two: Pen.fit does that, so wrapping begins where it ends.
    lines = tuple(
        (cell,)
        if text_width(cell, column.text_mm) * 0.75 <= right - left - 2 * PAD_MM
        else tuple(wrap(cell, column.text_mm, right - left - 2 * PAD_MM, most_lines))
        for cell, (left, right) in zip((safe_text(cell) for cell in cells), pairwise(edges), strict=True)
    )
    height = ROW_PITCH * column.text_mm * max(len(cell) for cell in lines)
    return Item(height, _nothing, rows=((0.0, Cells(lines, edges, column.text_mm, height, head)),))


def _nothing(pen: Pen, x: float, top: float) -> None:
    """Draw nothing: the rows of a table are drawn together."""


def section(titles: tuple[str, str], parts: Sequence[Item], column: Column, head: Item | None = None) -> list[Item]:
    """Return parts under a heading, which stands over every column that the section goes on in.

    Parameters
    ----------
    titles : (str, str)
        The heading, and the heading where the section goes on.
    head : Item, optional
        Head of a table, repeated with the heading.
    """
    if not parts:
        return []
    above = [head] if head is not None else []
    again = stacked(heading(titles[1], column), *above)
    first = stacked(heading(titles[0], column), *above, parts[0])
    found = [first, *(replace(part, again=again) for part in parts[1:])]
    return [*found[:-1], replace(found[-1], gap_mm=GAP_MM)]
