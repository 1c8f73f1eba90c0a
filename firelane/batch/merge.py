"""From shards to one city: which sites are done, in which order their rows stand, and a walk through all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from firelane.batch.dressing import Attributes, attributes_of, dressed
from firelane.batch.hilbert import hilbert_key
from firelane.batch.model import Outcome, Task
from firelane.batch.ranking import ranks
from firelane.batch.shard import Shard, ShardError, read_record, read_shard, shard_path


@dataclass(frozen=True)
class Entry:
    """One site of the city: its row, and its shard where it is done."""

    row: Mapping[str, Any]
    shard: Path | None
    sha256: str


@dataclass(frozen=True)
class Gathered:
    """All sites of the city.

    Attributes
    ----------
    entries : tuple of Entry
        Along the Hilbert curve; those without a place last, by their ids.
    attributes : Attributes
    lost : tuple of str
        Ids of the sites that were said to be done and whose shard is missing or damaged: they count as not run.
    """

    entries: tuple[Entry, ...]
    attributes: Attributes
    lost: tuple[str, ...]

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """The rows of the table of sites."""
        return [entry.row for entry in self.entries]


class ShardChangedError(RuntimeError):
    """A shard went bad between the first look and the second."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.name)
        self.path = path


def outcomes_by_site(outcomes: Mapping[str, Outcome] | Iterable[Outcome]) -> dict[str, Outcome]:
    """Return site id → outcome."""
    if isinstance(outcomes, Mapping):
        return dict(outcomes)
    return {outcome.site_id: outcome for outcome in outcomes}


def gather(
    tasks: Iterable[Task], outcomes: Mapping[str, Outcome] | Iterable[Outcome], out: Path,
    bad: frozenset[Path] = frozenset(),
) -> Gathered:  # fmt: skip
    """Read the record of every site that is done, and put all sites into order.

    Parameters
    ----------
    tasks : iterable of Task
        Every site of the source.
    outcomes : mapping or iterable
        What became of them; a site without an outcome was not run.
    out : Path
        Folder of the batch.
    bad : frozenset of Path
        Shards that are known to be damaged.
    """
    became = outcomes_by_site(outcomes)
    ordered = sorted(tasks, key=lambda task: task.site_id)
    attributes = attributes_of(ordered)
    rows, shards, lost = [], [], []
    for task in ordered:
        outcome = became.get(task.site_id)
        record, path = None, shard_path(out, task)
        if outcome is not None and outcome.done:
            try:
                record = None if path in bad else read_record(path, outcome.shard_sha256)
            except ShardError:
                record = None
            if record is None:
                lost.append(task.site_id)
                outcome = None
        row = dressed(task, record, outcome)
        row |= attributes.values(task)
        rows.append(row)
        shards.append((path, outcome.shard_sha256) if record is not None and outcome is not None else (None, ""))
    for row, rank in zip(rows, ranks(rows), strict=True):
        row["rank"] = rank
    places = np.array([(np.nan, np.nan) if r["lon"] is None else (r["lon"], r["lat"]) for r in rows], dtype=float)
    # A stable sort: what has the same key, or none, stays in the order of the ids.
    order = np.argsort(hilbert_key(places), kind="stable")
    entries = tuple(Entry(rows[n], *shards[n]) for n in order)
    return Gathered(entries, attributes, tuple(lost))


def shards_of(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Shard]]:
    """Yield the sites that are done with all that their shards hold, one after another.

    Raises
    ------
    ShardChangedError
        If a shard is not any more what it was when the records were read.
    """
    for entry in entries:
        if entry.shard is None:
            continue
        try:
            yield entry, read_shard(entry.shard, entry.sha256)
        except ShardError as error:
            raise ShardChangedError(entry.shard) from error
