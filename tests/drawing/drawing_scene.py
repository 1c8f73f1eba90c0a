"""A made-up site with its audit and marking plan, true to size, for the drawing's tests.

An L-shaped lane of 6 m with a mouth at each end and a dead-end branch of 4.5 m; four buildings,
obstructions, a kerbed stretch, boxes and grids as blocks, three findings that fail.
"""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, affinity, box

from firelane.auditing.record import Audit
from firelane.findings import Finding
from firelane.lanes.records import LaneNetwork
from firelane.markings.plan import Block, MarkingPlan, OpenParameter, Placement
from firelane.rules.model import Rule
from firelane.site.model import Note, Site, SiteConfig
from firelane.vocabulary import MarkKind, Quantity, Severity, Verdict

CRS = pyproj.CRS.from_epsg(4550)
EAST, NORTH = 535_936.0, 4_630_012.0


def at(x: float, y: float) -> tuple[float, float]:
    return EAST + x, NORTH + y


def moved(geometry):
    return affinity.translate(geometry, EAST, NORTH)


MAIN = LineString([(0, 0), (110, 0), (110, 80)])
BRANCH = LineString([(50, 0), (50, 52)])
ROAD = shapely.unary_union(
    [MAIN.buffer(3, cap_style="flat", join_style="mitre"), BRANCH.buffer(2.25, cap_style="flat")]
).buffer(6).buffer(-6)
MOUTHS = {"W": LineString([(0, -3), (0, 3)]), "N": LineString([(107, 80), (113, 80)])}


def frame(geometries, **columns):
    return gpd.GeoDataFrame(columns, geometry=[moved(g) for g in geometries], crs=CRS)


def site(name="沈河区阳光花园小区（一期）", **extra) -> Site:
    layers = {
        "roads": frame([ROAD], id=["r1"], name=["园区路"], fire_lane=[True]),
        "buildings": frame(
            [box(6, 9, 40, 24), box(60, 9, 98, 24), box(62, 36, 96, 52), box(8, -27, 86, -11)],
            id=["b1", "b2", "b3", "b4"],
            name=["1号楼", "2号楼", "3号楼", None],
            floors=[18, 18, np.nan, 3],
        ),
        "obstructions": frame(
            [
                Point(30, 2.2), Point(72, -2.6), Point(75, -2.6), LineString([(90, -2.0), (97, -2.0)]),
                box(84, 0.9, 88.8, 2.9), LineString([(104, 40), (116, 40)]), box(47.5, 36, 49.2, 40),
                box(110.6, 60, 113.0, 65),
            ],
            id=["t1", "p1", "p2", "f1", "v1", "w1", "s1", "pb"],
            kind=["tree", "bollard", "bollard", "fence", "vehicle", "overhead_line", "structure", "parking_bay"],
            clear_height_m=[np.nan, np.nan, np.nan, np.nan, np.nan, 3.8, np.nan, np.nan],
            radius_m=[0.35, 0.1, 0.1, 0, 0, 0, 0, 0],
            width_m=[0, 0, 0, 0.2, 0, 0.1, 0, 0],
        ),
        "kerbs": frame([LineString([(58.5, -3), (113, -3)])], id=["k1"], height_m=[0.15], top_width_m=[0.12]),
        "parking": frame([box(20, -6, 26, -3.2), box(26, -6, 32, -3.2)], id=["q1", "q2"], status=["planned", "existing"]),
        "signs": frame([Point(-1.5, 4.5)], id=["g1"], kind=["warning"], text=["严禁占用"]),
        "fire_lanes": frame([MAIN.buffer(2, cap_style="flat", join_style="mitre")], id=["d1"]),
    }
    config = SiteConfig(id="sunshine", name=name, manager="沈阳阳光物业服务有限公司")
    return Site("sunshine", name, CRS, {**layers, **extra}, config)


