"""Records of the map and reports of the hotline taken in: whole or not at all, and once."""

from __future__ import annotations

import base64
import io
import json
from datetime import timedelta

import openpyxl
import pytest
from case_scene import (  # noqa: F401  (fixtures)
    JPEG,
    LAT,
    LON,
    OBSTRUCTION,
    T0,
    WIDTH,
    books,
    both,
    database_url,
    document,
    field_file,
    finding,
    postgres,
    record,
    sha_of,
    written,
)  # fmt: skip

from firelane.cases.importing import Report
from firelane.cases.reporting import distance_m
from firelane.errors import InputError
from firelane.store import PermissionRefused

V1, B1, ADVICE = f"{OBSTRUCTION}:V1", f"{OBSTRUCTION}:B1", f"{OBSTRUCTION}:V7"


@pytest.fixture
def opened(both, tmp_path):  # noqa: F811
    """Books with the cases of V1 and B1 open; the audit has more findings without a case."""
    folder = written(
        tmp_path, "a", finding(), finding("B1", owners=["B1"], x=40), finding("V7", owners=["V7"], x=80, severity="advisory"),
        finding("V8", owners=["V8"], x=20, verdict="not_measured", value=None), finding("V9", owners=["V9"], x=60, verdict="pass", value=5.0),
    )  # fmt: skip
    both.inspector.open_audit(folder)
    both.audit_id = sha_of(folder)
    both.now.at = T0 + timedelta(hours=1)
    return both


def kinds_of(book, case_id):
    return [e.kind for e in book.events(case_id)]


def test_answers_become_steps(opened, tmp_path):
    book = opened.inspector
    place = {"lon": LON, "lat": LAT, "accuracy_m": 8.0}
    told = field_file(
        tmp_path / "r.json", opened.audit_id, record("r1", V1, note="车还在", photos=[JPEG], position=place),
        record("r2", B1, "false_alarm", note="活动隔离桩"),
    )  # fmt: skip
    outcome = book.take_records(told)
    assert (outcome.recorded, outcome.opened, outcome.known, outcome.problems) == (("C-2026-000001", "C-2026-000002"), (), 0, ())
    case = book.case("C-2026-000001")
    assert (case.state, len(case.evidence)) == ("confirmed", 1)
    event = book.events("C-2026-000001")[-1]
    assert (event.note, event.lonlat, event.fields["accuracy_m"], event.fields["recorder"]) == ("车还在", (LON, LAT), 8.0, "李强")
    assert event.happened_at.isoformat() == "2026-11-26T02:05:00+00:00", "when it was answered, not when it was imported"
    assert event.evidence[0].lonlat == (LON, LAT)
    assert book.shelf.read(event.evidence[0].sha256, "image/jpeg") == JPEG
    assert book.case("C-2026-000002").state == "void"
    assert book.events("C-2026-000002")[-1].fields["reason"] == "活动隔离桩"
    # The same file twice changes nothing.
    head = book.verify().head
    again = book.take_records(told)
    assert (again.recorded, again.known, again.problems) == ((), 2, ())
    assert (book.verify().head, book.verify().ok) == (head, True)


def test_fixed_is_a_note_and_rectified_where_that_is_due(opened, tmp_path):
    book = opened.inspector
    book.take_records(field_file(tmp_path / "1.json", opened.audit_id, record("r1", V1, "fixed")))
    assert (book.case("C-2026-000001").state, kinds_of(book, "C-2026-000001")) == ("detected", ["detected", "noted"])
    book.record("C-2026-000001", "confirmed")
    book.record("C-2026-000001", "noticed", days=3)
    book.take_records(field_file(tmp_path / "2.json", opened.audit_id, record("r2", V1, "fixed", note="已挪车", photos=[JPEG])))
    assert kinds_of(book, "C-2026-000001")[-2:] == ["noted", "rectified"]
    assert book.case("C-2026-000001").state == "rectified"
    assert "已挪车" in book.events("C-2026-000001")[-2].note


def test_a_note_without_an_answer_is_a_note(opened, tmp_path):
    told = record("r1", V1, "", note="门卫不在", photos=[JPEG], recorder="王五")
    opened.inspector.take_records(field_file(tmp_path / "1.json", opened.audit_id, told))
    event = opened.inspector.events("C-2026-000001")[-1]
    assert (event.kind, event.note, event.fields["recorder"]) == ("noted", "现场记录 noted on site：门卫不在", "王五")


