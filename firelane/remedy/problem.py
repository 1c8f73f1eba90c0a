"""Targets of a site's remedies: what has to be open for a lane, or for a way to a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Floats
from firelane.lanes.gap_graph import SLACK_M, GapGraph
from firelane.lanes.space import FreeSpace
from firelane.remedy.hitting import Bar, Target, Way

__all__ = ["lane_targets", "pair_way", "place_way"]


def lane_targets(space: FreeSpace, graph: GapGraph, lane: int, *, limit_m: float) -> list[Target]:
    """Return what must be open for a lane to pass: *all* of these targets.

    One target for the lane's barriers, and one for each dead end that obstacles narrow: there the disc may
    stand anywhere on the section where the tip begins.

    Parameters
    ----------
    space : FreeSpace
    graph : GapGraph
        ``lane_gaps(space, below_m=...)`` with ``below_m >= limit_m``.
    lane : int
        Row of ``space.lanes``.
    limit_m : float
        Width of the disc [m].
    """
    ways = tuple(Way(graph, p.columns, p.removed, stays=p.stays) for p in graph.passages[lane])
    return [Target(ways), *_tips(space, space.lanes.iloc[lane], limit_m)]


def pair_way(
    space: FreeSpace, graph: GapGraph, pair: int, places: Sequence[Sequence[float]], *, limit_m: float
) -> Way:
    """Return the way of one pair of ``reach_gaps``, with what stands too near to its places.

    Parameters
    ----------
    space : FreeSpace
    graph : GapGraph
        ``reach_gaps(space, pairs, below_m=...)``.
    pair : int
        Number of the pair.
    places : sequence of (2,) array
        The places of the pair (one, where it begins at a mouth) that the disc must stand on [m].
    limit_m : float
    """
    (passage,) = graph.passages[pair]
    forced: set[int] = set()
    bars = []
    for place in places:
        standing = place_way(space, place, limit_m=limit_m)
        forced |= standing.forced
        bars += [standing.bar] if standing.bar is not None else []
    bar = min(bars, key=lambda b: b.width_m, default=None)
    return Way(graph, passage.columns, frozenset(forced), barred=bar is not None, bar=bar)


def place_way(space: FreeSpace, place: Sequence[float], *, limit_m: float) -> Way:
    """Return a way that is open where a disc may stand on a place: nearer obstacles must go, an edge bars.

    Parameters
    ----------
    space : FreeSpace
    place : (2,) array
        In the coordinates of the site [m].
    limit_m : float
    """
    at = Point(*place)
    room = (limit_m - SLACK_M) / 2
    rows = frozenset(np.flatnonzero(_away(space.table, at) < room).tolist())
    edge = space.solid_edge
    distance = float(shapely.distance(edge, at)) if shapely.contains(space.area, at) else 0.0
    if distance >= room:
        return Way(None, (), rows)
    foot = shapely.get_coordinates(shapely.shortest_line(at, edge))
    ends = ((float(foot[0, 0]), float(foot[0, 1])), (float(foot[1, 0]), float(foot[1, 1])))
    return Way(None, (), rows, barred=True, bar=Bar(ends, 2 * distance))


def _away(table: gpd.GeoDataFrame, at: BaseGeometry) -> Floats:
    """Return the distance of each obstacle from a place; from the disc itself where it is round."""
    if not len(table):
        return np.zeros(0)
    shapes = table.geometry.to_numpy()
    radius = table["radius_m"].to_numpy(float)
    away: Floats = shapely.distance(shapes, at)
    centre = shapely.distance(shapely.centroid(shapes), at) - radius
    return np.where(np.isnan(radius), away, np.maximum(centre, 0.0))


def _tips(space: FreeSpace, lane: Any, limit_m: float) -> list[Target]:
    """Return the targets of a lane's dead ends: the places on the section where a tip begins."""
    result = []
    for bare, at in (
        (lane.start_width_m, lane.start_trim_m), (lane.end_width_m, lane.length_m - lane.end_trim_m)
    ):  # fmt: skip
        if np.isnan(bare):
            continue
        place = np.array(lane.geometry.interpolate(at).coords[0])
        if bare < limit_m - SLACK_M:
            xy = (float(place[0]), float(place[1]))
            result.append(Target((Way(None, barred=True, bar=Bar((xy, xy), float(bare))),)))
        elif (_away(space.table, Point(*place)) < bare / 2 - SLACK_M).any():
            heading = _heading(lane.geometry, at)
            sets = _standing(space, place, np.array([-heading[1], heading[0]]), float(bare), limit_m)
            result.append(Target(tuple(Way(None, (), rows) for rows in sets)))
    return result


def _heading(line: BaseGeometry, at_m: float) -> Floats:
    """Return the unit vector of a lane towards the end that is nearer to a chainage."""
    toward = 0.5 if at_m > line.length / 2 else -0.5
    a, b = (np.array(line.interpolate(min(max(c, 0.0), line.length)).coords[0]) for c in (at_m, at_m + toward))
    if np.array_equal(a, b):  # the lane ends here
        a = np.array(line.interpolate(min(max(at_m - toward, 0.0), line.length)).coords[0])
    step: Floats = b - a
    return step / max(float(np.hypot(*step)), 1e-9)


