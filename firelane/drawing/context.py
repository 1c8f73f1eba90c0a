"""What the paint lies in: pavement, kerbs, buildings, obstructions, lanes, mouths and signs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.drawing.canvas import (
    APPID,
    Canvas,
    Point,
    put_circle,
    put_hidden,
    put_line,
    put_lines,
    put_polygon_lines,
)
from firelane.drawing.text import safe_text, text_width
from firelane.drawing.words import word
from firelane.site.cad.carried import DRAWN, Carried, carried
from firelane.vocabulary import LETTERING, ObstructionKind, ParkingStatus, Verdict, rounded_down

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from firelane.auditing import Audit
    from firelane.site.model import Site

@dataclass(frozen=True)
class Label:
    """A label wished for: placed later, when all linework is known, dropped where there is no room.

    ``inside`` puts it over its anchor if that is free; ``stay`` drops it rather than put it beside. ``along`` is a
    line of the model space to write along, beside it.
    """

    text: str
    anchor: Point
    height_mm: float
    layer: str
    gap_mm: float = 1.5
    inside: bool = False
    stay: bool = False
    along: BaseGeometry | None = None


def number(value: object, default: float = math.nan) -> float:
    """Return a column's value as float; ``default`` for None, NaN and what is no number."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return default
    return default if math.isnan(found) else found


def said(value: object) -> str:
    """Return a column's value as safe text; empty for None and NaN."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return safe_text(value)


def _rows(site: Site, layer: str) -> Iterator[dict[str, Any]]:
    table = site.layers.get(layer)
    if table is None:
        return
    yield from table_rows(table)


UNMEASURED_RGB = (120, 120, 120)
"""Colour of lanes whose width is not known."""

GROUND_RGB = (176, 48, 48)
"""Colour of designated operating grounds."""

LARGEST_SIGN_M = 0.7
"""A millimetre of a sign's symbol at most [m]: what suits a plan at 1:2000 would cover the lane at 1:500."""

# What no stroke of the drawing shows as it is: the pavement is drawn as one, mouths are cut to the pavement's edge.
_UNSEEN = {
    "roads": "G-ROAD-EDGE", "road_lines": "G-FIRE-LANE", "fire_lanes": "G-FIRE-LANE", "entrances": "G-FIRE-LANE",
    "markings": "G-FIRE-LANE",
}  # fmt: skip


def _carry(layer: str, row: dict[str, Any]) -> Carried:
    """Return a row's columns, to travel with what is drawn of it."""
    return carried(layer, row["geometry"], {name: value for name, value in row.items() if name != "geometry"})


def _carry_unseen(canvas: Canvas, site: Site, alone: set[Any]) -> None:
    """Let hidden entities carry the rows that are not drawn as they are, and what concerns the whole site."""
    config, crs = site.config, site.crs
    told = {
        "layers": " ".join(sorted(site.layers)), "placed": site.placed, "wkt": crs.to_wkt(),
        "accuracy_m": config.accuracy_m, "default_kerb": config.default_kerb, "station_m": config.station_m,
        "access_distance_m": config.access_distance_m, "managed": config.managed, "manager_kind": config.manager_kind,
    }  # fmt: skip
    origin = shapely.Point(0.0, 0.0)
    put_hidden(canvas.model, origin, "G-ANNO-TTLB", carried("site", origin, told))
    for layer, drawn_on in _UNSEEN.items():
        for row in _rows(site, layer):
            if layer != "roads" or row["id"] not in alone:
                put_hidden(canvas.model, canvas.local(row["geometry"]), drawn_on, _carry(layer, row))


