"""Where a disc as wide as the vehicle comes to, exactly: where it does not, the vehicle does not either (proven fail)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Floats, Ints
from firelane.lanes.boundary import Boundary
from firelane.lanes.pinches import TOUCH_M, Pinches, find_pinches
from firelane.lanes.reach import WidestWay
from firelane.tracking.field import Field, Region

SURE_M = 5e-4
"""A gap has to be narrower than the vehicle by this: round things are drawn a tenth of a millimetre too large."""
HAIR_M = 1e-5
AT_M = 1e-3
MOUTH_M = 5e-3
"""What lies nearer to a mouth than this may be entered from it."""
"""Slack of distances, on the side that claims less."""


@dataclass(frozen=True)
class Gap:
    """The gap that decides: the narrowest of the widest way.

    Attributes
    ----------
    width_m : float
    p, q : (2,) array
        Its two ends, in the site's CRS.
    """

    width_m: float
    p: Floats
    q: Floats

    @property
    def place(self) -> Floats:
        """Its middle."""
        result: Floats = (self.p + self.q) / 2
        return result


@dataclass(frozen=True)
class DiscWays:
    """The ways of a disc in a region, cut at every gap that is too narrow for it.

    The body holds such a disc wherever its middle lies on the body's axis, half a width from both ends at least. What
    reaches out of the parts that the disc comes to is a corner of the body: a gap narrower than the body cuts no more
    than that off it, and a corner over a chord shorter than the width is less than half a width deep.

    Attributes
    ----------
    region : Region
    width_m : float
        Diameter.
    origin : (2,) array
        Of the local frame: the body's, for the wheels' region too.
    mouth : LineString or None
        Local. Where it is given, the region ends there and discs come in by it, wherever they stood before.
    """

    region: Region
    width_m: float
    origin: Floats
    mouth: BaseGeometry | None = None

    @cached_property
    def _boundary(self) -> Boundary:
        region = self.region
        return Boundary.from_geometry(region.area, lines=list(region.walls), points=region.posts)

    @cached_property
    def _narrow(self) -> Pinches:
        return find_pinches(self._boundary, self.width_m - SURE_M)

    @cached_property
    def parts(self) -> npt.NDArray[np.object_]:
        """The region without what is too narrow: polygons; a disc in one of them does not get into another."""
        area, origin = self.region.area, self.origin
        ends = self._narrow.ends[self._narrow.width_m > TOUCH_M] + self._boundary.origin
        cuts = [*shapely.linestrings(ends), *self.region.walls] if len(ends) else list(self.region.walls)
        local = shapely.transform(area, lambda xy: xy - origin)
        if cuts:
            near = shapely.transform(np.array(cuts, dtype=object), lambda xy: xy - origin)
            local = shapely.difference(local, shapely.union_all(shapely.buffer(near, HAIR_M, cap_style="square")))
        parts = np.array([p for p in shapely.get_parts(local) if p.geom_type == "Polygon" and p.area > HAIR_M], dtype=object)
        shapely.prepare(parts)
        return parts

    @cached_property
    def _found(self) -> shapely.STRtree:
        return shapely.STRtree(self.parts)

    @cached_property
    def _rooms(self) -> npt.NDArray[np.object_]:
        """Where in each part the disc's middle may lie: never too little."""
        edges = self.region.edges.reshape(-1, 2, 2) + (self.region.origin - self.origin)
        # the arcs of a buffer are drawn inside it: room is left that is none
        taken = shapely.union_all(shapely.buffer(shapely.linestrings(edges), (self.width_m - SURE_M) / 2, quad_segs=32))
        rooms: npt.NDArray[np.object_] = shapely.difference(self.parts, taken)
        shapely.prepare(rooms)
        return rooms

    def reached(self, middles: Floats) -> Ints:
        """Return the parts that hold discs about some places, local."""
        if not len(self.parts) or not len(middles):
            return np.zeros(0, np.int64)
        if self.mouth is not None:
            return np.flatnonzero(shapely.dwithin(self.parts, self.mouth, MOUTH_M))
        return np.unique(self._found.query(shapely.points(middles), predicate="intersects")[1])

    def come(self, reached: Ints, place: BaseGeometry, near_m: float, far_m: float) -> bool:
        """Tell whether a body may come to a place, local; false is a proof.

        Parameters
        ----------
        reached : array of int
            Parts in which the vehicle is (:meth:`reached`).
        place : geometry
        near_m : float
            How near one of these parts has to be [m].
        far_m : float
            How near the middle of a disc has to come [m].
        """
        if self.mouth is not None and shapely.dwithin(self.mouth, place, near_m + far_m):
            return True  # from the strip outside, of which nothing is known here
        if not len(reached):
            return False
        near = reached[shapely.dwithin(self.parts[reached], place, near_m + AT_M)]
        return bool(shapely.dwithin(self._rooms[near], place, far_m + AT_M).any())

    def widest_at(self, place: BaseGeometry) -> Gap | None:
        """Return the widest of the gaps at a place, local, none of which the disc passes; None without one."""
        narrow = self._narrow
        if not len(narrow.ends):
            return None
        ends = shapely.linestrings(narrow.ends + self._boundary.origin - self.origin)
        near = np.flatnonzero(shapely.dwithin(ends, place, self.width_m / 2) & (narrow.width_m > TOUCH_M))
        if not len(near):
            return None
        at = int(near[np.argmax(narrow.width_m[near])])
        return Gap(float(narrow.width_m[at]), narrow.p[at], narrow.q[at])

    def _room(self, part: int, place: BaseGeometry, far_m: float) -> BaseGeometry | None:
        """Return where in a part, not much farther than ``far_m`` from a place, the disc's middle may lie."""
        if not shapely.dwithin(self._rooms[part], place, far_m):
            return None
        x0, y0, x1, y1 = place.bounds
        return shapely.intersection(self._rooms[part], shapely.box(x0 - far_m, y0 - far_m, x1 + far_m, y1 + far_m))

    def gap(self, reached: Ints, middles: Floats, place: BaseGeometry, far_m: float) -> Gap | None:
        """Return the gap that keeps the disc from a place that it does not come to; None where there is no room for it there."""
        others = np.setdiff1d(np.arange(len(self.parts)), reached)
        near = others[shapely.dwithin(self.parts[others], place, far_m)] if len(others) else others
        rooms = [r for n in near if (r := self._room(int(n), place, far_m + AT_M)) is not None]
        if not rooms or not len(middles):
            return None
        way = WidestWay(self._boundary, self.width_m - SURE_M, self._narrow)
        origin = self.origin
        if self.mouth is not None:
            middles = shapely.get_coordinates([shapely.point_on_surface(self.parts[n]) for n in reached])
            if not len(middles):
                return None
        there, _ = way.pieces.locate(shapely.get_coordinates(shapely.point_on_surface(rooms)) + origin)
        limits = way.limits(way.pieces.locate(middles + origin)[0])
        best = there[np.argmax(limits.width_m[there])]
        at = int(limits.governing[best])
        if at < 0:
            return None
        return Gap(float(limits.width_m[best]), self._narrow.p[at], self._narrow.q[at])


