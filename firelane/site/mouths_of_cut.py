"""Where the outline of a window cuts a road, there is an entrance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from firelane.site.schema import LAYERS, limits

Objects = NDArray[np.object_]
Columns = dict[str, NDArray[Any]]
Tables = Mapping[str, tuple[Columns, Objects]]

_ON_M = 1e-5
"""What lies nearer than this to the outline lies on it: degrees and back leave a ten-millionth of a metre."""
_LEAST_M = 0.5
"""An edge shorter than this is no mouth: no road is so narrow."""


def lengthwise(roads: Objects, area: BaseGeometry) -> NDArray[np.bool_]:
    """Tell which road polygons the outline runs along instead of across.

    What would be left of such a road is a strip that is no lane, and its long edge would be no entrance.

    Parameters
    ----------
    roads : array of Polygon or MultiPolygon
        In the site's CRS.
    area : Polygon or MultiPolygon
        The window, in the same CRS.

    >>> road = shapely.box(0, 0, 200, 12)
    >>> windows = shapely.box(-50, -50, 250, 3), shapely.box(-50, -50, 100, 50)
    >>> [bool(lengthwise(np.array([road]), window)[0]) for window in windows]
    [True, False]
    """
    limit = limits()["mend"]
    least_m, widths = float(limit["lengthwise_cut_m"]), float(limit["lengthwise_cut_widths"])
    out = np.zeros(len(roads), dtype=bool)
    if not len(roads):
        return out
    outline = shapely.boundary(area)
    shapely.prepare(outline)
    for n in np.flatnonzero(np.asarray(shapely.intersects(outline, roads), dtype=bool)):
        road = roads[n]
        # Estimated, not measured: of a long road this is its width, of a square half of it.
        width_m = 2.0 * float(shapely.area(road)) / float(shapely.length(road))
        long_m = max(least_m, widths * width_m)
        if any(shapely.length(line) > long_m for line in _lines(shapely.intersection(outline, road))):
            out[n] = any(shapely.length(line) > long_m for line in _through(outline, road))
    return out


def with_mouths(
    kept: dict[str, tuple[Columns, Objects]],
    before: Tables,
    area: BaseGeometry,
    *,
    near_m: float,
    whole: BaseGeometry | None = None,
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
    whole : geometry, optional
        Roads that were kept whole although the outline runs through them: none is added there.

    Returns
    -------
    tables : dict
    ids : list of str
        Those of the entrances added: ``cut-1`` …, from the west to the east.
    """
    outline = shapely.boundary(area)
    if whole is not None:
        outline = shapely.difference(outline, whole)
    mouths = [*_across_areas(before, outline), *_across_lines(before, outline)]
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


def _across_areas(before: Tables, outline: BaseGeometry) -> list[BaseGeometry]:
    """Return the pieces of the outline that run through road, not along its edge.

    Roads side by side have one mouth in common, so it is their union that is cut.
    """
    if "roads" not in before:
        return []
    _, roads = before["roads"]
    touched = roads[np.asarray(shapely.intersects(outline, roads), dtype=bool)] if len(roads) else roads
    if not len(touched):
        return []
    # Neighbours that are still a hair apart are one road: the reader closes such gaps after the cut.
    lines = _through(outline, shapely.union_all(touched))
    return [line for line in lines if shapely.length(line) >= _LEAST_M]


def _through(outline: BaseGeometry, ground: BaseGeometry) -> list[BaseGeometry]:
    """Return the pieces of the outline inside the ground, without those along its edge."""
    through = _lines(shapely.intersection(outline, ground))
    out = []
    for line in through:
        inner = _lines(shapely.difference(line, shapely.buffer(shapely.boundary(ground), _ON_M)))
        if len(inner) == 1 and shapely.length(line) - shapely.length(inner[0]) < 10 * _ON_M:
            out.append(line)  # to the last digit from edge to edge
        else:
            out += inner
    return out


def _across_lines(before: Tables, outline: BaseGeometry) -> list[BaseGeometry]:
    """Return a line across every centreline of known width at the places where the outline cuts it."""
    if "road_lines" not in before:
        return []
    columns, lines = before["road_lines"]
    width_m = columns["width_m"].astype(float)
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
