"""Classes of targets, settled once for all outputs: by the search, by the bends' bounds, by the entrances."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from firelane.lanes.space import Spaces
from firelane.tracking.record import TrackClass
from firelane.tracking.site import Tracking
from firelane.tracking.sweep import footprints
from firelane.tracking.targets import COVERED, Target, TargetKind, is_shut, targets

PRINT_M = 0.5


def settled(tracking: Tracking, bends: gpd.GeoDataFrame, spaces: Spaces) -> Tracking:
    """Return the tracking with the classes of its targets as all outputs read them.

    Parameters
    ----------
    tracking : Tracking
    bends : GeoDataFrame
        Of the same vehicle (``BEND_WIDTH_COLUMNS``).
    spaces : Spaces

    Notes
    -----
    A lane that has a bend of its own below the lower bound is a *proven fail* where the search found nothing: that bound
    is a proof. Where drives come to all of such a lane, but from both ends, it is *not found*: reached, not driven
    through (``through`` is False). A drive that passes the whole lane is a proof against the bound, and stays. Where no
    entrance opens nothing gets in: a *proven fail* of every target.
    """
    table = tracking.targets.copy()
    if not len(table):
        return tracking
    mouths = spaces.network.mouths
    if len(mouths) and all(is_shut(value) for value in mouths["openable"]):
        table["class"] = TrackClass.PROVEN_FAIL.value
        return replace(tracking, targets=table)
    barred = set(bends.loc[(bends["kind"] == "bend") & (bends["class"] == TrackClass.PROVEN_FAIL.value), "lane_id"])
    mine = (table["target_kind"] == TargetKind.LANE.value) & table["target_id"].isin(barred)
    lost = mine & (table["class"] == TrackClass.NOT_FOUND.value)
    table.loc[lost, "class"] = TrackClass.PROVEN_FAIL.value
    passed = table.index[mine & (table["class"] == TrackClass.PROVEN_PASS.value)]
    if len(passed):
        if "through" not in table:
            table["through"] = True
        asked = {t.id: t for t in targets(spaces.site, spaces.network) if t.kind is TargetKind.LANE}
        for label in passed:
            whole = _driven_through(tracking, str(table.loc[label, "entrance_id"]), asked[str(table.loc[label, "target_id"])])
            if not whole:
                table.loc[label, ["class", "through"]] = TrackClass.NOT_FOUND.value, False
    return replace(tracking, targets=table)


def _driven_through(tracking: Tracking, entrance_id: str, target: Target) -> bool:
    """Tell whether one drive alone comes to all of a lane."""
    for path in tracking.drives:
        if path.entrance_id != entrance_id:
            continue
        ground = shapely.union_all(footprints(path.drive.refined(PRINT_M), tracking.vehicle))
        if float(np.mean(target.served(ground))) >= COVERED:
            return True
    return False
