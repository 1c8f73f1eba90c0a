"""Text that is safe inside a DXF file, and how much room it takes.

Names, ids and remarks come from the site's data and may hold anything: control characters, the
``%%`` codes of TEXT, backslash codes, line ends that would break the tag structure, characters
that GBK does not have. All text goes through :func:`safe_text` before it reaches the drawing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

ENCODING = "gbk"
MAX_LENGTH = 400
ELLIPSIS = "…"

# Widths of a character in units of the TEXT height (= height of capitals). Song and Noto fonts have
# capitals of 0.68 to 0.73 em and full-width characters of 1 em; the wider of both is reckoned with.
FULL_WIDTH = 1.42
HALF_WIDTH = 0.75
CAPITAL_WIDTH = 0.90

# Codes that some reader would interpret, and the full-width twin that none does.
_CODES = str.maketrans({"\\": "＼", "^": "＾", "{": "｛", "}": "｝"})
_REPEATED_PERCENT = re.compile("%{2,}")
# Not in GBK, and NFKC would turn them into something misleading or leave them as they are.
_SPELLED = {
    "m²": "㎡", "²": "2", "³": "3", "½": "1/2", "¼": "1/4", "¾": "3/4", "Ø": "φ", "ø": "φ", "µ": "μ", "ß": "ss",
    "\u2011": "-", "\u2212": "-",
}  # fmt: skip
# A line must not begin with these, nor end with those (Chinese composition rules).
_NO_START = frozenset("，。；：、！？）」』》〉】〕’”％℃…,.;:!?)]}%")
_NO_END = frozenset("（「『《〈【〔‘“([{")


def _in_gbk(character: str) -> bool:
    try:
        character.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True


def _to_gbk(character: str) -> str:
    """Return ``character`` or its nearest spelling within GBK, ``?`` where there is none."""
    if _in_gbk(character):
        return character
    for form in ("NFKC", "NFKD"):
        plain = "".join(c for c in unicodedata.normalize(form, character) if not unicodedata.combining(c))
        if plain and plain != character and all(_in_gbk(c) for c in plain):
            return plain
    return "?"


@lru_cache(maxsize=8192)
def _safe(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    return "" if category in {"Cf", "Cn", "Co"} else _to_gbk(character)


def safe_text(value: object, max_length: int = MAX_LENGTH) -> str:
    r"""Return ``value`` as one line that every reader shows as it is written.

    Control and invisible characters become a space or vanish, ``%%``, ``\``, ``^`` and braces
    become their full-width twins (they start codes in TEXT and MTEXT), characters outside GBK are
    respelled (``²`` → ``2``) or become ``?``, and text beyond ``max_length`` characters ends in ``…``.

    >>> safe_text("3 幢\n%%u东门\\P{x} 12m²")
    '3 幢 ％％u东门＼P｛x｝ 12㎡'
    >>> safe_text("🚒")
    '?'
    """
    # Cut before the costly steps: an attribute may be megabytes long.
    return _as_safe(str(value)[: 4 * max_length + 4], max_length)


@lru_cache(maxsize=4096)  # each at most some kilobytes: 1,604 characters
def _as_safe(text: str, max_length: int) -> str:
    for foreign, spelled in _SPELLED.items():
        text = text.replace(foreign, spelled)
    text = "".join(map(_safe, text)).translate(_CODES)
    text = _REPEATED_PERCENT.sub(lambda found: "％" * len(found.group()), text)
    text = " ".join(text.split())
    return text if len(text) <= max_length else text[: max_length - 1].rstrip() + ELLIPSIS


def ascii_id(value: object) -> str:
    """Return an id as printable ASCII of at most 255 characters, for XDATA.

    What is not plain is percent-encoded, so distinct ids stay distinct.

    >>> ascii_id("box-L1-003"), ascii_id("东门")
    ('box-L1-003', '%E4%B8%9C%E9%97%A8')
    """
    return quote(str(value)[:255].encode("utf-8", "replace"), safe=":-_.~/+,")[:255]


@lru_cache(maxsize=8192)
def is_full_width(character: str) -> bool:
    """Tell whether ``character`` takes the width of a Chinese character."""
    return unicodedata.east_asian_width(character) in {"W", "F", "A"}


@lru_cache(maxsize=8192)
def _advance(character: str) -> float:
    """Return the width of a character in units of the TEXT height."""
    if is_full_width(character):
        return FULL_WIDTH
    return CAPITAL_WIDTH if character.isupper() or character in "mw" else HALF_WIDTH


def text_width(text: str, height: float) -> float:
    """Return the room that ``text`` takes at TEXT height ``height``, in the unit of ``height``."""
    return height * _advances(text)


@lru_cache(maxsize=8192)
def _advances(text: str) -> float:
    """Return the room that a text takes in units of its height."""
    return sum(map(_advance, text))


def shortened(text: str, height: float, width: float) -> str:
    """Return ``text``, cut with an ellipsis where it is wider than ``width``."""
    if text_width(text, height) <= width:
        return text
    while text and text_width(text + ELLIPSIS, height) > width:
        text = text[:-1]
    return text + ELLIPSIS


def _pieces(text: str) -> list[str]:
    """Split into what may not be broken: single full-width characters, Latin words, spaces."""
    pieces: list[str] = []
    for character in text:
        full = is_full_width(character)
        joins = pieces and not full and character != " " and pieces[-1] != " "
        if joins and not is_full_width(pieces[-1][-1]):
            pieces[-1] += character
        else:
            pieces.append(character)
    glued: list[str] = []
    for piece in pieces:
        if glued and (piece[0] in _NO_START or glued[-1][-1] in _NO_END):
            glued[-1] += piece
        else:
            glued.append(piece)
    return glued


def wrap(text: str, height: float, width: float, max_lines: int = 40) -> list[str]:
    """Break ``text`` into lines no wider than ``width``; more than ``max_lines`` end in an ellipsis.

    Chinese breaks anywhere but before closing and after opening punctuation, Latin between words;
    a word wider than a line is broken where it must be.
    """
    return list(_wrapped(text, height, width, max_lines))


@lru_cache(maxsize=2048)
def _wrapped(text: str, height: float, width: float, max_lines: int) -> tuple[str, ...]:
    lines: list[str] = []
    line = ""
    for whole in _pieces(text):
        piece = whole
        if text_width(line + piece, height) > width and line:
            lines.append(line.rstrip())
            line = ""
        while text_width(piece, height) > width:
            fits = len(piece) - 1
            while fits > 1 and text_width(piece[:fits], height) > width:
                fits -= 1
            lines.append(piece[:fits])
            piece = piece[fits:]
        line += piece if line or piece != " " else ""
    if line.strip():
        lines.append(line.rstrip())
    if len(lines) > max_lines:
        lines = lines[:max_lines]
        lines[-1] = shortened(lines[-1] + ELLIPSIS * 2, height, width)
    return tuple(lines)
