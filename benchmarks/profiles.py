"""Centrelines and profiles of all lanes, beside GEOS' bare ``buffer(-2)`` of the same free space.

    python benchmarks/profiles.py                # the table: about 1k, 10k and 100k boundary vertices
    python benchmarks/profiles.py --size 1m      # one size: a million takes a minute a run and 2.5 GB

CPU seconds of the process, best of three, both in one process; the ratio is what to compare. The road is the
network with cars and bollards taken out (what ``buffer`` gets as well), so that each is an island to its lane;
posts without radius stand on it. *Lanes* is the lane network with its stations every half metre and their
sections, *profile* the widest disc at each of them, *widths* the barriers and the table of pinches.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import shapely
from networks import street_network

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from site_scenes import site

from firelane.lanes.network import lane_network
from firelane.lanes.space import Spaces
from firelane.measure.pinches import pinch_table
from firelane.measure.width import measure_profile, measure_widths

SIDES = {"1k": 3, "10k": 7, "100k": 20, "1m": 58}
QUAD_SEGS = 16


def chain(a_site, *, widths: bool) -> tuple[list[float], int, int]:
    """Return CPU seconds of each step, the number of lanes and of stations."""
    begin = [time.process_time()]
    network = lane_network(a_site)
    begin.append(time.process_time())
    spaces = Spaces.of(a_site, network, 4.0)
    profile = measure_profile(spaces)
    begin.append(time.process_time())
    if widths:
        pinch_table(spaces, measure_widths(spaces.ground, profile, below_m=8.0).narrowings)
        begin.append(time.process_time())
    return np.diff(begin).tolist(), len(network.lanes), len(profile)


def bare(area: shapely.Geometry, runs: int) -> float:
    best = np.inf
    for _ in range(runs):
        begin = time.process_time()
        shapely.buffer(area, -2, quad_segs=QUAD_SEGS)
        best = min(best, time.process_time() - begin)
    return best


def row(size: str, runs: int, *, widths: bool) -> str:
    network = street_network(SIDES[size])
    a_site = site([network.free], obstructions=[(p, {"kind": "pole"}) for p in shapely.points(network.posts)])
    buffer_s = bare(network.free, runs)
    results = [chain(a_site, widths=widths) for _ in range(runs)]
    steps = np.min([r[0] for r in results], axis=0)
    cells = [
        size, f"{network.vertices:,}", f"{results[0][1]:,}", f"{results[0][2]:,}", f"{buffer_s:.4f}",
        f"{steps[0]:.3f}", f"{steps[1]:.3f}", f"{steps[:2].sum() / buffer_s:.1f} ×",
        f"{steps[2]:.3f}" if widths else "–",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIDES, action="append", help="sizes to run; 1k, 10k, 100k when left out")
    parser.add_argument("--runs", type=int, default=3, help="the best of so many is told")
    parser.add_argument("--widths", action="store_true", help="the barriers and the table of pinches as well")
    options = parser.parse_args()
    row("1k", 1, widths=options.widths)  # a warm-up keeps first calls out of the figures
    head = [
        "size", "vertices", "lanes", "stations", "buffer(-2), CPU s", "lanes, CPU s", "profile, CPU s",
        "lanes + profile ÷ buffer", "widths and pinches, CPU s",
    ]  # fmt: skip
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for size in options.size or ["1k", "10k", "100k"]:
        print(row(size, options.runs, widths=options.widths), flush=True)


if __name__ == "__main__":
    main()
