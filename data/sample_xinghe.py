"""星河苑（虚构）, a residential compound as a design institute draws it: the DXF plan and its known answers.

Coordinates are metres from the south-west corner of the compound; the file holds millimetres, and says metres.

    y
    64 ┌──────────────── N 4.000, arch at 3.5 ────────────┐
    60 │ ┌──────────────────────────────────────────────┐ │
       │ │                    D 3.600                   │ │
       W │                     ┌┐                       E │   W 6.000, bays leave 3.800
       │ │                     ││                       │ │   E 5.500, bollards leave 1.400
    16 │ └─────────────────────┘└───────────────────────┘ │
 gate ─┘ fire lane 4.000           tree leaves 4.500      │   M 6.000
    10 ───────────────────────────────────────────────────┘
      0  20 26               60  63.6                100 105.5  x
"""

from __future__ import annotations

from itertools import pairwise

from sample_answers import Answer
from sample_dxf import QUARTER, Drawing
from sample_geometry import Frame

TITLE = "星河苑（虚构）· CAD 总平面图"
FRAME = Frame(0.0, 0.0, 1.0, 0.0)

EDGE, MIDDLE, LANE, KERB = "道路边线", "道路中心线", "消防车道", "路缘石"
HOUSE, BAY, TREE, BOLLARD, WALL, GATE, ARCH = "建筑", "车位", "乔木", "隔离桩", "围墙", "大门", "限高架"
NOTE, FRAME_LAYER = "标注", "图框"
COLOURS = {
    EDGE: 7, MIDDLE: 1, LANE: 30, KERB: 8, HOUSE: 4, BAY: 5, TREE: 3, BOLLARD: 6, WALL: 2, GATE: 6, ARCH: 1, NOTE: 7,
    FRAME_LAYER: 7,
}  # fmt: skip

METRES = 6
"""What ``$INSUNITS`` says; the coordinates are millimetres."""
GAP_M = 0.004
"""Ends that do not meet: one in the edge of a road, one in the outline of a house."""

BOLLARDS = (101.0, 102.5, 104.0)
BOLLARD_RADIUS_M = 0.1
BOLLARD_ROW_Y = 36.0
BAYS = ((26.0, 28.0, False), (26.0, 34.0, False), (26.0, 46.0, True))
"""South-east corner of each bay on road W; the last is drawn mirrored, from its north-east corner."""

SITE_TOML = """\
# 星河苑（虚构）。其余图层按名称识别；这里只写图中读不出的内容：限高架的净空高度在图块属性“净高”中。
# Xinghe (fictitious). All else is known by the layers' names; here stands what they cannot tell: the clear height of the arch
# is in the attribute 净高 of its block. Whatever is declared for `obstructions` replaces all that is guessed for it.

[site]
id = "xinghe_plan"
name = "沈阳市星河苑（虚构）"

[[layers.obstructions]]
from = "限高架"
set = { kind = "arch" }
columns = { clear_height_m = "净高" }

[[layers.obstructions]]
from = "隔离桩"
set = { kind = "bollard" }

[[layers.obstructions]]
from = "乔木"
set = { kind = "tree" }

[[layers.obstructions]]
from = "围墙"
set = { kind = "wall" }
"""


def build() -> Drawing:
    """Return the plan."""
    d = Drawing(unit_code=METRES, layers=dict(COLOURS))
    _roads(d)
    _houses(d)
    _things(d)
    _notes(d)
    return d


