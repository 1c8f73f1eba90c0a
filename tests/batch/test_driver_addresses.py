"""Results at an address, without a cluster: one ledger for each, what is deleted there is noticed, one batch at a time."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
from batch_scenes import HereEngine, small_site

pytest.importorskip("fsspec")
import shelf

from firelane.batch import place_files, place_owner
from firelane.batch.driver import run_batch
from firelane.batch.model import Settings
from firelane.batch.place_owner import NAME, Owner, owned
from firelane.batch.surroundings import home_of
from firelane.errors import OutputError, UsageError

AUDIT = Settings(parts=("audit",), remedies=False)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Work in a folder of one's own, because ledgers lie in the working folder."""
    monkeypatch.setattr(place_files, "_FIRST_PAUSE_S", 0.0)
    shelf.register()
    for site_id in ("a", "b"):
        small_site(tmp_path / "source" / site_id)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def go(place, engine=None, **told):
    engine = engine or HereEngine()
    return run_batch("source", place, engine=engine, **({"settings": AUDIT, "extras": False} | told)), engine


def test_two_addresses_of_one_name_have_a_ledger_each(here):
    one, two = f"shelf://{here}/one/city", f"shelf://{here}/two/city"
    assert home_of(one) != home_of(two)
    assert home_of(one) == home_of(f"{one}/")
    assert home_of("s3://u:p@bucket/city?sig=1") == home_of("s3://bucket/city"), "a new key is the same place"
    go(one)
    result, engine = go(two)
    assert engine.begun == ["a", "b"]
    for place in ("one", "two"):
        assert {p.name for p in (here / place / "city" / "sites").iterdir()} == {"a", "b"}
    assert not (here / "one" / "city" / NAME).exists()
    assert result.folder.name.startswith("city-")
    assert result.folder.name.endswith(".batch")


def test_a_ledger_of_another_address_is_refused(here):
    one, two = f"shelf://{here}/one/city", f"shelf://{here}/two/city"
    go(one)
    shutil.move(home_of(one), home_of(two))
    with pytest.raises(UsageError) as caught:
        go(two)
    assert one in caught.value.text("en")
    assert "台账属于" in caught.value.text("zh")
    with pytest.raises(UsageError):
        go(home_of(two))


@pytest.mark.parametrize("lost", ["sites", "shards", "sites/a", "sites/a/audit.json", "half"])
def test_what_is_deleted_at_the_address_is_done_again(here, lost):
    place, there = f"shelf://{here}/one/city", here / "one" / "city"
    go(place)
    _, engine = go(place)
    assert engine.begun == []
    if lost == "half":
        (there / "sites" / "a" / "audit.json").write_bytes(b"{")
    elif (there / lost).is_dir():
        shutil.rmtree(there / lost)
    else:
        (there / lost).unlink()
    _, engine = go(place)
    assert engine.begun == (["a", "b"] if lost in {"sites", "shards"} else ["a"])
    assert json.loads((there / "sites" / "a" / "audit.json").read_bytes())
    assert len(list(there.glob("shards/*/*.arrow"))) == 2


def test_results_of_a_site_that_fails_now_are_taken_away_there_too(here):
    place, there = f"shelf://{here}/one/city", here / "one" / "city"
    go(place)
    (here / "source" / "a" / "site.gpkg").write_bytes(b"SQLite format 3\0 no")
    result, _ = go(place)
    assert [o.site_id for o in result.failed] == ["a"]
    assert not list(there.glob("sites/a/*"))
    assert [p.stem for p in there.glob("shards/*/*.arrow")] == ["b"]
    shutil.rmtree(here / "source" / "a")
    result, _ = go(place)
    assert [n.code for n in result.notes if n.code == "stale_folders"] == []


def test_a_disk_by_address_is_guarded_too(here):
    shutil.copytree(here / "source", here / "one" / "sites")
    with pytest.raises(UsageError, match="choose another folder"):
        run_batch(here / "one" / "sites", f"file://{here}/one", settings=AUDIT, engine=HereEngine(), extras=False)
    assert (here / "one" / "sites" / "a" / "site.gpkg").exists()


# ------------------------------------------------------------------------------------------- who writes there


def test_a_second_batch_from_another_folder_is_refused(here, monkeypatch):
    place = f"shelf://{here}/one/city"
    (here / "else").mkdir()
    with owned(place):
        monkeypatch.chdir(here / "else")
        engine = HereEngine()
        with pytest.raises(UsageError) as caught:
            run_batch(here / "source", place, settings=AUDIT, engine=engine, extras=False)
        assert engine.begun == []
        assert f"{socket.gethostname()}:{os.getpid()}" in caught.value.text("en")
        assert "正在写入" in caught.value.text("zh")
    result = run_batch(here / "source", place, settings=AUDIT, engine=HereEngine(), extras=False)
    assert result.run == 2


def told(here, **changes):
    said = {"key": "other", "host": "elsewhere", "process": 1, "at": time.time()} | changes
    (here / "one" / NAME).write_text(json.dumps(said), "utf-8")


def test_a_mark_that_nobody_refreshes_goes_stale(here):
    place = f"shelf://{here}/one"
    told(here)
    with pytest.raises(UsageError, match="elsewhere:1"):
        Owner(place).take()
    told(here, at=time.time() - place_owner.STALE_S - 1)
    with owned(place):
        assert json.loads((here / "one" / NAME).read_text())["process"] == os.getpid()
    assert not (here / "one" / NAME).exists()


def test_the_mark_of_a_process_of_this_machine_that_is_dead_does_not_count(here):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    told(here, host=socket.gethostname(), process=dead.pid)
    with owned(f"shelf://{here}/one"):
        pass


def test_whoever_is_overwritten_stops(here, monkeypatch):
    place = f"shelf://{here}/one/city"

    class Robbed(HereEngine):
        def map_sites(self, function, tasks):
            for pair in super().map_sites(function, tasks):
                if self.finished == 0:
                    told(here)
                    shutil.move(here / "one" / NAME, here / "one" / "city" / NAME)
                    owners[0].refresh()
                yield pair

    owners, take = [], Owner.take
    monkeypatch.setattr(Owner, "take", lambda self: (owners.append(self), take(self))[1])
    engine = Robbed()
    with pytest.raises(UsageError, match="elsewhere:1"):
        go(place, engine)
    assert engine.begun == ["a"]
    assert json.loads((here / "one" / "city" / NAME).read_text())["key"] == "other", "theirs stays"


def test_marks_that_are_no_marks_do_not_block(here):
    for text in ("", "[]", "{}", '{"at": "x"}', '{"at": 1e999, "host": null}', '{"at": NaN}'):
        (here / "one" / NAME).write_text(text, "utf-8")
        with owned(f"shelf://{here}/one"):
            pass


def test_an_address_that_cannot_be_written_is_refused_at_once(here):
    (here / "one" / "city").mkdir()
    (here / "one" / "city" / shelf.FAULTS).write_text("denied", "utf-8")
    engine = HereEngine()
    with pytest.raises(OutputError, match="cannot write below"):
        go(f"shelf://{here}/one/city", engine)
    assert engine.begun == []
