"""The ground of the lanes, and the ground between a lane and a wall."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.records import LaneNetwork
from firelane.lanes.rectangles import Side, clipped, flat, widened
from firelane.site.model import Site


def lane_area(site: Site, network: LaneNetwork) -> BaseGeometry:
    """Return the ground of the judged lanes.

    That of designated lanes where they are drawn, and the whole of every judged road that some lane without a
    designated polygon runs along.
    """
    lanes = network.lanes
    if network.designated.is_empty:
        return network.judged
    roads = site.layer("roads")
    used = {i for ids in lanes["road_ids"][~lanes["designated"].to_numpy(bool)] for i in ids}
    own = roads.geometry.to_numpy()[roads["id"].isin(used).to_numpy(bool)]
    return shapely.union_all([shapely.intersection(shapely.union_all(own), network.judged), network.designated])


def between(side: Side, lanes: BaseGeometry, others: BaseGeometry, *, reach_m: float) -> BaseGeometry:
    """Return the ground between a wall and the lanes before it, in the wall's frame.

    Ground from which one comes straight to the wall in one direction and to a lane in the other, past no other
    building. The lanes themselves are not part of it.

    Parameters
    ----------
    side : Side
    lanes : BaseGeometry
        Ground of the lanes.
    others : BaseGeometry
        All other buildings.
    reach_m : float
        A lane farther from the wall than this does not count [m].
    """
    window = side.window(reach_m)
    near = side.local(clipped(lanes, window))
    if near.is_empty:
        return shapely.Polygon()
    front = shapely.box(0.0, 0.0, side.length_m, reach_m)
    hidden = widened(side.local(clipped(others, window)), (0.0, 0.0), (0.0, reach_m))
    seen = shapely.union_all([p for p in flat(shapely.difference(near, hidden)) if shapely.area(p) > 1e-6])
    toward = shapely.intersection(widened(seen, (0.0, -reach_m), (0.0, 0.0)), front)
    ground = shapely.difference(toward, near)
    return shapely.union_all([p for p in flat(ground) if shapely.area(p) > 1e-6])
