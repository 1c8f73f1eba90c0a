"""A way through a place where the grid finds none: the line of a thin body, with the wheel eased until the whole body fits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import shapely

from firelane.lanes.arrays import Floats, Ints
from firelane.tracking.drive import Drive
from firelane.tracking.field import Field
from firelane.tracking.overrun_ease import NEARLY_M, eased_from
from firelane.tracking.proof import prove
from firelane.tracking.search_tree import COARSE, MEDIUM, Body, Goal, Grid, Tree, drive_of, effort_at
from firelane.tracking.sweep import placed, rectangle
from firelane.tracking.vehicle import Policy, Vehicle

LEAST_HALF_M = 0.3
"""Half a width that is left of the body where it is shrunk most [m]: what does not let that through is left to the eye."""
WINDOW_M = 72.0
LEAD_M = (26.0, 34.0)
"""How far before the place the wheel is eased [m]; the longer one where little is missing after the other."""
EASINGS = ((LEAD_M[0], 0.005), (LEAD_M[1], 0.005), (LEAD_M[1], 0.001))
"""Leads one after the other, and what is asked for beyond the margin, for what lies between the poses that are looked at [m]:
the proof decides, and it may hold with less."""
BEFORE_M = 5.0
"""How far before the place the thin body sets out at least, where it can [m]."""
PAST_M = 4.0
"""How far beyond the place the whole of the vehicle has to come [m]."""
DEARER = 1.3
"""A metre between edges counts as this many on the map."""
LOCAL = ((COARSE, 25_000), (MEDIUM, 60_000))
"""Grids, and the states of each, that the thin body's line may take."""
ALIKE_M, ALIKE_RAD = 0.4, 0.08
"""Poses nearer to each other than this are one to set out from."""
AGAIN = ((MEDIUM, 12_000, 0.7), (MEDIUM, 12_000, 0.35))
"""Grids, states and shares of the least shrink with which other lines are looked for."""
JUST_BEHIND = (MEDIUM, 60_000, 0.0)
"""The same for the whole body, where the goal lies just behind the place."""
WORTH_M = 0.1
"""Shrink up to which that is done [m]; with the goal just behind the place it is done whatever the shrink."""
LEAST_M = 1e-3
"""What is said to be missing where no pose reaches over and the proof still fails [m]."""
ENDS = 8
"""Poses beyond the place from which the search goes on, at most."""


def shrunk(vehicle: Vehicle, policy: Policy, shrink_m: float) -> Body:
    """Return the body of a vehicle, smaller by ``shrink_m`` all around, with the steering of the vehicle itself."""
    body = Body.of(vehicle, dataclasses.replace(policy, margin_m=policy.margin_m - shrink_m))
    middle, half = vehicle.wheelbase_m / 2, vehicle.track_m / 2
    tyres = np.array([min(shrink_m, middle), max(vehicle.wheelbase_m - shrink_m, middle), max(half - shrink_m, 0.05)])
    return dataclasses.replace(body, tyres=tyres, need_m=max(body.need_m, 0.05))


def most_m(vehicle: Vehicle, policy: Policy) -> float:
    """Return by how much a body is shrunk at most [m]."""
    return max(vehicle.width_m / 2 + policy.margin_m - LEAST_HALF_M, 0.0)


@dataclass(frozen=True)
class Eased:
    """What came of easing the wheel.

    Attributes
    ----------
    shrink_m : float
        By how much the body would still have to be smaller all around [m]; 0: the whole body fits, proven.
    parent : int
        Pose of the tree that it begins at.
    way : (n, 5) array
        Poses from there on, as in the tree: the last ``ends`` of them stand beyond the place.
    ends : int
    grid : Grid
        On which the thin body's line was found.
    states : int
    past : bool
        The whole of the vehicle was to come past the place; else no farther than the goal, just behind it.
    """

    shrink_m: float
    parent: int
    way: Floats
    ends: int
    grid: Grid
    states: int
    past: bool = False


