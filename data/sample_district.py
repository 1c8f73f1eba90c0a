"""Sample A: a residential district of Shenyang with violations placed on purpose.

Drawn in its own axes (u to the right along the rows of houses, v up), see ``FRAME``.
Where a width is judged, the edges are straight and parallel to an axis and the figures are written
out here, so that the answer in ``sample_district_answers.py`` is a subtraction.
"""

from __future__ import annotations

import math

from sample_geometry import Frame, Run, arc, box, edge_runs, fillet, fillet_path, split
from sample_layers import Layers, add_signs, add_trees, avenue, car, slab, tower, wire
from sample_paint import Lane, Mouth, Paint, spread
from shapely import LineString, Point, Polygon, union_all

FRAME = Frame(535_800.0, 4_629_880.0, 0.96, 0.28)

TITLE = "沈阳市示范小区（虚构）"

# ---------------------------------------------------------------- roads: left, bottom, right, top
LOOP_OUTER, LOOP_INNER = (37.25, 36.5, 203.0, 173.0), (42.75, 43.5, 197.0, 167.0)
SOUTH_GATE = (116.5, -12.0, 123.5, 36.5)
EAST_GATE = (203.0, 77.0, 252.0, 83.0)
NORTH_EXIT = (162.5, 173.0, 167.5, 210.0)
MIDDLE = (115.5, 107.0, 124.5, 167.0)  # 9 m wide, its fire lane is drawn inside
CROSS_WEST = (42.75, 103.0, 134.0, 107.0)  # 4.000 m wide
CROSS_EAST = (140.0, 102.7, 197.0, 107.3)  # 4.6 m wide
DEAD_END_NORTH = (72.5, 173.0, 77.5, 204.0)
DEAD_END_WEST = (8.0, 133.01, 37.25, 136.99)  # 3.98 m wide
MUNICIPAL = ((-30.0, -26.0, 266.0, -12.0), (252.0, -26.0, 266.0, 180.0))
FIRE_LANE = (117.75, 106.0, 122.25, 168.0)  # reaches 1 m into the junctions at both ends

BULGE_CHORD_M, BULGE_DEPTH_M, BULGE_V = 6.0, 1.15, 190.0

RADII = {
    **{(u, v): 15.0 for u in (37.25, 203.0) for v in (36.5, 173.0)},
    **{(u, v): 9.0 for u in (42.75, 197.0) for v in (43.5, 167.0)},
    **{(u, v): 9.0 for u in (116.5, 123.5) for v in (-12.0, 36.5)},
    **{(252.0, v): 9.0 for v in (77.0, 83.0)},
    **{(203.0, v): 7.5 for v in (77.0, 83.0)},
    **{(u, 173.0): 7.5 for u in (162.5, 167.5)},
    **{(u, 167.0): 7.5 for u in (115.5, 124.5)},
    (266.0, -26.0): 24.0,
    (252.0, -12.0): 12.0,
}

# id: name, class, fire_lane, kerb, a point inside
ROADS = {
    "R01": ("沁园路、沁园东街", "municipal", False, "yes", (50.0, -20.0)),
    "R02": ("南门路", "residential", True, "yes", (120.0, 20.0)),
    "R03": ("东门路", "residential", True, None, (220.0, 80.0)),
    "R04": ("北门路", "residential", True, "no", (165.0, 190.0)),
    "R05": ("环路南段", "residential", True, "yes", (90.0, 40.0)),
    "R06": ("环路东段", "residential", True, "yes", (200.0, 120.0)),
    "R07": ("环路北段", "residential", True, "yes", (140.0, 170.0)),
    "R08": ("环路西段", "residential", True, "yes", (40.0, 90.0)),
    "R09": ("宅间路西段", "residential", True, "no", (80.0, 105.0)),
    "R10": ("宅间路东段", "residential", True, "no", (170.0, 105.0)),
    "R11": ("中心路", "residential", True, "yes", (120.0, 140.0)),
    "R12": ("北尽端路", "residential", True, "yes", (75.0, 185.0)),
    "R13": ("西尽端路", "residential", True, "no", (20.0, 135.0)),
}

CUTS = [
    wire(116.5, 0, 123.5, 0), wire(107.5, 36.5, 132.5, 36.5),  # south gate: mouth, loop
    wire(240, 77, 240, 83), wire(203, 69.5, 203, 90.5),  # east gate: mouth, loop
    wire(155, 173, 175, 173), wire(66.5, 173, 83.5, 173),  # north exit, north dead end
    wire(108, 167, 132, 167), wire(109.5, 107, 130.5, 107),  # middle road: both ends
    wire(120, 103, 120, 107), wire(42.75, 97, 42.75, 113), wire(197, 96.7, 197, 113.3),  # cross road
    wire(37.25, 127.01, 37.25, 142.99),  # west dead end
    wire(55, 36.5, 55, 43.5), wire(185, 36.5, 185, 43.5),  # the loop's four sides
    wire(55, 167, 55, 173), wire(185, 167, 185, 173),
]  # fmt: skip

