"""What the lanes package hands on: lane network, pinches, profile – tables in the site's CRS."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from firelane.site.model import Note

LINE_LANE_COLUMNS = (
    "lane_id", "road_ids", "designated", "start_kind", "end_kind", "start_node", "end_node", "length_m", "geometry",
)  # fmt: skip


@dataclass(frozen=True)
class LineLanes:
    """Roads of which only the centreline is known (宽度未测量).

    Attributes
    ----------
    lanes : GeoDataFrame
        One row per judged lane: ``LINE_LANE_COLUMNS``, each as in ``LaneNetwork.lanes``; ``designated`` is false.
    mouths : GeoDataFrame
        Entrances that belong to one of these lanes: Points with ``entrance_id``, ``name``, ``gate``, ``openable``,
        ``clear_height_m`` and ``lane_id``. They have no width.
    others : MultiLineString
        Those roads among ``ways`` that are drivable but no fire lanes.
    ways : MultiLineString
        Every road known as a line alone, as far as it lies outside the pavement, drivable ones too: over any of them
        a fire engine may come, for all that is known.
    """

    lanes: gpd.GeoDataFrame
    mouths: gpd.GeoDataFrame
    others: BaseGeometry
    ways: BaseGeometry

    @property
    def entrances(self) -> frozenset[str]:
        """Entrances that belong to one of these lanes."""
        return frozenset(self.mouths["entrance_id"])


@dataclass(frozen=True)
class LaneNetwork:
    """Centrelines of the judged lanes and what bounds them.

    Attributes
    ----------
    pavement : shapely geometry
        Union of *all* road polygons, outside parts beyond entrances removed (Polygon or MultiPolygon).
    judged : shapely geometry
        Union of the roads with ``fire_lane`` true; equal to ``pavement`` on most sites.
    designated : shapely geometry
        Union of the ``fire_lanes`` polygons; empty where none is drawn.
    lanes : GeoDataFrame
        One row per lane, geometry a LineString from start to end along the centreline (junction to
        junction; to the tip at a dead end; to the mouth line at an entrance). Columns ``lane_id``
        (str, stable), ``road_ids`` (tuple of str), ``designated`` (bool), ``start_kind`` and
        ``end_kind`` (LaneEnd values), ``start_node`` and ``end_node`` (str), ``length_m``; at a dead
        end also ``start_trim_m``/``end_trim_m`` (how far before the tip the profile ends) and
        ``start_width_m``/``end_width_m`` (widest disc that reaches the tip), else 0 and NaN.
    stations : GeoDataFrame
        Points on the lanes every half metre or so. Columns ``lane_id``, ``chainage_m``, ``heading_rad``
        (direction of the lane, counter-clockwise from east), ``left_m`` and ``right_m`` (distance
        from the centreline to the lane's edge perpendicular to it).
    junctions : GeoDataFrame
        Points where lanes meet: ``node_id``, ``radius_m`` (of the largest disc there, touching the edges).
    mouths : GeoDataFrame
        One LineString per usable entrance, from pavement edge to pavement edge. Columns
        ``entrance_id``, ``width_m``, ``inward_x``, ``inward_y`` (unit vector into the site),
        ``name``, ``gate``, ``openable``, ``clear_height_m``, ``lane_id`` (lane that ends there, or None).
    notes : tuple of Note
        Entrances that could not be used, pavement taken as outside.
    openings : GeoDataFrame, optional
        Open ends of the designated lanes: the columns of ``mouths``, ``entrance_id`` None where the lane
        goes on into the road around it.
    by_line : LineLanes, optional
        Roads known as lines alone. Nothing that measures a width uses them; their ids differ from those of ``lanes``.
    """

    pavement: BaseGeometry
    judged: BaseGeometry
    designated: BaseGeometry
    lanes: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame
    junctions: gpd.GeoDataFrame
    mouths: gpd.GeoDataFrame
    notes: tuple[Note, ...] = ()
    openings: gpd.GeoDataFrame | None = None
    by_line: LineLanes | None = None
    known_edges: dict[str, tuple[object, gpd.GeoDataFrame]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What ``pavement_edges`` found, and of which site: the audit and the marking plan both ask."""

    @cached_property
    def line_lanes(self) -> gpd.GeoDataFrame:
        """Lanes of which only the centreline is known; often none."""
        if self.by_line is not None:
            return self.by_line.lanes
        none: dict[str, list[object]] = {column: [] for column in LINE_LANE_COLUMNS}
        return gpd.GeoDataFrame(none, geometry="geometry", crs=self.lanes.crs)

    @cached_property
    def every_lane(self) -> gpd.GeoDataFrame:
        """All judged lanes, those known as lines last: ``LINE_LANE_COLUMNS``."""
        columns = list(LINE_LANE_COLUMNS)
        if self.by_line is None or not len(self.by_line.lanes):
            return self.lanes[columns]
        if not len(self.lanes):
            return self.by_line.lanes[columns]
        both = pd.concat([self.lanes[columns], self.by_line.lanes[columns]], ignore_index=True)
        return gpd.GeoDataFrame(both, geometry="geometry", crs=self.lanes.crs)
