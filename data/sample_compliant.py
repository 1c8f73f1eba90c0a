"""Sample B: a small housing estate that complies, with all its paint and signs surveyed."""

from __future__ import annotations

import math

from sample_answers import Answer
from sample_geometry import Frame, Pt, Run, box, edge_runs, fillet, fillet_path, split
from sample_layers import Layers, add_signs, add_trees, avenue, car, slab, tower, wire
from sample_paint import Lane, Mouth, Paint, spread
from shapely import LineString, Point, Polygon, union_all

FRAME = Frame(536_420.0, 4_630_310.0, 0.96, -0.28)

TITLE = "沈阳市和畅家园（虚构）"

THROUGH = ((0.0, 27.0, 93.0, 33.0), (87.0, 27.0, 93.0, 132.0))  # 6 m, one bend
DEAD_END = (56.0, 82.5, 87.0, 87.5)  # 5 m, 31 m long
MUNICIPAL = (-24.0, -12.0, -10.0, 120.0)

RADII = {
    (93.0, 27.0): 16.0,
    (87.0, 33.0): 10.0,
    **{(0.0, v): 9.0 for v in (27.0, 33.0)},
    **{(-10.0, v): 9.0 for v in (27.0, 33.0)},
}

ROADS = {
    "R1": ("和畅街", "municipal", False, "yes", (-17.0, 0.0)),
    "R2": ("小区西路", "residential", True, "yes", (40.0, 30.0)),
    "R3": ("小区东路", "residential", True, "yes", (90.0, 110.0)),
    "R4": ("宅前路", "residential", True, "no", (65.0, 85.0)),
}

CUTS = [wire(0, 27, 0, 33), wire(72, 27, 72, 33), wire(87, 76.5, 87, 93.5)]

MOUTHS = (
    Mouth("E1", wire(0, 27, 0, 33), (1.0, 0.0)),
    Mouth("E2", wire(87, 132, 93, 132), (0.0, -1.0)),
)

AXES = {
    "W": (((0, 30), (90, 30), (90, 85)), 3.0, 6.0),
    "N": (((90, 132), (90, 85)), 3.0, 6.0),
    "D": (((90, 85), (56, 85)), 2.5, 0.0),
}
ROAD_OF_LANE = {"W": "R2", "N": "R3", "D": "R4"}

BUILDINGS = [
    ("1号楼", slab(12, 44, 72, 56, 4), 6), ("2号楼", slab(12, 92, 74, 104, 4), 6),
    ("3号楼", slab(14, 118, 79, 130, 4), 6), ("4号楼", tower(102, 40, 122, 62), 11),
    ("5号楼", tower(102, 84, 122, 106), 11), ("物业用房", box(10, 8, 34, 18), 1),
    ("门卫室", box(2.5, 35.5, 6.5, 39.0), 1),
]  # fmt: skip


def lanes() -> dict[str, Lane]:
    """Return the lanes with their boxes."""
    out = {}
    for name, (corners, _half, grid) in AXES.items():
        axis = fillet_path(corners, 13.0)
        out[name] = Lane(name, axis, spread(axis.length, grid=grid))
    return out


def lane_points() -> dict[str, tuple[Pt, str]]:
    """Return a point on each lane, and the road it lies on."""
    at = {"W": (40.0, 30.0), "N": (90.0, 115.0), "D": (65.0, 85.0)}
    return {name: (at[name], ROAD_OF_LANE[name]) for name in AXES}


def roads() -> dict[str, Polygon]:
    """Return the road polygons; they share their borders."""
    apron = box(-10, 27, 0, 33)
    area = union_all([apron, box(*DEAD_END), box(*MUNICIPAL), *(box(*r) for r in THROUGH)])
    return split(fillet(area, RADII, kerb_return=6.0), CUTS, {n: row[4] for n, row in ROADS.items()})


def runs_of(areas: dict[str, Polygon]) -> tuple[list[Run], dict[int, bool]]:
    """Return the edges of the judged roads and whether each has a kerb."""
    judged = {name: area for name, area in areas.items() if ROADS[name][2]}
    runs = edge_runs(judged, [m.line for m in MOUTHS])
    return runs, {n: run.road != "R4" for n, run in enumerate(runs)}


def _signs(layers: Layers, areas: dict[str, Polygon]) -> None:
    drawn = lanes()
    add_signs(
        layers, [(m.line, m.inward) for m in MOUTHS],
        [(drawn[name].axis, AXES[name][1]) for name in AXES], list(areas.values()),
    )  # fmt: skip


