"""Squares among segments: how large one is at a place, between what, and where it grows to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.optimize import linprog
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Floats

AT_ONCE = 400_000
"""Pairs of cell and segment worked on at once: memory, not results, depends on it."""

ROUNDS = 40
NEAR_M = 1.5


@dataclass(frozen=True)
class Segments:
    """Obstacles as segments, points among them as segments without length."""

    start: Floats
    end: Floats

    @classmethod
    def of(cls, shapes: list[BaseGeometry]) -> Segments:
        """Return the segments of lines, and the points."""
        parts = shapely.get_parts(np.asarray(shapes, dtype=object))
        parts = np.asarray([p for part in parts for p in shapely.get_parts(part)], dtype=object)
        kinds = shapely.get_dimensions(parts)
        rings = [shapely.boundary(p) for p in parts[kinds == 2]]
        lines = np.asarray([q for r in [*parts[kinds == 1], *rings] for q in shapely.get_parts(r)], dtype=object)
        xy, index = shapely.get_coordinates(lines, return_index=True)
        same = index[1:] == index[:-1]
        dots = shapely.get_coordinates(parts[kinds == 0]).reshape(-1, 2)
        return cls(np.vstack((xy[:-1][same], dots)), np.vstack((xy[1:][same], dots)))

    def within(self, shape: BaseGeometry, reach_m: float, window: BaseGeometry) -> Segments:
        """Return those near a shape."""
        west, south, east, north = window.bounds
        low, high = np.minimum(self.start, self.end), np.maximum(self.start, self.end)
        rows = np.flatnonzero((low[:, 0] <= east) & (high[:, 0] >= west) & (low[:, 1] <= north) & (high[:, 1] >= south))
        if not len(rows):
            return Segments(self.start[rows], self.end[rows])
        lines = shapely.linestrings(np.stack((self.start[rows], self.end[rows]), axis=1))
        dot = (self.start[rows] == self.end[rows]).all(axis=1)
        lines[dot] = shapely.points(self.start[rows][dot])  # a line without length has no distance
        rows = rows[shapely.dwithin(shape, lines, reach_m)]
        return Segments(self.start[rows], self.end[rows])

    def turned(self, xy: Floats, angle: Floats) -> tuple[Floats, Floats]:
        """Return starts and ends as seen from places, turned by angles: (places, segments, 2)."""
        turn = np.stack((np.stack((np.cos(angle), -np.sin(angle)), -1), np.stack((np.sin(angle), np.cos(angle)), -1)), -2)
        return (self.start[None] - xy[:, None]) @ turn, (self.end[None] - xy[:, None]) @ turn

    def reach(self, xy: Floats, angle: Floats) -> Floats:
        """Return half the side of the largest square about each place that contains no segment [m]."""
        result = np.full(len(xy), np.inf)
        for rows in self._portions(len(xy)):
            result[rows] = square_distance(*self.turned(xy[rows], angle[rows])).min(axis=1, initial=np.inf)
        return result

    def gap(self, xy: Floats, angle: Floats, half_m: float, spread_m: Floats, half_rad: Floats) -> Floats:
        """Return how long a square of cells can be between obstacles on opposite sides [m].

        Parameters
        ----------
        xy, angle : (n, 2) and (n,) arrays
            Middles of the cells.
        half_m : float
            Only squares of at least twice this count [m].
        spread_m, half_rad : (n,) arrays
            Size of the cells across, and in rotation.

        Returns
        -------
        (n,) array
            ``inf`` where no two obstacles are sure to be on opposite sides.
        """
        result = np.full(len(xy), np.inf)
        for rows in self._portions(len(xy)):
            a, b = self.turned(xy[rows], angle[rows])
            one = _between(a, b, half_m, spread_m[rows], half_rad[rows])
            a, b = (np.stack((p[..., 1], -p[..., 0]), axis=-1) for p in (a, b))
            result[rows] = np.minimum(one, _between(a, b, half_m, spread_m[rows], half_rad[rows]))
        return result

    def _portions(self, count: int) -> list[slice]:
        size = max(AT_ONCE // max(len(self.start), 1), 1)
        return [slice(k, k + size) for k in range(0, count, size)]


def square_distance(a: Floats, b: Floats) -> Floats:
    """Return the distance max(|u|, |v|) of segments from the origin.

    >>> float(square_distance(np.array([2.0, -1.0]), np.array([2.0, 5.0])))
    2.0
    """
    au, av, du, dv = a[..., 0], a[..., 1], b[..., 0] - a[..., 0], b[..., 1] - a[..., 1]
    # Along a segment the distance is the largest of four linear functions: least at an end or where two are equal.
    least = np.minimum(np.maximum(np.abs(au), np.abs(av)), np.maximum(np.abs(b[..., 0]), np.abs(b[..., 1])))
    with np.errstate(divide="ignore", invalid="ignore"):
        for top, slope in ((au, du), (av, dv), (au - av, du - dv), (au + av, du + dv)):
            t = np.clip(np.nan_to_num(-top / slope, nan=0.0), 0.0, 1.0)
            least = np.minimum(least, np.maximum(np.abs(au + t * du), np.abs(av + t * dv)))
    distance: Floats = least
    return distance


def _between(a: Floats, b: Floats, half_m: float, spread_m: Floats, half_rad: Floats) -> Floats:
    """Return the room along v that obstacles leave which every square of a cell has within its width along u."""
    inner = half_m / (1 + half_rad) - spread_m  # nothing lies nearer than this (the caller has seen to it)
    farthest = 2 * half_m + spread_m
    strip = half_m - spread_m * (1 + half_rad) - half_rad * farthest
    usable = (inner > 0) & (strip > 0)
    w = np.maximum(strip, 0.0)[:, None]
    # Clip each segment to |u| <= strip.
    du = b[..., 0] - a[..., 0]
    flat = np.abs(du) < 1e-12
    safe = np.where(flat, 1.0, du)
    t1, t2 = (-w - a[..., 0]) / safe, (w - a[..., 0]) / safe
    low, high = np.maximum(np.minimum(t1, t2), 0.0), np.minimum(np.maximum(t1, t2), 1.0)
    low, high = np.where(flat, 0.0, low), np.where(flat, 1.0, high)
    there = np.where(flat, np.abs(a[..., 0]) <= w, low <= high) & usable[:, None]
    ends = np.stack((a + low[..., None] * (b - a), a + high[..., None] * (b - a)), axis=2)  # (cells, segments, 2, 2)
    above = there & (ends[..., 1].max(axis=2) > 0)
    below = there & ~above
    u, v = ends[..., 0], ends[..., 1]
    best = np.full(len(a), 0.0)
    for sign in (1.0, -1.0):  # rotations to either side of the cell's own
        turn = sign * half_rad
        seen = [v, v * np.cos(turn)[:, None, None] - u * np.sin(turn)[:, None, None]]
        room = np.full(len(a), np.inf)
        for look in seen:
            top, bottom = _least(look, above, u, v), _least(-look, below, u, v)
            known = ~(np.isinf(top[0]) | np.isinf(bottom[0]))
            rise, run = top[2] - bottom[2], top[1] - bottom[1]
            # Room between two points, seen at the cell's rotation and at its farthest; in between at most a sagitta more.
            most = np.maximum(rise, rise * np.cos(turn) - run * np.sin(turn))
            most = most + np.hypot(rise, run) * half_rad**2 / 8
            room = np.where(known, np.minimum(room, most), room)
        best = np.maximum(best, room)
    result: Floats = np.where(usable, best, np.inf)
    return result


def _least(look: Floats, chosen: np.ndarray, u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the least value among chosen segments' ends, and where it is."""
    flat = np.where(chosen[..., None], look, np.inf).reshape(len(look), -1)
    if not flat.shape[1]:
        return np.full(len(look), np.inf), np.zeros(len(look)), np.zeros(len(look))
    at = flat.argmin(axis=1)
    rows = np.arange(len(look))
    value = flat[rows, at]
    return value, u.reshape(len(look), -1)[rows, at], v.reshape(len(look), -1)[rows, at]


