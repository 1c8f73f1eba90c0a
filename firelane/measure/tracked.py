"""Vehicle tracking as the audit measures it: each vehicle that was asked for, over the whole site (车辆轨迹)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from firelane.errors import UsageError
from firelane.lanes.records import LaneNetwork
from firelane.lanes.space import Spaces
from firelane.tracking.asked import Asked
from firelane.tracking.classes import settled
from firelane.tracking.field import TooLargeError
from firelane.tracking.overhead import heights_told
from firelane.tracking.overrun import explain
from firelane.tracking.record import TARGET_COLUMNS, TrackClass, Trip, TripKind, VehicleTracking, trip_id_of
from firelane.tracking.search_tree import kernels
from firelane.tracking.site import Tracking, track_site
from firelane.tracking.taken_up import taken_up
from firelane.tracking.turnround import EndOf, turn_round

NO_ENTRANCE = (
    "没有出入口可供驶入（entrances 图层缺失或没有落在路面边缘的出入口），未搜索行驶路线",
    "there is no entrance to drive in by (no entrances layer, or none on the pavement's edge): no line was searched",
)


def measure_tracking(
    spaces: Spaces, asked: Sequence[Asked], ends: Callable[[], Sequence[EndOf]], bends: Callable[[Asked], gpd.GeoDataFrame]
) -> tuple[VehicleTracking, ...]:
    """Track each vehicle over a site.

    Parameters
    ----------
    spaces : Spaces
        Of the site.
    asked : sequence of Asked
    ends : callable
        Returns the dead ends at which a vehicle has to turn; called only where lines are searched.
    bends : callable
        Returns each bend held against a vehicle (``measure.bend_widths``).

    Returns
    -------
    tuple of VehicleTracking
        In the order of ``asked``.
    """
    why = _unsearched(spaces.network)
    return tuple(_one(spaces, item, ends, bends(item), why) for item in asked)


def _unsearched(network: LaneNetwork) -> tuple[str, str] | None:
    """Say why no line is searched (Chinese, English); None where nothing is in the way."""
    if not len(network.mouths):
        return NO_ENTRANCE
    try:
        kernels()
    except UsageError as error:
        return error.text("zh"), error.text("en")
    return None


def _one(
    spaces: Spaces, asked: Asked, ends: Callable[[], Sequence[EndOf]], bends: gpd.GeoDataFrame, why: tuple[str, str] | None
) -> VehicleTracking:
    vehicle, policy = asked.vehicle, asked.policy
    if why is not None:
        nothing = pd.DataFrame({name: [] for name in TARGET_COLUMNS})
        return VehicleTracking(vehicle, policy, why, nothing, (), (), (), bends)
    try:
        tracking = track_site(spaces.site, spaces.network, spaces, vehicle, policy)
    except TooLargeError as error:
        nothing = pd.DataFrame({name: [] for name in TARGET_COLUMNS})
        return VehicleTracking(vehicle, policy, (error.text("zh"), error.text("en")), nothing, (), (), (), bends)
    over = explain(tracking, spaces)
    tracking = settled(taken_up(tracking, spaces, over.missed), bends, spaces)
    names, proven = _proven(tracking)
    turnings, turns = turn_round(tracking, spaces, ends())
    targets = tracking.targets.drop(columns=["path", "barred"])
    through = (tracking.targets["class"] == TrackClass.PROVEN_PASS.value).to_numpy(bool)
    # a drive that passes a part of a lane is not one that passes it
    targets["trip_id"] = [names[n] if n >= 0 and ok else None for n, ok in zip(tracking.targets["path"], through, strict=True)]
    targets["length_m"] = np.where(through, targets["length_m"], np.nan)
    targets["shortfall_m"] = over.shortfall_m.where(~through)
    targets["overrun_id"] = over.overrun_id.where(~through, None)
    more = [name for name in targets.columns if name not in TARGET_COLUMNS]
    found = VehicleTracking(
        vehicle, policy, None, targets[[*TARGET_COLUMNS, *more]], (*proven, *over.trips, *turns), over.mends, turnings, bends,
        tracking.states + over.states, (*tracking.notes, *over.notes),
    )  # fmt: skip
    return heights_told(found, spaces)


def _proven(tracking: Tracking) -> tuple[list[str], tuple[Trip, ...]]:
    """Return the ids of the drives that were found, and the drives as trips."""
    count: dict[str, int] = {}
    trips: list[Trip] = []
    for path in tracking.drives:
        count[path.entrance_id] = number = count.get(path.entrance_id, 0) + 1
        kind, target = path.served[0]
        trips.append(Trip(
            trip_id_of(path.vehicle.id, path.entrance_id, "P", number), TripKind.PROVEN, path.vehicle, path.entrance_id, kind, target,
            path.served, path.drive, path.states, path.grid.cell_m, path.proof.area_outside_m2,
        ))  # fmt: skip
    return [t.trip_id for t in trips], tuple(trips)
