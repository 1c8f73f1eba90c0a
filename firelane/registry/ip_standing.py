"""A whole programme at a date, and the desk that records it (方案总体情况)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firelane.registry.desk import Register
from firelane.registry.funds import Funds, Loans, funds_at, loans_at
from firelane.registry.ip_counts import CountFrom, Counting
from firelane.registry.ip_figures import Figure, figure_of
from firelane.registry.ip_guards import ip_guards
from firelane.registry.ip_plan import Plan
from firelane.registry.ip_tasks import (
    DocumentStanding,
    TaskStanding,
    UnitStanding,
    by_unit,
    documents_at,
    judge_task,
)  # fmt: skip
from firelane.registry.judging import IndicatorStanding, judge
from firelane.registry.state import State
from firelane.store.times import utc_now

if TYPE_CHECKING:
    from firelane.store import Store


@dataclass(frozen=True)
class Standing:
    """Everything that is told of a programme at a date.

    Attributes
    ----------
    plan : Plan
    counting : Counting
    on : date
        As of the end of this day.
    known_on : date or None
        What had been recorded by the end of this day; None: all.
    head : str
        Hash of the last journal entry that was read.
    indicators : tuple of IndicatorStanding
    tasks : tuple of TaskStanding
    units : tuple of UnitStanding
    documents : tuple of DocumentStanding
    funds : Funds
    loans : Loans
    agencies : Figure or None
        Who is in the carriers; None where no indicator counts them.
    counts : mapping of str to int
        Records that count, by kind.
    pending : mapping of str to int
        Those of them that nobody has approved, by kind.
    last_day : date or None
        Day of the latest record.
    """

    plan: Plan
    counting: Counting
    on: dt.date
    known_on: dt.date | None
    head: str
    indicators: tuple[IndicatorStanding, ...]
    tasks: tuple[TaskStanding, ...]
    units: tuple[UnitStanding, ...]
    documents: tuple[DocumentStanding, ...]
    funds: Funds
    loans: Loans
    agencies: Figure | None
    counts: Mapping[str, int]
    pending: Mapping[str, int]
    last_day: dt.date | None

    @property
    def empty(self) -> bool:
        """Whether nothing is recorded by that date."""
        return not any(self.counts.values())


def standing(state: State, plan: Plan, counting: Counting, on: dt.date, known_on: dt.date | None = None) -> Standing:
    """Return where a programme stands at a date.

    Parameters
    ----------
    state : State
        Of ``Register.state(known_on=…)``.
    plan : Plan
    counting : Counting
    on : date
        Records of later days are left out.
    known_on : date, optional
        What ``state`` was asked for; only told of.
    """
    indicators = tuple(judge(state, plan, counting, i, on) for i in plan.indicators)
    at = {s.indicator.id: s for s in indicators}
    tasks = tuple(
        judge_task(state, plan, counting.status, t, [at[i.id] for i in plan.indicators_of(t.id)], on) for t in plan.tasks
    )
    residents = next((i for i in plan.indicators if counting.rule(i).source is CountFrom.AGENCY_MOVE), None)
    agencies = None if residents is None else figure_of(state, residents, counting, on)
    rows = {kind: state.records(kind, on=on) for kind in state.kinds}
    return Standing(
        plan, counting, on, known_on, state.head, indicators, tasks, by_unit(tasks), documents_at(state, plan, on),
        funds_at(state, plan, on), loans_at(state, plan, counting, on), agencies, {k: len(r) for k, r in rows.items()},
        {k: sum(x.decision != "approved" for x in r) for k, r in rows.items()},
        max((x.day for r in rows.values() for x in r), default=None),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- the desk


def stream_of(plan: Plan) -> str:
    """Return the journal's stream of a programme."""
    return f"ip:{plan.id}"


def register(store: Store, user: str, plan: Plan, counting: Counting, *, now: Callable[[], dt.datetime] = utc_now) -> Register:
    """Return the desk of a programme for one user.

    Raises
    ------
    StoreError
        If the store does not know the user.
    """
    refers = {"indicator": tuple(plan.indicator), "task": tuple(plan.task)}
    return Register(store, user, stream_of(plan), plan.kinds, refers=refers, guards=ip_guards(plan, counting), now=now)
