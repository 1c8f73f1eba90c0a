"""Paint as strokes: the axes along which a machine of the line's width paints, and the outlines of lettering.

Axes are found in the painted areas themselves, so whatever makes a grid or a frame, its strokes paint just that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.markings.lettering import mitred
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.markings.plan import MarkingPlan

FRAMES = frozenset({str(MarkKind.BOX_FRAME), str(MarkKind.GRID_BORDER)})
LETTERING = frozenset({str(MarkKind.BOX_TEXT), str(MarkKind.GRID_TEXT)})
_SAME_M = 1e-4  # two edges of one straight bar
_SAME_RAD = 1e-4
_RIGHT_ANGLE = 1e-5
_SHORTEST_M = 0.01
_MISSED = 0.02  # share of a lattice that its axes may leave unpainted; more, and they are not its axes


@dataclass(frozen=True)
class Stroke:
    """One movement with paint.

    Attributes
    ----------
    mark_id, kind : str
    width_m : float
        Width of the painted line [m]; NaN of an outline, whose inside is painted.
    xy : array, shape (n, 2)
        The way in local or site coordinates [m]; a closed one ends where it begins.
    """

    mark_id: str
    kind: str
    width_m: float
    xy: NDArray[np.float64]

    @property
    def closed(self) -> bool:
        """Whether it ends where it begins."""
        return bool((self.xy[0] == self.xy[-1]).all())

    def painted(self) -> BaseGeometry:
        """Return what the stroke paints: square ends, sharp corners; of an outline the area within."""
        if math.isnan(self.width_m):
            return shapely.Polygon(self.xy)
        if self.closed:
            ring = shapely.Polygon(self.xy)
            return mitred(ring, self.width_m / 2).difference(mitred(ring, -self.width_m / 2))
        line = shapely.linestrings(self.xy)
        return shapely.buffer(line, self.width_m / 2, cap_style="flat", join_style="mitre", mitre_limit=5.0)


def line_strokes(plan: MarkingPlan, origin: NDArray[np.float64], tolerance_m: float) -> list[Stroke]:
    """Return the strokes of edge lines, frames, borders and lattices, relative to ``origin``, in the order of the plan.

    A frame of four corners is four straight lines, the longer pair over the corners, so that no spot is painted twice;
    any other is one closed line. Paint on kerbs is for hand and brush. What has no axes is outlined instead.
    """
    axes: dict[str, list[BaseGeometry]] = {}
    for mark_id, line in zip(plan.centrelines["mark_id"], plan.centrelines.geometry, strict=True):
        axes.setdefault(str(mark_id), []).append(_near(line, origin))
    found: list[Stroke] = []
    borders: dict[str, BaseGeometry] = {}
    for mark_id, kind, shape, width_m in _rows(plan, origin):
        if kind == MarkKind.EDGE_LINE:
            ways = [_thinned(line, tolerance_m) for line in axes.get(mark_id, ())]
        elif kind in FRAMES:
            borders[mark_id] = shape
            known = shapely.get_parts(shape) if width_m > 0.0 else ()
            ways = [way for part in known for way in _frame(part, width_m)]
        elif kind == MarkKind.GRID_LINES:
            ways = lattice_axes(shape, width_m, borders.get(mark_id)) if width_m > 0.0 else []
        else:
            continue
        if ways:
            found += [Stroke(mark_id, kind, width_m, way) for way in ways]
        else:
            found += _outlines(mark_id, kind, shape, tolerance_m)
    return found


def lettering_strokes(plan: MarkingPlan, origin: NDArray[np.float64], tolerance_m: float) -> list[Stroke]:
    """Return the outlines of all lettering as closed ways, relative to ``origin``: outer ones counter-clockwise, holes clockwise."""
    return [
        stroke
        for mark_id, kind, shape, _ in _rows(plan, origin)
        if kind in LETTERING
        for stroke in _outlines(mark_id, kind, shape, tolerance_m)
    ]


def lattice_axes(shape: BaseGeometry, width_m: float, border: BaseGeometry | None) -> list[NDArray[np.float64]]:
    """Return the axes of straight bars of one width that cross each other, each cut to where there is paint.

    Where a bar meets the border its axis goes on into the border by half the width, which leaves no corner of the bar
    unpainted. Empty where the paint is no such lattice.
    """
    parts = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    segments = [np.diff(shapely.get_coordinates(ring), axis=0) for ring in parts]
    starts = np.concatenate([shapely.get_coordinates(ring)[:-1] for ring in parts])
    steps = np.concatenate(segments)
    length = np.hypot(steps[:, 0], steps[:, 1])
    real = length > 1e-6
    starts, steps, length = starts[real], steps[real], length[real]
    angle = np.mod(np.arctan2(steps[:, 1], steps[:, 0]), math.pi)
    room = shape
    if border is not None:
        inside = shapely.union_all([shapely.Polygon(ring) for part in shapely.get_parts(border) for ring in part.interiors])
        room = shapely.union_all([shape, shapely.intersection(border, mitred(inside, width_m / 2)).buffer(1e-6)])
    lines: list[BaseGeometry] = []
    reach = math.dist(shape.bounds[:2], shape.bounds[2:]) + 1.0
    for direction in _directions(angle, length):
        parallel = np.abs(np.mod(angle - direction + math.pi / 2, math.pi) - math.pi / 2) < _SAME_RAD
        normal, ahead = (np.asarray(v) for v in ((-math.sin(direction), math.cos(direction)), (math.cos(direction), math.sin(direction))))
        middle = shapely.get_coordinates(shape.centroid)[0]
        offsets = _distinct((starts[parallel] + steps[parallel] / 2 - middle) @ normal)
        paired = np.abs(offsets[None, :] - offsets[:, None] - width_m) < 2 * _SAME_M
        for offset in offsets[paired.any(axis=1)] + width_m / 2:
            foot = middle + offset * normal
            lines.append(shapely.linestrings([foot - reach * ahead, foot + reach * ahead]))
    cut = shapely.intersection(np.asarray(lines, dtype=object), room) if lines else np.empty(0, dtype=object)
    kept = [line for line in shapely.get_parts(cut) if line.geom_type == "LineString" and line.length > _SHORTEST_M]
    drawn = shapely.union_all(shapely.buffer(np.asarray(kept, dtype=object), width_m / 2, cap_style="flat")) if kept else shapely.Point()
    if shape.difference(drawn).area > _MISSED * shape.area:
        return []
    return [shapely.get_coordinates(line)[[0, -1]] for line in kept]


def ordered(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Return the strokes in an order of little travel: mark by mark, always the nearest next, open ones from either end.

    The first is that which begins nearest to the south-west corner.
    """
    if not strokes:
        return []
    ends = np.asarray([(s.xy[0], s.xy[-1]) for s in strokes])
    _, of = np.unique(np.asarray([s.mark_id for s in strokes], dtype=object).astype(str), return_inverse=True)
    left = np.ones(len(strokes), dtype=bool)
    at = ends.reshape(-1, 2).min(axis=0)
    mark = 0
    found: list[Stroke] = []
    by_mark = np.argsort(of, kind="stable")
    bounds = np.searchsorted(of[by_mark], np.arange(of.max() + 2))
    while len(found) < len(strokes):
        mine = by_mark[bounds[mark] : bounds[mark + 1]] if found else by_mark[:0]
        rows = mine[left[mine]]
        rows = rows if len(rows) else np.flatnonzero(left)
        away = ((ends[rows] - at) ** 2).sum(axis=2)
        nearest = int(np.argmin(away))
        row, backwards = int(rows[nearest // 2]), nearest % 2 == 1
        stroke = strokes[row]
        if backwards and not stroke.closed:
            stroke = Stroke(stroke.mark_id, stroke.kind, stroke.width_m, stroke.xy[::-1])
        found.append(stroke)
        left[row] = False
        mark = int(of[row])
        at = stroke.xy[-1]
    return found


def _rows(plan: MarkingPlan, origin: NDArray[np.float64]) -> Iterable[tuple[str, str, BaseGeometry, float]]:
    """Yield mark, kind, shape and width of its line for all paint that has a plan."""
    table = plan.paint
    columns = (table["mark_id"], table["kind"], table.geometry, table["area_m2"], table["length_m"])
    for mark_id, kind, shape, area_m2, length_m in zip(*columns, strict=True):
        if shape is not None and not shape.is_empty:
            width_m = float(area_m2) / float(length_m) if length_m > 0.0 else math.nan
            yield str(mark_id), str(kind), _near(shape, origin), width_m


def _near(geometry: BaseGeometry, origin: NDArray[np.float64]) -> BaseGeometry:
    return shapely.transform(geometry, lambda xy: xy - origin)


def _thinned(line: BaseGeometry, tolerance_m: float) -> NDArray[np.float64]:
    return np.asarray(shapely.get_coordinates(shapely.simplify(line, tolerance_m, preserve_topology=False)))


def _outlines(mark_id: str, kind: str, shape: BaseGeometry, tolerance_m: float) -> list[Stroke]:
    parts = shapely.orient_polygons(shapely.get_parts(shape))
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    thin = shapely.simplify(np.asarray(rings, dtype=object), tolerance_m, preserve_topology=True)
    return [Stroke(mark_id, kind, math.nan, shapely.get_coordinates(ring)) for ring in thin]


def _frame(frame: BaseGeometry, width_m: float) -> list[NDArray[np.float64]]:
    """Return the axes of a frame: of a rectangle four, the longer pair over the corners; else one closed way."""
    outer = shapely.get_coordinates(shapely.simplify(frame.exterior, _SAME_M / 10))[:-1]
    half = width_m / 2
    sides = np.roll(outer, -1, axis=0) - outer
    length = np.hypot(sides[:, 0], sides[:, 1])
    if len(outer) == 4 and np.abs((sides * np.roll(sides, -1, axis=0)).sum(axis=1) / length**2).max() < _RIGHT_ANGLE * 10:
        along = sides / length[:, None]
        turned = np.column_stack([-along[:, 1], along[:, 0]])
        signed = float((outer[:, 0] * np.roll(outer[:, 1], -1) - outer[:, 1] * np.roll(outer[:, 0], -1)).sum())
        inward = turned * (half if signed > 0 else -half)
        long_first = 0 if length[0] >= length[1] else 1
        ways = []
        for n in range(4):
            spare = 0.0 if n % 2 == long_first else 2 * half
            ways.append(np.asarray([outer[n] + inward[n] + spare * along[n], outer[(n + 1) % 4] + inward[n] - spare * along[n]]))
        return ways
    ring = mitred(shapely.Polygon(outer), -half)
    return [shapely.get_coordinates(part.exterior) for part in shapely.get_parts(ring) if part.geom_type == "Polygon" and not part.is_empty]


def _directions(angle: NDArray[np.float64], length: NDArray[np.float64]) -> list[float]:
    """Return the two directions in which most of the outline runs [rad]."""
    order = np.argsort(angle, kind="stable")
    jumps = np.diff(angle[order]) > _SAME_RAD
    group = np.concatenate([[0], np.cumsum(jumps)])
    # directions of 0 and of 180 degrees are one
    if len(group) > 1 and angle[order[0]] + math.pi - angle[order[-1]] <= _SAME_RAD:
        group[group == group[-1]] = 0
    weight = np.bincount(group, weights=length[order])
    heaviest = np.argsort(-weight, kind="stable")[:2]
    found = []
    for n in heaviest:
        rows = order[group == n]
        longest = rows[int(np.argmax(length[rows]))]
        found.append(float(angle[longest]))
    return found


def _distinct(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values in order, those that differ by less than a tenth of a millimetre once."""
    ordered_values = np.sort(values)
    first = np.concatenate([[True], np.diff(ordered_values) > _SAME_M])
    return np.asarray(ordered_values[first])
