"""Fonts that a DOCX names: 仿宋 for the text, 黑体 for headings, as official documents do (GB/T 9704-2012).

A DOCX does not carry its fonts. What may stand in for them is told in its font table.
"""

from __future__ import annotations

BODY_ZH, HEAD_ZH, LATIN = "仿宋", "黑体", "Times New Roman"
FALLBACKS = {BODY_ZH: "FangSong;仿宋_GB2312;STFangsong;Noto Serif CJK SC", HEAD_ZH: "SimHei;STHeiti;Noto Sans CJK SC"}
"""What Word and LibreOffice take where a font is missing; both read a list divided by semicolons."""


def font_table(xml: bytes) -> bytes:
    """Return a font table (``word/fontTable.xml``) that names our fonts and what may stand in for them as well.

    >>> "黑体".encode() in font_table(b"<w:fonts></w:fonts>")
    True
    """
    ours = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/><w:family w:val="auto"/></w:font>'
        for name, other in FALLBACKS.items()
    )
    return xml.replace(b"</w:fonts>", ours.encode() + b"</w:fonts>")
