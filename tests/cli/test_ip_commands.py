"""``firelane ip`` from the command line: a programme over three years with a late task, a disputed growth, a broken fund rule."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import click
import openpyxl
import pytest
from command import environment, run, snapshot
from test_cli_help import HEAVY

import firelane.cli
import firelane.registry
from firelane.cli.ip import HELP, SUBCOMMANDS, command
from firelane.registry.kinds import kinds
from firelane.registry.usci import made
from firelane.store.times import BEIJING

ADMIN, CLERK, GUEST = "王敏", "李强", "赵看"
HOSTILE = '=1+1<script>alert("x")</script>\u202e&'
FIRMS = [made("210100", f"MA0X1Y{n:02d}") for n in range(12)]


@pytest.fixture(scope="module", autouse=True)
def _known():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(firelane.cli.COMMANDS, "ip", "firelane.cli.ip")
        yield


def actual(indicator, year, day, value, **more):
    return {
        "indicator": indicator,
        "year": year,
        "as_of": day,
        "value": value,
        "source": "统计年报",
        "reporter": "李强",
        **more,
    }


def firm(indicator, n, day, event="counted", **more):
    return {"indicator": indicator, "usci": FIRMS[n], "name": f"沈阳{n}号公司", "event": event, "on": day, **more}


def use(source, purpose, market, stage, amount, project, day="2022-06-30"):
    return {"source": source, "purpose": purpose, "market_based": "是" if market else "否", "stage": stage, "amount_yuan": amount, "on": day,
            "recipient": "浑南高新区", "project": project}  # fmt: skip


def move(n, way, day, carrier="浑南载体"):
    return {"usci": FIRMS[n], "name": f"机构{n}", "carrier": carrier, "move": way, "on": day}


def loan(name, amount, day, bank="盛京银行"):
    return {"record_id": name, "usci": FIRMS[0], "name": "某公司", "bank": bank, "amount_yuan": amount, "on": day}


def loan_state(name, day, outstanding, state):
    return {"loan": name, "on": day, "outstanding_yuan": outstanding, "state": state}


STORY = {
    "base_value": [{"indicator": "G1.1", "year": 2018, "value": 100, "status": "confirmed", "on": "2020-10-15", "source": "统计局"}],
    "actual": [
        {**actual("G1.1", 2019, "2019-12-31", 160), "record_id": "A-19"}, {**actual("G1.1", 2020, "2020-12-31", 100), "record_id": "A-20"},
        {**actual("G1.1", 2021, "2021-12-31", 180), "record_id": "A-21", "version": 1},
        {**actual("G1.1", 2021, "2021-12-31", 150), "record_id": "A-21", "version": 2, "reason": "剔除重复登记", "recorded_at": "2022-09-01T09:00:00+08:00"},
        {**actual("G1.1", 2022, "2022-06-30", 90, partial="是"), "record_id": "A-22"},
    ],
    "firm_event": [
        firm("G3.1", 1, "2021-03-01"), firm("G3.1", 2, "2021-04-01"), firm("G3.1", 2, "2021-05-01"), firm("G3.1", 3, "2022-02-01"),
        firm("G3.1", 3, "2022-08-01", "withdrawn"), firm("G1.5", 1, "2021-06-01"),
    ],
    "pledge": [loan("Z-1", 6_000_000, "2021-05-01"), loan("Z-2", 4_000_000, "2021-09-01", "农商银行")],
    "loan_state": [
        loan_state("Z-1", "2022-06-30", 5_820_000, "normal"), loan_state("Z-2", "2022-06-30", 180_000, "non_performing"),
        loan_state("Z-2", "2022-11-30", 400_000, "non_performing"),
    ],
    "agency_move": [move(5, "in", "2021-02-01"), move(5, "in", "2021-03-01"), move(6, "in", "2021-02-01"), move(6, "out", "2022-01-10"), move(7, "out", "2022-02-02")],
    "asset": [
        {"asset": "securitisation", "number": "ABS-1", "name": "沈阳知产1号", "on": "2022-05-20", "task": "T13"},
        {"asset": "document", "number": "沈市监发〔2021〕3号", "name": "沈阳市专利质量提升扶持政策（试行）", "on": "2021-12-20", "task": "T1"},
    ],
    "appropriation": [{"source": "central", "amount_yuan": 100_000_000, "on": "2020-12-01", "document": "财建〔2020〕1号"},
                      {"source": "city", "amount_yuan": 50_000_000, "on": "2021-03-01", "document": "沈财〔2021〕2号"}],
    "fund_use": [
        use("central", "cluster_zone", False, "committed", 35_000_000, "集聚区一期"), use("central", "cluster_zone", False, "paid", 30_000_000, "集聚区一期"),
        use("central", "finance", True, "committed", 45_000_000, "运营基金"), use("central", "finance", True, "paid", 45_000_000, "运营基金"),
        use("central", "subjects", False, "committed", 20_000_000, "企业奖补"), use("central", "subjects", False, "paid", 25_000_000, "企业奖补"),
        use("city", "platform", False, "committed", 50_000_000, "平台"), use("city", "platform", False, "paid", 50_000_000, "平台"),
    ],
    "task_state": [
        {"task": "T1", "on": "2021-06-01", "state": "in_progress", "share_pct": 50, "reporter": "李强"},
        {"task": "T1", "on": "2022-03-01", "state": "done", "share_pct": 100, "reporter": "李强"},
        {"task": "T8", "on": "2022-12-01", "state": "in_progress", "share_pct": 60, "reporter": "李强", "note": HOSTILE},
        {"task": "T13", "on": "2022-06-01", "state": "done", "reporter": "浑南区"},
    ],
    "due_date": [{"task": "T1", "due": "2021-06-30", "on": "2020-12-01", "basis": "领导小组会议"}],
    "unit_named": [{"task": "T15", "group": "相关区、县（市）政府", "unit": "浑南区政府", "on": "2020-12-01", "basis": "领导小组会议"}],
}  # fmt: skip


def write_rows(folder, rows, *, told=True):
    """Write rows as CSV files; with ``told`` each was recorded on the day after its own, as another store had it."""
    folder.mkdir(exist_ok=True)
    for kind, records in rows.items():
        day = kinds("ip")[kind].day
        heads = list(dict.fromkeys([*(k for r in records for k in r), *(["recorded_by", "recorded_at"] if told else [])]))
        with (folder / f"{kind}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, heads)
            writer.writeheader()
            for record in records:
                origin = {"recorded_by": CLERK, "recorded_at": f"{record[day]}T20:00:00+08:00"} if told else {}
                writer.writerow(
                    {k: (f"'{v}" if isinstance(v, str) and v[:1] in "=+-@" else v) for k, v in {**origin, **record}.items()}
                )
    return folder


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ip")
    store = ("--store", folder / "ip.sqlite", "--as", ADMIN)
    for words in (
        ("ip", "init"), ("case", "user", CLERK, "--role", "inspector"), ("case", "user", GUEST, "--role", "viewer"),
        ("ip", "import", write_rows(folder / "rows", STORY)),
    ):  # fmt: skip
        done = run(*words, *store, "--lang", "en")
        assert done.code == 0, done.err
    return folder


class Store:
    """Commands on a copy of the filled store."""

    def __init__(self, path):
        self.path = path

    def __call__(self, *words, by=CLERK, lang="en"):
        return run("ip", *words, "--store", self.path, "--as", by, "--lang", lang)

    def ok(self, *words, **more):
        done = self(*words, **more)
        assert (done.code, done.err) == (0, ""), done
        return done.out

    def status(self, on, known=None):
        return json.loads(self.ok("status", "--json", "--on", on, *(("--known", known) if known else ())))


@pytest.fixture
def store(filled, tmp_path):
    shutil.copy(filled / "ip.sqlite", tmp_path / "ip.sqlite")
    return Store(tmp_path / "ip.sqlite")


@pytest.fixture(scope="module")
def seen(filled):
    return Store(filled / "ip.sqlite")


def one(rows, ident):
    return next(r for r in rows if r["id"] == ident)


# ------------------------------------------------------------------------------------------- the story


def test_the_disputed_growth_and_its_correction(seen):
    before = one(seen.status("2022-12-31", "2022-06-30")["indicators"], "G1.1")
    assert before["status"] == "on_track"
    assert before["growth"]["compound_pct"] == pytest.approx(21.6440, abs=1e-3)
    assert before["growth"]["mean_pct"] == pytest.approx((60 - 37.5 + 80) / 3)
    now = one(seen.status("2022-12-31")["indicators"], "G1.1")
    assert now["status"] == "undecided"
    assert now["growth"]["disputed"] is True
    assert now["growth"]["met"] == {"compound": False, "mean": True}
    assert round(now["growth"]["compound_pct"], 1) == 14.5
    assert round(now["growth"]["mean_pct"], 1) == 24.2
    assert now["growth"]["last_year"] == 2021  # the half year of 2022 enters nothing
    assert any("2022" in en and "part of the year" in en for _, en in now["flags"])
    # when time is up and the last year is missing nothing is claimed
    late = one(seen.status("2024-06-30")["indicators"], "G1.1")
    assert (late["status"], late["past_due"]) == ("not_evaluable", True)
    assert "2023" in late["reasons"][0][1]
    versions = seen.ok("history", "A-21")
    assert "剔除重复登记" in versions
    assert "180" in versions
    assert "150" in versions


def test_the_late_tasks(seen):
    then = seen.status("2021-12-31")
    assert one(then["tasks"], "T1")["status"] == "overdue"
    assert one(then["tasks"], "T1")["due"] == "2021-06-30"
    # before the meeting set it, the due date was another
    assert one(seen.status("2020-11-30")["tasks"], "T1")["due"] == "2023-12-31"
    later = seen.status("2023-01-31")
    assert one(later["tasks"], "T1")["status"] == "achieved"
    assert "done late" in one(later["tasks"], "T1")["reasons"][0][1]
    assert one(later["tasks"], "T8")["status"] == "overdue"
    assert one(later["tasks"], "T13")["status"] == "achieved"
    certified = one(later["indicators"], "G3.1")
    assert (certified["value"], certified["status"]) == (2.0, "overdue")  # 1 and 2; 3 has left; 2 stands twice
    assert one(seen.status("2022-07-31")["indicators"], "G3.1")["value"] == 3.0
    assert one(later["indicators"], "G1.6")["reached_on"] == "2022-05-20"
    units = {u["zh"]: u for u in later["units"]}
    assert set(units["浑南区政府"]["tasks"]) == {"T13", "T15", "T16"}  # 15 by the record
    assert units["相关区、县（市）政府"]["tasks"] == ["T17"]
    assert units["相关区、县（市）政府"]["unresolved"] is True
    assert units["市创新与转化中心"]["tasks"] == ["T10"]
    assert "T10" in units["市市场监管局"]["tasks"]
    said = seen.ok("tasks", "--unit", "浑南区政府", "--on", "2023-01-31", lang="zh")
    assert "开展知识产权证券化工作" in said
    assert "培育高价值专利" not in said


def test_the_broken_fund_rule_and_the_undecided_one(seen):
    told = json.loads(seen.ok("funds", "--json", "--on", "2022-12-31"))
    zone, market = told["fund_rules"]
    assert zone["ruling"] == "broken"
    assert [(r["id"], r["numerator_yuan"], r["denominator_yuan"], r["share_pct"], r["met"]) for r in zone["readings"]] == [
        ("central_paid", 30e6, 100e6, 30.0, False), ("central_committed", 35e6, 100e6, 35.0, False),
    ]  # fmt: skip
    assert market["ruling"] == "undecided"
    assert {r["id"]: (r["share_pct"], r["met"]) for r in market["readings"]} == {
        "central_paid": (45.0, True), "central_committed": (45.0, True), "all_paid": (30.0, False), "all_committed": (30.0, False),
    }  # fmt: skip
    assert told["funds"]["received_yuan"] == 150e6
    assert sum(b["paid_yuan"] for b in told["funds"]["by_source"]) == told["funds"]["paid_yuan"] == 150e6
    assert any("企业奖补" in en for _, en in told["funds"]["flags"])  # more paid than committed
    empty = json.loads(seen.ok("funds", "--json", "--on", "2021-12-31"))
    assert {r["ruling"] for r in empty["fund_rules"]} == {"not_evaluable"}
    assert {why[1] for r in empty["fund_rules"] for why in r["reasons"]} >= {"central money, paid: no money is recorded, no share"}
    assert "no money is recorded, no share" in seen.ok("funds", "--on", "2021-12-31")
    assert "不符合" in seen.ok("funds", "--on", "2022-12-31", lang="zh")


def test_the_loans(seen):
    then = seen.status("2022-07-31")["loans"]
    assert (then["outstanding_yuan"], then["non_performing_yuan"], then["low_pct"]) == (6e6, 180_000.0, 3.0)
    assert then["tolerances"][0]["ruling"] == "held"  # 3 % exactly is within; and then within any margin too
    now = seen.status("2022-12-31")["loans"]
    assert now["low_pct"] == pytest.approx(400_000 / 6_220_000 * 100)
    assert now["tolerances"][0]["ruling"] == "undecided"
    assert [r["met"] for r in now["tolerances"][0]["readings"]] == [False, None]
    unknown = seen.status("2021-12-31")["loans"]
    assert (unknown["unknown"], unknown["low_pct"], unknown["high_pct"]) == (2, 0.0, 100.0)
    assert unknown["tolerances"][0]["ruling"] == "undecided"


def test_the_agencies(seen):
    assert seen.status("2021-12-31")["agencies"] == 2
    now = seen.status("2022-12-31")
    assert now["agencies"] == 1
    flags = " ".join(en for _, en in one(now["indicators"], "T15.2")["flags"])
    assert "moved in although in already (1): 机构5" in flags
    assert "moved out without having moved in (1): 机构7" in flags


def test_before_anything_all_is_empty(seen):
    for told in (seen.status("2018-01-01"), seen.status("2022-12-31", "2018-01-01")):
        assert not any(told["records"].values())
        assert {t["status"] for t in told["tasks"]} == {"not_evaluable"}
        assert {i["status"] for i in told["indicators"]} <= {"not_evaluable", "qualitative"}
        assert {i["value"] for i in told["indicators"]} == {None}
        assert told["funds"]["paid_yuan"] == 0
        assert told["loans"]["number"] == 0


# ------------------------------------------------------------------------------------------- in and out


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


# ------------------------------------------------------------------------------------------- outputs


def test_the_board_is_one_inert_file(seen, tmp_path):
    for lang in ("zh", "en"):
        path = tmp_path / f"board_{lang}.html"
        seen.ok("board", "-o", path, "--on", "2023-01-31", lang=lang)
        page = path.read_text(encoding="utf-8")
        assert "<script" not in page
        assert "&lt;script&gt;alert" in page
        assert "\u202e" not in page
        assert not re.search(r'(src|href)="(?!#)', page)
        assert "14.5 %" in page
        assert "24.2 %" in page
        head = seen.status("2023-01-31")["head"]
        assert head in page
        assert "以2018年为基数，知识产权质押融资金额和项目数年均增幅30%以上" in page  # the citation of G1.3
        # the printed labels stand in quotes alone; the page's own are in its language
        assert ("lead unit: Hunnan District Government; responsible units: " in page) == (lang == "en")
        unquoted = re.sub("「[^」]*」", "", page)
        assert ("牵头单位：" in unquoted) == (lang == "zh")
        again = tmp_path / "again.html"
        seen.ok("board", "-o", again, "--on", "2023-01-31", lang=lang)
        assert again.read_bytes() == path.read_bytes()


def test_the_book(seen, tmp_path):
    seen.ok("book", "-o", tmp_path / "book.xlsx", "--on", "2023-01-31", lang="zh")
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    units = [[c.value for c in row] for row in book["牵头单位"].iter_rows()]
    head = units[0]
    total = next(r for r in units if r[0] == "合计（任务不重复计）")
    assert total[1] == 20
    assert sum(total[2:9]) == 20
    assert [r[1] for r in units[1:] if r[0] == "市市场监管局"] == [16]
    assert head[1] == "任务数"
    growth = next(r for r in book["年均增幅"].iter_rows(values_only=True) if r[0] == "G1.1")
    assert growth[8] == pytest.approx(14.4714, abs=1e-3)
    assert (growth[9], growth[11]) == ("未达到", "达到")
    assert not any(c.data_type == "f" for sheet in book for row in sheet.iter_rows() for c in row)
    seen.ok("book", "-o", tmp_path / "csv", "--on", "2021-12-31", lang="en")
    with (tmp_path / "csv" / "tasks.csv").open(encoding="utf-8-sig") as file:
        tasks = list(csv.reader(file))
    assert len(tasks) == 21
    assert not any(cell[:1] in "=+@" for row in tasks for cell in row if cell)


def test_charts_and_report(seen, tmp_path):
    from docx import Document

    seen.ok("charts", "-o", tmp_path / "charts", "--on", "2023-01-31", lang="zh")
    assert sorted(p.name for p in (tmp_path / "charts").iterdir()) == [
        "counts.png", "fund_shares.png", "growth.png", "indicators.png", "ip_charts.pdf", "lead_units.png",
    ]  # fmt: skip
    seen.ok("report", "-o", tmp_path / "r.docx", "--on", "2023-01-31", lang="zh")
    document = Document(tmp_path / "r.docx")
    text = "\n".join(
        [*(p.text for p in document.paragraphs), *(c.text for t in document.tables for r in t.rows for c in r.cells)]
    )
    for told in ("14.5 %", "24.2 %", "推动知识产权贯标认证", "逾期未达", "不符合", "待确认"):
        assert told in text


@pytest.mark.slow
def test_the_same_standing_gives_the_same_bytes(seen, tmp_path):
    for n in "12":
        seen.ok("report", "-o", tmp_path / f"r{n}.docx", "--on", "2023-01-31", lang="en")
        seen.ok("charts", "-o", tmp_path / f"charts{n}", "--on", "2023-01-31", lang="en")
    assert (tmp_path / "r1.docx").read_bytes() == (tmp_path / "r2.docx").read_bytes()
    assert snapshot(tmp_path / "charts1") == snapshot(tmp_path / "charts2")


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
