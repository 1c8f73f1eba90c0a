"""What tracking one vehicle over a site yields: the records that findings, drawing, map and report read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from firelane.tracking.drive import Drive
from firelane.tracking.sweep import Sweep, sweep
from firelane.tracking.targets import TargetKind
from firelane.tracking.vehicle import Policy, Vehicle
from firelane.vocabulary import Term


class TrackClass(Term):
    """How sure it is that the vehicle gets somewhere."""

    PROVEN_PASS = "proven_pass", "可通过（已证明）", "can be reached, proven"
    PROVEN_FAIL = "proven_fail", "不可通过（已证明）", "cannot be reached, proven"
    HEIGHT_UNKNOWN = "height_unknown", "净高未测量（平面上可行驶）", "clear height not measured (drivable on plan)"
    NOT_FOUND = "not_found", "未找到路线，须人工复核", "no line found, a human must look"
    NOT_TRIED = "not_tried", "未搜索", "not tried"


class TripKind(Term):
    """What a drive stands for."""

    PROVEN = "proven", "可行驶路线（已复核）", "drivable line, proven"
    OVERRUN = "overrun", "越界最小的路线", "line of least overrun"
    TURNING = "turning", "尽端调头路线（已复核）", "turning round at a dead end, proven"


class BodyPart(Term):
    """Which part of the vehicle leaves the free space."""

    FRONT_LEFT = "front_left", "车身左前角", "front left corner"
    FRONT_RIGHT = "front_right", "车身右前角", "front right corner"
    REAR_LEFT = "rear_left", "车身左后角", "rear left corner"
    REAR_RIGHT = "rear_right", "车身右后角", "rear right corner"
    LEFT_SIDE = "left_side", "车身左侧", "left side"
    RIGHT_SIDE = "right_side", "车身右侧", "right side"
    FRONT = "front", "车头", "front"
    REAR = "rear", "车尾", "rear"


@dataclass(frozen=True)
class Conflict:
    """Ground that a drive of least overrun takes where the vehicle may not be.

    Attributes
    ----------
    conflict_id : str
        By its place (``X…``): the same in every run, untouched by edits far away.
    trip_id : str
    geometry : Polygon or MultiPolygon
        Body outside of where it may be; about a post or a thin wall what the body overlaps, never empty.
    depth_m : float
        How far the vehicle reaches over [m].
    part : BodyPart
        What of the vehicle is there.
    owners : tuple of str
        What is in the way: input ids, ``edge:<road id>`` for the pavement's own edge.
    place : (x, y)
        Where it is deepest.
    chainage_m : float
        Of the drive, where that happens [m].
    """

    conflict_id: str
    trip_id: str
    geometry: BaseGeometry
    depth_m: float
    part: BodyPart
    owners: tuple[str, ...]
    place: tuple[float, float]
    chainage_m: float


def trip_id_of(vehicle_id: str, entrance_id: str, kind: str, number: int) -> str:
    """Return ``<vehicle>-<entrance>-<kind><number>``; the first joint is a colon where the entrance's own id has a hyphen.

    Else vehicle ``v`` from entrance ``x-1`` and vehicle ``v-x`` from entrance ``1`` would be one.

    >>> trip_id_of("pump-8", "W", "P", 1), trip_id_of("v", "x-1", "P", 1), trip_id_of("v-x", "1", "P", 1)
    ('pump-8-W-P01', 'v:x-1-P01', 'v-x-1-P01')
    """
    joint = ":" if "-" in entrance_id else "-"
    return f"{vehicle_id}{joint}{entrance_id}-{kind}{number:02d}"


@dataclass(frozen=True)
class Trip:
    """A drive of one vehicle.

    Attributes
    ----------
    trip_id : str
        :func:`trip_id_of`, unique on the site.
    kind : TripKind
    vehicle : Vehicle
    entrance_id : str
    target_kind : TargetKind
    target_id : str
        What it was looked for; the lane of a dead end where it turns.
    serves : tuple of (TargetKind, str)
        All that it is the first to reach, the target among them.
    drive : Drive
    states : int
    cell_m : float
        Of the finest grid that it took [m].
    area_outside_m2 : float
        By the independent check; 0 but for an overrun.
    conflicts : tuple of Conflict
        Of an overrun.
    below : tuple of str
        What of unknown clear height it passes below, in its order: on plan it is what ``kind`` says, whether the vehicle
        passes there is not measured.
    """

    trip_id: str
    kind: TripKind
    vehicle: Vehicle
    entrance_id: str
    target_kind: TargetKind
    target_id: str
    serves: tuple[tuple[TargetKind, str], ...]
    drive: Drive
    states: int
    cell_m: float
    area_outside_m2: float
    conflicts: tuple[Conflict, ...] = ()
    below: tuple[str, ...] = ()

    @property
    def length_m(self) -> float:
        """Way of the rear axle, reversing counted [m]."""
        return self.drive.length_m

    @property
    def manoeuvres(self) -> int:
        """How often the direction of travel changes."""
        return self.drive.changes

    @cached_property
    def swept(self) -> Sweep:
        """What it passes over, without the margin; worked out when it is asked for."""
        return sweep(self.drive, self.vehicle)


@dataclass(frozen=True)
class Mend:
    """What would let the vehicle through where nothing was found.

    Proven by the drive of least overrun itself, or, where things are only removed, by the same drive eased again.

    Attributes
    ----------
    trip_id : str
        The overrun that it clears.
    conflict_ids : tuple of str
    action : str
        ``remove`` (a thing), ``cut_corner`` (round the inner corner to ``radius_m``), ``widen`` (take the edge back).
    owners : tuple of str
    radius_m, depth_m, area_m2 : float
        Radius to round to; how far the edge goes back at most; ground to be paved. NaN where it has no meaning.
    proven : bool
        The same drive, or the same drive eased again, checked with this done (and all else of the trip), leaves nothing.
    place : (x, y)
    text_zh, text_en : str
    """

    trip_id: str
    conflict_ids: tuple[str, ...]
    action: str
    owners: tuple[str, ...]
    radius_m: float
    depth_m: float
    area_m2: float
    proven: bool
    place: tuple[float, float]
    text_zh: str
    text_en: str


@dataclass(frozen=True)
class Turning:
    """Whether the vehicle turns round at a dead end.

    Attributes
    ----------
    dead_end_id, lane_id, entrance_id : str
    found : TrackClass
        NOT_FOUND: it has to reverse out; NOT_TRIED: it does not come there; HEIGHT_UNKNOWN: on plan it turns round, below
        something, there or on the way, whose clear height was not measured.
    manoeuvres : int
        Changes of direction on the way in and out, -1 where none was found.
    trip_id : str or None
    reverse_m : float
        Way to be driven in reverse [m]: within the manoeuvre, or all the way out where it cannot turn. NaN: unknown.
    place : (x, y)
        Tip of the dead end.
    below : tuple of str
        Whose clear height has to be measured.
    """

    dead_end_id: str
    lane_id: str
    entrance_id: str
    found: TrackClass
    manoeuvres: int
    trip_id: str | None
    reverse_m: float
    place: tuple[float, float]
    below: tuple[str, ...] = ()


TARGET_COLUMNS = (
    "entrance_id", "target_kind", "target_id", "class", "share", "trip_id", "length_m", "states", "stuck_x", "stuck_y",
    "stuck_heading_rad", "shortfall_m", "overrun_id",
)  # fmt: skip
BEND_WIDTH_COLUMNS = (
    "bend_id", "vehicle_id", "kind", "lane_id", "lane_ids", "turn_deg", "inner_radius_m", "inner_uncertainty_m",
    "outer_radius_m", "outer_uncertainty_m", "clear_width_m", "required_width_m", "margin_m", "lower_bound_m",
    "nominal_radius_m", "nominal_basis", "nominal_margin_m", "class", "aim_radius_m", "aim_width_m", "why_zh", "why_en",
    "geometry",
)  # fmt: skip


@dataclass(frozen=True)
class VehicleTracking:
    """What one vehicle can do on a site.

    Attributes
    ----------
    vehicle : Vehicle
    policy : Policy
    unsearched : (str, str) or None
        Why no line was searched (Chinese, English): numba is missing, no entrance is known; None where it was.
    targets : DataFrame
        One row per entrance and target (``TARGET_COLUMNS``): ``class`` a value of TrackClass; ``share`` of a lane's
        stations that proven drives pass; ``trip_id`` of the proven drive, ``overrun_id`` of the one that shows what is in
        the way, ``shortfall_m`` the estimate of what is missing in width there [m]. Where something of unknown clear height
        has to be passed below, ``below_owners`` (tuple of str), ``below_x``, ``below_y`` (:mod:`firelane.tracking.overhead`).
    trips : tuple of Trip
    mends : tuple of Mend
    turnings : tuple of Turning
    bends : GeoDataFrame
        One row per bend (``BEND_WIDTH_COLUMNS``), by closed forms alone; Points.
    states : int
        Visited in all.
    notes : tuple of (str, str)
    """

    vehicle: Vehicle
    policy: Policy
    unsearched: tuple[str, str] | None
    targets: pd.DataFrame
    trips: tuple[Trip, ...]
    mends: tuple[Mend, ...]
    turnings: tuple[Turning, ...]
    bends: gpd.GeoDataFrame
    states: int = 0
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Of all its drives of least overrun."""
        return tuple(c for trip in self.trips for c in trip.conflicts)

    def trip(self, trip_id: str) -> Trip:
        """Return a drive by its id."""
        return next(t for t in self.trips if t.trip_id == trip_id)
