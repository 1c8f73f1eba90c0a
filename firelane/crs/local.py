"""Local metres: a system of our own for plans that do not say where on earth they lie.

A transverse Mercator about the crossing of equator and Greenwich whose false origin is the plan's middle: lengths are
true there, and everything that projects goes on working. Longitude and latitude mean nothing in it.
"""

from __future__ import annotations

import numpy as np
import pyproj
from numpy.typing import ArrayLike

LOCAL_NAME = "local metres (not placed)"
"""Name that the system bears in files: by it a file that was written from an unplaced plan is known again."""

_WKT = (
    'PROJCRS["{name}",BASEGEOGCRS["WGS 84",DATUM["World Geodetic System 1984",'
    'ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,'
    'ANGLEUNIT["degree",0.0174532925199433]]],CONVERSION["local",METHOD["Transverse Mercator",ID["EPSG",9807]],'
    'PARAMETER["Latitude of natural origin",0,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8801]],'
    'PARAMETER["Longitude of natural origin",0,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],'
    'PARAMETER["Scale factor at natural origin",1,SCALEUNIT["unity",1],ID["EPSG",8805]],'
    'PARAMETER["False easting",{east},LENGTHUNIT["metre",1],ID["EPSG",8806]],'
    'PARAMETER["False northing",{north},LENGTHUNIT["metre",1],ID["EPSG",8807]]],'
    'CS[Cartesian,2],AXIS["(E)",east,ORDER[1],LENGTHUNIT["metre",1]],'
    'AXIS["(N)",north,ORDER[2],LENGTHUNIT["metre",1]]]'
)


def local_crs(origin: ArrayLike) -> pyproj.CRS:
    """Return a metric system for a plan about ``origin``, which is rounded to whole metres.

    Parameters
    ----------
    origin : array-like, shape (2,)
        The plan's middle [m].

    >>> local_crs((120.4, 80.0)).name
    'local metres (not placed)'
    """
    east, north = (round(float(value)) for value in np.asarray(origin, dtype=np.float64))
    return pyproj.CRS.from_wkt(_WKT.format(name=LOCAL_NAME, east=east, north=north))


def is_local_crs(crs: pyproj.CRS) -> bool:
    """Tell whether ``crs`` is one of :func:`local_crs`, be it out of a file."""
    # GeoPackage and ESRI files write spaces and brackets in their own way.
    plain = "".join(c for c in crs.name.lower() if c.isalpha())
    return bool(crs.is_projected) and plain == "localmetresnotplaced"
