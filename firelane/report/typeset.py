"""Pages of Chinese text as PDF: fonts, plain paragraphs with Chinese line breaking, tables, the sheet itself.

Texts are data and never markup: a paragraph draws the characters that it is given. Lines are broken by the rules of
Chinese typesetting (避头尾: no closing punctuation begins a line, no opening one ends it; GB/T 15834-2011 §5.1), Latin
words and numbers are kept whole where they fit. The same story gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, NextPageTemplate, PageBreak, PageTemplate

from firelane.files import atomic_path
from firelane.report import letters
from firelane.report.grid import Grid
from firelane.report.lines import Line, Run, broken

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from firelane.vocabulary import Lang

__all__ = ["A4", "INK", "MARGIN", "Run", "Sheet", "Style", "Text", "para", "styles", "table", "turned", "write"]

INK, GREY, RULE, HEAD = "#1f2933", "#5b6570", "#b8c0c8", "#eef1f4"
MARGIN = (56.0, 62.0, 56.0, 58.0)
"""Left, top, right and bottom margin of a page [pt]."""

_TOTAL = "firelane-pages"
_PAGES: dict[str, tuple[str, str]] = {"zh": ("第 {n} 页 ", " 共 {of} 页"), "en": ("page {n}", " of {of}")}
_LANGUAGE = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True)
class Style:
    """How a paragraph looks. Lengths in points.

    Attributes
    ----------
    size, leading : float
        Of the letters, and from line to line.
    align : {"left", "center", "right"}
    before, after : float
        Room above and below.
    indent, first : float
        Of every line from the left, and of the first line in addition.
    bar : str
        Colour of a bar along the left (quotations); empty for none.
    outline : int
        Level in the PDF's bookmarks; -1: none.
    keep : float
        So much room must be left below on the same page, else the paragraph begins the next one.
    """

    name: str
    size: float
    leading: float
    bold: bool = False
    align: str = "left"
    colour: str = INK
    before: float = 0.0
    after: float = 0.0
    indent: float = 0.0
    first: float = 0.0
    bar: str = ""
    outline: int = -1
    keep: float = 0.0

    def but(self, **changes: Any) -> Style:
        """Return the style with some of its fields changed."""
        return replace(self, **changes)


def styles(lang: Lang) -> Mapping[str, Style]:
    """Return the styles by name: cover, title, h1, h2, body, small, cell, cell_head, quote, caption."""
    first = 20.0 if lang == "zh" else 0.0
    every = (
        Style("cover", 27, 38, bold=True, align="center", after=10),
        Style("title", 19, 28, bold=True, align="center", after=12),
        Style("h1", 14.5, 21, bold=True, before=15, after=7, outline=0, keep=100),
        Style("h2", 11.5, 17, bold=True, before=10, after=4, outline=1, keep=60),
        Style("body", 10, 16, after=4),
        Style("text", 10, 16, after=4, first=first),
        Style("small", 8, 12, colour=GREY, after=2),
        Style("cell", 8, 11.2),
        Style("cell_head", 8, 11.2, bold=True),
        Style("quote", 9.5, 15, before=2, after=5, indent=12, bar="#8a97a6"),
        Style("caption", 8, 12, align="center", colour=GREY, before=2, after=8),
    )
    return {style.name: style for style in every}


class Text(Flowable):  # type: ignore[misc]  # reportlab is untyped
    """A paragraph of plain text (or of runs that differ in weight and underline)."""

    def __init__(self, runs: Sequence[Run], style: Style, lines: Sequence[Line] | None = None) -> None:
        super().__init__()
        self.runs, self.style = tuple(runs), style
        self._lines = lines
        self._broken_for = -1.0
        self._whole = lines is None
        self.width = self.height = 0.0

    def getSpaceBefore(self) -> float:  # noqa: N802  (reportlab's name)
        """Return the room above [pt]."""
        return self.style.before if self._whole else 0.0

    def getSpaceAfter(self) -> float:  # noqa: N802
        """Return the room below [pt]."""
        return self.style.after

    def minWidth(self) -> float:  # noqa: N802
        """Return the least width that a table may give it [pt]."""
        return self.style.indent + self.style.size

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size at a given width; more than there is where it shall begin the next page [pt]."""
        style = self.style
        if self._whole and (self._lines is None or abs(self._broken_for - width) > 1e-6):
            room = max(width - style.indent, style.size)
            self._lines = broken(self.runs, room, size=style.size, bold=style.bold, first=style.first)
            self._broken_for = width
        self.width, self.height = width, len(self._lines or ()) * style.leading
        if style.keep and height < self.height + style.keep and height < _A_PAGE:
            return width, height + 1.0
        return width, self.height

    def split(self, width: float, height: float) -> list[Flowable]:
        """Return the part that fits and the rest; nothing where no line fits."""
        self.wrap(width, _A_PAGE)
        lines = list(self._lines or ())
        fits = int((height + 1e-6) / self.style.leading)
        if self.style.keep or fits < 1 or fits >= len(lines):
            return []
        if len(lines) > 3 and len(lines) - fits == 1:
            fits -= 1  # one line alone on the next page looks lost
        parts = []
        for here in (lines[:fits], lines[fits:]):
            part = Text(self.runs, self.style, here)
            part._whole = False
            parts.append(part)
        parts[0].style = self.style.but(after=0.0)
        return parts

    def draw(self) -> None:
        """Draw the lines from the top down."""
        style, canvas = self.style, self.canv
        if style.outline >= 0 and self._whole:
            text = "".join(run.text for run in self.runs)
            key = f"o{next(canvas.bookmarks)}" if isinstance(canvas, _Pages) else text
            canvas.bookmarkHorizontal(key, 0, self.height)
            canvas.addOutlineEntry(letters.shown(text)[:120], key, level=style.outline, closed=False)
        if style.bar:
            canvas.setFillColor(HexColor(style.bar))
            canvas.rect(0, 0, 2.2, self.height, stroke=0, fill=1)
        for n, line in enumerate(self._lines or ()):
            base = self.height - n * style.leading - (style.leading + 0.72 * style.size) / 2
            x = style.indent + line.indent
            slack = self.width - x - line.width
            x += slack / 2 if style.align == "center" else slack if style.align == "right" else 0.0
            canvas.setFillColor(HexColor(style.colour))
            for piece in line.pieces:
                letters.draw(canvas, x, base, piece.text, piece.font, style.size)
                if piece.underline:
                    canvas.setStrokeColor(HexColor(style.colour))
                    canvas.setLineWidth(0.5)
                    canvas.line(x, base - 2.2, x + piece.width, base - 2.2)
                x += piece.width


