"""The profile of each lane: clear width and section width at every station, for charts.

``section_width_m`` is the widest free stretch of the perpendicular. ``clear_width_m`` is the widest
disc that stands anywhere on that perpendicular: never a circumradius, never more than what passes
there. Verdicts come from the barriers; the profile shows where and how far.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from firelane.lanes.boundary import Boundary, Floats, Ints
from firelane.lanes.sections import SECTION_REACH_M
from firelane.lanes.space import FreeSpace

SAMPLES = 5
CROWDED = 0.9
ROUNDS = 5


def station_widths(space: FreeSpace, stations: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return clear width and section width at each station [m].

    Parameters
    ----------
    space : FreeSpace
    stations : GeoDataFrame
        As ``LaneNetwork.stations``, of lanes in this space.

    Returns
    -------
    clear_width_m, section_width_m : (n,) arrays
        0 where obstacles fill the section. Section NaN where the perpendicular meets no edge.
    """
    count = len(stations)
    clear, section = np.zeros(count), np.zeros(count)
    boundary = space.boundary
    if boundary is None or not count:
        return clear, section
    places = shapely.get_coordinates(stations.geometry.to_numpy())
    heading = stations["heading_rad"].to_numpy(float)
    left = np.column_stack((-np.sin(heading), np.cos(heading)))
    to_left = stations["left_m"].to_numpy(float)
    to_right = stations["right_m"].to_numpy(float)
    low = -np.nan_to_num(to_right, nan=SECTION_REACH_M)
    high = np.nan_to_num(to_left, nan=SECTION_REACH_M)
    station, begin, end = _gaps(space, places, left, low, high)
    np.maximum.at(section, station, end - begin)
    section[np.isnan(to_left) | np.isnan(to_right)] = np.nan
    if len(station):
        width = 2 * _widest_on(space, places[station], left[station], begin, end)
        np.maximum.at(clear, station, width)
    return clear, section


def end_width(space: FreeSpace, place: Floats, heading: Floats, bare_m: float) -> float:
    """Return the widest disc that stands on the section where a dead end begins [m].

    Parameters
    ----------
    space : FreeSpace
    place : (2,) array
        Middle of the section [m].
    heading : (2,) array
        Unit vector towards the tip.
    bare_m : float
        Width there without obstacles: never less than what is returned [m].
    """
    boundary = space.boundary
    if boundary is None:
        return 0.0
    left = np.array([-heading[1], heading[0]])
    ends = place + left * bare_m, place - left * bare_m
    across = shapely.intersection(shapely.linestrings(np.stack(ends)), space.free)
    found = 0.0
    for part in shapely.get_parts(across):
        xy = shapely.get_coordinates(part)
        if len(xy) < 2:
            continue
        low, high = np.sort((xy[[0, -1]] - place) @ left)
        one = np.ones(1)
        local = place[None]
        found = max(found, 2 * float(_widest_on(space, local, left[None], low * one, high * one)[0]))
    return min(found, bare_m)


def _gaps(
    space: FreeSpace, places: Floats, left: Floats, low: Floats, high: Floats
) -> tuple[Ints, Floats, Floats]:
    """Return the free stretches of each perpendicular: station, from, to (offset to the left)."""
    b = _boundary(space)
    local = places - b.origin
    ends = np.stack((local + left * low[:, None], local + left * high[:, None]), axis=1)
    lines = shapely.linestrings(ends)
    station, hit = b.tree.query(lines)
    edge = b.obstacle_index[hit]
    real = ~b.is_point[edge]
    station, edge = station[real], edge[real]
    direction, d = left[station], b.direction[edge]
    w = b.start[edge] - local[station]
    denominator = direction[:, 0] * d[:, 1] - direction[:, 1] * d[:, 0]
    steep = np.abs(denominator) > 1e-12
    station, edge, direction, d, w = station[steep], edge[steep], direction[steep], d[steep], w[steep]
    denominator = denominator[steep]
    offset = (w[:, 0] * d[:, 1] - w[:, 1] * d[:, 0]) / denominator
    along = (w[:, 0] * direction[:, 1] - w[:, 1] * direction[:, 0]) / denominator
    on = (along >= -1e-9) & (along <= b.length_m[edge] + 1e-9)
    offset = _on_discs(space, edge, local[station], direction, offset)
    on &= (offset > low[station] + 1e-9) & (offset < high[station] - 1e-9)
    every = np.arange(len(places))
    who = np.concatenate((station[on], every, every))
    cut = np.concatenate((offset[on], low, high))
    order = np.lexsort((cut, who))
    who, cut = who[order], cut[order]
    same = (who[1:] == who[:-1]) & (cut[1:] - cut[:-1] > 1e-9)
    who, begin, end = who[1:][same], cut[:-1][same], cut[1:][same]
    middle = places[who] + left[who] * ((begin + end) / 2)[:, None]
    shapely.prepare(space.free)
    # On a mouth line, or along the side of an obstacle, the perpendicular runs on the boundary itself:
    # what is free a hair to either side of it is free.
    ahead = 1e-4 * np.column_stack((left[who][:, 1], -left[who][:, 0]))
    free = shapely.contains_xy(space.free, middle + ahead) | shapely.contains_xy(space.free, middle - ahead)
    who, begin, end = who[free], begin[free], end[free]
    # Neighbouring free stretches meet at a wall without width or a grazed vertex: they stay apart.
    return who, begin, end


