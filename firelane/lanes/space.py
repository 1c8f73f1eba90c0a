"""Free space at one level: pavement minus what stands on it, its boundary and its pinches."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.barriers import TOUCH_M, Barriers, Crossing, Owners, contact_owners
from firelane.lanes.boundary import Boundary
from firelane.lanes.clusters_links import Surroundings
from firelane.lanes.network import islands_of
from firelane.lanes.obstacles import CHORD_ERROR_M, blocking, blocks, obstacles, split_by_dimension
from firelane.lanes.paths import LaneEnds
from firelane.lanes.pinches import Pinches, find_pinches
from firelane.lanes.reach import CAP_M, WidestWay
from firelane.lanes.records import LaneNetwork
from firelane.site.model import Site

INSIDE_M = 1e-5
SHIFT_M = 1e-3


@dataclass(frozen=True)
class Setting:
    """What stays of an area when obstacles come and go; worked out once for all that is tried on it.

    Attributes
    ----------
    area : Polygon or MultiPolygon
        Pavement, or the designated lane, without obstacles.
    lanes, mouths : GeoDataFrame
        Of this area, rows numbered from 0.
    """

    area: BaseGeometry
    lanes: gpd.GeoDataFrame
    mouths: gpd.GeoDataFrame

    @cached_property
    def ends(self) -> LaneEnds:
        """Where the lanes' ends meet."""
        return LaneEnds.of(self.lanes)

    @cached_property
    def outline(self) -> BaseGeometry:
        """Edge of the area."""
        outline = self.area.boundary
        shapely.prepare(outline)
        return outline

    @cached_property
    def around(self) -> Surroundings:
        """Kerbs, islands, dead ends and mouths."""
        rows = {lane_id: n for n, lane_id in enumerate(self.lanes["lane_id"])}
        return Surroundings.of(
            self.area, islands=islands_of(self.area), first_island=1.0, lanes=self.lanes, mouths=list(self.mouths.geometry),
            mouth_lanes={n: rows[name] for n, name in enumerate(self.mouths["lane_id"]) if name in rows},
        )  # fmt: skip


