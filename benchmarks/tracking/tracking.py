"""What tracking a vehicle costs: search, explanation, turning round, sweeping and every output, in CPU seconds.

    python benchmarks/tracking/tracking.py                                  # both samples and a generated district
    python benchmarks/tracking/tracking.py data/shenyang_district --vehicles pump-8 --repeat 1 --no-compile

Everything but compiling and peak memory is measured in this process, the same with and without the vehicle one after the
other, the least of ``--repeat`` runs; the yardstick (a fixed piece of JSON and GEOS' ``buffer(-2)``, as of
``batch/one_site.py``) tells how fast the machine is at the moment. Compiling and memory take processes of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "benchmarks" / "city"), str(ROOT / "benchmarks" / "batch"), str(ROOT / "benchmarks")]

SAMPLES = (ROOT / "data" / "shenyang_compliant", ROOT / "data" / "shenyang_district")
PRESETS = ("pump-8", "tanker-10", "platform-12", "ladder-14")
GENERATED = {"seed": 5, "size": "small", "index": 4}
"""The district of ``city/`` that is nearest to 1 km of lanes and ten buildings: 869 m, nine buildings, two entrances."""

STAGES = {"track_site": "search", "explain": "explanation", "turn_round": "turning round"}


def spent(task: Callable[[], Any], repeat: int = 1) -> tuple[float, Any]:
    """Return the least CPU time of a task [s], and what it last returned."""
    best, result = float("inf"), None
    for _ in range(repeat):
        begin = time.process_time()
        result = task()
        best = min(best, time.process_time() - begin)
    return best, result


def generated(folder: Path) -> Path:
    """Write the generated district; return its folder."""
    from city_write import write_city

    made = write_city(folder, GENERATED["index"] + 1, seed=GENERATED["seed"], size=GENERATED["size"])
    return made.folder / "sites" / made.site_ids[GENERATED["index"]]


def child(*words: str, env: dict[str, str] | None = None) -> dict[str, float]:
    """Run this script in a process of its own; return what it told."""
    done = subprocess.run(
        [sys.executable, __file__, *words], capture_output=True, text=True, check=True, env=os.environ | (env or {}),
    )  # fmt: skip
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def peak_mb() -> float:
    """Return the peak of this process [MB]; ``getrusage`` would count that of the process it was forked from."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def memory(source: str, vehicle: str) -> dict[str, float]:
    """Audit a site once, with a vehicle or (empty) without; tell the peak of this process [MB]."""
    from firelane.auditing import audit
    from firelane.site import read_site

    audit(read_site(source), remedies=False, vehicles=[vehicle] if vehicle else [])
    return {"peak": peak_mb()}


def first_call(source: str) -> dict[str, float]:
    """Track a site twice; tell what the first call takes beyond the second, which finds all compiled [CPU s]."""
    from firelane.auditing import audit
    from firelane.site import read_site

    site = read_site(source)
    first, _ = spent(lambda: audit(site, remedies=False, vehicles=["platform-12"]))
    again, _ = spent(lambda: audit(site, remedies=False, vehicles=["platform-12"]))
    return {"first": first, "again": again}


def compiling(source: Path) -> None:
    """Print what compiling costs once per machine, and what loading the compiled loops costs each process."""
    with tempfile.TemporaryDirectory() as cache:
        told = [child("--first-call", str(source), env={"NUMBA_CACHE_DIR": cache}) for _ in range(2)]
        size = sum(f.stat().st_size for f in Path(cache).rglob("*") if f.is_file()) / 1e6
    once, later = (t["first"] - t["again"] for t in told)
    print(f"compiling, once per machine: {once:.1f} CPU s; loading what was compiled: {later:.2f} CPU s; cache {size:.1f} MB")


class Stages:
    """CPU time of the stages of tracking within an audit [s], the least of several runs."""

    def __init__(self) -> None:
        """Put a clock about each stage."""
        from firelane.measure import tracked

        self.least: dict[str, float] = {}
        for name in STAGES:
            setattr(tracked, name, self._timed(name, getattr(tracked, name)))

    def _timed(self, name: str, stage: Callable[..., Any]) -> Callable[..., Any]:
        def clocked(*given: Any, **named: Any) -> Any:
            seconds, result = spent(lambda: stage(*given, **named))
            self.least[name] = min(seconds, self.least.get(name, seconds))
            return result

        return clocked

    def told(self) -> str:
        """Return what was measured since the last time."""
        words = ", ".join(f"{STAGES[name]} {seconds:.2f} s" for name, seconds in self.least.items())
        self.least.clear()
        return words


