"""Whole batches on a real cluster: killed in every way, in the end the same bytes as on one machine."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed")
import cluster_work
import poison
import shelf  # noqa: F401  (makes its addresses known here)
from batch_scenes import city_bytes, log_of, small_site
from cluster import TestCluster
from command import environment

from firelane.batch.driver import run_batch
from firelane.batch.model import Settings
from firelane.errors import EngineError

pytestmark = pytest.mark.slow
SETTINGS = Settings(parts=("audit",), timeout_s=20)
IDS = [*(f"s{n:02d}" for n in range(24)), "segfault-1", "raise-1"]
SCRIPT = Path(__file__).parents[1] / "support" / "cluster_script.py"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    for n, site_id in enumerate(IDS):
        small_site(folder / site_id, 3.0 + 0.125 * n)
    return folder


@pytest.fixture(scope="module")
def calm(source, tmp_path_factory):
    """Return the tables of a run on this machine."""
    out = tmp_path_factory.mktemp("calm") / "out"
    result = run_batch(source, out, settings=SETTINGS, workers=2, work=poison.real_or_poisoned, extras=False)
    assert [o.site_id for o in result.failed] == ["raise-1", "segfault-1"]
    return city_bytes(out)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with TestCluster(2, home=tmp_path_factory.mktemp("two")) as cluster:
        yield cluster


def until(condition, seconds=240.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def done(out):
    return len(list(out.glob("shards/*/*.arrow")))


def test_workers_killed_in_the_middle_change_nothing(two, source, calm, tmp_path):
    out = tmp_path / "out"

    def kill():
        for count in (3, 9):
            until(lambda count=count: done(out) >= count)
            two.kill_worker(two.worker_pids()[count % 2])

    killer = threading.Thread(target=kill)
    killer.start()
    run_batch(source, out, settings=SETTINGS, cluster=two.address, work=cluster_work.real_slowly, extras=False)
    killer.join()
    assert city_bytes(out) == calm
    assert {p.name for p in (out / "sites").iterdir()} == set(IDS[:24])
    assert not [p.name for p in out.iterdir() if p.name.startswith(".")]


def test_a_killed_driver_goes_on(two, source, calm, tmp_path):
    out = tmp_path / "out"
    for number in (signal.SIGKILL, signal.SIGINT):
        before = done(out)
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(source), str(out), two.address], env=environment(), stderr=subprocess.PIPE,
            text=True, start_new_session=True,
        )  # fmt: skip
        until(lambda before=before, process=process: done(out) >= before + 4 or process.poll() is not None)
        os.killpg(process.pid, number)
        said = process.communicate(timeout=60)[1]
        assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL), said
        assert "Traceback" not in said
    result = run_batch(source, out, settings=SETTINGS, cluster=two.address, work=cluster_work.real_slowly, extras=False)
    assert result.kept >= 6
    assert city_bytes(out) == calm


def test_a_scheduler_that_died_is_replaced(source, calm, tmp_path):
    out = tmp_path / "out"
    with TestCluster(2, home=tmp_path / "home") as cluster:

        def kill():
            until(lambda: done(out) >= 5)
            cluster.kill_scheduler()

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(EngineError, match="is lost; what is done is kept"):
            run_batch(source, out, settings=SETTINGS, cluster=cluster.address, work=cluster_work.real_slowly, extras=False)
        killer.join()
    with TestCluster(1, home=tmp_path / "home2") as cluster:
        result = run_batch(
            source, out, settings=SETTINGS, cluster=cluster.address, work=cluster_work.real_slowly, extras=False
        )
    assert result.kept >= 3
    assert city_bytes(out) == calm
    assert [line["event"] for line in log_of(out)].count("start") == 2


@pytest.mark.parametrize("scheme", ["shelf", "file"])
def test_sites_and_results_in_object_storage(two, source, calm, tmp_path, monkeypatch, scheme):
    """The manifest is on this disk, all else at addresses."""
    monkeypatch.chdir(tmp_path)
    register = tmp_path / "register.csv"
    with register.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["site_id", "path"])
        table.writerows([site_id, f"{scheme}://{source}/{site_id}"] for site_id in [*IDS, "nobody"])
    (tmp_path / "store").mkdir()
    result = run_batch(
        register, f"{scheme}://{tmp_path}/store/city", settings=SETTINGS, cluster=two.address,
        work=cluster_work.real_on_shelf, extras=False,
    )  # fmt: skip
    assert [o.site_id for o in result.failed] == ["nobody", "raise-1", "segfault-1"]
    assert result.outcomes["nobody"].failure.kind.value == "missing"
    store = tmp_path / "store" / "city"
    assert {p.name for p in (store / "sites").iterdir()} == set(IDS[:24])
    assert (store / "summary.json").read_bytes() == (result.folder / "summary.json").read_bytes()
    # Again: nothing is done twice.
    before = {p: p.stat().st_mtime_ns for p in store.glob("sites/*/*")}
    again = run_batch(
        register, f"{scheme}://{tmp_path}/store/city", settings=SETTINGS, cluster=two.address,
        work=cluster_work.real_on_shelf, extras=False,
    )  # fmt: skip
    assert again.kept == 24
    assert {p: p.stat().st_mtime_ns for p in store.glob("sites/*/*")} == before