def push(
    segments: Segments, accepts: Callable[[float, Floats, float], bool], xy: Floats, angle: float, *, most_m: float
) -> tuple[float, Floats, float]:
    """Return side, centre and rotation of the square that one grows to from a place.

    Each round solves the linear programme in which every obstacle near the square keeps to the side on which it is;
    a step that does not make the square larger is shortened.

    Parameters
    ----------
    segments : Segments
    accepts : callable
        Tells of side, centre and rotation whether that square may be taken.
    xy : (2,) array
    angle : float
        [rad]
    most_m : float
        Where the square stops growing [m].
    """

    def side(at: Floats, turn: float) -> float:
        length = float(min(2 * segments.reach(at[None], np.array([turn]))[0], most_m))
        return length if accepts(length, at, turn) else 0.0

    best = side(xy, angle)
    trust = max(best / 2, 1.0)
    for _ in range(ROUNDS):
        if best >= most_m - 1e-9 or trust < 1e-10 or best <= 0:
            break
        step = _step(segments, xy, angle, best, trust)
        if step is None:
            break
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        at, turned = xy + turn @ step[:2], angle + step[2]
        grown = side(at, turned)
        if grown > best + 1e-12:
            small = grown - best < 1e-10
            xy, angle, best = at, turned, grown
            trust *= 1.5
            if small:
                break
        else:
            trust /= 4
    return best, xy, angle % (np.pi / 2)


