"""Where a box could stand: places along every lane, and what keeps them from being free."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.lanes.rings import segments_of
from firelane.markings.keepouts import Keepouts, Obstacle

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.markings.standing import Standing

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_SHIFT_M = 0.25  # a centreline is off the middle by less; more means an opening beside the lane
_ALONG_BOX = (-0.5, -0.25, 0.0, 0.25, 0.5)  # where the centreline is compared with the box's axis
_AT_PLACE_M = 0.25  # the lane's direction at a place is that over so far on both sides
_WAVER_M = 0.02  # centrelines waver by as much: that is no bend
_INWARDS_M = 0.5  # a box that leaves the middle by more is no longer 在路面中央
_OFF_PLACE_M = 0.3  # a box of today that stands farther from where one would be planned at its chainage stands ill
_COS_ASKEW = math.cos(math.radians(10.0))  # so does one that is turned by more against its lane


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
    start_node: str = ""
    end_node: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What boxes keep clear of.

    ``lined`` are edges along which a line is painted, ``edges`` the limits of the judged pavement; ``keepouts`` is
    what lies or stands on it, ``standing`` the boxes of today, by lane.
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
    keepouts: Keepouts = field(default_factory=Keepouts.none)
    standing: tuple[Standing, ...] = ()

    @cached_property
    def limits(self) -> NDArray[Any]:
        """Return the segments of the judged pavement's outline."""
        return _segments(self.judged)

    @cached_property
    def lines(self) -> NDArray[Any]:
        """Return the segments of the edges along which a line is painted."""
        return _segments(self.lined)


@dataclass(frozen=True)
class Places:
    """Places along lanes, in the order of the lanes: ``first[n]`` … ``first[n + 1]``.

    Of each lane first ``steps[n]`` places one step apart, then those of the boxes of today (``standing`` are their
    numbers, -1 for the others; ``well`` tells whether they stand in the middle and straight enough). ``bent`` tells where
    the lane turns so sharply within the box's length that a straight box stands ill.
    """

    lane: NDArray[np.int64]
    chainage_m: Floats
    xy: Floats
    heading_rad: Floats
    bent: Flags
    first: NDArray[np.int64]
    steps: NDArray[np.int64]
    standing: NDArray[np.int64]
    well: Flags

    def boxes(self, across_m: float, along_m: float) -> NDArray[Any]:
        """Return the rectangle of a box at each place, turned to the lane."""
        forward = np.stack([np.cos(self.heading_rad), np.sin(self.heading_rad)], axis=1) * along_m / 2
        right = np.stack([np.sin(self.heading_rad), -np.cos(self.heading_rad)], axis=1) * across_m / 2
        corners = [self.xy + a * forward + b * right for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
        return np.asarray(shapely.polygons(np.stack(corners, axis=1)))


def places(
    lanes: list[Lane], step_m: float, along_m: float, *, bend_radius_m: float = 0.0, standing: tuple[Standing, ...] = ()
) -> Places:
    """Return a place every ``step_m`` from where each lane is counted, headed along the lane's chord.

    Where the lane's radius over the length of the box is below ``bend_radius_m`` the place is ``bent``: there the box
    moves inwards by half of the arc's rise, so that its ends and its middle are equally far from the lane's. Boxes of
    today (``standing``, by lane) have places of their own.
    """
    of_lane: dict[int, list[int]] = {}
    for k, box in enumerate(standing):
        of_lane.setdefault(box.lane, []).append(k)
    found: list[tuple[Floats, Floats, Floats, Flags]] = []
    numbers: list[NDArray[np.int64]] = []
    well: list[Flags] = []
    steps: list[int] = []
    for n, lane in enumerate(lanes):
        span = max(lane.to_m - lane.from_m, 0.0)
        s: Floats = lane.from_m + step_m * np.arange(int(span / step_m + 1e-6) + 1, dtype=np.float64)
        mine = np.asarray(
            [k for k in of_lane.get(n, ()) if lane.from_m <= standing[k].chainage_m <= lane.to_m], dtype=np.int64
        )
        own = np.asarray([standing[k].chainage_m for k in mine], dtype=np.float64)
        here, xy, angle, bent = _turned(lane, np.r_[s, own], along_m, bend_radius_m)
        fine = np.ones(len(here), dtype=bool)
        for row, k in enumerate(mine, len(s)):
            box = standing[k]
            fine[row] = math.hypot(box.x - xy[row, 0], box.y - xy[row, 1]) <= _OFF_PLACE_M
            fine[row] &= math.cos(box.heading_rad - angle[row]) >= _COS_ASKEW
            xy[row], angle[row] = (box.x, box.y), box.heading_rad
        found.append((here, xy, angle, bent))
        numbers.append(np.r_[np.full(len(s), -1), mine])
        well.append(fine)
        steps.append(len(s))
    each = [len(row) for row in numbers]
    chainage, points, angle, bent = (np.concatenate([row[k] for row in found]) for k in range(4))
    return Places(
        np.repeat(np.arange(len(lanes)), each), chainage, points, angle, bent, np.r_[0, np.cumsum(each)],
        np.asarray(steps), np.concatenate(numbers), np.concatenate(well),
    )  # fmt: skip


def _turned(lane: Lane, s: Floats, along_m: float, bend_radius_m: float) -> tuple[Floats, Floats, Floats, Flags]:
    """Return for chainages ``s`` of a lane: chainage, middle of the box, its heading, and whether it stands in a bend."""
    points = _along(lane.line, s[:, None] + along_m * np.asarray(_ALONG_BOX))
    back, at, ahead = points[:, 0], points[:, len(_ALONG_BOX) // 2], points[:, -1]
    chord = ahead - back
    angle = np.arctan2(chord[:, 1], chord[:, 0])
    left = np.stack([-np.sin(angle), np.cos(angle)], axis=1)
    rise = np.abs(((points - back[:, None]) * left[:, None]).sum(axis=2)).max(axis=1)
    limit = np.inf if bend_radius_m <= 0 else (chord**2).sum(axis=1) / (8 * bend_radius_m)
    bent = rise > np.maximum(limit, _WAVER_M)
    inwards = (((back + ahead) / 2 - at) * left).sum(axis=1) / 2
    aside = np.where(bent, np.clip(inwards, -_INWARDS_M, _INWARDS_M), 0.0) + _off_middle(lane, s)
    # square to the lane, so that the box stays at its chainage
    before, after = np.moveaxis(_along(lane.line, s[:, None] + np.asarray([-_AT_PLACE_M, _AT_PLACE_M])), 1, 0)
    square = np.stack([before[:, 1] - after[:, 1], after[:, 0] - before[:, 0]], axis=1)
    square /= np.maximum(np.hypot(*square.T), 1e-9)[:, None]
    return np.minimum(s, lane.line.length), at + aside[:, None] * square, angle, bent


def _along(line: BaseGeometry, chainage_m: Floats) -> Floats:
    """Return the points of ``line`` at chainages of any shape, held at its ends."""
    xy = shapely.get_coordinates(line)
    total = np.r_[0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))]
    return np.stack([np.interp(chainage_m, total, xy[:, k]) for k in (0, 1)], axis=-1)


