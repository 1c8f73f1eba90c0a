"""When a site is guilty of its worker's death: it is tried alone, and only what dies there again has failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from firelane.batch.engine import Death, memory_failure
from firelane.batch.model import FailureKind, Outcome, Settings, Task

CRASHES = 3
"""Deaths of workers after which a site has failed."""
CRASHES_FROM_OUTSIDE = 5
"""The same for signals that others send: the kernel in want of memory, an operator."""
TWICE = 2
"""Times that a site may run out of time, out of memory or out of disk."""
MANY = 8
"""Suspects that are presumed innocent and tried alone one after the other; more of them are first tried side by side."""


@dataclass
class Case:
    """What a site's attempts have come to so far.

    Attributes
    ----------
    task : Task
    deaths : list of Death or Outcome
        In their order; an outcome stands for a refusal of memory or disk, told by the worker itself.
    uncounted : int
        Further deaths, in the midst of other suspects: they say nothing of this one.
    """

    task: Task
    deaths: list[Death | Outcome] = field(default_factory=list)
    uncounted: int = 0

    @property
    def attempts(self) -> int:
        """How often it was begun."""
        return len(self.deaths) + self.uncounted

    def proven(self) -> bool:
        """Whether it has failed for good."""
        counted = Counter("outside" if isinstance(d, Death) and d.from_outside else _kind(d) for d in self.deaths)
        most = {FailureKind.CRASH: CRASHES, "outside": CRASHES_FROM_OUTSIDE}
        return any(n >= most.get(kind, TWICE) for kind, n in counted.items()) or len(self.deaths) >= 2 * CRASHES_FROM_OUTSIDE

    def failed(self, settings: Settings) -> Outcome:
        """Return the outcome that the last death stands for."""
        last = self.deaths[-1]
        if isinstance(last, Death):
            return Outcome(
                self.task.site_id, last.failure(settings), seconds=last.seconds, peak_mb=last.peak_mb, worker=last.worker
            )
        return uniform(last, settings)


def suspicious(became: Death | Outcome) -> bool:
    """Whether a site should be tried again before anybody believes that it failed."""
    return isinstance(became, Death) or (became.failure is not None and _kind(became) in {FailureKind.MEMORY, FailureKind.OUTPUT})


def presumed_innocent(became: Death | Outcome) -> bool:
    """Whether a worker was most likely not ended by the site.

    It was ended from outside, or nobody knows how: it went with its machine. A crash of the site's own, and want of
    time, memory or disk, are not of this kind.
    """
    if not isinstance(became, Death) or became.kind is not FailureKind.CRASH:
        return False
    return became.from_outside or (became.signal is None and became.exit_code is None)


def uniform(outcome: Outcome, settings: Settings) -> Outcome:
    """Return the outcome in the words of this batch: whoever noticed the want of memory, the reason is the same."""
    if outcome.failure is not None and outcome.failure.kind is FailureKind.MEMORY:
        return replace(outcome, failure=memory_failure(settings.memory_mb))
    return outcome


def tried(case: Case, again: Callable[[Task], Death | Outcome], settings: Settings) -> tuple[Outcome, int]:
    """Try a site alone until it is done, or proven to fail; return what became of it and how often it was begun."""
    while not case.proven():
        became = again(case.task)
        if not suspicious(became):
            assert isinstance(became, Outcome)
            return became, case.attempts + 1
        case.deaths.append(became)
    return case.failed(settings), case.attempts


def _kind(became: Death | Outcome) -> FailureKind:
    if isinstance(became, Death):
        return became.kind
    assert became.failure is not None
    return became.failure.kind
