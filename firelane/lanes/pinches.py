"""All pinches of a free space below a width, exactly.

A pinch is a segment between two obstacles whose diametral disc is empty. Its two contacts lie in
each other's normal cone, so looking in the cone of every corner finds all of them; nothing is
sampled. Method: docs/decisions/0003
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from firelane.lanes.arrays import Bools, Floats, Ints, order_by
from firelane.lanes.boundary import TINY_M, Boundary, cross, dot, left_normal
from firelane.lanes.cells import Cells
from firelane.lanes.kernels import Engine, Kernels, kernels_for
from firelane.lanes.search import ANGLE, PARALLEL_SINE, Candidates, Cones, candidates, cones_of, empty_discs

TOUCH_M = 1e-6
"""Gaps up to this are features that touch: always a cut, never reported."""



@dataclass(frozen=True)
class Pinches:
    """``k`` pinches; a contact is a half-edge and the distance from its start.

    Attributes
    ----------
    half_edge : (k, 2) int array
    t_m : (k, 2) array
        Distance of each contact from its half-edge's start [m].
    ends : (k, 2, 2) array
        Contacts in local coordinates.
    unit : (k, 2) array
        Direction from first to second contact, right even where the gap is tiny.
    width_m : (k,) array
    extent_m : (k,) array
        Length of the plateau where two parallel edges face each other, else 0.
    mouth : (k,) int array
        Number of the mouth that this chord closes, else -1.
    origin : (2,) array
    """

    half_edge: Ints
    t_m: Floats
    ends: Floats
    unit: Floats
    width_m: Floats
    extent_m: Floats
    mouth: Ints
    origin: Floats

    def __len__(self) -> int:
        """Return the number of pinches."""
        return len(self.width_m)

    @property
    def p(self) -> Floats:
        """(k, 2) first contacts in the coordinates of the input."""
        return self.ends[:, 0] + self.origin

    @property
    def q(self) -> Floats:
        """(k, 2) second contacts in the coordinates of the input."""
        return self.ends[:, 1] + self.origin

    @property
    def reported(self) -> Bools:
        """True for pinches wider than a touch."""
        return self.width_m > TOUCH_M

    def take(self, index: Ints | Bools) -> Pinches:
        """Return the pinches at ``index``."""
        return Pinches(
            self.half_edge[index], self.t_m[index], self.ends[index], self.unit[index],
            self.width_m[index], self.extent_m[index], self.mouth[index], self.origin,
        )  # fmt: skip


def find_pinches(boundary: Boundary, width_m: float, *, engine: Engine = "auto") -> Pinches:
    """Return every pinch narrower than ``width_m``, touches and mouths included.

    Mouth chords are returned whatever their width: they part inside from outside.

    Parameters
    ----------
    boundary : Boundary
    width_m : float
        Strict upper limit [m].
    engine : {"auto", "numpy", "numba"}
        What runs the inner loops (see ``kernels_for``); the pinches are the same.

    Returns
    -------
    Pinches
        In a stable order (by half-edge and distance along it).
    """
    cones = cones_of(boundary)
    cells = boundary.cells_for(width_m)
    kernels = kernels_for(boundary.size, engine)
    found = [
        _test(boundary, cones, width_m, pairs)
        for pairs in candidates(boundary, cones, width_m, cells, kernels)
    ]
    rows = [np.concatenate(column) for column in zip(*found, strict=True)] if found else _nothing()
    half_edge, t_m, unit, extent_m = rows
    half_edge, t_m = _normalise(boundary, half_edge, t_m)
    swap = half_edge[:, 0] > half_edge[:, 1]
    half_edge[swap], t_m[swap], unit[swap] = half_edge[swap][:, ::-1], t_m[swap][:, ::-1], -unit[swap]
    keep = _distinct(half_edge, t_m, unit, extent_m)
    half_edge, t_m, unit, extent_m = half_edge[keep], t_m[keep], unit[keep], extent_m[keep]
    ends = boundary.start[half_edge] + boundary.direction[half_edge] * t_m[:, :, None]
    width = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    pinches = Pinches(
        half_edge, t_m, ends, unit, width, extent_m, np.full(len(width), -1, np.int64), boundary.origin
    )
    pinches = pinches.take(width < width_m)
    pinches = pinches.take(_empty(boundary, pinches, cells, kernels))
    return _with_mouths(boundary, pinches.take(_not_crossing(pinches)))


def _nothing() -> list[np.ndarray]:
    return [np.zeros((0, 2), np.int64), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0)]


def _test(
    b: Boundary, cones: Cones, width_m: float, pairs: Candidates
) -> tuple[Ints, Floats, Floats, Floats]:
    """Apply the three rules of acceptance to candidate pairs."""
    h, e, t, s, foot, first = pairs
    length = b.length_m[e]
    facing = foot & (s < width_m) & ~b.is_open[e] & (length > 0.0)

    a = np.flatnonzero(facing & (t > TINY_M) & (t < length - TINY_M))
    u = -left_normal(b.direction[e[a]])
    held = cones.hold(h[a], u)
    a, u = a[held], u[held]
    rows = [(np.column_stack((h[a], e[a])), np.column_stack((np.zeros(len(a)), t[a])), u, np.zeros(len(a)))]

    c = np.flatnonzero(first & (e > h) & cones.usable[h] & cones.usable[e])
    chord = b.start[e[c]] - b.start[h[c]]
    distance = np.hypot(chord[:, 0], chord[:, 1])
    apart = (distance > 0) & (distance < width_m)
    c, chord, distance = c[apart], chord[apart], distance[apart]
    u = chord / distance[:, None]
    tolerance = np.maximum(ANGLE, 1e-8 / distance)
    held = cones.hold(h[c], u, tolerance) & cones.hold(e[c], -u, tolerance)
    c, u = c[held], u[held]
    rows.append((np.column_stack((h[c], e[c])), np.zeros((len(c), 2)), u, np.zeros(len(c))))

    c = np.flatnonzero(facing & (t >= -TINY_M) & (t <= length + TINY_M))
    rows += [_overlap(b, g[c], e[c]) for g in (h, b.previous[h])]
    half_edge, t_m, unit, extent_m = (np.concatenate(column) for column in zip(*rows, strict=True))
    return half_edge, t_m, unit, extent_m


def _overlap(b: Boundary, g: Ints, e: Ints) -> tuple[Ints, Floats, Floats, Floats]:
    """Return the chord in the middle of each antiparallel overlap of ``g`` and ``e``."""
    ok = (
        (np.abs(cross(b.direction[g], b.direction[e])) <= PARALLEL_SINE)
        & (dot(b.direction[g], b.direction[e]) < 0)
        & ~b.is_open[g] & (g != e) & (b.twin[g] != e)
    )  # fmt: skip
    g, e = g[ok], e[ok]
    from_start = dot(b.start[g] - b.start[e], b.direction[e])
    from_end = dot(b.end[g] - b.start[e], b.direction[e])
    low = np.maximum(np.minimum(from_start, from_end), 0.0)
    high = np.minimum(np.maximum(from_start, from_end), b.length_m[e])
    long_enough = high - low > TINY_M
    g, e, low, high = g[long_enough], e[long_enough], low[long_enough], high[long_enough]
    middle = (low + high) / 2
    on_e = b.start[e] + b.direction[e] * middle[:, None]
    on_g = np.clip(dot(on_e - b.start[g], b.direction[g]), 0.0, b.length_m[g])
    return (
        np.column_stack((g, e)), np.column_stack((on_g, middle)), -left_normal(b.direction[e]), high - low
    )  # fmt: skip


def _normalise(b: Boundary, half_edge: Ints, t_m: Floats) -> tuple[Ints, Floats]:
    """Move contacts at an edge's end to the start of the next one."""
    at_end = (t_m >= b.length_m[half_edge] - TINY_M) & ~b.is_point[half_edge]
    moved = np.where(at_end, b.next[half_edge], half_edge)
    t = np.where(at_end | (t_m <= TINY_M), 0.0, t_m)
    return moved, t


