"""The setting-out points (放样点) in the model space: small crosses with their numbers, all that is known as XDATA."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from firelane.drawing.canvas import APPID, STYLE
from firelane.drawing.text import ascii_id, text_width
from firelane.markings.setting_out import FOOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ezdxf.entities.insert import Insert
    from numpy.typing import NDArray

    from firelane.drawing.canvas import Canvas
    from firelane.markings.plan import MarkingPlan

    Floats = NDArray[np.float64]

LAYER = "G-ANNO-PNTS"
# Apart from the crosses: the setting-out plans show these, and write the numbers in their own size.
NUMBERS = "G-ANNO-DIMS"
BLOCK = "FL-POINT"
TAG = "NUMBER"
# On the ground, not on paper: the numbers are read on the screen, the crosses at 1:200 (2.5 mm) to 1:500 (1 mm), too.
HEIGHT_M = 0.5
ARM_M = 0.25
_OFF_M = 0.3
_LINE = 1.3  # from one number to the next where points of several marks are in one place, in heights
_ALIKE_M = 0.0011  # sides of two boxes of one design, each known to the millimetre
_EXACT_M = 0.002  # corners of a box are no further than this from its block's
# A drawing has to stay small: of more points than this those of lines do not show their numbers in the model space; all
# have them in their XDATA, and the setting-out plans show them.
MOST_NUMBERED = 3000


class _Four(NamedTuple):
    """Where the four corners of a box are drawn as one: sizes [m], place of the first, direction from it to the second."""

    width_m: float
    depth_m: float
    first: tuple[float, float]
    turn_rad: float


def draw_points(canvas: Canvas, plan: MarkingPlan) -> None:
    """Draw every setting-out point on ``G-ANNO-PNTS`` and its number on ``G-ANNO-DIMS``.

    A point is an INSERT of ``FL-POINT`` with the attribute ``NUMBER``. The four corners of a box are one INSERT of
    ``FL-POINT-<width>X<depth>`` [mm], one block for each size of box, at the first corner; its attribute is the first and
    the last number.

    XDATA (application ``FIRELANE``): the string ``point;<mark>``, then for each point, in its order in the block, a string
    ``number;corner;lon;lat;chainage;offset;radius`` [deg, m]. What is not known is empty, empty ends are left out.
    X (north) and Y (east) are the place of the cross and the drawing's origin (``firelane_origin_x``, ``_y``).
    """
    points = plan.setting_out
    if points.empty:
        return
    _define(canvas, BLOCK, [(0.0, 0.0)])
    local_m = points[["y_east_m", "x_north_m"]].to_numpy(float) - np.asarray(canvas.origin)
    marks = points["mark_id"].astype(str).to_numpy(dtype=object)
    told = [_told(row) for row in points.itertuples(index=False)]
    names = points["point"].astype(str).tolist()
    sizes: list[tuple[float, float]] = []
    single = np.ones(len(points), dtype=bool)
    for start in _fours(points, marks):
        four = _four(local_m[start : start + 4], sizes)
        if four is None:
            continue
        single[start : start + 4] = False
        xy = local_m[start : start + 4]
        high = xy.max(axis=0)
        beside = (float(high[0]) + _OFF_M, float(xy[:, 1].mean()) - HEIGHT_M / 2)
        insert = _insert(canvas, _block(canvas, four), four.first, marks[start], told[start : start + 4], four.turn_rad)
        _number(canvas, insert, f"{names[start]}–{names[start + 3]}", beside)
    rows = np.flatnonzero(single)
    away = _away(marks, np.round(local_m, 3))[rows]
    lift_m = _LINE * HEIGHT_M * _ranks(np.round(local_m[rows], 3), away)
    shown = (len(points) <= MOST_NUMBERED) | points["corner"].isin(["1", FOOT]).to_numpy()[rows]
    for n, (dx, dy), up_m, numbered in zip(rows.tolist(), away, lift_m.tolist(), shown, strict=True):
        x, y = (float(v) for v in local_m[n])
        insert = _insert(canvas, BLOCK, (x, y), marks[n], told[n : n + 1])
        if numbered:
            left = x + _OFF_M if dx >= 0 else x - _OFF_M - text_width(names[n], HEIGHT_M)
            foot = y + _OFF_M + up_m if dy >= 0 else y - _OFF_M - up_m
            _number(canvas, insert, names[n], (left, foot - HEIGHT_M / 2))


def _insert(
    canvas: Canvas, block: str, at_m: tuple[float, float], mark: object, told: Sequence[str], turn_rad: float = 0.0
) -> Insert:
    """Place crosses with what is known of them."""
    attribs: dict[str, object] = {"layer": LAYER}
    if turn_rad:
        attribs["rotation"] = round(math.degrees(turn_rad), 4)
    insert = canvas.model.add_blockref(block, _paper(canvas, at_m), dxfattribs=attribs)
    insert.set_xdata(APPID, [(1000, f"point;{ascii_id(mark)[:240]}"), *((1000, one) for one in told)])
    return insert


def _number(canvas: Canvas, insert: Insert, text: str, at_m: tuple[float, float]) -> None:
    """Write a number, its lower left corner at ``at_m``: a tenth of the bytes of one about its middle go."""
    attribs = {"layer": NUMBERS, "style": STYLE, "height": round(canvas.size(HEIGHT_M), 3)}
    insert.add_attrib(TAG, text, _paper(canvas, at_m), dxfattribs=attribs)


def _paper(canvas: Canvas, at_m: tuple[float, float]) -> tuple[float, float]:
    return round(canvas.size(at_m[0]), 3), round(canvas.size(at_m[1]), 3)


def _fours(points: pd.DataFrame, marks: NDArray[np.object_]) -> list[int]:
    """Return the rows where a mark of four corners, numbered 1 to 4 and nothing more, begins."""
    corner = points["corner"].astype(str).to_numpy(dtype=object)
    _, of, count = np.unique(marks.astype(str), return_inverse=True, return_counts=True)
    rows = np.flatnonzero((corner == "1") & (count[of] == 4))
    rows = rows[rows + 4 <= len(points)]
    whole = [marks[n] == marks[n + 3] and corner[n : n + 4].tolist() == ["1", "2", "3", "4"] for n in rows]
    return [int(n) for n in rows[np.asarray(whole, dtype=bool)]]


def _four(xy: Floats, sizes: list[tuple[float, float]]) -> _Four | None:
    """Return how four corners are drawn as one, None where they are no rectangle; a new size joins ``sizes``."""
    across = (xy[1] - xy[0] + xy[2] - xy[3]) / 2
    along = (xy[3] - xy[0] + xy[2] - xy[1]) / 2
    turn = math.atan2(across[1] - along[0], across[0] + along[1])  # both sides have their say
    size = (_even(float(np.hypot(*across))), _even(float(np.hypot(*along))))
    known = (have for have in sizes if all(abs(a - b) <= _ALIKE_M for a, b in zip(have, size, strict=True)))
    width_m, depth_m = next(known, size)
    ahead = np.array([math.cos(turn), math.sin(turn)])
    left = np.array([-ahead[1], ahead[0]])
    first = xy.mean(axis=0) - (width_m * ahead + depth_m * left) / 2
    corners = [first, first + width_m * ahead, first + width_m * ahead + depth_m * left, first + depth_m * left]
    if float(np.abs(np.asarray(corners) - xy).max()) > _EXACT_M:
        return None
    if (width_m, depth_m) not in sizes:
        sizes.append((width_m, depth_m))
    return _Four(width_m, depth_m, (float(first[0]), float(first[1])), turn)


def _even(length_m: float) -> float:
    """Return the centimetre that a side known to the millimetre is meant to be, else the millimetre."""
    return round(length_m, 2) if abs(length_m - round(length_m, 2)) <= _ALIKE_M else round(length_m, 3)


def _block(canvas: Canvas, four: _Four) -> str:
    """Return the block of four crosses, defined when it is first wanted."""
    name = f"{BLOCK}-{four.width_m * 1000:.0f}X{four.depth_m * 1000:.0f}"
    if name not in canvas.doc.blocks:
        w, d = four.width_m, four.depth_m
        _define(canvas, name, [(0.0, 0.0), (w, 0.0), (w, d), (0.0, d)])
    return name


def _define(canvas: Canvas, name: str, places_m: Sequence[tuple[float, float]]) -> None:
    """Define a block of crosses of two strokes each."""
    block = canvas.doc.blocks.new(name)
    for x, y in places_m:
        # LINE: the plotter takes polylines within blocks for the outlines of paint and leaves them out
        for dx, dy in ((ARM_M, 0.0), (0.0, ARM_M)):
            ends = (_paper(canvas, (x - dx, y - dy)), _paper(canvas, (x + dx, y + dy)))
            block.add_line(*ends, dxfattribs={"layer": LAYER})
    attribs = {"layer": NUMBERS, "style": STYLE, "height": round(canvas.size(HEIGHT_M), 3)}
    block.add_attdef(TAG, _paper(canvas, (ARM_M, 0.0)), dxfattribs=attribs)


def _away(marks: NDArray[np.object_], places: Floats) -> Floats:
    """Return the direction from the middle of its mark to each point: there the number is written."""
    _, of = np.unique(marks.astype(str), return_inverse=True)
    count = np.bincount(of)
    middle = np.column_stack([np.bincount(of, weights=places[:, k]) / count for k in (0, 1)])
    return np.asarray(np.round(places - middle[of], 6))


def _ranks(places: Floats, away: Floats) -> NDArray[np.int64]:
    """Return how many numbers are written at the same place to the same side before each: where one mark follows another."""
    keys = pd.DataFrame({"x": places[:, 0], "y": places[:, 1], "right": away[:, 0] >= 0, "up": np.signbit(away[:, 1])})
    return np.asarray(keys.groupby(["x", "y", "right", "up"], sort=False).cumcount(), dtype=np.int64)


def _told(row: object) -> str:
    """Return the string of XDATA of a point: to 1e-8 degrees and a thousandth of a metre, a millimetre both."""
    values = (("lon", 8), ("lat", 8), ("chainage_m", 3), ("offset_m", 3), ("radius_m", 3))
    known = [(float(getattr(row, key, math.nan)), digits) for key, digits in values]
    told = [f"{value:.{digits}f}" if math.isfinite(value) else "" for value, digits in known]
    return ";".join([str(getattr(row, "point", "")), str(getattr(row, "corner", "")), *told]).rstrip(";")