@dataclass(frozen=True)
class Disc:
    """A disc that a vehicle holds, and what it proves.

    Attributes
    ----------
    ways : DiscWays
    ahead_m : float
        Its middle on the vehicle's axis, from the rear axle [m].
    far_m : float
        How far at most the nearest such disc is from a point of the body that is to come somewhere [m].
    corner_m : float
        How far at most a point of the body that is to come somewhere lies from the disc's part: a corner reaches into a gap
        that the disc does not pass [m].
    """

    ways: DiscWays
    ahead_m: float
    far_m: float
    corner_m: float
    known: dict[bytes, tuple[Ints, Floats]] = dataclasses.field(default_factory=dict, repr=False, compare=False)
    """What was found out of the poses asked for: the same few outside an entrance, for every place of a site."""

    def reached(self, poses: Floats) -> tuple[Ints, Floats]:
        """Return the parts in which vehicles stand, and the middles of their discs; all local."""
        key = poses[:, :3].tobytes()
        if key not in self.known:
            middles = poses[:, :2] + self.ahead_m * np.column_stack((np.cos(poses[:, 2]), np.sin(poses[:, 2])))
            self.known[key] = self.ways.reached(middles), middles
        return self.known[key]

    def come(self, poses: Floats, place: BaseGeometry, within_m: float) -> bool:
        """Tell whether the vehicle may come from some poses, local, to within ``within_m`` of a place; false is a proof."""
        return self.ways.come(self.reached(poses)[0], place, within_m + self.corner_m, within_m + self.far_m)

    def crosses(self, poses: Floats, section: BaseGeometry) -> bool:
        """Tell whether the disc's middle, from some poses, may cross a line right across a lane, local; false is a proof."""
        return self.ways.come(self.reached(poses)[0], section, 0.0, 0.0)

    def gap(self, poses: Floats, place: BaseGeometry, within_m: float) -> Gap | None:
        """Return the gap that bars the way; None where there is no room at the place itself, or nothing leads there."""
        return self.ways.gap(*self.reached(poses), place, within_m + self.far_m)


def discs_of(field: Field, rectangle: Floats, bulk: Floats, tyres: Floats) -> tuple[Disc, ...]:
    """Return the discs that a vehicle holds: one as wide as its body, and one between its wheels where these are kept apart.

    Parameters
    ----------
    field : Field
    rectangle : (3,) array
        Rear end, front end, half width of the body with its margin, from the rear axle [m].
    bulk : (3,) array
        The same without the margin.
    tyres : (3,) array
        The same of the rectangle between the wheels.
    """
    discs = []
    over, under = (field.body, field.wheels) if field.sheet is None else field.sheet[:2]
    origin = field.body.origin
    mouth = None if field.sheet is None else shapely.transform(field.sheet[2], lambda xy: xy - origin)
    for region, box, body in ((over, rectangle, True), (under, tyres, False)):
        half = min(float(box[2]), float(box[1] - box[0]) / 2)
        if half <= SURE_M or (not body and not field.split):
            continue
        beyond = max(float(bulk[1] - box[1]), float(box[0] - bulk[0]), 0.0)
        far = float(np.hypot(beyond + half, max(half, float(bulk[2]))))
        # beyond a margin below nothing, or outside the wheels, the body reaches farther than what the disc is cut from
        corner = min(half + beyond + max(float(bulk[2] - box[2]), 0.0), far) if body else far
        discs.append(Disc(DiscWays(region, 2 * half, origin, mouth), float(box[1]) - half, far, corner))
    return tuple(discs)
