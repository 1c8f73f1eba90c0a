"""Plans drawn by hand, one for each feature and trap of site plans, with what each must yield.

Every expected outline is worked out here from the figures of the drawing: rectangles, quarter circles, affine maps
written out. Areas of curves stand beside them in closed form. Lengths in metres unless a plan says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from dxf_by_hand import (
    DOWN,
    QUARTER,
    R12,
    Drawing,
    arc_edge,
    edges,
    ellipse_edge,
    line_edge,
    ring,
    spline_edge,
)  # fmt: skip
from shapely import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

ROAD = box(0, 0, 60, 6)
"""The plain road that plans about something else hold beside it: 360 m²."""
SAG_M = 0.005
"""Farthest that a flattened curve may lie off the curve (facts: 5 mm)."""


@dataclass(frozen=True)
class Expected:
    """One plan and what it must yield.

    Attributes
    ----------
    draw : callable
        Draws into a Drawing.
    layers : Mapping
        Our layer -> its geometries, in any order; other layers must be absent or empty unless ``open`` names them.
    area_m2 : float
        Area of all roads in closed form.
    columns : Mapping
        (layer, column) -> values, in the order of ``layers``.
    says, hushes : sequences of regular expressions
        What the notes and readings must tell in English, and must not.
    within_m : float
        Farthest that an outline may lie off the expected one.
    toml : str
        The user's ``site.toml``.
    drawing : Mapping
        How the file is written (version, units, encoding).
    """

    draw: Callable[[Drawing], None]
    layers: Mapping[str, Sequence[BaseGeometry]]
    area_m2: float | None = None
    columns: Mapping[tuple[str, str], Sequence[Any]] = field(default_factory=dict)
    says: Sequence[str] = ()
    hushes: Sequence[str] = ()
    within_m: float = 0.001
    toml: str = ""
    drawing: Mapping[str, Any] = field(default_factory=dict)
    open: Sequence[str] = ()


PLANS: dict[str, Expected] = {}


def plan(name: str, layers: Mapping[str, Sequence[BaseGeometry]], **more: Any) -> Callable[..., Any]:
    """Register the drawing function below it."""

    def keep(draw: Callable[[Drawing], None]) -> Callable[[Drawing], None]:
        PLANS[name] = Expected(draw, layers, **more)
        return draw

    return keep


def turn(centre: Sequence[float], radius: float, from_deg: float, to_deg: float) -> list[tuple[float, float]]:
    """Return points on an arc, a tenth of a degree apart."""
    angles = np.radians(np.linspace(from_deg, to_deg, int(abs(to_deg - from_deg) * 10) + 1))
    xy = np.asarray(centre) + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    return [(float(x), float(y)) for x, y in xy]


def mapped(geometry: BaseGeometry, *matrices: np.ndarray) -> BaseGeometry:
    """Apply 3x3 matrices, the last one first."""
    whole = np.linalg.multi_dot([*matrices, np.eye(3)])
    return shapely.transform(geometry, lambda xy: xy @ whole[:2, :2].T + whole[:2, 2])


def move(x: float, y: float) -> np.ndarray:
    """Return a translation."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def rotate(deg: float) -> np.ndarray:
    """Return a rotation, counter-clockwise."""
    c, s = math.cos(math.radians(deg)), math.sin(math.radians(deg))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])


def stretch(x: float, y: float) -> np.ndarray:
    """Return a scaling along the axes."""
    return np.diag([x, y, 1.0])


# --- polylines with bulges: a bend of inner radius 9 and outer radius 15, legs 6 m wide and 45 m long

BEND = Polygon([(0, 0), *turn((45, 15), 15, -90, 0), (60, 60), (54, 60), *turn((45, 15), 9, 0, -90), (0, 6)])
BEND_M2 = 2 * 45 * 6 + math.pi / 4 * (15**2 - 9**2)
BEND_POINTS = [(0, 0), (45, 0), (60, 15), (60, 60), (54, 60), (54, 15), (45, 6), (0, 6)]
BEND_BULGES = [0, QUARTER, 0, 0, 0, -QUARTER, 0, 0]
CURVED: dict[str, Any] = {"within_m": SAG_M, "area_m2": BEND_M2}


@plan("bulged polyline", {"roads": [BEND]}, **CURVED)
def _(d: Drawing) -> None:
    d.polyline("道路", BEND_POINTS, closed=True, bulges=BEND_BULGES)


