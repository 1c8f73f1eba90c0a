"""Every gap between two obstacles, or an obstacle and the pavement edge, whatever else stands between.

These are the pinches of all the scenes that are left when obstacles are taken away: a pinch is known by
its two contacts alone, and what stood in its disc may be gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import TINY_M, Bools, Boundary, Floats, Ints, cross, dot, left_normal
from firelane.lanes.gap_bodies import Bodies, Corners
from firelane.lanes.pinches import TOUCH_M

PARALLEL_SINE = 1e-8


@dataclass(frozen=True)
class Chords:
    """Gaps and contacts.

    Attributes
    ----------
    half_edge : (k, 2) int array
        Where the ends lie: a half-edge of the pavement, ``pavement.size`` + a half-edge of the bodies, or
        -1 - part for a round obstacle, from whose centre the chord is drawn.
    path : (k, 2, 2) array
        Ends for the count of crossings [m].
    ends : (k, 2, 2) array
        Contacts [m].
    width_m : (k,) array
    """

    half_edge: Ints
    path: Floats
    ends: Floats
    width_m: Floats

    def take(self, index: Ints | Bools) -> Chords:
        """Return the chords at ``index``."""
        return Chords(self.half_edge[index], self.path[index], self.ends[index], self.width_m[index])

    def joined(self, other: Chords) -> Chords:
        """Return the chords of both."""
        return Chords(
            np.vstack((self.half_edge, other.half_edge)), np.concatenate((self.path, other.path)),
            np.concatenate((self.ends, other.ends)), np.concatenate((self.width_m, other.width_m)),
        )  # fmt: skip


@dataclass(frozen=True)
class _Edges:
    """Solid half-edges of pavement and bodies, numbered as in ``Chords.half_edge``."""

    start: Floats
    end: Floats
    direction: Floats
    length_m: Floats
    name: Ints

    @classmethod
    def of(cls, start: Floats, end: Floats, name: Ints) -> _Edges:
        along = end - start
        length = np.hypot(along[:, 0], along[:, 1])
        return cls(start, end, along / np.maximum(length, TINY_M)[:, None], length, name)

    @property
    def lines(self) -> np.ndarray:
        lines: np.ndarray = shapely.linestrings(np.stack((self.start, self.end), axis=1))
        return lines


def chords_among(
    b: Boundary, area: BaseGeometry, bodies: Bodies, pavement_corners: Corners, body_corners: Corners, *,
    below_m: float, alone: bool = False,
) -> Chords:  # fmt: skip
    """Return the gaps narrower than ``below_m`` of which at least one side is an obstacle.

    Parameters
    ----------
    b : Boundary
        Of the pavement without obstacles.
    area : Polygon or MultiPolygon
        The pavement in the same local coordinates.
    bodies : Bodies
    pavement_corners, body_corners : Corners
    below_m : float
        Strict upper limit [m].
    alone : bool
        Without those between one obstacle and another.
    """
    solid = np.flatnonzero(~b.is_open & ~b.is_point)
    pavement = _Edges.of(b.start[solid], b.end[solid], solid)
    own = _Edges.of(bodies.start, bodies.end, b.size + np.arange(bodies.size))
    near = _near(pavement, bodies, below_m)
    pavement = _Edges.of(b.start[solid[near]], b.end[solid[near]], solid[near])
    every = _Edges.of(
        np.vstack((pavement.start, own.start)), np.vstack((pavement.end, own.end)),
        np.concatenate((pavement.name, own.name)),
    )  # fmt: skip
    mine = Corners(**{**body_corners.__dict__, "half_edge": _named(body_corners.half_edge, b.size)})
    corners = mine.joined(pavement_corners)
    found = _corner_edge(mine, every, below_m)
    found = found.joined(_corner_edge(pavement_corners, own, below_m))
    found = found.joined(_corner_corner(corners, len(mine), below_m))
    found = found.joined(_overlaps(own, every, below_m))
    # Half a touch: rounding must not let a gap fall between gaps and touches.
    found = found.take((found.width_m < below_m) & (found.width_m > TOUCH_M / 2))
    if alone:
        found = found.take(of_one(b, bodies, found))
    return found.take(_open_in(b, area, found))


def of_one(b: Boundary, bodies: Bodies, chords: Chords) -> Bools:
    """Tell which chords join an obstacle to the pavement or to itself, not to another obstacle."""
    h = chords.half_edge
    row = np.full(h.shape, -1, np.int64)  # the pavement
    on_edge, round_ = h >= b.size, h < 0
    row[on_edge] = bodies.row[bodies.part[h[on_edge] - b.size]]
    row[round_] = bodies.row[-1 - h[round_]]
    one: Bools = (row[:, 0] == row[:, 1]) | (row == -1).any(axis=1)
    return one


def _named(half_edge: Ints, shift: int) -> Ints:
    return np.where(half_edge >= 0, half_edge + shift, half_edge)


def _near(pavement: _Edges, bodies: Bodies, below_m: float) -> Ints:
    """Return the edges of the pavement that may lie within the width of a body."""
    tree = shapely.STRtree(pavement.lines)
    west, south, east, north = (shapely.bounds(bodies.parts) + np.array([-1, -1, 1, 1]) * below_m).T
    return np.unique(tree.query(shapely.box(west, south, east, north))[1])


def _chords(one: Ints, two: Ints, p: Floats, q: Floats, r: Floats, s: Floats, u: Floats) -> Chords:
    """Make chords from p to q in direction u; r and s are the radii at either end."""
    return Chords(
        np.column_stack((one, two)), np.stack((p, q), axis=1),
        np.stack((p + u * r[:, None], q - u * s[:, None]), axis=1), dot(q - p, u) - r - s,
    )  # fmt: skip


def _corner_edge(corners: Corners, edges: _Edges, below_m: float) -> Chords:
    radius = float(corners.radius_m.max(initial=0.0))
    k, e = shapely.STRtree(edges.lines).query(
        shapely.points(corners.xy), predicate="dwithin", distance=below_m + radius
    )
    v, base, along = corners.xy[k], edges.start[e], edges.direction[e]
    t, s = dot(v - base, along), -cross(v - base, along)
    u = -left_normal(along)
    ok = (t > TINY_M) & (t < edges.length_m[e] - TINY_M) & (s > corners.radius_m[k]) & corners.hold(k, u)
    k, e, t, u, v = k[ok], e[ok], t[ok], u[ok], v[ok]
    foot = edges.start[e] + edges.direction[e] * t[:, None]
    return _chords(corners.half_edge[k], edges.name[e], v, foot, corners.radius_m[k], np.zeros(len(k)), u)


def _corner_corner(corners: Corners, own: int, below_m: float) -> Chords:
    """``own``: the first so many corners are those of bodies."""
    radius = float(corners.radius_m.max(initial=0.0))
    points = shapely.points(corners.xy)
    i, j = shapely.STRtree(points).query(points[:own], predicate="dwithin", distance=below_m + 2 * radius)
    once = (i < j) & (corners.half_edge[i] != corners.half_edge[j])
    i, j = i[once], j[once]
    chord = corners.xy[j] - corners.xy[i]
    d = np.hypot(chord[:, 0], chord[:, 1])
    apart = d > TOUCH_M / 2
    i, j, chord, d = i[apart], j[apart], chord[apart], d[apart]
    u = chord / d[:, None]
    tolerance = np.maximum(1e-9, 1e-8 / d)
    ok = corners.hold(i, u, tolerance) & corners.hold(j, -u, tolerance)
    i, j, u = i[ok], j[ok], u[ok]
    return _chords(
        corners.half_edge[i], corners.half_edge[j], corners.xy[i], corners.xy[j], corners.radius_m[i],
        corners.radius_m[j], u,
    )  # fmt: skip


def _overlaps(own: _Edges, every: _Edges, below_m: float) -> Chords:
    """Return the middles of antiparallel overlaps."""
    i, j = shapely.STRtree(every.lines).query(own.lines, predicate="dwithin", distance=below_m)
    along = own.direction[i]
    ok = (
        (np.abs(cross(along, every.direction[j])) <= PARALLEL_SINE) & (dot(along, every.direction[j]) < 0)
        & (dot(every.start[j] - own.start[i], left_normal(along)) > TOUCH_M / 2)
    )  # fmt: skip
    i, j, along = i[ok], j[ok], along[ok]
    from_start, from_end = dot(every.start[j] - own.start[i], along), dot(every.end[j] - own.start[i], along)
    low = np.maximum(np.minimum(from_start, from_end), 0.0)
    high = np.minimum(np.maximum(from_start, from_end), own.length_m[i])
    long = high - low > TINY_M
    i, j, along, middle = i[long], j[long], along[long], ((low + high) / 2)[long]
    p = own.start[i] + along * middle[:, None]
    t = np.clip(dot(p - every.start[j], every.direction[j]), 0.0, every.length_m[j])
    q = every.start[j] + every.direction[j] * t[:, None]
    zero = np.zeros(len(i))
    return _chords(own.name[i], every.name[j], p, q, zero, zero, left_normal(along))


def _open_in(b: Boundary, area: BaseGeometry, chords: Chords) -> Bools:
    """Tell which chords lie on the pavement with no edge of it inside their disc: others never count."""
    if not len(chords.width_m):
        return np.zeros(0, bool)
    slack = np.minimum(1e-7, chords.width_m / 1000) + TINY_M
    _, distance = b.nearest(chords.ends.mean(axis=1))
    keep: Bools = distance > chords.width_m / 2 - slack
    shapely.prepare(area)
    for n in (0, 1):
        keep &= shapely.dwithin(area, shapely.points(chords.ends[:, n]), TOUCH_M)
    return keep


def touches(b: Boundary, bodies: Bodies) -> Chords:
    """Return the contacts of obstacles with one another and with the pavement edge, and of its own outlines.

    At a mouth no edge stands. A round obstacle touches as the polygon drawn about it.
    """
    solid = np.flatnonzero(~b.is_open & ~b.is_point)
    shapes = [shapely.linestrings(np.stack((bodies.start, bodies.end), axis=1))]
    owner, name = [bodies.part], [b.size + np.arange(bodies.size)]
    for n in np.flatnonzero(~np.isnan(bodies.radius_m)).tolist():
        part = bodies.parts[n]
        shapes.append(np.array([part if part.geom_type == "Point" else part.exterior], dtype=object))
        owner.append(np.array([n]))
        name.append(np.array([-1 - n]))
    pieces, part, names = np.concatenate(shapes), np.concatenate(owner), np.concatenate(name)
    kerbs = shapely.linestrings(np.stack((b.start[solid], b.end[solid]), axis=1))
    tree = shapely.STRtree(kerbs)
    i, e = tree.query(pieces, predicate="dwithin", distance=TOUCH_M)
    j, k = shapely.STRtree(pieces).query(pieces, predicate="dwithin", distance=TOUCH_M)
    once = part[j] < part[k]
    j, k = j[once], k[once]
    ring = b.ring[solid]
    outer = ring == np.bincount(ring).argmax()
    m, n = tree.query(kerbs[~outer], predicate="dwithin", distance=TOUCH_M)
    m = np.flatnonzero(~outer)[m]
    other = (ring[m] != ring[n]) & (outer[n] | (m < n))
    m, n = m[other], n[other]
    return _meeting(
        np.concatenate((pieces[i], pieces[j], kerbs[m])), np.concatenate((kerbs[e], pieces[k], kerbs[n])),
        np.concatenate((names[i], names[j], solid[m])), np.concatenate((solid[e], names[k], solid[n])), bodies,
    )  # fmt: skip


def _meeting(one: np.ndarray, two: np.ndarray, names: Ints, others: Ints, bodies: Bodies) -> Chords:
    """Return the points where pieces of outline meet, two where they run along one another."""
    meet = shapely.intersection(one, two)
    apart = shapely.is_empty(meet)
    meet[apart] = shapely.shortest_line(one[apart], two[apart])
    xy, pair = shapely.get_coordinates(meet, return_index=True)
    half_edge = np.column_stack((names[pair], others[pair]))
    ends = np.stack((xy, xy), axis=1)
    path = ends.copy()
    for n in (0, 1):
        round_ = half_edge[:, n] < 0
        path[round_, n] = bodies.centre[-1 - half_edge[round_, n]]
    return Chords(half_edge.astype(np.int64), path, ends, np.zeros(len(xy)))
