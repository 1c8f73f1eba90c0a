"""What stands on the lanes, and how wide a way it leaves beside it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from firelane.lanes.beside import ways_beside
from firelane.lanes.narrowing import Narrowing
from firelane.lanes.nearby import areas_near
from firelane.lanes.reach import CAP_M
from firelane.lanes.space import FreeSpace, Spaces


@dataclass(frozen=True)
class Standing:
    """One obstacle on the ground of a judged lane.

    Attributes
    ----------
    owner, layer, id, kind, name : str
    designated : bool
        True where it stands inside a designated ``fire_lanes`` polygon.
    way_left_m : float
        Width of the widest way left beside it [m]; the cap (8 m) means that or more.
    lane_id : str or None
        Nearest lane.
    place : tuple
        [east, north] of a point of it on the lane.
    """

    owner: str
    layer: str
    id: str
    kind: str
    name: str | None
    designated: bool
    way_left_m: float
    lane_id: str | None
    place: tuple[float, float]


def measure_obstructions(spaces: Spaces, narrowings: dict[str, list[Narrowing]]) -> list[Standing]:
    """Return every ground obstacle that stands on a judged lane.

    Parameters
    ----------
    spaces : Spaces
    narrowings : dict
        Ground narrowings below the cap, by lane.
    """
    left, told = _ways_left(spaces, narrowings)
    result = []
    table = spaces.table[spaces.table["ground"].to_numpy(bool)]
    _from_what_hides_them(table, left, told)
    on_lane, on_road = standing_inside(table.geometry.to_numpy(), spaces.network.judged)
    inside, on_designated = standing_inside(table.geometry.to_numpy(), spaces.network.designated)
    rows = np.flatnonzero(on_lane | inside)
    inside = inside[rows]
    places = shapely.point_on_surface(np.where(inside, on_designated[rows], on_road[rows]))
    nearest = np.empty(len(rows), object)
    for flag in (False, True):
        some = np.flatnonzero(inside == flag)
        nearest[some] = nearest_lanes(spaces.ground[-1 if flag else 0], places[some])
    for row, flag, place, beside in zip(table.iloc[rows].itertuples(), inside.tolist(), places, nearest, strict=True):
        width, lane_id = left.get(row.owner, (CAP_M, beside))
        result.append(Standing(
            row.owner, row.layer, row.id, row.kind, row.name, flag, width, lane_id, (place.x, place.y)
        ))  # fmt: skip
    return result


def _ways_left(
    spaces: Spaces, narrowings: dict[str, list[Narrowing]]
) -> tuple[dict[str, tuple[float, str]], set[str]]:
    """Return the width left beside each owner with the lane, and the owners that a narrowing names."""
    left: dict[str, tuple[float, str]] = {}
    told: set[str] = set()
    for space in spaces.ground:
        owners = space.table["owner"].to_numpy(object)
        barriers = [
            (narrow.width_m, lane_id, narrow.rows)
            for lane_id, here in narrowings.items() for narrow in here if narrow.space is space
        ]  # fmt: skip
        told.update(owners[row] for _, _, rows in barriers for row in rows)
        for row, (width, lane) in sorted(ways_beside(space, barriers).items()):
            left[owners[row]] = min((width, lane), left.get(owners[row], (width, lane)))
    return left, told


def _from_what_hides_them(
    table: gpd.GeoDataFrame, left: dict[str, tuple[float, str]], told: Collection[str]
) -> None:
    """Give obstacles that lie wholly inside others (one surveyed twice, a post in a wall) what those leave."""
    owners = table["owner"].to_numpy(object)
    geometries = table.geometry.to_numpy()
    hidden = np.flatnonzero([owner not in told for owner in owners])
    found: dict[str, tuple[float, str]] = {}
    for h, n in shapely.STRtree(geometries).query(geometries[hidden], predicate="covered_by").T.tolist():
        if (beside := left.get(owners[n])) is not None:
            found[owners[hidden[h]]] = min(beside, found.get(owners[hidden[h]], beside), key=lambda item: item[0])
    left |= found


def standing_inside(geometries: np.ndarray, area: shapely.Geometry) -> tuple[np.ndarray, np.ndarray]:
    """Tell which obstacles have their body, not only their outline, inside ``area``, and what of it (else None)."""
    result, parts = np.zeros(len(geometries), bool), np.full(len(geometries), None, dtype=object)
    if area.is_empty or not len(geometries):
        return result, parts
    shapely.prepare(area)
    touching = shapely.intersects(area, geometries)
    where = np.flatnonzero(touching)
    common = shapely.intersection(geometries[where], areas_near(area, geometries[where]))
    parts[where] = common
    dimension = shapely.get_dimensions(geometries[where])
    # A bay drawn along the kerb shares its edge with the lane: a hair of overlap is drafting, not standing.
    result[where] = np.select(
        [dimension == 2, dimension == 1],
        [shapely.area(common) > 1e-4, shapely.length(common) > 1e-2],
        shapely.contains(area, geometries[where]),
    )
    return result, parts


def nearest_lanes(space: FreeSpace, places: np.ndarray) -> np.ndarray:
    """Return the id of the lane of a space that is nearest to each point, the first of equals; None without lanes."""
    result = np.full(len(places), None, dtype=object)
    if len(space.lanes) and len(places):
        place, lane = shapely.STRtree(space.lanes.geometry.to_numpy()).query_nearest(places)
        first = np.full(len(places), len(space.lanes))
        np.minimum.at(first, place, lane)
        result[:] = space.lanes["lane_id"].to_numpy(object)[first]
    return result
