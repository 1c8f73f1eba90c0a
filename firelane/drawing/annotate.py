"""Labels, stations and coordinate crosses: what is written once all linework is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.drawing.canvas import Align, Canvas, Point, put_line, readable_deg
from firelane.drawing.context import Label, table_rows
from firelane.drawing.labels import LabelField, around, by_ring, centred, turned_box
from firelane.drawing.text import safe_text, shortened, text_width

if TYPE_CHECKING:
    from firelane.auditing import Audit

LONGEST_LABEL_MM = 80.0


def draw_stations(canvas: Canvas, audit: Audit, field: LabelField) -> None:
    """Mark stations along every lane: a tick across the centreline and, where there is room, K0+020."""
    wished_m = canvas.metres(canvas.sheet.station_step_mm)
    step_m = next((s for s in canvas.sheet.station_steps_m if s >= wished_m - 1e-9), canvas.sheet.station_steps_m[-1])
    height = canvas.metres(canvas.sheet.small_mm)
    for row in table_rows(audit.network.lanes):
        line = canvas.local(row["geometry"])
        chainages_m = np.arange(step_m, line.length - 0.25 * step_m, step_m)
        here = shapely.get_coordinates(shapely.line_interpolate_point(line, chainages_m))
        ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, chainages_m + 0.1))
        for chainage_m, (x, y), (ax, ay) in zip(chainages_m, here, ahead, strict=True):
            length = math.hypot(ax - x, ay - y) or 1.0
            ux, uy = (ax - x) / length, (ay - y) / length
            tick = canvas.metres(1.2)
            ends = [(x - uy * tick, y + ux * tick), (x + uy * tick, y - ux * tick)]
            put_line(canvas.model, ends, "G-FIRE-LANE", linetype="Continuous")
            text = f"K{int(chainage_m // 1000)}+{chainage_m % 1000:03.0f}"
            width = text_width(text, height)
            angle_deg = readable_deg(math.degrees(math.atan2(uy, ux)))
            # Beside the tick, else beyond the pavement's edge; never on paint or other lines but one.
            middles = [
                (x + s * ux * along - t * uy * across, y + s * uy * along + t * ux * across)
                for across in (height / 2 + canvas.metres(gap_mm) for gap_mm in (0.8, 4.5, 7.0, 10.0))
                for along in (width / 2 + canvas.metres(0.8), 0.0)
                for t in (1, -1)
                for s in (1, -1)
            ]
            chosen = field.place(
                [turned_box(m, width, height, angle_deg) for m in middles],
                reluctance=[0.2 * (n // 8) for n in range(len(middles))],
                most_ink=1,
            )
            if chosen is not None:
                canvas.text(
                    text,
                    middles[chosen],
                    canvas.sheet.small_mm,
                    "G-FIRE-LANE",
                    align=Align.MIDDLE_CENTER,
                    rotation_deg=angle_deg,
                )


def draw_labels(canvas: Canvas, labels: list[Label], field: LabelField) -> int:
    """Write the labels for which there is room; return how many were left out."""
    left_out = 0
    for label in labels:
        text = shortened(safe_text(label.text), label.height_mm, LONGEST_LABEL_MM)
        if not text:
            continue
        height = canvas.metres(label.height_mm)
        width = text_width(text, height)
        boxes = [centred(label.anchor, width, height * 1.4)] if label.inside else []
        reluctance = [0.0] * len(boxes)
        gaps = [canvas.metres(label.gap_mm + more_mm) for more_mm in (0.0, 2.5, 6.0)]
        for spot in () if label.stay else label.spots or (label.anchor,):
            boxes += around(spot, width, height * 1.4, gaps)
            reluctance += by_ring(gaps, 0.4)
        # A name that fits inside its building stands there, whatever lies under it.
        if label.inside and field.free(boxes[0]):
            boxes, reluctance = boxes[:1], reluctance[:1]
        chosen = field.place(boxes, reluctance=reluctance)
        if chosen is None:
            left_out += 1
            continue
        x0, y0, x1, y1 = boxes[chosen]
        canvas.text(
            text, ((x0 + x1) / 2, (y0 + y1) / 2), label.height_mm, label.layer, align=Align.MIDDLE_CENTER
        )
    return left_out


def draw_coordinates(canvas: Canvas, window: tuple[float, float, float, float], field: LabelField) -> None:
    """Draw crosses at round survey coordinates in ``window``; X (north) and Y (east) at its left and foot."""
    sheet = canvas.sheet
    wished_m = canvas.metres(sheet.grid_step_mm)
    step_m = next((s for s in sheet.grid_steps_m if s >= wished_m - 1e-9), sheet.grid_steps_m[-1])
    arm = canvas.metres(sheet.grid_arm_mm)
    west, south, east, north = window
    ox, oy = canvas.origin
    room = arm * 1.5
    easts = np.arange(math.ceil((west + room + ox) / step_m), math.floor((east - room + ox) / step_m) + 1) * step_m
    norths = np.arange(math.ceil((south + room + oy) / step_m), math.floor((north - room + oy) / step_m) + 1) * step_m
    for i, easting in enumerate(easts):
        for j, northing in enumerate(norths):
            x, y = easting - ox, northing - oy
            put_line(canvas.model, [(x - arm, y), (x + arm, y)], "G-ANNO-COOR")
            put_line(canvas.model, [(x, y - arm), (x, y + arm)], "G-ANNO-COOR")
            if i == 0:
                _label_cross(canvas, field, f"X={northing:.0f}", (x, y), angle_deg=0.0)
            if j == 0:
                _label_cross(canvas, field, f"Y={easting:.0f}", (x, y), angle_deg=90.0)


def _label_cross(
    canvas: Canvas, field: LabelField, text: str, at: Point, *, angle_deg: float
) -> None:
    height = canvas.metres(canvas.sheet.small_mm)
    width = text_width(text, height)
    gap = canvas.metres(0.8)
    along, across = width / 2 + gap, height / 2 + gap
    x, y = at
    if angle_deg == 0.0:
        middles = [(x + s * along, y + t * across) for s in (1, -1) for t in (1, -1)]
    else:
        middles = [(x - t * across, y + s * along) for s in (1, -1) for t in (1, -1)]
    chosen = field.place([turned_box(m, width, height, angle_deg) for m in middles])
    if chosen is not None:
        canvas.text(
            text,
            middles[chosen],
            canvas.sheet.small_mm,
            "G-ANNO-COOR",
            align=Align.MIDDLE_CENTER,
            rotation_deg=angle_deg,
        )
