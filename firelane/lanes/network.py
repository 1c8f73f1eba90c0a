"""The lane network: centrelines of the judged lanes, their stations, junctions and mouths, and lanes known as lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Point

from firelane.errors import UsageError
from firelane.lanes.boundary import Floats
from firelane.lanes.centrelines import Centreline, islands_of, road_centrelines
from firelane.lanes.designated import SHORTEST_REMAINDER_M, clipped, designated_centrelines, uncovered
from firelane.lanes.driving_in import backwards
from firelane.lanes.line_lanes import line_lanes
from firelane.lanes.mouths import find_mouths
from firelane.lanes.naming import place_label, unique_labels
from firelane.lanes.openings import opening_table
from firelane.lanes.records import LaneNetwork
from firelane.lanes.sections import EdgeTree, sections
from firelane.lanes.smoothing import Paths
from firelane.site.model import STATION_M, Note, Site
from firelane.vocabulary import LaneEnd

__all__ = ["islands_of", "lane_network"]


def lane_network(site: Site, *, station_m: float | None = None) -> LaneNetwork:
    """Return the lane network of a site (see ``LaneNetwork``).

    Parameters
    ----------
    site : Site
    station_m : float, optional
        Greatest distance between stations along a lane, 0.1 to 10 [m]; left out, what ``site.toml`` says (0.5).

    Raises
    ------
    UsageError
        If ``station_m`` is out of its range.
    """
    station_m = site.config.station_m if station_m is None else station_m
    if not STATION_M[0] <= station_m <= STATION_M[1]:
        raise UsageError(f"station_m is {station_m}: {STATION_M[0]} to {STATION_M[1]} m is expected")
    roads = site.layer("roads")
    outline = shapely.union_all(roads.geometry.to_numpy())
    by_line = line_lanes(site, outline)
    mouths = find_mouths(site, outline, elsewhere=by_line.entrances if by_line is not None else frozenset())
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
    edges = EdgeTree(pavement)
    # Where roads are known as lines alone there is no pavement.
    lanes, wedges = ([], []) if pavement.is_empty else road_centrelines(pavement, mouths, edges)
    if not fire.all():
        lanes = clipped(lanes, judged)
    if not designated.is_empty:
        inside = designated_centrelines(designated, pavement, mouths)
        lanes = uncovered(lanes, edges, designated, inside) + inside
    lanes = _from_the_entrance(lanes)
    table = _table(site, lanes, roads, fire)
    stations = _stations(table, {False: edges, True: EdgeTree(designated)}, station_m)
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
        by_line=by_line,
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


def _from_the_entrance(lanes: Sequence[Centreline]) -> list[Centreline]:
    """Turn each lane so that it starts at the end nearer to an entrance: the way one drives in."""
    turn = backwards(
        [(lane.nodes[0], lane.nodes[1]) for lane in lanes], [(lane.kinds[0], lane.kinds[1]) for lane in lanes],
        [lane.length_m for lane in lanes],
    )  # fmt: skip
    return [lane.reversed() if back else lane for lane, back in zip(lanes, turn, strict=True)]


def _table(site: Site, lanes: Sequence[Centreline], roads: gpd.GeoDataFrame, fire: np.ndarray) -> gpd.GeoDataFrame:
    lines = np.asarray([lane.line for lane in lanes], dtype=object)
    lengths = shapely.length(lines)
    middles = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True)).reshape(-1, 2)
    east, north = np.round(middles, 3).T
    order = np.lexsort((north, east)).tolist()
    labels = unique_labels([place_label("L", *middles[n]) for n in order])
    along = _roads_along(lines, lengths, roads.geometry.to_numpy(), fire)
    ids = roads["id"].to_numpy(object)
    rows = [
        (
            label, tuple(ids[h] for h in along[n]), lanes[n].designated, *lanes[n].kinds,
            *(place_label("N", *node) for node in lanes[n].nodes), lengths[n], *lanes[n].trims, *lanes[n].widths,
            n, lines[n],
        )
        for label, n in zip(labels, order, strict=True)
    ]  # fmt: skip
    columns = [
        "lane_id", "road_ids", "designated", "start_kind", "end_kind", "start_node", "end_node", "length_m",
        "start_trim_m", "end_trim_m", "start_width_m", "end_width_m", "_order", "geometry",
    ]  # fmt: skip
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=site.crs)


def _roads_along(lines: np.ndarray, lengths: Floats, roads: np.ndarray, fire: np.ndarray) -> list[list[int]]:
    """Return the roads that each lane runs on, in its own order."""
    hits: list[list[int]] = [[] for _ in lines]
    if len(lines):
        # Where one road holds the whole lane, nothing needs to be measured.
        lane, road = shapely.STRtree(roads).query(lines, predicate="intersects" if len(roads) > 1 else None)
        for n, h in sorted(zip(lane.tolist(), road.tolist(), strict=True)):
            hits[n].append(h)
    result = []
    for line, length, here in zip(lines, lengths, hits, strict=True):
        if len(here) < 2:
            result.append(here)
            continue
        common = shapely.intersection(roads[here], line)
        shares = shapely.length(common)
        use = [k for k, share in enumerate(shares) if share > min(0.5, length / 3) and fire[here[k]]]
        use = use or [int(np.argmax(shares))]
        if len(use) > 1:
            use.sort(key=lambda k: line.project(common[k].centroid))
        result.append([here[k] for k in use])
    return result


def _in_order(table: gpd.GeoDataFrame, lanes: Sequence[Centreline]) -> list[Centreline]:
    return [lanes[n] for n in table["_order"]]


def _stations(table: gpd.GeoDataFrame, edges: Mapping[bool, EdgeTree], station_m: float) -> gpd.GeoDataFrame:
    length = table["length_m"].to_numpy(float)
    number = np.maximum(np.ceil(length / station_m - 1e-9).astype(np.int64), 1) + 1
    last = np.cumsum(number) - 1
    lane = np.repeat(np.arange(len(table)), number)
    chainage = (np.arange(len(lane)) - np.repeat(last + 1 - number, number)) * station_m
    chainage[last] = length
    places = np.zeros((len(lane), 2))
    heading, left, right = np.zeros(len(lane)), np.zeros(len(lane)), np.zeros(len(lane))
    designated = table["designated"].to_numpy(bool)
    paths = Paths.of_lines(table.geometry.to_numpy()) if len(table) else None
    for flag, tree in edges.items():
        rows = np.flatnonzero(designated[lane] == flag)
        if len(rows) and paths is not None:
            across = sections(paths, lane[rows], chainage[rows], tree)
            places[rows], heading[rows] = across.places, across.heading_rad
            left[rows], right[rows] = across.left_m, across.right_m
    ids = table["lane_id"].to_numpy(dtype=object)
    frame = gpd.GeoDataFrame(
        {"lane_id": ids[lane], "chainage_m": chainage, "heading_rad": heading, "left_m": left, "right_m": right},
        geometry=shapely.points(places), crs=table.crs,
    )  # fmt: skip
    rank = np.empty(len(ids), np.int64)
    rank[np.argsort(ids.astype(str), kind="stable")] = np.arange(len(ids))
    return frame.iloc[np.argsort(rank[lane], kind="stable")].reset_index(drop=True)


def _junctions(lanes: Sequence[Centreline], site: Site) -> gpd.GeoDataFrame:
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
