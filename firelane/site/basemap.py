"""``[basemap]`` of ``site.toml``: the site's roads beside a map that is known to be right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from firelane import crs as crs_tools
from firelane.crs.data import data
from firelane.crs.suspicion import Suspicion, suspected_offset
from firelane.site.config import Settings
from firelane.site.formats import FOREIGN, FORMATS, Table, list_tables, read_table
from firelane.site.journal import Journal, did_you_mean

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]

_KEYS = frozenset({"file", "layer"})


def compare_basemap(
    layers: Mapping[str, gpd.GeoDataFrame], crs: pyproj.CRS, settings: Settings, folder: Path, journal: Journal
) -> Path | None:
    """Compare the roads of a site with the known map that ``[basemap]`` names; a suspicion becomes a note.

    Nothing is moved. Where the map does not cover the site, or nothing can be told from it, nothing is said.

    Parameters
    ----------
    layers : Mapping
        Tables of the site, in ``crs``.
    crs : CRS
        Metric.
    folder : Path
        Where a relative ``file`` lies: the folder of ``site.toml``.

    Returns
    -------
    Path or None
        The file that was read; None where there is none, or it cannot be used (problems).
    """
    table = settings.tables.get("basemap")
    if table is None:
        return None
    path = _path(table, settings, folder, journal)
    if path is None:
        return None
    known = _known_roads(path, table.get("layer"), crs, settings, journal)
    if known is None:
        return None
    xy, reach_m = _places(layers)
    found = suspected_offset(xy, reach_m, known, crs)
    if found is not None:
        _tell(found, path.name, settings.site.datum, journal)
    return path


def _wrong(settings: Settings, journal: Journal, key: str, en: str, zh: str, remedy: tuple[str, str]) -> None:
    journal.problem(en, zh, *remedy, layer=settings.file, column=f"basemap.{key}")


def _path(table: Mapping[str, Any], settings: Settings, folder: Path, journal: Journal) -> Path | None:
    before = len(journal.problems)
    for key in table:
        if key not in _KEYS:
            _wrong(settings, journal, key, "this key is not known", "未知的键", did_you_mean(key, _KEYS))
    file, layer = table.get("file"), table.get("layer")
    if layer is not None and not isinstance(layer, str):
        _wrong(settings, journal, "layer", "a text is expected", "应为文字", ("mend the value", "请改正该值"))
    if not isinstance(file, str) or not file:
        _wrong(
            settings, journal, "file", "the name of a file is expected", "应为文件名",
            ('write file = "city.osm.pbf"', '例如 file = "city.osm.pbf"'),
        )  # fmt: skip
        return None
    path = folder / file
    suffix = path.suffix.lower()
    if suffix not in FORMATS and FOREIGN.get(suffix) != "OpenStreetMap":
        kinds = ", ".join(sorted({*FORMATS, ".osm", ".osm.pbf"}))
        _wrong(
            settings, journal, "file", f"{path.name[:80]!r} is no map that can be read", f"无法作为底图读取：{path.name[:80]!r}",
            (f"give one of: {kinds}", f"可用格式：{kinds}"),
        )  # fmt: skip
    elif not path.is_file():
        _wrong(
            settings, journal, "file", f"there is no file {file[:80]!r}", f"找不到文件 {file[:80]!r}",
            ("its name is taken from the folder of site.toml", "路径相对于 site.toml 所在文件夹"),
        )  # fmt: skip
    return path if len(journal.problems) == before else None


def _known_roads(
    path: Path, layer: object, crs: pyproj.CRS, settings: Settings, journal: Journal
) -> Objects | None:
    """Return the roads of the known map in ``crs``; None, and a problem, where they cannot be had."""
    own = Journal()  # what is wrong with rows of the map is none of the site's business
    tables = _osm_roads(path, own) if path.suffix.lower() not in FORMATS else _tables(path, layer, own)
    if own.problems:
        first = own.problems[0]
        remedy = (first.remedy, first.remedy_zh or first.remedy)
        _wrong(settings, journal, "file", f"{path.name}: {first.message}", f"{path.name}：{first.message_zh}", remedy)
        return None
    out = []
    for table in tables:
        if table.crs is None or crs_tools.is_local_crs(table.crs):
            _wrong(
                settings, journal, "file", f"{path.name} does not say in which system it is", f"{path.name} 没有坐标系",
                ("give it its coordinate reference system, for instance in QGIS", "请为其指定坐标系（例如用 QGIS）"),
            )  # fmt: skip
            return None
        geoms = table.geometry[~shapely.is_missing(table.geometry)]
        xy = crs_tools.from_lonlat(crs_tools.to_lonlat(shapely.get_coordinates(geoms), table.crs), crs)
        geoms = shapely.set_coordinates(shapely.force_2d(geoms), xy)
        out.append(geoms[np.isfinite(shapely.bounds(geoms)).all(axis=1)])
    known = np.concatenate(out) if out else np.empty(0, dtype=object)
    if not len(known) or not (shapely.get_dimensions(known) >= 1).any():
        _wrong(
            settings, journal, "file", f"{path.name} holds no roads as lines or polygons", f"{path.name} 中没有线状或面状道路",
            ('name another file, or its table in layer = "…"', '请改用其他文件，或用 layer = "…" 指定图层'),
        )  # fmt: skip
        return None
    return np.asarray(known[shapely.get_dimensions(known) >= 1])


def _osm_roads(path: Path, journal: Journal) -> list[Table]:
    from firelane.site.osm import read_osm  # noqa: PLC0415  (osmium takes its time to load)

    intake = read_osm(path, Settings(), journal)
    if intake is None:
        return []
    return [table for layer in ("roads", "road_lines") for _, table in intake.feeds.get(layer, ())]


def _tables(path: Path, layer: object, journal: Journal) -> list[Table]:
    names = list_tables(path, journal)
    usual = [name for name in names if name.lower() in ("roads", "road_lines")]
    chosen = [str(layer)] if layer is not None else usual or names[:1]
    if not set(chosen) <= set(names):
        if names:
            journal.problem(
                f"it has no table {chosen[0][:80]!r}", f"没有图层 {chosen[0][:80]!r}", *did_you_mean(chosen[0], names)
            )
        return []
    return [table for name in chosen if (table := read_table(path, name, journal)) is not None]


def _places(layers: Mapping[str, gpd.GeoDataFrame]) -> tuple[Floats, Floats]:
    """Return places along the roads' edges and centrelines, and within what distance each lies on a known road [m]."""
    limits = data()["suspicion"]
    xy, reach_m = [np.empty((0, 2))], [np.empty(0)]
    for name in ("roads", "road_lines"):
        geoms = layers[name].geometry.to_numpy() if name in layers else np.empty(0, dtype=object)
        if not len(geoms):
            continue
        reach = np.full(len(geoms), float(limits["line_reach_m"]))
        if name == "roads":
            width_m = 2.0 * shapely.area(geoms) / shapely.length(geoms)
            reach = np.minimum(0.5 * width_m + float(limits["edge_slack_m"]), float(limits["most_reach_m"]))
        lines = shapely.boundary(geoms) if name == "roads" else geoms
        found, of = shapely.get_coordinates(shapely.segmentize(lines, float(limits["step_m"])), return_index=True)
        xy.append(found)
        reach_m.append(reach[of])
    return np.vstack(xy), np.concatenate(reach_m)


