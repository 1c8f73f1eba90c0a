"""Mouths: where one comes in from outside.

An entrance line ends the pavement: what lies beyond it is outside. Its two ends stay obstacles.
A point stands for the pavement's end edge nearest to it (contract §2, *Mouths*).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from firelane.site.model import Note, Site

SNAP_M = 0.5
POINT_REACH_M = 5.0
ON_EDGE_M = 0.02
EXTEND_M = 3.0
"""How far a mouth line that stops short of the kerb is extended to find it."""
END_EDGE_LONGEST_M = 40.0
CORNER_DEG = 45.0


@dataclass(frozen=True)
class Mouths:
    """Pavement cut at the entrances, and the mouths on its boundary.

    ``table`` columns: ``entrance_id, name, gate, openable, clear_height_m, width_m, inward_x,
    inward_y``; geometry LineString on the boundary of ``pavement``.
    """

    pavement: BaseGeometry
    table: gpd.GeoDataFrame
    notes: tuple[Note, ...]


@dataclass
class _Cut:
    row: Any
    line: LineString  # the mouth itself
    extended: LineString  # from pavement edge to pavement edge
    on_edge: bool = False


@dataclass
class _Work:
    notes: list[Note] = field(default_factory=list)

    def say(self, row: Any, code: str, zh: str, en: str) -> None:
        self.notes.append(Note(code, zh, en, "entrances", row.id))


def find_mouths(site: Site, pavement: BaseGeometry, *, elsewhere: frozenset[str] = frozenset()) -> Mouths:
    """Return the pavement without what lies outside, and its mouths.

    Parameters
    ----------
    site : Site
    pavement : Polygon or MultiPolygon
        Union of all road polygons.
    elsewhere : frozenset of str
        Entrances of roads that are no part of the pavement: left alone.
    """
    work = _Work()
    cuts: list[_Cut] = []
    for row in site.layer("entrances").itertuples():
        if row.id in elsewhere:
            continue
        geometry = row.geometry
        cut = _from_point(row, geometry, pavement, work) if geometry.geom_type == "Point" else (
            _from_line(row, geometry, pavement, work)
        )  # fmt: skip
        if cut is not None:
            cuts.append(cut)
    pavement, cuts = _cut_off(site, pavement, cuts, work)
    rows = []
    for cut in cuts:
        line = _on_boundary(cut.line, pavement)
        a, b = np.asarray(line.coords[0]), np.asarray(line.coords[-1])
        along = (b - a) / np.hypot(*(b - a))
        inward = np.array([-along[1], along[0]])
        middle = np.asarray(line.interpolate(0.5, normalized=True).coords[0])
        if not shapely.contains_xy(pavement, *(middle + 0.05 * inward)):
            inward = -inward
            line = shapely.reverse(line)
        r = cut.row
        rows.append((
            r.id, r.name, r.gate, r.openable, r.clear_height_m,
            float(np.hypot(*(b - a))), float(inward[0]), float(inward[1]), line,
        ))  # fmt: skip
    columns = ["entrance_id", "name", "gate", "openable", "clear_height_m", "width_m", "inward_x", "inward_y"]
    table = gpd.GeoDataFrame(rows, columns=[*columns, "geometry"], geometry="geometry", crs=site.crs)
    return Mouths(pavement, table, tuple(work.notes))


def _from_line(row: Any, geometry: BaseGeometry, pavement: BaseGeometry, work: _Work) -> _Cut | None:
    xy = shapely.get_coordinates(geometry)
    if len(xy) < 2:
        return None
    boundary = pavement.boundary
    ends = []
    for end, inner in ((xy[0], xy[1]), (xy[-1], xy[-2])):
        point = Point(end)
        near = shapely.distance(point, boundary)
        if near <= SNAP_M:
            snapped = _nearest_vertex_or_edge(boundary, point)
            ends.append((snapped, snapped))
            continue
        away = (end - inner) / np.hypot(*(end - inner))
        ray = LineString([end, end + away * EXTEND_M])
        hit = shapely.intersection(ray, boundary)
        if shapely.contains(pavement, point) and not hit.is_empty:
            far = min(
                (Point(c) for c in shapely.get_coordinates(hit)), key=lambda p: shapely.distance(p, point)
            )
            ends.append((point, far))
            continue
        outside = not shapely.contains(pavement, point)
        clipped = shapely.intersection(LineString(xy[[0, -1]]), pavement)
        if outside and not clipped.is_empty:
            # A line drawn across the whole street: its part on the pavement counts.
            candidates = [Point(c) for c in shapely.get_coordinates(clipped)]
            far = min(candidates, key=lambda p: shapely.distance(p, point))
            ends.append((far, far))
            continue
        work.say(
            row, "entrance_unusable",
            f"出入口 {row.id} 的端点距路面边缘超过 {EXTEND_M} 米，未计为出入口；请把线画到路缘",
            f"an end of entrance {row.id} is more than {EXTEND_M} m from the pavement edge; it was not used: "
            "draw the line from kerb to kerb",
        )  # fmt: skip
        return None
    (a, far_a), (b, far_b) = ends
    if shapely.distance(a, b) < 0.1:
        return None
    middle = [tuple(c) for c in xy[1:-1]] if len(xy) > 2 else []
    line = LineString([a, *middle, b]) if middle else LineString([a, b])
    extended = LineString([far_a, *line.coords, far_b]) if far_a != a or far_b != b else line
    centre = line.interpolate(0.5, normalized=True)
    on_edge = bool(shapely.distance(centre, boundary) <= ON_EDGE_M)
    if on_edge:
        line = extended = _to_corners(line, boundary)
    return _Cut(row, line, shapely.remove_repeated_points(extended), on_edge)


def _to_corners(line: LineString, boundary: BaseGeometry) -> LineString:
    """Take a line on the pavement's end edge on to the corners of that edge, where they are near."""
    xy = shapely.get_coordinates(line)
    vertices = shapely.get_coordinates(boundary)
    for at, inner in ((0, 1), (-1, -2)):
        away = (xy[at] - xy[inner]) / np.hypot(*(xy[at] - xy[inner]))
        ahead = (vertices - xy[at]) @ away
        aside = np.abs((vertices - xy[at]) @ np.array([-away[1], away[0]]))
        corner = np.flatnonzero((ahead > 0) & (ahead <= SNAP_M) & (aside <= ON_EDGE_M))
        if len(corner):
            xy[at] = vertices[corner[np.argmax(ahead[corner])]]
    return LineString(xy)


