"""The graph of walls, obstacles and gaps: which closing edge bars which path, and by what chain.

All walls are one node. What hangs together without it is a *cluster*; as every way from one cluster to
another leads through the wall, a basis of the cycle space is the union of the clusters' own bases, and a
gap from wall to wall is a cycle by itself. So clusters can be solved one by one, and an edit far away
changes none of them. See docs/decisions/0004 and 0012.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

WALL = 0

Key = tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Edge:
    """One gap or touch between two nodes.

    Attributes
    ----------
    u, v : float
        Nodes: 0 is the wall; a fraction orders an added obstacle between those that were there.
    width_m : float
    lanes : int
        Bit set of the paths that it crosses an odd number of times.
    pinch : int
        Number of the pinch, -1 where obstacles touch.
    place : tuple
        Middle of the gap, or the place of the touch.
    key : tuple
        Order among edges: by width, then by place, so that the numbering of anything means nothing.
    """

    u: float
    v: float
    width_m: float
    lanes: int
    pinch: int
    place: tuple[float, float]
    key: Key = field(init=False)

    def __post_init__(self) -> None:
        """Make the key: widths within rounding of one another are equal."""
        x, y = self.place
        key = (round(self.width_m, 8), round(x, 5), round(y, 5), self.u, self.v)
        object.__setattr__(self, "key", key)


@dataclass(frozen=True, slots=True)
class Arms:
    """A way from one arm of a junction into another: its two (lane, end), and the number of its path."""

    arms: tuple[tuple[int, int], tuple[int, int]]
    path: int


def closing_edges(edges: Sequence[Edge], below_m: float) -> Iterator[tuple[int, int]]:
    """Yield (number, paths) of the edges that close a basis of the cycle space, narrowest first.

    Parameters
    ----------
    edges : sequence of Edge
        In order.
    below_m : float
        Edges at least this wide are left out [m].
    """
    parent: dict[float, float] = {}
    potential: dict[float, int] = {}

    def find(n: float) -> tuple[float, int]:
        path = []
        bits = 0
        while parent.get(n, n) != n:
            path.append(n)
            n = parent[n]
        for m in reversed(path):  # compress: potentials become relative to the root
            bits ^= potential[m]
            parent[m], potential[m] = n, bits
        return n, bits

    for number, edge in enumerate(edges):
        if edge.width_m >= below_m:
            break
        if edge.u == edge.v:
            if edge.lanes:
                yield number, edge.lanes
            continue
        (ru, bu), (rv, bv) = find(edge.u), find(edge.v)
        cycle = bu ^ bv ^ edge.lanes
        if ru != rv:
            parent[rv], potential[rv] = ru, cycle
        elif cycle:
            yield number, cycle


def paths_in(bits: int) -> Iterator[int]:
    """Yield the numbers of the paths in a bit set, lowest first.

    >>> list(paths_in(0b1010))
    [1, 3]
    """
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def adjacency(edges: Sequence[Edge]) -> dict[float, list[int]]:
    """Return, for each node, the numbers of its edges."""
    around: dict[float, list[int]] = {}
    for number, edge in enumerate(edges):
        around.setdefault(edge.u, []).append(number)
        around.setdefault(edge.v, []).append(number)
    return around


def chain(edges: Sequence[Edge], around: Mapping[float, Sequence[int]], last: int, path: int) -> set[float]:
    """Return the nodes of the shortest chain across ``path`` that edge ``last`` completes.

    Dijkstra on (node, parity), by the number of obstacles and then the length of the gaps: of a row
    of parked cars that touch one another the one that stands out is named, not its neighbours.
    """
    closing = edges[last]
    begin, end = (closing.u, closing.v) if closing.u != WALL else (closing.v, closing.u)
    start = (begin, 0)
    goal = (end, 1 ^ (closing.lanes >> path & 1))
    best: dict[tuple[float, int], float] = {start: 0.0}
    came: dict[tuple[float, int], tuple[float, int]] = {}
    heap = [(0.0, start)]
    while heap and start != goal:
        d, state = heapq.heappop(heap)
        if state == goal:
            break
        # A chain ends where it meets the wall: going on from there would bar the lane elsewhere.
        if d > best[state] or (state[0] == WALL and state != start):
            continue
        for number in around.get(state[0], ()):
            if number > last:
                break  # wider than the gap that bars the lane
            edge = edges[number]
            other = edge.v if edge.u == state[0] else edge.u
            following = (other, state[1] ^ (edge.lanes >> path & 1))
            # Lengths that differ by rounding alone are equal: then the order of the obstacles decides.
            total = round(d + 1.0 + 1e-3 * edge.width_m, 9)
            if total < best.get(following, np.inf):
                best[following] = total
                came[following] = state
                heapq.heappush(heap, (total, following))
    nodes = {closing.u, closing.v}
    state = goal
    while state in came:
        nodes.add(state[0])
        state = came[state]
    return nodes


def bars_at(ways: Sequence[Arms], width_of: Mapping[int, float]) -> list[tuple[int, int]]:
    """Return (lane, path) for the lanes that an obstacle on their junction bars.

    Arms are joined by the widest ways first. Where two groups of arms meet, the way between them limits
    the lanes of the smaller group (of both, where they are alike): were all lanes wider than that, every
    arm would reach every other.

    Parameters
    ----------
    ways : sequence of Arms
        Of one junction.
    width_of : Mapping
        Path → its narrowest barrier; a path that nothing bars is left out [m].
    """
    order = sorted(ways, key=lambda way: (-round(width_of.get(way.path, np.inf), 8), way.path))
    group: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for way in ways:
        for arm in way.arms:
            group.setdefault(arm, [arm])
    result = []
    for way in order:
        a, b = (group[arm] for arm in way.arms)
        if a is b:
            continue
        if way.path in width_of:
            smaller = min(len(a), len(b))
            result += [(lane, way.path) for arms in (a, b) if len(arms) == smaller for lane, _ in arms]
        joined = a + b
        for arm in joined:
            group[arm] = joined
    return result
