"""How wide a vehicle gets from somewhere to everywhere.

Pieces and pinches form a graph; its maximum spanning tree holds the widest way between any two
places, and the pinch that limits it. Method: docs/decisions/0003
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from firelane.lanes.arrays import Bools, Floats, Ints, order_of
from firelane.lanes.boundary import Boundary
from firelane.lanes.pieces import Pieces, cut
from firelane.lanes.pinches import Pinches, find_pinches

CAP_M = 8.0


@dataclass(frozen=True)
class Limits:
    """Bottleneck from one source to each piece.

    ``width_m`` is inf where nothing narrower than the cap lies between, 0 where there is no way;
    ``governing`` is the pinch that limits it, -1 where none does.
    """

    width_m: Floats
    governing: Ints


@dataclass(frozen=True)
class WidestWay:
    """The graph of pieces and pinches of one free space, and its widest ways.

    Parameters
    ----------
    boundary : Boundary
    cap_m : float
        Widths are told apart below this; at it the answer means "this or more" [m].
    pinches : Pinches, optional
        All pinches below ``cap_m``, when they are known already.
    """

    boundary: Boundary
    cap_m: float = CAP_M
    pinches: Pinches = None  # type: ignore[assignment]
    pieces: Pieces = field(init=False)
    in_tree: Bools = field(init=False)
    _tree: coo_matrix = field(init=False)
    _rank: Ints = field(init=False)
    _ranked_m: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Cut the free space and build the maximum spanning tree."""
        if self.pinches is None:
            object.__setattr__(self, "pinches", find_pinches(self.boundary, self.cap_m))
        pieces = cut(self.boundary, self.pinches)
        object.__setattr__(self, "pieces", pieces)
        a, b = np.sort(pieces.sides, axis=1).T if len(self.pinches) else (np.zeros(0, int),) * 2
        # Ranks, widest first, from 1: unique integers leave no ties and lose no digits.
        order = np.argsort(-self.pinches.width_m, kind="stable")
        object.__setattr__(self, "_rank", order)
        object.__setattr__(self, "_ranked_m", self.pinches.width_m[order])
        rank = np.empty(len(a), np.int64)
        rank[order] = np.arange(1, len(a) + 1)
        # The widest of each pair of pieces alone: in that order it comes first.
        pair = a * (pieces.count + 1) + b
        by_pair = order[order_of(pair[order])] if len(a) else order
        keep = np.ones(len(by_pair), bool)
        keep[1:] = pair[by_pair][1:] != pair[by_pair][:-1]
        use = by_pair[keep]
        use = use[a[use] != b[use]]
        nodes = pieces.count
        graph = coo_matrix((rank[use].astype(float), (a[use], b[use])), shape=(nodes, nodes))
        tree = minimum_spanning_tree(graph.tocsr()).tocoo()
        chosen = order[tree.data.astype(np.int64) - 1]
        in_tree = np.zeros(len(a), bool)
        in_tree[chosen] = True
        object.__setattr__(self, "in_tree", in_tree)
        object.__setattr__(self, "_tree", tree)

    def limits(self, sources: Ints, own_m: Floats | None = None) -> Limits:
        """Return the bottleneck from any of ``sources`` to every piece.

        Parameters
        ----------
        sources : (s,) int array
            Piece numbers.
        own_m : (s,) array, optional
            Widest disc at each source itself; unlimited where left out [m].
        """
        nodes = self.pieces.count
        root = nodes
        tree = self._tree
        sources, own = _widest_sources(sources, own_m)
        # Sources hang on one root, by edges that rank among the pinches as their own discs do: between two
        # whole ranks, each at a place of its own, and before all where nothing limits them.
        narrower = np.searchsorted(-self._ranked_m, -own, "right")
        own_weight = narrower + np.arange(1, len(own) + 1) / (len(own) + 1)
        row = np.concatenate((tree.row, np.full(len(sources), root)))
        col = np.concatenate((tree.col, sources))
        data = np.concatenate((tree.data, own_weight))
        graph = coo_matrix((data, (row, col)), shape=(nodes + 1, nodes + 1)).tocsr()
        spanning = minimum_spanning_tree(graph)
        visited, parent = breadth_first_order(spanning, root, directed=False)
        weight = np.zeros(nodes + 1)
        both = (spanning + spanning.T).tocsr()
        children = visited[1:]
        if len(children):
            weight[children] = np.asarray(both[children, parent[children]]).ravel()
        # Pointer jumping: the largest rank on the way to the root is the narrowest pinch.
        jump = np.where(parent < 0, np.arange(nodes + 1), parent)
        while True:
            weight = np.maximum(weight, weight[jump])
            following = jump[jump]
            if np.array_equal(following, jump):
                break
            jump = following
        reached = np.zeros(nodes + 1, bool)
        reached[visited] = True
        limit = np.full(nodes, np.inf)
        governing = np.full(nodes, -1, np.int64)
        whole = weight[:nodes] == np.floor(weight[:nodes])
        ranked = reached[:nodes] & whole
        governing[ranked] = self._rank[weight[:nodes][ranked].astype(np.int64) - 1]
        limit[ranked] = self.pinches.width_m[governing[ranked]]
        by_source = reached[:nodes] & ~whole
        part = np.mod(weight[:nodes][by_source], 1.0)
        limit[by_source] = own[np.round(part * (len(own) + 1)).astype(np.int64) - 1]
        limit[~reached[:nodes]] = 0.0
        return Limits(limit, governing)

    def between(self, a: Floats, z: Floats) -> Floats:
        """Return the widest disc that gets from ``a`` to each place of ``z``, at most the cap.

        At the cap the answer means "this or more"; 0 on an obstacle or outside free space.

        Parameters
        ----------
        a : (2,) or (k, 2) array
            One place or several; from several it is the widest disc that gets there from any.
        z : (m, 2) array
            Places in free space, in the coordinates of the input [m].
        """
        starts, ends = np.reshape(a, (-1, 2)), np.reshape(z, (-1, 2))
        label, distance = self.pieces.locate(np.vstack((starts, ends)))
        here, there = label[: len(starts)], label[len(starts) :]
        limit = self.limits(here, 2 * distance[: len(starts)]).width_m[there]
        widest: Floats = np.minimum(np.minimum(limit, 2 * distance[len(starts) :]), self.cap_m)
        return widest


def _widest_sources(sources: Ints, own_m: Floats | None) -> tuple[Ints, Floats]:
    """Return each piece once, with the widest disc of its sources, widest first."""
    sources = np.asarray(sources, np.int64)
    own = np.full(len(sources), np.inf) if own_m is None else np.asarray(own_m, float)
    order = np.lexsort((sources, -own))
    _, first = np.unique(sources[order], return_index=True)
    chosen = order[np.sort(first)]
    return sources[chosen], own[chosen]
