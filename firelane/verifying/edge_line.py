"""The edge line: continuous, 15 cm wide, 30 cm from the pavement edge, yellow (第十三条（二）).

The reference is what a perfect plan paints along every kerbless edge. The drawn line is cut square to the edge every
10 cm: where the cut finds no paint there is a gap; else its near and far edge give width and distance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.lanes.rings import segments_of
from firelane.markings.lines import edge_lines
from firelane.verifying.chords import Track, runs, stretches
from firelane.verifying.limits import number
from firelane.verifying.records import FAIL, NOT_MEASURED, PASS, Check

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firelane.verifying.ground import Ground
    from firelane.verifying.shapes import Paint

    Floats = NDArray[np.float64]

ARTICLE = "第十三条（二）"
_PLAIN_M = 2e-3
_SHARPEST_DEG = 75.0  # half the turn of a corner whose point is drawn out in full


@dataclass(frozen=True)
class _Cuts:
    """Cuts square to the edge: foot on the edge, unit vector inwards, place on the reference, and whether it counts.

    At ``straight`` cuts width and distance are exact; at ``bent`` ones, round corners, they may be greater by ``mitre``:
    the line may be rounded there or run to a point, but nowhere be thinner.
    """

    foot: Floats
    way: Floats
    axis: NDArray[np.int64]
    along_m: Floats
    straight: NDArray[np.bool_]
    bent: NDArray[np.bool_]
    mitre: Floats


def check_edge_line(ground: Ground, paint: Paint, grids: list[Any]) -> list[Check]:
    """Return the checks of the edge line.

    Parameters
    ----------
    ground : Ground
    paint : Paint
        Lines along the edge alone.
    grids : list of Polygon
        Outlines of the grids: the line ends at them.
    """
    dims = ground.dims
    made = edge_lines(ground.edges, ground.pavement, grids, dims)
    if not made.axes:
        return []
    lanes = np.array([lane for _, lane, _ in made.axes], dtype=object)
    axes = np.array([line for _, _, line in made.axes], dtype=object)
    total = float(shapely.length(axes).sum())
    if not len(paint):
        x, y = ground.site_xy(shapely.get_coordinates(axes[0].interpolate(0.5, normalized=True))[0])
        return [Check("edge_line_continuity", FAIL, f"未见路面禁停线：应施划 {total:.1f} m", f"there is no edge line: {total:.1f} m are wanted",
                      0.0, total, "m", x, y, length_m=total, article=ARTICLE)]  # fmt: skip
    areas = shapely.get_parts(shapely.union_all(paint.shapes))
    cuts = _cuts(ground, axes)
    middle = (dims.edge_line_near_m + dims.edge_line_far_m) / 2
    near, far = _nearest(stretches(cuts.foot, cuts.way, number("line", "reach_m"), areas), len(cuts.foot), middle)
    # Where lines meet at a sharp corner a cut through a perfect one shows more than its width.
    perfect = shapely.get_parts(shapely.union_all([mark.shape for mark in made.marks]))
    best = _nearest(stretches(cuts.foot, cuts.way, number("line", "reach_m"), perfect), len(cuts.foot), middle)
    plain = (np.abs(best[0] - dims.edge_line_near_m) < _PLAIN_M) & (np.abs(best[1] - dims.edge_line_far_m) < _PLAIN_M)
    there = (np.abs(best[0] - dims.edge_line_near_m) < _PLAIN_M) & (best[1] - dims.edge_line_far_m > -_PLAIN_M)
    bent = (cuts.straight | cuts.bent) & there & ~(cuts.straight & plain)
    # In an inner corner a cut runs on along the other side's line: only that nothing lacks can be told there.
    cuts = replace(cuts, straight=cuts.straight & plain, bent=bent, mitre=np.where(plain, cuts.mitre, np.inf))
    checks = _gaps(ground, axes, lanes, areas, cuts, near)
    checks += _measures(ground, lanes, cuts, near, far)
    checks += _dashes(ground, paint)
    return checks


def _cuts(ground: Ground, axes: NDArray[Any]) -> _Cuts:
    track = Track(axes)
    axis, s = track.stations(number("line", "step_m"))
    at = track.points(axis, s)
    segments, _ = segments_of(ground.edges.lines[~ground.edges.kerbed])
    nearest = shapely.STRtree(segments).nearest(shapely.points(at))
    ends = shapely.get_coordinates(segments[nearest]).reshape(-1, 2, 2)
    a, b = ends[:, 0], ends[:, 1]
    t = ((at - a) * (b - a)).sum(axis=1) / np.maximum(((b - a) ** 2).sum(axis=1), 1e-18)
    foot = a + np.clip(t, 0.0, 1.0)[:, None] * (b - a)
    way = at - foot
    away = np.hypot(*way.T)
    way = way / np.maximum(away, 1e-9)[:, None]
    middle = (ground.dims.edge_line_near_m + ground.dims.edge_line_far_m) / 2
    length = track.length[axis]
    end = number("line", "end_m")
    inside = (np.abs(away - middle) < 0.01) & (((s > end) & (s < length - end)) | shapely.is_closed(axes)[axis])
    straight = inside.copy()
    turn = np.full(len(s), _SHARPEST_DEG)
    corner = number("line", "corner_m")
    limit = np.cos(np.radians(number("line", "corner_deg")))

    def cosine(away_m: float) -> Floats:
        """Return how the line's heading so far away compares with that here."""
        own, heading = (
            track.points(axis, at + 0.02) - track.points(axis, at - 0.02) for at in (s, np.clip(s + away_m, 0.0, length))
        )
        return np.asarray((heading * own).sum(axis=1) / np.maximum(np.hypot(*heading.T) * np.hypot(*own.T), 1e-12))

    for sign in (-1.0, 1.0):
        straight &= cosine(sign * corner) >= limit
        turn = np.minimum(turn, np.degrees(np.arccos(np.clip(cosine(sign * 2 * corner), -1.0, 1.0))))
    # The point of a corner lies 1/cos of the turn from here to its nearer side farther off than a rounded one.
    most = np.minimum(turn + number("line", "mitre_deg"), _SHARPEST_DEG)
    return _Cuts(foot, way, axis, s, straight, inside & ~straight, 1.0 / np.cos(np.radians(most)))


