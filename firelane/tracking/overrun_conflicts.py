"""Where a drive takes ground that the vehicle may not: how deep, with which part, and what stands there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Floats, Ints
from firelane.lanes.obstacles import owner_labels
from firelane.lanes.rings import segments_of
from firelane.lanes.space import Spaces
from firelane.tracking.drive import Drive
from firelane.tracking.field import Field, Region
from firelane.tracking.record import BodyPart
from firelane.tracking.sweep import placed, rectangle
from firelane.tracking.vehicle import Policy, Vehicle

STEP_M = 0.1
LEAST_DEPTH_M = 1e-3
CRUMB_M = 0.01
"""A piece less deep than this is no conflict of its own where there is a deeper one [m]."""
LEAST_AREA_M2 = 1e-8
CORNER_M = 0.3
"""What reaches over within this of a corner of the body is that corner."""
THING_M = 0.05
"""Half width at which a post or a wall without width is shown."""
_DENSE_M = 0.05
_AT_M = 2e-3
_GATE_M = 0.5


@dataclass(frozen=True)
class Place:
    """One piece of ground that a drive takes, or one thing that it strikes, before it has an id.

    Attributes
    ----------
    geometry : Polygon or MultiPolygon
    depth_m : float
        How far the body reaches over: the greatest distance of a point of the piece from where the body may be, or of
        the thing's own points inside the body from its outline, whichever is more [m].
    part : BodyPart
    owners : tuple of str
    place : (x, y)
    chainage_m : float
    struck : bool
        A post or a wall without width.
    """

    geometry: BaseGeometry
    depth_m: float
    part: BodyPart
    owners: tuple[str, ...]
    place: tuple[float, float]
    chainage_m: float
    struck: bool = False


@dataclass(frozen=True)
class Things:
    """What can be in a vehicle's way on a site.

    ``table`` holds the obstacles at its height, ``solid`` and ``thin`` their parts with the rows they belong to.
    """

    table: gpd.GeoDataFrame
    solid: np.ndarray
    solid_owner: tuple[str, ...]
    thin: np.ndarray
    thin_owner: tuple[str, ...]
    edges: shapely.STRtree
    edge_owner: tuple[str, ...]
    mouths: np.ndarray
    mouth_owner: tuple[str, ...]

    @classmethod
    def of(cls, spaces: Spaces, vehicle: Vehicle, policy: Policy) -> Things:
        """Return what stands on a site up to the height of a vehicle; buildings, high kerbs and gate posts too."""
        site = spaces.site
        labels = owner_labels(site)
        table = spaces.at(vehicle.height_m, designated=False).table
        parts, row = shapely.get_parts(table.geometry.to_numpy(), return_index=True) if len(table) else (np.array([], object), np.zeros(0, int))
        owner = table["owner"].to_numpy(object)[row] if len(table) else np.array([], object)
        flat = shapely.get_dimensions(parts) == 2
        buildings = site.layer("buildings")
        solid = [*parts[flat], *buildings.geometry.to_numpy()]
        solid_owner = [*owner[flat], *(labels["buildings", i] for i in buildings["id"])]
        roads = site.layer("roads").sort_values("id", ignore_index=True)
        segments, road = segments_of(shapely.boundary(roads.geometry.to_numpy()))
        names = roads["id"].to_numpy(object)
        thin, thin_owner = [*parts[~flat]], [*owner[~flat]]
        if policy.kerb_overhang and len(kerbs := site.layer("kerbs")):
            tall = kerbs[kerbs["height_m"].to_numpy(float) > policy.kerb_clearance_m].geometry.to_numpy()
            nearest = shapely.STRtree(segments).nearest(shapely.centroid(tall)) if len(tall) else []
            thin, thin_owner = [*thin, *tall], [*thin_owner, *(f"edge:{names[road[n]]}" for n in nearest)]
        gated = [r for r in spaces.network.mouths.itertuples() if r.gate]
        return cls(
            table, _array(solid), tuple(map(str, solid_owner)), _array(thin), tuple(map(str, thin_owner)), shapely.STRtree(segments),
            tuple(f"edge:{names[n]}" for n in road), _array([m.geometry for m in gated]),
            tuple(str(labels["entrances", m.entrance_id]) for m in gated),
        )  # fmt: skip

    def owners(self, piece: BaseGeometry, place: tuple[float, float]) -> tuple[str, ...]:
        """Return what stands where a piece lies, most of it first; the edge of a road where nothing else does."""
        share: dict[str, float] = {}
        rest = piece
        if len(self.solid):
            for n in np.sort(shapely.STRtree(self.solid).query(piece, predicate="intersects")).tolist():
                common = shapely.area(shapely.intersection(piece, self.solid[n]))
                if common > LEAST_AREA_M2:
                    share[self.solid_owner[n]] = share.get(self.solid_owner[n], 0.0) + float(common)
                    rest = shapely.difference(rest, self.solid[n])
        found = sorted(share, key=lambda o: (-share[o], o))
        if shapely.area(rest) > max(1e-2 * shapely.area(piece), 10 * LEAST_AREA_M2) or not found:
            at = shapely.Point(place)
            if len(self.mouths) and (near := shapely.distance(self.mouths, at)).min() <= _GATE_M:
                found.append(self.mouth_owner[int(np.argmin(near))])
            elif len(self.edge_owner):
                inner = shapely.point_on_surface(rest) if shapely.area(rest) > 0 else at
                found.append(self.edge_owner[int(self.edges.nearest(inner))])
        return tuple(found)


def _array(items: Sequence[object]) -> np.ndarray:
    result = np.empty(len(items), object)
    result[:] = items
    return result


@dataclass(frozen=True)
class _Body:
    """The poses of the drive that are looked at, with the rectangle that is drawn at each."""

    drive: Drive
    corners: Floats
    chainage_m: Floats

    def ground(self) -> BaseGeometry:
        """Return what it passes over."""
        at = placed(self.drive.xy, self.drive.heading_rad, self.corners)
        before, after = at[:-1], at[1:]
        ends = [np.stack([before[:, i], before[:, j], after[:, j], after[:, i]], axis=1) for i, j in ((0, 1), (3, 2))]
        return shapely.union_all(shapely.buffer(shapely.polygons(np.concatenate([at, *ends])), 0.0))

    def depths(self, points: Floats) -> tuple[Floats, Floats, Floats]:
        """Return x, y in the body's axes and the distance inside its outline, poses by points."""
        c, s = np.cos(self.drive.heading_rad)[:, None], np.sin(self.drive.heading_rad)[:, None]
        dx, dy = (points[None, :, n] - self.drive.xy[:, None, n] for n in (0, 1))
        x, y = c * dx + s * dy, c * dy - s * dx
        front, half, rear = self.corners[0, 0], self.corners[0, 1], self.corners[2, 0]
        return x, y, np.minimum(np.minimum(front - x, x - rear), half - np.abs(y))

    def part(self, x: float, y: float) -> BodyPart:
        """Return which part of the body a point near its outline belongs to."""
        front, half, rear = self.corners[0, 0], self.corners[0, 1], self.corners[2, 0]
        end = min(front - x, x - rear)
        left, ahead = y > 0, front - x < x - rear
        if end <= CORNER_M and half - abs(y) <= CORNER_M:
            return {
                (True, True): BodyPart.FRONT_LEFT, (True, False): BodyPart.FRONT_RIGHT,
                (False, True): BodyPart.REAR_LEFT, (False, False): BodyPart.REAR_RIGHT,
            }[ahead, left]  # fmt: skip
        if end < half - abs(y):
            return BodyPart.FRONT if ahead else BodyPart.REAR
        return BodyPart.LEFT_SIDE if left else BodyPart.RIGHT_SIDE


