"""Which curves a chord crosses an odd number of times, and which the walk along an outline does."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
import shapely

from firelane.lanes.boundary import Floats, Ints


class Curves:
    """Polylines: the columns of a gap graph.

    Every test uses one half-open rule, so that the parity of a closed line is right even where it meets a
    curve in a vertex of either.

    Parameters
    ----------
    lines : sequence of (n, 2) arrays
        Local coordinates [m].
    """

    def __init__(self, lines: Sequence[Floats]) -> None:
        self.count = len(lines)
        self._a = np.concatenate([xy[:-1] for xy in lines]) if lines else np.zeros((0, 2))
        self._b = np.concatenate([xy[1:] for xy in lines]) if lines else np.zeros((0, 2))
        self._column = np.repeat(np.arange(len(lines)), [len(xy) - 1 for xy in lines])
        self._tree = shapely.STRtree(shapely.linestrings(np.stack((self._a, self._b), axis=1))) if lines else None

    def hits(self, p: Floats, q: Floats) -> tuple[Ints, Ints]:
        """Return (segment, column) once per crossing of the segments p → q with a curve."""
        nothing = np.zeros(0, np.int64)
        if self._tree is None or not len(p):
            return nothing, nothing
        # Boxes, not intersections: the half-open rule alone decides.
        low, high = np.minimum(p, q), np.maximum(p, q)
        boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
        chord, piece = self._tree.query(boxes)
        u, v, a, b = p[chord], q[chord], self._a[piece], self._b[piece]
        crossing = (_left(a, b, u) != _left(a, b, v)) & (_left(u, v, a) != _left(u, v, b))
        return chord[crossing], self._column[piece[crossing]]

    def crossed(self, p: Floats, q: Floats) -> list[int]:
        """Return per segment p → q the bit set of the curves crossed an odd number of times."""
        bits = [0] * len(p)
        for chord, column in zip(*(side.tolist() for side in self.hits(p, q)), strict=True):
            bits[chord] ^= 1 << column
        return bits


def _left(a: Floats, b: Floats, c: Floats) -> np.ndarray:
    result: np.ndarray = (
        (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) > 0.0
    )
    return result


class Walks:
    """Curves crossed on the way along closed outlines, from the first vertex of each.

    Parameters
    ----------
    curves : Curves
    start, end : (n, 2) arrays
        Half-edges, outline by outline [m].
    ring : (n,) int array
        Number of the outline, not decreasing.
    """

    def __init__(self, curves: Curves, start: Floats, end: Floats, ring: Ints) -> None:
        edge, column = curves.hits(start, end)
        order = np.argsort(edge, kind="stable")
        self._at: dict[int, list[int]] = {}
        self._bits: dict[int, list[int]] = {}
        self._ring = ring
        for h, c in zip(edge[order].tolist(), column[order].tolist(), strict=True):
            r = int(ring[h])
            at, bits = self._at.setdefault(r, []), self._bits.setdefault(r, [0])
            at.append(h)
            bits.append(bits[-1] ^ (1 << c))

    def before(self, half_edge: int) -> int:
        """Return the curves crossed from the outline's first vertex to the start of a half-edge."""
        r = int(self._ring[half_edge])
        if r not in self._at:
            return 0
        return self._bits[r][bisect_right(self._at[r], half_edge - 1)]

    def around(self, ring: int) -> int:
        """Return the curves crossed once round: those with one end inside."""
        return self._bits[ring][-1] if ring in self._at else 0
