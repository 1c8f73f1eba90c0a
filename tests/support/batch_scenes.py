"""Batches for tests: sources of as many sites as asked for, and an engine that runs in this process by a script."""

import csv
import json
import signal
import sqlite3
from pathlib import Path

import geopandas as gpd
from shapely.geometry import box

from firelane.batch.engine import Death
from firelane.batch.model import FailureKind

CITY_FILES = ("sites.parquet", "findings.parquet", "sites.csv", "failed.csv", "summary.json")
"""What must be the same bytes however a batch came to its end."""

DEATHS = {
    "segfault": Death(FailureKind.CRASH, signal=int(signal.SIGSEGV)),
    "suicide": Death(FailureKind.CRASH, signal=int(signal.SIGKILL)),
    "hang": Death(FailureKind.TIMEOUT),
    "hog": Death(FailureKind.MEMORY),
}


def manifest(folder: Path, *ids: str) -> Path:
    """Write a manifest of sites with these ids, each with a small input of its own; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "manifest.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["site_id", "path"])
        for n, site_id in enumerate(ids):
            own = folder / "in" / f"{n:05d}.geojson"
            own.parent.mkdir(exist_ok=True)
            if not own.exists():
                own.write_text(json.dumps({"type": "FeatureCollection", "features": [], "name": site_id}), "utf-8")
            writer.writerow([site_id, f"in/{n:05d}.geojson"])
    return path


def small_site(folder: Path, width_m: float = 5.0) -> Path:
    """Write a site of one road: the smallest that is audited."""
    folder.mkdir(parents=True, exist_ok=True)
    roads = gpd.GeoDataFrame({"id": ["R1"]}, geometry=[box(500_000, 4_620_000, 500_060, 4_620_000 + width_m)], crs=32651)
    roads.to_file(folder / "site.gpkg", layer="roads")
    return folder


def city_bytes(out: Path) -> dict[str, bytes]:
    """Return the content of what must be the same."""
    return {name: (out / name).read_bytes() for name in CITY_FILES}


def log_of(out: Path) -> list[dict]:
    """Return the lines of the log."""
    return [json.loads(text) for text in (out / "batch.log.jsonl").read_text("utf-8").splitlines()]


def ledger_of(out: Path) -> dict[str, tuple]:
    """Return site id → (status, kind of failure, attempts)."""
    store = sqlite3.connect(f"file:{out / 'ledger.sqlite'}?mode=ro", uri=True)
    rows = store.execute("SELECT site_id, status, failure_kind, attempts FROM sites").fetchall()
    store.close()
    return {site_id: tuple(rest) for site_id, *rest in rows}


class HereEngine:
    """An engine without processes: sites run in this one, and those that ``deaths`` names die instead.

    ``deaths`` is site id → list of deaths, one for each time that it is begun; afterwards it is done.
    """

    name, notes = "here", ()

    def __init__(self, deaths=None, workers=2, interrupt_after=None):
        self.deaths = {site_id: list(many) for site_id, many in (deaths or {}).items()}
        self.workers = workers
        self.interrupt_after = interrupt_after
        self.begun, self.alone_begun, self.drawn, self.finished = [], [], 0, 0
        self.started = self.stopped = 0

    def start(self):
        self.started += 1

    def stop(self, *, now=False):
        self.stopped += 1

    def _one(self, function, task):
        left = self.deaths.get(task.site_id)
        return left.pop(0) if left else function(task)

    def map_sites(self, function, tasks):
        for task in tasks:
            self.drawn += 1
            self.begun.append(task.site_id)
            if self.interrupt_after is not None and len(self.begun) > self.interrupt_after:
                raise KeyboardInterrupt
            yield task, self._one(function, task)
            self.finished += 1

    def alone(self, function, task):
        self.alone_begun.append(task.site_id)
        return self._one(function, task)
