"""What may follow what: one event applied to a case, and all of them folded (transition table: ``workflow.toml``)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import datetime
from typing import Any

from firelane.cases.flowfile import START, Field, State, Transition, Workflow, workflow
from firelane.cases.guards import GUARD_FIELDS, GUARDS, as_day, next_chain, report_complete, report_lacks
from firelane.cases.model import Case, Event, Party, PartyRole, SitePlace, Source
from firelane.errors import UsageError
from firelane.store import Role, User, require
from firelane.vocabulary import Lang

__all__ = [
    "IllegalTransition", "MissingFields", "OutOfOrder", "State", "Transition", "UnknownFields", "Workflow", "allowed", "apply",
    "check_names", "fold", "lacking", "report_complete", "report_lacks", "workflow",
]  # fmt: skip


class _RefusedError(UsageError):
    """A step that is not taken, said in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en

    def text(self, lang: str = "zh") -> str:
        """Return the message in ``lang``."""
        return self.zh if lang == "zh" else self.en


class IllegalTransition(_RefusedError):  # noqa: N818  (named for what happened)
    """An event that the table does not know in this state; ``allowed`` are the kinds that it does know."""

    def __init__(self, zh: str, en: str, allowed: Iterable[str] = ()) -> None:
        super().__init__(zh, en)
        self.allowed = tuple(allowed)


class MissingFields(_RefusedError):  # noqa: N818  (named for what happened)
    """Fields that a step asks for and that are absent (``missing``) or cannot be read (``wrong``): all of them."""

    def __init__(self, zh: str, en: str, missing: Iterable[str], wrong: Iterable[str]) -> None:
        super().__init__(zh, en)
        self.missing, self.wrong = tuple(missing), tuple(wrong)


class UnknownFields(_RefusedError):  # noqa: N818  (named for what happened)
    """Names that neither the workflow nor the step knows (``unknown``); ``known`` are those that may be told."""

    def __init__(self, zh: str, en: str, unknown: Iterable[str], known: Iterable[str]) -> None:
        super().__init__(zh, en)
        self.unknown, self.known = tuple(unknown), tuple(known)


class OutOfOrder(_RefusedError):  # noqa: N818  (named for what happened)
    """An event of another case, one whose number is not the next, or one without a time zone or a known role."""


def apply(case: Case | None, event: Event, flow: Workflow | None = None) -> Case:
    """Return the case after one more event.

    Parameters
    ----------
    case : Case or None
        None for the event that opens the case.
    event : Event
    flow : Workflow, optional
        By default the packaged one.

    Raises
    ------
    OutOfOrder
        Another case's event, or not the next number.
    IllegalTransition
        The table knows no such event in this state, or its condition is not met; names what is allowed.
    PermissionRefused
        The role of ``event`` is lower than the row asks for.
    MissingFields
        Every field that is missing or cannot be read.
    """
    flow = workflow() if flow is None else flow
    _in_order(case, event)
    row = flow.rows.get((START if case is None else case.state, event.kind))
    if row is None:
        raise _illegal(case, event, flow)
    role = Role(event.role)
    require(User(event.actor, role), row.role, row.zh, row.en)
    missing, wrong = lacking(case, event, row, flow)
    if missing or wrong:
        raise _missing(row, missing, wrong, flow)
    if case is None:
        case = _opened(event, row)
    elif row.guard and (refusal := GUARDS[row.guard](case, event)) is not None:
        raise _illegal(case, event, flow, refusal)
    return _stepped(case, event, row)


def fold(events: Iterable[Event], flow: Workflow | None = None) -> Case:
    """Return what the events of one case add up to.

    Raises
    ------
    OutOfOrder
        No events, or not 1, 2, 3 … of one case.
    """
    case: Case | None = None
    for event in events:
        case = apply(case, event, flow)
    if case is None:
        raise OutOfOrder("案件没有任何事件", "a case without events")
    return case


