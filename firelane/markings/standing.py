"""Boxes of today that stand as the plan would have them: they are painted over where they are.

A box counts where its outline is that of a planned size, turned to its lane, about in the middle of it, clear of the
edges and of what rules it out. Which size it is shows where places are looked for (``layout.py``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import affinity

from firelane.markings.keepouts import Obstacle
from firelane.vocabulary import PaintKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.markings.candidates import Lane, Taken
    from firelane.markings.existing import Existing
    from firelane.markings.parameters import Dimensions

_OVERLAPPING = (Obstacle.GRID, Obstacle.OPERATING_GROUND, Obstacle.PARKING, Obstacle.PLANNED_BAY)
_TOUCHING = (Obstacle.COVER, Obstacle.THING)
_SPECK_M2 = 1e-3
_ALIKE = 0.5  # lettering that shares less with the planned one tells no direction
_CLEARER = 1.2  # nor does one that is not that much more like it in one direction than in the other


@dataclass(frozen=True)
class Standing:
    """A box of today: its row, number of its lane, chainage [m], middle, axis along the lane [rad], outline, lettering."""

    row_id: str
    lane: int
    chainage_m: float
    x: float
    y: float
    heading_rad: float
    outline: BaseGeometry
    lettering: BaseGeometry | None

    def reads_backwards(self, planned: BaseGeometry) -> bool | None:
        """Tell whether the lettering reads against the axis; None where it does not tell.

        ``planned`` is the lettering of the plan in a block's axes.
        """
        if self.lettering is None:
            return None
        alike = []
        for angle in (self.heading_rad - math.pi / 2, self.heading_rad + math.pi / 2):
            c, s = math.cos(angle), math.sin(angle)
            placed = affinity.affine_transform(planned, (c, -s, s, c, self.x, self.y))
            both = shapely.intersection(placed, self.lettering).area
            alike.append(both / (placed.area + self.lettering.area - both))
        if max(alike) < _ALIKE or max(alike) < _CLEARER * min(alike):
            return None
        return bool(alike[1] > alike[0])


def standing_boxes(existing: Sequence[Existing], lanes: Sequence[Lane], dims: Dimensions) -> tuple[Standing, ...]:
    """Return the yellow boxes of today, each with its lane, by lane and chainage.

    Nothing where ``keep_existing_boxes`` is off, or ``existing_paint`` removes everything anyway. A worn box counts too.
    """
    boxes = [e for e in existing if e.kind is PaintKind.BOX and not e.wrong_colour]
    if not (dims.flag("keep_existing_boxes") and boxes and lanes) or dims.word("existing_paint") == "remove_all":
        return ()
    outlines = np.asarray([e.outline for e in boxes], dtype=object)
    frames = shapely.minimum_rotated_rectangle(outlines)
    whole = (shapely.get_dimensions(frames) == 2) & (shapely.area(frames) > 0)
    outlines, frames = outlines[whole], frames[whole]
    row_ids = [e.row_id for e, fine in zip(boxes, whole, strict=True) if fine]
    middles = shapely.centroid(frames)
    box, lane = shapely.STRtree([lane.line for lane in lanes]).query_nearest(middles, all_matches=True)
    nearest: dict[int, int] = {}
    for k in np.lexsort((lane, box)):
        nearest.setdefault(int(box[k]), int(lane[k]))
    written = [e.shape for e in existing if e.kind is PaintKind.TEXT and not e.wrong_colour and not e.assumed]
    tree = shapely.STRtree(written)
    found = []
    for n, number in sorted(nearest.items()):
        line = lanes[number].line
        at = float(line.project(middles[n]))
        heading = _axis(frames[n], _heading(line, at))
        x, y = (float(v) for v in shapely.get_coordinates(middles[n])[0])
        inside = tree.query(outlines[n], predicate="contains")
        lettering = shapely.union_all([written[k] for k in np.sort(inside)]) if len(inside) else None
        found.append(Standing(row_ids[n], number, at, x, y, heading, outlines[n], lettering))
    return tuple(sorted(found, key=lambda s: (s.lane, s.chainage_m, s.x, s.y)))


def same_outline(standing: Sequence[Standing], boxes: NDArray[Any], dims: Dimensions) -> NDArray[np.bool_]:
    """Tell which boxes of today have the outline of ``boxes``, rectangles in the same places."""
    if not standing:
        return np.empty(0, dtype=bool)
    tolerance_m = max(dims.number("existing_tolerance_m"), dims.number("box_tolerance_m"))
    outlines = np.asarray([s.outline for s in standing], dtype=object)
    # filled areas are compared by their rings: a hole would be no farther than half a box
    apart = shapely.hausdorff_distance(shapely.boundary(outlines), shapely.boundary(boxes), densify=0.25)
    return np.asarray(apart <= tolerance_m)


def out_of_place(taken: Taken, boxes: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell at which places a box of today cannot stay for what it lies on, ``boxes`` being the box at each place.

    A box on a junction, overlapping a grid, an operating ground or a bay, on a cover or under something that stands there
    has to go. What is merely near is no reason to remove sound paint and to paint it beside.
    """
    out = np.zeros(len(boxes), dtype=bool)
    kinds = np.asarray([str(kind) for kind in taken.keepouts.kind], dtype=object)[taken.what]
    out[taken.place[kinds == str(Obstacle.JUNCTION)]] = True
    areas = np.isin(kinds, [str(kind) for kind in _OVERLAPPING])
    place, what = taken.place[areas], taken.what[areas]
    shared = shapely.area(shapely.intersection(boxes[place], taken.keepouts.shapes[what]))
    out[place[shared > _SPECK_M2]] = True
    things = np.isin(kinds, [str(kind) for kind in _TOUCHING])
    place, what = taken.place[things], taken.what[things]
    out[place[shapely.intersects(boxes[place], taken.keepouts.shapes[what])]] = True
    return out


def _heading(line: BaseGeometry, at_m: float) -> float:
    a, b = (shapely.get_coordinates(line.interpolate(min(max(at_m + d, 0.0), line.length)))[0] for d in (-0.5, 0.5))
    return math.atan2(b[1] - a[1], b[0] - a[0])


def _axis(frame: BaseGeometry, heading_rad: float) -> float:
    """Return the direction of the side of a rectangle that is nearest to ``heading_rad`` [rad]."""
    sides = np.diff(shapely.get_coordinates(frame), axis=0)[:2]
    angle = math.atan2(sides[0][1], sides[0][0])
    turns = round((heading_rad - angle) / (math.pi / 2))
    found = angle + turns * math.pi / 2
    return math.atan2(math.sin(found), math.cos(found))
