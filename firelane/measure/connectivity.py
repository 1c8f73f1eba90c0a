"""Connectivity: how many independent ways lead to a building, and which single spots cut it off (连通)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Ints
from firelane.lanes.naming import place_label, unique_labels
from firelane.lanes.reach import CAP_M
from firelane.lanes.space import FreeSpace, Spaces
from firelane.lanes.ways import Junctions, WayGraph, join, way_graph
from firelane.lanes.ways_cuts import Cut, Loop, cuts, loops, reached_from

SAMPLING_M = 0.05
"""The middle line is sampled: where a lane is exactly as wide as the vehicle it stands this much off it at most."""

LANE_NEAR_M = 1.0
"""The middle line of the free space is a lane's where it runs this near to its centreline."""

CUT_COLUMNS = (
    "cut_id", "kind", "lane_id", "lane_ids", "entrance_id", "length_m", "building_ids", "buildings", "geometry",
)  # fmt: skip


@dataclass(frozen=True)
class WaysIn:
    """How one building is reached.

    ``ways`` is 0 (no way in), 1 (a single blocked spot cuts it off) or 2 (two or more ways with no spot in
    common); None where no entrance is given or no road lies within the access distance. ``cuts`` are the
    spots that cut it off, from the entrance on; ``entrances`` those from which it is reached. ``ringed`` tells
    whether a closed ring of ways leads round it.
    """

    building_id: str
    ways: int | None
    entrances: tuple[str, ...]
    cuts: tuple[str, ...]
    ringed: bool


@dataclass(frozen=True)
class CutPlace:
    """A stretch that every way to some buildings passes.

    ``kind`` is ``entrance`` (it begins at a mouth), ``lane`` or ``junction``. ``place`` is the narrowest spot of
    the stretch where all ``buildings`` are lost; farther along some of them may be passed already.
    ``length_m`` is the way from its beginning to where the last of them is reached.
    """

    cut_id: str
    kind: str
    lane_id: str | None
    lane_ids: tuple[str, ...]
    entrance_id: str | None
    place: tuple[float, float]
    length_m: float
    buildings: tuple[str, ...]
    line: BaseGeometry


@dataclass(frozen=True)
class Ring:
    """Ways joined to rings round buildings, and where one comes onto them from outside.

    ``connections`` are the places at which a way from an entrance arrives; ways that lead from the ring to
    nothing but a dead end do not count.
    """

    ring_id: str
    connections: tuple[tuple[float, float], ...]
    length_m: float
    buildings: tuple[str, ...]
    place: tuple[float, float]


@dataclass(frozen=True)
class Connectivity:
    """Ways of a disc ``width_m`` wide in the envelope; ``table`` of its cut places for maps and files."""

    width_m: float
    entrances: tuple[str, ...]
    buildings: tuple[WaysIn, ...]
    cuts: tuple[CutPlace, ...]
    rings: tuple[Ring, ...]
    table: gpd.GeoDataFrame


def measure_connectivity(
    spaces: Spaces, *, width_m: float, access_distance_m: float, blocking_length_m: float,
    arrivals: dict[str, tuple[float, float]],
) -> Connectivity:  # fmt: skip
    """Return the independent ways to each building and the spots that cut buildings off.

    Parameters
    ----------
    spaces : Spaces
    width_m : float
        Width of the passage [m].
    access_distance_m : float
        How near the vehicle must come to the building's outline, as for ``reach`` [m].
    blocking_length_m : float
        Length of the vehicle that blocks a spot by standing across it [m]: where it stands in the middle and
        ``width_m`` is left on one side of it, the spot cannot be blocked.
    arrivals : dict
        building id → the place where the widest vehicle arrives, for buildings that one of ``width_m`` reaches.

    Returns
    -------
    Connectivity
    """
    space = spaces.envelope[0]
    buildings = spaces.site.layer("buildings")
    ids = [str(i) for i in buildings["id"]]
    outlines = shapely.boundary(buildings.geometry.to_numpy())
    graph = way_graph(space, width_m=width_m) if len(space.mouths) else None
    if graph is None:
        told = tuple(WaysIn(i, None, (), (), ringed=False) for i in ids)
        return Connectivity(width_m, (), told, (), (), _table([], spaces))
    serves = _serving(graph, space, outlines, ids, width_m, access_distance_m, arrivals)
    keep = np.zeros(graph.count, bool)
    for nodes in serves:
        keep[nodes] = True
    joined = join(graph, keep)
    sources = _usable(space, spaces.envelope_m, graph, joined)
    targets = [np.unique(joined.node[nodes]) for nodes in serves]
    found = cuts(graph, joined, sources, targets, blocked_below_m=blocking_length_m + 2 * width_m)
    named = _cut_places(found, ids, spaces)
    rings = loops(graph, joined, [node for node, _ in sources.values()])
    arriving = reached_from(joined, {name: node for name, (node, _) in sources.items()}, targets)
    inside = [_in_ring(rings, g) for g in buildings.geometry]
    ways = tuple(
        _ways(i, space, outlines[n], access_distance_m, arriving[n], named, ringed=inside[n])
        for n, i in enumerate(ids)
    )
    return Connectivity(
        width_m, tuple(sorted(sources)), ways, tuple(named), tuple(_rings(rings, buildings)), _table(named, spaces)
    )


