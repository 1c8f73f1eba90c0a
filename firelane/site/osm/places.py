"""Metres around a place given in degrees: good to a thousandth over a few hundred metres, which is all that is asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]

_EQUATOR_M = 6_378_137.0  # WGS 84
_E2 = 0.00669437999014


def scale_m(lat_deg: float) -> Floats:
    """Return the length of one degree eastwards and northwards [m], on the ellipsoid of WGS 84.

    >>> [round(float(v), -1) for v in scale_m(0.0)]
    [111320.0, 110570.0]
    """
    sine, cosine = np.sin(np.radians(lat_deg)), np.cos(np.radians(lat_deg))
    down = 1.0 - _E2 * sine * sine
    degree = np.pi / 180.0 * _EQUATOR_M
    return np.array([degree * cosine / np.sqrt(down), degree * (1.0 - _E2) / down**1.5])


def length_m(geometry: BaseGeometry) -> float:
    """Return the length of a line given in degrees [m]."""
    xy = shapely.get_coordinates(geometry)
    to_m, _ = around(xy[0])
    return float(shapely.length(to_m(geometry)))


def around(origin: Floats) -> tuple[Callable[[BaseGeometry], BaseGeometry], Callable[[BaseGeometry], BaseGeometry]]:
    """Return what turns degrees into metres from ``origin``, and back."""
    scale = scale_m(float(origin[1]))
    return (
        lambda geometry: shapely.transform(geometry, lambda xy: (xy - origin) * scale),
        lambda geometry: shapely.transform(geometry, lambda xy: xy / scale + origin),
    )
