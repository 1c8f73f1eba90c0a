"""The furniture of a plan: caption with name and scale, north arrow, scale bar."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyproj

from firelane.drawing.canvas import Align, Point, put_circle, turned
from firelane.drawing.pen import LAYER, NARROWEST, Pen
from firelane.drawing.text import text_width, wrap
from firelane.drawing.words import word

if TYPE_CHECKING:
    from firelane.auditing import Audit
    from firelane.vocabulary import Lang

NORTH_MM = 24.0  # diameter of the circle; the tail is an eighth of it, GB/T 50103-2010
BAR_MM = 40.0
CAPTION_MM = 92.0
SCALE_MM = 18.0  # of it for the scale
BAR_STEPS_M = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)


def draw_caption(pen: Pen, title: str, scale: float, at: Point, width_mm: float = CAPTION_MM) -> None:
    """Write a plan's name and scale; ``at`` is the middle of the lines under them.

    Where the name leaves no room beside it the scale stands below the lines; a name too long even so is written smaller.
    """
    sheet, half = pen.canvas.sheet, width_mm / 2
    x, y = at
    below = text_width(title, sheet.title_text_mm) * NARROWEST > width_mm - SCALE_MM
    room = width_mm - (2.0 if below else SCALE_MM)
    height = sheet.title_text_mm if text_width(title, sheet.title_text_mm) * NARROWEST <= room else sheet.heading_mm
    pen.fit(title, (x - half + 1.0, y + 2.5), room, height)
    beside = (x, y - 6.0) if below else (x + half - 1.0, y + 2.5)
    pen.text(f"1:{scale:g}", beside, sheet.label_mm, align=Align.CENTER if below else Align.RIGHT)
    pen.line([(x - half, y), (x + half, y)], 0.7)
    pen.line([(x - half, y - 1.0), (x + half, y - 1.0)], 0.18)


def convergence_deg(audit: Audit) -> float:
    """Return the grid convergence in the middle of the site [deg], positive where true north is left of grid north.

    East of the central meridian, in the northern hemisphere, meridians lean left on the map. Zero
    where the CRS is no projection that can tell.
    """
    west, south, east, north = audit.site.bounds
    crs = audit.site.crs
    try:
        to_degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        lon, lat = to_degrees.transform((west + east) / 2, (south + north) / 2)
        angle = float(pyproj.Proj(crs).get_factors(lon, lat).meridian_convergence)
    except pyproj.exceptions.ProjError:
        return 0.0
    return angle if math.isfinite(angle) else 0.0


def draw_north(pen: Pen, centre: Point, audit: Audit, twist_deg: float = 0.0) -> None:
    """Draw the arrow to true north, turned by the grid convergence and with the view; of an unplaced site say so instead."""
    if audit.site.placed:
        draw_north_arrow(pen, centre, convergence_deg(audit) + twist_deg, pen.canvas.lang)
        return
    # Nobody knows where north is.
    height = pen.canvas.sheet.small_mm
    lines = wrap(word("local", pen.canvas.lang), height, NORTH_MM + 4.0, 3)
    for n, line in enumerate(lines):
        y = centre[1] + ((len(lines) - 1) / 2 - n) * 1.75 * height
        pen.fit(line, (centre[0], y), NORTH_MM + 4.0, height, align=Align.MIDDLE_CENTER)


def say_convergence(pen: Pen, at: Point, width_mm: float, audit: Audit) -> None:
    """Say by how much true north is off grid north; nothing of an unplaced site."""
    if audit.site.placed:
        angle_deg = convergence_deg(audit)
        side = word("west" if angle_deg > 0 else "east", pen.canvas.lang)
        text = word("convergence", pen.canvas.lang, angle=f"{abs(angle_deg):.3f}°", side=side)
        pen.fit(text, at, width_mm, pen.canvas.sheet.small_mm)


def say_turn(pen: Pen, at: Point, width_mm: float, twist_deg: float) -> None:
    """Say by how much the view is turned; nothing where it is not."""
    if twist_deg:
        text = word("turned" if twist_deg > 0 else "turned_right", pen.canvas.lang, angle=f"{abs(twist_deg):.1f}°")
        pen.fit(text, at, width_mm, pen.canvas.sheet.small_mm)


def draw_north_arrow(pen: Pen, centre: Point, angle_deg: float, lang: Lang, diameter_mm: float = NORTH_MM) -> None:
    """Draw a north arrow whose tip leans ``angle_deg`` to the left."""
    radius = diameter_mm / 2
    angle = math.radians(angle_deg)

    def at(x: float, y: float) -> Point:
        dx, dy = turned((x, y), angle)
        return centre[0] + dx, centre[1] + dy

    tail = diameter_mm / 16
    put_circle(pen.layout, centre, radius, LAYER, lineweight=18)
    hatch = pen.layout.add_hatch(color=7, dxfattribs={"layer": LAYER})
    foot = -math.sqrt(radius**2 - tail**2)
    hatch.paths.add_polyline_path([at(0.0, radius), at(-tail, foot), at(tail, foot)], is_closed=True, flags=1)
    pen.text(word("north", lang), at(0.0, radius + 3.6), 3.5, align=Align.MIDDLE_CENTER, rotation_deg=angle_deg)


def draw_scale_bar(pen: Pen, x: float, y: float, scale: float, longest_mm: float = BAR_MM) -> None:
    """Draw four black and white fields of a round length."""
    field_m = max((s for s in BAR_STEPS_M if s * 4000 / scale <= longest_mm), default=BAR_STEPS_M[0])
    field_mm = field_m * 1000 / scale
    for number in range(4):
        x0 = x + number * field_mm
        pen.rectangle(x0, y, x0 + field_mm, y + 1.6, 0.18)
        if number % 2 == 0:
            hatch = pen.layout.add_hatch(color=7, dxfattribs={"layer": LAYER})
            corners = [(x0, y), (x0 + field_mm, y), (x0 + field_mm, y + 1.6), (x0, y + 1.6)]
            hatch.paths.add_polyline_path(corners, is_closed=True, flags=1)
    for number in (0, 2, 4):
        text = f"{number * field_m:g}{' m' if number == 4 else ''}"
        pen.text(text, (x + number * field_mm, y + 3.6), pen.canvas.sheet.small_mm, align=Align.BOTTOM_CENTER)
