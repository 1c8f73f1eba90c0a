"""What a barrier has to cross: lanes as paths whose ends lie clear of obstacles.

An obstacle on a lane's end leaves open on which side of it a chain of obstacles passes the lane. So a
path runs on past an obstacle at a mouth or a tip, and stops short of one at a junction. There the ways
from arm to arm are paths of their own, through the obstacle. Every path depends on the obstacles on it
alone, so an edit changes only the paths that it touches.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from firelane.lanes.boundary import Floats
from firelane.lanes.clusters import Arms
from firelane.vocabulary import LaneEnd

Way = Arms

COVER_M = 1e-6
CLEAR_M = 0.01
"""How far beyond an obstacle's outline a path ends."""

ASIDE_M = 1e-5
"""A path is drawn this far beside its centreline, so that it never runs along a wall drawn on it."""

End = tuple[int, int]
"""(lane, 0 or -1)."""

Meeting = Callable[[BaseGeometry], Sequence[BaseGeometry]]
"""Returns the obstacles, filled, that meet a geometry."""


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
    covered: frozenset[End]


@dataclass(frozen=True)
class LaneEnds:
    """Lanes drawn a hair beside their centreline, and where their ends meet.

    Attributes
    ----------
    lines : list of LineString
    node : dict
        (lane, end) → node of the junction there; ends at mouths and tips are left out.
    """

    lines: list[LineString]
    node: Mapping[End, str]

    @classmethod
    def of(cls, lanes: gpd.GeoDataFrame) -> LaneEnds:
        """Read the table of lanes."""
        node = {}
        for at, which in ((0, "start"), (-1, "end")):
            for n, (kind, name) in enumerate(zip(lanes[f"{which}_kind"], lanes[f"{which}_node"], strict=True)):
                if kind == LaneEnd.JUNCTION.value:
                    node[n, at] = str(name)
        return cls([_aside(line) for line in lanes.geometry], node)

    @cached_property
    def at_node(self) -> Mapping[str, list[End]]:
        """Node → the ends that meet there."""
        result: dict[str, list[End]] = {}
        for end in sorted(self.node):
            result.setdefault(self.node[end], []).append(end)
        return result

    def place(self, end: End) -> Point:
        """Return the place of an end."""
        return Point(self.lines[end[0]].coords[end[1]])


def lane_paths(lanes: gpd.GeoDataFrame, parts: list[BaseGeometry]) -> Paths:
    """Return the paths of ``lanes`` among the obstacles ``parts``.

    Parameters
    ----------
    lanes : GeoDataFrame
        As ``LaneNetwork.lanes``.
    parts : list of geometry
        Single-part obstacles; what a closed outline encloses counts as part of it.
    """
    return paths_among(LaneEnds.of(lanes), parts)


def paths_among(ends: LaneEnds, parts: Sequence[BaseGeometry]) -> Paths:
    """Return the paths of lanes among obstacles (see :func:`lane_paths`)."""
    filled = np.array([body for body in map(filled_part, parts) if body is not None], dtype=object)
    if not len(filled) or not ends.lines:
        return Paths(list(ends.lines), [], frozenset())
    tree = shapely.STRtree(filled)
    every = [(n, at) for n in range(len(ends.lines)) for at in (0, -1)]
    points = shapely.points([ends.lines[n].coords[at] for n, at in every])
    covered = {every[k] for k in tree.query(points, predicate="dwithin", distance=COVER_M)[0].tolist()}

    def meeting(geometry: BaseGeometry) -> Sequence[BaseGeometry]:
        found: Sequence[BaseGeometry] = filled[np.sort(tree.query(geometry, predicate="intersects"))]
        return found

    lines = list(ends.lines)
    tails: dict[End, LineString] = {}
    for n in sorted({n for n, _ in covered}):
        lines[n], own = lane_path(ends, n, covered, meeting)
        tails |= own
    junctions = []
    for node in sorted({ends.node[end] for end in covered if end in ends.node}):
        ways = []
        for arms, line in ways_at(ends, node, covered, tails):
            ways.append(Way(arms, len(lines)))
            lines.append(line)
        if ways:
            junctions.append(ways)
    return Paths(lines, junctions, frozenset(covered))


