"""Covering pieces with few rectangles of one size, each turned as it likes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.drawing.sheets.pieces import LOOSE, Pieces, rotation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_TRIED = 24  # places of a rectangle tried in each direction
_BINS = 36  # directions are told apart by 5°
_PARALLEL = math.radians(5.0)  # a lane that leans by less runs along or across the sheet
_BANDS = 8  # parts of a rectangle's height at which a row of them may end
# How much more a piece counts that lies along the sheet, and how much less a turned sheet. So much that a single lane never
# lies aslant, though the diagonal of a sheet would hold more of it; some; hardly: most metres a sheet.
_LIKINGS = ((10.0, False), (1.5, False), (0.1, True))
_SLACK_M = 1e-6


@dataclass(frozen=True)
class Frame:
    """A rectangle: its middle, the direction of its long side, and the pieces that it holds whole."""

    centre: tuple[float, float]
    angle_rad: float
    holds: tuple[int, ...] = ()


def covers(found: Pieces, size_m: tuple[float, float], turn_share: float) -> list[list[Frame]]:
    """Return a few ways of holding every piece whole in rectangles of ``size_m``.

    Greedy ones from two corners of the site, and rows at each of its main directions, as full as they can be and so
    that they are few; a piece larger than the rectangle lies in the middle of its own. The same site always gives
    the same.
    """
    greedy = [
        _greedy(found, size_m, start, turn_share if upright else 0.0, along)
        for along, upright in _LIKINGS
        for start in (0.25, 1.25)
    ]
    main = directions(found, np.arange(len(found)))[:2]
    turned = [halved(angle + math.pi / 2) for angle in (0.0, *main)]
    rows = [_in_rows(found, size_m, angle) for angle in dict.fromkeys([0.0, *main, *turned])]
    bands = [_in_bands(found, size_m, angle) for angle in dict.fromkeys(side for way in main for side in sides(way))]
    return [_needed(found, frames, size_m) for frames in (*greedy, *rows, *bands)]


def halved(angle_rad: float) -> float:
    """Return a direction in (-90°, 90°]: a rectangle turned by 180° is the same."""
    return float(math.pi / 2 - (math.pi / 2 - angle_rad) % math.pi)


def sides(angle_rad: float) -> tuple[float, float]:
    """Return a direction and the one across it."""
    return angle_rad, halved(angle_rad + math.pi / 2)


def parallel_m(found: Pieces, which: Ints, angle_rad: Floats | float) -> tuple[Floats, Floats]:
    """Return of each piece how much of it runs along or across a sheet so turned, and how much along it [m]."""
    length_m = np.where(found.lane[which] == LOOSE, 0.0, found.length_m[which])
    turned = found.heading_rad[which] - angle_rad
    either = np.abs(np.sin(2.0 * turned)) <= math.sin(2.0 * _PARALLEL)
    along = np.abs(np.sin(turned)) <= math.sin(_PARALLEL)
    return np.asarray(length_m * either), np.asarray(length_m * along)


def best_turned(found: Pieces, which: Ints, angles: Sequence[float]) -> list[float]:
    """Return directions for a sheet: first that to which most metres are parallel, of two alike that along most."""
    worth = {}
    for angle in dict.fromkeys(angles):
        either, along = parallel_m(found, which, angle)
        worth[angle] = (-round(float(either.sum()), 3), -round(float(along.sum()), 3))
    return sorted(worth, key=worth.__getitem__)


def directions(found: Pieces, which: Ints) -> list[float]:
    """Return the main directions of some pieces, the one with most metres first."""
    which = which[found.lane[which] != LOOSE]
    if not len(which):
        return [0.0]
    weight = found.length_m[which]
    twice = 2.0 * found.heading_rad[which]
    number = np.round(twice / (2 * math.pi) * _BINS).astype(int) % _BINS
    sums = np.bincount(number, weights=weight, minlength=_BINS)
    sines = np.bincount(number, weights=weight * np.sin(twice), minlength=_BINS)
    cosines = np.bincount(number, weights=weight * np.cos(twice), minlength=_BINS)
    order = np.lexsort((np.arange(_BINS), -sums))
    return [round(halved(math.atan2(sines[k], cosines[k]) / 2), 6) for k in order if sums[k] > 0.0]


def _greedy(
    found: Pieces, size_m: tuple[float, float], start: float, turn_share: float, along: float
) -> list[Frame]:
    """Lay rectangles one after another over the outermost piece left, each where it holds most."""
    ahead = np.array([math.cos(start * math.pi), math.sin(start * math.pi)])
    left = np.ones(len(found), dtype=bool)
    frames = []
    for seed in np.argsort(found.middle @ ahead, kind="stable"):
        if not left[seed]:
            continue
        near = np.sort(found.middles.query(shapely.Point(found.middle[seed]), predicate="dwithin", distance=math.hypot(*size_m)))
        near = near[left[near]]
        frame = _best(found, near, int(seed), size_m, turn_share, along)
        left[list(frame.holds)] = False
        frames.append(frame)
    return frames


def _best(
    found: Pieces, near: Ints, seed: int, size_m: tuple[float, float], turn_share: float, along: float
) -> Frame:
    """Return the rectangle over ``seed`` that holds most metres of what is near."""
    about = found.middle[seed]
    at = int(np.searchsorted(near, seed))
    chosen: tuple[float, Frame] | None = None
    own = near[found.lane[near] == found.lane[seed]]
    chord = found.middle[own[-1]] - found.middle[own[0]]
    own_way = [halved(math.atan2(chord[1], chord[0]))] if len(own) > 1 else []
    for angle in dict.fromkeys([0.0, *directions(found, near)[:3], *own_way]):
        box = found.bounds(near, angle, about)
        turned = found.heading_rad[near] - angle
        worth = found.length_m[near] * (1.0 + along * np.cos(turned) ** 2) * (1.0 - turn_share * (angle != 0.0))
        inside, edges = [], []
        for axis in (0, 1):
            low, high = box[:, axis], box[:, 2 + axis]
            starts = _starts(low, high, at, size_m[axis])
            edges.append(starts)
            inside.append((low >= starts[:, None] - _SLACK_M) & (high <= starts[:, None] + size_m[axis] + _SLACK_M))
        score = (inside[0] * worth) @ inside[1].T.astype(float)
        i, j = np.unravel_index(int(np.argmax(score)), score.shape)
        if chosen is None or score[i, j] > chosen[0] + 1e-6:
            middle = rotation(angle) @ (np.array([edges[0][i], edges[1][j]]) + np.array(size_m) / 2) + about
            held = near[inside[0][i] & inside[1][j]]
            held = np.union1d(held, [seed])
            chosen = float(score[i, j]), Frame((float(middle[0]), float(middle[1])), angle, tuple(held.tolist()))
    assert chosen is not None
    return chosen[1]


def _starts(low: Floats, high: Floats, seed: int, size_m: float) -> Floats:
    """Return where a rectangle's side may begin so that it holds the seed, at others' ends: ``_TRIED`` at most."""
    least, most = high[seed] - size_m, low[seed]
    if least > most:  # larger than the rectangle: it lies in the middle
        return np.array([(least + most) / 2])
    places = np.unique(np.round(np.r_[least, most, low, high - size_m], 6))
    places = places[(places >= least - _SLACK_M) & (places <= most + _SLACK_M)]
    if len(places) > _TRIED:
        places = places[np.unique(np.linspace(0, len(places) - 1, _TRIED).round().astype(int))]
    return np.asarray(places)


def _in_rows(found: Pieces, size_m: tuple[float, float], angle: float) -> list[Frame]:
    """Lay rectangles side by side in rows: each row begins at the lowest piece left, each rectangle at the first."""
    about = found.middle.mean(axis=0)
    box = found.bounds(np.arange(len(found)), angle, about)
    left = np.ones(len(found), dtype=bool)
    frames = []
    for lowest in np.argsort(box[:, 1], kind="stable"):
        if not left[lowest]:
            continue
        bottom = box[lowest, 1]
        row = np.flatnonzero(left & (box[:, 1] >= bottom - _SLACK_M) & (box[:, 3] <= bottom + size_m[1] + _SLACK_M))
        row = np.union1d(row, [lowest])
        for first in row[np.argsort(box[row, 0], kind="stable")]:
            if not left[first]:
                continue
            begin = box[first, 0]
            held = row[left[row] & (box[row, 0] >= begin - _SLACK_M) & (box[row, 2] <= begin + size_m[0] + _SLACK_M)]
            held = np.union1d(held, [first])
            left[held] = False
            middle = rotation(angle) @ (np.array([begin, bottom]) + np.array(size_m) / 2) + about
            frames.append(Frame((float(middle[0]), float(middle[1])), angle, tuple(held.tolist())))
    return frames


def _in_bands(found: Pieces, size_m: tuple[float, float], angle: float) -> list[Frame]:
    """Lay rectangles in rows as :func:`_in_rows` does, the rows cut so that they need fewest rectangles in all."""
    about = found.middle.mean(axis=0)
    box = found.bounds(np.arange(len(found)), angle, about)
    step_m = size_m[1] / _BANDS
    # Pieces in steps across the rows, each by its lower side.
    level = np.floor((box[:, 1] - box[:, 1].min()) / step_m + _SLACK_M).astype(int)
    order = np.argsort(level, kind="stable")
    edge = np.searchsorted(level[order], np.arange(int(level.max()) + 2))
    last = len(edge) - 1
    fewest: list[tuple[int, int, list[Frame]]] = [(0, 0, [])] * (last + 1)
    for begin in range(last - 1, -1, -1):
        chosen = None
        for end in range(begin + 1, min(begin + _BANDS, last) + 1):
            row = order[edge[begin] : edge[end]]
            if len(row) and end > begin + 1 and float(np.ptp(box[row][:, [1, 3]])) > size_m[1]:
                break
            frames = _row(row, box, size_m)
            count = len(frames) + fewest[end][0]
            # Of as few the row that holds most.
            if chosen is None or count <= chosen[0]:
                chosen = count, end, frames
        assert chosen is not None
        fewest[begin] = chosen
    laid, begin = [], 0
    while begin < last:
        _, begin, frames = fewest[begin]
        laid += frames
    return [
        Frame((float(x), float(y)), angle, frame.holds)
        for frame in laid
        for x, y in [rotation(angle) @ np.array(frame.centre) + about]
    ]


def _row(row: Ints, box: Floats, size_m: tuple[float, float]) -> list[Frame]:
    """Lay rectangles one after another over the pieces of a row, in turned axes."""
    frames = []
    row = row[np.argsort(box[row, 0], kind="stable")]
    while len(row):
        inside = box[row, 2] <= box[row[0], 0] + size_m[0] + _SLACK_M
        inside[0] = True  # larger than the rectangle
        held = row[inside]
        low, high = box[held, :2].min(axis=0), box[held, 2:].max(axis=0)
        x, y = (low + high) / 2
        frames.append(Frame((float(x), float(y)), 0.0, tuple(np.sort(held).tolist())))
        row = row[~inside]
    return frames


def _needed(found: Pieces, frames: Sequence[Frame], size_m: tuple[float, float]) -> list[Frame]:
    """Return the frames with all that each holds, without those whose pieces others hold too."""
    reach_m = math.hypot(*size_m) / 2
    full = []
    for frame in frames:
        near = np.sort(found.middles.query(shapely.Point(frame.centre), predicate="dwithin", distance=reach_m))
        box = found.bounds(near, frame.angle_rad, np.asarray(frame.centre)) if len(near) else np.empty((0, 4))
        half = np.array(size_m) / 2 + _SLACK_M
        whole = near[((box[:, :2] >= -half) & (box[:, 2:] <= half)).all(axis=1)]
        full.append(np.union1d(whole, np.asarray(frame.holds, dtype=np.int64)))
    count = np.bincount(np.concatenate(full), minlength=len(found))
    kept = []
    for number in sorted(range(len(frames)), key=lambda n: (float(found.length_m[full[n]].sum()), n)):
        if (count[full[number]] >= 2).all():
            count[full[number]] -= 1
        else:
            kept.append(number)
    return [Frame(frames[n].centre, frames[n].angle_rad, tuple(full[n].tolist())) for n in sorted(kept)]
