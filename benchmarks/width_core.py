"""Time and memory of the measuring core, beside GEOS' bare ``buffer(-2)`` of the same free space.

    python benchmarks/width_core.py            # the table: 1k to 1M boundary vertices
    python benchmarks/width_core.py --size 10k # one size

``verdict``: half-edges, pinches below 4 m, pieces, and which lanes a 4 m disc reaches. ``reach``: all pinches
below 8 m, the tree, the widest vehicle to every lane, and from it the same verdict. CPU seconds of the process,
best of three, all in one process; the ratio to the buffer is what to compare. Growth is the exponent against
the size before: n log n reads 1.1 or less. Peak memory is that of a process which does one task alone.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from networks import LARGEST, SIZES, Network, street_network

from firelane.lanes.boundary import Boundary
from firelane.lanes.pieces import cut
from firelane.lanes.pinches import find_pinches
from firelane.lanes.reach import WidestWay

EVERY_SIZE = {**SIZES, **LARGEST}
LIMIT_M = 4.0
CAP_M = 8.0


def buffer_only(network: Network) -> dict[str, float]:
    network.free.buffer(-LIMIT_M / 2, quad_segs=16)
    return {}


def verdict(network: Network, engine: str = "numpy") -> dict[str, float]:
    """Find half-edges, pinches below 4 m and pieces, and say which lanes a 4 m disc reaches from the first."""
    begin = time.process_time()
    boundary = Boundary.from_geometry(network.free, points=network.posts)
    built = time.process_time()
    pinches = find_pinches(boundary, LIMIT_M - 1e-6, engine=engine)
    found = time.process_time()
    pieces = cut(boundary, pinches)
    label, distance_m = pieces.locate(network.places)
    joined = (label == label[0]) & (2 * distance_m >= LIMIT_M - 1e-6) & (2 * distance_m[0] >= LIMIT_M - 1e-6)
    done = time.process_time()
    return {
        "half-edges": built - begin,
        "pinches": found - built,
        "pieces": done - found,
        "found": int(np.count_nonzero(pinches.reported)),
        "parts": pieces.count,
        "reached": int(joined.sum()),
    }


def reach(network: Network, engine: str = "numpy") -> dict[str, float]:
    """Find the widest vehicle from the first lane to every other, told apart up to 8 m."""
    boundary = Boundary.from_geometry(network.free, points=network.posts)
    way = WidestWay(boundary, CAP_M, find_pinches(boundary, CAP_M, engine=engine))
    width_m = way.between(network.places[0], network.places)
    return {"found": len(way.pinches), "reached": int(np.count_nonzero(width_m >= LIMIT_M - 1e-6))}


TASKS: dict[str, Callable[[Network], dict[str, float]]] = {
    "buffer": buffer_only,
    "verdict": verdict,
    "reach": reach,
    "verdict, numba": partial(verdict, engine="numba"),
    "reach, numba": partial(reach, engine="numba"),
}


def best_of(
    task: Callable[[Network], dict[str, float]], network: Network, runs: int = 3
) -> tuple[float, dict[str, float]]:
    """Return CPU seconds of the fastest run and what it told."""
    results = []
    for _ in range(runs):
        begin = time.process_time()
        told = task(network)
        results.append((time.process_time() - begin, told))
    return min(results, key=lambda result: result[0])


def peak_mb() -> float | None:
    """Peak resident memory of this process; None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux hands getrusage's peak on from the parent; this one begins anew
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def in_own_process(network: Network, task: str) -> dict[str, float | None]:
    """Run one task once in a process of its own and return its peak memory before and after.

    The network comes from a file: making it takes more memory than measuring it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.pickle"
        path.write_bytes(pickle.dumps(network))
        command = [sys.executable, str(Path(__file__).resolve()), "--memory-of", task, "--network", str(path)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def cells_of(size: str, before: dict[str, float], *, with_memory: bool, tasks: list[str]) -> list[str]:
    """Measure one size; ``before`` holds vertices and seconds of the size before and gets this one's."""
    network = street_network(EVERY_SIZE[size])
    spent, told = {}, {}
    for task in ["buffer", *tasks]:
        spent[task], told[task] = best_of(TASKS[task], network)
    if told["reach"]["reached"] != told["verdict"]["reached"]:
        raise SystemExit("the tree and the cut give two verdicts")
    bare = spent["buffer"]
    stages = " / ".join(f"{told['verdict'][stage]:.3f}" for stage in ("half-edges", "pinches", "pieces"))
    cells = [
        size, f"{network.vertices:,}",
        f"{told['verdict']['found']:,} / {told['verdict']['parts']:,} / {told['reach']['found']:,}", f"{bare:.4f}", stages,
        *(f"{spent[task]:.4f} ({spent[task] / bare:.2f} ×)" for task in tasks),
    ]  # fmt: skip
    growth = [
        math.log(spent[task] / before[task]) / math.log(network.vertices / before["vertices"])
        for task in ("verdict", "reach") if before
    ]  # fmt: skip
    cells.append(" / ".join(f"{g:.2f}" for g in growth) or "–")
    before.update(spent, vertices=network.vertices)
    if with_memory:
        for task in ("verdict", "reach", "buffer"):
            mb = in_own_process(network, task)
            cells.append("–" if mb["after"] is None else f"{mb['after']:.0f} ({mb['before']:.0f})")
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=EVERY_SIZE, action="append", help="sizes to run; all when left out")
    parser.add_argument("--no-memory", action="store_true", help="leave peak memory out (half the time)")
    parser.add_argument("--memory-of", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--network", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = options.size or list(EVERY_SIZE)
    if options.memory_of:
        network = pickle.loads(options.network.read_bytes())
        before = peak_mb()
        TASKS[options.memory_of](network)
        print(json.dumps({"before": before, "after": peak_mb()}))
        return
    tasks = [task for task in TASKS if task != "buffer" and ("numba" not in task or importlib.util.find_spec("numba"))]
    for task in tasks:  # a warm-up keeps first calls, and compiling, out of the figures
        TASKS[task](street_network(2))
    head = [
        "size", "vertices", "pinches < 4 m / pieces / pinches < 8 m", "buffer(-2), CPU s",
        "half-edges / pinches / pieces", *(f"{task}, CPU s (÷ buffer)" for task in tasks), "growth, verdict / reach",
    ]  # fmt: skip
    if not options.no_memory:
        head += [f"{task}, peak MB (before)" for task in ("verdict", "reach", "buffer")]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    before: dict[str, float] = {}
    for size in sizes:
        print("| " + " | ".join(cells_of(size, before, with_memory=not options.no_memory, tasks=tasks)) + " |", flush=True)


if __name__ == "__main__":
    main()
