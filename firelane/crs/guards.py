"""Guards against the usual mistakes: each tells what is wrong and what to write instead."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray

from firelane.crs.data import data
from firelane.crs.working import (
    choose_working_crs,
    code,
    degrees_outside,
    from_lonlat,
    horizontal,
    label,
    to_lonlat,
)
from firelane.errors import Problem

Floats = NDArray[np.float64]

_CGCS2000 = pyproj.CRS.from_epsg(4490)


@dataclass(frozen=True)
class _Place:
    """Where the coordinates of one table lie: the middle and the range of those that are finite."""

    x: float
    y: float
    x_min: float
    x_max: float
    y_min: float
    y_max: float


def parse_crs(text: object) -> pyproj.CRS | Problem:
    """Return the CRS that a text or an EPSG number names, or the problem with it."""
    if isinstance(text, bool) or not isinstance(text, (str, int)):
        given = str(text)
    else:
        try:
            return horizontal(pyproj.CRS.from_user_input(text))
        except pyproj.exceptions.CRSError:
            given = str(text)
    return Problem(
        f"{given[:80]!r} is no coordinate reference system",
        'write it like crs = "EPSG:4550"',
        message_zh=f"{given[:80]!r} 不是有效的坐标系",
        remedy_zh='写成 crs = "EPSG:4550" 的形式',
    )


def check_crs(crs: pyproj.CRS | None, xy: ArrayLike, *, layer: str | None = None) -> list[Problem]:
    """Look for the usual mistakes in a table's CRS, given its coordinates.

    Missing CRS, pseudo-Mercator, degrees in a metric system and the reverse, swapped axes, a zone
    prefix that the CRS does not have (or lacks), a wrong zone.

    Parameters
    ----------
    crs : pyproj.CRS or None
        What the file, or the user, says.
    xy : array-like, shape (n, 2)
        The coordinates as they stand in the file, x before y; those not finite are disregarded.
    layer : str, optional
        Name for the messages.

    Returns
    -------
    list of Problem
        Empty if nothing is wrong.
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if crs is None:
        return [_missing(layer, points)]
    if _is_mercator(crs):
        return [_mercator(crs, layer)]
    if not (crs.is_geographic or crs.is_projected):
        return [_unusable(crs, layer)]
    if len(points) == 0:
        return []
    (x, y), low, high = np.median(points, axis=0), points.min(axis=0), points.max(axis=0)
    place = _Place(float(x), float(y), float(low[0]), float(high[0]), float(low[1]), float(high[1]))
    found = _check_degrees(crs, place, layer) if crs.is_geographic else _check_metres(crs, place, layer)
    return [found] if found else []


def _problem(layer: str | None, en: str, zh: str, remedy_en: str, remedy_zh: str) -> Problem:
    return Problem(en, remedy_en, layer=layer, column="geometry", message_zh=zh, remedy_zh=remedy_zh)


def _missing(layer: str | None, points: Floats) -> Problem:
    where = "in site.toml, in the table [site], write for instance"
    where_zh = "在 site.toml 的 [site] 下写明，例如"
    guess = "EPSG:4550"
    if len(points):
        x = float(np.median(points[:, 0]))
        prefixed = _prefix_crs(x, "cgcs2000")
        guess = code(prefixed) if prefixed else "EPSG:4490" if abs(x) <= 180.0 else guess
    return _problem(
        layer,
        "the coordinate reference system is missing",
        "缺少坐标系",
        f'{where} crs = "{guess}"',
        f'{where_zh} crs = "{guess}"',
    )


def _mercator(crs: pyproj.CRS, layer: str | None) -> Problem:
    return _problem(
        layer,
        f"{label(crs)} is a Mercator map: it stretches lengths (at Shenyang a 4.0 m lane measures 5.4 m)",
        f"{label(crs)} 是墨卡托投影，长度失真（沈阳 4.0 米的车道量得 5.4 米）",
        'export the data again in EPSG:4550; if they already are in another system, write crs = "…" in site.toml',
        "请以 EPSG:4550 重新导出数据；若数据实际为其他坐标系，请在 site.toml 中写明 crs",
    )