def network() -> LaneNetwork:
    lanes = frame(
        [LineString([(0, 0), (50, 0)]), LineString([(50, 0), (110, 0), (110, 80)]), BRANCH],
        lane_id=["L1", "L2", "L3"],
        road_ids=[("r1",)] * 3,
        designated=[True, True, False],
        start_kind=["mouth", "junction", "junction"],
        end_kind=["junction", "mouth", "tip"],
        start_node=["n0", "n1", "n1"],
        end_node=["n1", "n2", "n3"],
        length_m=[50.0, 140.0, 52.0],
    )
    mouths = frame(
        list(MOUTHS.values()),
        entrance_id=["e1", "e2"], width_m=[6.0, 6.0], inward_x=[1.0, 0.0], inward_y=[0.0, -1.0],
        name=["西门", "北门"], gate=[True, False], openable=[True, None], lane_id=["L1", "L2"],
    )
    designated = moved(MAIN.buffer(2, cap_style="flat", join_style="mitre"))
    return LaneNetwork(
        moved(ROAD), moved(ROAD), designated, lanes,
        frame([], lane_id=[], chainage_m=[], heading_rad=[], left_m=[], right_m=[]),
        frame([Point(50, 0)], node_id=["n1"], radius_m=[3.0]), mouths,
    )


def rule(key, quantity, text, title) -> Rule:
    return Rule(
        f"sy2020-13-{key}", "shenyang-2020", "第十三条", quantity, "present", None, "", Severity.MANDATORY,
        text, f"(en) {title}", title, title, "《沈阳市消防车通道管理规定》（沈政办发〔2020〕40号）",
        True, "", "", {}, (),
    )


RULES = (
    rule("sign", Quantity.SIGN, "消防车通道沿途应当设置明显的警示标识、标线，提示严禁占用消防车通道停放车辆", "警示标识"),
    rule("kerb", Quantity.KERB_PAINT, "消防车通道路侧缘石立面和顶面应当施划黄色禁止停车标线", "缘石"),
    rule("line", Quantity.EDGE_LINE, "无缘石的道路应当在路面上施划禁止停车标线，标线为黄色单实线，距路面边缘30厘米，线宽15厘米", "边线"),
    rule("box", Quantity.BOX_SPACING, "消防车通道沿途每隔20米距离在路面中央施划黄色方框线，在方框内沿行车方向标注内容为“消防车道禁止占用”的警示字样", "方框"),
    rule("grid", Quantity.ENTRANCE_GRID, "在消防车通道出入口路面，按照消防车通道净宽施划禁停标线，标线为黄色网状实线，外边框线宽20厘米，内部网格线宽10厘米，内部网格线与外边框夹角45度", "网状线"),
    rule("gtext", Quantity.GRID_TEXT, "标线中央位置沿行车方向标注内容为“消防车道  禁止占用”的警示字样", "字样"),
)


def finding(n, quantity, where, text, **more) -> Finding:
    values = {
        "finding_id": f"f{n}", "rule_id": "sy2020-14-width", "article": "第十四条", "verdict": Verdict.FAIL,
        "severity": Severity.MANDATORY, "quantity": quantity, "value": 3.412, "threshold": 4.0, "unit": "m",
        "margin": -0.588, "lane_id": "L2", "location": None if where is None else at(*where), "lonlat": None,
        "owners": (), "message_zh": text, "message_en": text,
    }
    return Finding(**{**values, **more})


def audit(*, of: Site | None = None, findings=None) -> Audit:
    here = of or site()
    pinches = frame(
        [LineString([(86.4, -1.9), (86.4, 0.9)]), LineString([(49.2, 38), (52.25, 38)])],
        pinch_id=["P1", "P2"], lane_id=["L2", "L3"], level=["ground", "ground"], width_m=[2.8, 3.05],
        owners=[("f1", "v1"), ("s1", "edge:r1")], governing=[True, True], bypassed=[False, False],
    )
    net = network()
    if findings is None:
        findings = (
            finding(1, Quantity.CLEAR_WIDTH, (86.4, -0.5), "净宽 2.800 m，小于 4.000 m：围栏 f1 与车辆 v1 之间", pinch_id="P1"),
            finding(2, Quantity.CLEAR_WIDTH, (50.7, 38), "净宽 3.050 m，小于 4.000 m：构筑物 s1 与路面边缘之间", pinch_id="P2"),
            finding(3, Quantity.CLEAR_HEIGHT, (110, 40), "架空管线 w1 净高 3.800 m，小于 4.000 m"),
            finding(4, Quantity.EDGE_LINE, (20, 2.6), "路面边线已设", verdict=Verdict.PASS),
        )
    lanes = net.lanes.assign(
        min_clear_width_m=[4.9, 2.8, 3.05], min_section_width_m=[5.0, 3.0, 3.2],
        min_clear_height_m=[np.nan, 3.8, np.nan], verdict=["pass", "fail", "fail"],
    )
    return Audit(
        here, net, RULES, lanes, frame([], lane_id=[]), pinches, frame([], building_id=[]), tuple(findings), (),
        {"verdict": "fail"},
    )


