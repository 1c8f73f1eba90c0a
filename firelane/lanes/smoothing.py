"""Smooth centrelines and their headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from firelane.lanes.boundary import Floats, Ints

STEP_M = 0.5
HALF_WINDOW_M = 2.0
HALF_WINDOW = round(HALF_WINDOW_M / STEP_M)
SIMPLIFY_M = 0.005


@dataclass(frozen=True)
class Paths:
    """Many polylines laid end to end, to be measured along all at once.

    Attributes
    ----------
    xy : (n, 2) array
    first : (k + 1,) int array
        Where each path begins in ``xy``, and the end of the last.
    """

    xy: Floats
    first: Ints

    @classmethod
    def of(cls, paths: Sequence[Floats]) -> Paths:
        """Lay paths of (n, 2) coordinates end to end."""
        first = np.r_[0, np.cumsum([len(p) for p in paths])].astype(np.int64)
        return cls(np.concatenate(paths) if len(paths) else np.zeros((0, 2)), first)

    @classmethod
    def of_lines(cls, lines: np.ndarray) -> Paths:
        """Lay LineStrings end to end."""
        _, xy, (first,) = shapely.to_ragged_array(lines)
        return cls(xy[:, :2], first.astype(np.int64))

    @cached_property
    def along_m(self) -> Floats:
        """Distance along its path of every vertex [m]."""
        step = np.zeros(len(self.xy))
        step[1:] = np.hypot(*np.diff(self.xy, axis=0).T)
        step[self.first[:-1]] = 0.0
        total = np.cumsum(step)
        along: Floats = total - np.repeat(total[self.first[:-1]], np.diff(self.first))
        return along

    @property
    def length_m(self) -> Floats:
        """Length of each path [m]."""
        length: Floats = self.along_m[self.first[1:] - 1]
        return length

    @cached_property
    def _axis(self) -> tuple[Floats, Floats]:
        """Vertices on one axis, path after path with a gap between, and where each path begins there."""
        offset = np.r_[0.0, np.cumsum(self.length_m + 1.0)[:-1]] if len(self.first) > 1 else np.zeros(0)
        return self.along_m + np.repeat(offset, np.diff(self.first)), offset

    def points(self, path: Ints, at_m: Floats) -> Floats:
        """Return the places at distances along some paths (one distance for each entry of ``path``)."""
        vertices, offset = self._axis
        at = np.clip(at_m, 0.0, self.length_m[path])
        low = np.searchsorted(vertices, offset[path] + at, side="right") - 1
        low = np.clip(low, self.first[path], self.first[path + 1] - 2)
        begin = self.along_m[low]
        span = self.along_m[low + 1] - begin
        part = np.divide(at - begin, span, out=np.zeros(len(at)), where=span > 0)[:, None]
        result: Floats = self.xy[low] + (self.xy[low + 1] - self.xy[low]) * part
        return result

    def headings(self, path: Ints, at_m: Floats, *, base_m: float = 1.0) -> Floats:
        """Return the direction of paths at places along them, over a chord of ``base_m`` to either side [rad].

        >>> Paths.of([np.array([(0.0, 0), (10, 0)])]).headings(np.zeros(3, int), np.array([0.0, 5, 10])).tolist()
        [0.0, 0.0, 0.0]
        """
        step = self.points(path, at_m + base_m) - self.points(path, at_m - base_m)
        angle: Floats = np.arctan2(step[:, 1], step[:, 0])
        return angle


def smooth(paths: Sequence[Floats]) -> list[Floats]:
    """Return paths through medial nodes without their zigzag, their ends kept.

    A triangular window of ±2 m draws a bend of 9 m radius in by under 4 cm.

    Parameters
    ----------
    paths : sequence of (n, 2) arrays
    """
    if not len(paths):
        return []
    laid = Paths.of(paths)
    count = np.maximum(np.round(laid.length_m / STEP_M).astype(np.int64), 2)
    half = np.clip((count - 1) // 2, 0, HALF_WINDOW)
    path = np.repeat(np.arange(len(paths)), count + 1)
    first = np.r_[0, np.cumsum(count + 1)]
    place = np.arange(len(path)) - first[path]
    even = laid.points(path, place * (laid.length_m / count)[path])
    even[first[1:] - 1] = laid.xy[laid.first[1:] - 1]
    total, weights = np.zeros_like(even), np.zeros(len(even))
    for shift in range(-HALF_WINDOW, HALF_WINDOW + 1):
        weight = np.maximum(half[path] + 1 - abs(shift), 0).astype(float)
        at = place + shift
        # Mirrored through the end points, so that the ends stay where they are.
        within = np.where(at < 0, -at, np.where(at > count[path], 2 * count[path] - at, at))
        value = even[first[path] + np.clip(within, 0, count[path])]
        ends = np.where((at < 0)[:, None], even[first[path]], even[first[path + 1] - 1])
        outside = ((at < 0) | (at > count[path]))[:, None]
        total += weight[:, None] * np.where(outside, 2 * ends - value, value)
        weights += weight
    result = total / weights[:, None]
    result[first[:-1]] = laid.xy[laid.first[:-1]]
    result[first[1:] - 1] = laid.xy[laid.first[1:] - 1]
    lines = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, result, (first,))
    simple = Paths.of_lines(shapely.simplify(lines, SIMPLIFY_M))
    return np.split(simple.xy, simple.first[1:-1])
