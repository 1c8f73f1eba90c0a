"""How others measure the width of a lane, each behind the same two questions.

``end_to_end`` answers "how wide is the widest thing that gets from here to there"; ``whole`` does what the
method does for a whole network. Obstacles without width are given 1 mm for those that take areas alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Voronoi, cKDTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))
from networks import Network

STEP_M = 0.5
SLIVER_M = 0.0005
TICK_M = 25.0


@dataclass(frozen=True)
class Lane:
    """One analytic case: free area, walls and posts apart and as slivers taken off it, and where from and to."""

    area: shapely.Geometry
    lines: tuple[shapely.Geometry, ...]
    posts: np.ndarray
    start: np.ndarray
    end: np.ndarray

    @property
    def cut(self) -> shapely.Geometry:
        """The area with walls and posts taken off as slivers 1 mm wide."""
        thin = [line.buffer(SLIVER_M) for line in self.lines] + [shapely.Point(p).buffer(SLIVER_M) for p in self.posts]
        left = shapely.difference(self.area, shapely.union_all(thin)) if thin else self.area
        near = shapely.distance(shapely.get_parts(left), shapely.Point(self.start))
        return shapely.get_parts(left)[int(np.argmin(near))]


# --- firelane -------------------------------------------------------------------------------------------


def firelane_width(lane: Lane) -> float:
    from firelane.lanes.boundary import Boundary
    from firelane.lanes.reach import WidestWay

    boundary = Boundary.from_geometry(lane.area, lines=list(lane.lines), points=lane.posts)
    return float(WidestWay(boundary, cap_m=16.0).between(lane.start, lane.end[None])[0])


def firelane_whole(network: Network) -> None:
    """Pinches below 4 m, pieces, and which places a 4 m disc reaches."""
    from firelane.lanes.boundary import Boundary
    from firelane.lanes.pieces import cut
    from firelane.lanes.pinches import find_pinches

    boundary = Boundary.from_geometry(network.free, points=network.posts)
    cut(boundary, find_pinches(boundary, 4.0 - 1e-6)).locate(network.places)


def firelane_reach(network: Network) -> None:
    """Find the widest vehicle from the first place to every other, told apart up to 8 m."""
    from firelane.lanes.boundary import Boundary
    from firelane.lanes.reach import WidestWay

    boundary = Boundary.from_geometry(network.free, points=network.posts)
    WidestWay(boundary, cap_m=8.0).between(network.places[0], network.places)


def firelane_profiles(network: Network) -> None:
    """Find the lanes, and clear and section width at a station every half metre of each."""
    from profiles import chain
    from site_scenes import site

    posts = [(post, {"kind": "pole"}) for post in shapely.points(network.posts)]
    chain(site([network.free], obstructions=posts), widths=False)


# --- bare erosion ---------------------------------------------------------------------------------------


def eroded_width(lane: Lane) -> float:
    """Bisection on ``buffer(-w/2, quad_segs=16)``: the same part holds both ends."""
    area, low, high = lane.cut, 0.0, 16.0
    while high - low > 1e-5:
        width = (low + high) / 2
        eroded = area.buffer(-width / 2, quad_segs=16)
        parts = shapely.get_parts(eroded)
        holds = [shapely.dwithin(parts, shapely.Point(p), 1e-9) for p in (lane.start, lane.end)]
        low, high = (width, high) if (holds[0] & holds[1]).any() else (low, width)
    return low


def eroded_whole(network: Network) -> None:
    network.free.buffer(-2.0, quad_segs=16)


# --- naive Voronoi --------------------------------------------------------------------------------------


def _voronoi(area: shapely.Geometry) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes inside, edges between them, and twice the distance to the nearest sample at each node."""
    samples = shapely.get_coordinates(shapely.segmentize(area, STEP_M))
    origin = samples.mean(axis=0)
    samples = np.unique(samples - origin, axis=0)
    graph = Voronoi(samples)
    shapely.prepare(area)
    inside = shapely.contains_xy(area, graph.vertices + origin)
    edges = np.asarray(graph.ridge_vertices)
    edges = edges[(edges >= 0).all(axis=1)]
    edges = edges[inside[edges].all(axis=1)]
    width = 2 * cKDTree(samples).query(graph.vertices)[0]
    return graph.vertices + origin, edges, width


