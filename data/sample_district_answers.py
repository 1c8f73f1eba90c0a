"""What is wrong with sample A, and what only looks wrong: known from how it was drawn."""

from __future__ import annotations

import math

from sample_answers import Answer
from sample_district import AXES, BULGE_DEPTH_M, lanes
from sample_geometry import Pt
from sample_layers import Layers

WIDTH, HEIGHT = "sy2020-14-clear-width", "sy2020-14-clear-height"
OBSTRUCTION, CLEARING, GATE = "sy2020-10-obstruction", "sy2020-15-2-clearing", "sy2020-10-gate"
PARKING = "sy2020-14-parking"
CONDITION = ("sy2020-9-condition", "sy2020-15-1-condition")

ROAD_OF_LANE = {
    "L1": "R05", "L2": "R06", "L3": "R06", "L4": "R07", "L5": "R07", "L6": "R07", "L7": "R08", "L8": "R08",
    "G1": "R02", "G2": "R03", "G3": "R04", "X1": "R09", "X2": "R10", "A1": "R11", "D1": "R12", "D2": "R13",
}  # fmt: skip


def lane_points() -> dict[str, tuple[Pt, str]]:
    """Return a point in the middle of each lane, and the road it lies on."""
    at = {
        "L1": (160.0, 40.0), "L2": (200.0, 97.0), "L3": (200.0, 125.0), "L6": (60.0, 170.0),
        "L8": (40.0, 80.0),
    }  # fmt: skip
    return {
        name: (at.get(name, lane.axis.interpolate(0.5, normalized=True).coords[0]), ROAD_OF_LANE[name])
        for name, lane in lanes().items()
    }


def _widths() -> list[Answer]:
    def width(lane: str, value: float, at: Pt, owners: tuple[str, ...], zh: str, en: str, **more) -> Answer:
        return Answer("violation", WIDTH, "fail", "lane", lane, at, zh, en, value, owners=owners, **more)

    return [
        width("L3", 3.1, (198.55, 140.0), ("B01", "edge:R06"),
              "6 m 路面中固定隔离桩（直径0.2 m）两侧净距 3.1 m 与 2.7 m，取大者", "a bollard 0.2 m across in a 6 m road leaves 3.1 m and 2.7 m; the larger gap counts"),
        width("L8", 3.42, (41.04, 72.0), ("V01", "V02", "V03", "V04", "edge:R08"),
              "5.5 m 路面一侧 20 m 违停车列（车宽1.85 m，距缘石0.23 m）", "a 20 m row of cars, 1.85 m wide and 0.23 m off the kerb, in a 5.5 m road: 5.50 - 0.23 - 1.85", within_m=11.0),
        width("L5", math.sqrt(10.0), (90.5, 170.0), ("S01", "S02"),
              "花坛与快递柜交错布置：各断面均不小于 4.5 m，斜向净距仅 √(1²+3²)", "staggered planter and locker: every section is at least 4.5 m, the diagonal gap is √(1² + 3²)"),
        width("D1", 5.0 - BULGE_DEPTH_M, (74.425, 190.0), ("edge:R12",),
              "5 m 路面缘石外凸 1.15 m", "the kerb bulges 1.15 m into a 5 m road"),
        width("G3", 3.8, (164.4, 195.0), ("TX2", "edge:R04"),
              "5 m 路面内树木：中心距路边 1.0 m，树干半径 0.2 m", "a tree 1.0 m from the edge with a trunk radius of 0.2 m in a 5 m road"),
        width("D2", 3.98, (20.0, 135.0), ("edge:R13",),
              "尽端路全长净宽 3.98 m", "the whole dead end is 3.98 m wide", within_m=14.0),
    ]  # fmt: skip


