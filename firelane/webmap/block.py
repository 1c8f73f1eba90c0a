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
        self._types: list[int] = []
        self._parts: list[int] = []  # parts per shape
        self._rings: list[int] = []  # rings per part (1 for a line or points)
        self._simple: list[BaseGeometry] = []  # one per ring

    def __len__(self) -> int:
        """Return how many shapes there are."""
        return len(self._types)

    def add(self, geometry: BaseGeometry) -> int:
        """Take in a geometry, return its number. Of a collection the parts of highest dimension count."""
        parts = shapely.get_parts(shapely.force_2d(geometry))
        parts = parts[~shapely.is_empty(parts)]
        dimension = int(shapely.get_dimensions(parts).max(initial=0))
        parts = parts[shapely.get_dimensions(parts) == dimension]
        self._all.append(geometry)
        self._types.append(dimension)
        if dimension == POINTS:
            self._parts.append(1)
            self._rings.append(1)
            self._simple.append(shapely.multipoints(parts))
            return len(self) - 1
        self._parts.append(len(parts))
        if dimension == LINES:
            self._rings.extend([1] * len(parts))
            self._simple.extend(parts)
        else:
            rings, of_part = shapely.get_rings(parts, return_index=True)
            self._rings.extend(np.bincount(of_part, minlength=len(parts)).tolist())
            self._simple.extend(rings)
        return len(self) - 1

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
        xy, of_ring = shapely.get_coordinates(np.array(self._simple, dtype=object), return_index=True)
        lonlat = np.nan_to_num(crs_tools.to_lonlat(xy, self._crs), nan=0.0, posinf=0.0, neginf=0.0)
        whole = np.rint(lonlat * SCALE).astype(np.int64)
        steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).astype(np.int32)
        vertices = np.bincount(of_ring, minlength=len(self._simple))
        return {
            "types": np.array(self._types, dtype=np.int32),
            "parts": np.array(self._parts, dtype=np.int32),
            "rings": np.array(self._rings, dtype=np.int32),
            "vertices": vertices.astype(np.int32),
            "lon": np.ascontiguousarray(steps[:, 0]),
            "lat": np.ascontiguousarray(steps[:, 1]),
        }


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
