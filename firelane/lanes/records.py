"""What the lanes package hands on: lane network, pinches, profile – tables in the site's CRS."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from firelane.site.model import Note


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
