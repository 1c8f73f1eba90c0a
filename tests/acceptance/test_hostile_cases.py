"""What hostile files, options and hands do to the cases: refused in one line, or recognised; never a traceback."""

from __future__ import annotations

import copy
import json
import os
import sqlite3
import sys
import zipfile
from contextlib import closing
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from command import run, spawn

sys.path.insert(0, str(Path(__file__).parents[1] / "cases"))
import case_scene as scene

ADMIN = "王敏"
LONG = 10**400
FINDING = scene.finding("V1")["finding_id"]
HEADS = "举报编号,举报时间,举报内容,地址,经度,纬度\n"


class Desk:
    """The commands of one store that holds one case."""

    def __init__(self, folder):
        self.folder, self.store = folder, folder / "cases.sqlite"
        assert self("init").code == 0
        self.audit = scene.written(folder, "audit", scene.finding("V1"))
        assert self("open", self.audit).code == 0

    def __call__(self, *words, user=ADMIN, lang="en"):
        return run("case", *words, "--store", self.store, "--as", user, "--lang", lang)

    def records(self, *records, **changes):
        return scene.field_file(self.folder / "records.json", scene.sha_of(self.audit), *records, **changes)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def refused(done, *words):
    """Check that a command was refused in words, in one piece, without what Python says of itself."""
    assert done.code == 2, (done.code, done.err)
    assert done.err.strip()
    assert not any(sign in done.err for sign in ("Traceback", "internal error", "内部错误", "Errno", "<class", "\x1b"))
    for word in words:
        assert word in done.err


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "changes",
    [{"lonlat": [LONG, 1]}, {"position": {"lon": 1, "lat": -LONG}}, {"lonlat": [float("nan"), 1]}, {"answered_at": "9999-12-31T23:59:59-14:00"}],
)  # fmt: skip
def test_numbers_and_times_that_are_none(desk, changes, lang):
    refused(desk("import", desk.records(scene.record("r1", FINDING, **changes)), lang=lang), "records[0]")
    assert json.loads(desk("verify", "--json").out)["cases"] == 1


def test_an_accuracy_without_end_is_left_out(desk):
    place = {"lon": 123.4, "lat": 41.8, "accuracy_m": LONG}
    assert desk("import", desk.records(scene.record("r1", FINDING, position=place))).code == 0
    assert "accuracy_m" not in desk("show", "C-2026-000001", "--json").out


def test_many_records_of_one_finding_are_refused_and_as_many_as_serve_are_taken(desk):
    refused(desk("import", desk.records(*(scene.record(f"r{n}", FINDING) for n in range(201)))), "201 records of one finding")
    refused(desk("import", desk.records(*(scene.record(f"r{n}", FINDING) for n in range(5000)))), "5000 records")
    assert "3 recorded" in desk("import", desk.records(*(scene.record(f"r{n}", FINDING) for n in range(3)))).out


@pytest.mark.parametrize("when", ["0001-01-01", "0000-01-01", "9999-12-31 23:59", "2025-02-29", "2026-11-26 25:00"])
def test_days_that_no_call_came_on(desk, when):
    file = desk.folder / "calls.csv"
    file.write_text(f"{HEADS}1,{when},占道,门前,,\n", encoding="utf-8")
    refused(desk("import", file), "calls.csv", "row")


def test_a_leap_day_is_a_day(desk):
    file = desk.folder / "calls.csv"
    file.write_text(f"{HEADS}1,2024-02-29,占道,门前,,\n", encoding="utf-8")
    assert "1 opened" in desk("import", file).out


def test_many_calls_of_one_place_name_few_of_each_other(desk):
    file = desk.folder / "calls.csv"
    file.write_text(HEADS + "".join(f"{n},2026-11-26 10:00,占道 {n},门前,123.4,41.8\n" for n in range(40)), encoding="utf-8")
    done = desk("import", file)
    assert done.code == 0
    told = [line for line in done.out.splitlines() if "duplicate" in line]
    assert len(told) == sum(min(n, 10) for n in range(40))


def packed(path, sheet):
    """Write a workbook whose sheet is the given XML."""
    book, made = BytesIO(), openpyxl.Workbook()
    made.active.append(HEADS.strip().split(","))
    made.save(book)
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            target.writestr(item.filename, sheet if item.filename == "xl/worksheets/sheet1.xml" else source.read(item))
    return path


_MAIN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


