"""What a site's hash covers, and what it does not depend on."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from firelane.batch.fingerprint import OWN_RESULTS, input_hash, inputs_of, newest_s, stat_of
from firelane.batch.model import Task
from firelane.site import sources as reader

FILES = (
    "roads.shp", "roads.shx", "roads.dbf", "roads.prj", "roads.cpg", "obstructions.geojson", "site.toml", "scan.laz", "old.LAS",
    "a.gpkg", "a.gpkg-wal", "plan.dxf", "map.osm", "map.osm.pbf", "signs.fgb", "kerbs.parquet",
)  # fmt: skip


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "here" / "一区"
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_bytes(name.encode())
    return folder


def task_of(path, **more):
    return Task("一区", str(path), "一区", **more)


@pytest.mark.parametrize("name", FILES)
def test_every_file_that_may_be_read_enters_it(site, name):
    before, stat = input_hash(task_of(site)), stat_of(task_of(site))
    (site / name).write_bytes(b"x" * len(name))
    assert input_hash(task_of(site)) != before
    assert stat_of(task_of(site)) != stat
    (site / name).write_bytes(name.encode())
    assert input_hash(task_of(site)) == before
    (site / name).unlink()
    assert input_hash(task_of(site)) != before


def test_what_is_not_read_does_not(site):
    before = input_hash(task_of(site))
    for name in ("photo.jpg", ".hidden.geojson", "roads.qix", "a.gpkg-shm", "b.gpkg-wal", "site.toml.bak"):
        (site / name).write_bytes(b"" if name.endswith("-wal") else b"x")
    (site / "sub").mkdir()
    (site / "sub" / "roads.geojson").write_text("{}")
    assert input_hash(task_of(site)) == before
    for name in OWN_RESULTS:  # an audit written into the site's own folder
        (site / name).write_text("{}")
    assert input_hash(task_of(site)) == before


def test_the_names_of_our_results_are_those_of_the_reader():
    assert {*reader._OWN_RESULTS, "audit.json"} == OWN_RESULTS


def test_place_and_time_do_not_matter_but_the_name_does(site, tmp_path):
    there = tmp_path / "somewhere else" / "一区"
    shutil.copytree(site, there)
    for file in there.iterdir():
        os.utime(file, (1, 1))
    assert input_hash(task_of(there)) == input_hash(task_of(site))
    assert stat_of(task_of(there)) != stat_of(task_of(site))
    other = there.rename(there.with_name("二区"))
    assert input_hash(task_of(other)) != input_hash(task_of(site))  # results bear it
    for folder in (site, other):
        (folder / "site.toml").write_text('[site]\nid = "S-1"\n')
    assert input_hash(task_of(other)) == input_hash(task_of(site))  # they bear the id


def test_a_single_file_with_all_that_belongs_to_it(site):
    names = [file.path.name for file in inputs_of(task_of(site / "roads.shp"))]
    assert names == ["roads.shp", "roads.shx", "roads.dbf", "roads.prj", "roads.cpg"]
    (site / "map.site.toml").write_text("")
    assert [f.path.name for f in inputs_of(task_of(site / "map.osm.pbf"))] == ["map.osm.pbf", "map.site.toml"]
    assert [f.path.name for f in inputs_of(task_of(site / "a.gpkg"))] == ["a.gpkg", "a.gpkg-wal"]


def test_what_a_site_is_asked_for_enters_it(site):
    (site / "cut.geojson").write_text("{}")
    first = input_hash(task_of(site))
    config = site.parent / "other.toml"
    config.write_text("")
    others = [
        task_of(site, within="一号院"), task_of(site, config=str(config)), task_of(site, within=str(site / "cut.geojson")),
    ]  # fmt: skip
    assert len({first, *map(input_hash, others)}) == 4
    moved = site.parent.parent / "moved"
    shutil.copytree(site.parent, moved)
    there = moved / site.name
    assert input_hash(task_of(there, within=str(there / "cut.geojson"))) == input_hash(others[2])
    (there / "cut.geojson").write_text("[]")
    assert input_hash(task_of(there, within=str(there / "cut.geojson"))) != input_hash(others[2])


def test_what_a_register_says_besides_does_not(site):
    """A column of remarks, a name put right: that stands beside the results, and no site is audited anew for it."""
    first, stat = input_hash(task_of(site)), stat_of(task_of(site))
    for more in ({"district": "甲"}, {"name": "二", "备注": "x", "a": [None, 1.5, "x\ud800"]}):
        assert input_hash(task_of(site, attributes=more)) == first
        assert stat_of(task_of(site, attributes=more)) == stat
    assert input_hash(replace(task_of(site), shown="by another way")) == first


def test_of_rows_what_their_table_says_does_as_far_as_the_site_gets_it(tmp_path):
    path = tmp_path / "city.gpkg"
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE roads (fid INTEGER PRIMARY KEY, site_id TEXT)")
        base.execute("CREATE TABLE gpkg_geometry_columns (table_name, geometry_type_name, srs_id, z, m)")
        base.execute("CREATE TABLE gpkg_spatial_ref_sys (srs_id, organization, organization_coordsys_id, definition)")
        base.execute("INSERT INTO roads VALUES (1, 'A')")
        base.commit()
    task = Task("A", str(path), "city.gpkg#A", rows={"roads": [(1, 1)]}, attributes={"district": "甲", "floors": 6})
    first = input_hash(task)
    assert input_hash(replace(task, attributes={"floors": 7, "remark": "x", "district": "甲"})) == first
    assert input_hash(replace(task, attributes={"district": "乙", "floors": 6})) != first
    assert input_hash(replace(task, attributes={"floors": 6, "accuracy_m": 0.1, "district": "甲"})) != first


def test_files_that_settings_name_are_hashed_too(site):
    here = site.parent
    (here / "tiles").mkdir()
    for name in ("tiles/1.laz", "tiles/2.laz", "tiles/3.txt", "map.gpkg"):
        (here / name).write_bytes(b"1")
    told = '[points]\nfiles = ["../tiles/*.laz"]\n[basemap]\nfile = "../map.gpkg"\n'
    (site / "site.toml").write_text(told)
    seen = {input_hash(task_of(site))}
    assert {f.label for f in inputs_of(task_of(site)) if f.path.parent != site} == {
        "points:../tiles/*.laz:1.laz", "points:../tiles/*.laz:2.laz", "basemap:map.gpkg",
    }
    for name in ("tiles/2.laz", "map.gpkg"):
        (here / name).write_bytes(b"2")
        seen.add(input_hash(task_of(site)))
    assert len(seen) == 3
    for broken in ('[points]\nfiles = [1, "["]\n[basemap]\nfile = 2\n', "points = 1\nbasemap = 2\n", "[points", "points = \xff"):
        (site / "site.toml").write_bytes(broken.encode("latin-1"))
        assert len(input_hash(task_of(site))) == 64


def test_a_great_map_is_hashed_once_and_never_stale(site, monkeypatch):
    great = site.parent / "map.gpkg"
    great.write_bytes(b"1" * 2_000_000)
    (site / "site.toml").write_text('[basemap]\nfile = "../map.gpkg"\n')
    from firelane.batch import fingerprint

    read = []
    monkeypatch.setattr(fingerprint, "_hash_file", lambda path, real=fingerprint._hash_file: read.append(path) or real(path))
    first = input_hash(task_of(site))
    assert input_hash(task_of(site)) == first
    assert read.count(str(great)) == 1
    great.write_bytes(b"2" * 2_000_000)
    os.utime(great, (1, 1))
    assert input_hash(task_of(site)) != first


def test_what_cannot_be_read_is_left_to_the_reader(site, tmp_path, monkeypatch):
    assert len(input_hash(task_of(tmp_path / "nowhere"))) == 64
    assert stat_of(task_of(tmp_path / "nowhere")) == "" == stat_of(task_of("s3://city/a.gpkg"))
    before = input_hash(task_of(site))
    from firelane.batch import fingerprint

    def refuse(path):
        raise PermissionError(13, "no", path)

    monkeypatch.setattr(fingerprint, "_hash_file", refuse)
    assert input_hash(task_of(site)) != before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(site):
    before = input_hash(task_of(site))
    os.mkfifo(site / "buildings.geojson")
    assert input_hash(task_of(site)) == before


def test_the_signature_tells_when_it_was_changed_last(site):
    stat = stat_of(task_of(site))
    assert newest_s(stat) == max(file.stat().st_ctime_ns for file in site.iterdir()) / 1e9
    assert stat == stat_of(task_of(site))
    assert newest_s("") == float("inf")
    # Same size, and the time of writing set back: the time of change is not.
    told = (site / "roads.dbf").stat()
    (site / "roads.dbf").write_bytes(b"ROADS.DBF")
    os.utime(site / "roads.dbf", ns=(told.st_atime_ns, told.st_mtime_ns))
    assert os.name == "nt" or stat_of(task_of(site)) != stat
    assert stat_of(task_of(site, within="一号院")) != stat_of(task_of(site))


def test_rows_still_in_the_journal_count(tmp_path):
    """QGIS writes into ``-wal`` first: the file itself is unchanged."""
    path = tmp_path / "a.gpkg"
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("CREATE TABLE t (x)")
        base.commit()
        before, stat, size = input_hash(task_of(path)), stat_of(task_of(path)), path.stat().st_size
        base.execute("INSERT INTO t VALUES (1)")
        base.commit()
        assert path.stat().st_size == size
        assert input_hash(task_of(path)) != before
        assert stat_of(task_of(path)) != stat


def test_a_task_is_told_as_plain_json():
    assert json.loads(json.dumps(Task("a", "b", "c", attributes={"x": 1}).attributes)) == {"x": 1}