def _nearest(found: Any, count: int, middle_m: float) -> tuple[Floats, Floats]:
    """Return near and far edge of the paint at each cut, of several the stretch nearest to the middle; NaN for none."""
    near, far = np.full(count, np.nan), np.full(count, np.nan)
    away = np.maximum(np.maximum(found.enter_m - middle_m, middle_m - found.leave_m), 0.0)
    order = np.lexsort((away, found.cut))
    cut = found.cut[order]
    first = np.r_[True, cut[1:] != cut[:-1]] if len(cut) else np.empty(0, dtype=bool)
    rows = order[first]
    near[found.cut[rows]], far[found.cut[rows]] = found.enter_m[rows], found.leave_m[rows]
    return near, far


def _gaps(
    ground: Ground, axes: NDArray[Any], lanes: NDArray[Any], areas: NDArray[Any], cuts: _Cuts, near: Floats
) -> list[Check]:
    """Return a fault for every interruption, with its exact length along the line."""
    checks: list[Check] = []
    least = number("tolerance", "gap_m")
    bare = np.isnan(near)
    tree = shapely.STRtree(areas)
    start = np.searchsorted(cuts.axis, np.arange(len(axes) + 1))
    for n, line in enumerate(axes):
        touching = areas[np.sort(tree.query(line, predicate="intersects"))]
        rest = shapely.difference(line, shapely.union_all(touching)) if len(touching) else line
        for piece in shapely.get_parts(shapely.line_merge(rest) if rest.geom_type == "MultiLineString" else rest):
            if piece.length <= least:
                continue
            ends = shapely.line_locate_point(line, shapely.points(shapely.get_coordinates(piece)))
            rows = slice(int(start[n]), int(start[n + 1]))
            low, high = float(ends.min()), float(ends.max())
            if line.is_closed and high - low > piece.length + 1e-6:
                low, high = 0.0, line.length
            within = (cuts.along_m[rows] >= low) & (cuts.along_m[rows] <= high)
            spot = shapely.get_coordinates(piece.interpolate(0.5, normalized=True))[0]
            if within.any() and not bare[rows][within].any():
                continue  # painted, but elsewhere: that is told as a wrong distance
            if within.any():
                share = float(bare[rows][within].mean())
                length = piece.length if share > 0.999 else piece.length * share
            else:
                length = piece.length
            x, y = ground.site_xy(spot)
            lane, chainage = ground.along(spot)
            checks.append(Check(
                "edge_line_continuity", FAIL, f"路面禁停线中断 {length:.2f} m（应为连续实线）",
                f"the edge line is interrupted over {length:.2f} m; it must be solid", length, least, "m", x, y,
                str(lanes[n]) if lanes[n] is not None else lane, chainage, length_m=length, article=ARTICLE,
            ))  # fmt: skip
    if not checks:
        total = float(shapely.length(axes).sum())
        checks.append(Check("edge_line_continuity", PASS, f"路面禁停线连续，共 {total:.1f} m", f"the edge line is continuous: {total:.1f} m",
                            total, None, "m", article=ARTICLE))  # fmt: skip
    return checks


