"""What the paint adds up to: lengths, areas and pieces by kind, lane and entrance, crossings counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from firelane.markings.marks import Mark

COLUMNS = ("kind", "lane_id", "entrance_id", "length_m", "area_m2", "pieces")
_SPECK_M2 = 1e-9


def quantities(marks: Sequence[Mark]) -> pd.DataFrame:
    """Return the quantities of ``marks``.

    Returns
    -------
    DataFrame
        ``kind``, ``lane_id`` (None where a mark belongs to no lane), ``entrance_id`` (of grids), ``length_m`` (of
        painted line, 0 for lettering), ``area_m2`` (of the union: what two marks of a kind share counts for the
        first), ``pieces``; in the order of the kinds, then of the lanes, then of the entrances.
    """
    by_kind: dict[MarkKind, list[Mark]] = {}
    for mark in marks:
        by_kind.setdefault(mark.kind, []).append(mark)
    rows: list[tuple[str, str | None, str | None, float, float, int]] = []
    for kind in MarkKind:
        same = by_kind.get(kind, [])
        groups: dict[tuple[str, str], list[tuple[Mark, float]]] = {}
        for mark, area_m2 in zip(same, _union_areas(same), strict=True):
            groups.setdefault((mark.lane_id or "", mark.entrance_id or ""), []).append((mark, area_m2))
        for lane_id, entrance_id in sorted(groups):
            group = groups[lane_id, entrance_id]
            length_m, area_m2 = sum(m.length_m for m, _ in group), sum(a for _, a in group)
            pieces = len({m.mark_id for m, _ in group})
            rows.append((str(kind), lane_id or None, entrance_id or None, length_m, area_m2, pieces))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    for n, column in ((1, "lane_id"), (2, "entrance_id")):
        frame[column] = pd.Series([row[n] for row in rows], dtype=object)
    return frame


def _union_areas(marks: Sequence[Mark]) -> list[float]:
    """Return the area that each mark adds to those before it [m²]."""
    shapes = np.empty(len(marks), dtype=object)
    shapes[:] = [mark.shape for mark in marks]
    areas = [float(m.shape.area) if m.area_m2 is None else m.area_m2 for m in marks]
    for n, before in overlaps(shapes):
        areas[n] = float(shapes[n].difference(shapely.union_all(shapes[before])).area)
    return areas


def overlaps(shapes: NDArray[np.object_]) -> list[tuple[int, NDArray[np.int64]]]:
    """Return (position, positions before it that share area with it) for every shape that shares any."""
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    later = one > two
    one, two = one[later], two[later]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[two])) > _SPECK_M2
    order = np.lexsort((two[shared], one[shared]))
    one, two = one[shared][order], two[shared][order]
    numbers, starts = np.unique(one, return_index=True)
    if not len(numbers):
        return []
    return [(int(n), before) for n, before in zip(numbers, np.split(two, starts[1:]), strict=True)]
