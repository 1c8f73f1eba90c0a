"""How wide a vehicle gets to each building (contract §2, ``reach``)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.medial import medial_axis
from firelane.lanes.pieces import Pieces
from firelane.lanes.reach import CAP_M, Limits
from firelane.lanes.space import FreeSpace, Spaces

Floats = npt.NDArray[np.float64]

SEARCH_STEPS_M = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
GRID_M = 1.0
"""Spacing of the places tried where the middle of the road is too far from a building."""


@dataclass(frozen=True)
class Reach:
    """The widest disc that arrives at one building.

    ``widest_m`` is None where no entrance exists or no road lies within the access distance, 0 where
    nothing gets there, and the cap (8 m) where that or more does. ``pinch`` is the governing pinch's
    number in the envelope space, -1 where a mouth or the place itself governs.
    """

    building_id: str
    widest_m: float | None
    entrance_id: str | None
    pinch: int
    place: tuple[float, float] | None


def measure_reach(spaces: Spaces, *, access_distance_m: float) -> list[Reach]:
    """Return the widest vehicle to each building, from any entrance that can open.

    Parameters
    ----------
    spaces : Spaces
    access_distance_m : float
        How near the disc must come to the building's outline [m].
    """
    buildings = spaces.site.layer("buildings")
    space = spaces.envelope[0]
    sources = _sources(space, spaces.envelope_m)
    if not len(buildings):
        return []
    nothing = [Reach(b, None, None, -1, None) for b in buildings["id"]]
    if not len(space.mouths) or space.widest_way is None:
        return nothing
    pieces = space.widest_way.pieces
    axis = medial_axis(space.free)
    places = axis.xy + axis.origin
    label, distance = pieces.locate(places)
    limits = {name: space.widest_way.limits(np.array(at)) for name, at in sources.items()}
    tree = shapely.STRtree(shapely.points(places))
    outlines = shapely.boundary(buildings.geometry.to_numpy())
    building, node = tree.query(outlines, predicate="dwithin", distance=access_distance_m + CAP_M)
    arriving = [limit.width_m[label] for limit in limits.values()] or [np.zeros(len(places))]
    room = np.minimum(2 * distance, np.maximum.reduce(arriving))
    result = []
    for n, building_id in enumerate(buildings["id"]):
        if not _road_within(space, outlines[n], access_distance_m):
            result.append(nothing[n])
            continue
        near = node[building == n]
        found = _best(
            building_id, outlines[n], places[near], label[near], distance[near], limits, pieces,
            access_distance_m, space.free,
        )  # fmt: skip
        if (found.widest_m or 0.0) < min(CAP_M, room[near].max() if len(near) else CAP_M) - 1e-3:
            # In a wide road or a square the disc leaves the middle to come near enough.
            grid = _grid(outlines[n], access_distance_m + CAP_M / 2, space.free)
            other = _best(
                building_id, outlines[n], grid, *pieces.locate(grid), limits, pieces, access_distance_m, space.free
            )
            found = max((found, other), key=lambda r: r.widest_m or 0.0)
        result.append(found)
    return result


def _grid(outline: BaseGeometry, reach_m: float, free: BaseGeometry) -> Floats:
    """Return places of free space every metre, near enough to the outline."""
    west, south, east, north = outline.bounds
    x = np.arange(west - reach_m, east + reach_m + GRID_M, GRID_M)
    y = np.arange(south - reach_m, north + reach_m + GRID_M, GRID_M)
    xy = np.column_stack([c.ravel() for c in np.meshgrid(x, y)])
    shapely.prepare(free)
    xy = xy[shapely.contains_xy(free, xy)]
    near: Floats = xy[shapely.distance(outline, shapely.points(xy)) <= reach_m]
    return near


def _road_within(space: FreeSpace, outline: BaseGeometry, access_distance_m: float) -> bool:
    return bool(shapely.dwithin(space.area, outline, access_distance_m))


def _sources(space: FreeSpace, envelope_m: float) -> dict[str, list[int]]:
    """Return entrance → pieces outside its mouth, for entrances that open and are high enough."""
    if space.widest_way is None:
        return {}
    pieces = space.widest_way.pieces
    chords = np.flatnonzero(pieces.pinches.mouth >= 0)
    result: dict[str, list[int]] = {}
    for k, piece in zip(chords, pieces.outside, strict=True):
        row = space.mouths.iloc[int(pieces.pinches.mouth[k])]
        height = np.nan if row["clear_height_m"] is None else float(row["clear_height_m"])
        shut = row["openable"] is not None and not bool(row["openable"]) if row["openable"] is not None else False
        if shut or height < envelope_m - 1e-6:
            continue
        result.setdefault(row["entrance_id"], []).append(int(piece))
    return result


def _values(
    away: Floats, label: npt.NDArray[np.int64], distance: Floats, limits: Limits, access_distance_m: float
) -> Floats:
    """Return the widest disc that arrives at each place *and* serves the building from there, else 0.

    ``away`` is how far each place is from the building, ``distance`` from the nearest obstacle [m].
    """
    width = np.minimum.reduce([limits.width_m[label], 2 * distance, np.full(len(label), CAP_M)])
    # A narrower disc may move to the near side of the empty disc around the place: what counts is how
    # near that one comes.
    serves: Floats = np.where(away - distance <= access_distance_m + 1e-6, width, 0.0)
    return serves


def _best(
    building_id: str, outline: BaseGeometry, places: Floats, label: npt.NDArray[np.int64], distance: Floats,
    limits: dict[str, Limits], pieces: Pieces, access_distance_m: float, free: BaseGeometry,
) -> Reach:  # fmt: skip
    best = Reach(building_id, 0.0, None, -1, None)
    if not len(places):
        return best
    away = shapely.distance(outline, shapely.points(places))
    for name in sorted(limits):
        values = _values(away, label, distance, limits[name], access_distance_m)
        # Of places that serve alike the one nearest to the building's middle: an edit far away moves none.
        alike = np.flatnonzero(values >= values.max() - 1e-6)
        middling = np.round(shapely.distance(shapely.centroid(outline), shapely.points(places[alike])), 6)
        at = int(alike[np.lexsort((places[alike, 1], places[alike, 0], middling))[0]])
        value, place, piece = float(values[at]), places[at], int(label[at])
        if value < min(float(limits[name].width_m[piece]), CAP_M):
            # The place itself limits it: climb to the best place nearby.
            value, place, piece = _climb(
                outline, place, piece, value, limits[name], pieces, access_distance_m, free
            )
        if best.widest_m is None or value > best.widest_m + 1e-9:
            limit = float(limits[name].width_m[piece])
            pinch = int(limits[name].governing[piece]) if limit <= value + 1e-6 else -1
            if pinch >= 0 and pieces.pinches.mouth[pinch] >= 0:
                pinch = -1
            best = Reach(building_id, value, name, pinch, (float(place[0]), float(place[1])))
    return best


def _climb(
    outline: BaseGeometry, place: Floats, piece: int, value: float, limits: Limits, pieces: Pieces,
    access_distance_m: float, free: BaseGeometry,
) -> tuple[float, Floats, int]:  # fmt: skip
    around = np.array([[1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]], float)
    for step in SEARCH_STEPS_M:
        for _ in range(40):
            tried = place + around * step
            label, distance = pieces.locate(tried)
            away = shapely.distance(outline, shapely.points(tried))
            values = _values(away, label, distance, limits, access_distance_m)
            # A step across a wall lands in another piece, or outside: neither counts.
            values = np.where((label == piece) & shapely.contains_xy(free, tried), values, 0.0)
            at = int(np.argmax(values))
            if values[at] <= value + 1e-9:
                break
            value, place = float(values[at]), tried[at]
    return value, place, piece
