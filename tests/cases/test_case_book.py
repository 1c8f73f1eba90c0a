"""The case book: the story from audit to closing, roles, masking, what is recorded and what is refused."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
from contextlib import closing
from dataclasses import fields
from datetime import date, timedelta

import pytest
from case_scene import (  # noqa: F401  (fixtures)
    JPEG,
    LAT,
    LON,
    OBSTRUCTION,
    PLATE,
    T0,
    WIDTH,
    Books,
    books,
    both,
    database_url,
    document,
    finding,
    lane_passes,
    postgres,
    written,
)  # fmt: skip

from firelane.cases.book import CaseBook, CaseError
from firelane.cases.evidence import EvidenceGiven
from firelane.cases.importing import Report
from firelane.cases.model import Case, Source
from firelane.cases.workflow import IllegalTransition, MissingFields, allowed
from firelane.store import PermissionRefused, Role, Store, StoreError

GIVEN = EvidenceGiven(content=JPEG, name="照片.jpg")


def test_the_story_from_audit_to_closing(both, tmp_path):  # noqa: F811
    """Audit, notice, failed re-inspection, second notice, passing audit, proposal, closed; the same in both databases."""
    book = both.inspector
    outcome = book.open_audit(written(tmp_path, "first", finding()))
    (case_id,) = outcome.opened
    assert case_id == "C-2026-000001"
    case = book.case(case_id)
    assert (case.state, case.kind, case.value, case.site.road_class) == ("detected", "parked_vehicle", 3.4, "residential")
    assert case.article_text == "第十条原文"
    assert book.record(case_id, "confirmed").state == "confirmed"
    case = book.record(case_id, "noticed", days=3, deadline_source="和平区大队")
    assert (case.deadline, case.deadline_source) == (date(2026, 11, 29), "和平区大队")
    assert [c.case_id for c in book.overdue(T0 + timedelta(days=4))] == [case_id]
    assert book.overdue(T0 + timedelta(days=3, hours=1)) == ()
    case = book.record(case_id, "reinspected_fail", evidence=[GIVEN], note="仍停放")
    assert (case.failed_reinspections, len(case.evidence)) == (1, 1)
    case = book.record(case_id, "noticed", deadline=date(2026, 12, 3), deadline_source="和平区大队")
    assert (case.notices, case.deadline) == (2, date(2026, 12, 3))
    outcome = book.open_audit(written(tmp_path, "second", lane_passes(), finding("B1", owners=["B1"], x=40, verdict="pass", value=4.5)))
    assert (outcome.opened, outcome.proposed) == ((), (case_id,))
    assert book.case(case_id).state == "noticed", "nothing closes by itself"
    book.record(case_id, "reinspected_pass", fields={"new_audit_sha256": "a" * 64})
    case = book.record(case_id, "closed", fields={"reason": "rectified"})
    assert (case.state, case.proposal, case.reinspections) == ("closed", "", 2)
    assert [e.kind for e in book.events(case_id)] == [
        "detected", "confirmed", "noticed", "reinspected_fail", "noticed", "proposed_close", "reinspected_pass", "closed",
    ]  # fmt: skip
    report = book.verify()
    assert report.ok, report.faults
    assert (report.cases, report.evidence) == (1, 3), "a photo and two audits"
    snapshot = both.viewer.snapshot()
    assert (snapshot.head, snapshot.entries) == (report.head, report.entries)
    assert snapshot.cases == (both.viewer.case(case_id),)
    assert snapshot.events[case_id] == both.viewer.events(case_id)
    assert both.admin.rebuild() == 1
    assert book.verify().ok
    assert book.cases() == (book.case(case_id),), "the table tells the same as the journal"


def test_every_method_that_writes_is_refused_to_viewers(books, tmp_path):  # noqa: F811
    (case_id,) = books.inspector.open_audit(written(tmp_path, "a", finding())).opened
    head = books.viewer.verify().head
    empty = tmp_path / "x.json"
    for attempt in (
        lambda b: b.open_audit(tmp_path / "a"), lambda b: b.open_report(Report(T0, "占用")), lambda b: b.record(case_id, "noted", note="x"),
        lambda b: b.take_records(empty), lambda b: b.take_reports(empty), lambda b: b.duplicate(case_id, case_id), lambda b: b.rebuild(),
        lambda b: b.backup(tmp_path / "copy.sqlite"), lambda b: b.evidence_path(None),
    ):  # fmt: skip
        with pytest.raises(PermissionRefused):
            attempt(books.viewer)
    for attempt in (lambda b: b.rebuild(), lambda b: b.backup(tmp_path / "copy.sqlite")):
        with pytest.raises(PermissionRefused):
            attempt(books.inspector)
    assert books.viewer.verify().head == head


def test_the_role_is_the_stores_at_every_call(books, tmp_path):  # noqa: F811
    """A book that was opened as an inspector's ends being one when the store says so."""
    (case_id,) = books.inspector.open_audit(written(tmp_path, "a", finding())).opened
    books.store.set_user("王敏", "李强", Role.VIEWER, sees_plates=False, now=T0)
    with pytest.raises(PermissionRefused):
        books.inspector.record(case_id, "confirmed")
    books.store.set_user("王敏", "李强", None, now=T0)
    with pytest.raises(StoreError, match="no user"):
        books.inspector.case(case_id)
    with pytest.raises(StoreError, match="no user"):
        CaseBook(books.store, "谁")


