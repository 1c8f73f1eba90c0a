"""The field's terms as closed enums, each with its unit, Chinese and English name."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Literal, Self

Lang = Literal["zh", "en"]


class Term(StrEnum):
    """A closed vocabulary whose members carry a Chinese and an English label."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str = "", en: str = "") -> Self:
        """Attach the labels to the string value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh or value
        member.en = en or value.replace("_", " ")
        return member

    def label(self, lang: Lang = "zh") -> str:
        """Return the label in ``lang``."""
        return self.zh if lang == "zh" else self.en


class Verdict(Term):
    """Outcome of one rule for one subject (contract §2)."""

    PASS = "pass", "符合", "pass"
    FAIL = "fail", "不符合", "fail"
    INDETERMINATE = "indeterminate", "无法判定", "indeterminate"
    NOT_MEASURED = "not_measured", "未测量", "not measured"
    NOT_APPLICABLE = "not_applicable", "不适用", "not applicable"


class SiteVerdict(Term):
    """Outcome for the whole site."""

    PASS = "pass", "符合", "pass"
    FAIL = "fail", "不符合", "fail"
    INDETERMINATE = "indeterminate", "无法判定", "indeterminate"
    INCOMPLETE = "incomplete", "未发现不符合，但有未测项目", "incomplete"


class Severity(Term):
    """Weight of a rule: 必须/应/不得 = mandatory, 宜 = advisory, 可 = info."""

    MANDATORY = "mandatory", "强制", "mandatory"
    ADVISORY = "advisory", "建议", "advisory"
    INFO = "info", "提示", "info"


class Quantity(Term):
    """What a rule measures. ``unit`` is the unit of the value."""

    CLEAR_WIDTH = "clear_width", "净宽", "clear width"
    CLEAR_HEIGHT = "clear_height", "净高", "clear height"
    REACH = "reach", "消防车可达宽度", "widest vehicle that arrives"
    OBSTRUCTION = "obstruction", "障碍物", "obstruction"
    AERIAL_OBSTRUCTION = "aerial_obstruction", "妨碍举高操作的障碍物", "obstacle to aerial operation"
    PARKING = "parking", "停车泊位", "parking bay"
    GATE_OPENING = "gate_opening", "出入口紧急开启", "gate opening"
    TURNING_RADIUS = "turning_radius", "转弯半径", "turning radius"
    SWEPT_PATH = "swept_path", "扫掠轨迹", "swept path"
    TURNING_AREA = "turning_area", "回车场地", "turning area"
    CONNECTIVITY = "connectivity", "连通", "connectivity"
    FACADE_DISTANCE = "facade_distance", "距外墙距离", "facade distance"
    OPERATING_GROUND = "operating_ground", "登高操作场地", "operating ground"
    GRADIENT = "gradient", "坡度", "gradient"
    EDGE_LINE = "edge_line", "路缘禁停线", "edge line"
    KERB_PAINT = "kerb_paint", "路缘石黄色标线", "kerb paint"
    BOX_SPACING = "box_spacing", "黄色方框线间距", "box spacing"
    BOX_TEXT = "box_text", "方框内警示字样", "lettering in the box"
    ENTRANCE_GRID = "entrance_grid", "出入口网状线", "entrance grid"
    GRID_TEXT = "grid_text", "网状线内警示字样", "lettering in the grid"
    SIGN = "sign", "标志标识", "sign"
    CONDITION = "condition", "标志标线完好", "condition of signs and markings"
    RESPONSIBLE_PARTY = "responsible_party", "维护管理责任主体", "responsible party"
    MANAGEMENT = "management", "日常管理", "management"

    @property
    def unit(self) -> str:
        """Unit of the value: ``m``, ``%``, ``count`` or ``""``."""
        return _UNITS.get(self, "")


_UNITS: dict[Quantity, str] = {
    Quantity.CLEAR_WIDTH: "m",
    Quantity.CLEAR_HEIGHT: "m",
    Quantity.REACH: "m",
    Quantity.TURNING_RADIUS: "m",
    Quantity.TURNING_AREA: "m",  # side of the largest square
    Quantity.CONNECTIVITY: "count",
    Quantity.FACADE_DISTANCE: "m",
    Quantity.OPERATING_GROUND: "m",  # of wall that has it
    Quantity.GRADIENT: "%",
    Quantity.EDGE_LINE: "m",
    Quantity.KERB_PAINT: "m",
    Quantity.BOX_SPACING: "m",
    Quantity.ENTRANCE_GRID: "m",
    Quantity.OBSTRUCTION: "m",  # the way left beside it
    Quantity.PARKING: "m",
}


class ObstructionKind(Term):
    """Kinds of the ``obstructions`` layer, those of Article 10 first."""

    PARKING_BAY = "parking_bay", "停车泊位", "parking bay"
    STRUCTURE = "structure", "构筑物", "structure"
    BOLLARD = "bollard", "固定隔离桩", "fixed bollard"
    TREE = "tree", "树木", "tree"
    OVERHEAD_LINE = "overhead_line", "架空管线", "overhead line"
    BILLBOARD = "billboard", "广告牌", "billboard"
    DECORATION = "decoration", "装饰物", "decoration"
    GATE = "gate", "门/道闸", "gate"
    ARCH = "arch", "限高架/门洞", "arch or height bar"
    WALL = "wall", "墙", "wall"
    FENCE = "fence", "围栏", "fence"
    VEHICLE = "vehicle", "车辆", "parked vehicle"
    STALL = "stall", "摊位", "stall"
    POLE = "pole", "杆", "pole"
    OTHER = "other", "其他障碍物", "other obstruction"

    @property
    def overhead(self) -> bool:
        """True where an unknown underside means *unknown*, not *standing on the ground*."""
        return self in _OVERHEAD


_OVERHEAD = frozenset(
    {ObstructionKind.OVERHEAD_LINE, ObstructionKind.ARCH, ObstructionKind.BILLBOARD, ObstructionKind.DECORATION}
)


class EntranceKind(Term):
    """Kinds of the ``entrances`` layer; an exit also admits a fire engine."""

    ENTRANCE = "entrance", "入口", "entrance"
    EXIT = "exit", "出口", "exit"
    BOTH = "both", "出入口", "entrance and exit"


class RoadClass(Term):
    """Classes of Article 3; they decide the responsible party of Article 12."""

    MUNICIPAL = "municipal", "市政道路", "municipal road"
    RESIDENTIAL = "residential", "居民住宅区", "residential area"
    CONSTRUCTION = "construction", "在建工地", "construction site"
    UNIT = "unit", "机关团体企事业单位", "unit"
    OTHER = "other", "其他", "other"


class ParkingStatus(Term):
    """``existing`` bays count as occupied; ``planned`` ones appear in parking findings only."""

    EXISTING = "existing", "现有", "existing"
    PLANNED = "planned", "规划", "planned"


class PaintKind(Term):
    """Kinds of existing paint in the ``markings`` layer."""

    EDGE_LINE = "edge_line", "路面黄色单实线", "edge line"
    KERB_PAINT = "kerb_paint", "路缘石黄色标线", "kerb paint"
    BOX = "box", "黄色方框线", "box"
    GRID = "grid", "网状线", "entrance grid"
    TEXT = "text", "警示字样", "lettering"


class MarkKind(Term):
    """Kinds of planned paint (``results.gpkg`` layer ``markings``, the drawing, the quantities)."""

    EDGE_LINE = "edge_line", "路面黄色单实线（线宽15厘米）", "edge line, 15 cm"
    KERB_TOP = "kerb_top", "路缘石顶面", "kerb top"
    KERB_FACE = "kerb_face", "路缘石立面", "kerb face"
    BOX_FRAME = "box_frame", "黄色方框线", "box frame"
    BOX_TEXT = "box_text", "方框内警示字样", "box lettering"
    GRID_BORDER = "grid_border", "网状线外边框（20厘米）", "grid border, 20 cm"
    GRID_LINES = "grid_lines", "网状线内部网格线（10厘米）", "grid lines, 10 cm"
    GRID_TEXT = "grid_text", "网状线内警示字样", "grid lettering"


class Level(Term):
    """Height slab of a measurement: obstacles on the ground, or the 4 m envelope."""

    GROUND = "ground", "地面", "ground"
    ENVELOPE = "envelope", "4米净空", "4 m envelope"


class LaneEnd(Term):
    """What a lane's centreline ends at."""

    MOUTH = "mouth", "出入口", "mouth"
    JUNCTION = "junction", "路口", "junction"
    TIP = "tip", "尽端", "dead end"


LETTERING = "消防车道禁止占用"
"""The eight characters of Article 13; compared ignoring white space."""

TO_BE_CONFIRMED = {"zh": "待确认", "en": "to be confirmed"}


def rounded_down(value_m: float, decimals: int = 3) -> str:
    """Return a length rounded *down*, so that 3.9996 never reads 4.000 (contract §2).

    A value within 1e-6 below a multiple is taken as that multiple: it passes, so it reads so.

    >>> rounded_down(3.9996), rounded_down(4.0), rounded_down(3.9999999)
    ('3.999', '4.000', '4.000')
    """
    scale = 10**decimals
    return f"{math.floor((value_m + 1e-6) * scale + 1e-9) / scale:.{decimals}f}"
