"""One site in a warm worker: CPU seconds of every step of ``firelane run`` without PDFs, with and without remedies.

    python benchmarks/batch/one_site.py data/shenyang_district data/shenyang_compliant

Each site is run once to warm up, then ``--repeat`` times; the least of each step counts. Seconds differ from machine to
machine and from minute to minute: the ratio is to a yardstick measured between the runs, ``json.dumps`` of one fixed
object and GEOS' ``buffer(-2)`` of one fixed net of streets, half and half. Without numba, as firelane is installed by default.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import shapely

sys.path.insert(0, str(Path(__file__).parents[1]))

from networks import street_network

AIMS_S = {"audit": 0.35, "all": 1.5}
"""What is aimed at for a district of 5,000 vertices without remedies and in all [CPU s]."""
AUDIT = ("rules", "network", "measure", "judge")


def yardstick() -> Callable[[], float]:
    """Return what measures how fast the machine is at this moment [CPU s]."""
    rows = [{"id": f"S-{n}", "width_m": n / 7, "place": [n / 3, n / 11], "text": "净宽 < 4 m"} for n in range(4000)]
    net = street_network(4).road

    def measured() -> float:
        begin = time.process_time()
        json.dumps(rows, ensure_ascii=False)
        shapely.buffer(net, -2)
        return time.process_time() - begin

    return measured


def one_run(source: Path, out: Path, *, remedies: bool) -> dict[str, float]:
    """Run a site once; return step → CPU seconds."""
    from firelane.run import run_site  # after the environment is set

    stops: list[tuple[str, float]] = []
    run_site(source, out, pdf=False, remedies=remedies, progress=lambda name: stops.append((name, time.process_time())))
    stops.append(("end", time.process_time()))
    spent = {name: later - at for (name, at), (_, later) in itertools.pairwise(stops)}
    spent["audit"] = sum(spent[name] for name in AUDIT)
    spent["all"] = stops[-1][1] - stops[0][1]
    return spent


def vertices(source: Path) -> int:
    """Return how many vertices a site has."""
    from firelane.site import read_site

    return sum(int(shapely.get_num_coordinates(t.geometry.to_numpy()).sum()) for t in read_site(source).layers.values())


def main() -> None:
    """Print one table per site."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sites", nargs="+", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--freeze", action="store_true", help="gc.freeze() after the first run, as a batch's workers do")
    args = parser.parse_args()
    os.environ.setdefault("FIRELANE_ENGINE", "numpy")
    rod = yardstick()
    with tempfile.TemporaryDirectory() as folder:
        for source in args.sites:
            columns: dict[bool, dict[str, float]] = {}
            rods = [rod()]
            for remedies in (False, True):
                one_run(source, Path(folder), remedies=remedies)
                if args.freeze:
                    gc.collect()
                    gc.freeze()
                best: dict[str, float] = {}
                for _ in range(args.repeat):
                    for name, seconds in one_run(source, Path(folder), remedies=remedies).items():
                        best[name] = min(seconds, best.get(name, seconds))
                    rods.append(rod())
                columns[remedies] = best
            unit = min(rods)
            print(f"\n{source}: {vertices(source)} vertices; yardstick {unit * 1000:.1f} ms")
            print(f"{'step':12} {'without remedies':>24} {'with':>24}")
            for name in columns[True]:
                cells = [f"{b[name]:8.3f} s {b[name] / unit:8.1f} ×" if name in b else "–" for b in columns.values()]
                aim = f"   aim {AIMS_S[name]} s" if name in AIMS_S else ""
                print(f"{name:12} {cells[0]:>24} {cells[1]:>24}{aim}", flush=True)


if __name__ == "__main__":
    main()
