"""Where the outline of a window cuts a road, there is an entrance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from firelane.site.schema import LAYERS

Objects = NDArray[np.object_]
Columns = dict[str, NDArray[Any]]
Tables = Mapping[str, tuple[Columns, Objects]]

_ON_M = 1e-5
"""What lies nearer than this to the outline lies on it: degrees and back leave a ten-millionth of a metre."""
_LEAST_M = 0.5
"""An edge shorter than this is no mouth: no road is so narrow."""


def with_mouths(
    kept: dict[str, tuple[Columns, Objects]], before: Tables, area: BaseGeometry, *, near_m: float
) -> tuple[dict[str, tuple[Columns, Objects]], list[str]]:
    """Add an entrance across every road that the outline cuts.

    Parameters
    ----------
    kept : dict
        Layers inside the window.
    before : Mapping
        The same before they were cut.
    area : Polygon or MultiPolygon
        The window, in the site's CRS.
    near_m : float
        Where an entrance is mapped nearer than this to the cut, none is added [m].

    Returns
    -------
    tables : dict
    ids : list of str
        Those of the entrances added: ``cut-1`` …, from the west to the east.
    """
    mouths = [*_across_areas(before, area), *_across_lines(before, area)]
    columns, shapes = kept.get("entrances", _blank())
    far = [m for m in mouths if not len(shapes) or float(shapely.distance(shapes, m).min()) > near_m]
    if not far:
        return kept, []
    far.sort(key=lambda mouth: tuple(np.round(mouth.centroid.coords[0], 3)))
    taken = set(columns["id"])
    ids: list[str] = []
    n = 0
    while len(ids) < len(far):
        n += 1
        if f"cut-{n}" not in taken:
            ids.append(f"cut-{n}")
    added: Columns = {}
    for name, values in columns.items():
        # A cut is where the window ends, not where somebody built a gate.
        told = {"id": ids, "kind": ["both"] * len(far), "gate": [False] * len(far)}.get(name)
        fresh = np.full(len(far), np.nan) if values.dtype == np.float64 else np.full(len(far), None, dtype=object)
        if told is not None:
            fresh = np.array(told, dtype=object)
        added[name] = np.concatenate((values, fresh))
    lines = np.empty(len(far), dtype=object)
    lines[:] = far
    return {**kept, "entrances": (added, np.concatenate((shapes, lines)))}, ids


def _blank() -> tuple[Columns, Objects]:
    columns: Columns = {c.name: np.empty(0, dtype=c.dtype) for c in LAYERS["entrances"].columns.values()}
    return columns, np.empty(0, dtype=object)


def _across_areas(before: Tables, area: BaseGeometry) -> list[BaseGeometry]:
    """Return the pieces of the outline that run through road, not along its edge.

    Roads side by side have one mouth in common, so it is their union that is cut.
    """
    if "roads" not in before:
        return []
    outline = shapely.boundary(area)
    _, roads = before["roads"]
    touched = roads[np.asarray(shapely.intersects(outline, roads), dtype=bool)] if len(roads) else roads
    if not len(touched):
        return []
    # Neighbours that are still a hair apart are one road: the reader closes such gaps after the cut.
    ground = shapely.union_all(touched)
    through = _lines(shapely.intersection(outline, ground))
    out = []
    for line in through:
        inner = _lines(shapely.difference(line, shapely.buffer(shapely.boundary(ground), _ON_M)))
        if len(inner) == 1 and shapely.length(line) - shapely.length(inner[0]) < 10 * _ON_M:
            out.append(line)  # to the last digit from edge to edge
        else:
            out += inner
    return [line for line in out if shapely.length(line) >= _LEAST_M]


def _across_lines(before: Tables, area: BaseGeometry) -> list[BaseGeometry]:
    """Return a line across every centreline of known width at the places where the outline cuts it."""
    if "road_lines" not in before:
        return []
    columns, lines = before["road_lines"]
    width_m = columns["width_m"].astype(float)
    outline = shapely.boundary(area)
    out = []
    for n in np.flatnonzero(np.isfinite(width_m) & np.asarray(shapely.intersects(outline, lines), dtype=bool)):
        line, width = lines[n], float(width_m[n])
        for point in shapely.get_parts(shapely.intersection(outline, line)):
            if shapely.get_type_id(point) != 0 or width < _LEAST_M:
                continue
            at = float(shapely.line_locate_point(line, point))
            if not _ON_M < at < float(shapely.length(line)) - _ON_M:
                continue  # it ends on the outline anyway
            a, b = shapely.get_coordinates(shapely.line_interpolate_point(line, [at - _ON_M, at + _ON_M]))
            ahead = (b - a) / np.hypot(*(b - a))
            side = np.array([-ahead[1], ahead[0]]) * width / 2
            xy = shapely.get_coordinates(point)[0]
            out.append(shapely.LineString([xy + side, xy - side]))
    return out


def _lines(geometry: BaseGeometry) -> list[BaseGeometry]:
    flat = shapely.get_parts(shapely.get_parts(geometry))
    lines = [part for part in flat if shapely.get_type_id(part) == 1 and not part.is_empty]
    if not lines:
        return []
    merged = shapely.line_merge(shapely.MultiLineString(lines))
    return list(shapely.get_parts(merged))
