"""DOCX pages (python-docx): A4, Chinese fonts with fallbacks, texts as data, the same content as the same bytes.

A DOCX does not carry its fonts: :mod:`firelane.fonts.office` says what it names.
"""

from __future__ import annotations

import io
import unicodedata
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from firelane.files import write_bytes
from firelane.fonts.office import BODY_ZH, HEAD_ZH, LATIN, font_table

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from firelane.vocabulary import Lang

TEXT_WIDTH_MM = 160.0
"""Room between the margins."""

_STAMP = datetime(2020, 1, 1, tzinfo=UTC)  # of the file's own records: no clock is in a document
_SHADE = "EEF1F4"


def clean(text: str) -> str:
    r"""Return a text that XML can hold: no control characters, no direction overrides, no halves of pairs.

    Line ends stay. What looks like a formula or a field stays as well: in a run of text Word computes nothing.

    >>> clean("a\x00b\u202ec\ud800d\n=1+1")
    'abcd\n=1+1'
    """
    kept: list[str] = []
    for sign in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")):
        kind = unicodedata.category(sign)
        if sign == "\n":
            kept.append(sign)
        elif sign == "\t" or kind in {"Zl", "Zp"}:
            kept.append(" ")
        elif kind not in {"Cc", "Cf", "Cs"} and ord(sign) & 0xFFFE != 0xFFFE:
            kept.append(sign)
    return "".join(kept)


def new_document(lang: Lang, *, title: str, header: str = "") -> Any:
    """Return an empty A4 document with its fonts set; ``header`` stands on every page."""
    from docx import Document  # noqa: PLC0415  (slow to import)
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.shared import Mm, Pt  # noqa: PLC0415

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm((210 - TEXT_WIDTH_MM) / 2)
    section.top_margin, section.bottom_margin = Mm(28), Mm(24)
    normal = document.styles["Normal"]
    normal.font.size = Pt(12)
    _fonts(normal.element.get_or_add_rPr(), BODY_ZH)
    language = _child(normal.element.get_or_add_rPr(), "w:lang")
    for key, value in (("w:val", "en-US"), ("w:eastAsia", "zh-CN")):
        language.set(_q(key), value)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = clean(title)[:250], "firelane", "firelane"
    properties.comments, properties.language = "", "zh-CN" if lang == "zh" else "en"
    properties.created = properties.modified = _STAMP.replace(tzinfo=None)
    properties.revision = 1
    _name_fallbacks(document)
    if header:
        head = section.header.paragraphs[0]
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _run(head, header, size_pt=9, bold=True, colour="A3142A", font=HEAD_ZH)
    _page_number(section.footer.paragraphs[0])
    return document


def paragraph(
    document: Any, text: str, *, size_pt: float = 12, bold: bool = False, align: str = "left", first: bool = False,
    indent_mm: float = 0.0, before_pt: float = 0.0, after_pt: float = 4.0, heading: bool = False, colour: str = "",
    keep: bool = False, level: int = 0, page_before: bool = False,
) -> Any:  # fmt: skip
    """Add a paragraph to a document or a cell.

    Parameters
    ----------
    text : str
        Taken as it is, see :func:`clean`.
    first : bool
        Indent the first line by two characters.
    heading : bool
        In 黑体; ``level`` 1 to 9 makes it a heading of the document's outline.
    keep : bool
        Keep it on the page of what follows.
    """
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.shared import Mm, Pt  # noqa: PLC0415

    made = document.add_paragraph()
    form = made.paragraph_format
    form.alignment = {"left": None, "center": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT}[align]
    form.space_before, form.space_after, form.line_spacing = Pt(before_pt), Pt(after_pt), 1.25
    form.left_indent = Mm(indent_mm) if indent_mm else None
    form.first_line_indent = Pt(2 * size_pt) if first else None
    form.keep_with_next, form.page_break_before = keep, page_before
    if level:
        _child(made._p.get_or_add_pPr(), "w:outlineLvl").set(_q("w:val"), str(level - 1))  # noqa: SLF001  (python-docx has no public way)
    _run(made, text, size_pt=size_pt, bold=bold, colour=colour, font=HEAD_ZH if heading else BODY_ZH)
    return made


def table(
    document: Any, rows: Sequence[Sequence[str]], widths_mm: Sequence[float], *, heads: int = 1, size_pt: float = 9,
    least_mm: float = 0.0,
) -> Any:  # fmt: skip
    """Add a table with lines about its cells; heads are repeated on every page, rows are not torn."""
    from docx.enum.table import WD_TABLE_ALIGNMENT  # noqa: PLC0415
    from docx.shared import Mm, Pt  # noqa: PLC0415

    made = document.add_table(rows=len(rows), cols=len(widths_mm))
    made.style = document.styles["Table Grid"]
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(made.columns, widths_mm, strict=True):
        column.width = Mm(width)
    for n, (row, texts) in enumerate(zip(made.rows, rows, strict=True)):
        properties = row._tr.get_or_add_trPr()  # noqa: SLF001
        _child(properties, "w:cantSplit")
        if n < heads:
            _child(properties, "w:tblHeader")
        if least_mm:
            row.height = Mm(least_mm)
        for cell, text, width in zip(row.cells, texts, widths_mm, strict=True):
            cell.width = Mm(width)
            first = cell.paragraphs[0]
            first.paragraph_format.space_after = Pt(0)
            _run(first, text, size_pt=size_pt, bold=n < heads, font=HEAD_ZH if n < heads else BODY_ZH)
            if n < heads:
                shade = _child(cell._tc.get_or_add_tcPr(), "w:shd")  # noqa: SLF001
                for key, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", _SHADE)):
                    shade.set(_q(key), value)
    return made


def save(document: Any, path: str | os.PathLike[str]) -> Path:
    """Write a document; the same content gives the same bytes.

    Raises
    ------
    OutputError
        If it cannot be written; an older file stays as it was.
    """
    raw, fixed = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as made, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as plain:
        for name in made.namelist():
            entry = zipfile.ZipInfo(name, _STAMP.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            plain.writestr(entry, made.read(name))
    return write_bytes(path, fixed.getvalue())


def _run(paragraph: Any, text: str, *, size_pt: float, font: str, bold: bool = False, colour: str = "") -> None:
    from docx.shared import Pt, RGBColor  # noqa: PLC0415

    run = paragraph.add_run(clean(text))
    run.font.size, run.font.bold = Pt(size_pt), bold or None
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour)
    _fonts(run._r.get_or_add_rPr(), font)  # noqa: SLF001


def _fonts(properties: Any, east: str) -> None:
    fonts = properties.get_or_add_rFonts()
    for key, value in (("w:ascii", LATIN), ("w:hAnsi", LATIN), ("w:cs", LATIN), ("w:eastAsia", east)):
        fonts.set(_q(key), value)


def _name_fallbacks(document: Any) -> None:
    """Write the font table: which fonts the document names, and what may stand in for them."""
    for part in document.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            part._blob = font_table(part.blob)  # noqa: SLF001


def _page_number(paragraph: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.oxml import OxmlElement  # noqa: PLC0415

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(_q("w:instr"), "PAGE")
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)  # noqa: SLF001


def _child(parent: Any, tag: str) -> Any:
    """Append an element and return it."""
    from docx.oxml import OxmlElement  # noqa: PLC0415

    made = OxmlElement(tag)
    parent.append(made)
    return made


def _q(name: str) -> str:
    from docx.oxml.ns import qn  # noqa: PLC0415

    return str(qn(name))
