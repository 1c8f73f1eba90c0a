"""Sheets of schedules (工程量与核验表): bill, materials, paint to be removed, lettering, boards, proof of the 20 m rule."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firelane.drawing.sheets.base import Room, SheetDraft
from firelane.drawing.sheets.detail_basis import Basis
from firelane.drawing.sheets.frame import larger_by
from firelane.drawing.sheets.schedule_bill import bill_of, bill_tables, lanes_table
from firelane.drawing.sheets.schedule_proof import boards_table, lettering_table, proof_table
from firelane.drawing.sheets.table import Part, draw_part, lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from firelane.drawing.pen import Pen
    from firelane.drawing.sheets.base import SetContext, SheetEntry
    from firelane.drawing.sheets.table import Table
    from firelane.vocabulary import Lang


def schedule_tables(context: SetContext) -> list[Table]:
    """Return the tables, in the order in which they stand."""
    plan, lang = context.plan, context.canvas.lang
    basis = Basis(plan, lang, context.room, context.canvas.sheet.detail_scales)
    tables = [
        *bill_tables(plan, lang), lettering_table(plan, lang), boards_table(plan, lang), proof_table(plan, basis),
        lanes_table(bill_of(plan), lang),
    ]  # fmt: skip
    return [table for table in tables if table is not None]


def schedule_sheets(context: SetContext) -> list[SheetDraft]:
    """Return the drafts; none where nothing is planned."""
    lang = context.canvas.lang
    tables = schedule_tables(context)
    most = larger_by(context.spec)
    tried = {
        larger: lay_out(tables, Room(*(value / larger for value in context.room))) for larger in (most, (1.0 + most) / 2.0, 1.0)
    }
    larger, sheets = min(tried.items(), key=lambda it: (len(it[1]), -it[0]))  # the largest that costs no further sheet
    title = "工程量与核验表" if lang == "zh" else "SCHEDULES"
    names = [title if len(sheets) == 1 else f"{title} ({n}/{len(sheets)})" for n in range(1, len(sheets) + 1)]
    return [SheetDraft("schedule", name, "—", _drawer(parts, lang, larger)) for name, parts in zip(names, sheets, strict=True)]


def _drawer(parts: Sequence[Part], lang: Lang, larger: float) -> Callable[..., None]:
    def draw(pen: Pen, entry: SheetEntry, entries: Sequence[SheetEntry]) -> None:
        del entry, entries
        for part in parts:
            draw_part(replace(pen, larger=larger), part, lang)

    return draw
