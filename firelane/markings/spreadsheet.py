"""Tables as sheets of a workbook that reads and prints well: frozen head, number formats, A4 landscape with titles.

Whatever is a text stays one: nothing in a cell, a head or a foot is taken for a formula or a code.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from firelane.files import atomic_path, starts_formula
from firelane.markings.cell_fit import fit_row, pages_across, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_EPOCH = dt.datetime(2020, 9, 27)  # noqa: DTZ001  the regulation's date; a fixed one keeps the file the same
_CELL_LIMIT = 32_767
_LIST_LIMIT = 255  # of the choices of a cell [characters]
_HEAD_LIMIT = 60  # of a text in a printed head: 255 bytes hold all three of its parts
_WIDEST, _WIDEST_TEXT = 40, 60  # columns [characters]
_HEAD_WIDTH = 16  # a longer head is wrapped
_PADDING, _SLACK = 3.0, 1.5  # of a column beyond its texts; how much of it a wrapped text does not use [characters]
_LEAST_REMARK = 60.0  # a remark has at least this much room, however narrow the table [characters]
_OTHER_COLUMN = 8.43  # a column of which nothing is told [characters]
_A4 = 9
_DATE = "yyyy-mm-dd"
_GREY = "FFE7E6E6"
_NOT_ON_A_LINE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, format and half characters, line and paragraph ends


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    title : str
        Its head.
    form : str
        Format of its numbers and dates.
    wrap : bool
        Whether long texts are wrapped.
    entry : str
        Format of cells that a user fills in below the rows; ``@`` keeps a code with leading noughts or eighteen figures.
    choices : sequence of str
        What a cell that is filled in is offered.
    """

    title: str
    form: str = "General"
    wrap: bool = False
    entry: str = ""
    choices: Sequence[str] = ()


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
        print_setup(sheet, title, page, width=_fill_sheet(sheet, table))
    with atomic_path(path) as temporary:
        book.save(temporary)


def _fill_sheet(sheet: Any, table: Table) -> float:
    """Fill a sheet; return its width [characters]."""
    from openpyxl.styles import Alignment, Border, PatternFill, Side  # noqa: PLC0415

    bold, line = text_font(bold=True), Side(style="thin")
    head, total = PatternFill("solid", fgColor=_GREY), Border(top=line)
    centred = Alignment(horizontal="center", vertical="center", wrap_text=True)
    wrapped, top = Alignment(vertical="top", wrap_text=True), Alignment(vertical="top")
    right = Alignment(horizontal="right", vertical="top", indent=1)  # or a number touches the text of the next column
    widths = [min(width_of(column.title), _HEAD_WIDTH) for column in table.columns]
    for k, column in enumerate(table.columns, 1):
        cell = sheet.cell(1, k)
        fill(cell, column.title)
        cell.font, cell.fill, cell.alignment = bold, head, centred
    looks: dict[tuple[object, ...], Any] = {}
    body = [(row, False) for row in table.rows] + [(row, True) for row in table.totals]
    for n, (row, is_total) in enumerate(body, 2):
        for k, (value, column) in enumerate(zip(row, table.columns, strict=True)):
            cell = sheet.cell(n, k + 1)
            fill(cell, value)
            number = cell.data_type == "n" and cell.value is not None
            dated = cell.data_type == "d"
            # The library takes as long to find a style it knows as to write the cell.
            look = (number, dated, column.form if number or dated else column.wrap, is_total, cell.quotePrefix)
            if look in looks:
                cell._style = copy(looks[look])  # noqa: SLF001  (no public way)
            else:
                if number or dated:
                    cell.number_format = column.form if number or "y" in column.form else _DATE
                cell.alignment = right if number or dated else wrapped if column.wrap else top
                if is_total:
                    cell.font, cell.border = bold, total
                looks[look] = copy(cell._style)  # noqa: SLF001
            widths[k] = max(widths[k], min(_shown(cell, column.form), _WIDEST_TEXT if column.wrap else _WIDEST))
    return _shape(sheet, table, [width + _PADDING for width in widths])


def _shown(cell: Any, form: str) -> int:
    """Return how wide the value of a cell is shown [characters]."""
    if isinstance(cell.value, str):
        return width_of(cell.value)
    if cell.data_type == "d":
        return len(_DATE)
    if cell.value is None:
        return 0
    if form == "General":
        return len(f"{cell.value:.10g}")  # in a narrower cell the program rounds it
    return len(f"{cell.value:,.0f}") + len(form.partition(".")[2]) + 1


