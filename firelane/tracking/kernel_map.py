"""The inner loops of the maps that a search reads: clearance, buckets of edges, ways for a disc. Compiled by numba."""

from __future__ import annotations

from math import ceil, floor, sqrt

import numpy as np
from numba import njit

BUCKETS = 4
"""Costs are sorted into rings as wide as the shortest step; the longest step reaches over fewer rings than this."""
PIECE_M = 1.0


@njit(cache=True)
def clearance_map(edges, inside, cell, most):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the distance from the middle of each cell inside to the nearest edge, at most ``most``; outside -cell [m]."""
    rows, columns = inside.shape
    clear = np.full((rows, columns), most * most)
    for n in range(len(edges)):
        x0, y0, x1, y1 = edges[n]
        parts = max(1, ceil(sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2) / (4.0 * PIECE_M)))
        for k in range(parts):
            ax, ay = x0 + (x1 - x0) * k / parts, y0 + (y1 - y0) * k / parts
            dx, dy = (x1 - x0) / parts, (y1 - y0) / parts
            length = dx * dx + dy * dy
            i0, i1 = max(0, floor((min(ax, ax + dx) - most) / cell)), min(columns - 1, floor((max(ax, ax + dx) + most) / cell))
            j0, j1 = max(0, floor((min(ay, ay + dy) - most) / cell)), min(rows - 1, floor((max(ay, ay + dy) + most) / cell))
            for j in range(j0, j1 + 1):
                y = (j + 0.5) * cell - ay
                for i in range(i0, i1 + 1):
                    if inside[j, i] == 0:
                        continue
                    x = (i + 0.5) * cell - ax
                    t = 0.0 if length == 0.0 else min(1.0, max(0.0, (x * dx + y * dy) / length))
                    away = (x - t * dx) ** 2 + (y - t * dy) ** 2
                    clear[j, i] = min(clear[j, i], away)
    for j in range(rows):
        for i in range(columns):
            clear[j, i] = sqrt(clear[j, i]) if inside[j, i] != 0 else -cell
    return clear


@njit(cache=True)
def buckets(edges, size, columns, rows):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return which edges may reach into each bucket, as compressed rows: some more than do, none less."""
    begin = np.zeros(columns * rows + 1, np.int64)
    member = np.empty(0, np.int64)
    for turn in range(2):
        last = np.full(columns * rows, -1, np.int64)
        for n in range(len(edges)):
            x0, y0, x1, y1 = edges[n]
            parts = max(1, ceil(sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2) / PIECE_M))
            for k in range(parts):
                ax, ay = x0 + (x1 - x0) * k / parts, y0 + (y1 - y0) * k / parts
                bx, by = x0 + (x1 - x0) * (k + 1) / parts, y0 + (y1 - y0) * (k + 1) / parts
                # a hair more on all sides: an edge along a bucket's rim belongs to both
                i0, i1 = max(0, floor((min(ax, bx) - 1e-9) / size)), min(columns - 1, floor((max(ax, bx) + 1e-9) / size))
                j0, j1 = max(0, floor((min(ay, by) - 1e-9) / size)), min(rows - 1, floor((max(ay, by) + 1e-9) / size))
                for j in range(j0, j1 + 1):
                    for i in range(i0, i1 + 1):
                        at = j * columns + i
                        if last[at] == n:
                            continue
                        last[at] = n
                        if turn == 1:
                            member[begin[at]] = n
                        begin[at] += 1
        # counts to beginnings; after the second turn each stands at the beginning of the next
        if turn == 0:
            total = 0
            for at in range(len(begin)):
                count = begin[at]
                begin[at] = total
                total += count
            member = np.empty(total, np.int64)
        else:
            for at in range(len(begin) - 1, 0, -1):
                begin[at] = begin[at - 1]
            begin[0] = 0
    return begin, member


@njit(cache=True)
def effort_map(clear, need, cell, easy, sources):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, PLR0912 - one loop: numba
    """Return the way to the nearest source through cells with room for a disc, dearer along edges [m]; inf: no way.

    A cell counts as long as any place in it may have the clearance ``need``, and ways lead over corners too: where the
    result is infinite there is no way, whatever the size of the cells. ``easy`` is the clearance from which on a metre
    costs a metre.
    """
    rows, columns = clear.shape
    slack = cell * sqrt(0.5)
    price = np.empty(rows * columns, np.float32)
    for j in range(rows):
        for i in range(columns):
            room = clear[j, i]
            price[j * columns + i] = np.inf if room + slack < need else cell * (1.0 + press(room, need, easy))
    effort = np.full(rows * columns, np.inf, np.float32)
    done = np.zeros(rows * columns, np.uint8)
    ring = cell * 0.999
    capacity = max(1024, len(sources))
    waiting, count = np.empty((BUCKETS, capacity), np.int64), np.zeros(BUCKETS, np.int64)
    left = 0
    for n in range(len(sources)):
        at = sources[n]
        if effort[at] > 0.0 and price[at] < np.inf:
            effort[at] = 0.0
            waiting[0, count[0]] = at
            count[0] += 1
            left += 1
    now = 0
    while left > 0:
        b = now % BUCKETS
        while count[b] > 0:
            count[b] -= 1
            left -= 1
            at = waiting[b, count[b]]
            if done[at] == 1:
                continue
            done[at] = 1
            row, column = at // columns, at % columns
            for dj in range(-1, 2):
                for di in range(-1, 2):
                    j, i = row + dj, column + di
                    if (di == 0 and dj == 0) or j < 0 or i < 0 or j >= rows or i >= columns:
                        continue
                    to = j * columns + i
                    if done[to] == 1:
                        continue
                    after = np.float32(effort[at] + price[to] * (1.4142135623730951 if di != 0 and dj != 0 else 1.0))
                    if after < effort[to]:
                        effort[to] = after
                        into = int(after / ring) % BUCKETS
                        if count[into] == capacity:
                            larger = np.empty((BUCKETS, 2 * capacity), np.int64)
                            larger[:, :capacity] = waiting
                            waiting = larger
                            capacity *= 2
                        waiting[into, count[into]] = to
                        count[into] += 1
                        left += 1
        now += 1
    return effort.reshape(rows, columns)


@njit(cache=True)
def doubled(values):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return a copy with room for twice as many costs."""
    larger = np.empty(2 * len(values))
    larger[: len(values)] = values
    return larger


@njit(cache=True)
def doubled_int(values):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return a copy with room for twice as many items."""
    larger = np.empty(2 * len(values), np.int64)
    larger[: len(values)] = values
    return larger


@njit(cache=True)
def press(room, need, easy):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return what driving close to an edge costs more, as a share."""
    return 0.3 * min(1.0, max(0.0, 1.0 - (room - need) / (easy - need)))
