"""Where the tasks stand at a date, their documents, and who leads them (任务进展、牵头单位)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from firelane.registry.growth import Words
from firelane.registry.indicators import IndicatorKind
from firelane.registry.ip_approval import corrected_since
from firelane.registry.ip_counts import StatusRules
from firelane.registry.ip_plan import DocumentToIssue, Plan, Task, UnitGroup
from firelane.registry.judging import Due, IndicatorStanding, Status
from firelane.registry.state import Record, State
from firelane.vocabulary import Lang

_LONGEST_NAME = 60  # of a unit that a record names

URGENT = (Status.OVERDUE, Status.UNDECIDED, Status.AT_RISK)
"""What an officer looks at first."""


@dataclass(frozen=True)
class Lead:
    """A unit that leads: one of the plan's, or one that a record names for a group that the plan leaves open.

    Attributes
    ----------
    key, zh, en : str
    unresolved : bool
        Whether it is a group that nobody has named yet.
    group : str
        The printed words that it was named for; "" for a unit of the plan.
    """

    key: str
    zh: str
    en: str
    unresolved: bool = False
    group: str = ""

    def label(self, lang: Lang = "zh") -> str:
        """Return its name."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class DocumentStanding:
    """A document that the plan wants to be issued, and the record of it, if one was found."""

    document: DocumentToIssue
    record: Record | None


@dataclass(frozen=True)
class TaskStanding:
    """A task at a date.

    Attributes
    ----------
    task : Task
    status : Status
    past_due : bool
    due : Due
    report : Record or None
        The last report of its state.
    leads : tuple of Lead
    indicators : tuple of IndicatorStanding
    documents : tuple of DocumentStanding
    reasons, flags : tuple of (str, str)
    pending : int
    """

    task: Task
    status: Status
    past_due: bool
    due: Due
    report: Record | None
    leads: tuple[Lead, ...]
    indicators: tuple[IndicatorStanding, ...]
    documents: tuple[DocumentStanding, ...]
    reasons: tuple[Words, ...]
    flags: tuple[Words, ...]
    pending: int

    @property
    def late(self) -> bool:
        """Whether its last day has gone by and it is not shown to be done."""
        return self.status is Status.OVERDUE or (self.past_due and self.status is Status.NOT_EVALUABLE)

    def state_label(self, lang: Lang, kinds: Mapping[str, tuple[str, str]]) -> str:
        """Return what was reported of it; a dash where nothing was."""
        if self.report is None:
            return "—"
        return kinds[self.report["state"]][0 if lang == "zh" else 1]


@dataclass(frozen=True)
class UnitStanding:
    """The tasks that a unit leads, alone or with others."""

    lead: Lead
    tasks: tuple[TaskStanding, ...]

    def count(self, status: Status) -> int:
        """Return how many of them stand so."""
        return sum(t.status is status for t in self.tasks)

    @property
    def late(self) -> int:
        """How many are late."""
        return sum(t.late for t in self.tasks)


def judge_task(
    state: State, plan: Plan, rules: StatusRules, task: Task, indicators: Sequence[IndicatorStanding], on: dt.date
) -> TaskStanding:
    """Return where a task stands at a date; ``indicators`` are those that it names, judged at the same date."""
    due = _due(state, plan, task, indicators, on)
    past = on > due.day
    rows = state.records("task_state", on=on, task=task.id)
    report = rows[-1] if rows else None
    flags: list[Words] = []
    if report is not None and len({r["state"] for r in rows if r.day == report.day}) > 1:
        flags.append(
            (f"{report.day} 有不同的进展填报，取后登记的", f"reports of {report.day} differ: the one recorded later is taken")
        )
    documents = _documents(state, plan, task, on)
    missing = [d.document for d in documents if d.record is None]
    flags += corrected_since(state, () if report is None else (report,))
    late = _late(due, _done_since(rows), documents)
    status, reasons = _status(plan, rules, due, report, indicators, missing, on, flags, late)
    pending = 0 if report is None or report.decision == "approved" else 1
    return TaskStanding(
        task,
        status,
        past,
        due,
        report,
        _leads(state, plan, task, on),
        tuple(indicators),
        documents,
        reasons,
        tuple(flags),
        pending,
    )