def places(drive: Drive, since: int, where: Field, vehicle: Vehicle, policy: Policy, things: Things) -> list[Place]:
    """Return all places where a drive leaves the ground where it may be, and all that it strikes, along the drive.

    Parameters
    ----------
    drive : Drive
    since : int
        Pose from which on it is looked at.
    where : Field
    vehicle : Vehicle
        Its full body, with the margin of ``policy``, is swept.
    policy : Policy
    things : Things
    """
    chainage = drive.chainage_m
    part = Drive(drive.xy[since:], drive.heading_rad[since:], drive.curvature[since:], drive.gear[since:]).refined(STEP_M)
    body = _Body(part, rectangle(vehicle, policy.margin_m), chainage[since] + part.chainage_m)
    ground = body.ground()
    taken = shapely.difference(ground, where.body.area)
    found = [_piece(p, body, where.body, things) for p in _areas(taken)]
    if where.split:
        half = vehicle.track_m / 2
        tyres = np.array([(vehicle.wheelbase_m, half), (vehicle.wheelbase_m, -half), (0.0, -half), (0.0, half)])
        wheels = _Body(part, tyres, body.chainage_m)
        left = shapely.difference(shapely.difference(wheels.ground(), where.wheels.area), taken)
        found += [_piece(p, wheels, where.wheels, things) for p in _areas(left)]
    found += _struck(body, ground, things, where.body)
    return sorted(_gathered(found), key=lambda p: (p.chainage_m, p.place))


