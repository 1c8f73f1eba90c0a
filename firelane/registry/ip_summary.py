"""Where a programme stands in lines of text, and as a plain document (摘要)."""

from __future__ import annotations

from typing import Any

from firelane.registry.indicators import GrowthMethod
from firelane.registry.ip_board_money import ratio
from firelane.registry.ip_standing import Standing
from firelane.registry.ip_tasks import URGENT, TaskStanding, tally
from firelane.registry.ip_words import (
    heading,
    joined,
    lead_text,
    method_text,
    progress_text,
    share_text,
    told,
    word,
    yuan_text,
)
from firelane.registry.judging import IndicatorStanding, Status, pct_text
from firelane.vocabulary import Lang


def summary_lines(s: Standing, lang: Lang) -> list[str]:
    """Return the whole in lines; those that begin with two blanks belong to the one above."""
    zh = lang == "zh"
    lines = [f"{s.plan.label(lang)}　{s.plan.number}", "　".join(f"{name} {value}" for name, value in heading(s, lang))]
    if s.empty:
        lines.append(word("nothing", lang))
    counts = tally(s.tasks)
    lines.append(("任务：" if zh else "tasks: ") + _counted(counts, lang))
    urgent = sorted((t for t in s.tasks if t.status in URGENT or t.late), key=lambda t: (not t.late, t.task.number))
    lines += [
        f"  {t.status.label(lang)}　{t.task.number} {t.task.label(lang)}　{t.due.day}　{lead_text(t, lang)}　{joined(t.reasons, lang)}"
        for t in urgent
    ]  # fmt: skip
    figures = {x: sum(i.status is x for i in s.indicators) for x in Status}
    lines.append(("指标：" if zh else "indicators: ") + _counted(figures, lang))
    lines += [
        f"  {i.status.label(lang)}　{i.indicator.id} {i.indicator.label(lang)}　{progress_text(i, lang)}　{joined((*i.reasons, *i.flags), lang)}"
        for i in s.indicators if i.growth is None and (i.status in URGENT or (i.past_due and i.status is Status.NOT_EVALUABLE))
    ]  # fmt: skip
    lines.append("年均增幅：" if zh else "growth:")
    lines += [f"  {line}" for i in s.indicators if i.growth is not None for line in _growth(i, lang)]
    return [*lines, *funds_lines(s, lang)]


def _counted(counts: dict[Status, int], lang: Lang) -> str:
    return ("，" if lang == "zh" else ", ").join(f"{x.label(lang)} {n}" for x, n in counts.items() if n)


def _growth(i: IndicatorStanding, lang: Lang) -> list[str]:
    head = f"{i.indicator.id} {i.indicator.label(lang)}　{i.indicator.target_text(lang)}　{i.status.label(lang)}"
    g = i.growth
    assert g is not None
    if not g.computed:
        return [f"{head}　{joined((*i.reasons, *i.flags), lang)}"]
    methods = "　".join(f"{m.label(lang)} {method_text(i, m, lang)}" for m in GrowthMethod)
    return [f"{head}　{g.base_year}–{g.last_year}　{methods}　{joined(i.flags, lang)}"]


def funds_lines(s: Standing, lang: Lang) -> list[str]:
    """Return the fund rules, the money and the loans in lines."""
    zh = lang == "zh"
    lines = []
    for found in s.funds.rules:
        lines.append(f"{found.rule.id} {found.rule.label(lang)} ≥ {found.rule.share_pct:g} %：{found.ruling.label(lang)}")
        for x in found.shares:
            share = "—" if x.share_pct is None else pct_text(x.share_pct, found.rule.share_pct)
            lines.append(
                f"  {x.reading.label(lang)}　{yuan_text(x.numerator_yuan, lang)} / {yuan_text(x.denominator_yuan, lang)}　{share}"
            )
        lines += [f"  {told(w, lang)}" for w in found.reasons]
    t = s.funds.total
    lines.append(
        f"资金：下达 {yuan_text(t.received_yuan, lang)}，已安排 {yuan_text(t.committed_yuan, lang)}，已支付 {yuan_text(t.paid_yuan, lang)}"
        if zh else
        f"money: received {yuan_text(t.received_yuan, lang)}, committed {yuan_text(t.committed_yuan, lang)}, paid {yuan_text(t.paid_yuan, lang)}"
    )  # fmt: skip
    lines += [f"  {told(f, lang)}" for f in s.funds.flags]
    for tolerance, readings, ruling in s.loans.tolerances:
        lines.append(
            f"{tolerance.id} {tolerance.label(lang)} ≤ {tolerance.limit_pct:g} %　{ratio(s.loans)}　{ruling.label(lang)}"
        )
        lines += [
            f"  {r.reading.label(lang)}　{'—' if r.met is None else word('yes' if r.met else 'no', lang)}　{told(r.reason, lang)}"
            for r in readings
        ]
    return [*lines, *(f"  {told(f, lang)}" for f in s.loans.flags)]


