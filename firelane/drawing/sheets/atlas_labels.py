"""Texts and ticks of one setting-out plan, in paper space: upright whatever the sheet is turned by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.drawing.canvas import Point, put_text, readable_deg
from firelane.drawing.labels import LabelField, around, by_ring, turned_box
from firelane.drawing.sheets.atlas_ink import Content, Group, Spot, grouped, station
from firelane.drawing.sheets.tiles import Match, Tile, measures
from firelane.drawing.text import safe_text, shortened, text_width
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ezdxf.layouts.layout import Paperspace

    from firelane.drawing.catalogue import SheetCatalogue
    from firelane.drawing.sheets.base import Room
    from firelane.vocabulary import Lang

POINTS = "G-ANNO-PNTS"
DIMS = "G-ANNO-DIMS"
LANE = "G-FIRE-LANE"
COORDINATES = "G-ANNO-COOR"
TEXTS = "G-ANNO-TEXT"
FRAME = "G-ANNO-TTLB"
CROSS = "FL-CROSS"
LONGEST_MM = 80.0
MOST_TRIED = 6
MOST_JOINED = 3
ASLANT, ASLANT_INK = 0.15, 3
GAPS_MM = (1.0, 3.0, 6.5, 11.0, 16.0)
_BESIDE_MM = (4.0, 6.0, 8.0, 11.0, 15.0)
_WORDS = {
    "match": ("接图 {sheet}  {station}", "match {sheet}  {station}"),
    "offset_near": (
        "边线近边距路面边缘 {offset:.2f}，线宽 {width:.2f}",
        "near edge of line {offset:.2f} off, width {width:.2f}",
    ),
    "offset_centre": (
        "边线中心距路面边缘 {offset:.2f}，线宽 {width:.2f}",
        "centre of line {offset:.2f} off, width {width:.2f}",
    ),
    "board": ("警示牌 {name}", "board {name}"),
}  # fmt: skip


def said(key: str, lang: Lang, **values: object) -> str:
    """Return one of this module's words, its places filled."""
    return _WORDS[key][0 if lang == "zh" else 1].format(**values)


