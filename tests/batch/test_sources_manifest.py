"""A manifest read row by row: what each tells, and which rows have failed before they began."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import box

from firelane.batch.fingerprint import input_hash
from firelane.batch.model import FailureKind
from firelane.batch.sources import tasks_of
from firelane.errors import InputError

ROWS = [
    ["路径", "编号", "名称", "行政区", "管理单位", "管理单位类型", "有无管理单位", "栋数"],
    ["一区", "S-1", "一区 <b>", "沈河区", "甲物业", "物业公司", "是", "0012"],
    ["sub/二区.geojson", "S-2", "", "和平区", "", "街道办事处", "否", ""],
]


@pytest.fixture
def folder(tmp_path):
    for name in ("一区/roads.geojson", "sub/二区.geojson"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    return tmp_path


def write_csv(path: Path, rows, encoding="utf-8", delimiter=",") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)
    return path


def find(path: Path):
    return tasks_of(path, out=path.parent / "out")


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ","), ("gb18030", ","), ("gb18030", ";"), ("utf-8", "\t")]
)
def test_a_table_of_paths_in_each_encoding(folder, encoding, delimiter):
    source = find(write_csv(folder / "list.csv", ROWS, encoding, delimiter))
    first, second = source.tasks
    assert source.kind == "manifest"
    assert source.notes == ()
    assert (first.site_id, Path(first.source), first.shown, first.failure) == ("S-1", folder / "一区", "一区", None)
    assert first.attributes == {
        "name": "一区 <b>", "district": "沈河区", "manager": "甲物业", "manager_kind": "property_company", "managed": True,
        "栋数": "0012",
    }
    assert second.attributes == {"district": "和平区", "manager_kind": "street_office", "managed": False}
    assert Path(second.source) == folder / "sub" / "二区.geojson"
    assert second.stat


def test_a_workbook_keeps_numbers_and_days(folder):
    book = openpyxl.Workbook()
    book.active.append(["Path", "ID", "floors", "surveyed", None])
    book.active.append(["一区", 7, 9.5, date(2026, 5, 1), "x"])
    book.active.append([None] * 5)
    book.save(folder / "list.xlsx")
    (task,) = find(folder / "list.xlsx").tasks
    assert task.site_id == "7"
    assert task.attributes == {"floors": 9.5, "surveyed": "2026-05-01T00:00:00"}


def test_parquet_with_and_without_outlines(folder):
    plain = pd.DataFrame({"path": ["一区", "sub/二区.geojson"], "floors": [9, None], "tags": [[1], [2]]})
    plain.to_parquet(folder / "a.parquet")
    gpd.GeoDataFrame(plain, geometry=[box(0, 0, 1, 1)] * 2, crs="EPSG:4326").to_parquet(folder / "b.geoparquet")
    for name in ("a.parquet", "b.geoparquet"):
        source = find(folder / name)
        assert source.kind == "manifest"
        assert [t.site_id for t in source.tasks] == ["sub/二区.geojson", "一区"]
        assert source.tasks[1].attributes == {"floors": 9.0}


def test_geoparquet_without_paths_is_a_site(folder):
    gpd.GeoDataFrame({"id": ["r"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:4550").to_parquet(folder / "roads.parquet")
    source = find(folder / "roads.parquet")
    assert source.kind == "folder"
    assert [t.site_id for t in source.tasks] == ["roads.parquet"]


def test_ids_that_stand_twice_fail_each_and_stay_apart(folder):
    rows = [["path", "id"], ["一区", "A"], ["sub/二区.geojson", "A"], ["一区", "B"], ["一区", "A [2]"]]
    source = find(write_csv(folder / "list.csv", rows))
    assert {t.site_id: t.failure and t.failure.kind for t in source.tasks} == {
        "A [2]": None, "A [2]'": FailureKind.MANIFEST, "A [3]": FailureKind.MANIFEST, "B": None,
    }
    assert "rows 2, 3" in source.tasks[1].failure.en
    assert "第 2、3 行" in source.tasks[1].failure.zh


def test_rows_that_lead_nowhere_have_failed(folder):
    rows = [["path", "id", "config"], ["gone", "A", ""], ["", "B", ""], ["一区", "C", "none.toml"], ["a\x00b", "D", ""]]
    text = "\n".join(",".join(row) for row in rows)
    (folder / "list.csv").write_text(text.replace("a\x00b", "x" * 5000))
    found = {t.site_id: t.failure for t in find(folder / "list.csv").tasks}
    assert [found[k].kind for k in "ABCD"] == ["missing", "manifest", "missing", "missing"]
    assert str(folder) not in "".join(f.en + f.zh for f in found.values())


def test_the_same_file_may_hold_several_sites_cut_out_by_name(folder):
    rows = [["path", "within"], ["sub/二区.geojson", "一号院"], ["sub/二区.geojson", "二号院"], ["sub/二区.geojson", "一区/roads.geojson"]]
    tasks = find(write_csv(folder / "list.csv", rows)).tasks
    assert all(t.failure is None for t in tasks)
    assert sorted(t.within for t in tasks) == sorted(["一号院", "二号院", str(folder / "一区/roads.geojson")])
    assert len({input_hash(t) for t in tasks}) == 3


def test_addresses_pass_through(folder):
    rows = [["path", "id", "config"], ["s3://city/a.gpkg", "A", "s3://city/site.toml"], ["file:///x/y", "B", ""]]
    first, second = find(write_csv(folder / "list.csv", rows)).tasks
    assert (first.source, first.config, first.stat, first.failure) == ("s3://city/a.gpkg", "s3://city/site.toml", "", None)
    assert second.source == "file:///x/y"


def test_a_path_written_on_windows(folder):
    (task,) = find(write_csv(folder / "list.csv", [["path"], ["sub\\二区.geojson"]])).tasks
    assert task.failure is None
    assert Path(task.source) == folder / "sub" / "二区.geojson"


def test_values_that_are_not_known_are_told_and_left_out(folder):
    rows = [["path", "manager_kind", "managed"], ["一区", "自治会", "maybe"], ["sub/二区.geojson", "unit", ""]]
    source = find(write_csv(folder / "list.csv", rows))
    assert [t.attributes for t in source.tasks] == [{"manager_kind": "unit"}, {}]
    assert [n.code for n in source.notes] == ["value_not_known"] * 2
    assert "2" in source.notes[0].en


def test_the_list_that_split_writes(folder):
    rows = [
        ["path", "id", "name", "lon", "lat", "area_m2", "roads", "road_lines", "status", "reason"],
        ["一区", "way/1", "'=1+1", "123.4", "41.8", "100.0", "1", "2", "site", ""],
        ["", "way/2", "乙", "", "", "", "0", "0", "left_out", "roads: 范围内没有道路"],
        ["", "way/3", "丙", "", "", "", "0", "0", "left_out", "轮廓断开，或在数据中不完整"],
    ]
    found = {t.site_id: t for t in find(write_csv(folder / "manifest.csv", rows, "utf-8-sig")).tasks}
    assert found["way/1"].failure is None
    assert found["way/1"].attributes["name"] == "=1+1"
    assert (found["way/2"].failure.kind, found["way/2"].attributes["name"]) == (FailureKind.EMPTY, "乙")
    assert (found["way/3"].failure.kind, found["way/3"].failure.zh) == (FailureKind.UNREADABLE, "轮廓断开，或在数据中不完整")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "no column path"), ("a.csv", b"name,id\na,b\n", "found were: name, id"),
        ("a.csv", b"path\n", "no rows"), ("a.csv", b"path\n\xff\xff\xff\n", "neither UTF-8 nor GB18030"),
        ("a.csv", b"path\na\x00b\n", "no text file"), ("a.csv", b'path\n"a\n', "no CSV table"),
        ("a.csv", "path,路径\na,b\n".encode(), "tell the same"), ("a.xlsx", b"PK\x03\x04", "no workbook"),
        ("a.parquet", b"PAR1", None),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    if said is None:  # a broken Parquet file is a site that its reader refuses
        assert find(tmp_path / name).kind == "folder"
        return
    with pytest.raises(InputError, match=said):
        find(tmp_path / name)


def test_hostile_cells_become_ids_and_attributes(folder):
    rows = [["path", "id", "<script>", "a\nb"], ["一区", "=1+1\x07", "<script>\x00".replace("\x00", ""), "x"]]
    (task,) = find(write_csv(folder / "list.csv", rows)).tasks
    assert task.site_id == "=1+1\\x07"
    assert task.attributes == {"<script>": "<script>", "a\\x0ab": "x"}