def table_rows(table: gpd.GeoDataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows that have a geometry, each as a dict of its columns with ``geometry``."""
    columns = [str(c) for c in table.columns if c != table.geometry.name]
    for geometry, *values in zip(table.geometry, *(table[c] for c in columns), strict=True):
        if geometry is not None and not geometry.is_empty:
            yield {"geometry": geometry, **dict(zip(columns, values, strict=True))}


def draw_context(canvas: Canvas, audit: Audit) -> list[Label]:
    """Draw everything but the paint and return the labels that belong to it, the most wanted first."""
    _carry_unseen(canvas, audit.site, _draw_pavement(canvas, audit))
    buildings = _draw_buildings(canvas, audit)
    bays = _draw_parking(canvas, audit.site)
    _draw_covers(canvas, audit.site)
    grounds = _draw_grounds(canvas, audit.site)
    obstructions = _draw_obstructions(canvas, audit)
    lanes = _draw_lanes(canvas, audit)
    mouths = _draw_mouths(canvas, audit)
    signs = _draw_signs(canvas, audit.site)
    named = obstructions if _roomy(canvas) else []
    return [*buildings, *mouths, *bays, *grounds, *lanes, *signs, *named]


def pavement_outline(audit: Audit) -> BaseGeometry:
    """Return the edge of all pavement, beyond the entrances too: a mouth is no pavement edge."""
    roads = audit.site.layers.get("roads")
    if roads is None or roads.empty:
        return shapely.MultiLineString()  # roads known as lines alone have no edge
    return shapely.boundary(shapely.union_all(np.asarray(roads.geometry)))


def _draw_pavement(canvas: Canvas, audit: Audit) -> set[Any]:
    """Draw pavement edges and kerbs; return the ids of roads that are drawn as they are, and carry their own row.

    A road that touches no other is its own outline: a hidden copy beside it would be most of a drawing without paint.
    """
    roads = list(_rows(audit.site, "roads"))
    shapes = np.array([row["geometry"] for row in roads], dtype=object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects") if roads else (np.empty(0, int),) * 2
    joined = np.unique(one[one != other])
    if len(joined):
        outline = shapely.boundary(shapely.union_all(shapes[joined]))
        put_lines(canvas.model, canvas.local(outline), "G-ROAD-EDGE")
    alone = [row for n, row in enumerate(roads) if n not in set(joined.tolist())]
    for row in alone:
        shown = _carry("roads", {**row, DRAWN: True})
        put_polygon_lines(canvas.model, canvas.local(row["geometry"]), "G-ROAD-EDGE", row=shown)
    for row in _rows(audit.site, "kerbs"):
        width_m = number(row.get("top_width_m"), 0.0)
        line = canvas.local(row["geometry"])
        weight_mm = 0.5 if width_m <= 0.0 else 0.18
        put_lines(canvas.model, line, "G-ROAD-EDGE", lineweight_mm=weight_mm, row=_carry("kerbs", row))
    return {row["id"] for row in alone}


def _roomy(canvas: Canvas) -> bool:
    """Tell whether the plan's scale leaves room for ids: at smaller ones a whole quarter is drawn."""
    return canvas.scale <= canvas.sheet.obstruction_labels_to


def label_mm(canvas: Canvas) -> float:
    """Return the height of labels on paper [mm]: the least allowed where a whole quarter is drawn."""
    return canvas.sheet.label_mm if _roomy(canvas) else canvas.sheet.small_mm


def _concerned(audit: Audit, column: str) -> set[str]:
    """Return the ids in a column of the findings that fail or are in doubt."""
    open_ones = (Verdict.FAIL, Verdict.INDETERMINATE)
    return {str(getattr(f, column)) for f in audit.findings if f.verdict in open_ones and getattr(f, column) is not None}


def _draw_buildings(canvas: Canvas, audit: Audit) -> list[Label]:
    """Draw all buildings. An id stands for a name only where there is room, or a finding concerns the building."""
    labels = []
    roomy, concerned = _roomy(canvas), _concerned(audit, "building_id")
    for row in _rows(audit.site, "buildings"):
        geometry = canvas.local(row["geometry"])
        put_polygon_lines(canvas.model, geometry, "G-BLDG", row=_carry("buildings", row))
        floors = number(row.get("floors")) if roomy or said(row.get("name")) else math.nan
        text = said(row.get("name"))
        if not text and (roomy or str(row.get("id")) in concerned):
            text = said(row.get("id"))
        if not math.isnan(floors):
            text = f"{text} {floors:.0f}F".strip()
        if not text:
            continue
        spot = shapely.point_on_surface(geometry)
        centre = shapely.centroid(geometry)
        if shapely.contains_properly(geometry, centre):
            spot = centre
        west, south, east, north = canvas.seen(geometry).bounds
        height_mm = label_mm(canvas)
        inside = text_width(text, canvas.ground(height_mm)) <= east - west
        aside_mm = 0.5 if inside else min(east - west, north - south) / 2 / canvas.ground(1.0)
        labels.append(
            Label(
                text, (spot.x, spot.y), height_mm, "G-ANNO-TEXT", gap_mm=aside_mm + 1.0, inside=inside
            )
        )
    return labels


def obstruction_shape(canvas: Canvas, row: dict[str, Any]) -> BaseGeometry:
    """Return an obstruction as it stands, in model space: a line with a width as its band."""
    geometry = canvas.local(row["geometry"])
    width_m = number(row.get("width_m"), 0.0)
    if geometry.geom_type.endswith("LineString") and width_m > 0.0:
        return shapely.buffer(geometry, canvas.size(width_m) / 2, cap_style="flat", join_style="mitre")
    return geometry


def _draw_obstructions(canvas: Canvas, audit: Audit) -> list[Label]:
    """Draw all obstructions; those on the pavement or in a failing finding are named."""
    labels = []
    pavement = canvas.local(audit.network.pavement)
    shapely.prepare(pavement)
    # What stands on a road of unknown width is named as well: somebody has to look at it.
    lines = set(audit.network.line_lanes["lane_id"])
    blamed = {owner for f in audit.findings if f.verdict is Verdict.FAIL or f.lane_id in lines for owner in f.owners}
    for row in _rows(audit.site, "obstructions"):
        kind = _kind(row.get("kind"))
        shape = obstruction_shape(canvas, row)
        linetype = "FL-DASHED" if kind.overhead or not math.isnan(number(row.get("clear_height_m"))) else None
        carry = _carry("obstructions", row)
        if shape.geom_type.endswith("Point"):
            for part, point in enumerate(shapely.get_parts(shape)):
                _draw_point(canvas, (point.x, point.y), row, linetype, (carry, part))
        elif row["geometry"].geom_type.endswith("Polygon"):
            put_polygon_lines(canvas.model, shape, "G-OBST", linetype=linetype, row=carry)
        elif shape.geom_type.endswith("Polygon"):  # the band of a line that has a width
            put_polygon_lines(canvas.model, shape, "G-OBST", linetype=linetype)
            put_hidden(canvas.model, canvas.local(row["geometry"]), "G-OBST", carry)
        else:
            put_lines(canvas.model, shape, "G-OBST", linetype=linetype, row=carry)
        owner = str(row.get("id"))
        named = owner in blamed or f"obstructions:{owner}" in blamed or shapely.intersects(pavement, shape)
        if not named:
            continue
        text = kind.label(canvas.lang)
        height_m = number(row.get("clear_height_m"))
        if not math.isnan(height_m):
            text = f"{text} {word('clear_height', canvas.lang)}{rounded_down(height_m)}"
        spot = shapely.point_on_surface(shape)
        labels.append(Label(text, (spot.x, spot.y), canvas.sheet.small_mm, "G-ANNO-TEXT"))
    return labels


def _kind(value: object) -> ObstructionKind:
    try:
        return ObstructionKind(str(value))
    except ValueError:
        return ObstructionKind.OTHER


def _draw_point(
    canvas: Canvas, at: Point, row: dict[str, Any], linetype: str | None, carry: tuple[Carried, int]
) -> None:
    """Draw a circle of the true radius; a cross in paper size marks what would be too small to see.

    The stroke from west to east carries the row: its middle is the place.
    """
    radius_m, kind = number(row.get("radius_m"), 0.0), _kind(row.get("kind"))
    radius = canvas.size(radius_m)
    if radius > 0.0:
        put_circle(canvas.model, at, radius, "G-OBST", **({"linetype": linetype} if linetype else {}))
    arm = max(radius, canvas.ground(0.9)) if kind is not ObstructionKind.TREE else max(radius, canvas.size(0.3))
    x, y = at
    put_line(canvas.model, [(x - arm, y), (x + arm, y)], "G-OBST", row=carry[0], of=(carry[1], 0))
    put_line(canvas.model, [(x, y - arm), (x, y + arm)], "G-OBST")


def _draw_parking(canvas: Canvas, site: Site) -> list[Label]:
    labels = []
    for row in _rows(site, "parking"):
        geometry = canvas.local(row["geometry"])
        planned = str(row.get("status")) == ParkingStatus.PLANNED
        linetype = "FL-DASHED" if planned else None
        put_polygon_lines(canvas.model, geometry, "G-OBST", linetype=linetype, row=_carry("parking", row))
        if not _roomy(canvas):
            continue
        spot = shapely.centroid(geometry)
        labels.append(Label("P", (spot.x, spot.y), canvas.sheet.small_mm, "G-ANNO-TEXT", inside=True, stay=True))
    return labels


def _draw_lanes(canvas: Canvas, audit: Audit) -> list[Label]:
    if not audit.network.designated.is_empty:
        designated = canvas.local(audit.network.designated)
        put_polygon_lines(canvas.model, designated, "G-FIRE-LANE", linetype="FL-DASHED")
    widths = dict(zip(audit.lanes["lane_id"], audit.lanes["min_clear_width_m"], strict=True))
    labels = []
    for row in table_rows(audit.network.lanes):
        line = canvas.local(row["geometry"])
        put_lines(canvas.model, line, "G-FIRE-LANE")
        if canvas.scale > canvas.sheet.lane_labels_to:
            continue
        # Its length stands on the setting-out plans.
        text = said(row["lane_id"])
        width_m = number(widths.get(row["lane_id"]))
        if _roomy(canvas) and not math.isnan(width_m):
            text += f" {word('clear_width', canvas.lang)}{rounded_down(width_m)}"
        labels.append(_lane_label(canvas, text, line))
    return labels + _draw_line_lanes(canvas, audit)


def _lane_label(canvas: Canvas, text: str, line: BaseGeometry) -> Label:
    middle = line.interpolate(0.5, normalized=True)
    return Label(text, (middle.x, middle.y), canvas.sheet.small_mm, "G-FIRE-LANE", gap_mm=0.8, along=line)


def _draw_line_lanes(canvas: Canvas, audit: Audit) -> list[Label]:
    """Draw lanes of which only the centreline is known, and the roads beside them that are no lanes."""
    by_line = audit.network.by_line
    if by_line is None:
        return []
    put_lines(canvas.model, canvas.local(by_line.others), "G-ROAD-EDGE", linetype="FL-DASHED", lineweight_mm=0.13)
    labels = []
    # Where a whole quarter is drawn the dashes, and the legend, must say it; hundreds of ids would hide it.
    roomy, concerned = _roomy(canvas), _concerned(audit, "lane_id")
    for row in table_rows(by_line.lanes):
        line = canvas.local(row["geometry"])
        put_lines(canvas.model, line, "G-FIRE-LANE", linetype="FL-DASHED", rgb=UNMEASURED_RGB)
        text = said(row["lane_id"])
        if not roomy and text not in concerned:
            continue
        if roomy:
            text += f"  {word('width_unmeasured', canvas.lang)}"
        labels.append(_lane_label(canvas, text, line))
    return labels


def _draw_mouths(canvas: Canvas, audit: Audit) -> list[Label]:
    labels = []
    for row in table_rows(audit.network.mouths):
        line = canvas.local(row["geometry"])
        put_lines(canvas.model, line, "G-FIRE-LANE", lineweight_mm=0.5, linetype="Continuous")
        text = f"{_entrance(canvas, row)}  {word('width', canvas.lang)} {rounded_down(number(row.get('width_m'), row['geometry'].length))} m"
        # Outside, where no paint lies: the mouth's label stands beyond the mouth.
        outward = canvas.ground(5.0)
        middle = line.interpolate(0.5, normalized=True)
        x = middle.x - outward * number(row.get("inward_x"), 0.0)
        y = middle.y - outward * number(row.get("inward_y"), 0.0)
        labels.append(Label(text, (x, y), label_mm(canvas), "G-ANNO-TEXT"))
    by_line = audit.network.by_line
    for row in () if by_line is None else table_rows(by_line.mouths):
        at = canvas.local(row["geometry"])
        put_circle(canvas.model, (at.x, at.y), canvas.ground(0.8), "G-FIRE-LANE")
        text = f"{_entrance(canvas, row)}  {word('width_unmeasured', canvas.lang)}"
        labels.append(Label(text, (at.x, at.y), label_mm(canvas), "G-ANNO-TEXT", gap_mm=2.5))
    return labels


def _entrance(canvas: Canvas, row: dict[str, Any]) -> str:
    """Return an entrance's name; an id alone says nothing to a reader."""
    return said(row.get("name")) or f"{word('mouth', canvas.lang)} {said(row.get('entrance_id'))}"


def _draw_covers(canvas: Canvas, site: Site) -> None:
    """Draw covers as circles with a cross, areas as outlines: the paint lies over them, so they are thin."""
    for row in _rows(site, "covers"):
        shape, carry = canvas.local(row["geometry"]), _carry("covers", row)
        if shape.geom_type.endswith("Polygon"):
            put_polygon_lines(canvas.model, shape, "G-ROAD-EDGE", lineweight_mm=0.13, row=carry)
            continue
        radius = canvas.size(number(row.get("radius_m"), 0.0))
        for part, point in enumerate(shapely.get_parts(shape)):
            x, y = point.x, point.y
            if radius > 0.0:
                put_circle(canvas.model, (x, y), radius, "G-ROAD-EDGE", lineweight=13)
            arm = max(radius, canvas.size(0.05))
            put_line(canvas.model, [(x - arm, y), (x + arm, y)], "G-ROAD-EDGE", lineweight_mm=0.13, row=carry, of=(part, 0))
            put_line(canvas.model, [(x, y - arm), (x, y + arm)], "G-ROAD-EDGE", lineweight_mm=0.13)


def _draw_grounds(canvas: Canvas, site: Site) -> list[Label]:
    """Draw designated operating grounds, dashed, each with its name."""
    labels = []
    for row in _rows(site, "operating_grounds"):
        geometry = canvas.local(row["geometry"])
        carry = _carry("operating_grounds", row)
        put_polygon_lines(canvas.model, geometry, "G-FIRE-LANE", linetype="FL-DASHED", rgb=GROUND_RGB, row=carry)
        spot = shapely.point_on_surface(geometry)
        text = said(row.get("name")) or word("operating_ground", canvas.lang)
        labels.append(Label(text, (spot.x, spot.y), canvas.sheet.small_mm, "G-ANNO-TEXT", inside=True))
    return labels


def _draw_signs(canvas: Canvas, site: Site) -> list[Label]:
    labels = []
    for row in _rows(site, "signs"):
        point = shapely.point_on_surface(canvas.local(row["geometry"]))
        draw_sign(canvas, (point.x, point.y), _carry("signs", row))
        text = said(row.get("text")) or said(row.get("kind"))
        if "".join(text.split()) == LETTERING:
            continue  # the ordinary board: the legend says what the symbol is
        x, y = canvas.seen_point((point.x, point.y))
        board = canvas.from_view((x, y + canvas.ground(2.0)))
        labels.append(Label(text, board, canvas.sheet.small_mm, "G-FIRE-SIGN", gap_mm=2.6))
    return labels


def draw_sign(canvas: Canvas, at: Point, row: Carried | None = None) -> None:
    """Draw a board on a post, in paper size but no larger than a car; the circle at its foot carries ``row``."""
    x, y = canvas.seen_point(at)
    unit = canvas.size(min(canvas.ground_m(1.0), LARGEST_SIGN_M))
    model = canvas.model
    foot = put_circle(model, at, 0.4 * unit, "G-FIRE-SIGN")
    if row is not None:
        foot.set_xdata(APPID, row.tags())
    post, board = [(0.0, 0.4), (0.0, 1.6)], [(-1.5, 1.6), (1.5, 1.6), (1.5, 3.4), (-1.5, 3.4)]
    for strokes, closed in ((post, False), (board, True)):
        ends = [canvas.from_view((x + dx * unit, y + dy * unit)) for dx, dy in strokes]
        put_line(model, ends, "G-FIRE-SIGN", closed=closed)