def _distinct(half_edge: Ints, t_m: Floats, unit: Floats, extent_m: Floats) -> Ints:
    """Return the index of the first of each group of equal pairs of contacts."""
    pair = half_edge[:, 0] * (half_edge.max(initial=0) + 1) + half_edge[:, 1]
    # The last columns decide nothing but which of several equal chords stays, whoever found it first.
    order = order_by(pair, t_m[:, 0], t_m[:, 1], -extent_m, unit[:, 0], unit[:, 1])
    h, t = half_edge[order], t_m[order]
    new = np.ones(len(order), bool)
    new[1:] = np.any(h[1:] != h[:-1], axis=1) | np.any(np.abs(t[1:] - t[:-1]) > TINY_M, axis=1)
    return order[new]


def _empty(b: Boundary, pinches: Pinches, cells: Cells, kernels: Kernels | None) -> Bools:
    """Tell which pinches have no obstacle inside their diametral disc."""
    radius = pinches.width_m / 2
    slack = np.minimum(1e-7, pinches.width_m / 1000) + TINY_M
    middle = (pinches.ends[:, 0] + pinches.ends[:, 1]) / 2
    x, y = np.ascontiguousarray(middle[:, 0]), np.ascontiguousarray(middle[:, 1])
    # A disc of radius 0 is never entered: features that touch stay cuts.
    return (radius <= slack) | empty_discs(b, x, y, np.maximum(radius - slack, 0.0), cells, kernels)


