"""The story of a violation through the command line: from the audit to closing, and back again.

Times are told by ``--at`` and lie well behind any clock, so that every figure can be checked by hand:

===========  ==============================================================================
2024-09-01   audit: a post leaves 2.8 m; two cases (Articles 14 and 10); a call to 96119, void
2024-09-03   both served a notice
2024-09-11   re-inspection: a thicker post, 2.6 m; found again; failed
2024-09-12   second notice
2024-09-16   the post is gone: both proposed for closing
2024-09-18   Article 14 closed (15 days after its first notice), on 09-16 Article 10 (13 days)
2024-10-08   a post again: both reopened
===========  ==============================================================================
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import docx
import geopandas as gpd
import openpyxl
import pyogrio
import pytest
from command import run
from pdf_text import pdf_text
from PIL import Image
from postgres import database_url, postgres  # noqa: F401  (fixtures)
from site_scenes import Point
from written_sites import table, write_site

TOML = """
[site]
id = "SY-007"
name = "河畔小区"
district = "沈河区"
manager = "河畔物业公司"
manager_kind = "property_company"
managed = true
"""
ADMIN, INSPECTOR, VIEWER = "王敏", "李强", "赵看"
WIDTH, OBSTACLE = "sy2020-14-clear-width", "sy2020-10-obstruction"


def site_with(folder, *posts):
    """Write the yard: its road of 6 m, a lamp beside it, and posts on it as (y [m], radius [m])."""
    things = [(20.0, y, r, f"P{n}") for n, (y, r) in enumerate(posts, 1)] + [(30.0, -1.0, 0.1, "LAMP")]
    rows = table(
        *(Point(x, y) for x, y, _, _ in things), id=[name for *_, name in things], kind=["bollard"] * len(things),
        radius_m=[r for _, _, r, _ in things],
    )  # fmt: skip
    return write_site(folder, TOML, obstructions=rows)


@pytest.fixture(scope="session")
def audits(tmp_path_factory):
    """Audits of one yard: a post, a thicker one, none, one again."""
    folder = tmp_path_factory.mktemp("audits")
    yards = {"first": [(3.0, 0.2)], "again": [(3.0, 0.4)], "clear": [], "back": [(3.0, 0.3)]}
    for name, posts in yards.items():
        done = run("audit", site_with(folder / f"yard_{name}", *posts), "-o", folder / name, "--quiet")
        assert done.code == 0, done.err
    return folder


def photo(path, colour):
    """Write a tiny photograph."""
    Image.new("RGB", (8, 8), colour).save(path, "JPEG")
    return path


class Office:
    """The commands of one store."""

    def __init__(self, store, folder):
        self.store, self.folder = str(store), Path(folder)

    def __call__(self, name, *words, by=INSPECTOR, code=0, lang="zh"):
        done = run("case", name, *words, "--store", self.store, "--as", by, "--lang", lang)
        assert done.code == code, done
        assert (done.err == "") == (code in (0, 1)), done.err
        return done.err if code == 2 else done.out

    def read(self, *words, **more):
        return json.loads(self(*words, "--json", **more))

    def state(self, case_id):
        return self.read("show", case_id)["state"]

    def staffed(self):
        assert f"管理员 {ADMIN}" in self("init", by=ADMIN)
        self("user", INSPECTOR, "--role", "inspector", by=ADMIN)
        assert f"{VIEWER}　查看" in self("user", VIEWER, "--role", "viewer", by=ADMIN)
        return self


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def office(request, tmp_path, monkeypatch):
    """An office with an administrator, an inspector and a viewer, in either database."""
    monkeypatch.setenv("FIRELANE_EVIDENCE", str(tmp_path / "证据"))
    store = tmp_path / "案件.sqlite" if request.param == "sqlite" else request.getfixturevalue("database_url")
    return Office(store, tmp_path).staffed()


def texts_of(path):
    """Return all the text of a document."""
    document = docx.Document(str(path))
    cells = [cell.text for rows in document.tables for row in rows.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_from_the_audit_to_closing_and_back(office, audits):
    folder, seen = office.folder, {}

    # -- 1 September: audit, cases; the same audit again changes nothing
    told = office("open", audits / "first", "--at", "2024-09-01T09:00")
    assert "新立案 2" in told
    assert "无变化 2" in office("open", audits / "first")
    cases = {c["rule_id"]: c for c in office.read("list")}
    assert set(cases) == {WIDTH, OBSTACLE}
    width, obstacle = cases[WIDTH]["case_id"], cases[OBSTACLE]["case_id"]
    assert (cases[WIDTH]["value"], cases[WIDTH]["threshold"], cases[WIDTH]["state"]) == (2.8, 4.0, "detected")
    assert cases[WIDTH]["opened_at"] == "2024-09-01T09:00:00+08:00"
    assert cases[WIDTH]["manager"] == "河畔物业公司"

    # -- a call to 96119 that turns out to be nothing
    told = office(
        "open", "--source", "hotline_96119", "--site", "SY-007", "--kind", "parked_vehicle", "--text", "辽A12345 堵住车道",
        "--ref", "96119-0231", "--reporter", "张三 13800138000", "--at", "2024-09-01T18:00",
    )  # fmt: skip
    call = told.split()[-1]
    office("event", call, "void", "--set", "reason=到场时道路畅通", "--at", "2024-09-02T10:00")
    shown = office("show", call)
    assert "辽A***45" in shown
    assert "张三" not in office("show", call, by=VIEWER)

    # -- confirmed, noticed; what is missing is told at once, and nothing is recorded
    refused = office("event", width, "noticed", "--at", "2024-09-02T10:00", code=2)
    assert "不能" in refused
    assert "confirmed" in refused
    office(
        "event", width, "confirmed", "--at", "2024-09-02T10:00", "--evidence", photo(folder / "现场.jpg", "red"), "--place", "123.4322,41.8044"
    )
    office("event", obstacle, "confirmed", "--at", "2024-09-02T10:05")
    told = office(
        "event", width, "noticed", "--at", "2024-09-03T09:00", "--days", "7", "--deadline-source", "沈河区大队规定",
        "--set", "document_no=1",
    )  # fmt: skip
    assert "2024-09-10" in told
    assert "沈河区大队规定" in told
    office(
        "event", obstacle, "noticed", "--at", "2024-09-03T09:00", "--deadline", "2024-09-08", "--deadline-source", "沈河区大队规定"
    )
    fields = office.read("show", width)["events"][-1]["fields"]
    assert fields["document_no"] == "1", "a text stays one, whatever it looks like"

    # -- the notice, read back
    number = "沈消限字〔2026〕第12号"
    for name in ("通知.docx", "通知.pdf"):
        office("notice", width, "-o", folder / name, "--issuer", "沈河区消防救援大队", "--document-no", number, "--dated", "2024-09-03")
    for text in (texts_of(folder / "通知.docx"), pdf_text(folder / "通知.pdf")):
        flat = "".join(text.split())
        for said in ("河畔物业公司", "第十四条", "2.800", "沈河区消防救援大队", number, "2024年9月10日"):
            assert said in flat, (said, text)
        assert "5.200" not in flat, "nothing that was not measured"

    # -- overdue from the day after
    assert office.read("overdue", "--at", "2024-09-08") == []
    assert [c["case_id"] for c in office.read("overdue", "--at", "2024-09-10")] == [obstacle]
    assert {c["case_id"] for c in office.read("overdue", "--at", "2024-09-11", "--fail", code=1)} == {width, obstacle}

    # -- 11 September: an audit finds it again, the re-inspection fails; second notice
    told = office("open", audits / "again", "--at", "2024-09-11T09:00")
    assert "再次发现 2" in told
    assert office.read("show", width)["value"] == 2.6
    seen["head"] = office.read("verify")["head"]
    told = office("event", width, "reinspected_fail", "--at", "2024-09-11T10:00", "--note", "仍有一根柱", code=2)
    assert "证据" in told
    office("event", width, "reinspected_fail", "--at", "2024-09-11T10:00", "--note", "仍有一根柱", "--evidence", photo(folder / "b.jpg", "blue"))
    office("event", width, "noticed", "--at", "2024-09-12T09:00", "--days", "3", "--deadline-source", "沈河区大队规定")
    row = office.read("show", width)
    assert (row["notices"], row["deadline"], row["noticed_at"]) == (2, "2024-09-15", "2024-09-03T09:00:00+08:00")
    office("event", width, "rectified", "--at", "2024-09-14T09:00")

    # -- 16 September: the yard is clear: proposed, not closed
    told = office("open", audits / "clear", "--at", "2024-09-16T09:00")
    assert "建议结案 2" in told
    assert office.state(width) == "rectified"
    assert "建议结案（待人工确认）" in office("list", "--open")
    clear = hashlib.sha256((audits / "clear" / "audit.json").read_bytes()).hexdigest()
    office("event", width, "closed", "--set", "reason=rectified", code=2)
    office("event", width, "reinspected_pass", "--at", "2024-09-17T09:00", "--evidence", photo(folder / "c.jpg", "green"))
    office("event", width, "closed", "--at", "2024-09-18T09:00", "--set", "reason=rectified")
    office("event", obstacle, "reinspected_pass", "--at", "2024-09-16T10:00", "--set", f"new_audit_sha256={clear}")
    assert office.read("list", "--group", "fixed")[0]["case_id"] == obstacle
    office("event", obstacle, "closed", "--at", "2024-09-16T11:00", "--set", "reason=rectified")
    assert [e["kind"] for e in office.read("show", width)["events"]] == [
        "detected", "confirmed", "noticed", "repeated", "reinspected_fail", "noticed", "rectified", "proposed_close", "reinspected_pass",
        "closed",
    ]  # fmt: skip
    days = [e["happened_at"][8:10] for e in office.read("show", width)["events"]]
    assert days == ["01", "02", "03", "11", "11", "12", "14", "16", "17", "18"], "audits as well stand on their day"
    assert office.read("list", "--open") == []

    closed_books(office, width, obstacle, call)

    # -- October: a post again: reopened; the chain holds, and still contains what was noted in September
    told = office("open", audits / "back", "--at", "2024-10-08T09:00")
    assert "重新立案 2" in told
    row = office.read("show", width)
    assert (row["state"], row["reopened"], row["closed_at"], row["deadline"], row["value"]) == ("reopened", 1, None, None, 2.7)
    total = figures(office)["total"]
    assert (total["open"], total["closed"], total["reopened"], total["repeats"], total["repeat_cases"]) == (2, 0, 2, 2, 2)
    sound = office.read("verify", "--head", seen["head"], by=VIEWER)
    assert (sound["ok"], sound["cases"]) == (True, 3)
    assert sound["evidence"] == 3 + 4, "three photographs, four audits"
    told = office("verify", "--head", "f" * 64, code=1)
    assert "✗" in told
    assert office("rebuild", by=ADMIN).strip() == "已重建 3 个案件"
    assert office.read("verify")["head"] == sound["head"]


def figures(office):
    """Return the figures by the command."""
    told = office("stats", "-o", office.folder / "统计", by=VIEWER)
    assert "复查" in told
    return json.loads((office.folder / "统计" / "statistics.json").read_text("utf-8"))


def closed_books(office, width, obstacle, call):
    """Check ledger, figures and exports after the closing, as a viewer gets them."""
    folder = office.folder
    # -- the ledger, twice
    told = office("ledger", "-o", folder / "台账.csv", by=VIEWER)
    report = office.read("verify", by=VIEWER)
    assert (report["ok"], report["faults"], report["cases"]) == (True, [], 3)
    assert report["head"] in told
    rows = list(csv.DictReader(io.StringIO((folder / "台账.csv").read_text("utf-8-sig"))))
    by_id = {row["案件编号"]: row for row in rows}
    assert list(by_id) == sorted([width, obstacle, call])
    assert {
        key: by_id[width][key]
        for key in ("状态", "实测", "要求", "责任主体", "立案日期", "首次通知", "通知次数", "期限", "逾期天数", "复查次数", "复查不合格",
                    "再次发现", "重新立案", "结案日期", "通知至结案天数", "建议结案", "证据")
    } == {
        "状态": "已结案", "实测": "2.600 m", "要求": "4 m", "责任主体": "河畔物业公司", "立案日期": "2024-09-01", "首次通知": "2024-09-03", "通知次数": "2",
        "期限": "2024-09-15", "逾期天数": "0", "复查次数": "2", "复查不合格": "1", "再次发现": "1", "重新立案": "0", "结案日期": "2024-09-18",
        "通知至结案天数": "15", "建议结案": "", "证据": "3",
    }  # fmt: skip
    assert by_id[obstacle]["通知至结案天数"] == "13"
    assert by_id[call]["状态"] == "撤销"
    assert "辽A***45" in by_id[call]["情况"]
    office("ledger", "-o", folder / "台账.xlsx", by=VIEWER)
    book = openpyxl.load_workbook(folder / "台账.xlsx")
    assert book.sheetnames == ["台账", "全部记录", "核验"]
    assert book["台账"].max_row == 1 + 3
    assert book["全部记录"].max_row == 1 + 10 + 7 + 2
    assert report["head"] in {cell.value for row in book["核验"] for cell in row}

    # -- figures: 13 and 15 days; three re-inspections, one failed
    told = figures(office)
    total = told["total"]
    assert (total["cases"], total["open"], total["closed"], total["void"], total["overdue"]) == (3, 0, 2, 1, 0)
    assert (total["days_to_close"], total["median_days_to_close"]) == ([13, 15], 14.0)
    assert (total["reinspections"], total["passed"], total["pass_rate"]) == (3, 2, pytest.approx(2 / 3))
    assert (total["repeats"], total["reopened"], total["repeat_cases"]) == (2, 0, 2)
    assert [(g["name"], g["cases"]) for g in told["by_district"]] == [("沈河区", 3)]
    assert [(g["name"], g["cases"], g["median_days_to_close"]) for g in told["by_manager"]] == [("河畔物业公司", 3, 14.0)]
    assert [(g["name"], g["repeats"]) for g in told["offenders"]] == [("河畔物业公司", 2)]
    assert told["months"] == [{"month": "2024-09", "opened": 3, "closed": 2}]

    # -- Open311, GeoPackage
    office("export", "-o", folder / "cases.json", by=VIEWER)
    requests = {r["service_request_id"]: r for r in json.loads((folder / "cases.json").read_text("utf-8"))}
    assert {r["status"] for r in requests.values()} == {"closed"}
    one = requests[width]
    assert (one["status_notes"], one["agency_responsible"], one["requested_datetime"]) == ("已结案", "河畔物业公司", "2024-09-01T09:00:00+08:00")
    assert 123.0 < one["long"] < 124.0
    assert 41.0 < one["lat"] < 42.0
    assert requests[call]["lat"] is None
    office("export", "-o", folder / "cases.gpkg", by=VIEWER)
    points = gpd.read_file(folder / "cases.gpkg", layer="cases").set_index("case_id")
    assert (points.crs.to_epsg(), len(points)) == (4326, 3)
    assert (points.geometry[width].x, points.geometry[width].y) == pytest.approx((one["long"], one["lat"]), abs=1e-9)
    assert points.loc[width, "state"] == "closed"
    events = pyogrio.read_dataframe(folder / "cases.gpkg", layer="events")
    assert list(events[events["case_id"] == width]["seq"]) == list(range(1, 11))


def test_records_of_the_map_are_taken_once(office, audits):
    office("open", audits / "first", "--at", "2024-09-01T09:00")
    cases = {c["rule_id"]: c for c in office.read("list")}
    content = photo(office.folder / "p.jpg", "yellow").read_bytes()
    document = json.loads((audits / "first" / "audit.json").read_text("utf-8"))
    findings = {f["rule_id"]: f for f in document["findings"] if f["verdict"] == "fail"}

    def answer(number, rule, answer, note, photos=()):
        found = findings[rule]
        return {
            "record_id": f"r-{number}", "finding_id": found["finding_id"], "rule_id": rule, "owners": found["owners"], "case_id": None,
            "lonlat": found["lonlat"], "answer": answer, "note": note, "answered_at": "2024-09-02T10:00:00+08:00",
            "position": {"lon": 123.4322, "lat": 41.8044, "accuracy_m": 8.0}, "photos": list(photos),
        }  # fmt: skip

    picture = {
        "name": "../../辽A12345.jpg", "type": "image/jpeg", "taken_at": "2024-09-02T09:59:00+08:00",
        "sha256": hashlib.sha256(content).hexdigest(), "data": base64.b64encode(content).decode(),
    }  # fmt: skip
    told = {
        "schema": "firelane-field/1", "audit_id": hashlib.sha256((audits / "first" / "audit.json").read_bytes()).hexdigest(),
        "site": {"id": "SY-007", "name": "河畔小区"}, "exported_at": "2024-09-02T12:00:00+08:00", "recorder": INSPECTOR,
        "records": [answer(1, WIDTH, "confirmed", "柱在路中 辽A12345", [picture]), answer(2, OBSTACLE, "false_alarm", "临时标杆，已移走")],
    }  # fmt: skip
    file = office.folder / "现场.json"
    file.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    assert "记录 2 项，新立案 0，已有 0 项" in office("import", file)
    before = office.read("verify")
    assert "记录 0 项，新立案 0，已有 2 项" in office("import", file)
    after = office.read("verify")
    assert (after["ok"], after["entries"], after["head"]) == (True, before["entries"], before["head"])
    assert after["evidence"] == 2, "the audit and the photograph"

    shown = office.read("show", cases[WIDTH]["case_id"], by=VIEWER)
    event = shown["events"][-1]
    assert (shown["state"], event["kind"], event["note"]) == ("confirmed", "confirmed", "柱在路中 辽A***45")
    assert event["evidence"][0]["sha256"] == hashlib.sha256(content).hexdigest()
    assert event["happened_at"] == "2024-09-02T10:00:00+08:00"
    assert office.state(cases[OBSTACLE]["case_id"]) == "void"
    kept = list(office.folder.rglob(f"{hashlib.sha256(content).hexdigest()}*"))
    assert [p.read_bytes() for p in kept] == [content]

    # a damaged file is refused as a whole
    told["records"][0]["photos"][0]["data"] = base64.b64encode(content + b"x").decode()
    told["records"].append(answer(3, OBSTACLE, "fixed", "新"))
    file.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    assert "校验值" in office("import", file, code=2)
    assert office.read("verify")["head"] == before["head"]


def test_a_photograph_that_was_exchanged_is_found(tmp_path, audits):
    office = Office(tmp_path / "c.sqlite", tmp_path).staffed()
    office("open", audits / "first")
    case_id = office.read("list")[0]["case_id"]
    office("event", case_id, "confirmed", "--evidence", photo(tmp_path / "a.jpg", "red"))
    digest = hashlib.sha256((tmp_path / "a.jpg").read_bytes()).hexdigest()
    (kept,) = (tmp_path / "c.evidence").rglob(f"{digest}.*")
    kept.chmod(0o644)
    photo(kept, "blue")
    assert digest[:12] in office("verify", code=1)


def test_an_altered_entry_is_found_and_named(tmp_path, audits):
    office = Office(tmp_path / "c.sqlite", tmp_path).staffed()
    office("open", audits / "first")
    sound = office.read("verify")
    assert sound["ok"]
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE journal SET body = replace(body, '2.8', '4.8') WHERE kind = 'detected'")
    told = office.read("verify", code=1)
    assert not told["ok"]
    altered = {fault["seq"] for fault in told["faults"] if fault["seq"] is not None}
    assert altered
    assert "✗" in office("verify", code=1, lang="en")
