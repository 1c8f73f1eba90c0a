"""What the reader of plans does not keep of an entity: colour, fill, ends of a polyline, the box of a text."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ezdxf import colors
from ezdxf.document import Drawing
from ezdxf.entities.dxfentity import DXFEntity
from ezdxf.entities.insert import Insert
from ezdxf.entities.lwpolyline import LWPolyline
from ezdxf.entities.mtext import MText
from ezdxf.entities.polyline import Polyline
from ezdxf.entities.text import Text
from ezdxf.math import Vec3

from firelane.site.cad.entities import _BROKEN, text_of
from firelane.site.cad.entities_sheet import APPID

Colour = tuple[int, int, int] | str | None

_NARROW = 0.6  # width of a Latin letter as a share of its height; a Chinese one is as wide as high
_LEADING = 5.0 / 3.0  # AutoCAD's distance of lines of an MTEXT, in letter heights
_KEPT = ("TEXT", "MTEXT", "LWPOLYLINE", "POLYLINE", "HATCH", "MPOLYGON", "SOLID", "TRACE", "3DFACE", "LINE", "ARC",
         "CIRCLE", "ELLIPSE", "SPLINE", "MLINE", "INSERT")  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A text: its lines, the share of the box's width that each takes, and where a shorter one stands (0 left … 1 right)."""

    lines: tuple[str, ...]
    shares: tuple[float, ...]
    slack: float


@dataclass
class Looks:
    """What stands under the number that an entity was stamped with.

    Attributes
    ----------
    colour : dict
        (red, green, blue), ``layer``, ``block``, or nothing: then the colour number counts.
    patterns : set
        Hatches that are no solid fill.
    told : dict
        Kind of paint, where our own drawing says it.
    texts : dict
    """

    colour: dict[int, Colour] = field(default_factory=dict)
    patterns: set[int] = field(default_factory=set)
    told: dict[int, str] = field(default_factory=dict)
    texts: dict[int, Written] = field(default_factory=dict)


@dataclass(frozen=True)
class Palette:
    """Colours of layers, and which line types have gaps."""

    layers: Mapping[str, tuple[int, int, int]]
    dashed: Mapping[str, bool]
    layer_dashed: Mapping[str, bool]

    @staticmethod
    def rgb(code: int) -> tuple[int, int, int]:
        """Return red, green and blue of a colour number (ACI)."""
        return _rgb(code)


def _rgb(code: int) -> tuple[int, int, int]:
    if not 1 <= code <= 255:
        return (255, 255, 255)
    red, green, blue = colors.aci2rgb(code)
    return (int(red), int(green), int(blue))


def palette_of(doc: Drawing) -> Palette:
    """Return the colours of a document's layers and its dashed line types."""
    dashed = {}
    for linetype in doc.linetypes:
        tags = linetype.pattern_tags.tags
        dashed[str(linetype.dxf.name).lower()] = any(tag.code == 49 and float(tag.value) < 0.0 for tag in tags)
    layers, gaps = {}, {}
    for layer in doc.layers:
        name = str(layer.dxf.name).lower()
        true = layer.rgb
        layers[name] = _rgb(abs(int(layer.dxf.color))) if true is None else (int(true[0]), int(true[1]), int(true[2]))
        gaps[name] = dashed.get(str(layer.dxf.get("linetype", "Continuous")).lower(), False)
    return Palette(layers, dashed, gaps)


def stamped(doc: Drawing) -> Looks:
    """Stamp every entity of the model space and of all blocks; the document is changed in memory only."""
    if APPID not in doc.appids:
        doc.appids.add(APPID)
    looks = Looks()
    count = 0
    containers: list[Any] = [doc.modelspace(), *(block for block in doc.blocks if not block.is_any_layout)]
    for container in containers:
        for entity in list(container):
            if entity.dxf.hasattr("invisible") and entity.dxf.invisible:
                entity.discard_xdata(APPID)  # rows of a site that our own drawings carry: not paint
                continue
            try:
                count = _stamp(entity, container, looks, count)
            except _BROKEN:
                continue
    return looks


