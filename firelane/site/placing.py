"""Which CRS a site's tables are in, and bringing them all into one metric CRS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from firelane import crs as crs_tools
from firelane.site.assemble import Part
from firelane.site.config import Settings
from firelane.site.journal import Journal
from firelane.site.schema import limits

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]
Mask = NDArray[np.bool_]


def find_crs(parts: Mapping[str, Sequence[Part]], settings: Settings, journal: Journal) -> pyproj.CRS | None:
    """Return the CRS that the coordinates stand in; None, with problems, where that cannot be told.

    ``crs`` in ``site.toml`` goes before what the files say. Every table is looked at with the guards
    of :func:`firelane.crs.check_crs`; tables without coordinates have no say.
    """
    before = len(journal.problems)
    seen: list[tuple[pyproj.CRS, list[str]]] = []
    for layer, entries in parts.items():
        for part in entries:
            xy = shapely.get_coordinates(part.table.geometry)
            if not len(xy):
                continue
            crs = settings.crs or part.crs
            journal.problems += crs_tools.check_crs(crs, xy, layer=layer)
            if crs is None:
                continue
            known = next((names for other, names in seen if crs_tools.same(other, crs)), None)
            if known is None:
                seen.append((crs, [layer]))
            elif layer not in known:
                known.append(layer)
    if len(seen) > 1:
        listed = "; ".join(f"{crs_tools.label(crs)}: {', '.join(names)}" for crs, names in seen)
        journal.problem(
            f"the layers are in different coordinate reference systems ({listed})",
            f"各图层坐标系不一致（{listed}）",
            'bring them into one; or, if the files are wrong, write crs = "…" in site.toml',
            "请统一坐标系；若仅是文件标注有误，请在 site.toml 中写明 crs",
        )
    if len(journal.problems) > before or not seen:
        return None
    return seen[0][0]


def metric_crs(crs: pyproj.CRS, lonlat: Floats, journal: Journal, *, local: bool = False) -> pyproj.CRS:
    """Return the CRS to measure in: the data's own where it is metric and true to scale.

    Parameters
    ----------
    crs : CRS
        That of the data.
    lonlat : ndarray, shape (2,)
        A place in the middle of the site [deg].
    local : bool
        Whether the coordinates are a local grid that merely bears the name of ``crs``.
    """
    if local and crs_tools.metres_per_unit(crs) == 1.0:
        journal.note(
            "local_coordinates",
            f"the coordinates are local, not {crs_tools.label(crs)}: widths are right, longitude and latitude are not",
            f"坐标为局部坐标，不是 {crs_tools.label(crs)}：宽度正确，经纬度和地图位置无效",
        )
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