def _measures(ground: Ground, lanes: NDArray[Any], cuts: _Cuts, near: Floats, far: Floats) -> list[Check]:
    """Return the checks of width and distance."""
    dims = ground.dims
    known = np.isfinite(near)
    exact = cuts.straight & known
    measured = (cuts.straight | cuts.bent) & known
    if not exact.any():
        return [Check("edge_line_width", NOT_MEASURED, "路面禁停线线宽未能测量", "the width of the edge line could not be measured",
                      article=ARTICLE)]  # fmt: skip
    width = far - near
    wanted, at = dims.number("edge_line_width_m"), dims.edge_line_near_m
    reading_zh, reading_en = (
        ("线的中心", "its centre") if dims.word("edge_line_offset_to") == "centre" else ("线的近边", "its near edge")
    )
    shift = wanted / 2 if dims.word("edge_line_offset_to") == "centre" else 0.0
    excess = _excess(cuts, width, wanted, number("tolerance", "corner_m"))
    checks = _runs(
        ground, lanes, cuts, measured, excess, number("tolerance", "width_m"), "edge_line_width",
        lambda worst, length: (
            f"路面禁停线线宽 {_shown(wanted + worst)} m（应为 {wanted:g} m），长 {length:.1f} m",
            f"the edge line is {_shown(wanted + worst)} m wide over {length:.1f} m; it must be {wanted:g} m",
            wanted + worst, wanted,
        ),
        lambda: (
            f"路面禁停线线宽 {width[exact].min():.3f}–{width[exact].max():.3f} m",
            f"the edge line is {width[exact].min():.3f}-{width[exact].max():.3f} m wide",
            float(width[exact].min()), wanted,
        ),
    )  # fmt: skip
    # The near edge tells nothing of the place where the width is wrong as well: then the middle does.
    wrong = np.abs(width - wanted) > number("tolerance", "width_m")
    off = np.where(wrong, (near + far) / 2 - (at + wanted / 2), near - at)
    wide = np.where(wrong, number("tolerance", "offset_m") + np.abs(width - wanted) / 2, number("tolerance", "offset_m"))
    off = np.where(np.abs(off) > wide, off, 0.0)
    # Where the width is wrong at a corner its middle tells nothing of the distance.
    at_bent = np.where(np.abs(excess) > 0, 0.0, _excess(cuts, near, at, number("tolerance", "corner_m")))
    off = np.where(cuts.bent, at_bent, off)
    said = f", measured to {reading_en}"
    hint = _other_reading(dims, float(np.nanmedian(near[exact])))
    checks += _runs(
        ground, lanes, cuts, measured, off, number("tolerance", "offset_m"), "edge_line_offset",
        lambda worst, length: (
            f"路面禁停线距路面边缘 {_shown(at + shift + worst)} m（量至{reading_zh}，应为 {at + shift:g} m），长 {length:.1f} m{hint[0]}",
            f"the edge line is {_shown(at + shift + worst)} m off the pavement edge over {length:.1f} m; wanted {at + shift:g} m{said}{hint[1]}",
            at + shift + worst, at + shift,
        ),
        lambda: (
            f"路面禁停线距路面边缘 {near[exact].min() + shift:.3f}–{near[exact].max() + shift:.3f} m（量至{reading_zh}）",
            f"the edge line is {near[exact].min() + shift:.3f}-{near[exact].max() + shift:.3f} m off the pavement edge{said}",
            float(near[exact].min()) + shift, at + shift,
        ),
    )  # fmt: skip
    return checks


