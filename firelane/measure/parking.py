"""Planned bays: what they would leave of the lane if they were occupied (Article 14)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

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
        for n, found in enumerate(space.crossings(CAP_M)):
            barred = str(space.lanes["lane_id"].iloc[n])
            for crossing in found:
                for row in space.rows_of(crossing):
                    owner = space.table["owner"].iloc[row]
                    if owner not in left or crossing.width_m < left[owner][0]:
                        left[owner] = (crossing.width_m, barred)
    result = []
    lanes = spaces.network.lanes
    for row in extra.itertuples():
        inside = shapely.intersection(row.geometry, spaces.network.designated).area > 1e-4
        on_lane = inside or shapely.intersection(row.geometry, spaces.network.judged).area > 1e-4
        centre = shapely.point_on_surface(row.geometry)
        nearest = str(lanes["lane_id"].iloc[int(np.argmin(lanes.geometry.distance(centre)))]) if len(lanes) else None
        width, lane_id = left.get(row.owner, (CAP_M, nearest))
        result.append(PlannedBay(row.owner, width, bool(inside), bool(on_lane), lane_id, (centre.x, centre.y)))
    return result
