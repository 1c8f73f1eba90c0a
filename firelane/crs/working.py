"""The working CRS, and the way between its coordinates and degrees."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray

from firelane.crs.data import data
from firelane.crs.local import is_local_crs

Floats = NDArray[np.float64]


def choose_working_crs(lon: float, lat: float) -> pyproj.CRS:
    """Return the metric CRS for a site at (lon, lat) [deg].

    Inside China it is the CGCS2000 3-degree Gauss-Krüger zone of the site (without zone prefix),
    elsewhere the UTM zone, beyond 84°N and 80°S the polar system. "Inside China" means inside the
    area that the EPSG registry gives for that zone, so no border is drawn here.

    >>> choose_working_crs(123.4328, 41.8045).to_epsg()
    4550
    >>> choose_working_crs(4.9, 52.37).to_epsg()
    32631
    """
    zones, family = data()["zones"], data()["families"]["cgcs2000"]
    zone = math.floor(lon / 3 + 0.5)
    if zones["three_first_zone"] <= zone <= zones["three_last_zone"]:
        crs = pyproj.CRS.from_epsg(family["three_cm"] + zone - zones["three_first_zone"])
        if degrees_outside(crs, lon, lat) <= 0.0:
            return crs
    if lat >= 84.0:
        return pyproj.CRS.from_epsg(32661)
    if lat < -80.0:
        return pyproj.CRS.from_epsg(32761)
    utm = int((lon + 180.0) // 6.0) % 60 + 1
    return pyproj.CRS.from_epsg((32600 if lat >= 0.0 else 32700) + utm)


def horizontal(crs: pyproj.CRS) -> pyproj.CRS:
    """Return ``crs`` without a vertical part."""
    if crs.is_compound and crs.sub_crs_list:
        return horizontal(crs.sub_crs_list[0])
    return crs.to_2d() if len(crs.axis_info) > 2 else crs


def label(crs: pyproj.CRS, lang: str = "en") -> str:
    """Return ``EPSG:4550 (CGCS2000 / 3-degree …)``, or the bare name where there is no code."""
    if is_local_crs(crs):
        return "局部坐标（未定位）" if lang == "zh" else "local metres (not placed)"
    authority = _authority(crs)
    return f"{authority} ({crs.name})" if authority else crs.name


def code(crs: pyproj.CRS) -> str:
    """Return ``EPSG:4550``, ``local`` for local metres, or the WKT where no authority knows the system."""
    if is_local_crs(crs):
        return "local"
    return _authority(crs) or crs.to_wkt()


@lru_cache(maxsize=64)
def _authority(crs: pyproj.CRS) -> str:
    found = crs.to_authority(min_confidence=70)
    return ":".join(found) if found else ""


def same(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Tell whether two systems give a place the same coordinates; CGCS2000 and WGS 84 degrees do."""
    if one.is_geographic and other.is_geographic:
        return _is_wgs84_like(one) == _is_wgs84_like(other) and (
            _is_wgs84_like(one) or one.equals(other, ignore_axis_order=True)
        )
    return bool(one.equals(other, ignore_axis_order=True)) or (
        bool(_authority(one)) and _authority(one) == _authority(other)
    )


def _is_wgs84_like(crs: pyproj.CRS) -> bool:
    datum = (crs.geodetic_crs or crs).datum
    name = datum.name if datum else ""
    return any(known in name for known in ("China 2000", "World Geodetic System 1984", "WGS 84", "CGCS2000"))


def metres_per_unit(crs: pyproj.CRS) -> float:
    """Return how many metres one unit of a projected CRS is (0.3048 for feet)."""
    axes = crs.axis_info
    return float(axes[0].unit_conversion_factor) if axes else 1.0


@lru_cache(maxsize=64)
def _to_degrees(crs: pyproj.CRS) -> pyproj.Transformer:
    """Return the transformer to (lon, lat), straight through CGCS2000's own degrees where it can."""
    flat = horizontal(crs)
    geodetic = flat.geodetic_crs
    # PROJ knows no operation CGCS2000 → WGS 84 but a ballpark one: the inverse projection alone is meant.
    target = geodetic if geodetic is not None and _is_wgs84_like(flat) else pyproj.CRS.from_epsg(4326)
    return pyproj.Transformer.from_crs(flat, target, always_xy=True)


def to_lonlat(xy: ArrayLike, crs: pyproj.CRS) -> Floats:
    """Turn coordinates [east, north] in ``crs`` into WGS 84 [lon, lat].

    Parameters
    ----------
    xy : array-like, shape (n, 2) or (2,)
        Coordinates [m, or degrees where ``crs`` is geographic].
    crs : pyproj.CRS

    Returns
    -------
    ndarray of the same shape [deg]
        Where a coordinate has no image (not finite, or far outside), inf.
    """
    points = np.asarray(xy, dtype=np.float64)
    lon, lat = _to_degrees(crs).transform(points[..., 0], points[..., 1])
    return np.stack([np.asarray(lon), np.asarray(lat)], axis=-1)


def from_lonlat(lonlat: ArrayLike, crs: pyproj.CRS) -> Floats:
    """Turn WGS 84 [lon, lat] [deg] into [east, north] in ``crs``: the inverse of :func:`to_lonlat`."""
    points = np.asarray(lonlat, dtype=np.float64)
    x, y = _to_degrees(crs).transform(points[..., 0], points[..., 1], direction="INVERSE")
    return np.stack([np.asarray(x), np.asarray(y)], axis=-1)


def grid_convergence_deg(lon: float, lat: float, crs: pyproj.CRS) -> float:
    """Return the angle from true north to grid north at (lon, lat) [deg], clockwise positive.

    Positive east of the central meridian on the northern half: there grid north points east of
    true north, so a north arrow is turned counter-clockwise on the sheet by this angle.

    Raises
    ------
    ValueError
        If ``crs`` is not projected: degrees have no grid.
    """
    if not crs.is_projected:
        raise ValueError(f"{label(crs)} is not a projected CRS")
    return float(pyproj.Proj(horizontal(crs)).get_factors(lon, lat).meridian_convergence)


def point_scale(lon: float, lat: float, crs: pyproj.CRS) -> float:
    """Return by what factor ``crs`` stretches lengths at (lon, lat): the one farthest from 1."""
    factors = pyproj.Proj(horizontal(crs)).get_factors(lon, lat)
    return max(
        (float(factors.meridional_scale), float(factors.parallel_scale)), key=lambda scale: abs(scale - 1.0)
    )


def distorts(scale: float) -> bool:
    """Tell whether a scale factor is too far from 1 to measure a lane in that map."""
    return abs(scale - 1.0) > float(data()["guards"]["scale_tolerance"])


def degrees_outside(crs: pyproj.CRS, lon: float, lat: float) -> float:
    """Return how far [deg] (lon, lat) lies outside the area of use of ``crs``; at most 0 inside."""
    area = crs.area_of_use
    if area is None:
        return 0.0
    middle = (area.west + area.east) / 2.0
    east = area.east if area.east >= area.west else area.east + 360.0
    if area.east < area.west:
        middle += 180.0
    turned = middle + (lon - middle + 180.0) % 360.0 - 180.0
    return max(area.west - turned, turned - east, area.south - lat, lat - area.north)