def _nearest_vertex_or_edge(boundary: BaseGeometry, point: Point) -> Point:
    """Snap to a vertex within 2 cm of the nearest boundary point, else to that point."""
    nearest = shapely.get_coordinates(shapely.shortest_line(boundary, point))[0]
    vertices = shapely.get_coordinates(boundary)
    distance = np.hypot(*(vertices - nearest).T)
    closest = int(np.argmin(distance))
    return Point(vertices[closest]) if distance[closest] <= ON_EDGE_M else Point(nearest)


def _from_point(row: Any, point: Point, pavement: BaseGeometry, work: _Work) -> _Cut | None:
    best: tuple[float, LineString] | None = None
    for edge in end_edges(pavement):
        distance = float(shapely.distance(edge, point))
        if distance <= POINT_REACH_M and (best is None or distance < best[0]):
            best = (distance, edge)
    if best is None:
        work.say(
            row, "entrance_unusable",
            f"出入口 {row.id} 周围 {POINT_REACH_M} 米内没有道路尽端；请改画为横跨路口的线",
            f"no end edge of the pavement lies within {POINT_REACH_M} m of entrance {row.id}; it was not used: "
            "draw a line across the mouth instead",
        )  # fmt: skip
        return None
    line = LineString([best[1].coords[0], best[1].coords[-1]])
    return _Cut(row, line, line, on_edge=True)


def end_edges(pavement: BaseGeometry) -> list[LineString]:
    """Return the runs of boundary that end a road: between two convex corners."""
    result = []
    for part in shapely.get_parts(shapely.orient_polygons(shapely.get_parts(pavement))):
        xy = shapely.get_coordinates(part.exterior)[:-1]
        along = np.roll(xy, -1, axis=0) - xy
        before = np.roll(along, 1, axis=0)
        turn = np.degrees(
            np.arctan2(
                before[:, 0] * along[:, 1] - before[:, 1] * along[:, 0], (before * along).sum(axis=1)
            )
        )
        corners = np.flatnonzero(turn >= CORNER_DEG)
        for k, i in enumerate(corners):
            j = corners[(k + 1) % len(corners)]
            index = np.arange(i, j + 1 if j > i else j + 1 + len(xy)) % len(xy)
            run = LineString(xy[index]) if len(index) > 1 else None
            if run is None or not 0.5 < run.length <= END_EDGE_LONGEST_M:
                continue
            chord = np.hypot(*(xy[index[-1]] - xy[index[0]]))
            if run.length <= 1.05 * chord:
                result.append(run)
    return result


