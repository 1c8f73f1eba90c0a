"""Where a designated lane goes on: through a mouth, or into the road around it.

The line that ends a designated lane is no kerb. Where pavement or a mouth lies beyond it, it is open,
like a mouth; what stands near it would otherwise seem to stand in a dead end.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Floats
from firelane.lanes.mouths import ON_EDGE_M

BEYOND_M = 0.1
NARROWEST_M = 0.1


@dataclass(frozen=True)
class Opening:
    """One open end: its line on the designated lane's edge, and the entrance it is part of, if any."""

    line: LineString
    entrance_id: str | None


def opening_at(
    tip: Floats, heading: Floats, end_edges: shapely.STRtree, pavement: BaseGeometry, mouths: gpd.GeoDataFrame
) -> Opening | None:
    """Return the opening at the end of a designated lane; None where a kerb ends it.

    Parameters
    ----------
    tip : (2,) array
        Where the centreline meets the edge [m].
    heading : (2,) array
        Unit vector along it, outwards.
    end_edges : STRtree
        Of ``mouths.end_edges`` of the designated lanes.
    pavement : Polygon or MultiPolygon
        Prepared, where there are many lanes.
    mouths : GeoDataFrame
        As ``Mouths.table``.
    """
    place = Point(*tip)
    near = end_edges.query_nearest(place, max_distance=ON_EDGE_M, all_matches=True)
    if not len(near):
        return None
    edge = end_edges.geometries[int(near.min())]
    beside = shapely.distance(mouths.geometry.to_numpy(), edge) <= ON_EDGE_M if len(mouths) else []
    for row in mouths[beside].itertuples() if len(mouths) else ():
        # A mouth narrower than the lane leaves the rest of the edge closed.
        common = shapely.intersection(edge, shapely.buffer(row.geometry, ON_EDGE_M, cap_style="flat"))
        if common.length > NARROWEST_M:
            return Opening(_straight(common), row.entrance_id)
    if shapely.contains_xy(pavement, *(tip + BEYOND_M * heading)):
        return Opening(_straight(edge), None)
    return None


def _straight(line: BaseGeometry) -> LineString:
    """Return the line's two outermost points, joined by what lies between them."""
    merged = shapely.line_merge(line)
    if merged.geom_type == "LineString":
        return merged
    xy = shapely.get_coordinates(line)
    along = xy @ (xy[-1] - xy[0])
    return LineString(xy[[int(np.argmin(along)), int(np.argmax(along))]])


def opening_table(
    openings: list[tuple[str, Opening]], designated: BaseGeometry, mouths: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return open ends as a table with the columns of ``LaneNetwork.mouths``.

    Parameters
    ----------
    openings : list of (lane_id, Opening)
    designated : Polygon or MultiPolygon
    mouths : GeoDataFrame
        As ``Mouths.table``: what an entrance is told of.
    """
    told = {row.entrance_id: row for row in mouths.itertuples()}
    rows = []
    for lane_id, opening in openings:
        xy = shapely.get_coordinates(opening.line)
        along = (xy[-1] - xy[0]) / np.hypot(*(xy[-1] - xy[0]))
        inward = np.array([-along[1], along[0]])
        middle = shapely.get_coordinates(opening.line.interpolate(0.5, normalized=True))[0]
        line = opening.line
        if not shapely.contains_xy(designated, *(middle + 0.05 * inward)):
            inward, line = -inward, shapely.reverse(line)
        own = told.get(opening.entrance_id) if opening.entrance_id is not None else None
        rows.append((
            opening.entrance_id, getattr(own, "name", None), getattr(own, "gate", None),
            getattr(own, "openable", None), getattr(own, "clear_height_m", np.nan),
            float(np.hypot(*(xy[-1] - xy[0]))), float(inward[0]), float(inward[1]), lane_id, line,
        ))  # fmt: skip
    columns = [
        "entrance_id", "name", "gate", "openable", "clear_height_m", "width_m", "inward_x", "inward_y", "lane_id",
    ]  # fmt: skip
    table = gpd.GeoDataFrame(rows, columns=[*columns, "geometry"], geometry="geometry", crs=mouths.crs)
    # As objects: an opening that is no entrance has None, not a NaN that would pass for an id.
    table["entrance_id"] = pd.Series([row[0] for row in rows], dtype=object)
    return table
