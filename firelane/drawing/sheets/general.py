"""The general plan (总平面图): the whole site on one sheet, to scale, with the key of the setting-out plans."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from firelane.drawing.canvas import Align, put_line, turned
from firelane.drawing.furniture import (
    BAR_MM,
    CAPTION_MM,
    NORTH_MM,
    draw_caption,
    draw_north,
    draw_scale_bar,
    say_convergence,
    say_turn,
)
from firelane.drawing.legend import TILE_RGB, draw_symbol
from firelane.drawing.pen import LAYER
from firelane.drawing.sheets.base import Room, SheetDraft, add_viewport
from firelane.drawing.sheets.tiles import tiles
from firelane.drawing.swept import swept_layers
from firelane.drawing.text import text_width
from firelane.drawing.violations import flags
from firelane.drawing.words import word
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.drawing.canvas import Point
    from firelane.drawing.catalogue import SheetCatalogue
    from firelane.drawing.labels import Box
    from firelane.drawing.pen import Pen
    from firelane.drawing.sheets.base import SetContext, SheetEntry

FROZEN = ("G-ANNO-DIMS", "G-ANNO-PNTS")
OVER_FOOT_MM = 11.0  # lines of the caption over the foot of the sheet's room
KEY_TEXT_MM = 3.5
KEY_PAD_MM = 1.0
KEY_ROW_MM = 6.0
KEY_MM, KEY_MOST_MM = 52.0, 70.0  # least and greatest width of a symbol and its name
# What the plan shows at any scale; the whole legend stands on the first sheets.
KEY = ("line", "grid", "kerb", "box", "centreline", "violation", "edge", "mouth")
PAINT_KEYS = {"line": MarkKind.EDGE_LINE, "grid": MarkKind.GRID_BORDER, "kerb": MarkKind.KERB_TOP, "box": MarkKind.BOX_FRAME}


class Arrangement(NamedTuple):
    """How the sheet is shared out: the plan, and beside or below it the room for caption, north arrow and key."""

    plan: Room
    rest: Room
    beside: bool
    scale: int


def arrange(size_m: tuple[float, float], room: Room, sheet: SheetCatalogue) -> Arrangement:
    """Share the sheet out so that a site of ``size_m`` is shown at the largest scale; rather below than beside.

    Scales of GB/T 50103-2010 2.2 first; a site too large for them gets the next round one.
    """
    foot, side = room.y0 + sheet.caption_mm, room.x1 - sheet.side_mm
    found = []
    for beside, plan, rest in (
        (False, Room(room.x0, foot, room.x1, room.y1), Room(room.x0, room.y0, room.x1, foot)),
        (True, Room(room.x0, room.y0, side, room.y1), Room(side, room.y0, room.x1, room.y1)),
    ):
        space = 2 * sheet.label_room_mm
        needed = max(1000 * size_m[0] / (plan.width - space), 1000 * size_m[1] / (plan.height - space))
        scale = next((scale for scale in sheet.plan_scales if scale >= needed), math.ceil(needed / 10_000) * 10_000)
        found.append(Arrangement(plan, rest, beside, scale))
    return min(found, key=lambda it: (it.scale, it.beside))


def arranged(context: SetContext) -> Arrangement:
    """Return how the sheet of a set's general plan is shared out."""
    return arrange(context.view.size_m, context.room, context.canvas.sheet)


def plan_room(context: SetContext) -> Room:
    """Return what caption, north arrow and key leave of the sheet to the plan."""
    return arranged(context).plan


def on_paper(context: SetContext, point: Point) -> Point:
    """Return where a place of the site lies on the general plan's sheet [mm]."""
    room = plan_room(context)
    per_m = 1000.0 / context.canvas.scale
    (x, y), angle = context.view.centre, math.radians(context.view.twist_deg)
    dx, dy = turned((point[0] - x, point[1] - y), angle)
    return (room.x0 + room.x1) / 2 + dx * per_m, (room.y0 + room.y1) / 2 + dy * per_m


