"""Which half-edge follows at a vertex that several share, and the rings that this makes.

Free space lies clockwise of every arrival, so the way out is the first departure clockwise from the
way back. Vertices where rounding alone says which of two edges comes first are paired so that the
turns add up to least: any other pairing goes round the vertex once more.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from firelane.lanes.arrays import Bools, Floats, Ints, order_of

SLIT_RAD = 1e-6
"""Edges that leave a vertex under less than this may lie in either order."""

SLIT_COST = 1e-3
"""Turn into such a slit [rad]: more than nothing, so that a needle beside it keeps its own two sides."""


def followers(
    start: Floats, end: Floats, tail: Ints, head: Ints, is_point: Bools, *, count: Ints, twin: Ints
) -> Ints:
    """Return ``next`` of every half-edge; points follow themselves.

    Parameters
    ----------
    start, end : (n, 2) arrays
    tail, head : (n,) int arrays
        Vertex numbers of starts and ends.
    is_point : (n,) bool array
    count : (vertices,) int array
        Half-edges that leave each vertex.
    twin : (n,) int array
        Opposite half-edge of a wall, else -1.
    """
    following = np.arange(len(start), dtype=np.int64)
    edges = np.flatnonzero(~is_point)
    simple = edges[count[tail[edges]] == 1]
    outgoing = np.full(len(count), -1, np.int64)
    outgoing[tail[simple]] = simple
    plain = edges[count[head[edges]] == 1]
    following[plain] = outgoing[head[plain]]

    arriving, leaving = edges[count[head[edges]] > 1], edges[count[tail[edges]] > 1]
    half_edge = np.concatenate((leaving, arriving))
    vertex = np.concatenate((tail[leaving], head[arriving]))
    away = np.concatenate((end[leaving] - start[leaving], start[arriving] - end[arriving]))
    angle = np.arctan2(away[:, 1], away[:, 0])
    comes = np.repeat([False, True], [len(leaving), len(arriving)])
    # Clockwise; a wall's own way out stands before its way in, and so comes last of all.
    order = np.lexsort((comes, -angle, vertex))
    half_edge, vertex, angle, comes = half_edge[order], vertex[order], angle[order], comes[order]
    if not len(order):
        return following
    first = np.flatnonzero(np.r_[True, vertex[1:] != vertex[:-1]])
    size = np.diff(np.r_[first, len(vertex)])
    then = np.arange(len(order)) + 1
    then[first + size - 1] = first
    gap = (angle - angle[then]) % (2 * np.pi)
    own_twin = twin[half_edge] == half_edge[then]
    unsure = (comes == comes[then]) | (~own_twin & ((gap < SLIT_RAD) | (gap > 2 * np.pi - SLIT_RAD)))
    odd = np.logical_or.reduceat(unsure, first)
    sure = comes & ~np.repeat(odd, size)
    following[half_edge[sure]] = half_edge[then[sure]]
    for begin, stop in zip(first[odd], (first + size)[odd], strict=True):
        here, into = half_edge[begin:stop], comes[begin:stop]
        _pair(following, start, end, into=here[into], out=here[~into], twin=twin)
    return following


def _pair(following: Ints, start: Floats, end: Floats, *, into: Ints, out: Ints, twin: Ints) -> None:
    """Pair arrivals and departures of one vertex so that the turns add up to least."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  (slow to import, rarely needed)

    into, out = np.sort(into), np.sort(out)
    back, away = start[into] - end[into], end[out] - start[out]
    turn = np.arctan2(
        away[:, 0] * back[:, 1:] - away[:, 1] * back[:, :1], back @ away.T
    ) % (2 * np.pi)  # fmt: skip  # clockwise from back
    turn[turn > 2 * np.pi - SLIT_RAD] = SLIT_COST
    turn[twin[into][:, None] == out] = 2 * np.pi  # round a wall's tip
    rows, columns = linear_sum_assignment(turn)
    following[into[rows]] = out[columns]


def ring_order(following: Ints) -> tuple[Ints, Ints]:
    """Return the half-edges in ring order and the ring number of each.

    Stretches where each half-edge is followed by its neighbour in the table move as one: only their
    ends are linked, by doubling steps. Rings come in the order of their first half-edge and begin with it.

    >>> ring_order(np.array([2, 1, 3, 0]))
    (array([0, 2, 3, 1]), array([0, 0, 0, 1]))
    """
    size = len(following)
    joined = following[:-1] == np.arange(1, size)
    first = np.flatnonzero(np.r_[True, ~joined])
    length = np.diff(np.r_[first, size])
    stretch_of = np.cumsum(np.r_[True, ~joined]) - 1
    then = stretch_of[following[first + length - 1]]
    number = len(first)
    links = coo_matrix((np.ones(number, np.int8), (np.arange(number), then)), shape=(number, number))
    _, ring = connected_components(links, directed=False)
    lead = np.full(int(ring.max()) + 1, number, np.int64)
    np.minimum.at(lead, ring, np.arange(number))
    # Half-edges from a stretch's begin to the end of its ring, the ring broken before its lead.
    is_last = then == lead[ring]
    ahead = np.where(is_last, np.arange(number), then)
    left = np.where(is_last, 0, length).astype(np.int64)
    while not is_last[ahead].all():
        left, ahead = left + left[ahead], ahead[ahead]
    left += np.where(is_last, length, length[ahead])
    ring = np.argsort(np.argsort(lead, kind="stable"), kind="stable")[ring]
    rank = order_of(ring * (size + 1) + (size - left))
    order = np.repeat(first[rank] - np.r_[0, np.cumsum(length[rank])[:-1]], length[rank]) + np.arange(size)
    return order, np.repeat(ring[rank], length[rank]).astype(np.int64)
