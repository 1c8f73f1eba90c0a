"""Odd closed walks of a gap graph: the cuts of which every remedy contains at least one obstacle."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from firelane.lanes.gap_graph import SLACK_M, GapGraph

Cut = frozenset[int]
Roots = Literal["fixed", "every", "each"]


@dataclass(frozen=True)
class Net:
    """The gaps that bar a disc on one column, without what lies on no closed walk.

    Attributes
    ----------
    label : list of int
        Row of each node, -1 for a fixed body.
    edges : list of (u, v, odd)
    """

    label: list[int]
    edges: list[tuple[int, int, int]]

    @classmethod
    def of(cls, graph: GapGraph, column: int, removable: Collection[int], limit_m: float) -> Net:
        """Take the gaps narrower than the limit; whatever may not be removed is fixed."""
        narrow = int(np.searchsorted(graph.width_m, limit_m - SLACK_M, side="left"))
        u, v, odd = graph.u[:narrow], graph.v[:narrow], graph.odd(column)[:narrow]
        size = len(graph.label)
        key = np.unique(((u * size + v) * 2 + odd)[(u != v) | (odd == 1)])
        edges = list(zip((key // 2 // size).tolist(), (key // 2 % size).tolist(), (key % 2).tolist(), strict=True))
        degree: dict[int, int] = {}
        at: dict[int, list[int]] = {}
        for k, (a, z, _) in enumerate(edges):
            for n in (a, z):
                degree[n] = degree.get(n, 0) + 1
                at.setdefault(n, []).append(k)
        alive = [True] * len(edges)
        leaves = [n for n, d in degree.items() if d == 1]
        while leaves:  # a node with one edge lies on no closed walk worth the name
            n = leaves.pop()
            for k in at[n]:
                if alive[k]:
                    alive[k] = False
                    for m in edges[k][:2]:
                        degree[m] -= 1
                        if degree[m] == 1:
                            leaves.append(m)
        edges = [e for k, e in enumerate(edges) if alive[k]]
        number = {n: k for k, n in enumerate(sorted({n for e in edges for n in e[:2]}))}
        rows = graph.label.tolist()
        label = [rows[n] if rows[n] in removable else -1 for n in number]
        return cls(label, [(number[a], number[z], odd) for a, z, odd in edges])

    @cached_property
    def rows(self) -> frozenset[int]:
        """Removable rows in this net."""
        return frozenset(self.label) - {-1}

    @cached_property
    def around(self) -> list[list[tuple[int, int]]]:
        """(other node, parity) of the edges at each node, without loops."""
        result: list[list[tuple[int, int]]] = [[] for _ in self.label]
        for a, z, odd in self.edges:
            if a != z:
                result[a].append((z, odd))
                result[z].append((a, odd))
        return result

    @cached_property
    def fixed(self) -> list[int]:
        """Nodes that nothing removes, those with most edges first."""
        return sorted((n for n, row in enumerate(self.label) if row < 0), key=lambda n: (-len(self.around[n]), n))

    def is_open(self, removed: Collection[int]) -> bool:
        """Tell whether no odd closed walk is left without some rows."""
        gone = [row in removed for row in self.label]
        if any(a == z and not gone[a] for a, z, _ in self.edges):
            return False
        colour = [-1] * len(self.label)
        for root in range(len(self.label)):
            if gone[root] or colour[root] >= 0:
                continue
            colour[root] = 0
            stack = [root]
            while stack:
                n = stack.pop()
                for m, odd in self.around[n]:
                    if gone[m]:
                        continue
                    if colour[m] < 0:
                        colour[m] = colour[n] ^ odd
                        stack.append(m)
                    elif colour[m] != colour[n] ^ odd:
                        return False
        return True

    def cuts(self, weight: Mapping[int, float], *, below: float, most: int, roots: Roots) -> list[tuple[float, Cut]]:
        """Return light odd closed walks as (weight, rows), lightest first.

        Parameters
        ----------
        weight : Mapping
            Row → weight; inf for one that is removed, 0 where it is missing.
        below : float
            Heavier ones are left out.
        most : int
        roots : {"fixed", "every", "each"}
            Where walks are looked for: through fixed bodies, the lightest through every node, or from one node
            of each connected part (if there is a walk at all, one is found).
        """
        cost = [0.0 if row < 0 else weight.get(row, 0.0) for row in self.label]
        best: dict[Cut, float] = {}
        for a, z, _ in self.edges:
            if a == z and cost[a] < below:
                best[frozenset((self.label[a],)) - {-1}] = cost[a]
        seen = [False] * len(self.label)
        chosen = self.fixed if roots == "fixed" and self.fixed else dict.fromkeys([*self.fixed, *range(len(self.label))])
        for root in chosen:
            if cost[root] >= below or (roots == "each" and seen[root]):
                continue
            for value, cut in self._from(root, cost, seen, below):
                if value < below and value < best.get(cut, np.inf):
                    best[cut] = value
        return sorted(((value, cut) for cut, value in best.items()), key=lambda c: (c[0], len(c[1]), sorted(c[1])))[:most]

    def _from(self, root: int, cost: list[float], seen: list[bool], below: float) -> Iterator[tuple[float, Cut]]:
        """Yield the odd closed walks that single edges close in the tree of lightest ways from a root."""
        distance = {root: cost[root]}
        parent = {root: -1}
        colour = {root: 0}
        depth = {root: 0}
        done: set[int] = set()
        heap = [(cost[root], 0, root)]
        while heap:
            d, steps, n = heapq.heappop(heap)
            if n in done:
                continue
            done.add(n)
            seen[n] = True
            for m, odd in self.around[n]:
                total = d + cost[m]
                if total < below and m not in done and (total, steps + 1) < (distance.get(m, np.inf), depth.get(m, 0)):
                    distance[m], parent[m], colour[m], depth[m] = total, n, colour[n] ^ odd, steps + 1
                    heapq.heappush(heap, (total, steps + 1, m))
        for a, z, odd in self.edges:
            if a == z or a not in done or z not in done or not colour[a] ^ colour[z] ^ odd:
                continue
            walk = []
            p, q = a, z
            while p != q:
                if depth[p] >= depth[q]:
                    walk.append(p)
                    p = parent[p]
                else:
                    walk.append(q)
                    q = parent[q]
            walk.append(p)
            rows = frozenset(self.label[n] for n in walk) - {-1}
            costs = {self.label[n]: cost[n] for n in walk}  # the set counts, not the walk
            yield sum(costs[row] for row in sorted(rows)), rows


def combined(choices: list[list[tuple[float, Cut]]], most: int) -> Iterator[Cut]:
    """Yield unions of one cut per way, the lightest first."""
    for k in range(min(most, max(map(len, choices), default=0))):
        yield frozenset(itertools.chain.from_iterable(found[min(k, len(found) - 1)][1] for found in choices))
