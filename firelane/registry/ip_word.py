"""The progress report's Word document in few words: real headings, tables, pictures (:mod:`firelane.fonts.docx_parts`)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from firelane.files import write_bytes
from firelane.fonts.docx_parts import blank, clean, content, run, set_fonts, table
from firelane.fonts.office import BODY_ZH, HEAD_ZH, LATIN
from firelane.vocabulary import Lang

_SIZES = (("Title", 20), ("Heading 1", 15), ("Heading 2", 12.5))
WIDTH_MM = 170.0
"""Room between the margins."""


class Word:
    """One document that is being filled."""

    def __init__(self, lang: Lang, title: str, header: str) -> None:
        from docx.shared import Pt, RGBColor  # noqa: PLC0415

        self.document: Any = blank(lang, title=title, size_pt=11, width_mm=WIDTH_MM, top_mm=26, bottom_mm=22)
        for name, size in _SIZES:
            style = self.document.styles[name]
            style.font.size, style.font.name = Pt(size), LATIN
            set_fonts(style.element.get_or_add_rPr(), HEAD_ZH)
            style.font.color.rgb = RGBColor(0x1D, 0x23, 0x29)
        run(self.document.sections[0].header.paragraphs[0], header, size_pt=8.5, font=BODY_ZH)

    def heading(self, text: str, level: int) -> None:
        """Add a heading; level 0 is the title."""
        self.document.add_heading(clean(text), level)

    def text(self, text: str, *, small: bool = False, bold: bool = False, bullet: bool = False) -> None:
        """Add a paragraph; a bold one stays with what follows."""
        from docx.shared import Pt  # noqa: PLC0415

        made = self.document.add_paragraph(style="List Bullet" if bullet else None)
        made.paragraph_format.space_after, made.paragraph_format.keep_with_next = Pt(3), bold or None
        run(made, text, size_pt=9.0 if small else 11.0, bold=bold, font=HEAD_ZH if bold else BODY_ZH)

    def table(self, rows: Sequence[Sequence[str]], widths_mm: Sequence[float], *, size_pt: float = 9.0) -> None:
        """Add a table; its first row is repeated on every page, no row is torn."""
        table(self.document, rows, widths_mm, size_pt=size_pt)
        self.text("", small=True)

    def picture(self, image: bytes) -> None:
        """Add a picture as wide as the text."""
        from docx.shared import Mm  # noqa: PLC0415

        self.document.add_picture(io.BytesIO(image), width=Mm(WIDTH_MM))

    def save(self, path: Path) -> None:
        """Write it.

        Raises
        ------
        OutputError
        """
        write_bytes(path, content(self.document))
