"""What the setting-out plans write: points, boxes and stations sorted by sheet, and the linework that labels avoid."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.drawing.context import pavement_outline
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from firelane.auditing import Audit
    from firelane.drawing.sheets.tiles import Atlas, Tile
    from firelane.markings.plan import MarkingPlan
    from firelane.site.model import Site

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_CLOSED = frozenset({MarkKind.BOX_FRAME.value, MarkKind.GRID_BORDER.value})
_INSET = 0.1  # a label's place is not sought at the very edge of the view
_FINE_M = 0.1  # finer bends of the linework are nothing to a label


@dataclass(frozen=True)
class Spot:
    """Something to be written at a place along a lane: site coordinates [m] and the lane's direction there."""

    text: str
    xy: tuple[float, float]
    heading_rad: float
    room_m: float = 0.0
    count: int = 1  # of gaps that it stands for


@dataclass(frozen=True)
class Content:
    """What is written on the sheets of a site; everything is found by the number of its tile.

    ``symbol_m`` is what a millimetre of the model's symbols is on the ground.
    """

    plan: MarkingPlan
    audit: Audit
    atlas: Atlas
    symbol_m: float

    @cached_property
    def points(self) -> tuple[list[str], list[str], list[str], list[str | None], Floats]:
        """Numbers, marks, kinds, lanes and site coordinates of all setting-out points."""
        table = self.plan.setting_out
        if table.empty:
            return [], [], [], [], np.empty((0, 2))
        xy = table[["y_east_m", "x_north_m"]].to_numpy(float)
        return table["point"].tolist(), table["mark_id"].tolist(), table["kind"].tolist(), table["lane_id"].tolist(), xy

    @cached_property
    def point_rows(self) -> dict[int, Ints]:
        """Rows of the setting-out points by tile; the corners of a box or grid stay together."""
        _, marks, kinds, _, xy = self.points
        closed = np.flatnonzero([kind in _CLOSED for kind in kinds])
        if len(closed):
            _, mark = np.unique([marks[n] for n in closed], return_inverse=True)
            count = np.bincount(mark)
            xy = xy.copy()
            for axis in (0, 1):
                xy[closed, axis] = (np.bincount(mark, weights=xy[closed, axis]) / count)[mark]
        return _by_tile(self.atlas, xy)

    @cached_property
    def gaps(self) -> dict[int, list[Spot]]:
        """Gaps between neighbouring boxes by tile: each at its middle, equal ones that follow each other at theirs."""
        boxes = self.plan.boxes
        if not len(boxes):
            return {}
        chainage = boxes["chainage_m"].to_numpy(float)
        lanes = boxes["lane_id"].astype(str).tolist()
        gap = boxes["gap_m"].to_numpy(float)
        row = {str(lane_id): n for n, lane_id in enumerate(self.audit.network.lanes["lane_id"])}
        wanted = [n for n in range(1, len(lanes)) if lanes[n] == lanes[n - 1] and gap[n] > 0.0 and lanes[n] in row]
        each = [(row[lanes[n]], (chainage[n] + chainage[n - 1]) / 2, f"{gap[n]:.2f}", chainage[n] - chainage[n - 1]) for n in wanted]
        counts = []
        tile = self.atlas.tile_of(np.array([spot.xy for spot in self._along(each)]).reshape(-1, 2)).tolist()
        along = []
        alike = itertools.groupby(range(len(each)), key=lambda n: (each[n][0], tile[n], each[n][2]))
        for (lane, _, text), run in alike:
            mine = list(run)
            _, at_m, _, room_m = each[mine[len(mine) // 2]]
            along.append((lane, at_m, text if len(mine) == 1 else f"{text}×{len(mine)}", room_m))
            counts.append(len(mine))
        return self._sorted([replace(spot, count=n) for spot, n in zip(self._along(along), counts, strict=True)])

    def stations(self, step_m: float) -> dict[int, list[Spot]]:
        """Return stations every so many metres of every lane, by tile."""
        along = []
        for row, line in enumerate(self.audit.network.lanes.geometry):
            chainages_m = np.arange(0.0, line.length - 0.25 * step_m, step_m)[1:]
            along += [(row, float(s), station(s), step_m) for s in chainages_m]
        return self._sorted(self._along(along))

    def _along(self, wanted: Sequence[tuple[int, float, str, float]]) -> list[Spot]:
        """Return spots at (row of the lane, chainage, text, room)."""
        if not wanted:
            return []
        axes = np.asarray(self.audit.network.lanes.geometry)[[w[0] for w in wanted]]
        chainage = np.array([w[1] for w in wanted])
        at, back, ahead = (
            shapely.get_coordinates(shapely.line_interpolate_point(axes, np.clip(chainage + d, 0.0, shapely.length(axes))))
            for d in (0.0, -0.3, 0.3)
        )
        heading = np.arctan2(*(ahead - back).T[::-1])
        return [Spot(w[2], (float(x), float(y)), float(h), w[3]) for w, (x, y), h in zip(wanted, at, heading, strict=True)]

    def _sorted(self, spots: Sequence[Spot]) -> dict[int, list[Spot]]:
        rows = _by_tile(self.atlas, np.array([s.xy for s in spots]).reshape(-1, 2))
        return {number: [spots[n] for n in mine] for number, mine in rows.items()}

    @cached_property
    def _axes(self) -> shapely.STRtree:
        return shapely.STRtree(_segments(list(self.plan.centrelines.geometry)))

    def edge_lines(self, tile: Tile) -> list[tuple[float, float]]:
        """Return places on edge lines that a tile sets out: the middles of the longest straight stretches first."""
        window = shapely.buffer(shapely.Polygon(tile.corners), -_INSET * min(tile.size_m))
        found = np.sort(self._axes.query(window, predicate="intersects"))
        if not len(found):
            return []
        seen = shapely.intersection(self._axes.geometries[found], window)
        order = np.argsort(-np.round(shapely.length(seen), 3), kind="stable")
        xy = shapely.get_coordinates(shapely.line_interpolate_point(seen[order], 0.5, normalized=True))
        return [(float(x), float(y)) for x, y in xy[self.atlas.tile_of(xy) == tile.number]]

    @cached_property
    def _ink(self) -> shapely.STRtree:
        site, network = self.audit.site, self.audit.network
        paint = self.plan.paint
        loose = paint["block"].isna()
        shapes = [*paint.geometry[loose], *shapely.convex_hull(np.asarray(paint.geometry[~loose]))]
        shapes = [g for g in shapes if g is not None and not g.is_empty]
        lines = [pavement_outline(self.audit), *network.lanes.geometry, *shapely.boundary(np.asarray(shapes, dtype=object))]
        for layer in ("buildings", "parking", "obstructions"):
            table = site.layers.get(layer)
            if table is not None:
                lines += [shapely.boundary(g) if g.geom_type.endswith("Polygon") else g for g in table.geometry if g is not None]
        lines += _symbols(site, self.symbol_m)
        return shapely.STRtree(_segments(lines))

    def ink(self, tile: Tile, middle: tuple[float, float]) -> list[shapely.Geometry]:
        """Return the linework that a tile shows, in short pieces on its paper [mm]."""
        found = self._ink.query(shapely.Polygon(tile.corners))
        pieces = self._ink.geometries[np.sort(found)]
        return list(shapely.transform(pieces, lambda xy: tile.paper(xy, middle)))


def _symbols(site: Site, symbol_m: float) -> list[shapely.Geometry]:
    """Return the outlines of the boards on their posts, which are drawn in the size of the general plan."""
    table = site.layers.get("signs")
    if table is None:
        return []
    feet = shapely.get_coordinates(shapely.point_on_surface(np.asarray(table.geometry)))
    return [shapely.box(x - 1.5 * symbol_m, y, x + 1.5 * symbol_m, y + 3.4 * symbol_m).exterior for x, y in feet]


def station(chainage_m: float) -> str:
    """Return a chainage as surveyors write it.

    >>> station(1234.6)
    'K1+235'
    """
    whole = round(float(chainage_m))
    return f"K{whole // 1000}+{whole % 1000:03d}"


def _by_tile(atlas: Atlas, xy: Floats) -> dict[int, Ints]:
    number = atlas.tile_of(xy)
    return {int(n): np.flatnonzero(number == n) for n in np.unique(number)}


def _segments(lines: Sequence[shapely.Geometry]) -> list[shapely.Geometry]:
    """Return all segments of some lines, small bends left out."""
    parts = shapely.get_parts(np.asarray([g for g in lines if g is not None and not g.is_empty], dtype=object))
    parts = shapely.simplify(parts[shapely.length(parts) > 0.0], _FINE_M)
    xy, index = shapely.get_coordinates(parts, return_index=True)
    joined = index[1:] == index[:-1]
    return list(shapely.linestrings(np.stack([xy[:-1][joined], xy[1:][joined]], axis=1)))


@dataclass(frozen=True)
class Group:
    """Neighbouring points of one mark that share a label: rows of the setting-out table, in their order."""

    rows: tuple[int, ...]
    kind: str
    mark_id: str
    lane_id: str | None

    @property
    def closed(self) -> bool:
        """Whether the points are the corners of a box or grid."""
        return self.kind in _CLOSED


def grouped(content: Content, number: int, near_m: float, longest_m: float) -> Iterator[Group]:
    """Yield the points of a tile: corners of a box or grid together, those of lines where they stand close."""
    _, marks, kinds, lanes, xy = content.points
    rows = content.point_rows.get(number, np.empty(0, dtype=np.int64))
    for (mark, kind), run in itertools.groupby(rows.tolist(), key=lambda n: (marks[n], kinds[n])):
        mine = list(run)
        whole = Group((), kind, mark, lanes[mine[0]])
        if whole.closed:
            yield Group(tuple(mine), kind, mark, whole.lane_id)
            continue
        current = [mine[0]]
        for n in mine[1:]:
            step_m = float(np.hypot(*(xy[n] - xy[current[-1]])))
            so_far_m = float(np.hypot(*(xy[n] - xy[current[0]])))
            if n != current[-1] + 1 or step_m > near_m or so_far_m > longest_m:
                yield Group(tuple(current), kind, mark, whole.lane_id)
                current = []
            current.append(n)
        yield Group(tuple(current), kind, mark, whole.lane_id)
