"""The summary that a person reads at the end of an audit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from firelane.auditing import Audit
from firelane.findings import Finding, gravest_first
from firelane.remedy.telling import remedy_texts
from firelane.remedy.words import DISC
from firelane.tracking.record import TrackClass, VehicleTracking
from firelane.tracking.targets import is_shut
from firelane.tracking.telling import below_of, best_rows, rounded_up
from firelane.vocabulary import Lang, Quantity, Severity, SiteVerdict, Verdict

WORST = 6
_MOST_NAMED = 6

_WHAT_TO_DO = {
    Quantity.CLEAR_WIDTH: ("移走或移动障碍物，或拓宽路面", "move what stands there, or widen the road"),
    Quantity.CLEAR_HEIGHT: ("抬高或拆除，使下缘不低于 4 米", "raise or remove it, so that 4 m are clear"),
    Quantity.OBSTRUCTION: ("清理或移走", "remove or move it"),
    Quantity.PARKING: ("取消或移动该规划泊位", "give up or move that bay"),
    Quantity.GATE_OPENING: ("落实紧急情况下立即打开的措施", "make it open at once in an emergency"),
    Quantity.EDGE_LINE: ("按标线图补划", "paint it as drawn"),
    Quantity.KERB_PAINT: ("按标线图补划", "paint it as drawn"),
    Quantity.BOX_SPACING: ("按标线图补划", "paint it as drawn"),
    Quantity.BOX_TEXT: ("按标线图补划", "paint it as drawn"),
    Quantity.ENTRANCE_GRID: ("按标线图补划", "paint it as drawn"),
    Quantity.GRID_TEXT: ("按标线图补划", "paint it as drawn"),
    Quantity.SIGN: ("设置警示标识", "put up signs"),
    Quantity.CONDITION: ("维护或更换", "repair or replace it"),
}


def failing(audit: Audit) -> list[Finding]:
    """Return failing findings, the gravest first."""
    return [f for f in gravest_first(audit.findings) if f.verdict is Verdict.FAIL]


def summary_lines(audit: Audit, lang: Lang) -> Iterator[str]:
    """Yield the lines of the summary."""
    zh = lang == "zh"
    verdict = SiteVerdict(audit.summary["verdict"]).label(lang)
    counts = audit.summary["counts"]
    yield ""
    yield f"{audit.site.name or audit.site.id}: {'结论' if zh else 'verdict'} {verdict}"
    length = audit.summary["lane_length_m"]
    bad = failing(audit)
    broken = [f for f in bad if f.severity is not Severity.INFO]
    # What is told for information alone breaks no rule: it is counted apart.
    told = len(bad) - len(broken)
    told_zh = f"（另有提示 {told} 项）" if told else ""
    told_en = f" ({told} more for information)" if told else ""
    yield (
        f"  车道 {len(audit.lanes)} 条，共 {length:.0f} 米；不符合 {len(broken)} 项{told_zh}，符合 {counts['pass']} 项，"
        f"无法判定 {counts['indeterminate']} 项，未测量 {counts['not_measured']} 项"
        if zh
        else f"  {len(audit.lanes)} lanes, {length:.0f} m; {len(broken)} fail{told_en}, {counts['pass']} pass, "
        f"{counts['indeterminate']} indeterminate, {counts['not_measured']} not measured"
    )
    titles = {r.rule_id: r.title(lang) for r in audit.rules}
    for number, finding in enumerate(bad[:WORST], 1):
        yield f"  {number}. [{finding.article}] {titles[finding.rule_id]}"
        yield f"     {finding.message(lang)}"
        if finding.location is not None:
            east, north = finding.location
            lane = f"{'车道' if zh else 'lane'} {finding.lane_id}, " if finding.lane_id else ""
            yield f"     {'位置' if zh else 'where'}: {lane}X={north:.3f} Y={east:.3f}"
        todo = _WHAT_TO_DO.get(finding.quantity)
        texts = remedy_texts(finding, audit.remedies, lang) or ([todo[0] if zh else todo[1]] if todo else [])
        yield from (f"     {'处理' if zh else 'what to do'}: {text}" for text in texts)
    if audit.remedies:
        yield f"  {'处理办法' if zh else 'what to do'}: {DISC[0] if zh else DISC[1]}"
    if audit.parking is not None:
        text = str(audit.parking["text_zh" if zh else "text_en"]).replace(DISC[0] if zh else DISC[1], "").strip()
        yield f"  {'规划泊位' if zh else 'planned bays'}: {text}"
    if len(bad) > WORST:
        rest = len(bad) - WORST
        yield f"  … 另有 {rest} 项，见 findings.csv 和地图" if zh else f"  … {rest} more in findings.csv and on the map"
    for tracking in audit.tracking:
        yield from _vehicle(audit, tracking, lang)
    missing = sorted({f.rule_id for f in audit.findings if f.verdict is Verdict.NOT_MEASURED})
    if missing:
        names = ("、" if zh else ", ").join(titles[i] for i in missing)
        yield f"  {'未测量' if zh else 'not measured'}: {names}"


def _vehicle(audit: Audit, tracking: VehicleTracking, lang: Lang) -> Iterator[str]:
    """Yield what a vehicle reaches, and where most is missing for it to get on; why no line was searched."""
    zh = lang == "zh"
    # Names are the site's own: no control character of theirs reaches the terminal.
    ident, name = ("".join(c if c.isprintable() else "�" for c in text) for text in (tracking.vehicle.id, tracking.vehicle.name(lang)))
    who = ident if name in ("", ident) else f"{ident}（{name}）" if zh else f"{ident} ({name})"
    if tracking.unsearched is not None:
        why = tracking.unsearched[0 if zh else 1]
        yield f"  {who}：未搜索行驶路线：{why}" if zh else f"  {who}: no line was searched: {why}"
        return
    best = [rows[0] for rows in best_rows(tracking, audit.network.mouths).values()]
    count = {kind: sum(row["class"] == kind.value for row in best) for kind in TrackClass}
    untried, unknown = count[TrackClass.NOT_TRIED], count[TrackClass.HEIGHT_UNKNOWN]
    shut = [str(row.entrance_id) for row in audit.network.mouths.itertuples() if is_shut(getattr(row, "openable", None))]
    yield (
        f"  {who}：{len(best)} 个目标中 {count[TrackClass.PROVEN_PASS]} 个已证明可达，{count[TrackClass.PROVEN_FAIL]} 个已证明不可达，"
        f"{count[TrackClass.NOT_FOUND]} 个未找到路线（须人工复核）" + (f"，{unknown} 个净高未测量（仅平面上可行驶）" if unknown else "")
        + (f"，{untried} 个未搜索" if untried else "")
        if zh
        else f"  {who}: of {len(best)} targets {count[TrackClass.PROVEN_PASS]} proven to be reached, {count[TrackClass.PROVEN_FAIL]} proven "
        f"not to be, for {count[TrackClass.NOT_FOUND]} no line found (a human must look)"
        + (f", {unknown} drivable on plan alone (a clear height was not measured)" if unknown else "") + (f", {untried} not tried" if untried else "")
    )  # fmt: skip
    yield from _to_measure(best, lang)
    if shut:
        names = ("、" if zh else ", ").join(dict.fromkeys(shut))
        yield f"     出入口 {names} 不能打开，未搜索" if zh else f"     not tried, for it cannot be opened: {names}"
    drives = {trip.trip_id: trip for trip in tracking.trips}
    stuck = [row for row in best if row["class"] != TrackClass.PROVEN_PASS.value and row["overrun_id"] in drives]
    if not stuck:
        return
    worst = max(stuck, key=lambda row: (_finite(row["shortfall_m"]), max((c.depth_m for c in drives[row["overrun_id"]].conflicts), default=0.0)))
    trip = drives[worst["overrun_id"]]
    deepest = max(trip.conflicts, key=lambda c: c.depth_m, default=None)
    told = []
    if deepest is not None:
        told.append(f"X={deepest.place[1]:.3f} Y={deepest.place[0]:.3f}")
        over = rounded_up(deepest.depth_m)
        told.append(f"{deepest.part.zh}越界 {over} 米" if zh else f"{deepest.part.en} over by {over} m")
    if _finite(worst["shortfall_m"]) > 0:
        short = rounded_up(worst["shortfall_m"])
        told.append(f"约缺宽 {short} 米（估计，±0.10 米）" if zh else f"about {short} m too narrow (estimate, ±0.10 m)")
    comma = "，" if zh else ", "
    yield f"     {'最难通过处' if zh else 'where most is missing'}: {comma.join([*told, trip.trip_id])}"
    mends = [mend.text_zh if zh else mend.text_en for mend in tracking.mends if mend.trip_id == trip.trip_id]
    together = len(mends) > 1
    if mends:
        all_of = ("（以下各项须同时完成）" if zh else " (all of these together)") if together else ""
        listed = [f"（{n}）{text}" if zh else f"({n}) {text}" for n, text in enumerate(mends, 1)] if together else mends
        yield f"     {'处理' if zh else 'what to do'}{all_of}: {('；' if zh else '; ').join(listed)}"


def _to_measure(best: Sequence[dict[str, Any]], lang: Lang) -> Iterator[str]:
    """Yield whose clear height has to be measured before more can be told."""
    owners = dict.fromkeys(o for row in best if row["class"] == TrackClass.HEIGHT_UNKNOWN.value for o in below_of(row))
    if not owners:
        return
    names = ["".join(c if c.isprintable() else "�" for c in o) for o in list(owners)[:_MOST_NAMED]]
    told = ("、" if lang == "zh" else ", ").join(names)
    more = "" if len(owners) <= _MOST_NAMED else f"等 {len(owners)} 处" if lang == "zh" else f" and {len(owners) - _MOST_NAMED} more"
    yield f"     须先测量净高: {told}{more}" if lang == "zh" else f"     clear height to be measured first: {told}{more}"


def _finite(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else 0.0
