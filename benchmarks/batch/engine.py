"""What the engines of a batch cost beside the sites themselves, and whether a worker's memory stays where it is.

    python benchmarks/batch/engine.py                        # about ten minutes of processor time, most of it memory
    python benchmarks/batch/engine.py local two              # some of: local cluster nap two audits memory
    python benchmarks/batch/engine.py memory --sites 5000

| part | measures |
|---|---|
| local | ``run_batch`` with work that does nothing, 5,000 sites, ledger and log included: CPU ms of a site, driver and workers |
| cluster | the same with 2,000 sites on a scheduler and two workers of dask on this machine: driver, scheduler, workers, their processes |
| nap | sites that sleep, so that a busy machine hardly matters, with two workers against one: rate by the clock |
| two | sites of pure arithmetic with two workers against one: rate by the clock, CPU time of a site |
| audits | generated tiny sites, audited, whole batch with one and two workers: CPU time of each phase, and what two workers can gain |
| memory | one tiny site again and again in one worker, everything ``firelane batch`` does unless told otherwise: slope of its peak |

CPU seconds but for the rate of *two*, which is nothing but a ratio: best of several pairs, one after the other.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
for folder in (ROOT / "benchmarks" / "city", ROOT / "tests" / "support", HERE):
    sys.path.append(str(folder))

from firelane.batch.driver import run_batch  # noqa: E402
from firelane.batch.engine import Death  # noqa: E402
from firelane.batch.model import Outcome, Settings, Task  # noqa: E402
from firelane.batch.pool import LocalEngine  # noqa: E402
from firelane.batch.progress import Progress  # noqa: E402
from firelane.batch.work import do_site  # noqa: E402

PARTS = ("local", "cluster", "nap", "two", "audits", "memory")


# --------------------------------------------------------------------------------------------- work

def nothing(task: Task, settings: Settings, out: str) -> Outcome:
    """Do nothing. There are no results, so the batch does it once more before it gives up: of that nothing is measured."""
    del settings, out
    return Outcome(task.site_id)


def arithmetic(task: Task, rounds: int) -> Outcome:
    """Count in Python: no memory, no disk."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    total = 0
    for n in range(rounds):
        total += n * n % 7
    return Outcome(task.site_id, seconds=time.perf_counter() - began_s, cpu_seconds=time.process_time() - began_cpu_s)


def asleep(task: Task, seconds: float) -> Outcome:
    """Take time and nothing else."""
    began_s = time.perf_counter()
    time.sleep(seconds)
    return Outcome(task.site_id, seconds=time.perf_counter() - began_s)


# --------------------------------------------------------------------------------------------- figures

def cpu_s(processes: Iterable[psutil.Process]) -> float:
    """Return the processor time that processes have taken so far [s]."""
    total = 0.0
    for process in processes:
        with suppress(psutil.Error):
            spent = process.cpu_times()
            total += spent.user + spent.system
    return total


def manifest(folder: Path, sites: int) -> Path:
    """Write a manifest of many sites that are all the same small file."""
    (folder / "site.geojson").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    path = folder / "manifest.csv"
    path.write_text("path,id\n" + "".join(f"site.geojson,S-{n:06}\n" for n in range(sites)), encoding="utf-8")
    return path


class Stamps:
    """Processor time when the first site is handed out, and when the last has come back."""

    def __init__(self, families: Callable[[], dict[str, list[psutil.Process]]]) -> None:
        self.families = families
        self.began: dict[str, float] = {}
        self.ended: dict[str, float] = {}

    def __call__(self, state: Progress) -> None:
        """Take them."""
        if state.phase == "sites" and not self.began:
            self.began = self._now()
        elif state.phase == "sites" and state.finished == state.total and not self.ended:
            self.ended = self._now()

    def _now(self) -> dict[str, float]:
        return {name: cpu_s(family) for name, family in self.families().items()}

    def each_ms(self, sites: int) -> dict[str, float]:
        """Return what one site took [CPU ms]."""
        return {name: 1000 * (spent - self.began[name]) / sites for name, spent in self.ended.items()}


# --------------------------------------------------------------------------------------------- parts

def local(sites: int) -> None:
    """Overhead of the engine of one machine."""
    with tempfile.TemporaryDirectory() as top:
        source = manifest(Path(top), sites)
        best: dict[str, float] = {}
        for run in range(2):
            engine = LocalEngine(2)
            ready(engine)
            workers = [psutil.Process(slot.process.pid) for slot in engine._slots]  # noqa: SLF001
            stamps = Stamps(lambda workers=workers: {"driver": [psutil.Process()], "workers": workers})
            run_batch(source, Path(top) / f"out-{run}", work=nothing, engine=engine, progress=stamps, extras=False)
            spent = stamps.each_ms(sites)
            if not best or sum(spent.values()) < sum(best.values()):
                best = spent
        tell(f"local engine, {sites} sites that do nothing, ledger and log included", best)


