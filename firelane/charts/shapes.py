"""Areas with holes as matplotlib patches."""

from __future__ import annotations

from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry


def add_area(axes: Any, geometry: BaseGeometry, colour: str, **more: Any) -> None:
    """Fill the polygons of ``geometry``, holes left open."""
    from matplotlib.patches import PathPatch  # noqa: PLC0415  (slow to import)
    from matplotlib.path import Path  # noqa: PLC0415

    parts = [
        part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon" and not part.is_empty
    ]
    if not parts:
        return
    rings = [
        shapely.get_coordinates(ring)
        for part in parts
        for ring in shapely.get_rings(shapely.orient_polygons(part))
    ]
    outline = Path.make_compound_path(*(Path(ring, closed=True) for ring in rings))
    look = {"facecolor": colour, "edgecolor": "#9aa3ad", "linewidth": 0.3} | more
    axes.add_patch(PathPatch(outline, **look))
