"""Boxes: closed frames in the middle of the carriageway, no gap above 20.0 m (第十三条（二）)."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from firelane.markings.plan import MarkingPlan
from firelane.verifying.junctions import check_junctions
from firelane.verifying.lettering import Line, Reader, strokes_in
from firelane.verifying.limits import number
from firelane.verifying.records import FAIL, INFO, NOT_MEASURED, PASS, Check

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from firelane.verifying.ground import Ground

    Floats = NDArray[np.float64]
    Objects = NDArray[np.object_]

ARTICLE = "第十三条（二）"


@dataclass(frozen=True)
class Box:
    """A box as drawn: its rectangle, the paint of its frame and what stands in it."""

    rectangle: Any
    frame: Any
    inside: Objects
    middle: Floats
    lane_id: str | None
    chainage_m: float


@dataclass(frozen=True)
class Found:
    """Boxes, rectangles of letterings without a frame, and pieces that belong to nothing."""

    boxes: tuple[Box, ...]
    loose: tuple[Any, ...]
    stray: Objects


def find_boxes(pieces: Objects, ground: Ground) -> Found:
    """Return the boxes among areas of paint.

    A frame is a thin area, or several, along most of the outline of a rectangle. A frame that somebody opened is one still.
    """
    rectangles = np.array([_rectangle(piece) for piece in pieces], dtype=object)
    frames = [n for n in range(len(pieces)) if _is_frame(pieces[n], rectangles[n])]
    tree = shapely.STRtree(pieces)
    taken: set[int] = set()
    boxes: list[Box] = []
    for n in sorted(frames, key=lambda n: -shapely.area(rectangles[n])):
        if n in taken:
            continue
        inside = [int(k) for k in strokes_in(shapely.buffer(rectangles[n], 1e-3), tree) if k != n and int(k) not in taken]
        taken.update([n, *inside])
        boxes.append(_box(ground, rectangles[n], pieces[n], pieces[inside]))
    left = np.array([n for n in range(len(pieces)) if n not in taken], dtype=int)
    more, loose, stray = _clusters(pieces[left], ground)
    return Found((*boxes, *more), tuple(loose), stray)


def _rectangle(area: Any) -> Any:
    rectangle = shapely.oriented_envelope(area)
    return rectangle if rectangle.geom_type == "Polygon" else shapely.box(*area.bounds)


def _sides(rectangle: Any) -> tuple[float, float]:
    xy = shapely.get_coordinates(rectangle)
    a, b = (float(np.hypot(*(xy[k + 1] - xy[k]))) for k in (0, 1))
    return min(a, b), max(a, b)


def _is_frame(area: Any, rectangle: Any) -> bool:
    short, long = _sides(rectangle)
    if short < number("box", "side_min_m") or long > number("box", "side_max_m"):
        return False
    thickness = 2 * area.area / max(area.length, 1e-9)
    if not number("box", "frame_min_m") <= thickness <= number("box", "frame_max_m"):
        return False
    return _outline_share(area, rectangle, thickness) >= number("box", "frame_share")


def _outline_share(area: Any, rectangle: Any, thickness: float) -> float:
    """Return the share of a rectangle's outline, half a line inwards, that is painted."""
    ring = shapely.buffer(rectangle, -min(thickness, 0.4) / 2, join_style="mitre").boundary
    return float(shapely.intersection(ring, area).length / max(ring.length, 1e-9))


def _box(ground: Ground, rectangle: Any, frame: Any, inside: Objects) -> Box:
    middle = shapely.get_coordinates(rectangle.centroid)[0]
    lane, chainage = ground.along(middle)
    if lane is not None and ground.lane_lines[ground.lane_ids.index(lane)].distance(shapely.Point(middle)) > number("box", "lane_m"):
        lane = None
    return Box(rectangle, frame, inside, middle, lane, chainage or 0.0)


