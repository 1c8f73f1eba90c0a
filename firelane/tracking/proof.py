"""Proof of a drive by geometry that shares nothing with the search: sweep it and see what lies outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Floats
from firelane.tracking.drive import Drive, along
from firelane.tracking.field import Field, Region
from firelane.tracking.proof_steering import quick_in_steps, steadied, window_of
from firelane.tracking.sweep import placed, rectangle
from firelane.tracking.vehicle import Policy, Vehicle

STEP_M = 0.1
AREA_M2 = 1e-9
STEADY_M = 0.005
"""How far at most the steadily turned wheels may carry the body out where the drive as it is written down stays in [m]: the
search keeps its clearance from the steps, and a driver sees to some millimetres."""
_LOOSE = 1e-6


@dataclass(frozen=True)
class Proof:
    """What a drive does that it must not.

    Attributes
    ----------
    outside : Polygon or MultiPolygon
        Ground under the body, or under the wheels, outside of where they may be.
    area_outside_m2 : float
    worst_m : float
        How deep that reaches into what is not free, of body and wheels each in its own region, the greater [m].
    struck : int
        Walls and posts inside the region that are touched.
    beyond_lock, too_quick, broken : int
        Poses that need more than full lock, or quicker hands, or that do not follow from the one before.
    window_m : float
        Of way over which the wheels are taken to be turned from one step's curvature to the next [m]
        (:mod:`firelane.tracking.proof_steering`); 0: they are turned standing.
    beyond_m : float
        How far the body reaches out with its wheels turned like that while the drive as it is written down stays in [m], at
        most ``STEADY_M``; 0 nearly always. The rest is then said of the drive as it is written down.
    """

    outside: BaseGeometry
    area_outside_m2: float
    worst_m: float
    struck: int
    beyond_lock: int
    too_quick: int
    broken: int
    window_m: float = 0.0
    beyond_m: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the drive is possible."""
        return self.area_outside_m2 <= AREA_M2 and not (self.struck or self.beyond_lock or self.too_quick or self.broken)


def prove(
    drive: Drive, field: Field, vehicle: Vehicle, policy: Policy, *, step_m: float = STEP_M, since: int = 0, steady: bool = True
) -> Proof:
    """Check a drive.

    Parameters
    ----------
    drive : Drive
    field : Field
    vehicle : Vehicle
    policy : Policy
    step_m : float
        Between the poses that are swept [m]; what the arcs between them add is added all around.
    since : int
        Pose from which on the ground is checked, where the way up to it has been proven before. Steering is always
        checked from the start.

    steady : bool
        The wheels are turned steadily. If not, they are in steps, as the drive has them, and each change is looked at by
        itself: for turning round, where that is up to half a step too kind.

    Notes
    -----
    What is swept is the drive with its wheels turned steadily: a vehicle cannot turn them at once from one step to the next,
    as the drive is written down. Where that one reaches out by no more than ``STEADY_M`` and strikes nothing, the other counts.

    Wheels that stay on the road while the body passes over a low kerb are taken as the rectangle between them: more
    than they touch.
    """
    lock, broken = _steering(drive, vehicle)
    distance = vehicle.lock_distance_m(policy)
    rate = 1 / vehicle.rear_radius_m / distance if distance > 0 else np.inf
    window_m, quick = window_of(drive, rate) if steady else (0.0, quick_in_steps(drive, rate))
    outside, struck, deep = _swept(steadied(drive, window_m, step_m, since), field, vehicle, policy)
    beyond_m = 0.0
    if window_m > 0 and not struck and outside.area > AREA_M2 and deep <= STEADY_M:
        others = _swept(steadied(drive, 0.0, step_m, since), field, vehicle, policy)
        if others[0].area <= AREA_M2 and not others[1]:
            (outside, struck, deep), beyond_m = others, deep
    return Proof(outside, float(outside.area), deep, struck, lock, quick, broken, window_m, beyond_m)


