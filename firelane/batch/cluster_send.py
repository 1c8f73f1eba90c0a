"""What goes from the driver to a cluster: sites in blocks, with paths that hold elsewhere, and a function that needs nothing there."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from firelane.batch.model import Task
from firelane.batch.place_names import is_address

_MOST_BYTES = 4 << 20  # dask warns of large graphs


def block(source: Iterator[Task], size: int) -> list[Task]:
    """Take the next block, shorter where its tasks are bulky."""
    taken, size_bytes = [], 0
    for task in islice(source, size):
        taken.append(task)
        size_bytes += len(pickle.dumps(task))
        if size_bytes > _MOST_BYTES:
            break
    return taken


def by_value() -> Callable[..., Any]:
    """Return what a worker is given to run: a function that goes as it is, with nothing but bytes for operands.

    A reference to firelane would end a worker that has none: dask closes one that cannot read a message, and counts its
    death against the sites in it.
    """

    def site(content: bytes, *, session: bytes, function: bytes, fresh: bool) -> Any:
        try:
            from firelane.batch.cluster_worker import do  # noqa: PLC0415
        except Exception as error:  # noqa: BLE001
            import time  # noqa: PLC0415

            from distributed import get_worker  # noqa: PLC0415

            time.sleep(1.0)  # it would empty the queue faster than the others
            why = f"{type(error).__name__}: {error}"
            return (
                "refused", (f"无法载入 firelane（{why}）", f"firelane cannot be loaded ({why})"), str(get_worker().address)
            )  # fmt: skip
        return do(content, session, function, fresh=fresh)

    return site


def absolute(task: Task) -> Task:
    """Return the task with full paths: workers elsewhere have another working folder."""
    within = task.within
    if within is not None and Path(within).exists():
        within = _full(within)
    return replace(task, source=_full(task.source), config=None if task.config is None else _full(task.config), within=within)


def _full(place: str) -> str:
    return place if is_address(place) else str(Path(place).absolute())
