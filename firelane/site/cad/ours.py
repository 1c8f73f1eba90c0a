"""A marking drawing of our own, read back: the site that it was drawn from.

What is drawn carries the rows it stands for (``carried.py``), so that a thing that was moved or erased in CAD is moved or
gone. What a drafter adds has no row and is not understood: it is told, and belongs into the site's own data.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from firelane import crs as crs_tools
from firelane.site.cad.carried import DRAWN, Found, found
from firelane.site.cad.mapping import rows_by_layer
from firelane.site.cad.plan import Plan
from firelane.site.config import Feed, Settings
from firelane.site.formats import Table
from firelane.site.intake import Intake
from firelane.site.journal import Journal
from firelane.site.model import Reading
from firelane.site.schema import LAYERS

Objects = NDArray[np.object_]

_EDGE_LAYER = "G-ROAD-EDGE"
_UNITS = {"m": 1.0, "mm": 1000.0}
_EDITED_M = 1e-3
_SETTINGS = ("accuracy_m", "default_kerb", "access_distance_m", "station_m", "managed", "manager_kind")


@dataclass
class _Row:
    """The pieces of one row: part → ring → corners."""

    columns: dict[str, Any]
    shape: str
    parts: dict[int, dict[int, NDArray[np.float64]]] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)


def is_ours(plan: Plan) -> bool:
    """Tell whether a plan is a marking drawing of this program, by its properties and what its entities carry."""
    return _frame(plan) is not None and any(
        found(values) is not None for values in plan.xdata if values
    )  # fmt: skip


@dataclass(frozen=True)
class _Frame:
    """Where the model space lies: its origin [m] and how many of its units make a metre."""

    origin: tuple[float, float]
    unit: float

    def site(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return coordinates of the model space in those of the site [m]."""
        return np.asarray(xy / self.unit + self.origin, dtype=float)


def _frame(plan: Plan) -> _Frame | None:
    try:
        x, y = (float(plan.properties[f"firelane_origin_{axis}"]) for axis in "xy")
        unit = _UNITS[plan.properties["firelane_unit"]]
    except (KeyError, ValueError):
        return None
    return _Frame((x, y), unit) if math.isfinite(x) and math.isfinite(y) else None


def site_of(plan: Plan, settings: Settings, journal: Journal) -> Intake | None:
    """Return the tables of the site that a drawing of ours shows; None, and problems, where ``site.toml`` contradicts it."""
    frame = _frame(plan)
    assert frame is not None
    told = {n: entry for n, values in enumerate(plan.xdata) if values and (entry := found(values)) is not None}
    whole = next((entry.columns for entry in told.values() if entry.layer == "site"), {})
    crs = _crs(plan, whole)
    if not _agrees(plan, crs, settings, journal):
        return None
    rows = _gathered(plan, told, frame)
    surveyed = [name for name in str(whole.get("layers", "")).split() if name in LAYERS]
    feeds = {}
    for layer in LAYERS:
        if layer in rows or layer in surveyed:
            table = _table(plan, layer, list(rows.get(layer, {}).items()), crs)
            feeds[layer] = ((Feed(f"{plan.path.name}:{layer}"), table),)
    journal.note(
        "own_drawing",
        f"{plan.path.name}: a marking drawing of firelane: the site that it was drawn from was taken from it; "
        "what was added to it in CAD was not",
        f"{plan.path.name}：firelane 标线图，已还原其所依据的场地；在 CAD 中新增的内容不读取",
    )
    _tell_settings(plan, whole, settings, journal)
    _tell_edited(plan, rows.get("roads", {}), frame, journal)
    return Intake(feeds, tuple(_readings(plan, rows)), names=tuple(plan.layers))


def _crs(plan: Plan, whole: Mapping[str, Any]) -> pyproj.CRS | None:
    """Return the system: a code stands in the properties, what has none is carried in full."""
    named = plan.properties.get("firelane_crs", "")
    parsed = crs_tools.parse_crs(named) if ":" in named else None
    if isinstance(parsed, pyproj.CRS):
        return parsed
    try:
        return pyproj.CRS.from_wkt(str(whole["wkt"]))
    except (KeyError, pyproj.exceptions.CRSError):
        return None


