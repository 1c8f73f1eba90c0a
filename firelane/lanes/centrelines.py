"""Centrelines: from the branches of the skeleton to lanes that end at junctions, tips and mouths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Floats
from firelane.lanes.medial import MedialAxis, medial_axis
from firelane.lanes.mouths import Mouths
from firelane.lanes.openings import Opening
from firelane.lanes.sections import EdgeTree
from firelane.lanes.skeleton import Branch, skeleton
from firelane.lanes.smoothing import smooth
from firelane.lanes.tips import tip_width_m
from firelane.vocabulary import LaneEnd

ISLAND_EXTENT_M = 20.0
"""A hole of the pavement no longer than this is an island in a lane, not a block between lanes."""

SHORTEST_LANE_M = 1.0
AT_MOUTH_M = 0.01
STRIP_M = 8.0

NOT_A_WIDTH = (np.nan, np.nan)


@dataclass
class Centreline:
    """A lane on its way to becoming a row; pairs are told for its start and its end."""

    xy: Floats  # site coordinates
    kinds: list[str]
    nodes: list[tuple[float, float]]
    designated: bool = False
    trims: tuple[float, float] = (0.0, 0.0)
    widths: tuple[float, float] = NOT_A_WIDTH
    junction_radius: tuple[float, float] = NOT_A_WIDTH
    mouths: tuple[str | None, str | None] = (None, None)
    openings: tuple[Opening | None, Opening | None] = (None, None)

    @property
    def line(self) -> LineString:
        """The centreline as a geometry."""
        return LineString(self.xy)

    @property
    def length_m(self) -> float:
        """Length [m]."""
        return float(np.hypot(*np.diff(self.xy, axis=0).T).sum())

    def reversed(self) -> Centreline:
        """Return the lane in the other direction."""
        return Centreline(
            self.xy[::-1], self.kinds[::-1], self.nodes[::-1], self.designated, self.trims[::-1],
            self.widths[::-1], self.junction_radius[::-1], self.mouths[::-1], self.openings[::-1],
        )  # fmt: skip

    def end_at(self, n: int, kind: LaneEnd, *, keep_radius: bool = False) -> None:
        """Say what the start (0) or the end (1) is where the line as it stands ends."""
        at = -1 if n else 0
        self.kinds[n] = kind.value
        self.nodes[n] = (float(self.xy[at][0]), float(self.xy[at][1]))
        self.trims, self.widths = replaced(self.trims, n, 0.0), replaced(self.widths, n, np.nan)
        if not keep_radius:
            self.junction_radius = replaced(self.junction_radius, n, np.nan)

    def part(self, line: LineString) -> Centreline:
        """Return the lane on a part of its line, in its own direction, its ends as they are."""
        xy = np.asarray(line.coords)
        whole = self.line
        if shapely.line_locate_point(whole, Point(xy[0])) > shapely.line_locate_point(whole, Point(xy[-1])):
            xy = xy[::-1]
        return replace(self, xy=xy, kinds=list(self.kinds), nodes=list(self.nodes))

    def cut_to(self, line: LineString) -> Centreline:
        """Return the part of a lane, its new ends being junctions with what was cut away."""
        piece = replace(self.part(line), openings=(None, None))
        for n, at in enumerate((0, -1)):
            if np.hypot(*(piece.xy[at] - self.xy[at])) > 1e-6:
                piece.end_at(n, LaneEnd.JUNCTION)
                piece.mouths = (None, piece.mouths[1]) if n == 0 else (piece.mouths[0], None)
        return piece


def replaced(pair: tuple[float, float], at: int, value: float) -> tuple[float, float]:
    """Return a pair with one of its two values replaced."""
    return (value, pair[1]) if at == 0 else (pair[0], value)


def islands_of(area: BaseGeometry) -> list[BaseGeometry]:
    """Return the holes of ``area`` that are islands in a lane rather than blocks between lanes."""
    parts = shapely.get_parts(area)
    rings, part = shapely.get_rings(parts, return_index=True)
    holes = np.flatnonzero(part[1:] == part[:-1]) + 1
    if not len(holes):
        return []
    shapes = shapely.polygons(rings[holes])
    west, south, east, north = shapely.bounds(shapes).T
    shapes = shapes[np.hypot(east - west, north - south) <= ISLAND_EXTENT_M * np.sqrt(2)]
    return list(shapes[shapely.minimum_bounding_radius(shapes) * 2 <= ISLAND_EXTENT_M])


def road_centrelines(
    pavement: BaseGeometry, mouths: Mouths, edges: EdgeTree
) -> tuple[list[Centreline], list[tuple[float, float, float]]]:
    """Return the centrelines of the pavement, and its pointed ends: (x, y, length).

    Parameters
    ----------
    pavement : Polygon or MultiPolygon
    mouths : Mouths
    edges : EdgeTree
        Of the pavement.
    """
    strips = _strips(pavement, mouths)
    # A hair of overlap joins strip and pavement whatever rounding left between them.
    joined = [shapely.buffer(s, 1e-6, join_style="mitre") for s in strips if not s.is_empty]
    area = shapely.union_all([pavement, *joined]) if joined else pavement
    axis = medial_axis(area)
    ends = []
    for strip, row in zip(strips, mouths.table.itertuples(), strict=True):
        if not strip.is_empty:
            middle = np.asarray(strip.exterior.coords)[[-3, -2]].mean(axis=0)
            inward = np.array([row.inward_x, row.inward_y])
            ends.append(Point(middle + inward * row.width_m / 2 - axis.origin))
    found = skeleton(axis, islands=_local(islands_of(area), axis.origin), keep_near=ends)
    lanes = centrelines(found.branches, axis, EdgeTree(area) if joined else edges)
    lanes = _through_mouths(lanes, pavement, mouths, joined)
    return lanes, [(x + axis.origin[0], y + axis.origin[1], length) for x, y, length in found.wedges]


def area_centrelines(area: BaseGeometry) -> list[Centreline]:
    """Return the centrelines of an area without mouths."""
    axis = medial_axis(area)
    found = skeleton(axis, islands=_local(islands_of(area), axis.origin))
    return centrelines(found.branches, axis, EdgeTree(area))


def _local(shapes: list[BaseGeometry], origin: Floats) -> list[BaseGeometry]:
    array = np.asarray(shapes, dtype=object)
    return list(shapely.transform(array, lambda xy: xy - origin)) if len(shapes) else []


def _strips(pavement: BaseGeometry, mouths: Mouths) -> list[BaseGeometry]:
    """Return an open strip beyond each mouth, so that the axis runs out through it."""
    result = []
    for row in mouths.table.itertuples():
        a, b = np.asarray(row.geometry.coords[0]), np.asarray(row.geometry.coords[-1])
        outward = -np.array([row.inward_x, row.inward_y])
        strip = shapely.Polygon()
        for length in (max(STRIP_M, 2 * row.width_m), row.width_m, 2.0):
            candidate = shapely.Polygon([*row.geometry.coords, b + outward * length, a + outward * length])
            if candidate.is_valid and shapely.intersection(candidate, pavement).area <= 0.02 * candidate.area:
                strip = candidate
                break
        result.append(strip)
    return result


def centrelines(branches: Sequence[Branch], axis: MedialAxis, edges: EdgeTree) -> list[Centreline]:
    """Smooth branches and, at dead ends, take them on to the tip.

    Parameters
    ----------
    branches : sequence of Branch
    axis : MedialAxis
    edges : EdgeTree
        Boundary of the area that the axis is of.
    """
    branches = [b for b in branches if float(np.hypot(*np.diff(b.xy, axis=0).T).sum()) >= SHORTEST_LANE_M]
    if not branches:
        return []
    shift = axis.origin - edges.origin
    paths = [xy + shift for xy in smooth([b.xy for b in branches])]
    nodes = np.array([(b.start, b.end) for b in branches])
    degrees = np.array([(b.start_degree, b.end_degree) for b in branches])
    radius = axis.radius_of(nodes.ravel()).reshape(-1, 2)
    tips = _tips(paths, degrees, radius, edges)
    lanes = []
    for k, path in enumerate(paths):
        xy, kinds, trims, widths, radii = path, [], [0.0, 0.0], [np.nan, np.nan], [np.nan, np.nan]
        for n, at in enumerate((0, -1)):
            degree = int(degrees[k, n])
            kinds.append((LaneEnd.TIP if degree < 2 else LaneEnd.JUNCTION).value)
            if degree > 1:
                radii[n] = float(radius[k, n])
                continue
            # Degree 0: a wedge was cut off, and the lane ends where its sides begin to close.
            widths[n] = tip_width_m(
                edges.start, edges.end, edges.tree, path[at], heading_at(path, at), float(radius[k, n]), closed=degree == 1
            )  # fmt: skip
            if degree == 1:
                tip = tips[k, n]
                trims[n] = float(np.hypot(*(tip - path[at])))
                xy = np.vstack((tip, xy)) if n == 0 else np.vstack((xy, tip))
        ends = path[[0, -1]] + edges.origin
        lanes.append(Centreline(
            xy + edges.origin, kinds, [(float(x), float(y)) for x, y in ends], trims=(trims[0], trims[1]),
            widths=(widths[0], widths[1]), junction_radius=(radii[0], radii[1]),
        ))  # fmt: skip
    return lanes


def heading_at(xy: Floats, at: int) -> Floats:
    """Return the unit vector in which a path leaves through its first (0) or its last (-1) vertex."""
    path = xy if at == -1 else xy[::-1]
    step: Floats = path[-1] - path[max(len(path) - 7, 0)]
    return step / max(float(np.hypot(*step)), 1e-9)


def _tips(paths: Sequence[Floats], degrees: np.ndarray, radius: Floats, edges: EdgeTree) -> Floats:
    """Return where the headings of lanes meet the edge at dead ends: (paths, 2, 2), their ends elsewhere."""
    result = np.array([path[[0, -1]] for path in paths])
    which = np.argwhere(degrees == 1)
    if len(which):
        k, n = which.T
        headings = np.array([heading_at(paths[i], -j) for i, j in which.tolist()])
        ahead = edges.ahead(result[k, n] + edges.origin, headings, 3 * radius[k, n])
        result[k, n] += headings * np.nan_to_num(ahead, nan=0.0)[:, None]
    return result


def _through_mouths(
    lanes: list[Centreline], pavement: BaseGeometry, mouths: Mouths, strips: Sequence[BaseGeometry]
) -> list[Centreline]:
    """Clip lanes to the pavement; an end that leaves it does so through a mouth."""
    if not len(mouths.table):
        return lanes
    outside = shapely.STRtree(np.asarray([*strips, *mouths.table.geometry], dtype=object))
    lines = np.asarray([lane.line for lane in lanes], dtype=object)
    concerned = set(outside.query(lines, predicate="dwithin", distance=2 * AT_MOUTH_M)[0].tolist())
    lines_across = mouths.table.geometry.to_numpy()
    ids = list(mouths.table["entrance_id"])
    result = []
    for number, lane in enumerate(lanes):
        if number not in concerned:
            result.append(lane)
            continue
        for part in shapely.get_parts(shapely.intersection(lines[number], pavement)):
            if part.geom_type != "LineString" or part.length < SHORTEST_LANE_M:
                continue
            piece = lane.part(part)
            names: list[str | None] = [None, None]
            for n, at in enumerate((0, -1)):
                near = shapely.distance(lines_across, Point(piece.xy[at]))
                if near.min() < AT_MOUTH_M:
                    piece.end_at(n, LaneEnd.MOUTH, keep_radius=True)
                    names[n] = ids[int(np.argmin(near))]
            piece.mouths = (names[0], names[1])
            result.append(piece)
    return result
