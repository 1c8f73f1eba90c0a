"""和平小区（虚构）, a map in OpenStreetMap's format and its known answers.

Every object is invented: no place, name or tag is taken from OpenStreetMap, and negative ids say that nothing of it was ever
there. Coordinates are metres about a point in EPSG:4550, written in degrees with seven decimals as OpenStreetMap does, so
that a node lies up to a centimetre beside its place; widths that a tag tells are exact.

    y                 A  和平一区                           B  和平二区
    140   A5 6 m 3.505 h   A4 ?     A2 3.5      150        B4 5 m, height ?
          │                │        │           110        B3 5 m, passage 3.8 h
     80   ┼──A3 ~4 m───────┼──A2────┘           100        ║ B2 area 6 m
          │                │                     60   B5───╨───B6 5 m, bay
     30   A6 6 m 4.2 h     A1 4.5                          B1 5 m
    ───────────────────────┴──── 和平路 ───────────────────┴─────
          40              100       160              260   320   400   x
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

import pyproj
from sample_answers import Answer
from sample_geometry import Frame, Pt

TITLE = "和平小区（虚构）· OpenStreetMap 格式地图"
FRAME = Frame(530_000.0, 4_600_000.0, 1.0, 0.0)
FOOT_M = 0.3048
HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- 虚构地图，由 data/make_samples.py 绘制，不含任何 OpenStreetMap 数据。
     An invented map drawn by data/make_samples.py: it holds no data of OpenStreetMap. -->
<osm version="0.6" generator="firelane make_samples.py" upload="never">
"""


@dataclass
class Map:
    """Nodes and ways as they are drawn; a place is one node, however many ways share it."""

    nodes: dict[Pt, tuple[int, dict[str, str]]] = field(default_factory=dict)
    ways: list[tuple[int, list[int], dict[str, str]]] = field(default_factory=list)

    def node(self, place: Pt, **tags: str) -> int:
        number, known = self.nodes.setdefault(place, (-1 - len(self.nodes), {}))
        known.update(_tags(tags))
        return number

    def way(self, points: list[Pt], **tags: str) -> str:
        """Draw a way; a tag's ``__`` stands for a colon. Return its id."""
        number = -1001 - len(self.ways)
        self.ways.append((number, [self.node(p) for p in points], _tags(tags)))
        return f"way/{number}"

    def area(self, x0: float, y0: float, x1: float, y1: float, **tags: str) -> str:
        return self.way([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], **tags)

    def content(self) -> str:
        """Return the file."""
        to_degrees = pyproj.Transformer.from_crs("EPSG:4550", "EPSG:4326", always_xy=True)
        lines = [HEAD]
        for place, (number, tags) in self.nodes.items():
            lon, lat = to_degrees.transform(*FRAME.point(*place))
            head = f'  <node id="{number}" visible="true" lat="{lat:.7f}" lon="{lon:.7f}"'
            lines.append(head + (">\n" + _xml(tags) + "  </node>\n" if tags else "/>\n"))
        for number, refs, tags in self.ways:
            lines.append(f'  <way id="{number}" visible="true">\n')
            lines += [f'    <nd ref="{ref}"/>\n' for ref in refs]
            lines.append(_xml(tags) + "  </way>\n")
        return "".join([*lines, "</osm>\n"])


def _tags(tags: dict[str, str]) -> dict[str, str]:
    return {key.replace("__", ":"): value for key, value in tags.items()}


def _xml(tags: dict[str, str]) -> str:
    return "".join(f"    <tag k={quoteattr(key)} v={quoteattr(value)}/>\n" for key, value in sorted(tags.items()))


@dataclass(frozen=True)
class Drawn:
    """The map, and the ids that its answers name."""

    map: Map
    ids: dict[str, str]


def build() -> Drawn:
    """Return the map."""
    m = Map()
    ids = {
        "A": m.area(0, 10, 200, 160, landuse="residential", name="和平一区"),
        "B": m.area(230, 10, 420, 160, landuse="residential", name="和平二区"),
    }
    m.way([(-50, 0), (100, 0), (320, 0), (450, 0)], highway="tertiary", name="和平路")
    _first(m, ids)
    _second(m, ids)
    return Drawn(m, ids)


