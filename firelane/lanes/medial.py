"""The medial axis of an area as a graph, from a constrained Delaunay triangulation.

Used for centrelines and as candidate places; no verdict rests on it. Method: docs/method.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pythoncdt
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import order_of
from firelane.lanes.boundary import Bools, Boundary, Floats, Ints
from firelane.lanes.nearest import NearestSegments

SLIVER_M2 = 1e-6
SUPER = 3
"""Vertices of the triangle that the library puts about all others; they come first."""


@dataclass(frozen=True)
class MedialAxis:
    """Nodes and edges of a medial axis in local coordinates.

    Attributes
    ----------
    origin : (2,) array
    xy : (n, 2) array
    edges : (k, 2) int array
    boundary : NearestSegments
        The boundary of the area, local.
    """

    origin: Floats
    xy: Floats
    edges: Ints
    boundary: NearestSegments

    def radius_of(self, nodes: Ints) -> Floats:
        """Return the exact distance of some nodes from the boundary [m]: most are never asked for."""
        missing: Ints = nodes[np.isnan(self._radius[nodes])]
        if len(missing):
            missing = np.unique(missing)
            self._radius[missing] = self.boundary.nearest(self.xy[missing])[1]
        radius: Floats = self._radius[nodes]
        return radius

    @cached_property
    def radius_m(self) -> Floats:
        """Exact distance of every node from the boundary [m]."""
        return self.radius_of(np.arange(len(self.xy)))

    @cached_property
    def _radius(self) -> Floats:
        return np.full(len(self.xy), np.nan)


def medial_axis(area: BaseGeometry, *, step_m: float = 0.5) -> MedialAxis:
    """Return the medial axis of ``area`` sampled about every ``step_m``.

    Parameters
    ----------
    area : Polygon or MultiPolygon
    step_m : float
        Longest piece of boundary between two samples [m].
    """
    boundary = Boundary.from_geometry(area)
    number = np.maximum(np.ceil(boundary.length_m / step_m - 1e-9).astype(np.int64), 1)
    edge = np.repeat(np.arange(boundary.size), number)
    part = np.arange(len(edge)) - np.repeat(np.cumsum(number) - number, number)
    along = part * (boundary.length_m / number)[edge]
    samples = boundary.start[edge] + boundary.direction[edge] * along[:, None]
    first = np.r_[0, np.cumsum(number)[:-1]]
    following = np.arange(len(edge)) + 1
    last = np.cumsum(number) - 1
    following[last] = first[boundary.next]
    # Rings may touch at a vertex: the triangulation wants each vertex once.
    key = np.ascontiguousarray(samples + 0.0).view(np.complex128).ravel()
    _, index, inverse = np.unique(key, return_index=True, return_inverse=True)
    points = np.ascontiguousarray(samples[index])
    fixed = np.column_stack((inverse, inverse[following]))
    triangles, neighbours = _triangulate(points, fixed)
    inside, dual = _interior(points, triangles, neighbours, fixed, area, boundary.origin)
    segments = NearestSegments(boundary.start, boundary.direction, boundary.length_m)
    return MedialAxis(boundary.origin, _centres(points[triangles[inside]]), dual, segments)


def _triangulate(points: Floats, constraints: Ints) -> tuple[Ints, Ints]:
    """Return the triangles among ``points`` and the neighbours of each (-1: none)."""
    triangulation = pythoncdt.Triangulation(
        pythoncdt.VertexInsertionOrder.AUTO, pythoncdt.IntersectingConstraintEdges.TRY_RESOLVE, 0.0
    )
    vertices: Any = points  # numpy arrays are buffers, which their type stubs only tell from Python 3.12 on
    edges: Any = np.ascontiguousarray(constraints, dtype=np.uint32)
    triangulation.insert_vertices(vertices)
    triangulation.insert_edges(edges)
    table = triangulation.triangles_array()
    corner = table["vertices"].astype(np.int64) - SUPER
    beside = table["neighbors"].astype(np.int64)
    # Sorting out the triangles of the outer one here is quicker than having the library erase them.
    least = corner.min(axis=1)
    real = np.flatnonzero(least >= 0)
    # By their first corner, which the caller sorted from west to east: neighbours then lie near one another in
    # memory, and at millions of triangles every step that follows is quicker for it.
    order = real[order_of(least[real])]
    number = np.full(len(corner) + 1, -1, np.int64)
    number[order] = np.arange(len(order))
    return corner[order], number[np.minimum(beside[order], len(corner))]


def _interior(
    points: Floats, triangles: Ints, neighbours: Ints, fixed: Ints, area: BaseGeometry, origin: Floats
) -> tuple[Ints, Ints]:
    """Return the triangles inside ``area`` and the pairs of them that share a free edge."""
    # Neighbour k lies across the side from corner k to the next.
    row, side = np.nonzero(neighbours > np.arange(len(triangles))[:, None])
    a, b = triangles[row, side], triangles[row, (side + 1) % 3]
    free = ~_fixed(a, b, fixed, len(points))
    pair = np.column_stack((row, neighbours[row, side]))[free]
    graph = coo_matrix((np.ones(len(pair), np.int8), (pair[:, 0], pair[:, 1])), shape=(len(triangles),) * 2)
    _, component = connected_components(graph, directed=False)
    # One containment test per component; its largest triangle has the safest centre.
    (ax, ay), (bx, by), (cx, cy) = (points[triangles[:, k]].T for k in range(3))
    double_area = np.abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
    most = np.zeros(int(component.max()) + 1)
    np.maximum.at(most, component, double_area)
    rows = np.flatnonzero(double_area == most[component])
    largest = np.zeros(len(most), np.int64)
    largest[component[rows]] = rows
    centre = points[triangles[largest]].mean(axis=1) + origin
    shapely.prepare(area)
    # Slivers between collinear samples lie on either side of the edge by rounding: no component is that thin.
    solid = np.bincount(component, weights=double_area / 2) > SLIVER_M2
    kept = (shapely.contains_xy(area, centre) & solid)[component]
    inside = np.flatnonzero(kept)
    number = np.full(len(triangles), -1, np.int64)
    number[inside] = np.arange(len(inside))
    dual = number[pair]
    return inside, dual[(dual >= 0).all(axis=1)]


def _fixed(a: Ints, b: Ints, edges: Ints, size: int) -> Bools:
    """Tell which sides a–b are among ``edges``."""
    following = np.full(size, -1, np.int64)
    following[edges[:, 0]] = edges[:, 1]
    result: Bools = (following[a] == b) | (following[b] == a)
    hidden = edges[following[edges[:, 0]] != edges[:, 1]]  # rings touch there: the vertex starts two edges
    if len(hidden):
        keys = np.minimum(a, b) * size + np.maximum(a, b)
        result |= np.isin(keys, hidden.min(axis=1) * size + hidden.max(axis=1))
    return result


def _centres(corner: Floats) -> Floats:
    """Return circumcentres, drawn back to the triangle where it is too obtuse to trust."""
    a, b, c = corner[:, 0], corner[:, 1], corner[:, 2]
    abx, aby = (b - a).T
    acx, acy = (c - a).T
    d = 2 * (abx * acy - aby * acx)
    flat = np.abs(d) < 1e-12
    safe = np.where(flat, 1.0, d)
    ab2, ac2 = abx**2 + aby**2, acx**2 + acy**2
    centre: Floats = a + np.column_stack(((acy * ab2 - aby * ac2) / safe, (abx * ac2 - acx * ab2) / safe))
    lengths = np.stack((ab2, ac2, (acx - abx) ** 2 + (acy - aby) ** 2), axis=1)
    longest = lengths.max(axis=1)
    odd = np.flatnonzero(flat | (2 * longest > lengths.sum(axis=1) + 1e-12))
    if len(odd):
        # The circumcentre of an obtuse triangle may lie across a constraint: its longest side's middle does not.
        first = np.array([0, 0, 1])[lengths[odd].argmax(axis=1)]
        second = np.array([1, 2, 2])[lengths[odd].argmax(axis=1)]
        middle = (corner[odd, first] + corner[odd, second]) / 2
        stray = np.hypot(*(centre[odd] - middle).T) > np.sqrt(longest[odd])
        bad = odd[stray | flat[odd]]
        centre[bad] = middle[stray | flat[odd]]
    return centre
