"""The desk of the Star Space registry: a register whose every record keeps the procedure (星创天地登记)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from firelane.errors import UsageError
from firelane.registry.desk import Given, Register, Taken
from firelane.registry.kinds import Kind
from firelane.registry.star_facts import Facts, Index, standing
from firelane.registry.star_flow import Wrong
from firelane.registry.star_guards import Rules
from firelane.registry.star_removal import reinstated, removable
from firelane.registry.star_rounds import Ranking, closing_of, rank_round
from firelane.registry.star_scheme import Scheme, load_indicator_set
from firelane.registry.star_sets import IndicatorSet
from firelane.registry.state import Record
from firelane.registry.taking import Taking
from firelane.store import Store, User
from firelane.store.times import parse, utc_now
from firelane.store.users import find_user


def star_kinds(scheme: Scheme) -> Mapping[str, Kind]:
    """Return the kinds of records, as the scheme has them: its grades, its grounds, columns of its own.

    >>> from firelane.registry.star_scheme import load_scheme
    >>> star_kinds(load_scheme())["result"].column("grade").choices["excellent"]
    ('优秀', 'excellent')
    """
    return scheme.kinds


class StarRegister(Register):
    """The registry of one scheme in a store, for one user.

    Parameters
    ----------
    store : Store
    user : str
    scheme : Scheme
    sets : iterable of IndicatorSet
        Those at hand; the scheme's own is always there.
    now : callable

    Raises
    ------
    StoreError
        If the store does not know the user.
    InputError
        If the scheme's own indicator set cannot be read.
    """

    def __init__(
        self, store: Store, user: str, scheme: Scheme, sets: Iterable[IndicatorSet] = (), *, now: Callable[[], dt.datetime] = utc_now
    ) -> None:
        own = load_indicator_set(scheme.set_file, scheme)
        self.scheme: Scheme = scheme
        self.sets: Mapping[str, IndicatorSet] = {s.id: s for s in (own, *sets)}
        self.rules = Rules(scheme, self.sets, own)
        indicators = dict.fromkeys(i.id for s in self.sets.values() for i in s.indicators)
        super().__init__(
            store, user, f"star:{scheme.id}", star_kinds(scheme), guards=self.rules.guards, now=now,
            refers={
                "criterion": tuple(scheme.criteria), "indicator": _Indicators(self.rules, tuple(indicators)),
                "transition": tuple(t.id for t in scheme.flow.transitions.values() if t.record == "step"),
            },
        )  # fmt: skip

    def facts(self, on: dt.date | None = None, *, known_on: dt.date | None = None) -> Facts:
        """Return what is recorded, as of a date, as far as it was known at another."""
        return Facts(self.state(known_on=known_on), on)

    def _taking(self, connection: Connection) -> _StarTaking:
        # What belongs to a procedure is taken in the order in which it happened (or was written down, where it comes from
        # another store), so that one workbook may hold it all.
        return _StarTaking(self, connection, find_user(connection, self._name))

    def close_round(self, round_id: str, indicators: IndicatorSet, on: dt.date, *, document: str = "", digest: str = "") -> Ranking:
        """Publish the results of a round: each space's result, and that they are published.

        Parameters
        ----------
        round_id : str
        indicators : IndicatorSet
            Official, and the one the round was called with.
        on : date
        document : str
            Number of the document.
        digest : str
            SHA-256 of the set's file; "": as it was read.

        Raises
        ------
        UsageError
            If there is no such round, its results are published already, something has to be settled before, or the set yields no
            grades.
        InputError
            If a record speaks against it: another round, a later day.
        PermissionRefused
            For all but administrators.
        """
        if not indicators.status.grades:
            raise UsageError(
                f"the set {indicators.id} is {indicators.status.en}: only an official set yields grades",
                f"指标体系 {indicators.id}：{indicators.status.zh}；只有正式的指标体系产生等次",
            )
        # Ranked where it is written: what another clerk has just recorded, or published, is seen, and told in one message.
        with self.store.write() as connection:
            taking = self._taking(connection)
            ranking = taking.to_be_published(round_id, indicators)
            rows = [
                Given("result", {
                    "round": round_id, "space": r.space, "score": None if r.score.total is None else float(round(r.score.total, 4)), "rank": r.rank,
                    "grade": r.grade, "basis": "computed", "on": on,
                })
                for r in ranking.rows
            ]  # fmt: skip
            closing = Given("closing", {
                "round": round_id, "on": on, "document": document or None, "set_sha256": digest or indicators.sha256 or None, "set_status": "official",
            })  # fmt: skip
            taking.take([*rows, closing])
        return ranking


class _Indicators(Collection[str]):
    """Indicators of the sets at hand; of a set that is not, those that were known where a record comes from."""

    def __init__(self, rules: Rules, ids: Collection[str]) -> None:
        self._rules, self._ids = rules, ids

    def __contains__(self, name: object) -> bool:
        return self._rules.brought or name in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


class _StarTaking(Taking):
    """One call of :meth:`StarRegister.take`."""

    def __init__(self, register: StarRegister, connection: Connection, user: User) -> None:
        super().__init__(register, connection, user)
        self.rules = register.rules
        self.rules.index = Index(self._versions.values())
        self._first: dict[str, tuple[dt.datetime, dt.date]] = {}
        self._fresh: int | None = None  # entry of this very row: nothing rests yet on a record that comes with its being taken back

    def take(self, rows: Sequence[Given]) -> Taken:
        # Versions of one record keep the place of the first one.
        for given in rows:
            if given.record_id and (given.version or 1) == 1:
                self._first[given.record_id] = self._moment(given)
        return super().take(rows)

    def to_be_published(self, round_id: str, indicators: IndicatorSet) -> Ranking:
        """Return the ranking of a round whose results can be published.

        Raises
        ------
        UsageError
            If there is no such round, its results are published already, or something has to be settled before.
        """
        ranking = rank_round(self._facts, round_id, indicators)
        closed = closing_of(self._facts, round_id)
        if closed is not None:
            number = str(closed["document"] or "")
            raise UsageError(
                f"the results of {round_id} are published already: {', '.join(t for t in (f'on {closed.day}', number, f'recorded by {closed.recorded_by}') if t)}",
                f"{round_id} 的结果已经发布：{'，'.join(t for t in (str(closed.day), number, f'由{closed.recorded_by}登记') if t)}",
            )
        if ranking.blocks:
            raise UsageError(
                "the results cannot be published yet: " + "; ".join(en for _, en in ranking.blocks),
                "尚不能发布结果：" + "；".join(zh for zh, _ in ranking.blocks),
            )
        return ranking

    def _rank(self, given: Given) -> tuple[Any, ...]:
        kind = self.register.kinds[given.kind]
        turn = list(self.register.kinds).index(given.kind)
        if kind.id not in _IN_TURN:
            return (0, 0, dt.datetime.min.replace(tzinfo=dt.UTC), dt.date.min, 0, given.version or 0)
        moment, day = self._first.get(given.record_id) or self._moment(given)
        return (1, 0 if given.origin else 1, moment, day, turn, given.version or 0)

    def _moment(self, given: Given) -> tuple[dt.datetime, dt.date]:
        """Return when a row was written down (elsewhere; else unknown, as early as can be), and its day."""
        day = given.values.get(self.register.kinds[given.kind].day)
        moment = parse(given.origin[1]) if given.origin else dt.datetime.min.replace(tzinfo=dt.UTC)
        return moment, day if isinstance(day, dt.date) and not given.origin else dt.date.min

    def _row(self, name: str, given: Given) -> None:
        self.rules.brought = given.origin is not None
        self.rules.gone = bool(given.voided) or given.decision == "rejected"
        self._fresh = None
        super()._row(name, given)

    def _decision(self, name: str, given: Given, version: int) -> None:
        against = self._against(self.state.history(name), given, version)
        for zh, en in against:
            self._wrong(given, zh, en)
        if not against:
            super()._decision(name, given, version)

    def _against(self, versions: Sequence[Record], given: Given, version: int) -> Sequence[Wrong]:
        """Return what speaks against a version's being taken back, rejected, or approved after all: what then would stand."""
        at = next((n for n, r in enumerate(versions) if r.version == version), None)
        if at is None:
            return ()
        old = versions[at]
        # A version that comes together with its being rejected has never stood; what stood was the one before it.
        now = standing(versions[:at] if old.seq == self._fresh else versions)
        changed = replace(old, decision=given.decision or old.decision, voided=given.voided or old.voided)
        then = standing((*versions[:at], changed, *versions[at + 1 :]))
        falls = now is not None and (then is None or (now.kind in _IN_TURN and then.version < now.version))
        if falls and now is not None:
            return removable(self._facts, self.rules.scheme, now)
        return reinstated(old) if old.decision == "rejected" and given.decision == "approved" else ()

    @property
    def _facts(self) -> Facts:
        return Facts(self.state, None, self.rules.index)

    def _append(self, kind: str, day: dt.date | None, origin: tuple[str, str] | None, body: Mapping[str, Any]) -> None:
        super()._append(kind, day, origin, body)
        versions = self._versions[str(body["record_id"])]
        assert self.rules.index is not None
        self.rules.index.add(versions)
        if kind == "recorded":
            self._fresh = versions[-1].seq


_IN_TURN = frozenset({
    "application", "step", "round", "participant", "figure", "score", "absence", "veto", "edge", "result", "closing", "subsidy", "guidance", "exit",
})  # fmt: skip
"""Kinds of records whose order matters."""


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a file, as it goes into the journal."""
    return hashlib.sha256(content).hexdigest()
