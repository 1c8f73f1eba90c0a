"""Judging what rescue asks of the ways: connectivity (连通) and the distance between lane and wall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firelane.findings.desk import Desk, metres, minimum_verdict
from firelane.findings.lines import no_road
from firelane.findings.rescue_ground import aerial_obstruction, operating_ground, rescue_tables
from firelane.findings.rescue_subject import (
    NO_ENTRANCES,
    has_buildings,
    heights,
    places,
    take_back_passes,
    unsure,
)
from firelane.measure.connectivity import Connectivity, CutPlace, Ring, WaysIn
from firelane.rules.model import Rule
from firelane.vocabulary import Severity, Verdict

__all__ = ["aerial_obstruction", "connectivity", "facade_distance", "operating_ground", "rescue_tables"]


def connectivity(desk: Desk, rule: Rule) -> None:
    """Independent ways in, rings and cut places; the end of the rule's id tells which."""
    if not has_buildings(desk, rule):
        return
    if not desk.measured.site.surveyed("entrances"):
        desk.not_measured(rule, *NO_ENTRANCES)
        return
    judged = next((j for end, j in _CONNECTIVITY.items() if rule.rule_id.endswith(end)), _ways)
    since = len(desk.findings)
    judged(desk, rule, _Widths.of(desk, rule))
    take_back_passes(desk, since)
    for layer in desk.unread("obstructions", "parking", "entrances", "buildings"):
        desk.not_measured(
            rule, f"{layer} 图层有无法读取而略去的行，其影响未测量",
            f"rows of {layer} could not be read and were left out: what they change was not measured",
            subject=f"unread-{layer}",
        )  # fmt: skip


@dataclass(frozen=True)
class _Widths:
    """Connectivity at the width asked for, and at those that the survey's accuracy leaves open."""

    found: Connectivity
    strict: Connectivity
    lenient: Connectivity
    width_m: float

    @classmethod
    def of(cls, desk: Desk, rule: Rule) -> _Widths:
        width, accuracy = desk.measured.envelope["width_m"], desk.coarsest_m()
        blocking = rule.params["blocking_length_m"]
        ask = desk.measured.connectivity
        return cls(
            ask(width_m=width, blocking_length_m=blocking),
            ask(width_m=width + accuracy, blocking_length_m=blocking),
            ask(width_m=max(width - accuracy, 0.01), blocking_length_m=blocking), width,
        )  # fmt: skip


def _ways(desk: Desk, rule: Rule, widths: _Widths) -> None:
    """One finding per building: the number of independent ways in."""
    need = int(rule.threshold or 2)
    strict = {b.building_id: b for b in widths.strict.buildings}
    lenient = {b.building_id: b for b in widths.lenient.buildings}
    width = metres(widths.width_m)
    where = places(desk)
    for item in widths.found.buildings:
        name, place = item.building_id, where[item.building_id]
        if item.ways is None:
            desk.add(
                rule, Verdict.NOT_MEASURED, name,
                f"建筑 {name}：{no_road(desk)[0]}", f"building {name}: {no_road(desk)[1]}",
                building_id=name, place=place,
            )  # fmt: skip
            continue
        verdict = _between_widths(item.ways, strict[name].ways or 0, lenient[name].ways or 0, need)
        zh, en = _ways_text(item, widths.found, width)
        if verdict is Verdict.INDETERMINATE:
            zh, en = zh + "；测量精度内无法判定", en + "; cannot be told within the survey's accuracy"
        desk.add(
            rule, verdict, name, zh, en, value=float(item.ways), threshold=float(need), margin=float(item.ways - need),
            building_id=name, place=place, owners=item.entrances,
        )  # fmt: skip


def _between_widths(found: int, strict: int, lenient: int, need: int) -> Verdict:
    if strict >= need and found >= need:
        return Verdict.PASS
    return Verdict.FAIL if lenient < need and found < need else Verdict.INDETERMINATE


def _ways_text(item: WaysIn, found: Connectivity, width: str) -> tuple[str, str]:
    name = item.building_id
    from_zh, from_en = "、".join(item.entrances), ", ".join(item.entrances)
    if item.ways == 0:
        return (
            f"建筑 {name}：没有一条 {width} 米宽的通路能够到达",
            f"building {name}: no way {width} m wide leads there",
        )
    if item.ways == 1:
        single = len(found.entrances) == 1
        return (
            f"建筑 {name}：只有一条独立通路（出入口 {from_zh}）" + ("，场地只有这一个可用出入口" if single else "")
            + f"；以下任一处被堵即无法到达：{'、'.join(item.cuts)}",
            f"building {name}: a single independent way leads there (entrance {from_en})"
            + (", the only usable entrance of the site" if single else "")
            + f"; it is lost if any of these spots is blocked: {', '.join(item.cuts)}",
        )  # fmt: skip
    return (
        f"建筑 {name}：至少有两条互不相交的 {width} 米宽通路（出入口 {from_zh}），任一处被堵仍可到达",
        f"building {name}: at least two ways {width} m wide with no spot in common lead there (entrances {from_en})",
    )


