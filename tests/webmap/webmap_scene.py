"""A made-up district for the map: two lanes that meet, four buildings, obstacles, five kinds of verdict.

Coordinates are metres east and north of an origin in EPSG:4550, so every figure can be read off here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from shapely.geometry import LineString, Point, Polygon, box

from firelane.auditing import Audit
from firelane.findings import Finding
from firelane.lanes.records import LaneNetwork
from firelane.markings.plan import MarkingPlan
from firelane.rules.loader import load_packs
from firelane.site.model import InputFile, Note, Site, SiteConfig
from firelane.vocabulary import Quantity, Severity, Verdict

CRS = pyproj.CRS.from_epsg(4550)
EAST, NORTH = 535_600.0, 4_630_400.0
ROAD_WIDTH_M = 6.0


def at(geometry):
    """Move a geometry from the scene's own metres to the site's coordinates."""
    return shapely.affinity.translate(geometry, EAST, NORTH)


def table(rows, geometries, columns):
    data = {c: [row.get(c) for row in rows] for c in columns}
    return gpd.GeoDataFrame(data, geometry=[at(g) for g in geometries], crs=CRS)


def site(name="沈河区三好街小区", *, text=None) -> Site:
    """The input. ``text`` replaces every name, so that hostile ones can be tried."""

    def said(default):
        return default if text is None else text

    roads = table(
        [{"id": "r1", "name": said("小区东西路")}, {"id": "r2", "name": said("小区南北路")}],
        [box(0, -3, 120, 3), box(57, 3, 63, 80)],
        ["id", "name", "class"],
    )
    buildings = table(
        [
            {"id": "b1", "name": said("1号楼"), "height_m": 18.0, "floors": 6.0},
            {"id": "b2", "name": said("2号楼"), "height_m": 18.0, "floors": 6.0},
            {"id": "b3", "name": said("3号楼"), "height_m": 54.0, "floors": 18.0},
            {"id": "b4", "name": said("社区服务中心"), "height_m": None, "floors": 2.0},
        ],
        [box(5, 9, 50, 22), box(5, 34, 50, 47), box(72, 30, 86, 72), box(70, -24, 112, -10)],
        ["id", "name", "height_m", "floors"],
    )
    obstructions = table(
        [
            {"id": "car-1", "kind": "vehicle", "name": said("辽A·12345")},
            {"id": "pole-1", "kind": "bollard", "name": said("隔离桩"), "radius_m": 0.15, "removable": True},
            {"id": "tree-1", "kind": "tree", "name": said("国槐"), "radius_m": 0.4, "removable": False},
            {"id": "arch-1", "kind": "arch", "name": said("限高架"), "clear_height_m": 3.2, "width_m": 0.3},
            {"id": "wire-1", "kind": "overhead_line", "name": said("通信线"), "width_m": 0.0},
            {"id": "stall-1", "kind": "stall", "name": said("早餐摊")},
        ],
        [
            box(28, -3, 32.6, -0.55), Point(96, 0.9), Point(64.2, 40), LineString([(57, 66), (63, 66)]),
            LineString([(20, -9), (20, 9)]), box(60.9, 52, 63, 55),
        ],
        ["id", "kind", "name", "clear_height_m", "top_m", "radius_m", "width_m", "removable", "openable"],
    )  # fmt: skip
    entrances = table(
        [
            {"id": "gate-w", "name": said("西门"), "kind": "both", "gate": True, "openable": None},
            {
                "id": "gate-e",
                "name": said("东门"),
                "kind": "exit",
                "gate": True,
                "openable": True,
                "clear_height_m": 4.5,
            },
        ],
        [LineString([(0, -3), (0, 3)]), LineString([(120, 3), (120, -3)])],
        ["id", "name", "kind", "gate", "openable", "clear_height_m"],
    )
    parking = table(
        [
            {"id": f"p{i}", "status": "existing" if i < 3 else "planned", "orientation": None}
            for i in range(5)
        ],
        [box(40 + 5.3 * i, -5.4, 45 + 5.3 * i, -3) for i in range(3)]
        + [box(80 + 5.3 * i, -3, 85 + 5.3 * i, -0.8) for i in range(2)],
        ["id", "status", "orientation"],
    )
    signs = table(
        [{"id": "s1", "kind": "warning", "text": said("消防车通道 禁止占用"), "condition": said("完好")}],
        [Point(2, 4)],
        ["id", "kind", "text", "condition"],
    )
    markings = table(
        [
            {
                "id": "m1",
                "kind": "edge_line",
                "colour": said("yellow"),
                "condition": said("worn"),
                "width_m": 0.15,
            }
        ],
        [LineString([(2, 2.6), (26, 2.6)])],
        ["id", "kind", "colour", "condition", "width_m"],
    )
    fire_lanes = table([{"id": "d1", "name": said("指定通道")}], [box(57.8, 3, 62.2, 30)], ["id", "name"])
    return Site(
        id=said("sanhao"),
        name=name if text is None else text,
        crs=CRS,
        layers={
            "roads": roads, "buildings": buildings, "obstructions": obstructions, "entrances": entrances,
            "parking": parking, "signs": signs, "markings": markings, "fire_lanes": fire_lanes,
        },
        config=SiteConfig(id="sanhao", accuracy_m=0.02, district=said("沈河区"), manager=said("三好物业")),
        inputs=(InputFile(said("roads.geojson"), "ab" * 32, "roads", 2),),
        notes=(Note("mended_polygon", said("roads 第 2 行：修补了自相交的多边形"), said("roads row 2: mended a polygon")),),
    )  # fmt: skip


PINCHES = (
    # id, lane, level, owners, p, q, governing, bypassed
    ("pin-car", "L1", "ground", ("car-1", "edge:r1"), (30, -0.55), (30, 3), True, False),
    ("pin-pole", "L2", "ground", ("pole-1", "edge:r1"), (96, 0.75), (96, -3), False, False),
    ("pin-pole-n", "L2", "ground", ("pole-1", "edge:r1"), (96, 1.05), (96, 3), False, True),
    ("pin-stall", "L3", "ground", ("stall-1", "edge:r2"), (60.9, 53), (57, 53), True, False),
    ("pin-road", "L1", "ground", ("edge:r1", "edge:r1"), (10, -3), (10, 3), False, False),
)  # fmt: skip


def stations():
    """(lane, chainage, point, heading, clear, section, height) every half metre, widths as the scene has them."""
    rows = []
    lanes = {"L1": ((0, 0), (60, 0)), "L2": ((60, 0), (120, 0)), "L3": ((60, 0), (60, 80))}
    for lane, (start, end) in lanes.items():
        line = LineString([start, end])
        heading = np.arctan2(end[1] - start[1], end[0] - start[0])
        for chainage in np.arange(0.0, line.length + 0.25, 0.5):
            p = line.interpolate(chainage)
            clear, height = ROAD_WIDTH_M, np.nan
            if lane == "L1" and 27.5 <= chainage <= 33:
                clear = 3.55
            elif lane == "L1" and (24 <= chainage <= 36.5):
                clear = 3.55 + min(abs(chainage - 27.5), abs(chainage - 33)) * 0.7
            if lane == "L2" and abs(chainage - 36) < 3:
                clear = 3.75 + abs(chainage - 36) * 0.7
            if lane == "L3" and 51 <= chainage <= 56:
                clear = 3.9
            if lane == "L3" and 35 <= chainage <= 45:
                clear = 5.2
            if lane == "L3" and chainage > 70:
                clear = np.nan
            if lane == "L3" and abs(chainage - 66) < 0.6:
                height = 3.2
            rows.append((lane, float(chainage), p, float(heading), float(clear), float(clear) + 0.05, height))
    return rows


def network(found: Site) -> LaneNetwork:
    pavement = shapely.union_all(found.layers["roads"].geometry.to_numpy())
    rows = stations()
    lanes = table(
        [
            {"lane_id": "L1", "road_ids": ("r1",), "designated": False, "start_kind": "mouth", "end_kind": "junction", "length_m": 60.0},
            {"lane_id": "L2", "road_ids": ("r1",), "designated": False, "start_kind": "junction", "end_kind": "mouth", "length_m": 60.0},
            {"lane_id": "L3", "road_ids": ("r2",), "designated": True, "start_kind": "junction", "end_kind": "tip", "length_m": 80.0},
        ],
        [LineString([(0, 0), (60, 0)]), LineString([(60, 0), (120, 0)]), LineString([(60, 0), (60, 80)])],
        ["lane_id", "road_ids", "designated", "start_kind", "end_kind", "length_m"],
    )  # fmt: skip
    points = table(
        [
            {"lane_id": r[0], "chainage_m": r[1], "heading_rad": r[3], "left_m": 3.0, "right_m": 3.0}
            for r in rows
        ],
        [r[2] for r in rows],
        ["lane_id", "chainage_m", "heading_rad", "left_m", "right_m"],
    )
    mouths = table(
        [
            {"entrance_id": "gate-w", "width_m": 6.0, "name": found.layers["entrances"]["name"][0], "lane_id": "L1", "gate": True},
            {"entrance_id": "gate-e", "width_m": 6.0, "name": found.layers["entrances"]["name"][1], "lane_id": "L2", "gate": True},
        ],
        [LineString([(0, -3), (0, 3)]), LineString([(120, 3), (120, -3)])],
        ["entrance_id", "width_m", "name", "lane_id", "gate"],
    )  # fmt: skip
    junctions = table([{"node_id": "n1", "radius_m": 3.6}], [Point(60, 0.6)], ["node_id", "radius_m"])
    return LaneNetwork(pavement, pavement, at(box(57.8, 3, 62.2, 30)), lanes, points, junctions, mouths)


def finding(n, rule, verdict, value=None, threshold=None, *, place=None, text=None, **more) -> Finding:
    margin = None if value is None or threshold is None else value - threshold
    location = None if place is None else (EAST + place[0], NORTH + place[1])
    lonlat = None
    if location is not None:
        lon, lat = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True).transform(*location)
        lonlat = (lon, lat)
    return Finding(
        finding_id=f"F{n:03d}", rule_id=rule.rule_id, article=rule.article, verdict=verdict,
        severity=more.pop("severity", rule.severity), quantity=rule.quantity, value=value, threshold=threshold,
        unit=rule.unit, margin=margin, lane_id=more.pop("lane_id", None), location=location, lonlat=lonlat,
        owners=more.pop("owners", ()), message_zh=text or more.pop("zh"), message_en=text or more.pop("en"),
        **{k: v for k, v in more.items() if k not in ("zh", "en")},
    )  # fmt: skip


@lru_cache(maxsize=8)
def audit(*, text=None, rule_text=None) -> Audit:
    """The whole scene. ``text`` stands for every text of the site, ``rule_text`` for those of the rules."""
    rules = tuple(rule for pack in load_packs(["shenyang-2020", "gb55037"]) for rule in pack.rules)
    if rule_text is not None:
        rules = tuple(
            replace(r, article=rule_text, text_zh=rule_text, text_en=rule_text, title_zh=rule_text,
                    title_en=rule_text, source=rule_text, why_not_zh=rule_text, why_not_en=rule_text)
            for r in rules
        )  # fmt: skip

    def rule(quantity):
        return next(r for r in rules if r.quantity is quantity)

    found = site(text=text)
    net = network(found)
    width, height = rule(Quantity.CLEAR_WIDTH), rule(Quantity.CLEAR_HEIGHT)
    findings = (
        finding(1, width, Verdict.FAIL, 3.55, 4.0, place=(30, 1.2), lane_id="L1", owners=("car-1", "edge:r1"),
                pinch_id="pin-car", chainage_m=(26.0, 34.5), text=text,
                zh="净宽 3.550 米，比 4 米少 0.450 米：车辆 辽A·12345 与路缘之间。",
                en="Clear width 3.550 m, 0.450 m less than 4 m: between a parked vehicle and the pavement edge."),
        finding(2, width, Verdict.FAIL, 3.75, 4.0, place=(96, -1.1), lane_id="L2", owners=("pole-1", "edge:r1"),
                pinch_id="pin-pole", chainage_m=(35.6, 36.4), text=text,
                zh="净宽 3.750 米，比 4 米少 0.250 米：隔离桩与路缘之间。",
                en="Clear width 3.750 m, 0.250 m less than 4 m: between a bollard and the pavement edge."),
        finding(3, width, Verdict.INDETERMINATE, 3.99, 4.0, place=(58.9, 53), lane_id="L3",
                owners=("stall-1", "edge:r2"), pinch_id="pin-stall", chainage_m=(51.0, 56.0), text=text,
                zh="净宽 3.990 米，测量精度 0.020 米，无法判定。",
                en="Clear width 3.990 m: undecided within the survey accuracy of 0.020 m."),
        finding(4, height, Verdict.FAIL, 3.2, 4.0, place=(60, 66), lane_id="L3", owners=("arch-1",),
                chainage_m=(66.0, 66.0), text=text,
                zh="净高 3.200 米，比 4 米少 0.800 米：限高架。", en="Clear height 3.200 m under the height bar."),
        finding(5, rule(Quantity.OBSTRUCTION), Verdict.FAIL, place=(96, 0.9), owners=("pole-1",), text=text,
                lane_id="L2", zh="固定隔离桩占用消防车通道，剩余净宽不足 4 米。",
                en="A fixed bollard stands on the lane and leaves less than 4 m."),
        finding(6, rule(Quantity.GATE_OPENING), Verdict.NOT_MEASURED, place=(0, 0), entrance_id="gate-w",
                text=text, zh="西门：数据未说明紧急情况下能否立即打开。",
                en="West gate: the data do not say whether it opens at once."),
        finding(7, rule(Quantity.GATE_OPENING), Verdict.PASS, place=(120, 0), entrance_id="gate-e", text=text,
                zh="东门紧急情况下可立即打开。", en="The east gate opens at once."),
        finding(8, height, Verdict.NOT_MEASURED, place=(20, 0), lane_id="L1", owners=("wire-1",), text=text,
                zh="通信线的净高未知。", en="The height of the telephone line is unknown."),
        finding(9, rule(Quantity.REACH), Verdict.FAIL, 3.55, 4.0, place=(79, 51), building_id="b3",
                severity=Severity.INFO, text=text,
                zh="3号楼：可到达的最宽车辆 3.550 米。", en="Block 3: the widest vehicle that arrives is 3.550 m."),
        finding(10, rule(Quantity.RESPONSIBLE_PARTY), Verdict.NOT_MEASURED, text=text,
                zh="数据未说明是否实行物业管理。", en="The data do not say who manages the site."),
        finding(11, rule(Quantity.BOX_SPACING), Verdict.FAIL, 31.25, 20.0, place=(12, 0), lane_id="L1", text=text,
                zh="黄色方框线间距 31.250 米，超过 20 米。", en="Boxes 31.250 m apart, more than 20 m."),
    )  # fmt: skip
    findings = tuple(replace(f, article=rule_text) if rule_text else f for f in findings)
    lanes = net.lanes.assign(
        min_clear_width_m=[3.55, 3.75, 3.9], min_section_width_m=[3.6, 3.8, 3.95],
        min_clear_height_m=[np.nan, np.nan, 3.2], governing_pinch_id=["pin-car", None, "pin-stall"],
        verdict=["fail", "fail", "fail"],
    )[["lane_id", "road_ids", "designated", "length_m", "min_clear_width_m", "min_section_width_m",
       "min_clear_height_m", "governing_pinch_id", "verdict", "geometry"]]  # fmt: skip
    rows = stations()
    profile = table(
        [{"lane_id": r[0], "chainage_m": r[1], "clear_width_m": r[4], "section_width_m": r[5], "clear_height_m": r[6]} for r in rows],
        [r[2] for r in rows],
        ["lane_id", "chainage_m", "clear_width_m", "section_width_m", "clear_height_m"],
    )  # fmt: skip
    pinches = table(
        [
            {"pinch_id": i, "lane_id": lane, "level": level, "width_m": LineString([p, q]).length, "owners": owners,
             "governing": governing, "bypassed": bypassed}
            for i, lane, level, owners, p, q, governing, bypassed in PINCHES
        ],
        [LineString([p, q]) for _, _, _, _, p, q, _, _ in PINCHES],
        ["pinch_id", "lane_id", "level", "width_m", "owners", "governing", "bypassed"],
    )  # fmt: skip
    shapes = [shapely.affinity.translate(g, -EAST, -NORTH) for g in found.layers["buildings"].geometry]
    buildings = table(
        [
            {"building_id": "b1", "name": found.layers["buildings"]["name"][0], "widest_vehicle_m": 6.0, "entrance_id": "gate-w", "governing_pinch_id": "pin-road", "verdict": "pass"},
            {"building_id": "b2", "name": found.layers["buildings"]["name"][1], "widest_vehicle_m": 3.75, "entrance_id": "gate-e", "governing_pinch_id": "pin-pole", "verdict": "fail"},
            {"building_id": "b3", "name": found.layers["buildings"]["name"][2], "widest_vehicle_m": 3.55, "entrance_id": "gate-w", "governing_pinch_id": "pin-car", "verdict": "fail"},
            {"building_id": "b4", "name": found.layers["buildings"]["name"][3], "widest_vehicle_m": None, "entrance_id": None, "governing_pinch_id": None, "verdict": "not_measured"},
        ],
        shapes,
        ["building_id", "name", "widest_vehicle_m", "entrance_id", "governing_pinch_id", "verdict"],
    )  # fmt: skip
    counts = Counter(f.verdict.value for f in findings)
    by_rule = {f.rule_id: f.verdict.value for f in reversed(findings)}
    summary = {
        "verdict": "fail", "by_rule": by_rule, "counts": {v.value: counts[v.value] for v in Verdict},
        "lane_length_m": 200.0, "judged_length_m": 190.0,
    }  # fmt: skip
    return Audit(found, net, rules, lanes, profile, pinches, buildings, findings, (), summary)


def plan(found: Site, *, text="box") -> MarkingPlan:
    """Two edge lines, a kerb face without an outline, and three boxes."""
    shapes = [box(0, 2.55, 57, 2.7), box(63, 2.55, 120, 2.7), Polygon()]
    kinds = ["edge_line", "edge_line", "kerb_face"]
    for x in (10.0, 30.0, 50.0):
        shapes.append(box(x, -1.6, x + 7, 1.6).difference(box(x + 0.15, -1.45, x + 6.85, 1.45)))
        kinds.append("box_frame")
    paint = table(
        [{"mark_id": f"{text}-{i}", "kind": kind, "lane_id": "L1", "entrance_id": None, "area_m2": s.area,
          "length_m": 57.0 if kind == "edge_line" else None, "block": None}
         for i, (kind, s) in enumerate(zip(kinds, shapes, strict=True))],
        shapes,
        ["mark_id", "kind", "lane_id", "entrance_id", "area_m2", "length_m", "block"],
    )  # fmt: skip
    lines = table([], [], ["mark_id", "lane_id"])
    return MarkingPlan(found, paint, {}, (), lines, pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), (), ())
