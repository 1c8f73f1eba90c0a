"""Judging lanes of which only the centreline is known (宽度未测量): what can be said without a width.

Their width is neither enough nor too little, and whatever stands on them may or may not leave a way beside it. More
road never narrows one that is known: what the known pavement gives stays, what it denies may be found over a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from firelane.findings import laser
from firelane.findings.desk import Desk, metres, minimum_verdict
from firelane.findings.model import Finding
from firelane.measure.lines import low_over
from firelane.rules.model import Rule
from firelane.vocabulary import ObstructionKind, Quantity, Verdict

SUBJECT = "road-lines"
ONLY_LINE = ("只知中心线，路面宽度未知", "only the centreline is known, not the width of the pavement")
ACROSS = frozenset({ObstructionKind.WALL, ObstructionKind.FENCE})
"""Kinds that close a way from side to side where they cross it."""

PER_LANE = frozenset({
    Quantity.TURNING_RADIUS, Quantity.SWEPT_PATH, Quantity.TURNING_AREA, Quantity.GRADIENT, Quantity.EDGE_LINE, Quantity.KERB_PAINT,
    Quantity.BOX_SPACING, Quantity.BOX_TEXT, Quantity.ENTRANCE_GRID, Quantity.GRID_TEXT, Quantity.SIGN,
})  # fmt: skip
"""What takes the outline of the pavement: said once for all lanes known as lines."""


def clear_width(desk: Desk, rule: Rule) -> None:
    """One finding per lane: not measured."""
    for row in desk.measured.network.line_lanes.itertuples():
        desk.add(
            rule, Verdict.NOT_MEASURED, row.lane_id,
            f"{ONLY_LINE[0]}，净宽未测量：请测绘路面轮廓或量测宽度",
            f"{ONLY_LINE[1]}: clear width was not measured; survey the outline or measure the width",
            lane_id=row.lane_id, place=desk.lane_middle(row.lane_id),
        )  # fmt: skip


def clear_height(desk: Desk, rule: Rule) -> None:
    """Judge what hangs over the centreline, thing by thing; one finding per lane where nothing is amiss."""
    lanes = desk.measured.network.line_lanes
    if not len(lanes):
        return
    limit = rule.threshold or 0.0
    things = desk.measured.on_lines
    troubled: set[str] = set()
    for item in things.overhead:
        zh, en = desk.owner_names([item.owner], "zh"), desk.owner_names([item.owner], "en")
        subject = f"{item.lane_id}:{item.owner}"
        where: dict[str, Any] = {"lane_id": item.lane_id, "place": item.place, "owners": [item.owner]}
        if item.clear_height_m is None:
            troubled.add(item.lane_id)
            desk.add(
                rule, Verdict.NOT_MEASURED, subject, f"{zh} 跨越车道中心线，净高未测量，请量测其下缘距路面的高度",
                f"{en} crosses over the centreline; its underside was not measured: measure its height above the road",
                **where,
            )  # fmt: skip
            continue
        accuracy = desk.accuracy_of([item.owner], heights=True)
        verdict = minimum_verdict(item.clear_height_m, limit, accuracy)
        if verdict is Verdict.PASS:
            continue
        troubled.add(item.lane_id)
        told = f"净高 {metres(item.clear_height_m)} 米，要求不小于 {metres(limit)} 米：{zh}"
        told_en = f"clear height {metres(item.clear_height_m)} m, at least {metres(limit)} m required: {en}"
        if not item.spans:
            desk.add(
                rule, Verdict.NOT_MEASURED, subject, f"{told} 位于车道中心线上方；{ONLY_LINE[0]}，旁边有无通路未测量",
                f"{told_en} hangs over the centreline; {ONLY_LINE[1]}: whether a way is left beside it was not measured",
                **where,
            )  # fmt: skip
            continue
        desk.add(
            rule, verdict, subject, f"{told} 横跨整条车道，通行车辆必须从其下方通过",
            f"{told_en} spans the whole way: every vehicle has to pass under it",
            value=item.clear_height_m, margin=item.clear_height_m - limit, **where,
        )  # fmt: skip
    lowest = low_over(things)
    for lane_id in lanes["lane_id"]:
        if lane_id in troubled or laser.line(desk, rule, lane_id):
            continue
        place = desk.lane_middle(lane_id)
        value = lowest.get(lane_id, np.nan)
        if not np.isnan(value):
            desk.add(
                rule, Verdict.PASS, lane_id, f"中心线上方最低净高 {metres(value)} 米，要求不小于 {metres(limit)} 米",
                f"lowest clear height over the centreline {metres(value)} m, at least {metres(limit)} m required",
                value=value, margin=value - limit, lane_id=lane_id, place=place,
            ) if desk.complete("obstructions") else desk.add(
                rule, Verdict.NOT_MEASURED, lane_id,
                f"已知净高不小于 {metres(value)} 米；{desk.not_looked('obstructions', 'zh')}，其余净高未测量",
                f"what is known hangs at {metres(value)} m or more; {desk.not_looked('obstructions', 'en')}: the rest was not measured",
                lane_id=lane_id, place=place,
            )  # fmt: skip
        elif desk.complete("obstructions"):
            desk.add(
                rule, Verdict.PASS, lane_id, "中心线上方没有障碍物", "nothing spans the centreline",
                lane_id=lane_id, place=place,
            )  # fmt: skip
        else:
            desk.add(
                rule, Verdict.NOT_MEASURED, lane_id, f"{desk.not_looked('obstructions', 'zh')}，净高未测量",
                f"{desk.not_looked('obstructions', 'en')}: clear height was not measured", lane_id=lane_id, place=place,
            )  # fmt: skip


def obstructions(desk: Desk, rule: Rule, limit_m: float) -> int:
    """One finding per thing that stands on a lane known as a line; return how many stand there."""
    told = {item.owner for item in desk.measured.standing}
    standing = [i for i in desk.measured.on_lines.standing if i.kind != ObstructionKind.GATE and i.owner not in told]
    for item in standing:
        zh, en = desk.owner_names([item.owner], "zh"), desk.owner_names([item.owner], "en")
        if item.designated:
            verdict = Verdict.FAIL
            said = (f"{zh} 设在划定的消防车通道内", f"{en} stands inside the designated fire lane")
        else:
            verdict = Verdict.NOT_MEASURED
            if item.kind in ACROSS:
                at = ("横穿车道中心线", "crosses the centreline")
            elif item.away_m > 0:
                away = metres(item.away_m)
                at = (f"距车道中心线 {away} 米", f"stands {away} m from the centreline")
            else:
                at = ("位于车道上", "stands on the lane")
            said = (
                f"{zh} {at[0]}；{ONLY_LINE[0]}，旁边是否留有 {metres(limit_m)} 米通路未测量，请现场核实",
                f"{en} {at[1]}; {ONLY_LINE[1]}: whether a {metres(limit_m)} m way is left beside it was not measured; look on site",
            )
        desk.add(
            rule, verdict, item.owner, *said, threshold=limit_m, lane_id=item.lane_id, place=item.place, owners=[item.owner],
        )  # fmt: skip
    return len(standing)


def planned_bays(desk: Desk, rule: Rule, limit_m: float) -> frozenset[str]:
    """One finding per planned bay on a lane known as a line; return those that were judged."""
    on_pavement = {bay.owner for bay in desk.measured.planned_bays if bay.on_lane}
    bays = [bay for bay in desk.measured.on_lines.planned if bay.owner not in on_pavement]
    for bay in bays:
        away = metres(bay.away_m)
        at = ("压在车道中心线上", "lies across the centreline") if bay.away_m == 0 else (
            f"距车道中心线 {away} 米", f"lies {away} m from the centreline")  # fmt: skip
        desk.add(
            rule, Verdict.NOT_MEASURED, bay.owner,
            f"规划泊位 {bay.owner} {at[0]}；{ONLY_LINE[0]}，是否预留 {metres(limit_m)} 米消防车通道未测量",
            f"planned bay {bay.owner} {at[1]}; {ONLY_LINE[1]}: whether {metres(limit_m)} m of the lane are reserved was not measured",
            threshold=limit_m, lane_id=bay.lane_id, place=bay.place, owners=[bay.owner],
        )  # fmt: skip
    return frozenset(bay.owner for bay in bays)


def take_back(desk: Desk, rule: Rule, since: int) -> None:
    """Turn what a road known as a line may change into *not measured*, and say what takes an outline.

    Parameters
    ----------
    desk : Desk
    rule : Rule
    since : int
        Number of findings before those of ``rule``.
    """
    # An entrance that nobody mapped is a way in as well.
    doors = desk.measured.site.surveyed("entrances") and not desk.complete("entrances")
    if not desk.unknown_ways and not (doors and rule.quantity in (Quantity.REACH, Quantity.SWEPT_PATH, Quantity.CONNECTIVITY)):
        return
    undone = _UNDONE.get(rule.quantity)
    if undone is not None:
        touched = _Touched(desk)
        for n, finding in enumerate(desk.findings[since:], since):
            if finding.verdict in undone and touched.concerns(finding):
                desk.findings[n] = _undone(desk, finding)
    if rule.quantity not in PER_LANE or not len(desk.measured.network.line_lanes):
        return
    own = desk.findings[since:]
    # "None here" is said of the pavement alone.
    left = [f for f in own if not (f.verdict is Verdict.NOT_APPLICABLE and f.finding_id == f"{rule.rule_id}:site")]
    if any(f.verdict is Verdict.NOT_MEASURED and f.finding_id == f"{rule.rule_id}:site" for f in own):
        return
    desk.findings[since:] = left
    _say(desk, rule)


def _say(desk: Desk, rule: Rule) -> None:
    lanes = desk.measured.network.line_lanes
    number, length = len(lanes), float(lanes["length_m"].sum())
    what_zh, what_en = rule.quantity.zh, rule.quantity.en
    desk.not_measured(
        rule, f"另有 {number} 条车道（共 {length:.0f} 米）{ONLY_LINE[0]}：{what_zh}未测量",
        f"of {number} more lanes ({length:.0f} m) {ONLY_LINE[1]}: {what_en} was not measured", subject=SUBJECT,
    )  # fmt: skip


_SHORT = frozenset({Verdict.FAIL, Verdict.INDETERMINATE})
_ALL = frozenset({Verdict.PASS, Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_APPLICABLE})
_UNDONE: dict[Quantity, frozenset[Verdict]] = {
    # A way that was found stays; that there is none, or that a spot is the only way, may not be so.
    Quantity.REACH: _SHORT,
    Quantity.SWEPT_PATH: _SHORT,
    Quantity.CONNECTIVITY: _ALL,
    Quantity.OPERATING_GROUND: _SHORT,
    Quantity.AERIAL_OBSTRUCTION: frozenset({Verdict.PASS}),
    # A lane that goes on over a line is no dead end, or a longer one.
    Quantity.TURNING_AREA: _ALL,
    Quantity.FACADE_DISTANCE: frozenset({Verdict.PASS, Verdict.NOT_APPLICABLE}),
}


class _Touched:
    """Which findings a road known as a line may change."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @cached_property
    def _dead_ends(self) -> dict[str, tuple[str, ...]]:
        return {d.dead_end_id: d.lane_ids for d in self._desk.measured.dead_ends}

    def concerns(self, finding: Finding) -> bool:
        """Tell whether a line comes near enough to what a finding is about."""
        desk = self._desk
        if finding.quantity is Quantity.TURNING_AREA:
            subject = finding.finding_id.split(":", 1)[-1]
            return not desk.lanes_meeting_lines.isdisjoint(self._dead_ends.get(subject, ()))
        if finding.quantity is Quantity.FACADE_DISTANCE:
            return finding.building_id is not None and finding.building_id in desk.buildings_near_lines
        if finding.quantity is Quantity.AERIAL_OBSTRUCTION:
            return finding.finding_id == f"{finding.rule_id}:site"  # nothing between the lanes on the pavement and a wall
        if finding.quantity is Quantity.CONNECTIVITY and finding.verdict not in _SHORT:
            # Two ways stay two; that there is no ring, no spot that cuts anything off, was said of the pavement alone.
            return finding.finding_id == f"{finding.rule_id}:site" and len(desk.measured.site.layer("buildings")) > 0
        return True


