"""Clear height from laser points (激光点云): what hangs over the lanes, and where the points tell it.

Per station the lowest point that hangs in the envelope about the lane's centreline, above the ground found in the same
points. What hangs lower than the envelope becomes an obstruction of known underside, so that the free space decides
whether a way is left beside it. A station where too little light came down is *not measured*: nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.ndimage import minimum_filter1d

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.lanes.cloud import Voxels, gather, settings
from firelane.lanes.cloud_cover import Seen, seen_cells
from firelane.lanes.cloud_ground import Ground, ground_of
from firelane.lanes.cloud_lanes import Stations, inside, looked_at, lowest_cells, stations_of
from firelane.lanes.cloud_low import KINDS, FoundThing, low_things, with_things
from firelane.lanes.cloud_things import Things, things_of
from firelane.lanes.records import LaneNetwork
from firelane.site.model import Site
from firelane.site.points_stream import stream
from firelane.vocabulary import ObstructionKind

STATION_COLUMNS = (
    "lane_id", "chainage_m", "clear_height_m", "way_height_m", "kind", "guessed", "points", "density_per_m2", "seen_share",
    "standing", "measured", "geometry",
)  # fmt: skip
BIN_M = 0.25
NEAR_M = 2.0
HAIR_M = 0.01
NARROWEST_M = 0.5
"""A footprint with less pavement than this times its length tells nothing."""

_Low = TypeVar("_Low", bound=Any)


@dataclass(frozen=True)
class LaneCover:
    """What the points tell of one lane.

    Attributes
    ----------
    share : float
        Of the stations that were measured.
    density_per_m2 : float
        Median over the measured stations of the points in the envelope's footprint, all returns [1/m²].
    lowest_m : float
        Lowest clear height of the middle way over the measured stations; 8.0 means 8 m or more; NaN where none is.
    standing : int
        Stations beside which something stands on the ground in the envelope.
    """

    share: float
    density_per_m2: float
    lowest_m: float
    standing: int


@dataclass(frozen=True)
class Laser:
    """Clear heights from laser points.

    Attributes
    ----------
    stations : GeoDataFrame
        Points, ``STATION_COLUMNS``: the stations that tiles reach. ``clear_height_m`` is that of the envelope about
        the centreline, ``way_height_m`` that of the highest way of its width across the pavement there; 8.0 means 8 m
        or more. Both are NaN where the station was not measured and nothing low was seen; where it was not, they are
        what was seen, and the underside may lie lower. ``standing`` counts points of what stands on the ground.
    things : tuple of FoundThing
        What hangs lower than the envelope, or within the accuracy above it, as obstructions.
    lanes : Mapping
        Lane → what the points tell of it.
    accuracy_m : float
        Of heights above the ground [m].
    accuracy_told : bool
        Whether ``site.toml`` declares it; otherwise it is estimated from the ground's own points (proposed).
    ground_guessed : bool
        Whether the ground was found among the lowest points, for want of classes.
    points, noise : int
        Points near the lanes, and of those disregarded as noise.
    """

    stations: gpd.GeoDataFrame
    things: tuple[FoundThing, ...]
    lanes: Mapping[str, LaneCover]
    accuracy_m: float
    accuracy_told: bool
    ground_guessed: bool
    points: int
    noise: int

    @property
    def owners(self) -> frozenset[str]:
        """Ids of what hangs too low."""
        return frozenset(thing.id for thing in self.things)

    def complete(self, lane_id: str) -> bool:
        """Tell whether every station of a lane was measured."""
        return lane_id in self.lanes and self.lanes[lane_id].share >= 1.0

    def site_with(self, site: Site) -> Site:
        """Return the site with what hangs too low among its obstructions."""
        return with_things(site, self.things)

    def profile_heights(self, profile: gpd.GeoDataFrame) -> Floats:
        """Return each station's clear height, the lower of the told and the measured one [m]."""
        told = profile["clear_height_m"].to_numpy(float)
        own = self.stations.set_index(["lane_id", "chainage_m"])["clear_height_m"]
        keys = pd.MultiIndex.from_arrays([profile["lane_id"], profile["chainage_m"]])
        result: Floats = np.fmin(told, own.reindex(keys).to_numpy(float))
        return result

    def looked_beside(self, owner: str) -> bool:
        """Tell whether points cover the pavement about a low thing, so that a way beside it is known to be free."""
        shape = next(thing.shape for thing in self.things if thing.id == owner)
        away = shapely.distance(shape, self.stations.geometry.to_numpy())
        near = away <= away.min(initial=np.inf) + NEAR_M
        return bool(near.any() and self.stations["measured"].to_numpy(bool)[near].all())

    def sure_m(self, lane_id: str, envelope_m: float) -> float:
        """Return the height that a way along a measured lane without low stretches has at least [m].

        That of the middle way, or that of the envelope with the accuracy of the points: what hangs lower than that
        leaves a way beside it.
        """
        return max(self.lanes[lane_id].lowest_m, envelope_m + self.accuracy_m + HAIR_M)

    def lane_heights(self, told: Mapping[str, float], envelope_m: float, low: Iterable[Any]) -> dict[str, float]:
        """Return the clear height that is sure on each lane, NaN where none is [m].

        Parameters
        ----------
        told : Mapping
            Lane → lowest underside that the obstructions tell of, what the points showed among them.
        envelope_m : float
            Height of the envelope: where no stretch is low, a way of this height is left.
        low : iterable of LowStretch
        """
        result = dict(told)
        lowest: dict[str, float] = {}
        for stretch in low:
            lowest[stretch.lane_id] = min(lowest.get(stretch.lane_id, np.inf), stretch.clear_height_m)
        for lane_id, value in told.items():
            if lane_id in lowest:
                result[lane_id] = lowest[lane_id]
            elif self.complete(lane_id):
                # What bars the lane without being low hangs within the accuracy of the points above the envelope.
                known = value if np.isnan(value) else max(value, envelope_m)
                result[lane_id] = float(np.fmin(known, self.sure_m(lane_id, envelope_m)))
        return result

    def merged(self, low: Sequence[_Low], envelope_m: float) -> list[_Low]:
        """Return low stretches with those that the points alone showed joined along each lane, at their own heights.

        The height of a stretch is that of the highest way of the envelope's width at its lowest station: a twig at
        the kerb does not lower the way in the middle.
        """
        mine = self.owners
        rest = [s for s in low if not mine.issuperset(s.owners)]
        groups: dict[str, list[_Low]] = {}
        for stretch in low:
            if mine.issuperset(stretch.owners):
                groups.setdefault(stretch.lane_id, []).append(stretch)
        for lane_id, found in groups.items():
            table = self.stations[(self.stations["lane_id"] == lane_id).to_numpy()]
            rest += _joined(found, self._spans(table, found), table, envelope_m)
        return sorted(rest, key=lambda s: (s.lane_id, s.owners[0]))

    def _spans(self, table: gpd.GeoDataFrame, low: Sequence[Any]) -> list[tuple[float, float]]:
        """Return from where to where each stretch runs along its lane [m]."""
        shapes = {thing.id: thing.shape for thing in self.things}
        places, chainage = table.geometry.to_numpy(), table["chainage_m"].to_numpy(float)
        spans = []
        for stretch in low:
            body = shapely.union_all([shapes[o] for o in stretch.owners])
            near = chainage[shapely.dwithin(body, places, 2.0)] if len(places) else chainage
            ends = [*near.tolist(), stretch.chainage_m]
            spans.append((min(ends), max(ends)))
        return spans