def _first(m: Map, ids: dict[str, str]) -> None:
    ids["gate A"] = f"node/{m.node((100, 14), barrier='lift_gate', emergency='yes')}"
    ids["bollard A"] = f"node/{m.node((100, 110), barrier='bollard')}"
    ids["A1"] = m.way([(100, 0), (100, 14), (100, 80)], highway="service", width="4.5", name="一区主路")
    ids["A2"] = m.way([(100, 80), (160, 80), (160, 140)], highway="service", width="3.5")
    ids["A3"] = m.way([(100, 80), (40, 80)], highway="service", est_width="4")
    ids["A4"] = m.way([(100, 80), (100, 110), (100, 140)], highway="service")
    m.way([(40, 66), (40, 80), (40, 94)], highway="service", width="6")
    ids["A5"] = m.way([(40, 94), (40, 140)], highway="service", width="6", maxheight="11'6\"")
    ids["A6"] = m.way([(40, 66), (40, 30)], highway="service", width="6", maxheight="4.2")
    m.way([(100, 140), (120, 140), (120, 120)], highway="footway")
    m.node((114, 90), entrance="yes")
    m.way([(110, 90), (114, 90), (140, 90), (140, 102), (110, 102), (110, 90)], building="apartments", building__levels="11",
          name="1号楼")  # fmt: skip
    m.area(50, 90, 90, 102, building="apartments", building__levels="6", height="18.5", name="2号楼")
    m.area(50, 50, 90, 62, building="apartments", building__levels="6", name="3号楼")
    for x in (104, 108, 112):
        m.node((x, 76), natural="tree")
    m.area(120, 40, 160, 70, amenity="parking")
    m.area(122, 72, 124.5, 77.3, amenity="parking_space")


def _second(m: Map, ids: dict[str, str]) -> None:
    ids["gate B"] = f"node/{m.node((320, 14), barrier='gate', locked='yes')}"
    ids["bollard B"] = f"node/{m.node((290, 60), barrier='bollard', maxwidth='2.8')}"
    ids["B1"] = m.way([(320, 0), (320, 14), (320, 60)], highway="service", width="5.0", name="二区主路")
    ids["B2"] = m.way(
        [(317, 61), (323, 61), (323, 100), (320, 100), (317, 100), (317, 61)], area__highway="service"
    )
    m.way([(320, 60), (320, 100)], highway="service")
    ids["B3"] = m.way(
        [(320, 100), (320, 112)], highway="service", width="5.0", tunnel="building_passage", maxheight__physical="3.8"
    )
    ids["B4"] = m.way([(320, 112), (320, 150)], highway="service", width="5.0", maxheight="below_default")
    ids["B5"] = m.way([(320, 60), (290, 60), (250, 60)], highway="service", width="4.5")
    ids["B6"] = m.way([(320, 60), (400, 60)], highway="service", width="5.0")
    ids["bay"] = m.area(350, 60.8, 352.5, 66.1, amenity="parking_space")
    m.area(355, 63, 357.5, 68.3, amenity="parking_space")
    m.area(300, 101, 340, 111, building="apartments", building__levels="18", name="5号楼")
    m.way([(250, 52), (300, 52)], barrier="fence")


def lane_points() -> dict[str, tuple[Pt, str]]:
    """Return a point on each lane, and the way it follows."""
    return {
        "A1": ((100, 45), "A1"), "A2": ((130, 80), "A2"), "A3": ((70, 80), "A3"), "A4": ((100, 125), "A4"),
        "A5": ((40, 120), "A5"), "A6": ((40, 45), "A6"), "B1": ((320, 35), "B1"), "B2": ((320, 80), "B2, B3, B4"),
        "B5": ((270, 60), "B5"), "B6": ((380, 60), "B6"),
    }  # fmt: skip