@plan("bulged polyline of R12", {"roads": [BEND]}, drawing={"version": R12, "insunits": None}, **CURVED)
def _(d: Drawing) -> None:
    d.polyline("道路", BEND_POINTS, closed=True, bulges=BEND_BULGES)


@plan("old POLYLINE in a new version", {"roads": [BEND]}, **CURVED)
def _(d: Drawing) -> None:
    d.polyline("道路", BEND_POINTS, closed=True, bulges=BEND_BULGES, old=True)


@plan("bulged polyline in millimetres", {"roads": [BEND]}, drawing={"insunits": 4}, **CURVED)
def _(d: Drawing) -> None:
    d.polyline("道路", [(1000 * x, 1000 * y) for x, y in BEND_POINTS], closed=True, bulges=BEND_BULGES)


@plan("two half circles", {"roads": [Point(0, 0).buffer(15, 4096)]}, area_m2=225 * math.pi, within_m=SAG_M)
def _(d: Drawing) -> None:
    d.polyline("道路", [(-15, 0), (15, 0)], closed=True, bulges=[1, 1])  # a bulge of 1 is half a circle


# --- rings of lines and arcs


def loose_bend(d: Drawing, layer: str = "道路") -> None:
    """Draw the bend of lines and arcs, out of order and in both directions, gaps of 2 and 3 mm at the corners."""
    d.line(layer, (60, 15.002), (60, 60))
    d.arc(layer, (45, 15), 15, 270, 360)
    d.line(layer, (0, 0.003), (44.998, 0))
    d.line(layer, (54.003, 60), (54, 15))
    d.arc(layer, (45, 15), 9, 270, 360)
    d.line(layer, (60, 60), (54, 60))
    d.line(layer, (0, 6), (45, 6.002))
    d.line(layer, (0, 6.002), (0, 0))


@plan("LINE and ARC with gaps of 2 and 3 mm", {"roads": [BEND]}, within_m=SAG_M + 0.003, area_m2=BEND_M2, says=["joined.*6|6.*joined"])
def _(d: Drawing) -> None:
    loose_bend(d)


@plan("polyline open by 8 mm", {"roads": [ROAD]}, within_m=0.009, says=[r"joined.*8(\.0)? ?mm|8(\.0)? ?mm.*(joined|closed)"])
def _(d: Drawing) -> None:
    d.polyline("道路", [(0, 0.008), (0, 6), (60, 6), (60, 0), (0, 0)])


@plan("lines open by 8 mm", {"roads": [ROAD]}, within_m=0.009, says=[r"joined.*8(\.0)? ?mm|8(\.0)? ?mm.*(joined|closed)"])
def _(d: Drawing) -> None:
    d.lines("道路", [(0, 0.008), (0, 6), (60, 6), (60, 0), (0, 0)])


# A square of 20 m beside a good road: not closed, and the place is told.
@plan("polyline open by 30 mm", {"roads": [ROAD]}, says=[r"(open|close|gap).*\b80(\.0+)?\b.*\b0(\.0+)?\b"], open=["road_lines", "kerbs"])
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 6)
    d.polyline("道路", [(80, 0.03), (80, 20), (100, 20), (100, 0), (80, 0)])


@plan("lines open by 30 mm", {"roads": [ROAD]}, says=[r"(open|close|gap).*\b80(\.0+)?\b"], open=["road_lines", "kerbs"])
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 6)
    d.lines("道路", [(80, 0.03), (80, 20), (100, 20), (100, 0), (80, 0)])


@plan("lines that overshoot the corner by 10 mm", {"roads": [ROAD]})
def _(d: Drawing) -> None:
    d.line("道路", (-0.01, 0), (60.01, 0))
    d.line("道路", (60, -0.01), (60, 6.01))
    d.line("道路", (60.01, 6), (-0.01, 6))
    d.line("道路", (0, 6.01), (0, -0.01))


@plan("closed flag on a polyline that ends where it began", {"roads": [ROAD]})
def _(d: Drawing) -> None:
    d.polyline("道路", [(0, 0), (60, 0), (60, 6), (0, 6), (0, 0)], closed=True)


@plan("not flagged closed, ends where it began", {"roads": [ROAD]})
def _(d: Drawing) -> None:
    d.polyline("道路", [(0, 0), (60, 0), (60, 6), (0, 6), (0, 0)])