def _excess(cuts: _Cuts, value: Floats, wanted: float, slack_m: float) -> Floats:
    """Return by how much a measure is off; round corners only what neither a rounded nor a pointed line explains."""
    off = value - wanted
    allowed = (off >= -slack_m) & (value <= wanted * cuts.mitre + slack_m)
    return np.where(cuts.bent & allowed, 0.0, off)


def _shown(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else ">1"


def _other_reading(dims: Any, near_m: float) -> tuple[str, str]:
    """Return a hint where the whole line follows the other reading of the 30 cm."""
    half = dims.number("edge_line_width_m") / 2
    centre = dims.word("edge_line_offset_to") == "centre"
    other = dims.number("edge_line_offset_m") - (0.0 if centre else half)
    if abs(near_m - other) > number("tolerance", "offset_m"):
        return "", ""
    word = "near_edge" if centre else "centre"
    return (
        f'；符合另一种理解，如认可请在 [marking] 中写 edge_line_offset_to = "{word}"',
        f'; it follows the other reading: if that is accepted write edge_line_offset_to = "{word}" in [marking]',
    )


def _runs(
    ground: Ground, lanes: NDArray[Any], cuts: _Cuts, measured: NDArray[np.bool_], off: Floats, tolerance: float, name: str,
    told: Any, fine: Any,
) -> list[Check]:  # fmt: skip
    """Return one fault for each run of cuts whose measure is off, else one check that passes."""
    wrong = measured & (np.abs(off) > tolerance)
    checks: list[Check] = []
    step = number("line", "step_m")
    # Cuts that are not measured, at corners, do not end a run.
    rows = np.flatnonzero(measured)
    for a, b in runs(wrong[rows], cuts.axis[rows]):
        inside = rows[a:b]
        worst = inside[int(np.abs(off[inside]).argmax())]
        length = float(cuts.along_m[inside[-1]] - cuts.along_m[inside[0]]) + step
        spot = cuts.foot[worst] + 0.375 * cuts.way[worst]
        x, y = ground.site_xy(spot)
        lane, chainage = ground.along(spot)
        zh, en, value, limit = told(float(off[worst]), length)
        own = lanes[cuts.axis[worst]]
        checks.append(Check(
            name, FAIL, zh, en, value if np.isfinite(value) else None, limit, "m", x, y, lane if own is None else str(own), chainage,
            length_m=length, article=ARTICLE,
        ))  # fmt: skip
    if not checks:
        zh, en, value, limit = fine()
        checks.append(Check(name, PASS, zh, en, value, limit, "m", article=ARTICLE))
    return checks


def _dashes(ground: Ground, paint: Paint) -> list[Check]:
    """Return a fault for lines drawn in a line type with gaps."""
    rows = np.flatnonzero(paint.dashed)
    checks = []
    for n in rows:
        spot = shapely.get_coordinates(shapely.point_on_surface(paint.shapes[n]))[0]
        x, y = ground.site_xy(spot)
        lane, chainage = ground.along(spot)
        length = float(shapely.length(paint.shapes[n])) / 2
        checks.append(Check("edge_line_solid", FAIL, "路面禁停线线型为虚线（应为实线）", "the edge line is drawn dashed; it must be solid",
                            None, None, "", x, y, lane, chainage, length_m=length, article=ARTICLE))  # fmt: skip
    return checks
