"""The largest square, at any rotation, that fits between obstacles and touches a lane.

Branch and bound over centre and rotation. A cell of centres and rotations is given up when no square of it can be
larger than the best one found by more than the tolerance, for one of two reasons that hold for all of the cell:

* an obstacle lies so near to its middle that every such square would contain it;
* two obstacles lie on opposite sides, both within the width that every such square covers, and closer to each
  other than the square is long.

What is left is split, until nothing is. The best square is pushed to where it touches by linear programmes, which
end on its contacts exactly: the tolerance concerns what might have been overlooked, not the square itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Floats
from firelane.lanes.squares_fit import Segments, push

TOLERANCE_M = 0.008
TOUCH_M = 0.01
"""A square this near to the lane touches it."""

START_M = 4.0
BUDGET = 10_000_000
"""Pairs of cell and obstacle looked at before the search ends with what it has."""

SIZE_SLACK_M = 1e-6
"""Contract §2: limits are met to this."""

SMALLEST_M = 5e-4
OUTWARDS = np.array([-1.0, -1.0, 1.0, 1.0])
PUSHED = 3


@dataclass(frozen=True)
class Square:
    """A square between obstacles.

    Attributes
    ----------
    side_m : float
        Of the square found, which is free: 0 where there is none.
    upper_m : float
        No square is larger than this.
    centre : (float, float)
    rotation_deg : float
        Of its sides from east, 0 to 90.
    """

    side_m: float
    upper_m: float
    centre: tuple[float, float]
    rotation_deg: float

    @property
    def polygon(self) -> shapely.Polygon:
        """The square itself."""
        angle = np.radians(self.rotation_deg + np.array([45.0, 135.0, 225.0, 315.0]))
        half = self.side_m / np.sqrt(2)
        return shapely.Polygon(np.asarray(self.centre) + half * np.column_stack((np.cos(angle), np.sin(angle))))


def largest_square(
    free: BaseGeometry, touching: BaseGeometry, *, walls: Sequence[BaseGeometry] = (), most_m: float,
    sizes_m: Sequence[float] = (), tolerance_m: float = TOLERANCE_M, budget: int = BUDGET,
) -> Square:  # fmt: skip
    """Return the largest square in ``free`` that touches ``touching``.

    Parameters
    ----------
    free : Polygon or MultiPolygon
    touching : geometry
        Part of ``free`` that the square must meet.
    walls : sequence of geometries, optional
        Lines and points inside ``free`` that the square must not contain.
    most_m : float
        Larger ones are not looked for [m].
    sizes_m : sequence of float
        Sides on which a decision is needed: whether such a square fits is settled whatever the tolerance [m].
    tolerance_m : float
        By how much the largest may exceed the square that is returned [m].
    budget : int
        Pairs of cell and obstacle to look at at most; where they do not suffice ``upper_m`` tells what is left open.

    Returns
    -------
    Square
    """
    nothing = Square(0.0, 0.0, (float("nan"), float("nan")), 0.0)
    if free.is_empty or touching.is_empty:
        return nothing
    return _Search(free, touching, list(walls), most_m, tolerance_m).run(sizes_m, budget)


@dataclass(frozen=True)
class _Cells:
    """Boxes of centres (half size) and rotations (half width)."""

    xy: Floats
    half_m: Floats
    angle: Floats
    half_rad: Floats

    def rows(self, keep: np.ndarray) -> _Cells:
        return _Cells(self.xy[keep], self.half_m[keep], self.angle[keep], self.half_rad[keep])

    def split(self, size_m: Floats) -> _Cells:
        """Split each in four by place or in two by rotation, whichever moves the square's edges more."""
        turning = self.half_rad * size_m / 2 > self.half_m * 1.2
        a, b = self.rows(turning), self.rows(~turning)
        signs = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)], float) / 2
        xy = (b.xy[:, None, :] + signs[None] * b.half_m[:, None, None]).reshape(-1, 2)
        turned = (a.angle[:, None] + np.array([-0.5, 0.5]) * a.half_rad[:, None]).ravel()
        return _Cells(
            np.vstack((np.repeat(a.xy, 2, axis=0), xy)),
            np.r_[np.repeat(a.half_m, 2), np.repeat(b.half_m / 2, 4)],
            np.r_[turned, np.repeat(b.angle, 4)],
            np.r_[np.repeat(a.half_rad / 2, 2), np.repeat(b.half_rad, 4)],
        )


