"""The search for drivable lines from one entrance: on a grid over the site, without one where it sticks."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
import numpy.typing as npt
import shapely
from scipy.ndimage import binary_dilation
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats
from firelane.tracking.drive import Drive
from firelane.tracking.field import Field
from firelane.tracking.search_disc import Disc, Gap, discs_of
from firelane.tracking.search_ease import Eased, eased_through
from firelane.tracking.search_tree import (
    COARSE,
    EASY_M,
    MEDIUM,
    Body,
    Goal,
    Grid,
    Step,
    Tree,
    effort_at,
    kernels,
)
from firelane.tracking.vehicle import Policy, Vehicle

__all__ = ["Budget", "Outcome", "Search", "effort_at", "goal_of"]

BESIDE_M = 1.0
"""With no more way to go than this it stands beside the goal: nothing else lies behind that."""
SAME_M = 3.0
"""Places nearer to each other than this are one place where it sticks."""
WINDOWS = 8
"""Places that are got through for one goal at most."""
GAIN_M = 0.5
"""What is planted beyond a place has to lead on by this, or come to the goal."""
SHUT_M = 4.0
"""How far beyond a place that was given up its way on is shut for the goals to come."""
SHUT_ASIDE_M = 10.0


@dataclass(frozen=True)
class Budget:
    """States that a search may visit: never seconds, so that the result is the same on every machine.

    Attributes
    ----------
    states : int
        Of the coarse search from one entrance, over all goals.
    patience : int
        Coarse states without progress after which it has stuck.
    glance : int
        The same where it sticks at a place that was given up before.
    windows : tuple of int
        Of a thin body in the window about a place where it sticks, on each of the grids there.
    """

    states: int = 1_500_000
    patience: int = 20_000
    glance: int = 3_000
    windows: tuple[int, ...] = (25_000, 60_000)


@dataclass(frozen=True)
class Outcome:
    """What became of one goal.

    Attributes
    ----------
    drive : Drive or None
        From outside the entrance to the goal; None where nothing was found.
    grid : Grid
        The finest that was needed.
    states : int
        Visited for this goal.
    stuck : (x, y, heading) or None
        The vehicle where it came nearest to the goal, in the site's CRS.
    since : int
        Pose from which on the drive is new: the way there belongs to one that was accepted before.
    impossible : bool
        There is no way to the goal even for a disc of the vehicle's width.
    gap : Gap or None
        The narrowest of the widest way there, where that is the reason.
    short_m : float
        Way still to go from where it stuck [m].
    number : int
        Of its last pose in the tree.
    """

    drive: Drive | None
    grid: Grid
    states: int
    stuck: Floats | None = None
    since: int = 0
    impossible: bool = False
    number: int = -1
    gap: Gap | None = None
    short_m: float = inf


@dataclass
class Search:
    """Finds drives from given poses to one goal after another; what it has seen for one serves the next."""

    field: Field
    vehicle: Vehicle
    policy: Policy
    seeds: Floats
    budget: Budget = Budget()
    coarse_grid: Grid = COARSE
    fine_grids: tuple[Grid, ...] = (COARSE, MEDIUM)
    body: Body = dataclasses.field(init=False)
    tree: Tree = dataclasses.field(init=False)
    given_up: list[tuple[Floats, Floats]] = dataclasses.field(default_factory=list)
    shut: Bools | None = None
    """Cells right across the way on from where it was given up."""
    detour: tuple[Goal, Bools, Goal | None] | None = None
    """The last goal for which a way round that was looked for, what was shut then, and what came of it."""
    accepted: set[int] = dataclasses.field(default_factory=set)
    states: int = 0
    entering: Floats = dataclasses.field(init=False)
    """Poses of the vehicle outside the entrance, local."""

    def __post_init__(self) -> None:
        """Plant the seeds."""
        self.body = Body.of(self.vehicle, self.policy)
        frame = self.field.over.frame
        window = np.array([0.0, 0.0, frame[4] * frame[3], frame[5] * frame[3]])
        self.tree = Tree(self.field, self.body, self.coarse_grid, window, self.budget.states)
        self.tree.plant(np.column_stack((self.local(self.seeds), np.zeros(len(self.seeds)))))
        self.entering = self.tree.state[self.tree.parent < 0]

    @property
    def enters(self) -> bool:
        """Whether the vehicle stands anywhere outside the entrance."""
        return len(self.entering) > 0

    def local(self, poses: Floats) -> Floats:
        """Return poses in the field's frame."""
        moved = np.array(poses, float)
        moved[:, :2] -= self.field.body.origin
        return moved

    def goal(self, place: BaseGeometry, within_m: float, *, across: bool = False) -> Goal:
        """Return the goal of coming within ``within_m`` of a place with some point of the body; or of passing over it.

        ``across``: the place is a line across a lane, and the body has to stand on it.
        """
        near = goal_of(self.field, self.body, place, within_m, across=across)
        if np.isfinite(self._efforts(near, self.entering)).any():
            return near
        # what lies nearest to the place may be on the far side of a wall: the nose reaches there from this side
        return goal_of(self.field, self.body, place, within_m, across=across, by_the_nose=True)

    @cached_property
    def discs(self) -> tuple[Disc, ...]:
        """Discs that the vehicle holds: where these do not come, it does not either."""
        return discs_of(self.field, self.body.rectangle, self.body.bulk, self.body.tyres)

    def can_come(self, goal: Goal) -> bool:
        """Tell whether a disc of the vehicle's width comes from the entrance to the goal; if not, that is a proof."""
        place = goal.place
        return place is None or all(d.come(self.entering, place, goal.within_m) for d in self.discs)

    def barred(self, place: BaseGeometry, within_m: float) -> bool:
        """Tell whether, proven, no point of the vehicle comes to within ``within_m`` of a place of the site."""
        local = shapely.transform(place, lambda xy: xy - self.field.body.origin)
        return not all(d.come(self.entering, local, within_m) for d in self.discs)

    def gap(self, goal: Goal) -> Gap | None:
        """Return the gap that keeps that disc from the goal; None where none is known."""
        place = goal.place
        if place is None:
            return None
        gaps = (d.gap(self.entering, place, goal.within_m) for d in self.discs if not d.come(self.entering, place, goal.within_m))
        return next((g for g in gaps if g is not None), None)

    def reach(self, goal: Goal) -> Outcome:
        """Look for a drive to a goal."""
        begun, finest = self.states, self.coarse_grid
        if not self.can_come(goal):
            return Outcome(None, finest, 0, impossible=True, gap=self.gap(goal))
        stuck, short_m = None, inf
        around = self._around(goal)
        for _ in range(WINDOWS):
            aim = around or goal
            step = self._push(aim)
            if len(step.hits):
                number = int(step.hits[0])
                return Outcome(self.tree.drive(number), finest, self.states - begun, since=self._known(number), number=number)
            if step.nearest >= 0:
                stuck, short_m = self.tree.state[step.nearest, :3].copy(), step.effort_m
                through = self._through(aim, step)
                if through is not None:
                    finest = min(finest, through, key=lambda g: g.cell_m / g.headings)
                    continue
            if step.effort_m <= BESIDE_M or (around is None and (step.nearest < 0 or self._around(goal) is None)):
                break
            # given up here: round by another way, as long as there is one
            around = self._around(goal)
        if stuck is None and len(self.entering):
            stuck = self.entering[0, :3].copy()
        if stuck is not None:
            stuck[:2] += self.field.body.origin
        return Outcome(None, (self.coarse_grid, *self.fine_grids)[-1], self.states - begun, stuck, short_m=short_m)

    def _push(self, goal: Goal) -> Step:
        before = self.tree.size
        step = self.tree.push(goal, budget=self.budget.states, patience=self.budget.glance)
        if not len(step.hits) and step.nearest >= 0 and step.effort_m > BESIDE_M and not self._hopeless(goal, self.tree.state[step.nearest]):
            step = self.tree.push(goal, budget=self.budget.states, patience=self.budget.patience)
        self.states += self.tree.size - before
        return step

    def _around(self, goal: Goal) -> Goal | None:
        """Return a goal with the ways that avoid what was given up; None where nothing was, or where there is no such way."""
        if self.shut is None:
            return None
        if self.detour is None or self.detour[0] is not goal or self.detour[1] is not self.shut:
            self.detour = goal, self.shut, self._detour(goal, self.shut)
        return self.detour[2]

    def _detour(self, goal: Goal, shut: Bools) -> Goal | None:
        room = np.where(shut, np.float32(-1.0), room_of(self.field))
        need = self.body.need_m
        effort = kernels()[0].effort_map(room, need, self.field.over.frame[3], need + EASY_M, goal.sources)
        other = dataclasses.replace(goal, effort=effort)
        return other if np.isfinite(self._efforts(other, self.entering)).any() else None

    def _give_up(self, goal: Goal, pose: Floats, effort_m: float) -> None:
        """Remember a place, and shut the way on from there, right across, for the goals to come."""
        self.given_up.append((self._downhill(goal, pose), pose[:2]))
        cell = self.field.over.frame[3]
        ahead = self._downhill(goal, pose, SHUT_M)
        row, column = np.ogrid[: goal.effort.shape[0], : goal.effort.shape[1]]
        near = np.hypot((column + 0.5) * cell - ahead[0], (row + 0.5) * cell - ahead[1]) <= SHUT_ASIDE_M
        across = near & (goal.effort <= effort_m - SHUT_M) & (goal.effort > effort_m - SHUT_M - 4 * cell)
        self.shut = across if self.shut is None else self.shut | across

    def accept(self, outcome: Outcome) -> None:
        """Take note that a drive has been proven: what goes on from it is checked from there only."""
        self.accepted.update(self.tree.chain(outcome.number))

    def _known(self, number: int) -> int:
        """Return how many poses of the way to a pose have been accepted before."""
        at = 0
        for n in reversed(self.tree.chain(number)):
            if n not in self.accepted:
                break
            at += 1 + len(self.tree.ties.get(n, ()))
        return max(at - 1, 0)

    def _through(self, goal: Goal, step: Step) -> Grid | None:
        """Look for a line through the place where it stuck without a grid; plant what leads on from there.

        Returns the grid on which a thin body's line was found; None where the whole body gets through by none.
        """
        pose = self.tree.state[step.nearest].copy()
        if self._hopeless(goal, pose) or not self.fine_grids:
            return None
        local = tuple(zip(self.fine_grids, self.budget.windows, strict=False))
        eased = eased_through(self.tree, goal, pose, step.effort_m, self.field, self.vehicle, self.policy, local=local)
        self.states += eased.states
        if eased.shrink_m == 0 and self._plant_all(eased) and self._leads_on(goal, step):
            return eased.grid
        if step.effort_m > BESIDE_M:
            self._give_up(goal, pose, step.effort_m)
        return None

    def _leads_on(self, goal: Goal, step: Step) -> bool:
        """Tell whether the tree now comes nearer to the goal than where it had stuck."""
        now = self.tree.push(goal, budget=0, patience=1)
        return bool(len(now.hits)) or now.effort_m <= step.effort_m - GAIN_M

    def _hopeless(self, goal: Goal, pose: Floats) -> bool:
        """Tell whether the way on from a pose is one that was given up before."""
        if not self.given_up:
            return False
        onward = self._downhill(goal, pose)
        return any(np.hypot(*(a - onward)) < SAME_M and np.hypot(*(b - pose[:2])) < 3 * SAME_M for a, b in self.given_up)

    def _plant_all(self, eased: Eased) -> bool:
        """Plant what comes out of an eased way, the poses on the way there tied to each."""
        ends = np.arange(len(eased.way) - eased.ends, len(eased.way))
        numbers = self.tree.plant(eased.way[ends], np.full(len(ends), eased.parent, np.int64))
        self.tree.ties.update({int(number): eased.way[:end] for number, end in zip(numbers, ends, strict=True) if number >= 0})
        return bool((numbers >= 0).any())

    def _efforts(self, goal: Goal, poses: Floats) -> Floats:
        return effort_at(goal, self.field, poses[:, :2] + self.body.wheelbase_m * np.column_stack((np.cos(poses[:, 2]), np.sin(poses[:, 2]))))

    def _downhill(self, goal: Goal, pose: Floats, way_m: float = 8.0) -> Floats:
        """Return the place some metres on from a pose towards the goal: which way it would go."""
        cell = self.field.over.frame[3]
        rows, columns = goal.effort.shape
        at = pose[:2] + self.body.wheelbase_m * np.array([np.cos(pose[2]), np.sin(pose[2])])
        column, row = np.floor(at / cell).astype(int)
        for _ in range(int(way_m / cell)):
            j, i = slice(max(row - 1, 0), min(row + 2, rows)), slice(max(column - 1, 0), min(column + 2, columns))
            part = goal.effort[j, i]
            down, right = np.unravel_index(int(np.argmin(part)), part.shape)
            row, column = j.start + int(down), i.start + int(right)
        result: Floats = (np.array([column, row]) + 0.5) * cell
        return result


