"""What a registry of Star Spaces holds at a date, found by space, application and round (星创天地登记信息的查询)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from firelane.registry.state import Record, State

KEYS = ("application", "round", "space", "usci")
"""Columns that records are found by; of a record that changes one, each that it ever had."""


class Index:
    """Record ids by kind and by what they belong to; grows with the records."""

    def __init__(self, versions: Iterable[Sequence[Record]] = ()) -> None:
        self._ids: dict[tuple[str, str, str], dict[str, None]] = {}
        for rows in versions:
            self.add(rows)

    def add(self, versions: Sequence[Record]) -> None:
        """Take in a record with all its versions; once more does no harm."""
        for record in versions:
            keys = [("", ""), *((key, str(record.values[key])) for key in KEYS if record.values.get(key) is not None)]
            for column, value in keys:
                self._ids.setdefault((record.kind, column, value), {})[record.record_id] = None

    def ids(self, kind: str, column: str = "", value: str = "") -> Collection[str]:
        """Return the ids of records that belong, or once belonged, to something."""
        return self._ids.get((kind, column, value), {})


def standing(versions: Sequence[Record]) -> Record | None:
    """Return the version of a record that counts, of whatever day: the last that nobody rejected; None where none does."""
    if not versions or versions[-1].voided:
        return None
    return next((r for r in reversed(versions) if r.decision != "rejected"), None)


class Facts:
    """The records that count at a date.

    Parameters
    ----------
    state : State
    on : date, optional
        Only records whose day is not later; None: all.
    index : Index, optional
        Of the state's records; made where none is given.
    """

    def __init__(self, state: State, on: dt.date | None = None, index: Index | None = None) -> None:
        self.state, self.on = state, on
        self.index = Index(state.versions.values()) if index is None else index

    def at(self, on: dt.date | None) -> Facts:
        """Return the same records at another date."""
        return Facts(self.state, on, self.index)

    def of(self, kind: str, **values: Any) -> tuple[Record, ...]:
        """Return the records of a kind that count, with these values: by day, then as they were recorded.

        >>> from firelane.registry.kinds import kinds
        >>> Facts(State(kinds("star"))).of("space")
        ()
        """
        keys = [self.index.ids(kind, key, str(values[key])) for key in KEYS if key in values]
        found = []
        for name in min(keys, key=len) if keys else self.index.ids(kind):
            record = self._standing(name)
            if record is not None and all(record.values.get(key) == value for key, value in values.items()):
                found.append(record)
        return tuple(sorted(found, key=self.order))

    def one(self, record_id: str) -> Record | None:
        """Return a record that counts."""
        return self._standing(record_id)

    def order(self, record: Record) -> tuple[dt.date, int, str]:
        """Return where a record stands among others: by day, then as it was first recorded."""
        return record.day, self.state.versions[record.record_id][0].seq, record.record_id

    def name(self, space: str) -> str:
        """Return the name of a space as it was last recorded; its number where it is not known."""
        record = Facts(self.state, None, self.index).one(space) or self.state.latest(space)
        return space if record is None else str(record["name"])

    def _standing(self, record_id: str) -> Record | None:
        """Return the version that counts: the last one that nobody rejected; as :meth:`State.records` does."""
        found = standing(self.state.history(record_id))
        return found if found is not None and (self.on is None or found.day <= self.on) else None