def general_plan(context: SetContext) -> list[SheetDraft]:
    """Return the draft of the general plan."""
    title = word("plan_title", context.canvas.lang)

    def draw(pen: Pen, entry: SheetEntry, entries: Sequence[SheetEntry]) -> None:
        del entry
        room, _, _, scale = arranged(context)
        middle = ((room.x0 + room.x1) / 2, (room.y0 + room.y1) / 2)
        size, twist_deg = (room.width, room.height), context.view.twist_deg
        frozen = (*FROZEN, *swept_layers(context.canvas, context.audit))
        add_viewport(pen, middle, size, context.view.centre, scale, twist_deg=twist_deg, frozen=frozen)
        indexed = draw_index(pen, context, [e.number for e in entries if e.key == "setting_out"])
        furnish(pen, context, title, _keys(context, indexed=indexed))

    return [SheetDraft("general", title, f"1:{context.canvas.scale}", draw)]


def furnish(pen: Pen, context: SetContext, title: str, keys: Sequence[str]) -> None:
    """Furnish what the plan leaves of its sheet: caption, north arrow, scale bar and the symbols ``keys``."""
    _, rest, beside, _ = arranged(context)
    if beside:
        pen.line([(rest.x0, rest.y0), (rest.x0, rest.y1)], 0.35)
        _furnish_column(pen, context, rest, title, keys)
    else:
        pen.line([(rest.x0, rest.y1), (rest.x1, rest.y1)], 0.35)
        _furnish_strip(pen, context, rest, title, keys)


def _keys(context: SetContext, *, indexed: bool) -> list[str]:
    """Return the symbols to explain: those that the plan has, the paint first."""
    signs = context.audit.site.layers.get("signs")
    painted = set(context.plan.paint["kind"])
    there = {key: key not in PAINT_KEYS or PAINT_KEYS[key].value in painted for key in KEY} | {
        "violation": bool(flags(context.audit)),
        "tile": indexed,
        "line_lane": context.audit.network.by_line is not None,
        "removal": bool(context.plan.removals),
        "board": bool(context.plan.boards),
        "sign": signs is not None and not signs.empty,
    }
    return [key for key, drawn in there.items() if drawn]


def index_labels(context: SetContext) -> list[tuple[Point, tuple[float, float]]]:
    """Return where the numbers of the setting-out plans stand on the general plan: middle and size on paper [mm].

    Nothing where there is only one: it shows the same as the general plan.
    """
    found = tiles(context)
    if len(found) < 2:
        return []
    digits = "00" if len(found) < 60 else "000"
    size = (text_width(digits, KEY_TEXT_MM) + 2 * KEY_PAD_MM, KEY_TEXT_MM + 2 * KEY_PAD_MM)
    outlines = [shapely.Polygon([on_paper(context, c) for c in tile.corners]) for tile in found]
    paper = shapely.buffer(shapely.box(*plan_room(context)), -0.75 * size[0], join_style="mitre")
    tree = shapely.STRtree(outlines)
    labels = []
    for n, outline in enumerate(outlines):
        # Inside the outline's upper left corner, or the next one that no other plan covers.
        others = [outlines[m] for m in tree.query(outline, predicate="intersects") if m != n]
        own = shapely.difference(outline, shapely.union_all(others))
        inner = shapely.intersection(shapely.buffer(outline, -0.75 * size[0], join_style="mitre"), paper)
        corners = shapely.get_coordinates(shapely.centroid(outline) if inner.is_empty else inner)
        order = np.argsort(np.round(corners[:, 0] - corners[:, 1], 3), kind="stable")
        spots = [(float(x), float(y)) for x, y in corners[order]]
        labels.append(next((s for s in spots if shapely.intersects_xy(own, *s)), spots[0]))
    return [(spot, size) for spot in labels]


def index_boxes(context: SetContext) -> list[Box]:
    """Return what the numbers of the setting-out plans cover of the view: no label belongs there."""
    canvas, room = context.canvas, plan_room(context)
    x, y = canvas.seen_point(canvas.local_point(context.view.centre))
    found = []
    for spot, size in index_labels(context):
        dx, dy = canvas.ground(spot[0] - (room.x0 + room.x1) / 2), canvas.ground(spot[1] - (room.y0 + room.y1) / 2)
        half_x, half_y = canvas.ground(size[0] / 2), canvas.ground(size[1] / 2)
        found.append((x + dx - half_x, y + dy - half_y, x + dx + half_x, y + dy + half_y))
    return found