def test_a_step_above_the_role_is_refused(books, tmp_path):  # noqa: F811
    (case_id,) = books.inspector.open_audit(written(tmp_path, "a", finding())).opened
    books.inspector.record(case_id, "confirmed")
    books.inspector.record(case_id, "noticed", days=3)
    with pytest.raises(PermissionRefused):
        books.inspector.record(case_id, "void", fields={"reason": "不属违规"})
    assert books.admin.record(case_id, "void", fields={"reason": "不属违规"}).state == "void"


def test_what_is_refused_leaves_nothing(books, tmp_path):  # noqa: F811
    book = books.inspector
    (case_id,) = book.open_audit(written(tmp_path, "a", finding())).opened
    files = sorted(books.store.evidence.rglob("*"))
    before = book.verify().head
    for error, attempt in (
        (IllegalTransition, lambda: book.record(case_id, "closed", fields={"reason": "rectified"}, evidence=[GIVEN])),
        (MissingFields, lambda: book.record(case_id, "duplicate", evidence=[GIVEN])),
        (CaseError, lambda: book.record(case_id, "noted", note="x", happened_at=T0 + timedelta(days=1))),
        (CaseError, lambda: book.record("C-2026-000009", "noted", note="x")),
        (CaseError, lambda: book.duplicate(case_id, "C-2026-000009")),
        (StoreError, lambda: book.record(case_id, "noted", note="x", fields={"site": {"x": float("nan")}}, evidence=[GIVEN])),
    ):
        with pytest.raises(error):
            attempt()
    assert sorted(books.store.evidence.rglob("*")) == files, "evidence of what was refused is not kept"
    assert (book.verify().head, book.verify().ok) == (before, True)


def test_plates_and_reporters_are_hidden_from_who_may_not_see_them(books, tmp_path):  # noqa: F811
    told = finding(PLATE, owners=[PLATE], message_zh=f"车辆 {PLATE} 占用")
    (case_id,) = books.inspector.open_audit(written(tmp_path, "a", told, kinds={PLATE: "vehicle"}, manager=f"{PLATE} 车队")).opened
    books.inspector.record(
        case_id, "noted", note=f"{PLATE} 又来了", fields={"site": {"deep": [{"x": "辽a·12345"}]}}, evidence=[EvidenceGiven(content=JPEG, name=f"{PLATE}.jpg")]
    )
    report = books.inspector.open_report(
        Report(T0, f"张三丰 13912345678 说 {PLATE} 堵门", reporter="张三丰 13912345678", channel_ref="96119-7", lonlat=(LON, LAT))
    )
    for book in (books.inspector, books.viewer):
        shown = [book.cases(), book.case(case_id), book.events(case_id), book.events(report.case_id), book.snapshot()]
        assert "12345 占用" not in repr(shown)
        assert PLATE not in repr(shown)
        assert "辽a·12345" not in repr(shown)
    assert "辽A***45" in books.inspector.case(case_id).message_zh
    seen = repr([books.police.case(case_id), books.police.events(case_id)])
    assert seen.count(PLATE) > 5
    assert "辽a·12345" in seen
    # Who reported: inspectors yes, viewers no, in no text.
    assert books.inspector.events(report.case_id)[0].fields["reporter"] == "张三丰 13912345678"
    hidden = repr([books.viewer.cases(), books.viewer.case(report.case_id), books.viewer.events(report.case_id), books.viewer.snapshot()])
    assert "张三丰" not in hidden
    assert "13912345678" not in hidden
    # The journal keeps it all: masking is a matter of showing.
    assert books.police.events(report.case_id)[0].fields["message_zh"].startswith("张三丰")


