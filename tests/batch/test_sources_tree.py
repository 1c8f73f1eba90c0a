"""Which folders and files of a tree are sites, and what is told of the rest."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from firelane.batch.model import FailureKind
from firelane.batch.sources import tasks_of
from firelane.errors import InputError, UsageError

COLLECTION = '{"type": "FeatureCollection", "features": []}'


def grow(root: Path, *names: str, text: str = COLLECTION) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def ids(source, **more):
    return [task.site_id for task in source.tasks if (task.failure is None) is not more.get("failed", False)]


def find(root, tmp_path):
    return tasks_of(root, out=tmp_path / "out")


def told(source, code):
    return [note for note in source.notes if note.code == code]


@pytest.fixture
def city(tmp_path):
    (tmp_path / "city").mkdir()
    return tmp_path / "city"


def test_each_kind_of_site_is_found_at_any_depth(city, tmp_path):
    grow(
        city, "沈河区/一区/roads.geojson", "沈河区/一区/obstructions_lines.geojson", "沈河区/二区/site.gpkg",
        "和平区/a/b/c/plan.dxf", "和平区/mixed/east.geojson", "和平区/mixed/west.dxf", "和平区/mixed/map.osm.pbf", "x/site.toml",
    )
    source = find(city, tmp_path)
    assert source.kind == "folder"
    assert ids(source) == [
        "x", "和平区/a/b/c", "和平区/mixed/east.geojson", "和平区/mixed/map.osm.pbf", "和平区/mixed/west.dxf",
        "沈河区/一区", "沈河区/二区",
    ]
    assert ids(source, failed=True) == []
    assert source.notes == ()
    assert all(task.stat and task.shown == task.site_id for task in source.tasks)
    assert [Path(task.source).relative_to(city).as_posix() for task in source.tasks] == ids(source)


def test_a_file_with_settings_of_its_own_is_a_site_of_any_format(city, tmp_path):
    grow(city, "a.shp", "a.shx", "a.dbf", "a.site.toml", "b.fgb")
    source = find(city, tmp_path)
    assert ids(source) == ["a.shp"]
    assert "b.fgb" in told(source, "files_of_no_site")[0].en
    assert "a.shx" not in told(source, "files_of_no_site")[0].en


def test_tables_of_unknown_names_are_one_site_that_its_reader_refuses(city, tmp_path):
    """They may be a site whose layers are called otherwise: it is counted, and reading it says what is missing."""
    grow(city, "s/道路.shp", "s/建筑.shp")
    assert ids(find(city, tmp_path)) == ["s"]


def test_the_source_itself_may_be_the_site(city, tmp_path):
    grow(city, "roads.geojson", "tiles/a.laz", "photos/1.jpg")
    source = find(city, tmp_path)
    assert ids(source) == ["city"]
    assert source.notes == ()
    assert ids(find(city / "roads.geojson", tmp_path)) == ["roads.geojson"]


def test_results_are_never_input(city, tmp_path):
    grow(
        city, "a/roads.geojson", "a/out/audit.json", "a/out/results.gpkg", "a/out/findings.geojson", "a/out/findings.gcj02.geojson",
        "a/out/markings.dxf", "a/out/paint_paths.geojson", ".hidden/roads.geojson", "a/.firelane-x/roads.geojson",
        "__MACOSX/b/roads.geojson", "old/ledger.sqlite", "old/sites/b/roads.geojson", "out/inputs/c/roads.geojson",
    )
    source = tasks_of(city, out=city / "out")
    assert ids(source) == ["a"]
    assert ids(source, failed=True) == []
    assert [note.code for note in source.notes] == ["results_of_batches"]


def test_results_written_into_the_site_itself_do_not_hide_it(city, tmp_path):
    grow(city, "a/roads.geojson", "a/audit.json", "a/results.gpkg", "a/findings.geojson")
    assert ids(find(city, tmp_path)) == ["a"]


def test_results_beside_the_sites_when_the_source_is_the_results_folder(city):
    grow(city, "a/roads.geojson", "ledger.sqlite", "sites/b/roads.geojson", "inputs/c/roads.geojson")
    assert ids(tasks_of(city, out=city)) == ["a"]


def test_what_looks_like_a_site_and_is_none_has_failed(city, tmp_path):
    grow(city, "a/roads.geojson", "b/plan.rar", "b/more/plan.rar")
    (city / "c").mkdir()
    (city / "d").symlink_to(city / "nowhere")
    (city / "e.gpkg").symlink_to(city / "e.gpkg")
    source = find(city, tmp_path)
    assert ids(source) == ["a"]
    failures = {task.site_id: task.failure for task in source.tasks if task.failure}
    assert {k: f.kind for k, f in failures.items()} == {
        "b": FailureKind.EMPTY, "c": FailureKind.EMPTY, "d": FailureKind.MISSING, "e.gpkg": FailureKind.MISSING,
    }
    assert "2 × .rar" in failures["b"].en
    assert "空文件夹" in failures["c"].zh
    assert source.notes == ()  # counted above, not twice


def test_files_of_no_site_are_counted_and_the_first_are_named(city, tmp_path):
    grow(city, "a/roads.geojson", "a/photo.jpg", *(f"doc/{n:02d}.pdf" for n in range(20)), "package.json", text="{}")
    source = find(city, tmp_path)
    assert ids(source, failed=True) == ["doc"]
    grow(city, "x/y/roads.geojson", *(f"x/{n:02d}.pdf" for n in range(20)))
    (note,) = told(find(city, tmp_path), "files_of_no_site")
    assert "package.json" in note.en
    assert "x/00.pdf" in note.en
    assert "21" in note.zh
    assert "photo" not in note.en


def test_a_map_that_settings_name_is_no_site(city, tmp_path):
    grow(city, "a/roads.geojson", "b/roads.geojson", "city.osm.pbf", "other.osm.pbf", "tiles/1.laz")
    (city / "a/site.toml").write_text('[basemap]\nfile = "../city.osm.pbf"\n[points]\nfiles = ["../tiles/*.laz"]\n')
    source = find(city, tmp_path)
    assert ids(source) == ["a", "b", "other.osm.pbf"]
    assert ids(source, failed=True) == []
    assert source.notes == ()


def test_our_own_drawing_beside_a_plan_is_no_site(city, tmp_path):
    grow(city, "a.dxf", "b.dxf")
    grow(city, "a_markings.dxf", text="9\n$CUSTOMPROPERTYTAG\n1\nfirelane_origin_x\n")
    assert ids(find(city, tmp_path)) == ["a.dxf", "b.dxf"]


def test_links_are_followed_once_and_loops_end(city, tmp_path):
    grow(city, "a/roads.geojson")
    grow(tmp_path / "elsewhere", "roads.geojson")
    (city / "a/loop").symlink_to(city)
    (city / "again").symlink_to(city / "a")
    (city / "above").symlink_to(tmp_path)
    (city / "far").symlink_to(tmp_path / "elsewhere")
    source = find(city, tmp_path)
    assert ids(source) == ["a", "far"]
    (note,) = told(source, "links_followed_once")
    assert all(name in note.en for name in ("a/loop", "again", "above"))


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux alone")
def test_hostile_names_have_ids_that_every_table_can_hold(city, tmp_path):
    names = ["=1+1", "<script>alert(1)</script>", "a\nb", "e\u0301", "\u202egnp", "n" * 200]
    grow(city, *(f"{name.replace('/', '')}/roads.geojson" for name in names))
    grow(city, *(f"{os.fsdecode(raw)}/roads.geojson" for raw in ("小区".encode("gb18030"), b"\xff\xfe")))
    source = find(city, tmp_path)
    assert len(source.tasks) == 8
    assert ids(source, failed=True) == []
    found = ids(source)
    assert {"小区", "=1+1", "a\\x0ab", "é", "\\x202egnp", "n" * 200} <= set(found)
    for task in source.tasks:
        json.dumps(task.site_id).encode("ascii")
        task.site_id.encode("utf-8")
        assert task.site_id.isprintable()
        assert Path(task.source, "roads.geojson").is_file()
    assert len({task.folder for task in source.tasks}) == 8


def test_names_that_look_the_same_stay_two_sites(city, tmp_path):
    grow(city, "é/roads.geojson", "e\u0301/roads.geojson")
    if len(list(city.iterdir())) == 1:
        pytest.skip("this file system takes both for one")
    assert ids(find(city, tmp_path)) == ["é", "é (2)"]


def test_a_folder_that_may_not_be_read_is_counted(city, tmp_path, monkeypatch):
    grow(city, "a/roads.geojson", "b/roads.geojson")
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "b":
            raise PermissionError(13, "no")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    source = find(city, tmp_path)
    assert ids(source) == ["a"]
    assert [(t.site_id, t.failure.kind) for t in source.tasks if t.failure] == [("b", FailureKind.UNREADABLE)]


def test_a_site_inside_a_site_is_told(city, tmp_path):
    grow(city, "a/roads.geojson", "a/backup/roads.geojson")
    source = find(city, tmp_path)
    assert ids(source) == ["a", "a/backup"]
    assert "a/backup" in told(source, "sites_inside_sites")[0].en


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_never_opened(city, tmp_path):
    grow(city, "a/roads.geojson")
    os.mkfifo(city / "b.geojson")
    os.mkfifo(city / "a/buildings.geojson")
    source = find(city, tmp_path)
    assert ids(source) == ["a"]
    assert "b.geojson" in told(source, "files_of_no_site")[0].en
    with pytest.raises(InputError, match="no ordinary file"):
        find(city / "b.geojson", tmp_path)


def test_a_source_without_a_site_is_refused_with_what_was_seen(city, tmp_path):
    with pytest.raises(InputError, match="no site was found"):
        find(city, tmp_path)
    (city / "gone.dxf").symlink_to(city / "nowhere")
    with pytest.raises(InputError, match=r"gone\.dxf: the link leads to nothing"):
        find(city, tmp_path)
    with pytest.raises(InputError, match="no such file"):
        find(city / "nowhere", tmp_path)
    with pytest.raises(InputError, match="not known"):
        find(grow(city, "a.pdf") / "a.pdf", tmp_path)
    with pytest.raises(UsageError):
        find("s3://city/sites", tmp_path)


def test_the_order_is_that_of_the_ids_wherever_the_tree_lies(city, tmp_path):
    grow(city, "b/roads.geojson", "a/roads.geojson", "a.geojson", "a-b/roads.geojson")
    first = ids(find(city, tmp_path))
    assert first == sorted(first)
    shutil.copytree(city, tmp_path / "other")
    assert ids(find(tmp_path / "other", tmp_path)) == first


def test_a_manifest_in_the_tree_is_told(city, tmp_path):
    grow(city, "way-1/site.toml", "way-1/site.gpkg", "manifest.csv")
    assert [note.code for note in find(city, tmp_path).notes] == ["files_of_no_site", "manifest_not_read"]


def test_a_worker_may_stand_elsewhere(city, tmp_path, monkeypatch):
    grow(city, "a/roads.geojson")
    monkeypatch.chdir(tmp_path)
    (task,) = find("city", tmp_path).tasks
    assert task.source == str(city / "a")
    assert task.shown == "a"
    monkeypatch.chdir(city)
    assert ids(find(".", tmp_path)) == ["a"]


def test_folders_that_differ_in_case_alone_stand_apart(tmp_path):
    for name in ("Heping", "heping", "tiexi"):
        (tmp_path / "sites" / name).mkdir(parents=True)
        (tmp_path / "sites" / name / "site.toml").write_text("[site]\n", encoding="utf-8")
        (tmp_path / "sites" / name / "roads.geojson").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    folders = {t.site_id: t.folder for t in tasks_of(tmp_path / "sites", out=tmp_path / "out").tasks}
    assert folders["tiexi"] == "tiexi"
    assert len({name.casefold() for name in folders.values()}) == 3
    assert folders["Heping"].startswith("Heping-")
