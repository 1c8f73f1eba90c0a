"""The setting-out plans (放样平面图): one sheet, or an atlas with match lines, each sheet turned along its lanes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.drawing.canvas import Align, put_hatch
from firelane.drawing.furniture import (
    BAR_MM,
    CAPTION_MM,
    NORTH_MM,
    convergence_deg,
    draw_caption,
    draw_north_arrow,
    draw_scale_bar,
)
from firelane.drawing.labels import LabelField
from firelane.drawing.pen import LAYER
from firelane.drawing.sheets.atlas_ink import Content
from firelane.drawing.sheets.atlas_labels import (
    CROSS,
    Writer,
    write_boards,
    write_coordinates,
    write_gaps,
    write_lanes,
    write_matches,
    write_offset,
    write_points,
    write_stations,
)
from firelane.drawing.sheets.base import Room, SheetDraft, add_viewport
from firelane.drawing.sheets.tiles import Tile, atlas, measures, tiles, window_room
from firelane.drawing.swept import swept_layers
from firelane.drawing.text import wrap
from firelane.drawing.words import word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ezdxf.layouts.base import BaseLayout

    from firelane.drawing.canvas import Canvas, Point
    from firelane.drawing.pen import Pen
    from firelane.drawing.sheets.base import SetContext, SheetEntry
    from firelane.vocabulary import Lang

__all__ = ["FROZEN", "KEY", "setting_out_plans", "tiles"]

KEY = "setting_out"
FROZEN = ("G-ANNO-TEXT", "G-ANNO-COOR", "G-ANNO-DIMS", "G-FIRE-VIOL", "G-FIRE-SWEP", "G-FIRE-REMV")
"""Layers of the model that the setting-out plans do not show.

