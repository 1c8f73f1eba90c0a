"""The spots of a way graph that every way to some place passes, and its rings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Floats, Ints
from firelane.lanes.ways import Junctions, WayGraph
from firelane.lanes.ways_graph import search


@dataclass(frozen=True)
class Cut:
    """A chain of nodes that cuts off some targets.

    Attributes
    ----------
    spot : (2,) array
        The narrowest place where all ``targets`` are cut off.
    targets : tuple of int
    length_m : float
        From the beginning of the chain to its last node that still cuts something off.
    source : str or None
        Name of the source where the chain begins at one.
    crossing : bool
        True where the chain is nothing but a junction.
    line : BaseGeometry
        The chain; a point where it is one node.
    """

    spot: Floats
    targets: tuple[int, ...]
    length_m: float
    source: str | None
    crossing: bool
    line: BaseGeometry


@dataclass(frozen=True)
class Loop:
    """Ways that no single node parts: a ring, or several that share more than a node.

    ``arrivals`` are the places at which a way from a source comes onto it; ``faces`` the areas that it encloses.
    """

    arrivals: tuple[tuple[float, float], ...]
    faces: BaseGeometry
    length_m: float


def reached_from(joined: Junctions, sources: Mapping[str, int], targets: Sequence[Ints]) -> list[tuple[str, ...]]:
    """Return for each target the names of the sources that reach one of its nodes."""
    e = joined.edges
    graph = coo_matrix((np.ones(len(e)), (e[:, 0], e[:, 1])), shape=(joined.count, joined.count))
    _, part = connected_components(graph, directed=False)
    names = sorted(sources)
    return [tuple(n for n in names if (part[nodes] == part[sources[n]]).any()) for nodes in targets]


def cuts(
    graph: WayGraph, joined: Junctions, sources: Mapping[str, tuple[int, BaseGeometry]], targets: Sequence[Ints], *,
    blocked_below_m: float,
) -> list[Cut]:  # fmt: skip
    """Return the chains of nodes that cut targets off, from the sources on.

    Parameters
    ----------
    graph, joined : WayGraph, Junctions
    sources : Mapping
        Name → (node of ``joined``, the mouth line).
    targets : sequence of int arrays
        Nodes of ``joined`` from each of which the target is served.
    blocked_below_m : float
        Only where the way is narrower than this can it be blocked [m].
    """
    root = joined.count
    to_root = np.array([[root, node] for node, _ in sources.values()], np.int64).reshape(-1, 2)
    found = search(root + 1, np.concatenate((joined.edges, to_root)), np.array([root]))
    tree = _Tree(found.dominator, found.order)
    at = {n: tree.common(nodes[found.found[nodes] >= 0]) for n, nodes in enumerate(targets)}
    places = {n: v for n, v in at.items() if v is not None and v != root}
    lost = tree.totals(list(places.values()))
    first_edge: dict[tuple[int, int], int] = {}
    for (a, b), e in zip(joined.edges.tolist(), joined.edge.tolist(), strict=True):
        first_edge.setdefault((min(a, b), max(a, b)), e)
    mouths = {node: (name, line) for name, (node, line) in sorted(sources.items(), reverse=True)}
    following: dict[int, int] = {}
    heads = []
    losing = [v for v in found.order.tolist() if v != root and lost[v] > 0]
    children: dict[int, list[int]] = {}
    for v in losing:
        children.setdefault(int(found.dominator[v]), []).append(v)
    for v in losing:
        p = int(found.dominator[v])
        if p != root and len(children[p]) == 1 and (min(p, v), max(p, v)) in first_edge:
            following[p] = v
        else:
            heads.append(v)
    result = []
    for head in heads:
        chain = [head]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        cut = _cut(chain, graph, joined, mouths, lost, first_edge, blocked_below_m)
        if cut is not None:
            begin, spot, length, line, name = cut
            inside = tree.below(chain[begin])
            result.append(Cut(
                spot, tuple(n for n, v in places.items() if v in inside), length, name,
                len(chain) == begin + 1 and bool(joined.joins[chain[begin]]), line,
            ))  # fmt: skip
    return result


def _cut(
    chain: list[int], graph: WayGraph, joined: Junctions, mouths: Mapping[int, tuple[str, BaseGeometry]],
    lost: Mapping[int, int], first_edge: Mapping[tuple[int, int], int], blocked_below_m: float,
) -> tuple[int, Floats, float, BaseGeometry, str | None] | None:  # fmt: skip
    """Return where in the chain it can first be blocked, its narrowest spot, length, line and source."""
    room = [mouths[v][1].length / 2 if v in mouths else float(joined.room_m[v]) for v in chain]
    xy = [_middle(mouths[v][1]) if v in mouths else joined.xy[v] for v in chain]
    narrow = [2 * r < blocked_below_m for r in room]
    if not any(narrow):
        return None
    begin = narrow.index(True)
    same = [n for n in range(begin, len(chain)) if narrow[n] and lost[chain[n]] == lost[chain[begin]]]
    spot = min(same, key=lambda n: (round(room[n], 2), n))
    length = 0.0
    path = [xy[begin]]
    for a, b in zip(chain[begin:], chain[begin + 1 :], strict=False):
        edge = graph.edges[first_edge[min(a, b), max(a, b)]]
        ends = graph.xy[edge if joined.node[edge[0]] == a else edge[::-1]]
        path += [end for end, v in zip(ends, (a, b), strict=True) if v not in mouths]
        length += float(np.hypot(*(ends[1] - ends[0])))
    path.append(xy[-1])
    line = np.array(path)
    line = line[np.r_[True, np.hypot(*np.diff(line, axis=0).T) > 1e-9]]
    name = mouths[chain[begin]][0] if chain[begin] in mouths else None
    shape = shapely.linestrings(line) if len(line) > 1 else shapely.points(line[0])
    return begin, np.asarray(xy[spot], float), length if len(line) > 1 else 0.0, shape, name


def _middle(line: BaseGeometry) -> Floats:
    middle: Floats = shapely.get_coordinates(shapely.line_interpolate_point(line, 0.5, normalized=True))[0]
    return middle


class _Tree:
    """A dominator tree: what lies below a node, and what two nodes have in common above them."""

    def __init__(self, parent: Ints, order: Ints) -> None:
        self._parent = parent.tolist()
        self._order = order.tolist()
        children: dict[int, list[int]] = {}
        for v in self._order[1:]:
            children.setdefault(self._parent[v], []).append(v)
        # A dominator is found before what it dominates; its subtree is not one run of that order, so number anew.
        self._pre: dict[int, int] = {}
        stack = self._order[:1]
        while stack:
            v = stack.pop()
            self._pre[v] = len(self._pre)
            stack += reversed(children.get(v, []))
        self._size = dict.fromkeys(self._order, 1)
        for v in reversed(self._order[1:]):
            self._size[self._parent[v]] += self._size[v]
        self._at = {n: v for v, n in self._pre.items()}

    def common(self, nodes: Ints) -> int | None:
        """Return the nearest node that dominates all ``nodes``, a node dominating itself; None for none."""
        if not len(nodes):
            return None
        numbers = [self._pre[v] for v in nodes.tolist()]
        v, last = self._at[min(numbers)], max(numbers)
        while self._pre[v] + self._size[v] <= last:
            v = self._parent[v]
        return int(v)

    def totals(self, nodes: Sequence[int]) -> dict[int, int]:
        """Return for each node how many of ``nodes`` lie at or below it."""
        total = dict.fromkeys(self._order, 0)
        for v in nodes:
            total[v] += 1
        for v in reversed(self._order[1:]):
            total[self._parent[v]] += total[v]
        return total

    def below(self, v: int) -> set[int]:
        """Return ``v`` and all that it dominates."""
        return {self._at[n] for n in range(self._pre[v], self._pre[v] + self._size[v])}


def loops(graph: WayGraph, joined: Junctions, sources: Sequence[int]) -> list[Loop]:
    """Return the rings of a way graph, those that share two nodes as one."""
    found = search(joined.count, joined.edges, np.arange(joined.count))
    block, parent = found.block, found.parent
    deeper = np.where(
        found.found[joined.edges[:, 0]] > found.found[joined.edges[:, 1]], joined.edges[:, 0], joined.edges[:, 1]
    )
    of_edge = block[deeper]
    count = int(block.max()) + 1 if len(block) else 0
    members = np.bincount(block[block >= 0], minlength=count) + 1
    ring = np.bincount(of_edge, minlength=count) >= members if len(of_edge) else np.zeros(count, bool)
    below = np.zeros(joined.count, np.int64)
    np.add.at(below, np.asarray(sources, np.int64), 1)
    hanging: dict[tuple[int, int], int] = {}  # (node, block) → sources below it through that block
    for v in found.order[::-1].tolist():
        if parent[v] >= 0:
            below[parent[v]] += below[v]
            key = (int(parent[v]), int(block[v]))
            hanging[key] = hanging.get(key, 0) + int(below[v])
    top = np.arange(joined.count)
    for v in found.order.tolist():
        top[v] = v if parent[v] < 0 else top[parent[v]]
    inner = graph.xy[graph.edges[joined.inside]]
    result = []
    for number in np.flatnonzero(ring).tolist():
        nodes = np.flatnonzero(block == number)
        root = next(int(parent[v]) for v in nodes if block[parent[v]] != number)
        arrivals = [int(v) for v in nodes if below[v] - hanging.get((int(v), number), 0) > 0]
        if below[top[root]] - hanging[root, number] > 0:
            arrivals.append(root)
        lines = graph.xy[graph.edges[joined.edge[of_edge == number]]]
        faces = shapely.polygonize(list(shapely.linestrings(np.concatenate((lines, inner)))))
        length = float(np.hypot(*(lines[:, 1] - lines[:, 0]).T).sum())
        places = sorted((float(x), float(y)) for x, y in joined.xy[arrivals])
        result.append(Loop(tuple(places), shapely.union_all(shapely.get_parts(faces)), length))
    return result
