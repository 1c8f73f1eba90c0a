"""A straight street and drawings of its markings, made by hand from plain numbers with ezdxf alone."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, replace  # noqa: F401  (drawn with by the tests)

import ezdxf
import numpy as np
import shapely
from shapely import LineString, affinity, box
from site_scenes import ORIGIN, gates, road, site

from firelane.fonts import glyph_outlines
from firelane.lanes.network import lane_network
from firelane.verifying import verify_drawing

WORDS = "消防车道禁止占用"
LENGTH = 100.0
STYLES = ("polyline", "hatch", "solid", "outline", "lines")


@functools.cache
def street(*, kerbed=False, marking=()):
    """100 m of road, 6 m wide, a mouth at each end; with ``kerbed`` a kerb along the northern edge."""
    kerbs = [(LineString([(0, 3), (LENGTH, 3)]), {"id": "K", "top_width_m": 0.12})] if kerbed else []
    return site([road(LENGTH, 6.0)], entrances=gates(LENGTH, 6.0), kerbs=kerbs, config={"marking": dict(marking)})


@functools.cache
def network(**what):
    """The lanes of :func:`street`."""
    return lane_network(street(**what))


@dataclass(frozen=True)
class Marks:
    """Plain numbers of all markings, in metres; x along the road, y across, edges at y = -3 and 3."""

    width: float = 0.15
    near: float = 0.30
    gaps: tuple = ()  # (from, to) along the southern line
    thin: tuple = ()  # (from, to, width): a stretch of the southern line
    north: bool = True
    kerb: tuple = ()  # (from, to) painted on the northern kerb
    boxes: tuple = (20.0, 40.0, 60.0, 80.0)
    across: tuple = (0.0, 0.0, 0.0, 0.0)
    frame_gap: float = 0.0  # of the second box
    frameless: bool = False
    words: tuple = (WORDS,) * 4
    text: str = "text"  # text | mtext | single | shape | none
    turn: tuple = (0.0,) * 4  # of the lettering, on top of heading east, degrees
    mirrored: bool = False
    grids: tuple = ("W", "E")
    grid_width: float = 6.0
    grid_depth: float = 4.0
    border: float = 0.20
    south_border: float | None = None
    line: float = 0.10
    angle: float = 45.0
    odd_angle: float | None = None  # of one line of the western grid
    families: tuple = (1, -1)
    grid_words: str = WORDS
    grid_turn: float = 0.0
    grid_text_at: tuple = (0.0, 0.0)
    colour: int = 2
    dashed: bool = False


class Pen:
    """Draws bands of paint in one of several styles; coordinates are the street's, unit and origin the drawing's."""

    def __init__(self, doc, unit, origin, style, colour):
        self.doc, self.model, self.unit, self.origin, self.style, self.colour = doc, doc.modelspace(), unit, origin, style, colour

    def xy(self, points):
        return [(float(x), float(y)) for x, y in (np.asarray(points, dtype=float) + self.origin) * self.unit]

    def band(self, points, width, layer, *, closed=False, linetype=None):
        """A painted line of some width."""
        look = {"layer": layer, "color": self.colour, **({"linetype": linetype} if linetype else {})}
        line = LineString([*points, points[0]] if closed else points)
        area = shapely.buffer(line, width / 2, cap_style="flat", join_style="mitre")
        if self.style == "polyline":
            self.model.add_lwpolyline(self.xy(points), close=closed, dxfattribs={**look, "const_width": width * self.unit})
        elif self.style == "hatch":
            self.area(area, layer)
        elif self.style == "outline":
            for ring in shapely.get_rings(area):
                self.model.add_lwpolyline(self.xy(ring.coords[:-1]), close=True, dxfattribs=look)
        else:
            ends = [*points, points[0]] if closed else list(points)
            for a, b in itertools.pairwise(np.asarray(ends, dtype=float)):
                way = (b - a) / np.hypot(*(b - a))
                more = way * width / 2 if closed else 0 * way  # corners are whole
                side = np.array([-way[1], way[0]]) * width / 2
                corners = self.xy([a - more + side, b + more + side, b + more - side, a - more - side])
                if self.style == "solid":
                    self.model.add_solid([corners[0], corners[1], corners[3], corners[2]], dxfattribs=look)
                else:  # two parallel lines
                    self.model.add_line(corners[0], corners[1], dxfattribs=look)
                    self.model.add_line(corners[3], corners[2], dxfattribs=look)

    def area(self, area, layer):
        """A solid hatch."""
        for part in shapely.get_parts(area):
            hatch = self.model.add_hatch(color=self.colour, dxfattribs={"layer": layer})
            for n, ring in enumerate(shapely.get_rings(part)):
                hatch.paths.add_polyline_path(self.xy(ring.coords[:-1]), is_closed=True, flags=1 if n == 0 else 16)

    def letters(self, at, words, turn, height, kind, layer, *, mirrored=False):
        """Two rows of four characters about a point, their heads pointing to ``turn`` (0 = north)."""
        if kind == "none":
            return
        rows = words.split("|") if "|" in words else [words[: (len(words) + 1) // 2], words[(len(words) + 1) // 2 :]]
        cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        look = {"layer": layer, "color": self.colour}
        for n, row in enumerate(rows):
            up = (0.5 - n) * 1.2 * height
            if kind == "shape":
                outlines = glyph_outlines(row, weight=500).outlines
                for k, sign in enumerate(row):
                    x = (k - 2) * height * 1.05
                    shape = affinity.affine_transform(outlines[sign], (height, 0, 0, height, x, up - height / 2))
                    if mirrored:
                        shape = affinity.scale(shape, -1, 1, origin=(0, 0))
                    shape = affinity.affine_transform(shape, (cos, -sin, sin, cos, *at))
                    self.area(shape, layer)
                continue
            middle = (at[0] - sin * up, at[1] + cos * up)
            if kind == "mtext":
                if n == 0:
                    text = self.model.add_mtext("\\P".join(rows), dxfattribs={**look, "char_height": height * self.unit, "rotation": turn})
                    text.set_location(self.xy([at])[0], attachment_point=5)
                continue
            flags = {"text_generation_flag": 2} if mirrored else {}
            pieces = [(row, 0.0)] if kind == "text" else [(c, (k - (len(row) - 1) / 2) * height * 1.05) for k, c in enumerate(row)]
            for piece, x in pieces:
                text = self.model.add_text(piece, height=height * self.unit, rotation=turn, dxfattribs={**look, **flags})
                place = (middle[0] + cos * x, middle[1] + sin * x)
                text.set_placement(self.xy([place])[0], align=ezdxf.enums.TextEntityAlignment.MIDDLE_CENTER)


def draw(marks, path, *, style="polyline", unit=1000.0, origin=tuple(ORIGIN), version="R2010", code=None, layers=None, entities=None):
    """Draw all markings of a street as somebody else would."""
    doc = ezdxf.new(version, units=4 if unit == 1000.0 else 6)
    if code is not None:
        doc.header["$INSUNITS"] = code
    doc.linetypes.add("DASHED2", pattern=[1.0, 0.6, -0.4])
    names = layers or {"line": "消防标线-边线", "box": "消防标线-方框", "text": "消防标线-字", "grid": "消防标线-网", "kerb": "消防标线-缘石"}
    pen = Pen(doc, unit, np.asarray(origin, dtype=float), style, marks.colour)
    for name in dict.fromkeys(names.values()):
        if name != "0":
            doc.layers.add(name, color=7)
    _lines(pen, marks, names["line"])
    for a, b in marks.kerb:
        pen.band([(a, 3.06), (b, 3.06)], 0.12, names["kerb"])
    for n, x in enumerate(marks.boxes):
        _box(pen, marks, n, x, names)
    for name in marks.grids:
        _grid(pen, marks, name, names)
    if entities is not None:
        entities(doc)
    doc.saveas(path)
    return path


def _lines(pen, marks, layer):
    start, end = marks.grid_depth, LENGTH - marks.grid_depth
    linetype = "DASHED2" if marks.dashed else None
    middle = -3.0 + marks.near + marks.width / 2
    pieces = [(start, end, marks.width)]
    for a, b, width in [*[(a, b, 0.0) for a, b in marks.gaps], *marks.thin]:
        cut = []
        for c, d, own in pieces:
            cut += [(c, a, own), (a, b, width), (b, d, own)] if c < a and b < d else [(c, d, own)]
        pieces = cut
    for a, b, width in pieces:
        if width > 0:
            pen.band([(a, middle), (b, middle)], width, layer, linetype=linetype)
    if marks.north and not marks.kerb:
        pen.band([(start, -middle), (end, -middle)], marks.width, layer, linetype=linetype)


def _box(pen, marks, n, x, names):
    """2.1 m along the road and 2.8 m across, 15 cm of frame; the lettering reads for who drives east."""
    y = marks.across[n]
    half_x, half_y = 1.05 - 0.075, 1.4 - 0.075
    if not marks.frameless:
        if n == 1 and marks.frame_gap:
            run = [(x + half_x, y + marks.frame_gap / 2), (x + half_x, y + half_y), (x - half_x, y + half_y), (x - half_x, y - half_y),
                   (x + half_x, y - half_y), (x + half_x, y - marks.frame_gap / 2)]  # fmt: skip
            pen.band(run, 0.15, names["box"])
        else:
            pen.band([(x - half_x, y - half_y), (x + half_x, y - half_y), (x + half_x, y + half_y), (x - half_x, y + half_y)], 0.15,
                     names["box"], closed=True)  # fmt: skip
    pen.letters((x, y), marks.words[n], -90.0 + marks.turn[n], 0.40, marks.text, names["text"], mirrored=marks.mirrored and n == 1)


def _grid(pen, marks, name, names):
    depth, width, border = marks.grid_depth, marks.grid_width, marks.border
    x0 = 0.0 if name == "W" else LENGTH - depth
    half = width / 2
    b = border / 2
    if marks.south_border is not None and name == "W":
        s = marks.south_border
        pen.band([(x0, half - b), (x0 + depth, half - b)], border, names["grid"])
        pen.band([(x0, -half + s / 2), (x0 + depth, -half + s / 2)], s, names["grid"])
        pen.band([(x0 + b, half), (x0 + b, -half)], border, names["grid"])
        pen.band([(x0 + depth - b, half), (x0 + depth - b, -half)], border, names["grid"])
    else:
        pen.band([(x0 + b, -half + b), (x0 + depth - b, -half + b), (x0 + depth - b, half - b), (x0 + b, half - b)], border, names["grid"],
                 closed=True)  # fmt: skip
    inner = box(x0 + border - 0.1, -half + border - 0.1, x0 + depth - border + 0.1, half - border + 0.1)
    middle = (x0 + depth / 2, 0.0)
    plate = box(middle[0] - 0.9, -1.4, middle[0] + 0.9, 1.4)
    for sign in marks.families:
        for k in range(-8, 9):
            angle = marks.angle if marks.odd_angle is None or (name, sign, k) != ("W", 1, 2) else marks.odd_angle
            way = np.array([np.cos(np.radians(angle)), sign * np.sin(np.radians(angle))])
            normal = np.array([-way[1], way[0]])
            at = np.asarray(middle) + k * 1.0 * normal
            line = LineString([at - 12 * way, at + 12 * way]).intersection(inner).difference(plate)
            for part in shapely.get_parts(line):
                if part.length > 0.05:
                    pen.band(list(part.coords), marks.line, names["grid"])
    turn = (-90.0 if name == "W" else 90.0) + marks.grid_turn
    at = (middle[0] + marks.grid_text_at[0], middle[1] + marks.grid_text_at[1])
    pen.letters(at, marks.grid_words, turn, 0.5, marks.text, names["text"])


def verdict(path, *, kerbed=False, marking=(), **options):
    """Verify a drawing of the street."""
    what = {"kerbed": kerbed, "marking": marking}
    return verify_drawing(path, street(**what), network=network(**what), **options)


def failing(found):
    """Names of the checks that fail."""
    return {check.check for check in found.faults}