def _unusable(crs: pyproj.CRS, layer: str | None) -> Problem:
    return _problem(
        layer,
        f"{label(crs)} is neither geographic nor projected: nobody can tell where on earth it lies",
        f"{label(crs)} 既不是地理坐标系也不是投影坐标系，无法确定位置",
        'transform the data to EPSG:4550, or write crs = "…" in site.toml',
        "请把数据转换到 EPSG:4550，或在 site.toml 中写明 crs",
    )


def _is_mercator(crs: pyproj.CRS) -> bool:
    operation = crs.coordinate_operation
    method = operation.method_name.lower() if operation else ""
    return "mercator" in method and "transverse" not in method and "oblique" not in method


def _check_degrees(crs: pyproj.CRS, place: _Place, layer: str | None) -> Problem | None:
    longest = max(abs(place.x_min), abs(place.x_max))
    widest = max(abs(place.y_min), abs(place.y_max))
    if longest > 360.0 or widest > 360.0:
        problem = _missing(layer, np.array([[place.x, place.y]]))
        said = f"coordinates such as ({place.x:.1f}, {place.y:.1f}) are no degrees, though {label(crs)} is given or implied"
        said_zh = f"坐标 ({place.x:.1f}, {place.y:.1f}) 不是经纬度，而文件的坐标系为（或默认为）{label(crs)}"
        return _problem(layer, said, said_zh, problem.remedy, problem.remedy_zh)
    # East of 90°E a swapped pair gives itself away; west of it, it would lie in the Arctic Ocean.
    china = _CGCS2000.area_of_use
    swapped_in_china = china is not None and (
        china.west <= place.y <= china.east and china.south <= place.x <= china.north
    )
    if widest > 90.0 or swapped_in_china:
        return _swapped(crs, place, layer)
    return None


def _swapped(crs: pyproj.CRS, place: _Place, layer: str | None) -> Problem:
    return _problem(
        layer,
        f"the axes are swapped: ({place.x:.6g}, {place.y:.6g}) has north (latitude) first, but east must come first",
        f"坐标轴颠倒：({place.x:.6g}, {place.y:.6g}) 把北坐标（纬度）放在前面，应为东坐标在前（{code(crs)}）",
        "export the data again with east (longitude) as x; in QGIS: Swap X and Y coordinates",
        "请以东坐标（经度）为 x 重新导出；QGIS 可用“交换 X 和 Y 坐标”工具",
    )


def _check_metres(crs: pyproj.CRS, place: _Place, layer: str | None) -> Problem | None:
    x, y = place.x, place.y
    margin = float(data()["guards"]["area_margin_deg"])
    if _fits(crs, x, y, margin) or _local(place):
        return None
    if max(abs(place.x_min), abs(place.x_max)) <= 180.0 and max(abs(place.y_min), abs(place.y_max)) <= 180.0:
        return _problem(
            layer,
            f"coordinates such as ({x:.6g}, {y:.6g}) are degrees, not {label(crs)}",
            f"坐标 ({x:.6g}, {y:.6g}) 是经纬度，不是 {label(crs)}",
            'write crs = "EPSG:4490" in site.toml',
            '请在 site.toml 中写 crs = "EPSG:4490"',
        )
    meant = _without_prefix_mismatch(crs, x, y, margin)
    if meant is not None:
        return _zone(crs, meant, place, layer)
    if _fits(crs, y, x, margin) or _without_prefix_mismatch(crs, y, x, margin) is not None:
        return _swapped(crs, place, layer)
    return _elsewhere(crs, place, layer)