def test_ids_and_figures_survive_the_masking(books, tmp_path):  # noqa: F811
    (case_id,) = books.inspector.open_audit(written(tmp_path, "a", finding())).opened
    shown, full = books.viewer.case(case_id), books.police.case(case_id)
    assert [f.name for f in fields(Case) if getattr(shown, f.name) != getattr(full, f.name)] == []


def test_lists_are_sifted(books, tmp_path):  # noqa: F811
    book = books.inspector
    book.open_audit(written(tmp_path, "a", finding(), finding("P1", WIDTH, x=50, owners=["edge:R1"])))
    book.open_audit(written(tmp_path, "b", document(finding(), id="SY-2", district="沈河区", manager="另一家")))
    first, second, third = book.cases()
    book.record(first.case_id, "void", fields={"reason": "误判"})
    assert [c.case_id for c in book.cases(open_only=True)] == [second.case_id, third.case_id]
    assert [c.case_id for c in book.cases(state="void")] == [first.case_id]
    assert [c.case_id for c in book.cases(group="closed")] == [first.case_id]
    assert [c.case_id for c in book.cases(site="SY-2")] == [third.case_id]
    assert book.cases(district="沈河区") == book.cases(manager="另一家") == book.cases(site="SY-2")
    assert [c.case_id for c in book.cases(rule=WIDTH)] == [second.case_id]
    assert [c.case_id for c in book.cases(kind="parked_vehicle", site="SY-1")] == [first.case_id]
    assert book.cases(site="SY-9") == ()


def test_duplicates_lead_to_one_case(books):  # noqa: F811
    book = books.inspector
    a, b, c = (book.open_report(Report(T0, f"占用{n}", channel_ref=str(n))).case_id for n in range(3))
    assert book.duplicate(b, a).duplicate_of == a
    with pytest.raises(CaseError, match="is itself a duplicate"):
        book.duplicate(c, b)
    with pytest.raises(CaseError, match="mark"):
        book.duplicate(a, c)
    with pytest.raises(IllegalTransition):
        book.duplicate(c, c)
    assert book.case(b).state == "duplicate"


def test_who_is_responsible_can_be_told_later(books, tmp_path):  # noqa: F811
    outcome = books.inspector.open_audit(written(tmp_path, "a", finding("B1", owners=["B1"]), managed=None, manager_kind=None, manager=None))
    assert [p.layer for p in outcome.problems] == ["SY-1"], "told once, never guessed"
    (case_id,) = outcome.opened
    assert books.inspector.case(case_id).parties == ()
    books.inspector.record(case_id, "confirmed")
    with pytest.raises(MissingFields):
        books.inspector.record(case_id, "noticed", days=3)
    case = books.inspector.record(case_id, "routed", fields={"managed": True, "manager_kind": "property_company", "manager": "新物业"})
    assert "新物业" in [p.zh for p in case.parties]
    assert books.inspector.record(case_id, "noticed", days=3).state == "noticed"


def test_a_deadline_that_nobody_set_says_that_it_is_proposed(books, tmp_path):  # noqa: F811
    (case_id,) = books.inspector.open_audit(written(tmp_path, "a", finding("B1", owners=["B1"]))).opened
    books.inspector.record(case_id, "confirmed")
    case = books.inspector.record(case_id, "noticed")
    assert case.deadline == date(2026, 12, 11), "fifteen days for what is fixed"
    assert "待确认" in case.deadline_source
    case = books.inspector.record(case_id, "extended", days=20, fields={"reason": "施工"})
    assert (case.deadline, case.deadline_source) == (date(2026, 12, 16), "办案单位指定")


def test_an_altered_table_is_recognised_and_made_anew(books, tmp_path):  # noqa: F811
    book = books.inspector
    first, second = book.open_audit(written(tmp_path, "a", finding(), finding("B1", owners=["B1"], x=40))).opened
    with closing(sqlite3.connect(tmp_path / "案件.sqlite")) as connection:
        connection.execute("UPDATE cases SET state = 'closed' WHERE case_id = ?", (first,))
        connection.execute("DELETE FROM case_marks WHERE case_id = ?", (second,))
        connection.execute("DELETE FROM cases WHERE case_id = ?", (second,))
        connection.commit()
    report = book.verify()
    assert not report.ok
    told = " ".join(en for _, _, en in report.faults)
    assert "state" in told
    assert second in told
    # The journal decides what may follow, and an id is never given twice.
    assert book.record(first, "confirmed").state == "confirmed"
    assert book.open_report(Report(T0, "占用")).case_id == "C-2026-000003"
    assert books.admin.rebuild() == 3
    assert book.verify().ok
    assert book.open_audit(tmp_path / "a").opened == ()


