"""The table of cases follows from the journal: written with every event, compared with it, made anew from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from firelane.cases.model import Case, Event
from firelane.cases.plain import STREAM, case_json, event_of
from firelane.cases.schema import case_evidence, case_marks, cases
from firelane.cases.veil import REPORTER, reporter_of
from firelane.cases.workflow import fold, workflow
from firelane.errors import FirelaneError
from firelane.store.base import canonical
from firelane.store.journal import entries

Rows = dict[str, list[dict[str, Any]]]
_TABLES = {"cases": cases, "case_evidence": case_evidence, "case_marks": case_marks}
_KEYS = {"cases": ("case_id",), "case_evidence": ("case_id", "event_seq", "number"), "case_marks": ("mark",)}


def mark_of(topic: str, *parts: str) -> str:
    """Return the mark of something that is taken in once: its hash, however long its names are."""
    return hashlib.sha256(canonical([topic, *parts]).encode("ascii")).hexdigest()


def marks_of(event: Event) -> Iterator[tuple[str, str]]:
    """Yield (mark, topic) of what an event took in: a finding of an audit, a record of the map, a report."""
    told = event.fields
    finding = told.get("finding")
    audit = told.get("new_audit_sha256") or told.get("audit_sha256")
    if isinstance(finding, Mapping) and isinstance(audit, str) and finding.get("finding_id"):
        yield mark_of("finding", audit, str(finding["finding_id"])), "finding"
    if isinstance(told.get("record_id"), str):
        yield mark_of("record", told["record_id"]), "record"
    if isinstance(told.get("report_key"), str):
        yield mark_of("report", told["report_key"]), "report"


def keepable(text: str) -> str:
    """Return a text as a column can keep it: PostgreSQL knows no NUL, and neither knows half of a surrogate pair."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def case_columns(case: Case, first: Event) -> dict[str, Any]:
    """Return the row of a case; ``first`` is the event that opened it."""
    return {
        "case_id": case.case_id, "state": case.state, "status_group": workflow().states[case.state].group,
        "source": case.source.value, "channel_ref": keepable(case.channel_ref), "site_id": keepable(case.site.site_id),
        "district": keepable(case.site.district or ""), "manager": keepable(case.site.manager or ""),
        "kind": keepable(case.kind), "rule_id": keepable(case.rule_id), "opened_at": case.opened_at,
        "noticed_at": case.noticed_at, "closed_at": case.closed_at, "deadline": case.deadline, "repeats": case.repeats,
        "proposal": case.proposal, "duplicate_of": keepable(case.duplicate_of), "last_seq": case.last_seq,
        "last_at": case.last_at, "place": case.lonlat, "document": {
            "case": case_json(case), REPORTER: reporter_of(first), "address": str(first.fields.get("address") or ""),
        },
    }  # fmt: skip


def rows_after(event: Event) -> Rows:
    """Return the rows that an event adds beside that of its case."""
    return {
        "case_evidence": [
            {"case_id": event.case_id, "event_seq": event.seq, "number": n, "sha256": e.sha256, "media_type": e.media_type, "size": e.size}
            for n, e in enumerate(event.evidence)
        ],
        "case_marks": [
            {"mark": mark, "topic": topic, "case_id": event.case_id, "event_seq": event.seq} for mark, topic in marks_of(event)
        ],
    }  # fmt: skip


def write(connection: Connection, case: Case, event: Event, first: Event) -> None:
    """Bring the tables up to an event that has just been appended."""
    row = case_columns(case, first)
    if event.seq == 1:
        connection.execute(insert(cases).values(**row))
    else:
        changed = connection.execute(cases.update().where(cases.c.case_id == case.case_id).values(**row)).rowcount
        if not changed:  # somebody took the row away: it follows from the journal, and comes back
            connection.execute(insert(cases).values(**row))
    for name, rows in rows_after(event).items():
        for new in rows:
            if name == "case_marks":
                connection.execute(delete(case_marks).where(case_marks.c.mark == new["mark"]))
            connection.execute(insert(_TABLES[name]).values(**new))


def folded(connection: Connection, faults: list[tuple[int | None, str, str]] | None = None) -> Rows:
    """Return every row as the journal gives it.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    faults : list, optional
        Where what cannot be folded is told; without it, it is raised.
    """
    found: Rows = {name: [] for name in _TABLES}
    marks: dict[str, dict[str, Any]] = {}
    steps = sorted(entries(connection, prefix=STREAM), key=lambda e: (e.stream, e.stream_seq))
    for stream, group in groupby(steps, key=lambda e: e.stream):
        members = list(group)
        try:
            events = [event_of(entry) for entry in members]
            case = fold(events)
            found["cases"].append(case_columns(case, events[0]))
        except (FirelaneError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            if faults is None:
                raise
            said = str(error)[:200]
            faults.append((members[0].seq, f"{stream}：事件无法还原为案件：{said}", f"{stream}: its events make no case: {said}"))
            continue
        for event in events:
            for name, rows in rows_after(event).items():
                if name == "case_marks":
                    marks |= {row["mark"]: row for row in rows}
                else:
                    found[name] += rows
    found["case_marks"] = list(marks.values())
    return found


def differences(connection: Connection) -> tuple[list[tuple[int | None, str, str]], Rows]:
    """Return where the tables are not what the journal says, and the rows as the journal has them."""
    faults: list[tuple[int | None, str, str]] = []
    wanted = folded(connection, faults)
    for name, table in _TABLES.items():
        keys = _KEYS[name]
        due = {tuple(row[k] for k in keys): row for row in wanted[name]}
        there: dict[tuple[Any, ...], dict[str, Any]] = {}
        try:
            for row in connection.execute(select(table)):
                there[tuple(getattr(row, k) for k in keys)] = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public way)
        except (ValueError, TypeError) as error:
            faults.append((None, f"表 {name} 中有无法读取的值：{error}", f"the table {name} holds a value that cannot be read: {error}"))
            continue
        for key in sorted(due.keys() | there.keys(), key=str):
            said = str(key[0])[:80]
            if key not in there:
                faults.append((None, f"表 {name} 缺少 {said}", f"the table {name} lacks {said}"))
            elif key not in due:
                faults.append((None, f"表 {name} 中的 {said} 在日志中没有来源", f"{said} in the table {name} has no origin in the journal"))
            elif due[key] != there[key]:
                wrong = ", ".join(c for c in due[key] if due[key][c] != there[key].get(c))
                faults.append((None, f"表 {name} 中的 {said} 与日志不符：{wrong}", f"{said} in the table {name} is not what the journal says: {wrong}"))
    return faults, wanted


def rebuild(connection: Connection) -> int:
    """Empty the tables and fill them from the journal; return the number of cases."""
    wanted = folded(connection)
    for name in reversed(_TABLES):
        connection.execute(delete(_TABLES[name]))
    for name, table in _TABLES.items():
        for row in wanted[name]:
            connection.execute(insert(table).values(**row))
    return len(wanted["cases"])
