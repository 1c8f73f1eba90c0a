"""Reading a site: find the tables, bring them into one metric CRS, check and mend, or say all that is wrong."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from firelane import crs as crs_tools
from firelane.site.assemble import Part, gather, typed
from firelane.site.basemap import compare_basemap
from firelane.site.config import Settings, read_settings
from firelane.site.foreign import located, take_in
from firelane.site.formats import FOREIGN, sha256, sidecars
from firelane.site.geometry import mended, usable
from firelane.site.heights import has_heights, surveyed_heights
from firelane.site.intake import Intake
from firelane.site.journal import Journal, listing
from firelane.site.mend import close_hairline_gaps, open_gaps
from firelane.site.model import InputFile, PointTile, Site
from firelane.site.placing import Placer, check_layout, find_crs, metric_crs, placed_parts, tell_coarse_plan
from firelane.site.points import find_tiles
from firelane.site.precision import tell_coarse
from firelane.site.schema import limits
from firelane.site.sources import Source, feeds_of, open_source
from firelane.site.unplaced import refuse_window, tell_unused
from firelane.site.values import as_text
from firelane.site.volunteered import tell_partly, tell_volunteered
from firelane.site.widths import with_widths
from firelane.site.within import Within, cut, parse_within

Objects = NDArray[np.object_]
ROADS = ("roads", "road_lines")
"""Layers of which one at least must have rows."""


def read_site(
    path: str | os.PathLike[str],
    *,
    config: str | os.PathLike[str] | None = None,
    skip_bad: bool = False,
    within: str | BaseGeometry | None = None,
) -> Site:
    """Read and validate one site.

    Parameters
    ----------
    path : path-like
        A folder with one file per layer (or one GeoPackage), a multi-layer GeoPackage, a GeoJSON
        whose features carry a ``layer`` property, a single Shapefile, FlatGeobuf or GeoParquet, a CAD plan
        (``.dxf``; ``.dwg`` with a converter) or an OpenStreetMap extract (``.osm``, ``.osm.pbf``).
    config : path-like, optional
        A ``site.toml``. By default the one in the folder, or ``<stem>.site.toml`` beside the file.
    skip_bad : bool
        Leave out road rows that cannot be read, with a note, instead of refusing the site.
    within : str or geometry, optional
        What to cut out: ``west,south,east,north`` in degrees, a file with one polygon, the name of an area of an
        OpenStreetMap extract; or a polygon in longitude and latitude.

    Returns
    -------
    Site
        Layers in one metric CRS with all columns of the contract; what was mended, left out or
        assumed stands in ``notes``.

    Raises
    ------
    InputError
        With every problem found, each with its layer, row, column and remedy.
    """
    journal = Journal(skip_bad=skip_bad)
    source = open_source(Path(path), journal, config=None if config is None else Path(config))
    settings = read_settings(source.config, journal)
    window = parse_within(within, journal)
    intakes = take_in(source, settings, window, journal)
    journal.readings += [reading for intake in intakes for reading in intake.readings]
    tell_volunteered(settings, journal)
    tell_partly(sorted(settings.partly_surveyed), journal)
    window = located(window, intakes, journal)
    parts = gather(feeds_of(source, settings.feeds, intakes), journal)
    _drop_unsurveyed(parts, settings, journal)
    _require_roads(parts, source, intakes, journal)
    drawn = parts
    parts, left = placed_parts(drawn, settings, journal)
    crs, placed = (None, False) if left is None else find_crs(parts, left, journal)
    if window is not None and crs is not None and not placed:
        refuse_window(window, journal)
    read = _layers(parts, crs, left or settings, window, journal)
    rounded_m = tell_coarse_plan(drawn, parts, read.coarse_m, settings, journal)
    points: tuple[PointTile, ...] = ()
    if read.crs is not None and not journal.problems:
        points = find_tiles(source.clouds, settings, source.root, crs=read.crs, bounds=read.bounds, journal=journal)
    basemap = None
    if "basemap" in settings.tables and read.crs is not None and not placed:
        tell_unused("basemap", journal)
    elif read.crs is not None and not journal.problems:
        folder = source.root if source.config is None else source.config.parent
        basemap = compare_basemap(read.layers, read.crs, settings, folder, journal)
    journal.stop()
    assert read.crs is not None  # roads with rows and no problem have one
    inputs = _inputs(source, parts, read.layers, points, basemap)
    name = settings.site.name or settings.site.id or _site_id(source)
    return Site(
        id=settings.site.id or _site_id(source),
        name=name,
        crs=read.crs,
        layers=read.layers,
        config=settings.site,
        inputs=inputs,
        notes=tuple(journal.notes),
        coarse_m={**read.coarse_m, **rounded_m},
        heights=read.heights,
        placed=placed and not read.local,
        readings=tuple(reading for intake in intakes for reading in intake.readings),
        points=points,
    )


@dataclass(frozen=True)
class _Read:
    """The layers of a site, and what their coordinates tell."""

    layers: dict[str, gpd.GeoDataFrame]
    crs: pyproj.CRS | None
    coarse_m: dict[str, float]
    heights: gpd.GeoDataFrame | None
    local: bool = False

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Bounds of the roads, centrelines included [m]."""
        found = [self.layers[n].total_bounds for n in ROADS if n in self.layers and len(self.layers[n])]
        low, high = np.min(found, axis=0), np.max(found, axis=0)
        return float(low[0]), float(low[1]), float(high[2]), float(high[3])