@dataclass(frozen=True)
class FreeSpace:
    """The free part of an area at one level.

    Attributes
    ----------
    area : Polygon or MultiPolygon
        Pavement, or the designated lane, without obstacles.
    free : Polygon or MultiPolygon
        ``area`` minus the areal obstacles.
    table : GeoDataFrame
        The obstacles of this level, rows numbered from 0.
    lanes : GeoDataFrame
        Lanes measured in this area, rows numbered from 0.
    mouths : GeoDataFrame
        Mouths on the boundary of this area (empty for a designated lane).
    shared : Setting, optional
        ``area``, ``lanes`` and ``mouths`` once more, with what is known about them already.
    cap_m : float
        Widths are told apart below this [m].
    """

    area: BaseGeometry
    free: BaseGeometry
    table: gpd.GeoDataFrame
    lanes: gpd.GeoDataFrame
    mouths: gpd.GeoDataFrame
    shared: Setting | None = None
    cap_m: float = CAP_M

    @classmethod
    def build(
        cls, area: BaseGeometry, table: gpd.GeoDataFrame, lanes: gpd.GeoDataFrame, mouths: gpd.GeoDataFrame
    ) -> FreeSpace:
        """Subtract the obstacles that touch ``area`` from it."""
        return cls.within(Setting(area, lanes.reset_index(drop=True), mouths.reset_index(drop=True)), table)

    @classmethod
    def within(cls, setting: Setting, table: gpd.GeoDataFrame, *, cap_m: float = CAP_M) -> FreeSpace:
        """Subtract the obstacles that touch the area of a setting from it."""
        area, mouths = setting.area, setting.mouths
        table = table.reset_index(drop=True)
        if len(table):
            shapely.prepare(area)
            near = shapely.intersects(area, table.geometry.to_numpy())
            if not near.all():
                table = table[near].reset_index(drop=True)
            bodies = table.geometry.to_numpy()
            inside = _off_the_mouths(bodies, mouths)
            if inside is not bodies:
                table = table.set_geometry(inside, crs=table.crs)
        areas, _, _ = split_by_dimension(table.geometry.to_numpy()) if len(table) else ([], [], np.zeros((0, 2)))
        free = shapely.difference(area, shapely.union_all(areas)) if areas else area
        # A difference may leave lines and points where obstacles touch: only areas are free space. What one
        # obstacle encloses (its hole) is none either: nothing gets there.
        parts = [g for g in shapely.get_parts(free) if g.geom_type == "Polygon" and g.area > 1e-9]
        if len(parts) > 1:
            parts = np.asarray(parts, dtype=object)[shapely.dwithin(setting.outline, parts, TOUCH_M)]
        free = shapely.union_all(parts)
        return cls(area, free, table, setting.lanes, mouths, setting, cap_m)

    @cached_property
    def setting(self) -> Setting:
        """What stays of this space when obstacles come and go."""
        known = self.shared
        if known is not None and known.area is self.area and known.lanes is self.lanes and known.mouths is self.mouths:
            return known
        return Setting(self.area, self.lanes, self.mouths)

    @cached_property
    def boundary(self) -> Boundary | None:
        """Half-edges of the free space; None where nothing is free."""
        if self.free.is_empty:
            return None
        _, lines, posts = (
            split_by_dimension(self.table.geometry.to_numpy()) if len(self.table) else ([], [], np.zeros((0, 2)))
        )
        return Boundary.from_geometry(
            self.free, lines=lines, points=posts, mouths=list(self.mouths.geometry)
        )

    @cached_property
    def solid_edge(self) -> BaseGeometry:
        """Edge of ``area`` without its mouths."""
        edge = shapely.boundary(self.area)
        if not len(self.mouths):
            return edge
        # A hair wider than the mouths are drawn, but for their ends: those are gate posts.
        open_ = [shapely.buffer(mouth, 1e-6, cap_style="flat") for mouth in self.mouths.geometry]
        return shapely.union_all([shapely.difference(edge, shapely.union_all(open_)), *(m.boundary for m in self.mouths.geometry)])

    @cached_property
    def _owned_pinches(self) -> tuple[Pinches, Owners] | None:
        if self.boundary is None:
            return None
        pinches = find_pinches(self.boundary, self.cap_m)
        owners = contact_owners(self.boundary, pinches, self.table)
        return _from_discs(self.boundary, pinches, owners, self.table), owners

    @property
    def pinches(self) -> Pinches | None:
        """All pinches below the cap, mouths and touches included."""
        return None if self._owned_pinches is None else self._owned_pinches[0]

    @property
    def owners(self) -> Owners:
        """What each contact lies on."""
        return Owners(np.zeros((0, 2), np.int64)) if self._owned_pinches is None else self._owned_pinches[1]

    @cached_property
    def discs(self) -> npt.NDArray[np.float64]:
        """(half-edges, 3) centre (local) and radius of the disc that a half-edge was drawn about, else NaN."""
        assert self.boundary is not None
        result = np.full((self.boundary.size, 3), np.nan)
        round_ = np.flatnonzero(~np.isnan(self.table["radius_m"].to_numpy(float)))
        if len(round_):
            shapes = self.table.geometry.to_numpy()[round_]
            outlines = shapely.boundary(shapely.transform(shapes, lambda xy: xy - self.boundary.origin))
            middle = shapely.points((self.boundary.start + self.boundary.end) / 2)
            disc, edge = shapely.STRtree(middle).query(outlines, predicate="dwithin", distance=TOUCH_M)
            centre = shapely.get_coordinates(shapely.centroid(outlines))
            result[edge, :2] = centre[disc]
            result[edge, 2] = self.table["radius_m"].to_numpy(float)[round_][disc]
        return result

    @cached_property
    def widest_way(self) -> WidestWay | None:
        """Graph of pieces and pinches with its maximum spanning tree."""
        if self.boundary is None or self.pinches is None:
            return None
        return WidestWay(self.boundary, self.cap_m, self.pinches)

    @cached_property
    def barriers(self) -> Barriers | None:
        """Chains of obstacles across the lanes."""
        if self.boundary is None or self.pinches is None:
            return None
        return Barriers(self.boundary, self.pinches, self.owners, table=self.table, around=self.setting.around, ends=self.setting.ends)

    def crossings(self, below_m: float) -> list[list[Crossing]]:
        """Return, for each lane, what bars it below a width, narrowest first.

        A lane that lies under obstacles from end to end crosses no outline: its one crossing has width 0
        and edge -1.
        """
        if below_m != CAP_M:
            return self._crossings(below_m)
        return self._below_cap

    @cached_property
    def _below_cap(self) -> list[list[Crossing]]:
        return self._crossings(CAP_M)

    def _crossings(self, below_m: float) -> list[list[Crossing]]:
        result = self.barriers.crossings(below_m) if self.barriers is not None else [[] for _ in range(len(self.lanes))]
        for n, line in enumerate(self.lanes.geometry):
            if n in self._buried:
                middle = line.interpolate(0.5, normalized=True)
                result[n] = [Crossing(n, 0.0, -1, (float(middle.x), float(middle.y)), -1, n)]
        return result

    def rows_of(self, crossing: Crossing) -> tuple[int, ...]:
        """Return the obstacles that make up a crossing, as rows of ``table``."""
        if crossing.edge < 0:
            return self._buried[crossing.lane]
        assert self.barriers is not None
        return self.barriers.objects(crossing)

    @cached_property
    def _buried(self) -> dict[int, tuple[int, ...]]:
        """Lane → obstacles that cover it from end to end."""
        lines = self.lanes.geometry.to_numpy()
        bodies = self.table.geometry.to_numpy()
        solid = np.flatnonzero(shapely.get_dimensions(bodies) == 2)
        over: dict[int, list[int]] = {}
        for k, n in shapely.STRtree(lines).query(bodies[solid], predicate="intersects").T.tolist():
            over.setdefault(n, []).append(int(solid[k]))
        return {
            n: tuple(rows) for n, rows in sorted(over.items())
            if shapely.difference(lines[n], shapely.union_all(bodies[rows])).length <= TOUCH_M
        }  # fmt: skip


