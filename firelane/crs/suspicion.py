"""Roads that fit a known map only after an offset: which one, how far, and how much better they fit then.

Nothing is moved here. A suspicion is told where the roads do not fit as they are, fit well after an offset, and fit
after no other shift nearby: streets of a regular grid fit again one block farther, and so tell nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from scipy import ndimage, signal

from firelane.crs.data import data
from firelane.crs.offset import from_wgs84, to_wgs84
from firelane.crs.recognise import datum_family, zone_code
from firelane.crs.working import from_lonlat, to_lonlat

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Suspicion:
    """An offset after which the roads would fit the known map.

    Attributes
    ----------
    kind : str
        ``gcj02``, ``bd09``: the coordinates bear that offset. ``from_gcj02``, ``from_bd09``: they lack the one that the
        known map bears. ``zone``: they are of another zone (``epsg``). ``swapped``: north stands first. ``shift``.
    east_m, north_m : float
        How far the roads would move, at their middle [m].
    fit_now, fit_then : float
        Share of the road edges that lie on the known roads, as they are and after the offset.
    epsg : int or None
        The zone.
    """

    kind: str
    east_m: float
    north_m: float
    fit_now: float
    fit_then: float
    epsg: int | None = None

    @property
    def distance_m(self) -> float:
        """How far the roads would move [m]."""
        return math.hypot(self.east_m, self.north_m)


def suspected_offset(xy: Floats, reach_m: Floats, known: Objects, crs: pyproj.CRS) -> Suspicion | None:
    """Return the offset that the roads of a site seem to bear, measured against a map that is known to be right.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Places along the roads of the site [m]: edges or centrelines, evenly spaced.
    reach_m : ndarray, shape (n,)
        Within what distance of a known road each counts as lying on it [m]: half the road's width, and a little.
    known : ndarray of LineString or Polygon
        Roads of the known map, in ``crs``.
    crs : CRS
        Metric system of both.

    Returns
    -------
    Suspicion or None
        None where the roads fit as they are, or where nothing can be told.
    """
    limits = data()["suspicion"]
    lines = _lines(known)
    if len(xy) < int(limits["least_places"]) or not len(lines):
        return None
    middle = np.median(xy, axis=0)
    rows = np.flatnonzero((np.abs(xy - middle) <= float(limits["half_window_m"])).all(axis=1))
    rows = rows[:: max(1, math.ceil(len(rows) / int(limits["most_places"])))]
    xy, reach_m = xy[rows], reach_m[rows]
    tree = shapely.STRtree(lines)
    now = _share(xy, reach_m, tree)
    if now >= float(limits["fits"]):
        return None
    found = []
    for order, (kind, epsg, moved) in enumerate(_hypotheses(xy, crs)):
        reach = float(limits["shift_m"] if kind == "shift" else limits["slack_m"])
        distinct = float(limits["distinct_shift" if kind == "shift" else "distinct_named"])
        hit = _peak(moved, float(np.median(reach_m)), lines, tree, slack_m=reach, distinct=distinct)
        if hit is None:
            continue
        there = moved + hit
        then = _share(there, reach_m, tree)
        if then < float(limits["fits"]) or then - now < float(limits["gain"]):
            continue
        east, north = np.median(there - xy, axis=0).tolist()
        found.append((-round(then, 2), order, Suspicion(kind, east, north, now, then, epsg)))
    # A shift by hand fits as well as the offset that it stands for: what has a name goes first.
    named = [entry for entry in found if entry[2].kind != "shift"]
    return min(named or found)[2] if found else None


def _lines(known: Objects) -> Objects:
    flat = shapely.force_2d(known[~(shapely.is_missing(known) | shapely.is_empty(known))])
    areas = shapely.get_dimensions(flat) == 2
    flat[areas] = shapely.boundary(flat[areas])
    parts = shapely.get_parts(flat)
    return np.asarray(parts[shapely.get_dimensions(parts) == 1])


def _share(xy: Floats, reach_m: Floats, tree: shapely.STRtree) -> float:
    """Return the share of places that lie on a known road, of those near which the map knows any road at all."""
    limits = data()["suspicion"]
    points = shapely.points(xy)
    on = np.unique(tree.query(points, predicate="dwithin", distance=reach_m)[0])
    covered = np.unique(tree.query(points, predicate="dwithin", distance=float(limits["covered_m"]))[0])
    enough = len(covered) >= float(limits["least_covered"]) * len(xy)
    return len(on) / (len(covered) if enough else len(xy))


def _hypotheses(xy: Floats, crs: pyproj.CRS) -> Iterator[tuple[str, int | None, Floats]]:
    """Yield where the roads would lie if they bore each offset that is known by name, and where they lie now."""
    lonlat = to_lonlat(xy, crs)
    for datum in ("gcj02", "bd09"):
        yield datum, None, from_lonlat(to_wgs84(lonlat, datum), crs)
    for datum in ("gcj02", "bd09"):
        yield f"from_{datum}", None, from_lonlat(from_wgs84(lonlat, datum), crs)
    family, epsg = datum_family(crs), crs.to_epsg()
    if family is not None and epsg is not None:
        zones = data()["zones"]
        first, last = int(zones["three_first_zone"]), int(zones["three_last_zone"])
        codes = [zone_code(family, zone, 3, prefixed=False) for zone in range(first, last + 1)]
        at = codes.index(epsg) if epsg in codes else None
        for n in () if at is None else (at - 1, at + 1):
            if 0 <= n < len(codes):
                yield "zone", codes[n], from_lonlat(to_lonlat(xy, pyproj.CRS.from_epsg(codes[n])), crs)
    yield "swapped", None, xy[:, ::-1]
    if len(xy) >= int(data()["suspicion"]["shift_places"]):
        yield "shift", None, xy


def _peak(
    xy: Floats, reach_m: float, lines: Objects, tree: shapely.STRtree, *, slack_m: float, distinct: float
) -> Floats | None:
    """Return the shift of at most ``slack_m`` that fits best, if no other in the window fits nearly as well."""
    limits = data()["suspicion"]
    if not np.isfinite(xy).all():
        return None
    cell, window = float(limits["cell_m"]), float(limits["shift_m"])
    low, high = xy.min(axis=0) - window - cell, xy.max(axis=0) + window + cell
    near = lines[np.sort(tree.query(shapely.box(*low, *high)))]
    if not len(near):
        return None
    shape = tuple(int(n) for n in np.ceil((high - low) / cell).astype(int) + 1)
    ground = _raster(_along(near, cell), low, cell, shape) > 0
    if not ground.any():
        return None
    on = (ndimage.distance_transform_edt(~ground) * cell <= reach_m + 0.5 * cell).astype(np.float64)
    places = _raster(xy, low, cell, shape)
    steps = round(window / cell)
    inner = places[steps : shape[0] - steps, steps : shape[1] - steps]
    fits = np.round(signal.fftconvolve(on, inner[::-1, ::-1], mode="valid") / len(xy), 6)
    centre = (steps, steps)
    east, north = np.meshgrid(np.arange(fits.shape[0]) - centre[0], np.arange(fits.shape[1]) - centre[1], indexing="ij")
    away = np.hypot(east, north) * cell
    allowed = np.where(away <= slack_m + cell, fits, -1.0)
    best = allowed.max()
    # Of places that fit equally well the middle one: a wide road has some room.
    rows = np.argwhere(allowed >= best - float(limits["level"]))
    rows = rows[np.hypot(*(rows - rows[np.argmax(allowed[tuple(rows.T)])]).T) * cell <= 2.0 * reach_m + cell]
    top = np.median(rows, axis=0)
    apart = np.hypot(*(np.stack([east, north], axis=-1) + np.array(centre) - top).transpose(2, 0, 1)) * cell
    others = fits[apart > float(limits["apart_m"]) + reach_m]
    if best < float(limits["fits_roughly"]) or not len(others) or others.max() > best - distinct:
        return None
    return np.asarray((top - np.array(centre)) * cell, dtype=np.float64)


def _along(lines: Objects, step_m: float) -> Floats:
    """Return places along lines, no farther apart than ``step_m``."""
    return np.asarray(shapely.get_coordinates(shapely.segmentize(lines, step_m)), dtype=np.float64)


def _raster(xy: Floats, low: Floats, cell: float, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return how many places lie in each cell."""
    index = np.floor((xy - low) / cell).astype(np.int64)
    inside = ((index >= 0) & (index < np.array(shape))).all(axis=1)
    counts = np.bincount(np.ravel_multi_index(tuple(index[inside].T), shape), minlength=math.prod(shape))
    return np.asarray(counts.reshape(shape), dtype=np.float64)
