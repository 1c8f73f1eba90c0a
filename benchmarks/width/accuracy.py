"""Error of each method on the analytic cases, as drawn and at survey coordinates.

    python benchmarks/width/accuracy.py

The cases and their widths by hand are those of the tests (``tests/core/core_scenes.py``). A method that stops with
an error, or whose package is not installed, says so in its cell.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from peers import METHODS, Lane

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "core"))
from core_scenes import Scene, analytic_cases

LIMIT_M = 4.0
UNSAFE_M = 0.05
"""Too wide, or too narrow, by more than this counts in the summary."""


def lane_of(scene: Scene) -> Lane:
    return Lane(scene.area, scene.lines, scene.points, scene.start, scene.ends[0])


def answer(method: str, scene: Scene) -> float | str:
    """Return the width, or why there is none."""
    measure = METHODS[method].end_to_end
    assert measure is not None
    if METHODS[method].package and find_spec(METHODS[method].package) is None:
        return "not installed"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the others' deprecation notices are not our business
            return measure(lane_of(scene))
    except Exception as error:  # noqa: BLE001  (whatever a peer raises is its answer)
        return type(error).__name__


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drawn", action="store_true", help="local coordinates alone, not turned and shifted")
    options = parser.parse_args()
    methods = [name for name, method in METHODS.items() if method.end_to_end is not None]
    print("| case | true, m | " + " | ".join(METHODS[m].name for m in methods) + " |")
    print("|" + "---|" * (len(methods) + 2))
    errors: dict[str, list[float]] = {m: [] for m in methods}
    wrong: dict[str, int] = dict.fromkeys(methods, 0)
    silent: dict[str, int] = dict.fromkeys(methods, 0)
    for drawn in analytic_cases():
        scene = drawn if options.drawn else drawn.moved()
        true = float(scene.widest_m[0])
        cells = []
        for method in methods:
            value = answer(method, scene)
            if isinstance(value, str):
                silent[method] += 1
                cells.append(value)
                continue
            errors[method].append(value - true)
            wrong[method] += (value >= LIMIT_M - 1e-6) != (true >= LIMIT_M - 1e-6)
            cells.append(f"{value - true:+.1e}" if abs(value - true) < 5e-4 else f"{value - true:+.3f}")
        print(f"| {drawn.name} | {true:.4f} | " + " | ".join(cells) + " |", flush=True)
    print("\n| method | largest error, m | too wide by > 5 cm | too narrow by > 5 cm | wrong 4 m verdicts | no answer |")
    print("|" + "---|" * 6)
    for method in methods:
        error = np.array(errors[method])
        worst = f"{np.abs(error).max():.1e}" if len(error) else "–"
        print(
            f"| {METHODS[method].name} | {worst} | {int((error > UNSAFE_M).sum())} | {int((error < -UNSAFE_M).sum())} "
            f"| {wrong[method]} of {len(error)} | {silent[method]} |"
        )


if __name__ == "__main__":
    main()
