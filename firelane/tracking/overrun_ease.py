"""Ease the wheel: turn a drive of a shrunk body into the one near it that has to be shrunk least, by linear programmes.

The search tells poses apart by cells; what is left of a drive's freedom within them is worth a decimetre. Here the
curvatures of its steps are the unknowns. In each round all that the body might touch is written as a line (a corner of
the body against an edge, a corner of the ground against a side of the body), and the least shrink that keeps to all of
them is found exactly; the move is kept small, and taken back where it does not help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.tracking.drive import Drive
from firelane.tracking.field import Field, Region
from firelane.tracking.overrun_programme import SPARE_M, Course, Lines, Programme, Steering, course_of
from firelane.tracking.sweep import placed, rectangle
from firelane.tracking.vehicle import Policy, Vehicle

ROUNDS = 14
SETTLED = 5
MOVE_M = 0.6
"""How far a pose may be moved aside in the first round [m]."""
SHARES = (1.0, 0.5, 0.25)
"""Shares of a move that are tried: the lines hold near a course only, and looking is far cheaper than another programme."""
GOOD = 0.6
"""Share of what the lines promise from which on no smaller move is tried."""
WIDEN = 1.6
"""How much farther the next move may go where the lines kept what they had promised."""
LEAST_MOVE_M = 0.008
LEAST_GAIN_M = 0.001
"""Where the lines promise no more than this it has settled [m]; a quarter of it where there may be a line."""
CALM_ROUNDS, CALM_MOVE_M, CALM_RISE_M = 4, 0.4, 5e-4
"""Rounds of lessening what is reached over in all, the first move, and by how much the shrink may rise meanwhile [m]."""
HEAD_ON = 0.8
NEARLY_M = 0.05
"""Below this shrink every millimetre is fought for: there may be a line."""
_REACH_M = 0.6
NEAREST = 2
_AROUND_M = 2.0


@dataclass(frozen=True)
class Ground:
    """What one rectangle of the vehicle has to keep off: the body's, or that between its wheels."""

    corners: Floats
    area: shapely.Geometry
    segments: Floats
    tree: shapely.STRtree
    solid: Bools
    """Whether a segment bounds the area; else it is a wall or a post inside it."""
    points: Floats

    @classmethod
    def near(cls, region: Region, corners: Floats, box: Floats) -> Ground:
        """Return what lies in a box of the site's CRS (x0, y0, x1, y1)."""
        edges = region.edges + np.tile(region.origin, 2)
        low, high = np.minimum(edges[:, :2], edges[:, 2:]), np.maximum(edges[:, :2], edges[:, 2:])
        here = ((low <= box[2:]) & (high >= box[:2])).all(axis=1)
        rings = sum(shapely.get_num_coordinates(r) - 1 for r in shapely.get_rings(shapely.get_parts(region.area)).tolist())
        segments = edges[here]
        area = shapely.clip_by_rect(region.area, *(box + np.array([-9.0, -9.0, 9.0, 9.0])))
        shapely.prepare(area)
        # a corner of the ground that opens to the road is never under the side of a body that stands on the road
        bounding = np.flatnonzero(here) < rings
        points = np.unique(np.vstack([_thorns(region), segments[~bounding, :2], segments[~bounding, 2:]]), axis=0)
        points = points[((points >= box[:2]) & (points <= box[2:])).all(axis=1)]
        tree = shapely.STRtree(shapely.linestrings(segments.reshape(-1, 2, 2)))
        return cls(corners, area, segments, tree, bounding, points)


def _thorns(region: Region) -> Floats:
    """Return the vertices of an area at which what lies around it juts in."""
    found = [np.zeros((0, 2))]
    for part in shapely.get_parts(shapely.orient_polygons(region.area)):
        for ring in shapely.get_rings(part):
            xy = shapely.get_coordinates(ring)[:-1]
            before, after = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
            found.append(xy[before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0] < 0])
    return np.vstack(found)


