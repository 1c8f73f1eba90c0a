"""Judging what is painted and what is signed today (Articles 9, 13 and 15)."""

from __future__ import annotations

from collections.abc import Sequence

from firelane.findings.conditions import condition_word
from firelane.findings.desk import PASS_SLACK_M, Desk, metres, minimum_verdict
from firelane.measure.paint import (
    BoxesOnLane,
    GridAtMouth,
    MarkingCondition,
    PaintOnLane,
    boxes_on_lanes,
    edge_lines,
    grids_at_mouths,
    kerb_paint,
    marking_conditions,
)
from firelane.measure.signs import SignCondition, SignsOnLane, sign_conditions, signs_on_lanes
from firelane.rules.model import Rule
from firelane.vocabulary import Quantity, Verdict

NO_MARKINGS = ("未调查现有标线（没有 markings 图层）", "existing paint was not surveyed (no markings layer)")
NO_SIGNS = ("未调查标志标识（没有 signs 图层）", "signs were not surveyed (no signs layer)")
NO_ENTRANCES = ("未调查出入口（没有 entrances 图层）", "entrances were not surveyed (no entrances layer)")


Fault = tuple[Verdict, str, str]
"""What is amiss, in both languages: it fails, or the accuracy leaves it open."""

END_REACH_M = 1.0
"""The middle of the pavement's end edge lies this near to the end of the centreline, or nearer."""


class PaintDesk:
    """What is painted and signed, measured once with the rules' own numbers."""

    def __init__(self, desk: Desk, rules: Sequence[Rule]) -> None:
        self.desk = desk
        self.site = desk.measured.site
        self._network = desk.measured.network
        self._edges = desk.measured.edges
        self._grid_rule = next((r for r in rules if r.quantity is Quantity.ENTRANCE_GRID), None)
        self._grids: tuple[GridAtMouth, ...] | None = None
        self._boxes: dict[tuple[str, ...], tuple[BoxesOnLane, ...]] = {}
        self._signs: dict[tuple[float, tuple[str, ...]], tuple[SignsOnLane, ...]] = {}

    def grids(self) -> tuple[GridAtMouth, ...]:
        """Return the grid at each mouth."""
        if self._grids is None:
            rule = self._grid_rule
            if rule is None:
                self._grids = ()
            else:
                p = rule.params
                self._grids = grids_at_mouths(
                    self.site, self._network, touch_distance_m=p["touch_distance_m"],
                    depth_min_m=p["depth_min_m"], depth_max_m=p["depth_max_m"], yellow=rule.words["yellow"],
                )  # fmt: skip
        return self._grids

    def boxes(self, rule: Rule) -> tuple[BoxesOnLane, ...]:
        """Return the boxes of each lane."""
        yellow = tuple(rule.words.get("yellow", ("yellow", "黄", "黄色")))
        if yellow not in self._boxes:
            self._boxes[yellow] = boxes_on_lanes(self.site, self._network, grids=self.grids(), yellow=yellow)
        return self._boxes[yellow]

    def edge_lines(self, rule: Rule) -> tuple[PaintOnLane, ...]:
        """Return the edge lines of each lane."""
        p = rule.params
        return edge_lines(
            self.site, self._network, self._edges, grids=self.grids(), match_band_m=p["match_band_m"],
            min_missing_m=p["min_missing_m"], assumed_width_m=p["width_m"], yellow=rule.words["yellow"],
        )  # fmt: skip

    def kerb_paint(self, rule: Rule) -> tuple[PaintOnLane, ...]:
        """Return the kerb paint of each lane."""
        p = rule.params
        return kerb_paint(
            self.site, self._network, self._edges, match_band_m=p["match_band_m"],
            min_missing_m=p["min_missing_m"], assumed_width_m=p["assumed_width_m"], yellow=rule.words["yellow"],
        )  # fmt: skip

    def signs(self, rule: Rule) -> tuple[SignsOnLane, ...]:
        """Return the signs along each lane."""
        distance_m, warning = rule.params["search_distance_m"], tuple(rule.words.get("warning", ()))
        if (distance_m, warning) not in self._signs:
            self._signs[distance_m, warning] = signs_on_lanes(
                self.site, self._network, search_distance_m=distance_m, warning=warning
            )
        return self._signs[distance_m, warning]


