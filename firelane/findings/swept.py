"""Judging whether fire engines get round: by what tracking them over the site proves (车辆轨迹)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from firelane.findings import lines
from firelane.findings.desk import PASS_SLACK_M, Desk, metres
from firelane.findings.rescue_subject import take_back_passes
from firelane.rules.model import Rule
from firelane.tracking.record import Conflict, TrackClass, Trip, TripKind, VehicleTracking
from firelane.tracking.targets import COVERED, NEAR_M, REACH_SLACK_M, TargetKind, is_shut
from firelane.tracking.telling import BEST, below_of, best_rows, driven, gap_m, least_width_m, rounded_up
from firelane.tracking.vehicle import FieldStatus, Vehicle
from firelane.vocabulary import Verdict

NO_VEHICLE = (
    "条文没有给出数值，须以设计车辆的行驶轨迹判定；未指定车辆：用 --vehicle 或 site.toml 的 [vehicle] 指定",
    "the text gives no figure, it takes the tracks of a design vehicle; no vehicle was named: use --vehicle, or [vehicle] of site.toml",
)
SHORTFALL_BAND_M = 0.10
"""How far the estimate of what is missing in width may be off."""
_SHOWN = 3
_UNSURE = (FieldStatus.ASSUMED, FieldStatus.RECALLED)


def swept_path(desk: Desk, rule: Rule) -> None:
    """One finding per vehicle and target, over all entrances; one in all where no vehicle was named."""
    if not desk.measured.tracking:
        desk.not_measured(rule, *NO_VEHICLE)
        return
    since = len(desk.findings)
    for tracked in desk.measured.tracking:
        _Judge(desk, rule, tracked).run()
    take_back_passes(desk, since)


def vehicle_text(vehicle: Vehicle, lang: str) -> str:
    """Return a vehicle with its dimensions, its radius with its definition, and how far they are known."""
    size = f"{vehicle.length_m:.2f}×{vehicle.width_m:.2f}"
    unsure = any(source.status in _UNSURE for source in vehicle.sources.values())
    if lang == "zh":
        told = f"{vehicle.zh}（{vehicle.id}，{size} 米，轴距 {vehicle.wheelbase_m:.2f} 米，转弯半径 {vehicle.turning_radius_m:.2f} 米，指{vehicle.radius_basis.zh}"
        return told + ("；尺寸为设定值，待确认）" if unsure else "）")
    told = f"{vehicle.en} ({vehicle.id}, {size} m, wheelbase {vehicle.wheelbase_m:.2f} m, turning radius {vehicle.turning_radius_m:.2f} m, {vehicle.radius_basis.en}"
    return told + ("; dimensions assumed, to be confirmed)" if unsure else ")")


@dataclass(frozen=True)
class _Judge:
    desk: Desk
    rule: Rule
    tracked: VehicleTracking

    def run(self) -> None:
        tracked, vehicle = self.tracked, self.tracked.vehicle
        zh, en = vehicle_text(vehicle, "zh"), vehicle_text(vehicle, "en")
        if tracked.unsearched is not None:
            more_zh, more_en = _bends_text(tracked)
            self.desk.not_measured(
                self.rule, f"{zh}：{tracked.unsearched[0]}{more_zh}", f"{en}: {tracked.unsearched[1]}{more_en}", subject=vehicle.id,
            )  # fmt: skip
            return
        grouped = best_rows(tracked, self.desk.measured.network.mouths)
        lanes = [(TargetKind.LANE, str(i)) for i in self.desk.measured.network.lanes["lane_id"]]
        buildings = [(TargetKind.BUILDING, str(i)) for i in self.desk.measured.site.layer("buildings")["id"]]
        if not grouped and not lanes and not buildings:
            self.desk.not_applicable(
                self.rule, f"{zh}：没有要到达的车道或建筑", f"{en}: there is no lane or building to reach", subject=vehicle.id,
            )  # fmt: skip
        for (kind, target), rows in grouped.items():
            if kind == TargetKind.BUILDING and target in self._far:
                continue
            self._target(TargetKind(kind), target, rows)
        for key in (*lanes, *buildings):
            if key not in grouped or (key[0] is TargetKind.BUILDING and key[1] in self._far):
                self._left_out(*key)

    def _left_out(self, kind: TargetKind, target: str) -> None:
        """Say why something is no target: nothing is silently absent."""
        lane = target if kind is TargetKind.LANE else None
        near = target in self.desk.buildings_near_lines
        verdict = Verdict.NOT_MEASURED
        if lane is not None:
            told = "车道上没有可用的测点，未搜索", "the lane has no station to go by: not searched"
        elif near or target not in self._far:
            told = lines.no_road(self.desk)
        else:
            reach = self.desk.measured.site.config.access_distance_m
            verdict = Verdict.NOT_APPLICABLE
            told = f"{reach:g} 米内没有道路，没有可驶到之处", f"no road lies within {reach:g} m: there is nowhere to drive to"
        self.desk.add(
            self.rule, verdict, f"{self.tracked.vehicle.id}:{target}",
            f"{vehicle_text(self.tracked.vehicle, 'zh')}到{kind.zh} {target}：{told[0]}",
            f"{vehicle_text(self.tracked.vehicle, 'en')} to {kind.en} {target}: {told[1]}",
            lane_id=lane, building_id=None if lane is not None else target,
            place=self.desk.lane_middle(target) if lane is not None else _inside(self.desk, target),
        )  # fmt: skip

    @cached_property
    def _far(self) -> frozenset[str]:
        """Buildings without any road within the distance of access."""
        table, network = self.desk.measured.site.layer("buildings"), self.desk.measured.network
        if not len(table):
            return frozenset()
        shapely.prepare(network.pavement)
        near = shapely.dwithin(network.pavement, table.geometry.to_numpy(), self.desk.measured.site.config.access_distance_m + NEAR_M)
        return frozenset(str(i) for i in table["id"].to_numpy(object)[~near])

    @property
    def _all_shut(self) -> bool:
        """Whether no entrance opens."""
        table = self.desk.measured.network.mouths
        return bool(len(table)) and all(is_shut(value) for value in table["openable"])

    def _target(self, kind: TargetKind, target: str, rows: list[dict[str, Any]]) -> None:
        best = rows[0]
        found = TrackClass(best["class"])
        tried = [str(r["entrance_id"]) for r in rows if r["class"] != TrackClass.NOT_TRIED]
        if found is TrackClass.HEIGHT_UNKNOWN:
            verdict, told, owners = self._below(best)
        elif found is TrackClass.PROVEN_PASS:
            verdict, told, owners = self._passed(kind, target, best)
        elif found is TrackClass.PROVEN_FAIL:
            verdict, told, owners = self._failed(best, tried)
        elif found is TrackClass.NOT_FOUND:
            shut = [str(r["entrance_id"]) for r in rows if r["class"] == TrackClass.PROVEN_FAIL.value]
            verdict, told, owners = self._not_found(best, [e for e in tried if e not in shut], shut)
        else:
            verdict, owners = Verdict.NOT_MEASURED, ()
            told = ("出入口均不能打开，未搜索", "no entrance can be opened: not tried")
        lane = target if kind is TargetKind.LANE else None
        self.desk.add(
            self.rule, verdict, f"{self.tracked.vehicle.id}:{target}",
            f"{vehicle_text(self.tracked.vehicle, 'zh')}到{kind.zh} {target}：{told[0]}",
            f"{vehicle_text(self.tracked.vehicle, 'en')} to {kind.en} {target}: {told[1]}",
            lane_id=lane, building_id=None if lane is not None else target,
            place=self._place(kind, target, best),
            owners=owners, entrance_id=str(best["entrance_id"]) if found is not TrackClass.NOT_TRIED else None,
        )  # fmt: skip

    # ---------------------------------------------------------------------------------------- what is said

    def _passed(self, kind: TargetKind, target: str, row: dict[Any, Any]) -> tuple[Verdict, tuple[str, str], tuple[str, ...]]:
        trip = self.tracked.trip(row["trip_id"])
        zh = f"{TrackClass.PROVEN_PASS.zh}：自出入口 {trip.entrance_id}，路线 {trip.trip_id}，长 {driven(trip.length_m)} 米，扫掠面积全部在可通行范围内"
        en = f"{TrackClass.PROVEN_PASS.en}: from entrance {trip.entrance_id}, line {trip.trip_id}, {driven(trip.length_m)} m, nothing swept outside the free space"
        if kind is TargetKind.BUILDING:
            reach = self.desk.measured.site.config.access_distance_m
            zh = f"{zh}；车身驶至距建筑 {reach:g} 米以内（容差 {REACH_SLACK_M:.2f} 米）"
            en = f"{en}; the body comes within {reach:g} m of the building (tolerance {REACH_SLACK_M:.2f} m)"
        elif row.get("through") is not None and not row["through"]:
            zh, en = f"{zh}；自车道两端分别驶到，没有一条路线驶过其间全部断面", f"{en}; reached from both ends, no one line passes all between"
        zh, en = zh + self._solver(trip.cell_m)[0], en + self._solver(trip.cell_m)[1]
        accuracy = self.desk.coarsest_m()
        if accuracy <= self.tracked.policy.margin_m + PASS_SLACK_M:
            return Verdict.PASS, (zh, en), ()
        clear = self._clearance_m(kind, target, trip.entrance_id)
        if clear >= accuracy:
            return Verdict.PASS, (f"{zh}；车身距边界至少 {metres(clear)} 米", f"{en}; the body keeps {metres(clear)} m off every edge"), ()
        return Verdict.INDETERMINATE, (
            f"{zh}；但车身距边界最近 {metres(clear)} 米，小于测量精度 {accuracy:g} 米，不足以判定（可设 margin_m = {accuracy:g} 重算）",
            f"{en}; but the body comes within {metres(clear)} m of an edge, less than the survey's accuracy of {accuracy:g} m: not enough to judge (try margin_m = {accuracy:g})",
        ), ()  # fmt: skip

    def _below(self, row: dict[Any, Any]) -> tuple[Verdict, tuple[str, str], tuple[str, ...]]:
        below = below_of(row)
        who = self.desk.owner_names(below, "zh"), self.desk.owner_names(below, "en")
        height = self.tracked.vehicle.height_m
        return Verdict.NOT_MEASURED, (
            f"平面上可行驶（路线 {row['trip_id']}），但须从{who[0]}下通过，其净高未测量，能否通过车高 {height:.2f} 米的车辆不作判定",
            f"drivable on plan (line {row['trip_id']}) below {who[1]}, of unknown clear height: whether a vehicle {height:.2f} m high passes is not judged",
        ), below  # fmt: skip

    def _on_plan(self, below: Sequence[str]) -> tuple[str, str]:
        """Say of what is proven on plan that its height is not; nothing where there is nothing to pass below."""
        if not below:
            return "", ""
        who = self.desk.owner_names(below, "zh"), self.desk.owner_names(below, "en")
        return f"（仅就平面而言，须从{who[0]}下通过，其净高未测量）", f" (on plan alone: below {who[1]}, of unknown clear height)"

    def _gap_m(self, row: dict[Any, Any]) -> float:
        return gap_m(row, self.tracked, self.desk.measured.network.mouths)

    def _failed(self, row: dict[Any, Any], tried: Sequence[str]) -> tuple[Verdict, tuple[str, str], tuple[str, ...]]:
        policy, bars = self.tracked.policy, self._barred(row)
        width, gap, accuracy = least_width_m(self.tracked.vehicle, policy), _or(row.get("gap_m"), math.nan), self.desk.coarsest_m()
        short = width - self._gap_m(row)
        measure_zh, measure_en = ("轮距", "its track") if policy.kerb_overhang else ("车宽（含安全余量）", "its width with the margin")
        zh = f"{TrackClass.PROVEN_FAIL.zh}：自出入口{_list(tried, 'zh')}，直径等于{measure_zh} {width:.2f} 米的圆盘也没有通路"
        en = f"{TrackClass.PROVEN_FAIL.en}: from {_list(tried, 'en')} there is no way even for a disc of {measure_en}, {width:.2f} m"
        if self._all_shut:
            short = math.inf
            zh = f"{TrackClass.PROVEN_FAIL.zh}：所有出入口均不能打开，无法驶入"
            en = f"{TrackClass.PROVEN_FAIL.en}: no entrance opens, there is no way in"
        elif self._all_low(row, tried):
            short = math.inf
            zh = f"{TrackClass.PROVEN_FAIL.zh}：出入口{_list(tried, 'zh')}的净高低于车高 {self.tracked.vehicle.height_m:.2f} 米，无法驶入"
            en = f"{TrackClass.PROVEN_FAIL.en}: {_list(tried, 'en')} lower than the vehicle, {self.tracked.vehicle.height_m:.2f} m: no way in"
        elif math.isnan(gap) and bars is not None:
            short = math.inf  # the bound takes the accuracy into account
            zh = f"{TrackClass.PROVEN_FAIL.zh}：弯道 {bars['bend_id']}，{bars['why_zh']}"
            en = f"{TrackClass.PROVEN_FAIL.en}: bend {bars['bend_id']}, {bars['why_en']}"
            # where the mouth is too narrow for the vehicle no line was looked for
            if entered := [e for e in tried if self._gap_m({"entrance_id": e}) == 0]:
                zh, en = f"{zh}；自出入口{_list(entered, 'zh')}也未找到路线", f"{en}; nor was a line found from {_list(entered, 'en')}"
        elif math.isnan(gap) and self._gap_m(row) > 0:
            zh, en = f"{zh}：出入口仅宽 {metres(self._gap_m(row))} 米", f"{en}: the entrance is only {metres(self._gap_m(row))} m wide"
        elif math.isfinite(gap):
            x, y = float(row["gap_x"]), float(row["gap_y"])
            who = self.desk.owner_names(_names(row["gap_owners"]), "zh"), self.desk.owner_names(_names(row["gap_owners"]), "en")
            zh = f"{zh}：X={y:.2f} Y={x:.2f} 处仅 {metres(gap)} 米" + (f"（{who[0]}）" if who[0] else "")
            en = f"{en}: only {metres(gap)} m at X={y:.2f} Y={x:.2f}" + (f" ({who[1]})" if who[1] else "")
        if row["target_kind"] == TargetKind.LANE and row["share"] > 0:
            zh, en = f"{zh}；该车道的 {_percent(row['share'])} 已证明可驶到", f"{en}; {_percent(row['share'])} of the lane is proven to be reached"
            zh, en = zh + self._on_plan(below_of(row))[0], en + self._on_plan(below_of(row))[1]
        owners = tuple(dict.fromkeys((*_names(row.get("gap_owners")), *self._owners(row))))
        zh, en = zh + self._overrun(row)[0], en + self._overrun(row)[1]
        if accuracy > 0 and short <= accuracy:
            return Verdict.INDETERMINATE, (f"{zh}；在测量精度 {accuracy:g} 米内无法判定", f"{en}; cannot be told within the accuracy of {accuracy:g} m"), owners
        if not self.desk.complete("entrances"):
            why = self.desk.not_looked("entrances", "zh"), self.desk.not_looked("entrances", "en")
            return Verdict.NOT_MEASURED, (f"{zh}；但{why[0]}，不作判定", f"{en}; but {why[1]}: not judged"), owners
        return Verdict.FAIL, (zh, en), owners

    def _all_low(self, row: dict[Any, Any], tried: Sequence[str]) -> bool:
        """Tell whether all the entrances that were tried are lower than the vehicle."""
        table = self.tracked.targets
        if "too_low" not in table:
            return False
        mine = (table["target_kind"] == row["target_kind"]) & (table["target_id"] == row["target_id"]) & table["entrance_id"].isin(tried)
        return bool(mine.any() and table.loc[mine, "too_low"].all())

    def _not_found(self, row: dict[Any, Any], tried: Sequence[str], shut: Sequence[str]) -> tuple[Verdict, tuple[str, str], tuple[str, ...]]:
        short = _or(row["shortfall_m"], math.nan)
        zh = f"{TrackClass.NOT_FOUND.zh}（搜索未果不等于不能通过）：自出入口{_list(tried, 'zh')}"
        en = f"{TrackClass.NOT_FOUND.en} (that a search failed does not prove that it cannot be driven): from {_list(tried, 'en')}"
        if shut:
            zh, en = f"{zh}（自出入口{_list(shut, 'zh')}已证明不能通过）", f"{en} (from {_list(shut, 'en')}: {TrackClass.PROVEN_FAIL.en})"
        if row["target_kind"] == TargetKind.LANE and row.get("through") is not None and not row["through"] and row["share"] >= COVERED:
            zh, en = f"{zh}，已从两端到达，未能贯通驶过", f"{en}, reached from both ends, not driven through"
        elif row["target_kind"] == TargetKind.LANE and row["share"] > 0:
            zh, en = f"{zh}，已证明可通过该车道的 {_percent(row['share'])}", f"{en}, {_percent(row['share'])} of the lane is proven"
            zh, en = zh + self._on_plan(below_of(row))[0], en + self._on_plan(below_of(row))[1]
        if math.isfinite(short):
            band = f"{rounded_up(short)} ± {SHORTFALL_BAND_M:.2f}"
            zh, en = f"{zh}；宽度约差 {band} 米（估计）", f"{en}; short of width by about {band} m (estimate)"
        over, solver = self._overrun(row), self._solver(math.nan)
        return Verdict.INDETERMINATE, (zh + over[0] + solver[0], en + over[1] + solver[1]), self._owners(row)

    def _barred(self, row: dict[Any, Any]) -> dict[Any, Any] | None:
        """Return the first bend of a lane through which, by a lower bound, nothing of this size gets; None without one."""
        if row["target_kind"] != TargetKind.LANE:
            return None
        bends = self.tracked.bends
        mine = (bends["lane_id"] == row["target_id"]) & (bends["kind"] == "bend") & (bends["class"] == TrackClass.PROVEN_FAIL.value)
        return next(iter(bends[mine].to_dict("records")), None)

    def _solver(self, cell_m: float) -> tuple[str, str]:
        """Return the resolution of the search and the margin."""
        margin, states = self.tracked.policy.margin_m, self.tracked.states
        at_zh, at_en = (f"求解格网 {cell_m:.2f} 米，", f"solver's cells {cell_m:.2f} m, ") if math.isfinite(cell_m) else (
            f"搜索 {states} 个状态，", f"{states} states searched, ")  # fmt: skip
        return f"；{at_zh}四周安全余量 {margin:.2f} 米", f"; {at_en}margin {margin:.2f} m all around"

    def _overrun(self, row: dict[Any, Any]) -> tuple[str, str]:
        """Tell where the drive of least overrun leaves the free space, and what would mend that."""
        trip = self._overrun_trip(row)
        if trip is None or not trip.conflicts:
            return "", ""
        worst = sorted(trip.conflicts, key=lambda c: (-c.depth_m, c.conflict_id))
        zh = "、".join(self._conflict(c, "zh") for c in worst[:_SHOWN])
        en = ", ".join(self._conflict(c, "en") for c in worst[:_SHOWN])
        more_zh, more_en = (f"等 {len(worst)} 处", f" and {len(worst) - _SHOWN} more") if len(worst) > _SHOWN else ("", "")
        zh, en = f"；越界最小的路线（{trip.trip_id}）：{zh}{more_zh}", f"; line of least overrun ({trip.trip_id}): {en}{more_en}"
        zh, en = zh + self._on_plan(trip.below)[0], en + self._on_plan(trip.below)[1]
        mends = [m for m in self.tracked.mends if m.trip_id == trip.trip_id]
        if mends:
            proven = all(m.proven for m in mends)
            x, y = trip.drive.xy[-1]
            said = (
                (f"（按此路线复核可通过，复核至 X={y:.1f} Y={x:.1f} 为止）", f" (proven by this line, which ends at X={y:.1f} Y={x:.1f})")
                if proven else ("（未证明足够）", " (not proven to suffice)")
            )  # fmt: skip
            zh += "；整改：" + "".join(f"（{n}）{m.text_zh}" for n, m in enumerate(mends, 1)) + said[0]
            en += "; remedy: " + " ".join(f"({n}) {m.text_en}" for n, m in enumerate(mends, 1)) + said[1]
        return zh, en

    def _conflict(self, conflict: Conflict, lang: str) -> str:
        x, y = conflict.place
        who = self.desk.owner_names(conflict.owners, lang)
        if lang == "zh":
            return f"{conflict.part.zh}在 X={y:.2f} Y={x:.2f} 越出约 {rounded_up(conflict.depth_m)} 米" + (f"（{who}）" if who else "")
        return f"{conflict.part.en} about {rounded_up(conflict.depth_m)} m out at X={y:.2f} Y={x:.2f}" + (f" ({who})" if who else "")

    # ------------------------------------------------------------------------------------- what it goes by

    def _overrun_trip(self, row: dict[Any, Any]) -> Trip | None:
        return self.tracked.trip(row["overrun_id"]) if isinstance(row["overrun_id"], str) else None

    def _owners(self, row: dict[Any, Any]) -> tuple[str, ...]:
        trip = self._overrun_trip(row)
        worst = sorted(trip.conflicts, key=lambda c: (-c.depth_m, c.conflict_id)) if trip is not None else []
        return tuple(dict.fromkeys(owner for c in worst for owner in c.owners))

    def _place(self, kind: TargetKind, target: str, row: dict[Any, Any]) -> tuple[float, float] | None:
        found = row["class"]
        if found == TrackClass.HEIGHT_UNKNOWN and math.isfinite(_or(row.get("below_x"), math.nan)):
            return float(row["below_x"]), float(row["below_y"])
        bars = self._barred(row) if found == TrackClass.PROVEN_FAIL and math.isnan(_or(row.get("gap_x"), math.nan)) else None
        if bars is not None:
            return float(bars["geometry"].x), float(bars["geometry"].y)
        if found in (TrackClass.NOT_FOUND, TrackClass.PROVEN_FAIL):
            if math.isfinite(_or(row.get("gap_x"), math.nan)):
                return float(row["gap_x"]), float(row["gap_y"])
            trip = self._overrun_trip(row)
            if trip is not None and trip.conflicts:  # where somebody has to look
                return min(trip.conflicts, key=lambda c: (-c.depth_m, c.conflict_id)).place
            if math.isfinite(_or(row["stuck_x"], math.nan)):
                return float(row["stuck_x"]), float(row["stuck_y"])
        if kind is TargetKind.LANE:
            return self.desk.lane_middle(target)
        return _inside(self.desk, target)

    def _clearance_m(self, kind: TargetKind, target: str, entrance_id: str) -> float:
        """Return how near the drives that serve a target come to what they must not leave or strike [m]."""
        if self.tracked.policy.kerb_overhang:
            return 0.0  # the body passes over kerbs: its distance from them tells nothing
        # one of least overrun serves its target too, and proves nothing
        trips = [t for t in self.tracked.trips if t.kind is TripKind.PROVEN and t.entrance_id == entrance_id and (kind, target) in t.serves]
        # the envelope that is drawn stays behind the true one by a hair
        return min((max(float(shapely.distance(t.swept.body, self._edges)) - t.swept.short_m, 0.0) for t in trips), default=0.0)

    @cached_property
    def _edges(self) -> shapely.Geometry:
        space = self.desk.measured.spaces.at(self.tracked.vehicle.height_m, designated=False)
        edge = shapely.boundary(space.free)
        if len(space.mouths):
            edge = shapely.difference(edge, shapely.buffer(shapely.union_all(space.mouths.geometry.to_numpy()), 1e-6, cap_style="flat"))
        shapes = space.table.geometry.to_numpy()
        thin = shapes[shapely.get_dimensions(shapes) < 2] if len(shapes) else []
        ends = shapely.boundary(space.mouths.geometry.to_numpy()) if len(space.mouths) else []
        return shapely.union_all(np.array([edge, *thin, *ends], dtype=object))


def _bends_text(tracked: VehicleTracking) -> tuple[str, str]:
    """Tell what closed forms say of the bends."""
    if not len(tracked.bends):
        return "", ""
    count = {c: int((tracked.bends["class"] == c.value).sum()) for c in (TrackClass.PROVEN_PASS, TrackClass.PROVEN_FAIL)}
    good, bad = count.values()
    rest = len(tracked.bends) - good - bad
    return (
        f"；按闭式公式，{len(tracked.bends)} 处弯道和转角中 {good} 处证明可通过、{bad} 处证明不可通过、{rest} 处须以轨迹判定",
        f"; by closed forms, of {len(tracked.bends)} bends and corners {good} are proven to pass, {bad} not to, and {rest} take tracking",
    )


def turned_round(desk: Desk, dead_end_id: str) -> tuple[str, str]:
    """Tell whether the vehicles that were tracked turn round at a dead end; empty texts where nothing is known."""
    zh, en = [], []
    for tracked in desk.measured.tracking:
        turnings = [t for t in tracked.turnings if t.dead_end_id == dead_end_id]
        best = min(turnings, key=lambda t: (BEST.index(t.found), t.manoeuvres, t.entrance_id), default=None)
        name = tracked.vehicle.id
        if best is None or best.found is TrackClass.NOT_TRIED:
            continue
        if best.found is TrackClass.PROVEN_PASS:
            zh.append(f"{name} 在此可调头（换向 {best.manoeuvres} 次，已证明）")
            en.append(f"{name} turns round here ({best.manoeuvres} changes of direction, proven)")
        elif best.found is TrackClass.HEIGHT_UNKNOWN:
            who = desk.owner_names(best.below, "zh"), desk.owner_names(best.below, "en")
            zh.append(f"{name} 在此仅平面上可调头（换向 {best.manoeuvres} 次）：须从{who[0]}下通过，其净高未测量")
            en.append(f"on plan {name} turns round here ({best.manoeuvres} changes of direction), below {who[1]}, of unknown clear height")
        else:
            back = math.isfinite(best.reverse_m)
            zh.append(f"{name} 未找到调头路线" + (f"，须倒车驶出 {driven(best.reverse_m)} 米" if back else ""))
            en.append(f"no way for {name} to turn round was found" + (f", it must reverse out over {driven(best.reverse_m)} m" if back else ""))
    return "".join(f"；{t}" for t in zh), "".join(f"; {t}" for t in en)


def _or(value: Any, other: float) -> float:
    """Return a number; ``other`` where there is none."""
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else other


def _percent(share: float) -> str:
    """Return a share, never rounded up to the whole.

    >>> _percent(0.999), _percent(0.4), _percent(1.0)
    ('99%', '40%', '100%')
    """
    return f"{math.floor(share * 100 + 1e-9)}%"


def _names(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, (tuple, list)) else ()


def _inside(desk: Desk, building_id: str) -> tuple[float, float] | None:
    table = desk.measured.site.layer("buildings")
    here = np.flatnonzero((table["id"] == building_id).to_numpy(bool))
    if not len(here):
        return None
    point = shapely.point_on_surface(table.geometry.to_numpy()[here[0]])
    return float(point.x), float(point.y)


def _list(names: Iterable[str], lang: str) -> str:
    told = list(dict.fromkeys(names))
    if lang == "zh":
        return " " + "、".join(told)
    return ("entrance " if len(told) == 1 else "entrances ") + ", ".join(told)
