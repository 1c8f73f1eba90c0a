"""What of an earlier run still stands, and what has to be done: the ledger set against the sites as they are now."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from firelane.batch.engine import Death
from firelane.batch.ledger import Row
from firelane.batch.model import Outcome, Task
from firelane.batch.shard import shard_path
from firelane.batch.site_folder import SITES, is_whole, matches, site_folder
from firelane.errors import UsageError
from firelane.rules import load_packs
from firelane.site.journal import did_you_mean
from firelane.site.model import Note

RACY_S = 2.0
"""A file changed so shortly before its times were read may have been changed again within the same tick of its clock [s]."""

Hashes = Callable[[Sequence[Task]], Iterable[tuple[Task, Outcome | Death]]]
"""Hashes the input of tasks, by whatever engine there is."""


@dataclass(frozen=True)
class Standing:
    """The sites of a batch, sorted out.

    Attributes
    ----------
    kept : dict of str to Outcome
        Sites that need nothing, and failures that nobody wants tried again.
    todo : tuple of Task
    refreshed : tuple of Row
        Kept sites whose files were touched but not changed: the ledger wants their new times.
    otherwise : int
        Sites that were done with other options or by another version, and that nobody wants done now.
    others : tuple of Row
        These, and those that failed then.
    """

    kept: dict[str, Outcome] = field(default_factory=dict)
    todo: tuple[Task, ...] = ()
    refreshed: tuple[Row, ...] = ()
    otherwise: int = 0
    others: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What this run is asked for.

    Attributes
    ----------
    digest : str
        ``Settings.digest``: what was done with another one does not stand.
    only : frozenset of str or None
        Ids of the sites to do whatever the ledger says; None for all that do not stand.
    nothing : bool
        Do no site at all.
    folder : Path
        Of the results, to look for shards and folders.
    there : mapping of str to int, or None
        Of results at an address: name → size of every file below it that is a site's. None where they lie in ``folder``.
    at : float
        When the tasks' ``stat`` was taken [s since 1970].
    """

    digest: str
    folder: Path
    at: float
    only: frozenset[str] | None = None
    nothing: bool = False
    there: Mapping[str, int] | None = None

    def named(self, task: Task) -> bool:
        """Whether a site is to be done even if it stands."""
        return not self.nothing and self.only is not None and task.site_id in self.only

    def asked(self, task: Task) -> bool:
        """Whether a site that does not stand is to be done."""
        return not self.nothing and (self.only is None or task.site_id in self.only)


def chosen(tasks: Sequence[Task], only: Sequence[str]) -> frozenset[str] | None:
    """Return the ids that names or patterns (``*``) stand for; None where nothing is named.

    Raises
    ------
    UsageError
        If one stands for no site.
    """
    if not only:
        return None
    ids = [task.site_id for task in tasks]
    known = set(ids)
    found: set[str] = set()
    for name in only:
        matching = {name} if name in known else set(fnmatch.filter(ids, name))
        if not matching:
            en, zh = did_you_mean(name, ids[:10_000])
            raise UsageError(f"--only {name}: there is no such site; {en}", f"--only {name}：没有此场地；{zh}")
        found |= matching
    return frozenset(found)


def stand(
    tasks: Sequence[Task], rows: Mapping[str, Row], wanted: Wanted, hashes: Hashes
) -> Standing:
    """Sort the sites out.

    A site stands if it was done with the same settings, rules and program, its input is the same, and its shard and
    folder are there. Whether the input is the same is told by names, sizes and times; where these differ, or are too
    fresh to be trusted, by its hash.

    Parameters
    ----------
    tasks : sequence of Task
    rows : mapping of site id to Row
    wanted : Wanted
    hashes : callable
        Called once, with the sites that have to be hashed.
    """
    kept: dict[str, Outcome] = {}
    todo: list[Task] = []
    doubtful: list[Task] = []
    for task in tasks:
        row = rows.get(task.site_id)
        if task.failure is not None:
            kept[task.site_id] = Outcome(task.site_id, task.failure)
        elif row is None or row.settings_digest != wanted.digest or wanted.named(task):
            todo.append(task)
        elif not row.outcome.done:
            if wanted.asked(task):
                todo.append(task)
            else:
                kept[task.site_id] = row.outcome
        elif not _results_there(task, row.outcome, wanted):
            todo.append(task)
        elif _same_stat(task, row):
            kept[task.site_id] = row.outcome
        else:
            doubtful.append(task)
    refreshed = []
    for task, hashed in hashes(doubtful) if doubtful else ():
        row = rows[task.site_id]
        if isinstance(hashed, Outcome) and hashed.input_hash and hashed.input_hash == row.outcome.input_hash:
            kept[task.site_id] = row.outcome
            refreshed.append(_touched(row, task, wanted.at))
        else:
            todo.append(task)
    order = {task.site_id: n for n, task in enumerate(tasks)}
    todo.sort(key=lambda task: order[task.site_id])
    others = tuple(
        row for task in todo
        if not wanted.asked(task) and (row := rows.get(task.site_id)) is not None and row.settings_digest != wanted.digest
    )  # fmt: skip
    otherwise = sum(row.outcome.done for row in others)
    return Standing(kept, tuple(task for task in todo if wanted.asked(task)), tuple(refreshed), otherwise, others)


