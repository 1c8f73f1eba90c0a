"""Where an indicator stands at a date: achieved, on track, at risk, overdue, or why it cannot be told (指标评价)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from firelane.registry.growth import Growth, Words, growth
from firelane.registry.indicators import Comparator, GrowthMethod, Indicator, IndicatorKind
from firelane.registry.ip_counts import Counting, StatusRules
from firelane.registry.ip_figures import Figure, Series, figure_of, series_of
from firelane.registry.ip_plan import Plan
from firelane.registry.state import State
from firelane.vocabulary import Lang, Term


class Status(Term):
    """How something stands."""

    OVERDUE = "overdue", "逾期未达", "overdue"
    UNDECIDED = "undecided", "算法不同结论不同", "depends on the method"
    AT_RISK = "at_risk", "有风险", "at risk"
    NOT_EVALUABLE = "not_evaluable", "无法评价", "not evaluable"
    ON_TRACK = "on_track", "进展正常", "on track"
    QUALITATIVE = "qualitative", "定性，不评价", "qualitative"
    ACHIEVED = "achieved", "已达到", "achieved"


@dataclass(frozen=True)
class Due:
    """The last day of something, and where it comes from."""

    day: dt.date
    basis: Words


@dataclass(frozen=True)
class IndicatorStanding:
    """An indicator at a date.

    Attributes
    ----------
    indicator : Indicator
    status : Status
    past_due : bool
        Whether the last day has gone by.
    due : Due or None
    value : float or None
        A count in the indicator's unit, or the growth by its own method [%].
    as_of : date or None
        Day of the value.
    approved : float or None
        The same of approved records alone, for counts.
    share : float or None
        Of the target; at least 0.
    expected : float or None
        Of the target, by the time gone by or a yearly target.
    reached_on : date or None
        When a count reached the target.
    figure : Figure or None
    series : Series or None
    growth : Growth or None
    met : tuple of (GrowthMethod, bool or None)
        For growth: by every method.
    reasons : tuple of (str, str)
        Why the status is what it is.
    flags : tuple of (str, str)
        What a reader should know of the figures.
    pending : int
        Records that nobody has approved.
    """

    indicator: Indicator
    status: Status
    past_due: bool
    due: Due | None
    value: float | None = None
    as_of: dt.date | None = None
    approved: float | None = None
    share: float | None = None
    expected: float | None = None
    reached_on: dt.date | None = None
    figure: Figure | None = None
    series: Series | None = None
    growth: Growth | None = None
    met: tuple[tuple[GrowthMethod, bool | None], ...] = ()
    reasons: tuple[Words, ...] = ()
    flags: tuple[Words, ...] = ()
    pending: int = 0

    @property
    def disputed(self) -> bool:
        """Whether the methods of growth come to different results."""
        return len({told for _, told in self.met if told is not None}) > 1

    def value_text(self, lang: Lang = "zh") -> str:
        """Return the value as a reader is shown it; a dash where there is none."""
        if self.value is None:
            return "—"
        if self.indicator.kind is IndicatorKind.GROWTH:
            return pct_text(self.value, self.indicator.target)
        unit = self.indicator.actual_unit_label(lang)
        return f"{number_text(self.value)} {unit}".strip()


def number_text(value: float) -> str:
    """Return a figure with its thousands parted and no digits that say nothing.

    >>> number_text(1234567.0), number_text(0.125)
    ('1,234,567', '0.125')
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6f}".rstrip("0").rstrip(".")


def pct_text(value: float, limit: float | None = None) -> str:
    """Return a percentage with one digit, or so many that it does not look like a limit that it is not.

    >>> pct_text(39.97, 40), pct_text(40.0, 40), pct_text(14.4714, 20)
    ('39.97 %', '40.0 %', '14.5 %')
    """
    for digits in range(1, 8):
        text = f"{value:.{digits}f}"
        if limit is None or float(text) != limit or abs(value - limit) < 1e-9:
            break
    return f"{text} %"


