"""A whole site: from every entrance to every lane and every building."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Bools, Floats
from firelane.lanes.obstacles import blocks
from firelane.lanes.records import LaneNetwork
from firelane.lanes.space import Spaces
from firelane.site.model import Site
from firelane.tracking.drive import Drive
from firelane.tracking.field import Apron, Field, field_of
from firelane.tracking.proof import Proof, prove
from firelane.tracking.record import TrackClass
from firelane.tracking.search import BESIDE_M, Budget, Outcome, Search
from firelane.tracking.search_disc import Gap
from firelane.tracking.search_tree import COARSE, Goal, Grid, effort_at
from firelane.tracking.sweep import Sweep, footprints, sweep
from firelane.tracking.targets import ARRIVE_M, COVERED, Target, TargetKind, targets
from firelane.tracking.vehicle import Policy, Vehicle

TRIES = 8
"""How often a search is begun for the parts of one lane that no drive has passed yet."""
ASIDE_M = 0.5
"""Distance between the poses that are looked at where a drive passes beside a station."""


@dataclass(frozen=True)
class Path:
    """A drive that has been found and proven.

    Attributes
    ----------
    entrance_id : str
    drive : Drive
    vehicle : Vehicle
    proof : Proof
    grid : Grid
        The finest that the search needed.
    states : int
    served : tuple of (TargetKind, str)
        What it was the first to reach, in whole or in part.
    """

    entrance_id: str
    vehicle: Vehicle
    drive: Drive
    proof: Proof
    grid: Grid
    states: int
    served: tuple[tuple[TargetKind, str], ...]

    @cached_property
    def swept(self) -> Sweep:
        """What it passes over, without the margin; worked out when it is asked for."""
        return sweep(self.drive, self.vehicle)


@dataclass(frozen=True)
class Tracking:
    """What one vehicle reaches on a site.

    Attributes
    ----------
    vehicle : Vehicle
    policy : Policy
    field : Field
    targets : DataFrame
        One row per entrance and target: ``entrance_id``, ``target_kind``, ``target_id``, ``class`` (TrackClass),
        ``share`` (of a lane's stations that proven drives pass), ``path`` (row of ``paths``, -1: none), ``length_m``
        (of that path), ``states``, ``stuck_x``, ``stuck_y``, ``stuck_heading_rad`` (the vehicle where it came nearest); of a
        proven fail the place of the target that no way leads to, ``barred`` (-1: none), and the gap that bars the way, where
        there is one: ``gap_m``, ``gap_x``, ``gap_y``, ``gap_owners`` (tuple of str). ``through``: of a lane, that the drives
        pass its stations without a break between them; False where they come to it from both ends only
        (:func:`driven_through`). ``too_low``: the entrance is lower than the vehicle, which is why it is a proven fail.
    drives : tuple of Path
    states : int
    crs : CRS
    notes : tuple of (str, str)
        Chinese and English.
    """

    vehicle: Vehicle
    policy: Policy
    field: Field
    targets: pd.DataFrame
    drives: tuple[Path, ...]
    states: int
    crs: pyproj.CRS
    notes: tuple[tuple[str, str], ...] = ()

    @cached_property
    def paths(self) -> gpd.GeoDataFrame:
        """One row per proven drive, geometry its swept body; worked out when it is asked for.

        ``path_id``, ``entrance_id``, ``target_kind``, ``target_id`` (what it was looked for), ``length_m``, ``states``,
        ``cell_m``, ``fine``; as LineStrings ``drive_line`` and the wheel tracks ``wheel_front_left`` and so on.
        """
        return _table(self.drives, self.crs)


def track_site(
    site: Site, network: LaneNetwork, spaces: Spaces, vehicle: Vehicle, policy: Policy, *, budget: Budget | None = None
) -> Tracking:
    """Find out what a vehicle reaches, from every entrance.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
    spaces : Spaces
        Of the site.
    vehicle : Vehicle
    policy : Policy
    budget : Budget, optional
        States to visit, for each entrance.

    Raises
    ------
    UsageError
        If numba is not installed; TooLargeError where the ground is too large.
    """
    where = field_of(spaces, vehicle, policy)
    asked = targets(site, network)
    rows: list[dict[str, object]] = []
    drives: list[Path] = []
    notes: list[tuple[str, str]] = []
    states = 0
    for apron in where.aprons:
        if apron.shut:
            notes.append((f"入口 {apron.entrance_id} 不能打开，未搜索", f"entrance {apron.entrance_id} cannot be opened: not tried"))
            rows += [_row(apron, t, TrackClass.NOT_TRIED) for t in asked]
            continue
        if apron.low:
            notes.append((
                f"入口 {apron.entrance_id} 的净高低于车高 {vehicle.height_m:.2f} 米，不能驶入",
                f"entrance {apron.entrance_id} is lower than the vehicle, {vehicle.height_m:.2f} m: it is no way in",
            ))  # fmt: skip
            rows += [_row(apron, t, TrackClass.PROVEN_FAIL, through=False, too_low=True) for t in asked]
            continue
        own = where.by(apron.entrance_id)
        notes += _taken_as_open(spaces, apron, vehicle)
        visit = _Visit(own, apron, Search(own, vehicle, policy, apron.seeds(vehicle, policy), budget or Budget()), asked, len(drives))
        visit.run()
        rows += list(visit.rows())
        drives += visit.paths
        states += visit.search.states
        if visit.refused:
            notes.append((
                f"入口 {apron.entrance_id}：{visit.refused} 条路线未通过独立复核，未采用",
                f"entrance {apron.entrance_id}: {visit.refused} lines did not stand the independent check and are not used",
            ))  # fmt: skip
    return Tracking(vehicle, policy, where, pd.DataFrame(rows, columns=list(_COLUMNS)), tuple(drives), states, site.crs, tuple(notes))


_COLUMNS = (
    "entrance_id", "target_kind", "target_id", "class", "share", "path", "length_m", "states", "stuck_x", "stuck_y", "stuck_heading_rad",
    "barred", "gap_m", "gap_x", "gap_y", "gap_owners", "through", "too_low",
)  # fmt: skip


def _taken_as_open(spaces: Spaces, apron: Apron, vehicle: Vehicle) -> list[tuple[str, str]]:
    """Say what stands in the strip outside a mouth, which by the contract is open: buildings, and what bars the vehicle or may.

    They are no reason for a class: from where the vehicle comes, and what more ground there is outside, the data does not
    tell. Whether it gets to the mouth has to be seen on site.
    """
    buildings, things = spaces.site.layer("buildings"), spaces.table
    if len(things):
        unknown = things["overhead"].to_numpy(bool) & np.isnan(things["clear_height_m"].to_numpy(float))
        things = things[blocks(things, vehicle.height_m) | unknown]
    named = []
    for table, column, zh, en in ((buildings, "id", "建筑", "buildings"), (things, "owner", "障碍物", "obstructions")):
        shapes = table.geometry.to_numpy() if len(table) else np.zeros(0, object)
        stand = shapely.intersects(shapes, apron.outer) & ~shapely.touches(shapes, apron.outer)
        names = table[column].astype(str).to_numpy()[stand].tolist()
        named += [(f"{zh} {'、'.join(names)}", f"{en} {', '.join(names)}")] if names else []
    if not named:
        return []
    zh, en = "，".join(n for n, _ in named), " and ".join(n for _, n in named)
    return [(
        f"入口 {apron.entrance_id} 外侧引道内绘有{zh}；引道按约定视为空旷，须现场核对",
        f"entrance {apron.entrance_id}: {en} are drawn in the strip outside, which is taken as open; look on site",
    )]  # fmt: skip


def driven_through(places: np.ndarray, prints: shapely.STRtree) -> bool:
    """Tell whether poses of drives link the stations of a lane: between any two that are passed next to each other, one pose stands on both.

    False of a lane that drives nose into from both ends and none gets past what is between; true of one that no drive
    comes to, where there is nothing to link.
    """
    if not len(prints.geometries):
        return True
    station, pose = prints.query(places, predicate="intersects")
    passed, order = np.unique(station, return_inverse=True)
    count = len(prints.geometries)
    keys = order * count + pose
    linked = np.unique(order[np.isin(keys + count, keys)])
    return len(linked) >= len(passed) - 1


def _ground(drive: Drive, since: int, vehicle: Vehicle) -> BaseGeometry:
    """Return what a drive passes over from a pose on: never more than it does."""
    part = Drive(drive.xy[since:], drive.heading_rad[since:], drive.curvature[since:], drive.gear[since:])
    return shapely.union_all(footprints(part.refined(0.5), vehicle))


def _row(apron: Apron, target: Target, found: TrackClass, **more: object) -> dict[str, object]:
    blank: dict[str, object] = {"share": 0.0, "path": -1, "length_m": np.nan, "states": 0, "stuck_x": np.nan, "stuck_y": np.nan, "stuck_heading_rad": np.nan}
    blank |= {"barred": -1, "gap_m": np.nan, "gap_x": np.nan, "gap_y": np.nan, "gap_owners": (), "through": True, "too_low": False}
    return {"entrance_id": apron.entrance_id, "target_kind": target.kind.value, "target_id": target.id, "class": found.value, **blank, **more}


@dataclass
class _Visit:
    """All targets from one entrance, the farthest first; what a drive passes on its way is not looked for again."""

    where: Field
    apron: Apron
    search: Search
    asked: tuple[Target, ...]
    first_path: int
    served: list[Bools] = field(init=False)
    impossible: list[Bools] = field(init=False)
    path_of: list[int] = field(init=False)
    states: list[int] = field(init=False)
    stuck: dict[int, Floats] = field(default_factory=dict)
    paths: list[Path] = field(default_factory=list)
    refused: int = 0

    def __post_init__(self) -> None:
        """Nothing is reached yet."""
        self.served = [np.zeros(len(t.places), bool) for t in self.asked]
        self.impossible = [np.zeros(len(t.places), bool) for t in self.asked]
        self.path_of = [-1] * len(self.asked)
        self.states = [0] * len(self.asked)

    def run(self) -> None:
        """Look for drives until all is reached or given up."""
        if not self.search.enters:
            return
        # Lanes first, the farthest places first: a long drive serves what lies along it. In a ring the farthest is
        # where the ways round both sides meet.
        inside = self.apron.middle + np.array([np.cos(self.apron.inward_rad), np.sin(self.apron.inward_rad)])
        home = self.search.goal(shapely.Point(inside), ARRIVE_M)
        far = [self._far_m(home, t) for t in self.asked]
        kinds = [t.kind is TargetKind.BUILDING for t in self.asked]
        order = sorted(range(len(self.asked)), key=lambda n: (kinds[n], -float(far[n].max()), n))
        for n in order:
            self._target(n, far[n])

    def _far_m(self, home: Goal, target: Target) -> Floats:
        middle = shapely.get_coordinates(shapely.centroid(target.places)) - self.where.body.origin
        far = effort_at(home, self.where, middle)
        plain = np.hypot(*(middle + self.where.body.origin - self.apron.middle).T)
        return np.where(np.isfinite(far), far, plain)

    def _target(self, n: int, far_m: Floats) -> None:
        target = self.asked[n]
        tried = np.zeros(len(target.places), bool)
        for _ in range(TRIES):
            left = np.flatnonzero(~self.served[n] & ~self.impossible[n] & ~tried)
            if not len(left) or self._done(n):
                return
            # first the far end of a lane; then what lies farthest along it from all that is passed: a drive to the next
            # place on the same side would go on by a step
            passed = np.flatnonzero(self.served[n])
            along = np.abs(left[:, None] - passed).min(axis=1) if len(passed) else np.zeros(len(left))
            order = left[np.lexsort((-far_m[left], -along))].tolist()
            # what only a corner may reach over is left to what comes by
            at = next((a for a in order if self._may_stand(n, a)), -1)
            if at < 0 and self.served[n].any():
                return
            at = order[0] if at < 0 else at
            outcome = self.search.reach(self._goal(n, at))
            self.states[n] += outcome.states
            if outcome.impossible:
                self.impossible[n][at] = True
            tried[at] = True
            if outcome.stuck is not None:
                self.stuck[n] = outcome.stuck
                if outcome.short_m > BESIDE_M:
                    # all of the lane that lies behind the same place
                    tried[left] = True
            if outcome.drive is not None:
                self._take(outcome, n)

    def _done(self, n: int) -> bool:
        return bool(self.served[n].mean() >= COVERED)

    def _take(self, outcome: Outcome, wanted: int) -> None:
        assert outcome.drive is not None
        proof = prove(outcome.drive, self.where, self.search.vehicle, self.search.policy, since=outcome.since)
        if not proof.holds:
            self.refused += 1
            return
        self.search.accept(outcome)
        ground = self.where.inside(_ground(outcome.drive, outcome.since, self.search.vehicle), self.apron.entrance_id)
        new: list[tuple[TargetKind, str]] = [(self.asked[wanted].kind, self.asked[wanted].id)]
        for n, target in enumerate(self.asked):
            if self.served[n].all():
                continue
            reached = target.served(ground) & ~self.served[n]
            if reached.any():
                self.served[n] |= reached
                self.path_of[n] = self.first_path + len(self.paths)
                if n != wanted:
                    new.append((target.kind, target.id))
        self.paths.append(Path(self.apron.entrance_id, self.search.vehicle, outcome.drive, proof, outcome.grid, outcome.states, tuple(new)))

    def rows(self) -> Iterator[dict[str, object]]:
        """Yield a row for each target."""
        every = [footprints(p.drive.refined(ASIDE_M), self.search.vehicle) for p in self.paths]
        prints = shapely.STRtree(np.concatenate(every) if every else np.array([], object))
        for n, target in enumerate(self.asked):
            found, barred = self._class(n)
            more: dict[str, object] = {"share": float(self.served[n].mean()), "states": self.states[n]}
            if target.kind is TargetKind.LANE:
                more["through"] = driven_through(target.places, prints)
            if self.path_of[n] >= 0:
                path = self.paths[self.path_of[n] - self.first_path]
                more |= {"path": self.path_of[n], "length_m": path.drive.length_m}
            if found is TrackClass.NOT_FOUND and n in self.stuck:
                more |= dict(zip(("stuck_x", "stuck_y", "stuck_heading_rad"), map(float, self.stuck[n]), strict=True))
            gap = None
            if barred >= 0:
                more["barred"] = barred
                gap = self.search.gap(self._goal(n, barred)) or self._gap_at(n, barred)
            if gap is not None:
                owners = self.where.owners_at(np.stack((gap.p, gap.q)))
                more |= {"gap_m": gap.width_m, "gap_x": float(gap.place[0]), "gap_y": float(gap.place[1]), "gap_owners": owners}
            yield _row(self.apron, target, found, **more)

    def _class(self, n: int) -> tuple[TrackClass, int]:
        """Return what is known of a target, and the place of it that, proven, no way leads to (-1: none)."""
        if not self.search.enters:
            return (TrackClass.PROVEN_FAIL if self._too_narrow() else TrackClass.NOT_FOUND), -1
        if self._done(n):
            barred = self._barred_between(n)
            return (TrackClass.PROVEN_FAIL if barred >= 0 else TrackClass.PROVEN_PASS), barred
        # as many as drives need not pass may lie in a corner: they are no reason
        spare, found = (1 - COVERED) * len(self.served[n]), []
        for at in np.flatnonzero(~self.served[n]).tolist():
            if (self.impossible[n][at] or not self._may_stand(n, at)) and self._no_way(n, at):
                found.append(at)
            if len(found) > spare:
                return TrackClass.PROVEN_FAIL, found[0]
        barred = self._barred_between(n)
        return (TrackClass.PROVEN_FAIL if barred >= 0 else TrackClass.NOT_FOUND), barred

    def _no_way(self, n: int, at: int) -> bool:
        if not self.impossible[n][at]:
            self.impossible[n][at] = self.search.barred(self.asked[n].places[at], self.asked[n].within_m)
        return bool(self.impossible[n][at])

    def _barred_between(self, n: int) -> int:
        """Return a place, between others that are passed, where a lane is barred: it is reached from both ends, not driven through."""
        passed = np.flatnonzero(self.served[n])
        for before, after in pairwise(passed):
            between = [at for at in range(int(before) + 1, int(after)) if self._shut(n, at)]
            if between and not self._passes(self.asked[n].places[[before, after]]):
                return between[0]
        return -1

    def _may_stand(self, n: int, at: int) -> bool:
        """Tell whether more than a corner of the vehicle may come to a station of a lane."""
        if self.asked[n].kind is not TargetKind.LANE:
            return True
        section, poses = self._local(n, at), self.search.entering
        return all(d.ways.come(d.reached(poses)[0], section, 0.0, d.far_m) for d in self.search.discs)

    def _shut(self, n: int, at: int) -> bool:
        """Tell whether a gap, proven, keeps the vehicle from driving across a station of a lane; a corner may reach over it."""
        if self.asked[n].kind is not TargetKind.LANE or self._gap_at(n, at) is None:
            return False
        section = self._local(n, at)
        return not all(d.crosses(self.search.entering, section) for d in self.search.discs)

    def _gap_at(self, n: int, at: int) -> Gap | None:
        gaps = (d.ways.widest_at(self._local(n, at)) for d in self.search.discs)
        return next((g for g in gaps if g is not None), None)

    def _local(self, n: int, at: int) -> BaseGeometry:
        return shapely.transform(self.asked[n].places[at], lambda xy: xy - self.where.body.origin)

    def _passes(self, sides: np.ndarray) -> bool:
        """Tell whether a vehicle on one of the drives stands on two lines at once: then it passes what is between them."""
        for path in self.paths:
            prints = shapely.STRtree(footprints(path.drive.refined(ASIDE_M), self.search.vehicle))
            line, pose = prints.query(sides, predicate="intersects")
            if len(np.intersect1d(pose[line == 0], pose[line == 1])):
                return True
        return False

    def _goal(self, n: int, at: int) -> Goal:
        target = self.asked[n]
        return self.search.goal(target.places[at], max(target.within_m, ARRIVE_M), across=target.kind is TargetKind.LANE)

    def _too_narrow(self) -> bool:
        return self.apron.width_m < self.search.vehicle.width_m + 2 * self.search.policy.margin_m


def _table(drives: tuple[Path, ...], crs: pyproj.CRS) -> gpd.GeoDataFrame:
    rows: list[dict[str, object]] = []
    for n, path in enumerate(drives):
        kind, name = path.served[0]
        tracks: dict[str, BaseGeometry] = {f"wheel_{wheel}": line for wheel, line in path.swept.wheels.items()}
        rows.append({
            "path_id": f"{path.entrance_id}-{n + 1:02d}", "entrance_id": path.entrance_id, "target_kind": kind.value, "target_id": name,
            "length_m": path.drive.length_m, "states": path.states, "cell_m": path.grid.cell_m, "fine": path.grid != COARSE,
            "drive_line": path.drive.refined(0.5).line(), **tracks, "geometry": path.swept.body,
        })  # fmt: skip
    columns = [
        "path_id", "entrance_id", "target_kind", "target_id", "length_m", "states", "cell_m", "fine", "drive_line",
        "wheel_front_left", "wheel_front_right", "wheel_rear_right", "wheel_rear_left", "geometry",
    ]  # fmt: skip
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=crs)
