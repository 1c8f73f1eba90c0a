"""Half-edges in square cells: what lies near a place, read as runs of a sorted list.

Half-edges are cut into pieces about as long as the cells are wide and sorted by the cell of their
middle, column by column, so that a cell column's rows are one run. A table says where each cell
begins; where the extent is so sparse that the table would be larger than what it describes, runs
are found by bisection instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from firelane.lanes.arrays import Floats, Ints, expand, order_of

ROUNDING_M = 1e-6
"""Added to every search: rounding must not hide what lies exactly at its rim."""

NEAREST_CELLS = 32
"""Radius, in cells, beyond which nearest half-edges are left to a tree."""

CHUNK = 20_000
"""Places looked up at a time."""

TABLE_CELLS = 16
"""Largest number of cells per piece for which the table is built."""


def _cell_numbers(middle: Floats, size_m: float) -> tuple[Ints, float]:
    """Return the columns (or rows) of places, and where the first begins."""
    least = float(middle.min())
    middle -= least
    middle /= size_m
    return middle.astype(np.int64), least


@dataclass(frozen=True)
class Cells:
    """Pieces of half-edges, sorted by the cell of their middle; local coordinates [m].

    Attributes
    ----------
    size_m : float
        Width of a cell; no piece is longer.
    least : (2,) array
        Lower left corner of the first cell.
    columns, rows : int
    edge : (pieces,) int array
        Half-edge of each piece.
    x, y, ux, uy, length_m, before_m : (pieces,) arrays
        Start of the piece, its direction and length, and how far along the half-edge it starts.
    table : (cells + 1,) int array
        Where the pieces of each cell begin; empty where runs are found by bisection.
    key : (pieces,) int array
        Cell of each piece; empty where there is a table.
    """

    size_m: float
    least: Floats
    columns: int
    rows: int
    edge: Ints
    x: Floats
    y: Floats
    ux: Floats
    uy: Floats
    length_m: Floats
    before_m: Floats
    table: npt.NDArray[np.int32]
    key: Ints

    @classmethod
    def of(cls, start: Floats, direction: Floats, length_m: Floats, size_m: float) -> Cells:
        """Sort half-edges into cells ``size_m`` wide.

        Parameters
        ----------
        start, direction : (n, 2) arrays
        length_m : (n,) array
        size_m : float
        """
        number = np.ceil(length_m / size_m).astype(np.int64)
        np.maximum(number, 1, out=number)
        x, y, ux, uy = (np.ascontiguousarray(c) for c in (*start.T, *direction.T))
        whole = bool((number == 1).all())
        if whole:
            edge, before, step = np.zeros(0, np.int64), np.zeros(len(number)), length_m
        else:
            edge, part = expand(np.zeros(len(number), np.int64), number)
            step = (length_m / number)[edge]
            before = part * step
            x, y, ux, uy = (np.take(c, edge) for c in (x, y, ux, uy))
            x += ux * before
            y += uy * before
        column, least_x = _cell_numbers(x + ux * (step / 2), size_m)
        row, least_y = _cell_numbers(y + uy * (step / 2), size_m)
        columns, rows = int(column.max()) + 1, int(row.max()) + 1
        key = column
        key *= rows
        key += row
        del row
        order = order_of(key)
        key = key[order]
        if columns * rows <= TABLE_CELLS * len(key) + 10_000:
            table: npt.NDArray[np.int32] = np.zeros(columns * rows + 1, np.int32)
            last = np.flatnonzero(np.r_[key[1:] != key[:-1], True])
            table[key[last] + 1] = np.diff(last, prepend=-1)
            np.cumsum(table, dtype=np.int32, out=table)
            key = np.zeros(0, np.int64)
        else:
            table = np.zeros(0, np.int32)
        return cls(
            float(size_m), np.array([least_x, least_y]), columns, rows, order if whole else edge[order],
            x[order], y[order], ux[order], uy[order], step[order], before if whole else before[order], table, key,
        )  # fmt: skip

    @property
    def pad_m(self) -> float:
        """How far the middle of a piece may lie from any of its places."""
        return self.size_m / 2 + ROUNDING_M

    def runs(self, column: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
        """Return begin and length of the run of pieces in rows ``low`` to ``high`` of each column.

        Columns must exist; rows may lie outside, and a run from a higher row to a lower one is empty.
        """
        low = np.maximum(low, 0)
        high = np.minimum(high, self.rows - 1)
        first, last = column * self.rows + low, column * self.rows + high
        if len(self.table):
            # an empty run may start beyond the table: its end is then smaller than its begin
            begin = np.take(self.table, first, mode="clip").astype(np.int64)
            amount = np.take(self.table, last + 1, mode="clip") - begin
        else:
            begin = np.searchsorted(self.key, first, "left")
            amount = np.searchsorted(self.key, last, "right") - begin
        amount[high < low] = 0
        return begin, amount

    def around(self, x: Floats, y: Floats, radius_m: Floats) -> tuple[Ints, Ints, Ints]:
        """Return owner, begin and length of the runs that hold all pieces within a radius of each place."""
        reach = (radius_m + self.pad_m) / self.size_m
        cx, cy = (x - self.least[0]) / self.size_m, (y - self.least[1]) / self.size_m
        first = np.clip(np.floor(cx - reach), 0, self.columns).astype(np.int64)
        last = np.clip(np.floor(cx + reach), -1, self.columns - 1).astype(np.int64)
        owner, column = expand(first, np.maximum(last - first + 1, 0))
        # how high the disc still is where it comes nearest to its middle in the column
        away = np.abs(cx[owner] - column - 0.5) - 0.5
        np.maximum(away, 0.0, out=away)
        half = np.sqrt(np.maximum(reach[owner] ** 2 - away**2, 0.0))
        middle = cy[owner]
        low, high = np.floor(middle - half).astype(np.int64), np.floor(middle + half).astype(np.int64)
        begin, amount = self.runs(column, low, high)
        busy = np.flatnonzero(amount > 0)
        return owner[busy], begin[busy], amount[busy]

    def squared_distance(self, piece: Ints, x: Floats, y: Floats) -> Floats:
        """Return the squared distance of places from pieces, row by row [m²]."""
        ux, uy = np.take(self.ux, piece), np.take(self.uy, piece)
        wx, wy = x - np.take(self.x, piece), y - np.take(self.y, piece)
        along = ux * wx + uy * wy
        np.maximum(along, 0.0, out=along)
        np.minimum(along, np.take(self.length_m, piece), out=along)
        wx -= along * ux
        wy -= along * uy
        result: Floats = wx * wx + wy * wy
        return result

    def nearest(self, x: Floats, y: Floats, solid: npt.NDArray[np.bool_]) -> tuple[Ints, Floats]:
        """Return the nearest half-edge of each place and its distance [m]; -1 beyond the search.

        Circles grow until they hold something. Of equally near half-edges it is the first.

        Parameters
        ----------
        x, y : (m,) arrays
        solid : (half-edges,) bool array
            Half-edges that count.
        """
        found = np.full(len(x), -1, np.int64)
        distance = np.full(len(x), np.inf)
        radius = self.size_m
        pending = np.arange(len(x))
        while len(pending) and radius <= NEAREST_CELLS * self.size_m:
            radius *= 2
            for chunk in range(0, len(pending), CHUNK):
                some = pending[chunk : chunk + CHUNK]
                owner, begin, amount = self.around(x[some], y[some], np.full(len(some), radius))
                owner_of, piece = expand(begin, amount)
                place = some[owner[owner_of]]
                square = self.squared_distance(piece, x[place], y[place])
                edge = self.edge[piece]
                within = np.flatnonzero((square <= radius * radius) & solid[edge])
                place, edge, square = place[within], edge[within], square[within]
                if not len(place):
                    continue
                first = np.flatnonzero(np.r_[True, place[1:] != place[:-1]])
                least = np.minimum.reduceat(square, first)
                size = np.diff(np.r_[first, len(place)])
                candidates = np.where(square == np.repeat(least, size), edge, np.iinfo(np.int64).max)
                found[place[first]] = np.minimum.reduceat(candidates, first)
                distance[place[first]] = np.sqrt(least)
            pending = pending[found[pending] < 0]
        return found, distance