def lane_path(
    ends: LaneEnds, lane: int, covered: Collection[End], meeting: Meeting
) -> tuple[LineString, dict[End, LineString]]:
    """Return the path of one lane, and what was cut off it at the junctions that an obstacle covers."""
    line = ends.lines[lane]
    tails = {}
    shared = [end for end in ((lane, 0), (lane, -1)) if end in covered and _meets_others(ends, end, covered)]
    for at in (0, -1):
        if (lane, at) in covered and (lane, at) not in shared:
            line = _beyond(line, at, meeting)
    for end in shared:
        line, tails[end] = _short_of(line, end[1], meeting)
    return line, tails


def ways_at(
    ends: LaneEnds, node: str, covered: Collection[End], tails: Mapping[End, LineString]
) -> list[tuple[tuple[End, End], LineString]]:
    """Return the ways from arm to arm of a junction on which an obstacle stands."""
    arms = [end for end in ends.at_node[node] if end in covered]
    return [
        ((first, second), LineString(np.vstack((tails[first].coords[::-1], tails[second].coords[:]))))
        for first, second in itertools.combinations(arms, 2)
    ]


def _meets_others(ends: LaneEnds, end: End, covered: Collection[End]) -> bool:
    node = ends.node.get(end)
    return node is not None and sum(other in covered for other in ends.at_node[node]) > 1


def _aside(line: LineString) -> LineString:
    xy = shapely.get_coordinates(line)
    step = np.diff(xy, axis=0)
    step /= np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)[:, None]
    along = np.vstack((step[:1], step[:-1] + step[1:], step[-1:]))
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    return LineString(xy + ASIDE_M * np.column_stack((-along[:, 1], along[:, 0])))


def filled_part(part: BaseGeometry) -> BaseGeometry | None:
    """Return an obstacle with all that it encloses; None for one that encloses nothing."""
    if part.geom_type == "Polygon":
        return shapely.polygons(part.exterior)
    if part.geom_type == "LineString" and part.is_closed and len(part.coords) > 3:
        return shapely.make_valid(shapely.polygons(shapely.linearrings(part.coords)))
    return None


def _clear_of(line: LineString, meeting: Meeting) -> list[BaseGeometry]:
    bodies = meeting(line)
    clear = shapely.difference(line, shapely.union_all(list(bodies))) if len(bodies) else line
    return [part for part in shapely.get_parts(clear) if part.length > 2 * CLEAR_M]


def _beyond(line: LineString, at: int, meeting: Meeting) -> LineString:
    """Take a line straight on at one end until it is clear of obstacles."""
    xy = shapely.get_coordinates(line)
    xy = xy if at == -1 else xy[::-1]
    heading: Floats = (xy[-1] - xy[-2]) / max(float(np.hypot(*(xy[-1] - xy[-2]))), 1e-9)
    far = 16.0
    while True:
        ray = LineString([xy[-1], xy[-1] + heading * far])
        leaves = min((ray.project(Point(part.coords[0])) for part in _clear_of(ray, meeting)), default=far)
        if leaves < far - 2 * CLEAR_M:
            break
        far *= 4
    xy = np.vstack((xy, xy[-1] + heading * (leaves + CLEAR_M)))
    return LineString(xy if at == -1 else xy[::-1])


def _short_of(line: LineString, at: int, meeting: Meeting) -> tuple[LineString, LineString]:
    """Split a line where, coming from the end ``at``, it first leaves the obstacles: rest and tail.

    The tail runs from the end outwards. A line that never leaves them has no rest worth the name.
    """
    from_end = line if at == 0 else shapely.reverse(line)
    clear = _clear_of(from_end, meeting)
    leaves = min((from_end.project(Point(part.coords[0])) for part in clear), default=from_end.length)
    split = min(leaves + CLEAR_M, from_end.length * (1 - 1e-6))
    tail, rest = substring(from_end, 0.0, split), substring(from_end, split, from_end.length)
    return (rest if at == 0 else shapely.reverse(rest)), tail
