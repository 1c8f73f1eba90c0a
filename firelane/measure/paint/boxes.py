"""The boxes along each lane and the gaps between them (Article 13, item 2)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.measure.paint.features import Geometries, clustered, outlines_of, rows_of, strings
from firelane.measure.paint.records import Box, BoxesOnLane, Gap, GridAtMouth
from firelane.vocabulary import LaneEnd, PaintKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from firelane.lanes.records import LaneNetwork
    from firelane.site.model import Site

_SAME_PLACE_M = 0.5  # ends of centrelines and mouth lines are drawn, not computed: they meet within this


def boxes_on_lanes(
    site: Site, network: LaneNetwork, *, grids: Sequence[GridAtMouth], yellow: Collection[str]
) -> tuple[BoxesOnLane, ...]:
    """Measure the boxes of every lane and the gaps between them along the centreline.

    A box belongs to the lane whose centreline is nearest to its middle; boxes off the judged
    roads belong to none. Frames drawn line by line are one box where their lines meet.

    Parameters
    ----------
    site : Site
    network : LaneNetwork
    grids : sequence of GridAtMouth
        Gaps are measured from the inner edge of a painted entrance grid; elsewhere from the
        mouth, the junction or the tip that the centreline ends at.
    yellow : collection of str
        Words for the right colour; paint without a recorded colour counts as well.

    Returns
    -------
    tuple of BoxesOnLane
        One per lane, in the order of ``network.lanes``.
    """
    counted, others = rows_of(site, PaintKind.BOX, yellow)
    text, _ = rows_of(site, PaintKind.TEXT, yellow)
    outlines = outlines_of(counted)
    groups = clustered(outlines, 0.0)
    shapes = np.array([shapely.convex_hull(shapely.union_all(outlines[group])) for group in groups], dtype=object)
    lines = network.lanes.geometry.to_numpy()
    owner, middles = _lanes_of(shapes, network)
    other_owner, _ = _lanes_of(outlines_of(others), network)
    ids, text_ids = (table["id"].to_numpy(dtype=object) for table in (counted, text))
    texts = text.geometry.to_numpy()
    surveyed = site.surveyed("markings")
    results: list[BoxesOnLane] = []
    for n, lane in enumerate(network.lanes.itertuples(index=False)):
        boxes = [
            Box(
                marking_ids=strings(ids[groups[k]]),
                chainage_m=float(shapely.line_locate_point(lines[n], middles[k])),
                offset_m=_offset_m(lines[n], middles[k]),
                text_ids=strings(text_ids[shapely.intersects(texts, shapes[k])]),
                location=(float(middles[k].x), float(middles[k].y)),
            )
            for k in np.flatnonzero(owner == n)
        ]
        boxes.sort(key=lambda box: (box.chainage_m, box.marking_ids))
        length = float(lines[n].length)
        start, before = _start(lines[n], str(lane.start_kind), grids)
        from_end, after = _start(shapely.reverse(lines[n]), str(lane.end_kind), grids)
        end = max(length - from_end, start)
        results.append(
            BoxesOnLane(
                lane_id=str(lane.lane_id),
                surveyed=surveyed,
                length_m=length,
                start_m=start,
                end_m=end,
                boxes=tuple(boxes),
                gaps=_gaps(boxes, (start, before), (end, after)) if surveyed else (),
                other_colour_ids=strings(others["id"].to_numpy(dtype=object)[other_owner == n]),
            )
        )
    return tuple(results)


def _lanes_of(shapes: Geometries, network: LaneNetwork) -> tuple[np.ndarray, Geometries]:
    """Return for each shape the position of its lane (-1: none) and its middle."""
    middles: Geometries = shapely.centroid(shapes)
    owner = np.full(len(shapes), -1)
    if len(network.lanes) == 0 or len(shapes) == 0:
        return owner, middles
    shapely.prepare(network.judged)
    shape, lane = shapely.STRtree(network.lanes.geometry.to_numpy()).query_nearest(middles, all_matches=True)
    # at a tie, as on a junction, the lane listed first
    order = np.lexsort((lane, shape))
    first = order[np.r_[True, np.diff(shape[order]) > 0]]
    owner[shape[first]] = lane[first]
    owner[~shapely.intersects(network.judged, middles)] = -1
    return owner, middles


def _offset_m(line: shapely.LineString, point: shapely.Point) -> float:
    """Return the distance from the centreline, positive to its left."""
    at = float(shapely.line_locate_point(line, point))
    ahead = shapely.line_interpolate_point(line, min(at + 0.1, line.length))
    behind = shapely.line_interpolate_point(line, max(at - 0.1, 0.0))
    foot = shapely.line_interpolate_point(line, at)
    cross = (ahead.x - behind.x) * (point.y - foot.y) - (ahead.y - behind.y) * (point.x - foot.x)
    return float(np.copysign(point.distance(foot), cross)) if cross else 0.0


def _start(line: shapely.LineString, kind: str, grids: Sequence[GridAtMouth]) -> tuple[float, str]:
    """Return where boxes are wanted from at the beginning of a centreline, and what is there."""
    if kind != LaneEnd.MOUTH.value:
        return 0.0, kind
    here = shapely.Point(line.coords[0])
    for grid in grids:
        if not grid.painted or shapely.distance(grid.place, here) > _SAME_PLACE_M:
            continue
        inside = shapely.get_parts(shapely.intersection(line, grid.place))
        ends = [shapely.line_locate_point(line, shapely.points(part.coords)) for part in inside]
        if ends:
            # the part nearest to the mouth: a lane may come by its own entrance again
            return float(min(ends, key=lambda at: float(at.min())).max()), "grid"
    return 0.0, kind


def _gaps(boxes: Sequence[Box], start: tuple[float, str], end: tuple[float, str]) -> tuple[Gap, ...]:
    """Return the gaps before, between and after the boxes; a box beyond an end leaves none there."""
    marks = [(min(max(box.chainage_m, start[0]), end[0]), box.marking_ids[0]) for box in boxes]
    stops = [start, *marks, end]
    return tuple(
        Gap(start_m=low, end_m=high, before=before, after=after)
        for (low, before), (high, after) in pairwise(stops)
    )
