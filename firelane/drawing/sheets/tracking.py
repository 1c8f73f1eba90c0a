"""Sheets of tracked vehicles (车辆轨迹): for each its plan, its data with figures, the results, places of overrun.

The sheets of the markings stay free of swept paths; here the paint is left out instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from firelane.drawing.canvas import Align, turned
from firelane.drawing.labels import LabelField, around, by_ring
from firelane.drawing.legend import swept_keys
from firelane.drawing.pen import NARROWEST
from firelane.drawing.sheets.base import Room, SheetDraft, add_viewport
from firelane.drawing.sheets.general import FROZEN, arranged, furnish
from firelane.drawing.sheets.table import draw_part, lay_out
from firelane.drawing.sheets.tracking_figure import draw_circles, draw_dimensions
from firelane.drawing.sheets.tracking_tables import data_table, result_tables
from firelane.drawing.swept import swept_layers, tracked
from firelane.drawing.swept_labels import over_text
from firelane.drawing.swept_words import owner_names, said
from firelane.drawing.text import safe_text, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.drawing.canvas import Point
    from firelane.drawing.labels import Box
    from firelane.drawing.pen import Pen
    from firelane.drawing.sheets.base import SetContext, SheetEntry
    from firelane.drawing.sheets.table import Part
    from firelane.drawing.swept import Tracked
    from firelane.tracking.record import Conflict
    from firelane.vocabulary import Lang

KEY = "tracking"
PAINT = (
    "G-FIRE-KERB", "G-FIRE-LINE", "G-FIRE-BOX", "G-FIRE-GRID", "G-FIRE-TEXT", "G-FIRE-SIGN", "G-FIRE-REMV", "G-FIRE-VIOL",
)  # fmt: skip
DATA_MM = 138.0  # of the sheet's width for the vehicle's data
_EDGE_MM = 5.0
_GRIDS = ((2, 1), (2, 2), (3, 2))  # columns and rows of close-ups on a sheet: the first that holds all, else the last
_CAPTION_MM = 18.0
_CLOSE_SCALES = (100, 150, 200, 250, 300, 500)
_LENGTHS = 2.0  # of the vehicle that a close-up shows at least
_MOST_CLOSE = 24
_PITCH_MM = 4.2
_AWAY_MM = (9.0, 14.0, 20.0)  # from a place of overrun to its number


def tracking_sheets(context: SetContext) -> list[SheetDraft]:
    """Return the drafts of every tracked vehicle; none where none was tracked."""
    return [draft for it in tracked(context.audit) for draft in _of_one(context, it)]


def _of_one(context: SetContext, it: Tracked) -> list[SheetDraft]:
    lang = context.canvas.lang
    name = safe_text(it.vehicle.name(lang), 40)
    drafts = []
    if it.tracking.trips:
        title = said("plan", lang, name=name)
        drafts.append(SheetDraft(KEY, title, f"1:{context.canvas.scale}", partial(_draw_plan, context, it, title)))
    drafts.append(SheetDraft(KEY, said("vehicle", lang, name=name), "-", partial(_draw_data, context, it)))
    sheets = lay_out(result_tables(context.audit, it, lang), context.room)
    found = [SheetDraft(KEY, said("sheet", lang, name=name), "-", partial(_draw_tables, parts, lang)) for parts in sheets]
    views, grid = close_ups(context, it)
    each = grid[0] * grid[1]
    for n in range(0, len(views), each):
        draw = partial(_draw_close_ups, context, it, views[n : n + each], grid)
        found.append(SheetDraft(KEY, said("closeups", lang, name=name), f"1:{views[0].scale}", draw))
    return drafts + found


def _draw_plan(
    context: SetContext, it: Tracked, title: str, pen: Pen, entry: SheetEntry, entries: Sequence[SheetEntry]
) -> None:
    """Show the whole site as the general plan does, without paint, with this vehicle's swept paths."""
    del entry, entries
    room, _, _, scale = arranged(context)
    frozen = (*FROZEN, *PAINT, *swept_layers(context.canvas, context.audit, but=it.number))
    add_viewport(
        pen, ((room.x0 + room.x1) / 2, (room.y0 + room.y1) / 2), (room.width, room.height), context.view.centre, scale,
        twist_deg=context.view.twist_deg, frozen=frozen,
    )  # fmt: skip
    # A caption has less room than the title block, most beside a plan.
    fits = text_width(title, context.canvas.sheet.heading_mm) * NARROWEST <= arranged(context).rest.width - 10.0
    furnish(pen, context, title if fits else said("plan_short", context.canvas.lang), [*swept_keys([it]), "obstruction", "edge", "mouth"])


