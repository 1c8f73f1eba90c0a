"""The inner loops of turning round at a dead end: driving forward and in reverse. Compiled by numba.

Plain functions on arrays. Arrays and rectangles are those of :mod:`firelane.tracking.kernel`. Two loops: a coarse one
works backwards from the way out and tells what turning still costs from anywhere; a fine one, led by it, looks for the
manoeuvre itself. What is found is swept and checked again by other geometry (:mod:`firelane.tracking.proof`).

Arrays
------
label : (rows, columns) uint8
    0: not free; 1: of the dead end, nearest to its lanes; 2: beyond its root; 3: elsewhere, on no way out.
index : (rows, columns) int32
    Number of each coarse cell in which the rear axle may be, -1 elsewhere.
frame : (4,) float64
    Local place of the corner of both; size of a cell of ``label``; of ``index``.
prices : (5,) float64
    A change of direction [m]; a metre in reverse and one at full lock cost this much more; a full change of steering [m];
    weight of what is still to come.
leave : (4,) float64
    Way to the front end [m]; direction out (unit vector); cosine of how far the heading may differ from it.
boxes : (2, 4) float64
    The rectangle of the vehicle, and the same seen from behind: what drives in reverse drives forward as that one.
"""

from __future__ import annotations

from math import cos, floor, pi, sin

import numpy as np
from numba import njit

from firelane.tracking.kernel import fits, pop, push, slot
from firelane.tracking.kernel_map import doubled, doubled_int, press

BEYOND = 2
STRAIGHT = 0.3
"""Share of full lock that the wheels stand at most at when the vehicle leaves."""


@njit(cache=True)
def nearest_label(free, sources, labels):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return for each free cell the label of the source nearest by a way through free cells; 0: none."""
    rows, columns = free.shape
    way, result = np.full(rows * columns, np.inf), np.zeros(rows * columns, np.uint8)
    capacity = 1024
    while capacity < len(sources) + 8:
        capacity *= 2
    heap_cost, heap_item = np.empty(capacity), np.empty(capacity, np.int64)
    waiting = 0
    for n in range(len(sources)):
        at = sources[n]
        if free[at // columns, at % columns] and way[at] > 0.0:
            way[at], result[at] = 0.0, labels[n]
            push(heap_cost, heap_item, waiting, 0.0, at)
            waiting += 1
    while waiting > 0:
        cost = heap_cost[0]
        at = pop(heap_cost, heap_item, waiting)
        waiting -= 1
        if cost > way[at]:
            continue
        row, column = at // columns, at % columns
        for dj in range(-1, 2):
            for di in range(-1, 2):
                j, i = row + dj, column + di
                if j < 0 or i < 0 or j >= rows or i >= columns or not free[j, i]:
                    continue
                after = cost + (1.4142135623730951 if di != 0 and dj != 0 else 1.0)
                to = j * columns + i
                if after < way[to]:
                    way[to], result[to] = after, result[at]
                    if waiting == capacity:
                        heap_cost, heap_item = doubled(heap_cost), doubled_int(heap_item)
                        capacity *= 2
                    push(heap_cost, heap_item, waiting, after, to)
                    waiting += 1
    return result.reshape(rows, columns)


@njit(cache=True)
def _label_at(x, y, label, frame):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    i, j = floor((x - frame[0]) / frame[2]), floor((y - frame[1]) / frame[2])
    if i < 0 or j < 0 or j >= label.shape[0] or i >= label.shape[1]:
        return 0
    return label[j, i]


@njit(cache=True)
def _index_at(x, y, index, frame):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    i, j = floor((x - frame[0]) / frame[3]), floor((y - frame[1]) / frame[3])
    if i < 0 or j < 0 or j >= index.shape[0] or i >= index.shape[1]:
        return -1
    return index[j, i]


@njit(cache=True)
def _out(x, y, heading, label, frame, leave):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Tell whether a vehicle heads out with its front end beyond the root."""
    c, s = cos(heading), sin(heading)
    return c * leave[1] + s * leave[2] >= leave[3] and _label_at(x + leave[0] * c, y + leave[0] * s, label, frame) == BEYOND


