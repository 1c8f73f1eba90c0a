"""Where the profile of a lane is narrow: one stretch for each minimum, however long it is flat."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

PROMINENCE_M = 0.01
"""Minima whose prominence is below a centimetre are one place (definition of a plateau)."""

EQUAL_M = 1e-6
FAR_M = 1e9
COLUMNS = ("lane_id", "from_m", "to_m", "min_width_m", "at_m")


def profile_stretches(profile: pd.DataFrame, *, below_m: float = np.inf) -> pd.DataFrame:
    """Return the narrow stretches of all lanes.

    Every minimum of the clear width along a lane that stands out by a centimetre or more gives one
    stretch: the stations around it that are less than a centimetre wider. A lane of even width is one
    stretch from end to end.

    Parameters
    ----------
    profile : DataFrame
        ``lane_id``, ``chainage_m`` and ``clear_width_m``, lane by lane in the order of chainage (``Audit.profile``).
    below_m : float
        Minima at least this wide are left out [m].

    Returns
    -------
    DataFrame
        ``lane_id``, ``from_m``, ``to_m`` (chainages of the first and the last station [m]),
        ``min_width_m`` (least clear width of a station there [m]) and ``at_m`` (chainage of the first
        station as narrow as that [m]), lane by lane, in the order of chainage.
    """
    lane = profile["lane_id"].to_numpy(object)
    chainage = profile["chainage_m"].to_numpy(float)
    width = profile["clear_width_m"].to_numpy(float)
    if not len(lane):
        return pd.DataFrame({c: [] for c in COLUMNS})
    first = np.flatnonzero(np.r_[True, lane[1:] != lane[:-1]])
    size = np.diff(np.r_[first, len(lane)])
    # Between two lanes: wide, nothing at all, wide. A minimum at the end of a lane is one, and no lane looks
    # beyond its own end.
    place = np.arange(len(lane)) + 2 + 3 * np.repeat(np.arange(len(first)), size)
    laid = np.full(len(lane) + 3 * len(first) + 1, -FAR_M)
    laid[0] = FAR_M
    laid[place[first + size - 1] + 2] = FAR_M
    laid[place] = -width
    peak, _ = find_peaks(laid, prominence=PROMINENCE_M)
    station = np.full(len(laid), -1, np.int64)
    station[place] = np.arange(len(lane))
    lows = station[peak]
    lows = lows[(lows >= 0)]
    lows = lows[width[lows] < below_m]
    number = np.repeat(np.arange(len(first)), size)
    rows: list[tuple[object, ...]] = []
    for low in lows.tolist():
        begin, end = first[number[low]], first[number[low]] + size[number[low]]
        wider = width[begin:end] >= width[low] + PROMINENCE_M
        before, after = np.flatnonzero(wider[: low - begin]), np.flatnonzero(wider[low - begin :])
        start = begin + (before[-1] + 1 if len(before) else 0)
        stop = low + after[0] if len(after) else end
        least = width[start:stop].min()
        at = start + int(np.argmax(width[start:stop] <= least + EQUAL_M))
        if rows and rows[-1][:2] == (lane[low], chainage[start]):
            continue  # of several equal minima on one plateau, the first told of all
        rows.append((lane[low], chainage[start], chainage[stop - 1], least, chainage[at]))
    return pd.DataFrame(rows, columns=list(COLUMNS))