def judge(state: State, plan: Plan, counting: Counting, indicator: Indicator, on: dt.date) -> IndicatorStanding:
    """Return where an indicator stands at a date.

    Parameters
    ----------
    state : State
        Of ``Register.state(known_on=…)``.
    plan : Plan
    counting : Counting
    indicator : Indicator
    on : date
        Records of later days do not exist; due dates that were set later neither.
    """
    due = _due(state, indicator, on)
    past = due is not None and on > due.day
    if indicator.kind is IndicatorKind.QUALITATIVE:
        series = series_of(state, indicator, counting.rule(indicator), on)
        last = series.years[-1] if series.years else None
        return IndicatorStanding(
            indicator, Status.QUALITATIVE, past, due, None if last is None else last.value, None if last is None else last.as_of,
            series=series, flags=series.flags, pending=series.pending, reasons=(("原文没有数值，不作达标判定", "the text has no figure: nothing is judged"),),
        )  # fmt: skip
    if indicator.kind is IndicatorKind.GROWTH:
        return _growth(state, counting, indicator, on, due, past=past)
    return _count(state, plan, counting, indicator, on, due, past=past)


def _due(state: State, indicator: Indicator, on: dt.date) -> Due | None:
    rows = state.records("due_date", on=on, indicator=indicator.id)
    if rows:
        row = rows[-1]
        return Due(row["due"], (f"{row['basis']}（{row.day}）", f"{row['basis']} ({row.day})"))
    if indicator.due is None:
        return None
    text = indicator.due_text
    unsure = "due" in indicator.to_confirm
    return Due(
        indicator.due,
        (f"原文“{text}”" + ("，待确认" if unsure else ""), f"the text: “{text}”" + (", to be confirmed" if unsure else "")),
    )


# ------------------------------------------------------------------------------------------- growth


def _growth(
    state: State, counting: Counting, indicator: Indicator, on: dt.date, due: Due | None, *, past: bool
) -> IndicatorStanding:
    series = series_of(state, indicator, counting.rule(indicator), on)
    final = None if due is None else due.day.year if (due.day.month, due.day.day) == (12, 31) else due.day.year - 1
    found = growth(series.full, series.base_year, until=final)
    flags = list(series.flags)
    if found.gaps:
        told = "、".join(map(str, found.gaps))
        flags.append((f"缺少 {told} 年的完整数值", f"no full figures for {', '.join(map(str, found.gaps))}"))
    if series.base_to_confirm and found.computed and not any("待确认" in zh for zh, _ in flags):
        flags.append(
            (
                f"基期年份 {found.base_year} 待确认：原文没有写明",
                f"the base year {found.base_year} is to be confirmed: the text names none",
            )
        )
    target = indicator.target
    met = tuple((m, None if target is None else found.met(m, indicator.comparator, target)) for m in GrowthMethod)
    value = found.rate_pct(indicator.method)
    last = None if found.last_year is None else next(y for y in series.years if y.year == found.last_year)
    status, reasons = _growth_status(indicator, found, dict(met), final, past=past)
    return IndicatorStanding(
        indicator, status, past, due, value, None if last is None else last.as_of, share=_share(value, target), series=series,
        growth=found, met=met, reasons=reasons, flags=tuple(flags), pending=series.pending,
    )  # fmt: skip


