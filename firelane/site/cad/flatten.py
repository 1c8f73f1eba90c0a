"""Curves become chords: bulges, arcs and ellipses by angle, splines to the same quality for their size."""

from __future__ import annotations

import math

import numpy as np
import shapely
from ezdxf.entities.spline import Spline
from ezdxf.math import BSpline, Vec3
from numpy.typing import NDArray
from scipy.interpolate import BSpline as SciPyBSpline

from firelane.site.schema import limits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FEWEST_PARTS, _MOST_PARTS = 4, 1024  # of a spline between two of its knots
_PORTION = 50_000  # vertices that are flattened at a time


def arc_step_rad() -> float:
    """Return the angle of one chord [rad]."""
    return math.radians(float(limits()["mend"]["arc_step_deg"]))


def chords(vertices: Floats, bulges: Floats, sizes: Ints) -> tuple[Floats, Ints]:
    """Return the corners of paths whose segments may be arcs.

    Parameters
    ----------
    vertices : ndarray (n, 3)
        Of all paths, one after the other; a closed path repeats its first vertex.
    bulges : ndarray (n,)
        Tangent of a quarter of the angle of the arc to the next vertex, counter-clockwise positive; that of a path's last
        vertex has no meaning.
    sizes : ndarray of int
        Number of vertices of each path.

    Returns
    -------
    corners : ndarray (m, 3)
        The vertices themselves unchanged; those between lie on the arcs.
    sizes : ndarray of int
    """
    if len(vertices) <= _PORTION:
        return _chords(vertices.reshape(-1, 3), bulges, sizes)
    # Portion by portion: what is computed on the way is several times what comes of it.
    ends = np.cumsum(sizes)
    marks = np.unique([0, *np.searchsorted(ends, np.arange(_PORTION, len(vertices), _PORTION)).tolist(), len(sizes)])
    stops = np.concatenate([[0], ends])
    made = [
        _chords(vertices[stops[a] : stops[b]], bulges[stops[a] : stops[b]], sizes[a:b])
        for a, b in zip(marks[:-1].tolist(), marks[1:].tolist(), strict=True)
    ]
    return np.concatenate([part[0] for part in made]), np.concatenate([part[1] for part in made])


def _chords(vertices: Floats, bulges: Floats, sizes: Ints) -> tuple[Floats, Ints]:
    """Return the corners of paths, as :func:`chords` does."""
    if not len(vertices):
        return vertices, sizes
    last = np.zeros(len(vertices), dtype=bool)
    last[np.cumsum(sizes) - 1] = True
    bulge = np.where(last, 0.0, bulges)
    chord = np.zeros((len(vertices), 2))
    chord[:-1] = vertices[1:, :2] - vertices[:-1, :2]
    chord[last] = 0.0
    bulge[(chord == 0.0).all(axis=1)] = 0.0
    # A full turn less rounding is the most an arc can be; a damaged bulge must not ask for millions of chords.
    angle = 4.0 * np.arctan(bulge)
    steps = np.maximum(np.ceil(np.abs(angle) / arc_step_rad() - 1e-9).astype(np.int64), 1)
    curved = steps > 1
    if not curved.any():
        return vertices, sizes
    owner = np.repeat(np.arange(len(vertices)), steps)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(steps) - steps, steps)
    out = vertices[owner].copy()
    inner = number > 0
    which = owner[inner]
    b, d = bulge[which], chord[which]
    # The centre stands left of the chord for a counter-clockwise arc of less than half a turn.
    lever = (1.0 - b * b) / (4.0 * b)
    half = np.stack([d[:, 0] / 2.0 - lever * d[:, 1], d[:, 1] / 2.0 + lever * d[:, 0]], axis=1)
    turn = angle[which] * number[inner] / steps[which]
    cos, sin = np.cos(turn), np.sin(turn)
    spoke = -half
    out[inner, 0] += half[:, 0] + cos * spoke[:, 0] - sin * spoke[:, 1]
    out[inner, 1] += half[:, 1] + sin * spoke[:, 0] + cos * spoke[:, 1]
    rise = np.zeros(len(vertices))
    rise[:-1] = vertices[1:, 2] - vertices[:-1, 2]
    out[inner, 2] += rise[which] * number[inner] / steps[which]
    ends = np.cumsum(sizes)
    return out, np.add.reduceat(steps, ends - sizes)


def arc_vertices(centre: Vec3, radius: float, start_deg: float, end_deg: float) -> list[tuple[float, ...]]:
    """Return an arc as three vertices (x, y, z, bulge): two halves, neither of which is more than half a turn."""
    sweep = math.radians((end_deg - start_deg) % 360.0) or 2.0 * math.pi
    start = math.radians(start_deg)
    bulge = math.tan(sweep / 8.0)
    turned = (start, start + sweep / 2.0, math.radians(end_deg))
    rows: list[tuple[float, ...]] = [
        (centre.x + radius * math.cos(t), centre.y + radius * math.sin(t), centre.z, bulge) for t in turned
    ]
    if sweep == 2.0 * math.pi:
        rows[2] = rows[0]
    return rows


