"""Few points for a line: straight stretches by their ends, curves by arcs (圆曲线) through three points.

A kerb return of 6 m would need a point every 0.7 m to be within 10 mm of its chords. Surveyors set it out by its
beginning, its middle and its end with the radius, and controllers take it so.

A surveyed edge wavers by the survey's own centimetre from vertex to vertex. Nobody can follow that with a string line, and
nothing would be gained: such a line is set out with a wider tolerance, see :func:`fewer_points`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_MOST_SWEEP_RAD = math.radians(100.0)  # three points of more than that fix a circle badly on the ground
_MOST_RADIUS_M = 1000.0
_WAVERS = 1.5  # times the points for the narrow tolerance: drawn lines need the same number, surveyed ones two to eight times
_LEAST_ARC = 4  # segments: any three points lie on a circle, and surveyed edges waver


@dataclass(frozen=True)
class Run:
    """The points that set out a line.

    Attributes
    ----------
    xy : array, shape (n, 2)
        Points of the line [m].
    radius_m : array, shape (n,)
        Of the middle of an arc its radius: the line goes in a circle from the point before to the point after.
        NaN of all others: straight on.
    """

    xy: NDArray[np.float64]
    radius_m: NDArray[np.float64]


def fewer_points(xy: NDArray[np.float64], tolerance_m: float, wide_m: float) -> Run:
    """Return few points of a line within ``tolerance_m``; of one that wavers, within ``wide_m``.

    A line wavers where the narrow tolerance would cost more than one and a half times the points: its vertices are off
    by the error of a survey. Where somebody drew it, both give nearly the same.

    Parameters
    ----------
    xy : array, shape (n, 2)
        Vertices of the line; a closed one ends where it begins [m].
    tolerance_m, wide_m : float
        Greatest distance between the line and what is set out [m].
    """
    if wide_m <= tolerance_m or len(xy) <= 3:
        return few_points(xy, tolerance_m)
    wide = few_points(xy, wide_m)
    narrow = _few_points(xy, tolerance_m, most=int(_WAVERS * len(wide.xy)))
    return narrow or wide


def few_points(xy: NDArray[np.float64], tolerance_m: float) -> Run:
    """Return few points of a line such that chords and arcs through them stay near it.

    Parameters
    ----------
    xy : array, shape (n, 2)
        Vertices of the line; a closed one ends where it begins [m].
    tolerance_m : float
        Greatest distance between the line and what is set out [m].
    """
    found = _few_points(xy, tolerance_m, most=2 * len(xy))
    assert found is not None  # no arc has fewer vertices than points
    return found


def _few_points(xy: NDArray[np.float64], tolerance_m: float, *, most: int) -> Run | None:
    """Return the points of a line, None as soon as there are more than ``most``."""
    kept, radii = [xy[0]], [math.nan]
    last = len(xy) - 1
    at = 0

    @cache
    def straight(start: int) -> int:
        return _reach(xy, start, lambda run: _is_straight(run, tolerance_m))

    def round_(run: NDArray[np.float64]) -> bool:
        return _arc(run, tolerance_m) is not None

    while at < last:
        straight_to = straight(at)
        chosen, arc = straight_to, None
        if straight_to < last:
            round_to = _reach(xy, at, round_, least=_LEAST_ARC)
            # an arc costs two points, as two chords do
            if round_to > straight_to and round_to > straight(straight_to):
                chosen, arc = round_to, _arc(xy[at : round_to + 1], tolerance_m)
        if arc is not None:
            kept.append(arc[0])
            radii.append(arc[1])
        kept.append(xy[chosen])
        radii.append(math.nan)
        at = chosen
        if len(kept) > most:
            return None
    return Run(np.asarray(kept), np.asarray(radii))


def _reach(xy: NDArray[np.float64], start: int, fits: Callable[[NDArray[np.float64]], bool], least: int = 1) -> int:
    """Return the last vertex up to which a run from ``start`` fits: double the step while it does, then halve.

    Runs of fewer than ``least`` segments are not tried; the first segment always fits.
    """
    last = len(xy) - 1
    if least > 1 and (start + least > last or not fits(xy[start : start + least + 1])):
        return start + 1
    good, bad, step = start + least, last + 1, least
    while good < last:
        to = min(good + step, last)
        if not fits(xy[start : to + 1]):
            bad = to
            break
        good, step = to, 2 * (to - start)
    while bad - good > 1:
        middle = (good + bad) // 2
        if fits(xy[start : middle + 1]):
            good = middle
        else:
            bad = middle
    return good


def _is_straight(xy: NDArray[np.float64], tolerance_m: float) -> bool:
    """Tell whether all vertices are near the chord and go forward along it."""
    chord = xy[-1] - xy[0]
    length = math.hypot(chord[0], chord[1])
    if length < 1e-9:
        return False
    away = xy - xy[0]
    across = chord[0] * away[:, 1] - chord[1] * away[:, 0]
    if max(across.max(), -across.min()) > tolerance_m * length:
        return False
    ahead = away @ chord
    return bool((ahead[1:] - ahead[:-1]).min() > -tolerance_m * length)


def _arc(xy: NDArray[np.float64], tolerance_m: float) -> tuple[NDArray[np.float64], float] | None:
    """Return the middle and the radius of the arc through the ends of a line, None where the line is no arc."""
    ahead = np.diff(xy, axis=0)
    steps = np.hypot(ahead[:, 0], ahead[:, 1])
    travelled = np.concatenate([[0.0], np.cumsum(steps)])
    # the vertex nearest to the middle: it is on the true curve, a point between vertices is not
    inner = travelled[1:-1]
    if len(inner) == 0:
        return None
    via = xy[1 + int(np.argmin(np.abs(inner - travelled[-1] / 2)))]
    (ax, ay), (bx, by) = via - xy[0], xy[-1] - xy[0]
    twice_area = 2.0 * (ax * by - ay * bx)
    if abs(twice_area) < 1e-12:
        return None
    aa, bb = ax * ax + ay * ay, bx * bx + by * by
    offset = np.asarray([(by * aa - ay * bb) / twice_area, (ax * bb - bx * aa) / twice_area])
    radius = math.hypot(offset[0], offset[1])
    if radius > _MOST_RADIUS_M:
        return None
    spokes = xy - (xy[0] + offset)
    distance = np.hypot(spokes[:, 0], spokes[:, 1])
    if np.abs(distance - radius).max() > tolerance_m:
        return None
    cross = spokes[:-1, 0] * spokes[1:, 1] - spokes[:-1, 1] * spokes[1:, 0]
    # between vertices the line is nearest to the centre at the foot of the perpendicular, where that is on it
    within = -(spokes[:-1] * ahead).sum(axis=1)
    inmost = np.where((within > 0.0) & (within < steps**2), np.abs(cross) / np.maximum(steps, 1e-12), radius)
    if radius - inmost.min() > tolerance_m:
        return None
    swept = np.arctan2(cross, (spokes[:-1] * spokes[1:]).sum(axis=1))
    sweep = float(swept.sum())
    if abs(sweep) > _MOST_SWEEP_RAD or (swept * sweep < 0).any():
        return None
    half = math.atan2(spokes[0, 1], spokes[0, 0]) + sweep / 2
    middle = xy[0] + offset + radius * np.asarray([math.cos(half), math.sin(half)])
    return middle, radius
