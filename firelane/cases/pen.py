"""The pen: everything that writes cases, within one transaction of the store and in the name of one user.

Events are appended to the journal and the table of cases follows in the same transaction. What a case is, is always
read from the journal here, never from the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from firelane.cases import projection
from firelane.cases.calendar import WorkCalendar
from firelane.cases.limits import limits
from firelane.cases.model import Case, Event, Evidence
from firelane.cases.plain import STREAM, case_in, event_body, event_of
from firelane.cases.schema import case_marks, cases
from firelane.cases.workflow import apply, fold
from firelane.store import Role, StoreError, User, require
from firelane.store.journal import append, entries
from firelane.store.times import BEIJING, utc


class CaseError(StoreError):
    """Something that cannot be done with a case, in both languages."""


@dataclass(frozen=True)
class Pen:
    """Writes events.

    Attributes
    ----------
    connection : sqlalchemy.Connection
        Of ``Store.write()``.
    user : User
        As the store has it, read in the same transaction.
    now : datetime
        When it is written down.
    calendar : WorkCalendar or None
        For deadlines in working days that imports begin.
    """

    connection: Connection
    user: User
    now: datetime
    calendar: WorkCalendar | None = None

    def open(
        self, kind: str, fields: Mapping[str, Any], *, note: str = "", evidence: Sequence[Evidence] = (),
        happened_at: datetime | None = None, lonlat: tuple[float, float] | None = None,
    ) -> Case:  # fmt: skip
        """Open a case by its first event."""
        require(self.user, Role.INSPECTOR, "立案", "opening a case")
        return self._append(None, self._next_id(), 1, kind, fields, note, evidence, happened_at, lonlat)

    def step(
        self, case_id: str, kind: str, fields: Mapping[str, Any], *, note: str = "", evidence: Sequence[Evidence] = (),
        happened_at: datetime | None = None, lonlat: tuple[float, float] | None = None,
    ) -> Case:  # fmt: skip
        """Record one more event of a case; its role is checked by the row of the workflow."""
        require(self.user, Role.INSPECTOR, "记录案件事项", "recording an event of a case")
        case = self.case(case_id)
        return self._append(case, case_id, case.last_seq + 1, kind, fields, note, evidence, happened_at, lonlat)

    def case(self, case_id: str) -> Case:
        """Return a case as the journal has it."""
        return fold(load_events(self.connection, case_id))

    def events(self, case_id: str) -> tuple[Event, ...]:
        """Return the events of a case."""
        return load_events(self.connection, case_id)

    def of_site(self, site_id: str) -> tuple[Case, ...]:
        """Return all cases of a site, the oldest first."""
        asked = select(cases.c.document).where(cases.c.site_id == projection.keepable(site_id)).order_by(cases.c.case_id)
        found = [case_in(document) for (document,) in self.connection.execute(asked)]
        return tuple(case for case in found if case.site.site_id == site_id)

    def taken(self, topic: str, *parts: str) -> str | None:
        """Return the case in which something was taken in already, None where it was not."""
        mark = projection.mark_of(topic, *parts)
        found = self.connection.execute(select(case_marks.c.case_id).where(case_marks.c.mark == mark)).scalar()
        return None if found is None else str(found)

    def log(self, stream: str, kind: str, body: Mapping[str, Any]) -> None:
        """Note in the journal what is no event of one case."""
        append(
            self.connection, stream=stream, kind=kind, happened_at=self.now, recorded_at=self.now, actor=self.user.name,
            role=self.user.role.value, body=body,
        )  # fmt: skip

    def _append(
        self, case: Case | None, case_id: str, seq: int, kind: str, fields: Mapping[str, Any], note: str,
        evidence: Sequence[Evidence], happened_at: datetime | None, lonlat: tuple[float, float] | None,
    ) -> Case:  # fmt: skip
        happened = self.now if happened_at is None else happened_at
        if happened.tzinfo is None:
            raise CaseError("the time of an event needs a time zone", "事件的时间没有时区")
        happened = utc(happened)  # refuses what lies outside the years 1 to 9999
        if happened > self.now + timedelta(minutes=float(limits("evidence")["future_min"])):
            said = _shown(happened)
            raise CaseError(
                f"{said} lies in the future: an event is recorded when it has happened", f"{said} 尚未到来：事件发生后才能记录"
            )
        event = Event(
            case_id=case_id, seq=seq, kind=kind, happened_at=utc(happened), recorded_at=utc(self.now), actor=self.user.name,
            role=self.user.role.value, note=note, fields=fields, evidence=tuple(evidence), lonlat=_checked(lonlat),
        )  # fmt: skip
        apply(case, event)  # refuses before anything is written
        entry = append(
            self.connection, stream=f"{STREAM}{case_id}", kind=kind, happened_at=event.happened_at, recorded_at=event.recorded_at,
            actor=event.actor, role=event.role, body=event_body(event),
        )  # fmt: skip
        kept = event_of(entry)  # as everybody will read it
        after = apply(case, kept)
        first = kept if case is None else load_events(self.connection, case_id)[0]
        projection.write(self.connection, after, kept, first)
        return after

    def _next_id(self) -> str:
        year = self.now.astimezone(BEIJING).year
        head = f"C-{year:04d}-"
        last = self.connection.execute(
            select(func.max(cases.c.case_id)).where(func.substr(cases.c.case_id, 1, len(head)) == head)
        ).scalar()
        number = int(str(last)[len(head) :]) + 1 if last else 1
        # The table may have been altered: an id that the journal knows is never given twice.
        while list(entries(self.connection, stream=f"{STREAM}{head}{number:06d}")):
            number += 1
        return f"{head}{number:06d}"


def load_events(connection: Connection, case_id: str) -> tuple[Event, ...]:
    """Return the events of a case.

    Raises
    ------
    CaseError
        If there is no such case.
    """
    found: tuple[Event, ...] = ()
    if "\x00" not in case_id and case_id.isprintable():
        found = tuple(event_of(entry) for entry in entries(connection, stream=f"{STREAM}{case_id}"))
    if not found:
        shown = "".join(c if c.isprintable() else "�" for c in case_id)[:40]
        raise CaseError(f"there is no case {shown!r}", f"没有案件“{shown}”")
    return found


def _shown(moment: datetime) -> str:
    try:
        return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M}"
    except OverflowError:  # the last evening of the year 9999
        return f"{moment:%Y-%m-%d %H:%M}Z"


def _checked(lonlat: tuple[float, float] | None) -> tuple[float, float] | None:
    if lonlat is None:
        return None
    lon, lat = float(lonlat[0]), float(lonlat[1])
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise CaseError(f"({lon}, {lat}) is no longitude and latitude in degrees", f"({lon}, {lat}) 不是以度为单位的经度和纬度")
    return lon, lat
