"""Sheets drawn on their own: a context without a whole drawing, and the room that every mark on a sheet takes."""

from __future__ import annotations

import math

import drawing_scene as scene
import shapely
from shapely import affinity

from firelane.drawing.canvas import new_canvas
from firelane.drawing.catalogue import sheet_catalogue
from firelane.drawing.options import DrawingOptions, format_named
from firelane.drawing.pen import Pen
from firelane.drawing.sheets.base import SetContext, SheetEntry, View, new_sheet
from firelane.drawing.sheets.frame import sheet_room
from firelane.drawing.text import text_width


def context(plan, *, lang="zh", sheet="A3") -> SetContext:
    canvas = new_canvas((scene.EAST, scene.NORTH), 500, lang, "R2004")
    spec = format_named(sheet)
    room = sheet_room(spec, sheet_catalogue())
    return SetContext(
        canvas, plan, scene.audit(of=plan.site), DrawingOptions(lang=lang, sheet=sheet), None, spec, room, View((0, 0), (1, 1))
    )


def drawn(context, drafts) -> list:
    """Draw drafts, without frames, and return their layouts."""
    layouts = []
    for n, draft in enumerate(drafts, 1):
        entry = SheetEntry(f"{n:02d}", draft.title, draft.scale, context.spec.name, draft.key)
        layout = new_sheet(context.canvas, entry.number, context.spec, first=n == 1)
        draft.draw(Pen(context.canvas, layout), entry, [entry])
        layouts.append(layout)
    return layouts


def text_box(entity) -> shapely.Polygon:
    """Return the room of a TEXT: from its baseline to the height of its capitals."""
    width = text_width(entity.dxf.text, entity.dxf.height) * entity.dxf.width
    align, at, other = entity.get_placement()
    name = align.name
    x = {"L": 0.0, "C": -width / 2, "R": -width}["C" if "CENTER" in name else "R" if "RIGHT" in name else "L"]
    y = -entity.dxf.height / 2 if name.startswith("MIDDLE") else 0.0
    box = shapely.box(x, y, x + width, y + entity.dxf.height)
    del other
    return affinity.translate(affinity.rotate(box, entity.dxf.rotation, origin=(0, 0)), at.x, at.y)


def line_boxes(entity) -> list[tuple[str, shapely.Polygon]]:
    """Return every line of an MTEXT that has no codes but line breaks, with its room."""
    height, side = entity.dxf.char_height, entity.dxf.attachment_point
    pitch = height * 5 / 3 * entity.dxf.line_spacing_factor
    found = []
    for n, line in enumerate(entity.text.split("\\P")):
        width = text_width(line, height)
        x = entity.dxf.insert.x - {1: 0.0, 2: width / 2, 3: width}[side]
        top = entity.dxf.insert.y - n * pitch
        if line.strip():
            found.append((line, shapely.box(x, top - height, x + width, top)))
    return found


def figure_box(entity) -> shapely.Polygon:
    """Return the room of a dimension's figure (MTEXT, set by its middle)."""
    width, height = text_width(entity.text, entity.dxf.char_height), entity.dxf.char_height
    box = shapely.box(-width / 2, -height / 2, width / 2, height / 2)
    turned = affinity.rotate(box, entity.dxf.get("rotation", 0.0), origin=(0, 0))
    return affinity.translate(turned, entity.dxf.insert.x, entity.dxf.insert.y)


def dimensions(doc, layout) -> list[tuple[str, float, float]]:
    """Return (figure, true distance [mm], scale) of every dimension, the distance measured on its block's lines."""
    found = []
    for entity in layout.query("DIMENSION"):
        scale = doc.dimstyles.get(entity.dxf.dimstyle).dxf.dimlfac
        block = doc.blocks.get(entity.dxf.geometry)
        figure = next(e.text for e in block if e.dxftype() == "MTEXT")
        one, two = (e.dxf.insert for e in block if e.dxftype() == "INSERT")
        found.append((figure, math.hypot(two.x - one.x, two.y - one.y) * scale, scale))
    return found


def texts_on(doc, layout) -> list[tuple[str, shapely.Polygon]]:
    """Return every text of a sheet, those of dimensions within, with its room."""
    found = [(e.dxf.text, text_box(e)) for e in layout.query("TEXT")]
    for entity in layout.query("MTEXT"):
        found += line_boxes(entity)
    for entity in layout.query("DIMENSION"):
        found += [(e.text, figure_box(e)) for e in doc.blocks.get(entity.dxf.geometry) if e.dxftype() == "MTEXT"]
    return found


def overlapping(texts) -> list[tuple[str, str]]:
    """Return the pairs of texts that lie on each other."""
    boxes = [box for _, box in texts]
    one, two = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    return [
        (texts[a][0], texts[b][0])
        for a, b in zip(one, two, strict=True)
        if a < b and boxes[a].intersection(boxes[b]).area > 0.05
    ]


def outside(texts, room) -> list[str]:
    frame = shapely.box(*room).buffer(1e-6)
    return [text for text, box in texts if not frame.covers(box)]