def _undone(desk: Desk, finding: Finding) -> Finding:
    if not desk.unknown_ways:
        zh, en = desk.not_looked("entrances", "zh"), desk.not_looked("entrances", "en")
        return _not_judged(finding, zh, en)
    zh, en = {
        Quantity.REACH: ("其他道路只知中心线，能否由此到达未测量",
                         "of other roads only the centreline is known: whether one arrives over them was not measured"),
        Quantity.SWEPT_PATH: ("其他道路只知中心线，能否由此驶到未测量",
                              "of other roads only the centreline is known: whether one drives there over them was not measured"),
        Quantity.TURNING_AREA: ("与只知中心线的道路相接，是否为尽头路未测量",
                                "a road of which only the centreline is known meets it: whether it is a dead end was not measured"),
        Quantity.FACADE_DISTANCE: ("旁边另有只知中心线的道路，其边缘未测量",
                                   "another road beside it is known by its centreline alone: its edge was not measured"),
    }.get(finding.quantity, (
        "其他道路只知中心线，不作判定", "of other roads only the centreline is known: not judged",
    ))  # fmt: skip
    return _not_judged(finding, zh, en)


def _not_judged(finding: Finding, zh: str, en: str) -> Finding:
    return replace(
        finding, verdict=Verdict.NOT_MEASURED, value=None, margin=None, message_zh=f"{finding.message_zh}；但{zh}",
        message_en=f"{finding.message_en}; but {en}",
    )  # fmt: skip