def test_what_the_role_may_not_is_a_proposal(opened, tmp_path):
    """After a notice only an administrator voids; confirmed twice is a note."""
    book = opened.inspector
    book.record("C-2026-000001", "confirmed")
    book.record("C-2026-000001", "noticed", days=3)
    rows = [record("r1", V1, "false_alarm", note="不是违规"), record("r2", V1, "confirmed")]
    book.take_records(field_file(tmp_path / "1.json", opened.audit_id, *rows))
    assert book.case("C-2026-000001").state == "noticed"
    proposal, again = book.events("C-2026-000001")[-2:]
    assert (proposal.kind, proposal.fields["proposal"], again.kind) == ("noted", "void", "noted")
    opened.admin.take_records(field_file(tmp_path / "2.json", opened.audit_id, record("r3", V1, "false_alarm", note="不是违规")))
    assert book.case("C-2026-000001").state == "void"
    with pytest.raises(PermissionRefused):
        opened.viewer.take_records(tmp_path / "1.json")


def test_a_finding_without_a_case_opens_one_where_the_audit_is_known(opened, tmp_path):
    book = opened.inspector
    rows = [
        record("r1", ADVICE, photos=[JPEG]), record("r2", f"{OBSTRUCTION}:V8"), record("r3", f"{OBSTRUCTION}:V9"),
        record("r4", f"{OBSTRUCTION}:V8", "fixed"), record("r5", f"{OBSTRUCTION}:V404"),
    ]  # fmt: skip
    outcome = book.take_records(field_file(tmp_path / "1.json", opened.audit_id, *rows))
    assert outcome.opened == ("C-2026-000003", "C-2026-000004")
    assert [p.row for p in outcome.problems] == [f"{OBSTRUCTION}:V9", f"{OBSTRUCTION}:V404"]
    assert all(p.message_zh for p in outcome.problems)
    assert kinds_of(book, "C-2026-000003") == ["detected", "confirmed"]
    assert (book.case("C-2026-000004").value, book.case("C-2026-000004").threshold) == (None, 4.0), "nothing is claimed to be measured"
    assert book.verify().ok


def test_of_an_unknown_audit_nothing_is_opened_and_it_can_be_imported_later(opened, tmp_path):
    book = opened.inspector
    folder = written(tmp_path, "b", finding("N1", owners=["N1"], x=70), finding(value=3.3))
    told = field_file(tmp_path / "1.json", sha_of(folder), record("r1", f"{OBSTRUCTION}:N1"), record("r2", V1))
    outcome = book.take_records(told)
    assert (outcome.recorded, outcome.opened, len(outcome.problems)) == (("C-2026-000001",), (), 1)
    book.open_audit(folder)
    outcome = book.take_records(told)
    assert (outcome.recorded, outcome.known, outcome.problems) == (("C-2026-000003",), 1, ())


def test_problems_name_no_plate(opened, tmp_path):
    outcome = opened.inspector.take_records(field_file(tmp_path / "1.json", "", record("r1", "规则:辽A12345")))
    assert [p.row for p in outcome.problems] == ["规则:辽A***45"]


def test_a_record_changed_since_stays_as_it_was(opened, tmp_path):
    book = opened.inspector
    book.take_records(field_file(tmp_path / "1.json", opened.audit_id, record("r1", V1)))
    outcome = book.take_records(field_file(tmp_path / "2.json", opened.audit_id, record("r1", V1, "false_alarm")))
    assert (outcome.known, outcome.recorded, len(outcome.problems)) == (1, (), 1)
    assert book.case("C-2026-000001").state == "confirmed"


def test_the_case_that_a_record_names(opened, tmp_path):
    book = opened.inspector
    other = book.open_report(Report(T0, "占用", site_id="SY-9")).case_id
    rows = [record("r1", "x", case_id="C-2026-000002"), record("r2", "x", case_id=other), record("r3", "x", case_id="C-1999-1")]
    outcome = book.take_records(field_file(tmp_path / "1.json", "", *rows))
    assert outcome.recorded == ("C-2026-000002",)
    assert len(outcome.problems) == 2


