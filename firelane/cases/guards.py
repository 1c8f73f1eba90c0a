"""Conditions of a step that are more than a field: named in ``workflow.toml``, written here.

Each takes the case and the event (None when only the case is asked about, as for a list of what is allowed) and
returns why the step may not be taken, in Chinese and English, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from typing import Any

from firelane.cases.model import Case, Event

Refusal = tuple[str, str]
Guard = Callable[[Case, Event | None], Refusal | None]

BEIJING = timezone(timedelta(hours=8), "UTC+08:00")
REPORT_TO = ("fire_rescue", "police")
"""Whom Article 15 (四) has informed: 消防救援机构和公安机关."""


def day_of(moment: datetime) -> date:
    """Return the day in Beijing on which ``moment`` falls.

    >>> day_of(datetime.fromisoformat("2026-10-07T16:30:00+00:00")).isoformat()
    '2026-10-08'
    """
    return moment.astimezone(BEIJING).date()


def as_day(value: Any) -> date | None:
    """Return a date given as such or as ISO 8601 text, None for anything else."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == 10:
        with suppress(ValueError):
            return date.fromisoformat(value)
    return None


def text_of(event: Event, key: str) -> str:
    """Return a field as text without the space around it, "" where it is none."""
    value = event.fields.get(key)
    return value.strip() if isinstance(value, str) else ""


def dissuaded_first(case: Case, event: Event | None) -> Refusal | None:
    """Ask for a dissuasion before a refusal."""
    del event
    if "dissuaded" in case.chain:
        return None
    return (
        "第十五条第（四）项：应先制止和劝阻，才有拒不听从",
        "Article 15 (4): nobody can refuse before being stopped and dissuaded",
    )


def refusal_and_evidence_first(case: Case, event: Event | None) -> Refusal | None:
    """Report only after a refusal and with evidence secured since, or say why nobody was there to refuse."""
    if "refused" in case.chain:
        if "evidence" in case.chain:
            return None
        return (
            "第十五条第（四）项：拒不听从的，应先以拍照摄像等方式固定证据，再报告",
            "Article 15 (4): after a refusal evidence is secured first, then the report is made",
        )
    if event is None or text_of(event, "without_refusal"):
        return None
    return (
        "第十五条第（四）项：尚未记录拒不听从；无人在场等情形请填写 without_refusal（未经劝阻即报告的理由）",
        "Article 15 (4): no refusal is recorded; where nobody was there to dissuade, say so in without_refusal",
    )


def deadline_not_past(case: Case, event: Event | None) -> Refusal | None:
    """Refuse a notice whose day is over when it is served."""
    del case
    day = as_day(event.fields.get("deadline")) if event is not None else None
    if event is None or day is None or day >= day_of(event.happened_at):
        return None
    return (
        f"期限 {day} 早于通知日 {day_of(event.happened_at)}",
        f"the deadline {day} lies before the day of the notice, {day_of(event.happened_at)}",
    )


def later_deadline(case: Case, event: Event | None) -> Refusal | None:
    """Refuse an extension that ends no later than what it extends."""
    day = as_day(event.fields.get("deadline")) if event is not None else None
    if day is None or case.deadline is None or day > case.deadline:
        return None
    return (
        f"延期后的期限 {day} 不晚于原期限 {case.deadline}",
        f"the extended deadline {day} is not later than the one in force, {case.deadline}",
    )


def not_before_notice(case: Case, event: Event | None) -> Refusal | None:
    """Refuse what follows from a notice on a day before it: a mistyped day would give the figures negative days."""
    if event is None or case.noticed_at is None or day_of(event.happened_at) >= day_of(case.noticed_at):
        return None
    return (
        f"{day_of(event.happened_at)} 早于首次通知日 {day_of(case.noticed_at)}",
        f"{day_of(event.happened_at)} lies before the day of the first notice, {day_of(case.noticed_at)}",
    )


def has_proposal(case: Case, event: Event | None) -> Refusal | None:
    """Ask for a proposal before one is rejected."""
    del event
    return None if case.proposal else ("没有待处理的结案建议", "there is no proposal to close")


def other_case(case: Case, event: Event | None) -> Refusal | None:
    """Refuse a case as a duplicate of itself."""
    if event is None or text_of(event, "duplicate_of") != case.case_id:
        return None
    return (f"案件 {case.case_id} 不能与自身重复", f"case {case.case_id} cannot be a duplicate of itself")


GUARDS: Mapping[str, Guard] = {
    guard.__name__: guard
    for guard in (
        dissuaded_first, refusal_and_evidence_first, deadline_not_past, later_deadline, not_before_notice, has_proposal, other_case,
    )
}  # fmt: skip
"""What ``guard`` in ``workflow.toml`` may name."""

GUARD_FIELDS: Mapping[str, tuple[str, ...]] = {refusal_and_evidence_first.__name__: ("without_refusal",)}
"""What a condition reads of an event beyond the fields of the workflow."""


def next_chain(case: Case, event: Event) -> tuple[str, ...]:
    """Return the steps of Article 15 (四) after ``event``; a new refusal wants new evidence and new reports."""
    chain = case.chain
    if event.kind == "dissuaded":
        chain = ("dissuaded",) if not chain or report_complete(case) else chain
        chain = chain if "dissuaded" in chain else ("dissuaded", *chain)
    elif event.kind == "refused":
        chain = ("dissuaded", "refused")
    elif event.kind == "reported_to":
        addressee = text_of(event, "addressee")
        chain = chain if addressee in chain else (*chain, addressee)
    if event.evidence and "refused" in chain and "evidence" not in chain:
        chain = (*chain, "evidence")
    return chain


def report_complete(case: Case) -> bool:
    """Tell whether the report of Article 15 (四) is made in full: refusal, evidence, and both bodies informed."""
    return {"refused", "evidence", *REPORT_TO} <= set(case.chain)


def report_lacks(case: Case) -> tuple[str, ...]:
    """Return what the report of Article 15 (四) still lacks after a refusal; () where nobody refused or all is done."""
    if "refused" not in case.chain:
        return ()
    return tuple(step for step in ("evidence", *REPORT_TO) if step not in case.chain)
