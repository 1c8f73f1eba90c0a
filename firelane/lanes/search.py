"""Where chords can be: corners, their normal cones, and what lies in them.

The two contacts of a pinch lie in each other's normal cone, so what lies in the cone of a corner
within the width is all that can face it. A narrow cone is read as the strip of cells along its axis.
Method: docs/decisions/0003
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from firelane.lanes.arrays import Bools, Floats, Ints, batches, expand, order_of
from firelane.lanes.boundary import TINY_M, Boundary, cross, dot, left_normal
from firelane.lanes.cells import Cells
from firelane.lanes.kernels import Kernels

ANGLE = 1e-9
PARALLEL_SINE = 1e-8
PAIRED_STEPS = 8
"""How many times ``PARALLEL_SINE`` directions may lie apart and still be looked at as parallel."""
CONE_SLACK = 1e-7
"""Wider than any tolerance of a cone: what lies farther outside is not looked at twice."""
STEEP = 1e-3
"""Axes nearer to the vertical are searched in their box: it is hardly wider than the strip."""
CHUNK_COMPILED = 200_000
CHUNK_PAIRS = 100_000
CHUNK_CORNERS = 10_000
NARROW_COS = 0.85
"""Cones narrower than about 30° to either side are searched along their axis."""

Candidates = tuple[Ints, Ints, Floats, Floats, Bools, Bools]
"""Corner and half-edge; the foot's place along the half-edge and the corner's signed distance to its left
[m]; whether the foot lies on the piece that was met, and whether that piece is the half-edge's first."""


@dataclass(frozen=True)
class Cones:
    """Normal cone of the corner at the start of each half-edge."""

    out: Floats
    into: Floats
    both: Floats
    tip: Bools
    usable: Bools
    corner: Bools

    def hold(self, h: Ints, u: Floats, tolerance: Floats | float = ANGLE) -> Bools:
        """Tell whether the cone of corner ``h`` holds direction ``u``, row by row."""
        held: Bools = (
            (dot(u, self.out[h]) <= tolerance)
            & (dot(u, self.into[h]) >= -np.asarray(tolerance))
            & (self.tip[h] | (dot(u, self.both[h]) > 0.0))
            & self.usable[h]
        )
        return held


def cones_of(b: Boundary) -> Cones:
    """Return the normal cone of every corner."""
    into = b.in_direction[b.previous]
    out = b.out_direction
    point = b.is_point
    tip = (dot(into, out) < -1 + 1e-12) & (np.abs(cross(into, out)) < ANGLE) & (b.twin >= 0)
    reflex = cross(into, out) <= ANGLE
    corner = ~(b.is_open & b.is_open[b.previous])
    # Where a hole's edge leaves along a kerb that it touches, rounding alone lies between: no chord starts.
    slit = b.shared & (dot(into, out) < -1 + 1e-12) & ~tip
    return Cones(
        out=out,  # a point has no direction: its cone is all around
        into=into,
        both=left_normal(into) + left_normal(out),
        tip=tip | point,
        usable=(reflex | tip | point) & corner & ~slit,
        corner=corner,
    )


def _paired(b: Boundary) -> Bools:
    """Tell which half-edges have one that runs exactly against them somewhere: only those can overlap.

    A superset: directions modulo half a turn, sorted, in groups closer than any rounding.
    """
    ux, uy = b.direction[:, 0], b.direction[:, 1]
    upper = (uy > 0.0) | ((uy == 0.0) & (ux > 0.0))
    # Grows with the angle, at most as fast and at least half as fast.
    turn = np.where(upper, -ux, ux) / (np.abs(ux) + np.abs(uy) + b.is_point)
    step = ((turn + 1.0) / PARALLEL_SINE).astype(np.int64)
    order = order_of(step)
    ranked = step[order]
    group = np.cumsum(np.r_[0, (np.diff(ranked) > PAIRED_STEPS).astype(np.int64)])
    count = np.bincount(group)
    share = np.bincount(group, weights=upper[order])
    both = (share > 0) & (share < count)
    if ranked[0] + 2.0 / PARALLEL_SINE - ranked[-1] <= PAIRED_STEPS:  # west and east are neighbours
        both[[0, -1]] = True
    result = np.empty(b.size, bool)
    result[order] = both[group]
    return result & ~b.is_point


