"""The files of a comparison."""

from __future__ import annotations

import os
from pathlib import Path

from firelane.comparing.changes import Changes
from firelane.comparing.map import changes_map
from firelane.comparing.tables import changes_csv, changes_json, changes_tables
from firelane.comparing.words import words
from firelane.files import write_bytes, write_text
from firelane.markings.spreadsheet import write_book
from firelane.staging import staged
from firelane.vocabulary import Lang


def write_changes(changes: Changes, folder: str | os.PathLike[str], lang: Lang = "zh") -> tuple[Path, ...]:
    """Write ``changes.json``, ``changes.csv``, ``changes.xlsx`` and ``changes.html`` into a folder, all or none.

    The same two audits give the same JSON, CSV and page to the byte; the workbook is the same in content.

    Parameters
    ----------
    changes : Changes
    folder : path-like
        Created if need be.
    lang : {"zh", "en"}
        Language of CSV, workbook and page; the JSON holds both.

    Returns
    -------
    tuple of Path

    Raises
    ------
    OutputError
        If a file cannot be written; what stood there before stays.
    """
    text = words(lang)
    site = changes.new.site
    with staged(folder) as desk:
        # Half of a surrogate pair out of the data is no UTF-8; in JSON it has a spelling.
        write_bytes(desk / "changes.json", changes_json(changes).encode("utf-8", "backslashreplace"))
        write_text(desk / "changes.csv", changes_csv(changes, lang), encoding="utf-8-sig")
        title = f"{site.get('name') or site['id']} {text['page_title']}"
        write_book(changes_tables(changes, lang), desk / "changes.xlsx", title=title, page=text["page"])
        changes_map(changes, desk / "changes.html", lang=lang)
    return tuple(Path(folder) / f"changes.{ending}" for ending in ("json", "csv", "xlsx", "html"))
