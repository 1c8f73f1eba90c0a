"""CPU time and peak memory of reading large sites, beside a plain reading of the same file.

    python benchmarks/reading/reading.py                    # a 1.3 M-vertex GeoPackage (two ways), a 50 MB DXF
    python benchmarks/reading/reading.py --side 20          # smaller ones of the same kind

Each figure comes from a process of its own. "Plain" is what the libraries alone need to get at the same data: pyogrio
reading every layer of the GeoPackage, ezdxf loading the DXF and looking at every entity. Nothing is checked, mended,
placed or mapped then: the ratio is the price of that.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]
from inputs import write_geopackage, write_plan  # noqa: E402
from width_core import peak_mb  # noqa: E402


def whole(path: Path) -> dict[str, int]:
    """Read a site as users do; our layer -> rows."""
    from firelane import read_site

    return {layer: len(table) for layer, table in read_site(path).layers.items()}


def plain(path: Path) -> dict[str, int]:
    """Read the same file with the library alone."""
    if path.suffix == ".dxf":
        import ezdxf

        space = ezdxf.readfile(path).modelspace()
        return {"entities": sum(1 for entity in space if entity.dxf.layer)}
    import pyogrio

    return {name: len(pyogrio.read_dataframe(path, layer=name)) for name, _ in pyogrio.list_layers(path)}


WAYS = {"whole": whole, "plain": plain}


def one(way: str, path: Path, repeat: int) -> dict[str, object]:
    """Read a file; CPU seconds (least of ``repeat``) and peak memory of this process."""
    before, best, rows = peak_mb(), float("inf"), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(repeat):
            begin = time.process_time()
            rows = WAYS[way](path)
            best = min(best, time.process_time() - begin)
    return {"cpu_s": best, "peak_mb": peak_mb(), "before_mb": before, "rows": rows}


def in_own_process(way: str, path: Path, repeat: int = 1) -> dict[str, object]:
    """Measure in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(HERE), "--one", way, "--path", str(path), "--repeat", str(repeat)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, help="crossings a side instead of the full size")
    parser.add_argument("--repeat", type=int, default=1, help="readings, of which the fastest counts")
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.one, asked.path, asked.repeat)))
        return
    with tempfile.TemporaryDirectory() as folder:
        home, size = Path(folder), {} if asked.side is None else {"side": asked.side}
        files = {
            "GeoPackage, a polygon for each street": write_geopackage(home / "streets.gpkg", **size),
            "GeoPackage, one polygon": write_geopackage(home / "joined.gpkg", joined=True, **size),
            "DXF": write_plan(home / "plan.dxf", **size),
        }
        print("| input | MB | vertices | read_site, CPU s | peak, MB | plain, CPU s | plain peak, MB | ratio |")
        print("|---|---|---|---|---|---|---|---|")
        for name, made in files.items():
            ours, theirs = (in_own_process(way, made.path, asked.repeat) for way in WAYS)
            print(
                f"| {name} | {made.path.stat().st_size / 1e6:.0f} | {made.vertices:,} | {ours['cpu_s']:.1f} | {ours['peak_mb']:.0f} "
                f"| {theirs['cpu_s']:.1f} | {theirs['peak_mb']:.0f} | {ours['cpu_s'] / theirs['cpu_s']:.1f} × |",
                flush=True,
            )
            if ours["rows"] != made.rows:
                print(f"  rows: {ours['rows']}, drawn were {made.rows}")


if __name__ == "__main__":
    main()
