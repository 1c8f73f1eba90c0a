"""Turning round at dead ends: hammerheads, squares, circles; and reversing out where that cannot be done (尽端调头)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from firelane.lanes.arrays import Floats, Ints
from firelane.lanes.space import Spaces
from firelane.tracking.drive import Drive
from firelane.tracking.proof import prove
from firelane.tracking.record import TrackClass, Trip, TripKind, Turning, trip_id_of
from firelane.tracking.search_tree import Body
from firelane.tracking.site import Path, Tracking
from firelane.tracking.targets import TargetKind
from firelane.tracking.turnround_ground import DeadGround, EndOf, dead_ground
from firelane.tracking.turnround_loops import TurnBudget, Turner

__all__ = ["EndOf", "TurnBudget", "turn_round"]

SHORT_LENGTHS = 0.5
"""A drive whose front comes within this many vehicle lengths of the tip has come there, whether or not it passes the whole lane."""
ARM_LENGTHS = 1.5
"""The same for the tip of an arm: a hammerhead is turned in without driving its arms to the end."""
SWING_RADII = 2.0
"""How many outer radii before the deepest place a driver may begin: to swing out, or to go round a circle."""
MOST_DRIVES = 6
"""Drives into one dead end that the manoeuvre may begin from, the deepest first."""


@dataclass(frozen=True)
class _Run:
    """The part of a proven drive that lies in a dead end, up to where its front is deepest: poses ``first`` … ``last``."""

    path: Path
    first: int
    last: int
    begin: int
    """Pose at which its front enters the dead end."""
    depth_m: float


def turn_round(
    tracking: Tracking, spaces: Spaces, dead_ends: Sequence[EndOf], *, budget: TurnBudget | None = None
) -> tuple[tuple[Turning, ...], tuple[Trip, ...]]:
    """Find out whether the vehicle turns round at dead ends.

    Parameters
    ----------
    tracking : Tracking
        What the vehicle reaches: the manoeuvre begins on a proven drive.
    spaces : Spaces
        Of the site.
    dead_ends : sequence of EndOf
    budget : TurnBudget, optional
        States to visit at each dead end.

    Returns
    -------
    (tuple of Turning, tuple of Trip)
        One turning per dead end, in their order: ``PROVEN_PASS`` with its trip; ``NOT_FOUND``: it has to reverse out the way
        it came, ``reverse_m`` until its front has left the dead end (that drive, read backwards, is checked too; NaN where
        it does not stand the check); ``NOT_TRIED``: no proven drive comes there.

    Raises
    ------
    UsageError
        If numba is not installed.

    Notes
    -----
    The manoeuvre begins anywhere on the last two outer radii of a proven drive, with the wheels as that drive has them, and
    ends when the front passes the root (the edge of the junction's disc, or the mouth) forward, heading out within 15°; in a
    dead end of more than ``FAR_M``, when it is that far from the tip. The rear axle stays in the dead end all the while:
    reversing out and turning in the junction is no turning round at the dead end. A change of direction happens standing;
    the wheels are turned meanwhile only if ``policy.standing_steer``.
    """
    policy, vehicle = tracking.policy, tracking.vehicle
    body = Body.of(vehicle, policy)
    turnings: list[Turning] = []
    trips: list[Trip] = []
    count: dict[str, int] = {}
    for end in dead_ends:
        ground = dead_ground(end, tracking.field, spaces.network, vehicle.front_m)
        runs = _runs(tracking, ground, end, _short_m(end, spaces, vehicle.length_m))
        if not runs:
            turnings.append(Turning(end.dead_end_id, end.lane_id, "", TrackClass.NOT_TRIED, -1, None, np.nan, end.tip))
            continue
        turner = Turner(
            tracking.field, body, ground.label, ground.index, ground.count, ground.frame, ground.leave(vehicle.front_m)
        )
        seeds, ups, owner = _seeds(runs, tracking.field.body.origin)
        plan = turner.find(seeds, ups, budget or TurnBudget())
        proof = None if plan is None else prove(plan.drive, tracking.field, vehicle, policy, steady=False)
        if plan is None or proof is None or not proof.holds:
            turnings.append(_reversing(runs[0], tracking, end))
            continue
        path = runs[owner[plan.seed]].path
        count[path.entrance_id] = number = count.get(path.entrance_id, 0) + 1
        drive = plan.drive
        back = float(np.diff(drive.chainage_m)[drive.gear[:-1] < 0].sum())
        trip_id = trip_id_of(vehicle.id, path.entrance_id, "T", number)
        trips.append(Trip(
            trip_id, TripKind.TURNING, vehicle, path.entrance_id, TargetKind.LANE, end.lane_id, ((TargetKind.LANE, end.lane_id),), drive,
            turner.states, plan.grid.cell_m, proof.area_outside_m2,
        ))  # fmt: skip
        turnings.append(Turning(
            end.dead_end_id, end.lane_id, path.entrance_id, TrackClass.PROVEN_PASS, drive.changes, trip_id, back, end.tip
        ))  # fmt: skip
    return tuple(turnings), tuple(trips)


def _short_m(end: EndOf, spaces: Spaces, length_m: float) -> float:
    """Return how far before the tip the front may end and still have come there [m]."""
    lanes = spaces.network.lanes
    tip_m = float(lanes.loc[lanes["lane_id"] == end.lane_id, "length_m"].max())
    arm = tip_m < end.way.length - 1.0
    return max(SHORT_LENGTHS * length_m, min(ARM_LENGTHS * length_m, tip_m + 1.0) if arm else 0.0)


def _runs(tracking: Tracking, ground: DeadGround, end: EndOf, short_m: float) -> list[_Run]:
    """Return the proven drives that come to the tip, the deepest first."""
    vehicle, origin = tracking.vehicle, tracking.field.body.origin
    swing = SWING_RADII * vehicle.outer_radius_m
    rows = tracking.targets
    mine = rows[(rows["target_kind"] == TargetKind.LANE.value) & (rows["target_id"] == end.lane_id)]
    proven = set(mine.loc[mine["class"] == TrackClass.PROVEN_PASS.value, "entrance_id"])
    found = []
    for path in tracking.drives:
        drive = path.drive
        front = drive.xy + vehicle.front_m * np.column_stack((np.cos(drive.heading_rad), np.sin(drive.heading_rad)))
        inside = ground.within(front - origin)
        if not inside.any():
            continue
        deep = shapely.line_locate_point(end.way, shapely.points(front))
        last = int(np.flatnonzero(inside)[np.argmax(deep[inside])])
        depth = float(deep[last])
        near = end.way.length - depth <= short_m
        if not near and path.entrance_id not in proven:
            continue
        gone = deep[:last] <= ground.root_m + 1e-3 if ground.cut_m > ground.root_m else ground.beyond(front[:last] - origin)
        out = np.flatnonzero(gone)
        begin = int(out[-1]) if len(out) else 0
        axle = np.flatnonzero(~ground.within(drive.xy[: last + 1] - origin))
        first = max(int(axle[-1]) + 1 if len(axle) else 0, begin)
        way = drive.chainage_m
        first = max(first, int(np.searchsorted(way, way[last] - swing)))
        found.append(_Run(path, first, last, begin, depth))
    deepest = max((run.depth_m for run in found), default=0.0)
    # what stops far before the deepest served something else on the way
    near_it = [run for run in found if run.depth_m >= deepest - max(short_m, vehicle.length_m)]
    return sorted(near_it, key=lambda run: -round(run.depth_m, 3))[:MOST_DRIVES]


def _seeds(runs: Sequence[_Run], origin: Floats) -> tuple[Floats, Ints, Ints]:
    """Return the poses to begin from, the one before each, and of which run it is."""
    seeds, ups, owner = [np.zeros((0, 5))], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    total = 0
    for n, run in enumerate(runs):
        drive, poses = run.path.drive, np.arange(run.first, run.last + 1)
        if not len(poses):
            continue
        way = drive.chainage_m[poses]
        # the wheels stand as they did on the way there
        seeds.append(np.column_stack((
            drive.xy[poses] - origin, drive.heading_rad[poses], drive.curvature[np.maximum(poses - 1, 0)], way - way[0],
        )))  # fmt: skip
        ups.append(np.arange(total - 1, total - 1 + len(poses)))
        ups[-1][0] = -1
        owner.append(np.full(len(poses), n))
        total += len(poses)
    return np.vstack(seeds), np.concatenate(ups), np.concatenate(owner)


def _reversing(run: _Run, tracking: Tracking, end: EndOf) -> Turning:
    """Return that the vehicle reverses out: the drive on which it came, read backwards, checked."""
    back = backwards(run.path.drive, run.begin, run.last)
    holds = len(back.xy) > 1 and prove(back, tracking.field, tracking.vehicle, tracking.policy, steady=False).holds
    length = back.length_m if holds else np.nan
    return Turning(end.dead_end_id, end.lane_id, run.path.entrance_id, TrackClass.NOT_FOUND, -1, None, length, end.tip)


def backwards(drive: Drive, first: int, last: int) -> Drive:
    """Return a drive from its pose ``last`` back to ``first``, with the other gear."""
    poses = np.arange(last, first - 1, -1)
    legs = np.append(poses[1:], max(first, 0))  # the arc between two poses belongs to the earlier one
    return Drive(drive.xy[poses], drive.heading_rad[poses], drive.curvature[legs], -drive.gear[legs])