def _tell(found: Suspicion, name: str, datum: str, journal: Journal) -> None:
    said, said_zh, do, do_zh = _remedy(found, datum)
    now, then = f"{found.fit_now:.0%}", f"{found.fit_then:.0%}"
    where = f"{found.distance_m:.0f} m" if found.distance_m < 10000.0 else f"{found.distance_m / 1000.0:.0f} km"
    where_zh = where.replace(" km", " 公里").replace(" m", " 米")
    journal.note(
        "offset_suspected",
        f"roads: {now} of their edges lie on the roads of {name}; {then} would {said}, which moves them by {where} "
        f"({found.east_m:+.0f} m east, {found.north_m:+.0f} m north). Nothing was moved. {do}",
        f"roads：仅 {now} 的道路边线与 {name} 的道路相符；{said_zh}，将有 {then} 相符，移动 {where_zh}"
        f"（东 {found.east_m:+.0f} 米，北 {found.north_m:+.0f} 米）。程序未作移动。{do_zh}",
        layer="roads",
    )


def _remedy(found: Suspicion, datum: str) -> tuple[str, str, str, str]:
    """Return what would have to be so, and what to write then, in both languages."""
    limits = data()["suspicion"]
    if found.kind in ("gcj02", "bd09"):
        name = {"gcj02": "GCJ-02", "bd09": "BD-09"}[found.kind]
        return (
            f"if the coordinates were {name}", f"若坐标实为 {name}",
            f'If they are, write datum = "{found.kind}" in site.toml', f'若属实，请在 site.toml 中写 datum = "{found.kind}"',
        )  # fmt: skip
    if found.kind.startswith("from_"):
        name = {"from_gcj02": "GCJ-02", "from_bd09": "BD-09"}[found.kind]
        declared = datum in ("gcj02", "bd09")
        return (
            f"if the {name} offset were added", f"若加上 {name} 偏移",
            f'site.toml declares datum = "{datum}": is that so?' if declared else
            f"Either the known map bears the {name} offset, or it was taken out of the site twice",
            f'site.toml 中写有 datum = "{datum}"，是否属实？' if declared else
            f"可能底图本身为 {name}，或场地数据被重复纠偏",
        )  # fmt: skip
    if found.kind == "zone":
        return (
            f"if the coordinates were of zone EPSG:{found.epsg}", f"若坐标属于带 EPSG:{found.epsg}",
            f'If they are, write crs = "EPSG:{found.epsg}" in site.toml', f'若属实，请在 site.toml 中写 crs = "EPSG:{found.epsg}"',
        )  # fmt: skip
    if found.kind == "swapped":
        return (
            "if the axes were swapped", "若交换坐标轴",
            "If they are, export the data again with east first", "若属实，请以东坐标在前重新导出",
        )  # fmt: skip
    old = float(limits["old_datum_min_m"]) <= found.distance_m <= float(limits["old_datum_max_m"])
    return (
        "after a plain shift", "若整体平移",
        "A shift of this order is usual between Beijing 54 or Xi'an 80 and CGCS2000: ask in which system the data were "
        "surveyed" if old else "Ask in which system the data were surveyed, and check a known point",
        "此量级的平移常见于北京54或西安80与 CGCS2000 之间：请核实测量所用坐标系" if old else "请核实测量所用坐标系，并核对已知点",
    )  # fmt: skip
