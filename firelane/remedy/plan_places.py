"""Places at which a disc serves a building or stands on a lane: samples, and what they stand for.

Every place of the region lies within ``reach_m`` of a sample (half the diagonal of the grid). A sample
stands for all places that near: they are out of the question only if something fixed, or what they all lie
under, is nearer than half the width *less* ``reach_m``; and a gap that comes within ``reach_m`` of the
sample parts some of them from others, so it must not count against the sample. A bound on what has to go
that is proven for the samples so is proven for the whole region. Neighbouring samples that lie under the
same things are one; a sample that lies under more than its neighbour is never better than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COARSE_M, FINE_M = 0.5, 0.125
"""Spacing of the samples: coarse at first, fine where that proves too little."""


@dataclass(frozen=True)
class Place:
    """One sample that stands for a part of the region.

    Attributes
    ----------
    xy : tuple
        [east, north].
    under : frozenset of str
        Owners that every place it stands for lies under: they go in any case.
    crowd : (n, 2) array
        The samples that it stands for where gaps may part them from one another, else empty.
    """

    xy: tuple[float, float]
    under: frozenset[str]
    crowd: Floats


def reach_m(grid_m: float) -> float:
    """Return how far from the nearest sample a place may be: half the diagonal of the grid [m]."""
    return float(grid_m / np.sqrt(2))


def grid(region: BaseGeometry, grid_m: float) -> tuple[Floats, Ints]:
    """Return the places of a square grid in a region, and their (column, row) numbers.

    The grid is anchored at the origin of the coordinates, so an edit far away moves no sample.
    """
    west, south, east, north = region.bounds
    column = np.arange(np.floor(west / grid_m), np.ceil(east / grid_m) + 1)
    row = np.arange(np.floor(south / grid_m), np.ceil(north / grid_m) + 1)
    at = np.column_stack([c.ravel() for c in np.meshgrid(column, row)])
    shapely.prepare(region)
    inside = shapely.contains_xy(region, at * grid_m)
    return at[inside] * grid_m, at[inside].astype(np.int64)


def pieces_of(shapes: Sequence[BaseGeometry]) -> npt.NDArray[np.object_]:
    """Return shapes with every line in its single segments: distances to them are found by a tree, not edge by edge."""
    parts = shapely.get_parts(np.asarray(shapes, dtype=object))
    lines = shapely.get_dimensions(parts) == 1
    xy, index = shapely.get_coordinates(parts[lines], return_index=True)
    same = index[1:] == index[:-1]
    segments = shapely.linestrings(np.stack((xy[:-1][same], xy[1:][same]), axis=1))
    return np.concatenate((segments, parts[~lines]))


def places(
    region: BaseGeometry, *, grid_m: float, width_m: float, slack_m: float, fixed: shapely.STRtree,
    movable: Sequence[BaseGeometry], owners: Sequence[str], gaps: Floats,
) -> list[Place]:  # fmt: skip
    """Return the samples of a region, each standing for the places within ``slack_m``.

    Parameters
    ----------
    region : Polygon or MultiPolygon
        Where the centre of the disc may be, already grown by ``slack_m``.
    grid_m : float
        Spacing of the samples [m].
    width_m : float
        Width of the disc [m].
    slack_m : float
        How far a sample stands for its surroundings [m]: ``reach_m`` for a bound, 0 for places as they are.
    fixed : STRtree
        Outlines of what never goes (``pieces_of``).
    movable : sequence of geometry
        What may go, with its ``owners``.
    gaps : (k, 2, 2) array
        Ends of the gaps narrower than the disc.
    """
    xy, at = grid(region, grid_m)
    need = width_m / 2 - slack_m - 1e-6
    points = shapely.points(xy)
    if len(fixed) and len(xy) and need > 0:
        keep = np.ones(len(xy), bool)
        keep[_nearer(points, fixed, need)] = False
        xy, at, points = xy[keep], at[keep], points[keep]
    if not len(xy):
        return []
    under = _under(points, movable, owners, need)
    near = np.zeros(len(xy), bool)
    if slack_m > 0:
        near[gaps_within(xy, gaps, slack_m)[0]] = True
    return _merged(xy, at, under, near)


def gaps_within(xy: Floats, gaps: Floats, slack_m: float) -> tuple[Ints, Ints]:
    """Return (places, gaps): the numbers of those that come within ``slack_m`` of each other."""
    if not len(gaps) or not len(xy):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    tree = shapely.STRtree(shapely.points(xy))
    gap, place = tree.query(shapely.linestrings(gaps), predicate="dwithin", distance=slack_m + 1e-9)
    return place.astype(np.int64), gap.astype(np.int64)


def _nearer(points: npt.NDArray[np.object_], shapes: shapely.STRtree, need_m: float) -> Ints:
    """Return which points are nearer than ``need_m``, not only as near."""
    pair, distance = shapes.query_nearest(points, max_distance=need_m, all_matches=False, return_distance=True)
    result: Ints = pair[0][distance < need_m].astype(np.int64)
    return result


def _under(
    points: npt.NDArray[np.object_], movable: Sequence[BaseGeometry], owners: Sequence[str], need_m: float
) -> list[frozenset[str]]:
    found: list[set[str]] = [set() for _ in range(len(points))]
    if len(movable) and need_m > 0:
        shapes = np.asarray(movable, dtype=object)
        point, body = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=need_m)
        nearer = shapely.distance(points[point], shapes[body]) < need_m
        for p, b in zip(point[nearer].tolist(), body[nearer].tolist(), strict=True):
            found[p].add(owners[b])
    return [frozenset(f) for f in found]


def _merged(xy: Floats, at: Ints, under: list[frozenset[str]], near: npt.NDArray[np.bool_]) -> list[Place]:
    """Join neighbours that stand for the same; leave out those that are never better than a neighbour."""
    a, b = _neighbours(at)
    number: dict[frozenset[str], int] = {}
    what = np.array([number.setdefault(owners, len(number)) for owners in under], np.int64)
    alike = (what[a] == what[b]) & (near[a] == near[b])
    graph = coo_matrix((np.ones(int(alike.sum()), np.int8), (a[alike], b[alike])), shape=(len(xy), len(xy)))
    groups = connected_components(graph, directed=False)[1].astype(np.int64)
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    first = [int(rows[0]) for rows in members]
    apart = np.column_stack((groups[a], groups[b]))[groups[a] != groups[b]]
    worse: set[int] = set()
    for one, two in np.unique(apart, axis=0).tolist():
        for this, other in ((one, two), (two, one)):
            # Only where no gap comes near either is the way from the one to the other certain.
            clean = not near[first[this]] and not near[first[other]]
            if clean and under[first[other]] < under[first[this]]:
                worse.add(this)
    result = []
    for group in sorted(range(len(members)), key=first.__getitem__):
        if group in worse:
            continue
        rows = members[group]
        middle = xy[rows].mean(axis=0)
        best = rows[int(np.argmin(np.round(np.hypot(*(xy[rows] - middle).T), 6)))]
        crowd = xy[rows] if near[best] else np.zeros((0, 2))
        result.append(Place((float(xy[best][0]), float(xy[best][1])), under[best], crowd))
    return result


def _neighbours(at: Ints) -> tuple[Ints, Ints]:
    """Return pairs of places that lie side by side or corner to corner in the grid, by their (column, row) numbers."""
    column, row = (at - at.min(axis=0)).T
    width = int(row.max()) + 3
    key = column * width + row
    order = np.argsort(key)
    pairs = []
    for east, north in ((1, 0), (0, 1), (1, 1), (1, -1)):
        wanted = key + east * width + north
        place = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
        found = np.flatnonzero((key[order[place]] == wanted) & (row + north >= 0))
        pairs.append((found, order[place[found]]))
    one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return one, other
