"""Half-edges under edits: the free space is built anew in windows, and what comes out takes the place of what was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from firelane.errors import MeasurementError
from firelane.lanes.boundary import Bools, Boundary, Floats, Ints, dot
from firelane.lanes.edits_base import Base, Body
from firelane.lanes.obstacles import split_by_dimension

FRAME_M = 0.7372913
"""From what changes to the frame of its window: no survey draws a kerb exactly there."""

SAME_M = 1e-6

SMALLEST_M2 = 1e-9

INSIDE_M = 1e-3


@dataclass
class Edges:
    """Half-edges of a base with some exchanged: numbers below ``size`` are the base's own."""

    base: Boundary
    start: list[Floats]
    end: list[Floats]
    mouth: list[int]
    point: list[bool]
    next: dict[int, int]
    previous: dict[int, int]
    twin: dict[int, int]
    shared: dict[int, bool]
    dead: set[int]
    joints: list[tuple[int, int]]
    head: dict[int, int]
    tail: dict[int, int]

    @classmethod
    def of(cls, base: Boundary) -> Edges:
        """Start from those of a base."""
        return cls(base, [], [], [], [], {}, {}, {}, {}, set(), [], {}, {})

    def add(self, start: Floats, end: Floats, mouth: int, *, point: bool) -> int:
        """Add a half-edge and return its number."""
        self.start.append(start)
        self.end.append(end)
        self.mouth.append(mouth)
        self.point.append(point)
        return self.base.size + len(self.start) - 1

    def link(self, h: int, following: int) -> None:
        """Let one half-edge follow another."""
        self.next[h] = following
        self.previous[following] = h

    def join(self) -> None:
        """Link what the frames cut, by the base's own numbers of both sides of each joint."""
        for h, following in self.joints:
            self.link(self.tail.get(h, h), self.head.get(following, following))

    def table(self, h: Ints) -> Boundary:
        """Return a boundary of the half-edges ``h`` alone; a chain's ends are linked to themselves."""
        b, size = self.base, self.base.size
        old = h < size
        place = {int(n): k for k, n in enumerate(h.tolist())}
        rows = np.arange(len(h))

        def column(values: np.ndarray, added: Sequence[object], shape: tuple[int, ...], dtype: type) -> np.ndarray:
            result: np.ndarray = np.zeros((len(h), *shape), dtype)
            result[old] = values[h[old]]
            if not old.all():
                result[~old] = np.array(added, dtype).reshape(-1, *shape)[h[~old] - size]
            return result

        def linked(own: np.ndarray, other: dict[int, int], missing: np.ndarray) -> Ints:
            ids = np.where(old, own[np.where(old, h, 0)], -1).tolist()
            return np.array(
                [place.get(other.get(n, k), m) for n, k, m in zip(h.tolist(), ids, missing.tolist(), strict=True)], np.int64
            )

        start = column(b.start, self.start, (2,), float)
        end = column(b.end, self.end, (2,), float)
        along = end - start
        length = np.hypot(along[:, 0], along[:, 1])
        length[column(b.is_point, self.point, (), bool)] = 0.0
        direction = np.divide(along, length[:, None], out=np.zeros_like(along), where=length[:, None] > 0)
        direction[old], length[old] = b.direction[h[old]], b.length_m[h[old]]
        none = np.full(len(h), -1, np.int64)
        shared = np.array([self.shared.get(n, bool(n < size and b.shared[n])) for n in h.tolist()], bool)
        return Boundary(
            origin=b.origin, start=start, end=end, direction=direction, length_m=length,
            next=linked(b.next, self.next, rows), previous=linked(b.previous, self.previous, rows),
            ring=np.zeros(len(h), np.int64), ring_area_m2=np.zeros(1), twin=linked(b.twin, self.twin, none),
            mouth=column(b.mouth, self.mouth, (), np.int64), shared=shared,
        )  # fmt: skip


