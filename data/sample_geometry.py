"""Plane geometry that the samples are drawn with: fillets, shared borders, edges, offsets.

Everything here works in the drawing's own axes (u to the right, v up, metres), where almost all
edges are parallel to an axis, so that widths are exact by construction; ``Frame`` then turns and
shifts the drawing onto the map. Nothing is taken from firelane: the samples are its test.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.ops import polygonize, unary_union

Pt = tuple[float, float]

ARC_STEP_M = 0.3
"""Distance between the vertices of an arc, about that of a total-station survey of a kerb return."""

SHARP_DEG = 45.0
"""Corners that turn by less are part of a curve or a taper and are not rounded."""


@dataclass(frozen=True)
class Frame:
    """Turn by (cos, sin) and shift to the map. Pythagorean pairs keep lengths exact to rounding."""

    east: float
    north: float
    cos: float
    sin: float

    def point(self, u: float, v: float) -> Pt:
        return self.east + self.cos * u - self.sin * v, self.north + self.sin * u + self.cos * v

    def place(self, geometry):
        def move(xy: np.ndarray) -> np.ndarray:
            u, v = xy[:, 0], xy[:, 1]
            return np.column_stack(
                [self.east + self.cos * u - self.sin * v, self.north + self.sin * u + self.cos * v]
            )

        return shapely.transform(geometry, move)


def box(u0: float, v0: float, u1: float, v1: float) -> Polygon:
    """Return a rectangle, counter-clockwise."""
    return Polygon([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])


def key(point: Sequence[float]) -> tuple[float, float]:
    """Return the point rounded to a micrometre: a name for a corner."""
    return round(float(point[0]), 6) + 0.0, round(float(point[1]), 6) + 0.0


def arc(centre: Pt, radius: float, start: float, sweep: float, step_m: float = ARC_STEP_M) -> list[Pt]:
    """Return points on an arc, both ends left out, about ``step_m`` apart."""
    n = max(2, math.ceil(abs(sweep) * radius / step_m))
    return [
        (
            centre[0] + radius * math.cos(start + sweep * i / n),
            centre[1] + radius * math.sin(start + sweep * i / n),
        )
        for i in range(1, n)
    ]


def _turn(a: Pt, b: Pt, c: Pt) -> float:
    """Return the change of direction at ``b`` [rad], positive to the left."""
    d1 = math.atan2(b[1] - a[1], b[0] - a[0])
    d2 = math.atan2(c[1] - b[1], c[0] - b[0])
    return (d2 - d1 + math.pi) % (2 * math.pi) - math.pi


def _rounded(a: Pt, b: Pt, c: Pt, radius: float, step_m: float = ARC_STEP_M) -> list[Pt]:
    """Return the corner a-b-c rounded: tangent point, arc, tangent point."""
    turn = _turn(a, b, c)
    back = radius * math.tan(abs(turn) / 2)
    la, lc = math.dist(a, b), math.dist(b, c)
    d1 = ((b[0] - a[0]) / la, (b[1] - a[1]) / la)
    d2 = ((c[0] - b[0]) / lc, (c[1] - b[1]) / lc)
    p = (b[0] - d1[0] * back, b[1] - d1[1] * back)
    q = (b[0] + d2[0] * back, b[1] + d2[1] * back)
    side = math.copysign(1.0, turn)
    centre = (p[0] - d1[1] * radius * side, p[1] + d1[0] * radius * side)
    start = math.atan2(p[1] - centre[1], p[0] - centre[0])
    return [p, *arc(centre, radius, start, turn, step_m), q]


def fillet_path(points: Sequence[Pt], radius: float) -> LineString:
    """Return an open polyline with its sharp corners rounded."""
    out = [points[0]]
    for a, b, c in zip(points, points[1:], points[2:], strict=False):
        sharp = abs(math.degrees(_turn(a, b, c))) >= SHARP_DEG
        out += _rounded(a, b, c, radius) if sharp else [b]
    return LineString([*out, points[-1]])


def fillet(
    area: Polygon, radii: Mapping[Pt, float], kerb_return: float, step_m: float = ARC_STEP_M
) -> Polygon:
    """Return the pavement with its corners rounded.

    Re-entrant corners (where two roads meet) get ``kerb_return`` unless ``radii`` names the corner;
    other corners (dead ends, road ends) stay square unless named.
    """

    def ring(coords: Sequence[Pt]) -> list[Pt]:
        pts = _without_straight(coords[:-1])
        out: list[Pt] = []
        for i, b in enumerate(pts):
            a, c = pts[i - 1], pts[(i + 1) % len(pts)]
            turn = math.degrees(_turn(a, b, c))
            radius = radii.get(key(b), kerb_return if turn < 0 else 0.0)
            out += _rounded(a, b, c, radius, step_m) if radius and abs(turn) >= SHARP_DEG else [b]
        return out

    area = shapely.geometry.polygon.orient(area)
    return Polygon(ring(list(area.exterior.coords)), [ring(list(r.coords)) for r in area.interiors])


def _without_straight(coords: Sequence[Pt]) -> list[Pt]:
    """Return the vertices at which the outline turns."""
    pts = [(float(u), float(v)) for u, v in coords]
    return [b for i, b in enumerate(pts) if abs(_turn(pts[i - 1], b, pts[(i + 1) % len(pts)])) > 1e-9]


def split(area: Polygon, cuts: Iterable[LineString], names: Mapping[str, Pt]) -> dict[str, Polygon]:
    """Return ``area`` cut into road polygons that share their borders vertex by vertex."""
    corners = {key(p): p for p in shapely.get_coordinates(area).tolist()}
    cuts = [LineString([corners.get(key(p), p) for p in cut.coords]) for cut in cuts]
    pieces = list(polygonize(unary_union([area.boundary, *cuts])))
    pieces = [p for p in pieces if area.covers(p.representative_point())]
    out: dict[str, Polygon] = {}
    for name, where in names.items():
        found = [p for p in pieces if p.contains(Point(where))]
        if len(found) != 1:
            raise ValueError(f"{name}: {len(found)} pieces at {where}")
        out[name] = shapely.geometry.polygon.orient(found[0])
    if len(out) != len(pieces) or len({p.wkb for p in out.values()}) != len(pieces):
        raise ValueError(f"{len(pieces)} pieces, {len(out)} names")
    return out


@dataclass(frozen=True)
class Run:
    """A stretch of true pavement edge of one road, pavement on its left.

    ``before`` and ``after`` are the vertices that precede and follow it along the edge, None
    where a mouth or the end of the survey cuts the edge off.
    """

    road: str
    points: tuple[Pt, ...]
    before: Pt | None
    after: Pt | None

    @property
    def line(self) -> LineString:
        return LineString(self.points)


def edge_runs(
    roads: Mapping[str, Polygon], mouths: Iterable[LineString], breaks: Iterable[Pt] = ()
) -> list[Run]:
    """Return the pavement edges of ``roads``: borders between two roads and mouths left out.

    A run ends where the road changes, at a mouth and at every point of ``breaks``.
    """
    segments: dict[tuple[Pt, Pt], str] = {}
    exact: dict[Pt, Pt] = {}
    for name, area in roads.items():
        for ring in (area.exterior, *area.interiors):
            pts = [(float(u), float(v)) for u, v in ring.coords]
            for a, b in pairwise(pts):
                exact[key(a)], exact[key(b)] = a, b
                segments[key(a), key(b)] = name
    mouth_lines = list(mouths)
    edge = {
        (a, b): name
        for (a, b), name in segments.items()
        if (b, a) not in segments and not any(_on(m, a) and _on(m, b) for m in mouth_lines)
    }
    after = dict(edge.keys())
    before = {b: a for a, b in edge}
    stops = {key(p) for p in breaks}
    starts = [
        (a, b) for (a, b), name in edge.items() if a not in before or a in stops or edge[before[a], a] != name
    ]
    runs, used = [], set()
    for a, b in [*starts, *edge]:
        if (a, b) in used:
            continue
        name, pts = edge[a, b], [a, b]
        used.add((a, b))
        while pts[-1] in after and pts[-1] not in stops:
            step = (pts[-1], after[pts[-1]])
            if step in used or edge[step] != name:
                break
            used.add(step)
            pts.append(step[1])
        prior, following = before.get(a), after.get(pts[-1])
        runs.append(
            Run(
                name,
                tuple(exact[p] for p in pts),
                exact[prior] if prior else None,
                exact[following] if following else None,
            )
        )
    return runs


def _on(line: LineString, point: Pt) -> bool:
    return line.distance(Point(point)) < 1e-6


def offset(run: Run, distance: float) -> list[Pt]:
    """Return the run moved into the pavement (to the left), mitred at its corners."""
    pts = [p for p in (run.before, *run.points, run.after) if p is not None]
    first = 0 if run.before is None else 1
    out = []
    for i in range(first, first + len(run.points)):
        normals = []
        for a, b in ((i - 1, i), (i, i + 1)):
            if a >= 0 and b < len(pts):
                length = math.dist(pts[a], pts[b])
                normals.append((-(pts[b][1] - pts[a][1]) / length, (pts[b][0] - pts[a][0]) / length))
        (nx, ny), (mx, my) = normals[0], normals[-1]
        scale = distance / (1 + nx * mx + ny * my)
        out.append((pts[i][0] + (nx + mx) * scale, pts[i][1] + (ny + my) * scale))
    return out


def band(run: Run, near: float, far: float) -> Polygon:
    """Return the strip between two offsets of the run."""
    return Polygon([*offset(run, near), *reversed(offset(run, far))])


def heading(path: LineString, chainage: float) -> Pt:
    """Return the unit vector of the path at ``chainage``."""
    a = path.interpolate(max(chainage - 0.01, 0.0))
    b = path.interpolate(min(chainage + 0.01, path.length))
    length = a.distance(b)
    return (b.x - a.x) / length, (b.y - a.y) / length


def oriented(centre: Pt, along: Pt, length: float, width: float) -> Polygon:
    """Return a rectangle ``length`` along the unit vector ``along`` and ``width`` across it."""
    (x, y), (ax, ay) = centre, along
    hl, hw = length / 2, width / 2
    return Polygon(
        [
            (x + ax * s * hl - ay * t * hw, y + ay * s * hl + ax * t * hw)
            for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
    )