def ease(
    course: Course, where: Field, vehicle: Vehicle, policy: Policy, *, asked_m: float = np.inf, move_m: float = MOVE_M
) -> tuple[Course, float]:
    """Return the course near a given one that needs the least shrink, and that shrink [m].

    Where more than one needs no more, it is the one that reaches over least in all. ``asked_m``: with more shrink than
    this it is of no use, and it is left as it is as soon as that is plain. ``move_m``: how far a pose may be moved aside in
    the first round; the lines hold near a course only.
    """
    xy, _ = course.poses()
    reach = vehicle.length_m + _AROUND_M
    box = np.concatenate([xy.min(axis=0) - reach, xy.max(axis=0) + reach])
    half = vehicle.track_m / 2
    grounds = [Ground.near(where.body, rectangle(vehicle, policy.margin_m), box)]
    if where.split:
        tyres = np.array([(vehicle.wheelbase_m, half), (vehicle.wheelbase_m, -half), (0.0, -half), (0.0, half)])
        grounds.append(Ground.near(where.wheels, tyres, box))
    steering = Steering.of(course, vehicle, policy)
    lines = _lines(course, grounds)
    if not steering.keeps(course) and (able := Programme(course, lines, steering).least(move_m)) is not None:
        # parts of moves keep to what the wheels can do only where the course itself does
        course = able[0]
        lines = _lines(course, grounds)
    least, move = lines.shrink_m, move_m
    for done in range(ROUNDS):
        if least == 0 or move < LEAST_MOVE_M:
            break
        found = Programme(course, lines, steering).least(move)
        if found is None or (promised := least - found[1]) < (LEAST_GAIN_M if least > NEARLY_M else LEAST_GAIN_M / 4):
            break
        better = _part_way(course, least, *found, grounds)
        if better is None:
            move *= SHARES[-1] / 2
            continue
        share, course, lines = better
        gain, least = least - lines.shrink_m, lines.shrink_m
        # a move that led nowhere when driven to its end is cut at once, and one that kept its promise goes on farther
        move *= share if share < 1 else WIDEN if gain > GOOD * promised else 1.0
        # after some rounds each gains less than the one before
        if done >= SETTLED and least - asked_m > gain * (ROUNDS - done):
            break
    return (course, least) if least > asked_m else _calmed(course, lines, grounds, steering)


def _calmed(course: Course, lines: Lines, grounds: Sequence[Ground], steering: Steering) -> tuple[Course, float]:
    """Return the course near a given one that reaches over least in all of those that need no more shrink, and that shrink."""
    held, total, move = lines.shrink_m, _total(lines), CALM_MOVE_M
    for _ in range(CALM_ROUNDS):
        tried = Programme(course, lines, steering).calm(move, held) if total > 0 else None
        if tried is None:
            break
        parts = [(share, part := course.towards(tried, share), _lines(part, grounds)) for share in SHARES]
        kept = [(_total(after), share, part, after) for share, part, after in parts if after.shrink_m <= held + CALM_RISE_M]
        best = min(kept, key=lambda k: k[0], default=None)
        if best is None or best[0] >= total:
            move *= SHARES[-1]
            continue
        total, share, course, lines = best
        move *= share
    return course, lines.shrink_m


def _part_way(
    course: Course, least_m: float, tried: Course, told_m: float, grounds: Sequence[Ground]
) -> tuple[float, Course, Lines] | None:
    """Return the best of some shares of a move, with what bounds it there; None where none helps."""
    best, least = None, least_m
    for share in SHARES:
        part = course.towards(tried, share)
        lines = _lines(part, grounds)
        if lines.shrink_m < least:
            best, least = (share, part, lines), lines.shrink_m
        elif best is not None:
            break
        if least_m - lines.shrink_m >= GOOD * share * (least_m - told_m):
            break
    return best


