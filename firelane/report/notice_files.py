"""A notice as a file: DOCX for offices that edit, PDF for printing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from firelane.errors import UsageError
from firelane.report import word

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from reportlab.platypus import Flowable

    from firelane.report.notice import Block, Notice

_WIDTHS_MM = (11.0, 20.0, 52.0, 31.0, 20.0, 26.0)  # number, article, finding, place, measured, required
_RECEIPT_MM = (50.0, 110.0)
_PT = 72 / 25.4
_RED = "#a3142a"


def write_notice(notice: Notice, path: str | os.PathLike[str]) -> Path:
    """Write a notice as ``.docx`` or ``.pdf``, as the name ends; the same notice gives the same bytes.

    Raises
    ------
    UsageError
        If the name ends in anything else.
    OutputError
        If the file cannot be written; an older one stays as it was.
    """
    writers: dict[str, Callable[[Notice, Path], object]] = {".docx": _docx, ".pdf": _pdf}
    ending = Path(path).suffix.lower()
    if ending not in writers:
        raise UsageError(f"a notice ends in .docx or .pdf, not in {ending or 'nothing'}")
    writers[ending](notice, Path(path))
    return Path(path)


# ---------------------------------------------------------------------- DOCX


def _docx(notice: Notice, path: Path) -> None:
    document = word.new_document(notice.lang, title=f"{notice.title} {notice.party}".strip(), header=notice.watermark)
    last = _last(notice)
    for n, block in enumerate(notice.blocks):
        following = n + 1 < len(notice.blocks) and notice.blocks[n + 1].kind != "receipt"
        _docx_block(document, block, first=notice.lang == "zh", keep=n >= last and following)
    word.save(document, path)


def _last(notice: Notice) -> int:
    """Return where the end begins: a signature never stands on a page by itself, what goes before comes along."""
    return max(n for n, block in enumerate(notice.blocks) if block.kind not in ("sign", "small", "receipt"))


def _docx_block(document: Any, block: Block, *, first: bool, keep: bool) -> None:
    def add(text: str, **look: Any) -> None:
        word.paragraph(document, text, **({"keep": keep} | look))

    if block.kind == "draft":
        add(block.text, size_pt=10, align="center", heading=True, colour=_RED[1:].upper())
    elif block.kind == "title":
        add(block.text, size_pt=20, align="center", heading=True, before_pt=6, after_pt=8, level=1)
    elif block.kind == "number":
        add(block.text, size_pt=11, align="right", after_pt=8)
    elif block.kind == "addressee":
        add(block.text, after_pt=6)
    elif block.kind == "text":
        add(block.text, first=first)
    elif block.kind == "heading":
        add(block.text, heading=True, before_pt=10, keep=True, level=2)
    elif block.kind == "article":
        name, _, quote = block.text.partition("\n")
        add(name, size_pt=10.5, heading=True, indent_mm=7, after_pt=0, keep=True)
        add(quote, size_pt=10.5, indent_mm=7)
    elif block.kind == "item":
        add(f"· {block.text}", indent_mm=7)
    elif block.kind == "sign":
        add(block.text, align="right", before_pt=8)
    elif block.kind == "small":
        add(block.text, size_pt=9, before_pt=3)
    elif block.kind == "table":
        word.table(document, [[*row[:-1], _parted(row[-1])] for row in block.rows], _WIDTHS_MM)
        add("", size_pt=4, after_pt=0)
    else:
        add(block.text, size_pt=18, align="center", heading=True, after_pt=12, level=1, page_before=True)
        word.table(document, block.rows, _RECEIPT_MM, heads=0, size_pt=11, least_mm=16)


def _parted(required: str) -> str:
    r"""Return what is required with each part on a line of its own, or LibreOffice tears the figure at its point.

    >>> _parted("不得有；≥ 4.000 m"), _parted("forbidden; ≥ 4.000 m")
    ('不得有；\n≥ 4.000 m', 'forbidden;\n≥ 4.000 m')
    """
    return required.replace("；", "；\n").replace("; ", ";\n")


# ---------------------------------------------------------------------- PDF


def _pdf(notice: Notice, path: Path) -> None:
    from reportlab.platypus import KeepTogether  # noqa: PLC0415  (slow to import)

    from firelane.report import typeset  # noqa: PLC0415

    running = f"{notice.title}  {notice.party}".strip()
    sheet = typeset.Sheet(path, title=running, lang=notice.lang, running=running, watermark=notice.watermark)
    look = typeset.styles(notice.lang)
    story: list[Flowable] = []
    last = _last(notice)
    end: list[Flowable] = []
    for n, block in enumerate(notice.blocks):
        made = _pdf_block(block, look, sheet.width)
        (end if n >= last and block.kind != "receipt" else story).extend(made)
        if n + 1 == len(notice.blocks) or notice.blocks[n + 1].kind == "receipt":
            story += [KeepTogether(end)] if end else []
            end = []
    sheet.build(story)


def _pdf_block(block: Block, look: Any, width: float) -> list[Flowable]:
    from reportlab.platypus import PageBreak, Spacer  # noqa: PLC0415

    from firelane.report import typeset  # noqa: PLC0415

    def shared(parts_mm: tuple[float, ...]) -> list[float]:
        return [part * width / sum(parts_mm) for part in parts_mm]

    body = look["text"].but(size=11, leading=18)
    plain = {
        "draft": look["small"].but(align="center", colour=_RED, size=9.5, leading=14),
        "title": look["title"].but(before=4, outline=0),
        "number": body.but(align="right", first=0.0, after=8),
        "addressee": body.but(first=0.0, after=6),
        "text": body,
        "heading": look["h2"].but(size=12, leading=18),
        "item": body.but(first=-11.0, indent=24.0),
        "sign": body.but(align="right", first=0.0, before=6),
        "small": look["small"].but(size=8.5, leading=13, before=3),
    }
    if block.kind == "article":
        name, _, quote = block.text.partition("\n")
        return [
            typeset.para([typeset.Run(f"{name}  ", bold=True), typeset.Run(quote)], look["quote"]),
        ]  # fmt: skip
    if block.kind == "table":
        return [typeset.table(block.rows, shared(_WIDTHS_MM), look), Spacer(0, 4)]
    if block.kind == "receipt":
        cell = look["cell"].but(size=10.5, leading=20)
        rows = [[typeset.para(a, cell), [typeset.para(b, cell), Spacer(0, 18)]] for a, b in block.rows]
        return [
            PageBreak(), typeset.para(block.text, plain["title"].but(outline=0, after=16)),
            typeset.table(rows, shared(_RECEIPT_MM), look, heads=0),
        ]  # fmt: skip
    text = f"· {block.text}" if block.kind == "item" else block.text
    made = typeset.para(text, plain[block.kind])
    return [Spacer(0, 10), made] if block.kind == "sign" else [made]
