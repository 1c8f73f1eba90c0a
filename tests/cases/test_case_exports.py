"""The ledger and the exchange formats: one row for each case, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
from case_scene import (  # noqa: F401  (fixtures)
    JPEG,
    LAT,
    LON,
    OBSTRUCTION,
    T0,
    WIDTH,
    books,
    database_url,
    document,
    finding,
    postgres,
    written,
)  # fmt: skip

from firelane.cases.case_map import write_case_map
from firelane.cases.evidence import EvidenceGiven
from firelane.cases.exports import case_row, event_row, facts, write_geopackage, write_ledger, write_open311
from firelane.cases.figures import write_statistics
from firelane.cases.importing import Report
from firelane.cases.model import Source
from firelane.cases.rows import measured, overdue_days, required
from firelane.cases.statistics import statistics
from firelane.errors import OutputError

HOSTILE = (
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", " =1+1", "\t=1+1", "\r\n=1+1", "＝1＋1", "<script>alert(1)</script>", 'a"b,c;d', "\x07\x00x",
    "\ud800", "长" * 40_000, "一\n二\u2028三", "'=1+1", "{{7*7}}", "../../etc/passwd",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_rows(path):
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


@pytest.fixture
def two(books, tmp_path):  # noqa: F811
    """One case with a notice, one without a place, by hand."""
    (case_id,) = books.inspector.open_audit(written(tmp_path, "first", finding())).opened
    books.inspector.record(case_id, "confirmed", evidence=[EvidenceGiven(content=JPEG, name="照片.jpg")])
    books.inspector.record(case_id, "noticed", days=3, deadline_source="和平区大队")
    other = books.inspector.open_report(
        Report(T0, "两辆车堵住北门", channel_ref="96119-1", reporter="张三", site_id="SY-1", kind="parked_vehicle")
    ).case_id
    return case_id, other


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_ledger_has_one_row_for_each_case(books, two, tmp_path, lang):  # noqa: F811
    head = write_ledger(books.viewer, tmp_path / "l.csv", lang)
    names, *rows = csv_rows(tmp_path / "l.csv")
    assert (tmp_path / "l.csv").read_bytes().startswith(b"\xef\xbb\xbf"), "spreadsheets ask for a mark"
    assert len(names) == len(set(names)) == 33
    assert [row[0] for row in rows] == list(two)
    assert {len(row) for row in rows} == {33}
    first = dict(zip(names, rows[0], strict=True))
    want = {
        "zh": {"案件编号": two[0], "状态": "已通知", "来源": "检查数据", "实测": "3.400 m", "要求": "4 m", "立案日期": "2026-11-26",
               "首次通知": "2026-11-26", "通知次数": "1", "期限": "2026-11-29", "期限依据": "和平区大队", "通知至结案天数": "", "证据": "1"},
        "en": {"case": two[0], "state": "notice served", "source": "audit", "measured": "3.400 m", "required": "4 m", "opened": "2026-11-26",
               "first notice": "2026-11-26", "notices": "1", "deadline": "2026-11-29", "source of the deadline": "和平区大队", "evidence files": "1"},
    }[lang]  # fmt: skip
    if lang == "en":
        want["state"] = first["state"]
        assert "noti" in first["state"]
    assert {key: first[key] for key in want} == want
    last = "最后记录哈希" if lang == "zh" else "hash of the last entry"
    hashes = books.viewer.snapshot().hashes
    assert [row[names.index(last)] for row in rows] == [hashes[c] for c in two]
    assert head == books.viewer.verify().head
    assert "张三" not in (tmp_path / "l.csv").read_text("utf-8-sig")


def test_the_workbook_has_every_event_and_tells_how_to_verify(books, two, tmp_path):  # noqa: F811
    head = write_ledger(books.inspector, tmp_path / "l.xlsx", "zh")
    book = openpyxl.load_workbook(tmp_path / "l.xlsx")
    assert book.sheetnames == ["台账", "全部记录", "核验"]
    events = [[cell.value for cell in row] for row in book["全部记录"].iter_rows(min_row=2)]
    assert [(row[0], row[1]) for row in events] == [(two[0], 1), (two[0], 2), (two[0], 3), (two[1], 1)]
    assert [row[2] for row in events] == ["检查发现", "现场核实", "发出整改通知", "接到举报"]
    assert {row[5] for row in events} == {"李强"}
    assert "message_zh" in events[0][8]
    assert not [row for row in events if "_en = " in str(row[8])]  # one language is enough
    told = {row[0].value: row[1].value for row in book["核验"].iter_rows(min_row=2)}
    assert told["链尾哈希"] == head
    assert told["核验方法"] == f"firelane case verify --head {head}"
    assert books.viewer.verify(head=head).ok


def test_days_overdue_run_from_the_day_after(books, two):  # noqa: F811
    case = books.viewer.case(two[0])  # due on the 29th
    midnight = T0.replace(hour=16) + timedelta(days=3)  # 00:00 of the 30th in Beijing
    assert overdue_days(case, midnight - timedelta(seconds=1)) == 0
    assert overdue_days(case, midnight) == 1
    assert overdue_days(case, midnight + timedelta(days=9)) == 10
    assert overdue_days(books.viewer.case(two[1]), midnight) == 3, "a report is to be looked into within a day"


@pytest.mark.parametrize(
    ("value", "quantity", "unit", "told"),
    [
        (3.9999, "clear_width", "m", "3.999 m"), (3.4, "clear_width", "m", "3.400 m"), (20.0001, "box_spacing", "m", "20.001 m"),
        (20.0, "box_spacing", "m", "20.000 m"), (7.0, "signs", "", "7"), (None, "clear_width", "m", ""),
    ],
)  # fmt: skip
def test_no_rounding_makes_a_failure_look_like_a_pass(books, tmp_path, value, quantity, unit, told):  # noqa: F811
    found = finding(value=value, unit=unit, quantity=quantity, margin=None if value is None else round(value - 4.0, 6))
    (case_id,) = books.inspector.open_audit(written(tmp_path, "a", found)).opened
    case = books.viewer.case(case_id)
    assert measured(case) == told
    assert required(case) == f"4 {unit}".strip()


def hostile(books, folder):  # noqa: F811
    """Put every hostile text into every field that data can reach."""
    for n, text in enumerate(HOSTILE):
        site = {"id": f"S{n}{text[:300]}", "name": text, "district": text, "manager": text}
        found = finding(message_zh=text, message_en=text, owners=(text,), article=text or "x")
        (case_id,) = books.inspector.open_audit(written(folder, f"h{n}", document(found, **site))).opened
        books.inspector.record(
            case_id, "confirmed", note=text, fields={"reason": text}, evidence=[EvidenceGiven(content=JPEG, name=text)]
        )
        books.inspector.record(case_id, "noticed", days=1, deadline_source=text if text.strip() else "大队")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_text_becomes_a_formula_or_another_row(books, tmp_path, lang):  # noqa: F811
    hostile(books, tmp_path)
    write_ledger(books.inspector, tmp_path / "h.csv", lang)
    names, *rows = csv_rows(tmp_path / "h.csv")
    assert len(rows) == len(HOSTILE)
    assert (tmp_path / "h.csv").read_text("utf-8-sig").count("\n") == len(HOSTILE) + 1
    cells = [cell for row in (names, *rows) for cell in row]
    assert [c for c in cells if c.lstrip(" ").startswith(FORMULA) and not is_number(c)] == []
    assert "'=1+1" in cells
    write_ledger(books.inspector, tmp_path / "h.xlsx", lang)
    book = openpyxl.load_workbook(tmp_path / "h.xlsx")
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate)
                assert cell.hyperlink is None
    assert book.worksheets[0].max_row == len(HOSTILE) + 1
    assert book.worksheets[1].max_row == 3 * len(HOSTILE) + 1


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_open311_has_the_fields_of_the_format(books, two, tmp_path):  # noqa: F811
    write_open311(books.viewer, tmp_path / "o.json", "en")
    first, second = sorted(json.loads((tmp_path / "o.json").read_text("utf-8")), key=lambda r: r["service_request_id"])
    assert set(first) >= {
        "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
        "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode", "lat", "long",
        "media_url",
    }  # fmt: skip
    assert (first["service_request_id"], first["status"], first["service_code"]) == (two[0], "open", "parked_vehicle")
    assert (first["lat"], first["long"]) == (LAT, LON)
    assert first["expected_datetime"] == "2026-11-29T23:59:59+08:00"
    assert first["agency_responsible"] == "driver of the vehicle"
    assert (second["lat"], second["long"], second["expected_datetime"]) == (None, None, "2026-11-27T23:59:59+08:00")
    assert second["service_name"].startswith("hotline 96119")
    books.inspector.record(two[1], "void", fields={"reason": "误报"})
    write_open311(books.viewer, tmp_path / "o.json", "zh")
    told = {r["service_request_id"]: r["status"] for r in json.loads((tmp_path / "o.json").read_text("utf-8"))}
    assert told == {two[0]: "open", two[1]: "closed"}
    hostile(books, tmp_path)
    write_open311(books.viewer, tmp_path / "o.json", "zh")
    assert len(json.loads((tmp_path / "o.json").read_text("utf-8"))) == 2 + len(HOSTILE)


def test_the_geopackage_opens_elsewhere(books, two, tmp_path):  # noqa: F811
    hostile(books, tmp_path)
    write_geopackage(books.viewer, tmp_path / "c.gpkg", "zh")
    cases = gpd.read_file(tmp_path / "c.gpkg", layer="cases").set_index("case_id")
    assert len(cases) == 2 + len(HOSTILE)
    assert (cases.geometry[two[0]].x, cases.geometry[two[0]].y) == (LON, LAT)
    assert cases.geometry[two[1]] is None
    assert cases.loc[two[0], "state_text"] == "已通知"
    assert cases.loc[two[0], "value"] == 3.4
    assert "张三" not in cases.to_string()
    events = pyogrio.read_dataframe(tmp_path / "c.gpkg", layer="events")
    assert len(events) == 4 + 3 * len(HOSTILE)
    assert set(events["case_id"]) == set(cases.index)


def test_hostile_names_pass_through_figures_and_maps(books, tmp_path):  # noqa: F811
    hostile(books, tmp_path)
    files = write_statistics(statistics(books.inspector), tmp_path / "stats", "zh")
    assert [p.name for p in files if not p.stat().st_size] == []
    assert sorted(p.name for p in (tmp_path / "stats").iterdir()) == sorted(p.name for p in files)
    book = openpyxl.load_workbook(tmp_path / "stats" / "statistics.xlsx")
    assert "f" not in {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert len(json.loads((tmp_path / "stats" / "statistics.json").read_text("utf-8"))["by_manager"]) == len(set(HOSTILE))
    write_case_map(books.inspector, tmp_path / "m.html", "zh")
    for page in (tmp_path / "m.html", tmp_path / "stats" / "statistics_map.html"):
        assert "<script>alert(1)</script>" not in page.read_text("utf-8")


def test_empty_books_are_written_too(books, tmp_path):  # noqa: F811
    write_ledger(books.viewer, tmp_path / "e.csv")
    assert len(csv_rows(tmp_path / "e.csv")) == 1
    write_ledger(books.viewer, tmp_path / "e.xlsx")
    assert openpyxl.load_workbook(tmp_path / "e.xlsx")["台账"].max_row == 1
    write_open311(books.viewer, tmp_path / "e.json")
    assert json.loads((tmp_path / "e.json").read_text("utf-8")) == []
    write_geopackage(books.viewer, tmp_path / "e.gpkg")
    assert len(gpd.read_file(tmp_path / "e.gpkg", layer="cases")) == 0


def test_what_cannot_be_written_leaves_what_was_there(books, two, tmp_path):  # noqa: F811
    (tmp_path / "folder").write_text("a file, no folder")
    for write, name in ((write_ledger, "l.csv"), (write_ledger, "l.xlsx"), (write_open311, "o.json"), (write_geopackage, "c.gpkg")):
        with pytest.raises(OutputError):
            write(books.viewer, tmp_path / "folder" / name)
    assert (tmp_path / "folder").read_text() == "a file, no folder"


def test_rows_are_plain_json(books, two):  # noqa: F811
    for case_id in two:
        case, events = books.viewer.case(case_id), books.viewer.events(case_id)
        json.loads(json.dumps([case_row(case), *map(event_row, events)], allow_nan=False))
    row = event_row(books.viewer.events(two[0])[0])
    assert (row["happened_at"][-6:], row["kind"], row["seq"]) == ("+08:00", "detected", 1)


def test_facts_leave_out_what_is_not_known(books, two):  # noqa: F811
    zh, en = dict(facts(books.viewer.case(two[0]), "zh")), dict(facts(books.viewer.case(two[0]), "en"))
    assert zh["实测"] == en["measured"] == "3.400 m"
    assert zh["期限"] == "2026-11-29 和平区大队"
    assert zh["责任主体"].startswith("机动车驾驶人")
    other = dict(facts(books.viewer.case(two[1]), "zh"))
    assert not {"实测", "要求", "位置", "条款"} & set(other)
    assert all(zh.values())


def test_sources_by_hand(books, tmp_path):  # noqa: F811
    for source in (Source.PATROL, Source.OTHER):
        books.inspector.open_report(Report(T0, "堆放杂物", source=source, channel_ref=f"n-{source.value}"))
    write_ledger(books.viewer, tmp_path / "s.csv")
    names, *rows = csv_rows(tmp_path / "s.csv")
    assert [row[names.index("来源")] for row in rows] == ["现场巡查", "其他"]