def edge_line(paint: PaintDesk, rule: Rule) -> None:
    """One finding per lane with kerbless edges: missing metres, wrong offset, wrong width."""
    _lines(paint, rule, paint.edge_lines(rule), kerbed=False)


def kerb(paint: PaintDesk, rule: Rule) -> None:
    """One finding per lane with kerbed edges: missing metres of yellow."""
    _lines(paint, rule, paint.kerb_paint(rule), kerbed=True)


def _lines(paint: PaintDesk, rule: Rule, found: Sequence[PaintOnLane], *, kerbed: bool) -> None:
    desk = paint.desk
    what_zh, what_en = ("路缘石", "kerb") if kerbed else ("无缘石路面边缘", "kerbless edge")
    if not paint.site.surveyed("markings"):
        desk.not_measured(rule, *NO_MARKINGS)
        return
    asked = False
    for lane in found:
        if lane.required_m <= rule.params["min_missing_m"]:
            continue
        asked = True
        faults: list[Fault] = [] if lane.missing_m is None or lane.missing_m <= PASS_SLACK_M else [(
            minimum_verdict(-lane.missing_m, 0.0, desk.accuracy_m("markings", "roads")),
            f"缺 {metres(lane.missing_m)} 米（{len(lane.missing)} 处）",
            f"{metres(lane.missing_m)} m missing ({len(lane.missing)} stretch{'es' if len(lane.missing) > 1 else ''})",
        )]  # fmt: skip
        if not kerbed:
            faults += _offset_faults(paint, lane, rule)
        if lane.other_colour_ids:
            ids = "、".join(lane.other_colour_ids)
            faults.append((Verdict.FAIL, f"颜色不是黄色：{ids}", f"not yellow: {', '.join(lane.other_colour_ids)}"))
        middle = lane.missing[0].interpolate(0.5, normalized=True) if lane.missing else None
        place = (middle.x, middle.y) if middle is not None else desk.lane_middle(lane.lane_id)
        needed = metres(lane.required_m)
        if len(faults) == 1 and lane.missing and _only_at_open_ends(paint, lane):
            desk.add(
                rule, Verdict.NOT_MEASURED, lane.lane_id,
                f"{what_zh}标线只在道路尽端缺失；未调查出入口，不能区分尽端与出入口",
                "paint is missing at the road's ends alone; entrances were not surveyed, so whether they are dead ends "
                "or mouths cannot be told",
                lane_id=lane.lane_id, place=place,
            )  # fmt: skip
        elif faults:
            verdict, zh, en = _told(faults)
            desk.add(
                rule, verdict, lane.lane_id, f"应施划{what_zh}标线 {needed} 米：{zh}",
                f"{needed} m of paint along the {what_en} required: {en}",
                value=lane.painted_m, threshold=lane.required_m,
                margin=None if lane.missing_m is None else -lane.missing_m, lane_id=lane.lane_id, place=place,
            )  # fmt: skip
        else:
            desk.add(
                rule, Verdict.PASS, lane.lane_id, f"应施划{what_zh}标线 {needed} 米，已施划",
                f"{needed} m of paint along the {what_en} required and found",
                value=lane.painted_m, threshold=lane.required_m, margin=0.0, lane_id=lane.lane_id, place=place,
            )  # fmt: skip
    if not asked:
        desk.not_applicable(rule, f"没有{what_zh}", f"there is no {what_en}")


def _only_at_open_ends(paint: PaintDesk, lane: PaintOnLane) -> bool:
    """Tell whether all that is missing lies at ends of the road that may be mouths, for all one knows."""
    if paint.site.surveyed("entrances"):
        return False
    ends = paint.desk.lane_ends(lane.lane_id)
    return all(
        min(stretch.interpolate(0.5, normalized=True).distance(end) for end in ends) <= END_REACH_M
        for stretch in lane.missing
    )


def _told(faults: Sequence[Fault]) -> tuple[Verdict, str, str]:
    """Return the verdict of all faults together, and what they say; open ones matter where none fails."""
    failing = [f for f in faults if f[0] is Verdict.FAIL]
    zh, en = "；".join(f[1] for f in failing or faults), "; ".join(f[2] for f in failing or faults)
    if failing:
        return Verdict.FAIL, zh, en
    return Verdict.INDETERMINATE, f"{zh}（测量精度内无法判定）", f"{en} (within the survey's accuracy)"


