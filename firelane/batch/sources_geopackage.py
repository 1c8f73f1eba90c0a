"""A GeoPackage of many sites: which rows are whose, found in one pass over its columns of ids."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firelane.batch.cut import KEY, Ranges, as_id, columns_of, fid_of, harmless_id, quoted, readonly, text_of
from firelane.batch.model import Failure, FailureKind, Task
from firelane.batch.sources_words import OF_SITE, attributes_of, json_value, our_name
from firelane.errors import InputError, Problem
from firelane.site.causes import of_data
from firelane.site.journal import Journal, listing

SITES = "sites"
"""A table of this name tells of the sites themselves: ``site_id`` and what else is known of each."""

_BATCH = 50_000  # rows at a time: a few megabytes, whatever the file holds
_NO_RANGES = Ranges([])


@dataclass
class _Index:
    """What one pass over the file finds."""

    codes: dict[str, int] = field(default_factory=dict)
    layers: dict[str, dict[str, Ranges]] = field(default_factory=dict)
    unnamed: dict[str, int] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    sites: dict[str, dict[str, Any]] = field(default_factory=dict)
    wrong: dict[str, list[str]] = field(default_factory=dict)


def holds_many(path: Path) -> bool:
    """Tell whether a GeoPackage is one of many sites: a layer of it has a column ``site_id``.

    False for what cannot be read: whoever reads it as a site says what is wrong.
    """
    try:
        with readonly(path) as connection:
            return any(_key(connection, table) for table in _tables(connection))
    except (sqlite3.Error, OSError):
        return False


def holds_roads(path: Path) -> bool:
    """Tell whether a GeoPackage has a layer of roads by name, or cannot be read, so that nobody knows."""
    try:
        with readonly(path) as connection:
            names = {name.lower() for name in _tables(connection)}
    except (sqlite3.Error, OSError):
        return True
    return not names.isdisjoint({"roads", "road_lines"}) or not names


def geopackage_tasks(path: Path, journal: Journal) -> list[Task]:
    """Return a task for each site of the GeoPackage, in the order of their ids.

    Parameters
    ----------
    path : Path
    journal : Journal
        Takes a note on rows that belong to no site, and on layers that have no column of ids.

    Raises
    ------
    InputError
        If the file cannot be read, or no row bears an id.
    """
    try:
        with readonly(path) as connection:
            index = _read(connection)
    except (sqlite3.Error, OSError) as error:
        raise InputError([Problem(
            f"the file cannot be read: {error}"[:300], "export it again", path.name,
            message_zh=f"文件无法读取：{of_data(str(error), 'GeoPackage')[1]}", remedy_zh="请重新导出",
        )]) from error  # fmt: skip
    ids = sorted({*index.codes, *index.sites})
    if not ids:
        raise InputError([Problem(
            "its column site_id is empty in every row", "write into each row to which site it belongs", path.name,
            message_zh="所有行的 site_id 均为空", remedy_zh="请在每行填写所属场地的 site_id",
        )])  # fmt: skip
    _tell(path, index, journal)
    return [_task(path, site_id, index) for site_id in ids]


def _task(path: Path, site_id: str, index: _Index) -> Task:
    failure = None
    if site_id not in index.codes:
        failure = Failure(FailureKind.EMPTY, "各图层中没有该场地的数据", "no layer holds a row of this site")
    return Task(
        site_id=site_id,
        source=str(path),
        shown=f"{path.name}#{site_id}",
        rows={layer: ranges.get(site_id, _NO_RANGES) for layer, ranges in index.layers.items()},
        attributes=index.sites.get(site_id, {}),
        failure=failure,
    )


def _tell(path: Path, index: _Index, journal: Journal) -> None:
    for layer, count in index.unnamed.items():
        journal.note(
            "rows_of_no_site", f"{path.name}: {count} rows of {layer} have no site_id and belong to no site",
            f"{path.name}：图层 {layer} 有 {count} 行没有 site_id，不属于任何场地", layer=layer,
        )  # fmt: skip
    for name, where in index.wrong.items():
        journal.note_rows(
            "value_not_known", f"values of {name} that are not known were left out, at the sites",
            f"{name} 列中无法识别的值未采用，涉及场地", where, layer=SITES,
        )  # fmt: skip
    if index.others:
        en, zh = listing(index.others)
        journal.note(
            "layers_of_no_site", f"{path.name}: layers without a column site_id were not read: {en}",
            f"{path.name}：以下图层没有 site_id 列，未读取：{zh}",
        )  # fmt: skip
    empty = sum(1 for site_id in index.codes for ranges in index.layers.values() if site_id not in ranges)
    if empty:
        en, zh = listing(sorted(index.layers))
        journal.note(
            "layers_of_all_sites",
            f"{path.name}: its layers count as surveyed at every site, also where a site has no row in them ({en}); "
            "a column not_surveyed in the table sites, or <name>.site.toml, says otherwise",
            f"{path.name}：各图层视为已在所有场地测绘，即使某场地在其中没有数据（{zh}）；"
            "如非如此，请在 sites 表的 not_surveyed 列或 <文件名>.site.toml 中说明",
        )  # fmt: skip


# ------------------------------------------------------------------------------------------- one pass


def _tables(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the layers: tables with geometry that are really there, sorted."""
    query = (
        "SELECT c.table_name FROM gpkg_contents c JOIN sqlite_master m ON lower(m.name) = lower(c.table_name) "
        "WHERE c.data_type = 'features' AND m.type = 'table'"
    )
    return sorted(text_of(row[0]) for row in connection.execute(query))


