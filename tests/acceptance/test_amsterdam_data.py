"""The widths measured by hand in the Amsterdam blocks are sections of the carriageway there."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from sample_plan import ROOT
from shapely import LineString, Point

SHARED = Path(os.environ.get("FIRELANE_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="module")
def amsterdam():
    path = SHARED / "data" / "amsterdam_blocks" / "amsterdam_blocks.gpkg"
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip("the shared Amsterdam blocks are not here")
    return gpd.read_file(path, layer="roads")


HERE = Path(__file__).resolve().parent
HAND = tomllib.loads((HERE / "amsterdam_widths.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", HAND["width"], ids=lambda row: row["name"])
def test_widths_measured_by_hand_are_sections_of_the_carriageway(amsterdam, row):
    carriageway = amsterdam[amsterdam.bgt_type == "rijbaan_lokale_weg"].geometry.union_all()
    a, b = (np.array(p) for p in row["ends"])
    section = LineString([a, b])
    assert section.length == pytest.approx(row["width_m"], abs=2e-3)
    assert section.difference(carriageway.buffer(2e-3)).length < 1e-6
    for end in row["ends"]:
        assert carriageway.boundary.distance(Point(end)) < 2e-3
    assert np.allclose((a + b) / 2, row["middle"], atol=2e-3)
    p, q = (np.array(v) for v in row["edge"])
    assert abs(np.dot(b - a, q - p)) / (np.hypot(*(b - a)) * np.hypot(*(q - p))) < 2e-3


def test_the_bays_lie_beside_the_carriageway(amsterdam):
    carriageway = amsterdam[amsterdam.bgt_type == "rijbaan_lokale_weg"].geometry.union_all()
    bays = amsterdam[amsterdam.bgt_type == "parkeervlak"].geometry.union_all()
    assert carriageway.intersection(bays).area < 1e-6


def test_the_configuration_names_what_is_in_the_file(amsterdam):
    config = tomllib.loads((HERE / "amsterdam.site.toml").read_text(encoding="utf-8"))
    assert set(config["layers"]) == {"roads", "parking", "buildings", "obstructions"}
    for layer in ("roads", "parking"):
        [kind] = config["layers"][layer]["where"]["bgt_type"]
        assert kind in set(amsterdam.bgt_type)
    path = SHARED / "data" / "amsterdam_blocks" / "amsterdam_blocks.gpkg"
    theirs = {str(name) for name, _kind in pyogrio.list_layers(path)}
    rows = [
        *config["layers"]["obstructions"],
        *(v for k, v in config["layers"].items() if k != "obstructions"),
    ]
    assert {row["from"] for row in rows} <= theirs
