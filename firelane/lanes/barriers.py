"""Barriers: chains of obstacles across a lane, and how wide the widest gap in each is.

A disc of width w gets along a lane unless obstacles, linked by gaps narrower than w, reach from one
side to the other. Walls and obstacles are the nodes of a graph, pinches and touches its edges; each
edge carries the set of lanes whose centreline it crosses an odd number of times. A lane is barred
at w exactly when the edges narrower than w hold a cycle that crosses it an odd number of times
(the kerbs of both sides count as one wall, closed through the land beyond). The cycle space has a
basis that Kruskal's algorithm finds edge by edge, narrowest first, so the first closing edge that
crosses a lane is that lane's clear width: its governing pinch. Nothing is sampled. It answers for
one lane even where the widest way *elsewhere* leads round it. See docs/decisions/0004.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Boundary, Ints
from firelane.lanes.clusters import WALL, adjacency, bars_at, chain, closing_edges, paths_in
from firelane.lanes.clusters_links import TOUCH_M, Links, Surroundings
from firelane.lanes.paths import LaneEnds, paths_among
from firelane.lanes.pinches import Pinches

__all__ = ["TOUCH_M", "WALL", "Barriers", "Crossing", "Owners", "contact_owners"]


@dataclass(frozen=True)
class Crossing:
    """One barrier: the widest gap in a chain of obstacles across a lane.

    Attributes
    ----------
    lane : int
        Row of the lane.
    width_m : float
        Width of its widest gap; 0 where obstacles bar the lane altogether.
    pinch : int
        Number of the governing pinch, -1 where touching obstacles bar the lane.
    place : (2,) tuple
        Middle of that gap, or a point of the obstacle that bars the lane.
    edge : int
        Number of the edge that closes the chain; ``Barriers.objects`` tells what the chain is made of.
    path : int
        Number of the path that it crosses: the lane itself, or a way from it into another arm.
    """

    lane: int
    width_m: float
    pinch: int
    place: tuple[float, float]
    edge: int
    path: int


@dataclass(frozen=True)
class Owners:
    """What each contact of each pinch lies on.

    ``row`` (k, 2): row of the obstacle table, or -1 for an edge of the pavement.
    """

    row: Ints


def contact_owners(boundary: Boundary, pinches: Pinches, table: gpd.GeoDataFrame) -> Owners:
    """Return the obstacle that each contact lies on (by the middle of its half-edge)."""
    rows = np.full((len(pinches), 2), -1, np.int64)
    if not len(table) or not len(pinches):
        return Owners(rows)
    h = pinches.half_edge.ravel()
    at_vertex = pinches.t_m.ravel() == 0.0
    middle = (boundary.start[h] + boundary.end[h]) / 2 + boundary.origin
    before = boundary.previous[h]
    middle_before = (boundary.start[before] + boundary.end[before]) / 2 + boundary.origin
    shapes = table.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    found = np.full(len(h), -1, np.int64)
    # At a vertex either edge may be the obstacle's: an obstacle wins over the pavement edge.
    for places, where in ((middle_before, np.flatnonzero(at_vertex)), (middle, np.arange(len(h)))):
        points = shapely.points(places[where])
        hit, row = tree.query(points, predicate="dwithin", distance=TOUCH_M)
        order = np.argsort(-row, kind="stable")
        found[where[hit[order]]] = row[order]
    return Owners(found.reshape(-1, 2))


class Barriers:
    """All barriers of a free space below a width.

    Parameters
    ----------
    boundary, pinches : Boundary, Pinches
        Of the free space: area minus the obstacles of ``table``.
    table : GeoDataFrame
        The obstacles, as ``lanes.obstacles`` gives them.
    around : Surroundings
        Of the pavement (or the designated lane) without obstacles, islands numbered anyhow.
    ends : LaneEnds
        Of the lanes of this area.

    Attributes
    ----------
    edges : list of Edge
        Gaps and touches, narrowest first. Node 0 is the wall, then come the parts of the obstacles in
        the order of the table, then the islands.
    parts, part_row : list
        Single-part obstacles, and the row of the table of each.
    ends, paths : LaneEnds, Paths
        The lanes' ends, and what a barrier has to cross.
    nodes : int
        Number of nodes.
    links : Links
        What made the edges.
    """

    def __init__(
        self, boundary: Boundary, pinches: Pinches, owners: Owners, *, table: gpd.GeoDataFrame, around: Surroundings,
        ends: LaneEnds,
    ) -> None:  # fmt: skip
        self.origin = boundary.origin
        self.pinches = pinches
        self.parts, self.part_row = _parts(table)
        self.ends = ends
        self.paths = paths_among(self.ends, self.parts)
        self._first_island = 1 + len(self.parts)
        self.nodes = self._first_island + len(around.islands)
        around = around.numbered(self._first_island)
        self.links = Links(
            around, parts=self.parts, nodes=range(1, self._first_island), rows=self.part_row,
            lines=dict(enumerate(self.paths.lines)), covered=self.paths.covered,
        )  # fmt: skip
        self.edges = self.links.touches() + self.links.gaps(
            pinches.ends + self.origin, pinches.width_m, pinches.mouth, owners.row, np.arange(len(pinches))
        )
        self.edges.sort(key=lambda e: e.key)

    def found(self, below_m: float) -> list[list[Crossing]]:
        """Return the barriers of every *path* below a width: of the lanes, then of the ways at junctions."""
        result: list[list[Crossing]] = [[] for _ in self.paths.lines]
        for number, bits in closing_edges(self.edges, below_m):
            edge = self.edges[number]
            for path in paths_in(bits):
                result[path].append(Crossing(path, edge.width_m, edge.pinch, edge.place, number, path))
        return result

    def crossings(self, below_m: float) -> list[list[Crossing]]:
        """Return, for each lane, its barriers narrower than ``below_m``, narrowest first.

        The first of each list is the lane's clear width. Barriers along a plateau, or at one row of
        obstacles, come one by one.
        """
        found = self.found(below_m)
        for ways in self.paths.junctions:
            width_of = {w.path: found[w.path][0].width_m for w in ways if found[w.path]}
            for lane, path in bars_at(ways, width_of):
                found[lane].append(replace(found[path][0], lane=lane))
        result = found[: len(self.ends.lines)]
        for crossings in result:
            crossings.sort(key=lambda c: (round(c.width_m, 8), c.edge))
        return result

    @cached_property
    def around(self) -> dict[float, list[int]]:
        """Node → numbers of its edges."""
        return adjacency(self.edges)

    def objects(self, crossing: Crossing) -> tuple[int, ...]:
        """Return the obstacle rows of the shortest chain that the crossing's edge completes."""
        nodes = chain(self.edges, self.around, crossing.edge, crossing.path)
        last = len(self.parts)
        return tuple(sorted({self.part_row[int(n) - 1] for n in nodes if 1 <= n <= last}))


def _parts(table: gpd.GeoDataFrame) -> tuple[list[BaseGeometry], list[int]]:
    geometries = table.geometry.to_numpy()
    parts, row = shapely.get_parts(geometries, return_index=True)
    return list(parts), row.tolist()
