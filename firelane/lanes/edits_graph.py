"""What an edit does to the barriers: the clusters and paths that it touches are solved again, the rest stays."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from firelane.lanes.barriers import Barriers
from firelane.lanes.boundary import Floats, Ints
from firelane.lanes.clusters import WALL, Edge, Key, adjacency, chain, closing_edges, paths_in
from firelane.lanes.clusters_links import TOUCH_M, Links, outline
from firelane.lanes.edits import Base, Body, Patch, patch
from firelane.lanes.paths import COVER_M, End, Way, filled_part, lane_path, ways_at
from firelane.lanes.reach import CAP_M

BESIDE_M = 0.05
"""An obstacle this near to a path's end may move it."""


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


@dataclass(frozen=True)
class Region:
    """What a group of edits does to one space.

    Attributes
    ----------
    blocks : frozenset of int
        Clusters of the base that are replaced.
    found : dict
        Path → barriers of the clusters that replace them.
    paths : frozenset of int
        Paths of the base that are no more, or run another way.
    ways : dict
        Junction → its ways, where they change.
    lanes : frozenset of int
        Lanes that anything of this touches.
    changed : array of geometry
        Edges that came or went, in local coordinates.
    """

    blocks: frozenset[int]
    found: Mapping[int, list[Bar]]
    paths: frozenset[int]
    ways: Mapping[str, list[Way]]
    lanes: frozenset[int]
    changed: np.ndarray

    @cached_property
    def bounds(self) -> Floats:
        """Bounds of what changed [m]."""
        box: Floats = shapely.total_bounds(self.changed)
        return box


@dataclass(frozen=True)
class _NewPaths:
    covered: frozenset[End]
    lines: Mapping[int, LineString]
    gone: frozenset[int]
    ways: Mapping[str, list[Way]]


