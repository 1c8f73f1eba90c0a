"""The engine of a cluster, on a real scheduler and real workers of their own on the loopback."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("distributed")
import cluster_work
import poison
import psutil
from cluster import TestCluster, alive_children

import firelane
from firelane.batch import cluster as cluster_module
from firelane.batch import cluster_worker, engines
from firelane.batch.cluster import TOKEN, Cluster
from firelane.batch.cluster_check import (
    Session,
    code_sha256,
    differing_libraries,
    introduce,
    libraries,
    refusal,
)
from firelane.batch.cluster_roll import Roll
from firelane.batch.cluster_send import block
from firelane.batch.engine import Death
from firelane.batch.model import FailureKind, Outcome, Settings
from firelane.errors import EngineError, UsageError


def did(pairs):
    return {task.site_id: became for task, became in pairs}


def until(condition, seconds=30.0):
    """Wait for it."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


# ------------------------------------------------------------------------------------------- without a cluster

def test_without_the_library_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError) as caught:
        Cluster("tcp://127.0.0.1:1").start()
    assert 'pip install "firelane[cluster]"' in caught.value.text("zh")
    assert 'pip install "firelane[cluster]"' in caught.value.text("en")


def test_the_module_needs_no_library_of_clusters():
    """The command line imports it on machines that have neither distributed nor fsspec."""
    code = (
        "import sys, firelane.batch.cluster, firelane.batch.places\n"
        "bad = {'distributed', 'dask', 'fsspec'} & set(sys.modules)\n"
        "assert not bad, bad"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "127.0.0.1:1", "nonsense://127.0.0.1:1"])
def test_no_scheduler_answers(address, tmp_path):
    engine = Cluster(address, out=str(tmp_path), connect_s=0.5)
    with pytest.raises(UsageError) as caught:
        engine.start()
    assert address in caught.value.text("zh")
    assert "没有 dask 调度器" in caught.value.text("zh")
    assert "no dask scheduler answers" in caught.value.text("en")
    engine.stop()


def test_dask_and_its_loops_say_nothing_as_long_as_the_engine_lives(tmp_path, monkeypatch, caplog):
    """A callback of the loop may fail at any moment between two of our own calls."""

    class Client:
        status = "running"
        scheduler = type("Scheduler", (), {"ncores": None})

        def __init__(self, *_args, **_options):
            pass

        def sync(self, *_args, **_options):
            return {"tcp://127.0.0.1:2": 1}

        def run(self, *_args, **_options):
            return {}

        def close(self, **_options):
            logging.getLogger("tornado.application").error("while it closes")

    monkeypatch.setattr("distributed.Client", Client)
    before = [logging.getLogger(name).level for name in cluster_module._TALKERS]
    engine = Cluster("tcp://127.0.0.1:1", out=str(tmp_path))
    engine.start()
    for name in cluster_module._TALKERS:
        logging.getLogger(name).error("a traceback")
    engine.stop()
    assert not caplog.records
    assert [logging.getLogger(name).level for name in cluster_module._TALKERS] == before
    logging.getLogger("asyncio").error("heard again")
    assert [r.getMessage() for r in caplog.records] == ["heard again"]
    assert not list(tmp_path.iterdir())


def session(**changes):
    return Session(**{"key": "k", "version": firelane.__version__, "code": code_sha256()} | changes)


def test_a_worker_that_is_the_same_may_take_part(tmp_path):
    token = tmp_path / "token"
    token.write_text("k")
    told = introduce(session(token=str(token), sources=(str(tmp_path),)))
    assert told["refusal"] is None
    assert told["libraries"] == libraries()
    assert not any(version == "-" for version in libraries().values())


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ({"version": "9.9"}, "本机为 9.9", "here it is 9.9"),
        ({"code": "0" * 64}, "与本机不同", "not made of the same files"),
        ({"token": "/nowhere/token"}, "看不到结果文件夹 /nowhere", "does not see the results' folder /nowhere"),
        ({"sources": ("/nowhere/city",)}, "看不到数据 /nowhere/city", "does not see the source /nowhere/city"),
    ],
)
def test_a_worker_that_is_not_says_why(changes, zh, en):
    why = refusal(session(**changes))
    assert zh in why[0]
    assert en in why[1]


