"""Where lanes bend and where they turn into each other, and the kerbs there.

The boundary of the pavement is walked with the pavement on its left. The feet of the lanes' sections tell which
lane runs beside it and in which direction: where that direction turns within one lane there is a bend, where it
turns from one lane to the next there is the inner corner of a junction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Floats, Ints
from firelane.lanes.records import LaneNetwork
from firelane.lanes.rings import Moved, Rings
from firelane.vocabulary import LaneEnd

SMOOTH_M = 1.5
"""Headings of the centreline are averaged over this standard deviation before their turning is looked at."""

STRAIGHT_RADIUS_M = 80.0
"""A centreline that turns less than this radius does is taken for straight."""

BETWEEN_M = 4.0
"""Two turns in the same direction with less than this between them are one bend."""

LEG_M = 15.0
"""How much of the straight before and after a bend is looked at."""

ALONG_DEG = 50.0
FARTHEST_SHARE = 2.5
SHORTEST_RUN = 3
ACROSS_M = 40.0
COVERED = 0.5
"""A kerb beside less than this share of a bend (that of an island, say) is none of the bend's."""

BOWED_SHARE = 1 / 16
"""A kerb that leaves its chord by less than this share of its length, for each radian by which the lane turns, does not
bend: an even arc leaves it by an eighth."""

JUNCTION_M = 2.0
BACK_M = 2.0
DRIFT_RAD = 0.5


@dataclass(frozen=True)
class Turn:
    """One kerb at a bend or at the corner of a junction.

    ``lane_ids`` are one lane at a bend, two at a junction, in the order in which the boundary passes them.
    ``inner`` tells on which side of the turn the kerb lies. ``turn_rad`` is how far the lane turns there.
    ``from_m`` and ``to_m`` are chainages of the bend (NaN at a junction). ``edge`` is the kerb from leg to leg,
    None where it is interrupted; ``turn`` is positive to the left as the edge is drawn.
    """

    lane_ids: tuple[str, ...]
    inner: bool
    turn_rad: float
    from_m: float
    to_m: float
    edge: shapely.LineString | None
    place: tuple[float, float]
    designated: bool

    @property
    def edge_turn_rad(self) -> float:
        """By how much the edge turns as it is drawn, the pavement on its left; positive to the left [rad]."""
        return -abs(self.turn_rad) if self.inner else abs(self.turn_rad)


@dataclass(frozen=True)
class _Feet:
    """Feet of the sections on the boundary: one row per station and side."""

    lane: Ints
    right: np.ndarray
    chainage_m: Floats
    at_m: Floats  # on the rings
    ring: Ints
    travel_rad: Floats

    def rows(self, mask: np.ndarray) -> _Feet:
        return _Feet(
            self.lane[mask], self.right[mask], self.chainage_m[mask], self.at_m[mask], self.ring[mask], self.travel_rad[mask]
        )


def find_turns(network: LaneNetwork, *, least_turn_deg: float) -> list[Turn]:
    """Return the kerbs of all bends and junction corners that turn by at least an angle.

    Parameters
    ----------
    network : LaneNetwork
    least_turn_deg : float
        Smaller turns are none [deg].

    Returns
    -------
    list of Turn
        Bends by lane and chainage, inner side first; then corners along the boundary.
    """
    result: list[Turn] = []
    for flag, area in ((False, network.pavement), (True, network.designated)):
        lanes = network.lanes[network.lanes["designated"].to_numpy(bool) == flag].reset_index(drop=True)
        if len(lanes) and not area.is_empty:
            walk = _Walk(area, lanes, network, least_turn_rad=np.radians(least_turn_deg), designated=flag)
            result += [*walk.bends(), *walk.corners()]
    return result


