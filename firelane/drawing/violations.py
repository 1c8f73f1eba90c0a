"""Violations: a numbered flag for every failing finding, the pinch as the segment it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from firelane.drawing.canvas import Align, Canvas, Point, put_circle, put_line
from firelane.drawing.context import label_mm
from firelane.drawing.labels import LabelField, around, by_ring
from firelane.drawing.text import text_width
from firelane.findings import gravest_first
from firelane.vocabulary import Verdict, rounded_down

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from firelane.auditing import Audit
    from firelane.drawing.labels import Box
    from firelane.findings import Finding

LAYER = "G-FIRE-VIOL"
FLAG_RADIUS_MM, SMALL_RADIUS_MM = 3.0, 2.4
AT_PINCH_M = 0.5  # a flag this near a pinch is a flag of the pinch
REACHES_MM = (4.0, 8.0, 13.0, 20.0, 30.0, 45.0)


@dataclass(frozen=True)
class Flag:
    """A failing finding and its number on the drawing."""

    number: int
    finding: Finding


def flags(audit: Audit) -> list[Flag]:
    """Return the failing findings, numbered from 1 in the order of the audit."""
    failing = [f for f in gravest_first(audit.findings) if f.verdict is Verdict.FAIL]
    return [Flag(number, finding) for number, finding in enumerate(failing, 1)]


def draw_violations(canvas: Canvas, audit: Audit, field: LabelField) -> None:
    """Draw pinches and flags; a flag is never left out, it goes further away where it is crowded."""
    numbered = flags(audit)
    pinches = dict(zip(audit.pinches["pinch_id"], audit.pinches.geometry, strict=True))
    widths = dict(zip(audit.pinches["pinch_id"], audit.pinches["width_m"], strict=True))
    drawn: set[str] = set()
    for flag in numbered:
        pinch_id = flag.finding.pinch_id
        if pinch_id is None or pinch_id not in pinches or pinch_id in drawn:
            continue
        drawn.add(pinch_id)
        segment = canvas.local(pinches[pinch_id])
        _draw_pinch(canvas, segment)
        margin = canvas.ground(0.8)
        x0, y0, x1, y1 = canvas.seen(segment).bounds
        field.take((x0 - margin, y0 - margin, x1 + margin, y1 + margin))
    for flag in numbered:
        if flag.finding.location is not None:
            at = canvas.seen_point(canvas.local_point(flag.finding.location))
            pinch_id = flag.finding.pinch_id
            # A building's finding names the pinch that governs it, which is elsewhere: no width here.
            here = pinch_id in pinches and shapely.Point(flag.finding.location).dwithin(pinches[pinch_id], AT_PINCH_M)
            text = rounded_down(float(widths[pinch_id])) if here else ""
            put_flag(canvas, str(flag.number), text, at, field)


def _draw_pinch(canvas: Canvas, segment: BaseGeometry) -> None:
    """Draw the pinch as the segment it is, a stroke across each end."""
    (x0, y0), *_, (x1, y1) = shapely.get_coordinates(segment).tolist()
    put_line(canvas.model, [(x0, y0), (x1, y1)], LAYER, lineweight_mm=0.5)
    length = math.hypot(x1 - x0, y1 - y0)
    if length > 0.0:
        tick = canvas.ground(1.0)
        dx, dy = -(y1 - y0) / length * tick, (x1 - x0) / length * tick
        for x, y in ((x0, y0), (x1, y1)):
            put_line(canvas.model, [(x - dx, y - dy), (x + dx, y + dy)], LAYER)


def _radius(canvas: Canvas) -> float:
    return canvas.ground(FLAG_RADIUS_MM if label_mm(canvas) > canvas.sheet.small_mm else SMALL_RADIUS_MM)


def flag_boxes(canvas: Canvas, text: str, at: Point) -> tuple[list[Box], list[float]]:
    """Return where a flag with ``text`` may stand around a place in the view, and how much each is disliked."""
    radius = _radius(canvas)
    beside = text_width(text, canvas.ground(label_mm(canvas))) + canvas.ground(1.0) if text else 0.0
    gaps = [canvas.ground(reach_mm) for reach_mm in REACHES_MM]
    return around(at, 2 * radius + beside, 2 * radius, gaps), by_ring(gaps, 1.0)


def put_flag(canvas: Canvas, mark: str, text: str, at: Point, field: LabelField, *, layer: str = LAYER, close: bool = False) -> None:
    """Draw a circle with a number and a leader to the place; ``text`` (a width) stands to its right.

    A flag is never left out, it goes further away where it is crowded.

    Parameters
    ----------
    mark : str
        In the circle.
    at : (float, float)
        The place, in the view.
    close : bool
        The text stands at the circle, wherever the leader ends: for what is longer than a width.
    """
    text_mm, radius = label_mm(canvas), _radius(canvas)
    boxes, reluctance = flag_boxes(canvas, text, at)
    chosen = field.place(boxes, reluctance=reluctance, force=True) or 0
    x0, y0, x1, y1 = boxes[chosen]
    middle = (x0 + radius, (y0 + y1) / 2)
    put_circle(canvas.model, canvas.from_view(middle), radius, layer)
    if text:
        if close:
            canvas.text(text, (x0 + 2 * radius + canvas.ground(1.0), middle[1]), text_mm, layer, align=Align.MIDDLE_LEFT)
        else:
            canvas.text(text, (x1, middle[1]), text_mm, layer, align=Align.MIDDLE_RIGHT)
    # The leader ends at the nearer end of the flag: left at the circle, right under the text.
    foot_x = x1 if text and at[0] > x1 else middle[0]
    reach = math.hypot(foot_x - at[0], middle[1] - at[1])
    gap = 0.0 if foot_x == x1 and text else radius
    if reach > gap:
        share = (reach - gap) / reach
        foot = (at[0] + (foot_x - at[0]) * share, at[1] + (middle[1] - at[1]) * share)
        put_line(canvas.model, [canvas.from_view(at), canvas.from_view(foot)], layer, lineweight_mm=0.18)
    put_circle(canvas.model, canvas.from_view(at), canvas.ground(0.5), layer)
    height_mm = text_mm if len(mark) < 3 and mark.isdigit() else canvas.sheet.small_mm
    canvas.text(mark, middle, height_mm, layer, align=Align.MIDDLE_CENTER)