def done_otherwise(standing: Standing, wanted: Wanted, differing: Callable[[Row], tuple[str, str]]) -> tuple[Note, ...]:
    """Return a note on sites that were done with other options, where there are any: why the city lacks them.

    Parameters
    ----------
    standing : Standing
    wanted : Wanted
    differing : callable
        Tells (Chinese, English) in what the options of a row differ from those of now.

    Raises
    ------
    UsageError
        If some sites are to be done with other options than all others, which would leave the city, or if the city of
        these options would be one of no site at all: nobody who says ``--only`` or ``--tables-only`` means that.
    """
    if wanted.only is not None and not wanted.nothing and standing.others:
        zh, en = differing(standing.others[0])
        n = len(standing.others)
        raise UsageError(
            f"the other sites ({n}) were done with other options or by another version ({en}): with --only they would leave "
            "the city's tables. Repeat those options, or leave --only out and do all sites with the new ones",
            f"其余场地（{n} 个）是用其他选项或其他版本处理的（{zh}）：使用 --only 会使它们退出全市表格。"
            "请使用当时的选项，或去掉 --only 用新选项处理全部场地",
        )
    n = standing.otherwise
    if not n:
        return ()
    if wanted.nothing and not any(outcome.done for outcome in standing.kept.values()):
        zh, en = differing(next(row for row in standing.others if row.outcome.done))
        raise UsageError(
            f"all sites that are done ({n}) were done with other options or by another version ({en}): "
            "repeat those options, or do the sites anew without --tables-only",
            f"已完成的场地（{n} 个）使用的是其他选项或其他版本（{zh}）：请使用当时的选项，或去掉 --tables-only 重新处理",
        )
    return (
        Note(
            "other_options",
            f"{n} 个场地是用其他选项（内容、规则、语言）或其他版本完成的，计为尚未处理",
            f"{n} sites were done with other options (parts, rules, language) or by another version: they count as not run yet",
        ),
    )


def _same_stat(task: Task, row: Row) -> bool:
    from firelane.batch.fingerprint import newest_s  # noqa: PLC0415  (brings the readers)

    return bool(task.stat) and task.stat == row.input_stat and newest_s(task.stat) < row.stat_at - RACY_S


def _touched(row: Row, task: Task, at: float) -> Row:
    return Row(
        row.outcome, task.stat, at, row.settings_digest, row.rules_sha256, row.program_version, row.attempts,
        row.started_at, row.ended_at,
    )  # fmt: skip


def _results_there(task: Task, outcome: Outcome, wanted: Wanted) -> bool:
    """Whether a site's shard is there and whole, and so are the files that were written for it."""
    if not shard_is_whole(wanted.folder, task, outcome):
        return False
    if wanted.there is None:
        return is_whole(site_folder(wanted.folder, task), outcome.files)
    if shard_path(Path(), task).as_posix() not in wanted.there:
        return False
    return matches(wanted.there, outcome.files, f"{SITES}/{task.folder}/")


def shard_is_whole(folder: Path, task: Task, outcome: Outcome) -> bool:
    """Whether the shard of a site is there with the hash that its worker told."""
    try:
        with shard_path(folder, task).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == outcome.shard_sha256
    except OSError:
        return False


def by_site(rows: Iterable[Row], tasks: Iterable[Task], key: Callable[[str], str]) -> dict[str, Row]:
    """Return site id → row, for the sites of this batch; ``key`` is how the ledger writes an id."""
    ids = {key(task.site_id): task.site_id for task in tasks}
    return {ids[row.outcome.site_id]: row for row in rows if row.outcome.site_id in ids}


def rules_hash(names: Sequence[str]) -> str:
    """Return the SHA-256 of the content of rule packs, in their order.

    Raises
    ------
    InputError
        If one cannot be used.
    """
    load_packs(names)
    digest = hashlib.sha256()
    for name in dict.fromkeys(names):
        own = name.lower().endswith(".toml")
        content = Path(name).read_bytes() if own else resources.files("firelane.rules").joinpath(f"{name}.toml").read_bytes()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
