"""What the manifest says of a site, put beside what its audit found: one row of the city's table."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from firelane.batch.columns import columns, raw
from firelane.batch.model import Outcome, Task
from firelane.batch.record import encodable, failed_record
from firelane.files import safe_name
from firelane.site.values import as_bool

MORE = "attr_more"
"""Column of what the manifest says in columns beyond the limit, as JSON."""

_WIDEST_INT = 2**63


def dressed(task: Task, record: Mapping[str, Any] | None, outcome: Outcome | None) -> dict[str, Any]:
    """Return one row of the table ``sites``, without rank and attributes.

    Parameters
    ----------
    task : Task
    record : mapping or None
        What the site's shard holds; None where the site is not done.
    outcome : Outcome or None
        None where it was not run yet.
    """
    row: dict[str, Any] = {column.name: None for column in columns("sites")}
    failure = task.failure if outcome is None else outcome.failure
    if record is None:
        row |= failed_record(task, failure)
    else:
        row |= {key: record.get(key) for key in row if key in record} | {"status": "done"}
    told = _told(task.attributes)
    for name in ("district", "manager", "manager_kind"):
        row[name] = _text(told.get(name)) or row[name]
    managed, _ = as_bool(np.array([told.get("managed")], dtype=object))
    row["managed"] = row["managed"] if managed[0] is None else bool(managed[0])
    row["name"] = _text(told.get("name")) or (None if record is None else record.get("site_name")) or task.site_id
    row["site_id"], row["shown"] = encodable(task.site_id), encodable(task.shown)
    row["outline"] = None if record is None else record.get("outline")
    row["place_from"] = "site" if row["lon"] is not None else None
    if row["lon"] is None:
        place = _place(told)
        row["lon"], row["lat"] = place
        row["place_from"] = None if place[0] is None else "manifest"
    if record is not None:
        row["folder"] = f"sites/{task.folder}"
        row["map"] = None if record.get("map") is None else f"sites/{task.folder}/{record['map']}"
    return {key: encodable(value) if isinstance(value, str) else value for key, value in row.items()}


@cache
def _meanings() -> dict[str, str]:
    return {_plain(said): name for name, words in raw()["manifest"].items() for said in words}


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def _told(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return those attributes that mean one of our columns."""
    found: dict[str, Any] = {}
    for name, value in attributes.items():
        meaning = _meanings().get(_plain(name))
        if meaning is not None and value is not None:
            found.setdefault(meaning, value)
    return found


def _text(value: Any) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None


def _place(told: Mapping[str, Any]) -> tuple[float, float] | tuple[None, None]:
    """Return where the manifest says that a site lies; nothing where that is no place on earth."""
    try:
        lon, lat = float(told["lon"]), float(told["lat"])
    except (KeyError, TypeError, ValueError):
        return None, None
    sane = math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90 and (lon, lat) != (0, 0)
    return (round(lon, 7), round(lat, 7)) if sane else (None, None)


@dataclass(frozen=True)
class Attributes:
    """Which columns of the manifest become columns of the tables.

    Attributes
    ----------
    names : tuple of (str, str)
        Manifest's name, and the column's.
    types : tuple of DataType
    left : int
        How many further names go into ``attr_more``.
    """

    names: tuple[tuple[str, str], ...]
    types: tuple[pa.DataType, ...]
    left: int

    @property
    def fields(self) -> list[pa.Field]:
        """The columns."""
        found = [pa.field(column, kind) for (_, column), kind in zip(self.names, self.types, strict=True)]
        return [*found, pa.field(MORE, pa.string())] if self.left else found

    def values(self, task: Task) -> dict[str, Any]:
        """Return column → value of one site."""
        row = {
            column: _cast(task.attributes.get(name), kind)
            for (name, column), kind in zip(self.names, self.types, strict=True)
        }
        if self.left:
            own = {name for name, _ in self.names}
            more = {k: v for k, v in task.attributes.items() if k not in own and v is not None and _plain(k) not in _meanings()}
            row[MORE] = _json(more) if more else None
        return row


def attributes_of(tasks: Sequence[Task]) -> Attributes:
    """Find the columns for what the manifest says, in the order in which the names first come.

    Those that mean one of our columns are left out. Beyond the limit of ``columns.toml`` the rarer names share one column.
    """
    filled: dict[str, int] = {}
    for task in tasks:
        for name, value in task.attributes.items():
            if _plain(name) not in _meanings():
                filled[name] = filled.get(name, 0) + int(value is not None)
    most = int(raw()["limits"]["attributes"])
    order = {name: n for n, name in enumerate(filled)}
    kept = sorted(sorted(filled, key=lambda name: (-filled[name], order[name]))[:most], key=order.__getitem__)
    names = tuple(zip(kept, _safe_columns(kept), strict=True))
    kinds = tuple(_kind(task.attributes.get(name) for task in tasks) for name in kept)
    return Attributes(names, kinds, len(filled) - len(kept))


def _safe_columns(names: Iterable[str]) -> list[str]:
    """Return harmless names of columns, no two of which differ by case alone: a GeoPackage would take them for one."""
    longest = int(raw()["limits"]["attribute_name"])
    taken: set[str] = {MORE}
    found = []
    for name in names:
        base = column = f"attr_{safe_name(name)[:longest]}"
        n = 1
        while column.casefold() in taken:
            n += 1
            column = f"{base}_{n}"
        taken.add(column.casefold())
        found.append(column)
    return found


def _kind(values: Iterable[Any]) -> pa.DataType:
    """Return the type that all values share; text where they share none."""
    kinds = {_one_kind(value) for value in values if value is not None}
    if kinds == {"bool"}:
        return pa.bool_()
    if kinds == {"int"}:
        return pa.int64()
    if kinds and kinds <= {"int", "float"}:
        return pa.float64()
    return pa.string()


def _one_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -_WIDEST_INT <= value < _WIDEST_INT else "text"
    if isinstance(value, float):
        return "float"
    return "text"


def _cast(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if kind == pa.string():
        return encodable(value) if isinstance(value, str) else _json(value)
    if kind == pa.float64():
        return float(value) if math.isfinite(value) else None
    return value


def _json(value: Any) -> str:
    return encodable(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))
