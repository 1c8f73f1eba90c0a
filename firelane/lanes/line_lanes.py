"""Lanes of which only the centreline is known: their width is not measured (宽度未测量).

They come from the layer ``road_lines``, join where the lines share a vertex or where one line ends on another,
and run from junction to junction. Two lines that merely cross do not join: one may be a bridge over the other, and
nothing here tells. What lies inside a known pavement is left out, for there the outline tells more.
Nothing that measures a width ever sees these lanes: they stand in a table of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.lanes.driving_in import backwards
from firelane.lanes.line_mouths import entrances_at
from firelane.lanes.naming import place_label, unique_labels
from firelane.lanes.nearby import areas_near
from firelane.lanes.records import LINE_LANE_COLUMNS, LineLanes
from firelane.site.model import Site
from firelane.vocabulary import LaneEnd

Shapes = npt.NDArray[np.object_]

TOUCH_M = 1e-3
"""A line that ends this near to another one, or to its vertex, meets it."""

ON_PAVEMENT_M = 0.05
"""A lane that ends this near to a known pavement goes on there."""

SHORTEST_M = 0.5
"""What is left of a line outside the pavement, and is shorter than this, is rounding and no lane."""


@dataclass(frozen=True)
class _Graph:
    """Vertices and straight pieces of all lines, each piece once.

    ``owners`` holds, for each piece, the rows of the layer that run along it; ``judged`` whether one of them is a
    fire lane.
    """

    xy: Floats
    start: Ints
    end: Ints
    owners: list[tuple[int, ...]]
    judged: Bools


def line_lanes(site: Site, pavement: BaseGeometry) -> LineLanes | None:
    """Return the lanes known as lines alone; None where the site has no such road outside its pavement.

    Parameters
    ----------
    site : Site
    pavement : Polygon or MultiPolygon
        Union of all road polygons; may be empty.
    """
    roads = site.layer("road_lines")
    parts, owner = _outside(roads.geometry.to_numpy(), pavement)
    if not len(parts):
        return None
    fire = roads["fire_lane"].to_numpy(bool)
    graph = _graph(parts, owner, fire)
    lanes, mouths = _lanes(site, graph, pavement)
    return LineLanes(
        lanes, mouths, shapely.multilinestrings(parts[~fire[owner]]), shapely.multilinestrings(parts)
    )


def _outside(lines: Shapes, pavement: BaseGeometry) -> tuple[Shapes, Ints]:
    """Return the parts of the lines outside the pavement, and the row of each."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    usable = shapely.length(parts) > TOUCH_M
    parts, owner = shapely.remove_repeated_points(parts[usable]), owner[usable]
    if pavement.is_empty or not len(parts):
        return parts, owner
    shapely.prepare(pavement)
    near = np.flatnonzero(shapely.intersects(pavement, parts))
    if not len(near):
        return parts, owner
    # Not `difference` on the whole: it would dissolve a line that meets itself.
    rest = shapely.difference(parts[near], areas_near(pavement, parts[near]))
    cut, of = shapely.get_parts(shapely.line_merge(rest), return_index=True)
    long = shapely.length(cut) >= SHORTEST_M
    far = np.setdiff1d(np.arange(len(parts)), near)
    index = np.concatenate((owner[far], owner[near[of[long]]]))
    order = np.argsort(index, kind="stable")
    found: Shapes = np.concatenate((parts[far], cut[long]))[order]
    return found, index[order]


def _graph(parts: Shapes, owner: Ints, fire: Bools) -> _Graph:
    xy, part = shapely.get_coordinates(parts, return_index=True)
    xy, vertex = _welded(xy)
    same = part[1:] == part[:-1]
    start, end, of = vertex[:-1][same], vertex[1:][same], owner[part[1:][same]]
    start, end, of = _split_at_ends(xy, start, end, of, vertex, part)
    solid = start != end
    start, end, of = start[solid], end[solid], of[solid]
    low, high = np.minimum(start, end), np.maximum(start, end)
    pairs, which = np.unique(np.column_stack((low, high)), axis=0, return_inverse=True)
    owners: list[tuple[int, ...]] = [()] * len(pairs)
    judged = np.zeros(len(pairs), bool)
    for k, row in sorted({(int(k), int(r)) for k, r in zip(which.ravel(), of, strict=True)}):
        owners[k] = (*owners[k], row)
        judged[k] |= bool(fire[row])
    return _Graph(xy, pairs[:, 0], pairs[:, 1], owners, judged)


def _welded(xy: Floats) -> tuple[Floats, Ints]:
    """Return the distinct places, and the place of each vertex: vertices a millimetre apart are one."""
    distinct, vertex = np.unique(xy, axis=0, return_inverse=True)
    vertex = vertex.ravel()
    a, b = shapely.STRtree(points := shapely.points(distinct)).query(points, predicate="dwithin", distance=TOUCH_M)
    if len(a) == len(distinct):
        return distinct, vertex
    links = coo_matrix((np.ones(len(a), np.int8), (a, b)), shape=(len(distinct), len(distinct)))
    _, label = connected_components(links, directed=False)
    _, first = np.unique(label, return_index=True)
    return distinct[first], label[vertex]


