"""Bends and corners against a vehicle, by closed forms alone: what proves a pass, what proves that none is (弯道通行宽度)."""

from __future__ import annotations

import importlib.resources
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from firelane.lanes.arrays import Ints
from firelane.lanes.bends_fit import EdgeArc, Shape
from firelane.lanes.bends_ground import BendGround, corner_rad
from firelane.lanes.bends_kerbs import Bend, Kerb, Trust, doubt, drawn_exactly
from firelane.lanes.narrowing import Narrowing
from firelane.lanes.space import Spaces
from firelane.tracking.closed import (
    bound_by_turn_m,
    concentric_width_m,
    inner_radius_for_m,
    sharp_corner_width_m,
)
from firelane.tracking.record import BEND_WIDTH_COLUMNS, TrackClass
from firelane.tracking.vehicle import Policy, RadiusBasis, Vehicle

OUTER_WHEEL = "outer_wheel"
SLACK_M = 1e-6
_SURVEYED = ("roads", "fire_lanes", "obstructions", "parking", "entrances")
_SQUARE_DEG = 5.0
"""A corner this near to 90° is held against the form for 90°."""


@dataclass(frozen=True)
class BendRule:
    """How bends are measured, and the nominal radius that they are held against.

    Attributes
    ----------
    nominal_m : float
        For vehicles of which ``bend_widths.toml`` names no other [m].
    basis : str
        ``inner_edge`` or ``outer_wheel``: which kerb's radius that is.
    least_turn_deg : float
    trust : Trust
    """

    nominal_m: float
    basis: str
    least_turn_deg: float
    trust: Trust

    def nominal_for(self, vehicle: Vehicle) -> float:
        """Return the nominal radius for a vehicle [m]."""
        return float(settings()["nominal_radius_m"].get(vehicle.id, self.nominal_m))


