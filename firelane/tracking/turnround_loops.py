"""The search for a manoeuvre that turns a vehicle round, and the drive that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np

from firelane.lanes.arrays import Floats, Ints
from firelane.tracking.drive import Drive
from firelane.tracking.field import Field
from firelane.tracking.search_tree import EASY_M, Body, Grid, kernels

CHANGE_M = 15.0
"""A change of direction costs as much as this much way: stop, change gear, look back, be waved in by the second man.
Proposed; to be confirmed. With less, plans shuttle to save a few metres; with more they drive far for one change less."""
REVERSE = 0.5
"""A metre in reverse costs this much more than one forward."""
LOCK = 0.1
"""A metre at full lock costs this much more than a straight one."""
HANDS_M = 2.0
"""A full change of steering costs as much as this much way: still hands drive better."""
MOST_CHANGES = 6
"""A manoeuvre with more changes of direction is none that a driver would choose: a turn in seven moves."""
WEIGHT = 1.05
"""How much more what is still to come counts than what is behind."""
LOOSE_M = 0.1
"""By how much the vehicle is taken as smaller all around where it is only asked what turning costs at least."""
PRICES = np.array([CHANGE_M, REVERSE, LOCK, HANDS_M, WEIGHT])
LEVELS = 5
"""Steering that the outlook tells apart, from lock to lock."""
OUTLOOK_HEADINGS = 60
OUTLOOK_STEP_M = 1.0
OUTLOOK_SLACK_M = 35.0
"""Places from which leaving costs this much more than from where it may begin are of no use."""
GRIDS = (Grid(0.35, 120, 9, 1.0, 3), Grid(0.25, 240, 13, 0.75, 3))


@dataclass(frozen=True)
class TurnBudget:
    """States that the search at one dead end may visit, on each of its grids: counted, never timed."""

    states: tuple[int, ...] = (100_000, 200_000)


@dataclass(frozen=True)
class Plan:
    """A manoeuvre that was found.

    Attributes
    ----------
    drive : Drive
        From the first seed of its chain until the front has left the dead end.
    seed : int
        The seed from which it starts off.
    grid : Grid
    """

    drive: Drive
    seed: int
    grid: Grid


@lru_cache(maxsize=1)
def turn_kernel() -> ModuleType:
    """Return the compiled loops of turning.

    Raises
    ------
    UsageError
        If numba is not installed.
    """
    kernels()  # says what to install
    from firelane.tracking import kernel_turn  # noqa: PLC0415 - numba is an extra

    return kernel_turn


@dataclass
class Turner:
    """Looks for a manoeuvre on the ground of one dead end; ``states`` counts what it visited."""

    field: Field
    body: Body
    label: Any
    index: Any
    count: int
    frame: Floats
    leave: Floats
    states: int = 0

    def find(self, seeds: Floats, ups: Ints, budget: TurnBudget) -> Plan | None:
        """Look for a manoeuvre from one of some poses.

        Parameters
        ----------
        seeds : (n, 5) array
            x, y, heading, curvature on the way to it, cost; local.
        ups : (n,) array of int
            The seed before each on the same drive, -1: none.
        budget : TurnBudget
        """
        if not len(seeds) or not self.count:
            return None
        table = self._outlook(seeds)
        if table is None:
            return None  # not even a smaller vehicle turns round
        for grid, most_states in zip(GRIDS, budget.states, strict=True):
            plan = self._on(grid, most_states, seeds, ups, table)
            if plan is not None:
                return plan
        return None

    def _boxes(self, spare_m: float) -> tuple[Floats, Floats]:
        def both_ways(box: Floats) -> Floats:
            return np.array([[*box, spare_m], [-box[1], -box[0], box[2], spare_m]])

        return both_ways(self.body.rectangle), both_ways(self.body.tyres)

    def _outlook(self, seeds: Floats) -> Any:
        """Return what leaving costs from anywhere, None where it cannot be done from any of the seeds."""
        kernel = turn_kernel()
        boxes, tyres = self._boxes(-LOOSE_M)
        column, row = np.floor((seeds[:, :2] - self.frame[:2]) / self.frame[3]).astype(int).T
        heading = np.floor(seeds[:, 2] * OUTLOOK_HEADINGS / (2 * np.pi) + 0.5).astype(int) % OUTLOOK_HEADINGS
        cell = self.index[row, column].astype(np.int64)
        wanted = (cell * OUTLOOK_HEADINGS + heading)[cell >= 0]
        shift = self.body.most / self.body.rate * 2 / (LEVELS - 1)
        cost = kernel.outlook(
            self.label, self.index, self.count, self.frame, boxes, tyres, self.field.split, self.field.over.ground, self.field.under.ground,
            OUTLOOK_HEADINGS, LEVELS if shift > 0 else 1, OUTLOOK_STEP_M, shift, self.body.most, PRICES, self.leave, wanted, OUTLOOK_SLACK_M,
        )  # fmt: skip
        self.states += int(np.count_nonzero(np.isfinite(cost)))
        table = kernel.softened(cost, self.index)
        near = table.reshape(self.count * OUTLOOK_HEADINGS, -1)[wanted]
        return table if np.isfinite(near).any() else None

    def _on(self, grid: Grid, budget: int, seeds: Floats, ups: Ints, table: Any) -> Plan | None:
        slots = 1 << int(2 * budget - 1).bit_length()
        store = (
            np.empty((budget, 5)), np.empty(budget, np.int64), np.zeros(budget, np.int8), np.zeros(budget, np.int8), np.zeros(budget, np.uint8),
            np.full(slots, -1, np.int64), np.empty(slots, np.int64),
        )  # fmt: skip
        shift = self.body.change(grid.step_m) if np.isfinite(self.body.rate) else -1.0
        # where the wheels can be turned at will, it does not matter how they stand
        classes = grid.classes if shift > 0 else 1
        boxes, tyres = self._boxes(self.body.spare_m(grid))
        _, number, size = turn_kernel().turn(
            np.ascontiguousarray(seeds, float), ups, store, self.label, self.index, self.frame, table, boxes, tyres, self.field.split,
            self.field.over.ground, self.field.under.ground,
            np.array([grid.cell_m, grid.headings, classes, grid.step_m, grid.parts, self.body.most, shift]),
            PRICES, self.leave,
            np.array([self.body.wheelbase_m, self.body.need_m, self.body.need_m + EASY_M]), MOST_CHANGES, budget,
        )  # fmt: skip
        self.states += int(size)
        if number < 0:
            return None
        chain = [int(number)]
        while store[1][chain[-1]] >= 0:
            chain.append(int(store[1][chain[-1]]))
        chain.reverse()
        way, gear = store[0][chain], 1 - 2 * store[2][chain].astype(int)
        seed = max(n for n in chain if n < len(seeds))
        after = np.append(np.arange(1, len(chain)), len(chain) - 1)
        drive = Drive(way[:, :2] + self.field.body.origin, way[:, 2].copy(), way[after, 3], gear[after])
        return Plan(drive, seed, grid)
