"""The layers of a site as tables of one GeoPackage, styled for QGIS: empty for drawing, or with rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from firelane.site.qml import style
from firelane.site.schema import LAYERS, Column

_STYLE_TIME = pd.Timestamp("2000-01-01")  # QGIS takes the newest style; a fixed time keeps the file the same
_DATE = "2000-01-01T00:00:00.000Z"
_KINDS_ZH = {"Point": "点", "LineString": "线", "Polygon": "面"}


@dataclass(frozen=True)
class LayerTable:
    """One table of a GeoPackage.

    Attributes
    ----------
    layer : str
        Layer of the contract.
    name : str
        The table's name.
    geometry : str
        ``Point``, ``LineString`` or ``Polygon``: the kind that can be drawn into it.
    rows : GeoDataFrame, optional
        Rows with the layer's columns; None for an empty table.
    """

    layer: str
    name: str
    geometry: str
    rows: gpd.GeoDataFrame | None = None


def blank_tables() -> list[LayerTable]:
    """Return the empty tables of a site: one for each kind of geometry that a layer is drawn with."""
    return [
        LayerTable(name, f"{name}{suffix}", geometry)
        for name, layer in LAYERS.items()
        for suffix, geometry in layer.tables.items()
    ]


def write_tables(path: Path, tables: Sequence[LayerTable], crs: pyproj.CRS, lang: str) -> None:
    """Write a new GeoPackage; the same tables give the same bytes.

    Parameters
    ----------
    path : Path
        Must not exist.
    tables : sequence of LayerTable
    crs : CRS
    lang : str
        Language of titles, field names and lists.
    """
    with _fixed_date():
        for table in tables:
            rows = _stored_rows(table, crs)
            geometry, multi = _geometry_type(table.geometry, rows)
            pyogrio.write_dataframe(
                rows, path, layer=table.name, driver="GPKG", geometry_type=geometry, promote_to_multi=multi,
                append=path.exists(),
                layer_options={
                    "GEOMETRY_NAME": "geom",
                    "IDENTIFIER": _title(table, lang),
                    "DESCRIPTION": LAYERS[table.layer].help_zh if lang == "zh" else LAYERS[table.layer].help_en,
                },
            )  # fmt: skip
        # QGIS looks its styles up in a table of this name.
        styles = pd.DataFrame([_style_row(table, lang) for table in tables])
        pyogrio.write_dataframe(styles, path, layer="layer_styles", driver="GPKG", append=True)


@contextmanager
def _fixed_date() -> Iterator[None]:
    """Let GDAL date the tables alike whenever they are written."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None if before is None else str(before)})


def _style_row(table: LayerTable, lang: str) -> dict[str, Any]:
    return {
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": table.name,
        "f_geometry_column": "geom",
        "styleName": table.name,
        "styleQML": style(table.layer, table.geometry, lang),
        "styleSLD": "",
        "useAsDefault": True,
        "description": "firelane",
        "owner": "",
        "ui": "",
        "update_time": _STYLE_TIME,
    }


def _title(table: LayerTable, lang: str) -> str:
    """Return the table's title, which must differ between the tables of one layer."""
    layer = LAYERS[table.layer]
    title = layer.zh if lang == "zh" else layer.en
    if table.name == table.layer and len(layer.tables) == 1:
        return title
    return f"{title}（{_KINDS_ZH[table.geometry]}）" if lang == "zh" else f"{title} ({table.geometry})"


def _geometry_type(geometry: str, rows: gpd.GeoDataFrame) -> tuple[str, bool]:
    """Return the type that the table is declared with, and whether its rows have to become multi-part."""
    shapes = np.asarray(rows.geometry.to_numpy(), dtype=object)
    multi = bool((shapely.get_type_id(shapes) >= 4).any())
    deep = bool(shapely.has_z(shapes).any())
    return f"{'Multi' if multi else ''}{geometry}{' Z' if deep else ''}", multi


def _stored_rows(table: LayerTable, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return the rows as a GeoPackage keeps them: every column of the layer, what is not known as NULL."""
    columns = LAYERS[table.layer].columns.values()
    if table.rows is None:
        data = {column.name: pd.Series([], dtype=_stored(column)) for column in columns}
        return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
    frame = table.rows.reset_index(drop=True)
    data = {column.name: _values(frame[column.name], column) for column in columns}
    return gpd.GeoDataFrame(data, geometry=frame.geometry, crs=crs)


def _stored(column: Column) -> type:
    return {"number": float, "bool": bool}.get(column.kind, object)


def _values(values: pd.Series, column: Column) -> pd.Series:
    if column.kind == "number":
        numbers = values.astype(float)
        return numbers.where(np.isfinite(numbers))  # "no limit" is what an empty field means
    if column.kind == "bool":
        return values.astype("boolean")
    return values.astype(object).where(values.notna(), None)
