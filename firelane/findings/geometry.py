"""Judging how lanes are laid out: radii of bends, turning areas of dead ends, gradients."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import shapely

from firelane.findings.desk import PASS_SLACK_M, Desk, metres
from firelane.findings.rescue_subject import take_back_passes
from firelane.findings.swept import turned_round
from firelane.lanes.bends_fit import EdgeArc, Shape
from firelane.lanes.bends_kerbs import Bend, Kerb, Trust, doubt, drawn_exactly
from firelane.measure import Measurements
from firelane.measure.turnaround import MOST_M, DeadEnd, TurningArea, dead_end_table, turning_table
from firelane.measure.turning import bend_table
from firelane.rules.model import Rule
from firelane.vocabulary import Quantity, Verdict

NO_ENTRANCES = ("未调查出入口（没有 entrances 图层），无法区分尽头与出口", "entrances were not surveyed (no entrances layer): dead ends cannot be told from ways out")  # fmt: skip
OUTER_WHEEL = "outer_wheel"


def _limit(rule: Rule) -> float:
    assert rule.threshold is not None, rule.rule_id
    return rule.threshold


# -------------------------------------------------------------------------------------------- bends


def turning_radius(desk: Desk, rule: Rule) -> None:
    """One finding per bend and per junction corner."""
    bends = desk.measured.bends(least_turn_deg=rule.params["least_turn_deg"])
    if not bends:
        desk.not_applicable(rule, "车道没有弯道和转角", "no lane bends or turns into another")
    for bend in bends:
        _bend(desk, rule, bend, outer_wheel=rule.words["radius_basis"] == (OUTER_WHEEL,))


def _bend(desk: Desk, rule: Rule, bend: Bend, *, outer_wheel: bool) -> None:
    limit = _limit(rule)
    zh, en = _bend_name(bend)
    place, lane_id = bend.place, bend.lane_ids[0]
    chainage = None if math.isnan(bend.from_m) else (bend.from_m, bend.to_m)
    judged = bend.outer if outer_wheel else bend.inner
    if judged is None:
        desk.add(
            rule, Verdict.NOT_MEASURED, bend.bend_id,
            f"{zh}：没有可判定的外缘弧线，外侧前轮能否通过须以扫掠轨迹判定",
            f"{en}: there is no outer kerb to judge; whether the outer front wheel gets round takes the swept path",
            lane_id=lane_id, place=place, chainage_m=chainage,
        )  # fmt: skip
        return
    side_zh, side_en = ("外缘", "outer") if outer_wheel else ("内缘", "inner")
    other = _other(bend, outer_wheel=outer_wheel, rule=rule)
    why = _refused(judged, rule, bend)
    if why is not None:
        desk.add(
            rule, Verdict.NOT_MEASURED, bend.bend_id, f"{zh}：{side_zh}半径不作判定，{why[0]}{other[0]}",
            f"{en}: the {side_en} radius is not judged: {why[1]}{other[1]}", lane_id=lane_id, place=place, chainage_m=chainage,
        )  # fmt: skip
        return
    assert judged.arc is not None
    value = judged.arc.radius_m
    band = 2 * judged.arc.uncertainty_m + bend.accuracy_m
    if value >= limit - PASS_SLACK_M and (value - limit >= band or (bend.accuracy_m == 0 and drawn_exactly(judged.arc))):
        verdict = Verdict.PASS
    elif abs(value - limit) <= band and not (bend.accuracy_m == 0 and drawn_exactly(judged.arc)):
        verdict = Verdict.INDETERMINATE
    else:
        verdict = Verdict.FAIL
    told_zh, told_en = _radius_text(judged.arc)
    open_zh, open_en = ("；测量精度内无法判定", "; cannot be told within the survey's accuracy") if verdict is Verdict.INDETERMINATE else ("", "")  # fmt: skip
    desk.add(
        rule, verdict, bend.bend_id, f"{zh}：{side_zh}{told_zh}，要求 {metres(limit)} 米{other[0]}{open_zh}",
        f"{en}: {side_en} {told_en}, {metres(limit)} m asked for{other[1]}{open_en}", value=value, margin=value - limit,
        lane_id=lane_id, place=place, chainage_m=chainage,
    )  # fmt: skip


def _bend_name(bend: Bend) -> tuple[str, str]:
    turn = f"{bend.turn_deg:.0f}°"
    if bend.kind == "bend":
        return f"弯道 {bend.bend_id}（转 {turn}）", f"bend {bend.bend_id} ({turn})"
    lanes = "、".join(bend.lane_ids)
    return f"路口转角 {bend.bend_id}（{lanes}，转 {turn}）", f"junction corner {bend.bend_id} ({', '.join(bend.lane_ids)}, {turn})"


def _radius_text(arc: EdgeArc) -> tuple[str, str]:
    if arc.shape is Shape.SQUARE_CORNER:
        return "为直角折线，没有圆弧（半径 0.000 米）", "kerb is a square corner without an arc (radius 0.000 m)"
    told = f"{metres(arc.radius_m)} ± {2 * arc.uncertainty_m:.3f}"
    return (
        f"半径 {told} 米（圆心角 {arc.arc_deg:.0f}°，{arc.points} 个顶点）",
        f"radius {told} m (arc of {arc.arc_deg:.0f}°, {arc.points} vertices)",
    )


def _other(bend: Bend, *, outer_wheel: bool, rule: Rule) -> tuple[str, str]:
    """Tell the radius of the kerb that is not judged."""
    kerb = bend.inner if outer_wheel else bend.outer
    if kerb is None or _refused(kerb, rule, bend) is not None or kerb.arc is None:
        return "", ""
    side = ("；内缘", "; inner ") if outer_wheel else ("；外缘", "; outer ")
    zh, en = _radius_text(kerb.arc)
    return side[0] + zh, side[1] + en


def _refused(kerb: Kerb, rule: Rule, bend: Bend) -> tuple[str, str] | None:
    """Say why a kerb's radius cannot be relied on; None where it can."""
    p = rule.params
    return doubt(kerb, bend.accuracy_m, Trust(p["least_arc_deg"], p["largest_residual_m"], p["uncertainty_share"]))