def test_a_head_noted_earlier_must_be_there(books, tmp_path):  # noqa: F811
    books.inspector.open_audit(written(tmp_path, "a", finding()))
    noted = books.viewer.verify().head
    books.inspector.open_report(Report(T0, "占用"))
    assert books.viewer.verify(head=noted).ok
    assert not books.viewer.verify(head="f" * 64).ok


def test_a_patrol_opens_a_case_of_its_own(books):  # noqa: F811
    case = books.inspector.open_report(Report(T0, "门锁着", source=Source.PATROL, kind="gate", lonlat=(LON, LAT), site_id="SY-1"))
    assert (case.state, case.source, case.kind, case.value) == ("detected", Source.PATROL, "gate", None)
    assert books.inspector.events(case.case_id)[0].kind == "observed"
    with pytest.raises(CaseError, match="no kind"):
        books.inspector.open_report(Report(T0, "x", kind="nonsense"))


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "=1+1", "a\x00b\x1b[31m", "x" * 19_000, "\u202eabc", "\ud800", "'; DROP TABLE cases; --"])
def test_hostile_texts_are_kept_and_harm_nothing(both, tmp_path, text):  # noqa: F811
    book = both.inspector
    told = finding(text, owners=[text], message_zh=text, lane=text)
    (case_id,) = book.open_audit(written(tmp_path, "a", told, id=text, manager=text, district=text, kinds={text: "vehicle"})).opened
    book.record(case_id, "noted", note=text, fields={"reason": text}, evidence=[EvidenceGiven(content=JPEG, name=text)])
    assert book.events(case_id)[1].note == text
    assert both.police.case(case_id).owners == (text,)
    assert [c.case_id for c in book.cases(site=text)] == [case_id]
    assert book.verify().ok
    assert book.open_audit(tmp_path / "a").unchanged == (case_id,)


def test_any_walk_through_the_workflow_is_what_the_journal_says(books):  # noqa: F811
    """Forty random steps, each one that is allowed: table, fold and hashes agree, and making the tables anew changes nothing."""
    book, dice = books.admin, random.Random(6)
    given = {
        "reason": "理由", "deadline_source": "大队", "receiver": "城管", "raised_by": "物业", "addressee": "police", "decided_by": "消防", "decision": "罚款",
        "rule_id": OBSTRUCTION, "article": "第十条", "audit_sha256": "a" * 64, "new_audit_sha256": "b" * 64, "lonlat": [LON, LAT], "value": 3.0,
        "kind": "gate", "parties": [{"role": "responsible", "body": "unit", "zh": "某单位", "en": "unit", "article": "第十二条"}],
    }  # fmt: skip
    other = book.open_report(Report(T0, "另一件", channel_ref="0")).case_id
    case_id = book.open_report(Report(T0, "占用", kind="gate", channel_ref="1")).case_id
    walked = 0
    for _ in range(40):
        row = dice.choice(allowed(book.case(case_id), Role.ADMIN))
        told = {key: value for key, value in given.items() if key in row.required}
        told |= {"duplicate_of": other} if "duplicate_of" in row.required else {}
        told |= {key: choices[0] for key, choices in row.choices.items()}
        more = {"days": 40 + walked} if "deadline" in row.required else {}
        try:
            book.record(case_id, row.event, fields=told, note="说明", evidence=[GIVEN] * row.evidence, **more)
        except IllegalTransition:  # what a guard asks of the event
            continue
        walked += 1
        assert book.cases(site="unknown")[1] == book.case(case_id)
    assert walked > 20
    before = books.viewer.snapshot()
    assert book.verify().ok
    assert book.rebuild() == 2
    assert (books.viewer.snapshot(), book.verify().ok) == (before, True)


def _report_many(target, name, count):
    with Store.open(target) as store:
        book = CaseBook(store, name)
        for n in range(count):
            book.open_report(Report(T0, f"{name}{n}"))


def test_several_programs_at_once_lose_nothing(books, tmp_path):  # noqa: F811
    spawn = multiprocessing.get_context("spawn")
    people = ["李强", "王敏", "交警"]
    at_work = [spawn.Process(target=_report_many, args=(str(tmp_path / "案件.sqlite"), name, 8)) for name in people]
    for process in at_work:
        process.start()
    for process in at_work:
        process.join(120)
    assert [p.exitcode for p in at_work] == [0, 0, 0]
    found = books.police.cases()
    assert sorted(c.case_id for c in found) == [f"C-{found[0].case_id[2:6]}-{n:06d}" for n in range(1, 25)]
    assert {c.message_zh for c in found} == {f"{name}{n}" for name in people for n in range(8)}
    assert books.viewer.verify().ok
