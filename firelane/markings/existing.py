"""The paint of today as areas near a local origin: what a contractor would see on the road.

Surveyors draw a line by its axis or as a band, and boxes, grids and lettering by their outline. A box drawn by its
outline is painted along it; of a grid or a lettering the outline is all that is known, and its area an upper bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.markings.items import is_gone, rule_words
from firelane.markings.lettering import mitred, polygons_only
from firelane.measure.paint.features import paint_of, word_of
from firelane.vocabulary import PaintKind

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.markings.parameters import Dimensions
    from firelane.site.model import Site

LINEAR = (PaintKind.EDGE_LINE, PaintKind.KERB_PAINT)
_COLOUR_RULE = ("sy2020-13-2-edge-line", "yellow")
_WORN_RULE = ("sy2020-9-condition", "worn")


@dataclass(frozen=True)
class Existing:
    """One row of the layer ``markings``.

    Attributes
    ----------
    shape : geometry
        What is painted.
    outline : geometry
        Of boxes, grids and lettering: the whole of their inside; of lines: ``shape``.
    width_m : float
        Line width: recorded, assumed, or (of bands) the mean one.
    wrong_colour : bool
        Whether a colour is recorded that is not yellow.
    assumed : str
        ``width`` where the area follows from an assumed line width, ``outline`` where it follows from an outline;
        empty where it was surveyed.
    worn : bool
        Whether its recorded condition is a bad one.
    """

    row_id: str
    kind: PaintKind
    shape: BaseGeometry
    outline: BaseGeometry
    width_m: float
    wrong_colour: bool
    assumed: str
    worn: bool


def existing_paint(site: Site, origin: NDArray[np.float64], dims: Dimensions) -> list[Existing]:
    """Return the paint that the survey found, by kind, then in the order of the layer."""
    table = site.layer("markings")
    table = table[~table.geometry.isna() & ~table.geometry.is_empty]
    if table.empty:
        return []
    table = table[~table["condition"].map(is_gone).astype(bool)]
    table = table.set_geometry(shapely.transform(table.geometry.to_numpy(), lambda xy: xy - origin))
    yellow, worn = rule_words(*_COLOUR_RULE), rule_words(*_WORN_RULE)
    found = []
    for kind in PaintKind:
        rows = table[table["kind"] == kind.value]
        assumed_m = dims.number("kerb_top_width_m" if kind is PaintKind.KERB_PAINT else "existing_line_m")
        areas = _areas(rows, assumed_m)
        widths = rows["width_m"].to_numpy(dtype=float)
        for row_id, colour, condition, width, geometry in zip(
            rows["id"].astype(str), rows["colour"], rows["condition"], widths, rows.geometry, strict=True
        ):
            shape = areas.get(row_id)
            if shape is None or shape.is_empty:
                continue
            width_m = float(width) if width > 0 else assumed_m
            lines = bool((shapely.get_dimensions(shapely.get_parts(geometry)) == 1).any())
            assumed = "width" if lines and not width > 0 else ""
            if kind in LINEAR:
                outline = shape
                width_m = width_m if lines else _mean_width_m(shape)
            else:
                outline = shapely.convex_hull(shape) if lines else _filled(shape)
                if not lines and outline.area - shape.area < 1e-6:
                    shape, assumed = _painted(shape, kind, width_m), "outline"
            said = word_of(colour)
            wrong_colour = said is not None and said not in yellow
            found.append(Existing(row_id, kind, shape, outline, width_m, wrong_colour, assumed, word_of(condition) in worn))
    return found


def _areas(rows: gpd.GeoDataFrame, assumed_m: float) -> dict[str, BaseGeometry]:
    """Return id -> what is painted, lines as bands."""
    if rows.empty:
        return {}
    paint = paint_of(rows, assumed_m)
    parts: dict[str, list[BaseGeometry]] = {}
    for row_id, area in zip(paint.ids, paint.areas, strict=True):
        parts.setdefault(row_id, []).append(area)
    whole = {row_id: areas[0] if len(areas) == 1 else shapely.union_all(areas) for row_id, areas in parts.items()}
    return {row_id: polygons_only(area) for row_id, area in whole.items()}  # mended shapes may hold lines


def _filled(shape: BaseGeometry) -> BaseGeometry:
    """Return ``shape`` without its holes."""
    rings = [shapely.polygons(p.exterior) for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return rings[0] if len(rings) == 1 else shapely.union_all(rings)


def _painted(outline: BaseGeometry, kind: PaintKind, width_m: float) -> BaseGeometry:
    """Return what is painted of a thing known by its outline: of a box its frame."""
    if kind is not PaintKind.BOX:
        return outline
    frame = polygons_only(outline.difference(mitred(outline, -width_m)))
    return outline if frame.is_empty else frame


def _mean_width_m(band: BaseGeometry) -> float:
    """Return the width of a long band: twice its area over its perimeter [m]."""
    return 2 * float(band.area) / float(band.length) if band.length > 0 else 0.0
