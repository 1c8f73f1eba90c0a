"""Cities of the generator for whole batches, their single runs, and the processes that tests end in their middle."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import psutil
from command import command, environment

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "city"))

OF_SITE = ("audit.json", "findings.csv", "findings.geojson")
"""Files of one site that are the same bytes in a batch and alone."""


def rows_of(manifest):
    """Return the rows of a manifest."""
    with Path(manifest).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(manifest, rows):
    """Write a manifest anew."""
    with Path(manifest).open("w", encoding="utf-8-sig", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def digests(folder):
    """Return the hashes of a site's files."""
    return tuple(hashlib.sha256((Path(folder) / name).read_bytes()).hexdigest() for name in OF_SITE)


def alone(path):
    """Audit one site by itself, as ``firelane audit`` does; return the hashes of what it would write."""
    from firelane.auditing import audit
    from firelane.auditing.document import document
    from firelane.auditing.files import _geojson, findings_csv
    from firelane.site import read_site

    result = audit(read_site(Path(path)), rules=("shenyang-2020",))
    texts = (
        json.dumps(document(result), ensure_ascii=False, indent=1, allow_nan=False) + "\n",
        "\ufeff" + findings_csv(result),
        json.dumps(_geojson(result), ensure_ascii=False, indent=1, allow_nan=False) + "\n",
    )
    return tuple(hashlib.sha256(text.encode("utf-8")).hexdigest() for text in texts)


def all_alone(paths, processes=2):
    """Return path → hashes of its single run; each process does its share, with nothing of a batch in it."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return dict(zip(paths, pool.map(alone, paths, chunksize=20), strict=True))


# --------------------------------------------------------------------------------------------- processes


def start(*words, scratch=None, **named):
    """Start ``firelane batch`` in a process of its own; ``scratch`` is where it may put temporary files."""
    changes = {} if scratch is None else {"TMPDIR": str(scratch)}
    return subprocess.Popen(
        command("batch", *words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", env=environment(**changes), start_new_session=True, **named,
    )  # fmt: skip


def ended(process, seconds=400):
    """Wait for its end; return code, standard output, standard error."""
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def until(condition, seconds=300.0, every_s=0.01):
    """Wait for it."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(every_s)


def family(pid):
    """Return all processes below one."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def workers_of(pid):
    """Return the workers of a batch: its children but for the tracker of Python's own semaphores."""
    found = []
    for child in family(pid):
        with contextlib.suppress(psutil.Error):
            if "resource_tracker" not in " ".join(child.cmdline()):
                found.append(child)
    return found


def alive(processes, seconds=20):
    """Return those that are still there after a while."""
    _, left = psutil.wait_procs(processes, timeout=seconds)
    found = []
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def shards(out):
    """Return how many sites have their share of the city's tables on the disk."""
    return len(list(Path(out).glob("shards/*/*.arrow")))
