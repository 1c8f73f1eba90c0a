"""The inner loops of the search for a drivable line: a tree of poses that grows towards one goal after another.

Compiled by numba; plain functions on arrays. A pose is the middle of the rear axle, a heading and the curvature that
the wheels stand at; one pose is kept for each cell of place, heading and class of curvature. Arrays and rectangles are
those of :mod:`firelane.tracking.kernel`. What is found is swept and checked again by other geometry
(:mod:`firelane.tracking.proof`): nothing rests on the loops alone.
"""

from __future__ import annotations

from math import cos, floor, pi, sin

import numpy as np
from numba import njit

from firelane.tracking.kernel import crosses, fits, pop, push, slot
from firelane.tracking.kernel_map import doubled, doubled_int, press

NEAR_M = 20.0
"""A body whose front axle has farther to go than this touches no goal."""


@njit(cache=True)
def _at(grid_map, x, y, cell, outside):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    column, row = floor(x / cell), floor(y / cell)
    if column < 0 or row < 0 or row >= grid_map.shape[0] or column >= grid_map.shape[1]:
        return outside
    return grid_map[row, column]


@njit(cache=True)
def _key(x, y, heading, curve, grid, window):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    headings, classes = int(grid[1]), int(grid[2])
    columns = int((window[2] - window[0]) / grid[0]) + 2
    i, j = int((x - window[0]) / grid[0]), int((y - window[1]) / grid[0])
    a = floor(heading * headings / (2.0 * pi) + 0.5) % headings
    k = min(classes - 1, int((curve / grid[5] + 1.0) / 2.0 * classes))
    return ((np.int64(j) * columns + i) * headings + a) * classes + k


@njit(cache=True)
def _enter(pose, cost, up, store, grid, window):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Put a pose into the tree unless its cell is held at no more cost; return its number, or -1."""
    state, parent, done, table_key, table_item, size = store[:6]
    x, y, heading, curve = pose
    key = _key(x, y, heading, curve, grid, window)
    at = slot(table_key, key)
    if table_key[at] == key and state[table_item[at], 4] <= cost + 1e-9:
        return -1
    n = size[0]
    if n >= len(state):
        return -2
    state[n, 0], state[n, 1], state[n, 2], state[n, 3], state[n, 4] = x, y, heading, curve, cost
    parent[n], done[n] = up, 0
    if table_key[at] == key:
        done[table_item[at]] = 1  # the dearer one is never opened
    table_key[at], table_item[at] = key, n
    size[0] = n + 1
    return n


@njit(cache=True)
def _held(pose, cost, store, grid, window):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Tell whether the cell of a pose is held at no more cost: then it would not be entered."""
    x, y, heading, curve = pose
    key = _key(x, y, heading, curve, grid, window)
    at = slot(store[3], key)
    return store[3][at] == key and store[0][store[4][at], 4] <= cost + 1e-9


@njit(cache=True)
def _cell(x, y, heading, wheelbase, cell, columns, rows):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the cell of the maps in which the middle of the front axle lies, row by row; -1: outside."""
    column, row = floor((x + wheelbase * cos(heading)) / cell), floor((y + wheelbase * sin(heading)) / cell)
    if column < 0 or row < 0 or row >= rows or column >= columns:
        return -1
    return row * columns + column


@njit(cache=True)
def plant(seeds, ups, store, body, tyres, split, over, under, grid, window):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Enter poses (x, y, heading, curvature, cost) where the vehicle fits; return their numbers, negative: not entered."""
    entered = np.full(len(seeds), -1, np.int64)
    seen = np.zeros(max(len(over[0]), len(under[0])) + 1, np.int64)
    stamp = 0
    for n in range(len(seeds)):
        x, y, heading, curve, cost = seeds[n]
        if not (window[0] <= x <= window[2] and window[1] <= y <= window[3]):
            continue
        stamp += 2
        if not _stands(x, y, heading, 0.0, 0.0, body, tyres, split, over, under, seen, stamp):
            continue
        entered[n] = _enter((x, y, heading, curve), cost, ups[n], store, grid, window)
    return entered


@njit(cache=True)
def _stands(x, y, heading, back, curve, body, tyres, split, over, under, seen, stamp):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if not fits(x, y, heading, back, curve, body, over[0], over[1], over[2], over[3], over[4], seen, stamp):
        return False
    return not split or fits(x, y, heading, back, curve, tyres, under[0], under[1], under[2], under[3], under[4], seen, stamp + 1)