@plan("lines drawn twice, once backwards", {"roads": [ROAD]})
def _(d: Drawing) -> None:
    d.lines("道路", [(0, 0), (60, 0), (60, 6), (0, 6)], close=True)
    d.lines("道路", [(0, 6), (60, 6), (60, 0), (0, 0)], close=True)


@plan("the same outline drawn twice", {"roads": [ROAD]})
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 6)
    d.polyline("道路", [(60, 6), (0, 6), (0, 0), (60, 0)], closed=True)


@plan("lines and points without length among good ones", {"roads": [ROAD]})
def _(d: Drawing) -> None:
    d.lines("道路", [(0, 0), (60, 0), (60, 0), (60, 6), (0, 6), (0, 6)], close=True)
    d.line("道路", (30, 3), (30, 3))
    d.polyline("道路", [(40, 3), (40, 3)])
    d.polyline("道路", [(50, 3)], closed=True)


# --- blocks

BIT = Polygon([(0, 0), (10, 0), (10, 6), *turn((3, 3), 3, 90, 180), (0, 0)])
"""10 x 6 m with one corner rounded (R = 3, at the upper left): 60 - 9 + 9π/4 m²."""
BIT_M2 = 60 - 9 + 9 * math.pi / 4


def bit(d: Drawing, layer: str = "道路", name: str = "BIT", base: tuple[float, float] = (0.0, 0.0)) -> None:
    """Define a block of that shape."""
    d.block(name, base=base).polyline(
        layer, [(0, 0), (10, 0), (10, 6), (3, 6), (0, 3)], closed=True, bulges=[0, 0, 0, QUARTER, 0]
    )


@plan(
    "blocks: turned, mirrored, stretched, with a base point", {
        "roads": [
            mapped(BIT, move(100, 50), rotate(30), move(-2, -1)),
            mapped(BIT, move(0, 100), stretch(-1, 1), move(-2, -1)),
            mapped(BIT, move(0, 200), rotate(90), stretch(3, 2), move(-2, -1)),
            mapped(BIT, move(100, 200), rotate(-45), stretch(2, -1), move(-2, -1)),
        ]
    }, within_m=2 * SAG_M, area_m2=BIT_M2 * (1 + 1 + 6 + 2),
)  # fmt: skip
def _(d: Drawing) -> None:
    bit(d, base=(2, 1))
    d.insert("0", "BIT", (100, 50), turn_deg=30)
    d.insert("0", "BIT", (0, 100), scale=(-1, 1))
    d.insert("0", "BIT", (0, 200), scale=(3, 2), turn_deg=90)
    d.insert("0", "BIT", (100, 200), scale=(2, -1), turn_deg=-45)


NEST = (move(200, 80), rotate(30), stretch(2, 1), move(5, 7), rotate(90), stretch(-1, 1))


@plan("a mirrored block in a stretched and turned one", {"roads": [mapped(BIT, *NEST)]}, within_m=2 * SAG_M, area_m2=2 * BIT_M2)
def _(d: Drawing) -> None:
    bit(d)
    d.block("OUTER").insert("0", "BIT", (5, 7), scale=(-1, 1), turn_deg=90)
    d.insert("0", "OUTER", (200, 80), scale=(2, 1), turn_deg=30)


@plan("blocks five deep", {"roads": [mapped(box(0, 0, 20, 6), *[move(10, 1)] * 5)]})
def _(d: Drawing) -> None:
    d.block("L0").box("道路", 0, 0, 20, 6)
    for n in range(1, 5):
        d.block(f"L{n}").insert("0", f"L{n - 1}", (10, 1))
    d.insert("0", "L4", (10, 1))


@plan(
    "an array of bays", {
        "roads": [ROAD],
        "parking": [
            mapped(box(0, 0, 2.5, 5.3), move(10, 20), rotate(90), move(3 * column, 6 * row)) for column in range(4) for row in range(2)
        ],
    },
)  # fmt: skip
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 6)
    d.block("BAY").box("车位", 0, 0, 2.5, 5.3)
    d.insert("车位", "BAY", (10, 20), turn_deg=90, columns=4, rows=2, spacing=(3, 6))


@plan("layer 0 in a block is the layer of its insertion", {"roads": [ROAD], "buildings": [box(0, 20, 30, 32), box(40, 20, 60, 32)]})
def _(d: Drawing) -> None:
    content = d.block("PIECE")
    content.box("0", 0, 0, 60, 6)
    content.box("建筑", 0, 20, 30, 32)
    d.insert("道路", "PIECE", (0, 0))
    d.block("HOUSE").box("0", 0, 0, 20, 12)
    d.insert("建筑", "HOUSE", (40, 20))


