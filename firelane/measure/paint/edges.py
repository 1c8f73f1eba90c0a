"""Edge lines and kerb paint along the pavement edges of each lane (Article 13, item 2)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from shapely.ops import substring

from firelane.measure.paint.features import Floats, Geometries, Paint, paint_of, rows_of, strings
from firelane.measure.paint.records import GridAtMouth, PaintOnLane, Spread, Strip
from firelane.measure.paint.shadow import (
    JOIN_M,
    EdgeSegments,
    Interval,
    Shadows,
    cut,
    shadows,
    union,
    without,
)
from firelane.vocabulary import PaintKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import geopandas as gpd

    from firelane.lanes.records import LaneNetwork
    from firelane.site.model import Site

SHARP_RAD = np.radians(30.0)
"""Turns sharper than this are corners: beside them a normal may miss paint that runs round the corner."""

STATION_M = 1.0
"""Spacing of the places where a strip's offset and width are taken, besides all vertices of the paint."""

_SLACK_M = 0.02


def edge_lines(
    site: Site,
    network: LaneNetwork,
    edges: gpd.GeoDataFrame,
    *,
    grids: Sequence[GridAtMouth],
    match_band_m: float,
    min_missing_m: float,
    assumed_width_m: float,
    yellow: Collection[str],
) -> tuple[PaintOnLane, ...]:
    """Measure the painted edge lines along the kerbless pavement edges of every lane.

    An edge point counts as painted when a yellow edge line lies on the normal through it, its near
    part no farther than ``match_band_m`` into the pavement.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
    edges : GeoDataFrame
        ``lane_id``, ``kerbed`` (bool), geometry LineString with the pavement on its left.
    grids : sequence of GridAtMouth
        No line is wanted beside their places: it ends at the grid.
    match_band_m : float
        Depth of the matching band [m].
    min_missing_m : float
        Bare stretches shorter than this count as painted [m].
    assumed_width_m : float
        Width of a surveyed axis that has none recorded; its width is then not measured [m].
    yellow : collection of str
        Words for the right colour; paint without a recorded colour counts as well.

    Returns
    -------
    tuple of PaintOnLane
        One per lane, in the order of ``network.lanes``.
    """
    places = np.array([grid.place for grid in grids if not grid.place.is_empty], dtype=object)
    return _measured(
        site,
        network,
        edges[~edges["kerbed"].astype(bool)],
        PaintKind.EDGE_LINE,
        (0.0, match_band_m),
        places=places,
        min_missing_m=min_missing_m,
        assumed_width_m=assumed_width_m,
        yellow=yellow,
    )


def kerb_paint(
    site: Site,
    network: LaneNetwork,
    edges: gpd.GeoDataFrame,
    *,
    match_band_m: float,
    min_missing_m: float,
    assumed_width_m: float,
    yellow: Collection[str],
) -> tuple[PaintOnLane, ...]:
    """Measure the kerb paint along the kerbed pavement edges of every lane.

    As :func:`edge_lines`, but the band lies on both sides of the edge, since the kerb's top lies
    outside the pavement. A plan cannot tell the kerb's face from its top: one record stands for both.

    Returns
    -------
    tuple of PaintOnLane
        One per lane, in the order of ``network.lanes``.
    """
    return _measured(
        site,
        network,
        edges[edges["kerbed"].astype(bool)],
        PaintKind.KERB_PAINT,
        (-match_band_m, match_band_m),
        places=np.zeros(0, dtype=object),
        min_missing_m=min_missing_m,
        assumed_width_m=assumed_width_m,
        yellow=yellow,
    )


