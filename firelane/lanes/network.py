"""The lane network: centrelines of the judged lanes, their stations, junctions and mouths."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from firelane.lanes.boundary import Floats
from firelane.lanes.medial import medial_axis
from firelane.lanes.mouths import Mouths, find_mouths
from firelane.lanes.naming import place_label, unique_labels
from firelane.lanes.openings import Opening, opening_at, opening_table
from firelane.lanes.records import LaneNetwork
from firelane.lanes.sections import EdgeTree, sections
from firelane.lanes.skeleton import Branch, skeleton
from firelane.lanes.smoothing import headings, smooth
from firelane.lanes.tips import tip_width_m
from firelane.site.model import Note, Site
from firelane.vocabulary import LaneEnd

ISLAND_EXTENT_M = 20.0
"""A hole of the pavement no longer than this is an island in a lane, not a block between lanes."""

STATION_M = 0.5
SHORTEST_LANE_M = 1.0
SHORTEST_REMAINDER_M = 3.0
COVERED_M = 0.5
ALONG_COS = np.cos(np.radians(45.0))


@dataclass
class _Lane:
    """A centreline on its way to becoming a row."""

    xy: Floats  # site coordinates
    kinds: list[str]
    nodes: list[tuple[float, float]]
    designated: bool = False
    trims: tuple[float, float] = (0.0, 0.0)
    widths: tuple[float, float] = (np.nan, np.nan)
    junction_radius: tuple[float, float] = (np.nan, np.nan)
    mouths: tuple[str | None, str | None] = (None, None)
    openings: tuple[Opening | None, Opening | None] = (None, None)

    @property
    def line(self) -> LineString:
        return LineString(self.xy)

    def reversed(self) -> _Lane:
        """Return the lane in the other direction."""
        return _Lane(
            self.xy[::-1], self.kinds[::-1], self.nodes[::-1], self.designated, self.trims[::-1],
            self.widths[::-1], self.junction_radius[::-1], self.mouths[::-1], self.openings[::-1],
        )  # fmt: skip


def islands_of(area: BaseGeometry) -> list[BaseGeometry]:
    """Return the holes of ``area`` that are islands in a lane rather than blocks between lanes."""
    result = []
    for part in shapely.get_parts(area):
        for ring in part.interiors:
            hole = shapely.polygons(ring)
            west, south, east, north = hole.bounds
            if np.hypot(east - west, north - south) <= ISLAND_EXTENT_M * np.sqrt(2) and (
                shapely.minimum_bounding_radius(hole) * 2 <= ISLAND_EXTENT_M
            ):
                result.append(hole)
    return result


def lane_network(site: Site, *, station_m: float = STATION_M) -> LaneNetwork:
    """Return the lane network of a site (see ``LaneNetwork``).

    Parameters
    ----------
    site : Site
    station_m : float
        Distance between stations along a lane [m].
    """
    roads = site.layer("roads")
    pavement = shapely.union_all(roads.geometry.to_numpy())
    mouths = find_mouths(site, pavement)
    pavement = mouths.pavement
    fire = roads["fire_lane"].to_numpy(bool)
    judged = pavement if fire.all() else shapely.intersection(
        shapely.union_all(roads.geometry.to_numpy()[fire]), pavement
    )  # fmt: skip
    designated = shapely.intersection(
        shapely.union_all(site.layer("fire_lanes").geometry.to_numpy()), pavement
    ) if len(site.layer("fire_lanes")) else shapely.Polygon()  # fmt: skip
    # Where a designated lane only touches the pavement the two have lines and points in common.
    designated = shapely.union_all([g for g in shapely.get_parts(designated) if shapely.get_dimensions(g) == 2])
    lanes, wedges = _road_lanes(pavement, mouths)
    if not fire.all():
        lanes = [piece for lane in lanes for piece in _clip(lane, judged)]
    if not designated.is_empty:
        edges = EdgeTree(pavement)
        inside = _designated_lanes(designated, pavement, mouths)
        lanes = [piece for lane in lanes for piece in _uncovered(lane, edges, designated, inside)] + inside
    lanes = _from_the_entrance(lanes)
    table = _table(site, lanes, roads, fire)
    stations = _stations(table, pavement, designated, station_m)
    by_mouth = {m: row.lane_id for row, lane in zip(table.itertuples(), _in_order(table, lanes), strict=True)
                for m in lane.mouths if m is not None}  # fmt: skip
    mouth_table = mouths.table.copy()
    # As objects: a mouth without a lane has None, not a NaN that would pass for an id.
    mouth_table["lane_id"] = pd.Series([by_mouth.get(m) for m in mouth_table["entrance_id"]], dtype=object)
    return LaneNetwork(
        pavement=pavement, judged=judged, designated=designated, lanes=table.drop(columns="_order"),
        stations=stations, junctions=_junctions(lanes, site), mouths=mouth_table,
        notes=(*mouths.notes, *_wedge_notes(wedges)),
        openings=opening_table(
            [(row.lane_id, opening) for row, lane in zip(table.itertuples(), _in_order(table, lanes), strict=True)
             for opening in lane.openings if opening is not None],
            designated, mouths.table,
        ),
    )  # fmt: skip


def _wedge_notes(wedges: Sequence[tuple[float, float, float]]) -> list[Note]:
    """Say which pointed ends of the pavement were not taken for lanes."""
    big = sorted(w for w in wedges if w[2] >= SHORTEST_REMAINDER_M)
    if not big:
        return []
    where = "; ".join(f"X={y:.1f} Y={x:.1f} ({length:.1f} m)" for x, y, length in big[:8])
    more = len(big) - 8
    return [Note(
        "pointed_end",
        f"路面有 {len(big)} 处收成尖角，不作为车道检查：{where}" + (f"，另有 {more} 处" if more > 0 else ""),
        f"the pavement runs out to a point in {len(big)} places, which are not judged as lanes: {where}"
        + (f" and {more} more" if more > 0 else ""),
        "roads",
    )]  # fmt: skip


def _strips(pavement: BaseGeometry, mouths: Mouths) -> list[BaseGeometry]:
    """Return an open strip beyond each mouth, so that the axis runs out through it."""
    result = []
    for row in mouths.table.itertuples():
        a, b = np.asarray(row.geometry.coords[0]), np.asarray(row.geometry.coords[-1])
        outward = -np.array([row.inward_x, row.inward_y])
        strip = shapely.Polygon()
        for length in (max(8.0, 2 * row.width_m), row.width_m, 2.0):
            candidate = shapely.Polygon([*row.geometry.coords, b + outward * length, a + outward * length])
            if candidate.is_valid and shapely.intersection(candidate, pavement).area <= 0.02 * candidate.area:
                strip = candidate
                break
        result.append(strip)
    return result


def _road_lanes(pavement: BaseGeometry, mouths: Mouths) -> tuple[list[_Lane], list[tuple[float, float, float]]]:
    strips = _strips(pavement, mouths)
    # A hair of overlap joins strip and pavement whatever rounding left between them.
    joined = [shapely.buffer(s, 1e-6, join_style="mitre") for s in strips if not s.is_empty]
    area = shapely.union_all([pavement, *joined])
    axis = medial_axis(area)
    islands = [shapely.transform(i, lambda xy: xy - axis.origin) for i in islands_of(area)]
    ends = []
    for strip, row in zip(strips, mouths.table.itertuples(), strict=True):
        if not strip.is_empty:
            middle = np.asarray(strip.exterior.coords)[[-3, -2]].mean(axis=0)
            inward = np.array([row.inward_x, row.inward_y])
            ends.append(Point(middle + inward * row.width_m / 2 - axis.origin))
    lanes = []
    found = skeleton(axis, islands=islands, keep_near=ends)
    edges = EdgeTree(area)
    for branch in found.branches:
        lane = _lane(branch, axis.origin, axis.radius_m, area, edges)
        if lane is not None:
            lanes += _through_mouths(lane, pavement, mouths)
    return lanes, [(x + axis.origin[0], y + axis.origin[1], length) for x, y, length in found.wedges]


def _lane(
    branch: Branch, origin: Floats, radius_m: Floats, area: BaseGeometry, edges: EdgeTree
) -> _Lane | None:
    """Smooth a branch and, at a dead end, take it on to the tip."""
    xy = branch.xy + origin
    if float(np.hypot(*np.diff(xy, axis=0).T).sum()) < SHORTEST_LANE_M:
        return None
    xy = smooth(xy)
    kinds, nodes, trims, widths, radii = [], [], [], [], []
    ends = ((branch.start, branch.start_degree, 0), (branch.end, branch.end_degree, -1))
    for node, degree, at in ends:
        radius = float(radius_m[node])
        nodes.append((float(xy[at][0]), float(xy[at][1])))
        if degree == 0:  # a wedge was cut off: the lane ends where its sides begin to close
            kinds.append(LaneEnd.TIP.value)
            trims.append(0.0)
            widths.append(tip_width_m(edges.segments, edges.tree, xy[at], _heading(xy, at), radius, closed=False))
            radii.append(np.nan)
            continue
        if degree != 1:
            kinds.append(LaneEnd.JUNCTION.value)
            trims.append(0.0)
            widths.append(np.nan)
            radii.append(radius)
            continue
        tip = _tip(xy, at, radius, area)
        kinds.append(LaneEnd.TIP.value)
        widths.append(tip_width_m(edges.segments, edges.tree, xy[at], _heading(xy, at), radius))
        radii.append(np.nan)
        trims.append(float(np.hypot(*(tip - xy[at]))))
        xy = np.vstack((tip, xy)) if at == 0 else np.vstack((xy, tip))
    return _Lane(
        xy, kinds, nodes, trims=(trims[0], trims[1]), widths=(widths[0], widths[1]),
        junction_radius=(radii[0], radii[1]),
    )  # fmt: skip


def _heading(xy: Floats, at: int) -> Floats:
    """Return the unit vector in which a path leaves through its end."""
    path = xy if at == -1 else xy[::-1]
    step: Floats = path[-1] - path[max(len(path) - 7, 0)]
    return step / max(float(np.hypot(*step)), 1e-9)


def _tip(xy: Floats, at: int, radius: float, area: BaseGeometry) -> Floats:
    """Return where the lane's heading meets the edge at a dead end."""
    end: Floats = xy[at]
    ray = LineString([end, end + _heading(xy, at) * 3 * radius])
    hit = shapely.get_coordinates(shapely.intersection(ray, area.boundary))
    if not len(hit):
        return end
    nearest: Floats = hit[np.argmin(np.hypot(*(hit - end).T))]
    return nearest