def solve(net: Net, hidden: Collection[int], added: Sequence[Body]) -> Region:  # noqa: PLR0915  (one story)
    """Solve what a group of edits touches.

    Parameters
    ----------
    net : Net
    hidden : collection of int
        Rows of the base that go.
    added : sequence of Body
        What comes, in the order of the table; each meets the area.
    """
    base, barriers = net.base, net.barriers
    change = patch(base, hidden, added)
    known, rows = len(base.pinches), len(base.bodies)
    dead = set(change.dead.tolist()) if change is not None else set()
    parts, nodes, part_rows = _added_parts(net, added)
    paths = _paths(net, hidden, parts)
    lines = [barriers.paths.lines[n] for n in sorted(paths.gone)] + [paths.lines[n] for n in sorted(paths.lines)]
    gone_parts = {part for row in hidden for part in net.parts_of.get(row, ())}
    stale_parts, stale = _stale(net, lines, paths, dead, gone_parts)
    stale_rows = {barriers.part_row[p] for p in stale_parts}
    stale_pinches = np.array(sorted(stale), np.int64)

    own_rows = set(stale_rows)
    own_rows |= {r for r in base.owner[stale_pinches].ravel().tolist() if r >= 0}
    if change is not None:
        own_rows |= {r for r in change.owner.ravel().tolist() if 0 <= r < rows}
    fresh = [outline(p) for p in parts] + [barriers.links.outlines[p] for p in sorted(stale_parts)]
    if fresh and len(barriers.parts):
        near = net.outline_tree.query(np.array(fresh, dtype=object), predicate="dwithin", distance=TOUCH_M)[1]
        own_rows |= {barriers.part_row[p] for p in near.tolist()}
    own_rows -= set(hidden)
    old_parts = [p for row in sorted(own_rows) for p in net.parts_of[row]]
    every = [barriers.parts[p] for p in old_parts] + parts
    chords = [shapely.linestrings(change.ends)] if change is not None and len(change.ends) else []
    chords += [net.chord_tree.geometries[stale_pinches]] if len(stale_pinches) else []
    seen = np.concatenate([*chords, np.array([*(outline(p) for p in every), None], dtype=object)[:-1]])
    met = np.unique(net.line_tree.query(seen, predicate="intersects")[1]).tolist() if len(seen) else []
    lanes_met = {n: barriers.paths.lines[n] for n in met if n not in paths.gone} | dict(paths.lines)
    links = Links(
        barriers.links.around, parts=every, nodes=[float(p + 1) for p in old_parts] + nodes,
        rows=[barriers.part_row[p] for p in old_parts] + part_rows, lines=lanes_met, covered=paths.covered,
    )  # fmt: skip
    only = [n for n, p in enumerate(old_parts) if p in stale_parts] + list(range(len(old_parts), len(every)))
    new = links.touches(only)
    if change is not None:
        new += links.gaps(change.ends, change.width_m, change.mouth, change.owner, known + np.arange(len(change.ends)))
    p = base.pinches
    new += links.gaps(
        p.ends[stale_pinches] + base.boundary.origin, p.width_m[stale_pinches], p.mouth[stale_pinches],
        base.owner[stale_pinches], stale_pinches,
    )  # fmt: skip

    gone_nodes = {part + 1 for part in gone_parts}
    stale_nodes = {part + 1 for part in stale_parts}
    lost = [net.edge_of_pinch[k] for k in sorted(dead | stale) if k in net.edge_of_pinch]
    blocks = {int(net.block[e]) for e in lost} | {net.block_of[n] for n in gone_nodes | stale_nodes}
    old_nodes = {n for e in new for n in (e.u, e.v) if n != WALL and n in net.block_of}
    blocks |= {net.block_of[n] for n in old_nodes}
    edges = list(new)
    for block in sorted(blocks):
        for number in net.edges_in.get(block, ()):
            edge = net.graph.edges[number]
            ends = {edge.u, edge.v}
            if edge.pinch >= 0:
                gone = edge.pinch in dead or edge.pinch in stale
            else:
                gone = bool(ends & gone_nodes or ends & stale_nodes)
            if not gone:
                edges.append(edge)
    edges.sort(key=lambda e: e.key)
    body_of = dict(net.graph.body_of)
    body_of |= {n: added[row - rows] for n, row in zip(nodes, part_rows, strict=True)}
    graph = Graph(edges, base, tuple(added), body_of, change)
    found: dict[int, list[Bar]] = {}
    for number, bits in closing_edges(edges, CAP_M):
        for path in paths_in(bits):
            found.setdefault(path, []).append(Bar(graph, number, path))
    touched = set(found) | set(lanes_met) | set(paths.gone)
    touched |= {path for block in blocks for e in net.edges_in.get(block, ()) for path in paths_in(net.graph.edges[e].lanes)}
    count = len(barriers.lanes)
    changed = change.changed if change is not None else np.zeros(0, dtype=object)
    return Region(
        frozenset(blocks), found, paths.gone, paths.ways, _lanes_of(net, touched, paths.ways, count), changed
    )


def _lanes_of(net: Net, paths: Collection[int], ways: Mapping[str, list[Way]], count: int) -> frozenset[int]:
    """Return the lanes of some paths: themselves, and all arms of the junctions they lead through."""
    lanes = {path for path in paths if path < count}
    every = [*net.barriers.paths.junctions, *ways.values()]
    for group in every:
        if any(way.path in paths for way in group):
            lanes |= {lane for way in group for lane, _ in way.arms}
    return frozenset(lanes)


def _added_parts(net: Net, added: Sequence[Body]) -> tuple[list[BaseGeometry], list[float], list[int]]:
    """Return the parts of what comes, their nodes (in the order of the table) and rows."""
    parts, nodes, rows = [], [], []
    for n, body in enumerate(added):
        before = bisect_left(net.part_orders, body.order)
        layer, row = body.order
        slot = before + 0.5 * (layer > 0) + 0.4 * (row + 1) / 1e7
        for j, part in enumerate(shapely.get_parts(body.shape)):
            parts.append(part)
            nodes.append(slot + 0.1 + j * 1e-9)
            rows.append(len(net.base.bodies) + n)
    return parts, nodes, rows