def _joined(
    low: Sequence[_Low], spans: Sequence[tuple[float, float]], stations: gpd.GeoDataFrame, envelope_m: float
) -> list[_Low]:
    chainage, way = stations["chainage_m"].to_numpy(float), stations["way_height_m"].to_numpy(float)
    groups: list[tuple[float, float, list[_Low]]] = []
    for (start, end), stretch in sorted(zip(spans, low, strict=True), key=lambda item: (item[0], item[1].owners)):
        if groups and start <= groups[-1][1] + 1e-6:
            first, last, members = groups[-1]
            groups[-1] = (first, max(last, end), [*members, stretch])
        else:
            groups.append((start, end, [stretch]))
    result = []
    for start, end, members in groups:
        worst = min(members, key=lambda s: (s.clear_height_m, s.owners))
        here = (chainage >= start - 1e-6) & (chainage <= end + 1e-6) & np.isfinite(way)
        height, at, place = worst.clear_height_m, worst.chainage_m, worst.place
        if here.any():
            k = int(np.flatnonzero(here)[np.argmin(way[here])])
            # Where each section by itself leaves a way, and the free space none, the lowest point is what is sure.
            if height <= way[k] < envelope_m:
                point = stations.geometry.iloc[k]
                height, at, place = float(way[k]), float(chainage[k]), (float(point.x), float(point.y))
        owners = tuple(dict.fromkeys([*worst.owners, *(o for s in members for o in s.owners)]))
        result.append(replace(
            worst, clear_height_m=height, chainage_m=at, place=place, owners=owners, span_m=(start, end)
        ))  # fmt: skip
    return result


