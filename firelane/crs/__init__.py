"""Coordinate reference systems: the working CRS, guards against the usual mistakes, offset datums.

``[x, y]`` is always [east, north], and longitude stands before latitude, whatever axis order the
registry gives. CGCS2000 is taken as WGS 84 for longitude and latitude: they differ by less than a
metre, and by nothing that a width could show.
"""

from __future__ import annotations

from firelane.crs.guards import check_crs, is_local, parse_crs
from firelane.crs.local import is_local_crs, local_crs
from firelane.crs.offset import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from firelane.crs.plane import Helmert, fit_rigid
from firelane.crs.recognise import Candidate, candidates, datum_family, recognised, zone_code
from firelane.crs.working import (
    choose_working_crs,
    code,
    distorts,
    from_lonlat,
    grid_convergence_deg,
    horizontal,
    label,
    metres_per_unit,
    point_scale,
    same,
    to_lonlat,
)

__all__ = [
    "Candidate",
    "Helmert",
    "bd09_to_gcj02",
    "bd09_to_wgs84",
    "candidates",
    "check_crs",
    "choose_working_crs",
    "code",
    "datum_family",
    "distorts",
    "fit_rigid",
    "from_lonlat",
    "from_wgs84",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "grid_convergence_deg",
    "horizontal",
    "is_local",
    "is_local_crs",
    "label",
    "local_crs",
    "metres_per_unit",
    "parse_crs",
    "point_scale",
    "recognised",
    "same",
    "to_lonlat",
    "to_wgs84",
    "wgs84_to_bd09",
    "wgs84_to_gcj02",
    "zone_code",
]
