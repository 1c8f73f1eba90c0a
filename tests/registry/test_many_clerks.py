"""Several clerks at once, in threads and in processes of their own: one is served, the others are told, nothing is done twice."""

import csv
import datetime as dt
import json
import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest
from command import environment
from postgres import database_url, postgres  # noqa: F401  (fixtures)
from star_scenes import (
    KINDS,
    SCHEME,
    Clock,
    called,
    day,
    evidence,
    filing,
    form,
    marks,
    part,
    set_text,
    space,
    step,
)

from firelane.errors import FirelaneError, UsageError
from firelane.registry.desk import Given
from firelane.registry.star_desk import StarRegister
from firelane.registry.star_scheme import load_indicator_set
from firelane.registry.tables_out import headings
from firelane.store import Store

POINTS = {1: 95, 2: 90, 3: 70, 4: 65, 5: 40}  # 30 % of five is one: only the first is excellent


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """Return the file of a set."""
    path = tmp_path_factory.mktemp("sets") / "official.toml"
    path.write_text(set_text(), encoding="utf-8")
    return path


def a_round(target, official):
    """Make a store with five spaces in a round that can be published, and an application that was just handed in."""
    with Store.create(target, admin="boss", now=Clock()()) as store:
        desk = StarRegister(store, "boss", SCHEME, [load_indicator_set(official)], now=Clock(dt.date(2025, 1, 1)))
        desk.take([r for n in POINTS for r in filing(n)])
        scores = [m for n, p in POINTS.items() for m in marks("LP-1", n, p, day(101))]
        desk.take([called("LP-1", day(100)), *(part("LP-1", n, day(100)) for n in POINTS), *scores])
        desk.take([space(9), *evidence(9), form(9), step(9, "submit", day(3))])


