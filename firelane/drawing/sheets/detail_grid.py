"""Details of the entrance grids: every size in use with the setting-out of its lattice, and a corner for every spacing."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import affinity

from firelane.drawing.sheets.detail_bench import (
    DIM_LAYER,
    FIRST_MM,
    NEXT_MM,
    SIDE_MM,
    TEXT_MM,
    Bench,
    Detail,
    Stretch,
    chain_reach,
    figure_width,
    fitting_scale,
)
from firelane.drawing.sheets.detail_box import travel_arrow
from firelane.markings.lettering import centred_box, polygons_only
from firelane.vocabulary import MarkKind, rounded_down

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from firelane.drawing.canvas import Point
    from firelane.drawing.sheets.detail_basis import Basis
    from firelane.markings.plan import Block

_PITCH_MM = 3.6  # least distance of running figures
_TICK_MM = 2.0
_LIFT_MM = 7.0  # of running figures above the border
_BISECTIONS = 40
_ARROW_ROOM_MM = 15.0
_CORNER_M, _LEAST_CORNER_M, _BEYOND_M, _ABOVE_M = 1.75, 1.2, 0.45, 0.10
_SHORTEST_M = 1e-6
_MOST_NAMED = 4
_LEAVING = "-OUT"  # how the blocks of grids end whose lettering is read by those who drive out


@dataclass(frozen=True)
class GridShape:
    """A rectangular grid in its own axes: outer size, border, spacing of the lines, panel that they leave free [m].

    The axes of ``block`` are those of a driver who enters, whoever the lettering is for; ``parts`` are turned so that it is
    upright, ``leaving`` tells whether that is for a driver who leaves.
    """

    block: Block
    width_m: float
    depth_m: float
    border_m: float
    spacing_m: float
    panel_m: tuple[float, float] | None
    same: int
    leaving: bool = False

    @cached_property
    def parts(self) -> dict[str, BaseGeometry]:
        """The paint as its reader sees it: his direction of travel upwards."""
        if not self.leaving:
            return dict(self.block.parts)
        return {kind: affinity.rotate(part, 180.0, origin=(0.0, 0.0)) for kind, part in self.block.parts.items()}

    @property
    def inner_m(self) -> tuple[float, float]:
        """Size within the border [m]."""
        return self.width_m - 2 * self.border_m, self.depth_m - 2 * self.border_m


def grids_in_use(basis: Basis) -> list[GridShape]:
    """Return every different grid that is painted as a rectangle: the commonest first, of equals those of entrances."""
    grids = {name: b for name, b in basis.plan.blocks.items() if str(MarkKind.GRID_BORDER) in b.parts}
    counts = Counter(p.block for p in basis.plan.placements if p.block in grids)
    order = sorted(counts, key=lambda name: (-counts[name], name.endswith(_LEAVING), name))
    return [_shape(basis, grids[name], counts[name]) for name in order]


def _shape(basis: Basis, block: Block, same: int) -> GridShape:
    dims = basis.dims
    x0, y0, x1, y1 = block.parts[str(MarkKind.GRID_BORDER)].bounds
    width_m, depth_m, border_m = round(x1 - x0, 6), round(y1 - y0, 6), dims.number("grid_border_m")
    wide = width_m > dims.number("grid_wide_from_m")
    return GridShape(
        block, width_m, depth_m, border_m, dims.number("grid_spacing_wide_m" if wide else "grid_spacing_m"),
        _panel(block, (width_m - 2 * border_m, depth_m - 2 * border_m)), same, block.name.endswith(_LEAVING),
    )  # fmt: skip


def _panel(block: Block, inner_m: tuple[float, float]) -> tuple[float, float] | None:
    """Return the size of the rectangle about the middle that the lines leave free, None where there is no lettering.

    The lines end at it, so it is the widest that holds the lettering and touches none.
    """
    text = block.parts.get(str(MarkKind.GRID_TEXT))
    lines = block.parts.get(str(MarkKind.GRID_LINES))
    if text is None or text.is_empty or lines is None or lines.is_empty:
        return None
    x0, y0, x1, y1 = text.bounds
    half = [max(-x0, x1), max(-y0, y1)]
    for axis in (1, 0):  # first higher, then wider
        low, high = half[axis], inner_m[axis] / 2
        for _ in range(_BISECTIONS):
            tried = list(half)
            tried[axis] = (low + high) / 2
            clear = not lines.intersects(centred_box(2 * tried[0] - 1e-7, 2 * tried[1] - 1e-7))
            low, high = (tried[axis], high) if clear else (low, tried[axis])
        half[axis] = low
    return round(2 * half[0], 3), round(2 * half[1], 3)


def line_ends(width_m: float, depth_m: float, spacing_m: float, angle_deg: float) -> list[float]:
    """Return where the axes of the lines meet the side of ``width_m`` of a rectangle, from its corner [m].

    The lines of both families are ``spacing_m`` apart and symmetric about the middle.

    >>> line_ends(2.0, 2.0, math.sqrt(2.0), 45.0)
    [0.0, 2.0]
    """
    angle = math.radians(angle_deg)
    count = math.ceil(math.hypot(width_m, depth_m) / 2 / spacing_m)
    offsets = np.arange(-count, count + 1) * spacing_m
    x = (depth_m / 2 * math.cos(angle) - offsets) / math.sin(angle)
    both = np.concatenate([x, -x]) + width_m / 2
    inside = both[(both > -1e-9) & (both < width_m + 1e-9)]
    return sorted({abs(round(float(value), 6)) for value in inside})


def grid_details(basis: Basis, grids: Sequence[GridShape]) -> list[Detail]:
    """Return every grid in use, and a corner of the commonest one with each spacing of the lines."""
    corners = {grid.spacing_m: grid for grid in reversed(grids)}
    several = len(corners) > 1
    shown = [grid for grid in grids if corners[grid.spacing_m] is grid]
    return [*(_whole(basis, grid) for grid in grids), *(_corner(basis, grid, several=several) for grid in shown)]


def clipped_note(basis: Basis) -> str:
    """Return how the lattice is set out of grids that follow a pavement that is no rectangle; empty where there is none."""
    paint, dims = basis.plan.paint, basis.dims
    rows = paint[(paint["kind"] == str(MarkKind.GRID_BORDER)) & paint["block"].isna()]
    if not len(rows):
        return ""
    names = sorted({str(name) for name in rows["mark_id"]})
    listed = ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
    spacing, wide = (
        f"{round(dims.number(key) * 1000)}{'*' if basis.is_open(key) else ''}" for key in ("grid_spacing_m", "grid_spacing_wide_m")
    )
    wide_from, least, most = (f"{dims.number(key):g}" for key in ("grid_wide_from_m", "grid_depth_min_m", "grid_depth_max_m"))
    angle = f"{dims.number('grid_angle_deg'):g}°"
    return basis.say(
        f"按路面裁剪的网状线 {len(names)} 处（{listed}）不另出大样：角点坐标见坐标表；网格线两组，与出入口线成 {angle}，"
        f"轴线间距 {spacing}（净宽大于 {wide_from} m 时 {wide}），各有一条过中心点，向两侧按间距排列；"
        f"中心点在出入口线中点内侧半个进深处，进深取净宽，不小于 {least} m、不大于 {most} m。",
        f"{len(names)} grids clipped to the pavement ({listed}) have no detail: corners are in the table of coordinates; "
        f"two families of lines at {angle} to the mouth, axes {spacing} apart ({wide} where it is wider than {wide_from} m), "
        f"one of each through the centre, half the depth inside the middle of the mouth; the depth is the clear width, "
        f"at least {least} m and at most {most} m.",
    )


def _whole(basis: Basis, grid: GridShape) -> Detail:
    dims = basis.dims
    size = (grid.width_m, grid.depth_m)
    # 1:50 wherever the grid has room for it on a sheet: smaller, its ordinates are hard to read on site.
    scale = fitting_scale(size, basis.part(0.65, 0.75), basis.between(50, 500))
    per_m = 1000.0 / scale
    half_x, half_y = grid.width_m / 2, grid.depth_m / 2
    in_x, in_y = grid.inner_m
    border_open, depth_open = basis.is_open("grid_border_m"), basis.is_open("grid_depth_min_m", "grid_depth_max_m")
    across = _through(half_x, grid.border_m, None if grid.panel_m is None else grid.panel_m[0], border_open=border_open)
    along = _through(half_y, grid.border_m, None if grid.panel_m is None else grid.panel_m[1], border_open=border_open)
    second_x = FIRST_MM + max(NEXT_MM, chain_reach(per_m, -half_x, across, "below") + 4.0)
    second_y = SIDE_MM + max(NEXT_MM, chain_reach(per_m, -half_y, along, "left") + 1.0)
    angle = dims.number("grid_angle_deg")
    ends_x = line_ends(in_x, in_y, grid.spacing_m, angle)
    ends_y = line_ends(in_y, in_x, grid.spacing_m, 90.0 - angle)
    running_mm = max(figure_width(f"{round(v * 1000)}") for v in (*ends_x, *ends_y)) + _LIFT_MM + 2.0
    words = basis.say("驶出方向", "driving out") if grid.leaving else basis.say("驶入方向", "driving in")
    name = basis.say("出口网状线", "Exit grid") if grid.leaving else basis.say("出入口网状线", "Entrance grid")
    told = basis.say("网格线端点自内框角起连续尺寸", "line ends from the inner corner, running")

    def draw(bench: Bench) -> None:
        bench.paint(grid.parts[str(MarkKind.GRID_BORDER)])
        bench.paint(grid.parts[str(MarkKind.GRID_LINES)], outlined=False)
        if str(MarkKind.GRID_TEXT) in grid.parts:
            bench.paint(grid.parts[str(MarkKind.GRID_TEXT)], outlined=False)
        bench.chain("below", -half_y, -half_x, across)
        bench.chain("below", -half_y, -half_x, [Stretch(half_x)], from_mm=second_x)
        bench.chain("left", -half_x, -half_y, along, from_mm=SIDE_MM)
        bench.chain("left", -half_x, -half_y, [Stretch(half_y, depth_open)], from_mm=second_y)
        _running(bench, ends_x, (-in_x / 2, half_y), upright=False, border_m=grid.border_m)
        _running(bench, ends_y, (half_x, -in_y / 2), upright=True, border_m=grid.border_m)
        bench.text(told, bench.at(-half_x, half_y, 0, running_mm + 1.5))
        travel_arrow(bench, bench.at(half_x, 0, running_mm + 4.0), words)

    return Detail(
        basis.say(
            f"{name}（净宽 {rounded_down(grid.width_m)} m，共 {grid.same} 处）",
            f"{name} ({rounded_down(grid.width_m)} m clear, {grid.same} of them)",
        ),
        scale, basis.article(MarkKind.GRID_BORDER),
        (
            -half_x * per_m - second_y - 5.5, -half_y * per_m - second_x - 4.0,
            half_x * per_m + running_mm + _ARROW_ROOM_MM - 3.0, half_y * per_m + running_mm + 6.0,
        ),
        draw,
    )  # fmt: skip


def _through(half_m: float, border_m: float, panel_m: float | None, *, border_open: bool) -> list[Stretch]:
    """Return the chain through a grid: border, lines, panel, lines, border."""
    inner = half_m - border_m
    stops = [] if panel_m is None or panel_m / 2 >= inner - 1e-6 else [-panel_m / 2, panel_m / 2]
    ends = [Stretch(-inner, border_open)]
    ends += [Stretch(stop, to_confirm=True) for stop in stops]
    return [*ends, Stretch(inner, bool(stops)), Stretch(half_m, border_open)]


def _running(
    bench: Bench, ends_m: list[float], start_m: tuple[float, float], *, upright: bool, border_m: float
) -> None:
    """Write running distances along a side: a stroke at each end of a line, its figure across the side."""
    per_m = bench.per_m
    places = _spread([value * per_m for value in ends_m], _PITCH_MM)
    for value, place in zip(ends_m, places, strict=True):
        x, y = bench.at(*start_m)
        along, beside = value * per_m, place
        inner = -border_m * per_m
        points = [(along, inner), (along, _TICK_MM), (beside, _LIFT_MM - 1.0), (beside, _LIFT_MM)]
        turned = [(x + across, y + s) if upright else (x + s, y + across) for s, across in points]
        bench.pen.layout.add_lwpolyline(
            [(round(a, 3), round(b, 3)) for a, b in turned], dxfattribs={"layer": DIM_LAYER}
        )
        figure = f"{round(value * 1000)}"
        if upright:
            bench.text(figure, (x + _LIFT_MM + 0.6, y + beside - TEXT_MM / 2))
        else:
            bench.text(figure, (x + beside + TEXT_MM / 2, y + _LIFT_MM + 0.6), rotation_deg=90.0)


def _spread(places: list[float], pitch: float) -> list[float]:
    """Return ascending places moved as little as need be so that neighbours are ``pitch`` apart."""
    groups: list[tuple[float, int]] = []  # middle and number of places that stand pitch by pitch
    for place in places:
        middle, count = place, 1
        while groups and middle - groups[-1][0] < pitch * (count + groups[-1][1]) / 2:
            other, many = groups.pop()
            middle, count = (middle * count + other * many) / (count + many), count + many
        groups.append((middle, count))
    return [middle + pitch * (k - (count - 1) / 2) for middle, count in groups for k in range(count)]


@dataclass(frozen=True)
class _Corner:
    """The lower left corner of a grid, its outer corner as origin: window, two neighbouring lines, where they are dimensioned [m].

    ``axis`` is that of a line that the panel for the lettering interrupts where it is dimensioned.
    """

    side_m: float
    foot_m: float
    spacing: tuple[Point, Point] | None = None
    spot: Point | None = None
    axis: tuple[Point, ...] = ()


def _corner(basis: Basis, grid: GridShape, *, several: bool) -> Detail:
    """Return the lower left corner, large enough for the widths of border and lines, the angle and the spacing."""
    dims = basis.dims
    line_m, angle = dims.number("grid_line_m"), dims.number("grid_angle_deg")
    corner = _measured_corner(grid, angle, line_m)
    x0, y0, side_m = -grid.width_m / 2, -grid.depth_m / 2, corner.side_m
    window = shapely.box(x0, y0, x0 + side_m, y0 + side_m)
    scale = fitting_scale((side_m, side_m), basis.part(0.24, 0.4), basis.between(20, 50))
    per_m = 1000.0 / scale
    spacing_open = basis.is_open("grid_spacing_m", "grid_spacing_wide_m")
    border = [Stretch(grid.border_m, basis.is_open("grid_border_m"))]
    title = basis.say("网状线角部", "Corner of the grid")
    if several:
        spacing = round(grid.spacing_m * 1000)
        title += basis.say(f"（间距 {spacing}）", f" (lines {spacing} apart)")

    def draw(bench: Bench) -> None:
        for kind in (MarkKind.GRID_BORDER, MarkKind.GRID_LINES):
            cut = polygons_only(grid.parts[str(kind)].intersection(window))
            bench.paint(shapely.transform(cut, lambda xy: xy - (x0, y0)))
        for points in ([(side_m, -0.05), (side_m, side_m + 0.05)], [(-0.05, side_m), (side_m + 0.05, side_m)]):
            bench.line(points, 0.13, linetype="FL-CENTER")
        bench.chain("below", 0.0, 0.0, border)
        bench.chain("left", 0.0, 0.0, border)
        if corner.axis:
            bench.line(corner.axis, 0.13, linetype="FL-CENTER")
        if corner.spacing is not None:
            bench.aligned(*corner.spacing, 0.0, to_confirm=spacing_open)
        if corner.spot is not None:
            bench.across_line(corner.spot, line_m, angle, to_confirm=basis.is_open("grid_line_m"))
        bench.angle((corner.foot_m, grid.border_m), 5.0, angle, f"{angle:g}°", grid.border_m * per_m + 2.0)

    return Detail(
        title, scale, basis.article(MarkKind.GRID_LINES),
        (-FIRST_MM - 13.0, -FIRST_MM - 9.0, side_m * per_m + 8.0, side_m * per_m + 6.0), draw,
    )  # fmt: skip


def _measured_corner(grid: GridShape, angle_deg: float, line_m: float) -> _Corner:
    """Find two neighbouring lines at the corner that are whole where their spacing and width are dimensioned."""
    x0, y0 = -grid.width_m / 2, -grid.depth_m / 2
    most_m = 0.98 * min(grid.width_m, grid.depth_m)
    rising = [shapely.transform(line, lambda xy: xy - (x0, y0)) for line in _lines(grid, angle_deg)]
    falling = [shapely.transform(line, lambda xy: xy - (x0, y0)) for line in _lines(grid, -angle_deg)]
    paint = shapely.transform(grid.parts[str(MarkKind.GRID_LINES)], lambda xy: xy - (x0, y0))
    feet = [shapely.get_coordinates(line)[np.argmin(shapely.get_coordinates(line)[:, 1])] for line in rising]
    low = [n for n, foot in enumerate(feet) if foot[1] < grid.border_m + 1e-6 and foot[0] > grid.border_m + 1e-6]
    if not low:
        return _Corner(min(_CORNER_M, most_m), grid.border_m)
    right, left, on_right = _neighbours(grid, rising, sorted(low, key=lambda n: feet[n][0]), line_m)
    side_m = min(max(feet[right][0] + _BEYOND_M, _LEAST_CORNER_M), most_m)
    if left is None:
        return _Corner(side_m, float(feet[right][0]))
    foot = rising[left].interpolate(rising[left].project(on_right))
    thick = paint.buffer(1e-6)
    shapely.prepare(thick)
    whole = thick.covers(foot.buffer(line_m / 4))
    spacing = ((foot.x, foot.y), (on_right.x, on_right.y))
    axis = () if whole else tuple((float(x), float(y)) for x, y in shapely.get_coordinates(rising[left]))
    busy = shapely.union_all([*falling, shapely.LineString([on_right, foot]), shapely.box(0, 0, side_m, side_m).exterior])
    best: tuple[float, Point] | None = None
    for share in np.linspace(0.02, 0.98, 49):
        spot = rising[left].interpolate(share, normalized=True)
        if max(spot.x, spot.y) < side_m and thick.covers(spot.buffer(line_m / 4)):
            room_m = float(busy.distance(spot))
            if best is None or room_m > best[0] + 1e-9:
                best = (room_m, (spot.x, spot.y))
    inside = shapely.LineString(axis).intersection(shapely.box(0, 0, side_m, side_m)) if axis else None
    axis = () if inside is None else tuple((float(x), float(y)) for x, y in shapely.get_coordinates(inside))
    return _Corner(side_m, float(feet[right][0]), spacing, None if best is None else best[1], axis)


def _neighbours(
    grid: GridShape, rising: Sequence[BaseGeometry], low: Sequence[int], line_m: float
) -> tuple[int, int | None, BaseGeometry]:
    """Return the first line at the foot of a grid that has a neighbour square to its lower end, else the first without one.

    The point is the one on it from which the spacing is measured.
    """
    found: list[tuple[int, int | None, BaseGeometry]] = []
    for n in low:
        upwards = shapely.LineString(sorted(shapely.get_coordinates(rising[n]).tolist(), key=lambda xy: xy[1]))
        start = upwards.interpolate(_ABOVE_M + line_m)
        beside = [k for k in range(len(rising)) if abs(rising[k].distance(start) - grid.spacing_m) < 1e-6]
        found.append((n, min(beside, key=lambda k: rising[k].bounds[0] - rising[k].bounds[1], default=None), start))
        if beside:
            return found[-1]
    return found[0]


def _lines(grid: GridShape, angle_deg: float) -> list[BaseGeometry]:
    """Return the axes of one family of lines within the border."""
    reach = math.hypot(grid.width_m, grid.depth_m)
    count = math.ceil(reach / 2 / grid.spacing_m)
    angle = math.radians(angle_deg)
    along = np.asarray([math.cos(angle), math.sin(angle)]) * reach
    normal = np.asarray([-math.sin(angle), math.cos(angle)])
    middles = (np.arange(-count, count + 1) * grid.spacing_m)[:, None] * normal
    lines = shapely.linestrings(np.stack([middles - along, middles + along], axis=1))
    inside = shapely.intersection(lines, centred_box(*grid.inner_m))
    return [line for line in inside if line.geom_type == "LineString" and line.length > _SHORTEST_M]
