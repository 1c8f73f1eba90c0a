"""The rounds of a batch: every site once, side by side; then what is suspected, until it is done or proven to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firelane.batch.engine import Death, Engine, Work
from firelane.batch.journal import Log
from firelane.batch.model import FailureKind, Outcome, Settings, Task
from firelane.batch.progress import Phase
from firelane.batch.surroundings import probe
from firelane.batch.trial import MANY, Case, presumed_innocent, suspicious, tried
from firelane.errors import OutputError

_FULL_IN_A_ROW = 8


@dataclass(frozen=True)
class Rounds:
    """What does sites, and what is told of them.

    Attributes
    ----------
    engine : Engine
    function : callable
        What is done with a site.
    settings : Settings
    place : str
        Where the results go, as it was given.
    home : Path
        Where the batch keeps its own files.
    log : Log
    enter : callable
        Called with the name of a phase.
    record : callable
        Called with a site, what became of it, and how often it was begun.
    """

    engine: Engine
    function: Work
    settings: Settings
    place: str
    home: Path
    log: Log
    enter: Callable[[Phase], None]
    record: Callable[[Task, Outcome, int], None]

    def do(self, tasks: Sequence[Task]) -> None:
        """Do every site; each is recorded once.

        Raises
        ------
        OutputError
            If nothing can be written any more.
        EngineError
            If no worker can be started any more.
        """
        cases = [Case(task, [became]) for task, became in self._suspects(tasks, {})]
        if cases:
            self.enter("again")
        for case in sorted(self._left_of(cases), key=lambda c: c.task.site_id):
            outcome, attempts = tried(case, self._alone, self.settings)
            self.record(case.task, outcome, attempts)

    def _suspects(self, tasks: Sequence[Task], before: dict[str, int]) -> Iterator[tuple[Task, Death | Outcome]]:
        """Do sites side by side, record those of which it is known what became of them, yield the others."""
        unwritten = 0
        pairs: Any = self.engine.map_sites(self.function, tasks)
        with closing(pairs) as became_all:
            for task, became in became_all:
                if suspicious(became):
                    unwritten = self._check_place(became, unwritten)
                    self._tell(task, became)
                    yield task, became
                    continue
                assert isinstance(became, Outcome)
                unwritten = 0
                self.record(task, became, before.get(task.site_id, 0) + 1)

    def _left_of(self, cases: list[Case]) -> list[Case]:
        """Try many that are presumed innocent once more side by side; return the cases that are left.

        Alone, every site waits for all others and wants a fresh process: after the end of a machine that had hundreds
        in work, a cluster would stand idle for many minutes. What dies in this round is no worse off for it: only what
        happens alone counts against a site.
        """
        many = {case.task.site_id: case for case in cases if presumed_innocent(case.deaths[-1])}
        if len(many) <= MANY:
            return cases
        tasks = [many[site_id].task for site_id in sorted(many)]
        again = {task.site_id for task, _ in self._suspects(tasks, {site_id: case.attempts for site_id, case in many.items()})}
        for site_id in again:
            many[site_id].uncounted += 1
        return [case for case in cases if case.task.site_id not in many or case.task.site_id in again]

    def _alone(self, task: Task) -> Death | Outcome:
        became = self.engine.alone(self.function, task)
        if suspicious(became):
            self._check_place(became, 0)
            self._tell(task, became)
        return became

    def _check_place(self, became: Outcome | Death, unwritten: int) -> int:
        """Stop where it is not one site that cannot be written, but nothing any more; count those in a row.

        Raises
        ------
        OutputError
        """
        failure = None if isinstance(became, Death) else became.failure
        if failure is None or failure.kind is not FailureKind.OUTPUT:
            return unwritten
        probe(self.home)
        if unwritten + 1 >= max(_FULL_IN_A_ROW, 2 * self.engine.workers):
            raise OutputError(
                f"nothing can be written into {self.place} any more: {failure.en}; what is done is kept",
                f"{self.place} 已无法写入：{failure.zh}；已完成的结果均已保留",
            )
        return unwritten + 1

    def _tell(self, task: Task, became: Outcome | Death) -> None:
        if isinstance(became, Death):
            told: dict[str, Any] = {"kind": became.kind.value, "signal": became.signal_name, "exit_code": became.exit_code}
        else:
            told = {"kind": became.failure.kind.value if became.failure else ""}
        self.log.say("quarantine", site=task.site_id, seconds=became.seconds, worker=became.worker, **told)
