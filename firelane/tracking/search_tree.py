"""A tree of poses that grows from where a vehicle comes in, towards one goal after another."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from firelane.errors import UsageError
from firelane.lanes.arrays import Floats, Ints
from firelane.tracking.drive import Drive
from firelane.tracking.field import Field
from firelane.tracking.vehicle import Policy, Vehicle

WEIGHT = 1.6
"""How much more the way still to go counts than the way behind: more goes straighter to the goal, less drives better."""
COSTS = (0.05, 0.2)
"""A metre at full lock costs this much more than a straight one; a full change of steering costs this many metres."""
EASY_M = 0.6
"""Room beside the body from which on closeness to an edge costs nothing."""
SPARE_M = 0.001
"""Clearance kept beyond what the body draws between two tested poses."""
HAIR_M = 1e-3
"""By how much the body has to reach over a line to have passed it."""


@dataclass(frozen=True)
class Grid:
    """How finely poses are told apart.

    Attributes
    ----------
    cell_m : float
    headings : int
        Around a full turn.
    classes : int
        Of curvature, from lock to lock.
    step_m : float
        Driven with the wheels standing still; tested ``parts`` times.
    parts : int
    """

    cell_m: float
    headings: int
    classes: int
    step_m: float
    parts: int


COARSE = Grid(0.25, 240, 9, 0.75, 3)
MEDIUM = Grid(0.25, 360, 5, 0.5, 2)


@lru_cache(maxsize=1)
def kernels() -> tuple[ModuleType, ModuleType]:
    """Return the compiled loops: of the maps and of the tree.

    Raises
    ------
    UsageError
        If numba is not installed.
    """
    try:
        from firelane.tracking import kernel_map, kernel_tree  # noqa: PLC0415 - numba is an extra
    except ImportError as error:
        if (error.name or "").split(".")[0] not in {"numba", "llvmlite"}:
            raise
        raise UsageError(
            'searching a drivable line needs numba: pip install "firelane[tracking]"',
            '搜索可行驶路线需要 numba：请运行 pip install "firelane[tracking]"',
        ) from error
    return kernel_map, kernel_tree


@dataclass(frozen=True)
class Body:
    """The vehicle as the kernel needs it: its rectangles and its steering."""

    rectangle: Floats
    tyres: Floats
    probes: Floats
    bulk: Floats
    """Rear end, front end, half width without the margin: what comes to a goal."""
    need_m: float
    wheelbase_m: float
    most: float
    rate: float
    """Change of curvature a metre; infinite where the wheels are turned standing."""

    @classmethod
    def of(cls, vehicle: Vehicle, policy: Policy) -> Body:
        """Return the body of a vehicle with the margin of a policy."""
        margin = policy.margin_m
        front, rear, half = vehicle.front_m + margin, vehicle.rear_overhang_m + margin, vehicle.width_m / 2 + margin
        middle = (front - rear) / 2
        # the axles' middles lie inside the body: about both there is room for this disc wherever it stands
        need = max(min(half, rear, vehicle.front_overhang_m + margin), 0.0)
        lock = vehicle.lock_distance_m(policy)
        most = 1 / vehicle.rear_radius_m
        return cls(
            np.array([-rear, front, half]), np.array([0.0, vehicle.wheelbase_m, vehicle.track_m / 2]),
            np.array([(vehicle.front_m, 0.0), (vehicle.front_m, vehicle.width_m / 2), (vehicle.front_m, -vehicle.width_m / 2),
                      (middle, vehicle.width_m / 2), (middle, -vehicle.width_m / 2)]),
            np.array([-vehicle.rear_overhang_m, vehicle.front_m, vehicle.width_m / 2]) - np.array([-HAIR_M, HAIR_M, HAIR_M]),
            need, vehicle.wheelbase_m, most, most / lock if lock > 0 else np.inf,
        )  # fmt: skip

    def change(self, step_m: float) -> float:
        """Return by how much the curvature changes from one step to the next [1/m]."""
        return min(self.most / 2, self.rate * step_m)

    def spare_m(self, grid: Grid) -> float:
        """Return the clearance that covers what is drawn between two tested poses [m]: the rise of the arc."""
        far = np.hypot(1 / self.most + self.rectangle[2], self.rectangle[1])
        return float((grid.step_m / grid.parts * self.most) ** 2 * far / 8) + SPARE_M


@dataclass(frozen=True)
class Goal:
    """Where the vehicle is to come, as maps in the field's frame.

    Attributes
    ----------
    mask : (rows, columns) uint8
        Some point of the body has to come into one of these cells.
    effort : (rows, columns) float32
        Way still to go from each cell [m]; infinite where a disc of the vehicle's width finds none.
    gates : (n, 4) array
        Segments, local: passing over one of them is being there, too.
    place : geometry or None
        What is to be reached, local.
    within_m : float
        How near the body has to come to it [m].
    sources : array of int
        Cells from which the effort is counted.
    """

    mask: npt.NDArray[np.uint8]
    effort: npt.NDArray[np.float32]
    gates: Floats = dataclasses.field(default_factory=lambda: np.zeros((0, 4)))
    place: BaseGeometry | None = None
    within_m: float = 0.0
    sources: Ints = dataclasses.field(default_factory=lambda: np.zeros(0, np.int64))


def effort_at(goal: Goal, where: Field, places: Floats) -> Floats:
    """Return the way still to go from places in the field's frame [m]."""
    cell = where.over.frame[3]
    rows, columns = goal.effort.shape
    column, row = np.floor(places / cell).astype(int).T
    inside = (column >= 0) & (row >= 0) & (column < columns) & (row < rows)
    result = np.full(len(places), np.inf)
    result[inside] = goal.effort[row[inside], column[inside]]
    return result


