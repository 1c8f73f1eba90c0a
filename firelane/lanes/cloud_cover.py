"""Where laser points tell something of a lane: what light came down to, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.lanes.cloud import Near, settings


@dataclass(frozen=True)
class Seen:
    """Cells of the pavement, and what was seen in each.

    Attributes
    ----------
    middle : (n, 2) array
    cell_m : float
    seen : (n,) bool array
        Light came down here or in a cell beside.
    down : (n,) int array
        Points on the ground, or on what stands on it.
    points : (n,) int array
        All points up to the ceiling, and what lies higher.
    """

    middle: Floats
    cell_m: float
    seen: Bools
    down: Ints
    points: Ints

    def within(self, footprints: np.ndarray) -> tuple[Floats, Floats, Ints, Floats]:
        """Return, for areas, the share of cells seen, points down per m², all points and the area [m²]."""
        if len(self.middle) and len(footprints):
            which, cell = shapely.STRtree(shapely.points(self.middle)).query(footprints, predicate="intersects")
        else:
            which = cell = np.zeros(0, np.int64)
        cells = np.bincount(which, minlength=len(footprints))
        seen = np.bincount(which, self.seen[cell], len(footprints))
        down = np.bincount(which, self.down[cell], len(footprints))
        points = np.bincount(which, self.points[cell], len(footprints)).astype(np.int64)
        area = cells.astype(np.float64) * self.cell_m**2
        share, density = np.full(len(footprints), np.nan), np.full(len(footprints), np.nan)
        np.divide(seen, cells, out=share, where=cells > 0)
        np.divide(down, area, out=density, where=cells > 0)
        return share, density, points, area


def seen_cells(
    area: BaseGeometry, origin: Floats, xy: Floats, points: Ints, down: Bools, hidden: Bools
) -> Seen:  # fmt: skip
    """Count points in the cells of an area.

    Parameters
    ----------
    area : Polygon or MultiPolygon
        The lanes' pavement, in the site's system.
    origin : (2,) array
        ``xy`` is relative to it.
    xy : (n, 2) array
    points : (n,) int array
        Points in each voxel.
    down : (n,) bool array
        Voxels that light came down to.
    hidden : (n,) bool array
        Voxels of bodies seen from above alone: their cells count as not seen.
    """
    cell_m = float(settings()["ground"]["cell_m"])
    cells = _cells_of(area, origin, cell_m)
    low, high = (cells.min(axis=0), cells.max(axis=0)) if len(cells) else (np.zeros(2, np.int64), np.zeros(2, np.int64))
    wide = int(high[1] - low[1]) + 3
    key = (cells[:, 0] - low[0] + 1) * wide + cells[:, 1] - low[1] + 1

    at = np.floor(xy / cell_m).astype(np.int64) - low + 1
    there = ((at >= 0) & (at <= high - low + 2)).all(axis=1)
    own = at[:, 0] * wide + at[:, 1]
    keys, index = np.unique(np.concatenate((key, own[there])), return_inverse=True)
    index = index.reshape(-1)[len(key) :]
    counted_down = np.bincount(index, (points * down)[there], len(keys))
    counted = np.bincount(index, points[there], len(keys))
    covered = np.bincount(index, hidden[there], len(keys)) > 0

    def of(values: np.ndarray, where: Ints) -> np.ndarray:
        place = np.minimum(np.searchsorted(keys, where), len(keys) - 1)
        return np.where(keys[place] == where, values[place], 0)

    seen = np.zeros(len(key), bool)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            seen |= of(counted_down, key + i * wide + j) > 0
    seen &= ~of(covered, key).astype(bool)
    middle = (cells + 0.5) * cell_m + origin
    return Seen(
        middle, cell_m, seen, of(counted_down, key).astype(np.int64), of(counted, key).astype(np.int64)
    )


def _cells_of(area: BaseGeometry, origin: Floats, cell_m: float) -> Ints:
    """Return the cells whose middle lies in an area, in order."""
    near = Near(area, 1.0)
    column, row = np.nonzero(near.cells)
    low = near.origin + np.column_stack((column, row)) * near.side_m - origin
    count = int(np.ceil(near.side_m / cell_m)) + 1
    step = np.stack(np.meshgrid(np.arange(count), np.arange(count), indexing="ij"), axis=-1).reshape(-1, 2)
    cells = np.unique((np.floor(low / cell_m).astype(np.int64)[:, None, :] + step).reshape(-1, 2), axis=0)
    middle = (cells + 0.5) * cell_m + origin
    shapely.prepare(area)
    result: Ints = cells[shapely.contains_xy(area, middle[:, 0], middle[:, 1])]
    return result
