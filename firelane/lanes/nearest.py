"""The nearest of many segments to many places, exactly, through an index of points along them.

Every segment carries its start and points along it at most a metre apart. Where a place's nearest
segment is at distance d, that segment has such a point within √(d² + ¼): its start where the foot is
there, else one within half a metre of the foot. So the few points that near are all that need to be
looked at; a search among points is several times faster than one among segments.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from firelane.lanes.boundary import Bools, Boundary, Floats, Ints

SPACING_M = 1.0
FIRST = 7
MORE = 3
"""How many points to look at first, and how many times as many where these prove too few."""

HAIR_M = 1e-9


@dataclass(frozen=True)
class NearestSegments:
    """Segments, and points along them to find them by.

    Attributes
    ----------
    start, direction : (n, 2) arrays
        Direction as unit vectors, (0, 0) for a segment of no length (a post).
    length_m : (n,) array
    open_ended : (k,) int array
        Segments whose end is the start of no other.
    discs : (n, 3) array or None
        Centre and radius of the disc that a segment was drawn about, else NaN: the distance is that
        from the disc, which the segment stands out from by a hair.
    """

    start: Floats
    direction: Floats
    length_m: Floats
    open_ended: Ints | None = None
    discs: Floats | None = None

    @classmethod
    def of_obstacles(cls, boundary: Boundary, discs: Floats | None = None) -> NearestSegments:
        """Return the half-edges of a free space that are obstacles; ``discs`` for all half-edges.

        Parameters
        ----------
        boundary : Boundary
        discs : (n, 3) array, optional
            As ``FreeSpace.discs``.
        """
        chosen = boundary.obstacle_index
        last = np.flatnonzero(boundary.is_open[boundary.next[chosen]])
        return cls(
            boundary.start[chosen], boundary.direction[chosen], boundary.length_m[chosen], last,
            None if discs is None or np.isnan(discs[:, 2]).all() else discs[chosen],
        )  # fmt: skip

    @cached_property
    def points(self) -> tuple[cKDTree, Ints]:
        """Return the points along the segments, and the segment of each."""
        number = np.ceil(self.length_m / SPACING_M - 1e-9).astype(np.int64)
        owner = np.repeat(np.arange(len(number)), number)
        part = np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number) + 0.5
        along = self.start[owner] + self.direction[owner] * (part * self.length_m[owner] / number[owner])[:, None]
        last = np.zeros(0, np.int64) if self.open_ended is None else self.open_ended
        ends = self.start[last] + self.direction[last] * self.length_m[last][:, None]
        return cKDTree(np.vstack((self.start, along, ends))), np.concatenate((np.arange(len(number)), owner, last))

    @cached_property
    def _round(self) -> Bools | None:
        return None if self.discs is None else ~np.isnan(self.discs[:, 2])

    def away(self, xy: Floats, segment: Ints) -> tuple[Floats, Floats, Floats]:
        """Return the distance of each place from a segment of its own, and the vector from its foot [m].

        Parameters
        ----------
        xy : (..., 2) array
        segment : (...) int array
        """
        x = xy[..., 0] - self.start[:, 0][segment]
        y = xy[..., 1] - self.start[:, 1][segment]
        dx, dy = self.direction[:, 0][segment], self.direction[:, 1][segment]
        along = x * dx
        along += y * dy
        np.maximum(along, 0.0, out=along)
        np.minimum(along, self.length_m[segment], out=along)
        dx *= along
        dy *= along
        x -= dx
        y -= dy
        distance: Floats = np.sqrt(x * x + y * y)
        if self._round is not None and self.discs is not None:
            where = np.nonzero(self._round[segment])
            if len(where[0]):
                disc = self.discs[segment[where]]
                centre = np.broadcast_to(xy, (*segment.shape, 2))[where] - disc[:, :2]
                x[where], y[where] = centre.T
                distance[where] = np.hypot(centre[:, 0], centre[:, 1]) - disc[:, 2]
        return distance, x, y

    def nearest(self, xy: Floats) -> tuple[Ints, Floats]:
        """Return the nearest segment to each place and its distance [m].

        Parameters
        ----------
        xy : (n, 2) array
        """
        tree, owner = self.points
        segment = np.zeros(len(xy), np.int64)
        found = np.full(len(xy), np.inf)
        rows: Ints = np.arange(len(xy))
        count = min(FIRST, tree.n)
        while len(rows):
            away, index = tree.query(xy[rows], k=[*range(1, count + 1)])
            candidate = owner[index]
            distance = self.away(xy[rows][:, None, :], candidate)[0]
            best = distance.argmin(axis=1)
            every = np.arange(len(rows))
            segment[rows], found[rows] = candidate[every, best], distance[every, best]
            if count >= tree.n:
                break
            rows = rows[away[:, -1] < within(found[rows])]
            count = min(count * MORE, tree.n)
        return segment, found


def within(distance_m: Floats) -> Floats:
    """Return how near a point of a segment at some distance surely lies [m]."""
    reach: Floats = np.sqrt(distance_m**2 + (SPACING_M / 2) ** 2) + HAIR_M
    return reach
