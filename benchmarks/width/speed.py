"""CPU time, memory and growth of each method on street networks of 1e3 to 1e6 boundary vertices.

    python benchmarks/width/speed.py                      # the whole table; the others take most of an hour at 1e6
    python benchmarks/width/speed.py --sizes 1k,10k --longest 60

Each figure comes from a process of its own that reads the network from a file: CPU seconds of the task alone (best
of three where it takes under ten seconds), and the peak memory of that process. A method is not run at a size
where the one before predicts more than ``--longest`` seconds: the cell then gives that prediction in brackets.
"""

from __future__ import annotations

import argparse
import json
import math
import pickle
import subprocess
import sys
import tempfile
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from networks import LARGEST, SIZES, street_network
from peers import METHODS
from width_core import peak_mb

ALL = {**SIZES, **LARGEST}


def one(method: str, path: Path) -> dict[str, float]:
    """Run one method on a stored network; CPU seconds and peak memory."""
    network = pickle.loads(path.read_bytes())
    before, best = peak_mb(), math.inf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the others' deprecation notices are not our business
        for _ in range(3):
            begin = time.process_time()
            METHODS[method].whole(network)
            took = time.process_time() - begin
            best = min(best, took)
            if took > 10:
                break
    return {"cpu_s": best, "before_mb": before or math.nan, "peak_mb": peak_mb() or math.nan}


def in_own_process(method: str, path: Path) -> dict[str, float] | None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), "--one", method, "--network", str(path)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1:], file=sys.stderr)
        return None
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(ALL), help="comma-separated: " + ", ".join(ALL))
    parser.add_argument("--longest", type=float, default=600, help="seconds that one run may be expected to take")
    parser.add_argument("--one", choices=METHODS, help=argparse.SUPPRESS)
    parser.add_argument("--network", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one, options.network)))
        return
    methods = [m for m in METHODS if METHODS[m].package is None or find_spec(METHODS[m].package)]
    methods.sort(key=lambda m: m != "buffer")
    known: dict[str, tuple[int, float]] = {}
    print("| size | vertices | method | CPU s | × buffer(-2) | peak MB (before) | growth exponent |\n|" + "---|" * 7)
    for size in options.sizes.split(","):
        network = street_network(ALL[size])
        n, bare = network.vertices, math.nan
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.pickle"
            path.write_bytes(pickle.dumps(network))
            del network
            for method in methods:
                earlier = known.get(method)
                foreseen = earlier[1] * (n / earlier[0]) ** 1.1 if earlier else 0.0
                if foreseen > options.longest:
                    cells = [f"({foreseen:.0f} foreseen, not run)", f"({foreseen / bare:.0f} ×)", "–", "–"]
                elif (figures := in_own_process(method, path)) is None:
                    cells = ["failed", "–", "–", "–"]
                else:
                    cpu = figures["cpu_s"]
                    bare = cpu if method == "buffer" else bare
                    grown = f"{math.log(cpu / earlier[1]) / math.log(n / earlier[0]):.2f}" if earlier else "–"
                    cells = [f"{cpu:.3f}", f"{cpu / bare:.2f} ×", f"{figures['peak_mb']:.0f} ({figures['before_mb']:.0f})", grown]
                    known[method] = (n, cpu)
                print(f"| {size} | {n:,} | {METHODS[method].name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
