"""Many outlines at once: what is asked of thousands of touching pairs is asked in one call for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from firelane.site.outline import SMALL, Outline, ends

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

_CORNERS_AT_ONCE = 2_000_000
"""Corners looked at in one go: bounds the memory where one vast polygon has many neighbours."""


@dataclass(frozen=True)
class Outlines:
    """Polygons and their outlines, told apart by their numbers.

    Attributes
    ----------
    geoms : (n,) array of Polygon or MultiPolygon
        Are prepared, so that predicates on them use their indices.
    """

    geoms: Objects

    def __post_init__(self) -> None:
        """Build the polygons' own indices when they are first asked."""
        shapely.prepare(self.geoms)

    @cached_property
    def bounds(self) -> Floats:
        """Bounds of each, shape (n, 4) [m]."""
        found: Floats = shapely.bounds(self.geoms)
        return found

    @cached_property
    def lines(self) -> Objects:
        """The outlines as lines, prepared."""
        found: Objects = shapely.boundary(self.geoms)
        shapely.prepare(found)
        return found

    @cached_property
    def _small(self) -> Mask:
        return np.asarray(shapely.get_num_coordinates(self.geoms) <= SMALL, dtype=bool)

    @cached_property
    def _ones(self) -> dict[int, Outline]:
        return {}

    def one(self, n: int) -> Outline:
        """Return one outline with the index of its pieces, for questions about a vast polygon."""
        if n not in self._ones:
            self._ones[n] = Outline(self.geoms[n])
        return self._ones[n]

    @cached_property
    def _table(self) -> tuple[Floats, Floats, Indices]:
        """Corners of all polygons, each once, sorted by polygon, east and north; where each polygon's begin."""
        xy, owner = shapely.get_coordinates(self.geoms, return_index=True)
        order = np.lexsort((xy[:, 1], xy[:, 0], owner))
        xy, owner = xy[order], owner[order]
        fresh = np.ones(len(xy), dtype=bool)
        fresh[1:] = (owner[1:] != owner[:-1]) | (xy[1:] != xy[:-1]).any(axis=1)
        xy, owner = xy[fresh], owner[fresh]
        begins = np.searchsorted(owner, np.arange(len(self.geoms) + 1))
        return np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1]), begins

    def corners(self, which: Indices, bounds: Floats, margin_m: float) -> tuple[Floats, Indices]:
        """Return the corners of polygons ``which`` within bounds of their own, and the question each answers.

        Parameters
        ----------
        which : (k,) array
            Number of a polygon, one for each question.
        bounds : (k, 4) array
            Where its corners are sought [m].
        margin_m : float
            By what the bounds are widened [m].
        """
        x, _, begins = self._table
        first = _bisect(x, begins[which], begins[which + 1], bounds[:, 0] - margin_m, right=False)
        last = _bisect(x, first, begins[which + 1], bounds[:, 2] + margin_m, right=True)
        parts = np.cumsum(last - first) // _CORNERS_AT_ONCE
        found = [
            self._within(questions, first, last, bounds, margin_m)
            for questions in np.split(np.arange(len(which)), np.flatnonzero(np.diff(parts)) + 1)
        ]
        return np.concatenate([xy for xy, _ in found]), np.concatenate([owner for _, owner in found])

    def _within(
        self, questions: Indices, first: Indices, last: Indices, bounds: Floats, margin_m: float
    ) -> tuple[Floats, Indices]:
        x, y, _ = self._table
        count = (last - first)[questions]
        owner = np.repeat(questions, count)
        at = first[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        inside = (y[at] >= bounds[owner, 1] - margin_m) & (y[at] <= bounds[owner, 3] + margin_m)
        at = at[inside]
        return np.column_stack([x[at], y[at]]), owner[inside]

    def clipped(self, which: Indices, bounds: Floats) -> Objects:
        """Return the part of each outline within bounds of its own."""
        small = self._small
        found: Objects = np.empty(len(which), dtype=object)
        for k, (n, rectangle) in enumerate(zip(which.tolist(), bounds.tolist(), strict=True)):
            if small[n]:
                found[k] = shapely.clip_by_rect(self.lines[n], *rectangle)
            else:
                found[k] = self.one(n).clipped(tuple(rectangle))
        return found

    def feet(self, which: Indices, points: Floats) -> Floats:
        """Return the point of polygon ``which`` nearest to each point; one inside is its own."""
        out = points.copy()
        small = self._small[which]
        out[small] = ends(shapely.shortest_line(shapely.points(points[small]), self.geoms[which[small]]))
        for n in np.unique(which[~small]).tolist():
            mine = which == n
            out[mine] = self.one(n).feet(points[mine])
        return out


def _bisect(values: Floats, low: Indices, high: Indices, wanted: Floats, *, right: bool) -> Indices:
    """Return where each wanted value belongs in a sorted stretch of its own: ``searchsorted`` for many stretches."""
    low, high = low.copy(), high.copy()
    while (open_ := low < high).any():
        middle = np.minimum((low + high) // 2, len(values) - 1)
        before = values[middle] <= wanted if right else values[middle] < wanted
        low, high = np.where(open_ & before, middle + 1, low), np.where(open_ & ~before, middle, high)
    return low


def overlaps(one: Floats, other: Floats, margin_m: float) -> Floats:
    """Return the rectangles that bounds share, each widened by the margin; shape (n, 4)."""
    return np.column_stack([
        np.maximum(one[:, 0], other[:, 0]) - margin_m, np.maximum(one[:, 1], other[:, 1]) - margin_m,
        np.minimum(one[:, 2], other[:, 2]) + margin_m, np.minimum(one[:, 3], other[:, 3]) + margin_m,
    ])  # fmt: skip


def onto_corners(points: Floats, owner: Indices, corners: Floats, corner_owner: Indices) -> tuple[Floats, Mask]:
    """Move points within 1e-9 m of a corner of the same owner onto that corner; tell which were moved."""
    close = np.zeros(len(points), dtype=bool)
    if not len(corners) or not len(points):
        return points, close
    # Owners lie a metre apart in a third dimension: none finds another's corner.
    tree = cKDTree(np.column_stack([corners, corner_owner]))
    distance, nearest = tree.query(np.column_stack([points, owner]), distance_upper_bound=1e-8)
    found = np.flatnonzero(np.isfinite(distance))
    target = corners[nearest[found]]
    found_close = np.linalg.norm(target - points[found], axis=1) <= 1e-9
    out = points.copy()
    out[found[found_close]] = target[found_close]
    close[found[found_close]] = True
    return out, close


def among(points: Floats, owner: Indices, known: Floats, known_owner: Indices) -> Mask:
    """Tell which points stand among the known ones of the same owner, to the last digit."""
    xy, of = np.concatenate([known, points]), np.concatenate([known_owner, owner])
    order = np.lexsort((xy[:, 1], xy[:, 0], of))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(of[order]) != 0) | (np.diff(xy[order], axis=0) != 0).any(axis=1)
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.cumsum(fresh) - 1
    is_known = np.zeros(len(order), dtype=bool)
    is_known[place[: len(known)]] = True
    return is_known[place[len(known) :]]