def _shape(sheet: Any, table: Table, widths: Sequence[float]) -> float:
    """Set columns and rows to their sizes, write what stands below them; return the width of all [characters]."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    for k, (width, column) in enumerate(zip(widths, table.columns, strict=True), 1):
        made = sheet.column_dimensions[get_column_letter(k)]
        made.width = width
        if column.entry:
            made.number_format = column.entry
        _offer(sheet, get_column_letter(k), column.choices)
    fit_row(sheet, 1, [(column.title, width - _SLACK) for column, width in zip(table.columns, widths, strict=True)])
    folding = [k for k, column in enumerate(table.columns) if column.wrap]
    body = [*table.rows, *table.totals]
    for n, row in enumerate(body, 2):
        fit_row(sheet, n, [(row[k], widths[k] - _SLACK) for k in folding])
    _remark(sheet, table.remarks, len(body) + 3, widths)
    return sum(widths)


def _remark(sheet: Any, remarks: Sequence[str], first: int, widths: Sequence[float]) -> None:
    """Write remarks below a table, each across its columns on the first page: a long one would widen what is printed."""
    from openpyxl.styles import Alignment  # noqa: PLC0415

    whole = sum(widths)
    most = max(whole / pages_across(whole) * 0.9, _LEAST_REMARK)
    room, columns = 0.0, 0
    while columns == 0 or room < (_LEAST_REMARK if columns >= len(widths) else most - widths[columns]):
        room, columns = room + (widths[columns] if columns < len(widths) else _OTHER_COLUMN), columns + 1
    look = Alignment(vertical="top", wrap_text=True)
    for n, remark in enumerate(remarks, first):
        cell = sheet.cell(n, 1)
        fill(cell, remark)
        cell.alignment = look
        if columns > 1:
            sheet.merge_cells(start_row=n, end_row=n, start_column=1, end_column=columns)
        fit_row(sheet, n, [(remark, room - 2)])


def _offer(sheet: Any, letter: str, choices: Sequence[str]) -> None:
    """Offer choices in a column; another word is allowed after a warning."""
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    told = ",".join(choices)
    if not choices or len(told) > _LIST_LIMIT or told.count(",") >= len(choices) or '"' in told:
        return  # longer than a list in a cell may be: the notes name them
    offered = DataValidation(type="list", formula1=f'"{told}"', allow_blank=True, errorStyle="warning", showErrorMessage=True)
    offered.add(f"{letter}2:{letter}1048576")
    sheet.add_data_validation(offered)


def text_font(**more: Any) -> Any:
    """Return the font of a book's texts with ``more`` about it; one without a name is another font in some programs."""
    from openpyxl.styles import Font  # noqa: PLC0415

    return Font(name="Calibri", size=11, family=2, scheme="minor", **more)


def print_setup(sheet: Any, title: str, page: str, *, side_in: float = 0.5, width: float = 0.0, kept: int = 0) -> None:
    """Print on A4 landscape, all columns on one page where they can be read there, the head on every page; freeze the head.

    Parameters
    ----------
    sheet : openpyxl worksheet
    title, page : str
        As for :func:`write_book`.
    side_in : float
        Margin on the left and on the right [in].
    width : float
        Of what is printed [characters]: more than can be read on one page goes across several, the first column on each.
    kept : int
        Columns that stay in sight; of a table across several pages one at least.
    """
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet.properties import PageSetupProperties  # noqa: PLC0415

    across = pages_across(width)
    kept = max(kept, int(across > 1))
    sheet.freeze_panes = f"{get_column_letter(kept + 1)}2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = across, 0
    sheet.page_setup.pageOrder = "overThenDown"
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    if across > 1:
        sheet.print_title_cols = f"A:{get_column_letter(kept)}"
    sheet.print_options.horizontalCentered = True
    sheet.print_options.gridLines = True
    margins = sheet.page_margins
    margins.left = margins.right = side_in
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
    if value.isprintable():  # most are, and then nothing has to go
        return value[:_CELL_LIMIT]
    kept = "".join(c for c in value if c in "\t\n" or (ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF))
    return kept.replace("\ufffe", "").replace("\uffff", "")[:_CELL_LIMIT]


def one_line(value: str) -> str:
    r"""Return a text for a cell that is read line by line: control characters and line ends become spaces.

    >>> one_line("A\r\nB\t3\u2028")
    'A  B 3 '
    """
    if value.isprintable():
        return plain_text(value)
    return plain_text("".join(" " if unicodedata.category(c) in _NOT_ON_A_LINE else c for c in value))
