"""``firelane ip`` from the command line: records in and out, roles, other cities, what is refused."""

from __future__ import annotations

import csv
import json
import re
import shlex
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import click
import openpyxl
from command import environment, run
from ip_story import ADMIN, FIRMS, GUEST, HOSTILE, Store, actual, firm, one, write_rows
from test_cli_help import HEAVY

import firelane.cli
import firelane.registry
from firelane.cli.ip import HELP, SUBCOMMANDS, command
from firelane.store.times import BEIJING


def test_what_goes_out_comes_back_the_same(seen, tmp_path):
    for n, out in enumerate((tmp_path / "all.xlsx", tmp_path / "folder")):
        seen.ok("export", "-o", out)
        other = Store(tmp_path / f"other{n}.sqlite")
        other.ok("init", by=ADMIN)
        first = other.ok("import", out, by=ADMIN)
        assert "new" in first
        again = other.ok("import", out, by=ADMIN)
        assert "new" not in again
        assert "known already" in again
        for on, known in (("2022-12-31", None), ("2022-12-31", "2022-06-30"), ("2021-12-31", None)):
            mine, theirs = seen.status(on, known), _status(other, on, known)
            assert {k: v for k, v in mine.items() if k != "head"} == {k: v for k, v in theirs.items() if k != "head"}
        other.ok("export", "-o", tmp_path / f"again{n}", by=ADMIN)
    assert _told(tmp_path / "folder") == _told(tmp_path / "again0") == _told(tmp_path / "again1")