@dataclass(frozen=True)
class Writer:
    """Writes on one sheet: ``window`` is the view's room, ``middle`` its middle [mm]."""

    layout: Paperspace
    tile: Tile
    window: Room
    middle: Point
    field: LabelField
    sheet: SheetCatalogue
    lang: Lang

    @property
    def scale(self) -> float:
        """Millimetres on the paper of a metre on the ground."""
        return 1000.0 / self.tile.scale

    def at(self, xy: Point) -> Point:
        """Return a site coordinate pair on the paper."""
        x, y = self.tile.paper(np.array([xy]), self.middle)[0]
        return round(float(x), 3), round(float(y), 3)

    def angle(self, heading_rad: float) -> float:
        """Return a direction of the ground on the paper, turned so that text along it is upright [deg]."""
        return readable_deg(math.degrees(heading_rad) + self.tile.twist_deg)

    def stroke(self, a: Point, b: Point, layer: str, width_mm: float = 0.13, linetype: str = "Continuous") -> None:
        """Draw one straight line."""
        attribs: dict[str, object] = {"layer": layer, "lineweight": round(width_mm * 100)}
        if layer == LANE or linetype != "Continuous":  # the other layers are continuous themselves: it takes fewer bytes
            attribs["linetype"] = linetype
        self.layout.add_line(a, b, dxfattribs=attribs)

    def sign(self, block: str, at: Point, layer: str, rotation_deg: float = 0.0) -> None:
        """Place a block."""
        attribs: dict[str, object] = {"layer": layer}
        if rotation_deg:
            attribs["rotation"] = round(rotation_deg, 4)
        self.layout.add_blockref(block, at, dxfattribs=attribs)

    def write(self, text: str, middle: Point, height_mm: float, layer: str, rotation_deg: float = 0.0) -> None:
        """Write one line about its middle, as a text that begins at its lower left corner: it takes fewer bytes."""
        turn = math.radians(rotation_deg)
        back, down = text_width(text, height_mm) / 2, height_mm / 2
        x = middle[0] - back * math.cos(turn) + down * math.sin(turn)
        y = middle[1] - back * math.sin(turn) - down * math.cos(turn)
        put_text(self.layout, text, (round(x, 2), round(y, 2)), height_mm, layer, rotation_deg=round(rotation_deg, 2))

    def beside(
        self, text: str, anchor: Point, layer: str, gaps: Sequence[float], *, height_mm: float, most_ink: int | None = None,
        size_mm: float = 0.0,
    ) -> bool:  # fmt: skip
        """Write a level label near ``anchor``, with a leader where it is far; tell whether there was room.

        What is labelled reaches ``size_mm`` around the anchor: there the leader ends.
        """
        line = shortened(safe_text(text), height_mm, LONGEST_MM)
        boxes = around(anchor, text_width(line, height_mm), height_mm * 1.3, gaps)
        chosen = self.field.place(boxes, reluctance=by_ring(gaps, 0.8), most_ink=most_ink)
        if chosen is None:
            return False
        x0, y0, x1, y1 = boxes[chosen]
        self.write(line, ((x0 + x1) / 2, (y0 + y1) / 2), height_mm, layer)
        near = (min(max(anchor[0], x0), x1), min(max(anchor[1], y0), y1))
        away = math.dist(near, anchor)
        if away > size_mm + measures()["labels"]["leader_mm"]:
            share = size_mm / away
            foot = (anchor[0] + share * (near[0] - anchor[0]), anchor[1] + share * (near[1] - anchor[1]))
            self.leader(foot, near, layer)
        return True

    def leader(self, a: Point, b: Point, layer: str) -> None:
        """Draw a leader; no label will lie on it."""
        self.stroke((round(a[0], 2), round(a[1], 2)), (round(b[0], 2), round(b[1], 2)), layer)
        self.keep_free(a, b)

    def keep_free(self, a: Point, b: Point) -> None:
        """Let no label lie on a line."""
        count = max(1, math.ceil(math.dist(a, b) / 2.0))
        for n in range(count):
            x0, x1 = sorted(a[0] + (n + k) / count * (b[0] - a[0]) for k in (0, 1))
            y0, y1 = sorted(a[1] + (n + k) / count * (b[1] - a[1]) for k in (0, 1))
            self.field.take((x0 - 0.2, y0 - 0.2, x1 + 0.2, y1 + 0.2))

    def along(
        self, text: str, spots: Sequence[Point], angle_deg: float, layer: str, *, most_ink: int | None = None,
        force: bool = False,
    ) -> bool:  # fmt: skip
        """Write a label along a direction about the best of ``spots``, the first ones liked best; tell whether there was room."""
        height_mm = self.sheet.small_mm
        width = text_width(text, height_mm)
        boxes = [turned_box(spot, width, height_mm * 1.2, angle_deg) for spot in spots]
        reluctance = [0.1 * n for n in range(len(spots))]
        if most_ink is not None and abs(math.sin(math.radians(2.0 * angle_deg))) > ASLANT:
            most_ink += ASLANT_INK  # the box around a label that lies aslant meets more than the label
        chosen = self.field.place(boxes, reluctance=reluctance, most_ink=most_ink, force=force)
        if chosen is None:
            return False
        self.write(text, spots[chosen], height_mm, layer, angle_deg)
        return True


def spots_off(at: Point, angle_deg: float, across: Sequence[float], shifts: Sequence[float] = (0.0,)) -> list[Point]:
    """Return places moved off ``at`` across and along a direction [mm], all shifts of the first ``across`` first."""
    turn = math.radians(angle_deg)
    ux, uy = math.cos(turn), math.sin(turn)
    return [(at[0] + s * ux - t * uy, at[1] + s * uy + t * ux) for t in across for s in shifts]


