"""What a vehicle is to reach: every lane, driven through, and every building, come near to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats
from firelane.lanes.records import LaneNetwork
from firelane.site.model import Site
from firelane.vocabulary import Term

SECTION_SHARE = 0.8
"""Share of a lane's width across which a station may be passed: the drive need not follow the centreline."""
ARRIVE_M = 0.6
"""How near to a station's cross-section some point of the body comes when the search heads for it."""
TIP_M = 0.5
NEAR_M = 1e-3
"""Slack of the distance between a road and a building: coordinates of millions of metres are no more exact [m]."""
COVERED = 0.98
"""Share of a lane's stations that drives have to pass: at a junction the outermost may lie in a corner."""

REACH_SLACK_M = 0.30
"""How much farther from a building than the distance of access the body may stay [m]: the rule of reach lets a disc touch
the kerb, a driver keeps off it, and a building that distance from the kerb is within it. Proposed, to be confirmed."""


class TargetKind(Term):
    """What is to be reached."""

    LANE = "lane", "车道", "lane"
    BUILDING = "building", "建筑", "building"


@dataclass(frozen=True)
class Target:
    """A lane or a building.

    Attributes
    ----------
    kind : TargetKind
    id : str
    places : array of geometry
        A lane's cross-sections along it; a building's outline, one place.
    within_m : float
        How near the body has to come to a place [m]; 0: it passes over it.
    """

    kind: TargetKind
    id: str
    places: np.ndarray
    within_m: float

    def served(self, ground: BaseGeometry) -> Bools:
        """Tell which of the places the ground under a body reaches."""
        shapely.prepare(ground)
        result: Bools = shapely.dwithin(self.places, ground, self.within_m)
        return result


def is_shut(openable: object) -> bool:
    """Tell whether an entrance is known not to open; of one of which nothing is known it is not.

    >>> is_shut(False), is_shut(None), is_shut(True)
    (True, False, False)
    """
    return openable is not None and openable == openable and not bool(openable)  # noqa: PLR0124  (NaN: unknown)


def targets(site: Site, network: LaneNetwork) -> tuple[Target, ...]:
    """Return the lanes, then the buildings, in the order of their tables.

    A lane's stations short of a dead end's tip, where the widest disc ends, are asked for; the tip itself is not. Of a
    designated lane its own stations are: the vehicle drives on the whole pavement, but has to come along there. A lane
    without a station that can be used is none, nor is a building without any road within the distance of access.
    """
    found = [t for row in network.lanes.itertuples() if (t := _lane(row, network)) is not None]
    shapely.prepare(network.pavement)
    for row in site.layer("buildings").itertuples():
        # beside a building without any road there is nowhere to drive to
        if row.geometry is not None and shapely.dwithin(network.pavement, row.geometry, site.config.access_distance_m + NEAR_M):
            places = np.array([row.geometry], dtype=object)
            found.append(Target(TargetKind.BUILDING, str(row.id), places, site.config.access_distance_m + REACH_SLACK_M))
    return tuple(found)


def _lane(row: Any, network: LaneNetwork) -> Target | None:
    lane_id = str(row.lane_id)
    rows = network.stations[(network.stations["lane_id"] == lane_id).to_numpy(bool)]
    chainage, side = rows["chainage_m"].to_numpy(float), rows[["left_m", "right_m"]].to_numpy(float)
    first = row.start_trim_m
    last = row.length_m - row.end_trim_m
    use = np.isfinite(side).all(axis=1) & (chainage >= first + (TIP_M if first > 0 else 0.0))
    use &= chainage <= last - (TIP_M if row.end_trim_m > 0 else 0.0)
    # nor on a mouth itself: from inside it is a wall (:mod:`firelane.tracking.field`)
    mouths = shapely.union_all(network.mouths.geometry.to_numpy())
    use &= ~shapely.dwithin(rows.geometry.to_numpy(), mouths, TIP_M) | (row.length_m < 4 * TIP_M)
    if not use.any():
        return None
    xy = shapely.get_coordinates(rows.geometry.to_numpy()[use])
    return Target(TargetKind.LANE, lane_id, _sections(xy, rows["heading_rad"].to_numpy(float)[use], side[use]), 0.0)


def _sections(xy: Floats, heading_rad: Floats, side_m: Floats) -> np.ndarray:
    across = np.column_stack((-np.sin(heading_rad), np.cos(heading_rad)))
    left, right = (side_m * SECTION_SHARE).T
    result: np.ndarray = shapely.linestrings(np.stack([xy - right[:, None] * across, xy + left[:, None] * across], axis=1))
    return result