def _objects() -> list[Answer]:
    out = []
    spots = {
        "B01": ((200.2, 140.0), "隔离桩", "bollard"),
        "S01": ((89.5, 172.25), "花坛", "planter"),
        "S02": ((91.5, 167.75), "快递柜", "locker"),
        "TX2": ((166.5, 195.0), "树木", "tree"),
        **{f"V{n + 1:02d}": ((38.405, 64.275 + 5.15 * n), "违停车辆", "parked car") for n in range(4)},
    }
    for name, (at, zh, en) in spots.items():
        out.append(
            Answer(
                "violation",
                OBSTRUCTION,
                "fail",
                "obstruction",
                name,
                at,
                f"{zh}旁不足 4 m 净宽",
                f"no 4 m way is left beside the {en}",
                within_m=4.0,
                owners=(name,),
            )
        )
    out.append(
        Answer(
            "violation",
            OBSTRUCTION,
            "fail",
            "obstruction",
            "V06",
            (117.25, 138.25),
            "车辆越线停入划定的消防车通道 0.40 m（虽余 4.10 m）",
            "a car stands 0.40 m inside the designated fire lane, though 4.10 m remain",
            within_m=4.0,
            owners=("V06",),
        )
    )
    for name, v in (("P20", 57.0), ("P21", 63.0)):
        out.append(
            Answer(
                "violation",
                PARKING,
                "fail",
                "parking",
                name,
                (198.15, v),
                "规划泊位宽 2.3 m，6 m 路面仅余 3.7 m",
                "planned bay 2.3 m wide leaves 3.7 m of a 6 m road",
                3.7,
                within_m=5.0,
                owners=(name,),
            )
        )
    return out


def _heights_and_gates() -> list[Answer]:
    return [
        Answer(
            "violation",
            HEIGHT,
            "fail",
            "lane",
            "L2",
            (200.0, 93.5),
            "限高架净空 3.6 m",
            "height bar with 3.6 m underside across the road",
            3.6,
            within_m=4.0,
            owners=("AR1",),
        ),
        Answer(
            "violation",
            HEIGHT,
            "fail",
            "lane",
            "L6",
            (57.0, 170.0),
            "架空线净空 3.9 m",
            "overhead line at 3.9 m",
            3.9,
            within_m=4.0,
            owners=("OL1",),
        ),
        Answer(
            "violation",
            GATE,
            "fail",
            "entrance",
            "E2",
            (240.0, 80.0),
            "东门不能立即打开",
            "the east gate cannot be opened at once",
            within_m=4.0,
            owners=("E2",),
        ),
    ]


def _worn(layers: Layers, layer: str) -> tuple[str, Pt]:
    """Return id and place of the one worn row of a layer."""
    [row] = [row for row in layers.rows[layer] if row["condition"] == "worn"]
    return row["id"], row["geometry"].centroid.coords[0]


def _paint(layers: Layers) -> list[Answer]:
    (worn_sign, sign_at), (worn_box, box_at) = _worn(layers, "signs"), _worn(layers, "markings")
    out = [
        Answer(
            "violation",
            "sy2020-13-2-box",
            "fail",
            "lane",
            "X1",
            (86.0, 105.0),
            "缺一个方框线，相邻间距 26 m",
            "one box is missing: 26 m between neighbours",
            26.0,
            tolerance_m=0.2,
            within_m=15.0,
        ),
        Answer(
            "violation",
            "sy2020-13-2-box-text",
            "fail",
            "lane",
            "L3",
            lanes()["L3"].axis.interpolate(lanes()["L3"].boxes[1]).coords[0],
            "一个方框内无警示字样",
            "one box has no lettering",
            within_m=60.0,
        ),
        Answer(
            "violation",
            "sy2020-13-2-edge-line",
            "fail",
            "lane",
            "X2",
            (156.0, 102.7),
            "南侧缺 12 m 黄色单实线",
            "12 m of line missing on the south side",
            missing_m=12.0,
            tolerance_m=0.3,
            within_m=8.0,
        ),
        Answer(
            "violation",
            "sy2020-13-2-edge-line",
            "fail",
            "lane",
            "D2",
            (20.0, 133.0),
            "南侧标线距路面边缘 0.50 m，应为 0.30 m",
            "the line on the south side is 0.50 m from the edge instead of 0.30 m",
            within_m=16.0,
        ),
        Answer(
            "violation",
            "sy2020-13-2-kerb",
            "fail",
            "lane",
            "L4",
            (139.0, 173.0),
            "北侧缺 18 m 缘石标线",
            "18 m of kerb without paint on the north side",
            missing_m=18.0,
            tolerance_m=0.3,
            within_m=11.0,
        ),
        Answer(
            "violation",
            "sy2020-13-3-grid",
            "fail",
            "entrance",
            "E3",
            (165.0, 210.0),
            "北门无网状线",
            "no grid at the north exit",
            within_m=4.0,
            owners=("E3",),
        ),
        Answer(
            "violation",
            "sy2020-13-3-grid-text",
            "fail",
            "entrance",
            "E2",
            (240.0, 80.0),
            "东门网状线内无警示字样",
            "the grid at the east gate has no lettering",
            within_m=7.0,
            owners=("E2",),
        ),
    ]
    for rule in CONDITION:
        out.append(
            Answer(
                "violation",
                rule,
                "fail",
                "sign",
                worn_sign,
                sign_at,
                "标志牌褪色",
                "worn sign",
                owners=(worn_sign,),
            )
        )
        out.append(
            Answer(
                "violation",
                rule,
                "fail",
                "marking",
                worn_box,
                box_at,
                "方框线磨损",
                "worn box",
                owners=(worn_box,),
            )
        )
    return out