def eased_from(
    drive: Drive, first: int, where: Field, vehicle: Vehicle, policy: Policy, *, asked_m: float = np.inf, move_m: float = MOVE_M
) -> tuple[Drive, float]:
    """Return a drive that is eased from a pose on, and the shrink that it needs there [m]; the rest as for :func:`ease`."""
    course, shrink_m = ease(course_of(drive, first), where, vehicle, policy, asked_m=asked_m, move_m=move_m)
    new = course.drive()
    return Drive(
        np.vstack([drive.xy[:first], new.xy]), np.append(drive.heading_rad[:first], new.heading_rad),
        np.append(drive.curvature[:first], new.curvature), np.append(drive.gear[:first], new.gear),
    ), shrink_m  # fmt: skip


def _total(lines: Lines) -> float:
    return float(np.maximum(lines.deep, 0.0).sum())


def _lines(course: Course, grounds: Sequence[Ground]) -> Lines:
    count, xy, heading = course.between()
    parts = []
    for ground in grounds:
        seen = _seen(xy, heading, ground)
        parts += [(count[rows], *rest) for rows, *rest in (_corners(xy, heading, ground), _points(heading, ground, *seen))]
        parts.append(_passed(course, count, ground, *seen))
    joined = [np.concatenate([np.asarray(p[n]) for p in parts]) for n in range(5)]
    keep = joined[3] > -_REACH_M
    return Lines(*(a[keep] for a in joined))


def _seen(xy: Floats, heading: Floats, ground: Ground) -> tuple[Floats, Floats]:
    """Return how far ahead of each pose, and how far to its left, the corners of the ground, posts and ends of walls are."""
    c, s = np.cos(heading)[:, None], np.sin(heading)[:, None]
    dx, dy = (ground.points[None, :, n] - xy[:, None, n] for n in (0, 1))
    return c * dx + s * dy, c * dy - s * dx


def _corners(xy: Floats, heading: Floats, ground: Ground) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    """Return lines for the corners of the rectangle against the edges near them."""
    at = placed(xy, heading, ground.corners).reshape(-1, 2)
    pose = np.repeat(np.arange(len(xy)), 4)
    inside = shapely.contains_xy(ground.area, at[:, 0], at[:, 1])
    points = shapely.points(at)
    rows, edges = ground.tree.query(points, predicate="dwithin", distance=_REACH_M)
    kept = inside[rows]
    rows, edges = _nearest(points, rows[kept], edges[kept], ground)
    out = np.flatnonzero(~inside)
    if len(out) and ground.solid.any():
        bounding = np.flatnonzero(ground.solid)
        tree = shapely.STRtree(ground.tree.geometries[bounding])
        row, edge = tree.query_nearest(points[out], all_matches=False)
        rows, edges = np.concatenate([rows, out[row]]), np.concatenate([edges, bounding[edge]])
    foot = _foot(at[rows], ground.segments[edges])
    gap = foot - at[rows]
    distance = np.maximum(np.hypot(*gap.T), 1e-9)
    sign = np.where(inside[rows], 1.0, -1.0)
    normal = gap / distance[:, None] * sign[:, None]
    c, s = np.cos(heading[pose[rows]]), np.sin(heading[pose[rows]])
    # what has run into something head on is cleared by the wheel aside, however near its front is
    ahead = ~inside[rows] & (np.abs(c * normal[:, 0] + s * normal[:, 1]) > HEAD_ON)
    outward = np.sign(ground.corners[rows % 4, 1])
    normal = np.where(ahead[:, None], outward[:, None] * np.column_stack((-s, c)), normal)
    share = np.abs(c * normal[:, 0] + s * normal[:, 1]) + np.abs(c * normal[:, 1] - s * normal[:, 0])
    # a corner that points away from the edge is drawn off it by no shrink: then the body has passed over it altogether
    return pose[rows], at[rows], normal, -sign * distance + SPARE_M, np.maximum(share, 0.2)