The texts of annotation, the numbers of points among them, are sized and turned for other views; findings, swept paths and paint to be removed stand on
it, and would hide what has to be set out.
"""

# Not "FL-…": a plot leaves out the polylines of those, which stand for paint.
KEY_BLOCK = "ATLAS-KEY"
PITCH_MM = 4.2
HATCHED_RGB = (190, 200, 215)
KEY_CLEAR_MM = 2.4  # about half a number
KEY_LANES = 8  # grey: numbers stand on them
_DIGITS = "零一二三四五六七八九"
_WORDS = {
    "title": ("放样平面图", "SETTING-OUT PLAN"),
    "note_points": (
        "十字为放样点，P 为点号，坐标见坐标表；P0012–15 为连续点的首末号。",
        "Crosses are setting-out points, P their numbers, see the table; P0012–15 runs from first to last.",
    ),
    "note_boxes": (
        "B：本车道方框序号（标线编号末两位）；方框之间的数字为间距（m），×n 为连续 n 个等距。",
        "B: number of the box on its lane; figures between boxes are gaps (m), ×n where n follow alike.",
    ),
    "note_match": (
        "粗点划线为接图线，所注两图在同一位置相接。",
        "Thick chain lines are match lines: both sheets show the same place.",
    ),
    "note_grid": ("X 为北坐标，Y 为东坐标，单位 m。", "X is north, Y is east, in metres."),
    "note_local": (
        "X、Y 为图形局部坐标：X 沿图形纵轴，Y 沿横轴，单位 m。",
        "X and Y are local: X up the plan, Y to its right, in metres.",
    ),
    "note_turned": (
        "本图按车道方向旋转 {angle:.1f}°（逆时针为正）。",
        "The view is turned {angle:.1f}° counter-clockwise.",
    ),
    "note_left_out": (
        "另有 {n} 处点号因位置不足未注，见坐标表。",
        "{n} labels of points found no room: see the table.",
    ),
    "note_gaps_left_out": (
        "另有 {n} 处方框间距未注，见方框间距核验表。",
        "{n} gaps between boxes found no room: see the proof of the distances between boxes.",
    ),
}  # fmt: skip


def _said(key: str, lang: Lang, **values: object) -> str:
    text = _WORDS[key][0 if lang == "zh" else 1]
    return text.format(**values) if values else text


def ordinal_zh(number: int) -> str:
    """Return a number below a hundred as it stands in titles.

    >>> [ordinal_zh(n) for n in (1, 10, 12, 20, 45)]
    ['一', '十', '十二', '二十', '四十五']
    """
    if number >= 100:
        return str(number)
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones or not head else "")


def title(number: int, count: int, lang: Lang) -> str:
    """Return the name of a sheet: numbered where there are several."""
    name = _said("title", lang)
    if count == 1:
        return name
    return f"{name}（{ordinal_zh(number)}）" if lang == "zh" else f"{name} {number}"


def setting_out_plans(context: SetContext) -> list[SheetDraft]:
    """Return the drafts of the setting-out plans; none where nothing is painted.

    The views show the model without its annotation (``FROZEN``). What is written stands in paper space, so that it
    is upright however the view is turned.
    """
    found = atlas(context)
    if not found.tiles:
        return []
    content = Content(context.plan, context.audit, found, context.canvas.ground_m(1.0))
    stations = content.stations(measures()["labels"]["station_m"])
    lang = context.canvas.lang
    count = len(found.tiles)

    def draw(tile: Tile, pen: Pen, entry: SheetEntry, entries: Sequence[SheetEntry]) -> None:
        numbers = [e.number for e in entries if e.key == KEY]
        sheets = dict(enumerate(numbers, 1))
        writer = _view(pen, context, content, tile)
        matches = [m for m in found.matches if tile.number in m.tiles]
        write_coordinates(writer, pen.canvas.sheet.grid_steps_m)
        write_matches(writer, matches, sheets)
        write_lanes(writer, content)
        write_offset(writer, content)
        gaps_left_out = write_gaps(writer, content)
        left_out = write_points(writer, content)
        write_stations(writer, stations.get(tile.number, []))
        write_boards(writer, content)
        _foot(pen, context, tile, entry, matched=bool(matches), left_out=(left_out, gaps_left_out))
        if count > 1:
            near = {n for m in matches for n in m.tiles}
            _key(pen, context, content, tile, {n: sheets[n] for n in sorted(near | {tile.number})})

    return [
        SheetDraft(KEY, title(tile.number, count, lang), f"1:{tile.scale}", partial(draw, tile)) for tile in found.tiles
    ]


def _view(pen: Pen, context: SetContext, content: Content, tile: Tile) -> Writer:
    """Show the model and return what writes over it."""
    canvas = pen.canvas
    _define(canvas)
    window = window_room(context.room, canvas.sheet)
    middle = ((window.x0 + window.x1) / 2, (window.y0 + window.y1) / 2)
    frozen = (*FROZEN, *swept_layers(canvas, context.audit))
    add_viewport(
        pen, middle, (window.width, window.height), tile.centre, tile.scale, twist_deg=tile.twist_deg, frozen=frozen
    )
    pen.line([(window.x0, window.y0), (window.x1, window.y0)], 0.35)
    inner = (window.x0 + 1.0, window.y0 + 1.0, window.x1 - 1.0, window.y1 - 1.0)
    field = LabelField(inner, content.ink(tile, middle), 10.0)
    return Writer(pen.layout, tile, window, middle, field, canvas.sheet, canvas.lang)


def _define(canvas: Canvas) -> None:
    """Define the block that every sheet repeats."""
    arm = canvas.sheet.grid_arm_mm
    if CROSS not in canvas.doc.blocks:
        block = canvas.doc.blocks.new(CROSS)
        for a, b in (((-arm, 0.0), (arm, 0.0)), ((0.0, -arm), (0.0, arm))):
            block.add_line(a, b, dxfattribs={"layer": "0"})


def _foot(pen: Pen, context: SetContext, tile: Tile, entry: SheetEntry, *, matched: bool, left_out: tuple[int, int]) -> None:
    """Draw north arrow, caption, notes and scale bar in the strip under the view; ``left_out`` counts points and gaps."""
    room, lang, sheet = context.room, pen.canvas.lang, pen.canvas.sheet
    site = context.audit.site
    strip = Room(room.x0, room.y0, room.x1, room.y0 + sheet.caption_mm)
    left = strip.x0 + NORTH_MM + 18.0
    if site.placed:
        angle_deg = convergence_deg(context.audit) + tile.twist_deg
        # Its tip never points down: a view is turned by a right angle at most.
        draw_north_arrow(pen, (strip.x0 + NORTH_MM / 2 + 7.5, strip.y0 + NORTH_MM / 2 + 2.0), angle_deg, lang)
    else:
        pen.fit(word("local", lang), (strip.x0 + 3.0, strip.y0 + strip.height / 2), NORTH_MM + 8.0, sheet.small_mm)
    draw_caption(pen, entry.title, tile.scale, (left + CAPTION_MM / 2, strip.y0 + strip.height / 2 + 4.0))
    draw_scale_bar(pen, left + (CAPTION_MM - BAR_MM) / 2, strip.y0 + 5.0, tile.scale)
    notes = [_said("note_points", lang), _said("note_boxes", lang)]
    # Before what matters less: the strip holds only so many lines.
    notes += [_said(key, lang, n=n) for key, n in zip(("note_left_out", "note_gaps_left_out"), left_out, strict=True) if n]
    notes += [_said("note_match", lang)] if matched else []
    notes.append(_said("note_grid" if site.placed else "note_local", lang))
    notes += [_said("note_turned", lang, angle=tile.twist_deg)] if abs(tile.twist_deg) >= 0.05 else []
    x = left + CAPTION_MM + 8.0
    width = strip.x1 - measures()["key"]["width_mm"] - 6.0 - x
    lines = [line for note in notes for line in wrap(note, sheet.small_mm, width, 2)]
    pen.lines(lines[: int((strip.height - 2.0) / PITCH_MM)], (x, strip.y1 - 2.0), sheet.small_mm, PITCH_MM)


def _key(pen: Pen, context: SetContext, content: Content, tile: Tile, numbers: dict[int, str]) -> None:
    """Draw the key: all lanes small, this sheet filled, its neighbours in outline, it and they numbered.

    Of the other sheets nothing: they overlap, and twenty outlines over each other are a knot.
    """
    room, sheet = context.room, pen.canvas.sheet
    width = measures()["key"]["width_mm"]
    box = Room(room.x1 - width - 2.0, room.y0 + 1.5, room.x1 - 2.0, room.y0 + sheet.caption_mm - 1.5)
    corners = np.array([t.corners for t in content.atlas.tiles])
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    scale = float(min(box.width / (high[0] - low[0]), box.height / (high[1] - low[1])))
    middle = (low + high) / 2
    at = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)

    def paper(xy: np.ndarray) -> np.ndarray:
        return np.asarray(np.round((xy - middle) * scale, 3))

    blocks = pen.canvas.doc.blocks
    if KEY_BLOCK not in blocks:
        block = blocks.new(KEY_BLOCK)
        lanes = shapely.simplify(np.asarray(context.audit.network.lanes.geometry), 0.3 / scale)
        for line in lanes:
            _polyline(block, paper(shapely.get_coordinates(line)), "0", 18, KEY_LANES)
    shown = {number: shapely.Polygon(paper(corners[number - 1]) + at) for number in numbers}
    mine = shown[tile.number]
    put_hatch(pen.layout, mine, LAYER, HATCHED_RGB, aci=9)
    pen.layout.add_blockref(KEY_BLOCK, at, dxfattribs={"layer": LAYER})
    for number, outline in shown.items():
        # A neighbour's outline ends at this sheet's: what both show is this one's.
        ring = outline.exterior if number == tile.number else shapely.difference(outline.exterior, mine)
        for line in shapely.get_parts(shapely.line_merge(ring) if ring.geom_type == "MultiLineString" else ring):
            _polyline(pen.layout, np.round(shapely.get_coordinates(line), 2), LAYER, 25 if number == tile.number else 13)
    field = LabelField((box.x0, box.y0, box.x1, box.y1), [], 5.0)
    for number in sorted(numbers, key=lambda n: (n != tile.number, n)):
        spots = _middles(number, shown, tile.number)
        half = (1.0 * len(numbers[number]) + 0.3, sheet.small_mm / 2 + 0.2)
        boxes = [(x - half[0], y - half[1], x + half[0], y + half[1]) for x, y in spots]
        chosen = field.place(boxes, reluctance=[0.1 * n for n in range(len(boxes))])
        if chosen is not None:
            pen.text(numbers[number], spots[chosen], sheet.small_mm, align=Align.MIDDLE_CENTER)


def _middles(number: int, shown: Mapping[int, shapely.Polygon], mine: int) -> list[Point]:
    """Return middles of a sheet's outline, the first one of what no other of the outlines covers."""
    if number == mine:
        free = [shown[number]]
    else:
        others = shapely.union_all([outline for other, outline in shown.items() if other != number])
        free = [shapely.difference(shown[number], others), shapely.difference(shown[number], shown[mine]), shown[number]]
    parts = [max(shapely.get_parts(part), key=shapely.area) for part in free if part.area > 0.0]
    points = [part.centroid for part in parts]
    for n, (part, point) in enumerate(zip(parts, points, strict=True)):
        if not part.covers(point) or part.exterior.distance(point) < KEY_CLEAR_MM:  # of an angular remnant
            points[n] = shapely.get_point(shapely.maximum_inscribed_circle(part, 0.1), 0)
    return [(round(float(point.x), 2), round(float(point.y), 2)) for point in points]


def _polyline(layout: BaseLayout, xy: np.ndarray, layer: str, lineweight: int, aci: int = 256) -> None:
    layout.add_lwpolyline(xy.tolist(), dxfattribs={"layer": layer, "lineweight": lineweight, "color": aci})