@plan(
    "layer 0 through two blocks", {"roads": [ROAD], "buildings": [box(0, 20, 30, 32)]},
)  # fmt: skip
def _(d: Drawing) -> None:
    d.block("INNER").box("0", 0, 0, 60, 6)
    outer = d.block("OUTER")
    outer.insert("0", "INNER", (0, 0))
    outer.box("建筑", 0, 20, 30, 32)
    d.insert("道路", "OUTER", (0, 0))


MIRROR = stretch(-1, 1)


@plan("entities seen from below", {"roads": [mapped(BEND, MIRROR)]}, **CURVED)
def _(d: Drawing) -> None:
    d.polyline("道路", BEND_POINTS, closed=True, bulges=BEND_BULGES, more=DOWN)


@plan("arcs seen from below among plain lines", {"roads": [mapped(BEND, MIRROR)]}, **CURVED)
def _(d: Drawing) -> None:
    d.arc("道路", (45, 15), 15, 270, 360, more=DOWN)
    d.arc("道路", (45, 15), 9, 270, 360, more=DOWN)
    # The ends of a LINE are world coordinates whatever its extrusion.
    for start, end in (((0, 0), (-45, 0)), ((-60, 15), (-60, 60)), ((-60, 60), (-54, 60)), ((-54, 60), (-54, 15)),
                       ((-45, 6), (0, 6)), ((0, 6), (0, 0))):  # fmt: skip
        d.line("道路", start, end, more=DOWN)


@plan("a block seen from below", {"roads": [mapped(BIT, MIRROR, move(100, 50), rotate(30))]}, within_m=SAG_M, area_m2=BIT_M2)
def _(d: Drawing) -> None:
    bit(d)
    d.insert("0", "BIT", (100, 50), turn_deg=30, more=DOWN)


# --- hatches, circles, ellipses, splines


@plan("a hatch with an island", {"roads": [box(0, 0, 60, 40) - box(8, 8, 52, 32)]}, area_m2=60 * 40 - 44 * 24)
def _(d: Drawing) -> None:
    d.hatch("道路", [ring([(0, 0), (60, 0), (60, 40), (0, 40)]), ring([(8, 8), (52, 8), (52, 32), (8, 32)], flags=16)])


@plan("a hatch with a round island, the hole first", {"roads": [box(0, 0, 40, 40) - Point(20, 20).buffer(12, 4096)]}, area_m2=1600 - 144 * math.pi, within_m=SAG_M)
def _(d: Drawing) -> None:
    d.hatch("道路", [edges(arc_edge((20, 20), 12, 0, 360), flags=16), ring([(0, 0), (40, 0), (40, 40), (0, 40)])])


@plan("a hatch bounded by lines and arcs", {"roads": [BEND]}, **CURVED)
def _(d: Drawing) -> None:
    d.hatch(
        "道路",
        [edges(line_edge((0, 0), (45, 0)), arc_edge((45, 15), 15, 270, 360), line_edge((60, 15), (60, 60)), line_edge((60, 60), (54, 60)),
               line_edge((54, 60), (54, 15)), arc_edge((45, 15), 9, 360, 270, left=False), line_edge((45, 6), (0, 6)),
               line_edge((0, 6), (0, 0)))],
    )  # fmt: skip


@plan("a hatch bounded by a polyline with bulges", {"roads": [BEND]}, **CURVED)
def _(d: Drawing) -> None:
    d.hatch("道路", [ring(BEND_POINTS, bulges=BEND_BULGES)])


OVAL = mapped(Point(0, 0).buffer(1, 4096), move(40, 30), rotate(30), stretch(20, 10))
HOLE = mapped(Point(0, 0).buffer(1, 4096), move(40, 30), rotate(30), stretch(10, 5))
MAJOR = (20 * math.cos(math.pi / 6), 20 * math.sin(math.pi / 6))


@plan("a hatch bounded by ellipses", {"roads": [OVAL - HOLE]}, area_m2=150 * math.pi, within_m=SAG_M)
def _(d: Drawing) -> None:
    d.hatch("道路", [edges(ellipse_edge((40, 30), MAJOR, 0.5)), edges(ellipse_edge((40, 30), (MAJOR[0] / 2, MAJOR[1] / 2), 0.5), flags=16)])


