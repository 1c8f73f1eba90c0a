"""Planned bays: what they would leave of the lane if they were occupied (Article 14)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.beside import ways_beside
from firelane.lanes.nearby import areas_near
from firelane.lanes.obstacles import COLUMNS, owner_labels
from firelane.lanes.reach import CAP_M
from firelane.lanes.space import Spaces
from firelane.vocabulary import ObstructionKind, ParkingStatus


@dataclass(frozen=True)
class PlannedBay:
    """One planned bay with all planned bays occupied.

    ``way_left_m`` is the widest way left beside it, the cap (8 m) where it is that or more;
    ``designated`` tells that it lies inside a designated lane.
    """

    owner: str
    way_left_m: float
    designated: bool
    on_lane: bool
    lane_id: str | None
    place: tuple[float, float]


def measure_planned_bays(spaces: Spaces) -> list[PlannedBay]:
    """Return every planned bay, in input order."""
    parking = spaces.site.layer("parking")
    planned = parking[(parking["status"] == ParkingStatus.PLANNED.value).to_numpy(bool)]
    if not len(planned):
        return []
    labels = owner_labels(spaces.site)
    extra = gpd.GeoDataFrame(
        [
            (labels["parking", row.id], "parking", row.id, ObstructionKind.PARKING_BAY.value, None, True, False,
             math.nan, True, math.nan, row.geometry)
            for row in planned.itertuples()
        ],
        columns=list(COLUMNS), geometry="geometry", crs=spaces.site.crs,
    )  # fmt: skip
    left: dict[str, tuple[float, str | None]] = {}
    flags = [False] if spaces.network.designated.is_empty else [False, True]
    for flag in flags:
        space = spaces.at(None, designated=flag, extra=extra)
        owners, ids = space.table["owner"].to_numpy(object), space.lanes["lane_id"].to_numpy(object)
        barriers = [
            (crossing.width_m, str(ids[n]), space.rows_of(crossing))
            for n, found in enumerate(space.crossings(CAP_M)) for crossing in found
        ]  # fmt: skip
        for row, (width, lane) in sorted(ways_beside(space, barriers).items()):
            owner = owners[row]
            if owner not in left or width < left[owner][0]:
                left[owner] = (width, lane)
    bodies = extra.geometry.to_numpy()
    inside = _overlap_m2(bodies, spaces.network.designated) > 1e-4
    on_lane = inside | (_overlap_m2(bodies, spaces.network.judged) > 1e-4)
    centres = shapely.point_on_surface(bodies)
    lanes = spaces.network.lanes
    nearest: list[str | None] = [None] * len(bodies)
    if len(lanes):
        bay, lane = shapely.STRtree(lanes.geometry.to_numpy()).query_nearest(centres)
        first = np.full(len(bodies), len(lanes))  # of equally near lanes the first
        np.minimum.at(first, bay, lane)
        nearest = lanes["lane_id"].to_numpy(object)[first].tolist()
    result = []
    for n, (owner, centre) in enumerate(zip(extra["owner"], centres, strict=True)):
        width, lane_id = left.get(owner, (CAP_M, nearest[n]))
        result.append(PlannedBay(owner, width, bool(inside[n]), bool(on_lane[n]), lane_id, (centre.x, centre.y)))
    return result


def _overlap_m2(bodies: np.ndarray, area: BaseGeometry) -> np.ndarray:
    """Return how much of each body lies in ``area`` [m²]."""
    shared: np.ndarray = shapely.area(shapely.intersection(bodies, areas_near(area, bodies)))
    return shared
