"""Gradient of lanes, where the survey gives heights (坡度)."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from firelane.lanes.boundary import Floats, Ints
from firelane.lanes.records import LaneNetwork
from firelane.site.model import Site

ON_LINE_M = 0.5
"""An edge has the height of a surveyed line that runs this near to it."""

BRIDGED_M = 10.0
"""Where a section has no height (in a junction) it is taken between its neighbours, up to this far apart."""


@dataclass(frozen=True)
class Gradient:
    """Steepest stretch of one lane.

    ``gradient_pct`` is positive whether it leads up or down, None where the lane has no heights. ``from_m`` and
    ``to_m`` are the chainages of the stretch, ``rise_m`` how much it leads up from the one to the other.
    ``measured_m`` is the length of the lane along which heights are known.
    """

    lane_id: str
    gradient_pct: float | None
    from_m: float
    to_m: float
    rise_m: float
    measured_m: float
    place: tuple[float, float] | None


def measure_gradients(site: Site, network: LaneNetwork, *, base_m: float) -> list[Gradient]:
    """Return the steepest stretch of each lane, in the order of ``network.lanes``.

    The height of a section is that of its two edges, weighted by how near they are; along an edge it runs
    straight from one surveyed height to the next.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
    base_m : float
        Length over which a gradient is taken; lanes shorter than that as a whole [m].
    """
    stations = network.stations
    z = station_heights(site, stations) if site.heights is not None else np.full(len(stations), np.nan)
    lane = stations["lane_id"].to_numpy(object)
    chainage = stations["chainage_m"].to_numpy(float)
    result = []
    for row in network.lanes.itertuples():
        mine = np.flatnonzero(lane == row.lane_id)
        mine = mine[np.argsort(chainage[mine], kind="stable")]
        result.append(_steepest(str(row.lane_id), row.geometry, chainage[mine], z[mine], base_m))
    return result


def _steepest(lane_id: str, line: shapely.LineString, at: Floats, z: Floats, base_m: float) -> Gradient:
    known = ~np.isnan(z)
    none = Gradient(lane_id, None, np.nan, np.nan, np.nan, 0.0, None)
    if known.sum() < 2:
        return none
    x, y = at[known], z[known]
    bridged = np.diff(x) <= BRIDGED_M + 1e-9
    measured = float(np.diff(x)[bridged].sum())
    base = min(base_m, float(line.length))
    # Windows that begin or end at a station hold the steepest one: between stations the height runs straight.
    begin = np.unique(np.r_[x, x - base])
    begin = begin[(begin >= x[0] - 1e-9) & (begin + base <= x[-1] + 1e-9)]
    if not len(begin) and x[-1] - x[0] >= 0.9 * base:  # a lane as long as the base, its very ends unknown
        begin, base = x[:1], float(x[-1] - x[0])
    gaps = np.r_[0, np.cumsum(~bridged)]  # number of open gaps up to each known station
    first = np.clip(np.searchsorted(x, begin + 1e-9, "right") - 1, 0, len(x) - 1)
    last = np.clip(np.searchsorted(x, begin + base - 1e-9, "left"), 0, len(x) - 1)
    begin = begin[gaps[first] == gaps[last]]
    if not len(begin):
        return Gradient(lane_id, None, np.nan, np.nan, np.nan, measured, None)
    rise = np.interp(begin + base, x, y) - np.interp(begin, x, y)
    k = int(np.argmax(np.round(np.abs(rise), 9)))
    middle = line.interpolate(float(begin[k]) + base / 2)
    return Gradient(
        lane_id, float(abs(rise[k]) / base * 100), float(begin[k]), float(begin[k] + base), float(rise[k]), measured,
        (float(middle.x), float(middle.y)),
    )  # fmt: skip


def station_heights(site: Site, stations: gpd.GeoDataFrame) -> Floats:
    """Return the height of the road at each station, NaN where an edge has none [m]."""
    result = np.full(len(stations), np.nan)
    if site.heights is None or not len(stations):
        return result
    lines = site.heights.geometry.to_numpy()
    xyz, index = shapely.get_coordinates(lines, include_z=True, return_index=True)
    same = index[1:] == index[:-1]
    start, end = xyz[:-1][same], xyz[1:][same]
    solid = np.hypot(*(end - start)[:, :2].T) > 0
    start, end = start[solid], end[solid]
    if not len(start):
        return result
    tree = shapely.STRtree(shapely.linestrings(np.stack((start[:, :2], end[:, :2]), axis=1)))
    places = shapely.get_coordinates(stations.geometry.to_numpy())
    heading = stations["heading_rad"].to_numpy(float)
    left = np.column_stack((-np.sin(heading), np.cos(heading)))
    sides = []
    for sign, column in ((1.0, "left_m"), (-1.0, "right_m")):
        half = stations[column].to_numpy(float)
        sides.append((half, _height_at(tree, start, end, places + sign * half[:, None] * left)))
    (left_m, left_z), (right_m, right_z) = sides
    # Nearer to one edge the road is as high as there.
    total = left_m + right_m
    heights: Floats = (left_z * right_m + right_z * left_m) / np.where(total > 0, total, np.nan)
    return heights


def _height_at(tree: shapely.STRtree, start: Floats, end: Floats, feet: Floats) -> Floats:
    """Return the mean height of the lines nearest to each foot, NaN where none is near."""
    result = np.full(len(feet), np.nan)
    rows: Ints = np.flatnonzero(~np.isnan(feet).any(axis=1))
    if not len(rows):
        return result
    found = tree.query_nearest(shapely.points(feet[rows]), max_distance=ON_LINE_M, all_matches=True)
    foot, segment = rows[found[0]], found[1]
    step = (end - start)[segment]
    part = ((feet[foot] - start[segment, :2]) * step[:, :2]).sum(axis=1) / (step[:, :2] ** 2).sum(axis=1)
    z = start[segment, 2] + np.clip(part, 0.0, 1.0) * step[:, 2]
    count = np.bincount(foot, minlength=len(feet))
    total = np.bincount(foot, weights=z, minlength=len(feet))
    result[count > 0] = total[count > 0] / count[count > 0]
    return result