def _draw_data(context: SetContext, it: Tracked, pen: Pen, entry: SheetEntry, entries: Sequence[SheetEntry]) -> None:
    """Write the vehicle's data, draw it with its dimensions and the circles of its radii."""
    del entry, entries
    room, lang = context.room, context.canvas.lang
    left = Room(room.x0, room.y0, room.x0 + DATA_MM, room.y1)
    for part in lay_out([data_table(it, lang)], left)[0]:
        draw_part(pen, part, lang)
    pen.line([(left.x1, room.y0), (left.x1, room.y1)], 0.18)
    middle = room.y1 - 0.3 * room.height
    draw_dimensions(pen, it, Room(left.x1, middle, room.x1, room.y1))
    pen.line([(left.x1, middle), (room.x1, middle)], 0.18)
    draw_circles(pen, it, Room(left.x1, room.y0, room.x1, middle))


def _draw_tables(parts: Sequence[Part], lang: Lang, pen: Pen, entry: SheetEntry, entries: Sequence[SheetEntry]) -> None:
    del entry, entries
    for part in parts:
        draw_part(pen, part, lang)


@dataclass(frozen=True)
class CloseUp:
    """A window on places of overrun near each other on one drive: their numbers, the conflicts, its middle and scale."""

    numbers: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    scale: int

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the window, in site coordinates."""
        places = np.array([c.place for c in self.conflicts])
        x, y = (places.min(axis=0) + places.max(axis=0)) / 2
        return float(x), float(y)


Grid = tuple[int, int]


def _cell(room: Room, grid: Grid) -> tuple[float, float]:
    return (room.width - _EDGE_MM) / grid[0], (room.height - _EDGE_MM) / grid[1]


def _window(room: Room, grid: Grid) -> tuple[float, float]:
    width, height = _cell(room, grid)
    return width - _EDGE_MM, height - _CAPTION_MM


def close_ups(context: SetContext, it: Tracked) -> tuple[list[CloseUp], Grid]:
    """Return the windows on places of overrun, and how they stand on a sheet: the fewer, the larger."""
    for grid in _GRIDS:
        found = _close_ups(context, it, grid)
        if len(found) <= grid[0] * grid[1]:
            break
    return found, grid


def _close_ups(context: SetContext, it: Tracked, grid: Grid) -> list[CloseUp]:
    """Return the windows: conflicts of one drive that stand in one window share it; the deepest ``_MOST_CLOSE`` of them."""
    width, height = _window(context.room, grid)
    wanted = _LENGTHS * it.vehicle.length_m * 1000.0 / min(width, height)
    scale = next((s for s in _CLOSE_SCALES if s >= wanted), _CLOSE_SCALES[-1])
    reach_m = 0.3 * min(width, height) * scale / 1000.0
    groups: list[list[tuple[str, Conflict]]] = []
    for number, conflict in it.conflicts.values():
        for group in groups:
            first = group[0][1]
            apart = np.hypot(*(np.array(first.place) - conflict.place))
            if first.trip_id == conflict.trip_id and apart <= reach_m:
                group.append((number, conflict))
                break
        else:
            groups.append([(number, conflict)])
    order = sorted(range(len(groups)), key=lambda n: -max(c.depth_m for _, c in groups[n]))[:_MOST_CLOSE]
    return [
        CloseUp(tuple(number for number, _ in groups[n]), tuple(c for _, c in groups[n]), scale) for n in sorted(order)
    ]  # fmt: skip


def _draw_close_ups(
    context: SetContext, it: Tracked, views: Sequence[CloseUp], grid: Grid, pen: Pen, entry: SheetEntry,
    entries: Sequence[SheetEntry],
) -> None:  # fmt: skip
    """Draw windows on the places of overrun, what is over and what would help under each."""
    del entry, entries
    canvas, room = context.canvas, context.room
    width, height = _cell(room, grid)
    window = _window(room, grid)
    swept = canvas.layers.swept
    frozen = (
        *FROZEN, *PAINT, "G-ANNO-TEXT", "G-ANNO-COOR", *swept_layers(canvas, context.audit, but=it.number),
        swept.name(it.number, "TEXT"), swept.name(it.number, "FLAG"),
    )  # fmt: skip
    for n, view in enumerate(views):
        row, column = divmod(n, grid[0])
        x0, y1 = room.x0 + _EDGE_MM + column * width, room.y1 - _EDGE_MM - row * height
        x1, y0 = x0 + window[0], y1 - window[1]
        add_viewport(
            pen, ((x0 + x1) / 2, (y0 + y1) / 2), window, view.centre, view.scale, twist_deg=context.view.twist_deg, frozen=frozen
        )
        pen.rectangle(x0, y0, x1, y1, 0.25)
        _name_conflicts(pen, view, ((x0 + x1) / 2, (y0 + y1) / 2), (x0, y0, x1, y1), context.view.twist_deg)
        for down, line in enumerate(_captions(context, it, view)):
            pen.fit(line, (x0, round(y0 - 4.2 - down * _PITCH_MM, 2)), window[0], canvas.sheet.small_mm)


def _name_conflicts(pen: Pen, view: CloseUp, middle: Point, box: Box, twist_deg: float) -> None:
    """Write the numbers of the conflicts of a close-up beside them, joined by a line."""
    height, per_m = pen.canvas.sheet.label_mm, 1000.0 / view.scale
    field = LabelField(box, [], 10.0)
    for number, conflict in zip(view.numbers, view.conflicts, strict=True):
        away = (conflict.place[0] - view.centre[0], conflict.place[1] - view.centre[1])
        dx, dy = turned(away, math.radians(twist_deg))
        at = (middle[0] + dx * per_m, middle[1] + dy * per_m)
        boxes = around(at, text_width(number, height) + 1.0, 1.4 * height, _AWAY_MM)
        chosen = field.place(boxes, reluctance=by_ring(_AWAY_MM, 1.0))
        if chosen is not None:
            x0, y0, x1, y1 = boxes[chosen]
            foot = (min(max(at[0], x0), x1), min(max(at[1], y0), y1))
            pen.line([(round(at[0], 2), round(at[1], 2)), (round(foot[0], 2), round(foot[1], 2))], 0.18)
            pen.text(number, (round((x0 + x1) / 2, 2), round((y0 + y1) / 2, 2)), height, align=Align.MIDDLE_CENTER)


def _captions(context: SetContext, it: Tracked, view: CloseUp) -> list[str]:
    """Return the lines under a close-up: of each conflict what is over, what is there, and what would help."""
    lang, audit = context.canvas.lang, context.audit
    comma = "、" if lang == "zh" else ", "
    most = int((_CAPTION_MM - 3.0) / _PITCH_MM)  # clear of the picture or frame below
    apart = 2 * len(view.conflicts) <= most
    found: list[str] = []
    helps = False
    for number, conflict in zip(view.numbers, view.conflicts, strict=True):
        mends = [m.text_zh if lang == "zh" else m.text_en for m in it.tracking.mends if conflict.conflict_id in m.conflict_ids]
        whole = sum(m.trip_id == conflict.trip_id for m in it.tracking.mends)
        text = f"{number}  {over_text(conflict, lang)}{comma}{owner_names(audit, conflict.owners, lang)}"
        help_text = comma.join(safe_text(mend, 80) for mend in dict.fromkeys(mends))
        if help_text and whole > 1:  # none suffices alone
            help_text += said("one_of", lang, n=whole)
        found.append(text)
        if help_text and apart:
            found.append(help_text)
        helps |= bool(help_text)
    # Both on one line would be squeezed until nobody can read them; the table of results has them all.
    if helps and not apart and len(found) < most:
        found.append(said("helps", lang))
    more = [said("more", lang, n=len(found) - most + 1)] if len(found) > most else []
    return [*found[: most - len(more)], *more]