@lru_cache(maxsize=1)
def settings() -> Mapping[str, Any]:
    """Return ``bend_widths.toml``."""
    text = importlib.resources.files("firelane.measure").joinpath("bend_widths.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def padded(vehicle: Vehicle, margin_m: float) -> Vehicle:
    """Return a vehicle grown by the clearance that is kept all around; it turns about the same points."""
    return replace(
        vehicle, width_m=vehicle.width_m + 2 * margin_m, length_m=vehicle.length_m + 2 * margin_m,
        front_overhang_m=vehicle.front_overhang_m + margin_m, rear_overhang_m=vehicle.rear_overhang_m + margin_m,
        # the middle of the front axle knows of no width: that radius stays
        turning_radius_m=vehicle.front_radius_m, radius_basis=RadiusBasis.FRONT_AXLE,
    )  # fmt: skip


@dataclass(frozen=True)
class Needs:
    """What one bend asks, and what it offers; lengths in metres, NaN where a form does not hold.

    Attributes
    ----------
    required_m : float
        Width that suffices, at the inner radius as fitted.
    worst_m : float
        The same at the least radius that the fit and the survey allow.
    bound_m : float
        Below this nothing gets through.
    why : (str, str)
        What was applied, or why nothing could be.
    steering_m : float
        What turning the wheels while driving takes besides (:func:`steering_m`).
    """

    required_m: float
    worst_m: float
    bound_m: float
    why: tuple[str, str]
    steering_m: float = 0.0


def between_wheels(vehicle: Vehicle) -> Vehicle:
    """Return the rectangle between a vehicle's wheels: what has to stay on the road where the body may pass over kerbs."""
    return replace(
        vehicle, width_m=vehicle.track_m, length_m=vehicle.wheelbase_m, front_overhang_m=0.0, rear_overhang_m=0.0,
        turning_radius_m=vehicle.front_radius_m, radius_basis=RadiusBasis.FRONT_AXLE,
    )  # fmt: skip


def steering_m(vehicle: Vehicle, inner_m: float, turn_rad: float, lock_m: float) -> float:
    """Return by how much more width a bend asks because the wheels are turned while the vehicle drives [m].

    Parameters
    ----------
    vehicle : Vehicle
    inner_m : float
        Radius of the inner edge [m].
    turn_rad : float
        Of the bend.
    lock_m : float
        Way driven from straight ahead to full lock [m].

    Returns
    -------
    float
        The circle on which the rear axle runs, of radius ``R = inner_m + W/2``, is run into along a clothoid of length
        ``l = lock_m Rr/R``; so it lies ``l²/(24 R)`` off the straight, at most. That, times ``steering_factor``. NaN where
        the bend is too short to reach that circle and leave it again, or where the clothoid begins the tail is farther before
        the bend than the straights are looked at: nothing is claimed there.
    """
    if lock_m <= 0:
        return 0.0
    radius = inner_m + vehicle.width_m / 2
    length = lock_m * vehicle.rear_radius_m / radius
    if length > radius * turn_rad or length / 2 + vehicle.rear_overhang_m > vehicle.front_m:
        return math.nan
    return float(settings()["closed_form"]["steering_factor"]) * length**2 / (24 * radius)


def needs(vehicle: Vehicle, bend: Bend, trust: Trust, *, bars: Vehicle | None = None, lock_m: float = 0.0) -> Needs:
    """Return what a bend asks of its width.

    Parameters
    ----------
    vehicle : Vehicle
        With its margin (:func:`padded`).
    bend : Bend
    trust : Trust
    bars : Vehicle, optional
        What the lower bounds are those of: of the vehicle itself, or only of what is between its wheels.
    lock_m : float
        Way driven from straight ahead to full lock [m]; 0: the wheels are turned standing.
    """
    bars = bars or vehicle
    least = bars.width_m
    why = doubt(bend.inner, bend.accuracy_m, trust)
    if why is not None:
        return Needs(math.nan, math.nan, least, (f"内缘半径不可靠：{why[0]}", f"the inner radius cannot be relied on: {why[1]}"))
    arc = bend.inner.arc
    assert arc is not None
    if arc.shape is Shape.SQUARE_CORNER:
        return _sharp(vehicle, arc, bars)
    band = radius_band_m(arc, bend.accuracy_m)
    required, worst = (concentric_width_m(vehicle, max(r, 0.0)) for r in (arc.radius_m, arc.radius_m - band))
    inner = vehicle.inner_radius_m
    if math.isnan(required):
        return Needs(required, worst, least, (
            f"内缘半径小于车辆最小内半径 {inner:.2f} 米，同心弯道公式不适用，须以轨迹判定",
            f"the inner radius is below the vehicle's own of {inner:.2f} m: the concentric form does not hold, it takes tracking",
        ))  # fmt: skip
    # at the radius that turns the wheels farthest
    more = steering_m(vehicle, max(arc.radius_m - band, 0.0), math.radians(bend.turn_deg), lock_m)
    return Needs(required, worst, least, ("同心弯道公式", "concentric form"), more)


def _sharp(vehicle: Vehicle, arc: EdgeArc, bars: Vehicle) -> Needs:
    turn = corner_rad(arc)
    degrees = math.degrees(turn)
    bound = bars.width_m if degrees > 90 + 1e-6 else max(bars.width_m, bound_by_turn_m(bars, min(turn, math.pi / 2)))
    if abs(degrees - 90) > _SQUARE_DEG:
        return Needs(math.nan, math.nan, bound, (
            f"直角折线转角（{degrees:.0f}°），没有闭式解，须以轨迹判定",
            f"a corner without an arc ({degrees:.0f}°): no closed form, it takes tracking",
        ))  # fmt: skip
    width = sharp_corner_width_m(vehicle)
    return Needs(width, math.nan, bound, (
        "90°直角公式（两车道等宽、外角为直角、满舵一次转过）：供参考，须以轨迹判定",
        "form for a 90° corner (equal lanes, square outer corner, one arc at full lock): for orientation, it takes tracking",
    ))  # fmt: skip


def radius_band_m(arc: EdgeArc, accuracy_m: float) -> float:
    """Return by how much a fitted radius may be off, twice the standard uncertainty and the survey's accuracy [m]."""
    return 0.0 if accuracy_m == 0 and drawn_exactly(arc) else 2 * arc.uncertainty_m + accuracy_m


def class_of(asked: Needs, clear_m: float, accuracy_m: float, *, ground_is_so: bool, barred: bool) -> TrackClass:
    """Return what a bend's widths prove.

    Parameters
    ----------
    asked : Needs
    clear_m : float
        Clear width [m]; NaN at a junction's corner.
    accuracy_m : float
        Of the gap [m].
    ground_is_so : bool
        The ring beside the inner edge is free (:meth:`BendGround.free_beside`).
    barred : bool
        Below the lower bound, on ground where that holds.
    """
    if barred:
        return TrackClass.PROVEN_FAIL
    if ground_is_so and clear_m - accuracy_m >= asked.worst_m + asked.steering_m - SLACK_M:  # False where any is NaN
        return TrackClass.PROVEN_PASS
    return TrackClass.NOT_FOUND


@dataclass(frozen=True)
class _Table:
    profile: gpd.GeoDataFrame
    narrowings: Mapping[str, Sequence[Narrowing]]
    spaces: Spaces
    vehicle: Vehicle
    policy: Policy
    rule: BendRule
    body: Vehicle = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "body", padded(self.vehicle, self.policy.margin_m))

    @cached_property
    def _bars(self) -> Vehicle:
        """What cannot be got through a bend where nothing gets through; wheels keep no margin."""
        return between_wheels(self.vehicle) if self.policy.kerb_overhang else self.body

    @cached_property
    def _designated(self) -> frozenset[str]:
        lanes = self.spaces.network.lanes
        return frozenset(lanes.loc[lanes["designated"].astype(bool), "lane_id"])

    @cached_property
    def _ground(self) -> BendGround:
        return BendGround(self.spaces.at(self.vehicle.height_m, designated=False))

    @cached_property
    def _stations(self) -> dict[str, Ints]:
        found: dict[str, Ints] = self.profile.groupby("lane_id").indices
        return found

    @cached_property
    def _accuracy_m(self) -> float:
        site = self.spaces.site
        return max((site.place_accuracy_m(n) for n in _SURVEYED if len(site.layer(n))), default=0.0)

    def widths(self, bend: Bend) -> tuple[float, float]:
        """Return the clear width through a bend and as far before and after as the vehicle's front reaches, and the barrier's.

        The second is that of the narrowest *barrier* there (infinite: none below 8 m): the widest disc that gets through
        at all, while stations tell of the disc that stands on them.
        """
        if bend.kind != "bend":
            return math.nan, math.inf
        lane, reach = bend.lane_ids[0], self.body.front_m
        low, high = bend.from_m - reach, bend.to_m + reach
        rows = self._stations.get(lane, np.zeros(0, np.int64))
        chainage, clear = (self.profile[c].to_numpy(float)[rows] for c in ("chainage_m", "clear_width_m"))
        here = clear[(chainage >= low) & (chainage <= high)]
        here = here[np.isfinite(here)]
        through = min((n.width_m for n in self.narrowings.get(lane, ()) if low <= n.chainage_m <= high), default=math.inf)
        return (min(float(here.min()), through) if len(here) else math.nan), through

    def row(self, bend: Bend) -> dict[str, object]:
        """Return a bend's row."""
        rule, body = self.rule, self.body
        asked = needs(body, bend, rule.trust, bars=self._bars, lock_m=self.vehicle.lock_distance_m(self.policy))
        clear, through = self.widths(bend)
        accuracy = max(bend.accuracy_m, self._accuracy_m)
        barred, why_barred = self._barred(bend, asked, through, accuracy)
        free = self._free(bend, asked, clear, accuracy)
        found = class_of(asked, clear, accuracy, ground_is_so=free, barred=barred)
        inner, outer = (_radius(k, bend, rule.trust) for k in (bend.inner, bend.outer))
        nominal = rule.nominal_for(self.vehicle)
        judged = outer if rule.basis == OUTER_WHEEL else inner
        aim = inner_radius_for_m(body, clear) if math.isfinite(clear) else math.nan
        zh, en = why_barred if barred else self._why(asked, found, clear, accuracy, free)
        return {
            "bend_id": bend.bend_id, "vehicle_id": self.vehicle.id, "kind": bend.kind, "lane_id": bend.lane_ids[0],
            "lane_ids": ",".join(bend.lane_ids), "turn_deg": bend.turn_deg, "inner_radius_m": inner[0],
            "inner_uncertainty_m": inner[1], "outer_radius_m": outer[0], "outer_uncertainty_m": outer[1],
            "clear_width_m": clear, "required_width_m": asked.required_m, "margin_m": clear - asked.required_m,
            "lower_bound_m": asked.bound_m, "nominal_radius_m": nominal, "nominal_basis": rule.basis,
            "nominal_margin_m": judged[0] - nominal, "class": found.value,
            "aim_radius_m": aim if math.isfinite(aim) else math.nan,
            "aim_width_m": asked.required_m + np.fmax(asked.steering_m, settings()["closed_form"]["steering_m"]), "why_zh": zh, "why_en": en,
            "geometry": shapely.Point(bend.place),
        }  # fmt: skip

    def _barred(self, bend: Bend, asked: Needs, through_m: float, accuracy_m: float) -> tuple[bool, tuple[str, str]]:
        """Tell whether nothing gets through, and why."""
        bars, arc = self._bars, bend.inner.arc
        # beside a designated lane there is more of the pavement
        if through_m + accuracy_m < bars.width_m - SLACK_M and bend.lane_ids[0] not in self._designated:
            zh, en = ("轮距", "its track") if self.policy.kerb_overhang else ("车宽（含安全余量）", "the vehicle's width with its margin")
            return True, (
                f"最窄处 {through_m:.3f} 米，小于{zh} {bars.width_m:.2f} 米",
                f"the narrowest place, {through_m:.3f} m, is less than {en}, {bars.width_m:.2f} m",
            )  # fmt: skip
        if arc is None or arc.shape is not Shape.SQUARE_CORNER or asked.bound_m <= bars.width_m:
            return False, ("", "")
        reach = 1.5 * self.body.length_m + 2 * asked.bound_m
        sharp = settings()["closed_form"]["sharp_area_m2"]
        barred = self._ground.is_corner(arc, asked.bound_m - 2 * accuracy_m - SLACK_M, reach, sharp)
        return barred, (
            f"两侧车道均窄于直角转弯的下限 {asked.bound_m:.2f} 米，任何操作（含倒车）都无法转过",
            f"both lanes are narrower than the lower bound of this corner, {asked.bound_m:.2f} m: nothing gets round it, shunting included",
        )  # fmt: skip

    def _free(self, bend: Bend, asked: Needs, clear_m: float, accuracy_m: float) -> bool:
        arc = bend.inner.arc
        # asked of the ground only where the widths would do
        worst = asked.worst_m + asked.steering_m
        if arc is None or arc.centre is None or not clear_m - accuracy_m >= worst - SLACK_M:
            return False
        off = 2 * arc.residual_m + accuracy_m
        return self._ground.free_beside(arc, worst, self.body.front_m, off_m=off)

    def _why(self, asked: Needs, found: TrackClass, clear_m: float, accuracy_m: float, free: bool) -> tuple[str, str]:  # noqa: FBT001
        zh, en = asked.why
        if math.isnan(asked.worst_m):
            if math.isfinite(asked.required_m) and "同心" in zh:
                return (
                    f"{zh}；按最不利半径已小于车辆最小内半径，须以轨迹判定",
                    f"{en}; at the least radius that the survey allows it does not hold: it takes tracking",
                )  # fmt: skip
            return zh, en
        if asked.steering_m > 0:
            zh = f"{zh}（行驶中转动方向，另加约 {asked.steering_m:.2f} 米，待确认）"
            en = f"{en} (with about {asked.steering_m:.2f} m more for turning the wheels while driving, to be confirmed)"
        if found is TrackClass.PROVEN_PASS:
            return zh, en
        if math.isnan(asked.steering_m):
            return (
                f"{zh}；方向转动较慢，弯道内来不及转到位，须以轨迹判定",
                f"{en}; the wheels are turned too slowly to be where the form has them within the bend: it takes tracking",
            )  # fmt: skip
        if math.isnan(clear_m):
            return f"{zh}；路口转角没有净宽，须以轨迹判定", f"{en}; a junction's corner has no clear width: it takes tracking"
        if clear_m - accuracy_m >= asked.worst_m + asked.steering_m - SLACK_M and not free:
            return f"{zh}；内缘外侧并非都空闲，须以轨迹判定", f"{en}; not all is free beside the inner edge: it takes tracking"
        if clear_m >= asked.required_m - SLACK_M:
            return f"{zh}；余量不足以证明，须以轨迹判定", f"{en}; what is left is not enough to prove it: it takes tracking"
        return f"{zh}；净宽不足，须以轨迹判定", f"{en}; not wide enough by it: it takes tracking"


