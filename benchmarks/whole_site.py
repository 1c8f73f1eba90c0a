"""Whole commands: CPU seconds and peak memory of ``firelane audit`` and ``firelane run``.

Each command runs in a process of its own. "beyond imports" is what it costs more than a process that only
imports what it needs; the ratio is to GEOS' bare ``buffer(-2)`` of the same road polygons.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from networks import street_network

ROOT = Path(__file__).parents[1]
ORIGIN = np.array([535900.0, 4630000.0])
SIDES = {"1k": 3, "5k": 5, "10k": 7, "100k": 20}


def write_district(folder: Path, side: int) -> Path:
    """Write a generated district: roads, obstructions, two entrances, a building in each block."""
    net = street_network(side)

    def place(geometry):
        return shapely.transform(geometry, lambda xy: xy + ORIGIN)

    def save(layer, geometries, **columns):
        table = gpd.GeoDataFrame(columns, geometry=place(np.asarray(geometries, dtype=object)), crs="EPSG:4550")
        table.to_file(folder / "site.gpkg", layer=layer, engine="pyogrio")

    save("roads", [net.road], id=["R1"], kerb=["no"])
    things = [*net.cars, *shapely.points(net.bollards), *shapely.points(net.posts)]
    kinds = ["vehicle"] * len(net.cars) + ["bollard"] * len(net.bollards) + ["pole"] * len(net.posts)
    radius = [0.0] * len(net.cars) + [0.1] * len(net.bollards) + [0.0] * len(net.posts)
    save("obstructions", things, kind=kinds, radius_m=radius)
    xy = shapely.get_coordinates(net.road)
    ends = [xy[np.argmin(xy[:, 0])], xy[np.argmax(xy[:, 0])]]
    save("entrances", [shapely.linestrings(e + np.array([[0, -6], [0, 6]])) for e in ends], id=["W", "E"])
    blocks = [shapely.buffer(shapely.polygons(r), -8) for p in shapely.get_parts(net.road) for r in p.interiors]
    save("buildings", [b for b in blocks if not b.is_empty], floors=[6] * sum(not b.is_empty for b in blocks))
    (folder / "site.toml").write_text('[site]\nid = "generated"\nname = "生成的小区"\n', encoding="utf-8")
    return folder


def measured(argv: list[str]) -> tuple[float, float]:
    """Return CPU seconds and peak MB of a command."""
    code = (
        "import resource,subprocess,sys;"
        "r=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL);"
        "u=resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(u.ru_utime+u.ru_stime,u.ru_maxrss/1024,r.returncode)"
    )
    out = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True, check=True, cwd=ROOT)
    seconds, peak, status = out.stdout.split()[-3:]
    if status != "0":
        raise SystemExit(out.stderr)
    return float(seconds), float(peak)


def buffer_seconds(source: Path, layer: str, where: str | None) -> tuple[float, int]:
    """Return CPU seconds of the bare buffer, and the number of boundary vertices."""
    roads = gpd.read_file(source, layer=layer, where=where)
    area = shapely.union_all(roads.geometry.to_numpy())
    best = np.inf
    for _ in range(3):
        begin = time.process_time()
        shapely.buffer(area, -2, quad_segs=16)
        best = min(best, time.process_time() - begin)
    return best, int(shapely.get_num_coordinates(area))


def sites(temporary: Path, sizes: list[str]):
    """Yield (name, command-line words for the site, GeoPackage, layer, filter)."""
    sample = ROOT / "data" / "shenyang_district"
    yield "sample", [str(sample)], sample / "site.gpkg", "roads", None
    shared = Path(os.environ.get("FIRELANE_SHARED", ROOT.parent / "shared"))
    blocks = shared / "data" / "amsterdam_blocks" / "amsterdam_blocks.gpkg"
    if blocks.exists():
        config = ROOT / "tests" / "acceptance" / "amsterdam.site.toml"
        words = [str(blocks), "--config", str(config)]
        yield "real blocks", words, blocks, "roads", "bgt_type = 'rijbaan_lokale_weg'"
    else:
        print(f"(real blocks left out: {blocks} is not there)")
    for size in sizes:
        folder = temporary / size
        folder.mkdir()
        write_district(folder, SIDES[size])
        yield f"generated {size}", [str(folder)], folder / "site.gpkg", "roads", None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1k,5k,10k,100k")
    sizes = parser.parse_args().sizes.split(",")
    firelane = [sys.executable, "-m", "firelane"]
    imports = {
        "audit": measured([sys.executable, "-c", "import firelane.auditing, firelane.site"])[0],
        "run": measured([sys.executable, "-c", "import firelane.run, folium, openpyxl, ezdxf"])[0],
    }
    print(f"imports alone, CPU s: audit {imports['audit']:.2f}, run {imports['run']:.2f}\n")
    print("| site | boundary vertices | buffer(-2), CPU s | command | CPU s beyond imports | ÷ buffer | peak MB |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        temporary = Path(name)
        for title, words, source, layer, where in sites(temporary, sizes):
            buffer, vertices = buffer_seconds(source, layer, where)
            for command in ("audit", "run"):
                out = temporary / f"out-{title}-{command}".replace(" ", "-")
                seconds, peak = measured([*firelane, command, *words, "-o", str(out), "--quiet"])
                net = seconds - imports[command]
                print(
                    f"| {title} | {vertices:,} | {buffer:.4f} | {command} | {net:.2f} | {net / buffer:.0f} × | {peak:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
