"""The files of an audit: byte for byte the same, safe in a spreadsheet, whole or not there."""

from __future__ import annotations

import csv
import io
import json

import geopandas as gpd
import pyogrio
import pytest
import shapely
from site_scenes import LineString, block, box, gates, moved, over, post, road, site, street
from site_scenes import audited_in_full as audited

from firelane.auditing import write_audit
from firelane.auditing.files import findings_csv, spreadsheet_safe
from firelane.errors import OutputError

NAMES = ("audit.json", "findings.geojson", "findings.csv", "results.gpkg")


def scene():
    return site(
        [(road(100, 6), {"id": "a"}), (box(47, 3, 53, 60), {"id": "b"})],
        entrances=gates(gate=True),
        obstructions=[block(20, 0.5, 21, 3, id="=cmd|'/C calc'!A0"), post(50, 30, 0.1, id="p1"),
                      over(80, -4, 81, 4, 3.5, id="arch"), over(85, -4, 86, 4, None, id="+wire")],
        buildings=[(box(10, 8, 40, 20), {"id": "h", "name": "@楼"})],
    )  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    result = audited(scene())
    return result, folder, write_audit(result, folder)


def test_the_files_of_the_contract(written):
    _, folder, paths = written
    assert sorted(p.name for p in paths) == sorted(NAMES)
    assert sorted(p.name for p in folder.iterdir()) == sorted(NAMES)


def test_two_runs_write_the_same_bytes(written, tmp_path):
    _, folder, _ = written
    write_audit(audited(scene()), tmp_path)
    for name in NAMES[:3]:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    for layer in pyogrio.list_layers(folder / "results.gpkg")[:, 0]:
        first, second = (gpd.read_file(f / "results.gpkg", layer=layer) for f in (folder, tmp_path))
        assert first.drop(columns="geometry").equals(second.drop(columns="geometry"))
        assert first.geometry.geom_equals_exact(second.geometry, 0).all() or first.geometry.isna().any()


def test_geojson_is_wgs_84(written):
    result, folder, _ = written
    doc = json.loads((folder / "findings.geojson").read_text(encoding="utf-8"))
    assert doc["type"] == "FeatureCollection"
    assert "crs" not in doc
    assert len(doc["features"]) == len(result.findings)
    for feature, finding in zip(doc["features"], result.findings, strict=True):
        assert feature["id"] == feature["properties"]["finding_id"] == finding.finding_id
        if finding.lonlat is None:
            assert feature["geometry"] is None
        else:
            lon, lat = feature["geometry"]["coordinates"]
            assert (lon, lat) == pytest.approx(finding.lonlat, abs=1e-9)
    back = gpd.read_file(folder / "findings.geojson").to_crs("EPSG:4550")
    known = [f for f in result.findings if f.location is not None]
    places = back.geometry[~back.geometry.isna() & ~back.geometry.is_empty]
    for point, finding in zip(places, known, strict=True):
        assert (point.x, point.y) == pytest.approx(finding.location, abs=1e-3)


def test_csv_has_a_byte_order_mark_and_no_formula(written):
    result, folder, _ = written
    raw = (folder / "findings.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert len(rows) == len(result.findings)
    for row, finding in zip(rows, result.findings, strict=True):
        for name, cell in row.items():
            if name in ("value", "threshold", "margin", "x_east_m", "y_north_m", "lon", "lat"):
                assert cell == "" or float(cell) is not None
            else:
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (name, cell)
        assert row["finding_id"] == finding.finding_id
        assert row["verdict"] == finding.verdict.value
    owners = {row["owners"] for row in rows}
    assert "'=cmd|'/C calc'!A0" in owners
    assert "'+wire" in owners


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1 m", "'-1 m"), ("@x", "'@x"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"),
        ("  =1", "'  =1"), ("'=1", "'=1"), ("1=1", "1=1"), ("", ""), (-1.5, -1.5), (None, None),
    ],
)  # fmt: skip
def test_spreadsheet_safe(value, cell):
    assert spreadsheet_safe(value) == cell


