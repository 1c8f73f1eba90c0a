"""``firelane case``: help, roles, wrong usage, what each subcommand prints."""

from __future__ import annotations

import csv
import json
import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta

import click
import openpyxl
import pytest
from command import environment, run
from test_cli_help import _CODE, HEAVY

from firelane.cli.case import HELP, SUBCOMMANDS, command

ADMIN, INSPECTOR, VIEWER = "王敏", "李强", "赵看"
RULE = "sy2020-10-obstruction"
TEXTS = ("=1+1", "@SUM(A1)", "<script>alert(1)</script>", "\x07=2", "一\n二", "辽A12345", "长" * 5000)


def finding(name, x, **more):
    return {
        "finding_id": f"{RULE}:{name}", "rule_id": RULE, "article": "第十条", "verdict": "fail", "severity": "mandatory",
        "quantity": "obstruction", "value": 3.4, "threshold": 4.0, "unit": "m", "margin": -0.6, "lane_id": "L1", "location": [x, 0.0],
        "lonlat": [123.43 + x / 83_000, 41.8], "owners": [name], "message_zh": f"{name} 占道", "message_en": f"{name} is in the way",
        "entrance_id": None, "building_id": None, "pinch_id": None, "chainage_m": None,
    } | more  # fmt: skip


def write_audit(folder, *findings, **site):
    """Write what ``firelane audit`` leaves, by hand: no measuring for every test."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "schema": "firelane-audit/1",
        "site": {"id": "SY-1", "name": "三好小区", "district": "和平区", "manager": "某物业", "manager_kind": "property_company", "managed": True,
                 "crs": "EPSG:4550", "bounds": [0, 0, 100, 100], "accuracy_m": 0.0, "input": [], "notes": [],
                 "owner_kinds": {"V1": "vehicle", "V2": "vehicle"}} | site,
        "rules": [{"rule_id": RULE, "article": "第十条", "quantity": "obstruction", "comparator": ">=", "threshold": 4.0, "unit": "m",
                   "severity": "mandatory", "text_zh": "第十条原文", "text_en": "text", "title_zh": "车道上无障碍物", "title_en": "No obstacles"}],
        "lanes": [{"lane_id": "L1", "road_ids": ["R1"], "designated": False, "class": "residential", "length_m": 100.0,
                   "min_clear_width_m": 3.4, "min_section_width_m": 3.4, "min_clear_height_m": None, "governing_pinch_id": None,
                   "verdict": "fail"}],
        "pinches": [], "buildings": [], "remedies": [], "parking": None, "findings": list(findings),
        "summary": {"verdict": "fail", "by_rule": {}, "counts": {}, "lane_length_m": 100.0, "judged_length_m": 100.0},
    }  # fmt: skip
    (folder / "audit.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """A store with three people and two cases, copied for each test."""
    folder = tmp_path_factory.mktemp("filled")
    store = ("--store", folder / "cases.sqlite", "--as", ADMIN)
    for words in (
        ("init",), ("user", INSPECTOR, "--role", "inspector"), ("user", VIEWER, "--role", "viewer"),
        ("open", write_audit(folder / "audit", finding("V1", 10.0), finding("V2", 60.0)), "--at", "2024-09-01T09:00"),
    ):  # fmt: skip
        done = run("case", *words, *store)
        assert done.code == 0, done.err
    return folder


class Store:
    """Commands on a copy of the filled store."""

    def __init__(self, folder):
        self.path = folder / "cases.sqlite"
        told = json.loads(self("list", "--json").out)
        self.first, self.second = (case["case_id"] for case in told)

    def __call__(self, *words, by=INSPECTOR, lang="en"):
        return run("case", *words, "--store", self.path, "--as", by, "--lang", lang)

    def ok(self, *words, **more):
        done = self(*words, **more)
        assert (done.code, done.err) == (0, ""), done
        return done.out

    def refused(self, *words, **more):
        """Return the one message of a command that is refused with code 2."""
        done = self(*words, **more)
        assert (done.code, done.out) == (2, ""), done
        return done.err


@pytest.fixture
def store(filled, tmp_path):
    for item in filled.iterdir():
        (shutil.copytree if item.is_dir() else shutil.copy)(item, tmp_path / item.name)
    return Store(tmp_path)


# ------------------------------------------------------------------------------------------ help


def test_the_subcommands():
    assert list(HELP) == list(SUBCOMMANDS) == [
        "init", "open", "import", "list", "show", "event", "notice", "overdue", "ledger", "export", "stats", "verify", "user", "backup",
        "upgrade", "rebuild",
    ]  # fmt: skip
    shown = run("case", "--help")
    assert (shown.code, shown.err) == (0, "")
    for name in SUBCOMMANDS:
        assert f"\n  {name} " in shown.out


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_explains_itself_with_an_example_that_it_takes(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for flag in ("--help", "-h"):
        shown = run("case", name, flag)
        assert (shown.code, shown.err) == (0, "")
        assert f"Usage: firelane case {name}" in shown.out
        assert any("\u4e00" <= letter <= "\u9fff" for letter in shown.out)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in HELP[name])
        for option in ("--store", "--as", "--lang", "--quiet", "--debug"):
            assert option in shown.out
    found = command.get_command(click.Context(command), name)
    assert found.epilog in " ".join(run("case", name, "--help").out.split())
    words = shlex.split(found.epilog.removeprefix("Example: "))
    assert words[:3] == ["firelane", "case", name]
    with found.make_context(name, words[3:]):
        pass
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.name}"
    assert list(tmp_path.iterdir()) == [], "to ask for help makes nothing"


@pytest.mark.parametrize("words", [["case", "--help"], ["case", "event", "--help"], ["case", "stats", "--help"]], ids=" ".join)
def test_nothing_heavy_is_imported_to_help(words):
    done = subprocess.run(
        [sys.executable, "-c", _CODE, *words], capture_output=True, check=True, env=environment(), text=True
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0
    assert not set(modules) & {*HEAVY, "sqlalchemy", "alembic", "reportlab", "docx", "PIL"}


# ----------------------------------------------------------------------------------------- roles


WRITES = [
    ("open", "{folder}/audit"), ("open", "--source", "patrol", "--site", "SY-1", "--text", "占道"), ("import", "{folder}/records.json"),
    ("import", "{folder}/reports.csv"), ("event", "{case}", "noted", "--note", "x"), ("user", "新人", "--role", "viewer"),
    ("user", INSPECTOR, "--remove"), ("backup", "-o", "{folder}/copy.sqlite"), ("rebuild",), ("upgrade",),
]  # fmt: skip


@pytest.mark.parametrize("words", WRITES, ids=" ".join)
def test_viewers_only_look(store, words):
    folder = store.path.parent
    (folder / "records.json").write_text('{"schema": "firelane-field/1", "site": {"id": "SY-1"}, "records": []}', encoding="utf-8")
    (folder / "reports.csv").write_text("编号,受理时间,内容\n1,2024-09-01,占道\n", encoding="utf-8")
    filled_in = [w.format(folder=folder, case=store.first) for w in words]
    head = json.loads(store.ok("verify", "--json"))["head"]
    zh, en = (store.refused(*filled_in, by=VIEWER, lang=lang) for lang in ("zh", "en"))
    for text, said in ((zh, "查看"), (en, "viewer")):
        assert said in text
        assert text.count("\n") == 1, "one line"
        assert "Traceback" not in text
    assert json.loads(store.ok("verify", "--json"))["head"] == head
    assert not (folder / "copy.sqlite").exists()


@pytest.mark.parametrize("words", [w for w in WRITES if w[0] in ("user", "backup", "rebuild", "upgrade")], ids=" ".join)
def test_what_only_an_administrator_may(store, words):
    folder = store.path.parent
    filled_in = [w.format(folder=folder, case=store.first) for w in words]
    assert "inspector" in store.refused(*filled_in, by=INSPECTOR)
    assert "检查员" in store.refused(*filled_in, by=INSPECTOR, lang="zh")


def test_strangers_are_told_nothing(store):
    for words in (("list",), ("show", store.first), ("user",), ("verify",), ("overdue",), ("ledger", "-o", store.path.parent / "l.csv")):
        told = store.refused(*words, by="陌生人")
        assert "陌生人" in told
        assert ADMIN not in told
    assert not (store.path.parent / "l.csv").exists()


def test_users_are_listed_changed_and_removed(store):
    assert store.ok("user", lang="zh").split("\n")[:-1] == sorted(
        [f"  {INSPECTOR}　检查员", f"  {ADMIN}　管理员", f"  {VIEWER}　查看"], key=lambda line: line.strip()
    )
    assert "sees number plates" in store.ok("user", VIEWER, "--role", "viewer", "--plates", by=ADMIN)
    assert "plates" not in store.ok("user", VIEWER, "--role", "viewer", "--no-plates", by=ADMIN)
    assert VIEWER not in store.ok("user", VIEWER, "--remove", by=ADMIN)
    assert VIEWER in store.refused("list", by=VIEWER)
    store.refused("user", ADMIN, "--remove", by=ADMIN)  # the last one


def test_who_acts_and_where_may_stand_in_the_environment(store, monkeypatch):
    monkeypatch.setenv("FIRELANE_CASES", str(store.path))
    monkeypatch.setenv("FIRELANE_USER", VIEWER)
    assert run("case", "list", "--lang", "en").out.endswith("2 cases\n")
    assert "查看" in run("case", "rebuild", "--lang", "zh").err
    monkeypatch.setenv("FIRELANE_USER", ADMIN)
    assert run("case", "rebuild", "--lang", "zh").out == "已重建 2 个案件\n"


# ----------------------------------------------------------------------------------- wrong usage


@pytest.mark.parametrize(
    "words",
    [
        (), ("nonsense",), ("open",), ("open", "audit", "--source", "patrol"), ("open", "audit", "--site", "S"),
        ("open", "--source", "patrol", "--finding", "F"), ("open", "--source", "audit"), ("import",), ("show",), ("event", "C-1"),
        ("event", "C-1", "noticed", "--deadline", "2026-12-01", "--days", "3"), ("event", "C-1", "noticed", "--days", "-1"),
        ("event", "C-1", "noted", "--at", "yesterday"), ("event", "C-1", "noted", "--place", "123.4"),
        ("event", "C-1", "noted", "--place", "41.8,123.4"), ("event", "C-1", "noted", "--place", "nan,41"),
        ("event", "C-1", "noted", "--set", "reason"), ("event", "C-1", "noted", "--set", "=x"),
        ("event", "C-1", "noticed", "--deadline", "2026-13-01"), ("overdue", "--at", "31.12.2026"), ("list", "--group", "nonsense"), ("list", "--state", "nonsense"), ("list", "--kind", "nonsense"),
        ("ledger",), ("ledger", "-o", "ledger.txt"), ("export", "-o", "cases.shp"), ("stats",), ("backup", "-o", "copy.zip"),
        ("notice", "C-1", "-o", "notice.txt"), ("user", "--role", "viewer"), ("user", "name"), ("user", "name", "--role", "viewer", "--remove"),
        ("user", "name", "--role", "king"), ("init", "--lang", "fr"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_before_anything_is_made(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = run("case", *words)
    assert told.code == 2
    assert told.out == ""
    assert told.err
    assert "Traceback" not in told.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_not_there_is_told(store, tmp_path, lang):
    for words, said in (
        (("show", "C-2026-999999"), "C-2026-999999"), (("event", "C-2026-999999", "noted", "--note", "x"), "C-2026-999999"),
        (("open", tmp_path / "nowhere"), "nowhere"), (("import", tmp_path / "nothing.json"), "nothing.json"),
        (("event", store.first, "confirmed", "--evidence", tmp_path / "no.jpg"), "no.jpg"),
        (("event", store.first, "flown"), "flown"), (("open", tmp_path / "audit", "--finding", "F-none"), "F-none"),
        (("event", store.first, "confirmed", "--at", (datetime.now() + timedelta(days=2)).strftime("%Y-%m-%d")), ""),  # noqa: DTZ005
        (("stats", "-o", tmp_path / "s", "--since", "2024-09-02", "--until", "2024-09-01"), "2024-09-02"),
    ):  # fmt: skip
        told = store.refused(*words, lang=lang)
        assert said in told
        assert any("\u4e00" <= c <= "\u9fff" for c in told.replace(str(tmp_path), "")) == (lang == "zh"), told
    assert not (tmp_path / "s").exists()


def test_no_store_or_another_file(tmp_path):
    (tmp_path / "text.sqlite").write_text("no database")
    for name in ("absent.sqlite", "text.sqlite"):
        told = run("case", "list", "--store", tmp_path / name, "--as", ADMIN, "--lang", "zh")
        assert (told.code, told.out) == (2, "")
        assert told.err.count("\n") == 1
    assert not (tmp_path / "absent.sqlite").exists()
    made = run("case", "init", "--store", tmp_path / "text.sqlite", "--as", ADMIN)
    assert made.code == 2
    assert (tmp_path / "text.sqlite").read_text() == "no database"


def test_init_twice_is_refused(store):
    before = store.path.read_bytes()
    store.refused("init", by="别人")
    assert store.path.read_bytes() == before


def test_no_password_is_told():
    told = run("case", "list", "--store", "postgresql://u:geheim99@127.0.0.1:1/none", "--as", ADMIN)
    assert told.code == 2
    assert "geheim99" not in told.out + told.err


# ------------------------------------------------------------------------------------- recording


def test_what_is_set_is_read_by_the_fields_type(store):
    store.ok("event", store.first, "confirmed", "--set", "value=3.1", "--set", "reason=7", "--at", "2024-09-02T08:00")
    told = json.loads(store.ok("show", store.first, "--json"))
    assert told["value"] == 3.1
    assert told["events"][-1]["fields"]["reason"] == "7"
    store.ok("event", store.first, "noticed", "--days", "3", "--deadline-source", "大队", "--set", "document_no=1", "--at", "2024-09-02T09:00")
    told = json.loads(store.ok("show", store.first, "--json"))
    assert told["events"][-1]["fields"]["document_no"] == "1"
    assert (told["deadline"], told["events"][-1]["happened_at"]) == ("2024-09-05", "2024-09-02T09:00:00+08:00")
    assert "value" in store.refused("event", store.second, "confirmed", "--set", "value=narrow")


def test_times_and_places(store):
    for number, (text, told) in enumerate(
        [
            ("2024-09-02T08:00", "2024-09-02T08:00:00+08:00"), ("2024-09-02", "2024-09-02T00:00:00+08:00"),
            ("2024-09-02T00:00:00Z", "2024-09-02T08:00:00+08:00"), ("2024-09-02T01:00+01:00", "2024-09-02T08:00:00+08:00"),
        ],
        2,
    ):  # fmt: skip
        store.ok("event", store.first, "noted", "--note", "x", "--at", text, "--place", "123.45，41.85")
        event = json.loads(store.ok("show", store.first, "--json"))["events"][-1]
        assert (event["seq"], event["happened_at"], event["lonlat"]) == (number, told, [123.45, 41.85])


def test_who_is_responsible_can_be_told_later(store, tmp_path):
    folder = write_audit(tmp_path / "unsaid", finding("V9", 10.0, owners=["B9"]), id="SY-2", managed=None, manager="", manager_kind=None,
                         owner_kinds={"B9": "bollard"})  # fmt: skip
    told = store.ok("open", folder)
    assert "managed" in told
    assert "routed" in told
    case_id = told.split("opened 1: ")[1].split()[0]
    store.ok("event", case_id, "routed", "--set", "managed=true", "--set", "manager=新物业", "--set", "manager_kind=property_company")
    assert "新物业" in store.ok("show", case_id, lang="zh")


def test_evidence_is_kept_and_told(store, tmp_path):
    (tmp_path / "照片.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"picture" * 20)
    store.ok("event", store.first, "confirmed", "--evidence", tmp_path / "照片.jpg", "--note", "现场")
    shown = store.ok("show", store.first, lang="zh")
    assert "照片.jpg  sha256 " in shown
    (kept,) = (tmp_path / "cases.evidence").rglob("*.jpg")
    assert kept.read_bytes() == (tmp_path / "照片.jpg").read_bytes()
    assert json.loads(store.ok("verify", "--json"))["evidence"] == 2


# --------------------------------------------------------------------------------------- reading


def test_lists_are_sifted(store):
    store.ok("event", store.first, "confirmed")
    for words, count in (
        ((), 2), (("--open",), 2), (("--state", "confirmed"), 1), (("--group", "closed"), 0), (("--site", "SY-1"), 2), (("--site", "X"), 0),
        (("--district", "和平区"), 2), (("--manager", "某物业"), 2), (("--kind", "parked_vehicle"), 2), (("--rule", RULE), 2),
        (("--rule", "other"), 0), (("--state", "confirmed", "--site", "X"), 0),
    ):  # fmt: skip
        assert len(json.loads(store.ok("list", *words, "--json"))) == count, words
        assert store.ok("list", *words).endswith(f"{count} cases\n")
    assert store.ok("list", "--quiet") == ""
    assert store.ok("list", lang="zh").endswith("共 2 个案件\n")


def test_show_tells_what_is_next(store):
    told = json.loads(store.ok("show", store.first, "--json"))
    assert "confirmed" in told["next"]
    assert "noticed" not in told["next"]
    assert json.loads(store.ok("show", store.first, "--json", by=VIEWER))["next"] == []
    zh, en = store.ok("show", store.first, lang="zh"), store.ok("show", store.first)
    assert "责任主体: 机动车驾驶人" in zh
    assert "responsible: driver of the vehicle" in en
    assert "confirmed (现场核实)" in zh


def test_show_tells_what_was_set(store):
    store.ok("event", store.first, "confirmed", "--at", "2024-09-02")
    store.ok(
        "event", store.first, "noticed", "--days", "3", "--deadline-source", "大队规定", "--at", "2024-09-02", "--set", "document_no=第1号\x1b[2J"
    )
    store.ok("event", store.first, "referred", "--set", "receiver=公安机关", "--set", "reason=拒不移车")
    zh = store.ok("show", store.first, lang="zh")
    for said in ("期限: 2024-09-05 大队规定", "文号: 第1号", "接收单位: 公安机关", "理由: 拒不移车"):
        assert f"       {said}" in zh
    assert "\x1b" not in zh
    assert "receiving body: 公安机关" in store.ok("show", store.first)


def test_overdue_and_its_exit_code(store):
    store.ok("event", store.first, "confirmed", "--at", "2024-09-02")
    store.ok("event", store.first, "noticed", "--days", "3", "--deadline-source", "大队", "--at", "2024-09-02")
    for day, count in (("2024-09-05", 0), ("2024-09-06", 1)):
        assert len(json.loads(store.ok("overdue", "--at", day, "--json"))) == count
        done = store("overdue", "--at", day, "--fail")
        assert (done.code, done.err) == (count, "")
    assert store("overdue", "--fail", "--quiet").code == 1
    assert store.ok("overdue", "--at", "2024-09-06") != ""


def test_verify_finds_what_was_altered(store):
    before = json.loads(store.ok("verify", "--json"))
    assert set(before) == {"ok", "entries", "head", "cases", "evidence", "faults"}
    assert (before["ok"], before["cases"], before["evidence"], before["faults"]) == (True, 2, 1, [])
    assert before["head"] in store.ok("verify", lang="zh")
    assert store.ok("verify", "--quiet") == ""
    assert store("verify", "--head", "f" * 64).code == 1
    with closing(sqlite3.connect(store.path)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE journal SET actor = '别人' WHERE kind = 'detected'")
    for lang, said in (("zh", "有问题"), ("en", "is damaged")):
        done = store("verify", lang=lang)
        assert (done.code, done.err) == (1, "")
        assert said in done.out
        assert "✗" in done.out
    assert store("verify", "--quiet").out != "", "damage is told in any case"
    told = store("verify", "--json")
    assert told.code == 1
    assert json.loads(told.out)["faults"]


def test_an_altered_table_is_found_and_made_anew(store):
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("UPDATE cases SET state = 'closed'")
    assert store("verify").code == 1
    store.ok("rebuild", by=ADMIN)
    assert store("verify").code == 0


def test_a_backup_is_a_store_of_its_own(store, tmp_path):
    store.ok("backup", "-o", tmp_path / "copy.sqlite", by=ADMIN)
    head = json.loads(store.ok("verify", "--json"))["head"]
    store.ok("event", store.first, "confirmed")
    copy = run("case", "verify", "--json", "--store", tmp_path / "copy.sqlite", "--as", VIEWER)
    told = json.loads(copy.out)
    assert (copy.code, told["head"], told["evidence"]) == (0, head, 1)
    assert json.loads(store.ok("verify", "--json", "--head", head))["ok"], "the original has gone on"


def test_upgrade_of_what_is_up_to_date(store):
    assert "up to date" in store.ok("upgrade", by=ADMIN)
    assert "最新" in store.ok("upgrade", by=ADMIN, lang="zh")


# --------------------------------------------------------------------------------------- writing


def test_hostile_texts_run_nowhere(store, tmp_path):
    for text in TEXTS:
        store.ok("event", store.first, "noted", "--note", text, "--set", f"reason={text}")
        store.ok("open", "--source", "hotline_96119", "--site", "SY-1", "--text", text, "--address", text, "--ref", text, "--reporter", text)
    assert "\x07" not in store.ok("show", store.first)
    assert "12345" not in store.ok("show", store.first)
    assert "\x07" not in store.ok("list")
    for name in ("l.csv", "l.xlsx"):
        store.ok("ledger", "-o", tmp_path / name, by=VIEWER)
    with (tmp_path / "l.csv").open(encoding="utf-8-sig", newline="") as stream:
        names, *rows = list(csv.reader(stream))
    assert len(rows) == 2 + len(TEXTS)
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "@", "＝"))]
    book = openpyxl.load_workbook(tmp_path / "l.xlsx")
    assert "f" not in {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert len(names) == book.worksheets[0].max_column
    whole = (tmp_path / "l.csv").read_text("utf-8-sig") + json.dumps([[c.value for c in r] for s in book for r in s.iter_rows()])
    assert "辽A12345" not in whole


def test_files_are_chinese_unless_told_otherwise(store, tmp_path):
    for words, title in (((), "案件编号"), (("--lang", "en"), "case")):
        done = run("case", "ledger", "-o", tmp_path / "l.csv", "--store", store.path, "--as", VIEWER, *words)
        assert done.code == 0
        assert (tmp_path / "l.csv").read_text("utf-8-sig").startswith(f"{title},")


def test_exports_by_their_ending(store, tmp_path):
    for name in ("c.json", "c.gpkg", "c.html"):
        assert str(tmp_path / name) in store.ok("export", "-o", tmp_path / name, by=VIEWER)
        assert (tmp_path / name).stat().st_size > 100
    assert [r["status"] for r in json.loads((tmp_path / "c.json").read_text("utf-8"))] == ["open", "open"]
    assert "Fire-lane cases" in (tmp_path / "c.html").read_text("utf-8")


def test_the_notice_of_a_case_without_number_is_a_draft(store, tmp_path):
    told = store.ok("notice", store.first, "-o", tmp_path / "n.docx", lang="zh")
    assert str(tmp_path / "n.docx") in told
    assert (tmp_path / "n.docx").read_bytes().startswith(b"PK")
    assert "no.toml" in store.refused("notice", store.first, "-o", tmp_path / "m.docx", "--templates", tmp_path / "no.toml")
    assert not (tmp_path / "m.docx").exists()


def test_imports_in_one_go(store, tmp_path):
    (tmp_path / "r.csv").write_text("编号,受理时间,内容,场地\n96119-1,2024-09-01 10:00,占道,SY-1\n", encoding="utf-8")
    assert "1 recorded, 1 opened, 0 known already" in store.ok("import", tmp_path / "r.csv")
    assert "已有 1 项" in store.ok("import", tmp_path / "r.csv", lang="zh")
    (tmp_path / "bad.csv").write_text("内容\n占道\n", encoding="utf-8")
    assert "举报时间" in store.refused("import", tmp_path / "bad.csv", lang="zh")


def test_a_deadline_that_cannot_be_counted_is_told(store, tmp_path):
    store.ok("event", store.first, "confirmed", "--at", "2024-09-02T08:00")
    store.ok("event", store.first, "noticed", "--days", "3", "--deadline-source", "大队", "--at", "2024-09-02T09:00")
    told = store.ok("event", store.first, "rectified", "--at", "2024-09-03T09:00", lang="zh")
    assert "未设期限：需要工作日历 --calendar" in told
    assert json.loads(store.ok("show", store.first, "--json"))["deadline"] is None
    assert json.loads(store.ok("overdue", "--at", "2024-12-31", "--json")) == []
    calendar = tmp_path / "calendar.csv"  # TEST DATA, no announcement of any year
    calendar.write_text("date,kind\n2024-01-01,holiday\n2024-10-01,holiday\n2024-09-17,holiday\n", encoding="utf-8")
    store.ok("event", store.second, "confirmed", "--at", "2024-09-02T08:00")
    store.ok("event", store.second, "noticed", "--days", "3", "--deadline-source", "大队", "--at", "2024-09-02T09:00")
    told = store.ok("event", store.second, "rectified", "--at", "2024-09-13T09:00", "--calendar", calendar)
    assert "2024-09-19" in told, "Friday; Monday, Wednesday and Thursday count"


def test_a_slip_of_the_keyboard_is_told_with_what_is_known(store):
    told = store.refused("event", store.first, "noted", "--note", "x", "--set", "nonsense=1")
    assert "nonsense" in told
    assert "document_no" in told
    assert "noticed" in store.refused("list", "--state", "nonsense")
    assert "parked_vehicle" in store.refused("list", "--kind", "nonsense")