class _Search:
    def __init__(
        self, free: BaseGeometry, touching: BaseGeometry, walls: list[BaseGeometry], most_m: float, tolerance_m: float
    ) -> None:
        self._origin = np.floor(np.asarray(touching.bounds[:2], float))
        self._most, self._tolerance = most_m, tolerance_m
        self._free, self._touching = (shapely.transform(g, lambda xy: xy - self._origin) for g in (free, touching))
        shapely.prepare([self._free, self._touching])
        reach = most_m * np.sqrt(2) + 1.0
        window = shapely.box(*(np.asarray(self._touching.bounds) + reach * OUTWARDS))
        local = [shapely.transform(g, lambda xy: xy - self._origin) for g in walls]
        self._segments = Segments.of([self._free.boundary, *local]).within(self._touching, reach, window)
        self._lane = Segments.of([self._touching])
        self._best = (0.0, np.zeros(2), 0.0)

    def run(self, sizes_m: Sequence[float], budget: int) -> Square:
        open_m = self._exhaust(None, budget)
        side_m = self._best[0]
        upper_m = max(open_m, side_m + self._tolerance) if side_m < self._most - self._tolerance else side_m
        # What the tolerance or the budget left open matters where it decides on a size.
        for size in sorted(sizes_m):
            if self._best[0] < size - SIZE_SLACK_M and upper_m >= size - SIZE_SLACK_M:
                open_m = self._exhaust(size - SIZE_SLACK_M, budget)
                if self._best[0] < size - SIZE_SLACK_M and open_m == 0.0:
                    upper_m = size - SIZE_SLACK_M
                    break
        side_m, xy, angle = self._best
        x, y = xy + self._origin
        return Square(side_m, max(upper_m, side_m), (float(x), float(y)), float(np.degrees(angle)) % 90.0)

    def _exhaust(self, asked_m: float | None, budget: int) -> float:
        """Split until no cell may hold a larger square, or one of ``asked_m``; return what stays open, 0 for nothing."""
        cells, looked, upper = self._first(), 0, 0.0
        while len(cells.xy):
            looked += len(cells.xy) * (len(self._segments.start) + 1)
            reached = self._segments.reach(cells.xy, cells.angle)
            side = np.minimum(2 * reached, self._most)
            side[~shapely.contains_xy(self._free, cells.xy)] = 0.0
            side[~self._touches(cells.xy, cells.angle, side)] = 0.0
            self._improve(cells, side)
            if self._best[0] >= (self._most - self._tolerance if asked_m is None else asked_m):
                return upper
            asked = self._best[0] + self._tolerance if asked_m is None else asked_m
            cells = cells.rows(self._open(cells, reached, asked))
            tiny = (cells.half_m < SMALLEST_M) & (cells.half_rad * self._most < SMALLEST_M)
            if looked > budget or tiny.any():
                # What stays open: the square may be as large as obstacles near the cells' middles let it be.
                stop = np.ones(len(tiny), bool) if looked > budget else tiny
                upper = max(upper, self._bound(cells.rows(stop)))
                cells = cells.rows(~stop)
            cells = cells.split(np.full(len(cells.xy), max(asked, 1.0)))
        return upper

    def _first(self) -> _Cells:
        """Return cells that cover every place and rotation."""
        reach = self._most / np.sqrt(2)
        west, south, east, north = np.asarray(self._touching.bounds) + reach * OUTWARDS
        x, y = (np.arange(a + START_M / 2, b + START_M, START_M) for a, b in ((west, east), (south, north)))
        xy = np.column_stack([g.ravel() for g in np.meshgrid(x, y)])
        xy = xy[shapely.dwithin(self._touching, shapely.points(xy), reach + START_M)]
        angles = (np.arange(4) + 0.5) * np.pi / 8
        count = len(xy) * len(angles)
        return _Cells(
            np.repeat(xy, len(angles), axis=0), np.full(count, START_M / 2), np.tile(angles, len(xy)), np.full(count, np.pi / 16)
        )

    def _improve(self, cells: _Cells, side: Floats) -> None:
        """Push the most promising squares of the cells' middles to their contacts."""
        order = np.lexsort((cells.angle, cells.xy[:, 1], cells.xy[:, 0], -np.round(side, 9)))[: 4 * PUSHED]
        done: list[Floats] = []
        for k in order:
            # Of neighbours one is enough.
            if side[k] <= 0 or any(np.hypot(*(cells.xy[k] - xy)) < side[k] / 4 for xy in done) or len(done) >= PUSHED:
                continue
            done.append(cells.xy[k])
            self._take(*push(self._segments, self._accepts, cells.xy[k], float(cells.angle[k]), most_m=self._most))
        better = np.flatnonzero(side > self._best[0])
        for k in better[np.argsort(-side[better], kind="stable")][:PUSHED]:
            self._take(float(side[k]), cells.xy[k], float(cells.angle[k]))

    def _take(self, side_m: float, xy: Floats, angle: float) -> None:
        if side_m > self._best[0] and self._accepts(side_m, xy, angle):
            self._best = (side_m, xy, angle)

    def _accepts(self, side_m: float, xy: Floats, angle: float) -> bool:
        inside = bool(shapely.contains_xy(self._free, xy[0], xy[1]))
        return inside and bool(self._touches(xy[None], np.array([angle]), np.array([side_m]))[0])

    def _touches(self, xy: Floats, angle: Floats, side_m: Floats) -> np.ndarray:
        """Tell which squares touch the lane."""
        turn = angle[:, None] + np.radians([45.0, 135.0, 225.0, 315.0])
        corners = xy[:, None] + (side_m / np.sqrt(2))[:, None, None] * np.stack((np.cos(turn), np.sin(turn)), axis=-1)
        touching: np.ndarray = shapely.dwithin(shapely.polygons(corners), self._touching, TOUCH_M)
        return touching

    def _open(self, cells: _Cells, reached: Floats, asked: float) -> np.ndarray:
        """Tell which cells may hold a square of a side."""
        keep = np.asarray(shapely.dwithin(self._free, shapely.points(cells.xy), cells.half_m * np.sqrt(2)))
        spread = cells.half_m * (np.abs(np.cos(cells.angle)) + np.abs(np.sin(cells.angle)))
        keep &= reached >= asked / 2 / (1 + cells.half_rad) - spread
        # However large it is, it must touch the lane.
        largest = np.minimum(2 * (reached + spread) * (1 + cells.half_rad), self._most)
        rows = np.flatnonzero(keep)
        away = self._lane.reach(cells.xy[rows], cells.angle[rows])
        away[shapely.contains_xy(self._touching, cells.xy[rows])] = 0.0
        turning = 1 + cells.half_rad[rows]
        keep[rows] = (away - spread[rows]) / turning <= largest[rows] / 2 * turning + TOUCH_M
        rows = np.flatnonzero(keep)
        room = self._segments.gap(cells.xy[rows], cells.angle[rows], asked / 2, spread[rows], cells.half_rad[rows])
        keep[rows] = room >= asked
        return keep

    def _bound(self, cells: _Cells) -> float:
        if not len(cells.xy):
            return 0.0
        reached = self._segments.reach(cells.xy, cells.angle)
        spread = cells.half_m * (np.abs(np.cos(cells.angle)) + np.abs(np.sin(cells.angle)))
        return float(min((2 * (reached + spread) * (1 + cells.half_rad)).max(), self._most))

