"""How long the page for very many points takes to open: 1,000, 10,000 and 100,000 points, phone (processor slowed 4 times) and desktop.

Run: ``python benchmarks/webmap/crowd.py`` (about a minute; needs Chromium). Prints a table in Markdown. "ready" runs from
the start of the navigation to the second frame after the page says that it is ready; least of five. Ratios are those to
the page of 1,000 points, which is what Leaflet and the browser take in any case.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from firelane.webmap.crowd import Facet, Number, Status, findings_map

SIZES = (1_000, 10_000, 100_000)
RUNS = 5
DEVICES = {
    "phone": (
        {
            "viewport": {"width": 390, "height": 844},
            "is_mobile": True,
            "has_touch": True,
            "device_scale_factor": 2,
        },
        4,
    ),
    "desktop": ({"viewport": {"width": 1280, "height": 800}}, 1),
}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STATUSES = [
    Status("fail", "不符合", "#b2182b", 0, "✕"), Status("look", "无法判定", "#b35806", 1, "?"), Status("pass", "符合", "#2166ac", 2, "✓"),
]  # fmt: skip
FACETS = [
    Facet("district", "区"),
    Facet("site", "场地"),
    Facet("manager", "管理单位"),
    Facet("article", "条款"),
]
NUMBERS = [Number("width", "净宽", "m", 3)]
SECOND_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
TIMED = """(act) => {
  const { page, rows, drawing, map } = firelane;
  const acts = {
    filter: () => { rows.on[2] = !rows.on[2]; page.sift(); },
    search: () => { rows.query = rows.query ? "" : "小区 12"; page.sift(); },
    redraw: () => drawing.draw(),
    distance: () => { page.by = page.by === "distance" ? "status" : "distance"; page.fillList(); },
  };
  const taken = [];
  for (let i = 0; i < 6; i++) {
    const start = performance.now();
    acts[act]();
    taken.push(performance.now() - start);
  }
  return Math.max(...taken);
}"""


def table(n: int) -> pd.DataFrame:
    """Return a city: a site of some twenty findings each, a remark of its own in every row."""
    rng = np.random.default_rng(1)
    sites = max(1, n // 20)
    site = rng.integers(0, sites, n)
    lon, lat = rng.normal(123.43, 0.06, sites), rng.normal(41.8, 0.04, sites)
    return pd.DataFrame({
        "lon": lon[site] + rng.normal(0, 0.0008, n), "lat": lat[site] + rng.normal(0, 0.0006, n),
        "status": rng.choice(["fail", "look", "pass"], n, p=[0.2, 0.3, 0.5]),
        "title": [f"通道净宽 {w:.2f} m" for w in rng.uniform(2, 4, n)], "text": [f"第 {i} 处净宽小于要求的 4 m" for i in range(n)],
        "ident": [f"F{i:06d}" for i in range(n)], "site": [f"小区 {s:04d}" for s in site], "district": [f"第 {s % 10} 区" for s in site],
        "manager": [f"物业公司 {s % 300}" for s in site], "article": rng.choice(["第十条", "第十四条", "第十五条"], n), "width": rng.uniform(2, 5, n),
    })  # fmt: skip


def main() -> None:
    """Write the pages, open them, print the table."""
    print(
        "| points | page, MB | written, CPU s | device | ready, s | to 1,000 | slowest filter, ms | search, ms | redraw, ms | by distance, ms |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        findings_map(table(10), Path(folder) / "warm.html", title="x", statuses=STATUSES)
        first: dict[str, float] = {}
        for size in SIZES:
            path, data = Path(folder) / f"{size}.html", table(size)
            start = time.process_time()
            findings_map(data, path, title="全市检查", statuses=STATUSES, facets=FACETS, numbers=NUMBERS)
            written = time.process_time() - start
            for device, (options, slower) in DEVICES.items():
                ready, acts = [], {}
                for _ in range(RUNS):
                    context = browser.new_context(offline=True, **options)
                    page = context.new_page()
                    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
                    page.goto(path.as_uri(), wait_until="commit")
                    page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
                    ready.append(page.evaluate(SECOND_FRAME) / 1000)
                    for act in ("filter", "search", "redraw", "distance"):
                        acts.setdefault(act, []).append(page.evaluate(TIMED, act))
                    context.close()
                least = min(ready)
                first.setdefault(device, least)
                told = " | ".join(
                    f"{statistics.median(acts[act]):.0f}"
                    for act in ("filter", "search", "redraw", "distance")
                )
                megabytes = path.stat().st_size / 1e6
                print(
                    f"| {size:,} | {megabytes:.2f} | {written:.2f} | {device} | {least:.2f} | {least / first[device]:.1f} | {told} |"
                )
        browser.close()


if __name__ == "__main__":
    main()
