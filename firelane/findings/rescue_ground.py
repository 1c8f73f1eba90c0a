"""Judging operating ground beside buildings (登高操作场地), and what stands between lane and building."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd

from firelane.findings.desk import PASS_SLACK_M, Desk, metres
from firelane.findings.rescue_subject import NO_OBSTRUCTIONS, Height, has_buildings, heights, places, unsure
from firelane.measure import Measurements
from firelane.measure.operating import Between, Cover, OperatingGround, ground_table
from firelane.rules.model import Rule
from firelane.vocabulary import ObstructionKind, Quantity, Severity, Verdict

ENOUGH_M = 1e-5
"""Lengths along a wall are sums of a few intervals, each met to 1e-6 m."""

ACCURACY_LAYERS = ("roads", "buildings", "obstructions")


def operating_ground(desk: Desk, rule: Rule) -> None:
    """One finding per building: operating ground along its longest side (or a quarter of its perimeter)."""
    if not has_buildings(desk, rule):
        return
    where = places(desk)
    for name, height in heights(desk, rule).items():
        if height.high is not True or height.value_m is None:
            verdict = Verdict.NOT_MEASURED if height.high is None else Verdict.NOT_APPLICABLE
            zh, en = unsure(height, rule) if height.high is None else (
                f"{height.text('zh')}，不是高层建筑", f"{height.text('en')}, no high-rise"
            )  # fmt: skip
            desk.add(
                rule, verdict, name, f"建筑 {name}：{zh}", f"building {name}: {en}", building_id=name,
                place=where[name],
            )  # fmt: skip
            continue
        _ground(desk, rule, name, height)


def grounds_of(measured: Measurements, rule: Rule, building_id: str, height_m: float, grow_m: float = 0.0) -> OperatingGround:
    """Return the operating ground beside one building, of the size that ``rule`` asks for at its height."""
    p = rule.params
    tall = height_m > p["tall_m"] + PASS_SLACK_M
    return measured.fronts(p["recess_m"]).ground(
        building_id, length_m=(p["long_length_m"] if tall else p["length_m"]) + grow_m, depth_m=p["depth_m"] + grow_m,
        nearest_m=p["nearest_m"], farthest_m=p["farthest_m"],
    )  # fmt: skip


def _ground(desk: Desk, rule: Rule, name: str, height: Height) -> None:
    assert height.value_m is not None
    accuracy = desk.accuracy_m(*ACCURACY_LAYERS)
    split = height.value_m <= rule.params["tall_m"] + PASS_SLACK_M
    found = grounds_of(desk.measured, rule, name, height.value_m)
    strict, lenient = (
        (grounds_of(desk.measured, rule, name, height.value_m, sign * 2 * accuracy) for sign in (1, -1)) if accuracy > 0
        else (found, found)
    )  # fmt: skip
    surveyed = desk.complete("obstructions") and not desk.unread("obstructions", "parking", "buildings")

    def enough(ground: OperatingGround, cover: Cover) -> bool:
        value, need = _covered(cover, ground, rule, split=split)
        return value >= need - ENOUGH_M

    severity = None
    if surveyed and enough(strict, strict.pavement):
        verdict, reason = Verdict.PASS, "pass"
        if height.estimated and split:
            # A building that is taller than its floors let expect needs longer ground, without a gap.
            taller = grounds_of(desk.measured, rule, name, rule.params["tall_m"] + 1.0, 2 * accuracy)
            along, asked = _covered(taller.pavement, taller, rule, split=False)
            if along < asked - ENOUGH_M:
                verdict, reason = Verdict.NOT_MEASURED, "estimate"
    elif not enough(lenient, lenient.possible):
        verdict, reason = Verdict.FAIL, "blocked"
    elif surveyed and enough(strict, strict.closer) and not enough(lenient, lenient.pavement):
        # The least distance is a recommendation (宜): nearer ground breaks no more than that.
        verdict, reason, severity = Verdict.FAIL, "closer", Severity.ADVISORY
    elif surveyed and accuracy > 0 and (enough(lenient, lenient.closer) or not enough(found, found.possible)):
        verdict, reason = Verdict.INDETERMINATE, "accuracy"
    else:
        verdict, reason = Verdict.NOT_MEASURED, "unknown" if surveyed else "unsurveyed"
    if verdict is Verdict.FAIL and height.estimated:
        verdict = Verdict.NOT_MEASURED
    value, need = _covered(found.pavement, found, rule, split=split)
    best, _ = _covered(found.possible, found, rule, split=split)
    near, _ = _covered(found.closer, found, rule, split=split)
    asked_zh, asked_en = _asked(found, rule)
    size = f"{rule.params['length_m' if split else 'long_length_m']:g}×{rule.params['depth_m']:g}"
    why_zh, why_en = _reason(reason, best_m=best, near_m=near, rule=rule, stands=len(found.stands))
    if height.estimated and reason in ("blocked", "closer"):
        why_zh, why_en = why_zh + "；但高度仅为估算，不作判定", why_en + "; but the height is only an estimate: not judged"
    gap = rule.params["gap_m"]
    if split and found.pavement.gap_m > gap + PASS_SLACK_M:
        apart = metres(found.pavement.gap_m)
        why_zh = f"；相邻两段间隔 {apart} 米，宜不大于 {metres(gap)} 米" + why_zh
        why_en = f"; two stretches are {apart} m apart, no more than {metres(gap)} m recommended" + why_en
    desk.add(
        rule, verdict, name,
        f"高层建筑 {name}（{height.text('zh')}）：路面上可设 {size} 米登高操作场地的外墙长 {metres(value)} 米，"
        f"{asked_zh}{why_zh}",
        f"high-rise {name} ({height.text('en')}): {metres(value)} m of wall have road pavement for an operating ground of "
        f"{size} m beside them, {asked_en}{why_en}",
        value=value, threshold=need, margin=value - need, building_id=name, place=found.place, severity=severity,
        owners=found.stands if reason == "blocked" else (),
    )  # fmt: skip


def _asked(ground: OperatingGround, rule: Rule) -> tuple[str, str]:
    """Say what length is required: that of a long side, or round corners a quarter of the perimeter."""
    side, quarter = ground.long_side_m, rule.params["perimeter_share"] * ground.perimeter_m
    if quarter <= side + 1e-3:
        return f"要求 {metres(side)} 米", f"{metres(side)} m required"
    return (
        f"要求沿一个长边全长（{metres(side)} 米），否则不少于 {metres(quarter)} 米",
        f"the whole of a long side ({metres(side)} m) required, or {metres(quarter)} m where it is not along one",
    )


def _reason(reason: str, *, best_m: float, near_m: float, rule: Rule, stands: int) -> tuple[str, str]:
    """Say what the verdict rests on."""
    best, least = metres(best_m), metres(rule.params["nearest_m"])
    return {
        "pass": ("；裙房进深、承载、坡度未核", "; podium depth, bearing and gradient are not checked"),
        "estimate": (
            f"；高度仅为估算，若高于 {rule.params['tall_m']:g} 米则不满足，不作判定",
            f"; the height is only an estimate, and above {rule.params['tall_m']:g} m this would not do: not judged",
        ),
        "blocked": (
            f"；即使路面以外的空地全部硬化，因建筑和障碍物（长边前 {stands} 处）也最多 {best} 米",
            f"; even if all open ground were paved, buildings and obstacles ({stands} before the long sides) leave {best} m at most",
        ),
        "closer": (
            f"；场地靠外墙一侧不足 {least} 米时才有 {metres(near_m)} 米，宜不小于 {least} 米",
            f"; only nearer to the wall than {least} m there is ground for {metres(near_m)} m; {least} m are recommended",
        ),
        "accuracy": ("；测量精度内无法判定", "; cannot be told within the survey's accuracy"),
        "unsurveyed": ("；障碍物未调查或未读全", "; obstacles were not surveyed, or not all could be read"),
        "unknown": (
            f"；路面以外的场地是否硬化、可否停放举高车，数据中没有（若可用，最多 {best} 米）",
            f"; whether the ground beside the road is paved and bears an aerial appliance is not in the data (if so: {best} m at most)",
        ),
    }[reason]  # fmt: skip


def _covered(cover: Cover, ground: OperatingGround, rule: Rule, *, split: bool) -> tuple[float, float]:
    """Return the length that counts and the length required [m]."""
    value = cover.total_m if split else cover.longest_m
    quarter = rule.params["perimeter_share"] * ground.perimeter_m
    # Along one long side it is enough to cover that side; round a corner a quarter of the perimeter too.
    along = cover.whole_side_m >= ground.long_side_m - 1e-3
    return value, ground.long_side_m if along else max(quarter, ground.long_side_m)


def aerial_obstruction(desk: Desk, rule: Rule) -> None:
    """One finding per object between a lane and a high-rise (Article 10, second sentence)."""
    if not has_buildings(desk, rule):
        return
    site = desk.measured.site
    if not site.surveyed("obstructions"):
        desk.not_measured(rule, *NO_OBSTRUCTIONS)
        return
    tall = heights(desk, rule)
    found = desk.measured.fronts(rule.params["recess_m"]).between(rule.words["kinds"], reach_m=rule.params["lane_distance_m"])
    low = 0
    told = 0
    for item in found:
        relevant = [b for b in item.building_ids if tall[b].high is not False]
        if not relevant:
            low += 1
            continue
        told += 1
        verdict, zh, en = _worst_hindrance(item, relevant, tall, rule)
        name_zh, name_en = desk.owner_names([item.owner], "zh"), desk.owner_names([item.owner], "en")
        desk.add(
            rule, verdict, item.owner, f"{name_zh} 位于消防车通道与建筑 {'、'.join(relevant)} 之间：{zh}",
            f"{name_en} stands between the fire lane and building {', '.join(relevant)}: {en}",
            severity=Severity.INFO if verdict is Verdict.PASS else None, lane_id=item.lane_id, place=item.place,
            owners=[item.owner], building_id=relevant[0],
        )  # fmt: skip
    if low:
        desk.add(
            rule, Verdict.NOT_APPLICABLE, "low-buildings",
            f"另有 {low} 处此类物体只位于通道与非高层建筑之间，不涉及登高操作场地",
            f"{low} more such objects stand only between lanes and buildings that are no high-rise: no operating ground is needed",
        )  # fmt: skip
    for layer in desk.unread("obstructions", "buildings"):
        desk.not_measured(
            rule, f"{layer} 图层有无法读取而略去的行，其影响未测量",
            f"rows of {layer} could not be read and were left out: what they hold was not measured", subject=f"unread-{layer}",
        )  # fmt: skip
    if told or desk.unread("obstructions", "buildings"):
        return
    if not desk.complete("obstructions"):
        desk.not_measured(rule, desk.not_looked("obstructions", "zh"), desk.not_looked("obstructions", "en"))
        return
    reach = rule.params["lane_distance_m"]
    kinds = [ObstructionKind(kind) for kind in rule.words["kinds"]]
    if all(h.high is False for h in tall.values()):
        if not low:
            desk.not_applicable(rule, "没有高层建筑", "there is no high-rise")
        return
    desk.add(
        rule, Verdict.PASS, "site",
        f"高层建筑与其外墙 {reach:g} 米内的消防车通道之间没有{'、'.join(k.label('zh') for k in kinds)}",
        f"nothing of these kinds stands between a high-rise and a fire lane within {reach:g} m of it: "
        f"{', '.join(k.label('en') for k in kinds)}",
    )  # fmt: skip


def _worst_hindrance(item: Between, buildings: Sequence[str], tall: dict[str, Height], rule: Rule) -> tuple[Verdict, str, str]:
    """Judge one object before several buildings: the worst of them counts."""
    order = (Verdict.FAIL, Verdict.NOT_MEASURED, Verdict.PASS)
    return min((_hindrance(item, tall[b], rule) for b in buildings), key=lambda result: order.index(result[0]))


def _hindrance(item: Between, height: Height, rule: Rule) -> tuple[Verdict, str, str]:
    """Judge whether an object reaches into the space in which an aerial appliance works before a building.

    That space lies between ``hinders_above_m`` and the building's top. Its trunk or wire in plan is surveyed;
    an object whose top is not told may be a shrub: then nothing is asserted.
    """
    floor = rule.params["hinders_above_m"]
    if item.top_m is not None and item.top_m <= floor + PASS_SLACK_M:
        top = metres(item.top_m)
        return (
            Verdict.PASS, f"高 {top} 米，不高于 {metres(floor)} 米，不进入举高操作空间",
            f"{top} m high, no more than {metres(floor)} m: it does not reach the space of aerial operation",
        )  # fmt: skip
    if height.high is None or height.value_m is None:
        zh, en = unsure(height, rule)
        return Verdict.NOT_MEASURED, zh, en
    if item.bottom_m is not None and item.bottom_m >= height.value_m:
        return (
            Verdict.PASS, "位于建筑顶部以上，不进入举高操作空间", "it hangs above the building's top, outside the space of aerial operation",
        )  # fmt: skip
    bottom = item.bottom_m
    # A top within the space is in it, whatever the underside; above it the underside must be told.
    known = item.top_m is not None and (bottom is not None or item.top_m <= height.value_m)
    if known or (bottom is not None and bottom >= floor - PASS_SLACK_M):
        if height.estimated:
            return (
                Verdict.NOT_MEASURED, f"建筑{height.text('zh')}，不作判定", f"the building is {height.text('en')}: not judged",
            )  # fmt: skip
        return (
            Verdict.FAIL, f"在举高操作空间内（{metres(floor)} 米以上，建筑{height.text('zh')}），妨碍消防车举高操作",
            f"it stands in the space of aerial operation (above {metres(floor)} m); building {height.text('en')}: it hinders it",
        )  # fmt: skip
    what_zh, what_en = (
        ("下缘高度", "its underside") if bottom is None else ("顶部高度", "its top")
    )  # fmt: skip
    return (
        Verdict.NOT_MEASURED, f"{what_zh}未测量；高于 {metres(floor)} 米即妨碍举高操作，请量测",
        f"{what_en} was not measured; above {metres(floor)} m it hinders aerial operation: measure it",
    )  # fmt: skip


def rescue_tables(measured: Measurements, rules: Sequence[Rule]) -> dict[str, gpd.GeoDataFrame]:
    """Return what the rules in force had measured, as tables for maps and files.

    Keys, each only where a rule asks for it: ``cut_places`` (Point; columns of
    ``measure.connectivity.CUT_COLUMNS``) and ``operating_ground`` (Polygon; ``measure.operating.GROUND_COLUMNS``).
    """
    result: dict[str, gpd.GeoDataFrame] = {}
    for rule in rules:
        if rule.quantity is Quantity.CONNECTIVITY and rule.measured and "cut_places" not in result:
            found = measured.connectivity(
                width_m=measured.envelope["width_m"], blocking_length_m=rule.params["blocking_length_m"]
            )
            result["cut_places"] = found.table
        if rule.quantity is Quantity.OPERATING_GROUND and rule.measured and "operating_ground" not in result:
            tall = heights(Desk(measured), rule)
            grounds = [
                grounds_of(measured, rule, name, height.value_m)
                for name, height in tall.items() if height.high is True and height.value_m is not None
            ]  # fmt: skip
            result["operating_ground"] = ground_table(grounds, measured.spaces)
    return result
