"""Where a vehicle may be: free space at its height, the strip outside its mouth, in arrays for the search.

By the contract an open strip as wide as the mouth lies outside of an entrance. It is open by definition, whatever is drawn
there; so it leads nowhere else than through its own mouth: where it lies over the site's own ground, that ground is cut off
around it, and what only stands there (buildings, shut gates, other roads) is neither driven on nor come to from it. Each
entrance has a field of its own, in which the other mouths are edges: a site is not left by one mouth and entered by
another. Mouths that do not open, or are lower than the vehicle, have no strip.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.errors import UsageError
from firelane.lanes.arrays import Bools, Floats, Ints
from firelane.lanes.obstacles import blocking, split_by_dimension
from firelane.lanes.space import Spaces
from firelane.tracking.vehicle import Policy, Vehicle

BUCKET_M = 1.0
CELL_M = 0.25
CLEAR_M = 5.0
"""Clearances are told apart up to this."""
APRON_M = 6.0
"""How much longer than the vehicle the strip outside a mouth is: it comes straight in, or a little askew."""
OVERHANG_M = 3.0
"""How far a body can reach beyond the kerb that its wheels follow."""
SEED_M = 0.3
SEED_EDGE_M = 0.02
SEED_BEFORE_M = 1.0
ASKEW_RAD = (0.04, 0.1)
"""How much askew a vehicle may come in; where it does not fit it is not tried [rad]."""
MOST_CELLS = 30_000_000
"""Cells of the map at most: some 1.4 km square, for which a search needs about 1 GB of memory."""
STRIP_CELLS = 1_000_000
"""Cells that are looked at at once."""
_RIM_M = 2.0
_JOIN_M = 1e-3
_CUT_M = 2e-4
"""Cut around a strip that crosses the site's own ground: less than what joins it to its mouth."""
OWNER_M = 0.02
"""How far from a place what bounds it may be: outlines were mended and joined since."""
_LEVEL_M = 1e-6

Named = tuple[tuple[str, ...], tuple[BaseGeometry, ...]]


class TooLargeError(UsageError):
    """A site whose ground, as far as entrances lead, is too large for the map of a search."""

    def __init__(self, cells: int) -> None:
        """Say how large it is."""
        super().__init__(
            f"too large for a search of lines: {cells / 1e6:.0f} million cells of {CELL_M} m, at most {MOST_CELLS / 1e6:.0f} million; "
            "audit the site in parts",
            f"范围过大，无法搜索行驶路线：需 {cells / 1e6:.0f} 百万个 {CELL_M} 米栅格，上限 {MOST_CELLS / 1e6:.0f} 百万个；请分片审查",
        )


@dataclass(frozen=True)
class Region:
    """An area that something must not leave, and thin walls and posts inside it.

    Attributes
    ----------
    area : Polygon or MultiPolygon
        In the site's CRS.
    walls : array of LineString
    posts : (n, 2) array
    """

    area: BaseGeometry
    walls: npt.NDArray[np.object_]
    posts: Floats

    @cached_property
    def origin(self) -> Floats:
        """Local origin, whole metres, below and left of everything."""
        x, y = self.area.bounds[:2]
        result: Floats = np.floor(np.array([x, y])) - _RIM_M
        return result

    @cached_property
    def edges(self) -> Floats:
        """Segments (n, 4), local: outlines, walls, posts."""
        rings = shapely.get_rings(shapely.get_parts(self.area))
        pieces = [_segments(g) for g in (*rings, *self.walls)]
        pieces.append(np.hstack([self.posts, self.posts]))
        return np.vstack(pieces) - np.tile(self.origin, 2)

    def arrays(self, frame_of: Region | None = None) -> Arrays:
        """Return the same for the kernel, in the frame of another region that holds this one."""
        return _arrays(self, frame_of or self)


@dataclass(frozen=True)
class Arrays:
    """What the kernel reads (:mod:`firelane.tracking.kernel`)."""

    edges: Floats
    begin: Ints
    member: Ints
    clear: npt.NDArray[np.float32]
    frame: Floats

    @property
    def ground(self) -> tuple[Floats, Ints, Ints, npt.NDArray[np.float32], Floats]:
        """All of it, as one argument."""
        return self.edges, self.begin, self.member, self.clear, self.frame


