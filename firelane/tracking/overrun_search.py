"""The drive of least overrun through a place where a vehicle sticks: a shrunk body finds a line, and the least shrink counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Floats
from firelane.tracking.drive import Drive
from firelane.tracking.field import Apron, Field, Region
from firelane.tracking.overrun_ease import NEARLY_M, eased_from
from firelane.tracking.search import goal_of
from firelane.tracking.search_ease import BEFORE_M, DEARER, LEAD_M, LOCAL, PAST_M, WINDOW_M, most_m, shrunk
from firelane.tracking.search_tree import COARSE, MEDIUM, Body, Goal, Grid, Tree, drive_of, effort_at
from firelane.tracking.vehicle import Policy, Vehicle

COARSE_STATES = 250_000
COARSE_PATIENCE = 8_000
AGAIN = (0.7, 12_000)
"""Share of the least shrink with which another line is looked for, on another side of something; states of that."""
HALVINGS = 4
NECK_M = 0.1
_WIDER_M = 1.0


@dataclass(frozen=True)
class Way:
    """A drive through a place, and by how much the body has to be shrunk for it.

    Attributes
    ----------
    drive : Drive
        From where the vehicle comes in, or from the start of a proven drive, to some metres beyond the place.
    since : int
        Pose from which on it is new.
    shrink_m : float
        All around [m].
    cell_m : float
        Of the grid that it was found on.
    eased : int
        Pose from which on the wheel was eased.
    """

    drive: Drive
    since: int
    shrink_m: float
    cell_m: float
    eased: int = 0


@dataclass(frozen=True)
class Stuck:
    """Where the body came nearest to a goal.

    Attributes
    ----------
    pose : (5,) array
        As in the tree, local.
    effort_m : float
        Way still to go [m].
    arrived : bool
        It came to the goal.
    """

    pose: Floats
    effort_m: float
    arrived: bool = False


def opened(where: Field, apron: Apron, vehicle: Vehicle, policy: Policy) -> Field:
    """Return the field with room enough outside a mouth that is narrower than the vehicle: what is there is not the site's."""
    wide = vehicle.width_m + 2 * policy.margin_m + _WIDER_M
    if apron.width_m >= wide - _WIDER_M:
        return where
    inward, left = (np.array([np.cos(a), np.sin(a)]) for a in (apron.inward_rad, apron.inward_rad + np.pi / 2))
    aside = left * wide / 2
    deep = inward * (shapely.area(apron.strip) / apron.width_m)
    # the mouth itself stays as narrow as it is
    near = apron.middle - inward * NECK_M
    strip = shapely.polygons([near + aside, near - aside, near - aside - deep, near + aside - deep])
    body = _with(where.body, strip)
    return dataclasses.replace(where, body=body, wheels=_with(where.wheels, strip) if where.split else body)


def _with(region: Region, more: BaseGeometry) -> Region:
    return Region(shapely.union_all([region.area, more]), region.walls, region.posts)


