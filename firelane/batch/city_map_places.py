"""Where the districts of a city lie on its map: told by the sites that say to which district they belong."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.batch.city_map_areas import plain
from firelane.batch.city_map_words import word
from firelane.webmap.crowd_places import Places

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from firelane.vocabulary import Lang

LEAST_SITES = 3
"""Placed sites that a district needs for an outline."""
MOST_OUTLINES = 60
"""Districts with an outline: those with the most sites."""

_METRES_PER_DEGREE = 111_195.0
_FAR = 4.0  # times the distance within which three quarters lie: a site further off bears the wrong district, or the wrong place
_FEW = 30  # sites up to which the outline is convex: of so few no bay says anything
_RATIO = 0.35  # of a concave hull: 0 follows every site, 1 is convex
_BAY_M = 150.0  # bays narrower than twice this are closed
_LEAST_MARGIN_M = 60.0
_TAIL = 0.01  # of the sites, on every side, that do not decide where the map begins
_AROUND = 0.5  # of the extent of all others: who lies within is with them
_LEAST_AROUND = 0.01  # degrees


def place_names(sites: pd.DataFrame, lang: Lang, *, outlined: bool) -> Places | None:
    """Return what tells the place on a city's map; None where no site has one.

    An outline goes round the sites that name a district. It is no boundary of that district, and the legend says so.

    Parameters
    ----------
    sites : DataFrame
        Of ``read_sites``.
    lang : {"zh", "en"}
    outlined : bool
        Whether districts are to be outlined; not where their real boundaries are on the map.
    """
    import geopandas as gpd  # noqa: PLC0415  (slow to import)

    lonlat = sites[["lon", "lat"]].to_numpy(dtype=float)
    placed = np.isfinite(lonlat).all(axis=1) & (np.abs(lonlat[:, 1]) < 85) & (np.abs(lonlat[:, 0]) <= 180)
    if not placed.any():
        return None
    names, shapes = [], []
    if outlined:
        keys = np.array([plain(d) for d in sites["district"]], dtype=object)
        held = Counter(keys[placed & (keys != "")].tolist())
        largest = sorted((n for n in held.items() if n[1] >= LEAST_SITES), key=lambda item: (-item[1], item[0]))
        for key, _ in largest[:MOST_OUTLINES]:
            own = placed & (keys == key)
            called = Counter(sites["district"][own].tolist())
            names.append(min(called, key=lambda name: (-called[name], name)))
            shapes.append(outline(lonlat[own]))
    table = gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=4326)
    begin, beyond = view(lonlat[placed])
    return Places(table, word("outlines", lang), word("kind_site", lang), begin, word("beyond", lang, n=beyond) if beyond else "")


def view(lonlat: NDArray[np.float64]) -> tuple[tuple[float, float, float, float] | None, int]:
    """Return what a map should show first, and how many places lie beyond; None and 0 where that is everything.

    A few sites far off, most often with a wrong place, would make a dot of the city.

    Parameters
    ----------
    lonlat : array, shape (n, 2)
        Longitude and latitude [degrees].

    Returns
    -------
    (south, west, north, east) or None, int
        In degrees.
    """
    low, high = np.quantile(lonlat, [_TAIL, 1 - _TAIL], axis=0)
    around = _AROUND * (high - low) + _LEAST_AROUND
    inside = ((lonlat >= low - around) & (lonlat <= high + around)).all(axis=1)
    if inside.all():
        return None, 0
    west, south = lonlat[inside].min(axis=0).tolist()
    east, north = lonlat[inside].max(axis=0).tolist()
    if (np.ptp(lonlat, axis=0) <= 2 * np.array([east - west, north - south])).all():
        return None, 0  # it all goes into one picture
    return (south, west, north, east), int((~inside).sum())


def outline(lonlat: NDArray[np.float64]) -> shapely.Polygon | shapely.MultiPolygon:
    """Return a line round most of some places: those far off the others do not stretch it.

    Parameters
    ----------
    lonlat : array, shape (n, 2)
        Longitude and latitude [degrees].
    """
    middle = np.median(lonlat, axis=0)
    scale = _METRES_PER_DEGREE * np.array([math.cos(math.radians(middle[1])), 1.0])
    xy = (lonlat - middle) * scale
    away = np.hypot(*xy.T)
    near = xy[away <= _FAR * max(float(np.quantile(away, 0.75)), _LEAST_MARGIN_M)]
    hull = shapely.concave_hull(shapely.multipoints(near), ratio=1.0 if len(near) < _FEW else _RATIO)
    if len(near) >= _FEW:
        hull = shapely.simplify(shapely.buffer(shapely.buffer(hull, _BAY_M, quad_segs=4), -_BAY_M, quad_segs=4), _BAY_M / 10)
    # Without a margin, so that neighbours keep apart; what is hardly an area gets one.
    margin_m = 0.0 if shapely.area(hull) > _LEAST_MARGIN_M**2 else _LEAST_MARGIN_M
    drawn = shapely.buffer(hull, margin_m, quad_segs=3)
    return shapely.transform(drawn, lambda each: each / scale + middle)
