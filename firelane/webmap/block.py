"""The data block of a page: a JSON header and binary columns, packed small and the same every time."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane import crs as crs_tools

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyproj
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

SCALE = 1e7
"""Steps per degree: about a centimetre. What is *shown* as a measure comes as text, never from these."""

POINTS, LINES, AREAS = 0, 1, 2
_GZIP_LEVEL = 6  # nearly as small as 9 at a tenth of the time


class Shapes:
    """Collects geometries in the site's CRS; each gets a number by which the page finds it again."""

    def __init__(self, crs: pyproj.CRS) -> None:
        self._crs = crs
        self._all: list[BaseGeometry] = []

    def __len__(self) -> int:
        """Return how many shapes there are."""
        return len(self._all)

    def add(self, geometry: BaseGeometry) -> int:
        """Take in a geometry, return its number. Of a collection the parts of highest dimension count."""
        self._all.append(geometry)
        return len(self._all) - 1

    def geometries(self) -> list[BaseGeometry]:
        """Return the geometries as they were taken in, by number [m]."""
        return list(self._all)

    def bounds(self) -> NDArray[np.float64]:
        """Return west, south, east, north of every shape [m], shape (n, 4)."""
        found: NDArray[np.float64] = shapely.bounds(np.array(self._all, dtype=object)).reshape(-1, 4)
        return found

    def columns(self) -> dict[str, NDArray[np.int32]]:
        """Return the integer columns: types, counts, and coordinates in 1e-7 degree, delta-coded.

        Differences wrap round at 32 bits, as the page's running sum does.
        """
        shapes = np.array(self._all, dtype=object)
        parts, of_shape = shapely.get_parts(shapely.force_2d(shapes), return_index=True)
        filled = ~shapely.is_empty(parts)
        parts, of_shape = parts[filled], of_shape[filled]
        dimension = shapely.get_dimensions(parts)
        types = np.zeros(len(shapes), dtype=np.int64)
        np.maximum.at(types, of_shape, dimension)
        highest = dimension == types[of_shape]
        parts, of_shape = parts[highest], of_shape[highest]
        dimension = dimension[highest]
        # One unit is the ring of an area, a line or a point, in the order of the shapes and of their parts.
        areas = dimension == AREAS
        rings, of_area = shapely.get_rings(parts[areas], return_index=True)
        of_part = np.concatenate([np.flatnonzero(~areas), np.flatnonzero(areas)[of_area]])
        order = np.argsort(of_part, kind="stable")
        units, of_part = np.concatenate([parts[~areas], rings])[order], of_part[order]
        # All points of a shape are one ring of one part, and there is one even where there is no point.
        points = np.flatnonzero(types == POINTS)
        drawn, single = types[of_shape] != POINTS, np.ones(len(points), dtype=np.int64)
        ring_count = np.where(areas, np.bincount(of_part, minlength=len(parts)), 1)
        vertices = shapely.get_num_coordinates(units)
        held = np.bincount(of_shape[of_part], weights=vertices, minlength=len(shapes))[points]
        lines = drawn[of_part]
        xy = shapely.get_coordinates(units)
        lonlat = np.nan_to_num(crs_tools.to_lonlat(xy, self._crs), nan=0.0, posinf=0.0, neginf=0.0)
        whole = np.rint(lonlat * SCALE).astype(np.int64)
        steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).astype(np.int32)
        return {
            "types": types.astype(np.int32),
            "parts": np.where(types == POINTS, 1, np.bincount(of_shape, minlength=len(shapes))).astype(np.int32),
            "rings": _by_shape(of_shape[drawn], ring_count[drawn], points, single),
            "vertices": _by_shape(of_shape[of_part][lines], vertices[lines], points, held),
            "lon": np.ascontiguousarray(steps[:, 0]),
            "lat": np.ascontiguousarray(steps[:, 1]),
        }


def _by_shape(
    shapes: NDArray[np.int64], counts: NDArray[Any], others: NDArray[np.int64], further: NDArray[Any]
) -> NDArray[np.int32]:
    """Return two columns of counts as one, in the order of the shapes that they belong to."""
    order = np.argsort(np.concatenate([shapes, others]), kind="stable")
    return np.concatenate([counts, further])[order].astype(np.int32)


def pack(content: Mapping[str, Any], columns: Mapping[str, NDArray[np.int32]]) -> str:
    """Return the block as base64 of gzip: length of the header, header, columns (little-endian int32).

    The header is ``content`` with the columns' names and lengths added; it is padded so that the
    page views the columns without copying them. The same input gives the same text.
    """
    header = {**content, "columns": [[name, len(column)] for name, column in columns.items()]}
    # ASCII only: control characters and lone surrogates of a hostile name survive as escapes
    text = json.dumps(header, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 4)
    parts = [len(text).to_bytes(4, "little"), text, *(c.astype("<i4").tobytes() for c in columns.values())]
    return base64.b64encode(gzip.compress(b"".join(parts), _GZIP_LEVEL, mtime=0)).decode("ascii")
