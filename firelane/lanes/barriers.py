"""Barriers: chains of obstacles across a lane, and how wide the widest gap in each is.

A disc of width w gets along a lane unless obstacles, linked by gaps narrower than w, reach from one
side to the other. Walls and obstacles are the nodes of a graph, pinches and touches its edges; each
edge carries the set of lanes whose centreline it crosses an odd number of times. A lane is barred
at w exactly when the edges narrower than w hold a cycle that crosses it an odd number of times
(the kerbs of both sides count as one wall, closed through the land beyond). The cycle space has a
basis that Kruskal's algorithm finds edge by edge, narrowest first, so the first closing edge that
crosses a lane is that lane's clear width: its governing pinch. Nothing is sampled. It answers for
one lane even where the widest way *elsewhere* leads round it. See docs/decisions/0004.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Boundary, Floats, Ints
from firelane.lanes.paths import Way, lane_paths
from firelane.lanes.pinches import Pinches

TOUCH_M = 1e-6
WALL = 0
TIP_HALF_ANGLE_COS = np.cos(np.radians(45.5))
"""Contacts straight ahead of a dead end lie on its tip, which bars nothing; a square corner is at 45°."""


@dataclass(frozen=True)
class Crossing:
    """One barrier: the widest gap in a chain of obstacles across a lane.

    Attributes
    ----------
    lane : int
        Row of the lane.
    width_m : float
        Width of its widest gap; 0 where obstacles bar the lane altogether.
    pinch : int
        Number of the governing pinch, -1 where touching obstacles bar the lane.
    place : (2,) tuple
        Middle of that gap, or a point of the obstacle that bars the lane.
    edge : int
        Number of the edge that closes the chain; ``Barriers.objects`` tells what the chain is made of.
    path : int
        Number of the path that it crosses: the lane itself, or a way from it into another arm.
    """

    lane: int
    width_m: float
    pinch: int
    place: tuple[float, float]
    edge: int
    path: int


@dataclass(frozen=True)
class _Edge:
    u: int
    v: int
    width_m: float
    lanes: int  # bit set of paths crossed an odd number of times
    pinch: int
    place: tuple[float, float]


@dataclass(frozen=True)
class Owners:
    """What each contact of each pinch lies on.

    ``row`` (k, 2): row of the obstacle table, or -1 for an edge of the pavement.
    """

    row: Ints


def contact_owners(boundary: Boundary, pinches: Pinches, table: gpd.GeoDataFrame) -> Owners:
    """Return the obstacle that each contact lies on (by the middle of its half-edge)."""
    rows = np.full((len(pinches), 2), -1, np.int64)
    if not len(table) or not len(pinches):
        return Owners(rows)
    h = pinches.half_edge.ravel()
    at_vertex = pinches.t_m.ravel() == 0.0
    middle = (boundary.start[h] + boundary.end[h]) / 2 + boundary.origin
    before = boundary.previous[h]
    middle_before = (boundary.start[before] + boundary.end[before]) / 2 + boundary.origin
    shapes = table.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    found = np.full(len(h), -1, np.int64)
    # At a vertex either edge may be the obstacle's: an obstacle wins over the pavement edge.
    for places, where in ((middle_before, np.flatnonzero(at_vertex)), (middle, np.arange(len(h)))):
        points = shapely.points(places[where])
        hit, row = tree.query(points, predicate="dwithin", distance=TOUCH_M)
        order = np.argsort(-row, kind="stable")
        found[where[hit[order]]] = row[order]
    return Owners(found.reshape(-1, 2))


class Barriers:
    """All barriers of a free space below a width.

    Parameters
    ----------
    boundary, pinches : Boundary, Pinches
        Of the free space: area minus the obstacles of ``table``.
    area : Polygon or MultiPolygon
        The pavement (or the designated lane) without obstacles.
    table : GeoDataFrame
        The obstacles, as ``lanes.obstacles`` gives them.
    lanes : GeoDataFrame
        Lanes as ``LaneNetwork.lanes``; those of this area only.
    islands : sequence of Polygon
        Holes of the area that are islands rather than blocks.
    mouths : sequence of LineString
        Open edges of the area, by number.
    mouth_lanes : Mapping
        Mouth number → row of the lane that ends there.
    """

    def __init__(
        self, boundary: Boundary, pinches: Pinches, owners: Owners, *, area: BaseGeometry,
        table: gpd.GeoDataFrame, lanes: gpd.GeoDataFrame, islands: Sequence[BaseGeometry],
        mouths: Sequence[LineString], mouth_lanes: dict[int, int],
    ) -> None:  # fmt: skip
        self.lanes = lanes
        self.origin = boundary.origin
        self.pinches = pinches
        self._parts, self._part_row = _parts(table)
        self._paths = lane_paths(lanes, self._parts)
        self._lines = self._paths.lines
        self._ring_of = [_outline(part) for part in self._parts]
        self._crossings = self._lane_crossings()
        self._islands = [island.exterior for island in islands]
        self._first_island = 1 + len(self._parts)
        self._tips = _tips(lanes)
        self._mouths = list(mouths)
        self.edges = self._touches(area) + self._gaps(owners, mouth_lanes)
        self.edges.sort(key=lambda e: (e.width_m, e.pinch, e.u, e.v))

    def _lane_crossings(self) -> list[list[tuple[int, Floats]]]:
        """For each obstacle part: lanes that cross its outline, and where along the outline."""
        result: list[list[tuple[int, Floats]]] = [[] for _ in self._parts]
        if not self._parts or not self._lines:
            return result
        tree = shapely.STRtree(self._lines)
        part, lane = tree.query(np.asarray(self._ring_of, dtype=object), predicate="intersects")
        for p, ln in zip(part.tolist(), lane.tolist(), strict=True):
            ring = self._ring_of[p]
            if ring.geom_type == "Point":
                continue
            hits = shapely.get_coordinates(shapely.intersection(ring, self._lines[ln]))
            along = np.sort(shapely.line_locate_point(ring, shapely.points(hits)))
            result[p].append((ln, along))
        return result

    def _bits(self, part: int, point: BaseGeometry) -> int:
        """Return the paths crossed between the start of an obstacle's outline and ``point`` on it."""
        bits = 0
        ring = self._ring_of[part]
        if shapely.distance(ring, point) > 1e-3:
            # On the edge of a hole: straight on through the obstacle from its outline.
            through = shapely.get_coordinates(shapely.shortest_line(ring, point))
            bits = _crossed_lanes(through[None], self._lines)[0]
        for lane, along in self._crossings[part]:
            at = shapely.line_locate_point(self._ring_of[part], point)
            if int(np.searchsorted(along, at)) % 2:
                bits |= 1 << lane
        return bits

    def _touches(self, area: BaseGeometry) -> list[_Edge]:
        """Edges of width 0: obstacles that touch or overlap the pavement edge or one another."""
        edges: list[_Edge] = []
        if not self._parts:
            return edges
        rings = shapely.get_parts(shapely.get_rings(shapely.get_parts(area)))
        tree = shapely.STRtree(rings)
        outlines = np.asarray(self._ring_of, dtype=object)
        part, ring = tree.query(outlines, predicate="dwithin", distance=TOUCH_M)
        for p, r in zip(part.tolist(), ring.tolist(), strict=True):
            node = self._wall_node(shapely.points(shapely.get_coordinates(rings[r])[0]))
            for point in _common_points(outlines[p], rings[r]):
                if node == WALL and (self._in_mouth(point) or self._at_tip(np.asarray(point.coords[0]))[0]):
                    continue
                edges.append(_Edge(node, p + 1, 0.0, self._bits(p, point), -1, (point.x, point.y)))
        tree = shapely.STRtree(outlines)
        first, second = tree.query(outlines, predicate="dwithin", distance=TOUCH_M)
        for p, q in zip(first.tolist(), second.tolist(), strict=True):
            if p < q:
                for point in _common_points(outlines[p], outlines[q]):
                    bits = self._bits(p, point) ^ self._bits(q, point)
                    edges.append(_Edge(p + 1, q + 1, 0.0, bits, -1, (point.x, point.y)))
        return edges

    def _wall_node(self, point: BaseGeometry) -> int:
        for n, island in enumerate(self._islands):
            if shapely.dwithin(island, point, TOUCH_M):
                return self._first_island + n
        return WALL

    def _in_mouth(self, point: BaseGeometry) -> bool:
        """Tell whether a place of the outline lies in a mouth, between its ends: no wall stands there."""
        return any(
            shapely.dwithin(mouth, point, TOUCH_M)
            and not any(shapely.dwithin(Point(c), point, TOUCH_M) for c in (mouth.coords[0], mouth.coords[-1]))
            for mouth in self._mouths
        )

    def _at_tip(self, xy: Floats) -> np.ndarray:
        """Tell which places lie on the tip of a dead end."""
        places = np.atleast_2d(xy)
        result = np.zeros(len(places), bool)
        for centre, heading, reach in self._tips:
            away = places - centre
            distance = np.hypot(away[:, 0], away[:, 1])
            result |= (distance <= reach) & (away @ heading >= distance * TIP_HALF_ANGLE_COS)
        return result

    def _gaps(self, owners: Owners, mouth_lanes: dict[int, int]) -> list[_Edge]:
        """Edges of the graph that are pinches."""
        pinches = self.pinches
        if not len(pinches):
            return []
        ends = pinches.ends + self.origin
        part_at, on_outline = self._contacts(ends, owners)
        crossed = _crossed_lanes(on_outline, self._lines)
        at_tip = self._at_tip(ends.reshape(-1, 2)).reshape(-1, 2)
        edges = []
        for k in range(len(pinches)):
            mouth = int(pinches.mouth[k])
            bits = crossed[k]
            nodes = []
            for n in (0, 1):
                part = int(part_at[k, n])
                if part >= 0:
                    bits ^= self._bits(part, Point(*on_outline[k, n]))
                    nodes.append(part + 1)
                else:
                    nodes.append(self._wall_node(Point(*ends[k, n])) if self._islands else WALL)
            if mouth >= 0:
                lane = mouth_lanes.get(mouth)
                if nodes == [WALL, WALL]:
                    # The lane ends on this chord: whether it "crosses" is decided here, not by rounding.
                    bits = 0 if lane is None else 1 << lane
                elif lane is not None:
                    own = crossed[k] >> lane & 1
                    bits ^= (own ^ self._ends_on(lane, mouth, ends[k])) << lane
            elif any(nodes[n] == WALL and at_tip[k, n] for n in (0, 1)):
                continue
            middle = ends[k].mean(axis=0)
            width = float(pinches.width_m[k])
            edges.append(_Edge(nodes[0], nodes[1], width, bits, k, (float(middle[0]), float(middle[1]))))
        return edges

    def _contacts(self, ends: Floats, owners: Owners) -> tuple[Ints, Floats]:
        """Return the obstacle part at each contact (-1: a kerb), and the contacts drawn onto its outline.

        A contact with a disc lies within the polygon about it: a lane between the two would be crossed once
        by the chord and once more by the outline.
        """
        parts_of: dict[int, list[int]] = {}
        for part, row in enumerate(self._part_row):
            parts_of.setdefault(row, []).append(part)
        edge_of = [part.boundary if part.geom_type == "Polygon" else part for part in self._parts]
        part_at = np.full(ends.shape[:2], -1, np.int64)
        on_outline = ends.copy()
        for k, n in np.argwhere(owners.row >= 0).tolist():
            contact = Point(*ends[k, n])
            part = self._nearest(parts_of[int(owners.row[k, n])], contact)
            part_at[k, n] = part
            on_outline[k, n] = shapely.get_coordinates(shapely.shortest_line(edge_of[part], contact))[0]
        return part_at, on_outline

    def _ends_on(self, lane: int, mouth: int, chord: Floats) -> int:
        """Return 1 where a lane ends on this part of a mouth that obstacles divide."""
        line = self.lanes.geometry.iloc[lane]
        ends = [Point(line.coords[0]), Point(line.coords[-1])]
        at = 0 if shapely.distance(ends[0], self._mouths[mouth]) <= shapely.distance(ends[1], self._mouths[mouth]) else -1
        if (lane, at) in self._paths.covered:
            return 0
        return int(shapely.dwithin(LineString(chord), ends[at], TOUCH_M))

    def _nearest(self, parts: list[int], contact: BaseGeometry) -> int:
        if len(parts) == 1:
            return parts[0]
        return min(parts, key=lambda p: float(shapely.distance(self._ring_of[p], contact)))

    def crossings(self, below_m: float) -> list[list[Crossing]]:
        """Return, for each lane, its barriers narrower than ``below_m``, narrowest first.

        The first of each list is the lane's clear width. Barriers along a plateau, or at one row of
        obstacles, come one by one.
        """
        parent: dict[int, int] = {}
        potential: dict[int, int] = {}

        def find(n: int) -> tuple[int, int]:
            path = []
            bits = 0
            while parent.get(n, n) != n:
                path.append(n)
                n = parent[n]
            for m in reversed(path):  # compress: potentials become relative to the root
                bits ^= potential[m]
                parent[m], potential[m] = n, bits
            return n, bits

        lanes = len(self.lanes)
        found: list[list[Crossing]] = [[] for _ in self._lines]
        for number, edge in enumerate(self.edges):
            if edge.width_m >= below_m:
                break
            (ru, bu), (rv, bv) = find(edge.u), find(edge.v)
            cycle = bu ^ bv ^ edge.lanes
            if ru != rv:
                parent[rv], potential[rv] = ru, cycle
            elif cycle:
                path = 0
                while cycle:
                    if cycle & 1:
                        found[path].append(Crossing(path, edge.width_m, edge.pinch, edge.place, number, path))
                    cycle >>= 1
                    path += 1
        for ways in self._paths.junctions:
            for lane, path in _bars_at(ways, found):
                found[lane].append(replace(found[path][0], lane=lane))
        result = found[:lanes]
        for crossings in result:
            crossings.sort(key=lambda c: (c.width_m, c.edge))
        return result

    @cached_property
    def _adjacency(self) -> dict[int, list[int]]:
        around: dict[int, list[int]] = {}
        for number, edge in enumerate(self.edges):
            around.setdefault(edge.u, []).append(number)
            around.setdefault(edge.v, []).append(number)
        return around

    def objects(self, crossing: Crossing) -> tuple[int, ...]:
        """Return the obstacle rows of the shortest chain that the crossing's edge completes.

        Dijkstra on (node, parity), by the number of obstacles and then the length of the gaps: of a row
        of parked cars that touch one another the one that stands out is named, not its neighbours.
        """
        closing, path = self.edges[crossing.edge], crossing.path
        begin, end = (closing.u, closing.v) if closing.u != WALL else (closing.v, closing.u)
        start = (begin, 0)
        goal = (end, 1 ^ (closing.lanes >> path & 1))
        best: dict[tuple[int, int], float] = {start: 0.0}
        came: dict[tuple[int, int], tuple[int, int]] = {}
        heap = [(0.0, start)]
        while heap and start != goal:
            d, state = heapq.heappop(heap)
            if state == goal:
                break
            # A chain ends where it meets the wall: going on from there would bar the lane elsewhere.
            if d > best[state] or (state[0] == WALL and state != start):
                continue
            for number in self._adjacency.get(state[0], ()):
                if number > crossing.edge:
                    break  # wider than the gap that bars the lane
                edge = self.edges[number]
                other = edge.v if edge.u == state[0] else edge.u
                following = (other, state[1] ^ (edge.lanes >> path & 1))
                total = d + 1.0 + 1e-3 * edge.width_m
                if total < best.get(following, np.inf):
                    best[following] = total
                    came[following] = state
                    heapq.heappush(heap, (total, following))
        nodes = {closing.u, closing.v}
        state = goal
        while state in came:
            nodes.add(state[0])
            state = came[state]
        last = len(self._parts)
        return tuple(sorted({self._part_row[n - 1] for n in nodes if 1 <= n <= last}))


