"""The gap graph of a free space: what bars its lanes and the ways in it, whichever obstacles are taken away.

The audit's barriers hold the pinches of the scene as it stands. When an obstacle goes, others appear: gaps
that it stood in, and contacts that it hid. Here are all of them at once, for every choice of what goes
(:func:`lane_gaps`, with the audit's rules for mouths, dead ends, islands and junctions), and the same
for ways between places (:func:`reach_gaps`), where every outline of the pavement is a body of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Bools, Boundary, Floats, Ints
from firelane.lanes.gap_bodies import Bodies, body_corners, pavement_corners
from firelane.lanes.gap_chords import Chords, chords_among, of_one, touches
from firelane.lanes.gap_graph import FIXED, SLACK_M, GapGraph, Passage
from firelane.lanes.gap_lanes import lane_passages
from firelane.lanes.gap_mouths import MouthEnd, mouth_chords, ways_from
from firelane.lanes.gap_parity import Curves, Walks
from firelane.lanes.pinches import find_pinches
from firelane.lanes.space import FreeSpace

__all__ = ["FIXED", "SLACK_M", "GapGraph", "Passage", "gap_ends", "lane_gaps", "reach_gaps"]

ASIDE_M = np.array([0.83e-5, 0.55e-5])
"""Places are moved by this much, so that a straight way to them meets no vertex of a drawn outline."""


def lane_gaps(space: FreeSpace, *, below_m: float, alone: bool = False) -> GapGraph:
    """Return the gap graph of the lanes of a space.

    Parameters
    ----------
    space : FreeSpace
        With all its obstacles.
    below_m : float
        Gaps at least this wide are left out [m].
    alone : bool
        Leave out the gaps and contacts between one obstacle and another: enough for what each makes with the pavement.

    Returns
    -------
    GapGraph
        Column n is the path of lane n (row of ``space.lanes``); more columns follow where an obstacle covers a
        junction. ``passages[n]`` are the ways in which lane n may be passed. ``width`` and ``passage_width``
        without rows R are what the audit measures on the site without R, but for the tips of dead ends
        (``remedy.problem.lane_targets`` has them).
    """
    scene = _Scene(space, below_m, alone)
    lines, passages = lane_passages(space.lanes, space.table)
    rows = {lane_id: n for n, lane_id in enumerate(space.lanes["lane_id"])}
    lane_at = {n: rows[name] for n, name in enumerate(space.mouths["lane_id"]) if name in rows}
    around = space.setting.around
    ends = []
    for mouth, lane in lane_at.items():
        places = shapely.get_coordinates(space.lanes.geometry.iloc[lane])[[0, -1]]
        away = shapely.distance(shapely.points(places), space.mouths.geometry.iloc[mouth])
        place = places[0] if away[0] <= away[1] else places[1]
        columns = {lane} | {c for p in passages[lane] for c in p.columns[:1]}
        ends += [MouthEnd(mouth, column, place - scene.origin) for column in sorted(columns)]
    kerb = np.array(around.wall_nodes(scene.bare.start + scene.origin)).astype(np.int64)
    other = np.array(around.wall_nodes(scene.bare.end + scene.origin)).astype(np.int64)
    kerb = np.where(kerb == other, kerb, 0)

    def on_tip(xy: Floats) -> Bools:
        return around.at_tip(xy + scene.origin)

    lines = [line - scene.origin for line in lines]
    return scene.graph(lines, None, kerb, ends, passages, on_tip=on_tip)


def reach_gaps(
    space: FreeSpace, pairs: Sequence[tuple[int | Sequence[float], Sequence[float]]], *, below_m: float
) -> GapGraph:
    """Return the gap graph of ways between places.

    Parameters
    ----------
    space : FreeSpace
    pairs : sequence of (int or (2,) array, (2,) array)
        Where each way begins – the number of a mouth (row of ``space.mouths``), or a place – and the place
        where it ends, in the coordinates of the site [m]. A way from a mouth begins outside it, so that the
        mouth's own width counts. The graph says nothing about a place on which the disc does not fit: see
        ``remedy.problem.place_way``.
    below_m : float
        Gaps at least this wide are left out [m].

    Returns
    -------
    GapGraph
        Column k and ``passages[k]`` belong to pair k.
    """
    scene = _Scene(space, below_m)
    local = [
        (a if isinstance(a, (int, np.integer)) else np.asarray(a, float) - scene.origin + ASIDE_M,
         np.asarray(z, float) - scene.origin + ASIDE_M)
        for a, z in pairs
    ]  # fmt: skip
    lines, inner, ends = ways_from(space, scene.bodies, scene.origin, local)
    ring = scene.bare.ring
    passages: list[tuple[Passage, ...]] = [(Passage((k,)),) for k in range(len(pairs))]
    return scene.graph(lines, inner, ring, ends, passages, on_tip=None)


def gap_ends(space: FreeSpace, *, below_m: float) -> Floats:
    """Return the (k, 2, 2) ends of all gaps and contacts narrower than ``below_m`` in site coordinates [m].

    Those too that are alike for every column, which a graph leaves out.
    """
    scene = _Scene(space, below_m)
    chords, _ = scene._found  # noqa: SLF001  (of this module)
    ends: Floats = chords.ends[chords.width_m < below_m] + scene.origin
    return ends


@dataclass(frozen=True)
class _Scene:
    """Pavement and obstacles of a space, each for itself."""

    space: FreeSpace
    below_m: float
    alone: bool = False

    @cached_property
    def bare(self) -> Boundary:
        return Boundary.from_geometry(self.space.area, mouths=list(self.space.mouths.geometry))

    @property
    def origin(self) -> Floats:
        return self.bare.origin

    @cached_property
    def area(self) -> BaseGeometry:
        result: BaseGeometry = shapely.transform(self.space.area, lambda xy: xy - self.origin)
        return result

    @cached_property
    def bodies(self) -> Bodies:
        return Bodies.of(self.space.table, self.origin, self.area)

    @cached_property
    def _found(self) -> tuple[Chords, Ints]:
        """All chords, and the mouth that each divides (-1: none)."""
        b, bodies = self.bare, self.bodies
        bare = find_pinches(b, self.below_m)
        own = Chords(bare.half_edge, bare.ends, bare.ends, bare.width_m)
        chords, mouth = [own], [bare.mouth]
        if len(bodies.parts):
            openings = [
                (shapely.transform(row.geometry, lambda xy: xy - self.origin), -np.array([row.inward_x, row.inward_y]))
                for row in self.space.mouths.itertuples()
            ]
            chords.append(chords_among(
                b, self.area, bodies, pavement_corners(b), body_corners(bodies, openings), below_m=self.below_m,
                alone=self.alone,
            ))  # fmt: skip
            parts, numbers = mouth_chords(b, bodies, bare)
            chords.append(parts)
            mouth += [np.full(len(chords[1].width_m), -1), numbers]
        chords.append(touches(b, bodies))
        if self.alone:
            chords[-1] = chords[-1].take(of_one(b, bodies, chords[-1]))
        mouth.append(np.full(len(chords[-1].width_m), -1))
        result = chords[0]
        for more in chords[1:]:
            result = result.joined(more)
        return result, np.concatenate(mouth).astype(np.int64)

    def graph(
        self, lines: list[Floats], inner: list[Floats] | None, kerb: Ints, ends: list[MouthEnd],
        passages: list[tuple[Passage, ...]], *, on_tip: Callable[[Floats], Bools] | None,
    ) -> GapGraph:  # fmt: skip
        """Return the graph.

        ``inner``: the curves as the walk along a pavement outline meets them; None where it counts for nothing.
        ``kerb``: node of each half-edge of the pavement.
        """
        b, bodies = self.bare, self.bodies
        chords, mouth = self._found
        full = Curves(lines)
        nodes = int(kerb.max(initial=0)) + 1
        h = chords.half_edge
        on_body = h >= b.size
        node = np.where(h < 0, nodes - 1 - h, 0)
        node[on_body] = nodes + bodies.part[h[on_body] - b.size]
        on_kerb = (h >= 0) & ~on_body
        node[on_kerb] = kerb[h[on_kerb]]
        keep = chords.width_m < self.below_m
        if on_tip is not None:
            tip = on_tip(chords.ends.reshape(-1, 2)).reshape(-1, 2) & (node == 0)
            keep &= (mouth >= 0) | ~tip.any(axis=1)
        chords, mouth, node, h = chords.take(keep), mouth[keep], node[keep], h[keep]
        bits = full.crossed(chords.path[:, 0], chords.path[:, 1])
        self._at_mouths(bits, chords, mouth, node, ends, lanes=inner is None)
        own = Walks(full, bodies.start, bodies.end, bodies.ring)
        links = _links(bodies, full)
        walls = None if inner is None else (Curves(inner), Walks(Curves(inner), b.start, b.end, b.ring))
        for n in (0, 1):
            body = np.flatnonzero(h[:, n] >= b.size)
            half = h[body, n] - b.size
            for k, i, more in zip(body.tolist(), half.tolist(), full.crossed(bodies.start[half], chords.path[body, n]), strict=True):
                bits[k] ^= more ^ own.before(i) ^ links[int(bodies.ring[i])]
            if walls is not None:
                kerbs = np.flatnonzero((h[:, n] >= 0) & (h[:, n] < b.size))
                half = h[kerbs, n]
                for k, i, more in zip(kerbs.tolist(), half.tolist(), walls[0].crossed(b.start[half], chords.path[kerbs, n]), strict=True):
                    bits[k] ^= more ^ walls[1].before(i)
        loops = [(nodes + int(bodies.ring_part[r]), own.around(r), bodies.start[np.argmax(bodies.ring == r)])
                 for r in range(len(bodies.ring_part))]  # fmt: skip
        if walls is not None:
            loops += [(int(r), walls[1].around(int(r)), b.start[k]) for r, k in zip(*np.unique(b.ring, return_index=True), strict=True)]
        label = np.concatenate((np.full(nodes, FIXED), bodies.row))
        return self._assembled(label, node, chords, bits, loops, len(lines), passages)

    def _at_mouths(
        self, bits: list[int], chords: Chords, mouth: Ints, node: Ints, ends: list[MouthEnd], *, lanes: bool
    ) -> None:
        """Decide at mouths which way ends on which chord: there rounding must not."""
        for k in np.flatnonzero(mouth >= 0).tolist():
            whole = bool((chords.half_edge[k] >= 0).all() and (chords.half_edge[k] < self.bare.size).all())
            if lanes and whole and (node[k] == 0).all():
                bits[k] = 0
            for end in ends:
                if end.mouth == mouth[k]:
                    bits[k] &= ~(1 << end.column)
                    bits[k] |= int(end.on(chords.ends[k], chords.half_edge[k], self.bare.size, self.bodies)) << end.column

    def _assembled(
        self, label: Ints, node: Ints, chords: Chords, bits: list[int], loops: list[tuple[int, int, Floats]],
        columns: int, passages: list[tuple[Passage, ...]],
    ) -> GapGraph:  # fmt: skip
        """Put the edges in order; of those alike only the narrowest counts."""
        u, v = np.sort(node, axis=1).T
        rows = [(float(w), int(a), int(z), n) for n, (w, a, z) in enumerate(zip(chords.width_m, u, v, strict=True))]
        ends = [chords.ends[n] + self.origin for _, _, _, n in rows]
        every = [(w, a, z, bits[n], ends[n]) for w, a, z, n in rows]
        every += [(0.0, n, n, odd, np.stack((at, at)) + self.origin) for n, odd, at in loops if odd]
        every.sort(key=lambda e: (round(e[0], 9), *np.round(e[4].mean(axis=0), 6).tolist(), e[1], e[2], e[3]))
        seen = set()
        chosen = []
        for edge in every:
            key = edge[1:4]
            if key in seen or (edge[1] == edge[2] and not edge[3]):
                continue
            seen.add(key)
            chosen.append(edge)
        return GapGraph(
            label=label.astype(np.int64), u=np.array([e[1] for e in chosen], np.int64),
            v=np.array([e[2] for e in chosen], np.int64), width_m=np.array([e[0] for e in chosen], float),
            bits=tuple(e[3] for e in chosen), ends=np.array([e[4] for e in chosen]).reshape(-1, 2, 2),
            columns=columns, below_m=self.below_m, passages=tuple(passages),
        )  # fmt: skip


def _links(bodies: Bodies, curves: Curves) -> list[int]:
    """Return per outline the curves crossed from its body's first outline to it, inside the body."""
    links = [0] * len(bodies.ring_part)
    count = np.bincount(bodies.ring_part, minlength=len(bodies.parts)) if len(links) else np.zeros(0, int)
    for part in np.flatnonzero(count > 1).tolist():
        rings = np.flatnonzero(bodies.ring_part == part).tolist()
        if bodies.parts[part].geom_type != "Polygon":
            continue  # both sides of a closed line begin at one vertex
        lines = {r: shapely.linearrings(bodies.start[bodies.ring == r]) for r in rings}
        joined = rings[:1]
        while len(joined) < len(rings):
            # The nearest two: nothing lies between them but the body.
            _, r, s = min(
                (shapely.distance(lines[r], lines[s]), r, s) for r in joined for s in rings if s not in joined
            )
            bridge = shapely.get_coordinates(shapely.shortest_line(lines[r], lines[s]))
            links[s] = links[r] ^ _walk(bodies, curves, r, bridge[0]) ^ _walk(bodies, curves, s, bridge[1])
            links[s] ^= curves.crossed(bridge[:1], bridge[1:])[0]
            joined.append(s)
    return links


def _walk(bodies: Bodies, curves: Curves, ring: int, at: Floats) -> int:
    """Return the curves crossed along an outline from its first vertex to a place on it."""
    own = np.flatnonzero(bodies.ring == ring)
    pieces = shapely.linestrings(np.stack((bodies.start[own], bodies.end[own]), axis=1))
    h = int(np.argmin(shapely.distance(pieces, Point(*at))))
    stops = np.vstack((bodies.start[own[: h + 1]], at[None]))
    bits = 0
    for crossed in curves.crossed(stops[:-1], stops[1:]):
        bits ^= crossed
    return bits