def _split_at_ends(
    xy: Floats, start: Ints, end: Ints, of: Ints, vertex: Ints, part: Ints
) -> tuple[Ints, Ints, Ints]:
    """Give the pieces on whose middle another line ends a vertex there."""
    first = np.flatnonzero(np.r_[True, part[1:] != part[:-1]])
    last = np.r_[first[1:] - 1, len(part) - 1]
    ends = np.unique(np.concatenate((vertex[first], vertex[last])))
    pieces = shapely.linestrings(np.stack((xy[start], xy[end]), axis=1))
    e, s = shapely.STRtree(pieces).query(shapely.points(xy[ends]), predicate="dwithin", distance=TOUCH_M)
    node = ends[e]
    inner = (node != start[s]) & (node != end[s])
    node, s = node[inner], s[inner]
    if not len(s):
        return start, end, of
    along = shapely.line_locate_point(pieces[s], shapely.points(xy[node]))
    order = np.lexsort((along, s))
    node, s = node[order], s[order]
    starts, ends_, owners = [], [], []
    for piece in np.unique(s).tolist():
        stops = [int(start[piece]), *node[s == piece].tolist(), int(end[piece])]
        starts += stops[:-1]
        ends_ += stops[1:]
        owners += [int(of[piece])] * (len(stops) - 1)
    whole = np.setdiff1d(np.arange(len(start)), s)
    return (
        np.concatenate((start[whole], np.array(starts, np.int64))),
        np.concatenate((end[whole], np.array(ends_, np.int64))),
        np.concatenate((of[whole], np.array(owners, np.int64))),
    )


def _chains(graph: _Graph) -> list[tuple[list[int], list[int]]]:
    """Return the judged lanes: the vertices and the pieces of each, from junction or end to the next one."""
    degree = np.bincount(np.concatenate((graph.start, graph.end)), minlength=len(graph.xy))
    own = np.flatnonzero(graph.judged)
    around: dict[int, list[tuple[int, int]]] = {}
    for k in own.tolist():
        a, b = int(graph.start[k]), int(graph.end[k])
        around.setdefault(a, []).append((k, b))
        around.setdefault(b, []).append((k, a))
    # A way goes on through a vertex that two pieces share, both of them judged.
    through = {v for v, pieces in around.items() if len(pieces) == 2 and degree[v] == 2}
    used: set[int] = set()
    chains: list[tuple[list[int], list[int]]] = []

    def walk(vertex: int, piece: int, other: int) -> None:
        vertices, pieces = [vertex, other], [piece]
        used.add(piece)
        while vertices[-1] in through:
            onward = [(k, v) for k, v in around[vertices[-1]] if k not in used]
            if not onward:
                break  # a ring has come round
            k, v = onward[0]
            used.add(k)
            pieces.append(k)
            vertices.append(v)
        chains.append((vertices, pieces))

    # Vertices are numbered from west to east: rings, which have no end, start at their westernmost one.
    for only_ends in (True, False):
        for vertex in sorted(around):
            if (vertex in through) == only_ends:
                continue
            for piece, other in around[vertex]:
                if piece not in used:
                    walk(vertex, piece, other)
    return chains


def _lanes(site: Site, graph: _Graph, pavement: BaseGeometry) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the lanes and the entrances that are mouths of theirs."""
    chains = _chains(graph)
    lines = np.empty(len(chains), object)
    lines[:] = [shapely.linestrings(graph.xy[vertices]) for vertices, _ in chains]
    tips = np.array([(v[0], v[-1]) for v, _ in chains], np.int64).reshape(-1, 2)
    degree = np.bincount(np.concatenate((graph.start, graph.end)), minlength=len(graph.xy))
    goes_on = np.zeros(len(graph.xy), bool)
    if not pavement.is_empty and len(tips):
        used = np.unique(tips)
        shapely.prepare(pavement)
        goes_on[used] = shapely.dwithin(pavement, shapely.points(graph.xy[used]), ON_PAVEMENT_M)
    joined = (degree[tips] > 1) | goes_on[tips]
    found = entrances_at(site, lines, ~joined, pavement)
    kinds = np.where(joined, LaneEnd.JUNCTION.value, LaneEnd.TIP.value).astype(object)
    at_end = found["end"].to_numpy(np.int64) >= 0
    kinds[found["lane"].to_numpy(np.int64)[at_end], found["end"].to_numpy(np.int64)[at_end]] = LaneEnd.MOUTH.value
    spots = [(float(x), float(y)) for x, y in graph.xy]
    turn: Bools = np.asarray(backwards(
        [(spots[a], spots[b]) for a, b in tips.tolist()], [(str(a), str(b)) for a, b in kinds], shapely.length(lines).tolist(),
        [spots[n] for n in np.flatnonzero(goes_on).tolist()],
    ), dtype=np.bool_)  # fmt: skip
    lines[turn] = shapely.reverse(lines[turn])
    kinds[turn], tips[turn] = kinds[turn, ::-1], tips[turn, ::-1]
    ids = site.layer("road_lines")["id"].to_numpy(object)
    fire = site.layer("road_lines")["fire_lane"].to_numpy(bool)
    middles = np.round(shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True)), 3)
    order = np.lexsort(middles.reshape(-1, 2).T[::-1]).tolist()
    # A letter of their own: no lane inside a pavement shares its id with one of these.
    labels = unique_labels([place_label("W", *middles[n]) for n in order])
    rows = []
    for label, n in zip(labels, order, strict=True):
        along = chains[n][1][::-1] if turn[n] else chains[n][1]
        roads = dict.fromkeys(r for piece in along for r in graph.owners[piece] if fire[r])
        nodes = (place_label("N", *graph.xy[v]) for v in tips[n])
        rows.append((label, tuple(ids[r] for r in roads), False, *kinds[n], *nodes, lines[n].length, lines[n]))
    lanes = gpd.GeoDataFrame(rows, columns=list(LINE_LANE_COLUMNS), geometry="geometry", crs=site.crs)
    names = dict(zip(order, labels, strict=True))
    mouths = found.assign(lane_id=pd.Series([names[n] for n in found["lane"]], dtype=object))
    return lanes, mouths.drop(columns=["lane", "end"])