def _boxes(b: Boundary, cones: Cones, width_m: float, corners: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """Return lower and upper ends in x and y of what each corner's cone may hold within the width."""
    v, out, into = b.start[corners], cones.out[corners], cones.into[corners]
    usable, tip, both = cones.usable[corners], cones.tip[corners], cones.both[corners]
    edges = []
    for k in (0, 1):
        # the k-th coordinate of the left normals of both walls
        first, second = (-into[:, 1], -out[:, 1]) if k == 0 else (into[:, 0], out[:, 0])
        low, high = np.minimum(np.minimum(first, second), 0.0), np.maximum(np.maximum(first, second), 0.0)
        for sign, side in ((-1.0, low), (1.0, high)):  # where the cone holds an axis, the hull bulges that far
            held = (
                (sign * out[:, k] <= ANGLE) & (sign * into[:, k] >= -ANGLE)
                & (tip | (sign * both[:, k] > 0.0)) & usable
            )  # fmt: skip
            side[held] = sign
        edges += [v[:, k] + width_m * low, v[:, k] + width_m * high]
    return edges[0], edges[1], edges[2], edges[3]


def _extents(b: Boundary, cones: Cones, width_m: float, cells: Cells, corners: Ints) -> tuple[Floats, Floats]:
    """Return what each corner's cone may meet, in cells.

    Returns
    -------
    box : (c, 4) array
        West, east, south and north end.
    strip : (c, 3) array
        A narrow cone is a strip along its axis: height at x = 0, slope, half height in one column.
        Infinitely high about the others.
    """
    size, pad = cells.size_m, cells.pad_m
    west, east, south, north = _boxes(b, cones, width_m, corners)
    box = np.empty((len(corners), 4))
    box[:, 0], box[:, 1] = west - (pad + cells.least[0]), east + (pad - cells.least[0])
    box[:, 2], box[:, 3] = south - (pad + cells.least[1]), north + (pad - cells.least[1])
    box /= size
    axis = cones.both[corners]
    norm = np.hypot(axis[:, 0], axis[:, 1])
    narrow = (norm > 2 * NARROW_COS) & ~b.is_point[corners]
    norm[~narrow] = 1.0
    ax, ay = axis[:, 0] / norm, axis[:, 1] / norm
    out = cones.out[corners]
    sine = np.abs(ax * out[:, 0] + ay * out[:, 1])
    sloping = narrow & (np.abs(ax) > STEEP)
    steep = np.where(sloping, np.abs(ax), 1.0)
    slope = np.where(sloping, ay, 0.0) / np.where(sloping, ax, 1.0)
    v = (b.start[corners] - cells.least) / size
    strip = np.empty((len(corners), 3))
    strip[:, 0] = v[:, 1] - slope * (v[:, 0] - 0.5)
    strip[:, 1] = slope
    strip[:, 2] = np.where(sloping, (width_m * sine + pad) / (size * steep) + np.abs(slope) / 2, np.inf)
    return box, strip


def _runs(cells: Cells, box: Floats, strip: Floats) -> tuple[Ints, Ints, Ints]:
    """Return the number of a corner, begin and length of each run of pieces that its cone may hold."""
    first = np.clip(np.floor(box[:, 0]), 0, cells.columns).astype(np.int64)
    last = np.clip(np.floor(box[:, 1]), -1, cells.columns - 1).astype(np.int64)
    owner, column = expand(first, np.maximum(last - first + 1, 0))
    middle, slope, beside = (np.take(c, owner) for c in strip.T)
    middle += slope * column
    low = np.maximum(middle - beside, np.take(box[:, 2], owner))
    high = np.minimum(middle + beside, np.take(box[:, 3], owner))
    begin, amount = cells.runs(column, np.floor(low).astype(np.int64), np.floor(high).astype(np.int64))
    busy = np.flatnonzero(amount > 0)
    return owner[busy], begin[busy], amount[busy]


def candidates(
    b: Boundary, cones: Cones, width_m: float, cells: Cells, kernels: Kernels | None
) -> Iterator[Candidates]:
    """Yield pairs of a corner and a half-edge whose foot or start may lie in the corner's cone."""
    paired = _paired(b)
    # A convex corner carries no chord but the overlap of one of its walls.
    corners = np.flatnonzero(cones.corner & (cones.usable | paired | paired[b.previous]))
    # The half-edge that begins with each piece, where chords may end at its start.
    begins = np.where((cells.before_m == 0.0) & cones.usable[cells.edge], cells.edge, -1)
    if kernels is not None and len(cells.table):
        for chunk in range(0, len(corners), CHUNK_COMPILED):
            some = corners[chunk : chunk + CHUNK_COMPILED]
            yield _compiled(b, cones, width_m, cells, some, begins, kernels)
        return
    px, py, ux, uy, long, before = cells.x, cells.y, cells.ux, cells.uy, cells.length_m, cells.before_m
    vx, vy, out_x, out_y, in_x, in_y = (
        np.ascontiguousarray(column) for column in (*b.start.T, *cones.out.T, *cones.into.T)
    )
    for chunk in range(0, len(corners), CHUNK_CORNERS):
        some = corners[chunk : chunk + CHUNK_CORNERS]
        owner, begin, amount = _runs(cells, *_extents(b, cones, width_m, cells, some))
        corner = some[owner]
        for part in batches(amount, CHUNK_PAIRS):
            run, where = expand(begin[part], amount[part])
            h = np.take(corner[part], run)
            wx, wy = np.take(vx, h) - np.take(px, where), np.take(vy, h) - np.take(py, where)
            pux, puy = np.take(ux, where), np.take(uy, where)
            s = pux * wy - puy * wx
            along = pux * wx + puy * wy
            foot = (s > -TINY_M) & (s < width_m) & (along >= -TINY_M)
            foot &= along <= np.take(long, where) + TINY_M
            foot = np.flatnonzero(foot)
            start = np.flatnonzero(np.take(begins, where) > h)
            # Cones are asked about the few that are left.
            some_h, nx, ny = h[foot], puy[foot], -pux[foot]
            normal_out = nx * np.take(out_x, some_h) + ny * np.take(out_y, some_h)
            normal_in = nx * np.take(in_x, some_h) + ny * np.take(in_y, some_h)
            foot = foot[
                ((normal_out <= CONE_SLACK) & (normal_in >= -CONE_SLACK))
                | (np.abs(normal_out) <= CONE_SLACK) | (np.abs(normal_in) <= CONE_SLACK)
            ]  # fmt: skip
            some_h, cx, cy = h[start], wx[start], wy[start]
            start = start[
                (cx * np.take(out_x, some_h) + cy * np.take(out_y, some_h) >= -CONE_SLACK)
                & (cx * np.take(in_x, some_h) + cy * np.take(in_y, some_h) <= CONE_SLACK)
                & (cx * cx + cy * cy < width_m * width_m)
            ]
            ok = np.concatenate((foot, start))
            is_start = np.repeat([False, True], [len(foot), len(start)])
            e, h = np.take(cells.edge, where[ok]), h[ok]
            other = (e != h) & (e != b.previous[h])
            e, h, ok, is_start = e[other], h[other], ok[other], is_start[other]
            yield h, e, along[ok] + before[where[ok]], s[ok], ~is_start, is_start


def _compiled(
    b: Boundary, cones: Cones, width_m: float, cells: Cells, corners: Ints, begins: Ints, kernels: Kernels
) -> Candidates:
    """Do the same with the compiled loop, which lets fewer pairs through that make no chord."""
    box, strip = _extents(b, cones, width_m, cells, corners)
    room = len(corners) + 1_000
    while True:
        found, place = np.empty((room, 2), np.int64), np.empty((room, 3))
        count = kernels.search(
            corners, b.start, b.direction, b.previous, cones.usable, cones.out, cones.into, box, strip,
            width_m, CONE_SLACK, TINY_M, cells.columns, cells.rows, cells.table,
            cells.edge, cells.x, cells.y, cells.ux, cells.uy, cells.length_m, cells.before_m,
            begins, found, place,
        )  # fmt: skip
        if count <= room:
            break
        room = count
    found, place = found[:count], place[:count]
    return found[:, 0], found[:, 1], place[:, 0], place[:, 1], place[:, 2] != 1.0, place[:, 2] != 0.0


def empty_discs(
    b: Boundary, x: Floats, y: Floats, radius_m: Floats, cells: Cells, kernels: Kernels | None
) -> Bools:
    """Tell about which places no obstacle comes as near as the radius."""
    empty = np.ones(len(x), bool)
    if kernels is not None and len(cells.table):
        kernels.empty(
            x, y, radius_m, cells.pad_m, cells.size_m, float(cells.least[0]), float(cells.least[1]),
            cells.columns, cells.rows, cells.table, cells.edge, cells.x, cells.y, cells.ux, cells.uy,
            cells.length_m, b.is_open, empty,
        )  # fmt: skip
        return empty
    for chunk in range(0, len(x), CHUNK_CORNERS):
        part = slice(chunk, chunk + CHUNK_CORNERS)
        some_x, some_y, r = x[part], y[part], radius_m[part]
        owner, begin, amount = cells.around(some_x, some_y, r)
        for few in batches(amount, CHUNK_PAIRS):
            run, where = expand(begin[few], amount[few])
            disc = np.take(owner[few], run)
            square = cells.squared_distance(where, np.take(some_x, disc), np.take(some_y, disc))
            hit = np.flatnonzero(square <= np.take(r * r, disc))
            empty[chunk + disc[hit[~b.is_open[cells.edge[where[hit]]]]]] = False
    return empty
