"""The case book: everything that may be done with cases, in the name of one user of a store.

Whatever is asked, the role counts that the *store* gives the user at that moment. Viewers read; inspectors record;
some steps are an administrator's (``workflow.toml``). What a reader gets is masked (:mod:`firelane.cases.veil`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from firelane.cases import projection, taking
from firelane.cases.audits import read_audit
from firelane.cases.calendar import WorkCalendar
from firelane.cases.checking import BookReport, Snapshot, snapshot, verify
from firelane.cases.dates import with_deadline
from firelane.cases.evidence import EvidenceGiven, Shelf
from firelane.cases.importing import FieldFile, ImportOutcome, Report, read_records
from firelane.cases.limits import limits
from firelane.cases.model import Case, Event, Evidence
from firelane.cases.pen import CaseError, Pen, load_events
from firelane.cases.plain import case_in, party_json, place_json
from firelane.cases.reporting import Neighbours, take_report
from firelane.cases.reportlist import read_reports
from firelane.cases.routing import parties
from firelane.cases.rows import overdue_days
from firelane.cases.schema import cases as table
from firelane.cases.taking import AuditOutcome
from firelane.cases.veil import REPORTER, mask_for, reporter_of, veiled_case, veiled_event, veiled_problems
from firelane.cases.workflow import apply, check_names, fold
from firelane.errors import InputError, Problem
from firelane.store import Role, Store, User, require
from firelane.store.base import canonical
from firelane.store.times import utc, utc_now
from firelane.store.users import find_user

_SITE = ("managed", "manager", "manager_kind", "district", "name", "road_class", "site_id")


class CaseBook:
    """Cases of one store, for one user.

    Parameters
    ----------
    store : Store
    user : str
        Name of a user of the store; its role is asked of the store at every call.
    now : callable
        Returns the time at which something is written down, aware.
    calendar : WorkCalendar, optional
        For deadlines in working days.

    Raises
    ------
    StoreError
        If the store does not know the user.
    """

    def __init__(
        self, store: Store, user: str, *, now: Callable[[], datetime] = utc_now, calendar: WorkCalendar | None = None
    ) -> None:
        self.store = store
        self.now = now
        self.calendar = calendar
        self._name = store.user(user).name

    @property
    def user(self) -> User:
        """The user, as the store has it now."""
        return self.store.user(self._name)

    @property
    def shelf(self) -> Shelf:
        """Where evidence lies."""
        return Shelf(self.store.evidence)

    # ------------------------------------------------------------------------------ opening

    def open_audit(
        self, source: Path, *, findings: Sequence[str] | None = None, happened_at: datetime | None = None
    ) -> AuditOutcome:
        """Take an audit: open cases for what fails, and match it to those that are known.

        Parameters
        ----------
        source : Path
            A folder that ``firelane run`` or ``firelane audit`` wrote, or an ``audit.json``.
        findings : sequence of str, optional
            Only these failing findings (advisory ones as well); nothing is proposed for closing then. By default every
            failure of a mandatory rule.
        happened_at : datetime, optional
            When the site was audited, aware; by default now.

        Returns
        -------
        AuditOutcome
            An open case that is found again counts (``repeated``), a case closed as rectified is reopened at the same
            place, and one whose subject was measured and passes now is *proposed* for closing
            (:mod:`firelane.cases.proposals` says what counts as a pass). Nothing is ever closed here. The same audit
            a second time changes nothing.

        Raises
        ------
        InputError
            Every problem of the file, or of the chosen findings.
        PermissionRefused
            For viewers.
        """
        self._may(Role.INSPECTOR, "立案", "opening cases")
        audit = read_audit(Path(source))
        rows = taking.chosen_rows(audit, findings)
        self.shelf.keep(EvidenceGiven(content=audit.content, name="audit.json"), media_type=taking.JSON)
        with self._pen() as pen:
            outcome = taking.take_audit(pen, audit, rows, chosen=findings is not None, happened_at=happened_at)
            return replace(outcome, problems=veiled_problems(outcome.problems, pen.user))

    def open_report(self, report: Report) -> Case:
        """Open a case for a report (Article 22) or what a patrol saw; one that is known by its number is returned as it is."""
        self._may(Role.INSPECTOR, "立案", "opening cases")
        with self._pen() as pen:
            case, _, _ = take_report(pen, report, Neighbours(pen), [])
            user = pen.user
        return veiled_case(case, mask_for(user, report.reporter))

    def take_records(self, path: Path) -> ImportOutcome:
        """Take in what was recorded on the map (``firelane-field/1``); a record is taken once.

        ``confirmed`` becomes that step where it is due; ``fixed`` a note, and *reported as rectified* where that is due;
        ``false_alarm`` voids the case where the user may, and is a proposal in a note otherwise. A record whose finding
        has no case opens one where its audit is known; else it is listed in ``problems``, and can be imported later.

        Raises
        ------
        InputError
            Every problem of the file: nothing of it is taken.
        PermissionRefused
            For viewers.
        """
        self._may(Role.INSPECTOR, "导入现场记录", "importing records")
        file = read_records(Path(path))
        photos = self._photos(file)
        with self._pen() as pen:
            outcome = taking.take_records(pen, self.shelf, file, photos, Path(path).name)
            return replace(outcome, problems=veiled_problems(outcome.problems, pen.user))

    def take_reports(self, path: Path) -> ImportOutcome:
        """Take in a list of reports of the hotline (CSV, XLSX); a report is taken once, likely duplicates are proposed.

        Raises
        ------
        InputError
            Every problem of the file: nothing of it is taken.
        PermissionRefused
            For viewers.
        """
        self._may(Role.INSPECTOR, "导入举报", "importing reports")
        problems: list[Problem] = []
        reports = read_reports(Path(path), problems)
        opened: list[str] = []
        doubles: list[tuple[str, str]] = []
        known = 0
        with self._pen() as pen:
            near = Neighbours(pen)
            for report in reports:
                try:
                    case, new, same = take_report(pen, report, near, problems)
                except CaseError as error:
                    raise InputError([Problem(
                        str(error), layer=Path(path).name, row=report.channel_ref[:60] or None, message_zh=error.text("zh"),
                    )]) from error  # fmt: skip
                known += not new
                if new:
                    opened.append(case.case_id)
                    doubles += [(case.case_id, other) for other in same]
        return ImportOutcome(
            tuple(opened), tuple(opened), known, tuple(doubles), veiled_problems(problems, self.user)
        )

    # ---------------------------------------------------------------------------- recording

    def record(
        self, case_id: str, kind: str, *, fields: Mapping[str, Any] | None = None, note: str = "",
        evidence: Sequence[Path | EvidenceGiven] = (), happened_at: datetime | None = None,
        place: tuple[float, float] | None = None, deadline: date | None = None, days: int | None = None,
        deadline_source: str = "",
    ) -> Case:  # fmt: skip
        """Record one event of a case.

        Parameters
        ----------
        case_id, kind : str
            Kind: an event of ``workflow.toml`` that may follow now.
        fields : mapping, optional
            What the event needs (plain JSON; dates as ISO text).
        note : str
        evidence : sequence of Path or EvidenceGiven
            Stored, by hash, before the event is.
        happened_at : datetime, optional
            Aware; by default now.
        place : (float, float), optional
            Longitude and latitude.
        deadline, days, deadline_source : optional
            The office's own day, or number of days, and who or what sets it; where a deadline is due and nothing is
            said, the proposed figure of ``deadlines.toml`` serves, and its source says that it is to be confirmed.
            Working days without a calendar: an error for a notice, no deadline where the step asks for none.

        Raises
        ------
        IllegalTransition, MissingFields, UnknownFields
            What may not follow, what is missing, and what nothing reads; nothing is recorded.
        PermissionRefused
            For viewers, and for steps that take a higher role.
        InputError
            If evidence cannot be read.
        """
        self._may(Role.INSPECTOR, "记录案件事项", "recording an event of a case")
        most = int(limits("evidence")["most_files"])
        if len(evidence) > most:
            raise CaseError(f"at most {most} files with one event", f"每个事项至多 {most} 个文件")
        moment = self.now() if happened_at is None else happened_at
        with self.store.read() as connection:
            events = load_events(connection, case_id)
        case = fold(events)
        told = self._told(case, kind, dict(fields or {}), place)
        check_names(case, kind, told)
        told = with_deadline(
            case, kind, told, moment, self.calendar, day=deadline, days=days, source=deadline_source, events=events
        )
        # Tried before a file is stored: what is refused leaves nothing behind.
        user, blank = self.user, Evidence("0" * 64, "", "", 0)
        canonical(told)
        apply(case, Event(
            case_id, case.last_seq + 1, kind, utc(moment), utc(self.now()), user.name, user.role.value, note, told,
            (blank,) * len(evidence), place,
        ))  # fmt: skip
        kept = tuple(self.shelf.keep(e) for e in evidence)
        with self._pen() as pen:
            if kind == "duplicate":
                self._check_duplicate(pen, case_id, str(told.get("duplicate_of", "")))
            after = pen.step(case_id, kind, told, note=note, evidence=kept, happened_at=moment, lonlat=place)
            reporter, user = reporter_of(pen.events(case_id)[0]), pen.user
        return veiled_case(after, mask_for(user, reporter))

    def duplicate(self, case_id: str, of: str) -> Case:
        """Mark a case as a duplicate of another."""
        return self.record(case_id, "duplicate", fields={"duplicate_of": of})

    # ------------------------------------------------------------------------------ reading

    def case(self, case_id: str) -> Case:
        """Return a case."""
        with self.store.read() as connection:
            user, events = find_user(connection, self._name), load_events(connection, case_id)
        return veiled_case(fold(events), mask_for(user, reporter_of(events[0])))

    def events(self, case_id: str) -> tuple[Event, ...]:
        """Return the events of a case, in order."""
        with self.store.read() as connection:
            user, events = find_user(connection, self._name), load_events(connection, case_id)
        mask = mask_for(user, reporter_of(events[0]))
        return tuple(veiled_event(event, mask, user) for event in events)

    def cases(
        self, *, state: str | None = None, group: str | None = None, site: str | None = None, manager: str | None = None,
        district: str | None = None, rule: str | None = None, kind: str | None = None, overdue_at: datetime | None = None,
        open_only: bool = False,
    ) -> tuple[Case, ...]:  # fmt: skip
        """Return cases, the oldest first, that fit everything that is asked.

        ``group`` is ``open``, ``fixed`` or ``closed``; ``open_only`` leaves out what is closed; ``overdue_at``: whose
        deadline runs and had passed by then.
        """
        wanted = {
            table.c.state: state, table.c.status_group: group, table.c.site_id: site, table.c.manager: manager,
            table.c.district: district, table.c.rule_id: rule, table.c.kind: kind,
        }  # fmt: skip
        asked = select(table.c.document).order_by(table.c.opened_at, table.c.case_id)
        for column, value in wanted.items():
            if value is not None:
                asked = asked.where(column == projection.keepable(value))
        if open_only:
            asked = asked.where(table.c.status_group != "closed")
        with self.store.read() as connection:
            user = find_user(connection, self._name)
            found = [document for (document,) in connection.execute(asked)]
        shown = [veiled_case(case_in(d), mask_for(user, d[REPORTER])) for d in found]
        return tuple(case for case in shown if overdue_at is None or overdue_days(case, overdue_at) > 0)

    def overdue(self, at: datetime | None = None) -> tuple[Case, ...]:
        """Return the cases whose deadline runs and has passed, now or at a given time."""
        return self.cases(overdue_at=self.now() if at is None else at)

    def snapshot(self) -> Snapshot:
        """Return everything at one moment, as the user may see it."""
        with self.store.read() as connection:
            return snapshot(connection, find_user(connection, self._name))

    def evidence_path(self, evidence: Evidence) -> Path:
        """Return where a file of evidence lies; inspectors and administrators only: a photo masks no number plate."""
        self._may(Role.INSPECTOR, "查看证据文件", "opening evidence")
        return self.shelf.path(evidence.sha256, evidence.media_type)

    # ----------------------------------------------------------------------------- the whole

    def verify(self, *, head: str | None = None) -> BookReport:
        """Check the chain of the journal, that the tables are what it says, and that every file of evidence is whole.

        Parameters
        ----------
        head : str, optional
            A hash noted earlier outside of the store.
        """
        self._may(Role.VIEWER, "核验", "verifying")
        return verify(self.store, head)

    def rebuild(self) -> int:
        """Make the tables of cases anew from the journal; return the number of cases (administrators only)."""
        self._may(Role.ADMIN, "重建案件表", "rebuilding the table of cases")
        with self._pen() as pen:
            require(pen.user, Role.ADMIN, "重建案件表", "rebuilding the table of cases")
            return projection.rebuild(pen.connection)

    def backup(self, path: Path) -> None:
        """Copy the store with its evidence (administrators only: the copy holds everything unmasked)."""
        self._may(Role.ADMIN, "备份案件库", "copying the store")
        self.store.backup(path)

    # ------------------------------------------------------------------------------ within

    def _may(self, least: Role, zh: str, en: str) -> None:
        require(self.user, least, zh, en)

    @contextmanager
    def _pen(self) -> Iterator[Pen]:
        with self.store.write() as connection:
            # Asked again inside: a role that was taken away meanwhile counts no longer.
            yield Pen(connection, find_user(connection, self._name), self.now(), self.calendar)

    def _photos(self, file: FieldFile) -> dict[str, tuple[Evidence, ...]]:
        return {r.record_id: tuple(self.shelf.keep(p) for p in r.photos) for r in file.records if r.photos}

    def _told(self, case: Case, kind: str, told: dict[str, Any], place: tuple[float, float] | None) -> dict[str, Any]:
        """Complete what was told by what follows from it: a place for `located`, the parties for `routed`."""
        if kind == "located" and place is not None:
            told.setdefault("lonlat", list(place))
        if kind == "routed" and "parties" not in told:
            known = {key: told.pop(key) for key in _SITE if key in told}
            site = replace(case.site, **known)
            told["site"] = place_json(site)
            told["parties"] = [party_json(p) for p in parties(str(told.get("kind") or case.kind), site)]
        return told

    @staticmethod
    def _check_duplicate(pen: Pen, case_id: str, of: str) -> None:
        other = pen.case(of)
        if other.state == "duplicate" or other.duplicate_of:
            raise CaseError(
                f"{of} is itself a duplicate of {other.duplicate_of}", f"{of} 本身已标为 {other.duplicate_of} 的重复案件"
            )
        if any(c.duplicate_of == case_id for c in pen.of_site(other.site.site_id)):
            raise CaseError(
                f"other cases are duplicates of {case_id}: mark {of} instead", f"已有案件标为 {case_id} 的重复案件，请改为标记 {of}"
            )


__all__ = ["AuditOutcome", "BookReport", "CaseBook", "CaseError", "ImportOutcome", "Report", "Snapshot"]
