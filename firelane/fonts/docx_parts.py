"""What every DOCX of ours has (python-docx): A4, Chinese fonts with fallbacks, texts as data, the same content as the same bytes.

A DOCX does not carry its fonts: :mod:`firelane.fonts.office` says what it names. python-docx has no public way to the
elements that its own objects do not cover; all of that is here.
"""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from firelane.fonts.office import BODY_ZH, HEAD_ZH, LATIN, font_table
from firelane.vocabulary import Lang

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


def blank(lang: Lang, *, title: str, size_pt: float, width_mm: float, top_mm: float, bottom_mm: float) -> Any:
    """Return an empty A4 document with its fonts, its properties and page numbers.

    Parameters
    ----------
    lang : {"zh", "en"}
    title : str
    size_pt : float
        Of the text.
    width_mm : float
        Room between the margins.
    top_mm, bottom_mm : float
        Margins.
    """
    from docx import Document  # noqa: PLC0415  (slow to import)
    from docx.shared import Mm, Pt  # noqa: PLC0415

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm((210 - width_mm) / 2)
    section.top_margin, section.bottom_margin = Mm(top_mm), Mm(bottom_mm)
    normal = document.styles["Normal"]
    normal.font.size = Pt(size_pt)
    set_fonts(normal.element.get_or_add_rPr(), BODY_ZH)
    # Without its language Chinese may be set in the shapes of Japan or Taiwan.
    _attributes(child(normal.element.get_or_add_rPr(), "w:lang"), (("w:val", "en-US"), ("w:eastAsia", "zh-CN")))
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = clean(title)[:250], "firelane", "firelane"
    properties.comments, properties.language = "", "zh-CN" if lang == "zh" else "en"
    properties.created = properties.modified = _STAMP.replace(tzinfo=None)
    properties.revision = 1
    for part in document.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            part._blob = font_table(part.blob)  # noqa: SLF001
    _page_number(section.footer.paragraphs[0])
    return document


def run(paragraph: Any, text: str, *, size_pt: float, font: str, bold: bool = False, colour: str = "") -> None:
    """Add a run of text, see :func:`clean`, to a paragraph."""
    from docx.shared import Pt, RGBColor  # noqa: PLC0415

    made = paragraph.add_run(clean(text))
    made.font.size, made.font.bold = Pt(size_pt), bold or None
    if colour:
        made.font.color.rgb = RGBColor.from_string(colour)
    set_fonts(made._r.get_or_add_rPr(), font)  # noqa: SLF001


def table(
    document: Any, rows: Sequence[Sequence[str]], widths_mm: Sequence[float], *, heads: int = 1, size_pt: float = 9.0, least_mm: float = 0.0
) -> Any:
    """Add a table with lines about its cells; heads are repeated on every page, rows are not torn."""
    from docx.enum.table import WD_TABLE_ALIGNMENT  # noqa: PLC0415
    from docx.shared import Mm, Pt  # noqa: PLC0415

    made = document.add_table(rows=len(rows), cols=len(widths_mm))
    made.style = document.styles["Table Grid"]
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(made.columns, widths_mm, strict=True):
        column.width = Mm(width)  # LibreOffice goes by these, Word by those of the cells
    for n, (row, texts) in enumerate(zip(made.rows, rows, strict=True)):
        properties = row._tr.get_or_add_trPr()  # noqa: SLF001
        child(properties, "w:cantSplit")
        if n < heads:
            child(properties, "w:tblHeader")
        if least_mm:
            row.height = Mm(least_mm)
        for cell, text, width in zip(row.cells, texts, widths_mm, strict=True):
            cell.width = Mm(width)
            first = cell.paragraphs[0]
            first.paragraph_format.space_after = Pt(0)
            run(first, text, size_pt=size_pt, bold=n < heads, font=HEAD_ZH if n < heads else BODY_ZH)
            if n < heads:
                shade = child(cell._tc.get_or_add_tcPr(), "w:shd")  # noqa: SLF001
                _attributes(shade, (("w:val", "clear"), ("w:color", "auto"), ("w:fill", _SHADE)))
    return made


def set_fonts(properties: Any, east: str) -> None:
    """Set the fonts of a style or a run: ``east`` for Chinese, one for the rest; those of the theme would win, so they go."""
    fonts = properties.get_or_add_rFonts()
    _attributes(fonts, (("w:ascii", LATIN), ("w:hAnsi", LATIN), ("w:cs", LATIN), ("w:eastAsia", east)))
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qualified(theme), None)


def content(document: Any) -> bytes:
    """Return a document as a file's content; what says the same is the same to the byte."""
    raw, fixed = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as made, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as plain:
        for name in made.namelist():
            entry = zipfile.ZipInfo(name, _STAMP.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            plain.writestr(entry, made.read(name))
    return fixed.getvalue()


def child(parent: Any, tag: str) -> Any:
    """Append an element and return it."""
    from docx.oxml import OxmlElement  # noqa: PLC0415

    made = OxmlElement(tag)
    parent.append(made)
    return made


def qualified(name: str) -> str:
    """Return a name with its namespace written out, as lxml wants it."""
    from docx.oxml.ns import qn  # noqa: PLC0415

    return str(qn(name))


def _attributes(element: Any, values: Sequence[tuple[str, str]]) -> None:
    for name, value in values:
        element.set(qualified(name), value)


def _page_number(paragraph: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = child(paragraph._p, "w:fldSimple")  # noqa: SLF001
    field.set(qualified("w:instr"), "PAGE")
    child(child(field, "w:r"), "w:t").text = "1"
