"""Tables become records: workbooks and CSV files, every bad cell told by sheet, row and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from firelane.errors import InputError, Problem
from firelane.files import delimited_rows, refusal_of_kind
from firelane.registry.cells import FIRST_DAY, LAST_DAY, id_problem, remark_of, shown, value_of
from firelane.registry.desk import MOST_PROBLEMS, Given
from firelane.registry.kinds import Column, ColumnType, Kind
from firelane.registry.sheets import Sheet, UnreadableError, letter, workbook
from firelane.registry.tables_out import AFTER, BEFORE, DECISIONS
from firelane.store import StoreError
from firelane.store.times import parse

_OTHERS = ("说明", "notes")  # sheets that explain
_OWN = {**BEFORE, **AFTER}


def read_tables(path: Path, kinds: Mapping[str, Kind]) -> list[Given]:
    """Read records.

    Parameters
    ----------
    path : Path
        A workbook with a sheet for each kind, a folder with a CSV file for each, or one CSV file. Sheets and files are
        named by the kind's Chinese or English name or its id, headings by the column's; order does not matter.
    kinds : mapping of str to Kind

    Returns
    -------
    list of Given

    Raises
    ------
    InputError
        Every problem: sheets and headings that are not known, columns that are missing, cells that cannot be read.
    """
    problems: list[Problem] = []
    given: list[Given] = []
    sheets = [s for s in _sheets(path) if s.name.casefold() not in _OTHERS and (_kind(s.name, kinds) is not None or _holds(s))]
    for sheet in sheets:
        kind = _kind(sheet.name, kinds)
        if kind is not None:
            problems += sheet.problems()
        if kind is None:
            zh, en = "、".join(k.zh for k in kinds.values()), ", ".join(k.en for k in kinds.values())
            problems.append(Problem(
                "this sheet is not known", f"name it by what it holds: {en}", shown(sheet.name), message_zh="未知的表",
                remedy_zh=f"请按内容命名：{zh}",
            ))  # fmt: skip
        elif sheet.rows:
            given += _records(sheet, kind, problems)
    if problems:
        raise InputError(problems[:MOST_PROBLEMS])
    if not sheets:
        raise InputError([_problem(path.name, "其中没有表", "holds no table")])
    return given


def _holds(sheet: Sheet) -> bool:
    """Tell whether a sheet holds anything: spreadsheets add blank ones of their own accord."""
    return bool(sheet.lost) or not all(_blank(row) for row in sheet.rows)


def _blank(cells: Sequence[Any]) -> bool:
    return all(c is None or (isinstance(c, str) and not c.strip()) for c in cells)


def _kind(name: str, kinds: Mapping[str, Kind]) -> Kind | None:
    told = name.strip().casefold()
    whole = next((k for k in kinds.values() if told in (k.id, k.zh.casefold(), k.en.casefold())), None)
    # A spreadsheet that writes its sheets as CSV files names each <workbook>-<sheet>.
    return whole or next((k for k in kinds.values() if told.endswith((f"-{k.id}", f"-{k.zh.casefold()}", f"-{k.en.casefold()}"))), None)


def _records(sheet: Sheet, kind: Kind, problems: list[Problem]) -> Iterator[Given]:
    columns = _columns(sheet, kind, problems)
    if columns is None:
        return
    for number, row in enumerate(sheet.rows[1:], 2):
        width = max(len(columns), len(row))  # a cell beyond the last heading is told, not dropped
        heads, cells = [*columns, *[None] * (width - len(columns))], [*row, *[None] * (width - len(row))]
        if _blank(cells):
            continue
        read = _row(sheet, kind, heads, cells, number, problems)
        if read is not None:
            yield read


def _columns(sheet: Sheet, kind: Kind, problems: list[Problem]) -> list[Column | str | None] | None:
    """Return for each column of the sheet ours, one of the record's own, or None; None where it cannot be read."""
    by_name: dict[str, Column | str] = {}
    for key, words in _OWN.items():
        by_name |= dict.fromkeys((n.casefold() for n in (key, *words)), key)
    for column in kind.columns:
        names = (column.key, column.zh, column.en, column.heading("zh"), column.heading("en"))
        by_name |= dict.fromkeys((n.casefold() for n in names), column)
    found: list[Column | str | None] = []
    before = len(problems)
    for n, head in enumerate(sheet.rows[0]):
        text = "" if head is None else " ".join(str(head).split())
        column_ = by_name.get(text.casefold())
        if column_ is None and text:
            known = "、".join(c.zh for c in kind.columns)
            problems.append(Problem(
                f"the heading {shown(text)!r} is not known", f"expected: {', '.join(c.en for c in kind.columns)}", sheet.name, "1",
                letter(n), message_zh=f"未知的列标题“{shown(text)}”", remedy_zh=f"可用：{known}",
            ))  # fmt: skip
        elif column_ is not None and column_ in found:
            problems.append(Problem(
                f"two columns are headed {shown(text)!r}", "keep one of them", sheet.name, "1", letter(n),
                message_zh=f"有两列标题为“{shown(text)}”", remedy_zh="请只保留一列",
            ))  # fmt: skip
        found.append(column_)
    missing = [c for c in kind.columns if c.required and c not in found]
    problems += [
        Problem(f"there is no column {c.en!r}", "add it", sheet.name, "1", message_zh=f"缺少“{c.zh}”列", remedy_zh="请补上该列")
        for c in missing
    ]
    return found if len(problems) == before else None


