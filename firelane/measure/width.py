"""Clear width and section width of every lane, on the ground and in the envelope."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from firelane.lanes.barriers import Crossing
from firelane.lanes.narrowing import Narrowing
from firelane.lanes.profile import end_width, obstacle_index, station_widths
from firelane.lanes.reach import CAP_M
from firelane.lanes.space import FreeSpace, Spaces


@dataclass(frozen=True)
class Widths:
    """Widths of all lanes at one level.

    Attributes
    ----------
    narrowings : dict
        lane_id → narrowings below ``below_m``, narrowest first.
    clear_width_m : dict
        lane_id → clear width of its widest way through [m].
    """

    narrowings: dict[str, list[Narrowing]]
    clear_width_m: dict[str, float]


def measure_profile(spaces: Spaces) -> gpd.GeoDataFrame:
    """Return the ground profile of all lanes (``Audit.profile`` without the height column)."""
    stations = spaces.network.stations
    number = pd.Index(spaces.network.lanes["lane_id"]).get_indexer(stations["lane_id"])
    lanes = spaces.network.lanes
    first = lanes["start_trim_m"].to_numpy(float)
    last = lanes["length_m"].to_numpy(float) - lanes["end_trim_m"].to_numpy(float)
    chainage = stations["chainage_m"].to_numpy(float)
    # Beyond the place where the tip's corners begin, the width is that of the tip, not of the lane.
    told = (chainage >= first[number] - 1e-9) & (chainage <= last[number] + 1e-9)
    clear, section = np.full(len(stations), np.nan), np.full(len(stations), np.nan)
    measured = np.zeros(len(stations), bool)
    for space in spaces.ground:
        rows = np.flatnonzero(told & lanes["lane_id"].isin(space.lanes["lane_id"]).to_numpy()[number])
        clear[rows], section[rows] = station_widths(space, stations.iloc[rows])
        measured[rows] = True
    rows = np.flatnonzero(measured)
    return gpd.GeoDataFrame(
        {
            "lane_id": stations["lane_id"].to_numpy()[rows], "chainage_m": chainage[rows],
            "clear_width_m": clear[rows], "section_width_m": section[rows],
        },
        geometry=stations.geometry.to_numpy()[rows], crs=spaces.site.crs,
    )  # fmt: skip


def measure_widths(levels: tuple[FreeSpace, ...], profile: gpd.GeoDataFrame, *, below_m: float) -> Widths:
    """Return clear widths and narrowings of all lanes.

    Parameters
    ----------
    levels : tuple of FreeSpace
        ``Spaces.ground`` or ``Spaces.envelope``.
    profile : GeoDataFrame
        Ground profile: tells the width of lanes that are nowhere narrower than the cap.
    below_m : float
        Narrowings at least this wide are left out [m].
    """
    narrowings: dict[str, list[Narrowing]] = {}
    clear: dict[str, float] = {}
    widest = profile.groupby("lane_id")["clear_width_m"].min().to_dict()
    for space in levels:
        ids = list(space.lanes["lane_id"])
        crossings = space.crossings(CAP_M)
        ends: dict[int, list[Narrowing]] = {}
        for lane, end in _dead_ends(space):
            ends.setdefault(lane, []).append(end)
        for lane, found in enumerate(_narrowings(space, crossings, below_m)):
            at_ends = ends.get(lane, [])
            here = found + [e for e in at_ends if e.width_m < below_m]
            # Of equals a pinch governs before a dead end: it tells what stands on either side.
            here.sort(key=lambda w: (round(w.width_m, 6), w.pinch < 0, w.chainage_m))
            narrowings[ids[lane]] = here
            known = [c.width_m for c in crossings[lane][:1]] + [e.width_m for e in at_ends]
            # Nowhere below the cap: the profile's least value stands for it, never less than the cap.
            beyond = np.inf if crossings[lane] else max(float(widest.get(ids[lane], np.nan)), CAP_M)
            clear[ids[lane]] = float(np.nanmin([*known, beyond])) if known or not crossings[lane] else np.nan
    return Widths(narrowings, clear)


def _narrowings(space: FreeSpace, crossings: list[list[Crossing]], below_m: float) -> list[list[Narrowing]]:
    """Return, for each lane, the barriers below a width, with their places along it."""
    found = [(n, c) for n, here in enumerate(crossings) for c in here if c.width_m < below_m]
    result: list[list[Narrowing]] = [[] for _ in crossings]
    if not found:
        return result
    lines = space.lanes.geometry.to_numpy()[[n for n, _ in found]]
    chainage = shapely.line_locate_point(lines, shapely.points([c.place for _, c in found])).tolist()
    ids = list(space.lanes["lane_id"])
    for (n, c), at in zip(found, chainage, strict=True):
        result[n].append(Narrowing(ids[n], c.width_m, at, c.place, c.pinch, space.rows_of(c), space))
    return result


def _dead_ends(space: FreeSpace) -> list[tuple[int, Narrowing]]:
    """Return the dead ends of all lanes, start before end: number of the lane, and how wide it is there."""
    lanes = space.lanes
    bare = np.column_stack([lanes[name].to_numpy(float) for name in ("start_width_m", "end_width_m")])
    lane, side = np.nonzero(~np.isnan(bare))
    if not len(lane):
        return []
    bare = bare[lane, side]
    length = lanes["length_m"].to_numpy(float)[lane]
    at = np.where(side == 0, lanes["start_trim_m"].to_numpy(float)[lane], length - lanes["end_trim_m"].to_numpy(float)[lane])
    lines = lanes.geometry.to_numpy()[lane]
    points = shapely.line_interpolate_point(lines, at)
    near: dict[int, list[int]] = {}
    if len(space.table):
        # What stands near the tip may leave no gap of its own there: the tip's end edge is nearer.
        tree = shapely.STRtree(space.table.geometry.to_numpy())
        for k, row in tree.query(points, predicate="dwithin", distance=np.maximum(bare / 2 - 1e-6, 0.0)).T.tolist():
            near.setdefault(k, []).append(row)
    places = shapely.get_coordinates(points)
    index = obstacle_index(space) if near and space.boundary is not None else None
    ids = lanes["lane_id"].to_numpy(object)
    result = []
    for k, (n, whole) in enumerate(zip(lane.tolist(), bare.tolist(), strict=True)):
        rows: tuple[int, ...] = ()
        width = whole
        if k in near:
            heading = _heading(lines[k], float(at[k]))
            width = 0.0 if index is None else end_width(space, index, places[k], heading, whole)
            rows = tuple(sorted(near[k])) if width < whole - 1e-6 else ()
        place = (float(places[k, 0]), float(places[k, 1]))
        result.append((n, Narrowing(ids[n], width, float(at[k]), place, -1, rows, space)))
    return result


def _heading(line: shapely.LineString, at_m: float) -> np.ndarray:
    """Return the unit vector towards the nearer end of a line."""
    onward = 0.5 if at_m > line.length / 2 else -0.5
    a, b = (np.array(line.interpolate(min(max(c, 0.0), line.length)).coords[0]) for c in (at_m, at_m + onward))
    if np.array_equal(a, b):  # the lane ends here
        a = np.array(line.interpolate(min(max(at_m - onward, 0.0), line.length)).coords[0])
    step: np.ndarray = b - a
    return step / max(float(np.hypot(*step)), 1e-9)
