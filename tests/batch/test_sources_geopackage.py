"""A GeoPackage of many sites: whose rows are whose, and that a cut reads as the site alone would."""

from __future__ import annotations

import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from firelane.batch.cut import Ranges, as_id, cut_rows
from firelane.batch.fingerprint import input_hash
from firelane.batch.model import FailureKind, Task
from firelane.batch.sources import export_task, open_task, tasks_of
from firelane.batch.sources_geopackage import _BATCH, _grouped, holds_many
from firelane.errors import InputError, OutputError
from firelane.site import read_site

CRS = "EPSG:4550"
EAST, NORTH = 500_000.0, 4_620_000.0


def roads(keys, **columns):
    shapes = [box(EAST + 100 * n, NORTH, EAST + 100 * n + 50, NORTH + 6) for n in range(len(keys))]
    return gpd.GeoDataFrame({"site_id": keys, "id": [f"r{n}" for n in range(len(keys))], **columns}, geometry=shapes, crs=CRS)


def posts(keys):
    shapes = [Point(EAST + 100 * n + 5, NORTH + 3) for n in range(len(keys))]
    return gpd.GeoDataFrame({"site_id": keys, "kind": "pole"}, geometry=shapes, crs=CRS)


def write(path: Path, **layers) -> Path:
    for name, table in layers.items():
        pyogrio.write_dataframe(table, path, layer=name, append=path.exists(), driver="GPKG")
    return path


@pytest.fixture
def package(tmp_path):
    table = pd.DataFrame({"site_id": ["A", "C"], "district": ["沈河区", None], "managed": [True, None], "floors": [9, 3]})
    return write(
        tmp_path / "city.gpkg", roads=roads(["A", "A", "B", "A", "B", None]), obstructions=posts(["B", "B", " A "]),
        basemap=roads(["x"]).drop(columns="site_id"), sites=table,
    )


def find(path):
    return tasks_of(path, out=path.parent / "out")


def ranges_of(task):
    return {layer: list(ranges) for layer, ranges in task.rows.items()}


def test_ranges_of_rows_and_what_belongs_to_no_site(package):
    source = find(package)
    a, b, c = source.tasks
    assert source.kind == "geopackage"
    assert [t.site_id for t in source.tasks] == ["A", "B", "C"]
    assert ranges_of(a) == {"obstructions": [(3, 3)], "roads": [(1, 2), (4, 4)]}
    assert ranges_of(b) == {"obstructions": [(1, 2)], "roads": [(3, 3), (5, 5)]}
    assert (a.shown, a.attributes) == ("city.gpkg#A", {"district": "沈河区", "managed": True, "floors": 9})
    assert c.failure.kind is FailureKind.EMPTY
    assert b.attributes == {}
    notes = {note.code: note.en for note in source.notes}
    assert "1 rows of roads" in notes["rows_of_no_site"]
    assert "basemap" in notes["layers_of_no_site"]


def test_a_cut_reads_as_the_site_alone(package, tmp_path):
    whole = {name: gpd.read_file(package, layer=name) for name in ("roads", "obstructions")}
    tasks = {t.site_id: t for t in find(package).tasks}
    alone = write(
        tmp_path / "alone.gpkg",
        **{name: table[table["site_id"].str.strip() == "A"].drop(columns="site_id") for name, table in whole.items()},
    )
    (tmp_path / "scratch").mkdir()
    site, expected = read_site(open_task(tasks["A"], tmp_path / "scratch")), read_site(alone)
    assert (site.id, site.name, site.config.district, site.config.managed) == ("A", "A", "沈河区", True)
    assert {n: len(rows) for n, rows in site.layers.items()} == {"roads": 3, "obstructions": 1}
    for name in expected.layers:
        assert_geodataframe_equal(site.layers[name], expected.layers[name])


