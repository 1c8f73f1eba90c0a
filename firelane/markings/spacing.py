"""Where along a lane boxes stand: a chain of places with no gap above the pitch.

Pure numbers: the places are numbered 0 … n-1, one search step apart, and some are free. As few boxes as
can be stand on places that are ill liked, then the fewest boxes at all are wanted, as far apart as the pitch
allows; the chain is found by dynamic programming from the far end.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NONE = np.iinfo(np.int64).max // 2
_DEAR = 100_000  # more than the boxes of any lane: a dislike outweighs any number of boxes
_HALVINGS = 6


@dataclass(frozen=True)
class Spacing:
    """Places chosen, and the gaps that no choice could close.

    Attributes
    ----------
    places : tuple of int
        Numbers of the places, ascending.
    too_wide : tuple of (int, int)
        Pairs of neighbouring stops (places, -1 for the start, n for the end) whose gap is too wide.
    dislike : int
        Sum of the dislikes of the places chosen.
    """

    places: tuple[int, ...]
    too_wide: tuple[tuple[int, int], ...]
    dislike: int = 0


Known = dict[tuple[bytes, bytes, int, int, int, int], Spacing]
"""Places free, their costs, least distance, pitch and both limits → what was chosen."""


def chain(
    free: NDArray[np.bool_], *, pitch: int, least: int, start_within: int, end_from: int,
    dislike: NDArray[np.int64] | None = None, known: Known | None = None,
) -> Spacing:  # fmt: skip
    """Choose places so that neighbours are at most ``pitch`` apart, or as near to that as can be.

    Parameters
    ----------
    free : (n,) bool
        Which places are free.
    pitch, least : int
        Greatest and least distance of neighbours [steps].
    start_within, end_from : int
        The first place chosen should not be beyond ``start_within``, nor the last one before ``end_from``.
    dislike : (n,) int, optional
        How ill each place is liked, 0 for one as good as any. A gap above the pitch is worse than any dislike.
    known : dict, optional
        What was found for the same question before; added to.

    Notes
    -----
    Neighbours stand a whole pitch apart where they can. Where that would leave two boxes closer than
    half a pitch at the end, all are spread evenly instead: as many, and easier on the eye.

    Examples
    --------
    >>> chain(np.ones(51, dtype=bool), pitch=20, least=3, start_within=20, end_from=30).places
    (20, 40)
    >>> chain(np.ones(11, dtype=bool), pitch=20, least=3, start_within=20, end_from=-10).places
    (5,)
    """
    cost = np.ones(len(free), dtype=np.int64) if dislike is None else 1 + _DEAR * dislike.astype(np.int64)
    known = {} if known is None else known
    lane = (free.tobytes(), cost.tobytes(), least)

    def asked(pitch: int, start_within: int, end_from: int) -> Spacing:
        question = (*lane, pitch, start_within, end_from)
        if question not in known:
            known[question] = _chain(free, cost, pitch=pitch, least=least, start_within=start_within, end_from=end_from)
        return known[question]

    found = asked(pitch, start_within, end_from)
    if found.too_wide or not any(b - a < pitch / 2 for a, b in itertools.pairwise(found.places)):
        return found
    low, high = 0.4, 1.0
    usable, last = np.flatnonzero(free & (cost <= cost[list(found.places)].max())), len(free) - 1
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        # the ends come nearer as well, but not to where nothing is free
        tried = asked(
            int(pitch * share), min(max(int(start_within * share), int(usable[0])), start_within),
            max(min(last - int((last - end_from) * share), int(usable[-1])), end_from),
        )  # fmt: skip
        if tried.too_wide or tried.dislike > found.dislike or len(tried.places) > len(found.places):
            low = share
        else:
            found, high = tried, share
    return found


def _chain(
    free: NDArray[np.bool_], cost: NDArray[np.int64], *, pitch: int, least: int, start_within: int, end_from: int
) -> Spacing:
    stops = np.flatnonzero(free)
    count = len(free)
    if len(stops) == 0:
        return Spacing((), ((-1, count),) if start_within < count - 1 or end_from > 0 else ())
    islands = np.split(stops, np.flatnonzero(np.diff(stops) > pitch) + 1)
    places: list[int] = []
    for n, island in enumerate(islands):
        starts, ends = np.zeros(len(island), dtype=bool), np.zeros(len(island), dtype=bool)
        # where a gap cannot be closed, the boxes on both sides stand as near to it as they may
        starts[0] = ends[-1] = True
        if n == 0 and island[0] <= start_within:
            starts = island <= start_within
        if n == len(islands) - 1 and island[-1] >= end_from:
            ends = island >= end_from
        places += _best(island, cost[island], (starts, ends), pitch=pitch, least=least)
    gaps = [(a, b) for a, b in itertools.pairwise(places) if b - a > pitch]
    if places[0] > start_within:
        gaps.insert(0, (-1, places[0]))
    if places[-1] < end_from:
        gaps.append((places[-1], count))
    return Spacing(tuple(places), tuple(gaps), int((cost[places] - 1).sum()) // _DEAR)


def _best(
    stops: NDArray[np.int64],
    cost: NDArray[np.int64],
    limits: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    *,
    pitch: int,
    least: int,
) -> list[int]:
    """Return the cheapest chain of ``stops`` from a start to an end; ``limits`` tell which may be either."""
    starts, ends = limits
    first = np.searchsorted(stops, stops + least)
    last = np.searchsorted(stops, stops + pitch, side="right")
    need = _needed(ends, cost, first, last)
    reachable = np.flatnonzero(starts & (need < _NONE))
    if len(reachable) == 0:
        return _walk(stops, pitch=pitch, least=least)
    best = need[reachable].min()
    alone = np.flatnonzero(starts & ends & (cost == best))
    if len(alone):  # one box does: in the middle, rather than at either limit
        middle = (stops[alone[0]] + stops[alone[-1]]) / 2
        return [int(stops[alone[np.argmin(np.abs(stops[alone] - middle))]])]
    k = int(reachable[need[reachable] == best][-1])
    found = [int(stops[k])]
    while not ends[k]:
        window = np.arange(first[k], last[k])
        k = int(window[need[window] == need[k] - cost[k]][-1])
        found.append(int(stops[k]))
    return found


def _needed(
    ends: NDArray[np.bool_], cost: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return what the cheapest chain from each place to an end costs, itself included.

    Both limits of the places that may follow only move on along the lane: their least is kept in a queue of those
    that no nearer one undercuts.
    """
    need = np.where(ends, cost, _NONE).tolist()
    price, begin, stop = cost.tolist(), first.tolist(), last.tolist()
    queue: deque[int] = deque()
    taken = len(need)
    open_ = (~ends & (first < last)).tolist()
    for k in range(len(need) - 1, -1, -1):
        if not open_[k]:
            continue
        for n in range(taken - 1, max(begin[k], k + 1) - 1, -1):
            while queue and need[queue[-1]] >= need[n]:
                queue.pop()
            queue.append(n)
        taken = min(taken, max(begin[k], k + 1))
        while queue and queue[0] >= stop[k]:
            queue.popleft()
        if queue:
            need[k] = min(need[queue[0]] + price[k], _NONE)
    return np.array(need, np.int64)


def _walk(stops: NDArray[np.int64], *, pitch: int, least: int) -> list[int]:
    """Walk as far as each step allows; where boxes would overlap, take the next place after that."""
    found = [int(stops[0])]
    while True:
        ahead = stops[stops >= found[-1] + least]
        if len(ahead) == 0:
            return found
        within = ahead[ahead <= found[-1] + pitch]
        found.append(int(within[-1] if len(within) else ahead[0]))
