"""Free space at one level: pavement minus what stands on it, its boundary and its pinches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.barriers import TOUCH_M, Barriers, Crossing, Owners, contact_owners
from firelane.lanes.boundary import Boundary
from firelane.lanes.network import islands_of
from firelane.lanes.obstacles import CHORD_ERROR_M, blocking, obstacles, split_by_dimension
from firelane.lanes.pinches import Pinches, find_pinches
from firelane.lanes.reach import CAP_M, WidestWay
from firelane.lanes.records import LaneNetwork
from firelane.site.model import Site

INSIDE_M = 1e-5
SHIFT_M = 1e-3


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
    """

    area: BaseGeometry
    free: BaseGeometry
    table: gpd.GeoDataFrame
    lanes: gpd.GeoDataFrame
    mouths: gpd.GeoDataFrame

    @classmethod
    def build(
        cls, area: BaseGeometry, table: gpd.GeoDataFrame, lanes: gpd.GeoDataFrame, mouths: gpd.GeoDataFrame
    ) -> FreeSpace:
        """Subtract the obstacles that touch ``area`` from it."""
        table = table.reset_index(drop=True)
        if len(table):
            shapely.prepare(area)
            near = shapely.intersects(area, table.geometry.to_numpy())
            table = table[near].reset_index(drop=True)
            table = table.set_geometry(_off_the_mouths(table.geometry.to_numpy(), mouths), crs=table.crs)
        areas, _, _ = split_by_dimension(table.geometry.to_numpy()) if len(table) else ([], [], np.zeros((0, 2)))
        free = shapely.difference(area, shapely.union_all(areas)) if areas else area
        # A difference may leave lines and points where obstacles touch: only areas are free space. What one
        # obstacle encloses (its hole) is none either: nothing gets there.
        parts = [g for g in shapely.get_parts(free) if g.geom_type == "Polygon" and g.area > 1e-9]
        if len(parts) > 1:
            outline = area.boundary
            shapely.prepare(outline)
            parts = np.asarray(parts, dtype=object)[shapely.dwithin(outline, parts, TOUCH_M)]
        free = shapely.union_all(parts)
        return cls(area, free, table, lanes.reset_index(drop=True), mouths.reset_index(drop=True))

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
    def _owned_pinches(self) -> tuple[Pinches, Owners] | None:
        if self.boundary is None:
            return None
        pinches = find_pinches(self.boundary, CAP_M)
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
        return WidestWay(self.boundary, CAP_M, self.pinches)

    @cached_property
    def barriers(self) -> Barriers | None:
        """Chains of obstacles across the lanes."""
        if self.boundary is None or self.pinches is None:
            return None
        rows = {lane_id: n for n, lane_id in enumerate(self.lanes["lane_id"])}
        mouth_lanes = {
            n: rows[lane_id] for n, lane_id in enumerate(self.mouths["lane_id"]) if lane_id in rows
        }
        return Barriers(
            self.boundary, self.pinches, self.owners, area=self.area, table=self.table, lanes=self.lanes,
            islands=islands_of(self.area), mouths=list(self.mouths.geometry), mouth_lanes=mouth_lanes,
        )  # fmt: skip

    def crossings(self, below_m: float) -> list[list[Crossing]]:
        """Return, for each lane, what bars it below a width, narrowest first.

        A lane that lies under obstacles from end to end crosses no outline: its one crossing has width 0
        and edge -1.
        """
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
    geometries = geometries.copy()
    thin = np.flatnonzero(shapely.get_dimensions(geometries) < 2)
    for row in mouths.itertuples():
        shift = INSIDE_M * np.array([row.inward_x, row.inward_y])
        for n in thin[shapely.dwithin(row.geometry, geometries[thin], TOUCH_M)]:
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

    ``envelope_m`` is the height H of the envelope. ``table`` holds all obstacles of the site.
    """

    site: Site
    network: LaneNetwork
    table: gpd.GeoDataFrame
    envelope_m: float

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
        lanes = self.network.lanes[self.network.lanes["designated"] == designated]
        area = self.network.designated if designated else self.network.pavement
        openings = self.network.openings if self.network.openings is not None else self.network.mouths.iloc[:0]
        mouths = openings if designated else self.network.mouths
        return FreeSpace.build(area, table, lanes, mouths)

    @cached_property
    def ground(self) -> tuple[FreeSpace, ...]:
        """Free space on the ground: pavement, and the designated lane where one is drawn."""
        return tuple(self.at(None, designated=flag) for flag in self._flags)

    @cached_property
    def envelope(self) -> tuple[FreeSpace, ...]:
        """Free space up to the envelope; the ground's own where nothing hangs lower."""
        if len(blocking(self.table, self.envelope_m)) == len(blocking(self.table, None)):
            return self.ground
        return tuple(self.at(self.envelope_m, designated=flag) for flag in self._flags)

    @property
    def _flags(self) -> tuple[bool, ...]:
        return (False,) if self.network.designated.is_empty else (False, True)
