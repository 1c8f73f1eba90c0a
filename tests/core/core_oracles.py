"""Independent oracles for the measuring core: slow, plain, and sharing no code with firelane.

Three of them, each written from the definition:

* :func:`all_pairs_pinches`: every pair of boundary features, their closest points, the empty disc;
* :func:`widest_by_erosion` and :func:`joined_by_erosion`: free space shrunk by a polygonal buffer;
* :func:`cut_pieces` and :func:`widest_by_pieces`: free space sawn apart along the chords, and joined again
  from the widest chord down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from core_scenes import Scene

# A chord's disc may be touched within this: closest points are known to about 1e-9 m at 4e6 m from zero.
DISC_SLACK_M = 2e-8
# Half the band in which the polygonal erosion decides nothing: arcs of 64 chords and input simplification.
EROSION_BAND_M = 0.012


def obstacle_segments(scene: Scene) -> np.ndarray:
    """Every obstacle as a closed segment, shape (n, 2, 2); a post is a segment of length 0.

    Mouths are taken out of the outline, their ends stay as ends of what is left of it.
    """
    outline = scene.area.boundary
    for mouth in scene.mouths:
        outline = outline.difference(mouth.buffer(1e-7, cap_style="flat"))
    parts = [*_lines_of(outline), *(part for line in scene.lines for part in _lines_of(line))]
    if scene.lines:
        # a stretch of kerb between two walls has its own plateau
        origin = np.floor(shapely.get_coordinates(scene.area).mean(axis=0))
        noded = shapely.union_all([shapely.transform(part, lambda xy: xy - origin) for part in parts])
        parts = [shapely.transform(part, lambda xy: xy + origin) for part in _lines_of(noded)]
    pieces = []
    for part in parts:
        xy = shapely.get_coordinates(part)
        pieces.append(np.stack([xy[:-1], xy[1:]], axis=1))
    ends = [shapely.get_coordinates(mouth)[[0, -1]] for mouth in scene.mouths]
    # a wall's tip is a place of its own: beside it the middle of an overlap may be blocked, and it not
    tips = [shapely.get_coordinates(line)[[0, -1]] for line in scene.lines]
    posts = np.concatenate([scene.points.reshape(-1, 2), *ends, *tips, _ends_of_parallels(np.concatenate(pieces))])
    pieces.append(np.stack([posts, posts], axis=1))
    return np.concatenate(pieces)


def _ends_of_parallels(segments: np.ndarray) -> np.ndarray:
    """Ends of segments that run as some other does: the middle of their overlap may be blocked, and they not."""
    along = segments[:, 1] - segments[:, 0]
    turn = np.round(np.arctan2(along[:, 1], along[:, 0]) % np.pi, 6) % round(np.pi, 6)
    _, which, count = np.unique(turn, return_inverse=True, return_counts=True)
    return np.unique(segments[count[which] > 1].reshape(-1, 2), axis=0)


def _lines_of(geometry: shapely.Geometry) -> list[shapely.LineString]:
    parts = shapely.get_parts(geometry)
    return [part for part in parts if part.geom_type in {"LineString", "LinearRing"} and part.length > 0]


def _as_geometry(segments: np.ndarray) -> shapely.Geometry:
    length = np.hypot(*(segments[:, 1] - segments[:, 0]).T)
    lines = shapely.linestrings(segments[length > 0])
    points = shapely.points(segments[length == 0][:, 0])
    return shapely.geometrycollections([shapely.multilinestrings(lines), shapely.multipoints(points)])


def closest_points(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the closest points of pairs of segments, each (n, 2, 2); the overlap's middle where parallel.

    Crossing segments give a point of distance 0 somewhere; here no one asks where.
    """
    (a0, a1), (b0, b1) = (one[:, 0], one[:, 1]), (two[:, 0], two[:, 1])
    best_p, best_q = np.empty_like(a0), np.empty_like(a0)
    best = np.full(len(a0), np.inf)
    for point, start, end, swapped in (
        (a0, b0, b1, False),
        (a1, b0, b1, False),
        (b0, a0, a1, True),
        (b1, a0, a1, True),
    ):
        foot = _foot(point, start, end)
        distance = np.hypot(*(foot - point).T)
        take = distance < best
        best = np.where(take, distance, best)
        p, q = (foot, point) if swapped else (point, foot)
        best_p[take], best_q[take] = p[take], q[take]
    crossing = _cross(one, two)
    best_q[crossing] = best_p[crossing]

    # parallel: the closest pairs form a strip; take its middle
    u, v = a1 - a0, b1 - b0
    length_u, length_v = np.hypot(*u.T), np.hypot(*v.T)
    with np.errstate(divide="ignore", invalid="ignore"):
        direction = u / length_u[:, None]
        sine = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / (length_u * length_v)
        t0 = ((b0 - a0) * direction).sum(axis=1)
        t1 = ((b1 - a0) * direction).sum(axis=1)
        low = np.maximum(np.minimum(t0, t1), 0.0)
        high = np.minimum(np.maximum(t0, t1), length_u)
        parallel = (sine <= 1e-8) & (high - low > 1e-9) & ~crossing
    middle = a0[parallel] + direction[parallel] * ((low + high) / 2)[parallel, None]
    best_p[parallel] = middle
    best_q[parallel] = _foot(middle, b0[parallel], b1[parallel])
    return best_p, best_q


