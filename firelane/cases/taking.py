"""Audits, records of the map and reports, taken into the cases. Each file in one transaction: all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from firelane.cases.audits import AuditGiven, parse_audit
from firelane.cases.dates import with_rule
from firelane.cases.evidence import Shelf
from firelane.cases.importing import FieldFile, FieldRecord, ImportOutcome
from firelane.cases.limits import limits
from firelane.cases.model import Case, Evidence
from firelane.cases.pen import CaseError, Pen
from firelane.cases.proposals import case_row, sort_out
from firelane.cases.workflow import IllegalTransition, MissingFields
from firelane.comparing import match_findings
from firelane.errors import InputError, Problem
from firelane.store import PermissionRefused
from firelane.store.journal import entries
from firelane.vocabulary import Severity, Verdict

AUDITS = "audit:"
"""Stream of what was taken of an audit."""
JSON = "application/json"
FOUND_AGAIN = "再次检查在同一位置发现同一问题 found again by a later audit"
FALSE_ALARM = "现场核实不属违规 false alarm"
_WORDS = {
    "confirmed": "现场核实：属实 confirmed on site", "fixed": "现场核实：已整改 fixed, seen on site",
    "false_alarm": "现场核实：不属违规，建议撤销 false alarm, proposed as void",
    "": "现场记录 noted on site",
}  # fmt: skip
_GROUNDS = {
    "subject": "同一对象检查符合 the same subject passes",
    "lane": "所在通道全段检查符合 the whole lane passes",
    "gone": "障碍物已不在检查数据中，所在通道净宽符合 the obstacle is gone and the clear width of the lane passes",
}  # fmt: skip


@dataclass(frozen=True)
class AuditOutcome:
    """What came of an audit: ids of cases, each in the order of the findings.

    Attributes
    ----------
    opened, repeated, reopened, proposed, unchanged : tuple of str
        ``unchanged``: taken before, or decided already (void, a duplicate).
    problems : tuple of Problem
        What is to be looked at: nobody can say who is responsible.
    """

    opened: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def chosen_rows(audit: AuditGiven, findings: Sequence[str] | None) -> list[Mapping[str, Any]]:
    """Return the failures that are asked about; all mandatory ones where nothing is chosen.

    Raises
    ------
    InputError
        If a finding that is named is not there, does not fail, or is of severity ``info``.
    """
    if findings is None:
        return audit.failures()
    problems, rows = [], []
    for name in dict.fromkeys(findings):
        row = audit.findings.get(name)
        if row is None:
            problems.append(Problem(f"there is no finding {name[:120]!r}", layer="findings", message_zh=f"没有检查结果“{name[:120]}”"))
        elif row["verdict"] != Verdict.FAIL or row["severity"] == Severity.INFO:
            problems.append(Problem(
                f"{name[:120]!r} is no violation ({row['verdict']}, {row['severity']})", layer="findings",
                message_zh=f"“{name[:120]}”不是违规（{row['verdict']}，{row['severity']}）",
            ))  # fmt: skip
        else:
            rows.append(row)
    if problems:
        raise InputError(problems)
    return rows


def take_audit(
    pen: Pen, audit: AuditGiven, rows: Sequence[Mapping[str, Any]], *, chosen: bool, happened_at: datetime | None = None
) -> AuditOutcome:
    """Open, repeat, reopen and propose cases; the same audit again changes nothing."""
    logged = [entry.body for entry in entries(pen.connection, stream=f"{AUDITS}{audit.sha256}")]
    before = any(not body["chosen"] for body in logged)
    unchanged: list[str] = []
    fresh: list[Mapping[str, Any]] = []
    for row in rows:
        known = pen.taken("finding", audit.sha256, str(row["finding_id"]))
        if known is None:
            fresh.append(row)
        else:
            unchanged.append(known)
    touched = set(unchanged)
    cases = [c for c in pen.of_site(audit.site_id) if c.case_id not in touched]
    found = sort_out(audit, fresh, cases, _rectified(pen, cases))
    unchanged += [m.case.case_id for m in found.settled]
    repeated, reopened, proposed, opened = [], [], [], []
    problems: list[Problem] = []
    if before:
        # What this audit had to say of known cases was said: an old result given again is no news.
        unchanged += [m.case.case_id for m in (*found.repeated, *found.reopened)]
    else:
        told = {"new_audit_sha256": audit.sha256}
        for m in found.repeated:
            pen.step(m.case.case_id, "repeated", told | audit.measured(m.finding), happened_at=happened_at)
            repeated.append(m.case.case_id)
        for m in found.reopened:
            fields = told | audit.measured(m.finding) | {"reason": FOUND_AGAIN}
            pen.step(m.case.case_id, "reopened", fields, happened_at=happened_at)
            reopened.append(m.case.case_id)
        for p in () if chosen else found.passing:
            if p.case.proposal:
                unchanged.append(p.case.case_id)
                continue
            pen.step(
                p.case.case_id, "proposed_close", {**told, "grounds": p.grounds, "passing": dict(p.finding)},
                note=_GROUNDS[p.grounds], happened_at=happened_at,
            )  # fmt: skip
            proposed.append(p.case.case_id)
    if chosen or not before:
        opened += [pen.open("detected", audit.opening(row, problems), happened_at=happened_at).case_id for row in found.new]
    if not logged or opened or repeated or reopened or proposed or (not chosen and not before):
        pen.log(f"{AUDITS}{audit.sha256}", "audit_taken", {
            "site_id": audit.site_id, "sha256": audit.sha256, "size": len(audit.content), "chosen": chosen,
            "opened": opened, "repeated": repeated, "reopened": reopened, "proposed": proposed,
        })  # fmt: skip
    return AuditOutcome(
        tuple(opened), tuple(repeated), tuple(reopened), tuple(proposed), tuple(dict.fromkeys(unchanged)), tuple(problems)
    )


def _rectified(pen: Pen, cases: Sequence[Case]) -> list[str]:
    """Return the closed cases whose last closing was for rectification."""
    found = []
    for case in cases:
        if case.state == "closed":
            reasons = [e.fields.get("reason") for e in pen.events(case.case_id) if e.kind == "closed"]
            if reasons and reasons[-1] == "rectified":
                found.append(case.case_id)
    return found


# ------------------------------------------------------------------------- records of the map


def take_records(
    pen: Pen, shelf: Shelf, file: FieldFile, photos: Mapping[str, tuple[Evidence, ...]], name: str
) -> ImportOutcome:
    """Record what was answered on the map; a record that has been taken is not taken again."""
    problems: list[Problem] = []
    opened: list[str] = []
    recorded: list[str] = []
    known = 0
    finder = _Finder(pen, shelf, file, name, problems)
    for record in file.records:
        taken = pen.taken("record", record.record_id)
        if taken is not None:
            known += 1
            if not any(e.fields.get("record_digest") == record.digest for e in pen.events(taken)):
                problems.append(finder.problem(
                    record, f"was taken before with other content ({taken}); it stays as it was", f"曾以不同内容导入（{taken}），保持原记录"
                ))  # fmt: skip
            continue
        case, new = finder.case(record)
        if case is None:
            continue
        if new:
            opened.append(case.case_id)
        _answer(pen, case, record, photos.get(record.record_id, ()), file.recorder)
        recorded.append(case.case_id)
    return ImportOutcome(tuple(opened), tuple(recorded), known, (), tuple(problems))


def _answer(pen: Pen, case: Case, record: FieldRecord, photos: tuple[Evidence, ...], recorder: str) -> None:
    """Record one answer: as the step that it means where the workflow allows that, as a note otherwise."""
    told: dict[str, Any] = {
        "record_id": record.record_id, "record_digest": record.digest, "answer": record.answer, "recorder": record.recorder or recorder,
    }  # fmt: skip
    if record.accuracy_m is not None:
        told["accuracy_m"] = record.accuracy_m
    common: dict[str, Any] = {"happened_at": min(record.answered_at, pen.now), "lonlat": record.position}
    note = _WORDS[record.answer] + (f"：{record.note}" if record.note else "")
    refused = (IllegalTransition, MissingFields, PermissionRefused)
    if record.answer == "confirmed":
        with suppress(*refused):
            pen.step(case.case_id, "confirmed", told, note=record.note, evidence=photos, **common)
            return
    if record.answer == "false_alarm":
        with suppress(*refused):
            fields = {**told, "reason": record.note.strip() or FALSE_ALARM}
            pen.step(case.case_id, "void", fields, note=record.note, evidence=photos, **common)
            return
        told["proposal"] = "void"
    pen.step(case.case_id, "noted", told, note=note, evidence=photos, **common)
    if record.answer == "fixed":
        with suppress(*refused):
            case = pen.case(case.case_id)
            fields = with_rule(case, "rectified", {"from_record": record.record_id}, common["happened_at"], pen.calendar)
            pen.step(case.case_id, "rectified", fields, **common)


@dataclass
class _Finder:
    """Finds the case that a record belongs to, or opens one where the audit is known."""

    pen: Pen
    shelf: Shelf
    file: FieldFile
    name: str
    problems: list[Problem]
    _audit: AuditGiven | None = None
    _looked: bool = False

    def problem(self, record: FieldRecord, en: str, zh: str) -> Problem:
        return Problem(en, layer=self.name, row=record.finding_id[:120], message_zh=zh)

    def case(self, record: FieldRecord) -> tuple[Case | None, bool]:
        """Return the case, and whether it was opened for this record."""
        case_id = record.case_id or self.pen.taken("finding", self.file.audit_id, record.finding_id)
        if case_id:
            try:
                case = self.pen.case(case_id)
            except CaseError as error:
                return self._none(record, str(error), error.text("zh"))
            if case.site.site_id != self.file.site_id:
                return self._none(record, f"{case_id} is a case of another site", f"{case_id} 是其他场地的案件")
            return case, False
        cases = self.pen.of_site(self.file.site_id)
        same = [c for c in cases if c.finding.get("finding_id") == record.finding_id and c.rule_id]
        if same:
            return next((c for c in reversed(same) if not c.closed_at), same[-1]), False
        audit = self._known_audit()
        row = None if audit is None else audit.findings.get(record.finding_id)
        if audit is None or row is None or audit.site_id != self.file.site_id:
            return self._none(
                record, "no case has this finding, and the audit is not known: open cases from it first",
                "没有案件对应此检查结果，且检查数据未知：请先据以立案",
            )  # fmt: skip
        open_cases = [c for c in cases if not c.closed_at and c.rule_id]
        pairs = match_findings(
            [case_row(c, audit.crs) for c in open_cases], [row], tolerance_m=float(limits("matching")["tolerance_m"])
        ).pairs
        if pairs:
            return open_cases[pairs[0][0]], False
        wanted = {Verdict.FAIL} if record.answer != "confirmed" else {Verdict.FAIL, Verdict.INDETERMINATE, Verdict.NOT_MEASURED}
        if row["verdict"] not in wanted:
            return self._none(
                record, f"the audit found no violation there ({row['verdict']})", f"检查结果不是违规（{row['verdict']}）"
            )
        return self.pen.open("detected", audit.opening(row, self.problems)), True

    def _none(self, record: FieldRecord, en: str, zh: str) -> tuple[None, bool]:
        self.problems.append(self.problem(record, en, zh))
        return None, False

    def _known_audit(self) -> AuditGiven | None:
        """Return the audit that the records go by, from the file that was kept when it was taken."""
        if not self._looked:
            self._looked = True
            logged = list(entries(self.pen.connection, stream=f"{AUDITS}{self.file.audit_id}"))
            if logged:
                self._audit = parse_audit(self.shelf.read(str(logged[0].body["sha256"]), JSON))
        return self._audit
