"""Judging the passage: clear width, clear height, obstructions, bays, gates, reach (Articles 10 and 14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from firelane.findings.desk import Desk, capped, metres, minimum_verdict
from firelane.lanes.narrowing import Narrowing
from firelane.lanes.reach import CAP_M
from firelane.rules.model import Rule
from firelane.vocabulary import ObstructionKind, Severity, Verdict


@dataclass(frozen=True)
class Stretch:
    """Adjacent narrowings of one lane; ``members`` narrowest first."""

    start_m: float
    end_m: float
    members: tuple[Narrowing, ...]
    rows: tuple[str, ...]


def clear_width(desk: Desk, rule: Rule) -> None:
    """One finding per stretch below the limit, one per lane that has none."""
    limit = _limit(rule)
    for row in desk.measured.network.lanes.itertuples():
        coarsest = desk.coarsest_m()
        told = False
        for stretch in _stretches(desk, row.lane_id, limit - 1e-6 if coarsest == 0 else limit + coarsest):
            found = _judged(desk, stretch, limit)
            if found is None:
                continue  # near the limit, but surveyed finely enough to tell
            verdict, narrow, pinch_id, owners = found
            if not owners:  # a dead end that is itself too narrow: its own edge bounds it
                road = row.road_ids[0 if narrow.chainage_m < row.length_m / 2 else -1]  # in order along the lane
                owners = (f"edge:{road}",)
            told = True
            zh_by = f"，位于{desk.owner_names(owners, 'zh')}之间" if len(owners) > 1 else ""
            en_by = f" between {desk.owner_names(owners, 'en')}" if len(owners) > 1 else ""
            where_zh, where_en = _where(stretch, narrow)
            desk.add(
                rule, verdict, pinch_id or f"{row.lane_id}:{stretch.start_m:.1f}",
                f"净宽 {metres(narrow.width_m)} 米，要求不小于 {metres(limit)} 米{zh_by}；{where_zh}",
                f"clear width {metres(narrow.width_m)} m, at least {metres(limit)} m required{en_by}; {where_en}",
                value=narrow.width_m, margin=narrow.width_m - limit, lane_id=row.lane_id, place=narrow.place,
                owners=owners, pinch_id=pinch_id, chainage_m=(stretch.start_m, stretch.end_m),
            )  # fmt: skip
        if not told:
            width = desk.measured.widths.clear_width_m[row.lane_id]
            desk.add(
                rule, minimum_verdict(width, limit, 0.0), row.lane_id,
                f"全程净宽不小于 {capped(width, CAP_M, 'zh')}，满足 {metres(limit)} 米要求",
                f"clear width {capped(width, CAP_M, 'en')} throughout, at least {metres(limit)} m required",
                value=width, margin=width - limit, lane_id=row.lane_id, place=desk.lane_middle(row.lane_id),
            )  # fmt: skip
    _say_unread(desk, rule)


def _say_unread(desk: Desk, rule: Rule) -> bool:
    """Where rows that may stand on a lane could not be read, say that what they bar is not known."""
    layers = desk.unread("obstructions", "parking")
    for layer in layers:
        desk.not_measured(
            rule, f"{layer} 图层有无法读取而略去的行，其影响未测量", f"rows of {layer} could not be read and were left "
            "out: what they bar was not measured", subject=f"unread-{layer}",
        )  # fmt: skip
    return bool(layers)


def _limit(rule: Rule) -> float:
    assert rule.threshold is not None, rule.rule_id
    return rule.threshold


def _judged(
    desk: Desk, stretch: Stretch, limit: float
) -> tuple[Verdict, Narrowing, str | None, tuple[str, ...]] | None:
    """Return the narrowest place of a stretch that does not pass, with its pinch and owners; None if all pass.

    What bounds the narrowest may be surveyed well enough to pass where a wider place is not.
    """
    for narrow in stretch.members:
        pinch_id = desk.measured.pinches.id_of(narrow.space, narrow.pinch)
        own = [str(narrow.space.table["owner"].iloc[r]) for r in narrow.rows]
        verdict = minimum_verdict(narrow.width_m, limit, desk.accuracy_of(_owners(desk, pinch_id, own)))
        if verdict is not Verdict.PASS:
            return verdict, narrow, pinch_id, _owners(desk, pinch_id, stretch.rows)
    return None


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


def _stretches(desk: Desk, lane_id: str, below_m: float) -> list[Stretch]:
    """Join narrowings between which no disc of the limit's width fits on the lane."""
    narrow = [n for n in desk.measured.widths.narrowings[lane_id] if n.width_m < below_m]
    if not narrow:
        return []
    chainage, clear = desk.widths_along(lane_id)
    tight = clear < below_m
    narrow.sort(key=lambda n: n.chainage_m)
    spans = [(*_span(chainage, tight, item.chainage_m), item) for item in narrow]
    groups: list[list[tuple[float, float, Narrowing]]] = []
    for span in sorted(spans, key=lambda s: (s[0], s[1])):
        if groups and span[0] <= max(s[1] for s in groups[-1]) + 1e-6:
            groups[-1].append(span)
        else:
            groups.append([span])
    result = []
    for group in groups:
        # Of equal widths a pinch names its owners, a dead end does not.
        members = sorted((s[2] for s in group), key=lambda n: (round(n.width_m, 6), n.pinch < 0, n.chainage_m))
        owners = {n.space.table["owner"].iloc[r] for _, _, n in group for r in n.rows}
        result.append(Stretch(
            min(s[0] for s in group), max(s[1] for s in group), tuple(members), tuple(sorted(owners))
        ))  # fmt: skip
    return result


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


