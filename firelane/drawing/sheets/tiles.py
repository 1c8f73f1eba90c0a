"""Which sheets show a site: few, each turned along its lanes, every lane whole on one of them or cut at a match line."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.drawing.canvas import readable_deg
from firelane.drawing.sheets.base import Room
from firelane.drawing.sheets.cover import Frame, best_turned, covers, halved, parallel_m, sides
from firelane.drawing.sheets.pieces import LOOSE, Pieces, cut_lanes, rotation
from firelane.drawing.sheets.shares import Margins, main_ways, share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import LineString

    from firelane.drawing.canvas import Point
    from firelane.drawing.catalogue import SheetCatalogue
    from firelane.drawing.sheets.base import SetContext
    from firelane.lanes.records import LaneNetwork

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


_UNKNOWN_HALF_M = 3.0  # how far a match line reaches where nobody measured the lane


@dataclass(frozen=True)
class Run:
    """A stretch of a lane: chainages [m]; ``lane`` is its number in the network's table, for ids may repeat."""

    lane_id: str
    from_m: float
    to_m: float
    lane: int


@dataclass(frozen=True)
class Tile:
    """What one setting-out plan shows.

    Attributes
    ----------
    number : int
        From 1, row by row from the north-west.
    centre : (float, float)
        Site coordinates [m].
    size_m : (float, float)
        Along and across the sheet [m].
    twist_deg : float
        By how much the ground is turned on the sheet, counter-clockwise, in (-90, 90].
    scale : int
        Denominator.
    corners : tuple of points
        The window's corners on the ground: lower left, lower right, upper right, upper left of the sheet.
    runs : tuple of Run
        What this sheet sets out; the window shows ``overlap_m / 2`` more at least.
    """

    number: int
    centre: Point
    size_m: tuple[float, float]
    twist_deg: float
    scale: int
    corners: tuple[Point, ...]
    runs: tuple[Run, ...]

    def paper(self, xy: Floats, middle: Point) -> Floats:
        """Return site coordinates (n, 2) [m] on the paper [mm]; ``middle`` is the window's on the sheet."""
        turned = (np.asarray(xy, dtype=float) - self.centre) @ rotation(math.radians(self.twist_deg)).T
        return np.asarray(turned * 1000.0 / self.scale + middle)

    def ground(self, xy: Floats, middle: Point) -> Floats:
        """Return site coordinates [m] of places (n, 2) on the paper [mm]: the inverse of :meth:`paper`."""
        turned = (np.asarray(xy, dtype=float) - middle) * self.scale / 1000.0
        return np.asarray(turned @ rotation(math.radians(-self.twist_deg)).T + self.centre)


@dataclass(frozen=True)
class Match:
    """A match line (接图线): where a lane runs from one sheet on to another.

    ``tiles`` are the numbers of the sheets before and behind it in the direction of the lane, ``ends`` its ends left
    and right of the lane [m].
    """

    lane_id: str
    chainage_m: float
    tiles: tuple[int, int]
    ends: tuple[Point, Point]


@dataclass(frozen=True)
class Atlas:
    """The tiles, the match lines between them, and which tile sets out what."""

    tiles: tuple[Tile, ...]
    matches: tuple[Match, ...]
    pieces: Pieces
    owner: NDArray[np.int64]

    def tile_of(self, xy: Floats) -> Ints:
        """Return the number of the tile that sets out what lies at ``xy`` (n, 2) [m]."""
        if not len(xy) or not len(self.tiles):
            return np.zeros(len(xy), dtype=np.int64)
        if not len(self.pieces.tree):
            return np.asarray(np.ones(len(xy), dtype=np.int64) * self.tiles[0].number)
        return np.asarray(self.owner[self.pieces.tree.nearest(shapely.points(xy))])


@cache
def measures() -> Mapping[str, Any]:
    """Return the measures of the setting-out plans, see ``atlas.toml``."""
    return tomllib.loads(files(__package__).joinpath("atlas.toml").read_text(encoding="utf-8"))


def window_room(room: Room, sheet: SheetCatalogue) -> Room:
    """Return what the caption, the north arrow and the key leave of a sheet to the view."""
    return Room(room.x0, room.y0 + sheet.caption_mm, room.x1, room.y1)


def tiles(context: SetContext) -> tuple[Tile, ...]:
    """Return what the setting-out plans show; none where nothing is painted."""
    return atlas(context).tiles