def _serving(
    graph: WayGraph, space: FreeSpace, outlines: np.ndarray, ids: list[str], width_m: float,
    access_distance_m: float, arrivals: dict[str, tuple[float, float]],
) -> list[Ints]:  # fmt: skip
    """Return for each building the nodes from which a disc of the width serves it (contract §2, ``reach``)."""
    inside = np.flatnonzero((graph.mouth < 0) & (2 * graph.room_m >= width_m - SAMPLING_M))
    points = shapely.points(graph.xy[inside])
    tree = shapely.STRtree(points)
    building, node = tree.query(outlines, predicate="dwithin", distance=access_distance_m + CAP_M)
    away = shapely.distance(outlines[building], points[node])
    near = away - graph.room_m[inside[node]] <= access_distance_m + 1e-6
    building, node = building[near], inside[node[near]]
    result = [np.unique(node[building == n]) for n in range(len(ids))]
    known = [n for n, i in enumerate(ids) if i in arrivals and not len(result[n])]
    if known and space.widest_way is not None and len(inside):
        # In a square the vehicle leaves the middle to come near enough: it arrives from the nearest node there.
        places = np.array([arrivals[ids[n]] for n in known])
        piece, _ = space.widest_way.pieces.locate(places)
        for n, place, own in zip(known, places, piece, strict=True):
            same = inside[graph.piece[inside] == own]
            if len(same):
                result[n] = same[[int(np.argmin(np.hypot(*(graph.xy[same] - place).T)))]]
    return result


def _usable(
    space: FreeSpace, envelope_m: float, graph: WayGraph, joined: Junctions
) -> dict[str, tuple[int, BaseGeometry]]:  # fmt: skip
    """Return entrance → (node beyond its mouth, mouth line), for those that open and are high enough."""
    result: dict[str, tuple[int, BaseGeometry]] = {}
    for n, row in enumerate(space.mouths.itertuples()):
        nodes = np.flatnonzero(graph.mouth == n)
        height = np.nan if row.clear_height_m is None else float(row.clear_height_m)
        shut = row.openable is not None and not bool(row.openable)
        if len(nodes) and not shut and not height < envelope_m - 1e-6:
            result[str(row.entrance_id)] = (int(joined.node[nodes[0]]), row.geometry)
    return result


def _ways(
    building_id: str, space: FreeSpace, outline: BaseGeometry, access_distance_m: float, entrances: tuple[str, ...],
    named: list[CutPlace], *, ringed: bool,
) -> WaysIn:  # fmt: skip
    own = tuple(c.cut_id for c in named if building_id in c.buildings)
    if not shapely.dwithin(space.area, outline, access_distance_m):
        return WaysIn(building_id, None, (), (), ringed)
    return WaysIn(building_id, 0 if not entrances else 1 if own else 2, entrances, own, ringed)


def _cut_places(found: list[Cut], ids: list[str], spaces: Spaces) -> list[CutPlace]:
    labels = unique_labels([place_label("C", *cut.spot) for cut in found])
    lanes = spaces.network.lanes
    lines, names = lanes.geometry.to_numpy(), lanes["lane_id"].to_numpy(object)
    result = []
    for label, cut in zip(labels, found, strict=True):
        spot = shapely.points(cut.spot)
        near = shapely.STRtree(lines).query(cut.line, predicate="dwithin", distance=LANE_NEAR_M) if len(lines) else []
        # Those that it runs along, not those that it meets at its ends.
        along = sorted(
            str(names[n]) for n in near
            if shapely.intersection(lines[n], shapely.buffer(cut.line, LANE_NEAR_M)).length > 2 * LANE_NEAR_M + 1e-6
        )  # fmt: skip
        at = int(np.argmin(shapely.distance(lines, spot))) if len(lines) else -1
        lane_id = str(names[at]) if at >= 0 and shapely.distance(lines[at], spot) <= LANE_NEAR_M else None
        kind = "entrance" if cut.source is not None else "junction" if cut.crossing else "lane"
        result.append(CutPlace(
            label, kind, lane_id, tuple(along), cut.source, (float(cut.spot[0]), float(cut.spot[1])), cut.length_m,
            tuple(sorted(ids[n] for n in cut.targets)), cut.line,
        ))  # fmt: skip
    return result


def _in_ring(rings: list[Loop], building: BaseGeometry) -> bool:
    inner = building.representative_point()
    return any(shapely.intersects(ring.faces, inner) for ring in rings)


def _rings(rings: list[Loop], buildings: gpd.GeoDataFrame) -> list[Ring]:
    """Return the rings that lead round buildings: others go round islands."""
    inner = shapely.point_on_surface(buildings.geometry.to_numpy())
    result = []
    for ring in rings:
        within = shapely.intersects(ring.faces, inner)
        if not within.any():
            continue
        around = shapely.point_on_surface(ring.faces)
        place = ring.arrivals[0] if ring.arrivals else (float(around.x), float(around.y))
        result.append(Ring(
            place_label("R", float(around.x), float(around.y)), ring.arrivals, ring.length_m,
            tuple(sorted(str(i) for i in buildings["id"][within])), place,
        ))  # fmt: skip
    labels = unique_labels([ring.ring_id for ring in result])
    ordered = [replace(ring, ring_id=label) for ring, label in zip(result, labels, strict=True)]
    return sorted(ordered, key=lambda ring: ring.ring_id)


def _table(named: list[CutPlace], spaces: Spaces) -> gpd.GeoDataFrame:
    rows = [
        (c.cut_id, c.kind, c.lane_id, ",".join(c.lane_ids), c.entrance_id, c.length_m, c.buildings, len(c.buildings),
         shapely.points(c.place))
        for c in named
    ]  # fmt: skip
    table = gpd.GeoDataFrame(
        {name: [row[n] for row in rows] for n, name in enumerate(CUT_COLUMNS[:-1])},
        geometry=gpd.GeoSeries([row[-1] for row in rows], crs=spaces.site.crs), crs=spaces.site.crs,
    )  # fmt: skip
    return table[list(CUT_COLUMNS)]
