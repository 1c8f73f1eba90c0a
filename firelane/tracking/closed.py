"""Closed forms: what a corner or a bend asks of a lane, without any search.

Lengths in metres. ``inner_m`` is the radius of the lane's inner edge, a property of the road; the radii of the
vehicle are those of :class:`firelane.tracking.vehicle.Vehicle`. The geometry is that of a rigid body turning about a
point on its rear axle's line, steering taken as instantaneous.
"""

from __future__ import annotations

from math import acos, asin, cos, degrees, inf, nan, pi, sin, sqrt

from firelane.tracking.vehicle import Vehicle


def concentric_width_m(vehicle: Vehicle, inner_m: float) -> float:
    """Return the lane width that suffices in a bend of concentric edges, whatever its angle [m].

    The rear axle runs on ``inner_m + W/2``, tangent to the straights; so the width is a proof that the bend can be
    driven. NaN where the vehicle cannot turn that tightly (``inner_m < inner_radius_m``): the form does not hold there.
    """
    if inner_m < vehicle.inner_radius_m - 1e-9:
        return nan
    return sqrt((inner_m + vehicle.width_m) ** 2 + vehicle.front_m**2) - inner_m


def inner_radius_for_m(vehicle: Vehicle, width_m: float) -> float:
    """Return the inner radius at which a lane of ``width_m`` suffices in any bend [m].

    Never less than ``inner_radius_m``; infinite where the lane is no wider than the vehicle.
    """
    if width_m <= vehicle.width_m:
        return inf
    radius = (vehicle.front_m**2 + vehicle.width_m**2 - width_m**2) / (2 * (width_m - vehicle.width_m))
    return max(radius, vehicle.inner_radius_m)


def width_by_outer_m(vehicle: Vehicle, outer_m: float) -> float:
    """Return the lane width of a bend of concentric edges by the radius of its *outer* edge [m]: the German way to ask.

    NaN where the front does not get round within that radius.
    """
    if outer_m < vehicle.front_m:
        return nan
    return outer_m + vehicle.width_m - sqrt(outer_m**2 - vehicle.front_m**2)


def annulus_m(vehicle: Vehicle) -> float:
    """Return the width swept in a circle at full lock [m]."""
    return vehicle.outer_radius_m - vehicle.inner_radius_m


def sharp_corner_width_m(vehicle: Vehicle, fillet_m: float = 0.0) -> float:
    """Return the width of two equal lanes that meet at 90° which one arc at full lock needs [m].

    The outer corner is square, the inner one rounded by ``fillet_m``. With a rounded corner a path of several arcs may
    do with less: an upper bound of the need then.
    """
    k = vehicle.inner_radius_m - fillet_m
    if k <= 0:
        return concentric_width_m(vehicle, fillet_m)
    swing = vehicle.outer_radius_m - vehicle.tail_radius_m
    ratio = swing / (k * sqrt(2))
    # at 90° and beyond the tail no longer matters: the whole annulus has to lie in the lanes
    if ratio >= 1 or (turned := pi / 4 + asin(ratio)) >= pi / 2:
        return annulus_m(vehicle)
    return vehicle.outer_radius_m - fillet_m - k * sin(turned)


def second_lane_width_m(vehicle: Vehicle, first_m: float, fillet_m: float = 0.0) -> float:
    """Return the width of the lane that is turned into, where the one come from is ``first_m`` wide [m].

    One arc at full lock, 90°, square outer corner. Infinite where no such arc fits into the first lane.
    """
    k = vehicle.inner_radius_m - fillet_m
    if k <= 0:
        needed = concentric_width_m(vehicle, fillet_m)
        return needed if first_m >= needed - 1e-9 else inf
    share = (vehicle.tail_radius_m - fillet_m - first_m) / k
    if share > 1:
        return inf
    if share <= 0:
        return vehicle.outer_radius_m - fillet_m - k
    return vehicle.outer_radius_m - fillet_m - k * sin(acos(share))


def lower_bound_m(vehicle: Vehicle) -> float:
    """Return the width of two equal lanes with a sharp 90° corner below which no manoeuvre at all gets round [m].

    The body at 45° must fit between the inner corner and the outer walls; shunting does not help.
    """
    return (vehicle.length_m / 2 + vehicle.width_m) / sqrt(2)


def off_tracking_m(vehicle: Vehicle, front_radius_m: float) -> float:
    """Return by how much the rear axle runs inside the front one on a long circle [m]; NaN where it cannot follow."""
    if front_radius_m < vehicle.wheelbase_m:
        return nan
    return front_radius_m - sqrt(front_radius_m**2 - vehicle.wheelbase_m**2)


def full_lock_deg(vehicle: Vehicle) -> float:
    """Return the steering angle at full lock [deg]."""
    return degrees(vehicle.lock_rad)


def bound_by_turn_m(vehicle: Vehicle, turn_rad: float) -> float:
    """Return the lower bound of :func:`lower_bound_m` for a sharp corner of any angle up to 90° [m].

    Of all poses that the body takes on its way round, one is turned by half the corner's angle. Its inner side passes
    the inner corner, and its length is spanned between the outer walls: ``(length/2) sin(turn/2) + W cos(turn/2)``.

    Raises
    ------
    ValueError
        If the angle is not within 0 to 90°.
    """
    if not 0 <= turn_rad <= pi / 2 + 1e-12:
        raise ValueError("the bound holds for corners of up to 90 degrees")
    half = turn_rad / 2
    return vehicle.length_m / 2 * sin(half) + vehicle.width_m * cos(half)
