"""The widest disc that stands on a line across a lane, exactly.

Along a line, the distance from one obstacle is a convex function, and the distance from all of them the
least of many such. Between two places whose nearest obstacles are i and j, no disc is larger than the
larger of its distances from i and from j at any one place between. So a search that cuts a line where two
such functions cross proves, to a ten-millionth of a metre, that nothing wider was missed.
"""

from __future__ import annotations

import numpy as np

from firelane.lanes.boundary import Bools, Floats, Ints
from firelane.lanes.nearest import NearestSegments, within
from firelane.lanes.smoothing import SIMPLIFY_M

TOLERANCE_M = 1e-7
NEAR = (8, 16, 24)
"""How many candidates to look at first, and where these are too few."""

STEPS = 4
MOST_ROUNDS = 200
"""Far more than any search has needed: what is left then is proven to a tenth of a millimetre at least."""

ASIDE_M = SIMPLIFY_M
"""What stands at the end of a stretch may stand so far beside its line."""

HALVE = 4
FLAT = 1e-12
HIT = -1


def widest_on(
    index: NearestSegments, places: Floats, left: Floats, begin: Floats, end: Floats, closed: Bools
) -> Floats:
    """Return the radius of the widest disc with its centre on each stretch of a line [m].

    Parameters
    ----------
    index : NearestSegments
        The obstacles, local.
    places, left : (n, 2) arrays
        A point of each line and its unit vector, local.
    begin, end : (n,) arrays
        Where each stretch begins and ends: offsets along ``left`` from ``places``.
    closed : (n, 2) bool array
        Whether an obstacle stands at either end.
    """
    best, settled = _looked(index, places, left, begin, end, closed)
    rows = np.flatnonzero(~settled)
    if len(rows):
        best[rows] = _searched(
            index, places[rows], left[rows], begin[rows], end[rows], closed[rows], best[rows]
        )  # fmt: skip
    widest: Floats = np.minimum(best, (end - begin) / 2)
    return widest


def _looked(
    index: NearestSegments, places: Floats, left: Floats, begin: Floats, end: Floats, closed: Bools
) -> tuple[Floats, Bools]:
    """Try what settles most stretches: one obstacle to either side, the nearest of a few candidates.

    Returns the largest distance found, and whether it is proven to be the largest there is.
    """
    best, settled = np.zeros(len(begin)), np.zeros(len(begin), bool)
    for n, offset in enumerate((begin, end)):
        rows = np.flatnonzero(~closed[:, n])
        if len(rows):
            distance = index.nearest(places[rows] + left[rows] * offset[rows][:, None])[1]
            best[rows] = np.maximum(best[rows], distance)
    rows, at = np.arange(len(begin)), (begin + end) / 2
    for count in NEAR:
        rows, at = _look(index, count, places, left, begin, end, closed, rows, at, best, settled)
        if not len(rows):
            break
    return best, settled


def _look(
    index: NearestSegments, count: int, places: Floats, left: Floats, begin: Floats, end: Floats, closed: Bools,
    rows: Ints, at: Floats, best: Floats, settled: Bools,
) -> tuple[Ints, Floats]:  # fmt: skip
    """Search from one place of each stretch among the ``count`` candidates near it; writes ``best`` and ``settled``.

    Returns the stretches for which these were too few, and the place where to look next.
    """
    tree, owner = index.points
    count = min(count, tree.n)
    known, found = tree.query(places[rows] + left[rows] * at[:, None], k=[*range(1, count + 1)])
    known = known[:, -1]
    known[:] = np.inf if count == tree.n else known
    candidate = owner[found]
    first = at
    strayed: list[Ints] = []
    onward: list[Floats] = []
    for _ in range(STEPS):
        across = left[rows]
        distance, slope = _fall(index, (places[rows] + across * at[:, None])[:, None, :], across[:, None, :], candidate)
        every = np.arange(len(rows))
        value = distance.min(axis=1)
        # What was known about the neighbourhood of the first place holds for this one, less the way between.
        sure = known - np.abs(at - first) >= within(value)
        best[rows] = np.where(sure, np.maximum(best[rows], value), best[rows])
        most = best[rows] + TOLERANCE_M
        bounds, proven = [], np.ones(len(rows), bool)
        for side, (sign, edge) in enumerate(((1.0, begin[rows]), (-1.0, end[rows]))):
            nearest = np.where(sign * slope > 0, distance, np.inf).argmin(axis=1)
            far, fall = distance[every, nearest], slope[every, nearest]
            # What stands at the end of the stretch is no farther than that end; at an open end nothing is beyond.
            is_closed, to_edge = closed[rows, side], np.abs(at - edge)
            limit = np.where(is_closed, to_edge, np.where(to_edge > 0, np.inf, value))
            by_edge = ~((sign * fall > 0) & (far < limit + ASIDE_M))
            bounds.append((np.where(by_edge, limit, far), np.where(by_edge, sign, fall)))
            # From here to the end the distance only falls, if it has fallen at the end, or where the end itself
            # is as near: it is convex.
            ask = np.flatnonzero(sure & (bounds[-1][0] <= most) & ~by_edge)
            where = np.minimum(np.where(is_closed, most, 0.0), to_edge)[ask] * sign + edge[ask]
            there = _fall(index, places[rows[ask]] + across[ask] * where[:, None], across[ask], candidate[ask, nearest[ask]])
            proven[ask] &= there[0] <= most[ask]
        (lv, ls), (hv, hs) = bounds
        # No more than half of the stretch is ever asked for.
        done = sure & ((value >= (end - begin)[rows] / 2 - TOLERANCE_M) | ((np.maximum(lv, hv) <= most) & proven))
        settled[rows] = done
        unsure = np.flatnonzero(~sure)
        strayed.append(rows[unsure])
        onward.append(at[unsure])
        goes_on = np.flatnonzero(~done & sure)
        with np.errstate(invalid="ignore"):  # from open end to open end, and nothing near
            step = np.nan_to_num((hv - lv)[goes_on] / (ls - hs)[goes_on], nan=0.0)
        rows = rows[goes_on]
        at = np.clip(at[goes_on] + step, begin[rows], end[rows])
        candidate, known, first = candidate[goes_on], known[goes_on], first[goes_on]
        if not len(rows):
            break
    return np.concatenate(strayed), np.concatenate(onward)