def _row(
    sheet: Sheet, kind: Kind, columns: Sequence[Column | str | None], cells: Sequence[Any], number: int, problems: list[Problem]
) -> Given | None:
    values: dict[str, Any] = {c.key: None for c in kind.columns}
    own: dict[str, Any] = dict.fromkeys(_OWN, "")
    before, lost = len(problems), False
    for n, (column, raw) in enumerate(zip(columns, cells, strict=True)):
        cell = raw[1:] if sheet.guarded and isinstance(raw, str) and raw.startswith("'") and len(raw) > 1 else raw
        if column is None:
            if cell not in (None, ""):
                _bad(problems, sheet, number, n, None, ("有内容，但没有列标题", "holds something, but has no heading"))
            continue
        if (str(number), letter(n)) in sheet.lost:  # told already
            lost = True
            continue
        if isinstance(column, str):
            own[column], wrong = _own(column, cell)
        else:
            values[column.key], wrong = value_of(column, cell)
        if wrong:
            _bad(problems, sheet, number, n, column, wrong)
    for key, needs in _TOGETHER:
        if own[key] and not own[needs]:
            wrong = (f"已填，但没有{_OWN[needs][0]}", f"is filled in, but {_OWN[needs][1]} is not")
            _bad(problems, sheet, number, columns.index(key), key, wrong)
    if lost or len(problems) > before:
        return None
    origin, decided, taken_back = ((own[f"{w}_by"], own[f"{w}_at"]) if own[f"{w}_by"] else None for w in ("recorded", "decided", "voided"))
    return Given(
        kind.id, values, own["record_id"], own["version"] or None, own["reason"], origin, own["decision"], own["decision_note"], decided,
        own["voided"], taken_back, (sheet.name, str(number)),
    )  # fmt: skip


_TOGETHER = (
    ("recorded_by", "recorded_at"), ("recorded_at", "recorded_by"), ("decided_by", "decided_at"), ("decided_at", "decided_by"),
    ("voided_by", "voided_at"), ("voided_at", "voided_by"), ("decided_by", "decision"), ("decision_note", "decision"), ("voided_by", "voided"),
)  # fmt: skip
"""What is filled in, and what has to be with it: half of it would be left out in silence."""
_NUMBER = Column("version", "版本", "version", ColumnType.INTEGER, least=1, most=10_000)


def _own(key: str, cell: Any) -> tuple[Any, tuple[str, str] | None]:
    """Return the value of a cell in one of the record's own columns, and what is wrong with it."""
    if key == "version":
        return value_of(_NUMBER, cell)
    text, wrong = remark_of(cell)
    if wrong:
        return "", wrong
    if key == "record_id" and (bad := id_problem(text)) is not None:
        return "", bad
    if key == "decision":
        told = next((k for k, words in DECISIONS.items() if text.casefold() in (k, *(w.casefold() for w in words))), None)
        return told, None if told is not None else (f"为“{shown(text)}”，应为 通过 或 不通过", f"is {shown(text)!r}, expected approved or rejected")
    if key in ("recorded_at", "decided_at", "voided_at") and text:
        try:
            sound = FIRST_DAY.year <= parse(text).year <= LAST_DAY.year  # others cannot be meant, and some cannot be reckoned with
        except (StoreError, ValueError):
            sound = False
        if not sound:
            return "", (f"为“{shown(text)}”，应为时间，如 2021-03-05T10:00:00+08:00", f"is {shown(text)!r}, expected a time such as 2021-03-05T10:00:00+08:00")
    return text, None


def _bad(
    problems: list[Problem], sheet: Sheet, row: int, n: int, column: Column | str | None, wrong: tuple[str, str]
) -> None:
    zh, en = (_OWN[column] if isinstance(column, str) else ("", "") if column is None else (column.zh, column.en))
    problems.append(Problem(
        f"{en} {wrong[1]}".strip(), "", sheet.name, str(row), letter(n), message_zh=f"{zh}{wrong[0]}"
    ))  # fmt: skip


# ------------------------------------------------------------------------------------------- the files


def _sheets(path: Path) -> list[Sheet]:
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() == ".csv" and not p.name.startswith("."))
        return [sheet for file in files for sheet in _sheets(file)]
    if not path.exists():
        raise InputError([Problem("is not there", "give the path of a workbook, a CSV file or a folder of them", shown(path.name), message_zh="文件或文件夹不存在", remedy_zh="请给出工作簿、CSV 文件或其文件夹的路径")])  # fmt: skip
    odd = refusal_of_kind(path)
    if odd:
        raise InputError([_problem(path.name, *odd)])
    try:
        if path.suffix.lower() == ".xlsx":
            return workbook(path)
        if path.suffix.lower() == ".csv":
            return [Sheet(path.stem, delimited_rows(path.read_bytes(), path.name), guarded=True)]
    except UnreadableError as error:
        raise InputError([_problem(path.name, *error.told)]) from error
    except OSError as error:
        said = error.strerror or str(error)
        raise InputError([_problem(path.name, f"无法读取：{said}", f"cannot be read: {said}")]) from error
    raise InputError([_problem(path.name, "不是 XLSX 或 CSV 文件", "is neither XLSX nor CSV")])


def _problem(file: str, zh: str, en: str) -> Problem:
    return Problem(en, "export it again", file, message_zh=zh, remedy_zh="请重新导出")
