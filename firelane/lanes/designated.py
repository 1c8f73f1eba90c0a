"""Designated lanes: their own centrelines, and what they leave of the roads' beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from firelane.lanes.boundary import Floats
from firelane.lanes.centrelines import SHORTEST_LANE_M, Centreline, area_centrelines, heading_at
from firelane.lanes.mouths import Mouths, end_edges
from firelane.lanes.openings import opening_at
from firelane.lanes.sections import SECTION_REACH_M, EdgeTree, sections
from firelane.lanes.smoothing import Paths
from firelane.vocabulary import LaneEnd

STEP_M = 0.5
SHORTEST_REMAINDER_M = 3.0
COVERED_M = 0.5
ALONG_COS = np.cos(np.radians(45.0))


def designated_centrelines(designated: BaseGeometry, pavement: BaseGeometry, mouths: Mouths) -> list[Centreline]:
    """Return the centrelines of the designated lanes, open where one drives on."""
    lanes = area_centrelines(designated)
    edges = shapely.STRtree(np.asarray(end_edges(designated), dtype=object))
    shapely.prepare(pavement)
    for lane in lanes:
        lane.designated = True
        for n in (0, 1):
            if lane.kinds[n] == LaneEnd.TIP.value:
                _open(lane, n, edges, pavement, mouths)
    return lanes


def _open(lane: Centreline, n: int, edges: shapely.STRtree, pavement: BaseGeometry, mouths: Mouths) -> None:
    """Turn the tip of a designated lane into a mouth or a junction where one drives on beyond it."""
    at = -1 if n else 0
    opening = opening_at(lane.xy[at], heading_at(lane.xy, at), edges, pavement, mouths.table)
    if opening is None:
        return
    lane.end_at(n, LaneEnd.JUNCTION if opening.entrance_id is None else LaneEnd.MOUTH, keep_radius=True)
    lane.openings = (opening, lane.openings[1]) if n == 0 else (lane.openings[0], opening)
    name = opening.entrance_id
    lane.mouths = (name, lane.mouths[1]) if n == 0 else (lane.mouths[0], name)


def clipped(lanes: Sequence[Centreline], area: BaseGeometry) -> list[Centreline]:
    """Return the parts of centrelines that lie in ``area``."""
    if not lanes:
        return []
    lines = np.asarray([lane.line for lane in lanes], dtype=object)
    shapely.prepare(area)
    within, apart = shapely.contains_properly(area, lines), shapely.disjoint(area, lines)
    result = []
    for lane, line, whole, out in zip(lanes, lines, within, apart, strict=True):
        if whole:
            result.append(lane)
        elif not out:
            parts = shapely.get_parts(shapely.line_merge(shapely.intersection(line, area)))
            result += [
                lane.cut_to(p) for p in parts if p.geom_type == "LineString" and p.length >= SHORTEST_LANE_M
            ]
    return result


def uncovered(
    lanes: Sequence[Centreline], edges: EdgeTree, designated: BaseGeometry, inside: Sequence[Centreline]
) -> list[Centreline]:
    """Return the stretches of the roads' lanes beside which no fire lane is designated.

    Only a designated lane that runs along the road takes its place, not one that meets it.

    Parameters
    ----------
    lanes : sequence of Centreline
        Of the roads.
    edges : EdgeTree
        Of the pavement.
    designated : Polygon or MultiPolygon
    inside : sequence of Centreline
        Of the designated lanes.
    """
    if not lanes:
        return []
    lines = np.asarray([lane.line for lane in lanes], dtype=object)
    parts = shapely.get_parts(designated)
    near, part = shapely.STRtree(parts).query(lines, predicate="dwithin", distance=SECTION_REACH_M)
    own = np.asarray([lane.line for lane in inside], dtype=object)
    tree = shapely.STRtree(own)
    result: list[Centreline] = []
    for number, lane in enumerate(lanes):
        beside = parts[part[near == number]]
        if not len(beside):
            result.append(lane)
            continue
        area = beside[0] if len(beside) == 1 else shapely.union_all(beside)
        result += _remainder(lane, lines[number], edges, area, own, tree)
    return result


def _remainder(
    lane: Centreline, line: LineString, edges: EdgeTree, area: BaseGeometry, own: np.ndarray, tree: shapely.STRtree
) -> list[Centreline]:
    count = max(int(np.ceil(line.length / STEP_M)), 1)
    chainage = np.linspace(0.0, line.length, count + 1)
    across = sections(Paths.of([lane.xy]), np.zeros(count + 1, np.int64), chainage, edges)
    covered = shapely.length(shapely.intersection(across.lines, area)) > COVERED_M
    if covered.any() and len(own):
        covered &= _along(across.places, across.heading_rad, own, tree)
    if not covered.any():
        return [lane]
    changes = np.flatnonzero(np.diff(np.r_[True, covered, True].astype(np.int8)))
    result = []
    for i, j in zip(changes[::2], changes[1::2], strict=True):
        start = chainage[i] if i == 0 else (chainage[i] + chainage[i - 1]) / 2
        stop = chainage[j - 1] if j > count else (chainage[j] + chainage[j - 1]) / 2
        if stop - start >= SHORTEST_REMAINDER_M:
            result.append(lane.cut_to(substring(line, start, stop)))
    return result


def _along(places: Floats, heading_rad: Floats, own: np.ndarray, tree: shapely.STRtree) -> np.ndarray:
    """Tell at which places the nearest designated lane runs along the road."""
    points = shapely.points(places)
    nearest = tree.nearest(points)
    at = shapely.line_locate_point(own[nearest], points)
    turn = Paths.of_lines(own).headings(nearest.astype(np.int64), at) - heading_rad
    result: np.ndarray = np.abs(np.cos(turn)) >= ALONG_COS
    return result
