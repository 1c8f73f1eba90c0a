"""What laser points cost: processor time per million points and peak memory, at ten times the points on the same road.

Run: ``python benchmarks/laser/points.py`` (about a minute). Prints a table in Markdown. Each size runs in a process of
its own, for the peak of its memory; the baseline is a process that imports the same and measures nothing.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

LENGTH_M, WIDTH_M = 400.0, 6.0
SIZES = (0, 1_000_000, 10_000_000)


def write(path: Path, points: int) -> None:
    """Write a road of 400 m with ground, a row of crowns, wires and cars, a chunk at a time."""
    import laspy
    import numpy as np
    from site_scenes import ORIGIN

    header = laspy.LasHeader(point_format=6, version="1.4")
    header.scales, header.offsets = np.full(3, 0.001), np.append(ORIGIN, 0.0)
    rng = np.random.default_rng(1)
    with laspy.open(path, mode="w", header=header) as writer:
        for n in range(0, points, 500_000):
            count = min(500_000, points - n)
            x, y = rng.uniform(0, LENGTH_M, count), rng.uniform(-12, 12, count)
            crown = (np.abs(y) > 2) & (np.floor(x / 10) % 2 == 0) & (rng.uniform(size=count) < 0.5)
            height = np.where(crown, rng.uniform(4.2, 9, count), 0.0)
            record = laspy.ScaleAwarePointRecord.zeros(count, header=header)
            record.x, record.y = x + ORIGIN[0], y + ORIGIN[1]
            record.z = 50 + height + rng.normal(0, 0.02, count)
            record.classification = np.where(crown, 5, 2)
            writer.write_points(record)


def measure(path: Path) -> float:
    """Return the processor time of measuring heights from a file [s]."""
    from laser_scenes import tile
    from site_scenes import gates, road, site

    from firelane.lanes.network import lane_network
    from firelane.measure.laser import measure_laser

    scene = site([road(LENGTH_M, WIDTH_M)], entrances=gates(LENGTH_M, WIDTH_M))
    network = lane_network(scene)
    if not path.stat().st_size:
        return 0.0
    start = time.process_time()
    measure_laser(replace(scene, points=(tile(path),)), network, envelope={"width_m": 4.0, "height_m": 4.0})
    return time.process_time() - start


def main() -> None:
    """Print the table, or measure one file in a process of its own."""
    if len(sys.argv) > 1:
        spent = measure(Path(sys.argv[1]))
        print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    print("| points | processor s | s per million | peak memory MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for points in SIZES:
            path = Path(folder) / f"{points}.laz"
            path.touch()
            if points:
                write(path, points)
            runs = [
                tuple(map(float, subprocess.run(
                    [sys.executable, __file__, str(path)], check=True, capture_output=True, text=True
                ).stdout.split()))
                for _ in range(3 if points < SIZES[-1] else 1)
            ]  # fmt: skip
            spent, memory = min(r[0] for r in runs), min(r[1] for r in runs)
            per = spent / points * 1e6 if points else 0.0
            print(f"| {points:,} | {spent:.2f} | {per:.2f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
