"""Gaps between bodies as a signed graph: what bars a way, whatever is taken away.

The nodes are bodies (obstacles, pavement edges), the edges are gaps and contacts between them. Every
edge tells which *columns* (lanes, or ways from an entrance to a place) it crosses an odd number of
times. A disc of width w passes a column without the obstacles R exactly if the edges narrower than w
between kept bodies hold no closed walk that is odd for that column. Derivation: docs/decisions/0013.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from firelane.lanes.boundary import Floats, Ints

SLACK_M = 1e-6
"""Contract §2: a width w satisfies a limit if w >= limit - 1e-6, so a gap bars if it is narrower than that."""

FIXED = -1
"""Label of the edges of the pavement."""


@dataclass(frozen=True)
class Passage:
    """One way of passing: it is open if all its columns are, once the rows ``removed`` are gone.

    Attributes
    ----------
    columns : tuple of int
    removed : frozenset of int
        Rows of the obstacle table that must go for this way to count at all.
    stays : tuple of frozenset of int
        Of each of these sets some row must stay: without what covers it a junction is passed otherwise.
    """

    columns: tuple[int, ...]
    removed: frozenset[int] = frozenset()
    stays: tuple[frozenset[int], ...] = ()

    def counts(self, gone: Collection[int]) -> bool:
        """Tell whether this is a way at all once some rows are gone."""
        return self.removed.issubset(gone) and not any(rows.issubset(gone) for rows in self.stays)


@dataclass(frozen=True)
class GapGraph:
    """All gaps below a width between the bodies of one space.

    Attributes
    ----------
    label : (nodes,) int array
        Row of the space's obstacle table; -1 for an edge of the pavement, which nothing removes.
    u, v : (edges,) int arrays
        Nodes of each edge; edges by increasing width.
    width_m : (edges,) array
        0 where bodies touch or overlap [m].
    bits : tuple of int
        Per edge: bit set of the columns that it crosses an odd number of times.
    ends : (edges, 2, 2) array
        Contacts in the coordinates of the site [m].
    columns : int
        Number of columns.
    below_m : float
        All gaps narrower than this are here [m].
    passages : tuple of tuple of Passage
        Per lane (or pair of places): the ways in which it may be passed; one open way suffices.
    """

    label: Ints
    u: Ints
    v: Ints
    width_m: Floats
    bits: tuple[int, ...]
    ends: Floats
    columns: int
    below_m: float
    passages: tuple[tuple[Passage, ...], ...]

    @cached_property
    def _bit_rows(self) -> npt.NDArray[np.uint8]:
        """``bits`` as rows of bytes, least first."""
        size = self.columns // 8 + 1
        packed = b"".join([bits.to_bytes(size, "little") for bits in self.bits])
        return np.frombuffer(packed, np.uint8).reshape(len(self.bits), size)

    def odd(self, column: int) -> Ints:
        """Return, for every edge, 1 where it crosses a column an odd number of times, else 0."""
        return (self._bit_rows[:, column >> 3] >> (column & 7) & 1).astype(np.int64)

    def width(self, column: int, removed: Collection[int] = ()) -> tuple[float, int]:
        """Return the clear width of a column without some obstacles.

        Parameters
        ----------
        column : int
        removed : collection of int
            Rows of the obstacle table.

        Returns
        -------
        width_m : float
            ``below_m`` where nothing narrower bars it [m].
        edge : int
            The gap that decides, -1 where none does.
        """
        parent: dict[int, int] = {}
        parity: dict[int, int] = {}

        def find(n: int) -> tuple[int, int]:
            way = []
            odd = 0
            while parent.get(n, n) != n:
                way.append(n)
                n = parent[n]
            for m in reversed(way):  # compress: parities become relative to the root
                odd ^= parity[m]
                parent[m], parity[m] = n, odd
            return n, odd

        for e, a, b, odd in self.kept_edges(column, removed):
            (ra, pa), (rb, pb) = find(a), find(b)
            if ra != rb:
                parent[rb], parity[rb] = ra, pa ^ pb ^ odd
            elif pa ^ pb ^ odd:
                return float(self.width_m[e]), e
        return self.below_m, -1

    def kept_edges(self, column: int, removed: Collection[int] = ()) -> Iterator[tuple[int, int, int, int]]:
        """Yield (edge, u, v, parity) of the edges between kept bodies, narrowest first."""
        gone = np.isin(self.label, list(removed)) if removed else np.zeros(len(self.label), bool)
        kept = np.flatnonzero(~(gone[self.u] | gone[self.v]))
        for e, a, b in zip(kept.tolist(), self.u[kept].tolist(), self.v[kept].tolist(), strict=True):
            yield e, a, b, self.bits[e] >> column & 1

    def feasible(self, column: int, removed: Collection[int], limit_m: float) -> bool:
        """Tell whether a column is at least ``limit_m`` wide (less the slack) without some obstacles."""
        return self.width(column, removed)[0] >= limit_m - SLACK_M

    def passage_width(self, item: int, removed: Collection[int] = ()) -> tuple[float, int]:
        """Return the width of the widest way in which a lane (or pair) may be passed, and the edge that decides.

        Parameters
        ----------
        item : int
            Number of the lane or pair.
        removed : collection of int
            Rows of the obstacle table.
        """
        best = (0.0, -1)
        gone = set(removed)
        for passage in self.passages[item]:
            if passage.counts(gone):
                least = min((self.width(c, gone) for c in passage.columns), key=lambda w: w[0])
                if least[0] > best[0] or best[1] < 0:
                    best = max(best, least, key=lambda w: w[0])
        return best

    def relabelled(self, names: Mapping[int, int]) -> GapGraph:
        """Return the graph with the rows of another table, so that several spaces share one set of obstacles."""
        label = np.array([names[int(n)] if n >= 0 else FIXED for n in self.label], np.int64)
        passages = tuple(
            tuple(
                Passage(p.columns, _renamed(p.removed, names), tuple(_renamed(rows, names) for rows in p.stays))
                for p in item
            )
            for item in self.passages
        )
        return replace(self, label=label, passages=passages)


def _renamed(rows: frozenset[int], names: Mapping[int, int]) -> frozenset[int]:
    return frozenset(names[n] for n in rows)
