"""Roads known as a line and a width: they become areas, marked as derived; the others stay lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.site.journal import Journal
from firelane.site.schema import LAYERS, limits

Objects = NDArray[np.object_]
Tables = Mapping[str, tuple[dict[str, NDArray[Any]], Objects]]

_MITRE_LIMIT = 1.02  # of half the width: a sharper corner is cut off square beyond it
_TOUCH_M = 1e-3
"""Ends nearer than this meet: degrees with seven decimals leave a centimetre, shared nodes none."""


def with_widths(tables: Tables, journal: Journal) -> dict[str, tuple[dict[str, NDArray[Any]], Objects]]:
    """Move the centrelines of known width to the roads, as areas of that width.

    Parameters
    ----------
    tables : Mapping
        Layer → its columns, and its geometries in a metric CRS.
    journal : Journal

    Returns
    -------
    dict
        The same with ``roads`` in any case, though it may be empty. The new rows carry ``derived``, and the accuracy
        of the width as their own. What is left in ``road_lines`` has no known width.
    """
    out = dict(tables)
    if "road_lines" not in out:
        return out
    columns, lines = out["road_lines"]
    width_m = columns["width_m"].astype(float)
    least_m, most_m = (float(limits()["tell"][f"derived_width_{end}_m"]) for end in ("min", "max"))
    odd = (width_m < least_m) | (width_m > most_m)
    journal.note_rows(
        "width_disregarded",
        f"widths below {least_m:g} m or above {most_m:g} m were disregarded: the width is not known (is the unit metres?)",
        f"宽度小于 {least_m:g} 米或大于 {most_m:g} 米的值不予采用，宽度按未知处理（单位是否为米？）",
        columns["id"][odd],
        layer="road_lines",
    )
    told = np.isfinite(width_m) & ~odd
    areas = widened(lines[told], width_m[told])
    rows, own = _columns(columns, told)
    if "roads" in out:
        before, shapes = out["roads"]
        rows["id"] = _free_ids(rows["id"], before["id"])
        rows = {name: np.concatenate((before[name], rows[name])) for name in before}
        areas = np.concatenate((shapes, areas))
    out["roads"] = (rows, areas)
    out["road_lines"] = ({name: values[~told] for name, values in columns.items()}, lines[~told])
    if told.any():
        journal.note(
            "width_from_attribute",
            f"road_lines: {int(told.sum())} centrelines became areas of the width that is told: nobody surveyed their outline",
            f"road_lines：{int(told.sum())} 条中心线按所填宽度生成路面，轮廓并非实测",
            layer="road_lines",
        )
    if own:
        journal.note(
            "width_unknown",
            f"road_lines: of {own} roads only the centreline is known: their clear width is not measured",
            f"road_lines：{own} 条道路只有中心线、宽度未知，净宽未测量",
            layer="road_lines",
        )
    return out


def _columns(columns: Mapping[str, NDArray[Any]], told: NDArray[np.bool_]) -> tuple[dict[str, NDArray[Any]], int]:
    """Return the new roads' columns, and how many judged lines are left."""
    count = int(told.sum())
    rows: dict[str, NDArray[Any]] = {}
    for column in LAYERS["roads"].columns.values():
        if column.name in columns:
            rows[column.name] = columns[column.name][told]
        else:
            rows[column.name] = np.full(count, None, dtype=object)
    known = rows["derived"]
    rows["derived"] = np.array(["width_m" if value is None else value for value in known], dtype=object)
    return rows, int((columns["fire_lane"].astype(bool) & ~told).sum())


def _free_ids(ids: Objects, taken: Objects) -> Objects:
    """Return the ids, those that a road already has with a mark behind."""
    used = set(taken)
    free = []
    for name in ids:
        own, n = name, 1
        while own in used:
            n += 1
            own = f"{name}/{n}"
        used.add(own)
        free.append(own)
    return np.array(free, dtype=object)


def widened(lines: Objects, width_m: NDArray[np.float64]) -> Objects:
    """Return the areas that centrelines of a width stand for: flat where a road ends, filled where two meet.

    Corners are mitred about the disc, not inscribed in it: no bend and no joint is narrower than the width.

    >>> area = widened(np.array([shapely.linestrings([[0, 0], [10, 0]])]), np.array([4.0]))[0]
    >>> area.bounds
    (0.0, -2.0, 10.0, 2.0)
    """
    if not len(lines):
        return np.empty(0, dtype=object)
    areas = _bands(lines, width_m)
    parts, owner = shapely.get_parts(lines, return_index=True)
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    legs = np.concatenate([_leg(parts, 0), _leg(parts, -1)])
    of = np.concatenate([owner, owner])
    # A joint is filled as the bend of a line is: each end with each of the others that it meets.
    one, other = shapely.STRtree(ends).query(ends, predicate="dwithin", distance=_TOUCH_M)
    one, other = one[one < other], other[one < other]
    places = shapely.get_coordinates(ends)
    bends = shapely.linestrings(np.stack([places[one] + legs[one], places[one], places[one] + legs[other]], axis=1))
    straight = (legs[one] + legs[other] == 0).all(axis=1)
    fillings = _bands(bends, np.minimum(width_m[of[one]], width_m[of[other]]))
    for n in np.unique(of[one[~straight]]).tolist():
        areas[n] = shapely.union_all([areas[n], *fillings[(of[one] == n) & ~straight]])
    return np.asarray(areas, dtype=object)


def _bands(lines: Objects, width_m: NDArray[np.float64]) -> Objects:
    areas: Objects = shapely.buffer(lines, width_m / 2, cap_style="flat", join_style="mitre", mitre_limit=_MITRE_LIMIT)
    return areas


def _leg(parts: Objects, end: int) -> NDArray[np.float64]:
    """Return the vector from an end of each line to the vertex before it, a metre long at most."""
    tip = shapely.get_coordinates(shapely.get_point(parts, end))
    near = shapely.get_coordinates(shapely.get_point(parts, 1 if end == 0 else -2))
    step: NDArray[np.float64] = near - tip
    return step / np.maximum(np.hypot(step[:, 0], step[:, 1]), 1.0)[:, None]