@dataclass
class Approach:
    """All poses from which one entrance's stuck places are come to: proven drives, and what grows from them.

    ``states`` counts what was visited.
    """

    where: Field
    vehicle: Vehicle
    policy: Policy
    apron: Apron
    drives: Sequence[Drive]
    body: Body = field(init=False)
    tree: Tree = field(init=False)
    start: Floats = field(init=False)
    origin_of: dict[int, tuple[int, int]] = field(default_factory=dict)
    states: int = 0

    def __post_init__(self) -> None:
        """Plant the poses outside the entrance and those of the drives."""
        self.where = opened(self.where, self.apron, self.vehicle, self.policy)
        self.body = Body.of(self.vehicle, self.policy)
        frame = self.where.over.frame
        self.tree = Tree(self.where, self.body, COARSE, np.array([0.0, 0.0, frame[4] * frame[3], frame[5] * frame[3]]), COARSE_STATES)
        policy = dataclasses.replace(self.policy, margin_m=min(self.policy.margin_m, (self.apron.width_m - self.vehicle.width_m) / 2 - 0.05))
        seeds = self.apron.seeds(self.vehicle, policy)
        self.start = np.column_stack((self._local(seeds), np.zeros(len(seeds))))
        self.tree.plant(self.start)
        for n, drive in enumerate(self.drives):
            numbers = self.tree.plant(self._poses(drive))
            self.origin_of.update({int(k): (n, i) for i, k in enumerate(numbers) if k >= 0})

    def _poses(self, drive: Drive) -> Floats:
        """Return a drive as a tree holds poses: with the curvature on the way to each."""
        before = np.concatenate([[0.0], drive.curvature[:-1]])
        return np.column_stack((self._local(drive.xy), drive.heading_rad, before, drive.chainage_m))

    def _local(self, poses: Floats) -> Floats:
        moved = np.array(poses, float)
        moved[:, :2] -= self.where.body.origin
        return moved

    def efforts(self, goal: Goal, poses: Floats) -> Floats:
        """Return the way still to go from poses, local [m]."""
        front = poses[:, :2] + self.vehicle.wheelbase_m * np.column_stack((np.cos(poses[:, 2]), np.sin(poses[:, 2])))
        return effort_at(goal, self.where, front)

    def home(self) -> Goal:
        """Return the map that leads back to the entrance, through whatever a thin body passes."""
        inside = self.apron.middle + np.array([np.cos(self.apron.inward_rad), np.sin(self.apron.inward_rad)])
        return goal_of(self.where, shrunk(self.vehicle, self.policy, most_m(self.vehicle, self.policy)), shapely.Point(inside), 1.0)

    def goal(self, place: BaseGeometry, within_m: float) -> Goal | None:
        """Return a goal whose map leads there by the widest way for a disc, where the vehicle's own finds none."""
        whole = goal_of(self.where, self.body, place, within_m)
        if self._leads(whole):
            return whole
        low, high = 0.0, most_m(self.vehicle, self.policy)
        best = goal_of(self.where, shrunk(self.vehicle, self.policy, high), place, within_m)
        if not self._leads(best):
            return None
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            tried = goal_of(self.where, shrunk(self.vehicle, self.policy, middle), place, within_m)
            if self._leads(tried):
                best, high = tried, middle
            else:
                low = middle
        return best

    def _leads(self, goal: Goal) -> bool:
        return bool(len(self.start) and np.isfinite(self.efforts(goal, self.start)).any())

    def advance(self, goal: Goal) -> Stuck | None:
        """Let the whole body come as near to a goal as it gets."""
        before = self.tree.size
        step = self.tree.push(goal, budget=COARSE_STATES, patience=COARSE_PATIENCE)
        self.states += self.tree.size - before
        if step.nearest >= 0:
            return Stuck(self.tree.state[step.nearest].copy(), step.effort_m, bool(len(step.hits)))
        efforts = self.efforts(goal, self.start)
        if not len(efforts) or not np.isfinite(efforts).any():
            return None
        return Stuck(self.start[int(np.argmin(efforts))], float(efforts.min()))

    def least(self, goal: Goal, stuck: Stuck) -> Way | None:
        """Return the drive of least overrun through the place where the body sticks; None where even a thin one finds none."""
        best = None
        for grid, states in LOCAL:
            if (best := self._through(goal, stuck, most_m(self.vehicle, self.policy), grid, states)) is not None:
                break
        if best is None:
            return None
        best = self._eased(best, stuck)
        if best.shrink_m > 0:
            share, states = AGAIN
            other = self._through(goal, stuck, share * best.shrink_m, MEDIUM, states)
            if other is not None:
                best = min(best, self._eased(other, stuck), key=lambda w: w.shrink_m)
        return best

    def _through(self, goal: Goal, stuck: Stuck, shrink_m: float, grid: Grid, states: int) -> Way | None:
        body = shrunk(self.vehicle, self.policy, shrink_m)
        middle = stuck.pose[:2]
        window = np.concatenate([middle - WINDOW_M / 2, middle + WINDOW_M / 2])
        state = self.tree.state
        near = np.flatnonzero((np.abs(state[:, :2] - middle) <= WINDOW_M / 2).all(axis=1))
        ahead = self.efforts(goal, state[near]) - stuck.effort_m
        # what stands in the corner already stands there badly: it is begun before it, or outside the entrance
        chosen = near[(ahead <= LEAD_M[0]) & ((ahead >= BEFORE_M) | (self.tree.parent[near] < 0))]
        if not len(chosen):
            chosen = near[ahead <= LEAD_M[0]]
        seeds = state[chosen] if len(chosen) else self.start
        tree = Tree(self.where, body, grid, window, states + len(seeds))
        entered = tree.plant(seeds)
        leave_m = max(stuck.effort_m - DEARER * (self.vehicle.length_m + PAST_M), 0.0)
        result = tree.push(goal, budget=states, patience=states, leave_m=leave_m, easy_m=1e-6)
        self.states += tree.size
        if not len(result.hits):
            return None
        hit = int(result.hits[0])
        way, root = tree.way(hit), tree.chain(hit)[-1]
        seed = int(np.flatnonzero(entered == root)[0])
        before, proven = self._way_to(int(chosen[seed])) if len(chosen) else (seeds[seed : seed + 1], 1)
        return Way(drive_of(np.vstack([before, way[1:]]), self.where.body.origin), proven - 1, shrink_m, grid.cell_m)

    def _way_to(self, number: int) -> tuple[Floats, int]:
        """Return the poses to a pose, as in the tree, and how many of them are a proven drive's."""
        way, root = self.tree.way(number), self.tree.chain(number)[-1]
        if root not in self.origin_of:
            return way, 1
        n, i = self.origin_of[root]
        return np.vstack([self._poses(self.drives[n])[: i + 1], way[1:]]), i + 1

    def _eased(self, way: Way, stuck: Stuck) -> Way:
        chainage = way.drive.chainage_m
        place = stuck.pose[:2] + self.where.body.origin
        at = chainage[int(np.hypot(*(way.drive.xy - place).T).argmin())]
        drive, shrink_m, eased = way.drive, np.inf, len(chainage)
        for lead_m in LEAD_M:
            first = int(np.searchsorted(chainage, max(at - lead_m, 0.0)))
            drive, shrink_m = eased_from(drive, first, self.where, self.vehicle, self.policy)
            eased = min(eased, first)
            if not 0 < shrink_m <= NEARLY_M:
                break
            chainage = drive.chainage_m
        first = eased
        return Way(drive, min(first, way.since), shrink_m, way.cell_m, first)
