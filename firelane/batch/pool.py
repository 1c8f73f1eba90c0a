"""The engine of one machine: worker processes by Pebble, each replaced when a site has been too much for it."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as OutOfTime
from multiprocessing.context import SpawnContext, SpawnProcess
from queue import Empty, SimpleQueue
from typing import Any

from pebble import ProcessPool

from firelane.batch.engine import Death, Work
from firelane.batch.model import FailureKind, Outcome, Task
from firelane.batch.worker import ENVIRONMENT, can_limit_memory, guarded, is_ready, prepare, resident_mb
from firelane.errors import EngineError
from firelane.site.model import Note

MAX_TASKS = 5_000
"""Sites after which a worker is replaced in any case. Starting one costs three seconds: 0.6 ms for each of so many."""
_TICK_S = 0.1
_START_S = 300.0
_STARTS = 3
_KILLED = 20
"""Starts in a row that another process ended: one that hunts for memory, or a person. That passes; a script's own fault does not."""
_LOST_S = 2.0
"""How long what a dead process was to do may stay unanswered [s]. Pebble answers at once, but for what it is handed in the moment
in which it learns of the death: that is never answered."""
_GROWN = 0.5  # of the memory that was left to a fresh worker
_GROWN_MB = 1024.0  # where there is no limit


class _Process(SpawnProcess):
    """A worker that begins with the environment of workers, deaf to Ctrl-C from its first moment."""

    _starting = threading.Lock()

    def start(self) -> None:
        """Start it; environment and mask are inherited, so they are changed for just this call."""
        with self._starting:
            before = {key: os.environ.get(key) for key in ENVIRONMENT}
            masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if os.name == "posix" else None
            os.environ.update(ENVIRONMENT)
            try:
                super().start()
            finally:
                for key, value in before.items():
                    if value is None:
                        del os.environ[key]
                    else:
                        os.environ[key] = value
                if masked is not None:
                    signal.pthread_sigmask(signal.SIG_SETMASK, masked)