def stroke(*points, width=0.08) -> Polygon:
    return LineString(points).buffer(width / 2, cap_style="flat", join_style="mitre")


def lettering(width: float, height: float) -> MultiPolygon:
    """Eight made-up characters in two rows; one of them with a hole."""
    cells = []
    w, h = width / 4, height / 2
    for row in range(2):
        for column in range(4):
            x, y = -width / 2 + column * w, -height / 2 + row * h
            outer = box(x + 0.1 * w, y + 0.1 * h, x + 0.9 * w, y + 0.9 * h)
            cells.append(outer.difference(box(x + 0.3 * w, y + 0.3 * h, x + 0.7 * w, y + 0.7 * h)))
            cells[-1] = cells[-1].union(stroke((x + 0.5 * w, y + 0.1 * h), (x + 0.5 * w, y + 0.9 * h)))
    merged = shapely.unary_union(cells)
    return merged if merged.geom_type == "MultiPolygon" else MultiPolygon([merged])


def ring(width: float, depth: float, line: float) -> Polygon:
    return box(-width / 2, -depth / 2, width / 2, depth / 2).difference(
        box(-width / 2 + line, -depth / 2 + line, width / 2 - line, depth / 2 - line)
    )


def grid_parts(width: float, depth: float, letters) -> dict:
    inner = box(-width / 2 + 0.2, -depth / 2 + 0.2, width / 2 - 0.2, depth / 2 - 0.2)
    plate = box(-1.5, -1.125, 1.5, 1.125)
    bars = []
    for k in np.arange(-8, 9) * math.sqrt(2):
        bars += [stroke((k - 9, -9), (k + 9, 9), width=0.1), stroke((k - 9, 9), (k + 9, -9), width=0.1)]
    lines = shapely.unary_union(bars).intersection(inner).difference(plate)
    return {
        MarkKind.GRID_BORDER.value: ring(width, depth, 0.2),
        MarkKind.GRID_LINES.value: lines,
        MarkKind.GRID_TEXT.value: letters(2.6, 1.9),
    }


