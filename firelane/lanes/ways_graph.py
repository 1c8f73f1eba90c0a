"""Independent ways in a graph: what every way from a source must pass, and its rings.

Lowpoints of one depth-first search (Hopcroft and Tarjan 1973, algorithm 447) give both: the vertices that
all ways from the root pass (dominators of an undirected graph), and the blocks that no single vertex parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from firelane.lanes.arrays import Ints


@dataclass(frozen=True)
class Search:
    """Depth-first search of a multigraph.

    Attributes
    ----------
    order : (m,) int array
        Vertices in the order of discovery, those of one component after the other.
    parent : (n,) int array
        Parent of each vertex; -1 for roots and for what no root reaches.
    parent_edge : (n,) int array
        Edge to the parent, -1 where there is none.
    found : (n,) int array
        Place in ``order``; -1 for what no root reaches.
    low : (n,) int array
        Least ``found`` that a vertex's subtree touches by one further edge.
    """

    order: Ints
    parent: Ints
    parent_edge: Ints
    found: Ints
    low: Ints

    @cached_property
    def dominator(self) -> Ints:
        """(n,) the nearest vertex that *every* way from the root to a vertex passes; -1 for roots."""
        result = np.full(len(self.parent), -1, np.int64)
        parent, found, low = self.parent.tolist(), self.found.tolist(), self.low.tolist()
        told = result.tolist()
        for v in self.order.tolist():
            p = parent[v]
            if p >= 0:
                told[v] = p if low[v] >= found[p] else told[p]
        result[:] = told
        return result

    @cached_property
    def block(self) -> Ints:
        """(n,) number of the block that holds a vertex and its edge to its parent; -1 for roots.

        Two edges are in one block where some ring holds both; a bridge is a block of its own.
        """
        parent, found, low = self.parent.tolist(), self.found.tolist(), self.low.tolist()
        told = [-1] * len(parent)
        count = 0
        for v in self.order.tolist():
            p = parent[v]
            if p < 0:
                continue
            if low[v] >= found[p]:
                told[v], count = count, count + 1
            else:
                told[v] = told[p]
        return np.array(told, np.int64)


def search(count: int, edges: Ints, roots: Ints) -> Search:
    """Search a multigraph depth first.

    Parameters
    ----------
    count : int
        Number of vertices.
    edges : (k, 2) int array
        Parallel edges count as two ways; loops are ignored.
    roots : (r,) int array
        Vertices to start from; one that an earlier one reaches starts nothing.
    """
    edges = np.asarray(edges, np.int64).reshape(-1, 2)
    number = np.flatnonzero(edges[:, 0] != edges[:, 1])
    tail = np.concatenate((edges[number, 0], edges[number, 1]))
    head = np.concatenate((edges[number, 1], edges[number, 0]))
    name = np.concatenate((number, number))
    by_tail = np.lexsort((name, tail))
    first = np.searchsorted(tail[by_tail], np.arange(count + 1)).tolist()
    to, edge = head[by_tail].tolist(), name[by_tail].tolist()
    at = first[:-1].copy()
    parent, parent_edge, found, low = ([-1] * count for _ in range(4))
    order: list[int] = []
    for root in np.asarray(roots).tolist():
        if found[root] >= 0:
            continue
        found[root] = low[root] = len(order)
        order.append(root)
        stack = [root]
        while stack:
            v = stack[-1]
            if at[v] == first[v + 1]:
                stack.pop()
                if stack:
                    low[stack[-1]] = min(low[stack[-1]], low[v])
                continue
            w, e = to[at[v]], edge[at[v]]
            at[v] += 1
            if found[w] < 0:
                parent[w], parent_edge[w] = v, e
                found[w] = low[w] = len(order)
                order.append(w)
                stack.append(w)
            elif e != parent_edge[v]:
                low[v] = min(low[v], found[w])
    as_ints = (np.array(values, np.int64) for values in (order, parent, parent_edge, found, low))
    return Search(*as_ints)
