"""Which half-edges and pinches change when obstacles come and go, found in a window about them.

The free space is built anew in a small window round each obstacle that changes. Its half-edges are
compared with those that were there; one that the window cuts is known to go on as before outside it.
A pinch changes only if its disc touches an edge that came or went, so the search runs again among the
edges within its reach of those, and all other pinches stay. The result is that of a full run: the edges
are the same, whole ones, and so is the search. See docs/decisions/0012.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.barriers import TOUCH_M
from firelane.lanes.boundary import Boundary, Floats, Ints
from firelane.lanes.edits_base import Base, Body
from firelane.lanes.edits_edges import SAME_M, Edges, exchange, windows
from firelane.lanes.pinches import Pinches
from firelane.lanes.reach import CAP_M
from firelane.lanes.space import FreeSpace

SLACK_M = 0.05
"""A disc this near to an edge that changes is looked at again: more than measuring from discs moves it."""

REACH_M = CAP_M + 4 * SLACK_M


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
    edges = Edges.of(base.boundary)
    shapes = [base.bodies[n].shape for n in sorted(hidden)] + [b.shape for b in added]
    for frame in windows(base, shapes):
        exchange(base, edges, frame, hidden, added)
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


def _zone(base: Base, edges: Edges, tree: shapely.STRtree, mouths: set[int]) -> Ints:
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


def _with_neighbours(b: Boundary, edges: Edges, h: Ints) -> Ints:
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
