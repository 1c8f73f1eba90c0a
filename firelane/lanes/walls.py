"""Walls without width, tied into the outline of free space.

Every wall piece becomes two half-edges, back to back. Which edges are outline and which are wall is
known from where they came from, never guessed from a probe beside them: a wall drawn along a kerb
lies within rounding of it, and no probe can tell on which side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats, expand, place_numbers
from firelane.lanes.cells import Cells

SNAP_M = 1e-8
"""A wall this near to a vertex or an edge was drawn to it: coordinates of survey size are stored to 1e-9 m."""


def with_walls(
    area: BaseGeometry, start: Floats, end: Floats, lines: Sequence[BaseGeometry]
) -> tuple[Floats, Floats]:
    """Return the outline's edges, split where walls touch them, and both half-edges of every wall piece.

    Parameters
    ----------
    area : Polygon or MultiPolygon
        Free space in local coordinates [m]; walls count only inside it.
    start, end : (n, 2) arrays
        The outline's edges, free space on the left.
    lines : sequence of LineString
        Walls, in local coordinates.

    Returns
    -------
    start, end : (m, 2) arrays
        The outline's first, then the walls'. As many leave each vertex as arrive there.
    """
    a, b = _clipped(area, lines)
    if not len(a):
        return start, end
    xy = _snapped(np.vstack((a, b)), start)
    a, b = xy[: len(a)], xy[len(a) :]
    tips = np.unique(xy, axis=0)
    a, b = _split(a, b, start)
    start, end = _split(start, end, tips)
    a, b = _split(a, b, tips)
    flip = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    wall = np.unique(np.where(flip[:, None], np.hstack((b, a)), np.hstack((a, b))), axis=0)
    wall = wall[(wall[:, :2] != wall[:, 2:]).any(axis=1)]
    wall = wall[~_along(wall, start, end)]
    return (
        np.vstack((start, wall[:, :2], wall[:, 2:])),
        np.vstack((end, wall[:, 2:], wall[:, :2])),
    )


def _along(wall: Floats, start: Floats, end: Floats) -> Bools:
    """Tell which wall pieces are edges of the outline, one way or the other."""
    number = place_numbers(np.vstack((wall[:, :2], wall[:, 2:], start, end)))
    a, z, tail, head = np.split(number, np.cumsum([len(wall), len(wall), len(start)]))
    base = int(number.max()) + 1
    wall_key = np.minimum(a, z) * base + np.maximum(a, z)
    return np.isin(wall_key, np.minimum(tail, head) * base + np.maximum(tail, head))


def _clipped(area: BaseGeometry, lines: Sequence[BaseGeometry]) -> tuple[Floats, Floats]:
    """Return start and end of the segments of the walls inside ``area``, noded with one another."""
    inside = shapely.get_parts(shapely.intersection(shapely.union_all(list(lines)), area))
    xy, index = shapely.get_coordinates(
        inside[shapely.get_type_id(inside) == shapely.GeometryType.LINESTRING], return_index=True
    )
    same = index[1:] == index[:-1]
    return xy[:-1][same] + 0.0, xy[1:][same] + 0.0


def _snapped(xy: Floats, vertices: Floats) -> Floats:
    """Move places within ``SNAP_M`` of a vertex onto it, and the others within it onto one of their own."""
    distance, nearest = cKDTree(vertices).query(xy)
    close = distance <= SNAP_M
    result = np.where(close[:, None], vertices[nearest], xy)
    loose = np.flatnonzero(~close)
    if len(loose):
        pairs = cKDTree(xy[loose]).query_pairs(SNAP_M, output_type="ndarray")
        ones = np.ones(len(pairs), np.int8)
        graph = coo_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(loose), len(loose)))
        _, group = connected_components(graph, directed=False)
        _, first = np.unique(group, return_index=True)
        result[loose] = xy[loose][first[group]]
    return result


def _split(start: Floats, end: Floats, places: Floats) -> tuple[Floats, Floats]:
    """Split segments at the places that lie on them, nearer to them than ``SNAP_M``."""
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    unit = along / np.maximum(length, SNAP_M)[:, None]
    cells = Cells.of(start, unit, length, max(float(length.mean()), 100 * SNAP_M))
    x, y = places.T
    owner, begin, amount = cells.around(x, y, np.full(len(x), SNAP_M))
    run, piece = expand(begin, amount)
    place = owner[run]
    near = cells.squared_distance(piece, x[place], y[place]) <= SNAP_M**2
    hit = np.unique(place[near] * len(start) + cells.edge[piece[near]])
    place, segment = np.divmod(hit, len(start))
    t = np.sum((places[place] - start[segment]) * unit[segment], axis=1)
    inner = (t > SNAP_M) & (t < length[segment] - SNAP_M)
    segment, place, t = segment[inner], place[inner], t[inner]
    every = np.concatenate((np.arange(len(start)), segment))
    at = np.vstack((start, places[place]))
    order = np.lexsort((np.concatenate((np.full(len(start), -1.0), t)), every))
    every, at = every[order], at[order]
    following = np.vstack((at[1:], at[:1]))
    last = np.r_[every[1:] != every[:-1], True]
    return at, np.where(last[:, None], end[every], following)
