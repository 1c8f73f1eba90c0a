"""Clear width and section width of every lane, on the ground and in the envelope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from firelane.lanes.barriers import Crossing
from firelane.lanes.narrowing import Narrowing
from firelane.lanes.profile import end_width, station_widths
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
    frames = []
    for space in spaces.ground:
        chosen = stations[stations["lane_id"].isin(space.lanes["lane_id"])].copy()
        ends = space.lanes.set_index("lane_id")
        # Beyond the place where the tip's corners begin, the width is that of the tip, not of the lane.
        length = chosen["lane_id"].map(ends["length_m"]).to_numpy(float)
        first = chosen["lane_id"].map(ends["start_trim_m"]).to_numpy(float)
        last = length - chosen["lane_id"].map(ends["end_trim_m"]).to_numpy(float)
        chainage = chosen["chainage_m"].to_numpy(float)
        chosen = chosen[(chainage >= first - 1e-9) & (chainage <= last + 1e-9)]
        clear, section = station_widths(space, chosen)
        frames.append(chosen.assign(clear_width_m=clear, section_width_m=section))
    profile = pd.concat(frames, ignore_index=True).sort_values(
        ["lane_id", "chainage_m"], kind="stable", ignore_index=True
    )
    columns = ["lane_id", "chainage_m", "clear_width_m", "section_width_m", "geometry"]
    return gpd.GeoDataFrame(profile[columns], geometry="geometry", crs=spaces.site.crs)


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
    widest = profile.groupby("lane_id")["clear_width_m"].min()
    for space in levels:
        crossings = space.crossings(CAP_M)
        for n, lane in enumerate(space.lanes.itertuples()):
            found = crossings[n]
            ends = _dead_ends(lane, space)
            here = [_narrowing(lane, c, space) for c in found if c.width_m < below_m]
            here += [e for e in ends if e.width_m < below_m]
            here.sort(key=lambda w: (w.width_m, w.chainage_m))
            narrowings[lane.lane_id] = here
            known = [c.width_m for c in found[:1]] + [e.width_m for e in ends]
            # Nowhere below the cap: the profile's least value stands for it, never less than the cap.
            beyond = max(float(widest.get(lane.lane_id, np.nan)), CAP_M) if not found else np.inf
            clear[lane.lane_id] = float(np.nanmin([*known, beyond])) if known or not found else np.nan
    return Widths(narrowings, clear)


def _narrowing(lane: Any, crossing: Crossing, space: FreeSpace) -> Narrowing:
    place = crossing.place
    chainage = float(lane.geometry.project(shapely.points(place)))
    rows = space.rows_of(crossing)
    return Narrowing(
        lane.lane_id, crossing.width_m, chainage, place, crossing.pinch, rows, space
    )  # fmt: skip


def _dead_ends(lane: Any, space: FreeSpace) -> list[Narrowing]:
    result = []
    for bare, at in (
        (lane.start_width_m, lane.start_trim_m),
        (lane.end_width_m, lane.length_m - lane.end_trim_m),
    ):
        if np.isnan(bare):
            continue
        point = lane.geometry.interpolate(at)
        width = float(bare)
        rows: tuple[int, ...] = ()
        # What stands near the tip may leave no gap of its own there: the tip's end edge is nearer.
        inside = shapely.dwithin(space.table.geometry.to_numpy(), point, bare / 2 - 1e-6)
        if inside.any():
            heading = _heading(lane.geometry, at)
            width = end_width(space, np.array(point.coords[0]), heading, float(bare))
            rows = tuple(np.flatnonzero(inside).tolist()) if width < bare - 1e-6 else ()
        result.append(Narrowing(
            lane.lane_id, width, float(at), (point.x, point.y), -1, rows, space
        ))  # fmt: skip
    return result


def _heading(line: shapely.LineString, at_m: float) -> np.ndarray:
    """Return the unit vector towards the nearer end of a line."""
    onward = 0.5 if at_m > line.length / 2 else -0.5
    a, b = (np.array(line.interpolate(min(max(c, 0.0), line.length)).coords[0]) for c in (at_m, at_m + onward))
    if np.array_equal(a, b):  # the lane ends here
        a = np.array(line.interpolate(min(max(at_m - onward, 0.0), line.length)).coords[0])
    step: np.ndarray = b - a
    return step / max(float(np.hypot(*step)), 1e-9)
