"""Hairline gaps between road polygons: closed exactly, so that no other edge moves.

Two polygons drawn beside each other often leave a crack of millimetres that would split the road.
Buffering out and in again would close it, and would also move sharp tips and fill real notches.
Here the crack itself is built: *rungs* run from every corner beside the crack to the nearest point
of the other polygon; outlines and rungs together enclose the crack in cells, and the cells that are
nowhere wider than the limit are joined to a polygon. All cells end at existing outlines, so the
union of the roads gains the crack and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from firelane.site.outline import Outline
from firelane.site.outlines import Outlines, overlaps
from firelane.site.rungs import have_crack, rungs_of, strange_sides
from firelane.site.schema import limits

Objects = NDArray[np.object_]
Floats = NDArray[np.float64]
Pairs = NDArray[np.intp]
Indices = NDArray[np.intp]

_ROUNDING_M = 1e-6  # the tolerance of every judged length (contract §2)


def close_hairline_gaps(geoms: Iterable[shapely.Geometry], gap_m: float | None = None) -> Objects:
    """Close cracks of at most ``gap_m`` between polygons; leave every other edge where it is.

    Parameters
    ----------
    geoms : sequence of Polygon or MultiPolygon
        Road polygons in metres, one per row.
    gap_m : float, optional
        Widest crack that is closed [m]; 0.030 (contract §1) by default.

    Returns
    -------
    ndarray of geometries, as many as given and in the same order
        Polygons without a crack beside them are returned as they are. A crack is added to the first
        of the polygons beside it; the others gain vertices on their outlines, so that the joint is
        exact to the last digit. Outlines that touch but for rounding (1e-7 m) are given common
        corners, or their union would keep a slit.

    >>> a, b = shapely.box(0, 0, 5, 4), shapely.box(5.01, 0, 10, 4)
    >>> joined = shapely.union_all(close_hairline_gaps([a, b]))
    >>> joined.geom_type, round(joined.area, 9)
    ('Polygon', 40.0)
    """
    # Coordinates are rounded: a crack drawn 30 mm wide measures 30.000 000 5 mm.
    limit_m = (float(limits()["mend"]["hairline_gap_m"]) if gap_m is None else gap_m) + _ROUNDING_M
    out = _with_common_corners(np.array(list(geoms), dtype=object))
    groups = _cracked_groups(out, limit_m)
    for group in groups:
        # A local origin keeps the feet of the rungs exact to about 1e-13 m.
        origin = np.floor(shapely.bounds(out[group[0]])[:2])
        local = shapely.transform(out[group], lambda xy, o=origin: xy - o)
        closed, changed = _close_group(local, limit_m)
        back = shapely.transform(closed, lambda xy, o=origin: xy + o)
        # Rounding to map coordinates may fold a crack of nanometres.
        folded = changed & ~shapely.is_valid(back)
        back[folded] = shapely.make_valid(back[folded], method="structure", keep_collapsed=False)
        out[group[changed]] = back[changed]
    return _with_common_corners(out) if groups else out


def open_gaps(geoms: Iterable[shapely.Geometry], from_m: float, to_m: float) -> list[tuple[int, int, float]]:
    """Return the pairs of polygons that lie between ``from_m`` and ``to_m`` apart, and how far [m].

    >>> open_gaps([shapely.box(0, 0, 5, 4), shapely.box(5.031, 0, 9, 4)], 0.03, 0.1)
    [(0, 1, 0.031)]
    """
    array = np.array(list(geoms), dtype=object)
    pairs = _near_pairs(array, to_m)
    distance_m = shapely.distance(array[pairs[:, 0]], array[pairs[:, 1]])
    return [
        (i, j, round(apart_m, 6))
        for (i, j), apart_m in zip(pairs.tolist(), distance_m.tolist(), strict=True)
        if apart_m > from_m
    ]


def _near_pairs(geoms: Objects, distance_m: float) -> Pairs:
    """Return pairs i < j of geometries within ``distance_m`` of each other, shape (n, 2)."""
    if len(geoms) < 2:
        return np.empty((0, 2), dtype=np.intp)
    west, south, east, north = shapely.bounds(geoms).T
    around = shapely.box(west - distance_m, south - distance_m, east + distance_m, north + distance_m)
    left, right = shapely.STRtree(geoms).query(around)
    left, right = left[left < right], right[left < right]
    # The larger of two is asked, through its index: the cost does not grow with its vertices.
    larger = shapely.get_num_coordinates(geoms)[left] >= shapely.get_num_coordinates(geoms)[right]
    shapely.prepare(geoms[np.unique(np.where(larger, left, right))])
    near = shapely.dwithin(geoms[np.where(larger, left, right)], geoms[np.where(larger, right, left)], distance_m)
    pairs = np.column_stack([left[near], right[near]])
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _cracked_groups(geoms: Objects, limit_m: float) -> list[Pairs]:
    """Return groups of polygons that are joined by cracks; polygons without one are in no group."""
    pairs = _near_pairs(geoms, limit_m)
    if not len(pairs):
        return []
    members, places = np.unique(pairs, return_inverse=True)
    cracked = have_crack(Outlines(geoms[members]), places.reshape(-1, 2), limit_m)
    chosen = pairs[cracked]
    if not len(chosen):
        return []
    # A neighbour that touches without a crack may still bound the cell where three polygons meet.
    members = np.unique(chosen)
    graph = coo_array((np.ones(len(chosen)), (chosen[:, 0], chosen[:, 1])), shape=(len(geoms), len(geoms)))
    _, labels = connected_components(graph, directed=False)
    return [members[labels[members] == label] for label in np.unique(labels[members])]


def _with_common_corners(geoms: Objects) -> Objects:
    """Give polygons that touch but for rounding the same corners; the others stay as they are.

    A corner that lies 1e-10 m off a neighbour's edge would leave a slit in their union.
    """
    touch_m = float(limits()["mend"]["touch_m"])
    out = geoms.copy()
    pairs = _near_pairs(geoms, touch_m)
    if not len(pairs):
        return out
    members, places = np.unique(pairs, return_inverse=True)
    firsts, seconds = strange_sides(Outlines(geoms[members]), places.reshape(-1, 2), touch_m)
    if not (firsts.any() or seconds.any()):
        return out
    outlines = _Lazy(out)
    changed = np.zeros(len(geoms), dtype=bool)
    # First every polygon takes the corners of those before it, so that two which differ by rounding become one;
    # then those before it take what corners it has besides.
    for sides, strange in ((pairs, firsts), (pairs[:, ::-1], seconds)):
        order = np.lexsort(sides.T)
        near, far = sides[order].T
        begins = np.flatnonzero(np.diff(far)) + 1
        asked = np.logical_or.reduceat(strange[order], np.concatenate([[0], begins]))
        for n, others, ask in zip(np.unique(far).tolist(), np.split(near, begins), asked.tolist(), strict=True):
            # What was found of all holds for these two as long as neither has changed.
            if ask or changed[n] or changed[others].any():
                found = _snapped_to(outlines[n], [outlines[m] for m in others.tolist()], touch_m)
                if found is not None:
                    out[n], changed[n] = found, True
                    outlines.forget(n)
    return out


class _Lazy:
    """Outlines of polygons in an array, made when they are first asked for."""

    def __init__(self, geoms: Objects) -> None:
        self._geoms, self._made = geoms, dict[int, Outline]()

    def __getitem__(self, n: int) -> Outline:
        if n not in self._made:
            self._made[n] = Outline(self._geoms[n])
        return self._made[n]

    def forget(self, n: int) -> None:
        """Make the outline anew: the polygon is another."""
        self._made.pop(n, None)


def _snapped_to(own: Outline, others: list[Outline], touch_m: float) -> shapely.Geometry | None:
    """Return a polygon with the corners that others have on its outline; None where there are none to take."""
    strange = [xy for other in others if len(xy := _strange_corners(other, own, touch_m))]
    if not strange:
        return None
    snapped = own.snapped(_first_of_each(np.concatenate(strange), touch_m), touch_m)
    return snapped if shapely.is_valid(snapped) else None


def _first_of_each(points: Floats, touch_m: float) -> Floats:
    """Return the points without those that touch an earlier one: the first neighbour decides where a corner is."""
    places = shapely.points(points)
    later, earlier = shapely.STRtree(places).query(places, predicate="dwithin", distance=touch_m)
    keep = np.ones(len(points), dtype=bool)
    keep[later[earlier < later]] = False
    return points[keep]


def _strange_corners(near: Outline, far: Outline, touch_m: float) -> Floats:
    """Return the corners of ``near`` on the outline of ``far`` that are none of its own."""
    xy = near.corners(far.bounds, touch_m)
    if not len(xy):
        return xy
    beside: Floats = xy[shapely.dwithin(far.line, shapely.points(xy), touch_m)]
    return beside[~_is_among(beside, far.corners(near.bounds, touch_m))]


def _is_among(points: Floats, known: Floats) -> NDArray[np.bool_]:
    """Tell which points stand among the known ones, to the last digit."""
    pool = {(x, y) for x, y in known.tolist()}
    return np.array([(x, y) in pool for x, y in points.tolist()], dtype=bool)


def _close_group(geoms: Objects, limit_m: float) -> tuple[Objects, NDArray[np.bool_]]:
    """Close the cracks within one group; return the polygons and which of them changed."""
    outlines = Outlines(geoms)
    ladders: list[Floats] = []
    nodes: list[list[Floats]] = [[] for _ in geoms]
    pairs = _near_pairs(geoms, limit_m)
    shared = overlaps(outlines.bounds[pairs[:, 0]], outlines.bounds[pairs[:, 1]], limit_m)
    for k, rungs in enumerate(rungs_of(outlines, pairs, limit_m)):
        if len(rungs):
            ladders.append(rungs)
            i, j = pairs[k].tolist()
            crossings = shapely.get_coordinates(
                shapely.intersection(*outlines.clipped(pairs[k], np.repeat(shared[[k]], 2, axis=0)))
            )
            nodes[i] += [rungs[:, 0], crossings]
            nodes[j] += [rungs[:, 1], crossings]
    changed = np.zeros(len(geoms), dtype=bool)
    if not ladders:
        return geoms, changed
    noded = np.array(
        [_with_vertices(g, np.concatenate(n)) if n else g for g, n in zip(geoms, nodes, strict=True)],
        dtype=object,
    )
    rungs = shapely.linestrings(np.concatenate(ladders))
    faces, owned = _faces(noded, rungs)
    free = np.ones(len(faces), dtype=bool)
    free[np.concatenate(owned)] = False
    cells = _cracks(noded, faces[free], rungs, limit_m)
    if not len(cells):
        return geoms, changed
    fill: list[list[shapely.Geometry]] = [[] for _ in geoms]
    cracks = shapely.get_parts(_joined(cells))
    beside, crack = _touching(noded, cracks, 1e-9)
    changed[beside] = True
    order = np.lexsort((beside, crack))
    _, first = np.unique(crack[order], return_index=True)
    for n, c in zip(beside[order][first].tolist(), crack[order][first].tolist(), strict=True):
        fill[n].append(cracks[c])
    out = geoms.copy()
    for n in np.flatnonzero(changed):
        # Put together from the same faces, polygons and cracks share their edges to the last digit.
        own = _joined(faces[owned[n]])
        if abs(float(shapely.area(own)) - float(shapely.area(geoms[n]))) > _ROUNDING_M:
            own = noded[n]
        out[n] = shapely.union_all([own, *fill[n]]) if fill[n] else _single(own)
    return out, changed


def _joined(faces: Objects) -> shapely.Geometry:
    """Return the union of faces that share edges, to the last digit wherever that can be had."""
    try:
        return shapely.coverage_union_all(faces)
    except shapely.GEOSException:
        # Slivers of nanometres may overlap but for rounding.
        return shapely.union_all(faces)


def _touching(geoms: Objects, others: Objects, distance_m: float) -> tuple[Indices, Indices]:
    """Return which of ``geoms`` lie within a distance of which of ``others``, through the index of each."""
    west, south, east, north = shapely.bounds(others).T
    around = shapely.box(west - distance_m, south - distance_m, east + distance_m, north + distance_m)
    other, own = shapely.STRtree(geoms).query(around)
    shapely.prepare(geoms)
    near = shapely.dwithin(geoms[own], others[other], distance_m)
    return own[near], other[near]


def _single(geom: shapely.Geometry) -> shapely.Geometry:
    """Return the only part of a geometry that has one."""
    parts = shapely.get_parts(geom)
    return parts[0] if len(parts) == 1 else geom


def _with_vertices(geom: shapely.Geometry, points: Floats) -> shapely.Geometry:
    """Return the polygon with further vertices on its outline, where ``points`` lie on it."""
    polygons = []
    for part in shapely.get_parts(geom):
        holes = [
            _ring_with(shapely.get_interior_ring(part, n), points)
            for n in range(shapely.get_num_interior_rings(part))
        ]
        polygons.append(shapely.polygons(_ring_with(shapely.get_exterior_ring(part), points), holes or None))
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)


def _ring_with(ring: shapely.Geometry, points: Floats) -> shapely.Geometry:
    xy = shapely.get_coordinates(ring)
    edges = shapely.STRtree(shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)))
    hit, edge = edges.query_nearest(shapely.points(points), max_distance=1e-8, all_matches=False)
    if not len(hit):
        return ring
    points = points[hit]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(xy, axis=0), axis=1))])
    where = along[edge] + np.linalg.norm(points - xy[edge], axis=1)
    order = np.argsort(np.concatenate([along, where]), kind="stable")
    merged = np.concatenate([xy, points])[order]
    # Existing corners stay; of a new vertex that falls on one, or on another, one is kept.
    fresh = (order >= len(xy)).astype(bool)
    step = np.linalg.norm(np.diff(merged, axis=0), axis=1) <= 1e-9
    drop = np.zeros(len(merged), dtype=bool)
    drop[1:] |= step & fresh[1:]
    drop[:-1] |= step & fresh[:-1] & ~fresh[1:]
    kept = merged[~drop]
    # A vertex located beyond the closing point would leave the ring open.
    if not np.array_equal(kept[0], kept[-1]):
        kept = np.concatenate([kept, kept[:1]])
    return shapely.linearrings(kept)


def _faces(geoms: Objects, rungs: Objects) -> tuple[Objects, list[Indices]]:
    """Return the faces between outlines and rungs, and which of them lie in each polygon."""
    lines = shapely.union_all(np.concatenate([shapely.boundary(geoms), rungs]))
    faces = shapely.get_parts(shapely.polygonize([lines]))
    polygon, face = shapely.STRtree(shapely.point_on_surface(faces)).query(geoms, predicate="contains")
    order = np.lexsort((face, polygon))
    ends = np.searchsorted(polygon[order], np.arange(1, len(geoms)))
    return faces, np.split(face[order], ends)


def _cracks(geoms: Objects, faces: Objects, rungs: Objects, limit_m: float) -> Objects:
    """Return those of the outer faces that belong to a crack.

    They lie at a rung, and no disc as wide as the limit fits in. Where three polygons meet, the
    void in their midst may be a little wider.
    """
    if not len(faces):
        return faces
    # Where rungs cross, the corners of a face lie on them but for rounding.
    at_rung = np.unique(shapely.STRtree(rungs).query(faces, predicate="dwithin", distance=1e-9)[0])
    faces = faces[at_rung]
    thin = shapely.is_empty(shapely.buffer(faces, -limit_m / 2.0 - 1e-9, quad_segs=4))
    small = shapely.minimum_bounding_radius(faces) <= 2.0 * limit_m
    void = np.flatnonzero(small & ~thin)
    if len(void):
        thin[void] = np.bincount(_touching(geoms, faces[void], 1e-9)[1], minlength=len(void)) >= 3
    chosen: Objects = faces[thin]
    return chosen
