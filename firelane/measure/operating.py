"""Aerial operating ground beside buildings (登高操作场地), and what stands between lane and building."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.rectangles import SLACK_M, Fit, Side, clipped, fits, flat, sides_of, widened
from firelane.lanes.rectangles_front import between, lane_area
from firelane.lanes.space import Spaces

BEFORE_M = 0.01
"""A building stands before a wall where it is farther out than this: the wall's own outline is not."""

LONG_SHARE = 0.95
"""A side this much of the longest is a long side too."""

GROUND_COLUMNS = ("building_id", "side", "on_pavement", "from_m", "to_m", "length_m", "distance_m", "geometry")


@dataclass(frozen=True)
class Cover:
    """How much of the way round a building has operating ground beside it.

    ``total_m`` along all sides, ``longest_m`` the longest stretch without a gap (on round a corner),
    ``gap_m`` the longest gap between two stretches (0 where there are fewer than two), ``whole_side_m`` the
    length of the longest side that is covered from end to end (0 where none is) [m].
    """

    total_m: float
    longest_m: float
    gap_m: float
    whole_side_m: float


@dataclass(frozen=True)
class OperatingGround:
    """Operating ground beside one building.

    ``pavement`` counts ground on road pavement alone, ``closer`` also where it would lie nearer to the wall than the
    least distance, ``possible`` all ground on which nothing surveyed stands, however near (whether it is paved and
    bears a fire engine is not in the data). ``long_side_m`` is the length of the longest side, ``perimeter_m`` that of
    all sides. ``stands`` are the owners of what stands on or hangs over the ground before the longest sides, in input
    order. ``place`` is the middle of the best ground, or of the longest side. ``grounds`` are (number of the side, on
    pavement, where it fits).
    """

    building_id: str
    long_side_m: float
    perimeter_m: float
    pavement: Cover
    closer: Cover
    possible: Cover
    stands: tuple[str, ...]
    place: tuple[float, float]
    grounds: tuple[tuple[int, bool, Fit], ...]
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class Between:
    """One object between a lane and a building.

    ``bottom_m`` and ``top_m`` are its underside and top above the road, None where the survey does not tell.
    ``building_ids`` are the buildings before whose walls it stands, nearest first; ``distance_m`` is that from
    the nearest of them.
    """

    owner: str
    kind: str
    bottom_m: float | None
    top_m: float | None
    building_ids: tuple[str, ...]
    distance_m: float
    lane_id: str | None
    place: tuple[float, float]


