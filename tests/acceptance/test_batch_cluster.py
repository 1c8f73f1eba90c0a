"""The command line on a real cluster: workers, driver and scheduler killed, and the same bytes as on one machine."""

from __future__ import annotations

import random
import time

import pytest

pytest.importorskip("distributed")
from batch_city import OF_SITE, ended, family, shards, start, until
from batch_scenes import city_bytes, ledger_of, log_of
from cluster import TestCluster

pytestmark = pytest.mark.slow

SITES = 44
POISON = ("unreadable", "empty", "missing")
WORDS = ("--what", "audit", "--lang", "en", "--timeout", "120")
SAID = f"{SITES + len(POISON)} sites: {SITES} done, {len(POISON)} could not be done, 0 not run yet"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The manifest of a small city, some of whose sites have to fail."""
    from city_write import write_city

    folder = tmp_path_factory.mktemp("source")
    return write_city(folder, SITES, seed=12, size="tiny", mess=0.5, form="manifest", poison=POISON).source


@pytest.fixture(scope="module")
def calm(source, tmp_path_factory):
    """An undisturbed run of this machine: the folder of its results."""
    out = tmp_path_factory.mktemp("calm") / "city"
    code, said, wrong = ended(start(source, "-o", out, *WORDS, "--workers", "2"))
    assert code == 4, wrong
    assert SAID in said
    return out


def test_killed_in_every_place_it_ends_with_the_same_tables(source, calm, tmp_path):
    out, chance = tmp_path / "city", random.Random(73)
    with TestCluster(2, home=tmp_path / "first") as cluster:
        on = ("--cluster", cluster.address)
        # Workers, four times.
        process = start(source, "-o", out, *WORDS, *on)
        for moment in sorted(chance.sample(range(2, 14), 4)):
            until(lambda moment=moment: shards(out) >= moment or process.poll() is not None)
            assert process.poll() is None
            if there := cluster.worker_pids():
                cluster.kill_worker(chance.choice(there))
            time.sleep(chance.uniform(0.0, 0.5))
        # The driver: the cluster stays, and what it was doing for that driver counts for nothing.
        until(lambda: shards(out) >= 18 or process.poll() is not None)
        assert process.poll() is None
        children = family(process.pid)
        process.kill()
        process.communicate(timeout=60)
        assert not [c for c in children if c.is_running() and c.status() != "zombie"]
        kept = [0, sum(status == "done" for status, *_ in ledger_of(out).values())]
        # The scheduler.
        process = start(source, "-o", out, *WORDS, *on)
        until(lambda: shards(out) >= 28 or process.poll() is not None)
        assert process.poll() is None
        cluster.kill_scheduler()
        code, said, wrong = ended(process)
        assert code == 2, wrong
        assert said == ""
        assert "is lost; what is done is kept" in wrong
        assert "Traceback" not in wrong
    kept.append(sum(status == "done" for status, *_ in ledger_of(out).values()))
    with TestCluster(2, home=tmp_path / "second") as cluster:
        code, said, wrong = ended(start(source, "-o", out, *WORDS, "--cluster", cluster.address))
        assert code == 4, wrong
        assert SAID in said
        assert f"{kept[-1]} kept, 1 failed before they were run)" in said
    assert [line["kept"] for line in log_of(out) if line["event"] == "start"] == kept
    assert kept[-1] >= 20
    assert city_bytes(out) == city_bytes(calm)
    names = {p.name for p in (calm / "sites").iterdir()}
    assert {p.name for p in (out / "sites").iterdir()} == names
    for name in names:
        for file in OF_SITE:
            assert (out / "sites" / name / file).read_bytes() == (calm / "sites" / name / file).read_bytes(), f"{name}/{file}"
    assert [p.name for p in out.iterdir() if p.name.startswith(".")] == []
    assert len(list(out.glob("shards/*/*"))) == SITES


def test_the_next_run_on_this_machine_has_nothing_to_do(source, tmp_path):
    """A batch may change from a cluster to one machine."""
    out = tmp_path / "city"
    with TestCluster(1, home=tmp_path / "home") as cluster:
        code, _, wrong = ended(start(source, "-o", out, *WORDS, "--cluster", cluster.address, "--only", "SY12-00000*"))
    assert code == 4, wrong
    code, said, wrong = ended(start(source, "-o", out, *WORDS, "--only", "poison*"))
    assert code == 4, wrong
    assert "(2 in this run, 10 kept, 1 failed before they were run)" in said