@pytest.mark.parametrize(
    "rows",
    [b'<row r="1">' + b'<c r="A1"><v>1</v></c>' * 3_000_000 + b"</row>", b"<row/>" * 2_000_001],
    ids=["one row of millions of cells", "millions of rows"],
)  # fmt: skip
def test_small_packages_of_large_sheets_are_refused_before_they_are_read(desk, rows, monkeypatch):
    file = packed(desk.folder / "calls.xlsx", _MAIN + rows + b"</sheetData></worksheet>")
    assert file.stat().st_size < 200_000
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *_, **__: pytest.fail("it was read"))
    refused(desk("import", file), "unpacks to too much")


def test_an_ordinary_workbook_is_taken(desk):
    book = openpyxl.Workbook()
    book.active.append(HEADS.strip().split(","))
    book.active.append(["7", "2026-11-26 10:00", "=1+1 占道", "门前"])
    book.save(desk.folder / "calls.xlsx")
    assert "1 opened" in desk("import", desk.folder / "calls.xlsx").out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize("device", [False, True])
def test_pipes_and_devices_are_not_waited_for(desk, device):
    path = Path("/dev/zero") if device else desk.folder / "pipe"
    if not device:
        os.mkfifo(path)
    event = ("event", "C-2026-000001", "noted", "--note", "x")
    refused(desk("import", path), "no ordinary file")
    refused(desk(*event, "--evidence", path), "no ordinary file")
    refused(desk(*event, "--calendar", path), "no ordinary file")
    assert json.loads(desk("show", "C-2026-000001", "--json").out)["events"][-1]["kind"] == "detected"


@pytest.mark.parametrize("field", [f"value={LONG}", f"lonlat=[{LONG},1]", "lonlat=[NaN,1]", "value=1e999"])
@pytest.mark.parametrize("kind", ["noted", "located", "linked"])
def test_fields_of_an_event(desk, field, kind):
    refused(desk("event", "C-2026-000001", kind, "--set", field))


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-10:00", "9999-12-31T20:00:00+00:00", "0001-01-01T00:00:00+14:00"])
def test_times_at_the_ends_of_the_calendar(desk, at):
    refused(desk("event", "C-2026-000001", "noted", "--note", "x", "--at", at))
    later = scene.written(desk.folder, "later", scene.finding("V9", x=500))
    refused(desk("open", later, "--at", at))


def _put(document, path, value):
    *way, last = path
    for key in way:
        document = document[key]
    if value is None:
        del document[last]
    else:
        document[last] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [(("site", "bounds", 0), LONG), (("site", "accuracy_m"), LONG), (("site", "crs"), "\ud800"), (("findings", 0, "value"), LONG),
     (("findings", 0, "value"), None), (("findings", 0, "threshold"), None), (("findings", 0, "margin"), None),
     (("findings", 0, "lane_id"), float("inf")), (("findings", 0, "lonlat"), [LONG, 1])],
)  # fmt: skip
def test_audits_that_lie_about_their_values(desk, path, value):
    told = copy.deepcopy(scene.document(scene.finding("V2", x=90)))
    _put(told, path, value)
    damaged = scene.written(desk.folder, "damaged", told)
    refused(desk("open", damaged))
    if value is not None:
        refused(run("diff", damaged, desk.audit, "-o", desk.folder / "diff", "--lang", "en"))


@pytest.mark.parametrize("digits", [4000, 5000])
def test_a_number_of_thousands_of_digits(desk, digits):
    damaged = scene.written(desk.folder, "damaged", scene.document(scene.finding("V2", x=90)))
    file = damaged / "audit.json"
    file.write_text(file.read_text("utf-8").replace('"value": 3.4', f'"value": 1{"0" * digits}'), "utf-8")
    refused(desk("open", damaged))
    refused(run("diff", damaged, desk.audit, "-o", desk.folder / "diff", "--lang", "en"))


def test_half_a_character_in_a_name_is_compared_all_the_same(desk):
    told = scene.document(scene.finding("V1"), name="院\ud800\x00\x1b[31m")
    done = run("diff", scene.written(desk.folder, "odd", told), desk.audit, "-o", desk.folder / "diff", "--lang", "en")
    assert done.code == 0, done.err
    assert json.loads((desk.folder / "diff" / "changes.json").read_bytes())