def test_a_negative_margin_stays_a_number():
    rows = list(csv.DictReader(io.StringIO(findings_csv(audited(street(3.5))))))
    failing = next(r for r in rows if r["verdict"] == "fail" and r["value"])
    assert float(failing["margin"]) == pytest.approx(-0.5)


def test_the_geopackage_has_the_layers_and_columns_of_the_contract(written):
    result, folder, _ = written
    path = folder / "results.gpkg"
    kinds = dict(pyogrio.list_layers(path))
    assert {k: kinds[k] for k in ("lanes", "profile", "pinches", "findings")} == {
        "lanes": "LineString", "profile": "Point", "pinches": "LineString", "findings": "Point",
    }  # fmt: skip
    profile = gpd.read_file(path, layer="profile")
    assert list(profile.columns) == [
        "lane_id", "chainage_m", "clear_width_m", "section_width_m", "clear_height_m", "geometry",
    ]  # fmt: skip
    assert len(profile) == len(result.profile)
    lanes = gpd.read_file(path, layer="lanes")
    assert {"lane_id", "road_ids", "length_m", "min_clear_width_m", "min_section_width_m", "min_clear_height_m", "verdict"} <= set(lanes)
    assert lanes.crs == "EPSG:4550"
    assert lanes.geometry.length.to_numpy() == pytest.approx(result.lanes["length_m"].to_numpy())
    pinches = gpd.read_file(path, layer="pinches")
    assert {"pinch_id", "lane_id", "level", "width_m", "owners", "governing", "bypassed"} <= set(pinches)
    assert pinches.geometry.length.to_numpy() == pytest.approx(pinches["width_m"].to_numpy(), abs=1e-6)
    findings = gpd.read_file(path, layer="findings")
    assert list(findings["finding_id"]) == [f.finding_id for f in result.findings]
    assert {"rule_id", "article", "verdict", "severity", "quantity", "value", "threshold", "unit", "margin", "lane_id",
            "owners", "message_zh", "message_en"} <= set(findings)  # fmt: skip


def test_planned_paint_goes_into_the_geopackage(tmp_path):
    paint = gpd.GeoDataFrame(
        {"mark_id": ["m1"], "kind": ["edge_line"], "lane_id": ["L"], "area_m2": [1.5], "length_m": [10.0]},
        geometry=[moved(box(0, 0, 10, 0.15))], crs="EPSG:4550",
    )  # fmt: skip
    write_audit(audited(street(6.0)), tmp_path, markings=paint)
    back = gpd.read_file(tmp_path / "results.gpkg", layer="markings")
    assert {"kind", "lane_id", "area_m2", "length_m"} <= set(back.columns)
    assert back.geometry.area.iloc[0] == pytest.approx(1.5)


def test_a_site_without_pinches_buildings_or_places_is_written_too(tmp_path):
    write_audit(audited(site([road(100, 20)])), tmp_path)
    assert gpd.read_file(tmp_path / "results.gpkg", layer="pinches").empty
    assert gpd.read_file(tmp_path / "results.gpkg", layer="buildings").empty


def test_a_folder_that_is_not_there_is_told_and_older_files_stay(tmp_path):
    result = audited(street(6.0))
    with pytest.raises(OutputError):
        write_audit(result, tmp_path / "missing")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "results.gpkg").mkdir()  # in the way
    (folder / "audit.json").write_text("old", encoding="utf-8")
    with pytest.raises(OutputError):
        write_audit(result, folder)
    assert not [p for p in folder.iterdir() if p.name not in NAMES]


def test_hostile_names_are_written(tmp_path):
    name = "a\x00b <script> {{x}} ;=1 \U0010ffff" + "x" * 5000
    result = audited(street(6.0, [(LineString([(50, -3), (50, 0)]), {"kind": "wall", "id": name, "name": name})],
                            buildings=[(box(40, 8, 50, 20), {"id": name + "!", "name": name})]))  # fmt: skip
    write_audit(result, tmp_path)
    doc = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert name in {o for f in doc["findings"] for o in f["owners"]}
    assert len(gpd.read_file(tmp_path / "results.gpkg", layer="findings")) == len(result.findings)
    assert shapely.is_valid(gpd.read_file(tmp_path / "results.gpkg", layer="buildings").geometry).all()
