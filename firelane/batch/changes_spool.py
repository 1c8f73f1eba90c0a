"""Findings of a city on the disk: both batches' findings in parts of a few thousand sites, and the list of what changed.

A city's findings do not fit into memory twice; a part of them does. Parts are cut by site, so that whatever has to be
matched lies in the same part of both batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

PART_ROWS = 25_000
"""Findings of one batch that are in memory at one time, about."""

MOST_PARTS = 200  # files that are open at one time

COLUMNS = (
    "site_id", "finding_id", "rule_id", "article", "quantity", "verdict", "severity", "value", "threshold", "unit", "margin",
    "lane_id", "owners", "entrance_id", "building_id", "pinch_id", "message_zh", "message_en", "lon", "lat",
)  # fmt: skip
"""Columns of ``findings.parquet`` that the comparison reads."""

_OPTIONAL = frozenset({"quantity", "lane_id", "owners", "entrance_id", "building_id", "pinch_id"})
_NUMBERS = frozenset({"value", "threshold", "margin", "lon", "lat"})
_BATCH_ROWS = 20_000
_LISTED_ROWS = 4_000

LISTED = pa.schema([
    *((name, pa.string()) for name in (
        "site_id", "site_id_old", "change_id", "status", "reason", "weight", "rule_id", "article", "severity", "verdict_old", "verdict_new",
    )),
    *((name, pa.float64()) for name in ("value_old", "value_new", "threshold_old", "threshold")), ("unit", pa.string()),
    *((name, pa.float64()) for name in ("gain", "moved_m")),
    *((name, pa.string()) for name in ("lane_id", "owners_old", "owners_new")),
    *((name, pa.float64()) for name in ("lon", "lat")),
    *((name, pa.string()) for name in ("message_old_zh", "message_old_en", "message_new_zh", "message_new_en")),
])  # fmt: skip
"""Columns of the list of changes; what a language changes is there in both."""


def missing_columns(file: Path) -> list[str]:
    """Return the columns that a table of findings lacks."""
    names = set(pq.read_schema(file).names)
    return [name for name in COLUMNS if name not in names and name not in _OPTIONAL]


def part_count(files: Iterable[Path]) -> int:
    """Return into how many parts the findings of both batches are cut."""
    rows = max(pq.read_metadata(file).num_rows for file in files)
    return int(min(max(-(-rows // PART_ROWS), 1), MOST_PARTS))


def split(file: Path, numbers: Mapping[str, int], parts: Sequence[int], folder: Path) -> tuple[list[Path], list[str]]:
    """Cut a table of findings by site.

    Parameters
    ----------
    file : Path
        ``findings.parquet``, in any order.
    numbers : mapping of str to int
        Site id → number of its pair.
    parts : sequence of int
        First pair of each part, ascending from 0.
    folder : Path
        For the parts; it is made.

    Returns
    -------
    list of Path, list of str
        One file for each part with the column ``pair`` in front; ids of sites that are not in ``numbers``.
    """
    folder.mkdir(parents=True)
    ids = list(numbers)
    values, pairs = pa.array(ids, pa.string()), np.fromiter(numbers.values(), np.int64, len(ids))
    starts = np.asarray(parts, np.int64)
    paths = [folder / f"{n:04d}.arrow" for n in range(len(parts))]
    reader = pq.ParquetFile(file)
    columns = [name for name in COLUMNS if name in reader.schema_arrow.names]
    schema = pa.schema([("pair", pa.int64()), *((c, pa.float64() if c in _NUMBERS else pa.string()) for c in columns)])
    strangers: set[str] = set()
    with ExitStack() as stack:
        writers = [stack.enter_context(pa.ipc.new_stream(str(path), schema)) for path in paths]
        for batch in reader.iter_batches(_BATCH_ROWS, columns=columns):
            table = _plain(pa.Table.from_batches([batch]))
            found = pc.index_in(table["site_id"], value_set=values)
            if found.null_count:
                strange = table["site_id"].filter(pc.is_null(found))
                strangers |= {str(v) for v in pc.unique(strange).to_pylist()}
                table = table.filter(pc.is_valid(found))
                found = found.drop_null()
            pair = pairs[found.to_numpy()]
            table = table.add_column(0, "pair", pa.array(pair)).cast(schema)
            part = np.searchsorted(starts, pair, side="right") - 1
            for n in np.unique(part).tolist():
                writers[n].write_table(table.filter(pa.array(part == n)))
    return paths, sorted(strangers)


def _plain(table: pa.Table) -> pa.Table:
    """Return a table without dictionaries: lists of owners become texts."""
    for n, field in enumerate(table.schema):
        column = table.column(n)
        if pa.types.is_dictionary(field.type):
            table = table.set_column(n, field.name, column.cast(field.type.value_type))
        elif pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
            table = table.set_column(n, field.name, pc.binary_join(column, ";"))
    return table


class Part:
    """The findings of one part of one batch, by site and finding id."""

    def __init__(self, path: Path) -> None:
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
            table = reader.read_all()
        table = table.sort_by([("pair", "ascending"), ("finding_id", "ascending")])
        self._pairs = table["pair"].to_numpy()
        self._columns: dict[str, list[Any]] = {
            name: table[name].to_pylist() if name in table.column_names else [None] * len(table) for name in COLUMNS if name != "site_id"
        }

    def __len__(self) -> int:
        """Return how many findings there are."""
        return len(self._pairs)

    def reach(self, pair: int) -> tuple[int, int]:
        """Return from where to where the findings of a site stand."""
        start, stop = np.searchsorted(self._pairs, [pair, pair + 1])
        return int(start), int(stop)

    def same(self, pair: int, other: Part) -> bool:
        """Tell whether another batch says the very same of a site."""
        (a, b), (c, d) = self.reach(pair), other.reach(pair)
        if b - a != d - c:
            return False
        return all(column[a:b] == other._columns[name][c:d] for name, column in self._columns.items())

    def rows(self, pair: int) -> list[dict[str, Any]]:
        """Return a site's findings as ``audit.json`` has them, as far as the table tells."""
        start, stop = self.reach(pair)
        names = [name for name in self._columns if name not in ("lon", "lat", "owners")]
        columns = [self._columns[name][start:stop] for name in names]
        rows = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        places = zip(*(self._columns[name][start:stop] for name in ("lon", "lat", "owners")), strict=True)
        for row, (lon, lat, owners) in zip(rows, places, strict=True):
            row["location"] = None
            row["lonlat"] = None if lon is None or lat is None else [lon, lat]
            row["owners"] = owners.split(";") if owners else []
        return rows


