"""Districts as files: one GeoJSON, a GeoJSON or a Shapefile per layer, a GeoPackage; and all in one GeoPackage."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from city_model import CRS, District, Layer
from city_names import TO_DEGREES

_CRS_MEMBER = '"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4550"}},'
_NO_CLOCK = {"OGR_CURRENT_DATE": "2025-01-01T00:00:00.000Z"}
_TYPES = {
    "fire_lane": "bool", "gate": "bool", "openable": "bool", "removable": "bool", "floors": "int",
    "clear_height_m": "float", "top_m": "float", "radius_m": "float", "width_m": "float", "height_m": "float",
    "top_width_m": "float",
}  # fmt: skip
_DTYPES = {"bool": "boolean", "int": "Int32", "float": "float64"}
_OURS = frozenset({".geojson", ".shp", ".shx", ".dbf", ".prj", ".cpg", ".gpkg", ".toml"})
_BATCH = 500


def write_site(made: District, folder: Path) -> Path:
    """Write one district into a folder of its own, as its dress says; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():  # of another dress: a site has each layer once
        if old.suffix in _OURS:
            old.unlink()
    {"layered": _layered, "folder": _folder, "shapefile": _shapefile, "geopackage": _geopackage}[made.dress.form](made, folder)
    if made.dress.told:
        (folder / "site.toml").write_text(site_toml(made), encoding="utf-8", newline="\n")
    return folder


# --- GeoJSON ------------------------------------------------------------------------------------------


def _layered(made: District, folder: Path) -> None:
    features = [f for name, rows in made.layers.items() for f in _features(rows, made, name, tag=True)]
    (folder / "site.geojson").write_text(_collection(features, made), encoding="utf-8", newline="\n")


def _folder(made: District, folder: Path) -> None:
    for name, rows in made.layers.items():
        text = _collection(_features(rows, made, name, tag=False), made)
        (folder / f"{made.dress.names.get(name, name)}.geojson").write_text(text, encoding="utf-8", newline="\n")


def _collection(features: Iterable[str], made: District) -> str:
    crs = "" if made.dress.degrees else _CRS_MEMBER
    return '{"type":"FeatureCollection",' + crs + '"features":[\n' + ",\n".join(features) + "\n]}\n"


def _features(rows: Layer, made: District, name: str, *, tag: bool) -> list[str]:
    shapes = shapely.to_geojson(_shapes(rows, made)).tolist() if len(rows) else []
    theirs = made.dress.columns.get(name, {})
    layer = {"layer": made.dress.names.get(name, name)} if tag else {}
    return [
        '{"type":"Feature","properties":' + json.dumps(layer | _renamed(values, theirs), ensure_ascii=False, separators=(",", ":"))
        + ',"geometry":' + shape + "}"
        for values, shape in zip(rows.rows, shapes, strict=True)
    ]  # fmt: skip


def _renamed(values: Mapping[str, Any], theirs: Mapping[str, str]) -> dict[str, Any]:
    return {theirs.get(k, k): v for k, v in values.items()} if theirs else dict(values)


def _shapes(rows: Layer, made: District) -> np.ndarray:
    array = np.array(rows.geometry, object)
    if not made.dress.degrees:
        return array
    return shapely.transform(array, lambda xy: np.round(np.column_stack(TO_DEGREES.transform(xy[:, 0], xy[:, 1])), 10))


# --- tables -------------------------------------------------------------------------------------------


def frame(rows: Layer, made: District | None = None, name: str = "") -> gpd.GeoDataFrame:
    """Return a layer as a table with the types that its columns have in every file."""
    theirs = made.dress.columns.get(name, {}) if made else {}
    keys = list(dict.fromkeys(k for values in rows.rows for k in values))
    data = {
        theirs.get(k, k): pd.Series([values.get(k) for values in rows.rows], dtype=_DTYPES.get(_TYPES.get(k, ""), "object"))
        for k in keys
    }
    degrees = made is not None and made.dress.degrees
    shapes = _shapes(rows, made) if made else np.array(rows.geometry, object)
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs="EPSG:4490" if degrees else CRS)