def windows(base: Base, shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return boxes round shapes; boxes that meet, or that cut the same edge, become one."""
    boxes = [shapely.box(*(np.array(s.bounds) + FRAME_M * np.array([-1, -1, 1, 1]))) for s in shapes]
    while len(boxes) > 1:
        frames = shapely.transform(np.array(boxes, dtype=object), lambda xy: xy - base.boundary.origin)
        box, edge = base.edge_tree.query(shapely.boundary(frames), predicate="intersects")
        first, second = shapely.STRtree(boxes).query(np.array(boxes, dtype=object), predicate="intersects")
        size, edges = len(boxes), base.boundary.size
        rows = np.concatenate((first, box))
        columns = np.concatenate((second, size + edge))
        graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(size, size + edges))
        _, member = connected_components(_square(graph), directed=False)
        member = member[:size]
        if len(np.unique(member)) == size:
            break
        boxes = [
            shapely.box(*shapely.union_all([b for b, m in zip(boxes, member, strict=True) if m == n]).bounds)
            for n in np.unique(member)
        ]
    return sorted(boxes, key=lambda b: b.bounds)


def exchange(base: Base, edges: Edges, frame: BaseGeometry, hidden: Collection[int], added: Sequence[Body]) -> None:
    """Exchange the half-edges in one window."""
    b = base.boundary
    inside = base.edge_tree.query(shapely.transform(frame, lambda xy: xy - b.origin), predicate="intersects")
    inside = np.sort(inside)
    there = dict(zip(_names(b.start[inside], b.end[inside]), inside.tolist(), strict=True))
    local = _boundary_in(base, frame, hidden, added)
    if local is None:
        edges.dead.update(there.values())
        return
    shift = local.origin - b.origin
    low, high = np.array(frame.bounds).reshape(2, 2) - b.origin
    start, end = local.start + shift, local.end + shift
    cut_start, cut_end = _on_frame(start, low, high), _on_frame(end, low, high)
    real = ~(cut_start & cut_end & _on_frame((start + end) / 2, low, high))
    first, last = np.flatnonzero(cut_start & real), np.flatnonzero(cut_end & real)
    # A hair inside the frame the edge is the base's own: that one tells where it comes from and leads to.
    hair = np.minimum(INSIDE_M, local.length_m / 2)[:, None] * local.direction
    own_start = _edge_under(base, start[first] + hair[first], local.direction[first])
    own_end = _edge_under(base, end[last] - hair[last], local.direction[last])
    start[first], end[last] = b.start[own_start], b.end[own_end]
    number: dict[int, int] = {}
    every = np.flatnonzero(real)
    for k, name in zip(every.tolist(), _names(start[every], end[every]), strict=True):
        known = there.get(name)
        number[k] = known if known is not None else edges.add(
            start[k], end[k], int(local.mouth[k]), point=bool(local.is_point[k])
        )  # fmt: skip
    come, go = (dict(zip(*pair, strict=True)) for pair in (
        (first.tolist(), own_start.tolist()), (last.tolist(), own_end.tolist())
    ))  # fmt: skip
    for k, n in number.items():
        if k in go:
            edges.tail[go[k]] = n
            edges.joints.append((go[k], int(b.next[go[k]])))
        else:
            edges.link(n, number[int(local.next[k])])
        if k in come:
            edges.head[come[k]] = n
            edges.joints.append((int(b.previous[come[k]]), come[k]))
        else:
            edges.shared[n] = bool(local.shared[k])
        edges.twin[n] = number.get(int(local.twin[k]), -1)
    edges.dead.update(set(there.values()) - set(number.values()))


def _boundary_in(base: Base, frame: BaseGeometry, hidden: Collection[int], added: Sequence[Body]) -> Boundary | None:
    """Return the boundary of the free space in a window, frame included; None where nothing is free."""
    rows = np.sort(base.shape_tree.query(frame, predicate="intersects")).tolist() if len(base.shapes) else []
    shapes = [base.shapes[n] for n in rows if n not in hidden]
    shapes += [body.shape for body in added if shapely.intersects(frame, body.shape)]
    free = base.clips.within(frame)
    lines: list[BaseGeometry] = []
    posts = np.zeros((0, 2))
    if shapes:
        areas, lines, posts = split_by_dimension(np.array(shapes, dtype=object))
        if areas:
            free = shapely.difference(free, shapely.union_all(areas))
    parts = [g for g in shapely.get_parts(free) if g.geom_type == "Polygon" and g.area > SMALLEST_M2]
    if not parts:
        return None
    near = np.flatnonzero(shapely.intersects(base.mouths, frame))
    local = Boundary.from_geometry(
        shapely.union_all(parts), lines=lines, points=posts, mouths=list(base.mouths[near])
    )
    mouth = np.append(near, -1)[local.mouth].astype(np.int64)
    return replace(local, mouth=mouth)


def _names(start: Floats, end: Floats) -> list[tuple[float, ...]]:
    return [tuple(row) for row in (np.round(np.hstack((start, end)), 6) + 0.0).tolist()]


def _on_frame(xy: Floats, low: Floats, high: Floats) -> Bools:
    near = (np.abs(xy - low) < SAME_M) | (np.abs(xy - high) < SAME_M)
    on: Bools = near[:, 0] | near[:, 1]
    return on


def _edge_under(base: Base, places: Floats, direction: Floats) -> Ints:
    """Return the base's half-edge that each place lies on, running in a direction."""
    result = np.full(len(places), -1, np.int64)
    place, edge = base.edge_tree.query(shapely.points(places), predicate="dwithin", distance=SAME_M)
    alike = dot(direction[place], base.boundary.direction[edge])
    order = np.argsort(alike, kind="stable")
    result[place[order]] = edge[order]
    if (result < 0).any():
        raise MeasurementError("an edge ends at the frame of a window: the window does not fit its surroundings")
    return result


def _square(graph: coo_matrix) -> coo_matrix:
    size = max(graph.shape)
    return coo_matrix((graph.data, (graph.row, graph.col)), shape=(size, size))
