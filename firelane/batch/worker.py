"""Inside a worker process: made ready, kept within its memory, gone when its driver is gone."""

from __future__ import annotations

import ctypes
import gc
import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from firelane.batch.engine import Work
from firelane.batch.model import Outcome, Task

MB = 1 << 20
ENVIRONMENT = {
    # One thread for each worker: as many workers as processors share them already.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "GDAL_NUM_THREADS": "1",
    "ARROW_IO_THREADS": "1",
    # Arrow's own allocator sets a gigabyte of addresses aside, which a limit of addresses would count.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "MPLBACKEND": "Agg",
}
"""What a worker process is started with."""

_WARM = (
    "firelane.batch.work", "firelane.run", "firelane.site", "firelane.auditing", "firelane.webmap", "firelane.drawing",
    "firelane.report", "firelane.batch.record", "firelane.batch.shard", "firelane.batch.sources", "pyarrow.parquet",
    "matplotlib.backends.backend_agg",
)  # fmt: skip
_LEAST_LEFT_MB = 64
_SLACK_MB = 192
"""Addresses that are reserved and hardly used: stacks of threads, arenas, mapped files [MB]. Resident memory is watched besides."""
_PR_SET_PDEATHSIG = 1

_trouble: list[tuple[str, str]] = []  # why this process is not ready; it has one reader, is_ready


def prepare(driver: int, memory_mb: int | None) -> None:
    """Make this process ready: imports done, limits set, tied to the life of the driver.

    Parameters
    ----------
    driver : int
        Process id of the driver.
    memory_mb : int or None
        Most resident memory [MB].
    """
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver, who ends the workers
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # even where a library hangs and Python hears nothing
        die_with(driver)
        warm_up()
        if memory_mb is not None and not limit_memory(memory_mb):
            least_mb = int(resident_mb() + 2 * _LEAST_LEFT_MB) // 10 * 10 + 10
            zh = f"每个工作进程的内存上限 {memory_mb} MB 太小，处理场地之前已需接近该值；请至少用 --memory {least_mb}"
            en = f"{memory_mb} MB for each worker is too little: it holds nearly that before its first site"
            _trouble.append((zh, f"{en}; use --memory {least_mb} at least"))
    except BaseException as error:  # noqa: BLE001  (told by is_ready, in the driver)
        _trouble.append((f"{type(error).__name__}: {error}",) * 2)


def is_ready() -> tuple[str, str] | None:
    """Return why this process cannot work (Chinese, English); None where it can."""
    return _trouble[0] if _trouble else None


def die_with(driver: int) -> None:
    """End this process when its driver ends, however that ends: nothing may go on writing into the results."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != driver:  # it ended before the line above
            os._exit(1)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive_nobody, args=(parent,), name="firelane-watch", daemon=True).start()


def _outlive_nobody(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def warm_up(modules: Sequence[str] = _WARM) -> None:
    """Import what sites will need, once, and keep the collector from walking over it for every site."""
    for module in modules:
        # What is broken is told by the first site that needs it.
        with suppress(ImportError):
            importlib.import_module(module)
    gc.collect()
    gc.freeze()


def limit_memory(memory_mb: int) -> bool:
    """Let no allocation take this process far beyond ``memory_mb`` [MB]: it becomes a MemoryError.

    False where nearly as much is in use already. The system limits addresses, not resident memory. A warm worker holds many addresses it never touches, so what may
    still come is set upon what is there.
    """
    try:
        import resource  # noqa: PLC0415  (not on every system)

        addresses, resident = _statm()
    except (ImportError, OSError, ValueError):
        return True
    left_mb = memory_mb - resident // MB
    if left_mb < _LEAST_LEFT_MB:
        return False
    most = addresses + (left_mb + _SLACK_MB) * MB
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    return True


def can_limit_memory() -> bool:
    """Whether this system tells and limits the memory of a process."""
    if importlib.util.find_spec("resource") is None:
        return False
    try:
        _statm()
    except (OSError, ValueError):
        return False
    return True


def _statm(process: int | str = "self") -> tuple[int, int]:
    """Return addresses and resident memory of a process [bytes]."""
    words = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()
    page = os.sysconf("SC_PAGE_SIZE")
    return int(words[0]) * page, int(words[1]) * page


def resident_mb(process: int | str = "self") -> float:
    """Return the resident memory of a process [MB]; NaN where the system does not tell or the process is gone."""
    try:
        return _statm(process)[1] / MB
    except (OSError, ValueError, IndexError):
        return float("nan")


def forget_peak() -> None:
    """Begin a new measurement of the peak, where the system can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mb() -> float:
    """Return the greatest resident memory since :func:`forget_peak`, or since the start of the process [MB]."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        import resource  # noqa: PLC0415  (not on every system)
    except ImportError:
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / MB if sys.platform == "darwin" else most / 1024


def guarded(function: Work, task: Task) -> Outcome:
    """Do one task; whatever it raises, even an exit, becomes a failure of the site."""
    try:
        return function(task)
    except BaseException as error:  # noqa: BLE001  (one site fails, not the batch)
        from firelane.batch.work import failure_of  # noqa: PLC0415  (it brings the whole pipeline)

        return Outcome(task.site_id, failure_of(error, task), worker=name())


def name() -> str:
    """Return what the ledger calls this worker."""
    return f"{os.uname().nodename if hasattr(os, 'uname') else 'localhost'}:{os.getpid()}"
