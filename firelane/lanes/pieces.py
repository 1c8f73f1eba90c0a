"""Free space cut at pinches: its pieces, and which piece a place lies in.

The intervals of the boundary between contacts are glued along the chords; the pieces are the cycles
of that permutation. No polygon is built. Method: docs/decisions/0003
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from firelane.lanes.arrays import covered, expand, order_by
from firelane.lanes.boundary import TINY_M, Bools, Boundary, Floats, Ints
from firelane.lanes.pinches import Pinches
from firelane.lanes.turns import SLIT_RAD

RAY_TIE_M = 1e-9


def _turn(base: Floats, to: Floats) -> Floats:
    """Return the counter-clockwise angle from ``base`` to ``to`` in (0, 2π]."""
    angle = np.arctan2(base[:, 0] * to[:, 1] - base[:, 1] * to[:, 0], np.sum(base * to, axis=1))
    turned: Floats = np.where(angle <= 0.0, angle + 2 * np.pi, angle)
    return turned


@dataclass(frozen=True)
class Pieces:
    """Pieces of a free space after cutting along ``pinches``.

    Attributes
    ----------
    count : int
    label : (intervals,) int array
        Piece of each boundary interval.
    sides : (k, 2) int array
        The two pieces that each pinch parts.
    """

    boundary: Boundary
    pinches: Pinches
    count: int
    label: Ints
    sides: Ints
    _order: _ContactOrder

    def locate(self, xy: Floats) -> tuple[Ints, Floats]:
        """Return the piece of each place and its distance from the nearest obstacle.

        Parameters
        ----------
        xy : (m, 2) array
            Places in free space, in the coordinates of the input [m].

        Returns
        -------
        label : (m,) int array
        distance_m : (m,) array
            0 on an obstacle, in one, and off the road: no disc fits there.
        """
        places = np.asarray(xy, float).reshape(-1, 2) - self.boundary.origin
        interval, distance = _nearest_interval(self.boundary, self._order, places)
        return self.label[interval], distance

    @cached_property
    def outside(self) -> Ints:
        """Piece number of the outside at each mouth chord (aligned with pinches whose mouth >= 0)."""
        chords = np.flatnonzero(self.pinches.mouth >= 0)
        # Walking with free space on the left, the open edge itself follows the first contact.
        slot = self._order.slot_of[chords, 0]
        labels: Ints = self.label[slot]
        return labels


@dataclass(frozen=True)
class _ContactOrder:
    """Contacts sorted in the order in which they are met, free space on the left."""

    half_edge: Ints
    t_m: Floats
    minus_angle: Floats
    slot_of: Ints
    first_slot: Ints
    rings: int

    @property
    def size(self) -> int:
        return len(self.half_edge)


def cut(boundary: Boundary, pinches: Pinches) -> Pieces:
    """Cut the free space along every pinch, those of width 0 too.

    Parameters
    ----------
    boundary : Boundary
    pinches : Pinches
        As ``find_pinches`` returns them for the same boundary, or a part of them.
    """
    order = _sort_contacts(boundary, pinches)
    slots = order.size
    ring = boundary.ring[order.half_edge]
    before = np.arange(slots) - 1
    if slots:
        first = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
        before[first] = np.r_[first[1:] - 1, slots - 1]
    total = slots + order.rings
    a, b = order.slot_of[:, 0], order.slot_of[:, 1]
    successor = np.arange(total)
    successor[before[a]] = b
    successor[before[b]] = a
    extra = _join_islands(boundary, pinches, order)
    rows = np.concatenate((np.arange(total), extra[:, 0]))
    cols = np.concatenate((successor, extra[:, 1]))
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, cols)), shape=(total, total))
    _, raw = connected_components(graph, directed=False)
    # A ring with contacts has no interval of its own: its spare number must not count as a piece.
    real = np.ones(total, bool)
    real[slots + np.unique(ring)] = False
    _, label = np.unique(raw[real], return_inverse=True)
    labels = np.full(total, -1, np.int64)
    labels[real] = label
    count = int(label.max()) + 1 if len(label) else 0
    return Pieces(boundary, pinches, count, labels, np.column_stack((labels[a], labels[b])), order)


def _sort_contacts(b: Boundary, pinches: Pinches) -> _ContactOrder:
    half_edge = pinches.half_edge.ravel()
    t_m = pinches.t_m.ravel()
    chord = np.stack((pinches.unit, -pinches.unit), axis=1).reshape(-1, 2)
    minus = np.zeros(len(half_edge))
    at_vertex = t_m == 0.0
    base = _vertex_base(b, half_edge[at_vertex])
    angle = _turn(base, chord[at_vertex])
    # A mouth's own chord leaves its first end along the open edge: it is met last there.
    own = np.zeros((len(pinches), 2), bool)
    own[:, 0] = pinches.mouth >= 0
    angle[own.ravel()[at_vertex]] = 0.0
    minus[at_vertex] = -angle
    order = order_by(half_edge, t_m, minus)
    slot = np.empty(len(order), np.int64)
    slot[order] = np.arange(len(order))
    rings = len(b.ring_area_m2)
    ring = b.ring[half_edge[order]]
    first_slot = np.searchsorted(ring, np.arange(rings + 1), "left")
    return _ContactOrder(
        half_edge[order], t_m[order], minus[order], slot.reshape(-1, 2), first_slot, rings
    )


def _vertex_base(b: Boundary, half_edge: Ints) -> Floats:
    """Return the direction from which angles at a half-edge's start are counted."""
    base = b.direction[half_edge].copy()
    base[b.is_point[half_edge]] = (1.0, 0.0)
    return base


