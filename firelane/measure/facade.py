"""Façade distance: how far the lane's near edge lies from each building (车道边缘距建筑外墙的距离)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.records import LaneNetwork
from firelane.lanes.rectangles_front import lane_area
from firelane.site.model import Site

OVERLAP_M2 = 1e-4
PARALLEL_M = 1e-3
"""Wall and edge run parallel where their distance grows by no more than this."""
SHORT_M = 0.1


@dataclass(frozen=True)
class FacadeDistance:
    """The place where a lane's edge comes nearest to one building.

    ``distance_m`` is None where no lane lies within the access distance; ``nearest_m`` tells how far the
    nearest one is even then (None where the site has no lane). ``overlaps`` tells that building and lane
    share ground: a passage through the building, or one of the two is drawn wrongly. ``place`` lies on the
    lane's edge, ``wall`` on the building's outline.
    """

    building_id: str
    distance_m: float | None
    nearest_m: float | None
    overlaps: bool
    lane_id: str | None
    place: tuple[float, float]
    wall: tuple[float, float]


def measure_facades(site: Site, network: LaneNetwork, *, access_distance_m: float) -> list[FacadeDistance]:
    """Return the distance between each building and the nearest edge of a lane, in input order.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
    access_distance_m : float
        A lane farther away than this does not serve the building [m].
    """
    buildings = site.layer("buildings")
    if not len(buildings):
        return []
    outlines = buildings.geometry.to_numpy()
    area = lane_area(site, network)
    inner = shapely.point_on_surface(outlines)
    if area.is_empty or not len(network.lanes):
        return [
            FacadeDistance(str(i), None, None, overlaps=False, lane_id=None, place=(p.x, p.y), wall=(p.x, p.y))
            for i, p in zip(buildings["id"], inner, strict=True)
        ]
    shapely.prepare(area)
    overlaps = np.zeros(len(outlines), bool)
    touching = np.flatnonzero(shapely.intersects(area, outlines))
    overlaps[touching] = shapely.area(shapely.intersection(outlines[touching], area)) > OVERLAP_M2
    edges = shapely.STRtree(_segments(area))
    walls = shapely.boundary(outlines)
    (wall_of, _), found = edges.query_nearest(walls, return_distance=True, all_matches=False)
    distance = np.full(len(outlines), np.nan)
    distance[wall_of] = found
    lanes = shapely.STRtree(network.lanes.geometry.to_numpy())
    result = []
    for n, building_id in enumerate(buildings["id"]):
        nearest = 0.0 if overlaps[n] else float(distance[n])
        wall, place = _nearest(walls[n], edges, float(distance[n]))
        near = nearest <= access_distance_m + 1e-6
        lane_id = str(network.lanes["lane_id"].iloc[int(lanes.nearest(shapely.points(place)))])
        result.append(FacadeDistance(
            str(building_id), nearest if near else None, nearest, bool(overlaps[n]), lane_id if near else None,
            place, wall,
        ))  # fmt: skip
    return result


def _segments(area: BaseGeometry) -> np.ndarray:
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(area)), return_index=True)
    same = ring[1:] == ring[:-1]
    lines: np.ndarray = shapely.linestrings(np.stack((xy[:-1][same], xy[1:][same]), axis=1))
    return lines


def _nearest(
    wall: BaseGeometry, edges: shapely.STRtree, distance_m: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the nearest points of wall and edge; where they run parallel, the middle of that stretch."""
    near = edges.geometries[np.sort(edges.query(wall, predicate="dwithin", distance=distance_m + PARALLEL_M))]
    edge = shapely.multilinestrings(near)
    on_wall, place = shapely.get_coordinates(shapely.shortest_line(wall, edge))
    stretch = shapely.intersection(wall, shapely.buffer(edge, distance_m + PARALLEL_M)) if distance_m > 0 else wall
    parts = [p for p in shapely.get_parts(shapely.line_merge(stretch)) if p.geom_type == "LineString"]
    longest = max(parts, key=lambda p: (round(p.length, 3), p.coords[0]), default=None)
    if distance_m > 0 and longest is not None and longest.length > SHORT_M:
        middle = longest.interpolate(0.5, normalized=True)
        on_wall, place = shapely.get_coordinates(shapely.shortest_line(middle, edge))
    return (float(on_wall[0]), float(on_wall[1])), (float(place[0]), float(place[1]))
