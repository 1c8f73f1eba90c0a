"""An extract split into sites: one for each residential area, say."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.errors import InputError, OutputError
from firelane.files import ensure_writable_dir, safe_name, starts_formula, write_text
from firelane.site.blank import in_the_way
from firelane.site.formats import Table
from firelane.site.journal import Journal
from firelane.site.model import Site
from firelane.site.osm.areas import RESIDENTIAL
from firelane.site.osm.places import around
from firelane.site.osm.read import LAYERS, fill, origin, read_things
from firelane.site.osm.rules import Rules, name_of, standard_rules
from firelane.site.osm.stream import UNREADABLE, Extract, Thing
from firelane.site.osm.whole import check_file, say_damaged
from firelane.site.read import read_site
from firelane.site.save import write_site

MANIFEST = "manifest.csv"
_COLUMNS = ("path", "id", "name", "lon", "lat", "area_m2", "roads", "road_lines", "status", "reason")


@dataclass(frozen=True)
class Piece:
    """One area of the extract, and what became of it: a row of ``manifest.csv``.

    Attributes
    ----------
    path : str
        Folder of its site, relative to the manifest; empty where none could be made.
    id : str
        ``way/123``.
    lon, lat : float
        A place inside it [deg]; NaN where its outline is broken.
    area_m2 : float
    roads, road_lines : int
        Rows of its site.
    reason : str
        Why no site could be made of it; empty where one was.
    """

    path: str
    id: str
    name: str
    lon: float
    lat: float
    area_m2: float
    roads: int
    road_lines: int
    reason: str

    @property
    def status(self) -> str:
        """``site``, or ``left_out`` where none could be made."""
        return "left_out" if self.reason else "site"


def split_extract(
    path: Path,
    folder: Path,
    *,
    by: tuple[str, str] = RESIDENTIAL,
    margin_m: float = 0.0,
    lang: str = "zh",
    tell: Callable[[int, int], object] | None = None,
) -> list[Piece]:
    """Write a site for each area that bears a tag, and ``manifest.csv``, which lists them all.

    The extract is read once. An area of which no site can be made is listed with the reason.

    Parameters
    ----------
    path : Path
        ``.osm``, ``.osm.pbf``, or one of them packed with gzip or bzip2.
    folder : Path
        New or empty.
    by : (str, str)
        Key and value of the tag.
    margin_m : float
        How far a site reaches beyond the outline of its area [m].
    lang : str
        Language of the sites' files and of the reasons: ``zh`` or ``en``.
    tell : callable, optional
        Called with the number of areas done and of all.

    Returns
    -------
    list of Piece
        In the order of the manifest.

    Raises
    ------
    InputError
        If the extract cannot be read, or no area in it bears the tag.
    OutputError
        If the folder holds something already, or cannot be written to.
    """
    obstacle = in_the_way(folder)
    if obstacle is not None:
        raise OutputError(obstacle.text("en"), obstacle.text("zh"))
    rules = standard_rules()
    extract, areas = _read(path, rules, by)
    ensure_writable_dir(folder)
    pieces = []
    pick = _Picker(extract)
    for done, thing in enumerate(areas):
        if tell is not None:
            tell(done, len(areas))
        pieces.append(_piece(thing, path, folder, rules, pick, margin_m=margin_m, lang=lang))
    if tell is not None:
        tell(len(areas), len(areas))
    write_text(folder / MANIFEST, manifest(pieces), encoding="utf-8-sig")
    return pieces


def _read(path: Path, rules: Rules, by: tuple[str, str]) -> tuple[Extract, list[Thing]]:
    journal = Journal()
    extract, areas = Extract(), []
    if not path.is_file():
        journal.problem("there is no such file", "没有此文件", "check the path", "请检查路径", layer=str(path))
    elif check_file(path, journal):
        try:
            extract = read_things(path, rules, also=by)
        except UNREADABLE as error:
            say_damaged(path, error, journal)
        areas = [t for t in extract.things if t.kind != "node" and t.tags.get(by[0]) == by[1] and (t.closed or t.torn)]
        if not areas and not journal.problems:
            journal.problem(
                f"no area is tagged {by[0]}={by[1]}"[:200],
                f"没有标签为 {by[0]}={by[1]} 的区域"[:200],
                "name another tag: --by landuse=residential",
                "请指定其他标签，如 --by landuse=residential",
                layer=path.name,
            )
    journal.stop()
    return extract, areas


class _Picker:
    """Finds the objects of an extract that touch a box."""

    def __init__(self, extract: Extract) -> None:
        self.extract = extract
        self.shaped = [thing for thing in extract.things if thing.geometry is not None]
        self.tree = shapely.STRtree([thing.geometry for thing in self.shaped])

    def __call__(self, area: BaseGeometry) -> Extract:
        rows = np.sort(self.tree.query(shapely.box(*area.bounds)))
        return Extract([self.shaped[n] for n in rows], twice=[])


def _piece(
    thing: Thing, path: Path, folder: Path, rules: Rules, pick: Callable[[BaseGeometry], Extract], *, margin_m: float, lang: str
) -> Piece:
    name = name_of(thing.tags) or ""
    area = thing.area
    if area is None:
        reason = "轮廓断开，或在数据中不完整" if lang == "zh" else "its outline is broken, or not complete in the extract"
        return Piece("", thing.id, name, np.nan, np.nan, np.nan, 0, 0, reason)
    inside = shapely.point_on_surface(area)
    size_m2 = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(area)[0])
    blank = Piece("", thing.id, name, float(inside.x), float(inside.y), float(size_m2), 0, 0, "")
    wide = _widened(area, margin_m)
    try:
        site = _site(thing, name, pick(wide), wide, path, rules)
    except InputError as error:
        said = [(p.message_zh if lang == "zh" else "") or p.message for p in error.problems[:3]]
        return replace(blank, reason="; ".join(said))
    # The id stands first: whatever the name is, no two folders are the same.
    home = safe_name(f"{thing.kind}-{thing.number} {name}".strip())
    write_site(site, folder / home, lang=lang)
    return replace(blank, path=home, roads=len(site.layer("roads")), road_lines=len(site.layer("road_lines")))


def _widened(area: BaseGeometry, margin_m: float) -> BaseGeometry:
    if not margin_m:
        return area
    to_m, back = around(np.array(area.centroid.coords[0]))
    return back(shapely.buffer(to_m(area), margin_m))


def _site(thing: Thing, name: str, extract: Extract, area: BaseGeometry, path: Path, rules: Rules) -> Site:
    """Return the site of one area, cut out at its outline.

    Raises
    ------
    InputError
        Where none can be made of it.
    """
    journal = Journal()
    tables = fill(extract, rules)
    tables.tell(journal)
    layers = {layer: tables.table(layer, path) for layer in LAYERS if tables.rows.get(layer)}
    if not ("roads" in layers or "road_lines" in layers):
        journal.problem("no road lies in it", "范围内没有道路", "", "", layer="roads")
        journal.stop()
    origin(path, layers, journal)
    with tempfile.TemporaryDirectory(prefix="firelane-") as scratch:
        file = Path(scratch) / "site.gpkg"
        for layer, table in layers.items():
            pyogrio.write_dataframe(_frame(table), file, layer=layer, geometry_type="Unknown", driver="GPKG")
        site = read_site(file, within=area)
    return replace(
        site, id=f"{thing.kind}-{thing.number}", name=name or thing.id, notes=(*journal.notes, *site.notes),
        readings=tables.readings(path), inputs=(),
    )  # fmt: skip


def _frame(table: Table) -> gpd.GeoDataFrame:
    data = {}
    for name, values in table.columns.items():
        known = [value for value in values if value is not None]
        if known and all(isinstance(value, bool) for value in known):
            data[name] = pd.Series([None if v is None else "yes" if v else "no" for v in values], dtype=object)
        elif known and all(isinstance(value, (int, float)) for value in known):
            data[name] = pd.Series([np.nan if v is None else float(v) for v in values], dtype=float)
        else:
            data[name] = pd.Series(values, dtype=object)
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(table.geometry, crs=table.crs), crs=table.crs)


def manifest(pieces: list[Piece]) -> str:
    """Return the list of areas as CSV; no cell starts a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for piece in pieces:
        writer.writerow(_cells(piece))
    return out.getvalue()


def _cells(piece: Piece) -> Iterator[str]:
    values: Mapping[str, object] = {name: getattr(piece, name) for name in _COLUMNS}
    for name, value in values.items():
        if isinstance(value, float):
            yield "" if np.isnan(value) else f"{value:.1f}" if name == "area_m2" else f"{value:.7f}"
        else:
            text = " ".join(str(value).split())
            text = "".join(c for c in text if c.isprintable())
            yield f"'{text}" if starts_formula(text) else text
