"""Why a vehicle does not get through: for each place where it sticks the drive of least overrun, and what would mend it.

One explanation for each place, not for each target. A failed search stays a failed search: an overrun shows what is in
the way and how much; it is no proof that there is no other line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats
from firelane.lanes.naming import place_label, unique_labels
from firelane.lanes.space import Spaces
from firelane.tracking.drive import Drive
from firelane.tracking.field import Apron
from firelane.tracking.mend import Overrun, mends_of
from firelane.tracking.overrun_conflicts import Place, Things, places
from firelane.tracking.overrun_search import Approach, Way
from firelane.tracking.proof import prove
from firelane.tracking.record import BodyPart, Conflict, Mend, TrackClass, Trip, TripKind, trip_id_of
from firelane.tracking.search_tree import Goal, effort_at
from firelane.tracking.site import Tracking
from firelane.tracking.sweep import footprints
from firelane.tracking.targets import ARRIVE_M, Target, TargetKind, targets

SAME_M = 3.0
"""Places nearer to each other than this, with the same way on, are one."""
ONWARD_M = 8.0
PROVEN_FAILS = 24
"""Places that, proven, bar the way and are looked at from one entrance at most."""
_NAMED = 6
_LEFT = frozenset({BodyPart.FRONT_LEFT, BodyPart.LEFT_SIDE, BodyPart.REAR_LEFT})
_RIGHT = frozenset({BodyPart.FRONT_RIGHT, BodyPart.RIGHT_SIDE, BodyPart.REAR_RIGHT})


@dataclass(frozen=True)
class Explanation:
    """What is in the way where no line was found.

    Attributes
    ----------
    trips : tuple of Trip
        Of kind OVERRUN, one for each place where the vehicle sticks, with their conflicts; ``serves`` names all targets
        that lie behind the place.
    mends : tuple of Mend
    shortfall_m : Series
        For each row of ``Tracking.targets``: the width that is missing at the worst place, an estimate to ±0.10 m
        (:func:`shortfall_of`) [m]; NaN where nothing was explained.
    overrun_id : Series
        Trip that explains each row, or None.
    states : int
        Poses visited for all this.
    notes : tuple of (str, str)
        Chinese and English.
    missed : tuple of Missed
        Lines of the whole body through such places, which the search on its grid had missed: proven as far as they go.
    """

    trips: tuple[Trip, ...]
    mends: tuple[Mend, ...]
    shortfall_m: pd.Series
    overrun_id: pd.Series
    states: int
    notes: tuple[tuple[str, str], ...]
    missed: tuple[Missed, ...] = ()


@dataclass(frozen=True)
class Missed:
    """A drive that leaves nothing out, through a place where the search had stuck, to some metres beyond it.

    Attributes
    ----------
    entrance_id : str
    rows : tuple
        Of ``Tracking.targets``: what lies behind the place.
    drive : Drive
    since : int
        Pose from which on it is new.
    """

    entrance_id: str
    rows: tuple[object, ...]
    drive: Drive
    since: int


def explain(tracking: Tracking, spaces: Spaces) -> Explanation:
    """Explain every place where the search for lines stuck, and every gap that not even a disc gets through.

    Parameters
    ----------
    tracking : Tracking
    spaces : Spaces
        Of the same site.

    Raises
    ------
    UsageError
        If numba is not installed.
    """
    table = tracking.targets
    explainer = _Explainer(tracking, spaces)
    for apron in tracking.field.aprons:
        explainer.entrance(apron, table[(table["entrance_id"] == apron.entrance_id).to_numpy(bool)])
    return explainer.result()


def shortfall_of(way_shrink_m: float, found: Sequence[Place], length_m: float) -> float:
    """Return the width that is missing at the worst place [m], estimated.

    Where the body reaches over on both sides within its own length of the deepest piece, it is the sum of what is
    deepest on the left and on the right, at most twice the least shrink; where it does so on one side alone, the least
    shrink. In a straight gap that is exactly the vehicle's width less the gap's; in sharp corners it comes within 0.10 m
    of the closed form's width less the corner's. Where no shrink is needed from where the wheel was eased on, what reaches
    over lies before that: then it is as deep as that.
    """
    if not found:
        return way_shrink_m
    worst = max(found, key=lambda p: p.depth_m)
    way_shrink_m = way_shrink_m or worst.depth_m
    here = [p for p in found if p.geometry.distance(worst.geometry) <= length_m]
    left = max((p.depth_m for p in here if p.part in _LEFT), default=0.0)
    right = max((p.depth_m for p in here if p.part in _RIGHT), default=0.0)
    return min(2 * way_shrink_m, left + right) if left and right else way_shrink_m


@dataclass
class _Group:
    """Targets that lie behind one place where it sticks."""

    place: Floats
    onward: Floats
    goal: Goal
    target: Target
    rows: list[object]
    serves: list[tuple[TargetKind, str]]
    proven_fail: bool


@dataclass
class _Explainer:
    tracking: Tracking
    spaces: Spaces
    trips: list[tuple[Trip, tuple[Place, ...], Approach, Way]] = field(default_factory=list)
    shortfall: dict[object, float] = field(default_factory=dict)
    overrun: dict[object, str] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    states: int = 0

    def __post_init__(self) -> None:
        """Look up what stands where."""
        self.asked = {(t.kind, t.id): t for t in targets(self.spaces.site, self.spaces.network)}
        self.things = Things.of(self.spaces, self.tracking.vehicle, self.tracking.policy)

    def entrance(self, apron: Apron, rows: pd.DataFrame) -> None:
        """Explain all that sticks from one entrance."""
        found = rows["class"].to_numpy(object)
        stuck = np.isfinite(rows["stuck_x"].to_numpy(float))
        fails = np.flatnonzero(found == TrackClass.PROVEN_FAIL.value)
        chosen = [*np.flatnonzero((found == TrackClass.NOT_FOUND.value) & stuck).tolist(), *fails.tolist()]
        if not chosen or not apron.opens:
            return
        ours = [p.drive for p in self.tracking.drives if p.entrance_id == apron.entrance_id]
        approach = Approach(self.tracking.field.by(apron.entrance_id), self.tracking.vehicle, self.tracking.policy, apron, ours)
        prints = _prints(ours, approach)
        home = approach.home()
        groups: list[_Group] = []
        unsaid: dict[str, list[str]] = {}
        for n in chosen:
            why = self._sorted_in(groups, rows.iloc[n], rows.index[n], approach, prints, home)
            if why is not None:
                unsaid.setdefault(why, []).append(str(rows["target_id"].iloc[n]))
        self.notes += [_unsaid(apron, why, names) for why, names in unsaid.items()]
        count = 0
        for group in groups:
            count += self._explained(group, approach, apron, count + 1)
        self.states += approach.states

    def _sorted_in(
        self, groups: list[_Group], row: pd.Series, label: object, approach: Approach, prints: shapely.STRtree, home: Goal
    ) -> str | None:
        """Add a target to those that lie behind the same place, or begin a new one; say why where neither is possible."""
        kind = TargetKind(row["target_kind"])
        target = self.asked[kind, str(row["target_id"])]
        fails = row["class"] == TrackClass.PROVEN_FAIL.value
        gap = _gap(row, approach) if fails else None
        group = None if gap is None else _same(groups, gap, gap, fails=True)
        if group is None:
            if fails and sum(g.proven_fail for g in groups) >= PROVEN_FAILS:
                return "many"
            place = _left_over(target, approach, home, prints)
            if gap is not None and int(row["barred"]) >= 0:
                place = _beyond(target, int(row["barred"]), place, gap, approach, home)
            goal = approach.goal(place, max(target.within_m, ARRIVE_M))
            if goal is None:
                return "closed"
            if gap is not None:
                here = onward = gap
            elif np.isfinite(row["stuck_x"]):
                here = np.array([row["stuck_x"], row["stuck_y"]], float) - approach.where.body.origin
                here += self.tracking.vehicle.wheelbase_m * np.array([np.cos(row["stuck_heading_rad"]), np.sin(row["stuck_heading_rad"])])
                onward = _last(_downhill(goal, here, approach, ONWARD_M))
            else:
                here, onward = _narrow(goal, approach)
            group = _same(groups, here, onward, fails=fails)
            if group is None:
                group = _Group(here, onward, goal, target, [], [], fails)
                groups.append(group)
        group.rows.append(label)
        group.serves.append((kind, target.id))
        return None

    def _explained(self, group: _Group, approach: Approach, apron: Apron, number: int) -> int:
        vehicle, policy = self.tracking.vehicle, self.tracking.policy
        before = approach.states
        stuck = approach.advance(group.goal)
        way = None if stuck is None else approach.least(group.goal, stuck)
        x, y = group.place + approach.where.body.origin
        if way is None:
            self.notes.append((
                f"入口 {apron.entrance_id}：在 X={y:.1f} Y={x:.1f} 处，车身缩小后仍未找到路线，须人工查看",
                f"entrance {apron.entrance_id}: at X={y:.1f} Y={x:.1f} not even a much smaller body finds a line; look by hand",
            ))  # fmt: skip
            return 0
        found = tuple(places(way.drive, way.since, approach.where, vehicle, policy, self.things))
        if not found and group.proven_fail:
            self.notes.append((
                f"入口 {apron.entrance_id}：X={y:.1f} Y={x:.1f} 处已证明不能通过，但车辆另有路线到达其后的目标附近，未画出越界最小的路线",
                f"entrance {apron.entrance_id}: barred at X={y:.1f} Y={x:.1f}, proven; what lies beyond is come near to by another way: no overrun shown",
            ))  # fmt: skip
            return 0
        if not found:
            where_zh, where_en = f"入口 {apron.entrance_id}：在 X={y:.1f} Y={x:.1f} 处", f"entrance {apron.entrance_id}: at X={y:.1f} Y={x:.1f}"
            told = (
                f"{where_zh}缩小的车身找到的路线未显示越界，但未通过独立复核，不予采用，须人工查看",
                f"{where_en} the line of a smaller body shows nothing left out, but does not stand the independent check: not used, look by hand",
            )
            if prove(way.drive, approach.where, vehicle, policy, since=way.since).holds:
                self.missed.append(Missed(apron.entrance_id, tuple(group.rows), way.drive, way.since))
                told = (
                    f"{where_zh}可不越界通过，该处以后未继续搜索；仍标为未找到的目标须人工复核",
                    f"{where_en} a line leaves nothing out, but beyond it was not searched; look by hand at what is still not found",
                )
            self.notes.append(told)
            return 0
        trip_id = trip_id_of(vehicle.id, apron.entrance_id, "X", number)
        area = float(sum(p.geometry.area for p in found if not p.struck))
        trip = Trip(
            trip_id, TripKind.OVERRUN, vehicle, apron.entrance_id, group.target.kind, group.target.id, tuple(group.serves),
            way.drive, approach.states - before, way.cell_m, area,
        )  # fmt: skip
        self.trips.append((trip, found, approach, way))
        self.shortfall |= dict.fromkeys(group.rows, shortfall_of(way.shrink_m, found, vehicle.length_m))
        self.overrun |= dict.fromkeys(group.rows, trip_id)
        return 1

    def result(self) -> Explanation:
        """Give the conflicts their ids and work out the mends."""
        labels = iter(unique_labels([place_label("X", *p.place) for _, found, _, _ in self.trips for p in found]))
        trips, mends = [], []
        for trip, found, approach, way in self.trips:
            conflicts = tuple(
                Conflict(next(labels), trip.trip_id, p.geometry, p.depth_m, p.part, p.owners, p.place, p.chainage_m) for p in found
            )
            done = replace(trip, conflicts=conflicts)
            trips.append(done)
            over = Overrun(done, way.since, way.eased, approach.where, self.tracking.policy, tuple(p.struck for p in found))
            ours, why = mends_of(over, self.things, self.spaces)
            mends += ours
            self.notes += why
        index = self.tracking.targets.index
        short = pd.Series([self.shortfall.get(i, np.nan) for i in index], index=index, dtype=float, name="shortfall_m")
        which = pd.Series([self.overrun.get(i) for i in index], index=index, dtype=object, name="overrun_id")
        return Explanation(tuple(trips), tuple(mends), short, which, self.states, tuple(self.notes), tuple(self.missed))


def _prints(drives: Sequence[Drive], approach: Approach) -> shapely.STRtree:
    every = [footprints(d.refined(0.5), approach.vehicle) for d in drives]
    return shapely.STRtree(np.concatenate(every) if every else np.array([], object))


def _unsaid(apron: Apron, why: str, names: Sequence[str]) -> tuple[str, str]:
    """Say of which targets nothing was explained, and why."""
    zh, en = "、".join(names[:_NAMED]), ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        zh, en = f"{zh}等 {len(names)} 个", f"{en} and {len(names) - _NAMED} more"
    if why == "many":
        return (
            f"入口 {apron.entrance_id}：受阻之处超过 {PROVEN_FAILS} 处，未解释：{zh}",
            f"entrance {apron.entrance_id}: more than {PROVEN_FAILS} places bar the way, not explained: {en}",
        )
    return (
        f"入口 {apron.entrance_id}：车身缩到很小也没有通路，无法画出越界的路线：{zh}",
        f"entrance {apron.entrance_id}: no way even for a much smaller body, so no line of least overrun: {en}",
    )


def _gap(row: pd.Series, approach: Approach) -> Floats | None:
    """Return where, proven, the way to a target is barred, local: a gap on the way, or the mouth itself."""
    gap = np.array([row["gap_x"], row["gap_y"]], float)
    if np.isfinite(gap).all():
        return gap - approach.where.body.origin
    if approach.apron.width_m < approach.vehicle.width_m + 2 * approach.policy.margin_m:
        middle: Floats = approach.apron.middle - approach.where.body.origin
        return middle
    return None


def _same(groups: Sequence[_Group], here: Floats, onward: Floats, *, fails: bool) -> _Group | None:
    """Return the group of the same place, with the same way on."""
    return next(
        (g for g in groups if g.proven_fail == fails and np.hypot(*(g.place - here)) < 3 * SAME_M and np.hypot(*(g.onward - onward)) < SAME_M),
        None,
    )


def _beyond(target: Target, barred: int, left: BaseGeometry, gap: Floats, approach: Approach, home: Goal) -> BaseGeometry:
    """Return a place of a target that lies well beyond the gap before it: the body comes near to the gap without passing it."""
    at, length_m = shapely.Point(gap + approach.where.body.origin), approach.vehicle.length_m
    if left.distance(at) >= length_m or len(target.places) == 1:
        return left
    middle = shapely.get_coordinates(shapely.centroid(target.places)) - approach.where.body.origin
    far = effort_at(home, approach.where, middle)
    ahead = np.flatnonzero(far >= far[barred]) if np.isfinite(far[barred]) else np.arange(len(far))
    away = shapely.distance(target.places[ahead], at)
    well = np.flatnonzero(away >= length_m)
    chosen = ahead[well[int(np.argmin(away[well]))] if len(well) else int(np.argmax(away))]
    result: BaseGeometry = target.places[chosen]
    return result


def _left_over(target: Target, approach: Approach, home: Goal, prints: shapely.STRtree) -> BaseGeometry:
    """Return the place of a target that no drive has come to and that lies farthest from the entrance, by the way there."""
    served: Bools = np.zeros(len(target.places), bool)
    if len(prints.geometries):
        served[np.unique(prints.query(target.places, predicate="dwithin", distance=target.within_m)[0])] = True
    left = np.flatnonzero(~served) if not served.all() else np.arange(len(target.places))
    middle = shapely.get_coordinates(shapely.centroid(target.places[left]))
    far = effort_at(home, approach.where, middle - approach.where.body.origin)
    far = np.where(np.isfinite(far), far, np.hypot(*(middle - approach.apron.middle).T))
    result: BaseGeometry = target.places[left[int(np.argmax(far))]]
    return result


def _downhill(goal: Goal, start: Floats, approach: Approach, way_m: float = np.inf) -> Iterator[Floats]:
    """Yield the middles of the cells on the way down the map of a goal, local."""
    cell = approach.where.over.frame[3]
    effort = goal.effort
    rows, columns = effort.shape
    column, row = (int(v) for v in np.floor(start / cell))
    gone = 0.0
    while gone < way_m and 0 <= row < rows and 0 <= column < columns:
        yield (np.array([column, row]) + 0.5) * cell
        part = effort[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        down, right = np.unravel_index(int(np.argmin(part)), part.shape)
        after = max(row - 1, 0) + int(down), max(column - 1, 0) + int(right)
        if after == (row, column):
            return
        row, column = after
        gone += cell


def _last(steps: Iterator[Floats]) -> Floats:
    at = np.full(2, np.nan)
    for step in steps:
        at = step
    return at


def _narrow(goal: Goal, approach: Approach) -> tuple[Floats, Floats]:
    """Return the first place on the way to a goal that a disc of the vehicle's width does not pass, and one some metres on."""
    cell = approach.where.over.frame[3]
    clear, need = approach.where.over.clear, approach.body.need_m
    efforts = approach.efforts(goal, approach.start)
    first = approach.start[int(np.argmin(efforts))]
    front = first[:2] + approach.vehicle.wheelbase_m * np.array([np.cos(first[2]), np.sin(first[2])])
    found, onward, left = None, front, ONWARD_M
    for at in _downhill(goal, front, approach):
        column, row = (at / cell).astype(int)
        if found is None and clear[row, column] + cell * np.sqrt(0.5) < need:
            found = at
        elif found is not None:
            left -= cell
            if left <= 0:
                break
        onward = at
    return (front if found is None else found), onward


