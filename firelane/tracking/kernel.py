"""The inner loops of the search for a drivable line: poses, collisions, the open list. Compiled by numba.

Plain functions on arrays. A pose is the middle of the rear axle, a heading and the curvature that the wheels stand at.
The body is a rectangle; it may not touch an edge of the field. What the loops find is swept and checked again by other
geometry (:mod:`firelane.tracking.proof`): nothing rests on them alone.

Arrays
------
edges : (E, 4) float64
    Segments x0, y0, x1, y1 in the field's local metres; a post is a segment without length.
begin, member : int64
    Compressed rows: edges that reach into each bucket of ``bucket_m``, row by row.
clear : (rows, columns) float32
    Distance from the middle of each cell to the nearest edge, negative outside the field.
frame : (6,) float64
    Bucket size, buckets in a row, bucket rows; cell size, cells in a row, cell rows.
over, under : tuple
    (edges, begin, member, clear, frame) of where the body and where the wheels may be; both in one frame.
body, tyres : (4,) float64
    Rectangle: rear end, front end (from the rear axle), half width, spare clearance.
"""

from __future__ import annotations

from math import cos, floor, sin, sqrt

import numpy as np
from numba import njit

EMPTY = -1
BITS = 62
"""Parts of a body's length that are told apart."""


@njit(cache=True)
def clearance_at(x, y, clear, frame):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return a lower bound of the distance to the nearest edge, negative outside [m]."""
    cell = frame[3]
    column, row = floor(x / cell), floor(y / cell)
    if column < 0 or row < 0 or column >= int(frame[4]) or row >= int(frame[5]):
        return -1.0
    dx, dy = x - (column + 0.5) * cell, y - (row + 0.5) * cell
    return clear[row, column] - sqrt(dx * dx + dy * dy)


@njit(cache=True)
def clearance_over(x, y, clear, frame):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return an upper bound of the distance to the nearest edge [m]."""
    cell = frame[3]
    column, row = floor(x / cell), floor(y / cell)
    if column < 0 or row < 0 or column >= int(frame[4]) or row >= int(frame[5]):
        return -1.0
    dx, dy = x - (column + 0.5) * cell, y - (row + 0.5) * cell
    return clear[row, column] + sqrt(dx * dx + dy * dy)


@njit(cache=True)
def crosses(x0, y0, x1, y1, rear, front, half):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Tell whether a segment, in the body's own axes, reaches into the body's rectangle (Liang and Barsky)."""
    low, high = 0.0, 1.0
    dx, dy = x1 - x0, y1 - y0
    for side in range(4):
        if side == 0:
            p, q = -dx, x0 - rear
        elif side == 1:
            p, q = dx, front - x0
        elif side == 2:
            p, q = -dy, y0 + half
        else:
            p, q = dy, half - y0
        if p == 0.0:
            if q <= 0.0:
                return False
        else:
            t = q / p
            if p < 0.0:
                if t > high:
                    return False
                low = max(low, t)
            else:
                if t < low:
                    return False
                high = min(high, t)
    return low < high or (dx == 0.0 and dy == 0.0)


@njit(cache=True)
def _in_quad(x, y, quad):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Tell whether a point lies inside a convex quadrilateral (8 numbers), whichever way it is wound."""
    left = right = False
    for n in range(4):
        m = (n + 1) % 4
        across = (quad[2 * m] - quad[2 * n]) * (y - quad[2 * n + 1]) - (quad[2 * m + 1] - quad[2 * n + 1]) * (x - quad[2 * n])
        if across >= 0.0:
            left = True
        if across <= 0.0:
            right = True
    return not (left and right)


@njit(cache=True)
def _end_quad(along, half, back, curve):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return what an end of the body passed over on the last ``back`` metres, in the body's own axes."""
    if abs(curve) < 1e-12:
        px, py, turned = -back, 0.0, 0.0
    else:
        turned = curve * back
        px, py = -sin(turned) / curve, (1.0 - cos(turned)) / curve
    c, s = cos(turned), sin(turned)
    return (
        along, half, along, -half,
        px + c * along - s * half, py - s * along - c * half, px + c * along + s * half, py - s * along + c * half,
    )  # fmt: skip


