"""Which engine a batch runs on, and what that has to know of the batch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from firelane.batch.engine import Engine
from firelane.batch.model import Settings, Task

_ASKED = 5


def engine_for(cluster: str | None, workers: int | None, tasks: Sequence[Task], settings: Settings, place: str) -> Engine:
    """Return the engine of a cluster where one is named, else that of this machine.

    Parameters
    ----------
    cluster : str or None
        Address of a dask scheduler.
    workers : int or None
        Processes of this machine.
    tasks : sequence of Task
    settings : Settings
    place : str
        Folder or address of the results.
    """
    if cluster is not None:
        from firelane.batch.cluster import Cluster  # noqa: PLC0415  (an extra)

        # Some of what workers will open, not the manifest: that is read here alone.
        seen = [task.source for task in tasks if task.failure is None][:_ASKED]
        return Cluster(cluster, settings, out=place, sources=seen, packs=packs_of(settings))
    from firelane.batch.pool import LocalEngine, processors  # noqa: PLC0415

    most = min(workers or processors(), max(len(tasks), 1))
    return LocalEngine(most, timeout_s=settings.timeout_s, memory_mb=settings.memory_mb)


def packs_of(settings: Settings) -> dict[str, str]:
    """Return full path → SHA-256 of the rule packs that are files: workers elsewhere must read the same."""
    files = [Path(name).resolve() for name in settings.rules if name.lower().endswith(".toml")]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