def _foot(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    along = end - start
    square = (along**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(square > 0, ((point - start) * along).sum(axis=1) / square, 0.0)
    return start + along * np.clip(t, 0.0, 1.0)[:, None]


def _cross(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    def side(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])

    a0, a1, b0, b1 = one[:, 0], one[:, 1], two[:, 0], two[:, 1]
    return (side(a0, a1, b0) * side(a0, a1, b1) < 0) & (side(b0, b1, a0) * side(b0, b1, a1) < 0)


def all_pairs_pinches(scene: Scene, width_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Enumerate the pinches of a scene: 1e-6 m < width < ``width_m``.

    A pinch's contacts are the closest points of the two features they lie on (an empty diametral disc
    keeps either feature in the half plane beyond its contact), so all pairs of features find them all.

    Returns
    -------
    p, q : ndarray (n, 2)
        Contacts [m].
    width_m : ndarray (n,)
        Lengths [m].
    """
    segments = obstacle_segments(scene)
    origin = np.floor(segments.reshape(-1, 2).mean(axis=0))
    segments = segments - origin
    obstacles, free = _as_geometry(segments), shapely.transform(scene.area, lambda xy: xy - origin)
    shapely.prepare(obstacles)
    shapely.prepare(free)
    found_p, found_q = [], []
    low, high = segments.min(axis=1), segments.max(axis=1)
    for i in range(len(segments) - 1):
        gap = np.maximum(low[i + 1 :] - high[i], low[i] - high[i + 1 :]).max(axis=1)
        others = segments[i + 1 :][gap < width_m]
        p, q = closest_points(np.broadcast_to(segments[i], others.shape), others)
        width = np.hypot(*(q - p).T)
        keep = (width > 1e-6) & (width < width_m)
        found_p.append(p[keep])
        found_q.append(q[keep])
    p, q = np.concatenate(found_p), np.concatenate(found_q)
    width = np.hypot(*(q - p).T)
    middle = (p + q) / 2
    centres = shapely.points(middle)
    empty = ~shapely.dwithin(obstacles, centres, np.maximum(width / 2 - DISC_SLACK_M, 0.0))
    # the middle of a chord across a mouth may lie on the outline, or outside a bent one: hence "or within"
    inside = shapely.dwithin(free, centres, 1e-9)
    p, q, width = p[empty & inside], q[empty & inside], width[empty & inside]
    square = _stands_square(segments, p, q) & _stands_square(segments, q, p)
    p, q, width = p[square], q[square], width[square]
    chosen = _unique(p, q)
    return p[chosen] + origin, q[chosen] + origin, width[chosen]


def _stands_square(segments: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Whether every obstacle that ends at p makes 90° or more with p → q.

    The slack of the disc lets edges in that lean into it by up to 1e-4: depth goes with the angle's square.
    """
    ends = segments.reshape(-1, 2)
    away = segments[:, ::-1].reshape(-1, 2) - ends
    length = np.hypot(*away.T)
    result = np.ones(len(p), dtype=bool)
    for i in range(len(p)):
        # shorter ones are rounding where a wall was drawn to a kerb
        here = (np.abs(ends - p[i]).max(axis=1) < 1e-9) & (length > 1e-8)
        chord = q[i] - p[i]
        width = np.hypot(*chord)
        cosine = away[here] @ chord / (length[here] * width)
        result[i] = (cosine <= 2e-8 + 2e-9 / width).all()
    return result


def _unique(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Indices of chords that differ by more than 1e-6 m from every chosen one before."""
    chosen: list[int] = []
    for i in range(len(p)):
        known_p, known_q = p[chosen], q[chosen]
        same = np.hypot(*(known_p - p[i]).T) + np.hypot(*(known_q - q[i]).T) < 1e-6
        turned = np.hypot(*(known_p - q[i]).T) + np.hypot(*(known_q - p[i]).T) < 1e-6
        if not (same | turned).any():
            chosen.append(i)
    return np.array(chosen, dtype=int)


def pinch_difference(
    one: tuple[np.ndarray, np.ndarray, np.ndarray], two: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> list[str]:
    """Pinches that only one of two sets holds, as lines to read; empty means equal.

    Equal up to what no enumeration needs to settle: companions on one plateau (same width, parallel, side
    by side) and the two diagonals of a contact rectangle.
    """
    return [
        f"{tag} {width:.9f} m: {p[0]:.6f} {p[1]:.6f} – {q[0]:.6f} {q[1]:.6f}"
        for tag, (a, b) in (("only in the first:", (one, two)), ("only in the second:", (two, one)))
        for p, q, width in zip(*a, strict=True)
        if not has_match(p, q, width, b)
    ]


def has_match(
    p: np.ndarray, q: np.ndarray, width: float, others: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> bool:
    """Whether a pinch is in a set, as :func:`pinch_difference` counts it."""
    op, oq, owidth = others
    same_width = np.abs(owidth - width) <= 1e-7
    near = np.minimum(
        np.maximum(np.hypot(*(op - p).T), np.hypot(*(oq - q).T)),
        np.maximum(np.hypot(*(op - q).T), np.hypot(*(oq - p).T)),
    )
    if (same_width & (near <= 1e-5)).any():
        return True
    direction = (q - p) / width
    chord = oq - op
    sine = np.abs(direction[0] * chord[:, 1] - direction[1] * chord[:, 0]) / np.maximum(owidth, 1e-12)
    apart = (op + oq) / 2 - (p + q) / 2
    companion = same_width & (sine < 1e-6) & (np.abs(apart @ direction) < 1e-6)
    diagonal = (np.abs(owidth - width) <= 1e-6) & (np.hypot(*apart.T) < 1e-3)
    return bool((companion | diagonal).any())


# --- erosion -----------------------------------------------------------------------------------------


def eroded(scene: Scene, width_m: float, quad_segs: int = 64) -> list[shapely.Polygon]:
    """Parts of the room for the centre of a disc ``width_m`` wide. A mouth continues as a strip outwards."""
    area = scene.area
    for mouth in scene.mouths:
        area = area.union(_strip_outside(scene.area, mouth))
    room = area.buffer(-width_m / 2, quad_segs=quad_segs)
    solids = [*scene.lines, *(shapely.Point(xy) for xy in scene.points)]
    if solids:
        room = room.difference(shapely.union_all(shapely.buffer(solids, width_m / 2, quad_segs=quad_segs)))
    return [part for part in shapely.get_parts(room) if part.geom_type == "Polygon" and not part.is_empty]


def _strip_outside(
    area: shapely.Geometry, mouth: shapely.LineString, length_m: float = 20.0
) -> shapely.Polygon:
    a, b = shapely.get_coordinates(mouth)[[0, -1]]
    normal = np.array([-(b - a)[1], (b - a)[0]]) / np.hypot(*(b - a))
    if area.covers(shapely.Point((a + b) / 2 + normal * 1e-3)):
        normal = -normal
    inwards = -normal * 1e-6  # overlap, so that rounding leaves no seam
    return shapely.Polygon([a + inwards, b + inwards, b + normal * length_m, a + normal * length_m])


def joined_by_erosion(
    scene: Scene, a: np.ndarray, b: np.ndarray, width_m: float, quad_segs: int = 64
) -> bool:
    """Whether a disc ``width_m`` wide centred on ``a`` can go to ``b``, by erosion."""
    if width_m <= 0:
        width_m = 1e-6
    ends = shapely.points([a, b])
    return any(bool(shapely.covers(part, ends).all()) for part in eroded(scene, width_m, quad_segs))


def widest_by_erosion(
    scene: Scene, a: np.ndarray, b: np.ndarray, lo_m: float = 0.0, hi_m: float = 16.0
) -> float:
    """Widest disc from ``a`` to ``b`` by bisection, to about ±``EROSION_BAND_M``; ``lo_m`` if none gets through."""
    low, high = lo_m, hi_m
    while high - low > 1e-3:
        middle = (low + high) / 2
        if joined_by_erosion(scene, a, b, middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2 if low > lo_m else lo_m


def erosion_contradicts(
    scene: Scene, a: np.ndarray, b: np.ndarray, width_m: float, cap_m: float = np.inf
) -> str:
    """Return why erosion contradicts ``width_m`` as the widest disc from a to b; "" where it agrees.

    A contradiction stands when arcs of 1,024 chords say the same.
    """
    said = _contradiction(scene, a, b, width_m, cap_m, 64)
    return said and _contradiction(scene, a, b, width_m, cap_m, 1_024)


def _contradiction(
    scene: Scene, a: np.ndarray, b: np.ndarray, width_m: float, cap_m: float, quad_segs: int
) -> str:
    low_m, high_m = width_m - EROSION_BAND_M, width_m + EROSION_BAND_M
    if width_m > EROSION_BAND_M and not joined_by_erosion(scene, a, b, low_m, quad_segs):
        return f"{scene.name}: {a} to {b}: erosion does not let {low_m:.4f} m through (unsafe)"
    if width_m < cap_m and joined_by_erosion(scene, a, b, high_m, quad_segs):
        return f"{scene.name}: {a} to {b}: erosion lets {high_m:.4f} m through (too strict)"
    return ""


# --- pieces --------------------------------------------------------------------------------------------


def cut_pieces(scene: Scene, p: np.ndarray, q: np.ndarray) -> list[shapely.Geometry]:
    """Pieces of free space cut along walls and chords p–q, each cut a saw 2e-6 m thick.

    Outline and posts are thickened too: features nearer to one another than 2e-6 m touch.
    """
    origin = np.floor(shapely.get_coordinates(scene.area).mean(axis=0))

    def local(shape: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(shape, lambda xy: xy - origin)

    free = local(scene.area)
    chords = shapely.linestrings(np.stack([p - origin, q - origin], axis=1)) if len(p) else []
    cuts = [*_lines_of(free.boundary), *map(local, scene.lines), *chords]
    if len(scene.points):
        cuts.append(shapely.multipoints(scene.points - origin))
    saw = shapely.union_all(shapely.buffer(cuts, 1e-6, quad_segs=2, cap_style="square"))
    parts = shapely.get_parts(free.difference(saw))
    # crumbs between neighbouring cuts are thinner than any disc
    return [shapely.transform(part, lambda xy: xy + origin) for part in parts if part.area > 1e-6]


def widest_by_pieces(scene: Scene, a: np.ndarray, b: np.ndarray, cap_m: float = 16.0) -> float:
    """Widest disc from a to b: sawn pieces joined from the widest chord down, and room at both ends."""
    p, q, width = all_pairs_pinches(scene, cap_m)
    segments = obstacle_segments(scene)
    room_m = 2 * shapely.distance(_as_geometry(segments), shapely.points([a, b])).min()
    # a cut at w holds the chords below w: the answer is the largest w at which a and b share a piece
    for limit_m in [cap_m, *sorted(set(np.round(width, 9)), reverse=True)]:
        chosen = width < limit_m - 1e-9
        if any(
            bool(shapely.intersects(piece, shapely.points([a, b])).all())
            for piece in cut_pieces(scene, p[chosen], q[chosen])
        ):
            return float(min(limit_m, room_m, cap_m))
    return 0.0