MOUTHS = (
    Mouth("E1", wire(116.5, 0, 123.5, 0), (0.0, 1.0)),
    Mouth("E2", wire(240, 77, 240, 83), (-1.0, 0.0), lettering=False),
    Mouth("E3", wire(162.5, 210, 167.5, 210), (0.0, -1.0), grid=False),
)

# ------------------------------------------------------------------------------------------ lanes
# id: corners of the road's axis from node to node, half of the pavement's width
AXES = {
    "L1": (((120, 40), (200, 40), (200, 80)), 3.5),
    "L2": (((200, 80), (200, 105)), 3.0),
    "L3": (((200, 105), (200, 170), (165, 170)), 3.0),
    "L4": (((165, 170), (120, 170)), 3.0),
    "L5": (((120, 170), (75, 170)), 3.0),
    "L6": (((75, 170), (40, 170), (40, 135)), 3.0),
    "L7": (((40, 135), (40, 105)), 2.75),
    "L8": (((40, 105), (40, 40), (120, 40)), 3.5),
    "G1": (((120, 0), (120, 40)), 3.5),
    "G2": (((240, 80), (200, 80)), 3.0),
    "G3": (((165, 210), (165, 170)), 2.5),
    "X1": (((40, 105), (120, 105)), 2.0),
    "X2": (((120, 105), (200, 105)), 2.3),
    "A1": (((120, 105), (120, 170)), 4.5),
    "D1": (((75, 170), (75, 204)), 2.5),
    "D2": (((40, 135), (8, 135)), 1.99),
}
GRID_DEPTH_M = {"G1": 6.0, "G2": 6.0, "G3": 5.0}
X1_BOXES = (10.0, 20.0, 33.0, 46.0, 59.0, 70.0)  # the fourth is missing: 26 m from 33 to 59

MISSING_LINE = box(150.0, 100.0, 162.0, 104.0)  # 12 m of the cross road's south side
MISSING_KERB = box(130.0, 172.0, 148.0, 174.0)  # 18 m of the loop's north side


def lanes() -> dict[str, Lane]:
    """Return the lanes with their boxes."""
    out = {}
    for name, (corners, _half) in AXES.items():
        axis = fillet_path(corners, 12.0)
        boxes = X1_BOXES if name == "X1" else spread(axis.length, grid=GRID_DEPTH_M.get(name, 0.0))
        out[name] = Lane(
            name, axis, boxes,
            without_box=frozenset({3} if name == "X1" else ()),
            without_text=frozenset({1} if name == "L3" else ()),
            worn_box=frozenset({4} if name == "L8" else ()),
        )  # fmt: skip
    return out


def bulge() -> Polygon:
    """Return the flower bed that bulges into the north dead end from the right."""
    edge = DEAD_END_NORTH[2]
    radius = ((BULGE_CHORD_M / 2) ** 2 + BULGE_DEPTH_M**2) / (2 * BULGE_DEPTH_M)
    centre = (edge - BULGE_DEPTH_M + radius, BULGE_V)
    half = math.asin(BULGE_CHORD_M / 2 / radius)
    upper = arc(centre, radius, math.pi - half, half)
    lower = arc(centre, radius, math.pi, half)
    low, high = BULGE_V - BULGE_CHORD_M / 2, BULGE_V + BULGE_CHORD_M / 2
    return Polygon(
        [
            (edge, high),
            *upper,
            (edge - BULGE_DEPTH_M, BULGE_V),
            *lower,
            (edge, low),
            (edge + 1, low),
            (edge + 1, high),
        ]
    )


def roads() -> dict[str, Polygon]:
    """Return the road polygons; they share their borders."""
    taper = Polygon([(134, 103), (140, 102.7), (140, 107.3), (134, 107)])
    rectangles = (
        SOUTH_GATE, EAST_GATE, NORTH_EXIT, MIDDLE, CROSS_WEST, CROSS_EAST,
        DEAD_END_NORTH, DEAD_END_WEST, *MUNICIPAL,
    )  # fmt: skip
    area = union_all(
        [box(*LOOP_OUTER).difference(box(*LOOP_INNER)), taper, *(box(*r) for r in rectangles)]
    ).difference(bulge())
    pavement = fillet(area, RADII, kerb_return=6.0)
    return split(pavement, CUTS, {name: row[4] for name, row in ROADS.items()})


