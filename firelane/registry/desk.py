"""The desk of a registry: what is recorded in the name of one user of a store, all or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import Connection

from firelane.errors import UsageError
from firelane.registry.given import Given, Taken, content_id
from firelane.registry.kinds import Kind
from firelane.registry.state import Record, State, fold
from firelane.registry.taking import MOST_PROBLEMS, Taking
from firelane.store import PermissionRefused, Store, User
from firelane.store.journal import entries
from firelane.store.times import utc_now
from firelane.store.users import find_user

Guard = Callable[[State, Record, User], Sequence[tuple[str, str]]]
"""Looks at a record that is about to be written, in the state before it; returns what speaks against it (zh, en)."""


class Register:
    """A registry of one programme in a store, for one user.

    Parameters
    ----------
    store : Store
    user : str
        Name of a user of the store; its role is asked of the store at every call.
    stream : str
        ``ip:<plan>`` or ``star:<scheme>``.
    kinds : mapping of str to Kind
    refers : mapping of str to collection of str
        What columns may refer to beside other records: ``indicator``, ``task`` …
    guards : mapping of str to Guard
        By kind: what has to hold before a record of it is written.
    now : callable
        Returns the time at which something is written down, aware.

    Raises
    ------
    StoreError
        If the store does not know the user.
    """

    def __init__(
        self, store: Store, user: str, stream: str, kinds: Mapping[str, Kind], *, refers: Mapping[str, Collection[str]] | None = None,
        guards: Mapping[str, Guard] | None = None, now: Callable[[], dt.datetime] = utc_now,
    ) -> None:  # fmt: skip
        self.store, self.stream, self.kinds, self.now = store, stream, kinds, now
        self.refers, self.guards = refers or {}, guards or {}
        self._name = store.user(user).name

    @property
    def user(self) -> User:
        """The user, as the store has it now."""
        return self.store.user(self._name)

    def state(self, *, known_on: dt.date | None = None) -> State:
        """Return what is recorded; with ``known_on`` what had been recorded by the end of that day."""
        with self.store.read() as connection:
            return self._state(connection, known_on)

    def take(self, rows: Sequence[Given]) -> Taken:
        """Record rows, all or none of them.

        A row that says what is recorded already changes nothing; one that says something else is a correction, which
        needs a reason.

        Raises
        ------
        InputError
            Every problem of every row.
        PermissionRefused
            For viewers, and for what only administrators may bring.
        """
        with self.store.write() as connection:
            return self._taking(connection).take(rows)

    def decide(self, record_id: str, decision: str, note: str = "") -> Taken:
        """Approve or reject the last version of a record.

        Raises
        ------
        UsageError
            If there is no such record, or it was taken back.
        PermissionRefused
            For all but administrators.
        """
        if decision not in ("approved", "rejected"):
            raise UsageError(f"a decision is approved or rejected, not {decision!r}", f"审核结果应为通过或不通过，而不是 {decision!r}")
        with self.store.write() as connection:
            taking = self._taking(connection)
            record = taking.last(record_id)
            return taking.take([Given(record.kind, record.values, record_id, record.version, decision=decision, decision_note=note)])

    def void(self, record_id: str, reason: str) -> Taken:
        """Take a record back; it stays in the journal.

        Raises
        ------
        UsageError
            If there is no such record, it was taken back before, or no reason is given.
        InputError
            If other records refer to it.
        PermissionRefused
            For all but administrators.
        """
        if not reason.strip():
            raise UsageError("taking a record back needs a reason", "作废记录须说明原因")
        with self.store.write() as connection:
            taking = self._taking(connection)
            record = taking.last(record_id)
            return taking.take([Given(record.kind, record.values, record_id, record.version, voided=reason.strip())])

    def _taking(self, connection: Connection) -> Taking:
        """Return what takes rows within a transaction: what it looks at is what is there when they are written."""
        return Taking(self, connection, find_user(connection, self._name))

    def _state(self, connection: Connection, known_on: dt.date | None = None) -> State:
        return fold(self.kinds, entries(connection, self.stream), known_on=known_on)


__all__ = ["MOST_PROBLEMS", "Given", "Guard", "PermissionRefused", "Register", "Taken", "content_id"]