def cluster(sites: int) -> None:
    """Overhead of the engine of many machines, on one."""
    import engine as named  # by a name that workers can import, not as __main__
    from cluster import TestCluster

    from firelane.batch.cluster import Cluster

    with tempfile.TemporaryDirectory() as top:
        source = manifest(Path(top), sites)
        os.environ["PYTHONPATH"] = os.pathsep.join(str(p) for p in (ROOT, HERE))  # the workers find this module by its name
        with TestCluster(2, home=Path(top) / "home") as machines:

            def families() -> dict[str, list[psutil.Process]]:
                inner = [psutil.Process(pid) for pid in machines.worker_pids()]
                return {
                    "driver": [psutil.Process()],
                    "scheduler": [psutil.Process(machines.scheduler.pid)],
                    "dask's workers": inner,
                    "their processes": [child for worker in inner for child in worker.children(recursive=True)],
                }

            best: dict[str, float] = {}
            for run in range(2):
                engine = Cluster(machines.address, Settings(), out=str(Path(top) / f"out-{run}"))
                (Path(top) / f"out-{run}").mkdir()
                engine.start()
                warm = [Task(f"warm-{n}", str(source), "") for n in range(200)]
                list(engine.map_sites(partial(named.nothing, settings=Settings(), out=""), warm))
                stamps = Stamps(families)
                start = engine.start
                engine.start = lambda start=start, stamps=stamps: start() if stamps.ended else None
                run_batch(
                    source, Path(top) / f"out-{run}", work=named.nothing, engine=engine, progress=stamps, extras=False
                )
                spent = stamps.each_ms(sites)
                if not best or sum(spent.values()) < sum(best.values()):
                    best = spent
            tell(f"cluster, two workers, {sites} sites that do nothing, ledger and log included", best)


class Phases:
    """Clock and processor time at the beginning of every phase of a batch."""

    def __init__(self, workers: list[psutil.Process]) -> None:
        self.workers = workers
        self.begun: dict[str, tuple[float, float, float]] = {}
        self.spent = 0.0

    def __call__(self, state: Progress) -> None:
        """Take them."""
        if state.phase not in self.begun:
            self.begun[state.phase] = (time.perf_counter(), time.process_time(), cpu_s(self.workers))
        elif state.phase == "sites":  # the workers are gone when the next phase begins
            self.spent = cpu_s(self.workers) or self.spent

    def each(self) -> dict[str, tuple[float, float]]:
        """Return phase → clock and processor time of the driver [s]."""
        begun = self.begun
        return {a: (begun[b][0] - begun[a][0], begun[b][1] - begun[a][1]) for a, b in itertools.pairwise(begun)}