def _interval_at(b: Boundary, order: _ContactOrder, half_edge: Ints, t_m: Floats, toward: Floats) -> Ints:
    """Return the interval at each place of the boundary; ``toward`` picks the sector at a vertex."""
    minus = np.zeros(len(half_edge))
    at_vertex = t_m == 0.0
    minus[at_vertex] = -_turn(_vertex_base(b, half_edge[at_vertex]), toward[at_vertex])
    n = order.size
    lower = np.searchsorted(order.half_edge, half_edge, "left")
    owner, contact = expand(lower, np.searchsorted(order.half_edge, half_edge, "right") - lower)
    t_there, t_here = order.t_m[contact], t_m[owner]
    passed = (t_there < t_here) | ((t_there == t_here) & (order.minus_angle[contact] <= minus[owner]))
    # the last contact at or before the place, over all rings
    last = lower - 1 + np.bincount(owner, weights=passed, minlength=len(lower)).astype(np.int64)
    ring = b.ring[half_edge]
    begin, stop = order.first_slot[ring], order.first_slot[ring + 1]
    slot = np.where(last >= begin, last, stop - 1)
    return np.where(stop > begin, slot, n + ring)


def _nearest_interval(b: Boundary, order: _ContactOrder, places: Floats) -> tuple[Ints, Floats]:
    """Return the interval at the nearest boundary point of each place, and the distance."""
    h, distance = b.nearest(places)
    t = np.clip(np.sum((places - b.start[h]) * b.direction[h], axis=1), 0.0, b.length_m[h])
    aside = (b.direction[h, 0] * (places - b.start[h])[:, 1]) - (
        b.direction[h, 1] * (places - b.start[h])[:, 0]
    )
    inner = (t > TINY_M) & (t < b.length_m[h] - TINY_M)
    wrong_side = inner & (aside < 0) & (b.twin[h] >= 0)
    t = np.where(wrong_side, b.length_m[h] - t, t)
    h = np.where(wrong_side, b.twin[h], h)
    at_end = (t >= b.length_m[h] - TINY_M) & ~b.is_point[h]
    h = np.where(at_end, b.next[h], h)
    t = np.where(at_end | (t <= TINY_M), 0.0, t)
    toward = places - b.start[h]
    fan = np.flatnonzero((t == 0.0) & b.shared[h])
    h[fan] = _wedges(b, h[fan], toward[fan])
    outside = _behind(b, h, t, toward)
    return _interval_at(b, order, h, t, toward), np.where(outside, 0.0, distance)


