"""Which CRS a site's tables are in, and bringing them all into one metric CRS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from firelane import crs as crs_tools
from firelane.crs.data import data
from firelane.site.assemble import Part
from firelane.site.config import Settings
from firelane.site.journal import Journal
from firelane.site.place import Move, find_move
from firelane.site.precision import tell_coarse
from firelane.site.schema import limits
from firelane.site.unplaced import OFFSET_DATUMS, half_placed, unplaced

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]

_SITE_DEG = 1.0
"""No site that is to be placed extends so far in degrees: its coordinates are metres."""


def placed_parts(
    parts: dict[str, list[Part]], settings: Settings, journal: Journal
) -> tuple[dict[str, list[Part]], Settings | None]:
    """Carry out ``[place]`` or ``[transform]`` of ``site.toml`` on the parts that have no usable CRS.

    Returns
    -------
    parts : dict
        Those that were moved are in the system that the table leads to; so are all others then.
    settings : Settings or None
        For what follows: without ``crs`` and offset datum where these have been dealt with here. None where the table is
        wrong (problems): where the parts lie hangs on it.
    """
    asked = [name for name in ("place", "transform") if settings.tables.get(name) is not None]
    if not asked:
        return parts, settings
    lost = {id(part) for entries in parts.values() for part in entries if _needs_place(part)}
    units_m = {part.table.unit_m for entries in parts.values() for part in entries if id(part) in lost}
    told = len(journal.notes)
    move = find_move(settings, journal, units_m=units_m)
    if move is None:
        return parts, None
    if not lost:
        del journal.notes[told:]  # nothing was moved
        journal.note(
            "place_unused",
            f"[{asked[0]}] of site.toml was not used: every layer has a coordinate reference system",
            f"未使用 site.toml 中的 [{asked[0]}]：各图层均有坐标系",
        )
        return parts, settings
    _tell_reach(move, [part for entries in parts.values() for part in entries if id(part) in lost], journal)
    datum = settings.site.datum
    out = {
        layer: [_moved(part, move, move.target) if id(part) in lost else _joined(part, move, datum) for part in entries]
        for layer, entries in parts.items()
    }
    return out, replace(settings, crs=None, site=replace(settings.site, datum="cgcs2000"))


def _needs_place(part: Part) -> bool:
    """Tell whether a part's coordinates lie nowhere on earth: without a system, or with a name that does not fit."""
    xy = shapely.get_coordinates(part.table.geometry)
    if not len(xy):
        return False
    crs = part.crs
    if crs is None or crs_tools.is_local_crs(crs) or crs_tools.check_crs(crs, xy):
        return True
    # GeoJSON is in degrees unless it says otherwise: a small plan in metres passes for a whole country.
    if crs.is_geographic and float(np.ptp(xy, axis=0).max()) > _SITE_DEG:
        return True
    return crs_tools.is_local(crs, xy)


def _moved(part: Part, move: Callable[[Floats], Floats], crs: pyproj.CRS) -> Part:
    """Return a part with its coordinates moved, surveyed heights kept."""
    geometry = part.table.geometry.copy()
    flat = ~shapely.has_z(geometry)
    for rows, raised in ((flat, False), (~flat, True)):
        if rows.any():
            geometry[rows] = shapely.transform(
                geometry[rows], (lambda xyz: np.column_stack([move(xyz[:, :2]), xyz[:, 2:]])), include_z=raised
            )
    return replace(part, table=replace(part.table, geometry=geometry, crs=crs), crs=crs)


def _joined(part: Part, move: Move, datum: str) -> Part:
    """Return a part that knows where it lies in the system of those that did not; a declared datum is set right."""
    source = None if part.crs is None else crs_tools.recognised(part.crs)
    if source is None or (datum not in OFFSET_DATUMS and crs_tools.same(source, move.target)):
        return part

    def there(xy: Floats) -> Floats:
        lonlat = crs_tools.to_wgs84(crs_tools.to_lonlat(xy, source), datum)
        return crs_tools.from_lonlat(lonlat, move.target)

    return _moved(part, there, move.target)


def _tell_reach(move: Move, parts: Sequence[Part], journal: Journal) -> None:
    """Tell of known points that lie close together: the far end of the plan swings with their error."""
    if move.known is None:
        return
    xy = np.vstack([shapely.get_coordinates(part.table.geometry) for part in parts])
    size, apart = (float(np.hypot(*np.ptp(points, axis=0))) for points in (xy, move.known))
    if apart < float(data()["place"]["near_share"]) * size:
        journal.note(
            "place_points_near",
            f"the known points of [place] lie {apart:.1f} m apart, the plan is {size:.1f} m across: an error of 10 mm "
            f"in one turns the far end by {0.01 * size / apart:.2f} m; widths are not affected",
            f"[place] 的已知点相距仅 {apart:.1f} 米，图形范围 {size:.1f} 米：已知点每差 10 毫米，"
            f"远端偏移约 {0.01 * size / apart:.2f} 米；宽度不受影响",
        )