def _key(connection: sqlite3.Connection, table: str) -> str | None:
    return next((name for name, _, _ in columns_of(connection, table) if name.lower() == KEY), None)


def _read(connection: sqlite3.Connection) -> _Index:
    index = _Index()
    index.sites = _sites(connection, lambda name, site_id: index.wrong.setdefault(name, []).append(site_id))
    for table in _tables(connection):
        if table.lower() == SITES:
            continue
        key = _key(connection, table)
        if key is None:
            index.others.append(table)
        else:
            index.layers[table] = _ranges(connection, table, key, index)
    return index


def _ranges(connection: sqlite3.Connection, table: str, key: str, index: _Index) -> dict[str, Ranges]:
    """Return site → ranges of the feature ids of its rows.

    Neighbouring rows of one site become a range at once, so only where the sites are mixed row by row does the memory
    grow with the rows: 20 bytes each.
    """
    fid = fid_of(columns_of(connection, table))
    # Without an order, an index on the column can be read instead of every row's geometry.
    cursor = connection.execute(f"SELECT {fid}, {quoted(key)} FROM {quoted(table)}")  # noqa: S608  (names are quoted)
    known: dict[Any, int] = {}
    runs: list[tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]] = []
    while batch := cursor.fetchmany(_BATCH):
        fids, values = zip(*batch, strict=True)
        for value in set(values) - known.keys():
            text = as_id(value)
            known[value] = index.codes.setdefault(text, len(index.codes)) if text else -1
        codes = np.fromiter((known[value] for value in values), np.int32, len(values))
        numbers = np.array(fids, dtype=np.int64)
        starts = np.flatnonzero(np.r_[True, (codes[1:] != codes[:-1]) | (np.diff(numbers) != 1)])
        ends = np.r_[starts[1:], len(codes)] - 1
        runs.append((codes[starts], numbers[starts], numbers[ends]))
    if not runs:
        return {}
    code, low, high = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    unnamed = int((high - low + 1)[code < 0].sum())
    if unnamed:
        index.unnamed[table] = unnamed
    return _grouped(code, low, high, list(index.codes))


def _grouped(
    code: NDArray[np.int32], low: NDArray[np.int64], high: NDArray[np.int64], names: list[str]
) -> dict[str, Ranges]:
    order = np.lexsort((low, code))
    order = order[code[order] >= 0]
    code, low, high = code[order], low[order], high[order]
    if not len(code):
        return {}
    # Runs that were cut at the end of a batch are one again.
    starts = np.flatnonzero(np.r_[True, (code[1:] != code[:-1]) | (low[1:] != high[:-1] + 1)])
    ends = np.r_[starts[1:], len(code)] - 1
    table = np.column_stack((low[starts], high[ends]))
    code = code[starts]
    bounds = np.flatnonzero(np.r_[True, code[1:] != code[:-1], True])
    return {
        names[int(code[first])]: Ranges(table[first:last].copy())
        for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    }


# ------------------------------------------------------------------------------------------- the table of sites


def _sites(connection: sqlite3.Connection, wrong: Callable[[str, str], object]) -> dict[str, dict[str, Any]]:
    """Return what the table ``sites`` tells of each site; of several rows of one id the first counts."""
    names = [text_of(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    table = next((name for name in names if name.lower() == SITES), None)
    key = None if table is None else _key(connection, table)
    if table is None or key is None:
        return {}
    geometry = {
        text_of(row[0]).lower()
        for row in connection.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)", (table,)
        )
    }
    columns = [
        name for name, _, is_fid in columns_of(connection, table)
        if name != key and not is_fid and name.lower() not in geometry
    ]  # fmt: skip
    wanted = ", ".join(quoted(name) for name in [key, *columns])
    found: dict[str, dict[str, Any]] = {}
    for first, *rest in connection.execute(f"SELECT {wanted} FROM {quoted(table)}"):  # noqa: S608  (names are quoted)
        site_id = as_id(first)
        if site_id and site_id not in found:
            told: dict[str, Any] = {}
            further: dict[str, Any] = {}
            for name, raw in zip(columns, rest, strict=True):
                ours, value = our_name(name), json_value(raw)
                if value is not None:
                    (told if ours in OF_SITE else further)[ours if ours in OF_SITE else harmless_id(name)] = value

            def of_this(name: str, site_id: str = site_id) -> object:
                return wrong(name, site_id)

            found[site_id] = attributes_of(told, further, of_this)
    return found
