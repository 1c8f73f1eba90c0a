"""Time and memory of the measuring core, beside GEOS' bare ``buffer(-2)`` of the same free space.

    python benchmarks/width_core.py            # the table: 1k, 10k and 100k boundary vertices
    python benchmarks/width_core.py --size 10k # one size

CPU seconds of the process, best of three, both in one process; the ratio is what to compare. Peak memory is
that of a process which does one of the two alone.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from networks import SIZES, Network, street_network

from firelane.lanes.boundary import Boundary
from firelane.lanes.pieces import cut
from firelane.lanes.pinches import find_pinches
from firelane.lanes.reach import WidestWay

LIMIT_M = 4.0
CAP_M = 8.0


def buffer_only(network: Network) -> dict[str, float]:
    network.free.buffer(-LIMIT_M / 2, quad_segs=16)
    return {}


def verdict(network: Network) -> dict[str, float]:
    """Find half-edges, pinches below 4 m and pieces, and say which lanes a 4 m disc reaches from the first."""
    begin = time.process_time()
    boundary = Boundary.from_geometry(network.free, points=network.posts)
    built = time.process_time()
    pinches = find_pinches(boundary, LIMIT_M - 1e-6)
    found = time.process_time()
    pieces = cut(boundary, pinches)
    label, distance_m = pieces.locate(network.places)
    joined = (label == label[0]) & (2 * distance_m >= LIMIT_M - 1e-6)
    done = time.process_time()
    return {
        "half-edges": built - begin,
        "pinches": found - built,
        "pieces": done - found,
        "found": int(np.count_nonzero(pinches.reported)),
        "parts": pieces.count,
        "reached": int(joined.sum()),
    }


def reach(network: Network) -> dict[str, float]:
    """Find the widest vehicle from the first lane to every other, told apart up to 8 m."""
    boundary = Boundary.from_geometry(network.free, points=network.posts)
    WidestWay(boundary, cap_m=CAP_M).between(network.places[0], network.places)
    return {}


TASKS: dict[str, Callable[[Network], dict[str, float]]] = {
    "buffer": buffer_only,
    "verdict": verdict,
    "reach": reach,
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


def row(size: str, *, with_memory: bool) -> str:
    network = street_network(SIZES[size])
    bare, _ = best_of(buffer_only, network)
    own, told = best_of(verdict, network)
    tree, _ = best_of(reach, network)
    memory = ["", "", ""]
    if with_memory:
        told_mb = [in_own_process(network, task) for task in ("verdict", "buffer")]
        memory = [
            "–" if mb is None else f"{mb:.0f}"
            for mb in (told_mb[0]["after"], told_mb[1]["after"], told_mb[0]["before"])
        ]
    cells = [
        size,
        f"{network.vertices:,}",
        f"{told['found']:,} / {told['parts']:,}",
        f"{bare:.4f}",
        f"{own:.4f}",
        f"{told['half-edges']:.3f} / {told['pinches']:.3f} / {told['pieces']:.3f}",
        f"{own / bare:.2f} ×",
        f"{tree:.3f}",
        *memory,
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, action="append", help="sizes to run; all when left out")
    parser.add_argument("--no-memory", action="store_true", help="leave peak memory out (half the time)")
    parser.add_argument("--memory-of", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--network", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = options.size or list(SIZES)
    if options.memory_of:
        network = pickle.loads(options.network.read_bytes())
        before = peak_mb()
        TASKS[options.memory_of](network)
        print(json.dumps({"before": before, "after": peak_mb()}))
        return
    # a warm-up keeps first calls out of the figures
    verdict(street_network(2))
    reach(street_network(2))
    head = [
        "size", "vertices", "pinches < 4 m / pieces", "buffer(-2), CPU s", "core, CPU s",
        "half-edges / pinches / pieces", "core ÷ buffer", "reach (8 m), CPU s", "core, peak MB", "buffer, peak MB", "before, MB",
    ]  # fmt: skip
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for size in sizes:
        print(row(size, with_memory=not options.no_memory), flush=True)


if __name__ == "__main__":
    main()
