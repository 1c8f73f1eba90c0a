"""What was read, in a form to print: the ``check`` command's answer."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from firelane import crs as crs_tools
from firelane.site.model import Note, Reading, Site
from firelane.site.schema import LAYERS


def describe(site: Site) -> dict[str, Any]:
    """Return counts, CRS, extent, inputs and notes of a site as plain values.

    Parameters
    ----------
    site : Site

    Returns
    -------
    dict
        ``id``, ``name``, ``crs`` (code, or WKT where no authority knows it), ``crs_name``, ``placed`` (whether the
        coordinates tell where on earth it lies), ``bounds`` [m], ``extent_m`` (east-west, north-south) [m],
        ``accuracy_m``, ``datum``;
        ``layers``: for each layer of the contract ``surveyed``, ``rows``, ``geometry`` (type ->
        count) and its labels ``zh``, ``en``;
        ``road_widths``: how wide the roads are about, twice their area over their perimeter (``least_m``,
        ``middle_m``, ``greatest_m`` [m], None without roads; ``area_m2``), so that a slip of the unit is seen at once;
        how many outlines are ``derived`` from a width that was told, and the centrelines ``without_width``;
        ``inputs``, ``readings`` (parts of CAD plans and OpenStreetMap extracts), ``points`` (laser tiles) and
        ``notes`` as dicts.
    """
    layers = {}
    for name, layer in LAYERS.items():
        table = site.layer(name)
        types = table.geom_type.value_counts()
        layers[name] = {
            "surveyed": site.surveyed(name),
            "rows": len(table),
            "geometry": {str(kind): int(types[kind]) for kind in sorted(types.index)},
            "zh": layer.zh,
            "en": layer.en,
        }
    west, south, east, north = site.bounds
    return {
        "id": site.id,
        "name": site.name,
        "crs": crs_tools.code(site.crs),
        "crs_name": site.crs.name,
        "placed": site.placed,
        "bounds": [west, south, east, north],
        "extent_m": [east - west, north - south],
        "accuracy_m": site.config.accuracy_m,
        "datum": site.config.datum,
        "layers": layers,
        "road_widths": _road_widths(site),
        "inputs": [
            {"path": item.path, "sha256": item.sha256, "layer": item.layer, "rows": item.rows}
            for item in site.inputs
        ],
        "readings": [reading_row(reading) for reading in site.readings],
        "points": [
            {
                "path": tile.path.name,
                "points": tile.points,
                "crs": crs_tools.code(tile.crs),
                "bounds": [float(value) for value in tile.bounds],
            }
            for tile in site.points
        ],
        "notes": [note_row(note) for note in site.notes],
    }


def reading_row(reading: Reading) -> dict[str, Any]:
    """Return what was made of one part of an input as plain values."""
    return {
        "path": reading.path,
        "source": reading.source,
        "found": {str(kind): int(count) for kind, count in reading.found.items()},
        "layer": reading.layer,
        "rows": reading.rows,
        "mended": reading.mended,
        "ignored": reading.ignored,
        "zh": reading.zh,
        "en": reading.en,
    }


def note_row(note: Note) -> dict[str, Any]:
    """Return a note as plain values."""
    return {"code": note.code, "zh": note.zh, "en": note.en, "layer": note.layer, "row": note.row}


def about_wide_m(roads: gpd.GeoDataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return how wide each road is about [m]: twice its area over its perimeter, exact for a long strip.

    >>> round(float(about_wide_m(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 600, 6)]))[0]), 2)
    5.94
    """
    shapes = np.asarray(roads.geometry.to_numpy(), dtype=object)
    around = shapely.length(shapes)
    return np.asarray(np.divide(2.0 * shapely.area(shapes), around, out=np.zeros(len(shapes)), where=around > 0))


def _road_widths(site: Site) -> dict[str, Any]:
    roads, lines = site.layer("roads"), site.layer("road_lines")
    wide = about_wide_m(roads)
    known = len(wide) > 0
    return {
        "least_m": float(wide.min()) if known else None,
        "middle_m": float(np.median(wide)) if known else None,
        "greatest_m": float(wide.max()) if known else None,
        "area_m2": float(roads.geometry.area.sum()),
        "derived": int(roads["derived"].notna().sum()) if "derived" in roads else 0,
        "without_width": len(lines),
    }