def _notable() -> list[Answer]:
    def note(
        rule: str, verdict: str, kind: str, subject: str, at: Pt, zh: str, en: str, value=None, **more
    ) -> Answer:
        return Answer("notable", rule, verdict, kind, subject, at, zh, en, value, **more)

    return [
        note(WIDTH, "pass", "lane", "X1", (80.0, 105.0), "净宽恰为 4.000 m", "exactly 4.000 m wide", 4.0, within_m=60.0),
        note(WIDTH, "pass", "lane", "X2", (128.0, 105.0), "西端恰为 4.000 m，树木旁 4.05 m", "exactly 4.000 m at its west end, 4.05 m beside the tree", 4.0, within_m=80.0),
        note(WIDTH, "pass", "lane", "A1", (120.2, 138.25), "划定通道内车辆旁 4.10 m", "4.10 m beside the car in the designated lane", 4.1, within_m=60.0),
        note(WIDTH, "pass", "lane", "L1", (152.3, 41.25), "停放车辆旁 4.50 m", "4.50 m beside the parked car", 4.5, within_m=120.0),
        note(OBSTRUCTION, "pass", "obstruction", "TX1", (170.0, 103.1), "余 4.05 m（提示）", "4.05 m left (info)", within_m=4.0, owners=("TX1",)),
        note(OBSTRUCTION, "pass", "obstruction", "V05", (152.3, 38.05), "余 4.50 m（提示）", "4.50 m left (info)", within_m=5.0, owners=("V05",)),
        note(OBSTRUCTION, "pass", "obstruction", "ST1", (65.25, 42.75), "7 m 路面余 5.50 m（提示）", "5.50 m of a 7 m road left (info)", within_m=6.0, owners=("ST1",)),
        note(HEIGHT, "pass", "lane", "L8", (80.0, 40.0), "架空线净空恰为 4.000 m", "overhead line at exactly 4.000 m", 4.0, within_m=120.0),
        note(HEIGHT, "not_measured", "lane", "L3", (178.0, 170.0), "架空线净空未知", "overhead line of unknown height", within_m=4.0, owners=("OL2",)),
        note("sy2020-10-aerial", "not_measured", "obstruction", "OL1", (57.0, 167.0), "位于通道与高层住宅之间，是否妨碍举高操作取决于其顶部高度", "between the lane and a high-rise; whether it hinders aerial operation depends on the height of its top", within_m=8.0, owners=("OL1",)),
        note(GATE, "pass", "entrance", "E1", (120.0, 0.0), "南门可立即打开", "the south gate opens at once", within_m=4.0, owners=("E1",)),
        note(GATE, "pass", "obstruction", "GT1", (70.0, 105.0), "宅间道闸可立即打开", "the inner barrier opens at once", within_m=4.0, owners=("GT1",)),
        note(GATE, "not_measured", "entrance", "E3", (165.0, 210.0), "北门开启措施未知", "nothing is known of how the north gate opens", within_m=4.0, owners=("E3",)),
        *(note(PARKING, "pass", "parking", name, (u, 37.65), "规划泊位旁余 4.7 m", "4.7 m left beside the planned bay", 4.7, within_m=5.0, owners=(name,)) for name, u in (("P22", 87.0), ("P23", 93.0))),
        note(CLEARING, "not_measured", "site", "shenyang_district", (120.0, 100.0), "有固定障碍物，但是否“及时”清理一次调查不能判定", "fixed obstacles stand there; whether they are cleared “in time” one survey cannot tell", within_m=200.0),
        note("sy2020-12-responsible", "pass", "site", "shenyang_district", (120.0, 100.0), "实行物业管理，由物业服务企业负责", "managed: the property-service company is responsible", within_m=200.0),
    ]  # fmt: skip


def answers(layers: Layers) -> list[Answer]:
    """Return every known answer of sample A."""
    assert set(ROAD_OF_LANE) == set(AXES)
    return [*_widths(), *_objects(), *_heights_and_gates(), *_paint(layers), *_notable()]
