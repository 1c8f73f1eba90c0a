"""Laser points near the lanes, thinned to voxels as they stream in: memory grows with the area, not with the points.

Of the points in one voxel the lowest is kept, with the number of points; ground points, where the file has classes,
have voxels of their own, of which the mean height is kept.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.site.points_stream import Chunk
from firelane.site.points_stream import settings as reading

MOST_CELLS = 16_000_000
"""Cells of the map that tells which points lie near: they are made larger on a larger site."""


@cache
def settings() -> dict[str, Any]:
    """Return ``cloud.toml``."""
    return tomllib.loads(resources.files("firelane.lanes").joinpath("cloud.toml").read_text("utf-8"))


class Near:
    """Tells, cell by cell, which places lie in an area or in a cell that it touches."""

    def __init__(self, area: BaseGeometry, cell_m: float) -> None:
        west, south, east, north = area.bounds
        side = cell_m
        while (east - west) * (north - south) / side**2 > MOST_CELLS:
            side *= 2.0
        columns, rows = (int((b - a) // side) + 1 for a, b in ((west, east), (south, north)))
        self.origin, self.side_m = np.array([west, south]), side
        self.cells = np.zeros((columns, rows), bool)
        size = 1
        while size < max(columns, rows):
            size *= 2
        shapely.prepare(area)
        at = np.zeros((1, 2), np.int64)
        # Halve squares until they lie in the area, off it, or are cells.
        while len(at):
            low = self.origin + at * side
            boxes = shapely.box(low[:, 0], low[:, 1], low[:, 0] + size * side, low[:, 1] + size * side)
            touched = shapely.intersects(area, boxes)
            whole = np.zeros(len(at), bool)
            whole[touched] = shapely.covers(area, boxes[touched])
            if size == 1:
                whole = touched
            for column, row in at[whole].tolist():
                self.cells[column : column + size, row : row + size] = True
            at = at[touched & ~whole]
            size //= 2
            steps = np.array([(0, 0), (0, size), (size, 0), (size, size)], np.int64)
            at = (at[:, None, :] + steps).reshape(-1, 2) if size else at[:0]
            at = at[(at[:, 0] < columns) & (at[:, 1] < rows)]

    def __call__(self, x: Floats, y: Floats) -> Bools:
        """Return which places lie near."""
        column = np.floor((x - self.origin[0]) / self.side_m).astype(np.int64)
        row = np.floor((y - self.origin[1]) / self.side_m).astype(np.int64)
        inside: Bools = (column >= 0) & (row >= 0) & (column < self.cells.shape[0]) & (row < self.cells.shape[1])
        inside[inside] = self.cells[column[inside], row[inside]]
        return inside


@dataclass(frozen=True)
class Voxels:
    """Occupied voxels, in the order of their cells.

    Attributes
    ----------
    origin : (2,) array
        ``xyz`` is relative to it in plan.
    xyz : (n, 3) array
        The lowest point of each voxel [m].
    mean_z : (n,) array
        Mean height of its points [m].
    points : (n,) int array
        How many points it holds.
    code : (n,) uint8 array
        LAS class of the lowest point.
    ground : (n,) bool array
        Voxels of points classed as ground.
    disregarded : int
        Points left out by their class or their flags.
    read : int
        Points near the lanes.
    scale_m : float
        Coarsest step of heights among the files [m].
    """

    origin: Floats
    xyz: Floats
    mean_z: Floats
    points: Ints
    code: np.ndarray
    ground: Bools
    disregarded: int = 0
    read: int = 0
    scale_m: float = 0.0


class _Pile:
    """Voxels gathered so far: key, lowest point, sum of heights, number, class."""

    def __init__(self) -> None:
        self.key = np.zeros(0, np.int64)
        self.xyz = np.zeros((0, 3))
        self.sum_z = np.zeros(0)
        self.points = np.zeros(0, np.int64)
        self.code = np.zeros(0, np.uint8)

    def add(self, key: Ints, xyz: Floats, sum_z: Floats, points: Ints, code: np.ndarray) -> None:
        """Add points, or voxels: of equal keys the lowest point stays."""
        key = np.concatenate((self.key, key))
        xyz = np.concatenate((self.xyz, xyz))
        # Of equally low points the one farthest west and south: the order in the file must not matter.
        order = np.lexsort((xyz[:, 1], xyz[:, 0], xyz[:, 2], key))
        key = key[order]
        first = np.flatnonzero(np.append(True, key[1:] != key[:-1])) if len(key) else np.zeros(0, np.int64)
        self.key, self.xyz = key[first], xyz[order[first]]
        self.code = np.concatenate((self.code, code))[order[first]]
        if len(first):
            self.sum_z = np.add.reduceat(np.concatenate((self.sum_z, sum_z))[order], first)
            self.points = np.add.reduceat(np.concatenate((self.points, points))[order], first)


def gather(chunks: Iterable[Chunk], area: BaseGeometry) -> Voxels:
    """Thin the points near ``area`` to voxels.

    Parameters
    ----------
    chunks : iterable of Chunk
    area : Polygon or MultiPolygon
        In the site's system.
    """
    own = settings()["voxels"]
    plan_m, height_m = float(own["plan_m"]), float(own["height_m"])
    near = Near(area, 1.0)
    # Voxels lie at whole multiples of their size, wherever the site begins.
    origin = np.floor(near.origin / 10.0) * 10.0
    ground_classes = np.array(reading()["classes"]["ground"], np.uint8)
    rows = int((area.bounds[3] - origin[1]) / plan_m) + 40
    pile, fresh = _Pile(), _Pile()
    disregarded = read = 0
    scale_m = 0.0
    for chunk in chunks:
        disregarded += chunk.disregarded
        scale_m = max(scale_m, chunk.scale_m)
        use = np.flatnonzero(near(chunk.x, chunk.y))
        read += len(use)
        if not len(use):
            continue
        xyz = np.column_stack((chunk.x[use] - origin[0], chunk.y[use] - origin[1], chunk.z[use]))
        cell = np.floor(xyz / (plan_m, plan_m, height_m)).astype(np.int64)
        ground = np.isin(chunk.code[use], ground_classes)
        level = np.clip(cell[:, 2] + (1 << 17), 0, (1 << 18) - 1)
        key = (((cell[:, 0] + 20) * rows + cell[:, 1] + 20) << 19) | (level << 1) | ground
        fresh.add(key, xyz, xyz[:, 2], np.ones(len(use), np.int64), chunk.code[use])
        if len(fresh.key) > len(pile.key):
            pile.add(fresh.key, fresh.xyz, fresh.sum_z, fresh.points, fresh.code)
            fresh = _Pile()
    pile.add(fresh.key, fresh.xyz, fresh.sum_z, fresh.points, fresh.code)
    return Voxels(
        origin, pile.xyz, pile.sum_z / np.maximum(pile.points, 1), pile.points, pile.code, (pile.key & 1) == 1,
        disregarded, read, scale_m,
    )  # fmt: skip
