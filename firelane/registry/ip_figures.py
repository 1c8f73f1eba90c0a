"""What the records say of an indicator at a date: counts that grow step by step, yearly series (指标的实际值)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any

from firelane.registry.growth import Words
from firelane.registry.indicators import BaseStatus, Indicator, IndicatorKind
from firelane.registry.ip_approval import approved_records, corrected_since
from firelane.registry.ip_counts import CheckedBy, CountFrom, Counting, CountRule
from firelane.registry.ip_presence import Move, Step, named, overlapping, presence, step_at
from firelane.registry.state import Record, State

_CONFIRMED: tuple[Words, Words] = (("待确认", "to be confirmed"), ("已确认", "confirmed"))


@dataclass(frozen=True)
class Figure:
    """What is known of a counted indicator.

    Attributes
    ----------
    source : CountFrom
        What it was counted from in the end.
    steps : tuple of Step
        By day; empty where nothing is recorded.
    approved : tuple of Step
        The same of approved records alone.
    pending : int
        Records that nobody has approved yet.
    reported : Step or None
        The last figure that was reported beside what is counted.
    members : tuple of (str, str)
        Key and name of all that are in at the end.
    flags : tuple of (str, str)
    """

    source: CountFrom
    steps: tuple[Step, ...] = ()
    approved: tuple[Step, ...] = ()
    pending: int = 0
    reported: Step | None = None
    members: tuple[tuple[str, str], ...] = ()
    flags: tuple[Words, ...] = ()

    def at(self, day: dt.date) -> Step | None:
        """Return the step that holds on a day; None before the first."""
        return step_at(self.steps, day)

    def approved_at(self, day: dt.date) -> Step | None:
        """Return the step of approved records that holds on a day."""
        return step_at(self.approved, day)


@dataclass(frozen=True)
class YearFigure:
    """A figure of one year.

    Attributes
    ----------
    year : int
    value : float
    as_of : date
    partial : bool
        Whether it holds a part of the year only, as declared or by its day.
    pending : bool
    record_id : str
    base : bool
        Whether it was recorded as a base value.
    beside : float or None
        The same out of loans registered one by one.
    """

    year: int
    value: float
    as_of: dt.date
    partial: bool
    pending: bool
    record_id: str
    base: bool = False
    beside: float | None = None


@dataclass(frozen=True)
class Series:
    """Yearly figures of an indicator, and the year that growth is counted from."""

    years: tuple[YearFigure, ...] = ()
    base_year: int | None = None
    base_to_confirm: bool = False
    flags: tuple[Words, ...] = ()

    @property
    def full(self) -> Mapping[int, float]:
        """Full years alone."""
        return {y.year: y.value for y in self.years if not y.partial}

    @property
    def pending(self) -> int:
        """Figures that nobody has approved yet."""
        return sum(y.pending for y in self.years)


# ------------------------------------------------------------------------------------------- counted


def figure_of(state: State, indicator: Indicator, counting: Counting, on: dt.date) -> Figure:
    """Return what is counted of an indicator by a date.

    Rejected and withdrawn records never count; those that nobody has approved do, and are told of.
    """
    rule = counting.rule(indicator)
    reported = _reported(state, indicator, on)
    if rule.source is CountFrom.ACTUAL:
        return reported
    rows = _rows(state.records, indicator, rule, on)
    sure = _rows(partial(approved_records, state), indicator, rule, on)
    corrected = corrected_since(state, rows, sure=sure)
    if not rows:
        if not reported.steps:
            return Figure(rule.source, flags=corrected)
        flags = (*reported.flags, *corrected)
        if indicator.distinct:
            told = (
                "只有填报的总数，未逐家登记，无法核对是否重复",
                "a total that was reported: nothing shows that each is counted once",
            )
            flags = (*flags, told)
        return replace(reported, flags=flags)
    steps, members, flags = _counted(indicator, rule, rows, on, counting.same_by_number)
    approved, _, _ = _counted(indicator, rule, sure, on, counting.same_by_number)
    flags += corrected
    last = reported.steps[-1] if reported.steps else None
    mine = step_at(steps, last.day) if last else None
    if last is not None and (mine is None or mine.value != last.value):
        own = 0.0 if mine is None else mine.value
        flags = (*flags, (
            f"{last.day} 填报 {last.value:g}，逐条登记为 {own:g}：以逐条登记为准", f"reported on {last.day}: {last.value:g}; registered one by one: {own:g}, which counts",
        ))  # fmt: skip
    return Figure(rule.source, steps, approved, sum(r.decision != "approved" for r in rows), last, members, flags)


def _rows(
    records: Callable[..., tuple[Record, ...]], indicator: Indicator, rule: CountRule, on: dt.date
) -> tuple[Record, ...]:
    if rule.source is CountFrom.FIRM_EVENT:
        return records("firm_event", on=on, indicator=indicator.id)
    if rule.source is CountFrom.AGENCY_MOVE:
        return records("agency_move", on=on)
    return tuple(r for r in records("asset", on=on) if r["asset"] in rule.assets)


def _counted(
    indicator: Indicator, rule: CountRule, rows: Sequence[Record], on: dt.date, alone: Sequence[str]
) -> tuple[tuple[Step, ...], tuple[tuple[str, str], ...], tuple[Words, ...]]:
    flags: tuple[Words, ...] = ()
    if rule.source is CountFrom.AGENCY_MOVE:
        return _agencies(rows)
    if rule.source is CountFrom.FIRM_EVENT:
        moves = [Move(r["usci"], r["name"], r.day, r["event"] == "counted") for r in rows]
    else:
        moves, flags = _asset_moves(indicator, rows, on, alone)
    moves, old = _new_ones(indicator, moves)
    steps, members, again, unknown = presence(moves)
    flags += named(old, "方案开始前已有，不属新增，不计", "there before the plan began, not new, not counted")
    if rule.source is CountFrom.FIRM_EVENT:
        flags += named(again, "重复登记，只计一次", "recorded more than once, counted once")
    else:
        flags += named(
            again,
            "重复登记（编号和名称、代码相同），只计一次",
            "registered more than once (same number and name, or code), counted once",
        )
    flags += named(unknown, "未计入即退出", "withdrawn without having been counted")
    return steps, members, flags


def _asset_moves(
    indicator: Indicator, rows: Sequence[Record], on: dt.date, alone: Sequence[str]
) -> tuple[list[Move], tuple[Words, ...]]:
    """Return assets as moves: what is counted at a date leaves when it ends, what is counted in all does not."""
    leaves = indicator.kind in (IndicatorKind.STOCK, IndicatorKind.MILESTONE)
    moves, without = [], []
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        if indicator.distinct == "usci" and not row["usci"]:
            without.append(row["name"])
            continue
        key = row["usci"] if indicator.distinct == "usci" else _thing(row, alone)
        if indicator.distinct != "usci" and row["number"] and row["asset"] not in alone:
            names[f"{row['asset']}|{_bare(row['number'])}"].setdefault(_bare(row["name"]), row["name"])
        name = (row["holder"] or row["name"]) if indicator.distinct == "usci" else row["name"]
        moves.append(Move(key, name, row.day, enters=True))
        if leaves and row["ended_on"] is not None and row["ended_on"] <= on:
            moves.append(Move(key, name, row["ended_on"], enters=False))
    shared = [name for found in names.values() if len(found) > 1 for name in found.values()]
    return moves, (
        *named(without, "缺少统一社会信用代码，无法去重，不计", "without a credit code they cannot be told apart and are not counted"),
        *named(shared, "编号相同而名称不同，各计一次，请核对", "the same number under different names, each counted: to be checked"),
    )


def _thing(row: Record, alone: Sequence[str]) -> str:
    """Return by what an asset is the same as another: its number (and name, if many things may bear it), else name and holder."""
    number, name = _bare(row["number"] or ""), _bare(row["name"])
    if not number:
        return f"{row['asset']}|{name}|{row['holder'] or ''}"
    return f"{row['asset']}|#{number}" if row["asset"] in alone else f"{row['asset']}|#{number}|{name}"


def _bare(text: str) -> str:
    return "".join(text.upper().split())


def _new_ones(indicator: Indicator, moves: list[Move]) -> tuple[list[Move], tuple[str, ...]]:
    """Leave out what was there before counting began: it is not new (新增)."""
    start = indicator.counts_from
    if start is None:
        return moves, ()
    old = {m.key: m.name for m in moves if m.enters and m.day < start}
    return [m for m in moves if m.key not in old], tuple(old.values())


def _agencies(rows: Sequence[Record]) -> tuple[tuple[Step, ...], tuple[tuple[str, str], ...], tuple[Words, ...]]:
    """Return the agencies that are in, each once whatever number of carriers it is in."""
    again: list[str] = []
    unknown: list[str] = []
    places: dict[tuple[str, str], list[Move]] = defaultdict(list)
    for row in rows:
        places[row["usci"], row["carrier"]].append(Move(row["usci"], row["name"], row.day, row["move"] == "in"))
    spans: list[Move] = []
    for key in sorted(places):
        steps, _, twice, missing = presence(places[key])
        again += twice
        unknown += missing
        name = max(places[key], key=lambda m: (m.day, m.name)).name
        before = 0.0
        for step in steps:
            if step.value != before:
                spans.append(Move(key[0], name, step.day, step.value > before))
            before = step.value
    steps, members = overlapping(spans)
    flags = named(again, "已在驻又登记入驻", "moved in although in already")
    flags += named(unknown, "未入驻即登记迁出", "moved out without having moved in")
    return steps, members, flags


def _reported(state: State, indicator: Indicator, on: dt.date) -> Figure:
    rows = state.records("actual", on=on, indicator=indicator.id)
    steps, flags = _levels(rows)
    falls = [b for a, b in pairwise(steps) if b.value < a.value]
    if falls and indicator.kind is IndicatorKind.CUMULATIVE:
        flags += ((f"累计数在 {falls[0].day} 下降", f"a cumulative figure falls on {falls[0].day}"),)
    if indicator.counts_from is not None and steps:
        flags += (("填报的总数，无法核对是否均为新增", "a total that was reported: nothing shows that all are new"),)
    sure = approved_records(state, "actual", on=on, indicator=indicator.id)
    approved, _ = _levels(sure)
    flags += corrected_since(state, rows, "value", sure)
    return Figure(CountFrom.ACTUAL, steps, approved, sum(r.decision != "approved" for r in rows), flags=flags)


def _levels(rows: Sequence[Record]) -> tuple[tuple[Step, ...], tuple[Words, ...]]:
    steps: dict[dt.date, float] = {}
    flags: tuple[Words, ...] = ()
    for row in rows:
        if steps.get(row.day, row["value"]) != row["value"]:
            flags += ((f"{row.day} 有不同的填报值，取后登记的", f"two figures for {row.day}: the one recorded later is taken"),)
        steps[row.day] = row["value"]
    return tuple(Step(day, steps[day]) for day in sorted(steps)), flags


# ------------------------------------------------------------------------------------------- by year


def series_of(state: State, indicator: Indicator, rule: CountRule, on: dt.date) -> Series:
    """Return the yearly figures of an indicator by a date, the base value among them.

    Of several figures of a year a full one is taken before a part of it, and the later before the earlier.
    """
    flags: list[Words] = []
    found: dict[int, YearFigure] = {}
    rows = state.records("actual", on=on, indicator=indicator.id)
    flags += corrected_since(state, rows, "value", approved_records(state, "actual", on=on, indicator=indicator.id))
    for row in rows:
        year = row["year"]
        if year is None:
            flags.append(
                (f"{row.record_id} 未填年份，不计入年度序列", f"{row.record_id} names no year and is left out of the series")
            )
            continue
        short = row.day < dt.date(year, 12, 31)
        new = YearFigure(year, row["value"], row.day, bool(row["partial"]) or short, row.decision != "approved", row.record_id)
        old = found.get(year)
        if old is not None and not old.partial and not new.partial and old.value != new.value:
            flags.append(
                (
                    f"{year} 年有两个不同的数值（{old.value:g}、{new.value:g}），取截至日期较晚或后登记的",
                    f"two figures for {year} ({old.value:g}, {new.value:g}): the later is taken",
                )
            )
        if old is None or old.partial or not new.partial:
            found[year] = new
    base_year, to_confirm = _base(state, indicator, on, found, flags)
    beside = _beside(state, rule, on)
    years = []
    for year in sorted(found):
        told = replace(found[year], beside=beside.get(year))
        if told.partial:
            flags.append(
                (
                    f"{year} 年数值只到 {told.as_of}，未满一年，不用于计算增幅",
                    f"the figure of {year} is a part of the year, up to {told.as_of}: it enters no growth",
                )
            )
        elif told.beside is not None and abs(told.beside - told.value) > 1e-9 * max(abs(told.value), 1.0):
            flags.append(
                (
                    f"{year} 年填报 {told.value:g}，{rule.checked_by.zh}合计 {told.beside:g}",
                    f"{year}: reported {told.value:g}; {rule.checked_by.en}: {told.beside:g}",
                )
            )
        years.append(told)
    return Series(tuple(years), base_year, to_confirm, tuple(flags))


def _base(
    state: State, indicator: Indicator, on: dt.date, found: dict[int, YearFigure], flags: list[Words]
) -> tuple[int | None, bool]:
    """Put the base value among the years; return the base year and whether it or its value is to be confirmed."""
    if indicator.kind is not IndicatorKind.GROWTH:
        return None, False
    year, stated = indicator.base_year, indicator.base_status is BaseStatus.STATED
    rows: list[Record] = list(state.records("base_value", on=on, indicator=indicator.id))
    if stated:
        flags += [
            (f"{r.record_id} 的基期年份 {r['year']} 与方案载明的 {year} 不符，不采用", f"{r.record_id} has the base year {r['year']}, the plan says {year}: not used")
            for r in rows if r["year"] != year
        ]  # fmt: skip
        rows = [r for r in rows if r["year"] == year]
    if not rows:
        if year in found:
            flags.append(
                (f"未登记基期值，采用 {year} 年实际值", f"no base value is recorded: the actual figure of {year} is used")
            )
        return year, not stated
    flags += corrected_since(state, rows, "value")
    # What is confirmed goes before what is to be confirmed, however late that was written down.
    row = ([r for r in rows if r["status"] == "confirmed"] or rows)[-1]
    flags += _base_flags(rows, row)
    year = int(row["year"])
    own = found.get(year)
    if own is not None and not own.partial and own.value != row["value"]:
        flags.append(
            (
                f"{year} 年基期值 {row['value']:g} 与实际值 {own.value:g} 不一致，采用基期值",
                f"base value {row['value']:g} and actual figure {own.value:g} of {year} differ: the base value is used",
            )
        )
    to_confirm = row["status"] != "confirmed"
    found[year] = YearFigure(
        year, row["value"], row.day, partial=False, pending=row.decision != "approved", record_id=row.record_id, base=True
    )
    if to_confirm:
        flags.append((f"基期值（{year} 年）待确认", f"the base value ({year}) is to be confirmed"))
    return year, to_confirm


def _base_flags(rows: Sequence[Record], taken: Record) -> tuple[Words, ...]:
    """Tell of every base value where there are several."""
    if len(rows) < 2:
        return ()
    zh = "；".join(f"{r.record_id}：{r['year']} 年 {r['value']:g}，{_CONFIRMED[r['status'] == 'confirmed'][0]}" for r in rows)
    en = "; ".join(f"{r.record_id}: {r['value']:g} of {r['year']}, {_CONFIRMED[r['status'] == 'confirmed'][1]}" for r in rows)
    return (
        (
            f"登记了 {len(rows)} 个基期值（{zh}），采用 {taken.record_id}",
            f"{len(rows)} base values are recorded ({en}): {taken.record_id} is used",
        ),
    )


def _beside(state: State, rule: CountRule, on: dt.date) -> dict[int, float]:
    """Return what the loans registered one by one sum to, by year."""
    if rule.checked_by is CheckedBy.NOTHING:
        return {}
    sums: dict[int, Any] = defaultdict(Decimal)
    for row in state.records("pledge", on=on):
        sums[row.day.year] += Decimal(repr(row["amount_yuan"])) / 10_000 if rule.checked_by is CheckedBy.PLEDGE_AMOUNT else 1
    return {year: float(total) for year, total in sums.items()}
