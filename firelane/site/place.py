"""``[place]`` and ``[transform]`` of ``site.toml``: how a plan without a usable system comes to lie on the map."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

from firelane import crs as crs_tools
from firelane.crs.data import data
from firelane.errors import Problem
from firelane.site.config import Settings
from firelane.site.journal import Journal, did_you_mean

Floats = NDArray[np.float64]

_POINT_KEYS = frozenset({"plan", "site", "lonlat"})
_PLACE_KEYS = frozenset({"points", "scale", "axes"})
_TRANSFORM_KEYS = frozenset(
    {"dx_m", "dy_m", "rotation_deg", "rotation_sec", "scale", "scale_ppm", "to", "axes", "parameters"}
)
_ORDERS = ("xy", "survey")


@dataclass(frozen=True)
class Move:
    """What brings a plan's coordinates into a system that is known.

    Attributes
    ----------
    helmert : Helmert
    target : CRS
        Metric, and free of any offset datum.
    swapped : bool
        Whether the plan has north first: its axes are swapped before anything else.
    known : ndarray or None, shape (n, 2)
        Places in the plan by which it was placed.
    """

    helmert: crs_tools.Helmert
    target: pyproj.CRS
    swapped: bool = False
    known: Floats | None = None

    def __call__(self, xy: Floats) -> Floats:
        """Return coordinates of the plan in ``target``, shape (n, 2) [m]."""
        return self.helmert(xy[:, ::-1] if self.swapped else xy)


def find_move(settings: Settings, journal: Journal, *, units_m: Collection[float] = (1.0,)) -> Move | None:
    """Return the move that ``site.toml`` asks for; None where it asks for none, or is wrong (problems).

    Parameters
    ----------
    settings : Settings
    journal : Journal
    units_m : collection of float
        What the unit is in which each plan shows its coordinates [m]: known points are read off there.
    """
    place, transform = settings.tables.get("place"), settings.tables.get("transform")
    if place is not None and transform is not None:
        _Table(settings, "place", place, journal).wrong(
            "", "[place] and [transform] both say where the plan lies", "[place] 与 [transform] 不能同时使用",
            "keep one of them", "请只保留其一",
        )  # fmt: skip
        return None
    if place is not None:
        return _placed(_Table(settings, "place", place, journal), sorted(units_m) or [1.0])
    return None if transform is None else _transformed(_Table(settings, "transform", transform, journal))


@dataclass(frozen=True)
class _Table:
    """One raw table of ``site.toml``: reads values, tells what is wrong with them."""

    settings: Settings
    name: str
    raw: Mapping[str, Any]
    journal: Journal

    def wrong(self, key: str, en: str, zh: str, remedy_en: str = "mend the value", remedy_zh: str = "请改正该值") -> None:
        where = f"{self.name}.{key}" if key else self.name
        self.journal.problem(en, zh, remedy_en, remedy_zh, layer=self.settings.file, column=where)

    def known(self, raw: Mapping[str, Any], keys: frozenset[str], where: str = "") -> None:
        for key in raw:
            if key not in keys:
                self.wrong(f"{where}{key}", "this key is not known", "未知的键", *did_you_mean(key, keys))

    def number(self, key: str) -> float | None:
        value = self.raw.get(key)
        if value is None or _is_number(value):
            return None if value is None else float(value)
        self.wrong(key, "a number is expected", "应为数字")
        return None

    def choice(self, key: str, allowed: Sequence[str]) -> str:
        value = self.raw.get(key, allowed[0])
        if value not in allowed:
            said = " or ".join(f'"{word}"' for word in allowed)
            self.wrong(key, f"{said} is expected", f"应为 {said.replace(' or ', ' 或 ')}")
        return value if value in allowed else allowed[0]

    def pair(self, value: object, key: str, en: str, zh: str) -> tuple[float, float] | None:
        if isinstance(value, list) and len(value) == 2 and all(_is_number(v) for v in value):
            return float(value[0]), float(value[1])
        self.wrong(key, f"two numbers {en} are expected", f"应为两个数字 {zh}")
        return None

    @property
    def offset_datum(self) -> bool:
        return self.settings.site.datum in ("gcj02", "bd09")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


# --- [transform] -------------------------------------------------------------------------------


def _transformed(table: _Table) -> Move | None:
    before = len(table.journal.problems)
    table.known(table.raw, _TRANSFORM_KEYS)
    for one, other in (("rotation_deg", "rotation_sec"), ("scale", "scale_ppm")):
        if one in table.raw and other in table.raw:
            table.wrong(one, f"{one} and {other} are both given", f"{one} 与 {other} 重复", "keep one", "请只保留其一")
    for key in ("dx_m", "dy_m"):
        if key not in table.raw:
            table.wrong(
                key, "it is missing", "缺少该值", f"write {key} = 0.0 if there is no shift", f"若无平移，请写 {key} = 0.0"
            )
    dx_m, dy_m = table.number("dx_m") or 0.0, table.number("dy_m") or 0.0
    degrees, seconds = table.number("rotation_deg") or 0.0, table.number("rotation_sec") or 0.0
    scale, ppm = table.number("scale"), table.number("scale_ppm")
    factor = 1.0 + (ppm or 0.0) * 1e-6 if scale is None else scale
    if factor <= 0.0:
        table.wrong("scale", "a number above zero is expected", "应为大于零的数")
    swapped = table.choice("axes", _ORDERS) == "survey"
    survey = table.choice("parameters", _ORDERS) == "survey"
    target = _target(table)
    if table.offset_datum:
        table.wrong(
            "", f"it cannot go with datum = {table.settings.site.datum!r}: the offset has no four parameters",
            f"不能与 datum = {table.settings.site.datum!r} 同用：该偏移不能用四参数表示",
            "take the datum away: [transform] leads to true coordinates", "请去掉 datum：[transform] 的结果为真实坐标",
        )  # fmt: skip
    if target is None or len(table.journal.problems) > before:
        return None
    angle = math.radians(degrees + seconds / 3600.0)
    make = crs_tools.Helmert.from_survey if survey else crs_tools.Helmert
    table.journal.note(
        "transformed",
        f"the plan was moved to {crs_tools.label(target)} by the four parameters of site.toml; "
        f"lengths were multiplied by {factor:.9g}",
        f"图形已按 site.toml 中的四参数转换到 {crs_tools.label(target)}；长度乘以 {factor:.9g}",
    )
    return Move(make(dx_m, dy_m, angle, factor), target, swapped)


def _target(table: _Table) -> pyproj.CRS | None:
    """Return the system that ``to`` names, or ``crs``."""
    given = table.raw.get("to")
    if given is None:
        if table.settings.crs is not None:
            return _metric(table, "to", table.settings.crs)
        table.wrong("to", "it is missing", "缺少该值", 'write for instance to = "EPSG:4550"', '例如写 to = "EPSG:4550"')
        return None
    parsed = crs_tools.parse_crs(given)
    if isinstance(parsed, Problem):
        table.wrong("to", parsed.message, parsed.message_zh, parsed.remedy, parsed.remedy_zh)
        return None
    if table.settings.crs is not None and not crs_tools.same(parsed, table.settings.crs):
        table.wrong(
            "to", f"it is not the same as crs = {crs_tools.code(table.settings.crs)}",
            f"与 crs = {crs_tools.code(table.settings.crs)} 不一致", "leave `crs` away, or write the same", "请删去 crs 或写成一致",
        )  # fmt: skip
        return None
    return _metric(table, "to", parsed)


def _metric(table: _Table, key: str, crs: pyproj.CRS) -> pyproj.CRS | None:
    if crs.is_projected and crs_tools.metres_per_unit(crs) == 1.0:
        return crs_tools.recognised(crs)
    table.wrong(
        key, f"{crs_tools.label(crs)} is not a system in metres", f"{crs_tools.label(crs)} 不是以米为单位的坐标系",
        'write a projected system, for instance "EPSG:4550"', '请写投影坐标系，例如 "EPSG:4550"',
    )  # fmt: skip
    return None


# --- [place] -----------------------------------------------------------------------------------


def _placed(table: _Table, units_m: Sequence[float]) -> Move | None:
    before = len(table.journal.problems)
    table.known(table.raw, _PLACE_KEYS)
    free = table.choice("scale", ("keep", "free")) == "free"
    survey = table.choice("axes", _ORDERS) == "survey"
    plan, told, degrees = _pairs(table)
    if len(units_m) > 1:
        table.wrong(
            "points", "plans of different units are read together, and `plan` cannot be in all of them",
            "一并读取的图形单位不同，plan 的单位无法确定",
            "save the plans in one unit, or place each of them as a site of its own", "请将各图统一单位，或分别作为场地定位",
        )  # fmt: skip
    unit_m = units_m[0]
    plan = plan * unit_m
    if len(table.journal.problems) > before:
        return None
    target = _place_target(table, told, degrees)
    if target is None:
        return None
    site = _true(table, target, told, degrees)
    drawn, plan = plan, plan[:, ::-1] if survey else plan
    if not _sensible(table, target, plan, site, told=told, free=free, degrees=degrees, unit_m=unit_m):
        return None
    move, scale, misses = crs_tools.fit_rigid(plan, site, free_scale=free)
    _tell(table, target, move, scale, misses, free=free)
    return Move(move, target, survey, known=drawn)


def _pairs(table: _Table) -> tuple[Floats, Floats, bool]:
    """Return the points in the plan, where they lie as told, and whether that is in degrees."""
    empty = np.empty((0, 2))
    points = table.raw.get("points")
    if not isinstance(points, list) or len(points) < 2 or not all(isinstance(p, dict) for p in points):
        table.wrong(
            "points", "two known points or more are expected", "应给出两个或更多已知点",
            "write points = [{ plan = [x, y], site = [east, north] }, { … }]",
            "写成 points = [{ plan = [x, y], site = [东坐标, 北坐标] }, { … }]",
        )  # fmt: skip
        return empty, empty, False
    kinds = {key for point in points for key in ("site", "lonlat") if key in point}
    plan, told = [], []
    for n, point in enumerate(points, 1):
        where = f"points[{n}]."
        table.known(point, _POINT_KEYS, where)
        if ("site" in point) == ("lonlat" in point):
            table.wrong(
                f"points[{n}]", "either site or lonlat is expected", "site 与 lonlat 应且只应给出其一",
                "write site = [east, north], or lonlat = [longitude, latitude]", "写 site = [东坐标, 北坐标] 或 lonlat = [经度, 纬度]",
            )  # fmt: skip
            continue
        key = "site" if "site" in point else "lonlat"
        words = ("[east, north]", "[东坐标, 北坐标]") if key == "site" else ("[longitude, latitude]", "[经度, 纬度]")
        one = table.pair(point.get("plan"), f"{where}plan", "[x, y]", "[x, y]")
        other = table.pair(point[key], f"{where}{key}", *words)
        if one is not None and other is not None:
            plan.append(one)
            told.append(other)
    if len(kinds) > 1:
        table.wrong(
            "points", "some points have site, others lonlat", "已知点混用 site 与 lonlat", "write all in one way", "请统一写法"
        )
    return np.array(plan, float).reshape(-1, 2), np.array(told, float).reshape(-1, 2), kinds == {"lonlat"}


def _place_target(table: _Table, told: Floats, degrees: bool) -> pyproj.CRS | None:  # noqa: FBT001  (internal)
    crs = table.settings.crs
    if not degrees:
        if crs is not None:
            return _metric(table, "points", crs)
        table.wrong(
            "points", "`site` tells coordinates, but no `crs` says of which system", "给出了 site 坐标，但未用 crs 说明坐标系",
            'write crs = "EPSG:4550" (or whichever it is) above all tables', '请在文件最前面写 crs = "EPSG:4550"（按实际）',
        )  # fmt: skip
        return None
    lon, lat = told.T
    if (np.abs(lat) > 90.0).any() and (np.abs(lon) <= 90.0).all():
        table.wrong(
            "points", "lonlat has latitude first: longitude must come first", "lonlat 把纬度写在前面，应先经度后纬度",
            "swap the two numbers", "请交换两个数字",
        )  # fmt: skip
        return None
    found = crs_tools.check_crs(pyproj.CRS.from_epsg(4490), told)
    if found or (np.abs(lat) > 90.0).any() or (np.abs(lon) > 180.0).any():
        said = found[0] if found else None
        table.wrong(
            "points", said.message if said else "lonlat is no longitude and latitude",
            said.message_zh if said else "lonlat 不是经纬度", "write lonlat = [longitude, latitude] in degrees",
            "写成 lonlat = [经度, 纬度]，单位为度",
        )  # fmt: skip
        return None
    if crs is not None and crs.is_projected:
        return _metric(table, "points", crs)
    middle = crs_tools.to_wgs84(told, table.settings.site.datum).mean(axis=0)
    return crs_tools.choose_working_crs(float(middle[0]), float(middle[1]))


def _true(table: _Table, target: pyproj.CRS, told: Floats, degrees: bool) -> Floats:  # noqa: FBT001  (internal)
    """Return where the points lie in ``target``, free of a declared offset datum."""
    datum = table.settings.site.datum
    if degrees:
        return crs_tools.from_lonlat(crs_tools.to_wgs84(told, datum), target)
    if not table.offset_datum:
        return told
    return crs_tools.from_lonlat(crs_tools.to_wgs84(crs_tools.to_lonlat(told, target), datum), target)


def _sensible(
    table: _Table, target: pyproj.CRS, plan: Floats, site: Floats, *, told: Floats, free: bool, degrees: bool, unit_m: float
) -> bool:
    """Look for the usual mistakes in the pairs, told as problems; tell whether there are none."""
    before = len(table.journal.problems)
    limits = data()["place"]
    for found in crs_tools.check_crs(target, site):
        swapped = not degrees and not crs_tools.check_crs(target, site[:, ::-1])
        remedy = (
            ("write site = [east, north]: surveyors' X is north and stands second here",
             "写成 site = [东坐标, 北坐标]：测量坐标的 X 为北，此处应写在后面")
            if swapped else (found.remedy, found.remedy_zh)
        )  # fmt: skip
        table.wrong("points", found.message, found.message_zh, *remedy)
    if crs_tools.is_local(target, site):
        table.wrong(
            "points", f"`site` holds no coordinates of {crs_tools.label(target)}", f"site 不是 {crs_tools.label(target)} 的坐标",
            "look them up again: [east, north] in that system", "请核对：应为该坐标系的 [东坐标, 北坐标]",
        )  # fmt: skip
    for points, name in ((plan, "plan"), (told, "lonlat" if degrees else "site")):
        apart = _spread(points if name != "lonlat" else site)
        if apart < float(limits["same_m"]) * (unit_m if name == "plan" else 1.0):
            table.wrong(
                "points", f"all points are the same place ({name})", f"各已知点为同一位置（{name}）",
                "give points that lie far apart", "请给出相距较远的点",
            )  # fmt: skip
    if len(table.journal.problems) > before:
        return False
    _, scale, misses = crs_tools.fit_rigid(plan, site, free_scale=free)
    if _mirrored(plan, site, free=free):
        table.wrong(
            "points", "the points fit only if the axes of one side are swapped", "交换其中一方的坐标轴后已知点才相符",
            'write site = [east, north]; if the plan itself is drawn with north to the right, add axes = "survey"',
            '写成 site = [东坐标, 北坐标]；若图形本身以横轴为北，请加 axes = "survey"',
        )  # fmt: skip
    elif crs_tools.fit_rigid(plan, site, free_scale=True)[2].max() > float(limits["residual_m"]):
        _misfit(table, plan, site, misses, free=True)  # whatever the scale: one of the points is wrong
    elif not free and abs(scale - 1.0) > float(limits["scale_tolerance"]):
        _wrong_scale(table, plan, site, scale, unit_m)
    elif misses.max() > float(limits["residual_m"]):
        _misfit(table, plan, site, misses, free=free)
    return len(table.journal.problems) == before


def _spread(points: Floats) -> float:
    return float(np.hypot(*np.ptp(points, axis=0)))


def _mirrored(plan: Floats, site: Floats, *, free: bool) -> bool:
    """Tell whether three points or more fit only with the axes of one side swapped; two never tell."""
    if len(plan) < 3:
        return False
    limit = float(data()["place"]["residual_m"])
    straight = crs_tools.fit_rigid(plan, site, free_scale=free)[2].max()
    swapped = crs_tools.fit_rigid(plan[:, ::-1], site, free_scale=free)[2].max()
    return bool(straight > limit >= swapped)


def _wrong_scale(table: _Table, plan: Floats, site: Floats, scale: float, unit_m: float) -> None:
    tolerance = float(data()["place"]["scale_tolerance"])
    if unit_m != 1.0 and abs(scale * unit_m - 1.0) <= tolerance:
        table.wrong(
            "points", f"`plan` is in metres, and the coordinates that the drawing shows are in units of {unit_m:g} m",
            f"plan 以米填写，而图形坐标的单位为 {unit_m:g} 米",
            "write plan = [x, y] as the CAD program shows them", "请按 CAD 中显示的坐标填写 plan = [x, y]",
        )  # fmt: skip
        return
    units: Mapping[str, float] = data()["place"]["units"]
    unit = next((name for name, ratio in units.items() if abs(scale / ratio - 1.0) <= tolerance), None)
    far = max(range(1, len(plan)), key=lambda n: float(np.hypot(*(plan[n] - plan[0]))))
    drawn, true = (float(np.hypot(*(points[far] - points[0]))) for points in (plan, site))
    metre = "" if unit_m == 1.0 else " m"
    said = f"points 1 and {far + 1} are {drawn:.3f}{metre} apart in the plan and {true:.3f} m on site (ratio {scale:.6g})"
    said_zh = f"点 1 与点 {far + 1} 在图上相距 {drawn:.3f}，实地相距 {true:.3f} 米（比值 {scale:.6g}）"
    if unit is not None and unit_m == 1.0:
        said += f": `plan` seems to be in {unit}, metres are expected"
        said_zh += f"：plan 的单位似为 {unit}，应为米"
    table.wrong(
        "points", said, said_zh,
        "write the points as the drawing shows them, or correct the plan's unit; scale = \"free\" stretches the plan, and every width with it",
        '请按图形所示坐标填写已知点，或核对图形单位；scale = "free" 会缩放图形及所有宽度',
    )  # fmt: skip


def _misfit(table: _Table, plan: Floats, site: Floats, misses: Floats, *, free: bool) -> None:
    limit = float(data()["place"]["residual_m"])
    listed = ", ".join(f"{n}: {miss:.2f} m" for n, miss in enumerate(misses, 1))
    remedy = ("look up the points again", "请核对已知点")
    if len(plan) > 3:
        rest = [np.arange(len(plan)) != n for n in range(len(plan))]
        without = [float(crs_tools.fit_rigid(plan[m], site[m], free_scale=free)[2].max()) for m in rest]
        worst = int(np.argmin(without))
        if without[worst] <= limit:
            remedy = (f"look up point {worst + 1}: the others fit", f"请核对点 {worst + 1}：其余各点相符")
    table.wrong(
        "points", f"the points do not fit together; they miss by {listed}", f"已知点互不相符，残差：{listed}", *remedy
    )


def _tell(
    table: _Table, target: pyproj.CRS, move: crs_tools.Helmert, scale: float, misses: Floats, *, free: bool
) -> None:
    en = f"the plan was placed in {crs_tools.label(target)} by {len(misses)} known points: "
    zh = f"图形已由 {len(misses)} 个已知点定位到 {crs_tools.label(target)}："
    turn = math.degrees(move.rotation_rad)
    en += f"turned by {turn:.4f}° (counter-clockwise); the points tell a scale of {scale:.6f}"
    zh += f"逆时针旋转 {turn:.4f}°；已知点给出的比例为 {scale:.6f}"
    en += ", which was taken: lengths of the plan were changed by it" if free else "; lengths of the plan were kept"
    zh += "，已采用，图上长度随之改变" if free else "，图上长度保持不变"
    if misses.max() >= float(data()["place"]["tell_residual_m"]):
        listed = [f"{n}: {miss:.3f} m" for n, miss in enumerate(misses, 1)]
        en += f"; the points miss by {', '.join(listed)}"
        zh += f"；各点残差 {'、'.join(listed)}"
    table.journal.note("placed", en, zh)
