"""Sheets of any length: rows are written as they come, so that a city of 20,000 sites needs no memory for its workbook.

Look and print set-up are those of :mod:`firelane.markings.spreadsheet`; what it keeps from being taken for a formula
or a code is kept here by its functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from firelane.files import atomic_path, starts_formula
from firelane.markings.cell_fit import fit_row, width_of
from firelane.markings.spreadsheet import Column, one_line, plain_text, print_setup, text_font

MAX_ROWS = 1_048_576
"""Of one sheet, its head included (the format's limit). Longer tables go on in further sheets."""

MAX_LINKS = 65_000
"""Of one sheet: programs refuse a file with more than 65,530 of them."""

_SAMPLE = 3000  # rows that decide the widths of columns
_NARROWEST, _WIDEST, _WIDEST_TEXT = 6, 36, 60  # columns [characters]
_HEAD_WIDTH = 11  # a longer head is wrapped
_PADDING, _SLACK = 2.5, 1.5  # of a column beyond its texts; how much of it a wrapped text does not use [characters]
_GREY = "FFE7E6E6"
_LINK_BLUE = "FF0B5394"
_LEGIBLE, _MOST_LINES = 90, 60  # of remarks: characters on a line, lines


@dataclass(frozen=True)
class Link:
    """A cell that leads somewhere: a relative address, and what it is called."""

    text: str
    target: str


@dataclass(frozen=True)
class Sheet:
    """One table, written row by row.

    Attributes
    ----------
    name : str
    columns : sequence of Column
    rows : iterable of sequences
        Read once. A cell is None, a text, a number, a truth value or a :class:`Link`.
    totals : sequence of sequences
        Below the rows, outside of the filter.
    remarks : sequence of str
        Below the table.
    kept : int
        Columns that stay in sight when the table is scrolled sideways.
    looks : mapping of str to str
        Text of a cell → colour of its ground (``RRGGBB``), in the columns of ``coloured``.
    coloured : sequence of int
        Columns (from 0) whose cells are coloured by what they say.
    filtered : bool
        Whether the head offers filters.
    printed : int
        Columns that are printed, from the left; 0 for all. A sheet of paper holds a dozen that can be read.
    """

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    totals: Sequence[Sequence[Any]] = ()
    remarks: Sequence[str] = ()
    kept: int = 0
    looks: Mapping[str, str] = field(default_factory=dict)
    coloured: Sequence[int] = ()
    filtered: bool = True
    printed: int = 0


def write_sheets(
    sheets: Iterable[Sheet], path: Path, *, title: str, page: str, more: str, max_rows: int = MAX_ROWS
) -> None:
    """Write a workbook, one sheet after the other.

    Parameters
    ----------
    sheets : iterable of Sheet
    path : Path
    title : str
        Printed at the head of every page.
    page : str
        Printed at its foot, with ``{n}`` and ``{of}`` for the numbers.
    more : str
        Remark below a table that goes on elsewhere, with ``{name}`` for the next sheet's name.
    max_rows : int
        Rows of one sheet.

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    from openpyxl import Workbook  # noqa: PLC0415  (slow to import)

    book = Workbook(write_only=True)
    book.properties.creator = "firelane"
    room = max_rows - 40  # for head, totals and remarks
    with atomic_path(path) as temporary:
        for sheet in sheets:
            rows = iter(sheet.rows)
            number = 1
            while True:
                name = sheet.name if number == 1 else f"{sheet.name} {number}"
                part = islice(rows, room - len(sheet.totals))
                first = list(islice(part, _SAMPLE))
                writer = _Writer(book, name, sheet, first, title, page)
                writer.write(chain(first, part))
                following = next(rows, None)
                last = following is None
                writer.close(
                    sheet.totals if last else (),
                    sheet.remarks if last else [more.format(name=f"{sheet.name} {number + 1}")],
                )
                if following is None:
                    break
                rows = chain([following], rows)
                number += 1
        book.save(temporary)


class _Writer:
    """Writes one sheet."""

    def __init__(
        self, book: Any, name: str, table: Sheet, sample: Sequence[Sequence[Any]], title: str, page: str
    ) -> None:
        from openpyxl.utils import get_column_letter  # noqa: PLC0415

        self.table = table
        self.sheet = book.create_sheet(name)
        self.letters = [get_column_letter(k) for k in range(1, len(table.columns) + 1)]
        self.row, self.links = 0, 0
        self.room = widths([*sample, *table.totals], table.columns)
        for letter, width in zip(self.letters, self.room, strict=True):
            self.sheet.column_dimensions[letter].width = width
        self.folding = [(k, self.room[k] - _SLACK) for k, column in enumerate(table.columns) if column.wrap]
        print_setup(self.sheet, title, page, side_in=0.4, width=sum(self.room[: table.printed or None]), kept=table.kept)
        self._make_styles()

    def _make_styles(self) -> None:
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
        from openpyxl.styles import Alignment, Border, PatternFill, Side  # noqa: PLC0415

        wrapped, top = Alignment(vertical="top", wrap_text=True), Alignment(vertical="top")
        right = Alignment(horizontal="right", vertical="top", indent=1)
        centred = Alignment(horizontal="center", vertical="center", wrap_text=True)

        def cell(
            *, form: str = "General", wrap: bool = False, quoted: bool = False, total: bool = False, number: bool = False
        ) -> Any:
            made = WriteOnlyCell(self.sheet)
            made.number_format = form
            made.alignment = right if number else wrapped if wrap else top
            if quoted:
                made.quotePrefix = True
            if total:
                made.font, made.border = text_font(bold=True), Border(top=Side(style="thin"))
            return made

        columns = self.table.columns
        self.numbers = [cell(form=c.form, number=True) for c in columns]
        self.whole = [cell(form=c.form.partition(".")[0], number=True) for c in columns]  # 300 is 300, beside 27.919
        self.texts = [cell(wrap=c.wrap) for c in columns]
        self.quoted = [cell(wrap=c.wrap, quoted=True) for c in columns]
        self.sums = [cell(form=c.form, total=True, number=True) for c in columns]
        self.whole_sums = [cell(form=c.form.partition(".")[0], total=True, number=True) for c in columns]
        self.sum_texts = [cell(total=True) for _ in columns]
        self.linked = [cell() for _ in columns]
        for made in self.linked:
            made.font = text_font(color=_LINK_BLUE, underline="single")
        self.head = WriteOnlyCell(self.sheet)
        self.head.font, self.head.fill, self.head.alignment = text_font(bold=True), PatternFill("solid", fgColor=_GREY), centred
        self.remark = cell()

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write the head and the rows."""
        # A cell is set anew for each value of its column and is written before the next is asked for.
        fit_row(self.sheet, 1, [(c.title, room - _SLACK) for c, room in zip(self.table.columns, self.room, strict=True)])
        self._append(self._heads())
        for row in rows:
            fit_row(self.sheet, self.row + 1, [(row[k], room) for k, room in self.folding])
            self._append(self._cells(row))
            self.sheet.row_dimensions.pop(self.row, None)  # written already: a long table needs no memory for it
        if self.table.filtered:
            self.sheet.auto_filter.ref = f"A1:{self.letters[-1]}{self.row}"
        self._colour()

    def close(self, totals: Sequence[Sequence[Any]], remarks: Sequence[str]) -> None:
        """Write what stands below the rows."""
        for row in totals:
            self._append(self._cells(row, total=True))
        if remarks:
            self._append([])
        for remark in remarks:
            for line in folded(remark):
                self._append([_texted(self.remark, line)])
        if 0 < self.table.printed < len(self.letters):
            self.sheet.print_area = f"A1:{self.letters[self.table.printed - 1]}{self.row}"

    def _append(self, cells: Any) -> None:
        self.row += 1
        self.sheet.append(cells)

    def _heads(self) -> Iterator[Any]:
        for column in self.table.columns:
            yield _texted(self.head, column.title)

    def _cells(self, row: Sequence[Any], *, total: bool = False) -> Iterator[Any]:
        numbers, whole = (self.sums, self.whole_sums) if total else (self.numbers, self.whole)
        for k, value in enumerate(row):
            if value is None or value != value or value == "":  # noqa: PLR0124  (NaN)
                yield None
            elif isinstance(value, Link):
                yield self._link(k, value)
            elif isinstance(value, str):
                cells = self.sum_texts if total else self.quoted if starts_formula(value) else self.texts
                yield _texted(cells[k], value)
            else:
                cell = (whole if isinstance(value, int) else numbers)[k]
                cell.value = value.item() if hasattr(value, "item") else value
                yield cell

    def _link(self, k: int, link: Link) -> Any:
        from openpyxl.worksheet.hyperlink import Hyperlink  # noqa: PLC0415

        if self.links >= MAX_LINKS:
            return _texted(self.texts[k], link.target)  # the address at least
        self.links += 1
        cell = _texted(self.linked[k], link.text)
        # Not by the cell's own setter: that would give it a style of its own, a row at a time.
        where = f"{self.letters[k]}{self.row}"
        self.sheet._hyperlinks.append(Hyperlink(ref=where, target=link.target))  # noqa: SLF001
        return cell

    def _colour(self) -> None:
        from openpyxl.formatting.rule import CellIsRule  # noqa: PLC0415
        from openpyxl.styles import PatternFill  # noqa: PLC0415

        for k in self.table.coloured:
            for text, colour in self.table.looks.items():
                fill = PatternFill("solid", bgColor=colour)
                self.sheet.conditional_formatting.add(
                    f"{self.letters[k]}2:{self.letters[k]}{max(self.row, 2)}",
                    CellIsRule(operator="equal", formula=[f'"{text}"'], fill=fill),
                )


def _texted(cell: Any, value: str) -> Any:
    cell.value = None
    cell.value = plain_text(value) if value.isprintable() else one_line(value)
    cell.data_type = "s"
    return cell


def folded(text: str) -> list[str]:
    """Return a remark in lines that fit on a printed page; Chinese characters count twice.

    >>> folded("one two")
    ['one two']
    """
    lines, line, used = [], "", 0
    for token in text.replace("\n", " ").split(" "):
        for piece in [token] if token.isascii() else list(token):
            wide = width_of(piece)
            if used + wide > _LEGIBLE and line:
                lines.append(line)
                line, used = "", 0
            line += piece
            used += wide
        line += " "
        used += 1
    lines.append(line)
    return [kept for part in lines[:_MOST_LINES] if (kept := part.strip())] or [""]


def widths(rows: Iterable[Sequence[Any]], columns: Sequence[Column]) -> list[float]:
    """Return how wide the columns have to be for these rows and the heads [characters]."""
    found = [max(_NARROWEST, min(width_of(c.title), _HEAD_WIDTH)) for c in columns]
    most = [_WIDEST_TEXT if c.wrap else _WIDEST for c in columns]
    decimals = [len(c.form.partition(".")[2]) + 1 if "." in c.form else 0 for c in columns]
    for row in rows:
        for k, value in enumerate(row):
            if value is None or value != value:  # noqa: PLR0124  (NaN)
                continue
            if isinstance(value, str):
                shown = width_of(value)
            elif isinstance(value, Link):
                shown = width_of(value.text)
            elif isinstance(value, bool):
                shown = 5
            else:
                shown = len(f"{value:,.0f}") + decimals[k] if math.isfinite(value) else 5
            if shown > found[k]:
                found[k] = min(shown, most[k])
    return [width + _PADDING for width in found]
