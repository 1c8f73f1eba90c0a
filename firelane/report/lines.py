"""Breaking text into lines: by characters where it is Chinese, by words where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firelane.report import letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NOT_FIRST = frozenset("，。、；：？！…—～·’”）】》〉」』〕〗｝］％‰℃°′″,.;:?!)]}%·")
"""Never at the start of a line (GB/T 15834-2011 §5.1, with Western signs alike)."""
_NOT_LAST = frozenset("‘“（【《〈「『〔〖｛［￥＄([{$#第")
"""Never at the end of a line; 第 stays with its number."""
_HARD_SPACES = "\u00a0\u202f"


@dataclass(frozen=True)
class Run:
    """A stretch of text of one look."""

    text: str
    bold: bool = False
    underline: bool = False


@dataclass(frozen=True)
class Piece:
    """Part of a line in one font."""

    text: str
    font: str
    width: float
    underline: bool


@dataclass(frozen=True)
class Line:
    """One line: its pieces, their width together and the indent before them [pt]."""

    pieces: tuple[Piece, ...]
    width: float
    indent: float = 0.0


@dataclass(frozen=True)
class _Sign:
    text: str
    bold: bool
    underline: bool
    width: float


def broken(
    runs: Sequence[Run], room: float, *, size: float, bold: bool = False, first: float = 0.0
) -> list[Line]:
    """Return the lines of a paragraph.

    Parameters
    ----------
    runs : sequence of Run
        Line ends within them are kept.
    room : float
        Width of a line [pt]. A word wider than that is broken anywhere.
    size : float
        Of the letters [pt].
    bold : bool
        Whether all of it is bold.
    first : float
        Indent of each first line [pt].
    """
    signs = [
        _Sign(c, bold or run.bold, run.underline, 0.0 if c == "\n" else letters.width(c, size, bold=bold or run.bold))
        for run in runs
        for c in letters.shown(run.text)
    ]
    lines: list[Line] = []
    start = 0
    for n in range(len(signs) + 1):
        if n == len(signs) or signs[n].text == "\n":
            lines += _paragraph(signs[start:n], room, size, first)
            start = n + 1
    return lines


def _paragraph(signs: Sequence[_Sign], room: float, size: float, first: float) -> Iterator[Line]:
    here: list[_Sign] = []
    used, indent = 0.0, first
    for cluster in _clusters(signs):
        wide = sum(s.width for s in cluster)
        if cluster[0].text == " ":
            if here:
                here += cluster
                used += wide
            continue
        if used + wide > room - indent + 1e-6 and here:
            yield _line(here, size, indent)
            here, used, indent = [], 0.0, 0.0
        if wide > room - indent:
            for sign in cluster:  # a word wider than the line
                if used + sign.width > room - indent + 1e-6 and here:
                    yield _line(here, size, indent)
                    here, used, indent = [], 0.0, 0.0
                here.append(sign)
                used += sign.width
            continue
        here += cluster
        used += wide
    yield _line(here, size, indent)


def _clusters(signs: Sequence[_Sign]) -> Iterator[list[_Sign]]:
    """Yield what must stay on one line: words with their punctuation, single Chinese characters, spaces."""
    cluster: list[_Sign] = []
    for sign in signs:
        if cluster and _may_part(cluster[-1].text, sign.text):
            yield cluster
            cluster = []
        cluster.append(sign)
    if cluster:
        yield cluster


def _may_part(left: str, right: str) -> bool:
    if left == " " or right == " ":
        return left != right
    if right in _NOT_FIRST or left in _NOT_LAST or left in _HARD_SPACES or right in _HARD_SPACES:
        return False
    return _wide(left) or _wide(right) or left in "/_"


def _wide(sign: str) -> bool:
    """Tell whether a line may be broken beside a character: Chinese ones and full-width signs."""
    code = ord(sign)
    return 0x2E80 <= code <= 0x9FFF or 0xAC00 <= code <= 0xD7A3 or 0xF900 <= code <= 0xFAFF or code >= 0xFF00 or code == 0x25A1


def _line(signs: Sequence[_Sign], size: float, indent: float) -> Line:
    kept = list(signs)
    while kept and kept[-1].text == " " and not kept[-1].underline:
        kept.pop()
    pieces: list[Piece] = []
    start = 0
    for n in range(1, len(kept) + 1):
        if n == len(kept) or (kept[n].bold, kept[n].underline) != (kept[start].bold, kept[start].underline):
            text = "".join(s.text for s in kept[start:n])
            pieces += [
                Piece(part, font, wide, kept[start].underline)
                for part, font, wide in letters.pieces(text, bold=kept[start].bold, size=size)
            ]
            start = n
    return Line(tuple(pieces), sum(p.width for p in pieces), indent)
