"""What a batch comes to, for those who called it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firelane.batch.model import Outcome, Task
from firelane.site.model import Note


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch.

    Attributes
    ----------
    tasks : tuple of Task
        Every site of the source, sorted by id.
    outcomes : mapping of str to Outcome
        By site id; a site that was not run has none.
    summary : mapping
        As in ``summary.json``.
    folder : Path
        Where ledger, log and the city's files lie.
    files : tuple of Path
        The city's files.
    notes : tuple of Note
        What was assumed of the source, and what the engine cannot do here.
    run, kept : int
        Sites done or tried in this run, and sites that stood from an earlier one.
    """

    tasks: tuple[Task, ...]
    outcomes: Mapping[str, Outcome]
    summary: Mapping[str, Any]
    folder: Path
    files: tuple[Path, ...] = ()
    notes: tuple[Note, ...] = ()
    run: int = 0
    kept: int = 0

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Sites that could not be done, sorted by id."""
        return tuple(o for o in (self.outcomes.get(t.site_id) for t in self.tasks) if o is not None and not o.done)

    @property
    def not_run(self) -> tuple[str, ...]:
        """Ids of sites that were not run yet, sorted."""
        return tuple(t.site_id for t in self.tasks if t.site_id not in self.outcomes)