def _clusters(pieces: Objects, ground: Ground) -> tuple[list[Box], list[Any], Objects]:
    """Return boxes whose frame is in several pieces, letterings that have no frame, and what is neither."""
    if not len(pieces):
        return [], [], pieces
    one, two = shapely.STRtree(pieces).query(pieces, predicate="dwithin", distance=number("box", "loose_m"))
    graph = coo_array((np.ones(len(one)), (one, two)), shape=(len(pieces), len(pieces)))
    count, label = connected_components(graph, directed=False)
    boxes, loose = [], []
    stray = np.ones(len(pieces), dtype=bool)
    for n in range(count):
        own = pieces[label == n]
        whole = shapely.union_all(own)
        rectangle = _rectangle(whole)
        short, long = _sides(rectangle)
        if short < 0.3 or long < 0.5:
            continue
        edge = rectangle.boundary
        on_edge = shapely.distance(own, edge) < 1e-3
        frame = shapely.union_all(own[on_edge])
        if short >= number("box", "side_min_m") and long <= number("box", "side_max_m") and _is_frame(frame, rectangle):
            boxes.append(_box(ground, rectangle, frame, own[~on_edge]))
            stray[label == n] = False
        elif len(own) >= 4 and short >= 0.5:
            loose.append(rectangle)
            stray[label == n] = False
    return boxes, loose, pieces[stray]


def check_boxes(
    ground: Ground, found: Found, lines: list[Line], grids: list[Any], reader: Reader, planned: Callable[[], MarkingPlan]
) -> list[Check]:
    """Return the checks of the boxes.

    ``planned`` returns our own plan: it is asked only where boxes are missing, and tells which lanes need none.
    """
    checks = _gaps(ground, found.boxes, grids, planned)
    if not any(check.verdict == FAIL for check in checks):
        over = check_junctions(ground, [(b.lane_id, b.chainage_m) for b in found.boxes if b.lane_id is not None], planned)
        checks = over if any(check.verdict == FAIL for check in over) else [*checks, *over]
    single: dict[str, list[Check]] = {}
    for box in found.boxes:
        for check in (
            _middle(ground, box), _frame(ground, box), _clear(ground, box, grids), _letters(ground, box, lines, reader),
        ):  # fmt: skip
            if check is not None:
                single.setdefault(check.check, []).append(check)
    for rectangle in found.loose:
        spot = shapely.get_coordinates(rectangle.centroid)[0]
        single.setdefault("box_frame", []).append(
            _at(ground, spot, "box_frame", FAIL, "字样没有方框", "a lettering has no frame", None, None, "", 1.0)
        )
    if len(found.stray):
        spot = shapely.get_coordinates(shapely.point_on_surface(found.stray[0]))[0]
        count = len(found.stray)
        checks.append(_at(ground, spot, "other_paint", INFO, f"{count} 处标线不属于第十三条所要求的标线", f"{count} pieces of paint are none that Article 13 "
                          "asks for", float(count), None, "", 0.0))  # fmt: skip
    for name, own in sorted(single.items()):
        bad = [check for check in own if check.verdict != PASS]
        checks += bad
        if not bad and own:
            zh, en = _FINE[name]
            checks.append(Check(name, PASS, f"{zh}（{len(own)} 个）", f"{en} ({len(own)})", float(len(own)), None, "", article=ARTICLE))
    return checks


_FINE = {
    "box_middle": ("方框均在路面中央且与车道同向", "all boxes stand in the middle of the carriageway, turned to the lane"),
    "box_frame": ("方框线均闭合", "all frames are closed"),
    "box_clear": ("方框不与网状线、路口及其他标线重叠", "no box lies on a grid or over the edge"),
    "box_lettering": ("方框内字样均正确", "the lettering of all boxes is right"),
}


def _at(
    ground: Ground, spot: Floats, name: str, verdict: str, zh: str, en: str, value: float | None, limit: float | None, unit: str,
    length: float,
) -> Check:  # fmt: skip
    x, y = ground.site_xy(spot)
    lane, chainage = ground.along(spot)
    return Check(name, verdict, zh, en, value, limit, unit, x, y, lane, chainage, length_m=length, article=ARTICLE)