def _due(state: State, plan: Plan, task: Task, indicators: Sequence[IndicatorStanding], on: dt.date) -> Due:
    rows = state.records("due_date", on=on, task=task.id)
    if rows:
        return Due(rows[-1]["due"], (f"{rows[-1]['basis']}（{rows[-1].day}）", f"{rows[-1]['basis']} ({rows[-1].day})"))
    days = [s.due for s in indicators if s.due is not None and s.indicator.kind is not IndicatorKind.QUALITATIVE]
    if days:
        last = max(days, key=lambda d: d.day)
        return Due(last.day, (f"所属指标的期限：{last.basis[0]}", f"last day of its indicators: {last.basis[1]}"))
    return Due(plan.horizon.last_day, ("方案期限末日，待确认", "last day of the plan, to be confirmed"))


def _status(
    plan: Plan, rules: StatusRules, due: Due, report: Record | None, indicators: Sequence[IndicatorStanding],
    missing: Sequence[DocumentToIssue], on: dt.date, flags: list[Words], late: tuple[Words, ...],
) -> tuple[Status, tuple[Words, ...]]:  # fmt: skip
    past = on > due.day
    numbered = [s for s in indicators if s.status is not Status.QUALITATIVE]
    unmet = [s for s in numbered if s.status is not Status.ACHIEVED]
    told = None if report is None else str(report["state"])
    reasons = [_named(s) for s in numbered if s.status in URGENT or (s.past_due and s.status is Status.NOT_EVALUABLE)]
    if told == "done" and not unmet and not missing:
        return Status.ACHIEVED, late
    if told == "done" and missing:
        flags.append(
            (
                "填报已完成，但应出台的文件没有登记：不按完成计",
                "reported as done, but a document that it orders is not recorded: not counted as done",
            )
        )
    if told == "done" and unmet:
        flags.append(
            (
                "填报已完成，但有指标未达到：不按完成计",
                "reported as done, but not all its figures are reached: not counted as done",
            )
        )
    worst = [s for s in numbered if s.status is Status.OVERDUE]
    if missing and (past or told == "done"):
        reasons.append(_missing(missing))
    if past or worst:
        if report is None and not any(s.value is not None for s in numbered):
            return Status.NOT_EVALUABLE, (("期限已过，没有任何进展登记", "the last day has gone by, and nothing is recorded"),)
        if past and numbered and not unmet and told != "done":
            reasons.append(("指标均已达到，但未填报完成", "all its figures are reached, but it is not reported as done"))
        elif past and told != "done":
            word = "没有进展填报" if report is None else "未填报完成"
            reasons.append(
                (f"期限 {due.day} 已过，{word}", f"the last day, {due.day}, has gone by: it is not reported as done")
            )
        only = {s.status for s in unmet}
        if told == "done" and Status.UNDECIDED in only and not worst and not missing:
            return Status.UNDECIDED, tuple(reasons)
        if told == "done" and only == {Status.NOT_EVALUABLE} and not missing:
            return Status.NOT_EVALUABLE, tuple(reasons)  # nothing shows that it missed them
        return Status.OVERDUE, tuple(reasons)
    if told == "stopped":
        return Status.AT_RISK, (("已终止", "stopped"), *reasons)
    return _open(plan, rules, due, report, numbered, reasons, on)


def _done_since(rows: Sequence[Record]) -> dt.date | None:
    """Return since when a task is reported as done without a break: what was opened again was not done."""
    by_day = {r.day: r for r in rows}  # of one day, what was recorded later
    since = None
    for on in sorted(by_day, reverse=True):
        if by_day[on]["state"] != "done":
            break
        since = on
    return since


def _late(due: Due, done: dt.date | None, documents: Sequence[DocumentStanding]) -> tuple[Words, ...]:
    late: list[Words] = []
    if done is not None and done > due.day:
        late.append(
            (f"逾期完成：期限 {due.day}，{done} 填报完成", f"done late: last day {due.day}, reported as done on {done}")
        )
    late += [
        (f"逾期出台：{d.document.zh}，{d.record.day}", f"issued late, on {d.record.day}: {d.document.en}")
        for d in documents
        if d.record is not None and d.record.day > due.day
    ]
    return tuple(late)


