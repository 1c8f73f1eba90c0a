"""Edges of the barrier graph: gaps and touches between obstacles and walls, and the paths they cross."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats, Ints, cross, expand
from firelane.lanes.clusters import WALL, Edge

TOUCH_M = 1e-6
TIP_HALF_ANGLE_COS = np.cos(np.radians(45.5))
"""Contacts straight ahead of a dead end lie on its tip, which bars nothing; a square corner is at 45°."""

GRID_PER_M = 2.0**20
"""Crossings are told on a grid of a micrometre: finer than ``paths.ASIDE_M``, coarser than the last digit of a
survey coordinate; halves and millimetres lie well inside its cells, and products of its differences are exact."""

HIDDEN_M = 1e-3
"""A contact farther than this from an obstacle's outline lies on the edge of its hole."""


@dataclass(frozen=True)
class Surroundings:
    """What stays when obstacles come and go: kerbs, islands, dead ends and mouths of one area.

    Attributes
    ----------
    kerb : (n,) array of LineString
        Segments of the area's rings; ``ring`` is the ring of each, ``ring_node`` the node of each ring.
    kerb_tree : STRtree
    islands : list of LinearRing
    island_tree : STRtree
    first_island : float
        Node of the first island.
    tip_xy, tip_heading, tip_reach : arrays
        Dead ends.
    mouths : list of LineString
    mouth_lanes : Mapping
        Mouth number → row of the lane that ends there.
    centrelines : (lanes,) array of LineString
    """

    kerb: np.ndarray
    ring: Ints
    ring_node: list[float]
    kerb_tree: shapely.STRtree
    islands: list[BaseGeometry]
    island_tree: shapely.STRtree
    first_island: float
    tip_xy: Floats
    tip_heading: Floats
    tip_reach: Floats
    tip_tree: shapely.STRtree
    mouths: list[LineString]
    mouth_lanes: Mapping[int, int]
    centrelines: np.ndarray

    @classmethod
    def of(
        cls, area: BaseGeometry, *, islands: Sequence[BaseGeometry], first_island: float, lanes: gpd.GeoDataFrame,
        mouths: Sequence[LineString], mouth_lanes: Mapping[int, int],
    ) -> Surroundings:  # fmt: skip
        """Prepare the surroundings of an area."""
        rings = shapely.get_rings(shapely.get_parts(area))
        xy, index = shapely.get_coordinates(rings, return_index=True)
        same = index[1:] == index[:-1]
        kerb = _segments(xy[:-1][same], xy[1:][same])
        outlines = [island.exterior for island in islands]
        tips = _tips(lanes)
        xy_of = np.array([t[0] for t in tips]).reshape(-1, 2)
        tree = shapely.STRtree(outlines)
        node = [float(WALL)] * len(rings)
        for ring, island in tree.query(shapely.get_point(rings, 0), predicate="dwithin", distance=TOUCH_M).T[::-1].tolist():
            node[ring] = first_island + island
        return cls(
            kerb, index[:-1][same].astype(np.int64), node, shapely.STRtree(kerb), outlines, tree, first_island,
            xy_of, np.array([t[1] for t in tips]).reshape(-1, 2), np.array([t[2] for t in tips], float),
            shapely.STRtree(shapely.points(xy_of)), list(mouths), dict(mouth_lanes), lanes.geometry.to_numpy(),
        )  # fmt: skip

    def numbered(self, first_island: float) -> Surroundings:
        """Return the same surroundings with other nodes for the islands."""
        by = first_island - self.first_island
        node = [n if n == WALL else n + by for n in self.ring_node]
        return replace(self, ring_node=node, first_island=first_island)

    def at_tip(self, xy: Floats) -> Bools:
        """Tell which places lie on the tip of a dead end."""
        result = np.zeros(len(xy), bool)
        if not len(self.tip_reach) or not len(xy):
            return result
        place, tip = self.tip_tree.query(
            shapely.points(xy), predicate="dwithin", distance=float(self.tip_reach.max()) + TOUCH_M
        )
        away = xy[place] - self.tip_xy[tip]
        distance = np.hypot(away[:, 0], away[:, 1])
        ahead = np.sum(away * self.tip_heading[tip], axis=1) >= distance * TIP_HALF_ANGLE_COS
        result[place[(distance <= self.tip_reach[tip]) & ahead]] = True
        return result

    def wall_nodes(self, xy: Floats) -> list[float]:
        """Return the node of the wall or island at each place of a kerb."""
        result = [float(WALL)] * len(xy)
        if self.islands and len(xy):
            for place, island in self.island_tree.query(shapely.points(xy), predicate="dwithin", distance=TOUCH_M).T.tolist():
                known = result[place]
                node = self.first_island + island
                result[place] = node if known == WALL else min(known, node)
        return result

    def in_mouth(self, point: BaseGeometry) -> bool:
        """Tell whether a place of the outline lies in a mouth, between its ends: no wall stands there."""
        return any(
            shapely.dwithin(mouth, point, TOUCH_M)
            and not any(shapely.dwithin(Point(c), point, TOUCH_M) for c in (mouth.coords[0], mouth.coords[-1]))
            for mouth in self.mouths
        )


