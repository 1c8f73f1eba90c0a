"""Where along a lane boxes stand: a chain of places with no gap above the pitch.

Pure numbers: the places are numbered 0 … n-1, one search step apart, and some are free. The fewest
boxes are wanted, as far apart as the pitch allows; a greedy walk would do but for boxes that may not
overlap, so the chain is found by dynamic programming from the far end.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NONE = np.iinfo(np.int64).max // 2
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
    """

    places: tuple[int, ...]
    too_wide: tuple[tuple[int, int], ...]


def chain(free: NDArray[np.bool_], *, pitch: int, least: int, start_within: int, end_from: int) -> Spacing:
    """Choose places so that neighbours are at most ``pitch`` apart, or as near to that as can be.

    Parameters
    ----------
    free : (n,) bool
        Which places are free.
    pitch, least : int
        Greatest and least distance of neighbours [steps].
    start_within, end_from : int
        The first place chosen should not be beyond ``start_within``, nor the last one before ``end_from``.

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
    found = _chain(free, pitch=pitch, least=least, start_within=start_within, end_from=end_from)
    if found.too_wide or not any(b - a < pitch / 2 for a, b in itertools.pairwise(found.places)):
        return found
    low, high = 0.4, 1.0
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        tried = _chain(
            free, pitch=int(pitch * share), least=least, start_within=int(start_within * share),
            end_from=len(free) - 1 - int((len(free) - 1 - end_from) * share),
        )  # fmt: skip
        if tried.too_wide or len(tried.places) > len(found.places):
            low = share
        else:
            found, high = tried, share
    return found


def _chain(free: NDArray[np.bool_], *, pitch: int, least: int, start_within: int, end_from: int) -> Spacing:
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
        places += _best(island, starts, ends, pitch=pitch, least=least)
    gaps = [(a, b) for a, b in itertools.pairwise(places) if b - a > pitch]
    if places[0] > start_within:
        gaps.insert(0, (-1, places[0]))
    if places[-1] < end_from:
        gaps.append((places[-1], count))
    return Spacing(tuple(places), tuple(gaps))


def _best(
    stops: NDArray[np.int64], starts: NDArray[np.bool_], ends: NDArray[np.bool_], *, pitch: int, least: int
) -> list[int]:
    """Return the shortest chain of ``stops`` from a start to an end."""
    both = np.flatnonzero(starts & ends)
    if len(both):  # one box does: in the middle, rather than at either limit
        middle = (stops[both[0]] + stops[both[-1]]) / 2
        return [int(stops[both[np.argmin(np.abs(stops[both] - middle))]])]
    need = np.where(ends, 1, _NONE)
    first = np.searchsorted(stops, stops + least)
    last = np.searchsorted(stops, stops + pitch, side="right")
    for k in range(len(stops) - 1, -1, -1):
        if not ends[k] and first[k] < last[k]:
            need[k] = min(need[first[k] : last[k]].min() + 1, _NONE)
    reachable = np.flatnonzero(starts & (need < _NONE))
    if len(reachable) == 0:
        return _walk(stops, pitch=pitch, least=least)
    k = int(reachable[need[reachable] == need[reachable].min()][-1])
    found = [int(stops[k])]
    while need[k] > 1:
        window = np.arange(first[k], last[k])
        k = int(window[need[window] == need[k] - 1][-1])
        found.append(int(stops[k]))
    return found


def _walk(stops: NDArray[np.int64], *, pitch: int, least: int) -> list[int]:
    """Walk as far as each step allows; where boxes would overlap, take the next place after that."""
    found = [int(stops[0])]
    while True:
        ahead = stops[stops >= found[-1] + least]
        if len(ahead) == 0:
            return found
        within = ahead[ahead <= found[-1] + pitch]
        found.append(int(within[-1] if len(within) else ahead[0]))
