"""The driver without processes: what is done, what stands, who is guilty, and that every site is in every total."""

import csv
import json
import os
import shutil
import signal
import threading
import time

import poison
import pytest
from batch_scenes import DEATHS, HereEngine, city_bytes, ledger_of, log_of, manifest

from firelane.batch.driver import run_batch
from firelane.batch.engine import Death
from firelane.batch.model import FailureKind, Settings
from firelane.batch.work import hash_site
from firelane.errors import InputError, OutputError, UsageError

IDS = [f"s{n}" for n in range(6)]


def go(source, out, engine=None, **told):
    engine = engine or HereEngine()
    told = {"work": poison.poisoned, "extras": False} | told
    return run_batch(source, out, engine=engine, **told), engine


@pytest.fixture
def source(tmp_path):
    path = manifest(tmp_path / "source", *IDS)
    old = time.time() - 100
    for file in (tmp_path / "source").rglob("*"):
        if file.is_file():
            os.utime(file, (old, old))
    return path


def rested(monkeypatch):
    """Let files that were just written pass for old ones: their time of change cannot be set."""
    monkeypatch.setattr("firelane.batch.standing.RACY_S", -1e9)


def statuses(out):
    with (out / "sites.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {row["site_id"]: row["status"] for row in csv.DictReader(stream)}


def test_every_site_is_done_once_and_stands_afterwards(source, tmp_path, monkeypatch):
    rested(monkeypatch)
    result, engine = go(source, tmp_path / "out")
    assert sorted(engine.begun) == IDS
    assert (result.run, result.kept, result.failed, result.not_run) == (6, 0, (), ())
    first = city_bytes(tmp_path / "out")
    again, engine = go(source, tmp_path / "out")
    assert engine.begun == []
    assert engine.started == 0, "nothing to do needs no worker"
    assert (again.run, again.kept) == (0, 6)
    assert city_bytes(tmp_path / "out") == first


def test_tables_do_not_depend_on_the_order_of_completion(source, tmp_path):
    class Backwards(HereEngine):
        def map_sites(self, function, tasks):
            yield from super().map_sites(function, list(tasks)[::-1])

    go(source, tmp_path / "a")
    go(source, tmp_path / "b", Backwards())
    assert city_bytes(tmp_path / "a") == city_bytes(tmp_path / "b")


def test_a_changed_file_redoes_its_site_and_no_other(source, tmp_path, monkeypatch):
    rested(monkeypatch)
    go(source, tmp_path / "out")
    path = source.parent / "in" / "00002.geojson"
    path.write_text(path.read_text("utf-8") + " ", "utf-8")
    _, engine = go(source, tmp_path / "out")
    assert engine.begun == ["s2"]


def test_a_touched_file_is_hashed_and_stands(source, tmp_path, monkeypatch):
    rested(monkeypatch)
    go(source, tmp_path / "out")
    path = source.parent / "in" / "00002.geojson"
    os.utime(path)
    hashed = listening(monkeypatch)
    _, engine = go(source, tmp_path / "out")
    assert (engine.begun, hashed) == ([], ["s2"])
    _, engine = go(source, tmp_path / "out")
    assert (engine.begun, hashed) == ([], ["s2"]), "its new times are remembered"


def listening(monkeypatch):
    """Return a list that gets the ids of the sites whose input is hashed to see whether it changed."""
    hashed = []
    monkeypatch.setattr("firelane.batch.driver.hash_site", lambda task: hashed.append(task.site_id) or hash_site(task))
    return hashed


def test_files_written_just_before_are_not_trusted_by_their_times(tmp_path, monkeypatch):
    source = manifest(tmp_path / "source", *IDS)
    go(source, tmp_path / "out")
    hashed = listening(monkeypatch)
    _, engine = go(source, tmp_path / "out")
    assert sorted(hashed) == IDS
    assert engine.begun == []


@pytest.mark.parametrize("lost", ["shard", "damaged", "folder"])
def test_a_site_whose_results_are_gone_is_done_again(source, tmp_path, lost):
    out = tmp_path / "out"
    go(source, out)
    (shard,) = out.glob("shards/*/s3.arrow")
    if lost == "shard":
        shard.unlink()
    elif lost == "damaged":
        shard.write_bytes(shard.read_bytes()[:-1])
    else:
        shutil.rmtree(out / "sites" / "s3")
    _, engine = go(source, out)
    assert engine.begun == ["s3"]


def test_other_settings_redo_all_but_limits_do_not(source, tmp_path):
    out = tmp_path / "out"
    go(source, out, settings=Settings(parts=("audit",)))
    _, engine = go(source, out, settings=Settings(parts=("audit",), timeout_s=7, memory_mb=900))
    assert engine.begun == []
    _, engine = go(source, out, settings=Settings(parts=("audit", "map")))
    assert sorted(engine.begun) == IDS


def test_a_new_site_is_done_and_one_that_is_gone_leaves_the_tables(source, tmp_path):
    out = tmp_path / "out"
    go(source, out)
    manifest(source.parent, *IDS[:5], "new", "newer")
    result, engine = go(source, out)
    assert {"new", "newer"} <= set(engine.begun)
    assert set(statuses(out)) == {*IDS[:5], "new", "newer"}
    assert len(result.tasks) == 7


def test_failed_sites_are_tried_again_and_stay_in_every_total(tmp_path):
    source, out = manifest(tmp_path / "source", "a", "raise-1", "b"), tmp_path / "out"
    for _ in range(2):
        result, engine = go(source, out, work=_careful)
        assert "raise-1" in engine.begun
        assert [o.site_id for o in result.failed] == ["raise-1"]
        assert statuses(out) == {"a": "done", "b": "done", "raise-1": "failed"}
    assert ledger_of(out)["raise-1"] == ("failed", "internal", 1)
    assert result.summary["totals"]["sites"] == 3


def _careful(task, settings, out):
    from functools import partial

    from firelane.batch.worker import guarded

    return guarded(partial(poison.poisoned, settings=settings, out=out), task)


def test_a_row_that_names_no_file_fails_without_being_begun(source, tmp_path):
    with source.open("a", encoding="utf-8") as stream:
        stream.write("gone,nowhere/at/all.gpkg\n")
    result, engine = go(source, tmp_path / "out")
    assert "gone" not in engine.begun
    assert [(o.site_id, o.failure.kind) for o in result.failed] == [("gone", FailureKind.MISSING)]
    assert ledger_of(tmp_path / "out")["gone"] == ("failed", "missing", 0)


@pytest.mark.parametrize(
    ("kind", "attempts", "said"),
    [("segfault", 3, "crash"), ("suicide", 5, "crash"), ("hang", 2, "timeout"), ("hog", 2, "memory")],
)
def test_a_site_that_kills_its_workers_fails_after_so_many_times_alone(source, tmp_path, kind, attempts, said):
    out = tmp_path / "out"
    result, engine = go(source, out, HereEngine({"s2": [DEATHS[kind]] * 9}), settings=Settings(timeout_s=60, memory_mb=500))
    assert [o.site_id for o in result.failed] == ["s2"]
    assert engine.alone_begun == ["s2"] * (attempts - 1)
    assert ledger_of(out)["s2"] == ("failed", said, attempts)
    assert statuses(out)["s2"] == "failed"
    assert sum(e["event"] == "quarantine" for e in log_of(out)) == attempts


def test_innocents_whose_worker_died_are_done_alone_and_the_tables_do_not_tell(source, tmp_path):
    go(source, tmp_path / "calm")
    result, engine = go(source, tmp_path / "storm", HereEngine({i: [DEATHS["suicide"]] for i in IDS}))
    assert result.failed == ()
    assert engine.alone_begun == IDS
    assert city_bytes(tmp_path / "calm") == city_bytes(tmp_path / "storm")
    assert ledger_of(tmp_path / "storm")["s0"] == ("done", None, 2)


def test_many_whose_workers_were_ended_from_outside_are_first_tried_side_by_side(tmp_path):
    """After the end of a machine: no hundred sites one after the other while all other workers are idle."""
    many = [f"s{n:03d}" for n in range(200)]
    source = manifest(tmp_path / "source", *many, "z-own")
    go(source, tmp_path / "calm")
    gone = Death(FailureKind.CRASH)  # a cluster does not tell how
    deaths = {i: [gone if n % 2 else DEATHS["suicide"]] for n, i in enumerate(many)} | {"z-own": [DEATHS["segfault"]]}
    deaths["s007"] = [DEATHS["suicide"]] * 3  # it dies in the second round as well, and once alone
    result, engine = go(source, tmp_path / "storm", HereEngine(deaths))
    assert result.failed == ()
    assert engine.alone_begun == ["s007", "s007", "z-own"]
    assert engine.begun == [*many, "z-own", *many]
    assert city_bytes(tmp_path / "calm") == city_bytes(tmp_path / "storm")
    told = ledger_of(tmp_path / "storm")
    assert [told[i][2] for i in ("s000", "s001", "s007", "z-own")] == [2, 2, 4, 2]


def test_a_site_that_dies_among_many_is_guilty_only_when_it_does_it_alone(tmp_path):
    many = [f"s{n:02d}" for n in range(12)]
    source, out = manifest(tmp_path / "source", *many), tmp_path / "out"
    deaths = {i: [DEATHS["suicide"]] for i in many} | {"s03": [DEATHS["suicide"]] * 9}
    result, engine = go(source, out, HereEngine(deaths))
    assert [o.site_id for o in result.failed] == ["s03"]
    assert engine.alone_begun == ["s03"] * 4, "five deaths: the first and four alone; that in the crowd proves nothing"
    assert ledger_of(out)["s03"] == ("failed", "crash", 6)
    assert sum(e["event"] == "quarantine" for e in log_of(out)) == 12 + 1 + 4


def test_only_does_those_named_again_and_leaves_the_rest(source, tmp_path):
    out = tmp_path / "out"
    result, engine = go(source, out, only=["s1", "s[23]"])
    assert engine.begun == ["s1", "s2", "s3"]
    assert result.not_run == ("s0", "s4", "s5")
    assert statuses(out)["s0"] == "not_run"
    _, engine = go(source, out, only=["s1"])
    assert engine.begun == ["s1"]
    with pytest.raises(UsageError, match="there is no such site") as caught:
        go(source, out, only=["nonsense"])
    assert "没有此场地" in caught.value.text("zh")


def test_tables_only_does_no_site_and_counts_what_is_there(source, tmp_path):
    out = tmp_path / "out"
    go(source, out, only=["s1"])
    (out / "sites.csv").unlink()
    result, engine = go(source, out, tables_only=True)
    assert engine.begun == []
    assert engine.started == 0
    assert len(result.not_run) == 5
    assert statuses(out)["s1"] == "done"


def test_tasks_are_drawn_as_they_are_needed(source, tmp_path):
    engine = HereEngine(interrupt_after=2)
    with pytest.raises(KeyboardInterrupt):
        go(source, tmp_path / "out", engine)
    assert engine.drawn == 3


def test_an_interrupt_keeps_what_is_done_and_the_next_run_goes_on(source, tmp_path):
    out = tmp_path / "out"
    engine = HereEngine(interrupt_after=4)
    with pytest.raises(KeyboardInterrupt):
        go(source, out, engine)
    assert engine.stopped
    assert len(ledger_of(out)) == 4
    assert log_of(out)[-1]["event"] == "interrupt"
    _, engine = go(source, out)
    assert len(engine.begun) == 2
    go(source, tmp_path / "calm")
    assert city_bytes(out) == city_bytes(tmp_path / "calm")


def test_a_second_ctrl_c_does_no_harm(source, tmp_path):
    class Pressed(HereEngine):
        def map_sites(self, function, tasks):
            for pair in super().map_sites(function, tasks):
                yield pair
                if self.finished == 2:
                    signal.raise_signal(signal.SIGINT)

        def stop(self, *, now=False):
            signal.raise_signal(signal.SIGINT)  # impatient, while everything is being put in order
            super().stop(now=now)

    before, engine = signal.getsignal(signal.SIGINT), Pressed()
    with pytest.raises(KeyboardInterrupt):
        go(source, tmp_path / "out", engine)
    assert engine.stopped
    assert len(ledger_of(tmp_path / "out")) == 3
    assert signal.getsignal(signal.SIGINT) is before


def test_a_batch_may_run_in_a_thread_that_hears_no_signals(source, tmp_path):
    results = []
    thread = threading.Thread(target=lambda: results.append(go(source, tmp_path / "out")[0]))
    thread.start()
    thread.join(60)
    assert results[0].run == 6


def test_a_full_disk_stops_the_batch_and_marks_no_site(source, tmp_path, monkeypatch):
    def full(_folder):
        raise OutputError("cannot write: no space is left on the disk")

    monkeypatch.setattr("firelane.batch.rounds.probe", full)
    with pytest.raises(OutputError, match="no space"):
        go(source, tmp_path / "out", work=poison.unwritable)
    assert ledger_of(tmp_path / "out") == {}
    assert log_of(tmp_path / "out")[-1]["event"] == "stopped"


def test_sites_that_cannot_be_written_one_after_the_other_stop_the_batch(tmp_path):
    source = manifest(tmp_path / "source", *(f"s{n:02d}" for n in range(20)))
    engine = HereEngine()
    with pytest.raises(OutputError, match="any more"):
        go(source, tmp_path / "out", engine, work=poison.unwritable)
    assert len(engine.begun) == 8
    assert ledger_of(tmp_path / "out") == {}


def test_one_site_that_cannot_be_written_fails_alone(source, tmp_path):
    def one(task, settings, out):
        return (poison.unwritable if task.site_id == "s2" else poison.poisoned)(task, settings, out)

    result, _ = go(source, tmp_path / "out", work=one)
    assert [(o.site_id, o.failure.kind) for o in result.failed] == [("s2", FailureKind.OUTPUT)]
    assert ledger_of(tmp_path / "out")["s2"][2] == 2


def test_rules_that_cannot_be_used_are_refused_before_anything_is_written(source, tmp_path):
    with pytest.raises(InputError):
        go(source, tmp_path / "out", settings=Settings(rules=("no-such-pack",)))
    assert not (tmp_path / "out").exists()


def test_changed_rules_redo_all(source, tmp_path):
    from importlib import resources

    pack = tmp_path / "mine.toml"
    text = resources.files("firelane.rules").joinpath("shenyang-2020.toml").read_text("utf-8")
    pack.write_text(text, "utf-8")
    settings = Settings(parts=("audit",), rules=(str(pack),))
    go(source, tmp_path / "out", settings=settings)
    _, engine = go(source, tmp_path / "out", settings=settings)
    assert engine.begun == []
    pack.write_text(text + "\n# one more line\n", "utf-8")
    _, engine = go(source, tmp_path / "out", settings=settings)
    assert sorted(engine.begun) == IDS


def test_workers_and_cluster_contradict_each_other(source, tmp_path):
    with pytest.raises(UsageError):
        run_batch(source, tmp_path / "out", workers=2, cluster="tcp://127.0.0.1:1")


def test_the_log_tells_the_whole_story(tmp_path):
    source, out = manifest(tmp_path / "source", "a\u202eb", "s2"), tmp_path / "out"
    go(source, out, HereEngine({"s2": [Death(FailureKind.CRASH, signal=11)] * 3}))
    told = log_of(out)
    assert [e["event"] for e in told] == ["start", "site", "quarantine", "quarantine", "quarantine", "site", "tables", "end"]
    assert told[0]["sites"] == 2
    assert (told[5]["site"], told[5]["status"], told[5]["kind"], told[5]["attempts"]) == ("s2", "failed", "crash", 3)
    assert told[2]["signal"] == "SIGSEGV"
    assert told[-1] | {"time": 0, "seconds": 0} == {
        "time": 0, "event": "end", "done": 1, "failed": 1, "not_run": 0, "seconds": 0,
    }  # fmt: skip
    assert "\u202e" not in (out / "batch.log.jsonl").read_text("utf-8")


def test_progress_ends_where_the_batch_ends(source, tmp_path):
    told = []
    go(source, tmp_path / "out", HereEngine({"s2": [DEATHS["hang"]] * 2}), progress=told.append)
    phases = list(dict.fromkeys(s.phase for s in told))
    assert phases == ["looking", "checking", "sites", "again", "tables", "ended"]
    assert (told[-1].done, told[-1].failed, told[-1].total) == (5, 1, 6)
    assert [s.finished for s in told] == sorted(s.finished for s in told)


def test_the_summary_is_the_one_on_the_disk(source, tmp_path):
    result, _ = go(source, tmp_path / "out")
    assert result.summary == json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert {p.name for p in result.files} >= {"sites.parquet", "findings.parquet", "failed.csv"}
