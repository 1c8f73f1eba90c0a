"""Where straight cuts cross areas: for every cut the stretches of it that lie in paint."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Stretches:
    """Stretches of cuts in paint: number of the cut, where it enters and leaves, from the cut's start [m].

    ``edge`` is the direction (n, 2) of the paint's edge where it leaves; zero where that is not known.
    """

    cut: Ints
    enter_m: Floats
    leave_m: Floats
    edge: Floats


def stretches(start: Floats, way: Floats, length_m: float, areas: Any) -> Stretches:
    """Return where cuts run through areas.

    Parameters
    ----------
    start, way : ndarray (n, 2)
        First point and unit vector of each cut.
    length_m : float
        A cut that is still in paint there leaves it at infinity.
    areas : ndarray of Polygon
        Areas that do not overlap.
    """
    none = Stretches(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0), np.empty((0, 2)))
    if not len(start) or not len(areas):
        return none
    rings = shapely.get_rings(areas)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    a, b = xy[:-1][same], xy[1:][same]
    cuts = shapely.linestrings(np.stack([start, start + length_m * way], axis=1))
    cut, segment = shapely.STRtree(shapely.linestrings(np.stack([a, b], axis=1))).query(cuts)
    p, d = start[cut], way[cut]
    left = np.stack([-d[:, 1], d[:, 0]], axis=1)
    side_a, side_b = ((q[segment] - p) * left for q in (a, b))
    off_a, off_b = side_a.sum(axis=1), side_b.sum(axis=1)
    # A corner on the cut belongs to one of its two edges only.
    crosses = (off_a >= 0.0) != (off_b >= 0.0)
    cut, segment, off_a, off_b, p, d = (v[crosses] for v in (cut, segment, off_a, off_b, p, d))
    where = a[segment] + (off_a / (off_a - off_b))[:, None] * (b[segment] - a[segment])
    t = ((where - p) * d).sum(axis=1)
    ahead = (t > 0.0) & (t <= length_m)
    edge = (b - a)[segment[ahead]]
    edge = edge / np.maximum(np.hypot(*edge.T), 1e-12)[:, None]
    cut, t = cut[ahead], t[ahead]
    inside = _contain(areas, start)
    numbers = np.flatnonzero(inside)
    cut, t = np.concatenate([cut, numbers]), np.concatenate([t, np.zeros(len(numbers))])
    count = np.bincount(cut, minlength=len(start))
    odd = np.flatnonzero(count % 2)
    cut, t = np.concatenate([cut, odd]), np.concatenate([t, np.full(len(odd), np.inf)])
    edge = np.concatenate([edge, np.zeros((len(numbers) + len(odd), 2))])
    order = np.lexsort((t, cut))
    cut, t, edge = cut[order].astype(np.int64), t[order], edge[order]
    return Stretches(cut[::2], t[::2], t[1::2], edge[1::2])


def _contain(areas: Any, points: Floats) -> NDArray[np.bool_]:
    out = np.zeros(len(points), dtype=bool)
    shapely.prepare(areas)
    index, _ = shapely.STRtree(areas).query(shapely.points(points), predicate="within")
    out[index] = True
    return out


def covered(areas: Any, points: Floats) -> NDArray[np.bool_]:
    """Tell which points lie in areas."""
    if not len(areas) or not len(points):
        return np.zeros(len(points), dtype=bool)
    return _contain(areas, points)


class Track:
    """Many lines as one, to find points along them: ``line_interpolate_point`` walks a line from its start each time."""

    def __init__(self, lines: Any) -> None:
        xy, of = shapely.get_coordinates(lines, return_index=True)
        step = np.r_[0.0, np.hypot(*np.diff(xy, axis=0).T)] if len(xy) else np.empty(0)
        first = np.r_[True, of[1:] != of[:-1]] if len(of) else np.empty(0, dtype=bool)
        step[first] = 1.0  # lines stand apart, so that no point falls between two
        self._at = np.cumsum(step)
        self._xy = xy
        self._start = self._at[first]
        self.length = np.asarray(shapely.length(lines), dtype=float)

    def points(self, line: Ints, along_m: Floats) -> Floats:
        """Return the points (n, 2) of lines at some distances from their starts; beyond an end, the end."""
        at = self._start[line] + np.clip(along_m, 0.0, self.length[line])
        return np.stack([np.interp(at, self._at, self._xy[:, k]) for k in (0, 1)], axis=1)

    def stations(self, step_m: float) -> tuple[Ints, Floats]:
        """Return line and distance of places about ``step_m`` apart, half a step from the ends."""
        count = np.maximum((self.length / step_m).astype(np.int64), 1)
        line = np.repeat(np.arange(len(count)), count)
        number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
        return line, (number + 0.5) * (self.length / count)[line]


def runs(flags: NDArray[np.bool_], group: Ints) -> list[tuple[int, int]]:
    """Return (first, behind last) of every run of true values that stays in one group."""
    if not len(flags):
        return []
    change = np.flatnonzero((flags[1:] != flags[:-1]) | (group[1:] != group[:-1])) + 1
    marks = [0, *change.tolist(), len(flags)]
    return [(a, b) for a, b in itertools.pairwise(marks) if flags[a]]