BAD = {
    "schema": lambda d: d.update(schema="x"),
    "no list": lambda d: d.update(records={}),
    "no site": lambda d: d.pop("site"),
    "photo altered": lambda d: d["records"][1]["photos"][0].update(data=base64.b64encode(JPEG + b"x").decode()),
    "photo no base64": lambda d: d["records"][1]["photos"][0].update(data="***"),
    "photo no text": lambda d: d["records"][1]["photos"][0].update(data=7),
    "answer": lambda d: d["records"][1].update(answer="maybe"),
    "time": lambda d: d["records"][1].update(answered_at="yesterday"),
    "no id": lambda d: d["records"][1].update(record_id=""),
    "twice": lambda d: d["records"][1].update(record_id="r1"),
    "place": lambda d: d["records"][1].update(lonlat=[200, 0]),
    "position": lambda d: d["records"][1].update(position={"lon": "x"}),
    "owners": lambda d: d["records"][1].update(owners="V1"),
    "note": lambda d: d["records"][1].update(note="x" * 30_000),
    "row": lambda d: d["records"].append(3),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_with_an_error_leaves_nothing(books, tmp_path, name):  # noqa: F811
    book = books.inspector
    folder = written(tmp_path, "a", finding(), finding("B1", owners=["B1"], x=40))
    book.open_audit(folder)
    path = field_file(tmp_path / "r.json", sha_of(folder), record("r1", V1, photos=[b"\x89PNG\r\n\x1a\n1"]), record("r2", B1, photos=[JPEG]))
    told = json.loads(path.read_text(encoding="utf-8"))
    BAD[name](told)
    path.write_text(json.dumps(told), encoding="utf-8")
    before = book.verify().head, sorted(books.store.evidence.rglob("*"))
    with pytest.raises(InputError) as error:
        book.take_records(path)
    assert all(p.message_zh for p in error.value.problems)
    assert (book.verify().head, sorted(books.store.evidence.rglob("*"))) == before


def test_every_problem_of_a_file_is_told(books, tmp_path):  # noqa: F811
    rows = [record("r1", V1, "maybe", answered_at=3), record("", V1, lonlat=[0, 99])]
    with pytest.raises(InputError) as error:
        books.inspector.take_records(field_file(tmp_path / "r.json", "", *rows))
    assert len(error.value.problems) == 4


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000, b"null"])
def test_what_is_no_export_is_refused(books, tmp_path, content):  # noqa: F811
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(InputError):
        books.inspector.take_records(tmp_path / "r.json")
    with pytest.raises(InputError):
        books.inspector.take_records(tmp_path / "absent.json")


# ------------------------------------------------------------------------------- the hotline

CHINESE = (
    "工单编号,举报时间,举报内容,地址,经度,纬度,举报人,联系电话,类别\n"
    f"T-1,2026-11-26 09:00,车辆堵住通道,三好街12号,{LON},{LAT},张三丰,13912345678,车辆占用\n"
    f"T-2,2026/11/26 9:30:00,还是那辆车,三好街12号旁,{LON + 0.0001},{LAT},,,\n"
    'T-3,2026年11月26日,"大门，锁着",文化路1号,,,李四,,\n'
    ",,,,,,,,\n"
)  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_of_the_hotline(both, tmp_path, encoding):  # noqa: F811
    book = both.inspector
    path = tmp_path / "96119.csv"
    path.write_bytes(CHINESE.encode(encoding))
    outcome = book.take_reports(path)
    assert (len(outcome.opened), outcome.known) == (3, 0)
    assert outcome.duplicates == (("C-2026-000002", "C-2026-000001"),), "near in place and time"
    first, second, third = (book.case(i) for i in outcome.opened)
    assert (first.channel_ref, first.kind, first.value, first.rule_id) == ("T-1", "parked_vehicle" if first.kind else "", None, "")
    assert first.message_zh == "车辆堵住通道；地点：三好街12号"
    assert first.opened_at.isoformat() == "2026-11-26T01:00:00+00:00", "Beijing time"
    assert (third.lonlat, third.message_zh) == (None, "大门，锁着；地点：文化路1号")
    assert book.events(second.case_id)[0].fields["possible_duplicates"] == ["C-2026-000001"]
    again = book.take_reports(path)
    assert (again.opened, again.known, again.duplicates) == ((), 3, ())
    assert book.verify().ok


