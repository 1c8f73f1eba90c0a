"""The deadline that an event sets: the office's own, or the proposed one of its rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from firelane.cases.calendar import CalendarError, WorkCalendar
from firelane.cases.deadlines import MOST_DAYS, DeadlineError, DeadlineRule, Unit, deadline, rules
from firelane.cases.flowfile import BEFORE, BY_KIND, START
from firelane.cases.guards import as_day, day_of
from firelane.cases.model import Case, Event
from firelane.cases.routing import kinds
from firelane.cases.workflow import apply, workflow

BY_OFFICE = "办案单位指定"


def with_deadline(
    case: Case | None, kind: str, fields: Mapping[str, Any], start: datetime, calendar: WorkCalendar | None, *,
    day: date | None = None, days: int | None = None, source: str = "", events: Iterable[Event] = (),
) -> dict[str, Any]:  # fmt: skip
    """Return the fields of an event with its deadline and why that day.

    Where the step does not ask for a deadline (a re-inspection, looking into a report) and its rule counts working
    days, no calendar leaves it out: nothing is guessed, and the event can be recorded (:func:`not_set` tells).

    Parameters
    ----------
    case : Case or None
        None for the event that opens it.
    events : iterable of Event, optional
        Those of the case, for a step after which an earlier deadline runs again.

    Raises
    ------
    DeadlineError, CalendarError
        Days and a day at once, a day that is over; working days without a calendar that covers them.
    """
    told = {key: value.isoformat() if isinstance(value, date) else value for key, value in fields.items()}
    if source:
        told["deadline_source"] = source
    row = workflow().rows.get((START if case is None else case.state, kind))
    needed = row is not None and "deadline" in row.required
    begins = row is not None and bool(row.deadline) and "deadline" in row.sets
    own = day is not None or days is not None
    if not own and begins and not needed and "deadline" in told:
        day = as_day(told["deadline"])  # checked and given a source as the office's own day is
        own = day is not None
    if not own and ("deadline" in told or not (needed or begins)):
        return told
    if row is not None and row.deadline == BEFORE and not own:
        before = _before(events)
        return told if before is None or before.deadline is None else {
            **told, "deadline": before.deadline.isoformat(), "deadline_source": before.deadline_source,
        }  # fmt: skip
    if day is not None and days is not None:
        raise DeadlineError("天数和日期只能指定一项", "give days or a day, not both")
    rule = _rule_of(case, "" if row is None else row.deadline)
    if not rule:
        return _by_office(told, start, day, days)
    if not (own or needed) and not _workable(rule, start, calendar):
        return told
    found = deadline(rule, start, calendar, days, day=day, source=str(told.get("deadline_source") or ""))
    told["deadline"] = found.day.isoformat()
    told["deadline_source"], told["deadline_source_en"] = found.source("zh"), found.source("en")
    return told


def _rule_of(case: Case | None, rule: str) -> str:
    """Return the key of the rule that a row names, "" for none."""
    if rule == BY_KIND:
        return kinds()[case.kind].deadline if case is not None and case.kind in kinds() else ""
    return "" if rule == BEFORE else rule


def _workable(rule: str, start: datetime, calendar: WorkCalendar | None) -> bool:
    """Tell whether the days of a rule can be counted; a time that the step itself refuses is left to it."""
    late = start.year >= date.max.year - 1 - MOST_DAYS // 365
    return start.tzinfo is not None and not late and (calendar is not None or rules()[rule].unit is not Unit.WORKING_DAYS)


def _by_office(told: dict[str, Any], start: datetime, day: date | None, days: int | None) -> dict[str, Any]:
    """Return the fields with the office's own day, or number of plain days."""
    if days is not None:
        if not 0 <= days <= MOST_DAYS:
            raise DeadlineError(f"天数应在 0 到 {MOST_DAYS} 之间：{days}", f"days must lie between 0 and {MOST_DAYS}: {days}")
        day = day_of(start) + timedelta(days=days)
    if day is not None:
        told["deadline"] = day.isoformat()
        told["deadline_source"] = told.get("deadline_source") or BY_OFFICE
    return told


def with_rule(
    case: Case | None, kind: str, fields: Mapping[str, Any], start: datetime, calendar: WorkCalendar | None
) -> dict[str, Any]:
    """Return the fields with the deadline of the rule alone; none where the calendar does not reach (for imports)."""
    with suppress(CalendarError):
        return with_deadline(case, kind, fields, start, calendar)
    return dict(fields)


def not_set(case: Case, kind: str) -> DeadlineRule | None:
    """Return the rule of a deadline that should run since an event of this kind and that could not be worked out.

    Parameters
    ----------
    case : Case
        As it is after the event.
    kind : str
    """
    if case.deadline is not None:
        return None
    for row in workflow().transitions:
        if (row.event, row.to) == (kind, case.state) and "deadline" in row.sets and row.deadline in rules():
            return rules()[row.deadline]
    return None


def _before(events: Iterable[Event]) -> Case | None:
    """Return the case as it was before it came into its state."""
    case: Case | None = None
    before: Case | None = None
    for event in events:
        after = apply(case, event)
        if case is None or after.state != case.state:
            before = case
        case = after
    return before