def _agrees(plan: Plan, crs: pyproj.CRS | None, settings: Settings, journal: Journal) -> bool:
    before = len(journal.problems)
    if settings.crs is not None and crs is not None and not crs_tools.same(settings.crs, crs):
        journal.problem(
            f"the drawing is in {crs_tools.label(crs)}, not in {crs_tools.label(settings.crs)}",
            f"该标线图的坐标系为 {crs_tools.label(crs)}，不是 {crs_tools.label(settings.crs)}",
            "leave `crs` out: a drawing of firelane says itself where it is",
            "请删除 crs：firelane 标线图自身已注明坐标系",
            layer=settings.file,
            column="crs",
        )
    if settings.site.datum in ("gcj02", "bd09"):
        journal.problem(
            f"the coordinates of {plan.path.name} have been set right already",
            f"{plan.path.name} 的坐标已经过换算",
            f'leave datum = "{settings.site.datum}" out',
            f'请删除 datum = "{settings.site.datum}"',
            layer=settings.file,
            column="datum",
        )
    return len(journal.problems) == before


# --- rows ----------------------------------------------------------------------------------------------


def _gathered(plan: Plan, told: dict[int, Found], frame: _Frame) -> dict[str, dict[str, _Row]]:
    """Return layer → id → row. What was copied in CAD is a row of its own."""
    out: dict[str, dict[str, _Row]] = {}
    seen: Counter[tuple[str, str, int, int]] = Counter()
    for n, entry in told.items():
        if entry.layer not in LAYERS:
            continue
        row_id = str(entry.columns.get("id", ""))
        key = (entry.layer, row_id, entry.part, entry.ring)
        seen[key] += 1
        own = row_id if seen[key] == 1 else f"{row_id}~{seen[key]}"
        row = out.setdefault(entry.layer, {}).setdefault(own, _Row(dict(entry.columns) | {"id": own}, entry.shape))
        row.parts.setdefault(entry.part, {})[entry.ring] = frame.site(_corners(plan.geometry[n], entry.shape))
        row.rows.append(n)
    return out


def _corners(geometry: BaseGeometry, shape: str) -> NDArray[np.float64]:
    if shape == "point":
        west, south, east, north = geometry.bounds
        return np.array([[(west + east) / 2, (south + north) / 2]])
    line = geometry.exterior if geometry.geom_type == "Polygon" else geometry
    return np.asarray(shapely.get_coordinates(line), dtype=float)


def _built(row: _Row) -> BaseGeometry | None:
    """Return the geometry of a row; None where what was left of it in CAD makes none."""
    parts = [row.parts[n] for n in sorted(row.parts)]
    try:
        if row.shape == "point":
            made = [shapely.Point(rings[0][0]) for rings in parts if 0 in rings]
        elif row.shape == "line":
            made = [shapely.LineString(rings[0]) for rings in parts if 0 in rings]
        else:
            made = [
                shapely.Polygon(rings[0], [rings[n] for n in sorted(rings) if n > 0]) for rings in parts if 0 in rings
            ]
    except (ValueError, shapely.errors.GEOSException):
        return None
    if not made:
        return None
    several = {"point": shapely.MultiPoint, "line": shapely.MultiLineString, "polygon": shapely.MultiPolygon}
    return made[0] if len(made) == 1 else several.get(row.shape, shapely.GeometryCollection)(made)


def _table(plan: Plan, layer: str, rows: list[tuple[str, _Row]], crs: pyproj.CRS | None) -> Table:
    geometry = np.empty(len(rows), dtype=object)
    geometry[:] = [_built(row) for _, row in rows]
    columns = {}
    for name in LAYERS[layer].columns:
        values = np.empty(len(rows), dtype=object)
        values[:] = [row.columns.get(name) for _, row in rows]
        columns[name] = values
    broken = np.array([shape is None for shape in geometry], dtype=bool)
    return Table(layer, plan.path, geometry, broken, columns, crs, drawn=True)


