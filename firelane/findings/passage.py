"""Judging the passage: clear width, clear height, obstructions, bays, gates, reach (Articles 10 and 14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from firelane.findings import lines
from firelane.findings.desk import (
    PASS_SLACK_M,
    Desk,
    capped,
    limit_of,
    metres,
    minimum_verdict,
    say_unread,
    spaced,
)
from firelane.lanes.narrowing import Narrowing
from firelane.lanes.reach import CAP_M
from firelane.measure.obstruction import Standing
from firelane.rules.model import Rule
from firelane.vocabulary import ObstructionKind, Severity, Verdict

_ROW = ("以一点代表一排，旁边剩余宽度未测绘", "one point stands for a row of them, and what is left beside it is not mapped")


@dataclass(frozen=True)
class Stretch:
    """Adjacent narrowings of one lane; ``members`` narrowest first."""

    start_m: float
    end_m: float
    members: tuple[Narrowing, ...]
    rows: tuple[str, ...]


Spanned = tuple[float, float, Narrowing]
"""From and to which chainage a lane is tight about a narrowing [m]."""


def clear_width(desk: Desk, rule: Rule) -> None:
    """One finding per stretch below the limit, one per lane that has none."""
    limit = limit_of(rule)
    for_rows = _for_rows(desk)
    for row in desk.measured.network.lanes.itertuples():
        told = False
        for verdict, stretch in _stretches(desk, row, limit):
            narrow = stretch.members[0]
            pinch_id = desk.measured.pinches.id_of(narrow.space, narrow.pinch)
            owners = _owners(desk, pinch_id, stretch.rows) or _own_edge(row, narrow)
            told = True
            zh_by = f"，位于{spaced(desk.owner_names(owners, 'zh'))}之间" if len(owners) > 1 else ""
            en_by = f" between {desk.owner_names(owners, 'en')}" if len(owners) > 1 else ""
            where_zh, where_en = _where(stretch, narrow)
            derived = lines.derived_roads(desk, [o.removeprefix("edge:") for o in owners if o.startswith("edge:")])
            desk.add(
                rule, verdict, pinch_id or f"{row.lane_id}:{stretch.start_m:.1f}",
                f"净宽 {metres(narrow.width_m)} 米，要求不小于 {metres(limit)} 米{zh_by}；{where_zh}{derived[0]}",
                f"clear width {metres(narrow.width_m)} m, at least {metres(limit)} m required{en_by}; {where_en}{derived[1]}",
                value=narrow.width_m, margin=narrow.width_m - limit, lane_id=row.lane_id, place=narrow.place,
                owners=owners, pinch_id=pinch_id, chainage_m=(stretch.start_m, stretch.end_m),
            )  # fmt: skip
        width = desk.measured.widths.clear_width_m[row.lane_id]
        derived = lines.derived_roads(desk, row.road_ids)
        open_rows = [] if told else for_rows.get(row.lane_id, [])
        if open_rows:
            owners = tuple(i.owner for i in open_rows)
            desk.add(
                rule, Verdict.NOT_MEASURED, row.lane_id,
                f"{desk.owner_names(owners, 'zh')}{_ROW[0]}，净宽未测量；已绘制的部分留有 {capped(width, CAP_M, 'zh')}{derived[0]}",
                f"{desk.owner_names(owners, 'en')}: {_ROW[1]}, so clear width was not measured; what is mapped "
                f"leaves {capped(width, CAP_M, 'en')}{derived[1]}",
                lane_id=row.lane_id, place=open_rows[0].place, owners=owners,
            )  # fmt: skip
        elif not told:
            desk.add(
                rule, minimum_verdict(width, limit, 0.0), row.lane_id,
                f"全程净宽不小于 {capped(width, CAP_M, 'zh')}，满足 {metres(limit)} 米要求{derived[0]}",
                f"clear width {capped(width, CAP_M, 'en')} throughout, at least {metres(limit)} m required{derived[1]}",
                value=width, margin=width - limit, lane_id=row.lane_id, place=desk.lane_middle(row.lane_id),
            )  # fmt: skip
    lines.clear_width(desk, rule)
    say_unread(desk, rule)


def _for_rows(desk: Desk) -> dict[str, list[Standing]]:
    """Return lane → the things on it that stand for a row of them; one at a junction stands on every lane there."""
    items = [item for item in desk.measured.standing if item.owner in desk.rows]
    lanes = desk.measured.network.lanes
    near = shapely.STRtree(lanes.geometry.to_numpy()).query(
        shapely.points([item.place for item in items]), predicate="dwithin", distance=desk.measured.envelope["width_m"] / 2
    ).T.tolist() if items else []  # fmt: skip
    ids = lanes["lane_id"].to_numpy(object)
    pairs = {(n, item.lane_id) for n, item in enumerate(items)} | {(n, str(ids[lane])) for n, lane in near}
    found: dict[str, list[Standing]] = {}
    for n, lane_id in sorted((n, lane_id) for n, lane_id in pairs if lane_id is not None):
        found.setdefault(lane_id, []).append(items[n])
    return found


def _own_edge(lane: Any, narrow: Narrowing) -> tuple[str, ...]:
    """Return the edge that bounds a dead end which is itself too narrow; roads are told in order along the lane."""
    return (f"edge:{lane.road_ids[0 if narrow.chainage_m < lane.length_m / 2 else -1]}",)


def _where(stretch: Stretch, narrow: Narrowing) -> tuple[str, str]:
    if stretch.end_m - stretch.start_m < 0.5:
        return f"桩号 {narrow.chainage_m:.1f} 米", f"chainage {narrow.chainage_m:.1f} m"
    span, narrowest = f"{stretch.start_m:.1f}–{stretch.end_m:.1f}", f"{narrow.chainage_m:.1f}"
    return f"桩号 {span} 米，最窄处 {narrowest} 米", f"chainage {span} m, narrowest at {narrowest} m"


def _owners(desk: Desk, pinch_id: str | None, rows: Sequence[str]) -> tuple[str, ...]:
    """Return the owners of the governing pinch first, then the rest of the chain."""
    first: list[str] = []
    if pinch_id is not None:
        first = list(desk.pinch_owners[pinch_id])
    return tuple(first + [r for r in rows if r not in first])


def _stretches(desk: Desk, lane: Any, limit: float) -> list[tuple[Verdict, Stretch]]:
    """Join narrowings that do not pass, and between which no disc of the limit's width fits on the lane.

    Each is judged by what bounds it: one that is surveyed well enough passes where a wider one beside it does not,
    and a road known coarsely elsewhere has no say. What fails is joined where the lane is below the limit; what is in
    doubt, where it is below the limit and its own accuracy, or belongs to the stretch that fails there.
    """
    below_m = limit + desk.coarsest_m()
    chainage, clear = desk.widths_along(lane.lane_id)
    spans: dict[Verdict, list[Spanned]] = {Verdict.FAIL: [], Verdict.INDETERMINATE: []}
    for narrow in desk.measured.widths.narrowings[lane.lane_id]:
        if narrow.width_m >= below_m + 1e-6:
            continue
        own = [str(narrow.space.table["owner"].iloc[r]) for r in narrow.rows]
        pinch_id = desk.measured.pinches.id_of(narrow.space, narrow.pinch)
        accuracy = desk.accuracy_of(_owners(desk, pinch_id, own) or _own_edge(lane, narrow))
        verdict = minimum_verdict(narrow.width_m, limit, accuracy)
        if verdict is Verdict.PASS:
            continue
        tight = clear < (limit - PASS_SLACK_M if verdict is Verdict.FAIL else limit + accuracy)
        spans[verdict].append((*_span(chainage, tight, narrow.chainage_m), narrow))
    failing = _grouped(spans[Verdict.FAIL])
    doubtful = []
    for group in _grouped(spans[Verdict.INDETERMINATE]):
        start, end = _extent(group)
        beside = next((f for f in failing if _extent(f)[0] <= end + 1e-6 and start <= _extent(f)[1] + 1e-6), None)
        if beside is None:
            doubtful.append(group)
    result = [(Verdict.FAIL, _stretch(group)) for group in failing]
    result += [(Verdict.INDETERMINATE, _stretch(group)) for group in doubtful]
    return sorted(result, key=lambda item: (item[1].start_m, item[1].end_m))


def _grouped(spans: list[Spanned]) -> list[list[Spanned]]:
    """Join the narrowings whose tight runs overlap."""
    groups: list[list[Spanned]] = []
    for span in sorted(spans, key=lambda s: (s[0], s[1], s[2].chainage_m)):
        if groups and span[0] <= max(s[1] for s in groups[-1]) + 1e-6:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _extent(group: list[Spanned]) -> tuple[float, float]:
    return min(s[0] for s in group), max(s[1] for s in group)


def _stretch(group: list[Spanned]) -> Stretch:
    # Of equal widths a pinch names its owners, a dead end does not.
    members = sorted((s[2] for s in group), key=lambda n: (round(n.width_m, 6), n.pinch < 0, n.chainage_m))
    owners = {n.space.table["owner"].iloc[r] for _, _, n in group for r in n.rows}
    return Stretch(*_extent(group), tuple(members), tuple(sorted(owners)))


def _span(chainage: np.ndarray, tight: np.ndarray, at_m: float) -> tuple[float, float]:
    """Return the run of tight stations around ``at_m``, or just that place."""
    if not len(chainage):
        return at_m, at_m
    i = int(np.argmin(np.abs(chainage - at_m)))
    near = [k for k in (i - 1, i, i + 1) if 0 <= k < len(chainage) and tight[k]]
    if not near:
        return at_m, at_m
    low = high = min(near, key=lambda k: abs(chainage[k] - at_m))
    while low > 0 and tight[low - 1]:
        low -= 1
    while high < len(chainage) - 1 and tight[high + 1]:
        high += 1
    return min(float(chainage[low]), at_m), max(float(chainage[high]), at_m)


def obstructions(desk: Desk, rule: Rule, limit_m: float) -> None:
    """One finding per object on a lane: Articles 10 and 14 together (contract §2)."""
    if not desk.complete("obstructions"):
        desk.not_measured(rule, desk.not_looked("obstructions", "zh"), desk.not_looked("obstructions", "en"))
    for item in desk.measured.standing:
        if item.kind == ObstructionKind.GATE:
            continue  # a shut gate is judged by the gate rule
        name_zh, name_en = desk.owner_names([item.owner], "zh"), desk.owner_names([item.owner], "en")
        left_zh, left_en = capped(item.way_left_m, CAP_M, "zh"), capped(item.way_left_m, CAP_M, "en")
        accuracy = desk.accuracy_m("fire_lanes", item.layer) if item.designated else (
            desk.lane_accuracy_m(item.lane_id, item.layer)
        )  # fmt: skip
        shared: dict[str, Any] = {"value": item.way_left_m, "threshold": limit_m, "margin": item.way_left_m - limit_m,
                  "lane_id": item.lane_id, "place": item.place, "owners": [item.owner]}  # fmt: skip
        if item.designated:
            desk.add(
                rule, Verdict.FAIL, item.owner,
                f"{name_zh} 设在划定的消防车通道内（旁边净宽 {left_zh}）",
                f"{name_en} stands inside the designated fire lane (clear width beside it {left_en})",
                **shared,
            )  # fmt: skip
            continue
        verdict = _left(desk, item.owner, minimum_verdict(item.way_left_m, limit_m, accuracy))
        if verdict is Verdict.NOT_MEASURED:
            desk.add(
                rule, verdict, item.owner,
                f"{name_zh} {_ROW[0]}，是否留有 {metres(limit_m)} 米通路未测量，请现场核实",
                f"{name_en}: {_ROW[1]}: whether a {metres(limit_m)} m way is left was not measured; look on site",
                threshold=limit_m, lane_id=item.lane_id, place=item.place, owners=[item.owner],
            )  # fmt: skip
        elif verdict is Verdict.PASS:
            desk.add(
                rule, verdict, item.owner,
                f"{name_zh} 旁边净宽 {left_zh}，已预留通道宽度",
                f"{name_en}: clear width beside it {left_en}; the lane's width is reserved",
                severity=Severity.INFO, **shared,
            )  # fmt: skip
        elif verdict is Verdict.INDETERMINATE:
            desk.add(
                rule, verdict, item.owner,
                f"{name_zh} 旁边净宽 {left_zh}，测量精度内无法判定是否留出 {metres(limit_m)} 米通路",
                f"{name_en} leaves a clear width of {left_en}: within the survey's accuracy of the {metres(limit_m)} m "
                "required",
                **shared,
            )  # fmt: skip
        else:
            desk.add(
                rule, verdict, item.owner,
                f"{name_zh} 旁边净宽只有 {left_zh}，没有留出 {metres(limit_m)} 米通路",
                f"{name_en} leaves a clear width of only {left_en}; {metres(limit_m)} m are required",
                **shared,
            )  # fmt: skip
    by_line = lines.obstructions(desk, rule, limit_m)
    if say_unread(desk, rule):
        return
    nothing = not by_line and all(i.kind == ObstructionKind.GATE for i in desk.measured.standing)
    if nothing and desk.complete("obstructions"):
        desk.add(rule, Verdict.PASS, "site", "消防车通道上没有障碍物", "no obstacle stands on the lanes")


def _left(desk: Desk, owner: str, verdict: Verdict) -> Verdict:
    """Return the verdict on what a thing leaves free: one that stands for a row leaves less, nobody knows how much."""
    return Verdict.NOT_MEASURED if owner in desk.rows and verdict is not Verdict.FAIL else verdict


def clearing(desk: Desk, rule: Rule, limit_m: float) -> None:
    """Article 15 (2): whether something stands there can be told, since when cannot."""
    if not desk.measured.site.surveyed("obstructions"):
        desk.not_measured(
            rule, "未调查障碍物（没有 obstructions 图层）", "obstructions were not surveyed (no obstructions layer)"
        )
        return
    verdicts = {
        i.owner: Verdict.FAIL if i.designated
        else _left(desk, i.owner, minimum_verdict(i.way_left_m, limit_m, desk.lane_accuracy_m(i.lane_id, i.layer)))
        for i in desk.measured.standing
    }  # fmt: skip
    standing = [i for i in desk.measured.standing if verdicts[i.owner] is Verdict.FAIL]
    unclear = [i.owner for i in desk.measured.standing if verdicts[i.owner] is Verdict.INDETERMINATE]
    if not standing and say_unread(desk, rule):
        return
    on_lines = [i.owner for i in desk.measured.on_lines.standing if i.owner not in verdicts]
    rows = [owner for owner, verdict in verdicts.items() if verdict is Verdict.NOT_MEASURED]
    if rows and not standing and not unclear:
        desk.add(
            rule, Verdict.NOT_MEASURED, "site", f"{len(rows)} 处障碍物{_ROW[0]}，是否妨碍通行未测量",
            f"{len(rows)} obstacles: {_ROW[1]}; whether they hinder the passage was not measured", owners=rows,
        )  # fmt: skip
        return
    if not standing and not unclear and (on_lines or not desk.complete("obstructions")):
        desk.add(
            rule, Verdict.NOT_MEASURED, "site",
            f"{len(on_lines)} 处障碍物位于只知中心线的道路上，是否妨碍通行未测量" if on_lines else desk.not_looked("obstructions", "zh"),
            f"{len(on_lines)} obstacles stand on roads known by their centreline alone: whether they hinder the passage was "
            "not measured" if on_lines else desk.not_looked("obstructions", "en"),
            owners=on_lines,
        )  # fmt: skip
        return
    if not standing and unclear:
        desk.add(
            rule, Verdict.INDETERMINATE, "site", f"{len(unclear)} 处障碍物是否妨碍通行，测量精度内无法判定",
            f"whether {len(unclear)} obstacles hinder the passage cannot be told within the survey's accuracy",
            owners=unclear,
        )  # fmt: skip
        return
    if not standing:
        desk.add(rule, Verdict.PASS, "site", "没有妨碍通行的构筑物和固定障碍物", "nothing stands in the way")
        return
    owners = [i.owner for i in standing]
    desk.add(
        rule, Verdict.NOT_MEASURED, "site",
        f"现有 {len(owners)} 处障碍物（见第十条）；是否及时清理不能由一次调查判定，须与以往调查或整改记录比较",
        f"{len(owners)} obstacles stand there now (see Article 10); whether they are cleared in time cannot be told "
        "from one survey: compare with earlier ones or with the records",
        owners=owners,
    )  # fmt: skip


def parking(desk: Desk, rule: Rule, limit_m: float) -> None:
    """One finding per planned bay, all planned bays being taken as occupied."""
    if not desk.measured.site.surveyed("parking"):
        desk.not_measured(rule, "未提供停车泊位规划（没有 parking 图层）", "no parking layer was given")
        return
    bays = desk.measured.planned_bays
    if not bays:
        desk.not_applicable(rule, "没有规划停车泊位", "no bays are planned")
    on_lines = lines.planned_bays(desk, rule, limit_m)
    for bay in bays:
        if bay.owner in on_lines:
            continue
        accuracy = desk.accuracy_m("fire_lanes", "parking") if bay.designated else (
            desk.lane_accuracy_m(bay.lane_id, "parking")
        )  # fmt: skip
        verdict = minimum_verdict(bay.way_left_m, limit_m, accuracy) if bay.on_lane else Verdict.PASS
        verdict = Verdict.FAIL if bay.designated else verdict
        reserved_zh, reserved_en = {
            Verdict.PASS: ("已预留", "is reserved"), Verdict.FAIL: ("没有预留", "is not reserved"),
            Verdict.INDETERMINATE: ("测量精度内无法判定是否预留", "may or may not be reserved (within the survey's accuracy)"),
        }[verdict]  # fmt: skip
        left_zh, left_en = capped(bay.way_left_m, CAP_M, "zh"), capped(bay.way_left_m, CAP_M, "en")
        zh = (
            f"规划泊位 {bay.owner} 在划定的消防车通道内" if bay.designated
            else f"规划泊位 {bay.owner} 占用后旁边净宽 {left_zh}" if bay.on_lane
            else f"规划泊位 {bay.owner} 不在消防车通道上"
        )  # fmt: skip
        en = (
            f"planned bay {bay.owner} lies inside the designated fire lane" if bay.designated
            else f"planned bay {bay.owner}, when occupied, leaves a clear width of {left_en}" if bay.on_lane
            else f"planned bay {bay.owner} is not on a lane"
        )  # fmt: skip
        desk.add(
            rule, verdict, bay.owner,
            f"{zh}，{reserved_zh}消防车通道宽度（{metres(limit_m)} 米）",
            f"{en}: the lane's width ({metres(limit_m)} m) {reserved_en}",
            value=bay.way_left_m, threshold=limit_m, margin=bay.way_left_m - limit_m, lane_id=bay.lane_id,
            place=bay.place, owners=[bay.owner],
        )  # fmt: skip


def gates(desk: Desk, rule: Rule) -> None:
    """One finding per gate (Article 10, last sentence)."""
    found = desk.measured.gates
    if not desk.complete("entrances"):
        # A barrier inside the site tells nothing of the gates at its entrances.
        desk.not_measured(rule, desk.not_looked("entrances", "zh"), desk.not_looked("entrances", "en"))
    elif desk.unread("entrances"):
        desk.not_measured(
            rule, "entrances 图层有无法读取而略去的行，其门未调查",
            "rows of entrances could not be read and were left out: their gates were not checked", subject="unread",
        )  # fmt: skip
    elif not found:
        desk.not_applicable(rule, "没有封闭管理的出入口", "no gated entrance")
    for gate in found:
        if gate.away_m > 0:
            desk.add(
                rule, Verdict.NOT_APPLICABLE, gate.owner, f"门 {gate.owner} 不在道路上（距最近的道路 {metres(gate.away_m)} 米）",
                f"gate {gate.owner} stands on no road (the nearest is {metres(gate.away_m)} m away)",
                place=gate.place, owners=[gate.owner],
            )  # fmt: skip
            continue
        verdict = {True: Verdict.PASS, False: Verdict.FAIL, None: Verdict.NOT_MEASURED}[gate.openable]
        zh = {True: "有紧急情况下立即打开的保障措施", False: "不能在紧急情况下立即打开",
              None: "能否在紧急情况下立即打开未调查"}[gate.openable]  # fmt: skip
        en = {True: "opens at once in an emergency", False: "does not open at once in an emergency",
              None: "was not checked for opening at once in an emergency"}[gate.openable]  # fmt: skip
        desk.add(
            rule, verdict, gate.owner, f"出入口门 {gate.owner} {zh}", f"gate {gate.owner} {en}",
            lane_id=gate.lane_id, place=gate.place, owners=[gate.owner], entrance_id=gate.entrance_id,
        )  # fmt: skip


def reach(desk: Desk, rule: Rule) -> None:
    """One finding per building: the widest vehicle that arrives."""
    limit = limit_of(rule)
    site = desk.measured.site
    if not site.surveyed("buildings"):
        desk.not_measured(rule, "未提供建筑（没有 buildings 图层）", "no buildings layer was given")
        return
    if not len(site.layer("buildings")):
        desk.not_applicable(rule, "没有建筑", "there are no buildings")
        return
    outlines = dict(zip(site.layer("buildings")["id"], site.layer("buildings").geometry, strict=True))
    table = desk.measured.pinches.table
    envelope = desk.measured.spaces.envelope[0]
    for item in desk.measured.reach:
        centre = outlines[item.building_id].representative_point()
        place = item.place or (float(centre.x), float(centre.y))
        if item.widest_m is None:
            desk.add(
                rule, Verdict.NOT_MEASURED, item.building_id,
                f"建筑 {item.building_id}：{lines.no_road(desk)[0]}", f"building {item.building_id}: {lines.no_road(desk)[1]}",
                building_id=item.building_id, place=place,
            )  # fmt: skip
            continue
        pinch_id = desk.measured.pinches.id_of(envelope, item.pinch)
        owners: tuple[str, ...] = ()
        if pinch_id is not None:
            at = int(np.flatnonzero((table["pinch_id"] == pinch_id).to_numpy())[0])
            owners = tuple(dict.fromkeys(table["owners"].iloc[at]))
        by_zh = f"，受限于{desk.owner_names(owners, 'zh')}" if owners else ""
        by_en = f", limited by {desk.owner_names(owners, 'en')}" if owners else ""
        none = item.widest_m <= 0
        desk.add(
            # Where no pinch decides, a mouth or the pavement itself does.
            rule, minimum_verdict(
                item.widest_m, limit, desk.accuracy_of(owners) if owners else desk.accuracy_m("roads", "entrances")
            ), item.building_id,
            f"建筑 {item.building_id}：" + ("消防车无法到达" if none else
                f"可到达的最大车宽（圆盘）{capped(item.widest_m, CAP_M, 'zh')}{by_zh}"),
            f"building {item.building_id}: " + ("no way leads there" if none else
                f"widest vehicle (disc) that arrives {capped(item.widest_m, CAP_M, 'en')}{by_en}"),
            value=item.widest_m, margin=item.widest_m - limit, building_id=item.building_id, place=place,
            owners=owners, entrance_id=item.entrance_id, pinch_id=pinch_id,
        )  # fmt: skip