def _shapefile(made: District, folder: Path) -> None:
    for name, rows in made.layers.items():
        table = frame(rows, made, name)
        for column in table.columns.drop("geometry"):
            if table[column].dtype == "boolean":  # a .dbf of this writer has no truth values
                table[column] = table[column].astype("Int32")
        for kind, part in table.groupby(shapely.get_dimensions(table.geometry.to_numpy()), sort=True):
            stem = f"{made.dress.names.get(name, name)}{('_points', '_lines', '_polygons')[int(kind)]}"
            pyogrio.write_dataframe(
                part, folder / f"{stem}.shp", driver="ESRI Shapefile", encoding="GBK",
                layer_options={"DBF_DATE_LAST_UPDATE": "2025-01-01"},
            )  # fmt: skip


def _geopackage(made: District, folder: Path) -> None:
    tables = [(made.dress.names.get(name, name), frame(rows, made, name)) for name, rows in made.layers.items()]
    _write_gpkg(folder / "site.gpkg", tables)


def _write_gpkg(path: Path, tables: Iterable[tuple[str, gpd.GeoDataFrame]], *, append: bool = False) -> None:
    pyogrio.set_gdal_config_options(_NO_CLOCK)
    try:
        for name, table in tables:
            kinds = set(table.geom_type)
            pyogrio.write_dataframe(
                table, path, layer=name, driver="GPKG", geometry_type=kinds.pop() if len(kinds) == 1 else "Unknown", append=append,
            )  # fmt: skip
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_NO_CLOCK))


def write_many(districts: Iterable[District], path: Path) -> None:
    """Write districts into one GeoPackage: a table for each layer, with a column ``site_id``."""
    path.unlink(missing_ok=True)
    stream: Iterator[District] = iter(districts)
    known: dict[str, gpd.GeoDataFrame] = {}
    pyogrio.set_gdal_config_options(_NO_CLOCK)
    try:
        while some := list(islice(stream, _BATCH)):
            for name in sorted({n for d in some for n in d.layers}):
                rows = Layer()
                for d in some:
                    for g, v in zip(d.layers.get(name, Layer()).geometry, d.layers.get(name, Layer()).rows, strict=True):
                        rows.add(g, site_id=d.site_id, **{k: w for k, w in v.items() if k in _COLUMNS[name]})
                table = frame(rows)
                table = table.reindex(columns=["site_id", *_COLUMNS[name], "geometry"])
                for column in _COLUMNS[name]:
                    table[column] = table[column].astype(_DTYPES.get(_TYPES.get(column, ""), "object"))
                pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", geometry_type="Unknown", append=name in known)
                known[name] = table
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_NO_CLOCK))


_COLUMNS = {
    "roads": ("id", "name", "fire_lane", "kerb", "class"), "fire_lanes": ("id", "name"),
    "obstructions": ("id", "kind", "clear_height_m", "top_m", "radius_m", "openable", "name"),
    "buildings": ("id", "name", "height_m", "floors"), "entrances": ("id", "name", "kind", "gate", "openable"),
    "kerbs": ("id", "height_m", "top_width_m"), "parking": ("id", "status", "orientation"),
    "markings": ("id", "kind", "colour", "condition", "width_m"), "signs": ("id", "kind", "text", "condition"),
}  # fmt: skip


# --- site.toml ----------------------------------------------------------------------------------------


def site_toml(made: District) -> str:
    """Return what ``site.toml`` says of a district."""
    lines = ["[site]", f"id = {_text(made.site_id)}", f"name = {_text(made.name)}", f"district = {_text(made.district)}"]
    if made.manager:
        lines += [f"manager = {_text(made.manager)}", f"manager_kind = {_text(made.manager_kind)}"]
    lines.append(f"managed = {str(made.managed).lower()}")
    if made.accuracy_m is not None:
        lines.append(f"accuracy_m = {made.accuracy_m}")
    lines += _feeds(made)
    return "\n".join(lines) + "\n"


def _feeds(made: District) -> list[str]:
    """Return the tables that tell which of theirs is which of ours."""
    out = []
    for name in made.layers:
        columns = made.dress.columns.get(name, {})
        theirs = made.dress.names.get(name, name)
        if theirs == name and not columns:
            continue
        sources = [theirs]
        if made.dress.form == "shapefile":
            kinds = sorted(set(shapely.get_dimensions(np.array(made.layers[name].geometry, object)).tolist()))
            sources = [f"{theirs}{('_points', '_lines', '_polygons')[k]}" for k in kinds]
        for source in sources:
            out += ["", f"[[layers.{name}]]", f"from = {_text(source)}"]
            if columns:
                out.append("columns = { " + ", ".join(f"{k} = {_text(v)}" for k, v in columns.items()) + " }")
    return out


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
