"""Lanes cut into short pieces, each with all that has to be seen around it: what the sheets of an atlas cover."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from firelane.lanes.records import LaneNetwork
    from firelane.markings.plan import MarkingPlan

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LOOSE = -1
_STATION_STEP = 3  # stations stand half a metre apart: edges do not change faster
# Lettering and grid bars lie within their frames.
_WITHIN = frozenset({MarkKind.BOX_TEXT.value, MarkKind.GRID_TEXT.value, MarkKind.GRID_LINES.value})


@dataclass(frozen=True)
class Pieces:
    """Pieces of lanes in their order along each lane, then paint that is near none.

    Attributes
    ----------
    lane_ids : tuple of str
        Of all lanes by their number; ids may repeat, numbers do not.
    lane : (n,) int
        Number of the piece's lane, ``LOOSE`` for paint of no lane.
    from_m, to_m : (n,) float
        Chainages [m].
    middle : (n, 2) float
        Middle of the piece, site coordinates [m].
    heading_rad : (n,) float
        Direction of its chord.
    ends : (m, 2) int
        Piece and node, wherever a lane ends: nodes are numbered.
    xy : (k, 2) float
        Corners of all that belongs to the pieces, one piece after another [m].
    first : (n,) int
        Where each piece's corners begin in ``xy``.
    tree : shapely.STRtree
        The pieces' lines, in their order.
    """

    lane_ids: tuple[str, ...]
    lane: Ints
    from_m: Floats
    to_m: Floats
    middle: Floats
    heading_rad: Floats
    ends: Ints
    xy: Floats
    first: Ints
    tree: shapely.STRtree

    @cached_property
    def middles(self) -> shapely.STRtree:
        """The pieces' middles, in their order."""
        return shapely.STRtree(shapely.points(self.middle))

    def __len__(self) -> int:
        return len(self.lane)

    @property
    def length_m(self) -> Floats:
        """Length of each piece [m]; of loose paint a token metre."""
        return np.asarray(np.where(self.lane == LOOSE, 1.0, self.to_m - self.from_m))

    def bounds(self, which: Ints, angle_rad: float, about: Floats) -> Floats:
        """Return (min along, min across, max along, max across) of some pieces in turned axes about a point [m]."""
        count = np.diff(np.r_[self.first, len(self.xy)])[which]
        start = np.r_[0, np.cumsum(count)[:-1]]
        rows = np.repeat(self.first[which] - start, count) + np.arange(int(count.sum()))
        turned = (self.xy[rows] - about) @ rotation(-angle_rad).T
        low = np.minimum.reduceat(turned, start, axis=0)
        return np.column_stack([low, np.maximum.reduceat(turned, start, axis=0)])


