"""What-if edits: CPU milliseconds per edit, by kind of edit, on a generated district.

The full recomputation is the measuring of widths and heights of the edited site with its lane network known
(``Spaces`` and ``measure_widths``): what a caller without ``WhatIf`` would have to repeat after every edit.
"""

from __future__ import annotations

import argparse
import gc
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from networks import SIZES, street_network

from firelane.lanes.network import lane_network
from firelane.lanes.reach import CAP_M
from firelane.lanes.space import Spaces
from firelane.site import read_site
from firelane.whatif import WhatIf

ORIGIN = np.array([535900.0, 4630000.0])
CAR = np.array([2.4, 0.95])
BUILDINGS = 300


def write_site(folder: Path, side: int, dense: int) -> Path:
    """Write a district of ``side`` × ``side`` crossings, with ``dense`` times the network's own obstacles."""
    nets = [street_network(side, seed=0)]

    def place(geometry):
        return shapely.transform(geometry, lambda xy: xy + ORIGIN)

    def save(layer, geometries, **columns):
        table = gpd.GeoDataFrame(columns, geometry=place(np.asarray(geometries, dtype=object)), crs="EPSG:4550")
        table.to_file(folder / "site.gpkg", layer=layer, engine="pyogrio")

    net = nets[0]
    west, south, east, north = net.road.bounds
    # Cut straight at both ends, so that entrances lie on the edge.
    road = shapely.intersection(net.road, shapely.box(west + 14, south, east - 14, north))
    road = max(shapely.get_parts(road), key=shapely.area)
    save("roads", [road], id=["R1"])
    blocks = [shapely.buffer(shapely.polygons(ring), -5) for ring in road.interiors]
    blocks = [block for block in blocks if block.geom_type == "Polygon" and block.area > 100][:BUILDINGS]
    save("buildings", blocks, id=[f"B{n}" for n in range(len(blocks))])
    things, kinds, radius = [], [], []
    for n in range(dense):
        rng = np.random.default_rng(n)
        shift = np.zeros(2) if n == 0 else rng.normal(0, 8, 2)
        group = [*net.cars, *shapely.points(net.bollards), *shapely.points(net.posts)]
        things += list(shapely.transform(np.asarray(group, dtype=object), lambda xy, by=shift: xy + by))
        kinds += ["vehicle"] * len(net.cars) + ["bollard"] * len(net.bollards) + ["pole"] * len(net.posts)
        radius += [0.0] * len(net.cars) + [0.1] * len(net.bollards) + [0.0] * len(net.posts)
    save("obstructions", things, id=[f"o{n}" for n in range(len(things))], kind=kinds, radius_m=radius)
    ends = [max(shapely.get_parts(shapely.intersection(road.exterior, shapely.LineString([(x, south), (x, north)]))),
                key=shapely.length) for x in (west + 14, east - 14)]  # fmt: skip
    save("entrances", ends, id=["W", "E"])
    return folder


def timed(work):
    """Return what ``work`` returns, and the CPU milliseconds it took."""
    begin = time.process_time()
    result = work()
    return result, 1e3 * (time.process_time() - begin)


def edits(state: WhatIf, network, count: int, rng: np.random.Generator):
    """Yield (kind of edit, what to do)."""
    ids = state.site.layer("obstructions")["id"].to_numpy(object)
    of_kind = {k: ids[state.site.layer("obstructions")["kind"].to_numpy(object) == k] for k in ("vehicle", "bollard", "pole")}
    lanes = network.lanes.geometry.to_numpy()
    junctions = shapely.get_coordinates(network.junctions.geometry.to_numpy())
    for _ in range(count):
        line = lanes[rng.integers(len(lanes))]
        middle = shapely.get_coordinates(line.interpolate(rng.uniform(0.2, 0.8), normalized=True))[0]
        xy = middle + rng.normal(0, 1, 2)
        corner = junctions[rng.integers(len(junctions))]
        name = {k: str(v[rng.integers(len(v))]) for k, v in of_kind.items()}
        step = rng.normal(0, 1, 2)
        yield "remove a car", lambda s, i=name["vehicle"]: s.remove(i)
        yield "remove a bollard", lambda s, i=name["bollard"]: s.remove(i)
        yield "move a car by a metre", lambda s, i=name["vehicle"], d=step: s.move(i, east_m=d[0], north_m=d[1])
        yield "turn a car", lambda s, i=name["vehicle"]: s.move(i, turn_deg=20.0)
        yield "add a post", lambda s, p=xy: s.add(shapely.Point(p), "pole")
        yield "add a bollard", lambda s, p=xy: s.add(shapely.Point(p), "bollard", radius_m=0.1)
        yield "add a car", lambda s, p=xy: s.add(shapely.box(*(p - CAR), *(p + CAR)), "vehicle")
        yield "add a wall (line)", lambda s, p=xy, d=3 * step: s.add(shapely.LineString([p, p + d]), "wall")
        yield "add an arch 3.5 m high", lambda s, p=xy: s.add(shapely.box(*(p - 5), *(p + 5)), "arch", clear_height_m=3.5)
        yield "add a car on a junction", lambda s, p=corner: s.add(shapely.box(*(p - CAR), *(p + CAR)), "vehicle")


def full_run(state: WhatIf, network) -> None:
    """Measure all widths of a state's site anew."""
    spaces = Spaces.of(state.site, network, 4.0)
    for space in (*spaces.ground, *(s for s in spaces.envelope if not any(s is g for g in spaces.ground))):
        space.crossings(CAP_M)


def main() -> None:
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="100k", choices=list(SIZES))
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--dense", type=int, default=1, help="times the network's own obstacles")
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        site = read_site(write_site(Path(name), SIZES[options.size], options.dense))
    network, own = timed(lambda: lane_network(site))
    start, prepared = timed(lambda: WhatIf.of(site, network))
    road = site.layer("roads").geometry.iloc[0]
    print(f"{shapely.get_num_coordinates(road):,} kerb vertices, {len(site.layer('obstructions')):,} obstructions, {len(network.lanes)} lanes")
    _, whole = timed(lambda: full_run(start, network))
    print(f"lane network {own / 1e3:.1f} s, preparing {prepared / 1e3:.1f} s, full recomputation {whole / 1e3:.2f} s (CPU)\n")
    found: dict[str, list[float]] = {}
    gc.collect()
    gc.freeze()
    state, chained = start, []
    for kind, work in edits(start, network, options.count, rng):
        _, spent = timed(lambda work=work: work(start))
        found.setdefault(kind, []).append(spent)
        if kind.startswith("add"):
            state, spent = timed(lambda work=work: work(state))  # noqa: B023
            chained.append(spent)
    found["add, in a chain of edits"] = chained
    some = [work for kind, work in edits(start, network, 3, rng) if kind in ("add a car", "remove a bollard")]
    _, first = timed(lambda: start.buildings)
    reach = [timed(lambda work=work: work(start).buildings)[1] for work in some]
    told = int(start.buildings["widest_vehicle_m"].gt(0).sum())
    print(f"buildings (measured anew when asked for): {len(start.buildings)}, {told} of them reached; "
          f"{first:.0f} ms, after an edit median {np.median(reach):.0f} ms, max {max(reach):.0f} ms\n")  # fmt: skip
    print("| edit | median ms | 95 % | max ms | full ÷ median |")
    print("|---|---|---|---|---|")
    for kind, spent in found.items():
        a = np.array(spent)
        print(f"| {kind} | {np.median(a):.1f} | {np.percentile(a, 95):.1f} | {a.max():.1f} | {whole / np.median(a):.0f} × |")


if __name__ == "__main__":
    main()
