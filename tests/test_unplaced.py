"""A site that does not say where it lies: dimensions hold, no longitude or latitude leaves the program."""

import csv
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from command import run

from firelane import crs as tools
from firelane.auditing import audit, write_audit
from firelane.errors import InputError, UsageError
from firelane.site import read_site
from firelane.site.assemble import Part
from firelane.site.config import Settings
from firelane.site.formats import Table
from firelane.site.journal import Journal
from firelane.site.model import SiteConfig
from firelane.site.placing import find_crs
from firelane.webmap import violation_map
from firelane.webmap.page import page_content

LOCAL = [shapely.box(0, 0, 100, 5), shapely.box(40, 5, 43.5, 60)]


def folder(tmp_path, crs="EPSG:4550", shift=(0.0, 0.0), toml=""):
    """Write two roads, the second 3.5 m wide, with one bollard, at coordinates of their own."""
    place = tmp_path / "site"
    place.mkdir()

    def moved(g):
        return shapely.transform(g, lambda xy: xy + np.array(shift))

    roads = gpd.GeoDataFrame({"id": ["r1", "r2"]}, geometry=[moved(g) for g in LOCAL], crs=crs)
    roads.to_file(place / "site.gpkg", layer="roads")
    bollard = gpd.GeoDataFrame({"kind": ["bollard"], "radius_m": [0.1]}, geometry=[moved(shapely.Point(70, 2.5))], crs=crs)
    bollard.to_file(place / "site.gpkg", layer="obstructions")
    if toml:
        (place / "site.toml").write_text(toml, encoding="utf-8")
    return place


def part(xy, layer="roads", *, crs=None, drawn=True):
    geoms = np.array([shapely.Polygon(xy)], dtype=object)
    table = Table(layer, Path("plan.dxf"), geoms, np.zeros(1, bool), {}, crs, drawn=drawn)
    return Part(layer, table, {}, np.array(["a"], dtype=object), crs)


def box_at(x, y):
    return [(x, y), (x + 90, y), (x + 90, y + 6), (x, y + 6)]


def test_a_drawn_plan_is_used_in_local_metres():
    journal = Journal()
    crs, placed = find_crs({"roads": [part(box_at(0, 0))]}, Settings(), journal)
    assert not placed
    assert tools.code(crs) == "local"
    (note,) = journal.notes
    assert note.code == "not_placed"
    assert "[place]" in note.en
    assert "look like" not in note.en
    assert "未说明所在位置" in note.zh
    assert "像是" not in note.zh


@pytest.mark.parametrize(
    ("xy", "names", "swapped"),
    [
        (box_at(41_535_967.0, 4_630_012.0), ("EPSG:4529", "EPSG:2365", "EPSG:2417", "123°E"), False),
        (box_at(4_630_012.0, 535_967.0), ("EPSG:4534", "EPSG:4554", "75E"), True),
        (box_at(535_967.0, 4_630_012.0), ("EPSG:4534", "EPSG:4554", "135E"), False),
    ],
)
def test_candidates_are_named_and_not_taken(xy, names, swapped):
    journal = Journal()
    crs, placed = find_crs({"roads": [part(xy)]}, Settings(), journal)
    assert (placed, tools.code(crs)) == (False, "local")
    (note,) = journal.notes
    for name in names:
        assert name in note.en
        assert name in note.zh
    assert ('axes = "survey"' in note.en) == swapped
    assert ('axes = "survey"' in note.zh) == swapped


def test_crs_of_site_toml_places_a_drawn_plan():
    journal = Journal()
    crs, placed = find_crs(
        {"roads": [part(box_at(535_967.0, 4_630_012.0))]}, Settings(crs=pyproj.CRS.from_epsg(4550)), journal
    )
    assert placed
    assert crs.to_epsg() == 4550
    assert journal.notes == journal.problems == []


def test_only_what_is_drawn_may_do_without():
    journal = Journal()
    assert find_crs({"roads": [part(box_at(0, 0), drawn=False)]}, Settings(), journal) == (None, False)
    assert "missing" in journal.problems[0].message


def test_a_plan_beside_layers_that_know_where_they_lie_is_a_problem():
    journal = Journal()
    known = part(box_at(535_967.0, 4_630_012.0), "buildings", crs=pyproj.CRS.from_epsg(4550), drawn=False)
    assert find_crs({"roads": [part(box_at(0, 0))], "buildings": [known]}, Settings(), journal) == (None, False)
    (problem,) = journal.problems
    assert 'crs = "EPSG:4550"' in problem.remedy
    assert "[place]" in problem.remedy_zh


def test_an_offset_datum_has_no_meaning_there():
    journal = Journal()
    find_crs({"roads": [part(box_at(0, 0))]}, Settings(site=SiteConfig(datum="gcj02")), journal)
    assert [note.code for note in journal.notes] == ["not_placed", "datum_unused"]


@pytest.mark.parametrize(("epsg", "name"), [(2438, "Beijing 1954"), (2386, "Xi'an 1980")])
def test_old_datums_are_told(epsg, name):
    journal = Journal()
    crs, placed = find_crs(
        {"roads": [part(box_at(535_967.0, 4_630_012.0), crs=pyproj.CRS.from_epsg(epsg))]}, Settings(), journal
    )
    assert placed
    assert crs.to_epsg() == epsg
    (note,) = journal.notes
    assert note.code == "old_datum"
    assert name in note.en
    assert "宽度不受影响" in note.zh


# --- through the whole program -------------------------------------------------------------------


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    return audit(read_site(folder(tmp_path_factory.mktemp("local"))), remedies=False)


