"""GCJ-02 and BD-09, the offset datums of Chinese web maps: forward, and exactly back.

No official formula exists; this is the public approximation with its constants in ``crs.toml``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firelane.crs.data import data

Floats = NDArray[np.float64]


def wgs84_to_gcj02(lonlat: ArrayLike) -> Floats:
    """Turn WGS 84 [lon, lat] into GCJ-02 (Gaode, Tencent), shape (…, 2) [deg].

    A public approximation: no official formula exists. Outside a plain rectangle about China
    (``crs.toml``) coordinates pass through unchanged.
    """
    points = np.asarray(lonlat, dtype=np.float64)
    constants = data()["offset_datums"]
    lon, lat = points[..., 0], points[..., 1]
    x, y = lon - 105.0, lat - 35.0
    pi = math.pi
    root, both = np.sqrt(np.abs(x)), 20.0 * np.sin(6.0 * pi * x) + 20.0 * np.sin(2.0 * pi * x)
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + 2.0 / 3.0 * both
    d_lat += 2.0 / 3.0 * (20.0 * np.sin(pi * y) + 40.0 * np.sin(pi / 3.0 * y))
    d_lat += 2.0 / 3.0 * (160.0 * np.sin(pi / 12.0 * y) + 320.0 * np.sin(pi / 30.0 * y))
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + 2.0 / 3.0 * both
    d_lon += 2.0 / 3.0 * (20.0 * np.sin(pi * x) + 40.0 * np.sin(pi / 3.0 * x))
    d_lon += 2.0 / 3.0 * (150.0 * np.sin(pi / 12.0 * x) + 300.0 * np.sin(pi / 30.0 * x))
    phi = np.radians(lat)
    axis, square = constants["semi_major_axis_m"], constants["eccentricity_squared"]
    w = np.sqrt(1.0 - square * np.sin(phi) ** 2)
    moved = np.stack(
        [
            lon + 180.0 * d_lon * w / (pi * axis * np.cos(phi)),
            lat + 180.0 * d_lat * w**3 / (pi * axis * (1.0 - square)),
        ],
        axis=-1,
    )
    inside = (lon >= constants["west_deg"]) & (lon <= constants["east_deg"])
    inside &= (lat >= constants["south_deg"]) & (lat <= constants["north_deg"])
    return np.where(inside[..., None], moved, points)


def gcj02_to_bd09(lonlat: ArrayLike) -> Floats:
    """Turn GCJ-02 [lon, lat] into BD-09 (Baidu), shape (…, 2) [deg]."""
    points = np.asarray(lonlat, dtype=np.float64)
    x, y = points[..., 0], points[..., 1]
    k = 3000.0 * math.pi / 180.0
    radius = np.hypot(x, y) + 2e-5 * np.sin(k * y)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(k * x)
    return np.stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006], axis=-1)


def gcj02_to_wgs84(lonlat: ArrayLike) -> Floats:
    """Turn GCJ-02 [lon, lat] into WGS 84: the inverse of :func:`wgs84_to_gcj02` to 1.1 µm."""
    wanted = np.asarray(lonlat, dtype=np.float64)
    found = wanted
    for _ in range(data()["offset_datums"]["iterations"]):
        found = found + (wanted - wgs84_to_gcj02(found))
    return found


def bd09_to_gcj02(lonlat: ArrayLike) -> Floats:
    """Turn BD-09 [lon, lat] into GCJ-02: the inverse of :func:`gcj02_to_bd09` to 0.12 µm."""
    wanted = np.asarray(lonlat, dtype=np.float64)
    found = wanted
    for _ in range(data()["offset_datums"]["iterations"]):
        found = found + (wanted - gcj02_to_bd09(found))
    return found


def to_wgs84(lonlat: ArrayLike, datum: str) -> Floats:
    """Turn [lon, lat] of a declared datum into WGS 84.

    Raises
    ------
    ValueError
        If ``datum`` is none of ``cgcs2000``, ``wgs84``, ``gcj02``, ``bd09``.
    """
    if datum in ("cgcs2000", "wgs84"):
        return np.asarray(lonlat, dtype=np.float64)
    if datum == "gcj02":
        return gcj02_to_wgs84(lonlat)
    if datum == "bd09":
        return gcj02_to_wgs84(bd09_to_gcj02(lonlat))
    raise ValueError(f"unknown datum {datum!r}: use cgcs2000, wgs84, gcj02 or bd09")
