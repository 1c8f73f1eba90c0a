"""A place where a lane is narrow."""

from __future__ import annotations

from dataclasses import dataclass

from firelane.lanes.space import FreeSpace


@dataclass(frozen=True)
class Narrowing:
    """A place where a lane is narrow: one barrier across it, or its dead end.

    Attributes
    ----------
    width_m : float
        Widest disc that passes (or reaches the tip) [m].
    chainage_m : float
        Along the lane's centreline from its start [m].
    place : tuple
        [east, north] of the governing gap.
    pinch : int
        Number of the governing pinch in the space, -1 where none governs.
    rows : tuple of int
        Obstacles of the chain, as rows of ``space.table``.
    space : FreeSpace
        The space it was found in.
    """

    lane_id: str
    width_m: float
    chainage_m: float
    place: tuple[float, float]
    pinch: int
    rows: tuple[int, ...]
    space: FreeSpace
