"""The pruned skeleton: chains of medial nodes between junctions and ends.

Corners and small bays leave no branch; a small island (a tree pit, a flower bed) leaves one way
round, the wider; junctions that lie inside one another's disc become one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Bools, Floats, Ints
from firelane.lanes.chains import Chains, chains_of
from firelane.lanes.medial import MedialAxis
from firelane.lanes.nearest import NearestSegments

MERGE = 1.5
"""Junctions nearer than this many radii are one junction: arms that cross obliquely make two nodes."""

ASIDE_M = 0.75
"""Medial nodes lie up to a sampling step beside their place: so much farther from an island than from the rest."""

COINCIDENT_M = 0.01

POINTED_RADIUS_M = 0.5
POINTED_SLOPE = 0.08
WEDGE_RADIUS_M = 1.0
"""A dead end narrower than a metre is the point of a wedge where its sides close this fast from two metres."""

SLIGHT_M = 3.0
SLIGHT_RADIUS_M = 0.25
"""A branch shorter than that, from less than two metres' width to less than half a metre, leads into a corner."""


@dataclass
class Chain:
    """A path of medial nodes between two key nodes."""

    nodes: Ints
    length_m: float

    @property
    def ends(self) -> tuple[int, int]:
        """First and last node."""
        return int(self.nodes[0]), int(self.nodes[-1])


@dataclass(frozen=True)
class Branch:
    """One centreline before smoothing.

    Attributes
    ----------
    xy : (n, 2) array
        Local coordinates, from start to end.
    start, end : int
        Medial node numbers of the ends (the junction's representative where junctions were merged).
    start_degree, end_degree : int
        1 at a dead end, 3 or more at a junction, 2 where a ring was opened, 0 where a wedge was cut off.
    """

    xy: Floats
    start: int
    end: int
    start_degree: int
    end_degree: int


@dataclass(frozen=True)
class Skeleton:
    """Centrelines before smoothing, and the wedges that were cut off: (x, y, length), local [m]."""

    branches: list[Branch]
    wedges: list[tuple[float, float, float]]


class _Graph:
    """Chains and how they meet, for the steps that change a few of them."""

    def __init__(self, axis: MedialAxis, chains: Chains) -> None:
        self.axis = axis
        self.chains: dict[int, Chain] = {}
        self.at: dict[int, list[int]] = {}
        for number, (nodes, length) in enumerate(zip(chains.paths(), chains.length_m.tolist(), strict=True)):
            self.chains[number] = chain = Chain(nodes, length)
            for end in chain.ends:
                self.at.setdefault(end, []).append(number)

    def remove(self, number: int) -> None:
        """Delete a chain."""
        for end in self.chains.pop(number).ends:
            self.at[end].remove(number)

    def degree(self, node: int) -> int:
        """Return how many chain ends meet at ``node``."""
        return len(self.at.get(node, ()))

    def chains_anew(self) -> Chains:
        """Return the chains with what remains joined at nodes of degree two."""
        paths = [chain.nodes for chain in self.chains.values()]
        first = np.r_[0, np.cumsum([len(p) for p in paths])].astype(np.int64)
        nodes = np.concatenate(paths) if paths else np.zeros(0, np.int64)
        return chains_of(Chains(nodes, first, self.axis.xy).edges(), self.axis.xy)


