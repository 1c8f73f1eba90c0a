"""Obstacles one by one, as they stand: half-edges, corners and discs for the search of gaps.

Unlike the boundary of free space these outlines overlap one another and the pavement edge: when some
obstacles are taken away, others keep their shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import TINY_M, Bools, Boundary, Floats, Ints, cross, dot, left_normal

ANGLE = 1e-9
TOUCH_M = 1e-6


@dataclass(frozen=True)
class Bodies:
    """Single-part obstacles in local coordinates.

    Attributes
    ----------
    parts : (parts,) array of geometries
        Round obstacles as the polygon drawn about them.
    row : (parts,) int array
        Row of the obstacle table.
    radius_m : (parts,) array
        NaN for all but round obstacles and posts (0).
    centre : (parts, 2) array
    start, end : (n, 2) arrays
        Half-edges, outline by outline, free space on their left; round obstacles have none.
    part, ring, previous : (n,) int arrays
    ring_part : (rings,) int array
    """

    parts: np.ndarray
    row: Ints
    radius_m: Floats
    centre: Floats
    start: Floats
    end: Floats
    part: Ints
    ring: Ints
    previous: Ints
    ring_part: Ints

    @classmethod
    def of(cls, table: gpd.GeoDataFrame, origin: Floats, area: BaseGeometry) -> Bodies:
        """Take a table of obstacles apart; what only touches the (local) pavement from outside is left out."""
        shapes = shapely.transform(table.geometry.to_numpy(), lambda xy: xy - origin)
        parts, row = shapely.get_parts(shapes, return_index=True)
        solid = np.flatnonzero(shapely.get_dimensions(parts) == 2)
        shapely.prepare(area)
        edge = solid[~shapely.contains_properly(area, parts[solid])]
        # Rounding may let one that is flush with the edge overlap by a hair.
        overlap = shapely.area(shapely.intersection(area, parts[edge]))
        edge = edge[overlap <= TOUCH_M * shapely.length(parts[edge]) / 2]
        parts, row = np.delete(parts, edge), np.delete(row, edge)
        parts = shapely.remove_repeated_points(parts, TINY_M)
        radius = table["radius_m"].to_numpy(float)[row] if len(table) else np.zeros(0)
        alone = np.bincount(row, minlength=len(table))[row] == 1 if len(row) else np.zeros(0, bool)
        point = shapely.get_type_id(parts) == shapely.GeometryType.POINT
        radius = np.where(point, 0.0, np.where(alone, radius, np.nan))
        centre = shapely.get_coordinates(shapely.centroid(parts)) if len(parts) else np.zeros((0, 2))
        rings: list[tuple[int, Floats]] = []
        for n, part in enumerate(parts):
            if np.isnan(radius[n]):
                rings += [(n, xy) for xy in _loops(part)]
        closed = [xy[:-1] for _, xy in rings]
        count = [len(xy) for xy in closed]
        ring = np.repeat(np.arange(len(rings)), count).astype(np.int64)
        start = np.concatenate(closed) if rings else np.zeros((0, 2))
        end = np.concatenate([xy[1:] for _, xy in rings]) if rings else np.zeros((0, 2))
        first = np.cumsum([0, *count[:-1]]) if rings else np.zeros(0, np.int64)
        previous = np.arange(len(start), dtype=np.int64) - 1
        previous[first] = first + np.array(count, np.int64) - 1
        ring_part = np.array([n for n, _ in rings], np.int64)
        return cls(
            parts, row.astype(np.int64), radius, centre, start, end, ring_part[ring], ring, previous, ring_part
        )

    @property
    def size(self) -> int:
        """Number of half-edges."""
        return len(self.start)


def filled(part: BaseGeometry) -> BaseGeometry | None:
    """Return a body with all that it encloses; None for one that encloses nothing."""
    if part.geom_type == "Polygon":
        return shapely.polygons(part.exterior)
    if part.geom_type == "LineString" and part.is_closed and len(part.coords) > 3:
        return shapely.make_valid(shapely.polygons(shapely.linearrings(part.coords)))
    return None


def _loops(part: BaseGeometry) -> list[Floats]:
    """Return closed loops about a body with free space on their left."""
    if part.geom_type == "Polygon":
        turned = shapely.orient_polygons(part, exterior_cw=True)
        return [shapely.get_coordinates(ring) for ring in shapely.get_rings(turned)]
    xy = shapely.get_coordinates(part)
    if len(xy) > 3 and np.array_equal(xy[0], xy[-1]):
        return [xy, xy[::-1]]
    return [np.vstack((xy, xy[-2::-1]))]


@dataclass(frozen=True)
class Corners:
    """Places where a chord may begin, with the cone of its directions.

    Attributes
    ----------
    xy, out, into, both : (k, 2) arrays
    tip : (k,) bool array
    radius_m : (k,) array
        Of a round obstacle, whose centre ``xy`` is; else 0.
    half_edge : (k,) int array
        On which it lies; -1 - part for a round obstacle.
    """

    xy: Floats
    out: Floats
    into: Floats
    both: Floats
    tip: Bools
    radius_m: Floats
    half_edge: Ints

    def __len__(self) -> int:
        """Return the number of corners."""
        return len(self.xy)

    def hold(self, k: Ints, u: Floats, tolerance: Floats | float = ANGLE) -> Bools:
        """Tell whether the cone of corner ``k`` holds direction ``u``, row by row."""
        held: Bools = (
            (dot(u, self.out[k]) <= tolerance)
            & (dot(u, self.into[k]) >= -np.asarray(tolerance))
            & (self.tip[k] | (dot(u, self.both[k]) > 0.0))
        )
        return held

    @classmethod
    def make(cls, xy: Floats, into: Floats, out: Floats, half_edge: Ints) -> Corners:
        """Keep the corners that a chord can start from."""
        turn, ahead = cross(into, out), dot(into, out)
        tip = (ahead < -1 + 1e-12) & (np.abs(turn) < ANGLE)
        usable = (turn <= ANGLE) | tip
        into, out = into[usable], out[usable]
        return cls(
            xy[usable], out, into, left_normal(into) + left_normal(out), tip[usable],
            np.zeros(int(usable.sum())), half_edge[usable],
        )  # fmt: skip

    def joined(self, other: Corners) -> Corners:
        """Return the corners of both."""
        return Corners(
            np.vstack((self.xy, other.xy)), np.vstack((self.out, other.out)), np.vstack((self.into, other.into)),
            np.vstack((self.both, other.both)), np.concatenate((self.tip, other.tip)),
            np.concatenate((self.radius_m, other.radius_m)), np.concatenate((self.half_edge, other.half_edge)),
        )  # fmt: skip


def pavement_corners(b: Boundary) -> Corners:
    """Return the corners of a pavement without obstacles; at a mouth the wall turns outwards."""
    into, out = b.in_direction[b.previous], b.out_direction
    solid = ~(b.is_open & b.is_open[b.previous])
    slit = b.shared & (dot(into, out) < -1 + 1e-12)
    k = np.flatnonzero(solid & ~slit)
    return Corners.make(b.start[k], into[k], out[k], k)


def body_corners(bodies: Bodies, openings: list[tuple[BaseGeometry, Floats]]) -> Corners:
    """Return the corners of obstacles, and those where their outline leaves through a mouth.

    Parameters
    ----------
    bodies : Bodies
    openings : list of (LineString, (2,) array)
        Mouths with the unit vector outwards. Beyond a mouth an obstacle is taken to go straight on.
    """
    direction = bodies.end - bodies.start
    direction /= np.maximum(np.hypot(direction[:, 0], direction[:, 1]), TINY_M)[:, None]
    found = Corners.make(
        bodies.start, direction[bodies.previous], direction, np.arange(bodies.size, dtype=np.int64)
    )
    round_ = np.flatnonzero(~np.isnan(bodies.radius_m))
    zero = np.zeros((len(round_), 2))
    found = found.joined(Corners(
        bodies.centre[round_], zero, zero, zero, np.ones(len(round_), bool), bodies.radius_m[round_], -1 - round_
    ))  # fmt: skip
    for mouth, outward in openings:
        h, at = _crossings_of(mouth, bodies.start, bodies.end)
        leaving = direction[h] @ outward > 0
        found = found.joined(Corners.make(
            at, np.where(leaving[:, None], direction[h], -outward), np.where(leaving[:, None], outward, direction[h]),
            h,
        ))  # fmt: skip
        for n in round_[shapely.dwithin(bodies.parts[round_], mouth, TINY_M)].tolist():
            at = _on_circle(mouth, bodies.centre[n], bodies.radius_m[n])
            tangent = left_normal(bodies.centre[n] - at) / max(float(bodies.radius_m[n]), TINY_M)  # clockwise
            leaving = tangent @ outward > 0
            found = found.joined(Corners.make(
                at, np.where(leaving[:, None], tangent, -outward), np.where(leaving[:, None], outward, tangent),
                np.full(len(at), -1 - n, np.int64),
            ))  # fmt: skip
    return found


def _crossings_of(mouth: BaseGeometry, start: Floats, end: Floats) -> tuple[Ints, Floats]:
    """Return half-edges that cross a mouth, and where."""
    if not len(start):
        return np.zeros(0, np.int64), np.zeros((0, 2))
    lines = shapely.linestrings(np.stack((start, end), axis=1))
    h = np.flatnonzero(shapely.crosses(lines, mouth) | shapely.touches(lines, mouth))
    meet = shapely.intersection(lines[h], mouth)
    single = shapely.get_type_id(meet) == shapely.GeometryType.POINT
    return h[single], shapely.get_coordinates(meet[single])


def _on_circle(mouth: BaseGeometry, centre: Floats, radius_m: float) -> Floats:
    """Return where a circle meets a mouth."""
    xy = shapely.get_coordinates(mouth)
    a, along = xy[:-1], np.diff(xy, axis=0)
    length = np.hypot(along[:, 0], along[:, 1])
    along /= np.maximum(length, TINY_M)[:, None]
    foot = ((centre - a) * along).sum(axis=1)
    off = np.hypot(*(a + along * foot[:, None] - centre).T)
    half = np.sqrt(np.maximum(radius_m**2 - off**2, 0.0))
    t = np.stack((foot - half, foot + half), axis=1)
    ok = (off < radius_m)[:, None] & (t >= 0) & (t <= length[:, None])
    where = np.argwhere(ok)
    result: Floats = a[where[:, 0]] + along[where[:, 0]] * t[where[:, 0], where[:, 1]][:, None]
    return result