def test_files_of_rules_must_be_the_same(tmp_path):
    pack = tmp_path / "mine.toml"
    pack.write_text("a = 1", "utf-8")
    packs = tuple(engines.packs_of(Settings(rules=("shenyang-2020", str(pack)))).items())
    assert [Path(path).name for path, _ in packs] == ["mine.toml"]
    assert refusal(session(packs=packs)) is None
    pack.write_text("a = 2", "utf-8")
    zh, en = refusal(session(packs=packs))
    assert "内容与本机不同" in zh
    assert "is not the one here" in en
    pack.unlink()
    zh, en = refusal(session(packs=packs))
    assert "看不到规则文件" in zh
    assert "does not see the file of rules" in en


def test_a_worker_that_cannot_start_a_process_blames_no_site(monkeypatch):
    made = []

    class Hopeless:
        def __init__(self, *_, **__):
            made.append(self)

        def map_sites(self, _function, _tasks):
            raise EngineError("256 MB is too little", "256 MB 太小")

        def stop(self):
            pass

    monkeypatch.setattr("firelane.batch.pool.LocalEngine", Hopeless)
    monkeypatch.setattr(cluster_worker, "_address", lambda: "tcp://w:1")
    monkeypatch.setattr(cluster_worker, "_memory_mb", lambda: None)
    monkeypatch.setattr(cluster_worker, "_REFUSED_S", 0.0)
    why = ("256 MB 太小", "256 MB is too little")
    for kind in ("unable", "refused"):
        told = [pickle.dumps(each) for each in (poison.tasks("s1")[0], session(key="hopeless"), poison.nothing)]
        assert cluster_worker.do(*told) == (kind, why, "tcp://w:1")
    assert len(made) == 1, "the second site does not find it out again"
    cluster_worker.close("hopeless")
    # The driver: another worker may be able to; where none is left, that is the end and no site has failed.
    engine = Cluster("tcp://127.0.0.1:1")
    threads = {"tcp://w:1": 1, "tcp://w:2": 1}
    monkeypatch.setattr(engine, "_threads", lambda: threads)
    assert engine._judge(("unable", why, "tcp://w:1"), 1) is None
    assert [n.code for n in engine.notes] == ["cluster_worker"]
    del threads["tcp://w:2"]
    with pytest.raises(EngineError, match="256 MB is too little") as caught:
        engine._judge(("unable", why, "tcp://w:1"), 1)
    assert "256 MB 太小" in caught.value.text("zh")


def test_another_folder_of_the_same_name_is_not_the_results_folder(tmp_path):
    token = tmp_path / "token"
    token.write_text("of another machine")
    assert "看不到结果文件夹" in refusal(session(token=str(token)))[0]


def test_libraries_that_differ_are_named():
    theirs = libraries() | {"shapely": "0.1"}
    assert differing_libraries({"a": libraries(), "b": libraries()}) == ()
    (said,) = differing_libraries({"a": libraries(), "b": theirs})
    assert said == f"shapely {libraries()['shapely']} ≠ 0.1 (b)"


def test_blocks_are_bounded_in_number_and_in_bytes():
    many = iter(poison.tasks(*[f"s{i}" for i in range(12)]))
    assert [len(block(many, 5)) for _ in range(4)] == [5, 5, 2, 0]
    bulky = iter(poison.tasks(*[f"{i}" + "x" * (1 << 20) for i in range(9)]))
    sizes = [len(block(bulky, 100)) for _ in range(6)]
    assert sum(sizes) == 9
    assert max(sizes) <= 4


# ------------------------------------------------------------------------------------------- one quick run