def _not_crossing(pinches: Pinches) -> Bools:
    """Drop one of two crossing chords (contacts on one circle): the longer, either on a tie."""
    keep = np.ones(len(pinches), bool)
    if len(pinches) < 2:
        return keep
    pairs = cKDTree(pinches.ends.mean(axis=1)).query_pairs(1e-3, output_type="ndarray")
    if not len(pairs):
        return keep
    i, j = pairs[:, 0], pairs[:, 1]
    p, q = pinches.ends[:, 0], pinches.ends[:, 1]

    def sides(a: Ints, c: Ints) -> Floats:
        return cross(q[a] - p[a], p[c] - p[a]) * cross(q[a] - p[a], q[c] - p[a])

    for a, c in pairs[(sides(i, j) < 0) & (sides(j, i) < 0)]:
        if keep[a] and keep[c]:
            keep[c if pinches.width_m[c] >= pinches.width_m[a] else a] = False
    return keep


def _with_mouths(b: Boundary, pinches: Pinches) -> Pinches:
    """Add the chord of every mouth: it parts what lies inside from the open strip outside."""
    is_open = b.is_open
    begin = np.flatnonzero(is_open & ~(is_open[b.previous] & (b.mouth[b.previous] == b.mouth)))
    if not len(begin):
        return pinches
    rows = []
    for h in begin:
        stop = int(h)
        while is_open[b.next[stop]] and b.mouth[b.next[stop]] == b.mouth[h]:
            stop = int(b.next[stop])
        rows.append((int(h), int(b.next[stop])))
    pair = np.array(rows, np.int64)
    ends = b.start[pair]
    chord = ends[:, 1] - ends[:, 0]
    width = np.hypot(chord[:, 0], chord[:, 1])
    # The same chord found by the search gives way to the mouth's own.
    key = np.sort(pair, axis=1) @ (b.size, 1)
    found = np.sort(pinches.half_edge, axis=1) @ (b.size, 1)
    rest = pinches.take(~((pinches.t_m == 0.0).all(axis=1) & np.isin(found, key)))
    unit = np.divide(chord, width[:, None], out=np.zeros_like(chord), where=width[:, None] > 0)
    return Pinches(
        np.vstack((rest.half_edge, pair)), np.vstack((rest.t_m, np.zeros((len(pair), 2)))),
        np.concatenate((rest.ends, ends)), np.vstack((rest.unit, unit)),
        np.concatenate((rest.width_m, width)), np.concatenate((rest.extent_m, np.zeros(len(pair)))),
        np.concatenate((rest.mouth, b.mouth[begin])), b.origin,
    )  # fmt: skip
