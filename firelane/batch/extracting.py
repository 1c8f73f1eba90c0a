"""The input of one site of a batch, by itself: to look into what failed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from firelane.batch.sources import export_task, tasks_of
from firelane.errors import UsageError
from firelane.vocabulary import Lang

_NAMED = 5


def extract_site(
    source: str | os.PathLike[str], site_id: str, folder: Path, *, by: tuple[str, str] = ("landuse", "residential"),
    margin_m: float = 0.0, lang: Lang = "zh",
) -> Path:  # fmt: skip
    """Write the input of one site into ``folder``; return what ``firelane run`` reads.

    Parameters
    ----------
    source : path
        Of the batch.
    site_id : str
    folder : Path
        New or empty.
    by, margin_m
        As for the batch, for an OpenStreetMap extract.
    lang : {"zh", "en"}
        Language of what is written, as for the batch.

    Raises
    ------
    UsageError
        If the source has no such site.
    InputError
        If the source cannot be used, or the site is known to be broken.
    OutputError
        If the folder holds something already, or cannot be written to.
    """
    with tempfile.TemporaryDirectory(prefix="firelane-") as desk:
        tasks = {task.site_id: task for task in tasks_of(source, out=Path(desk), by=by, margin_m=margin_m, lang=lang).tasks}
        if site_id not in tasks:
            like = [name for name in tasks if site_id.casefold() in name.casefold()] or list(tasks)
            shown = "、".join(like[:_NAMED]), ", ".join(like[:_NAMED])
            more = len(tasks) - min(_NAMED, len(like))
            raise UsageError(
                f"no site of the source is called {site_id[:80]!r}: there are {shown[1]}" + (f" and {more} others" if more else ""),
                f"数据中没有名为“{site_id[:80]}”的场地：有 {shown[0]}" + (f"，另有 {more} 个" if more else ""),
            )
        return export_task(tasks[site_id], folder)
