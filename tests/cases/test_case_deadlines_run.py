"""Deadlines of cases: which step begins one, what happens without a calendar, and what is refused when recording."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from case_scene import JPEG, T0, books, field_file, finding, record, sha_of, written  # noqa: F401  (fixtures)

from firelane.cases.book import CaseBook
from firelane.cases.calendar import read_calendar
from firelane.cases.dates import not_set
from firelane.cases.evidence import EvidenceGiven
from firelane.cases.importing import Report
from firelane.cases.model import Source
from firelane.cases.workflow import MissingFields, UnknownFields, apply, fold

GIVEN = EvidenceGiven(content=JPEG, name="照片.jpg")
# T0 is Thursday, 26 November 2026. TEST DATA: Friday free, Sunday worked.
INVENTED = "date,kind\n2026-01-01,holiday\n2026-10-01,holiday\n2026-11-27,holiday\n2026-11-29,workday\n"


@pytest.fixture
def calendar(tmp_path):
    path = tmp_path / "calendar.csv"
    path.write_text(INVENTED, encoding="utf-8")
    return read_calendar(path)


@pytest.fixture
def noticed(books, tmp_path):  # noqa: F811
    (case_id,) = books.inspector.open_audit(written(tmp_path, "a", finding())).opened
    books.inspector.record(case_id, "confirmed")
    books.inspector.record(case_id, "noticed", days=10, deadline_source="大队")
    return case_id


def test_a_report_is_due_within_a_day_until_it_is_confirmed(books):  # noqa: F811
    book = books.inspector
    case = book.open_report(Report(T0, "占用", kind="gate"))
    assert case.deadline == date(2026, 11, 27)
    assert "待确认" in case.deadline_source
    assert book.overdue(T0 + timedelta(days=1)) == ()
    assert book.overdue(T0 + timedelta(days=2)) == (case,)
    book.record(case.case_id, "confirmed", fields={"article": "第十条"}, evidence=[GIVEN])
    assert book.case(case.case_id).deadline is None
    assert book.overdue(T0 + timedelta(days=90)) == ()


def test_what_no_rule_gives_a_deadline_is_never_overdue(books, tmp_path):  # noqa: F811
    book = books.inspector
    book.open_audit(written(tmp_path, "a", finding()))
    book.open_report(Report(T0, "占用", source=Source.PATROL, kind="gate"))
    assert {case.deadline for case in book.cases()} == {None}
    assert book.overdue(T0 + timedelta(days=900)) == ()


def test_without_a_calendar_nothing_is_guessed(books, noticed):  # noqa: F811
    book = books.inspector
    assert book.case(noticed).deadline == date(2026, 12, 6)
    case = book.record(noticed, "rectified")
    assert (case.state, case.deadline, case.deadline_source) == ("rectified", None, "")
    assert not_set(case, "rectified").key == "reinspect"
    assert book.overdue(T0 + timedelta(days=90)) == (), "the old deadline runs no longer"
    assert book.verify().ok


def test_with_a_calendar_the_re_inspection_is_due(books, noticed, calendar):  # noqa: F811
    book = CaseBook(books.store, "李强", now=books.now, calendar=calendar)
    case = book.record(noticed, "rectified")
    assert case.deadline == date(2026, 12, 1), "Sunday, Monday, Tuesday"
    assert "待确认" in case.deadline_source
    assert not_set(case, "rectified") is None
    assert book.overdue(T0 + timedelta(days=5)) == ()
    assert [c.case_id for c in book.overdue(T0 + timedelta(days=6))] == [noticed]


def test_the_office_may_name_the_day_of_the_re_inspection(books, noticed):  # noqa: F811
    case = books.inspector.record(noticed, "rectified", deadline=date(2026, 11, 30), deadline_source="中队")
    assert (case.deadline, case.deadline_source) == (date(2026, 11, 30), "中队")


@pytest.mark.parametrize("fields", [{"deadline": "2026-11-30"}, {"deadline": date(2026, 11, 30)}])
def test_a_day_told_as_a_field_gets_a_source(books, noticed, fields):  # noqa: F811
    case = books.inspector.record(noticed, "rectified", fields=fields)
    assert (case.deadline, case.deadline_source) == (date(2026, 11, 30), "办案单位指定")


@pytest.mark.parametrize("kind", ["reinspected_fail", "reinspected_pass"])
def test_after_the_re_inspection_the_deadline_of_the_notice_stands(books, noticed, calendar, kind):  # noqa: F811
    book = CaseBook(books.store, "李强", now=books.now, calendar=calendar)
    book.record(noticed, "rectified")
    case = book.record(noticed, kind, evidence=[GIVEN])
    assert (case.deadline, case.deadline_source) == (date(2026, 12, 6), "大队")
    late = [noticed] if kind == "reinspected_fail" else []
    assert [c.case_id for c in book.overdue(T0 + timedelta(days=11))] == late


def test_a_refusal_does_not_replace_the_deadline(books, noticed):  # noqa: F811
    book = books.inspector
    book.record(noticed, "dissuaded")
    assert book.record(noticed, "refused").deadline == date(2026, 12, 6)


@pytest.mark.parametrize("with_calendar", [True, False])
def test_records_of_the_map_begin_a_deadline_as_well(books, noticed, calendar, tmp_path, with_calendar):  # noqa: F811
    book = CaseBook(books.store, "李强", now=books.now, calendar=calendar if with_calendar else None)
    one = record("r1", finding()["finding_id"], "fixed", answered_at="2026-11-26T11:00:00+08:00")
    book.take_records(field_file(tmp_path / "f.json", sha_of(tmp_path / "a"), one))
    case = book.case(noticed)
    assert (case.state, case.deadline) == ("rectified", date(2026, 12, 1) if with_calendar else None)


def test_names_that_nothing_reads_are_refused_and_old_ones_still_read(books, noticed):  # noqa: F811
    book = books.inspector
    before = book.events(noticed)
    with pytest.raises(UnknownFields) as caught:
        book.record(noticed, "noted", note="x", fields={"nonsense": 1, "reason": "y", "docment_no": "1"})
    assert caught.value.unknown == ("nonsense", "docment_no")
    assert {"reason", "document_no"} <= set(caught.value.known)
    assert "nonsense" in caught.value.text("zh")
    assert "document_no" in caught.value.text("zh")
    assert book.events(noticed) == before
    old = replace(before[-1], seq=len(before) + 1, kind="noted", note="x", fields={"nonsense": 1})
    assert fold((*before, old)) == apply(book.case(noticed), old)


def test_what_a_condition_reads_may_be_told(books, noticed):  # noqa: F811
    fields = {"addressee": "police", "without_refusal": "无人在场"}
    assert books.inspector.record(noticed, "reported_to", fields=fields).chain == ("police",)


def test_what_is_missing_is_said_for_people(books):  # noqa: F811
    case_id = books.inspector.open_report(Report(T0, "占用", kind="gate")).case_id
    with pytest.raises(MissingFields) as caught:
        books.inspector.record(case_id, "confirmed")
    assert caught.value.text("zh").endswith("缺少：条款（article）；证据 1 件（或新一次检查数据）")
