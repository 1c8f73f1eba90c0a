"""Choosing the sheet: the smallest format, and on it the largest scale, that holds the site."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firelane.drawing.catalogue import FormatSpec, SheetCatalogue
    from firelane.drawing.pen import Pen

Draw = Callable[["Pen", float, float], None]


@dataclass(frozen=True)
class Item:
    """Something for the right-hand columns: its height [mm] and how to draw it with a pen at (left, top) [mm].

    ``solid`` things (tables, details) may stand wherever there is room; the rest is running text.
    """

    height_mm: float
    draw: Draw
    solid: bool = False


@dataclass(frozen=True)
class SheetPlan:
    """The sheet as decided, in paper millimetres with the origin at its lower left corner.

    Attributes
    ----------
    format : FormatSpec
    scale : int
        Denominator of the plan's scale.
    frame, plan : (x0, y0, x1, y1)
        The frame inside the margins; the part of it that the plan view keeps.
    columns : tuple of (x0, x1)
        The right-hand columns, from left to right.
    placed : tuple of (column, top, Item)
        Where each item stands.
    """

    format: FormatSpec
    scale: int
    frame: tuple[float, float, float, float]
    plan: tuple[float, float, float, float]
    columns: tuple[tuple[float, float], ...]
    placed: tuple[tuple[int, float, Item], ...]


def flow(
    items: Sequence[tuple[float, bool]], column_mm: float, last_column_mm: float
) -> tuple[list[tuple[int, float]], int]:
    """Fill columns from the top with items of (height, solid); return (column, offset) of each, and their number.

    Text runs on from column to column; what is solid goes to the first column with room for it. The
    last column is shorter by the title block. The number of columns is the least that holds all.

    >>> flow([(60, False), (50, False), (45, True), (40, True)], 100, 50)
    ([(0, 0.0), (1, 0.0), (1, 50.0), (0, 60.0)], 3)
    """
    most = len(items) + 1
    for count in range(1, most + 1):
        room = [column_mm] * (count - 1) + [last_column_mm]
        used = [0.0] * count
        placed: list[tuple[int, float]] = []
        running = 0
        for height, solid in items:
            fits = (c for c in range(0 if solid else running, count) if used[c] + height <= room[c])
            column = next(fits, None)
            if column is None:
                break
            running = running if solid else column
            placed.append((column, used[column]))
            used[column] += height
        else:
            return placed, count
    # An item higher than a column: it overflows rather than vanish.
    return [(n, 0.0) for n in range(len(items))], len(items)


def choose_sheet(
    size_m: tuple[float, float], items_for: Callable[[FormatSpec], list[Item]], sheet: SheetCatalogue
) -> SheetPlan:
    """Return the smallest format that holds a site of ``size_m`` (east-west, north-south) legibly.

    A legible scale on any format goes before an overview scale: of those the smallest format is
    taken, and on it the largest scale that fits. Of the overview scales the largest that fits any
    format is taken, on the smallest format that holds it. ``items_for`` gives the columns' contents for a format.
    """
    layouts = [_layout(spec, items_for(spec), sheet) for spec in sheet.formats]
    usable = [layout for layout in layouts if layout is not None]
    tries = [(layout, scale) for layout in usable for scale in sheet.legible]
    tries += [(layout, scale) for scale in (*sheet.overview, *sheet.last_resort) for layout in usable]
    room_mm = 2 * sheet.label_room_mm
    for layout, scale in tries:
        x0, y0, x1, y1 = layout.plan
        fits_across = size_m[0] * 1000 / scale + room_mm <= x1 - x0
        if fits_across and size_m[1] * 1000 / scale + room_mm <= y1 - y0:
            return replace(layout, scale=scale)
    last = usable[-1]
    x0, y0, x1, y1 = last.plan
    needed = 1000 * max(size_m[0] / (x1 - x0 - room_mm), size_m[1] / (y1 - y0 - room_mm))
    return replace(last, scale=math.ceil(needed / 10_000) * 10_000)


def _layout(spec: FormatSpec, items: list[Item], sheet: SheetCatalogue) -> SheetPlan | None:
    """Lay the columns out on one format; None where they leave the plan too little room."""
    frame = (sheet.binding_mm, spec.margin_mm, spec.width_mm - spec.margin_mm, spec.height_mm - spec.margin_mm)
    pad = sheet.column_pad_mm
    height = frame[3] - frame[1] - 2 * pad
    placed, count = flow([(item.height_mm, item.solid) for item in items], height, height - sheet.title_mm)
    left = frame[2] - count * sheet.column_mm
    largest = spec is sheet.formats[-1]
    if left - frame[0] < sheet.min_plan_share * (frame[2] - frame[0]) and not largest:
        return None
    columns = tuple((left + n * sheet.column_mm, left + (n + 1) * sheet.column_mm) for n in range(count))
    return SheetPlan(
        spec,
        0,
        frame,
        (frame[0], frame[1] + sheet.caption_mm, left, frame[3]),
        columns,
        tuple((column, frame[3] - pad - top, item) for (column, top), item in zip(placed, items, strict=True)),
    )