def _stamp(entity: DXFEntity, container: Any, looks: Looks, count: int) -> int:
    kind = entity.dxftype()
    if kind not in _KEPT:
        return count
    if isinstance(entity, (Text, MText)):
        return _stamp_text(entity, container, looks, count)
    if isinstance(entity, (LWPolyline, Polyline)):
        count = _tapered(entity, container, looks, count)
    colour = _colour(entity)
    told = _told(entity)
    looks.colour[count] = colour
    if told:
        looks.told[count] = told
    if kind == "HATCH" and (not entity.dxf.get("solid_fill", 0) or getattr(entity, "gradient", None) is not None):
        looks.patterns.add(count)
    entity.set_xdata(APPID, [(1071, count)])
    count += 1
    if isinstance(entity, Insert):
        for attrib in entity.attribs:
            if not attrib.is_invisible:
                count = _stamp_text(attrib, container, looks, count)
    return count


def _colour(entity: DXFEntity) -> Colour:
    if entity.dxf.hasattr("true_color"):
        red, green, blue = colors.int2rgb(int(entity.dxf.true_color))
        return (int(red), int(green), int(blue))
    code = int(entity.dxf.get("color", 256))
    return "block" if code == 0 else "layer" if code == 256 else _rgb(code)


def _told(entity: DXFEntity) -> str:
    if entity.xdata is None or not entity.has_xdata(APPID):
        return ""
    values = [tag.value for tag in entity.get_xdata(APPID) if tag.code == 1000]
    return str(values[0]) if values else ""


def _tapered(entity: LWPolyline | Polyline, container: Any, looks: Looks, count: int) -> int:
    """Draw a polyline whose width is not the same everywhere as one filled piece per segment."""
    if isinstance(entity, LWPolyline):
        if float(entity.dxf.get("const_width", 0.0)) > 0.0:
            return count
        rows = [tuple(float(v) for v in row) for row in entity.get_points("xyse")]
        closed = bool(entity.closed)
    else:
        if not entity.is_2d_polyline:
            return count
        default = (float(entity.dxf.get("default_start_width", 0.0)), float(entity.dxf.get("default_end_width", 0.0)))
        rows = [
            (v.dxf.location.x, v.dxf.location.y, float(v.dxf.get("start_width", default[0])), float(v.dxf.get("end_width", default[1])))
            for v in entity.vertices
        ]
        closed = bool(entity.is_closed)
        if default[0] == default[1] > 0.0 and all(row[2] == row[3] == default[0] for row in rows):
            return count
        if rows and len({width for row in rows for width in row[2:]}) == 1 and rows[0][2] > 0.0:
            entity.dxf.default_start_width = entity.dxf.default_end_width = rows[0][2]
            return count
    widths = {width for row in rows for width in row[2:]}
    if len(widths) < 2:
        return count
    if isinstance(entity, Polyline):
        entity.dxf.default_start_width = entity.dxf.default_end_width = 0.0
    for a, b in zip(rows, rows[1:] + (rows[:1] if closed else []), strict=False):
        length = math.hypot(b[0] - a[0], b[1] - a[1])
        if length == 0.0 or (a[2] == 0.0 and a[3] == 0.0):
            continue
        nx, ny = -(b[1] - a[1]) / length, (b[0] - a[0]) / length
        left, right = a[2] / 2, a[3] / 2
        corners = [
            (a[0] + nx * left, a[1] + ny * left), (a[0] - nx * left, a[1] - ny * left),
            (b[0] + nx * right, b[1] + ny * right), (b[0] - nx * right, b[1] - ny * right),
        ]  # fmt: skip
        piece = container.add_solid(corners, dxfattribs={"layer": entity.dxf.get("layer", "0")})
        looks.colour[count] = _colour(entity)
        piece.set_xdata(APPID, [(1071, count)])
        count += 1
    return count


# --- texts ---------------------------------------------------------------------------------------------


