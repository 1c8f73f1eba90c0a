"""What the desk of a programme refuses: records that no judgement would ever look at (登记前的检查)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from firelane.registry.desk import Guard
from firelane.registry.growth import Words
from firelane.registry.indicators import IndicatorKind
from firelane.registry.ip_counts import CountFrom, Counting
from firelane.registry.ip_plan import Plan, UnitGroup
from firelane.registry.state import Record, State

if TYPE_CHECKING:
    from firelane.store import User

_Check = Callable[[Plan, Counting, Record], Iterator[Words]]


def ip_guards(plan: Plan, counting: Counting) -> Mapping[str, Guard]:
    """Return what is looked at before a record of a kind is written."""
    return {kind: partial(_guard, check, plan, counting) for kind, check in _CHECKS.items()}


def _guard(check: _Check, plan: Plan, counting: Counting, _state: State, row: Record, _user: User) -> list[Words]:
    return list(check(plan, counting, row))


def _actual(plan: Plan, _counting: Counting, row: Record) -> Iterator[Words]:
    indicator = plan.indicator[row["indicator"]]
    if indicator.kind is IndicatorKind.QUALITATIVE and not indicator.series_unit:
        yield f"{indicator.id} 是定性指标，没有数值", f"{indicator.id} is qualitative and has no figures"
    elif indicator.kind in (IndicatorKind.GROWTH, IndicatorKind.QUALITATIVE):
        if row["year"] is None:
            yield f"{indicator.id} 是年度数值，须填年份", f"{indicator.id} has yearly figures: its year is needed"
        elif row.day.year < row["year"]:
            yield f"截至日期 {row.day} 早于所属年份 {row['year']}", f"the day {row.day} lies before the year {row['year']}"


def _firm(plan: Plan, counting: Counting, row: Record) -> Iterator[Words]:
    indicator = plan.indicator[row["indicator"]]
    source = counting.rule(indicator).source
    if source is not CountFrom.FIRM_EVENT:
        yield (
            f"{indicator.id} 不按企业计数，取自：{source.zh}",
            f"{indicator.id} is not counted by firms, it is taken from: {source.en}",
        )


def _base(plan: Plan, _counting: Counting, row: Record) -> Iterator[Words]:
    indicator = plan.indicator[row["indicator"]]
    if indicator.kind is not IndicatorKind.GROWTH:
        yield f"{indicator.id} 不是年均增幅指标，没有基期", f"{indicator.id} is no growth and has no base"


def _due(_plan: Plan, _counting: Counting, row: Record) -> Iterator[Words]:
    if (row["task"] is None) == (row["indicator"] is None):
        yield "任务和指标应填且只填一项", "name a task or an indicator, one of the two"


def _target(plan: Plan, _counting: Counting, row: Record) -> Iterator[Words]:
    indicator = plan.indicator[row["indicator"]]
    if indicator.kind in (IndicatorKind.GROWTH, IndicatorKind.QUALITATIVE):
        yield (
            f"{indicator.id}（{indicator.kind.zh}）没有年度目标",
            f"{indicator.id} ({indicator.kind.en}) has no yearly targets",
        )


def _unit(plan: Plan, _counting: Counting, row: Record) -> Iterator[Words]:
    task = plan.task[row["task"]]
    units = [plan.units[key] for key in (*task.lead_units, *task.responsible_units)]
    groups = [unit.zh for unit in units if unit.group is not UnitGroup.ONE]
    if row["group"] not in groups:
        told = "、".join(groups) or "—"
        yield f"任务 {task.id} 没有“{row['group']}”，可填：{told}", f"task {task.id} has no {row['group']!r}; it has: {told}"


def _asset(_plan: Plan, _counting: Counting, row: Record) -> Iterator[Words]:
    if row["ended_on"] is not None and row["ended_on"] < row.day:
        yield "失效日期早于取得日期", "it ends before it began"


_CHECKS: Mapping[str, _Check] = {
    "actual": _actual, "firm_event": _firm, "base_value": _base, "due_date": _due, "yearly_target": _target, "unit_named": _unit,
    "asset": _asset,
}  # fmt: skip