def skeleton(
    axis: MedialAxis, *, islands: Sequence[BaseGeometry] = (), keep_near: Sequence[BaseGeometry] = ()
) -> Skeleton:
    """Return the branches that remain when corners, bays, wedges and islands are cleared away.

    Parameters
    ----------
    axis : MedialAxis
    islands : sequence of Polygon
        Small holes of the area, in local coordinates: one way round each is kept, the wider.
    keep_near : sequence of geometry
        A branch that ends within a metre of one of these is never pruned (mouths).
    """
    near = shapely.STRtree(np.asarray(keep_near, dtype=object)) if len(keep_near) else None
    chains = _pruned(chains_of(axis.edges, axis.xy), axis, near)
    if len(islands):
        chains = _opened(chains, axis, islands, near)
    graph = _Graph(axis, chains)
    wedges: list[tuple[float, float, float]] = []
    cut: set[int] = set()
    while _cut_wedges(graph, wedges, cut):  # what a whole chain leaves behind may run out to a point in its turn
        graph = _Graph(axis, graph.chains_anew())
    if wedges:
        graph = _Graph(axis, _pruned(graph.chains_anew(), axis, near))
    merged = _merge_junctions(graph)
    return Skeleton(_branches(graph, merged, cut), wedges)


def _pruned(chains: Chains, axis: MedialAxis, near: shapely.STRtree | None) -> Chains:
    """Clear away the branches that only lead into corners, all of a round at once."""
    while len(chains):
        degree = chains.degree
        start, end = chains.start, chains.end
        turned = (degree[start] == 1) & (degree[end] >= 3)
        leaf = np.flatnonzero(turned | ((degree[end] == 1) & (degree[start] >= 3)))
        tip = np.where(turned, start, end)[leaf]
        junction = np.where(turned, end, start)[leaf]
        # How far the branch reaches beyond the junction's disc: its length would count the zigzag
        # of nodes near irregular corners.
        reach = chains.reach_m(leaf, junction)
        radius = axis.radius_of(junction)
        short = reach + axis.radius_of(tip) - radius < radius
        # Where a rounded end is drawn with chords, medial nodes beside the chords form little trees of their own.
        short |= (radius < WEDGE_RADIUS_M) & (axis.radius_of(tip) < SLIGHT_RADIUS_M) & (reach < SLIGHT_M)
        if near is not None and short.any():
            rows = np.flatnonzero(short)
            short[rows[near.query(shapely.points(axis.xy[tip[rows]]), predicate="dwithin", distance=1.0)[0]]] = False
        doomed = np.zeros(len(chains), bool)
        doomed[leaf[short]] = True
        _spare_last(chains, doomed)
        if not doomed.any():
            break
        chains = chains_of(chains.edges(~doomed), chains.xy)
    return chains


def _spare_last(chains: Chains, doomed: Bools) -> None:
    """Where nothing but leaf branches would be left of a star, keep its two longest arms."""
    start, end = chains.start[doomed], chains.end[doomed]
    gone = np.bincount(np.concatenate((start, end)), minlength=len(chains.xy))
    hubs = np.flatnonzero((gone == chains.degree) & (gone >= 3))
    for hub in hubs.tolist():
        here = np.flatnonzero(doomed & ((chains.start == hub) | (chains.end == hub)))
        doomed[here[np.lexsort((here, -chains.length_m[here]))[:2]]] = False


def _opened(
    chains: Chains, axis: MedialAxis, islands: Sequence[BaseGeometry], near: shapely.STRtree | None
) -> Chains:
    """Drop the narrower way round each island.

    Two chains with the same ends go round it. Islands beside one another are opened one after the other:
    only then do two chains go round both.
    """
    shapes = np.asarray(islands, dtype=object)
    places, edges = shapely.point_on_surface(shapes), _edges_of(shapes)
    left = np.arange(len(places))
    while len(left):
        one, other, loops = _loops(chains)
        if not len(loops):
            break
        island, loop = shapely.STRtree(loops).query(places[left], predicate="within")
        order = np.lexsort((loop, shapely.area(loops)[loop], island))
        asked = np.zeros(len(chains), bool)
        asked[np.array([(one[k], other[k]) for k in loop], np.int64).ravel()] = True
        entries = np.flatnonzero(asked[chains.owner])
        radius = axis.radius_of(chains.nodes[entries])
        least = np.full(len(chains), np.inf)
        np.minimum.at(least, chains.owner[entries], radius)
        # The nodes of a way round an island have it at their side; those of a way round a block have not.
        aside = edges.nearest(chains.xy[chains.nodes[entries]])[1]
        astray = np.bincount(chains.owner[entries[aside > radius + ASIDE_M]], minlength=len(chains))
        far = 2 * astray > np.diff(chains.first)
        doomed = np.zeros(len(chains), bool)
        used = np.zeros(len(chains), bool)
        opened = np.zeros(len(left), bool)
        for i, k in zip(island[order].tolist(), loop[order].tolist(), strict=True):
            a, b = one[k], other[k]
            if opened[i] or used[a] or used[b] or far[a] or far[b]:
                continue
            doomed[min(a, b, key=lambda n: _rank(chains, n, float(least[n])))] = True
            used[a] = used[b] = opened[i] = True
        if not opened.any():
            break
        left = left[~opened]
        chains = _pruned(chains_of(chains.edges(~doomed), chains.xy), axis, near)
    return chains