@njit(cache=True)
def _tight(x, y, c, s, rear, front, half, parts, back, clear, frame):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return as bits along which parts of its length an edge may be near a body; -1: it certainly stands on one.

    Discs along the axis: what lies within a free one is free; one without room for half the width is not.
    """
    pitch = (front - rear) / parts
    reach = sqrt(half * half + pitch * pitch / 4.0) + back / 2.0
    cell, columns, rows = frame[3], int(frame[4]), int(frame[5])
    tight = np.int64(0)
    for k in range(parts):
        along = rear + (k + 0.5) * pitch
        px, py = x + along * c, y + along * s
        column, row = floor(px / cell), floor(py / cell)
        least = most = -1.0
        if column >= 0 and row >= 0 and column < columns and row < rows:
            dx, dy = px - (column + 0.5) * cell, py - (row + 0.5) * cell
            off = sqrt(dx * dx + dy * dy)
            least, most = clear[row, column] - off, clear[row, column] + off
        if least < reach:
            tight |= np.int64(1) << min(k, BITS)
            if min(front - along, along - rear, half) > 0.0 and most < min(half, pitch / 2.0):
                return np.int64(-1)
    return tight


@njit(cache=True)
def fits(x, y, heading, back, curve, body, edges, begin, member, clear, frame, seen, stamp):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Tell whether the body lies inside the field, and did on the last ``back`` metres, driven with ``curve``.

    It is told to have fitted where they began: then only a vertex can lie between the two places, in what the front or
    the rear end passed over. ``seen`` and ``stamp`` keep an edge from being tested twice.
    """
    rear, front, half = body[0] - body[3], body[1] + body[3], body[2] + body[3]
    c, s = cos(heading), sin(heading)
    parts = int((front - rear) / (2.0 * half)) + 1
    pitch = (front - rear) / parts
    tight = _tight(x, y, c, s, rear, front, half, parts, back, clear, frame)
    if tight < 0:
        return False
    if tight == 0:
        return True
    # exact: every edge near a part of the body that is not free against the whole rectangle
    ex, ey = abs(c) * pitch / 2.0 + abs(s) * half + back, abs(s) * pitch / 2.0 + abs(c) * half + back
    ahead, behind = _end_quad(front, half, back, curve), _end_quad(rear, half, back, curve)
    lowest, highest = min(front, ahead[4], ahead[6]), max(rear, behind[4], behind[6])
    size, columns, rows = frame[0], int(frame[1]), int(frame[2])
    for k in range(parts):
        if (tight >> min(k, BITS)) & 1 == 0:
            continue
        along = rear + (k + 0.5) * pitch
        px, py = x + along * c, y + along * s
        i0, i1 = floor((px - ex) / size), floor((px + ex) / size)
        j0, j1 = floor((py - ey) / size), floor((py + ey) / size)
        if i0 < 0 or j0 < 0 or i1 >= columns or j1 >= rows:
            return False
        for j in range(j0, j1 + 1):
            # the buckets of a row follow each other
            for n in range(begin[j * columns + i0], begin[j * columns + i1 + 1]):
                e = member[n]
                if seen[e] == stamp:
                    continue
                seen[e] = stamp
                ax, ay = edges[e, 0] - x, edges[e, 1] - y
                bx, by = edges[e, 2] - x, edges[e, 3] - y
                ax, ay, bx, by = c * ax + s * ay, c * ay - s * ax, c * bx + s * by, c * by - s * bx
                beside = (ay >= half and by >= half) or (ay <= -half and by <= -half)
                beyond = (ax >= front and bx >= front) or (ax <= rear and bx <= rear)
                if not beside and not beyond and crosses(ax, ay, bx, by, rear, front, half):
                    return False
                if back > 0.0 and (
                    (ax >= lowest and _in_quad(ax, ay, ahead)) or (bx >= lowest and _in_quad(bx, by, ahead))
                    or (ax <= highest and _in_quad(ax, ay, behind)) or (bx <= highest and _in_quad(bx, by, behind))
                ):  # fmt: skip
                    return False
    # no edge reaches in: inside or outside as a whole
    mx, my = x + c * (front + rear) / 2.0, y + s * (front + rear) / 2.0
    return clearance_over(mx, my, clear, frame) > 0.0


@njit(cache=True)
def slot(table_key, key):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return where a key stands or may stand (open addressing; the table is never full)."""
    mask = len(table_key) - 1
    h = (key * np.int64(-7046029254386353131)) >> np.int64(20)
    at = h & mask
    while table_key[at] != EMPTY and table_key[at] != key:
        at = (at + 1) & mask
    return at


@njit(cache=True)
def push(heap_cost, heap_item, size, cost, item):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Put an item on a heap of ``size`` entries."""
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if heap_cost[up] < cost or (heap_cost[up] == cost and heap_item[up] < item):
            break
        heap_cost[at], heap_item[at] = heap_cost[up], heap_item[up]
        at = up
    heap_cost[at], heap_item[at] = cost, item


@njit(cache=True)
def pop(heap_cost, heap_item, size):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Take the least off a heap of ``size`` entries; equal costs leave in the order of their items."""
    best = heap_item[0]
    cost, item = heap_cost[size - 1], heap_item[size - 1]
    last, at = size - 1, 0
    while True:
        down = 2 * at + 1
        if down >= last:
            break
        if down + 1 < last and (
            heap_cost[down + 1] < heap_cost[down]
            or (heap_cost[down + 1] == heap_cost[down] and heap_item[down + 1] < heap_item[down])
        ):
            down += 1
        if cost < heap_cost[down] or (cost == heap_cost[down] and item < heap_item[down]):
            break
        heap_cost[at], heap_item[at] = heap_cost[down], heap_item[down]
        at = down
    if last > 0:
        heap_cost[at], heap_item[at] = cost, item
    return best
