"""The part of a large area near each of many small things, so that an overlay costs what lies near it.

An overlay with an area reads all its vertices. For thousands of obstacles on a road network of a hundred
thousand vertices that would be most of a whole audit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

Shapes = npt.NDArray[np.object_]

FEW_VERTICES = 2_000
"""An area of no more than so many vertices is taken as it is."""

MARGIN_M = 1.0
"""What is cut away lies at least so far from anything that is overlaid."""


def areas_near(area: BaseGeometry, shapes: Shapes) -> Shapes:
    """Return, for each of ``shapes``, a part of ``area`` that holds everything of it within a metre.

    Halving shapes and area again and again, along the longer side, costs n log n.

    Parameters
    ----------
    area : Polygon or MultiPolygon
    shapes : (n,) array of geometries
        None of them empty.

    Examples
    --------
    >>> areas_near(shapely.box(0, 0, 9, 9), shapely.points([(1.0, 1.0)]))[0].equals(shapely.box(0, 0, 9, 9))
    True
    """
    result = np.empty(len(shapes), object)
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    pending = [(area, np.arange(len(shapes)))]
    while pending:
        part, rows = pending.pop()
        if not len(rows):
            continue
        if len(rows) == 1 or shapely.get_num_coordinates(part) <= FEW_VERTICES:
            for row in rows.tolist():
                result[row] = part
            continue
        low, high = bounds[rows, :2], bounds[rows, 2:]
        middle = (low + high) / 2
        order = np.argsort(middle[:, int(np.argmax(np.ptp(middle, axis=0)))], kind="stable")
        for half in np.array_split(order, 2):
            west, south = low[half].min(axis=0) - MARGIN_M
            east, north = high[half].max(axis=0) + MARGIN_M
            pending.append((shapely.intersection(part, shapely.box(west, south, east, north)), rows[half]))
    return result
