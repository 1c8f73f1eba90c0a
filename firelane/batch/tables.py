"""The city's tables for spreadsheets: every site, and apart from them those that could not be done."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from firelane.auditing.files import spreadsheet_safe
from firelane.batch.columns import columns
from firelane.files import write_text

FAILED = (
    "site_id", "name", "district", "manager", "status", "failure_kind", "failure_zh", "failure_en", "shown", "lon", "lat",
)  # fmt: skip


def write_sites(rows: Sequence[Mapping[str, Any]], attributes: Sequence[str], path: Path) -> Path:
    """Write ``sites.csv``: the worst first, then those without a rank by their ids.

    Parameters
    ----------
    rows : sequence of mapping
    attributes : sequence of str
        Columns of the manifest.
    path : Path

    Raises
    ------
    OutputError
    """
    ordered = sorted(rows, key=lambda row: (row["rank"] is None, row["rank"] or 0, str(row["site_id"])))
    return _write(ordered, [*(c.name for c in columns("sites")), *attributes], path)


def write_failed(rows: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Write ``failed.csv``: the sites that failed and those that were not run, by status and id.

    Raises
    ------
    OutputError
    """
    left = [row for row in rows if row["status"] != "done"]
    return _write(sorted(left, key=lambda row: (str(row["status"]), str(row["site_id"]))), FAILED, path)


def _write(rows: Sequence[Mapping[str, Any]], names: Sequence[str], path: Path) -> Path:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    return write_text(path, out.getvalue(), encoding="utf-8-sig")


def _cell(value: Any) -> object:
    """Return a cell that no spreadsheet takes for a formula or stumbles over."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # Tabs and line ends stay: they are quoted. Other control characters break what reads the file.
        kept = "".join(c if c in "\t\n\r" or unicodedata.category(c) != "Cc" else " " for c in value)
        return spreadsheet_safe(kept)
    return value
