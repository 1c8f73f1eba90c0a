"""Sheets of a workbook as they were found, with what a reader of values alone would not see (工作簿的读取)."""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from firelane.errors import Problem

_MOST_BYTES = 1_000_000_000  # a workbook that unpacks to more is an attack or a mistake
_LITERAL = re.compile(r'"[^"]*"|\\.')  # of a number's format: shown as it is, and scales nothing
_MAIN = re.compile(r"\{.*\}")


class UnreadableError(Exception):
    """A file is no workbook; why, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.told = (zh, en)


@dataclass(frozen=True)
class Sheet:
    """A sheet as it was found.

    Attributes
    ----------
    name : str
    rows : sequence of sequence
        Its cells, row by row.
    guarded : bool
        Whether apostrophes guard its texts.
    lost : mapping of (str, str) to (str, str)
        Row and column of what is not in ``rows`` although a person sees it → what it is (Chinese, English).
    """

    name: str
    rows: Sequence[Sequence[Any]]
    guarded: bool
    lost: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def problems(self) -> Iterator[Problem]:
        """Yield what cannot be taken from it."""
        for (row, column), (zh, en) in self.lost.items():
            yield Problem(en, "", self.name, row, column, message_zh=zh)


def workbook(path: Path) -> list[Sheet]:
    """Read the sheets of a workbook.

    Raises
    ------
    OSError
    UnreadableError
        If it is none, or unpacks to too much.
    """
    from openpyxl import load_workbook  # noqa: PLC0415  (slow to import)

    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as package, warnings.catch_warnings():
            fits = sum(member.file_size for member in package.infolist()) <= _MOST_BYTES
            warnings.simplefilter("ignore")  # of what openpyxl cannot read a cell is told; the rest is about looks
            book = load_workbook(file, read_only=True, data_only=True) if fits else None
            sheets = []
            for sheet in [] if book is None else book.worksheets:
                sheet.reset_dimensions()  # the size that a sheet tells of itself is often wrong
                rows = _rows(sheet)
                # The values alone do not tell a formula that nobody has worked out from a cell that is empty.
                with package.open(sheet._worksheet_path.lstrip("/")) as content:  # noqa: SLF001  (nothing public tells)
                    sheets.append(Sheet(sheet.title, rows, guarded=False, lost={(row, column): (zh, en) for row, column, zh, en in _lost(content)}))
            if book is not None:
                book.close()
    except OSError:
        raise
    except Exception as error:  # openpyxl raises errors of many kinds on damaged files
        raise UnreadableError(f"工作簿已损坏或不是 XLSX（{error}）"[:300], f"is no workbook that can be read: {error}"[:300]) from error
    if not fits:
        raise UnreadableError("解压后过大", "unpacks to more than tables can hold")
    return sheets


def _rows(sheet: Any) -> list[list[Any]]:
    """Return the values of a sheet; a number that is shown in per cent becomes the text that a person sees.

    20 % is kept as 0.2, and where 20 is expected that would be taken for a figure: as in a CSV file, it is told instead.
    """
    book = sheet.parent
    shown = {n for n, style in enumerate(book._cell_styles) if "%" in _LITERAL.sub("", _format(book, style.numFmtId))}  # noqa: SLF001
    if not shown:
        return [list(row) for row in sheet.iter_rows(values_only=True)]
    return [[_per_cent(cell, shown) for cell in row] for row in sheet.iter_rows()]


def _format(book: Any, number: int) -> str:
    from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE  # noqa: PLC0415

    own = number - BUILTIN_FORMATS_MAX_SIZE
    return str(book._number_formats[own] if 0 <= own < len(book._number_formats) else BUILTIN_FORMATS.get(number, ""))  # noqa: SLF001


def _per_cent(cell: Any, shown: set[int]) -> Any:
    value = cell.value
    if getattr(cell, "_style_id", 0) not in shown or isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return f"{value * 100:.12g}%"


def _lost(content: IO[bytes]) -> Iterator[tuple[str, str, str, str]]:
    """Yield formulas without a value, errors and merged cells of a sheet's XML."""
    row = column = 0
    for event, element in ET.iterparse(content, ("start", "end")):  # noqa: S314  (its size was looked at; expat stops entities that grow)
        name = _MAIN.sub("", element.tag)
        if event == "start":
            if name == "row":
                row, column = int(element.get("r") or row + 1), 0
            continue
        if name == "c":
            column = _number(element.get("r") or "") or column + 1
            # A formula may well result in an empty text (t="str"), which then stands beside it as its value.
            parts = {_MAIN.sub("", part.tag): part for part in element}
            if element.get("t") == "e":
                text = parts["v"].text if "v" in parts else ""
                yield str(row), letter(column - 1), f"为 {text}，是公式的错误值", f"is {text}, the error of a formula"
            elif "f" in parts and ("v" not in parts or (element.get("t") != "str" and not parts["v"].text)):
                yield (
                    str(row), letter(column - 1), "有公式，但没有保存计算结果；请用电子表格软件打开并保存，或改为数值",
                    "holds a formula without its result: open and save it in a spreadsheet, or write the value",
                )  # fmt: skip
        elif name == "mergeCell":
            of = element.get("ref") or ""
            first = of.partition(":")[0]
            digits = first.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            yield (
                digits, first.removesuffix(digits), f"{of} 是合并单元格，只有左上角一格有内容；请取消合并，逐格填写",
                f"{of} is merged, and only its first cell holds something: split it and fill in every cell",
            )  # fmt: skip
        elif name == "row":
            element.clear()  # or a long sheet would be kept twice


def _number(reference: str) -> int:
    """Return the column of a cell, counted from 1; 0 where it is not told."""
    number = 0
    for character in reference:
        if not "A" <= character <= "Z":
            break
        number = number * 26 + ord(character) - 64
    return number


def letter(n: int) -> str:
    """Return a column as a spreadsheet calls it, counted from 0.

    >>> letter(0), letter(25), letter(26), letter(701), letter(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    text = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        text = chr(65 + rest) + text
    return text
