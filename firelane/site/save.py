"""A site written as an editable one: a GeoPackage for QGIS and a ``site.toml``, read back as the same site."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from firelane import crs as crs_tools
from firelane.errors import OutputError
from firelane.site.blank import CONFIG, GEOPACKAGE, in_the_way, put_in_place
from firelane.site.geopackage import LayerTable, blank_tables, write_tables
from firelane.site.journal import Journal
from firelane.site.model import PARTLY, Site, SiteConfig
from firelane.site.precision import tell_coarse
from firelane.site.schema import GEOMETRY_OF_TYPE_ID, LAYERS
from firelane.site.toml_text import toml_comment, toml_key, toml_text, toml_value
from firelane.site.volunteered import KEY, told_of

_NOTES, _NOTE_SIGNS = 40, 300
_CODE_LENGTH = 40  # a longer text is a definition, not a code
_KINDS = {"point": ("Point", "_points"), "line": ("LineString", "_lines"), "polygon": ("Polygon", "_polygons")}


def write_site(site: Site, folder: str | os.PathLike[str], *, lang: str = "zh") -> list[Path]:
    """Write a site as ``site.gpkg`` and ``site.toml`` into a new or empty folder.

    Whatever it was read from – a CAD plan, an OpenStreetMap extract – can then be corrected in QGIS.
    ``read_site(folder)`` gives the same site: ids, geometries bit for bit, columns, settings. Within a layer of
    several kinds of geometry points come before lines and lines before areas, as each kind has a table of its own.

    Every layer has its tables; those that were not surveyed are empty and named in ``not_surveyed``. Coordinates are
    those of ``site.crs``: an offset datum, a placing or a transform has been carried out already and is not
    declared again. Laser tiles stay where they are and are named in ``[points]``.

    Parameters
    ----------
    site : Site
    folder : path-like
        Created if it does not exist.
    lang : str
        ``zh`` or ``en``: language of the field names, lists and comments.

    Returns
    -------
    list of Path
        The files written: ``site.gpkg`` and ``site.toml``.

    Raises
    ------
    OutputError
        If the folder already holds something, or cannot be written to; then nothing is changed.
    """
    target = ensure_free(folder)
    tables = _tables(site)

    def write(inside: Path) -> None:
        write_tables(inside / GEOPACKAGE, tables, site.crs, lang)
        text = "\n".join(_config(site, tables, target, zh=lang == "zh")) + "\n"
        (inside / CONFIG).write_text(text, encoding="utf-8", newline="\n")

    return put_in_place(target, write)


def ensure_free(folder: str | os.PathLike[str]) -> Path:
    """Return the folder's path if a new site can stand there: it does not exist, or is empty.

    Raises
    ------
    OutputError
        If it holds something: nothing is ever overwritten.
    """
    target = Path(folder)
    obstacle = in_the_way(target)
    if obstacle is not None:
        raise OutputError(obstacle.text("en"), obstacle.text("zh"))
    return target


# --- layers --------------------------------------------------------------------------------------


def _tables(site: Site) -> list[LayerTable]:
    """Return every table of the site: those of a blank one, and one for each further kind of geometry."""
    tables = []
    blank = blank_tables()
    for name in LAYERS:
        rows = _with_heights(site, name) if site.surveyed(name) else None
        kinds = np.empty(0, dtype=object) if rows is None else _kinds(rows)
        own = [table for table in blank if table.layer == name]
        drawn = {table.geometry for table in own}
        more = [
            LayerTable(name, f"{name}{suffix}", geometry)
            for kind, (geometry, suffix) in _KINDS.items()
            if geometry not in drawn and (kinds == kind).any()
        ]
        for table in (*own, *more):
            of_kind = None if rows is None else rows[kinds == table.geometry.lower().removesuffix("string")]
            tables.append(LayerTable(name, table.name, table.geometry, of_kind))
    return tables


def _kinds(rows: gpd.GeoDataFrame) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    types = shapely.get_type_id(np.asarray(rows.geometry.to_numpy(), dtype=object))
    return np.array([GEOMETRY_OF_TYPE_ID[int(t)] for t in types], dtype=object)


def _with_heights(site: Site, layer: str) -> gpd.GeoDataFrame:
    """Return a layer's rows, the surveyed heights given back to the vertices that they belong to."""
    rows = site.layers[layer]
    if site.heights is None or not (site.heights["layer"] == layer).any():
        return rows
    told = site.heights[site.heights["layer"] == layer]
    xyz, line = shapely.get_coordinates(told.geometry.to_numpy(), include_z=True, return_index=True)
    known = pd.DataFrame({"id": told["id"].to_numpy()[line], "x": xyz[:, 0], "y": xyz[:, 1], "z": xyz[:, 2]})
    known = known.drop_duplicates(["id", "x", "y"])
    flat = np.asarray(rows.geometry.to_numpy(), dtype=object)
    xy, row = shapely.get_coordinates(flat, return_index=True)
    wanted = pd.DataFrame({"id": rows["id"].to_numpy()[row], "x": xy[:, 0], "y": xy[:, 1]})
    z = wanted.merge(known, how="left", on=["id", "x", "y"])["z"].to_numpy()
    raised = shapely.set_coordinates(shapely.force_3d(flat), np.column_stack((xy, z)))
    return rows.set_geometry(gpd.GeoSeries(raised, index=rows.index, crs=rows.crs))


