"""What tells a reader where on a page of very many points one is: outlines with names, and names of points near by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.webmap.texts import shown

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from firelane.webmap.block import Shapes

_COLUMNS = ("types", "parts", "rings", "vertices", "lon", "lat")


@dataclass(frozen=True)
class Places:
    """Names that stand on the map for orientation; the page works without a network and has no other background.

    Attributes
    ----------
    table : GeoDataFrame
        Polygons in any CRS (none: WGS 84) with the column ``name``. They are drawn as dashed lines without a filling.
    label : str
        What the outlines are; a line of the legend.
    kind : str
        Value of the facet that is the page's switch: titles of rows of this kind stand on the map near by, whichever kind
        is shown. None without it.
    begin : tuple of float, optional
        South, west, north, east [degrees] of what the map shows at first, where that is not everything.
    beyond : str
        What a button says that leads from there to everything: how much lies beyond.
    """

    table: gpd.GeoDataFrame
    label: str
    kind: str = ""
    begin: tuple[float, float, float, float] | None = None
    beyond: str = ""


def place_content(places: Places | None, shapes: Shapes) -> dict[str, Any] | None:
    """Return the header's part of the places; their shapes are added to ``shapes``.

    Raises
    ------
    ValueError
        If a geometry is no polygon.
    """
    if places is None:
        return None
    table = places.table if places.table.crs is None else places.table.to_crs("EPSG:4326")
    items = []
    for name, geometry in zip(table["name"], table.geometry, strict=True):
        if geometry is None or geometry.is_empty or not np.isfinite(shapely.get_coordinates(geometry)).all():
            continue
        if shapely.get_dimensions(geometry) != 2:
            raise ValueError(f"an outline is a polygon, not a {geometry.geom_type}")
        spot = geometry.representative_point()
        items.append([shapes.add(geometry), shown(name), round(spot.y, 6), round(spot.x, 6)])
    begin = None if places.begin is None else [round(each, 6) for each in places.begin]
    return {"label": places.label, "kind": places.kind, "items": items, "begin": begin, "beyond": places.beyond}


def shape_columns(shapes: Shapes) -> dict[str, NDArray[np.int32]]:
    """Return the columns of the shapes, empty ones where there is no shape."""
    return shapes.columns() if len(shapes) else dict.fromkeys(_COLUMNS, np.zeros(0, dtype=np.int32))