def _boundary(space: FreeSpace) -> Boundary:
    assert space.boundary is not None
    return space.boundary


def _on_discs(
    space: FreeSpace, edge: Ints, places: Floats, direction: Floats, offset: Floats
) -> Floats:
    """Return where perpendiculars meet discs, in place of the polygons drawn about them."""
    disc = space.discs[edge]
    centre = disc[:, :2] - places
    foot = np.sum(centre * direction, axis=1)
    half = disc[:, 2] ** 2 - (np.sum(centre**2, axis=1) - foot**2)
    met = half >= 0.0  # False where there is no disc, or it is missed by a hair
    root = np.sqrt(np.where(met, half, 0.0))
    near = np.where(np.abs(foot - root - offset) < np.abs(foot + root - offset), foot - root, foot + root)
    return np.where(met, near, offset)


def _widest_on(space: FreeSpace, places: Floats, left: Floats, begin: Floats, end: Floats) -> Floats:
    """Return the largest distance from the obstacles on each stretch.

    No place is farther from the obstacles than half the stretch, so between straight parallel edges the
    middle is known to be the best. Where it falls far short something else stands near: there the
    distance may have several maxima, and the search starts from several places.
    """
    half = (end - begin) / 2
    best = _distance(space, places, left, (begin + half)[:, None])[0][:, 0]
    crowded = best < CROWDED * half
    for rows, samples in (((best < half - 1e-9) & ~crowded, 1), (crowded, SAMPLES)):
        if rows.any():
            best[rows] = _climb(space, places[rows], left[rows], begin[rows], end[rows], samples)
    widest: Floats = np.minimum(best, half)
    return widest


def _climb(
    space: FreeSpace, places: Floats, left: Floats, begin: Floats, end: Floats, samples: int
) -> Floats:
    """Return the largest distance on each stretch, searched from the best of ``samples`` places.

    The distance along a line has slope ±cos at every place; where the tangents from both sides of a
    maximum meet is the next guess (a few rounds suffice: most obstacles are straight).
    """
    fractions = (np.arange(samples) + 0.5) / samples
    offsets = begin[:, None] + (end - begin)[:, None] * fractions
    value, slope = _distance(space, places, left, offsets)
    best_at = value.argmax(axis=1)
    rows = np.arange(len(begin))
    best = value[rows, best_at]
    up = slope[rows, best_at] > 0
    step = (end - begin) / SAMPLES
    centre = offsets[rows, best_at]
    low = np.where(up, centre, np.maximum(centre - step, begin))
    high = np.where(up, np.minimum(centre + step, end), centre)
    low_value, low_slope = _distance(space, places, left, low[:, None])
    high_value, high_slope = _distance(space, places, left, high[:, None])
    lv, ls, hv, hs = low_value[:, 0], low_slope[:, 0], high_value[:, 0], high_slope[:, 0]
    best = np.maximum.reduce([best, lv, hv])
    for _ in range(ROUNDS):
        bracket = (ls > 1e-9) & (hs < -1e-9) & (high - low > 1e-7)
        if not bracket.any():
            break
        where = np.flatnonzero(bracket)
        meet = (hv - lv + ls * low - hs * high)[where] / (ls - hs)[where]
        span = (high - low)[where]
        meet = np.clip(meet, low[where] + 1e-3 * span, high[where] - 1e-3 * span)
        v, s = _distance(space, places[where], left[where], meet[:, None])
        v, s = v[:, 0], s[:, 0]
        best[where] = np.maximum(best[where], v)
        rising = s > 0
        low[where[rising]], lv[where[rising]], ls[where[rising]] = meet[rising], v[rising], s[rising]
        high[where[~rising]], hv[where[~rising]], hs[where[~rising]] = meet[~rising], v[~rising], s[~rising]
    widest: Floats = best
    return widest


def _distance(space: FreeSpace, places: Floats, left: Floats, offsets: Floats) -> tuple[Floats, Floats]:
    """Return the distance from the obstacles at each offset, and its slope along the line."""
    b = _boundary(space)
    n, k = offsets.shape
    xy = (places - b.origin)[:, None, :] + left[:, None, :] * offsets[:, :, None]
    flat = xy.reshape(-1, 2)
    found, distance = b.tree.query_nearest(shapely.points(flat), all_matches=False, return_distance=True)
    edge = b.obstacle_index[found[1]]
    t = np.clip(np.sum((flat - b.start[edge]) * b.direction[edge], axis=1), 0.0, b.length_m[edge])
    nearest = b.start[edge] + b.direction[edge] * t[:, None]
    away = flat - nearest
    # From a disc itself, not from the polygon drawn about it.
    disc = space.discs[edge]
    from_centre = flat - disc[:, :2]
    round_ = ~np.isnan(disc[:, 2])
    away[round_] = from_centre[round_]
    distance = np.where(round_, np.hypot(from_centre[:, 0], from_centre[:, 1]) - disc[:, 2], distance)
    length = np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-12)
    slope = np.sum(away * np.repeat(left, k, axis=0), axis=1) / length
    return distance.reshape(n, k), slope.reshape(n, k)