@njit(cache=True)
def _moved(x, y, heading, way, curve):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the pose after some way (negative: in reverse) on an arc."""
    if abs(curve) < 1e-12:
        return x + way * cos(heading), y + way * sin(heading), heading
    after = heading + curve * way
    return x + (sin(after) - sin(heading)) / curve, y - (cos(after) - cos(heading)) / curve, after


@njit(cache=True)
def _stands(x, y, heading, way, curve, boxes, tyres, split, over, under, seen, stamp):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Tell whether the vehicle fits, and did on the last ``way`` metres (negative: in reverse)."""
    if way < 0.0:
        b, towards, bent = 1, heading + pi, -curve
    else:
        b, towards, bent = 0, heading, curve
    if not fits(x, y, towards, abs(way), bent, boxes[b], over[0], over[1], over[2], over[3], over[4], seen, stamp):
        return False
    return not split or fits(x, y, towards, abs(way), bent, tyres[b], under[0], under[1], under[2], under[3], under[4], seen, stamp + 1)


@njit(cache=True)
def outlook(  # type: ignore[no-untyped-def]  # noqa: ANN201, C901, PLR0912, PLR0915 - one loop: numba
    label, index, count, frame, boxes, tyres, split, over, under,  # noqa: ANN001
    headings, levels, step, shift_m, most, prices, leave,  # noqa: ANN001
    wanted, slack,  # noqa: ANN001  cells and headings (cell * headings + heading) to be told of; how much dearer ones are of use
):  # fmt: skip
    """Return what leaving costs from each coarse cell and heading, by level of steering and by the gear driven next.

    The levels go from lock to lock; from one to the next takes ``shift_m``. With a single level steering is instantaneous.
    The rectangles should be a little smaller than the vehicle: the result is rather too low, and where it is infinite there
    is no way to turn. What is dearer than the cheapest of the ``wanted`` by more than ``slack`` is left out.
    """
    total = count * headings * levels * 2
    cost = np.full(total, np.inf, np.float32)
    pose = np.empty((total, 3), np.float32)
    seen = np.zeros(max(len(over[0]), len(under[0])) + 1, np.int64)
    stamp, waiting, capacity = 0, 0, 65_536
    heap_cost, heap_item = np.empty(capacity), np.empty(capacity, np.int64)
    asked = np.zeros(count * headings, np.uint8)
    for n in range(len(wanted)):
        asked[wanted[n]] = 1
    until = np.inf
    centre = levels // 2
    for j in range(index.shape[0]):
        for i in range(index.shape[1]):
            if index[j, i] < 0:
                continue
            x, y = frame[0] + (i + 0.5) * frame[3], frame[1] + (j + 0.5) * frame[3]
            for a in range(headings):
                heading = a * 2.0 * pi / headings
                if not _out(x, y, heading, label, frame, leave):
                    continue
                stamp += 2
                if not _stands(x, y, heading, 0.0, 0.0, boxes, tyres, split, over, under, seen, stamp):
                    continue
                n = ((np.int64(index[j, i]) * headings + a) * levels + centre) * 2
                cost[n], pose[n, 0], pose[n, 1], pose[n, 2] = 0.0, x, y, heading
                if waiting == capacity:
                    heap_cost, heap_item = doubled(heap_cost), doubled_int(heap_item)
                    capacity *= 2
                push(heap_cost, heap_item, waiting, 0.0, n)
                waiting += 1
    while waiting > 0:
        so_far = heap_cost[0]
        at = pop(heap_cost, heap_item, waiting)
        waiting -= 1
        if so_far > cost[at]:
            continue
        if so_far > until:
            break
        if until == np.inf and asked[at // (2 * levels)] == 1:
            until = so_far + slack
        next_gear, level = at % 2, at // 2 % levels
        for gear in range(2):
            for d in range(-1, 2):
                way, before = step, level
                if levels == 1:
                    curve, hands = d * most, 0.0
                else:
                    before = level + d
                    if before < 0 or before >= levels:
                        continue
                    curve, hands = ((level + before) / 2.0 - centre) / centre * most, prices[3] * abs(d) / centre
                    if d != 0:
                        way = shift_m
                x, y, heading = np.float64(pose[at, 0]), np.float64(pose[at, 1]), np.float64(pose[at, 2])
                parts = max(1, int(way / step + 0.5))
                sub = way / parts if gear == 1 else -way / parts  # against the way that is driven
                good = True
                for _ in range(parts):
                    x, y, heading = _moved(x, y, heading, sub, curve)
                    stamp += 2
                    if _index_at(x, y, index, frame) < 0 or not _stands(
                        x, y, heading, 0.0, 0.0, boxes, tyres, split, over, under, seen, stamp
                    ):
                        good = False
                        break
                if not good:
                    continue
                after = so_far + way * (1.0 + (prices[1] if gear == 1 else 0.0) + prices[2] * abs(curve) / most) + hands
                if gear != next_gear:
                    after += prices[0]
                a = floor(heading * headings / (2.0 * pi) + 0.5) % headings
                n = ((np.int64(_index_at(x, y, index, frame)) * headings + a) * levels + before) * 2 + gear
                if np.float32(after) < cost[n]:
                    cost[n], pose[n, 0], pose[n, 1], pose[n, 2] = after, x, y, heading % (2.0 * pi)
                    if waiting == capacity:
                        heap_cost, heap_item = doubled(heap_cost), doubled_int(heap_item)
                        capacity *= 2
                    push(heap_cost, heap_item, waiting, np.float64(cost[n]), n)
                    waiting += 1
    return cost.reshape(count, headings, levels, 2)


@njit(cache=True)
def softened(cost, index):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, C901, PLR0912
    """Return the least of each cell and heading and its neighbours: rounding to cells must not hide a way."""
    headings, levels = cost.shape[1], cost.shape[2]
    turned = np.full(cost.shape, np.inf, np.float32)
    for n in range(len(cost)):
        for a in range(headings):
            for k in range(levels):
                for g in range(2):
                    value = cost[n, a, k, g]
                    if value < np.inf:
                        for b in range(a - 1, a + 2):
                            turned[n, b % headings, k, g] = min(turned[n, b % headings, k, g], value)
    result = np.full(cost.shape, np.inf, np.float32)
    rows, columns = index.shape
    for j in range(rows):
        for i in range(columns):
            n = index[j, i]
            if n < 0:
                continue
            for dj in range(max(j - 1, 0), min(j + 2, rows)):
                for di in range(max(i - 1, 0), min(i + 2, columns)):
                    m = index[dj, di]
                    if m < 0:
                        continue
                    for a in range(headings):
                        for k in range(levels):
                            for g in range(2):
                                result[n, a, k, g] = min(result[n, a, k, g], turned[m, a, k, g])
    return result


@njit(cache=True)
def to_come(x, y, heading, bend, gear, index, frame, table, change):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return what leaving costs from a pose with its steering (share of full lock) and gear."""
    n = _index_at(x, y, index, frame)
    if n < 0:
        return np.inf
    a = floor(heading * table.shape[1] / (2.0 * pi) + 0.5) % table.shape[1]
    centre = table.shape[2] // 2
    low = floor((bend + 1.0) * centre + 1e-6)
    least = np.inf
    for k in range(max(low, 0), min(low + 2, table.shape[2])):
        least = min(least, table[n, a, k, gear], table[n, a, k, 1 - gear] + change)
    return least


@njit(cache=True)
def turn(  # type: ignore[no-untyped-def]  # noqa: ANN201, C901, PLR0912, PLR0915 - one loop: numba
    seeds, ups,  # noqa: ANN001  (S, 5): x, y, heading, curvature, cost; number of the one before each
    store,  # noqa: ANN001  state (N, 5), parent, gear (0 forward, 1 reverse, of the way to it), changes, done, keys, items
    label, index, frame, table, boxes, tyres, split, over, under,  # noqa: ANN001
    grid,  # noqa: ANN001  (7,): cell, headings, classes, step, parts, most curvature, its change a step (negative: at will)
    prices, leave, ease,  # noqa: ANN001  ease (3,): wheelbase; need; easy
    most_changes, budget,  # noqa: ANN001
):  # fmt: skip
    """Look for the cheapest way to turn and leave; return how it ended (0 found, 1 nothing left, 3 budget), pose, states."""
    state, parent, gears, changes, done, keys, items = store
    headings, classes, step, parts = int(grid[1]), int(grid[2]), grid[3], int(grid[4])
    most, shift = grid[5], grid[6]
    across = int(index.shape[1] * frame[3] / grid[0]) + 2
    seen = np.zeros(max(len(over[0]), len(under[0])) + 1, np.int64)
    stamp, waiting, size, capacity = 0, 0, 0, 65_536
    heap_cost, heap_item = np.empty(capacity), np.empty(capacity, np.int64)
    sub = step / parts
    here = -1
    first = True
    while True:
        if first:
            options = len(seeds)
        else:
            if waiting == 0:
                return 1, -1, size
            here = pop(heap_cost, heap_item, waiting)
            waiting -= 1
            if done[here] == 1:
                continue
            done[here] = 1
            if gears[here] == 0 and abs(state[here, 3]) <= STRAIGHT * most and _out(
                state[here, 0], state[here, 1], state[here, 2], label, frame, leave
            ):
                return 0, here, size
            options = 6 if shift > 0.0 else 10
        for o in range(options):
            if first:
                x, y, heading, curve, cost = seeds[o]
                gear, count, up = 0, 0, ups[o]
            else:
                gear = o % 2
                if shift > 0.0:
                    # still hands first, so that equal costs prefer them
                    d = o // 2
                    curve = state[here, 3] + (0.0 if d == 0 else (shift if d == 1 else -shift))
                    curve = min(most, max(-most, curve))
                    if d > 0 and curve == state[here, 3]:
                        continue
                else:
                    curve = most * (o // 2 - 2) / 2.0
                count = changes[here]
                if gear != gears[here]:
                    count += 1
                    if count > most_changes:
                        continue
                x, y, heading = state[here, 0], state[here, 1], state[here, 2]
                way = sub if gear == 0 else -sub
                good = True
                for _ in range(parts):
                    x, y, heading = _moved(x, y, heading, way, curve)
                    stamp += 2
                    if _index_at(x, y, index, frame) < 0 or not _stands(
                        x, y, heading, way, curve, boxes, tyres, split, over, under, seen, stamp
                    ):
                        good = False
                        break
                if not good:
                    continue
                px, py = x + ease[0] * cos(heading), y + ease[0] * sin(heading)
                i, j = floor(px / over[4][3]), floor(py / over[4][3])
                room = 0.0
                if 0 <= j < over[3].shape[0] and 0 <= i < over[3].shape[1]:
                    room = over[3][j, i]
                dear = 1.0 + prices[2] * abs(curve) / most + press(room, ease[1], ease[2])
                if gear == 1:
                    dear += prices[1]
                cost = state[here, 4] + step * dear + prices[3] * abs(curve - state[here, 3]) / most
                if gear != gears[here]:
                    cost += prices[0]
                up = here
            left = to_come(x, y, heading, curve / most, gear, index, frame, table, prices[0])
            if left == np.inf and not first:
                continue
            if size >= budget:
                return 3, -1, size
            i, j = int((x - frame[0]) / grid[0]), int((y - frame[1]) / grid[0])
            a = floor(heading * headings / (2.0 * pi) + 0.5) % headings
            k = min(classes - 1, int((curve / most + 1.0) / 2.0 * classes))
            key = (((np.int64(j) * across + i) * headings + a) * classes + k) * 2 + gear
            at = slot(keys, key)
            held = keys[at] == key and state[items[at], 4] <= cost + 1e-9
            if held and not first:
                continue
            if keys[at] == key and not held:
                done[items[at]] = 1  # the dearer one is never opened
            state[size, 0], state[size, 1], state[size, 2], state[size, 3], state[size, 4] = x, y, heading, curve, cost
            parent[size], gears[size], changes[size], done[size] = up, gear, count, 0
            if held:  # a seed that others follow, beside one of another drive
                done[size] = 1
            else:
                keys[at], items[at] = key, size
            if left < np.inf and not held:
                if waiting == capacity:
                    heap_cost, heap_item = doubled(heap_cost), doubled_int(heap_item)
                    capacity *= 2
                push(heap_cost, heap_item, waiting, cost + prices[4] * left, size)
                waiting += 1
            size += 1
        first = False
