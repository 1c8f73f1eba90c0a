"""The sample registries are what their tables of known answers say, read in as a user would.

The answers were worked out by hand from the stories of ``data/sample_registry_ip.py`` and ``data/sample_registry_star.py``.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from command import run, snapshot

from firelane.errors import InputError, UsageError
from firelane.registry.desk import Given
from firelane.registry.indicators import GrowthMethod
from firelane.registry.ip_counts import load_counting
from firelane.registry.ip_plan import load_plan
from firelane.registry.ip_standing import register, standing
from firelane.registry.kinds import kinds
from firelane.registry.star_conditions import assess
from firelane.registry.star_desk import StarRegister
from firelane.registry.star_flow import application, filed_spaces
from firelane.registry.star_progress import progress
from firelane.registry.star_rounds import must_leave, published, quota, rank_round
from firelane.registry.star_scheme import load_indicator_set, load_scheme
from firelane.registry.star_scoring import told, watermark
from firelane.registry.tables_in import read_tables
from firelane.registry.tables_out import write_tables
from firelane.store import Store
from firelane.store.times import BEIJING

DATA = Path(__file__).parents[2] / "data"
IP, STAR = DATA / "ip_programme", DATA / "star_spaces"
NOW = dt.datetime(2024, 6, 3, 9, tzinfo=BEIJING)
WAN = 10_000


def answers(folder):
    return tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))


def day(row, key="on"):
    return dt.date.fromisoformat(row[key]) if key in row else None


def row_id(row):
    return " ".join(str(row[k]) for k in ("round", "aim", "application", "space", "indicator", "rule", "on", "known") if k in row)


def test_the_script_writes_the_same_bytes_again(tmp_path):
    sys.path.insert(0, str(DATA))
    try:
        make = importlib.import_module("make_samples")
    finally:
        sys.path.remove(str(DATA))
    for name, folder in (("ip_programme", IP), ("star_spaces", STAR)):
        (tmp_path / name).mkdir()
        make.FOREIGN[name](tmp_path / name)
        assert snapshot(tmp_path / name) == snapshot(folder), name


# ------------------------------------------------------------------------------------------- the programme


@pytest.fixture(scope="module")
def programme(tmp_path_factory):
    with Store.create(tmp_path_factory.mktemp("ip") / "s.sqlite", admin="王敏", now=NOW) as store:
        plan = load_plan()
        desk = register(store, "王敏", plan, load_counting(plan), now=lambda: NOW)
        desk.take(read_tables(IP, desk.kinds))
        yield desk, plan


@pytest.fixture(scope="module")
def at(programme):
    """Return where the programme stands, as a row of the table asks."""
    desk, plan = programme
    seen = {}

    def ask(row):
        key = row["on"], row.get("known")
        if key not in seen:
            known = day(row, "known")
            seen[key] = standing(desk.state(known_on=known), plan, load_counting(plan), day(row), known)
        return seen[key]

    return ask


def by_status(things, name):
    found = {}
    for thing in things:
        found.setdefault(thing.status.value, []).append(name(thing))
    return found


@pytest.mark.parametrize("row", answers(IP)["standing"], ids=row_id)
def test_tasks_indicators_and_who_is_late(at, row):
    found = at(row)
    assert by_status(found.tasks, lambda t: t.task.id) == row["tasks"]
    mine = by_status(found.indicators, lambda i: i.indicator.id)
    assert {k: sorted(v) for k, v in mine.items()} == {k: sorted(v) for k, v in row["indicators"].items()}
    late = {u.lead.key: u.late for u in found.units}
    assert {k: late[k] for k in row["late"]} == row["late"]
    assert sum(t.late for t in found.tasks) == len(row["tasks"].get("overdue", []))


@pytest.mark.parametrize("row", answers(IP)["growth"], ids=row_id)
def test_growth_by_both_methods(at, row):
    found = next(i for i in at(row).indicators if i.indicator.id == row["indicator"])
    assert found.status.value == row["status"]
    if "last_year" not in row:
        assert found.growth.reason is not None
        assert found.value is None
        return
    assert found.growth.last_year == row["last_year"]
    assert found.growth.compound_pct == pytest.approx(row["compound_pct"], abs=0.05)
    assert found.growth.mean_pct == pytest.approx(row["mean_pct"], abs=0.05)
    assert found.disputed == (row["status"] == "undecided")
    told_ = {m: found.growth.rate_pct(m) >= found.indicator.target - 1e-9 for m in GrowthMethod}
    assert dict(found.met) == told_


def test_what_a_reader_is_told_of_the_figures(at):
    found = {i.indicator.id: " ".join(zh for zh, _ in i.flags) for i in at({"on": "2023-07-31"}).indicators}
    assert "2023 年数值只到 2023-06-30" in found["G1.1"]
    assert "待确认" in found["G1.1"]
    assert "2022 年填报 11500" in found["G1.3"]
    assert "合计 11000" in found["G1.3"]
    assert "重复登记，只计一次（3）" in found["G1.5"]
    assert "不属新增" in found["G4.3"]


@pytest.mark.parametrize("row", answers(IP)["fund"], ids=row_id)
def test_fund_rules_by_every_reading(at, row):
    found = next(r for r in at(row).funds.rules if r.rule.id == row["rule"])
    assert found.ruling.value == row["ruling"]
    mine = {s.reading.id: [s.numerator_yuan / WAN, s.denominator_yuan / WAN, s.met] for s in found.shares}
    assert mine == {k: v for k, v in row.items() if isinstance(v, list)}


@pytest.mark.parametrize("row", answers(IP)["loans"], ids=row_id)
def test_the_loans_against_the_tolerance(at, row):
    found = at(row).loans
    assert (found.number, found.outstanding_yuan / WAN, found.non_performing_yuan / WAN, found.unknown) == (
        row["number"], row["outstanding_wan"], row["non_performing_wan"], 0,
    )  # fmt: skip
    [(_, readings, ruling)] = found.tolerances
    assert ruling.value == row["ruling"]
    assert {r.reading.id: r.met for r in readings}["absolute"] == row["absolute"]
    assert sum(b.outstanding_yuan for b in found.banks) == found.outstanding_yuan


@pytest.mark.parametrize("row", answers(IP)["count"], ids=row_id)
def test_firms_agencies_and_brands_each_once(at, row):
    found = next(i for i in at(row).indicators if i.indicator.id == row["indicator"])
    assert found.value == row["value"]
    assert found.approved == row.get("approved", row["value"])
    if "reached_on" in row:
        assert found.reached_on == day(row, "reached_on")


def test_documents_and_balances(at):
    [row] = answers(IP)["documents"]
    found = at(row)
    assert [d.document.id for d in found.documents if d.record is None] == row["missing"]
    money = found.funds
    for name in ("received_yuan", "committed_yuan", "paid_yuan"):
        assert getattr(money.total, name) == sum(getattr(b, name) for b in money.balances)
    assert money.total.paid_yuan == sum(p.paid_yuan for p in money.spending)
    assert not money.flags
    early = at({"on": "2023-03-31", "known": "2023-03-31"}).funds
    assert any("中央财政：已安排超过已下达" in zh for zh, _ in early.flags)


def test_the_programme_twice_and_out_and_in_again(programme, tmp_path):
    desk, plan = programme
    again = desk.take(read_tables(IP, desk.kinds))
    assert (again.new, again.corrected, again.decided, again.voided) == ((), (), (), ())
    write_tables(desk.state(), tmp_path, "zh")
    kept = {p.name: lines(p) for p in IP.glob("*.csv")}
    assert kept == {p.name: lines(p) for p in tmp_path.glob("*.csv") if p.name in kept}
    with Store.create(tmp_path / "other.sqlite", admin="陈", now=NOW) as store:
        other = register(store, "陈", plan, load_counting(plan), now=lambda: NOW)
        other.take(read_tables(tmp_path, other.kinds))
        assert [(r.record_id, r.version, r.values) for v in other.state().versions.values() for r in v] == [
            (r.record_id, r.version, r.values) for v in desk.state().versions.values() for r in v
        ]


def test_the_programme_from_the_command_line(tmp_path):
    store = tmp_path / "s.sqlite"
    who = ("--store", store, "--as", "王敏")
    assert run("ip", "init", *who).code == 0
    done = run("ip", "import", IP, *who)
    assert done.code == 0, done.err
    asked = run("ip", "status", *who, "--on", "2023-01-31", "--json")
    assert asked.code == 0, asked.err
    row = answers(IP)["standing"][1]
    assert {t["id"] for t in json.loads(asked.out)["tasks"] if t["late"]} == set(row["tasks"]["overdue"])
    told_ = run("ip", "funds", *who, "--on", "2023-03-31", "--known", "2023-03-31", "--lang", "zh")
    assert "5,400 万元 / 14,000 万元" in told_.out
    assert "2,000.00" not in told_.out
    history = run("ip", "history", "SJ-G1.1-2021", *who, "--lang", "zh")
    assert "补报高校许可228件" in history.out
    assert "1,500" in history.out
    assert "1,728" in history.out
    files = ("board.html", "progress.xlsx", "report.docx")
    for name, file in zip(("board", "book", "report"), files, strict=True):
        done = run("ip", name, *who, "--on", "2023-01-31", "-o", tmp_path / file)
        assert done.code == 0, done.err
        assert (tmp_path / file).stat().st_size > 5_000
    page = (tmp_path / "board.html").read_text(encoding="utf-8")
    assert "推动知识产权贯标认证" in page
    assert "逾期未达" in page


# ------------------------------------------------------------------------------------------- the Star Spaces

OFFICIAL = ('status = "rehearsal"', 'status = "official"')
CALLED_WITH = ("SY-STAR/2020-rehearsal-sample", "沈科发〔2020〕33号附件2（未取得）")  # what the rounds are called with


@pytest.fixture(scope="module")
def rehearsal():
    return load_indicator_set(STAR / "rehearsal.toml", load_scheme())


@pytest.fixture(scope="module")
def as_official(tmp_path_factory):
    """The set for rehearsal as if it were the official one, to see what that would do; shipped nowhere."""
    path = tmp_path_factory.mktemp("sets") / "official.toml"
    text = (STAR / "rehearsal.toml").read_text(encoding="utf-8").replace(*OFFICIAL).replace(*CALLED_WITH)
    path.write_text(text.replace("[[indicator]]", '[[indicator]]\ncitations = [{ article = "测试", text = "测试" }]'), encoding="utf-8")
    return path


def desk_of(folder, *sets):
    store = Store.create(folder / "s.sqlite", admin="王敏", now=NOW)
    return store, StarRegister(store, "王敏", load_scheme(), sets, now=lambda: NOW)


@pytest.fixture(scope="module")
def before(tmp_path_factory, rehearsal):
    """The registry before the second round was published."""
    store, desk = desk_of(tmp_path_factory.mktemp("before"), rehearsal)
    with store:
        desk.take(read_tables(STAR, desk.kinds))
        yield desk


@pytest.fixture(scope="module")
def star(tmp_path_factory, rehearsal):
    """The registry with all that was published."""
    store, desk = desk_of(tmp_path_factory.mktemp("star"), rehearsal)
    with store:
        desk.take(read_tables(STAR, desk.kinds))
        desk.take(read_tables(STAR / "published", desk.kinds))
        yield desk


@pytest.mark.parametrize("row", answers(STAR)["register"], ids=row_id)
def test_who_stands_in_the_register(star, row):
    assert len(filed_spaces(star.facts(day(row)), star.scheme)) == row["filed"]


@pytest.mark.parametrize("row", answers(STAR)["application"], ids=row_id)
def test_where_an_application_stands(star, row):
    found = application(star.facts(day(row)), star.scheme, row["application"])
    assert found.state == row["state"]
    assert not found.faults


@pytest.mark.parametrize("row", answers(STAR)["condition"], ids=row_id)
def test_conditions_item_by_item(star, row):
    found = assess(star.facts(), star.scheme, row["space"], day(row))
    assert [c.result.value for c in found.conditions] == row["conditions"]
    assert found.result.value == row["result"]


def test_what_lacks_conditions_is_not_publicised(before):
    step = Given("step", {"application": "SB-40", "step": "publicise", "on": dt.date(2022, 12, 1), "by": "市科技局", "until": dt.date(2022, 12, 8)})
    with pytest.raises(InputError, match="not all conditions are met") as refused:
        before.take([step])
    assert "条件（四）无材料" in refused.value.text("zh")


@pytest.mark.parametrize("row", answers(STAR)["round"], ids=row_id)
def test_a_rehearsal_ranks_and_gives_no_grades(star, rehearsal, row):
    found = rank_round(star.facts(), row["round"], rehearsal)
    assert watermark(rehearsal, "zh").startswith("演练")
    assert not any(r.grade for r in found.rows)
    assert not found.final
    mine = {}
    for r in found.rows:
        mine.setdefault((r.rank, told(r.score.total)), []).append(r.space)
        assert r.tied == (sum(r.rank == other.rank for other in found.rows) > 1)
        assert sum(p.points for p in r.score.parts) == r.score.total
    assert [[rank, total, sorted(spaces)] for (rank, total), spaces in mine.items()] == [
        [rank, f"{total:g}" if total == int(total) else str(total), spaces] for rank, total, spaces in row["ranks"]
    ]
    assert quota("excellent", 0.30, row["evaluated"]).most == row["quota"]
    assert [(q.evaluated, q.most) for q in found.quotas] == [(row["evaluated"], row["quota"])]


@pytest.mark.parametrize("row", answers(STAR)["round"], ids=row_id)
def test_what_was_published(star, row):
    found = published(star.facts(), row["round"])
    assert len(found) == row["evaluated"]
    for grade in ("excellent", "fail"):
        assert sorted(s for s, r in found.items() if r["grade"] == grade) == row[grade]


def test_the_tie_at_the_edge_waits_for_a_decision(tmp_path, as_official):
    """The second round by the set as if it were official: it stops, is decided, and ends as the invented document says."""
    row = answers(STAR)["round"][1]
    indicators = load_indicator_set(as_official, load_scheme())
    store, desk = desk_of(tmp_path, indicators)
    with store:
        desk.take(read_tables(STAR, desk.kinds))
        ranking = rank_round(desk.facts(), "LP-2022", indicators)
        assert sorted(ranking.edge) == sorted(ranking.undecided) == row["tied_at_the_edge"]
        assert ranking.places == row["places"]
        on = dt.date(2022, 12, 5)
        with pytest.raises(UsageError, match="administrator has to decide"):
            desk.close_round("LP-2022", indicators, on)
        decided = [
            Given("edge", {"round": "LP-2022", "space": s, "excellent": s == "XC-27", "on": dt.date(2022, 12, 1), "basis": "局务会"}) for s in ("XC-27", "XC-10")
        ]  # fmt: skip
        with pytest.raises(InputError, match="places left"):
            desk.take([replace(d, values={**d.values, "excellent": True}) for d in decided])
        desk.take(decided)
        desk.close_round("LP-2022", indicators, on, document="沈科发〔2022〕虚构21号")
        found = published(desk.facts(), "LP-2022")
        for grade in ("excellent", "fail"):
            assert sorted(s for s, r in found.items() if r["grade"] == grade) == row[grade]
        assert {s: must_leave(desk.facts(), desk.scheme, s) for s in row["fail"]} == {"XC-11": True, "XC-22": False, "XC-38": False}
        for bad in ("XC-22", "XC-07"):
            with pytest.raises(InputError, match="failed evaluations in a row"):
                desk.take([Given("exit", {"space": bad, "ground": "two_fails", "on": dt.date(2022, 12, 20), "document": "1"})])
        later = read_tables(STAR / "published", desk.kinds)
        desk.take([g for g in later if g.kind in ("guidance", "subsidy", "exit")])
        assert len(filed_spaces(desk.facts(), desk.scheme)) == 37


def test_a_figure_that_is_missing_is_no_zero(before, rehearsal):
    facts = before.facts()
    one = facts.of("figure", round="LP-2022", space="XC-07", indicator="1.1")[0]
    state = facts.state
    less = replace(state, versions={k: v for k, v in state.versions.items() if k != one.record_id})
    found = next(r for r in rank_round(type(facts)(less), "LP-2022", rehearsal).rows if r.space == "XC-07")
    assert found.score.total is None
    assert found.rank is None
    assert [p.indicator.id for p in found.score.missing] == ["1.1"]


@pytest.mark.parametrize("row", answers(STAR)["aim"], ids=row_id)
def test_progress_to_the_aims(star, row):
    found = next(p for p in progress(star.facts(), star.scheme, day(row)) if p.aim.id == row["aim"])
    assert (found.count, found.standing.value) == (row["count"], row["standing"])


@pytest.mark.parametrize("row", answers(STAR)["exit"], ids=row_id)
def test_exit_after_two_fails(star, row):
    facts = star.facts(day(row))
    stand = [a.space for a in filed_spaces(facts, star.scheme)]
    assert [s for s in stand if must_leave(facts, star.scheme, s)] == row["must_leave"]
    assert [str(r["space"]) for r in facts.of("exit")] == row["left"]


@pytest.mark.parametrize("row", answers(STAR)["subsidy"], ids=row_id)
def test_money_once(star, row):
    paid = star.facts(day(row)).of("subsidy")
    assert sorted(str(r["space"]) for r in paid) == row["paid"]
    assert sum(r["amount_yuan"] for r in paid) == row["paid_yuan"]
    best = {s for name in ("LP-2021", "LP-2022") for s, r in published(star.facts(day(row)), name).items() if r["grade"] == "excellent"}
    assert sorted(best - set(row["paid"])) == row["to_confirm"]
    with pytest.raises(InputError, match="never twice"):
        star.take([Given("subsidy", {"round": "LP-2022", "space": "XC-07", "amount_yuan": 100000.0, "on": dt.date(2022, 12, 21), "document": "1"})])


def test_the_whole_procedure_holds_as_if_it_were_recorded_here(tmp_path, rehearsal):
    """Without who wrote it down where, every guard looks at every record: conditions before each notice among them."""
    store, desk = desk_of(tmp_path, rehearsal)
    with store:
        for folder in (STAR, STAR / "published"):
            rows = read_tables(folder, desk.kinds)
            taken = desk.take([replace(g, origin=None) for g in rows])
            assert len(taken.new) == len(rows)
        again = desk.take(read_tables(STAR, desk.kinds))
        assert (again.new, again.corrected) == ((), ())


def lines(path):
    """Return the lines of a table below its headings, without who imported them when; none where there is no such file."""
    return [line.rsplit(",", 2)[0] for line in path.read_text(encoding="utf-8-sig").splitlines()[1:]] if path.exists() else []


@pytest.mark.slow
def test_the_spaces_out_and_in_again(star, rehearsal, tmp_path):
    for name in ("out", "again"):
        (tmp_path / name).mkdir()
    write_tables(star.state(), tmp_path / "out", "zh")
    given = {p.name: lines(STAR / p.name) + lines(STAR / "published" / p.name) for p in STAR.glob("*.csv")}
    assert {name: sorted(rows) for name, rows in given.items()} == {name: sorted(lines(tmp_path / "out" / name)) for name in given}
    store, second = desk_of(tmp_path, rehearsal)
    with store:
        second.take(read_tables(tmp_path / "out", second.kinds))
        write_tables(second.state(), tmp_path / "again", "zh")
    told_ = [{(g.kind, g.record_id, g.version): g for g in read_tables(tmp_path / f, kinds("star"))} for f in ("out", "again")]
    assert told_[0].keys() == told_[1].keys()
    assert all(replace(told_[1][k], where=g.where) == g for k, g in told_[0].items())


def test_the_star_spaces_from_the_command_line(tmp_path, as_official):
    who = ("--store", tmp_path / "s.sqlite", "--as", "王敏", "--lang", "zh")
    with_set = ("--set", as_official)
    assert run("star", "init", *who).code == 0
    done = run("star", "import", STAR, *who)
    assert done.code == 0, done.err
    ranked = run("star", "rank", "LP-2022", *who, "--set", STAR / "rehearsal.toml")
    assert ranked.code == 0, ranked.err
    assert "演练" in ranked.out
    assert run("star", "rank", "LP-2022", *who, "--set", "shenyang_star_2020_provisional").code != 0
    close = ("star", "close", "LP-2022", *who, *with_set, "--on", "2022-12-05", "--document", "沈科发〔2022〕虚构21号")
    stopped = run(*close)
    assert stopped.code != 0
    assert "XC-10" in stopped.err
    assert "XC-27" in stopped.err
    for space, told_ in (("XC-27", "是"), ("XC-10", "否")):
        done = run("star", "record", "edge", "round=LP-2022", f"space={space}", f"excellent={told_}", "on=2022-12-01", "basis=局务会", *who, *with_set)
        assert done.code == 0, done.err
    done = run(*close)
    assert done.code == 0, done.err
    done = run("star", "record", "exit", "space=XC-11", "ground=two_fails", "on=2022-12-20", "document=沈科发〔2022〕虚构22号", *who)
    assert done.code == 0, done.err
    exits = run("star", "exits", *who, "--on", "2022-12-31")
    assert "XC-11" in exits.out.split("已退出")[1]
    aims = run("star", "progress", *who, "--on", "2022-12-31")
    assert "102.0 %" in aims.out
    for name, file in (("map", "star.html"), ("book", "star.xlsx"), ("notice", "notice.xlsx")):
        more = ("--round", "LP-2022") if name == "notice" else ()
        done = run("star", name, *who, *more, "--on", "2022-12-31", "-o", tmp_path / file)
        assert done.code == 0, done.err
        assert (tmp_path / file).stat().st_size > 3_000
