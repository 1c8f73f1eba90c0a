"""The Gauss-Krüger systems of China under whatever name a file gives them, and what bare coordinates look like."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyproj
from numpy.typing import ArrayLike

from firelane.crs.data import data
from firelane.crs.working import horizontal

_PARAMETERS = {
    "latitude of natural origin": 0.0,
    "scale factor at natural origin": 1.0,
    "false northing": 0.0,
}


@dataclass(frozen=True)
class Candidate:
    """A system that bare coordinates may be in.

    Attributes
    ----------
    epsg : tuple of int
        Codes: one for each datum of the same grid, or one for each central meridian; the numbers do not tell which.
    swapped : bool
        Whether north stands first, as surveyors write it.
    central_meridian_deg : float or None
        None where the easting has no zone in front: any will do.
    """

    epsg: tuple[int, ...]
    swapped: bool
    central_meridian_deg: float | None


@lru_cache(maxsize=256)
def recognised(crs: pyproj.CRS) -> pyproj.CRS:
    """Return the EPSG system that ``crs`` is, where it is a Gauss-Krüger zone of China; ``crs`` itself otherwise.

    Files of ArcGIS and Chinese packages give the systems names of their own and no code. Datum (by its name and its
    ellipsoid) and all parameters of the projection must agree: a municipal system with an origin of its own stays
    what it is.
    """
    flat = horizontal(crs)
    key = datum_family(flat)
    if key is None:
        return flat
    family = data()["families"][key]
    if flat.is_geographic:
        return pyproj.CRS.from_epsg(family["geographic"])
    zone = _zone_of(flat)
    return flat if zone is None else pyproj.CRS.from_epsg(zone_code(key, zone[0], zone[1], prefixed=zone[2]))


def zone_code(family: str, zone: int, degrees: int, *, prefixed: bool) -> int:
    """Return the EPSG code of a zone of ``cgcs2000``, ``xian80`` or ``beijing54``.

    >>> zone_code("cgcs2000", 41, 3, prefixed=True), zone_code("cgcs2000", 41, 3, prefixed=False)
    (4529, 4550)
    """
    width = "three" if degrees == 3 else "six"
    start = data()["families"][family][f"{width}_{'zone' if prefixed else 'cm'}"]
    return int(start) + zone - int(data()["zones"][f"{width}_first_zone"])


def datum_family(crs: pyproj.CRS) -> str | None:
    """Return ``cgcs2000``, ``xian80`` or ``beijing54``, where the datum of ``crs`` is one of them; else None.

    Both must fit, the ellipsoid and a name: Krassowsky's ellipsoid is Pulkovo 1942's as well.
    """
    geodetic = crs.geodetic_crs
    datum, ellipsoid = crs.datum, crs.ellipsoid
    if geodetic is None or ellipsoid is None:
        return None
    names = " ".join((crs.name, geodetic.name, datum.name if datum else "")).lower()
    plain = "".join(c for c in names if c.isalnum())
    for key, family in data()["families"].items():
        same = (
            abs(ellipsoid.semi_major_metre - family["semi_major_axis_m"]) < 1e-3
            and abs(ellipsoid.inverse_flattening - family["inverse_flattening"]) < 1e-5
        )
        if same and any(word in plain for word in family["words"]) and "newbeijing" not in plain:
            return str(key)
    return None


def _zone_of(crs: pyproj.CRS) -> tuple[int, int, bool] | None:
    """Return number and width [deg] of the zone, and whether it stands in front of the easting."""
    operation = crs.coordinate_operation
    if operation is None or not {axis.unit_conversion_factor for axis in crs.axis_info} <= {1.0}:
        return None
    # Gauss_Kruger is PROJ's Transverse Mercator: the names differ, the formula does not.
    if not any(word in operation.method_name.lower() for word in ("transverse mercator", "gauss")):
        return None
    given = {p.name.lower(): float(p.value) * _degrees(p) for p in operation.params}
    if any(abs(given.get(name, usual) - usual) > 1e-9 for name, usual in _PARAMETERS.items()):
        return None
    meridian, east = given.get("longitude of natural origin"), given.get("false easting")
    return None if meridian is None or east is None else _zone(meridian, east, crs.name)


def _degrees(parameter: object) -> float:
    """Return how many degrees the unit of an angle is; 1 for anything else."""
    unit, factor = str(getattr(parameter, "unit_name", "")), float(getattr(parameter, "unit_conversion_factor", 1.0))
    angle = unit.lower() in ("grad", "gon", "radian")
    return math.degrees(factor) if angle else 1.0


def _zone(meridian_deg: float, east_m: float, name: str) -> tuple[int, int, bool] | None:
    zones = data()["zones"]
    prefix, rest = divmod(east_m, float(zones["prefix_m"]))
    if abs(rest - 500000.0) > 1e-6:
        return None
    six_first = "6" in "".join(name.lower().replace("_", " ").split("degree")[:1])[-3:]
    widths = (6, 3) if six_first else (3, 6)
    for degrees in widths:
        number = meridian_deg / 3.0 if degrees == 3 else (meridian_deg + 3.0) / 6.0
        word = "three" if degrees == 3 else "six"
        zone = round(number)
        if abs(number - zone) > 1e-9 or not zones[f"{word}_first_zone"] <= zone <= zones[f"{word}_last_zone"]:
            continue
        if prefix in (0.0, float(zone)):
            return zone, degrees, prefix != 0.0
    return None


def candidates(xy: ArrayLike) -> list[Candidate]:
    """Return the systems of China that bare coordinates look like; none for plain local metres.

    Only the numbers are looked at: the zone in front of the easting, or an easting of six digits beside a northing of
    seven. Nothing is concluded from it, a plan may bear such numbers by chance.

    Parameters
    ----------
    xy : array-like, shape (n, 2)
        Coordinates as they stand in the plan.
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return []
    x, y = (float(v) for v in np.median(points, axis=0))
    return [c for swapped, (east, north) in ((False, (x, y)), (True, (y, x))) if (c := _looks(east, north, swapped))]


def _looks(east: float, north: float, swapped: bool) -> Candidate | None:  # noqa: FBT001  (internal)
    zones, looks = data()["zones"], data()["looks"]
    if not looks["north_min_m"] <= north <= looks["north_max_m"]:
        return None
    zone, rest = divmod(east, float(zones["prefix_m"]))
    if not looks["east_min_m"] <= rest <= looks["east_max_m"]:
        return None
    families = data()["families"]
    for degrees, word in ((3, "three"), (6, "six")):
        first, last = zones[f"{word}_first_zone"], zones[f"{word}_last_zone"]
        if first <= zone <= last:
            meridian = 3.0 * zone if degrees == 3 else 6.0 * zone - 3.0
            codes = tuple(zone_code(key, int(zone), degrees, prefixed=True) for key in families)
            return Candidate(codes, swapped, meridian)
    if zone != 0.0:
        return None
    numbers = range(int(zones["three_first_zone"]), int(zones["three_last_zone"]) + 1)
    return Candidate(tuple(zone_code("cgcs2000", n, 3, prefixed=False) for n in numbers), swapped, None)