def _radius(kerb: Kerb | None, bend: Bend, trust: Trust) -> tuple[float, float]:
    """Return a kerb's radius and by how much it may be off [m]; NaN where it cannot be relied on."""
    if kerb is None or kerb.arc is None or doubt(kerb, bend.accuracy_m, trust) is not None:
        return math.nan, math.nan
    return kerb.arc.radius_m, radius_band_m(kerb.arc, bend.accuracy_m)


def bend_widths(
    bends: Sequence[Bend], profile: gpd.GeoDataFrame, narrowings: Mapping[str, Sequence[Narrowing]], spaces: Spaces,
    vehicle: Vehicle, policy: Policy, rule: BendRule,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Hold each bend and each corner against a vehicle.

    Parameters
    ----------
    bends : sequence of Bend
    profile : GeoDataFrame
        Stations of the lanes: ``lane_id, chainage_m, clear_width_m``.
    narrowings : mapping
        Lane → what bars it, on the ground.
    spaces : Spaces
    vehicle : Vehicle
    policy : Policy
        Its margin is added all around.
    rule : BendRule

    Returns
    -------
    GeoDataFrame
        Columns ``tracking.record.BEND_WIDTH_COLUMNS``; Points, in the order of ``bends``. ``clear_width_m`` is the least
        through the bend and as far before and after as the front reaches ahead of the rear axle, NaN at a junction's
        corner. ``required_width_m`` suffices by the closed form, ``margin_m`` is what is left of the clear width. Proven
        pass: the margin holds at the least radius and within the accuracy, with what turning the wheels takes
        (:func:`steering_m`), and the ring beside the inner edge is free.
        Proven fail: below ``lower_bound_m``. All else is *not found*: it takes tracking. ``aim_radius_m`` is the inner
        radius at which the clear width would do, ``aim_width_m`` the width at the inner radius that there is, with what
        the rate of steering asks.
    """
    table = _Table(profile, narrowings, spaces, vehicle, policy, rule)
    rows = [table.row(bend) for bend in bends]
    crs = spaces.site.crs
    data = {name: [row[name] for row in rows] for name in BEND_WIDTH_COLUMNS[:-1]}
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([row["geometry"] for row in rows], crs=crs), crs=crs)
