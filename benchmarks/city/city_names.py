"""Names, managers and places: a city that reads and lies like Shenyang, of invented districts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyproj

# Middles of the nine urban districts, roughly [degrees]; a site belongs to the nearest.
DISTRICTS = {
    "和平区": (123.396, 41.780), "沈河区": (123.450, 41.793), "大东区": (123.480, 41.815), "皇姑区": (123.410, 41.830),
    "铁西区": (123.340, 41.795), "浑南区": (123.465, 41.715), "于洪区": (123.290, 41.810), "苏家屯区": (123.345, 41.665),
    "沈北新区": (123.500, 41.930),
}  # fmt: skip

_FIRST = "和顺安泰康宁福瑞祥盛兴华明丽锦绣翠荷万新北东南文景雅嘉金银河塔山海云澜枫桂松柏梧"
_SECOND = "馨苑园泽居逸庭悦景湾畔阳光源丰达程轩和兰荣乐"
_TAIL = ("小区", "小区", "小区", "家园", "花园", "社区一期", "新村", "公寓", "里", "苑", "北区", "南区", "名邸", "佳园")
_UNITS = ("沈阳机床", "铁路局", "重型机械", "变压器", "市电业局", "航空院", "农机研究所", "纺织厂", "东北制药", "邮电", "自来水公司", "理工学院")
_COMPANY = ("和信", "金科", "华新", "万泽", "城建", "新湖", "嘉诚", "众安", "北方", "百益", "龙源", "天润", "恒达", "盛世")
_STREETS = ("南湖", "西塔", "大西", "滨河", "东站", "万泉", "三台子", "塔湾", "启工", "工人村", "五三", "迎宾路", "沙岭", "民主", "道义")

ORIGIN_LON, ORIGIN_LAT = 123.43, 41.80
_TO_METRES = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4550", always_xy=True)
TO_DEGREES = pyproj.Transformer.from_crs("EPSG:4550", "EPSG:4490", always_xy=True)
CENTRE = np.round(_TO_METRES.transform(ORIGIN_LON, ORIGIN_LAT), -2)

PITCH_M = {"tiny": 260.0, "small": 380.0, "mixed": 900.0, "5k": 700.0}
"""Side of the square of land that each district has to itself [m]."""


@dataclass(frozen=True)
class Who:
    """What a district is called and who looks after it."""

    name: str
    district: str
    manager: str
    manager_kind: str
    managed: bool


def place(index: int, size: str) -> tuple[float, float]:
    """Return the middle [m] of the land of site ``index``: outwards in rings, none of it in the Hun river."""
    pitch = PITCH_M[size]
    while len(_LAND.setdefault(size, [])) <= index:
        _grow(size, pitch)
    x, y = _LAND[size][index]
    return float(CENTRE[0] + x), float(CENTRE[1] + y)


_LAND: dict[str, list[tuple[float, float]]] = {}
_RINGS: dict[str, int] = {}


def _grow(size: str, pitch: float) -> None:
    """Add the next ring of squares; the list never changes but at its end."""
    ring = _RINGS.get(size, -1) + 1
    _RINGS[size] = ring
    side = range(-ring, ring + 1)
    for i, j in sorted(
        {(i, j) for i in side for j in (-ring, ring)} | {(i, j) for i in (-ring, ring) for j in side},
        key=lambda ij: math.atan2(ij[1], ij[0]),
    ):
        x, y = i * pitch, j * pitch
        # The Hun river, 300 m wide, passes south of the centre from east-north-east to west-south-west.
        river = -5200.0 + 0.18 * x + 500.0 * math.sin(x / 3000.0)
        if abs(y - river) > 150.0 + pitch / 2:
            _LAND[size].append((x, y))


def nearest_district(lon: float, lat: float) -> str:
    """Return the urban district whose middle is nearest."""
    east = math.cos(math.radians(lat))
    return min(DISTRICTS, key=lambda d: ((DISTRICTS[d][0] - lon) * east) ** 2 + (DISTRICTS[d][1] - lat) ** 2)


def called(index: int, plan: str, district: str, rng: np.random.Generator) -> Who:
    """Return the name and the manager of a district."""
    pick = rng.random(8)

    def of(words: str | tuple[str, ...], n: int) -> str:
        return words[int(pick[n] * len(words))]

    street = f"{district}{of(_STREETS, 5)}街道办事处"
    if plan == "unit_courtyard":
        unit = of(_UNITS, 0)
        name = f"{unit}{('家属院', '职工宿舍', '大院')[index % 3]}"
        who = (unit, "unit", False) if pick[6] < 0.6 else (street, "street_office", False)
    else:
        name = f"{of(_FIRST, 0)}{of(_SECOND, 1)}{of(_TAIL, 2)}"
        if pick[6] < 0.72:
            who = (f"沈阳{of(_COMPANY, 3)}物业服务有限公司", "property_company", True)
        elif pick[6] < 0.93:
            who = (street, "street_office", False)
        else:
            who = ("", "", False)  # nobody looks after it
    return Who(name, district, *who)


def to_degrees(east: float, north: float) -> tuple[float, float]:
    """Return longitude and latitude (CGCS2000)."""
    lon, lat = TO_DEGREES.transform(east, north)
    return round(float(lon), 7), round(float(lat), 7)