def _offset_faults(paint: PaintDesk, lane: PaintOnLane, rule: Rule) -> list[Fault]:
    p = rule.params
    offset, width = p["near_edge_offset_m"], p["width_m"]
    accuracy = paint.desk.accuracy_m("markings", "roads")
    table = paint.site.layer("markings")
    # An axis is as wide as its column says: that was told, not drawn.
    drawn = {i for i, g in zip(table["id"], table.geometry, strict=True) if g.geom_type.endswith("Polygon")}
    faults: list[Fault] = []
    for strip in lane.strips:
        off = strip.near_edge_offset.median_m
        verdict = minimum_verdict(p["offset_tolerance_m"] - abs(off - offset), 0.0, accuracy)
        if verdict is not Verdict.PASS:
            faults.append((
                verdict, f"{strip.marking_id} 距路面边缘 {off:.3f} 米（应为 {offset:.2f} 米）",
                f"{strip.marking_id} lies {off:.3f} m from the pavement edge instead of {offset:.2f} m",
            ))  # fmt: skip
        if strip.width is None:
            continue
        own = paint.desk.accuracy_m("markings") if strip.marking_id in drawn else 0.0
        verdict = minimum_verdict(p["width_tolerance_m"] - abs(strip.width.median_m - width), 0.0, own)
        if verdict is not Verdict.PASS:
            faults.append((
                verdict, f"{strip.marking_id} 线宽 {strip.width.median_m:.3f} 米（应为 {width:.2f} 米）",
                f"{strip.marking_id} is {strip.width.median_m:.3f} m wide instead of {width:.2f} m",
            ))  # fmt: skip
    return list(dict.fromkeys(faults))


def box_spacing(paint: PaintDesk, rule: Rule) -> None:
    """One finding per lane: no stretch longer than 20 m without a box, every box in the middle."""
    desk = paint.desk
    if not paint.site.surveyed("markings"):
        desk.not_measured(rule, *NO_MARKINGS)
        return
    assert rule.threshold is not None, rule.rule_id
    for lane in paint.boxes(rule):
        gap = lane.largest_gap
        if gap is None:
            continue
        accuracy = desk.accuracy_m("markings", "roads")
        most = rule.threshold + rule.params["gap_tolerance_m"]
        long = [(minimum_verdict(most - g.length_m, 0.0, accuracy), g) for g in lane.gaps]
        astray = [
            (minimum_verdict(rule.params["centre_tolerance_m"] - abs(b.offset_m), 0.0, accuracy), b) for b in lane.boxes
        ]
        place = desk.along(lane.lane_id, (gap.start_m + gap.end_m) / 2)
        faults: list[Fault] = [
            (v, f"桩号 {g.start_m:.1f}–{g.end_m:.1f} 米之间 {g.length_m:.2f} 米没有方框线",
             f"no box for {g.length_m:.2f} m, chainage {g.start_m:.1f}–{g.end_m:.1f} m")
            for v, g in long if v is not Verdict.PASS
        ]  # fmt: skip
        off = [(v, b) for v, b in astray if v is not Verdict.PASS]
        if off and not faults:
            place = off[0][1].location
        faults += [
            (v, f"方框线 {b.marking_ids[0]} 偏离路面中央 {abs(b.offset_m):.2f} 米",
             f"box {b.marking_ids[0]} is {abs(b.offset_m):.2f} m off the middle")
            for v, b in off
        ]  # fmt: skip
        if faults:
            verdict, zh, en = _told(faults)
            desk.add(
                rule, verdict, lane.lane_id, f"{zh}（应每隔 {rule.threshold:g} 米）",
                f"{en} (one every {rule.threshold:g} m required)",
                value=gap.length_m, margin=rule.threshold - gap.length_m, lane_id=lane.lane_id, place=place,
                chainage_m=(gap.start_m, gap.end_m),
            )  # fmt: skip
        else:
            desk.add(
                rule, Verdict.PASS, lane.lane_id,
                f"{len(lane.boxes)} 个方框线，最大间距 {gap.length_m:.2f} 米",
                f"{len(lane.boxes)} boxes, largest gap {gap.length_m:.2f} m",
                value=gap.length_m, margin=rule.threshold - gap.length_m, lane_id=lane.lane_id, place=place,
            )  # fmt: skip