def write_matches(writer: Writer, matches: Sequence[Match], sheets: Mapping[int, str]) -> None:
    """Draw the match lines of the sheet, each with the number of the sheet that goes on and its chainage."""
    number = writer.tile.number
    for match in matches:
        a, b = (writer.at(end) for end in match.ends)
        writer.stroke(a, b, FRAME, 0.5, "FL-CENTER")
        writer.keep_free(a, b)
        other = match.tiles[1] if match.tiles[0] == number else match.tiles[0]
        text = said("match", writer.lang, sheet=sheets[other], station=station(match.chainage_m))
        angle_deg = readable_deg(math.degrees(math.atan2(b[1] - a[1], b[0] - a[0])))
        middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        # On the side of the sheet that goes on: there nothing else is written.
        turn = math.radians(angle_deg)
        left = (-math.sin(turn), math.cos(turn))
        forward = (a[1] - b[1], b[0] - a[0])  # the ends lie left and right of the lane: this is its direction
        side = math.copysign(1.0, (left[0] * forward[0] + left[1] * forward[1]) * (1.0 if match.tiles[0] == number else -1.0))
        off = side * (writer.sheet.small_mm * 0.6 + 1.0)
        reach = (math.dist(a, b) + text_width(text, writer.sheet.small_mm)) / 2 + 1.0
        spots = spots_off(middle, angle_deg, (off,), (0.0, 6.0, -6.0, reach, -reach))
        writer.along(text, spots, angle_deg, FRAME, force=True)