def _cuts(desk: Desk, rule: Rule, widths: _Widths) -> None:
    """One finding per cut place: what is lost if it is blocked."""
    open_ = {b.building_id for b in widths.lenient.buildings if (b.ways or 0) > 1}
    length = rule.params["blocking_length_m"]
    if not widths.found.entrances:
        desk.not_measured(rule, "没有可用的出入口", "there is no usable entrance")
        return
    for cut in widths.found.cuts:
        unsure = all(b in open_ for b in cut.buildings)
        zh, en = _cut_text(cut, only=len(widths.found.entrances) == 1)
        if unsure:
            zh, en = zh + "；测量精度内无法判定", en + "; cannot be told within the survey's accuracy"
        desk.add(
            rule, Verdict.INDETERMINATE if unsure else Verdict.FAIL, cut.cut_id, zh, en,
            value=float(len(cut.buildings)), lane_id=cut.lane_id, place=cut.place, owners=cut.buildings,
            entrance_id=cut.entrance_id,
        )  # fmt: skip
    if not widths.found.cuts and any(b.ways for b in widths.found.buildings):
        reached = {b.building_id for b in widths.found.buildings if b.ways}
        in_doubt = any((b.ways or 0) < 2 for b in widths.strict.buildings if b.building_id in reached)
        open_zh, open_en = _OPEN if in_doubt else ("", "")
        desk.add(
            rule, Verdict.INDETERMINATE if in_doubt else Verdict.PASS, "site",
            f"没有被一辆长 {length:g} 米的车堵住就会使建筑无法到达的地点{open_zh}",
            f"there is no spot where one vehicle {length:g} m long, standing across the way, cuts a building off{open_en}",
        )  # fmt: skip


def _cut_text(cut: CutPlace, *, only: bool) -> tuple[str, str]:
    lost_zh, lost_en = "、".join(cut.buildings), ", ".join(cut.buildings)
    begin_zh = {"entrance": f"出入口 {cut.entrance_id} 及其后的通路", "lane": "此段通路", "junction": "此路口"}[cut.kind]
    begin_en = {
        "entrance": f"entrance {cut.entrance_id} and the way behind it", "lane": "this way", "junction": "this junction"
    }[cut.kind]  # fmt: skip
    if cut.kind == "entrance" and only:
        begin_zh, begin_en = f"场地唯一可用的{begin_zh}", f"the site's only usable {begin_en}"
    return (
        f"地点 {cut.cut_id}：{begin_zh}是到达下列建筑的唯一通路（长约 {cut.length_m:.1f} 米）：此处被堵，建筑 {lost_zh} 无法到达",
        f"spot {cut.cut_id}: {begin_en} (about {cut.length_m:.1f} m) is the only way there: if this spot is blocked, buildings {lost_en} are lost",
    )


def _connections(desk: Desk, rule: Rule, widths: _Widths) -> None:
    """One finding per ring lane: the number of places where a way from an entrance joins it."""
    need = int(rule.threshold or 2)
    if not widths.found.rings:
        desk.not_applicable(
            rule, f"没有围绕建筑的 {metres(widths.width_m)} 米宽环形通路",
            f"no ring of ways {metres(widths.width_m)} m wide leads round a building",
        )  # fmt: skip
    for ring in widths.found.rings:
        number = len(ring.connections)
        verdict = _between_widths(
            number, _connected(widths.strict.rings, ring), _connected(widths.lenient.rings, ring), need
        )
        round_zh, round_en = "、".join(ring.buildings), ", ".join(ring.buildings)
        desk.add(
            rule, verdict, ring.ring_id,
            f"环形消防车道（围绕建筑 {round_zh}，长约 {ring.length_m:.0f} 米）有 {number} 处与通往出入口的车道连通，要求不少于 {need} 处",
            f"ring lane (round buildings {round_en}, about {ring.length_m:.0f} m) joins ways from an entrance in {number} "
            f"places, at least {need} required",
            value=float(number), threshold=float(need), margin=float(number - need), place=ring.place, owners=ring.buildings,
        )  # fmt: skip


def _connected(rings: Sequence[Ring], like: Ring) -> int:
    """Return the connections of the ring that leads round the same buildings, 0 where there is none."""
    return max((len(r.connections) for r in rings if set(like.buildings) <= set(r.buildings)), default=0)


