"""A drive: poses of a vehicle one after the other; and the drive that follows a given line (tractrix)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from firelane.errors import UsageError
from firelane.lanes.arrays import Floats
from firelane.tracking.vehicle import Policy, Vehicle

STEP_M = 0.25


@dataclass(frozen=True)
class Drive:
    """Poses of the middle of the rear axle, in order; between two of them the wheels stand still.

    Attributes
    ----------
    xy : (N, 2) array
        Middle of the rear axle, in the site's CRS [m].
    heading_rad : (N,) array
        Counter-clockwise from east.
    curvature : (N,) array
        Of the rear axle's path *after* the pose, positive to the left [1/m]; the last one repeats.
    gear : (N,) array of int
        +1 forward, -1 in reverse, after the pose.
    """

    xy: Floats
    heading_rad: Floats
    curvature: Floats
    gear: np.ndarray

    @property
    def chainage_m(self) -> Floats:
        """Way of the rear axle from the start to each pose [m], reversing counted as way."""
        # along the arc, not along its chord
        chord = np.hypot(*np.diff(self.xy, axis=0).T)
        half = np.abs(self.curvature[:-1]) * chord / 2
        arc = np.where(half > 1e-9, chord * np.arcsin(np.minimum(half, 1.0)) / np.maximum(half, 1e-12), chord)
        return np.concatenate([[0.0], np.cumsum(arc)])

    @property
    def length_m(self) -> float:
        """Way of the rear axle [m]."""
        return float(self.chainage_m[-1]) if len(self.xy) else 0.0

    @property
    def changes(self) -> int:
        """How often the direction of travel changes."""
        return int(np.count_nonzero(np.diff(self.gear)))

    def steering_rad(self, vehicle: Vehicle) -> Floats:
        """Return the angle at which the front wheels stand after each pose [rad]."""
        result: Floats = np.arctan(self.curvature * vehicle.wheelbase_m)
        return result

    def line(self) -> shapely.LineString:
        """Return the way of the rear axle as a line through the poses."""
        return shapely.LineString(self.xy)

    def refined(self, step_m: float) -> Drive:
        """Return the same drive with poses at most ``step_m`` apart, on its arcs."""
        chainage = self.chainage_m
        parts = np.maximum(1, np.ceil(np.diff(chainage) / step_m - 1e-9).astype(int))
        owner = np.repeat(np.arange(len(parts)), parts)
        first = np.concatenate([[0], np.cumsum(parts)])[:-1]
        share = (np.arange(len(owner)) - first[owner]) / parts[owner]
        way = share * np.diff(chainage)[owner] * self.gear[owner]
        xy, heading = along(self.xy[owner], self.heading_rad[owner], self.curvature[owner], way)
        return Drive(
            np.vstack([xy, self.xy[-1:]]), np.append(heading, self.heading_rad[-1]),
            np.append(self.curvature[owner], self.curvature[-1]), np.append(self.gear[owner], self.gear[-1]),
        )  # fmt: skip


def along(xy: Floats, heading_rad: Floats, curvature: Floats, way_m: Floats) -> tuple[Floats, Floats]:
    """Return places and headings after driving ``way_m`` (negative: in reverse) on arcs, row by row."""
    turned = curvature * way_m
    half = turned / 2
    # chord of the arc: 2 sin(half) / curvature, in the direction heading + half
    chord = way_m * np.sinc(half / np.pi)
    direction = heading_rad + half
    return xy + chord[:, None] * np.column_stack((np.cos(direction), np.sin(direction))), heading_rad + turned


@dataclass(frozen=True)
class Followed:
    """A line that was followed, and what that asks of the steering.

    Attributes
    ----------
    drive : Drive
    steering_rad : (N,) array
        At each pose [rad].
    beyond_lock : (N,) array of bool
        Where more than full lock would be needed: the vehicle cannot follow the line there.
    too_quick : (N,) array of bool
        Where the wheels would have to be turned faster than they can be.
    """

    drive: Drive
    steering_rad: Floats
    beyond_lock: np.ndarray
    too_quick: np.ndarray

    @property
    def possible(self) -> bool:
        """Whether the vehicle can follow the line at all."""
        return not (self.beyond_lock.any() or self.too_quick.any())


def follow(
    line: shapely.LineString, vehicle: Vehicle, policy: Policy | None = None, *, step_m: float = STEP_M,
    heading_rad: float | None = None,
) -> Followed:  # fmt: skip
    """Drive along a line, the middle of the front axle on it; the rear axle follows on its tractrix.

    Parameters
    ----------
    line : LineString
        Drawn forward.
    vehicle : Vehicle
    policy : Policy, optional
        Speed, for how quickly the wheels can be turned.
    step_m : float
        Of the front axle along the line [m].
    heading_rad : float, optional
        Of the vehicle at the start; left out, the line's own [rad].

    Raises
    ------
    UsageError
        If the line has no length, or the step is not above zero.

    Notes
    -----
    Each step is exact for a front axle that moves on the chord: the angle ``a`` between chord and heading falls by
    ``2 atan(sin a / (2 L / S + cos a))`` (step S, wheelbase L), as in steady off-tracking tools.
    """
    policy = policy or Policy()
    if not step_m > 0:
        raise UsageError(f"a step of {step_m} m is none", f"步长 {step_m} 米无效")
    if line.is_empty or line.length <= 0:
        raise UsageError("the line to follow has no length", "要跟随的路线没有长度")
    stations = np.append(np.arange(0.0, line.length, step_m), line.length)
    if len(stations) > 2 and stations[-1] - stations[-2] < 1e-6:
        stations = np.delete(stations, -2)
    front = shapely.get_coordinates(shapely.line_interpolate_point(line, stations))
    moves = np.diff(front, axis=0)
    direction, step = np.arctan2(moves[:, 1], moves[:, 0]), np.hypot(*moves.T)
    wheelbase = vehicle.wheelbase_m
    heading = np.empty(len(front))
    heading[0] = direction[0] if heading_rad is None else heading_rad
    for n in range(len(moves)):  # each heading follows from the one before
        a = direction[n] - heading[n]
        heading[n + 1] = heading[n] + 2 * np.arctan2(np.sin(a) * step[n], 2 * wheelbase + step[n] * np.cos(a))
    rear = front - wheelbase * np.column_stack((np.cos(heading), np.sin(heading)))
    turned = np.diff(heading)
    way = np.hypot(*np.diff(rear, axis=0).T)
    curvature = np.divide(turned, way, out=np.zeros_like(turned), where=way > 1e-12)
    curvature = np.append(curvature, curvature[-1])
    drive = Drive(rear, heading, curvature, np.ones(len(front), int))
    steering = np.arctan(curvature * wheelbase)
    lock = vehicle.lock_rad
    quickest = np.inf
    if vehicle.lock_distance_m(policy) > 0:
        quickest = 1 / vehicle.rear_radius_m / vehicle.lock_distance_m(policy)
    change = np.abs(np.diff(curvature, prepend=curvature[0]))
    return Followed(drive, steering, np.abs(steering) > lock + 1e-9, change > quickest * np.append(way, way[-1]) + 1e-9)
