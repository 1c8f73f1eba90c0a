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

from firelane.site.schema import limits

Objects = NDArray[np.object_]
Floats = NDArray[np.float64]
Pairs = NDArray[np.intp]

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
    found = []
    for i, j in _near_pairs(array, to_m):
        distance_m = float(shapely.distance(array[i], array[j]))
        if distance_m > from_m:
            found.append((int(i), int(j), round(distance_m, 6)))
    return found


def _near_pairs(geoms: Objects, distance_m: float) -> Pairs:
    """Return pairs i < j of geometries within ``distance_m`` of each other, shape (n, 2)."""
    if len(geoms) < 2:
        return np.empty((0, 2), dtype=np.intp)
    left, right = shapely.STRtree(geoms).query(geoms, predicate="dwithin", distance=distance_m)
    keep = left < right
    pairs = np.column_stack([left[keep], right[keep]])
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _cracked_groups(geoms: Objects, limit_m: float) -> list[Pairs]:
    """Return groups of polygons that are joined by cracks; polygons without one are in no group."""
    pairs = _near_pairs(geoms, limit_m)
    if not len(pairs):
        return []
    shapely.prepare(geoms)
    cracked = np.array([_has_crack(geoms[i], geoms[j], limit_m) for i, j in pairs], dtype=bool)
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
    for i, j in _near_pairs(geoms, touch_m):
        for near, far in ((i, j), (j, i)):
            corners = _corners_beside(out[near], out[far], touch_m)
            if not len(corners):
                continue
            strange = corners[~_is_among(corners, _corners(out[far], shapely.bounds(out[near]), touch_m))]
            if len(strange):
                snapped = shapely.snap(out[far], shapely.multipoints(strange), touch_m)
                if shapely.is_valid(snapped):
                    out[far] = snapped
    return out


def _corners_beside(geom: shapely.Geometry, other: shapely.Geometry, distance_m: float) -> Floats:
    """Return the corners of ``geom`` within ``distance_m`` of the outline of ``other``."""
    outline = shapely.boundary(other)
    shapely.prepare(outline)
    xy = _corners(geom, shapely.bounds(other), distance_m)
    near: Floats = xy[shapely.dwithin(outline, shapely.points(xy), distance_m)]
    return near


def _corners(geom: shapely.Geometry, bounds: Iterable[float], margin_m: float) -> Floats:
    """Return the corners of ``geom`` within the bounds, widened by the margin; each once."""
    west, south, east, north = bounds
    xy = shapely.get_coordinates(geom)
    inside = (xy[:, 0] >= west - margin_m) & (xy[:, 0] <= east + margin_m)
    inside &= (xy[:, 1] >= south - margin_m) & (xy[:, 1] <= north + margin_m)
    # As complex numbers they are sorted several times faster than as rows.
    pairs = np.unique(np.ascontiguousarray(xy[inside]).view(np.complex128).ravel())
    chosen: Floats = pairs.view(np.float64).reshape(-1, 2)
    return chosen


def _is_among(points: Floats, known: Floats) -> NDArray[np.bool_]:
    """Tell which points stand among the known ones, to the last digit."""
    pool = {(x, y) for x, y in known.tolist()}
    return np.array([(x, y) in pool for x, y in points.tolist()], dtype=bool)


def _vertices_near(geom: shapely.Geometry, other: shapely.Geometry, limit_m: float) -> Floats:
    """Return corners of ``geom`` that lie off ``other``, yet within ``limit_m`` of it."""
    xy = _corners(geom, shapely.bounds(other), limit_m)
    points = shapely.points(xy)
    # Prepared polygons answer this through an index, so that large networks cost no more.
    near = shapely.dwithin(other, points, limit_m * (1.0 + 1e-9))
    touching = shapely.dwithin(other, points, float(limits()["mend"]["touch_m"]))
    chosen: Floats = xy[near & ~touching]
    return chosen