def _through_mouths(lane: _Lane, pavement: BaseGeometry, mouths: Mouths) -> list[_Lane]:
    """Clip a lane to the pavement; an end that leaves it does so through a mouth."""
    line = lane.line
    parts = [
        p for p in shapely.get_parts(shapely.intersection(line, pavement))
        if p.geom_type == "LineString" and p.length >= SHORTEST_LANE_M
    ]  # fmt: skip
    result = []
    for part in parts:
        xy = np.asarray(part.coords)
        if shapely.line_locate_point(line, Point(xy[0])) > shapely.line_locate_point(line, Point(xy[-1])):
            xy = xy[::-1]
        piece = _Lane(
            xy, list(lane.kinds), list(lane.nodes), lane.designated, lane.trims, lane.widths,
            lane.junction_radius,
        )  # fmt: skip
        names: list[str | None] = [None, None]
        for n, at in enumerate((0, -1)):
            if not len(mouths.table):
                continue
            near = mouths.table.geometry.distance(Point(xy[at])).to_numpy()
            if near.min() < 0.01:
                piece.kinds[n] = LaneEnd.MOUTH.value
                piece.nodes[n] = (float(xy[at][0]), float(xy[at][1]))
                piece.trims = _replace(piece.trims, n, 0.0)
                piece.widths = _replace(piece.widths, n, np.nan)
                names[n] = mouths.table["entrance_id"].iloc[int(np.argmin(near))]
        piece.mouths = (names[0], names[1])
        result.append(piece)
    return result