class _OneProcess(SpawnContext):
    """A context that gives one process.

    Pebble replaces a process that died at once and in the same pool. A process that is killed while it holds the lock
    of the pool's pipe would leave its successor waiting for a minute, and one that ends itself with exit code 0 would
    not be noticed at all. With one process to a pool the pool ends with it, and :class:`_Slot` makes a new one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.made: _Process | None = None

    def Process(self, *arguments: Any, **named: Any) -> _Process:  # type: ignore[override]  # noqa: N802
        if self.made is not None:
            raise OSError("the process of this pool has ended")
        self.made = _Process(*arguments, **named)
        return self.made


class _Slot:
    """One worker process after the other; at most one task at a time."""

    def __init__(self, timeout_s: float | None, memory_mb: int | None) -> None:
        self.timeout_s, self.memory_mb = timeout_s, memory_mb
        self.task: Task | None = None
        self.begun_s = 0.0
        self.done = 0
        self._pool: ProcessPool | None = None
        self._context = _OneProcess()
        self._ready: Future[tuple[str, str] | None] | None = None
        self._future: Future[Outcome] | None = None
        self._memory = self._killed = False
        self._ready_s = self._dead_s = math.inf
        self._fresh_mb = self._most_mb = math.nan

    # ------------------------------------------------------------------ the process

    def start(self) -> Future[tuple[str, str] | None]:
        """Start a process unless there is one; return what will tell whether it is ready.

        Raises
        ------
        EngineError
            If the system gives none.
        """
        if self._pool is None or self._ready is None:
            self._context = _OneProcess()
            self._pool = ProcessPool(1, 0, prepare, (os.getpid(), self.memory_mb), self._context)
            try:
                self._ready = self._pool.schedule(is_ready)
            except RuntimeError as error:  # no process, or no memory, is left to this user
                self.end()
                cause = error.__cause__ or error
                why = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
                raise EngineError(
                    f"a worker process cannot be started: {why}; what is done is kept",
                    f"无法启动工作进程：{why}；已完成的结果均已保留",
                ) from error
            self._ready_s = self._dead_s = math.inf
            self._ready.add_done_callback(self._note_ready)
            self.done, self._memory, self._killed = 0, False, False
            self._fresh_mb = self._most_mb = math.nan
        return self._ready

    def _note_ready(self, ready: Future[tuple[str, str] | None]) -> None:
        if ready is self._ready:
            self._ready_s = time.monotonic()

    @property
    def process(self) -> _Process | None:
        """The process, where one was started."""
        return self._context.made

    def end(self) -> None:
        """End the process, whatever it is doing."""
        pool, self._pool, self._ready = self._pool, None, None
        if pool is None:
            return
        self.kill()
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()

    def kill(self) -> None:
        """Kill the process at once."""
        process = self.process
        if process is not None and process.pid is not None and process.is_alive():
            self._killed = True
            process.kill()

    @property
    def name(self) -> str:
        """What the ledger calls the worker."""
        host = os.uname().nodename if hasattr(os, "uname") else "localhost"
        return f"{host}:{self.process.pid if self.process else ''}"

    # ------------------------------------------------------------------ the task

    def begin(self, function: Work, task: Task, told: SimpleQueue[_Slot]) -> None:
        """Hand a task to the process; the slot is put into ``told`` when it has ended."""
        try:
            future = self._schedule(function, task)
        except EngineError:
            raise
        except RuntimeError:  # it died while it was idle
            self.end()
            future = self._schedule(function, task)
        self.task, self.begun_s, self._future = task, time.monotonic(), future
        future.add_done_callback(lambda _: told.put(self))

    def _schedule(self, function: Work, task: Task) -> Future[Outcome]:
        self.start()
        assert self._pool is not None
        return self._pool.schedule(guarded, args=(function, task), timeout=self.timeout_s)

    def result(self) -> Outcome | Death | None:
        """Return what became of the task; None where the process never became ready, so that it says nothing of the task."""
        assert self._future is not None
        assert self._ready is not None
        future, self._future = self._future, None
        if self.trouble() is not None:
            return None
        try:
            outcome = future.result()
        except (OutOfTime, CancelledError, OSError, RuntimeError) as error:
            if not self.was_ready():
                return None
            return self._death(error)
        self.done += 1
        return outcome

    def was_ready(self) -> bool:
        """Whether the process has told that it is ready."""
        return self._told_of_start() and self.trouble() is None

    def trouble(self) -> tuple[str, str] | None:
        """Return why the process did not become ready (Chinese, English), where it could tell."""
        return self._ready.result() if self._told_of_start() and self._ready is not None else None

    def _told_of_start(self) -> bool:
        ready = self._ready
        return ready is not None and ready.done() and not ready.cancelled() and ready.exception() is None

    def ended_by(self) -> int | None:
        """Return the signal by which somebody else ended the process; None where it ended otherwise."""
        process = self.process
        if process is None or process.pid is None:
            return None
        process.join(1.0)
        code = process.exitcode
        return -code if code is not None and code < 0 and not self._killed else None

    def _death(self, error: BaseException) -> Death:
        """Tell a death by how the process ended, then end the pool."""
        seconds, who = time.monotonic() - max(self.begun_s, self._ready_s), self.name
        process = self.process
        if process is not None:
            process.join(1.0)
        code = None if process is None else process.exitcode
        if self._memory:
            kind, ended_by, code = FailureKind.MEMORY, None, None
        elif isinstance(error, OutOfTime):
            kind, ended_by, code = FailureKind.TIMEOUT, None, None
        else:
            kind, ended_by = FailureKind.CRASH, -code if code is not None and code < 0 else None
        self.end()
        return Death(
            kind, signal=ended_by, exit_code=code if code is not None and code >= 0 else None,
            seconds=seconds, peak_mb=self._most_mb, worker=who,
        )  # fmt: skip

    # ------------------------------------------------------------------ memory

    def watch(self) -> None:
        """End the process where it holds more memory than it may, or where it does not get ready; see that a death is told."""
        process = self.process
        if process is None or process.pid is None or self._pool is None:
            return
        self._dead_s = min(self._dead_s, time.monotonic()) if not process.is_alive() else math.inf
        if time.monotonic() - self._dead_s > _LOST_S:
            for asked in (self._ready, self._future):
                if asked is not None and not asked.done():
                    asked.cancel()
        if self._future is not None and not self._future.running() and time.monotonic() - self.begun_s > _START_S:
            self.kill()
        now = resident_mb(process.pid)
        if not self.was_ready() or math.isnan(now) or now == 0.0:  # a process that has just died holds nothing
            return
        if math.isnan(self._fresh_mb):
            self._fresh_mb = now
        self._most_mb = now if math.isnan(self._most_mb) else max(now, self._most_mb)
        # Idle, it is over by what an earlier site left: worn() sees to that.
        busy = self._future is not None and not self._future.done()
        if self.memory_mb is not None and busy and now > self.memory_mb:
            self._memory = True
            self.kill()

    def worn(self) -> bool:
        """Whether the process should be replaced before its next task."""
        if self.done >= MAX_TASKS:
            return True
        if self.done == 0 or self.process is None or self.process.pid is None or math.isnan(self._fresh_mb):
            return False
        grown_mb = resident_mb(self.process.pid) - self._fresh_mb
        most_mb = _GROWN_MB if self.memory_mb is None else _GROWN * max(self.memory_mb - self._fresh_mb, 0.0)
        return grown_mb > most_mb  # what libraries keep to themselves would be held against the next site


class LocalEngine:
    """Worker processes on this machine (:class:`firelane.batch.engine.Engine`).

    Parameters
    ----------
    workers : int, optional
        How many; as many as processors may be used unless told otherwise.
    timeout_s : float, optional
        How long one site may take, from its beginning in the worker [s].
    memory_mb : int, optional
        How much resident memory one worker may hold [MB].
    """

    name = "local"

    def __init__(
        self, workers: int | None = None, *, timeout_s: float | None = None, memory_mb: int | None = None
    ) -> None:
        self.workers = workers or processors()
        self.notes: tuple[Note, ...] = ()
        if memory_mb is not None and not can_limit_memory():
            self.notes = (
                Note(
                    "memory_not_limited",
                    "本机系统不提供进程的内存信息：--memory 未生效",
                    "this system does not tell the memory of a process: --memory has no effect here",
                ),
            )
            memory_mb = None
        self._memory_mb = memory_mb
        self._slots = [_Slot(timeout_s, memory_mb) for _ in range(self.workers)]
        self._told: SimpleQueue[_Slot] = SimpleQueue()
        self._misstarts = self._own_faults = 0
        self._watched_s = 0.0

    def start(self) -> None:
        """Start the workers and wait until one is ready.

        Raises
        ------
        EngineError
        """
        while True:
            started = [slot.start() for slot in self._slots]
            until_s = time.monotonic() + _START_S
            while time.monotonic() < until_s and not all(one.done() for one in started):
                if any(slot.was_ready() for slot in self._slots):
                    return
                for slot in self._slots:
                    slot.watch()
                time.sleep(0.01)
            if any(slot.was_ready() for slot in self._slots):
                return
            for slot in self._slots:
                self._misstarted(slot)

    def _misstarted(self, slot: _Slot) -> None:
        """Count a worker that did not become ready.

        Raises
        ------
        EngineError
            If it told why, or if that happened several times without one that did.
        """
        trouble, ended_by = slot.trouble(), slot.ended_by()
        slot.end()
        if trouble is not None:
            zh, en = trouble
            raise EngineError(f"the workers cannot start: {en}", f"无法启动工作进程：{zh}")
        self._misstarts += 1
        if ended_by is None:
            self._own_faults += 1
            if self._own_faults >= _STARTS:
                raise EngineError(
                    'the workers cannot be started; in a script, call run_batch below `if __name__ == "__main__":`',
                    '无法启动工作进程；在脚本中请把 run_batch 写在 `if __name__ == "__main__":` 之下',
                )
        elif self._misstarts >= _KILLED:
            raise EngineError(
                f"the workers cannot be started: signal {ended_by} ends each before it is ready (too little memory?); what is done is kept",
                f"无法启动工作进程：均在就绪之前被信号 {ended_by} 终止（内存不足？）；已完成的结果均已保留",
            )

    def map_sites(self, function: Work, tasks: Iterable[Task]) -> Generator[tuple[Task, Outcome | Death]]:
        """Do every task, see :meth:`firelane.batch.engine.Engine.map_sites`.

        Each worker has one task at a time: what waits is not yet handed out, so no death can touch it, and no site
        stands behind a slow one while another worker is idle.
        """
        waiting = iter(tasks)
        again: deque[Task] = deque()  # handed to a worker that never became ready
        idle = deque(self._slots)
        running: set[_Slot] = set()

        def hand_out() -> None:
            while idle:
                following = again.popleft() if again else next(waiting, None)
                if following is None:
                    return
                slot = idle.popleft()
                running.add(slot)
                if slot.worn():
                    slot.end()
                slot.begin(function, following, self._told)

        try:
            while True:
                hand_out()
                if not running:
                    return
                slot = self._next()
                running.discard(slot)
                task, slot.task = slot.task, None
                assert task is not None
                became = slot.result()
                idle.append(slot)
                if became is None:
                    self._misstarted(slot)
                    again.append(task)
                    continue
                self._misstarts = self._own_faults = 0
                # The worker gets its next task before this one is dealt with.
                hand_out()
                yield task, became
        finally:
            for slot in running:
                slot.kill()
            for slot in running:
                slot.end()
                slot.task = None
            self._told = SimpleQueue()

    def _next(self) -> _Slot:
        """Wait for a slot whose task has ended, watching all others; not more often where sites are quick."""
        while True:
            now_s = time.monotonic()
            if now_s - self._watched_s >= _TICK_S:
                self._watched_s = now_s
                for slot in self._slots:
                    slot.watch()
            try:
                return self._told.get(timeout=_TICK_S)
            except Empty:
                continue

    def alone(self, function: Work, task: Task) -> Outcome | Death:
        """Do one task while the machine is its own, see :meth:`firelane.batch.engine.Engine.alone`."""
        for slot in self._slots[1:]:
            slot.end()
        if self._slots[0].done:
            self._slots[0].end()
        slots, self._slots = self._slots, self._slots[:1]
        try:
            [(_, became)] = self.map_sites(function, [task])
        finally:
            self._slots = slots
        return became

    def kill(self) -> None:
        """Kill what the workers are doing, from any thread: whoever waits for it is told of a death."""
        for slot in self._slots:
            slot.kill()

    def stop(self, *, now: bool = False) -> None:
        """End the workers; nothing is running unless a generator of :meth:`map_sites` is still open."""
        del now  # a site is never half done: what is running when this is called is not wanted any more
        self.kill()
        for slot in self._slots:
            slot.end()


def processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
