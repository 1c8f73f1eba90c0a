"""Drawings of drives: where the least overrun leaves the free space, and how a vehicle turns round."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.report.figures import SIZE, Plan
from firelane.tracking.sweep import at_every, footprints, placed, rectangle
from firelane.tracking.telling import rounded_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firelane.report.figures import Figures
    from firelane.report.scene import Scene
    from firelane.tracking.drive import Drive
    from firelane.tracking.record import Conflict, Trip
    from firelane.tracking.vehicle import Vehicle

FOOTPRINT_M = 2.0
"""Between the footprints that are drawn [m]."""
REACH_M = 20.0
"""Conflicts farther from the deepest one are not on its drawing [m]."""
_BESIDE_M = 11.0  # shown beyond the vehicle
_MOST_NAMED = 3
_RED, _CLASH, _BLUE, _FAINT, _BACK, _INK = "#b3122b", "#e0485c", "#1d4e89", "#8fb0d4", "#c26a00", "#1f2933"


def shown_with(conflicts: Sequence[Conflict]) -> list[Conflict]:
    """Return the conflicts on the drawing of the deepest one, the deepest first."""
    order = sorted(conflicts, key=lambda c: (-c.depth_m, c.conflict_id))
    return [c for c in order if math.dist(c.place, order[0].place) <= REACH_M]


def overrun(figures: Figures, trip: Trip, numbers: Sequence[tuple[int, Conflict]]) -> Scene:
    """Return the drawing of a place where the least overrun leaves the free space.

    Parameters
    ----------
    figures : Figures
    trip : Trip
    numbers : sequence of (int, Conflict)
        What is drawn, with its number in the text; the deepest first.

    Returns
    -------
    Scene
        Swept ground, footprints every 2 m, the vehicle where it reaches over most, conflicts in red with their depths.
    """
    first = numbers[0][1]
    body = shapely.box(*_ends(np.array([c.place for _, c in numbers])))
    at = np.abs(trip.drive.chainage_m - first.chainage_m).argmin()
    pose = footprints(trip.drive, trip.vehicle)[at]
    low_x, low_y, high_x, high_y = shapely.union(body, pose).bounds
    wide, high = SIZE
    room = max(high_y - low_y, (high_x - low_x) * high / wide) + _BESIDE_M
    plan = Plan(figures, np.array([(low_x + high_x) / 2, (low_y + high_y) / 2]), room)
    owners = tuple(dict.fromkeys(owner for _, c in numbers for owner in c.owners))
    plan.ground(owners, trip.swept.body)
    plan.scene.line(plan.clipped(trip.swept.body.boundary), colour=_BLUE, weight=0.6)
    _feet(plan, trip.drive, trip)
    _vehicle(plan, pose, float(trip.drive.heading_rad[at]))
    for _, conflict in numbers:
        plan.scene.area(plan.clipped(conflict.geometry), fill=_CLASH, stroke=_RED, weight=0.8)
    middle = np.array(SIZE) / 2
    plan.owners([o for o in owners if figures.bodies(o) is not None][:_MOST_NAMED], None)
    for number, conflict in numbers:
        spot = plan.at(conflict.place)
        plan.scene.line(shapely.Point(*spot).buffer(4.0).boundary, colour=_RED, weight=0.7)
        away = spot - plan.at(shapely.get_coordinates(pose.centroid)[0])
        plan.note(spot, away if away.any() else middle, f"{sign(number)} {rounded_up(conflict.depth_m)} m", colour=_RED, bold=True, size=7.5)
    plan.furniture()
    return plan.scene


def stuck(figures: Figures, vehicle: Vehicle, place: tuple[float, float], heading_rad: float) -> Scene:
    """Return the drawing of the place where a vehicle came nearest and no way on was found."""
    body = placed(np.array([place]), np.array([heading_rad]), rectangle(vehicle))[0]
    low_x, low_y, high_x, high_y = _ends(body)
    wide, high = SIZE
    room = max(high_y - low_y, (high_x - low_x) * high / wide) + 12.0
    plan = Plan(figures, np.array([(low_x + high_x) / 2, (low_y + high_y) / 2]), room)
    plan.ground(())
    _vehicle(plan, shapely.Polygon(body), heading_rad)
    plan.furniture()
    return plan.scene


def turning(figures: Figures, trip: Trip) -> Scene:
    """Return the drawing of a vehicle that turns round: swept ground, way forward and in reverse, its changes numbered."""
    drive = _manoeuvre(trip)
    feet = footprints(drive, trip.vehicle)
    low_x, low_y, high_x, high_y = shapely.total_bounds(feet)
    wide, high = SIZE
    room = max(high_y - low_y, (high_x - low_x) * high / wide) + 4.0
    plan = Plan(figures, np.array([(low_x + high_x) / 2, (low_y + high_y) / 2]), room)
    plan.ground((), trip.swept.body)
    plan.scene.line(plan.clipped(trip.swept.body.boundary), colour=_BLUE, weight=0.6)
    fine = drive.refined(0.5)
    changes = [int(n) + 1 for n in np.flatnonzero(np.diff(fine.gear))]
    stands = [0, *changes, len(fine.xy) - 1]
    for start, end in pairwise(stands):
        if end > start:
            _way(plan, fine.xy[start : end + 1], forward=bool(fine.gear[start] > 0))
    for number, stand in enumerate(changes, 1):
        pose = footprints(fine, trip.vehicle)[stand]
        _vehicle(plan, pose, float(fine.heading_rad[stand]), weight=0.7)
        spot = plan.at(fine.xy[stand])
        plan.note(spot, spot - np.array(SIZE) / 2 + 1e-6, sign(number), colour=_INK, bold=True, size=7.5)
    plan.furniture()
    return plan.scene


def sign(number: int) -> str:
    """Return a number in a circle; beyond ten in brackets.

    >>> sign(1), sign(11)
    ('①', '(11)')
    """
    return "①②③④⑤⑥⑦⑧⑨⑩"[number - 1] if 1 <= number <= 10 else f"({number})"


def _ends(places: NDArray[np.float64]) -> tuple[float, float, float, float]:
    low, high = places.min(axis=0), places.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _manoeuvre(trip: Trip) -> Drive:
    """Return the part of a drive in which it turns round: from a length before it first reverses to one after the last."""
    drive = trip.drive.refined(0.5)
    back = np.flatnonzero(drive.gear < 0)
    if not len(back):
        return drive
    chainage = drive.chainage_m
    near = (chainage >= chainage[back[0]] - trip.vehicle.length_m) & (chainage <= chainage[back[-1]] + trip.vehicle.length_m)
    first, last = int(np.flatnonzero(near)[0]), int(np.flatnonzero(near)[-1]) + 1
    part = slice(first, last)
    return type(drive)(drive.xy[part], drive.heading_rad[part], drive.curvature[part], drive.gear[part])


def _feet(plan: Plan, drive: Drive, trip: Trip) -> None:
    """Draw a footprint every 2 m, thin."""
    feet = footprints(at_every(drive, FOOTPRINT_M), trip.vehicle)
    window = shapely.box(*plan.window)
    for foot in feet[shapely.intersects(feet, window)]:
        plan.scene.line(plan.clipped(foot.boundary), colour=_FAINT, weight=0.3)


def _vehicle(plan: Plan, pose: Any, heading_rad: float, *, weight: float = 1.0) -> None:
    """Draw the vehicle's outline and an arrow towards its front."""
    plan.scene.line(plan.clipped(pose.boundary), colour=_INK, weight=weight)
    along = np.array([math.cos(heading_rad), math.sin(heading_rad)])
    middle = shapely.get_coordinates(pose.centroid)[0]
    start, end = plan.at(middle - 1.2 * along), plan.at(middle + 1.2 * along)
    plan.scene.stroke(start, end, colour=_INK, weight=weight)
    plan.scene.head(end + 2.5 * along, along, _INK)


def _way(plan: Plan, xy: NDArray[np.float64], *, forward: bool) -> None:
    """Draw a stretch that is driven in one direction, an arrow at its end."""
    colour = _BLUE if forward else _BACK
    plan.scene.line(plan.clipped(shapely.LineString(xy)), colour=colour, weight=1.1, dash=() if forward else (4.0, 2.0))
    tip = plan.at(xy[-1])
    if 0 <= tip[0] <= SIZE[0] and 0 <= tip[1] <= SIZE[1]:
        along = xy[-1] - xy[-2]
        plan.scene.head(tip, along / max(float(np.hypot(*along)), 1e-9), colour)
