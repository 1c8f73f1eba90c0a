"""Ruled tables in paper space: columns of given widths, the header on every part, cells that hold their text.

Say what a table holds, let it flow over the sheets, draw each sheet's parts::

    table = Table("坐标表", (Column("点号", 22.0), Column("X (m)", 28.0, "right")), (Row(("P1", "4630012.977")),))
    for parts in lay_out([table], context.room):        # one list of parts for each sheet
        ...                                             # a SheetDraft, whose draw() does:
        for part in parts:
            draw_part(pen, part, lang)

Tables narrower than the sheet stand side by side, each as high as there is room for it; one that nearly fills the sheet
is spread over its width. A cell is one line, squeezed and then cut where it is too long; in a column with ``lines`` above 1
it is wrapped, and its row grows. All lines of a column are one MTEXT (see :meth:`Pen.column`), all rules one stroke: a long
table is a few kilobytes of figures. So lines stand at one distance, and what is short stands on the first line of its row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from firelane.drawing.canvas import Align
from firelane.drawing.sheets.base import Room
from firelane.drawing.text import FULL_WIDTH, safe_text, text_width, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.drawing.canvas import Point
    from firelane.drawing.pen import Pen, Side
    from firelane.vocabulary import Lang

RowKind = Literal["body", "total", "group"]

TEXT_MM = 2.5
HEADING_MM = 3.5
PITCH_MM = 4.2  # from line to line in headings and notes
PAD_MM = 1.0  # between a cell's text and its rules
ROW_MM = 5.2  # from line to line in the rows
TIGHTER_MM = (5.0, 4.8, 4.6, 4.4)  # the same where that saves a sheet for a few rows
TITLE_MM = 8.0
BETWEEN_MM = 7.0  # between tables one below the other
APART_MM = 8.0  # between tables side by side
EDGE_MM = 5.0  # between the tables and the frame
_LEAST_ROWS = 2  # a header with fewer rows under it goes to the next column
_FIRST_ROWS = 6  # the same of a table that begins
_TOGETHER = 12  # as few rows are not parted
_SCANT = 6  # fewer rows are not worth a last sheet
_NEARLY = 0.8  # of the sheet's width: a wider table is spread over all of it
_CONTINUED = ("（续）", " (continued)")
_OUTER_MM, _HEAVY_MM, _INNER_MM = 0.35, 0.25, 0.13
_ALIGN = {"left": Align.LEFT, "right": Align.RIGHT, "centre": Align.CENTER}


@dataclass(frozen=True)
class Column:
    """A column: heading (line breaks allowed), width [mm], side that cells keep to, most lines of a cell."""

    title: str
    width_mm: float
    align: Side = "left"
    lines: int = 1


@dataclass(frozen=True)
class Row:
    """A row. Of a ``group`` the first cell alone is written, over the whole width; a ``total`` is ruled off."""

    cells: tuple[str, ...]
    kind: RowKind = "body"


@dataclass(frozen=True)
class Table:
    """A table: title, columns, rows, notes below its end; ``row_mm`` from line to line in the rows."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    row_mm: float = ROW_MM

    @property
    def width_mm(self) -> float:
        """Width of the table [mm]."""
        return sum(column.width_mm for column in self.columns)

    @cached_property
    def header(self) -> tuple[tuple[str, ...], ...]:
        """Lines of each heading."""
        return tuple(
            tuple(line for piece in column.title.split("\n") for line in _heading(safe_text(piece), column))
            for column in self.columns
        )

    @cached_property
    def header_mm(self) -> float:
        """Height of the header [mm]."""
        return ROW_MM + PITCH_MM * (max((len(lines) for lines in self.header), default=1) - 1)

    @cached_property
    def cells(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """Lines of every cell of every row."""
        return tuple(self._lines(row) for row in self.rows)

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """How many lines every row has."""
        return tuple(max((len(lines) for lines in row), default=1) for row in self.cells)

    @cached_property
    def heights_mm(self) -> tuple[float, ...]:
        """Height of every row [mm]."""
        return tuple(self.row_mm * depth for depth in self.depths)

    @cached_property
    def note_lines(self) -> tuple[str, ...]:
        """The notes, wrapped to the width of the table."""
        return tuple(line for note in self.notes for line in wrap(safe_text(note), TEXT_MM, self.width_mm, 12))

    @property
    def notes_mm(self) -> float:
        """Height of the notes [mm]."""
        return PITCH_MM * len(self.note_lines) + PAD_MM if self.note_lines else 0.0

    def _lines(self, row: Row) -> tuple[tuple[str, ...], ...]:
        if row.kind == "group":
            return ((safe_text(row.cells[0]),),)
        return tuple(
            (safe_text(text),) if column.lines == 1 else _wrapped(text, column)
            for column, text in zip(self.columns, row.cells, strict=True)
        )


@dataclass(frozen=True)
class Part:
    """The rows ``first`` to ``last`` (excluded) of a table, its upper left corner on the paper [mm]."""

    table: Table
    first: int
    last: int
    x: float
    top: float

    @property
    def height_mm(self) -> float:
        """Height with title and, at the end of the table, notes [mm]."""
        notes = self.table.notes_mm if self.last == len(self.table.rows) else 0.0
        return TITLE_MM + self.table.header_mm + sum(self.table.heights_mm[self.first : self.last]) + notes


def _heading(text: str, column: Column) -> list[str]:
    """Return the lines of a heading; a word wider than its column is squeezed, not broken."""
    width = column.width_mm - 2 * PAD_MM
    words = [word for word in text.split(" ") if word.isascii()]
    return wrap(text, TEXT_MM, width, 3) if all(text_width(word, TEXT_MM) <= width for word in words) else [text]


def _wrapped(text: str, column: Column) -> tuple[str, ...]:
    return tuple(wrap(safe_text(text), TEXT_MM, column.width_mm - 2 * PAD_MM, column.lines)) or ("",)


def widened(table: Table, width_mm: float) -> Table:
    """Return ``table`` with its columns stretched (or shrunk) in proportion to fill ``width_mm``."""
    share = width_mm / table.width_mm
    return replace(table, columns=tuple(replace(c, width_mm=c.width_mm * share) for c in table.columns))


def lay_out(tables: Sequence[Table], room: Room, *, edge_mm: float = EDGE_MM) -> list[list[Part]]:
    """Let tables flow over as many sheets as they need, their rows a little closer where a few would need one more.

    Parameters
    ----------
    tables : sequence of Table
        Those about as wide as the sheet are spread over it, wider ones shrunk; those without rows are left out.
    room : Room
        What frame and title block leave of every sheet.
    edge_mm : float
        Kept free all around.

    Returns
    -------
    list of lists of Part
        The parts of each sheet.
    """
    inner = Room(room.x0 + edge_mm, room.y0 + edge_mm, room.x1 - edge_mm, room.y1 - edge_mm)
    spread = [widened(table, inner.width) if table.width_mm > _NEARLY * inner.width else table for table in tables]
    sheets = _flow(spread, inner)
    if len(sheets) > 1 and sum(part.last - part.first for part in sheets[-1]) < _SCANT:
        for row_mm in TIGHTER_MM:
            closer = _flow([replace(table, row_mm=min(row_mm, table.row_mm)) for table in spread], inner)
            if len(closer) < len(sheets):
                return closer
    return sheets


def _flow(tables: Sequence[Table], inner: Room) -> list[list[Part]]:
    flow = _Flow(inner)
    for table in tables:
        first = 0
        while first < len(table.rows):
            first = flow.put(table, first)
    return flow.sheets


class _Flow:
    """Where the next part goes: as high as it finds room, then as far to the left, below what stands there."""

    def __init__(self, inner: Room) -> None:
        self.inner = inner
        self.sheets: list[list[Part]] = []

    def put(self, table: Table, first: int) -> int:
        """Place rows from ``first`` on and return the first that found no place."""
        left = len(table.rows) - first
        some = _LEAST_ROWS if first else _FIRST_ROWS
        for least in (left, some if left > _TOGETHER else left):  # whole, where there is room for that
            for x, top in self._places(table) if self.sheets else ():
                last = _rows_down_to(table, first, top - self.inner.y0)
                if last - first >= least:
                    return self._place(table, first, last, (x, top))
        self.sheets.append([])
        last = max(_rows_down_to(table, first, self.inner.height), first + 1)
        return self._place(table, first, last, (self.inner.x0, self.inner.y1))

    def _places(self, table: Table) -> list[Point]:
        """Return upper left corners on the last sheet, the highest first."""
        found = []
        for x in {self.inner.x0, *(part.x + part.table.width_mm + APART_MM for part in self.sheets[-1])}:
            if x + table.width_mm <= self.inner.x1 + 1e-6:
                over = (
                    part.top - part.height_mm - BETWEEN_MM
                    for part in self.sheets[-1]
                    if part.x < x + table.width_mm + APART_MM - 1e-6 and x < part.x + part.table.width_mm + APART_MM - 1e-6
                )
                found.append((x, min(over, default=self.inner.y1)))
        return sorted(found, key=lambda place: (-place[1], place[0]))

    def _place(self, table: Table, first: int, last: int, at: Point) -> int:
        self.sheets[-1].append(Part(table, first, last, *at))
        return last


def _rows_down_to(table: Table, first: int, height_mm: float) -> int:
    """Return the row before which a part that starts at ``first`` must end to be no higher than ``height_mm``."""
    left = height_mm - TITLE_MM - table.header_mm
    last = first
    while last < len(table.rows) and table.heights_mm[last] <= left + 1e-6:
        left -= table.heights_mm[last]
        last += 1
    short = len(table.rows) - last < _LEAST_ROWS if last < len(table.rows) else table.notes_mm > left + 1e-6
    if short:  # the last rows stay together, and with the notes
        last = max(first, len(table.rows) - _LEAST_ROWS)
    return last


def draw_part(pen: Pen, part: Part, lang: Lang) -> None:
    """Draw one part of a table."""
    table, x0 = part.table, part.x
    x1 = x0 + table.width_mm
    title = table.title + (_CONTINUED[0 if lang == "zh" else 1] if part.first else "")
    pen.fit(title, (x0, part.top - TITLE_MM + 2.6), table.width_mm, HEADING_MM)
    top = part.top - TITLE_MM
    edges = [x0]
    for column in table.columns:
        edges.append(edges[-1] + column.width_mm)
    for heading, (left, right) in zip(table.header, pairwise(edges), strict=True):
        y = top - (table.header_mm - PITCH_MM * len(heading)) / 2
        _write(pen, heading, (left, right, y), PITCH_MM, "centre")
    body = top - table.header_mm
    for n, (column, (left, right)) in enumerate(zip(table.columns, pairwise(edges), strict=True)):
        lines: list[str] = []
        for number in range(part.first, part.last):
            cell = table.cells[number][n] if table.rows[number].kind != "group" else ()
            lines += [*cell, *[""] * (table.depths[number] - len(cell))]
        _write(pen, lines, (left, right, body), table.row_mm, column.align)
    foot = _ruled(pen, part, edges, top)
    pen.rectangle(round(x0, 2), round(foot, 2), round(x1, 2), round(top, 2), _OUTER_MM)
    if part.last == len(table.rows):
        pen.lines(table.note_lines, (x0, foot - PAD_MM), TEXT_MM, PITCH_MM)


def _ruled(pen: Pen, part: Part, edges: Sequence[float], top: float) -> float:
    """Draw the rules and the rows that span the table, and return where it ends [mm]."""
    table, x0, x1 = part.table, edges[0], edges[-1]
    y = top - table.header_mm
    rules: dict[float, list[float]] = {_OUTER_MM: [y], _HEAVY_MM: [], _INNER_MM: []}
    open_from = top  # upright rules stop at rows that span the table
    for number in range(part.first, part.last):
        row = table.rows[number]
        if row.kind == "group":
            pen.rules(edges[1:-1] if open_from > y else (), (open_from, y), _INNER_MM, upright=True)
            _write(pen, table.cells[number][0], (x0, x1, y), table.row_mm, "left")
            open_from = y - table.heights_mm[number]
        y -= table.heights_mm[number]
        if number + 1 < part.last:
            heavy = table.rows[number + 1].kind == "total" and row.kind != "total"
            rules[_HEAVY_MM if heavy else _INNER_MM].append(y)
    pen.rules(edges[1:-1] if open_from > y else (), (open_from, y), _INNER_MM, upright=True)
    for width_mm, levels in rules.items():
        pen.rules(levels, (x0, x1), width_mm)
    return y


def _write(pen: Pen, lines: Sequence[str], cell: tuple[float, float, float], pitch_mm: float, side: Side) -> None:
    """Write lines downwards into the column (left, right, top): one that is too long is squeezed, on its own."""
    left, right, top = cell
    x = {"left": left + PAD_MM, "right": right - PAD_MM, "centre": (left + right) / 2}[side]
    width = right - left - 2 * PAD_MM
    fitting = []
    for n, line in enumerate(lines):
        # what fits whatever it holds need not be measured
        fits = len(line) * FULL_WIDTH * TEXT_MM <= width or text_width(line, TEXT_MM) <= width
        fitting.append(line if fits else "")
        if not fits:
            y = top - pitch_mm * n - (pitch_mm + TEXT_MM) / 2
            pen.fit(line, (round(x, 2), round(y, 2)), width, TEXT_MM, align=_ALIGN[side])
    pen.column(fitting, (x, top), TEXT_MM, pitch_mm, side)