class _Walk:
    """Lanes of one area and its boundary."""

    def __init__(
        self, area: BaseGeometry, lanes: gpd.GeoDataFrame, network: LaneNetwork, *, least_turn_rad: float, designated: bool
    ) -> None:
        stations, nodes = network.stations, network.junctions
        self._radius = dict(zip(nodes["node_id"], np.nan_to_num(nodes["radius_m"].to_numpy(float)), strict=True))
        self._moved = Moved(np.floor(np.asarray(area.bounds[:2], float)))
        self._rings = Rings.of(self._moved(area))
        # Where only one lane meets itself or another one there is nothing to turn into.
        ends = np.r_[network.lanes["start_node"].to_numpy(object), network.lanes["end_node"].to_numpy(object)].tolist()
        self._radius = {node: radius for node, radius in self._radius.items() if ends.count(node) > 2}
        self._lanes = lanes
        self._least = least_turn_rad
        self._designated = designated
        number = {lane_id: n for n, lane_id in enumerate(lanes["lane_id"])}
        own = stations[stations["lane_id"].isin(number)]
        lane = own["lane_id"].map(number).to_numpy(np.int64)
        order = np.lexsort((own["chainage_m"].to_numpy(float), lane))
        own, self._lane = own.iloc[order], lane[order]
        self._chainage = own["chainage_m"].to_numpy(float)
        self._heading = own["heading_rad"].to_numpy(float)
        self._places = shapely.get_coordinates(own.geometry.to_numpy()) - self._moved.origin
        self._half = {True: own["right_m"].to_numpy(float), False: own["left_m"].to_numpy(float)}
        self._feet = self._all_feet()

    def _all_feet(self) -> _Feet:
        """Return the feet that lie on an edge that runs along the lane."""
        parts = []
        for right in (True, False):
            half = self._half[right]
            usual = np.full(len(self._lanes), np.nan)
            for n in range(len(self._lanes)):
                known = half[(self._lane == n) & ~np.isnan(half)]
                usual[n] = np.median(known) if len(known) else np.nan
            good = np.flatnonzero(~np.isnan(half) & (half <= FARTHEST_SHARE * usual[self._lane] + 0.5))
            across = self._heading[good] + (-np.pi / 2 if right else np.pi / 2)
            foot = self._places[good] + half[good, None] * np.column_stack((np.cos(across), np.sin(across)))
            segment = np.asarray(self._rings.tree.nearest(shapely.points(foot)), np.int64) if len(good) else np.zeros(0, np.int64)
            step = self._rings.b[segment] - self._rings.a[segment]
            along = ((foot - self._rings.a[segment]) * step).sum(axis=1) / self._rings.length[segment]
            at = self._rings.start[segment] + np.clip(along, 0.0, self._rings.length[segment])
            travel = self._heading[good] + (0.0 if right else np.pi)
            beside = np.cos(np.arctan2(step[:, 1], step[:, 0]) - travel) >= np.cos(np.radians(ALONG_DEG))
            feet = _Feet(
                self._lane[good], np.full(len(good), right), self._chainage[good], at, self._rings.ring[segment], travel
            )
            parts.append(feet.rows(beside))
        one, two = parts
        return _Feet(*(np.concatenate((getattr(one, f), getattr(two, f))) for f in (
            "lane", "right", "chainage_m", "at_m", "ring", "travel_rad"
        )))  # fmt: skip

    # -- bends

    def bends(self) -> Iterator[Turn]:
        """Yield both kerbs of every bend."""
        for n, row in enumerate(self._lanes.itertuples()):
            mine = self._lane == n
            chainage = self._chainage[mine]
            inside = (chainage >= row.start_trim_m - 1e-9) & (chainage <= row.length_m - row.end_trim_m + 1e-9)
            if inside.sum() < SHORTEST_RUN:
                continue
            spans = _spans(chainage[inside], self._heading[mine][inside])
            chosen = [k for k, span in enumerate(spans) if abs(span[2]) >= self._least - 1e-9]
            for k in chosen:
                begin, end, turn = spans[k]
                if self._at_junction(row, begin, end) or self._bows(n, row, spans[k]):
                    continue
                low = (spans[k - 1][1] + begin) / 2 if k else 0.0
                high = (spans[k + 1][0] + end) / 2 if k + 1 < len(spans) else row.length_m
                low, high = max(low, begin - LEG_M), min(high, end + LEG_M)
                # the kerb returns of a junction are no leg of the bend
                first, last = (self._returns_m(kind, node) for kind, node in ((row.start_kind, row.start_node), (row.end_kind, row.end_node)))
                low, high = max(low, min(first, begin - BACK_M)), min(high, max(row.length_m - last, end + BACK_M))
                middle = row.geometry.interpolate((begin + end) / 2)
                for inner in (True, False):
                    right = (turn > 0) != inner
                    edge = self._edge(n, right=right, span=(begin, end), reach=(low, high))
                    yield Turn(
                        (str(row.lane_id),), inner, turn, begin, end, edge, (float(middle.x), float(middle.y)), self._designated
                    )

    def _returns_m(self, kind: str, node: object) -> float:
        """Return how far from an end of a lane the kerb returns of its junction reach; 0 where it ends in none [m]."""
        radius = self._radius.get(node, 0.0) if kind == LaneEnd.JUNCTION.value else 0.0
        return 2 * radius + JUNCTION_M if radius > 0 else 0.0

    def _at_junction(self, lane: Any, begin_m: float, end_m: float) -> bool:
        """Tell whether a lane turns within a junction only: there the corners count."""
        ends = ((lane.start_kind, lane.start_node, end_m), (lane.end_kind, lane.end_node, lane.length_m - begin_m))
        return any(
            kind == LaneEnd.JUNCTION.value and away <= 2 * self._radius.get(node, 0.0) + JUNCTION_M for kind, node, away in ends
        )

    def _bows(self, n: int, lane: Any, span: tuple[float, float, float]) -> bool:
        """Tell whether a lane only bows from one junction into the next, beside an outer kerb that runs straight on.

        Between two arms on the same side of a street the centreline leans towards each of them, and turns all along the
        short way from one to the other.
        """
        begin, end, turn = span
        first, last = (self._returns_m(kind, node) for kind, node in ((lane.start_kind, lane.start_node), (lane.end_kind, lane.end_node)))
        whole_m = float(lane.length_m)
        if min(first, last) <= 0 or first + last < whole_m or begin > first or end < whole_m - last:
            return False
        kerb = self._edge(n, right=turn > 0, span=(begin, end), reach=(0.0, whole_m))
        if kerb is None:
            return False
        ends = shapely.linestrings(shapely.get_coordinates(kerb)[[0, -1]])
        return float(shapely.hausdorff_distance(ends, kerb)) < BOWED_SHARE * abs(turn) * float(kerb.length)

    def _edge(
        self, lane: int, *, right: bool, span: tuple[float, float], reach: tuple[float, float]
    ) -> shapely.LineString | None:
        """Return the kerb on one side of a bend, as the boundary runs; None where it is interrupted."""
        feet = self._feet.rows((self._feet.lane == lane) & (self._feet.right == right))
        along = np.flatnonzero((feet.chainage_m >= reach[0] - 1e-9) & (feet.chainage_m <= reach[1] + 1e-9))
        if not len(along):
            return None
        first, last = along[0], along[-1]
        if feet.ring[first] != feet.ring[last] or feet.chainage_m[last] - feet.chainage_m[first] < COVERED * (span[1] - span[0]):
            return None
        begin, end = (first, last) if right else (last, first)
        run = float(feet.chainage_m[last] - feet.chainage_m[first])
        return self._stretch(float(feet.at_m[begin]), float(feet.at_m[end]), int(feet.ring[first]), longest_m=3 * run + 5.0)

    def _stretch(self, begin: float, end: float, ring: int, *, longest_m: float) -> shapely.LineString | None:
        size = float(self._rings.ring_start[ring + 1] - self._rings.ring_start[ring])
        length = (end - begin) % size
        if not 1e-6 < length <= longest_m:
            return None
        return self._moved.back([self._rings.stretch(begin, end, closed=False)])[0]

    # -- corners

    def corners(self) -> Iterator[Turn]:
        """Yield the inner kerb of every turn from one lane into the next."""
        feet = self._feet
        for ring in np.unique(feet.ring):
            here = feet.rows(feet.ring == ring)
            order = np.lexsort((here.chainage_m, here.lane, here.at_m))
            here = here.rows(order)
            runs = _runs(here)
            size = float(self._rings.ring_start[ring + 1] - self._rings.ring_start[ring])
            for k, run in enumerate(runs):
                turn = self._corner(here, run, runs[(k + 1) % len(runs)], int(ring), size)
                if turn is not None:
                    yield turn

    def _corner(self, feet: _Feet, run: Ints, then: Ints, ring: int, size_m: float) -> Turn | None:
        one, two = int(feet.lane[run[0]]), int(feet.lane[then[0]])
        if one == two:
            return None  # the tip of a dead end, or the nose of an island
        last, first = run[-1], then[0]
        gap = float(feet.at_m[first] - feet.at_m[last]) % size_m
        if gap > ACROSS_M:
            return None
        back = _away(feet, run[::-1], size_m)
        ahead = _away(feet, then, size_m)
        turn = float((feet.travel_rad[ahead[0]] - feet.travel_rad[back[0]] + np.pi) % (2 * np.pi) - np.pi)
        if turn > -self._least + 1e-9:
            return None
        edge = self._stretch(
            float(feet.at_m[back[1]]), float(feet.at_m[ahead[1]]), ring, longest_m=gap + 2 * LEG_M + BACK_M
        )
        middle = self._rings.points(np.array([_on_ring(feet.at_m[last] + gap / 2, self._rings.ring_start, ring)]))[0]
        x, y = middle + self._moved.origin
        ids = self._lanes["lane_id"]
        return Turn(
            lane_ids=(str(ids[one]), str(ids[two])), inner=True, turn_rad=turn, from_m=np.nan, to_m=np.nan, edge=edge,
            place=(float(x), float(y)), designated=self._designated,
        )  # fmt: skip


