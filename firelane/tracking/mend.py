"""What would let the vehicle through: things removed, corners rounded, edges taken back; proven by the same drive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.space import Spaces
from firelane.tracking.field import Field, Region
from firelane.tracking.overrun_conflicts import Things
from firelane.tracking.overrun_ease import eased_from
from firelane.tracking.proof import prove
from firelane.tracking.record import BodyPart, Conflict, Mend, Trip
from firelane.tracking.vehicle import Policy
from firelane.vocabulary import ObstructionKind

GROW_M = 0.003
"""Ground is made good this much beyond what the body takes: the check draws the body a hair larger."""
ROUND_M = 0.5
"""Radii are rounded up to this."""
MOST_RADIUS_M = 30.0
DEPTH_M = 0.05
SPARE_M = 0.02
"""Kept off what stays where a drive that just touches it does not stand the proof: easing looks at few poses."""
_KEEP_M = 0.05
_FRONT = frozenset({BodyPart.FRONT, BodyPart.FRONT_LEFT, BodyPart.FRONT_RIGHT})


@dataclass(frozen=True)
class Overrun:
    """A drive of least overrun and where it was found."""

    trip: Trip
    since: int
    eased: int
    where: Field
    policy: Policy
    struck: tuple[bool, ...]
    """For each conflict, whether it is a post or a wall without width."""


@dataclass(frozen=True)
class _Work:
    """One thing to be done."""

    action: str
    conflicts: tuple[str, ...]
    owners: tuple[str, ...]
    ground: BaseGeometry
    radius_m: float
    depth_m: float
    length_m: float
    place: tuple[float, float]


def mends_of(over: Overrun, things: Things, spaces: Spaces) -> tuple[list[Mend], list[tuple[str, str]]]:
    """Return what clears an overrun, all of it together, and what there is to say where nothing does.

    What stays: buildings, and things that the site or their kind calls fixed. Where the drive takes such ground there is
    no mend by works.
    """
    trip = over.trip
    removable = {str(r.owner) for r in things.table.itertuples() if r.removable}
    gone = {o for c in trip.conflicts for o in c.owners if o in removable}
    works = _removals(trip.conflicts, sorted(gone))
    freed = _freed(over.where.body, things, gone, spaces)
    if gone and _helps_alone(over, freed, gone, things, spaces):
        return [_mend(trip, work, things, proven=True) for work in works], []
    fixed = _fixed(things, gone)
    # what is paved is for the wheels; the body may be over it
    road = _freed(over.where.wheels, things, gone, spaces) if over.where.split else freed
    pavement, blocked = [], False
    for conflict, struck in zip(trip.conflicts, over.struck, strict=True):
        if set(conflict.owners) <= gone:
            continue
        if struck:
            blocked = True
            continue
        rest = shapely.difference(shapely.buffer(conflict.geometry, GROW_M), road.area)
        blocked |= bool(shapely.area(shapely.intersection(rest, fixed)) > 1e-4)
        pavement.append((conflict, _areal(rest)))
    if blocked:
        zh = "越界处有建筑或不可移除之物，不能靠路面改造解决；只能拆移该物或改用较小车辆"
        en = "a building or a fixed thing (one that cannot be removed) stands in the way: only its removal or a smaller vehicle helps"
        return [], [(f"{trip.trip_id}：{zh}", f"{trip.trip_id}: {en}")]
    works += _edges(pavement, road, fixed, trip)
    proven = _holds(over, freed, works, gone, things, spaces)
    return [_mend(trip, work, things, proven=proven) for work in works], []


def _helps_alone(over: Overrun, freed: Region, gone: set[str], things: Things, spaces: Spaces) -> bool:
    """Tell whether, once what can go is gone, the same drive eased needs nothing else: proven as such."""
    wheels = _freed(over.where.wheels, things, gone, spaces) if over.where.split else freed
    free = Field(freed, wheels, over.where.aprons)
    vehicle = over.trip.vehicle
    for more_m in (0.0, SPARE_M):
        eager = replace(over.policy, margin_m=over.policy.margin_m + more_m)
        drive, shrink_m = eased_from(over.trip.drive, over.eased, free, vehicle, eager, asked_m=0.0)
        if shrink_m > 0:
            return False  # and with more to keep off none the less
        if prove(drive, free, vehicle, over.policy, since=over.since).holds:
            return True
    return False


def _removals(conflicts: Sequence[Conflict], gone: Sequence[str]) -> list[_Work]:
    works = []
    for owner in gone:
        ours = [c for c in conflicts if owner in c.owners]
        worst = max(ours, key=lambda c: c.depth_m)
        nothing = shapely.Polygon()
        works.append(_Work("remove", tuple(c.conflict_id for c in ours), (owner,), nothing, np.nan, np.nan, np.nan, worst.place))
    return works


def _freed(region: Region, things: Things, gone: set[str], spaces: Spaces) -> Region:
    """Return a region without the things that go: what else stands on their ground stays."""
    owner = np.array(things.solid_owner, object)
    out = np.array([o in gone for o in owner], bool) if len(owner) else np.zeros(0, bool)
    area = region.area
    if out.any():
        ground = shapely.intersection(shapely.union_all(things.solid[out]), spaces.network.pavement)
        kept = things.solid[~out]
        near = kept[shapely.intersects(kept, ground)] if len(kept) else kept
        area = shapely.union_all([area, shapely.buffer(shapely.difference(ground, shapely.union_all(near)), 1e-6)])
    thin = np.array([o in gone for o in things.thin_owner], bool)
    if not thin.any():
        return Region(area, region.walls, region.posts)
    away = shapely.union_all(things.thin[thin])
    walls = [w for w in region.walls if not shapely.covers(away, w)]
    kept_walls = np.empty(len(walls), object)
    kept_walls[:] = walls
    posts = region.posts[~shapely.intersects(away, shapely.points(region.posts))] if len(region.posts) else region.posts
    return Region(area, kept_walls, posts)


def _fixed(things: Things, gone: set[str]) -> BaseGeometry:
    stays = np.array([o not in gone for o in things.solid_owner], bool)
    return shapely.union_all(things.solid[stays]) if stays.any() else shapely.Polygon()


def _areal(geometry: BaseGeometry) -> BaseGeometry:
    return shapely.union_all([p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"])


def _edges(pieces: Sequence[tuple[Conflict, BaseGeometry]], freed: Region, fixed: BaseGeometry, trip: Trip) -> list[_Work]:
    """Return the works on the road's edges: inner corners rounded where that covers a piece, else the edge taken back."""
    works: list[_Work] = []
    for conflict, rest in pieces:
        if rest.is_empty:
            continue
        owners = tuple(o for o in conflict.owners if o.startswith("edge:")) or conflict.owners
        depth_m = float(np.ceil((conflict.depth_m + GROW_M) / DEPTH_M - 1e-9) * DEPTH_M)
        back = _areal(shapely.difference(shapely.union_all(shapely.buffer(shapely.convex_hull(shapely.get_parts(rest)), _KEEP_M)), freed.area))
        back = _areal(shapely.union_all([shapely.difference(back, fixed), rest]))
        largest = max(shapely.get_parts(rest).tolist(), key=lambda p: float(p.area))
        box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(largest))
        length_m = float(max(np.hypot(*np.diff(box, axis=0).T))) if len(box) > 2 else 0.0
        # a front corner swings out, away from the corner that is turned about
        corner = _corner(rest, freed, fixed, trip.vehicle.length_m) if conflict.part not in _FRONT else None
        if corner is not None:
            radius_m, ground = corner
            works.append(_Work("cut_corner", (conflict.conflict_id,), owners, ground, radius_m, conflict.depth_m, np.nan, conflict.place))
        else:
            works.append(_Work("widen", (conflict.conflict_id,), owners, back, np.nan, depth_m, length_m, conflict.place))
    return _merged(works)


