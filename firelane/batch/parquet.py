"""GeoParquet of the city: rows along the Hilbert curve, a box for each, row groups that a reader can leave out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from firelane.batch.columns import columns
from firelane.batch.record import FINDINGS

ROWS_OF_GROUP = 16_384
"""Least rows of a row group of findings: small enough that a small window leaves most groups out."""

_BOX = pa.struct([(name, pa.float64()) for name in ("xmin", "ymin", "xmax", "ymax")])
_OF_SITE = ("site_id", "site_name", "district", "manager")


def findings_schema() -> pa.Schema:
    """Return the schema of ``findings.parquet``."""
    fields = [pa.field(c.name, c.arrow) for c in columns("findings")]
    return _with_geometry(fields, ["Point"])


def sites_schema(attributes: Iterable[pa.Field], kinds: Sequence[str]) -> pa.Schema:
    """Return the schema of ``sites.parquet``: our columns, the manifest's, the outline."""
    fields = [pa.field(c.name, c.arrow) for c in columns("sites")]
    return _with_geometry([*fields, *attributes], kinds)


def _with_geometry(fields: Sequence[pa.Field], kinds: Sequence[str]) -> pa.Schema:
    """Add geometry and box, and say so as GeoParquet 1.1 has it; no system named means WGS 84, longitude first."""
    column = {
        "encoding": "WKB",
        "geometry_types": sorted(kinds),
        "covering": {"bbox": {name: ["bbox", name] for name in ("xmin", "ymin", "xmax", "ymax")}},
    }
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    schema = pa.schema([*fields, pa.field("geometry", pa.binary()), pa.field("bbox", _BOX)])
    return schema.with_metadata({"geo": json.dumps(geo)})


def boxes(bounds: np.ndarray[Any, Any]) -> pa.StructArray:
    """Return boxes as a column; null where there is no geometry."""
    missing = np.isnan(bounds[:, 0])
    parts = [pa.array(bounds[:, n], mask=missing) for n in range(4)]
    return pa.StructArray.from_arrays(parts, fields=list(_BOX), mask=pa.array(missing))


def sites_table(rows: Sequence[Mapping[str, Any]], attributes: Sequence[pa.Field]) -> pa.Table:
    """Return the table of sites in the order of the rows.

    Parameters
    ----------
    rows : sequence of mapping
        As ``dressing.dressed`` gives them, with rank and attributes.
    attributes : sequence of Field
    """
    shapes = [shapely.from_wkb(row["outline"]) if row["outline"] else _point(row) for row in rows]
    shapes_array = np.array(shapes, dtype=object)
    kinds = sorted({shape.geom_type for shape in shapes if shape is not None})
    schema = sites_schema(attributes, kinds)
    data = [pa.array([row.get(f.name) for row in rows], f.type) for f in schema if f.name not in ("geometry", "bbox")]
    bounds = shapely.bounds(shapes_array).reshape(-1, 4)
    return pa.table([*data, _wkb(shapes_array), boxes(bounds)], schema=schema)


def _point(row: Mapping[str, Any]) -> shapely.Geometry | None:
    return None if row["lon"] is None else shapely.Point(row["lon"], row["lat"])


def _wkb(shapes: np.ndarray[Any, Any]) -> pa.Array:
    return pa.array(list(shapely.to_wkb(shapes, byte_order=1)), pa.binary())


def write_table(table: pa.Table, path: Path, rows_of_group: int) -> None:
    """Write a table whose schema tells of its geometry."""
    with parquet_writer(path, table.schema) as writer:
        writer.write_table(table, row_group_size=rows_of_group)


def parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Return a writer with the settings of all our files."""
    return pq.ParquetWriter(path, schema, compression="zstd", compression_level=3, write_page_index=True)


class FindingsWriter:
    """Writes the findings of site after site, a row group at a time.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._schema = findings_schema()
        self._writer = parquet_writer(path, self._schema)
        self._waiting: list[tuple[Mapping[str, Any], pa.Table]] = []
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._writer.close()

    def add(self, row: Mapping[str, Any], findings: pa.Table) -> pa.Table | None:
        """Take the findings of one site; return the row group that was written, if one is full.

        Parameters
        ----------
        row : mapping
            The site's row.
        findings : Table
            Columns of ``record.FINDINGS``.
        """
        self._waiting.append((row, findings))
        self._rows += len(findings)
        return self.flush() if self._rows >= ROWS_OF_GROUP else None

    def flush(self) -> pa.Table | None:
        """Write what waits; return it."""
        if not self._rows:
            self._waiting.clear()
            return None
        group = with_places([row for row, _ in self._waiting], [found for _, found in self._waiting], self._schema)
        self._waiting.clear()
        self._rows = 0
        self._writer.write_table(group, row_group_size=2 * ROWS_OF_GROUP)
        return group


def with_places(rows: Sequence[Mapping[str, Any]], found: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """Return the findings of several sites with what the sites add: whose they are, geometry, box."""
    table = pa.concat_tables([t.select(FINDINGS.names).cast(FINDINGS) for t in found]).combine_chunks()
    whose = pa.array(np.repeat(np.arange(len(rows)), [len(t) for t in found]))
    of_site = {"site_name": "name"}
    data = [
        pa.array([row[of_site.get(name, name)] for row in rows], pa.string()).take(whose) for name in _OF_SITE
    ]
    lon, lat = (table.column(name).to_numpy() for name in ("lon", "lat"))
    missing = np.isnan(lon) | np.isnan(lat)
    points = np.full(len(lon), None, dtype=object)
    points[~missing] = shapely.points(lon[~missing], lat[~missing])
    wkb = pc.if_else(pa.array(missing), pa.scalar(None, pa.binary()), _wkb(points))
    bounds = np.column_stack([lon, lat, lon, lat])
    bounds[missing] = np.nan
    return pa.table([*data, *table.columns, wkb, boxes(bounds)], schema=schema)
