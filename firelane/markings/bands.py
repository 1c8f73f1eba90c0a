"""Bands of exact width along lines, with no more vertices than the lines have.

Where a line turns a little, both sides of its band meet in one point (a mitre); round joins would put three vertices
there, and fill a drawing with them. Where it turns more than a mitre may stick out, the band is rounded. Along straight
stretches the width is exact, at vertices within ``flatten_m``.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]
    Corners = tuple[Floats, Floats, Floats, Floats, Floats]
    """Of sharp corners: where, direction before and after, turn [rad], length of the weld [m]."""

_WELD_M = 1e-3  # a rounded corner overlaps the stretches on both sides by so much
_MITRE_LIMIT = 5.0  # never reached: corners that turn more are rounded


def band(runs: BaseGeometry, width_m: float, flatten_m: float) -> BaseGeometry:
    """Return all that lies within ``width_m`` of ``runs``, ending square where they end.

    Parameters
    ----------
    runs : LineString or MultiLineString
        Near a local origin.
    width_m : float
        [m]
    flatten_m : float
        How far the band may stray from the exact one, at vertices only [m].

    Examples
    --------
    >>> round(band(shapely.linestrings([(0, 0), (10, 0)]), 0.5, 1e-4).area, 9)
    10.0
    """
    if width_m <= 0 or runs.is_empty:
        return shapely.Polygon()
    stretches: list[Floats] = []
    corners: list[Corners] = []
    for run in shapely.get_parts(runs):
        pieces, sharp = _split(run, width_m, flatten_m)
        stretches += pieces
        corners += sharp
    sizes = [len(points) for points in stretches]
    lines = shapely.linestrings(np.concatenate(stretches), indices=np.repeat(np.arange(len(sizes)), sizes))
    # at almost straight corners the library divides by zero, notices, and goes on without a mitre
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        grown = shapely.buffer(
            lines, width_m, cap_style="flat", join_style="mitre", mitre_limit=_MITRE_LIMIT
        )
    return shapely.union_all(np.r_[grown, _fans(corners, width_m, flatten_m / 2)])


def _split(run: BaseGeometry, width_m: float, flatten_m: float) -> tuple[list[Floats], list[Corners]]:
    """Return the vertices of one line's stretches between its sharp corners, and those corners."""
    points = shapely.get_coordinates(shapely.remove_repeated_points(run))
    closed = len(points) > 3 and bool((points[0] == points[-1]).all())
    if len(points) < 2 + closed:
        return [shapely.get_coordinates(run)], []
    steps = np.diff(points, axis=0)
    lengths = np.hypot(*steps.T)
    ahead = steps / lengths[:, None]
    before = np.roll(ahead, 1, axis=0)  # of a closed line the first vertex is a corner as well
    turn = np.arctan2(before[:, 0] * ahead[:, 1] - before[:, 1] * ahead[:, 0], (before * ahead).sum(axis=1))
    if not closed:
        turn[0] = 0.0
    sharp = np.flatnonzero(np.abs(turn) > 2 * math.acos(width_m / (width_m + flatten_m)))
    if not len(sharp):
        return [shapely.get_coordinates(run)], []
    if closed:  # begin at a corner
        points = np.vstack([points[sharp[0] : -1], points[: sharp[0] + 1]])
        cuts = np.r_[sharp - sharp[0], len(points) - 1]
    else:
        cuts = np.r_[0, sharp, len(points) - 1]
    pieces = [points[a : b + 1] for a, b in itertools.pairwise(cuts.tolist())]
    at = points[cuts[:-1]] if closed else points[cuts[1:-1]]
    weld = np.minimum(_WELD_M, np.minimum(lengths[sharp - 1], lengths[sharp]) / 2)
    return pieces, [(at, before[sharp], ahead[sharp], turn[sharp], weld)]


def _fans(corners: list[Corners], width_m: float, sag_m: float) -> NDArray[Any]:
    """Return the outer sides of corners, rounded, with a little of the stretches before and after them."""
    if not corners:
        return np.empty(0, dtype=object)
    at, before, ahead, turn, weld = (np.concatenate([corner[k] for corner in corners]) for k in range(5))
    side = -np.copysign(1.0, turn)  # +1: the outer side is on the left
    first = np.arctan2(before[:, 1], before[:, 0]) + side * math.pi / 2
    count = np.maximum(1, np.ceil(np.abs(turn) / (2 * math.acos(1 - sag_m / width_m))).astype(int))
    # of each: the corner, on the way back to it, the arc (count + 1), on the way on from it
    size = count + 6
    start = np.r_[0, np.cumsum(size)[:-1]]
    of = np.repeat(np.arange(len(size)), size)
    step = np.clip(np.arange(len(of)) - start[of] - 3, 0, count[of])
    angle = first[of] + turn[of] * (step / count[of])
    ring = at[of] + width_m * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    last = start + size - 1
    for row in (start, start + 1, last):
        ring[row] = at
    back, on = -weld[:, None] * before, weld[:, None] * ahead
    for row, moved in ((start + 1, back), (start + 2, back), (last - 1, on), (last, on)):
        ring[row] += moved
    return np.asarray(shapely.polygons(shapely.linearrings(ring, indices=of)))