def allowed(case: Case | None, role: Role, flow: Workflow | None = None) -> tuple[Transition, ...]:
    """Return the steps that somebody with ``role`` may take now, as far as the case alone tells."""
    flow = workflow() if flow is None else flow
    return tuple(
        row
        for row in flow.leaving(START if case is None else case.state)
        if role.rank >= row.role.rank
        and (case is None or not row.guard or GUARDS[row.guard](case, None) is None)
    )


def lacking(
    case: Case | None, event: Event, row: Transition, flow: Workflow
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields of a step that are missing, and those that cannot be read.

    ``evidence`` stands for files: as many as ``row.evidence``, unless a field of ``row.instead`` is known.
    """
    missing = [name for name in row.required if not _known(flow.fields[name], case, event)]
    given = [flow.fields[name] for name in event.fields if name in flow.fields]
    wrong = [f.key for f in given if _told(f, event) and not _readable(f, event, row)]
    wrong += [name for name in row.sets if name in event.fields and name not in wrong and not _settable(name, event)]
    enough = len(event.evidence) >= row.evidence
    if not enough and not any(_known(flow.fields[name], case, event) for name in row.instead):
        missing.append("evidence")
    return tuple(name for name in missing if name not in wrong), tuple(wrong)


def check_names(case: Case, kind: str, names: Iterable[str], flow: Workflow | None = None) -> None:
    """Refuse names that nothing reads: a slip of the keyboard would be recorded for ever and have no effect.

    For what somebody records by hand. :func:`apply` takes any name, so that what is in a journal stays readable and
    imports can leave their own marks. An event that may not follow at all is left to :func:`apply`.

    Raises
    ------
    UnknownFields
        Names every one, and those that are known.
    """
    flow = workflow() if flow is None else flow
    row = flow.rows.get((case.state, kind))
    if row is None:
        return
    known = tuple(dict.fromkeys((*flow.fields, *row.sets, *GUARD_FIELDS.get(row.guard, ()))))
    unknown = tuple(name for name in names if name not in known)
    if unknown:
        shown = ", ".join("".join(c if c.isprintable() else "�" for c in name)[:40] for name in unknown)
        raise UnknownFields(
            f"{row.zh}（{row.event}）：没有名为 {shown} 的内容；可以填写：{'、'.join(known)}",
            f"{row.event} ({row.en}): nothing is called {shown}; known: {', '.join(known)}", unknown, known,
        )  # fmt: skip


def _in_order(case: Case | None, event: Event) -> None:
    if case is not None and event.case_id != case.case_id:
        raise OutOfOrder(
            f"事件属于案件 {event.case_id}，不是 {case.case_id}",
            f"the event belongs to case {event.case_id}, not to {case.case_id}",
        )
    due = 1 if case is None else case.last_seq + 1
    if event.seq != due:
        raise OutOfOrder(
            f"案件 {event.case_id}：应为第 {due} 个事件，得到第 {event.seq} 个",
            f"case {event.case_id}: event {due} is due, {event.seq} was given",
        )
    if event.happened_at.tzinfo is None or event.recorded_at.tzinfo is None:
        raise OutOfOrder("事件的时间没有时区", "the times of an event need a time zone")
    if event.role not in list(Role):
        raise OutOfOrder(f"没有角色 {event.role!r}", f"there is no role {event.role!r}")


def _illegal(case: Case | None, event: Event, flow: Workflow, why: tuple[str, str] | None = None) -> IllegalTransition:
    """Say what was refused, why, and what is allowed from here."""
    state = START if case is None else case.state
    role = Role(event.role)
    rows = [row for row in allowed(case, role, flow) if why is None or row.event != event.kind]
    at_zh = f"案件 {case.case_id}（{flow.states[state].zh}）" if case else f"案件 {event.case_id}（尚未立案）"
    at_en = f"case {case.case_id} ({flow.states[state].en})" if case else f"case {event.case_id} (not opened yet)"
    zh_list = "、".join(f"{row.event} {row.zh}" for row in rows) or "无"
    en_list = ", ".join(f"{row.event} ({row.en})" for row in rows) or "nothing"
    name_zh, name_en = flow.event_text(event.kind, "zh"), flow.event_text(event.kind, "en")
    zh = f"{at_zh}：{why[0]}" if why else f"{at_zh}：不能“{name_zh}”（{event.kind}）"
    en = f"{at_en}: {why[1]}" if why else f"{at_en}: “{name_en}” ({event.kind}) is not possible"
    return IllegalTransition(
        f"{zh}；现在可以（{role.zh}）：{zh_list}", f"{en}; allowed now to {role.en}: {en_list}", (row.event for row in rows)
    )


def _missing(row: Transition, missing: Iterable[str], wrong: Iterable[str], flow: Workflow) -> MissingFields:
    """Say everything that is missing at once."""
    missing, wrong = tuple(missing), tuple(wrong)

    def named(key: str, lang: Lang) -> str:
        if key == "evidence":
            need = row.evidence
            others = [flow.fields[name] for name in row.instead if not flow.fields[name].from_case]
            or_zh = f"（或{'、'.join(other.zh for other in others)}）" if others else ""
            or_en = f" (or {', '.join(other.en for other in others)})" if others else ""
            return f"证据 {need} 件{or_zh}" if lang == "zh" else f"{need} piece{'s'[: need != 1]} of evidence{or_en}"
        label = flow.fields[key].text(lang) if key in flow.fields else ""
        known = row.choices.get(key) or (flow.fields[key].choices if key in flow.fields else ())
        choices = f" = {'|'.join(known)}" if known else ""
        if lang == "zh":
            return f"{label}（{key}{choices}）" if label else f"{key}{choices}"
        return f"{key} ({label}){choices}" if label else f"{key}{choices}"

    parts_zh, parts_en = [], []
    if missing:
        parts_zh.append("缺少：" + "；".join(named(key, "zh") for key in missing))
        parts_en.append("missing: " + ", ".join(named(key, "en") for key in missing))
    if wrong:
        parts_zh.append("填写有误：" + "；".join(named(key, "zh") for key in wrong))
        parts_en.append("cannot be read: " + ", ".join(named(key, "en") for key in wrong))
    return MissingFields(
        f"{row.zh}（{row.event}）：{'。'.join(parts_zh)}", f"{row.event} ({row.en}): {'; '.join(parts_en)}", missing, wrong
    )


# ------------------------------------------------------------------------------------- fields


def _told(field: Field, event: Event) -> bool:
    """Tell whether the event itself gives the field something."""
    if field.key == "note":
        return bool(event.note.strip())
    value = event.fields.get("parties" if field.type == "parties" else field.key)
    return bool(value.strip()) if isinstance(value, str) else value is not None and value not in ([], {}, ())


def _known(field: Field, case: Case | None, event: Event) -> bool:
    """Tell whether the event gives the field, or the case has it already."""
    if field.type == "parties":
        return any(p.role is PartyRole.RESPONSIBLE for p in _parties(event) or ()) or (
            field.from_case and case is not None and "parties" not in event.fields
            and any(p.role is PartyRole.RESPONSIBLE for p in case.parties)
        )  # fmt: skip
    if _told(field, event):
        return True
    if field.when == "measured" and (case is None or case.threshold is None):
        return True  # the rule has no limit in figures: nothing was to be measured
    if not field.from_case or case is None:
        return False
    value = getattr(case, field.key, None)
    return value is not None and value != ""


def _readable(field: Field, event: Event, row: Transition) -> bool:
    """Tell whether what the event gives is of the field's type and among its choices."""
    if field.key == "note":
        return True
    if field.type == "parties":
        return _parties(event) is not None
    value = event.fields[field.key]
    choices = row.choices.get(field.key) or field.choices
    if choices and value not in choices:
        return False
    if field.type == "date":
        return as_day(value) is not None
    if field.type == "number":
        return _number(value)
    if field.type == "place":
        return _place(value, geographic=True)
    return isinstance(value, Mapping) if field.type == "record" else isinstance(value, str)


_MOST = sys.float_info.max
"""JSON allows integers of any length; NaN and infinity are not ``<=`` this."""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MOST


def _place(value: Any, *, geographic: bool) -> bool:
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(_number, value)):
        return False
    return not geographic or (abs(value[0]) <= 180 and abs(value[1]) <= 90)