@dataclass(frozen=True)
class Apron:
    """The strip outside a mouth, through which the vehicle comes.

    Attributes
    ----------
    entrance_id : str
    strip : Polygon
    middle : (2,) array
        Of the mouth, in the site's CRS.
    inward_rad : float
        Direction into the site.
    width_m : float
    shut, low : bool
        It cannot be opened; it is lower than the vehicle. A height that is not known is no reason.
    """

    entrance_id: str
    strip: shapely.Polygon
    middle: Floats
    inward_rad: float
    width_m: float
    shut: bool = False
    low: bool = False

    @property
    def opens(self) -> bool:
        """Whether it is a way in at all."""
        return not (self.shut or self.low)

    @property
    def mouth(self) -> shapely.LineString:
        """The line across."""
        aside = _unit(self.inward_rad + np.pi / 2) * self.width_m / 2
        return shapely.LineString([self.middle - aside, self.middle + aside])

    @cached_property
    def outer(self) -> BaseGeometry:
        """The strip without the hair that joins it to its mouth."""
        aside = _unit(self.inward_rad + np.pi / 2) * self.width_m
        near, far = (self.middle + _unit(self.inward_rad) * by for by in (-_JOIN_M, 2 * _JOIN_M))
        return shapely.difference(self.strip, shapely.polygons([near - aside, near + aside, far + aside, far - aside]))

    def seeds(self, vehicle: Vehicle, policy: Policy) -> Floats:
        """Return poses from which the vehicle comes in: (n, 4) x, y, heading, curvature, all of it outside the mouth.

        Straight in, at lateral places ``SEED_M`` apart, the middle first; and a little askew.
        """
        half = (self.width_m - vehicle.width_m) / 2 - policy.margin_m - SEED_EDGE_M
        if half < 0:
            return np.zeros((0, 4))
        count = int(half / SEED_M)
        aside = np.concatenate([[0.0], np.arange(1, count + 1) * SEED_M, [half]])
        aside = np.unique(np.concatenate([aside, -aside]))
        aside = aside[np.lexsort((aside, np.abs(aside)))]
        turned = np.array([0.0, *ASKEW_RAD, *(-a for a in ASKEW_RAD)])
        sideways, askew = (a.ravel() for a in np.meshgrid(aside, turned, indexing="ij"))
        heading = self.inward_rad + askew
        inward, left = _unit(self.inward_rad), _unit(self.inward_rad + np.pi / 2)
        # the middle of the front stands a metre before the mouth, whatever the heading
        front = self.middle - inward * SEED_BEFORE_M + sideways[:, None] * left
        rear = front - vehicle.front_m * np.column_stack((np.cos(heading), np.sin(heading)))
        return np.column_stack((rear, heading, np.zeros(len(heading))))


def _unit(angle_rad: float) -> Floats:
    return np.array([np.cos(angle_rad), np.sin(angle_rad)])


@dataclass(frozen=True)
class Field:
    """Where body and wheels may be.

    ``body`` and ``wheels`` are the same region unless the body may pass over low kerbs. ``things`` and ``roads`` are what
    bounds them: names and shapes.

    Attributes
    ----------
    opened : tuple of Apron
        Those of ``aprons`` whose strips belong to it.
    sheet : (Region, Region, LineString) or None
        Body and wheels on the site's ground alone, and the mouth: for proofs that nothing leads somewhere, where the strip
        crosses that ground and cuts it.
    ways : mapping
        The field of each entrance, the other mouths closed (:meth:`by`).
    """

    body: Region
    wheels: Region
    aprons: tuple[Apron, ...]
    things: Named = ((), ())
    roads: Named = ((), ())
    opened: tuple[Apron, ...] = ()
    sheet: tuple[Region, Region, shapely.LineString] | None = None
    ways: Mapping[str, Field] = dataclasses.field(default_factory=dict)

    def by(self, entrance_id: str) -> Field:
        """Return the field for what comes in by one entrance."""
        return self.ways.get(entrance_id, self)

    @cached_property
    def outside(self) -> Bools:
        """Cells any part of which lies outside of the mouths: nothing is served from there."""
        _, _, _, cell, columns, rows = self.over.frame
        result: Bools = np.zeros((int(rows), int(columns)), bool)
        for apron in self.opened:
            strip = shapely.buffer(shapely.transform(apron.strip, lambda xy: xy - self.body.origin), cell * np.sqrt(0.5))
            i0, j0, i1, j1 = (int(v / cell) for v in strip.bounds)
            x, y = np.meshgrid((np.arange(i0, i1 + 1) + 0.5) * cell, (np.arange(j0, j1 + 1) + 0.5) * cell)
            window = result[j0 : j1 + 1, i0 : i1 + 1]
            window |= shapely.contains_xy(strip, x, y)[: window.shape[0], : window.shape[1]]
        return result

    def inside(self, ground: npt.ArrayLike, entrance_id: str) -> Any:
        """Return what of some ground lies inside the mouth of an entrance: from the strip outside nothing is served."""
        strips = [a.strip for a in self.aprons if a.entrance_id == entrance_id]
        return shapely.difference(ground, strips[0]) if strips else ground

    @property
    def split(self) -> bool:
        """Whether body and wheels have regions of their own."""
        return self.body is not self.wheels

    def owners_at(self, places: Floats) -> tuple[str, ...]:
        """Return what bounds the field at some places: ids of things, else ``edge:<road id>``; empty where nothing does."""
        found: list[str] = []
        for place in shapely.points(places):
            for (names, shapes), word in ((self.things, ""), (self.roads, "edge:")):
                away = shapely.distance(np.asarray(shapes, dtype=object), place) if len(shapes) else np.zeros(0)
                if len(away) and away.min() <= OWNER_M:
                    found.append(word + names[int(np.argmin(away))])
                    break
        return tuple(dict.fromkeys(found))

    @cached_property
    def over(self) -> Arrays:
        """Where the body may be, for the kernel."""
        return self.body.arrays()

    @cached_property
    def under(self) -> Arrays:
        """Where the wheels may be, for the kernel."""
        return self.wheels.arrays(self.body) if self.split else self.over


