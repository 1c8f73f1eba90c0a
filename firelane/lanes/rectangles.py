"""Where a rectangle fits beside a wall, at every distance and position at once.

In the wall's own frame (along it, away from it) the rectangle is parallel to the axes. The places of its
corner that keep it off an obstacle are the outside of the obstacle widened by the rectangle (a Minkowski
sum); an obstacle is cut into triangles, of which each widened is the hull of twelve points. So no position
and no distance is sampled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Floats

_MULTI = 4
SLACK_M = 1e-6
"""A rectangle may be this much too long or too deep for its place (contract §2: limits are met to 1e-6 m)."""


SAME_COS = float(np.cos(np.radians(10.0)))
"""Edges that turn by less than this go on in one direction."""

MOSTLY = 0.5


@dataclass(frozen=True)
class Side:
    """One side of a building's outline, drawn along the wall's outermost points.

    ``start`` is its first end, ``along`` the unit vector to the other; the outside lies to the right.
    ``offset_m`` is where it begins on the way round the building.
    """

    start: Floats
    along: Floats
    length_m: float
    offset_m: float

    def local(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a geometry in the frame (along the wall, away from it)."""
        out = np.array([self.along[1], -self.along[0]])
        return shapely.transform(geometry, lambda xy: (xy - self.start) @ np.column_stack((self.along, out)))

    def world(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a geometry of the wall's frame in the coordinates of the site."""
        out = np.array([self.along[1], -self.along[0]])
        return shapely.transform(geometry, lambda xy: self.start + xy @ np.vstack((self.along, out)))

    def window(self, reach_m: float, beyond_m: float = 0.0) -> BaseGeometry:
        """Return the ground before the wall up to ``reach_m``, in the site's coordinates."""
        return self.world(shapely.box(-beyond_m, 0.0, self.length_m + beyond_m, reach_m))


def sides_of(building: BaseGeometry, *, recess_m: float) -> list[Side]:
    """Return the sides of a building's outline, counter-clockwise.

    Balconies, bays and recesses less than ``recess_m`` deep do not break a side: edges no longer than that are
    passed over, edges in one direction that stand out from one another by no more are one side, which stands at
    its outermost point.

    Parameters
    ----------
    building : Polygon or MultiPolygon
        Of several parts the largest counts.
    recess_m : float
        [m]
    """
    part = max(shapely.get_parts(building), key=lambda p: p.area)
    ring = np.asarray(shapely.get_coordinates(shapely.orient_polygons(shapely.polygons(part.exterior)).exterior))
    step = np.diff(ring, axis=0)
    length = np.hypot(*step.T)
    kept = np.flatnonzero(length > recess_m)
    if length[kept].sum() < MOSTLY * length.sum():  # drawn with short edges all round: a curved wall
        ring = shapely.get_coordinates(shapely.simplify(shapely.linearrings(ring), recess_m))
        step = np.diff(ring, axis=0)
        length = np.hypot(*step.T)
        kept = np.flatnonzero(length > SLACK_M)
    unit = step[kept] / length[kept, None]
    begin, end = ring[kept], ring[kept + 1]
    broken = [not _one_side(unit[n - 1], unit[n], end[n - 1], begin[n], recess_m) for n in range(len(kept))]
    first = broken.index(True) if True in broken else 0
    order = [(first + n) % len(kept) for n in range(len(kept))]
    runs: list[list[int]] = []
    for n in order:
        if runs and not broken[n]:
            runs[-1].append(n)
        else:
            runs.append([n])
    corner = min(range(len(runs)), key=lambda r: tuple(np.round(begin[runs[r][0]], 6)))
    return _sides(runs[corner:] + runs[:corner], begin, end, unit, length[kept])


def _one_side(unit: Floats, following: Floats, end: Floats, begin: Floats, recess_m: float) -> bool:
    """Tell whether an edge goes on in the direction of the one before it, not far to the side of it."""
    aside = float((begin - end) @ np.array([unit[1], -unit[0]]))
    return float(unit @ following) >= SAME_COS and abs(aside) <= recess_m + SLACK_M


def _sides(runs: list[list[int]], begin: Floats, end: Floats, unit: Floats, length: Floats) -> list[Side]:
    result = []
    offset = 0.0
    for run in runs:
        along = unit[max(run, key=lambda n: (round(float(length[n]), 6), -n))]
        points = np.concatenate((begin[run], end[run]))
        start = begin[run[0]]
        reach = (points - start) @ along
        out = np.array([along[1], -along[0]])
        corner = start + along * float(reach.min()) + out * float(((points - start) @ out).max())
        result.append(Side(corner, along, float(reach.max() - reach.min()), offset))
        offset += result[-1].length_m
    return result


def flat(geometry: BaseGeometry) -> np.ndarray:
    """Return the areas, lines and points that a geometry is made of."""
    parts = np.asarray([geometry], dtype=object)
    while (shapely.get_num_geometries(parts) > 1).any() or (shapely.get_type_id(parts) >= _MULTI).any():
        parts = shapely.get_parts(parts)
    told: np.ndarray = parts[~shapely.is_empty(parts)]
    return told


def clipped(area: BaseGeometry, window: BaseGeometry) -> BaseGeometry:
    """Return the areas that a large area and a small window have in common."""
    west, south, east, north = window.bounds
    # Clipping by a rectangle looks at each vertex once; a general overlay of the whole area is ten times dearer.
    near = shapely.clip_by_rect(area, west - 1.0, south - 1.0, east + 1.0, north + 1.0)
    common = shapely.intersection(near if near.is_valid else area, window)
    return shapely.union_all([p for p in flat(common) if shapely.get_dimensions(p) == 2])


def widened(geometry: BaseGeometry, low: tuple[float, float], high: tuple[float, float]) -> BaseGeometry:
    """Return the union of a box moved to every point of a geometry (a Minkowski sum).

    Parameters
    ----------
    geometry : BaseGeometry
        Areas, lines and points.
    low, high : (float, float)
        Corners of the box, relative to the point [m].
    """
    parts = flat(geometry)
    dimension = shapely.get_dimensions(parts)
    convex: list[Floats] = []
    for area in parts[dimension == 2]:
        triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(area))
        convex.append(shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3])
    for line in parts[dimension == 1]:
        xy = shapely.get_coordinates(line)
        convex.append(np.stack((xy[:-1], xy[1:]), axis=1))
    convex.append(shapely.get_coordinates(parts[dimension == 0])[:, None, :])
    box = np.array([[low[0], low[1]], [high[0], low[1]], [low[0], high[1]], [high[0], high[1]]])
    if low[0] == high[0]:  # a box without breadth has its corners twice
        box = box[::2]
    hulls: list[BaseGeometry] = []
    for figures in convex:
        if len(figures):
            corners = (figures[:, :, None, :] + box).reshape(len(figures), -1, 2)
            hulls += list(shapely.convex_hull(shapely.linestrings(corners)))  # a line has the hull of its points, and is made sooner
    if not hulls:
        return shapely.Polygon()
    return shapely.union_all(hulls)


