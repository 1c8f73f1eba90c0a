"""The least removal on made-up sites of several kinds: how large, how long, how often proven.

    python benchmarks/remedies.py                     # all families, 6 scenes each
    python benchmarks/remedies.py --family town --obstructions 100 --scenes 20

CPU seconds of one process. "single": one target at a time; "joint": one remedy for all targets.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from dataclasses import dataclass

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

LIMIT_M = 4.0
BLOCK_M = 60.0
CRS = pyproj.CRS.from_epsg(4550)
ORIGIN = np.array([535_900.0, 4_630_000.0])
KINDS = ("car", "car", "car", "bollard", "planter", "fence")
COST = {"car": 1, "bollard": 5, "planter": 4, "fence": 8}
FAMILIES = {
    "town": (20, 50, 100, 200), "narrow": (50, 100, 200), "yard": (20, 50, 100, 200),
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """A road, what stands on it, where one comes from and goes to."""

    road: shapely.Geometry
    shapes: list[shapely.Geometry]
    cost: dict[int, int]
    source: np.ndarray
    targets: list[np.ndarray]


def scene(family: str, count: int, seed: int) -> Scene:
    """Make a scene."""
    rng = np.random.default_rng([seed, count, list(FAMILIES).index(family)])
    road, places = _yard(count, rng) if family == "yard" else _streets(family, count, rng)
    shapes, cost = [], {}
    while len(shapes) < count:
        kind = KINDS[rng.integers(len(KINDS))]
        at = places()
        shape = shapely.affinity.rotate(_shape(kind, rng), rng.uniform(0, 360), origin=(0, 0))
        shape = shapely.affinity.translate(shape, *at)
        if shapely.intersects(road, shape):
            cost[len(shapes)] = COST[kind]
            shapes.append(shape)
    room = shapely.buffer(road, -LIMIT_M / 2 - 0.05)
    stand = [shapely.Point(places()) for _ in range(4000)]
    stand = [p for p in stand if shapely.contains(room, p)]
    chosen = stand[: 5 if family == "yard" else 7]
    xy = [shapely.get_coordinates(p)[0] for p in chosen]
    return Scene(road, shapes, cost, xy[0], xy[1:])


def _streets(family, count, rng):
    side = 3 if count <= 100 else 4
    low, high = (6.0, 9.0) if family == "town" else (4.6, 7.0)
    lines, widths = [], []
    for k in range(side):
        lines += [((0, k * BLOCK_M), ((side - 1) * BLOCK_M, k * BLOCK_M)), ((k * BLOCK_M, 0), (k * BLOCK_M, (side - 1) * BLOCK_M))]
        widths += rng.uniform(low, high, 2).tolist()
    streets = [shapely.buffer(shapely.LineString(ab), w / 2, cap_style="square") for ab, w in zip(lines, widths, strict=True)]
    road = shapely.segmentize(shapely.union_all(streets), 1.0)

    def place():
        k = rng.integers(len(lines))
        (a, b), w = np.array(lines[k], float), widths[k]
        along = (b - a) / np.hypot(*(b - a))
        aside = np.array([-along[1], along[0]]) * rng.uniform(-w / 2, w / 2)
        return a + (b - a) * rng.uniform() + aside

    return road, place


def _yard(count, rng):
    side = math.sqrt(count) * 4.6
    return shapely.box(0, 0, side, side), lambda: rng.uniform(0, side, 2)


def _shape(kind, rng):
    if kind == "car":
        return shapely.box(-2.3, -0.95, 2.3, 0.95)
    if kind == "planter":
        return shapely.box(-0.75, -0.5, 0.75, 0.5)
    if kind == "bollard":
        return shapely.Point(0, 0)
    return shapely.LineString([(-2, 0), (0, rng.uniform(-1, 1)), (2, 0)])


def space_of(made: Scene) -> FreeSpace:
    """Return the free space of a scene."""
    rows = [
        (f"o{n}", "obstructions", f"o{n}", "other", None, True, False, math.nan, True, math.nan,
         shapely.transform(shape, lambda xy: xy + ORIGIN))
        for n, shape in enumerate(made.shapes)
    ]  # fmt: skip
    table = gpd.GeoDataFrame(rows, columns=list(COLUMNS), geometry="geometry", crs=CRS)
    none = gpd.GeoDataFrame({"lane_id": pd.Series([], dtype=object)}, geometry=gpd.GeoSeries([], crs=CRS), crs=CRS)
    return FreeSpace.build(shapely.transform(made.road, lambda xy: xy + ORIGIN), table, none, none)


def measure(family: str, count: int, seed: int) -> dict[str, float]:
    """Build and solve one scene."""
    made = scene(family, count, seed)
    space = space_of(made)
    cost = {row: made.cost[int(owner[1:])] for row, owner in enumerate(space.table["owner"])}
    pairs = [(made.source + ORIGIN, target + ORIGIN) for target in made.targets]
    begin = time.process_time()
    graph = reach_gaps(space, pairs, below_m=LIMIT_M)
    built = time.process_time() - begin
    ways = [pair_way(space, graph, k, pair, limit_m=LIMIT_M) for k, pair in enumerate(pairs)]
    single = []
    proven = []
    for way in ways:
        begin = time.process_time()
        proven.append(least_removal([Target((way,))], cost, limit_m=LIMIT_M).proven)
        single.append(time.process_time() - begin)
    begin = time.process_time()
    joint = least_removal([Target((way,)) for way in ways], cost, limit_m=LIMIT_M)
    return {
        "edges": len(graph.u), "build": built, "single": max(single), "single_mean": statistics.mean(single),
        "single_proven": statistics.mean(proven), "joint": time.process_time() - begin, "joint_proven": joint.proven,
        "gap": 0.0 if joint.proven else joint.cost / joint.lower_bound - 1, "cost": joint.cost if not joint.impossible else math.nan,
        "removed": len(joint.rows), "cuts": joint.cuts, "rounds": joint.rounds,
    }  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=sorted(FAMILIES))
    parser.add_argument("--obstructions", type=int)
    parser.add_argument("--scenes", type=int, default=6)
    given = parser.parse_args()
    # The first call imports scipy's solvers.
    measure("town", 50, 999)
    print("| family, n | scenes | edges | build mean/max | single mean/max | proven | joint mean/max | proven | worst gap | cost | removed | cuts mean/max |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for family in [given.family] if given.family else FAMILIES:
        for count in [given.obstructions] if given.obstructions else FAMILIES[family]:
            found = [measure(family, count, seed) for seed in range(given.scenes)]

            def mean(key, rows=found):
                return float(np.nanmean([row[key] for row in rows]))

            def most(key, rows=found):
                return max(row[key] for row in rows)

            print(
                f"| {family} {count} | {len(found)} | {mean('edges'):.0f} | {mean('build'):.2f}/{most('build'):.2f} "
                f"| {mean('single_mean'):.3f}/{most('single'):.2f} | {mean('single_proven'):.0%} "
                f"| {mean('joint'):.2f}/{most('joint'):.2f} | {mean('joint_proven'):.0%} | {most('gap'):.1%} "
                f"| {mean('cost'):.1f} | {mean('removed'):.1f} | {mean('cuts'):.0f}/{most('cuts')} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
