"""The entrance grid at each mouth (Article 13, item 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.measure.paint.features import (
    Floats,
    Geometries,
    clustered,
    outlines_of,
    rows_of,
    strings,
    touching_ids,
)
from firelane.measure.paint.records import GridAtMouth
from firelane.measure.paint.shadow import union
from firelane.vocabulary import PaintKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from firelane.lanes.records import LaneNetwork
    from firelane.site.model import Site


def grids_at_mouths(
    site: Site,
    network: LaneNetwork,
    *,
    touch_distance_m: float,
    depth_min_m: float,
    depth_max_m: float,
    yellow: Collection[str],
) -> tuple[GridAtMouth, ...]:
    """Measure the grid painted at every mouth.

    A grid may be surveyed as its outline, or line by line: markings nearer to each other than
    ``touch_distance_m`` are one grid.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
    touch_distance_m : float
        A grid within this distance of the mouth line stands at the mouth [m].
    depth_min_m, depth_max_m : float
        Where there is no grid, its place is as deep as the mouth is wide, within these limits [m].
    yellow : collection of str
        Words for the right colour; paint without a recorded colour counts as well.

    Returns
    -------
    tuple of GridAtMouth
        One per mouth, in the order of ``network.mouths``.
    """
    counted, others = rows_of(site, PaintKind.GRID, yellow)
    text, _ = rows_of(site, PaintKind.TEXT, yellow)
    outlines, other_outlines = outlines_of(counted), outlines_of(others)
    groups = clustered(outlines, touch_distance_m)
    surveyed = site.surveyed("markings")
    results: list[GridAtMouth] = []
    for mouth in network.mouths.itertuples(index=False):
        frame = _Frame(mouth)
        near = shapely.distance(outlines, mouth.geometry) <= touch_distance_m
        here = [group for group in groups if near[group].any()]
        rows = np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *here]))
        grid = outlines[rows]
        hulls = [shapely.convex_hull(shapely.union_all(outlines[group])) for group in here]
        area = shapely.union_all(hulls)
        across, along = frame.extents(grid)
        other_near = shapely.distance(other_outlines, mouth.geometry) <= touch_distance_m
        depth = float(np.clip(frame.width_m, depth_min_m, depth_max_m))
        results.append(
            GridAtMouth(
                entrance_id=str(mouth.entrance_id),
                lane_id=str(mouth.lane_id) if isinstance(mouth.lane_id, str) else None,
                surveyed=surveyed,
                mouth_width_m=frame.width_m,
                marking_ids=strings(counted["id"].iloc[rows]),
                covered_m=frame.covered_m(across) if surveyed else None,
                depth_m=float(along.max() - along.min()) if here else None,
                inner_edge_m=float(along.max()) if here else None,
                text_ids=touching_ids(text, area),
                place=area if here else frame.rectangle(depth),
                location=frame.middle,
                other_colour_ids=strings(others.loc[other_near, "id"]),
            )
        )
    return tuple(results)


class _Frame:
    """Axes of a mouth: x along its line, y inwards."""

    def __init__(self, mouth: Any) -> None:
        xy = shapely.get_coordinates(mouth.geometry)
        self._origin, end = xy[0], xy[-1]
        self.width_m = float(np.hypot(*(end - self._origin)))
        self._along = (end - self._origin) / self.width_m
        normal = np.array([-self._along[1], self._along[0]])
        inward = np.array([mouth.inward_x, mouth.inward_y])
        self._inward = normal if normal @ inward >= 0 else -normal
        middle = (self._origin + end) / 2
        self.middle = (float(middle[0]), float(middle[1]))

    def extents(self, shapes: Geometries) -> tuple[Floats, Floats]:
        """Return (least, greatest) across and along of each shape, shapes (n, 2)."""
        spans = [shapely.get_coordinates(shape) - self._origin for shape in shapes]
        across = [(float((xy @ self._along).min()), float((xy @ self._along).max())) for xy in spans]
        along = [(float((xy @ self._inward).min()), float((xy @ self._inward).max())) for xy in spans]
        return np.array(across).reshape(-1, 2), np.array(along).reshape(-1, 2)

    def covered_m(self, across: Floats) -> float:
        """Return how much of the mouth's width the spans cover."""
        inside = np.clip(across, 0.0, self.width_m)
        return float(sum(high - low for low, high in union([(float(a), float(b)) for a, b in inside])))

    def rectangle(self, depth_m: float) -> shapely.Polygon:
        """Return the rectangle from the mouth line inwards."""
        end = self._origin + self._along * self.width_m
        step = self._inward * depth_m
        return shapely.Polygon([self._origin, end, end + step, self._origin + step])
