"""The audit's files: ``audit.json``, ``results.gpkg``, ``findings.geojson``, ``findings.csv``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError, FeatureError
from shapely.geometry import Point

from firelane.auditing.document import document, finding_row
from firelane.auditing.record import Audit
from firelane.auditing.tracking_rows import tracking_layers
from firelane.crs import from_wgs84
from firelane.errors import OutputError, UsageError
from firelane.files import atomic_path, starts_formula, write_text

DATUMS = ("wgs84", "gcj02", "bd09")
"""Datums in which findings may be written for other maps."""


def write_audit(
    audit: Audit, folder: Path, *, markings: gpd.GeoDataFrame | None = None, datum: str = "wgs84"
) -> list[Path]:
    """Write the audit's files into ``folder``; each appears whole or not at all.

    Parameters
    ----------
    audit : Audit
    folder : Path
        Must exist.
    markings : GeoDataFrame, optional
        ``MarkingPlan.paint``, for the layer ``markings`` of ``results.gpkg``.
    datum : {"wgs84", "gcj02", "bd09"}
        Offset datum of a further ``findings.<datum>.geojson``, for the maps of Gaode and Tencent (``gcj02``) or Baidu
        (``bd09``); ``findings.geojson`` itself is always WGS 84.

    Raises
    ------
    OutputError
        If a file cannot be written; older files are untouched.
    UsageError
        If the datum is unknown, before anything is written.
    """
    check_datum(datum)
    doc = document(audit)
    paths = [folder / "audit.json", folder / "findings.geojson", folder / "findings.csv", folder / "results.gpkg"]
    write_text(paths[0], json.dumps(doc, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    write_text(paths[1], json.dumps(_geojson(audit), ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    write_text(paths[2], findings_csv(audit), encoding="utf-8-sig")
    write_results(audit, paths[3], markings=markings)
    if datum != "wgs84":
        paths.append(folder / f"findings.{datum}.geojson")
        write_text(paths[4], json.dumps(_geojson(audit, datum), ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    return paths


def check_datum(datum: str) -> None:
    """Refuse a datum in which findings cannot be written.

    Raises
    ------
    UsageError
    """
    if datum not in DATUMS:
        raise UsageError(
            f"unknown datum {datum!r}: use {', '.join(DATUMS)}", f"未知的坐标基准 {datum!r}：可用 {'、'.join(DATUMS)}"
        )


def _geojson(audit: Audit, datum: str = "wgs84") -> dict[str, object]:
    features = []
    for finding in audit.findings:
        row = finding_row(finding)
        lonlat = row.pop("lonlat")
        if lonlat is not None and datum != "wgs84":
            lonlat = np.round(from_wgs84(lonlat, datum), 9).tolist()
        features.append({
            "type": "Feature",
            "id": row["finding_id"],
            "geometry": None if lonlat is None else {"type": "Point", "coordinates": lonlat},
            "properties": row,
        })  # fmt: skip
    # The format knows WGS 84 alone: a file in another datum says so, for who finds it later.
    said = {} if datum == "wgs84" else {"name": f"findings ({datum})", "datum": datum}
    return {"type": "FeatureCollection", **said, "features": features}


def spreadsheet_safe(value: object) -> object:
    """Return a value that no spreadsheet takes for a formula.

    >>> spreadsheet_safe("=1+1"), spreadsheet_safe("-3 m"), spreadsheet_safe(-3.0)
    ("'=1+1", "'-3 m", -3.0)
    """
    if isinstance(value, str) and starts_formula(value):
        return f"'{value}"
    return value


def findings_csv(audit: Audit) -> str:
    """Return the findings as CSV text (UTF-8; the byte-order mark is the writer's business)."""
    columns = [
        "finding_id", "rule_id", "article", "verdict", "severity", "quantity", "value", "threshold", "unit",
        "margin", "lane_id", "x_east_m", "y_north_m", "lon", "lat", "owners", "message_zh", "message_en",
    ]  # fmt: skip
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for finding in audit.findings:
        row = finding_row(finding)
        row["x_east_m"], row["y_north_m"] = row["location"] or (None, None)
        row["lon"], row["lat"] = row["lonlat"] or (None, None)
        row["owners"] = ";".join(row["owners"])
        writer.writerow(["" if row[c] is None else spreadsheet_safe(row[c]) for c in columns])
    return out.getvalue()


def write_results(audit: Audit, path: Path, *, markings: gpd.GeoDataFrame | None = None) -> None:
    """Write ``results.gpkg`` with the contract's layers."""
    crs = audit.site.crs
    rows = [finding_row(f) for f in audit.findings]
    points = [Point(r["location"]) if r["location"] else None for r in rows]
    for row in rows:
        row["owners"] = ";".join(row["owners"])
        for key in ("location", "lonlat", "chainage_m"):
            row.pop(key)
    findings = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=points, crs=crs)
    lanes = audit.lanes.assign(road_ids=[";".join(r) for r in audit.lanes["road_ids"]])
    pinches = audit.pinches.assign(owners=[";".join(r) for r in audit.pinches["owners"]])
    layers = {
        "lanes": (lanes, "LineString"),
        "profile": (audit.profile, "Point"),
        "pinches": (pinches, "LineString"),
        "buildings": (audit.buildings, "Unknown"),
        "findings": (findings, "Point"),
    }
    remedies = _remedies(audit)
    if remedies is not None:
        layers["remedies"] = (remedies, "Point")
    layers |= {name: (_joined(table), "Unknown") for name, table in audit.tables.items()}
    layers |= tracking_layers(audit.tracking, crs)
    if markings is not None:
        columns = [c for c in ("mark_id", "kind", "lane_id", "entrance_id", "area_m2", "length_m") if c in markings]
        layers["markings"] = (markings[[*columns, "geometry"]], "MultiPolygon")
    with atomic_path(path) as temporary:
        try:
            with _unsynced():
                for name, (table, kind) in layers.items():
                    _write_layer(table, temporary, name, kind)
        except (DataSourceError, FeatureError) as error:
            # GDAL tells of a full disk in words of its own, not as an OSError.
            said = str(error)[:120]
            raise OutputError(
                f"cannot write {path}: {said}; free some space, or choose another folder",
                f"无法写入 {path}：{said}；请清理磁盘，或改用其他文件夹",
            ) from error


