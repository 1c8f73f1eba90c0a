"""What the journal holds of a registry, folded: every version of every record, and which of them counts at a date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from firelane.registry.kinds import ColumnType, Kind
from firelane.store.journal import GENESIS, Entry
from firelane.store.times import BEIJING, parse

RECORDED, DECIDED, VOIDED = "recorded", "decided", "voided"
"""Kinds of journal entries. A correction is ``recorded`` once more, with the next version."""


@dataclass(frozen=True)
class Record:
    """One version of a record.

    Attributes
    ----------
    record_id : str
    kind : str
    version : int
        1, 2, 3 …
    values : mapping
        By column; None where the cell was empty.
    day : date
        From which it counts.
    reason : str
        Why it corrects the version before; "" in the first.
    recorded_by : str
    recorded_at : datetime
    decision : str
        ``approved``, ``rejected``, or "" where nobody has decided.
    decided_by : str
    decided_at : datetime or None
    decision_note : str
    voided : str
        Why it was taken back; "" where it stands.
    voided_by : str
    voided_at : datetime or None
    brought_by : str
        Who brought it, its decision or its being taken back from elsewhere: the user that the journal tells; "" where all of
        it was written down here.
    brought_at : datetime or None
        When.
    seq : int
        Of its journal entry.
    hash : str
        Of that entry.
    """

    record_id: str
    kind: str
    version: int
    values: Mapping[str, Any]
    day: dt.date
    reason: str
    recorded_by: str
    recorded_at: dt.datetime
    decision: str = ""
    decided_by: str = ""
    decided_at: dt.datetime | None = None
    decision_note: str = ""
    voided: str = ""
    voided_by: str = ""
    voided_at: dt.datetime | None = None
    brought_by: str = ""
    brought_at: dt.datetime | None = None
    seq: int = 0
    hash: str = ""

    def __getitem__(self, key: str) -> Any:
        """Return a value by its column."""
        return self.values[key]


@dataclass(frozen=True)
class State:
    """All that a registry knew at one moment; never changed.

    Attributes
    ----------
    kinds : mapping of str to Kind
    versions : mapping of str to tuple of Record
        Record id → its versions, in order.
    head : str
        Hash of the last entry that was read.
    """

    kinds: Mapping[str, Kind]
    versions: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    head: str = GENESIS

    def records(self, kind: str, *, on: dt.date | None = None, rejected: bool = False, **values: Any) -> tuple[Record, ...]:
        """Return the records of a kind that count, the earliest first.

        Parameters
        ----------
        kind : str
        on : date, optional
            Only those whose day is not later.
        rejected : bool
            With those that were rejected.
        **values
            Only those with these values.

        Returns
        -------
        tuple of Record
            The latest version of each that was not rejected (a correction that is rejected leaves what it would have
            corrected), unless the record was taken back; by day, then by the order in which they were recorded.
        """
        standing = (self._standing(v, rejected=rejected) for v in self.versions.values() if v[-1].kind == kind)
        found = [
            r for r in standing
            if r is not None and (on is None or r.day <= on) and all(r.values.get(k) == told for k, told in values.items())
        ]
        return tuple(sorted(found, key=lambda r: (r.day, self.versions[r.record_id][0].seq, r.record_id)))

    def history(self, record_id: str) -> tuple[Record, ...]:
        """Return all versions of a record; empty where it is not known."""
        return self.versions.get(record_id, ())

    def latest(self, record_id: str) -> Record | None:
        """Return the last version of a record, taken back or not."""
        versions = self.history(record_id)
        return versions[-1] if versions else None

    def standing(self, record_id: str) -> Record | None:
        """Return the version that counts: the last one that was not rejected; None where the record was taken back."""
        return self._standing(self.history(record_id))

    def approved(self, record_id: str) -> Record | None:
        """Return the last version that was approved; None where none was, or the record was taken back.

        A record that was approved and corrected afterwards counts with its correction, which nobody has looked at yet: then
        this is not what :meth:`standing` returns.
        """
        versions = self.history(record_id)
        if not versions or versions[-1].voided:
            return None
        return next((r for r in reversed(versions) if r.decision == "approved"), None)

    @staticmethod
    def _standing(versions: Sequence[Record], *, rejected: bool = False) -> Record | None:
        if not versions or versions[-1].voided:
            return None
        return next((r for r in reversed(versions) if rejected or r.decision != "rejected"), None)


def fold(kinds: Mapping[str, Kind], entries: Iterable[Entry], *, known_on: dt.date | None = None) -> State:
    """Return the state after entries.

    Parameters
    ----------
    kinds : mapping of str to Kind
    entries : iterable of Entry
        In order.
    known_on : date, optional
        Only what had been recorded by the end of this day, Beijing time.
    """
    versions: dict[str, tuple[Record, ...]] = {}
    head = GENESIS
    for entry in entries:
        if known_on is not None and _told_at(entry).astimezone(BEIJING).date() > known_on:
            continue
        versions.update(changed(versions, entry, kinds))
        head = entry.hash
    return State(kinds, versions, head)


def plain_values(kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON holds them."""
    return {c.key: v.isoformat() if isinstance(v := values.get(c.key), dt.date) else v for c in kind.columns}


def _values(kind: Kind, told: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for column in kind.columns:
        value = told.get(column.key)
        result[column.key] = dt.date.fromisoformat(value) if value is not None and column.type is ColumnType.DATE else value
    return result


def _told_at(entry: Entry) -> dt.datetime:
    """Return when something was first written down: elsewhere, where it came from another store."""
    origin = entry.body.get("origin")
    return parse(origin["at"]) if origin else entry.recorded_at


def _told_by(entry: Entry) -> str:
    origin = entry.body.get("origin")
    return str(origin["by"]) if origin else entry.actor


def _brought(entry: Entry) -> dict[str, Any]:
    return {"brought_by": entry.actor, "brought_at": entry.recorded_at} if entry.body.get("origin") else {}


def changed(
    versions: Mapping[str, tuple[Record, ...]], entry: Entry, kinds: Mapping[str, Kind]
) -> Iterator[tuple[str, tuple[Record, ...]]]:
    """Yield the record that an entry changes, with its versions after it."""
    body = entry.body
    name = str(body["record_id"])
    before = versions.get(name, ())
    if entry.kind == RECORDED:
        kind = kinds.get(str(body["kind"]))
        if kind is None:  # of a kind that this version of firelane no longer has
            return
        record = Record(
            name, kind.id, int(body["version"]), _values(kind, body["values"]), dt.date.fromisoformat(body["day"]),
            str(body["reason"]), _told_by(entry), _told_at(entry), seq=entry.seq, hash=entry.hash, **_brought(entry),
        )  # fmt: skip
        yield name, (*before, record)
        return
    at = next((n for n, r in enumerate(before) if r.version == int(body["version"])), None)
    if at is None:
        return
    if entry.kind == DECIDED:
        change = replace(
            before[at], decision=str(body["decision"]), decided_by=_told_by(entry), decided_at=_told_at(entry),
            decision_note=str(body["note"]), **_brought(entry),
        )  # fmt: skip
    else:
        change = replace(
            before[at], voided=str(body["reason"]), voided_by=_told_by(entry), voided_at=_told_at(entry), **_brought(entry)
        )
    yield name, (*before[:at], change, *before[at + 1 :])
