"""A real cluster on the loopback: a scheduler and workers as processes of their own, to be ended as tests please."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from command import environment

HERE = Path(__file__).parent
_QUIET = {
    "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "warning",
    # Deaths are looked for twice a second: tests need not wait for the usual intervals.
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "30s",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "20s",
    "OMP_NUM_THREADS": "1",
}


class TestCluster:
    """``dask scheduler`` and some ``dask worker``, each with its nanny; a context manager."""

    __test__ = False

    def __init__(self, workers=2, *, nanny=True, home=None, env=None, memory="0", threads=1):
        self.count, self.nanny, self.memory, self.threads = workers, nanny, memory, threads
        path = os.pathsep.join(p for p in (str(HERE), os.environ.get("PYTHONPATH")) if p)
        self.env = environment(PYTHONPATH=path, **_QUIET, **(env or {}))
        self.home = Path(home or tempfile.mkdtemp(prefix="firelane-cluster-"))
        self.home.mkdir(parents=True, exist_ok=True)
        self.address = ""
        self.scheduler = None
        self.workers = []

    def __enter__(self):
        try:
            self.start_scheduler()
            for _ in range(self.count):
                self.start_worker()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in [*self.workers, self.scheduler]:
            if process is not None:
                end_family(process.pid)
                process.wait(20)

    def log(self):
        """Return what scheduler and workers said."""
        return "".join(p.read_text("utf-8", "replace") for p in sorted(self.home.glob("*.log")))

    def start_scheduler(self, port=0):
        """Start a scheduler and wait until it can be reached; on ``port`` where one is given."""
        told = self.home / f"scheduler-{time.monotonic_ns()}.json"
        self.scheduler = self._spawn(
            "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--scheduler-file", str(told)
        )
        deadline = time.monotonic() + 60
        import json

        while True:
            with contextlib.suppress(OSError, ValueError):
                self.address = json.loads(told.read_text())["address"]
                return self.address
            assert self.scheduler.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def start_worker(self, *words, env=None):
        """Start one more worker; it registers by itself."""
        process = self._spawn(
            "worker", self.address, "--nthreads", str(self.threads), "--nworkers", "1", "--no-dashboard",
            "--host", "127.0.0.1", "--memory-limit", self.memory, "--local-directory", str(self.home),
            "--death-timeout", "60", "--nanny" if self.nanny else "--no-nanny", *words, env=env,
        )  # fmt: skip
        self.workers.append(process)
        return process

    def _spawn(self, role, *words, env=None):
        with (self.home / f"{role}-{len(self.workers)}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", role, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.env | (env or {}), cwd=self.home, start_new_session=True,
            )  # fmt: skip

    def worker_pids(self):
        """Return the processes in which dask runs tasks: the children of the nannies, or what was started itself."""
        found = []
        for process in self.workers:
            if process.poll() is not None:
                continue
            if not self.nanny:
                found.append(process.pid)
                continue
            with contextlib.suppress(psutil.Error):
                found += [
                    child.pid for child in psutil.Process(process.pid).children()
                    if "resource_tracker" not in " ".join(child.cmdline())
                ]  # fmt: skip
        return found

    def kill_worker(self, pid):
        """SIGKILL one worker; its nanny starts another."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def kill_scheduler(self):
        """SIGKILL the scheduler: everything it knew is lost."""
        self.scheduler.kill()
        self.scheduler.wait(20)


def end_family(pid):
    """SIGKILL a process and all below it, those first that would start others."""
    with contextlib.suppress(psutil.NoSuchProcess):
        head = psutil.Process(pid)
        family = [head, *head.children(recursive=True)]
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=10)


def alive_children(pid):
    """Return the pids of all living processes below ``pid``."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [p.pid for p in psutil.Process(pid).children(recursive=True)]
    return []