def _replace(pair: tuple[float, float], at: int, value: float) -> tuple[float, float]:
    return (value, pair[1]) if at == 0 else (pair[0], value)


def _part_of(lane: _Lane, part: LineString) -> _Lane:
    """Return the part of a lane, its new ends being junctions with what was cut away."""
    line = lane.line
    xy = np.asarray(part.coords)
    if shapely.line_locate_point(line, Point(xy[0])) > shapely.line_locate_point(line, Point(xy[-1])):
        xy = xy[::-1]
    piece = _Lane(
        xy, list(lane.kinds), list(lane.nodes), lane.designated, lane.trims, lane.widths,
        lane.junction_radius, lane.mouths,
    )  # fmt: skip
    for n, at in enumerate((0, -1)):
        if np.hypot(*(xy[at] - lane.xy[at])) > 1e-6:
            piece.kinds[n] = LaneEnd.JUNCTION.value
            piece.nodes[n] = (float(xy[at][0]), float(xy[at][1]))
            piece.trims = _replace(piece.trims, n, 0.0)
            piece.widths = _replace(piece.widths, n, np.nan)
            piece.junction_radius = _replace(piece.junction_radius, n, np.nan)
            piece.mouths = (None, piece.mouths[1]) if n == 0 else (piece.mouths[0], None)
    return piece


