"""A sample read back from its GeoPackage, and what plain shapely can say about it."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely
from shapely import LineString

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
SAMPLES = ("shenyang_district", "shenyang_compliant")

# Unit vectors of the drawings' axes on the map: along the rows of houses, and across.
ALONG = {"shenyang_district": (0.96, 0.28), "shenyang_compliant": (0.96, -0.28)}


def across(sample):
    x, y = ALONG[sample]
    return -y, x


class Plan:
    """One sample read back from its GeoPackage."""

    def __init__(self, name):
        path = DATA / name / "site.gpkg"
        self.name = name
        self.layers = {
            str(layer): gpd.read_file(path, layer=layer) for layer, _kind in pyogrio.list_layers(path)
        }
        self.expected = tomllib.loads((DATA / name / "expected.toml").read_text(encoding="utf-8"))
        roads = self.layers["roads"]
        self.pavement = shapely.union_all(roads.geometry[roads.fire_lane.astype(bool)].to_numpy())

    def shape(self, layer, name):
        table = self.layers[layer]
        [geometry] = table.geometry[table.id == name]
        return geometry

    def solid(self, name):
        """Return the ground that an obstruction takes; circles as 2048-gons, right to a micrometre."""
        table = self.layers["obstructions"]
        row = table[table.id == name].iloc[0]
        radius = 0.0 if math.isnan(row.radius_m) else row.radius_m
        return row.geometry.buffer(radius, quad_segs=512) if radius else row.geometry

    def gaps(self, at, direction, *obstacles):
        """Return the free lengths on a line through ``at`` across the pavement."""
        x, y = direction
        east, north = at
        ray = LineString([(east - 12 * x, north - 12 * y), (east + 12 * x, north + 12 * y)])
        free = ray.intersection(self.pavement)
        for obstacle in obstacles:
            free = free.difference(obstacle)
        return sorted(part.length for part in shapely.get_parts(free) if part.length > 1e-6)

    def answer(self, rule, subject, group="violation"):
        [row] = [a for a in self.expected[group] if a["rule_id"] == rule and a["subject"] == subject]
        return row