def _has_crack(one: shapely.Geometry, other: shapely.Geometry, limit_m: float) -> bool:
    return any(
        len(_vertices_near(near, far, limit_m)) > 0 or len(_limit_rungs(near, far, limit_m)[0]) > 0
        for near, far in ((one, other), (other, one))
    )


def _close_group(geoms: Objects, limit_m: float) -> tuple[Objects, NDArray[np.bool_]]:
    """Close the cracks within one group; return the polygons and which of them changed."""
    shapely.prepare(geoms)
    ladders: list[Floats] = []
    nodes: list[list[Floats]] = [[] for _ in geoms]
    for i, j in _near_pairs(geoms, limit_m):
        rungs = _rungs(geoms[i], geoms[j], limit_m)
        if len(rungs):
            ladders.append(rungs)
            crossings = shapely.get_coordinates(
                shapely.intersection(shapely.boundary(geoms[i]), shapely.boundary(geoms[j]))
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
    faces, owner = _faces(noded, rungs)
    cells = _cracks(noded, faces[~owner.any(axis=0)], rungs, limit_m)
    if not len(cells):
        return geoms, changed
    shapely.prepare(noded)
    fill: list[list[shapely.Geometry]] = [[] for _ in geoms]
    for crack in shapely.get_parts(shapely.coverage_union_all(cells)):
        touching = np.flatnonzero(shapely.dwithin(noded, crack, 1e-9))
        fill[int(touching[0])].append(crack)
        changed[touching] = True
    out = geoms.copy()
    for n in np.flatnonzero(changed):
        # Put together from the same faces, polygons and cracks share their edges to the last digit.
        own = shapely.coverage_union_all(faces[owner[n]])
        if abs(float(shapely.area(own)) - float(shapely.area(geoms[n]))) > _ROUNDING_M:
            own = noded[n]
        out[n] = shapely.union_all([own, *fill[n]]) if fill[n] else _single(own)
    return out, changed


def _single(geom: shapely.Geometry) -> shapely.Geometry:
    """Return the only part of a geometry that has one."""
    parts = shapely.get_parts(geom)
    return parts[0] if len(parts) == 1 else geom


def _rungs(one: shapely.Geometry, other: shapely.Geometry, limit_m: float) -> Floats:
    """Return segments across the crack, from ``one`` to ``other``, shape (n, 2, 2).

    They stand at the corners of both, and where a widening crack reaches the limit.
    """
    sides = []
    for near, far, turned in ((one, other, False), (other, one, True)):
        corners = _vertices_near(near, far, limit_m)
        start, foot = _limit_rungs(near, far, limit_m)
        if len(corners):
            corner_foot = _snapped(_foot(corners, far), _corners(far, shapely.bounds(near), 2.0 * limit_m))
            leaves = _leaves(corners, corner_foot, near)
            start = np.concatenate([corners[leaves], start])
            foot = np.concatenate([corner_foot[leaves], foot])
        sides.append(np.stack((foot, start) if turned else (start, foot), axis=1))
    found = np.unique(np.concatenate(sides), axis=0)
    length = np.linalg.norm(found[:, 0] - found[:, 1], axis=1)
    rungs: Floats = found[length > 1e-9]
    return rungs


def _foot(points: Floats, geom: shapely.Geometry) -> Floats:
    """Return the nearest points of ``geom``."""
    segments = shapely.shortest_line(shapely.points(points), geom)
    feet: Floats = shapely.get_coordinates(segments).reshape(-1, 2, 2)[:, 1]
    return feet


def _leaves(start: Floats, foot: Floats, geom: shapely.Geometry) -> NDArray[np.bool_]:
    """Tell which rungs leave the outline of ``geom`` at once, instead of running along it.

    Beside the mouth of a crack the nearest point of the other polygon lies straight ahead along
    the outer edge; such a rung encloses nothing.
    """
    if not len(start):
        return np.zeros(0, dtype=bool)
    ahead = shapely.points(start + 0.01 * (foot - start))
    length: Floats = np.linalg.norm(foot - start, axis=1)
    leaves = ~np.asarray(shapely.dwithin(geom, ahead, 0.005 * length), dtype=bool)
    # Nor may it cut a corner off: it meets the outline again only where it starts.
    ends = np.concatenate([start, foot])
    outline = shapely.clip_by_rect(
        shapely.boundary(geom), *(ends.min(axis=0) - 1e-3), *(ends.max(axis=0) + 1e-3)
    )
    rungs = shapely.linestrings(np.stack([start, foot], axis=1))
    met, owner = shapely.get_coordinates(shapely.intersection(rungs, outline), return_index=True)
    leaves[owner[np.linalg.norm(met - start[owner], axis=1) > 1e-8]] = False
    return leaves


def _limit_rungs(near: shapely.Geometry, far: shapely.Geometry, limit_m: float) -> tuple[Floats, Floats]:
    """Return rungs (start, foot) where a widening crack reaches the limit."""
    nothing = np.empty((0, 2)), np.empty((0, 2))
    overlap = _overlap(shapely.bounds(near), shapely.bounds(far), limit_m)
    outline = shapely.clip_by_rect(shapely.boundary(near), *overlap)
    facing = shapely.clip_by_rect(
        shapely.boundary(far), *_overlap(overlap, shapely.bounds(far), 2.0 * limit_m)
    )
    if shapely.is_empty(outline) or shapely.is_empty(facing):
        return nothing
    # A hair below the limit, so that the arithmetic cannot push the rung beyond it.
    reach = shapely.boundary(shapely.buffer(facing, limit_m * (1.0 - 1e-6), quad_segs=16))
    points = shapely.get_parts(shapely.intersection(outline, reach))
    start = shapely.get_coordinates(points[shapely.get_type_id(points) == 0])
    if not len(start):
        return nothing
    foot = _foot(start, far)
    # Inside the other polygon there is no crack; at its corner the crack ends, and the corner's own
    # rung stands there: a slanted one would bevel the outer edge.
    open_side = np.linalg.norm(foot - start, axis=1) > 0.5 * limit_m
    corners = _corners(far, overlap, limit_m)
    corner = _is_among(_snapped(foot, corners), corners)
    keep = open_side & ~corner & _leaves(start, foot, near)
    return start[keep], foot[keep]


def _overlap(
    one: Iterable[float], other: Iterable[float], margin_m: float
) -> tuple[float, float, float, float]:
    """Return the rectangle that two bounds share, each widened by the margin."""
    a, b = tuple(one), tuple(other)
    return (
        max(a[0], b[0]) - margin_m, max(a[1], b[1]) - margin_m,
        min(a[2], b[2]) + margin_m, min(a[3], b[3]) + margin_m,
    )  # fmt: skip


def _snapped(points: Floats, corners_xy: Floats) -> Floats:
    """Move points that lie within 1e-9 m of a corner onto that corner."""
    if not len(corners_xy) or not len(points):
        return points
    corners = shapely.points(corners_xy)
    nearest = shapely.STRtree(corners).nearest(shapely.points(points))
    target = shapely.get_coordinates(corners[nearest])
    close = np.linalg.norm(target - points, axis=1) <= 1e-9
    return np.where(close[:, None], target, points)


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


def _faces(geoms: Objects, rungs: Objects) -> tuple[Objects, NDArray[np.bool_]]:
    """Return the faces between outlines and rungs, and which polygon each lies in, shape (n, faces)."""
    lines = shapely.union_all(np.concatenate([shapely.boundary(geoms), rungs]))
    faces = shapely.get_parts(shapely.polygonize([lines]))
    owner = np.zeros((len(geoms), len(faces)), dtype=bool)
    inside = shapely.point_on_surface(faces)
    polygon, face = shapely.STRtree(inside).query(geoms, predicate="contains")
    owner[polygon, face] = True
    return faces, owner


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
    for n in np.flatnonzero(small & ~thin):
        thin[n] = np.count_nonzero(shapely.dwithin(geoms, faces[n], 1e-9)) >= 3
    chosen: Objects = faces[thin]
    return chosen