def _standing(space: FreeSpace, place: Floats, left: Floats, bare_m: float, limit_m: float) -> list[frozenset[int]]:
    """Return the sets of obstacles without which a disc may stand somewhere on a section.

    Each obstacle, and the edge of the pavement, takes some intervals of the section. What lies between two
    neighbouring ends of intervals is free or taken as a whole.
    """
    room = (limit_m - SLACK_M) / 2
    section = shapely.linestrings(np.stack((place - left * bare_m, place + left * bare_m)))
    near = np.flatnonzero(shapely.dwithin(space.table.geometry.to_numpy(), section, room))
    taken: list[tuple[int, float, float]] = []
    for row in near.tolist():
        shape, radius = space.table.geometry.iloc[row], float(space.table["radius_m"].iloc[row])
        if np.isnan(radius):
            inside = [g for g in shapely.get_parts(shapely.intersection(shape, section)) if g.length > 0]
            ends = [np.sort((shapely.get_coordinates(g)[[0, -1]] - place) @ left) for g in inside]
            taken += [(row, float(low), float(high)) for low, high in ends]
            taken += [(row, *i) for i in _intervals(shape, place, left, room)]
        else:
            taken += [(row, *i) for i in _intervals(shapely.centroid(shape), place, left, room + radius)]
    edge = [(-1, *i) for i in _intervals(space.solid_edge, place, left, room)]
    stops = np.unique([0.0, -bare_m, bare_m, *(s for t in (*taken, *edge) for s in t[1:])])
    stops = stops[np.abs(stops) <= bare_m]
    middles = [0.0, *((stops[1:] + stops[:-1]) / 2).tolist()]
    sets = set()
    for n, s in enumerate(middles):
        # The middle of the section is clear of the edge, as the width of the bare tip says.
        if n and (any(low < s < high for _, low, high in edge) or not _contains(space.area, place + left * s)):
            continue
        sets.add(frozenset(row for row, low, high in taken if low < s < high))
    return sorted((s for s in sets if not any(o < s for o in sets)), key=sorted)


def _contains(area: BaseGeometry, xy: Floats) -> bool:
    return bool(shapely.contains_xy(area, *xy))


def _intervals(shape: BaseGeometry, place: Floats, left: Floats, room: float) -> list[tuple[float, float]]:
    """Return where on a line the edges of a shape are nearer than ``room``: one interval per edge.

    What is nearer to a segment than that is convex: two half discs and a box.
    """
    rings = shapely.get_parts(shapely.boundary(shape)) if shapely.get_dimensions(shape) == 2 else shapely.get_parts(shape)
    xy, index = shapely.get_coordinates(rings, return_index=True)
    local = np.column_stack(((xy - place) @ left, (xy - place) @ np.array([left[1], -left[0]])))
    # Discs about the vertices: the line is the first axis.
    half = np.sqrt(np.maximum(room**2 - local[:, 1] ** 2, 0.0))
    meets = np.abs(local[:, 1]) < room
    low = np.where(meets, local[:, 0] - half, np.inf)
    high = np.where(meets, local[:, 0] + half, -np.inf)
    same = np.flatnonzero(index[1:] == index[:-1])
    if not len(same):
        return [(float(a), float(b)) for a, b in zip(low, high, strict=True) if a < b]
    a, b = local[same], local[same + 1]
    step = b - a
    length = np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-12)
    low, high = np.minimum(low[same], low[same + 1]), np.maximum(high[same], high[same + 1])
    # The box: |cross| < room and 0 < along < length, both linear in s.
    ux, uy = step[:, 0] / length, step[:, 1] / length
    with np.errstate(divide="ignore", invalid="ignore"):
        across = np.stack(((-room - uy * a[:, 0] + ux * a[:, 1]) / -uy, (room - uy * a[:, 0] + ux * a[:, 1]) / -uy))
        along = np.stack(((ux * a[:, 0] + uy * a[:, 1]) / ux, (length + ux * a[:, 0] + uy * a[:, 1]) / ux))
    bands = []
    for flat, inside, stops in (
        (np.abs(uy) < 1e-12, np.abs(a[:, 1]) < room, across),
        (np.abs(ux) < 1e-12, (-a[:, 1] * uy >= 0) & (-a[:, 1] * uy <= length), along),
    ):
        everywhere = np.where(inside, np.inf, -np.inf)
        bands.append((np.where(flat, -everywhere, stops.min(axis=0)), np.where(flat, everywhere, stops.max(axis=0))))
    box_low, box_high = np.maximum(bands[0][0], bands[1][0]), np.minimum(bands[0][1], bands[1][1])
    real = box_low < box_high
    low = np.where(real, np.minimum(low, box_low), low)
    high = np.where(real, np.maximum(high, box_high), high)
    return [(float(p), float(q)) for p, q in zip(low, high, strict=True) if p < q]