def no_road(desk: Desk) -> tuple[str, str]:
    """Say why nothing is known of the ways to a building."""
    distance = desk.measured.site.config.access_distance_m
    if desk.unknown_ways:
        return (
            f"没有可用的出入口数据，或 {distance:g} 米内没有轮廓已知的道路（其他道路只知中心线）",
            f"no usable entrance is given, or no road of known outline lies within {distance:g} m (of others only the centreline is known)",
        )
    return (
        f"没有可用的出入口数据，或 {distance:g} 米内没有道路",
        f"no usable entrance is given, or no road lies within {distance:g} m",
    )


def derived_roads(desk: Desk, road_ids: Sequence[str]) -> tuple[str, str]:
    """Return what is to be said of roads whose outline nobody surveyed; empty texts where there are none."""
    told = [(road, desk.derived[road]) for road in dict.fromkeys(road_ids) if road in desk.derived]
    if not told:
        return "", ""
    shown = list(dict.fromkeys(source for _, source in told))
    more_zh, more_en = (" 等", " …") if len(shown) > 2 else ("", "")
    zh, en = "、".join(shown[:2]), ", ".join(shown[:2])
    return (
        f"；路面轮廓由 {zh}{more_zh} 推得，并非实测", f"; the outline is derived from {en}{more_en}, not surveyed"
    )  # fmt: skip
