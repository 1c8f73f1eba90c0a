"""Order along a Hilbert curve over the whole earth: what lies near each other stands near each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_BITS = 30  # 4 cm of longitude at the equator: finer than any two findings

NOWHERE = np.uint64(2**63)
"""Key of what has no place: it comes last."""


def hilbert_key(lonlat: ArrayLike) -> NDArray[np.uint64]:
    """Return the place of points along a Hilbert curve.

    The curve covers the whole earth, not the data's extent: a key is the same in whatever company, so that a site's rows
    can be sorted where the site is done, and one more site moves no other one.

    Parameters
    ----------
    lonlat : array-like, shape (n, 2)
        WGS 84 [deg]; NaN where there is no place.

    Returns
    -------
    ndarray of uint64, shape (n,)
        ``NOWHERE`` where there is no place.

    Notes
    -----
    The rotations are those of the iterative conversion from coordinates to distance in D. Hilbert, *Ueber die stetige
    Abbildung einer Linie auf ein Flächenstück*, Math. Ann. 38 (1891), quadrant by quadrant from the coarsest.
    """
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    somewhere: NDArray[np.bool_] = np.isfinite(points[:, 0] + points[:, 1])
    corner, extent = np.array([-180.0, -90.0]), np.array([360.0, 180.0])
    unit = np.where(somewhere[:, None], (points - corner) / extent, 0.0)
    cells = np.clip(np.floor(unit * 2**_BITS), 0, 2**_BITS - 1).astype(np.int64)
    x, y = cells[:, 0], cells[:, 1]
    key: NDArray[Any] = np.zeros(len(points), dtype=np.uint64)
    for level in range(_BITS - 1, -1, -1):
        side = np.int64(1) << np.int64(level)
        right, upper = (x & side) > 0, (y & side) > 0
        quadrant = (3 * right.astype(np.int64)) ^ upper
        key += quadrant.astype(np.uint64) << np.uint64(2 * level)
        # Within a lower quadrant the curve runs transposed, in the lower right one also backwards.
        turned = right & ~upper
        x, y = (np.where(turned, side - 1 - (v & (side - 1)), v & (side - 1)) for v in (x, y))
        x, y = np.where(upper, x, y), np.where(upper, y, x)
    return np.where(somewhere, key, NOWHERE)
