"""The chapter on vehicle tracking on the pages of the PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportlab.platypus import CondPageBreak, Flowable

from firelane.report.figures import SIZE
from firelane.report.grid import Grid
from firelane.report.scene import Drawing
from firelane.report.tracking_blocks import Box, Gallery, Heading, Rows, Said, Shown, blocks
from firelane.report.typeset import A4, MARGIN, para, styles, table
from firelane.tracking.record import TrackClass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firelane.report.inspection import Inspection
    from firelane.report.tracking_blocks import Block
    from firelane.report.typeset import Style

_STANDING = A4[0] - MARGIN[0] - MARGIN[2]
_HIGHEST = A4[1] - MARGIN[1] - MARGIN[3] - 1.0
_ENDLESS = 1e7
_FIGURE = SIZE[0] + 7
_GROUND = {TrackClass.PROVEN_FAIL: "#f9d9dd", TrackClass.NOT_FOUND: "#fdecc8", TrackClass.HEIGHT_UNKNOWN: "#e8ebef", TrackClass.NOT_TRIED: "#e8ebef", TrackClass.PROVEN_PASS: "#d9efdf"}
_PALE, _AMBER = "#eef1f4", "#fff6e0"


def story(it: Inspection) -> list[Flowable]:
    """Return the chapter; nothing where no vehicle was tracked."""
    look, parts = styles(it.lang), list[Flowable]()
    every = blocks(it)
    for n, block in enumerate(every):
        if isinstance(block, Heading) and block.level == 3:
            # a heading and its key stay with the first place below them
            ahead = next((b for b in every[n + 1 :] if not isinstance(b, Said)), None)
            if isinstance(ahead, Shown):
                parts.append(CondPageBreak(min(_place(ahead, look).wrap(_STANDING, _ENDLESS)[1] + 90, _HIGHEST)))
        parts += _set(block, look)
    return parts


def _set(block: Block, look: Mapping[str, Style]) -> list[Flowable]:
    """Return one block as the page has it."""
    if isinstance(block, Heading):
        part = look["h2"].but(size=10, leading=15, outline=-1)
        return [para(block.text, look[f"h{block.level}"] if block.level < 3 else part)]
    if isinstance(block, Said):
        style = look["body"].but(bold=True, size=10.5) if block.strong else look["small" if block.small else "body"]
        return [para(block.text, style)]
    if isinstance(block, Box):
        inner = [para(block.title, look["cell"].but(size=9.5, leading=15, bold=True))]
        inner += [para(line, look["cell"].but(size=9, leading=13.5, after=2)) for line in block.lines]
        return [Grid([[inner]], (_STANDING,), heads=0, lines=True, shades={(0, 0): _AMBER}, rule="#c9a400", head=_PALE)]
    if isinstance(block, Rows):
        return [_table(block, look)]
    if isinstance(block, Gallery):
        name = look["cell"].but(bold=True)
        cells = [[para(caption, name), Drawing(scene)] for caption, scene in block.items]
        return [_plain([left, right], (_FIGURE, _FIGURE)) for left, right in zip(cells[::2], [*cells[1::2], []], strict=False)]
    return [_place(block, look)]


def _table(block: Rows, look: Mapping[str, Style]) -> Flowable:
    whole = sum(block.shares)
    widths = [_STANDING * share / whole for share in block.shares]
    shades = [(block.judged, n, _GROUND[found]) for n, found in enumerate(block.classes, 1)]
    return table([block.heads, *block.rows], widths, look, shades=shades)


def _place(block: Shown, look: Mapping[str, Style]) -> Flowable:
    """Return drawing and words side by side; words alone over the whole width."""
    name, cell = look["cell"].but(bold=True, size=9, leading=13, after=2), look["cell"].but(after=1.5)
    words = [para(block.heading, name), *(para(line, cell) for line in block.lines)]
    if block.scene is None:
        return _plain([words], (_STANDING,), _PALE)
    return _plain([[Drawing(block.scene)], words], (_FIGURE, _STANDING - _FIGURE))


def _plain(cells: list[list[Flowable]], widths: tuple[float, ...], rule: str = "#ffffff") -> Flowable:
    return Grid([cells], widths, heads=0, lines=False, shades={}, rule=rule, head="#ffffff")
