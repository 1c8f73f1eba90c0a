"""The grid at every entrance: clear width, border 20 cm, lines 10 cm at 45°, lettering in the middle (第十三条（三）)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.verifying.chords import runs, stretches
from firelane.verifying.lattice import Lattice, lattice_of
from firelane.verifying.lettering import Line, Reader
from firelane.verifying.limits import number
from firelane.verifying.records import FAIL, INFO, PASS, Check

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firelane.verifying.ground import Entrance, Ground

    Floats = NDArray[np.float64]
    Objects = NDArray[np.object_]

ARTICLE = "第十三条（三）"
_STEP_M = 0.05
_WINDOW_M = 0.45


def outline_of(grid: Any) -> Any:
    """Return the area that a grid encloses."""
    parts = shapely.get_parts(grid)
    whole = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(parts)))
    return max(shapely.get_parts(whole), key=lambda part: float(part.area))


def check_grids(
    ground: Ground, grids: dict[str, Any], rest: Objects, patterns: Objects, lines: list[Line], reader: Reader
) -> list[Check]:
    """Return the checks of the grids of all entrances, in the axes of each.

    Parameters
    ----------
    grids : dict
        Entrance → area of its grid.
    rest : ndarray of Polygon
        Other paint: characters among it.
    patterns : ndarray of Polygon
        Areas filled with a pattern: no lines that could be measured.
    """
    checks: list[Check] = []
    for entrance in ground.entrances:
        if entrance.width_m <= 2 * ground.dims.number("grid_border_m") + ground.dims.number("grid_line_m"):
            continue
        if entrance.entrance_id not in grids:
            checks.append(_missing(ground, entrance, patterns))
            continue
        checks += _one(ground, entrance, grids[entrance.entrance_id], rest, lines, reader)
    return _gathered(checks)


_FINE = {
    "grid_cover": ("网状线覆盖出入口净宽", "every grid covers the clear width of its entrance"),
    "grid_border": ("外边框线宽均为 20 cm", "all borders are 20 cm wide"),
    "grid_lines": ("内部网格线线宽均为 10 cm", "all inner lines are 10 cm wide"),
    "grid_angle": ("内部网格线与外边框夹角均为 45°", "all inner lines stand at 45° to the border"),
    "grid_lettering": ("网状线内字样均正确", "the lettering of all grids is right"),
}


def _gathered(checks: list[Check]) -> list[Check]:
    """Return the checks with those that pass put together."""
    out = [check for check in checks if check.verdict != PASS]
    for name, (zh, en) in _FINE.items():
        own = [check for check in checks if check.check == name]
        if own and all(check.verdict == PASS for check in own):
            out.append(Check(name, PASS, f"{zh}（{len(own)} 处）", f"{en} ({len(own)})", float(len(own)), None, "", article=ARTICLE))
    return out


def _missing(ground: Ground, entrance: Entrance, patterns: Objects) -> Check:
    x, y = ground.site_xy(entrance.back(np.array([0.0, 1.0])))
    name, width = entrance.entrance_id, entrance.width_m
    hatched = len(patterns) and bool(shapely.dwithin(patterns, entrance.line, 1.0).any())
    zh, en = (
        ("网状线以图案填充绘制，不是可测量的标线", "its grid is a hatch pattern: no lines that could be painted or measured")
        if hatched
        else ("未见网状线", "there is no grid")
    )
    return Check("grid_missing", FAIL, f"出入口 {name}：{zh}", f"entrance {name}: {en}", 0.0, width, "m", x, y, entrance.lane_id, None, name,
                 length_m=width, article=ARTICLE)  # fmt: skip


class _Told:
    """Makes the checks of one entrance."""

    def __init__(self, ground: Ground, entrance: Entrance) -> None:
        self.ground, self.entrance = ground, entrance

    def __call__(
        self, name: str, verdict: str, zh: str, en: str, value: float | None, limit: float | None, unit: str, at: Any, length: float = 0.0
    ) -> Check:
        x, y = self.ground.site_xy(self.entrance.back(np.asarray(at, dtype=float)))
        own = self.entrance.entrance_id
        return Check(name, verdict, f"出入口 {own}：{zh}", f"entrance {own}: {en}", value, limit, unit, x, y, self.entrance.lane_id, None,
                     own, length_m=length, article=ARTICLE)  # fmt: skip


def _one(ground: Ground, entrance: Entrance, grid: Any, rest: Objects, lines: list[Line], reader: Reader) -> list[Check]:
    told = _Told(ground, entrance)
    own = entrance.axes(grid)
    outline = outline_of(own)
    checks = [_cover(ground, entrance, outline, told)]
    checks += _border(ground, own, outline, told)
    inner = _inner(ground, outline)
    lattice = lattice_of(own, inner, ground.dims.number("grid_line_m"))
    checks += _lines(ground, lattice, told)
    letters, extent = _letters(ground, entrance, outline, rest, lines, reader, told)
    checks.append(letters)
    broken = _broken(ground, own, outline, lattice, extent, told)
    if broken:
        checks = [check for check in checks if (check.check, check.verdict) != ("grid_lines", PASS)]
    return checks + broken


def _inner(ground: Ground, outline: Any) -> Any:
    return shapely.buffer(outline, -ground.dims.number("grid_border_m"), join_style="mitre", mitre_limit=5.0)


def _cover(ground: Ground, entrance: Entrance, outline: Any, told: _Told) -> Check:
    """Judge whether a grid reaches from edge to edge of the pavement over its whole depth, and begins at the mouth."""
    half = entrance.width_m / 2
    _, low, _, high = outline.bounds
    room = shapely.box(-half, number("tolerance", "grid_mouth_m"), half, max(high, number("tolerance", "grid_mouth_m") + 0.1))
    wanted = shapely.intersection(room, entrance.axes(ground.judged))
    slack = number("tolerance", "grid_cover_m")
    bare = shapely.buffer(shapely.difference(wanted, shapely.buffer(outline, slack, join_style="mitre")), -1e-3)
    pieces = [part for part in shapely.get_parts(bare) if part.area > slack * 0.5]
    if low > number("tolerance", "grid_mouth_m"):
        return told("grid_cover", FAIL, f"网状线距出入口线 {low:.2f} m", f"the grid begins {low:.2f} m inside the mouth", low, 0.0, "m", (0.0, low), low)
    if pieces:
        worst = max(pieces, key=lambda part: float(part.area))
        west, _, east, _ = outline.bounds
        at = shapely.get_coordinates(worst.centroid)[0]
        return told(
            "grid_cover", FAIL, f"网状线宽 {east - west:.2f} m，未覆盖净宽 {entrance.width_m:.2f} m",
            f"the grid is {east - west:.2f} m wide and does not cover the clear width of {entrance.width_m:.2f} m", east - west,
            entrance.width_m, "m", at, entrance.width_m - (east - west),
        )  # fmt: skip
    return told("grid_cover", PASS, "", "", None, None, "", (0.0, 0.0))


def _border(ground: Ground, grid: Any, outline: Any, told: _Told) -> list[Check]:
    """Judge the width of the border: cut square to the outline every 5 cm.

    Where an inner line meets the border a cut runs on along it: of the cuts within half a metre the shortest counts.
    """
    wanted, slack = ground.dims.number("grid_border_m"), number("tolerance", "width_m")
    ring = shapely.get_exterior_ring(shapely.orient_polygons(shapely.simplify(outline, 1e-3)))
    count = max(int(ring.length / _STEP_M), 8)
    s = (np.arange(count) + 0.5) * ring.length / count
    at = shapely.get_coordinates(shapely.line_interpolate_point(ring, s))
    back, ahead = (shapely.get_coordinates(shapely.line_interpolate_point(ring, (s + d) % ring.length)) for d in (-0.01, 0.01))
    way = ahead - back
    way = way / np.maximum(np.hypot(*way.T), 1e-12)[:, None]
    inwards = np.stack([-way[:, 1], way[:, 0]], axis=1)
    found = stretches(at - 2e-3 * inwards, inwards, 2.0, shapely.get_parts(grid))
    thick = np.zeros(count)
    first = np.r_[True, found.cut[1:] != found.cut[:-1]] if len(found.cut) else np.empty(0, dtype=bool)
    close = first & (found.enter_m < 6e-3)
    thick[found.cut[close]] = np.minimum(found.leave_m[close], 2.0) - np.maximum(found.enter_m[close], 2e-3)
    window = max(int(_WINDOW_M / _STEP_M), 1)
    around = np.stack([np.roll(thick, k) for k in range(-window, window + 1)])
    least, typical = thick, around.min(axis=0)
    # Cuts at the corners of the outline run along the other side: they are long, and their neighbours tell.
    checks = []
    for name, wrong, value in (("narrow", least < wanted - slack, least), ("wide", typical > wanted + slack, typical)):
        for a, b in runs(_closed(wrong, window), np.zeros(count, dtype=np.int64)):
            inside = a + np.flatnonzero(wrong[a:b])
            worst = int(inside[np.abs(value[inside] - wanted).argmax()])
            length = (b - a) * ring.length / count
            width = float(value[worst])
            if name == "narrow" and length <= 2 * _STEP_M and width > 0 and _at_corner(ring, at[worst]):
                continue
            checks.append(told(
                "grid_border", FAIL,
                f"网状线外边框缺口 {length:.2f} m" if width == 0 else f"网状线外边框线宽 {width:.3f} m（应为 {wanted:g} m），长 {length:.1f} m",
                f"the border of the grid is open over {length:.2f} m" if width == 0 else
                f"the border of the grid is {width:.3f} m wide over {length:.1f} m; it must be {wanted:g} m",
                width, wanted, "m", at[worst], length,
            ))  # fmt: skip
    return checks or [told("grid_border", PASS, "", "", float(np.median(thick)), wanted, "m", (0.0, 0.0))]


def _closed(flags: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """Return flags with short breaks between them filled: inner lines that meet the border part no fault."""
    rows = np.flatnonzero(flags)
    out = flags.copy()
    for a, b in itertools.pairwise(rows.tolist()):
        if 1 < b - a <= most:
            out[a:b] = True
    return out


def _at_corner(ring: Any, xy: Any) -> bool:
    corners = shapely.points(shapely.get_coordinates(ring))
    return bool(shapely.distance(corners, shapely.Point(xy)).min() < 2 * _STEP_M)


def _lines(ground: Ground, lattice: Lattice, told: _Told) -> list[Check]:
    """Judge the inner lines: width, angle of each, both directions, spacing."""
    wanted, slack = ground.dims.number("grid_line_m"), number("tolerance", "width_m")
    angle, most = ground.dims.number("grid_angle_deg"), number("tolerance", "angle_deg")
    checks: list[Check] = []
    if not len(lattice.angle_deg):
        return [told("grid_angle", FAIL, "网状线内没有网格线", "the grid has no inner lines", None, None, "", (0.0, 1.0), 1.0)]
    off = np.abs(np.abs(lattice.angle_deg) - angle)
    bad = off > most
    for n in _one_each(lattice, bad, off):
        value = float(min(abs(lattice.angle_deg[n]), 90.0 - abs(lattice.angle_deg[n])))  # the sharper one of the two
        checks.append(told("grid_angle", FAIL, f"网格线与外边框夹角 {value:.1f}°（应为 {angle:g}°）", f"an inner line stands at {value:.1f}° to the "
                           f"border; it must be {angle:g}°", value, angle, "°", lattice.middle[n], float(lattice.length_m[n])))  # fmt: skip
    rising = float(lattice.length_m[lattice.angle_deg > 0].sum())
    falling = float(lattice.length_m[lattice.angle_deg < 0].sum())
    if min(rising, falling) < number("grid", "family_share") * max(rising, falling):
        checks.append(told("grid_angle", FAIL, "网格线只有一个方向，未成网状", "the inner lines run in one direction only: no grid", min(rising, falling),
                           max(rising, falling), "m", (0.0, 1.0), max(rising, falling)))  # fmt: skip
    if not checks:
        checks.append(told("grid_angle", PASS, "", "", angle, angle, "°", (0.0, 0.0)))
    known = np.isfinite(lattice.width_m)
    wrong = known & (np.abs(lattice.width_m - wanted) > slack)
    for n in _one_each(lattice, wrong, np.abs(np.nan_to_num(lattice.width_m) - wanted)):
        value = float(lattice.width_m[n])
        checks.append(told("grid_lines", FAIL, f"网格线线宽 {value:.3f} m（应为 {wanted:g} m）", f"an inner line is {value:.3f} m wide; it must be "
                           f"{wanted:g} m", value, wanted, "m", lattice.middle[n], float(lattice.length_m[n])))  # fmt: skip
    if not wrong.any():
        checks.append(told("grid_lines", PASS, "", "", float(np.nanmedian(lattice.width_m)) if known.any() else None, wanted, "m", (0.0, 0.0)))
    for low, high in lattice.spacings():
        fits = number("grid", "spacing_min_m") - 0.05 <= low and high <= number("grid", "spacing_max_m") + 0.05
        zh = "" if fits else "（国标为 1–5 m）"
        en = "" if fits else " (GB 5768.3: 1-5 m)"
        checks.append(told("grid_spacing", INFO, f"网格线间距 {low:.2f}–{high:.2f} m{zh}", f"inner lines are {low:.2f}-{high:.2f} m apart{en}", low, None,
                           "m", (0.0, 1.0)))  # fmt: skip
    return checks


def _broken(
    ground: Ground, grid: Any, outline: Any, lattice: Lattice, extent: tuple[Floats, Floats] | None, told: _Told
) -> list[Check]:
    """Judge whether every inner line runs from border to border, except where the lettering stands.

    Lines of a wrong angle are told as that. Where there is no lettering, which is a fault by itself, nobody knows where
    they should end.
    """
    if extent is None:
        return []
    # A lettering that stands aside, or lacks characters, has left its room in the middle free.
    middle = shapely.get_coordinates(outline.centroid)[0]
    reach = number("tolerance", "lattice_panel_m") + ground.dims.number("grid_panel_margin_m")
    half = np.maximum(np.abs(extent[0] - middle), np.abs(extent[1] - middle)) + reach
    panel = shapely.box(*(middle - half), *(middle + half))
    room = shapely.difference(shapely.buffer(_inner(ground, outline), -number("tolerance", "lattice_m"), join_style="mitre"), panel)
    right = np.abs(np.abs(lattice.angle_deg) - ground.dims.number("grid_angle_deg")) <= number("tolerance", "angle_deg")
    return [
        told("grid_lines", FAIL, f"网格线中断，缺 {length:.2f} m", f"an inner line is interrupted: {length:.2f} m of it are missing", length, 0.0, "m",
             spot, length)
        for spot, length in lattice.broken(grid, room, right)
    ]  # fmt: skip


def _one_each(lattice: Lattice, bad: NDArray[np.bool_], off: Floats) -> list[int]:
    """Return for every line that is wrong somewhere its worst piece."""
    worst: dict[int, int] = {}
    for n in np.flatnonzero(bad):
        key = int(lattice.line[n])
        if key not in worst or off[n] > off[worst[key]]:
            worst[key] = int(n)
    return sorted(worst.values())


def _letters(
    ground: Ground, entrance: Entrance, outline: Any, rest: Objects, lines: list[Line], reader: Reader, told: _Told
) -> tuple[Check, tuple[Floats, Floats] | None]:
    """Judge the lettering of a grid: right, for the driver who enters, in the middle; and return its lower left and upper right corner."""
    turned = entrance.axes(rest)
    inside = np.flatnonzero(shapely.contains_properly(outline, turned)) if len(rest) else np.empty(0, dtype=int)
    own = [line for line in lines if shapely.contains(outline, shapely.Point(entrance.axes(shapely.Point(line.middle))))]
    # An exit is read by those who leave; a fire engine may come in there all the same.
    exit_only = entrance.entrance_id in _exits(ground)
    said = reader.judge(rest[inside], own, entrance.inward, both_ways=exit_only)
    at = shapely.get_coordinates(outline.centroid)[0]
    extent: tuple[Floats, Floats] | None = None
    if own:
        corners = np.concatenate([entrance.axes(shapely.points(line.corners)) for line in own])
        corners = shapely.get_coordinates(corners).reshape(-1, 3, 2)
        points = np.concatenate([corners.reshape(-1, 2), corners[:, 1] + corners[:, 2] - corners[:, 0]])
        extent = points.min(axis=0), points.max(axis=0)
    elif len(inside):
        bounds = shapely.bounds(turned[inside])
        extent = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    if said.verdict != PASS or extent is None:
        return told("grid_lettering", said.verdict, f"网状线{said.zh}", f"grid: {said.en}", None, None, "", at, 1.0), extent
    middle = (extent[0] + extent[1]) / 2
    away = float(np.hypot(*(middle - at)))
    most = number("tolerance", "grid_text_m")
    if away > most:
        return told("grid_lettering", FAIL, f"字样偏离网状线中央 {away:.2f} m", f"the lettering stands {away:.2f} m off the middle of the grid", away, most,
                    "m", middle, away), extent  # fmt: skip
    return told("grid_lettering", PASS, "", "", None, None, "", (0.0, 0.0)), extent


def _exits(ground: Ground) -> set[str]:
    table = ground.site.layers.get("entrances")
    if table is None or "kind" not in table:
        return set()
    return {str(name) for name, kind in zip(table["id"], table["kind"], strict=True) if kind == "exit"}