def answers(drawn: Drawn) -> list[Answer]:
    """Return what is known of the map."""
    width, height, standing = "sy2020-14-clear-width", "sy2020-14-clear-height", "sy2020-10-obstruction"
    gate = "sy2020-10-gate"
    ids = drawn.ids
    stones = (ids["bollard B"], f"{ids['bollard B']}/2")
    feet_m = round(11 * FOOT_M + 6 * FOOT_M / 12, 9)
    over = {name: f"obstructions:{ids[name]}" for name in ("A5", "B3", "B4")}
    lanes = [
        Answer("violation", width, "fail", "lane", "A2", (130, 80), "width=3.5，误差 0.05 m", "width=3.5, to 0.05 m", 3.5, tolerance_m=1e-6, within_m=80.0),
        Answer("violation", width, "fail", "lane", "B5", (290, 60), "隔离桩标注 maxwidth=2.8", "the bollard leaves maxwidth=2.8", 2.8,
               tolerance_m=0.002, owners=stones),
        Answer("violation", width, "fail", "lane", "B6", (351, 59), "车位外侧 60.8 − 路面南缘 57.5；节点误差 1 cm",
               "from the road's south edge at 57.5 to the bay at 60.8; nodes to 1 cm", 3.3, tolerance_m=0.02, within_m=3.0, owners=(ids["bay"],)),
        Answer("violation", height, "fail", "lane", "A5", (40, 120), "maxheight=11'6\" = 11 × 0.3048 + 6 × 0.0254", "11 × 0.3048 + 6 × 0.0254",
               feet_m, tolerance_m=1e-6, within_m=30.0, owners=(over["A5"],)),
        Answer("violation", height, "fail", "lane", "B2", (320, 106), "过街楼 maxheight:physical=3.8", "building passage, maxheight:physical=3.8",
               3.8, tolerance_m=1e-6, within_m=10.0, owners=(over["B3"],)),
    ]  # fmt: skip
    things = [
        Answer("violation", standing, "fail", "obstruction", stones[n], (290, y), "隔离桩两侧之一，中间仅余 2.800 m",
               "one side of the bollards, 2.800 m left between them", 2.8, tolerance_m=0.002, owners=(stones[n],))
        for n, y in enumerate((57.75, 61.4))
    ]  # fmt: skip
    things.append(
        Answer("violation", standing, "fail", "parking", ids["bay"], (351.25, 61.7), "车位占路 1.7 m，旁边仅余 3.3 m",
               "a bay 1.7 m into the road, 3.3 m left beside it", 3.3, tolerance_m=0.02, within_m=3.0, owners=(ids["bay"],))
    )  # fmt: skip
    notable = [
        Answer("notable", width, "pass", "lane", "A1", (100, 45), "width=4.5，误差 0.05 m", "width=4.5, to 0.05 m", 4.5, tolerance_m=1e-6, within_m=40.0),
        Answer("notable", width, "indeterminate", "lane", "A3", (70, 80), "est_width=4 为目测，误差 1 m", "est_width=4 is an eye's guess, to 1 m",
               4.0, tolerance_m=1e-6, within_m=40.0),
        Answer("notable", width, "not_measured", "lane", "A4", (100, 125), "只有中心线", "a centreline alone", within_m=40.0),
        Answer("notable", standing, "not_measured", "obstruction", ids["bollard A"], (100, 110), "宽度未知的路上的隔离桩",
               "a bollard on a road of unknown width", owners=(ids["bollard A"],)),
        Answer("notable", width, "pass", "lane", "A6", (40, 45), "width=6，误差 0.5 m", "width=6, to 0.5 m", 6.0, tolerance_m=1e-6, within_m=40.0),
        Answer("notable", gate, "pass", "obstruction", ids["gate A"], (100, 14), "emergency=yes", "emergency=yes", owners=(ids["gate A"],)),
        Answer("notable", gate, "not_measured", "obstruction", ids["gate B"], (320, 14), "locked=yes 不说明紧急时能否打开",
               "locked=yes does not tell whether it opens in an emergency", owners=(ids["gate B"],)),
        Answer("notable", height, "not_measured", "lane", "B2", (320, 148), "below_default 不是数值", "below_default is no figure",
               within_m=45.0, owners=(over["B4"],)),
        Answer("notable", width, "pass", "lane", "B2", (320, 80), "width=5.0；area:highway 宽 323 − 317", "width=5.0; area:highway is 323 − 317 wide",
               5.0, tolerance_m=0.02, within_m=90.0),
    ]  # fmt: skip
    return [*lanes, *things, *notable]
