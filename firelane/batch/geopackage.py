"""``city.gpkg``: sites, their outlines, what fails and all lanes, as QGIS opens them; written by one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyogrio.errors import DataSourceError, FeatureError

from firelane.batch.record import LANES
from firelane.errors import OutputError
from firelane.vocabulary import Verdict

SHOWN = (Verdict.FAIL.value, Verdict.INDETERMINATE.value)
"""Verdicts of the findings in the GeoPackage; all others are in ``findings.parquet``."""

LANES_OF_CITY = pa.schema([("site_id", pa.string()), ("district", pa.string()), *LANES])
"""Columns of the layer ``lanes``."""

_DESCRIPTIONS = {
    "sites": "所有场地，包括未能完成的；位置未知者无几何 · all sites, those that were not done as well; no geometry where nothing tells the place",
    "outlines": "各场地道路范围（凸包） · extent of each site's roads (convex hull)",
    "findings": "不符合与无法判定的检查结果；其余见 findings.parquet · findings that fail or are indeterminate; the others are in findings.parquet",
    "lanes": "全部车道（简化至5厘米） · all lanes (simplified to 5 cm)",
}  # fmt: skip


def write_geopackage(sites: pa.Table, findings: Path, lanes: Path, path: Path) -> Path:
    """Write the city's GeoPackage.

    Parameters
    ----------
    sites : Table
        As ``parquet.sites_table`` makes it.
    findings : Path
        The finished ``findings.parquet``.
    lanes : Path
        Arrow file with the columns of ``LANES_OF_CITY``.
    path : Path
        Where it goes; there must be no such file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    points = np.full(len(sites), None, dtype=object)
    lon, lat = (sites.column(name).to_numpy() for name in ("lon", "lat"))
    there = ~np.isnan(lon)
    points[there] = shapely.points(lon[there], lat[there])
    flat = sites.drop_columns(["bbox"])
    at = flat.column_names.index("geometry")
    centres = flat.set_column(at, "geometry", pa.array(list(shapely.to_wkb(points)), pa.binary()))
    outlined = pc.and_(pc.is_valid(flat.column("geometry")), pc.equal(flat.column("status"), "done"))
    outlines = flat.filter(outlined).select(["site_id", "name", "district", "status", "verdict", "rank", "quality", "geometry"])
    _layer(path, "sites", "Point", centres.schema, lambda: iter(centres.to_batches()), first=True)
    _layer(path, "outlines", "Unknown", outlines.schema, lambda: iter(outlines.to_batches()))
    found = pq.ParquetFile(findings)
    names = [name for name in found.schema_arrow.names if name != "bbox"]
    schema = pa.schema([found.schema_arrow.field(name) for name in names])
    _layer(path, "findings", "Point", schema, lambda: _shown(found, names))
    with pa.memory_map(str(lanes)) as source, pa.ipc.open_file(source) as reader:
        batches = [reader.get_batch(n) for n in range(reader.num_record_batches)]  # mapped, not read
        _layer(path, "lanes", "LineString", LANES_OF_CITY, lambda: iter(batches))
    return path


def _shown(found: pq.ParquetFile, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for n in range(found.num_row_groups):
        table = found.read_row_group(n, columns=list(names))
        yield from table.filter(pc.is_in(table.column("verdict"), pa.array(SHOWN))).to_batches()


def _layer(
    path: Path, name: str, kind: str, schema: pa.Schema, batches: Callable[[], Iterator[pa.RecordBatch]], *, first: bool = False
) -> None:
    """Write one layer batch by batch."""
    plain = schema.remove_metadata()
    at = plain.get_field_index("geometry")
    plain = plain.set(at, plain.field(at).with_metadata({"ARROW:extension:name": "geoarrow.wkb"}))
    stream = pa.RecordBatchReader.from_batches(plain, (_as(batch, plain) for batch in batches()))
    options: dict[str, Any] = {"DESCRIPTION": _DESCRIPTIONS[name], "SPATIAL_INDEX": "YES"}
    try:
        pyogrio.write_arrow(
            stream, path, layer=name, driver="GPKG", geometry_name="geometry", geometry_type=kind, crs="EPSG:4326",
            append=not first, layer_options=options,
        )  # fmt: skip
    except (DataSourceError, FeatureError) as error:
        # GDAL tells of a full disk in words of its own, not as an OSError.
        said = str(error)[:120]
        raise OutputError(
            f"cannot write {path.name}: {said}; free some space, or choose another folder",
            f"无法写入 {path.name}：{said}；请清理磁盘，或改用其他文件夹",
        ) from error


def _as(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([batch.column(name) for name in schema.names], schema=schema)
