"""Clear height: what hangs over the lanes, and where it bars the envelope."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from firelane.lanes.nearby import areas_near
from firelane.lanes.obstacles import owner_labels
from firelane.lanes.reach import CAP_M
from firelane.lanes.space import FreeSpace, Spaces


@dataclass(frozen=True)
class Overhead:
    """One thing that spans above a judged lane.

    ``clear_height_m`` is None where the input does not tell it.
    """

    owner: str
    kind: str
    name: str | None
    clear_height_m: float | None
    lane_id: str | None
    place: tuple[float, float]


@dataclass(frozen=True)
class LowStretch:
    """A place where the envelope is barred although the ground is passable there or not.

    ``clear_height_m`` is the lowest underside in the chain; ``owners`` are the overhead obstacles; ``span_m`` is from
    where to where the stretch runs, where that is known [m].
    """

    lane_id: str
    clear_height_m: float
    chainage_m: float
    place: tuple[float, float]
    owners: tuple[str, ...]
    span_m: tuple[float, float] | None = None


@dataclass(frozen=True)
class Heights:
    """Clear heights of a site.

    Attributes
    ----------
    overhead : list of Overhead
    low : list of LowStretch
        Barred at the envelope's height and width.
    clear_height_m : dict
        lane_id → lowest underside that a passage of the envelope's width must go under, NaN where
        nothing of known height spans it.
    """

    overhead: list[Overhead]
    low: list[LowStretch]
    clear_height_m: dict[str, float]


def measure_heights(spaces: Spaces, *, width_m: float) -> Heights:
    """Return the clear heights of all lanes.

    Parameters
    ----------
    spaces : Spaces
    width_m : float
        Width of the envelope: something low beside which this much is left does not count [m].
    """
    low = _barred(spaces.envelope, width_m)
    lowest: dict[str, float] = dict.fromkeys(spaces.network.lanes["lane_id"], np.nan)
    known = spaces.table["overhead"].to_numpy(bool) & ~np.isnan(spaces.table["clear_height_m"].to_numpy(float))
    if known.any():
        flags = [False] if spaces.network.designated.is_empty else [False, True]
        everything = tuple(spaces.at(np.inf, designated=flag) for flag in flags)
        for stretch in _barred(everything, width_m):
            lowest[stretch.lane_id] = float(np.nanmin([lowest[stretch.lane_id], stretch.clear_height_m]))
    labels = owner_labels(spaces.site)
    lanes = spaces.network.lanes.set_index("lane_id").geometry
    for row in spaces.network.mouths.itertuples():
        height = np.nan if row.clear_height_m is None else float(row.clear_height_m)
        if np.isnan(height) or not len(lanes):
            continue
        middle = row.geometry.interpolate(0.5, normalized=True)
        # A mouth drawn twice, or beside the lane, bars the lane that it is nearest to.
        lane_id = str(lanes.distance(middle).idxmin()) if row.lane_id is None else row.lane_id
        lowest[lane_id] = float(np.nanmin([lowest[lane_id], height]))
        if height < spaces.envelope_m - 1e-6:
            low.append(LowStretch(
                lane_id, height, float(lanes[lane_id].project(middle)), (middle.x, middle.y),
                (labels["entrances", row.entrance_id],),
            ))  # fmt: skip
    return Heights(_overhead(spaces), low, lowest)


def _barred(levels: tuple[FreeSpace, ...], width_m: float) -> list[LowStretch]:
    """Return the barriers that need something overhead: one per lane and lowest obstacle."""
    best: dict[tuple[str, str], LowStretch] = {}
    for space in levels:
        if not len(space.table):
            continue
        overhead = space.table["overhead"].to_numpy(bool)
        if not overhead.any():
            continue
        heights = space.table["clear_height_m"].to_numpy(float)
        owner = space.table["owner"].to_numpy(object)
        ids, lines = space.lanes["lane_id"].to_numpy(object), space.lanes.geometry.to_numpy()
        for n, found in enumerate(space.crossings(CAP_M)):
            lane_id, line = ids[n], lines[n]
            for crossing in found:
                if crossing.width_m >= width_m - 1e-6:
                    break
                rows = [r for r in space.rows_of(crossing) if overhead[r]]
                if not rows:
                    continue
                rows.sort(key=lambda r: (heights[r], r))
                owners = tuple(owner[r] for r in rows)
                chainage = float(line.project(shapely.points(crossing.place)))
                stretch = LowStretch(
                    lane_id, float(heights[rows[0]]), chainage, crossing.place, owners
                )
                key = (stretch.lane_id, owners[0])
                if key not in best or stretch.clear_height_m < best[key].clear_height_m:
                    best[key] = stretch
    return [best[key] for key in sorted(best)]


def _overhead(spaces: Spaces) -> list[Overhead]:
    table = spaces.table[spaces.table["overhead"].to_numpy(bool)]
    area = shapely.union_all([spaces.network.judged, spaces.network.designated])
    shapely.prepare(area)
    table = table[shapely.intersects(area, table.geometry.to_numpy())]
    if not len(table):
        return []
    bodies = table.geometry.to_numpy()
    common = shapely.intersection(bodies, areas_near(area, bodies))
    lines, ids = spaces.network.lanes.geometry.to_numpy(), spaces.network.lanes["lane_id"].to_numpy(object)
    tree = shapely.STRtree(lines)
    first = np.full(len(table), len(lines))
    np.minimum.at(first, *tree.query(common, predicate="intersects"))
    result = []
    for row, part, lane in zip(table.itertuples(), common, first.tolist(), strict=True):
        if lane < len(lines):
            place, lane_id = shapely.point_on_surface(shapely.intersection(lines[lane], part)), ids[lane]
        else:
            place = shapely.point_on_surface(part)
            lane_id = ids[int(tree.query_nearest(place).min())] if len(lines) else None
        height = None if np.isnan(row.clear_height_m) else float(row.clear_height_m)
        result.append(Overhead(row.owner, row.kind, row.name, height, lane_id, (place.x, place.y)))
    return result


def station_heights(spaces: Spaces, profile: gpd.GeoDataFrame) -> np.ndarray:
    """Return the lowest known underside above each station's perpendicular, NaN where none is known [m].

    A chart figure: the width of the passage does not enter it.
    """
    result = np.full(len(profile), np.nan)
    table = spaces.table[spaces.table["overhead"].to_numpy(bool)]
    if not len(table) or not len(profile):
        return result
    stations = spaces.network.stations
    keyed = profile[["lane_id", "chainage_m"]].merge(stations, on=["lane_id", "chainage_m"], how="left")
    places = shapely.get_coordinates(keyed.geometry.to_numpy())
    heading = keyed["heading_rad"].to_numpy(float)
    left = np.column_stack((-np.sin(heading), np.cos(heading)))
    spans = np.nan_to_num(keyed[["left_m", "right_m"]].to_numpy(float), nan=0.0)
    ends = np.stack((places + left * spans[:, :1], places - left * spans[:, 1:]), axis=1)
    tree = shapely.STRtree(shapely.linestrings(ends))
    row, station = tree.query(table.geometry.to_numpy(), predicate="intersects")
    heights = table["clear_height_m"].to_numpy(float)[row]
    unknown = np.isnan(heights)
    lowest = np.full(len(profile), np.inf)
    np.minimum.at(lowest, station[~unknown], heights[~unknown])
    lowest[station[unknown]] = np.inf
    result[np.isfinite(lowest)] = lowest[np.isfinite(lowest)]
    return result