def _parties(event: Event) -> tuple[Party, ...] | None:
    """Return the parties that the event gives; None where they cannot be read."""
    raw = event.fields.get("parties", ())
    try:
        return tuple(
            p if isinstance(p, Party)
            else Party(PartyRole(p["role"]), str(p["body"]), str(p["zh"]), str(p["en"]), str(p.get("article", "")))
            for p in raw
        )  # fmt: skip
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _settable(name: str, event: Event) -> bool:
    """Tell whether a value of the event can become that attribute of the case."""
    value = event.fields[name]
    if value is None:
        return name in {"value", "threshold", "margin", "lonlat", "location"}
    if name in {"value", "threshold", "margin"}:
        return _number(value)
    if name in {"lonlat", "location"}:
        return _place(value, geographic=name == "lonlat")
    if name == "parties":
        return _parties(event) is not None
    if name == "site":
        return _site(value) is not None
    if name == "owners":
        return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    if name == "deadline":
        return as_day(value) is not None
    return isinstance(value, Mapping) if name == "finding" else isinstance(value, str)


def _site(value: Any) -> SitePlace | None:
    if isinstance(value, SitePlace):
        return value
    try:
        site = SitePlace(**value)
    except TypeError:
        return None
    texts = (site.site_id, site.name, site.district, site.manager, site.manager_kind or "", site.road_class or "")
    told = site.managed is None or isinstance(site.managed, bool)  # "no" would count as managed
    return site if site.site_id and told and all(isinstance(text, str) for text in texts) else None