def atlas(context: SetContext) -> Atlas:
    """Return the tiles and the match lines of a site, worked out once."""
    return context.once("atlas", lambda: _work_out(context))


def _work_out(context: SetContext) -> Atlas:
    room = window_room(context.room, context.canvas.sheet)
    found = cut_lanes(context.audit.network, context.plan, measures()["cover"])
    paint = context.plan.paint.geometry
    if not len(found) or not (~(paint.is_empty | paint.isna())).any():
        return Atlas((), (), found, np.zeros(len(found), dtype=np.int64))
    return lay_out(found, (room.width, room.height), context)


def lay_out(found: Pieces, window_mm: tuple[float, float], context: SetContext) -> Atlas:
    """Return one tile where one does, else the atlas at its scale."""
    data = measures()
    last = int(data["scales"][-1])
    edge_mm = 1000.0 * data["cover"]["edge_m"] / last
    every = np.arange(len(found))
    hull = shapely.get_coordinates(shapely.convex_hull(shapely.linestrings(np.vstack([found.xy, found.xy[:1]]))))
    angles = _directions(found, hull, data["cover"]["turn_share"])
    for scale in data["scales"]:
        size_m = (window_mm[0] * scale / 1000.0, window_mm[1] * scale / 1000.0)
        whole = _whole(hull, angles, [side - 2 * edge_mm * scale / 1000.0 for side in size_m])
        if whole is not None:
            tile = _tile(1, whole, size_m, int(scale), _runs(found, every))
            return Atlas((tile,), (), found, np.ones(len(found), dtype=np.int64))
    inner_m = (size_m[0] - data["cover"]["overlap_m"], size_m[1] - data["cover"]["overlap_m"])
    margins = Margins(data["cover"]["overlap_m"] / 2, data["cover"]["edge_m"])
    blocked = _blocked(context, found, data["cover"]["clear_m"])
    ways = covers(found, inner_m, data["cover"]["turn_share"])
    # Sharing out saves a few sheets at most: what needs many more than the best is out.
    most = 1.2 * min(len(frames) for frames in ways) + 1
    laid_out = [share(found, frames, size_m, margins, blocked) for frames in ways if len(frames) <= most]
    # Fewest sheets; of as few, those to which most metres are parallel, rather little turned than much.
    turn_share = data["cover"]["turn_share"]
    owner, frames = min(laid_out, key=lambda way: (len(way[1]), -_parallel_m(found, way[0], way[1], turn_share)))
    order = _reading_order([frame.centre for frame in frames], size_m[1])
    number_of = {k: number for number, k in enumerate(order, 1)}
    named = np.array([number_of[int(n)] for n in owner], dtype=np.int64)
    found = _moved_cuts(found, named, context, data["cover"])
    laid = tuple(
        _tile(number, frames[k], size_m, last, _runs(found, np.flatnonzero(named == number)))
        for number, k in enumerate(order, 1)
    )
    return Atlas(laid, _matches(found, named, laid, context), found, named)


def _changes(found: Pieces, owner: Ints) -> Ints:
    """Return the pieces at whose starts their lane changes sheets."""
    same = (found.lane[1:] == found.lane[:-1]) & (found.lane[1:] != LOOSE)
    return np.flatnonzero(same & (owner[1:] != owner[:-1])) + 1


def _moved_cuts(found: Pieces, owner: Ints, context: SetContext, data: Mapping[str, float]) -> Pieces:
    """Move cuts that would go through a box to beside it, by less than the sheets have in common."""
    centres: dict[str, list[float]] = {}
    for placement in context.plan.placements:
        if placement.lane_id is not None and placement.chainage_m is not None:
            centres.setdefault(str(placement.lane_id), []).append(placement.chainage_m)
    from_m, to_m = found.from_m.copy(), found.to_m.copy()
    for n in _changes(found, owner):
        boxes = np.array(centres.get(found.lane_ids[found.lane[n]], ()))
        if not len(boxes):
            continue
        # Half of what is in common, and short of the piece's other end.
        most_m = min(data["overlap_m"] / 4, 0.8 * (to_m[n] - from_m[n]), 0.8 * (to_m[n - 1] - from_m[n - 1]))
        steps = np.arange(0.0, most_m + 1e-9, 0.25)
        places = from_m[n] + np.stack([steps, -steps], axis=1).ravel()
        same_side = ((boxes >= from_m[n]) == (boxes >= places[:, None])).all(axis=1)
        away_m = np.abs(boxes - places[:, None]).min(axis=1)
        fit = np.flatnonzero(same_side & (away_m >= data["box_m"]))
        best = fit[0] if len(fit) else int(np.argmax(np.where(same_side, away_m, -1.0)))
        from_m[n] = to_m[n - 1] = places[best]
    return replace(found, from_m=from_m, to_m=to_m)


