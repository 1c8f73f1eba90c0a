"""Everything that can narrow a lane, with its exact shape, in one table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.site.model import LAYERS, Site
from firelane.vocabulary import ObstructionKind, ParkingStatus

CHORD_ERROR_M = 1e-4
"""A round obstacle is drawn as a polygon around it that stands out by at most this: on the safe side."""

COLUMNS = (
    "owner", "layer", "id", "kind", "name", "ground", "overhead", "clear_height_m", "removable", "radius_m",
    "geometry",
)  # fmt: skip


def disc(x: float, y: float, radius_m: float) -> BaseGeometry:
    """Return a regular polygon circumscribed about a disc.

    >>> 1.0 < disc(0.0, 0.0, 0.15).area / (math.pi * 0.15**2) < 1.001
    True
    """
    sides = max(8, math.ceil(math.pi / math.sqrt(2 * CHORD_ERROR_M / radius_m)))
    outer = radius_m / math.cos(math.pi / sides)
    angle = (np.arange(sides) + 0.5) * (2 * math.pi / sides)
    return shapely.polygons(np.column_stack((x + outer * np.cos(angle), y + outer * np.sin(angle))))


def owner_labels(site: Site) -> dict[tuple[str, str], str]:
    """Return (layer, id) → label: the id itself, or ``<layer>:<id>`` where two layers share it."""
    ids = {layer: list(site.layers[layer]["id"]) for layer in LAYERS if layer in site.layers}
    seen = Counter(row_id for rows in ids.values() for row_id in rows)
    return {
        (layer, row_id): row_id if seen[row_id] == 1 else f"{layer}:{row_id}"
        for layer, rows in ids.items()
        for row_id in rows
    }


def obstacles(site: Site) -> gpd.GeoDataFrame:
    """Return all obstacles of a site.

    One row per obstruction and per existing parking bay (it counts as occupied). ``ground`` is True
    for what stands on the ground, ``overhead`` for what spans above it; a gate that opens, or of
    which nothing is known, is neither. ``clear_height_m`` is the underside above the road, NaN
    where unknown. Geometry: Polygon, or LineString and Point where the input gives no width. A round
    obstacle is a polygon about its disc; ``radius_m`` (NaN for others) gives the disc itself.
    """
    labels = owner_labels(site)
    rows = [obstruction_as_obstacle(row, labels) for row in site.layer("obstructions").itertuples()]
    for row in site.layer("parking").itertuples():
        if row.status == ParkingStatus.PLANNED:
            continue
        rows.append((
            labels["parking", row.id], "parking", row.id, ObstructionKind.PARKING_BAY.value, None, True, False,
            math.nan, True, math.nan, row.geometry,
        ))  # fmt: skip
    if not rows:
        return gpd.GeoDataFrame({c: [] for c in COLUMNS}, geometry="geometry", crs=site.crs)
    return gpd.GeoDataFrame(rows, columns=list(COLUMNS), geometry="geometry", crs=site.crs)


def obstruction_as_obstacle(row: Any, labels: Mapping[tuple[str, str], str]) -> tuple[object, ...]:
    """Return one row of ``obstructions`` as a row of the table of obstacles, in the order of ``COLUMNS``.

    Parameters
    ----------
    row : named tuple or namespace
        The columns of the layer, the geometry too.
    labels : Mapping
        (layer, id) → owner.
    """
    kind = ObstructionKind(row.kind) if row.kind else ObstructionKind.OTHER
    height = _number(row.clear_height_m)
    raised = height > 0.0 or (math.isnan(height) and kind.overhead)
    passable = kind is ObstructionKind.GATE and row.openable is not False
    return (
        labels["obstructions", row.id], "obstructions", row.id, kind.value, row.name,
        not raised and not passable, raised and not passable, height,
        bool(row.removable), _radius(row), _shape(row),
    )  # fmt: skip


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _radius(row: Any) -> float:
    """Return the radius of a round obstacle, NaN for any other."""
    if row.geometry.geom_type != "Point":
        return math.nan
    radius = float(np.nan_to_num(_number(row.radius_m)))
    return radius if radius > 0 else math.nan


def _shape(row: Any) -> BaseGeometry:
    geometry: BaseGeometry = row.geometry
    if geometry.geom_type in ("Point", "MultiPoint"):
        radius = np.nan_to_num(_number(row.radius_m))
        if radius > 0:
            return shapely.union_all([disc(p.x, p.y, radius) for p in shapely.get_parts(geometry)])
    if geometry.geom_type in ("LineString", "MultiLineString"):
        width = np.nan_to_num(_number(row.width_m))
        if width > 0:
            return shapely.buffer(geometry, width / 2, cap_style="flat", join_style="mitre", mitre_limit=2.0)
    return geometry


def blocking(table: gpd.GeoDataFrame, height_m: float | None) -> gpd.GeoDataFrame:
    """Return the obstacles that stand between the ground and ``height_m``.

    ``None`` means the ground alone. An underside exactly at ``height_m`` is clear; one of unknown
    height is left out (it is *not measured*, which the caller must say).
    """
    return table[blocks(table, height_m)]


def blocks(table: gpd.GeoDataFrame, height_m: float | None) -> npt.NDArray[np.bool_]:
    """Tell which obstacles :func:`blocking` returns."""
    ground: npt.NDArray[np.bool_] = table["ground"].to_numpy(bool)
    if height_m is None:
        return ground
    low: npt.NDArray[np.bool_] = table["overhead"].to_numpy(bool) & (table["clear_height_m"].to_numpy(float) < height_m - 1e-6)
    return ground | low


def split_by_dimension(
    geometries: np.ndarray,
) -> tuple[list[BaseGeometry], list[BaseGeometry], np.ndarray]:
    """Return the areas, the zero-width lines and the (k, 2) posts among ``geometries``."""
    parts = shapely.get_parts(np.asarray(geometries, dtype=object))
    dimension = shapely.get_dimensions(parts)
    areas = list(parts[dimension == 2])
    lines = list(parts[dimension == 1])
    posts = shapely.get_coordinates(parts[dimension == 0])
    return areas, lines, posts
