"""Lists of the registry: public notice, results, evaluation table, subsidies, exits, progress (公示名单、考评表、补助、退出、进展)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from firelane.errors import UsageError
from firelane.registry.indicators import Citation
from firelane.registry.star_facts import Facts
from firelane.registry.star_flow import applications, filed, objections
from firelane.registry.star_kin import same_code
from firelane.registry.star_papers import Block, Paper
from firelane.registry.star_progress import progress
from firelane.registry.star_rounds import (
    Ranking,
    Standing,
    closing_of,
    differences,
    last_fails,
    published,
    quota,
    set_mark,
)
from firelane.registry.star_scheme import Scheme
from firelane.registry.star_scoring import told, watermark
from firelane.registry.state import Record
from firelane.vocabulary import Lang

STAMP: dict[Lang, str] = {"zh": "演练", "en": "REHEARSAL"}


def spelt(facts: Facts, record: Record | None, key: str, lang: Lang) -> str:
    """Return a value of a record as a reader is shown it."""
    if record is None:
        return ""
    value = facts.state.kinds[record.kind].column(key).spelt(record.values.get(key), lang)
    return "" if value is None else str(value)


def source(scheme: Scheme, lang: Lang) -> str:
    """Return what a list rests on."""
    return f"《{scheme.title}》（{scheme.number}）" if lang == "zh" else f"{scheme.title_en} ({scheme.number})"


def as_of(facts: Facts, on: dt.date, lang: Lang) -> str:
    """Return the line that says of which day a list is, and from which entries."""
    head = facts.state.head
    return f"截至 {on}；记录链尾 {head}" if lang == "zh" else f"as of {on}; head of the chain {head}"


def notice(facts: Facts, scheme: Scheme, on: dt.date, lang: Lang = "zh", *, batch: str = "") -> Paper:
    """Return the list of those in public notice at a date (拟备案公示名单).

    Parameters
    ----------
    facts : Facts
    scheme : Scheme
    on : date
    lang : {"zh", "en"}
    batch : str
        Only those whom experts reviewed in this batch.
    """
    zh, then = lang == "zh", facts.at(on)
    rows: list[list[Any]] = []
    for item in applications(then, scheme):
        event = next((e for e in reversed(item.events) if e.record.values.get("until") is not None), None)
        if event is None or scheme.flow.states[item.state].group != "open" or item.state not in _noticed(scheme):
            continue
        batches = [str(e.record["batch"]) for e in item.events if e.record.kind == "step" and e.record["batch"]]
        if batch and batch not in batches:
            continue
        of_space = then.one(item.space)
        state = "" if not objections(item) else (f"异议 {objections(item)} 件" if zh else f"{objections(item)} objections")
        over = on > event.record["until"] and item.state in _runs(scheme)
        standing = ("公示期满，待公布" if zh else "notice over, to be announced") if over else scheme.flow.states[item.state].label(lang)
        rows.append([
            len(rows) + 1, then.name(item.space), spelt(then, of_space, "operator", lang), spelt(then, of_space, "body", lang),
            spelt(then, of_space, "district", lang), batches[-1] if batches else "", event.day, event.record["until"],
            "；".join(t for t in (standing, state) if t),
        ])  # fmt: skip
    heads = ("序号", "名称", "运营主体", "主体类型", "区县", "批次", "公示起", "公示止", "状态") if zh else (
        "no.", "name", "operator", "kind of body", "district", "batch", "from", "until", "state")  # fmt: skip
    empty = f"{on} 没有在公示中的申报。" if zh else f"Nothing is in public notice on {on}."
    rule = next((t.citations for t in scheme.flow.transitions.values() if "until" in t.required), ())
    line = _under(scheme, rule, lang) + ("现将拟备案的单位公示如下。" if zh else " To be filed unless somebody objects:")
    title = "星创天地拟备案公示名单" if zh else "Star Spaces to be filed: public notice"
    return Paper(title, [line], [Block("公示名单" if zh else "notice", heads, (5, 20, 22, 13, 10, 9, 11, 11, 14), rows, empty=empty)], [as_of(then, on, lang)], lying=True)


def _under(scheme: Scheme, citations: Sequence[Citation], lang: Lang) -> str:
    """Return the article and the words that a list rests on, as the scheme has them."""
    if not citations:
        return f"依据{source(scheme, lang)}。" if lang == "zh" else f"Under {source(scheme, lang)}."
    told_ = citations[0]
    words = told_.verbatim.rstrip("。")
    return f"依据{source(scheme, lang)}{told_.article}“{words}”。" if lang == "zh" else f"Under {source(scheme, lang)}, {told_.article} (“{words}”)."


def _runs(scheme: Scheme) -> frozenset[str]:
    """Return the states in which a notice runs and nobody objects."""
    return frozenset(t.to for t in scheme.flow.transitions.values() if "until" in t.required)


def _noticed(scheme: Scheme) -> frozenset[str]:
    """Return the states in which a notice runs: those it leads to, and those that lead back there."""
    flow = scheme.flow
    there = _runs(scheme)
    return frozenset(there | {s for t in flow.transitions.values() if t.to in there and "until" not in t.required for s in t.start})


def results(facts: Facts, scheme: Scheme, round_id: str, lang: Lang = "zh") -> Paper:
    """Return the published results of a round (考评结果).

    Raises
    ------
    UsageError
        If they are not published.
    """
    zh, closing, called = lang == "zh", closing_of(facts, round_id), facts.one(round_id)
    if closing is None or called is None:
        raise UsageError(f"the results of {round_id} are not published", f"考评轮次 {round_id} 的结果尚未发布")
    order = list(scheme.grade)
    found = sorted(published(facts, round_id).values(), key=lambda r: (order.index(str(r["grade"])), r["rank"] or 0, facts.order(r)))
    rows = [
        [n, facts.name(str(r["space"])), spelt(facts, facts.one(str(r["space"])), "district", lang), r["score"], r["rank"],
         _grade(scheme, str(r["grade"]), lang), spelt(facts, r, "basis", lang)]
        for n, r in enumerate(found, 1)
    ]  # fmt: skip
    heads = ("序号", "名称", "区县", "得分", "名次", "等次", "结果来源") if zh else ("no.", "name", "district", "score", "rank", "grade", "comes from")
    counts = ("，" if zh else ", ").join(f"{_grade(scheme, g, lang)} {sum(r['grade'] == g for r in found)}" for g in order)
    number = str(closing["document"] or ("未填" if zh else "not given"))
    lines = [
        f"{called['name']}（{round_id}），考评期 {called['period_from']} 至 {called['period_to']}，{closing.day} 发布，文号：{number}" if zh else
        f"{called['name']} ({round_id}), period {called['period_from']} to {called['period_to']}, published on {closing.day}, document: {number}",
        f"参评 {len(found)} 家：{counts}" if zh else f"{len(found)} evaluated: {counts}", *_quota_lines(scheme, len(found), lang),
    ]  # fmt: skip
    title = "星创天地绩效考评结果" if zh else "Star Spaces: results of the evaluation"
    mark = set_mark(closing, lang)
    if mark:
        lines.insert(0, mark)
    remarks = [*_set_lines(called, closing, lang), as_of(facts, facts.on or closing.day, lang)]
    return Paper(title, lines, [Block("考评结果" if zh else "results", heads, (6, 30, 12, 9, 7, 10, 18), rows, "0.####")], remarks)


def _grade(scheme: Scheme, grade: str, lang: Lang) -> str:
    return scheme.grade[grade].label(lang) if grade in scheme.grade else ""


def _quota_lines(scheme: Scheme, evaluated: int, lang: Lang) -> list[str]:
    return [quota(g.id, g.share_max, evaluated).text(lang, g.label(lang)) for g in scheme.grades if g.share_max is not None]


def _set_lines(called: Record, closing: Record, lang: Lang) -> list[str]:
    digest = str(closing["set_sha256"] or ("未填" if lang == "zh" else "not given"))
    return [f"指标体系 {called['set']}，文件校验值 {digest}" if lang == "zh" else f"indicator set {called['set']}, SHA-256 of its file {digest}"]


def evaluation(facts: Facts, scheme: Scheme, ranking: Ranking, lang: Lang = "zh") -> Paper:
    """Return the table of a round: ranks, points by first-level indicator, and every indicator of every space."""
    zh, mark = lang == "zh", watermark(ranking.indicators, lang)
    first = scheme.evaluation.first_level
    heads = (*(("名次", "编号", "名称") if zh else ("rank", "no.", "name")), *(f.label(lang) for f in first), *(("总分", "等次", "说明") if zh else ("total", "grade", "remarks")))
    rows = [
        [r.rank, r.space, facts.name(r.space), *(_points(r.score.first_level(f.id)) for f in first), _points(r.score.total),
         standing_words(scheme, ranking, r, lang), "；".join(_remarks(r, lang)) if zh else "; ".join(_remarks(r, lang))]
        for r in ranking.rows
    ]  # fmt: skip
    called = ranking.round
    lines = [
        f"{called['name']}（{called.record_id}），考评期 {called['period_from']} 至 {called['period_to']}" if zh else
        f"{called['name']} ({called.record_id}), period {called['period_from']} to {called['period_to']}",
        (f"指标体系：{ranking.indicators.zh}（{ranking.indicators.id}），{ranking.indicators.status.zh}，总分 {ranking.indicators.total:g}" if zh else
        f"indicator set: {ranking.indicators.en} ({ranking.indicators.id}), {ranking.indicators.status.en}, total {ranking.indicators.total:g}"),
        *_publishing(facts, ranking, lang),
        *(q.text(lang, _grade(scheme, q.grade, lang)) for q in ranking.quotas if ranking.indicators.status.scored),
        *edge_lines(facts, ranking, lang),
    ]  # fmt: skip
    remarks = [
        "名次：同分同名次，其后名次顺延一位。缺项不计零分，缺项者没有总分和名次。逐项得分见 XLSX 或 CSV。" if zh else
        "Ranks: equal totals share one, the next total has the next number. What is missing is no zero: there is no total and no rank then. Every indicator stands in the XLSX and CSV files.",
        *((zh_ if zh else en) for zh_, en in ranking.blocks), as_of(facts, facts.on or called.day, lang),
    ]  # fmt: skip
    title = "星创天地绩效考评评分表" if zh else "Star Spaces: evaluation"
    main = Block("评分表" if zh else "evaluation", heads, (5, 9, 18, *[7.5] * len(first), 7, 9, 16), rows, "0.####")
    return Paper(title, lines, [main, _details(facts, ranking, lang)], remarks, mark, STAMP[lang] if mark else "", lying=True)


def _publishing(facts: Facts, ranking: Ranking, lang: Lang) -> list[str]:
    """Return whether an official ranking is published, and where it is not what was published."""
    if not ranking.indicators.status.grades:
        return []
    closing, odd = closing_of(facts, ranking.round.record_id), differences(facts, ranking)
    if closing is None:
        return ["按指标体系计算，结果尚未发布。" if lang == "zh" else "Computed; the results are not published."]
    names = "、".join(odd)
    found = [f"已于 {closing.day} 发布，与发布的等次一致。" if lang == "zh" else f"Published on {closing.day}, with the same grades."]
    if odd:
        found = [f"已于 {closing.day} 发布；与发布的等次不一致：{names}" if lang == "zh" else f"Published on {closing.day}; not the grades that were published: {names}"]
    return [*found, *set_changed(ranking, closing, lang), *([mark] if (mark := set_mark(closing, lang)) else [])]


def set_changed(ranking: Ranking, closing: Record | None, lang: Lang) -> list[str]:
    """Return that the file of the set is not the one by which the results were published; nothing where it is."""
    given, own = "" if closing is None else str(closing["set_sha256"] or ""), ranking.indicators.sha256
    if not given or not own or given == own or not ranking.indicators.status.grades:
        return []
    if lang == "zh":
        return [f"注意：指标体系文件与发布时的不同。发布时校验值 {given}，现文件 {own}"]
    return [f"Note: the file of the set is not the one that was published by. SHA-256 then {given}, now {own}"]


def _points(points: Any) -> float | None:
    return None if points is None else float(told(points))


def standing_words(scheme: Scheme, ranking: Ranking, row: Standing, lang: Lang) -> str:
    """Return the grade of a space; why there is none where there is none."""
    zh = lang == "zh"
    if row.grade:
        return _grade(scheme, row.grade, lang)
    if not ranking.indicators.status.grades:
        return "演练，无等次" if zh else "rehearsal, none"
    if row.undecided:
        return "并列待裁定" if zh else "tied, undecided"
    return "未定" if zh else "open"


def _remarks(row: Standing, lang: Lang) -> list[str]:
    zh, score = lang == "zh", row.score
    found = []
    if row.tied:
        found.append("同分并列" if zh else "tied")
    if row.decided:
        found.append("并列由管理员裁定" if zh else "tie decided by an administrator")
    found += [a if zh else b for a, b in score.absent]
    found += [f"一票否决：{a}" if zh else f"veto: {b}" for a, b in score.vetoes]
    found += [a if zh else b for a, b in score.faults]
    if score.missing:
        names = "、".join(p.indicator.id for p in score.missing) if zh else ", ".join(p.indicator.id for p in score.missing)
        found.append(f"缺 {len(score.missing)} 项（{names}），已得 {told(score.partial)}" if zh else f"{len(score.missing)} missing ({names}), {told(score.partial)} so far")
    return found


def edge_lines(facts: Facts, ranking: Ranking, lang: Lang) -> list[str]:
    """Return who is tied at the edge of the quota, and who was chosen by whom."""
    if not ranking.edge:
        return []
    names = "、".join(f"{facts.name(s)}（{s}）" for s in ranking.edge)
    if ranking.undecided:
        return [f"名额边缘并列 {len(ranking.edge)} 家，余 {ranking.places} 个名额，待裁定：{names}" if lang == "zh" else
                f"{len(ranking.edge)} tied at the edge of the quota, {ranking.places} places left, undecided: {names}"]  # fmt: skip
    chosen = [r for r in facts.of("edge", round=ranking.round.record_id) if r["excellent"] and r["space"] in ranking.edge]
    given = "；".join(f"{facts.name(str(r['space']))}（{r.recorded_by}，{r.day}，{r['basis']}）" for r in chosen)
    none = "无" if lang == "zh" else "nobody"
    return [f"名额边缘并列 {len(ranking.edge)} 家（{names}），余 {ranking.places} 个名额，裁定为优秀的：{given or none}" if lang == "zh" else
            f"{len(ranking.edge)} tied at the edge of the quota ({names}), {ranking.places} places left, decided for: {given or none}"]  # fmt: skip


def _details(facts: Facts, ranking: Ranking, lang: Lang) -> Block:
    zh = lang == "zh"
    rows = [
        [row.space, facts.name(row.space), part.indicator.id, part.indicator.label(lang), part.indicator.weight, _points(part.points), part.why[0 if zh else 1]]
        for row in ranking.rows for part in row.score.parts
    ]  # fmt: skip
    heads = ("编号", "名称", "指标号", "指标", "权重", "得分", "依据") if zh else ("no.", "name", "id", "indicator", "weight", "points", "from")
    return Block("逐项得分" if zh else "every indicator", heads, (9, 20, 8, 24, 8, 8, 26), rows, "0.####", on_page=False)


def subsidies(facts: Facts, scheme: Scheme, on: dt.date, lang: Lang = "zh") -> Paper:
    """Return who is to be paid and who was, once each; a later best grade is named, and not paid (后补助名单)."""
    zh, then, rule = lang == "zh", facts.at(on), scheme.subsidy
    rows: list[list[Any]] = []
    sums = dict.fromkeys(("due", "confirm", "paid", "no"), 0.0)
    if rule is not None:
        for name in [str(r["round"]) for r in then.of("closing")]:
            for space, result in published(then, name).items():
                if result["grade"] != rule.grade:
                    continue
                state, amount, sort = _money(then, scheme, name, space, lang)
                sums[sort] += amount or 0.0
                rows.append([len(rows) + 1, name, space, then.name(space), spelt(then, then.one(space), "level", lang), amount, state])
    heads = ("序号", "轮次", "编号", "名称", "级别", "金额（元）", "状态") if zh else ("no.", "round", "space", "name", "level", "amount [yuan]", "state")
    best = "" if rule is None else scheme.grade[rule.grade].label(lang)
    uses = "" if rule is None else ("、" if zh else ", ").join(u.label(lang) for u in rule.uses)
    lines = [] if rule is None else [
        f"依据{source(scheme, lang)}{_article(rule.citations)}：{best}的{'一次性' if rule.once else ''}给予 {rule.amount_yuan:,.0f} 元后补助，由{rule.budget_line}列支，用于{uses}。" if zh else
        f"{source(scheme, lang)}, {_article(rule.citations)}: {rule.amount_yuan:,.0f} yuan {'once ' if rule.once else ''}for the grade {best}, from the {rule.budget_line_en}, for {uses}.",
        f"待拨付 {sums['due']:,.0f} 元，待确认 {sums['confirm']:,.0f} 元，已拨付 {sums['paid']:,.0f} 元" if zh else
        f"to be paid: {sums['due']:,.0f} yuan; to be confirmed: {sums['confirm']:,.0f} yuan; paid: {sums['paid']:,.0f} yuan",
    ]  # fmt: skip
    remarks = [] if rule is None else [rule.note_zh if zh else rule.note_en]
    marks = {name: set_mark(c, lang) for name in dict.fromkeys(str(r[1]) for r in rows) if (c := closing_of(then, name)) is not None}
    remarks += [f"{name}：{mark}" if zh else f"{name}: {mark}" for name, mark in marks.items() if mark]
    empty = f"没有已发布的{best}结果。" if zh else f"Nobody has the grade {best} yet."
    block = Block("后补助" if zh else "subsidies", heads, (5, 10, 10, 24, 9, 13, 34), rows, "#,##0.##", empty)
    return Paper("星创天地后补助名单" if zh else "Star Spaces: subsidies", lines, [block], [*remarks, as_of(then, on, lang)])


def _money(facts: Facts, scheme: Scheme, name: str, space: str, lang: Lang) -> tuple[str, float | None, str]:
    """Return how it stands with one best grade, the amount (None: nothing), and which sum it belongs to."""
    zh, rule = lang == "zh", scheme.subsidy
    assert rule is not None
    numbers = same_code(facts, space)
    mine = [r for n in numbers for r in facts.of("subsidy", space=n)]
    here = [r for r in mine if r["round"] == name and r["space"] == space]
    if here:
        number = str(here[0]["document"] or "")
        return (f"已拨付 {here[0].day} {number}" if zh else f"paid on {here[0].day} {number}").strip(), float(here[0]["amount_yuan"]), "paid"
    earlier = _first_claim(facts, scheme, numbers)
    if rule.once and (mine or earlier != (name, space)):
        claim, other = earlier
        by = "" if (mine[0]["space"] if mine else other) == space else f"{mine[0]['space'] if mine else other} "
        told_ = f"{by}曾于 {mine[0].day} 获补助（{mine[0]['round']}）" if mine else f"{by}{claim} 已列入待拨付"
        told_en = f"{by}paid on {mine[0].day} ({mine[0]['round']})" if mine else f"{by}due for {claim} already"
        return (f"一次性：{told_}，不重复拨付；是否再给待确认" if zh else f"once only: {told_en}; whether again is to be confirmed"), None, "no"
    of_space = facts.one(space)
    if of_space is not None and rule.levels and of_space["level"] not in rule.levels:
        return (
            f"待拨付；非{scheme.paid_levels()}，是否给予待确认，须有批准文号" if zh else
            f"due; not of the level {scheme.paid_levels(lang)}: to be confirmed, needs a document"), rule.amount_yuan, "confirm"
    return ("待拨付" if zh else "due"), rule.amount_yuan, "due"


def _first_claim(facts: Facts, scheme: Scheme, numbers: Sequence[str]) -> tuple[str, str]:
    """Return the first round in which one of these numbers had the best grade, and that number."""
    assert scheme.subsidy is not None
    rounds = [str(c["round"]) for c in facts.of("closing")]
    return next(
        (n, space) for n in rounds for space in sorted(numbers)
        if (r := published(facts, n).get(space)) is not None and r["grade"] == scheme.subsidy.grade
    )  # fmt: skip


def _article(citations: Sequence[Citation]) -> str:
    return citations[0].article if citations else ""


def exits(facts: Facts, scheme: Scheme, on: dt.date, lang: Lang = "zh") -> Paper:
    """Return who has to leave the register, who failed last time, and who has left (退出和不合格名单)."""
    zh, then, rule = lang == "zh", facts.at(on), scheme.exit_rule
    failed = "不合格" if rule is None else scheme.grade[rule.grade].zh
    rows: list[list[Any]] = []
    for space in dict.fromkeys(str(r["space"]) for r in then.of("result")):
        fails = last_fails(then, scheme, space)
        if rule is None or not fails or filed(then, scheme, space) is None:
            continue
        guided = {str(r["round"]) for r in then.of("guidance", space=space)}
        must = len(fails) >= rule.consecutive
        state = (f"连续 {len(fails)} 次{failed}，应退出备案库" if must else f"最近一次{failed}") if zh else (
            f"failed {len(fails)} in a row: has to leave the register" if must else "failed the last time")  # fmt: skip
        given, lacking = ("已指导", "未指导") if zh else ("given", "not given")
        help_ = ("、" if zh else ", ").join(f"{f['round']} {given if f['round'] in guided else lacking}" for f in fails)
        rows.append([space, then.name(space), ("、" if zh else ", ").join(str(f["round"]) for f in fails), help_, state, must])
    now = [r[:-1] for r in sorted(rows, key=lambda r: not r[-1])]
    gone = [[str(r["space"]), then.name(str(r["space"])), spelt(then, r, "ground", lang), r.day, str(r["document"] or "")] for r in then.of("exit")]
    heads = ("编号", "名称", f"{failed}轮次", "技术指导", "状态") if zh else ("space", "name", "failed in", "technical guidance", "state")
    left = ("编号", "名称", "原因", "退出日期", "文号") if zh else ("space", "name", "ground", "left on", "document")
    lines = [] if rule is None else [_under(scheme, rule.citations, lang) + (rule.note_zh if zh else f" {rule.note_en}")]
    none = "无。" if zh else "None."
    blocks = [
        Block(f"考评{failed}" if zh else "failed", heads, (10, 26, 20, 20, 24), now, empty=none),
        Block("已退出" if zh else "left", left, (10, 26, 24, 14, 26), gone, empty=none),
    ]
    return Paper(f"星创天地{failed}和退出名单" if zh else "Star Spaces: failed and left", lines, blocks, [as_of(then, on, lang)])


def aims(facts: Facts, scheme: Scheme, on: dt.date, lang: Lang = "zh") -> Paper:
    """Return the progress towards the aims at a date (目标任务进展)."""
    zh, n = lang == "zh", 0 if lang == "zh" else 1
    rows: list[Sequence[Any]] = [
        [p.aim.id, p.aim.label(lang), p.aim.target_text(lang), p.count, None if p.share is None else f"{100 * p.share:.1f} %", p.aim.due, p.standing.label(lang), p.how[n]]
        for p in progress(facts, scheme, on)
    ]  # fmt: skip
    heads = ("编号", "目标", "目标值", "现有", "完成", "期限", "状态", "计数办法") if zh else ("no.", "aim", "target", "count", "share", "due", "state", "how it is counted")
    block = Block("目标进展" if zh else "progress", heads, (6, 18, 12, 8, 9, 11, 13, 40), rows)
    return Paper("星创天地目标任务进展" if zh else "Star Spaces: progress", [source(scheme, lang)], [block], [as_of(facts, on, lang)], lying=True)