def _tile(number: int, frame: Frame, size_m: tuple[float, float], scale: int, runs: tuple[Run, ...]) -> Tile:
    twist_deg = readable_deg(-math.degrees(frame.angle_rad)) + 0.0  # never minus nought
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array(size_m) / 2
    corners = half @ rotation(-math.radians(twist_deg)).T + frame.centre
    return Tile(
        number, frame.centre, size_m, twist_deg, scale, tuple((float(x), float(y)) for x, y in corners), runs
    )


def _parallel_m(found: Pieces, owner: Ints, frames: Sequence[Frame], turn_share: float) -> float:
    """Return how many metres of lanes run along or across the sheets that set them out, those of a turned one a bit less."""
    turned = np.array([frame.angle_rad for frame in frames])[owner]
    lost_m = turn_share * found.length_m * np.abs(np.sin(turned))
    return round(float((parallel_m(found, np.arange(len(found)), turned)[0] - lost_m).sum()), 3)


def _directions(found: Pieces, hull: Floats, turn_share: float) -> list[float]:
    """Return directions for the one sheet of a site: along its lanes where they have one, else as little turned as can be."""
    every = np.arange(len(found))
    ways = best_turned(found, every, [0.0, *(side for way in main_ways(found, every) for side in sides(way))])
    level_m, turned_m = (float(parallel_m(found, every, angle)[0].sum()) for angle in (0.0, ways[0]))
    if turned_m - level_m <= turn_share * float(found.length_m.sum()):  # not worth turning
        ways = [0.0]
    # The smallest rectangle about a convex figure lies along one of its sides.
    edges = np.diff(hull, axis=0)
    along = np.arctan2(edges[:, 1], edges[:, 0])
    angles = {round(halved(float(a)), 9) for a in np.r_[0.0, along, along + math.pi / 2]}
    return [*ways, *sorted(angles, key=lambda a: (abs(a), a))]


def _whole(hull: Floats, angles: Sequence[float], inner_m: Sequence[float]) -> Frame | None:
    """Return the frame that holds everything within a convex outline, in the first direction in which one does."""
    for angle in angles:
        box = (hull - hull[0]) @ rotation(-angle).T
        low, high = box.min(axis=0), box.max(axis=0)
        if (high - low <= np.array(inner_m) + 1e-9).all():
            x, y = rotation(angle) @ ((low + high) / 2) + hull[0]
            return Frame((float(x), float(y)), angle)
    return None


def _reading_order(centres: Sequence[Point], height_m: float) -> list[int]:
    """Return the order row by row from the north, each from the west."""
    top = max(y for _, y in centres)
    return sorted(range(len(centres)), key=lambda n: (math.floor((top - centres[n][1]) / height_m + 1e-6), centres[n][0], n))


def _runs(found: Pieces, mine: Ints) -> tuple[Run, ...]:
    runs: list[Run] = []
    for n in mine:
        if found.lane[n] == LOOSE:
            continue
        lane, a, b = int(found.lane[n]), float(found.from_m[n]), float(found.to_m[n])
        if runs and runs[-1].lane == lane and abs(runs[-1].to_m - a) < 1e-6:
            runs[-1] = replace(runs[-1], to_m=b)
        else:
            runs.append(Run(found.lane_ids[lane], a, b, lane))
    return tuple(runs)


def _blocked(context: SetContext, found: Pieces, clear_m: float) -> NDArray[np.bool_]:
    """Tell at which pieces' starts a box or grid lies: no place for a cut."""
    paint = context.plan.paint
    shapes = np.asarray(paint.geometry[paint["block"].notna()])
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    count = len(found.tree)
    starts = shapely.get_point(found.tree.geometries, 0) if count else np.empty(0, dtype=object)
    blocked = np.zeros(len(found), dtype=bool)
    if count and len(shapes):
        hit = shapely.STRtree(shapely.convex_hull(shapes)).query(starts, predicate="dwithin", distance=clear_m)[0]
        blocked[hit] = True
    return blocked


