"""All pinches of a free space below a width, exactly.

A pinch is a segment between two obstacles whose diametral disc is empty. Its two contacts lie in
each other's normal cone, so looking in the cone of every corner finds all of them; nothing is
sampled. Method: facts on exact pinches, section 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from firelane.lanes.boundary import TINY_M, Bools, Boundary, Floats, Ints, cross, dot, left_normal

TOUCH_M = 1e-6
"""Gaps up to this are features that touch: always a cut, never reported."""

ANGLE = 1e-9
PARALLEL_SINE = 1e-8
CHUNK_PAIRS = 100_000

_Candidates = tuple[Ints, Ints, Floats, Floats, Bools]


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


@dataclass(frozen=True)
class _Cones:
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


def find_pinches(boundary: Boundary, width_m: float) -> Pinches:
    """Return every pinch narrower than ``width_m``, touches and mouths included.

    Mouth chords are returned whatever their width: they part inside from outside.

    Parameters
    ----------
    boundary : Boundary
    width_m : float
        Strict upper limit [m].

    Returns
    -------
    Pinches
        In a stable order (by half-edge and distance along it).
    """
    cones = _cones(boundary)
    found = [_test(boundary, cones, width_m, pairs) for pairs in _candidates(boundary, cones, width_m)]
    rows = [np.concatenate(column) for column in zip(*found, strict=True)] if found else _nothing()
    half_edge, t_m, unit, extent_m = rows
    half_edge, t_m = _normalise(boundary, half_edge, t_m)
    swap = half_edge[:, 0] > half_edge[:, 1]
    half_edge[swap], t_m[swap], unit[swap] = half_edge[swap][:, ::-1], t_m[swap][:, ::-1], -unit[swap]
    keep = _distinct(half_edge, t_m)
    half_edge, t_m, unit, extent_m = half_edge[keep], t_m[keep], unit[keep], extent_m[keep]
    ends = boundary.start[half_edge] + boundary.direction[half_edge] * t_m[:, :, None]
    width = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    pinches = Pinches(
        half_edge, t_m, ends, unit, width, extent_m, np.full(len(width), -1, np.int64), boundary.origin
    )
    pinches = pinches.take(width < width_m)
    pinches = pinches.take(_empty_disc(boundary, pinches))
    return _with_mouths(boundary, pinches.take(_not_crossing(pinches)))


def _nothing() -> list[np.ndarray]:
    return [np.zeros((0, 2), np.int64), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0)]


def _cones(b: Boundary) -> _Cones:
    into = b.in_direction[b.previous]
    out = b.out_direction
    point = b.is_point
    tip = (dot(into, out) < -1 + 1e-12) & (np.abs(cross(into, out)) < ANGLE) & (b.twin >= 0)
    reflex = cross(into, out) <= ANGLE
    corner = ~(b.is_open & b.is_open[b.previous])
    # Where a hole's edge leaves along a kerb that it touches, rounding alone lies between: no chord starts.
    slit = b.shared & (dot(into, out) < -1 + 1e-12) & ~tip
    return _Cones(
        out=np.where(point[:, None], 0.0, out),
        into=np.where(point[:, None], 0.0, into),
        both=left_normal(into) + left_normal(out),
        tip=tip | point,
        usable=(reflex | tip | point) & corner & ~slit,
        corner=corner,
    )


def _boxes(b: Boundary, cones: _Cones, width_m: float) -> tuple[Floats, Floats]:
    """Return lower and upper corners of the search box of each corner."""
    v = b.start
    low, high = v.copy(), v.copy()
    for normal in (left_normal(b.in_direction[b.previous]), left_normal(b.out_direction)):
        reach = v + width_m * normal
        low, high = np.minimum(low, reach), np.maximum(high, reach)
    for k in (0, 1):
        for sign in (-1.0, 1.0):  # where the cone holds an axis, the hull bulges that far
            held = (
                (sign * cones.out[:, k] <= ANGLE)
                & (sign * cones.into[:, k] >= -ANGLE)
                & (cones.tip | (sign * cones.both[:, k] > 0.0))
                & cones.usable
            )
            side = low if sign < 0 else high
            side[held, k] = v[held, k] + sign * width_m
    return low - 1e-6, high + 1e-6


def _candidates(b: Boundary, cones: _Cones, width_m: float) -> Iterator[_Candidates]:
    """Yield pairs of a corner and a half-edge whose foot may lie in the corner's cone.

    With each come the foot's place along the half-edge, the corner's signed distance to its left [m],
    and whether the half-edge's first piece was met.

    Edges are cut into pieces of at most half the width and sorted into cells by their middle:
    each corner reads one run of the sorted list per cell column.
    """
    cell = width_m / 2
    number = np.maximum(np.ceil(b.length_m / cell).astype(np.int64), 1)
    edge = np.repeat(np.arange(b.size), number)
    part = np.arange(len(edge)) - np.repeat(np.cumsum(number) - number, number)
    step = b.length_m / number
    middle = b.start[edge] + b.direction[edge] * ((part + 0.5) * step[edge])[:, None]
    least = middle.min(axis=0)
    place = np.floor((middle - least) / cell).astype(np.int64)
    rows = int(place[:, 1].max()) + 1
    columns = int(place[:, 0].max()) + 1
    key = place[:, 0] * rows + place[:, 1]
    order = np.argsort(key, kind="stable")
    key = key[order]
    edge, part = edge[order], part[order]
    # Plain columns in the sorted order: runs of them are read one after the other.
    ux, uy, long = b.direction[edge, 0], b.direction[edge, 1], step[edge]
    before = part * long
    px, py = b.start[edge, 0] + ux * before, b.start[edge, 1] + uy * before

    corner, begin, amount = _runs(b, cones, width_m, key=key, least=least, shape=(columns, rows))
    total = np.cumsum(amount)
    vx, vy = b.start[:, 0].copy(), b.start[:, 1].copy()
    cursor = 0
    while cursor < len(corner):
        done = total[cursor - 1] if cursor else 0
        until = max(int(np.searchsorted(total, done + CHUNK_PAIRS, "right")), cursor + 1)
        size = amount[cursor:until]
        where = np.repeat(begin[cursor:until] - (np.cumsum(size) - size), size) + np.arange(size.sum())
        h = np.repeat(corner[cursor:until], size)
        cursor = until
        # A quick cut on the signed distance before anything else is computed.
        wx, wy = vx[h] - px[where], vy[h] - py[where]
        s = ux[where] * wy - uy[where] * wx
        near = np.flatnonzero(np.abs(s) < width_m)
        where, h, wx, wy, s = where[near], h[near], wx[near], wy[near], s[near]
        along = ux[where] * wx + uy[where] * wy
        at_first = part[where] == 0
        ok = (s > -TINY_M) & (along >= -TINY_M) & (along <= long[where] + TINY_M)
        ok |= at_first & (edge[where] > h) & (wx * wx + wy * wy < width_m * width_m)
        ok = np.flatnonzero(ok)
        where, h, s, along, at_first = where[ok], h[ok], s[ok], along[ok], at_first[ok]
        e = edge[where]
        other = (e != h) & (e != b.previous[h])
        yield h[other], e[other], (along + before[where])[other], s[other], at_first[other]


def _runs(
    b: Boundary, cones: _Cones, width_m: float, *, key: Ints, least: Floats, shape: tuple[int, int]
) -> tuple[Ints, Ints, Ints]:
    """Return a corner, the begin and the length of each run of sorted pieces that its box covers."""
    cell = width_m / 2
    columns, rows = shape
    low, high = _boxes(b, cones, width_m)
    first = np.floor((low - width_m / 4 - least) / cell).astype(np.int64)
    last = np.floor((high + width_m / 4 - least) / cell).astype(np.int64)
    limit = np.array([columns - 1, rows - 1])
    first, last = np.clip(first, 0, limit), np.clip(last, 0, limit)
    corners = np.flatnonzero(cones.corner)
    span = (last - first + 1)[corners, 0]
    corner = np.repeat(corners, span)
    column = first[corner, 0] + np.arange(len(corner)) - np.repeat(np.cumsum(span) - span, span)
    begin = np.searchsorted(key, column * rows + first[corner, 1], "left")
    stop = np.searchsorted(key, column * rows + last[corner, 1], "right")
    amount = stop - begin
    busy = amount > 0
    return corner[busy], begin[busy], amount[busy]


def _test(
    b: Boundary, cones: _Cones, width_m: float, pairs: _Candidates
) -> tuple[Ints, Floats, Floats, Floats]:
    """Apply the three rules of acceptance to candidate pairs."""
    h, e, t, s, at_first = pairs
    length = b.length_m[e]
    facing = (s > -TINY_M) & (s < width_m) & ~b.is_open[e] & (length > 0.0)

    a = np.flatnonzero(facing & (t > TINY_M) & (t < length - TINY_M))
    u = -left_normal(b.direction[e[a]])
    held = cones.hold(h[a], u)
    a, u = a[held], u[held]
    rows = [(np.column_stack((h[a], e[a])), np.column_stack((np.zeros(len(a)), t[a])), u, np.zeros(len(a)))]

    c = np.flatnonzero(at_first & (e > h) & cones.usable[h] & cones.usable[e])
    chord = b.start[e[c]] - b.start[h[c]]
    distance = np.hypot(chord[:, 0], chord[:, 1])
    apart = (distance > 0) & (distance < width_m)
    c, chord, distance = c[apart], chord[apart], distance[apart]
    u = chord / distance[:, None]
    tolerance = np.maximum(ANGLE, 1e-8 / distance)
    held = cones.hold(h[c], u, tolerance) & cones.hold(e[c], -u, tolerance)
    c, u = c[held], u[held]
    rows.append((np.column_stack((h[c], e[c])), np.zeros((len(c), 2)), u, np.zeros(len(c))))

    foot = np.flatnonzero(facing & (t >= -TINY_M) & (t <= length + TINY_M))
    rows += [_overlap(b, g[foot], e[foot]) for g in (h, b.previous[h])]
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


def _distinct(half_edge: Ints, t_m: Floats) -> Ints:
    """Return the index of the first of each group of equal pairs of contacts."""
    order = np.lexsort((t_m[:, 1], t_m[:, 0], half_edge[:, 1], half_edge[:, 0]))
    h, t = half_edge[order], t_m[order]
    new = np.ones(len(order), bool)
    new[1:] = np.any(h[1:] != h[:-1], axis=1) | np.any(np.abs(t[1:] - t[:-1]) > TINY_M, axis=1)
    return order[new]


def _empty_disc(b: Boundary, pinches: Pinches) -> Bools:
    """Tell which pinches have no obstacle inside their diametral disc."""
    radius = pinches.width_m / 2
    slack = np.minimum(1e-7, pinches.width_m / 1000) + TINY_M
    middle = shapely.points(pinches.ends.mean(axis=1))
    hit = b.tree.query(middle, predicate="dwithin", distance=np.maximum(radius - slack, 0.0))[0]
    empty = np.ones(len(pinches), bool)
    # A disc of radius 0 is never entered: features that touch stay cuts.
    empty[hit] = radius[hit] <= slack[hit]
    return empty


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
    key = {tuple(sorted(row)) for row in pair.tolist()}
    at_vertices = (pinches.t_m == 0.0).all(axis=1)
    same = [ok and tuple(sorted(h)) in key for ok, h in zip(at_vertices, pinches.half_edge.tolist(), strict=True)]
    rest = pinches.take(~np.array(same, dtype=bool))
    unit = np.divide(chord, width[:, None], out=np.zeros_like(chord), where=width[:, None] > 0)
    return Pinches(
        np.vstack((rest.half_edge, pair)), np.vstack((rest.t_m, np.zeros((len(pair), 2)))),
        np.concatenate((rest.ends, ends)), np.vstack((rest.unit, unit)),
        np.concatenate((rest.width_m, width)), np.concatenate((rest.extent_m, np.zeros(len(pair)))),
        np.concatenate((rest.mouth, b.mouth[begin])), b.origin,
    )  # fmt: skip
