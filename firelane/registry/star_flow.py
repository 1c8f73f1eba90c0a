"""Where an application stands: folded from its steps by the transitions of the scheme (申报与备案流程)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from firelane.registry.star_facts import Facts
from firelane.registry.star_flowfile import START, Flow, Transition
from firelane.registry.star_scheme import Scheme
from firelane.registry.state import Record

Wrong = tuple[str, str]
"""What speaks against a record: Chinese, English."""


@dataclass(frozen=True)
class Event:
    """Something that happened to an application: the transition, the record that made it, the state after it."""

    transition: Transition
    record: Record
    state: str

    @property
    def day(self) -> dt.date:
        """When it happened."""
        return self.record.day


@dataclass(frozen=True)
class Application:
    """An application at a date.

    Attributes
    ----------
    record : Record
    state : str
        Id of a state of the flow.
    events : tuple of Event
        The form first.
    faults : tuple of Record
        Steps that did not fit; none, unless somebody wrote past the guards.
    """

    record: Record
    state: str
    events: tuple[Event, ...]
    faults: tuple[Record, ...] = ()

    @property
    def id(self) -> str:
        """Its number."""
        return self.record.record_id

    @property
    def space(self) -> str:
        """Number of the space that applies."""
        return str(self.record["space"])

    @property
    def last(self) -> Event:
        """What happened last."""
        return self.events[-1]

    def found(self, transition: str) -> Event | None:
        """Return the last event of a transition."""
        return next((e for e in reversed(self.events) if e.transition.id == transition), None)

    def entered(self, flow: Flow) -> Event | None:
        """Return the event that filed it; None where it never was."""
        return next((e for e in self.events if flow.states[e.state].group == "filed"), None)

    @property
    def direct(self) -> bool:
        """Whether it was filed without review."""
        return any(e.transition.guard == "direct_basis" for e in self.events)


def applications_of(facts: Facts, scheme: Scheme, space: str) -> tuple[Application, ...]:
    """Return the applications of a space, the first one first."""
    later = {name: list(facts.of(name, space=space)) for name in _others(scheme.flow)}
    found = []
    for record in facts.of("application", space=space):
        application = _own_steps(facts, scheme.flow, record)
        entered = application.entered(scheme.flow)
        if entered is not None:
            application = _afterwards(facts, scheme.flow, application, entered, later)
        found.append(application)
    return tuple(found)


def applications(facts: Facts, scheme: Scheme) -> tuple[Application, ...]:
    """Return all applications in the order of their forms."""
    spaces = dict.fromkeys(str(r["space"]) for r in facts.of("application"))
    found = [a for space in spaces for a in applications_of(facts, scheme, space)]
    return tuple(sorted(found, key=lambda a: facts.order(a.record)))


def application(facts: Facts, scheme: Scheme, application_id: str) -> Application | None:
    """Return one application; None where it is not known at the date."""
    record = facts.one(application_id)
    if record is None or record.kind != "application":
        return None
    return next(a for a in applications_of(facts, scheme, str(record["space"])) if a.id == application_id)


def filed(facts: Facts, scheme: Scheme, space: str) -> Application | None:
    """Return the application by which a space stands in the register; None where it does not."""
    flow = scheme.flow
    return next((a for a in reversed(applications_of(facts, scheme, space)) if flow.states[a.state].group == "filed"), None)


def filed_spaces(facts: Facts, scheme: Scheme) -> tuple[Application, ...]:
    """Return the register: those filed, in the order in which they were."""
    flow = scheme.flow
    rows = [(a, a.entered(flow)) for a in applications(facts, scheme) if flow.states[a.state].group == "filed"]
    order = sorted((facts.order(e.record), n) for n, (_, e) in enumerate(rows) if e is not None)
    return tuple(rows[n][0] for _, n in order)


def next_steps(scheme: Scheme, state: str) -> tuple[Transition, ...]:
    """Return the steps that may follow a state."""
    return tuple(t for t in scheme.flow.leaving(state) if t.record == "step")


def transition_of(flow: Flow, record: Record, *, start: str | None = None) -> Transition | None:
    """Return the transition that a record makes; with ``start`` only one that begins there."""
    for transition in flow.transitions.values():
        if transition.record != record.kind or (start is not None and start not in transition.start):
            continue
        if record.kind == "step" and record["step"] != transition.id:
            continue
        if all(record.values.get(key) in words for key, words in transition.where.items()):
            return transition
    return None


def _others(flow: Flow) -> tuple[str, ...]:
    """Return the kinds of records beside form and step that move an application."""
    return tuple(dict.fromkeys(t.record for t in flow.transitions.values() if t.record not in ("application", "step")))


def _own_steps(facts: Facts, flow: Flow, record: Record) -> Application:
    form = transition_of(flow, record, start=START)
    assert form is not None
    result = Application(record, form.target(START), (Event(form, record, form.target(START)),))
    for step in facts.of("step", application=record.record_id):
        result = _moved(flow, result, step)
    return result


def _moved(flow: Flow, now: Application, record: Record) -> Application:
    transition = transition_of(flow, record, start=now.state)
    if transition is None or record.day < now.last.day:
        return replace(now, faults=(*now.faults, record))
    state = transition.target(now.state)
    return replace(now, state=state, events=(*now.events, Event(transition, record, state)))


def _afterwards(
    facts: Facts, flow: Flow, now: Application, entered: Event, later: dict[str, list[Record]]
) -> Application:
    """Let what happened to the space while it was filed happen to its application; take it from ``later``."""
    rows = sorted((r for rows in later.values() for r in rows if r.day >= entered.day), key=facts.order)
    for record in rows:
        if flow.states[now.state].group != "filed":
            break
        before = len(now.faults)
        now = _moved(flow, now, record)
        if len(now.faults) == before:
            later[record.kind].remove(record)
        else:
            now = replace(now, faults=now.faults[:before])
    return now


# ------------------------------------------------------------------------------------------- what a step needs


def step_faults(
    facts: Facts, scheme: Scheme, record: Record, *, conditions: Callable[[str, dt.date], Sequence[Wrong]] | None
) -> Iterator[Wrong]:
    """Yield what speaks against a step, before it is written.

    Parameters
    ----------
    facts : Facts
        All that is recorded.
    scheme : Scheme
    record : Record
        Of kind ``step``.
    conditions : callable or None
        Returns what a space lacks of the conditions at a date; None: they were looked at elsewhere.
    """
    now = application(facts, scheme, str(record["application"]))
    if now is None:  # never there, taken back, or rejected
        yield no_application(str(record["application"]))
        return
    yield from move_faults(scheme, now, record)
    transition = scheme.flow.transitions[record["step"]]
    if now.state not in transition.start:
        return
    if transition.guard == "conditions_met" and conditions is not None:
        yield from conditions(now.space, record.day)
    if transition.guard == "publicity_over":
        yield from _publicity(now, record)
    if transition.guard == "direct_basis" and now.record["direct"] not in {b.id for b in scheme.direct_bases}:
        yield "没有直接备案的依据", "there is no basis for filing directly"
    until = record.values.get("until")
    if until is not None and until < record.day:
        yield f"公示截止日期 {until} 早于公示日期 {record.day}", f"public until {until} is before the notice of {record.day}"


def no_application(name: str) -> Wrong:
    """Return that an application does not stand."""
    return f"申报 {name} 不存在，或已作废、未通过", f"there is no application {name}, or it was taken back or rejected"


def move_faults(scheme: Scheme, now: Application, record: Record) -> Iterator[Wrong]:
    """Yield what keeps a record from moving an application: its state, the order of days, fields that are empty."""
    flow = scheme.flow
    state = flow.states[now.state]
    transition = transition_of(flow, record, start=now.state)
    if transition is None:
        wanted = transition_of(flow, record)
        zh, en = ("此类登记", "this") if wanted is None else (f"“{wanted.zh}”", f"“{wanted.en}”")
        can = next_steps(scheme, now.state)
        could_zh, could_en = "、".join(f"{t.zh}（{t.id}）" for t in can), ", ".join(t.id for t in can)
        yield (
            f"{now.id} 的状态为“{state.zh}”，不能{zh}" + (f"；可以：{could_zh}" if can else ""),
            f"{now.id} is {state.en}: {en} cannot follow" + (f"; possible: {could_en}" if can else ""),
        )
        return
    if record.day < now.last.day:
        yield (
            f"日期 {record.day} 早于上一步“{now.last.transition.zh}”的 {now.last.day}",
            f"{record.day} is before the last step ({now.last.transition.en}, {now.last.day})",
        )
    for key in transition.required:
        if _blank(record.values.get(key)) and _blank(now.record.values.get(key)):
            field = flow.fields[key]
            yield f"“{transition.zh}”须填写{field.zh}", f"“{transition.en}” needs: {field.en}"


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _publicity(now: Application, record: Record) -> Iterator[Wrong]:
    """Look whether the notice is over and as many objections as told are there, all of them dismissed."""
    notice = next((e for e in reversed(now.events) if e.record.values.get("until") is not None), None)
    if notice is not None and record.day <= notice.record["until"]:
        until = notice.record["until"]
        yield f"公示至 {until} 方止，{record.day} 不能公布", f"the notice runs until {until}: it cannot be announced on {record.day}"
    told, known = record.values.get("objections"), objections(now)
    if told is not None and told != known:
        yield (
            f"异议数填 {told}，而登记的异议有 {known} 件（须逐件登记并处理）",
            f"{told} objections are told, but {known} are recorded; each is recorded and dealt with",
        )


def objections(now: Application) -> int:
    """Return how many objections were raised during the last public notice."""
    start = max((n for n, e in enumerate(now.events) if e.record.values.get("until") is not None), default=0)
    return sum(e.transition.objection for e in now.events[start:])
