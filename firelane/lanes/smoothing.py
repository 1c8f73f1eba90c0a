"""Smooth centrelines and their headings."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import LineString

from firelane.lanes.boundary import Floats

STEP_M = 0.5
HALF_WINDOW_M = 2.0
SIMPLIFY_M = 0.005


def smooth(xy: Floats) -> Floats:
    """Return a path through medial nodes without their zigzag, its ends kept.

    A triangular window of ±2 m draws a bend of 9 m radius in by under 4 cm.

    Parameters
    ----------
    xy : (n, 2) array
    """
    line = LineString(xy)
    count = max(round(line.length / STEP_M), 2)
    path = shapely.get_coordinates(shapely.line_interpolate_point(line, np.linspace(0, line.length, count + 1)))
    half = min(round(HALF_WINDOW_M / STEP_M), max((count - 1) // 2, 0))
    if half:
        # Mirrored through the end points, so that the ends stay where they are.
        head = 2 * path[0] - path[half:0:-1]
        tail = 2 * path[-1] - path[-2 : -half - 2 : -1]
        long = np.vstack((head, path, tail))
        weight = half + 1 - np.abs(np.arange(-half, half + 1))
        weight = weight / weight.sum()
        path = np.column_stack([np.convolve(long[:, k], weight, mode="valid") for k in (0, 1)])
        path[0], path[-1] = xy[0], xy[-1]
    smoothed: Floats = shapely.get_coordinates(shapely.simplify(LineString(path), SIMPLIFY_M))
    return smoothed


def headings(line: LineString | np.ndarray, chainage_m: Floats, *, base_m: float = 1.0) -> Floats:
    """Return the direction of a line at each chainage, over a chord of ``base_m`` to either side [rad].

    >>> headings(LineString([(0, 0), (10, 0)]), np.array([0.0, 5.0, 10.0])).tolist()
    [0.0, 0.0, 0.0]
    """
    before = shapely.line_interpolate_point(line, np.maximum(chainage_m - base_m, 0.0))
    after = shapely.line_interpolate_point(line, np.minimum(chainage_m + base_m, shapely.length(line)))
    step = shapely.get_coordinates(after) - shapely.get_coordinates(before)
    angle: Floats = np.arctan2(step[:, 1], step[:, 0])
    return angle
