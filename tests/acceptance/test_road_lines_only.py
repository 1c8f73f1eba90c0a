"""A site of which only the centrelines are known works from the file to every result."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import ezdxf
import openpyxl
import pyogrio
import pytest

from firelane.run import run_site

SHARED = Path(os.environ.get("FIRELANE_SHARED", Path(__file__).parents[3] / "shared"))
EAST, NORTH = 535_900.0, 4_630_000.0


def feature(layer, shape, coordinates, /, **properties):
    def moved(xy):
        return [xy[0] + EAST, xy[1] + NORTH] if isinstance(xy[0], (int, float)) else [moved(c) for c in xy]

    return {"type": "Feature", "properties": {"layer": layer, **properties}, "geometry": {"type": shape, "coordinates": moved(coordinates)}}


def write(folder, features):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4550"}}
    path = folder / "lines.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lines")
    source = write(folder, [
        feature("road_lines", "LineString", [[0, 0], [60, 0], [120, 0]], id="main", name="=1+1"),
        feature("road_lines", "LineString", [[60, 0], [60, 50]], id="side"),
        feature("road_lines", "LineString", [[120, 0], [160, 0]], id="street", fire_lane=False),
        feature("obstructions", "Point", [30, 0.5], id="post", kind="bollard", radius_m=0.1),
        feature("obstructions", "Point", [60, 30], id="gate", kind="gate", openable=False),
        feature("obstructions", "LineString", [[90, -4], [90, 4]], id="bar", kind="arch", clear_height_m=3.4),
        feature("buildings", "Polygon", [[[70, 10], [90, 10], [90, 30], [70, 30], [70, 10]]], id="H", floors=6),
        feature("entrances", "LineString", [[0, -2], [0, 2]], id="W", gate=True, openable=True),
    ])  # fmt: skip
    return run_site(source, folder / "out", lang="zh", pdf=True, charts=True)


def test_every_file_is_there(done):
    assert {p.name for p in done.files} == {
        "audit.json", "findings.geojson", "findings.csv", "results.gpkg", "markings.dxf", "markings.pdf", "quantities.xlsx",
        "setting_out.csv", "setting_out.dat", "setting_out_pnezd.csv", "map.html", "map.pdf",
        "profiles.pdf", "report.pdf",
    }  # fmt: skip
    # nothing is set out where no outline is known: files without a head are empty
    assert {p.name for p in done.files if p.stat().st_size == 0} == {"setting_out.dat", "setting_out_pnezd.csv"}


def test_the_audit_says_what_is_known_and_what_is_not(done):
    doc = json.loads((done.folder / "audit.json").read_text(encoding="utf-8"))
    assert len(doc["lanes"]) == 3
    for lane in doc["lanes"]:
        assert lane["min_clear_width_m"] is lane["min_section_width_m"] is lane["governing_pinch_id"] is None
    assert {tuple(lane["road_ids"]) for lane in doc["lanes"]} == {("main",), ("side",)}
    assert doc["summary"]["lane_length_m"] == pytest.approx(170.0)
    assert doc["summary"]["judged_length_m"] == 0.0
    assert doc["summary"]["verdict"] == "fail"
    worst = {f["finding_id"]: f["verdict"] for f in doc["findings"] if f["owners"]}
    assert worst["sy2020-10-obstruction:post"] == "not_measured"
    assert worst["sy2020-10-gate:gate"] == "fail"
    assert worst["sy2020-10-gate:W"] == "pass"
    (bar,) = (f for f in doc["findings"] if f["owners"] == ["bar"])
    assert (bar["verdict"], bar["value"]) == ("fail", 3.4)
    assert {f["verdict"] for f in doc["findings"] if f["quantity"] == "clear_width"} == {"not_measured"}
    assert doc["buildings"][0]["widest_vehicle_m"] is None
    assert doc["pinches"] == doc["remedies"] == []
    assert "width_unknown" in {n["code"] for n in doc["site"]["notes"]}


def test_results_hold_the_lanes_without_widths(done):
    lanes = pyogrio.read_dataframe(done.folder / "results.gpkg", layer="lanes")
    assert len(lanes) == 3
    assert lanes["min_clear_width_m"].isna().all()
    assert lanes.length.sum() == pytest.approx(170.0)
    assert len(pyogrio.read_dataframe(done.folder / "results.gpkg", layer="profile")) == 0


def test_the_drawing_shows_dashed_centrelines_and_no_paint(done):
    doc = ezdxf.readfile(done.folder / "markings.dxf")
    dashed = [e for e in doc.modelspace().query("LWPOLYLINE[layer=='G-FIRE-LANE']") if e.dxf.linetype == "FL-DASHED"]
    assert len(dashed) == 3
    assert not doc.modelspace().query("HATCH")
    texts = [e.dxf.text for e in doc.modelspace().query("TEXT")]
    assert sum("宽度未测量" in t for t in texts) >= 3
    assert any("固定隔离桩" in t for t in texts)
    notes = openpyxl.load_workbook(done.folder / "quantities.xlsx")
    assert any("只知中心线" in str(row[0]) for sheet in notes for row in sheet.iter_rows(values_only=True) if row)
    with (done.folder / "setting_out.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.reader(file))) == 1


def test_the_same_file_gives_the_same_results(done, tmp_path):
    again = run_site(done.folder.parent / "lines.geojson", tmp_path / "again", lang="zh")
    for name in ("audit.json", "findings.geojson", "findings.csv", "map.html"):
        assert (again.folder / name).read_bytes() == (done.folder / name).read_bytes(), name


def test_a_site_without_any_judged_road(tmp_path):
    source = write(tmp_path, [feature("road_lines", "LineString", [[0, 0], [60, 0]], id="street", fire_lane=False)])
    result = run_site(source, tmp_path / "out")
    assert len(result.audit.lanes) == 0
    assert result.audit.summary["lane_length_m"] == 0.0


ROADS = {"service", "residential", "living_street", "unclassified", "pedestrian", "track"}
BARRIERS = {"gate", "lift_gate", "swing_gate", "sliding_gate", "bollard", "block"}


def barriers_on_roads(source):
    """Return the nodes of a raw extract that are a barrier on a road: read with nothing but an XML parser."""
    root = ET.parse(source).getroot()

    def tags(element):
        return {t.get("k"): t.get("v") for t in element.iter("tag")}

    standing = {n.get("id") for n in root.iter("node") if tags(n).get("barrier") in BARRIERS}
    found = set()
    for way in root.iter("way"):
        if tags(way).get("highway") in ROADS and tags(way).get("tunnel") is None:
            found |= {f"node/{r.get('ref')}" for r in way.iter("nd") if r.get("ref") in standing}
    return found


@pytest.mark.parametrize(
    ("name", "lanes"),
    [("bupt_beijing_osm/map.osm", 100), pytest.param("redon_osm/redon.osm", 200, marks=pytest.mark.slow)],
)
def test_open_street_map_from_the_raw_file_to_a_map(name, lanes, tmp_path):
    """Every gate and bollard on a road is a finding of its own with a place; widths are measured only where they are told."""
    source = SHARED / "data" / name
    if not source.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{source} is missing")
        pytest.skip(f"{source} is not on this machine (set FIRELANE_SHARED)")
    result = run_site(source, tmp_path / "out")
    audit = result.audit
    by_line = set(audit.network.line_lanes["lane_id"])
    assert len(by_line) > lanes
    assert {f.verdict.value for f in audit.findings if f.lane_id in by_line and f.quantity.value == "clear_width"} == {"not_measured"}
    assert audit.lanes["min_clear_width_m"].notna().sum() == len(audit.network.lanes)
    assert not [f for f in audit.findings if f.rule_id == "sy2020-14-clear-height" and f.verdict.value == "pass"]
    told = {
        owner.removeprefix("obstructions:"): f for f in audit.findings
        if f.rule_id in ("sy2020-10-obstruction", "sy2020-10-gate") for owner in f.owners
    }  # fmt: skip
    raw = barriers_on_roads(source)
    assert len(raw) > 3
    assert not raw - set(told)
    assert all(f.location is not None for f in told.values())
    assert not [f for f in told.values() if f.owners[0] in raw and f.verdict.value == "not_applicable"]
    assert (result.folder / "map.html").stat().st_size > 50_000