class Links:
    """Makes the edges between some obstacles, and tells which paths each crosses.

    Parameters
    ----------
    around : Surroundings
    parts : sequence of geometry
        Single-part obstacles.
    nodes, rows : sequence
        Node, and row of the obstacle table, of each part.
    lines : Mapping
        Path number → path.
    covered : collection of (lane, end)
        Ends on which an obstacle stands.
    """

    def __init__(
        self, around: Surroundings, *, parts: Sequence[BaseGeometry], nodes: Sequence[float], rows: Sequence[int],
        lines: Mapping[int, LineString], covered: Collection[tuple[int, int]],
    ) -> None:  # fmt: skip
        self.around = around
        self.nodes = list(nodes)
        self.outlines = np.array([outline(part) for part in parts] or [None], dtype=object)[: len(parts)]
        self._edges = np.array([edge(part) for part in parts] or [None], dtype=object)[: len(parts)]
        self._parts_of: dict[int, list[int]] = {}
        for part, row in enumerate(rows):
            self._parts_of.setdefault(row, []).append(part)
        self._covered = covered
        self._ids = list(lines)
        xy, index = shapely.get_coordinates(list(lines.values()), return_index=True)
        xy, same = _snapped(xy), index[1:] == index[:-1]
        self._a, self._b, self._of = xy[:-1][same], xy[1:][same], index[1:][same]
        self._tree = shapely.STRtree(_segments(self._a, self._b))
        self._crossings = self._outline_crossings()

    def _outline_crossings(self) -> list[list[tuple[int, Floats]]]:
        """For each part: paths that cross its outline, and where along the outline."""
        result: list[list[tuple[int, Floats]]] = [[] for _ in self.outlines]
        if not len(self.outlines) or not len(self._of):
            return result
        xy, index = shapely.get_coordinates(self.outlines, return_index=True)
        first = np.searchsorted(index, np.arange(len(self.outlines) + 1))
        along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))]
        near, segment = self._tree.query(shapely.transform(self.outlines, _snapped))
        owner, side = expand(first[near], np.diff(first)[near] - 1)
        part, segment, xy = near[owner], segment[owner], _snapped(xy)
        p, q, a, b = xy[side], xy[side + 1], self._a[segment], self._b[segment]
        hit = np.flatnonzero(_crossing(p, q, a, b))
        p, q, a, b, part, side = p[hit], q[hit], a[hit], b[hit], part[hit], side[hit]
        turn = cross(q - p, b - a)
        share = np.divide(cross(a - p, b - a), turn, out=np.zeros(len(hit)), where=turn != 0.0)
        place = along[side] + np.clip(share, 0.0, 1.0) * (along[side + 1] - along[side]) - along[first[part]]
        line = self._of[segment[hit]]
        order = np.lexsort((place, line, part))
        part, line, place = part[order], line[order], place[order]
        new = np.flatnonzero((np.diff(part) != 0) | (np.diff(line) != 0)) + 1
        for begin, stop in itertools.pairwise([0, *new.tolist(), len(part)] if len(part) else []):
            result[int(part[begin])].append((self._ids[int(line[begin])], place[begin:stop]))
        return result

    def crossed(self, chords: Floats) -> list[int]:
        """Return, for each chord, the set of paths that it crosses an odd number of times."""
        bits = [0] * len(chords)
        if not len(self._of) or not len(chords):
            return bits
        chords = _snapped(chords)
        chord, segment = self._tree.query(shapely.linestrings(chords))
        crosses = _crossing(chords[chord, 0], chords[chord, 1], self._a[segment], self._b[segment])
        for k, line in zip(chord[crosses].tolist(), self._of[segment[crosses]].tolist(), strict=True):
            bits[k] ^= 1 << self._ids[line]
        return bits

    def _bits(self, part: Ints, xy: Floats) -> list[int]:
        """Return the paths crossed between the start of an obstacle's outline and each place on it."""
        if not len(part):
            return []
        points = shapely.points(xy)
        rings = self.outlines[part]
        bits = [0] * len(part)
        inner = np.flatnonzero(shapely.distance(rings, points) > HIDDEN_M)
        if len(inner):
            # On the edge of a hole: straight on through the obstacle from its outline.
            through = shapely.get_coordinates(shapely.shortest_line(rings[inner], points[inner])).reshape(-1, 2, 2)
            for k, crossed in zip(inner.tolist(), self.crossed(through), strict=True):
                bits[k] = crossed
        at = np.zeros(len(part))
        real = shapely.get_type_id(rings) != shapely.GeometryType.POINT
        at[real] = shapely.line_locate_point(rings[real], points[real])
        for k, n in enumerate(part.tolist()):
            for path, along in self._crossings[n]:
                if int(np.searchsorted(along, at[k])) % 2:
                    bits[k] |= 1 << path
        return bits

    def touches(self, only: Collection[int] | None = None) -> list[Edge]:
        """Return edges of width 0: obstacles that touch or overlap the pavement edge or one another.

        Parameters
        ----------
        only : collection of int, optional
            Those of these parts alone.
        """
        around = self.around
        chosen = np.arange(len(self.outlines)) if only is None else np.array(sorted(only), np.int64)
        if not len(chosen):
            return []
        found: list[tuple[float, int, int, Floats]] = []  # node of the wall or -1, part, other part, place
        part, kerb = around.kerb_tree.query(self.outlines[chosen], predicate="dwithin", distance=TOUCH_M)
        rings: dict[tuple[int, int], list[int]] = {}
        for p, k in zip(chosen[part].tolist(), kerb.tolist(), strict=True):
            rings.setdefault((p, int(around.ring[k])), []).append(k)
        by_ring = sorted(rings.items())
        for ((p, r), _), xy in zip(
            by_ring, _common_places(self.outlines[[p for (p, _), _ in by_ring]], [around.kerb[k] for _, k in by_ring]), strict=True
        ):
            node = around.ring_node[r]
            bars = [True] * len(xy)
            if node == WALL:
                bars = [not tip and not around.in_mouth(Point(c)) for tip, c in zip(around.at_tip(xy), xy, strict=True)]
            found += [(node, p, -1, c) for c in xy[bars]]
        first, second = shapely.STRtree(self.outlines).query(self.outlines[chosen], predicate="dwithin", distance=TOUCH_M)
        pairs = sorted({(min(p, q), max(p, q)) for p, q in zip(chosen[first].tolist(), second.tolist(), strict=True) if p != q})
        one, other = ([pair[n] for pair in pairs] for n in (0, 1))
        sides = [_sides_near(self.outlines[p], self.outlines[q]) for p, q in pairs]
        for p, q, places_ in zip(one, other, _common_places(self.outlines[one], sides), strict=True):
            found += [(-1.0, p, q, c) for c in places_]
        places = np.array([f[3] for f in found]).reshape(-1, 2)
        own = self._bits(np.array([f[1] for f in found], np.int64), places)
        both = [n for n, f in enumerate(found) if f[2] >= 0]
        for n, bits in zip(both, self._bits(np.array([found[n][2] for n in both], np.int64), places[both]), strict=True):
            own[n] ^= bits
        return [
            Edge(node if q < 0 else self.nodes[p], self.nodes[p if q < 0 else q], 0.0, bits, -1, (float(xy[0]), float(xy[1])))
            for (node, p, q, xy), bits in zip(found, own, strict=True)
        ]  # fmt: skip

    def gaps(self, ends: Floats, width_m: Floats, mouth: Ints, owner: Ints, numbers: Ints) -> list[Edge]:
        """Return the edges that are pinches.

        Parameters
        ----------
        ends : (k, 2, 2) array
            Contacts in the site's coordinates [m].
        width_m, mouth : (k,) arrays
        owner : (k, 2) array
            Row of the obstacle at each contact, -1 for a kerb.
        numbers : (k,) array
            Number of each pinch.
        """
        if not len(ends):
            return []
        part_at, on_outline = self._contacts(ends, owner)
        bits = self.crossed(on_outline)
        at_tip = self.around.at_tip(ends.reshape(-1, 2)).reshape(-1, 2)
        nodes = np.zeros((len(ends), 2), dtype=object)
        on_part = part_at >= 0
        nodes[on_part] = [self.nodes[p] for p in part_at[on_part]]
        nodes[~on_part] = self.around.wall_nodes(ends[~on_part])
        along = self._bits(part_at[on_part], on_outline[on_part])
        chords = list(bits)
        for k, extra in zip(np.nonzero(on_part)[0].tolist(), along, strict=True):
            bits[k] ^= extra
        middle = ends.mean(axis=1).tolist()
        tip = ((nodes == WALL) & at_tip).any(axis=1).tolist()
        edges = []
        for k, (u, v) in enumerate(nodes.tolist()):
            if mouth[k] >= 0:
                lane = self.around.mouth_lanes.get(int(mouth[k]))
                if u == WALL and v == WALL:
                    # The lane ends on this chord: whether it "crosses" is decided here, not by rounding.
                    bits[k] = 0 if lane is None else 1 << lane
                elif lane is not None:
                    own = chords[k] >> lane & 1
                    bits[k] ^= (own ^ self._ends_on(lane, int(mouth[k]), ends[k])) << lane
            elif tip[k]:
                continue
            edges.append(Edge(u, v, float(width_m[k]), bits[k], int(numbers[k]), (middle[k][0], middle[k][1])))
        return edges

    def _contacts(self, ends: Floats, owner: Ints) -> tuple[Ints, Floats]:
        """Return the obstacle part at each contact (-1: a kerb), and the contacts drawn onto its outline.

        A contact with a disc lies within the polygon about it: a lane between the two would be crossed once
        by the chord and once more by the outline.
        """
        part_at = np.full(ends.shape[:2], -1, np.int64)
        on_outline = ends.copy()
        on_object = owner >= 0
        if on_object.any():
            xy = ends[on_object]
            points = shapely.points(xy)
            part = np.array(
                [self._nearest(self._parts_of[row], point) for row, point in zip(owner[on_object].tolist(), points, strict=True)],
                np.int64,
            )
            part_at[on_object] = part
            on_outline[on_object] = shapely.get_coordinates(shapely.shortest_line(self._edges[part], points))[::2]
        return part_at, on_outline

    def _ends_on(self, lane: int, mouth: int, chord: Floats) -> int:
        """Return 1 where a lane ends on this part of a mouth that obstacles divide."""
        line = self.around.centrelines[lane]
        ends = [Point(line.coords[0]), Point(line.coords[-1])]
        away = [shapely.distance(end, self.around.mouths[mouth]) for end in ends]
        at = 0 if away[0] <= away[1] else -1
        if (lane, at) in self._covered:
            return 0
        return int(shapely.dwithin(LineString(chord), ends[at], TOUCH_M))

    def _nearest(self, parts: list[int], contact: BaseGeometry) -> int:
        if len(parts) == 1:
            return parts[0]
        return min(parts, key=lambda p: float(shapely.distance(self.outlines[p], contact)))


