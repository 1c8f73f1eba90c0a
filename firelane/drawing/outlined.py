"""Labels as filled outlines, for programs that have no Chinese font (LibreCAD shows a diamond for each character).

A character is a block of solid hatches with straight boundaries, one unit high as capitals are; a text is an INSERT
for each of its characters, on the layer and in the colour of the text. What was written stays as XDATA.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely
from ezdxf.addons.drawing.text import simplified_text_chunks
from ezdxf.addons.drawing.unified_text_renderer import UnifiedTextRenderer
from ezdxf.entities.attrib import AttDef
from ezdxf.entities.insert import Insert
from ezdxf.entities.mtext import MText
from ezdxf.entities.text import Text
from ezdxf.fonts.font_face import FontFace
from ezdxf.math import Matrix44, Vec3

from firelane.drawing.canvas import APPID, polygons
from firelane.drawing.labelfont import GLYPH, label_font
from firelane.fonts.outlines import filled

if TYPE_CHECKING:
    from pathlib import Path

    from ezdxf.document import Drawing
    from ezdxf.entities.dxfgfx import DXFGraphic
    from ezdxf.layouts.base import BaseLayout

_STRAY = 0.008  # greatest distance of an outline from the curve, in heights of capitals: 0.03 mm of a 3.5 mm text
_DECIMALS = 5
_PIECE = 120  # characters: a string of XDATA has room for 255 bytes
_KEPT = ("color", "true_color", "transparency")
_BYBLOCK = 0


def outline_texts(doc: Drawing, *, font: str | Path | None = None) -> None:
    """Replace every TEXT, MTEXT and ATTRIB that is seen by outlines of its characters, in place.

    Model space, all sheets, and all blocks, those of dimensions among them. The outlines stand exactly where the program's
    own plot shows the text. XDATA of the first character says what was written: ``text``, then the text in pieces; XDATA of
    an INSERT that had attributes says ``attrib``, tag, value for each.

    Parameters
    ----------
    doc : ezdxf document
    font : path, optional
        Font file to use instead of the program's own.

    Raises
    ------
    InputError
        If the file named as ``font`` is not a font, or no Chinese font is at hand.
    """
    if APPID not in doc.appids:
        doc.appids.add(APPID)
    writer = _Writer(doc, label_font(doc, font).name)
    spaces: list[BaseLayout] = [*doc.layouts, *(block for block in doc.blocks if not block.is_any_layout)]
    for space in spaces:
        for entity in list(space):
            if isinstance(entity, Insert):
                writer.attributes(space, entity)
            elif isinstance(entity, AttDef):
                writer.definition(space, entity)
            elif isinstance(entity, (Text, MText)) and not entity.dxf.invisible:
                writer.write(space, entity)
                space.delete_entity(entity)


class _Writer:
    """Writes texts with the glyphs of one font."""

    def __init__(self, doc: Drawing, font_name: str) -> None:
        self._doc = doc
        self._face = FontFace(filename=font_name)
        self._engine = UnifiedTextRenderer()
        self._font = self._engine.get_font(self._face)
        self._blocks: dict[str, str | None] = {}
        self._advances: dict[str, float] = {}

    def attributes(self, space: BaseLayout, insert: Insert) -> None:
        """Replace the attributes of an INSERT that are seen; their tags and values become its XDATA."""
        seen = [attrib for attrib in insert.attribs if not attrib.is_invisible and not attrib.dxf.invisible]
        tags: list[tuple[int, object]] = []
        for attrib in seen:
            embedded = attrib.virtual_mtext_entity() if attrib.has_embedded_mtext_entity else None
            value = _said(attrib if embedded is None else embedded)
            self.write(space, attrib if embedded is None else embedded, of=insert)
            tags += [(1000, "attrib"), (1000, attrib.dxf.tag), *_pieces(value)]
        if not tags:
            return
        known = list(insert.get_xdata(APPID)) if insert.has_xdata(APPID) else []
        insert.set_xdata(APPID, [*known, *tags])
        insert.attribs[:] = [attrib for attrib in insert.attribs if not any(attrib is gone for gone in seen)]
        for attrib in seen:
            self._doc.entitydb.delete_entity(attrib)

    def definition(self, space: BaseLayout, attdef: AttDef) -> None:
        """Replace a constant attribute, which is seen in every INSERT; the others are forms that nobody sees."""
        if attdef.is_const and not attdef.is_invisible:
            text = Text.new(dxfattribs={k: v for k, v in attdef.dxfattribs().items() if Text.DXFATTRIBS.get(k)}, doc=self._doc)
            self.write(space, text)
            space.delete_entity(attdef)

    def write(self, space: BaseLayout, entity: Text | MText, *, of: Insert | None = None) -> None:
        """Write one text; its first character carries it as XDATA unless the text is an attribute ``of`` an INSERT."""
        attribs: dict[str, object] = {"layer": entity.dxf.layer, **_look(entity)}
        if of is not None:  # it is drawn beside the block, but inherits as if it lay in it
            attribs["layer"] = of.dxf.layer if attribs["layer"] == "0" else attribs["layer"]
            if entity.dxf.color == _BYBLOCK:
                attribs = {"layer": attribs["layer"], **_look(of)}
        first = of is None
        for line, matrix, height in simplified_text_chunks(entity, self._engine, font_face=self._face):
            x = 0.0
            for character in line:
                block = self._block(character)
                if block is not None:
                    place = Matrix44.scale(height) @ Matrix44.translate(x * height, 0.0, 0.0) @ matrix
                    insert = _insert(space, block, place, attribs)
                    if first:
                        insert.set_xdata(APPID, [(1000, "text"), *_pieces(_said(entity))])
                        first = False
                x += self._advance(character)

    def _advance(self, character: str) -> float:
        """Return how far the next character stands, in heights of capitals."""
        if character not in self._advances:
            # a space alone has no width for the library
            both = self._engine.get_text_line_width(f"x{character}x", self._face, 1.0)
            self._advances[character] = both - self._engine.get_text_line_width("xx", self._face, 1.0)
        return self._advances[character]

    def _block(self, character: str) -> str | None:
        """Return the block of a character, None where it leaves no ink."""
        if character not in self._blocks:
            name = f"{GLYPH}{ord(character):04X}"
            rings = [
                [(v.x, v.y) for v in sub.flattening(_STRAY, segments=1)]
                for path in self._font.text_glyph_paths(character, 1.0)
                for sub in path.sub_paths()
            ]
            outline = filled([shapely.get_coordinates(shapely.LineString(ring)) for ring in rings if len(ring) >= 4])
            shapes = polygons(shapely.set_precision(outline, 10.0**-_DECIMALS))
            self._blocks[character] = name if shapes else None
            if shapes and name not in self._doc.blocks:
                block = self._doc.blocks.new(name)
                for shape in shapes:
                    # layer 0 and colour BYBLOCK: layer and colour are those of the INSERT
                    hatch = block.add_hatch(color=0, dxfattribs={"layer": "0", "hatch_style": 0})
                    for ring, flags in [(shape.exterior, 1), *((ring, 16) for ring in shape.interiors)]:
                        corners = shapely.get_coordinates(ring)[:-1].round(_DECIMALS)
                        hatch.paths.add_polyline_path(corners.tolist(), is_closed=True, flags=flags)
        return self._blocks[character]


def _insert(space: BaseLayout, block: str, place: Matrix44, attribs: dict[str, object]) -> DXFGraphic:
    """Insert a block as a matrix (a scaling, then a rotation, then a shift) places it."""
    origin = place.transform(Vec3(0, 0, 0))
    right = place.transform_direction(Vec3(1, 0, 0))
    up = place.transform_direction(Vec3(0, 1, 0))
    mirrored = right.x * up.y - right.y * up.x < 0.0
    more: dict[str, object] = {"xscale": round(right.magnitude, 6), "yscale": round(-up.magnitude if mirrored else up.magnitude, 6)}
    rotation = round(math.degrees(math.atan2(right.y, right.x)), 6)
    if rotation:
        more["rotation"] = rotation
    at = (round(origin.x, 6), round(origin.y, 6))
    return space.add_blockref(block, at, dxfattribs={**attribs, **more, "zscale": more["xscale"]})


def _look(entity: DXFGraphic) -> dict[str, object]:
    return {name: entity.dxf.get(name) for name in _KEPT if entity.dxf.hasattr(name)}


def _said(entity: Text | MText) -> str:
    text = entity.plain_text()
    return text if isinstance(text, str) else "\n".join(text)


def _pieces(text: str) -> list[tuple[int, str]]:
    plain = text.replace("\n", " ")
    return [(1000, plain[n : n + _PIECE]) for n in range(0, max(len(plain), 1), _PIECE)]