def is_local(crs: pyproj.CRS, xy: ArrayLike) -> bool:
    """Tell whether coordinates are a local grid that merely bears the name of ``crs``.

    Metres about an origin of the surveyor's own: widths are right, the place on the map is not.

    Parameters
    ----------
    crs : pyproj.CRS
    xy : array-like, shape (n, 2)
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not crs.is_projected or not len(points):
        return False
    (x, y), low, high = np.median(points, axis=0), points.min(axis=0), points.max(axis=0)
    place = _Place(float(x), float(y), float(low[0]), float(high[0]), float(low[1]), float(high[1]))
    return _local(place) and not _fits(crs, place.x, place.y, float(data()["guards"]["area_margin_deg"]))


def _local(place: _Place) -> bool:
    guards = data()["guards"]
    far = max(abs(place.x_min), abs(place.x_max), abs(place.y_min), abs(place.y_max))
    size = max(place.x_max - place.x_min, place.y_max - place.y_min)
    return far <= float(guards["local_reach_m"]) and size >= float(guards["local_extent_m"])


def _zone(crs: pyproj.CRS, meant: pyproj.CRS, place: _Place, layer: str | None) -> Problem:
    return _problem(
        layer,
        f"eastings such as {place.x:.0f} do not belong to {label(crs)}: wrong Gauss-Krüger zone or zone prefix",
        f"东坐标 {place.x:.0f} 与 {label(crs)} 不符：高斯-克吕格带号错误",
        f'they fit {label(meant)}: write crs = "{code(meant)}" in site.toml',
        f'与 {label(meant)} 相符：请在 site.toml 中写 crs = "{code(meant)}"',
    )


def _elsewhere(crs: pyproj.CRS, place: _Place, layer: str | None) -> Problem:
    lon, lat = (float(v) for v in to_lonlat((place.x, place.y), crs))
    known = math.isfinite(lon) and math.isfinite(lat)
    there = f"lies at {lon:.2f}°E {lat:.2f}°N" if known else "is no place on the globe"
    there_zh = f"位于东经 {lon:.2f}°、北纬 {lat:.2f}°" if known else "不对应地球上的任何位置"
    right = choose_working_crs(lon, lat) if known else pyproj.CRS.from_epsg(4550)
    return _problem(
        layer,
        f"({place.x:.0f}, {place.y:.0f}) in {label(crs)} {there}, outside the area of that system: "
        "wrong zone, or another system",
        f"({place.x:.0f}, {place.y:.0f}) 按 {label(crs)} {there_zh}，超出该坐标系适用范围：带号错误或坐标系错误",
        f'write the system that the data are in as crs = "…" in site.toml, or transform them to {code(right)}',
        f"请在 site.toml 中写明数据真实的 crs，或把数据转换到 {code(right)}",
    )


def _fits(crs: pyproj.CRS, x: float, y: float, margin_deg: float) -> bool:
    """Tell whether (x, y) lies within ``margin_deg`` of the area that ``crs`` is made for."""
    lon, lat = (float(v) for v in to_lonlat((x, y), crs))
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return False
    # The inverse of a transverse Mercator wraps round the globe: the image must lead back.
    back = from_lonlat((lon, lat), crs)
    if float(np.abs(back - (x, y)).max()) > 1.0:
        return False
    return degrees_outside(crs, lon, lat) <= margin_deg


def _family(crs: pyproj.CRS) -> str | None:
    for key, family in data()["families"].items():
        if crs.name.startswith(family["name"]):
            return str(key)
    return None


def _prefix_crs(x: float, family_key: str) -> pyproj.CRS | None:
    """Return the system whose zone prefix the easting ``x`` carries, if it carries one."""
    zones, family = data()["zones"], data()["families"][family_key]
    zone = int(x // zones["prefix_m"])
    for degrees in ("three", "six"):
        first, last = zones[f"{degrees}_first_zone"], zones[f"{degrees}_last_zone"]
        if first <= zone <= last:
            return pyproj.CRS.from_epsg(family[f"{degrees}_zone"] + zone - first)
    return None


def _without_prefix_mismatch(crs: pyproj.CRS, x: float, y: float, margin_deg: float) -> pyproj.CRS | None:
    """Return the system of the same datum that the easting's prefix, or its lack, points to."""
    key = _family(crs)
    if key is None:
        return None
    prefixed = _prefix_crs(x, key)
    if prefixed is not None:
        return prefixed if _fits(prefixed, x, y, margin_deg) else None
    zones, family, epsg = data()["zones"], data()["families"][key], crs.to_epsg()
    for degrees in ("three", "six"):
        count = zones[f"{degrees}_last_zone"] - zones[f"{degrees}_first_zone"]
        index = -1 if epsg is None else epsg - family[f"{degrees}_zone"]
        if 0 <= index <= count:
            bare = pyproj.CRS.from_epsg(family[f"{degrees}_cm"] + index)
            return bare if _fits(bare, x, y, margin_deg) else None
    return None
