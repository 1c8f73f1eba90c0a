"""Where a box could stand: places along every lane, and what keeps them from being free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.lanes.rings import segments_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_SHIFT_M = 0.25  # a centreline is off the middle by less; more means an opening beside the lane


@dataclass(frozen=True)
class Lane:
    """A lane near the local origin.

    ``from_m`` and ``to_m`` bound what is counted: the inner edges of grids, else the lane's ends.
    ``forward`` tells whether a driver who enters the site drives from start to end. ``stations`` are
    (chainage, distance to the left edge, distance to the right edge), one row each.
    """

    lane_id: str
    line: BaseGeometry
    designated: bool
    start_kind: str
    end_kind: str
    from_m: float
    to_m: float
    forward: bool
    stations: Floats


@dataclass(frozen=True)
class Surroundings:
    """What boxes keep clear of.

    ``lined`` are edges along which a line is painted, ``edges`` the limits of the judged pavement.
    """

    judged: BaseGeometry
    designated: BaseGeometry
    lined: NDArray[Any]
    junctions: NDArray[Any]
    junction_radius_m: Floats
    grids: list[BaseGeometry]
    line_reach_m: float
    clearance_m: float
    tolerance_m: float


@dataclass(frozen=True)
class Places:
    """Places along lanes one step apart, in the order of the lanes: ``first[n]`` … ``first[n + 1]``."""

    lane: NDArray[np.int64]
    chainage_m: Floats
    xy: Floats
    heading_rad: Floats
    first: NDArray[np.int64]

    def boxes(self, across_m: float, along_m: float) -> NDArray[Any]:
        """Return the rectangle of a box at each place, turned to the lane."""
        forward = np.stack([np.cos(self.heading_rad), np.sin(self.heading_rad)], axis=1) * along_m / 2
        right = np.stack([np.sin(self.heading_rad), -np.cos(self.heading_rad)], axis=1) * across_m / 2
        corners = [self.xy + a * forward + b * right for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
        return np.asarray(shapely.polygons(np.stack(corners, axis=1)))


def places(lanes: list[Lane], step_m: float, along_m: float) -> Places:
    """Return a place every ``step_m`` from where each lane is counted, headed along the lane's chord."""
    lane_no: list[Any] = []
    chainage: list[Any] = []
    points: list[Any] = []
    heading: list[Any] = []
    for n, lane in enumerate(lanes):
        span = max(lane.to_m - lane.from_m, 0.0)
        s = lane.from_m + step_m * np.arange(int(span / step_m + 1e-6) + 1)
        s = np.minimum(s, lane.line.length)
        back, ahead, at = (
            shapely.get_coordinates(
                shapely.line_interpolate_point(lane.line, np.clip(s + d, 0, lane.line.length))
            )
            for d in (-along_m / 2, along_m / 2, 0.0)
        )
        angle = np.arctan2(*(ahead - back).T[::-1])
        left = np.stack([-np.sin(angle), np.cos(angle)], axis=1)
        points.append(at + _off_middle(lane, s)[:, None] * left)
        lane_no.append(np.full(len(s), n))
        chainage.append(s)
        heading.append(angle)
    first = np.r_[0, np.cumsum([len(s) for s in chainage])]
    return Places(
        np.concatenate(lane_no),
        np.concatenate(chainage),
        np.concatenate(points),
        np.concatenate(heading),
        first,
    )


def _off_middle(lane: Lane, chainage_m: Floats) -> Floats:
    """Return how far left of the centreline the middle between the edges lies, where that is little [m]."""
    known = lane.stations[np.isfinite(lane.stations).all(axis=1)]
    if len(known) == 0:
        return np.zeros(len(chainage_m))
    shift = np.interp(chainage_m, known[:, 0], (known[:, 1] - known[:, 2]) / 2)
    return np.where(np.abs(shift) <= _SHIFT_M, shift, 0.0)


def fitting(found: Places, lanes: list[Lane], boxes: NDArray[Any], around: Surroundings) -> Flags:
    """Tell where a box fits between the edges: clear of lines, kerbs and the limits of its lane."""
    designated = np.asarray([lane.designated for lane in lanes], dtype=bool)[found.lane]
    points = shapely.points(found.xy)
    tree = shapely.STRtree(boxes)
    shapely.prepare(around.judged)
    ok = np.asarray(shapely.contains(around.judged, points))
    ok &= ~_near(tree, _segments(around.judged), around.clearance_m - around.tolerance_m)
    ok &= ~_near(tree, _segments(around.lined), around.line_reach_m + around.clearance_m - around.tolerance_m)
    if designated.any() and not around.designated.is_empty:
        shapely.prepare(around.designated)
        inside = shapely.contains(around.designated, points)
        inside &= ~_near(tree, _segments(around.designated), 0.0)
        ok &= ~designated | inside
    return ok


def unoccupied(boxes: NDArray[Any], around: Surroundings) -> Flags:
    """Tell where a box stands clear of junctions and grids."""
    tree = shapely.STRtree(boxes)
    taken = np.zeros(len(boxes), dtype=bool)
    if len(around.junctions):
        radius_m = np.maximum(around.junction_radius_m - around.tolerance_m, 0.0)
        taken[tree.query(around.junctions, predicate="dwithin", distance=radius_m)[1]] = True
    if around.grids:
        gap_m = max(around.clearance_m - around.tolerance_m, 0.0)
        taken[tree.query(around.grids, predicate="dwithin", distance=gap_m)[1]] = True
    return ~taken


def _near(tree: shapely.STRtree, lines: NDArray[Any], distance_m: float) -> Flags:
    """Tell which geometries of ``tree`` come closer to any of ``lines`` than ``distance_m``."""
    near = np.zeros(len(tree.geometries), dtype=bool)
    if len(lines):
        # the place itself may touch the limit: hence the tolerance in the distance, here strict
        near[tree.query(lines, predicate="dwithin", distance=max(distance_m, 0.0))[1]] = True
    return near


def _segments(geometry: Any) -> NDArray[Any]:
    """Return the segments of the outlines of areas, or of lines."""
    array = np.atleast_1d(np.asarray(geometry, dtype=object))
    if len(array) == 0:
        return array
    areas = shapely.get_dimensions(array) == 2
    return segments_of(np.r_[shapely.boundary(array[areas]), array[~areas]])[0]