def box_text(paint: PaintDesk, rule: Rule) -> None:
    """One finding per lane that has boxes."""
    desk = paint.desk
    if not paint.site.surveyed("markings"):
        desk.not_measured(rule, *NO_MARKINGS)
        return
    asked = False
    for lane in paint.boxes(rule):
        if not lane.boxes:
            continue
        asked = True
        bare = [b for b in lane.boxes if not b.text_ids]
        if bare:
            ids = [b.marking_ids[0] for b in bare]
            owners = [desk.label("markings", i) for i in ids]
            desk.add(
                rule, Verdict.FAIL, lane.lane_id, f"方框线内没有警示字样：{'、'.join(ids)}",
                f"no lettering in box {', '.join(ids)}", lane_id=lane.lane_id, place=bare[0].location, owners=owners,
            )  # fmt: skip
        else:
            desk.add(
                rule, Verdict.PASS, lane.lane_id, "方框线内均有警示字样", "every box holds lettering",
                lane_id=lane.lane_id, place=lane.boxes[0].location,
            )  # fmt: skip
    if not asked:
        desk.not_applicable(rule, "没有方框线", "there are no boxes")


def _no_mouths(paint: PaintDesk, rule: Rule) -> bool:
    desk = paint.desk
    if not paint.site.surveyed("markings"):
        desk.not_measured(rule, *NO_MARKINGS)
    elif not paint.site.surveyed("entrances"):
        desk.not_measured(rule, *NO_ENTRANCES)
    elif not paint.grids():
        desk.not_applicable(rule, "没有可用的出入口", "there is no usable entrance")
    else:
        return False
    return True


def grid(paint: PaintDesk, rule: Rule) -> None:
    """One finding per entrance: the grid is there and covers the clear width."""
    if _no_mouths(paint, rule):
        return
    for mouth in paint.grids():
        covered = mouth.covered_m or 0.0
        wide = metres(mouth.mouth_width_m)
        spare = covered - (mouth.mouth_width_m - rule.params["cover_tolerance_m"])
        accuracy = paint.desk.accuracy_m("markings", "entrances", "roads")
        verdict = minimum_verdict(spare, 0.0, accuracy) if mouth.painted else Verdict.FAIL
        if verdict is Verdict.PASS:
            zh, en = f"网状线覆盖净宽 {wide} 米", f"the grid covers the clear width of {wide} m"
        elif mouth.painted:
            zh = f"网状线只覆盖 {metres(covered)} 米，净宽为 {wide} 米"
            en = f"the grid covers only {metres(covered)} m of a clear width of {wide} m"
            if verdict is Verdict.INDETERMINATE:
                zh, en = f"{zh}（测量精度内无法判定）", f"{en} (within the survey's accuracy)"
        elif mouth.other_colour_ids:
            zh = f"网状线不是黄色：{'、'.join(mouth.other_colour_ids)}"
            en = f"the grid is not yellow: {', '.join(mouth.other_colour_ids)}"
        else:
            zh, en = f"没有网状线（净宽 {wide} 米）", f"there is no grid (clear width {wide} m)"
        paint.desk.add(
            rule, verdict, mouth.entrance_id, f"出入口 {mouth.entrance_id}：{zh}",
            f"entrance {mouth.entrance_id}: {en}", value=covered, threshold=mouth.mouth_width_m,
            margin=covered - mouth.mouth_width_m, lane_id=mouth.lane_id, place=mouth.location,
            owners=[paint.desk.label("entrances", mouth.entrance_id)], entrance_id=mouth.entrance_id,
        )  # fmt: skip


def grid_text(paint: PaintDesk, rule: Rule) -> None:
    """One finding per entrance that has a grid."""
    if _no_mouths(paint, rule):
        return
    painted = [m for m in paint.grids() if m.painted]
    if not painted:
        paint.desk.not_applicable(rule, "没有网状线", "there are no grids")
    for mouth in painted:
        ok = bool(mouth.text_ids)
        paint.desk.add(
            rule, Verdict.PASS if ok else Verdict.FAIL, mouth.entrance_id,
            f"出入口 {mouth.entrance_id}：网状线中央{'有' if ok else '没有'}警示字样",
            f"entrance {mouth.entrance_id}: {'lettering' if ok else 'no lettering'} in the grid",
            lane_id=mouth.lane_id, place=mouth.location, entrance_id=mouth.entrance_id,
            owners=[paint.desk.label("entrances", mouth.entrance_id)],
        )  # fmt: skip