def _growth_status(
    indicator: Indicator, found: Growth, met: dict[GrowthMethod, bool | None], final: int | None, *, past: bool
) -> tuple[Status, tuple[Words, ...]]:
    if not found.computed:
        assert found.reason is not None
        return Status.NOT_EVALUABLE, (found.reason,)
    assert found.last_year is not None
    if past and final is not None and found.last_year < final:
        return Status.NOT_EVALUABLE, (
            (f"期限已过，缺少 {final} 年完整数值", f"the last day has gone by, and the full figure of {final} is missing"),
        )
    told = {m: r for m, r in met.items() if r is not None}
    span = (f"{found.base_year}—{found.last_year} 年", f"{found.base_year}–{found.last_year}")
    if len(set(told.values())) > 1 and "method" in indicator.to_confirm:
        zh = "，".join(f"{m.zh} {_rate(found, m, indicator)} {'达到' if r else '未达到'}" for m, r in told.items())
        en = ", ".join(f"{m.en} {_rate(found, m, indicator)} {'reaches' if r else 'misses'} it" for m, r in told.items())
        return Status.UNDECIDED, (
            (f"{span[0]}：{zh}；“年均增幅”的算法待确认", f"{span[1]}: {en}; which is meant is to be confirmed"),
        )
    method = indicator.method
    result = told.get(method)
    if result is None:
        why = found.mean_reason or ("不能计算", "it cannot be computed")
        return Status.NOT_EVALUABLE, ((f"{method.zh}：{why[0]}", f"{method.en}: {why[1]}"),)
    reason = (
        f"{span[0]}{method.zh} {_rate(found, method, indicator)}",
        f"{span[1]}, {method.en}: {_rate(found, method, indicator)}",
    )
    is_final = final is not None and found.last_year >= final
    if is_final:
        return (Status.ACHIEVED if result else Status.OVERDUE if past else Status.AT_RISK), (reason,)
    return (Status.ON_TRACK if result else Status.AT_RISK), (reason,)


def _rate(found: Growth, method: GrowthMethod, indicator: Indicator) -> str:
    rate = found.rate_pct(method)
    return "—" if rate is None else pct_text(rate, indicator.target)


# ------------------------------------------------------------------------------------------- counts


def _count(
    state: State, plan: Plan, counting: Counting, indicator: Indicator, on: dt.date, due: Due | None, *, past: bool
) -> IndicatorStanding:
    figure = figure_of(state, indicator, counting, on)
    now, sure = figure.at(on), figure.approved_at(on)
    target = indicator.target
    assert target is not None  # only a qualitative one has none
    value = None if now is None else now.value
    reached = next((s.day for s in figure.steps if indicator.comparator.met(s.value, target)), None)
    expected = _expected(state, plan, indicator, due, on)
    status, reasons = _count_status(indicator, figure, counting.status, due, on, expected, past=past)
    flags = list(figure.flags)
    if figure.pending and value is not None and (sure is None or sure.value != value):
        own = 0.0 if sure is None else sure.value
        flags.append(
            (
                f"其中已审核 {own:g}，另有 {figure.pending} 条未审核",
                f"approved: {own:g}; {figure.pending} records are not approved yet",
            )
        )
    return IndicatorStanding(
        indicator, status, past, due, value, None if now is None else now.day, None if sure is None else sure.value,
        _share(value, target), expected.share, reached, figure, reasons=reasons, flags=tuple(flags), pending=figure.pending,
    )  # fmt: skip


def _share(value: float | None, target: float | None) -> float | None:
    return None if value is None or not target else max(value / target, 0.0)


@dataclass(frozen=True)
class _Expected:
    """What share of the target there should be by now.

    Attributes
    ----------
    share : float or None
    target : float or None
        The last yearly target that is due, in the indicator's unit.
    words : (str, str) or None
        That target.
    rules : bool
        Whether it is what is asked for now: until the next one, or the end of its year.
    """

    share: float | None = None
    target: float | None = None
    words: Words | None = None
    rules: bool = False


def _expected(state: State, plan: Plan, indicator: Indicator, due: Due | None, on: dt.date) -> _Expected:
    target = indicator.target
    begin = indicator.counts_from or plan.horizon.first_day
    # Of two targets for a day the one recorded later is left.
    yearly = {r["by"]: float(r["target"]) for r in state.records("yearly_target", on=on, indicator=indicator.id)} if target else {}
    last = max((by for by in yearly if by <= on), default=None)
    points = [(by, yearly[by]) for by in sorted(yearly) if by > on]
    if due is not None and due.day > on:
        points = sorted([*(p for p in points if p[0] < due.day), (due.day, target or 0.0)])
    words, had = None, None
    if last is not None and target:
        had = yearly[last]
        words = f"{last} 的年度目标 {had:g}", f"the yearly target of {last}: {had:g}"
        if due is not None and on >= due.day:
            return _Expected(1.0, had, words)
        if not points or (on.year == last.year and on < points[0][0]):
            return _Expected(had / target, had, words, rules=True)
    elif on < begin or due is None or due.day <= begin:
        return _Expected()
    start, low = (begin, 0.0) if last is None or had is None else (last, had)
    if not points:
        return _Expected(1.0, had, words)
    end, high = points[0]
    now = low + (high - low) * (on - start).days / (end - start).days
    return _Expected(min(now / target, 1.0) if target else None, had, words)


