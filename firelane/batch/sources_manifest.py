"""A manifest: a table with the path of one site in each row, and whatever else is known of it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from firelane.batch.cut import harmless_id
from firelane.batch.model import Failure, FailureKind, Task
from firelane.batch.place_names import is_address
from firelane.batch.sources_words import HEADINGS, attributes_of, json_value, our_name
from firelane.errors import InputError, Problem
from firelane.files import delimited_rows
from firelane.site.causes import of_data, of_system
from firelane.site.journal import Journal
from firelane.site.values import plain

ENDINGS = (".csv", ".tsv", ".xlsx", ".parquet", ".geoparquet")

_LEFT_OUT = "left_out"
_MOST_UNPACKED_BYTES = 1_000_000_000  # a spreadsheet that unpacks to more is an attack or a mistake
_NO_ROAD = ("没有道路", "no road")


@dataclass(frozen=True)
class _Row:
    """One row: its number as a spreadsheet counts them, and its values by our names or its own headings."""

    number: int
    told: Mapping[str, Any]
    attributes: Mapping[str, Any]

    def text(self, name: str) -> str:
        value = self.told.get(name)
        return "" if value is None else plain(value).strip()


def manifest_tasks(path: Path, journal: Journal, base: Callable[[str], str] | None = None) -> list[Task]:
    """Return a task for each row of a manifest, in its order.

    Parameters
    ----------
    path : Path
        CSV (UTF-8 or GB18030), XLSX, Parquet or GeoParquet.
    journal : Journal
        Takes notes on values that cannot be used.
    base : callable, optional
        Makes of a relative path what a worker opens; by default it is taken from the folder of the manifest.

    Raises
    ------
    InputError
        If the file cannot be read, has no column ``path`` or no row.
    """
    heads, rows = _table(path)
    named = _named(heads, path.name)
    parsed = [row for n, values in enumerate(rows, 2) if (row := _row(n, values, named))]
    if not parsed:
        raise InputError([Problem(
            "it has no rows", "write one row for each site", path.name, message_zh="没有数据行", remedy_zh="请为每个场地填写一行",
        )])  # fmt: skip
    wrong: dict[str, list[str]] = {}
    tasks = [_task(row, path.absolute().parent, base, wrong) for row in parsed]
    for name, where in wrong.items():
        journal.note_rows(
            "value_not_known", f"values of {name} that are not known were left out, in rows",
            f"{name} 列中无法识别的值未采用，所在行", where, layer=path.name,
        )  # fmt: skip
    return _distinct(tasks, [row.number for row in parsed])


def has_paths(path: Path) -> bool:
    """Tell whether a Parquet file is a manifest: it has a column of paths."""
    import pyarrow as pa  # noqa: PLC0415  (only who has such a file waits for it)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        heads = pq.read_schema(path).names
    except (pa.ArrowException, OSError):
        return False
    return any(our_name(head) == "path" for head in heads)


# ------------------------------------------------------------------------------------------- rows to tasks


def _named(heads: Sequence[Any], file: str) -> list[str | None]:
    """Return for each column our name, or its own heading; None for one that has none."""
    named: list[str | None] = []
    twice: list[str] = []
    for head in heads:
        text = "" if head is None else harmless_id(str(head))
        name = our_name(text) or text or None
        if name in named and name is not None:
            twice.append(text)
            name = None
        named.append(name)
    problems = []
    if "path" not in named:
        found = ", ".join(str(head) for head in heads if head not in (None, ""))[:300]
        problems.append(Problem(
            f"it has no column path; found were: {found}", "call the column with the sites' paths path", file,
            message_zh=f"没有“路径”列；已有列：{found}", remedy_zh="请把场地路径所在列命名为 path 或 路径",
        ))  # fmt: skip
    if twice:
        problems.append(Problem(
            f"several columns tell the same: {', '.join(twice)[:200]}", "keep one of them", file,
            message_zh=f"多列含义重复：{'、'.join(twice)[:200]}", remedy_zh="请只保留其中一列",
        ))  # fmt: skip
    if problems:
        raise InputError(problems)
    return named


def _row(number: int, values: Sequence[Any], named: Sequence[str | None]) -> _Row | None:
    told: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for name, raw in zip(named, values, strict=False):
        value = json_value(raw)
        if name is None or value is None:
            continue
        (told if name in HEADINGS else attributes)[name] = value
    return _Row(number, told, attributes) if told or attributes else None


def _task(row: _Row, folder: Path, base: Callable[[str], str] | None, wrong: dict[str, list[str]]) -> Task:
    told = row.text("path")
    within = row.text("within") or None
    shown = harmless_id(told)
    site_id = harmless_id(row.text("id")) or harmless_id(f"{told} {within}" if told and within else told)
    failure = _left_out(row) or (None if told else Failure(FailureKind.MANIFEST, "清单中未填写路径", "the manifest tells no path"))
    config = row.text("config") or None
    if within is not None and base is None and _may_exist(folder / within):
        within = str(folder / within)
    return Task(
        site_id=site_id or f"#{row.number}",
        source=_place(told, folder, base) if told else "",
        shown=shown,
        config=None if config is None else _place(config, folder, base),
        within=within,
        attributes=attributes_of(row.told, row.attributes, lambda name: wrong.setdefault(name, []).append(str(row.number))),
        failure=failure,
    )


def _place(text: str, folder: Path, base: Callable[[str], str] | None) -> str:
    if is_address(text):
        return text
    if base is not None:
        return base(text)
    found = folder / text
    if "\\" in text and not _may_exist(found):
        # Written on Windows; nothing here is called so.
        other = folder / text.replace("\\", "/")
        return str(other if _may_exist(other) else found)
    return str(found)


def _may_exist(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _left_out(row: _Row) -> Failure | None:
    """Return why a row of the list that ``firelane split`` writes is no site; None for all others."""
    if row.text("status") != _LEFT_OUT or row.text("path"):
        return None
    reason = row.text("reason") or "?"
    kind = FailureKind.EMPTY if any(text in reason for text in _NO_ROAD) else FailureKind.UNREADABLE
    return Failure(kind, reason, reason)


def _distinct(tasks: Sequence[Task], numbers: Sequence[int]) -> list[Task]:
    """Fail every row whose id stands twice: nobody can tell which is meant. Each keeps an id of its own."""
    where: dict[str, list[int]] = {}
    for task, number in zip(tasks, numbers, strict=True):
        where.setdefault(task.site_id, []).append(number)
    taken = set(where)
    out = []
    for task, number in zip(tasks, numbers, strict=True):
        if len(where[task.site_id]) == 1:
            out.append(task)
            continue
        own = f"{task.site_id} [{number}]"
        while own in taken:
            own += "'"
        taken.add(own)
        rows = where[task.site_id][:5]
        out.append(replace(task, site_id=own, failure=Failure(
            FailureKind.MANIFEST,
            f"编号“{task.site_id}”重复，见第 {'、'.join(map(str, rows))} 行",
            f"its id {task.site_id!r} stands several times: rows {', '.join(map(str, rows))}",
        )))  # fmt: skip
    return out


# ------------------------------------------------------------------------------------------- the table


def _table(path: Path) -> tuple[Sequence[Any], Iterator[Sequence[Any]]]:
    """Return the headings and the rows."""
    try:
        if path.suffix.lower() in (".parquet", ".geoparquet"):
            return _parquet(path)
        if path.suffix.lower() == ".xlsx":
            return _sheet(path)
        content = path.read_bytes()
    except OSError as error:
        raise _refused(path, *of_system(error)) from error
    rows = delimited_rows(content, path.name)
    return (rows[0] if rows else []), iter(rows[1:])


def _refused(path: Path, en: str, zh: str, remedy: tuple[str, str] = ("export it again", "请重新导出")) -> InputError:
    return InputError([Problem(en, remedy[0], path.name, message_zh=zh, remedy_zh=remedy[1])])


def _sheet(path: Path) -> tuple[Sequence[Any], Iterator[Sequence[Any]]]:
    try:
        with zipfile.ZipFile(path) as package:
            unpacked_bytes = sum(member.file_size for member in package.infolist())
        rows = _rows(path) if unpacked_bytes <= _MOST_UNPACKED_BYTES else None
    except Exception as error:  # openpyxl raises errors of many kinds on damaged files
        raise _refused(path, f"it is no workbook that can be read: {error}"[:300], f"工作簿已损坏或不是 XLSX（{error}）"[:300]) from error
    if rows is None:
        raise _refused(path, "it unpacks to more than a manifest can hold", "解压后过大，不是清单")
    return (rows[0] if rows else []), iter(rows[1:])


def _rows(path: Path) -> list[list[Any]]:
    """Return the cells of a workbook's first sheet."""
    from openpyxl import load_workbook  # noqa: PLC0415  (only who has such a file waits for it)

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # the size that a sheet tells of itself is often wrong
        return [list(row) for row in sheet.iter_rows(values_only=True)]
    finally:
        book.close()


def _parquet(path: Path) -> tuple[Sequence[Any], Iterator[Sequence[Any]]]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        schema = pq.read_schema(path)
        # Outlines of the sites, and their boxes, are no attributes of a row in a table.
        nested = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_nested)
        wanted = [f.name for f in schema if not any(test(f.type) for test in nested) and f.name != "geometry"]
        table = pq.read_table(path, columns=wanted)
    except (pa.ArrowException, OSError) as error:
        raise _refused(path, f"the file cannot be read: {error}"[:300], f"文件无法读取：{of_data(str(error), 'Parquet')[1]}") from error
    columns = [column.to_pylist() for column in table.columns]
    return wanted, iter(list(zip(*columns, strict=True)))
