"""The verdict of a lane's clear width within the accuracy of the survey, stretch by stretch as the audit has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from firelane.findings.desk import minimum_verdict
from firelane.findings.summary import worst
from firelane.lanes.boundary import Floats
from firelane.vocabulary import Verdict

HAIR_M = 1e-6


@dataclass(frozen=True)
class Member:
    """One narrow place of a lane.

    ``accuracy_m`` is that of what bounds it, ``chainage_m`` its place along the lane [m].
    """

    width_m: float
    accuracy_m: float
    governed: bool
    chainage_m: float


Profile = Callable[[], tuple[Floats, Floats]]
"""Returns chainage and clear width of the lane's stations [m]."""


def width_verdict(members: Sequence[Member], width_m: float, limit_m: float, below_m: float, profile: Profile) -> Verdict:
    """Return the worst verdict of a lane's stretches.

    Parameters
    ----------
    members : sequence of Member
        All narrow places below ``below_m``.
    width_m : float
        Clear width of the lane.
    limit_m : float
    below_m : float
        Stations narrower than this join the narrow places beside them to one stretch.
    profile : callable
        Asked only where the verdict depends on it.
    """
    # Of equal widths the audit takes a gap before a dead end.
    order = sorted(members, key=lambda m: (round(m.width_m, 6), not m.governed, m.chainage_m))
    judged = [(minimum_verdict(m.width_m, limit_m, m.accuracy_m), m) for m in order]
    troubled = [(verdict, m) for verdict, m in judged if verdict is not Verdict.PASS]
    if not troubled:
        return minimum_verdict(width_m, limit_m, 0.0)
    first = troubled[0][0]
    if first is Verdict.FAIL or all(verdict is first for verdict, _ in troubled):
        return first
    # The narrowest that does not pass speaks for its stretch, even where a wider one was surveyed well enough to
    # fail: so it counts which places are one stretch.
    chainage, clear = profile()
    stretch = _stretches([m.chainage_m for m in order], chainage, clear < below_m)
    spoken: dict[int, Verdict] = {}
    for (verdict, _), of in zip(judged, stretch, strict=True):
        if verdict is not Verdict.PASS:
            spoken.setdefault(of, verdict)
    return worst(list(spoken.values()))


def _stretches(at_m: Sequence[float], chainage: Floats, tight: np.ndarray) -> list[int]:
    """Return the stretch of each place: places join where the runs of tight stations about them meet."""
    run = np.cumsum(np.r_[False, np.diff(tight.astype(np.int8)) != 0]) if len(tight) else np.zeros(0, np.int64)
    spans = [_span(place, chainage, tight, run) for place in at_m]
    result = [0] * len(spans)
    end, number = -np.inf, -1
    for k in sorted(range(len(spans)), key=lambda k: spans[k]):
        low, high = spans[k]
        if low > end + HAIR_M:
            number += 1
        end = max(end, high) if low <= end + HAIR_M else high
        result[k] = number
    return result


def _span(at_m: float, chainage: Floats, tight: np.ndarray, run: np.ndarray) -> tuple[float, float]:
    if not len(chainage):
        return at_m, at_m
    nearest = int(np.argmin(np.abs(chainage - at_m)))
    near = [k for k in (nearest - 1, nearest, nearest + 1) if 0 <= k < len(chainage) and tight[k]]
    if not near:
        return at_m, at_m
    own = chainage[run == run[min(near, key=lambda k: abs(chainage[k] - at_m))]]
    return min(float(own[0]), at_m), max(float(own[-1]), at_m)