@contextmanager
def _unsynced() -> Iterator[None]:
    """Let GDAL's SQLite not wait for the disk after every table: nobody sees the file before it is whole and flushed."""
    name = "OGR_SQLITE_SYNCHRONOUS"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: "OFF"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _remedies(audit: Audit) -> gpd.GeoDataFrame | None:
    """Return the remedies as points, lists joined; None where there are none."""
    if not audit.remedies:
        return None
    columns = [
        "target_kind", "target", "action", "level", "owners", "cost", "proven", "lower_bound", "resulting_width_m",
        "text_zh", "text_en",
    ]  # fmt: skip
    table = pd.DataFrame([{c: row.get(c) for c in columns} for row in audit.remedies], columns=columns)
    places = [row.get("place") for row in audit.remedies]
    points = [None if place is None else Point(place) for place in places]
    return _joined(gpd.GeoDataFrame(table, geometry=points, crs=audit.site.crs))


def _joined(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table whose lists are texts joined by semicolons: a GeoPackage holds no lists."""
    table = table.copy()
    for column in table.columns:
        if column != "geometry" and table[column].map(lambda v: isinstance(v, (tuple, list))).any():
            table[column] = [";".join(map(str, v)) if isinstance(v, (tuple, list)) else v for v in table[column]]
    return table


def _write_layer(table: gpd.GeoDataFrame, path: Path, name: str, kind: str) -> None:
    table = table.copy()
    for column in table.columns:
        if column != "geometry" and table[column].dtype == object:
            # An all-empty text column would otherwise be refused or guessed.
            table[column] = [None if v is None or (isinstance(v, float) and np.isnan(v)) else v for v in table[column]]
    table.to_file(
        path, layer=name, driver="GPKG", engine="pyogrio", geometry_type=kind,
        promote_to_multi=kind == "MultiPolygon",
    )  # fmt: skip