def test_sites_on_a_cluster(tmp_path):
    """One worker: what is done, what dies, what runs out of time; Ctrl-C; nothing stays behind."""
    with TestCluster(1, home=tmp_path / "home") as cluster:
        out = tmp_path / "out"
        engine = Cluster(cluster.address, Settings(timeout_s=3.0), out=str(out), sources=[str(tmp_path)])
        engine.start()
        try:
            assert engine.workers == 1
            assert engine.notes == ()
            assert len(list(out.glob(f"{TOKEN}*"))) == 1
            work = partial(poison.poison, out=str(out))
            ids = [*(f"s{n}" for n in range(20)), "segfault-1", "raise-1"]
            became = did(engine.map_sites(work, poison.tasks(*ids)))
            assert sorted(became) == sorted(ids)
            assert all(became[i].done for i in ids[:20])
            assert became["segfault-1"].kind is FailureKind.CRASH
            assert became["segfault-1"].signal_name == "SIGSEGV"
            assert became["raise-1"].failure.kind is FailureKind.INTERNAL
            assert all(poison.tried(out, i) == 1 for i in ids)
            # Stopped in the middle: what runs is ended at once, what waits is never begun.
            slow = engine.map_sites(
                partial(poison.sleepy, out=str(out), seconds=2.0), poison.tasks(*[f"z{n}" for n in range(30)])
            )
            next(slow)
            until(lambda: len(list(out.glob("begun/z*"))) == 2)
            slow.close()
            time.sleep(2.5)
            assert len(list(out.glob("begun/z*"))) == 2
            assert len(list(out.glob("sites/z*"))) == 1
        finally:
            engine.stop()
            engine.stop()
        (pid,) = cluster.worker_pids()
        until(lambda: not alive_children(pid))
        assert not list(out.glob(f"{TOKEN}*"))


# ------------------------------------------------------------------------------------------- slow

@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with TestCluster(2, home=tmp_path_factory.mktemp("two")) as cluster:
        yield cluster


@pytest.fixture
def engine(two, tmp_path):
    made = Cluster(two.address, Settings(timeout_s=5.0, memory_mb=600), out=str(tmp_path), patience_s=60.0)
    made.start()
    yield made
    made.stop()


@pytest.mark.slow
def test_every_poison_costs_its_own_site(engine, tmp_path):
    bad = [f"{kind}-1" for kind in poison.KINDS]
    good = [f"s{n}" for n in range(186)]
    order = [*good[:90], *bad, *good[90:]]
    became = did(engine.map_sites(partial(poison.poison, out=str(tmp_path)), poison.tasks(*order)))
    assert sorted(became) == sorted(order)
    assert all(became[i].done for i in good)
    assert all(poison.tried(tmp_path, i) == 1 for i in good)
    kinds = {
        i.split("-")[0]: (b.kind if isinstance(b, Death) else b.failure.kind).value for i, b in became.items() if i in bad
    }
    assert kinds == {
        "segfault": "crash", "abort": "crash", "leave": "crash", "leave0": "crash", "suicide": "crash", "hog": "memory",
        "leap": "memory", "memory_error": "memory", "hang": "timeout", "hang_in_c": "timeout", "raise": "internal",
        "exit": "internal", "interrupt": "internal", "unreadable": "unreadable",
    }  # fmt: skip


@pytest.mark.slow
def test_the_engine_of_one_machine_says_the_same(engine, tmp_path):
    """Word for word: tables do not tell on which engine a city was done."""
    from firelane.batch.pool import LocalEngine

    settings = Settings(timeout_s=5.0, memory_mb=600)
    ids = ["segfault-1", "hang_in_c-1", "leap-1", "leave-1", "unreadable-1", "suicide-1"]
    local = LocalEngine(2, timeout_s=5.0, memory_mb=600)
    local.start()
    try:
        here = did(local.map_sites(poison.poison, poison.tasks(*ids)))
    finally:
        local.stop()
    there = did(engine.map_sites(poison.poison, poison.tasks(*ids)))

    def failure(became):
        return became.failure(settings) if isinstance(became, Death) else became.failure

    assert {i: failure(here[i]) for i in ids} == {i: failure(there[i]) for i in ids}


@pytest.mark.slow
def test_too_little_memory_ends_the_batch_in_words(two, tmp_path):
    engine = Cluster(two.address, Settings(memory_mb=128), out=str(tmp_path))
    engine.start()
    try:
        with pytest.raises(EngineError, match=r"128 MB for each worker is too little.*use --memory") as caught:
            list(engine.map_sites(poison.nothing, poison.tasks(*[f"s{n}" for n in range(40)])))
        assert "内存上限 128 MB 太小" in caught.value.text("zh")
    finally:
        engine.stop()


@pytest.mark.slow
def test_alone_is_a_fresh_process(engine):
    (task,) = poison.tasks("s1")
    one, two_, three = (engine.alone(poison.who, task).worker for _ in range(3))
    assert len({one, two_, three}) == 3
    died = engine.alone(poison.poison, poison.tasks("segfault-1")[0])
    assert died.signal_name == "SIGSEGV"
    assert engine.alone(poison.poison, task).done