def _bars_at(ways: Sequence[Way], found: Sequence[Sequence[Crossing]]) -> list[tuple[int, int]]:
    """Return (lane, path) for the lanes that an obstacle on their junction bars.

    Arms are joined by the widest ways first. Where two groups of arms meet, the way between them limits
    the lanes of the smaller group (of both, where they are alike): were all lanes wider than that, every
    arm would reach every other.
    """
    order = sorted(ways, key=lambda way: (-(found[way.path][0].width_m if found[way.path] else np.inf), way.path))
    group: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for way in ways:
        for arm in way.arms:
            group.setdefault(arm, [arm])
    result = []
    for way in order:
        a, b = (group[arm] for arm in way.arms)
        if a is b:
            continue
        if found[way.path]:
            smaller = min(len(a), len(b))
            result += [(lane, way.path) for arms in (a, b) if len(arms) == smaller for lane, _ in arms]
        joined = a + b
        for arm in joined:
            group[arm] = joined
    return result


def _parts(table: gpd.GeoDataFrame) -> tuple[list[BaseGeometry], list[int]]:
    geometries = table.geometry.to_numpy()
    parts, row = shapely.get_parts(geometries, return_index=True)
    return list(parts), row.tolist()


def _outline(part: BaseGeometry) -> BaseGeometry:
    return part.exterior if part.geom_type == "Polygon" else part


