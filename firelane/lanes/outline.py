"""The outline of free space as arrays: its rings, its mouths, and what stands inside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import TINY_M, Floats, Ints, covered, cross, dot
from firelane.lanes.walls import SNAP_M

MOUTH_TOLERANCE_M = 1e-6
"""How near an edge must run to a mouth line to be the mouth: well above rounding at survey coordinates."""


def ring_edges(area: BaseGeometry, origin: Floats) -> tuple[Floats, Floats, Ints]:
    """Return start, end, ring of all ring edges, local, oriented, without zero-length edges."""
    parts = shapely.get_parts(area)
    parts = parts[(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)]
    xy, index = shapely.get_coordinates(shapely.get_rings(parts), return_index=True)
    xy -= origin
    first = np.flatnonzero(np.r_[True, index[1:] != index[:-1]])
    last = np.r_[first[1:], len(index)] - 1
    shell = np.zeros(len(first), bool)
    shell[np.cumsum(np.r_[0, shapely.get_num_interior_rings(parts)[:-1] + 1])] = True
    # Outlines run counter-clockwise, holes clockwise.
    turn = np.r_[xy[:-1, 0] * xy[1:, 1] - xy[:-1, 1] * xy[1:, 0], 0.0]
    turn[last] = 0.0
    wrong = (np.add.reduceat(turn, first) > 0.0) != shell
    if wrong.any():
        place = np.arange(len(index))
        back = wrong[index]
        place[back] = (first + last)[index[back]] - place[back]
        xy = xy[place]
    keep = (np.abs(np.diff(xy, axis=0)) > TINY_M).any(axis=1)
    keep[last[:-1]] = False
    where = np.flatnonzero(keep)
    start, ring = xy[where], index[where].astype(np.int64)
    # Ends are taken from the next start, so that a dropped tiny edge leaves no gap.
    if not len(ring):
        raise ValueError("free space is empty")
    first = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    following = np.arange(len(ring)) + 1
    following[np.r_[first[1:] - 1, len(ring) - 1]] = first
    return start, start[following], ring


def split_at_mouths(
    start: Floats, end: Floats, ring: Ints, mouths: Sequence[BaseGeometry]
) -> tuple[Floats, Floats, Ints]:
    """Make every end of a mouth a vertex of the boundary."""
    if not len(mouths):
        return start, end, ring
    tips = np.concatenate([shapely.get_coordinates(mouth)[[0, -1]] for mouth in mouths])
    low, high = np.minimum(start[:, 0], end[:, 0]), np.maximum(start[:, 0], end[:, 0])
    found = [np.zeros((2, 0), np.int64)]
    for h, tip in covered(low - MOUTH_TOLERANCE_M, high + MOUTH_TOLERANCE_M, tips[:, 0]):
        along, away = end[h] - start[h], tips[tip] - start[h]
        length = np.hypot(along[:, 0], along[:, 1])
        beside = np.abs(cross(along, away)) <= MOUTH_TOLERANCE_M * length
        t = dot(along, away)
        inner = (t > TINY_M * length) & (t < (length - TINY_M) * length)
        ends = np.minimum(np.hypot(*away.T), np.hypot(*(tips[tip] - end[h]).T))
        found.append(np.stack((h, tip))[:, beside & inner & (ends > MOUTH_TOLERANCE_M)])
    h, tip = np.concatenate(found, axis=1)
    along = np.r_[np.zeros(len(start)), dot(end[h] - start[h], tips[tip] - start[h])]
    edge = np.r_[np.arange(len(start)), h]
    xy = np.vstack((start, tips[tip]))
    order = np.lexsort((along, edge))
    # One end may serve two mouths: it splits an edge once.
    twice = np.r_[False, (edge[order][1:] == edge[order][:-1]) & (np.diff(along[order]) <= TINY_M)]
    order = order[~twice]
    edge, xy = edge[order], xy[order]
    last = np.r_[edge[1:] != edge[:-1], True]
    return xy, np.where(last[:, None], end[edge], np.vstack((xy[1:], xy[:1]))), ring[edge]


def points_inside(
    start: Floats, end: Floats, points: npt.ArrayLike | None, origin: Floats, walls: Sequence[BaseGeometry]
) -> Floats:
    """Return distinct points strictly inside the outline; one on it or on a wall adds nothing to it.

    Inside is where one more edge goes down than up to the west. Only edges level with a point are
    looked at.
    """
    if points is None or np.size(points) == 0:
        return np.zeros((0, 2))
    xy = np.unique(np.asarray(points, dtype=float).reshape(-1, 2) - origin, axis=0)
    winding = np.zeros(len(xy))
    touched = np.zeros(len(xy), bool)
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    for edge, point in covered(low - SNAP_M, high + SNAP_M, xy[:, 1]):
        a, z, v = start[edge], end[edge], xy[point]
        down = (a[:, 1] > v[:, 1]) & (z[:, 1] <= v[:, 1])
        up = (z[:, 1] > v[:, 1]) & (a[:, 1] <= v[:, 1])
        along = z - a
        side = cross(along, v - a)  # a way down has what lies east of it on its left
        winding += np.bincount(point, weights=(down & (side > 0.0)) * 1.0 - (up & (side < 0.0)), minlength=len(xy))
        near = np.flatnonzero(np.abs(side) <= 2 * SNAP_M * (np.abs(along).sum(axis=1) + SNAP_M))
        t = np.clip(dot(v[near] - a[near], along[near]) / dot(along[near], along[near]), 0.0, 1.0)
        off = v[near] - a[near] - along[near] * t[:, None]
        touched[point[near[np.hypot(off[:, 0], off[:, 1]) <= SNAP_M]]] = True
    inside = (winding > 0.5) & ~touched
    if len(walls) and inside.any():
        on_wall, _ = shapely.STRtree(walls).query(shapely.points(xy), predicate="dwithin", distance=SNAP_M)
        inside[on_wall] = False
    result: Floats = xy[inside]
    return result


def on_mouth(start: Floats, end: Floats, mouths: Sequence[BaseGeometry]) -> Ints:
    """Return the number of the mouth that each half-edge lies on, else -1."""
    result = np.full(len(start), -1, np.int64)
    if not len(mouths):
        return result
    middle = (start + end) / 2
    order = np.argsort(middle[:, 0], kind="stable")
    ranked = middle[order, 0]
    for number, mouth in enumerate(mouths):
        west, south, east, north = mouth.bounds
        begin = np.searchsorted(ranked, west - MOUTH_TOLERANCE_M, "left")
        some = order[begin : np.searchsorted(ranked, east + MOUTH_TOLERANCE_M, "right")]
        level = (middle[some, 1] >= south - MOUTH_TOLERANCE_M) & (middle[some, 1] <= north + MOUTH_TOLERANCE_M)
        some = some[level & (start[some] != end[some]).any(axis=1)]
        for xy in (middle, start, end):
            some = some[shapely.distance(shapely.points(xy[some]), mouth) <= MOUTH_TOLERANCE_M]
        result[some] = number
    return result
