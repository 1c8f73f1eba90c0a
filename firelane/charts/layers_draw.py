"""Very many areas, lines and points on a matplotlib axes: few artists, no vertex that a pixel cannot show."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from firelane.charts.layers_look import Look

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]

_MOVE, _LINE, _CLOSE = 1, 2, 79  # matplotlib's path codes
_FEW = 300  # markers that never crowd a picture
_PT = 72.0 / 160.0  # a pixel [pt]
_LARGE_PX = 10.0  # an area at least so wide bears its full outline
_CHUNK = 20_000  # vertices in one path: the renderer limits how much one may hold


def draw(axes: Any, shapes: Objects, look: Look, *, pixel_m: float, order: float) -> None:
    """Draw geometries of any kind with one look.

    Parameters
    ----------
    axes : matplotlib axes
        In metres, its limits set.
    shapes : ndarray of shapely geometries
    look : Look
    pixel_m : float
        What one pixel shows [m]: vertices nearer together than a quarter of it are left out.
    order : float
        Drawing order (matplotlib's ``zorder``).
    """
    parts = shapely.get_parts(shapes)
    kinds = shapely.get_dimensions(parts)
    _areas(axes, parts[kinds == 2], look, pixel_m, order)
    _lines(axes, parts[kinds == 1], look, pixel_m, order)
    points = shapely.get_coordinates(parts[kinds == 0])
    if len(points):
        share = _marker_share(points, look.size_pt / _PT, pixel_m)
        axes.plot(
            points[:, 0], points[:, 1], look.marker, linestyle="none", markersize=look.size_pt * share, color=look.edge,
            markerfacecolor=look.face if look.face != "none" else look.edge, markeredgewidth=0.5 * share, zorder=order + 0.5,
        )  # fmt: skip


def _marker_share(points: Floats, size_px: float, pixel_m: float) -> float:
    """Return how much smaller markers are drawn where there are very many: a swarm must not hide the roads."""
    if len(points) <= _FEW:
        return 1.0
    apart_px = float(np.sqrt(np.prod(np.ptp(points, axis=0)) / len(points))) / pixel_m
    return float(np.clip(0.5 * apart_px / size_px, 0.3, 1.0))


def _areas(axes: Any, polygons: Objects, look: Look, pixel_m: float, order: float) -> None:
    from matplotlib.collections import PathCollection  # noqa: PLC0415  (slow to import)
    from matplotlib.path import Path  # noqa: PLC0415

    if not len(polygons):
        return
    rings, polygon = shapely.get_rings(shapely.orient_polygons(polygons), return_index=True)
    xy, ring = _thinned(rings, pixel_m)
    codes = np.full(len(xy), _LINE, dtype=np.uint8)
    first = np.r_[True, ring[1:] != ring[:-1]]
    codes[first] = _MOVE
    codes[np.r_[first[1:], True]] = _CLOSE
    # A ring of one vertex would be a move and no close; it has no size that could be seen.
    paths = []
    starts = np.flatnonzero(np.r_[True, polygon[ring[1:]] != polygon[ring[:-1]]])
    for low, high in _chunks(starts, len(xy)):
        paths.append(Path(xy[low:high], codes[low:high]))
    # Where most of them are a few pixels across, their outlines would hide them.
    across = np.median(np.sqrt(shapely.area(polygons))) / pixel_m
    collection = PathCollection(
        paths, facecolors=[look.face], edgecolors=[look.edge], linewidths=[min(look.width_pt, 0.8) * min(1.0, max(across / _LARGE_PX, 0.1))],
        linestyles=[look.dash], hatch=look.hatch or None, zorder=order,
    )  # fmt: skip
    axes.add_collection(collection, autolim=False)


def _lines(axes: Any, lines: Objects, look: Look, pixel_m: float, order: float) -> None:
    from matplotlib.collections import LineCollection  # noqa: PLC0415

    if not len(lines):
        return
    xy, line = _thinned(lines, pixel_m)
    cuts = np.flatnonzero(line[1:] != line[:-1]) + 1
    axes.add_collection(
        LineCollection(
            np.split(xy, cuts), colors=[look.edge], linewidths=[look.width_pt], linestyles=[look.dash],
            capstyle="butt", zorder=order + 0.25,
        ),
        autolim=False,
    )  # fmt: skip


def _thinned(lines: Objects, pixel_m: float) -> tuple[Floats, NDArray[np.int64]]:
    """Return the coordinates that make a difference in the picture, and the line that each belongs to."""
    xy, of = shapely.get_coordinates(lines, return_index=True)
    cell = np.round(xy / (pixel_m / 4.0))
    end = np.r_[of[1:] != of[:-1], True]
    start = np.r_[True, of[1:] != of[:-1]]
    moved = np.r_[True, (cell[1:] != cell[:-1]).any(axis=1)]
    kept = start | end | moved
    return xy[kept], of[kept]


def _chunks(starts: NDArray[np.int64], total: int) -> list[tuple[int, int]]:
    """Return ranges that begin where a polygon begins and hold about so many vertices.

    >>> _chunks(np.array([0, 5, 10]), 15)
    [(0, 15)]
    """
    chosen = [0]
    for n in range(_CHUNK, total, _CHUNK):
        begin = int(starts[np.searchsorted(starts, n, side="right") - 1])
        if begin > chosen[-1]:
            chosen.append(begin)
    return list(zip(chosen, [*chosen[1:], total], strict=True))