@dataclass(frozen=True)
class Fit:
    """Where a rectangle fits: ``from_m`` to ``to_m`` along the wall is covered by one position or another.

    ``area`` is all ground that the rectangle covers at some position of this run, in the wall's frame;
    ``nearest_m`` its least distance from the wall.
    """

    from_m: float
    to_m: float
    nearest_m: float
    area: BaseGeometry


def fits(
    length_along_m: float, blocked: BaseGeometry, *, length_m: float, depth_m: float,
    nearest_m: float, farthest_m: float,
) -> list[Fit]:  # fmt: skip
    """Return where a rectangle fits before a wall.

    Parameters
    ----------
    length_along_m : float
        Length of the wall; the rectangle may stand out beyond its ends [m].
    blocked : BaseGeometry
        What the rectangle must not overlap, in the wall's frame; touching is no overlap.
    length_m, depth_m : float
        Size along the wall and away from it [m].
    nearest_m, farthest_m : float
        Least and greatest distance of its inner edge from the wall [m].

    Returns
    -------
    list of Fit
        Runs along the wall, by their beginning; they may overlap at different distances.
    """
    length, depth = length_m - SLACK_M, depth_m - SLACK_M
    window = shapely.box(-length, nearest_m, length_along_m + length, farthest_m + depth + SLACK_M)
    near = shapely.geometrycollections(list(shapely.intersection(flat(blocked), window)))
    corner = shapely.box(-length, nearest_m - SLACK_M, length_along_m, farthest_m + SLACK_M)
    free = shapely.difference(corner, widened(near, (-length, -depth), (0.0, 0.0)))
    result = []
    for part in shapely.get_parts(free):
        if part.geom_type != "Polygon" or part.is_empty:
            continue
        west, south, east, _ = part.bounds
        begin, end = max(west, 0.0), min(east + length, length_along_m)
        if end - begin > SLACK_M:
            area = widened(part, (0.0, 0.0), (length, depth))
            result.append(Fit(begin, end, max(south, nearest_m), area))
    return sorted(result, key=lambda fit: (fit.from_m, fit.to_m, fit.nearest_m))