def _site_id(source: Source) -> str:
    texts, _, _ = as_text(np.array([source.name], dtype=object), int(limits()["text"]["longest"]))
    return str(texts[0] or "site")


def _drop_unsurveyed(parts: dict[str, list[Part]], settings: Settings, journal: Journal) -> None:
    """Take empty tables that ``not_surveyed`` names for absent; one with rows was surveyed after all."""
    for layer in sorted(settings.not_surveyed & set(parts)):
        if any(len(part) for part in parts[layer]):
            journal.note(
                "surveyed_after_all",
                f"{layer}: it has rows, so its name in `not_surveyed` was disregarded",
                f"{layer}：该图层已有数据，忽略 not_surveyed 中的声明",
                layer=layer,
            )
        else:
            del parts[layer]


def _require_roads(
    parts: Mapping[str, Sequence[Part]], source: Source, intakes: Sequence[Intake], journal: Journal
) -> None:
    names = sorted({name for name, _ in source.tables} | {name for intake in intakes for name in intake.names})
    if any(len(part) for layer in ROADS for part in parts.get(layer, ())):
        return
    if any(layer in parts for layer in ROADS):
        journal.problem(
            "it has no rows",
            "没有任何行",
            "draw the outline of at least one road as a polygon",
            "请至少绘制一条道路的轮廓（多边形）",
            layer="roads",
        )
    elif not any(problem.layer == "roads" for problem in journal.problems) and names:
        found = ", ".join(names)
        plan = next((f.name for f in source.foreign if FOREIGN[f.suffix.lower()].startswith("CAD")), None)
        more_en = f"; `firelane layers {plan}` lists what stands on each layer" if plan else ""
        more_zh = f"；`firelane layers {plan}` 可列出各图层内容" if plan else ""
        journal.problem(
            f"this layer is missing; found were: {found[:300]}",
            f"缺少该图层；已有图层：{found[:300]}",
            f'name the layer of road outlines "roads", or write in site.toml [layers.roads] from = "…"{more_en}',
            f'请把道路轮廓图层命名为 "roads"，或在 site.toml 中写 [layers.roads] from = "…"{more_zh}',
            layer="roads",
        )


def _layers(
    parts: Mapping[str, Sequence[Part]], crs: pyproj.CRS | None, settings: Settings, window: Within | None, journal: Journal
) -> _Read:
    """Check, place, mend and type every layer. Without a CRS the checks that need none still run."""
    flat, raised = {}, {}
    for layer, entries in parts.items():
        ids = _joined([part.row_ids for part in entries])
        geoms = _joined([part.table.geometry for part in entries])
        broken = (
            np.concatenate([part.table.broken for part in entries]) if entries else np.zeros(0, dtype=bool)
        )
        _tell_curves(layer, entries, journal)
        flat[layer] = (ids, *usable(layer, geoms, broken, ids, journal))
        if has_heights(layer, geoms):
            raised[layer] = (ids, geoms, flat[layer][2])
    place, target, local = _placer(flat, crs, settings, journal)
    coarse_m = {} if crs is None else _coarse(flat, parts, crs, settings, journal)
    tables: dict[str, tuple[dict[str, NDArray[Any]], Objects]] = {}
    for layer, (ids, raw, readable) in flat.items():
        geoms, keep = raw, readable
        if place is not None:
            geoms, keep = mended(layer, place(raw, readable), readable, ids, journal)
        columns, stays = typed(layer, parts[layer], keep, journal)
        tables[layer] = ({name: values[stays] for name, values in columns.items()}, geoms[keep][stays])
    _require_usable_roads(flat, {layer: geoms for layer, (_, geoms) in tables.items()}, journal)
    if target is not None and not journal.problems:
        if window is not None:
            tables = dict(cut(tables, window, target, journal))
        tables = with_widths(tables, journal)
        check_layout(
            {layer: geoms for layer, (_, geoms) in tables.items()},
            {layer: columns["id"] for layer, (columns, _) in tables.items()}, journal,
        )  # fmt: skip
    if target is not None and not journal.problems and "roads" in tables and not _crowd(tables["roads"][1], journal):
        columns, geoms = tables["roads"]
        tables["roads"] = (columns, _joined_roads(geoms, columns["id"], journal))
    heights = None if place is None or target is None else surveyed_heights(raised, place, target)
    frames = {layer: _frame(columns, geoms, target) for layer, (columns, geoms) in tables.items()}
    return _Read(frames, target, coarse_m, heights, local)


