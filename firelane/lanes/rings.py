"""The boundary of the pavement as one axis of chainages, cut where something begins or ends.

Every vertex of every ring has a chainage on one axis; what lies along the boundary (a mouth, a kerb,
a lane) is a stretch of that axis. Cutting is a sort, and no overlay moves a coordinate.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

SHORT_M = 0.01  # stretches shorter than this are artefacts of cutting ("to the centimetre")
_FLICKER_M = 0.5  # a lane's stretch shorter than this belongs to its neighbour
_STRAIGHT_RAD = 2e-3


@dataclass(frozen=True)
class Moved:
    """Shifts geometries to a local origin and back: millimetres need digits that 4.6e6 takes."""

    origin: Floats

    def __call__(self, geometry: BaseGeometry) -> BaseGeometry:
        """Shift one geometry."""
        return shapely.transform(geometry, lambda xy: xy - self.origin)

    def all(self, geometries: Iterable[BaseGeometry]) -> NDArray[Any]:
        """Shift many."""
        array = np.asarray(list(geometries), dtype=object)
        return np.asarray(shapely.transform(array, lambda xy: xy - self.origin)) if len(array) else array

    def back(self, geometries: list[BaseGeometry]) -> NDArray[Any]:
        """Shift many back to the site."""
        return np.asarray(
            shapely.transform(np.asarray(geometries, dtype=object), lambda xy: xy + self.origin)
        )


@dataclass(frozen=True)
class Spans:
    """Stretches of the axis, and the number of what lies there."""

    start: Floats
    end: Floats
    what: Ints


@dataclass(frozen=True)
class Rings:
    """All boundary rings laid end to end: segment i runs from ``start[i]`` to ``start[i] + length[i]``.

    Outer rings run counter-clockwise, holes clockwise: the pavement is on the left.
    """

    a: Floats
    b: Floats
    start: Floats
    length: Floats
    ring: Ints
    ring_start: Floats  # (rings + 1,)
    tree: shapely.STRtree

    @classmethod
    def of(cls, pavement: BaseGeometry) -> Rings:
        """Return the rings of a (Multi)Polygon."""
        oriented = shapely.orient_polygons(pavement, exterior_cw=False)
        lines = shapely.get_rings(shapely.get_parts(oriented))
        points, ring = shapely.get_coordinates(lines, return_index=True)
        same = ring[1:] == ring[:-1]
        a, b, ring = points[:-1][same], points[1:][same], ring[:-1][same]
        length = np.hypot(*(b - a).T)
        solid = length > 0
        a, b, ring, length = a[solid], b[solid], ring[solid], length[solid]
        ends = np.cumsum(length)
        ring_start = np.r_[0.0, ends[np.r_[ring[1:] != ring[:-1], True]]]
        tree = shapely.STRtree(shapely.linestrings(np.stack([a, b], axis=1)))
        return cls(a, b, np.r_[0.0, ends[:-1]], length, ring.astype(np.int64), ring_start, tree)

    def inside(self, areas: list[BaseGeometry]) -> Spans:
        """Return the stretches of the boundary that lie in each of ``areas``."""
        if not areas:
            return Spans(np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))
        shapely.prepare(areas)
        area, segment = self.tree.query(areas, predicate="intersects")
        whole_area, whole = self.tree.query(areas, predicate="covers")  # spares most of the overlays
        count = len(self.start)
        partly = ~np.isin(area * count + segment, whole_area * count + whole)
        area, segment = area[partly], segment[partly]
        pieces = shapely.intersection(self.tree.geometries[segment], np.asarray(areas, dtype=object)[area])
        parts, owner = shapely.get_parts(pieces, return_index=True)
        line = shapely.get_type_id(parts) == 1
        parts, owner = parts[line], owner[line]
        area, segment = area[owner], segment[owner]
        ends = np.stack([shapely.get_coordinates(shapely.get_point(parts, n)) for n in (0, -1)], axis=1)
        along = np.hypot(*np.moveaxis(ends - self.a[segment][:, None, :], 2, 0))
        along = (
            np.sort(np.clip(along, 0, self.length[segment][:, None]), axis=1) + self.start[segment][:, None]
        )
        whole_start = self.start[whole]
        return joined(
            np.r_[along[:, 0], whole_start],
            np.r_[along[:, 1], whole_start + self.length[whole]],
            np.r_[area, whole_area],
        )

    def snapped(self, spans: Spans, tolerance_m: float) -> Spans:
        """Return ``spans`` with ends that lie next to a vertex moved onto it."""
        vertices = np.r_[self.start, self.ring_start[-1]]

        def snap(chainage: Floats) -> Floats:
            right = np.clip(np.searchsorted(vertices, chainage), 1, len(vertices) - 1)
            near = np.where(
                chainage - vertices[right - 1] < vertices[right] - chainage,
                vertices[right - 1],
                vertices[right],
            )
            return np.where(np.abs(near - chainage) <= tolerance_m, near, chainage)

        return Spans(snap(spans.start), snap(spans.end), spans.what)

    def feet(self, nodes: NDArray[Any], radius_m: Floats) -> Floats:
        """Return the chainages of the feet of perpendiculars from ``nodes`` onto segments near them."""
        if len(nodes) == 0:
            return np.empty(0)
        node, segment = self.tree.query(nodes, predicate="dwithin", distance=3 * radius_m + 1.0)
        xy = shapely.get_coordinates(nodes)[node]
        along = ((xy - self.a[segment]) * (self.b - self.a)[segment]).sum(axis=1) / self.length[segment]
        proper = (along > SHORT_M) & (along < self.length[segment] - SHORT_M)
        return np.asarray((self.start[segment] + along)[proper])

    def atoms(self, cuts: Floats) -> Atoms:
        """Cut the segments at ``cuts``."""
        starts = np.unique(np.r_[self.start, cuts])
        starts = starts[starts < self.ring_start[-1]]
        segment = np.searchsorted(self.start, starts, side="right") - 1
        ends = np.minimum(np.r_[starts[1:], self.ring_start[-1]], self.start[segment] + self.length[segment])
        solid = ends - starts > 1e-9
        return Atoms(self, starts[solid], ends[solid], segment[solid])

    def points(self, chainage: Floats) -> Floats:
        """Return the points (n, 2) at ``chainage``."""
        segment = np.searchsorted(self.start, chainage, side="right") - 1
        t = ((chainage - self.start[segment]) / self.length[segment])[:, None]
        return np.asarray(self.a[segment] * (1 - t) + self.b[segment] * t)

    def stretch(self, start: float, end: float, *, closed: bool) -> BaseGeometry:
        """Return the boundary from ``start`` to ``end``; an end before its start runs over the ring's seam."""
        if end > start and not closed:
            return self._line(start, end)
        ring = int(np.searchsorted(self.ring_start, start, side="right") - 1)
        head = self._line(start, self.ring_start[ring + 1])
        if end - self.ring_start[ring] < 1e-9:
            return head
        tail = self._line(self.ring_start[ring], end)
        return shapely.linestrings(np.r_[shapely.get_coordinates(head), shapely.get_coordinates(tail)[1:]])

    def _line(self, start: float, end: float) -> BaseGeometry:
        first = int(np.searchsorted(self.start, start, side="right") - 1)
        last = int(np.searchsorted(self.start, end - 1e-9, side="right") - 1)
        vertices = self.a[first + 1 : last + 1]
        head = self.points(np.asarray([start]))
        done = end >= self.start[last] + self.length[last] - 1e-9
        tail = self.b[last : last + 1] if done else self.points(np.asarray([end]))
        return shapely.linestrings(np.r_[head, vertices, tail])