# ------------------------------------------------------------------ the list of what changed


class Spool:
    """Takes down changes one after the other."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._writer = pa.ipc.new_stream(str(path), LISTED, options=pa.ipc.IpcWriteOptions(compression="zstd"))
        self._waiting: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Take down one row (``LISTED``)."""
        self._waiting.append(row)
        self.count += 1
        if len(self._waiting) >= _LISTED_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, schema=LISTED))
            self._waiting = []

    def close(self) -> None:
        """Write what waits."""
        self._flush()
        self._writer.close()


def read_spool(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows in their order."""
    with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as reader:
        for batch in reader:
            yield from batch.to_pylist()


# ------------------------------------------------------------------ what rules there are


def rules_of(file: Path) -> dict[str, dict[str, Any]]:
    """Return the rules that a table of findings names, as ``audit.json`` lists them.

    The limit is the one that all findings of a rule share; None where they have none or several. Whether it is the least
    or the greatest value is told by the sign of a margin.
    """
    tables = []
    for batch in pq.ParquetFile(file).iter_batches(_BATCH_ROWS * 5, columns=["rule_id", "article", "threshold", "value", "margin"]):
        table = _plain(pa.Table.from_batches([batch]))
        rising = pc.greater(pc.multiply(table["margin"], pc.subtract(table["value"], table["threshold"])), 0)
        falling = pc.less(pc.multiply(table["margin"], pc.subtract(table["value"], table["threshold"])), 0)
        table = table.select(["rule_id", "article", "threshold"])
        table = table.append_column("rising", pc.fill_null(rising, False)).append_column("falling", pc.fill_null(falling, False))  # noqa: FBT003
        tables.append(_grouped(table))
    if not tables:
        return {}
    rules: dict[str, dict[str, Any]] = {}
    limits: dict[str, set[float]] = {}
    for row in sorted(_grouped(pa.concat_tables(tables)).to_pylist(), key=lambda r: (str(r["rule_id"]), str(r["article"]))):
        name = str(row["rule_id"])
        rule = rules.setdefault(name, {"rule_id": name, "article": row["article"] or "", "comparator": "", "threshold": None})
        if row["rising"] or row["falling"]:
            rule["comparator"] = ">=" if row["rising"] else "<="
        if row["threshold"] is not None:
            limits.setdefault(name, set()).add(row["threshold"])
    for name, found in limits.items():
        rules[name]["threshold"] = next(iter(found)) if len(found) == 1 else None
    return rules


def _grouped(table: pa.Table) -> pa.Table:
    """Return each rule, article and limit once, with whether a margin rises or falls with the value."""
    grouped = table.group_by(["rule_id", "article", "threshold"]).aggregate([("rising", "any"), ("falling", "any")])
    return grouped.rename_columns([name.removesuffix("_any") for name in grouped.column_names])