def test_the_cut_is_a_small_geopackage_and_the_same_bytes_each_time(package, tmp_path):
    task = find(package).tasks[0]
    first, second = (cut_rows(package, task.rows, tmp_path / name).read_bytes() for name in ("a.gpkg", "b.gpkg"))
    assert first == second
    assert len(first) < package.stat().st_size
    assert pyogrio.list_layers(tmp_path / "a.gpkg")[:, 0].tolist() == ["obstructions", "roads"]
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as made:
        assert made.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert made.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_layer_without_rows_of_the_site_is_there_and_empty(package, tmp_path):
    """The layer was surveyed; `not_surveyed` in the table of sites says otherwise for one of them."""
    write(package, signs=posts(["B"]))
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir(), second.mkdir()
    assert read_site(open_task(find(package).tasks[0], first)).surveyed("signs")
    with closing(sqlite3.connect(package)) as change, change:
        change.execute("ALTER TABLE sites ADD COLUMN not_surveyed TEXT")
        change.execute("UPDATE sites SET not_surveyed = 'signs，kerbs'")
    assert not read_site(open_task(find(package).tasks[0], second)).surveyed("signs")


def test_settings_of_the_whole_file_apply_to_every_cut(package, tmp_path):
    package.with_name("city.site.toml").write_text(
        'district = "甲"\nid = "all"\naccuracy_m = 0.1\n[layers.roads]\nfrom = "roads"\n[basemap]\nfile = "map.gpkg"\n'
        '[site]\nmanager = "乙"\n', encoding="utf-8",
    )  # fmt: skip
    (tmp_path / "scratch").mkdir()
    a, b, _ = find(package).tasks
    told = [tomllib.loads((open_task(t, tmp_path / "scratch") / "site.toml").read_text("utf-8")) for t in (a, b)]
    assert [path.name for path in (tmp_path / "scratch").rglob("*.gpkg")] == ["site.gpkg"]
    assert told[0]["site"] == {"manager": "乙", "id": "A", "district": "沈河区", "managed": True}
    assert told[1] == {
        "district": "甲", "accuracy_m": 0.1, "layers": {"roads": {"from": "roads"}},
        "basemap": {"file": str(tmp_path / "map.gpkg")}, "site": {"manager": "乙", "id": "B"},
    }


def test_settings_that_cannot_be_read_are_refused_by_the_reader(package, tmp_path):
    package.with_name("city.site.toml").write_text("id = ")
    (tmp_path / "scratch").mkdir()
    with pytest.raises(InputError, match=r"site\.toml"):
        read_site(open_task(find(package).tasks[0], tmp_path / "scratch"))


def test_one_changed_row_redoes_one_site(package):
    before = {t.site_id: (input_hash(t), t.stat) for t in find(package).tasks if not t.failure}
    with closing(sqlite3.connect(package)) as change, change:
        # A row of B moves to the end of the table as well: ids of rows are no content.
        change.execute("UPDATE sites SET floors = 10 WHERE site_id = 'C'")
        change.execute("CREATE TEMP TABLE t AS SELECT * FROM obstructions WHERE fid = 2")
        change.execute("UPDATE t SET kind = 'tree', fid = 9")
        change.execute("DROP TRIGGER IF EXISTS rtree_obstructions_geom_delete")
        change.execute("DROP TRIGGER IF EXISTS trigger_delete_feature_count_obstructions")
        for (name,) in change.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            change.execute(f'DROP TRIGGER "{name}"')
        change.execute("DELETE FROM obstructions WHERE fid = 2")
        change.execute("INSERT INTO obstructions SELECT * FROM t")
    after = {t.site_id: (input_hash(t), t.stat) for t in find(package).tasks if not t.failure}
    assert after["A"][0] == before["A"][0]
    assert after["B"][0] != before["B"][0]
    assert all(after[k][1] != before[k][1] for k in "AB")


