"""What each piece of paint is: a line along the edge, paint on a kerb, a grid at a mouth, or part of a box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from firelane.lanes.rings import segments_of
from firelane.verifying.limits import number
from firelane.verifying.shapes import dissolved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firelane.verifying.ground import Entrance, Ground
    from firelane.verifying.shapes import Paint

    Objects = NDArray[np.object_]

_LONG_M, _SWING_M = 3.0, 0.1


@dataclass(frozen=True)
class Sorted:
    """Rows of the paint by what they are; ``grids`` are whole areas by entrance.

    ``rest`` are areas that belong to neither: frames and characters, touching ones joined.
    """

    lines: NDArray[np.int64]
    kerbs: NDArray[np.int64]
    grids: dict[str, Any]
    rest: Objects


def sort_paint(paint: Paint, ground: Ground) -> Sorted:
    """Sort areas of paint by where they lie and what shape they have."""
    lines, kerbs = _along_edges(paint.shapes, ground)
    other = np.setdiff1d(np.arange(len(paint)), np.concatenate([lines, kerbs]))
    whole, _ = dissolved(paint.shapes[other])
    sides = _sides_of_grids(paint.shapes, lines, whole, ground)
    if len(sides):
        lines = np.setdiff1d(lines, sides)
        other = np.sort(np.concatenate([other, sides]))
        whole, _ = dissolved(paint.shapes[other])
    grids: dict[str, Any] = {}
    taken: set[int] = set()
    for entrance in ground.entrances:
        n = _grid_at(entrance, whole, taken)
        if n is not None:
            own = [n, *_loose_bars(whole, n, taken)]
            grids[entrance.entrance_id] = shapely.union_all(whole[own]) if len(own) > 1 else whole[n]
            taken.update(own)
    rest = np.array([n for n in range(len(whole)) if n not in taken], dtype=int)
    return Sorted(lines, kerbs, grids, whole[rest])


def _along_edges(shapes: Objects, ground: Ground) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of lines along the edge, and of paint on kerbs."""
    none = np.empty(0, dtype=np.int64)
    edges = ground.edges
    if not len(shapes) or not len(edges.lines):
        return none, none
    segments, owner = segments_of(edges.lines)
    tree = shapely.STRtree(segments)
    reach = number("line", "mean_distance_m")
    near = np.unique(tree.query(shapes, predicate="dwithin", distance=reach)[0])
    half = shapely.length(shapes[near]) / 2
    # Of a long thin shape the area over half its outline is the width.
    thin = shapely.area(shapes[near]) <= number("line", "thickness_m") * half
    near, half = near[thin], half[thin]
    if not len(near):
        return none, none
    xy, index = shapely.get_coordinates(
        shapely.segmentize(shapely.boundary(shapes[near]), 0.5), return_index=True
    )
    points = shapely.points(xy)
    nearest = tree.nearest(points)
    away = shapely.distance(points, segments[nearest])
    shapely.prepare(ground.pavement)
    inside = shapely.contains_xy(ground.pavement, xy) & (away > 1e-3)
    count = np.bincount(index, minlength=len(near))
    mean = np.bincount(index, weights=away, minlength=len(near)) / count
    within = np.bincount(index, weights=inside, minlength=len(near)) / count
    kerbed = np.bincount(index, weights=edges.kerbed[owner[nearest]], minlength=len(near)) / count
    far = np.zeros(len(near))
    np.maximum.at(far, index, away)
    # A long line may swing away somewhere: that is a fault of it; what is short and does is something else.
    close = (mean <= reach) & ((half > _LONG_M) | (far <= reach + _SWING_M))
    on_kerb = close & (within < 0.4) & (kerbed > 0.5)
    line = close & ~on_kerb
    return near[line], near[on_kerb]


def _sides_of_grids(
    shapes: Objects, lines: NDArray[np.int64], whole: Objects, ground: Ground
) -> NDArray[np.int64]:
    """Return those rows of lines that are sides of a grid: drawn one by one they run along the edge as well."""
    found: list[NDArray[np.int64]] = []
    beside = number("tolerance", "grid_mouth_m")
    for entrance in ground.entrances if len(lines) else ():
        n = _grid_at(entrance, whole, set(), bar=True)
        if n is None:
            continue
        half = entrance.width_m / 2 + beside
        depth = number("grid", "side_m")
        near = lines[shapely.dwithin(shapes[lines], entrance.line, depth)]
        if not len(near):
            continue
        bounds = shapely.bounds(entrance.axes(shapes[near]))
        # The edge line begins where the grid ends; the side of a grid begins at the mouth.
        side = (bounds[:, 1] >= -beside) & (bounds[:, 1] <= beside) & (bounds[:, 3] <= depth)
        side &= (bounds[:, 0] >= -half) & (bounds[:, 2] <= half)
        found.append(near[side])
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def _loose_bars(whole: Objects, grid: int, taken: set[int]) -> list[int]:
    """Return the pieces inside a grid that do not touch it and are too large for strokes of characters."""
    shell = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(whole[grid]))))
    inside = shapely.STRtree(whole).query(shell, predicate="contains")
    west, low, east, high = shapely.bounds(whole[inside]).T
    large = np.hypot(east - west, high - low) >= number("grid", "bar_m")
    return [int(n) for n in np.sort(inside[large]) if int(n) != grid and int(n) not in taken]


def _grid_at(entrance: Entrance, whole: Objects, taken: set[int], *, bar: bool = False) -> int | None:
    """Return the area that is the grid of an entrance: it spans a share of the mouth, and has a depth or meshes.

    With ``bar`` one side of it across the mouth will do.
    """
    best, most = None, number("grid", "share") * entrance.width_m
    for n in shapely.STRtree(whole).query(entrance.line, predicate="dwithin", distance=number("grid", "near_m")) if len(whole) else ():
        if int(n) in taken:
            continue
        west, low, east, high = entrance.axes(whole[n]).bounds
        span = min(east, entrance.width_m / 2) - max(west, -entrance.width_m / 2)
        meshes = int(np.asarray(shapely.get_num_interior_rings(shapely.get_parts(whole[n]))).sum())
        deep = high - low >= number("grid", "depth_min_m") and (meshes >= 3 or low < 0.5)
        if span > most and high > 0.0 and (deep or bar):
            best, most = int(n), span
    return best