def sweeping(tracked: Any) -> tuple[float, float]:
    """Return the length of all drives [km] and the CPU time of sweeping them [s]."""
    from firelane.tracking.sweep import sweep

    seconds, _ = spent(lambda: [sweep(trip.drive, trip.vehicle) for trip in tracked.trips])
    return sum(trip.length_m for trip in tracked.trips) / 1000, seconds


def outputs(audit: Any, folder: Path) -> dict[str, float]:
    """Return output → CPU seconds."""
    from firelane.auditing import write_audit
    from firelane.drawing import DrawingOptions, write_dxf
    from firelane.markings import plan_markings
    from firelane.report import write_report
    from firelane.run import clear_widths
    from firelane.webmap import violation_map

    plan = plan_markings(audit.site, audit.network, clear_widths=clear_widths(audit))
    tasks: dict[str, Callable[[], Any]] = {
        "json, csv, gpkg": lambda: write_audit(audit, folder, markings=plan.paint),
        "map.html": lambda: violation_map(audit, folder / "map.html", plan=plan),
        "markings.dxf": lambda: write_dxf(plan, audit, folder / "markings.dxf", DrawingOptions(lang="zh")),
        "report.pdf": lambda: write_report(audit, folder / "report.pdf", plan, "zh"),
    }
    return {name: spent(task)[0] for name, task in tasks.items()}


def measure(source: Path, presets: Sequence[str], args: argparse.Namespace, clock: Stages) -> None:
    """Print the tables of one site."""
    from one_site import yardstick

    from firelane.auditing import audit
    from firelane.site import read_site

    site, rod = read_site(source), yardstick()
    audit(site, remedies=False, vehicles=["pump-8"])  # the compiled loops are loaded
    clock.told()
    plain_s, plain = spent(lambda: audit(site, remedies=False, vehicles=[]), max(args.repeat, 3))
    unit = min(rod() for _ in range(5))
    print(f"\n{source.name}: {plain.lanes.length_m.sum():.0f} m of lanes, {len(plain.lanes)} lanes, {len(plain.buildings)} buildings, "
          f"{len(plain.network.mouths)} entrances; audit without a vehicle {plain_s:.2f} CPU s; yardstick {1000 * unit:.0f} ms")  # fmt: skip
    plain_mb = child("--child-memory", str(source), "")["peak"] if args.memory else float("nan")
    with tempfile.TemporaryDirectory() as folder:
        outputs(plain, Path(folder))  # fonts and templates are loaded
        before = outputs(plain, Path(folder))
        for preset in presets:
            seconds, full = spent(lambda preset=preset: audit(site, remedies=False, vehicles=[preset]), args.repeat)
            [tracked] = full.tracking
            more = seconds - plain_s
            peak = child("--child-memory", str(source), preset)["peak"] if args.memory else float("nan")
            classes = Counter(tracked.targets["class"])
            length_km, swept_s = sweeping(tracked)
            after = outputs(full, Path(folder))
            print(f"  {preset:12} {more:6.2f} s more ({seconds / plain_s:5.1f} x the audit, {more / unit:6.0f} yardsticks); "
                  f"{tracked.states:,} states, {1e6 * more / max(tracked.states, 1):.2f} us each; peak {peak:.0f} MB (without {plain_mb:.0f})")  # fmt: skip
            print("               " + clock.told()
                  + f"; {len(tracked.trips)} drives, {length_km:.1f} km, swept in {swept_s:.2f} s ({swept_s / max(length_km, 1e-9):.2f} s/km); "
                  + ", ".join(f"{name} {n}" for name, n in sorted(classes.items())))  # fmt: skip
            print("               outputs with/without: " + ", ".join(f"{name} {after[name]:.2f}/{before[name]:.2f} s" for name in after), flush=True)


def main() -> None:
    """Print the tables, or what a child process was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sites", nargs="*", type=Path, help="default: both samples and a generated district")
    parser.add_argument("--vehicles", nargs="+", default=list(PRESETS), metavar="ID")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--no-memory", dest="memory", action="store_false")
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    parser.add_argument("--child-memory", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--first-call", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child_memory:
        print(json.dumps(memory(*args.child_memory)))
        return
    if args.first_call:
        print(json.dumps(first_call(args.first_call)))
        return
    with tempfile.TemporaryDirectory() as folder:
        sources = args.sites or [*SAMPLES, generated(Path(folder))]
        clock = Stages()
        for source in sources:
            measure(source, args.vehicles, args, clock)
    if args.compile:
        compiling(SAMPLES[0])


if __name__ == "__main__":
    main()
