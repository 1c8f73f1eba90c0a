"""Mouths in the gap graph: how obstacles divide them, and which way ends on which part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Boundary, Floats, Ints
from firelane.lanes.gap_bodies import Bodies, filled
from firelane.lanes.gap_chords import Chords
from firelane.lanes.obstacles import CHORD_ERROR_M
from firelane.lanes.paths import COVER_M
from firelane.lanes.pinches import TOUCH_M, Pinches
from firelane.lanes.space import SHIFT_M, FreeSpace

INWARD_M = 1e-3
BEYOND_M = 0.01


@dataclass(frozen=True)
class MouthEnd:
    """A column that ends on a mouth, at ``place`` (local) [m]."""

    mouth: int
    column: int
    place: Floats

    def on(self, chord: Floats, half_edges: Ints, kerbs: int, bodies: Bodies) -> bool:
        """Tell whether it ends on this part of the mouth, and not on an obstacle at the part's end."""
        if half_edges.min() >= 0 and half_edges.max() < kerbs:
            return True  # the whole mouth, drawn straight
        if not shapely.dwithin(LineString(chord), Point(*self.place), TOUCH_M):
            return False
        for h in half_edges.tolist():
            part = -1 - h if h < 0 else int(bodies.part[h - kerbs]) if h >= kerbs else -1
            body = filled(bodies.parts[part]) if part >= 0 else None
            if body is not None and shapely.dwithin(body, Point(*self.place), COVER_M):
                return False
        return True


def mouth_chords(b: Boundary, bodies: Bodies, bare: Pinches) -> tuple[Chords, Ints]:
    """Return the parts into which obstacles may divide the mouths, whichever of them stay; mouth of each.

    Parameters
    ----------
    b : Boundary
        Of the pavement without obstacles.
    bodies : Bodies
    bare : Pinches
        Its pinches, with the chord of every mouth.
    """
    half_edge: list[tuple[int, int]] = []
    path: list[Floats] = []
    ends: list[Floats] = []
    number: list[int] = []
    tree = shapely.STRtree(bodies.parts)
    for k in np.flatnonzero(bare.mouth >= 0).tolist():
        line, first, last = _run(b, int(bare.half_edge[k, 0]), int(bare.half_edge[k, 1]), int(bare.mouth[k]))
        # (from, to, half-edge or -1, part or -1)
        stretches = [(0.0, 0.0, first, -1), (line.length, line.length, last, -1)]
        for part in np.sort(tree.query(line, predicate="dwithin", distance=TOUCH_M)).tolist():
            stretches += [(low, high, -1, part) for low, high in _stretches(bodies.parts[part], line)]
        for low in stretches:
            for high in stretches:
                if low is high or low[1] > high[0] or (low[3] < 0 and high[3] < 0):
                    continue
                xy = np.array([line.interpolate(low[1]).coords[0], line.interpolate(high[0]).coords[0]])
                names = [
                    h if part < 0 else _name(bodies, part, Point(*at), b.size)
                    for (_, _, h, part), at in zip((low, high), xy, strict=True)
                ]
                half_edge.append((names[0], names[1]))
                path.append(np.array([at if h >= 0 else bodies.centre[-1 - h] for h, at in zip(names, xy, strict=True)]))
                ends.append(_from_discs(xy, bodies, (low[3], high[3])))
                number.append(int(bare.mouth[k]))
    every = np.array(ends).reshape(-1, 2, 2)
    chords = Chords(
        np.array(half_edge, np.int64).reshape(-1, 2), np.array(path).reshape(-1, 2, 2), every,
        np.hypot(*(every[:, 1] - every[:, 0]).T),
    )  # fmt: skip
    return chords, np.array(number, np.int64)


def _from_discs(xy: Floats, bodies: Bodies, parts: tuple[int, int]) -> Floats:
    """Return the contacts with discs themselves, unless one stands so far off that the mouth cuts through it."""
    radius = np.array([np.nan_to_num(bodies.radius_m[p]) if p >= 0 else 0.0 for p in parts])
    places = np.array([bodies.centre[p] if r > 0 else at for p, r, at in zip(parts, radius, xy, strict=True)])
    gap = places[1] - places[0]
    distance = float(np.hypot(*gap))
    if distance <= radius.sum():
        return xy
    exact = places + np.array([1.0, -1.0])[:, None] * radius[:, None] * gap / distance
    moved = np.hypot(*(exact - xy).T)
    return xy if (moved > SHIFT_M + 1.1 * np.sqrt(2 * CHORD_ERROR_M * radius))[radius > 0].any() else exact