def _roads(d: Drawing) -> None:
    """Draw edges and centrelines: polylines with bulges here, lines and arcs there, as they come from several hands."""
    # Outside of the loop: from the gate along the south and the east …
    d.polyline(
        EDGE, [(-6, 10), (94, 10), (105.5, 21.5), (105.5, 54), (95.5, 64), (60, 64)], bulges=[0, QUARTER, 0, QUARTER, 0],
    )  # fmt: skip
    # … along the north and the west, back to the gate: lines and arcs, two ends 4 mm apart.
    d.line(EDGE, (60, 64), (30, 64))
    d.arc(EDGE, (30, 54), 10, 90, 180)
    d.line(EDGE, (20, 54 - GAP_M), (20, 22))
    d.arc(EDGE, (14, 22), 6, 270, 360)
    d.line(EDGE, (14, 16), (-6, 16))
    # Inside of the loop, with the dead end.
    d.arc(EDGE, (32, 22), 6, 180, 270)
    d.polyline(EDGE, [(32, 16), (54, 16), (60, 22), (60, 40), (63.6, 40), (63.6, 22), (69.6, 16)],
               bulges=[0, QUARTER, 0, 0, 0, QUARTER])  # fmt: skip
    d.line(EDGE, (69.6, 16), (94, 16))
    d.arc(EDGE, (94, 22), 6, 270, 360)
    d.line(EDGE, (100, 22), (100, 54))
    d.arc(EDGE, (94, 54), 6, 0, 90)
    d.line(EDGE, (94, 60), (32, 60))
    d.polyline(EDGE, [(32, 60), (26, 54), (26, 22)], bulges=[QUARTER])
    # Centrelines.
    d.polyline(MIDDLE, [(-6, 13), (93.75, 13), (102.75, 22), (102.75, 54), (94.75, 62), (31, 62), (23, 54), (23, 13)],
               bulges=[0, QUARTER, 0, QUARTER, 0, QUARTER])  # fmt: skip
    d.line(MIDDLE, (61.8, 13), (61.8, 40))
    # The designated lane: outlined, and filled as well.
    lane = [(30.0, 11.0), (54.0, 11.0), (54.0, 15.0), (30.0, 15.0)]
    d.polyline(LANE, lane, closed=True)
    d.hatch(LANE, lane)
    d.line(KERB, (0, 10), (94, 10))


def _houses(d: Drawing) -> None:
    slab = d.block("住宅A")
    slab.polyline("0", [(0, 0), (24, 0), (24, 12), (16, 12), (16, 13.2), (12, 13.2), (12, 12), (0, 12)], closed=True)
    slab.text("0", (2, 1), "南")
    d.insert(HOUSE, "住宅A", (31, 30))
    d.insert(HOUSE, "住宅A", (94, 30), mirrored=True)
    d.insert(HOUSE, "住宅A", (121, 20), turn_deg=90)
    d.box(HOUSE, 36, 46.5, 56, 55)
    # The gatehouse: four lines, the last of which ends short of the first.
    corners = [(4.0, 18.0), (10.0, 18.0), (10.0, 22.0), (4.0, 22.0), (4.0, 18.0 + GAP_M)]
    for a, b in pairwise(corners):
        d.line(HOUSE, a, b)
    for place, name, floors in (
        ((40, 37), "1#楼", "11F"), ((82, 37), "2#楼", "11F"), ((112, 32), "3#楼", "18F/D1"), ((46, 51), "社区用房", "3F"),
        ((6, 20), "门卫", "1F"),
    ):  # fmt: skip
        d.text(NOTE, place, name)
        d.text(NOTE, (place[0], place[1] - 1.8 if name != "门卫" else place[1] - 1.5), floors, 1.0)


def _things(d: Drawing) -> None:
    bay = d.block("停车位")
    bay.box("0", 0, 0, 2.2, 6.0)
    for x, y, mirrored in BAYS:
        if mirrored:  # about its own axis, then turned by half: it lies where an unmirrored one would
            d.insert(BAY, "停车位", (x - 2.2, y), mirrored=True, turn_deg=180.0)
        else:
            d.insert(BAY, "停车位", (x - 2.2, y))
    for n in range(4):  # beside road E, off the pavement
        d.insert(BAY, "停车位", (112.0, 48.0 + 2.2 * n), turn_deg=90)
    tree = d.block("乔木1")
    tree.circle("0", (0, 0), 1.5)
    tree.line("0", (-1.5, 0), (1.5, 0))
    tree.line("0", (0, -1.5), (0, 1.5))
    for n, place in enumerate([(80, 14.5), (40, 26), (52, 26), (72, 26), (86, 26), (14, 30), (14, 44)]):
        d.insert(TREE, "乔木1", place, turn_deg=30.0 * n)
    for x in BOLLARDS:
        d.circle(BOLLARD, (x, BOLLARD_ROW_Y), BOLLARD_RADIUS_M)
    d.polyline(WALL, [(0, 9.7), (0, 4), (122, 4), (122, 72), (0, 72), (0, 16.3)])
    d.box(GATE, -0.1, 10, 0.1, 16)
    arch = d.block("限高架")
    arch.box("0", -3.0, -0.15, 3.0, 0.15)
    d.insert(ARCH, "限高架", (60, 62), turn_deg=90, attributes=[("净高", "3.5")])
    # A wall of 天正: an object that only the add-on can draw.
    d.classes.append(("TCH_WALL", "TDbWall", "TchKernal"))
    d.add("TCH_WALL", HOUSE, [(100, "TDbWall"), (10, 36000.0), (20, 46500.0), (30, 0.0), (11, 56000.0), (21, 46500.0), (31, 0.0)])


