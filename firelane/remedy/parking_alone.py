"""Which single obstacles break a target by themselves, all others of their kind being gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from firelane.lanes.gaps import SLACK_M, GapGraph
from firelane.remedy.hitting import Target, Way


def breaking_alone(targets: Sequence[Target], rows: Collection[int], *, limit_m: float) -> set[int]:
    """Return those of ``rows`` each of which, alone among them, closes some target.

    Parameters
    ----------
    targets : sequence of Target
        Open without all of ``rows``.
    rows : collection of int
        Rows of obstacles, as the graphs of the targets number them.
    limit_m : float
        Width of the disc [m].
    """
    every = set(rows)
    closes: dict[tuple[int, int], set[int]] = {}
    found: set[int] = set()
    for target in targets:
        closed = [_closing(way, every, limit_m, closes) for way in target.ways if not way.barred]
        if closed:
            found |= set.intersection(*closed)
    return found


def _closing(way: Way, rows: set[int], limit_m: float, known: dict[tuple[int, int], set[int]]) -> set[int]:
    """Return the rows each of which closes a way."""
    closed = set(way.forced) & rows
    if way.graph is not None:
        for column in way.columns:
            key = (id(way.graph), column)
            if key not in known:
                known[key] = _odd(way.graph, column, rows, limit_m)
            closed |= known[key]
    return closed


def _odd(graph: GapGraph, column: int, rows: set[int], limit_m: float) -> set[int]:
    """Return the rows that close an odd walk together with what is not among ``rows``."""
    narrow = graph.width_m < limit_m - SLACK_M
    odd = graph.odd(column).tolist()
    one_of = np.isin(graph.label, list(rows))
    label_u, label_v = graph.label[graph.u], graph.label[graph.v]
    mine_u, mine_v = one_of[graph.u], one_of[graph.v]
    base = _Parities()
    for e in np.flatnonzero(narrow & ~mine_u & ~mine_v).tolist():
        base.joined(int(graph.u[e]), int(graph.v[e]), odd[e])
    alone = narrow & (mine_u | mine_v) & (~mine_u | ~mine_v | (label_u == label_v))
    edges: dict[int, list[int]] = {}
    for e in np.flatnonzero(alone).tolist():
        edges.setdefault(int(label_u[e] if mine_u[e] else label_v[e]), []).append(e)
    found = set()
    for row, around in edges.items():
        # The base is never changed: each obstacle is joined to a copy of the few groups that it meets.
        mine = _Parities()
        for e in around:
            (u, odd_u), (v, odd_v) = base.root(int(graph.u[e])), base.root(int(graph.v[e]))
            if mine.joined(u, v, odd_u ^ odd_v ^ (odd[e])):
                found.add(row)
                break
    return found


@dataclass
class _Parities:
    """Groups of nodes, each node with its parity relative to the root of its group."""

    def __post_init__(self) -> None:
        self._parent: dict[int, int] = {}
        self._parity: dict[int, int] = {}

    def root(self, node: int) -> tuple[int, int]:
        """Return the root of a node's group and the parity between them."""
        way, odd = [], 0
        while self._parent.get(node, node) != node:
            way.append(node)
            node = self._parent[node]
        for passed in reversed(way):
            odd ^= self._parity[passed]
            self._parent[passed], self._parity[passed] = node, odd
        return node, odd

    def joined(self, u: int, v: int, odd: int) -> bool:
        """Join two nodes by an edge; True where that closes an odd walk."""
        (ru, pu), (rv, pv) = self.root(u), self.root(v)
        if ru != rv:
            self._parent[rv], self._parity[rv] = ru, pu ^ pv ^ odd
            return False
        return bool(pu ^ pv ^ odd)