# --- site.toml -----------------------------------------------------------------------------------


def _config(site: Site, tables: list[LayerTable], target: Path, *, zh: bool) -> Iterator[str]:
    config = site.config

    def say(in_zh: str, in_en: str) -> str:
        return f"# {toml_comment(in_zh if zh else in_en)}"

    yield say("由 firelane 从下列文件生成；图层在 site.gpkg 中，可用 QGIS 修改。",
              "Made by firelane from the files below; the layers are in site.gpkg: correct them in QGIS.")  # fmt: skip
    for path in dict.fromkeys(item.path for item in site.inputs):
        yield f"#   {toml_comment(path)}"
    yield ""
    day = config.surveyed_on
    yield "[site]"
    yield f"id = {toml_text(site.id)}"
    yield f"name = {toml_text(site.name)}"
    for key, value, hint in (
        ("district", config.district, ""),
        ("manager", config.manager, "  # 维护管理单位" if zh else "  # who maintains the lane"),
        ("manager_kind", config.manager_kind, "  # property_company | street_office | unit"),
        ("managed", config.managed, "  # 是否实行物业管理" if zh else "  # has property management"),
        ("surveyed_on", None if day is None else day.isoformat(), "  # 测绘日期" if zh else "  # day of the survey"),
    ):
        told = toml_value(value if value is not None else True if key == "managed" else "")
        yield f"{'# ' if value is None else ''}{key} = {told}{hint}"
    yield ""
    yield from _crs(site.crs, zh=zh)
    # An offset datum was set right when the site was read: declared again, it would be set right twice.
    datum = config.datum if config.datum in ("cgcs2000", "wgs84") else "wgs84"
    yield f"datum = {toml_text(datum)}"
    yield from _accuracy(site, zh=zh)
    yield f"default_kerb = {toml_text('yes' if config.default_kerb else 'no')}"
    yield f"access_distance_m = {toml_value(float(config.access_distance_m))}"
    yield f"station_m = {toml_value(float(config.station_m))}"
    yield ""
    yield say("尚未调查的图层；调查后确实没有的，请从列表中删去。图层一旦有数据即视为已调查。",
              "Layers that were not surveyed. Take a name out once you have looked and found nothing.")  # fmt: skip
    absent = [name for name in LAYERS if not site.surveyed(name) and name != "roads"]
    yield f"not_surveyed = {toml_value(absent)}"
    partly = [name for name in LAYERS if any(n.code == PARTLY and n.layer == name for n in site.notes)]
    if partly:
        yield say("没有绘全的图层：其中没有的内容视为未知。全面调查后请从列表中删去。",
                  "Layers that do not hold everything: what is not in them is not known. Take a name out once all is in.")  # fmt: skip
        yield f"partly_surveyed = {toml_value(partly)}"
    yield from _layer_accuracy(site, zh=zh)
    yield from _feeds(tables)
    for name, content in (("vehicle", config.vehicle), ("marking", config.marking)):
        if content:
            yield ""
            yield f"[{name}]"
            for key, value in content.items():
                yield f"{toml_key(str(key))} = {toml_value(value)}"
    yield from _volunteered(site, zh=zh)
    yield from _points(site, target)
    if crs_tools.is_local_crs(site.crs):
        yield ""
        yield from _place(zh=zh)
    # Whose data they are, what was assumed: it must not be lost because the file has another name now.
    if site.notes:
        yield ""
        yield say("读取原始数据时的提示：", "What was said when the original was read:")
        for note in site.notes[:_NOTES]:
            yield f"#   {toml_comment(note.text('zh' if zh else 'en'), _NOTE_SIGNS)}"
        if len(site.notes) > _NOTES:
            yield "#   …"


