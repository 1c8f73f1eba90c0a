"""The summary that a person reads at the end of an audit."""

from __future__ import annotations

from collections.abc import Iterator

from firelane.auditing import Audit
from firelane.findings import Finding, gravest_first
from firelane.remedy.telling import remedy_texts
from firelane.remedy.words import DISC
from firelane.vocabulary import Lang, Quantity, Severity, SiteVerdict, Verdict

WORST = 6

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
        f"精度内无法判定 {counts['indeterminate']} 项，未测量 {counts['not_measured']} 项"
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
    missing = sorted({f.rule_id for f in audit.findings if f.verdict is Verdict.NOT_MEASURED})
    if missing:
        names = ("、" if zh else ", ").join(titles[i] for i in missing)
        yield f"  {'未测量' if zh else 'not measured'}: {names}"