def measure_laser(site: Site, network: LaneNetwork, *, envelope: Mapping[str, float]) -> Laser | None:
    """Measure clear heights from the site's laser points; None where there are none over its lanes.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
    envelope : Mapping
        ``width_m`` and ``height_m`` of the passage [m].

    Raises
    ------
    InputError
        If a file of points is damaged.
    """
    half_m = envelope["width_m"] / 2
    if not site.points:
        return None
    area = looked_at(network, site.points, site.crs, half_m)
    if area.is_empty:
        return None
    wide = shapely.buffer(area, float(settings()["voxels"]["beside_m"]), quad_segs=2)
    voxels = gather(stream(site.points, site.crs, wide.bounds), wide)
    ground = ground_of(voxels)
    things = things_of(voxels, ground.height_m)
    stations = stations_of(network, site.config.station_m, half_m)
    seen = seen_cells(
        area, voxels.origin, voxels.xyz[:, :2], voxels.points, things.down, things.hidden
    )
    over = np.flatnonzero(things.hangs)
    over = over[inside(area, voxels.xyz[over, :2] + voxels.origin)]
    table = _stations(_Scene(voxels, ground, things, over, seen, stations, envelope))
    told = [tile.accuracy_m for tile in site.points if tile.accuracy_m is not None]
    own = settings()["accuracy"]
    spread = 0.0 if np.isnan(ground.spread_m) else ground.spread_m
    estimated = max(float(own["factor"]) * spread + voxels.scale_m, float(own["least_m"]))
    accuracy = max(told) if told else round(estimated, 3)
    hangs = np.flatnonzero(things.hangs)
    low = low_things(
        voxels.origin, voxels.xyz[hangs], ground.height_m[hangs], things.thing[hangs], things.guess, voxels.code[hangs],
        np.isin(hangs, over), below_m=envelope["height_m"] + accuracy + HAIR_M,
    )  # fmt: skip
    return Laser(
        table, tuple(low), _lanes(table, stations), accuracy, bool(told),
        ground.guessed, voxels.read, things.noise + voxels.disregarded,
    )  # fmt: skip


@dataclass(frozen=True)
class _Scene:
    voxels: Voxels
    ground: Ground
    things: Things
    over: Ints
    seen: Seen
    stations: Stations
    envelope: Mapping[str, float]


