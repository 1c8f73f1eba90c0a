"""A document's TOML: what a plan and a scheme have in common is read and checked here (文件的读取与检查)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from firelane.errors import InputError, Problem
from firelane.registry.documents import Misprint, Named, Question
from firelane.registry.indicator_rows import read_citations
from firelane.registry.indicators import Citation
from firelane.registry.own_records import Additions, read_additions
from firelane.registry.reading import Table, read_toml

_T = TypeVar("_T")
_HEAD = ("id", "title", "title_en", "number", "issuer", "issuer_en", "issued_on", "printed_on", "citations")
OWN = ("misprint", "question", "column", "word")
"""Tables of every document that this module reads."""


def read_document(name_or_path: str | Path, folder: str, zh: str, en: str, read: Callable[[Table], _T | None]) -> _T:
    """Return what a file holds.

    Parameters
    ----------
    name_or_path : str or Path
    folder : str
        Where the packaged ones lie.
    zh, en : str
        What the document is called.
    read : callable
        Returns it, or None; notes every fault.

    Raises
    ------
    InputError
        Every problem of the file at once.
    """
    raw, label = read_toml(name_or_path, folder, zh, en)
    problems: list[Problem] = []
    found = read(Table(raw, label, None, problems))
    if found is None or problems:
        raise InputError(dict.fromkeys(problems))
    return found


def named(table: Table) -> tuple[str, str, str]:
    """Return id and names of a row."""
    return table.text("id"), table.text("zh"), table.text("en")


def read_names(rows: Iterable[Table]) -> tuple[Named, ...]:
    """Return rows that have an id and names, and nothing else."""
    found = []
    for row in rows:
        row.known("id", "zh", "en")
        found.append(Named(*named(row)))
    return tuple(found)


class DocumentReader:
    """Reads one file and gathers what is wrong with it.

    Parameters
    ----------
    top : Table
        The file.
    head : str
        Name of the table with the head.
    programme : str
        ``ip`` or ``star``: whose records it may add to.
    """

    def __init__(self, top: Table, head: str, programme: str) -> None:
        self.top, self.programme = top, programme
        self.head = top.table(head)
        self.number = self.head.text("number")
        self.cite = partial(read_citations, document=self.number)

    def unique(self, *tables: str) -> dict[str, list[str]]:
        """Return the ids of the rows of tables; note those that stand twice."""
        ids = {key: [str(row.raw.get("id", "")) for row in self.top.rows(key, required=False)] for key in tables}
        for key, names in ids.items():
            self.top.unique(key, names)
        return ids

    def head_values(self, *more: str) -> dict[str, Any] | None:
        """Return the head, by the attributes of :class:`firelane.registry.documents.Document`; None where a day is missing.

        Parameters
        ----------
        *more : str
            Further keys that it may have, read elsewhere.
        """
        head = self.head
        head.known(*_HEAD, *more)
        values: dict[str, Any] = {key: head.text(key) for key in ("id", "title", "title_en", "issuer", "issuer_en")}
        values |= {"number": self.number, "issued_on": head.day("issued_on"), "printed_on": head.day("printed_on"), "citations": self.cite(head)}
        return None if values["issued_on"] is None or values["printed_on"] is None else values

    def citation(self, row: Table) -> Citation:
        """Return the article and the words that stand in a row itself."""
        return Citation(self.number, row.text("article"), row.text("text"))

    def misprints(self) -> tuple[Misprint, ...]:
        """Return the misprints of the document."""
        found = []
        for row in self.top.rows("misprint", required=False):
            row.known("printed", "meant", "article", "text")
            printed, words = row.text("printed"), row.text("text")
            if printed not in words:
                row.fault("printed", "does not stand in the text", "不在所引原文中")
            found.append(Misprint(printed, row.text("meant"), Citation(self.number, row.text("article"), words)))
        return tuple(found)

    def questions(self) -> tuple[Question, ...]:
        """Return what the document leaves open."""
        found = tuple(Question(item.id, item.zh, item.en) for item in read_names(self.top.rows("question", required=False)))
        self.top.unique("question", [item.id for item in found])
        return found

    def additions(self) -> Additions:
        """Return what the document adds to the records."""
        return read_additions(self.top, self.programme)
