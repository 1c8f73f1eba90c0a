"""Rows of a sample's layers, and the GeoPackage they are written to."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from sample_geometry import Frame, Run, heading
from shapely import LineString, Point, Polygon, orient_polygons, prepare, union_all

CRS = "EPSG:4550"

# Columns of each layer and their types; the nullable ones stay null where nothing is known.
COLUMNS: dict[str, dict[str, str]] = {
    "roads": {"id": "str", "name": "str", "fire_lane": "bool", "kerb": "str", "class": "str"},
    "fire_lanes": {"id": "str", "name": "str"},
    "obstructions": {
        "id": "str", "kind": "str", "clear_height_m": "float", "top_m": "float", "radius_m": "float",
        "width_m": "float", "removable": "bool", "openable": "bool", "name": "str",
    },
    "buildings": {"id": "str", "name": "str", "height_m": "float", "floors": "int"},
    "entrances": {
        "id": "str", "name": "str", "kind": "str", "gate": "bool", "openable": "bool",
        "clear_height_m": "float",
    },
    "kerbs": {"id": "str", "height_m": "float", "top_width_m": "float"},
    "parking": {"id": "str", "status": "str", "orientation": "str"},
    "markings": {"id": "str", "kind": "str", "colour": "str", "condition": "str", "width_m": "float"},
    "signs": {"id": "str", "kind": "str", "text": "str", "condition": "str"},
}  # fmt: skip

_DTYPES = {"str": "object", "bool": "boolean", "float": "float64", "int": "Int32"}


@dataclass
class Layers:
    """All layers of one sample in the drawing's axes."""

    rows: dict[str, list[dict]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def add(self, layer: str, geometry, **values) -> None:
        """Add one row."""
        self.rows[layer].append({"geometry": geometry, **values})

    def frame(self, layer: str, frame: Frame) -> gpd.GeoDataFrame:
        """Return a layer as a table on the map."""
        rows, columns = self.rows[layer], COLUMNS[layer]
        data = {
            name: pd.Series([row.get(name) for row in rows], dtype=_DTYPES[kind])
            for name, kind in columns.items()
        }
        geometry = orient_polygons(np.array([frame.place(row["geometry"]) for row in rows], dtype=object))
        return gpd.GeoDataFrame(data, geometry=geometry, crs=CRS)

    def write(self, path: Path, frame: Frame, layers: Iterable[str] = COLUMNS) -> None:
        """Write the GeoPackage anew; the time stamp inside is fixed, so that reruns do not differ."""
        part = path.with_name(path.stem + ".part.gpkg")
        part.unlink(missing_ok=True)
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2025-01-01T00:00:00.000Z"})
        try:
            for layer in layers:
                table = self.frame(layer, frame)
                kinds = set(table.geom_type)
                pyogrio.write_dataframe(
                    table, part, layer=layer, driver="GPKG", append=part.exists(),
                    geometry_type=kinds.pop() if len(kinds) == 1 else "Unknown",
                    layer_options={"SPATIAL_INDEX": "NO"},
                )  # fmt: skip
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        os.replace(part, path)  # noqa: PTH105  (atomic, and overwrites on every system)


def slab(u0: float, v0: float, u1: float, v1: float, units: int) -> Polygon:
    """Return a slab block: a stair bay on the north side and balconies on the south of each unit."""
    pts = [(u0, v0)]
    step = (u1 - u0) / units
    for i in range(units):
        a = u0 + i * step
        for du in (0.12, 0.62):  # two balconies
            pts += [
                (a + du * step, v0), (a + du * step, v0 - 1.2),
                (a + (du + 0.26) * step, v0 - 1.2), (a + (du + 0.26) * step, v0),
            ]  # fmt: skip
    pts += [(u1, v0), (u1, v1)]
    for i in reversed(range(units)):
        middle = u0 + (i + 0.5) * step
        pts += [(middle + 1.5, v1), (middle + 1.5, v1 + 0.9), (middle - 1.5, v1 + 0.9), (middle - 1.5, v1)]
    return Polygon([*pts, (u0, v1)])


def tower(u0: float, v0: float, u1: float, v1: float) -> Polygon:
    """Return a point block with notched corners."""
    du, dv = (u1 - u0) * 0.16, (v1 - v0) * 0.16
    return Polygon(
        [
            (u0 + du, v0),
            (u1 - du, v0),
            (u1 - du, v0 + dv),
            (u1, v0 + dv),
            (u1, v1 - dv),
            (u1 - du, v1 - dv),
            (u1 - du, v1),
            (u0 + du, v1),
            (u0 + du, v1 - dv),
            (u0, v1 - dv),
            (u0, v0 + dv),
            (u0 + du, v0 + dv),
        ]
    )


def avenue(runs: list[Run], off: float, step: float, start: float = 4.0) -> list[tuple[float, float]]:
    """Return places for trees or signs outside the pavement, ``off`` from its edge."""
    out = []
    for run in runs:
        line = run.line
        for i in range(int((line.length - start) // step) + 1 if line.length > start else 0):
            at = start + i * step
            point, (x, y) = line.interpolate(at), heading(line, at)
            out.append((point.x + y * off, point.y - x * off))
    return out


def add_trees(layers: Layers, places: list[tuple[float, float]], keep_off: list) -> None:
    """Add trees of plausible trunk radii wherever nothing else stands."""
    taken = [area.buffer(0.7) for area in keep_off]
    taken += [row["geometry"].buffer(2.5) for row in layers.rows["buildings"]]
    taken += [row["geometry"].buffer(0.8) for row in layers.rows["parking"]]
    taken += [row["geometry"].buffer(1.2) for name in ("signs", "obstructions") for row in layers.rows[name]]
    occupied = union_all(taken)
    prepare(occupied)
    number = 0
    for at in places:
        if occupied.intersects(Point(at)):
            continue
        number += 1
        radius = round(0.10 + 0.02 * (number * 7 % 6), 3)
        layers.add(
            "obstructions", Point(at), id=f"T{number:03d}", kind="tree", radius_m=radius, removable=False
        )


def add_signs(
    layers: Layers,
    mouths: list[tuple[LineString, tuple[float, float]]],
    lanes: list[tuple[LineString, float]],
    keep_off: list,
) -> list[int]:
    """Add warning signs on both sides of each mouth and along the lanes, on alternate sides.

    ``mouths`` holds lines with their direction inwards, ``lanes`` axes with half the road's width.
    Return for each sign the number of its lane, -1 at the mouths.
    """
    places: list[tuple[int, tuple[float, float]]] = []
    for line, (ix, iy) in mouths:
        (ax, ay), (bx, by) = line.coords
        dx, dy = (bx - ax) / line.length * 0.8, (by - ay) / line.length * 0.8
        for x, y, way in ((ax, ay, -1), (bx, by, 1)):
            places.append((-1, (x + dx * way + ix * 0.5, y + dy * way + iy * 0.5)))
    occupied = union_all([*keep_off, *(row["geometry"] for row in layers.rows["parking"])])
    for number, (axis, half) in enumerate(lanes):
        count = max(2, math.ceil(axis.length / 16))
        for i in range(count):
            chainage = (i + 0.5) * axis.length / count
            at, (x, y) = axis.interpolate(chainage), heading(axis, chainage)
            for way in (1, -1) if i % 2 else (-1, 1):
                off = (half + 0.8) * way
                point = (at.x - y * off, at.y + x * off)
                if occupied.distance(Point(point)) > 0.25:
                    places.append((number, point))
                    break
    for n, (_number, point) in enumerate(places, 1):
        layers.add(
            "signs", Point(point), id=f"SG{n:02d}", kind="warning", text="消防车道 禁止占用", condition="good"
        )
    return [number for number, _point in places]


def car(u: float, v: float, length: float = 4.5, width: float = 1.8, turned_deg: float = 0.0) -> Polygon:
    """Return a parked car by its centre, length along u unless turned."""
    c, s = math.cos(math.radians(turned_deg)), math.sin(math.radians(turned_deg))
    hl, hw = length / 2, width / 2
    return Polygon(
        [(u + c * x - s * y, v + s * x + c * y) for x, y in ((-hl, -hw), (hl, -hw), (hl, hw), (-hl, hw))]
    )


def wire(u0: float, v0: float, u1: float, v1: float) -> LineString:
    """Return a straight line."""
    return LineString([(u0, v0), (u1, v1)])