def _coarse(
    flat: Mapping[str, tuple[Objects, Objects, NDArray[np.bool_]]],
    parts: Mapping[str, Sequence[Part]],
    crs: pyproj.CRS,
    settings: Settings,
    journal: Journal,
) -> dict[str, float]:
    """Look at the coordinates of every table while they are as they came."""
    tables = {}
    for layer, (_, geoms, keep) in flat.items():
        ends = np.cumsum([len(part) for part in parts[layer]])[:-1]
        cut = zip(np.split(geoms, ends), np.split(keep, ends), strict=True)
        tables[layer] = [rows[usable_rows] for rows, usable_rows in cut if usable_rows.any()]
    return tell_coarse(tables, crs, settings.site, told=settings.accuracy_told, journal=journal)


def _joined(arrays: Sequence[Objects]) -> Objects:
    return np.concatenate(arrays) if len(arrays) else np.empty(0, dtype=object)


def _tell_curves(layer: str, entries: Sequence[Part], journal: Journal) -> None:
    step = float(limits()["mend"]["arc_step_deg"])
    if any(part.table.curved for part in entries):
        journal.note(
            "curves_to_chords",
            f"{layer}: arcs were turned into chords of {step:g}°",
            f"{layer}：圆弧已按 {step:g}° 转为折线",
            layer=layer,
        )


def _placer(
    flat: Mapping[str, tuple[Objects, Objects, NDArray[np.bool_]]],
    crs: pyproj.CRS | None,
    settings: Settings,
    journal: Journal,
) -> tuple[Placer | None, pyproj.CRS | None, bool]:
    """Return what moves the coordinates, where to, and whether they are a local grid that bears the name of a CRS.

    (None, None, False) where there is nothing to move.
    """
    if crs is None:
        return None, None, False
    rows = [geoms[keep] for layer, (_, geoms, keep) in flat.items() if layer == "roads"]
    rows += [geoms[keep] for layer, (_, geoms, keep) in flat.items() if layer != "roads"]
    middle = next((np.median(shapely.get_coordinates(g), axis=0) for g in rows if len(g)), None)
    if middle is None:
        return None, None, False
    datum = "cgcs2000" if crs_tools.is_local_crs(crs) else settings.site.datum
    lonlat = crs_tools.to_wgs84(crs_tools.to_lonlat(middle, crs), datum)
    every = np.vstack([shapely.get_coordinates(g) for g in rows if len(g)])
    local = crs_tools.is_local(crs, every)
    target = metric_crs(crs, lonlat, journal)
    if datum in ("gcj02", "bd09"):
        journal.note(
            "datum_converted",
            f"coordinates were converted from {datum.upper()}: the formula is a public approximation, "
            "good to about a metre in place; widths are not affected",
            f"坐标已由 {datum.upper()} 转换：所用公式为公开近似公式，位置误差约一米，不影响宽度",
        )
    return Placer(crs, target, datum), target, local


def _require_usable_roads(
    flat: Mapping[str, tuple[Objects, Objects, NDArray[np.bool_]]],
    kept: Mapping[str, Objects],
    journal: Journal,
) -> None:
    lines = len(kept.get("road_lines", ()))
    if "roads" in flat and len(flat["roads"][0]) and not len(kept["roads"]) and not lines and journal.skip_bad:
        journal.problem(
            "none of its rows can be used",
            "没有可用的行",
            "mend the rows that the notes name",
            "请修改提示中列出的行",
            layer="roads",
        )
        # The reasons stand in notes, which an error would hide.
        for note in journal.notes:
            if note.layer == "roads" and note.code == "left_out":
                journal.problem(note.en, note.zh, "", "", layer="roads")


