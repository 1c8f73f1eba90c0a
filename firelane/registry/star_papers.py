"""What is handed out as a list: a title, lines, tables, remarks; as a workbook or as CSV (名单、表格的载体)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firelane.files import starts_formula, write_text
from firelane.markings.spreadsheet import Column, Table, write_book
from firelane.vocabulary import Lang


@dataclass(frozen=True)
class Block:
    """One table.

    Attributes
    ----------
    title : str
        Heads it, and names its sheet.
    heads : sequence of str
    shares : sequence of float
        Widths of the columns on a page, relative to each other.
    rows : sequence of rows
        Texts, numbers, dates; None is an empty cell.
    form : str
        Of its numbers, as a spreadsheet writes it.
    empty : str
        Said where there are no rows.
    on_page : bool
        False: too long for a page; it stands in workbooks and CSV files alone.
    """

    title: str
    heads: Sequence[str]
    shares: Sequence[float]
    rows: Sequence[Sequence[Any]]
    form: str = "General"
    empty: str = ""
    on_page: bool = True


@dataclass(frozen=True)
class Paper:
    """A list that is handed out.

    Attributes
    ----------
    title : str
    lines : sequence of str
        Below the title.
    blocks : sequence of Block
    remarks : sequence of str
        At the end.
    watermark : str
        Stands everywhere, in every row of a table too; "" for none.
    stamp : str
        Written large across a page where there is a watermark.
    lying : bool
        Whether a page lies.
    """

    title: str
    lines: Sequence[str]
    blocks: Sequence[Block]
    remarks: Sequence[str] = ()
    watermark: str = ""
    stamp: str = ""
    lying: bool = False


def rows_of(block: Block, paper: Paper, *, short: bool = False) -> list[list[Any]]:
    """Return the rows of a table; with a watermark every one of them bears it (``short``: its stamp)."""
    mark = paper.stamp if short else paper.watermark
    return [[*row, *([mark] if paper.watermark else [])] for row in block.rows]


def heads_of(block: Block, paper: Paper, lang: Lang) -> list[str]:
    """Return the headings of a table."""
    return [*block.heads, *(["性质" if lang == "zh" else "nature"] if paper.watermark else [])]


def write_paper(paper: Paper, path: Path, lang: Lang) -> None:
    """Write a list as a workbook (.xlsx), a sheet for each table, or as CSV (.csv), the tables one below the other.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    if path.suffix.lower() == ".csv":
        write_text(path, "".join(_csv(paper, lang)), encoding="utf-8-sig")
        return
    lines = [t for t in (paper.watermark, paper.title, *paper.lines, *paper.remarks) if t]
    page = "第 {n} 页 共 {of} 页" if lang == "zh" else "page {n} of {of}"
    write_book([_sheet(b, paper, lang, lines) for b in paper.blocks], path, title=_headed(paper), page=page)


def _headed(paper: Paper) -> str:
    return f"{paper.stamp} · {paper.title}" if paper.watermark else paper.title


def _sheet(block: Block, paper: Paper, lang: Lang, lines: Sequence[str]) -> Table:
    name = block.title if not paper.watermark else f"{block.title}（{paper.stamp}）"
    remarks = [*([block.empty] if not block.rows and block.empty else []), *lines]
    return Table(_sheet_name(name), [Column(h, block.form, wrap=True) for h in heads_of(block, paper, lang)], rows_of(block, paper), remarks=remarks)


def _sheet_name(text: str) -> str:
    """Return a name that a spreadsheet takes: at most 31 characters, none of seven signs."""
    return "".join(" " if c in r"[]:*?/\\" or not c.isprintable() else c for c in text).strip()[:31]


def _csv(paper: Paper, lang: Lang) -> Iterator[str]:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for n, block in enumerate(paper.blocks):
        if n:
            writer.writerow([])
        if len(paper.blocks) > 1:
            writer.writerow([block.title])
        writer.writerow(heads_of(block, paper, lang))
        writer.writerows([_csv_cell(v) for v in row] for row in rows_of(block, paper))
    yield out.getvalue()


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if starts_formula(value) else value
    return value.isoformat() if isinstance(value, dt.date) else value


def shown(value: Any) -> str:
    """Return a cell as a page shows it.

    >>> shown(None), shown(12.5), shown(dt.date(2021, 3, 5)), shown(100000.0)
    ('', '12.5', '2021-03-05', '100,000')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return str(value)
