"""The boundary of free space as oriented half-edges, free space on their left.

Everything in this package works on arrays of half-edges in local coordinates. The tables are built
once per free space and never changed. Method: facts on exact pinches, section 2.1 (oriented
half-edges, rotation system at shared vertices, mouths as open edges).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.errors import MeasurementError
from firelane.lanes.walls import SNAP_M, with_walls

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TINY_M = 1e-9
"""Lengths below this are rounding, at coordinates within a few kilometres of the local origin."""

MOUTH_TOLERANCE_M = 1e-6
"""How near an edge must run to a mouth line to be the mouth: well above rounding at survey coordinates."""

SLIT_RAD = 1e-6
"""Edges that leave a vertex under less than this may lie in either order."""

SLIT_COST = 1e-3
"""Turn into such a slit [rad]: more than nothing, so that a needle beside it keeps its own two sides."""


def left_normal(vectors: Floats) -> Floats:
    """Return vectors turned by +90°.

    >>> left_normal(np.array([[1.0, 0.0]])).tolist()
    [[-0.0, 1.0]]
    """
    return np.column_stack((-vectors[:, 1], vectors[:, 0]))


def cross(a: Floats, b: Floats) -> Floats:
    """Return the z component of the cross product, row by row."""
    result: Floats = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return result


def dot(a: Floats, b: Floats) -> Floats:
    """Return the dot product, row by row."""
    result: Floats = a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1]
    return result


@dataclass(frozen=True)
class Boundary:
    """Half-edges of a free space, ring by ring, with free space on the left.

    ``n`` half-edges; all coordinates are local (``origin`` already subtracted) [m].

    Attributes
    ----------
    origin : (2,) array
        Rounded local origin in the coordinates of the input.
    start, end, direction : (n, 2) arrays
    length_m : (n,) array
        0 for a point obstacle.
    next, previous, ring, twin : (n,) int arrays
        ``twin`` is the other half-edge of a zero-width wall, else -1.
    mouth : (n,) int array
        Number of the mouth that the half-edge lies on, else -1. Mouth edges are open: no obstacle.
    ring_area_m2 : (rings,) array
        Signed area; positive for the outline of a part.
    shared : (n,) bool array
        True where several half-edges start at the same vertex.
    """

    origin: Floats
    start: Floats
    end: Floats
    direction: Floats
    length_m: Floats
    next: Ints
    previous: Ints
    ring: Ints
    ring_area_m2: Floats
    twin: Ints
    mouth: Ints
    shared: Bools

    @property
    def size(self) -> int:
        """Number of half-edges."""
        return len(self.length_m)

    @property
    def is_open(self) -> Bools:
        """True for half-edges on a mouth."""
        return self.mouth >= 0

    @property
    def is_point(self) -> Bools:
        """True for point obstacles."""
        result: Bools = self.length_m == 0.0
        return result

    @cached_property
    def out_direction(self) -> Floats:
        """(n, 2) direction in which the obstacle leaves each start.

        On a mouth the wall turns outwards: beyond it lies an open strip of the mouth's width.
        """
        result = self.direction.copy()
        result[self.is_open] = -left_normal(self.direction[self.is_open])
        return result

    @cached_property
    def in_direction(self) -> Floats:
        """(n, 2) direction in which the obstacle arrives at each end (see ``out_direction``)."""
        result = self.direction.copy()
        result[self.is_open] = left_normal(self.direction[self.is_open])
        return result

    @cached_property
    def tree(self) -> shapely.STRtree:
        """STRtree over the obstacles: half-edges that are not open, in local coordinates."""
        return shapely.STRtree(self._geometries[self.obstacle_index])

    @cached_property
    def obstacle_index(self) -> Ints:
        """Half-edge number of each geometry in ``tree``."""
        return np.flatnonzero(~self.is_open)

    @cached_property
    def all_tree(self) -> shapely.STRtree:
        """STRtree over all half-edges, the open ones too (used for rays)."""
        if not self.is_open.any():
            return self.tree
        return shapely.STRtree(self._geometries)

    @cached_property
    def _geometries(self) -> npt.NDArray[np.object_]:
        xy = np.stack((self.start, self.end), axis=1).reshape(-1, 2)
        # A good deal faster than `linestrings`, and making them is most of what the tree costs.
        result: npt.NDArray[np.object_] = shapely.from_ragged_array(
            shapely.GeometryType.LINESTRING, xy, (np.arange(0, len(xy) + 1, 2),)
        )
        # A zero-length LineString breaks distances in the tree: a post is a Point.
        points = np.flatnonzero(self.is_point)
        if len(points):
            result[points] = shapely.points(self.start[points])
        return result

    @classmethod
    def from_geometry(
        cls,
        area: BaseGeometry,
        *,
        lines: Sequence[BaseGeometry] = (),
        points: npt.ArrayLike | None = None,
        mouths: Sequence[BaseGeometry] = (),
    ) -> Boundary:
        """Build the half-edges of a free space.

        Parameters
        ----------
        area : Polygon or MultiPolygon
            Road minus everything areal that stands on it [m].
        lines : sequence of LineString
            Walls without width; only what lies inside ``area`` counts.
        points : (k, 2) array_like, optional
            Posts without radius; only those inside ``area`` count.
        mouths : sequence of LineString
            Stretches of the boundary of ``area`` through which one comes from outside. Their ends
            stay obstacles.

        Raises
        ------
        ValueError
            If ``area`` is empty or not areal.
        """
        if area.is_empty or area.area <= 0.0:
            raise ValueError("free space is empty")
        west, south, east, north = area.bounds
        origin = np.round(np.array([(west + east) / 2, (south + north) / 2]), -1)
        # The origin goes first: noding lines at survey size costs the last digits.
        local = shapely.transform(area, lambda xy: xy - origin)
        local_lines = [shapely.transform(line, lambda xy: xy - origin) for line in lines]
        local_mouths = [shapely.transform(shapely.force_2d(m), lambda xy: xy - origin) for m in mouths]
        start, end, ring = _ring_edges(local)
        start, end, ring = _split_at_mouths(start, end, ring, local_mouths)
        if local_lines:
            start, end = with_walls(local, start, end, local_lines)
            ring = np.full(len(start), -1, np.int64)
        xy = _points_inside(local, points, origin, local_lines)
        start = np.vstack((start, xy))
        end = np.vstack((end, xy))
        last = int(ring.max()) + 1 if len(ring) else 0
        ring = np.concatenate((ring, last + np.arange(len(xy))))
        return _assemble(origin, start, end, ring, local_mouths, walls=bool(local_lines))


def _ring_edges(area: BaseGeometry) -> tuple[Floats, Floats, Ints]:
    """Return start, end, ring of all ring edges, oriented, without zero-length edges."""
    parts = shapely.orient_polygons(shapely.get_parts(area))
    rings = shapely.get_rings(parts)
    xy, index = shapely.get_coordinates(rings, return_index=True)
    same = index[1:] == index[:-1]
    keep = same & (np.hypot(*(xy[1:] - xy[:-1]).T) > TINY_M)
    where = np.flatnonzero(keep)
    start, ring = xy[where], index[where].astype(np.int64)
    # Ends are taken from the next start, so that a dropped tiny edge leaves no gap.
    first = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]]) if len(ring) else np.zeros(0, np.int64)
    following = np.arange(len(ring)) + 1
    if len(ring):
        following[np.r_[first[1:] - 1, len(ring) - 1]] = first
    return start, start[following % max(len(ring), 1)], ring


def _split_at_mouths(
    start: Floats, end: Floats, ring: Ints, mouths: Sequence[BaseGeometry]
) -> tuple[Floats, Floats, Ints]:
    """Make every end of a mouth a vertex of the boundary."""
    for mouth in mouths:
        for point in shapely.get_coordinates(mouth)[[0, -1]]:
            along = end - start
            length = np.hypot(along[:, 0], along[:, 1])
            t = dot(point - start, along) / length
            off = np.abs(cross(point - start, along)) / length
            hit = np.flatnonzero((off <= MOUTH_TOLERANCE_M) & (t > TINY_M) & (t < length - TINY_M))
            near_end = np.minimum(np.hypot(*(start - point).T), np.hypot(*(end - point).T))
            hit = hit[near_end[hit] > MOUTH_TOLERANCE_M]
            for h in hit[::-1]:
                start = np.insert(start, h + 1, point, axis=0)
                end = np.insert(end, h, point, axis=0)
                ring = np.insert(ring, h, ring[h])
    return start, end, ring


def _points_inside(
    area: BaseGeometry, points: npt.ArrayLike | None, origin: Floats, walls: Sequence[BaseGeometry]
) -> Floats:
    """Return distinct points strictly inside ``area``; one on an outline or a wall adds nothing to it."""
    if points is None or np.size(points) == 0:
        return np.zeros((0, 2))
    xy = np.unique(np.asarray(points, dtype=float).reshape(-1, 2) - origin, axis=0)
    geoms = shapely.points(xy)
    shapely.prepare(area)
    inside = shapely.contains(area, geoms)
    for obstacle in (area.boundary, shapely.union_all(list(walls))):
        shapely.prepare(obstacle)
        inside[inside] &= ~shapely.dwithin(obstacle, geoms[inside], SNAP_M)
    result: Floats = xy[inside]
    return result


def _assemble(
    origin: Floats, start: Floats, end: Floats, ring: Ints, mouths: Sequence[BaseGeometry], *, walls: bool
) -> Boundary:
    """Link half-edges into rings, renumber them ring by ring and finish the tables."""
    size = len(start)
    is_point = np.all(start == end, axis=1)
    shared = np.zeros(size, bool)
    twin = np.full(size, -1, np.int64)
    if walls or _any_twice(start[~is_point]):
        tail, head = np.split(_vertex_numbers(start, end), 2)
        count = np.bincount(tail[~is_point], minlength=int(max(tail.max(), head.max())) + 1)
        twin = _twins(tail, head, is_point)
        order, ring = _walk(_rotation_system(start, end, tail, head, is_point, count=count, twin=twin))
        start, end, tail, head = start[order], end[order], tail[order], head[order]
        is_point = is_point[order]
        shared = (count[tail] > 1) & ~is_point
        twin = _twins(tail, head, is_point)
    first = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    last = np.r_[first[1:] - 1, size - 1]
    following = np.arange(size, dtype=np.int64) + 1
    following[last] = first
    previous = np.arange(size, dtype=np.int64) - 1
    previous[first] = last
    ring = np.repeat(np.arange(len(first), dtype=np.int64), last - first + 1)
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    length[is_point] = 0.0
    direction = np.divide(along, length[:, None], out=np.zeros_like(along), where=length[:, None] > 0)
    area = np.add.reduceat(cross(start, end), first) / 2
    if not np.array_equal(end, start[following]):
        raise MeasurementError("the boundary of free space does not close")
    return Boundary(
        origin=origin, start=start, end=end, direction=direction, length_m=length, next=following,
        previous=previous, ring=ring, ring_area_m2=area, twin=twin,
        mouth=_on_mouth(start, end, mouths), shared=shared,
    )  # fmt: skip


def _sort_key(xy: Floats) -> npt.NDArray[np.complex128]:
    """Return coordinates as complex numbers, which numpy sorts by x, then y; -0.0 becomes 0.0."""
    return np.ascontiguousarray(xy + 0.0).view(np.complex128).ravel()


def _any_twice(xy: Floats) -> bool:
    """Tell whether a vertex occurs twice: cheaper than numbering them all, and seldom so."""
    key = np.sort(_sort_key(xy))
    return bool((key[1:] == key[:-1]).any())


def _vertex_numbers(start: Floats, end: Floats) -> Ints:
    """Return numbers of the vertices, all starts and then all ends, equal where the coordinates are."""
    _, number = np.unique(_sort_key(np.vstack((start, end))), return_inverse=True)
    return number.astype(np.int64)


def _rotation_system(
    start: Floats, end: Floats, tail: Ints, head: Ints, is_point: Bools, *, count: Ints, twin: Ints
) -> Ints:
    """Return ``next``: the first outgoing half-edge clockwise from the way back.

    At each shared vertex arrivals and departures are paired so that the turns add up to least: any
    other pairing goes round the vertex once more. Neighbours that the sort by angle has in the wrong
    order, because rounding is all that parts them (a hole's edge along a kerb), are paired right then.
    """
    following = np.arange(len(start), dtype=np.int64)
    edges = np.flatnonzero(~is_point)
    simple = edges[count[tail[edges]] == 1]
    outgoing = np.full(int(max(tail.max(), head.max())) + 1, -1, np.int64)
    outgoing[tail[simple]] = simple
    plain = edges[count[head[edges]] == 1]
    following[plain] = outgoing[head[plain]]
    leaving: dict[int, list[int]] = {}
    arriving: dict[int, list[int]] = {}
    for h in edges[count[tail[edges]] > 1].tolist():
        leaving.setdefault(int(tail[h]), []).append(h)
    for h in edges[count[head[edges]] > 1].tolist():
        arriving.setdefault(int(head[h]), []).append(h)
    for vertex, into in arriving.items():
        out = leaving[vertex]
        back, away = start[into] - end[into], end[out] - start[out]
        turn = np.arctan2(
            away[:, 0] * back[:, 1:] - away[:, 1] * back[:, :1], back @ away.T
        ) % (2 * np.pi)  # clockwise from back
        turn[turn > 2 * np.pi - SLIT_RAD] = SLIT_COST
        turn[twin[into][:, None] == np.array(out)] = 2 * np.pi  # round a wall's tip
        from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  (slow to import, rarely needed)

        rows, columns = linear_sum_assignment(turn)
        following[np.array(into)[rows]] = np.array(out)[columns]
    return following


def _walk(following: Ints) -> tuple[Ints, Ints]:
    """Return the half-edges in ring order and the ring number of each."""
    successors = following.tolist()
    seen = bytearray(len(successors))
    order: list[int] = []
    ring: list[int] = []
    number = 0
    for begin in range(len(successors)):
        if seen[begin]:
            continue
        h = begin
        while not seen[h]:
            seen[h] = 1
            order.append(h)
            ring.append(number)
            h = successors[h]
        number += 1
    return np.array(order, np.int64), np.array(ring, np.int64)


def _twins(tail: Ints, head: Ints, is_point: Bools) -> Ints:
    """Return the opposite half-edge of each wall segment, -1 where there is none."""
    size = len(tail)
    base = int(max(tail.max(), head.max())) + 1
    forward, backward = tail * base + head, head * base + tail
    order = np.argsort(forward, kind="stable")
    place = np.searchsorted(forward[order], backward)
    found = order[np.minimum(place, size - 1)]
    return np.where((forward[found] == backward) & ~is_point, found, -1)


def _on_mouth(start: Floats, end: Floats, mouths: Sequence[BaseGeometry]) -> Ints:
    """Return the number of the mouth that each half-edge lies on, else -1."""
    result = np.full(len(start), -1, np.int64)
    middle = (start + end) / 2
    for number, mouth in enumerate(mouths):
        near = np.ones(len(start), bool)
        for xy in (middle, start, end):
            where = np.flatnonzero(near)
            near[where] = shapely.distance(shapely.points(xy[where]), mouth) <= MOUTH_TOLERANCE_M
        near &= ~np.all(start == end, axis=1)
        result[near] = number
    return result
