"""The ways of a vehicle as a graph: the middle line of the free space without what is too narrow for it.

An edge that crosses no pinch below the width can be driven by a disc of that width, and one that crosses
one cannot (docs/method.md); the rings that are left are the rings of the ways. The
positions of its nodes are those of sampled edges, good to a few centimetres: lengths of pinches decide,
not they.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.lanes.medial import medial_axis
from firelane.lanes.obstacles import split_by_dimension
from firelane.lanes.space import FreeSpace

HAIR_M = 1e-3
"""Walls and posts without a width get this one, so that the middle line passes on both sides of them."""


@dataclass(frozen=True)
class WayGraph:
    """The passable middle line.

    Attributes
    ----------
    xy : (n, 2) array
        Nodes in the site's coordinates [m].
    room_m : (n,) array
        Distance from the nearest obstacle; inf beyond a mouth [m].
    piece : (n,) int array
        Piece of the free space, as ``FreeSpace.widest_way`` numbers them.
    mouth : (n,) int array
        Row of the mouth beyond which a node lies, -1 for those inside.
    edges : (k, 2) int array
        Those that a disc of the width can drive.
    length_m : (k,) array
    """

    xy: Floats
    room_m: Floats
    piece: Ints
    mouth: Ints
    edges: Ints
    length_m: Floats

    @property
    def count(self) -> int:
        """Number of nodes."""
        return len(self.xy)


def way_graph(space: FreeSpace, *, width_m: float) -> WayGraph | None:
    """Return the ways of a disc ``width_m`` wide; None where nothing is free."""
    way, boundary = space.widest_way, space.boundary
    if way is None or boundary is None or space.pinches is None:
        return None
    strips = _strips(space)
    axis = medial_axis(_without_thin(space, strips))
    xy: Floats = axis.xy + axis.origin
    piece, room = way.pieces.locate(xy)
    mouth = _beyond(space, strips, xy)
    room = np.where(mouth >= 0, np.inf, room)
    edges = np.asarray(axis.edges, np.int64).reshape(-1, 2)
    narrow = space.pinches.width_m < width_m - 1e-6
    if narrow.any() and len(edges):
        chords = shapely.linestrings(space.pinches.ends[narrow] + boundary.origin)
        blocked, _ = shapely.STRtree(chords).query(shapely.linestrings(xy[edges]), predicate="intersects")
        edges = np.delete(edges, np.unique(blocked), axis=0)
    # Between two places beyond the same mouth nothing is told.
    outside = (mouth[edges[:, 0]] >= 0) & (mouth[edges[:, 1]] >= 0)
    edges = edges[~outside]
    length = np.hypot(*(xy[edges[:, 1]] - xy[edges[:, 0]]).T) if len(edges) else np.zeros(0)
    return WayGraph(xy, room, piece, mouth, edges, length)


def _strips(space: FreeSpace) -> list[BaseGeometry]:
    """Return a strip beyond each mouth, so that the middle line runs out through it."""
    result = []
    for row in space.mouths.itertuples():
        a, b = np.asarray(row.geometry.coords[0]), np.asarray(row.geometry.coords[-1])
        outward = -np.array([row.inward_x, row.inward_y])
        strip = shapely.Polygon()
        for length in (max(8.0, 2 * row.width_m), row.width_m, 2.0, 0.5):
            # A hair inwards: it joins the pavement whatever rounding left between them.
            candidate = shapely.Polygon([a - outward * 1e-6, b - outward * 1e-6, b + outward * length, a + outward * length])
            if candidate.is_valid and shapely.intersection(candidate, space.free).area <= 0.02 * candidate.area:
                strip = candidate
                break
        result.append(strip)
    return result


def _without_thin(space: FreeSpace, strips: list[BaseGeometry]) -> BaseGeometry:
    area = shapely.union_all([space.free, *(s for s in strips if not s.is_empty)])
    if not len(space.table):
        return area
    _, lines, posts = split_by_dimension(space.table.geometry.to_numpy())
    thin = [shapely.buffer(g, HAIR_M / 2, cap_style="square") for g in (*lines, *shapely.points(posts))]
    return shapely.difference(area, shapely.union_all(thin)) if thin else area


def _beyond(space: FreeSpace, strips: list[BaseGeometry], xy: Floats) -> Ints:
    """Return the mouth beyond which each place lies, -1 inside."""
    result = np.full(len(xy), -1, np.int64)
    for n, strip in enumerate(strips):
        if not strip.is_empty:
            shapely.prepare(strip)
            result[shapely.contains_xy(strip, xy) & ~shapely.intersects_xy(space.free, xy)] = n
    return result


@dataclass(frozen=True)
class Junctions:
    """A way graph without its blind twigs, its nodes numbered anew.

    Attributes
    ----------
    node : (n,) int array
        New number of each node of the way graph, -1 where it was left out. Nodes beyond one mouth share
        one number, so do those of one junction.
    edges : (k, 2) int array
    edge : (k,) int array
        Number of each edge in the way graph.
    inside : (j,) int array
        Edges of the way graph that lie within a junction.
    joins : (count,) bool array
        True for junctions: blocking one blocks more than a lane.
    xy : (count, 2) array
        Where each node stands; one with several nodes at the roomiest of them.
    room_m : (count,) array
    count : int
    """

    node: Ints
    edges: Ints
    edge: Ints
    inside: Ints
    joins: Bools
    xy: Floats
    room_m: Floats
    count: int


def join(graph: WayGraph, keep: Bools) -> Junctions:
    """Strip a way graph of what leads nowhere, and join the nodes of each junction.

    Where four lanes meet, the middle line has two forks a hair apart, and which lanes each of them joins is a
    matter of rounding: forks with less way between them than the room around them are one junction.

    Parameters
    ----------
    graph : WayGraph
    keep : (n,) bool array
        Nodes that matter (mouths matter anyhow).
    """
    keep = keep | (graph.mouth >= 0)
    alive = np.ones(len(graph.edges), bool)
    degree = np.bincount(graph.edges.ravel(), minlength=graph.count)
    while True:
        blind = (degree == 1) & ~keep
        drop = alive & blind[graph.edges].any(axis=1)
        if not drop.any():
            break
        alive &= ~drop
        degree -= np.bincount(graph.edges[drop].ravel(), minlength=graph.count)
    kept = np.flatnonzero(alive)
    edges, length = graph.edges[kept], graph.length_m[kept]
    fork = degree > 2
    same = [edges[fork[edges].all(axis=1) & (length <= graph.room_m[edges].min(axis=1))], *_short_chains(
        graph, edges, length, fork
    )]  # fmt: skip
    outside = [np.flatnonzero(graph.mouth == m) for m in np.unique(graph.mouth[graph.mouth >= 0])]
    same += [np.column_stack((nodes[:-1], nodes[1:])) for nodes in outside]
    pairs = np.concatenate(same)
    merged = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(graph.count, graph.count))
    _, group = connected_components(merged, directed=False)
    used = np.zeros(graph.count, bool)
    used[edges] = True
    used |= keep
    # Numbered by first node: the same graph gives the same numbers.
    names, node = np.unique(np.where(used, group, -1), return_inverse=True)
    if len(names) and names[0] == -1:
        names, node = names[1:], node - 1
    mapped = node[edges]
    apart = mapped[:, 0] != mapped[:, 1]
    joins = np.zeros(len(names), bool)
    joins[node[used & fork]] = True
    use = np.flatnonzero(used)
    roomiest = use[np.lexsort((use, -graph.room_m[use], node[use]))]
    _, at = np.unique(node[roomiest], return_index=True)
    chief = roomiest[at]
    return Junctions(
        node, mapped[apart], kept[apart], kept[~apart], joins, graph.xy[chief], graph.room_m[chief], len(names)
    )


def _short_chains(graph: WayGraph, edges: Ints, length: Floats, fork: Bools) -> list[Ints]:
    """Return pairs of nodes along chains between two forks that are shorter than the room at both."""
    plain = ~fork
    inner = edges[plain[edges].all(axis=1)]
    chains = coo_matrix((np.ones(len(inner)), (inner[:, 0], inner[:, 1])), shape=(graph.count, graph.count))
    total, chain = connected_components(chains, directed=False)
    of_edge = np.where(plain[edges[:, 0]], chain[edges[:, 0]], chain[edges[:, 1]])
    touching = plain[edges].any(axis=1)
    sums = np.bincount(of_edge[touching], length[touching], minlength=total)
    ends = touching & fork[edges].any(axis=1)
    room = np.full(total, np.inf)
    at_fork = np.where(fork[edges[:, 0]], edges[:, 0], edges[:, 1])
    np.minimum.at(room, of_edge[ends], graph.room_m[at_fork[ends]])
    both = np.bincount(of_edge[ends], minlength=total) == 2
    short = both & (sums <= room)
    return [edges[touching & short[of_edge]]]