# --- what to tell ----------------------------------------------------------------------------------------


def _tell_settings(plan: Plan, whole: Mapping[str, Any], settings: Settings, journal: Journal) -> None:
    """Tell which settings of the site the drawing was made with and are not in effect now."""
    differ = [
        (name, whole[name]) for name in _SETTINGS if name in whole and whole[name] != getattr(settings.site, name)
    ]
    if differ:
        text = ", ".join(f"{name} = {_toml(value)}" for name, value in differ)
        journal.note(
            "own_settings",
            f"{plan.path.name}: it was drawn with other settings than now hold; write them in "
            f"{plan.path.stem}.site.toml: {text}",
            f"{plan.path.name}：绘制时的设置与当前不同，请写入 {plan.path.stem}.site.toml：{text}",
        )


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, (int, float)) else f'"{value}"'


def _tell_edited(plan: Plan, roads: dict[str, _Row], frame: _Frame, journal: Journal) -> None:
    """Tell where somebody redrew the pavement's edge: the roads that the drawing carries did not follow."""
    edge_layer = plan.properties.get("firelane_edge_layer", _EDGE_LAYER)
    drawn = [
        shapely.boundary(geometry) if geometry.geom_type == "Polygon" else geometry
        for n, geometry in enumerate(plan.geometry)
        if plan.layer[n] == edge_layer and not plan.xdata[n] and geometry.geom_type in ("Polygon", "LineString")
    ]
    carried = [shape for row in roads.values() if DRAWN not in row.columns and (shape := _built(row)) is not None]
    if not drawn or not carried:
        return
    pavement = shapely.boundary(shapely.union_all(shapely.make_valid(carried)))
    edge = shapely.transform(shapely.multilinestrings(list(shapely.get_parts(drawn))), frame.site)
    away = np.concatenate((_apart(edge, pavement), _apart(pavement, edge)))
    if len(away):
        at = f" (E {away[0].x:.2f}, N {away[0].y:.2f})"
        journal.note(
            "edge_edited",
            f"{plan.path.name}: the pavement edge was redrawn{at}; the roads were taken as they were when the drawing "
            "was made",
            f"{plan.path.name}：路面边缘线已被改动{at}；道路仍按出图时的数据读取",
            layer="roads",
        )


def _apart(one: BaseGeometry, other: BaseGeometry) -> Objects:
    """Return corners, and middles between them, of one line that do not lie on another."""
    xy, part = shapely.get_coordinates(shapely.get_parts(one), return_index=True)
    middles = (xy[1:] + xy[:-1])[part[1:] == part[:-1]] / 2
    places = shapely.points(np.concatenate((xy, middles)))
    shapely.prepare(other)
    away: Objects = places[~shapely.dwithin(places, other, _EDITED_M)]
    return away


def _readings(plan: Plan, rows: dict[str, dict[str, _Row]]) -> list[Reading]:
    """Return one reading for each CAD layer and layer of ours."""
    out = []
    known = Counter((str(plan.layer[n]), layer) for layer, own in rows.items() for row in own.values() for n in row.rows[:1])
    used = Counter((str(plan.layer[n]), layer) for layer, own in rows.items() for row in own.values() for n in row.rows)
    for name, on in rows_by_layer(plan).items():
        kinds = Counter(plan.kind[on].tolist())
        ours = sorted(layer for cad, layer in known if cad == name)
        rest = sum(kinds.values()) - sum(used[name, layer] for layer in ours)
        zh, en = ("图面内容，不属于场地数据", "drawn from the site, no data of it") if rest else ("", "")
        for number, layer in enumerate(ours or [None]):
            first = number == 0
            out.append(
                Reading(
                    plan.path.name, name, dict(sorted(kinds.items())) if first else {}, layer,
                    rows=known[name, layer] if layer is not None else 0, ignored=rest if first else 0,
                    zh=zh if first else "", en=en if first else "",
                )
            )  # fmt: skip
    return out
