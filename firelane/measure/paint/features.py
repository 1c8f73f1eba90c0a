"""The surveyed markings as areas of paint, whatever way they were drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from firelane.measure.paint.records import MarkingCondition

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import geopandas as gpd
    import pandas as pd

    from firelane.site.model import Site
    from firelane.vocabulary import PaintKind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Paint:
    """Areas of paint of one kind; one row per part, so an id may recur.

    ``width_m`` is the recorded width of a surveyed axis, NaN where there is none or the paint was
    surveyed as an area; ``axis`` tells the two apart.
    """

    ids: tuple[str, ...]
    areas: Geometries
    axis: npt.NDArray[np.bool_]
    width_m: Floats


def rows_of(
    site: Site, kind: PaintKind, yellow: Collection[str]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the markings of one kind: those to count, and those of a colour stated to be another.

    A marking without a recorded colour counts: what was not recorded is not held against it.
    """
    table = site.layer("markings")
    table = table[(table["kind"] == kind.value) & ~table.geometry.isna() & ~table.geometry.is_empty]
    words = {word.strip().casefold() for word in yellow}
    colour = table["colour"].map(word_of)
    counts = colour.isna() | colour.isin(words)
    return table[counts], table[~counts]


def word_of(value: object) -> str | None:
    """Return an attribute as a word to compare: trimmed, lower case; None where nothing is told.

    >>> word_of(" Worn "), word_of(float("nan")), word_of("")
    ('worn', None, None)
    """
    if not isinstance(value, str):
        return None
    return value.strip().casefold() or None


def paint_of(table: gpd.GeoDataFrame, assumed_width_m: float) -> Paint:
    """Return line markings as areas: an axis becomes a band of its width, cut square at its ends.

    Parameters
    ----------
    table : GeoDataFrame
        Rows of the ``markings`` layer.
    assumed_width_m : float
        Width taken for an axis whose ``width_m`` is not recorded.
    """
    parts, row = shapely.get_parts(table.geometry.to_numpy(), return_index=True)
    axis = shapely.get_dimensions(parts) == 1
    recorded = table["width_m"].to_numpy(dtype=float)[row]
    recorded = np.where(axis & (recorded > 0), recorded, np.nan)
    half = np.where(np.isnan(recorded), assumed_width_m, recorded) / 2
    areas = parts.copy()
    areas[axis] = shapely.buffer(parts[axis], half[axis], cap_style="flat", join_style="mitre")
    areas = shapely.make_valid(areas)
    keep = shapely.area(areas) > 0
    ids = table["id"].to_numpy(dtype=object)[row]
    return Paint(tuple(str(i) for i in ids[keep]), areas[keep], axis[keep], recorded[keep])


def outlines_of(table: gpd.GeoDataFrame) -> Geometries:
    """Return the convex outline of each marking: a frame stands for the whole of its inside."""
    hulls: Geometries = shapely.convex_hull(table.geometry.to_numpy())
    return hulls


def clustered(geometries: Geometries, distance_m: float) -> list[Ints]:
    """Group shapes that lie within ``distance_m`` of each other, directly or through others.

    Returns
    -------
    list of int arrays
        Positions, each group sorted, groups by their first member.
    """
    count = len(geometries)
    if count == 0:
        return []
    first, second = shapely.STRtree(geometries).query(geometries, predicate="dwithin", distance=distance_m)
    graph = coo_array((np.ones(len(first)), (first, second)), shape=(count, count))
    labels = connected_components(graph, directed=False)[1]
    groups = [np.flatnonzero(labels == label).astype(np.int64) for label in range(labels.max() + 1)]
    return sorted(groups, key=lambda group: int(group[0]))


def touching_ids(table: gpd.GeoDataFrame, shape: shapely.Geometry) -> tuple[str, ...]:
    """Return the ids of the markings inside ``shape`` or touching it, in input order."""
    return strings(table.loc[shapely.intersects(table.geometry.to_numpy(), shape), "id"])


def strings(values: Sequence[object] | pd.Series) -> tuple[str, ...]:
    """Return ids as a tuple of str, each once, in the order given."""
    return tuple(dict.fromkeys(str(value) for value in values))


def marking_conditions(site: Site) -> tuple[MarkingCondition, ...]:
    """Group the surveyed markings by kind and recorded condition.

    Returns
    -------
    tuple of MarkingCondition
        Sorted by kind and condition, *none recorded* first; empty where the layer was not
        surveyed or holds nothing (``site.surveyed("markings")`` tells which).
    """
    table = site.layer("markings")
    table = table[~table.geometry.isna() & ~table.geometry.is_empty]
    points = shapely.get_coordinates(shapely.point_on_surface(table.geometry.to_numpy()))
    groups: dict[tuple[str, str], list[int]] = {}
    for position, (kind, condition) in enumerate(zip(table["kind"], table["condition"], strict=True)):
        groups.setdefault((str(kind), word_of(condition) or ""), []).append(position)
    ids = table["id"].to_numpy(dtype=object)
    return tuple(
        MarkingCondition(
            kind=kind,
            condition=condition or None,
            ids=tuple(str(ids[n]) for n in members),
            locations=tuple((float(points[n, 0]), float(points[n, 1])) for n in members),
        )
        for (kind, condition), members in sorted(groups.items())
    )