def _notes(d: Drawing) -> None:
    d.text(NOTE, (62, 65), "限高3.5m", 1.0)
    for place, text in (((8, 12.6), "小区主路"), ((21, 24), "6.0"), ((61, 30), "3.6"), ((75, 61.6), "4.0"), ((101.5, 26), "5.5")):
        d.text(NOTE, place, text, 0.6)
    d.line(NOTE, (20, 24), (26, 24))
    d.box(FRAME_LAYER, -12, -12, 128, 80)
    d.box(FRAME_LAYER, 98, -12, 128, -2)
    d.text(FRAME_LAYER, (100, -6), "星河苑 总平面图 1:500", 1.2)
    d.text(FRAME_LAYER, (100, -10), "虚构图纸 仅供示例", 1.0)


def lane_points() -> dict[str, tuple[tuple[float, float], str]]:
    """Return a point on each lane, and the road's letter in the sketch above."""
    return {
        "gate": ((10.0, 13.0), "M"), "fire lane": ((42.0, 13.0), "M"), "D": ((61.8, 30.0), "D"),
        "loop": ((102.75, 40.0), "M, E, N, W"),
    }  # fmt: skip


def answers(d: Drawing) -> list[Answer]:
    """Return what is known of the plan, each figure by a subtraction; ids are the handles of the entities."""
    width, height, standing = "sy2020-14-clear-width", "sy2020-14-clear-height", "sy2020-10-obstruction"
    bollards, bays = d.named(BOLLARD, "CIRCLE"), d.named(BAY, "INSERT")[: len(BAYS)]
    [arch] = d.named(ARCH, "INSERT")
    tree = d.named(TREE, "INSERT")[0]
    beside_m = 105.5 - (BOLLARDS[-1] + BOLLARD_RADIUS_M)  # between the last bollard and the east edge
    out = [
        Answer("violation", width, "fail", "lane", "D", (61.8, 31.0), "尽端路两边线间距 63.6 − 60.0", "edges of the dead end, 63.6 − 60.0",
               3.6, within_m=10.0),
        Answer("violation", width, "fail", "lane", "loop", (104.8, BOLLARD_ROW_Y),
               "隔离桩与东侧边线之间 105.5 − 104.1；桩间 1.3", "from the last bollard to the east edge, 105.5 − 104.1; 1.3 between bollards",
               beside_m, owners=tuple(bollards)),
        Answer("violation", width, "fail", "lane", "loop", (21.9, 37.0), "西侧边线与车位之间 23.8 − 20.0",
               "from the west edge to the bays, 23.8 − 20.0", 3.8, within_m=10.0, owners=tuple(bays)),
        Answer("violation", height, "fail", "lane", "loop", (60.0, 62.0), "限高架横跨全路面，净高见图块属性",
               "the arch spans the road; its height is the block's attribute", 3.5, within_m=3.0, owners=(arch,)),
    ]  # fmt: skip
    out += [
        Answer("violation", standing, "fail", "obstruction", own, (x, BOLLARD_ROW_Y), "固定隔离桩，旁边没有 4 m 通路",
               "a bollard, no 4 m way beside it", beside_m, owners=(own,))
        for own, x in zip(bollards, BOLLARDS, strict=True)
    ]  # fmt: skip
    out += [
        Answer("violation", standing, "fail", "parking", own, (24.9, y), "路内车位，旁边仅余 3.800 m",
               "a bay on the road, 3.800 m left beside it", 3.8, within_m=4.0, owners=(own,))
        for own, y in zip(bays, (31.0, 37.0, 43.0), strict=True)
    ]  # fmt: skip
    out += [
        Answer("notable", width, "pass", "lane", "gate", (10.0, 13.0), "主路两边线间距 16 − 10", "edges of the main road, 16 − 10", 6.0,
               within_m=20.0),
        Answer("notable", width, "pass", "lane", "fire lane", (42.0, 13.0), "划定的消防车道恰宽 15 − 11", "the designated lane, 15 − 11",
               4.0, within_m=15.0),
        Answer("notable", standing, "pass", "obstruction", tree, (80.0, 14.5), "树木旁边 14.5 − 10；树冠不是树干", "beside the tree, 14.5 − 10; its crown is no trunk",
               4.5, owners=(tree,)),
        Answer("notable", "sy2020-10-gate", "not_measured", "entrance", d.named(GATE, "LWPOLYLINE")[0], (0.0, 13.0),
               "图上未说明大门能否开启", "nothing tells whether the gate opens"),
    ]  # fmt: skip
    return out