def _clip(lane: _Lane, area: BaseGeometry) -> list[_Lane]:
    parts = shapely.get_parts(shapely.line_merge(shapely.intersection(lane.line, area)))
    return [_part_of(lane, p) for p in parts if p.geom_type == "LineString" and p.length >= SHORTEST_LANE_M]


def _uncovered(
    lane: _Lane, edges: EdgeTree, designated: BaseGeometry, inside: Sequence[_Lane]
) -> list[_Lane]:
    """Return the stretches of a road's lane beside which no fire lane is designated.

    Only a designated lane that runs along the road takes its place, not one that meets it.
    """
    line = lane.line
    count = max(int(np.ceil(line.length / STATION_M)), 1)
    chainage = np.linspace(0.0, line.length, count + 1)
    shapely.prepare(designated)
    across = sections(line, chainage, edges)
    covered = shapely.length(shapely.intersection(across.lines, designated)) > COVERED_M
    if covered.any() and inside:
        own = np.asarray([i.line for i in inside], dtype=object)
        nearest = own[shapely.STRtree(own).nearest(shapely.points(across.places))]
        at = shapely.line_locate_point(nearest, shapely.points(across.places))
        turn = np.array([
            headings(ln, np.array([c]))[0] - h for ln, c, h in zip(nearest, at, across.heading_rad, strict=True)
        ])  # fmt: skip
        covered &= np.abs(np.cos(turn)) >= ALONG_COS
    if not covered.any():
        return [lane]
    changes = np.flatnonzero(np.diff(np.r_[True, covered, True].astype(np.int8)))
    result = []
    for i, j in zip(changes[::2], changes[1::2], strict=True):
        start = chainage[i] if i == 0 else (chainage[i] + chainage[i - 1]) / 2
        stop = chainage[j - 1] if j > count else (chainage[j] + chainage[j - 1]) / 2
        if stop - start >= SHORTEST_REMAINDER_M:
            result.append(_part_of(lane, substring(line, start, stop)))
    return result


