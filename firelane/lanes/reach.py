"""How wide a vehicle gets from somewhere to everywhere.

Pieces and pinches form a graph; its maximum spanning tree holds the widest way between any two
places, and the pinch that limits it. Method: facts on exact pinches, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from firelane.lanes.boundary import Bools, Boundary, Floats, Ints
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

    def __post_init__(self) -> None:
        """Cut the free space and build the maximum spanning tree."""
        if self.pinches is None:
            object.__setattr__(self, "pinches", find_pinches(self.boundary, self.cap_m))
        pieces = cut(self.boundary, self.pinches)
        object.__setattr__(self, "pieces", pieces)
        a, b = np.sort(pieces.sides, axis=1).T if len(self.pinches) else (np.zeros(0, int),) * 2
        # Ranks, widest first, from 1: unique integers leave no ties and lose no digits.
        order = np.lexsort((np.arange(len(a)), -self.pinches.width_m))
        rank = np.empty(len(a), np.int64)
        rank[order] = np.arange(1, len(a) + 1)
        by_pair = np.lexsort((rank, b, a))
        keep = np.ones(len(by_pair), bool)
        keep[1:] = (a[by_pair][1:] != a[by_pair][:-1]) | (b[by_pair][1:] != b[by_pair][:-1])
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
        object.__setattr__(self, "_rank", order)

    def limits(self, sources: Ints) -> Limits:
        """Return the bottleneck from any of ``sources`` (piece numbers) to every piece."""
        nodes = self.pieces.count
        root = nodes
        tree = self._tree
        sources = np.unique(sources)
        # Several sources hang on one root by edges that limit nothing: rank 0.5 is wider than all.
        row = np.concatenate((tree.row, np.full(len(sources), root)))
        col = np.concatenate((tree.col, sources))
        data = np.concatenate((tree.data, np.full(len(sources), 0.5)))
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
        ranked = reached[:nodes] & (weight[:nodes] >= 1.0)
        governing[ranked] = self._rank[weight[:nodes][ranked].astype(np.int64) - 1]
        limit[ranked] = self.pinches.width_m[governing[ranked]]
        limit[~reached[:nodes]] = 0.0
        return Limits(limit, governing)

    def between(self, a: Floats, z: Floats) -> Floats:
        """Return the widest disc that gets from ``a`` to each place of ``z``, at most the cap.

        Parameters
        ----------
        a : (2,) array
        z : (m, 2) array
            Places in free space, in the coordinates of the input [m].
        """
        label_a, distance_a = self.pieces.locate(np.asarray(a, float).reshape(1, 2))
        label_z, distance_z = self.pieces.locate(z)
        limit = self.limits(label_a).width_m[label_z]
        widest: Floats = np.minimum.reduce(
            [limit, 2 * distance_z, np.full(len(limit), min(2 * distance_a[0], self.cap_m))]
        )
        return widest
