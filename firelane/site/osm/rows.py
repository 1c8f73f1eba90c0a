"""Rows of our layers as they are made of objects, and the account of what became of every group of tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.site.formats import Table
from firelane.site.journal import Journal
from firelane.site.model import Reading
from firelane.site.osm.remarks import GROUP_REMARKS, ROW_REMARKS
from firelane.site.osm.stream import Thing
from firelane.site.schema import LAYERS

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One row of a layer of ours, in longitude and latitude."""

    id: str
    geometry: BaseGeometry
    values: Values
    tags: Mapping[str, str]


@dataclass
class _Group:
    found: Counter[str] = field(default_factory=Counter)
    layer: str | None = None
    rows: int = 0
    ignored: int = 0
    remarks: Counter[str] = field(default_factory=Counter)


@dataclass
class Tables:
    """The layers as they grow, and the account of them.

    Attributes
    ----------
    rows : dict
        Layer → its rows.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict)
    groups: dict[str, _Group] = field(default_factory=dict)
    said: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)

    def meet(self, group: str, thing: Thing) -> _Group:
        """Count an object of a group of tags."""
        entry = self.groups.setdefault(group, _Group())
        entry.found[thing.kind] += 1
        return entry

    def ignore(self, group: str, thing: Thing, remark: str = "") -> None:
        """Count an object of which nothing is made."""
        entry = self.meet(group, thing)
        entry.ignored += 1
        if remark:
            entry.remarks[remark] += 1

    def feed(
        self, layer: str, group: str, thing: Thing, parts: Sequence[BaseGeometry], values: Values, *, met: bool = False
    ) -> None:
        """Make rows of the parts of an object: one for each, the second and further with their number behind the id."""
        entry = self.groups.setdefault(group, _Group()) if met else self.meet(group, thing)
        entry.layer = layer
        entry.rows += len(parts)
        if not parts:
            entry.ignored += 1
        for part in parts:
            self.rows.setdefault(layer, []).append(Row(self._free(layer, thing.id), part, values, thing.tags))

    def remark(self, group: str, code: str) -> None:
        """Add a remark to a group."""
        self.groups.setdefault(group, _Group()).remarks[code] += 1

    def say(self, code: str, layer: str, row: str) -> None:
        """Tell of one row by its id."""
        self.said.setdefault((code, layer), []).append(row)

    def _free(self, layer: str, wanted: str) -> str:
        used = self.ids.setdefault(layer, set())
        name, n = wanted, 1
        while name in used:
            n += 1
            name = f"{wanted}/{n}"
        used.add(name)
        return name

    def readings(self, path: Path) -> tuple[Reading, ...]:
        """Return the account, one reading for each group of tags, in alphabetical order."""
        out = []
        for source in sorted(self.groups):
            group = self.groups[source]
            texts = [(GROUP_REMARKS[code], count) for code, count in sorted(group.remarks.items())]
            out.append(
                Reading(
                    path=path.name,
                    source=source,
                    found=dict(sorted(group.found.items())),
                    layer=group.layer,
                    rows=group.rows,
                    ignored=group.ignored,
                    zh="；".join(f"{zh}（{n}）" for (_, zh), n in texts),
                    en="; ".join(f"{en} ({n})" for (en, _), n in texts),
                )
            )
        return tuple(out)

    def tell(self, journal: Journal) -> None:
        """Add what is to be said of single rows to the journal."""
        for (code, layer), ids in sorted(self.said.items()):
            en, zh = ROW_REMARKS[code]
            journal.note_rows(f"osm_{code}", en, zh, list(dict.fromkeys(ids)), layer=layer)

    def table(self, layer: str, path: Path, keys: Collection[str] = ()) -> Table:
        """Return a layer as a table, with the tags ``keys`` as further columns."""
        rows = self.rows.get(layer, [])
        columns: dict[str, Any] = {"id": [row.id for row in rows]}
        for name in LAYERS[layer].columns:
            if name != "id" and any(row.values.get(name) is not None for row in rows):
                columns[name] = [row.values.get(name) for row in rows]
        for key in keys:
            columns.setdefault(key, [row.tags.get(key) for row in rows])
        return Table(
            name=layer,
            path=path,
            geometry=_objects([row.geometry for row in rows]),
            broken=np.zeros(len(rows), dtype=bool),
            columns={name: _objects(values) for name, values in columns.items()},
            crs=pyproj.CRS.from_epsg(4326),
        )


def _objects(values: Sequence[Any]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def parts_of(geometry: BaseGeometry | None, kind: str) -> list[BaseGeometry]:
    """Return the single parts of one kind (``line`` or ``polygon``) of a geometry."""
    if geometry is None or geometry.is_empty:
        return []
    wanted = {"line": ("LineString", "LinearRing"), "polygon": ("Polygon",)}[kind]
    if geometry.geom_type in wanted:
        return [geometry]
    flat = shapely.get_parts(shapely.get_parts(geometry))
    return [part for part in flat if part.geom_type in wanted and not part.is_empty]