def _open(
    plan: Plan,
    rules: StatusRules,
    due: Due,
    report: Record | None,
    numbered: Sequence[IndicatorStanding],
    reasons: list[Words],
    on: dt.date,
) -> tuple[Status, tuple[Words, ...]]:
    """Return the status of a task whose time is not up and that is not done."""
    if any(s.status is Status.AT_RISK for s in numbered):
        return Status.AT_RISK, tuple(reasons)
    if any(s.status is Status.UNDECIDED for s in numbered):
        return Status.UNDECIDED, tuple(reasons)
    if report is None:
        if not any(s.value is not None for s in numbered):
            return Status.NOT_EVALUABLE, (("没有进展填报", "no progress is reported"),)
        close = (due.day - on).days <= rules.last_days
        return (Status.AT_RISK if close else Status.ON_TRACK), (
            *((("没有填报完成", "it is not reported as done"),) if close else ()), *reasons,
        )  # fmt: skip
    left, whole = (due.day - on).days, (due.day - plan.horizon.first_day).days
    if left <= rules.last_days:
        return Status.AT_RISK, ((f"距期限 {left} 天，尚未完成", f"{left} days are left, and it is not done"), *reasons)
    share = report["share_pct"]
    if share is not None and whole > 0:
        gone = min(max((on - plan.horizon.first_day).days / whole, 0.0), 1.0)
        if gone >= rules.least_elapsed and share / 100 < rules.at_risk_part * gone:
            return Status.AT_RISK, (
                (f"填报完成 {share:g} %，时间已过 {gone:.0%}", f"{share:g} % reported, {gone:.0%} of the time"),
                *reasons,
            )
    elif left <= rules.days_before_due and report["state"] != "done":
        return Status.AT_RISK, (
            (f"距期限 {left} 天，未填报完成程度", f"{left} days are left, and no share done is reported"),
            *reasons,
        )
    if report["state"] == "not_started" and left <= rules.days_before_due:
        return Status.AT_RISK, ((f"距期限 {left} 天，尚未启动", f"{left} days are left, and it has not begun"), *reasons)
    return Status.ON_TRACK, tuple(reasons)


def _named(standing: IndicatorStanding) -> Words:
    i = standing.indicator
    return f"{i.id} {i.zh}：{standing.status.zh}", f"{i.id} {i.en}: {standing.status.en}"


def _missing(documents: Sequence[DocumentToIssue]) -> Words:
    zh, en = "、".join(d.zh for d in documents), "; ".join(d.en for d in documents)
    return f"未登记已出台：{zh}", f"not recorded as issued: {en}"


# ------------------------------------------------------------------------------------------- documents, units


def _documents(state: State, plan: Plan, task: Task, on: dt.date) -> tuple[DocumentStanding, ...]:
    return tuple(DocumentStanding(d, _issued(state, d, on)) for d in plan.documents_to_issue if task.id in d.tasks)


def documents_at(state: State, plan: Plan, on: dt.date) -> tuple[DocumentStanding, ...]:
    """Return every document that the plan wants, and whether a record of it was found."""
    return tuple(DocumentStanding(d, _issued(state, d, on)) for d in plan.documents_to_issue)


def _issued(state: State, document: DocumentToIssue, on: dt.date) -> Record | None:
    """Return the record of a document: one with its id as number, or whose name holds the printed one."""
    wanted = _bare(document.zh)
    for row in state.records("asset", on=on, asset="document"):
        if (row["number"] or "").strip().upper() == document.id.upper() or wanted in _bare(row["name"]):
            return row
    return None


def _bare(title: str) -> str:
    return "".join(c for c in title if c not in "《》〈〉“”\"' \t\n\u3000")


def _leads(state: State, plan: Plan, task: Task, on: dt.date) -> tuple[Lead, ...]:
    leads: list[Lead] = []
    for key in task.lead_units:
        unit = plan.units[key]
        rows = [r for r in state.records("unit_named", on=on, task=task.id) if _bare(r["group"]) == _bare(unit.zh)]
        if unit.group is UnitGroup.ONE or not rows:
            leads.append(Lead(key, unit.zh, unit.en, unresolved=unit.group is UnitGroup.UNRESOLVED))
            continue
        for row in rows:
            name = " ".join(row["unit"].split())[:_LONGEST_NAME]
            known = next((u for u in plan.units.values() if name in (u.id, u.zh, u.en)), None)
            found = Lead(f"named:{name}", name, name) if known is None else Lead(known.id, known.zh, known.en)
            leads.append(Lead(found.key, found.zh, found.en, group=unit.zh))
    return tuple({lead.key: lead for lead in leads}.values())


def by_unit(tasks: Sequence[TaskStanding]) -> tuple[UnitStanding, ...]:
    """Return the tasks by lead unit, the units with most tasks first; a joint task stands at each of its leads."""
    leads: dict[str, Lead] = {}
    for task in tasks:
        for lead in task.leads:
            leads.setdefault(lead.key, lead)
    found = [UnitStanding(lead, tuple(t for t in tasks if key in {x.key for x in t.leads})) for key, lead in leads.items()]
    return tuple(sorted(found, key=lambda u: -len(u.tasks)))


def tally(tasks: Sequence[TaskStanding]) -> dict[Status, int]:
    """Return how many tasks stand how; each task once."""
    counts = Counter(t.status for t in tasks)
    return {status: counts[status] for status in Status}
