"""Radius of a bent edge: where the arc lies between its straight legs, and the circle through it.

The edge is the polyline that was surveyed. Of all ways to cut it into leg, arc and leg the one with the least
squared error is taken (the algebraic circle of every stretch follows from sums of its coordinates, so all are
tried at once); the circle itself is then fitted geometrically, by the distance of the vertices from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from scipy.special import stdtrit

from firelane.lanes.boundary import Floats

CORNER_DEG = 35.0
"""A polyline that turns by more than this at one vertex is drawn with a corner there: that is no arc."""

CORNER_WITHIN_M = 0.5
CORNER_SHARE = 0.7
"""An edge that makes this share of its turn within ``CORNER_WITHIN_M`` has a square corner: no fillet."""

STRAIGHT_SHARE = 0.4
"""An edge that turns by less than this share of what the lane does is no edge of the bend."""

STRAIGHT_M = 1e-5
"""Vertices this near to the line between their neighbours say nothing of an arc."""

ALIKE_M = 1e-4
LEAST_SIGMA_M = 5e-4
MOST_VERTICES = 120
LEAST_VERTICES = 4
EXACT_M = 1e-3
COVER = 0.9772498680518208  # of a one-sided normal at 2 sigma


class Shape(StrEnum):
    """What an edge is at a bend."""

    ARC = "arc"
    SQUARE_CORNER = "square_corner"
    ANGULAR = "angular"
    FEW_VERTICES = "few_vertices"
    STRAIGHT = "straight"


@dataclass(frozen=True)
class EdgeArc:
    """One fitted edge.

    ``radius_m`` is 0 at a square corner and NaN where no circle was fitted. ``uncertainty_m`` is the standard
    uncertainty of the radius, widened for few vertices so that twice it covers 95 %. ``residual_m`` is the root
    mean square distance of the vertices from leg, arc and leg. ``arc_deg`` is the extent of the arc, ``points``
    the number of vertices on it.
    """

    shape: Shape
    radius_m: float
    uncertainty_m: float
    residual_m: float
    arc_deg: float
    points: int
    centre: tuple[float, float] | None
    place: tuple[float, float]
    line: shapely.LineString


def fit_edge(line: shapely.LineString, turn_rad: float, *, accuracy_m: float = 0.0) -> EdgeArc:
    """Return the arc of an edge that turns by about ``turn_rad`` in all.

    Parameters
    ----------
    line : LineString
        The edge from leg to leg.
    turn_rad : float
        By how much it turns, positive to the left; tells a bend from ripples of the survey.
    accuracy_m : float
        Survey accuracy (about two standard deviations) of the vertices [m].

    Returns
    -------
    EdgeArc
    """
    xy = shapely.get_coordinates(shapely.simplify(line, STRAIGHT_M))
    origin = xy.mean(axis=0)
    xy = xy - origin
    step = np.diff(xy, axis=0)
    length = np.hypot(*step.T)
    turns = _turns(step)
    if np.sign(turn_rad) * turns.sum() < STRAIGHT_SHARE * abs(turn_rad):
        middle = line.interpolate(0.5, normalized=True)
        return EdgeArc(Shape.STRAIGHT, np.nan, np.nan, np.nan, 0.0, len(xy), None, (float(middle.x), float(middle.y)), line)
    square = _square_corner(length, turns, turn_rad)
    if square is not None:
        at = xy[square + 1] + origin
        place = (float(at[0]), float(at[1]))
        line_at = shapely.LineString(np.vstack((xy[square], xy[square + 1], xy[square + 2])) + origin)
        return EdgeArc(Shape.SQUARE_CORNER, 0.0, 0.0, 0.0, 0.0, 1, None, place, line_at)
    least = max(accuracy_m / 2, LEAST_SIGMA_M)
    i, j, cuts_m = arc_within(xy, least_sigma_m=least)
    arc = xy[i : j + 1]
    whole = shapely.LineString(arc + origin)
    middle = whole.interpolate(0.5, normalized=True)
    place = (float(middle.x), float(middle.y))
    nothing = EdgeArc(Shape.FEW_VERTICES, np.nan, np.nan, np.nan, 0.0, len(arc), None, place, whole)
    if len(arc) < LEAST_VERTICES:
        return nothing
    if len(arc) > 2 and np.abs(turns[i : j - 1]).max() > np.radians(CORNER_DEG):
        return _with(nothing, Shape.ANGULAR)
    centre, radius, u = fit_circle(arc, least_sigma_m=least)
    away = arc - centre
    residual = np.hypot(*away.T) - radius
    legs = np.concatenate((_line_residuals(xy[: i + 1]), _line_residuals(xy[j:])))
    spread = np.concatenate((residual, legs))
    rms = float(np.sqrt(np.mean(spread**2)))
    if len(arc) <= LEAST_VERTICES and rms > EXACT_M:
        return nothing  # one vertex more than a circle has: nothing tells how well they were surveyed
    angle = np.unwrap(np.arctan2(away[:, 1], away[:, 0]))
    at = centre + origin
    return EdgeArc(
        Shape.ARC, radius, float(np.hypot(u, cuts_m)), max(rms, float(np.sqrt(np.mean(residual**2)))),
        float(np.degrees(abs(angle[-1] - angle[0]))), len(arc), (float(at[0]), float(at[1])), place, whole,
    )  # fmt: skip


def _with(arc: EdgeArc, shape: Shape) -> EdgeArc:
    return EdgeArc(
        shape, arc.radius_m, arc.uncertainty_m, arc.residual_m, arc.arc_deg, arc.points, arc.centre, arc.place, arc.line,
    )  # fmt: skip


def _turns(step: Floats) -> Floats:
    """Return the turn at each inner vertex [rad], positive to the left."""
    a, b = step[:-1], step[1:]
    turns: Floats = np.arctan2(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], (a * b).sum(axis=1))
    return turns


def _square_corner(length: Floats, turns: Floats, turn_rad: float) -> int | None:
    """Return the inner vertex about which the edge makes most of its turn at once; None where it does not."""
    if not len(turns):
        return None
    sign = 1.0 if turn_rad > 0 else -1.0
    where = np.cumsum(length)[:-1]
    total = np.r_[0.0, np.cumsum(sign * turns)]
    begin = np.searchsorted(where, where - CORNER_WITHIN_M, "left")
    within = total[1:] - total[begin]
    best = int(np.argmax(within))
    if within[best] < CORNER_SHARE * abs(turn_rad) or within[best] < np.radians(CORNER_DEG):
        return None
    # Of the vertices that share the turn the sharpest stands for the corner.
    first = int(begin[best])
    return first + int(np.argmax(sign * turns[first : best + 1]))


def arc_within(xy: Floats, *, least_sigma_m: float) -> tuple[int, int, float]:
    """Return first and last vertex of the arc in a polyline of leg, arc and leg.

    Parameters
    ----------
    xy : (n, 2) array
        Vertices, near the origin.
    least_sigma_m : float
        Standard deviation that vertices have at least [m].

    Returns
    -------
    first, last : int
    spread_m : float
        Root mean square difference in radius of the ways to cut that are about as likely: what it adds to the
        radius's uncertainty that nobody knows where the arc begins [m].
    """
    n = len(xy)
    pick = np.arange(n) if n <= MOST_VERTICES else np.unique(np.linspace(0, n - 1, MOST_VERTICES).astype(int))
    p = xy[pick]
    n = len(p)
    if n < LEAST_VERTICES:
        return 0, len(xy) - 1, 0.0
    first, last = np.triu_indices(n, LEAST_VERTICES - 1)
    circle, radius = _circle_cost(p, first, last)
    before, after = _line_cost(p)
    cost = circle + before[first] + after[last]
    best = float(cost.min())
    # Where the legs have no vertex of their own several ways fit alike: the longest arc is meant.
    alike = np.flatnonzero(cost <= best + n * ALIKE_M**2)
    span = np.r_[0.0, np.cumsum(np.hypot(*np.diff(p, axis=0).T))]
    order = np.lexsort((first[alike], -np.round(span[last[alike]] - span[first[alike]], 6)))
    chosen = int(alike[order[0]])
    sigma2 = max(best / max(n - 7, 1), least_sigma_m**2)
    weight = np.exp(np.maximum(-(cost - cost[chosen]) / (2 * sigma2), -700.0)) * np.isfinite(radius)
    # A shorter stretch of the same arc fits as well and says less: only what reaches as far tells another radius.
    weight[(last - first) < (last[chosen] - first[chosen]) / 2] = 0.0
    weight = np.minimum(weight, 1.0)
    apart = np.where(weight > 1e-3, radius - radius[chosen], 0.0)
    spread = float(np.sqrt((weight * apart**2).sum() / max(float(weight.sum()), 1e-12)))
    return int(pick[first[chosen]]), int(pick[last[chosen]]), spread


def _line_cost(p: Floats) -> tuple[Floats, Floats]:
    """Return the squared error of a straight line through vertices 0…k, and through k…end, for every k."""

    def upto(q: Floats) -> Floats:
        count = np.arange(1, len(q) + 1)
        sx, sy = np.cumsum(q, axis=0).T / count
        xx = np.cumsum(q[:, 0] ** 2) - count * sx**2
        yy = np.cumsum(q[:, 1] ** 2) - count * sy**2
        both = np.cumsum(q[:, 0] * q[:, 1]) - count * sx * sy
        least = (xx + yy) / 2 - np.sqrt(np.maximum(((xx - yy) / 2) ** 2 + both**2, 0.0))
        error: Floats = np.maximum(least, 0.0)
        return error

    return upto(p), upto(p[::-1])[::-1]


def _circle_cost(p: Floats, first: np.ndarray, last: np.ndarray) -> tuple[Floats, Floats]:
    """Return squared error and radius of the algebraic circle through ``first``…``last``, for every pair."""
    x, y = p.T
    z = x * x + y * y
    columns = np.column_stack((x, y, z, x * x, x * y, y * y, x * z, y * z, z * z))
    sums = np.vstack((np.zeros(9), np.cumsum(columns, axis=0)))
    s = sums[last + 1] - sums[first]
    count = (last - first + 1).astype(float)
    mx, my, mz = (s[:, :3] / count[:, None]).T
    xx, xy_, yy = s[:, 3] - count * mx * mx, s[:, 4] - count * mx * my, s[:, 5] - count * my * my
    xz, yz, zz = s[:, 6] - count * mx * mz, s[:, 7] - count * my * mz, s[:, 8] - count * mz * mz
    det = xx * yy - xy_ * xy_
    bad = det <= 1e-12 * np.maximum((xx + yy) ** 2, 1e-12)
    det = np.where(bad, 1.0, det)
    a, b = (xz * yy - yz * xy_) / det, (yz * xx - xz * xy_) / det
    algebraic = zz - a * xz - b * yz
    radius2 = np.maximum(mz - a * mx - b * my + (a * a + b * b) / 4, 1e-12)
    # (d² - R²) is about 2R times the distance from the circle.
    cost = np.maximum(algebraic, 0.0) / (4 * radius2)
    return np.where(bad, np.inf, cost), np.where(bad, np.inf, np.sqrt(radius2))


def _line_residuals(p: Floats) -> Floats:
    """Return the distances of vertices from the straight line through them."""
    if len(p) < 3:
        return np.zeros(0)
    q = p - p.mean(axis=0)
    normal = np.linalg.svd(q, full_matrices=False)[2][1]
    distance: Floats = q @ normal
    return distance


def fit_circle(xy: Floats, *, least_sigma_m: float = 0.0) -> tuple[Floats, float, float]:
    """Return centre, radius and the radius's standard uncertainty of the circle nearest to some points [m].

    Parameters
    ----------
    xy : (n, 2) array
        At least three points.
    least_sigma_m : float
        Standard deviation that the points have at least, however well they happen to fit [m].

    Notes
    -----
    Gauss-Newton on the distances from the circle, damped, from the algebraic circle. The uncertainty follows
    from the residuals, is widened for few points (Student's t) and for residuals that follow each other (a shape
    that is no circle).

    >>> angle = np.radians(np.arange(0, 91, 5))
    >>> centre, radius, u = fit_circle(9 * np.column_stack((np.cos(angle), np.sin(angle))))
    >>> round(radius, 9), u < 1e-6
    (9.0, True)
    """
    shift = xy.mean(axis=0)
    p = xy - shift
    a = np.column_stack((2 * p, np.ones(len(p))))
    first = np.linalg.lstsq(a, (p**2).sum(axis=1), rcond=None)[0]
    state = np.array([first[0], first[1], np.sqrt(max(first[2] + first[0] ** 2 + first[1] ** 2, 1e-12))])
    damping, error = 1e-6, np.inf
    for _ in range(60):
        away = p - state[:2]
        distance = np.maximum(np.hypot(*away.T), 1e-12)
        residual = distance - state[2]
        jacobian = np.column_stack((-away / distance[:, None], -np.ones(len(p))))
        normal = jacobian.T @ jacobian
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), -jacobian.T @ residual)
        error = float(residual @ residual)
        trial = state + step
        after = float(((np.hypot(*(p - trial[:2]).T) - trial[2]) ** 2).sum())
        if after > error:
            damping = min(damping * 10, 1e6)
            if damping >= 1e6:
                break
            continue
        state, damping = trial, max(damping / 10, 1e-12)
        if np.abs(step).max() < 1e-12 * max(1.0, state[2]):
            break
    away = p - state[:2]
    distance = np.maximum(np.hypot(*away.T), 1e-12)
    residual = distance - state[2]
    jacobian = np.column_stack((-away / distance[:, None], -np.ones(len(p))))
    spread = float(np.linalg.pinv(jacobian.T @ jacobian)[2, 2])
    u = np.sqrt(spread) * np.hypot(_sigma(residual), least_sigma_m)
    return state[:2] + shift, float(state[2]), float(u)


def _sigma(residual: Floats) -> float:
    """Return the standard deviation that residuals of a circle tell, widened for few and for alike neighbours."""
    freedom = len(residual) - 3
    if freedom < 1:
        return 0.0
    square = float(residual @ residual)
    widened = float(stdtrit(freedom, COVER)) / 2
    follow = float(residual[1:] @ residual[:-1]) / max(square, 1e-30)
    follow = min(max(follow, 0.0), 0.9)
    return float(np.sqrt(square / freedom * (1 + follow) / (1 - follow))) * widened
