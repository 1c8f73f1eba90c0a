"""The barriers of one space as it was prepared, cut into clusters, and the graphs in which barriers are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from firelane.lanes.barriers import Barriers
from firelane.lanes.boundary import Floats, Ints
from firelane.lanes.clusters import WALL, Edge, Key, adjacency, chain
from firelane.lanes.edits import Patch
from firelane.lanes.edits_base import Base, Body
from firelane.lanes.paths import Way, filled_part
from firelane.lanes.reach import CAP_M


@dataclass(frozen=True)
class Bar:
    """One barrier across one path: the closing edge, in the graph that it was found in."""

    graph: Graph
    number: int
    path: int

    @property
    def width_m(self) -> float:
        """Width of its widest gap [m]."""
        return self.graph.edges[self.number].width_m

    @property
    def order(self) -> Key:
        """Order among barriers of equal width."""
        return self.graph.edges[self.number].key

    @property
    def place(self) -> tuple[float, float]:
        """Middle of the widest gap."""
        return self.graph.edges[self.number].place

    @property
    def bodies(self) -> list[Body]:
        """Obstacles of its chain, in the order of the table."""
        return self.graph.chain(self.number, self.path)

    @property
    def contacts(self) -> list[tuple[Body | None, Floats]]:
        """Both contacts of the governing pinch: the obstacle or None, and (3, 2) place and middles of its edges.

        Empty where obstacles that touch bar the lane.
        """
        return self.graph.contacts(self.graph.edges[self.number].pinch)


@dataclass(frozen=True)
class Graph:
    """Edges in order, and what their nodes and pinches stand for."""

    edges: Sequence[Edge]
    base: Base
    added: tuple[Body, ...]
    body_of: Mapping[float, Body]
    patch: Patch | None

    @cached_property
    def _around(self) -> dict[float, list[int]]:
        return adjacency(self.edges)

    def chain(self, number: int, path: int) -> list[Body]:
        """Return the obstacles of the shortest chain that an edge completes."""
        nodes = chain(self.edges, self._around, number, path)
        bodies = {self.body_of[n].key: self.body_of[n] for n in nodes if n in self.body_of}
        return sorted(bodies.values(), key=lambda body: body.order)

    def contacts(self, pinch: int) -> list[tuple[Body | None, Floats]]:
        """Return what a pinch's contacts lie on (see ``Bar.contacts``)."""
        if pinch < 0:
            return []
        base, known = self.base, len(self.base.pinches)
        if pinch < known:
            b, p = base.boundary, base.pinches
            owner, ends, h = base.owner[pinch], p.ends[pinch] + b.origin, p.half_edge[pinch]
            own = np.stack((b.start[h], b.end[h], b.start[b.previous[h]], b.end[b.previous[h]]), axis=1) + b.origin
        else:
            assert self.patch is not None
            owner, ends = self.patch.owner[pinch - known], self.patch.ends[pinch - known]
            own = self.patch.edges[pinch - known]
        middles = own.reshape(2, 2, 2, 2).mean(axis=2)
        return [(self._body(int(owner[n])), np.vstack((ends[n], middles[n]))) for n in (0, 1)]

    def _body(self, row: int) -> Body | None:
        if row < 0:
            return None
        rows = len(self.base.bodies)
        return self.base.bodies[row] if row < rows else self.added[row - rows]


