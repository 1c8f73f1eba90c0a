"""The city's workbook: totals, ranking, districts, managers, articles, what is missing (``city.xlsx``)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from firelane.batch.city_book_sheets import write_sheets
from firelane.batch.city_book_words import words
from firelane.batch.desk import BOOK
from firelane.rules.model import Rule
from firelane.vocabulary import Lang


def write_book(folder: Path, lang: Lang = "zh", rules: Sequence[Rule] = ()) -> Path:
    """Write ``city.xlsx`` beside the city's tables.

    Sheets: overview, ranking of all sites with links to their results, by district, by manager, by article with its
    text, sites that were not done and why, quality of the input, notes. Links are relative to the folder, which may be a
    private one that holds the tables alone: what a site has is told by the settings, not by looking.

    Parameters
    ----------
    folder : Path
        With ``summary.json`` and ``sites.parquet``.
    lang : {"zh", "en"}
    rules : sequence of Rule
        Those that the sites were judged by, for their texts; the packaged ones are known without it.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        If the file cannot be written; what stood there before stays.
    """
    from firelane.batch.city_book_tables import CityTables  # noqa: PLC0415  (loads the rules' reader)

    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text("utf-8"))
    text = words(lang)
    tables = CityTables(summary, _rows(folder / "sites.parquet"), lang, rules)
    path = folder / BOOK
    write_sheets(tables.sheets(), path, title=text["title"], page=text["page"], more=text["more"])
    return path


def _rows(file: Path) -> list[Mapping[str, Any]]:
    """Return the rows of the sites, the columns that are shown; one that is not there is empty."""
    import pyarrow.parquet as pq  # noqa: PLC0415  (slow to import)

    from firelane.batch.city_book_tables import SITE_COLUMNS  # noqa: PLC0415

    there = set(pq.read_schema(file).names)
    table = pq.read_table(file, columns=[c for c in SITE_COLUMNS if c in there])
    empty = dict.fromkeys(SITE_COLUMNS)
    columns = [table[name].to_pylist() for name in table.column_names]
    return [{**empty, **dict(zip(table.column_names, values, strict=True))} for values in zip(*columns, strict=True)]