def _gathered(found: list[Place]) -> list[Place]:
    """Let pieces that hardly reach over belong to the nearest one that does."""
    deep = [p for p in found if p.struck or p.depth_m >= CRUMB_M]
    pieces = [n for n, p in enumerate(deep) if not p.struck]
    crumbs = [p for p in found if not p.struck and p.depth_m < CRUMB_M]
    if not pieces or not crumbs:
        return [p for p in found if p.struck or p.depth_m >= LEAST_DEPTH_M] or found
    own = {n: [deep[n].geometry] for n in pieces}
    for crumb in crumbs:
        own[min(pieces, key=lambda n: (float(deep[n].geometry.distance(crumb.geometry)), n))].append(crumb.geometry)
    return [replace(p, geometry=shapely.union_all(own[n])) if n in own else p for n, p in enumerate(deep)]


def _areas(taken: BaseGeometry) -> list[BaseGeometry]:
    return [p for p in shapely.get_parts(taken).tolist() if p.geom_type == "Polygon" and p.area > LEAST_AREA_M2]


def _piece(piece: BaseGeometry, body: _Body, region: Region, things: Things) -> Place:
    points = shapely.get_coordinates(shapely.segmentize(piece, _DENSE_M))
    box = np.asarray(piece.bounds) + np.array([-5.0, -5.0, 5.0, 5.0])
    free = shapely.clip_by_rect(region.area, *box)
    free = region.area if free.is_empty else free
    shapely.prepare(free)
    out = shapely.distance(free, shapely.points(points))
    x, y, inside = body.depths(points)
    under = inside.max(axis=0)
    # a point on the piece's own outer side lies on the body's outline; one on the ground's edge may lie inside the body
    deepest = int(np.argmax(np.maximum(out, under)))
    depth = float(max(out[deepest], under[deepest]))
    if under[deepest] > out[deepest]:
        poses = np.flatnonzero(inside[:, deepest] >= under[deepest] - _AT_M)
    else:
        poses = np.flatnonzero(inside[:, deepest] >= -_AT_M)
        if not len(poses):
            poses = np.array([int(np.argmax(inside[:, deepest]))])
    pose = int(poses[len(poses) // 2])
    place = (float(points[deepest, 0]), float(points[deepest, 1]))
    return Place(
        piece, depth, body.part(x[pose, deepest], y[pose, deepest]), things.owners(piece, place), place, float(body.chainage_m[pose])
    )


def _struck(body: _Body, ground: BaseGeometry, things: Things, region: Region) -> list[Place]:
    """Return the posts and walls without width that lie under the body, where it may be but for them."""
    if not len(things.thin):
        return []
    result = []
    shapely.prepare(ground)
    shapely.prepare(region.area)
    hit = shapely.intersects(ground, things.thin) & shapely.intersects(region.area, things.thin)
    for n in np.flatnonzero(hit).tolist():
        within = shapely.intersection(things.thin[n], ground)
        points = shapely.get_coordinates(shapely.segmentize(within, _DENSE_M))
        if not len(points):
            continue
        x, y, inside = body.depths(points)
        pose, point = (int(i) for i in np.unravel_index(int(np.argmax(inside)), inside.shape))
        depth = float(inside[pose, point])
        if depth < LEAST_DEPTH_M:
            continue
        equal: Ints = np.flatnonzero(inside[:, point] >= depth - _AT_M)
        pose = int(equal[len(equal) // 2])
        shape = shapely.intersection(shapely.buffer(within, THING_M, quad_segs=8), ground)
        place = (float(points[point, 0]), float(points[point, 1]))
        part = body.part(x[pose, point], y[pose, point])
        result.append(Place(shape, depth, part, (things.thin_owner[n],), place, float(body.chainage_m[pose]), struck=True))
    return result


