"""Work functions that do to a worker what bad sites do; which one is told by the beginning of the site's id.

They stand in for ``firelane.batch.work.do_site``: ``partial(poison, out=folder)`` can be pickled and takes a Task.
A site writes one file when it begins and one when it is done, so a test can count how often each was tried.
"""

import ctypes
import hashlib
import os
import signal
import time
from pathlib import Path

import numpy as np

from firelane.batch.model import Failure, FailureKind, Outcome, Settings, Task

KINDS = (
    "segfault", "abort", "hog", "leap", "hang", "hang_in_c", "raise", "exit", "leave", "leave0", "suicide", "unreadable",
    "memory_error", "interrupt",
)  # fmt: skip
"""Beginnings of ids that are poisoned. ``leap`` allocates too much at once, ``leave`` ends the process with code 3."""


def tasks(*ids: str) -> list[Task]:
    """Return tasks that read nothing."""
    return [Task(site_id=site_id, source=f"/nowhere/{site_id}", shown=site_id) for site_id in ids]


def kind_of(site_id: str) -> str:
    """Return the poison of a site, empty where it has none: what stands before ``-`` (``hang_in_c-7``)."""
    head = site_id.split("-", maxsplit=1)[0]
    return head if head in KINDS else ""


def tried(out: Path, site_id: str) -> int:
    """Return how often a site was begun."""
    return len(list(Path(out).glob(f"begun/{site_id}.*")))


def poison(task: Task, out: str = "", busy_s: float = 0.0) -> Outcome:
    """Do a site: what its poison does, or else write its result."""
    if out:
        _touch(Path(out) / "begun" / f"{task.site_id}.{os.getpid()}.{time.monotonic_ns()}")
    act(kind_of(task.site_id))
    if busy_s:
        burn(busy_s)
    return finished(task, out)


def poison_once(task: Task, out: str) -> Outcome:
    """Be poisoned the first time only: what a killer from outside, or bad luck, does."""
    first = tried(Path(out), task.site_id) == 0
    _touch(Path(out) / "begun" / f"{task.site_id}.{os.getpid()}.{time.monotonic_ns()}")
    if first:
        act(kind_of(task.site_id))
    return finished(task, out)


def finished(task: Task, out: str) -> Outcome:
    """Write a shard with made-up figures, and a folder, as a real site does; return the outcome."""
    from city_shards import site_rows

    from firelane.batch.fingerprint import input_hash
    from firelane.batch.shard import shard_path, write_shard
    from firelane.batch.site_folder import MARK

    sha256 = digest = ""
    if out:
        seed = int(hashlib.sha256(task.site_id.encode()).hexdigest()[:8], 16)
        rows = site_rows(np.random.default_rng(seed), seed, 3, 2)
        _touch(Path(out) / "sites" / task.folder / MARK)
        _touch(Path(out) / "sites" / task.folder / "audit.json")
        sha256, digest = write_shard(shard_path(Path(out), task), *rows), input_hash(task)
    return Outcome(
        task.site_id, input_hash=digest, shard_sha256=sha256, seconds=0.1, cpu_seconds=0.1, peak_mb=1.0,
        worker=str(os.getpid()),
    )  # fmt: skip


def poisoned(task: Task, settings: object = None, out: str = "") -> Outcome:
    """Do a made-up site, or be poisoned by its id: ``run_batch(work=poisoned)``."""
    return poison(task, out)


def poisoned_once(task: Task, settings: object = None, out: str = "") -> Outcome:
    """Do a made-up site, poisoned the first time only."""
    return poison_once(task, out)


def slowly(task: Task, settings: object = None, out: str = "") -> Outcome:
    """Do a made-up site in a tenth of a second."""
    return sleepy(task, out, 0.1)


def real_or_poisoned(task: Task, settings: Settings, out: str) -> Outcome:
    """Do a real site, or be poisoned by its id."""
    from firelane.batch.work import do_site

    act(kind_of(task.site_id))
    return do_site(task, settings, out)


def nothing(task: Task) -> Outcome:
    """Do nothing: what remains is the engine's own time."""
    return Outcome(task.site_id)


def noop(task: Task, settings: object = None, out: str = "") -> Outcome:
    """Do nothing, as ``run_batch(work=noop)``; nothing is written, so no city can be put together from it."""
    return Outcome(task.site_id)


def spin(task: Task, cycles: int = 4_000_000) -> Outcome:
    """Use the processor alone, always for the same number of cycles."""
    total = 0
    for number in range(cycles):
        total += number & 3
    return Outcome(task.site_id, input_hash=str(total))


def who(task: Task) -> Outcome:
    """Tell in which process it was done, after a moment."""
    time.sleep(0.02)
    return Outcome(task.site_id, worker=str(os.getpid()))


def sleepy(task: Task, out: str = "", seconds: float = 0.3) -> Outcome:
    """Take a while."""
    if out:
        _touch(Path(out) / "begun" / f"{task.site_id}.{os.getpid()}.{time.monotonic_ns()}")
    time.sleep(seconds)
    return finished(task, out)


def burn(seconds: float) -> None:
    """Use the processor for so long [s]."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def act(kind: str) -> None:
    """Do what the poison does."""
    match kind:
        case "segfault":
            ctypes.string_at(0)
        case "abort":
            os.abort()
        case "hog":
            held = []
            while True:  # resident, a little at a time
                held.append(np.ones(4_000_000 // 8))
                time.sleep(0.002)
        case "leap":
            np.ones(1 << 38)
        case "hang":
            while True:
                time.sleep(60)
        case "hang_in_c":
            _hold_everything()
        case "raise":
            raise ValueError(f"no such thing at 0x{id(kind):x} in /tmp/{os.getpid()}/x.gpkg")
        case "exit":
            raise SystemExit(3)
        case "leave":
            os._exit(3)
        case "leave0":
            os._exit(0)
        case "suicide":
            os.kill(os.getpid(), signal.SIGKILL)
        case "unreadable":
            from firelane.errors import InputError, Problem

            raise InputError([Problem("it is no such file", message_zh="不是此类文件")])
        case "memory_error":
            raise MemoryError
        case "interrupt":
            raise KeyboardInterrupt


def unwritable(task: Task, settings: object = None, out: str = "") -> Outcome:
    """Fail as a full disk makes a site fail."""
    _touch(Path(out) / "begun" / f"{task.site_id}.{os.getpid()}.{time.monotonic_ns()}")
    return Outcome(task.site_id, failure=Failure(FailureKind.OUTPUT, "无法写入", "cannot be written"))


def _hold_everything() -> None:
    """Hang in C with the lock of the interpreter held: no signal handler of Python ever runs."""
    ctypes.PyDLL(None).sleep(3600)


def _touch(path: Path, content: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