def counted(ground: Ground, grids: list[Any]) -> dict[str, tuple[float, float]]:
    """Return for each lane from where to where boxes are counted: from grid to grid, else from end to end."""
    out = {}
    for lane_id, line in zip(ground.lane_ids, ground.lane_lines, strict=True):
        start, end = 0.0, float(line.length)
        at_start, at_end = ground.mouth_ends().get(lane_id, (False, False))
        for grid in grids:
            for part in shapely.get_parts(shapely.intersection(line, grid)):
                if part.length == 0:
                    continue
                along = shapely.line_locate_point(line, shapely.points(shapely.get_coordinates(part)))
                if at_start and along.min() < 1.0:
                    start = max(start, float(along.max()))
                if at_end and along.max() > line.length - 1.0:
                    end = min(end, float(along.min()))
        out[lane_id] = (start, end) if start <= end else ((start + end) / 2, (start + end) / 2)
    return out


def _gaps(ground: Ground, boxes: tuple[Box, ...], grids: list[Any], planned: Callable[[], MarkingPlan]) -> list[Check]:
    limit, slack = ground.dims.number("box_pitch_m"), number("tolerance", "pitch_m")
    checks: list[Check] = []
    if not ground.lane_ids:
        return [Check("box_spacing", NOT_MEASURED, "场地没有可测量的车道，方框间距未判定", "the site has no lane that could be measured: the spacing of "
                      "boxes was not judged", article=ARTICLE)]  # fmt: skip
    needless: set[str] | None = None
    greatest = 0.0
    for lane_id, (start, end) in counted(ground, grids).items():
        line = ground.lane_lines[ground.lane_ids.index(lane_id)]
        on = sorted(box.chainage_m for box in boxes if box.lane_id == lane_id)
        if not on:
            if end - start < ground.dims.number("box_least_lane_m"):
                continue
            if needless is None:
                needless = {str(note.row) for note in planned().notes if note.code == "box_not_needed"}
            if lane_id in needless:
                continue
            checks.append(_gap(ground, line, lane_id, start, end, "车道上没有方框", "there is no box along the lane"))
            continue
        stops = [start, *on, end]
        for a, b in itertools.pairwise(stops):
            greatest = max(greatest, b - a)
            if b - a > limit + slack:
                checks.append(_gap(
                    ground, line, lane_id, a, b, f"里程 {a:.2f}–{b:.2f} m 方框间距 {b - a:.2f} m（不大于 {limit:g} m）",
                    f"chainage {a:.2f}-{b:.2f} m: {b - a:.2f} m between boxes; at most {limit:g} m",
                ))  # fmt: skip
    if not checks:
        checks.append(Check("box_spacing", PASS, f"方框间距最大 {greatest:.2f} m", f"the greatest gap between boxes is {greatest:.2f} m",
                            greatest, limit, "m", article=ARTICLE))  # fmt: skip
    return checks


def _gap(ground: Ground, line: Any, lane_id: str, a: float, b: float, zh: str, en: str) -> Check:
    spot = shapely.get_coordinates(shapely.line_interpolate_point(line, (a + b) / 2))[0]
    x, y = ground.site_xy(spot)
    limit = ground.dims.number("box_pitch_m")
    return Check("box_spacing", FAIL, f"车道 {lane_id}：{zh}", f"lane {lane_id}: {en}", b - a, limit, "m", x, y, lane_id, (a + b) / 2,
                 length_m=b - a, article=ARTICLE)  # fmt: skip


def heading(ground: Ground, box: Box) -> Floats:
    """Return the unit vector of the lane along a box."""
    line = ground.lane_lines[ground.lane_ids.index(str(box.lane_id))]
    half = _sides(box.rectangle)[0] / 2
    back, ahead = (
        shapely.get_coordinates(shapely.line_interpolate_point(line, min(max(box.chainage_m + d, 0.0), line.length)))[0]
        for d in (-half, half)
    )
    way = ahead - back
    return np.asarray(way / max(float(np.hypot(*way)), 1e-12))