def rotation(angle_rad: float) -> Floats:
    """Return the matrix that turns columns counter-clockwise."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[cos, -sin], [sin, cos]])


def cut_lanes(network: LaneNetwork, plan: MarkingPlan, measures: Mapping[str, float]) -> Pieces:
    """Cut all judged lanes that have an outline into pieces; paint belongs to the nearest one.

    Parameters
    ----------
    network : LaneNetwork
    plan : MarkingPlan
    measures : Mapping
        ``piece_m``, ``reach_m``, ``loose_m``: see ``atlas.toml``.
    """
    lines: list[Any] = []
    table: list[tuple[int, float, float]] = []
    lane_ids = tuple(str(lane_id) for lane_id in network.lanes["lane_id"])
    for number, line in enumerate(network.lanes.geometry):
        count = max(1, round(line.length / measures["piece_m"]))
        edges = np.linspace(0.0, line.length, count + 1)
        at = shapely.get_coordinates(shapely.line_interpolate_point(line, np.linspace(0.0, line.length, 2 * count + 1)))
        lines += list(shapely.linestrings(np.stack([at[:-2:2], at[1::2], at[2::2]], axis=1)))
        table += [(number, float(a), float(b)) for a, b in itertools.pairwise(edges)]
    lane = np.array([row[0] for row in table], dtype=np.int64)
    from_m, to_m = (np.array([row[k] for row in table], dtype=float) for k in (1, 2))
    tree = shapely.STRtree(lines)
    owner, xy = _sections(network, lane_ids, (lane, from_m), tree, measures["reach_m"])
    painted, loose = _paint(plan, tree, measures["loose_m"])
    owner = np.concatenate([np.repeat(np.arange(len(lines)), 3), owner, painted[0]])
    xy = np.concatenate([shapely.get_coordinates(lines).reshape(-1, 2), xy, painted[1]])
    if len(loose):  # paint far from every lane: one piece for each square it lies in
        _, square = np.unique(np.floor(loose / measures["loose_m"]), axis=0, return_inverse=True)
        owner, xy = np.concatenate([owner, len(lines) + square.ravel()]), np.concatenate([xy, loose])
        more = int(square.max()) + 1
        lane = np.r_[lane, np.full(more, LOOSE)]
        from_m, to_m = np.r_[from_m, np.zeros(more)], np.r_[to_m, np.zeros(more)]
    xy, first = _hulls(owner, xy, len(lane))
    middle, heading = np.zeros((len(lane), 2)), np.zeros(len(lane))
    if lines:
        chord = shapely.get_coordinates(lines).reshape(-1, 3, 2)
        middle[: len(lines)] = chord[:, 1]
        heading[: len(lines)] = np.arctan2(*(chord[:, 2] - chord[:, 0]).T[::-1])
    for number in range(len(lines), len(lane)):
        middle[number] = xy[first[number] : (np.r_[first, len(xy)])[number + 1]].mean(axis=0)
    return Pieces(lane_ids, lane, from_m, to_m, middle, heading, _ends(network, lane), xy, first, tree)


def _ends(network: LaneNetwork, lane: Ints) -> Ints:
    """Return piece and node wherever a lane ends."""
    count = len(network.lanes)
    names = np.r_[network.lanes["start_node"].astype(str), network.lanes["end_node"].astype(str)]
    _, node = np.unique(names.astype(str), return_inverse=True)
    first, past = (np.searchsorted(lane[lane != LOOSE], np.arange(count), side=side) for side in ("left", "right"))
    return np.column_stack([np.r_[first, past - 1], node.ravel()]).astype(np.int64)


def _sections(
    network: LaneNetwork, lane_ids: Sequence[str], pieces: tuple[Ints, Floats], tree: shapely.STRtree, reach_m: float
) -> tuple[Ints, Floats]:
    """Return the ends of the lanes' sections, and the piece that each belongs to."""
    (lane, from_m), stations = pieces, network.stations
    number_of = {lane_id: number for number, lane_id in enumerate(lane_ids)}
    known = stations["lane_id"].astype(str).map(number_of) if len(stations) else None
    if known is None or known.isna().all() or not len(lane):
        return np.empty(0, dtype=np.int64), np.empty((0, 2))
    thinned = np.flatnonzero(known.notna())[:: max(1, _STATION_STEP)]
    stations, number = stations.iloc[thinned], known.iloc[thinned].to_numpy(dtype=np.int64)
    # Pieces lie in order of lane, then chainage: one sorted key finds the piece.
    far = float(max(from_m.max(), stations["chainage_m"].max())) + 1.0
    piece = np.searchsorted(lane * far + from_m, number * far + stations["chainage_m"].to_numpy(float), side="right") - 1
    at = shapely.get_coordinates(np.asarray(stations.geometry))
    if len(number_of) < len(lane_ids):  # an id that several lanes bear does not tell whose a section is: its place does
        count = Counter(lane_ids)
        unsure = np.array([count[str(lane_id)] > 1 for lane_id in stations["lane_id"]])
        piece[unsure] = tree.nearest(shapely.points(at[unsure]))
    heading = stations["heading_rad"].to_numpy(float)
    left = np.column_stack([-np.sin(heading), np.cos(heading)])
    ends = [at + sign * left * np.clip(stations[side].to_numpy(float), 0.0, reach_m)[:, None]
            for side, sign in (("left_m", 1.0), ("right_m", -1.0))]  # fmt: skip
    xy, owner = np.concatenate(ends), np.r_[piece, piece]
    sound = np.isfinite(xy).all(axis=1)
    return owner[sound], xy[sound]


def _paint(plan: MarkingPlan, tree: shapely.STRtree, loose_m: float) -> tuple[tuple[Ints, Floats], Floats]:
    """Return the corners of all paint with the piece each belongs to, and those near no lane."""
    paint = plan.paint
    shapes = np.asarray(paint.geometry[~paint["kind"].astype(str).isin(_WITHIN)])
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    xy = shapely.get_coordinates(shapes)
    # One corner a square metre: what overlaps is wider than that.
    xy = xy[np.sort(np.unique(np.floor(xy), axis=0, return_index=True)[1])] if len(xy) else xy
    none = (np.empty(0, dtype=np.int64), np.empty((0, 2)))
    if not len(xy) or not len(tree):
        return none, xy
    (asked, nearest), away_m = tree.query_nearest(shapely.points(xy), all_matches=False, return_distance=True)
    owner = np.zeros(len(xy), dtype=np.int64)
    owner[asked] = nearest
    far = away_m > loose_m
    return (owner[~far], xy[~far]), xy[far]


def _hulls(owner: Ints, xy: Floats, count: int) -> tuple[Floats, Ints]:
    """Return the corners of each owner's convex hull, one after another, and where each begins."""
    order = np.argsort(owner, kind="stable")
    clouds = shapely.multipoints(shapely.points(xy[order]), indices=owner[order]) if count else []
    hulls = shapely.convex_hull(np.asarray(clouds, dtype=object))
    corners, index = shapely.get_coordinates(hulls, return_index=True)
    return corners, np.searchsorted(index, np.arange(count))