def draw_index(pen: Pen, context: SetContext, numbers: Sequence[str]) -> bool:
    """Draw the outlines of the setting-out plans with their numbers (图幅索引); tell whether there were any."""
    labels = index_labels(context)
    if not labels or not numbers:
        return False
    room = plan_room(context)
    paper = shapely.box(*room)
    for tile, (spot, size), number in zip(tiles(context), labels, numbers, strict=True):
        ring = shapely.LinearRing([on_paper(context, corner) for corner in tile.corners])
        for part in shapely.get_parts(shapely.intersection(ring, paper)):
            put_line(pen.layout, shapely.get_coordinates(part), LAYER, lineweight_mm=0.18, linetype="FL-DASHED", rgb=TILE_RGB)
        if shapely.intersects_xy(paper, *spot):
            x, y = spot
            half_x, half_y = size[0] / 2, size[1] / 2
            box = shapely.get_coordinates(shapely.box(x - half_x, y - half_y, x + half_x, y + half_y))[:-1]
            put_line(pen.layout, box, LAYER, closed=True, lineweight_mm=0.25, rgb=TILE_RGB)
            pen.fit(number, spot, size[0] - KEY_PAD_MM, KEY_TEXT_MM, align=Align.MIDDLE_CENTER)
    return True


def _furnish_strip(pen: Pen, context: SetContext, room: Room, title: str, keys: Sequence[str]) -> None:
    """Furnish the strip below a plan: north arrow, key, caption, the rest of the key, scale bar."""
    middle, half = (room.x0 + room.x1) / 2, CAPTION_MM / 2
    draw_caption(pen, title, pen.canvas.scale, (middle, room.y0 + OVER_FOOT_MM))
    draw_north(pen, (room.x0 + NORTH_MM / 2 + 5.0, room.y0 + NORTH_MM / 2 + 2.0), context.audit, context.view.twist_deg)
    bar = room.x1 - BAR_MM - 10.0
    draw_scale_bar(pen, bar, room.y0 + 15.0, pen.canvas.scale)
    say_convergence(pen, (bar, room.y0 + 8.5), BAR_MM + 8.0, context.audit)
    say_turn(pen, (bar, room.y0 + 3.5), BAR_MM + 8.0, context.view.twist_deg)
    left = Room(room.x0 + NORTH_MM + 14.0, room.y0 + 3.0, middle - half - 4.0, room.y1 - 3.0)
    right = Room(middle + half + 6.0, left.y0, bar - 4.0, left.y1)
    rows = int(left.height // KEY_ROW_MM)
    fit = rows * max(1, int(left.width // KEY_MM))
    _draw_key(pen, left, keys[:fit])
    _draw_key(pen, right, keys[fit:][: rows * max(1, int(right.width // KEY_MM))])


def _furnish_column(pen: Pen, context: SetContext, room: Room, title: str, keys: Sequence[str]) -> None:
    """Furnish the column beside a plan: key, north arrow, scale bar, caption, from top to foot."""
    middle, pad = (room.x0 + room.x1) / 2, 6.0
    height = KEY_ROW_MM * len(keys)
    _draw_key(pen, Room(room.x0 + pad, room.y1 - pad - height, room.x1 - pad, room.y1 - pad), keys)
    draw_caption(pen, title, pen.canvas.scale, (middle, room.y0 + OVER_FOOT_MM), room.width - 8.0)
    draw_scale_bar(pen, middle - BAR_MM / 2, room.y0 + 36.0, pen.canvas.scale)
    say_convergence(pen, (room.x0 + pad, room.y0 + 29.0), room.width - 2 * pad, context.audit)
    say_turn(pen, (room.x0 + pad, room.y0 + 24.0), room.width - 2 * pad, context.view.twist_deg)
    draw_north(pen, (middle, room.y0 + 50.0 + NORTH_MM / 2), context.audit, context.view.twist_deg)


def _draw_key(pen: Pen, room: Room, keys: Sequence[str]) -> None:
    """Explain symbols, column by column from the top; the whole legend stands on the first sheets."""
    rows = int((room.height + 0.1) // KEY_ROW_MM)
    width = min(room.width / max(1, math.ceil(len(keys) / rows)), KEY_MOST_MM)
    for n, key in enumerate(keys):
        column, row = divmod(n, rows)
        at = (room.x0 + column * width, room.y1 - KEY_ROW_MM * (row + 0.5))
        draw_symbol(pen, key, at, width - 2.0, pen.canvas.sheet.small_mm)
