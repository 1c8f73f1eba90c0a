"""Links from files to a site's results: relative, and only to what is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from firelane.batch.changes_read import BatchSide


def link_to(side: BatchSide, row: Mapping[str, Any] | None, folder: Path) -> str:
    """Return the relative address of a site's map, as a browser takes it; empty where there is none to be led to.

    Parameters
    ----------
    side : BatchSide
    row : mapping or None
        The site's row of ``sites.parquet``.
    folder : Path
        Where the file with the link will stand.
    """
    told = None if row is None or row["status"] != "done" else row.get("map")
    if not told or ".." in Path(str(told)).parts or not (file := side.folder / str(told)).is_file():
        return ""
    try:
        relative = Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return ""
    return quote(relative, safe="/", errors="replace")
