"""A whole batch: find the sites, do those that need it, judge what went wrong, put the city together."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Protocol

from firelane import __version__
from firelane.batch import ledger as ledgers
from firelane.batch import options
from firelane.batch.engine import Death, Engine, Work
from firelane.batch.engines import engine_for
from firelane.batch.guard import refuse_input_in_results, refuse_source_as_results
from firelane.batch.journal import Log, now
from firelane.batch.ledger import Ledger, Row, locked
from firelane.batch.model import Outcome, Settings, Task
from firelane.batch.place_names import is_address
from firelane.batch.progress import Tally, Tell
from firelane.batch.result import BatchResult
from firelane.batch.rounds import Rounds
from firelane.batch.standing import Standing, Wanted, by_site, chosen, done_otherwise, rules_hash, stand
from firelane.batch.surroundings import (
    belong,
    bring_shards,
    clear,
    clear_halves,
    discard_site,
    home_of,
    one_interrupt,
    own,
    publish_files,
    stale_note,
    what_lies_there,
)  # fmt: skip
from firelane.batch.trial import uniform
from firelane.batch.work import SCRATCH, do_site, hash_site, without_places
from firelane.errors import FirelaneError, InputError, OutputError, UsageError
from firelane.files import ensure_writable_dir
from firelane.site.model import Note
from firelane.tracking.asked import OF_THE_SITE, asked_vehicles

if TYPE_CHECKING:
    from firelane.batch.city import City

_NAMED = 20


class Do(Protocol):
    """What is done with one site; it can be pickled."""

    def __call__(self, task: Task, settings: Settings, out: str) -> Outcome:
        """Do it."""


def run_batch(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    settings: Settings | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    only: Sequence[str] = (),
    tables_only: bool = False,
    districts: Path | None = None,
    by: tuple[str, str] = ("landuse", "residential"),
    margin_m: float = 0.0,
    progress: Tell | None = None,
    work: Do = do_site,
    engine: Engine | None = None,
    extras: bool = True,
) -> BatchResult:
    """Do every site of ``source`` that is new, changed or failed, and put the city together.

    May be killed at any moment: called again it goes on, and the city's tables are the same in the end. In a script,
    call it below ``if __name__ == "__main__":``, because the workers are processes that import the script.

    Parameters
    ----------
    source : path
        See :func:`firelane.batch.sources.tasks_of`.
    out : path or address
        Folder of the results. For an address, ledger, log and the city's files are kept in ``<name>-<hash>.batch`` in
        the working folder, and the files are copied there at the end.
    settings : Settings, optional
    workers : int, optional
        Processes of this machine; one for each processor unless told otherwise.
    cluster : str, optional
        Address of a dask scheduler.
    only : sequence of str
        Ids or patterns of the sites to do, even if they stand; all others are left as they are.
    tables_only : bool
        Do no site.
    districts : Path, optional
        Outlines of districts for the city's map.
    by : (str, str)
        Tag of the areas of a map extract that become sites.
    margin_m : float
        How far such a site reaches beyond its area [m].
    progress : callable, optional
        Called with a :class:`firelane.batch.progress.Progress`, often.
    work : callable, optional
        What is done with a site: ``work(task, settings, out)``, picklable.
    engine : Engine, optional
        What runs the sites, in the place of ``workers`` and ``cluster``.
    extras : bool
        Draw the city's map, charts and workbook as well.

    Returns
    -------
    BatchResult

    Raises
    ------
    InputError
        If the source as a whole, or a rule pack, cannot be used.
    UsageError
        If another batch is writing into ``out``, if the input lies in the folders that a batch clears there, or if an
        option makes no sense.
    OutputError
        If ``out`` cannot be written (any more). What is done is kept.
    EngineError
        If no worker can be started (any more). What is done is kept.
    KeyboardInterrupt
        After Ctrl-C. What is done is kept.
    """
    settings = settings or Settings()
    if cluster is not None and workers is not None:
        raise UsageError(
            "--workers is for this machine; a cluster has its own", "--workers 仅用于本机；集群的工作进程由集群决定"
        )
    rules_sha256 = rules_hash(settings.rules)
    # A vehicle that nobody knows is one error now, not one for each site.
    asked_vehicles({}, [name for name in settings.vehicles or () if name != OF_THE_SITE])
    place = os.fspath(out)
    outs, read = {place, str(home_of(place))}, _files(settings, districts)
    refuse_input_in_results((), source, outs, read)
    home = ensure_writable_dir(home_of(place))
    batch = _Batch(
        place if is_address(place) else str(home), home, settings, settings.digest(rules_sha256), rules_sha256, work,
        Tally(progress),
    )  # fmt: skip
    with ExitStack() as stack:
        stack.enter_context(one_interrupt())
        stack.enter_context(locked(home))
        batch.log = stack.enter_context(Log(home))
        shared = cluster is not None and not is_address(place)
        batch.ledger = stack.enter_context(closing(Ledger(home, shared=shared)))
        try:
            belong(batch.ledger, home, place)
            batch.owner = stack.enter_context(own(place))
            batch.find(source, by, margin_m, only, nothing=tables_only)
            refuse_input_in_results(batch.tasks, source, outs, read)
            if districts is not None and extras:
                from firelane.batch.city_map_areas import check_districts  # noqa: PLC0415  (heavy)

                check_districts(districts)
            stack.callback(clear, home / SCRATCH)
            clear(home / SCRATCH)
            batch.engine = engine or engine_for(cluster, workers, batch.tasks, settings, batch.place)
            stack.callback(batch.engine.stop, now=True)
            batch.do_all()
            return batch.finish(districts, extras=extras)
        except KeyboardInterrupt:
            batch.log.say("interrupt", done=batch.tally.done, failed=batch.tally.failed)
            raise
        except Exception as error:
            said = str(error) if isinstance(error, FirelaneError) else f"{type(error).__name__}: {error}"
            with suppress(OutputError):
                batch.log.say("stopped", reason=without_places(said, {str(home): home.name, os.fspath(source): batch.source_name}))
            raise


@dataclass
class _Batch:
    """One run of a batch."""

    place: str
    home: Path
    settings: Settings
    digest: str
    rules_sha256: str
    work: Do
    tally: Tally
    log: Log = field(init=False)
    ledger: Ledger = field(init=False)
    owner: Callable[[], None] = field(init=False)
    source_name: str = ""
    engine: Engine = field(init=False)
    tasks: tuple[Task, ...] = ()
    notes: tuple[Note, ...] = ()
    kind: str = ""
    wanted: Wanted = field(init=False)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    said: tuple[Note, ...] = ()
    stat_at: float = 0.0
    run: int = 0
    started: bool = False
    begun_s: float = field(default_factory=time.monotonic)

    def find(
        self, source: str | os.PathLike[str], by: tuple[str, str], margin_m: float, only: Sequence[str], *, nothing: bool
    ) -> None:
        """Find the sites, and remember what is asked for."""
        from firelane.batch.sources import tasks_of  # noqa: PLC0415  (heavy, and a test may do without)

        self.tally.enter("looking")
        self.source_name = PurePath(os.fspath(source)).name
        self.stat_at = time.time()
        try:
            found = tasks_of(
                source, out=self.home, by=by, margin_m=margin_m, lang=self.settings.lang,
                tell=lambda _done, _total: self.tally.enter("splitting"),
            )  # fmt: skip
        except InputError as error:
            refuse_source_as_results(source, self.home, error)
            raise
        self.tasks, self.notes = found.tasks, found.notes
        self.tally.total = len(self.tasks)
        self.wanted = Wanted(
            self.digest, self.home, self.stat_at, chosen(self.tasks, only), nothing
        )
        self.kind = found.kind

    def do_all(self) -> None:
        """Do what has to be done, then try the suspects alone."""
        self.tally.enter("checking")
        rows = by_site(self.ledger.rows(), self.tasks, ledgers.key)
        if is_address(self.place):
            outcomes = {i: r.outcome for i, r in rows.items() if r.outcome.done and r.settings_digest == self.digest}
            bring_shards(self.place, self.home, self.tasks, outcomes)
            self.wanted = replace(self.wanted, there=what_lies_there(self.place))
        self.standing = stand(self.tasks, rows, self.wanted, self._hashes)
        for row in self.standing.refreshed:
            self.ledger.add(row)
        self.outcomes = dict(self.standing.kept)
        self.said = done_otherwise(
            self.standing, self.wanted,
            lambda row: options.differing(self.ledger, row, self.settings, self.rules_sha256),
        )  # fmt: skip
        options.remember(self.ledger, self.settings, self.digest)
        for task in self.tasks:
            if task.failure is not None:
                self.ledger.add(self._row(task, self.outcomes[task.site_id], 0))
                self._discard(task)
        failed = sum(not o.done for o in self.outcomes.values())
        self.tally.failed, self.tally.done = failed, len(self.outcomes) - failed
        self.tally.kept, self.tally.todo = self.tally.done, len(self.standing.todo)
        self.log.say(
            "start", program=__version__, source=self.kind, sites=len(self.tasks), kept=self.tally.kept,
            to_do=self.tally.todo, engine=self.engine.name, workers=self.engine.workers, parts=list(self.settings.parts),
            rules=[PurePath(name).name for name in self.settings.rules], timeout_s=self.settings.timeout_s, memory_mb=self.settings.memory_mb,
        )  # fmt: skip
        if self.standing.todo:
            self._do(self.standing.todo)

    def _start(self) -> None:
        if not self.started:
            self.engine.start()
            self.started = True

    def _rest(self) -> None:
        """End the workers: the city wants their memory."""
        self.engine.stop()
        self.started = False
        clear_halves(self.home)

    def _hashes(self, tasks: Sequence[Task]) -> Iterable[tuple[Task, Outcome | Death]]:
        """Hash inputs: a few here, many by the engine."""
        if len(tasks) < 50 or self.wanted.nothing:
            return ((task, hash_site(task)) for task in tasks)
        self._start()
        return self.engine.map_sites(hash_site, tasks)

    def _function(self) -> Work:
        # A rule pack by its full path: workers elsewhere have another working folder.
        rules = tuple(str(Path(n).resolve()) if n.lower().endswith(".toml") else n for n in self.settings.rules)
        return partial(self.work, settings=replace(self.settings, rules=rules), out=self.place)

    def _do(self, tasks: Sequence[Task]) -> None:
        self.tally.enter("sites")
        self._start()
        Rounds(
            self.engine, self._function(), self.settings, self.place, self.home, self.log, self.tally.enter, self._record
        ).do(tasks)

    def _record(self, task: Task, outcome: Outcome, attempts: int) -> None:
        """Take down what became of a site."""
        self.owner()
        outcome = uniform(outcome, self.settings)
        self.outcomes[task.site_id] = outcome
        self.run += 1
        self.ledger.add(self._row(task, outcome, attempts))
        failure = outcome.failure
        if failure is not None:
            self._discard(task)
        self.log.say(
            "site", site=task.site_id, status="done" if failure is None else "failed", attempts=attempts,
            seconds=outcome.seconds, cpu_seconds=outcome.cpu_seconds, peak_mb=outcome.peak_mb, worker=outcome.worker,
            **({} if failure is None else {"kind": failure.kind.value, "reason_zh": failure.zh, "reason_en": failure.en}),
        )  # fmt: skip
        self.tally.add(task.site_id, failure)

    def _discard(self, task: Task) -> None:
        """Take away what an earlier run, or a worker before it died, left of a site that failed."""
        try:
            discard_site(self.place, self.home, task, self.wanted.there)
        except OSError as error:
            why = without_places(str(error), {str(self.home): ""})
            self.log.say("left", site=task.site_id, reason=why)

    def _row(self, task: Task, outcome: Outcome, attempts: int) -> Row:
        ended = now()
        seconds = outcome.seconds if outcome.seconds > 0 else 0.0  # NaN is not
        return Row(
            outcome, task.stat, self.stat_at, self.digest, self.rules_sha256, __version__, attempts,
            (ended - timedelta(seconds=seconds)).isoformat(timespec="milliseconds"), ended.isoformat(timespec="milliseconds"),
        )  # fmt: skip

    # ------------------------------------------------------------------ the city

    def finish(self, districts: Path | None, *, extras: bool) -> BatchResult:
        """Put the city together.

        A site whose shard has gone meanwhile is done once more; if it goes again, it counts as not run.
        """
        self._rest()
        began_s = time.monotonic()
        city = self._city(districts, extras=extras)
        lost = [task for task in self.tasks if task.site_id in city.lost and self.wanted.asked(task)]
        if lost:
            self.log.say("lost", sites=[task.site_id for task in lost[:_NAMED]], count=len(lost))
            self.tally.done, self.tally.todo = self.tally.done - len(lost), len(lost)
            self._do(lost)
            self._rest()
            city = self._city(districts, extras=extras)
        self.owner()
        if is_address(self.place):
            publish_files(city.files, self.home, self.place)
        failed = sum(not o.done for o in self.outcomes.values())
        self.log.say("tables", seconds=round(time.monotonic() - began_s, 3), files=[p.name for p in city.files])
        self.log.say(
            "end", done=len(self.outcomes) - failed, failed=failed, not_run=len(self.tasks) - len(self.outcomes),
            seconds=round(time.monotonic() - self.begun_s, 3),
        )  # fmt: skip
        self.tally.enter("ended")
        notes = (*self.notes, *self.said, *stale_note(self.home, self.tasks, self.wanted.there), *self.engine.notes)
        return BatchResult(
            self.tasks, self.outcomes, city.summary, self.home, city.files, notes, self.run, self.tally.kept
        )


    def _city(self, districts: Path | None, *, extras: bool) -> City:
        """Write the city's files of what is done; sites whose shards are gone are taken out of the outcomes."""
        from firelane.batch.city import write_city  # noqa: PLC0415  (heavy)

        self.ledger.flush()
        self.tally.enter("tables")
        if is_address(self.place):
            bring_shards(self.place, self.home, self.tasks, self.outcomes)
        city = write_city(
            self.tasks, self.outcomes, self.home, settings=self.settings, districts=districts, notes=self.notes, extras=extras
        )
        for site_id in city.lost:
            self.outcomes.pop(site_id, None)
        return city


def _files(settings: Settings, districts: Path | None) -> tuple[str, ...]:
    """Return the files that are read besides the sites."""
    rules = tuple(name for name in settings.rules if name.lower().endswith(".toml"))
    return rules if districts is None else (*rules, str(districts))