def outline(part: BaseGeometry) -> BaseGeometry:
    """Return the outer ring of an areal obstacle, the obstacle itself otherwise."""
    return part.exterior if part.geom_type == "Polygon" else part


def edge(part: BaseGeometry) -> BaseGeometry:
    """Return all edges of an obstacle, those of its holes too."""
    return part.boundary if part.geom_type == "Polygon" else part


def _segments(a: Floats, b: Floats) -> np.ndarray:
    """Return a line from each place to the other: a good deal faster than ``shapely.linestrings``."""
    xy = np.stack((a, b), axis=1).reshape(-1, 2)
    lines: np.ndarray = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, xy, (np.arange(0, len(xy) + 1, 2),))
    return lines


def _sides_near(a: BaseGeometry, b: BaseGeometry) -> np.ndarray:
    """Return the segments of ``b`` that touch ``a``; ``b`` itself where none does, or it has none."""
    xy = shapely.get_coordinates(b)
    if len(xy) < 2:  # a post
        return np.asarray([b], dtype=object)
    segments = _segments(xy[:-1], xy[1:])
    segments = segments[shapely.dwithin(a, segments, TOUCH_M)]
    return segments if len(segments) else np.asarray([b], dtype=object)


def _common_places(outlines: np.ndarray, sides: Sequence[np.ndarray]) -> list[Floats]:
    """Return the places where each outline meets (within a touch) what it has beside it, segment by segment.

    A wall from kerb to kerb may meet the one to the last digit and miss the other by a rounding: both are touches.
    """
    if not len(sides):
        return []
    of = np.repeat(np.arange(len(sides)), [len(s) for s in sides])
    a, b = outlines[of], np.concatenate(sides)
    common = shapely.intersection(a, b)
    apart = shapely.is_empty(common)
    near = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(a[apart], b[apart]), 0))
    met, index = shapely.get_coordinates(common[~apart], return_index=True)
    owner = np.concatenate((of[~apart][index], of[apart]))
    rows = np.column_stack((owner, np.round(np.concatenate((met, near)), 9)))
    rows = np.unique(rows, axis=0)
    return np.split(rows[:, 1:], np.searchsorted(rows[:, 0], np.arange(1, len(sides))))