def _matches(found: Pieces, owner: Ints, laid: Sequence[Tile], context: SetContext) -> tuple[Match, ...]:
    """Return the match lines: where a lane changes sheets, and at nodes where the next lane is on another."""
    network, data = context.audit.network, measures()["cover"]
    lanes = network.lanes
    spots: list[tuple[int, float, tuple[int, int]]] = []
    spots += [
        (int(found.lane[n]), float(found.from_m[n]), (int(owner[n - 1]), int(owner[n]))) for n in _changes(found, owner)
    ]
    start_nodes, end_nodes = (lanes[column].tolist() for column in ("start_node", "end_node"))
    ends: dict[str, list[tuple[int, bool, int]]] = {}
    first = np.flatnonzero(np.r_[True, found.lane[1:] != found.lane[:-1]])
    for begin, end in zip(first, np.r_[first[1:], len(found)], strict=True):
        if found.lane[begin] == LOOSE:
            continue
        lane = int(found.lane[begin])
        ends.setdefault(str(start_nodes[lane]), []).append((lane, True, int(owner[begin])))
        ends.setdefault(str(end_nodes[lane]), []).append((lane, False, int(owner[end - 1])))
    radius_m = dict(zip(network.junctions["node_id"].astype(str), network.junctions["radius_m"], strict=True))
    for node, meeting in ends.items():
        there = [tile for _, _, tile in meeting]
        home = min(set(there), key=lambda tile: (-there.count(tile), tile))
        for lane, at_start, tile in meeting:
            if tile == home:
                continue
            length_m = float(lanes.geometry.iloc[lane].length)
            off_m = min(float(radius_m.get(node, 0.0)) + 1.0, data["node_m"], length_m / 2)
            spots.append((lane, off_m if at_start else length_m - off_m, (home, tile) if at_start else (tile, home)))
    by_number = {tile.number: shapely.Polygon(tile.corners) for tile in laid}
    edges = _Edges(network)
    made = []
    for lane, chainage_m, pair in sorted(spots):
        line = edges.across(lane, chainage_m, data["reach_m"], data["beyond_m"])
        # Both sheets draw what both can show.
        line = shapely.intersection(line, shapely.intersection(by_number[pair[0]], by_number[pair[1]]))
        if line.geom_type == "LineString" and line.length > 0.0:
            a, b = ((float(x), float(y)) for x, y in shapely.get_coordinates(line)[[0, -1]])
            made.append(Match(str(lanes["lane_id"].iloc[lane]), chainage_m, pair, (a, b)))
    return tuple(made)


class _Edges:
    """Where the edges of the lanes are, by their stations."""

    def __init__(self, network: LaneNetwork) -> None:
        self.axes = network.lanes.geometry.tolist()
        self.ids = network.lanes["lane_id"].tolist()
        stations = network.stations
        self.rows = stations.groupby("lane_id").indices if len(stations) else {}
        self.chainage_m = stations["chainage_m"].to_numpy(float) if len(stations) else np.empty(0)
        self.sides_m = [stations[side].to_numpy(float) if len(stations) else np.empty(0) for side in ("left_m", "right_m")]

    def across(self, lane: int, chainage_m: float, reach_m: float, beyond_m: float) -> LineString:
        """Return a line across a lane, from its left edge to its right and a little beyond."""
        axis = self.axes[lane]
        at, back, ahead = shapely.get_coordinates(
            shapely.line_interpolate_point(axis, np.clip(chainage_m + np.array([0.0, -0.5, 0.5]), 0.0, axis.length))
        )
        forward = (ahead - back) / max(float(np.hypot(*(ahead - back))), 1e-9)
        left = np.array([-forward[1], forward[0]])
        mine = self.rows.get(self.ids[lane], np.empty(0, dtype=np.int64))
        halves_m = [_UNKNOWN_HALF_M] * 2
        if len(mine):
            nearest = mine[int(np.argmin(np.abs(self.chainage_m[mine] - chainage_m)))]
            halves_m = [float(side[nearest]) if np.isfinite(side[nearest]) else _UNKNOWN_HALF_M for side in self.sides_m]
        ends = [sign * (min(half_m, reach_m) + beyond_m) for sign, half_m in zip((1.0, -1.0), halves_m, strict=True)]
        return shapely.linestrings([at + left * end for end in ends])
