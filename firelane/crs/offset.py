"""GCJ-02 and BD-09, the offset datums of Chinese web maps: forward, and exactly back.

No official formula exists; this is the public approximation with its constants in ``crs.toml``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from firelane.crs.data import data

Floats = NDArray[np.float64]
_POLAR_DEG = 80.0  # the formula is divided by the cosine of the latitude


def wgs84_to_gcj02(lonlat: ArrayLike) -> Floats:
    """Turn WGS 84 [lon, lat] into GCJ-02 (Gaode, Tencent), shape (…, 2) [deg].

    A public approximation: no official formula exists. Outside a plain rectangle about China
    (``crs.toml``) coordinates pass through unchanged: at its edge, which runs through deserts, seas and neighbouring
    countries, the offset begins at once, as it does on the maps.
    """
    points = np.asarray(lonlat, dtype=np.float64)
    return np.where(_offset_applies(points)[..., None], _moved(_finite(points)), points)


def _moved(points: Floats) -> Floats:
    """Return [lon, lat] with the offset, wherever they lie."""
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
    return np.stack(
        [
            lon + 180.0 * d_lon * w / (pi * axis * np.cos(phi)),
            lat + 180.0 * d_lat * w**3 / (pi * axis * (1.0 - square)),
        ],
        axis=-1,
    )


def gcj02_to_bd09(lonlat: ArrayLike) -> Floats:
    """Turn GCJ-02 [lon, lat] into BD-09 (Baidu), shape (…, 2) [deg]."""
    points = np.asarray(lonlat, dtype=np.float64)
    x, y = points[..., 0], points[..., 1]
    k = 3000.0 * math.pi / 180.0
    radius = np.hypot(x, y) + 2e-5 * np.sin(k * y)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(k * x)
    return np.stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006], axis=-1)


def gcj02_to_wgs84(lonlat: ArrayLike) -> Floats:
    """Turn GCJ-02 [lon, lat] into WGS 84: the inverse of :func:`wgs84_to_gcj02` to 1.1 µm.

    What comes of no place inside the rectangle passes through unchanged.
    """
    wanted = np.asarray(lonlat, dtype=np.float64)
    # Without the rectangle while it is sought: an edge within the iteration would throw it to and fro.
    near = np.isfinite(wanted).all(axis=-1) & (np.abs(wanted[..., 1]) < _POLAR_DEG)
    found = start = np.where(near[..., None], wanted, 0.0)
    for _ in range(data()["offset_datums"]["iterations"]):
        found = found + (start - _moved(found))
    return np.where((near & _offset_applies(found))[..., None], found, wanted)


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
        wanted = np.asarray(lonlat, dtype=np.float64)
        found = gcj02_to_wgs84(bd09_to_gcj02(_finite(wanted)))
        return np.where(_offset_applies(found)[..., None], found, wanted)
    raise ValueError(f"unknown datum {datum!r}: use cgcs2000, wgs84, gcj02 or bd09")


def wgs84_to_bd09(lonlat: ArrayLike) -> Floats:
    """Turn WGS 84 [lon, lat] into BD-09 (Baidu), shape (…, 2) [deg].

    Inside the rectangle alone: outside it Baidu's maps bear no offset either, and coordinates pass through.
    """
    return from_wgs84(lonlat, "bd09")


def bd09_to_wgs84(lonlat: ArrayLike) -> Floats:
    """Turn BD-09 [lon, lat] into WGS 84: the inverse of :func:`wgs84_to_bd09`."""
    return to_wgs84(lonlat, "bd09")


def from_wgs84(lonlat: ArrayLike, datum: str) -> Floats:
    """Turn WGS 84 [lon, lat] into a datum: the inverse of :func:`to_wgs84`.

    Raises
    ------
    ValueError
        If ``datum`` is none of ``cgcs2000``, ``wgs84``, ``gcj02``, ``bd09``.
    """
    points = np.asarray(lonlat, dtype=np.float64)
    if datum in ("cgcs2000", "wgs84"):
        return points
    if datum == "gcj02":
        return wgs84_to_gcj02(points)
    if datum == "bd09":
        return np.where(_offset_applies(points)[..., None], gcj02_to_bd09(wgs84_to_gcj02(_finite(points))), points)
    raise ValueError(f"unknown datum {datum!r}: use cgcs2000, wgs84, gcj02 or bd09")


def _finite(lonlat: Floats) -> Floats:
    """Return places with those that are none at (0, 0), where no offset applies."""
    known = np.asarray(np.isfinite(lonlat).all(axis=-1), dtype=np.bool_)
    return np.where(known[..., None], lonlat, 0.0)


def _offset_applies(lonlat: Floats) -> NDArray[np.bool_]:
    """Tell which WGS 84 places lie in the rectangle inside which the maps bear the offset; its edge belongs to it."""
    box, lon, lat = data()["offset_datums"], lonlat[..., 0], lonlat[..., 1]
    inside = (lon >= float(box["west_deg"])) & (lon <= float(box["east_deg"]))
    inside &= (lat >= float(box["south_deg"])) & (lat <= float(box["north_deg"]))
    return np.asarray(inside, dtype=np.bool_)
