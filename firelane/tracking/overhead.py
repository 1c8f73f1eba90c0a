"""What hangs at an unknown height over the drives: nobody knows whether the vehicle passes below it.

Drives are proven on plan. Where one has to pass below something whose clear height was not measured, nothing is proven of
what lies beyond: settled here once, in the rows of the targets, in the drives and in the turnings, for all outputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from firelane.lanes.arrays import Bools, Floats
from firelane.lanes.space import Spaces
from firelane.tracking.record import TrackClass, Trip, TripKind, Turning, VehicleTracking
from firelane.tracking.sweep import footprints
from firelane.tracking.targets import Target, TargetKind, targets

STEP_M = 0.5
"""Between the poses that are looked at [m]: far less than a vehicle is long, so that nothing slips between two of them."""
_SAME_M = 1e-6
_OF_DRIVES = (TrackClass.PROVEN_PASS.value, TrackClass.NOT_FOUND.value, TrackClass.PROVEN_FAIL.value)


def heights_told(tracked: VehicleTracking, spaces: Spaces) -> VehicleTracking:
    """Return the tracking with what is only drivable on plan set apart from what is proven.

    Parameters
    ----------
    tracked : VehicleTracking
    spaces : Spaces
        Of the same site.

    Returns
    -------
    VehicleTracking
        A target that is proven from an entrance, but by no drive that keeps clear of what is of unknown clear height, is
        ``HEIGHT_UNKNOWN`` from there; its row tells whose height has to be measured (``below_owners``) and where a drive
        first comes below it (``below_x``, ``below_y``). So does the row of a lane a part of which is passed in that way.
        ``below`` of drives and turnings holds the same. Where nothing is of unknown height all stays as it is.
    """
    look = _Overhead(spaces, tracked)
    if not look.any:
        return tracked
    trips = tuple(replace(trip, below=look.below(trip)) for trip in tracked.trips)
    table = tracked.targets.copy()
    told = [look.on_the_way(row) for row in table.to_dict("records")]
    table["below_owners"] = [() if t is None else t.owners for t in told]
    for n, name in enumerate(("below_x", "below_y")):
        table[name] = [np.nan if t is None else t.place[n] for t in told]
    lost = np.array([t is not None for t in told], bool) & (table["class"] == TrackClass.PROVEN_PASS.value).to_numpy(bool)
    table.loc[lost, "class"] = TrackClass.HEIGHT_UNKNOWN.value
    return replace(tracked, targets=table, trips=trips, turnings=tuple(map(look.turning, tracked.turnings)))


@dataclass(frozen=True)
class _Below:
    """What has to be passed below, and where a drive first comes below it."""

    owners: tuple[str, ...]
    place: tuple[float, float]


@dataclass(frozen=True)
class _Way:
    """The body's prints along a drive.

    Attributes
    ----------
    prints, around : array of Polygon
        Without and with the margin: what comes as near as that counts as passed below.
    chainage_m : array
        Of each print.
    struck : dict
        Row of a thing -> the first print that stands below it, in the order of the drive.
    """

    prints: npt.NDArray[np.object_]
    around: npt.NDArray[np.object_]
    chainage_m: Floats
    struck: Mapping[int, int]

    @property
    def clear(self) -> npt.NDArray[np.object_]:
        """Prints before it comes below anything."""
        return self.prints[: min(self.struck.values(), default=len(self.prints))]


class _Overhead:
    """Things of unknown clear height over one vehicle's drives."""

    def __init__(self, spaces: Spaces, tracked: VehicleTracking) -> None:
        self._spaces, self._tracked = spaces, tracked
        self._ways: dict[str, _Way] = {}
        self._trips = {trip.trip_id: trip for trip in tracked.trips}

    @property
    def any(self) -> bool:
        """Whether anything on the site is of unknown clear height."""
        return bool(len(self._things))

    def below(self, trip: Trip) -> tuple[str, ...]:
        """Return what a drive passes below, in its order."""
        return self._named(self._way(trip).struck)

    def on_the_way(self, row: Mapping[Any, Any]) -> _Below | None:
        """Return what has to be passed below for what is reached of a target; None where drives keep clear of it.

        Parameters
        ----------
        row : mapping
            Of ``VehicleTracking.targets``.
        """
        if row["class"] not in _OF_DRIVES:
            return None
        kind, target = TargetKind(row["target_kind"]), str(row["target_id"])
        drives = [t for t in self._tracked.trips if t.kind is TripKind.PROVEN and t.entrance_id == row["entrance_id"]]
        serving = [t for t in drives if (kind, target) in t.serves or t.trip_id == row["trip_id"]]
        ways = [w for w in map(self._way, serving) if w.struck]
        if not ways or self._short_of_it(kind, target, list(map(self._way, drives))):
            return None
        asked = self._asked.get((kind, target))
        needed = [self._needed(way, asked) for way in ways]
        if not any(needed):
            needed = [way.struck for way in ways]
        way, first = next((w, n) for w, n in zip(ways, needed, strict=True) if n)
        thing, at = next(iter(first.items()))
        place = shapely.point_on_surface(shapely.intersection(way.around[at], self._shapes[thing]))
        return _Below(tuple(dict.fromkeys(o for struck in needed for o in self._named(struck))), (float(place.x), float(place.y)))

    def turning(self, turning: Turning) -> Turning:
        """Return a turning with what is passed below on the way there and in turning; on plan alone where that is anything."""
        trip = self._trips.get(turning.trip_id or "")
        if turning.found is not TrackClass.PROVEN_PASS or trip is None:
            return turning
        below = tuple(dict.fromkeys((*self._way_there(trip), *self.below(trip))))
        return replace(turning, found=TrackClass.HEIGHT_UNKNOWN, below=below) if below else turning

    # ---------------------------------------------------------------------------------------- what hangs there

    @cached_property
    def _things(self) -> gpd.GeoDataFrame:
        table = self._spaces.table
        if not len(table):
            return table
        unknown = table["overhead"].to_numpy(bool) & np.isnan(table["clear_height_m"].to_numpy(float))
        return table[unknown].reset_index(drop=True)

    @cached_property
    def _shapes(self) -> npt.NDArray[np.object_]:
        shapes: npt.NDArray[np.object_] = self._things.geometry.to_numpy()
        return shapes

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._shapes)

    @cached_property
    def _asked(self) -> dict[tuple[TargetKind, str], Target]:
        return {(t.kind, t.id): t for t in targets(self._spaces.site, self._spaces.network)}

    def _named(self, things: Iterable[int]) -> tuple[str, ...]:
        owners = self._things["owner"].to_numpy(object)
        return tuple(dict.fromkeys(str(owners[n]) for n in things))

    # ---------------------------------------------------------------------------------------------- the drives

    def _way(self, trip: Trip) -> _Way:
        if trip.trip_id not in self._ways:
            fine = trip.drive.refined(STEP_M)
            prints = footprints(fine, trip.vehicle)
            around = footprints(fine, trip.vehicle, margin_m=self._tracked.policy.margin_m)
            pose, thing = self._tree.query(around, predicate="intersects")
            # touching is not passing below
            crossed = ~shapely.touches(around[pose], self._tree.geometries[thing])
            first: dict[int, int] = {}
            for p, t in sorted(zip(pose[crossed].tolist(), thing[crossed].tolist(), strict=True)):
                first.setdefault(t, p)
            self._ways[trip.trip_id] = _Way(prints, around, fine.chainage_m, first)
        return self._ways[trip.trip_id]

    def _way_there(self, turning: Trip) -> tuple[str, ...]:
        """Return what is passed below on the way to where a vehicle begins to turn: on the drive that passes the least."""
        found: list[tuple[str, ...]] = []
        drives = [t for t in self._tracked.trips if t.kind is TripKind.PROVEN and t.entrance_id == turning.entrance_id]
        for trip in drives:
            there = np.flatnonzero(np.hypot(*(trip.drive.xy - turning.drive.xy[0]).T) <= _SAME_M)
            if len(there):
                way, at_m = self._way(trip), float(trip.drive.chainage_m[there[0]])
                found.append(self._named(t for t, p in way.struck.items() if way.chainage_m[p] <= at_m + _SAME_M))
        if not found:  # of none is it known how it comes there
            return tuple(dict.fromkeys(o for trip in drives for o in self.below(trip)))
        return min(found, key=len)

    def _needed(self, way: _Way, asked: Target | None) -> Mapping[int, int]:
        """Return what a drive passes below before it has reached the last of a target's places that it reaches."""
        if asked is None:
            return way.struck
        pose, place = shapely.STRtree(asked.places).query(way.prints, predicate="dwithin", distance=asked.within_m)
        if not len(pose):
            return {}
        first = np.full(len(asked.places), len(way.prints))
        np.minimum.at(first, place, pose)
        last = int(first[first < len(way.prints)].max())
        return {t: p for t, p in way.struck.items() if p <= last}

    def _short_of_it(self, kind: TargetKind, target: str, ways: Sequence[_Way]) -> bool:
        """Tell whether all that is reached of a target is reached before a drive comes below anything."""
        asked = self._asked.get((kind, target))
        if asked is None:
            return False
        if kind is TargetKind.LANE:
            lanes = self._spaces.network.lanes
            line = lanes.geometry.to_numpy()[(lanes["lane_id"] == target).to_numpy(bool)]
            # up to it from both sides is not through
            if len(self._tree.query(line, predicate="intersects")[0]):
                return False
        # Print by print: to unite them all for each target would take longer than the search.
        places = shapely.STRtree(asked.places)
        clear, reached = (self._served(places, asked, [w.clear if short else w.prints for w in ways]) for short in (True, False))
        return bool(clear.any() and clear[reached].all())

    @staticmethod
    def _served(places: shapely.STRtree, asked: Target, prints: Sequence[npt.NDArray[np.object_]]) -> Bools:
        found: Bools = np.zeros(len(asked.places), bool)
        together = np.concatenate(prints) if prints else np.zeros(0, object)
        if len(together):
            found[places.query(together, predicate="dwithin", distance=asked.within_m)[1]] = True
        return found
