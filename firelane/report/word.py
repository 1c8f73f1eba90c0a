"""The inspection report's and the notice's DOCX pages: what they add to :mod:`firelane.fonts.docx_parts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firelane.files import write_bytes
from firelane.fonts.docx_parts import blank, child, clean, content, qualified, run, table
from firelane.fonts.office import BODY_ZH, HEAD_ZH

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from firelane.vocabulary import Lang

__all__ = ["TEXT_WIDTH_MM", "clean", "new_document", "paragraph", "save", "table"]
TEXT_WIDTH_MM = 160.0
"""Room between the margins."""


def new_document(lang: Lang, *, title: str, header: str = "") -> Any:
    """Return an empty A4 document with its fonts set; ``header`` stands on every page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415

    document = blank(lang, title=title, size_pt=12, width_mm=TEXT_WIDTH_MM, top_mm=28, bottom_mm=24)
    if header:
        head = document.sections[0].header.paragraphs[0]
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run(head, header, size_pt=9, bold=True, colour="A3142A", font=HEAD_ZH)
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
        child(made._p.get_or_add_pPr(), "w:outlineLvl").set(qualified("w:val"), str(level - 1))  # noqa: SLF001
    run(made, text, size_pt=size_pt, bold=bold, colour=colour, font=HEAD_ZH if heading else BODY_ZH)
    return made


def save(document: Any, path: str | os.PathLike[str]) -> Path:
    """Write a document; the same content gives the same bytes.

    Raises
    ------
    OutputError
        If it cannot be written; an older file stays as it was.
    """
    return write_bytes(path, content(document))
