"""The linear programmes of easing: what bounds the moves of a course, written so that few of its numbers are not zero.

The unknowns are the changes of curvature of the steps, and with them how far each pose is turned and moved, along and
aside: then a pose follows from the one before it, and what the body might touch depends on one pose alone. Written by the
curvatures only, the same programmes are full matrices and take three times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.tracking.drive import Drive, along
from firelane.tracking.vehicle import Policy, Vehicle

STEP_M = 0.75
PARTS = 3
"""Poses that are looked at in each step."""
TURN_M = 4.0
"""Lever at which a turn of the body counts as a move."""
SPARE_M = 0.002
"""Kept off beyond what is asked: poses are looked at a quarter of a metre apart."""
HAIR_M = 1e-4
"""No shrink at all [m]: far less than what is kept off beyond it, and the solver's numbers are not exact."""


@dataclass(frozen=True)
class Lines:
    """What bounds the moves of one round: ``deep + normal . move(point) - share * shrink <= 0``, row by row.

    ``pose`` is the number of steps before the pose, parts of one counted, ``deep`` how far the whole body reaches over [m].
    """

    pose: Floats
    point: Floats
    normal: Floats
    deep: Floats
    share: Floats

    @property
    def shrink_m(self) -> float:
        """Least shrink that keeps to all of them as they stand [m]; what is to spare not counted."""
        worst = float(((self.deep - SPARE_M) / self.share).max()) if len(self.deep) else 0.0
        return worst if worst > HAIR_M else 0.0


@dataclass(frozen=True)
class Course:
    """A start and what follows: steps of one length each with the wheels standing still."""

    xy: Floats
    heading_rad: float
    before: float
    """Curvature on the way to the start."""
    step_m: Floats
    curvature: Floats
    step_before_m: float
    """Length of the step before the start, that of the first one where there is none."""

    def poses(self) -> tuple[Floats, Floats]:
        """Return places and headings, the start among them."""
        turned = self.curvature * self.step_m
        heading = self.heading_rad + np.concatenate([[0.0], np.cumsum(turned)])
        moved, _ = along(np.zeros((len(turned), 2)), heading[:-1], self.curvature, self.step_m)
        return self.xy + np.vstack([np.zeros((1, 2)), np.cumsum(moved, axis=0)]), heading

    def between(self) -> tuple[Floats, Floats, Floats]:
        """Return the number of steps before each pose that is looked at, the start left out; its place, its heading."""
        count = np.arange(1, PARTS * len(self.step_m) + 1) / PARTS
        return count, *self.at(count)

    def at(self, count: Floats) -> tuple[Floats, Floats]:
        """Return places and headings after numbers of steps, parts of one counted."""
        xy, heading = self.poses()
        step = np.maximum(np.ceil(count).astype(int) - 1, 0)
        return along(xy[step], heading[step], self.curvature[step], self.step_m[step] * (count - step))

    def drive(self) -> Drive:
        """Return it as a drive."""
        xy, heading = self.poses()
        return Drive(xy, heading, np.append(self.curvature, self.curvature[-1]), np.ones(len(xy), int))

    def towards(self, other: Course, share: float) -> Course:
        """Return a course a share of the way to another of the same steps."""
        return replace(self, curvature=self.curvature + share * (other.curvature - self.curvature))


def course_of(drive: Drive, first: int) -> Course:
    """Return a drive from a pose on in steps of ``STEP_M``, what is left over first: its curvatures are means.

    Steps of one length are what the wheels can be turned steadily over (:mod:`firelane.tracking.proof_steering`). Where
    those of the drive are others, the course comes near to it only.
    """
    before = float(drive.curvature[first - 1]) if first else 0.0
    chainage = drive.chainage_m[first:] - drive.chainage_m[first]
    count = int(np.floor(chainage[-1] / STEP_M + 1e-6))
    rest = chainage[-1] - count * STEP_M
    step_m = np.concatenate([[rest] if rest > 1e-3 or not count else [], np.full(count, STEP_M)])
    turned = np.concatenate([[0.0], np.cumsum(drive.curvature[first:-1] * np.diff(chainage))])
    curvature = np.diff(np.interp(np.concatenate([[0.0], np.cumsum(step_m)]), chainage, turned)) / step_m
    step_before_m = float(drive.chainage_m[first] - drive.chainage_m[first - 1]) if first else float(step_m[0])
    return Course(drive.xy[first], float(drive.heading_rad[first]), before, step_m, curvature, step_before_m)