# ---------------------------------------------------------------------------------------- dead ends


def turning_area(desk: Desk, rule: Rule) -> None:
    """One finding per dead end."""
    measured = desk.measured
    if not measured.site.surveyed("entrances"):
        desk.not_measured(rule, *NO_ENTRANCES)
        return
    if not desk.complete("entrances"):
        desk.not_measured(rule, desk.not_looked("entrances", "zh"), desk.not_looked("entrances", "en"))
        return
    if not measured.dead_ends:
        desk.not_applicable(rule, "没有尽头式消防车道", "there is no dead-end lane")
    high = _HighRises(desk, rule) if "beside_m" in rule.params else None
    for item in measured.dead_ends:
        since = len(desk.findings)
        if not _needs_none(desk, rule, item) and (high is None or high.concern(item)):
            _area(desk, rule, item)
            take_back_passes(desk, len(desk.findings) - 1)
        _tell_turning(desk, item, since)
    for layer in desk.unread("obstructions", "parking", "entrances"):
        desk.not_measured(
            rule, f"{layer} 图层有无法读取而略去的行，其影响未测量",
            f"rows of {layer} could not be read and were left out: what they change was not measured",
            subject=f"unread-{layer}",
        )  # fmt: skip


def _tell_turning(desk: Desk, item: DeadEnd, since: int) -> None:
    """Add whether the vehicles that were tracked turn round there; the verdict is that of the area."""
    zh, en = turned_round(desk, item.dead_end_id)
    for n, told in enumerate(desk.findings[since:], since):
        if told.verdict is not Verdict.NOT_APPLICABLE:
            desk.findings[n] = replace(told, message_zh=told.message_zh + zh, message_en=told.message_en + en)


def _named(item: DeadEnd) -> tuple[str, str]:
    length = metres(item.length_m)
    more = len(item.lane_ids) - 1
    zh = f"尽头式车道 {item.dead_end_id}（长 {length} 米" + (f"，含 {more} 条支路）" if more else "）")
    en = f"dead end {item.dead_end_id} ({length} m long" + (f", with {more} more lanes)" if more else ")")
    return zh, en


def _needs_none(desk: Desk, rule: Rule, item: DeadEnd) -> bool:
    """Tell, and say, that no turning area is asked for at a dead end, or that none can be judged."""
    zh, en = _named(item)
    most, accuracy = rule.params["dead_end_m"], desk.accuracy_m("roads")
    if item.root == "none":
        desk.add(
            rule, Verdict.NOT_MEASURED, item.dead_end_id, f"{zh}：没有通往出入口的道路，不作判定",
            f"{en}: no way leads from it to an entrance: not judged", lane_id=item.lane_id, place=item.tip,
        )  # fmt: skip
        return True
    if item.length_m > most + PASS_SLACK_M - accuracy:
        return False
    desk.add(
        rule, Verdict.PASS, item.dead_end_id, f"{zh}：不超过 {most:g} 米，不要求回车场地",
        f"{en}: no longer than {most:g} m, no turning area is asked for", lane_id=item.lane_id, place=item.tip,
    )  # fmt: skip
    return True


