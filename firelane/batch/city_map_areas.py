"""The areas of a city's map: its districts from a file, else cells of about a kilometre; what share of lane fails in each."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from firelane.batch.city_map_tables import LENGTHS, STATES
from firelane.batch.city_map_words import word
from firelane.errors import InputError, Problem
from firelane.vocabulary import Verdict
from firelane.webmap.crowd import AreaClass, Areas

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from firelane.vocabulary import Lang

CELL_M = 1000.0
"""About the side of a cell [m]; it is doubled as long as there are more than `MOST_CELLS`."""

MOST_CELLS = 4000
_METRES_PER_DEGREE = 111_195.0
_MOST_VERTICES = 20_000
_SHADES = (
    (0.0, "0%", "#d6e6f2"), (1e-9, "<10%", "#fdd49e"), (10.0, "10%–25%", "#fc9a5b"), (25.0, "25%–50%", "#e34a33"),
    (50.0, "≥50%", "#8f0d0d"),
)  # fmt: skip
_NAMES = ("name", "名称", "区名", "行政区", "区县", "district", "xzqmc", "mc")
_ENDS = ("新区", "区", "县", "市")


@dataclass(frozen=True)
class Parted:
    """Sites by area.

    Attributes
    ----------
    areas : Areas or None
        None where no site has a place, and no district is given.
    of : array of int
        For each site the position of its area, -1 for none.
    cell_m : float
        About the side of a cell [m]; NaN for districts.
    """

    areas: Areas | None
    of: NDArray[np.int64]
    cell_m: float


def in_districts(sites: pd.DataFrame, path: Path, lang: Lang) -> Parted:
    """Part the sites by the districts of a vector file: by the name of their district, else by their place.

    The districts' names stand in the column whose values are those of the sites' districts; 沈河 and 沈河区 are one.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no polygons on the globe.
    """
    import geopandas as gpd  # noqa: PLC0415  (slow to import)

    table = _read(path)
    names = _names_of(table, sites)
    shapes = _slim(shapely.make_valid(np.asarray(table.geometry.array)))
    known = {plain(name): n for n, name in reversed(list(enumerate(names))) if name}
    of = np.array([known.get(plain(d), -1) for d in sites["district"]], dtype=np.int64)
    lost = np.flatnonzero((of < 0) & np.isfinite(sites["lon"]) & np.isfinite(sites["lat"]))
    if len(lost):
        points = shapely.points(sites["lon"].to_numpy()[lost], sites["lat"].to_numpy()[lost])
        at, area = shapely.STRtree(shapes).query(points, predicate="intersects")
        # on a common border the first of the districts
        for point, n in sorted(zip(at.tolist(), area.tolist(), strict=True), reverse=True):
            of[lost[point]] = n
    return Parted(_figures(gpd.GeoSeries(shapes, crs=4326), names, sites, of, lang, named=True), of, math.nan)


def in_cells(sites: pd.DataFrame, lang: Lang) -> Parted:
    """Part the sites that have a place by a grid of cells of about a kilometre, anchored to the globe."""
    import geopandas as gpd  # noqa: PLC0415  (slow to import)

    lon, lat = sites["lon"].to_numpy(), sites["lat"].to_numpy()
    placed = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) < 85) & (np.abs(lon) <= 180))
    of = np.full(len(sites), -1, dtype=np.int64)
    if not len(placed):
        return Parted(None, of, math.nan)
    side_m = CELL_M
    middle = round(float(np.median(lat[placed])))  # whole degrees: one more site moves no cell
    while True:
        high = side_m / _METRES_PER_DEGREE
        wide = high / math.cos(math.radians(min(abs(middle), 80)))
        cells = np.column_stack([np.floor(lon[placed] / wide), np.floor(lat[placed] / high)])
        found, own = np.unique(cells, axis=0, return_inverse=True)
        if len(found) <= MOST_CELLS:
            break
        side_m *= 2
    of[placed] = own.reshape(-1)
    west, south = found[:, 0] * wide, found[:, 1] * high
    boxes = gpd.GeoSeries(shapely.box(west, south, west + wide, south + high), crs=4326)
    names = _called_by_site(sites, of, len(found), lang)
    return Parted(_figures(boxes, names, sites, of, lang, named=False), of, side_m)


def _called_by_site(sites: pd.DataFrame, of: NDArray[np.int64], count: int, lang: Lang) -> list[str]:
    """Call a cell by its worst site: a grid has no names of its own."""
    order = np.lexsort((sites.index.to_numpy(), sites["rank"].fillna(np.inf).to_numpy()))
    own = of[order]
    areas, first = np.unique(own[own >= 0], return_index=True)
    worst = order[own >= 0][first]
    held = np.bincount(of[of >= 0], minlength=count)
    names = [""] * count
    own_names = sites["name"].where(sites["name"].ne(""), sites["site_id"]).astype(str).to_numpy()
    for area, site in zip(areas.tolist(), worst.tolist(), strict=True):
        name = str(own_names[site])[:40]
        names[area] = name if held[area] == 1 else word("and_more", lang, name=name, n=held[area], more=held[area] - 1)
    return names


def _figures(shapes: gpd.GeoSeries, names: list[str], sites: pd.DataFrame, of: NDArray[np.int64], lang: Lang, *, named: bool) -> Areas:
    """Return the areas with their figures: share of the measured lane that fails [%], and what it is made of."""
    import geopandas as gpd  # noqa: PLC0415

    inside, count = of >= 0, len(names)

    def summed(column: str) -> NDArray[np.float64]:
        weights = sites[column].fillna(0.0).to_numpy(dtype=float)[inside]
        return np.bincount(of[inside], weights=weights, minlength=count).astype(np.float64)

    lengths = {verdict: summed(column) for verdict, column in LENGTHS.items()}
    measured = summed("measured_m")
    states = {s: np.bincount(of[inside & sites["state"].eq(s).to_numpy()], minlength=count) for s in STATES}
    held = np.bincount(of[inside], minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(measured > 0, 100 * lengths[Verdict.FAIL] / measured, np.nan)
    told, subs, facts = [], [], []
    for n in range(count):
        told.append("" if math.isnan(share[n]) else f"{up(share[n])}%")
        said = [word(f"short_{s}", lang) + f" {states[s][n]}" for s in STATES if states[s][n]]
        head = word("n_sites", lang, n=int(held[n])) if held[n] else word("no_site", lang)
        subs.append((head + word("colon", lang) + word("and", lang).join(said)) if said else head)
        pairs = [(word("sites", lang), str(int(held[n])))]
        pairs += [(word(f"state_{s}", lang), str(int(states[s][n]))) for s in STATES if states[s][n]]
        pairs += [(word("measured_m", lang), metres(measured[n]))]
        pairs += [(word(f"length_{v.value}", lang), metres(lengths[v][n])) for v in LENGTHS if lengths[v][n] > 0]
        facts.append(pairs)
    table = gpd.GeoDataFrame(
        {"name": names, "value": share, "told": told, "sub": subs, "facts": facts}, geometry=shapes.array, crs=shapes.crs
    )
    classes = [AreaClass(least, label, colour) for least, label, colour in _SHADES]
    tab = word("tab_districts" if named else "tab_cells", lang)
    return Areas(table, word("share", lang), classes, "%", 1, named=named, listed=tab, none=word("nothing_measured", lang))


def up(percent: float) -> str:
    """Return a share of failing lane [%]: rounded up, so that some is never none; nor is all but all all.

    >>> up(0.0), up(0.01), up(33.31), up(99.99), up(100.0)
    ('0', '0.1', '33.4', '99.9', '100')
    """
    if percent in (0.0, 100.0):
        return f"{percent:.0f}"
    return f"{min(math.ceil(round(percent * 10, 6)) / 10, 99.9):g}"


def metres(value_m: float) -> str:
    """Return a length of lane as people say it: whole metres, rounded up as in the card, from ten kilometres on kilometres.

    >>> metres(1234.2), metres(45678.0)
    ('1,235 m', '45.7 km')
    """
    return f"{math.ceil(value_m - 1e-6):,} m" if value_m < 10_000 else f"{value_m / 1000:,.1f} km"


def check_districts(path: Path) -> None:
    """Make sure that a file of districts can be used, before hours of work are spent.

    Raises
    ------
    InputError
        As of :func:`in_districts`.
    """
    _read(path)


def _read(path: Path) -> gpd.GeoDataFrame:
    """Return the polygons of a file in WGS 84."""
    import geopandas as gpd  # noqa: PLC0415
    from pyogrio.errors import DataSourceError  # noqa: PLC0415

    try:
        table = gpd.read_parquet(path) if path.suffix.lower() in (".parquet", ".geoparquet") else gpd.read_file(path)
    except (OSError, ValueError, DataSourceError) as error:
        raise _refused(path, f"cannot be read: {error}", f"无法读取：{error}") from error
    table = table[~(table.geometry.isna() | table.geometry.is_empty)] if isinstance(table, gpd.GeoDataFrame) else None
    if table is None or not len(table) or not table.geometry.geom_type.isin(("Polygon", "MultiPolygon")).all():
        raise _refused(path, "holds no polygons, or not polygons alone", "没有面要素，或不全是面要素")
    if table.crs is None:
        west, south, east, north = table.total_bounds
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise _refused(path, "does not tell its coordinate reference system", "没有说明坐标系")
        table = table.set_crs(4326)
    table = table.to_crs(4326).reset_index(drop=True)
    if not np.isfinite(table.total_bounds).all():
        raise _refused(path, "lies outside of the globe", "坐标超出范围")
    return table


def _refused(path: Path, en: str, zh: str) -> InputError:
    return InputError([
        Problem(f"the file of districts {path.name} {en}", "give a vector file of polygons in WGS 84 or with its CRS told", layer=path.name,
                message_zh=f"行政区文件 {path.name} {zh}", remedy_zh="请提供带坐标系说明的面要素矢量文件")
    ])  # fmt: skip


def _names_of(table: gpd.GeoDataFrame, sites: pd.DataFrame) -> list[str]:
    """Return the areas' names: of the texts the column that tells the most of the sites' districts, else one called so."""
    wanted = {plain(d) for d in sites["district"]} - {""}
    columns = [c for c in table.columns if c != table.geometry.name and not pd.api.types.is_numeric_dtype(table[c])]
    usual = {name: n for n, name in enumerate(_NAMES)}

    def worth(column: Any) -> tuple[int, int]:
        told = {plain(v) for v in table[column]}
        return (-len(wanted & told), usual.get(str(column).lower(), len(usual)))

    best = min(columns, key=worth, default=None)  # of equals the first
    return [""] * len(table) if best is None else ["" if pd.isna(v) else str(v) for v in table[best]]


def plain(name: Any) -> str:
    """Return a district's name without what people leave out.

    >>> plain(" 沈河区 ") == plain("沈河"), plain(None), plain("区")
    (True, '', '区')
    """
    text = "" if name is None or name != name else unicodedata.normalize("NFKC", str(name)).strip().casefold()  # noqa: PLR0124  (NaN)
    for end in _ENDS:
        if text.endswith(end) and len(text) > len(end) + 1:
            return text[: -len(end)]
    return text


def _slim(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the areas with fewer vertices where they have very many: a page that shows a city needs no survey."""
    west, south, east, north = shapely.total_bounds(shapes)
    step = max(east - west, north - south) / 20_000
    while shapely.get_num_coordinates(shapes).sum() > _MOST_VERTICES and step < 1.0:
        slim = shapely.simplify(shapes, step)
        shapes = np.where(shapely.is_empty(slim), shapes, slim)
        step *= 2
    return shapes