def ellipse_points(centre: Vec3, major: Vec3, minor: Vec3, start: float, end: float) -> Floats:
    """Return the corners (n, 3) of an elliptic arc from one parameter to the other [rad]; closed where it is whole."""
    sweep = (end - start) % (2.0 * math.pi)
    whole = sweep < 1e-9 or sweep > 2.0 * math.pi - 1e-9
    if whole:
        sweep = 2.0 * math.pi
    count = max(2, math.ceil(sweep / arc_step_rad() - 1e-9) + 1)
    t = start + np.linspace(0.0, sweep, count)[:, None]
    points: Floats = np.array(centre.xyz) + np.cos(t) * np.array(major.xyz) + np.sin(t) * np.array(minor.xyz)
    if whole:
        points[-1] = points[0]
    return points


def curve_points(curve: BSpline) -> Floats:
    """Return the corners (n, 3) of a B-spline, as fine for its size as a circle's chords are for a circle.

    Knots beyond the curve's own domain, as periodic splines have them, only shape its ends.
    """
    control = np.array([v.xyz for v in curve.control_points], dtype=float)
    size = float(np.ptp(control, axis=0).max())
    if not np.isfinite(size) or size <= 0.0:
        return control[:1]
    knots, degree = np.array(curve.knots(), dtype=float), int(curve.degree)
    weights = np.array(curve.weights() or np.ones(len(control)), dtype=float)[:, None]
    form = SciPyBSpline(knots, np.hstack([control * weights, weights]), degree)
    inner = np.unique(knots[degree : len(control) + 1])
    sagitta = 0.5 * size * (1.0 - math.cos(arc_step_rad() / 2.0))
    parts = _FEWEST_PARTS
    while True:
        t = np.concatenate([np.linspace(inner[:-1], inner[1:], parts, endpoint=False).T.ravel(), inner[-1:]])
        whole = form(t)
        points: Floats = whole[:, :3] / whole[:, 3:]
        middle = form((t[1:] + t[:-1]) / 2.0)
        off = np.linalg.norm(middle[:, :3] / middle[:, 3:] - (points[1:] + points[:-1]) / 2.0, axis=1)
        worst = float(off.max())
        if not worst > sagitta or parts >= _MOST_PARTS:
            return points
        # The sagitta falls with the square of the number of chords.
        parts = min(max(parts + 1, math.ceil(parts * math.sqrt(worst / sagitta))), _MOST_PARTS)


def spline_points(spline: Spline) -> Floats:
    """Return the corners (n, 3) of a SPLINE; a closed one ends where it starts."""
    points = curve_points(spline.construction_tool())
    if len(points) > 2 and not np.array_equal(points[0], points[-1]):
        size = float(np.ptp(points, axis=0).max())
        if spline.closed or float(np.linalg.norm(points[0] - points[-1])) <= 1e-9 * size:
            apart = float(np.linalg.norm(points[0] - points[-1]))
            points = np.concatenate([points[:-1] if apart <= 1e-6 * size else points, points[:1]])
    return points


def outlines(shells: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return simple polygons nested in each other as areas with holes, by the even-odd rule.

    Polygons that overlap without one lying in the other are joined by the same rule.
    """
    if len(shells) < 2:
        return shells
    order = np.argsort(-shapely.area(shells), kind="stable")
    shells = shells[order]
    outer, inner = shapely.STRtree(shells).query(shells, predicate="contains_properly")
    depth = np.bincount(inner[outer != inner], minlength=len(shells))
    nested = np.zeros(len(shells), dtype=np.int64) - 1
    for o, i in zip(outer.tolist(), inner.tolist(), strict=True):
        # Sorted by size, the last one that holds it is the smallest: its parent.
        if o != i and depth[o] == depth[i] - 1:
            nested[i] = o
    made = []
    for n in np.flatnonzero(depth % 2 == 0):
        holes = [shapely.get_exterior_ring(shells[k]) for k in np.flatnonzero(nested == n)]
        made.append(shapely.polygons(shapely.get_exterior_ring(shells[n]), holes or None))
    out = np.array(made, dtype=object)
    one, other = shapely.STRtree(out).query(out, predicate="intersects")
    pairs = one < other
    if shapely.is_valid(out).all() and shapely.touches(out[one[pairs]], out[other[pairs]]).all():
        return out
    # Outlines that cross or touch along an edge: the rule itself, one after the other.
    whole = shells[0]
    for shell in shells[1:]:
        whole = shapely.symmetric_difference(whole, shell)
    parts = shapely.get_parts(whole)
    areas: NDArray[np.object_] = parts[shapely.get_dimensions(parts) == 2]
    return areas