def _crs(crs: pyproj.CRS, *, zh: bool) -> Iterator[str]:
    if crs_tools.is_local_crs(crs):  # the tables bear its name, by which it is known again
        yield '# crs = "EPSG:4550"  # ' + ("未定位：局部坐标（米）；如需定位见文末 [place]" if zh else
                                            "not placed: local metres; to place it see [place] below")  # fmt: skip
        return
    code = crs_tools.code(crs)
    if len(code) < _CODE_LENGTH:
        yield f"crs = {toml_text(code)}  # {toml_comment(crs.name)}"
        return
    yield "# " + ("没有编号的坐标系，全文如下" if zh else "a system without a number, in full")
    yield f"crs = {toml_text(code)}"


def _volunteered(site: Site, *, zh: bool) -> Iterator[str]:
    """Keep that what such a layer does not hold is not known: without it the copy would pass for complete."""
    told = told_of(site.notes)
    if told:
        yield ""
        yield "[osm]"
        yield f"{KEY} = {toml_value(told)}  # " + (
            "由志愿者绘制（© OpenStreetMap 贡献者，ODbL），未绘制的视为未知；全部核对补全后可删去" if zh else
            "mapped by volunteers (© OpenStreetMap contributors, ODbL); take it out once you have completed it"
        )  # fmt: skip


def _points(site: Site, target: Path) -> Iterator[str]:
    """Name the laser tiles where they are: they are far too large to be copied unasked."""
    if not site.points:
        return
    yield ""
    yield "[points]"
    names = [_way_to(tile.path, target) for tile in site.points]
    yield f"files = {toml_value(names)}"
    systems = {crs_tools.code(tile.crs) for tile in site.points}
    if len(systems) == 1 and not crs_tools.is_local_crs(site.points[0].crs):
        yield f"crs = {toml_text(systems.pop())}"
    accuracies = [tile.accuracy_m for tile in site.points if tile.accuracy_m is not None]
    if accuracies:
        yield f"accuracy_m = {toml_value(float(max(accuracies)))}"


def _way_to(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()


def _place(*, zh: bool) -> Iterator[str]:
    """Yield the table that places a plan, switched off: it must stand behind all keys of ``[site]``."""
    yield "# " + ("如需定位，填写上面的 crs 以及两个已知点在图中和实地的坐标（去掉行首 #）" if zh else
                  "to place it, fill in crs above and two known points, in the plan and on site (without #)")  # fmt: skip
    yield "# [place]"
    yield "# points = [{ plan = [0.0, 0.0], site = [536000.0, 4630000.0] }, { plan = [100.0, 0.0], site = [536100.0, 4630000.0] }]"


def _seen_again(site: Site) -> dict[str, float]:
    """Return the accuracy that a reader would take from the coordinates if nothing were declared [m]."""
    shapes = {
        name: [np.asarray(rows[kinds == kind].geometry.to_numpy(), dtype=object) for kind in _KINDS]
        for name, rows in site.layers.items()
        if len(rows)
        for kinds in [_kinds(rows)]
    }
    return tell_coarse(shapes, site.crs, SiteConfig(), told=False, journal=Journal())


def _accuracy(site: Site, *, zh: bool) -> Iterator[str]:
    config = site.config
    seen = {name: value for name, value in _seen_again(site).items() if name not in config.layer_accuracy_m}
    if config.accuracy_m or set(seen) - set(site.coarse_m):
        yield f"accuracy_m = {toml_value(float(config.accuracy_m))}"
    else:
        yield "# accuracy_m = 0.05" + ("  # 测量精度（米）" if zh else "  # survey accuracy [m]")


def _layer_accuracy(site: Site, *, zh: bool) -> Iterator[str]:
    """Declare each layer's accuracy, that of rounded coordinates too where they cannot tell it any more."""
    told = {name: float(value) for name, value in site.config.layer_accuracy_m.items()}
    seen = _seen_again(site)
    hidden = bool(site.config.accuracy_m) or bool(set(seen) - set(site.coarse_m) - set(told))
    for name, value in site.coarse_m.items():
        if hidden or seen.get(name) != value:
            # For heights as well, which the rounding spares: that way nothing is judged that is not known.
            told[name] = max(float(value), site.height_accuracy_m(name))
    if told:
        yield ""
        yield "# " + ("各图层的测量精度（米），含坐标取整留下的误差" if zh else
                      "accuracy by layer [m], with what rounded coordinates leave")  # fmt: skip
        yield "[accuracy]"
        for name, value in told.items():
            yield f"{toml_key(name)} = {toml_value(value)}"


def _feeds(tables: list[LayerTable]) -> Iterator[str]:
    """Name the tables of a layer where its own suffixes do not find them all."""
    known = {table.name for table in blank_tables()}
    for layer in dict.fromkeys(table.layer for table in tables if table.name not in known):
        for table in tables:
            if table.layer == layer:
                yield ""
                yield f"[[layers.{layer}]]"
                yield f"from = {toml_text(table.name)}"
