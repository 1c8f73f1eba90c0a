"""An area cut into overlapping tiles, so that a window of it is cut out without looking at all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

TILE_M = 64.0
OVERLAP_M = 40.0
FEW = 500
"""An area of so few vertices is not cut any further."""


@dataclass(frozen=True)
class Clips:
    """A quadtree of an area: every tile holds the area in it and ``OVERLAP_M`` round it."""

    area: BaseGeometry
    low: tuple[float, float]
    size_m: float
    tiles: Mapping[tuple[int, int, int], BaseGeometry]

    @classmethod
    def of(cls, area: BaseGeometry) -> Clips:
        """Cut an area."""
        west, south, east, north = area.bounds
        size = max(east - west, north - south)
        tiles: dict[tuple[int, int, int], BaseGeometry] = {}
        waiting = [((0, 0, 0), area)]
        while waiting:
            (level, i, j), clip = waiting.pop()
            tiles[level, i, j] = clip
            half = size / 2 ** (level + 1)
            if half < TILE_M or shapely.get_num_coordinates(clip) <= FEW:
                continue
            for a in (0, 1):
                for b in (0, 1):
                    x, y = west + (2 * i + a) * half, south + (2 * j + b) * half
                    box = shapely.box(x - OVERLAP_M, y - OVERLAP_M, x + half + OVERLAP_M, y + half + OVERLAP_M)
                    part = shapely.intersection(clip, box)
                    if not part.is_empty:
                        waiting.append(((level + 1, 2 * i + a, 2 * j + b), part))
        return cls(area, (west, south), size, tiles)

    def within(self, frame: BaseGeometry) -> BaseGeometry:
        """Return the area inside a box."""
        if self.area.is_empty:  # roads known as lines have none
            return self.area
        west, south, east, north = frame.bounds
        level, best = 0, self.area
        middle = np.array([(west + east) / 2, (south + north) / 2]) - np.array(self.low)
        while max(east - west, north - south) < 2 * OVERLAP_M:
            level += 1
            i, j = np.floor(middle / (self.size_m / 2**level)).astype(int).tolist()
            tile = self.tiles.get((level, i, j))
            if tile is None:
                break
            best = tile
        return shapely.intersection(best, frame)