def _common_points(a: BaseGeometry, b: BaseGeometry) -> list[Point]:
    """Return the points where two outlines meet (within a touch)."""
    meet = shapely.intersection(a, b)
    xy = shapely.get_coordinates(meet)
    if not len(xy):
        xy = shapely.get_coordinates(shapely.shortest_line(a, b))[:1]
    return [Point(*c) for c in np.unique(np.round(xy, 9), axis=0)]


def _tips(lanes: gpd.GeoDataFrame) -> list[tuple[Floats, Floats, float]]:
    """Return (centre, heading, reach) of every dead end."""
    result = []
    for row in lanes.itertuples():
        line: LineString = row.geometry
        for kind, trim, backwards in (
            (row.start_kind, row.start_trim_m, True), (row.end_kind, row.end_trim_m, False)
        ):  # fmt: skip
            if kind != "tip" or not trim > 0:
                continue
            at = trim if backwards else line.length - trim
            centre = np.asarray(line.interpolate(at).coords[0])
            end = np.asarray(line.coords[0 if backwards else -1])
            heading = (end - centre) / max(float(np.hypot(*(end - centre))), 1e-9)
            result.append((centre, heading, 2.0 * trim))
    return result


def _crossed_lanes(ends: Floats, lines: Sequence[LineString]) -> list[int]:
    """Return, for each chord, the set of lanes that it crosses an odd number of times."""
    bits = [0] * len(ends)
    if not lines:
        return bits
    xy, index = shapely.get_coordinates(np.asarray(lines, dtype=object), return_index=True)
    same = index[1:] == index[:-1]
    a, b, lane = xy[:-1][same], xy[1:][same], index[1:][same]
    tree = shapely.STRtree(shapely.linestrings(np.stack((a, b), axis=1)))
    chord, segment = tree.query(shapely.linestrings(ends))
    p, q = ends[chord, 0], ends[chord, 1]

    def above(o: Floats, d: Floats, c: Floats) -> np.ndarray:
        # Half-open: a shared vertex belongs to one of its two segments only.
        side: np.ndarray = (d[:, 0] - o[:, 0]) * (c[:, 1] - o[:, 1]) > (d[:, 1] - o[:, 1]) * (c[:, 0] - o[:, 0])
        return side

    crosses = (above(p, q, a[segment]) != above(p, q, b[segment])) & (
        above(a[segment], b[segment], p) != above(a[segment], b[segment], q)
    )
    for k, ln in zip(chord[crosses].tolist(), lane[segment[crosses]].tolist(), strict=True):
        bits[k] ^= 1 << ln
    return bits