def _told(folder):
    """Return all tables but for who brought the rows into this store, and when."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert set(rows[0]) >= {"imported by", "imported at"} if rows else True
        found[path.name] = [{k: v for k, v in row.items() if k not in ("imported by", "imported at")} for row in rows]
    assert sum(map(len, found.values())) > 30
    return found


def test_an_import_tells_counts_by_kind_and_numbers_where_they_are_few(store, tmp_path):
    many = {"firm_event": [firm("G1.5", n, f"2021-02-{n + 1:02d}") for n in range(2, 11)], "actual": [actual("G4.1", None, "2021-01-01", 1)]}
    said = store.ok("import", write_rows(tmp_path / "many", many, told=False), lang="zh")
    assert sorted(re.findall(r"(企业计数|指标实际值) (\d+)", said)) == [("企业计数", "9"), ("指标实际值", "1")]
    assert "新登记 10" in said
    assert "QY-" not in said
    again = json.loads(store.ok("import", tmp_path / "many", "--json"))
    assert again["new"] == []
    assert len(again["known"]) == 10
    assert store.ok("import", tmp_path / "many", "--quiet") == ""
    few = write_rows(tmp_path / "few", {"firm_event": [firm("G1.5", 11, "2021-03-01")]}, told=False)
    assert re.search(r"new 1 \(Firms counted 1\): QY-\w+\n", store.ok("import", few))


def test_both_groups_have_the_same_commands_for_records():
    from firelane.cli.star import command as star

    for name in ("init", "import", "export", "list", "history", "decide", "void"):
        mine, theirs = (
            g.get_command(g.make_context("x", [name]), name).callback.__code__.co_filename for g in (command, star)
        )
        assert mine == theirs
        assert "cli/registry" in mine.replace("\\", "/")


def _status(store, on, known):
    return json.loads(store.ok("status", "--json", "--on", on, *(("--known", known) if known else ()), by=ADMIN))


def test_every_bad_cell_is_told_and_nothing_is_taken(store, tmp_path):
    bad = {
        "actual": [actual("G9.9", 2021, "2021-12-31", 5), actual("G1.1", None, "2021-12-31", 5), actual("G3.2", 2021, "2021-12-31", 5)],
        "firm_event": [firm("G1.5", 4, "2021-02-30"), {**firm("G1.5", 4, "2021-03-01"), "usci": "91210100MA0X1Y2Z3T"}],
        "due_date": [{"task": None, "indicator": None, "due": "2022-01-01", "on": "2021-01-01", "basis": "会议"}],
    }  # fmt: skip
    rows = write_rows(tmp_path / "bad", bad, told=False)
    before = store.ok("list", by=ADMIN)
    done = store("import", rows, by=ADMIN, lang="zh")
    assert (done.code, done.out) == (2, "")
    assert "firm_event 第 2 行 列 E" in done.err
    assert "校验位" in done.err or "不允许的字符" in done.err
    assert store.ok("list", by=ADMIN) == before
    del bad["firm_event"]
    done = store("import", write_rows(tmp_path / "worse", bad, told=False), by=ADMIN, lang="en")
    assert done.code == 2
    for told in ("'G9.9'", "its year is needed", "G3.2 is qualitative", "name a task or an indicator"):
        assert told in done.err
    assert store.ok("list", by=ADMIN) == before


def test_roles(store, tmp_path):
    one_row = write_rows(tmp_path / "row", {"firm_event": [firm("G1.5", 9, "2021-02-03")]}, told=False)
    assert store("import", one_row, by=GUEST).code == 2
    assert store("status", by="陌生人").code == 2
    assert "G1.5" in store.ok("list", "firm_event", by=GUEST)
    said = store.ok("import", one_row)
    name = re.search(r"QY-\w+", said)[0]
    assert store("decide", name, "--approve").code == 2  # an inspector does not approve
    assert store("void", name, "--reason", "x").code == 2
    assert store("decide", name, by=ADMIN).code == 2  # says neither
    due = write_rows(
        tmp_path / "due", {"due_date": [{"task": "T2", "due": "2022-01-01", "on": "2021-01-01", "basis": "会议"}]}, told=False
    )
    assert store("import", due).code == 2
    before = _status(store, "2022-12-31", None)
    assert one(before["indicators"], "G1.5")["value"] == 2.0
    assert one(before["indicators"], "G1.5")["approved"] is None
    store.ok("decide", name, "--approve", "--note", "核对", by=ADMIN)
    assert one(_status(store, "2022-12-31", None)["indicators"], "G1.5")["approved"] == 1.0
    store.ok("decide", name, "--reject", by=ADMIN)
    assert one(_status(store, "2022-12-31", None)["indicators"], "G1.5")["value"] == 1.0
    assert name not in store.ok("list", "firm_event")
    assert name in store.ok("list", "firm_event", "--rejected")
    store.ok("decide", name, "--approve", by=ADMIN)
    store.ok("void", name, "--reason", "重复", by=ADMIN)
    assert one(_status(store, "2022-12-31", None)["indicators"], "G1.5")["value"] == 1.0
    assert "重复" in store.ok("history", name)


def test_no_store_says_what_makes_one(tmp_path):
    done = run("ip", "status", "--store", tmp_path / "none.sqlite", "--as", ADMIN, "--lang", "en")
    assert done.code == 2
    assert "firelane ip init" in done.err
    assert "firelane case init" in done.err
    other = run("star", "list", "--store", tmp_path / "none.sqlite", "--as", ADMIN, "--lang", "zh")
    assert other.code == 2
    assert "可用 firelane star init（或 firelane case init）新建" in other.err


def test_plan_and_template(tmp_path):
    said = run("ip", "plan", "--lang", "zh").out
    assert "沈政发〔2020〕21号" in said
    assert "相关区、县（市）政府" in said
    assert run("ip", "plan", "--plan", "nowhere").code == 2
    assert run("ip", "template", "-o", tmp_path / "t.xlsx", "--quiet").code == 0
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert "指标实际值" in book.sheetnames
    notes = [[c.value for c in row] for row in book["说明"].iter_rows()]
    assert ["任务", "T8", None, "8 推动知识产权贯标认证"] in notes
    assert ["企业计数", "统一社会信用代码", "是", "统一社会信用代码"] in notes
    bad = tmp_path / "counts.toml"
    bad.write_text(
        '[judging]\nmark = "P"\nat_risk_part = 2\n[[count]]\nplan = "shenyang_ip_2020"\nindicator = "X"\nfrom = "asset"\nassets = ["y"]\n',
        encoding="utf-8",
    )
    done = run("ip", "plan", "--counts", bad, "--lang", "en")
    assert done.code == 2
    for told in ("at_risk_part", "least_elapsed", "X is not known", "y is not known"):
        assert told in done.err


def test_the_template_is_filled_in_and_taken(store, tmp_path):
    path = tmp_path / "t.xlsx"
    for lang, sheet, row in (
        ("zh", "企业计数", {"指标": "G1.5", "统一社会信用代码": FIRMS[8], "名称": HOSTILE, "计数": "计入", "日期": date(2021, 7, 1)}),
        ("en", "Firms counted", {"indicator": "G1.5", "unified social credit code": FIRMS[9], "name": "b", "counting": "counted", "date": "2021-07-01"}),
    ):  # fmt: skip
        assert run("ip", "template", "-o", path, "--lang", lang, "--quiet").code == 0
        book = openpyxl.load_workbook(path)
        heads = [c.value for c in book[sheet][1]]
        for name, value in row.items():
            book[sheet].cell(2, heads.index(name) + 1).value = value
            book[sheet].cell(2, heads.index(name) + 1).data_type = "s" if isinstance(value, str) else "d"
        book.save(path)
        assert "new 1" in store.ok("import", path)
    assert one(store.status("2022-01-01")["indicators"], "G1.5")["value"] == 3.0


def test_every_subcommand_has_help_and_an_example_that_it_takes():
    assert list(HELP) == list(SUBCOMMANDS)
    group = command.make_context("ip", ["status"])
    for name in SUBCOMMANDS:
        done = run("ip", name, "--help")
        assert done.code == 0
        for option in ("--lang", "--quiet", "--debug"):
            assert option in done.out
        found = command.get_command(group, name)
        words = shlex.split(found.epilog.removeprefix("Example: "))
        assert words[:3] == ["firelane", "ip", name]
        with found.make_context(name, words[3:]):
            pass
        assert any("\u4e00" <= letter <= "\u9fff" for letter in done.out)
        assert all(p.help for p in found.params if isinstance(p, click.Option))


def test_nothing_heavy_is_imported_for_help():
    modules = sorted({place.partition(":")[0] for place in SUBCOMMANDS.values()})
    code = f"import sys, {', '.join(modules)}; print(' '.join({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, env=environment())
    assert not set(done.stdout.split()) & {*HEAVY, "sqlalchemy", "docx"}


def test_another_city_is_another_file_with_records_of_its_own(store, tmp_path):
    packaged = Path(firelane.registry.__file__).parent / "plans" / "shenyang_ip_2020.toml"
    text = packaged.read_text(encoding="utf-8")
    plan = tmp_path / "other.toml"
    plan.write_text(text.replace('id = "shenyang_ip_2020"', 'id = "hefei_2020"', 1), encoding="utf-8")
    assert "actual  Actual values  0" in store.ok("list", "--plan", plan)
    row = write_rows(tmp_path / "row", {"actual": [actual("G4.1", None, "2021-01-01", 1)]}, told=False)
    store.ok("import", row, "--plan", plan)
    assert "actual  Actual values  1" in store.ok("list", "--plan", plan)
    assert "actual  Actual values  4" in store.ok("list")
    assert (
        one(json.loads(store.ok("status", "--json", "--on", "2022-01-01", "--plan", plan))["indicators"], "G4.1")["status"]
        == "achieved"
    )
    plan.write_text(
        text.replace('lead_units = ["hunnan"]', 'lead_units = ["nobody"]').replace("share_pct = 40", 'share_pct = "x"'),
        encoding="utf-8",
    )
    done = store("status", "--plan", plan)
    assert done.code == 2
    assert "nobody" in done.err
    assert "share_pct" in done.err


def test_wrong_words(seen, tmp_path):
    assert seen("list", "nothing").code == 2
    assert seen("tasks", "--unit", "无此单位").code == 2
    assert seen("history", "none").code == 2
    assert seen("status", "--on", "2022-13-01").code == 2
    assert seen("board", "-o", tmp_path / "x.txt").code == 2
    assert seen("export", "-o", tmp_path / "x.txt").code == 2
    assert seen("import", tmp_path / "absent.xlsx").code == 2


def test_no_date_means_today_in_beijing(seen):
    """Whatever the machine's zone: from 16:00 UTC on its date is yesterday's. Midnight may pass during the command."""
    before = datetime.now(BEIJING).date()
    told = seen.ok("status")
    after = datetime.now(BEIJING).date()
    assert f"as of {before}" in told or f"as of {after}" in told