def test_a_name_that_does_not_fit_places_nothing(local):
    site = local.site
    assert not site.placed
    assert tools.code(site.crs) == "local"
    (note,) = [n for n in site.notes if n.code == "not_placed"]
    assert "not EPSG:4550" in note.en
    assert all(finding.lonlat is None for finding in local.findings)
    assert any(finding.location is not None for finding in local.findings)


def test_dimensions_are_those_of_a_placed_site(local, tmp_path):
    placed = audit(read_site(folder(tmp_path, shift=(535_900.0, 4_630_000.0))), remedies=False)
    assert placed.site.placed
    one, other = (
        sorted((f.rule_id, f.verdict.value, round(f.value, 6)) for f in a.findings if f.value is not None)
        for a in (local, placed)
    )
    assert one == other
    assert ("sy2020-14-clear-width", "fail", 3.5) in one
    assert all(f.lonlat is not None for f in placed.findings if f.location is not None)


def test_no_file_holds_a_longitude(local, tmp_path):
    for name, path in ((p.name, p) for p in write_audit(local, tmp_path, datum="bd09")):
        if name == "audit.json":
            doc = json.loads(path.read_text("utf-8"))
            assert doc["site"]["crs"] == "local"
            assert {f["lonlat"] for f in doc["findings"]} == {None}
            assert any(f["location"] for f in doc["findings"])
        elif name.endswith(".geojson"):
            features = json.loads(path.read_text("utf-8"))["features"]
            assert features
            assert {f["geometry"] for f in features} == {None}
        elif name.endswith(".csv"):
            rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
            assert {(row["lon"], row["lat"]) for row in rows} == {("", "")}
            assert any(row["x_east_m"] for row in rows)


def test_results_read_back_are_as_little_placed(local, tmp_path):
    local.site.layers["roads"].to_file(tmp_path / "roads.gpkg", layer="roads")
    again = read_site(tmp_path / "roads.gpkg")
    assert not again.placed
    assert tools.code(again.crs) == "local"
    assert again.layers["roads"].geometry[0].equals(local.site.layers["roads"].geometry[0])


@pytest.mark.parametrize(("lang", "banner"), [("zh", "未定位：位置无效，尺寸有效"), ("en", "Not placed")])
def test_the_map_says_so(local, lang, banner):
    header, columns = page_content(local, plan=None, lang=lang)
    assert header["unplaced"].startswith(banner)
    words = {label for card in header["cards"] for label, _ in card.get("r", [])}
    assert ("局部坐标" if lang == "zh" else "Local coordinates") in words
    assert not any("WGS 84" in label for label in words)
    assert [value for label, value in header["about"] if label in ("坐标系", "Coordinate system")] == [header["unplaced"]]
    # About null island a degree is a degree both ways, so that the map's scale bar holds.
    lonlat = np.cumsum(np.stack([columns["lon"], columns["lat"]]).astype(np.int64), axis=1) / 1e7
    assert np.abs(lonlat).max() < 0.01
    # The first road is 100 m long.
    assert (np.ptp(lonlat[0]) * 111_320.0) == pytest.approx(100.0, abs=1.0)


def test_an_area_on_earth_cuts_nothing_out_of_it(tmp_path):
    with pytest.raises(InputError) as caught:
        read_site(folder(tmp_path), within="123,41,124,42")
    assert any("does not say where it lies" in p.message for p in caught.value.problems)


def test_a_placed_map_has_no_banner(tmp_path):
    placed = audit(read_site(folder(tmp_path, shift=(535_900.0, 4_630_000.0))), remedies=False)
    header, _ = page_content(placed, plan=None, lang="zh")
    assert "unplaced" not in header
    violation_map(placed, tmp_path / "map.html")
    assert (tmp_path / "map.html").stat().st_size > 10_000


# --- findings for other maps ---------------------------------------------------------------------


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_findings_for_another_map(tmp_path, datum):
    source = folder(tmp_path, shift=(535_900.0, 4_630_000.0))
    plain = run("audit", source, "-o", tmp_path / "plain", "--quiet", "--no-remedies")
    asked = run("audit", source, "-o", tmp_path / "asked", "--quiet", "--no-remedies", "--datum", datum)
    assert (plain.code, asked.code) == (0, 0)
    true = (tmp_path / "plain" / "findings.geojson").read_bytes()
    assert (tmp_path / "asked" / "findings.geojson").read_bytes() == true
    assert not (tmp_path / "plain" / f"findings.{datum}.geojson").exists()
    moved = json.loads((tmp_path / "asked" / f"findings.{datum}.geojson").read_text("utf-8"))
    assert moved["datum"] == datum
    pairs = list(zip(json.loads(true)["features"], moved["features"], strict=True))
    assert [a["properties"] for a, _ in pairs] == [b["properties"] for _, b in pairs]
    located = [(a["geometry"]["coordinates"], b["geometry"]["coordinates"]) for a, b in pairs if a["geometry"]]
    assert located
    for before, after in located:
        assert tools.to_wgs84(after, datum) == pytest.approx(before, abs=2e-9)
        assert abs(after[0] - before[0]) > 1e-3


def test_an_unknown_datum_is_a_usage_error(tmp_path, local):
    source = folder(tmp_path)
    for command in ("audit", "run"):
        outcome = run(command, source, "-o", tmp_path / "out", "--datum", "mars")
        assert outcome.code == 2
        assert "mars" in outcome.err
    with pytest.raises(UsageError):
        write_audit(local, tmp_path, datum="mars")
    assert not (tmp_path / "audit.json").exists()
