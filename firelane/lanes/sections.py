"""Perpendicular sections of lanes, from edge to edge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.boundary import Floats, Ints
from firelane.lanes.smoothing import Paths

SECTION_REACH_M = 15.0
"""A perpendicular that meets no edge within this opens into a square or a junction: not measured."""

USUAL_REACH_M = 4.5
HAIR_M = 1e-9


class EdgeTree:
    """The boundary of an area as an index, for perpendicular sections.

    Attributes
    ----------
    origin : (2,) array
        Local origin: ``start`` and ``end`` are relative to it.
    start, end : (n, 2) arrays
        The boundary's segments.
    """

    def __init__(self, area: BaseGeometry) -> None:
        self.origin: Floats = np.zeros(2) if area.is_empty else np.floor(np.asarray(area.bounds[:2]))
        xy, index = shapely.get_coordinates(shapely.get_parts(area.boundary), return_index=True)
        same = index[1:] == index[:-1]
        xy = xy - self.origin
        self.start: Floats = xy[:-1][same]
        self.end: Floats = xy[1:][same]

    @cached_property
    def tree(self) -> shapely.STRtree:
        """STRtree of the segments, local."""
        return shapely.STRtree(segments_of(self.start, self.end))

    def both_sides(self, places: Floats, left: Floats, reach_m: float = SECTION_REACH_M) -> tuple[Floats, Floats]:
        """Return the distance from each place to the edge on its left and on its right, NaN beyond reach [m].

        Parameters
        ----------
        places : (n, 2) array
        left : (n, 2) array
            Unit vectors.
        reach_m : float
        """
        local = places - self.origin
        to_left, to_right = np.full(len(places), np.inf), np.full(len(places), np.inf)
        rows = np.arange(len(places))
        for reach in (min(USUAL_REACH_M, reach_m), reach_m):
            row, offset = self._crossings(local[rows], left[rows], np.full(len(rows), reach))
            for side, sign in ((to_left, 1.0), (to_right, -1.0)):
                here = sign * offset >= 0.0
                np.minimum.at(side, rows[row[here]], sign * offset[here])
            rows = np.flatnonzero(np.isinf(to_left) | np.isinf(to_right))
            if reach == reach_m or not len(rows):
                break
        return np.where(np.isinf(to_left), np.nan, to_left), np.where(np.isinf(to_right), np.nan, to_right)

    def ahead(self, places: Floats, direction: Floats, reach_m: Floats) -> Floats:
        """Return the distance from each place to the edge in ``direction``, NaN beyond its reach [m]."""
        result = np.full(len(places), np.inf)
        half = reach_m / 2  # what is behind does not count
        row, offset = self._crossings(places - self.origin + direction * half[:, None], direction, half)
        offset += half[row]
        here = (offset >= 0.0) & (offset <= reach_m[row])
        np.minimum.at(result, row[here], offset[here])
        return np.where(np.isinf(result), np.nan, result)

    def _crossings(self, local: Floats, direction: Floats, reach_m: Floats) -> tuple[Ints, Floats]:
        """Return where lines through places, so far to either side, cross the boundary: row and offset."""
        away = direction * reach_m[:, None]
        row, segment = self.tree.query(segments_of(local - away, local + away))
        along = self.end[segment] - self.start[segment]
        base = self.start[segment] - local[row]
        d = direction[row]
        denominator = d[:, 0] * along[:, 1] - d[:, 1] * along[:, 0]
        length = np.hypot(along[:, 0], along[:, 1])
        steep = np.abs(denominator) > 1e-12 * length
        safe = np.where(steep, denominator, 1.0)
        offset = (base[:, 0] * along[:, 1] - base[:, 1] * along[:, 0]) / safe
        part = (base[:, 0] * d[:, 1] - base[:, 1] * d[:, 0]) / safe
        hair = HAIR_M / np.maximum(length, HAIR_M)
        met = steep & (part >= -hair) & (part <= 1 + hair) & (np.abs(offset) <= reach_m[row])
        return row[met], offset[met]


def segments_of(start: Floats, end: Floats) -> np.ndarray:
    """Return LineStrings from each start to each end."""
    xy = np.stack((start, end), axis=1).reshape(-1, 2)
    lines: np.ndarray = shapely.from_ragged_array(
        shapely.GeometryType.LINESTRING, xy, (np.arange(0, len(xy) + 1, 2),)
    )
    return lines


@dataclass(frozen=True)
class Sections:
    """Perpendiculars to lanes from edge to edge; the lists run along ``chainage_m``."""

    places: Floats
    heading_rad: Floats
    left_m: Floats
    right_m: Floats

    @property
    def lines(self) -> np.ndarray:
        """The perpendiculars themselves, as long as the reach where they meet no edge."""
        left = np.column_stack((-np.sin(self.heading_rad), np.cos(self.heading_rad)))
        span = np.nan_to_num(np.column_stack((self.left_m, self.right_m)), nan=SECTION_REACH_M)
        return segments_of(self.places + left * span[:, :1], self.places - left * span[:, 1:])


def sections(paths: Paths, path: Ints, chainage_m: Floats, edges: EdgeTree) -> Sections:
    """Return the perpendicular sections at ``chainage_m`` of some paths, one path for each section."""
    # At its very ends a lane may lie on the edge itself (a mouth): a millimetre inside it does not.
    length = paths.length_m[path]
    inset = np.minimum(1e-3, length / 4)
    chainage_m = np.clip(chainage_m, inset, length - inset)
    places = paths.points(path, chainage_m)
    heading = paths.headings(path, chainage_m)
    left = np.column_stack((-np.sin(heading), np.cos(heading)))
    to_left, to_right = edges.both_sides(places, left)
    return Sections(places, heading, to_left, to_right)
