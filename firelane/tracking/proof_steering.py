"""Steering in the proof of a drive: how quickly its wheels turn, and the drive that turns them steadily.

A drive has its wheels standing still on each step and turns them in between, at once. No vehicle does that. What one can
drive is the mean of the drive's places over a window of way: its curvature goes evenly from one step's to the next, never
faster than the steps within a window change, and straights and the middles of circles stay where they are: nothing is
carried off, however long the drive. That drive is what the proof sweeps. It runs at most some millimetres inside the other
(3 mm at full lock) and heads at most about 2 mrad elsewhere; its curvature and the rate of that are greater by less than
two in a thousand.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.tracking.drive import Drive, along

LOOSE = 1e-3
"""By how much the rate may be exceeded, as a share: steps are as long as floating numbers make them."""
_SAME_M = 1e-3
_HAIR = 1e-5


def window_of(drive: Drive, rate: float) -> tuple[float, int]:
    """Return the window over which a drive is steadied [m], and the number of places where its wheels turn too quickly.

    Parameters
    ----------
    drive : Drive
    rate : float
        Change of curvature that the vehicle is capable of on a metre of way; infinite where it turns its wheels standing.

    Notes
    -----
    Between the middles of two steps the curvature may change by no more than the rate allows, and within the window not
    either; of the lengths of its steps that one is taken with which it is exceeded least often, the shortest of these.
    Where the gear changes, the way after that counts if it is the shorter.
    """
    way = np.diff(drive.chainage_m)
    if not np.isfinite(rate) or len(way) < 2:
        return 0.0, 0
    own, middles = way[1:], (way[1:] + way[:-1]) / 2
    moving = drive.gear[1:-1] == drive.gear[:-2]
    change = np.diff(drive.curvature[:-1])
    quick = np.abs(change) > rate * np.where(moving, middles, np.minimum(own, middles)) * (1 + 1e-4) + 1e-9
    at = drive.chainage_m[1:-1]
    turned = np.where(moving, change, 0.0)
    windows = np.unique(np.round(way / _SAME_M)) * _SAME_M
    found = [(int(np.count_nonzero(quick | _within(at, turned, w, rate))), float(w)) for w in windows if w > _SAME_M]
    count, window_m = min(found, default=(int(np.count_nonzero(quick)), 0.0))
    return window_m, count


def quick_in_steps(drive: Drive, rate: float) -> int:
    """Count the places where the wheels turn too quickly, each looked at by itself: on its own step, or between two middles.

    Less strict than :func:`window_of` by up to half a step: for turning round, whose steps are of more than one length.
    Where the gear changes the vehicle stands: what turns, turns on the way after that.
    """
    way = np.diff(drive.chainage_m)
    if not np.isfinite(rate) or len(way) < 2:
        return 0
    own, middles = way[1:], (way[1:] + way[:-1]) / 2
    moving = drive.gear[1:-1] == drive.gear[:-2]
    allowed = rate * np.where(moving, np.maximum(own, middles), own) * (1 + 1e-4) + 1e-9
    return int(np.count_nonzero(np.abs(np.diff(drive.curvature[:-1])) > allowed))


def _within(at: Floats, change: Floats, window_m: float, rate: float) -> Bools:
    """Tell for each change whether, with those after it in one window, it is more than the rate allows there."""
    total = np.concatenate([[0.0], np.cumsum(change)])
    last = np.searchsorted(at, at + window_m * (1 - _HAIR) - 1e-9)
    # the wheels may go back within a window: each number of changes from the first on counts
    worst = np.zeros(len(at))
    for more in range(int((last - np.arange(len(at))).max(initial=0))):
        until = np.minimum(np.arange(len(at)) + more + 1, last)
        worst = np.maximum(worst, np.abs(total[until] - total[: len(at)]))
    result: Bools = worst > rate * window_m * (1 + LOOSE) + 1e-9
    return result


def steadied(drive: Drive, window_m: float, step_m: float, since: int = 0) -> Drive:
    """Return the drive with its wheels turned steadily, poses at most ``step_m`` apart, from the pose ``since`` on.

    Parameters
    ----------
    drive : Drive
    window_m : float
        Of way over which its places are averaged [m]; 0: the drive as it is.
    step_m : float
    since : int

    Notes
    -----
    Each stretch in one gear is steadied by itself, as if it went on at either end with the wheels as they stand there: at a
    change of direction, where the vehicle stands, what the wheels turn within half a step before and after is left out.
    """
    if window_m <= 0:
        return Drive(drive.xy[since:], drive.heading_rad[since:], drive.curvature[since:], drive.gear[since:]).refined(step_m)
    ends = [0, *(np.flatnonzero(np.diff(drive.gear[:-1])) + 1), len(drive.xy) - 1]
    parts = [
        _stretch(drive, first, last, window_m, step_m, since)
        for first, last in pairwise(ends) if last > since
    ]  # fmt: skip
    return Drive(
        np.vstack([p.xy for p in parts]), np.concatenate([p.heading_rad for p in parts]),
        np.concatenate([p.curvature for p in parts]), np.concatenate([p.gear for p in parts]),
    )  # fmt: skip


def _stretch(drive: Drive, first: int, last: int, window_m: float, step_m: float, since: int) -> Drive:
    gear = int(drive.gear[first])
    chainage = drive.chainage_m[first : last + 1]
    steps = slice(first, last)
    xy, heading, curvature = drive.xy[steps], drive.heading_rad[steps], drive.curvature[steps]

    def at(way: Floats) -> tuple[Ints, Floats]:
        """Return the step that a place along the way lies on, or is reached from, and how far it is on it."""
        step = np.clip(np.searchsorted(chainage, way, side="right") - 1, 0, len(xy) - 1)
        return step, gear * (way - chainage[step])

    def places(step: Ints, far: Floats) -> Floats:
        return along(xy[step], heading[step], curvature[step], far)[0]

    # sums of the places along the way up to each pose, by Simpson's rule on each arc: good to a thousandth of a millimetre
    def summed(step: Ints, far: Floats) -> Floats:
        ends = xy[step] + 4 * places(step, far / 2) + places(step, far)
        result: Floats = ends * (np.abs(far) * np.sign(far * gear))[:, None] / 6
        return result

    whole = np.arange(len(xy))
    before = np.vstack([np.zeros((1, 2)), np.cumsum(summed(whole, gear * np.diff(chainage)), axis=0)])
    begin = max(float(chainage[0]), float(drive.chainage_m[since]) - window_m / 2)
    way = np.linspace(begin, chainage[-1], max(int(np.ceil((chainage[-1] - begin) / step_m - 1e-9)), 1) + 1)
    (step_a, far_a), (step_b, far_b) = at(way - window_m / 2), at(way + window_m / 2)
    mean = (before[step_b] + summed(step_b, far_b) - before[step_a] - summed(step_a, far_a)) / window_m
    chord = (places(step_b, far_b) - places(step_a, far_a)) * gear
    towards = np.arctan2(chord[:, 1], chord[:, 0])
    turned = np.angle(np.exp(1j * np.diff(towards)))
    long = np.hypot(*np.diff(mean, axis=0).T)
    bend = np.divide(gear * turned, long, out=np.zeros_like(long), where=long > 1e-12)
    return Drive(mean, towards, np.append(bend, bend[-1:]), np.full(len(mean), gear))