def _cut_off(site: Site, pavement: BaseGeometry, cuts: list[_Cut], work: _Work) -> tuple[BaseGeometry, list[_Cut]]:
    """Cut the pavement along the lines inside it and drop what lies outside."""
    inner = [cut for cut in cuts if not cut.on_edge]
    if not inner:
        return pavement, cuts
    # A hair beyond both ends, so that rounding cannot leave the cut short of the boundary.
    noded = shapely.union_all([pavement.boundary, *(_longer(c.extended, 1e-4) for c in inner)])
    faces = [f for f in shapely.get_parts(shapely.polygonize([noded])) if _inside(f, pavement)]
    groups = _groups(faces, [c.extended for c in inner])
    weight = _site_weight(site)
    outside: set[int] = set()
    kept = []
    for cut in cuts:
        if cut.on_edge:
            kept.append(cut)
            continue
        sides = [
            n for n, group in enumerate(groups)
            if shapely.length(shapely.intersection(group.boundary, shapely.buffer(cut.line, 1e-6)))
            > 0.5 * cut.line.length
        ]  # fmt: skip
        if len(sides) != 2:
            work.say(
                cut.row, "entrance_unusable",
                f"出入口 {cut.row.id} 两侧道路相通，未计为出入口；请把线画在小区与外部道路之间",
                f"the pavement on both sides of entrance {cut.row.id} is joined elsewhere; it was not used: "
                "draw the line where the site ends",
            )  # fmt: skip
            continue
        small = min(sides, key=lambda n: (*weight(groups[n]), n))
        outside.add(small)
        kept.append(cut)
        work.say(
            cut.row, "beyond_entrance",
            f"出入口 {cut.row.id} 以外 {groups[small].area:.1f} ㎡ 路面视为外部，不参与检查",
            f"{groups[small].area:.1f} m² of pavement beyond entrance {cut.row.id} lie outside and are not judged",
        )  # fmt: skip
    inside = [g for n, g in enumerate(groups) if n not in outside]
    return (shapely.union_all(inside) if inside else pavement), kept


def _site_weight(site: Site) -> Callable[[BaseGeometry], tuple[float, int, float]]:
    """Return how strongly a part of the pavement belongs to the site rather than to what lies outside.

    What is judged weighs most, then the buildings along it, then its size: a municipal street that is
    drawn for context stays outside although it may be the larger part.
    """
    roads = site.layer("roads")
    fire = roads["fire_lane"].to_numpy(bool)
    judged = shapely.union_all(roads.geometry.to_numpy()[fire])
    buildings = site.layer("buildings").geometry.to_numpy()
    distance = site.config.access_distance_m

    def weigh(part: BaseGeometry) -> tuple[float, int, float]:
        share = shapely.intersection(part, judged).area / part.area
        near = int(shapely.dwithin(part, buildings, distance).sum()) if len(buildings) else 0
        return round(share, 2), near, part.area

    return weigh


def _longer(line: LineString, by_m: float) -> LineString:
    xy = shapely.get_coordinates(line)
    first = (xy[0] - xy[1]) / np.hypot(*(xy[0] - xy[1])) * by_m
    last = (xy[-1] - xy[-2]) / np.hypot(*(xy[-1] - xy[-2])) * by_m
    return LineString(np.vstack((xy[0] + first, xy, xy[-1] + last)))


def _inside(face: BaseGeometry, pavement: BaseGeometry) -> bool:
    return bool(shapely.contains(pavement, shapely.point_on_surface(face)))


def _groups(faces: list[BaseGeometry], lines: list[LineString]) -> list[BaseGeometry]:
    """Return faces joined where they share an edge that is not a cut."""
    barrier = shapely.buffer(shapely.union_all(lines), 1e-6)
    groups: list[BaseGeometry] = []
    for face in faces:
        joined = face
        rest = []
        for group in groups:
            shared = shapely.difference(shapely.intersection(group.boundary, joined.boundary), barrier)
            if shared.length > 1e-3:
                joined = shapely.union_all([group, joined])
            else:
                rest.append(group)
        groups = [*rest, joined]
    return groups


def _on_boundary(line: LineString, pavement: BaseGeometry) -> LineString:
    """Return the stretch of the boundary that the mouth stands for, end to end."""
    first, last = Point(line.coords[0]), Point(line.coords[-1])
    chord = shapely.distance(first, last)
    for ring in shapely.get_rings(shapely.get_parts(pavement)):
        if max(shapely.distance(ring, first), shapely.distance(ring, last)) > ON_EDGE_M:
            continue
        a, b = sorted((shapely.line_locate_point(ring, first), shapely.line_locate_point(ring, last)))
        straight = substring(ring, a, b)
        if straight.length > ring.length / 2:
            beyond = shapely.get_coordinates(substring(ring, b, ring.length))
            before = shapely.get_coordinates(substring(ring, 0.0, a))
            straight = shapely.remove_repeated_points(LineString(np.vstack((beyond, before))))
        if straight.length <= 1.05 * chord:
            return straight
    return LineString([first, last])