@plan("ellipses, one in the other", {"roads": [OVAL - HOLE]}, area_m2=150 * math.pi, within_m=SAG_M)
def _(d: Drawing) -> None:
    d.ellipse("道路", (40, 30), MAJOR, 0.5)
    d.ellipse("道路", (40, 30), (MAJOR[0] / 2, MAJOR[1] / 2), 0.5)


# A parabola from (60, 0) over (72, 10) to (60, 20): two thirds of its triangle of 120 m² lie between it and the chord.
_T = np.linspace(0, 1, 4001)[:, None]
PARABOLA = (1 - _T) ** 2 * [60, 0] + 2 * _T * (1 - _T) * [72, 10] + _T**2 * [60, 20]
CAPPED = Polygon([(0, 0), *map(tuple, PARABOLA), (0, 20)])
CONTROLS, KNOTS = [(60, 0), (72, 10), (60, 20)], [0, 0, 0, 1, 1, 1]


@plan("a hatch bounded by a spline", {"roads": [CAPPED]}, area_m2=1200 + 80, within_m=SAG_M)
def _(d: Drawing) -> None:
    d.hatch("道路", [edges(line_edge((0, 0), (60, 0)), spline_edge(CONTROLS, 2, KNOTS), line_edge((60, 20), (0, 20)), line_edge((0, 20), (0, 0)))])


@plan("lines and a spline", {"roads": [CAPPED]}, area_m2=1200 + 80, within_m=SAG_M)
def _(d: Drawing) -> None:
    d.lines("道路", [(60, 20), (0, 20), (0, 0), (60, 0)])
    d.spline("道路", CONTROLS, 2, KNOTS)


@plan("a hatch and its outline are one road", {"roads": [BEND]}, **CURVED)
def _(d: Drawing) -> None:
    d.hatch("道路", [ring(BEND_POINTS, bulges=BEND_BULGES)])
    d.polyline("道路", BEND_POINTS, closed=True, bulges=BEND_BULGES)


@plan("a hatch and its outline of lines and arcs are one road", {"roads": [BEND]}, within_m=SAG_M + 0.003, area_m2=BEND_M2)
def _(d: Drawing) -> None:
    d.hatch("道路", [ring(BEND_POINTS, bulges=BEND_BULGES)])
    loose_bend(d)


@plan("a circle in a circle is an island", {"roads": [Point(0, 0).buffer(15, 4096) - Point(0, 0).buffer(9, 4096)]}, area_m2=144 * math.pi, within_m=SAG_M)
def _(d: Drawing) -> None:
    d.circle("道路", (0, 0), 15)
    d.circle("道路", (0, 0), 9)


@plan("an island within an outline", {"roads": [box(0, 0, 60, 40) - box(8, 8, 52, 32)]}, area_m2=60 * 40 - 44 * 24)
def _(d: Drawing) -> None:
    d.box("道路", 8, 8, 52, 32)
    d.box("道路", 0, 0, 60, 40)


@plan("roads that share an edge of lines", {"roads": [box(0, 0, 60, 6) | box(27, 6, 33, 40)]}, area_m2=360 + 204, open=["rows"])
def _(d: Drawing) -> None:
    d.lines("道路", [(0, 0), (60, 0), (60, 6), (0, 6)], close=True)
    d.lines("道路", [(27, 6), (27, 40), (33, 40), (33, 6)])


# --- texts

NORTH, SOUTH = box(0, 40, 60, 46), box(0, 0, 60, 6)


@plan("texts in areas are their names", {"roads": [NORTH, SOUTH]}, columns={("roads", "name"): ["园区北路", "消防车道一"]})
def _(d: Drawing) -> None:
    d.box("道路", 0, 40, 60, 46)
    d.box("道路", 0, 0, 60, 6)
    d.mtext("道路", (20, 43), "{\\fSimSun|b0|i0|c134|p2;\\C1;\\H1.5x;园区}\\A1;北路")
    d.text("道路", (20, 3), "消防车道一")
    d.text("道路", (30, 20), "绿地")  # in neither


