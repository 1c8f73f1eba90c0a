"""Words of what is handed out about a programme, and small texts that several outputs share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from firelane.registry.growth import Words
from firelane.registry.indicators import Citation, GrowthMethod, Indicator, IndicatorKind
from firelane.registry.ip_standing import Standing
from firelane.registry.ip_tasks import TaskStanding
from firelane.registry.judging import IndicatorStanding, number_text, pct_text
from firelane.vocabulary import Lang

_WORDS: dict[str, Words] = {
    "board": ("进展看板", "progress board"),
    "report": ("进展报告", "progress report"),
    "as_of": ("数据截至", "as of"),
    "known": ("登记截至", "as recorded by"),
    "head": ("登记日志末条哈希", "hash of the journal's last entry"),
    "pending": ("未审核记录", "records not approved yet"),
    "records": ("计入的记录", "records that count"),
    "last_day": ("最近一条记录的日期", "day of the latest record"),
    "nothing": ("截至该日没有任何登记", "nothing is recorded by that date"),
    "none": ("无", "none"),
    "total": ("合计（任务不重复计）", "all (each task once)"),
    "sum": ("合计", "total"),
    "unresolved": ("原文没有指明，待明确", "the text does not say which; not named yet"),
    "named_for": ("明确自", "named for"),
    "to_confirm": ("待确认", "to be confirmed"),
    "pending_word": ("未审核", "not approved"),
    "met": ("达到", "reached"),
    "missed": ("未达到", "not reached"),
    "no_rate": ("不能计算", "cannot be computed"),
    "late": ("逾期", "late"),
    "partial": ("未满一年", "part of the year"),
    "full": ("全年", "full year"),
    "base": ("基期", "base"),
    "approved": ("已审核", "approved"),
    "not_found": ("未登记", "not recorded"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
}


def word(key: str, lang: Lang) -> str:
    """Return a word."""
    return _WORDS[key][0 if lang == "zh" else 1]


def told(words: Words | None, lang: Lang) -> str:
    """Return one of a pair."""
    return "" if words is None else words[0 if lang == "zh" else 1]


def joined(words: Iterable[Words], lang: Lang) -> str:
    """Return several remarks as one text."""
    return ("；" if lang == "zh" else "; ").join(told(w, lang) for w in words)


def yuan_text(yuan: float, lang: Lang) -> str:
    """Return money as tables have it, exact to the cent.

    >>> yuan_text(1234567.5, "en"), yuan_text(40000000.0, "zh")
    ('CNY 1,234,567.50', '4,000 万元')
    """
    if lang == "zh" and yuan and yuan % 10_000 == 0:
        return f"{yuan / 10_000:,.0f} 万元"
    text = f"{yuan:,.0f}" if float(yuan).is_integer() else f"{yuan:,.2f}"
    return f"{text} 元" if lang == "zh" else f"CNY {text}"


def share_text(share: float | None) -> str:
    """Return a share of a target; what is not all of it never looks like it.

    >>> share_text(0.996), share_text(1.25), share_text(None)
    ('99 %', '125 %', '—')
    """
    if share is None:
        return "—"
    whole = int(share * 100 + 1e-9) if share < 1 else round(share * 100)
    return f"{whole} %"


def heading(standing: Standing, lang: Lang) -> list[tuple[str, str]]:
    """Return what the head of every output says of where its figures come from."""
    rows = [(word("as_of", lang), str(standing.on))]
    if standing.known_on is not None:
        rows.append((word("known", lang), str(standing.known_on)))
    rows += [
        (word("records", lang), f"{sum(standing.counts.values()):,}"), (word("pending", lang), f"{sum(standing.pending.values()):,}"),
        (word("last_day", lang), str(standing.last_day or "—")), (word("head", lang), standing.head),
    ]  # fmt: skip
    return rows


def lead_text(task: TaskStanding, lang: Lang) -> str:
    """Return the lead units of a task, those that a record names with the words they stand for."""
    names = []
    for lead in task.leads:
        name = lead.label(lang)
        if lead.group:
            name += (
                f"（{word('named_for', lang)}“{lead.group}”）" if lang == "zh" else f" ({word('named_for', lang)} {lead.group})"
            )
        elif lead.unresolved:
            name += f"（{word('unresolved', lang)}）" if lang == "zh" else f" ({word('unresolved', lang)})"
        names.append(name)
    return ("、" if lang == "zh" else ", ").join(names)


def cited(citations: Sequence[Citation], lang: Lang) -> str:
    """Return where something is printed."""
    return "\n".join(c.text(lang) for c in citations)


def method_text(standing: IndicatorStanding, method: GrowthMethod, lang: Lang) -> str:
    """Return the growth by a method and whether it reaches the target."""
    assert standing.growth is not None
    rate = standing.growth.rate_pct(method)
    if rate is None:
        why = standing.growth.mean_reason if method is GrowthMethod.MEAN else standing.growth.reason
        return f"{word('no_rate', lang)}{'：' if lang == 'zh' else ': '}{told(why, lang)}"
    result = dict(standing.met).get(method)
    verdict = "" if result is None else word("met" if result else "missed", lang)
    return f"{pct_text(rate, standing.indicator.target)} {verdict}".strip()


def confirm_text(indicator: Indicator, lang: Lang) -> str:
    """Return which fields of an indicator the text does not settle."""
    names = {
        "base_year": ("基年", "base year"), "method": ("算法", "method"), "due": ("期限", "last day"), "series_unit": ("数据单位", "unit of the figures"),
        "comparator": ("能否超过", "whether it may be exceeded"), "kind": ("口径（时点或累计）", "at a date or cumulative"),
        "counts_from": ("起算日", "counted from"), "tasks": ("所属任务", "its task"),
    }  # fmt: skip
    found = [told(names.get(key, (key, key)), lang) for key in indicator.to_confirm]
    return ("、" if lang == "zh" else ", ").join(found)


def progress_text(standing: IndicatorStanding, lang: Lang) -> str:
    """Return value and target in one line."""
    if standing.indicator.kind is IndicatorKind.QUALITATIVE:
        return standing.value_text(lang)
    return f"{standing.value_text(lang)} / {standing.indicator.target_text(lang)}"


__all__ = [
    "cited", "confirm_text", "heading", "joined", "lead_text", "method_text", "number_text", "pct_text", "progress_text", "share_text",
    "told", "word", "yuan_text",
]  # fmt: skip
