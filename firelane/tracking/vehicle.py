"""A vehicle, how it is driven, and the radii that follow from its dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import asin, sqrt

from firelane.vocabulary import Term


class RadiusBasis(Term):
    """Which circle a turning radius belongs to: the figure means nothing without it."""

    KERB_TO_KERB = "kerb_to_kerb", "外侧前轮（路缘石至路缘石）", "outer front wheel (kerb to kerb)"
    WALL_TO_WALL = "wall_to_wall", "车身外前角（墙至墙）", "outer front corner of the body (wall to wall)"
    FRONT_AXLE = "front_axle_centre", "前轴中点", "centre of the front axle"
    INNER = "inner", "后轴处车身内侧", "inner side of the body at the rear axle"


class FieldStatus(Term):
    """How far a figure of a vehicle is known."""

    SOURCE = "source", "有出处", "from a source"
    COMPUTED = "computed", "推算", "computed"
    RECALLED = "recalled", "未核实，待确认", "not verified, to be confirmed"
    ASSUMED = "assumed", "设定，待确认", "assumed, to be confirmed"
    STATED = "stated", "用户给定", "stated by the user"


@dataclass(frozen=True)
class FieldSource:
    """Where a figure comes from."""

    status: FieldStatus
    zh: str
    en: str


@dataclass(frozen=True)
class Policy:
    """How a vehicle is driven and what it may pass over; none of it is fixed by an instrument.

    Attributes
    ----------
    margin_m : float
        Clearance kept all around the body [m].
    kerb_overhang : bool
        The body may pass over low kerbs; the wheels may not.
    kerb_clearance_m : float
        Ground clearance of the body [m].
    crawl_km_h : float
        Speed in a turn [km/h]; with the time from lock to lock it gives the distance to full lock.
    standing_steer : bool
        The wheels may be turned while the vehicle stands.
    """

    margin_m: float = 0.0
    kerb_overhang: bool = False
    kerb_clearance_m: float = 0.25
    crawl_km_h: float = 5.0
    standing_steer: bool = False


@dataclass(frozen=True)
class Vehicle:
    """A rigid two-axle vehicle, all lengths in metres; a tandem counts as one axle at its middle.

    The reference point is the middle of the rear axle; the body reaches from ``-rear_overhang_m`` to
    ``wheelbase_m + front_overhang_m`` along the heading. With the wheels turned it rolls about a point on the rear
    axle's line; at full lock that point lies ``rear_radius_m`` from the reference point.

    Attributes
    ----------
    id, zh, en : str
    length_m, width_m, wheelbase_m, front_overhang_m, rear_overhang_m, track_m, height_m : float
    turning_radius_m : float
        Least, of the circle that ``radius_basis`` names.
    radius_basis : RadiusBasis
    lock_time_s : float
        From lock to lock [s].
    sources : mapping of str to FieldSource
        By field.
    """

    id: str
    zh: str
    en: str
    length_m: float
    width_m: float
    wheelbase_m: float
    front_overhang_m: float
    rear_overhang_m: float
    track_m: float
    height_m: float
    turning_radius_m: float
    radius_basis: RadiusBasis
    lock_time_s: float
    sources: Mapping[str, FieldSource] = field(default_factory=dict)

    @property
    def front_m(self) -> float:
        """From the rear axle to the front of the body [m]."""
        return self.wheelbase_m + self.front_overhang_m

    @property
    def rear_radius_m(self) -> float:
        """Radius of the rear axle's middle at full lock, Rr [m]."""
        least = self.turning_radius_m
        if self.radius_basis is RadiusBasis.KERB_TO_KERB:
            return sqrt(least**2 - self.wheelbase_m**2) - self.track_m / 2
        if self.radius_basis is RadiusBasis.WALL_TO_WALL:
            return sqrt(least**2 - self.front_m**2) - self.width_m / 2
        if self.radius_basis is RadiusBasis.FRONT_AXLE:
            return sqrt(least**2 - self.wheelbase_m**2)
        return least + self.width_m / 2

    @property
    def front_radius_m(self) -> float:
        """Radius of the front axle's middle at full lock, RF [m]."""
        return sqrt(self.rear_radius_m**2 + self.wheelbase_m**2)

    @property
    def kerb_radius_m(self) -> float:
        """Radius of the outer front wheel at full lock, Rk [m]."""
        return sqrt((self.rear_radius_m + self.track_m / 2) ** 2 + self.wheelbase_m**2)

    @property
    def inner_radius_m(self) -> float:
        """Radius of the body's inner side at the rear axle, ri [m]."""
        return self.rear_radius_m - self.width_m / 2

    @property
    def outer_radius_m(self) -> float:
        """Radius of the outer front corner, ro [m]."""
        return sqrt((self.rear_radius_m + self.width_m / 2) ** 2 + self.front_m**2)

    @property
    def tail_radius_m(self) -> float:
        """Radius of the outer rear corner, rt [m]."""
        return sqrt((self.rear_radius_m + self.width_m / 2) ** 2 + self.rear_overhang_m**2)

    @property
    def lock_rad(self) -> float:
        """Steering angle of the front axle's middle at full lock, arcsin(L / RF) [rad]."""
        return asin(self.wheelbase_m / self.front_radius_m)

    def lock_distance_m(self, policy: Policy) -> float:
        """Return the way driven from straight ahead to full lock [m]; 0 where the wheels are turned standing."""
        if policy.standing_steer:
            return 0.0
        return self.lock_time_s / 2 * policy.crawl_km_h / 3.6

    def name(self, lang: str = "zh") -> str:
        """Return its name in ``lang``."""
        return self.zh if lang == "zh" else self.en