@dataclass(frozen=True)
class Fronts:
    """The walls of a site's buildings and what lies before them; built once, asked many times."""

    spaces: Spaces
    recess_m: float

    @cached_property
    def _buildings(self) -> tuple[np.ndarray, shapely.STRtree]:
        shapes = self.spaces.site.layer("buildings").geometry.to_numpy()
        return shapes, shapely.STRtree(shapes)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {str(i): n for n, i in enumerate(self.spaces.site.layer("buildings")["id"])}

    @cached_property
    def _both(self) -> np.ndarray:
        table = self.spaces.table
        chosen: np.ndarray = table["ground"].to_numpy(bool) | table["overhead"].to_numpy(bool)
        return chosen

    @cached_property
    def _owners(self) -> np.ndarray:
        owners: np.ndarray = self.spaces.table["owner"].to_numpy(object)[self._both]
        return owners

    @cached_property
    def _standing(self) -> shapely.STRtree:
        return shapely.STRtree(self.spaces.table.geometry.to_numpy()[self._both])

    @cached_property
    def _lanes(self) -> BaseGeometry:
        area = lane_area(self.spaces.site, self.spaces.network)
        shapely.prepare(area)
        return area

    def sides(self, building_id: str) -> list[Side]:
        """Return the sides of a building."""
        return sides_of(self._buildings[0][self._ids[building_id]], recess_m=self.recess_m)

    def ground(
        self, building_id: str, *, length_m: float, depth_m: float, nearest_m: float, farthest_m: float
    ) -> OperatingGround:
        """Return where operating ground fits beside a building.

        Parameters
        ----------
        building_id : str
        length_m, depth_m : float
            Least size of the ground along the wall and away from it [m].
        nearest_m, farthest_m : float
            Distance of its inner edge from the wall [m].
        """
        sides = self.sides(building_id)
        size = {"length_m": length_m, "depth_m": depth_m, "farthest_m": farthest_m}
        paved: list[tuple[int, Fit]] = []
        closer: list[tuple[int, Fit]] = []
        possible: list[tuple[int, Fit]] = []
        for n, side in enumerate(sides):
            around = side.window(farthest_m + depth_m + 1.0, length_m + 1.0)
            solid = self._solid(around, side, farthest_m + depth_m + length_m)
            bare = shapely.difference(around, clipped(self.spaces.network.pavement, around))
            for found, blocked, least_m in (
                (paved, [*solid, bare], nearest_m), (closer, [*solid, bare], 0.0), (possible, solid, 0.0)
            ):  # fmt: skip
                local = side.local(shapely.geometrycollections(blocked))
                found += [(n, fit) for fit in fits(side.length_m, local, nearest_m=least_m, **size)]
        grounds = [(n, on, fit) for on, found in ((True, paved), (False, possible)) for n, fit in found]
        long_m = max(side.length_m for side in sides)
        before = [s.window(farthest_m + depth_m) for s in sides if s.length_m >= LONG_SHARE * long_m]
        return OperatingGround(
            building_id, long_m, sum(side.length_m for side in sides), _cover(sides, paved), _cover(sides, closer),
            _cover(sides, possible), self._stand(before), _place(sides, grounds, nearest_m), tuple(grounds), tuple(sides),
        )  # fmt: skip

    def _stand(self, windows: list[BaseGeometry]) -> tuple[str, ...]:
        rows = sorted({int(n) for window in windows for n in self._standing.query(window, predicate="intersects")})
        return tuple(str(self._owners[n]) for n in rows)

    def _solid(self, around: BaseGeometry, side: Side, reach_m: float) -> list[BaseGeometry]:
        """Return what is no ground within a window: all that stands or hangs there, buildings and what is behind them."""
        shapes, tree = self._buildings
        before = side.world(shapely.box(-reach_m, BEFORE_M, side.length_m + reach_m, reach_m))
        blocks = side.local(clipped(shapely.union_all(shapes[tree.query(around)]), before))
        behind = side.world(widened(blocks, (0.0, 0.0), (0.0, reach_m)))
        standing = self._standing.geometries[self._standing.query(around)]
        return list(flat(shapely.geometrycollections([behind, *standing])))

    def between(self, kinds: Collection[str], *, reach_m: float, only: Collection[str] | None = None) -> list[Between]:
        """Return the objects of some kinds between a lane and a building, in input order.

        Parameters
        ----------
        kinds : collection of str
            Of the ``obstructions`` layer.
        reach_m : float
            A lane farther from the wall than this is none from which the building is reached [m].
        only : collection of str, optional
            Buildings to look at; all by default.
        """
        table = self.spaces.table
        chosen = table[((table["layer"] == "obstructions") & table["kind"].isin(list(kinds))).to_numpy(bool)]
        if not len(chosen) or self._lanes.is_empty:
            return []
        shapes, tree = self._buildings
        objects = chosen.geometry.to_numpy()
        objects_tree = shapely.STRtree(objects)
        before: dict[int, dict[str, tuple[float, tuple[float, float]]]] = {}
        for building_id, b in self._ids.items():
            if only is not None and building_id not in only:
                continue
            for side in self.sides(building_id):
                window = side.window(reach_m)
                near = np.sort(objects_tree.query(window, predicate="intersects"))
                near = near[[building_id not in before.get(int(n), {}) for n in near]]  # it counts once before a building
                if not len(near) or not shapely.intersects(self._lanes, window):
                    continue
                others = np.setdiff1d(tree.query(window), [b])
                zone = between(side, self._lanes, shapely.union_all(shapes[others]), reach_m=reach_m)
                for n in near:
                    common = shapely.intersection(side.local(objects[n]), zone)
                    if not _counts(common, objects[n]):
                        continue
                    inner = shapely.get_coordinates(side.world(shapely.point_on_surface(common)))[0]
                    away = float(shapely.distance(shapes[b], objects[n]))
                    before.setdefault(int(n), {})[building_id] = (away, (float(inner[0]), float(inner[1])))
        heights = self._heights()
        lanes, lines = self.spaces.network.lanes, self.spaces.network.lanes.geometry.to_numpy()
        rows = chosen[["id", "owner", "kind", "ground"]].to_dict("records")
        result = []
        for n in sorted(before):
            row = rows[n]
            ordered = sorted(before[n].items(), key=lambda item: (round(item[1][0], 6), item[0]))
            away, place = ordered[0][1]
            lane = int(np.argmin(shapely.distance(lines, shapely.points(place)))) if len(lanes) else -1
            bottom, top = heights[str(row["id"])]
            result.append(Between(
                str(row["owner"]), str(row["kind"]), 0.0 if row["ground"] else bottom, top,
                tuple(i for i, _ in ordered), away, str(lanes["lane_id"].iloc[lane]) if lane >= 0 else None, place,
            ))  # fmt: skip
        return result

    def _heights(self) -> Mapping[str, tuple[float | None, float | None]]:
        rows = self.spaces.site.layer("obstructions")
        return {
            str(r.id): (_told(r.clear_height_m), _told(r.top_m)) for r in rows.itertuples()
        }


