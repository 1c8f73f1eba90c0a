"""Columns and words that a plan or a scheme adds to the records: what another city asks for is in its file (增列与增词)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from firelane.registry.kinds import Column, ColumnType, Kind, Words, kinds, made_kinds, word_lists
from firelane.registry.reading import Table
from firelane.registry.tables_out import AFTER, BEFORE

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PLAIN = (ColumnType.TEXT, ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.DATE, ColumnType.BOOL)


@dataclass(frozen=True)
class Additions:
    """What a document adds to the records of its programme.

    Attributes
    ----------
    columns : tuple of (str, Column)
        Kind and column, in the order of the file; they stand behind the kind's own.
    words : mapping of str to mapping
        List → id → Chinese, English.
    """

    columns: tuple[tuple[str, Column], ...] = ()
    words: Mapping[str, Words] = field(default_factory=dict)

    def kinds(self, programme: str, lists: Mapping[str, Words] | None = None) -> Mapping[str, Kind]:
        """Return the kinds of records with what is added.

        Parameters
        ----------
        programme : str
            ``ip`` or ``star``.
        lists : mapping of str to mapping, optional
            Lists that stand in place of the packaged ones.
        """
        known = word_lists(programme)
        every = {**{name: {**known[name], **more} for name, more in self.words.items()}, **(lists or {})}
        return made_kinds(programme, every, self.columns)


def read_additions(top: Table, programme: str) -> Additions:
    """Return what ``[[column]]`` and ``[[word]]`` of a file add; faults go to ``top.problems``."""
    words: dict[str, dict[str, tuple[str, str]]] = {}
    known, may = word_lists(programme), word_lists(programme, open_only=True)
    for row in top.rows("word", required=False):
        row.known("list", "id", "zh", "en")
        name, ident, zh, en = row.one_of("list", may), _key(row, "id"), row.text("zh"), row.text("en")
        there = {**known.get(name, {}), **words.get(name, {})}
        taken = {w.casefold() for key, both in there.items() for w in (key, *both)}
        _fresh(row, taken, {"id": ident, "zh": zh, "en": en})
        if name in may:
            words.setdefault(name, {})[ident] = (zh, en)
    return Additions(tuple(_columns(top, programme)), words)


def _columns(top: Table, programme: str) -> Sequence[tuple[str, Column]]:
    every, found = kinds(programme), list[tuple[str, Column]]()
    own = {w.casefold() for key, both in {**BEFORE, **AFTER}.items() for w in (key, *both)}
    for row in top.rows("column", required=False):
        row.known("kind", "key", "zh", "en", "type", "unit", "least", "most", "note_zh", "note_en")
        kind, key = row.one_of("kind", every), _key(row, "key")
        sort = row.choice("type", ColumnType, ColumnType.TEXT) or ColumnType.TEXT
        if sort not in _PLAIN:
            names = ", ".join(s.value for s in _PLAIN)
            row.fault("type", f"{sort.value} cannot be added", f"不能增列 {sort.value}", (f"use one of: {names}", f"可用：{names}"))
        unit, *notes = (row.text(k, required=False) for k in ("unit", "note_zh", "note_en"))
        least, most = row.number("least", required=False), row.number("most", required=False)
        column = Column(key, row.text("zh"), row.text("en"), sort, unit, least=least, most=most, note_zh=notes[0], note_en=notes[1], own=True)
        before = [*(every[kind].columns if kind in every else ()), *(c for k, c in found if k == kind)]
        heads = {w.casefold() for c in before for w in (c.key, c.zh, c.en, c.heading("zh"), c.heading("en"))}
        _fresh(row, own | heads, {"key": key, "zh": column.zh, "en": column.en})
        found.append((kind, column))
    return [] if top.problems else found


def _key(row: Table, key: str) -> str:
    told = row.text(key)
    if told and not _KEY.fullmatch(told):
        row.fault(key, "must be small letters, digits and underscores", "应为小写字母、数字和下划线")
    return told


def _fresh(row: Table, taken: set[str], told: Mapping[str, str]) -> None:
    """Refuse a name that stands already: a cell, or a heading, could mean either."""
    for key, text in told.items():
        if text.casefold() in taken:
            row.fault(key, f"{text} is there already", f"{text} 已有", ("choose another", "请另取名称"))