def _stations(scene: _Scene) -> gpd.GeoDataFrame:
    """Measure every station; those that no tile reaches are left out."""
    own, stations = settings()["cover"], scene.stations
    ceiling, half_m = float(settings()["heights"]["ceiling_m"]), scene.envelope["width_m"] / 2
    window_m = float(own["window_m"])
    everything = np.arange(len(stations.xy))
    feet = stations.footprints(everything, window_m, half_m, half_m)
    share, density, points, area = scene.seen.within(feet)
    rows = np.flatnonzero(area > 0)
    share, density, points, area = share[rows], density[rows], points[rows], area[rows]
    covered = (share >= float(own["share"])) & (density >= float(own["density_per_m2"]))
    covered &= area >= NARROWEST_M * 2 * window_m
    lowest, which, way = _lowest(scene, rows, half_m)
    # Beside something low in the middle the way may lie anywhere on the pavement: all of it must have been seen.
    low = np.flatnonzero(lowest < scene.envelope["height_m"])
    if len(low):
        at = rows[low]
        whole = stations.footprints(at, window_m, np.maximum(stations.left_m[at], 0), np.maximum(stations.right_m[at], 0))
        side, side_density, _, _ = scene.seen.within(whole)
        covered[low] &= (side >= float(own["share"])) & (side_density >= float(own["density_per_m2"]))
    covered &= _between(scene, rows, window_m, half_m)
    known = covered | (lowest < scene.envelope["height_m"])
    kinds, guessed = _kinds(scene, which)
    standing = _standing(scene, rows, half_m)
    table = stations.table.iloc[rows].reset_index(drop=True)
    return gpd.GeoDataFrame(
        {
            "lane_id": table["lane_id"], "chainage_m": table["chainage_m"],
            "clear_height_m": np.where(known, np.fmin(lowest, ceiling), np.nan),
            "way_height_m": np.where(known, np.fmin(way, ceiling), np.nan),
            "kind": kinds, "guessed": guessed, "points": points,
            "density_per_m2": np.round(points / area, 3), "seen_share": np.round(share, 4), "standing": standing,
            "measured": covered,
        },
        geometry=table.geometry, crs=table.crs,
    )  # fmt: skip


def _between(scene: _Scene, rows: Ints, window_m: float, half_m: float) -> Bools:
    """Return the stations about which enough was seen halfway to their neighbours, where these are far apart."""
    own, stations = settings()["cover"], scene.stations
    result = np.ones(len(rows), bool)
    count = int(np.ceil(stations.step_m / (2 * window_m) - 1e-9))
    if count < 2:  # its own footprint meets those of its neighbours
        return result
    for shift in (np.arange(count) - (count - 1) / 2) * (stations.step_m / count):
        feet = stations.footprints(rows, window_m, half_m, half_m, shift_m=float(shift))
        share, density, _, area = scene.seen.within(feet)
        # Beyond the end of a lane there is little pavement, or none.
        beyond = area < NARROWEST_M * 2 * window_m
        result &= beyond | ((share >= float(own["share"])) & (density >= float(own["density_per_m2"])))
    return result