def _off_the_mouths(geometries: np.ndarray, mouths: gpd.GeoDataFrame) -> np.ndarray:
    """Move walls and posts that stand on a mouth line a hair inside, where they bar the way they bar."""
    thin = np.flatnonzero(shapely.get_dimensions(geometries) < 2)
    if not len(thin) or not len(mouths):
        return geometries
    geometries = geometries.copy()
    inward = INSIDE_M * mouths[["inward_x", "inward_y"]].to_numpy(float)
    for line, shift in zip(mouths.geometry.to_numpy(), inward, strict=True):
        for n in thin[shapely.dwithin(line, geometries[thin], TOUCH_M)]:
            geometries[n] = shapely.transform(geometries[n], lambda xy, by=shift: xy + by)
    return geometries


def _from_discs(boundary: Boundary, pinches: Pinches, owners: Owners, table: gpd.GeoDataFrame) -> Pinches:
    """Measure pinches at round obstacles from the disc itself, not from the polygon drawn about it.

    The polygon stands out by up to a tenth of a millimetre: enough to make 3.100 m read 3.099 m.
    """
    if not len(table) or not len(pinches):
        return pinches
    radius = np.append(table["radius_m"].to_numpy(float), np.nan)[owners.row]
    radius = np.where(owners.row >= 0, radius, np.nan)
    rows = np.flatnonzero((~np.isnan(radius)).any(axis=1))
    if not len(rows):
        return pinches
    centroids = shapely.get_coordinates(shapely.centroid(table.geometry.to_numpy())) - boundary.origin
    ends, width = pinches.ends.copy(), pinches.width_m.copy()
    for k in rows:
        round_ = ~np.isnan(radius[k])
        places = []
        for n in (0, 1):
            if round_[n]:
                places.append(centroids[owners.row[k, n]])
            else:
                h = pinches.half_edge[k, n]
                other = centroids[owners.row[k, 1 - n]]
                along = float(np.clip((other - boundary.start[h]) @ boundary.direction[h], 0, boundary.length_m[h]))
                exact = boundary.start[h] + boundary.direction[h] * along
                # The foot from the centre, unless it lies on another edge of a bent kerb.
                places.append(exact if np.hypot(*(exact - ends[k, n])) < 0.05 else ends[k, n])
        gap = places[1] - places[0]
        distance = float(np.hypot(*gap))
        if distance <= 0.0:
            continue
        unit = gap / distance
        own = np.nan_to_num(radius[k])
        exact_ends = np.array([places[0] + unit * own[0], places[1] - unit * own[1]])
        moved = np.hypot(*(exact_ends - ends[k]).T)
        if (moved > SHIFT_M + 1.1 * np.sqrt(2 * CHORD_ERROR_M * own))[own > 0].any():
            continue  # farther than half a side: the disc stands astride a kerb or mouth, whose corner with it counts
        ends[k] = exact_ends
        width[k] = max(distance - own.sum(), 0.0)
    return replace(pinches, ends=ends, width_m=width)