def _swept(fresh: Drive, field: Field, vehicle: Vehicle, policy: Policy) -> tuple[BaseGeometry, int, float]:
    """Return what a drive takes outside of where it may be, how many walls and posts it strikes, and how deep it reaches."""
    outside, struck = _leaves(_pieces(fresh, rectangle(vehicle, policy.margin_m)), field.body)
    deep = _deep_m(outside, field.body)
    if field.split:
        left, hit = _leaves(_pieces(fresh, _between_wheels(vehicle)), field.wheels)
        outside, struck = shapely.union_all([outside, left]), struck + hit
        deep = max(deep, _deep_m(left, field.wheels))
    return outside, struck, deep


def _deep_m(outside: BaseGeometry, region: Region) -> float:
    """Return how far what lies outside a region reaches away from it [m]."""
    corners = shapely.get_coordinates(outside)
    return float(shapely.distance(shapely.points(corners), region.area).max()) if len(corners) else 0.0


def _between_wheels(vehicle: Vehicle) -> Floats:
    half = vehicle.track_m / 2
    return np.array([(vehicle.wheelbase_m, half), (vehicle.wheelbase_m, -half), (0.0, -half), (0.0, half)])


def _pieces(fine: Drive, corners: Floats) -> npt.NDArray[np.object_]:
    """Return pieces that together hold all that a rectangle passes over: its prints, and its ends between two of them.

    The rectangle is first grown by the greatest rise of an arc between two poses, which drawing chords leaves out.
    """
    turned = np.abs(fine.curvature[:-1] * np.diff(fine.chainage_m))
    far = 1 / np.maximum(np.abs(fine.curvature[:-1]), 1e-9) + np.hypot(*corners.T).max()
    rise = float((turned**2 * far / 8).max()) * (1 + 1e-3) if len(turned) else 0.0
    at = placed(fine.xy, fine.heading_rad, corners + np.sign(corners - corners.mean(axis=0)) * rise)
    before, after = at[:-1], at[1:]
    ends = [np.stack([before[:, i], before[:, j], after[:, j], after[:, i]], axis=1) for i, j in ((0, 1), (3, 2))]
    pieces: npt.NDArray[np.object_] = shapely.polygons(np.concatenate([at, *ends]))
    odd = ~shapely.is_valid(pieces)
    # the rear end of a body that turns about a point on it crosses itself: its hull is more, never less
    pieces[odd] = shapely.convex_hull(pieces[odd])
    return pieces


def _leaves(pieces: npt.NDArray[np.object_], region: Region) -> tuple[BaseGeometry, int]:
    """Return what of the pieces lies outside a region, and how many walls and posts they strike."""
    area = region.area
    shapely.prepare(area)
    out = pieces[~shapely.covers(area, pieces)]
    outside = shapely.difference(shapely.union_all(out), area) if len(out) else shapely.Polygon()
    solid = [*region.walls, *shapely.points(region.posts)]
    if not solid:
        return outside, 0
    tree = shapely.STRtree(solid)
    piece, thing = tree.query(pieces, predicate="intersects")
    # touching is not striking
    struck = ~shapely.touches(pieces[piece], tree.geometries[thing])
    return outside, len(np.unique(thing[struck]))


def _steering(drive: Drive, vehicle: Vehicle) -> tuple[int, int]:
    """Count poses beyond the lock, and poses that do not follow."""
    most = 1 / vehicle.rear_radius_m
    way = np.diff(drive.chainage_m)
    curvature = drive.curvature[:-1]
    lock = int(np.count_nonzero(np.abs(curvature) > most * (1 + _LOOSE)))
    xy, heading = along(drive.xy[:-1], drive.heading_rad[:-1], curvature, way * drive.gear[:-1])
    off = np.hypot(*(xy - drive.xy[1:]).T) + np.abs(np.angle(np.exp(1j * (heading - drive.heading_rad[1:]))))
    return lock, int(np.count_nonzero(off > _LOOSE))
