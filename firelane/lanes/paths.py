"""What a barrier has to cross: lanes as paths whose ends lie clear of obstacles.

An obstacle on a lane's end leaves open on which side of it a chain of obstacles passes the lane. So a
path runs on past an obstacle at a mouth or a tip, and stops short of one at a junction. There the ways
from arm to arm are paths of their own, through the obstacle.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from firelane.lanes.boundary import Floats
from firelane.vocabulary import LaneEnd

COVER_M = 1e-6
CLEAR_M = 0.01
"""How far beyond an obstacle's outline a path ends."""

ASIDE_M = 1e-5
"""A path is drawn this far beside its centreline, so that it never runs along a wall drawn on it."""


@dataclass(frozen=True)
class Way:
    """A way from one arm of a junction into another: its two (lane, end), and the number of its path."""

    arms: tuple[tuple[int, int], tuple[int, int]]
    path: int


@dataclass(frozen=True)
class Paths:
    """Paths of one space.

    Attributes
    ----------
    lines : list of LineString
        First one per lane, in the order of the lanes; then the ways into other arms.
    junctions : list of lists of Way
        One list per junction on which an obstacle stands.
    covered : frozenset of (lane, end)
        Ends (0 or -1) on which an obstacle stands.
    """

    lines: list[LineString]
    junctions: list[list[Way]]
    covered: frozenset[tuple[int, int]]


def lane_paths(lanes: gpd.GeoDataFrame, parts: list[BaseGeometry]) -> Paths:
    """Return the paths of ``lanes`` among the obstacles ``parts``.

    Parameters
    ----------
    lanes : GeoDataFrame
        As ``LaneNetwork.lanes``.
    parts : list of geometry
        Single-part obstacles; what a closed outline encloses counts as part of it.
    """
    lines = [_aside(line) for line in lanes.geometry]
    filled = [body for body in (_filled(part) for part in parts) if body is not None]
    if not filled or not lines:
        return Paths(lines, [], frozenset())
    rows = list(lanes.itertuples())
    tree = shapely.STRtree(filled)
    ends = [(n, at) for n in range(len(lines)) for at in (0, -1)]
    points = shapely.points([lines[n].coords[at] for n, at in ends])
    covered = {ends[k] for k in tree.query(points, predicate="dwithin", distance=COVER_M)[0].tolist()}
    if not covered:
        return Paths(lines, [], frozenset())
    bodies = shapely.union_all(filled)
    meeting: dict[str, list[tuple[int, int]]] = {}
    for n, at in sorted(covered):
        kind, node = (rows[n].start_kind, rows[n].start_node) if at == 0 else (rows[n].end_kind, rows[n].end_node)
        if kind == LaneEnd.JUNCTION.value:
            meeting.setdefault(node, []).append((n, at))
        else:
            lines[n] = _beyond(lines[n], at, bodies)
    tails: dict[tuple[int, int], LineString] = {}
    for group in meeting.values():
        if len(group) == 1:
            (n, at) = group[0]
            lines[n] = _beyond(lines[n], at, bodies)
            continue
        for n, at in group:
            lines[n], tails[n, at] = _short_of(lines[n], at, bodies)
    junctions = []
    for group in meeting.values():
        ways = []
        for first, second in itertools.combinations(group, 2):
            ways.append(Way((first, second), len(lines)))
            lines.append(LineString(np.vstack((tails[first].coords[::-1], tails[second].coords[:]))))
        if ways:
            junctions.append(ways)
    return Paths(lines, junctions, frozenset(covered))


def _aside(line: LineString) -> LineString:
    xy = shapely.get_coordinates(line)
    step = np.diff(xy, axis=0)
    step /= np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)[:, None]
    along = np.vstack((step[:1], step[:-1] + step[1:], step[-1:]))
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    return LineString(xy + ASIDE_M * np.column_stack((-along[:, 1], along[:, 0])))


def _filled(part: BaseGeometry) -> BaseGeometry | None:
    if part.geom_type == "Polygon":
        return shapely.polygons(part.exterior)
    if part.geom_type == "LineString" and part.is_closed and len(part.coords) > 3:
        return shapely.make_valid(shapely.polygons(part))
    return None


def _beyond(line: LineString, at: int, bodies: BaseGeometry) -> LineString:
    """Take a line straight on at one end until it is clear of obstacles."""
    xy = shapely.get_coordinates(line)
    xy = xy if at == -1 else xy[::-1]
    heading: Floats = (xy[-1] - xy[-2]) / max(float(np.hypot(*(xy[-1] - xy[-2]))), 1e-9)
    west, south, east, north = shapely.union_all([bodies, Point(xy[-1])]).bounds
    far = 1.0 + float(np.hypot(east - west, north - south))
    ray = LineString([xy[-1], xy[-1] + heading * far])
    clear = [p for p in shapely.get_parts(shapely.difference(ray, bodies)) if p.length > 2 * CLEAR_M]
    leaves = min(ray.project(Point(part.coords[0])) for part in clear)
    xy = np.vstack((xy, xy[-1] + heading * (leaves + CLEAR_M)))
    return LineString(xy if at == -1 else xy[::-1])


def _short_of(line: LineString, at: int, bodies: BaseGeometry) -> tuple[LineString, LineString]:
    """Split a line where, coming from the end ``at``, it first leaves the obstacles: rest and tail.

    The tail runs from the end outwards. A line that never leaves them has no rest worth the name.
    """
    from_end = line if at == 0 else shapely.reverse(line)
    clear = [p for p in shapely.get_parts(shapely.difference(from_end, bodies)) if p.length > 2 * CLEAR_M]
    leaves = min((from_end.project(Point(part.coords[0])) for part in clear), default=from_end.length)
    split = min(leaves + CLEAR_M, from_end.length * (1 - 1e-6))
    tail, rest = substring(from_end, 0.0, split), substring(from_end, split, from_end.length)
    return (rest if at == 0 else shapely.reverse(rest)), tail