def _crowd(roads: Objects, journal: Journal) -> bool:
    """Refuse more road polygons than any site has, before the work on them grows beyond all bounds."""
    most = int(limits()["refuse"]["road_polygons"])
    if len(roads) <= most:
        return False
    journal.problem(
        f"{len(roads)} road polygons are more than a site has (at most {most})",
        f"道路多边形有 {len(roads)} 个，超过一个场地的上限 {most}",
        "cut the site out with --within, or name the layer of the road outlines in site.toml",
        "请用 --within 截取场地，或在 site.toml 中指明道路轮廓所在的图层",
        layer="roads",
    )
    return True


def _joined_roads(geoms: Objects, ids: Objects, journal: Journal) -> Objects:
    """Close hairline gaps between roads, and tell which were closed, which stay, and odd widths."""
    limit, tell = limits()["mend"], limits()["tell"]
    closed: Objects = shapely.orient_polygons(close_hairline_gaps(geoms))
    gained = np.flatnonzero(shapely.area(closed) - shapely.area(geoms) > limit["smallest_area_m2"])
    gap_mm = 1000.0 * float(limit["hairline_gap_m"])
    journal.note_rows(
        "hairline_gap_closed",
        f"gaps of at most {gap_mm:.0f} mm to a neighbouring road were closed",
        f"与相邻道路之间不超过 {gap_mm:.0f} 毫米的缝隙已闭合",
        list(ids[gained]),
        layer="roads",
    )
    for i, j, distance_m in open_gaps(closed, float(limit["hairline_gap_m"]), float(tell["named_gap_m"])):
        width = f"{1000.0 * distance_m:.1f} mm"
        journal.note(
            "gap_left_open",
            f"roads: a gap of {width} between {ids[i]} and {ids[j]} was left open: no lane passes it",
            f"roads：{ids[i]} 与 {ids[j]} 之间有 {width} 缝隙，未闭合，车道在此中断",
            layer="roads",
            row=str(ids[i]),
        )
    width_m = 2.0 * shapely.area(closed) / shapely.length(closed)
    odd = (width_m < tell["lane_width_min_m"]) | (width_m > tell["lane_width_max_m"])
    if odd.any():
        named_en, named_zh = listing(
            [f"{i} ({w:.2f} m)" for i, w in zip(ids[odd], width_m[odd], strict=True)]
        )
        span = f"{tell['lane_width_min_m']:g}–{tell['lane_width_max_m']:g} m"
        journal.note(
            "implausible_width",
            f"roads: about as wide as area and perimeter tell, outside {span}: is the unit metres? {named_en}",
            f"roads：按面积与周长估算的宽度超出 {span}，单位是否为米？{named_zh}",
            layer="roads",
        )
    return closed


def _frame(columns: Mapping[str, NDArray[Any]], geoms: Objects, crs: pyproj.CRS | None) -> gpd.GeoDataFrame:
    # Object columns stay objects: newer pandas would turn None into NaN otherwise.
    data = {name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()}
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(geoms, crs=crs), crs=crs)


def _inputs(
    source: Source, parts: Mapping[str, Sequence[Part]], layers: Mapping[str, gpd.GeoDataFrame],
    points: Sequence[PointTile] = (), basemap: Path | None = None,
) -> tuple[InputFile, ...]:  # fmt: skip
    """List the files that were read, each layer of each with its rows; side files have none."""
    sums: dict[Path, str] = {}
    found = []
    widened = set(layers["roads"]["id"]) if "roads" in layers else set()
    for layer, entries in parts.items():
        taken = set(layers[layer]["id"])
        for part in entries:
            rows = sum(1 for row in part.row_ids if row in taken)
            if layer == "road_lines":  # those of known width have become roads
                rows += sum(1 for row in part.row_ids if row in widened)
            found.append((part.table.path, layer, rows))
            found += [(side, layer, 0) for side in sidecars(part.table.path)]
    found += [(tile.path, "points", tile.points) for tile in points]
    found += [] if basemap is None else [(basemap, "basemap", 0)]
    if source.config is not None:
        found.append((source.config, "site.toml", 0))
    out = []
    for path, layer, rows in found:
        if path not in sums:
            sums[path] = sha256(path)
        inside = path.parent == source.root
        out.append(
            InputFile(
                (path.relative_to(source.root).as_posix() if inside else path.name), sums[path], layer, rows
            )
        )
    return tuple(out)