def clear_height(desk: Desk, rule: Rule) -> None:
    """Low stretches fail, low things beside which a way is left are told, unknown ones not measured."""
    limit = _limit(rule)
    heights = desk.measured.heights
    wide = f"{desk.measured.envelope['width_m']:g}"
    told: set[str] = set()
    troubled: set[str] = set()
    for stretch in heights.low:
        told.update(stretch.owners)
        troubled.add(stretch.lane_id)
        desk.add(
            rule, minimum_verdict(stretch.clear_height_m, limit, desk.accuracy_of(stretch.owners, heights=True)),
            f"{stretch.lane_id}:{stretch.owners[0]}",
            f"净高 {metres(stretch.clear_height_m)} 米，要求不小于 {metres(limit)} 米："
            f"{desk.owner_names(stretch.owners, 'zh')}，旁边没有 {wide} 米宽的通路；桩号 {stretch.chainage_m:.1f} 米",
            f"clear height {metres(stretch.clear_height_m)} m, at least {metres(limit)} m required: "
            f"{desk.owner_names(stretch.owners, 'en')}, no {wide} m way beside it; chainage {stretch.chainage_m:.1f} m",
            value=stretch.clear_height_m, margin=stretch.clear_height_m - limit, lane_id=stretch.lane_id,
            place=stretch.place, owners=stretch.owners, chainage_m=(stretch.chainage_m, stretch.chainage_m),
        )  # fmt: skip
    for item in heights.overhead:
        if item.owner in told:
            continue
        name_zh, name_en = desk.owner_names([item.owner], "zh"), desk.owner_names([item.owner], "en")
        if item.clear_height_m is None:
            if item.lane_id is not None:
                troubled.add(item.lane_id)
            desk.add(
                rule, Verdict.NOT_MEASURED, item.owner,
                f"{name_zh} 的净高未测量，请量测其下缘距路面的高度",
                f"the underside of {name_en} was not measured: measure its height above the road",
                lane_id=item.lane_id, place=item.place, owners=[item.owner],
            )  # fmt: skip
        elif item.clear_height_m < limit - 1e-6:
            desk.add(
                rule, Verdict.PASS, item.owner,
                f"{name_zh} 下缘高 {metres(item.clear_height_m)} 米，旁边仍有 {wide} 米宽、{metres(limit)} 米高的通路",
                f"the underside of {name_en} is at {metres(item.clear_height_m)} m; a {wide} m wide way "
                f"{metres(limit)} m high is left beside it",
                value=item.clear_height_m, margin=item.clear_height_m - limit, lane_id=item.lane_id,
                place=item.place, owners=[item.owner], severity=Severity.INFO,
            )  # fmt: skip
    surveyed = desk.measured.site.surveyed("obstructions")
    for row in desk.measured.network.lanes.itertuples():
        if row.lane_id in troubled:
            continue
        place = desk.lane_middle(row.lane_id)
        value = heights.clear_height_m.get(row.lane_id, np.nan)
        if not surveyed:
            desk.add(
                rule, Verdict.NOT_MEASURED, row.lane_id,
                "未调查障碍物（没有 obstructions 图层），净高未测量",
                "obstructions were not surveyed (no obstructions layer): clear height was not measured",
                lane_id=row.lane_id, place=place,
            )  # fmt: skip
        elif np.isnan(value):
            desk.add(
                rule, Verdict.PASS, row.lane_id, "上方没有障碍物", "nothing spans the lane",
                lane_id=row.lane_id, place=place,
            )  # fmt: skip
        else:
            desk.add(
                rule, minimum_verdict(value, limit, desk.accuracy_m("obstructions", "entrances", heights=True)),
                row.lane_id,
                f"净高 {metres(value)} 米，要求不小于 {metres(limit)} 米",
                f"clear height {metres(value)} m, at least {metres(limit)} m required",
                value=value, margin=value - limit, lane_id=row.lane_id, place=place,
            )  # fmt: skip
    if desk.unread("obstructions"):
        _say_unread(desk, rule)


