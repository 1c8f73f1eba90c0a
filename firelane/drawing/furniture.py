"""The fixed furniture of the sheet: frame, title block, north arrow, scale bar, caption."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyproj

from firelane.drawing.canvas import Align, Point, put_circle, turned
from firelane.drawing.columns import crs_name
from firelane.drawing.pen import LAYER, Pen
from firelane.drawing.sheet import SheetPlan
from firelane.drawing.text import safe_text, wrap
from firelane.drawing.words import word

if TYPE_CHECKING:
    from datetime import date

    from firelane.auditing import Audit
    from firelane.drawing.catalogue import SheetCatalogue
    from firelane.vocabulary import Lang

NORTH_MM = 24.0  # diameter of the circle; the tail is an eighth of it, GB/T 50103-2010
BAR_MM = 40.0
CAPTION_MM = 92.0
BAR_STEPS_M = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def draw_frame(pen: Pen, plan: SheetPlan) -> None:
    """Draw the sheet's edge, frame, centring marks and the lines between plan and columns."""
    width, height = plan.format.width_mm, plan.format.height_mm
    x0, y0, x1, y1 = plan.frame
    pen.rectangle(0.0, 0.0, width, height, 0.18)
    pen.rectangle(x0, y0, x1, y1, plan.format.frame_mm)
    reach = 5.0
    for outer, inner in (
        ((0.0, height / 2), (x0 + reach, height / 2)),
        ((width, height / 2), (x1 - reach, height / 2)),
        ((width / 2, 0.0), (width / 2, y0 + reach)),
        ((width / 2, height), (width / 2, y1 - reach)),
    ):
        pen.line([outer, inner], 0.35)
    for left, _ in plan.columns:
        pen.line([(left, y0), (left, y1)], 0.35)


def draw_caption(pen: Pen, plan: SheetPlan, sheet: SheetCatalogue, lang: Lang) -> None:
    """Write the plan's name and scale under it."""
    x0, y0, x1 = plan.plan[0], plan.frame[1], plan.plan[2]
    middle, half = (x0 + x1) / 2, CAPTION_MM / 2
    at = (middle - half + 2.0, y0 + 10.5)
    pen.fit(word("plan_title", lang), at, CAPTION_MM - 20.0, sheet.title_text_mm)
    pen.text(f"1:{pen.canvas.scale}", (middle + half - 1.0, y0 + 10.5), sheet.label_mm, align=Align.RIGHT)
    pen.line([(middle - half, y0 + 8.0), (middle + half, y0 + 8.0)], 0.7)
    pen.line([(middle - half, y0 + 7.0), (middle + half, y0 + 7.0)], 0.18)


def draw_title_block(pen: Pen, plan: SheetPlan, audit: Audit, sheet: SheetCatalogue, drawn_on: date | None) -> None:
    """Draw the title block at the foot of the last column; cells for people stay empty."""
    lang = pen.canvas.lang
    left, right = plan.columns[-1]
    y = plan.frame[1]
    rows: list[tuple[float, list[tuple[str, str, float]]]] = [
        (9.0, [("office", "", 1.0)]),
        (12.0, [("site", audit.site.name or audit.site.id, 1.0)]),
        (8.0, [("manager", audit.site.config.manager or "", 1.0)]),
        (9.0, [("drawing", word("plan_title", lang), 1.0)]),
        (8.0, [("designer", "", 1 / 3), ("checker", "", 1 / 3), ("approver", "", 1 / 3)]),
        (
            8.0,
            [
                ("scale", f"1:{pen.canvas.scale}", 0.31),
                ("date", drawn_on.isoformat() if drawn_on else "", 0.41),
                ("sheet_no", "01", 0.28),
            ],
        ),
        (8.0, [("crs", crs_name(audit, lang), 1.0)]),
    ]
    top = y + sum(height for height, _ in rows)
    pen.line([(left, top), (right, top)], 0.7)
    for height, cells in rows:
        x = left
        for key, value, share in cells:
            width = (right - left) * share
            label_mm = 24.0 if share == 1.0 else 13.0
            _cell(pen, (x, top - height, x + width, top), label_mm=label_mm, label=word(key, lang), value=value, sheet=sheet)
            x += width
        top -= height