def _step(segments: Segments, xy: Floats, angle: float, side_m: float, trust: float) -> Floats | None:
    a, b = (p[0] for p in segments.turned(xy[None], np.array([angle])))
    half = side_m / 2
    near = square_distance(a, b) <= half + NEAR_M + 2 * trust
    a, b = a[near], b[near]
    if not len(a):
        return np.zeros(3)
    along = b - a
    length = np.hypot(*along.T)
    normal = np.column_stack((-along[:, 1], along[:, 0])) / np.maximum(length, 1e-12)[:, None]
    normal *= np.where((normal * a).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    offset = (normal * a).sum(axis=1)
    apart = np.column_stack((
        np.minimum(a[:, 0], b[:, 0]), np.minimum(-a[:, 0], -b[:, 0]), np.minimum(a[:, 1], b[:, 1]),
        np.minimum(-a[:, 1], -b[:, 1]), np.where(length > 1e-9, offset - half * (np.abs(normal).sum(axis=1) - 1), -np.inf),
    ))  # fmt: skip
    axis = apart.argmax(axis=1)
    rows, limits = [], []
    for k, (sign, along_u) in enumerate(((1, True), (-1, True), (1, False), (-1, False))):
        for p in (a[axis == k], b[axis == k]):
            one, zero = np.full(len(p), float(sign)), np.zeros(len(p))
            turning = -sign * p[:, 1] if along_u else sign * p[:, 0]
            shift = (one, zero) if along_u else (zero, one)
            rows.append(np.column_stack((*shift, turning, np.full(len(p), 0.5))))
            limits.append(sign * p[:, 0 if along_u else 1])
    n = normal[axis == 4]
    su, sv = np.sign(n).T if len(n) else (np.zeros(0), np.zeros(0))
    turning = (su * n[:, 1] - sv * n[:, 0]) * half
    rows.append(np.column_stack((n, turning, np.abs(n).sum(axis=1) / 2)))
    limits.append(offset[axis == 4])
    found = linprog(
        [0.0, 0.0, 0.0, -1.0], A_ub=np.vstack(rows), b_ub=np.concatenate(limits),
        bounds=[(-trust, trust), (-trust, trust), (-trust / max(half, 0.5), trust / max(half, 0.5)), (0.0, None)],
        method="highs",
    )  # fmt: skip
    return np.asarray(found.x[:3]) if found.status == 0 else None
