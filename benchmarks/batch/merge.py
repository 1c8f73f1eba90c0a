"""A city put together out of shards: CPU seconds and memory of ``write_city``.

    python benchmarks/batch/merge.py [--sites 20000] [--findings 100] [--folder DIR] [--extras]

Without map, charts and workbook, unless ``--extras`` asks for them.

Two sizes, each measured in a process of its own: a quarter of the sites, and all of them. Told are the processor seconds,
their ratio to reading the same shards and writing their findings once unsorted (what no merge can do without), the peak
of memory, and how both grow: time in proportion to the sites, memory by much less.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "support"))


def make(folder: Path, sites: int, findings: int) -> None:
    from city_shards import make_city

    # Shards are flushed to the disk one by one, which takes most of the time here and is not what is measured.
    os.fsync = lambda _: None
    (folder / "made.pickle").write_bytes(pickle.dumps(make_city(folder, sites, findings)))


def measure(folder: Path, *, extras: bool) -> dict[str, float]:
    from firelane.batch.city import write_city
    from firelane.batch.model import Settings

    made = pickle.loads((folder / "made.pickle").read_bytes())
    began, clock = time.process_time(), time.monotonic()
    city = write_city(made.tasks, made.outcomes, folder, settings=Settings(), extras=extras)
    found = {"cpu_s": time.process_time() - began, "wall_s": time.monotonic() - clock}
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found | {"findings": city.summary["totals"]["findings"]} | {
        f"{name}_mb": (folder / name).stat().st_size / 1e6 for name in ("findings.parquet", "sites.parquet", "city.gpkg")
    }


def least(folder: Path) -> dict[str, float]:
    """Read every shard once and write the findings as they come."""
    from firelane.batch.shard import read_shard

    began = time.process_time()
    with tempfile.TemporaryDirectory() as desk:
        writer, waiting, rows = None, [], 0
        for path in (folder / "shards").rglob("*.arrow"):
            table = read_shard(path).findings
            writer = writer or pq.ParquetWriter(Path(desk) / "f.parquet", table.schema, compression="zstd")
            waiting.append(table)
            rows += len(table)
            if rows > 16_384:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())
                waiting, rows = [], 0
        if waiting:
            writer.write_table(pa.concat_tables(waiting).combine_chunks())
        writer.close()
    return {"cpu_s": time.process_time() - began}


def alone(step: str, *words: object) -> dict[str, float]:
    """Run one step in a process of its own."""
    told = subprocess.run([sys.executable, __file__, "--step", step, *map(str, words)], check=True, capture_output=True, text=True)
    return json.loads(told.stdout or "{}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=20_000)
    parser.add_argument("--findings", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="where the shards go (left there; used again if there)")
    parser.add_argument("--extras", action="store_true", help="map, charts and workbook as well")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        name, folder = args.step[0], Path(args.step[1])
        if name == "make":
            make(folder, int(args.step[2]), int(args.step[3]))
        else:
            print(json.dumps(least(folder) if name == "least" else measure(folder, extras=name == "measure-all")))
        return
    with tempfile.TemporaryDirectory() as scratch:
        base = args.folder or Path(scratch)
        results = []
        for sites in (args.sites // 4, args.sites):
            folder = base / f"{sites}x{args.findings}"
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / "made.pickle").exists():
                alone("make", folder, sites, args.findings)
            floor, found = alone("least", folder), alone("measure-all" if args.extras else "measure", folder)
            results.append(found)
            print(
                f"{sites:6d} sites × {args.findings} findings: {found['cpu_s']:6.1f} CPU s ({found['wall_s']:.0f} s), "
                f"{found['cpu_s'] / floor['cpu_s']:.1f} × reading and writing once; peak {found['peak_mb']:.0f} MB; "
                f"findings.parquet {found['findings.parquet_mb']:.0f} MB, city.gpkg {found['city.gpkg_mb']:.0f} MB"
            )
        one, four = results
        print(f"4 × the sites: {four['cpu_s'] / one['cpu_s']:.2f} × the CPU time, {four['peak_mb'] / one['peak_mb']:.2f} × the memory")


if __name__ == "__main__":
    main()
