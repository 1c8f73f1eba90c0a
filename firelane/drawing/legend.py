"""The legend: one small picture per kind of thing that the set shows, in the colours of its layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.drawing.canvas import Align, Point, put_circle, put_hatch, put_line, put_text
from firelane.drawing.columns import Item, section
from firelane.drawing.context import GROUND_RGB, UNMEASURED_RGB
from firelane.drawing.paint import put_swatch
from firelane.drawing.pen import LAYER, Pen
from firelane.drawing.swept import CONFLICT_FILL, tracked
from firelane.drawing.violations import flags
from firelane.drawing.words import word
from firelane.tracking.record import TripKind
from firelane.vocabulary import MarkKind, ObstructionKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from firelane.auditing import Audit
    from firelane.drawing.columns import Column
    from firelane.drawing.swept import Tracked
    from firelane.markings.plan import MarkingPlan
    from firelane.vocabulary import Lang

TILE_RGB = (120, 40, 160)
ROW_MM = 6.0
WIDTH_MM = 12.0


# Symbols that stand for the rows of a layer of the site, for a kind of paint.
_LAYERS = {
    "edge": "roads", "building": "buildings", "obstruction": "obstructions", "bay": "parking", "operating_ground": "operating_grounds",
    "cover": "covers", "sign": "signs",
}  # fmt: skip
_PAINT = {
    "line": MarkKind.EDGE_LINE, "kerb": MarkKind.KERB_TOP, "box": MarkKind.BOX_FRAME, "grid": MarkKind.GRID_BORDER,
}  # fmt: skip


def shown_symbols(plan: MarkingPlan, audit: Audit, *, tiled: bool) -> list[str]:
    """Return the symbols of what the set shows, in the order of the legend.

    Parameters
    ----------
    tiled : bool
        Whether the general plan shows the outlines of the setting-out plans.
    """
    site, network = audit.site, audit.network
    kinds = set(plan.paint["kind"])
    found = {key for key, kind in _PAINT.items() if kind in kinds}
    found |= {key for key, layer in _LAYERS.items() if len(site.layer(layer))}
    overhead = {kind.value for kind in ObstructionKind if kind.overhead}
    obstructions = site.layer("obstructions")
    there = {
        "overhead": bool((obstructions["kind"].isin(overhead) | obstructions["clear_height_m"].notna()).any()),
        "centreline": len(network.lanes) > 0, "line_lane": network.by_line is not None,
        "designated": not network.designated.is_empty, "mouth": len(network.mouths) > 0, "removal": bool(plan.removals),
        "point": len(plan.setting_out) > 0, "board": bool(plan.boards), "violation": bool(flags(audit)), "cross": True,
        "tile": tiled,
    }  # fmt: skip
    found |= set(swept_keys(tracked(audit)))
    return [key for key in _SYMBOLS if key in found or there.get(key, False)]


def swept_keys(vehicles: Sequence[Tracked]) -> list[str]:
    """Return the symbols of what is drawn of tracked vehicles."""
    trips = [trip for it in vehicles for trip in it.tracking.trips]
    over = any(trip.kind is TripKind.OVERRUN for trip in trips)
    there = {
        "swept_line": bool(trips), "swept_body": any(trip.kind is not TripKind.OVERRUN for trip in trips), "swept_over": over,
        "swept_wheels": bool(trips), "swept_vehicle": bool(trips), "swept_conflict": any(trip.conflicts for trip in trips),
        "swept_back": any((trip.drive.gear < 0).any() for trip in trips),
    }  # fmt: skip
    return [key for key, shown in there.items() if shown]


def legend(keys: Collection[str], column: Column, lang: Lang) -> list[Item]:
    """Return the legend in two columns."""
    rows = math.ceil(len(keys) / 2)
    half = column.width_mm / 2
    pitch = max(ROW_MM, 2.2 * column.text_mm)

    def draw(pen: Pen, x: float, top: float) -> None:
        for count, key in enumerate(keys):
            spot = (x + half * (count // rows), top - pitch * (count % rows + 0.5))
            draw_symbol(pen, key, spot, half - 1.0, column.text_mm)

    return section((word("legend", lang),) * 2, [Item(pitch * rows, draw)], column)


def draw_symbol(pen: Pen, key: str, at: Point, width_mm: float, text_mm: float) -> None:
    """Draw one symbol at its left middle and name it beside."""
    x, y = at
    _SYMBOLS[key](pen, x, y)
    beside = (x + WIDTH_MM + 2.0, y)
    pen.fit(word(key, pen.canvas.lang), beside, width_mm - WIDTH_MM - 2.0, text_mm, align=Align.MIDDLE_LEFT)


def _stroke(
    pen: Pen, points: list[Point], layer: str, *, linetype: str = "Continuous", closed: bool = False
) -> None:
    """Draw a line as it looks on ``layer``, on the layer of the title block."""
    spec = next(spec for spec in pen.canvas.layers.layers if spec.name == layer)
    put_line(
        pen.layout,
        points,
        LAYER,
        closed=closed,
        lineweight_mm=spec.lineweight_mm,
        linetype=linetype,
        aci=spec.aci,
        rgb=spec.rgb,
    )


def _ring(pen: Pen, at: Point, radius: float, layer: str) -> None:
    spec = next(spec for spec in pen.canvas.layers.layers if spec.name == layer)
    colour = {} if spec.rgb is None else {"true_color": (spec.rgb[0] << 16) + (spec.rgb[1] << 8) + spec.rgb[2]}
    put_circle(pen.layout, at, radius, LAYER, color=spec.aci, **colour)


def _rectangle(x0: float, y0: float, x1: float, y1: float) -> list[Point]:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def _line(pen: Pen, x: float, y: float) -> None:
    put_swatch(pen.canvas, pen.layout, (x, y - 0.5, x + WIDTH_MM, y + 0.5), LAYER)


def _kerb(pen: Pen, x: float, y: float) -> None:
    put_swatch(pen.canvas, pen.layout, (x, y - 0.9, x + WIDTH_MM, y + 0.9), LAYER)
    _stroke(pen, [(x, y - 0.9), (x + WIDTH_MM, y - 0.9)], "G-ROAD-EDGE")


def _box(pen: Pen, x: float, y: float) -> None:
    for x0, y0, x1, y1 in ((0, -2.4, 12, -1.8), (0, 1.8, 12, 2.4), (0, -1.8, 0.6, 1.8), (11.4, -1.8, 12, 1.8)):
        put_swatch(pen.canvas, pen.layout, (x + x0, y + y0, x + x1, y + y1), LAYER)
    put_text(pen.layout, "消防车道", (x + WIDTH_MM / 2, y), 1.5, LAYER, align=Align.MIDDLE_CENTER)


def _grid(pen: Pen, x: float, y: float) -> None:
    rgb = pen.canvas.layers.outline_rgb
    put_line(
        pen.layout,
        _rectangle(x, y - 2.4, x + WIDTH_MM, y + 2.4),
        LAYER,
        closed=True,
        rgb=rgb,
        lineweight_mm=0.5,
    )
    for start in np.arange(0.0, 7.3, 2.4):
        for points in (
            [(x + start, y - 2.4), (x + start + 4.8, y + 2.4)],
            [(x + start, y + 2.4), (x + start + 4.8, y - 2.4)],
        ):
            put_line(pen.layout, points, LAYER, rgb=rgb, lineweight_mm=0.25)


def _building(pen: Pen, x: float, y: float) -> None:
    _stroke(pen, _rectangle(x + 1, y - 2.2, x + WIDTH_MM - 1, y + 2.2), "G-BLDG", closed=True)


def _obstruction(pen: Pen, x: float, y: float) -> None:
    _ring(pen, (x + 3.0, y), 1.6, "G-OBST")
    _stroke(pen, _rectangle(x + 6.5, y - 1.4, x + WIDTH_MM, y + 1.4), "G-OBST", closed=True)


def _bay(pen: Pen, x: float, y: float) -> None:
    _stroke(pen, _rectangle(x + 3.5, y - 2.0, x + WIDTH_MM - 3.5, y + 2.0), "G-OBST", closed=True)
    put_text(pen.layout, "P", (x + WIDTH_MM / 2, y), 2.5, LAYER, align=Align.MIDDLE_CENTER)


def _sign(pen: Pen, x: float, y: float) -> None:
    middle = x + WIDTH_MM / 2
    _ring(pen, (middle, y - 2.2), 0.4, "G-FIRE-SIGN")
    _stroke(pen, [(middle, y - 1.8), (middle, y - 0.4)], "G-FIRE-SIGN")
    _stroke(pen, _rectangle(middle - 1.5, y - 0.4, middle + 1.5, y + 1.4), "G-FIRE-SIGN", closed=True)


def _board(pen: Pen, x: float, y: float) -> None:
    """Draw a board in plan as ``boards.py`` does, its face to the right."""
    middle = x + WIDTH_MM / 2
    _ring(pen, (middle, y), 0.4, "G-FIRE-SIGN")
    _stroke(pen, [(middle, y - 1.8), (middle, y + 1.8), (middle + 0.9, y), (middle, y - 1.8)], "G-FIRE-SIGN")


def _violation(pen: Pen, x: float, y: float) -> None:
    _ring(pen, (x + 2.6, y), 2.4, "G-FIRE-VIOL")
    put_text(pen.layout, "1", (x + 2.6, y), 2.5, LAYER, align=Align.MIDDLE_CENTER)
    _stroke(pen, [(x + 6.0, y), (x + WIDTH_MM, y)], "G-FIRE-VIOL")
    for tick in (x + 6.0, x + WIDTH_MM):
        _stroke(pen, [(tick, y - 1.0), (tick, y + 1.0)], "G-FIRE-VIOL")


def _cross(pen: Pen, x: float, y: float) -> None:
    middle = x + WIDTH_MM / 2
    _stroke(pen, [(middle - 2.4, y), (middle + 2.4, y)], "G-ANNO-COOR")
    _stroke(pen, [(middle, y - 2.4), (middle, y + 2.4)], "G-ANNO-COOR")


def _plain(layer: str, linetype: str = "Continuous") -> Callable[[Pen, float, float], None]:
    def symbol(pen: Pen, x: float, y: float) -> None:
        _stroke(pen, [(x, y), (x + WIDTH_MM, y)], layer, linetype=linetype)

    return symbol


def _unmeasured(pen: Pen, x: float, y: float) -> None:
    put_line(pen.layout, [(x, y), (x + WIDTH_MM, y)], LAYER, linetype="FL-DASHED", rgb=UNMEASURED_RGB)


def _ground(pen: Pen, x: float, y: float) -> None:
    corners = _rectangle(x + 1, y - 2.0, x + WIDTH_MM - 1, y + 2.0)
    put_line(pen.layout, corners, LAYER, closed=True, linetype="FL-DASHED", rgb=GROUND_RGB)


def _cover(pen: Pen, x: float, y: float) -> None:
    middle = x + WIDTH_MM / 2
    _ring(pen, (middle, y), 1.6, "G-ROAD-EDGE")
    _stroke(pen, [(middle - 1.6, y), (middle + 1.6, y)], "G-ROAD-EDGE")
    _stroke(pen, [(middle, y - 1.6), (middle, y + 1.6)], "G-ROAD-EDGE")


def _point(pen: Pen, x: float, y: float) -> None:
    _stroke(pen, [(x + 0.4, y), (x + 2.0, y)], "G-ANNO-PNTS")
    _stroke(pen, [(x + 1.2, y - 0.8), (x + 1.2, y + 0.8)], "G-ANNO-PNTS")
    put_text(pen.layout, "P001", (x + 2.8, y), 2.5, LAYER, align=Align.MIDDLE_LEFT)


def _tile(pen: Pen, x: float, y: float) -> None:
    corners = _rectangle(x + 1, y - 2.2, x + WIDTH_MM - 1, y + 2.2)
    put_line(pen.layout, corners, LAYER, closed=True, linetype="FL-DASHED", rgb=TILE_RGB)


def _swept(pen: Pen, part: str, points: list[Point], *, closed: bool = False, linetype: str | None = None) -> None:
    """Draw a line as it looks on a layer of the first vehicle."""
    swept = pen.canvas.layers.swept
    spec = next(spec for spec in swept.of(1) if spec.name == swept.name(1, part))
    put_line(
        pen.layout, points, LAYER, closed=closed, lineweight_mm=spec.lineweight_mm, linetype=linetype or "Continuous",
        aci=spec.aci, rgb=spec.rgb,
    )  # fmt: skip


def _swept_body(pen: Pen, x: float, y: float) -> None:
    _swept(pen, "BODY", [(x, y + 1.6), (x + WIDTH_MM, y + 1.6)])
    _swept(pen, "BODY", [(x, y - 1.6), (x + WIDTH_MM, y - 1.6)])


def _swept_over(pen: Pen, x: float, y: float) -> None:
    _swept(pen, "BODY", [(x, y + 1.6), (x + WIDTH_MM, y + 1.6)], linetype="FL-DASHED")
    _swept(pen, "BODY", [(x, y - 1.6), (x + WIDTH_MM, y - 1.6)], linetype="FL-DASHED")


def _swept_wheels(pen: Pen, x: float, y: float) -> None:
    _swept(pen, "WHEL", [(x, y + 1.0), (x + WIDTH_MM, y + 1.0)])
    _swept(pen, "WHEL", [(x, y - 1.0), (x + WIDTH_MM, y - 1.0)], linetype="FL-DASHED")


def _swept_line(pen: Pen, x: float, y: float) -> None:
    _swept(pen, "LINE", [(x, y), (x + WIDTH_MM, y)])
    _swept(pen, "LINE", [(x + 5.0, y + 0.6), (x + 7.4, y), (x + 5.0, y - 0.6)], closed=True)


def _swept_back(pen: Pen, x: float, y: float) -> None:
    _swept(pen, "LINE", [(x, y), (x + WIDTH_MM, y)], linetype="FL-DASHED")


def _swept_vehicle(pen: Pen, x: float, y: float) -> None:
    _swept(pen, "VEHI", _rectangle(x + 0.5, y - 1.6, x + WIDTH_MM - 0.5, y + 1.6), closed=True)
    _swept(pen, "VEHI", [(x + WIDTH_MM - 2.5, y + 1.6), (x + WIDTH_MM - 0.5, y), (x + WIDTH_MM - 2.5, y - 1.6)])


def _swept_conflict(pen: Pen, x: float, y: float) -> None:
    put_hatch(pen.layout, shapely.box(x + 2.0, y - 1.4, x + WIDTH_MM - 2.0, y + 1.4), LAYER, CONFLICT_FILL, aci=1)
    _swept(pen, "CONF", _rectangle(x + 2.0, y - 1.4, x + WIDTH_MM - 2.0, y + 1.4), closed=True)


def _mouth(pen: Pen, x: float, y: float) -> None:
    spec = next(spec for spec in pen.canvas.layers.layers if spec.name == "G-FIRE-LANE")
    put_line(pen.layout, [(x, y), (x + WIDTH_MM, y)], LAYER, lineweight_mm=0.5, aci=spec.aci, rgb=spec.rgb)


# In the order of the legend, first the left column, then the right.
_SYMBOLS: dict[str, Callable[[Pen, float, float], None]] = {
    "line": _line,
    "kerb": _kerb,
    "box": _box,
    "grid": _grid,
    "edge": _plain("G-ROAD-EDGE"),
    "building": _building,
    "obstruction": _obstruction,
    "bay": _bay,
    "overhead": _plain("G-OBST", "FL-DASHED"),
    "centreline": _plain("G-FIRE-LANE", "FL-CENTER"),
    "line_lane": _unmeasured,
    "designated": _plain("G-FIRE-LANE", "FL-DASHED"),
    "mouth": _mouth,
    "operating_ground": _ground,
    "cover": _cover,
    "removal": _plain("G-FIRE-REMV", "FL-DASHED"),
    "point": _point,
    "sign": _sign,
    "board": _board,
    "violation": _violation,
    "cross": _cross,
    "tile": _tile,
    "swept_line": _swept_line,
    "swept_body": _swept_body,
    "swept_over": _swept_over,
    "swept_wheels": _swept_wheels,
    "swept_vehicle": _swept_vehicle,
    "swept_conflict": _swept_conflict,
    "swept_back": _swept_back,
}
