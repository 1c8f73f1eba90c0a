"""Geometry of one layer: what can be used, what is mended, what is left out or refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.heights import has_heights
from firelane.site.journal import Journal, listing
from firelane.site.schema import GEOMETRY_OF_TYPE_ID, LAYERS, limits

Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]

_KINDS_ZH = {"point": "点", "line": "线", "polygon": "多边形"}


@dataclass(frozen=True)
class _Reason:
    """Why a row cannot be used, and how to mend it."""

    en: str
    zh: str
    remedy_en: str
    remedy_zh: str


_NO_GEOMETRY = _Reason("it has no geometry", "没有几何", "draw it, or delete the row", "请绘制，或删除该行")
_EMPTY = _Reason("its geometry is empty", "几何为空", "draw it, or delete the row", "请绘制，或删除该行")
_BROKEN = _Reason(
    "a ring is not closed or has fewer than three corners",
    "环未闭合或少于三个顶点",
    "draw it again, or run QGIS: Fix Geometries",
    "请重新绘制，或使用 QGIS“修正几何图形”",
)
_NOT_FINITE = _Reason(
    "a coordinate is not a finite number (NaN or infinite)",
    "坐标不是有限数（NaN 或无穷大）",
    "export the data again",
    "请重新导出数据",
)
_NO_AREA = _Reason(
    "its area is zero", "面积为零", "draw it again, or delete the row", "请重新绘制，或删除该行"
)
_NO_LENGTH = _Reason(
    "its length is zero", "长度为零", "draw it again, or delete the row", "请重新绘制，或删除该行"
)
_PARTS = _Reason(
    "it has several parts, but one row must be one thing",
    "含有多个部分，而每行只能是一个对象",
    "QGIS: Multipart to Singleparts",
    "QGIS：“多部件转单部件”",
)


def usable(layer: str, geoms: Objects, broken: Mask, ids: Objects, journal: Journal) -> tuple[Objects, Mask]:
    """Drop Z, unwrap single parts, and tell which rows have a geometry the layer can take.

    Parameters
    ----------
    geoms : ndarray of shapely geometries
        In any CRS; missing ones as None.
    broken : ndarray of bool
        Rows whose geometry could not be built.

    Returns
    -------
    geoms : ndarray of shapely geometries
        Two-dimensional; collections of one part unwrapped.
    keep : ndarray of bool
        Rows that can go on. Each of the others has its problem (roads) or note.
    """
    keep = np.ones(len(geoms), dtype=bool)
    none = np.array([geom is None for geom in geoms], dtype=bool)
    _refuse(layer, ids, broken, _BROKEN, keep=keep, journal=journal)
    _refuse(layer, ids, none & ~broken, _NO_GEOMETRY, keep=keep, journal=journal)
    _refuse(layer, ids, ~none & shapely.is_empty(geoms), _EMPTY, keep=keep, journal=journal)
    high = shapely.has_z(geoms) & keep
    if high.any():
        count = int(high.sum())
        if has_heights(layer, geoms):
            journal.note(
                "z_for_gradients",
                f"{layer}: heights (Z) of {count} rows serve for gradients alone; other heights are told in columns",
                f"{layer}：{count} 行的 Z 坐标只用于坡度，其他高度以属性列为准",
                layer=layer,
            )
        else:
            journal.note(
                "z_dropped",
                f"{layer}: heights (Z) of {count} rows were dropped; heights are told in columns",
                f"{layer}：{count} 行的 Z 坐标已舍去，高度以属性列为准",
                layer=layer,
            )
    geoms = _unwrapped(shapely.force_2d(geoms))
    _refuse(layer, ids, keep & ~_finite(geoms), _NOT_FINITE, keep=keep, journal=journal)
    _check_types(layer, geoms, ids, keep=keep, journal=journal)
    return geoms, keep


def _without_repeats(geoms: Objects) -> Objects:
    """Return the geometries without repeated vertices; one with a ring that is a single point stays as it is."""
    try:
        tidy: Objects = shapely.remove_repeated_points(geoms, 0.0)
    except shapely.errors.GEOSException:
        if len(geoms) == 1:
            return geoms
        half = len(geoms) // 2  # the one that cannot be tidied is found by halving
        return np.concatenate((_without_repeats(geoms[:half]), _without_repeats(geoms[half:])))
    return tidy


def _finite(geoms: Objects) -> Mask:
    """Tell which geometries have finite coordinates only."""
    xy, owner = shapely.get_coordinates(geoms, return_index=True)
    good = np.ones(len(geoms), dtype=bool)
    good[owner[~np.isfinite(xy).all(axis=1)]] = False
    return good


def _unwrapped(geoms: Objects) -> Objects:
    """Replace multi-part geometries and collections of one part by that part."""
    out = geoms.copy()
    multi = (shapely.get_type_id(geoms) >= 4) & (shapely.get_num_geometries(geoms) == 1)
    while multi.any():
        out[multi] = shapely.get_geometry(out[multi], 0)
        multi = (shapely.get_type_id(out) >= 4) & (shapely.get_num_geometries(out) == 1)
    lines = shapely.get_type_id(out) == 5
    if lines.any():
        merged = shapely.line_merge(out[lines])
        single = shapely.get_type_id(merged) == 1
        chosen = np.flatnonzero(lines)[single]
        out[chosen] = merged[single]
    return out


def _check_types(layer: str, geoms: Objects, ids: Objects, keep: Mask, journal: Journal) -> None:
    wanted = LAYERS[layer].geometry
    kinds = np.array(
        [GEOMETRY_OF_TYPE_ID.get(int(t), "collection") for t in shapely.get_type_id(geoms)], dtype=object
    )
    wrong = keep & ~np.isin(kinds, wanted)
    expected_zh = "或".join(_KINDS_ZH[kind] for kind in wanted)
    expected_en = " or ".join(f"{kind}s" for kind in wanted)
    for kind in sorted({str(kind) for kind in kinds[wrong]}):
        remedy = (f"draw {expected_en}", f"请绘制{expected_zh}")
        if layer == "roads" and kind == "line":
            remedy = (
                "draw polygons: the outline of the road surface, kerb to kerb; a line has no width to measure",
                "请绘制多边形：道路路面轮廓（路缘至路缘）；线没有可测量的宽度",
            )
        shown = {"point": ("points", "点"), "line": ("lines", "线"), "polygon": ("polygons", "多边形")}.get(
            kind, ("mixed collections", "混合集合")
        )
        rows = wrong & (kinds == kind)
        reason = _Reason(
            f"{shown[0]}, but {expected_en} are expected", f"为{shown[1]}，应为{expected_zh}", *remedy
        )
        _refuse(layer, ids, rows, reason, keep=keep, journal=journal, together=True)
    if LAYERS[layer].single:
        _refuse(layer, ids, keep & (shapely.get_type_id(geoms) >= 4), _PARTS, keep=keep, journal=journal)


def mended(layer: str, geoms: Objects, keep: Mask, ids: Objects, journal: Journal) -> tuple[Objects, Mask]:
    """Mend what may be mended and sort out what has no size, in metres.

    Duplicate vertices go, rings are turned the usual way (outer ones counter-clockwise), invalid
    polygons are repaired where that changes the area by less than 1 % and 1 m² (contract §1).

    Parameters
    ----------
    geoms : ndarray of shapely geometries
        In a metric CRS.
    keep : ndarray of bool
        Rows to look at.

    Returns
    -------
    geoms, keep : as given, mended, and with further rows sorted out.
    """
    geoms, keep = geoms.copy(), keep.copy()
    geoms[~keep] = None  # rows already sorted out must not upset the arithmetic
    _refuse(layer, ids, keep & ~_finite(geoms), _NOT_FINITE, keep=keep, journal=journal)
    geoms[~keep] = None
    kinds = shapely.get_dimensions(geoms)
    before = shapely.get_num_coordinates(geoms)
    tidy = keep & (kinds > 0)
    # A line or ring that collapses altogether has no size; the checks below say so.
    geoms[tidy] = _without_repeats(geoms[tidy])
    fewer = tidy & (shapely.get_num_coordinates(geoms) < before)
    journal.note_rows(
        "duplicate_vertices", "duplicate vertices were removed", "已去除重复顶点", ids[fewer], layer=layer
    )
    limit = limits()["mend"]
    _refuse(
        layer,
        ids,
        keep & (kinds == 1) & (shapely.length(geoms) < limit["shortest_line_m"]),
        _NO_LENGTH,
        keep=keep,
        journal=journal,
    )
    areal = keep & (kinds == 2)
    _repair(layer, geoms, areal, ids=ids, keep=keep, journal=journal)
    areal &= keep
    _refuse(
        layer,
        ids,
        areal & ~(shapely.area(geoms) >= limit["smallest_area_m2"]),
        _NO_AREA,
        keep=keep,
        journal=journal,
    )
    areal &= keep
    turned = geoms.copy()
    turned[areal] = shapely.orient_polygons(geoms[areal])
    changed = areal & ~shapely.equals_exact(turned, geoms, 0.0)
    journal.note_rows("ring_order", "ring order was put right", "环方向已规范", ids[changed], layer=layer)
    return turned, keep


def _repair(layer: str, geoms: Objects, areal: Mask, *, ids: Objects, keep: Mask, journal: Journal) -> None:
    """Repair invalid polygons in place, within the contract's limits."""
    limit = limits()["mend"]
    invalid = areal & ~shapely.is_valid(geoms)
    mended_rows = np.zeros(len(geoms), dtype=bool)
    for n in np.flatnonzero(invalid):
        old = float(shapely.area(geoms[n]))
        new = _areal_part(shapely.make_valid(geoms[n], method="structure", keep_collapsed=False))
        change = abs(float(shapely.area(new)) - old)
        if change < limit["repair_area_m2"] and change < limit["repair_area_ratio"] * old:
            geoms[n], mended_rows[n] = new, True
            continue
        if old < limit["smallest_area_m2"] and float(shapely.area(new)) < limit["smallest_area_m2"]:
            continue  # nothing but zero area is wrong with it
        why = shapely.is_valid_reason(geoms[n])
        reason = _Reason(
            f"the outline crosses or overlaps itself ({why}); a repair would change its area by {change:.2f} m²",
            f"轮廓自相交或重叠（{why}）；自动修复会使面积改变 {change:.2f} 平方米",
            "mend it there; in QGIS: Check Validity",
            "请在该处修改；QGIS 可用“检查有效性”",
        )
        one = np.zeros(len(geoms), dtype=bool)
        one[n] = True
        _refuse(layer, ids, one, reason, keep=keep, journal=journal)
    journal.note_rows(
        "mended_polygon", "invalid outlines were mended", "无效轮廓已修复", ids[mended_rows], layer=layer
    )


def _areal_part(geom: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a repaired geometry; lines and points that a spike left behind go."""
    parts = shapely.get_parts(geom)
    polygons = parts[shapely.get_dimensions(parts) == 2]
    return polygons[0] if len(polygons) == 1 else shapely.union_all(polygons)


def _refuse(
    layer: str,
    ids: Objects,
    rows: Mask,
    reason: _Reason,
    *,
    keep: Mask,
    journal: Journal,
    together: bool = False,
) -> None:
    """Take rows out of ``keep``: a problem for roads (a note with ``--skip-bad``), a note elsewhere."""
    rows = rows & keep
    if not rows.any():
        return
    keep &= ~rows
    chosen = [str(row) for row in ids[rows]]
    if layer != "roads" or journal.skip_bad:
        journal.note_rows(
            "left_out", f"rows left out, {reason.en}", f"已略去，{reason.zh}", chosen, layer=layer
        )
        return
    shown = [", ".join(chosen)] if not together else [listing(chosen)[0]]
    for row in shown if together else chosen:
        journal.problem(
            reason.en, reason.zh, reason.remedy_en, reason.remedy_zh, layer=layer, row=row, column="geometry"
        )
