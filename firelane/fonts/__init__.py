"""Chinese fonts: glyph outlines for the paint, one small cached font for labels.

The font is Noto Sans SC (OFL-1.1), a variable font that comes with the dependency
``justmytype-intl-cjk``; Debian's ``fonts-noto-cjk`` serves where that is absent, and a user may name
a file of his own. No font file is kept in this package. What is needed is subset and instanced once
into the user's cache under the name *Firelane Sans SC*: the variable font's default weight is Thin,
and the reserved font name of its maker must not appear in a derived font's name.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from firelane.fonts.outlines import filled, flat_rings
from firelane.fonts.source import (
    FAMILY,
    MISSING,
    cache_folder,
    font_file,
    instance,
    label_characters,
    open_font,
)

__all__ = [
    "FAMILY", "MISSING", "Glyphs", "cache_folder", "font_file", "glyph_outlines", "label_font_path", "showable",
    "use_chinese_labels",
]  # fmt: skip


@dataclass(frozen=True)
class Glyphs:
    """Outlines of some characters in the unit em box.

    Attributes
    ----------
    outlines : dict
        Character -> (Multi)Polygon; the em box is [0, 1] x [0, 1], y upwards, so that
        characters keep their relative proportions.
    missing : tuple of str
        Characters that the font lacks: their outline is an open square.
    """

    outlines: dict[str, BaseGeometry]
    missing: tuple[str, ...]


def glyph_outlines(
    text: str, *, font: str | Path | None = None, weight: int = 700, tolerance_em: float = 0.002
) -> Glyphs:
    """Return the outlines of the characters of ``text``.

    Parameters
    ----------
    text : str
        Characters; white space is passed over.
    font : path, optional
        A TrueType or OpenType file to use instead of Noto Sans SC.
    weight : int
        Weight on the font's ``wght`` axis (700 = bold, for the paint).
    tolerance_em : float
        Greatest distance of the flattened outline from the curve, as a share of the em: the
        painted tolerance divided by the painted size of the character.

    Raises
    ------
    InputError
        If the file named as ``font`` is not a font, or no Chinese font is at hand.
    """
    characters = tuple(sorted({c for c in text if not c.isspace()}))
    return _glyph_outlines(characters, None if font is None else str(font), weight, tolerance_em)


@lru_cache(maxsize=32)
def _glyph_outlines(
    characters: tuple[str, ...], font: str | None, weight: int, tolerance_em: float
) -> Glyphs:
    path = instance(characters, font, weight)
    with open_font(path, 0) as ttf:
        # a font that has none of the characters has no table of them left
        glyph_set, cmap = ttf.getGlyphSet(), ttf.getBestCmap() or {}
        em = float(ttf["head"].unitsPerEm)
        os2 = ttf.get("OS/2")
        # the em box is centred between the typographic ascender and descender
        middle = 0.38 * em if os2 is None else (os2.sTypoAscender + os2.sTypoDescender) / 2
        outlines: dict[str, BaseGeometry] = {}
        for character in characters:
            name = cmap.get(ord(character))
            if name is not None:
                rings = flat_rings(glyph_set[name], glyph_set, tolerance_em * em)
                unit = [(ring - (0.0, middle - em / 2)) / em for ring in rings]
                outlines[character] = filled(unit)
    missing = tuple(c for c in characters if c not in outlines)
    square = shapely.box(0.1, 0.1, 0.9, 0.9).difference(shapely.box(0.2, 0.2, 0.8, 0.8))
    outlines.update(dict.fromkeys(missing, square))
    return Glyphs(outlines, missing)


def label_font_path(*, extra: str = "", font: str | Path | None = None) -> Path:
    """Return a small static font file for labels: GB 2312 level 1, Latin, punctuation.

    It is made once (a few seconds) and kept in the user's cache.

    Parameters
    ----------
    extra : str
        Texts that will be shown: their characters are taken in as well.
    font : path, optional
        A font file to use instead of Noto Sans SC.

    Raises
    ------
    InputError
        If the file named as ``font`` is not a font, or no Chinese font is at hand.
    """
    more = {c for c in extra if c.isprintable()}
    characters = tuple(sorted(label_characters() | more))
    return instance(characters, None if font is None else str(font), 400)


def use_chinese_labels(*, extra: str = "", font: str | Path | None = None) -> str:
    """Register the label font with matplotlib and return its family name.

    Nothing global is changed: hand the name over as ``fontfamily=``.
    """
    from matplotlib import font_manager  # noqa: PLC0415  (only where something is plotted)

    path = str(label_font_path(extra=extra, font=font))
    known = {entry.fname: entry.name for entry in font_manager.fontManager.ttflist}
    if path not in known:
        font_manager.fontManager.addfont(path)
        known = {entry.fname: entry.name for entry in font_manager.fontManager.ttflist}
    return str(known[path])


def showable(text: str, *, extra: str = "", font: str | Path | None = None) -> tuple[str, tuple[str, ...]]:
    """Return ``text`` with every character that the label font lacks as □, and those characters.

    Control characters become spaces. ``extra`` and ``font`` as in `label_font_path`.
    """
    with open_font(label_font_path(extra=extra, font=font), 0) as ttf:
        covered = set(ttf.getBestCmap())
    shown: list[str] = []
    missing: dict[str, None] = {}
    for character in text:
        if character == "\n":
            shown.append(character)
        elif unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            shown.append(" ")
        elif ord(character) in covered:
            shown.append(character)
        else:
            shown.append(MISSING)
            missing[character] = None
    return "".join(shown), tuple(missing)
