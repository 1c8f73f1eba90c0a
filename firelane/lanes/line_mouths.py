"""Entrances at roads of which only the centreline is known: they are mouths without a width."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.mouths import POINT_REACH_M
from firelane.site.model import Site

COLUMNS = ("entrance_id", "name", "gate", "openable", "clear_height_m")


def entrances_at(
    site: Site, lines: npt.NDArray[np.object_], free: npt.NDArray[np.bool_], pavement: BaseGeometry
) -> gpd.GeoDataFrame:
    """Return the entrances that belong to lanes known as lines.

    An entrance belongs to such a lane where it lies within 5 m of it and nearer to it than to the pavement's edge. Within 5 m
    of an end of the lane that meets nothing, it is the mouth there; farther in, it tells of a gate on the lane and no more.

    Parameters
    ----------
    site : Site
    lines : (n,) array of LineString
    free : (n, 2) array of bool
        Whether start and end meet nothing.
    pavement : Polygon or MultiPolygon
        Union of all road polygons; may be empty.

    Returns
    -------
    GeoDataFrame
        Points on the entrances: ``entrance_id, name, gate, openable, clear_height_m``, ``lane`` (row of ``lines``) and
        ``end`` (0 start, 1 end, -1 neither).
    """
    table = site.layer("entrances")
    shapes = table.geometry.to_numpy()
    if not len(shapes) or not len(lines):
        return _frame(table[:0], [], [], [], site)
    away = np.full(len(shapes), np.inf)
    if not pavement.is_empty:
        outline = shapely.STRtree(shapely.get_parts(pavement.boundary))
        (row, _), distance = outline.query_nearest(shapes, return_distance=True, all_matches=False)
        away[row] = distance
    lane, end = np.nonzero(free)
    tips = shapely.get_point(lines[lane], np.where(end == 0, 0, -1))
    to_tip, tip = _nearest(tips, shapes)
    to_line, line = _nearest(lines, shapes)
    at_tip = (to_tip <= POINT_REACH_M) & (to_tip < away)
    on_line = ~at_tip & (to_line <= POINT_REACH_M) & (to_line < away)
    rows = np.flatnonzero(at_tip | on_line)
    lanes = [int(lane[tip[r]]) if at_tip[r] else int(line[r]) for r in rows]
    ends = [int(end[tip[r]]) if at_tip[r] else -1 for r in rows]
    points = [
        shapes[r] if shapes[r].geom_type == "Point" else shapely.line_interpolate_point(shapes[r], 0.5, normalized=True)
        for r in rows
    ]
    return _frame(table.iloc[rows], lanes, ends, points, site)


def _nearest(
    things: npt.NDArray[np.object_], shapes: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return how far the nearest thing within reach is from each shape (else inf), and which; the first of equals."""
    distance, which = np.full(len(shapes), np.inf), np.full(len(shapes), len(things))
    if len(things):
        (row, thing), found = shapely.STRtree(things).query_nearest(
            shapes, max_distance=POINT_REACH_M, return_distance=True, all_matches=True
        )
        distance[row] = found
        np.minimum.at(which, row, thing)
    return distance, which


def _frame(
    table: gpd.GeoDataFrame, lanes: Sequence[int], ends: Sequence[int], points: Sequence[BaseGeometry], site: Site
) -> gpd.GeoDataFrame:
    columns = table.rename(columns={"id": "entrance_id"})[list(COLUMNS)].reset_index(drop=True)
    columns["lane"], columns["end"] = pd.Series(lanes, dtype=np.int64), pd.Series(ends, dtype=np.int64)
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(list(points), crs=site.crs), crs=site.crs)