def _middle(ground: Ground, box: Box) -> Check:
    """Judge where across the carriageway a box stands, and how it is turned."""
    if box.lane_id is None:
        return _at(ground, box.middle, "box_middle", FAIL, "方框不在任何车道上", "a box stands on no lane", None, None, "m", 1.0)
    line = ground.lane_lines[ground.lane_ids.index(box.lane_id)]
    foot = shapely.get_coordinates(shapely.line_interpolate_point(line, box.chainage_m))[0]
    way = heading(ground, box)
    left = np.array([-way[1], way[0]])
    off = float((box.middle - foot) @ left)
    rows = ground.stations.get(box.lane_id, np.empty((0, 3)))
    known = rows[np.isfinite(rows).all(axis=1)] if len(rows) else rows
    shift = float(np.interp(box.chainage_m, known[:, 0], (known[:, 1] - known[:, 2]) / 2)) if len(known) else 0.0
    # The lane's axis and the middle between the edges differ a little: either is the middle.
    wrong = min(abs(off), abs(off - shift)) if abs(shift) <= 0.25 else abs(off)
    xy = shapely.get_coordinates(box.rectangle)
    side = xy[1] - xy[0]
    side = side / max(float(np.hypot(*side)), 1e-12)
    turned = math.degrees(math.asin(min(abs(side[0] * way[1] - side[1] * way[0]), abs(side @ way), 1.0)))
    askew = wrong > number("tolerance", "middle_m") or turned > number("tolerance", "heading_deg")
    little = wrong <= number("tolerance", "kept_middle_m") and turned <= number("tolerance", "kept_heading_deg")
    if askew and little and _of_today(ground, box):
        return _at(ground, box.middle, "box_kept", INFO, f"方框沿用现有标线，偏离路面中央 {wrong:.2f} m、偏转 {turned:.1f}°，请现场核对",
                   f"the box is one of today that stays: {wrong:.2f} m off the middle of the carriageway, turned by {turned:.1f}°; look at it",
                   wrong, None, "m", wrong)  # fmt: skip
    if wrong > number("tolerance", "middle_m"):
        return _at(ground, box.middle, "box_middle", FAIL, f"方框偏离路面中央 {wrong:.2f} m", f"the box stands {wrong:.2f} m off the middle of the "
                   "carriageway", wrong, number("tolerance", "middle_m"), "m", wrong)  # fmt: skip
    most = number("tolerance", "heading_deg")
    if turned > most:
        return _at(ground, box.middle, "box_middle", FAIL, f"方框与车道方向偏转 {turned:.1f}°", f"the box is turned by {turned:.1f}° against the lane",
                   turned, most, "°", turned / 10)  # fmt: skip
    return Check("box_middle", PASS, "", "")


def _of_today(ground: Ground, box: Box) -> bool:
    """Tell whether a box is where the survey has a yellow one."""
    if not ground.dims.flag("keep_existing_boxes"):
        return False
    ring = shapely.segmentize(shapely.boundary(box.rectangle), 0.25)
    near = ground.boxes_of_today[ground.boxes_tree.query(box.rectangle, predicate="intersects")]
    return bool((shapely.hausdorff_distance(shapely.boundary(near), ring) <= ground.dims.number("existing_tolerance_m")).any())


def _frame(ground: Ground, box: Box) -> Check:
    """Judge whether a frame is closed: all around, half a line inwards, there is paint."""
    thickness = _thickness(box)
    ring = shapely.buffer(box.rectangle, -thickness / 2, join_style="mitre").boundary
    bare = shapely.difference(ring, shapely.buffer(box.frame, 2e-3))
    pieces = shapely.get_parts(shapely.line_merge(bare) if bare.geom_type == "MultiLineString" else bare)
    open_m = max((float(piece.length) for piece in pieces), default=0.0)
    if open_m > number("box", "frame_gap_m"):
        worst = max(pieces, key=lambda piece: float(piece.length))
        spot = shapely.get_coordinates(worst.interpolate(0.5, normalized=True))[0]
        return _at(ground, spot, "box_frame", FAIL, f"方框线未闭合，缺 {open_m:.2f} m", f"the frame is open over {open_m:.2f} m", open_m, 0.0, "m", open_m)
    return Check("box_frame", PASS, "", "")