def _points(heading: Floats, ground: Ground, x: Floats, y: Floats) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    """Return lines for corners of the ground, posts and ends of walls against the long sides of the rectangle."""
    front, half, rear = ground.corners[0, 0], ground.corners[0, 1], -ground.corners[2, 0]
    deep = half - np.abs(y)
    # what has only just come under an end would be clear of it by as little; the side is where the wheel can clear it
    deep = np.minimum(deep, np.minimum(front - x, x + rear))
    pose, point = np.nonzero((deep > -_REACH_M) & (front > x) & (x > -rear))
    kept = _deepest(pose, point, x[pose, point], deep[pose, point], np.sign(y[pose, point]))
    pose, point = pose[kept], point[kept]
    return pose, ground.points[point], _sideways(heading[pose], y[pose, point]), deep[pose, point] + SPARE_M, np.ones(len(pose))


def _passed(course: Course, count: Floats, ground: Ground, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return lines for the same where a corner of the rectangle goes by them between two of the poses that are looked at.

    A corner that swings aside cuts a corner of the ground by centimetres in a quarter of a metre, and stands clear of it before
    and after. It is deepest where it is as far from the end as from the side.
    """
    front, half, rear = ground.corners[0, 0], ground.corners[0, 1], -ground.corners[2, 0]
    aside = half - np.abs(y)
    found = []
    for end in (front - x, x + rear):
        off = end - aside
        before, after = off[:-1], off[1:]
        pose, point = np.nonzero((before * after < 0) & (np.maximum(aside[:-1], aside[1:]) > -_REACH_M) & (y[:-1] * y[1:] > 0))
        share = before[pose, point] / (before[pose, point] - after[pose, point])
        found.append((count[pose] + share * (count[pose + 1] - count[pose]), point))
    at, point = (np.concatenate(part) for part in zip(*found, strict=True))
    xy, heading = course.at(at)
    c, s = np.cos(heading), np.sin(heading)
    dx, dy = (ground.points[point] - xy).T
    ahead, left = c * dx + s * dy, c * dy - s * dx
    deep = np.minimum(half - np.abs(left), np.minimum(front - ahead, ahead + rear))
    return at, ground.points[point], _sideways(heading, left), deep + SPARE_M, np.ones(len(at))


def _sideways(heading: Floats, left: Floats) -> Floats:
    """Return the direction aside of a pose in which a point lies that is so far to its left."""
    normal: Floats = np.sign(left)[:, None] * np.column_stack((-np.sin(heading), np.cos(heading)))
    return normal


def _nearest(points: np.ndarray, rows: Ints, edges: Ints, ground: Ground) -> tuple[Ints, Ints]:
    """Keep the nearest two edges of each corner: of a finely drawn arc the others say the same."""
    distance = shapely.distance(points[rows], ground.tree.geometries[edges])
    order = np.lexsort((edges, distance, rows))
    rows, edges = rows[order], edges[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return rows[rank < NEAREST], edges[rank < NEAREST]


def _deepest(pose: Ints, point: Ints, x: Floats, deep: Floats, side: Floats) -> Ints:
    """Return which points to keep: on each metre of each side of each pose the one that is deepest."""
    order = np.lexsort((point, -deep, np.floor(x), side, pose))
    key = np.column_stack((pose, side, np.floor(x)))[order]
    first = np.ones(len(order), bool)
    first[1:] = (key[1:] != key[:-1]).any(axis=1)
    result: Ints = np.sort(order[first])
    return result


def _foot(at: Floats, segments: Floats) -> Floats:
    start, along_ = segments[:, :2], segments[:, 2:] - segments[:, :2]
    long = np.maximum((along_**2).sum(axis=1), 1e-18)
    share = np.clip(((at - start) * along_).sum(axis=1) / long, 0.0, 1.0)
    result: Floats = start + share[:, None] * along_
    return result