def eased_through(
    tree: Tree, goal: Goal, pose: Floats, effort_m: float, where: Field, vehicle: Vehicle, policy: Policy, *,
    local: tuple[tuple[Grid, int], ...] = LOCAL,
) -> Eased:  # fmt: skip
    """Look for a drive of the whole body through the place where it stuck.

    Parameters
    ----------
    tree : Tree
        Poses before the place.
    goal : Goal
    pose : (5,) array
        Where it stuck, local.
    effort_m : float
        Way still to go from there [m].
    where : Field
    vehicle : Vehicle
    policy : Policy
    local : tuple of (Grid, int)
        Grids, and the states of each, that the thin body's line may take.
    """
    place = _Place(goal, pose, effort_m, where, vehicle, policy)
    state = tree.state
    near = np.flatnonzero((np.abs(state[:, :2] - pose[:2]) <= WINDOW_M / 2).all(axis=1))
    ahead = _efforts(goal, where, vehicle, state[near]) - effort_m
    # what stands in the corner already stands there badly: it is begun before it, or outside the entrance
    chosen = _thinned(state, near[(ahead <= LEAD_M[0]) & ((ahead >= BEFORE_M) | (tree.parent[near] < 0))])
    states, best = 0, Eased(np.inf, -1, np.zeros((0, 5)), 0, local[-1][0], 0)
    most = most_m(vehicle, policy)
    for grid, budget in local:
        found, visited = _line(tree, chosen, place, most, grid, budget)
        states += visited
        if found is not None:
            best = _eased(tree, *found, place, grid, most)
            break
    # another line, on another side of something
    behind = place.leave_m <= 0
    for grid, budget, share in (*AGAIN, JUST_BEHIND) if behind else AGAIN:
        if best.shrink_m == 0 or (best.shrink_m > WORTH_M and not behind):
            break
        found, visited = _line(tree, chosen, place, share * min(best.shrink_m, most), grid, min(budget, local[-1][1]))
        states += visited
        if found is not None:
            best = min(best, _eased(tree, *found, place, grid, share * min(best.shrink_m, most)), key=lambda e: e.shrink_m)
        elif not behind:
            break
    return dataclasses.replace(best, states=states, past=not behind)


@dataclass(frozen=True)
class _Place:
    """Where it stuck."""

    goal: Goal
    pose: Floats
    effort_m: float
    where: Field
    vehicle: Vehicle
    policy: Policy

    @property
    def leave_m(self) -> float:
        """Way still to go where the whole of the vehicle has come past it [m]; below zero: only the goal counts."""
        return self.effort_m - DEARER * (self.vehicle.length_m + PAST_M)

    def comes(self, drive: Drive) -> bool:
        """Tell whether a drive ends at the goal, where that lies so near that nothing else leads on."""
        if self.effort_m > PAST_M or self.goal.place is None:
            return True
        at = placed(drive.xy[-1:] - self.where.body.origin, drive.heading_rad[-1:], rectangle(self.vehicle, 0.0))
        return bool(shapely.dwithin(self.goal.place, shapely.polygons(at)[0], self.goal.within_m))


def _line(tree: Tree, chosen: Ints, place: _Place, shrink_m: float, grid: Grid, budget: int) -> tuple[tuple[int, Floats] | None, int]:
    """Return the pose that a thin body's line sets out from, and the line; and how many poses were visited."""
    if not len(chosen):
        return None, 0
    middle = place.pose[:2]
    window = np.concatenate([middle - WINDOW_M / 2, middle + WINDOW_M / 2])
    local = Tree(place.where, shrunk(place.vehicle, place.policy, shrink_m), grid, window, budget + len(chosen))
    entered = local.plant(tree.state[chosen])
    hits = local.push(place.goal, budget=budget, patience=budget, leave_m=place.leave_m, easy_m=1e-6).hits
    if not len(hits):
        return None, local.size
    root = local.chain(int(hits[0]))[-1]
    return (int(chosen[np.flatnonzero(entered == root)[0]]), local.way(int(hits[0]))), local.size


