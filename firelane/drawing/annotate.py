"""Labels, stations and coordinate crosses: what is written once all linework is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from firelane.drawing.canvas import Align, Canvas, Point, put_line, readable_deg, turned
from firelane.drawing.context import Label, table_rows
from firelane.drawing.labels import LabelField, around, by_ring, centred, turned_box
from firelane.drawing.text import safe_text, shortened, text_width

if TYPE_CHECKING:
    from firelane.auditing import Audit
    from firelane.drawing.catalogue import Rgb
    from firelane.drawing.labels import Box

LONGEST_LABEL_MM = 80.0
LANE_ASIDE_MM = (2.5, 4.0, 6.0, 9.0, 13.0)  # from the centreline to a lane's label: half its width at some scale
TEXT_LAYER = "G-ANNO-TEXT"
"""Of all labels, whatever they belong to: their size is the general plan's, and other views freeze it."""


def draw_stations(canvas: Canvas, audit: Audit, field: LabelField) -> None:
    """Mark stations along every lane: a tick across the centreline and, where there is room, K0+020.

    The ticks are on the labels' layer too: the setting-out plans have stations of their own.
    """
    wished_m = canvas.ground_m(canvas.sheet.station_step_mm)
    step_m = next((s for s in canvas.sheet.station_steps_m if s >= wished_m - 1e-9), canvas.sheet.station_steps_m[-1])
    height, colour = canvas.ground(canvas.sheet.small_mm), _colour(canvas, "G-FIRE-LANE")
    for row in table_rows(audit.network.lanes):
        line = canvas.seen(canvas.local(row["geometry"]))
        chainages_m = np.arange(step_m, row["geometry"].length - 0.25 * step_m, step_m)
        here = shapely.get_coordinates(shapely.line_interpolate_point(line, chainages_m * canvas.unit))
        ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, (chainages_m + 0.1) * canvas.unit))
        for chainage_m, (x, y), (ax, ay) in zip(chainages_m, here, ahead, strict=True):
            length = math.hypot(ax - x, ay - y) or 1.0
            ux, uy = (ax - x) / length, (ay - y) / length
            tick = canvas.ground(1.2)
            ends = [(x - uy * tick, y + ux * tick), (x + uy * tick, y - ux * tick)]
            put_line(canvas.model, [canvas.from_view(end) for end in ends], TEXT_LAYER, rgb=colour)
            text = f"K{int(chainage_m // 1000)}+{chainage_m % 1000:03.0f}"
            width = text_width(text, height)
            angle_deg = readable_deg(math.degrees(math.atan2(uy, ux)))
            # Beside the tick, else beyond the pavement's edge; never on paint or other lines but one.
            middles = [
                (x + s * ux * along - t * uy * across, y + s * uy * along + t * ux * across)
                for across in (height / 2 + canvas.ground(gap_mm) for gap_mm in (0.8, 4.5, 7.0, 10.0))
                for along in (width / 2 + canvas.ground(0.8), 0.0)
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
                    TEXT_LAYER,
                    align=Align.MIDDLE_CENTER,
                    rotation_deg=angle_deg,
                    rgb=colour,
                )


def draw_labels(canvas: Canvas, labels: list[Label], field: LabelField) -> int:
    """Write the labels for which there is room; return how many were left out."""
    left_out = 0
    for label in labels:
        text = shortened(safe_text(label.text), label.height_mm, LONGEST_LABEL_MM)
        if not text:
            continue
        height = canvas.ground(label.height_mm)
        places = _beside_line if label.along is not None else _around_anchor
        spots = places(canvas, label, text_width(text, height), height)
        # A name that fits inside its building stands there, whatever lies under it.
        if label.inside and field.free(spots[0].box):
            spots = spots[:1]
        chosen = field.place([s.box for s in spots], reluctance=[s.reluctance for s in spots])
        if chosen is None:
            left_out += 1
            continue
        x0, y0, x1, y1 = spots[chosen].box
        canvas.text(
            text, ((x0 + x1) / 2, (y0 + y1) / 2), label.height_mm, TEXT_LAYER,
            align=Align.MIDDLE_CENTER, rotation_deg=spots[chosen].angle_deg, rgb=_colour(canvas, label.layer),
        )  # fmt: skip
    return left_out


class _Spot(NamedTuple):
    """Where a label may stand in the view, how it is turned, and how much it is disliked, in pieces of ink."""

    box: Box
    angle_deg: float
    reluctance: float


def _around_anchor(canvas: Canvas, label: Label, width: float, height: float) -> list[_Spot]:
    """Return the places over and around a label's anchor."""
    anchor = canvas.seen_point(label.anchor)
    gaps = [canvas.ground(label.gap_mm + more_mm) for more_mm in (0.0, 2.5, 6.0)]
    found = [_Spot(centred(anchor, width, height * 1.4), 0.0, 0.0)] if label.inside else []
    if not label.stay:
        boxes = around(anchor, width, height * 1.4, gaps)
        found += [_Spot(b, 0.0, dislike) for b, dislike in zip(boxes, by_ring(gaps, 0.4), strict=True)]
    return found


