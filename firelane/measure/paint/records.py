"""What the paint measurements return: lengths in metres, geometry in the site's CRS.

``surveyed`` is False where the site has no ``markings`` layer: every measured field is then None or
empty, which means *unknown*. Where it is True, None and empty mean *looked for and not there*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely import LineString
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Spread:
    """Median, least and greatest of a figure measured along a stretch [m]."""

    median_m: float
    min_m: float
    max_m: float


@dataclass(frozen=True)
class Strip:
    """One surveyed line of paint along one stretch of pavement edge.

    Attributes
    ----------
    marking_id : str
    stretch : LineString
        The stretch of pavement edge beside it.
    near_edge_offset : Spread
        From the pavement edge to the paint's near edge, perpendicular to the pavement edge;
        negative where the paint begins outside the pavement.
    width : Spread or None
        Width of the paint; None for a surveyed axis without a width. The offset then rests on
        the width that the caller supposed.
    """

    marking_id: str
    stretch: LineString
    near_edge_offset: Spread
    width: Spread | None


@dataclass(frozen=True)
class PaintOnLane:
    """Edge lines, or kerb paint, of one lane.

    Attributes
    ----------
    lane_id : str
    surveyed : bool
    required_m : float
        Length of the lane's pavement edges that want this paint (kerbless ones for the edge
        line, kerbed ones for kerb paint), less the places of grids; 0 where there is none.
    painted_m, missing_m : float or None
        They add up to ``required_m``.
    missing : tuple of LineString
        The bare stretches of pavement edge, in the order of the edges.
    near_edge_offset, width : Spread or None
        Over all strips of the lane; None where nothing is painted, or no width is known.
    strips : tuple of Strip
        One for each line of paint and stretch.
    other_colour_ids : tuple of str
        Markings of the right kind beside the lane whose stated colour is another: not counted.
    """

    lane_id: str
    surveyed: bool
    required_m: float
    painted_m: float | None
    missing_m: float | None
    missing: tuple[LineString, ...]
    near_edge_offset: Spread | None
    width: Spread | None
    strips: tuple[Strip, ...]
    other_colour_ids: tuple[str, ...]


@dataclass(frozen=True)
class GridAtMouth:
    """The entrance grid at one mouth.

    Attributes
    ----------
    entrance_id : str
    lane_id : str or None
    surveyed : bool
    mouth_width_m : float
    marking_ids : tuple of str
        The markings that make up the grid; empty where there is none.
    covered_m : float or None
        Width of the mouth that the grid covers; 0.0 without a grid, None if not surveyed.
    depth_m : float or None
        Extent of the grid along the way in; None where there is no grid.
    inner_edge_m : float or None
        How far the grid reaches inwards from the mouth line.
    text_ids : tuple of str
        Lettering inside the grid or touching it.
    place : shapely geometry
        Where the grid is painted; where none is, the place it would take.
    location : tuple of float
        Middle of the mouth (east, north).
    other_colour_ids : tuple of str
        Grids at the mouth whose stated colour is another: not counted.
    """

    entrance_id: str
    lane_id: str | None
    surveyed: bool
    mouth_width_m: float
    marking_ids: tuple[str, ...]
    covered_m: float | None
    depth_m: float | None
    inner_edge_m: float | None
    text_ids: tuple[str, ...]
    place: BaseGeometry
    location: tuple[float, float]
    other_colour_ids: tuple[str, ...]

    @property
    def painted(self) -> bool:
        """True where a grid was found."""
        return bool(self.marking_ids)


@dataclass(frozen=True)
class Box:
    """One surveyed box.

    ``chainage_m`` along the lane's centreline; ``offset_m`` from it, positive to the left;
    ``text_ids`` is the lettering inside the box or touching it.
    """

    marking_ids: tuple[str, ...]
    chainage_m: float
    offset_m: float
    text_ids: tuple[str, ...]
    location: tuple[float, float]


@dataclass(frozen=True)
class Gap:
    """Length of lane without a box.

    From ``start_m`` to ``end_m`` along the centreline. ``before`` and ``after`` are the id of
    a box's first marking, or what the lane begins and ends with: ``grid``, ``mouth``,
    ``junction``, ``tip``.
    """

    start_m: float
    end_m: float
    before: str
    after: str

    @property
    def length_m(self) -> float:
        """Length of the gap [m]."""
        return self.end_m - self.start_m


@dataclass(frozen=True)
class BoxesOnLane:
    """The boxes of one lane.

    Attributes
    ----------
    lane_id : str
    surveyed : bool
    length_m : float
    start_m, end_m : float
        Part of the centreline that wants boxes: from the inner edge of the entrance grid (or
        mouth, junction, tip) at its start to that at its end.
    boxes : tuple of Box
        By chainage.
    gaps : tuple of Gap
        One more than boxes; empty if not surveyed.
    other_colour_ids : tuple of str
        Boxes on the lane whose stated colour is another: not counted.
    """

    lane_id: str
    surveyed: bool
    length_m: float
    start_m: float
    end_m: float
    boxes: tuple[Box, ...]
    gaps: tuple[Gap, ...]
    other_colour_ids: tuple[str, ...]

    @property
    def largest_gap(self) -> Gap | None:
        """The longest gap, the first of equals; None if not surveyed."""
        return max(self.gaps, key=lambda gap: gap.length_m, default=None)


@dataclass(frozen=True)
class MarkingCondition:
    """Markings of one kind in one recorded condition (None = none was recorded).

    ``condition`` is the recorded word without surrounding blanks, in lower case; ``ids`` and
    ``locations`` (a point on each marking) run alongside.
    """

    kind: str
    condition: str | None
    ids: tuple[str, ...]
    locations: tuple[tuple[float, float], ...]
