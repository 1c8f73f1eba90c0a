"""The font with which the program itself shows a drawing's texts: the drawing names fonts of CAD programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ezdxf.entities.mtext import MText
from ezdxf.entities.text import Text
from ezdxf.tools.text import fast_plain_mtext

from firelane.fonts import label_font_path

if TYPE_CHECKING:
    from ezdxf.document import Drawing


GLYPH = "GLYPH-"
"""How the blocks of outlined characters are called: the code point in hexadecimal digits follows."""


def glyph_of(block_name: str) -> str | None:
    """Return the character that a block is the outline of; None where it is none.

    >>> glyph_of("GLYPH-6D88"), glyph_of("FL-BOX-2800x2100")
    ('消', None)
    """
    digits = block_name.removeprefix(GLYPH)
    if digits == block_name or not re.fullmatch("[0-9A-F]{4,6}", digits):
        return None
    return chr(int(digits, 16))


def characters_of(doc: Drawing) -> str:
    """Return every character that the texts of a drawing show, in order, each once."""
    found: set[str] = set()
    for entity in doc.entitydb.values():
        if isinstance(entity, MText):
            found.update(fast_plain_mtext(entity.text))
        elif isinstance(entity, Text):  # and ATTRIB, ATTDEF
            found.update(entity.dxf.text)
    found.update(filter(None, (glyph_of(block.name) for block in doc.blocks)))
    return "".join(sorted(found))


@dataclass(frozen=True)
class LabelFont:
    """A font file for the texts of a drawing.

    Attributes
    ----------
    name : str
        What the DXF library knows it by.
    path : Path
    em : float
        Size of the font when its capitals are one unit high: the height of a TEXT is that of its capitals.
    truetype : bool
        Whether a PDF can hold it with its texts searchable: cubic outlines cannot be embedded so.
    """

    name: str
    path: Path
    em: float
    truetype: bool


def label_font(doc: Drawing, font: str | Path | None = None) -> LabelFont:
    """Return a font, known to the DXF library, that has what the drawing's texts show.

    Raises
    ------
    InputError
        If the file named as ``font`` is not a font, or no Chinese font is at hand.
    """
    from ezdxf.fonts.fonts import font_manager  # noqa: PLC0415
    from ezdxf.fonts.ttfonts import TTFontRenderer  # noqa: PLC0415

    path = label_font_path(extra=characters_of(doc), font=font)
    if not font_manager.has_font(path.name):
        font_manager.build([str(path.parent)], support_dirs=False)
    ttf = font_manager.get_ttf_font(path.name)
    em = TTFontRenderer(ttf).get_scaling_factor(1.0) * ttf["head"].unitsPerEm
    return LabelFont(path.name, path, float(em), "glyf" in ttf)