def _designated_lanes(designated: BaseGeometry, pavement: BaseGeometry, mouths: Mouths) -> list[_Lane]:
    axis = medial_axis(designated)
    islands = [shapely.transform(i, lambda xy: xy - axis.origin) for i in islands_of(designated)]
    lanes = []
    edges = EdgeTree(designated)
    for branch in skeleton(axis, islands=islands).branches:
        lane = _lane(branch, axis.origin, axis.radius_m, designated, edges)
        if lane is not None:
            lane.designated = True
            _open_ends(lane, designated, pavement, mouths)
            lanes.append(lane)
    return lanes


def _open_ends(lane: _Lane, designated: BaseGeometry, pavement: BaseGeometry, mouths: Mouths) -> None:
    """Turn the tips of a designated lane into mouths and junctions where one drives on beyond them."""
    for n, at in enumerate((0, -1)):
        if lane.kinds[n] != LaneEnd.TIP.value:
            continue
        opening = opening_at(lane.xy[at], _heading(lane.xy, at), designated, pavement, mouths.table)
        if opening is None:
            continue
        lane.kinds[n] = (LaneEnd.JUNCTION if opening.entrance_id is None else LaneEnd.MOUTH).value
        lane.nodes[n] = (float(lane.xy[at][0]), float(lane.xy[at][1]))
        lane.trims, lane.widths = _replace(lane.trims, n, 0.0), _replace(lane.widths, n, np.nan)
        lane.openings = (opening, lane.openings[1]) if n == 0 else (lane.openings[0], opening)
        names = (opening.entrance_id, lane.mouths[1]) if n == 0 else (lane.mouths[0], opening.entrance_id)
        lane.mouths = names


def _from_the_entrance(lanes: Sequence[_Lane]) -> list[_Lane]:
    """Turn each lane so that it starts at the end nearer to an entrance: the way one drives in."""

    def key(node: tuple[float, float]) -> tuple[int, int]:
        return round(node[0] * 10), round(node[1] * 10)

    around: dict[tuple[int, int], list[tuple[tuple[int, int], float]]] = {}
    for lane in lanes:
        a, b = key(lane.nodes[0]), key(lane.nodes[1])
        around.setdefault(a, []).append((b, lane.line.length))
        around.setdefault(b, []).append((a, lane.line.length))
    distance: dict[tuple[int, int], float] = {}
    heap = [
        (0.0, key(lane.nodes[n])) for lane in lanes for n in (0, 1) if lane.kinds[n] == LaneEnd.MOUTH.value
    ]
    heapq.heapify(heap)
    while heap:
        d, node = heapq.heappop(heap)
        if node in distance:
            continue
        distance[node] = d
        for other, length in around.get(node, ()):
            if other not in distance:
                heapq.heappush(heap, (d + length, other))
    far = float("inf")

    def rank(lane: _Lane, n: int) -> tuple[float, int, tuple[int, int]]:
        node = key(lane.nodes[n])
        order = {LaneEnd.MOUTH.value: 0, LaneEnd.JUNCTION.value: 1, LaneEnd.TIP.value: 2}
        return round(distance.get(node, far), 1), order[lane.kinds[n]], node

    return [lane if rank(lane, 0) <= rank(lane, 1) else lane.reversed() for lane in lanes]