@dataclass(frozen=True)
class Steering:
    """What the wheels can do on a course."""

    most: float
    change: Floats
    """Greatest change of curvature before each step."""

    @classmethod
    def of(cls, course: Course, vehicle: Vehicle, policy: Policy) -> Steering:
        """Return it for a vehicle: from the middle of a step to the middle of the next, as the proof has it.

        Into a first step that is shorter than the one before it the wheels stand still: the window of that one reaches over it.
        """
        most = 1 / vehicle.rear_radius_m
        way = course.step_m
        distance = vehicle.lock_distance_m(policy)
        mean = (way + np.concatenate([[course.step_before_m], way[:-1]])) / 2
        if distance <= 0:
            return cls(most, np.full(len(way), 2 * most))
        change = most / distance * mean
        change[0] *= float(way[0] >= course.step_before_m - 1e-6)
        return cls(most, change)

    def keeps(self, course: Course) -> bool:
        """Tell whether a course asks no more of the wheels than they can do."""
        now = np.diff(np.concatenate([[course.before], course.curvature]))
        return bool((np.abs(now) <= self.change + 1e-7).all() and (np.abs(course.curvature) <= self.most + 1e-7).all())


@dataclass
class _Rows:
    """Entries of a matrix, put together piece by piece."""

    row: list[Ints]
    column: list[Ints]
    value: list[Floats]

    def add(self, row: Ints, column: Ints, value: Floats | float, where: Bools | None = None) -> None:
        row, column, value = np.broadcast_arrays(row, column, value)
        chosen = slice(None) if where is None else where
        self.row.append(row[chosen])
        self.column.append(column[chosen])
        self.value.append(value[chosen])

    def matrix(self, rows: int, columns: int) -> coo_array:
        entries = (np.concatenate(self.row), np.concatenate(self.column))
        return coo_array((np.concatenate(self.value), entries), shape=(rows, columns))


def _aside(places: Floats) -> Floats:
    """Return how places move for a turn about the origin."""
    return np.column_stack((-places[:, 1], places[:, 0]))


def _dot(one: Floats, other: Floats) -> Floats:
    result: Floats = (one * other).sum(axis=1)
    return result