def _cell(
    pen: Pen,
    box: tuple[float, float, float, float],
    *,
    label_mm: float,
    label: str,
    value: str,
    sheet: SheetCatalogue,
) -> None:
    x0, y0, x1, y1 = box
    pen.rectangle(x0, y0, x1, y1, 0.25)
    pen.line([(x0 + label_mm, y0), (x0 + label_mm, y1)], 0.13)
    middle = (y0 + y1) / 2
    pen.fit(label, (x0 + label_mm / 2, middle), label_mm - 1.6, sheet.small_mm, align=Align.MIDDLE_CENTER)
    room = x1 - x0 - label_mm - 2.4
    lines = wrap(safe_text(value), sheet.small_mm, room, 2) if y1 - y0 >= 11.0 else [value]
    pitch = 5.0
    for number, line in enumerate(lines):
        y = middle + (len(lines) - 1) * pitch / 2 - number * pitch
        pen.fit(line, (x0 + label_mm + 1.4, y), room, sheet.small_mm, align=Align.MIDDLE_LEFT)


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


def draw_north_and_scale(pen: Pen, plan: SheetPlan, audit: Audit) -> None:
    """Draw the north arrow, turned by the grid convergence, and the scale bar, left and right of the caption."""
    lang, sheet = pen.canvas.lang, pen.canvas.sheet
    x0, y0, x1 = plan.plan[0], plan.frame[1], plan.plan[2]
    if not audit.site.placed:  # nobody knows where north is
        _scale_bar(pen, x1 - BAR_MM - 8.0, y0 + 12.0, sheet)
        pen.fit(word("local", lang), (x0 + 5.0, y0 + 5.0), NORTH_MM * 3, sheet.small_mm)
        return
    angle_deg = convergence_deg(audit)
    _north_arrow(pen, (x0 + NORTH_MM / 2 + 5.0, y0 + NORTH_MM / 2 + 2.0), angle_deg, lang)
    left = x1 - BAR_MM - 8.0
    _scale_bar(pen, left, y0 + 12.0, sheet)
    side = word("west" if angle_deg > 0 else "east", lang)
    text = word("convergence", lang, angle=f"{abs(angle_deg):.3f}° {side}")
    pen.fit(text, (left, y0 + 5.0), BAR_MM + 6.0, sheet.small_mm)


def _north_arrow(pen: Pen, centre: Point, angle_deg: float, lang: Lang) -> None:
    radius = NORTH_MM / 2
    angle = math.radians(angle_deg)

    def at(x: float, y: float) -> Point:
        dx, dy = turned((x, y), angle)
        return centre[0] + dx, centre[1] + dy

    tail = NORTH_MM / 16
    put_circle(pen.layout, centre, radius, LAYER, lineweight=18)
    hatch = pen.layout.add_hatch(color=7, dxfattribs={"layer": LAYER})
    points = [at(0.0, radius), at(-tail, -math.sqrt(radius**2 - tail**2)), at(tail, -math.sqrt(radius**2 - tail**2))]
    hatch.paths.add_polyline_path(points, is_closed=True, flags=1)
    pen.text(word("north", lang), at(0.0, radius + 3.6), 3.5, align=Align.MIDDLE_CENTER, rotation_deg=angle_deg)


def _scale_bar(pen: Pen, x: float, y: float, sheet: SheetCatalogue) -> None:
    """Draw four black and white fields of a round length."""
    scale = pen.canvas.scale
    field_m = max((s for s in BAR_STEPS_M if s * 4000 / scale <= BAR_MM), default=BAR_STEPS_M[0])
    field_mm = field_m * 1000 / scale
    for number in range(4):
        x0 = x + number * field_mm
        pen.rectangle(x0, y, x0 + field_mm, y + 1.6, 0.18)
        if number % 2 == 0:
            hatch = pen.layout.add_hatch(color=7, dxfattribs={"layer": LAYER})
            corners = [(x0, y), (x0 + field_mm, y), (x0 + field_mm, y + 1.6), (x0, y + 1.6)]
            hatch.paths.add_polyline_path(corners, is_closed=True, flags=1)
    for number in (0, 2, 4):
        text = f"{number * field_m}{' m' if number == 4 else ''}"
        pen.text(text, (x + number * field_mm, y + 3.6), sheet.small_mm, align=Align.BOTTOM_CENTER)