def _searched(
    index: NearestSegments, places: Floats, left: Floats, begin: Floats, end: Floats, closed: Bools, known: Floats
) -> Floats:
    """Return the largest distance on each stretch by cutting it until nothing larger than what is known is possible."""

    def at(row: Ints, offset: Floats) -> Floats:
        place: Floats = places[row] + left[row] * offset[:, None]
        return place

    def value(row: Ints, segment: Ints, offset: Floats, side: int) -> tuple[Floats, Floats]:
        """Distance from a segment, or from the obstacle met at an end of the stretch, and its slope."""
        distance, slope = _fall(index, at(row, offset), left[row], np.maximum(segment, 0))
        hit = segment == HIT
        from_end = end[row] - offset if side else offset - begin[row]
        return np.where(hit, from_end, distance), np.where(hit, -1.0 if side else 1.0, slope)

    every = np.arange(len(begin))
    middle = (begin + end) / 2
    segment, best = index.nearest(at(every, middle))
    np.maximum(best, known, out=best)
    sides = np.full((len(begin), 2), HIT)
    for n, offset in enumerate((begin, end)):
        rows = np.flatnonzero(~closed[:, n])
        if len(rows):
            sides[rows, n], distance = index.nearest(at(rows, offset[rows]))
            best[rows] = np.maximum(best[rows], distance)
    row = np.concatenate((every, every))
    a, b = np.concatenate((begin, middle)), np.concatenate((middle, end))
    i, j = np.concatenate((sides[:, 0], segment)), np.concatenate((segment, sides[:, 1]))
    for turn in range(MOST_ROUNDS):
        fa, sa = value(row, i, a, 0)
        fb, sb = value(row, j, b, 1)
        other_a, other_b = value(row, j, a, 1)[0], value(row, i, b, 0)[0]
        bound = np.minimum(np.maximum(fa, other_a), np.maximum(fb, other_b))
        kept = np.flatnonzero((i != j) & (bound > best[row] + TOLERANCE_M) & (b - a > TOLERANCE_M))
        row, i, j, a, b, bound = row[kept], i[kept], j[kept], a[kept], b[kept], bound[kept]
        fa, sa, fb, sb, other_a, other_b = (v[kept] for v in (fa, sa, fb, sb, other_a, other_b))
        # Where the tangents meet, or the chords, or (now and then) half-way: whichever proves most.
        low, high = fa - other_a, other_b - fb
        cut, least = (a + b) / 2, np.full(len(row), np.inf)
        for above, below in ((fb - fa + sa * a - sb * b, sa - sb), (high * a - low * b, high - low)):
            flat = np.abs(below) < FLAT
            meet = above / np.where(flat, 1.0, below)
            where = np.flatnonzero(~flat & (meet > a) & (meet < b))
            from_i, from_j = (
                value(row[where], s[where], meet[where], side)[0] for side, s in enumerate((i, j))
            )
            most = np.maximum(from_i, from_j)
            better = most < least[where]
            least[where[better]], cut[where[better]] = most[better], meet[where[better]]
        if turn % HALVE == HALVE - 1:
            cut = (a + b) / 2
        kept = np.flatnonzero(np.minimum(bound, least) > best[row] + TOLERANCE_M)
        if not len(kept):
            break
        row, i, j, a, b, cut = row[kept], i[kept], j[kept], a[kept], b[kept], cut[kept]
        k, distance = index.nearest(at(row, cut))
        np.maximum.at(best, row, distance)
        row = np.concatenate((row, row))
        a, b = np.concatenate((a, cut)), np.concatenate((cut, b))
        i, j = np.concatenate((i, k)), np.concatenate((k, j))
    return best


def _fall(index: NearestSegments, xy: Floats, left: Floats, segment: Ints) -> tuple[Floats, Floats]:
    """Return the distance from a segment of each place's own, and its slope along ``left``."""
    distance, x, y = index.away(xy, segment)
    length = np.sqrt(x * x + y * y)
    slope: Floats = (x * left[..., 0] + y * left[..., 1]) / np.maximum(length, 1e-12)
    return distance, slope