def _paths(net: Net, hidden: Collection[int], parts: Sequence[BaseGeometry]) -> _NewPaths:
    """Return the paths that change because obstacles come onto their ends, or leave them."""
    ends, old = net.barriers.ends, net.barriers.paths
    come = [f for f in map(filled_part, parts) if f is not None]
    leave = [f for f, row in zip(net.filled, net.filled_row, strict=True) if row in hidden] if hidden else []
    changed = np.array([*come, *leave, None], dtype=object)[:-1]
    none = _NewPaths(old.covered, {}, frozenset(), {})
    if not len(changed) or not len(ends.lines):
        return none

    def meeting(geometry: BaseGeometry, touch_m: float = 0.0) -> list[BaseGeometry]:
        near = np.sort(net.filled_tree.query(geometry, predicate="dwithin", distance=touch_m)).tolist()
        return [net.filled[n] for n in near if net.filled_row[n] not in hidden] + [
            f for f in come if shapely.dwithin(f, geometry, touch_m)
        ]

    under = np.unique(net.end_tree.query(changed, predicate="dwithin", distance=COVER_M)[1])
    places = {(int(k) // 2, -(int(k) % 2)): net.end_tree.geometries[k] for k in under}
    now = {end for end, place in places.items() if meeting(place, COVER_M)}
    covered = frozenset((old.covered - set(places)) | now)
    if not covered and not old.covered:
        return none
    turned = covered ^ old.covered
    nodes = {ends.node[end] for end in turned if end in ends.node}
    lanes = {n for n, _ in turned} | {n for node in nodes for n, at in ends.at_node[node] if (n, at) in covered | old.covered}
    concerned = {n for n, _ in covered | old.covered}
    beside = net.line_tree.query(changed, predicate="dwithin", distance=BESIDE_M)[1].tolist()
    lanes |= {n for n in beside if n < len(ends.lines) and n in concerned}
    for way in (way for node_ways in old.junctions for way in node_ways):
        if way.path in beside:
            lanes |= {lane for lane, _ in way.arms}
    shaken = {ends.node[n, at] for n in lanes for at in (0, -1) if (n, at) in ends.node and (n, at) in covered | old.covered}
    tails: dict[End, LineString] = {}
    lines: dict[int, LineString] = {}
    arms = {end for node in shaken for end in ends.at_node[node] if end in covered}
    for n in sorted(lanes | {n for n, _ in arms}):
        line, own = lane_path(ends, n, covered, meeting)
        tails |= own
        if not np.array_equal(shapely.get_coordinates(line), shapely.get_coordinates(old.lines[n])):
            lines[n] = line
    gone = set(lines)
    ways: dict[str, list[Way]] = {}
    last = len(old.lines)
    for node in sorted(shaken):
        gone |= {way.path for way in net.ways_of.get(node, ())}
        group = []
        for pair, line in ways_at(ends, node, covered, tails):
            group.append(Way(pair, last))
            lines[last] = line
            last += 1
        if group or node in net.ways_of:
            ways[node] = group
    return _NewPaths(covered, lines, frozenset(gone), ways)


def _stale(
    net: Net, lines: Sequence[LineString], paths: _NewPaths, dead: set[int], gone: set[int]
) -> tuple[set[int], set[int]]:
    """Return the parts and pinches of the base whose crossings with paths that change must be told anew."""
    if not lines:
        return set(), set()
    geometries = np.array(lines, dtype=object)
    parts: set[int] = set()
    if len(net.barriers.parts):
        parts = set(net.outline_tree.query(geometries, predicate="intersects")[1].tolist()) - gone
    pinches = set(net.chord_tree.query(geometries, predicate="intersects")[1].tolist())
    for part in parts:
        pinches |= {net.graph.edges[e].pinch for e in net.barriers.around.get(part + 1, ()) if net.graph.edges[e].pinch >= 0}
    count = len(net.barriers.lanes)
    lanes = {n for n in paths.gone if n < count}
    mouths = [m for m, lane in net.barriers.links.around.mouth_lanes.items() if lane in lanes]
    pinches |= set(np.flatnonzero(np.isin(net.base.pinches.mouth, mouths)).tolist()) if mouths else set()
    return parts, pinches - dead
