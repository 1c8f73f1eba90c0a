"""Rows of very many points as columns: whole numbers that follow each other closely, and dictionaries of texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from firelane.webmap.block import SCALE
from firelane.webmap.texts import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firelane.webmap.block import Shapes
    from firelane.webmap.crowd import AreaClass, Areas, Facet, Number, Status

    Columns = dict[str, NDArray[np.int32]]

MOST_LATITUDE = 85.05  # of Web Mercator: beyond it nothing can be drawn
NO_NUMBER = -(2**31)
MOST_ROWS = 2**20  # SPAN in crowd_rows.js
_TEXTS = ("ident", "title", "text", "mark", "link")
_LONG = "text"  # long, and nearly every one of its own: the page reads one when it is shown
_WGS84 = "EPSG:4326"
_BAD_IN_LINK = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]")


def row_content(
    table: pd.DataFrame,
    statuses: Sequence[Status],
    facets: Sequence[Facet],
    numbers: Sequence[Number],
    areas: Sequence[int] = (),
) -> tuple[dict[str, Any], Columns]:
    """Return the header's part and the columns of the rows: placed ones first, along a Hilbert curve.

    ``areas`` holds, for each row of the table of areas, its number on the page (negative: not on the page).

    Raises
    ------
    ValueError
        If a column is missing, or a status is none of ``statuses``.
    """
    needed = ["status", *(facet.column for facet in facets), *(number.column for number in numbers)]
    lacking = [column for column in needed if column not in table]
    if lacking:
        raise ValueError(f"the table lacks {', '.join(map(repr, lacking))}")
    if len(table) > MOST_ROWS:
        raise ValueError(f"{len(table)} rows are more than a page can order ({MOST_ROWS})")
    lonlat = _places(table)
    placed = (
        np.isfinite(lonlat).all(axis=1)
        & (np.abs(lonlat[:, 0]) <= 180)
        & (np.abs(lonlat[:, 1]) <= MOST_LATITUDE)
    )
    order = np.concatenate([_near_together(lonlat, np.flatnonzero(placed)), np.flatnonzero(~placed)])
    table = table.iloc[order]
    whole = np.rint(lonlat[order[: placed.sum()]] * SCALE).astype(np.int64)
    columns = {"x": _steps(whole[:, 0]), "y": _steps(whole[:, 1]), "status": _statuses(table, statuses)}
    dictionaries: dict[str, list[str]] = {}
    texts = [(name, name) for name in _TEXTS if name in table] + [
        (f"f{n}", f.column) for n, f in enumerate(facets)
    ]
    for name, column in texts:
        codes, values = _coded(table[column])
        if name == "link":
            values = [safe_link(value) for value in values]
        columns[name] = _steps(codes)
        if name == _LONG:
            columns |= _packed(values)
        else:
            dictionaries[name] = values
    for n, number in enumerate(numbers):
        columns[f"n{n}"] = _whole(table[number.column], number)
    if "area" in table:
        columns["area"] = _steps(_of_areas(table["area"], areas))
    header = {
        "count": len(table), "dictionaries": dictionaries,
        "statuses": [[s.key, s.label, s.colour, s.rank, s.sign, s.shown] for s in statuses],
        "facets": [[f.label, f.choose] for f in facets], "numbers": [[n.label, n.unit, n.decimals, n.least_first, n.told] for n in numbers],
    }  # fmt: skip
    return header, columns


def _places(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return longitude and latitude of every row [degrees], NaN where there is none."""
    if {"lon", "lat"} <= set(table.columns):
        pairs = [
            pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
            for name in ("lon", "lat")
        ]
        return np.column_stack(pairs)
    geometry: Any = getattr(table, "geometry", None)
    if geometry is None:
        raise ValueError("the table lacks 'lon' and 'lat'")
    if geometry.crs is not None:
        geometry = geometry.to_crs(_WGS84)
    points = shapely.point_on_surface(geometry.to_numpy())
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _near_together(lonlat: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return ``rows`` along a Hilbert curve: neighbours follow each other, and what they share packs well."""
    if len(rows) < 2:
        return rows
    import geopandas as gpd  # noqa: PLC0415  (slow to import)

    points = gpd.GeoSeries(shapely.points(lonlat[rows]))
    distance = points.hilbert_distance().to_numpy()
    return np.asarray(rows[np.argsort(distance, kind="stable")])


def _statuses(table: pd.DataFrame, statuses: Sequence[Status]) -> NDArray[np.int32]:
    number = {status.key: n for n, status in enumerate(statuses)}
    codes, keys = _coded(table["status"])
    unknown = [key for key in keys if key not in number]
    if unknown:
        raise ValueError(f"no status is called {', '.join(map(repr, unknown[:3]))}")
    return np.array([number[key] for key in keys], dtype=np.int32)[codes] if keys else np.zeros(0, np.int32)


def _of_areas(values: pd.Series[Any], areas: Sequence[int]) -> NDArray[np.int64]:
    """Return the page's number of each row's area, -1 for none."""
    found = pd.to_numeric(values, errors="coerce").fillna(-1).to_numpy(dtype=np.int64)
    if len(found) and found.max() >= len(areas):
        raise ValueError(f"there is no area {found.max()}")
    known = np.array([*areas, -1], dtype=np.int64)
    return known[np.where(found < 0, len(areas), found)]


def _coded(values: pd.Series[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Return a code for each value and the texts that the codes stand for, in the order of their first use."""
    plain = values.astype(object)
    if pd.api.types.infer_dtype(plain, skipna=False) != "string":
        plain = plain.map(shown)  # 1, True and "1" are one value to pandas, and not to a reader
    codes, texts = pd.factorize(plain.to_numpy(dtype=object))
    return codes.astype(np.int64), [str(text) for text in texts]


def _packed(values: list[str]) -> Columns:
    """Return texts as UTF-8, one after the other, and the length of each [bytes]; half a surrogate pair becomes ``?``."""
    raw = [value.encode("utf-8", "replace") for value in values]
    joined = b"".join(raw)
    whole = np.frombuffer(joined + b" " * (-len(joined) % 4), dtype="<i4").astype(np.int32)
    return {"long": whole, "lengths": np.array([len(each) for each in raw], dtype=np.int32)}


def _steps(values: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return differences, which wrap round at 32 bits as the page's running sum does."""
    return np.diff(values, prepend=np.int64(0)).astype(np.int32)


def _whole(values: pd.Series[Any], number: Number) -> NDArray[np.int32]:
    found = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    scale = 10.0**number.decimals
    with np.errstate(over="ignore", invalid="ignore"):
        steps = (
            np.ceil((found - 1e-6) * scale - 1e-9) if number.up else np.floor((found + 1e-6) * scale + 1e-9)
        )
        fits = np.abs(steps) < 2**31
    return np.where(fits, steps, NO_NUMBER).astype(np.int64).astype(np.int32)


def safe_link(text: str) -> str:
    """Return a link that may be offered: relative, or ``https``; "" for any other.

    >>> safe_link("sites/a.html#F1"), safe_link("https://example.org/a"), safe_link("javascript:alert(1)"), safe_link("//example.org")
    ('sites/a.html#F1', 'https://example.org/a', '', '')
    """
    text = text.strip(" ")
    if not text or _BAD_IN_LINK.search(text) or len(text) > 2000:
        return ""
    if re.match(r"https://[^/?#@]+(?:[/?#]|$)", text, re.IGNORECASE):
        return text
    first = re.split(r"[/?#]", text, maxsplit=1)[0]
    return "" if ":" in first or text.startswith("/") else text


def area_content(areas: Areas | None, shapes: Shapes) -> tuple[dict[str, Any] | None, list[int]]:
    """Return the header's part, and for each row of the areas' table its number on the page (or -1); add to ``shapes``.

    Raises
    ------
    ValueError
        If a geometry is no polygon.
    """
    items: list[list[Any]] = []
    numbers: list[int] = []
    if areas is not None:
        table = areas.table if areas.table.crs is None else areas.table.to_crs(_WGS84)
        values = pd.to_numeric(table["value"], errors="coerce")
        more = [table.get(name, pd.Series([None] * len(table))) for name in ("told", "sub", "facts")]
        for name, value, geometry, told, sub, facts in zip(
            table["name"], values, table.geometry, *more, strict=True
        ):
            if geometry is None or geometry.is_empty or not np.isfinite(shapely.get_coordinates(geometry)).all():
                numbers.append(-1)
                continue
            if not shapely.get_dimensions(geometry) == 2:
                raise ValueError(f"an area is a polygon, not a {geometry.geom_type}")
            numbers.append(len(items))
            known = bool(np.isfinite(value))
            figure = shown(told) or (f"{value:.{areas.decimals}f} {areas.unit}".strip() if known else "")
            spot = geometry.representative_point()
            place = [round(spot.y, 6), round(spot.x, 6)]
            pairs = [] if facts is None else [[shown(label), shown(text)] for label, text in facts]
            kind, size = _class_of(value, areas.classes), float(value) if known else None
            items.append([shapes.add(geometry), shown(name), figure, kind, *place, size, shown(sub), pairs])
    if areas is None or not items:
        return None, numbers
    classes = [[c.label, c.colour] for c in areas.classes]
    content = {"label": areas.label, "classes": classes, "items": items, "named": areas.named, "listed": areas.listed, "none": areas.none}  # fmt: skip
    return content, numbers


def _class_of(value: float, classes: Sequence[AreaClass]) -> int:
    return -1 if not np.isfinite(value) else sum(value >= each.least for each in classes) - 1