def nap(sites: int, seconds: float = 0.25) -> None:
    """Two workers against one where processors do not matter."""
    tasks = [Task(f"S-{n:05}", "", "") for n in range(sites)]
    walls: dict[int, list[float]] = {1: [], 2: []}
    engines = {n: LocalEngine(n) for n in walls}
    for engine in engines.values():
        ready(engine)
    for _ in range(3):
        for n, engine in engines.items():
            began_s = time.perf_counter()
            slept = sum(became.seconds for _, became in engine.map_sites(partial(asleep, seconds=seconds), tasks))
            walls[n].append((time.perf_counter() - began_s) / slept)
    for engine in engines.values():
        engine.stop(now=True)
    one, both = min(walls[1]), min(walls[2])
    print(f"two workers against one, {sites} sites that sleep {1000 * seconds:.0f} ms: {one / both:.3f} × the rate by the clock "
          f"(clock over time slept: {one:.4f} and {both:.4f}); load of the machine {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip


def audits(sites: int) -> None:
    """A whole batch of real audits with one worker and with two: what is serial, and what that leaves to gain."""
    from city_write import write_city

    with tempfile.TemporaryDirectory() as top:
        written = write_city(Path(top) / "city", sites, seed=11, size="tiny", form="manifest")
        times: dict[int, tuple[float, float]] = {}
        for n in (1, 2):
            engine = LocalEngine(n)
            ready(engine)
            workers = [psutil.Process(slot.process.pid) for slot in engine._slots]  # noqa: SLF001
            phases = Phases(workers)
            settings = Settings(parts=("audit",), remedies=False)
            result = run_batch(written.source, Path(top) / f"out-{n}", settings=settings, engine=engine, progress=phases)
            inside = sum(o.seconds for o in result.outcomes.values())
            each, worked = phases.each(), phases.spent - phases.begun["sites"][2]
            serial = sum(cpu for _, cpu in each.values())
            times[n] = serial, worked
            told = ", ".join(f"{name} {clock:.1f} s ({cpu:.2f})" for name, (clock, cpu) in each.items())
            print(f"{sites} tiny sites, audited, {n} worker{'s' * (n > 1)}: clock (CPU of the driver) {told}; workers {worked:.1f} CPU s, "
                  f"{1000 * worked / sites:.0f} ms a site, inside a site {100 * inside / n / each['sites'][0]:.1f} % of the time; "
                  f"load of the machine {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip
        (serial, alone), (_, both) = times[1], times[2]
        print(f"all of the driver's time taken for serial: {100 * serial / (serial + alone):.2f} % of the work; two free processors gain "
              f"{(serial + alone) / (serial + alone / 2):.3f} ×, with a site's time of two workers ({both / alone:.3f} ×) "
              f"{(serial + alone) / (serial + both / 2):.3f} ×", flush=True)  # fmt: skip


def two(sites: int, rounds: int = 2_500_000) -> None:
    """Two workers against one, in turns."""
    work = partial(arithmetic, rounds=rounds)
    tasks = [Task(f"S-{n:05}", "", "") for n in range(sites)]
    engines = {n: LocalEngine(n) for n in (1, 2)}
    for engine in engines.values():
        ready(engine)
    ratios: list[float] = []
    each: dict[int, list[float]] = {1: [], 2: []}
    busy: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(5):
        walls = {}
        for n, engine in engines.items():
            began_s = time.perf_counter()
            outcomes = [became for _, became in engine.map_sites(work, tasks)]
            walls[n] = time.perf_counter() - began_s
            each[n].append(sum(o.cpu_seconds for o in outcomes) / sites)
            busy[n].append(sum(o.seconds for o in outcomes) / (n * walls[n]))
        ratios.append(walls[1] / walls[2])
    for engine in engines.values():
        engine.stop(now=True)
    print(f"two workers against one, {sites} sites of {1000 * min(each[1]):.0f} CPU ms: "
          f"{max(ratios):.2f} × the rate (of {len(ratios)} pairs: {', '.join(f'{r:.2f}' for r in sorted(ratios))}); "
          f"workers inside a site {100 * max(busy[1]):.1f} % and {100 * max(busy[2]):.1f} % of the time; "
          f"CPU time of a site {min(each[2]) / min(each[1]):.2f} ×; load of the machine {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip


def memory(sites: int, parts: tuple[str, ...], *, remedies: bool) -> None:
    """Peak of a worker, site by site."""
    from city_write import write_city

    with tempfile.TemporaryDirectory() as top:
        written = write_city(Path(top) / "city", 1, seed=11, size="tiny")
        [site] = sorted((written.folder / "sites").iterdir())
        work = partial(do_site, settings=Settings(parts=parts, remedies=remedies), out=str(Path(top) / "out"))
        # A dozen folders in turn: what is measured is the worker, not the disk.
        tasks = [Task(f"S-{n % 12:03}", str(site), "site") for n in range(sites)]
        engine = LocalEngine(1)
        ready(engine)
        peaks, spent = [], []
        for _, became in engine.map_sites(work, tasks):
            if isinstance(became, Death) or became.failure is not None:
                raise SystemExit(f"the site failed: {became}")
            peaks.append(became.peak_mb)
            spent.append(became.cpu_seconds)
        engine.stop(now=True)
    warm = min(50, sites // 4)
    later = np.asarray(peaks[warm:])
    slope_kb = np.polyfit(np.arange(len(later)), later, 1)[0] * 1024
    told = {at: round(peaks[at - 1]) for at in (1, warm, sites // 2, sites)}
    print(f"memory of a worker, {sites} tiny sites, {','.join(parts)}{'' if remedies else ' without remedies'}: peak in MB after "
          f"{json.dumps(told)}, slope {slope_kb:.2f} kB a site from site {warm} on; {1000 * np.median(spent):.0f} CPU ms a site", flush=True)  # fmt: skip


def ready(engine: LocalEngine) -> None:
    """Start all workers and wait for them."""
    engine.start()
    while not all(slot.was_ready() for slot in engine._slots):  # noqa: SLF001
        time.sleep(0.05)


def tell(title: str, each_ms: dict[str, float]) -> None:
    """Print what a site took."""
    parts = ", ".join(f"{name} {ms:.2f}" for name, ms in each_ms.items())
    print(f"{title}: {sum(each_ms.values()):.2f} CPU ms a site ({parts})", flush=True)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--sites", type=int, help="in place of 5000, 2000, 24, 40, 80 and 300")
    parser.add_argument("--what", default="audit,map", help="parts of a site in `memory`")
    parser.add_argument("--no-remedies", action="store_true", help="in `memory`")
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    chosen = args.parts or PARTS
    if "local" in chosen:
        local(args.sites or 5000)
    if "cluster" in chosen:
        cluster(args.sites or 2000)
    if "nap" in chosen:
        nap(args.sites or 24)
    if "two" in chosen:
        two(args.sites or 40)
    if "audits" in chosen:
        audits(args.sites or 80)
    if "memory" in chosen:
        memory(args.sites or 300, tuple(args.what.split(",")), remedies=not args.no_remedies)


if __name__ == "__main__":
    main()