def _run(b: Boundary, first: int, last: int, mouth: int) -> tuple[LineString, int, int]:
    """Return the open edges of one mouth as a line, with the half-edges at its ends."""
    if not (b.is_open[first] and b.mouth[first] == mouth):
        first, last = last, first
    stops = [first]
    while stops[-1] != last:
        stops.append(int(b.next[stops[-1]]))
    return LineString(b.start[stops]), first, last


def _stretches(part: BaseGeometry, line: LineString) -> list[tuple[float, float]]:
    """Return where along a mouth an obstacle stands: from, to."""
    pieces = [g for g in shapely.get_parts(shapely.intersection(part, line)) if not g.is_empty]
    if not pieces:
        pieces = [Point(*shapely.get_coordinates(shapely.shortest_line(line, part))[0])]
    along = [[line.project(Point(*xy)) for xy in shapely.get_coordinates(piece)] for piece in pieces]
    return [(min(each), max(each)) for each in along]


def _name(bodies: Bodies, part: int, place: Point, kerbs: int) -> int:
    """Return the name of the outline piece of a part nearest to a place (see ``Chords``)."""
    if not np.isnan(bodies.radius_m[part]):
        return -1 - part
    own = np.flatnonzero(bodies.part == part)
    pieces = shapely.linestrings(np.stack((bodies.start[own], bodies.end[own]), axis=1))
    return kerbs + int(own[np.argmin(shapely.distance(pieces, place))])


def ways_from(
    space: FreeSpace, bodies: Bodies, origin: Floats, pairs: Sequence[tuple[int | Floats, Floats]]
) -> tuple[list[Floats], list[Floats], list[MouthEnd]]:
    """Return a curve for each pair of places, its part inside the mouth, and the columns that end on mouths.

    Parameters
    ----------
    space : FreeSpace
    bodies : Bodies
    origin : (2,) array
    pairs : sequence
        (number of a mouth, or place; place), local [m].
    """
    solid = [body for body in map(filled, bodies.parts) if body is not None]
    tree = shapely.STRtree(solid)
    lines, inner, ends = [], [], []
    starts: dict[int, tuple[Floats, Floats, Floats]] = {}
    for k, (a, z) in enumerate(pairs):
        if isinstance(a, (int, np.integer)):
            if int(a) not in starts:
                starts[int(a)] = _start(space, int(a), origin, solid, tree)
            outside, on, inside = starts[int(a)]
            lines.append(np.stack((outside, on, inside, z)))
            inner.append(np.stack((inside, z)))
            ends.append(MouthEnd(int(a), k, on))
        else:
            lines.append(np.stack((a, z)))
            inner.append(lines[-1])
    return lines, inner, ends


def _start(
    space: FreeSpace, mouth: int, origin: Floats, solid: list[BaseGeometry], tree: shapely.STRtree
) -> tuple[Floats, Floats, Floats]:
    """Return a place outside a mouth, clear of obstacles, one on it and one just inside."""
    row = space.mouths.iloc[mouth]
    inward = np.array([row["inward_x"], row["inward_y"]])
    line = shapely.transform(row.geometry, lambda xy: xy - origin)
    # Beside the middle, where a way drawn by hand would meet vertices.
    on = np.asarray(line.interpolate(line.length / 2 + 1.3e-5).coords[0])
    far = 16.0
    while True:
        ray = LineString([on, on - inward * far])
        over = shapely.union_all([solid[n] for n in np.sort(tree.query(ray, predicate="intersects"))])
        clear = [g for g in shapely.get_parts(shapely.difference(ray, over)) if g.length > 2 * BEYOND_M]
        leaves = min((ray.project(Point(g.coords[0])) for g in clear), default=far)
        if leaves < far - 2 * BEYOND_M:
            return on - inward * (leaves + BEYOND_M), on, on + inward * INWARD_M
        far *= 4