@dataclass(frozen=True)
class Spaces:
    """The free spaces of a site: pavement and designated lane, ground and envelope.

    ``envelope_m`` is the height H of the envelope. ``table`` holds all obstacles of the site. Widths are told
    apart below ``cap_m``.
    """

    site: Site
    network: LaneNetwork
    table: gpd.GeoDataFrame
    envelope_m: float
    cap_m: float = CAP_M
    _settings: dict[bool, tuple[LaneNetwork, Setting]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, site: Site, network: LaneNetwork, envelope_m: float) -> Spaces:
        """Prepare the spaces of a site; each is built when it is asked for."""
        return cls(site, network, obstacles(site), envelope_m)

    def at(self, height_m: float | None, *, designated: bool, extra: gpd.GeoDataFrame | None = None) -> FreeSpace:
        """Return the free space up to ``height_m`` (None: the ground alone) with ``extra`` obstacles."""
        table = blocking(self.table, height_m)
        if extra is not None and len(extra):
            table = gpd.GeoDataFrame(
                pd.concat([table, extra], ignore_index=True), geometry="geometry", crs=self.site.crs
            ) if len(table) else extra  # fmt: skip
        return FreeSpace.within(self._setting(designated), table, cap_m=self.cap_m)

    def on(self, network: LaneNetwork) -> Spaces:
        """Return the same obstacles on another network."""
        return replace(self, network=network, _settings={})

    def _setting(self, designated: bool) -> Setting:  # noqa: FBT001
        """Return what stays when obstacles do not: shared by all spaces on the same network (``dataclasses.replace``)."""
        network = self.network
        if designated not in self._settings or self._settings[designated][0] is not network:
            lanes = network.lanes[(network.lanes["designated"] == designated).to_numpy(bool)]
            openings = network.openings if network.openings is not None else network.mouths.iloc[:0]
            setting = Setting(
                network.designated if designated else network.pavement, lanes.reset_index(drop=True),
                (openings if designated else network.mouths).reset_index(drop=True),
            )  # fmt: skip
            self._settings[designated] = network, setting
        return self._settings[designated][1]

    @cached_property
    def ground(self) -> tuple[FreeSpace, ...]:
        """Free space on the ground: pavement, and the designated lane where one is drawn."""
        return tuple(self.at(None, designated=flag) for flag in self._flags)

    @cached_property
    def envelope(self) -> tuple[FreeSpace, ...]:
        """Free space up to the envelope; the ground's own where nothing hangs lower."""
        if not (blocks(self.table, self.envelope_m) & ~blocks(self.table, None)).any():
            return self.ground
        return tuple(self.at(self.envelope_m, designated=flag) for flag in self._flags)

    @property
    def _flags(self) -> tuple[bool, ...]:
        return (False,) if self.network.designated.is_empty else (False, True)
