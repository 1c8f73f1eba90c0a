"""Records as tables: a workbook with a sheet for each kind, or a folder of CSV files; what is written can be read back.

Every version of every record is there, with who recorded and who decided it when: nothing is lost on the way out and in.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from firelane.files import starts_formula, write_text
from firelane.markings.spreadsheet import Column as Head
from firelane.markings.spreadsheet import Table, write_book
from firelane.registry.kinds import Column, ColumnType, Kind
from firelane.registry.state import Record, State
from firelane.store.times import iso
from firelane.vocabulary import Lang

BEFORE = {"record_id": ("编号", "record no."), "version": ("版本", "version")}
AFTER = {
    "reason": ("更正说明", "reason of the correction"), "recorded_by": ("登记人", "recorded by"),
    "recorded_at": ("登记时间", "recorded at"), "decision": ("审核结果", "decision"), "decided_by": ("审核人", "decided by"),
    "decided_at": ("审核时间", "decided at"), "decision_note": ("审核意见", "note of the decision"),
    "voided": ("作废原因", "taken back because"), "voided_by": ("作废人", "taken back by"),
    "voided_at": ("作废时间", "taken back at"), "brought_by": ("导入人", "imported by"), "brought_at": ("导入时间", "imported at"),
}  # fmt: skip
DECISIONS = {"": ("", ""), "approved": ("通过", "approved"), "rejected": ("不通过", "rejected")}
_WHOLE = 1e15
_KEPT = "@"  # what is typed stays as it is: noughts in front, the last of eighteen figures
_ENTRIES = {ColumnType.TEXT: _KEPT, ColumnType.USCI: _KEPT, ColumnType.DATE: "yyyy-mm-dd"}
_FORMS = {ColumnType.NUMBER: "#,##0.######", ColumnType.INTEGER: "0", ColumnType.DATE: "yyyy-mm-dd"}


def headings(kind: Kind, lang: Lang) -> list[str]:
    """Return the headings of a kind's sheet."""
    at = 0 if lang == "zh" else 1
    return [*(w[at] for w in BEFORE.values()), *(c.heading(lang) for c in kind.columns), *(w[at] for w in AFTER.values())]


def write_workbook(state: State, path: Path, lang: Lang, *, title: str, on: dt.date | None = None) -> None:
    """Write all records as a workbook.

    Parameters
    ----------
    state : State
    path : Path
    lang : {"zh", "en"}
    title : str
        Printed at the head of every page.
    on : date, optional
        Only records that count on this day, those that were taken back or rejected by their last day, and all that they refer
        to; each with all its versions, so that it can be read back.

    Raises
    ------
    OutputError
    """
    state = state if on is None else _until(state, on)
    page = "第 {n} 页 共 {of} 页" if lang == "zh" else "page {n} of {of}"
    write_book([_table(kind, state, lang) for kind in state.kinds.values()], path, title=title, page=page)


def write_blank(kinds: Mapping[str, Kind], path: Path, lang: Lang, *, title: str) -> None:
    """Write a workbook with a sheet for each kind and no rows: what an import takes.

    Raises
    ------
    OutputError
    """
    write_workbook(State(kinds), path, lang, title=title)


def write_tables(state: State, folder: Path, lang: Lang, *, on: dt.date | None = None) -> list[Path]:
    """Write all records as CSV files (UTF-8 with a byte-order mark), one for each kind; return their paths.

    What ``on`` leaves out is told at :func:`write_workbook`.

    Raises
    ------
    OutputError
    """
    state = state if on is None else _until(state, on)
    paths = []
    for kind in state.kinds.values():
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(headings(kind, lang))
        for row in _rows(kind, state, lang):
            writer.writerow([_csv_cell(v) for v in row])
        paths.append(write_text(folder / f"{kind.id}.csv", out.getvalue(), encoding="utf-8-sig"))
    return paths


def _table(kind: Kind, state: State, lang: Lang) -> Table:
    return Table(kind.name(lang), heads(kind, lang), list(_rows(kind, state, lang)))


def heads(kind: Kind, lang: Lang) -> list[Head]:
    """Return the columns of a kind's sheet: headings, formats, and what a cell that is filled in is offered."""
    at = 0 if lang == "zh" else 1
    own = [Head(c.heading(lang), _form(c), wrap=True, entry=_ENTRIES.get(c.type, ""), choices=_choices(c, at)) for c in kind.columns]
    before, after = (
        [Head(w[at], "0" if key == "version" else "General", wrap=True, entry="" if key == "version" else _KEPT) for key, w in part.items()]
        for part in (BEFORE, AFTER)
    )
    return [*before, *own, *after]


def _choices(column: Column, at: int) -> list[str]:
    if column.type is ColumnType.BOOL:
        return [("是", "yes")[at], ("否", "no")[at]]
    return [words[at] for words in column.choices.values()]


def _form(column: Column) -> str:
    # A year is no amount: 2,021 would be read wrongly.
    return _FORMS.get(column.type, "General")


def _until(state: State, on: dt.date) -> State:
    """Return the records that count on a day, and all that they refer to: whole records, or they could not be read back."""
    wanted = [name for name, v in state.versions.items() if (state.standing(name) or v[-1]).day <= on]
    kept = dict.fromkeys(wanted)
    while wanted:
        versions = state.versions[wanted.pop()]
        keys = [c.key for c in state.kinds[versions[0].kind].columns if c.refers in state.kinds]
        more = {str(r[key]) for r in versions for key in keys if r[key] is not None} - kept.keys()
        fresh = [name for name in sorted(more) if name in state.versions]
        kept |= dict.fromkeys(fresh)
        wanted += fresh
    return replace(state, versions={name: v for name, v in state.versions.items() if name in kept})


def _rows(kind: Kind, state: State, lang: Lang) -> Iterator[list[Any]]:
    at = 0 if lang == "zh" else 1
    mine = [v for v in state.versions.values() if v[0].kind == kind.id]
    for versions in sorted(mine, key=lambda v: v[0].seq):
        for record in versions:
            yield [
                record.record_id, record.version, *(c.spelt(record.values[c.key], lang) for c in kind.columns), *_after(record, at)
            ]  # fmt: skip


def _after(record: Record, at: int) -> list[Any]:
    decided = "" if record.decided_at is None else iso(record.decided_at)
    return [
        record.reason, record.recorded_by, iso(record.recorded_at), DECISIONS[record.decision][at], record.decided_by, decided,
        record.decision_note, record.voided, record.voided_by, "" if record.voided_at is None else iso(record.voided_at),
        record.brought_by, "" if record.brought_at is None else iso(record.brought_at),
    ]  # fmt: skip


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        # An apostrophe keeps a spreadsheet from taking it for a formula; one that is there already is doubled.
        return f"'{value}" if starts_formula(value) or value.startswith("'") else value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _WHOLE else repr(value)
    return value