def _behind(b: Boundary, h: Ints, t_m: Floats, toward: Floats) -> Bools:
    """Tell which places lie behind the boundary that they are nearest to: in an obstacle, or off the road.

    Nothing is behind a mouth, a wall or a post.
    """
    aside = b.direction[h, 0] * toward[:, 1] - b.direction[h, 1] * toward[:, 0]
    behind: Bools = (t_m > 0.0) & (aside < -TINY_M) & (b.twin[h] < 0)
    corner = np.flatnonzero((t_m == 0.0) & ~b.is_point[h] & ~b.is_open[h] & ~b.is_open[b.previous[h]])
    corner = corner[np.hypot(*toward[corner].T) > TINY_M]
    base = b.direction[h[corner]]
    opening = _turn(base, -b.direction[b.previous[h[corner]]])
    behind[corner] = _turn(base, toward[corner]) > opening + TINY_M
    return behind


def _wedges(b: Boundary, h: Ints, toward: Floats) -> Ints:
    """Return, for each ``h``, the half-edge starting at the same vertex whose free wedge holds ``toward``."""
    if not len(h):
        return h
    members, begin, amount = b.fans
    owner, place = expand(begin[h], amount[h])
    same = members[place]
    base = b.direction[same]
    angle = _turn(base, toward[owner])
    opening = _turn(base, -b.direction[b.previous[same]])
    # Between a kerb and a hole's edge along it lies nothing; round a wall's tip lies everything.
    opening[(opening > 2 * np.pi - SLIT_RAD) & (b.previous[same] != b.twin[same])] = 0.0
    inside = np.flatnonzero(angle <= opening + TINY_M)
    _, first = np.unique(owner[inside], return_index=True)
    chosen = inside[first]
    result = h.copy()
    result[owner[chosen]] = same[chosen]
    return result


def _join_islands(b: Boundary, pinches: Pinches, order: _ContactOrder) -> Ints:
    """Return pairs of intervals that lie in one piece although no boundary joins them.

    Rings joined by cuts form components. A component without a ring of positive area floats in the
    free space of another: one ray west from its leftmost vertex finds the interval beyond.
    """
    rings = order.rings
    pair = b.ring[pinches.half_edge] if len(pinches) else np.zeros((0, 2), np.int64)
    graph = coo_matrix((np.ones(len(pair), np.int8), (pair[:, 0], pair[:, 1])), shape=(rings, rings))
    count, component = connected_components(graph, directed=False)
    rooted = np.zeros(count, bool)
    rooted[component[b.ring_area_m2 > TINY_M]] = True
    if rooted.all():
        return np.zeros((0, 2), np.int64)
    of_edge = component[b.ring]
    floating = np.flatnonzero(~rooted[of_edge])
    by_x = floating[np.lexsort((b.start[floating, 1], b.start[floating, 0], of_edge[floating]))]
    leftmost = by_x[np.r_[True, of_edge[by_x][1:] != of_edge[by_x][:-1]]]
    west = np.broadcast_to(np.array([-1.0, 0.0]), (len(leftmost), 2))
    fan = np.flatnonzero(b.shared[leftmost])
    leftmost[fan] = _wedges(b, leftmost[fan], west[fan])
    own = _interval_at(b, order, leftmost, np.zeros(len(leftmost)), west)
    beyond = _first_hit_west(b, pinches, order, b.start[leftmost])
    return np.column_stack((own, beyond))