def _count_status(
    indicator: Indicator, figure: Figure, rules: StatusRules, due: Due | None, on: dt.date, expected: _Expected, *, past: bool,
) -> tuple[Status, tuple[Words, ...]]:  # fmt: skip
    target = indicator.target
    assert target is not None
    now = figure.at(on)
    if now is None:
        if past:
            return Status.NOT_EVALUABLE, (("期限已过，没有任何登记", "the last day has gone by, and nothing is recorded"),)
        return Status.NOT_EVALUABLE, (("没有登记", "nothing is recorded"),)
    reaches = indicator.comparator.met
    if past:
        assert due is not None
        then = figure.at(due.day)
        if then is not None and reaches(then.value, target):
            fell = not reaches(now.value, target)
            return Status.ACHIEVED, (
                (f"期限时已达到；现为 {now.value:g}", f"reached by the last day; now {now.value:g}"),
            ) if fell else ()
        had = "—" if then is None else f"{then.value:g}"
        if reaches(now.value, target):
            return Status.ACHIEVED, ((f"逾期达到：期限时为 {had}", f"reached late: {had} on the last day"),)
        return Status.OVERDUE, (
            (f"期限 {due.day} 时为 {had}，目标 {target:g}", f"{had} on the last day, {due.day}; target {target:g}"),
        )
    if reaches(now.value, target):
        # At most is only reached when time is up: it can still be passed.
        return (Status.ON_TRACK if indicator.comparator is Comparator.AT_MOST else Status.ACHIEVED), ()
    return _before_due(indicator, now.value, rules, due, on, expected)


def _before_due(
    indicator: Indicator, value: float, rules: StatusRules, due: Due | None, on: dt.date, expected: _Expected
) -> tuple[Status, tuple[Words, ...]]:
    """Return the status of what is not reached and still may be."""
    left = None if due is None else (due.day - on).days
    target = indicator.target or 0.0
    if indicator.comparator is Comparator.AT_MOST:
        return Status.AT_RISK, ((f"现为 {value:g}，超过 {target:g}", f"now {value:g}, above {target:g}"),)
    if left is not None and left <= rules.last_days:
        return Status.AT_RISK, ((f"距期限 {left} 天，尚未达到", f"{left} days are left, and it is not reached"),)
    if expected.words is not None and expected.target is not None:
        if value < expected.target:  # until it is made up for, whatever is expected by now
            return Status.AT_RISK, ((f"低于{expected.words[0]}", f"behind {expected.words[1]}"),)
        if expected.rules:
            return Status.ON_TRACK, ((f"达到{expected.words[0]}", f"at {expected.words[1]}"),)
    if indicator.kind is IndicatorKind.MILESTONE or target < rules.least_even_target:
        if left is not None and left <= rules.days_before_due:
            return Status.AT_RISK, ((f"距期限 {left} 天，尚未达到", f"{left} days are left, and it is not reached"),)
        return Status.ON_TRACK, ()
    if expected.share is None or (expected.words is None and expected.share < rules.least_elapsed):
        return Status.ON_TRACK, ()
    share = value / target if target else 0.0
    by = ("按时间应为", "by the time gone by") if expected.words is None else ("按年度目标推算应为", "between the yearly targets")
    words = (f"完成目标的 {share:.0%}，{by[0]} {expected.share:.0%}", f"{share:.0%} of the target, {by[1]} it should be {expected.share:.0%}")
    return (Status.AT_RISK if share < rules.at_risk_part * expected.share else Status.ON_TRACK), (words,)
