"""The texts of a sheet as they stand on the paper, measured with the real font."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import shapely
from ezdxf.fonts import fonts
from shapely import affinity

from firelane.fonts import label_font_path

# A Chinese character reaches below the line on which capitals stand, and a little above them.
BELOW, ABOVE = 0.2, 1.15


class Shown(NamedTuple):
    text: str
    shape: shapely.Polygon


@cache
def _font():
    path = label_font_path()
    fonts.font_manager.build([str(path.parent)], support_dirs=False)
    return fonts.make_font(path.name, cap_height=1.0)


def sheets(doc):
    return [doc.paperspace(name) for name in doc.layouts.names_in_taborder() if name != "Model"]


def shown_texts(layout):
    """TEXT, the lines of MTEXT, the attributes of blocks, and the TEXT that stands in the blocks."""
    for entity in layout.query("TEXT MTEXT INSERT"):
        if entity.dxftype() == "TEXT":
            yield _shown(entity)
            continue
        if entity.dxftype() == "MTEXT":
            yield from mtext_lines(entity)
            continue
        for attrib in entity.attribs:
            if attrib.dxf.text:
                yield _shown(attrib)
        for part in entity.virtual_entities():
            if part.dxftype() == "TEXT":
                yield _shown(part)


def _shown(entity) -> Shown:
    height = entity.dxf.height
    width = _font().text_width(entity.dxf.text) * height * entity.dxf.get("width", 1.0)
    halign, valign = entity.dxf.get("halign", 0), entity.dxf.get("valign", 0)
    x, y, _ = entity.dxf.align_point if halign or valign else entity.dxf.insert
    left = x - {0: 0.0, 1: width / 2, 2: width, 4: width / 2}[halign]
    base = y - {0: 0.0, 1: 0.0, 2: height / 2, 3: height}[2 if halign == 4 else valign]
    box = shapely.box(left, base - BELOW * height, left + width, base + ABOVE * height)
    return Shown(entity.dxf.text, affinity.rotate(box, entity.dxf.get("rotation", 0.0), origin=(x, y)))


def mtext_lines(entity):
    """The lines of an MTEXT that has no codes but line breaks: exact distances of 5/3 of the height times the factor."""
    assert entity.dxf.line_spacing_style == 2
    height, corner = entity.dxf.char_height, entity.dxf.attachment_point
    pitch = height * 5 / 3 * entity.dxf.line_spacing_factor
    for n, line in enumerate(entity.text.split("\\P")):
        if line.strip():
            width = _font().text_width(line) * height
            left = entity.dxf.insert.x - {1: 0.0, 2: width / 2, 3: width}[corner]
            base = entity.dxf.insert.y - height - n * pitch
            yield Shown(line, shapely.box(left, base - BELOW * height, left + width, base + ABOVE * height))


def written(layout):
    """What the texts of a layout say, the lines of an MTEXT one by one; blocks apart."""
    for entity in layout.query("TEXT MTEXT"):
        if entity.dxftype() == "TEXT":
            yield entity.dxf.text
        else:
            yield from (line for line in entity.text.split("\\P") if line.strip())


def overlaps(texts):
    """Pairs of texts that cover each other by more than a hair."""
    shapes = [shown.shape.buffer(-0.1) for shown in texts]
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    return [(texts[i].text, texts[j].text) for i, j in zip(first, second, strict=True) if i < j]


def values(layout):
    """The attributes of the title block: what differs from sheet to sheet, continued lines joined."""
    (insert,) = [e for e in layout.query("INSERT") if e.dxf.name.startswith("TITLE-")]
    found = {}
    for attrib in insert.attribs:
        tag = attrib.dxf.tag
        stem = tag.rsplit("_", 1)[0] if tag[-1].isdigit() else tag
        found[stem] = found.get(stem, "") + attrib.dxf.text
    return found


def in_title_block(layout):
    """The texts that stand in the block of the title block itself, the same on every sheet; line breaks are lost."""
    (insert,) = [e for e in layout.query("INSERT") if e.dxf.name.startswith("TITLE-")]
    return [text.dxf.text for text in insert.block().query("TEXT")]
