"""Who decided what when, about a space or a round, with the hash of each entry of the journal (决定证明)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from firelane.errors import UsageError
from firelane.registry.star_facts import Facts
from firelane.registry.star_flow import applications_of
from firelane.registry.star_lists import as_of, edge_lines, set_changed, source, spelt, standing_words
from firelane.registry.star_papers import Block, Paper
from firelane.registry.star_rounds import (
    Ranking,
    closing_of,
    participants,
    published,
    quota,
    results_of,
    set_mark,
)
from firelane.registry.star_scheme import Scheme
from firelane.registry.star_scoring import told, watermark
from firelane.registry.state import Record
from firelane.store.times import shown
from firelane.vocabulary import Lang

_HEADS = {
    "zh": ("事项", "日期", "办理单位或依据", "文号", "登记人和登记时间", "记录序号和哈希"),
    "en": ("what", "day", "by, or basis", "document", "recorded by, at", "entry and hash"),
}
_SHARES = (17, 9, 18, 12, 12, 32)


def certificate(facts: Facts, scheme: Scheme, name: str, on: dt.date, lang: Lang = "zh", *, ranking: Ranking | None = None) -> Paper:
    """Return the certificate of a space or of a round at a date.

    Parameters
    ----------
    facts : Facts
    scheme : Scheme
    name : str
        Number of a space or of a round.
    on : date
        Of what happened later nothing is said.
    lang : {"zh", "en"}
    ranking : Ranking, optional
        Of a round that is not published: what it would be by a set for rehearsal; it bears the watermark.

    Raises
    ------
    UsageError
        If there is no such space or round.
    """
    then = facts.at(on)
    record = then.one(name)
    if record is None or record.kind not in ("space", "round"):
        raise UsageError(f"there is no space and no round {name!r} on {on}", f"{on} 没有编号为 {name} 的星创天地或考评轮次")
    if record.kind == "round":
        return _round(then, scheme, record, on, lang, ranking)
    return _space(then, scheme, record, on, lang)


def _row(record: Record, what: str, by: Any, document: Any, lang: Lang) -> list[Any]:
    entry = f"第 {record.seq} 条" if lang == "zh" else f"entry {record.seq}"
    return [what, record.day, str(by or ""), str(document or ""), f"{record.recorded_by} {shown(record.recorded_at)}", f"{entry} {record.hash}"]


def _space(facts: Facts, scheme: Scheme, space: Record, on: dt.date, lang: Lang) -> Paper:
    zh, flow = lang == "zh", scheme.flow
    rows: list[list[Any]] = []
    state = "未申报" if zh else "has not applied"
    for item in applications_of(facts, scheme, space.record_id):
        for event in item.events:
            values = event.record.values
            by = values.get("by") or values.get("experts") or ""
            direct = spelt(facts, item.record, "direct", lang) if event.transition.guard == "direct_basis" else ""
            until = "" if values.get("until") is None else f"{'公示至' if zh else 'until'} {values['until']}"
            more = "；".join(str(t) for t in (direct, until, values.get("opinion") or "") if t)
            rows.append(_row(event.record, event.transition.label(lang), f"{by}（{more}）" if more and by else more or by, values.get("document"), lang))
        state = flow.states[item.state].label(lang)
    for result in results_of(facts, space.record_id):
        closing, called = closing_of(facts, str(result["round"])), facts.one(str(result["round"]))
        assert closing is not None
        what = f"考评 {result['round']}：{scheme.grade[result['grade']].label(lang)}" if zh else f"evaluation {result['round']}: {scheme.grade[result['grade']].en}"
        score = "" if result["score"] is None else f"{result['score']:g}" + ("分" if zh else " points")
        place = "" if result["rank"] is None else (f"第 {result['rank']} 名" if zh else f"rank {result['rank']}")
        by = "，".join(t for t in ("" if called is None else str(called["name"]), score, place, spelt(facts, result, "basis", lang), set_mark(closing, lang)) if t)
        rows.append(_row(result, what, by, closing["document"], lang))
    for record in facts.of("subsidy", space=space.record_id):
        amount = f"{record['amount_yuan']:,.0f} 元" if zh else f"{record['amount_yuan']:,.0f} yuan"
        rows.append(_row(record, f"后补助（{record['round']}）" if zh else f"subsidy ({record['round']})", amount, record["document"], lang))
    heads = _HEADS[lang]
    lines = [
        f"{space['name']}（{space.record_id}），{spelt(facts, space, 'level', lang)}，运营主体：{space['operator']}（{space['usci']}）" if zh else
        f"{space['name']} ({space.record_id}), {spelt(facts, space, 'level', lang)}, run by {space['operator']} ({space['usci']})",
        f"截至 {on} 的状态：{state}" if zh else f"state on {on}: {state}", source(scheme, lang),
    ]  # fmt: skip
    rows.sort(key=lambda r: r[1])
    empty = "没有决定。" if zh else "Nothing was decided."
    title = "星创天地备案和考评证明" if zh else "Star Space: what was decided"
    return Paper(title, lines, [Block("办理过程" if zh else "decisions", heads, _SHARES, rows, empty=empty)], _ends(facts, on, lang), lying=True)


def _round(facts: Facts, scheme: Scheme, called: Record, on: dt.date, lang: Lang, ranking: Ranking | None) -> Paper:
    zh, name = lang == "zh", called.record_id
    closing, evaluated = closing_of(facts, name), participants(facts, name)
    rows = [_row(called, "考评通知" if zh else "called", called["name"], called["document"], lang)]
    best = scheme.grades[0].label(lang)
    veto = "一票否决：" if zh else "veto: "
    gone = "专家缺席：" if zh else "expert absent: "
    rows += [_row(r, f"{gone}{r['expert']} {facts.name(str(r['space']))}", r["basis"], "", lang) for r in facts.of("absence", round=name)]
    rows += [_row(r, f"{veto}{facts.name(str(r['space']))}", r["basis"], "", lang) for r in facts.of("veto", round=name)]
    for record in facts.of("edge", round=name):
        yes = (f"评为{best}" if zh else best) if record["excellent"] else (f"不评为{best}" if zh else f"not {best}")
        who = facts.name(str(record["space"]))
        rows.append(_row(record, f"并列裁定：{who} {yes}" if zh else f"tie decided: {who} {yes}", record["basis"], "", lang))
    if closing is not None:
        rows.append(_row(closing, "发布结果" if zh else "results published", closing["set_sha256"] and f"SHA-256 {closing['set_sha256']}", closing["document"], lang))
    mark = "" if ranking is None else watermark(ranking.indicators, lang)
    state = (f"{closing.day} 发布" if zh else f"published on {closing.day}") if closing is not None else ("结果未发布" if zh else "results not published")
    lines = [
        f"{called['name']}（{name}），考评期 {called['period_from']} 至 {called['period_to']}；{state}" if zh else
        f"{called['name']} ({name}), period {called['period_from']} to {called['period_to']}; {state}",
        f"参评 {len(evaluated)} 家，指标体系 {called['set']}" if zh else f"{len(evaluated)} evaluated, indicator set {called['set']}",
        *(quota(g.id, g.share_max, len(evaluated)).text(lang, g.label(lang)) for g in scheme.grades if g.share_max is not None),
        *([] if closing is None or not (told_ := set_mark(closing, lang)) else [told_]),
        *([] if ranking is None else [*set_changed(ranking, closing, lang), *edge_lines(facts, ranking, lang)]), source(scheme, lang),
    ]  # fmt: skip
    blocks = [Block("决定" if zh else "decisions", _HEADS[lang], _SHARES, rows), _outcome(facts, scheme, name, lang, ranking)]
    title = "星创天地考评证明" if zh else "Star Spaces: certificate of an evaluation"
    return Paper(title, lines, blocks, _ends(facts, on, lang), mark, ("演练" if zh else "REHEARSAL") if mark else "", lying=True)


def _outcome(facts: Facts, scheme: Scheme, name: str, lang: Lang, ranking: Ranking | None) -> Block:
    zh = lang == "zh"
    heads: Sequence[str] = ("名次", "编号", "名称", "得分", "等次") if zh else ("rank", "no.", "name", "score", "grade")
    if ranking is not None:
        rows = [[r.rank, r.space, facts.name(r.space), told(r.score.total), standing_words(scheme, ranking, r, lang)] for r in ranking.rows]
    else:
        found = sorted(published(facts, name).values(), key=lambda r: (r["rank"] or 10**9, facts.order(r)))
        rows = [
            [r["rank"], r["space"], facts.name(str(r["space"])), "" if r["score"] is None else f"{r['score']:g}", scheme.grade[r["grade"]].label(lang)]
            for r in found
        ]
    title = ("结果" if zh else "results") if ranking is None else ("按指标体系计算" if zh else "computed by the set")
    return Block(title, heads, (8, 14, 40, 16, 22), rows, empty="结果未发布。" if zh else "The results are not published.")


def _ends(facts: Facts, on: dt.date, lang: Lang) -> list[str]:
    return [
        as_of(facts, on, lang),
        "每条记录的哈希可用 firelane case verify --head 核对。登记人是系统用户，办理单位以文号所指文件为准。" if lang == "zh" else
        "Each hash can be checked by firelane case verify --head. Who recorded is a user of the system; what was decided stands in the documents named.",
    ]  # fmt: skip