def test_a_workbook_with_english_headings(books, tmp_path):  # noqa: F811
    sheet = openpyxl.Workbook()
    sheet.active.append(["Report No", "Received at", "Description", "Address", "Longitude", "Latitude", "Datum", "Kind", "Site"])
    sheet.active.append([1001, (T0 + timedelta(hours=7)).replace(tzinfo=None), "=1+1", "x", LON, LAT, "gcj02", "gate", "SY-1"])
    sheet.active.append([1002, "2026-11-26T08:00:00Z", "blocked", None, None, None, None, "flying saucer", None])
    out = io.BytesIO()
    sheet.save(out)
    (tmp_path / "r.xlsx").write_bytes(out.getvalue())
    books.inspector.open_audit(written(tmp_path, "a", finding()))
    books.inspector.now.at = T0 + timedelta(days=1)
    outcome = books.inspector.take_reports(tmp_path / "r.xlsx")
    first, second = (books.inspector.case(i) for i in outcome.opened)
    assert (first.channel_ref, first.kind, first.site.manager) == ("1001", "gate", "某物业公司"), "the site is known from its audit"
    assert 300 < distance_m(first.lonlat, (LON, LAT)) < 900, "Gaode's offset is taken out"
    assert (second.channel_ref, second.kind, second.site.site_id) == ("1002", "", "unknown")
    assert [p.row for p in outcome.problems] == ["3"], "a kind that is not known stays open, and is told"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("编号,内容\n1,x\n", "举报时间"),
        ("举报时间,举报内容\n昨天,x\n", "time"),
        ("举报时间,举报内容\n2026-13-01,x\n", "time"),
        ("举报时间,举报内容\n2026-11-26,\n", "text or an address"),
        ("举报时间,举报内容,经度,纬度\n2026-11-26,x,123.4,\n", "longitude"),
        ("举报时间,举报内容,经度,纬度\n2026-11-26,x,41.8,123.4\n", "longitude"),
        ("举报时间,举报内容,经度,纬度,坐标系\n2026-11-26,x,123.4,41.8,mars\n", "wgs84"),
        ("举报时间,举报内容\n2036-11-26,x\n", "future"),
        ('举报时间,举报内容\n2026-11-26,"x\n', "CSV"),
        ("举报时间,举报内容\n2026-11-26," + "x" * 25_000 + "\n", "longer"),
        ("", "column"),
    ],
)  # fmt: skip
def test_a_list_with_an_error_leaves_nothing(books, tmp_path, content, said):  # noqa: F811
    good = "举报时间,举报内容\n2026-11-26,好\n"
    path = tmp_path / "r.csv"
    path.write_text(content if content.count("\n") < 2 else content + good.partition("\n")[2], encoding="utf-8")
    with pytest.raises(InputError) as error:
        books.inspector.take_reports(path)
    assert said in str(error.value) + error.value.text("zh")
    assert books.inspector.cases() == ()


@pytest.mark.parametrize("content", [b"PK\x03\x04 no package", b"\x00\x01\x02,\xff", b"\xff\xff\xff"])
def test_what_is_no_table_is_refused(books, tmp_path, content):  # noqa: F811
    (tmp_path / "r.csv").write_bytes(content)
    with pytest.raises(InputError):
        books.inspector.take_reports(tmp_path / "r.csv")


@pytest.mark.parametrize(
    ("other", "proposed"),
    [
        ({"lonlat": (LON, LAT + 0.0002)}, True),
        ({"lonlat": (LON, LAT + 0.0005)}, False),
        ({"lonlat": (LON, LAT), "received_at": T0 + timedelta(hours=73)}, False),
        ({"lonlat": (LON, LAT), "kind": "gate"}, False),
        ({"lonlat": (LON, LAT), "kind": ""}, True),
        ({"lonlat": None, "address": "三好街12号"}, True),
        ({"lonlat": None, "address": ""}, False),
    ],
)
def test_duplicates_by_place_kind_and_time(books, other, proposed):  # noqa: F811
    """Within 30 m (0.0002 degrees of latitude are 22 m, 0.0005 are 56 m), 72 hours, and of no other kind."""
    book = books.inspector
    book.now.at = T0 + timedelta(days=5)
    first = {"received_at": T0, "text": "堵了", "channel_ref": "1", "lonlat": (LON, LAT), "kind": "parked_vehicle", "address": "三好街12号"}
    a = book.open_report(Report(**first))
    b = book.open_report(Report(**(first | {"channel_ref": "2"} | other)))
    told = book.events(b.case_id)[0].fields.get("possible_duplicates", [])
    assert told == ([a.case_id] if proposed else [])
    assert book.case(b.case_id).state == "detected", "proposed, never joined by itself"


def test_a_report_known_by_its_number_is_not_opened_again(books):  # noqa: F811
    first = books.inspector.open_report(Report(T0, "堵了", channel_ref="7"))
    assert books.inspector.open_report(Report(T0, "堵了！", channel_ref="7")).case_id == first.case_id
    assert len(books.inspector.cases()) == 1
