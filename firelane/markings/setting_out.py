"""The points by which the paint is set out on the road."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from firelane.crs import is_local_crs, to_lonlat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyproj
    from shapely.geometry.base import BaseGeometry

    from firelane.markings.marks import Mark

COLUMNS = (
    "point", "mark_id", "kind", "x_north_m", "y_east_m", "lon", "lat", "lane_id", "chainage_m", "offset_m",
)  # fmt: skip


def setting_out(
    marks: Sequence[Mark], lanes: Mapping[str, BaseGeometry], origin: tuple[float, float], crs: pyproj.CRS
) -> pd.DataFrame:
    """Return the corners of boxes and grids, and the ends and bends of edge lines and kerbs.

    Parameters
    ----------
    marks : sequence of Mark
        In local coordinates, in the order of the numbering.
    lanes : Mapping
        ``lane_id`` -> centreline in local coordinates: for chainage and offset.
    origin : (float, float)
        The local origin [m, east and north].
    crs : pyproj.CRS
        The site's system.

    Returns
    -------
    DataFrame
        ``point`` (P0001 …), ``mark_id``, ``kind``, ``x_north_m``, ``y_east_m`` (survey convention: X is
        north), ``lon``, ``lat`` [deg], ``lane_id``, ``chainage_m``, ``offset_m`` (positive to the left of
        the lane).
    """
    runs = [(mark, line) for mark in marks for line in mark.corners]
    if not runs:
        return pd.DataFrame({c: [] for c in COLUMNS})
    owner: list[Mark] = []
    coordinates: list[np.ndarray] = []
    for mark, line in runs:
        xy = shapely.get_coordinates(line)
        xy = xy[:-1] if len(xy) > 1 and (xy[0] == xy[-1]).all() else xy
        coordinates.append(xy)
        owner += [mark] * len(xy)
    local = np.concatenate(coordinates)
    lane_ids = np.asarray([mark.lane_id or "" for mark in owner], dtype=object)
    chainage_m, offset_m = np.full(len(local), np.nan), np.full(len(local), np.nan)
    for lane_id in sorted({*lane_ids} & {*lanes}):
        rows = np.flatnonzero(lane_ids == lane_id)
        chainage_m[rows], offset_m[rows] = _along(lanes[lane_id], local[rows])
    plan = local + np.asarray(origin)
    # A site in local metres lies nowhere on earth: no degrees, rather than wrong ones.
    lonlat = np.full(plan.shape, np.nan) if is_local_crs(crs) else np.asarray(to_lonlat(plan, crs))
    digits = max(4, len(str(len(local))))
    return pd.DataFrame(
        {
            "point": [f"P{n:0{digits}d}" for n in range(1, len(local) + 1)],
            "mark_id": [mark.mark_id for mark in owner],
            "kind": [str(mark.kind) for mark in owner],
            "x_north_m": np.round(plan[:, 1], 3),
            "y_east_m": np.round(plan[:, 0], 3),
            "lon": np.round(lonlat[:, 0], 8),
            "lat": np.round(lonlat[:, 1], 8),
            "lane_id": pd.Series([mark.lane_id for mark in owner], dtype=object),
            "chainage_m": np.round(chainage_m, 3),
            "offset_m": np.round(offset_m, 3) + 0.0,
        }
    )


def _along(lane: BaseGeometry, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return chainage along ``lane`` and signed distance from it, positive to the left [m]."""
    points = shapely.points(xy)
    chainage_m = shapely.line_locate_point(lane, points)
    back, ahead = (
        shapely.get_coordinates(shapely.line_interpolate_point(lane, np.clip(chainage_m + d, 0, lane.length)))
        for d in (-0.05, 0.05)
    )
    forward, away = ahead - back, xy - back
    side = np.sign(forward[:, 0] * away[:, 1] - forward[:, 1] * away[:, 0])
    return np.asarray(chainage_m), np.asarray(side * shapely.distance(lane, points))