class Programme:
    """The programmes of one course: all that is the same for both of its questions is worked out once.

    Columns: change of curvature of each step; then turn, move aside and move along of each pose but the first; then what is
    asked for. Rows: the poses one after the other, the lines, the rate of steering.
    """

    def __init__(self, course: Course, lines: Lines, steering: Steering) -> None:
        """Write down what follows from the course and its lines."""
        self.course, self.lines, self.steering = course, lines, steering
        self.steps = n = len(course.step_m)
        xy, heading = course.poses()
        ahead = np.column_stack((np.cos(heading), np.sin(heading)))
        left = _aside(ahead)
        middle = (xy[:-1] + xy[1:]) / 2
        step, pose = np.arange(n), np.arange(1, n + 1)
        turn, aside, along_ = n - 1, 2 * n - 1, 3 * n - 1  # of pose i: the column that number and i make
        rows, later = _Rows([], [], []), pose > 1
        # a turn about the middle of a step goes with its curvature; all before it carries the pose along
        rows.add(step, turn + pose, 1.0)
        rows.add(step, turn + pose - 1, -1.0, later)
        rows.add(step, step, -course.step_m)
        carried, bent = _aside(xy[1:] - xy[:-1]), _aside(xy[1:] - middle)
        for number, own, axis in ((1, aside, left), (2, along_, ahead)):
            here = number * n + step
            rows.add(here, own + pose, 1.0)
            rows.add(here, aside + pose - 1, -_dot(left[:-1], axis[1:]), later)
            rows.add(here, along_ + pose - 1, -_dot(ahead[:-1], axis[1:]), later)
            rows.add(here, turn + pose - 1, -_dot(carried, axis[1:]), later)
            rows.add(here, step, -course.step_m * _dot(bent, axis[1:]))
        line = 3 * n + np.arange(len(lines.deep))
        at = np.ceil(lines.pose - 1e-9).astype(int) - 1
        moved = at > 0
        rows.add(line, turn + at, _dot(_aside(lines.point - xy[at]), lines.normal), moved)
        rows.add(line, aside + at, _dot(left[at], lines.normal), moved)
        rows.add(line, along_ + at, _dot(ahead[at], lines.normal), moved)
        rows.add(line, at, course.step_m[at] * (lines.pose - at) * _dot(_aside(lines.point - middle[at]), lines.normal))
        rate = 3 * n + len(lines.deep) + step
        rows.add(rate, step, 1.0)
        rows.add(rate, step - 1, -1.0, step > 0)
        self._rows = rows

    def least(self, move_m: float) -> tuple[Course, float] | None:
        """Return the course within a move that needs the least shrink, and that shrink as the lines promise it [m]."""
        n, count = self.steps, len(self.lines.deep)
        rows = _Rows(list(self._rows.row), list(self._rows.column), list(self._rows.value))
        rows.add(3 * n + np.arange(count), np.full(count, 4 * n), -self.lines.share)
        found = self._solved(rows, np.array([1.0]), -self.lines.deep, move_m)
        if found is None:
            return None
        moved = rows.matrix(4 * n + count, 4 * n + 1).tocsr()[3 * n : 3 * n + count] @ found + self.lines.share * found[-1]
        return self._course(found), replace(self.lines, deep=self.lines.deep + moved).shrink_m

    def calm(self, move_m: float, held_m: float) -> Course | None:
        """Return the course within a move that reaches over least in all, of those that need no more shrink than is held."""
        n, lines = self.steps, self.lines
        # only what reaches over, or nearly, can do so after
        near = np.flatnonzero(lines.deep > -move_m / 2)
        count, over = len(lines.deep), np.arange(len(near))
        rows = _Rows(list(self._rows.row), list(self._rows.column), list(self._rows.value))
        # how far each reaches over is a row of its own, the line once more less that
        again = np.full(count, -1)
        again[near] = 4 * n + count + over
        for row, column, value in zip(self._rows.row, self._rows.column, self._rows.value, strict=True):
            ours = (row >= 3 * n) & (row < 3 * n + count)
            ours[ours] = again[row[ours] - 3 * n] >= 0
            rows.add(again[row[ours] - 3 * n], column[ours], value[ours])
        rows.add(again[near], 4 * n + over, -1.0)
        right = np.maximum(held_m * lines.share + SPARE_M - lines.deep, 1e-9)
        found = self._solved(rows, np.ones(len(near)), right, move_m, -lines.deep[near])
        return None if found is None else self._course(found)

    def _solved(self, rows: _Rows, cost: Floats, right: Floats, move_m: float, more: Sequence[float] | Floats = ()) -> Floats | None:
        n, course, most = self.steps, self.course, self.steering.most
        now = np.diff(np.concatenate([[course.before], course.curvature]))
        still, free, none = np.zeros(3 * n), np.full(n, np.inf), np.full(len(cost), np.inf)
        low = np.concatenate([still, np.full(len(right), -np.inf), -self.steering.change - now, np.full(len(more), -np.inf)])
        high = np.concatenate([still, right, self.steering.change - now, more])
        # aside by no more than a move, and turned by no more than moves the ends as far
        turn, move = np.full(n, move_m / TURN_M), np.full(n, move_m)
        bounds = Bounds(
            np.concatenate([-most - course.curvature, -turn, -move, -free, np.zeros(len(cost))]),
            np.concatenate([most - course.curvature, turn, move, free, none]),
        )  # fmt: skip
        matrix = rows.matrix(len(low), 4 * n + len(cost)).tocsc()
        # looking for rows to leave out takes longer than solving with them
        result = milp(
            np.concatenate([np.zeros(4 * n), cost]), constraints=LinearConstraint(matrix, low, high), bounds=bounds, options={"presolve": False}
        )
        if result.x is None or not result.success:
            return None
        found: Floats = result.x
        return found

    def _course(self, found: Floats) -> Course:
        most = self.steering.most
        return replace(self.course, curvature=np.clip(self.course.curvature + found[: self.steps], -most, most))