def _off_middle(lane: Lane, chainage_m: Floats) -> Floats:
    """Return how far left of the centreline the middle between the edges lies, where that is little [m]."""
    known = lane.stations[np.isfinite(lane.stations).all(axis=1)]
    if len(known) == 0:
        return np.zeros(len(chainage_m))
    shift = np.interp(chainage_m, known[:, 0], (known[:, 1] - known[:, 2]) / 2)
    return np.where(np.abs(shift) <= _SHIFT_M, shift, 0.0)


def fitting(found: Places, lanes: list[Lane], tree: shapely.STRtree, around: Surroundings) -> Flags:
    """Tell where a box fits between the edges: clear of lines, kerbs and the limits of its lane.

    ``tree`` holds the box at each place.
    """
    designated = np.asarray([lane.designated for lane in lanes], dtype=bool)[found.lane]
    shapely.prepare(around.judged)
    ok = np.asarray(shapely.contains_xy(around.judged, found.xy))
    ok &= ~_near(tree, around.limits, around.clearance_m - around.tolerance_m)
    ok &= ~_near(tree, around.lines, around.line_reach_m + around.clearance_m - around.tolerance_m)
    if designated.any() and not around.designated.is_empty:
        shapely.prepare(around.designated)
        inside = np.asarray(shapely.contains_xy(around.designated, found.xy))
        inside &= ~_near(tree, _segments(around.designated), 0.0)
        ok &= ~designated | inside
    return ok


@dataclass(frozen=True)
class Taken:
    """Pairs of a place and the keep-out that a box there would lie on, in the order of the places."""

    place: NDArray[np.int64]
    what: NDArray[np.int64]
    keepouts: Keepouts

    def anywhere(self, count: int, kinds: frozenset[Obstacle] | None = None) -> Flags:
        """Tell which of ``count`` places are taken (by one of ``kinds``)."""
        taken = np.zeros(count, dtype=bool)
        if kinds is None:
            taken[self.place] = True
        elif len(self.what):
            wanted = np.asarray([kind in kinds for kind in self.keepouts.kind], dtype=bool)
            taken[self.place[wanted[self.what]]] = True
        return taken

    def labels(self, start: int, end: int) -> list[tuple[str, str]]:
        """Return what takes the places ``start`` … ``end - 1``, what takes most of them first."""
        a, b = np.searchsorted(self.place, [start, end])
        what, count = np.unique(self.what[a:b], return_counts=True)
        return [self.keepouts.label[k] for k in what[np.argsort(-count, kind="stable")]]


def occupied(tree: shapely.STRtree, around: Surroundings) -> Taken:
    """Return what a box at each place would lie on: junctions, grids and keep-outs, with their clearances."""
    junction_gap_m = np.zeros(len(around.junctions)) + around.junction_radius_m
    every = around.keepouts.plus(around.junctions, junction_gap_m, Obstacle.JUNCTION)
    every = every.plus(around.grids, around.clearance_m, Obstacle.GRID)
    if len(every.shapes) == 0:
        none = np.empty(0, dtype=np.int64)
        return Taken(none, none, every)
    gap_m = np.maximum(every.clearance_m - around.tolerance_m, 0.0)
    what, place = tree.query(every.shapes, predicate="dwithin", distance=gap_m)
    order = np.lexsort((what, place))
    return Taken(place[order], what[order], every)


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
