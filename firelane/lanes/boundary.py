"""The boundary of free space as oriented half-edges, free space on their left.

Everything in this package works on arrays of half-edges in local coordinates. The tables are built
once per free space and never changed. Method: docs/decisions/0003 (oriented
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
from firelane.lanes.arrays import (
    TINY_M,
    Bools,
    Floats,
    Ints,
    cross,
    dot,
    left_normal,
    order_of,
    place_hash,
    place_numbers,
)
from firelane.lanes.cells import Cells
from firelane.lanes.outline import MOUTH_TOLERANCE_M, on_mouth, points_inside, ring_edges, split_at_mouths
from firelane.lanes.turns import followers, ring_order
from firelane.lanes.walls import with_walls

__all__ = [
    "MOUTH_TOLERANCE_M", "TINY_M", "Bools", "Boundary", "Floats", "Ints", "cross", "dot", "left_normal",
]  # fmt: skip

CELL_M = (0.5, 4.0)
"""Least and largest width of the cells that half-edges are sorted into."""

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

    @cached_property
    def is_open(self) -> Bools:
        """True for half-edges on a mouth."""
        return self.mouth >= 0

    @cached_property
    def is_point(self) -> Bools:
        """True for point obstacles."""
        result: Bools = self.length_m == 0.0
        return result

    @cached_property
    def out_direction(self) -> Floats:
        """(n, 2) direction in which the obstacle leaves each start.

        On a mouth the wall turns outwards: beyond it lies an open strip of the mouth's width.
        """
        if not self.is_open.any():
            return self.direction
        result = self.direction.copy()
        result[self.is_open] = -left_normal(self.direction[self.is_open])
        return result

    @cached_property
    def in_direction(self) -> Floats:
        """(n, 2) direction in which the obstacle arrives at each end (see ``out_direction``)."""
        if not self.is_open.any():
            return self.direction
        result = self.direction.copy()
        result[self.is_open] = left_normal(self.direction[self.is_open])
        return result

    @cached_property
    def cells(self) -> Cells:
        """All half-edges in cells about as wide as a typical one is long."""
        return Cells.of(self.start, self.direction, self.length_m, self._cell_m)

    @property
    def _cell_m(self) -> float:
        solid = int(np.count_nonzero(self.length_m))
        typical = float(self.length_m.sum()) / (solid or 1)
        return float(np.clip(1.8 * typical, *CELL_M))

    def cells_for(self, width_m: float) -> Cells:
        """Return cells that suit a search as wide as ``width_m``: neither many per search nor much too wide."""
        size = float(np.clip(self._cell_m, width_m / 12, max(width_m / 2, CELL_M[0])))
        if size == self._cell_m:
            return self.cells
        return Cells.of(self.start, self.direction, self.length_m, size)

    @cached_property
    def fans(self) -> tuple[Ints, Ints, Ints]:
        """Half-edges that leave shared vertices, vertex by vertex; begin and number of each half-edge's own fan."""
        begin, amount = np.zeros(self.size, np.int64), np.zeros(self.size, np.int64)
        member = np.flatnonzero(self.shared)
        key = place_numbers(self.start[member])
        order = order_of(key)
        member, key = member[order], key[order]
        if len(member):
            first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
            size = np.diff(np.r_[first, len(member)])
            begin[member], amount[member] = np.repeat(first, size), np.repeat(size, size)
        return member, begin, amount

    def nearest(self, places: Floats) -> tuple[Ints, Floats]:
        """Return the nearest obstacle (a half-edge that is not open) of each place, and its distance [m].

        Parameters
        ----------
        places : (m, 2) array
            In local coordinates.
        """
        solid = ~self.is_open
        x, y = np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1])
        found, distance = self.cells.nearest(x, y, solid)
        far = np.flatnonzero(found < 0)
        if len(far):
            pair, away = self.tree.query_nearest(
                shapely.points(places[far]), all_matches=False, return_distance=True
            )
            found[far], distance[far] = self.obstacle_index[pair[1]], away
        return found, distance

    @cached_property
    def tree(self) -> shapely.STRtree:
        """STRtree over the obstacles: half-edges that are not open, in local coordinates."""
        return shapely.STRtree(self._geometries[self.obstacle_index])

    @cached_property
    def obstacle_index(self) -> Ints:
        """Half-edge number of each geometry in ``tree``."""
        return np.flatnonzero(~self.is_open)

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
        local_lines = shapely.transform(np.array(list(lines), dtype=object), lambda xy: xy - origin)
        local_mouths = [shapely.transform(shapely.force_2d(m), lambda xy: xy - origin) for m in mouths]
        start, end, ring = ring_edges(area, origin)
        start, end, ring = split_at_mouths(start, end, ring, local_mouths)
        xy = points_inside(start, end, points, origin, local_lines)
        if len(local_lines):
            local = shapely.transform(area, lambda xy: xy - origin)
            start, end = with_walls(local, start, end, local_lines)
            ring = np.full(len(start), -1, np.int64)
        start = np.vstack((start, xy))
        end = np.vstack((end, xy))
        last = int(ring.max()) + 1 if len(ring) else 0
        ring = np.concatenate((ring, last + np.arange(len(xy))))
        return _assemble(origin, start, end, ring, local_mouths, walls=len(local_lines) > 0)


def _assemble(
    origin: Floats, start: Floats, end: Floats, ring: Ints, mouths: Sequence[BaseGeometry], *, walls: bool
) -> Boundary:
    """Link half-edges into rings, renumber them ring by ring and finish the tables."""
    size = len(start)
    is_point = np.all(start == end, axis=1)
    shared = np.zeros(size, bool)
    twin = np.full(size, -1, np.int64)
    if walls or _any_twice(start[~is_point]):
        tail, head = np.split(place_numbers(np.vstack((start, end))), 2)
        count = np.bincount(tail[~is_point], minlength=int(max(tail.max(), head.max())) + 1)
        twin = _twins(tail, head, is_point)
        order, ring = ring_order(followers(start, end, tail, head, is_point, count=count, twin=twin))
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
        mouth=on_mouth(start, end, mouths), shared=shared,
    )  # fmt: skip


def _any_twice(xy: Floats) -> bool:
    """Tell whether a vertex occurs twice: cheaper than numbering them all, and seldom so."""
    key = np.sort(place_hash(xy))
    return bool((key[1:] == key[:-1]).any())


def _twins(tail: Ints, head: Ints, is_point: Bools) -> Ints:
    """Return the opposite half-edge of each wall segment, -1 where there is none."""
    size = len(tail)
    base = int(max(tail.max(), head.max())) + 1
    forward, backward = tail * base + head, head * base + tail
    order = order_of(forward)
    place = np.searchsorted(forward[order], backward)
    found = order[np.minimum(place, size - 1)]
    return np.where((forward[found] == backward) & ~is_point, found, -1)
