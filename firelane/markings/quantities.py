"""What the paint adds up to: lengths, areas and pieces by kind and lane, crossings counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firelane.markings.marks import Mark

COLUMNS = ("kind", "lane_id", "length_m", "area_m2", "pieces")
_SPECK_M2 = 1e-9


def quantities(marks: Sequence[Mark]) -> pd.DataFrame:
    """Return the quantities of ``marks``.

    Returns
    -------
    DataFrame
        ``kind``, ``lane_id`` (None where a mark belongs to no lane), ``length_m`` (of painted line, 0
        for lettering), ``area_m2`` (of the union: what two marks of a kind share counts for the first),
        ``pieces``; in the order of the kinds, then of the lanes.
    """
    rows: list[tuple[str, str | None, float, float, int]] = []
    for kind in MarkKind:
        same = [mark for mark in marks if mark.kind == kind]
        if not same:
            continue
        by_lane: dict[str, list[tuple[Mark, float]]] = {}
        for mark, area_m2 in zip(same, _union_areas(same), strict=True):
            by_lane.setdefault(mark.lane_id or "", []).append((mark, area_m2))
        for lane_id in sorted(by_lane):
            group = by_lane[lane_id]
            length_m, area_m2 = sum(m.length_m for m, _ in group), sum(a for _, a in group)
            rows.append((str(kind), lane_id or None, length_m, area_m2, len({m.mark_id for m, _ in group})))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["lane_id"] = pd.Series([row[1] for row in rows], dtype=object)
    return frame


def _union_areas(marks: Sequence[Mark]) -> list[float]:
    """Return the area that each mark adds to those before it [m²]."""
    shapes = np.empty(len(marks), dtype=object)
    shapes[:] = [mark.shape for mark in marks]
    areas = [float(m.shape.area) if m.area_m2 is None else m.area_m2 for m in marks]
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    later = one > two
    shared = shapely.area(shapely.intersection(shapes[one[later]], shapes[two[later]]))
    for n in sorted({int(k) for k in one[later][shared > _SPECK_M2]}):
        before = two[later][(one[later] == n) & (shared > _SPECK_M2)]
        areas[n] = float(shapes[n].difference(shapely.union_all(shapes[before])).area)
    return areas
