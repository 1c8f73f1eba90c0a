"""Scenes for the tests of remedies, and other ways to answer the same questions."""

from __future__ import annotations

import itertools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from firelane.lanes.gaps import reach_gaps
from firelane.lanes.obstacles import COLUMNS
from firelane.lanes.space import FreeSpace
from firelane.remedy.hitting import Target, least_removal
from firelane.remedy.problem import pair_way

CRS = pyproj.CRS.from_epsg(4550)
EAST, NORTH = 531234.567, 4182345.891
TURN_DEG = 33.7


def as_drawn(geometry):
    """Leave a scene where it is."""
    return geometry


def on_the_map(geometry, turn_deg=TURN_DEG):
    """Turn a scene and move it to map coordinates."""
    turned = shapely.affinity.rotate(geometry, turn_deg, origin=(0, 0))
    return shapely.transform(turned, lambda xy: xy + np.array([EAST, NORTH]))


def table_of(shapes, radius_m=None):
    """Return shapes as a table of obstacles."""
    rows = []
    for n, shape in enumerate(shapes):
        radius = math.nan if radius_m is None else radius_m[n]
        rows.append((f"o{n}", "obstructions", f"o{n}", "other", None, True, False, math.nan, True, radius, shape))
    return gpd.GeoDataFrame(rows, columns=list(COLUMNS), geometry="geometry", crs=CRS)


def open_space(road, shapes, position=as_drawn, radius_m=None):
    """Return the space of a road without lanes and mouths."""
    lanes = gpd.GeoDataFrame({"lane_id": pd.Series([], dtype=object)}, geometry=gpd.GeoSeries([], crs=CRS), crs=CRS)
    columns = ["entrance_id", "width_m", "inward_x", "inward_y", "name", "gate", "openable", "clear_height_m", "lane_id"]
    mouths = gpd.GeoDataFrame({c: pd.Series([], dtype=object) for c in columns}, geometry=gpd.GeoSeries([], crs=CRS), crs=CRS)
    table = table_of([position(s) for s in shapes], radius_m)
    return FreeSpace.build(position(road), table, lanes, mouths)


def rows_of(space):
    """Return {number in the list of shapes: row of the space's table}: shapes off the road have none."""
    return {int(owner[1:]): row for row, owner in enumerate(space.table["owner"])}


class Ways:
    """Ways between places of a space, with the answer of the search."""

    def __init__(self, road, shapes, pairs, *, costs=None, position=as_drawn, limit_m=4.0, radius_m=None):
        self.space = open_space(road, shapes, position, radius_m)
        self.limit_m = limit_m
        self.pairs = [tuple(shapely.get_coordinates(position(shapely.Point(p)))[0] for p in pair) for pair in pairs]
        self.graph = reach_gaps(self.space, self.pairs, below_m=12.0)
        costs = [1] * len(shapes) if costs is None else costs
        self.rows = rows_of(self.space)
        self.cost = {row: costs[n] for n, row in self.rows.items() if costs[n] is not None}
        self._name = {row: n for n, row in self.rows.items()}

    def way(self, k):
        return pair_way(self.space, self.graph, k, self.pairs[k], limit_m=self.limit_m)

    def solve(self, targets=None):
        """Return the solution; ``targets``: lists of numbers of pairs, one list per target."""
        targets = [[k] for k in range(len(self.pairs))] if targets is None else targets
        return least_removal([Target(tuple(self.way(k) for k in ks)) for ks in targets], self.cost, limit_m=self.limit_m)

    def names(self, solution):
        """Return the numbers of what goes in the list of shapes."""
        return {self._name[row] for row in solution.rows}

    def width(self, k, removed=()):
        """Return the clear width of a way, its places counted [m]."""
        gone = {self.rows[n] for n in removed if n in self.rows}
        kept = self.space.table.geometry.to_numpy()[[r for r in range(len(self.space.table)) if r not in gone]]
        bodies = shapely.union_all([shapely.boundary(self.space.area), *kept])
        rooms = [2 * shapely.distance(bodies, shapely.Point(*p)) for p in self.pairs[k]]
        return min(self.graph.width(k, gone)[0], *rooms)


def subsets(cost):
    """Yield the sets of removable numbers, cheapest first."""
    rows = sorted(cost)
    every = [c for k in range(len(rows) + 1) for c in itertools.combinations(rows, k)]
    yield from sorted(every, key=lambda c: sum(cost[n] for n in c))


def least_by_erosion(road, shapes, cost, pairs, limit_m, radius_m=None, quad_segs=64):
    """Return the least cost by trying all sets, cheapest first, on the eroded road; inf where none serves."""
    half = limit_m / 2
    inner = shapely.buffer(road, -half, quad_segs=quad_segs)
    swollen = [
        shapely.buffer(s, half + (0.0 if radius_m is None or math.isnan(radius_m[n]) else radius_m[n]), quad_segs=quad_segs)
        for n, s in enumerate(shapes)
    ]
    for gone in subsets(cost):
        left = shapely.union_all([swollen[n] for n in range(len(shapes)) if n not in gone])
        parts = shapely.get_parts(shapely.difference(inner, left))
        if all(any(shapely.intersects(p, shapely.Point(a)) and shapely.intersects(p, shapely.Point(z)) for p in parts) for a, z in pairs):
            return sum(cost[n] for n in gone)
    return math.inf


def least_by_cutting(road, shapes, cost, pairs, limit_m, radius_m=None):
    """Return the least cost by trying all sets with the audit's own widest way; inf where none serves."""
    for gone in subsets(cost):
        kept = [n for n in range(len(shapes)) if n not in gone]
        space = open_space(road, [shapes[n] for n in kept], radius_m=None if radius_m is None else [radius_m[n] for n in kept])
        shapely.prepare(space.free)
        if all(
            shapely.contains_xy(space.free, *a) and shapely.contains_xy(space.free, *z)
            and space.widest_way.between(np.array(a, float), np.array([z], float))[0] >= limit_m - 1e-6
            for a, z in pairs
        ):  # fmt: skip
            return sum(cost[n] for n in gone)
    return math.inf