def obstructions(desk: Desk, rule: Rule, limit_m: float) -> None:
    """One finding per object on a lane: Articles 10 and 14 together (contract §2)."""
    site = desk.measured.site
    if not site.surveyed("obstructions"):
        desk.not_measured(
            rule, "未调查障碍物（没有 obstructions 图层）", "obstructions were not surveyed (no obstructions layer)"
        )
    for item in desk.measured.standing:
        if item.kind == ObstructionKind.GATE:
            continue  # a shut gate is judged by the gate rule
        name_zh, name_en = desk.owner_names([item.owner], "zh"), desk.owner_names([item.owner], "en")
        left_zh, left_en = capped(item.way_left_m, CAP_M, "zh"), capped(item.way_left_m, CAP_M, "en")
        accuracy = desk.accuracy_m("fire_lanes" if item.designated else "roads", item.layer)
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
        verdict = minimum_verdict(item.way_left_m, limit_m, accuracy)
        if verdict is Verdict.PASS:
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
    if _say_unread(desk, rule):
        return
    if site.surveyed("obstructions") and not any(i.kind != ObstructionKind.GATE for i in desk.measured.standing):
        desk.add(rule, Verdict.PASS, "site", "消防车通道上没有障碍物", "no obstacle stands on the lanes")


def clearing(desk: Desk, rule: Rule, limit_m: float) -> None:
    """Article 15 (2): whether something stands there can be told, since when cannot."""
    if not desk.measured.site.surveyed("obstructions"):
        desk.not_measured(
            rule, "未调查障碍物（没有 obstructions 图层）", "obstructions were not surveyed (no obstructions layer)"
        )
        return
    verdicts = {
        i.owner: Verdict.FAIL if i.designated
        else minimum_verdict(i.way_left_m, limit_m, desk.accuracy_m("roads", i.layer))
        for i in desk.measured.standing
    }  # fmt: skip
    standing = [i for i in desk.measured.standing if verdicts[i.owner] is Verdict.FAIL]
    unclear = [i.owner for i in desk.measured.standing if verdicts[i.owner] is Verdict.INDETERMINATE]
    if not standing and _say_unread(desk, rule):
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
    for bay in bays:
        accuracy = desk.accuracy_m("fire_lanes" if bay.designated else "roads", "parking")
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
    if not desk.measured.site.surveyed("entrances"):
        # A barrier inside the site tells nothing of the gates at its entrances.
        desk.not_measured(
            rule, "未调查出入口（没有 entrances 图层）", "entrances were not surveyed (no entrances layer)"
        )
    elif desk.unread("entrances"):
        desk.not_measured(
            rule, "entrances 图层有无法读取而略去的行，其门未调查",
            "rows of entrances could not be read and were left out: their gates were not checked", subject="unread",
        )  # fmt: skip
    elif not found:
        desk.not_applicable(rule, "没有封闭管理的出入口", "no gated entrance")
    for gate in found:
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
    limit = _limit(rule)
    site = desk.measured.site
    if not site.surveyed("buildings"):
        desk.not_measured(rule, "未提供建筑（没有 buildings 图层）", "no buildings layer was given")
        return
    if not len(site.layer("buildings")):
        desk.not_applicable(rule, "没有建筑", "there are no buildings")
        return
    distance = site.config.access_distance_m
    outlines = dict(zip(site.layer("buildings")["id"], site.layer("buildings").geometry, strict=True))
    table = desk.measured.pinches.table
    envelope = desk.measured.spaces.envelope[0]
    for item in desk.measured.reach:
        centre = outlines[item.building_id].representative_point()
        place = item.place or (float(centre.x), float(centre.y))
        if item.widest_m is None:
            desk.add(
                rule, Verdict.NOT_MEASURED, item.building_id,
                f"建筑 {item.building_id}：没有出入口数据，或 {distance:g} 米内没有道路",
                f"building {item.building_id}: no entrances are given, or no road lies within {distance:g} m",
                building_id=item.building_id, place=place,
            )  # fmt: skip
            continue
        pinch_id = desk.measured.pinches.id_of(envelope, item.pinch)
        owners: tuple[str, ...] = ()
        if pinch_id is not None:
            at = int(np.flatnonzero((table["pinch_id"] == pinch_id).to_numpy())[0])
            owners = tuple(dict.fromkeys(table["owners"].iloc[at]))
        by_zh = f"，受 {desk.owner_names(owners, 'zh')} 限制" if owners else ""
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
