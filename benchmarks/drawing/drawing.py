"""Planning and drawing: CPU seconds, size of the file, growth with the length of the lanes.

    python benchmarks/drawing/drawing.py --km 2.5 5 10

The audit's time is not counted. The ratio is to GEOS' bare buffers of the edge line of the same pavement
(``buffer(-0.30) - buffer(-0.45)``), measured in the same process.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import shapely
from district import write_district

from firelane.auditing import audit
from firelane.drawing import DrawingOptions, write_dxf
from firelane.markings import plan_markings
from firelane.run import clear_widths
from firelane.site import read_site


def measured(km: float, folder: Path, *, surveyed: bool) -> tuple[str, ...]:
    site = read_site(write_district(folder / f"{km:g}", km, surveyed=surveyed))
    result = audit(site, remedies=False)
    road = result.network.pavement
    t0 = time.process_time()
    road.buffer(-0.30).difference(road.buffer(-0.45))
    t1 = time.process_time()
    plan = plan_markings(result.site, result.network, clear_widths=clear_widths(result))
    t2 = time.process_time()
    path = folder / f"{km:g}.dxf"
    write_dxf(plan, result, path, DrawingOptions())
    t3 = time.process_time()
    lanes_km = float(shapely.length(result.network.lanes.geometry).sum()) / 1000
    return (f"{lanes_km:.1f}", str(int(shapely.get_num_coordinates(road))), str(len(plan.placements)), str(len(plan.setting_out)),
            f"{t2 - t1:.2f}", f"{t3 - t2:.2f}", f"{(t3 - t1) / lanes_km:.3f}", f"{(t3 - t1) / (t1 - t0):.0f}",
            f"{path.stat().st_size / 1e6:.2f}")  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--km", type=float, nargs="+", default=[2.5, 5.0, 10.0])
    parser.add_argument("--surveyed", action="store_true")
    options = parser.parse_args()
    head = ("km", "vertices", "marks", "points", "plan s", "dxf s", "s/km", "x bare", "MB")
    print("  ".join(f"{name:>8}" for name in head))
    with tempfile.TemporaryDirectory() as temporary:
        measured(0.5, Path(temporary), surveyed=options.surveyed)  # fonts, imports, compiled kernels
        for km in options.km:
            print("  ".join(f"{value:>8}" for value in measured(km, Path(temporary), surveyed=options.surveyed)), flush=True)
