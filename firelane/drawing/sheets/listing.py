"""The first sheets: drawing list, revisions, notes, legend, open parameters, findings that fail."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

from firelane.drawing.columns import Column, Placed, draw_items, flow, levelled, row, section
from firelane.drawing.legend import legend, shown_symbols
from firelane.drawing.notes import notes, parameters, revisions, titles, violations
from firelane.drawing.sheets.base import SheetDraft
from firelane.drawing.sheets.frame import larger_by
from firelane.drawing.sheets.general import index_labels
from firelane.drawing.violations import flags
from firelane.drawing.words import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.drawing.columns import Item
    from firelane.drawing.pen import Pen
    from firelane.drawing.sheets.base import Draw, SetContext, SheetEntry
    from firelane.vocabulary import Lang

NO_SCALE = "-"
LIST_SHARES = (20.0, 63.0, 20.0, 15.0)


def listing_sheets(context: SetContext, others: Sequence[SheetDraft]) -> list[SheetDraft]:
    """Return the drafts of the first sheets.

    Parameters
    ----------
    context : SetContext
    others : sequence of SheetDraft
        The rest of the set, in order: the drawing list has a row for each.
    """
    lang = context.canvas.lang
    count = 0
    sheets: list[list[Placed]] = [[]]
    # The list on these sheets counts these sheets too: a few rounds settle it.
    while count < len(sheets):
        count = len(sheets)
        names = [*_titles(count, lang), *(draft.title for draft in others)]
        sheets = flow(_items(context, names, None), _columns(context), _height(context))

    @cache
    def laid_out(entries: tuple[SheetEntry, ...]) -> list[list[Placed]]:
        columns, height = _columns(context), _height(context)
        return levelled(flow(_items(context, [], entries), columns, height), columns, height)

    def sheet(number: int) -> Draw:
        def draw(pen: Pen, entry: SheetEntry, entries: Sequence[SheetEntry]) -> None:
            del entry
            _draw(pen, context, laid_out(tuple(entries))[number])

        return draw

    return [SheetDraft("list", title, NO_SCALE, sheet(n)) for n, title in enumerate(_titles(count, lang))]


def _titles(count: int, lang: Lang) -> list[str]:
    title = word("listing_title", lang)
    left, right = ("（", "）") if lang == "zh" else (" (", ")")
    return [title] if count == 1 else [f"{title}{left}{n}{right}" for n in range(1, count + 1)]


def _columns(context: SetContext) -> int:
    wished = context.canvas.sheet.column_mm * larger_by(context.spec) + 2 * context.canvas.sheet.column_pad_mm
    return max(1, math.floor(context.room.width / wished))


def _column(context: SetContext) -> Column:
    sheet, larger = context.canvas.sheet, larger_by(context.spec)
    width = context.room.width / _columns(context) - 2 * sheet.column_pad_mm
    return Column(width, round(sheet.small_mm * larger, 1), round(sheet.heading_mm * larger, 1))


def _height(context: SetContext) -> float:
    return context.room.height - 2 * context.canvas.sheet.column_pad_mm


def _items(context: SetContext, names: Sequence[str], entries: Sequence[SheetEntry] | None) -> list[Item]:
    """Return all that the first sheets say; without ``entries`` the drawing list has titles alone."""
    canvas, plan, audit = context.canvas, context.plan, context.audit
    column, lang, sheet = _column(context), canvas.lang, canvas.sheet
    return [
        *_drawing_list(names, entries, column, context),
        *revisions(context.project, column, lang),
        *notes(plan, audit, canvas.origin, context.options, column, sheet),
        *legend(shown_symbols(plan, audit, tiled=bool(index_labels(context))), column, lang),
        *violations(flags(audit), audit, column, sheet, lang),
        *parameters(plan, column, lang),
    ]


def _drawing_list(
    names: Sequence[str], entries: Sequence[SheetEntry] | None, column: Column, context: SetContext
) -> list[Item]:
    lang = context.canvas.lang
    head = row([word(key, lang) for key in ("sheet_no", "drawing", "scale", "format")], LIST_SHARES, column, head=True)
    if entries is None:
        rows = [("", name, "", "") for name in names]
    else:
        rows = [(entry.number, entry.title, entry.scale, entry.format) for entry in entries]
    # One line each, whatever the title: the number of rows is known before the titles' numbers are.
    parts = [row(cells, LIST_SHARES, column, most_lines=1) for cells in rows]
    return section(titles("drawings", lang), parts, column, head)


def _draw(pen: Pen, context: SetContext, placed: Sequence[Placed]) -> None:
    """Draw one of the first sheets, lines between its columns."""
    room, pad, count = context.room, context.canvas.sheet.column_pad_mm, _columns(context)
    width = room.width / count
    for column in range(1, max(column for column, *_ in placed) + 1):
        x = room.x0 + column * width
        pen.line([(x, room.y0), (x, room.y1)], 0.18)
    draw_items(pen, [(room.x0 + column * width + pad, room.y1 - pad - down_mm, item) for column, down_mm, item in placed])
