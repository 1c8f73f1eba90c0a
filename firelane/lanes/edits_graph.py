"""What an edit does to the barriers: the clusters and paths that it touches are solved again, the rest stays."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Floats
from firelane.lanes.clusters import WALL, Edge, closing_edges, paths_in
from firelane.lanes.clusters_links import TOUCH_M, Links, outline
from firelane.lanes.edits import REACH_M, patch
from firelane.lanes.edits_base import Body
from firelane.lanes.edits_net import Bar, Graph, Net
from firelane.lanes.edits_paths import NewPaths, changed_paths
from firelane.lanes.paths import Way
from firelane.lanes.reach import CAP_M

NEAR_M = 5e-6
"""What lies this near to a path may cross it on the grid on which crossings are told."""


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
        Edges that came, went or may have changed hands, in local coordinates.
    """

    blocks: frozenset[int]
    found: Mapping[int, list[Bar]]
    paths: frozenset[int]
    ways: Mapping[str, list[Way]]
    lanes: frozenset[int]
    changed: np.ndarray

    @cached_property
    def _bounds(self) -> Floats:
        box: Floats = shapely.total_bounds(self.changed)
        return box

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.changed)

    def is_near(self, shapes: Sequence[BaseGeometry], origin: Floats | None = None) -> bool:
        """Tell whether anything of this lies within a disc's reach of some shapes (local, or with their origin)."""
        if not len(self.changed) or not len(shapes):
            return False
        shift = np.zeros(2) if origin is None else origin
        other = shapely.total_bounds(np.array(shapes, dtype=object)) - np.tile(shift, 2)
        if (np.maximum(self._bounds[:2] - other[2:], other[:2] - self._bounds[2:]) > REACH_M).any():
            return False
        local = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy - shift)
        return bool(self._tree.query(local, predicate="dwithin", distance=REACH_M).size)


def solve(net: Net, hidden: Collection[int], added: Sequence[Body]) -> Region:
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
    paths = changed_paths(net, hidden, parts)
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
    met = np.unique(net.line_tree.query(seen, predicate="dwithin", distance=NEAR_M)[1]).tolist() if len(seen) else []
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

    gone_nodes = {part + 1 for part in gone_parts | stale_parts}
    blocks, kept = _kept(net, new, dead | stale, gone_nodes)
    edges = [*new, *kept]
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
    count = len(barriers.ends.lines)
    changed = change.changed if change is not None else np.zeros(0, dtype=object)
    return Region(
        frozenset(blocks), found, paths.gone, paths.ways, _lanes_of(net, touched, paths.ways, count), changed
    )


def _kept(net: Net, new: Sequence[Edge], pinches: set[int], nodes: set[int]) -> tuple[set[int], list[Edge]]:
    """Return the clusters that new edges, and pinches and nodes that are no more, touch; and what stays of their edges."""
    lost = [net.edge_of_pinch[k] for k in sorted(pinches) if k in net.edge_of_pinch]
    blocks = {int(net.block[e]) for e in lost} | {net.block_of[n] for n in nodes}
    blocks |= {net.block_of[n] for e in new for n in (e.u, e.v) if n != WALL and n in net.block_of}
    kept = []
    for block in sorted(blocks):
        for number in net.edges_in.get(block, ()):
            edge = net.graph.edges[number]
            if edge.pinch not in pinches if edge.pinch >= 0 else not {edge.u, edge.v} & nodes:
                kept.append(edge)
    return blocks, kept


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


def _stale(
    net: Net, lines: Sequence[LineString], paths: NewPaths, dead: set[int], gone: set[int]
) -> tuple[set[int], set[int]]:
    """Return the parts and pinches of the base whose crossings with paths that change must be told anew."""
    if not lines:
        return set(), set()
    geometries = np.array(lines, dtype=object)
    parts: set[int] = set()
    if len(net.barriers.parts):
        parts = set(net.outline_tree.query(geometries, predicate="dwithin", distance=NEAR_M)[1].tolist()) - gone
    pinches = set(net.chord_tree.query(geometries, predicate="dwithin", distance=NEAR_M)[1].tolist())
    for part in parts:
        pinches |= {net.graph.edges[e].pinch for e in net.barriers.around.get(part + 1, ()) if net.graph.edges[e].pinch >= 0}
    count = len(net.barriers.ends.lines)
    lanes = {n for n in paths.gone if n < count}
    mouths = [m for m, lane in net.barriers.links.around.mouth_lanes.items() if lane in lanes]
    pinches |= set(np.flatnonzero(np.isin(net.base.pinches.mouth, mouths)).tolist()) if mouths else set()
    return parts, pinches - dead
