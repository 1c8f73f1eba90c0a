"""Whole batches in processes of their own: killed, interrupted, their workers killed; in the end the tables are the same."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import poison
import psutil
import pytest
from batch_scenes import city_bytes, ledger_of, log_of, manifest
from command import environment

from firelane.batch.driver import run_batch
from firelane.batch.model import Settings
from firelane.batch.pool import LocalEngine

SCRIPT = Path(__file__).parents[1] / "support" / "batch_script.py"


def start(source, out, work="slowly", workers=2):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(source), str(out), work, str(workers)], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True,
    )  # fmt: skip


def begun(out):
    return len(list(out.glob("begun/*")))


def wait_for(condition, seconds=180):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def told_so_far(out):
    """Return how many sites the ledger of a running batch holds; none before it has its table."""
    with contextlib.suppress(sqlite3.OperationalError):
        return len(ledger_of(out)) if (out / "ledger.sqlite").exists() else 0
    return 0


def family(pid):
    """Return the processes below a batch; the tracker of Python's own semaphores ends by itself."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def gone(processes, seconds=15):
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return manifest(tmp_path_factory.mktemp("city"), *(f"s{n:02d}" for n in range(40)))


@pytest.fixture(scope="module")
def calm(source, tmp_path_factory):
    """Return the tables of an undisturbed run."""
    out = tmp_path_factory.mktemp("calm") / "out"
    with start(source, out) as process:
        said, wrong = process.communicate(timeout=300)
    assert said == "40 0 0\n", wrong
    return city_bytes(out)


@pytest.mark.slow
def test_a_killed_driver_leaves_nobody_behind_even_where_workers_hang_in_c(tmp_path):
    source, out = manifest(tmp_path / "source", "hang_in_c-1", "hang_in_c-2"), tmp_path / "out"
    with start(source, out, "poisoned") as process:
        wait_for(lambda: begun(out) == 2)
        children = family(process.pid)
        assert len(children) >= 2
        process.kill()
        process.wait(20)
        assert gone(children) == []


@pytest.mark.slow
def test_killed_at_any_moment_and_called_again_it_ends_with_the_same_tables(source, calm, tmp_path):
    out, chance = tmp_path / "out", random.Random(7)
    for _ in range(3):
        before = begun(out)
        with start(source, out) as process:
            wait_for(lambda before=before: begun(out) > before or process.poll() is not None)
            time.sleep(chance.uniform(0, 0.8))
            children = family(process.pid)
            process.kill()
            process.wait(20)
            assert gone(children) == []
    with start(source, out) as process:  # at once: nothing holds the lock any more
        _, wrong = process.communicate(timeout=300)
    assert process.returncode == 0, wrong
    assert city_bytes(out) == calm
    assert 40 <= begun(out) <= 40 + 3 * 12  # what was finished was not done again, but for what was in flight


@pytest.mark.slow
def test_workers_killed_from_outside_cost_no_site(source, calm, tmp_path):
    out, chance = tmp_path / "out", random.Random(11)
    with start(source, out) as process:
        wait_for(lambda: begun(out) > 2)
        for _ in range(4):
            workers = [p for p in family(process.pid) if "resource_tracker" not in " ".join(p.cmdline())]
            if workers:
                with contextlib.suppress(psutil.NoSuchProcess):
                    chance.choice(workers).kill()
            time.sleep(chance.uniform(0.2, 1.0))
        said, wrong = process.communicate(timeout=300)
    assert said == "40 0 0\n", wrong
    assert city_bytes(out) == calm


@pytest.mark.slow
@pytest.mark.parametrize("when", ["starting", "working"])
def test_ctrl_c_ends_in_order_and_what_is_done_is_kept(source, calm, tmp_path, when):
    out = tmp_path / "out"
    with start(source, out) as process:
        if when == "starting":
            wait_for(lambda: len(family(process.pid)) >= 2)
        else:
            wait_for(lambda: told_so_far(out) >= 4)
        children = family(process.pid)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: the workers get it too
        time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        said, wrong = process.communicate(timeout=30)
        # The second may come when everything is in order and the first handler is back: then it is just one more Ctrl-C.
        assert process.returncode in {130, -signal.SIGINT}, wrong
        # A worker that was being born when its driver ended says so by itself: nothing of ours runs in it yet.
        born = wrong.count("EOFError: Ran out of input") if when == "starting" else 0
        assert wrong.count("Traceback") == born, wrong
        assert gone(children) == []
    kept = len(ledger_of(out))
    assert log_of(out)[-1]["event"] == "interrupt"
    with start(source, out) as process:
        said, wrong = process.communicate(timeout=300)
    assert said == f"{40 - kept} 0 0\n", wrong
    assert city_bytes(out) == calm


@pytest.mark.slow
def test_real_sites_among_poisons_equal_their_single_runs(tmp_path):
    from batch_scenes import small_site

    folder = tmp_path / "source"
    ids = ["a", "segfault-1", "b", "raise-1", "hang-1", "c"]
    for n, site_id in enumerate(ids):
        small_site(folder / site_id, 3.0 + 0.25 * n)
    (folder / "unreadable").mkdir()
    (folder / "unreadable" / "site.gpkg").write_bytes(b"SQLite format 3\0 no")
    settings = Settings(parts=("audit",), timeout_s=4, memory_mb=900)
    result = run_batch(folder, tmp_path / "out", settings=settings, workers=2, work=poison.real_or_poisoned, extras=False)
    assert {o.site_id: o.failure.kind.value for o in result.failed} == {
        "segfault-1": "crash", "raise-1": "internal", "hang-1": "timeout", "unreadable": "unreadable",
    }  # fmt: skip
    assert {p.name for p in (tmp_path / "out" / "sites").iterdir()} == {"a", "b", "c"}
    from firelane.run import run_site

    for site_id in ("a", "b", "c"):
        run_site(folder / site_id, tmp_path / "single" / site_id, parts=("audit",), pdf=False)
        for name in ("audit.json", "findings.csv", "findings.geojson"):
            ours, single = (tmp_path / where / site_id / name for where in ("out/sites", "single"))
            assert ours.read_bytes() == single.read_bytes(), name


@pytest.mark.slow
def test_the_memory_of_a_worker_does_not_grow(tmp_path):
    from functools import partial

    from batch_scenes import small_site

    from firelane.batch.model import Task
    from firelane.batch.work import do_site
    from firelane.batch.worker import resident_mb

    site = small_site(tmp_path / "site")
    function = partial(do_site, settings=Settings(parts=("audit",), remedies=False), out=str(tmp_path / "out"))
    engine = LocalEngine(1)
    try:
        held = []
        for _ in engine.map_sites(function, (Task("s", str(site), "s") for _ in range(120))):
            (worker,) = [p for p in psutil.Process().children(recursive=True) if "resource_tracker" not in " ".join(p.cmdline())]
            held.append(resident_mb(worker.pid))
    finally:
        engine.stop()
    # After the first sites have filled what is filled once: less than 20 kB for each, 100 MB over 5,000.
    assert (max(held[100:]) - min(held[40:60])) / 60 < 0.02
