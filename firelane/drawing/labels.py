"""Placing labels so that none covers another, and as few as can be cover the drawing."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]
Point = tuple[float, float]


class LabelField:
    """Greedy placement: first come, first served; the caller asks for what matters most first.

    Parameters
    ----------
    window : (min x, min y, max x, max y)
        Labels stay inside.
    ink : sequence of shapely geometries
        What a label had better not cover; it is a preference, never a reason to drop a label.
    cell : float
        Cell of the index of what is taken, about the size of a label.
    """

    def __init__(self, window: Box, ink: Sequence[BaseGeometry], cell: float) -> None:
        self.window = window
        self.ink = [g for g in ink if g is not None and not g.is_empty]
        self._ink = shapely.STRtree(self.ink)
        self._cell = cell
        self._taken: dict[tuple[int, int], list[Box]] = defaultdict(list)

    def over(self, ink: Sequence[BaseGeometry]) -> LabelField:
        """Return a field of the same window that keeps off other ink; what is taken in one is taken in both."""
        other = LabelField(self.window, ink, self._cell)
        other._taken = self._taken
        return other

    def _cells(self, box: Box) -> list[tuple[int, int]]:
        floor, cell = math.floor, self._cell
        x0, y0, x1, y1 = box
        columns, rows = range(floor(x0 / cell), floor(x1 / cell) + 1), range(floor(y0 / cell), floor(y1 / cell) + 1)
        return [(i, j) for i in columns for j in rows]

    def free(self, box: Box) -> bool:
        """Tell whether nothing taken overlaps ``box`` and ``box`` lies in the window."""
        west, south, east, north = self.window
        if box[0] < west or box[1] < south or box[2] > east or box[3] > north:
            return False
        x0, y0, x1, y1 = box
        for cell in self._cells(box):
            for b in self._taken.get(cell, ()):
                if x0 < b[2] and b[0] < x1 and y0 < b[3] and b[1] < y1:
                    return False
        return True

    def take(self, box: Box) -> None:
        """Mark ``box`` as taken."""
        for cell in self._cells(box):
            self._taken[cell].append(box)

    def place(
        self,
        candidates: Sequence[Box],
        *,
        reluctance: Sequence[float] | None = None,
        most_ink: int | None = None,
        force: bool = False,
    ) -> int | None:
        """Take the best free candidate and return its index; None where none will do.

        Parameters
        ----------
        candidates : sequence of boxes
        reluctance : sequence of float, optional
            What each candidate costs by itself, counted in pieces of ink covered.
        most_ink : int, optional
            A candidate that covers more pieces of ink than this will not do.
        force : bool
            Take the first candidate where none will do.
        """
        free = [n for n, box in enumerate(candidates) if self.free(box)]
        if not free:
            if not force or not candidates:
                return None
            self.take(candidates[0])
            return 0
        hits = np.zeros(len(free))
        if len(self._ink):
            boxes = shapely.box(*np.array([candidates[n] for n in free]).T)
            index, _ = self._ink.query(boxes, predicate="intersects")
            hits = np.bincount(index, minlength=len(free)).astype(float)
        if most_ink is not None:
            hits[hits > most_ink] = np.inf
        if reluctance is not None:
            hits += np.asarray(reluctance)[free]
        if not np.isfinite(hits).any():
            return None
        best = free[int(np.argmin(hits))]
        self.take(candidates[best])
        return best


def around(anchor: Point, width: float, height: float, gaps: Sequence[float]) -> list[Box]:
    """Return boxes of the given size around ``anchor``: eight directions at each gap, the nearest first."""
    x, y = anchor
    found: list[Box] = []
    for gap in gaps:
        diagonal = gap * math.sqrt(0.5)
        for cx, cy in (
            (x + diagonal + width / 2, y + diagonal + height / 2),
            (x + gap + width / 2, y),
            (x + diagonal + width / 2, y - diagonal - height / 2),
            (x, y + gap + height / 2),
            (x, y - gap - height / 2),
            (x - diagonal - width / 2, y + diagonal + height / 2),
            (x - gap - width / 2, y),
            (x - diagonal - width / 2, y - diagonal - height / 2),
        ):
            found.append((cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2))
    return found


def by_ring(gaps: Sequence[float], each: float) -> list[float]:
    """Return the reluctance of the boxes of :func:`around`: ``each`` per ring outwards."""
    return [each * number for number in range(len(gaps)) for _ in range(8)]


def centred(anchor: Point, width: float, height: float) -> Box:
    """Return the box of the given size with ``anchor`` in its middle."""
    return (
        anchor[0] - width / 2,
        anchor[1] - height / 2,
        anchor[0] + width / 2,
        anchor[1] + height / 2,
    )


def turned_box(anchor: Point, width: float, height: float, angle_deg: float) -> Box:
    """Return the upright box around a label of the given size turned about its middle ``anchor``."""
    cos, sin = abs(math.cos(math.radians(angle_deg))), abs(math.sin(math.radians(angle_deg)))
    return centred(anchor, width * cos + height * sin, width * sin + height * cos)