def runs_of(areas: dict[str, Polygon]) -> tuple[list[Run], dict[int, bool]]:
    """Return the edges of the judged roads and whether each has a kerb."""
    judged = {name: area for name, area in areas.items() if ROADS[name][2]}
    # the straight south side of the west dead end is a run of its own: its line is painted wrong
    breaks = [(8.0, 133.01), (8.0, 136.99), (31.25, 133.01)]
    runs = edge_runs(judged, [m.line for m in MOUTHS], breaks)
    kerbed = {
        n: run.road not in {"R04", "R09", "R10", "R13"}
        and not (run.road == "R03" and run.line.centroid.y < 80)
        for n, run in enumerate(runs)
    }
    return runs, kerbed


BUILDINGS = [
    ("1号楼", slab(50, 50, 106, 62, 4), 6), ("2号楼", slab(128, 50, 190, 62, 4), 6),
    ("3号楼", slab(52, 82, 106, 94, 4), 6), ("4号楼", slab(130, 82, 188, 94, 4), 6),
    ("5号楼", slab(50, 114, 108, 126, 4), 6), ("6号楼", slab(132, 114, 190, 126, 4), 6),
    ("7号楼", slab(52, 146, 108, 158, 4), 6), ("8号楼", slab(132, 146, 188, 158, 4), 6),
    ("9号楼", slab(88, 184, 150, 197, 4), 11), ("10号楼", slab(178, 184, 230, 197, 4), 11),
    ("11号楼", slab(14, 184, 62, 197, 3), 11), ("12号楼", tower(8, 96, 28, 118), 18),
    ("13号楼", tower(9, 150, 29, 172), 18), ("14号楼", tower(212, 96, 233, 118), 18),
    ("幼儿园", Polygon([(6, 50), (30, 50), (30, 62), (19, 62), (19, 78), (6, 78)]), 3),
    ("物业服务中心", box(212, 130, 230, 141), 2), ("配电室", box(212, 158, 221, 166), 1),
    ("社区会所", Polygon([(212, 40), (232, 40), (232, 60), (224, 60), (224, 52), (212, 52)]), 2),
    ("商业网点A", box(6, 3, 108, 15), 2), ("商业网点B", box(132, 3, 233, 15), 2),
    ("门卫室", box(126, 1.5, 130, 5.5), 1),
]  # fmt: skip


def _obstructions(layers: Layers) -> None:
    def add(row_id: str, kind: str, geometry, **values) -> None:
        layers.add("obstructions", geometry, id=row_id, kind=kind, **values)

    add("B01", "bollard", Point(200.2, 140.0), radius_m=0.1, name="隔离桩")  # 3.1 | 2.7
    for n in range(4):  # a row of 20 m: 4 cars of 4.55 m, three gaps of 0.60 m, 0.23 m off the kerb
        low = 62.0 + n * (4.55 + 0.60)
        add(f"V{n + 1:02d}", "vehicle", box(37.48, low, 39.33, low + 4.55), name="违停车辆")
    add("S01", "structure", box(89.0, 171.5, 90.0, 173.0), name="砖砌花坛")  # the chicane
    add("S02", "structure", box(91.0, 167.0, 92.0, 168.5), name="快递柜")
    add("TX1", "tree", Point(170.0, 103.1), radius_m=0.15, name="路内树木")
    add("TX2", "tree", Point(166.5, 195.0), radius_m=0.20, name="路内树木")
    add("V05", "vehicle", box(150.0, 37.1, 154.6, 39.0), name="停放车辆")
    add("V06", "vehicle", box(116.35, 136.0, 118.15, 140.5), name="越线停放车辆")
    add("ST1", "stall", box(64.0, 42.0, 66.5, 43.5), name="早点摊")
    add("AR1", "arch", box(196.4, 93.1, 203.6, 93.9), clear_height_m=3.6, top_m=4.4, name="限高架")
    for name, u, v0, v1, height in (
        ("OL1", 57.0, 160.0, 181.0, 3.9),
        ("OL2", 178.0, 161.0, 180.0, None),
        ("OL3", 80.0, 30.0, 47.0, 4.0),
    ):
        add(name, "overhead_line", wire(u, v0, u, v1), clear_height_m=height, name="架空通信线")
        for end, v in (("a", v0), ("b", v1)):
            add(f"{name}{end}", "pole", Point(u, v), radius_m=0.15, name="线杆")
    add("GT1", "gate", wire(70.0, 103.0, 70.0, 107.0), openable=True, name="宅间道闸")
    for n, corners in enumerate(
        ([(0, 0), (0, 210), (161, 210)], [(169, 210), (240, 210), (240, 84)], [(240, 76), (240, 0)]), 1
    ):
        add(f"F{n:02d}", "fence", LineString(corners), name="小区围墙")
    for n, (u, v, turned) in enumerate(
        [
            (123.4, 119, 90),
            (123.35, 131.2, 91),
            (123.4, 143, 89),
            (116.6, 125, 90),
            (116.65, 149.1, 90.5),
            (123.4, 155, 90),
        ],
        7,
    ):  # in their bays along the middle road
        add(f"V{n:02d}", "vehicle", car(u, v, 4.4, 1.8, turned))
    for n, u in enumerate((135.2, 140.3, 142.8), 13):  # in the bays beside the loop
        add(f"V{n:02d}", "vehicle", car(u, 33.6, 4.6, 1.8, 90))