def _merged(works: list[_Work]) -> list[_Work]:
    """Take together works at one corner: the larger radius covers what the smaller does."""
    done: list[_Work] = []
    for work in works:
        same = next((n for n, w in enumerate(done) if work.action == w.action == "cut_corner" and w.ground.intersects(work.ground)), None)
        if same is None:
            done.append(work)
            continue
        other = done[same]
        first = max(work, other, key=lambda w: (w.radius_m, w.depth_m))
        done[same] = _Work(
            first.action, (*other.conflicts, *work.conflicts), tuple(dict.fromkeys([*other.owners, *work.owners])),
            shapely.union_all([other.ground, work.ground]), first.radius_m, max(work.depth_m, other.depth_m), np.nan, first.place,
        )  # fmt: skip
    return done


def _corner(piece: BaseGeometry, freed: Region, fixed: BaseGeometry, reach_m: float) -> tuple[float, BaseGeometry] | None:
    """Return the least radius, in steps of ``ROUND_M``, to which the corner under a piece has to be rounded, and that ground.

    None where the piece lies on no inner corner, or the rounding would take more than there is.
    """
    window = shapely.buffer(shapely.box(*piece.bounds), reach_m + MOST_RADIUS_M / 2)
    road = shapely.intersection(freed.area, window)
    land = shapely.difference(window, road)
    ours = [p for p in shapely.get_parts(land) if p.geom_type == "Polygon" and p.intersects(piece)]
    if len(ours) != 1:
        return None
    body = ours[0]
    # a piece beside a straight or hollow edge lies under no rounding, however large
    low, high, best = 0, 0, None
    for steps in (*(2**n for n in range(int(np.log2(MOST_RADIUS_M / ROUND_M)) + 1)), int(MOST_RADIUS_M / ROUND_M)):
        cut = _rounded(body, steps * ROUND_M, piece)
        if cut is not None and shapely.covers(shapely.buffer(cut, 1e-6), piece):
            high, best = steps, cut
            break
        low = steps
    while high - low > 1:
        middle = (low + high) // 2
        cut = _rounded(body, middle * ROUND_M, piece)
        if cut is not None and shapely.covers(shapely.buffer(cut, 1e-6), piece):
            high, best = middle, cut
        else:
            low = middle
    if best is None or shapely.area(shapely.intersection(best, fixed)) > 1e-4:
        return None
    if not shapely.contains_properly(shapely.buffer(window, -_KEEP_M), best):
        return None
    return high * ROUND_M, _areal(shapely.union_all([best, piece]))