def _thickness(box: Box) -> float:
    """Return the width of the frame's line: of a thin area the area over half its outline."""
    return float(min(max(2 * box.frame.area / max(box.frame.length, 1e-9), number("box", "frame_min_m")), number("box", "frame_max_m")))


def _clear(ground: Ground, box: Box, grids: list[Any]) -> Check:
    """Judge whether a box lies on a grid, a junction or beyond the edge."""
    inner = shapely.buffer(box.rectangle, -number("tolerance", "clear_m"), join_style="mitre")
    if grids and shapely.intersects(np.array(grids, dtype=object), inner).any():
        return _at(ground, box.middle, "box_clear", FAIL, "方框与网状线重叠", "the box lies on a grid", None, None, "m", 1.0)
    if not shapely.covers(ground.pavement, inner):
        return _at(ground, box.middle, "box_clear", FAIL, "方框超出路面", "the box reaches beyond the pavement", None, None, "m", 1.0)
    nodes = ground.network.junctions
    if len(nodes):
        points = ground.local(np.asarray(nodes.geometry))
        radius = np.nan_to_num(np.asarray(nodes["radius_m"], dtype=float))
        if (shapely.distance(points, inner) < radius - number("tolerance", "clear_m") * 2).any():
            return _at(ground, box.middle, "box_clear", FAIL, "方框位于路口内", "the box lies in a junction", None, None, "m", 1.0)
    return Check("box_clear", PASS, "", "")


def _letters(ground: Ground, box: Box, lines: list[Line], reader: Reader) -> Check | None:
    if box.lane_id is None:
        return None
    own = [line for line in lines if shapely.covers(box.rectangle, shapely.Point(line.middle))]
    said = reader.judge(box.inside, own, _own_axis(box, heading(ground, box)), both_ways=True)
    if said.verdict == PASS:
        return Check("box_lettering", PASS, said.zh, said.en)
    return _at(ground, box.middle, "box_lettering", said.verdict, f"方框{said.zh}", f"box: {said.en}", None, None, "", 1.0)


def _own_axis(box: Box, travel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the direction of the side of a box that is nearest to the direction of travel.

    Its lettering stands square in the box. A box that stands aslant is judged as such; that its characters lean with it
    must not make them illegible.
    """
    sides = np.diff(shapely.get_coordinates(shapely.minimum_rotated_rectangle(box.rectangle)), axis=0)[:2]
    sides = sides / np.maximum(np.hypot(sides[:, 0], sides[:, 1])[:, None], 1e-12)
    both = np.concatenate([sides, -sides])
    found: NDArray[np.float64] = both[np.argmax(both @ travel)]
    return found


def directions_told(ground: Ground, found: Found, lines: list[Line], reader: Reader) -> list[Check]:
    """Tell of lanes whose letterings all look the same way although the site wants them to alternate."""
    if not ground.dims.flag("two_way_alternate"):
        return []
    ways: dict[str, list[float]] = {}
    for box in found.boxes:
        if box.lane_id is None:
            continue
        own = [line for line in lines if shapely.covers(box.rectangle, shapely.Point(line.middle))]
        said = reader.judge(box.inside, own, _own_axis(box, heading(ground, box)), both_ways=True)
        if said.up is not None and said.verdict == PASS:
            ways.setdefault(box.lane_id, []).append(float(said.up @ heading(ground, box)))
    one_way = sorted(lane for lane, own in ways.items() if len(own) > 1 and len({v > 0 for v in own}) == 1)
    if not one_way:
        return []
    names = "、".join(one_way[:20])
    return [Check(
        "lettering_alternates", INFO, f"{len(one_way)} 条车道的字样朝向相同（待确认参数 two_way_alternate 要求逐框交替）：{names}",
        f"the letterings of {len(one_way)} lanes all look one way (the open parameter two_way_alternate wants them to alternate): "
        f"{', '.join(one_way[:20])}", float(len(one_way)), None, "", lane_id=one_way[0], article=ARTICLE,
    )]  # fmt: skip
