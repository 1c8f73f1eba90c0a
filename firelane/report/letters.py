"""Letters for PDF pages: static fonts of two weights, and which font shows which character.

Noto Sans SC is a variable font of 30 000 characters. What Chinese texts use day by day (GB 2312) is instanced once per
weight into the user's cache; a rarer character brings the font of its block of 256 code points. What the font lacks
altogether shows as □.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from firelane import fonts
from firelane.errors import InputError, Problem
from firelane.fonts.source import instance, label_characters, open_font

if TYPE_CHECKING:
    from pathlib import Path

_REGULAR, _BOLD = 400, 700
_BLOCK = 256
_MORE = "²³°±×÷·½‰′″−∞≠△▲▼●○■□◆◇★☆①②③④⑤⑥⑦⑧⑨⑩⌀∅⊥∠"
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


@lru_cache(maxsize=1)
def everyday() -> frozenset[str]:
    """Return the characters of the base font: GB 2312, ASCII, Latin-1 and the signs of technical texts."""
    found = set(label_characters()) | set(_MORE)
    for row in range(0xD8, 0xF8):
        for cell in range(0xA1, 0xFF):
            found.update(bytes((row, cell)).decode("gb2312", errors="ignore"))
    return frozenset(found & _covered())


@lru_cache(maxsize=1)
def _covered() -> frozenset[str]:
    """Return every character that the source font has."""
    path, face = fonts.font_file()
    with open_font(path, face) as ttf:
        return frozenset(map(chr, ttf.getBestCmap() or {}))


@lru_cache(maxsize=512)
def font(*, bold: bool, block: int = -1) -> Any:
    """Return a registered font: the everyday one, or that of a block of 256 rarer characters.

    Raises
    ------
    InputError
        If the Chinese font at hand has no TrueType outlines: it cannot be put into a PDF.
    """
    characters = sorted(everyday() if block < 0 else _block(block))
    weight = _BOLD if bold else _REGULAR
    path: Path = instance(tuple(characters), None, weight)
    name = f"firelane-{weight}" if block < 0 else f"firelane-{weight}-{block:x}"
    try:
        made = TTFont(name, str(path))
    except TTFError as error:
        problem = Problem(
            f"the Chinese font cannot be put into a PDF ({error})", "install justmytype-intl-cjk",
            message_zh=f"现有中文字体不能嵌入 PDF（{error}）", remedy_zh="请安装 justmytype-intl-cjk",
        )  # fmt: skip
        raise InputError([problem]) from error
    pdfmetrics.registerFont(made)
    return made


def path_of(font_name: str) -> str:
    """Return the file of a font that is in use, by its name."""
    return str(pdfmetrics.getFont(font_name).face.filename)


def _block(block: int) -> frozenset[str]:
    return frozenset(chr(c) for c in range(block * _BLOCK, (block + 1) * _BLOCK)) & _covered()


def shown(text: str) -> str:
    r"""Return a text as it can be shown: no control or format characters, □ for what the font lacks.

    >>> shown("a\x00b\u202ec\nd")
    'abc\nd'
    """
    base, covered = everyday(), _covered()
    if base.issuperset(text):
        return text
    kept: list[str] = []
    for sign in unicodedata.normalize("NFC", text):
        if sign in base or sign == "\n":
            kept.append(sign)
        elif sign in "\t\u2028\u2029" or unicodedata.category(sign) == "Zs":
            kept.append(" ")
        elif unicodedata.category(sign) in _DROPPED and sign not in covered:
            if unicodedata.category(sign) in {"Co", "Cn"}:
                kept.append(fonts.MISSING)
        elif unicodedata.category(sign) in {"Cf", "Cc", "Cs"} or sign in "\ufe0e\ufe0f":
            continue
        else:
            kept.append(sign if sign in covered else fonts.MISSING)
    return "".join(kept)


@lru_cache(maxsize=65536)
def _look(sign: str, bold: bool) -> tuple[str, float]:  # noqa: FBT001  (cached by position)
    """Return the name of the font that shows a character and its width [1/1000 em]."""
    made = font(bold=bold, block=-1 if sign in everyday() else ord(sign) // _BLOCK)
    return made.fontName, float(made.face.charWidths.get(ord(sign), made.face.defaultWidth))


def width(sign: str, size: float, *, bold: bool) -> float:
    """Return the width of one character [pt]."""
    return _look(sign, bold)[1] * size / 1000


def pieces(text: str, *, bold: bool, size: float) -> list[tuple[str, str, float]]:
    """Return stretches of one font each: text, font's name, width [pt]. ``text`` is as :func:`shown` gave it."""
    found: list[tuple[str, str, float]] = []
    for sign in text:
        name, wide = _look(sign, bold)
        wide *= size / 1000
        if found and found[-1][1] == name:
            found[-1] = (found[-1][0] + sign, name, found[-1][2] + wide)
        else:
            found.append((sign, name, wide))
    return found


def draw(canvas: Any, x: float, y: float, text: str, font_name: str, size: float) -> None:
    """Draw a stretch of one font at a place [pt]."""
    canvas.setFont(font_name, size)
    canvas.drawString(x, y, text)


def fitted(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """Return the text, shortened with … to a room [pt], on one line."""
    text = shown(text).replace("\n", " ")
    wide = 0.0
    mark = width("…", size, bold=bold)
    for n, sign in enumerate(text):
        wide += width(sign, size, bold=bold)
        if wide > room:
            while n > 0 and wide + mark > room:
                wide -= width(text[n], size, bold=bold)
                n -= 1  # noqa: PLW2901
            return text[: n + 1] + "…" if n > 0 else "…"
    return text
