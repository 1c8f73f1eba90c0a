"""A yard in which a fire engine is put to the test: one question on each arm of a straight street.

Every arm leaves the street by kerb returns of 9 m, so that what it asks begins behind them; a corner below its lower
bound stands so far from all else that the bound holds for trucks of 10 m as well. The street ends in a way out
too narrow for the engine: so each arm is a dead end of its own. The figures that decide are written out here;
``sample_turning_answers.py`` holds what follows from them for the vehicle of ``site.toml``.

::

        A bend       B corner            I           C corner
        R 9, 4.00    4.40                4.00        5.50
        |            |                   |           |             J
    E1 -+-----+------+------+-----+------+----+------+------+------ 2.40 - E2
              |             |     |           |      |      |
              D             E     F           G      H      K
              gap 2.40      posts             hammer square circle
                            loose fixed       head   12     R 15
"""

from __future__ import annotations

import math

from sample_geometry import Frame, Pt, arc, box, fillet, key, split
from sample_layers import Layers, wire
from shapely import Point, Polygon, union_all

FRAME = Frame(537_260.0, 4_631_140.0, 0.96, 0.28)

TITLE = "沈阳市消防车转弯试验场（虚构）"

STREET_HALF_M = 4.0
RETURN_M = 9.0
RETURN_STEP_M, BEND_STEP_M, CIRCLE_STEP_M = 1.5, 0.5, 1.5

BEND_INNER_M, BEND_OUTER_M = 9.0, 12.8
"""Concentric would be 13: a little less, or the chords of the outer edge would take some millimetres of the 4 m."""
NARROW_CORNER_M, WIDE_CORNER_M, LANE_M = 4.4, 5.5, 4.0
GAP_M, NECK_M = 2.4, 2.4
BOLLARD_RADIUS_M, BOLLARD_V = 0.1, -20.0
SQUARE_M, CIRCLE_M = 12.0, 15.0
CIRCLE_AT = (202.0, -44.0)

# ------------------------------------------------------------------- arms: left, bottom, right, top
BEND = ((28.0, 4.0, 32.0, 42.0), (28.0, 38.0, 60.0, 42.0))
NARROW_CORNER = ((84.0, 4.0, 88.4, 46.4), (84.0, 42.0, 116.0, 46.4))
WIDE_CORNER = ((150.0, 4.0, 155.5, 41.5), (150.0, 36.0, 180.0, 41.5))
PLAIN = ((130.0, 4.0, 134.0, 34.0),)
GAP = ((46.0, -36.0, 50.0, -4.0),)
LOOSE = ((72.0, -36.0, 76.0, -4.0),)
FIXED = ((98.0, -36.0, 102.0, -4.0),)
HAMMERHEAD = ((129.5, -35.0, 134.5, -4.0), (114.5, -35.0, 149.5, -30.0))
SQUARE = ((162.0, -34.0, 166.0, -4.0), (158.0, -34.0, 170.0, -22.0))
CIRCLE = ((199.0, -40.0, 205.0, -4.0),)
STREET_END, NECK_END = 224.0, 248.0

# id: name, arms, a point inside
ROADS: dict[str, tuple[str, tuple[tuple[float, float, float, float], ...], Pt]] = {
    "R0": ("试验大街", (), (100.0, 0.0)),
    "RA": ("弯道", BEND, (30.0, 20.0)),
    "RB": ("窄直角弯", NARROW_CORNER, (86.0, 20.0)),
    "RC": ("宽直角弯", WIDE_CORNER, (152.0, 20.0)),
    "RD": ("夹缝路", GAP, (48.0, -30.0)),
    "RE": ("可拆桩路", LOOSE, (74.0, -30.0)),
    "RF": ("固定桩路", FIXED, (100.0, -30.0)),
    "RG": ("丁字尽端路", HAMMERHEAD, (132.0, -20.0)),
    "RH": ("方形回车场路", SQUARE, (164.0, -20.0)),
    "RI": ("无回车场尽端路", PLAIN, (132.0, 20.0)),
    "RK": ("环形回车场路", CIRCLE, (202.0, -20.0)),
    "RJ": ("窄门路", (), (240.0, 0.0)),
}

BUILDINGS = [
    ("B0", "门卫室", (6.0, 7.0, 12.0, 11.0)), ("BA", "弯道楼", (52.0, 45.0, 60.0, 53.0)),
    ("BB", "窄弯楼", (110.0, 49.0, 116.0, 57.0)), ("BC", "宽弯楼", (172.0, 45.0, 180.0, 53.0)),
    ("BD", "夹缝楼", (44.0, -48.0, 52.0, -40.0)), ("BE", "可拆桩楼", (70.0, -48.0, 78.0, -40.0)),
    ("BF", "固定桩楼", (96.0, -48.0, 102.0, -40.0)),
]  # fmt: skip