def room_of(where: Field) -> npt.NDArray[np.float32]:
    """Return the clearance of each cell in which the middle of the front axle may be."""
    if not where.split:
        return where.over.clear
    return np.where(binary_dilation(where.under.clear > 0, np.ones((3, 3), bool)), where.over.clear, np.float32(-1.0))


def goal_of(
    where: Field, body: Body, place: BaseGeometry, within_m: float, *, across: bool = False, by_the_nose: bool = False
) -> Goal:
    """Return the maps of a goal: to come within ``within_m`` of ``place`` with some point of the body.

    A cell belongs to the goal where all of it lies that near. With ``across`` no cell does: the body has to stand on the
    line itself, and the way to go is that to within ``within_m`` of it. With ``by_the_nose`` that way ends wherever the
    front axle is near enough for the front end to come there.
    """
    over = where.over
    cell, columns, rows = over.frame[3], int(over.frame[4]), int(over.frame[5])
    local = shapely.transform(place, lambda xy: xy - where.body.origin)
    room = room_of(where)
    slack = cell * np.sqrt(0.5)
    # the front axle's middle is at most this far from the point that comes to the goal
    widest = body.rectangle[1] + body.rectangle[2] + within_m
    x0, y0, x1, y1 = local.bounds
    i0, i1 = max(int((x0 - widest) / cell), 0), min(int((x1 + widest) / cell) + 1, columns)
    j0, j1 = max(int((y0 - widest) / cell), 0), min(int((y1 + widest) / cell) + 1, rows)
    mask = np.zeros((rows, columns), np.uint8)
    if i0 >= i1 or j0 >= j1:
        return Goal(mask, np.full((rows, columns), np.inf, np.float32), place=local, within_m=within_m)
    x, y = np.meshgrid((np.arange(i0, i1) + 0.5) * cell, (np.arange(j0, j1) + 0.5) * cell)
    distance = np.full(x.shape, np.inf)
    near = room[j0:j1, i0:i1] > 0
    shapely.prepare(local)
    distance[near] = shapely.distance(local, shapely.points(x[near], y[near]))
    outside = where.outside[j0:j1, i0:i1]
    if not across:
        whole = distance + slack <= within_m
        # at the rim the cells' corners are asked: half a diagonal more would be asked of a straight edge
        rim = (distance <= within_m) & ~whole
        at = np.stack([shapely.points(x[rim] + i * cell / 2, y[rim] + j * cell / 2) for i in (-1, 1) for j in (-1, 1)])
        whole[rim] = (shapely.distance(local, at) <= within_m).all(axis=0)
        mask[j0:j1, i0:i1] = whole & ~outside
    open_ = room[j0:j1, i0:i1] + slack >= body.need_m
    if (open_ & ~outside & (distance <= widest)).any():
        # served is from inside: the way ends there, as long as there is room for it
        open_ &= ~outside
    reach = widest if by_the_nose else within_m + body.rectangle[2]
    while not (start := open_ & (distance <= reach)).any() and reach < widest:
        reach += 0.5
    row, column = np.nonzero(start)
    sources = (row + j0) * columns + column + i0
    effort = kernels()[0].effort_map(room, body.need_m, cell, body.need_m + EASY_M, sources.astype(np.int64))
    gates = _segments_of(local) if across else np.zeros((0, 4))
    return Goal(mask, effort, gates, local, 0.0 if across else within_m, sources.astype(np.int64))


def _segments_of(line: BaseGeometry) -> Floats:
    xy = shapely.get_coordinates(line)
    return np.hstack([xy[:-1], xy[1:]])