def _rounded(land: BaseGeometry, radius_m: float, piece: BaseGeometry) -> BaseGeometry | None:
    """Return what rounding the land to a radius takes of it where a piece lies; None where all of it goes."""
    kept = shapely.buffer(shapely.buffer(land, -radius_m, quad_segs=64), radius_m, quad_segs=64)
    if kept.is_empty:
        return None
    off = [p for p in shapely.get_parts(shapely.difference(land, kept)) if p.geom_type == "Polygon" and p.area > 1e-6 and p.intersects(piece)]
    return shapely.union_all(off) if off else None


def _holds(over: Overrun, freed: Region, works: Sequence[_Work], gone: set[str], things: Things, spaces: Spaces) -> bool:
    """Tell whether the same drive, on the ground as mended, leaves nothing."""
    more = [w.ground for w in works if not w.ground.is_empty]
    body = _paved(freed, more)
    wheels = body
    if over.where.split:
        wheels = _paved(_freed(over.where.wheels, things, gone, spaces), more)
    drive, vehicle = over.trip.drive, over.trip.vehicle
    first = prove(drive, Field(body, wheels, over.where.aprons), vehicle, over.policy, since=over.since)
    if first.holds or first.area_outside_m2 <= 0 or first.worst_m > GROW_M:
        return first.holds
    # a hair that the check draws more than the body: no conflict, but nothing may be left
    more = [first.outside]
    body = _paved(body, more)
    wheels = _paved(wheels, more) if over.where.split else body
    return prove(drive, Field(body, wheels, over.where.aprons), vehicle, over.policy, since=over.since).holds


def _paved(region: Region, more: Sequence[BaseGeometry]) -> Region:
    grown = [shapely.buffer(g, GROW_M / 3) for g in more]
    return Region(shapely.union_all([region.area, *grown]), region.walls, region.posts)


def _mend(trip: Trip, work: _Work, things: Things, *, proven: bool) -> Mend:
    zh, en = _words(work, things)
    area = float(work.ground.area) if not work.ground.is_empty else np.nan
    return Mend(trip.trip_id, work.conflicts, work.action, work.owners, work.radius_m, work.depth_m, area, proven, work.place, zh, en)


def _words(work: _Work, things: Things) -> tuple[str, str]:
    if work.action == "remove":
        kinds = {str(r.owner): ObstructionKind(r.kind) for r in things.table.itertuples()}
        owner = work.owners[0]
        kind = kinds[owner]
        return f"移除 {owner}（{kind.zh}）", f"remove {owner} ({kind.en})"
    if work.action == "cut_corner":
        return f"内侧转角改为半径约 {work.radius_m:.1f} 米", f"round the inner corner to about R = {work.radius_m:.1f} m"
    return (
        f"路缘后退约 {work.depth_m:.2f} 米，长约 {work.length_m:.1f} 米",
        f"take the edge back by about {work.depth_m:.2f} m over about {work.length_m:.1f} m",
    )