@pytest.mark.slow
def test_killed_workers_cost_nothing(two, engine, tmp_path):
    """SIGKILL from outside, three times: sites that were in work are done by another worker."""
    ids = [f"s{n}" for n in range(200)]
    became = {}
    killed = []
    pairs = engine.map_sites(partial(poison.sleepy, out=str(tmp_path), seconds=0.1), poison.tasks(*ids))
    for task, result in pairs:
        became[task.site_id] = result
        if len(became) in {20, 60, 100}:
            pid = two.worker_pids()[0]
            if pid not in killed:
                killed.append(pid)
                children = alive_children(pid)
                two.kill_worker(pid)
                # The site's process goes with its worker: nothing may go on writing.
                until(lambda children=children: not [c for c in children if psutil.pid_exists(c) and _runs(c)])
    assert len(killed) == 3
    assert sorted(became) == sorted(ids)
    assert all(isinstance(b, Outcome) and b.done for b in became.values())
    assert {p.parent.name for p in tmp_path.glob("sites/*/audit.json")} == set(ids)


def _runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
def test_what_kills_the_worker_itself_is_told_in_the_end(engine, tmp_path):
    ids = ["s1", "regicide-1", "s2", "s3"]
    became = did(engine.map_sites(partial(cluster_work.regicide, out=str(tmp_path)), poison.tasks(*ids)))
    assert sorted(became) == sorted(ids)
    assert isinstance(became["regicide-1"], Death)
    assert became["regicide-1"].kind is FailureKind.CRASH
    # Neighbours may have been on the same worker each time; alone they are done.
    for site_id in ("s1", "s2", "s3"):
        again = became[site_id]
        if isinstance(again, Death):
            again = engine.alone(cluster_work.regicide, poison.tasks(site_id)[0])
        assert again.done


@pytest.mark.slow
def test_two_batches_share_a_cluster(two, engine, tmp_path):
    other = Cluster(two.address, out=str(tmp_path / "other"))
    other.start()
    results = {}

    def run():
        results["other"] = did(other.map_sites(partial(poison.sleepy, seconds=0.05), poison.tasks(*[f"o{n}" for n in range(40)])))

    thread = threading.Thread(target=run)
    thread.start()
    mine = engine.map_sites(partial(poison.sleepy, seconds=0.05), poison.tasks(*[f"m{n}" for n in range(40)]))
    next(mine)
    mine.close()  # ends mine alone
    thread.join(120)
    other.stop()
    assert len(results["other"]) == 40
    assert all(b.done for b in results["other"].values())


@pytest.mark.slow
def test_a_worker_that_sees_other_folders_is_refused_before_anything_is_done(two, tmp_path, monkeypatch):
    monkeypatch.setattr(Roll, "put_token", lambda self: None)
    engine = Cluster(two.address, out=str(tmp_path))
    with pytest.raises(UsageError) as caught:
        engine.start()
    assert str(caught.value).count("does not see the results' folder") == 2
    assert "看不到结果文件夹" in caught.value.text("zh")