@plan(
    "numbers of houses and their floors", {
        "roads": [ROAD], "buildings": [box(0, 20, 12, 30), box(20, 20, 32, 30), box(40, 20, 52, 30), box(60, 20, 72, 30)]
    },
    columns={("buildings", "name"): ["3号楼", None, "12#楼", "住宅楼"], ("buildings", "floors"): [6, 18, None, 11]},
)  # fmt: skip
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 6)
    for n in range(4):
        d.box("建筑", 20 * n, 20, 20 * n + 12, 30)
    d.text("文字", (2, 27), "3号楼")
    d.text("文字", (2, 23), "6F")
    d.text("文字", (22, 25), "18F")
    d.text("文字", (42, 25), "%%u12#楼%%u")
    d.mtext("文字", (62, 26), "住宅楼\\P11F")


# --- roads drawn as edges

EDGE = 0.05
TEE = (box(0, 0, 60, 6) | box(27, 6, 33, 40)) | (box(21, 6, 27, 12) - Point(21, 12).buffer(6, 4096)) | (box(33, 6, 39, 12) - Point(39, 12).buffer(6, 4096))
TEE_M2 = 360 + 34 * 6 + 2 * (36 - 9 * math.pi)


@plan("two edges and a centreline", {"roads": [ROAD]}, within_m=EDGE, area_m2=360, open=["road_lines", "kerbs"])
def _(d: Drawing) -> None:
    d.line("道路边线", (0, 0), (60, 0))
    d.line("道路边线", (0, 6), (60, 6))
    d.line("道路中心线", (0, 3), (60, 3))


@plan("two edges and no centreline", {"roads": [ROAD]}, within_m=EDGE, area_m2=360, open=["road_lines", "kerbs"])
def _(d: Drawing) -> None:
    d.line("ROAD_EDGE", (0, 0), (60, 0))
    d.line("ROAD_EDGE", (60, 6), (0, 6))


@plan("edges and centreline of a bend", {"roads": [BEND]}, within_m=EDGE, area_m2=BEND_M2, open=["road_lines", "kerbs"])
def _(d: Drawing) -> None:
    d.polyline("ROAD_EDGE", [(0, 0), (45, 0), (60, 15), (60, 60)], bulges=[0, QUARTER, 0, 0])
    d.line("ROAD_EDGE", (0, 6), (45, 6))
    d.arc("ROAD_EDGE", (45, 15), 9, 270, 360)
    d.line("ROAD_EDGE", (54, 60), (54, 15))
    d.polyline("道路中心线", [(0, 3), (45, 3), (57, 15), (57, 60)], bulges=[0, QUARTER, 0, 0])


def tee(d: Drawing) -> None:
    """Draw the edges of a T-junction with corners of R = 6, the south edge in pieces."""
    for west in range(0, 60, 12):
        d.line("ROAD_EDGE", (west, 0), (west + 12, 0))
    d.polyline("ROAD_EDGE", [(0, 6), (21, 6), (27, 12), (27, 40)], bulges=[0, QUARTER, 0, 0])
    d.line("ROAD_EDGE", (33, 40), (33, 12))
    d.arc("ROAD_EDGE", (39, 12), 6, 180, 270)
    d.line("ROAD_EDGE", (39, 6), (60, 6))


@plan("edges of a T-junction with centrelines", {"roads": [TEE]}, within_m=EDGE, area_m2=TEE_M2, open=["road_lines", "kerbs", "rows"])
def _(d: Drawing) -> None:
    tee(d)
    d.line("道路中心线", (0, 3), (60, 3))
    d.line("道路中心线", (30, 3), (30, 40))


@plan("edges of a T-junction without centrelines", {"roads": [TEE]}, within_m=EDGE, area_m2=TEE_M2, open=["road_lines", "kerbs", "rows"])
def _(d: Drawing) -> None:
    tee(d)


@plan("edges that narrow", {"roads": [Polygon([(0, 0), (60, 0), (60, 4), (0, 6)])]}, within_m=EDGE, area_m2=300, open=["road_lines", "kerbs"])
def _(d: Drawing) -> None:
    d.line("ROAD_EDGE", (0, 0), (60, 0))
    d.line("ROAD_EDGE", (0, 6), (60, 4))
    d.line("道路中心线", (0, 3), (60, 2))


@plan("two roads side by side, drawn as edges", {"roads": [box(0, 0, 60, 6), box(0, 30, 60, 34)]}, within_m=EDGE, area_m2=600, open=["road_lines", "kerbs"])
def _(d: Drawing) -> None:
    for y, middle in ((0, None), (6, 3), (30, None), (34, 32)):
        d.line("ROAD_EDGE", (0, y), (60, y))
        if middle is not None:
            d.line("ROAD_CENTER", (0, middle), (60, middle))