@dataclass(frozen=True)
class Atoms:
    """Pieces of segments, in ring order, within which nothing changes."""

    rings: Rings
    start: Floats
    end: Floats
    segment: Ints

    @property
    def middles(self) -> Floats:
        """The middle of each atom (n, 2)."""
        return self.rings.points((self.start + self.end) / 2)

    def within(self, spans: Spans) -> Ints:
        """Return for each atom the number of the first thing that lies there, -1 for none."""
        middle = (self.start + self.end) / 2
        found = np.full(len(middle), -1, dtype=np.int64)
        first = np.searchsorted(middle, spans.start)
        last = np.searchsorted(middle, spans.end)
        for a, b, what in zip(first[::-1], last[::-1], spans.what[::-1], strict=True):
            found[a:b] = what
        return found

    def absorb_flicker(self, value: Ints) -> Ints:
        """Give runs of ``value`` shorter than half a metre to the longer of their neighbours."""
        out = value.copy()
        for here in self._by_ring():
            change = np.flatnonzero(out[here] != np.roll(out[here], 1))
            if len(change) == 0:
                continue
            rows = np.roll(here, -change[0])  # no run goes over the seam
            values, first = out[rows], change - change[0]
            last = np.r_[first[1:], len(rows)]
            lengths = np.add.reduceat(self.end[rows] - self.start[rows], first)
            for k in np.flatnonzero(lengths < _FLICKER_M):
                near = [n % len(lengths) for n in (k - 1, k + 1)]
                near = [n for n in near if lengths[n] >= _FLICKER_M]
                if near:
                    best = max(near, key=lambda n: (lengths[n], -n))
                    out[rows[first[k] : last[k]]] = values[first[best]]
        return out

    def runs(self, keep: Flags, keys: Ints) -> list[tuple[float, float, int, bool]]:
        """Return (start, end, first atom, whole ring) of every kept run of equal keys (kerb, kerbed, lane)."""
        found: list[tuple[float, float, int, bool]] = []
        for rows in self._by_ring():
            key = np.column_stack([keep[rows], np.where(keep[rows, None], keys[rows], -2)])
            change = np.flatnonzero((key != np.roll(key, 1, axis=0)).any(axis=1))
            if len(change) == 0:
                if keep[rows[0]]:
                    seam = self._seam(rows)
                    found.append((seam, seam, int(rows[0]), True))
                continue
            at = [self._boundary(rows, int(c), keep, keys) for c in change]
            for k, c in enumerate(change):
                if keep[rows[c]]:
                    found.append((at[k], at[(k + 1) % len(at)], int(rows[c]), False))
        return found

    def _by_ring(self) -> Iterator[Ints]:
        """Yield the atoms of each ring: they are in ring order."""
        last = np.searchsorted(self.rings.ring[self.segment], np.arange(len(self.rings.ring_start) - 1), side="right")
        for begin, end in pairwise([0, *last.tolist()]):
            yield np.arange(begin, end)

    def _seam(self, rows: Ints) -> float:
        """Return where an unbroken ring begins: a point that does not depend on how it was drawn."""
        points = np.round(self.rings.points(self.start[rows]), 6)
        return float(self.start[rows[np.lexsort((points[:, 1], points[:, 0]))[0]]])

    def _boundary(self, rows: Ints, c: int, keep: Flags, keys: Ints) -> float:
        """Return the chainage where the run beginning with atom ``c`` begins.

        Where only the lane changes and the edge bends there, the change moves into the longer of the
        two straight pieces: bands with flat ends then meet without a gap.
        """
        this, before = rows[c], rows[c - 1]
        at = float(self.start[this])
        if not (keep[this] and keep[before]) or (keys[this, :2] != keys[before, :2]).any():
            return at
        one, two = ((self.rings.b - self.rings.a)[self.segment[n]] for n in (before, this))
        turn = np.arctan2(one[0] * two[1] - one[1] * two[0], one @ two)
        if abs(turn) < _STRAIGHT_RAD:
            return at
        room = self.end[[this, before]] - self.start[[this, before]]
        if room[0] >= room[1]:
            return at + min(float(room[0]) / 2, _FLICKER_M)
        return float(self.end[before]) - min(float(room[1]) / 2, _FLICKER_M)


def joined(start: Floats, end: Floats, what: Ints) -> Spans:
    """Join stretches of one thing that touch, and drop those shorter than a centimetre."""
    order = np.lexsort((start, what))
    start, end, what = start[order], end[order], what[order]
    begins = np.ones(len(start), dtype=bool)
    begins[1:] = (what[1:] != what[:-1]) | (start[1:] > end[:-1] + SHORT_M)
    first = np.flatnonzero(begins)
    ends = np.maximum.reduceat(end, first) if len(first) else end
    start, what = start[first], what[first]
    solid = ends - start > SHORT_M
    return Spans(start[solid], ends[solid], what[solid].astype(np.int64))


def segments_of(lines: NDArray[Any]) -> tuple[NDArray[Any], Ints]:
    """Return the segments of (multi)lines and the number of the line each belongs to."""
    parts, part_owner = shapely.get_parts(lines, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    same = part[1:] == part[:-1]
    segments = shapely.linestrings(np.stack([points[:-1][same], points[1:][same]], axis=1))
    return segments, part_owner[part[:-1][same]]
