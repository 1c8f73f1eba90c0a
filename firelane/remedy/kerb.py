"""How far a kerb must move where it leaves too little beside something fixed, or beside the other kerb.

One figure per gap and side: the required width less the gap. It is *sufficient, not least*: widening in one
place helps its neighbours too. Whether it suffices is tried on the pavement widened there. Method: docs/decisions/0013.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from firelane.lanes.narrowing import Narrowing
from firelane.lanes.space import Spaces
from firelane.measure import Measurements
from firelane.remedy.plan_check import SLACK_M, Remeasured

SPARE_M = 2e-3
"""A widening overlaps the pavement by this, or a hair would be left standing between the two."""
ALONG_M = 1.0
COMPASS = (("东", "east"), ("东北", "north-east"), ("北", "north"), ("西北", "north-west"), ("西", "west"),
           ("西南", "south-west"), ("南", "south"), ("东南", "south-east"))  # fmt: skip
"""Counter-clockwise from east, as angles are."""


@dataclass(frozen=True)
class KerbMove:
    """One gap that a kerb bounds.

    Attributes
    ----------
    edge : str
        Owner of the kerb that would move (``edge:<road id>``).
    beside : str
        Owner of what is on the other side of the gap.
    gap_m, kerb_m : float
        Width of the gap, and how far the kerb must move [m].
    side : tuple
        The side of the lane on which the kerb lies, in Chinese and English (by compass).
    place : tuple
        [east, north] of the contact on the kerb.
    """

    edge: str
    beside: str
    gap_m: float
    kerb_m: float
    side: tuple[str, str]
    place: tuple[float, float]


def kerb_moves(
    measured: Measurements, narrowings: Sequence[Narrowing], owners: dict[tuple[int, int], tuple[str, str]],
    limit_m: float,
) -> tuple[list[KerbMove], list[BaseGeometry]]:  # fmt: skip
    """Return the kerb moves that open every narrowing, and the pavement that they add.

    Parameters
    ----------
    measured : Measurements
    narrowings : sequence of Narrowing
        Of one lane, all below ``limit_m``.
    owners : dict
        (id of the space, number of the pinch) → owners of its two contacts.
    limit_m : float
        Width that is required [m].

    Returns
    -------
    moves : list of KerbMove
        Empty where a narrowing has no kerb on either side.
    added : list of geometry
    """
    moves: list[KerbMove] = []
    added: list[BaseGeometry] = []
    for narrow in narrowings:
        pair = owners.get((id(narrow.space), narrow.pinch))
        if pair is None or narrow.space.pinches is None:
            return [], []
        ends = np.array([narrow.space.pinches.p[narrow.pinch], narrow.space.pinches.q[narrow.pinch]])
        kerbs = [n for n in (0, 1) if narrow.space.owners.row[narrow.pinch, n] < 0]
        if not kerbs or not narrow.space.pinches.reported[narrow.pinch]:
            return [], []
        # Of two kerbs either may move: the southern, then the western one, is taken.
        at = min(kerbs, key=lambda n: (round(ends[n][1], 6), round(ends[n][0], 6)))
        outward = ends[at] - ends[1 - at]
        turn = round(float(np.arctan2(outward[1], outward[0])) / (np.pi / 4)) % 8
        move = KerbMove(
            *_kerb_first(pair, at), narrow.width_m, limit_m - narrow.width_m, COMPASS[turn],
            (float(ends[at][0]), float(ends[at][1])),
        )  # fmt: skip
        moves.append(move)
        added.append(_widening(measured, narrow, ends, at, limit_m))
    return moves, added


def _kerb_first(pair: tuple[str, str], at: int) -> tuple[str, str]:
    """Return (kerb, what lies opposite); pinches that stand for one another may name them the other way round."""
    edges = [owner.startswith("edge:") for owner in pair]
    if edges[0] != edges[1]:
        at = 0 if edges[0] else 1
    return pair[at], pair[1 - at]


def widened(measured: Measurements, spaces: Spaces, added: Sequence[BaseGeometry]) -> Remeasured:
    """Return the site with more pavement: the lanes stay where they are."""
    network = measured.network
    more = list(added)
    pavement = shapely.union_all([network.pavement, *more])
    designated = network.designated
    if not designated.is_empty:
        designated = shapely.union_all([designated, *[shapely.intersection(a, pavement) for a in more]])
    wide = replace(network, pavement=pavement, designated=designated)
    return Remeasured(measured, spaces.on(wide))


def suffices(site: Remeasured, lane_id: str, kerb_m: float) -> bool:
    """Tell whether a lane passes on the widened pavement.

    The pavement is widened at the gaps alone. The tip of a dead end counts as widened with them where a kerb
    moved by ``kerb_m`` all the way to the end makes it wide enough [m].
    """
    narrow = site.narrowings(lane_id)
    return all(n.pinch < 0 and n.width_m + kerb_m >= site.limit_m - SLACK_M for n in narrow) and bool(
        site.lane_width_m(lane_id) > SLACK_M
    )


def _widening(
    measured: Measurements, narrow: Narrowing, ends: np.ndarray, at: int, limit_m: float
) -> BaseGeometry:
    """Return the pavement to add: what a disc needs to pass between the fixed side and the moved kerb."""
    area = narrow.space.area
    row = int(narrow.space.owners.row[narrow.pinch, 1 - at])
    if row >= 0:
        fixed = narrow.space.table.geometry.iloc[row]
    else:
        fixed = _opposite(measured, narrow, ends[1 - at], limit_m)
    room = shapely.buffer(fixed, limit_m + SPARE_M, quad_segs=32)
    contact = shapely.Point(*ends[at])
    parts = shapely.get_parts(shapely.difference(room, area))
    beside = [p for p in parts if shapely.distance(p, contact) <= SPARE_M]
    return shapely.buffer(shapely.union_all(beside), SPARE_M, quad_segs=2)


def _opposite(measured: Measurements, narrow: Narrowing, fixed: np.ndarray, limit_m: float) -> BaseGeometry:
    """Return the edge of the pavement along a narrow stretch, on the side that stays."""
    lanes = measured.network.lanes
    line = lanes.geometry.iloc[int(np.flatnonzero((lanes["lane_id"] == narrow.lane_id).to_numpy())[0])]
    profile = measured.profile[(measured.profile["lane_id"] == narrow.lane_id).to_numpy()]
    chainage = profile["chainage_m"].to_numpy(float)
    tight = profile["clear_width_m"].to_numpy(float) < limit_m - SLACK_M
    begin = end = narrow.chainage_m
    for direction in (-1, 1):
        for k in np.argsort(direction * (chainage - narrow.chainage_m)):
            if direction * (chainage[k] - narrow.chainage_m) < 0:
                continue
            if not tight[k]:
                break
            begin, end = min(begin, float(chainage[k])), max(end, float(chainage[k]))
    stretch = substring(line, max(begin - ALONG_M, 0.0), min(end + ALONG_M, line.length))
    foot = np.array(line.interpolate(narrow.chainage_m).coords[0])
    ahead = np.array(line.interpolate(min(narrow.chainage_m + 0.1, line.length)).coords[0])
    behind = np.array(line.interpolate(max(narrow.chainage_m - 0.1, 0.0)).coords[0])
    heading = ahead - behind
    left = heading[0] * (fixed - foot)[1] - heading[1] * (fixed - foot)[0] > 0
    beside = shapely.buffer(stretch, (1.0 if left else -1.0) * limit_m, single_sided=True)
    edge = shapely.intersection(shapely.boundary(narrow.space.area), beside)
    return edge if not edge.is_empty else shapely.Point(*fixed)
