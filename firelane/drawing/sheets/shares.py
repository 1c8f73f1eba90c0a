"""Which frame sets out which piece: few cuts along each lane, no sheet for what others have room for."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from firelane.drawing.sheets.cover import Frame, best_turned, directions, sides
from firelane.drawing.sheets.pieces import LOOSE, Pieces, rotation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_UPRIGHT = math.radians(2.0)  # lanes that lean by less lie along a sheet that is not turned, or turned by a right angle


class Margins(NamedTuple):
    """What is shown around the pieces: where a lane is cut, and elsewhere [m]."""

    cut_m: float
    edge_m: float


def share(
    found: Pieces, frames: Sequence[Frame], window_m: tuple[float, float], margins: Margins, blocked: Flags
) -> tuple[Ints, list[Frame]]:
    """Give every piece to one frame, and turn and move each frame to suit what it was given.

    Parameters
    ----------
    found : Pieces
    frames : sequence of Frame
        Together they hold every piece, with ``margins.cut_m`` left all around.
    window_m : (float, float)
        What a sheet shows.
    margins : Margins
    blocked : (n,) bool
        Pieces before which a lane had better not be cut.

    Returns
    -------
    (n,) int, list of Frame
        Owner of each piece, a number in the list.
    """
    owner = _owners(found, frames, blocked)
    owner = _merged(found, owner, frames, window_m, margins)
    used, owner = np.unique(owner, return_inverse=True)
    margin_m = _margin(found, owner, margins)
    fitted = []
    for number, frame in enumerate(used):
        mine = np.flatnonzero(owner == number)
        placed = _fit(found, mine, _angles(found, mine, frames[frame].angle_rad), window_m, margin_m)
        fitted.append(placed or _middle(found, mine, frames[frame]))
    return owner.astype(np.int64), fitted


def _owners(found: Pieces, frames: Sequence[Frame], blocked: Flags) -> Ints:
    """Give every piece to one frame that holds it, each lane with as few cuts as can be.

    Along a lane the frame that holds most of what comes next takes over; the cut lies in the middle of what both hold.
    """
    holds: list[set[int]] = [set() for _ in range(len(found))]
    for number, frame in enumerate(frames):
        for n in frame.holds:
            holds[n].add(number)
    owner = np.full(len(found), -1, dtype=np.int64)
    start = 0
    while start < len(found):
        same = found.lane[start] != LOOSE
        stop = start + 1
        while same and stop < len(found) and found.lane[stop] == found.lane[start]:
            stop += 1
        _share_lane(holds, owner, blocked, start, stop)
        start = stop
    return owner


def _share_lane(holds: list[set[int]], owner: Ints, blocked: Flags, start: int, stop: int) -> None:
    """Share the pieces ``start`` … ``stop`` of one lane among the frames that hold them."""
    n, before = start, -1
    while n < stop:
        reach = {}
        for frame in holds[n]:
            end = n
            while end < stop and frame in holds[end]:
                end += 1
            reach[frame] = end
        best = min(reach, key=lambda frame: (-reach[frame], frame))
        begin = n
        if before >= 0:  # both hold some pieces before this one: the cut lies in the middle of them
            while begin > start and best in holds[begin - 1] and owner[begin - 1] == before:
                begin -= 1
            places = [c for c in range(begin, n + 1) if not blocked[c] and c > start] or [n]
            begin = min(places, key=lambda c: (abs(2 * c - begin - n), c))
        owner[begin : reach[best]] = best
        n, before = reach[best], best


def _margin(found: Pieces, owner: Ints, margins: Margins) -> Floats:
    """Return how much has to be shown around each piece [m]: more where its lane goes on elsewhere."""
    cut = np.zeros(len(found), dtype=bool)
    change = np.flatnonzero((found.lane[1:] == found.lane[:-1]) & (found.lane[1:] != LOOSE) & (owner[1:] != owner[:-1]))
    cut[change] = cut[change + 1] = True
    if len(found.ends):
        piece, node = found.ends.T
        low = np.full(int(node.max()) + 1, np.iinfo(np.int64).max)
        high = np.full(int(node.max()) + 1, -1)
        np.minimum.at(low, node, owner[piece])
        np.maximum.at(high, node, owner[piece])
        cut[piece[low[node] != high[node]]] = True
    return np.where(cut, margins.cut_m, margins.edge_m)


def _merged(
    found: Pieces, owner: Ints, frames: Sequence[Frame], window_m: tuple[float, float], margins: Margins
) -> Ints:
    """Let sheets that hold little move in with a neighbour that has room, at an angle at which it may lie."""
    owner, count = owner.copy(), len(frames)
    length_m = np.bincount(owner, weights=found.length_m, minlength=count)
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, owner, found.middle)
    np.maximum.at(high, owner, found.middle)
    diagonal_m = math.hypot(*window_m)
    alone = [int(n) for n in np.argsort(length_m, kind="stable") if length_m[n] > 0.0]
    for small in alone:
        span_m = np.hypot(*(np.maximum(high, high[small]) - np.minimum(low, low[small])).T)
        near = [n for n in alone if n != small and length_m[n] > 0.0 and span_m[n] <= diagonal_m]
        for other in sorted(near, key=lambda n: (span_m[n], n)):
            trial = np.where(owner == small, other, owner)
            both = np.flatnonzero(trial == other)
            # The very directions that the sheet is laid at in the end: what fits here fits there.
            angles = _angles(found, both, frames[other].angle_rad)
            if _fit(found, both, angles, window_m, _margin(found, trial, margins)):
                owner = trial
                length_m[other] += length_m[small]
                length_m[small] = 0.0
                low[other], high[other] = np.minimum(low[other], low[small]), np.maximum(high[other], high[small])
                break
    return owner


def _angles(found: Pieces, which: Ints, now: float) -> list[float]:
    """Return directions for a sheet: those of its lanes, or across them, or as it lies; first what suits most of them."""
    return best_turned(found, which, [side for way in main_ways(found, which) for side in sides(way)] + [now])


def main_ways(found: Pieces, which: Ints) -> list[float]:
    """Return the two main directions of some pieces; upright if they are so nearly."""
    main = directions(found, which)[:2]
    return [0.0 if abs(angle) < _UPRIGHT else math.pi / 2 if abs(angle) > math.pi / 2 - _UPRIGHT else angle for angle in main]


def _fit(
    found: Pieces, which: Ints, angles: Sequence[float], window_m: tuple[float, float], margin_m: Floats
) -> Frame | None:
    """Return the first frame that shows some pieces with what has to be shown around each; None where none does."""
    about = found.middle[which[0]]
    for angle in angles:
        box = found.bounds(which, angle, about)
        low = (box[:, :2] - margin_m[which, None]).min(axis=0)
        high = (box[:, 2:] + margin_m[which, None]).max(axis=0)
        if (high - low <= np.array(window_m) + 1e-6).all():
            x, y = rotation(angle) @ ((low + high) / 2) + about
            return Frame((float(x), float(y)), angle)
    return None


def _middle(found: Pieces, which: Ints, frame: Frame) -> Frame:
    """Return a frame with what it sets out in its middle."""
    box = found.bounds(which, frame.angle_rad, np.asarray(frame.centre))
    middle = (box[:, :2].min(axis=0) + box[:, 2:].max(axis=0)) / 2
    x, y = rotation(frame.angle_rad) @ middle + frame.centre
    return replace(frame, centre=(float(x), float(y)))
