"""To a local origin and back: areas that are valid near it are valid where the site lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.markings.lettering import polygons_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.lanes.records import LaneNetwork

GRIDS_M = tuple(2.0**-n for n in (27, 25, 23, 20, 17, 14))
"""Coordinates that are multiples of a power of two lose nothing when whole metres up to 2**26 are added [m]."""
_AREA_M2 = 1e-6


class Local:
    """The local origin: whole metres, so that shifting there and back loses nothing that matters."""

    def __init__(self, network: LaneNetwork) -> None:
        bounds = (0.0, 0.0) if network.pavement.is_empty else network.pavement.bounds[:2]
        self.origin: NDArray[np.float64] = np.floor(np.asarray(bounds, dtype=float))

    def __call__(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return one geometry near the origin."""
        return shapely.transform(geometry, lambda xy: xy - self.origin)

    def all(self, geometries: Any) -> NDArray[Any]:
        """Return geometries near the origin."""
        array = np.asarray(list(geometries), dtype=object)
        return np.asarray(shapely.transform(array, lambda xy: xy - self.origin)) if len(array) else array

    def back(self, geometries: list[BaseGeometry]) -> NDArray[Any]:
        """Return areas or lines in the site's coordinates; areas are valid there."""
        return moved_back(geometries, self.origin)


def moved_back(geometries: list[BaseGeometry], origin: NDArray[np.float64]) -> NDArray[Any]:
    """Return ``geometries`` moved by ``origin`` (whole metres), areas valid again.

    Rings that touch, or pass each other by less than a nanometre, may cross once their coordinates are rounded at 4.6e6.
    """
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    if not len(array):
        return array
    moved = np.asarray(shapely.transform(array, lambda xy: xy + origin))
    areas = np.isin(shapely.get_type_id(array), (3, 6, 7))
    for n in np.flatnonzero(areas & ~shapely.is_valid(moved)):
        moved[n] = shapely.transform(snapped(array[n]), lambda xy: xy + origin)
    return moved


def snapped(shape: BaseGeometry) -> BaseGeometry:
    """Return a valid area whose coordinates stand on a grid that survives the shift to the site's coordinates.

    Where rings nearly touch, snapping may fail on one grid and succeed on the next: the finest grid that keeps the area
    is taken, else the one that keeps it best. No vertex moves farther than 0.05 mm.
    """
    best: BaseGeometry | None = None
    for found in _tried(shape):
        if best is None or abs(found.area - shape.area) < abs(best.area - shape.area):
            best = found
        if abs(best.area - shape.area) <= _AREA_M2:
            break
    assert best is not None
    return best


def _tried(shape: BaseGeometry) -> Iterator[BaseGeometry]:
    """Yield what each grid makes of ``shape``, valid on the grid."""
    for grid_m in GRIDS_M:
        for rounded in (False, True):
            try:
                mended = shapely.make_valid(_onto(shape, grid_m)) if rounded else shapely.set_precision(shape, grid_m)
                found = _onto(polygons_only(mended), grid_m)  # mending may leave the grid
            except shapely.errors.GEOSException:
                continue
            if found.is_valid:
                yield found
    # without hairs and pinches
    grown = shapely.buffer(shapely.buffer(shape, -GRIDS_M[-1]), GRIDS_M[-1], join_style="mitre")
    yield polygons_only(shapely.make_valid(_onto(grown, GRIDS_M[0])))


def _onto(shape: BaseGeometry, grid_m: float) -> BaseGeometry:
    return shapely.transform(shape, lambda xy: np.round(xy / grid_m) * grid_m)