_A_PAGE = A4[1] - MARGIN[1] - MARGIN[3] - 12.5  # room on an empty page: there nothing is put off any more


def para(text: str | Sequence[Run], style: Style) -> Text:
    """Return a paragraph. Line ends are kept; control characters are dropped, missing signs show as □."""
    runs = (Run(text),) if isinstance(text, str) else tuple(text)
    return Text(runs, style)


def write(
    canvas: Canvas, x: float, y: float, text: str, *, size: float, bold: bool = False, colour: str = INK,
    align: str = "left",
) -> float:  # fmt: skip
    """Write one line of text at a place of a drawing [pt]; return its width [pt]."""
    pieces = letters.pieces(letters.shown(text).replace("\n", " "), bold=bold, size=size)
    wide = sum(width for _, _, width in pieces)
    x -= wide / 2 if align == "center" else wide if align == "right" else 0.0
    canvas.setFillColor(HexColor(colour))
    for part, font, width in pieces:
        letters.draw(canvas, x, y, part, font, size)
        x += width
    return wide


def table(
    rows: Sequence[Sequence[str | Flowable | Sequence[Flowable]]],
    widths: Sequence[float],
    look: Mapping[str, Style],
    *,
    heads: int = 1,
    grid: bool = True,
    shades: Sequence[tuple[int, int, str]] = (),
) -> Flowable:
    """Return a table that runs over pages, its heads repeated.

    Parameters
    ----------
    rows : sequence of rows
        A cell is a text, a flowable or several.
    widths : sequence of float
        Of the columns [pt].
    look : Mapping
        Of :func:`styles`; ``cell`` and ``cell_head`` are used.
    heads : int
        So many rows are heads.
    grid : bool
        Draw the lines between the cells; else only those below the rows.
    shades : sequence of (column, row, colour)
        Cells with a ground of their own.
    """
    cells: list[list[Sequence[Flowable]]] = []
    for n, row in enumerate(rows):
        style = look["cell_head" if n < heads else "cell"]
        cells.append([
            [para(cell, style)] if isinstance(cell, str) else [cell] if isinstance(cell, Flowable) else list(cell)
            for cell in row
        ])  # fmt: skip
    grounds = {(r, c): colour for c, r, colour in shades}
    return Grid(cells, widths, heads=heads, lines=grid, shades=grounds, rule=RULE, head=HEAD)


def turned(*, wide: bool) -> list[Flowable]:
    """Return what begins a new page, lying (``wide``) or standing."""
    return [NextPageTemplate("wide" if wide else "page"), PageBreak()]