def voronoi_width(lane: Lane) -> float:
    nodes, edges, width = _voronoi(lane.cut)
    used = np.unique(edges)
    near = cKDTree(nodes[used])
    a, z = (int(used[near.query(p)[1]]) for p in (lane.start, lane.end))
    weight = width[edges].min(axis=1)
    order = np.argsort(-weight, kind="stable")
    parent = np.arange(len(nodes))

    def find(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for k in order:
        u, v = find(int(edges[k, 0])), find(int(edges[k, 1]))
        parent[u] = v
        if find(a) == find(z):
            return float(weight[k])
    return 0.0


def voronoi_whole(network: Network) -> None:
    nodes, edges, width = _voronoi(network.free)
    weight = 500.0 - np.minimum(width[edges].min(axis=1), 499.0)
    pair = np.sort(edges, axis=1)
    order = np.lexsort((weight, pair[:, 1], pair[:, 0]))
    keep = np.r_[True, (np.diff(pair[order], axis=0) != 0).any(axis=1)]
    order = order[keep]
    minimum_spanning_tree(coo_matrix((weight[order], (pair[order, 0], pair[order, 1])), shape=(len(nodes),) * 2).tocsr())


# --- centrelines with perpendiculars --------------------------------------------------------------------


def _perpendiculars(area: shapely.Geometry, line: shapely.Geometry, start: np.ndarray, end: np.ndarray) -> float:
    """Least free stretch of the perpendiculars of a centreline between two places, every half metre."""
    parts = [p for p in shapely.get_parts(line) if p.length > 0]
    line = max(parts, key=shapely.length)
    low, high = sorted(float(line.project(shapely.Point(p))) for p in (start, end))
    chainage = np.arange(low, high + STEP_M, STEP_M)
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, chainage))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(chainage + 0.1, line.length)))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(chainage - 0.1, 0)))
    along = ahead - behind
    across = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(np.hypot(*along.T), 1e-12)[:, None]
    ticks = shapely.linestrings(np.stack([here - TICK_M * across, here + TICK_M * across], axis=1))
    least = np.inf
    for tick, place in zip(shapely.intersection(ticks, area), shapely.points(here), strict=True):
        stretch = [p for p in shapely.get_parts(tick) if p.distance(place) < 1e-6]
        if stretch:
            least = min(least, max(p.length for p in stretch))
    return float(least)


def pygeoops_width(lane: Lane) -> float:
    import pygeoops

    return _perpendiculars(lane.cut, pygeoops.centerline(lane.cut, extend=True), lane.start, lane.end)


def pygeoops_whole(network: Network) -> None:
    import pygeoops

    pygeoops.centerline(network.free)


def skeleton_width(lane: Lane) -> float:
    """Twice the least distance from the raw skeleton to the outline: what a width along it would be."""
    from centerline.geometry import Centerline

    skeleton = Centerline(lane.cut, STEP_M).geometry
    xy = shapely.get_coordinates(skeleton)
    return float(2 * shapely.distance(shapely.points(xy), lane.cut.boundary).min())


def skeleton_whole(network: Network) -> None:
    from centerline.geometry import Centerline

    Centerline(network.free, STEP_M)


# --- mean width of a street -----------------------------------------------------------------------------


def momepy_width(lane: Lane) -> float:
    import geopandas as gpd
    import momepy
    import pygeoops

    line = max(shapely.get_parts(pygeoops.centerline(lane.cut, extend=True)), key=shapely.length)
    solid = shapely.difference(shapely.box(*lane.cut.bounds).buffer(30), lane.cut)
    streets = gpd.GeoDataFrame(geometry=[line])
    blocks = gpd.GeoDataFrame(geometry=list(shapely.get_parts(solid)))
    return float(momepy.street_profile(streets, blocks, distance=STEP_M, tick_length=2 * TICK_M)["width"].iloc[0])


def momepy_whole(network: Network) -> None:
    """The streets are handed over: finding them is not part of its time."""
    import geopandas as gpd
    import momepy

    solid = shapely.difference(shapely.box(*network.free.bounds).buffer(30), network.free)
    blocks = gpd.GeoDataFrame(geometry=list(shapely.get_parts(solid)))
    momepy.street_profile(gpd.GeoDataFrame(geometry=list(network.axes)), blocks, distance=1.0, tick_length=20)


@dataclass(frozen=True)
class Method:
    """One method: its name, the package it needs, and its two answers."""

    name: str
    package: str | None
    end_to_end: Callable[[Lane], float] | None
    whole: Callable[[Network], None]
    note: str


METHODS = {
    "firelane": Method("firelane, pinches and pieces", None, firelane_width, firelane_whole, "exact"),
    "reach": Method("firelane, widest vehicle to every place", None, None, firelane_reach, "exact up to 8 m"),
    "profiles": Method("firelane, profiles of all lanes", None, None, firelane_profiles, "a station every 0.5 m"),
    "buffer": Method("bare buffer(-w/2, quad_segs=16)", None, eroded_width, eroded_whole, "one width at a time; names no place"),
    "voronoi": Method("naive Voronoi, samples every 0.5 m", None, voronoi_width, voronoi_whole, "twice the distance to samples"),
    "pygeoops": Method("pygeoops.centerline + perpendiculars", "pygeoops", pygeoops_width, pygeoops_whole, "time: the centreline alone"),
    "centerline": Method("centerline, raw skeleton", "centerline", skeleton_width, skeleton_whole, "time: the skeleton alone"),
    "momepy": Method("momepy.street_profile", "momepy", momepy_width, momepy_whole, "a mean width per street"),
}  # fmt: skip
