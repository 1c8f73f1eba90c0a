"""Figures of a tracked vehicle: its dimensions in plan, and the circles that its turning radii belong to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from firelane.drawing.canvas import put_circle
from firelane.drawing.sheets.detail_bench import (
    LAYER,
    NEXT_MM,
    SIDE_MM,
    TEXT_MM,
    Bench,
    Stretch,
    fitting_scale,
)
from firelane.drawing.swept import vehicle_strokes
from firelane.drawing.swept_words import said
from firelane.drawing.text import text_width
from firelane.tracking.vehicle import FieldStatus, RadiusBasis

if TYPE_CHECKING:
    from firelane.drawing.canvas import Point
    from firelane.drawing.pen import Pen
    from firelane.drawing.sheets.base import Room
    from firelane.drawing.swept import Tracked
    from firelane.tracking.vehicle import Vehicle

_SCALES = (50, 100, 150, 200, 250, 300, 500)
_TITLE_MM = 8.0
_AROUND_MM = (60.0, 42.0)  # of the room beside and above or below the vehicle, for the dimensions
_UNSURE = (FieldStatus.ASSUMED, FieldStatus.RECALLED)


def unsure(vehicle: Vehicle, *fields: str) -> bool:
    """Tell whether one of the fields is assumed or not verified: to be confirmed."""
    return any((s := vehicle.sources.get(field)) is not None and s.status in _UNSURE for field in fields)


def radii(vehicle: Vehicle) -> list[tuple[RadiusBasis, float]]:
    """Return the four radii with their definitions [m], the largest first."""
    return [
        (RadiusBasis.WALL_TO_WALL, vehicle.outer_radius_m), (RadiusBasis.KERB_TO_KERB, vehicle.kerb_radius_m),
        (RadiusBasis.FRONT_AXLE, vehicle.front_radius_m), (RadiusBasis.INNER, vehicle.inner_radius_m),
    ]  # fmt: skip


def draw_dimensions(pen: Pen, it: Tracked, room: Room) -> None:
    """Draw the vehicle in plan with its dimensions [mm]; ``*`` marks what is to be confirmed."""
    vehicle, lang = it.vehicle, pen.canvas.lang
    fits = (room.width - _AROUND_MM[0], room.height - _AROUND_MM[1])
    scale = fitting_scale((vehicle.length_m, vehicle.width_m), fits, _SCALES)
    pen.fit(f"{said('figure', lang)}  1:{scale}", (room.x0 + 5.0, room.y1 - _TITLE_MM), room.width - 10.0, pen.canvas.sheet.heading_mm)
    per_m = 1000.0 / scale
    middle_m = (vehicle.front_m - vehicle.rear_overhang_m) / 2
    origin = ((room.x0 + room.x1) / 2 - middle_m * per_m, (room.y0 + room.y1) / 2 + 4.0)
    bench = Bench(pen, origin, scale)
    _vehicle(bench, vehicle)
    low, rear, front, half = -vehicle.width_m / 2, -vehicle.rear_overhang_m, vehicle.front_m, vehicle.track_m / 2
    bench.chain("below", low, rear, [
        Stretch(0.0, unsure(vehicle, "rear_overhang_m")), Stretch(vehicle.wheelbase_m, unsure(vehicle, "wheelbase_m")),
        Stretch(front, unsure(vehicle, "front_overhang_m")),
    ])  # fmt: skip
    bench.chain("below", low, rear, [Stretch(front, unsure(vehicle, "length_m"))], from_mm=9.0 + NEXT_MM)
    bench.chain("left", rear, low, [Stretch(-low, unsure(vehicle, "width_m"))], from_mm=SIDE_MM)
    bench.chain("right", front, -half, [Stretch(half, unsure(vehicle, "track_m"))], from_mm=SIDE_MM)
    note = said("note_tyre", lang) + (said("note_star", lang) if unsure(vehicle, *vehicle.sources) else "")
    pen.fit(note, (room.x0 + 5.0, room.y0 + 3.0), room.width - 10.0, TEXT_MM)


def draw_circles(pen: Pen, it: Tracked, room: Room) -> None:
    """Draw the vehicle at full lock to the left, and the circles of its four radii, each with its definition."""
    vehicle, lang = it.vehicle, pen.canvas.lang
    labels = [f"R {radius:.2f} m  {basis.label(lang)}" for basis, radius in radii(vehicle)]
    wide = max(text_width(label, TEXT_MM) for label in labels) + 8.0
    outer = vehicle.outer_radius_m
    scale = fitting_scale((2 * outer, 2 * outer), (room.width - wide - 20.0, room.height - _TITLE_MM - 14.0), _SCALES)
    pen.fit(f"{said('circle', lang)}  1:{scale}", (room.x0 + 5.0, room.y1 - _TITLE_MM), room.width - 10.0, pen.canvas.sheet.heading_mm)
    reach = outer * 1000.0 / scale
    centre = (room.x0 + (room.width - wide) / 2, (room.y0 + room.y1 - _TITLE_MM) / 2 + 2.0)
    rear_mm = vehicle.rear_radius_m * 1000.0 / scale
    bench = Bench(pen, (centre[0], centre[1] - rear_mm), scale)
    _vehicle(bench, vehicle, lock_rad=vehicle.lock_rad)
    pen.line([(centre[0] - 1.5, centre[1]), (centre[0] + 1.5, centre[1])], 0.18)
    pen.line([(centre[0], centre[1] - 1.5), (centre[0], centre[1] + 1.5)], 0.18)
    bench.line([(0.0, 0.0), (0.0, vehicle.rear_radius_m)], 0.13, linetype="FL-CENTER")
    bench.line([(vehicle.wheelbase_m, 0.0), (0.0, vehicle.rear_radius_m)], 0.13, linetype="FL-CENTER")
    for n, ((_, radius_m), label) in enumerate(zip(radii(vehicle), labels, strict=True)):
        radius = radius_m * 1000.0 / scale
        put_circle(pen.layout, centre, round(radius, 3), LAYER, lineweight=25 if n < 2 else 18)
        level = centre[1] + reach * 0.75 - 9.0 * n  # all beside the largest circle, from its top
        foot: Point = _on_circle(centre, radius, level)
        bench.leader(label, foot, (centre[0] + reach + 4.0, level))
    lock = said("lock", lang) + f" {math.degrees(vehicle.lock_rad):.1f}°"
    pen.fit(lock, (room.x0 + 5.0, room.y0 + 3.0), room.width - 10.0, TEXT_MM)


def _on_circle(centre: Point, radius: float, level: float) -> Point:
    """Return the point of a circle's right half at a level, or where it comes nearest to it."""
    up = max(-0.9 * radius, min(0.9 * radius, level - centre[1]))
    return round(centre[0] + math.sqrt(radius**2 - up**2), 3), round(centre[1] + up, 3)


def _vehicle(bench: Bench, vehicle: Vehicle, lock_rad: float = 0.0) -> None:
    """Draw a vehicle, its front wheels turned to the left so that all wheels roll about one point."""
    for n, (points, closed) in enumerate(vehicle_strokes(vehicle)):
        shown = points
        if lock_rad and closed and n and points[:, 0].mean() > vehicle.wheelbase_m / 2:
            x, y = points.mean(axis=0)
            angle = math.atan2(vehicle.wheelbase_m, vehicle.rear_radius_m - y)
            turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
            shown = (points - (x, y)) @ turn + (x, y)
        bench.line([(float(x), float(y)) for x, y in shown], 0.35 if n == 0 else 0.18, closed=closed)