def _stamp_text(entity: Any, container: Any, looks: Looks, count: int) -> int:
    """Draw the box of a text beside it, as a path that is turned and mirrored with it."""
    lines = tuple(line for line in text_of(entity).splitlines() if line.strip())
    if not lines:
        return count
    box = _mtext_box(entity, lines) if isinstance(entity, MText) else _text_box(entity, lines[0])
    if box is None:
        return count
    (start, across, up), slack, extrusion = box
    widths = [_ems(line) for line in lines]
    longest = max(widths)
    points = [(start.x, start.y), (start.x + across.x, start.y + across.y), (start.x + up.x, start.y + up.y)]
    # R12 knows no light polylines.
    draw = container.add_polyline2d if entity.doc is not None and entity.doc.dxfversion == "AC1009" else container.add_lwpolyline
    path = draw(points, dxfattribs={"layer": entity.dxf.get("layer", "0"), "extrusion": extrusion})
    looks.texts[count] = Written(lines, tuple(width / longest for width in widths), slack)
    looks.colour[count] = _colour(entity)
    path.set_xdata(APPID, [(1071, count)])
    return count + 1


def _ems(line: str) -> float:
    return max(sum(1.0 if unicodedata.east_asian_width(sign) in "WF" else _NARROW for sign in line), _NARROW)


def _text_box(entity: Any, line: str) -> tuple[tuple[Vec3, Vec3, Vec3], float, Vec3] | None:
    dxf = entity.dxf
    height = float(dxf.get("height", 0.0))
    if height <= 0.0:
        return None
    flags = int(dxf.get("text_generation_flag", 0))
    turn = math.radians(float(dxf.get("rotation", 0.0)))
    wide = _ems(line) * height * (float(dxf.get("width", 1.0)) or 1.0)
    horizontal, vertical = int(dxf.get("halign", 0)), int(dxf.get("valign", 0))
    at = Vec3(dxf.get("insert", Vec3()))
    aligned = Vec3(dxf.align_point) if dxf.hasattr("align_point") else at
    if horizontal in (3, 5):  # between two points
        way = aligned - at
        turn, wide = math.atan2(way.y, way.x), way.magnitude or wide
        left, low = 0.0, 0.0
    else:
        if horizontal or vertical:
            at = aligned
        left = {0: 0.0, 1: 0.5, 2: 1.0, 4: 0.5}.get(horizontal, 0.0)
        low = 0.5 if horizontal == 4 else {0: 0.0, 1: 0.0, 2: 0.5, 3: 1.0}.get(vertical, 0.0)
    x, y = Vec3(math.cos(turn), math.sin(turn)), Vec3(-math.sin(turn), math.cos(turn))
    start = at - x * (left * wide) - y * (low * height)
    across, up = x * wide, y * height
    if flags & 2:  # backward: the mirror image
        start, across = start + across, -across
    if flags & 4:  # upside down
        start, up = start + up, -up
    return (start, across, up), 0.0, Vec3(dxf.get("extrusion", Vec3(0, 0, 1)))


def _mtext_box(entity: MText, lines: tuple[str, ...]) -> tuple[tuple[Vec3, Vec3, Vec3], float, Vec3] | None:
    dxf = entity.dxf
    height = float(dxf.get("char_height", 0.0))
    if height <= 0.0:
        return None
    turn = math.radians(entity.get_rotation())
    leading = _LEADING * height * float(dxf.get("line_spacing_factor", 1.0))
    wide, high = max(map(_ems, lines)) * height, height + (len(lines) - 1) * leading
    point = int(dxf.get("attachment_point", 1)) - 1
    left, top = (point % 3) / 2.0, (point // 3) / 2.0
    x, y = Vec3(math.cos(turn), math.sin(turn)), Vec3(-math.sin(turn), math.cos(turn))
    start = Vec3(dxf.insert) - x * (left * wide) - y * (high - top * high)
    extrusion = Vec3(dxf.get("extrusion", Vec3(0, 0, 1)))
    if extrusion.z < 0:
        start, x, y = entity.ocs().from_wcs(start), entity.ocs().from_wcs(x), entity.ocs().from_wcs(y)
    return (start, x * wide, y * high), left, extrusion
