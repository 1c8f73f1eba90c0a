"""The marking plan: true paint geometry for all of Article 13, and what it adds up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from firelane.markings.parameters import Dimensions
    from firelane.site.model import Note, Site


@dataclass(frozen=True)
class Block:
    """A piece of paint that is repeated: one CAD block, placed by INSERT.

    Parameters
    ----------
    name : str
        Block name, ASCII, e.g. ``FL-BOX-2800x2100``.
    parts : Mapping
        MarkKind value -> (Multi)Polygon in the block's own axes: x to the right of the reader,
        y along the direction of travel, origin in the middle of the mark [m].
    """

    name: str
    parts: Mapping[str, BaseGeometry]


@dataclass(frozen=True)
class Placement:
    """Where a block is painted: site coordinates [m] and rotation, counter-clockwise [deg]."""

    mark_id: str
    block: str
    x: float
    y: float
    rotation_deg: float
    lane_id: str | None
    entrance_id: str | None
    chainage_m: float | None


@dataclass(frozen=True)
class OpenParameter:
    """A dimension that no instrument fixes: shown on the drawing as to be confirmed."""

    key: str
    value: object
    unit: str
    zh: str
    en: str
    source: str
    source_zh: str = ""


@dataclass(frozen=True)
class Board:
    """A warning board (警示牌) to be put up: its foot in site coordinates [m], its size and how high it hangs [m].

    ``heading_deg`` is the direction that its face looks, counter-clockwise from east.
    """

    board_id: str
    entrance_id: str
    x: float
    y: float
    heading_deg: float
    width_m: float
    height_m: float
    bottom_m: float


@dataclass(frozen=True)
class Removal:
    """Existing paint that has to be removed: where, how much, and why (a code of ``removal.py``).

    ``length_m`` is that of a painted line, 0 for boxes, grids and lettering; ``assumed`` tells that the area follows
    from a line width that was not surveyed, or from an outline.
    """

    row_id: str
    kind: str
    shape: BaseGeometry
    area_m2: float
    reason: str
    length_m: float = 0.0
    lane_id: str | None = None
    assumed: bool = False


@dataclass(frozen=True)
class LetteringArea:
    """Painted area of one block's lettering [m²]: as the outlines are, and as a stencil with bridges leaves it."""

    full_m2: float
    bridged_m2: float
    bridges: int


@dataclass(frozen=True)
class MarkingPlan:
    """All paint of one site.

    Attributes
    ----------
    paint : GeoDataFrame
        One row per mark and kind in site coordinates, **blocks resolved**: ``mark_id, kind (MarkKind
        value), lane_id, entrance_id, area_m2, length_m, block (name or None)``; (Multi)Polygon.
        ``kerb_face`` rows have an empty geometry: length and area only.
    blocks : Mapping[str, Block]
    placements : tuple of Placement
    centrelines : GeoDataFrame
        Lines to snap to: the axis of each edge line: ``mark_id, lane_id``; LineString.
    boxes : DataFrame
        The proof of the 20 m rule: ``lane_id, box (mark id, or "start"/"end"), chainage_m, gap_m``.
    quantities : DataFrame
        By kind, lane and entrance: ``kind, lane_id, entrance_id, length_m, area_m2, pieces``; areas of the union, so
        crossings count once.
    setting_out : DataFrame
        ``point, mark_id, kind, corner, x_north_m, y_east_m, lon, lat, lane_id, chainage_m, offset_m, radius_m``.
    parameters : tuple of OpenParameter
    notes : tuple of Note
        Roads too narrow for a marking, boxes that found no place, and the like.
    boards : tuple of Board
        Warning boards to be put up.
    removals : tuple of Removal
        Paint of today that has to go.
    bill : DataFrame
        The bill of quantities (``bill.py``), None where nobody asked for one.
    lettering : Mapping[str, LetteringArea]
        Block name (of boxes), mark (of grids) -> painted area of one lettering with and without stencil bridges.
    dims : Dimensions
        All dimensions in force; None in plans made by hand.
    """

    site: Site
    paint: gpd.GeoDataFrame
    blocks: Mapping[str, Block]
    placements: tuple[Placement, ...]
    centrelines: gpd.GeoDataFrame
    boxes: pd.DataFrame
    quantities: pd.DataFrame
    setting_out: pd.DataFrame
    parameters: tuple[OpenParameter, ...]
    notes: tuple[Note, ...]
    boards: tuple[Board, ...] = ()
    removals: tuple[Removal, ...] = ()
    bill: pd.DataFrame | None = None
    lettering: Mapping[str, LetteringArea] = field(default_factory=dict)
    dims: Dimensions | None = None