@dataclass(frozen=True)
class Net:
    """The barriers of one space as it was prepared, cut into clusters.

    Attributes
    ----------
    base : Base
    barriers : Barriers
        Of ``base.space``.
    found : list of lists of Bar
        Barriers of every path, before those at junctions are told to the lanes.
    block : (edges,) int array
        Cluster of each edge; a gap from wall to wall is one by itself.
    """

    base: Base
    barriers: Barriers = field(init=False)
    graph: Graph = field(init=False)
    found: list[list[Bar]] = field(init=False)
    block: Ints = field(init=False)
    block_of: Mapping[float, int] = field(init=False)

    def __post_init__(self) -> None:
        """Find the base's barriers and clusters."""
        barriers = self.base.space.barriers
        assert barriers is not None
        rows = barriers.part_row
        graph = Graph(barriers.edges, self.base, (), {n + 1: self.base.bodies[r] for n, r in enumerate(rows)}, None)
        nodes = np.array([(e.u, e.v) for e in barriers.edges], float).reshape(-1, 2).astype(np.int64)
        size = barriers.nodes
        inner = nodes[(nodes != WALL).all(axis=1)]
        links = coo_matrix((np.ones(len(inner), np.int8), (inner[:, 0], inner[:, 1])), shape=(size, size))
        count, member = connected_components(links, directed=False)
        top = nodes.max(axis=1) if len(nodes) else np.zeros(0, np.int64)
        block = np.where(top == WALL, count + np.arange(len(nodes)), member[top])
        for name, value in (
            ("barriers", barriers), ("graph", graph), ("block", block), ("block_of", dict(enumerate(member.tolist()))),
            ("found", [[Bar(graph, c.edge, c.path) for c in found] for found in barriers.found(CAP_M)]),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def warm(self) -> None:
        """Build all indexes now, so that the first edit need not."""
        base, nowhere = self.base, shapely.Point(0.0, 0.0)
        for tree in (
            self.line_tree, self.end_tree, self.outline_tree, self.chord_tree, self.filled_tree, base.shape_tree,
            base.middle_tree, base.edge_tree,
        ):  # fmt: skip
            tree.query(nowhere)
        for index in (self.edges_in, self.edge_of_pinch, self.ways_of, self.parts_of, self.part_orders, base.of_mouth):
            len(index)

    @cached_property
    def edges_in(self) -> dict[int, list[int]]:
        """Cluster → its edges."""
        result: dict[int, list[int]] = {}
        for number, block in enumerate(self.block.tolist()):
            result.setdefault(block, []).append(number)
        return result

    @cached_property
    def edge_of_pinch(self) -> dict[int, int]:
        """Pinch → its edge."""
        return {edge.pinch: number for number, edge in enumerate(self.graph.edges) if edge.pinch >= 0}

    @cached_property
    def line_tree(self) -> shapely.STRtree:
        """STRtree of the paths."""
        return shapely.STRtree(self.barriers.paths.lines)

    @cached_property
    def end_tree(self) -> shapely.STRtree:
        """STRtree of the lanes' ends; lane n has numbers 2 n (its start) and 2 n + 1."""
        lines = np.array(self.barriers.ends.lines, dtype=object)
        return shapely.STRtree(np.column_stack((shapely.get_point(lines, 0), shapely.get_point(lines, -1))).ravel())

    @cached_property
    def outline_tree(self) -> shapely.STRtree:
        """STRtree of the parts' outlines."""
        return shapely.STRtree(self.barriers.links.outlines)

    @cached_property
    def chord_tree(self) -> shapely.STRtree:
        """STRtree of the pinches, in site coordinates."""
        return shapely.STRtree(shapely.linestrings(self.base.pinches.ends + self.base.boundary.origin))

    @cached_property
    def filled(self) -> np.ndarray:
        """Obstacles that enclose something, filled; ``filled_row`` tells the row of each."""
        return np.array([*(f for f, _ in self._filled), None], dtype=object)[:-1]

    @cached_property
    def filled_row(self) -> list[int]:
        """Row of each of ``filled``."""
        return [row for _, row in self._filled]

    @cached_property
    def filled_tree(self) -> shapely.STRtree:
        """STRtree of ``filled``."""
        return shapely.STRtree(self.filled)

    @cached_property
    def _filled(self) -> list[tuple[BaseGeometry, int]]:
        pairs = [(filled_part(p), r) for p, r in zip(self.barriers.parts, self.barriers.part_row, strict=True)]
        return [(f, r) for f, r in pairs if f is not None]

    @cached_property
    def ways_of(self) -> dict[str, list[Way]]:
        """Junction → ways between its arms, where an obstacle stands on it."""
        ends = self.barriers.ends
        return {ends.node[ways[0].arms[0]]: ways for ways in self.barriers.paths.junctions}

    @cached_property
    def part_orders(self) -> list[tuple[int, int]]:
        """Order of the obstacle of each part, ascending."""
        return [self.base.bodies[row].order for row in self.barriers.part_row]

    @cached_property
    def parts_of(self) -> dict[int, list[int]]:
        """Row → its parts."""
        result: dict[int, list[int]] = {}
        for part, row in enumerate(self.barriers.part_row):
            result.setdefault(row, []).append(part)
        return result
