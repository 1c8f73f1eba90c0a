"""What a batch never does to its user: delete his input or his folders, keep what is not true any more, hide what is lost."""

import os
import shutil
import sqlite3

import poison
import pytest
from batch_scenes import DEATHS, HereEngine, ledger_of, log_of, manifest, small_site

from firelane.batch import guard, site_folder
from firelane.batch.driver import run_batch
from firelane.batch.guard import refuse_input_in_results
from firelane.batch.model import FailureKind, Settings, Task
from firelane.batch.work import do_site
from firelane.errors import EngineError, InputError, UsageError

AUDIT = Settings(parts=("audit",), remedies=False)


def go(source, out, engine=None, **told):
    engine = engine or HereEngine()
    return run_batch(source, out, engine=engine, **({"settings": AUDIT, "extras": False} | told)), engine


def made_up(source, out, engine=None, **told):
    return go(source, out, engine, work=poison.poisoned, **told)


def bytes_below(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def city(tmp_path):
    """Return a folder as a clerk keeps it: a register, and the sites in ``sites``, called by their ids."""
    folder = tmp_path / "city"
    for site_id in ("a", "b"):
        small_site(folder / "sites" / site_id)
    (folder / "manifest.csv").write_text("site_id,path\na,sites/a\nb,sites/b\n", "utf-8")
    return folder


# ------------------------------------------------------------------------------------------- input in the results


@pytest.mark.parametrize("source", ["manifest.csv", "sites", "."])
def test_input_in_the_folders_that_a_batch_clears_is_refused_and_not_touched(city, source):
    before, engine = bytes_below(city), HereEngine()
    with pytest.raises(UsageError) as caught:
        go(city / source, city, engine)
    assert engine.begun == []
    assert "choose another folder with -o" in caught.value.text("en")
    assert "未改动任何文件" in caught.value.text("zh")
    after = bytes_below(city)
    assert {name: after.get(name) for name in before} == before
    assert set(after) - set(before) <= {"batch.log.jsonl", "batch.lock", "ledger.sqlite"}


def test_results_beside_the_input_or_below_it_are_fine(city):
    result, _ = go(city / "manifest.csv", city / "out")
    assert result.failed == result.not_run == ()
    result, _ = go(city / "sites", city / "sites" / "out")
    assert result.failed == result.not_run == ()


@pytest.mark.parametrize(
    ("place", "refused"),
    [
        ("out/sites/a", True), ("out/sites/a/x.gpkg", True), ("out/shards/a.gpkg", True), ("out/.scratch/a", True),
        ("out", True), ("link/a", True), ("out/sites/../a", False), ("out/inputs/a.gpkg", False), ("out/sites2/a", False),
        ("out/a", False), (".", False), ("elsewhere/sites/a", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("results", ["{}/out", "file://{}/out"])
def test_where_a_site_may_lie(tmp_path, place, refused, results):
    (tmp_path / "out" / "sites").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "out" / "sites")
    task = Task("a", str(tmp_path / place), "a")
    if refused:
        with pytest.raises(UsageError):
            refuse_input_in_results([task], tmp_path / "m.csv", [results.format(tmp_path)])
    else:
        refuse_input_in_results([task], tmp_path / "m.csv", [results.format(tmp_path)])


def test_settings_and_rules_of_a_site_are_input_too(tmp_path):
    inside = str(tmp_path / "out" / "sites" / "x.toml")
    fine = Task("a", "/data/a", "a")
    refuse_input_in_results([fine], "/data", [str(tmp_path / "out")])
    for task in (Task("a", "/data/a", "a", config=inside), Task("a", "/data/a", "a", within=inside)):
        with pytest.raises(UsageError, match="a"):
            refuse_input_in_results([task], "/data", [str(tmp_path / "out")])
    with pytest.raises(UsageError, match=r"x\.toml"):
        refuse_input_in_results([fine], "/data", [str(tmp_path / "out")], [inside])


def test_addresses_are_compared_without_what_opens_them():
    task = Task("a", "s3://user:secret@bucket/city/sites/a", "a")
    with pytest.raises(UsageError) as caught:
        refuse_input_in_results([task], task.source, ["s3://bucket/city"])
    assert "secret" not in str(caught.value)
    refuse_input_in_results([task], "m.csv", ["s3://bucket/cit"])


def test_twenty_thousand_sites_cost_one_look_at_each_folder(tmp_path, monkeypatch):
    asked, real = [], os.path.realpath
    monkeypatch.setattr(guard.os.path, "realpath", lambda p: asked.append(p) or real(p))
    tasks = [Task(f"s{n}", str(tmp_path / "in" / f"s{n}"), "s") for n in range(20_000)]
    refuse_input_in_results(tasks, tmp_path / "m.csv", [str(tmp_path / "out")])
    assert len(asked) < 10


def test_many_are_counted_and_a_few_are_named(tmp_path):
    tasks = [Task(f"s{n:02d}", str(tmp_path / "sites" / f"s{n}"), "s") for n in range(40)]
    with pytest.raises(UsageError) as caught:
        refuse_input_in_results(tasks, tmp_path / "m.csv", [str(tmp_path)])
    assert "s04 and 35 more" in caught.value.text("en")
    assert "等 40 项" in caught.value.text("zh")


# ------------------------------------------------------------------------------------------- folders that are not ours


@pytest.fixture
def source(tmp_path):
    for site_id in ("a", "b"):
        small_site(tmp_path / "source" / site_id)
    return tmp_path / "source"


def test_a_folder_that_no_batch_wrote_is_left_alone(source, tmp_path):
    theirs = tmp_path / "out" / "sites" / "a" / "precious.txt"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine", "utf-8")
    result, _ = go(source, tmp_path / "out")
    (failed,) = result.failed
    assert (failed.site_id, failed.failure.kind) == ("a", FailureKind.OUTPUT)
    assert "sites/a" in failed.failure.en
    assert "不是批处理写出的" in failed.failure.zh
    assert theirs.read_text("utf-8") == "mine"
    assert (tmp_path / "out" / "sites" / "b" / "audit.json").exists()


def test_a_link_in_the_place_of_a_folder_is_removed_and_not_followed(source, tmp_path):
    victim, sites = tmp_path / "victim", tmp_path / "out" / "sites"
    victim.mkdir()
    (victim / "audit.json").write_text("precious", "utf-8")
    sites.mkdir(parents=True)
    (sites / "a").symlink_to(victim)
    result, _ = go(source, tmp_path / "out")
    assert result.failed == ()
    assert bytes_below(victim) == {"audit.json": b"precious"}
    assert not (sites / "a").is_symlink()


def test_what_cannot_be_removed_is_told(source, tmp_path, monkeypatch):
    out = tmp_path / "out"
    go(source, out)
    (out / "sites" / "a" / "sub").mkdir()

    really = shutil.rmtree

    def stuck(path, **told):
        if os.fspath(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", path)
        really(path, **told)

    monkeypatch.setattr(site_folder.shutil, "rmtree", stuck)
    result, _ = go(source, out, only=["a"])
    assert result.failed[0].failure.kind is FailureKind.OUTPUT
    assert str(tmp_path) not in result.failed[0].failure.en
    assert (out / "sites" / "a" / site_folder.MARK).exists(), "the next run still knows it for ours"
    monkeypatch.undo()
    result, _ = go(source, out)
    assert result.failed == ()


# ------------------------------------------------------------------------------------------- what is true no more


@pytest.mark.parametrize("harm", ["gone", "shorter", "more"])
def test_the_files_of_a_site_are_looked_at(source, tmp_path, harm):
    out = tmp_path / "out"
    go(source, out)
    file = out / "sites" / "a" / "audit.json"
    whole = file.read_bytes()
    if harm == "gone":
        file.unlink()
    elif harm == "shorter":
        file.write_bytes(whole[:-1])
    else:
        (file.parent / "note.txt").write_text("by a reader", "utf-8")
    _, engine = go(source, out)
    assert engine.begun == ([] if harm == "more" else ["a"])
    assert file.read_bytes() == whole


def nothing_of(out, site_id):
    return not (out / "sites" / site_id).exists() and not list(out.glob(f"shards/*/{site_id}.arrow"))


def test_results_of_a_site_that_fails_now_are_taken_away(source, tmp_path):
    out = tmp_path / "out"
    go(source, out)
    (source / "a" / "site.gpkg").write_bytes(b"SQLite format 3\0 no")
    result, _ = go(source, out)
    assert [o.site_id for o in result.failed] == ["a"]
    assert nothing_of(out, "a")
    assert not nothing_of(out, "b")


def test_results_of_a_worker_that_died_afterwards_are_taken_away(source, tmp_path):
    class Late(HereEngine):
        """Whoever does ``a`` dies when all is written."""

        def _one(self, function, task):
            became = super()._one(function, task)
            return DEATHS["segfault"] if task.site_id == "a" else became

    result, _ = go(source, tmp_path / "out", Late())
    assert [o.failure.kind for o in result.failed] == [FailureKind.CRASH]
    assert nothing_of(tmp_path / "out", "a")


def test_results_of_a_row_that_names_nothing_any_more_are_taken_away(tmp_path):
    source, out = manifest(tmp_path / "source", "a", "b"), tmp_path / "out"
    made_up(source, out)
    shutil.move(tmp_path / "source" / "in" / "00000.geojson", tmp_path / "elsewhere")
    result, _ = made_up(source, out)
    assert [o.failure.kind for o in result.failed] == [FailureKind.MISSING]
    assert nothing_of(out, "a")


def test_folders_of_sites_that_are_gone_are_counted_and_kept(tmp_path):
    out = tmp_path / "out"
    made_up(manifest(tmp_path / "source", "a", "b"), out)
    result, _ = made_up(manifest(tmp_path / "source", "a"), out)
    (note,) = [n for n in result.notes if n.code == "stale_folders"]
    assert "(b)" in note.en
    assert "1 个文件夹" in note.zh
    assert (out / "sites" / "b" / "audit.json").exists()
    assert "stale_folders" not in {n["code"] for n in result.summary["notes"]}, "tables tell of the source alone"


# ------------------------------------------------------------------------------------------- other options


def test_some_sites_with_other_options_would_cost_the_city_all_others(tmp_path):
    source, out = manifest(tmp_path / "source", "a", "b", "c"), tmp_path / "out"
    made_up(source, out)
    before, ledger = (out / "sites.csv").read_bytes(), ledger_of(out)
    both = Settings(parts=("audit", "map"), remedies=False, lang="en")
    with pytest.raises(UsageError) as caught:
        made_up(source, out, settings=both, only=["a"])
    en, zh = caught.value.text("en"), caught.value.text("zh")
    assert "--what audit then, audit,map now; --lang zh then, en now" in en
    assert "其余场地（2 个）" in zh
    assert "--what 当时为 audit，现为 audit,map" in zh
    assert ((out / "sites.csv").read_bytes(), ledger_of(out)) == (before, ledger)
    with pytest.raises(UsageError, match="--what audit then"):
        made_up(source, out, settings=both, tables_only=True)
    result, _ = made_up(source, out, settings=both, only=["a", "b", "c"])
    assert result.not_run == ()


def test_another_version_is_told(tmp_path):
    source, out = manifest(tmp_path / "source", "a", "b"), tmp_path / "out"
    made_up(source, out)
    store = sqlite3.connect(out / "ledger.sqlite")
    store.execute("UPDATE sites SET program_version = '0.0.9', settings_digest = 'older'")
    store.commit()
    store.close()
    with pytest.raises(UsageError, match=r"firelane 0\.0\.9 then"):
        made_up(source, out, only=["a"])


# ------------------------------------------------------------------------------------------- lost, refused, stopped


class Losing(HereEngine):
    """Its disk loses the shard of ``b`` after all sites are done, so many times."""

    def __init__(self, out, times):
        super().__init__()
        self.out, self.times = out, times

    def map_sites(self, function, tasks):
        yield from super().map_sites(function, tasks)
        if self.times:
            self.times -= 1
            next(self.out.glob("shards/*/b.arrow")).write_bytes(b"x")


def test_a_site_whose_shard_is_lost_is_done_once_more(tmp_path):
    source, out = manifest(tmp_path / "source", "a", "b"), tmp_path / "out"
    result, engine = made_up(source, out, Losing(out, 1))
    assert engine.begun == ["a", "b", "b"]
    assert result.not_run == ()
    assert result.summary["totals"]["done"] == 2
    assert [e["count"] for e in log_of(out) if e["event"] == "lost"] == [1]


def test_a_site_whose_shard_is_lost_again_counts_as_not_run(tmp_path):
    source, out = manifest(tmp_path / "source", "a", "b"), tmp_path / "out"
    result, engine = made_up(source, out, Losing(out, 2))
    assert engine.begun == ["a", "b", "b"]
    assert result.not_run == ("b",)


def test_districts_that_cannot_be_used_are_refused_before_any_site_is_done(tmp_path):
    source, out, engine = manifest(tmp_path / "source", "a"), tmp_path / "out", HereEngine()
    with pytest.raises(InputError, match="districts"):
        made_up(source, out, engine, districts=tmp_path / "nowhere.geojson", extras=True)
    assert engine.begun == []
    said = log_of(out)[-1]
    assert said["event"] == "stopped"
    assert str(tmp_path) not in (out / "batch.log.jsonl").read_text("utf-8")


def test_the_log_tells_of_every_end_without_this_machines_places(tmp_path):
    class Gone(HereEngine):
        def __init__(self, error):
            super().__init__()
            self.error = error

        def start(self):
            raise self.error

    source, out = manifest(tmp_path / "source", "a"), tmp_path / "out"
    for error in (EngineError("no worker is left"), RuntimeError(f"never seen in {out}/x")):
        with pytest.raises(type(error)):
            made_up(source, out, Gone(error))
    assert [e["reason"] for e in log_of(out) if e["event"] == "stopped"] == [
        "no worker is left", "RuntimeError: never seen in out/x",
    ]  # fmt: skip


def test_the_folder_of_a_real_site_bears_the_mark_and_the_ledger_its_files(source, tmp_path):
    folder = site_folder.begin(tmp_path / "out", Task("a", str(source / "a"), "a"))
    outcome = do_site(Task("a", str(source / "a"), "a"), AUDIT, str(tmp_path / "out"))
    assert (folder / site_folder.MARK).exists()
    assert site_folder.is_whole(folder, outcome.files)
    assert '"audit.json":' in outcome.files
    assert site_folder.MARK not in outcome.files


@pytest.mark.parametrize(("times", "code"), [(1, 0), (2, 4)])
def test_a_script_hears_of_sites_that_are_not_done(source, tmp_path, monkeypatch, times, code):
    from command import run

    out = tmp_path / "out"
    monkeypatch.setattr("firelane.batch.pool.LocalEngine", lambda *_, **__: Losing(out, times))
    monkeypatch.setattr("firelane.batch.city._extras", lambda *_: None)
    options = ("--what", "audit", "--no-remedies", "--quiet")
    assert run("batch", str(source), "-o", str(out), *options).code == code
    if code:
        assert run("batch", str(source), "-o", str(out), *options, "--tables-only").code == 0, "what was not asked for lacks nothing"