def _taken(name: str, event: Event) -> Any:
    """Return a value of the event as the case keeps it."""
    value = event.fields[name]
    if name == "site":
        return _site(value)
    if name == "parties":
        return _parties(event)
    if name == "deadline":
        return as_day(value)
    if name in {"lonlat", "location", "owners"}:
        return None if value is None else tuple(value)
    return value


# -------------------------------------------------------------------------------------- steps

_OPENING = tuple(
    item.name for item in fields_of(Case)
    if item.name not in {"case_id", "state", "source", "site", "evidence", "chain", "last_seq", "last_at", "opened_at",
                         "noticed_at", "rectified_at", "closed_at", "notices", "reinspections", "failed_reinspections",
                         "repeats", "reopened", "proposal", "duplicate_of", "close_reason", "deadline", "deadline_source"}
)  # fmt: skip
"""What the opening event may tell of the case; everything else is what later events make of it."""


def _opened(event: Event, row: Transition) -> Case:
    """Build the case from its first event."""
    names = [name for name in _OPENING if name in event.fields]
    wrong = [name for name in (*names, "site") if not _settable(name, event)]
    if wrong:
        raise MissingFields(
            f"立案（{event.kind}）：填写有误 {'、'.join(wrong)}", f"{event.kind}: cannot be read: {', '.join(wrong)}", (), wrong
        )
    start = {name: _taken(name, event) for name in names}
    site = _taken("site", event)
    source = Source(event.fields["source"])
    case = Case(**{"kind": "", **start}, case_id=event.case_id, state=row.to, source=source, site=site)
    return replace(case, opened_at=event.happened_at)


def _stepped(case: Case, event: Event, row: Transition) -> Case:
    """Return the case as the row changes it."""
    blank = {item.name: item.default for item in fields_of(Case)}
    # Cleared first: a step that ends one deadline may begin another.
    changes: dict[str, Any] = {name: blank[name] for name in row.clears}
    changes |= {name: _taken(name, event) for name in row.sets if name in event.fields} | dict(row.puts)
    changes |= {name: getattr(case, name) + 1 for name in row.counts}
    changes |= dict.fromkeys(row.stamps, event.happened_at)
    changes |= {name: event.happened_at for name in row.first if getattr(case, name) is None}
    base = replace(case, **changes)
    latest: datetime = event.happened_at if base.last_at is None else max(base.last_at, event.happened_at)
    return replace(
        base, state=row.to, chain=next_chain(base, event), evidence=(*base.evidence, *event.evidence),
        last_seq=event.seq, last_at=latest,
    )  # fmt: skip
