"""The samples as files: layers, columns, shared borders, and answers that name what is there."""

from __future__ import annotations

import importlib
import sys

import geopandas as gpd
import pytest
import shapely
from sample_plan import DATA, SAMPLES, Plan
from shapely import Point

COLUMNS = {
    "roads": {"id", "name", "fire_lane", "kerb", "class"},
    "fire_lanes": {"id", "name"},
    "obstructions": {
        "id", "kind", "clear_height_m", "top_m", "radius_m", "width_m", "removable", "openable", "name",
    },
    "buildings": {"id", "name", "height_m", "floors"},
    "entrances": {"id", "name", "kind", "gate", "openable", "clear_height_m"},
    "kerbs": {"id", "height_m", "top_width_m"},
    "parking": {"id", "status", "orientation"},
    "markings": {"id", "kind", "colour", "condition", "width_m"},
    "signs": {"id", "kind", "text", "condition"},
}  # fmt: skip


@pytest.fixture(scope="module", params=SAMPLES)
def plan(request):
    return Plan(request.param)


@pytest.fixture(scope="module")
def district():
    return Plan("shenyang_district")


def test_layers_and_columns_are_those_of_the_contract(plan):
    assert set(plan.layers) == set(COLUMNS)
    for name, table in plan.layers.items():
        assert set(table.columns) - {"geometry"} == COLUMNS[name], name
        assert table.crs.to_epsg() == 4550
        assert table.geometry.is_valid.all(), name
        assert not table.geometry.is_empty.any()
        assert table.id.is_unique, name


def test_values_are_of_the_contracts_vocabulary(plan):
    layers = plan.layers
    assert set(layers["roads"]["class"]) <= {"municipal", "residential"}
    assert set(layers["roads"].kerb.dropna()) <= {"yes", "no"}
    assert set(layers["obstructions"].kind) <= {
        "structure", "bollard", "tree", "overhead_line", "gate", "arch", "fence", "vehicle", "stall", "pole",
    }  # fmt: skip
    assert set(layers["parking"].status) == {"existing", "planned"}
    assert set(layers["markings"].kind) == {"edge_line", "kerb_paint", "box", "grid", "text"}
    assert set(layers["entrances"].kind) <= {"both", "exit"}


def test_the_district_holds_what_the_issue_asks_for(district):
    layers = district.layers
    assert len(layers["buildings"]) >= 12
    assert layers["entrances"].gate.sum() >= 2
    assert set(layers["roads"].kerb.dropna()) == {"yes", "no"}
    assert layers["roads"].kerb.isna().sum() == 1
    assert len(layers["fire_lanes"]) == 1
    assert {"tree", "bollard", "vehicle", "arch", "overhead_line"} <= set(layers["obstructions"].kind)
    assert len(district.pavement.interiors) == 3  # the loop and the roads across it


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_script_writes_the_same_content_again(sample, tmp_path):
    sys.path.insert(0, str(DATA))
    try:
        make = importlib.import_module("make_samples")
    finally:
        sys.path.remove(str(DATA))
    make.write(sample, tmp_path)
    for name in ("site.toml", "expected.toml", "expected.md"):
        assert (tmp_path / name).read_text(encoding="utf-8") == (DATA / sample / name).read_text(
            encoding="utf-8"
        )
    for layer in COLUMNS:
        old = gpd.read_file(DATA / sample / "site.gpkg", layer=layer)
        new = gpd.read_file(tmp_path / "site.gpkg", layer=layer)
        assert old.drop(columns="geometry").equals(new.drop(columns="geometry"))
        # to a micrometre: sine and cosine of the arcs may differ in the last digit elsewhere
        assert shapely.equals_exact(old.geometry.array, new.geometry.array, tolerance=1e-6).all(), layer


def test_no_file_is_large():
    for path in DATA.rglob("*"):
        assert path.is_dir() or path.stat().st_size < 1_000_000, path


def test_roads_share_their_borders_vertex_by_vertex(plan):
    areas = list(plan.layers["roads"].geometry)
    assert plan.pavement.geom_type == "Polygon"
    shared = 0
    corners = [{tuple(c) for c in area.exterior.coords} for area in areas]
    for i, a in enumerate(areas):
        for j, b in enumerate(areas[:i]):
            border = a.intersection(b)
            assert border.area == 0
            if border.length > 0:
                shared += 1
                merged = shapely.line_merge(border)
                assert len(corners[i] & corners[j]) >= 2
                for end in (merged.coords[0], merged.coords[-1]):
                    assert end in corners[i]
                    assert end in corners[j]
    assert shared >= len(areas) - 1


def test_every_answer_names_a_subject_that_stands_where_it_says(plan):
    ids = {layer: set(table.id) for layer, table in plan.layers.items()}
    lanes = {row["name"]: row for row in plan.expected["lane"]}
    layer_of = {
        "obstruction": "obstructions", "parking": "parking", "entrance": "entrances", "sign": "signs",
        "marking": "markings",
    }  # fmt: skip
    for group in ("violation", "notable"):
        for answer in plan.expected.get(group, []):
            at, kind = Point(answer["location"]), answer["subject_kind"]
            if kind == "lane":
                assert answer["subject"] in lanes
                assert at.distance(plan.pavement) < 0.01
            elif kind != "site":
                table = plan.layers[layer_of[kind]]
                [geometry] = table.geometry[table.id == answer["subject"]]
                assert at.distance(geometry) < 0.01, answer
            for owner in answer["owners"]:
                if owner.startswith("edge:"):
                    assert owner[5:] in ids["roads"]
                else:
                    assert any(owner in known for known in ids.values())
    for lane in lanes.values():
        assert plan.shape("roads", lane["road"]).distance(Point(lane["point"])) < 4.0


def test_the_tables_for_people_and_for_programs_agree(plan):
    text = (DATA / plan.name / "expected.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]
    wanted = [a for group in ("violation", "notable") for a in plan.expected.get(group, [])]
    assert len(rows) == len(wanted)
    for row, answer in zip(rows, wanted, strict=True):
        assert f"`{answer['rule_id']}`" in row
        assert answer["why_en"] in row