def _snapped(xy: Floats) -> Floats:
    """Return places on a grid: what passes through a vertex does so however its last digits were rounded."""
    on_grid: Floats = np.round(xy * GRID_PER_M) / GRID_PER_M
    return on_grid


def _crossing(p: Floats, q: Floats, a: Floats, b: Floats) -> Bools:
    """Tell which segments p–q and a–b cross, whichever way either runs."""
    (p, q), (a, b) = _eastward(p, q), _eastward(a, b)
    met: Bools = (_above(p, q, a) != _above(p, q, b)) & (_above(a, b, p) != _above(a, b, q))
    return met


def _eastward(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    # On which side a place on a line is taken to lie must not depend on who drew the line.
    turned = ((a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1])))[:, None]
    return np.where(turned, b, a), np.where(turned, a, b)


def _above(o: Floats, d: Floats, c: Floats) -> Bools:
    # Half-open: a shared vertex belongs to one of its two segments only.
    side: Bools = cross(d - o, c - o) > 0.0
    return side


def _tips(lanes: gpd.GeoDataFrame) -> list[tuple[Floats, Floats, float]]:
    """Return (centre, heading, reach) of every dead end."""
    result = []
    ends = [
        zip(lanes[f"{end}_kind"].tolist(), lanes[f"{end}_trim_m"].to_numpy(float).tolist(), strict=True) for end in ("start", "end")
    ]
    for line, *both in zip(lanes.geometry.to_numpy(), *ends, strict=True):
        for (kind, trim), backwards in zip(both, (True, False), strict=True):
            if kind != "tip" or not trim > 0:
                continue
            at = trim if backwards else line.length - trim
            centre = np.asarray(line.interpolate(at).coords[0])
            end = np.asarray(line.coords[0 if backwards else -1])
            heading = (end - centre) / max(float(np.hypot(*(end - centre))), 1e-9)
            result.append((centre, heading, 2.0 * trim))
    return result
