"""What stands on the lanes, and how wide a way it leaves beside it."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from firelane.lanes.narrowing import Narrowing
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
    left: dict[str, tuple[float, str | None]] = {}
    for barred in sorted(narrowings):
        for narrow in narrowings[barred]:
            for row in narrow.rows:
                owner = narrow.space.table["owner"].iloc[row]
                known = left.get(owner)
                if known is None or narrow.width_m < known[0]:
                    left[owner] = (narrow.width_m, barred)
    result = []
    table = spaces.table[spaces.table["ground"].to_numpy(bool)]
    _from_what_hides_them(table, left)
    on_lane = standing_inside(table.geometry.to_numpy(), spaces.network.judged)
    inside = standing_inside(table.geometry.to_numpy(), spaces.network.designated)
    for n, row in enumerate(table.itertuples()):
        if not (on_lane[n] or inside[n]):
            continue
        area = spaces.network.designated if inside[n] else spaces.network.judged
        place = shapely.point_on_surface(shapely.intersection(row.geometry, area))
        width, lane_id = left.get(row.owner, (CAP_M, nearest_lane(spaces.ground, place, designated=bool(inside[n]))))
        result.append(Standing(
            row.owner, row.layer, row.id, row.kind, row.name, bool(inside[n]), width, lane_id, (place.x, place.y)
        ))  # fmt: skip
    return result


def _from_what_hides_them(table: gpd.GeoDataFrame, left: dict[str, tuple[float, str | None]]) -> None:
    """Give obstacles that lie wholly inside others (one surveyed twice, a post in a wall) what those leave."""
    owners = table["owner"].to_numpy(object)
    geometries = table.geometry.to_numpy()
    hidden = np.flatnonzero([owner not in left for owner in owners])
    found: dict[str, tuple[float, str | None]] = {}
    for h, n in shapely.STRtree(geometries).query(geometries[hidden], predicate="covered_by").T.tolist():
        if (beside := left.get(owners[n])) is not None:
            found[owners[hidden[h]]] = min(beside, found.get(owners[hidden[h]], beside), key=lambda item: item[0])
    left |= found


def standing_inside(geometries: np.ndarray, area: shapely.Geometry) -> np.ndarray:
    """Tell which obstacles have their body, not only their outline, inside ``area``."""
    if area.is_empty or not len(geometries):
        return np.zeros(len(geometries), bool)
    shapely.prepare(area)
    touching = shapely.intersects(area, geometries)
    result = np.zeros(len(geometries), bool)
    where = np.flatnonzero(touching)
    common = shapely.intersection(geometries[where], area)
    dimension = shapely.get_dimensions(geometries[where])
    # A bay drawn along the kerb shares its edge with the lane: a hair of overlap is drafting, not standing.
    result[where] = np.select(
        [dimension == 2, dimension == 1],
        [shapely.area(common) > 1e-4, shapely.length(common) > 1e-2],
        shapely.contains(area, geometries[where]),
    )
    return result


def nearest_lane(spaces: tuple[FreeSpace, ...], place: shapely.Geometry, *, designated: bool) -> str | None:
    """Return the id of the lane nearest to ``place``."""
    space = spaces[-1] if designated else spaces[0]
    if not len(space.lanes):
        return None
    return str(space.lanes["lane_id"].iloc[int(space.lanes.geometry.distance(place).argmin())])