def ground_table(grounds: Collection[OperatingGround], spaces: Spaces) -> gpd.GeoDataFrame:
    """Return operating grounds as a table, one row per run along a side (columns ``GROUND_COLUMNS``).

    Geometry: all ground that the rectangle covers at some position of the run.
    """
    rows = [
        (g.building_id, side, on, fit.from_m, fit.to_m, fit.to_m - fit.from_m, fit.nearest_m, g.sides[side].world(fit.area))
        for g in grounds for side, on, fit in g.grounds
    ]  # fmt: skip
    table = gpd.GeoDataFrame(
        {name: [row[n] for row in rows] for n, name in enumerate(GROUND_COLUMNS[:-1])},
        geometry=gpd.GeoSeries([row[-1] for row in rows], crs=spaces.site.crs), crs=spaces.site.crs,
    )  # fmt: skip
    return table[list(GROUND_COLUMNS)]


def _told(value: float | None) -> float | None:
    """Return a height; None where none is given, or "no limit" stands for it."""
    return None if value is None or not np.isfinite(value) else float(value)


def _counts(common: BaseGeometry, thing: BaseGeometry) -> bool:
    """Tell whether an object stands in a zone with its body, not with its outline alone."""
    dimension = int(shapely.get_dimensions(thing))
    if dimension == 2:
        return bool(common.area > 1e-4)
    return bool(common.length > 1e-2) if dimension == 1 else not common.is_empty


def _cover(sides: list[Side], found: list[tuple[int, Fit]]) -> Cover:
    """Join runs along the sides, round the corners too."""
    perimeter_m = sum(side.length_m for side in sides)
    runs = sorted((sides[n].offset_m + fit.from_m, sides[n].offset_m + fit.to_m) for n, fit in found)
    corners = {round(side.offset_m, 4) for side in sides}
    joined: list[list[float]] = []
    for begin, end in runs:
        # Runs that only touch are parted by a wire or a post, except where one ends at a corner of the building.
        hair = 2 * SLACK_M if round(begin, 4) in corners else -2 * SLACK_M
        if joined and begin <= joined[-1][1] + hair:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([begin, end])
    whole = max(
        (side.length_m for side in sides if any(
            b <= side.offset_m + 2 * SLACK_M and e >= side.offset_m + side.length_m - 2 * SLACK_M for b, e in joined
        )), default=0.0,
    )  # fmt: skip
    total = float(sum(end - begin for begin, end in joined))
    if len(joined) > 1 and joined[0][0] <= 2 * SLACK_M and joined[-1][1] >= perimeter_m - 2 * SLACK_M:
        joined[0][0] = joined.pop()[0] - perimeter_m
    longest = max((end - begin for begin, end in joined), default=0.0)
    # Of the gaps between stretches the longest leads past the walls that have none: between n stretches lie n - 1.
    gaps = sorted(b[0] - a[1] for a, b in zip(joined, [*joined[1:], [joined[0][0] + perimeter_m]], strict=True)) if joined else []
    return Cover(total, longest, gaps[-2] if len(gaps) > 1 else 0.0, whole)


def _place(sides: list[Side], found: list[tuple[int, bool, Fit]], nearest_m: float) -> tuple[float, float]:
    """Return the middle of the longest run of ground, of that on pavement if there is any; else before the longest side."""
    best = max(found, key=lambda item: (item[1], round(item[2].to_m - item[2].from_m, 6), -item[0]), default=None)
    if best is not None:
        side = sides[best[0]]
        point = side.world(shapely.points((best[2].from_m + best[2].to_m) / 2, best[2].nearest_m))
    else:
        side = max(sides, key=lambda s: (round(s.length_m, 6), -s.offset_m))
        point = side.world(shapely.points(side.length_m / 2, nearest_m))
    return float(point.x), float(point.y)