def signs(paint: PaintDesk, rule: Rule) -> None:
    """One finding per lane: a sign stands along it (Article 9); a warning does (Article 13, item 1)."""
    desk = paint.desk
    if not paint.site.surveyed("signs"):
        desk.not_measured(rule, *NO_SIGNS)
        return
    wants_warning = "warning" in rule.words
    for lane in paint.signs(rule):
        good = [s for s in lane.signs if s.warning] if wants_warning else list(lane.signs)
        unknown = [s for s in lane.signs if s.warning is None] if wants_warning else []
        place = good[0].location if good else desk.lane_middle(lane.lane_id)
        what_zh, what_en = ("警示标识", "warning sign") if wants_warning else ("标志标识", "sign")
        if good:
            verdict = Verdict.PASS
            zh, en = f"沿途有{what_zh} {len(good)} 处", f"{len(good)} × {what_en} along the lane"
        elif unknown:
            verdict = Verdict.NOT_MEASURED
            zh = f"沿途标志 {unknown[0].sign_id} 的内容未记录"
            en = f"what sign {unknown[0].sign_id} says was not recorded"
        else:
            verdict = Verdict.FAIL
            zh, en = f"沿途没有{what_zh}", f"no {what_en} along the lane"
        desk.add(
            rule, verdict, lane.lane_id, zh, en, lane_id=lane.lane_id, place=place,
            owners=[desk.label("signs", s.sign_id) for s in good],
        )  # fmt: skip


def condition(paint: PaintDesk, rule: Rule) -> None:
    """Worn signs and markings one by one; the rest together."""
    desk = paint.desk
    surveyed = [layer for layer in ("markings", "signs") if paint.site.surveyed(layer)]
    if not surveyed:
        desk.not_measured(
            rule, "未调查标志、标线（没有 markings 和 signs 图层）",
            "signs and paint were not surveyed (no markings and signs layers)",
        )  # fmt: skip
        return
    worn_words = {w.casefold() for w in rule.words["worn"]}
    good_words = {w.casefold() for w in rule.words["good"]}
    good = 0
    unknown: list[str] = []
    worn: list[tuple[str, str, tuple[float, float]]] = []
    groups: list[tuple[str, MarkingCondition | SignCondition]] = [
        *(("markings", g) for g in marking_conditions(paint.site)), *(("signs", g) for g in sign_conditions(paint.site)),
    ]  # fmt: skip
    for layer, group in groups:
        labels = [desk.label(layer, i) for i in group.ids]
        word = (group.condition or "").casefold()
        if word in worn_words:
            worn += [(i, group.condition or "", p) for i, p in zip(labels, group.locations, strict=True)]
        elif word in good_words:
            good += len(group.ids)
        else:
            unknown += labels
    for mark_id, word, place in worn:
        desk.add(
            rule, Verdict.FAIL, mark_id, f"标志标线 {mark_id} 已磨损或损坏（记录：{condition_word(word, 'zh')}），应予维护",
            f"sign or marking {mark_id} is worn or damaged (recorded: {condition_word(word, 'en')}): it wants maintenance",
            place=place, owners=[mark_id],
        )  # fmt: skip
    if unknown:
        desk.add(
            rule, Verdict.NOT_MEASURED, "unknown", f"{len(unknown)} 处标志标线的状况未记录",
            f"the condition of {len(unknown)} signs and markings was not recorded", owners=unknown,
        )  # fmt: skip
    for layer in ("markings", "signs"):
        if layer not in surveyed:
            desk.not_measured(rule, *(NO_MARKINGS if layer == "markings" else NO_SIGNS), subject=layer)
    if good:
        desk.add(
            rule, Verdict.PASS, "good", f"{good} 处标志标线完好", f"{good} signs and markings are intact"
        )  # fmt: skip
    elif not worn and not unknown and len(surveyed) == 2:
        desk.not_applicable(rule, "没有标志标线", "there are no signs or markings")
