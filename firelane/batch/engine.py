"""What runs the sites of a batch: the same few calls for the processes of one machine and for a cluster."""

from __future__ import annotations

import signal as signals
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from firelane.batch.model import Failure, FailureKind, Outcome, Settings, Task
from firelane.site.model import Note

Work = Callable[[Task], Outcome]
"""What is done with one site. It can be pickled, does not raise, and may be ended at any moment."""

_SIGNALS = {
    "SIGSEGV": ("访问了无效内存", "memory that is not its own was touched"),
    "SIGBUS": ("访问了无效内存", "memory that is not there was touched"),
    "SIGABRT": ("程序自行中止", "the program gave itself up"),
    "SIGFPE": ("算术错误", "an operation of arithmetic that has no result"),
    "SIGILL": ("非法指令", "an instruction that this processor does not know"),
    "SIGKILL": ("被系统或他人强行结束，多因整机内存不足", "ended by the system or by somebody, most often because the machine ran out of memory"),
    "SIGTERM": ("被系统或他人结束", "ended by the system or by somebody"),
}  # fmt: skip

FROM_OUTSIDE = frozenset({"SIGKILL", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"})
"""Signals that a site hardly ever sends itself: its worker may have died for no fault of the site."""


@dataclass(frozen=True)
class Death:
    """The worker did not come back from this site: it died of it, or was ended because of it.

    Attributes
    ----------
    kind : FailureKind
        ``CRASH``, ``TIMEOUT`` or ``MEMORY``.
    signal : int or None
        That the process died of; None where it ended itself, or where nobody knows.
    exit_code : int or None
        Where the process ended itself.
    seconds : float
        From the beginning of the site to the end of the worker [s]; NaN where unknown.
    peak_mb : float
        Greatest memory seen [MB]; NaN where unknown.
    worker : str
        Which one it was.
    """

    kind: FailureKind
    signal: int | None = None
    exit_code: int | None = None
    seconds: float = float("nan")
    peak_mb: float = float("nan")
    worker: str = ""

    @property
    def signal_name(self) -> str:
        """Name of the signal (``SIGSEGV``); empty where there is none."""
        if self.signal is None:
            return ""
        try:
            return signals.Signals(self.signal).name
        except ValueError:
            return f"SIG{self.signal}"

    @property
    def from_outside(self) -> bool:
        """Whether the signal is one that others send."""
        return self.kind is FailureKind.CRASH and self.signal_name in FROM_OUTSIDE

    def failure(self, settings: Settings) -> Failure:
        """Return the reason as tables tell it: the same in every run, so without times, numbers and attempts."""
        match self.kind:
            case FailureKind.TIMEOUT:
                limit = settings.timeout_s or 0.0
                return Failure(self.kind, f"处理超过限时 {limit:g} 秒", f"took longer than the {limit:g} s allowed")
            case FailureKind.MEMORY:
                return memory_failure(settings.memory_mb)
        if name := self.signal_name:
            zh, en = _SIGNALS.get(name, ("", ""))
            return Failure(
                self.kind,
                f"处理该场地的进程崩溃（{name}{'：' if zh else ''}{zh}）",
                f"the process that worked on it crashed ({name}{': ' if en else ''}{en})",
            )
        if self.exit_code is not None:
            return Failure(
                self.kind,
                f"处理该场地的进程自行退出（退出码 {self.exit_code}）",
                f"the process that worked on it ended itself (exit code {self.exit_code})",
            )
        return Failure(self.kind, "处理该场地的进程崩溃", "the process that worked on it crashed")


def memory_failure(limit_mb: int | None) -> Failure:
    """Return the reason for a site that needs more memory than a worker may take."""
    if limit_mb is None:
        return Failure(FailureKind.MEMORY, "内存不足", "there is not enough memory for it")
    return Failure(
        FailureKind.MEMORY,
        f"所需内存超过上限 {limit_mb} MB",
        f"needs more memory than the {limit_mb} MB allowed",
    )


class Engine(Protocol):
    """Workers that do sites, and survive what sites do to them.

    The driver (:mod:`firelane.batch.driver`) judges deaths and tries again; an engine only tells of them.

    Attributes
    ----------
    name : str
        ``local`` or ``cluster``.
    workers : int
        How many sites are worked on at once.
    notes : tuple of Note
        What it cannot do here that was asked for (a limit of memory on a system without one).
    """

    name: str
    workers: int
    notes: tuple[Note, ...]

    def start(self) -> None:
        """Start the workers and wait until one is ready.

        Raises
        ------
        EngineError
            If none can be started.
        """

    def map_sites(self, function: Work, tasks: Iterable[Task]) -> Iterator[tuple[Task, Outcome | Death]]:
        """Do every task; yield each with what became of it, in the order of completion.

        Tasks are drawn from ``tasks`` as workers become free, so a long list is never in flight as a whole. A task
        whose worker died is yielded with a :class:`Death` and not tried again here; what was only waiting for that
        worker is done by another. Closing the generator stops the handing out and ends what is running.

        Raises
        ------
        EngineError
            If no worker can be started any more.
        """

    def alone(self, function: Work, task: Task) -> Outcome | Death:
        """Do one task while no other is running, in a fresh worker; return what became of it.

        Raises
        ------
        EngineError
        """

    def stop(self, *, now: bool = False) -> None:
        """End the workers; ``now`` does not wait for what is running. May be called twice."""