def _ring(desk: Desk, rule: Rule, widths: _Widths) -> None:
    """One finding per building: whether a ring of ways leads round a high-rise."""
    tall, where = heights(desk, rule), places(desk)
    strict = {b.building_id: b.ringed for b in widths.strict.buildings}
    lenient = {b.building_id: b.ringed for b in widths.lenient.buildings}
    for item in widths.found.buildings:
        name, height = item.building_id, tall[item.building_id]
        place = where[name]
        if height.high is not True:
            why_zh, why_en = unsure(height, rule) if height.high is None else (
                f"{height.text('zh')}，不是高层建筑；条文所列其他建筑取决于使用性质和规模，数据中没有",
                f"{height.text('en')}, no high-rise; the other buildings of the clause depend on use and size, which the data lack",
            )  # fmt: skip
            desk.add(
                rule, Verdict.NOT_MEASURED, name, f"建筑 {name}：{why_zh}", f"building {name}: {why_en}",
                severity=Severity.INFO if height.high is False else None, building_id=name, place=place,
            )  # fmt: skip
            continue
        width = metres(widths.width_m)
        verdict = Verdict.PASS if strict[name] and item.ringed else (
            Verdict.INDETERMINATE if item.ringed or lenient[name] else Verdict.NOT_MEASURED
        )  # fmt: skip
        zh, en = {
            Verdict.PASS: (f"四周有闭合的 {width} 米宽通路", f"a closed ring of ways {width} m wide leads round it"),
            Verdict.INDETERMINATE: ("四周是否有闭合通路，测量精度内无法判定",
                                    "whether a closed ring leads round it cannot be told within the survey's accuracy"),
            Verdict.NOT_MEASURED: (
                f"四周没有闭合的 {width} 米宽通路；是否允许只沿长边设置取决于使用性质和地形，数据中没有",
                f"no closed ring of ways {width} m wide leads round it; whether long sides suffice depends on its use and terrain",
            ),
        }[verdict]  # fmt: skip
        desk.add(
            rule, verdict, name, f"高层建筑 {name}（{height.text('zh')}）：{zh}", f"high-rise {name} ({height.text('en')}): {en}",
            building_id=name, place=place,
        )  # fmt: skip


_OPEN = ("；测量精度内无法判定", "; cannot be told within the survey's accuracy")
_CONNECTIVITY = {"-cuts": _cuts, "-ring": _ring, "-connections": _connections, "-ways": _ways}


def facade_distance(desk: Desk, rule: Rule) -> None:
    """One finding per building: the distance of the nearest lane edge from its wall."""
    if not has_buildings(desk, rule):
        return
    limit = rule.threshold or 0.0
    reach = desk.measured.site.config.access_distance_m
    accuracy = desk.accuracy_m("roads", "buildings", "fire_lanes")
    for item in desk.measured.facades:
        name = item.building_id
        if item.distance_m is None:
            far_zh = "" if item.nearest_m is None else f"（最近的在 {metres(item.nearest_m)} 米处）"
            far_en = "" if item.nearest_m is None else f" (the nearest is {metres(item.nearest_m)} m away)"
            desk.add(
                rule, Verdict.NOT_APPLICABLE, name, f"建筑 {name}：{reach:g} 米内没有消防车道{far_zh}",
                f"building {name}: no lane within {reach:g} m{far_en}", building_id=name, place=item.wall,
            )  # fmt: skip
        elif item.overlaps:
            desk.add(
                rule, Verdict.NOT_APPLICABLE, name,
                f"建筑 {name} 与车道重叠（穿过建筑的通道，或两者之一绘制有误）：外墙距离不适用",
                f"building {name} and the lane share ground (a passage through the building, or one of them is drawn wrongly): "
                "no distance applies",
                building_id=name, place=item.place, lane_id=item.lane_id,
            )  # fmt: skip
        else:
            verdict = minimum_verdict(item.distance_m, limit, accuracy)
            open_zh, open_en = _OPEN if verdict is Verdict.INDETERMINATE else ("", "")
            desk.add(
                rule, verdict, name,
                f"建筑 {name}：车道边缘距外墙最近 {metres(item.distance_m)} 米，宜不小于 {metres(limit)} 米{open_zh}",
                f"building {name}: the lane's edge is {metres(item.distance_m)} m from the wall at the nearest, "
                f"{metres(limit)} m recommended{open_en}",
                value=item.distance_m, margin=item.distance_m - limit, building_id=name, place=item.place,
                lane_id=item.lane_id,
            )  # fmt: skip
