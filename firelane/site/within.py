"""``--within``: a site cut out of something larger by name, bounding box or polygon."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from firelane import crs as crs_tools
from firelane.site.formats import FORMATS, list_tables, read_table
from firelane.site.journal import Journal
from firelane.site.mouths_of_cut import lengthwise, with_mouths

Objects = NDArray[np.object_]
Columns = dict[str, NDArray[Any]]
Tables = Mapping[str, tuple[Columns, Objects]]

_CUT = ("roads", "fire_lanes", "road_lines")
"""Layers whose rows are cut at the outline; the others are kept whole or not at all."""
# Proposed – to be confirmed.
_ENTRANCE_NEAR_M = 5.0
"""No entrance is added where one is mapped nearer than this to the cut."""
_LEAST_LENGTH_M = 0.05
_LEAST_AREA_M2 = 0.01
"""Smaller pieces come of outlines that nearly coincide: they are dropped."""
_COMMAS = re.compile(r"[,，、;；]")


@dataclass(frozen=True)
class Within:
    """What to cut out.

    Attributes
    ----------
    text : str
        As the user wrote it; empty where a polygon was handed over.
    area : Polygon or MultiPolygon, optional
        Longitude and latitude [deg]; None where ``text`` is a name that an OpenStreetMap extract must know.
    """

    text: str
    area: BaseGeometry | None


def parse_within(text: str | BaseGeometry | None, journal: Journal) -> Within | None:
    """Return what ``--within`` asks for; a problem, and None, where it cannot be understood.

    Parameters
    ----------
    text : str or geometry, optional
        ``west,south,east,north`` in degrees; the path of a file with polygons; a name; a polygon in longitude and
        latitude.
    journal : Journal

    >>> parse_within("123.40，41.79，123.42，41.81", Journal()).area.bounds
    (123.4, 41.79, 123.42, 41.81)
    """
    if text is None:
        return None
    if isinstance(text, BaseGeometry):
        return _checked("", text, journal)
    plain = text.strip()
    if not plain:
        _wrong(journal, "it is empty", "为空")
        return None
    fields = [field.strip() for field in _COMMAS.split(unicodedata.normalize("NFKC", plain))]
    numbers = [_number(field) for field in fields]
    if len(fields) > 1 and None not in numbers:
        return _box(plain, [float(n) for n in numbers if n is not None], journal)
    path = Path(plain)
    if _is_file(path):
        return _from_file(plain, path, journal)
    if path.suffix.lower() in FORMATS:
        journal.problem("there is no such file", "没有此文件", "check the path", "请检查路径", layer=f"--within {plain[:200]}")
        return None
    return Within(plain, None)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name may be longer than any path, or hold what no path may
        return False


def _wrong(journal: Journal, en: str, zh: str) -> None:
    journal.problem(
        en,
        zh,
        "give west,south,east,north in degrees (123.40,41.79,123.42,41.81), a file with a polygon, or the name of an area",
        "请给出以度为单位的 西,南,东,北（如 123.40,41.79,123.42,41.81）、含多边形的文件，或区域名称",
        layer="--within",
    )


def _box(text: str, numbers: list[float], journal: Journal) -> Within | None:
    if len(numbers) != 4:
        _wrong(journal, f"a bounding box has four numbers, not {len(numbers)}", f"范围应为四个数，而不是 {len(numbers)} 个")
        return None
    west, south, east, north = numbers
    if not (abs(west) <= 180.0 and abs(east) <= 180.0 and abs(south) <= 90.0 and abs(north) <= 90.0):
        if abs(west) <= 90.0 and abs(east) <= 90.0 and abs(south) <= 180.0 and abs(north) <= 180.0:
            _wrong(
                journal, "latitude stands where longitude is expected: west,south,east,north", "经纬度次序颠倒，应为 西,南,东,北"
            )
        else:
            _wrong(journal, "the numbers are no degrees of longitude and latitude", "数值不是经纬度")
        return None
    if not (west < east and south < north):
        _wrong(
            journal, f"the box {text[:80]} is empty: west must be less than east, and south less than north",
            f"范围 {text[:80]} 为空：西须小于东，南须小于北",
        )  # fmt: skip
        return None
    return Within(text, shapely.box(west, south, east, north))


def _from_file(text: str, path: Path, journal: Journal) -> Within | None:
    """Return the union of the polygons of a file."""
    where = f"--within {path.name}"
    if path.suffix.lower() not in FORMATS:
        journal.problem(
            f"files ending in {path.suffix or '(nothing)'} are not known here",
            f"此处不支持扩展名为 {path.suffix or '（无）'} 的文件",
            f"give a file with a polygon: {', '.join(sorted(FORMATS))}",
            f"请给出含多边形的文件：{'、'.join(sorted(FORMATS))}",
            layer=where,
        )
        return None
    before = len(journal.problems)
    found: list[BaseGeometry] = []
    for name in list_tables(path, journal):
        table = read_table(path, name, journal)
        if table is None:
            continue
        polygons = [g for g in table.geometry if g is not None and shapely.get_type_id(g) in (3, 6) and not g.is_empty]
        if not polygons:
            continue
        xy = shapely.get_coordinates(polygons)
        problems = crs_tools.check_crs(table.crs, xy, layer=where)
        journal.problems += problems
        if table.crs is not None and not problems:
            crs = table.crs
            found += [shapely.transform(shapely.force_2d(g), lambda c, crs=crs: crs_tools.to_lonlat(c, crs)) for g in polygons]
    if len(journal.problems) > before:
        return None
    if not found:
        journal.problem(
            "it holds no polygon", "文件中没有多边形", "draw the outline of the site as a polygon", "请以多边形绘制场地范围",
            layer=where,
        )  # fmt: skip
        return None
    return _checked(text, shapely.union_all(shapely.make_valid(np.array(found, dtype=object))), journal)


def _checked(text: str, area: BaseGeometry, journal: Journal) -> Within | None:
    """Return the window of a polygon in degrees, if it is one."""
    parts = [p for p in shapely.get_parts(shapely.get_parts(area)) if shapely.get_type_id(p) == 3 and shapely.area(p) > 0.0]
    flat = shapely.force_2d(shapely.union_all(shapely.make_valid(parts))) if parts else None
    if flat is None or flat.is_empty:
        _wrong(journal, "it is no polygon", "不是多边形")
        return None
    west, south, east, north = flat.bounds
    if max(-west, east) > 180.0 or max(-south, north) > 90.0:
        _wrong(journal, "the polygon is not in degrees of longitude and latitude", "多边形坐标不是经纬度")
        return None
    return Within(text, flat)


# --- cutting -----------------------------------------------------------------------------------


def cut(tables: Tables, window: Within, crs: pyproj.CRS, journal: Journal) -> Tables:
    """Return the layers' rows inside the window, roads cut at its outline.

    Roads, designated lanes and centrelines are cut; a row that falls into several pieces has them as ``id``, ``id/2`` …
    Obstructions, kerbs, bays, markings and signs stay whole where they reach into the window, buildings where a point
    inside them does. Where the outline cuts a road, an entrance is added across the cut: from there a fire engine
    comes. A road polygon that the outline runs along is not cut: it is kept whole with all that stands on it, and gets
    no entrance.

    Parameters
    ----------
    tables : Mapping
        Layer → its columns, and its geometries in ``crs``.
    window : Within
        With its area.
    crs : CRS
        The site's, metric.
    journal : Journal

    Returns
    -------
    Mapping
        The same, smaller. Where no road lies inside there is a problem.
    """
    assert window.area is not None
    named = repr(window.text[:80])
    area = shapely.make_valid(shapely.transform(window.area, lambda xy: crs_tools.from_lonlat(xy, crs)))
    shapely.prepare(area)
    out: dict[str, tuple[Columns, Objects]] = {}
    severed: list[str] = []
    along, whole = _kept_whole(tables, area)
    # A road that is kept whole without what stands on it would look free.
    reach = area if whole is None else shapely.union_all([area, whole])
    shapely.prepare(reach)
    for layer, (columns, geoms) in tables.items():
        if layer in _CUT:
            uncut = along if layer == "roads" else None
            out[layer], ids = _cut_rows(layer, columns, geoms, reach if layer == "fire_lanes" else area, uncut)
            severed += ids if layer != "fire_lanes" else []
        else:
            keep = _kept(layer, columns, geoms, reach)
            if layer == "buildings" and whole is not None and len(geoms):
                keep |= np.asarray(shapely.area(shapely.intersection(whole, geoms)) >= _LEAST_AREA_M2, dtype=bool)
            out[layer] = ({name: values[keep] for name, values in columns.items()}, geoms[keep])
    if not any(len(out[layer][1]) for layer in ("roads", "road_lines") if layer in out):
        journal.problem(
            f"no road lies inside {named}" if window.text else "no road lies inside the area",
            f"{named} 范围内没有道路" if window.text else "该区域内没有道路",
            "choose another area, or check its coordinates",
            "请更换范围，或检查其坐标",
            layer="--within",
        )
        return out
    counts = {layer: (len(tables[layer][1]), len(rows[1])) for layer, rows in out.items()}
    listed = ", ".join(f"{layer} {after}/{before}" for layer, (before, after) in counts.items())
    journal.note(
        "cut_out",
        f"cut out by {named if window.text else 'a polygon'}; rows kept: {listed}",
        f"已按 {named if window.text else '给定多边形'} 截取；保留行数：{listed}",
    )
    out, mouths = with_mouths(out, tables, area, near_m=_ENTRANCE_NEAR_M, whole=whole)
    if severed:
        journal.note_rows(
            "roads_cut", "they go on outside: they were cut at the outline", "道路延伸至范围以外，已在边界处截断",
            severed, layer="roads",
        )  # fmt: skip
    if along.any():
        journal.note_rows(
            "cut_lengthwise", "the outline runs along them, not across: they were kept whole, and no entrance was added there",
            "范围边界沿道路纵向穿过，未截断，整体保留，且未在该处补充出入口", tables["roads"][0]["id"][along], layer="roads",
        )  # fmt: skip
    if mouths:
        journal.note_rows(
            "entrances_of_cut", "added where the outline cuts a road: a fire engine comes from there",
            "在边界截断道路处补充的出入口：消防车由此进入", mouths, layer="entrances",
        )  # fmt: skip
    return out


def _kept_whole(tables: Tables, area: BaseGeometry) -> tuple[NDArray[np.bool_], BaseGeometry | None]:
    """Tell which roads are not to be cut though the outline runs through them, and return their union."""
    if "roads" not in tables:
        return np.zeros(0, dtype=bool), None
    roads = tables["roads"][1]
    along = lengthwise(roads, area)
    for n in np.flatnonzero(along):
        along[n] = float(shapely.area(shapely.intersection(roads[n], area))) >= _LEAST_AREA_M2
    return along, shapely.union_all(roads[along]) if along.any() else None


def _cut_rows(
    layer: str, columns: Columns, geoms: Objects, area: BaseGeometry, uncut: NDArray[np.bool_] | None = None
) -> tuple[tuple[Columns, Objects], list[str]]:
    """Return the pieces inside, and the ids of the rows that were cut; those of ``uncut`` stay whole."""
    wanted = 1 if layer == "road_lines" else 3
    size, least = (shapely.length, _LEAST_LENGTH_M) if wanted == 1 else (shapely.area, _LEAST_AREA_M2)
    whole = shapely.covers(area, geoms) if len(geoms) else np.zeros(0, dtype=bool)
    if uncut is not None:
        whole = whole | uncut
    rows, pieces, severed = [], [], []
    for n, geom in enumerate(geoms):
        if whole[n]:
            rows.append(n)
            pieces.append(geom)
            continue
        inside = shapely.intersection(geom, area)
        if wanted == 1:
            inside = shapely.line_merge(inside) if shapely.get_type_id(inside) == 5 else inside
        parts = [p for p in shapely.get_parts(shapely.get_parts(inside)) if shapely.get_type_id(p) == wanted and size(p) >= least]
        rows += [n] * len(parts)
        pieces += parts
        if parts and size(geom) - sum(size(p) for p in parts) >= least:
            severed.append(str(columns["id"][n]))
    index = np.array(rows, dtype=np.int64)
    kept = {name: values[index] for name, values in columns.items()}
    kept["id"] = _numbered(kept["id"], set(columns["id"]))
    out = np.empty(len(pieces), dtype=object)
    out[:] = pieces
    return (kept, out), severed


def _numbered(ids: Objects, taken: set[str]) -> Objects:
    """Return ids in which the second and further pieces of a row carry their number behind."""
    seen: set[str] = set()
    used = set(taken)
    out = []
    for name in ids:
        own, n = str(name), 1
        if own in seen:
            while own in used:
                n += 1
                own = f"{name}/{n}"
            used.add(own)
        seen.add(own)
        out.append(own)
    return np.array(out, dtype=object)


def _kept(layer: str, columns: Columns, geoms: Objects, area: BaseGeometry) -> NDArray[np.bool_]:
    """Tell which rows of a layer that is not cut belong to the window."""
    if not len(geoms):
        return np.zeros(0, dtype=bool)
    if layer == "buildings":
        return np.asarray(shapely.intersects(area, shapely.point_on_surface(geoms)), dtype=bool)
    reach_m = np.full(len(geoms), 1e-6)
    if layer == "obstructions":
        radius_m = np.nan_to_num(columns["radius_m"].astype(float))
        half_m = np.nan_to_num(columns["width_m"].astype(float)) / 2
        reach_m = np.maximum(reach_m, np.maximum(radius_m, half_m))
    return np.asarray(shapely.dwithin(area, geoms, reach_m), dtype=bool)