def write_points(writer: Writer, content: Content) -> int:
    """Write the numbers of the points whose crosses the view shows; return how many labels found no room."""
    data = measures()["labels"]
    names, _, _, _, xy = content.points
    near_m, longest_m = (data[key] / writer.scale for key in ("cluster_mm", "cluster_longest_mm"))
    groups = list(grouped(content, writer.tile.number, near_m, longest_m))
    paper = writer.tile.paper(xy, writer.middle) if len(xy) else xy
    left_out = 0
    places: list[tuple[Point, list[str]]] = []
    for group in sorted(groups, key=lambda g: not g.closed):
        numbers = numbered(names[group.rows[0]], names[group.rows[-1]])
        if group.closed:
            left_out += not _name_mark(writer, f"{short_name(group)} {numbers}", paper[list(group.rows)])
            continue
        x, y = paper[group.rows[len(group.rows) // 2]]
        anchor = (round(float(x), 3), round(float(y), 3))
        # Where one mark ends another begins, or paint on the kerb runs along: one label says both.
        here = (told for at, told in places if math.dist(at, anchor) <= data["same_mm"] and len(told) < MOST_JOINED)
        told = next(here, None)
        if told is None:
            places.append((anchor, [numbers]))
        else:
            told.append(numbers)
    for anchor, told in places:
        left_out += (not _number(writer, ", ".join(told), anchor, GAPS_MM)) * len(told)
    return left_out


def numbered(first: str, last: str) -> str:
    """Return the numbers of points that follow each other, what they have in common written once.

    >>> numbered("P0012", "P0012"), numbered("P0012", "P0015"), numbered("P0099", "P0102")
    ('P0012', 'P0012–15', 'P0099–102')
    """
    if first == last:
        return first
    if len(first) != len(last):
        return f"{first}–{last}"
    same = next(n for n, (a, b) in enumerate(zip(first, last, strict=True)) if a != b)
    return f"{first}–{last[max(1, min(same, len(last) - 2)):]}"


def short_name(group: Group) -> str:
    """Return what a box or grid is called on the sheet, where its lane is named: ``B07`` for ``BOX-L1-07``."""
    if group.kind == MarkKind.BOX_FRAME.value:
        return "B" + group.mark_id.rsplit("-", 1)[-1]
    return group.mark_id


def _name_mark(writer: Writer, text: str, corners: np.ndarray) -> bool:
    """Write a box's or grid's name and points beside it."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle = (round(float(low[0] + high[0]) / 2, 3), round(float(low[1] + high[1]) / 2, 3))
    half = float(max(high - low)) / 2
    return _number(writer, text, middle, (half + 0.5, half + 3.0, half + 6.0, half + 10.0, half + 15.0), half)


def _number(writer: Writer, text: str, anchor: Point, gaps: Sequence[float], size_mm: float = 0.0) -> bool:
    """Write a number beside its place, on open ground if there is any: a number left out is worse than one on a line."""
    height = writer.sheet.small_mm
    return writer.beside(text, anchor, POINTS, gaps, height_mm=height, most_ink=3, size_mm=size_mm) or writer.beside(
        text, anchor, POINTS, (*gaps, gaps[-1] + 6.0), height_mm=height, size_mm=size_mm
    )


def write_gaps(writer: Writer, content: Content) -> int:
    """Write the gaps between neighbouring boxes over their middles, else outside their lane; return how many found no room."""
    height = writer.sheet.small_mm
    off = height * 0.6 + 0.4
    left_out = 0
    for gap in content.gaps.get(writer.tile.number, []):
        at, angle_deg = writer.at(gap.xy), writer.angle(gap.heading_rad)
        if text_width(gap.text, height) + 6.0 <= gap.room_m * writer.scale:
            spots = spots_off(at, angle_deg, (off, -off), (0.0, 4.0, -4.0))
            if writer.along(gap.text, spots, angle_deg, DIMS, most_ink=1):
                continue
        across = [sign * (off + more) for more in _BESIDE_MM for sign in (1.0, -1.0)]
        spots = _own_spots(writer, content, gap.xy, spots_off(at, angle_deg, across, (0.0, 4.0, -4.0, 8.0, -8.0)))
        if not writer.along(gap.text, spots, angle_deg, DIMS, most_ink=3):
            left_out += gap.count
    return left_out


def _own_spots(writer: Writer, content: Content, xy: Point, spots: Sequence[Point]) -> list[Point]:
    """Return the spots that are nearest to the lane at ``xy``: a figure beside another lane would be taken for that one's."""
    pieces = content.atlas.pieces
    own = pieces.lane[pieces.tree.nearest(shapely.Point(xy))]
    nearest = pieces.tree.nearest(shapely.points(writer.tile.ground(np.array(spots), writer.middle)))
    return [spot for spot, n in zip(spots, nearest, strict=True) if pieces.lane[n] == own]


def write_stations(writer: Writer, stations: Sequence[Spot]) -> None:
    """Tick the stations and write each."""
    data = measures()["labels"]
    height, tick = writer.sheet.small_mm, data["station_tick_mm"]
    for spot in stations:
        x, y = writer.at(spot.xy)
        turn = spot.heading_rad + math.radians(writer.tile.twist_deg)
        dx, dy = -math.sin(turn) * tick, math.cos(turn) * tick
        writer.stroke((round(x + dx, 3), round(y + dy, 3)), (round(x - dx, 3), round(y - dy, 3)), LANE, 0.18)
        shift = text_width(spot.text, height) / 2 + 1.0
        off = height * 0.6 + 0.4
        angle_deg = writer.angle(spot.heading_rad)
        across = (-off, off, -off - 5.0, off + 5.0, -off - 9.0, off + 9.0)
        writer.along(spot.text, spots_off((x, y), angle_deg, across, (0.0, shift, -shift)), angle_deg, LANE, most_ink=1)


def write_lanes(writer: Writer, content: Content) -> None:
    """Name every lane of the sheet, in the middle of what the sheet shows of it."""
    lanes, pieces = content.audit.network.lanes, content.atlas.pieces
    for run in sorted(writer.tile.runs, key=lambda r: (r.from_m - r.to_m, r.lane_id, r.lane)):
        line = lanes.geometry.iloc[run.lane]
        text = shortened(f"{safe_text(run.lane_id)}  L={line.length:.2f}", writer.sheet.small_mm, LONGEST_MM)
        for share in (0.5, 0.3, 0.7):
            chainage_m = run.from_m + share * (run.to_m - run.from_m)
            back, at, ahead = shapely.get_coordinates(
                shapely.line_interpolate_point(line, np.clip(chainage_m + np.array([-1.0, 0.0, 1.0]), 0.0, line.length))
            )
            angle_deg = writer.angle(math.atan2(ahead[1] - back[1], ahead[0] - back[0]))
            off = [sign * (writer.sheet.small_mm + more) for more in (7.0, 10.0, 14.0, 19.0) for sign in (1, -1)]
            spots = spots_off(writer.at((float(at[0]), float(at[1]))), angle_deg, off, (0.0, 12.0, -12.0))
            # A name stands nearest to its own lane.
            nearest = pieces.tree.nearest(shapely.points(writer.tile.ground(np.array(spots), writer.middle)))
            spots = [spot for spot, n in zip(spots, nearest, strict=True) if pieces.lane[n] == run.lane]
            if writer.along(text, spots, angle_deg, TEXTS, most_ink=1):
                break


def write_offset(writer: Writer, content: Content) -> None:
    """Write once a sheet how far the edge line lies from the pavement's edge, with a leader to a line."""
    dims = content.plan.dims
    if dims is None:
        return
    key = "offset_centre" if dims.word("edge_line_offset_to") == "centre" else "offset_near"
    text = said(key, writer.lang, offset=dims.number("edge_line_offset_m"), width=dims.number("edge_line_width_m"))
    for place in content.edge_lines(writer.tile)[:MOST_TRIED]:
        if writer.beside(text, writer.at(place), DIMS, (6.0, 9.0, 13.0, 18.0), height_mm=writer.sheet.small_mm, most_ink=1):
            return


def write_boards(writer: Writer, content: Content) -> None:
    """Name the warning boards of the sheet."""
    boards = content.plan.boards
    numbers = content.atlas.tile_of(np.array([(b.x, b.y) for b in boards]).reshape(-1, 2))
    for board, number in zip(boards, numbers, strict=True):
        if number == writer.tile.number:
            text = said("board", writer.lang, name=safe_text(board.board_id))
            writer.beside(text, writer.at((board.x, board.y)), TEXTS, (3.5, 6.0, 9.0), height_mm=writer.sheet.small_mm, most_ink=3)


def write_coordinates(writer: Writer, steps_m: Sequence[float]) -> None:
    """Draw crosses at round survey coordinates; X (north) and Y (east) stand at the edges of the view."""
    wished_m = measures()["labels"]["grid_step_mm"] / writer.scale
    step_m = next((s for s in steps_m if s >= wished_m - 1e-9), steps_m[-1])
    tile, room, arm = writer.tile, writer.window, writer.sheet.grid_arm_mm
    corners = np.array(tile.corners)
    window = shapely.box(room.x0, room.y0, room.x1, room.y1)
    values = [
        np.arange(math.ceil(corners[:, axis].min() / step_m), math.floor(corners[:, axis].max() / step_m) + 1) * step_m
        for axis in (0, 1)
    ]
    for x in values[0]:
        for y in values[1]:
            px, py = writer.at((float(x), float(y)))
            if room.x0 + arm <= px <= room.x1 - arm and room.y0 + arm <= py <= room.y1 - arm:
                writer.sign(CROSS, (px, py), COORDINATES, tile.twist_deg)
    low, high = corners.min(axis=0), corners.max(axis=0)
    for axis, letter in ((1, "X"), (0, "Y")):  # surveyors call north X
        for value in values[axis]:
            ends = np.array([low, high])
            ends[:, axis] = value
            seen = shapely.intersection(window, shapely.linestrings(tile.paper(ends, writer.middle)))
            if seen.geom_type == "LineString" and seen.length > 2 * arm:
                _label_edge(writer, f"{letter}={value:.0f}", shapely.get_coordinates(seen)[[0, -1]])


def _label_edge(writer: Writer, text: str, ends: np.ndarray) -> None:
    """Write a coordinate along its line where the line meets the edge of the view: at the left, else at the foot."""
    flat = abs(ends[1, 0] - ends[0, 0]) >= abs(ends[1, 1] - ends[0, 1])
    order = np.argsort(ends[:, 0 if flat else 1], kind="stable")
    for here, there in ((ends[order[0]], ends[order[1]]), (ends[order[1]], ends[order[0]])):
        unit = (there - here) / np.hypot(*(there - here))
        angle_deg = readable_deg(math.degrees(math.atan2(unit[1], unit[0])))
        # A line that meets the edge aslant needs more room before a text along it clears the edge.
        aslant = abs(unit[1 if flat else 0])
        inset = text_width(text, writer.sheet.small_mm) / 2 + 1.5 + 4.0 * aslant
        at = here + unit * inset
        off = writer.sheet.small_mm * 0.6 + 0.5
        spot = (float(at[0]), float(at[1]))
        if writer.along(text, spots_off(spot, angle_deg, (off, -off)), angle_deg, COORDINATES):
            end = here + unit * 4.0
            writer.stroke(
                (round(float(here[0]), 3), round(float(here[1]), 3)), (round(float(end[0]), 3), round(float(end[1]), 3)), COORDINATES
            )
            return
