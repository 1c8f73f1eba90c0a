"""A batch of the command line, killed at random moments and called again: in the end the tables are the same bytes."""

from __future__ import annotations

import contextlib
import random
import re
import sqlite3
import time
from collections import Counter

import psutil
import pytest
from batch_city import OF_SITE, alive, ended, family, shards, start, until, workers_of
from batch_scenes import city_bytes, ledger_of, log_of

from firelane.batch.site_folder import MARK

pytestmark = pytest.mark.slow

SITES = 115
POISON = ("unreadable", "garbage", "empty", "missing", "config")
TOTAL = SITES + len(POISON)
WORDS = ("--what", "audit", "--lang", "en", "--timeout", "120")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The manifest of a small city, some of whose sites have to fail."""
    from city_write import write_city

    return write_city(
        tmp_path_factory.mktemp("source"), SITES, seed=11, size="tiny", mess=0.5, form="manifest", poison=POISON
    ).source


@pytest.fixture(scope="module")
def calm(source, tmp_path_factory):
    """An undisturbed run, by one worker: the folder of its results."""
    out = tmp_path_factory.mktemp("calm") / "city"
    code, said, wrong = ended(start(source, "-o", out, *WORDS, "--workers", "1"))
    assert code == 4, wrong
    assert f"{TOTAL} sites: {SITES} done, {len(POISON)} could not be done, 0 not run yet" in said
    return out


def done_in(out):
    """Return the ids of the sites that the ledger calls done; a ledger whose writer was killed is read too."""
    if not (out / "ledger.sqlite").exists():
        return set()
    with contextlib.suppress(sqlite3.OperationalError):  # killed before its table was made
        return {site_id for site_id, (status, *_) in ledger_of(out).items() if status == "done"}
    return set()


def same_sites(out, calm):
    """Return the files of single sites that are not the same."""
    names = {p.name for p in (calm / "sites").iterdir()}
    assert {p.name for p in (out / "sites").iterdir()} == names
    return [
        f"{name}/{file}" for name in sorted(names) for file in OF_SITE
        if (out / "sites" / name / file).read_bytes() != (calm / "sites" / name / file).read_bytes()
    ]  # fmt: skip


def put_together(out, process):
    """Wait until the city is being put together; what an earlier process left there does not count."""
    desk, old = out / ".city-being-made", out / ".city-being-made" / "of-one-that-was-killed"
    if desk.exists():
        old.touch()
    return lambda: (desk.exists() and not old.exists()) or process.poll() is not None


def nothing_left(out, scratch):
    """Nothing that a killed process began is still there."""
    assert [str(p.relative_to(out)) for p in out.rglob(".*") if p.name != MARK] == []
    assert [str(p.relative_to(out)) for p in out.rglob("*") if re.search(r"\.(part|tmp|new)|tmp\w{6,}", p.name)] == []
    assert [p.name for p in out.iterdir() if p.name.startswith("ledger") and p.name != "ledger.sqlite"] == []
    assert len(list(out.glob("shards/*/*"))) == SITES
    assert [p.name for p in scratch.iterdir()] == []


def starts(out):
    """Return how often work on the sites was begun."""
    path = out / "batch.log.jsonl"
    return path.read_text("utf-8").count('"event": "start"') if path.exists() else 0


def killed(process):
    """Kill a driver; its workers have to end by themselves."""
    children = family(process.pid)
    process.kill()
    process.communicate(timeout=60)
    assert alive(children) == [], "a worker outlives its driver"


def test_the_driver_killed_ten_times(source, calm, tmp_path):
    """Seven times while sites are done, three times while the city is put together."""
    out, scratch, chance = tmp_path / "results" / "elsewhere", tmp_path / "scratch", random.Random(70)
    scratch.mkdir()
    kept = []
    for moment in sorted(chance.sample(range(2, SITES - 8), 7)):
        kept.append(len(done_in(out)))
        process = start(source, "-o", out, *WORDS, "--workers", "2", scratch=scratch)
        until(lambda process=process: starts(out) == len(kept) or process.poll() is not None)
        until(lambda moment=moment, process=process: shards(out) >= moment or process.poll() is not None)
        time.sleep(chance.uniform(0.0, 0.5))
        assert process.poll() is None, "it ended before it was killed"
        killed(process)
    for seconds in (0.0, chance.uniform(0.2, 1.0), chance.uniform(1.0, 2.5)):
        kept.append(len(done_in(out)))
        process = start(source, "-o", out, *WORDS, "--workers", "2", scratch=scratch)
        until(put_together(out, process))
        time.sleep(seconds)
        assert process.poll() is None, "it ended before it was killed"
        killed(process)
    kept.append(len(done_in(out)))
    assert kept[-1] == SITES
    code, said, wrong = ended(start(source, "-o", out, *WORDS, "--workers", "2", scratch=scratch))
    assert code == 4, wrong
    assert f"{TOTAL} sites: {SITES} done, {len(POISON)} could not be done, 0 not run yet" in said
    assert f"({len(POISON) - 1} in this run, {SITES} kept, 1 failed before they were run)" in said
    assert city_bytes(out) == city_bytes(calm)
    assert same_sites(out, calm) == []
    nothing_left(out, scratch)
    # What the ledger held was not done again, not one site of it.
    log = log_of(out)
    assert [line["kept"] for line in log if line["event"] == "start"] == kept
    times = Counter(line["site"] for line in log if line["event"] == "site" and line["status"] == "done")
    assert len(times) == SITES
    # What was finished in the last moments before a kill, by two workers, had not reached the ledger.
    assert sum(times.values()) <= SITES + 7 * 4


def test_workers_killed_ten_times(source, calm, tmp_path):
    out, scratch, chance = tmp_path / "city", tmp_path / "scratch", random.Random(71)
    scratch.mkdir()
    process = start(source, "-o", out, *WORDS, "--workers", "3", scratch=scratch)
    victims = set()
    for moment in sorted(chance.sample(range(2, SITES - 10), 10)):
        until(lambda moment=moment: shards(out) >= moment or process.poll() is not None)
        time.sleep(chance.uniform(0.0, 0.3))
        assert process.poll() is None
        fresh = [w for w in workers_of(process.pid) if w.pid not in victims]
        victim = chance.choice(sorted(fresh, key=lambda w: w.pid))
        victims.add(victim.pid)
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.kill()
    code, said, wrong = ended(process)
    assert code == 4, wrong
    assert f"{TOTAL} sites: {SITES} done, {len(POISON)} could not be done" in said
    assert len(victims) == 10
    assert city_bytes(out) == city_bytes(calm)
    assert same_sites(out, calm) == []
    nothing_left(out, scratch)
    log = log_of(out)
    suspects = [line for line in log if line["event"] == "quarantine"]
    assert {line["signal"] for line in suspects} <= {"SIGKILL"}
    assert 1 <= len(suspects) <= 10
    attempts = {site_id: n for site_id, (status, _, n) in ledger_of(out).items() if status == "done"}
    assert sorted(s for s, n in attempts.items() if n > 1) == sorted({line["site"] for line in suspects})


def test_killed_again_and_again_in_the_final_merge(source, calm, tmp_path):
    """The old city stands, or the new one, never a mixture; and another batch may look at it meanwhile."""
    out, scratch, chance = tmp_path / "city", tmp_path / "scratch", random.Random(72)
    scratch.mkdir()
    code, _, wrong = ended(start(source, "-o", out, *WORDS, "--only", "SY11-00000*", scratch=scratch))
    assert code == 4, wrong
    few = city_bytes(out)
    assert few["summary.json"] != city_bytes(calm)["summary.json"]
    killed_before = 0
    process = start(source, "-o", out, *WORDS, scratch=scratch)
    until(put_together(out, process))
    for number in range(4):
        time.sleep((number + chance.random()) * 0.6)
        if process.poll() is None:
            killed(process)
        if city_bytes(out) == few:
            killed_before += 1
        elif not (out / ".city-ready").exists():
            assert city_bytes(out) == city_bytes(calm)
        process = start(source, "-o", out, *WORDS, "--tables-only", scratch=scratch)
        until(put_together(out, process))
    code, _, wrong = ended(process)
    assert code == 4, wrong
    assert killed_before >= 1, "none of them came in time"
    assert city_bytes(out) == city_bytes(calm)
    assert same_sites(out, calm) == []
    nothing_left(out, scratch)
