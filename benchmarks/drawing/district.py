"""A generated district to draw: clean roads as a plan has them, about so many kilometres of lanes.

    python benchmarks/drawing/district.py /tmp/district --km 10

Streets 60 m apart, bent a little, 4.2 to 7 m wide, corners rounded at 6 m; four entrances, a cover every 35 m, a
building and a few bays in each block. The same seed gives the same district everywhere. ``--surveyed`` adds what a
survey has: a vertex a metre, each off by a centimetre.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

ORIGIN = np.array([535_900.0, 4_630_000.0])
SPACING_M = 60.0
FILLET_M = 6.0


def crossings_for(km: float) -> int:
    """Return how many crossings a side of the net has that holds so many kilometres of lanes."""
    return max(2, round((1 + math.sqrt(1 + 2 * km * 1000 / SPACING_M)) / 2))


def district(km: float, *, surveyed: bool = False, seed: int = 0) -> dict[str, gpd.GeoDataFrame]:
    """Return layer -> table."""
    rng = np.random.default_rng(seed)
    side = crossings_for(km)
    i, j = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    node = np.stack([i, j], axis=-1) * SPACING_M + rng.normal(0, 3, (side, side, 2))
    rows = np.concatenate([np.stack([node[:-1], node[1:]], axis=2).reshape(-1, 2, 2),
                           np.stack([node[:, :-1], node[:, 1:]], axis=2).reshape(-1, 2, 2)])  # fmt: skip
    # four streets run on to the world outside
    middle = side // 2
    ends = [node[middle, 0] - (0, 25), node[middle, -1] + (0, 25), node[0, middle] - (25, 0), node[-1, middle] + (25, 0)]
    inner = [node[middle, 0], node[middle, -1], node[0, middle], node[-1, middle]]
    ways = np.concatenate([rows, np.stack([np.array(inner), np.array(ends)], axis=1)])
    width_m = np.concatenate([rng.choice([4.2, 5.0, 6.0, 7.0], len(rows)), np.full(4, 6.0)])
    axes = shapely.linestrings(ways)
    road = shapely.union_all(shapely.buffer(axes, width_m / 2, cap_style="flat"))
    road = shapely.union_all([road, *shapely.buffer(shapely.points(node.reshape(-1, 2)), 3.5, quad_segs=16)])
    road = shapely.buffer(shapely.buffer(road, FILLET_M, quad_segs=24), -FILLET_M, quad_segs=24)
    road = shapely.simplify(road, 0.001)
    if surveyed:
        road = shapely.transform(shapely.segmentize(road, 1.0), lambda xy: xy + _wobble(xy))
    mouths = []
    for a, b in zip(inner, ends, strict=True):
        along = (b - a) / np.hypot(*(b - a))
        across = np.array([-along[1], along[0]]) * 3.2
        mouths.append(shapely.linestrings([b - 4 * along - across, b - 4 * along + across]))
    covers = [p for axis in axes for p in shapely.line_interpolate_point(axis, np.arange(17.0, axis.length - 5, 35.0))]
    blocks = [b for hole in shapely.get_parts(road)[0].interiors if not (b := shapely.polygons(hole).buffer(-6)).is_empty]
    table = {
        "roads": _table([road], id=["R1"], kerb=["no"]),
        "entrances": _table(mouths, id=["S", "N", "W", "E"]),
        "covers": _table(covers, radius_m=[0.35] * len(covers)),
        "buildings": _table(blocks, floors=[6] * len(blocks)),
        "obstructions": _table([], kind=[]),
        "parking": _table([_bay(b) for b in blocks], status=["planned"] * len(blocks)),
    }
    return {name: frame for name, frame in table.items() if len(frame)}


def _bay(block: shapely.Geometry) -> shapely.Geometry:
    x0, y0, x1, _ = block.bounds
    return shapely.box((x0 + x1) / 2 - 2.75, y0 - 5.0, (x0 + x1) / 2 + 2.75, y0 - 2.5)


def _wobble(xy: np.ndarray) -> np.ndarray:
    return 0.01 * np.column_stack([np.sin(xy @ [12.9898, 78.233]), np.sin(xy @ [39.346, 11.135])])


def _table(geometries: list, **columns: list) -> gpd.GeoDataFrame:
    placed = shapely.transform(np.asarray(geometries, dtype=object), lambda xy: xy + ORIGIN) if geometries else []
    return gpd.GeoDataFrame(columns, geometry=list(placed), crs="EPSG:4550")


def write_district(folder: Path, km: float, *, surveyed: bool = False) -> Path:
    """Write the district as a site and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.gpkg").unlink(missing_ok=True)
    for layer, frame in district(km, surveyed=surveyed).items():
        frame.to_file(folder / "site.gpkg", layer=layer, engine="pyogrio")
    (folder / "site.toml").write_text(
        '[site]\nid = "generated"\nname = "生成的小区"\naccuracy_m = 0.0\n', encoding="utf-8")
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--km", type=float, default=10.0)
    parser.add_argument("--surveyed", action="store_true")
    options = parser.parse_args()
    print(write_district(options.folder, options.km, surveyed=options.surveyed))
