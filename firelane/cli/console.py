"""Text for a terminal: names from files made harmless, columns that fit, Chinese two cells wide."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence

_LEAST, _MOST = 40, 140
_FALLBACK = 100  # where there is no terminal: a file, a pipe
_GAP = "  "
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def harmless(text: object) -> str:
    r"""Return a text in one line without what could steer a terminal or turn the writing round.

    >>> harmless("a\x1b[2Jb\u202ec\nd")
    'a[2Jbc d'
    """
    signs = (" " if sign in "\t\r\n\x0b\x0c\u2028\u2029" else sign for sign in str(text))
    return "".join(sign for sign in signs if unicodedata.category(sign) not in _UNSEEN).strip()


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes.

    >>> cells("abc"), cells("道路"), cells("e\u0301")
    (3, 4, 1)
    """
    return sum(map(_cells, text))


def _cells(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def room() -> int:
    """Return how many cells a line may take: those of the terminal, within reason."""
    return min(max(shutil.get_terminal_size((_FALLBACK, 24)).columns, _LEAST), _MOST)


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return a text filled up with blanks to ``width`` cells."""
    fill = " " * max(width - cells(text), 0)
    return fill + text if right else text + fill


def cut(text: str, width: int) -> str:
    """Return a text of at most ``width`` cells; what is left out is marked by an ellipsis.

    >>> cut("abcdef", 4), cut("道路边线", 5)
    ('abc…', '道路…')
    """
    if cells(text) <= width:
        return text
    kept, used = "", 0
    for sign in text:
        used += _cells(sign)
        if used > width - 1:
            break
        kept += sign
    return kept.rstrip() + "…"


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of at most ``width`` cells; broken at blanks, else anywhere between signs of Chinese.

    >>> wrapped("the road edge 道路边线", 9)
    ['the road', 'edge 道路', '边线']
    """
    lines = [""]
    for token in _tokens(text):
        if cells(lines[-1] + token.rstrip()) <= width:
            lines[-1] += token
            continue
        if lines[-1].strip():
            lines.append("")
        for sign in token:
            if cells(lines[-1] + sign.rstrip()) > width:
                lines.append("")
            lines[-1] += sign
    return [line.rstrip() for line in lines if line.strip()] or [""]


def _tokens(text: str) -> list[str]:
    """Cut a text where it may be broken: after blanks, and beside wide characters."""
    tokens: list[str] = []
    open_word = False
    for sign in text:
        if sign == " " and tokens:
            tokens[-1] += sign
            open_word = False
        elif _cells(sign) == 2:
            tokens.append(sign)
            open_word = False
        elif open_word or (_cells(sign) == 0 and tokens):
            tokens[-1] += sign
        else:
            tokens.append(sign)
            open_word = True
    return tokens


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, width: int, right: Sequence[int] = (),
          remarks: Sequence[str] = (), indent: str = "  ") -> list[str]:  # fmt: skip
    """Return rows as lines of aligned columns; in a narrow terminal cells are wrapped, or the rows stacked.

    Parameters
    ----------
    head : sequence of str
        One title for each column.
    rows : sequence of rows
        Texts, harmless already.
    width : int
        Cells that a line may take.
    right : sequence of int
        Columns of numbers: set to the right, never wrapped.
    remarks : sequence of str
        One for each row, below it; empty ones are passed over.
    indent : str
        Stands before every line.
    """
    wide = _widths(head, rows, right, width - len(indent))
    notes = list(remarks) or [""] * len(rows)
    if wide is None:
        return _stacked(head, rows, notes, width, indent)
    lines = [indent + _row([[title] for title in head], wide, right)]
    for row, note in zip(rows, notes, strict=True):
        broken = [wrapped(cell, n) for cell, n in zip(row, wide, strict=True)]
        lines += [
            indent + _row([[part[k]] if k < len(part) else [""] for part in broken], wide, right)
            for k in range(max(map(len, broken)))
        ]
        lines += _remark(note, width, indent)
    return [line.rstrip() for line in lines]


def _row(parts: Sequence[Sequence[str]], wide: Sequence[int], right: Sequence[int]) -> str:
    shown = (padded(part[0], n, right=k in right) for k, (part, n) in enumerate(zip(parts, wide, strict=True)))
    return _GAP.join(shown)


def _remark(note: str, width: int, indent: str) -> list[str]:
    before = f"{indent}    "
    return [before + line for line in wrapped(note, width - len(before))] if note else []


_NARROWEST = 12


def _widths(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int], width: int) -> list[int] | None:
    """Return the columns' widths; the longest text columns give way first. None where nothing helps."""
    columns = list(zip(head, *rows, strict=True))
    wide = [max(map(cells, column)) for column in columns]
    least = [cells(head[k]) if k in right else min(wide[k], max(_NARROWEST, cells(head[k]))) for k in range(len(wide))]
    over = sum(wide) + len(_GAP) * (len(wide) - 1) - width
    while over > 0:
        k = max((k for k in range(len(wide)) if k not in right and wide[k] > least[k]), key=lambda k: wide[k], default=-1)
        if k < 0:
            return None
        wide[k] -= 1
        over -= 1
    return wide


def _stacked(
    head: Sequence[str], rows: Sequence[Sequence[str]], remarks: Sequence[str], width: int, indent: str
) -> list[str]:
    """Return each row as a few lines: the first cell, then the others with their titles."""
    lines = []
    for row, note in zip(rows, remarks, strict=True):
        lines += [indent + line for line in wrapped(row[0], width - len(indent))]
        rest = _GAP.join(f"{title} {cell}" for title, cell in zip(head[1:], row[1:], strict=True) if cell)
        lines += _remark(rest, width, indent) + _remark(note, width, indent)
    return lines
