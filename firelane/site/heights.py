"""Heights (Z) that came with road outlines and kerbs: kept beside the plan, for gradients alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]

LAYERS = ("roads", "kerbs")
FLAT_M = 1e-6
"""Where all heights of a layer are alike (all 0, mostly) nobody surveyed them."""


def has_heights(layer: str, geoms: Objects) -> bool:
    """Tell whether a layer's geometries carry heights that someone surveyed.

    >>> has_heights("roads", np.array([shapely.force_3d(shapely.box(0, 0, 9, 9), 0.0)], dtype=object))
    False
    """
    if layer not in LAYERS or not shapely.has_z(geoms).any():
        return False
    z = shapely.get_coordinates(geoms, include_z=True)[:, 2]
    z = z[np.isfinite(z)]
    return bool(len(z) and np.ptp(z) > FLAT_M)


def surveyed_heights(
    raised: Mapping[str, tuple[Objects, Objects, Mask]], place: Callable[[Objects, Mask], Objects], crs: pyproj.CRS
) -> gpd.GeoDataFrame | None:
    """Return the outlines and kerbs that carry heights as lines with Z; None where there are none.

    Parameters
    ----------
    raised : Mapping
        Layer → ids, geometries as they came, and which of them can be read.
    place : callable
        Moves geometries to the site's CRS; heights are left as they are.
    crs : CRS
        That of the site.

    Returns
    -------
    GeoDataFrame or None
        Columns ``layer``, ``id``; LineString Z. Vertices without a height are left out.
    """
    layers: list[str] = []
    names: list[str] = []
    lines: list[shapely.LineString] = []
    for layer, (ids, geoms, keep) in raised.items():
        rows = np.flatnonzero(keep & shapely.has_z(geoms))
        flat = place(shapely.force_2d(geoms[rows]), np.ones(len(rows), dtype=bool))
        for n, moved in zip(rows, flat, strict=True):
            # Moving keeps the vertices and their order, so rings and heights still correspond.
            for ring, source in zip(_lines(moved), _lines(geoms[n]), strict=True):
                xyz = np.column_stack((shapely.get_coordinates(ring), shapely.get_coordinates(source, include_z=True)[:, 2]))
                xyz = xyz[np.isfinite(xyz).all(axis=1)]
                if len(xyz) > 1:
                    layers.append(layer)
                    names.append(str(ids[n]))
                    lines.append(shapely.linestrings(xyz))
    if not lines:
        return None
    return gpd.GeoDataFrame({"layer": layers, "id": names}, geometry=gpd.GeoSeries(lines, crs=crs), crs=crs)


def _lines(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    """Return the rings of polygons, or the lines of lines."""
    parts = [q for p in shapely.get_parts([geometry]) for q in shapely.get_parts([p])]
    polygons = [p for p in parts if shapely.get_dimensions(p) == 2]
    return [*shapely.get_rings(polygons), *(p for p in parts if shapely.get_dimensions(p) == 1)]