def plan(*, of: Site | None = None, letters=lettering, notes=()) -> MarkingPlan:
    blocks = {
        "FL-BOX-2800x2100": Block(
            "FL-BOX-2800x2100",
            {MarkKind.BOX_FRAME.value: ring(2.8, 2.1, 0.15), MarkKind.BOX_TEXT.value: letters(2.4, 1.6)},
        ),
        "FL-GRID-6000x6000": Block("FL-GRID-6000x6000", grid_parts(6.0, 6.0, letters)),
    }
    placements = []

    def put(mark, block, x, y, heading_deg, lane, entrance=None, chainage=None):
        east, north = at(x, y)
        placements.append(Placement(mark, block, east, north, heading_deg - 90.0, lane, entrance, chainage))

    put("grid-e1", "FL-GRID-6000x6000", 3, 0, 0, "L1", "e1")
    put("grid-e2", "FL-GRID-6000x6000", 110, 77, 270, "L2", "e2")
    for n, x in enumerate((20, 38), 1):
        put(f"box-L1-{n:02d}", "FL-BOX-2800x2100", x, 0, 180 * (n % 2), "L1", None, float(x))
    for n, (x, y) in enumerate(((62, 0), (80, 0), (98, 0), (110, 16), (110, 34), (110, 52), (110, 68)), 1):
        heading = (0 if y == 0 else 90) + 180 * (n % 2)
        put(f"box-L2-{n:02d}", "FL-BOX-2800x2100", x, y, heading, "L2", None, x - 50.0 + y)
    for n, y in enumerate((12, 30, 46), 1):
        put(f"box-L3-{n:02d}", "FL-BOX-2800x2100", 50, y, 90 + 180 * (n % 2), "L3", None, float(y))

    rows = []
    edges = ROAD.boundary.difference(shapely.union_all([m.buffer(0.001, cap_style="square") for m in MOUTHS.values()]))
    kerbed = LineString([(58.5, -3), (113, -3)])
    grids = shapely.union_all([box(-1, -3.1, 6, 3.1), box(106.9, 74, 113.1, 81)])
    bare = shapely.line_merge(edges.difference(kerbed.buffer(0.01)).difference(grids))
    band = bare.buffer(0.45, cap_style="flat", quad_segs=16).difference(
        bare.buffer(0.30, cap_style="flat", quad_segs=16)
    ).intersection(ROAD)
    axes = []
    for n, part in enumerate(p for p in shapely.get_parts(band) if p.area > 0.01):
        mark = f"line-{n:03d}"
        rows.append((mark, MarkKind.EDGE_LINE.value, part, part.area / 0.15, None))
    axis = bare.buffer(0.375, cap_style="flat", quad_segs=16).boundary.intersection(
        ROAD.buffer(-0.37)).difference(bare.buffer(0.37))
    axes = [p for p in shapely.get_parts(shapely.line_merge(axis)) if p.length > 0.5]
    top = kerbed.buffer(0.12, cap_style="flat", single_sided=False).difference(ROAD)
    rows.append(("kerb-001", MarkKind.KERB_TOP.value, top, kerbed.length, None))
    rows.append(("kerb-001", MarkKind.KERB_FACE.value, Polygon(), kerbed.length, None))
    paint = [(m, k, moved(g) if not g.is_empty else g, length, None, None) for m, k, g, length, _ in rows]
    for p in placements:
        for kind, geometry in blocks[p.block].parts.items():
            placed = affinity.translate(affinity.rotate(geometry, p.rotation_deg, origin=(0, 0)), p.x, p.y)
            paint.append((p.mark_id, kind, placed, np.nan, p.block, p.entrance_id))
    table = gpd.GeoDataFrame(
        {
            "mark_id": [r[0] for r in paint], "kind": [r[1] for r in paint], "lane_id": "L1",
            "entrance_id": [r[5] for r in paint],
            "area_m2": [r[2].area if r[1] != "kerb_face" else kerbed.length * 0.15 for r in paint],
            "length_m": [r[3] for r in paint], "block": [r[4] for r in paint],
        },
        geometry=[r[2] for r in paint], crs=CRS,
    )
    sums = table.groupby("kind", sort=False).agg(length_m=("length_m", "sum"), area_m2=("area_m2", "sum"), pieces=("mark_id", "nunique"))
    return MarkingPlan(
        of or site(), table, blocks, tuple(placements),
        frame(axes, mark_id=[f"line-{n:03d}" for n in range(len(axes))], lane_id=["L1"] * len(axes)),
        pd.DataFrame({"lane_id": [], "box": [], "chainage_m": [], "gap_m": []}),
        sums.reset_index().assign(lane_id="L1"),
        pd.DataFrame(),
        PARAMETERS, tuple(notes) or (Note("narrow", "支路 L3 尽端 6 m 内不设方框。", "No box within 6 m of the end of L3."),),
    )


PARAMETERS = tuple(
    OpenParameter(key, value, unit, zh, en, "提议")
    for key, value, unit, zh, en in (
        ("offset_to", "near_edge", "", "30厘米量至边线", "30 cm measured to"),
        ("kerb_height_m", 0.15, "m", "缘石外露高度", "kerb face height"),
        ("kerb_top_m", 0.12, "m", "缘石顶面宽度", "kerb top width"),
        ("box_width_m", 2.8, "m", "方框横向宽度", "box width"),
        ("box_depth_m", 2.1, "m", "方框纵向长度", "box depth"),
        ("box_line_m", 0.15, "m", "方框线宽", "box line width"),
        ("char_width_m", 0.55, "m", "方框内字宽", "character width"),
        ("char_height_m", 0.75, "m", "方框内字高", "character height"),
        ("text_rows", ["消防车道", "禁止占用"], "", "字样分行", "rows of the lettering"),
        ("alternate", True, "", "相邻方框字样方向交替", "reading direction alternates"),
        ("grid_min_m", 3.0, "m", "网状线最小纵深", "least grid depth"),
        ("grid_max_m", 6.0, "m", "网状线最大纵深", "greatest grid depth"),
        ("grid_step_m", 1.0, "m", "网格线间距（路宽不大于6米）", "grid spacing"),
        ("plate_margin_m", 0.1, "m", "字样衬板四周留空", "margin round the lettering"),
        ("max_shift_m", 2.0, "m", "方框避让最大移动距离", "greatest shift of a box"),
    )
)