class _HighRises:
    """Whether a high-rise stands beside a dead end."""

    def __init__(self, desk: Desk, rule: Rule) -> None:
        self._desk, self._rule = desk, rule
        table = desk.measured.site.layer("buildings")
        self._shapes = table.geometry.to_numpy()
        self._heights = [_height_m(row.height_m, row.floors, rule.params["storey_m"]) for row in table.itertuples()]

    def concern(self, item: DeadEnd) -> bool:
        """Tell whether the rule concerns a dead end; where not, say so."""
        desk, rule, (zh, en) = self._desk, self._rule, _named(item)
        where: dict[str, Any] = {"lane_id": item.lane_id, "place": item.tip}
        if not desk.measured.site.surveyed("buildings"):
            desk.add(
                rule, Verdict.NOT_MEASURED, item.dead_end_id, f"{zh}：未提供建筑（没有 buildings 图层）",
                f"{en}: no buildings layer was given", **where,
            )  # fmt: skip
            return False
        near = shapely.dwithin(self._shapes, item.lines, rule.params["beside_m"]) if len(self._shapes) else []
        heights = [h for h, here in zip(self._heights, near, strict=True) if here]
        above = rule.params["high_rise_m"]
        if any(h is not None and h > above + PASS_SLACK_M for h in heights):
            return True
        if any(h is None for h in heights):
            desk.add(
                rule, Verdict.NOT_MEASURED, item.dead_end_id, f"{zh}：旁边建筑的高度和层数未填写",
                f"{en}: neither height nor floors are given of a building beside it", **where,
            )  # fmt: skip
        else:
            desk.add(
                rule, Verdict.NOT_APPLICABLE, item.dead_end_id,
                f"{zh}：{rule.params['beside_m']:g} 米内没有高于 {above:g} 米的建筑",
                f"{en}: no building higher than {above:g} m within {rule.params['beside_m']:g} m", **where,
            )  # fmt: skip
        return False


def _height_m(height_m: float | None, floors: float | None, storey_m: float) -> float | None:
    for value, unit in ((height_m, 1.0), (floors, storey_m)):
        if value is not None and math.isfinite(value):
            return float(value) * unit
    return None


def _area(desk: Desk, rule: Rule, item: DeadEnd) -> None:
    limit = _limit(rule)
    zh, en = _named(item)
    area = desk.measured.turning_ground.at(item, limit)
    side = area.square.side_m
    accuracy = desk.coarsest_m()
    fits = area.fits(limit)
    in_doubt = item.length_m <= rule.params["dead_end_m"] + desk.accuracy_m("roads") and desk.accuracy_m("roads") > 0
    if fits is None or (accuracy > 0 and abs(side - limit) <= accuracy) or (not fits and in_doubt):
        verdict = Verdict.INDETERMINATE
    else:
        verdict = Verdict.PASS if fits else Verdict.FAIL
    size = f"{metres(limit)}×{metres(limit)}"
    told_zh, told_en = _square_text(area)
    if verdict is not Verdict.PASS and area.owners and area.bare.side_m >= limit - PASS_SLACK_M:
        told_zh += f"；移走 {desk.owner_names(area.owners, 'zh')} 后可达 {_side(area.bare.side_m, 'zh')}"
        told_en += f"; without {desk.owner_names(area.owners, 'en')} it would be {_side(area.bare.side_m, 'en')}"
    open_zh, open_en = ("；测量精度内无法判定", "; cannot be told within the accuracy") if verdict is Verdict.INDETERMINATE else ("", "")  # fmt: skip
    place = area.square.centre if side > 0 and verdict is Verdict.PASS else item.tip
    desk.add(
        rule, verdict, item.dead_end_id, f"{zh}：{told_zh}，要求 {size} 米{open_zh}",
        f"{en}: {told_en}; {size} m asked for{open_en}", value=side, margin=side - limit, lane_id=item.lane_id,
        place=place, owners=area.owners if verdict is not Verdict.PASS else (),
    )  # fmt: skip


def _side(side_m: float, lang: str) -> str:
    unit = "米" if lang == "zh" else "m"
    if side_m >= MOST_M - PASS_SLACK_M:
        return f"{metres(MOST_M)} 米以上" if lang == "zh" else f"{metres(MOST_M)} m or more"
    return f"{metres(side_m)} {unit}"


