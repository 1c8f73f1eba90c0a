"""The least shift of one movable obstruction that lets a lane pass.

Moved along the normal of the nearest kerb, a body comes within the required width of a straight edge, or of
an obstacle's side, for one interval of shifts: distance is convex along a translation. Whether the lane
passes changes at the ends of such intervals only, so the least shift is one of them, or an end of the
stretch on which the body stays on the pavement and clear of others. Each is tried by measuring the lane
anew. Method: docs/decisions/0013.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

Floats = npt.NDArray[np.float64]

STEP_M = 0.05
"""Steps in which overlaps with others are looked for; the ends of an overlap are then found exactly."""
ROUNDS = 48
OVERLAP_M2 = 1e-6
ROUNDED_M = 1e-6
MOST_TRIED = 40
"""Shifts measured for one obstruction at most: a count, so that the same site gives the same answer."""


@dataclass(frozen=True)
class Shift:
    """A shift that suffices.

    Attributes
    ----------
    by : tuple
        [east, north] [m].
    length_m : float
        Its length, rounded up to the micrometre [m]: every shorter shift along that line that could suffice
        was measured and does not.
    width_m : float
        Clear width of the lane then [m].
    """

    by: tuple[float, float]
    length_m: float
    width_m: float


def kerb_normal(body: BaseGeometry, area: BaseGeometry) -> Floats:
    """Return the unit vector from the edge of ``area`` that is nearest to a body, square to that edge.

    >>> kerb_normal(shapely.box(4, 3.8, 6, 5.7), shapely.box(0, 0, 60, 6)).round(6).tolist()
    [0.0, 1.0]
    """
    rings = shapely.get_parts(shapely.get_rings(shapely.get_parts(area)))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    start, end = xy[:-1][same], xy[1:][same]
    edges = shapely.linestrings(np.stack((start, end), axis=1))
    away = shapely.distance(edges, body)
    near = np.flatnonzero(away <= away.min() + 1e-6)
    # Where the body lies along several edges the longest tells the direction.
    at = int(near[np.argmax(np.hypot(*(end - start)[near].T))])
    along = (end[at] - start[at]) / max(float(np.hypot(*(end[at] - start[at]))), 1e-12)
    normal: Floats = np.array([-along[1], along[0]])
    centre = shapely.get_coordinates(shapely.centroid(body))[0]
    # Plus nothing: no minus in front of a zero.
    return (-normal if (start[at] - centre) @ normal < 0 else normal) + 0.0


def least_shift(
    body: BaseGeometry, *, others: Sequence[BaseGeometry], area: BaseGeometry, width_m: float, range_m: float,
    lane_width_m: Callable[[BaseGeometry], float], edge: BaseGeometry | None = None, strictly: bool = False,
) -> Shift | None:  # fmt: skip
    """Return the least shift of ``body`` along the nearest kerb's normal that lets a lane pass.

    Parameters
    ----------
    body : geometry
        The obstruction that moves.
    others : sequence of geometry
        Obstacles that stay.
    area : geometry
        Where the body may stand: the pavement.
    width_m : float
        Width of the passage that is required [m].
    range_m : float
        Longest shift that is tried, either way [m].
    lane_width_m : callable
        Measures the lane with the body in a new place [m].
    edge : geometry, optional
        The pavement whose edge gives the direction, where ``area`` is only a part of it.
    strictly : bool
        True where the body must come to stand wholly inside ``area``; otherwise it may stand out as far as it
        does already.

    Returns
    -------
    Shift or None
        None where no shift within range suffices, or none was found among the shifts tried.
    """
    unit = kerb_normal(body, area if edge is None else edge)
    swept = shapely.box(*shapely.buffer(body, range_m + width_m).bounds)
    near = [g for g in others if shapely.intersects(g, swept)]
    edges = _edges_near(area, near, swept)
    stays = _Standing(body, unit, area, near)
    # Rounded away from where the body stands, so that a gap of exactly the width is one.
    ends = _interval_ends(body, unit, edges, width_m, range_m)
    ends = np.sign(ends) * np.ceil(np.abs(ends) / ROUNDED_M - 1e-2) * ROUNDED_M
    shifts = np.unique(np.concatenate((ends, stays.ends(range_m))))
    shifts = shifts[np.abs(shifts) > ROUNDED_M / 2]
    tried = 0
    for s in shifts[np.lexsort((shifts, np.abs(shifts)))].tolist():
        if not stays.at(s, strictly=strictly):
            continue
        if tried >= MOST_TRIED:
            return None
        tried += 1
        width = lane_width_m(shapely.transform(body, lambda xy, by=s * unit: xy + by))
        if width >= width_m - 1e-6:
            by = np.round(s * unit, 6) + 0.0
            return Shift((float(by[0]), float(by[1])), round(abs(s), 6), width)
    return None


@dataclass(frozen=True)
class _Standing:
    """Where a body may stand along its way."""

    body: BaseGeometry
    unit: Floats
    area: BaseGeometry
    others: list[BaseGeometry]

    def _moved(self, s: Floats) -> npt.NDArray[np.object_]:
        n = shapely.get_num_coordinates(self.body)
        xy = shapely.get_coordinates(self.body)
        moved = np.repeat(np.array([self.body], dtype=object), len(s))
        places = (xy[None] + s[:, None, None] * self.unit).reshape(-1, 2)
        assert len(places) == n * len(s)
        return np.asarray(shapely.set_coordinates(moved, places), dtype=object)

    def faults(self, s: Floats) -> Floats:
        """Return how much of the body would stand off the pavement or on others [m² or m]."""
        moved = self._moved(s)
        beyond = shapely.difference(moved, self.area)
        result: Floats = np.asarray(shapely.area(beyond), np.float64)
        if shapely.area(self.body) == 0:
            result = result + shapely.length(beyond)
        for other in self.others:
            common = shapely.intersection(moved, other)
            solid = shapely.area(self.body) > 0 and shapely.area(other) > 0
            result = result + (shapely.area(common) if solid else shapely.length(common))
        return result

    def at(self, s: float, *, strictly: bool) -> bool:
        """Tell whether the body may stand there; where it overlaps already it may not do so more."""
        now, then = self.faults(np.array([0.0, s]))
        return bool(then <= (OVERLAP_M2 if strictly else max(OVERLAP_M2, now)))

    def ends(self, range_m: float) -> Floats:
        """Return the shifts at which the body begins or ceases to stand clear."""
        s = np.arange(-range_m, range_m + STEP_M / 2, STEP_M)
        clear = self.faults(s) <= OVERLAP_M2
        change = np.flatnonzero(clear[1:] != clear[:-1])
        low, high, left = s[change], s[change + 1], clear[change]
        for _ in range(ROUNDS // 2):
            if not len(change):
                break
            middle = (low + high) / 2
            same = (self.faults(middle) <= OVERLAP_M2) == left
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        # Rounded to where it stands clear: back where that ends, onwards where it begins.
        size = np.where(left, np.floor(low / ROUNDED_M + 1e-2), np.ceil(high / ROUNDED_M - 1e-2))
        result: Floats = size * ROUNDED_M if len(change) else np.zeros(0)
        return result


def _edges_near(area: BaseGeometry, others: Sequence[BaseGeometry], window: BaseGeometry) -> npt.NDArray[np.object_]:
    """Return the straight edges of the pavement and of other obstacles inside a window."""
    shapes = [area, *others]
    lines = [g for shape in shapes for g in (shapely.get_parts(shapely.get_rings(shapely.get_parts(shape)))
             if shapely.get_dimensions(shape) == 2 else shapely.get_parts(shape))]  # fmt: skip
    edges = [g for g in lines if g.geom_type == "Point"]
    wires = np.asarray([g for g in lines if g.geom_type != "Point"], dtype=object)
    if len(wires):
        xy, index = shapely.get_coordinates(wires, return_index=True)
        same = index[1:] == index[:-1]
        edges += list(shapely.linestrings(np.stack((xy[:-1][same], xy[1:][same]), axis=1)))
    found = np.asarray(edges, dtype=object)
    return found[shapely.intersects(window, found)] if len(found) else found


def _interval_ends(
    body: BaseGeometry, unit: Floats, edges: npt.NDArray[np.object_], width_m: float, range_m: float
) -> Floats:
    """Return both ends of {s : the body, moved by s, is nearer than ``width_m`` to an edge}, edge by edge."""
    if not len(edges):
        return np.zeros(0)
    # A body that is not convex is looked at side by side: distance along a translation is convex for each.
    sides = _sides(body)
    side, edge = (m.ravel() for m in np.meshgrid(np.arange(len(sides)), np.arange(len(edges))))

    def distance(s: Floats) -> Floats:
        # Moving the body by s is moving the edge by -s.
        away: Floats = shapely.distance(sides[side], _translated(edges[edge], -s[:, None] * unit))
        return away

    low, high = np.full(len(edge), -range_m), np.full(len(edge), range_m)
    for _ in range(ROUNDS):  # the nearest approach
        a, b = low + (high - low) / 3, high - (high - low) / 3
        left = distance(a) <= distance(b)
        low, high = np.where(left, low, a), np.where(left, b, high)
    nearest = (low + high) / 2
    within = distance(nearest) < width_m - 1e-9
    side, edge, nearest = side[within], edge[within], nearest[within]
    result = [np.zeros(0)]
    for direction in (-1.0, 1.0):
        inside, outside = nearest.copy(), np.full(len(nearest), direction * range_m)
        ends = distance(outside) >= width_m
        for _ in range(ROUNDS):
            middle = (inside + outside) / 2
            near = distance(middle) < width_m - 1e-9
            inside, outside = np.where(near, middle, inside), np.where(near, outside, middle)
        result.append(outside[ends])
    return np.concatenate(result)


def _sides(body: BaseGeometry) -> npt.NDArray[np.object_]:
    parts = shapely.get_parts(body)
    convex = [
        p.geom_type == "Point" or (p.geom_type == "Polygon" and p.area >= shapely.convex_hull(p).area - 1e-9)
        or (p.geom_type == "LineString" and len(p.coords) == 2) for p in parts
    ]  # fmt: skip
    if all(convex):
        return np.asarray(parts, dtype=object)
    outlines = np.asarray([p.exterior if p.geom_type == "Polygon" else p for p in parts], dtype=object)
    xy, index = shapely.get_coordinates(outlines, return_index=True)
    same = index[1:] == index[:-1]
    return np.asarray(shapely.linestrings(np.stack((xy[:-1][same], xy[1:][same]), axis=1)), dtype=object)


def _translated(shapes: npt.NDArray[np.object_], by: Floats) -> npt.NDArray[np.object_]:
    xy, index = shapely.get_coordinates(shapes, return_index=True)
    return np.asarray(shapely.set_coordinates(shapes.copy(), xy + by[index]), dtype=object)