def _on_ring(at_m: float, ring_start: Floats, ring: int) -> float:
    begin, end = float(ring_start[ring]), float(ring_start[ring + 1])
    return begin + (at_m - begin) % (end - begin)


def _away(feet: _Feet, rows: Ints, size_m: float) -> tuple[int, int]:
    """Return the foot where the heading is read, and that where the leg ends, going away from a corner."""
    gone = np.abs(feet.at_m[rows] - feet.at_m[rows[0]])
    gone = np.minimum(gone, size_m - gone)
    near = np.flatnonzero(gone <= BACK_M + 1e-9)[-1]
    # The leg may follow the lane no farther than it is straight.
    drift = np.abs((feet.travel_rad[rows] - feet.travel_rad[rows[near]] + np.pi) % (2 * np.pi) - np.pi)
    straight = np.flatnonzero((gone <= LEG_M + 1e-9) & (np.maximum.accumulate(np.where(gone > gone[near], drift, 0.0)) < DRIFT_RAD))
    far = straight[-1] if len(straight) else near
    return int(rows[near]), int(rows[far])


def _runs(feet: _Feet) -> list[Ints]:
    """Return the runs of feet of one lane and side along a ring; short ones are strays."""
    key = feet.lane * 2 + feet.right
    rows = np.arange(len(key))
    for least in (2, SHORTEST_RUN):  # strays first: what they part is one run again
        change = np.flatnonzero(key[rows] != np.roll(key[rows], 1))
        if not len(change):
            return [rows]
        pieces = np.split(np.roll(rows, -change[0]), change[1:] - change[0])
        kept = [p for p in pieces if len(p) >= least]
        if not kept:
            return []
        rows = np.concatenate(kept)
    change = np.flatnonzero(key[rows] != np.roll(key[rows], 1))
    return [rows] if not len(change) else np.split(np.roll(rows, -change[0]), change[1:] - change[0])