@njit(cache=True)
def _arrived(x, y, heading, goal, probes, gates, bulk, cell):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Tell whether the body at a pose is where it is to come."""
    c, s = cos(heading), sin(heading)
    for p in range(len(probes)):
        px, py = x + c * probes[p, 0] - s * probes[p, 1], y + s * probes[p, 0] + c * probes[p, 1]
        if _at(goal, px, py, cell, 0) == 1:
            return True
    for g in range(len(gates)):
        ax, ay, bx, by = gates[g, 0] - x, gates[g, 1] - y, gates[g, 2] - x, gates[g, 3] - y
        if crosses(c * ax + s * ay, c * ay - s * ax, c * bx + s * by, c * by - s * bx, bulk[0], bulk[1], bulk[2]):
            return True
    return False


@njit(cache=True)
def pursue(  # type: ignore[no-untyped-def]  # noqa: ANN201, C901, PLR0912, PLR0915 - one loop: numba
    store,  # noqa: ANN001  state (N, 5), parent, done, table of keys, of items, size (1,); cell of the front axle, how many are known (1,)
    body, tyres, split, over, under,  # noqa: ANN001
    grid,  # noqa: ANN001  (7,): cell, headings, curvature classes, step, sub-steps, most curvature, change of curvature a step
    window,  # noqa: ANN001  (4,): x0, y0, x1, y1 of where the rear axle may be
    rates,  # noqa: ANN001  (6,): weight of the effort to come; cost at full lock, of a full change of steering; need, easy; wheelbase
    effort, goal, probes, leave,  # noqa: ANN001  maps; points of the vehicle of which one must come into the goal; or effort
    gates, bulk,  # noqa: ANN001  (G, 4) segments, one of which the body (rear, front, half width) may pass over instead
    budget, patience, enough,  # noqa: ANN001  states in all, states without progress, how many hits are wanted
):  # fmt: skip
    """Go on with a tree of poses towards a goal, the most promising first.

    Returns how it ended (0: enough hits; 1: nothing left to try; 2: no progress; 3: budget), the hits, the number of
    the pose nearest to the goal (-1: none) and its effort to come.
    """
    state, done, size, front, known = store[0], store[2], store[5], store[6], store[7]
    step, parts, most, change = grid[3], int(grid[4]), grid[5], grid[6]
    cell = over[4][3]
    rows, columns = effort.shape
    way, rooms = effort.reshape(rows * columns), over[3].reshape(rows * columns)
    seen = np.zeros(max(len(over[0]), len(under[0])) + 1, np.int64)
    stamp, waiting, found = 0, 0, 0
    hits = np.empty(enough, np.int64)
    capacity = 4096
    while capacity < size[0] + 8:
        capacity *= 2
    heap_cost, heap_item = np.empty(capacity), np.empty(capacity, np.int64)
    nearest, least, last, at_once = -1, np.inf, size[0], -1
    before = size[0]
    for n in range(known[0], before):
        front[n] = _cell(state[n, 0], state[n, 1], state[n, 2], rates[5], cell, columns, rows)
    known[0] = before
    for n in range(before):
        to_come = way[front[n]] if front[n] >= 0 else np.inf
        if to_come < least:
            least, nearest = to_come, n
        if to_come == np.inf:
            continue
        # what an earlier goal opened may stand there already
        if to_come <= NEAR_M and (at_once < 0 or state[n, 4] < state[at_once, 4]) and _arrived(
            state[n, 0], state[n, 1], state[n, 2], goal, probes, gates, bulk, cell
        ):
            at_once = n
        if done[n] == 0:
            push(heap_cost, heap_item, waiting, state[n, 4] + rates[0] * to_come, n)
            waiting += 1
    if at_once >= 0:
        hits[0] = at_once
        return 0, hits[:1].copy(), nearest, least
    mark = least
    sub = step / parts
    poses = np.empty((parts, 3))
    ended = 1
    while waiting > 0:
        if size[0] - before >= budget:
            ended = 3
            break
        if size[0] - last >= patience:
            ended = 2
            break
        here = pop(heap_cost, heap_item, waiting)
        waiting -= 1
        if done[here] == 1:
            continue
        done[here] = 1
        x0, y0, h0, k0, c0 = state[here]
        for d in range(3):
            # straight on first, so that equal costs prefer still hands
            wanted = 0.0 if d == 0 else (change if d == 1 else -change)
            curve = min(most, max(-most, k0 + wanted))
            if d > 0 and curve == k0:
                continue
            x, y, heading, good = x0, y0, h0, True
            for k in range(parts):
                if abs(curve) < 1e-12:
                    x, y = x + sub * cos(heading), y + sub * sin(heading)
                else:
                    after = heading + curve * sub
                    x, y = x + (sin(after) - sin(heading)) / curve, y - (cos(after) - cos(heading)) / curve
                    heading = after
                good = good and window[0] <= x <= window[2] and window[1] <= y <= window[3]
                poses[k, 0], poses[k, 1], poses[k, 2] = x, y, heading
            at = _cell(x, y, heading, rates[5], cell, columns, rows)
            if not good or at < 0:
                continue
            to_come, room = way[at], rooms[at]
            if to_come == np.inf:
                continue
            cost = c0 + step * (1.0 + rates[1] * abs(curve) / most + press(room, rates[3], rates[4])) + rates[2] * abs(curve - k0) / most
            # the dear test last: most ways on lead to where one is already
            if _held((x, y, heading, curve), cost, store, grid, window):
                continue
            for k in range(parts - 1, -1, -1):
                stamp += 2
                if not _stands(poses[k, 0], poses[k, 1], poses[k, 2], sub, curve, body, tyres, split, over, under, seen, stamp):
                    good = False
                    break
            if not good:
                continue
            n = _enter((x, y, heading, curve), cost, here, store, grid, window)
            if n == -1:
                continue
            if n < 0:
                return 3, hits[:found].copy(), nearest, least
            front[n] = at
            known[0] = n + 1
            if to_come < least:
                least, nearest = to_come, n
                if least < mark - 0.5:
                    mark, last = least, n
            arrived = to_come <= leave
            if not arrived:
                arrived = _arrived(x, y, heading, goal, probes, gates, bulk, cell)
            if arrived:
                hits[found] = n
                found += 1
                if found == enough:
                    done[here] = 0  # its other ways on are still open: another goal may lie there
                    return 0, hits, nearest, least
            if waiting == capacity:
                heap_cost, heap_item = doubled(heap_cost), doubled_int(heap_item)
                capacity *= 2
            push(heap_cost, heap_item, waiting, cost + rates[0] * to_come, n)
            waiting += 1
    return (0 if found > 0 else ended), hits[:found].copy(), nearest, least
