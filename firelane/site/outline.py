"""The outline of one polygon, with indices: what is asked of a small part of it costs no more for the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]
Bounds = tuple[float, float, float, float]

_PIECE = 64
"""Edges in one piece of an outline."""
SMALL = 4 * _PIECE
"""Corners up to which an outline is asked as a whole."""


@dataclass(frozen=True)
class Outline:
    """A polygon and its outline, whose corners and pieces are found through indices.

    Attributes
    ----------
    geom : Polygon or MultiPolygon
        Is prepared, so that predicates on it use its index.
    """

    geom: shapely.Geometry

    def __post_init__(self) -> None:
        """Build the polygon's own index when it is first asked."""
        shapely.prepare(self.geom)

    @cached_property
    def bounds(self) -> Bounds:
        """Bounds [m]."""
        west, south, east, north = shapely.bounds(self.geom).tolist()
        return west, south, east, north

    @cached_property
    def line(self) -> shapely.Geometry:
        """The outline as lines, prepared."""
        line = shapely.boundary(self.geom)
        shapely.prepare(line)
        return line

    @cached_property
    def _corners(self) -> NDArray[np.complex128]:
        # As complex numbers they are sorted several times faster than as rows.
        xy = np.ascontiguousarray(shapely.get_coordinates(self.geom))
        return np.unique(xy.view(np.complex128).ravel())

    def corners(self, bounds: Iterable[float], margin_m: float) -> Floats:
        """Return the corners within the bounds, widened by the margin; each once, sorted."""
        west, south, east, north = bounds
        real = self._corners.real
        first, last = np.searchsorted(real, west - margin_m), np.searchsorted(real, east + margin_m, side="right")
        found = self._corners[first:last]
        inside = (found.imag >= south - margin_m) & (found.imag <= north + margin_m)
        chosen: Floats = np.ascontiguousarray(found[inside]).view(np.float64).reshape(-1, 2)
        return chosen

    @cached_property
    def _pieces(self) -> tuple[Objects, NDArray[np.intp]]:
        """The outline in pieces of up to 64 edges, in order, and the ring of each."""
        rings = shapely.get_rings(shapely.get_parts(self.geom))
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        starts = np.searchsorted(ring, np.arange(len(rings)))
        within = np.arange(len(xy)) - starts[ring]
        last = np.append(starts[1:], len(xy)) - 1
        # The corner where one piece ends and the next begins belongs to both.
        joint = (within % _PIECE == 0) & (within > 0) & (np.arange(len(xy)) != last[ring])
        copies = np.repeat(np.arange(len(xy)), 1 + joint)
        begins = np.zeros(len(copies), dtype=bool)
        begins[1:] = copies[1:] == copies[:-1]
        begins[np.searchsorted(copies, starts)] = True
        piece = np.cumsum(begins) - 1
        return shapely.linestrings(xy[copies], indices=piece), ring[copies[begins]]

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._pieces[0])

    @property
    def _small(self) -> bool:
        return bool(shapely.get_num_coordinates(self.geom) <= SMALL)

    def clipped(self, bounds: Bounds) -> shapely.Geometry:
        """Return the part of the outline within the bounds."""
        if self._small:
            return shapely.clip_by_rect(self.line, *bounds)
        hit = np.sort(self._tree.query(shapely.box(*bounds)))
        return shapely.clip_by_rect(shapely.multilinestrings(self._pieces[0][hit]), *bounds)

    def feet(self, points: Floats) -> Floats:
        """Return the point of the polygon that lies nearest to each point; one inside is its own."""
        if not len(points):
            return points
        places = shapely.points(points)
        if self._small:
            return ends(shapely.shortest_line(places, self.geom))
        out = points.copy()
        outside = ~shapely.intersects(self.geom, places)
        if outside.any():
            nearest = self._tree.nearest(places[outside])
            out[outside] = ends(shapely.shortest_line(places[outside], self._pieces[0][nearest]))
        return out

    def snapped(self, points: Floats, distance_m: float) -> shapely.Geometry:
        """Return the polygon with corners at those points that lie on its outline but for the distance."""
        if self._small:
            return shapely.snap(self.geom, shapely.multipoints(points), distance_m)
        pieces, ring = self._pieces[0].copy(), self._pieces[1]
        point, piece = self._tree.query(shapely.points(points), predicate="dwithin", distance=distance_m)
        order = np.argsort(piece, kind="stable")
        hit, where = np.unique(piece[order], return_inverse=True)
        pieces[hit] = shapely.snap(pieces[hit], shapely.multipoints(points[point[order]], indices=where), distance_m)
        xy, owner = shapely.get_coordinates(pieces, return_index=True)
        # The first corner of a piece is the last of the piece before, in the same ring.
        begins = np.concatenate([[True], owner[1:] != owner[:-1]])
        follows = np.concatenate([[False], ring[owner[1:]] == ring[owner[:-1]]])
        keep = ~(begins & follows)
        rings = shapely.linearrings(xy[keep], indices=ring[owner[keep]])
        parts, count = [], 0
        for part in shapely.get_parts(self.geom):
            holes = int(shapely.get_num_interior_rings(part))
            parts.append(shapely.polygons(rings[count], rings[count + 1 : count + 1 + holes]))
            count += 1 + holes
        return parts[0] if shapely.get_type_id(self.geom) == 3 else shapely.multipolygons(parts)


def ends(lines: Objects) -> Floats:
    """Return the second ends of segments."""
    found: Floats = shapely.get_coordinates(lines).reshape(-1, 2, 2)[:, 1]
    return found
