"""The sheet set: drawing list and notes, general plan, setting-out plans, coordinates, details, schedules, tracked vehicles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firelane.drawing.pen import Pen
from firelane.drawing.sheets.atlas import setting_out_plans
from firelane.drawing.sheets.base import SheetDraft, SheetEntry, new_sheet
from firelane.drawing.sheets.coordinates import coordinate_sheets
from firelane.drawing.sheets.detail_sheets import detail_sheets
from firelane.drawing.sheets.frame import draw_frame
from firelane.drawing.sheets.general import general_plan
from firelane.drawing.sheets.listing import NO_SCALE, listing_sheets
from firelane.drawing.sheets.schedules import schedule_sheets
from firelane.drawing.sheets.tracking import tracking_sheets

if TYPE_CHECKING:
    from firelane.drawing.sheets.base import SetContext

__all__ = ["draw_sheets"]


def draw_sheets(context: SetContext) -> list[SheetEntry]:
    """Draw every sheet of the set in its own layout and return the drawing list."""
    others: list[SheetDraft] = [
        *general_plan(context),
        *setting_out_plans(context),
        *coordinate_sheets(context),
        *detail_sheets(context),
        *schedule_sheets(context),
        *tracking_sheets(context),
    ]
    drafts = [*listing_sheets(context, others), *others]
    digits = max(2, len(str(len(drafts))))
    entries = [
        SheetEntry(f"{n:0{digits}d}", draft.title, draft.scale.strip("—- ") or NO_SCALE, context.spec.name, draft.key)
        for n, draft in enumerate(drafts, 1)
    ]
    for n, (draft, entry) in enumerate(zip(drafts, entries, strict=True)):
        layout = new_sheet(context.canvas, entry.number, context.spec, first=n == 0)
        pen = Pen(context.canvas, layout)
        draw_frame(pen, context, entry, len(entries))
        draft.draw(pen, entry, entries)
    return entries