def _lowest(scene: _Scene, rows: Ints, half_m: float) -> tuple[Floats, Ints, Floats]:
    """Return the lowest hanging point in the envelope, its voxel (-1: none), and the height of the best way."""
    stations, voxels = scene.stations, scene.voxels
    lowest, way = np.full(len(rows), np.inf), np.full(len(rows), np.inf)
    which = np.full(len(rows), -1)
    over = scene.over[lowest_cells(voxels.xyz[scene.over, :2], scene.ground.height_m[scene.over], 0.1)]
    if not len(over) or not len(rows):
        return lowest, which, way
    height = scene.ground.height_m[over]
    xy = voxels.xyz[over, :2] + voxels.origin
    tree = shapely.STRtree(shapely.points(xy))
    feet = stations.footprints(rows, max(stations.step_m, BIN_M), half_m, half_m)
    at, point = tree.query(feet, predicate="intersects")
    order = np.lexsort((point, height[point], at))
    at, point = at[order], point[order]
    first = np.flatnonzero(np.append(True, at[1:] != at[:-1])) if len(at) else np.zeros(0, np.int64)
    lowest[at[first]] = height[point[first]]
    which[at[first]] = over[point[first]]
    way[:] = lowest
    low = np.flatnonzero(lowest < scene.envelope["height_m"])
    if not len(low):
        return lowest, which, way
    # The best way of the envelope's width across the pavement of each low section.
    own = rows[low]
    left, right = np.maximum(stations.left_m[own], 0), np.maximum(stations.right_m[own], 0)
    whole = stations.footprints(own, max(stations.step_m, BIN_M), left, right)
    at, point = tree.query(whole, predicate="intersects")
    offset = ((xy[point] - stations.xy[own[at]]) * np.column_stack(
        (-stations.along[own[at], 1], stations.along[own[at], 0])
    )).sum(axis=1)  # fmt: skip
    width = round(2 * half_m / BIN_M)
    for k in range(len(low)):
        mine = at == k
        bins = max(int(np.floor((left[k] + right[k]) / BIN_M + 1e-9)), 1)
        place = np.clip(np.floor((offset[mine] + right[k]) / BIN_M).astype(np.int64), 0, bins - 1)
        least = np.full(bins, np.inf)
        np.minimum.at(least, place, height[point[mine]])
        if bins <= width:
            way[low[k]] = least.min()
            continue
        slid = minimum_filter1d(least, width, mode="nearest")
        begin = width // 2
        way[low[k]] = slid[begin : begin + bins - width + 1].max()
    return lowest, which, way


def _kinds(scene: _Scene, which: Ints) -> tuple[list[str | None], list[bool | None]]:
    """Return what the lowest point of each station belongs to, and whether that is a guess."""
    kinds: list[str | None] = []
    guessed: list[bool | None] = []
    told = settings()["classes"]
    for row in which.tolist():
        if row < 0:
            kinds.append(None)
            guessed.append(None)
            continue
        code = str(int(scene.voxels.code[row]))
        guess = scene.things.guess[int(scene.things.thing[row])]
        kinds.append(told.get(code, KINDS.get(guess, ObstructionKind.OTHER).value))
        guessed.append(code not in told)
    return kinds, guessed


def _standing(scene: _Scene, rows: Ints, half_m: float) -> Ints:
    """Count the points of what stands on the ground in the envelope of each station."""
    body = np.flatnonzero(scene.things.stands)
    if not len(body) or not len(rows):
        return np.zeros(len(rows), np.int64)
    places = shapely.points(scene.voxels.xyz[body, :2] + scene.voxels.origin)
    feet = scene.stations.footprints(rows, scene.stations.step_m / 2, half_m, half_m)
    at, point = shapely.STRtree(places).query(feet, predicate="intersects")
    return np.bincount(at, scene.voxels.points[body[point]], len(rows)).astype(np.int64)


def _lanes(table: gpd.GeoDataFrame, stations: Stations) -> dict[str, LaneCover]:
    groups = dict(tuple(table.groupby("lane_id")))
    result: dict[str, LaneCover] = {}
    for lane_id, total in stations.table["lane_id"].value_counts(sort=False).items():
        found = groups.get(lane_id)
        if found is None:
            result[str(lane_id)] = LaneCover(0.0, np.nan, np.nan, 0)
            continue
        measured = found["measured"].to_numpy(bool)
        heights = found["clear_height_m"].to_numpy(float)
        density = found["density_per_m2"].to_numpy(float)[measured]
        result[str(lane_id)] = LaneCover(
            float(measured.sum()) / int(total), float(np.median(density)) if len(density) else np.nan,
            float(np.nanmin(heights)) if np.isfinite(heights).any() else np.nan,
            int((found["standing"].to_numpy() > 0).sum()),
        )  # fmt: skip
    return result
