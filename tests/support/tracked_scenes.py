"""Tracked sites without a search: drives that follow lines, for tests of what is made of them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from firelane.tracking.catalogue import standard_policy, vehicles
from firelane.tracking.drive import follow
from firelane.tracking.record import (
    BEND_WIDTH_COLUMNS,
    TARGET_COLUMNS,
    BodyPart,
    Conflict,
    Mend,
    TrackClass,
    Trip,
    TripKind,
    Turning,
    VehicleTracking,
)
from firelane.tracking.targets import TargetKind


def tracked_like(audit, vehicle_id="pump-8", entrance="E1"):
    """Return what tracking could have yielded for an audited site: the first lane driven, the second overrun at its middle."""
    vehicle, policy = vehicles()[vehicle_id], standard_policy()
    lanes = audit.lanes.sort_values("length_m", ascending=False)
    first, second = lanes.iloc[0], lanes.iloc[min(1, len(lanes) - 1)]
    good = Trip(
        f"{vehicle_id}-{entrance}-P01", TripKind.PROVEN, vehicle, entrance, TargetKind.LANE, first.lane_id,
        ((TargetKind.LANE, first.lane_id),), follow(first.geometry, vehicle).drive, 1234, 0.25, 0.0,
    )  # fmt: skip
    over_id = f"{vehicle_id}-{entrance}-X01"
    drive = follow(second.geometry, vehicle).drive
    at = len(drive.xy) // 2
    place = tuple(drive.xy[at] + vehicle.front_m * np.array([np.cos(drive.heading_rad[at]), np.sin(drive.heading_rad[at])]))
    conflict = Conflict(
        "X1-1", over_id, shapely.Point(place).buffer(0.4), 0.26, BodyPart.FRONT_RIGHT, (f"edge:{second.road_ids[0]}",), place,
        float(drive.chainage_m[at]),
    )  # fmt: skip
    bad = Trip(
        over_id, TripKind.OVERRUN, vehicle, entrance, TargetKind.LANE, second.lane_id, ((TargetKind.LANE, second.lane_id),),
        drive, 4321, 0.15, 0.5, (conflict,),
    )  # fmt: skip
    mend = Mend(
        over_id, ("X1-1",), "cut_corner", conflict.owners, 9.0, 0.26, 1.4, True, place,
        "将内侧转角改为半径 9.0 米", "round the inner corner to a radius of 9.0 m",
    )  # fmt: skip
    rows = [
        (entrance, "lane", first.lane_id, TrackClass.PROVEN_PASS.value, 1.0, good.trip_id, good.length_m, 1234, np.nan, np.nan, np.nan, np.nan, None),
        (entrance, "lane", second.lane_id, TrackClass.NOT_FOUND.value, 0.4, None, np.nan, 4321, *place, 0.0, 0.26, over_id),
    ]
    tip = shapely.get_coordinates(second.geometry)[-1]
    turning = Turning("D1-1", second.lane_id, entrance, TrackClass.NOT_FOUND, -1, None, 48.0, (float(tip[0]), float(tip[1])))
    bend = pd.DataFrame([(
        "B1-1", vehicle_id, "bend", first.lane_id, first.lane_id, 90.0, 9.0, 0.1, 13.0, 0.1, 4.0, 3.9, 0.1, np.nan, 9.0, "inner",
        0.0, TrackClass.PROVEN_PASS.value, 8.2, 3.9, "按同心弯道公式", "by the concentric form",
    )], columns=list(BEND_WIDTH_COLUMNS[:-1]))  # fmt: skip
    bends = gpd.GeoDataFrame(bend, geometry=[shapely.Point(*drive.xy[at])], crs=audit.site.crs)
    return VehicleTracking(
        vehicle, policy, None, pd.DataFrame(rows, columns=list(TARGET_COLUMNS)), (good, bad), (mend,), (turning,), bends, 5555,
    )  # fmt: skip