def _crossings_west(top: Floats, bottom: Floats, v: Floats) -> tuple[Ints, Floats, Floats, Ints]:
    """Return ray, x, dx/dy and segment of the first crossings of rays from ``v`` westwards with segments.

    Crossings within rounding of the first are among them.
    """
    best = np.full(len(v), -np.inf)
    found = []
    for segment, ray in covered(bottom[:, 1], top[:, 1], v[:, 1]):
        a, z, y = top[segment], bottom[segment], v[ray, 1]
        rise = z[:, 1] - a[:, 1]
        slope = np.divide(z[:, 0] - a[:, 0], rise, out=np.zeros_like(rise), where=rise != 0.0)
        x = a[:, 0] + (y - a[:, 1]) * slope
        ahead = np.flatnonzero((y < a[:, 1]) & (x < v[ray, 0] - 1e-12) & (x >= best[ray] - RAY_TIE_M))
        np.maximum.at(best, ray[ahead], x[ahead])
        found.append((ray[ahead], x[ahead], slope[ahead], segment[ahead]))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0, np.int64)
    ray, x, slope, segment = (np.concatenate(column) for column in zip(*found, strict=True))
    return ray, x, slope, segment


def _first_hit_west(b: Boundary, pinches: Pinches, order: _ContactOrder, v: Floats) -> Ints:
    """Return the interval of the first boundary or chord west of each vertex."""
    down = np.flatnonzero(b.start[:, 1] > b.end[:, 1])
    hits = [(*_crossings_west(b.start[down], b.end[down], v), False)]
    hits[0] = (hits[0][0], hits[0][1], hits[0][2], down[hits[0][3]], False)
    if len(pinches):
        lower = np.where(pinches.ends[:, 0, 1] <= pinches.ends[:, 1, 1], 0, 1)
        every = np.arange(len(pinches))
        hits.append((*_crossings_west(pinches.ends[every, 1 - lower], pinches.ends[every, lower], v), True))
    ray, x, slope, what = (np.concatenate(column) for column in list(zip(*hits, strict=True))[:4])
    is_chord = np.repeat([hit[4] for hit in hits], [len(hit[0]) for hit in hits])
    # Of hits within rounding of one another the ray at y + 0 meets the one with the larger dx/dy.
    best = np.full(len(v), -np.inf)
    np.maximum.at(best, ray, x)
    close = x >= best[ray] - RAY_TIE_M
    ray, x, slope, what, is_chord = ray[close], x[close], slope[close], what[close], is_chord[close]
    pick = np.lexsort((-slope, ray))
    pick = pick[np.r_[True, ray[pick][1:] != ray[pick][:-1]]] if len(pick) else pick
    result = np.full(len(v), -1, np.int64)
    chord_hit, edge_hit = pick[is_chord[pick]], pick[~is_chord[pick]]
    if len(chord_hit):
        chord = what[chord_hit]
        lower = np.where(pinches.ends[chord, 0, 1] <= pinches.ends[chord, 1, 1], 0, 1)
        result[ray[chord_hit]] = order.slot_of[chord, lower]
    if len(edge_hit):
        edge = what[edge_hit]
        point = np.column_stack((x[edge_hit], v[ray[edge_hit], 1]))
        t = np.clip(np.sum((point - b.start[edge]) * b.direction[edge], axis=1), 0, b.length_m[edge])
        at_end = t >= b.length_m[edge] - TINY_M
        h = np.where(at_end, b.next[edge], edge)
        t = np.where(at_end | (t <= TINY_M), 0.0, t)
        east = np.broadcast_to(np.array([1.0, 0.0]), (len(edge), 2))
        result[ray[edge_hit]] = _interval_at(b, order, h, t, east)
    if (result < 0).any():
        raise ValueError("an island lies outside every ring: the free space is not a valid area")
    return result


def is_joined(pieces: Pieces, a: Floats, z: Floats, width_m: float) -> Bools:
    """Tell whether a disc ``width_m`` wide can move between places, row by row.

    The pieces must come from a cut at that width (contract: ``value >= limit - 1e-6``).
    """
    label_a, distance_a = pieces.locate(a)
    label_z, distance_z = pieces.locate(z)
    joined: Bools = (
        (label_a == label_z) & (2 * distance_a >= width_m - 1e-6) & (2 * distance_z >= width_m - 1e-6)
    )
    return joined