def test_of_the_table_of_sites_what_reaches_the_site_enters_the_hash(package):
    before = {t.site_id: input_hash(t) for t in find(package).tasks if not t.failure}
    with closing(sqlite3.connect(package)) as change, change:
        change.execute("UPDATE sites SET floors = 10 WHERE site_id = 'A'")
    tasks = {t.site_id: t for t in find(package).tasks if not t.failure}
    assert tasks["A"].attributes["floors"] == 10
    assert {name: input_hash(task) for name, task in tasks.items()} == before, "a remark beside the results"
    with closing(sqlite3.connect(package)) as change, change:
        change.execute("UPDATE sites SET district = '他区' WHERE site_id = 'A'")
    after = {t.site_id: input_hash(t) for t in find(package).tasks if not t.failure}
    assert after["A"] != before["A"]
    assert after["B"] == before["B"]


def test_rows_that_changed_hands_since_are_refused(package):
    task = find(package).tasks[0]
    with closing(sqlite3.connect(package)) as change, change:
        for (name,) in change.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            change.execute(f'DROP TRIGGER "{name}"')
        change.execute("UPDATE roads SET site_id = 'B' WHERE fid = 1")
    with pytest.raises(InputError, match="no longer belongs"):
        input_hash(task)


def test_a_file_that_is_gone_or_damaged_is_refused(package, tmp_path):
    task = find(package).tasks[0]
    content = package.read_bytes()
    package.write_bytes(content[:5000])
    (tmp_path / "scratch").mkdir()
    for call in (lambda: input_hash(task), lambda: open_task(task, tmp_path / "scratch")):
        with pytest.raises(InputError, match=r"city\.gpkg"):
            call()
    assert not list((tmp_path / "scratch").rglob("*.gpkg"))
    package.unlink()
    with pytest.raises(InputError, match=r"city\.gpkg"):
        input_hash(task)
    assert not package.exists()  # no empty database was made in its place


def test_a_geopackage_of_many_in_the_place_of_one_is_refused(package, tmp_path):
    with pytest.raises(InputError, match="several sites"):
        open_task(Task("x", str(package), "x"), tmp_path)
    one = write(tmp_path / "one" / "a.gpkg", roads=roads(["A", "A"])) if (tmp_path / "one").mkdir() is None else None
    assert open_task(Task("x", str(one), "x"), tmp_path) == one
    assert open_task(Task("x", str(one.parent), "x"), tmp_path) == one.parent


def test_a_folder_that_holds_nothing_else_is_the_same_batch(package, tmp_path):
    home = tmp_path / "only"
    home.mkdir()
    package.rename(home / "city.gpkg")
    source = find(home)
    assert source.kind == "geopackage"
    assert len(source.tasks) == 3


def test_a_site_exported_for_a_single_run(package, tmp_path):
    a, _, c = find(package).tasks
    made = export_task(a, tmp_path / "A")
    assert made == tmp_path / "A"
    assert read_site(made).id == "A"
    with pytest.raises(OutputError):
        export_task(a, tmp_path / "A")
    with pytest.raises(InputError):
        export_task(c, tmp_path / "C")


def test_other_sites_are_exported_as_they_are(tmp_path):
    plan = write(tmp_path / "plan.gpkg", roads=roads(["A"]).drop(columns="site_id"))
    alone = Task("p", str(plan), "p")
    assert read_site(export_task(alone, tmp_path / "one")).id == "plan"
    (tmp_path / "plan.site.toml").write_text('id = "Q"\n')
    assert read_site(export_task(alone, tmp_path / "two")).id == "Q"


def test_no_id_at_all_is_refused_and_no_column_is_one_site(tmp_path):
    with pytest.raises(InputError, match="empty in every row"):
        find(write(tmp_path / "a.gpkg", roads=roads([None, ""])))
    source = find(write(tmp_path / "b.gpkg", roads=roads(["A"]).drop(columns="site_id")))
    assert source.kind == "folder"
    assert [t.site_id for t in source.tasks] == ["b.gpkg"]
    (tmp_path / "c.gpkg").write_bytes(b"nothing")
    assert not holds_many(tmp_path / "c.gpkg")
    assert find(tmp_path / "c.gpkg").kind == "folder"


