"""Which boxes of today stay on a lane: as many as close the gaps without crowding, of the boxes that it may have.

Pure numbers: stops 0 (the lane's start), 1 … n (the boxes of today, along the lane) and n + 1 (its end). The choice is a
way from start to end, found by dynamic programming over the last box that stays and the number of boxes so far.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Way = tuple[tuple[int, int, int], tuple[int, ...]]  # (excess, pairs that crowd, boxes that go), boxes that stay
_REACH = 8  # of so many boxes of today in a row one stays: they stand closer together than anybody paints them


@dataclass(frozen=True)
class Stretch:
    """What is new between two stops: places, gaps that stay (from, to) [m], their excess [mm], pairs that crowd."""

    places: tuple[int, ...]
    gaps_m: tuple[tuple[float, float], ...]
    excess_mm: int
    crowded: int


def crowded(at_m: Sequence[float], apart_m: float) -> int:
    """Return how many neighbours among boxes at ``at_m`` [m] stand closer together than ``apart_m``.

    >>> crowded([0.0, 5.0, 8.0, 20.0], 5.0)
    1
    """
    return sum(b - a < apart_m - 1e-6 for a, b in itertools.pairwise(at_m))


def best_kept(count: int, stretch: Callable[[int, int], Stretch], most: int) -> tuple[int, ...]:
    """Return which of ``count`` boxes stay (0 …), at least one; none where ``most`` boxes are too few for that.

    Least excess of gaps first, then fewest pairs that crowd, most boxes that stay, fewest new ones.

    Parameters
    ----------
    count : int
        Boxes of today that could stay.
    stretch : callable
        Returns what is new between two stops if no box between them stays.
    most : int
        How many boxes the lane may have.
    """
    end = count + 1
    found: list[dict[int, _Way]] = [{0: ((0, 0, 0), ())}, *({} for _ in range(end))]
    for j in range(1, end + 1):
        for i in range(max(0, j - 1 - _REACH), j):
            if not found[i] or (i == 0 and j == end):
                continue
            between = stretch(i, j)
            boxes = len(between.places) + (j < end)
            for number, ((excess, tight, gone), stay) in found[i].items():
                if number + boxes > most:
                    continue
                cost = (excess + between.excess_mm, tight + between.crowded, gone + j - i - 1)
                new: _Way = (cost, (*stay, j - 1) if j < end else stay)
                old = found[j].get(number + boxes)
                if old is None or new < old:
                    found[j][number + boxes] = new
    if not found[end]:
        return ()
    best = min((cost, number, stay) for number, (cost, stay) in found[end].items())
    return best[2]
