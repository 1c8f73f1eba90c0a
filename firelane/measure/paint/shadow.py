"""Which part of a pavement edge has paint beside it: exact shadows along the edge's normals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from firelane.measure.paint.features import Floats, Geometries, Ints

JOIN_M = 1e-3
"""Shadows nearer to each other than this are one: a millimetre, far below the 1 cm that is asked for."""


@dataclass(frozen=True)
class EdgeSegments:
    """Pavement edges cut at their vertices; the pavement lies to the left.

    Attributes
    ----------
    edges : array of LineString
        Closed edges begin in the middle of their longest side, so that no corner is at the seam.
    edge : int array
        Which edge each segment belongs to.
    start, along, normal : float arrays, shape (n, 2)
        First point, unit direction and unit normal (into the pavement).
    chainage_m, length_m : float arrays
        Where each segment begins on its edge, and its length.
    turn_rad : float array
        Angle by which the edge turns left from the segment before; 0 for the first.
    """

    edges: Geometries
    edge: Ints
    start: Floats
    along: Floats
    normal: Floats
    chainage_m: Floats
    length_m: Floats
    turn_rad: Floats


@dataclass(frozen=True)
class Shadows:
    """Stretches of edges with a shape beside them: one row per edge and shape and stretch.

    ``near_m`` and ``far_m`` are the least and greatest distance of the shape's part within the
    band from the edge, along the normal.
    """

    edge: Ints
    shape: Ints
    start_m: Floats
    end_m: Floats
    near_m: Floats
    far_m: Floats

    def where(self, keep: np.ndarray) -> Shadows:
        """Return the rows where ``keep`` holds."""
        return Shadows(
            self.edge[keep],
            self.shape[keep],
            self.start_m[keep],
            self.end_m[keep],
            self.near_m[keep],
            self.far_m[keep],
        )


def cut(edges: Geometries) -> EdgeSegments:
    """Cut edges at their vertices; repeated vertices are dropped."""
    edges = np.array([_seam_moved(edge) for edge in shapely.remove_repeated_points(edges)], dtype=object)
    xy, index = shapely.get_coordinates(edges, return_index=True)
    inside = index[1:] == index[:-1]
    start, step, edge = xy[:-1][inside], np.diff(xy, axis=0)[inside], index[:-1][inside].astype(np.int64)
    length = np.hypot(step[:, 0], step[:, 1])
    along = step / length[:, None]
    first = np.r_[True, edge[1:] != edge[:-1]] if len(edge) else np.zeros(0, dtype=bool)
    total = np.cumsum(length) - length
    chainage = total - np.maximum.accumulate(np.where(first, total, 0.0)) if len(edge) else total
    before = np.roll(along, 1, axis=0)
    cross = before[:, 0] * along[:, 1] - before[:, 1] * along[:, 0]
    turn = np.where(first, 0.0, np.arctan2(cross, (before * along).sum(axis=1)))
    normal = np.column_stack([-along[:, 1], along[:, 0]])
    return EdgeSegments(edges, edge, start, along, normal, chainage, length, turn)


def _seam_moved(edge: shapely.LineString) -> shapely.LineString:
    """Let a closed edge begin in the middle of its longest side."""
    if not edge.is_closed:
        return edge
    xy = shapely.get_coordinates(edge)[:-1]
    sides = np.roll(xy, -1, axis=0) - xy
    longest = int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])))
    middle = xy[longest] + sides[longest] / 2
    rolled = np.roll(xy, -(longest + 1), axis=0)
    return shapely.LineString(np.vstack([middle, rolled, middle]))


def shadows(segments: EdgeSegments, shapes: Geometries, low_m: float, high_m: float) -> Shadows:
    """Return where, looking from the edges along their normals, a shape lies within the band.

    For each segment the shape is clipped to the band's rectangle over the segment and projected
    onto it: exact, whatever the number of vertices.

    Parameters
    ----------
    segments : EdgeSegments
    shapes : array of Polygon or MultiPolygon
    low_m, high_m : float
        The band, as distances from the edge into the pavement; ``low_m`` may be negative [m].
    """
    if len(segments.edge) == 0 or len(shapes) == 0:
        return _nothing()
    low, high = low_m * segments.normal, high_m * segments.normal
    end = segments.start + segments.along * segments.length_m[:, None]
    corners = np.stack([segments.start + low, end + low, end + high, segments.start + high], axis=1)
    bands = shapely.polygons(corners)
    of_band, of_shape = shapely.STRtree(shapes).query(bands, predicate="intersects")
    parts, pair = shapely.get_parts(shapely.intersection(bands[of_band], shapes[of_shape]), return_index=True)
    solid = shapely.area(parts) > 1e-9
    parts, pair = parts[solid], pair[solid]
    segment, shape = of_band[pair], of_shape[pair].astype(np.int64)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    away = xy - segments.start[segment[part]]
    t = (away * segments.along[segment[part]]).sum(axis=1)
    n = (away * segments.normal[segment[part]]).sum(axis=1)
    heads = np.flatnonzero(np.r_[True, part[1:] != part[:-1]]) if len(part) else np.zeros(0, dtype=int)
    if len(heads) == 0:
        return _nothing()
    origin, length = segments.chainage_m[segment], segments.length_m[segment]
    return _joined(
        Shadows(
            segments.edge[segment],
            shape,
            origin + np.clip(np.minimum.reduceat(t, heads), 0.0, length),
            origin + np.clip(np.maximum.reduceat(t, heads), 0.0, length),
            np.minimum.reduceat(n, heads),
            np.maximum.reduceat(n, heads),
        )
    )


def _nothing() -> Shadows:
    figures, places = np.zeros(0), np.zeros(0, dtype=np.int64)
    return Shadows(places, places, figures, figures, figures, figures)


def _joined(found: Shadows) -> Shadows:
    """Join shadows of one shape on one edge that meet."""
    found = found.where(np.lexsort((found.end_m, found.start_m, found.shape, found.edge)))
    heads: list[int] = []
    reach = -np.inf
    for row in range(len(found.edge)):
        same = row > 0 and found.edge[row] == found.edge[row - 1] and found.shape[row] == found.shape[row - 1]
        if not same or found.start_m[row] > reach + JOIN_M:
            heads.append(row)
            reach = -np.inf
        reach = max(reach, float(found.end_m[row]))
    first = np.array(heads, dtype=np.int64)
    return Shadows(
        found.edge[first],
        found.shape[first],
        found.start_m[first],
        np.maximum.reduceat(found.end_m, first),
        np.minimum.reduceat(found.near_m, first),
        np.maximum.reduceat(found.far_m, first),
    )


Interval = tuple[float, float]


def union(intervals: list[Interval]) -> list[Interval]:
    """Return the intervals sorted, those that meet joined.

    >>> union([(4, 6), (0, 2), (2, 3)])
    [(0, 3), (4, 6)]
    """
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1] + JOIN_M:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def without(whole: list[Interval], taken: list[Interval]) -> list[Interval]:
    """Return what is left of disjoint sorted intervals when others are taken away.

    >>> without([(0, 10)], [(2, 3), (9, 12)])
    [(0, 2), (3, 9)]
    """
    left: list[Interval] = []
    for start, end in whole:
        at = start
        for low, high in union(taken):
            if high <= at or low >= end:
                continue
            if low > at:
                left.append((at, low))
            at = max(at, high)
        if at < end:
            left.append((at, end))
    return left