# ------------------------------------------------------------------------------------------- documents


def document(s: Standing) -> dict[str, Any]:
    """Return everything as plain JSON."""
    return {
        "schema": "firelane-ip-standing/1", "plan": s.plan.id, "number": s.plan.number, "on": s.on.isoformat(),
        "known_on": None if s.known_on is None else s.known_on.isoformat(), "head": s.head, "records": dict(s.counts), "pending": dict(s.pending),
        "tasks": [task_document(t) for t in s.tasks], "indicators": [_indicator(i) for i in s.indicators],
        "units": [
            {"unit": u.lead.key, "zh": u.lead.zh, "en": u.lead.en, "unresolved": u.lead.unresolved, "tasks": [t.task.id for t in u.tasks], "late": u.late,
             "by_status": {x.value: u.count(x) for x in Status}}
            for u in s.units
        ],
        "documents": [{"id": d.document.id, "issued_on": None if d.record is None else d.record.day.isoformat()} for d in s.documents],
        "agencies": None if s.agencies is None else len(s.agencies.members), **money_document(s),
    }  # fmt: skip


def task_document(t: TaskStanding) -> dict[str, Any]:
    """Return a task as plain JSON."""
    return {
        "id": t.task.id, "number": t.task.number, "zh": t.task.zh, "en": t.task.en, "status": t.status.value, "late": t.late, "past_due": t.past_due,
        "due": t.due.day.isoformat(), "due_basis": list(t.due.basis), "reported": None if t.report is None else t.report["state"],
        "share_pct": None if t.report is None else t.report["share_pct"], "leads": [lead.key for lead in t.leads],
        "indicators": [i.indicator.id for i in t.indicators], "reasons": [list(w) for w in t.reasons], "flags": [list(w) for w in t.flags],
    }  # fmt: skip


def _indicator(i: IndicatorStanding) -> dict[str, Any]:
    g = i.growth
    growth = None if g is None else {
        "base_year": g.base_year, "last_year": g.last_year, "base_value": g.base_value, "last_value": g.last_value,
        "compound_pct": g.compound_pct, "mean_pct": g.mean_pct, "gaps": list(g.gaps), "disputed": i.disputed,
        "met": {m.value: r for m, r in i.met},
    }  # fmt: skip
    return {
        "id": i.indicator.id, "zh": i.indicator.zh, "en": i.indicator.en, "kind": i.indicator.kind.value, "status": i.status.value,
        "target": i.indicator.target, "value": i.value, "unit": i.indicator.unit, "as_of": None if i.as_of is None else i.as_of.isoformat(),
        "approved": i.approved, "share": i.share, "share_text": share_text(i.share), "expected": i.expected,
        "due": None if i.due is None else i.due.day.isoformat(), "past_due": i.past_due,
        "reached_on": None if i.reached_on is None else i.reached_on.isoformat(), "pending": i.pending, "growth": growth,
        "reasons": [list(w) for w in i.reasons], "flags": [list(w) for w in i.flags], "citations": [c.text() for c in i.indicator.citations],
    }  # fmt: skip


def money_document(s: Standing) -> dict[str, Any]:
    """Return funds and loans as plain JSON."""
    f, x = s.funds, s.loans
    return {
        "fund_rules": [
            {"id": r.rule.id, "share_pct": r.rule.share_pct, "ruling": r.ruling.value, "readings": [
                {"id": q.reading.id, "numerator_yuan": q.numerator_yuan, "denominator_yuan": q.denominator_yuan, "share_pct": q.share_pct, "met": q.met}
                for q in r.shares
            ], "reasons": [list(w) for w in r.reasons]}
            for r in f.rules
        ],
        "funds": {
            "received_yuan": f.total.received_yuan, "committed_yuan": f.total.committed_yuan, "paid_yuan": f.total.paid_yuan,
            "by_source": [vars(b) for b in f.balances], "by_purpose": [vars(p) for p in f.spending], "flags": [list(w) for w in f.flags],
        },
        "loans": {
            "number": x.number, "lent_yuan": x.lent_yuan, "outstanding_yuan": x.outstanding_yuan, "non_performing_yuan": x.non_performing_yuan,
            "unknown_yuan": x.unknown_yuan, "unknown": x.unknown, "low_pct": x.low_pct, "high_pct": x.high_pct,
            "tolerances": [
                {"id": t.id, "limit_pct": t.limit_pct, "ruling": ruling.value, "readings": [{"id": r.reading.id, "met": r.met} for r in readings]}
                for t, readings, ruling in x.tolerances
            ],
            "flags": [list(w) for w in x.flags],
        },
    }  # fmt: skip