def _beside_line(canvas: Canvas, label: Label, width: float, height: float) -> list[_Spot]:
    """Return the places beside a label's line: in its direction, at its middle first; outside the pavement."""
    line = canvas.seen(label.along)
    shares = (0.5, 0.35, 0.65, 0.2, 0.8)
    ends = shapely.get_coordinates([line.interpolate(share, normalized=True) for share in shares]).tolist()
    step = min(line.length * 0.05, width / 2)
    ahead = shapely.get_coordinates([line.interpolate(share * line.length + step) for share in shares]).tolist()
    behind = shapely.get_coordinates([line.interpolate(share * line.length - step) for share in shares]).tolist()
    found = []
    for n, ((x, y), (ax, ay), (bx, by)) in enumerate(zip(ends, ahead, behind, strict=True)):
        angle = math.atan2(ay - by, ax - bx)
        angle_deg = readable_deg(math.degrees(angle))
        for ring, aside_mm in enumerate(LANE_ASIDE_MM):
            aside = canvas.ground(label.gap_mm + aside_mm) + height / 2
            for side in (1, -1):
                dx, dy = turned((0.0, side * aside), angle)
                box = turned_box((x + dx, y + dy), width, height * 1.2, angle_deg)
                found.append(_Spot(box, angle_deg, 0.1 * n + 0.4 * ring))
    return found


def _colour(canvas: Canvas, layer: str) -> Rgb | None:
    """Return the colour of a layer, so that a label looks like what it belongs to."""
    return None if layer == TEXT_LAYER else next(spec.rgb for spec in canvas.layers.layers if spec.name == layer)


def draw_coordinates(canvas: Canvas, window: Box, field: LabelField) -> None:
    """Draw crosses at round survey coordinates in ``window`` of the view; X (north) at its left, Y (east) at its foot."""
    sheet = canvas.sheet
    wished_m = canvas.ground_m(sheet.grid_step_mm)
    step_m = next((s for s in sheet.grid_steps_m if s >= wished_m - 1e-9), sheet.grid_steps_m[-1])
    arm, room = canvas.ground(sheet.grid_arm_mm), canvas.ground(sheet.grid_arm_mm) * 1.5
    ways = [canvas.from_view((x, y)) for x in window[::2] for y in window[1::2]]
    (west, south), (east, north) = np.min(ways, axis=0) / canvas.unit, np.max(ways, axis=0) / canvas.unit
    ox, oy = canvas.origin
    easts = np.arange(math.ceil((west + ox) / step_m), math.floor((east + ox) / step_m) + 1) * step_m
    norths = np.arange(math.ceil((south + oy) / step_m), math.floor((north + oy) / step_m) + 1) * step_m
    crosses = []
    for easting in easts.tolist():
        for northing in norths.tolist():
            x, y = canvas.local_point((easting, northing))
            seen = canvas.seen_point((x, y))
            if not all(window[n] + room <= seen[n] <= window[n + 2] - room for n in (0, 1)):
                continue
            put_line(canvas.model, [(x - arm, y), (x + arm, y)], "G-ANNO-COOR")
            put_line(canvas.model, [(x, y - arm), (x, y + arm)], "G-ANNO-COOR")
            crosses.append((easting, northing, seen))
    for northing in norths.tolist():  # at its leftmost cross
        row = [seen for _, other, seen in crosses if other == northing]
        if row:
            _label_cross(canvas, field, f"X={northing:.0f}", min(row), canvas.twist_deg)
    for easting in easts.tolist():  # at its lowest cross
        column = [seen for other, _, seen in crosses if other == easting]
        if column:
            lowest = min(column, key=lambda seen: seen[1])
            _label_cross(canvas, field, f"Y={easting:.0f}", lowest, readable_deg(canvas.twist_deg + 90.0))


def _label_cross(canvas: Canvas, field: LabelField, text: str, at: Point, angle_deg: float) -> None:
    """Write along an arm of the cross at ``at``, both in the view."""
    height = canvas.ground(canvas.sheet.small_mm)
    width = text_width(text, height)
    gap = canvas.ground(0.8)
    along, across = width / 2 + gap, height / 2 + gap
    moves = [turned((s * along, t * across), math.radians(angle_deg)) for s in (1, -1) for t in (1, -1)]
    middles = [(at[0] + dx, at[1] + dy) for dx, dy in moves]
    chosen = field.place([turned_box(m, width, height, angle_deg) for m in middles])
    if chosen is not None:
        canvas.text(
            text, middles[chosen], canvas.sheet.small_mm, "G-ANNO-COOR",
            align=Align.MIDDLE_CENTER, rotation_deg=angle_deg,
        )  # fmt: skip
