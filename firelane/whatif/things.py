"""Obstacles as records: what an edit exchanges, and the site that results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.edits_base import Body
from firelane.lanes.obstacles import obstruction_as_obstacle
from firelane.site.model import Site
from firelane.vocabulary import ParkingStatus

Key = tuple[str, str]

EDITED = ("obstructions", "parking")
"""The layers whose rows are obstacles, in the order of the table of obstacles."""


@dataclass(frozen=True)
class Thing:
    """One row of ``obstructions`` or ``parking``, as the row it is and as the obstacle it makes.

    Attributes
    ----------
    key : (layer, id)
    order : (int, int)
        Layer and row: its place in the table of obstacles.
    row : Mapping
        Column → value, the geometry too.
    shape : geometry
        As it stands there: a disc is a polygon about it.
    ground, overhead : bool
        Neither for a gate that opens, and for a bay that is planned only.
    clear_height_m, radius_m : float
        NaN where unknown, or not round [m].
    """

    key: Key
    order: tuple[int, int]
    row: Mapping[str, Any]
    shape: BaseGeometry
    ground: bool
    overhead: bool
    clear_height_m: float
    radius_m: float

    @classmethod
    def of(cls, layer: str, number: int, row: Mapping[str, Any]) -> Thing:
        """Make a thing of a row."""
        key, order = (layer, str(row["id"])), (EDITED.index(layer), number)
        if layer == "parking":
            occupied = row["status"] != ParkingStatus.PLANNED
            return cls(key, order, row, row["geometry"], occupied, overhead=False, clear_height_m=math.nan, radius_m=math.nan)
        made = obstruction_as_obstacle(SimpleNamespace(**row), {key: key[1]})
        ground, overhead, height, _, radius, shape = cast("tuple[Any, ...]", made[5:])
        return cls(key, order, row, shape, bool(ground), bool(overhead), float(height), float(radius))

    def body(self, shape: BaseGeometry) -> Body:
        """Return the obstacle as one space has it, with the shape it has there."""
        return Body(self.key, self.order, shape, self.radius_m, self.overhead, self.clear_height_m)

    def blocks(self, height_m: float | None) -> bool:
        """Tell whether it stands between the ground and ``height_m`` (None: the ground alone)."""
        if height_m is None:
            return self.ground
        return self.ground or (self.overhead and self.clear_height_m < height_m - 1e-6)

    def moved(self, geometry: BaseGeometry) -> Thing:
        """Return the thing at another place."""
        return Thing.of(self.key[0], self.order[1], {**self.row, "geometry": geometry})

    def numbered(self, number: int) -> Thing:
        """Return the thing as another row of its layer."""
        return replace(self, order=(self.order[0], number))


def things_of(site: Site) -> dict[Key, Thing]:
    """Return the things of a site, in the order of the table of obstacles."""
    result: dict[Key, Thing] = {}
    for layer in EDITED:
        if layer not in site.layers:
            continue
        table = site.layer(layer)
        geometries = table.geometry.to_numpy()
        columns = [c for c in table.columns if c != table.geometry.name]
        for n, values in enumerate(table[columns].itertuples(index=False, name=None)):
            row = {**dict(zip(columns, values, strict=True)), "geometry": geometries[n]}
            result[layer, str(row["id"])] = Thing.of(layer, n, row)
    return result


def site_with(site: Site, edits: Mapping[Key, Thing | None]) -> Site:
    """Return a site with some things exchanged; None is one that was removed.

    What stays keeps its row's place; what is new comes last in its layer.
    """
    layers = dict(site.layers)
    for layer in EDITED:
        mine = {key[1]: thing for key, thing in edits.items() if key[0] == layer}
        if not mine:
            continue
        table = site.layer(layer)
        ids = [str(i) for i in table["id"]]
        known = set(ids)
        rows: list[Mapping[str, Any]] = []
        geometries = table.geometry.to_numpy()
        columns = [c for c in table.columns if c != table.geometry.name]
        for n, values in enumerate(table[columns].itertuples(index=False, name=None)):
            kept = mine.get(ids[n], _KEPT)
            if kept is _KEPT:
                rows.append({**dict(zip(columns, values, strict=True)), "geometry": geometries[n]})
            elif kept is not None and kept.order[1] == n:
                rows.append(kept.row)
        fresh = [t for i, t in mine.items() if t is not None and (i not in known or t.order[1] >= len(ids))]
        rows += [t.row for t in sorted(fresh, key=lambda t: t.order)]
        layers[layer] = _table(table, columns, rows, site)
    return replace(site, layers=layers)


_KEPT: Any = object()


def _table(like: gpd.GeoDataFrame, columns: list[str], rows: list[Mapping[str, Any]], site: Site) -> gpd.GeoDataFrame:
    data = {}
    for name in columns:
        data[name] = pd.Series([row.get(name) for row in rows], dtype=like[name].dtype)
    geometry = gpd.GeoSeries([row["geometry"] for row in rows], crs=site.crs)
    return gpd.GeoDataFrame(data, geometry=geometry, crs=site.crs)


def off_the_mouths(shape: BaseGeometry, mouths: gpd.GeoDataFrame) -> BaseGeometry:
    """Return a wall or post that stands on a mouth line a hair inside, as the free space has it."""
    if shapely.get_dimensions(shape) >= 2 or not len(mouths):
        return shape
    inward = mouths[["inward_x", "inward_y"]].to_numpy(float)
    for line, step in zip(mouths.geometry.to_numpy(), inward, strict=True):
        if shapely.dwithin(line, shape, 1e-6):
            shape = shapely.transform(shape, lambda xy, by=1e-5 * step: xy + by)
    return shape