def _edges_of(shapes: np.ndarray) -> NearestSegments:
    """Return the edges of polygons for searches of the nearest."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapes), return_index=True)
    along = np.diff(xy, axis=0)
    length = np.hypot(along[:, 0], along[:, 1])
    own = np.flatnonzero((ring[1:] == ring[:-1]) & (length > 0))
    return NearestSegments(xy[own], along[own] / length[own, None], length[own])


def _rank(chains: Chains, chain: int, least_m: float) -> tuple[float, ...]:
    """Return how willingly one takes a way round: wide, then short, then by its place (never by a number)."""
    nodes = chains.nodes[chains.first[chain] : chains.first[chain + 1]]
    east, north = np.round(chains.xy[nodes].mean(axis=0), 3).tolist()
    return round(least_m, 6), -round(float(chains.length_m[chain]), 3), east, north


def _loops(chains: Chains) -> tuple[list[int], list[int], np.ndarray]:
    """Return the pairs of chains that have both ends in common, and the areas between them."""
    # Where four ways meet there are two junctions in one place.
    size = len(chains.xy)
    same = np.flatnonzero(chains.length_m < COINCIDENT_M)
    graph = coo_matrix((np.ones(len(same), np.int8), (chains.start[same], chains.end[same])), shape=(size, size))
    place = connected_components(graph, directed=False)[1].astype(np.int64)
    start, end = place[chains.start], place[chains.end]
    low, high = np.minimum(start, end), np.maximum(start, end)
    key = low * len(chains.xy) + high
    order = np.argsort(key, kind="stable")
    order = order[low[order] != high[order]]
    ones: list[int] = []
    others: list[int] = []
    shapes = []
    groups = np.split(order, np.flatnonzero(np.diff(key[order])) + 1)
    for group in groups:
        for n, a in enumerate(group.tolist()):
            for b in group[n + 1 :].tolist():
                there = chains.nodes[chains.first[a] : chains.first[a + 1]]
                back = chains.nodes[chains.first[b] : chains.first[b + 1]]
                back = back[::-1] if end[a] == end[b] else back
                ring = np.concatenate((there, back[1:-1]))
                if len(ring) >= 4:
                    ones.append(a)
                    others.append(b)
                    shapes.append(shapely.make_valid(shapely.polygons(chains.xy[ring])))
    return ones, others, np.asarray(shapes, dtype=object)


def _merge_junctions(graph: _Graph) -> dict[int, int]:
    """Return, for each junction, the representative of those inside whose disc it lies."""
    root: dict[int, int] = {}

    def find(n: int) -> int:
        while root.get(n, n) != n:
            n = root[n]
        return n

    keys = np.array(sorted(graph.at), np.int64)
    radius = dict(zip(keys.tolist(), graph.axis.radius_of(keys).tolist(), strict=True))
    short = [
        (chain.length_m, number)
        for number, chain in graph.chains.items()
        if min(graph.degree(chain.ends[0]), graph.degree(chain.ends[1])) >= 3
        and chain.length_m < MERGE * max(radius[chain.ends[0]], radius[chain.ends[1]])
        and chain.ends[0] != chain.ends[1]
    ]
    for _, number in sorted(short):
        a, b = (find(n) for n in graph.chains[number].ends)
        if a == b:
            continue  # a loop round a block must stay
        keep, lose = sorted((a, b), key=lambda n: (round(radius[n], 6), *np.round(graph.axis.xy[n], 3)), reverse=True)
        root[lose] = keep
        graph.remove(number)
    return {n: find(n) for n in list(root)}


def _cut_wedges(graph: _Graph, wedges: list[tuple[float, float, float]], cut: set[int]) -> bool:
    """Cut dead ends that run out to a point back to where their sides begin to close.

    What lies between two surveyed polygons, or beside a flared corner, often ends in a needle no
    vehicle enters: it is no part of a lane. Told to the user, never silent. Returns whether whole
    chains went.
    """
    xy, radius_of = graph.axis.xy, graph.axis.radius_of
    tips = np.array(sorted(n for n, here in graph.at.items() if len(here) == 1 and n not in cut), np.int64)
    pointed = set(tips[radius_of(tips) < POINTED_RADIUS_M].tolist())
    ending = [chain.nodes for chain in graph.chains.values() if not pointed.isdisjoint(chain.ends)]
    if ending:
        radius_of(np.concatenate(ending))  # asked for at once
    gone = False
    for number in list(graph.chains):
        for backwards in (False, True):
            now = graph.chains[number]  # its other end may just have been cut
            nodes = now.nodes[::-1] if backwards else now.nodes
            tip = int(nodes[0])
            if tip not in pointed:
                continue
            along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(xy[nodes], axis=0).T))]
            keep = _wedge_end(along, radius_of(nodes))
            if keep == 0:
                continue
            wedges.append((float(xy[tip][0]), float(xy[tip][1]), float(along[keep])))
            if keep >= len(nodes) - 1:
                graph.remove(number)
                gone = True
                break
            rest = nodes[keep:]
            graph.at[tip].remove(number)
            graph.at.setdefault(int(rest[0]), []).append(number)
            graph.chains[number] = Chain(rest[::-1] if backwards else rest, float(along[-1] - along[keep]))
            cut.add(int(rest[0]))
    return gone


def _wedge_end(along: Floats, radius: Floats) -> int:
    """Return the first node from the tip inwards where the sides no longer close; 0 where it is no wedge.

    A narrow road of even width is no wedge: it stays a lane, and fails. The sides of a flared corner
    meet in a cusp, so the slope is taken over the whole way to where the pavement is two metres wide.
    """
    wide = np.flatnonzero(radius >= WEDGE_RADIUS_M)
    if not len(wide):
        return 0
    at = int(wide[0])
    if radius[at] - radius[0] < POINTED_SLOPE * along[at]:
        return 0
    while at < len(along) - 1:
        ahead = min(int(np.searchsorted(along, along[at] + 1.0)), len(along) - 1)
        if radius[ahead] - radius[at] < POINTED_SLOPE * (along[ahead] - along[at]):
            break
        at = ahead
    return at


def _branches(graph: _Graph, merged: dict[int, int], cut: set[int]) -> list[Branch]:
    degree: dict[int, int] = {}
    for node in graph.at:
        degree[merged.get(node, node)] = degree.get(merged.get(node, node), 0) + graph.degree(node)
    result = []
    for chain in graph.chains.values():
        if len(chain.nodes) < 2:
            continue
        a, b = chain.ends
        ra, rb = merged.get(a, a), merged.get(b, b)
        nodes = np.concatenate(([ra] if ra != a else [], chain.nodes, [rb] if rb != b else [])).astype(np.int64)
        result.append(Branch(
            graph.axis.xy[nodes], ra, rb, 0 if ra in cut and degree[ra] == 1 else degree[ra],
            0 if rb in cut and degree[rb] == 1 else degree[rb],
        ))  # fmt: skip
    return result