def test_hostile_names_and_numbers_as_ids(tmp_path):
    keys = ["=1+1", "a\nb", "<script>", '"; DROP TABLE roads; --', "一区", "\u202ex"]
    path = write(tmp_path / "c.gpkg", **{'od"d, l\'ayer': roads(keys, **{'col"umn': 1.5}), "roads": roads(keys)})
    source = find(path)
    assert [t.site_id for t in source.tasks] == sorted(as_id(key) for key in keys)
    for n, task in enumerate(source.tasks):
        input_hash(task)
        made = cut_rows(path, task.rows, tmp_path / f"cut{n}.gpkg")
        (row,) = gpd.read_file(made, layer='od"d, l\'ayer').itertuples()
        assert row.site_id == keys[[as_id(k) for k in keys].index(task.site_id)]
    numbers = write(tmp_path / "n.gpkg", roads=roads([7, 7, 10]), signs=posts(["7", "10", "11"]))
    assert [ranges_of(t) for t in find(numbers).tasks] == [
        {"roads": [(3, 3)], "signs": [(2, 2)]}, {"roads": [], "signs": [(3, 3)]}, {"roads": [(1, 2)], "signs": [(1, 1)]},
    ]


def test_heights_and_mixed_kinds_survive_the_cut(tmp_path):
    shapes = [LineString([(EAST, NORTH, 1.25), (EAST + 1, NORTH, 2.5)]), Point(EAST, NORTH, 3.0)]
    mixed = gpd.GeoDataFrame({"site_id": ["A", "A"]}, geometry=shapes, crs=CRS)
    path = tmp_path / "z.gpkg"
    pyogrio.write_dataframe(mixed, path, layer="obstructions", driver="GPKG", geometry_type="Unknown")
    made = cut_rows(path, {"obstructions": [(1, 2)]}, tmp_path / "cut.gpkg")
    kept = gpd.read_file(made)
    assert shapely.get_coordinates(kept.geometry, include_z=True).tolist() == shapely.get_coordinates(shapes, include_z=True).tolist()
    assert kept.crs == mixed.crs


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=40), st.integers(1, 7))
def test_ranges_give_every_row_back_whatever_the_order_and_the_batches(codes, size):
    code, fid = np.array(codes, np.int32), np.arange(1, len(codes) + 1)
    runs = [(code[n : n + size], fid[n : n + size]) for n in range(0, len(code), size)]
    low = np.concatenate([f for _, f in runs])
    found = _grouped(np.concatenate([c for c, _ in runs]), low, low, ["a", "b", "c", "d"])
    for k, name in enumerate("abcd"):
        rows = [n for first, last in found.get(name, ()) for n in range(first, last + 1)]
        assert rows == fid[code == k].tolist()
        assert all(b[0] > a[1] + 1 for a, b in zip(found.get(name, ()), list(found.get(name, ()))[1:], strict=False))


def test_more_rows_than_one_batch(tmp_path):
    keys = np.repeat(["A", "B"], [_BATCH + 5, 3])
    shapes = np.full(len(keys), Point(EAST, NORTH))
    path = write(tmp_path / "many.gpkg", roads=gpd.GeoDataFrame({"site_id": keys}, geometry=shapes, crs=CRS))
    a, b = find(path).tasks
    assert ranges_of(a) == {"roads": [(1, _BATCH + 5)]}
    assert b.rows["roads"].rows == 3


def test_ranges_are_a_sequence():
    ranges = Ranges([(1, 3), (7, 7)])
    assert len(ranges) == 2
    assert ranges[1] == (7, 7)
    assert list(ranges[:1]) == [(1, 3)]
    assert ranges.rows == 4
    assert ranges == Ranges(np.array([[1, 3], [7, 7]]))
    assert ranges != Ranges([])
    assert hash(ranges) == hash(Ranges(list(ranges)))
    assert repr(ranges) == "Ranges([[1, 3], [7, 7]])"
