"""The width of one lane along its chainage, as a small chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from firelane.report.scene import Label, Scene, label_width
from firelane.report.words import words
from firelane.vocabulary import Quantity, Verdict, rounded_down

if TYPE_CHECKING:
    from firelane.webmap.content import Content

WIDTH, HEIGHT = 477.0, 118.0
_CAP_M = 8.0  # from here on a width reads "or more" (contract §2)
_LEFT, _FOOT, _HEAD, _RIGHT = 30.0, 24.0, 14.0, 8.0
_GREY, _CLEAR, _LIMIT, _FAINT = "#5b6570", "#1d4e89", "#b3122b", "#d8dde2"
_Box = tuple[float, float, float, float]
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


def lanes_charted(content: Content) -> list[str]:
    """Return the lanes whose width fails or is in doubt and has a profile, the narrowest first."""
    table = content.audit.lanes
    open_ = {
        f.lane_id
        for f in content.audit.findings
        if f.quantity is Quantity.CLEAR_WIDTH and f.verdict in (Verdict.FAIL, Verdict.INDETERMINATE)
    }
    rows = [
        (float(width), str(lane))
        for lane, width in zip(table["lane_id"], table["min_clear_width_m"], strict=True)
        if lane in open_ and np.isfinite(width)
    ]
    return [lane for _, lane in sorted(rows)]


def profile(content: Content, lane_id: str) -> Scene:
    """Return the chart of one lane: clear width, its limit, the stretches below it and the least width."""
    audit, text = content.audit, words(content.lang)
    rows = audit.profile[(audit.profile["lane_id"] == lane_id).to_numpy(bool)]
    order = np.argsort(rows["chainage_m"].to_numpy(float), kind="stable")
    along = rows["chainage_m"].to_numpy(float)[order]
    clear = rows["clear_width_m"].to_numpy(float)[order]
    length = float(audit.lanes["length_m"].to_numpy(float)[(audit.lanes["lane_id"] == lane_id).to_numpy(bool)][0])
    scene = Scene(WIDTH, HEIGHT)
    kx = (WIDTH - _LEFT - _RIGHT) / max(length, 1e-9)
    ky = (HEIGHT - _FOOT - _HEAD) / _CAP_M

    def x(m: float) -> float:
        return _LEFT + m * kx

    def y(m: float) -> float:
        return _FOOT + min(m, _CAP_M) * ky

    for level in range(0, int(_CAP_M) + 1, 2):
        scene.stroke((x(0), y(level)), (x(length), y(level)), colour=_FAINT, weight=0.4)
        mark = f"≥{level}" if level == _CAP_M else f"{level}"
        scene.label(_LEFT - 4, y(level) - 2.3, mark, size=6.5, colour=_GREY, align="right")
    step = next((s for s in _STEPS if length / s <= 12), _STEPS[-1])
    for m in np.arange(0.0, length + 1e-6, step):
        scene.stroke((x(m), _FOOT), (x(m), _FOOT - 3), colour=_GREY, weight=0.5)
        scene.label(x(m), _FOOT - 10, f"{m:g}", size=6.5, colour=_GREY)
    scene.label(x(length / 2), 3, text["chainage_axis"], size=6.5, colour=_GREY)
    scene.label(_LEFT, HEIGHT - 8, text["width_axis"], size=6.5, colour=_GREY, align="left")
    limit = content.limit_m
    known = np.isfinite(clear)
    if limit is not None:
        for start, stop in _runs(known & (clear < limit - 1e-6)):
            part, widths = along[start:stop], np.minimum(clear[start:stop], limit)
            if stop - start == 1:
                part, widths = np.array([part[0] - 0.4 / kx, part[0] + 0.4 / kx]), np.repeat(widths, 2)
            top = [(x(m), y(limit)) for m in part[::-1]]
            ring = [*((x(m), y(w)) for m, w in zip(part, widths, strict=True)), *top]
            scene.area(shapely.Polygon(ring), fill="#f0b8bf")
        scene.stroke((x(0), y(limit)), (x(length), y(limit)), colour=_LIMIT, weight=0.8, dash=(4.0, 2.0))
    for start, stop in _runs(known):
        if stop - start > 1:
            scene.stroke(*((x(m), y(w)) for m, w in zip(along[start:stop], clear[start:stop], strict=True)),
                         colour=_CLEAR, weight=1.3)  # fmt: skip
    taken = (0.0, 0.0, 0.0, 0.0)
    if known.any():
        least = int(np.nanargmin(clear))
        told = [f for f in audit.findings if f.lane_id == lane_id and f.quantity is Quantity.CLEAR_WIDTH and f.value is not None]
        # the finding tells the true least width; a station may lie half a metre beside it
        width_m = min([float(clear[least]), *(float(f.value) for f in told if f.value is not None)])
        mark = text["least_width"].format(value=rounded_down(width_m))
        taken = _least(scene, x(along[least]), y(clear[least]), mark)
    if limit is not None:
        said = text["limit_line"].format(value=f"{limit:g}")
        curve = np.column_stack([[x(m) for m in along], [y(w) for w in clear]])
        end, foot, align = _free_spot(said, y(limit), x(0), x(length), curve, taken)
        scene.label(end, foot, said, size=6.5, colour=_LIMIT, align=align, ground="#ffffff")
    scene.stroke((x(0), _FOOT), (x(length), _FOOT), colour=_GREY, weight=0.6)
    return scene


def _least(scene: Scene, at: float, height: float, mark: str) -> _Box:
    """Mark the least width with its figure; return what the figure covers."""
    scene.area(shapely.Point(at, height).buffer(2.0), fill=_LIMIT)
    base, wide = max(height - 9.0, _FOOT + 2.0), label_width(Label(0, 0, mark, size=7, bold=True))
    before = at < WIDTH / 2
    spot = at + 5.0 if before else at - 5.0
    scene.label(
        spot, base, mark, size=7, colour=_LIMIT, bold=True, align="left" if before else "right", ground="#ffffff"
    )
    start = spot if before else spot - wide
    return start, base - 2.0, start + wide, base + 8.0


def _free_spot(
    said: str, level: float, left: float, right: float, curve: np.ndarray, taken: _Box
) -> tuple[float, float, Literal["left", "right"]]:
    """Return where the limit's name stands: an end of its line, above or below, that curve and other label leave free."""
    wide = label_width(Label(0, 0, said, size=6.5))
    spots: list[tuple[float, float, Literal["left", "right"]]] = [
        (right, level + 2.5, "right"), (right, level - 8.5, "right"), (left, level + 2.5, "left"), (left, level - 8.5, "left"),
    ]  # fmt: skip
    for at, base, side in spots:
        start = at - wide if side == "right" else at
        box = (start - 1, base - 2, start + wide + 1, base + 7)
        inside = (curve[:, 0] >= box[0]) & (curve[:, 0] <= box[2]) & (curve[:, 1] >= box[1]) & (curve[:, 1] <= box[3])
        over = box[0] < taken[2] and taken[0] < box[2] and box[1] < taken[3] and taken[1] < box[3]
        if not inside.any() and not over:
            return at, base, side
    return spots[0]


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Return (start, stop) of every run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
