"""Which half-edges and pinches change when obstacles come and go, found in a window about them.

The free space is built anew in a small window round each obstacle that changes. Its half-edges are
compared with those that were there; one that the window cuts is known to go on as before outside it.
A pinch changes only if its disc touches an edge that came or went, so the search runs again among the
edges within its reach of those, and all other pinches stay. The result is that of a full run: the edges
are the same, whole ones, and so is the search. See docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from firelane.errors import MeasurementError
from firelane.lanes.barriers import TOUCH_M
from firelane.lanes.boundary import Bools, Boundary, Floats, Ints, dot
from firelane.lanes.edits_clips import Clips
from firelane.lanes.obstacles import split_by_dimension
from firelane.lanes.pinches import Pinches
from firelane.lanes.reach import CAP_M
from firelane.lanes.space import FreeSpace

FRAME_M = 0.7372913
"""From what changes to the frame of its window: no survey draws a kerb exactly there."""

SLACK_M = 0.05
"""A disc this near to an edge that changes is looked at again: more than measuring from discs moves it."""

REACH_M = CAP_M + 4 * SLACK_M
SAME_M = 1e-6
SMALLEST_M2 = 1e-9
INSIDE_M = 1e-3

Key = tuple[str, str]


@dataclass(frozen=True)
class Body:
    """One obstacle in one space.

    Attributes
    ----------
    key : (layer, id)
    order : (int, int)
        Layer and row: the order of the table of obstacles.
    shape : geometry
    radius_m : float
        NaN but for round obstacles [m].
    overhead : bool
    clear_height_m : float
    """

    key: Key
    order: tuple[int, int]
    shape: BaseGeometry
    radius_m: float
    overhead: bool
    clear_height_m: float


@dataclass(frozen=True)
class Patch:
    """What an edit does to the pinches of a space.

    Attributes
    ----------
    dead : (k,) int array
        Pinches of the base that are no more (or come again among the new ones).
    ends, width_m, mouth, owner
        The new ones: contacts in site coordinates, width, mouth, and the obstacle at each contact
        (row of the base, or number of rows + place among the added bodies; -1 a kerb).
    edges : (c, 2) array
        The two contacts' half-edges as (n, 2, 2, 2) segments in site coordinates: by their middles the owner of a
        kerb is told.
    changed : (n,) array of geometry
        Edges that came, went or may have changed hands, in local coordinates.
    """

    dead: Ints
    ends: Floats
    width_m: Floats
    mouth: Ints
    owner: Ints
    edges: Floats
    changed: np.ndarray


@dataclass(frozen=True)
class Base:
    """One space as it was prepared: edits are told apart from it.

    ``space.free`` keeps what obstacles enclose: an edit may open it.
    """

    space: FreeSpace
    bodies: tuple[Body, ...]
    boundary: Boundary = field(init=False)
    pinches: Pinches = field(init=False)
    owner: Ints = field(init=False)
    clips: Clips = field(init=False)

    def __post_init__(self) -> None:
        """Find the pinches of the base."""
        assert self.space.boundary is not None
        assert self.space.pinches is not None
        object.__setattr__(self, "boundary", self.space.boundary)
        object.__setattr__(self, "pinches", self.space.pinches)
        object.__setattr__(self, "owner", self.space.owners.row)
        object.__setattr__(self, "clips", Clips.of(self.space.area))

    @cached_property
    def shapes(self) -> np.ndarray:
        """Obstacles of the base, by row."""
        return np.array([*(b.shape for b in self.bodies), None], dtype=object)[:-1]

    @cached_property
    def shape_tree(self) -> shapely.STRtree:
        """STRtree of ``shapes``."""
        return shapely.STRtree(self.shapes)

    @cached_property
    def middle_tree(self) -> shapely.STRtree:
        """STRtree of the middles of the pinches, in local coordinates."""
        return shapely.STRtree(shapely.points(self.pinches.ends.mean(axis=1)))

    @cached_property
    def mouths(self) -> np.ndarray:
        """Mouth lines."""
        return np.array([*self.space.mouths.geometry, None], dtype=object)[:-1]

    @cached_property
    def edge_lines(self) -> np.ndarray:
        """Half-edges as segments, in local coordinates (a post is a segment of length 0)."""
        lines: np.ndarray = shapely.linestrings(np.stack((self.boundary.start, self.boundary.end), axis=1))
        lines[self.boundary.is_point] = shapely.points(self.boundary.start[self.boundary.is_point])
        return lines

    @cached_property
    def edge_tree(self) -> shapely.STRtree:
        """STRtree of ``edge_lines``."""
        return shapely.STRtree(self.edge_lines)

    @cached_property
    def of_mouth(self) -> dict[int, Ints]:
        """Mouth → its half-edges."""
        mouth = self.boundary.mouth
        return {m: np.flatnonzero(mouth == m) for m in np.unique(mouth[mouth >= 0]).tolist()}


@dataclass
class _Edges:
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
    def of(cls, base: Boundary) -> _Edges:
        return cls(base, [], [], [], [], {}, {}, {}, {}, set(), [], {}, {})

    def add(self, start: Floats, end: Floats, mouth: int, *, point: bool) -> int:
        self.start.append(start)
        self.end.append(end)
        self.mouth.append(mouth)
        self.point.append(point)
        return self.base.size + len(self.start) - 1

    def link(self, h: int, following: int) -> None:
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


def patch(base: Base, hidden: Collection[int], added: Sequence[Body]) -> Patch | None:
    """Return what an edit does to the pinches; None where no edge changes.

    Parameters
    ----------
    base : Base
    hidden : collection of int
        Rows of the base that go.
    added : sequence of Body
        What comes; each meets the area.
    """
    edges = _Edges.of(base.boundary)
    shapes = [base.bodies[n].shape for n in sorted(hidden)] + [b.shape for b in added]
    for frame in _windows(base, shapes):
        _exchange(base, edges, frame, hidden, added)
    edges.join()
    # An edge that stays where two obstacles share it may be the other's now: what it makes is told anew.
    lost = base.edge_lines[sorted(edges.dead | _claimed(base, shapes))]
    if not len(lost) and not edges.start:
        return None
    came = [
        shapely.Point(a) if point else shapely.LineString((a, z))
        for a, z, point in zip(edges.start, edges.end, edges.point, strict=True)
    ]
    changed = np.array([*lost, *came], dtype=object)
    tree = shapely.STRtree(changed)
    mouths = _mouths_touched(base, changed)
    dead = _dead_pinches(base, tree, mouths)
    within = _zone(base, edges, tree, mouths)
    if not len(within):  # nothing is free any more
        none = np.zeros((0, 2, 2))
        return Patch(
            dead, none, np.zeros(0), np.zeros(0, np.int64), np.zeros((0, 2), np.int64), np.zeros((0, 2, 4, 2)), changed
        )  # fmt: skip
    zone = edges.table(within)
    rows, table = _owners(base, tree, hidden, added)
    space = FreeSpace(base.space.area, base.space.free, table, base.space.lanes.iloc[:0], base.space.mouths)
    space.__dict__["boundary"] = zone  # what the space would otherwise build from all of the area
    found = space.pinches
    assert found is not None
    mine = _touching(tree, found, mouths)
    owner = np.append(rows, -1)[space.owners.row[mine]]
    h = found.half_edge[mine]
    before = zone.previous[h]
    own = np.stack((zone.start[h], zone.end[h], zone.start[before], zone.end[before]), axis=2)
    return Patch(
        dead, found.ends[mine] + base.boundary.origin, found.width_m[mine], found.mouth[mine], owner,
        own + base.boundary.origin, changed,
    )  # fmt: skip


def _claimed(base: Base, shapes: Sequence[BaseGeometry]) -> set[int]:
    """Return the half-edges whose middle lies on or in a shape: whose they are told to be may change."""
    b = base.boundary
    local = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy - b.origin)
    shape, edge = base.edge_tree.query(local, predicate="dwithin", distance=TOUCH_M)
    middle = shapely.points((b.start[edge] + b.end[edge]) / 2)
    return set(edge[shapely.dwithin(local[shape], middle, TOUCH_M)].tolist())


def _windows(base: Base, shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
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


def _exchange(base: Base, edges: _Edges, frame: BaseGeometry, hidden: Collection[int], added: Sequence[Body]) -> None:
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


def _mouths_touched(base: Base, changed: np.ndarray) -> set[int]:
    """Return the mouths on which, or at whose ends, an edge changes."""
    if not len(base.mouths):
        return set()
    lines = shapely.transform(base.mouths, lambda xy: xy - base.boundary.origin)
    return set(shapely.STRtree(changed).query(lines, predicate="dwithin", distance=10 * SAME_M)[0].tolist())


def _dead_pinches(base: Base, tree: shapely.STRtree, mouths: set[int]) -> Ints:
    near = np.unique(base.middle_tree.query(tree.geometries, predicate="dwithin", distance=CAP_M / 2 + 2 * SLACK_M)[1])
    some = base.pinches.take(near)
    dead = near[_touching(tree, some, set())]
    on_mouth = np.flatnonzero(np.isin(base.pinches.mouth, sorted(mouths)))
    return np.union1d(dead, on_mouth).astype(np.int64)


def _touching(tree: shapely.STRtree, pinches: Pinches, mouths: set[int]) -> Ints:
    """Return the pinches whose disc touches an edge that changes, and the chords of some mouths."""
    middle = shapely.points(pinches.ends.mean(axis=1))
    hit = tree.query(middle, predicate="dwithin", distance=pinches.width_m / 2 + SLACK_M)[0]
    chosen = np.zeros(len(pinches), bool)
    chosen[hit] = True
    chosen[pinches.mouth >= 0] = np.isin(pinches.mouth[pinches.mouth >= 0], sorted(mouths))
    return np.flatnonzero(chosen)


def _zone(base: Base, edges: _Edges, tree: shapely.STRtree, mouths: set[int]) -> Ints:
    """Return the half-edges that take part in a pinch that may change, and their neighbours.

    A mouth comes whole, or the end of its chord could not be told.
    """
    b = base.boundary
    near = base.edge_tree.query(tree.geometries, predicate="dwithin", distance=REACH_M)[1]
    added = np.arange(b.size, b.size + len(edges.start))
    inner = np.union1d(np.setdiff1d(near, sorted(edges.dead)), added).astype(np.int64)
    new_mouth = np.array(edges.mouth, np.int64)
    whole: set[int] = set()
    wanted = set(mouths)
    while True:
        chosen = _with_neighbours(b, edges, inner)
        old = chosen[chosen < b.size]
        wanted |= set(b.mouth[old].tolist()) | set(new_mouth[chosen[chosen >= b.size] - b.size].tolist())
        wanted.discard(-1)
        if wanted <= whole:
            return chosen
        whole |= wanted
        of = [np.setdiff1d(base.of_mouth.get(m, np.zeros(0, np.int64)), sorted(edges.dead)) for m in sorted(wanted)]
        inner = np.union1d(inner, np.concatenate(of)).astype(np.int64)


def _with_neighbours(b: Boundary, edges: _Edges, h: Ints) -> Ints:
    old = h[h < b.size]
    around = [h, b.next[old], b.previous[old]]
    ids = set(h.tolist())
    around += [np.array([n for k, n in links.items() if k in ids], np.int64) for links in (edges.next, edges.previous)]
    every = np.unique(np.concatenate(around))
    return np.setdiff1d(every, sorted(edges.dead)).astype(np.int64)


def _owners(
    base: Base, tree: shapely.STRtree, hidden: Collection[int], added: Sequence[Body]
) -> tuple[Ints, gpd.GeoDataFrame]:
    """Return the obstacles near what changes, in the order of the table: their numbers, and a table of them."""
    near: list[int] = []
    if len(base.shapes):
        around = shapely.transform(tree.geometries, lambda xy: xy + base.boundary.origin)
        near = np.unique(base.shape_tree.query(around, predicate="dwithin", distance=REACH_M)[1]).tolist()
    bodies = [(base.bodies[n].order, n, base.bodies[n]) for n in near if n not in hidden]
    bodies += [(body.order, len(base.bodies) + n, body) for n, body in enumerate(added)]
    bodies.sort(key=lambda item: item[0])
    table = gpd.GeoDataFrame(
        {"radius_m": np.array([body.radius_m for _, _, body in bodies], float)},
        geometry=np.array([*(body.shape for _, _, body in bodies), None], dtype=object)[:-1], crs=None,
    )  # fmt: skip
    return np.array([n for _, n, _ in bodies], np.int64), table