TAMPERED = {
    "row of nothing": "UPDATE cases SET document = '{}'",
    "row of null": "UPDATE cases SET document = 'null'",
    "row that is no JSON": "UPDATE cases SET document = '{'",
    "row of bytes": "UPDATE cases SET document = x'ff00'",
    "place": "UPDATE cases SET place = x'00'",
    "state": "UPDATE cases SET state = 'closed'",
    "entry of nothing": "UPDATE journal SET body = '{}' WHERE stream LIKE 'case:%'",
    "entry that is no JSON": "UPDATE journal SET body = '{' WHERE stream LIKE 'case:%'",
    "entry of bytes": "UPDATE journal SET body = x'ff00' WHERE stream LIKE 'case:%'",
    "entry without end": f"UPDATE journal SET body = '{'[' * 5000}' WHERE stream LIKE 'case:%'",
    "time": "UPDATE journal SET happened_at = 'x' WHERE stream LIKE 'case:%'",
    "kind": "UPDATE journal SET kind = 'zzz' WHERE stream LIKE 'case:%'",
    "removed": "DELETE FROM journal WHERE stream LIKE 'case:%'",
}


@pytest.mark.parametrize("sql", TAMPERED.values(), ids=TAMPERED)
def test_an_altered_store_is_recognised_by_every_command(desk, sql):
    with closing(sqlite3.connect(desk.store)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(sql)
    found = desk("verify", "--json")
    assert found.code == 1, found.err
    faults = json.loads(found.out)["faults"]
    assert any("trigger" not in f["en"] for f in faults)
    another = scene.written(desk.folder, "another", scene.finding("V1"), scene.finding("V5", x=300))
    for words in (
        ["list"], ["overdue"], ["show", "C-2026-000001"], ["event", "C-2026-000001", "noted", "--note", "x"], ["open", another],
        ["ledger", "-o", desk.folder / "ledger.csv"], ["stats", "-o", desk.folder / "stats"],
        ["export", "-o", desk.folder / "cases.json"], ["rebuild"],
    ):  # fmt: skip
        done = desk(*words)
        assert done.code in (0, 2), (words, done.err)
        assert done.code == 0 or len(done.err.strip().splitlines()) == 1, (words, done.err)


def test_errors_do_not_steer_the_terminal(desk):
    refused(desk("show", "C\x1b[31m\u202e"))
    refused(desk("event", "C-2026-000001", "noted", "--note", "x", user="\x1b]0;x\x07"))


def test_a_store_whose_log_could_not_be_written_into_it_opens(desk):
    """What a full disk leaves: the header is that of the grown file, the pages behind are in the log alone."""
    with closing(sqlite3.connect(desk.store)) as holder:  # keeps the log there when commands end
        holder.execute("SELECT 1 FROM journal").fetchone()
        small = desk.store.stat().st_size
        for n in range(6):
            assert desk("event", "C-2026-000001", "noted", "--note", f"{n}" * 19_000).code == 0
        log = desk.store.with_name("cases.sqlite-wal")
        kept = log.read_bytes()
        content = bytearray(desk.store.read_bytes())
    pages = (small + 30 * 4096) // 4096
    content = content[:small]
    content[28:32] = pages.to_bytes(4, "big")
    desk.store.write_bytes(content)
    log.write_bytes(kept)
    desk.store.with_name("cases.sqlite-shm").unlink(missing_ok=True)
    found = desk("verify", "--json")
    assert found.code == 0, found.err or found.out
    assert json.loads(found.out)["entries"] == 2 + 2 + 6


def test_templates_of_brackets_in_brackets(desk):
    file = desk.folder / "templates.toml"
    file.write_text(f"a = {'[' * 5000}", encoding="utf-8")
    refused(desk("notice", "C-2026-000001", "-o", desk.folder / "notice.docx", "--templates", file), "templates.toml")


@pytest.mark.slow
def test_eight_processes_take_the_same_audit_at_once(desk):
    from concurrent.futures import ThreadPoolExecutor

    many = scene.written(desk.folder, "many", *(scene.finding(f"W{n}", x=1000 + 20 * n) for n in range(40)))
    words = ("case", "open", many, "--store", desk.store, "--as", ADMIN, "--lang", "en")
    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(lambda _: spawn(*words), range(8)))
    assert [e.code for e in ended] == [0] * 8, ended
    assert sum("opened 40" in e.out for e in ended) == 1
    assert json.loads(desk("verify", "--json").out)["cases"] == 41