class Step(NamedTuple):
    """How one push of the tree ended."""

    hits: Ints
    nearest: int
    effort_m: float
    exhausted: bool


@dataclass
class Tree:
    """Poses reached so far. It grows: what one goal opened serves the next.

    ``ties`` holds, for poses planted later, the poses on the way to them from their parents.
    """

    field: Field
    body: Body
    grid: Grid
    window: Floats
    capacity: int
    spare_m: float = 0.0
    ties: dict[int, Floats] = dataclasses.field(default_factory=dict)
    store: tuple[Any, ...] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        """Make room."""
        table = 1 << int(2 * self.capacity - 1).bit_length()
        self.store = (
            np.empty((self.capacity, 5)), np.empty(self.capacity, np.int64), np.zeros(self.capacity, np.uint8),
            np.full(table, -1, np.int64), np.empty(table, np.int64), np.zeros(1, np.int64),
            np.empty(self.capacity, np.int32), np.zeros(1, np.int64),
        )  # fmt: skip

    @property
    def size(self) -> int:
        """Number of poses."""
        return int(self.store[5][0])

    @property
    def state(self) -> Floats:
        """x, y, heading, curvature, cost of each, local."""
        result: Floats = self.store[0][: self.size]
        return result

    @property
    def parent(self) -> Ints:
        """Number of the pose before each, -1 at the seeds."""
        result: Ints = self.store[1][: self.size]
        return result

    def _place(self) -> tuple[Any, ...]:
        spare = self.spare_m + self.body.spare_m(self.grid)
        over, under = self.field.over.ground, self.field.under.ground
        return np.append(self.body.rectangle, spare), np.append(self.body.tyres, spare), self.field.split, over, under

    def _grid(self) -> Floats:
        g = self.grid
        return np.array([g.cell_m, g.headings, g.classes, g.step_m, g.parts, self.body.most, self.body.change(g.step_m)])

    def plant(self, seeds: Floats, parents: Ints | None = None) -> Ints:
        """Enter poses (x, y, heading, curvature, cost); return their numbers, negative where one does not fit."""
        if not len(seeds):
            return np.zeros(0, np.int64)
        ups = np.full(len(seeds), -1, np.int64) if parents is None else parents
        entered: Ints = kernels()[1].plant(np.ascontiguousarray(seeds, float), ups, self.store, *self._place(), self._grid(), self.window)
        return entered

    def push(self, goal: Goal, *, budget: int, patience: int, enough: int = 1, leave_m: float = -1.0, easy_m: float = EASY_M) -> Step:
        """Grow towards a goal.

        Parameters
        ----------
        goal : Goal
        budget, patience : int
            Poses to enter at most; poses without progress after which to stop.
        enough : int
            How many poses at the goal are wanted.
        leave_m : float
            A pose with no more effort to come than this counts as there.
        """
        body = self.body
        rates = np.array([WEIGHT, *COSTS, body.need_m, body.need_m + easy_m, body.wheelbase_m])
        budget = min(budget, self.capacity - self.size)
        ended, hits, nearest, effort = kernels()[1].pursue(
            self.store, *self._place(), self._grid(), self.window, rates, goal.effort, goal.mask, body.probes, leave_m,
            goal.gates, body.bulk, budget, patience, enough,
        )  # fmt: skip
        return Step(hits, int(nearest), float(effort), bool(ended == 1))

    def chain(self, number: int) -> list[int]:
        """Return the numbers of the poses from a pose back to its seed."""
        chain, parent = [], self.parent
        while number >= 0:
            chain.append(number)
            number = int(parent[number])
        return chain

    def way(self, number: int) -> Floats:
        """Return the poses (x, y, heading, curvature on the way to it, cost) from a seed to a pose, local."""
        chain = np.array(self.chain(number)[::-1])
        tied = [n for n, at in enumerate(chain.tolist()) if at in self.ties]
        pieces, first = [], 0
        for n in tied:
            pieces += [self.state[chain[first:n]], self.ties[int(chain[n])]]
            first = n
        return np.vstack([*pieces, self.state[chain[first:]]])

    def drive(self, number: int) -> Drive:
        """Return the drive from a seed to a pose."""
        return drive_of(self.way(number), self.field.body.origin)


def drive_of(way: Floats, origin: Floats) -> Drive:
    """Return poses with the curvature that leads *to* each as a drive, in the site's CRS."""
    curvature = np.append(way[1:, 3], way[-1, 3])
    return Drive(way[:, :2] + origin, way[:, 2].copy(), curvature, np.ones(len(way), int))
