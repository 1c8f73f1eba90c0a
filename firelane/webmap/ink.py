"""Looks of the palette as matplotlib draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry


def swatch(axes: Any, row: Mapping[str, Any], x: float, y: float) -> None:
    """Draw a row of the legend at (x, y) [px]."""
    from matplotlib.patches import Rectangle  # noqa: PLC0415

    look = row["look"]
    if row["shape"] == "dot":
        axes.plot([x + 19], [y], "o", markersize=6, markeredgecolor=look["color"], markerfacecolor=look["fillColor"],
                  markeredgewidth=0.5 * look["weight"])  # fmt: skip
    elif row["shape"] == "marker":
        mark = "s" if look["key"] == "indeterminate" else "o"
        axes.plot([x + 19], [y], mark, markersize=8, color=look["color"])
    elif row["shape"] == "line":
        axes.plot(
            [x, x + 38], [y, y], color=look["color"], linewidth=0.5 * look["weight"], linestyle=dash(look)
        )
    else:
        fill = rgba(look.get("fillColor", look["color"]), look.get("fillOpacity", 0.2))
        axes.add_patch(
            Rectangle((x + 3, y - 8), 32, 16, facecolor=fill, edgecolor=look["color"],
                      linewidth=0.5 * look.get("weight", 1), linestyle=dash(look))
        )  # fmt: skip


def dash(look: Mapping[str, Any]) -> Any:
    """Return a look's dash pattern as matplotlib takes it."""
    if "dashArray" not in look:
        return "solid"
    # matplotlib counts dashes in widths of the line; the page in pixels, as the line's width itself
    return (0, tuple(float(part) / look.get("weight", 1) for part in look["dashArray"].split()))


def rgba(colour: str, opacity: float) -> tuple[float, ...]:
    """Return a colour with its opacity."""
    from matplotlib.colors import to_rgba  # noqa: PLC0415

    return tuple(to_rgba(colour, opacity))


def compound(geometry: BaseGeometry) -> Any:
    """Return one matplotlib path for all rings of an area, holes wound the other way round."""
    from matplotlib.path import Path  # noqa: PLC0415

    rings: list[NDArray[np.float64]] = []
    for part in shapely.get_parts(geometry):
        oriented = shapely.orient_polygons(part)
        rings += [shapely.get_coordinates(ring) for ring in shapely.get_rings(oriented)]
    return Path.make_compound_path(*(Path(ring, closed=True) for ring in rings))
