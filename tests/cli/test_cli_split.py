"""``firelane split``: an extract as many sites."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import click
import pytest

from firelane.cli.split import command
from firelane.errors import InputError, OutputError
from firelane.site import read_site
from firelane.site.osm import stream

sys.path.append(str(Path(__file__).parents[1] / "site"))
from osm_scenes import Scene


def town():
    """Three estates: one with roads, one with a hostile name, one without roads; and one that is torn."""
    scene = Scene()
    scene.way((0, 0), (500, 0), highway="service", width="6.0", name="=HYPERLINK(1)")
    scene.way((20, 0), (20, 40), highway="service")
    scene.way((0, -50), (100, -50), (100, 50), (0, 50), closed=True, landuse="residential", name="阳光小区")
    scene.way((200, -50), (300, -50), (300, 50), (200, 50), closed=True, landuse="residential", name='=1+1/../<script>"')
    scene.way((400, 100), (450, 100), (450, 150), closed=True, landuse="residential")
    torn = scene.way((600, 0), (700, 0), (700, 50), closed=True, landuse="residential", name="Torn")
    del scene.nodes[scene.ways[torn][0][1]]
    scene.way((30, 10), (50, 10), (50, 30), (30, 30), closed=True, building="yes", building__levels="6")
    gate = scene.node(60, 0, barrier="gate", emergency="yes")
    scene.ways[1][0].insert(1, gate)
    return scene


def split(*words):
    return command.main([str(word) for word in words], standalone_mode=False)


def manifest(folder):
    raw = (folder / "manifest.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))


@pytest.fixture
def extract(tmp_path):
    return town().write(tmp_path / "town.osm")


def test_every_area_is_a_row_and_those_with_roads_are_sites(extract, tmp_path, capsys):
    out = tmp_path / "sites"
    assert split(extract, "-o", out, "--lang", "en") == 0
    rows = manifest(out)
    assert [row["id"] for row in rows] == ["way/3", "way/4", "way/5", "way/6"]
    assert [row["status"] for row in rows] == ["site", "site", "left_out", "left_out"]
    assert "no road" in rows[2]["reason"]
    assert "broken" in rows[3]["reason"]
    assert float(rows[0]["area_m2"]) == pytest.approx(10_000, rel=2e-3)
    assert (rows[0]["roads"], rows[0]["road_lines"]) == ("1", "1")
    assert {p.name for p in out.iterdir()} == {"manifest.csv", rows[0]["path"], rows[1]["path"]}
    assert "4 areas, 2 sites" in capsys.readouterr().out


def test_no_cell_starts_a_formula_and_no_folder_leaves_the_folder(extract, tmp_path):
    out = tmp_path / "sites"
    split(extract, "-o", out, "--quiet")
    for row in manifest(out):
        assert not any(value.startswith(("=", "+", "@")) for value in row.values())
        assert "/" not in row["path"]
    assert not (tmp_path / "etc").exists()


def test_a_site_of_the_split_is_that_of_the_extract_cut_out(extract, tmp_path):
    out = tmp_path / "sites"
    split(extract, "-o", out, "--quiet")
    one, other = read_site(out / manifest(out)[0]["path"]), read_site(extract, within="way/3")
    assert one.name == "阳光小区"
    assert one.crs == other.crs
    for layer in ("roads", "road_lines", "obstructions", "buildings", "entrances"):
        a, b = one.layer(layer), other.layer(layer)
        assert list(a["id"]) == list(b["id"])
        assert all(x.equals_exact(y, 1e-6) for x, y in zip(a.geometry, b.geometry, strict=True))
    assert list(one.layer("obstructions")["openable"]) == [True]
    assert list(one.layer("buildings")["floors"]) == [6.0]
    assert list(one.layer("entrances")["id"]) == ["cut-1"]
    assert one.road_accuracy_m("way/1") == pytest.approx(0.05)
    assert "kerbs" not in one.layers


def test_a_margin_takes_in_what_lies_around(extract, tmp_path):
    split(extract, "-o", tmp_path / "wide", "--margin", 100, "--quiet")
    rows = manifest(tmp_path / "wide")
    assert [row["status"] for row in rows] == ["site", "site", "site", "left_out"]
    roads = [read_site(tmp_path / "wide" / row["path"]).layer("roads").geometry for row in rows[:2]]
    assert roads[0].total_bounds[2] - roads[0].total_bounds[0] == pytest.approx(200, abs=0.5)
    assert roads[1].total_bounds[2] - roads[1].total_bounds[0] == pytest.approx(300, abs=0.5)


def test_the_extract_is_read_once(extract, tmp_path, monkeypatch):
    passes = []
    real = stream._objects
    monkeypatch.setattr(stream, "_objects", lambda path, kinds, *filters: passes.append(kinds) or real(path, kinds, *filters))
    split(extract, "-o", tmp_path / "sites", "--quiet")
    assert len(passes) == 3  # nodes, relations, ways


def test_another_tag_and_chinese(extract, tmp_path, capsys):
    scene = town()
    scene.way((0, -60), (520, -60), (520, 60), (0, 60), closed=True, amenity="university")
    path = scene.write(tmp_path / "campus.osm")
    split(path, "-o", tmp_path / "c", "--by", "amenity=university", "--lang", "zh")
    assert len(manifest(tmp_path / "c")) == 1
    assert "共 1 个区域，生成 1 个场地" in capsys.readouterr().out
    split(extract, "-o", tmp_path / "d", "--lang", "zh")
    assert "没有道路" in manifest(tmp_path / "d")[2]["reason"]


def test_what_cannot_be_done_is_one_clear_error(extract, tmp_path):
    with pytest.raises(InputError, match="landuse=palace"):
        split(extract, "-o", tmp_path / "a", "--by", "landuse=palace")
    with pytest.raises(InputError, match="no such file"):
        split(tmp_path / "none.osm", "-o", tmp_path / "a")
    (tmp_path / "bad.osm").write_bytes(b"\x00" * 99)
    with pytest.raises(InputError, match="something else"):
        split(tmp_path / "bad.osm", "-o", tmp_path / "a")
    assert not (tmp_path / "a").exists()
    for words in (["--by", "landuse"], ["--by", "=x"], ["--margin", "-1"]):
        with pytest.raises(click.BadParameter):
            split(extract, "-o", tmp_path / "a", *words)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    with pytest.raises(OutputError, match="not empty"):
        split(extract, "-o", tmp_path / "full")
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["mine.txt"]


def test_the_same_extract_gives_the_same_manifest(extract, tmp_path):
    for name in ("a", "b"):
        split(extract, "-o", tmp_path / name, "--quiet")
    assert (tmp_path / "a" / "manifest.csv").read_bytes() == (tmp_path / "b" / "manifest.csv").read_bytes()
