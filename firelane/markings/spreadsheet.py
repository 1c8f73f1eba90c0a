"""Tables as sheets of a workbook that reads and prints well: frozen head, number formats, A4 landscape with titles.

Whatever is a text stays one: nothing in a cell, a head or a foot is taken for a formula or a code.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firelane.files import atomic_path, starts_formula

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_EPOCH = dt.datetime(2020, 9, 27)  # noqa: DTZ001  the regulation's date; a fixed one keeps the file the same
_CELL_LIMIT = 32_767
_HEAD_LIMIT = 60  # of a text in a printed head: 255 bytes hold all three of its parts
_WIDEST, _WIDEST_TEXT = 40, 60  # columns [characters]
_A4 = 9
_GREY = "FFE7E6E6"
_NOT_ON_A_LINE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, format and half characters, line and paragraph ends


@dataclass(frozen=True)
class Column:
    """One column: its head, the format of its numbers, whether long texts are wrapped."""

    title: str
    form: str = "General"
    wrap: bool = False


@dataclass(frozen=True)
class Table:
    """One sheet: a head, rows, rows of totals, and remarks below them."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    totals: Sequence[Sequence[Any]] = field(default_factory=tuple)
    remarks: Sequence[str] = field(default_factory=tuple)


def write_book(tables: Sequence[Table], path: Path, *, title: str, page: str) -> None:
    """Write the tables as sheets.

    Parameters
    ----------
    tables : sequence of Table
    path : Path
    title : str
        Printed at the head of every page.
    page : str
        Printed at its foot, with ``{n}`` and ``{of}`` for the numbers.

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    from openpyxl import Workbook  # noqa: PLC0415  (slow to import)

    book = Workbook()
    book.remove(book.active)
    book.properties.created = book.properties.modified = _EPOCH
    book.properties.creator = "firelane"
    for table in tables:
        sheet = book.create_sheet(table.name)
        _fill_sheet(sheet, table)
        _print_setup(sheet, title, page)
    with atomic_path(path) as temporary:
        book.save(temporary)


def _fill_sheet(sheet: Any, table: Table) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    bold, line = Font(bold=True), Side(style="thin")
    head, total = PatternFill("solid", fgColor=_GREY), Border(top=line)
    centred = Alignment(horizontal="center", vertical="center", wrap_text=True)
    wrapped, top = Alignment(vertical="top", wrap_text=True), Alignment(vertical="top")
    sheet.freeze_panes = "A2"
    widths = [min(_width(column.title), 16) for column in table.columns]
    for k, column in enumerate(table.columns, 1):
        cell = sheet.cell(1, k)
        fill(cell, column.title)
        cell.font, cell.fill, cell.alignment = bold, head, centred
    body = [(row, False) for row in table.rows] + [(row, True) for row in table.totals]
    for n, (row, is_total) in enumerate(body, 2):
        for k, (value, column) in enumerate(zip(row, table.columns, strict=True)):
            cell = sheet.cell(n, k + 1)
            fill(cell, value)
            if cell.data_type == "n" and cell.value is not None:
                cell.number_format = column.form
                shown = len(f"{cell.value:,.0f}") + (len(column.form.partition(".")[2]) + 1)
            else:
                shown = _width(cell.value)
                cell.alignment = wrapped if column.wrap else top
            widths[k] = max(widths[k], min(shown, _WIDEST_TEXT if column.wrap else _WIDEST))
            if is_total:
                cell.font, cell.border = bold, total
    for k, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(k)].width = width + 3
    for n, remark in enumerate(table.remarks, len(body) + 3):
        fill(sheet.cell(n, 1), remark)


def _width(value: Any) -> int:
    """Return the width of a text in a cell [characters]; Chinese ones count twice."""
    longest = max(str(value if value is not None else "").split("\n"), key=len)[:200]
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in longest)


def _print_setup(sheet: Any, title: str, page: str) -> None:
    """Print on A4 landscape, all columns on one page, the head on every page."""
    from openpyxl.worksheet.properties import PageSetupProperties  # noqa: PLC0415

    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    sheet.print_options.horizontalCentered = True
    sheet.print_options.gridLines = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.5
    margins.top, margins.bottom, margins.header, margins.footer = 0.8, 0.7, 0.3, 0.3
    sheet.oddHeader.left.text = _printed(title)
    sheet.oddHeader.right.text = _printed(sheet.title)
    sheet.oddFooter.center.text = page.format(n="&P", of="&N")


def _printed(text: str) -> str:
    """Return a text for a printed head: on one line, short, its ampersands no codes."""
    kept = " ".join(plain_text(text).split())
    return (kept if len(kept) <= _HEAD_LIMIT else f"{kept[: _HEAD_LIMIT - 1]}…").replace("&", "&&")


def fill(cell: Any, value: Any) -> None:
    """Set a cell; whatever is a text stays one, whatever it begins with."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return
    if isinstance(value, str):
        cell.value = plain_text(value)
        cell.data_type = "s"
        if starts_formula(value):
            cell.quotePrefix = True
    else:
        cell.value = value.item() if hasattr(value, "item") else value


def plain_text(value: str) -> str:
    """Return ``value`` without the control characters that XML cannot hold, at a cell's length."""
    kept = "".join(c for c in value if c in "\t\n" or (ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF))
    return kept.replace("\ufffe", "").replace("\uffff", "")[:_CELL_LIMIT]


def one_line(value: str) -> str:
    r"""Return a text for a cell that is read line by line: control characters and line ends become spaces.

    >>> one_line("A\r\nB\t3\u2028")
    'A  B 3 '
    """
    return plain_text("".join(" " if unicodedata.category(c) in _NOT_ON_A_LINE else c for c in value))