def field_of(spaces: Spaces, vehicle: Vehicle, policy: Policy) -> Field:
    """Return where a vehicle may be on a site.

    Parameters
    ----------
    spaces : Spaces
        Of the site; its free space at the vehicle's height is taken, over the whole pavement.
    vehicle : Vehicle
    policy : Policy
        Whether the body may pass over low kerbs.
    """
    space = spaces.at(vehicle.height_m, designated=False)
    aprons = tuple(_apron(row, vehicle) for row in space.mouths.itertuples())
    _, walls, posts = split_by_dimension(space.table.geometry.to_numpy()) if len(space.table) else ([], [], np.zeros((0, 2)))
    road = Region(space.free, np.array(list(walls), dtype=object), np.asarray(posts, float).reshape(-1, 2))
    table, roads = space.table, spaces.site.layer("roads").sort_values("id", ignore_index=True)
    things: Named = (tuple(map(str, table["owner"])), tuple(table.geometry)) if len(table) else ((), ())
    kerbs: Named = (tuple(map(str, roads["id"])), tuple(shapely.boundary(roads.geometry.to_numpy())))
    body = _over_kerbs(spaces, road, vehicle, policy) if policy.kerb_overhang else road
    closed = Field(body, road, aprons, things, kerbs)
    open_ = tuple(a for a in aprons if a.opens)
    ways = {a.entrance_id: _through(closed, (a,)) for a in open_} if len(open_) > 1 else {}
    whole = dataclasses.replace(_through(closed, open_), ways=ways)
    if open_ and (cells := int(np.prod(_shape(whole.body)))) > MOST_CELLS:
        raise TooLargeError(cells)
    return whole


def _through(closed: Field, opened: tuple[Apron, ...]) -> Field:
    """Return a field, all mouths of which are closed, with some of them open."""
    across = [a for a in opened if shapely.dwithin(closed.wheels.area, a.outer, _CUT_M)]
    wheels = _joined(closed.wheels, opened, across)
    body = _joined(_gated(closed.body, closed.aprons, opened), opened, across) if closed.split else wheels
    sheet = (closed.body, closed.wheels, opened[0].mouth) if across and len(opened) == 1 else None
    return dataclasses.replace(closed, body=body, wheels=wheels, opened=opened, sheet=sheet)


def _gated(region: Region, aprons: Sequence[Apron], opened: Sequence[Apron]) -> Region:
    """Return where a body may be beside the road, too, but not beside a mouth: its posts stand, and shut it is a wall."""
    shut = [a.mouth for a in aprons if not any(a is o for o in opened)]
    posts = [shapely.get_coordinates(a.mouth) for a in opened]
    return Region(region.area, np.array([*region.walls, *shut], dtype=object), np.vstack([region.posts, *posts]))


def _joined(region: Region, opened: Sequence[Apron], across: Sequence[Apron]) -> Region:
    """Return a region with strips, as far as it hangs together with them; each leads through its own mouth only."""
    area, walls, posts = region.area, region.walls, region.posts
    if across:
        cut = shapely.union_all(shapely.buffer(np.array([a.outer for a in across]), _CUT_M, join_style="mitre"))
        area = shapely.difference(area, cut)
        pieces = [p for w in walls for p in shapely.get_parts(shapely.difference(w, cut)) if not p.is_empty]
        walls = np.array(pieces, dtype=object)
        posts = posts[~shapely.intersects(cut, shapely.points(posts))] if len(posts) else posts
    strips = [a.strip for a in opened]
    area = shapely.union_all([area, *strips])
    if strips:
        parts = np.array([p for p in shapely.get_parts(area) if p.geom_type == "Polygon"], dtype=object)
        area = shapely.union_all(parts[shapely.intersects(parts, shapely.union_all(strips))])
    return Region(area, walls, posts)