def build() -> Layers:
    """Return all layers of the sample."""
    layers, areas = Layers(), roads()
    for name, (title, kind, judged, kerb, _at) in ROADS.items():
        row = {"id": name, "name": title, "fire_lane": judged, "kerb": kerb, "class": kind}
        layers.add("roads", areas[name], **row)
    for n, (title, outline, floors) in enumerate(BUILDINGS, 1):
        layers.add(
            "buildings",
            outline,
            id=f"BD{n}",
            name=title,
            height_m=round(floors * 2.95 + 0.6, 2),
            floors=floors,
        )
    for mouth, title in zip(MOUTHS, ("西门", "北门"), strict=True):
        layers.add("entrances", mouth.line, id=mouth.id, name=title, kind="both", gate=True, openable=True)
    runs, kerbed = runs_of(areas)
    for n, run in enumerate(r for i, r in enumerate(runs) if kerbed[i]):
        layers.add("kerbs", run.line, id=f"K{n + 1}", height_m=0.15, top_width_m=0.12)
    for n in range(6):
        layers.add(
            "parking",
            box(24 + 2.5 * n, 21.4, 26.5 + 2.5 * n, 26.7),
            id=f"P{n + 1:02d}",
            status="existing",
            orientation="perpendicular",
        )
    for n in range(2):  # 2.0 m of a 6 m road with parallel bays: 4.0 m stay
        layers.add(
            "parking",
            box(91.0, 108 - 6 * n, 93.0, 114 - 6 * n),
            id=f"P{n + 7:02d}",
            status="planned",
            orientation="parallel",
        )

    layers.add(
        "obstructions",
        wire(46, 20, 46, 41),
        id="OL1",
        kind="overhead_line",
        clear_height_m=5.2,
        name="架空通信线",
    )
    for end, v in (("a", 20.0), ("b", 41.0)):
        layers.add("obstructions", Point(46, v), id=f"OL1{end}", kind="pole", radius_m=0.15, name="线杆")
    layers.add(
        "obstructions",
        LineString([(0, 26), (0, 2), (128, 2), (128, 132), (94, 132)]),
        id="F1",
        kind="fence",
        name="小区围墙",
    )
    layers.add(
        "obstructions", LineString([(86, 132), (0, 132), (0, 34)]), id="F2", kind="fence", name="小区围墙"
    )
    for n, u in enumerate((25.2, 30.3, 35.2), 1):
        layers.add("obstructions", car(u, 24.0, 4.6, 1.8, 90), id=f"V{n}", kind="vehicle", name="车位内车辆")
    layers.add("obstructions", wire(30, 27, 30, 33), id="GT1", kind="gate", openable=True, name="车辆道闸")

    paint = Paint()
    paint.edges(runs, kerbed, gaps=[m.area() for m in MOUTHS], as_lines=True)
    paint.boxes(lanes().values())
    paint.grids(MOUTHS)
    layers.rows["markings"] = paint.rows
    _signs(layers, areas)
    places = avenue(runs, 1.7, 7.5) + [(u, 66 + 4 * math.sin(u)) for u in range(14, 78, 8)]
    add_trees(layers, places, list(areas.values()))
    return layers


def answers(layers: Layers) -> list[Answer]:
    """Return the known answers: no violation, and a few passes that lie on the limit."""
    assert layers.rows["roads"]

    def note(rule: str, kind: str, subject: str, at: Pt, zh: str, en: str, value=None, **more) -> Answer:
        return Answer("notable", rule, "pass", kind, subject, at, zh, en, value, **more)

    return [
        note(
            "sy2020-14-clear-width",
            "lane",
            "D",
            (65.0, 85.0),
            "5 m 尽端路，长 31 m",
            "dead end 5 m wide, 31 m long",
            5.0,
            within_m=20.0,
        ),
        note("sy2020-14-clear-width", "lane", "W", (40.0, 30.0), "6 m 路面", "6 m road", within_m=60.0),
        note(
            "sy2020-14-parking",
            "parking",
            "P07",
            (92.0, 111.0),
            "规划泊位旁恰余 4.000 m",
            "exactly 4.000 m left beside the planned bay",
            4.0,
            within_m=5.0,
            owners=("P07",),
        ),
        note(
            "sy2020-14-parking",
            "parking",
            "P08",
            (92.0, 105.0),
            "规划泊位旁恰余 4.000 m",
            "exactly 4.000 m left beside the planned bay",
            4.0,
            within_m=5.0,
            owners=("P08",),
        ),
        note(
            "sy2020-14-clear-height",
            "lane",
            "W",
            (46.0, 30.0),
            "架空线净空 5.2 m",
            "overhead line at 5.2 m",
            within_m=60.0,
        ),
        note(
            "sy2020-10-gate",
            "entrance",
            "E1",
            (0.0, 30.0),
            "西门可立即打开",
            "the west gate opens at once",
            within_m=5.0,
            owners=("E1",),
        ),
        note(
            "sy2020-10-gate",
            "entrance",
            "E2",
            (90.0, 132.0),
            "北门可立即打开",
            "the north gate opens at once",
            within_m=5.0,
            owners=("E2",),
        ),
        note(
            "sy2020-12-responsible",
            "site",
            "shenyang_compliant",
            (60.0, 60.0),
            "实行物业管理，由物业服务企业负责",
            "managed: the property-service company is responsible",
            within_m=200.0,
        ),
    ]