@plan("a centreline alone", {"road_lines": [LineString([(0, 3), (60, 3)])]})
def _(d: Drawing) -> None:
    d.line("道路中心线", (0, 3), (60, 3))


@plan("kerbs beside a road", {"roads": [ROAD], "kerbs": [LineString([(0, 0), (60, 0)]), LineString([(0, 6), (60, 6)])]})
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 6)
    d.line("路缘石", (0, 0), (60, 0))
    d.polyline("路缘石", [(0, 6), (60, 6)])


# --- things


@plan(
    "trees, bays, walls, houses", {
        "roads": [ROAD], "buildings": [box(0, 20, 30, 32)], "parking": [box(5, 6, 7.5, 11.3), box(7.5, 6, 10, 11.3)],
        "obstructions": [Point(15, 8), Point(25, 8), LineString([(0, 40), (60, 40)])],
    },
    columns={("obstructions", "kind"): ["tree", "tree", "wall"], ("buildings", "floors"): [6]}, within_m=0.02,
)  # fmt: skip
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 6)
    d.box("建筑", 0, 20, 30, 32)
    d.text("建筑", (12, 26), "6F")
    d.box("车位", 5, 6, 7.5, 11.3)
    d.box("车位", 7.5, 6, 10, 11.3)
    tree = d.block("树木1")
    tree.circle("0", (0, 0), 1.5)
    tree.line("0", (-1, 0), (1, 0))
    tree.line("0", (0, -1), (0, 1))
    d.insert("树", "树木1", (15, 8))
    d.insert("树", "树木1", (25, 8), turn_deg=45, scale=(1.2, 1.2))
    d.line("围墙", (0, 40), (60, 40))


@plan(
    "a designated fire lane in a road", {"roads": [box(0, 0, 60, 8)], "fire_lanes": [box(0, 2, 60, 6)]},
)  # fmt: skip
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 8)
    d.box("消防车道", 0, 2, 60, 6)


# --- what is not to be taken


@plan("a frozen layer", {"roads": [ROAD]}, says=["(?i)frozen"])
def _(d: Drawing) -> None:
    d.layer("道路-旧", frozen=True)
    d.box("道路", 0, 0, 60, 6)
    d.box("道路-旧", 0, 100, 60, 107)


@plan("rubbish in paper space", {"roads": [ROAD]})
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 6)
    d.raw("LWPOLYLINE", "道路", [(67, 1), (90, 4), (70, 1), (10, 0.0), (20, 0.0), (10, 420.0), (20, 0.0), (10, 420.0), (20, 297.0), (10, 0.0), (20, 297.0)])
    d.raw("TEXT", "道路", [(67, 1), (10, 10.0), (20, 3.0), (30, 0.0), (40, 3.0), (1, "图框")])


@plan("objects of 天正", {"roads": [ROAD]}, says=[r"(?s)天正|T3|TArch", r"\b3\b", r"\b2\b"])
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 6)
    for n in range(3):
        d.raw("TCH_WALL", "建筑", [(100, "TDbWall"), (10, 10.0 * n), (20, 20.0), (30, 0.0), (11, 10.0), (21, 30.0), (31, 0.0)])
    for _n in range(2):
        d.raw("ACAD_PROXY_ENTITY", "车位", [(90, 498), (91, 500), (70, 0), (93, 0)])


@plan("an external reference", {"roads": [ROAD]}, says=[r"地形图\.dwg"])
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 6)
    d.block("地形图", flags=4, path="..\\地形图.dwg")
    d.insert("底图", "地形图", (0, 0))


@plan("pictures and solids that cannot be read are counted", {"roads": [ROAD]}, says=["3DSOLID", "OLE2FRAME"])
def _(d: Drawing) -> None:
    d.box("道路", 0, 0, 60, 6)
    d.raw("3DSOLID", "建筑", [(100, "AcDbModelerGeometry"), (70, 1)])
    d.raw("OLE2FRAME", "底图", [(100, "AcDbOle2Frame"), (70, 2), (3, "Bitmap"), (10, 0.0), (20, 9.0), (30, 0.0), (11, 9.0), (21, 0.0), (31, 0.0), (71, 2), (72, 0), (90, 0), (1, "OLE")])