def _thinned(state: Floats, chosen: Ints) -> Ints:
    """Keep the cheapest of the poses that stand nearly alike: what is found is eased anyway."""
    chosen = chosen[np.argsort(state[chosen, 4], kind="stable")]
    if not len(chosen):
        return chosen
    alike = np.column_stack((np.floor(state[chosen, :2] / ALIKE_M), np.floor(state[chosen, 2] / ALIKE_RAD))).astype(np.int64)
    alike -= alike.min(axis=0)
    # one number for each: rows are sorted ten times slower
    number = np.ravel_multi_index(tuple(alike.T), tuple(alike.max(axis=0) + 1))
    return np.sort(chosen[np.unique(number, return_index=True)[1]])


def _eased(tree: Tree, owner: int, beyond: Floats, place: _Place, grid: Grid, thin_m: float) -> Eased:
    where, vehicle, policy = place.where, place.vehicle, place.policy
    way = np.vstack([tree.way(owner), beyond[1:]])
    drive = drive_of(way, where.body.origin)
    nodes = _nodes(tree, owner)
    chainage = drive.chainage_m
    at = chainage[int(np.hypot(*(way[:, :2] - place.pose[:2]).T).argmin())]
    shrink_m, first, holds = np.inf, int(nodes[0][-1]), False
    if thin_m <= LEAST_M:
        # the whole body, or nearly: as it was found it comes to the goal, and eased perhaps beside it
        holds = prove(drive, where, vehicle, policy, since=first).holds
    for lead_m, spare_m in () if holds else EASINGS:
        before = nodes[0][np.searchsorted(chainage[nodes[0]], max(at - lead_m, 0.0), side="right") - 1]
        drive, more_m = eased_from(drive, int(before), where, vehicle, dataclasses.replace(policy, margin_m=policy.margin_m + spare_m), asked_m=NEARLY_M)
        shrink_m = max(more_m - spare_m, 0.0)
        first = min(first, int(before))
        holds = shrink_m == 0 and place.comes(drive) and prove(drive, where, vehicle, policy, since=first).holds
        if holds or shrink_m > NEARLY_M:
            break
        shrink_m = max(shrink_m, LEAST_M)
        chainage = drive.chainage_m
    shrink_m = 0.0 if holds else shrink_m
    found = _poses(drive, where)[first:]
    left = _efforts(place.goal, where, vehicle, found)
    beyond_it = left <= max(place.effort_m - PAST_M, 0.0)
    ends = min(max(int(np.argmin(np.append(beyond_it[::-1], False))), 1), ENDS, len(found) - 1)
    cost = way[first, 4] + np.concatenate([[0.0], np.hypot(*np.diff(found[:, :2], axis=0).T).cumsum()])
    found[:, 4] = cost
    return Eased(shrink_m, int(nodes[1][np.flatnonzero(nodes[0] == first)[0]]), found[1:], ends, grid, 0)


def _nodes(tree: Tree, number: int) -> tuple[Ints, Ints]:
    """Return the places on the way to a pose at which poses of the tree itself stand, and their numbers."""
    chain = tree.chain(number)[::-1]
    steps = [1 + len(tree.ties.get(n, ())) for n in chain]
    return np.cumsum(steps) - 1, np.array(chain)


def _poses(drive: Drive, where: Field) -> Floats:
    """Return a drive as a tree holds poses: with the curvature on the way to each."""
    before = np.concatenate([[0.0], drive.curvature[:-1]])
    return np.column_stack((drive.xy - where.body.origin, drive.heading_rad, before, np.zeros(len(before))))


def _efforts(goal: Goal, where: Field, vehicle: Vehicle, poses: Floats) -> Floats:
    front = poses[:, :2] + vehicle.wheelbase_m * np.column_stack((np.cos(poses[:, 2]), np.sin(poses[:, 2])))
    return effort_at(goal, where, front)
