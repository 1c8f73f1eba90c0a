"""A Word document in few words: A4, Chinese fonts, real headings, texts as data, the same content as the same bytes."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from firelane.files import write_bytes
from firelane.fonts.office import BODY_ZH, HEAD_ZH, LATIN, font_table
from firelane.vocabulary import Lang

_STAMP = datetime(2020, 9, 28)  # noqa: DTZ001  no clock is in a document
_SIZES = (("Title", 20), ("Heading 1", 15), ("Heading 2", 12.5))
_SHADE = "EEF1F4"
WIDTH_MM = 170.0
"""Room between the margins."""


def plain(text: str) -> str:
    r"""Return a text that XML can hold, without what could turn the writing round.

    >>> plain("a\x00b\u202ec\n=1+1")
    'abc\n=1+1'
    """
    told = unicodedata.normalize("NFC", text)
    return "".join(
        c
        for c in told
        if c == "\n" or (unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} and ord(c) & 0xFFFE != 0xFFFE)
    )


class Word:
    """One document that is being filled."""

    def __init__(self, lang: Lang, title: str, header: str) -> None:
        from docx import Document  # noqa: PLC0415  (slow to import)
        from docx.shared import Mm, Pt, RGBColor  # noqa: PLC0415

        self.document: Any = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm((210 - WIDTH_MM) / 2)
        section.top_margin, section.bottom_margin = Mm(26), Mm(22)
        for name, size in (("Normal", 11), *_SIZES):
            style = self.document.styles[name]
            style.font.size, style.font.name = Pt(size), LATIN
            _fonts(style.element.get_or_add_rPr(), BODY_ZH if name == "Normal" else HEAD_ZH)
            if name != "Normal":
                style.font.color.rgb = RGBColor(0x1D, 0x23, 0x29)
        # Without its language Chinese may be set in the shapes of Japan or Taiwan.
        language = _child(self.document.styles["Normal"].element.get_or_add_rPr(), "w:lang")
        for key, value in (("w:val", "en-US"), ("w:eastAsia", "zh-CN")):
            language.set(_q(key), value)
        for part in self.document.part.package.iter_parts():
            if str(part.partname) == "/word/fontTable.xml":
                part._blob = font_table(part.blob)  # noqa: SLF001  (python-docx has no public way)
        head = self.document.sections[0].header.paragraphs[0]
        head.text = plain(header)
        for run in head.runs:
            run.font.size = Pt(8.5)
        _page_number(self.document.sections[0].footer.paragraphs[0])
        properties = self.document.core_properties
        properties.title, properties.author, properties.last_modified_by = plain(title)[:250], "firelane", "firelane"
        properties.comments, properties.language = "", "zh-CN" if lang == "zh" else "en"
        properties.created = properties.modified = _STAMP

    def heading(self, text: str, level: int) -> None:
        """Add a heading; level 0 is the title."""
        self.document.add_heading(plain(text), level)

    def text(self, text: str, *, small: bool = False, bold: bool = False, bullet: bool = False) -> None:
        """Add a paragraph; a bold one stays with what follows."""
        from docx.shared import Pt  # noqa: PLC0415

        made = self.document.add_paragraph(style="List Bullet" if bullet else None)
        made.paragraph_format.space_after, made.paragraph_format.keep_with_next = Pt(3), bold or None
        self._run(made, text, 9.0 if small else 11.0, bold=bold)

    def table(self, rows: Sequence[Sequence[str]], widths_mm: Sequence[float], *, size_pt: float = 9.0) -> None:
        """Add a table; its first row is repeated on every page, no row is torn."""
        from docx.shared import Mm, Pt  # noqa: PLC0415

        made = self.document.add_table(rows=len(rows), cols=len(widths_mm))
        made.style, made.autofit = self.document.styles["Table Grid"], False
        for column, width in zip(made.columns, widths_mm, strict=True):
            column.width = Mm(width)  # LibreOffice goes by these, Word by those of the cells
        for n, texts in enumerate(rows):
            line = made.rows[n]
            properties = line._tr.get_or_add_trPr()  # noqa: SLF001  (python-docx has no public way)
            _child(properties, "w:cantSplit")
            if n == 0:
                _child(properties, "w:tblHeader")
            for cell, text, width in zip(line.cells, texts, widths_mm, strict=True):
                cell.width = Mm(width)
                cell.paragraphs[0].paragraph_format.space_after = Pt(0)
                self._run(cell.paragraphs[0], text, size_pt, bold=n == 0)
                if n == 0:
                    shade = _child(cell._tc.get_or_add_tcPr(), "w:shd")  # noqa: SLF001
                    for key, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", _SHADE)):
                        shade.set(_q(key), value)
        self.text("", small=True)

    def picture(self, content: bytes) -> None:
        """Add a picture as wide as the text."""
        from docx.shared import Mm  # noqa: PLC0415

        self.document.add_picture(io.BytesIO(content), width=Mm(WIDTH_MM))

    def save(self, path: Path) -> None:
        """Write it.

        Raises
        ------
        OutputError
        """
        raw, fixed = io.BytesIO(), io.BytesIO()
        self.document.save(raw)
        with zipfile.ZipFile(raw) as made, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as same:
            for name in made.namelist():
                entry = zipfile.ZipInfo(name, _STAMP.timetuple()[:6])
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
                same.writestr(entry, made.read(name))
        write_bytes(path, fixed.getvalue())

    @staticmethod
    def _run(paragraph: Any, text: str, size_pt: float, *, bold: bool = False) -> None:
        from docx.shared import Pt  # noqa: PLC0415

        run = paragraph.add_run(plain(text))
        run.font.size, run.font.bold = Pt(size_pt), bold or None
        _fonts(run._r.get_or_add_rPr(), HEAD_ZH if bold else BODY_ZH)  # noqa: SLF001


def _fonts(properties: Any, east: str) -> None:
    fonts = properties.get_or_add_rFonts()
    for key, value in (("w:ascii", LATIN), ("w:hAnsi", LATIN), ("w:cs", LATIN), ("w:eastAsia", east)):
        fonts.set(_q(key), value)
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(_q(theme), None)


def _page_number(paragraph: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.oxml import OxmlElement  # noqa: PLC0415

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field, run, text = OxmlElement("w:fldSimple"), OxmlElement("w:r"), OxmlElement("w:t")
    field.set(_q("w:instr"), "PAGE")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)  # noqa: SLF001


def _child(parent: Any, tag: str) -> Any:
    from docx.oxml import OxmlElement  # noqa: PLC0415

    made = OxmlElement(tag)
    parent.append(made)
    return made


def _q(name: str) -> str:
    from docx.oxml.ns import qn  # noqa: PLC0415

    return str(qn(name))
