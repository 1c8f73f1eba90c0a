"""The ground under laser points: local planes through points classed as ground, else through the lowest layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.lanes.cloud import Voxels, settings

FEWEST = 5
"""Voxels that a plane needs."""


@dataclass(frozen=True)
class Ground:
    """Heights above the ground.

    Attributes
    ----------
    height_m : (n,) array
        Lowest point of each voxel above the ground; NaN where no ground lies near [m].
    guessed : bool
        True where the file has no points classed as ground.
    spread_m : float
        Robust standard deviation of the ground's points about their planes [m]; NaN without ground.
    """

    height_m: Floats
    guessed: bool
    spread_m: float


def ground_of(voxels: Voxels) -> Ground:
    """Find the ground, and how high each voxel lies above it."""
    count = len(voxels.points)
    if not count:
        return Ground(np.zeros(0), guessed=True, spread_m=np.nan)
    guessed = not voxels.ground.any()
    chosen = _lowest_layer(voxels.xyz) if guessed else voxels.ground
    if not chosen.any():
        return Ground(np.full(count, np.nan), guessed=True, spread_m=np.nan)
    z = np.where(chosen, voxels.mean_z, voxels.xyz[:, 2])
    planes = _Planes(voxels.xyz[chosen, :2], z[chosen])
    if guessed:
        # What stands a hand above the layer, or was thrown below it, must not tilt the planes.
        limit = float(settings()["ground"]["residual_m"])
        for _ in range(2):
            away = np.abs(z[chosen] - planes.at(voxels.xyz[chosen, :2]))
            kept = chosen.copy()
            kept[chosen] = away <= limit
            if not kept.any():
                break
            planes = _Planes(voxels.xyz[kept, :2], z[kept])
        chosen = kept if kept.any() else chosen
    away = z[chosen] - planes.at(voxels.xyz[chosen, :2])
    away = away[np.isfinite(away)]
    spread = 1.4826 * float(np.median(np.abs(away))) if len(away) else np.nan
    return Ground(voxels.xyz[:, 2] - planes.at(voxels.xyz[:, :2]), guessed=guessed, spread_m=spread)


class _Planes:
    """A plane for each cell, through all ground within the window about it."""

    def __init__(self, xy: Floats, z: Floats) -> None:
        own = settings()["ground"]
        self.cell_m, self.reach_m = float(own["cell_m"]), float(own["reach_m"])
        reach = round(float(own["window_m"]) / self.cell_m)
        cells, which = np.unique(np.floor(xy / self.cell_m).astype(np.int64), axis=0, return_inverse=True)
        which = which.reshape(-1)
        self.cells = cells
        middle = (cells + 0.5) * self.cell_m
        self.base_z = float(np.median(z))
        d = xy - middle[which]
        h = z - self.base_z
        columns = (np.ones(len(z)), d[:, 0], d[:, 1], d[:, 0] ** 2, d[:, 0] * d[:, 1], d[:, 1] ** 2, h, h * d[:, 0], h * d[:, 1])
        sums = np.column_stack([np.bincount(which, c, len(cells)) for c in columns]).astype(float)
        total = _windowed(cells, sums, reach, self.cell_m)
        self.plane = _solved(total)
        good = np.isfinite(self.plane[:, 0])
        self.cells, self.plane = cells[good], self.plane[good]
        self.tree = cKDTree((self.cells + 0.5) * self.cell_m) if good.any() else None

    def at(self, xy: Floats) -> Floats:
        """Return the ground's height at places [m]; NaN where none lies within reach."""
        result = np.full(len(xy), np.nan)
        if self.tree is None or not len(xy):
            return result
        cells, which = np.unique(np.floor(xy / self.cell_m).astype(np.int64), axis=0, return_inverse=True)
        which = which.reshape(-1)
        distance, nearest = self.tree.query((cells + 0.5) * self.cell_m, distance_upper_bound=self.reach_m)
        found = np.isfinite(distance)[which]
        own = nearest[which][found]
        d = xy[found] - (self.cells[own] + 0.5) * self.cell_m
        result[found] = self.base_z + self.plane[own, 0] + (self.plane[own, 1:] * d).sum(axis=1)
        return result


def _windowed(cells: Ints, sums: Floats, reach: int, cell_m: float) -> Floats:
    """Add up the sums of the cells around each, shifted to its own middle."""
    wide = int(cells[:, 1].max() - cells[:, 1].min()) + 2 * reach + 2
    low = cells.min(axis=0) - reach
    key = (cells[:, 0] - low[0]) * wide + cells[:, 1] - low[1]
    total = np.zeros_like(sums)
    for i in range(-reach, reach + 1):
        for j in range(-reach, reach + 1):
            other = key + i * wide + j
            place = np.searchsorted(key, other)
            place[place == len(key)] = 0
            here = np.flatnonzero(key[place] == other)
            n, sx, sy, sxx, sxy, syy, sh, shx, shy = sums[place[here]].T
            u, v = i * cell_m, j * cell_m
            total[here] += np.column_stack((
                n, sx + n * u, sy + n * v, sxx + 2 * u * sx + n * u * u, sxy + u * sy + v * sx + n * u * v,
                syy + 2 * v * sy + n * v * v, sh, shx + u * sh, shy + v * sh,
            ))  # fmt: skip
    return total


def _solved(total: Floats) -> Floats:
    """Return height and slopes of the planes; NaN where too few points make one."""
    n, sx, sy, sxx, sxy, syy, sh, shx, shy = total.T
    # A little stiffness keeps points on one line from tilting the plane about it.
    stiff = 0.02 * n + 1e-9
    matrix = np.stack((n, sx, sy, sx, sxx + stiff, sxy, sy, sxy, syy + stiff), axis=1).reshape(-1, 3, 3)
    result = np.full((len(n), 3), np.nan)
    enough = n >= FEWEST
    if enough.any():
        right = np.column_stack((sh, shx, shy))[enough]
        result[enough] = np.linalg.solve(matrix[enough], right[:, :, None])[:, :, 0]
    return result


def _lowest_layer(xyz: Floats) -> Bools:
    """Return the voxels of the lowest well-filled layer of each block, blocks on roofs and bodies left out."""
    own = settings()["ground"]
    block_m, layer_m, support = float(own["block_m"]), float(own["layer_m"]), int(own["support"])
    blocks, which = np.unique(np.floor(xyz[:, :2] / block_m).astype(np.int64), axis=0, return_inverse=True)
    which = which.reshape(-1)
    low = float(xyz[:, 2].min())
    span = float(np.ptp(xyz[:, 2])) + 2 * layer_m + 1.0
    line = which * span + (xyz[:, 2] - low)
    order = np.argsort(line, kind="stable")
    line = line[order]
    filled = np.searchsorted(line, line + layer_m, side="right") - np.arange(len(line)) >= support
    level = np.full(len(blocks), np.inf)
    np.minimum.at(level, which[order[filled]], xyz[order[filled], 2])
    known = np.flatnonzero(np.isfinite(level))
    if not len(known):
        return np.zeros(len(xyz), bool)
    around = cKDTree(blocks[known] * block_m).query_ball_point(blocks[known] * block_m, float(own["around_m"]))
    quarter = np.array([np.percentile(level[known[rows]], 25) for rows in around])
    level[known[level[known] > quarter + float(own["step_m"])]] = np.inf
    above = xyz[:, 2] - level[which]
    result: Bools = (above >= 0) & (above <= layer_m)
    return result
