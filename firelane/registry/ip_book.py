"""A programme at a date as tables: a workbook, or a folder of CSV files (进展表)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firelane.files import ensure_writable_dir, starts_formula, write_text
from firelane.markings.spreadsheet import Column, Table, one_line, write_book
from firelane.registry.indicators import GrowthMethod, IndicatorKind
from firelane.registry.ip_standing import Standing
from firelane.registry.ip_tasks import tally
from firelane.registry.ip_words import (
    cited,
    confirm_text,
    heading,
    joined,
    lead_text,
    share_text,
    told,
    word,
)  # fmt: skip
from firelane.registry.judging import Status
from firelane.registry.kinds import kinds
from firelane.vocabulary import Lang

_PCT, _MONEY, _PLAIN = "0.00", "#,##0.00", "#,##0.######"
_FILES = (
    "overview", "tasks", "indicators", "growth", "years", "lead_units", "fund_rules", "funds", "loans", "agencies", "documents", "open_questions",
)  # fmt: skip


def tables(standing: Standing, lang: Lang) -> list[Table]:
    """Return every table of a programme at a date, in the order of their files."""
    made = (
        _overview, _tasks, _indicators, _growth, _years, _units, _fund_rules, _funds, _loans, _agencies, _documents, _questions,
    )  # fmt: skip
    return [make(standing, lang) for make in made]


def write_workbook(standing: Standing, path: Path, lang: Lang = "zh") -> None:
    """Write the tables as a workbook, a sheet for each.

    Raises
    ------
    OutputError
    """
    page = "第 {n} 页 共 {of} 页" if lang == "zh" else "page {n} of {of}"
    write_book(tables(standing, lang), path, title=standing.plan.label(lang), page=page)


def write_csv_files(standing: Standing, folder: Path, lang: Lang = "zh") -> list[Path]:
    """Write the tables as CSV files (UTF-8 with a byte-order mark); return their paths.

    Raises
    ------
    OutputError
    """
    ensure_writable_dir(folder)
    paths = []
    for name, table in zip(_FILES, tables(standing, lang), strict=True):
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([c.title for c in table.columns])
        writer.writerows([_csv_cell(v) for v in row] for row in (*table.rows, *table.totals))
        paths.append(write_text(folder / f"{name}.csv", out.getvalue(), encoding="utf-8-sig"))
    return paths


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        line = one_line(value)
        return f"'{line}" if starts_formula(line) else line
    return value


def _heads(lang: Lang, *heads: tuple[str, str, str] | tuple[str, str]) -> list[Column]:
    """Return columns of (Chinese, English, format): no format is a text that wraps."""
    at = 0 if lang == "zh" else 1
    return [Column(h[at], h[2] if len(h) > 2 else "General", wrap=len(h) < 3) for h in heads]


def _name(pair: tuple[str, str], lang: Lang) -> str:
    return pair[0 if lang == "zh" else 1]


def _overview(s: Standing, lang: Lang) -> Table:
    zh = lang == "zh"
    rows: list[list[Any]] = [["方案" if zh else "plan", s.plan.label(lang)], ["文号" if zh else "number", s.plan.number]]
    whole = {word(key, lang) for key in ("records", "pending")}
    rows += [[name, int(value.replace(",", "")) if name in whole else value] for name, value in heading(s, lang)]
    counts = tally(s.tasks)
    rows += [[f"{'任务' if zh else 'tasks'}：{status.label(lang)}", counts[status]] for status in Status if counts[status]]
    for status in Status:
        n = sum(i.status is status for i in s.indicators)
        if n:
            rows.append([f"{'指标' if zh else 'indicators'}：{status.label(lang)}", n])
    rows += [[r.rule.label(lang), r.ruling.label(lang)] for r in s.funds.rules]
    rows += [[t.label(lang), ruling.label(lang)] for t, _, ruling in s.loans.tolerances]
    rules = s.counting.status
    note = (
        f"有风险的判定规则（本项目建议，待确认）：完成份额低于时间份额的 {rules.at_risk_part:.0%}；里程碑和小于 {rules.least_even_target:g} 的目标，距期限 {rules.days_before_due} 天内未达到；有年度目标的，按年度目标，其年份过后按其与下一目标之间推算；距期限 {rules.last_days} 天内任何未达到、未完成的。"
        if zh else
        f"At risk (proposed, to be confirmed): a share of the target below {rules.at_risk_part:.0%} of the share of the time; milestones and targets below {rules.least_even_target:g} not reached {rules.days_before_due} days before the last day; yearly targets where there are any, and after their year what lies between them and the next; whatever is not reached or not done {rules.last_days} days before the last day."
    )  # fmt: skip
    return Table("总览" if zh else "overview", _heads(lang, ("项目", "item"), ("内容", "what it is")), rows, remarks=[note])


def _tasks(s: Standing, lang: Lang) -> Table:
    heads = _heads(
        lang, ("序号", "no.", "0"), ("任务", "task"), ("工程", "project"), ("牵头单位（原文）", "lead as printed"), ("牵头单位", "lead"),
        ("责任单位（原文）", "responsible as printed"), ("状态", "status"), ("期限", "last day", "yyyy-mm-dd"), ("期限依据", "basis of the last day"),
        ("填报状态", "reported"), ("完成程度 %", "share done [%]", "0.##"), ("填报日期", "reported on", "yyyy-mm-dd"), ("填报人", "reporter"),
        ("进展说明", "progress"), ("审核", "decision"), ("指标", "indicators"), ("原因", "reasons"), ("提示", "remarks"), ("关键目标（原文）", "targets as printed"),
        ("出处", "printed at"),
    )  # fmt: skip
    projects = {p.id: p.label(lang) for p in s.plan.projects}
    states = kinds("ip")["task_state"].column("state").choices
    rows = []
    for t in s.tasks:
        r = t.report
        decision = "" if r is None else word("approved" if r.decision == "approved" else "pending_word", lang)
        rows.append([
            t.task.number, t.task.label(lang), projects[t.task.project], t.task.lead, lead_text(t, lang), t.task.responsible, t.status.label(lang),
            t.due.day, told(t.due.basis, lang), t.state_label(lang, states), None if r is None else r["share_pct"],
            None if r is None else r.day, None if r is None else r["reporter"], None if r is None else r["note"], decision,
            ", ".join(i.indicator.id for i in t.indicators), joined(t.reasons, lang), joined(t.flags, lang),
            "\n".join(x.zh for x in t.task.targets), f"{s.plan.number} {t.task.article}",
        ])  # fmt: skip
    return Table("任务" if lang == "zh" else "tasks", heads, rows)


def _indicators(s: Standing, lang: Lang) -> Table:
    heads = _heads(
        lang, ("编号", "id"), ("指标", "indicator"), ("类型", "kind"), ("目标", "target"), ("实际", "value", _PLAIN), ("单位", "unit"), ("截至", "as of", "yyyy-mm-dd"),
        ("其中已审核", "approved of it", _PLAIN), ("完成目标", "share of the target"), ("应完成", "expected by now"), ("状态", "status"),
        ("期限", "last day", "yyyy-mm-dd"), ("期限依据", "basis of the last day"), ("达到日期", "reached on", "yyyy-mm-dd"), ("取自", "counted from"),
        ("未审核记录", "records not approved", "0"), ("原因", "reasons"), ("提示", "remarks"), ("待确认", "to be confirmed"), ("出处", "printed at"),
    )  # fmt: skip
    rows = []
    for i in s.indicators:
        x = i.indicator
        unit = "%" if x.kind is IndicatorKind.GROWTH else x.actual_unit_label(lang)
        source = i.figure.source if i.figure is not None else s.counting.rule(x).source
        rows.append([
            x.id, x.label(lang), x.kind.label(lang), x.target_text(lang), i.value, unit, i.as_of, i.approved, share_text(i.share),
            share_text(i.expected), i.status.label(lang), None if i.due is None else i.due.day, told(i.due.basis if i.due else None, lang),
            i.reached_on, source.label(lang), i.pending, joined(i.reasons, lang), joined(i.flags, lang), confirm_text(x, lang), cited(x.citations, lang),
        ])  # fmt: skip
    return Table("指标" if lang == "zh" else "indicators", heads, rows)


def _growth(s: Standing, lang: Lang) -> Table:
    heads = _heads(
        lang, ("编号", "id"), ("指标", "indicator"), ("目标 %", "target [%]", "0.##"), ("基期年份", "base year", "0"), ("基期值", "base value", _PLAIN),
        ("末年", "last year", "0"), ("末年值", "last value", _PLAIN), ("单位", "unit"), ("复合年均增长率 %", "compound rate [%]", _PCT), ("按复合是否达到", "reached by it"),
        ("逐年增长率的平均 %", "mean of the yearly rates [%]", _PCT), ("按平均是否达到", "reached by the mean"), ("采用", "method used"), ("状态", "status"),
        ("原因", "reasons"), ("提示", "remarks"),
    )  # fmt: skip
    rows = []
    for i in s.indicators:
        if i.growth is None:
            continue
        g, met = i.growth, dict(i.met)
        rows.append([
            i.indicator.id, i.indicator.label(lang), i.indicator.target, g.base_year, g.base_value, g.last_year, g.last_value,
            i.indicator.actual_unit_label(lang), g.compound_pct, _met(met, GrowthMethod.COMPOUND, lang), g.mean_pct, _met(met, GrowthMethod.MEAN, lang),
            i.indicator.method.label(lang), i.status.label(lang), joined([*i.reasons, *([g.mean_reason] if g.mean_reason and g.reason is None else [])], lang),
            joined(i.flags, lang),
        ])  # fmt: skip
    return Table("年均增幅" if lang == "zh" else "growth", heads, rows)


def _met(results: Mapping[GrowthMethod, bool | None], method: GrowthMethod, lang: Lang) -> str:
    result = results.get(method)
    return "—" if result is None else word("met" if result else "missed", lang)


def _years(s: Standing, lang: Lang) -> Table:
    heads = _heads(
        lang, ("编号", "id"), ("指标", "indicator"), ("年份", "year", "0"), ("数值", "value", _PLAIN), ("单位", "unit"), ("截至", "as of", "yyyy-mm-dd"),
        ("范围", "span"), ("比上年增长 %", "growth over the year before [%]", _PCT), ("逐笔登记合计", "registered one by one", _PLAIN), ("审核", "decision"),
        ("记录编号", "record no."),
    )  # fmt: skip
    rows = []
    for i in s.indicators:
        if i.series is None:
            continue
        rates = dict(i.growth.yearly) if i.growth is not None else {}
        rows += [
            [
                i.indicator.id, i.indicator.label(lang), y.year, y.value, i.indicator.actual_unit_label(lang), y.as_of,
                word("base" if y.base else "partial" if y.partial else "full", lang), rates.get(y.year), y.beside,
                word("pending_word" if y.pending else "approved", lang), y.record_id,
            ]
            for y in i.series.years
        ]  # fmt: skip
    return Table("年度数值" if lang == "zh" else "yearly figures", heads, rows)


def _units(s: Standing, lang: Lang) -> Table:
    heads = _heads(
        lang, ("牵头单位", "lead unit"), ("任务数", "number of tasks", "0"), *((status.zh, status.en, "0") for status in Status),
        ("其中期限已过未完成", "of them past the last day", "0"), ("任务序号", "task numbers"), ("说明", "remarks"),
    )  # fmt: skip
    rows = []
    for u in s.units:
        note = word("unresolved", lang) if u.lead.unresolved else ""
        names = ("、" if lang == "zh" else ", ").join(str(t.task.number) for t in u.tasks)
        rows.append([u.lead.label(lang), len(u.tasks), *(u.count(x) for x in Status), u.late, names, note])
    counts = tally(s.tasks)
    total = [word("total", lang), len(s.tasks), *(counts[x] for x in Status), sum(t.late for t in s.tasks), "", ""]
    note = (
        "多个单位共同牵头的任务列在各单位名下，合计中只计一次。"
        if lang == "zh"
        else "A task with several leads stands at each; it is counted once in the total."
    )
    return Table("牵头单位" if lang == "zh" else "lead units", heads, rows, [total], [note])


def _fund_rules(s: Standing, lang: Lang) -> Table:
    heads = _heads(
        lang, ("编号", "id"), ("规则", "rule"), ("要求 %", "required [%]", "0.##"), ("读法", "reading"), ("分子 元", "numerator [yuan]", _MONEY),
        ("分母 元", "denominator [yuan]", _MONEY), ("比例 %", "share [%]", _PCT), ("是否符合", "holds"), ("结论", "ruling"), ("说明", "remarks"), ("出处", "printed at"),
    )  # fmt: skip
    rows = []
    for found in s.funds.rules:
        rule = found.rule
        note = rule.note_zh if lang == "zh" else rule.note_en
        rows += [
            [
                rule.id, rule.label(lang), rule.share_pct, x.reading.label(lang), x.numerator_yuan, x.denominator_yuan, x.share_pct,
                "—" if x.met is None else word("yes" if x.met else "no", lang), found.ruling.label(lang), note, cited(rule.citations, lang),
            ]
            for x in found.shares
        ]  # fmt: skip
    return Table("资金比例" if lang == "zh" else "fund rules", heads, rows)


def _funds(s: Standing, lang: Lang) -> Table:
    heads = _heads(
        lang, ("类别", "by"), ("名称", "name"), ("下达 元", "received [yuan]", _MONEY), ("已安排 元", "committed [yuan]", _MONEY), ("已支付 元", "paid [yuan]", _MONEY),
        ("未安排 元", "not committed [yuan]", _MONEY), ("已安排未支付 元", "committed, not paid [yuan]", _MONEY),
    )  # fmt: skip
    source, purpose = _name(("资金来源", "source"), lang), _name(("用途", "purpose"), lang)
    names = {n.id: n.label(lang) for n in (*s.plan.fund_sources, *s.plan.fund_categories)}
    rows: list[list[Any]] = [
        [source, names.get(b.source, b.source), b.received_yuan, *_money(b.received_yuan, b.committed_yuan, b.paid_yuan)]
        for b in s.funds.balances
    ]
    rows += [
        [purpose, names.get(p.purpose, p.purpose), None, p.committed_yuan, p.paid_yuan, None, round(p.committed_yuan - p.paid_yuan, 2)]
        for p in s.funds.spending
    ]  # fmt: skip
    t = s.funds.total
    total = [word("sum", lang), "", t.received_yuan, *_money(t.received_yuan, t.committed_yuan, t.paid_yuan)]
    return Table("资金收支" if lang == "zh" else "funds", heads, rows, [total], [told(f, lang) for f in s.funds.flags])


def _money(received: float, committed: float, paid: float) -> list[float]:
    """Return committed, paid, and what is left of either, to the cent."""
    return [committed, paid, round(received - committed, 2), round(committed - paid, 2)]


def _loans(s: Standing, lang: Lang) -> Table:
    heads = _heads(
        lang, ("银行", "bank"), ("笔数", "loans", "0"), ("余额 元", "outstanding [yuan]", _MONEY), ("不良 元", "non-performing [yuan]", _MONEY),
        ("未登记状态 元", "state not recorded [yuan]", _MONEY), ("不良率下限 %", "ratio at least [%]", _PCT), ("不良率上限 %", "ratio at most [%]", _PCT),
    )  # fmt: skip
    x = s.loans
    rows = [
        [
            b.bank,
            b.loans,
            b.outstanding_yuan,
            b.non_performing_yuan,
            b.unknown_yuan,
            *_range(b.outstanding_yuan, b.non_performing_yuan, b.unknown_yuan),
        ]
        for b in x.banks
    ]
    total = [word("sum", lang), x.number, x.outstanding_yuan, x.non_performing_yuan, x.unknown_yuan, x.low_pct, x.high_pct]
    remarks = [told(f, lang) for f in x.flags]
    for tolerance, found, ruling in x.tolerances:
        readings = [
            f"{f.reading.label(lang)}：{'—' if f.met is None else word('yes' if f.met else 'no', lang)}{'' if f.reason is None else '（' + told(f.reason, lang) + '）'}"
            for f in found
        ]
        remarks.append(
            f"{tolerance.id} {tolerance.label(lang)} ≤ {tolerance.limit_pct:g} %：{ruling.label(lang)}。{'；'.join(readings)}"
        )
        remarks.append(tolerance.note_zh if lang == "zh" else tolerance.note_en)
    return Table("质押融资不良率" if lang == "zh" else "pledge loans", heads, rows, [total], remarks)


def _range(outstanding: float, bad: float, unknown: float) -> tuple[float | None, float | None]:
    whole = outstanding + unknown
    return (None, None) if not whole else (bad * 100 / whole, (bad + unknown) * 100 / whole)


def _agencies(s: Standing, lang: Lang) -> Table:
    heads = _heads(lang, ("统一社会信用代码", "credit code"), ("在驻机构", "agency that is in"))
    figure = s.agencies
    rows = [] if figure is None else [list(m) for m in figure.members]
    remarks = [] if figure is None else [told(f, lang) for f in figure.flags]
    return Table("在驻服务机构" if lang == "zh" else "agencies", heads, rows, remarks=remarks)


def _documents(s: Standing, lang: Lang) -> Table:
    heads = _heads(
        lang, ("编号", "id"), ("文件或制度", "document"), ("任务", "task"), ("出台日期", "issued on", "yyyy-mm-dd"), ("文号", "number"), ("登记名称", "recorded as"), ("出处", "printed at"),
    )  # fmt: skip
    rows = []
    for d in s.documents:
        r = d.record
        rows.append([
            d.document.id, d.document.label(lang), ", ".join(d.document.tasks), None if r is None else r.day, None if r is None else r["number"],
            word("not_found", lang) if r is None else r["name"], cited(d.document.citations, lang),
        ])  # fmt: skip
    return Table("拟出台文件" if lang == "zh" else "documents", heads, rows)


def _questions(s: Standing, lang: Lang) -> Table:
    heads = _heads(lang, ("编号", "id"), ("待确认事项", "to be confirmed"))
    return Table("待确认" if lang == "zh" else "open questions", heads, [[q.id, q.label(lang)] for q in s.plan.questions])
