"""Perpendicular sections of a lane, from edge to edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Floats
from firelane.lanes.smoothing import headings

SECTION_REACH_M = 15.0
"""A perpendicular that meets no edge within this opens into a square or a junction: not measured."""


class EdgeTree:
    """The boundary of an area as an index, for perpendicular sections."""

    def __init__(self, area: BaseGeometry) -> None:
        xy, index = shapely.get_coordinates(shapely.get_parts(area.boundary), return_index=True)
        same = index[1:] == index[:-1]
        self.segments = shapely.linestrings(np.stack((xy[:-1][same], xy[1:][same]), axis=1))
        self.tree = shapely.STRtree(self.segments)

    def reach(self, places: Floats, direction: Floats) -> Floats:
        """Return the distance from each place to the edge in ``direction``, NaN beyond 15 m [m]."""
        rays = shapely.linestrings(np.stack((places, places + direction * SECTION_REACH_M), axis=1))
        ray, segment = self.tree.query(rays, predicate="intersects")
        best = np.full(len(places), np.inf)
        if len(ray):
            crossing = shapely.intersection(rays[ray], self.segments[segment])
            np.minimum.at(best, ray, shapely.distance(crossing, shapely.points(places[ray])))
        return np.where(np.isinf(best), np.nan, best)


@dataclass(frozen=True)
class Sections:
    """Perpendiculars to a lane from edge to edge; the lists run along ``chainage_m``."""

    lines: np.ndarray
    places: Floats
    heading_rad: Floats
    left_m: Floats
    right_m: Floats


def sections(line: LineString | np.ndarray, chainage_m: Floats, edges: EdgeTree) -> Sections:
    """Return the perpendicular sections at ``chainage_m`` of a lane, or of one lane per row."""
    # At its very ends a lane may lie on the edge itself (a mouth): a millimetre inside it does not.
    length = shapely.length(line)
    inset = np.minimum(1e-3, length / 4)
    chainage_m = np.clip(chainage_m, inset, length - inset)
    places = shapely.get_coordinates(shapely.line_interpolate_point(line, chainage_m))
    heading = headings(line, chainage_m)
    left = np.column_stack((-np.sin(heading), np.cos(heading)))
    to_left, to_right = edges.reach(places, left), edges.reach(places, -left)
    span = np.nan_to_num(np.column_stack((to_left, to_right)), nan=SECTION_REACH_M)
    ends = np.stack((places + left * span[:, :1], places - left * span[:, 1:]), axis=1)
    return Sections(shapely.linestrings(ends), places, heading, to_left, to_right)
