"""Closed outlines found in loose lines and arcs."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.cad.plan import Objects, Rings
from firelane.site.cad.rings_faces import depths, faces_of, groups, rows_of, sides
from firelane.site.cad.rings_net import Net, net

Ints = NDArray[np.int64]


def closed_rings(lines: Objects, gap: float) -> Rings:
    """Return the outlines that lines form whose ends meet within a gap.

    Lines are cut where they cross; what was drawn twice counts once. Ends that do not meet are joined by a bridge, so that
    no vertex moves and closed outlines keep their coordinates. An outline inside another is a hole in it, one inside
    that an island, and so on; outlines that share a side stand beside each other.

    Parameters
    ----------
    lines : ndarray of LineString
        Curves flattened; LinearRings and Polygons serve by their outlines.
    gap : float
        Largest distance of ends that are joined, in the unit of the coordinates. Faces thinner than this, which lines drawn
        twice not quite alike enclose, are none.

    Returns
    -------
    Rings
        Polygons from west to east.
    """
    lines = np.asarray(lines, dtype=object)
    lines = np.where(shapely.get_dimensions(lines) == 2, shapely.boundary(lines), lines)
    usable = np.flatnonzero((shapely.get_dimensions(lines) == 1) & ~shapely.is_empty(lines))
    found = net(lines[usable], gap)
    faces = _broad(faces_of(found.pieces), gap)
    if not len(faces):
        return Rings(np.empty(0, dtype=object), [], [], np.arange(len(lines)))
    kept = faces[depths(faces, groups(faces, found.pieces)) % 2 == 0]
    face, piece = sides(kept, found.pieces)
    of_piece, row = rows_of(found.pieces, lines[usable])
    members = _members(len(kept), face, piece, of_piece, usable[row])
    used = np.zeros(len(lines), dtype=bool)
    if members:
        used[np.concatenate(members)] = True
    return Rings(kept, members, _gaps(found, kept), np.flatnonzero(~used))


def _broad(faces: Objects, gap: float) -> Objects:
    """Return the faces that are broader than the gap on the whole."""
    if not len(faces):
        return faces
    chosen: Objects = faces[2.0 * shapely.area(faces) > gap * shapely.length(faces)]
    return chosen


def _members(count: int, face: Ints, piece: Ints, of_piece: Ints, row: Ints) -> list[Ints]:
    """Return for each face the rows that its pieces come from, ascending."""
    start = np.searchsorted(of_piece, piece, side="left")
    length = np.searchsorted(of_piece, piece, side="right") - start
    within = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    pairs = np.stack([np.repeat(face, length), row[np.repeat(start, length) + within]], axis=1)
    pairs = np.unique(pairs, axis=0)
    return np.split(pairs[:, 1], np.searchsorted(pairs[:, 0], np.arange(1, count)))


def _gaps(found: Net, polygons: Objects) -> list[tuple[float, float, float]]:
    """Return middle and length of the bridges and cut ends at the outlines found."""
    joints = np.concatenate([found.bridges, found.overshoots])
    if not len(joints) or not len(polygons):
        return []
    middle = shapely.line_interpolate_point(joints, 0.5, normalized=True)
    near = np.concatenate([middle[: len(found.bridges)], _nearer(found.overshoots, polygons)])
    at, _ = shapely.STRtree(shapely.boundary(polygons)).query(
        near, predicate="dwithin", distance=1e-9 + 64.0 * float(np.spacing(np.abs(shapely.total_bounds(joints)).max()))
    )
    xy = shapely.get_coordinates(middle)
    length = shapely.length(joints)
    return sorted((float(xy[n, 0]), float(xy[n, 1]), float(length[n])) for n in set(at.tolist()))


def _nearer(lines: Objects, polygons: Objects) -> Objects:
    """Return the end of each line that lies nearer to an outline."""
    if not len(lines):
        return lines
    tree = shapely.STRtree(shapely.boundary(polygons))
    first, last = shapely.get_point(lines, 0), shapely.get_point(lines, -1)
    apart = [tree.query_nearest(points, return_distance=True, all_matches=False)[1] for points in (first, last)]
    nearer: Objects = np.where(apart[0] <= apart[1], first, last)
    return nearer