def _measured(
    site: Site,
    network: LaneNetwork,
    edges: gpd.GeoDataFrame,
    kind: PaintKind,
    band_m: Interval,
    *,
    places: Geometries,
    min_missing_m: float,
    assumed_width_m: float,
    yellow: Collection[str],
) -> tuple[PaintOnLane, ...]:
    """Measure paint of one kind along edges, lane by lane."""
    segments = cut(edges.geometry.to_numpy())
    lengths = shapely.length(segments.edges)
    spared = shadows(segments, places, 0.0, band_m[1])
    required = [without([(0.0, float(length))], _on(spared, n)) for n, length in enumerate(lengths)]
    surveyed = site.surveyed("markings")
    counted, others = rows_of(site, kind, yellow)
    paint = paint_of(counted, assumed_width_m)
    beside = _parallel(shadows(segments, paint.areas, *band_m))
    missing = [
        [gap for gap in without(required[n], _covered(segments, beside, n)) if gap[1] - gap[0] >= min_missing_m]
        for n in range(len(lengths))
    ]
    samples = _samples(segments, beside, paint, band_m)
    strips = _strips(segments, beside, paint, samples)
    other_paint = paint_of(others, assumed_width_m)
    other_beside = _parallel(shadows(segments, other_paint.areas, *band_m))

    lane_of = edges["lane_id"].to_numpy(dtype=object)
    edges_of, beside_of, other_of = (
        _grouped(lane_of[rows]) for rows in (np.arange(len(lane_of)), beside.edge, other_beside.edge)
    )
    none = np.zeros(0, dtype=np.int64)
    results: list[PaintOnLane] = []
    for lane_id in network.lanes["lane_id"]:
        mine, here = edges_of.get(lane_id, none), beside_of.get(lane_id, none)
        bare = [substring(segments.edges[n], *gap) for n in mine for gap in missing[n]]
        required_m = float(sum(end - start for n in mine for start, end in required[n]))
        missing_m = float(sum(end - start for n in mine for start, end in missing[n]))
        other_here = other_beside.shape[other_of.get(lane_id, none)]
        results.append(
            PaintOnLane(
                lane_id=str(lane_id),
                surveyed=surveyed,
                required_m=required_m,
                painted_m=required_m - missing_m if surveyed else None,
                missing_m=missing_m if surveyed else None,
                missing=tuple(bare) if surveyed else (),
                near_edge_offset=samples.offset(here),
                width=samples.width(here),
                strips=tuple(strip for k in here if (strip := strips[k]) is not None),
                other_colour_ids=strings([other_paint.ids[row] for row in other_here]),
            )
        )
    return tuple(results)


def _grouped(lane: npt.NDArray[np.object_]) -> dict[str, npt.NDArray[np.int64]]:
    """Return the rows of each lane, in order: sought once for all lanes."""
    groups: dict[str, list[int]] = {}
    for row, lane_id in enumerate(lane.tolist()):
        groups.setdefault(lane_id, []).append(row)
    return {lane_id: np.array(rows, dtype=np.int64) for lane_id, rows in groups.items()}


def _on(found: Shadows, edge: int) -> list[Interval]:
    """Return the shadows on one edge as intervals."""
    rows = np.flatnonzero(found.edge == edge)
    return [(float(found.start_m[row]), float(found.end_m[row])) for row in rows]


def _parallel(found: Shadows) -> Shadows:
    """Keep paint that runs along the edge: longer beside it than it is deep.

    Otherwise the line along a lane's side would count, where it arrives at the tip, for the tip.
    """
    return found.where(found.end_m - found.start_m >= found.far_m - found.near_m)


def _covered(segments: EdgeSegments, beside: Shadows, edge: int) -> list[Interval]:
    """Return the painted parts of one edge, gaps closed where paint runs round an inner corner.

    At a corner towards the pavement the paint is shorter than the edge: the normals of the last
    ``d tan(turn / 2)`` on either side miss a line at distance ``d``.
    """
    rows = np.flatnonzero(beside.edge == edge)
    covered = union(_on(beside, edge))
    if len(covered) < 2:
        return covered
    corners = _corners(segments, edge)
    bridges: list[Interval] = []
    for (_, low), (high, _) in pairwise(covered):
        for corner in corners:
            at = float(segments.chainage_m[corner])
            touching = (np.abs(beside.end_m[rows] - low) < 1e-2) | (np.abs(beside.start_m[rows] - high) < 1e-2)
            offset = float(beside.near_m[rows][touching].max(initial=0.0))
            lost = offset * np.tan(min(float(segments.turn_rad[corner]), np.radians(150.0)) / 2) + _SLACK_M
            if at - low <= lost and high - at <= lost:
                bridges.append((low, high))
    return union(covered + bridges)


def _corners(segments: EdgeSegments, edge: int) -> npt.NDArray[np.int64]:
    """Return the segments of one edge that begin at a sharp corner; the segments lie edge after edge."""
    begin, end = np.searchsorted(segments.edge, [edge, edge + 1])
    corners: npt.NDArray[np.int64] = begin + np.flatnonzero(segments.turn_rad[begin:end] > SHARP_RAD)
    return corners


@dataclass(frozen=True)
class _Samples:
    """Offset and width of strips at stations, sorted by strip.

    ``first[k]`` to ``first[k + 1]`` are the stations of strip ``k``; ``regular`` marks the evenly
    spaced ones, which alone make the median.
    """

    first: npt.NDArray[np.int64]
    near_m: Floats
    width_m: Floats
    regular: npt.NDArray[np.bool_]

    def offset(self, strips: npt.NDArray[np.int64]) -> Spread | None:
        return self._spread(self.near_m, strips)

    def width(self, strips: npt.NDArray[np.int64]) -> Spread | None:
        return self._spread(self.width_m, strips)

    def _spread(self, figure: Floats, strips: npt.NDArray[np.int64]) -> Spread | None:
        none = np.zeros(0, dtype=np.int64)
        rows = np.concatenate([none, *(np.arange(self.first[k], self.first[k + 1]) for k in strips)])
        rows = rows[~np.isnan(figure[rows])]
        even = figure[rows[self.regular[rows]]]
        if len(even) == 0:
            return None
        return Spread(float(np.median(even)), float(figure[rows].min()), float(figure[rows].max()))