class _Pages(Canvas):  # type: ignore[misc]  # reportlab is untyped
    """A canvas that knows how many pages there are once all are drawn."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.bookmarks = iter(range(1_000_000))
        self.tongue = "zh"

    def save(self) -> None:
        """Define what every page already refers to, then write the file."""
        if self._code:
            self.showPage()
        pages = self.getPageNumber() - 1
        self.beginForm(_TOTAL, 0, -10, 200, 20)
        write(self, 0, 0, _PAGES[self.tongue][1].format(of=pages), size=8, colour=GREY)
        self.endForm()
        super().save()


class Sheet:
    """A PDF document of one kind of page.

    Parameters
    ----------
    path : path-like
        Replaced only when the new file is complete.
    title, subject : str
        For the reader of the file's properties.
    lang : {"zh", "en"}
    running : str
        Head of every page but the first.
    pagesize : (float, float)
        [pt].
    watermark : str
        Written large and pale across every page; empty for none.
    first_running : bool
        Whether the first page has the head as well.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, title: str, lang: Lang, running: str, subject: str = "",
        pagesize: tuple[float, float] = A4, watermark: str = "", first_running: bool = False,
    ) -> None:  # fmt: skip
        self.path, self.title, self.lang, self.running, self.subject = path, title, lang, running, subject
        self.pagesize, self.watermark, self.first_running = pagesize, watermark, first_running

    @property
    def width(self) -> float:
        """Room between the margins [pt]."""
        return self.pagesize[0] - MARGIN[0] - MARGIN[2]

    @property
    def height(self) -> float:
        """Room between the margins [pt]."""
        return self.pagesize[1] - MARGIN[1] - MARGIN[3]

    def build(self, story: Sequence[Flowable]) -> None:
        """Set the story and write the file.

        Raises
        ------
        OutputError
            If it cannot be written; what stood there before stays.
        InputError
            If no font can be used.
        """
        letters.font(bold=False)
        with atomic_path(self.path) as temporary:
            document = BaseDocTemplate(
                str(temporary), pagesize=self.pagesize, title=letters.shown(self.title), author="firelane",
                creator="firelane", subject=letters.shown(self.subject), invariant=1, lang=_LANGUAGE[self.lang],
                leftMargin=MARGIN[0], topMargin=MARGIN[1], rightMargin=MARGIN[2], bottomMargin=MARGIN[3],
            )  # fmt: skip
            templates = []
            for name, (wide, high) in (("page", self.pagesize), ("wide", self.pagesize[::-1])):
                frame = Frame(
                    MARGIN[0], MARGIN[3], wide - MARGIN[0] - MARGIN[2], high - MARGIN[1] - MARGIN[3], leftPadding=0,
                    rightPadding=0, topPadding=0, bottomPadding=0,
                )  # fmt: skip
                furniture = self._lying if name == "wide" else self._standing
                templates.append(PageTemplate(name, [frame], onPage=furniture, pagesize=(wide, high)))
            document.addPageTemplates(templates)
            document.build(list(story), canvasmaker=_Pages)

    def _standing(self, canvas: _Pages, _: Any) -> None:
        self._furniture(canvas, *self.pagesize)

    def _lying(self, canvas: _Pages, _: Any) -> None:
        self._furniture(canvas, *self.pagesize[::-1])

    def _furniture(self, canvas: _Pages, wide: float, high: float) -> None:
        """Draw what stands on every page: head, foot with its number, watermark."""
        canvas.saveState()
        canvas.tongue = self.lang
        if canvas.getPageNumber() == 1:
            canvas.showOutline()
        if self.watermark:
            canvas.saveState()
            canvas.translate(wide / 2, high / 2)
            canvas.rotate(35)
            write(canvas, 0, 0, self.watermark, size=64, bold=True, colour="#eceef0", align="center")
            canvas.restoreState()
        canvas.setStrokeColor(HexColor(RULE))
        canvas.setLineWidth(0.5)
        if canvas.getPageNumber() > 1 or self.first_running:
            write(canvas, MARGIN[0], high - 40, letters.fitted(self.running, 8, wide - MARGIN[0] - MARGIN[2]), size=8, colour=GREY)
            canvas.line(MARGIN[0], high - 46, wide - MARGIN[2], high - 46)
        before, _after = _PAGES[self.lang]
        write(canvas, wide / 2, 32, before.format(n=canvas.getPageNumber()), size=8, colour=GREY, align="right")
        canvas.translate(wide / 2, 32)
        canvas.doForm(_TOTAL)
        canvas.restoreState()
