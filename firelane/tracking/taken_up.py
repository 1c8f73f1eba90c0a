"""Drives that explaining a stuck place found to leave nothing out: taken up among the proven ones, with what they reach."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import shapely

from firelane.lanes.space import Spaces
from firelane.tracking.overrun import Missed
from firelane.tracking.proof import prove
from firelane.tracking.record import TrackClass
from firelane.tracking.search_tree import MEDIUM
from firelane.tracking.site import Path, Tracking, driven_through
from firelane.tracking.sweep import footprints
from firelane.tracking.targets import COVERED, TargetKind, targets

PRINT_M = 0.5


def taken_up(tracking: Tracking, spaces: Spaces, missed: Sequence[Missed]) -> Tracking:
    """Return the tracking with proven drives added, and what they reach counted.

    Parameters
    ----------
    tracking : Tracking
    spaces : Spaces
        Of the same site.
    missed : sequence of Missed
        Each is proven once more; what does not stand is left out. Only what was not found is looked at again: a proof
        that there is no way stays.
    """
    table, paths = tracking.targets.copy(), list(tracking.drives)
    asked = {(t.kind, t.id): t for t in targets(spaces.site, spaces.network)}
    for item in missed:
        where = tracking.field.by(item.entrance_id)
        proof = prove(item.drive, where, tracking.vehicle, tracking.policy)
        if not proof.holds:
            continue
        ours = [p.drive for p in paths if p.entrance_id == item.entrance_id]
        drives = [*ours, item.drive]
        prints = [footprints(d.refined(PRINT_M), tracking.vehicle) for d in drives]
        tree, new = shapely.STRtree(where.inside(np.concatenate(prints), item.entrance_id)), sum(len(p) for p in prints[:-1])
        served: list[tuple[TargetKind, str]] = []
        open_ = (table["entrance_id"] == item.entrance_id) & (table["class"] == TrackClass.NOT_FOUND.value)
        for label in table.index[open_]:
            key = TargetKind(table.loc[label, "target_kind"]), str(table.loc[label, "target_id"])
            target = asked[key]
            place, foot = tree.query(target.places, predicate="dwithin", distance=target.within_m)
            if not (foot >= new).any():
                continue
            served.append(key)
            share = len(np.unique(place)) / len(target.places)
            table.loc[label, ["share", "path", "length_m"]] = share, len(paths), item.drive.length_m
            if target.kind is TargetKind.LANE:
                table.loc[label, "through"] = driven_through(target.places, tree)
            if share >= COVERED:
                table.loc[label, "class"] = TrackClass.PROVEN_PASS.value
                table.loc[label, ["stuck_x", "stuck_y", "stuck_heading_rad"]] = np.nan
        if served:
            paths.append(Path(item.entrance_id, tracking.vehicle, item.drive, proof, MEDIUM, 0, tuple(served)))
    table["path"] = table["path"].astype(int)
    return dataclasses.replace(tracking, targets=table, drives=tuple(paths))