def _apron(row: Any, vehicle: Vehicle) -> Apron:
    line = row.geometry
    inward = np.array([row.inward_x, row.inward_y])
    a, b = np.asarray(line.coords[0]), np.asarray(line.coords[-1])
    out = -inward * (vehicle.length_m + APRON_M)
    # a hair across the mouth line, so that strip and road become one area
    strip = shapely.polygons([a + inward * _JOIN_M, b + inward * _JOIN_M, b + out, a + out])
    shut = row.openable is not None and not bool(row.openable)
    height = np.nan if row.clear_height_m is None else float(row.clear_height_m)
    low = height < vehicle.height_m - _LEVEL_M
    return Apron(str(row.entrance_id), strip, (a + b) / 2, float(np.arctan2(inward[1], inward[0])), float(np.hypot(*(b - a))), shut, low)


def _over_kerbs(spaces: Spaces, road: Region, vehicle: Vehicle, policy: Policy) -> Region:
    """Return where a body may be whose wheels stay on the road: also over what lies low beside it, and under what hangs high."""
    site, free = spaces.site, road.area
    table = blocking(spaces.table, vehicle.height_m) if len(spaces.table) else spaces.table
    solid, walls, posts = split_by_dimension(table.geometry.to_numpy()) if len(table) else ([], [], np.zeros((0, 2)))
    high = [*site.layer("buildings").geometry.to_numpy(), *solid, *_holes(spaces.network.pavement, free)]
    kerbs = site.layer("kerbs")
    tall = kerbs.geometry.to_numpy()[kerbs["height_m"].to_numpy(float) > policy.kerb_clearance_m] if len(kerbs) else []
    around = shapely.buffer(spaces.network.pavement, OVERHANG_M)
    area = shapely.union_all([shapely.difference(around, shapely.union_all(high)), free])
    return Region(area, np.array([*walls, *tall, *road.walls], dtype=object), np.vstack([np.asarray(posts, float).reshape(-1, 2), road.posts]))


def _holes(pavement: BaseGeometry, free: BaseGeometry) -> list[BaseGeometry]:
    """Return what stands on the road: no body passes over it."""
    taken = shapely.difference(pavement, free)
    return [] if taken.is_empty else [taken]


def _segments(line: BaseGeometry) -> Floats:
    parts = [shapely.get_coordinates(part) for part in shapely.get_parts(line)]
    return np.vstack([np.hstack([xy[:-1], xy[1:]]) for xy in parts]) if parts else np.zeros((0, 4))


def _arrays(region: Region, frame_of: Region) -> Arrays:
    origin = frame_of.origin
    edges = region.edges + np.tile(region.origin - origin, 2)
    x1, y1 = np.asarray(frame_of.area.bounds[2:]) - origin + _RIM_M
    rows, columns = _shape(frame_of)
    loops = _loops()
    # Only inside is the distance of any use: outside, everything is refused.
    clear = loops.clearance_map(edges, _cells_in(shapely.transform(region.area, lambda xy: xy - origin), rows, columns), CELL_M, CLEAR_M)
    clear = clear.astype(np.float32)
    free = clear > 0
    np.nextafter(clear, np.float32(0.0), out=clear)
    clear[~free] = np.float32(-CELL_M)
    across, down = int(x1 / BUCKET_M) + 1, int(y1 / BUCKET_M) + 1
    begin, member = loops.buckets(edges, BUCKET_M, across, down)
    frame = np.array([BUCKET_M, across, down, CELL_M, columns, rows], float)
    return Arrays(edges, begin, member, clear, frame)


def _shape(region: Region) -> tuple[int, int]:
    """Return rows and columns of the map of a region."""
    x1, y1 = np.asarray(region.area.bounds[2:]) - region.origin + _RIM_M
    return int(y1 / CELL_M) + 1, int(x1 / CELL_M) + 1


def _cells_in(area: BaseGeometry, rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """Return which cells have their middles inside, some rows at once: places in full would be larger than the map."""
    shapely.prepare(area)
    inside = np.zeros((rows, columns), np.uint8)
    at_once = max(1, STRIP_CELLS // columns)
    for first in range(0, rows, at_once):
        last = min(first + at_once, rows)
        x, y = np.meshgrid((np.arange(columns) + 0.5) * CELL_M, (np.arange(first, last) + 0.5) * CELL_M)
        inside[first:last] = shapely.contains_xy(area, x.ravel(), y.ravel()).reshape(last - first, columns)
    return inside


def _loops() -> ModuleType:
    from firelane.tracking.search_tree import kernels  # noqa: PLC0415 - numba is an extra, and a search knows it

    return kernels()[0]