def _square_text(area: TurningArea) -> tuple[str, str]:
    if area.square.side_m <= 0:
        return "没有可用的回车场地（车道被占）", "there is no ground to turn on (the lane is blocked)"
    turned, away = f"{area.square.rotation_deg:.1f}°", metres(area.from_tip_m)
    return (
        f"可容纳的最大正方形边长 {_side(area.square.side_m, 'zh')}（转角 {turned}，距尽端 {away} 米）",
        f"the largest square that fits has sides of {_side(area.square.side_m, 'en')} (turned by {turned}, {away} m before the tip)",
    )


# ---------------------------------------------------------------------------------------- gradients


def gradient(desk: Desk, rule: Rule) -> None:
    """One finding per lane."""
    site, limit, base = desk.measured.site, _limit(rule), rule.params["base_m"]
    if site.heights is None:
        desk.not_measured(
            rule, "道路轮廓和缘石没有高程（Z），坡度未测量", "neither road outlines nor kerbs carry heights (Z): gradients were not measured"
        )
        return
    accuracy_m = max(site.height_accuracy_m(layer) for layer in site.heights["layer"].unique())
    for item in desk.measured.gradients(base_m=base):
        if item.gradient_pct is None:
            desk.add(
                rule, Verdict.NOT_MEASURED, item.lane_id, f"车道 {item.lane_id} 两侧没有连续的高程，坡度未测量",
                f"lane {item.lane_id} has no continuous heights along its edges: its gradient was not measured",
                lane_id=item.lane_id, place=desk.lane_middle(item.lane_id),
            )  # fmt: skip
            continue
        value, length = item.gradient_pct, item.to_m - item.from_m
        # Two heights, each off by the accuracy, independently.
        band = math.sqrt(2) * accuracy_m / length * 100
        verdict = Verdict.PASS if value <= limit + 1e-6 else Verdict.FAIL
        if band > 0 and abs(value - limit) <= band:
            verdict = Verdict.INDETERMINATE
        zh, en = (
            (f"高程精度 {accuracy_m:g} 米", f"accuracy of heights {accuracy_m:g} m") if accuracy_m > 0
            else ("高程精度未给出", "the accuracy of heights is not given")
        )  # fmt: skip
        whole = desk.lane_length_m(item.lane_id)
        if whole - item.measured_m > 1.0:
            zh += f"；全长 {whole:.1f} 米中只有 {item.measured_m:.1f} 米有高程"
            en += f"; heights are known along {item.measured_m:.1f} m of {whole:.1f} m"
        shown = f"{math.ceil(value * 100 - 1e-4) / 100:.2f}%"
        where = f"{item.from_m:.1f}–{item.to_m:.1f}"
        desk.add(
            rule, verdict, item.lane_id, f"最大坡度 {shown}（桩号 {where} 米），要求不大于 {limit:g}%；{zh}",
            f"steepest gradient {shown} (chainage {where} m), no more than {limit:g}% asked for; {en}",
            value=value, margin=limit - value, lane_id=item.lane_id, place=item.place, chainage_m=(item.from_m, item.to_m),
        )  # fmt: skip


# ------------------------------------------------------------------------------------------- tables


def layout_tables(measured: Measurements, rules: Sequence[Rule]) -> Mapping[str, gpd.GeoDataFrame]:
    """Return what the rules in force had measured, as tables for maps and files.

    Keys, each only where a rule asks for it: ``bends`` (LineString; ``measure.turning.BEND_COLUMNS``),
    ``dead_ends`` (MultiLineString; ``measure.turnaround.DEAD_END_COLUMNS``) and ``turning_areas`` (Polygon;
    ``measure.turnaround.TURNING_COLUMNS``).
    """
    tables: dict[str, gpd.GeoDataFrame] = {}
    for rule in rules:
        if not rule.measured:
            continue
        if rule.quantity is Quantity.TURNING_RADIUS and "bends" not in tables:
            tables["bends"] = bend_table(measured.bends(least_turn_deg=rule.params["least_turn_deg"]), measured.site)
        elif rule.quantity is Quantity.TURNING_AREA and "dead_ends" not in tables:
            dead_ends = measured.dead_ends if measured.site.complete("entrances") else []
            tables["dead_ends"] = dead_end_table(dead_ends, measured.spaces)
            asked = [d for d in dead_ends if d.root != "none" and d.length_m > rule.params["dead_end_m"]]
            tables["turning_areas"] = turning_table(
                [(d, measured.turning_ground.at(d, _limit(rule))) for d in asked], measured.spaces
            )
    return tables