ENTRANCES = (
    ("E1", "西门", wire(0.0, -STREET_HALF_M, 0.0, STREET_HALF_M)),
    ("E2", "东便门", wire(NECK_END, -NECK_M / 2, NECK_END, NECK_M / 2)),
)

LAYERS = ("roads", "obstructions", "buildings", "entrances")
"""No paint, no signs, no kerbs were surveyed here: those layers are not there."""

# name of the lane: a point on it, its road
LANES: dict[str, tuple[Pt, str]] = {
    "A": ((50.0, 40.0), "RA"), "B": ((105.0, 44.2), "RB"), "C": ((172.0, 38.7), "RC"), "D": ((48.0, -16.0), "RD"),
    "E": ((74.0, -16.0), "RE"), "F": ((100.0, -16.0), "RF"), "G": ((132.0, -18.0), "RG"), "G1": ((118.0, -32.5), "RG"),
    "G2": ((146.0, -32.5), "RG"), "H": ((164.0, -14.0), "RH"), "I": ((132.0, 20.0), "RI"), "J": ((235.0, 0.0), "RJ"),
    "K": ((202.0, -20.0), "RK"),
}  # fmt: skip


def lane_points() -> dict[str, tuple[Pt, str]]:
    """Return a point on each lane that is asked for, and the road it lies on."""
    return dict(LANES)


def _circle() -> tuple[Polygon, tuple[Pt, Pt]]:
    """Return the turning circle, and the two corners at which its lane opens into it."""
    left, _bottom, right, _top = CIRCLE[0]
    half = math.asin((right - left) / 2 / CIRCLE_M)
    v = CIRCLE_AT[1] + CIRCLE_M * math.cos(half)
    around = arc(CIRCLE_AT, CIRCLE_M, math.pi / 2 + half, 2 * (math.pi - half), CIRCLE_STEP_M)
    return Polygon([(left, v), *around, (right, v)]), ((left, v), (right, v))


def roads() -> dict[str, Polygon]:
    """Return the road polygons; they share their borders."""
    circle, opening = _circle()
    street = box(0.0, -STREET_HALF_M, STREET_END, STREET_HALF_M)
    neck = box(STREET_END, -NECK_M / 2, NECK_END, NECK_M / 2)
    arms = {name: row[1] for name, row in ROADS.items() if row[1]}
    area = union_all([street, neck, circle, *(box(*r) for parts in arms.values() for r in parts)])
    inner, outer = (BEND[0][2], BEND[1][1]), (BEND[0][0], BEND[1][3])
    area = fillet(area, {inner: BEND_INNER_M, outer: BEND_OUTER_M}, 0.0, BEND_STEP_M)
    square = [(u, SQUARE[1][3]) for u in (SQUARE[0][0], SQUARE[0][2])]
    corners = [(b[0][2], b[1][1]) for b in (NARROW_CORNER, WIDE_CORNER)]
    necks = [(STREET_END, v) for v in (-NECK_M / 2, NECK_M / 2)]
    sharp = {key(at): 0.0 for at in (*square, *corners, *necks, *opening)}
    area = fillet(area, sharp, RETURN_M, RETURN_STEP_M)
    cuts = [wire(STREET_END, -NECK_M / 2, STREET_END, NECK_M / 2)]
    for parts in arms.values():
        left, bottom, right, top = parts[0]
        v = bottom if bottom >= 0 else top
        cuts.append(wire(left - RETURN_M, v, right + RETURN_M, v))
    return split(area, cuts, {name: row[2] for name, row in ROADS.items()})


def build() -> Layers:
    """Return all layers of the sample."""
    layers = Layers()
    for name, area in roads().items():
        row = {"id": name, "name": ROADS[name][0], "fire_lane": True, "kerb": "yes", "class": "residential"}
        layers.add("roads", area, **row)
    for name, title, outline in BUILDINGS:
        layers.add("buildings", box(*outline), id=name, name=title, height_m=9.6, floors=3)
    for name, title, line in ENTRANCES:
        layers.add("entrances", line, id=name, name=title, kind="both", gate=False)
    left, _bottom, right, _top = GAP[0]
    side = (LANE_M - GAP_M) / 2
    for n, (u0, u1) in enumerate(((left, left + side), (right - side, right)), 1):
        block = box(u0, -21.0, u1, -19.0)
        layers.add("obstructions", block, id=f"M{n}", kind="structure", removable=False, name="砌体墩")
    posts = (("Z1", "钢制隔离桩（可拆除）", LOOSE, True), ("Z2", "混凝土隔离桩", FIXED, False))
    for name, title, parts, loose in posts:
        left, _bottom, right, _top = parts[0]
        post = Point((left + right) / 2, BOLLARD_V)
        row = {"kind": "bollard", "radius_m": BOLLARD_RADIUS_M, "removable": loose, "name": title}
        layers.add("obstructions", post, id=name, **row)
    return layers
