r"""Coordinate schedule (放样点坐标表): all setting-out points in ruled tables on paper, lane by lane and mark by mark.

A column of a table is one MTEXT with a line for each row, broken by plain ``\P`` and nothing else, in the style of all
texts, aligned to its top left or top right corner, lines set exactly 1.5 of the height apart: a tenth of the size of a
TEXT for each cell. The ruling and the heads of the columns are blocks ``TABLE-POINTS-<rows>``, defined once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from firelane.crs import label
from firelane.drawing.canvas import STYLE, Align, put_text
from firelane.drawing.pen import LAYER
from firelane.drawing.sheets.base import SheetDraft
from firelane.drawing.text import safe_text, shortened, text_width, wrap
from firelane.markings.setting_out import BEND, END, FOOT, MIDDLE, START

if TYPE_CHECKING:
    from ezdxf.layouts.base import BaseLayout

    from firelane.drawing.pen import Pen
    from firelane.drawing.sheets.base import SetContext, SheetEntry
    from firelane.vocabulary import Lang

BLOCK = "TABLE-POINTS"
_SPACING = 1.5  # from one row to the next, in text heights
_UNIT = 5.0 / 3.0  # MTEXT lines are set so far apart, in text heights, at factor 1
_HEAD_MM = 7.0
_MARGIN_MM = 5.5
_GAP_MM = 2.0
_PAD_MM = 0.7
_LEAST_MARK_MM = 30.0  # names may be longer, but no table less stands on the sheet for it
_TOGETHER = 8  # marks of no more rows than this are not parted
_NUMBERS = {"x_north_m", "y_east_m", "chainage_m", "offset_m"}
_COLUMNS = ("point", "mark_id", "corner", "x_north_m", "y_east_m", "chainage_m", "offset_m")

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("放样点坐标表", "SETTING-OUT COORDINATES"),
    "point": ("点号", "point"),
    "mark_id": ("标线", "mark"),
    "corner": ("角点", "at"),
    "x_north_m": ("X(北)", "X (north)"),
    "y_east_m": ("Y(东)", "Y (east)"),
    "chainage_m": ("里程", "chainage"),
    "offset_m": ("偏距", "offset"),
    "lane": ("车道 {id}", "lane {id}"),
    "no_lane": ("其他", "other"),
    START: ("起", "S"),
    BEND: ("折", "B"),
    MIDDLE: ("中", "M"),
    END: ("终", "E"),
    FOOT: ("脚", "F"),
    "crs": (
        "坐标系：{crs}。X 为北坐标，Y 为东坐标，单位米；高程未测，本表不给出。模型空间原点 X={north} Y={east}。",
        ("Coordinates: {crs}; X is north, Y is east, in metres; heights are not known and not given. Origin of model space: X={north} "
        "Y={east}."),
    ),
    "unplaced": (
        "场地未定位：坐标为图形自身的局部坐标，X 沿图形纵轴，Y 沿横轴，单位米；高程未测，本表不给出。模型空间原点 X={north} Y={east}。",
        ("The site is not placed: local metres, X up the plan and Y to its right; heights are not known and not given. Origin of model "
        "space: X={north} Y={east}."),
    ),
    "corners": (
        ("角点：方框和网状线外角点，顺行车方向看 1 近左、2 近右、3 远右、4 远左（逆时针）；边线按轴线：起点、终点、折点、圆弧中点"
        "（圆弧由前一点经中点至后一点，半径 R）；路缘石只列起、终点；警示牌列立柱脚点。里程、偏距按所在车道中心线，偏距左为正。"
        "经纬度见放样点文件 setting_out.csv。"),
        ("At: outer corners of boxes and grids as seen along the direction of travel, 1 near left, 2 near right, 3 far right, 4 far left; "
        "of edge lines (axis) S start, B bend, E end and M, the middle of an arc (from the point before to the point after, radius R); "
        "of kerbs only start and end; F foot of a board. Chainage and offset (left positive) from the lane's centreline. Longitude and latitude: file "
        "setting_out.csv."),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class _Table:
    """How the tables of the set are laid out: widths of the columns, rows and places of a table [mm]."""

    widths_mm: tuple[float, ...]
    rows: int
    lefts_mm: tuple[float, ...]
    top_mm: float
    height_mm: float
    notes: tuple[str, ...]

    @property
    def pitch_mm(self) -> float:
        """Height of a row [mm]."""
        return self.height_mm * _SPACING


def coordinate_sheets(context: SetContext) -> list[SheetDraft]:
    """Return as many sheets as the points of the plan need; none where nothing is set out."""
    points = context.plan.setting_out
    if points.empty:
        return []
    lang = context.options.lang
    groups = _groups(points, lang)
    table = _laid_out(context, [row for group in groups for row in group])
    filled = _filled(groups, table.rows)
    across = len(table.lefts_mm)
    sheets = [filled[n : n + across] for n in range(0, len(filled), across)]

    def draft(number: int, columns: list[list[_Row]]) -> SheetDraft:
        def draw(pen: Pen, entry: SheetEntry, entries: Sequence[SheetEntry]) -> None:
            del entry, entries
            _draw(pen, context, table, columns)

        part = f" ({number}/{len(sheets)})" if len(sheets) > 1 else ""
        return SheetDraft("coordinates", _word("title", lang) + part, "-", draw)

    return [draft(number, columns) for number, columns in enumerate(sheets, 1)]


_Row = tuple[str, ...]


class _Point(NamedTuple):
    """What the table tells of a point."""

    point: str
    mark_id: str
    corner: str
    x_north_m: float
    y_east_m: float
    chainage_m: float
    offset_m: float
    radius_m: float
    lane_id: str | None


def _word(key: str, lang: Lang) -> str:
    return _WORDS[key][0 if lang == "zh" else 1]


def _groups(points: pd.DataFrame, lang: Lang) -> list[list[_Row]]:
    """Return the rows of each mark, the marks of a lane together, its name above the first."""
    lanes = points["lane_id"].astype(object).where(points["lane_id"].notna(), None)
    order = {lane: n for n, lane in enumerate(sorted({lane for lane in lanes if lane is not None}, key=str))}
    by_lane = lanes.map(lambda lane: order.get(lane, len(order))).to_numpy()
    marks = points["mark_id"].astype(str).to_numpy(dtype=object)
    _, first, of = np.unique(marks, return_index=True, return_inverse=True)
    rows = points.iloc[np.lexsort((np.arange(len(points)), first[of], by_lane))]
    groups: list[list[_Row]] = []
    lane_before, mark_before = object(), object()
    for row in map(_Point._make, zip(*(rows[name] for name in _Point._fields), strict=True)):
        lane = None if pd.isna(row.lane_id) else row.lane_id
        if lane != lane_before or row.mark_id != mark_before:
            groups.append([])
        if lane != lane_before:
            name = _word("no_lane", lang) if lane is None else _word("lane", lang).format(id=safe_text(lane, 40))
            groups[-1].append(("", name, "", "", "", "", ""))
        named = safe_text(row.mark_id, 80) if row.mark_id != mark_before or lane != lane_before else ""
        groups[-1].append(
            (
                str(row.point), named or ("" if math.isnan(row.radius_m) else f"R={row.radius_m:.3f}"),
                _word(row.corner, lang) if row.corner in _WORDS else safe_text(row.corner, 8),
                *(_number(value) for value in (row.x_north_m, row.y_east_m, row.chainage_m, row.offset_m)),
            )
        )  # fmt: skip
        lane_before, mark_before = lane, row.mark_id
    return groups


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"


def _laid_out(context: SetContext, rows: Sequence[_Row]) -> _Table:
    """Return the widths that the contents ask for, and how many tables stand side by side."""
    sheet, room, lang = context.canvas.sheet, context.room, context.options.lang
    height_mm = sheet.small_mm
    widths = []
    for n, name in enumerate(_COLUMNS):
        head = text_width(_word(name, lang), height_mm)
        longest = max({row[n] for row in rows}, key=lambda text: (text_width(text, height_mm), text))
        width = max(head, text_width(longest, height_mm)) + 2 * _PAD_MM
        widths.append(width)
    usable = room.width - 2 * _MARGIN_MM
    at_mark = _COLUMNS.index("mark_id")
    others = sum(widths) - widths[at_mark]
    across = max(1, math.floor((usable + _GAP_MM) / (others + min(widths[at_mark], _LEAST_MARK_MM) + _GAP_MM)))
    widths[at_mark] = min(widths[at_mark], (usable + _GAP_MM) / across - _GAP_MM - others)
    total = sum(widths)
    gap = min((usable - across * total) / max(across - 1, 1), 6 * _GAP_MM)
    left = room.x0 + (room.width - across * total - (across - 1) * gap) / 2
    notes = _notes(context, usable, height_mm)
    top = room.y1 - _MARGIN_MM - sheet.heading_mm - 4.0 - len(notes) * height_mm * _SPACING - 2.0
    count = max(1, math.floor((top - _HEAD_MM - room.y0 - _MARGIN_MM) / (height_mm * _SPACING)))
    lefts = tuple(left + n * (total + gap) for n in range(across))
    return _Table(tuple(widths), count, lefts, top, height_mm, tuple(notes))


def _notes(context: SetContext, width_mm: float, height_mm: float) -> list[str]:
    site, lang = context.plan.site, context.options.lang
    east, north = context.canvas.origin
    told = _word("crs" if site.placed else "unplaced", lang)
    crs = safe_text(label(site.crs, lang), 80) if site.placed else ""
    lines = wrap(told.format(crs=crs, north=f"{north:.3f}", east=f"{east:.3f}"), height_mm, width_mm)
    return [*lines, *wrap(_word("corners", lang), height_mm, width_mm)]


def _filled(groups: Sequence[list[_Row]], count: int) -> list[list[_Row]]:
    """Return the rows of each table: small marks are not parted, a parted one is named again."""
    tables: list[list[_Row]] = [[]]
    for group in groups:
        left = count - len(tables[-1])
        if len(group) > left and len(group) <= min(_TOGETHER, count):
            tables.append([])
        name = next(row[1] for row in group if row[0])
        for row in group:
            if len(tables[-1]) == count:
                tables.append([])
            again = not tables[-1] and row[0] and not row[1]
            tables[-1].append((row[0], name, *row[2:]) if again else row)
    return tables


def _draw(pen: Pen, context: SetContext, table: _Table, columns: Sequence[list[_Row]]) -> None:
    """Draw one sheet: its heading, what the columns mean, the tables."""
    sheet, room, lang = context.canvas.sheet, context.room, context.options.lang
    middle = (room.x0 + room.x1) / 2
    top = room.y1 - _MARGIN_MM
    pen.text(_word("title", lang), (middle, top - sheet.heading_mm / 2), sheet.heading_mm, align=Align.MIDDLE_CENTER)
    pen.lines(table.notes, (room.x0 + _MARGIN_MM, top - sheet.heading_mm - 2.0), table.height_mm, table.pitch_mm)
    for left, rows in zip(table.lefts_mm, columns, strict=False):
        name = _ruled(pen, table, table.rows if len(rows) > table.rows - _TOGETHER else len(rows), lang)
        pen.layout.add_blockref(name, (left, table.top_mm), dxfattribs={"layer": LAYER})
        x = left
        for n, width in enumerate(table.widths_mm):
            cells = [row[n] for row in rows]
            if _COLUMNS[n] == "mark_id":
                cells = [_fitted(cell, table.height_mm, width - 2 * _PAD_MM) for cell in cells]
            right = _COLUMNS[n] in _NUMBERS
            # capitals stand in the middle of their row
            y = table.top_mm - _HEAD_MM - (table.pitch_mm - table.height_mm) / 2
            _column(pen.layout, cells, (x + width - _PAD_MM if right else x + _PAD_MM, y), table.height_mm, right=right)
            x += width


def _fitted(name: str, height_mm: float, width_mm: float) -> str:
    """Return a name that fits: what is left out is its middle, for the number of a mark stands at its end."""
    if text_width(name, height_mm) <= width_mm:
        return name
    tail = name[-4:]
    return shortened(name[:-4], height_mm, width_mm - text_width(tail, height_mm)) + tail


def _column(layout: BaseLayout, cells: Sequence[str], at: tuple[float, float], height_mm: float, *, right: bool) -> None:
    """Write one column as a single MTEXT."""
    layout.add_mtext(
        r"\P".join(cell or " " for cell in cells),
        dxfattribs={
            "layer": LAYER,
            "style": STYLE,
            "char_height": height_mm,
            "insert": (round(at[0], 3), round(at[1], 3)),
            "attachment_point": 3 if right else 1,
            "line_spacing_style": 2,
            "line_spacing_factor": round(_SPACING / _UNIT, 4),
        },
    )


def _ruled(pen: Pen, table: _Table, rows: int, lang: Lang) -> str:
    """Return the block of an empty table of ``rows`` rows, its upper left corner at the origin."""
    name = f"{BLOCK}-{rows}"
    blocks = pen.canvas.doc.blocks
    if name in blocks:
        return name
    block = blocks.new(name)
    width, foot = sum(table.widths_mm), -_HEAD_MM - rows * table.pitch_mm

    def line(start: tuple[float, float], end: tuple[float, float], thick_mm: float) -> None:
        one, two = ((round(x, 3), round(y, 3)) for x, y in (start, end))
        block.add_line(one, two, dxfattribs={"layer": LAYER, "lineweight": round(thick_mm * 100)})

    for n in range(rows + 1):
        y = -_HEAD_MM - n * table.pitch_mm
        line((0.0, y), (width, y), 0.35 if n in {0, rows} else 0.09)
    line((0.0, 0.0), (width, 0.0), 0.35)
    x = 0.0
    for column, cell_mm in zip(_COLUMNS, table.widths_mm, strict=True):
        line((x, 0.0), (x, foot), 0.35 if x == 0.0 else 0.13)
        middle = (round(x + cell_mm / 2, 3), -_HEAD_MM / 2)
        put_text(block, _word(column, lang), middle, table.height_mm, LAYER, align=Align.MIDDLE_CENTER)
        x += cell_mm
    line((width, 0.0), (width, foot), 0.35)
    return name
