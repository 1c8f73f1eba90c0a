"""The whole book at one moment: everything that is in it, and whether it is still as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, func, select

from firelane.cases import projection
from firelane.cases.evidence import Kept, Shelf
from firelane.cases.model import Case, Event
from firelane.cases.plain import STREAM, event_of
from firelane.cases.schema import case_evidence
from firelane.cases.taking import AUDITS, JSON
from firelane.cases.veil import mask_for, reporter_of, veiled_case, veiled_event
from firelane.cases.workflow import fold
from firelane.store import Store, StoreError, User
from firelane.store.journal import entries, head
from firelane.store.tables import journal


@dataclass(frozen=True)
class BookReport:
    """What a check of the whole book found.

    Attributes
    ----------
    ok : bool
    entries : int
        Entries of the journal.
    head : str
        Hash of the last one.
    cases, evidence : int
        How many of each.
    faults : tuple of (seq or None, zh, en)
    """

    ok: bool
    entries: int
    head: str
    cases: int
    evidence: int
    faults: tuple[tuple[int | None, str, str], ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Everything at one moment: cases, their events, the hash of each one's last entry, the head of the chain."""

    cases: tuple[Case, ...]
    events: Mapping[str, tuple[Event, ...]]
    hashes: Mapping[str, str]
    head: str
    entries: int


def snapshot(connection: Connection, user: User) -> Snapshot:
    """Return everything as ``user`` may see it; the connection sees one moment."""
    found = sorted(entries(connection, prefix=STREAM), key=lambda e: (e.stream, e.stream_seq))
    cases, events, hashes = [], {}, {}
    for _, group in groupby(found, key=lambda e: e.stream):
        members = list(group)
        steps = [event_of(e) for e in members]
        mask = mask_for(user, reporter_of(steps[0]))
        case = veiled_case(fold(steps), mask)
        cases.append(case)
        events[case.case_id] = tuple(veiled_event(e, mask, user) for e in steps)
        hashes[case.case_id] = members[-1].hash
    count = int(connection.execute(select(func.count()).select_from(journal)).scalar_one())
    return Snapshot(tuple(cases), events, hashes, head(connection), count)


def verify(store: Store, noted: str | None) -> BookReport:
    """Check the chain of the journal, the tables of cases, and every file of evidence, audits among them."""
    chain = store.verify(head=noted)
    faults = list(chain.faults)
    try:
        with store.read() as connection:
            more, rows = projection.differences(connection)
            audits = [e.body for e in entries(connection, prefix=AUDITS)]
    except StoreError as error:  # where the journal itself cannot be read, the cases cannot be compared with it
        faults.append((None, error.text("zh"), str(error)))
        return BookReport(ok=False, entries=chain.entries, head=chain.head, cases=0, evidence=0, faults=tuple(faults))
    faults += more
    wanted = {Kept(r["sha256"], r["size"], r["media_type"]) for r in rows[case_evidence.name]}
    for body in audits:
        try:
            wanted.add(Kept(str(body["sha256"]), int(body["size"]), JSON))
        except (KeyError, TypeError, ValueError) as error:
            faults.append((None, f"检查数据的记录无法读取：{error}", f"an entry about an audit cannot be read: {error}"))
    if wanted:
        try:
            faults += [(None, zh, en) for zh, en in Shelf(store.evidence).faults(wanted)]
        except StoreError as error:
            faults.append((None, error.text("zh"), str(error)))
    return BookReport(not faults, chain.entries, chain.head, len(rows["cases"]), len(wanted), tuple(faults))
