"""Rows handed in at the desk, looked at one by one and recorded: all of them or none."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from firelane.errors import InputError, Problem, UsageError
from firelane.registry.cells import id_problem, shown, value_of
from firelane.registry.given import Given, Taken, content_id
from firelane.registry.kinds import Kind
from firelane.registry.references import in_turn, resting, unknown
from firelane.registry.state import DECIDED, RECORDED, VOIDED, Record, State, changed, plain_values
from firelane.store import Role, User, require
from firelane.store.journal import append
from firelane.store.times import BEIJING, iso, parse, utc

if TYPE_CHECKING:
    from firelane.registry.desk import Register

MOST_PROBLEMS = 200


@dataclass
class _Tally:
    new: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)


class Taking:
    """One call of :meth:`Register.take`."""

    def __init__(self, register: Register, connection: Connection, user: User) -> None:
        require(user, Role.INSPECTOR, "登记", "recording")
        self.register, self.connection, self.user = register, connection, user
        self.moment = utc(register.now())
        before = register._state(connection)  # noqa: SLF001  (our own)
        # One table that grows with what is taken: a copy for each row would make a long list quadratic.
        self._versions = dict(before.versions)
        self.state = State(register.kinds, self._versions, before.head)
        self.tally = _Tally()
        self.problems: list[Problem] = []
        self._refused: set[str] = set()  # what refers to them need not be told as well
        self._gone: set[str] = set()  # records that these rows take back
        self._stands: dict[str, int] = {}  # the version of a record that will stand after these rows
        self._begun: set[str] = set()  # records that begin with this call
        self._later: list[tuple[str, Given, int]] = []  # what is to fall as soon as the other rows no longer rest on it

    def last(self, record_id: str) -> Record:
        """Return the last version of a record that was not taken back.

        Raises
        ------
        UsageError
            If there is none, or it was taken back.
        """
        record, told = self.state.latest(record_id), shown(record_id)
        if record is None:
            raise UsageError(f"there is no record {told!r}", f"没有记录 {told}")
        if record.voided:
            raise UsageError(f"{told} was taken back already: {shown(record.voided)}", f"{told} 此前已作废（{shown(record.voided)}）")
        return record

    def take(self, rows: Sequence[Given]) -> Taken:
        """Record rows; see :meth:`firelane.registry.desk.Register.take`."""
        checked = [c for c in map(self._checked, rows) if c is not None]
        named = [(self._id(g), g) for g in checked]
        self._twice(named)
        self._gone = {name for name, g in named if g.voided}
        for name, g in named:
            if g.version is not None and g.decision != "rejected":
                self._stands[name] = max(g.version, self._stands.get(name, 0))
        turns = list(in_turn(named, self.register.kinds, self._rank))
        for n in reversed(turns):
            self._ahead(*named[n])
        for n in turns:
            self._row(*named[n])
            if len(self.problems) >= MOST_PROBLEMS:
                break
        for name, given, version in reversed(self._later):
            self._decision(name, given, version)
        if self.problems:
            raise InputError(self.problems)  # and the transaction is undone
        t = self.tally
        return Taken(tuple(t.new), tuple(t.corrected), tuple(t.known), tuple(t.decided), tuple(t.voided))

    def _checked(self, given: Given) -> Given | None:
        """Return a row with its values as they are kept; None where one cannot be."""
        kind = self.register.kinds[given.kind]
        values, wrong = {}, False
        if (bad := id_problem(given.record_id)) is not None:
            self._wrong(given, bad[0], bad[1], column="编号")
            wrong = True
        for column in kind.columns:
            values[column.key], why = value_of(column, given.values.get(column.key))
            if why is not None:
                wrong = True
                self._wrong(given, f"{column.zh}{why[0]}", f"{column.en} {why[1]}")
        return None if wrong else replace(given, values=values)

    def _rank(self, given: Given) -> tuple[Any, ...]:
        """Return where a row's turn is: procedures in the order of their days, then versions in theirs."""
        kind = self.register.kinds[given.kind]
        steps = 0 if kind.correctable else 1
        return (steps, given.values[kind.day] if steps else dt.date.min, given.version or 0)

    def _id(self, given: Given) -> str:
        if given.record_id:
            return given.record_id
        name = base = content_id(self.register.kinds[given.kind], given.values)
        number = 1
        # What was taken back by mistake may be recorded once more: it is another record then.
        while not given.voided and (last := self.state.latest(name)) is not None and last.voided:
            number += 1
            name = f"{base}-{number}"
        return name

    def _twice(self, named: Sequence[tuple[str, Given]]) -> None:
        """Refuse rows that are the same: the one would vanish in the other."""
        count = Counter((i, g.version) for i, g in named)
        for name, given in named:
            if count[name, given.version] > 1:
                self._wrong(
                    given, "与本次导入的另一行是同一条记录", "is the same record as another row of this import",
                    ("若确有两条，请分别填写编号", "if there are two, give each a number"),
                )  # fmt: skip

    def _row(self, name: str, given: Given) -> None:
        kind = self.register.kinds[given.kind]
        versions = self.state.history(name)
        found = self._found(name, given, kind, versions)
        if found is None:
            return
        record, fresh = found
        if fresh:
            if not self._may_record(given, kind, record) or not self._refers(name, given, kind):
                return
            against = [w for g in [self.register.guards.get(kind.id)] if g for w in g(self.state, record, self.user)]
            for zh, en in against:
                self._wrong(given, zh, en)
            if against:
                return
            self._append(RECORDED, record.day, given.origin, {
                "record_id": name, "kind": kind.id, "version": record.version, "day": record.day.isoformat(),
                "values": plain_values(kind, record.values), "reason": record.reason,
            })  # fmt: skip
            (self.tally.corrected if versions else self.tally.new).append(name)
            if not versions:
                self._begun.add(name)
        else:
            self.tally.known.append(name)
            if _falls(given):
                self._later.append((name, given, record.version))
                return
        self._decision(name, given, record.version)

    def _ahead(self, name: str, given: Given) -> None:
        """Take back what these rows take back of what is there already, what rests on it first, so that others may follow it.

        Where that cannot be done yet nothing is told: it is looked at again after all rows.
        """
        last = self.state.latest(name)
        if not _falls(given) or last is None or last.voided or last.kind != given.kind or given.version not in (None, last.version):
            return
        kind = self.register.kinds[given.kind]
        if plain_values(kind, last.values) != plain_values(kind, given.values):
            return
        told, refused = len(self.problems), set(self._refused)
        self._decision(name, given, last.version)
        del self.problems[told:]
        self._refused = refused

    def _found(self, name: str, given: Given, kind: Kind, versions: Sequence[Record]) -> tuple[Record, bool] | None:
        """Return the version that a row is, and whether it is a new one; None where it cannot be taken."""
        if versions and versions[0].kind != kind.id:
            other = self.register.kinds[versions[0].kind]
            self._wrong(given, f"编号 {name} 已用于“{other.zh}”", f"the number {name} belongs to a record of {other.en}")
            return None
        if versions and versions[-1].voided and name not in self._gone:
            self._wrong(
                given, f"{name} 已作废（{shown(versions[-1].voided)}）", f"{name} was taken back: {shown(versions[-1].voided)}",
                ("作废的记录不能恢复或更正；如须重新登记，请另编编号或不填编号", "what was taken back stays so: record it anew, with another number or none"),
            )  # fmt: skip
            return None
        told = plain_values(kind, given.values)
        same = [v for v in versions if plain_values(kind, v.values) == told and given.version in (None, v.version)]
        if same and (given.version is not None or same[-1] is versions[-1]):
            return same[-1], False
        number = len(versions) + 1
        if given.version is not None and given.version != number:
            if given.version < number:
                zh, en = f"第 {given.version} 版已登记为不同内容；已登记的内容不能改写", f"version {given.version} is recorded with other values: what is recorded is never changed"
            else:
                zh, en = f"缺少第 {number} 版", f"version {number} is missing"
            self._wrong(given, zh, en)
            return None
        if versions and versions[-1].voided:
            self._wrong(given, f"{name} 已作废，不能更正；请另行登记", f"{name} was taken back and cannot be corrected: record it anew")
            return None
        if versions and not kind.correctable:
            self._wrong(given, f"{name} 已登记，此类记录不能更正", f"{name} is recorded, and records of this kind are not corrected")
            return None
        if versions and not given.reason:
            changed = [c.zh for c in kind.columns if told[c.key] != plain_values(kind, versions[-1].values)[c.key]]
            self._wrong(
                given, f"与已登记的 {name} 不同（{'、'.join(changed)}）", f"differs from what is recorded as {name}",
                ("如属更正，请在“更正说明”中写明原因", "if it is a correction, give its reason"),
            )  # fmt: skip
            return None
        if given.values[kind.day] > self.moment.astimezone(BEIJING).date():
            self._wrong(given, f"{kind.column(kind.day).zh} {given.values[kind.day]} 在今天之后", f"the day {given.values[kind.day]} lies in the future")
            return None
        record = Record(
            name, kind.id, number, dict(given.values), given.values[kind.day], given.reason if versions else "", self.user.name, self.moment
        )
        return record, True

    def _may_record(self, given: Given, kind: Kind, record: Record) -> bool:
        if kind.decides:
            require(self.user, Role.ADMIN, f"登记“{kind.zh}”", f"recording {kind.en}")
        if given.origin is None:
            return True
        require(self.user, Role.ADMIN, "导入他处登记的记录", "bringing records of another store")
        if not self._in_time(given, given.origin, ("登记时间", "recorded at")):
            return False
        # Here nothing is recorded before its day, and no store can have done otherwise.
        at = parse(given.origin[1])
        if at.astimezone(BEIJING).date() < record.day:
            zh, en = kind.column(kind.day).zh, kind.column(kind.day).en
            self._wrong(given, f"登记时间早于{zh} {record.day}", f"it would have been recorded before its {en}, {record.day}", column="登记时间")
            return False
        return True

    def _in_time(self, given: Given, told: tuple[str, str], column: tuple[str, str], after: dt.datetime | None = None) -> bool:
        """Look at a time that comes from elsewhere: not in the future, not before what it follows."""
        at = parse(told[1])
        # By days, as what was known is asked: no two clocks are the same.
        if at.astimezone(BEIJING).date() > self.moment.astimezone(BEIJING).date():
            self._wrong(given, f"{column[0]}在今天之后", f"{column[1]}: lies in the future", column=column[0])
        elif after is not None and at < after:
            self._wrong(given, f"{column[0]}早于登记时间", f"{column[1]}: before it was recorded", column=column[0])
        else:
            return True
        return False

    def _refers(self, name: str, given: Given, kind: Kind) -> bool:
        """Look at what a row refers to: it has to stand now, unless the row tells of what will not stand itself."""
        last = self._stands.get(name, 0)
        stands = name not in self._gone and given.decision != "rejected" and (given.version is None or given.version >= last)
        good = True
        for column, zh, en in unknown(self.state, self.register.refers, kind, given.values, standing=stands):
            good = False
            if column.refers not in self.register.kinds or given.values[column.key] not in self._refused:
                self._wrong(given, zh, en, column=column.zh)
        if not good:
            self._refused.add(name)
        return good

    def _decision(self, name: str, given: Given, version: int) -> None:
        versions = self.state.history(name)
        now = next((v for v in versions if v.version == version), None)
        assert now is not None
        decides = bool(given.decision) and (given.decision, given.decision_note) != (now.decision, now.decision_note)
        if decides and self._may_change(given, now, versions[-1], ("审核", "decided on"), given.decided, ("审核时间", "decided at")):
            require(self.user, Role.ADMIN, "审核", "approving")
            if self._leaves(given, now, replace(now, decision=given.decision)):
                self._append(DECIDED, None, given.decided, {
                    "record_id": name, "version": version, "decision": given.decision, "note": given.decision_note,
                })  # fmt: skip
                self.tally.decided.append(name)
        voids = bool(given.voided) and not now.voided
        if voids and self._may_change(given, now, versions[-1], ("作废", "taken back"), given.taken_back, ("作废时间", "taken back at")):
            require(self.user, Role.ADMIN, "作废记录", "taking a record back")
            if self._leaves(given, now, replace(now, voided=given.voided)):
                self._append(VOIDED, None, given.taken_back, {"record_id": name, "version": version, "reason": given.voided})
                self.tally.voided.append(name)

    def _may_change(
        self, given: Given, now: Record, last: Record, done: tuple[str, str], told: tuple[str, str] | None, column: tuple[str, str]
    ) -> bool:
        """Look at a version that is to be decided on or taken back: only the last one of a record that stands."""
        name = now.record_id
        if now.version != last.version:
            self._wrong(
                given, f"{name} 已有第 {last.version} 版，第 {now.version} 版不能再{done[0]}",
                f"{name} has a version {last.version}: version {now.version} cannot be {done[1]} any more",
                (f"请{done[0]}最后一版", "name the last version"),
            )  # fmt: skip
            return False
        if last.voided:
            self._wrong(given, f"{name} 已作废，不能再{done[0]}", f"{name} was taken back and cannot be {done[1]} any more")
            return False
        return told is None or self._in_time(given, told, column, now.recorded_at)

    def _leaves(self, given: Given, now: Record, then: Record) -> bool:
        """Look at what would stand after a decision: that refers to what stands, and nothing refers to what falls."""
        name = now.record_id
        if name in self._begun:  # nothing has come to rest on it yet, and what it refers to was looked at just now
            return True
        before = self.state.standing(name)
        after = replace(self.state, versions={name: (*self.state.history(name)[:-1], then)}).standing(name)
        if before is not None and after is None:
            rests = resting(self.state, before)
            if rests is not None:
                of = self.register.kinds[rests.kind]
                self._wrong(
                    given, f"“{of.zh}”{rests.record_id} 引用了 {name}；须先作废或更正", f"{rests.record_id} ({of.en}) refers to {name} and has to be taken back or corrected first"
                )
                return False
        if after is not None and (before is None or after.version != before.version):
            wrong = list(unknown(self.state, self.register.refers, self.register.kinds[after.kind], after.values))
            for column, zh, en in wrong:
                self._wrong(given, f"第 {after.version} 版将重新计入，但其{zh}", f"version {after.version} would count again, but {en}", column=column.zh)
            return not wrong
        return True

    def _append(self, kind: str, day: dt.date | None, origin: tuple[str, str] | None, body: Mapping[str, Any]) -> None:
        if origin is not None:
            body = {**body, "origin": {"by": origin[0], "at": iso(parse(origin[1]))}}
        happened = self.moment if day is None else dt.datetime(day.year, day.month, day.day, tzinfo=BEIJING)
        entry = append(
            self.connection, stream=self.register.stream, kind=kind, happened_at=happened, recorded_at=self.moment,
            actor=self.user.name, role=self.user.role.value, body=body,
        )  # fmt: skip
        self._versions.update(changed(self._versions, entry, self.register.kinds))

    def _wrong(self, given: Given, zh: str, en: str, remedy: tuple[str, str] = ("", ""), column: str | None = None) -> None:
        sheet, row = given.where
        self._refused.add(given.record_id)
        self.problems.append(Problem(en, remedy[1], sheet or None, row or None, column, message_zh=zh, remedy_zh=remedy[0]))


def _falls(given: Given) -> bool:
    return bool(given.voided) or given.decision == "rejected"
