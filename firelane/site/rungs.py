"""Rungs across the cracks between polygons, for all pairs of them at once.

A *side* is a pair seen from one of its two polygons, ``near``, towards the other, ``far``. See
:mod:`firelane.site.mend` for what rungs are for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.outlines import Outlines, among, onto_corners, overlaps
from firelane.site.schema import limits

Objects = NDArray[np.object_]
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

_SIDES_AT_ONCE = 20_000
"""Sides whose clipped outlines are held at a time."""


@dataclass(frozen=True)
class Sides:
    """Pairs of polygons, each seen from one of the two.

    Attributes
    ----------
    outlines : Outlines
        Of all polygons.
    near, far : (n,) arrays
        Numbers of the two polygons of each side.
    """

    outlines: Outlines
    near: Indices
    far: Indices

    def __len__(self) -> int:
        """Return the number of sides."""
        return len(self.near)

    @classmethod
    def of(cls, outlines: Outlines, pairs: Indices) -> Sides:
        """Return both sides of ``n`` pairs: side ``k`` and side ``n + k`` are those of pair ``k``."""
        return cls(outlines, np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]]))

    def some(self, which: Indices) -> Sides:
        """Return some of the sides."""
        return Sides(self.outlines, self.near[which], self.far[which])


def have_crack(outlines: Outlines, pairs: Indices, limit_m: float) -> Mask:
    """Tell which pairs of polygons have a crack of at most ``limit_m`` [m] between them."""
    cracked = np.zeros(len(pairs), dtype=bool)
    _, side = _vertices_near(Sides.of(outlines, pairs), limit_m)
    cracked[side % len(pairs)] = True
    rest = np.flatnonzero(~cracked)
    for part in _parts(rest):
        _, _, side = _limit_rungs(Sides.of(outlines, pairs[part]), limit_m)
        cracked[part[side % len(part)]] = True
    return cracked


def rungs_of(outlines: Outlines, pairs: Indices, limit_m: float) -> list[Floats]:
    """Return, for each pair, segments across its crack from the first polygon to the second, shape (m, 2, 2).

    They stand at the corners of both, and where a widening crack reaches the limit.
    """
    starts, feet, owners = [], [], []
    for part in _parts(np.arange(len(pairs))):
        sides = Sides.of(outlines, pairs[part])
        for start, foot, side in (_corner_rungs(sides, limit_m), _limit_rungs(sides, limit_m)):
            turned = (side >= len(part))[:, None]
            starts.append(np.where(turned, foot, start))
            feet.append(np.where(turned, start, foot))
            owners.append(part[side % len(part)])
    table = np.column_stack([np.concatenate(owners), np.concatenate(starts), np.concatenate(feet)])
    table = np.unique(table, axis=0)
    table = table[np.linalg.norm(table[:, 1:3] - table[:, 3:5], axis=1) > 1e-9]
    split = np.searchsorted(table[:, 0], np.arange(1, len(pairs)))
    return np.split(np.ascontiguousarray(table[:, 1:]).reshape(-1, 2, 2), split)


def strange_sides(outlines: Outlines, pairs: Indices, touch_m: float) -> tuple[Mask, Mask]:
    """Tell of which pairs the first polygon has corners on the outline of the second that are none of its own.

    The second of the two answers is that of the second polygon's corners on the outline of the first.
    """
    sides = Sides.of(outlines, pairs)
    xy, side = outlines.corners(sides.near, outlines.bounds[sides.far], touch_m)
    beside = shapely.dwithin(outlines.lines[sides.far[side]], shapely.points(xy), touch_m)
    xy, side = xy[beside], side[beside]
    known, known_side = outlines.corners(sides.far, outlines.bounds[sides.near], touch_m)
    found = np.zeros(len(sides), dtype=bool)
    found[side[~among(xy, side, known, known_side)]] = True
    return found[: len(pairs)], found[len(pairs) :]


def _parts(which: Indices) -> Iterator[Indices]:
    half = _SIDES_AT_ONCE // 2
    return (which[n : n + half] for n in range(0, len(which), half))


def _vertices_near(sides: Sides, limit_m: float) -> tuple[Floats, Indices]:
    """Return corners of ``near`` that lie off ``far``, yet within ``limit_m`` of it, and the side of each."""
    outlines = sides.outlines
    xy, side = outlines.corners(sides.near, outlines.bounds[sides.far], limit_m)
    points, far = shapely.points(xy), outlines.geoms[sides.far[side]]
    near = shapely.dwithin(far, points, limit_m * (1.0 + 1e-9))
    touching = shapely.dwithin(far, points, float(limits()["mend"]["touch_m"]))
    chosen = near & ~touching
    return xy[chosen], side[chosen]


def _corner_rungs(sides: Sides, limit_m: float) -> tuple[Floats, Floats, Indices]:
    """Return rungs (start, foot) at the corners of ``near``, and the side of each."""
    outlines = sides.outlines
    start, side = _vertices_near(sides, limit_m)
    known, known_side = outlines.corners(sides.far, outlines.bounds[sides.near], 2.0 * limit_m)
    foot, _ = onto_corners(outlines.feet(sides.far[side], start), side, known, known_side)
    leaves = _leaves(sides, side, start, foot, np.ones(len(side), dtype=bool))
    return start[leaves], foot[leaves], side[leaves]


def _limit_rungs(sides: Sides, limit_m: float) -> tuple[Floats, Floats, Indices]:
    """Return rungs (start, foot) where a widening crack reaches the limit, and the side of each."""
    outlines = sides.outlines
    far_bounds = outlines.bounds[sides.far]
    overlap = overlaps(outlines.bounds[sides.near], far_bounds, limit_m)
    outline = outlines.clipped(sides.near, overlap)
    facing = outlines.clipped(sides.far, overlaps(overlap, far_bounds, 2.0 * limit_m))
    some = np.flatnonzero(~shapely.is_empty(outline) & ~shapely.is_empty(facing))
    # A hair below the limit, so that the arithmetic cannot push the rung beyond it.
    reach = shapely.boundary(shapely.buffer(facing[some], limit_m * (1.0 - 1e-6), quad_segs=16))
    met, side = shapely.get_parts(shapely.intersection(outline[some], reach), return_index=True)
    is_point = shapely.get_type_id(met) == 0
    start, side = shapely.get_coordinates(met[is_point]), some[side[is_point]]
    foot = outlines.feet(sides.far[side], start)
    # Inside the other polygon there is no crack; at its corner the crack ends, and the corner's own
    # rung stands there: a slanted one would bevel the outer edge.
    open_side = np.linalg.norm(foot - start, axis=1) > 0.5 * limit_m
    known, known_side = outlines.corners(sides.far, overlap, limit_m)
    keep = open_side & ~onto_corners(foot, side, known, known_side)[1]
    leaves = _leaves(sides, side, start, foot, keep)
    return start[leaves], foot[leaves], side[leaves]


def _leaves(sides: Sides, side: Indices, start: Floats, foot: Floats, asked: Mask) -> Mask:
    """Tell which of the rungs asked about leave the outline of ``near`` at once, instead of running along it.

    Beside the mouth of a crack the nearest point of the other polygon lies straight ahead along
    the outer edge; such a rung encloses nothing.
    """
    leaves = asked.copy()
    if not asked.any():
        return leaves
    # One piece of outline serves all rungs of a side, those not asked about too: it never depends on who asks.
    begins = np.concatenate([[0], np.flatnonzero(np.diff(side)) + 1])
    low = np.minimum.reduceat(np.minimum(start, foot), begins) - 1e-3
    high = np.maximum.reduceat(np.maximum(start, foot), begins) + 1e-3
    place = (np.searchsorted(begins, np.arange(len(side)), side="right") - 1)[asked]
    used, place = np.unique(place, return_inverse=True)
    outline = sides.outlines.clipped(sides.near[side[begins[used]]], np.column_stack([low[used], high[used]]))
    near, start, foot = sides.near[side[asked]], start[asked], foot[asked]
    ahead = shapely.points(start + 0.01 * (foot - start))
    length: Floats = np.linalg.norm(foot - start, axis=1)
    found = ~np.asarray(shapely.dwithin(sides.outlines.geoms[near], ahead, 0.005 * length), dtype=bool)
    # Nor may it cut a corner off: it meets the outline again only where it starts.
    rungs = shapely.linestrings(np.stack([start, foot], axis=1))
    met, owner = shapely.get_coordinates(shapely.intersection(rungs, outline[place]), return_index=True)
    found[owner[np.linalg.norm(met - start[owner], axis=1) > 1e-8]] = False
    leaves[asked] = found
    return leaves
