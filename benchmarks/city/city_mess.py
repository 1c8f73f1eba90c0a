"""The mess of real data: the same district, told worse. What is true of it stays true.

What is left out is never what a known answer is about; what is damaged is damaged in ways that the reader mends
(ring order, duplicate vertices, small self-crossings) or warns about (unknown columns and layers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from city_model import District, Dress, Layer, Truth

_SPARE = ("signs", "kerbs", "buildings", "parking", "markings")
"""Layers that may not have been surveyed, where no answer needs them."""

_FOREIGN = {
    "roads": ("道路面", "DLMM", "road_area"), "obstructions": ("障碍物", "ZAW", "obstacle"),
    "buildings": ("建筑物", "JZW", "bldg"), "entrances": ("出入口", "CRK", "gate_line"), "parking": ("车位", "TCW", "stalls"),
    "kerbs": ("路缘石", "LYS", "kerb_line"), "markings": ("标线", "BX", "paint"), "signs": ("标志牌", "BZP", "boards"),
    "fire_lanes": ("消防车通道", "XFTD", "firelane"),
}  # fmt: skip

# A column name of a Shapefile has ten bytes at most.
_SHORT = {
    "fire_lane": "is_lane", "clear_height_m": "clr_h", "radius_m": "radius", "openable": "can_open", "height_m": "height",
    "top_width_m": "top_w", "orientation": "orient", "condition": "state", "width_m": "width", "clear_width_m": "clr_w",
}  # fmt: skip
_STRANGE = ({"OBJECTID": 1}, {"备注": "外业调绘"}, {"FCODE": "4301020"}, {"SHAPE_Leng": 12.3, "更新日期": "2024/05/17"})


def dressed(made: District, rng: np.random.Generator, mess: float) -> District:
    """Return the district with the ids of its owners, and at ``mess`` > 0 with what real data do to it."""
    draw = rng.random(16)
    layers = {name: Layer(list(rows.geometry), [dict(v) for v in rows.rows]) for name, rows in made.layers.items()}
    told = made.accuracy_m
    dress = Dress()
    if mess > 0:
        layers = _without(layers, made.truth, rng, mess)
        dress = _dress(layers, draw, mess)
        if draw[4] < 0.5 * mess:
            _forget_ids(layers, rng, dress)
        if draw[5] < 0.6 * mess:
            _slips(layers, rng)
        if draw[6] < 0.5 * mess:
            _strange_columns(layers, rng)
        if draw[9] < 0.3 * mess:
            _stray_layer(made, layers)
        if draw[10] < 0.25 * mess and told is None and not dress.names and not dress.columns:
            dress = replace(dress, told=False)
        elif draw[7] < 0.3 * mess and told is None:
            told = 0.0  # said to be exact
    return replace(made, layers=layers, truth=_owned(made, layers), dress=dress, accuracy_m=told)


def _owned(made: District, layers: Mapping[str, Layer]) -> tuple[Truth, ...]:
    """Return the answers with the ids that their owners have in the files."""
    out = []
    for t in made.truth:
        if isinstance(t.owner, str):
            out.append(t)
            continue
        name, row = t.owner
        out.append(replace(t, owner=str(layers[name].rows[row].get("id") or f"{name}-{row + 1}")))
    return tuple(out)


def _needed(truth: tuple[Truth, ...], name: str) -> bool:
    return any(not isinstance(t.owner, str) and t.owner[0] == name for t in truth)


def _without(layers: dict[str, Layer], truth: tuple[Truth, ...], rng: np.random.Generator, mess: float) -> dict[str, Layer]:
    """Leave out layers that nobody surveyed, where no answer is about them."""
    gone = {name for name in _SPARE if rng.random() < 0.3 * mess and not _needed(truth, name)}
    paint = any(t.rule_id.startswith(("sy2020-13", "sy2020-9", "sy2020-15-1")) for t in truth)
    if paint:
        gone -= {"markings", "signs", "kerbs"}
    if "markings" in layers and "markings" not in gone:
        gone.discard("kerbs")  # the paint on them would be paint on nothing
    return {name: rows for name, rows in layers.items() if name not in gone}


def _dress(layers: Mapping[str, Layer], draw: np.ndarray, mess: float) -> Dress:
    form = "layered"
    if draw[0] < mess:
        form = ("layered", "folder", "folder", "shapefile", "geopackage")[int(draw[1] * 5)]
    degrees = bool(draw[2] < 0.5 * mess)
    names: dict[str, str] = {}
    columns: dict[str, Mapping[str, str]] = {}
    if draw[3] < 0.5 * mess:
        style = int(draw[8] * 3)
        names = {name: _FOREIGN[name][style] for name in layers}
        columns = {"roads": {"name": "道路名称"}, "buildings": {"floors": "层数", "name": "楼号"}}
        columns = {k: v for k, v in columns.items() if k in layers}
    if form == "shapefile":
        names = names or {name: _FOREIGN[name][1] for name in layers}
        columns = {
            name: {k: _SHORT[k] for v in layers[name].rows for k in v if k in _SHORT} for name in layers
        }
        columns = {k: v for k, v in columns.items() if v}
    return Dress(form, degrees, names, columns)


def _forget_ids(layers: Mapping[str, Layer], rng: np.random.Generator, dress: Dress) -> None:
    """Leave rows without an id: their number stands for it. Roads keep theirs, their edges are told by it."""
    if dress.form in ("shapefile", "geopackage"):
        return  # rows of one layer lie in several tables there: their numbers are the reader's
    for name in ("obstructions", "parking", "buildings", "kerbs"):
        if name in layers and rng.random() < 0.6:
            for values in layers[name].rows:
                values.pop("id", None)


def _slips(layers: Mapping[str, Layer], rng: np.random.Generator) -> None:
    """Turn rings round, double vertices, and let an outline cross itself by less than is mended."""
    for rows in layers.values():
        for n, shape in enumerate(rows.geometry):
            draw = rng.random()
            if draw > 0.5 or shapely.get_type_id(shape) not in (1, 3):
                continue
            if draw < 0.25 and shapely.get_type_id(shape) == 3:
                rows.geometry[n] = shapely.reverse(shape)
            else:
                rows.geometry[n] = _doubled(shape, int(rng.integers(1_000_000)))
    houses = layers.get("buildings")
    if houses:
        n = int(rng.integers(len(houses)))
        rows_of = shapely.get_coordinates(shapely.remove_repeated_points(houses.geometry[n]))
        a, b = rows_of[0], rows_of[1]
        along = (b - a) / np.hypot(*(b - a))
        across = np.array([-along[1], along[0]])
        # a loop of 6 cm that crosses itself on the first wall: a slip of the hand while digitising
        loop = [a + along * t + across * s for t, s in ((1.0, 0.02), (1.06, -0.02), (1.0, -0.02), (1.06, 0.02), (1.1, 0.0))]
        houses.geometry[n] = shapely.Polygon(np.round([a, *loop, *rows_of[1:]], 5))


def _doubled(shape: shapely.Geometry, draw: int) -> shapely.Geometry:
    """Return a geometry in which one vertex stands twice."""
    if shapely.get_type_id(shape) == 3 and shapely.get_num_interior_rings(shape):
        return shape
    xy = shapely.get_coordinates(shape)
    n = draw % len(xy)
    xy = np.insert(xy, n, xy[n], axis=0)
    return shapely.Polygon(xy) if shapely.get_type_id(shape) == 3 else shapely.LineString(xy)


def _strange_columns(layers: Mapping[str, Layer], rng: np.random.Generator) -> None:
    """Add columns that mean nothing to the reader."""
    extra: dict[str, Any] = _STRANGE[int(rng.integers(len(_STRANGE)))]
    for rows in layers.values():
        if rng.random() < 0.5:
            for values in rows.rows:
                values.update(extra)


def _stray_layer(made: District, layers: dict[str, Layer]) -> None:
    """Add a layer that is none of ours: lawns."""
    u0, v0, u1, v1 = shapely.total_bounds(np.array(layers["roads"].geometry, object))
    lawn = Layer()
    lawn.add(shapely.box(round(u0 + (u1 - u0) / 3, 2), round(v0, 2), round(u0 + (u1 - u0) / 2, 2), round(v0 + (v1 - v0) / 9, 2)), 面积=made.households)
    layers["绿地"] = lawn