def _parking(layers: Layers) -> None:
    bays = [
        ("existing", "parallel", box(u, 116 + 6 * n, u + 2.2, 122 + 6 * n))
        for u in (115.5, 122.3)
        for n in range(7)
    ]
    bays += [("existing", "perpendicular", box(134 + 2.5 * n, 31.0, 136.5 + 2.5 * n, 36.3)) for n in range(5)]
    bays += [("planned", "parallel", box(197.0, 54 + 6 * n, 199.3, 60 + 6 * n)) for n in range(2)]
    bays += [("planned", "parallel", box(84 + 6 * n, 36.5, 90 + 6 * n, 38.8)) for n in range(2)]
    bays += [
        ("planned", "perpendicular", box(206 + 2.5 * n, 143.0, 208.5 + 2.5 * n, 148.3)) for n in range(8)
    ]
    for n, (status, orientation, area) in enumerate(bays, 1):
        layers.add("parking", area, id=f"P{n:02d}", status=status, orientation=orientation)


def _signs(layers: Layers, areas: dict[str, Polygon]) -> None:
    drawn = lanes()
    of_lane = add_signs(
        layers, [(m.line, m.inward) for m in MOUTHS],
        [(drawn[name].axis, AXES[name][1]) for name in AXES], list(areas.values()),
    )  # fmt: skip
    layers.rows["signs"][of_lane.index(list(AXES).index("L5"))]["condition"] = "worn"


def _trees(layers: Layers, areas: dict[str, Polygon], runs: list[Run]) -> None:
    street = edge_runs({"R01": areas["R01"]}, [m.line for m in MOUTHS])
    places = avenue([r for r in runs if r.road in {"R02", "R05", "R06", "R07", "R08", "R11"}], 1.6, 8.0)
    places += [p for p in avenue(street, 2.0, 9.0) if p[0] < 241 and p[1] > -11]
    for n, at in enumerate([(u, v) for v in (70, 73.5, 134, 138) for u in range(50, 192, 9)]):
        places.append((at[0] + 3 * math.sin(2.3 * n), at[1] + 1.5 * math.cos(1.7 * n)))
    add_trees(layers, [p for p in places if p[0] > -1], list(areas.values()))


def build() -> Layers:
    """Return all layers of the sample."""
    layers, areas = Layers(), roads()
    for name, (title, kind, judged, kerb, _at) in ROADS.items():
        row = {"id": name, "name": title, "fire_lane": judged, "kerb": kerb, "class": kind}
        layers.add("roads", areas[name], **row)
    layers.add("fire_lanes", box(*FIRE_LANE), id="FL1", name="中心路消防车通道")
    for n, (title, outline, floors) in enumerate(BUILDINGS, 1):
        layers.add(
            "buildings",
            outline,
            id=f"BD{n:02d}",
            name=title,
            height_m=round(floors * 2.95 + 0.6, 2),
            floors=floors,
        )
    layers.add(
        "entrances", wire(116.5, 0, 123.5, 0), id="E1", name="南门", kind="both", gate=True, openable=True
    )
    # drawn 0.15 m short at both ends, as gate posts are: the ends snap to the pavement edge
    layers.add(
        "entrances", wire(240, 77.15, 240, 82.85), id="E2", name="东门", kind="both", gate=True, openable=False,
        clear_height_m=4.5,
    )  # fmt: skip
    layers.add(
        "entrances", wire(162.5, 210, 167.5, 210), id="E3", name="北门", kind="exit", gate=True, openable=None
    )
    runs, kerbed = runs_of(areas)
    for n, run in enumerate(r for i, r in enumerate(runs) if kerbed[i]):
        layers.add("kerbs", run.line, id=f"K{n + 1:02d}", height_m=0.15, top_width_m=0.12)
    _parking(layers)
    _obstructions(layers)
    paint = Paint()
    wrong = {
        n: 0.50
        for n, r in enumerate(runs)
        if r.road == "R13" and r.line.bounds[1] > 133.0 and r.line.bounds[3] < 133.02
    }
    paint.edges(
        runs, kerbed, gaps=[m.area() for m in MOUTHS if m.grid] + [MISSING_LINE],
        kerb_gaps=[MISSING_KERB], shifted=wrong,
    )  # fmt: skip
    paint.boxes(lanes().values())
    paint.grids(MOUTHS)
    layers.rows["markings"] = paint.rows
    _signs(layers, areas)
    _trees(layers, areas, runs)
    return layers