def at_once(acts):
    """Do things in as many threads, all beginning together; return what became of each: None, or the error."""
    gate, told = threading.Barrier(len(acts)), [None] * len(acts)

    def do(n):
        gate.wait()
        try:
            acts[n]()
        except FirelaneError as error:
            told[n] = error

    threads = [threading.Thread(target=do, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_a_round_is_published_once_and_the_next_clerk_is_told_by_whom(tmp_path, official):
    a_round(tmp_path / "s.sqlite", official)
    indicators = load_indicator_set(official)
    with Store.open(tmp_path / "s.sqlite") as store:
        desk = StarRegister(store, "boss", SCHEME, [indicators])
        desk.close_round("LP-1", indicators, day(120), document="沈科发〔2021〕20号")
        before = store.verify().entries
        for on, number in ((120, "沈科发〔2021〕20号"), (121, "另一文号"), (119, "")):
            with pytest.raises(UsageError) as caught:
                desk.close_round("LP-1", indicators, day(on), document=number)
            assert caught.value.text("en") == f"the results of LP-1 are published already: on {day(120)}, 沈科发〔2021〕20号, recorded by boss"
            assert caught.value.text("zh") == f"LP-1 的结果已经发布：{day(120)}，沈科发〔2021〕20号，由boss登记"
        assert store.verify().entries == before


def test_threads_that_close_pay_and_step_at_once(tmp_path, official):
    a_round(tmp_path / "s.sqlite", official)
    indicators = load_indicator_set(official)
    with Store.open(tmp_path / "s.sqlite") as store:
        desks = [StarRegister(store, "boss", SCHEME, [indicators]) for _ in range(4)]
        told = at_once([lambda d=d, n=n: d.close_round("LP-1", indicators, day(120 + n), document=f"文{n}") for n, d in enumerate(desks)])
        assert [t for t in told if t is None] == [None]
        assert all("published already" in str(t) for t in told if t is not None)
        pay = {"round": "LP-1", "space": "XC-1", "amount_yuan": 100000.0}
        told = at_once([lambda d=d, n=n: d.take([Given("subsidy", {**pay, "on": day(130 + n)})]) for n, d in enumerate(desks)])
        assert [t for t in told if t is None] == [None]
        assert all("never twice" in str(t) for t in told if t is not None)
        names = ("local_review", "return", "withdraw", "local_review")
        told = at_once([lambda d=d, n=n: d.take([step(9, names[n], day(4), by=f"甲{n}")]) for n, d in enumerate(desks)])
        assert any(t is None for t in told)
        assert all("cannot follow" in str(t) for t in told if t is not None)
        facts = desks[0].facts()
        assert (len(facts.of("closing")), len(facts.of("result")), len(facts.of("subsidy"))) == (1, 5, 1)
        assert store.verify().ok


# ------------------------------------------------------------------------------------------- in processes of their own

CLERKS = 4
CLERK = """
import contextlib, io, json, sys
from firelane.cli import main
import firelane.cli.ip.keeping, firelane.cli.star.keeping, firelane.cli.star.records, firelane.cli.star.rounds
import firelane.registry.ip_standing, firelane.registry.star_desk, firelane.registry.tables_in
print("ready", flush=True)
for line in sys.stdin:
    out, err, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(json.loads(line))
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


@pytest.fixture(scope="module")
def clerks():
    """Return what lets each of several processes run a command, all at once; all that can be imported is there before."""
    with ExitStack() as stack:
        there = [
            stack.enter_context(subprocess.Popen(
                [sys.executable, "-c", CLERK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
                env=environment(PYTHONUTF8="1"),
            ))
            for _ in range(CLERKS)
        ]  # fmt: skip
        for clerk in there:
            stack.callback(clerk.kill)
            assert clerk.stdout.readline() == "ready\n"

        def run(words):
            for clerk, mine in zip(there, words, strict=True):
                clerk.stdin.write(json.dumps([str(w) for w in mine]) + "\n")
            for clerk in there:
                clerk.stdin.flush()
            return [json.loads(clerk.stdout.readline()) for clerk in there]

        yield run


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request, tmp_path):
    """Return a place for a store."""
    return str(tmp_path / "s.sqlite") if request.param == "sqlite" else request.getfixturevalue("database_url")


def write_spaces(folder, rows):
    """Write spaces as somebody hands them in."""
    folder.mkdir()
    kind = KINDS[rows[0].kind]
    with (folder / f"{kind.zh}.csv").open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(headings(kind, "zh")[: 2 + len(kind.columns)])
        writer.writerows([row.record_id, "", *(kind.column(c.key).spelt(row.values.get(c.key), "zh") for c in kind.columns)] for row in rows)
    return folder


@pytest.mark.slow
def test_clerks_in_processes_of_their_own(clerks, target, official, tmp_path):
    a_round(target, official)
    with_store = ["--store", target, "--as", "boss", "--lang", "en"]
    more = [*with_store, "--set", official]

    def star(*each):
        return sorted(clerks([["star", *words, *more] for words in each]), key=lambda told: (told[0], told[1]))

    def only_one(told, refused):
        """One is served; every other one is told in one line, without a word of Python."""
        assert [code for code, *_ in told] == [0, *[2] * (CLERKS - 1)], told
        for _, out, err in told[1:]:
            assert refused in err
            assert out == ""
            assert "Traceback" not in err
            assert "internal error" not in err

    clerks_n = range(CLERKS)
    told = star(*(["step", "SB-9", "local_review", "--on", day(4), "--by", "x", "--opinion", "ok"] for _ in clerks_n))
    assert [code for code, *_ in told] == [0] * CLERKS
    assert sum("recorded already: review locally and send on (by boss, " in out for _, out, _ in told) == CLERKS - 1
    told = star(*(["step", "SB-9", "reject" if n % 2 else "withdraw", "--on", day(5), "--by", f"x{n}", "--opinion", "no"] for n in clerks_n))
    only_one(told, "cannot follow")
    only_one(star(*(["close", "LP-1", "--on", day(120 + n // 2), "--document", f"文{n // 2}"] for n in clerks_n)), "published already: on ")
    told = star(*(["record", "subsidy", "round=LP-1", "space=XC-1", "amount_yuan=100000", f"on={day(130 + n)}"] for n in clerks_n))
    only_one(told, "never twice")
    told = star(*(["void", "RZ-2-0", "--reason", f"r{n}"] for n in clerks_n))
    only_one(told, "RZ-2-0 was taken back already")

    odd = [write_spaces(tmp_path / f"odd{n}", [space(30 + n), space(40, name=f"不同{n}")]) for n in clerks_n]
    only_one(star(*(["import", folder] for folder in odd)), "differs from what is recorded as XC-40")
    apart = [write_spaces(tmp_path / f"apart{n}", [space(50 + n)]) for n in clerks_n]
    assert all(code == 0 and "new 1" in out for code, out, _ in star(*(["import", folder] for folder in apart)))
    same = write_spaces(tmp_path / "same", [space(60 + n) for n in range(20)])
    told = star(*(["import", same] for _ in clerks_n))
    assert sorted("known already 20" if "known already" in out else "new 20" for code, out, _ in told if code == 0) == ["known already 20"] * 3 + ["new 20"]

    table = tmp_path / "task_state.csv"
    table.write_text("task,on,state,reporter\n" + "".join(f"T{n},2021-05-{n + 1:02},done,A\n" for n in range(1, 21)), encoding="utf-8")
    told = clerks([["ip", "import", table, *with_store] for _ in clerks_n])
    assert sorted("known already 20" in out for _, out, _ in told) == [False, True, True, True], told

    with Store.open(target) as store:
        assert store.verify().ok
        facts = StarRegister(store, "boss", SCHEME, [load_indicator_set(official)]).facts()
    assert (len(facts.of("closing")), len(facts.of("result")), len(facts.of("subsidy"))) == (1, 5, 1)
    assert sum(r["grade"] == "excellent" for r in facts.of("result")) == 1
    assert [s["step"] for s in facts.of("step", application="SB-9")][:2] == ["submit", "local_review"]
    assert len(facts.of("step", application="SB-9")) == 3
    assert len(facts.of("space")) == 5 + 1 + 2 + CLERKS + 20
