"""Reading a site: find the tables, bring them into one metric CRS, check and mend, or say all that is wrong."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from firelane import crs as crs_tools
from firelane.site.assemble import Part, gather, typed
from firelane.site.config import Settings, read_settings
from firelane.site.formats import sha256, sidecars
from firelane.site.geometry import mended, usable
from firelane.site.heights import has_heights, surveyed_heights
from firelane.site.journal import Journal, listing
from firelane.site.mend import close_hairline_gaps, open_gaps
from firelane.site.model import InputFile, Site
from firelane.site.placing import Placer, check_layout, find_crs, metric_crs
from firelane.site.precision import tell_coarse
from firelane.site.schema import limits
from firelane.site.sources import Source, feeds_of, open_source
from firelane.site.values import as_text

Objects = NDArray[np.object_]


def read_site(
    path: str | os.PathLike[str],
    *,
    config: str | os.PathLike[str] | None = None,
    skip_bad: bool = False,
) -> Site:
    """Read and validate one site.

    Parameters
    ----------
    path : path-like
        A folder with one file per layer (or one GeoPackage), a multi-layer GeoPackage, a GeoJSON
        whose features carry a ``layer`` property, or a single Shapefile, FlatGeobuf or GeoParquet.
    config : path-like, optional
        A ``site.toml``. By default the one in the folder, or ``<stem>.site.toml`` beside the file.
    skip_bad : bool
        Leave out road rows that cannot be read, with a note, instead of refusing the site.

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
    parts = gather(feeds_of(source, settings.feeds), journal)
    _drop_unsurveyed(parts, settings, journal)
    _require_roads(parts, source, journal)
    crs = find_crs(parts, settings, journal)
    layers, crs, coarse_m, heights = _layers(parts, crs, settings, journal)
    journal.stop()
    assert crs is not None  # roads with rows and no problem have one
    inputs = _inputs(source, parts, layers)
    name = settings.site.name or settings.site.id or _site_id(source)
    return Site(
        id=settings.site.id or _site_id(source),
        name=name,
        crs=crs,
        layers=layers,
        config=settings.site,
        inputs=inputs,
        notes=tuple(journal.notes),
        coarse_m=coarse_m,
        heights=heights,
    )


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


def _require_roads(parts: Mapping[str, Sequence[Part]], source: Source, journal: Journal) -> None:
    if "roads" in parts and any(len(part) for part in parts["roads"]):
        return
    if "roads" in parts:
        journal.problem(
            "it has no rows",
            "没有任何行",
            "draw the outline of at least one road as a polygon",
            "请至少绘制一条道路的轮廓（多边形）",
            layer="roads",
        )
    elif not any(problem.layer == "roads" for problem in journal.problems) and source.tables:
        found = ", ".join(sorted({name for name, _ in source.tables}))
        journal.problem(
            f"this layer is missing; found were: {found[:300]}",
            f"缺少该图层；已有图层：{found[:300]}",
            'name the layer of road outlines "roads", or write in site.toml [layers.roads] from = "…"',
            '请把道路轮廓图层命名为 "roads"，或在 site.toml 中写 [layers.roads] from = "…"',
            layer="roads",
        )


def _layers(
    parts: Mapping[str, Sequence[Part]], crs: pyproj.CRS | None, settings: Settings, journal: Journal
) -> tuple[dict[str, gpd.GeoDataFrame], pyproj.CRS | None, dict[str, float], gpd.GeoDataFrame | None]:
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
    place, target = _placer(flat, crs, settings, journal)
    coarse_m = {} if crs is None else _coarse(flat, parts, crs, settings, journal)
    tables: dict[str, tuple[dict[str, NDArray[Any]], Objects]] = {}
    kept_geoms: dict[str, Objects] = {}
    kept_ids: dict[str, Objects] = {}
    for layer, (ids, raw, readable) in flat.items():
        geoms, keep = raw, readable
        if place is not None:
            geoms, keep = mended(layer, place(raw, readable), readable, ids, journal)
        columns, stays = typed(layer, parts[layer], keep, journal)
        chosen = geoms[keep][stays]
        tables[layer] = ({name: values[stays] for name, values in columns.items()}, chosen)
        kept_geoms[layer], kept_ids[layer] = chosen, columns["id"][stays]
    _require_usable_roads(flat, kept_geoms, journal)
    if target is not None and not journal.problems:
        check_layout(kept_geoms, kept_ids, journal)
    if target is not None and not journal.problems:
        columns, geoms = tables["roads"]
        tables["roads"] = (columns, _joined_roads(geoms, columns["id"], journal))
    heights = None if place is None or target is None else surveyed_heights(raised, place, target)
    frames = {layer: _frame(columns, geoms, target) for layer, (columns, geoms) in tables.items()}
    return frames, target, coarse_m, heights


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
) -> tuple[Placer | None, pyproj.CRS | None]:
    """Return what moves the coordinates, and where to; (None, None) where there is nothing to move."""
    if crs is None:
        return None, None
    rows = [geoms[keep] for layer, (_, geoms, keep) in flat.items() if layer == "roads"]
    rows += [geoms[keep] for layer, (_, geoms, keep) in flat.items() if layer != "roads"]
    middle = next((np.median(shapely.get_coordinates(g), axis=0) for g in rows if len(g)), None)
    if middle is None:
        return None, None
    datum = settings.site.datum
    lonlat = crs_tools.to_wgs84(crs_tools.to_lonlat(middle, crs), datum)
    every = np.vstack([shapely.get_coordinates(g) for g in rows if len(g)])
    target = metric_crs(crs, lonlat, journal, local=crs_tools.is_local(crs, every))
    if datum in ("gcj02", "bd09"):
        journal.note(
            "datum_converted",
            f"coordinates were converted from {datum.upper()}: the formula is a public approximation, "
            "good to about a metre in place; widths are not affected",
            f"坐标已由 {datum.upper()} 转换：所用公式为公开近似公式，位置误差约一米，不影响宽度",
        )
    return Placer(crs, target, datum), target


def _require_usable_roads(
    flat: Mapping[str, tuple[Objects, Objects, NDArray[np.bool_]]],
    kept: Mapping[str, Objects],
    journal: Journal,
) -> None:
    if "roads" in flat and len(flat["roads"][0]) and not len(kept["roads"]) and journal.skip_bad:
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


def _joined_roads(geoms: Objects, ids: Objects, journal: Journal) -> Objects:
    """Close hairline gaps between roads, and tell which were closed, which stay, and odd widths."""
    limit, tell = limits()["mend"], limits()["tell"]
    closed = close_hairline_gaps(geoms)
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
    source: Source, parts: Mapping[str, Sequence[Part]], layers: Mapping[str, gpd.GeoDataFrame]
) -> tuple[InputFile, ...]:
    """List the files that were read, each layer of each with its rows; side files have none."""
    sums: dict[Path, str] = {}
    found = []
    for layer, entries in parts.items():
        taken = set(layers[layer]["id"])
        for part in entries:
            rows = sum(1 for row in part.row_ids if row in taken)
            found.append((part.table.path, layer, rows))
            found += [(side, layer, 0) for side in sidecars(part.table.path)]
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
