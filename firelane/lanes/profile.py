"""The profile of each lane: clear width and section width at every station, for charts.

``section_width_m`` is the widest free stretch of the perpendicular. ``clear_width_m`` is the widest
disc that stands anywhere on that perpendicular: never a circumradius, never more than what passes
there. Verdicts come from the barriers; the profile shows where and how far.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from firelane.lanes.boundary import Bools, Boundary, Floats, Ints
from firelane.lanes.nearest import NearestSegments
from firelane.lanes.sections import SECTION_REACH_M, segments_of
from firelane.lanes.smoothing import SIMPLIFY_M
from firelane.lanes.space import FreeSpace
from firelane.lanes.widest import widest_on

ON_SECTION_M = SIMPLIFY_M
"""A post or a wall without width so near to a perpendicular stands on it: the centreline is drawn no finer."""

ALONG_SIN = 0.01
"""A wall that crosses a perpendicular at less than this lies along it."""

HAIR_M = 1e-9
ASIDE_M = 1e-4
ON_EDGE_M = 1e-6


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
    places = shapely.get_coordinates(stations.geometry.to_numpy()) - boundary.origin
    heading = stations["heading_rad"].to_numpy(float)
    left = np.column_stack((-np.sin(heading), np.cos(heading)))
    to_left = stations["left_m"].to_numpy(float)
    to_right = stations["right_m"].to_numpy(float)
    unmet = np.column_stack((np.isnan(to_right), np.isnan(to_left)))
    low = -np.nan_to_num(to_right, nan=SECTION_REACH_M)
    high = np.nan_to_num(to_left, nan=SECTION_REACH_M)
    lines = segments_of(places + left * low[:, None], places + left * high[:, None])
    crowded = np.flatnonzero(unmet.any(axis=1) | _near_obstacles(space, boundary, lines))
    plain = np.setdiff1d(np.arange(count), crowded)
    # Where nothing stands near, the perpendicular is free from edge to edge.
    plain = plain[_is_free(space, boundary, places[plain], left[plain], (low + high)[plain] / 2)]
    who, begin, end = _gaps(
        space, boundary, lines[crowded], places[crowded], left[crowded], low[crowded], high[crowded]
    )
    station = np.concatenate((plain, crowded[who]))
    begin, end = np.concatenate((low[plain], begin)), np.concatenate((high[plain], end))
    np.maximum.at(section, station, end - begin)
    section[unmet.any(axis=1)] = np.nan
    if len(station):
        closed = ~(unmet | _on_mouths(boundary, lines, places, left, low, high))[station]
        closed |= np.column_stack((begin > low[station] + HAIR_M, end < high[station] - HAIR_M))
        index = obstacle_index(space)
        width = 2 * widest_on(index, places[station], left[station], begin, end, closed)
        np.maximum.at(clear, station, width)
    return clear, section


def obstacle_index(space: FreeSpace) -> NearestSegments:
    """Return the obstacles of a space for searches of the nearest; the space must not be empty."""
    boundary = _boundary(space)
    round_ = len(space.table) > 0 and bool(space.table["radius_m"].notna().any())
    return NearestSegments.of_obstacles(boundary, space.discs if round_ else None)


def end_width(space: FreeSpace, index: NearestSegments, place: Floats, heading: Floats, bare_m: float) -> float:
    """Return the widest disc that stands on the section where a dead end begins [m].

    Parameters
    ----------
    space : FreeSpace
        Not empty.
    index : NearestSegments
        As ``obstacle_index`` gives it.
    place : (2,) array
        Middle of the section [m].
    heading : (2,) array
        Unit vector towards the tip.
    bare_m : float
        Width there without obstacles: never less than what is returned [m].
    """
    boundary = _boundary(space)
    local, left = (place - boundary.origin)[None], np.array([[-heading[1], heading[0]]])
    low, high = np.array([-bare_m]), np.array([bare_m])
    lines = segments_of(local + left * low[:, None], local + left * high[:, None])
    who, begin, end = _gaps(space, boundary, lines, local, left, low, high)
    if not len(who):
        return 0.0
    closed = np.column_stack((begin > low[0], end < high[0]))
    radius = widest_on(index, local[who], left[who], begin, end, closed)
    return min(2 * float(radius.max()), bare_m)


def _boundary(space: FreeSpace) -> Boundary:
    assert space.boundary is not None
    return space.boundary


def _near_obstacles(space: FreeSpace, boundary: Boundary, lines: np.ndarray) -> Bools:
    """Tell on which perpendiculars an obstacle stands."""
    result = np.zeros(len(lines), bool)
    if len(space.table):
        shapes = shapely.transform(space.table.geometry.to_numpy(), lambda xy: xy - boundary.origin)
        result[shapely.STRtree(shapes).query(lines, predicate="dwithin", distance=ON_SECTION_M)[0]] = True
    return result


def _on_mouths(
    boundary: Boundary, lines: np.ndarray, places: Floats, left: Floats, low: Floats, high: Floats
) -> Bools:
    """Tell which perpendiculars end on a mouth, to the right and to the left: nothing stands there."""
    result = np.zeros((len(lines), 2), bool)
    mouths = np.flatnonzero(boundary.is_open)
    if len(mouths):
        tree = shapely.STRtree(segments_of(boundary.start[mouths], boundary.end[mouths]))
        rows = np.unique(tree.query(lines, predicate="dwithin", distance=ON_EDGE_M)[0])
        for n, offset in enumerate((low, high)):
            ends = shapely.points(places[rows] + left[rows] * offset[rows][:, None])
            result[rows[tree.query(ends, predicate="dwithin", distance=ON_EDGE_M)[0]], n] = True
    return result


def _is_free(space: FreeSpace, boundary: Boundary, places: Floats, left: Floats, offset: Floats) -> Bools:
    """Tell which points of perpendiculars lie in free space.

    On a mouth line, or along the side of an obstacle, the perpendicular runs on the boundary itself:
    what is free a hair to either side of it is free.
    """
    shapely.prepare(space.free)
    x, y = (places + boundary.origin + left * offset[:, None]).T
    free = shapely.contains_xy(space.free, x, y)
    rows = np.flatnonzero(~free)
    ahead, aside = ASIDE_M * left[rows, 1], -ASIDE_M * left[rows, 0]
    for sign in (1.0, -1.0):
        free[rows] |= shapely.contains_xy(space.free, x[rows] + sign * ahead, y[rows] + sign * aside)
    result: Bools = free
    return result


def _gaps(
    space: FreeSpace, boundary: Boundary, lines: np.ndarray, places: Floats, left: Floats, low: Floats, high: Floats
) -> tuple[Ints, Floats, Floats]:
    """Return the free stretches of perpendiculars: number, from, to (offset to the left)."""
    if not len(lines):
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    row, hit = boundary.tree.query(lines, predicate="dwithin", distance=ON_SECTION_M)
    edge = boundary.obstacle_index[hit]
    who, cut = _crossed(space, boundary, row, edge, places, left)
    inside = (cut > low[who] + HAIR_M) & (cut < high[who] - HAIR_M)
    who, cut = who[inside], cut[inside]
    barred, begin, end = _barred(boundary, row, edge, places, left)
    begin, end = np.maximum(begin, low[barred]), np.minimum(end, high[barred])
    solid = begin <= end
    barred, begin, end = barred[solid], begin[solid], end[solid]
    # Along each perpendicular: where it begins and ends, is cut, and where a bar begins (+1) and ends (-1).
    every = np.arange(len(lines))
    event = np.concatenate((who, every, every, barred, barred))
    offset = np.concatenate((cut, low, high, begin, end))
    change = np.zeros(len(event), np.int64)
    change[len(event) - 2 * len(barred) :] = np.repeat([1, -1], len(barred))
    order = np.lexsort((-change, offset, event))
    event, offset, depth = event[order], offset[order], np.cumsum(change[order])
    real = (event[1:] == event[:-1]) & (offset[1:] - offset[:-1] > HAIR_M) & (depth[:-1] == 0)
    who, begin, end = event[1:][real], offset[:-1][real], offset[1:][real]
    # Neighbouring free stretches meet at a wall without width or a grazed vertex: they stay apart.
    free = _is_free(space, boundary, places[who], left[who], (begin + end) / 2)
    return who[free], begin[free], end[free]


def _crossed(
    space: FreeSpace, boundary: Boundary, row: Ints, edge: Ints, places: Floats, left: Floats
) -> tuple[Ints, Floats]:
    """Return where perpendiculars cross edges: number of the perpendicular and offset."""
    direction, d = left[row], boundary.direction[edge]
    w = boundary.start[edge] - places[row]
    sine = direction[:, 0] * d[:, 1] - direction[:, 1] * d[:, 0]
    steep = ~boundary.is_point[edge] & (np.abs(sine) > 1e-12)
    row, edge = row[steep], edge[steep]
    direction, d, w, sine = direction[steep], d[steep], w[steep], sine[steep]
    offset = (w[:, 0] * d[:, 1] - w[:, 1] * d[:, 0]) / sine
    along = (w[:, 0] * direction[:, 1] - w[:, 1] * direction[:, 0]) / sine
    on = (along >= -HAIR_M) & (along <= boundary.length_m[edge] + HAIR_M)
    offset = _on_discs(space, edge, places[row], direction, offset)
    return row[on], offset[on]


def _barred(
    boundary: Boundary, row: Ints, edge: Ints, places: Floats, left: Floats
) -> tuple[Ints, Floats, Floats]:
    """Return what posts and walls without width bar of perpendiculars that they stand on: number, from, to."""
    thin = boundary.is_point[edge] | (boundary.twin[edge] >= 0)
    row, edge = row[thin], edge[thin]
    across = left[row]
    first, last = boundary.start[edge] - places[row], boundary.end[edge] - places[row]
    begin, end = (first * across).sum(axis=1), (last * across).sum(axis=1)
    off, off_end = (v[:, 0] * across[:, 1] - v[:, 1] * across[:, 0] for v in (first, last))
    flat = boundary.is_point[edge] | (np.abs(off_end - off) <= ALONG_SIN * boundary.length_m[edge])
    # The part of the wall within reach of the perpendicular: from t0 to t1 along it.
    change = off_end - off
    level = np.abs(change) < 1e-12
    safe = np.where(level, 1.0, change)
    one, other = (-ON_SECTION_M - off) / safe, (ON_SECTION_M - off) / safe
    t0 = np.where(level, np.where(np.abs(off) <= ON_SECTION_M, 0.0, 2.0), np.maximum(np.minimum(one, other), 0.0))
    t1 = np.where(level, 1.0, np.minimum(np.maximum(one, other), 1.0))
    met = flat & (t0 <= t1)
    from_, to = begin + (end - begin) * t0, begin + (end - begin) * t1
    return row[met], np.minimum(from_, to)[met], np.maximum(from_, to)[met]


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
