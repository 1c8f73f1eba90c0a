"""A lane drawn straight: places as (chainage, offset from the centreline)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]

STEP_M = 0.5
"""Outlines are cut this fine before they are bent straight: the stations' own spacing."""

BESIDE_M = 1.0
"""What stands this far outside the lane's edges is still drawn."""

_AHEAD_M = 0.25


@dataclass(frozen=True)
class Straight:
    """The centreline of a lane, and how far its edges lie to the left and right of it.

    Attributes
    ----------
    line : LineString
    chainage_m, left_m, right_m : (n,) arrays
        Stations; NaN where a perpendicular meets no edge [m].
    """

    line: shapely.LineString
    chainage_m: Floats
    left_m: Floats
    right_m: Floats

    @property
    def length_m(self) -> float:
        """Length of the lane [m]."""
        return float(self.line.length)

    def along(self, xy: Floats) -> Floats:
        """Return (n, 2) chainage and offset of places; the offset is positive to the left [m].

        Beyond an end the chainage goes on: below 0, or above the length.
        """
        length = self.length_m
        chainage = shapely.line_locate_point(self.line, shapely.points(xy))
        foot = shapely.get_coordinates(shapely.line_interpolate_point(self.line, chainage))
        low = np.clip(chainage - _AHEAD_M, 0.0, max(length - _AHEAD_M, 0.0))
        high = np.clip(chainage + _AHEAD_M, min(_AHEAD_M, length), length)
        ends = [shapely.get_coordinates(shapely.line_interpolate_point(self.line, at)) for at in (low, high)]
        heading = ends[1] - ends[0]
        heading /= np.maximum(np.hypot(heading[:, 0], heading[:, 1]), 1e-12)[:, None]
        away = xy - foot
        offset = heading[:, 0] * away[:, 1] - heading[:, 1] * away[:, 0]
        beyond = (chainage <= 1e-9) | (chainage >= length - 1e-9)
        onward = np.where(beyond, np.sum(heading * away, axis=1), 0.0)
        # On the inner side of a bend the foot is an end's neighbour: only what lies outside counts.
        onward = np.where(chainage <= 1e-9, np.minimum(onward, 0.0), np.maximum(onward, 0.0))
        return np.column_stack((chainage + onward, offset))

    def corridor(self) -> BaseGeometry:
        """Return the area within the lane's edges and ``BESIDE_M`` outside them."""
        places = shapely.get_coordinates(shapely.line_interpolate_point(self.line, self.chainage_m))
        known = np.isfinite(self.left_m) & np.isfinite(self.right_m)
        half = np.where(known, np.fmax(self.left_m, self.right_m), 2.0)
        discs = shapely.buffer(shapely.points(places), np.maximum(half, 0.5) + BESIDE_M, quad_segs=4)
        area: BaseGeometry = shapely.union_all(discs)
        # Round caps would take in what stands beyond the ends.
        return area.intersection(
            shapely.buffer(self.line, 60.0, cap_style="flat").union(self.line.buffer(BESIDE_M))
        )

    def bent_straight(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a geometry in (chainage, offset)."""
        fine = shapely.segmentize(geometry, STEP_M)
        return shapely.transform(fine, self.along)

    def span(self, geometry: BaseGeometry) -> tuple[float, float]:
        """Return the (from, to) chainage of a geometry, within the lane [m]."""
        at = self.along(shapely.get_coordinates(shapely.segmentize(geometry, STEP_M)))[:, 0]
        low, high = np.clip((at.min(), at.max()), 0.0, self.length_m)
        return float(low), float(high)