def tell_coarse_plan(
    drawn: Mapping[str, Sequence[Part]], placed: Mapping[str, Sequence[Part]], seen_m: Mapping[str, float],
    settings: Settings, journal: Journal,
) -> dict[str, float]:  # fmt: skip
    """Return the accuracy that rounded coordinates of a plan leave [m], where it was turned and no longer shows them.

    Parameters
    ----------
    drawn, placed : Mapping
        The parts before and after :func:`placed_parts`.
    seen_m : Mapping
        Layers of which the rounding was seen all the same.
    """
    moved = {
        layer: [one.table.geometry for one, other in zip(entries, placed[layer], strict=True) if one is not other]
        for layer, entries in drawn.items() if layer not in seen_m
    }  # fmt: skip
    tables = {
        layer: [readable for geoms in found if len(readable := geoms[~shapely.is_missing(geoms)])]
        for layer, found in moved.items() if found
    }  # fmt: skip
    local = crs_tools.local_crs((0.0, 0.0))
    return tell_coarse(tables, local, settings.site, told=settings.accuracy_told, journal=journal)


def find_crs(
    parts: Mapping[str, Sequence[Part]], settings: Settings, journal: Journal
) -> tuple[pyproj.CRS | None, bool]:
    """Return the CRS that the coordinates stand in, and whether it tells where on earth that is.

    (None, False), with problems, where it cannot be told. A drawn plan may do without: it stays in local metres.

    ``crs`` in ``site.toml`` goes before what the files say. Every table is looked at with the guards
    of :func:`firelane.crs.check_crs`; tables without coordinates have no say.
    """
    before = len(journal.problems)
    seen, adrift = _systems(parts, settings)
    local = False
    for crs, entries in seen:
        # A single bollard near (0, 0) looks like degrees: together with the roads it is seen to be a local grid.
        grid = crs is not None and crs_tools.is_local(crs, np.vstack([xy for _, xy in entries]))
        local |= grid
        for layer, xy in entries if not grid else ():
            journal.problems += crs_tools.check_crs(crs, xy, layer=layer)
    seen = [(crs, entries) for crs, entries in seen if crs is not None]
    if len(seen) > 1:
        listed = "; ".join(
            f"{crs_tools.label(crs)}: {', '.join(dict.fromkeys(name for name, _ in entries))}"
            for crs, entries in seen if crs is not None
        )  # fmt: skip
        journal.problem(
            f"the layers are in different coordinate reference systems ({listed})",
            f"各图层坐标系不一致（{listed}）",
            'bring them into one; or, if the files are wrong, write crs = "…" in site.toml',
            "请统一坐标系；若仅是文件标注有误，请在 site.toml 中写明 crs",
        )
    found = seen[0][0] if seen else None
    if adrift and found is not None:
        half_placed(found, sorted(adrift), journal)
    if len(journal.problems) > before or not (seen or adrift):
        return None, False
    if found is None:
        return unplaced(adrift, settings, journal), False
    if local:
        # A name that does not fit says nothing: with another unit, the coordinates are brought into metres all the same.
        metric = crs_tools.metres_per_unit(found) == 1.0
        every: dict[str, list[Floats]] = {}
        for layer, xy in seen[0][1]:
            every.setdefault(layer, []).append(xy)
        return (unplaced(every, settings, journal, named=found) if metric else found), False
    _tell_old_datum(found, journal)
    return found, True


def _systems(
    parts: Mapping[str, Sequence[Part]], settings: Settings
) -> tuple[list[tuple[pyproj.CRS | None, list[tuple[str, Floats]]]], dict[str, list[Floats]]]:
    """Return each system with the layers and coordinates that stand in it, and the coordinates of plans without one."""
    seen: list[tuple[pyproj.CRS | None, list[tuple[str, Floats]]]] = []
    adrift: dict[str, list[Floats]] = {}
    for layer, part in ((layer, part) for layer, entries in parts.items() for part in entries):
        xy = shapely.get_coordinates(part.table.geometry)
        crs = settings.crs or part.crs
        if not len(xy):
            continue
        if (crs is None and part.table.drawn) or (crs is not None and crs_tools.is_local_crs(crs)):
            adrift.setdefault(layer, []).append(xy)
            continue
        crs = None if crs is None else crs_tools.recognised(crs)
        known = next((entries for other, entries in seen if _same(other, crs)), None)
        if known is None:
            seen.append((crs, [(layer, xy)]))
        else:
            known.append((layer, xy))
    return seen, adrift


def _same(one: pyproj.CRS | None, other: pyproj.CRS | None) -> bool:
    return one is other if one is None or other is None else crs_tools.same(one, other)


