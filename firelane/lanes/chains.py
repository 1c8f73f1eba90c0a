"""Chains of medial nodes between junctions and ends, all at once.

A chain is what lies between two key nodes: nodes where not exactly two edges meet. Dropping edges and
making the chains anew joins what remains at nodes where two are left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

from firelane.lanes.boundary import Bools, Floats, Ints


@dataclass(frozen=True)
class Chains:
    """Paths of node numbers laid end to end.

    Attributes
    ----------
    nodes : (n,) int array
    first : (k + 1,) int array
        Where each chain begins in ``nodes``, and the end of the last.
    xy : (m, 2) array
        Of all nodes of the medial axis.
    """

    nodes: Ints
    first: Ints
    xy: Floats

    def __len__(self) -> int:
        return len(self.first) - 1

    @property
    def start(self) -> Ints:
        """First node of each chain."""
        return self.nodes[self.first[:-1]]

    @property
    def end(self) -> Ints:
        """Last node of each chain."""
        return self.nodes[self.first[1:] - 1]

    @cached_property
    def owner(self) -> Ints:
        """Chain that each entry of ``nodes`` belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    @cached_property
    def degree(self) -> Ints:
        """How many chain ends meet at each node."""
        return np.bincount(np.concatenate((self.start, self.end)), minlength=len(self.xy))

    @cached_property
    def length_m(self) -> Floats:
        """Length of each chain [m]."""
        step = np.zeros(len(self.nodes))
        step[1:] = np.hypot(*np.diff(self.xy[self.nodes], axis=0).T)
        step[self.first[:-1]] = 0.0
        length: Floats = np.add.reduceat(step, self.first[:-1]) if len(self) else np.zeros(0)
        return length

    def reach_m(self, chains: Ints, origin: Ints) -> Floats:
        """Return how far some chains get from a node of their own each, as the crow flies [m]."""
        count = np.diff(self.first)[chains]
        begin = np.cumsum(count) - count
        entry = np.arange(int(count.sum())) + np.repeat(self.first[chains] - begin, count)
        away = self.xy[self.nodes[entry]] - np.repeat(self.xy[origin], count, axis=0)
        reach: Floats = np.maximum.reduceat(np.hypot(away[:, 0], away[:, 1]), begin) if len(chains) else np.zeros(0)
        return reach

    def edges(self, keep: Bools | None = None) -> Ints:
        """Return the edges along the chains that are kept."""
        inner = self.owner[1:] == self.owner[:-1]
        if keep is not None:
            inner &= keep[self.owner[1:]]
        where = np.flatnonzero(inner)
        return np.column_stack((self.nodes[where], self.nodes[where + 1]))

    def paths(self) -> list[Ints]:
        """Return the chains one by one."""
        return np.split(self.nodes, self.first[1:-1]) if len(self) else []


def chains_of(edges: Ints, xy: Floats) -> Chains:
    """Return the chains of a graph; each starts at the lower of its two key nodes.

    Parameters
    ----------
    edges : (k, 2) int array
    xy : (m, 2) array
        Places of all nodes, whether they have edges or not.
    """
    size = len(xy)
    degree = np.bincount(edges.ravel(), minlength=size)
    inner = degree == 2
    label, ends = _components(edges, inner, size)
    if ends is None:
        # A ring without any junction opens at its south-western node: a place, not a number.
        loose = np.setdiff1d(label, label[_end_nodes(edges, inner, size)])
        nodes = np.flatnonzero(inner)
        east, north = np.round(xy[nodes], 6).T
        order = nodes[np.lexsort((north, east))]
        ring, first = np.unique(label[_number(inner)[order]], return_index=True)
        inner = inner.copy()
        inner[order[first[np.isin(ring, loose)]]] = False
        label, ends = _components(edges, inner, size)
        assert ends is not None
    return _ordered(edges, inner, ends, xy)


def _number(inner: Bools) -> Ints:
    return np.cumsum(inner) - 1


def _end_nodes(edges: Ints, inner: Bools, size: int) -> Ints:
    """Return the numbers among inner nodes of those that end a path of inner nodes."""
    both = inner[edges].all(axis=1)
    count = np.bincount(edges[both].ravel(), minlength=size)[inner]
    return np.flatnonzero(count < 2)


def _components(edges: Ints, inner: Bools, size: int) -> tuple[Ints, Ints | None]:
    """Return the path of each inner node, and the two ends of each path (None: some path is a ring)."""
    number = _number(inner)
    both = number[edges[inner[edges].all(axis=1)]]
    total = int(inner.sum())
    graph = coo_matrix((np.ones(len(both), np.int8), (both[:, 0], both[:, 1])), shape=(total, total))
    count, label = connected_components(graph, directed=False)
    label = label.astype(np.int64)
    loose = _end_nodes(edges, inner, size)
    alone = np.bincount(both.ravel(), minlength=total)[loose] == 0
    ends = np.sort(np.concatenate((loose, loose[alone])))
    ends = ends[np.argsort(label[ends], kind="stable")]
    if len(ends) != 2 * count:
        return label, None
    return label, ends.reshape(-1, 2)


def _ordered(edges: Ints, inner: Bools, ends: Ints, xy: Floats) -> Chains:
    """Lay all paths of inner nodes end to end, walk along them once, and put the key nodes between."""
    count = len(ends)
    number, nodes = _number(inner), np.flatnonzero(inner)
    flags = inner[edges]
    # Which key node each path's end hangs on; a path of one node hangs on two.
    hang = edges[flags.sum(axis=1) == 1]
    turned = ~inner[hang[:, 0]]
    hang = np.where(turned[:, None], hang[:, ::-1], hang)
    hang = hang[np.lexsort((hang[:, 1], hang[:, 0]))]
    at = np.searchsorted(hang[:, 0], nodes[ends])
    at[:, 1] += ends[:, 0] == ends[:, 1]
    keys = hang[at, 1] if count else np.zeros((0, 2), np.int64)
    swap = keys[:, 0] > keys[:, 1]
    ends, keys = np.where(swap[:, None], ends[:, ::-1], ends), np.where(swap[:, None], keys[:, ::-1], keys)
    path, starts = _walk(number[edges[flags.all(axis=1)]], ends, len(nodes))
    direct = np.sort(edges[~flags.any(axis=1)], axis=1)
    lengths = np.concatenate((np.diff(np.r_[starts, len(path)]) + 2, np.full(len(direct), 2)))
    first = np.r_[0, np.cumsum(lengths)]
    flat = np.empty(first[-1], np.int64)
    flat[first[:-1]] = np.concatenate((keys[:, 0], direct[:, 0]))
    flat[first[1:] - 1] = np.concatenate((keys[:, 1], direct[:, 1]))
    filled: npt.NDArray[np.bool_] = np.ones(len(flat), bool)
    filled[first[:-1]] = filled[first[1:] - 1] = False
    flat[filled] = nodes[path]
    return Chains(flat, first, xy)


def _walk(edges: Ints, ends: Ints, total: int) -> tuple[Ints, Ints]:
    """Return inner nodes in order along their paths, and where each path begins."""
    if not total:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    links = np.column_stack((ends[:-1, 1], ends[1:, 0]))
    every = np.vstack((edges, links))
    ones = np.ones(2 * len(every), np.int8)
    graph = csr_matrix((ones, (every.T.ravel(), every[:, ::-1].T.ravel())), shape=(total, total))
    order = breadth_first_order(graph, int(ends[0, 0]), directed=True, return_predecessors=False).astype(np.int64)
    place = np.empty(total, np.int64)
    place[order] = np.arange(total)
    return order, place[ends[:, 0]]
