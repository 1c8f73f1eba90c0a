"""The medial axis of an area as a graph, from a constrained Delaunay triangulation.

Used for centrelines and as candidate places; no verdict rests on it. Method: facts on measuring
width, section 2, stage 5 (densify, triangulate, dual graph, prune all leaf branches of a round at once).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pythoncdt
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Boundary, Floats, Ints

SLIVER_M2 = 1e-6


@dataclass(frozen=True)
class MedialAxis:
    """Nodes and edges of a medial axis in local coordinates.

    Attributes
    ----------
    origin : (2,) array
    xy : (n, 2) array
    radius_m : (n,) array
        Exact distance of each node from the boundary.
    edges : (k, 2) int array
    """

    origin: Floats
    xy: Floats
    radius_m: Floats
    edges: Ints


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
    constraints = np.sort(np.column_stack((inverse, inverse[following])), axis=1)
    constraints = np.unique(constraints, axis=0)
    triangles = _triangulate(points, constraints)
    inside, dual = _interior(points, triangles, constraints, area, boundary.origin)
    xy = _centres(points[triangles[inside]])
    radius = boundary.tree.query_nearest(shapely.points(xy), all_matches=False, return_distance=True)[1]
    return MedialAxis(boundary.origin, xy, radius, dual)


def _triangulate(points: Floats, constraints: Ints) -> Ints:
    triangulation = pythoncdt.Triangulation(
        pythoncdt.VertexInsertionOrder.AUTO, pythoncdt.IntersectingConstraintEdges.TRY_RESOLVE, 0.0
    )
    vertices: Any = points  # numpy arrays are buffers, which their type stubs only tell from Python 3.12 on
    edges: Any = np.ascontiguousarray(constraints, dtype=np.uint32)
    triangulation.insert_vertices(vertices)
    triangulation.insert_edges(edges)
    triangulation.erase_super_triangle()
    table = triangulation.triangles_array()
    return np.asarray(table["vertices"], dtype=np.int64)


def _interior(
    points: Floats, triangles: Ints, constraints: Ints, area: BaseGeometry, origin: Floats
) -> tuple[Ints, Ints]:
    """Return the triangles inside ``area`` and the pairs of them that share a free edge."""
    size = len(points)
    fixed = constraints[:, 0] * size + constraints[:, 1]
    sides = np.sort(np.stack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]], 1), axis=2)
    key = (sides[:, :, 0] * size + sides[:, :, 1]).ravel()
    owner = np.repeat(np.arange(len(triangles)), 3)
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order][1:] == key[order][:-1])
    pair = np.column_stack((owner[order[same]], owner[order[same + 1]]))
    free = ~np.isin(key[order[same]], fixed)
    pair = pair[free]
    graph = coo_matrix((np.ones(len(pair), np.int8), (pair[:, 0], pair[:, 1])), shape=(len(triangles),) * 2)
    _, component = connected_components(graph, directed=False)
    # One containment test per component; its largest triangle has the safest centre.
    corner = points[triangles]
    double_area = np.abs(
        (corner[:, 1, 0] - corner[:, 0, 0]) * (corner[:, 2, 1] - corner[:, 0, 1])
        - (corner[:, 1, 1] - corner[:, 0, 1]) * (corner[:, 2, 0] - corner[:, 0, 0])
    )
    by_size = np.lexsort((-double_area, component))
    largest = by_size[np.r_[True, component[by_size][1:] != component[by_size][:-1]]]
    centre = corner[largest].mean(axis=1) + origin
    shapely.prepare(area)
    # Slivers between collinear samples lie on either side of the edge by rounding: no component is that thin.
    solid = np.bincount(component, weights=double_area / 2) > SLIVER_M2
    kept = (shapely.contains_xy(area, centre) & solid)[component]
    inside = np.flatnonzero(kept)
    number = np.full(len(triangles), -1, np.int64)
    number[inside] = np.arange(len(inside))
    dual = number[pair]
    return inside, dual[(dual >= 0).all(axis=1)]


def _centres(corner: Floats) -> Floats:
    """Return circumcentres, drawn back to the triangle where it is too obtuse to trust."""
    a, b, c = corner[:, 0], corner[:, 1], corner[:, 2]
    ab, ac = b - a, c - a
    d = 2 * (ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])
    safe = np.where(np.abs(d) < 1e-12, 1.0, d)
    ab2, ac2 = (ab**2).sum(axis=1), (ac**2).sum(axis=1)
    offset = (
        np.column_stack((ac[:, 1] * ab2 - ab[:, 1] * ac2, ab[:, 0] * ac2 - ac[:, 0] * ab2)) / safe[:, None]
    )
    lengths = np.stack((ab2, ac2, ((c - b) ** 2).sum(axis=1)), axis=1)
    longest = lengths.argmax(axis=1)
    obtuse = 2 * lengths.max(axis=1) > lengths.sum(axis=1) + 1e-12
    middle = np.stack(((a + b) / 2, (a + c) / 2, (b + c) / 2), axis=1)[np.arange(len(a)), longest]
    centre = a + offset
    # The circumcentre of an obtuse triangle may lie across a constraint: its longest side's middle does not.
    span = np.sqrt(lengths.max(axis=1))
    stray = obtuse & (np.hypot(*(centre - middle).T) > span)
    bad = (np.abs(d) < 1e-12) | stray
    return np.where(bad[:, None], middle, centre)
