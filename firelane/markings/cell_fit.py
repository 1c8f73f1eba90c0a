"""How much room texts take in the cells of a sheet: rows as high as their texts, pages across that can be read.

A spreadsheet fits the height of a row to its wrapped texts while somebody types; not all of them do so to a file that
they open or print (LibreOffice does not). So heights are written, but not as the user's own: editing fits them anew.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

LINE_PT = 15.0
"""Height of a line of 11 pt, the height of a row of its own [pt]."""

_HIGHEST_PT = 409.0  # no row is higher (ECMA-376 as Excel keeps it)
_PAGE_CHARACTERS = 230  # across A4 landscape at some 7 pt: below that nobody reads it
_TOKENS = re.compile(r"[\x21-\x7e]+ ?|[^\x21-\x7e]")  # a word with its space, or one sign of a script that breaks anywhere


def width_of(text: str) -> int:
    """Return the width of a text in a cell [characters]; what takes three bytes (Chinese) is two wide.

    >>> width_of("abc"), width_of("道路")
    (3, 4)
    """
    line = text if "\n" not in text else max(text.split("\n"), key=len)
    return _wide(line)


def _wide(line: str) -> int:
    if line.isascii():
        return len(line)
    return len(line) + (len(line.encode("utf-8", "surrogatepass")) - len(line)) // 2


def lines_of(text: str, width: float) -> int:
    r"""Return how many lines a text takes that is wrapped at ``width`` [characters].

    >>> lines_of("道路", 4), lines_of("道路道", 4), lines_of("one two", 5), lines_of("a\nb", 9), lines_of("abcdef", 4)
    (1, 2, 2, 2, 2)
    """
    most = math.ceil(_HIGHEST_PT / LINE_PT)
    if "\n" in text:
        return min(sum(lines_of(part, width) for part in text.split("\n")[:most]), most)
    room = max(int(width), 1)
    if _wide(text) <= room:
        return 1
    lines, used = 1, 0
    for token in _TOKENS.findall(text):
        shown = _wide(token)
        if used + _wide(token.rstrip()) > room and used:
            lines, used = lines + 1, 0
        more = (shown - 1) // room  # a word longer than the line is cut
        lines, used = lines + more, used + shown - more * room
        if lines >= most:
            return most
    return lines


def fit_row(sheet: Any, row: int, texts: Iterable[tuple[Any, float]]) -> None:
    """Make a row of a worksheet as high as the highest of its wrapped texts.

    Parameters
    ----------
    sheet : openpyxl worksheet
    row : int
        Counted from 1.
    texts : iterable of (value, float)
        What is in its cells, and how much room each has [characters]. Only texts count.
    """
    # Half the width at least is two lines only for wide signs: most cells are not looked at closer.
    lines = max((lines_of(t, w) for t, w in texts if isinstance(t, str) and (len(t) * 2 > w or "\n" in t)), default=1)
    if lines > 1:
        sheet.row_dimensions[row] = _fitted()(sheet, index=row, ht=min(lines * LINE_PT, _HIGHEST_PT))


@cache
def _fitted() -> Any:
    from openpyxl.worksheet.dimensions import RowDimension  # noqa: PLC0415  (slow to import)

    class Fitted(RowDimension):  # type: ignore[misc,unused-ignore]
        """A height that a program found: fitted again when a cell changes."""

        customHeight = False  # noqa: N815  (the format's name)

    return Fitted


def pages_across(width: float) -> int:
    """Return how many pages a table is printed across, so that it can be read.

    >>> pages_across(60), pages_across(230), pages_across(231)
    (1, 1, 2)
    """
    return max(math.ceil(width / _PAGE_CHARACTERS), 1)