def _table(site: Site, lanes: Sequence[_Lane], roads: gpd.GeoDataFrame, fire: np.ndarray) -> gpd.GeoDataFrame:
    lines = [lane.line for lane in lanes]
    middles = [line.interpolate(0.5, normalized=True) for line in lines]
    order = sorted(range(len(lanes)), key=lambda n: (round(middles[n].x, 3), round(middles[n].y, 3)))
    labels = unique_labels([place_label("L", middles[n].x, middles[n].y) for n in order])
    tree = shapely.STRtree(roads.geometry.to_numpy())
    rows = []
    for label, n in zip(labels, order, strict=True):
        lane, line = lanes[n], lines[n]
        hits = np.sort(tree.query(line, predicate="intersects"))
        # Where one road holds the whole lane, nothing needs to be measured.
        shares = np.full(1, line.length) if len(hits) == 1 else shapely.length(
            shapely.intersection(roads.geometry.to_numpy()[hits], line)
        )  # fmt: skip
        use = [int(h) for h, share in zip(hits, shares, strict=True) if share > min(0.5, line.length / 3) and fire[h]]
        use = use or [int(hits[np.argmax(shares)])] if len(hits) else []
        along = use if len(use) == 1 else sorted(use, key=lambda h: line.project(
            shapely.intersection(roads.geometry.iloc[h], line).centroid))  # fmt: skip
        nodes = [place_label("N", *node) for node in lane.nodes]
        rows.append((
            label, tuple(roads["id"].iloc[h] for h in along), lane.designated, *lane.kinds, *nodes,
            line.length, *lane.trims, *lane.widths, n, line,
        ))  # fmt: skip
    columns = [
        "lane_id", "road_ids", "designated", "start_kind", "end_kind", "start_node", "end_node", "length_m",
        "start_trim_m", "end_trim_m", "start_width_m", "end_width_m", "_order", "geometry",
    ]  # fmt: skip
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=site.crs)


def _in_order(table: gpd.GeoDataFrame, lanes: Sequence[_Lane]) -> list[_Lane]:
    return [lanes[n] for n in table["_order"]]


def _stations(
    table: gpd.GeoDataFrame, pavement: BaseGeometry, designated: BaseGeometry, station_m: float
) -> gpd.GeoDataFrame:
    ids: list[np.ndarray] = []
    columns: list[tuple[Floats, Floats, Floats, Floats]] = []
    points: list[Floats] = []
    for area, flag in ((pavement, False), (designated, True)):
        chosen = table[table["designated"] == flag]
        if chosen.empty:
            continue
        number = np.maximum(np.floor(chosen["length_m"].to_numpy(float) / station_m + 1e-9).astype(np.int64), 1)
        lane = np.repeat(np.arange(len(chosen)), number + 1)
        chainage = (np.arange(len(lane)) - np.repeat(np.cumsum(number + 1) - number - 1, number + 1)) * station_m
        chainage[np.cumsum(number + 1) - 1] = chosen["length_m"].to_numpy(float)
        across = sections(chosen.geometry.to_numpy()[lane], chainage, EdgeTree(area))
        ids.append(chosen["lane_id"].to_numpy(dtype=object)[lane])
        columns.append((chainage, across.heading_rad, across.left_m, across.right_m))
        points.append(across.places)
    if not ids:
        empty: dict[str, list[float]] = {c: [] for c in ("lane_id", "chainage_m", "heading_rad", "left_m", "right_m")}
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=table.crs))
    chainage, heading, left, right = (np.concatenate(c) for c in zip(*columns, strict=True))
    frame = gpd.GeoDataFrame(
        {"lane_id": np.concatenate(ids), "chainage_m": chainage, "heading_rad": heading,
         "left_m": left, "right_m": right},
        geometry=shapely.points(np.vstack(points)), crs=table.crs,
    )  # fmt: skip
    return frame.sort_values(["lane_id", "chainage_m"], kind="stable", ignore_index=True)


def _junctions(lanes: Sequence[_Lane], site: Site) -> gpd.GeoDataFrame:
    found: dict[str, tuple[float, tuple[float, float]]] = {}
    for lane in lanes:
        for n in (0, 1):
            if lane.kinds[n] == LaneEnd.JUNCTION.value:
                label = place_label("N", *lane.nodes[n])
                radius = lane.junction_radius[n]
                known = found.get(label)
                value = radius if known is None or np.isnan(known[0]) else known[0]
                found[label] = (value, lane.nodes[n])
    labels = sorted(found)
    return gpd.GeoDataFrame(
        {"node_id": labels, "radius_m": [found[k][0] for k in labels]},
        geometry=[Point(found[k][1]) for k in labels], crs=site.crs,
    )  # fmt: skip