def other_firelane(folder, code):
    """Make a package that goes before the real one."""
    package = folder / "firelane" / "batch"
    package.mkdir(parents=True)
    (folder / "firelane" / "__init__.py").write_text(code)
    (package / "__init__.py").write_text("")
    real = Path(firelane.__file__).parent / "batch" / "cluster_check.py"
    (package / "cluster_check.py").write_text(real.read_text("utf-8"))
    return {"PYTHONPATH": str(folder)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "zh", "en"),
    [
        ("__version__ = '0.0.9'", "版本为 0.0.9", "it has firelane 0.0.9"),
        (f"__version__ = {firelane.__version__!r}", "与本机不同", "not made of the same files"),
        ("raise ImportError('no geos')", "无法载入 firelane", "firelane cannot be loaded"),
    ],
)
def test_another_firelane_is_refused_before_anything_is_done(tmp_path, code, zh, en):
    with TestCluster(1, home=tmp_path / "home", nanny=False, env=None) as cluster:
        cluster.start_worker(env=other_firelane(tmp_path / "fake", code))
        engine = Cluster(cluster.address, out=str(tmp_path / "out"))
        from distributed import Client

        with Client(cluster.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        with pytest.raises(UsageError) as caught:
            engine.start()
        assert caught.value.text("zh").count(zh) == 1
        assert caught.value.text("en").count(en) == 1
        assert not list((tmp_path / "out").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("code", ["__version__ = '0.0.9'", "raise ImportError('no geos')"])
def test_another_firelane_that_joins_later_gets_no_site(tmp_path, code):
    with TestCluster(1, home=tmp_path / "home", nanny=False) as cluster:
        engine = Cluster(cluster.address, out=str(tmp_path / "out"))
        engine.start()
        try:
            ids = [f"s{n}" for n in range(400)]
            pairs = engine.map_sites(partial(poison.sleepy, seconds=0.1), poison.tasks(*ids))
            became = did([next(pairs)])
            cluster.start_worker(env=other_firelane(tmp_path / "fake", code))
            until(lambda: len(engine._threads()) == 2)
            became |= did(pairs)
            assert sorted(became) == sorted(ids)
            assert all(b.done for b in became.values())
            assert [n.code for n in engine.notes] == ["cluster_worker"]
        finally:
            engine.stop()


@pytest.mark.slow
def test_the_scheduler_dies_and_another_goes_on(tmp_path, caplog):
    ids = [f"s{n}" for n in range(60)]
    work = partial(poison.sleepy, out=str(tmp_path), seconds=0.1)
    became = {}
    with TestCluster(2, home=tmp_path / "home") as cluster:
        engine = Cluster(cluster.address, out=str(tmp_path), connect_s=3.0)
        engine.start()

        def go_on():
            for task, result in engine.map_sites(work, poison.tasks(*ids)):
                became[task.site_id] = result
                if len(became) == 20:
                    cluster.kill_scheduler()

        began_s = time.monotonic()
        with pytest.raises(EngineError) as caught:
            go_on()
        assert time.monotonic() - began_s < 60
        assert "连接已中断" in caught.value.text("zh")
        assert "goes on from there" in caught.value.text("en")
        engine.stop(now=True)
        assert not list(tmp_path.glob(f"{TOKEN}*"))
    # a scheduler that goes is told in plain words, never by the tracebacks of dask's own loops
    assert not [r for r in caplog.records if r.exc_info or "Traceback" in r.getMessage()]
    assert 20 <= len(became) < 60
    with TestCluster(1, home=tmp_path / "home2") as cluster:
        engine = Cluster(cluster.address, out=str(tmp_path))
        engine.start()
        rest = [i for i in ids if i not in became]
        became |= did(engine.map_sites(work, poison.tasks(*rest)))
        engine.stop()
    assert sorted(became) == sorted(ids)
    assert all(b.done for b in became.values())


@pytest.mark.slow
def test_a_cluster_without_workers(tmp_path):
    with TestCluster(1, home=tmp_path / "home") as cluster:
        engine = Cluster(cluster.address, out=str(tmp_path), patience_s=4.0)
        engine.start()
        pairs = engine.map_sites(partial(poison.sleepy, seconds=0.1), poison.tasks(*[f"s{n}" for n in range(50)]))
        next(pairs)
        from cluster import end_family

        end_family(cluster.workers[0].pid)
        with pytest.raises(EngineError) as caught:
            list(pairs)
        assert "没有工作节点" in caught.value.text("zh")
        assert "has had no worker for 4 s" in caught.value.text("en")
        engine.stop()
        # At the start as well.
        engine = Cluster(cluster.address, out=str(tmp_path), patience_s=1.0)
        with pytest.raises(EngineError):
            engine.start()


@pytest.mark.slow
def test_the_overhead_of_a_site_is_small(two, engine):
    """Processor time of scheduler, workers, their children and this process: at most 5 ms for each site."""
    tasks = poison.tasks(*[f"s{n}" for n in range(1_500)])
    list(engine.map_sites(poison.nothing, tasks[:100]))

    def used():
        total = time.process_time()
        for process in [two.scheduler, *two.workers]:
            head = psutil.Process(process.pid)
            for member in [head, *head.children(recursive=True)]:
                told = member.cpu_times()
                total += told.user + told.system
        return total

    costs = []
    for _ in range(3):
        before = used()
        assert len(list(engine.map_sites(poison.nothing, tasks))) == len(tasks)
        costs.append((used() - before) / len(tasks))
    assert min(costs) < 0.005 * 1.5, costs  # half as much again for a machine that others use as well


def test_a_session_is_small():
    """It goes with every site."""
    assert len(pickle.dumps(session(token="/a/path/of/some/length/" * 4))) < 1_000
