"""A CAD plan in metres of its own, through the whole program: unplaced, by two known points, by its system."""

import json
import math
import re

import geopandas as gpd
import pytest
from command import run
from dxf_by_hand import Drawing

from firelane import crs as tools

E0, N0 = 535_900.0, 4_630_000.0
POINTS = f"""crs = "EPSG:4550"
[place]
points = [{{ plan = [0, 0], site = [{E0}, {N0}] }}, {{ plan = [100, 0], site = [{E0}, {N0 + 100}] }}]
"""


def plan(folder, toml="", shift=(0.0, 0.0)):
    """Draw a 6 m road of 100 m and, off it, one of 3.5 m, without anything that says where on earth."""
    folder.mkdir(exist_ok=True)
    x, y = shift
    drawing = Drawing()
    drawing.box("道路", x, y, x + 100, y + 6)
    drawing.box("道路", x + 40, y + 6, x + 43.5, y + 60)
    drawing.box("建筑", x + 60, y + 12, x + 80, y + 24)
    drawing.write(folder / "plan.dxf")
    if toml:
        (folder / "site.toml").write_text(toml, encoding="utf-8")
    return folder


def audited(folder, out):
    outcome = run("run", folder, "-o", out, "--no-remedies", "--quiet")
    assert outcome.code == 0, outcome.err
    return json.loads((out / "audit.json").read_text("utf-8"))


def widths(doc):
    return sorted(round(lane["min_clear_width_m"], 6) for lane in doc["lanes"] if lane["min_clear_width_m"] is not None)


@pytest.fixture(scope="module")
def unplaced(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unplaced")
    return folder / "out", audited(plan(folder / "site"), folder / "out")


def test_without_a_place_all_dimensions_stand_and_no_degree_does(unplaced):
    out, doc = unplaced
    assert doc["site"]["crs"] == "local"
    assert "not_placed" in [note["code"] for note in doc["site"]["notes"]]
    assert min(widths(doc)) == pytest.approx(3.5, abs=1e-6)
    assert {finding["lonlat"] for finding in doc["findings"]} == {None}
    features = json.loads((out / "findings.geojson").read_text("utf-8"))["features"]
    assert {feature["geometry"] for feature in features} == {None}
    rows = (out / "setting_out.csv").read_text("utf-8-sig").splitlines()
    head = rows[0].split(",")
    assert {(row.split(",")[head.index("lon")], row.split(",")[head.index("lat")]) for row in rows[1:]} == {("", "")}
    assert gpd.read_file(out / "results.gpkg", layer="lanes").crs.name.startswith("local metres")


def test_two_known_points_place_it(unplaced, tmp_path):
    doc = audited(plan(tmp_path / "site", POINTS), tmp_path / "out")
    assert doc["site"]["crs"] == "EPSG:4550"
    assert widths(doc) == pytest.approx(widths(unplaced[1]), abs=1e-6)
    # The road of 3.5 m leaves the long one 40 m from the origin, which now is 40 m to the north.
    (narrow,) = [f for f in doc["findings"] if f["rule_id"] == "sy2020-14-clear-width" and f["verdict"] == "fail"]
    east, north = narrow["location"]
    assert E0 - 60 <= east <= E0 - 6
    assert N0 + 40 <= north <= N0 + 43.5
    lonlat = tools.from_lonlat(narrow["lonlat"], tools.parse_crs("EPSG:4550"))
    assert math.dist(lonlat, (east, north)) < 1e-3


def test_its_system_places_it(unplaced, tmp_path):
    doc = audited(plan(tmp_path / "site", 'crs = "EPSG:4550"\n', (E0, N0)), tmp_path / "out")
    assert widths(doc) == pytest.approx(widths(unplaced[1]), abs=1e-6)
    assert all(f["lonlat"] for f in doc["findings"] if f["location"])


def test_numbers_of_a_known_system_are_named_and_not_taken(tmp_path):
    doc = audited(plan(tmp_path / "site", "", (41_000_000 + E0, N0)), tmp_path / "out")
    assert doc["site"]["crs"] == "local"
    (note,) = [note for note in doc["site"]["notes"] if note["code"] == "not_placed"]
    assert re.search(r"EPSG:4529 \(CGCS2000\).*EPSG:2365.*EPSG:2417", note["en"])
    assert {finding["lonlat"] for finding in doc["findings"]} == {None}


def test_the_map_says_that_it_is_not_placed_and_its_scale_holds(unplaced, browser):
    page = browser.new_context(offline=True, viewport={"width": 1280, "height": 800}).new_page()
    noise = []
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("console", lambda message: noise.append(message.text))
    page.goto((unplaced[0] / "map.html").as_uri())
    page.wait_for_selector("html[data-ready=yes]", timeout=10_000)
    assert page.locator(".head .unplaced").inner_text() == "未定位：位置无效，尺寸有效"
    assert page.locator(".leaflet-control .unplaced, .leaflet-control.unplaced").is_visible()
    assert page.locator(".north").count() == 0
    # Leaflet's bar measures along the ground at the map's middle; our metres are the ground's there.
    bar = page.locator(".leaflet-control-scale-line")
    said, unit = bar.inner_text().split()
    metres = float(said) * {"m": 1.0, "km": 1000.0}[unit]
    shown = page.evaluate(
        """(width) => { const at = (x) => map_firelane.containerPointToLatLng([x, 400]);
        return map_firelane.distance(at(700), at(700 + width)); }""",
        round(bar.bounding_box()["width"]),
    )
    assert shown == pytest.approx(metres, rel=0.03)
    assert "WGS 84" not in page.locator("body").evaluate("(body) => [...body.children].filter((n) => n.tagName !== 'SCRIPT').map((n) => n.textContent).join()")
    assert noise == []
    page.context.close()