def _samples(segments: EdgeSegments, beside: Shadows, paint: Paint, band_m: Interval) -> _Samples:
    """Measure every strip along normals of the edge."""
    strip, at, regular = _stations(segments, beside, paint, band_m[1])
    near, width = _chords(segments, beside.edge[strip], at, paint.areas[beside.shape[strip]], band_m)
    width = np.where(paint.axis[beside.shape[strip]], paint.width_m[beside.shape[strip]], width)
    first = np.searchsorted(strip, np.arange(len(beside.edge) + 1)).astype(np.int64)
    return _Samples(first, near, width, regular)


def _strips(segments: EdgeSegments, beside: Shadows, paint: Paint, samples: _Samples) -> list[Strip | None]:
    """Return each shadow as a strip; None where it is too short to be measured."""
    strips: list[Strip | None] = []
    for k in range(len(beside.edge)):
        one = np.array([k], dtype=np.int64)
        offset = samples.offset(one)
        stretch = substring(segments.edges[beside.edge[k]], float(beside.start_m[k]), float(beside.end_m[k]))
        strip = None if offset is None else Strip(paint.ids[beside.shape[k]], stretch, offset, samples.width(one))
        strips.append(strip)
    return strips


def _stations(
    segments: EdgeSegments, beside: Shadows, paint: Paint, depth_m: float
) -> tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.bool_]]:
    """Choose where strips are measured: evenly, and at the paint's own vertices (extremes lie there).

    The ends of a strip and the neighbourhood of inner corners are left out: there a normal runs
    through the paint askew or along it.
    """
    strip: list[Floats] = []
    at: list[Floats] = []
    regular: list[Floats] = []
    for k in range(len(beside.edge)):
        start, end = float(beside.start_m[k]), float(beside.end_m[k])
        trim = min(depth_m, (end - start) / 4)
        even = np.linspace(start + trim, end - trim, max(3, int((end - start - 2 * trim) / STATION_M) + 2))
        own = shapely.get_coordinates(paint.areas[beside.shape[k]])
        edge = segments.edges[beside.edge[k]]
        vertex = shapely.line_locate_point(edge, shapely.points(own))
        # on either side of a vertex: the figure may jump there
        vertex = np.unique(np.round([vertex - JOIN_M, vertex + JOIN_M], 3))
        vertex = vertex[(vertex > start + trim) & (vertex < end - trim)]
        places = np.r_[even, vertex]
        corner = _corners(segments, int(beside.edge[k]))
        away = np.abs(places[:, None] - segments.chainage_m[corner][None, :]) > trim
        clear = away.all(axis=1)
        strip.append(np.full(int(clear.sum()), float(k)))
        at.append(places[clear])
        regular.append((np.arange(len(places)) < len(even))[clear].astype(float))
    if not strip:
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=bool)
    return np.concatenate(strip).astype(np.int64), np.concatenate(at), np.concatenate(regular) > 0


def _chords(
    segments: EdgeSegments, edge: npt.NDArray[np.int64], at: Floats, areas: Geometries, band_m: Interval
) -> tuple[Floats, Floats]:
    """Return, along the normal at each station, where the paint begins and how thick it is; NaN = no paint."""
    # one key that rises along all edges, to find each station's segment in one search
    longest = float((segments.chainage_m + segments.length_m).max(initial=0.0)) + 1.0
    key = segments.edge * longest + segments.chainage_m
    segment = np.clip(np.searchsorted(key, edge * longest + at, side="right") - 1, 0, None)
    foot = segments.start[segment] + segments.along[segment] * (at - segments.chainage_m[segment])[:, None]
    normal = segments.normal[segment]
    # twice the band, so that the far edge of paint that begins inside it is still met
    rays = shapely.linestrings(np.stack([foot + band_m[0] * normal, foot + 2 * band_m[1] * normal], axis=1))
    parts, station = shapely.get_parts(shapely.intersection(rays, areas), return_index=True)
    solid = shapely.length(parts) > 1e-9
    parts, station = parts[solid], station[solid]
    near, width = np.full(len(at), np.nan), np.full(len(at), np.nan)
    if len(parts) == 0:
        return near, width
    ends = shapely.get_coordinates(parts)
    index = np.repeat(np.arange(len(parts)), shapely.get_num_coordinates(parts))
    height = ((ends - foot[station[index]]) * normal[station[index]]).sum(axis=1)
    low, high = np.full(len(parts), np.inf), np.full(len(parts), -np.inf)
    np.minimum.at(low, index, height)
    np.maximum.at(high, index, height)
    order = np.lexsort((low, station))
    first = order[np.r_[True, np.diff(station[order]) > 0]]
    near[station[first]], width[station[first]] = low[first], (high - low)[first]
    return near, width