def _tell_old_datum(crs: pyproj.CRS, journal: Journal) -> None:
    family = crs_tools.datum_family(crs)
    if family in ("xian80", "beijing54"):
        name, name_zh = {"xian80": ("Xi'an 1980", "西安80"), "beijing54": ("Beijing 1954", "北京54")}[family]
        journal.note(
            "old_datum",
            f"the data are in {name}: it lies about 100 m from CGCS2000, by parameters that are not public; longitude, "
            "latitude and the place on a map are only as good as that, widths are not affected",
            f"数据为{name_zh}坐标系：与 CGCS2000 相差约一百米，转换参数不公开；经纬度和地图位置存在同等误差，宽度不受影响",
        )


def metric_crs(crs: pyproj.CRS, lonlat: Floats, journal: Journal) -> pyproj.CRS:
    """Return the CRS to measure in: the data's own where it is metric and true to scale.

    Parameters
    ----------
    crs : CRS
        That of the data.
    lonlat : ndarray, shape (2,)
        A place in the middle of the site [deg].
    """
    if crs_tools.is_local_crs(crs):
        return crs
    lon, lat = (float(value) for value in lonlat)
    working = crs_tools.choose_working_crs(lon, lat)
    if crs.is_geographic:
        journal.note(
            "projected",
            f"coordinates in degrees were projected to {crs_tools.label(working)}",
            f"经纬度坐标已投影到 {crs_tools.label(working)}",
        )
        return working
    unit_m = crs_tools.metres_per_unit(crs)
    if unit_m != 1.0:
        journal.note(
            "unit_converted",
            f"{crs_tools.label(crs)} has a unit of {unit_m:.6g} m; converted to {crs_tools.label(working)}",
            f"{crs_tools.label(crs)} 的单位为 {unit_m:.6g} 米，已转换到 {crs_tools.label(working)}",
        )
        return working
    scale = crs_tools.point_scale(lon, lat, crs)
    if crs_tools.distorts(scale):
        journal.note(
            "scale_converted",
            f"{crs_tools.label(crs)} stretches lengths here by a factor of {scale:.4f}; "
            f"converted to {crs_tools.label(working)}",
            f"{crs_tools.label(crs)} 在此处长度变形为 {scale:.4f} 倍，已转换到 {crs_tools.label(working)}",
        )
        return working
    return crs


class Placer:
    """Moves coordinates from the data's CRS and datum to the site's.

    Parameters
    ----------
    source, target : CRS
        That of the data, and the metric one.
    datum : str
        Declared datum: coordinates in an offset datum (GCJ-02, BD-09) are set right on the way.
    """

    def __init__(self, source: pyproj.CRS, target: pyproj.CRS, datum: str) -> None:
        self.source, self.target, self.datum = source, target, datum
        self.still = crs_tools.same(source, target) and datum in ("cgcs2000", "wgs84")

    def __call__(self, geoms: Objects, rows: Mask) -> Objects:
        """Return ``geoms`` with the chosen rows moved, all at once."""
        if self.still or not rows.any():
            return geoms
        out = geoms.copy()
        xy = shapely.get_coordinates(out[rows])
        lonlat = crs_tools.to_wgs84(crs_tools.to_lonlat(xy, self.source), self.datum)
        out[rows] = shapely.set_coordinates(out[rows], crs_tools.from_lonlat(lonlat, self.target))
        return out


def check_layout(layers: Mapping[str, Objects], ids: Mapping[str, Objects], journal: Journal) -> None:
    """Look at where the layers lie: far from the roads means another system or a stray point."""
    if not len(layers.get("roads", ())):
        return
    west, south, east, north = shapely.total_bounds(layers["roads"])
    far_m = float(limits()["refuse"]["layer_distance_m"])
    if max(east - west, north - south) > float(limits()["tell"]["extent_m"]):
        size = f"{(east - west) / 1000:.0f} × {(north - south) / 1000:.0f} km"
        journal.note(
            "large_extent",
            f"roads: they extend over {size}: is one of them misplaced?",
            f"roads：道路范围达 {size}，是否有错位的道路？",
            layer="roads",
        )
    for layer, geoms in layers.items():
        if layer == "roads" or not len(geoms):
            continue
        bounds = shapely.bounds(geoms)
        gap_x = np.maximum(np.maximum(west - bounds[:, 2], bounds[:, 0] - east), 0.0)
        gap_y = np.maximum(np.maximum(south - bounds[:, 3], bounds[:, 1] - north), 0.0)
        away = np.hypot(gap_x, gap_y)
        if (away > far_m).all():
            journal.problem(
                f"it lies {away.min() / 1000:.0f} km from the roads: another coordinate reference system or zone",
                f"距道路 {away.min() / 1000:.0f} 公里：坐标系或带号不同",
                "export it again in the system of the roads",
                "请以与道路相同的坐标系重新导出",
                layer=layer,
                column="geometry",
            )
        else:
            journal.note_rows(
                "far_away",
                f"rows more than {far_m / 1000:.0f} km from the roads",
                f"距道路超过 {far_m / 1000:.0f} 公里的行",
                list(ids[layer][away > far_m]),
                layer=layer,
            )
