"""Laser points along lanes: stations, the footprint of the envelope about each, what lies in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.lanes.records import LaneNetwork
from firelane.site.model import PointTile

WIDEST_M = 15.0
"""A section that meets no edge is looked at so far to either side."""


@dataclass(frozen=True)
class Stations:
    """Places along the lanes.

    Attributes
    ----------
    table : GeoDataFrame
        Points: ``lane_id``, ``chainage_m``.
    xy : (n, 2) array
    along : (n, 2) array
        Unit vector of the lane.
    left_m, right_m : (n,) arrays
        How far the pavement goes to either side [m].
    step_m : float
        Greatest distance between neighbours.
    """

    table: gpd.GeoDataFrame
    xy: Floats
    along: Floats
    left_m: Floats
    right_m: Floats
    step_m: float

    def footprints(
        self, rows: Ints, ahead_m: float, left_m: Floats | float, right_m: Floats | float, *, shift_m: float = 0.0
    ) -> np.ndarray:
        """Return rectangles about stations, so far ahead and behind, to the left and to the right [m].

        ``shift_m`` moves them along the lane.
        """
        along = self.along[rows]
        at = self.xy[rows] + along * shift_m
        left = np.column_stack((-along[:, 1], along[:, 0]))
        to_left, to_right = (np.broadcast_to(np.asarray(v, float), len(rows))[:, None] for v in (left_m, right_m))
        ring = np.stack((
            at - along * ahead_m - left * to_right, at + along * ahead_m - left * to_right, at + along * ahead_m + left * to_left,
            at - along * ahead_m + left * to_left,
        ), axis=1)  # fmt: skip
        return np.asarray(shapely.polygons(ring))


def stations_of(network: LaneNetwork, station_m: float, half_m: float) -> Stations:
    """Return the stations of all lanes, those known as lines too: their envelope lies about the line."""
    own = network.stations
    table = own[["lane_id", "chainage_m", "geometry"]]
    heading = own["heading_rad"].to_numpy(float)
    sides = np.nan_to_num(own[["left_m", "right_m"]].to_numpy(float), nan=WIDEST_M)
    extra = [_on_line(row.lane_id, row.geometry, station_m) for row in network.line_lanes.itertuples()]
    if extra:
        more = pd.concat([frame for frame, _ in extra], ignore_index=True)
        both = pd.concat([table, more], ignore_index=True) if len(table) else more
        table = gpd.GeoDataFrame(both, geometry="geometry", crs=network.lanes.crs)
        heading = np.concatenate([heading, *(angle for _, angle in extra)])
        sides = np.concatenate([sides, np.full((len(more), 2), half_m)])
    return Stations(
        table.reset_index(drop=True), shapely.get_coordinates(table.geometry.to_numpy()).reshape(-1, 2),
        np.column_stack((np.cos(heading), np.sin(heading))), sides[:, 0], sides[:, 1], station_m,
    )  # fmt: skip


def _on_line(lane_id: str, line: BaseGeometry, station_m: float) -> tuple[pd.DataFrame, Floats]:
    length = float(line.length)
    count = max(int(np.ceil(length / station_m - 1e-9)), 1)
    chainage = np.append(np.arange(count) * station_m, length)
    points = shapely.line_interpolate_point(line, chainage)
    a, b = (
        shapely.get_coordinates(shapely.line_interpolate_point(line, np.clip(chainage + d, 0.0, length)))
        for d in (-0.5, 0.5)
    )
    frame = pd.DataFrame({"lane_id": lane_id, "chainage_m": chainage, "geometry": points})
    return frame, np.arctan2(*(b - a).T[::-1])


def looked_at(network: LaneNetwork, tiles: Sequence[PointTile], crs: pyproj.CRS, half_m: float) -> BaseGeometry:
    """Return the pavement, and the envelope about lanes known as lines, a little farther than the tiles reach.

    A little farther: pavement just beyond a tile must be known as not seen.
    """
    ways = [network.pavement, network.designated]
    ways += list(shapely.buffer(network.line_lanes.geometry.to_numpy(), half_m, cap_style="flat"))
    area = shapely.union_all([w for w in ways if not w.is_empty])
    cover = shapely.buffer(shapely.union_all([_outline(tile, crs) for tile in tiles]), BEYOND_M, join_style="mitre")
    common = shapely.intersection(area, cover)
    return shapely.union_all([g for g in shapely.get_parts(common) if shapely.get_dimensions(g) == 2])


BEYOND_M = 12.0
"""Footprints of stations that lie under a tile end nearer than this."""


def _outline(tile: PointTile, crs: pyproj.CRS) -> BaseGeometry:
    """Return what a tile covers by its header; bounds in the header are those of its points."""
    box = shapely.segmentize(shapely.box(*tile.bounds), 50.0 if tile.crs.is_projected else 0.001)
    if tile.crs.equals(crs, ignore_axis_order=True):
        return box
    forth = pyproj.Transformer.from_crs(tile.crs, crs, always_xy=True)
    return shapely.transform(box, lambda xy: np.column_stack(forth.transform(xy[:, 0], xy[:, 1])))


def lowest_cells(xy: Floats, height_m: Floats, cell_m: float) -> Ints:
    """Return, for each square cell of the plan, the row of the lowest point in it."""
    if not len(xy):
        return np.zeros(0, np.int64)
    cell = np.floor(xy / cell_m).astype(np.int64)
    order = np.lexsort((height_m, cell[:, 1], cell[:, 0]))
    sorted_ = cell[order]
    result: Ints = order[np.append(True, (sorted_[1:] != sorted_[:-1]).any(axis=1))]
    return result


def inside(area: BaseGeometry, xy: Floats) -> Bools:
    """Return which places lie in an area."""
    if area.is_empty or not len(xy):
        return np.zeros(len(xy), bool)
    shapely.prepare(area)
    return np.asarray(shapely.contains_xy(area, xy[:, 0], xy[:, 1]))
