"""How long the map of a city takes to write and to open: phone (processor slowed 4 times) and desktop.

Run: ``python benchmarks/batch/city_map.py`` (a few minutes; needs Chromium). Prints a table in Markdown. "ready" runs from
the start of the navigation to the second frame after the page says that it is ready; least of five. The tables are those
of the tests (``tests/batch/city_tables.py``): made up, a message of its own in every finding. Findings that pass are in
the tables and not on the page; of the last city there are more than the page holds.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "batch"), str(ROOT / "benchmarks" / "webmap")]

import city_tables  # noqa: E402
from crowd import DEVICES, FLAGS, RUNS, SECOND_FRAME, TIMED  # noqa: E402

from firelane.batch.city_map import write_map  # noqa: E402

CITIES = ((200, 4_000), (2_000, 40_000), (5_000, 145_000), (20_000, 2_000_000))
ACTS = ("filter", "search", "redraw", "distance")


def main() -> None:
    """Write the tables and the maps, open them, print the table."""
    print("| sites | findings | on the page | areas | page, MB | written, CPU s | device | ready, s | slowest filter, ms | search, ms | redraw, ms | by distance, ms |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        warm = city_tables.sites(20)
        write_map(city_tables.write(Path(scratch) / "warm", warm, city_tables.findings(warm, 20)))
        for n, found in CITIES:
            sites = city_tables.sites(n)
            folder = city_tables.write(Path(scratch) / str(n), sites, city_tables.findings(sites, found))
            districts = city_tables.district_file(folder / "districts.gpkg")
            for kind, file in (("cells", None), ("districts", districts)):
                start = time.process_time()
                path = write_map(folder, "zh", file)
                written = time.process_time() - start
                measure(browser, path, f"{n:,} | {found:,}", kind, written)
        browser.close()
    print(f"\npeak memory of writing: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB (tables made in the same process)")


def measure(browser, path: Path, city: str, kind: str, written: float) -> None:
    """Open a page several times on each device and print a line for each."""
    for device, (options, slower) in DEVICES.items():
        ready, acts, rows = [], {act: [] for act in ACTS}, 0
        for _ in range(RUNS):
            context = browser.new_context(offline=True, **options)
            page = context.new_page()
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
            page.goto(path.as_uri(), wait_until="commit")
            page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
            ready.append(page.evaluate(SECOND_FRAME) / 1000)
            page.evaluate("() => { firelane.page.close('list'); firelane.page.enter(1 - firelane.page.kind); }")
            rows = page.evaluate("() => firelane.rows.n")
            for act in ACTS:
                acts[act].append(page.evaluate(TIMED, act))
            context.close()
        told = " | ".join(f"{statistics.median(acts[act]):.0f}" for act in ACTS)
        print(f"| {city} | {rows:,} | {kind} | {path.stat().st_size / 1e6:.2f} | {written:.2f} | {device} | {min(ready):.2f} | {told} |", flush=True)


if __name__ == "__main__":
    main()
