"""The pruned skeleton: chains of medial nodes between junctions and ends.

Corners and small bays leave no branch; a small island (a tree pit, a flower bed) leaves one way
round, the wider; junctions that lie inside one another's disc become one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Floats
from firelane.lanes.medial import MedialAxis

MERGE = 1.5
"""Junctions nearer than this many radii are one junction: arms that cross obliquely make two nodes."""

POINTED_RADIUS_M = 0.5
POINTED_SLOPE = 0.08
WEDGE_RADIUS_M = 1.0
"""A dead end narrower than a metre is the point of a wedge where its sides close this fast from two metres."""


@dataclass
class Chain:
    """A path of medial nodes between two key nodes."""

    nodes: list[int]
    length_m: float

    @property
    def ends(self) -> tuple[int, int]:
        """First and last node."""
        return self.nodes[0], self.nodes[-1]


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
    """Chains and how they meet; deleting chains joins what remains at nodes of degree two."""

    def __init__(self, axis: MedialAxis) -> None:
        self.axis = axis
        self.chains: dict[int, Chain] = {}
        self.at: dict[int, list[int]] = {}
        self._number = 0
        self._build()

    def _build(self) -> None:
        axis = self.axis
        neighbours: list[list[int]] = [[] for _ in range(len(axis.xy))]
        step = np.hypot(*(axis.xy[axis.edges[:, 0]] - axis.xy[axis.edges[:, 1]]).T)
        length = {}
        for (a, b), d in zip(axis.edges.tolist(), step.tolist(), strict=True):
            neighbours[a].append(b)
            neighbours[b].append(a)
            length[a, b] = length[b, a] = d
        keys = [n for n, around in enumerate(neighbours) if len(around) != 2]
        done: set[tuple[int, int]] = set()
        for key in keys:
            self.at.setdefault(key, [])
            for first in neighbours[key]:
                if (key, first) not in done:
                    self._trace(key, first, neighbours, length, done)
        in_chain = {n for chain in self.chains.values() for n in chain.nodes} | set(keys)
        for n in range(len(neighbours)):
            if n not in in_chain and neighbours[n]:  # a ring without any junction
                chain = self._trace(n, neighbours[n][0], neighbours, length, done)
                in_chain.update(chain.nodes)

    def _trace(
        self, start: int, first: int, neighbours: list[list[int]],
        length: dict[tuple[int, int], float], done: set[tuple[int, int]],
    ) -> Chain:  # fmt: skip
        nodes, total, before, now = [start, first], length[start, first], start, first
        while len(neighbours[now]) == 2 and now != start:
            a, b = neighbours[now]
            before, now = now, (b if a == before else a)
            nodes.append(now)
            total += length[before, now]
        done.add((start, first))
        done.add((now, nodes[-2]))
        chain = Chain(nodes, total)
        self.add(chain)
        return chain

    def add(self, chain: Chain) -> None:
        """Register a chain at both its ends."""
        self.chains[self._number] = chain
        for end in chain.ends:
            self.at.setdefault(end, []).append(self._number)
        self._number += 1

    def remove(self, numbers: Sequence[int]) -> None:
        """Delete chains, then join the two that remain at each node of degree two."""
        touched: set[int] = set()
        for number in numbers:
            chain = self.chains.pop(number)
            for end in chain.ends:
                self.at[end].remove(number)
                touched.add(end)
        for node in sorted(touched):
            self._join(node)

    def _join(self, node: int) -> None:
        here = self.at.get(node, [])
        if len(here) != 2 or here[0] == here[1]:
            return
        first, second = (self.chains[n] for n in here)
        a = first.nodes if first.nodes[-1] == node else first.nodes[::-1]
        b = second.nodes if second.nodes[0] == node else second.nodes[::-1]
        for number in list(here):
            chain = self.chains.pop(number)
            for end in chain.ends:
                self.at[end].remove(number)
        self.add(Chain(a + b[1:], first.length_m + second.length_m))

    def degree(self, node: int) -> int:
        """Return how many chain ends meet at ``node``."""
        return len(self.at.get(node, ()))


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
    graph = _Graph(axis)
    _prune(graph, keep_near)
    if _open_islands(graph, islands):
        _prune(graph, keep_near)
    wedges, cut = _cut_wedges(graph)
    if wedges:
        _prune(graph, keep_near)
    merged = _merge_junctions(graph)
    return Skeleton(_branches(graph, merged, cut), wedges)


def _prune(graph: _Graph, keep_near: Sequence[BaseGeometry]) -> None:
    radius = graph.axis.radius_m
    while True:
        doomed = []
        for number, chain in graph.chains.items():
            a, b = chain.ends
            if graph.degree(a) == 1 and graph.degree(b) >= 3:
                tip, junction = a, b
            elif graph.degree(b) == 1 and graph.degree(a) >= 3:
                tip, junction = b, a
            else:
                continue
            # How far the branch reaches beyond the junction's disc: its length would count the zigzag
            # of nodes near irregular corners.
            away = graph.axis.xy[chain.nodes] - graph.axis.xy[junction]
            reach = float(np.hypot(away[:, 0], away[:, 1]).max())
            if reach + radius[tip] - radius[junction] < radius[junction]:
                point = shapely.points(graph.axis.xy[tip])
                if not any(shapely.dwithin(point, geom, 1.0) for geom in keep_near):
                    doomed.append(number)
        doomed = _spare_last(graph, doomed)
        if not doomed:
            return
        graph.remove(doomed)


def _spare_last(graph: _Graph, doomed: list[int]) -> list[int]:
    """Where nothing but leaf branches would be left of a star, keep its two longest arms."""
    gone = set(doomed)
    hubs = {n for d in doomed for n in graph.chains[d].ends if graph.degree(n) >= 3}
    for hub in sorted(hubs):
        here = graph.at[hub]
        if all(n in gone for n in here):
            for n in sorted(here, key=lambda m: (-graph.chains[m].length_m, m))[:2]:
                gone.discard(n)
    return [n for n in doomed if n in gone]


def _open_islands(graph: _Graph, islands: Sequence[BaseGeometry]) -> bool:
    """Drop the narrower way round each island."""
    changed = False
    for island in islands:
        place = shapely.point_on_surface(island)
        best: tuple[float, float, int, int] | None = None
        for number, chain in graph.chains.items():
            a, b = chain.ends
            others = [m for m in graph.at[a] if m > number and set(graph.chains[m].ends) == {a, b}]
            if a == b:
                continue
            for other in others:
                ring = chain.nodes + _reversed_between(graph.chains[other].nodes, b)
                if len(ring) < 4:
                    continue
                loop = shapely.polygons(graph.axis.xy[ring])
                if shapely.contains(shapely.make_valid(loop), place):
                    widths = [min(graph.axis.radius_m[graph.chains[m].nodes]) for m in (number, other)]
                    drop = number if widths[0] < widths[1] else other
                    size = float(shapely.area(loop))
                    if best is None or size < best[0]:
                        best = (size, min(widths), drop, 0)
        if best is not None:
            graph.remove([best[2]])
            changed = True
    return changed


def _reversed_between(nodes: list[int], first: int) -> list[int]:
    path = nodes if nodes[0] == first else nodes[::-1]
    return path[1:-1]


def _merge_junctions(graph: _Graph) -> dict[int, int]:
    """Return, for each junction, the representative of those inside whose disc it lies."""
    root: dict[int, int] = {}

    def find(n: int) -> int:
        while root.get(n, n) != n:
            n = root[n]
        return n

    radius = graph.axis.radius_m
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
        keep, lose = (a, b) if (radius[a], -a) >= (radius[b], -b) else (b, a)
        root[lose] = keep
        chain = graph.chains.pop(number)
        for end in chain.ends:
            graph.at[end].remove(number)
    return {n: find(n) for n in list(root)}


def _cut_wedges(graph: _Graph) -> tuple[list[tuple[float, float, float]], set[int]]:
    """Cut dead ends that run out to a point back to where their sides begin to close.

    What lies between two surveyed polygons, or beside a flared corner, often ends in a needle no
    vehicle enters: it is no part of a lane. Told to the user, never silent.
    """
    xy, radius = graph.axis.xy, graph.axis.radius_m
    wedges: list[tuple[float, float, float]] = []
    cut: set[int] = set()
    while True:
        gone: list[int] = []
        for number in list(graph.chains):
            for backwards in (False, True):
                now = graph.chains[number]  # its other end may just have been cut
                nodes = now.nodes[::-1] if backwards else now.nodes
                tip = nodes[0]
                if graph.degree(tip) != 1 or tip in cut or radius[tip] >= POINTED_RADIUS_M:
                    continue
                step = np.hypot(*np.diff(xy[nodes], axis=0).T)
                along = np.r_[0.0, np.cumsum(step)]
                keep = _wedge_end(along, radius[nodes])
                if keep == 0:
                    continue
                wedges.append((float(xy[tip][0]), float(xy[tip][1]), float(along[keep])))
                if keep >= len(nodes) - 1:
                    if number not in gone:
                        gone.append(number)
                    break
                rest = nodes[keep:]
                graph.at[tip].remove(number)
                graph.at.setdefault(rest[0], []).append(number)
                graph.chains[number] = Chain(rest[::-1] if backwards else rest, float(along[-1] - along[keep]))
                cut.add(rest[0])
        if not gone:
            return wedges, cut
        graph.remove(gone)


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
        nodes = ([ra] if ra != a else []) + chain.nodes + ([rb] if rb != b else [])
        result.append(Branch(
            graph.axis.xy[nodes], ra, rb, 0 if ra in cut and degree[ra] == 1 else degree[ra],
            0 if rb in cut and degree[rb] == 1 else degree[rb],
        ))  # fmt: skip
    return result
