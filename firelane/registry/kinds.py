"""Kinds of records, as data: their columns, what may stand in them, and what names a record."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from firelane.vocabulary import Lang, Term

Words = Mapping[str, tuple[str, str]]
"""Words to choose from: key → Chinese, English."""


class ColumnType(Term):
    """What a column holds."""

    TEXT = "text", "文本", "text"
    INTEGER = "integer", "整数", "whole number"
    NUMBER = "number", "数值", "number"
    DATE = "date", "日期", "date"
    BOOL = "bool", "是/否", "yes or no"
    CHOICE = "choice", "选项", "one of a list"
    USCI = "usci", "统一社会信用代码", "unified social credit code"


@dataclass(frozen=True)
class Column:
    """One column of a kind of records.

    Attributes
    ----------
    key : str
    zh, en : str
        Headings.
    type : ColumnType
    unit : str
    required : bool
    least, most : float or None
        For numbers, both inclusive.
    choices : mapping of str to (str, str)
        Key → Chinese, English. A cell may hold any of the three.
    refers : str
        Where else its value has to stand: ``indicator``, ``task`` (of the plan), or another kind of records; "" nowhere.
    note_zh, note_en : str
        What is to be written there.
    own : bool
        Whether a plan or a scheme added it.
    """

    key: str
    zh: str
    en: str
    type: ColumnType
    unit: str = ""
    required: bool = False
    least: float | None = None
    most: float | None = None
    choices: Words = field(default_factory=dict)
    refers: str = ""
    note_zh: str = ""
    note_en: str = ""
    own: bool = False

    def heading(self, lang: Lang) -> str:
        """Return its heading, the unit behind it."""
        name = self.zh if lang == "zh" else self.en
        if not self.unit:
            return name
        return f"{name}（{self.unit}）" if lang == "zh" else f"{name} [{self.unit}]"

    def spelt(self, value: Any, lang: Lang) -> Any:
        """Return a value as a reader of ``lang`` is shown it."""
        if value is None:
            return None
        if self.type is ColumnType.CHOICE:
            zh, en = self.choices.get(value, (value, value))  # a word that the document no longer has
            return zh if lang == "zh" else en
        if self.type is ColumnType.BOOL:
            return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
        return value


@dataclass(frozen=True)
class Kind:
    """A kind of records: a sheet of a workbook.

    Attributes
    ----------
    id : str
    zh, en : str
        Names, and of the sheet.
    prefix : str
        Of the numbers of its records.
    day : str
        Column with the date from which a record counts.
    columns : tuple of Column
    correctable : bool
        Whether a later version may replace one; steps of a procedure are never replaced.
    decides : bool
        Whether only an administrator may write it.
    """

    id: str
    zh: str
    en: str
    prefix: str
    day: str
    columns: tuple[Column, ...]
    correctable: bool = True
    decides: bool = False

    def column(self, key: str) -> Column:
        """Return a column by its key."""
        return next(c for c in self.columns if c.key == key)

    def name(self, lang: Lang) -> str:
        """Return its name."""
        return self.zh if lang == "zh" else self.en


@lru_cache(maxsize=4)
def _told(programme: str) -> Mapping[str, Any]:
    place = importlib.resources.files("firelane.registry").joinpath(f"records_{programme}.toml")
    return tomllib.loads(place.read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def kinds(programme: str) -> Mapping[str, Kind]:
    """Return the kinds of records of a programme (``ip`` or ``star``), in their order."""
    return made_kinds(programme, {})


def made_kinds(programme: str, lists: Mapping[str, Words], columns: Sequence[tuple[str, Column]] = ()) -> Mapping[str, Kind]:
    """Return the kinds of records of a programme as one document has them.

    Parameters
    ----------
    programme : str
    lists : mapping of str to Words
        Lists of words in place of the packaged ones.
    columns : sequence of (str, Column)
        Kinds and columns that are added behind their own.
    """
    every = {**word_lists(programme), **lists}
    found = {row["id"]: _kind(row, every) for row in _told(programme)["kind"]}
    for name, column in columns:
        found[name] = replace(found[name], columns=(*found[name].columns, column))
    return found


def word_lists(programme: str, *, open_only: bool = False) -> Mapping[str, Words]:
    """Return the lists of words of a programme; only those that a document may add to."""
    told = _told(programme)
    rows = {name: {k: (v[0], v[1]) for k, v in words.items()} for name, words in told.get("choices", {}).items()}
    return {name: words for name, words in rows.items() if not open_only or name in told["open_lists"]}


def _kind(row: Mapping[str, Any], lists: Mapping[str, Words]) -> Kind:
    columns = tuple(_column(c, lists) for c in row["column"])
    kind = Kind(
        row["id"], row["zh"], row["en"], row["prefix"], row["day"], columns, row.get("correctable", True), row.get("decides", False)
    )
    assert kind.column(kind.day).type is ColumnType.DATE
    assert kind.column(kind.day).required
    return kind


def _column(row: Mapping[str, Any], lists: Mapping[str, Words]) -> Column:
    return Column(
        row["key"], row["zh"], row["en"], ColumnType(row.get("type", "text")), row.get("unit", ""), row.get("required", False),
        row.get("least"), row.get("most"), lists[row["choices"]] if "choices" in row else {}, row.get("refers", ""),
        row.get("note_zh", ""), row.get("note_en", ""),
    )  # fmt: skip