def _spans(chainage_m: Floats, heading_rad: Floats) -> list[tuple[float, float, float]]:
    """Return where a centreline turns: (from, to, by how much); every turn, the slightest too."""
    heading = np.unwrap(heading_rad)
    step = float(np.median(np.diff(chainage_m)))
    reach = max(int(np.ceil(3 * SMOOTH_M / step)), 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / SMOOTH_M) ** 2)
    # Beyond its ends a lane goes on as it does there.
    padded = np.r_[np.full(reach, heading[0]), heading, np.full(reach, heading[-1])]
    smooth = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    rate = np.gradient(smooth, chainage_m)
    sign = np.where(np.abs(rate) > 1 / STRAIGHT_RADIUS_M, np.sign(rate), 0.0)
    change = np.flatnonzero(np.diff(np.r_[0.0, sign, 0.0]) != 0)
    pieces: list[tuple[float, float, float]] = []
    for a, b in pairwise(change):
        if sign[a] == 0:
            continue
        begin, end = float(chainage_m[a]), float(chainage_m[b - 1])
        turn = float(smooth[b - 1] - smooth[a])
        if pieces and begin - pieces[-1][1] <= BETWEEN_M and pieces[-1][2] * turn > 0:
            pieces[-1] = (pieces[-1][0], end, pieces[-1][2] + turn)
        else:
            pieces.append((begin, end, turn))
    # The slightest turns (a tenth of a degree or so) part nothing.
    return [p for p in pieces if abs(p[2]) >= np.radians(3.0)]
