"""Where the details of the sheet look, and the dimensions that stand there.

Nothing is measured here: the dimensions are CAD dimensions on the corners of the paint, and say what
the paint is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from ezdxf.math import Vec2
from shapely import affinity

from firelane.drawing.canvas import DIMSTYLE, Canvas, Point
from firelane.drawing.context import pavement_outline
from firelane.vocabulary import MarkKind

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from firelane.auditing import Audit
    from firelane.markings.plan import MarkingPlan

DIMENSION_MM = 7.0  # distance of a dimension's line from what it measures
CLEAR_MM = 3.0


@dataclass(frozen=True)
class Detail:
    """A window on the plan, shown on the sheet at its own scale; all points in site coordinates.

    Attributes
    ----------
    title : str
        Key of its title in the drawing's words.
    centre : (float, float)
        Point in the middle of the window [m].
    twist_deg : float
        The view is turned by this, counter-clockwise, so that the mark stands upright.
    width_m, height_m : float
        Size of what must be seen [m].
    room_mm : (float, float)
        Room for dimensions to the left of it and below it on paper [mm].
    dims : tuple
        (p, q, shift, direction): ends of the dimension, shift of its line to the left of p→q on
        paper and the direction of its text in the view [mm, deg].
    edge_at_m : float or None
        Height of the pavement edge over the middle of the view, where it is to be named.
    """

    title: str
    centre: Point
    twist_deg: float
    width_m: float
    height_m: float
    room_mm: Point
    dims: tuple[tuple[Point, Point, float, float], ...]
    edge_at_m: float | None = None


def find_details(plan: MarkingPlan, audit: Audit) -> list[Detail]:
    """Return the details that this plan has something to show for: edge line, box, grid."""
    found = [_edge_line(plan, audit), _box(plan), _grid(plan, audit)]
    return [detail for detail in found if detail is not None]


def draw_dimensions(canvas: Canvas, detail: Detail, scale: int) -> None:
    """Draw the detail's dimensions, sized for its scale."""
    for p, q, shift_mm, direction in detail.dims:
        dimension = canvas.model.add_aligned_dim(
            Vec2(canvas.local_point(p)),
            Vec2(canvas.local_point(q)),
            distance=shift_mm * scale / 1000.0,
            dimstyle=DIMSTYLE,
            override={"dimscale": scale / 1000.0},
            dxfattribs={"layer": "G-ANNO-DIMS", "text_rotation": direction - detail.twist_deg},
        )
        dimension.render()
        # The renderer leaves strokes on layer 0, which not every reader lets take the dimension's layer.
        for entity in canvas.doc.blocks.get(dimension.dimension.dxf.geometry):
            if entity.dxf.layer == "0":
                entity.dxf.layer = "G-ANNO-DIMS"


def _edge_line(plan: MarkingPlan, audit: Audit) -> Detail | None:
    """Show the middle of the longest straight stretch of edge line, pavement edge below."""
    lines = [g for g in plan.centrelines.geometry if g is not None and not g.is_empty]
    if not lines:
        return None
    xy, part = shapely.get_coordinates(lines, return_index=True)
    steps = np.diff(xy, axis=0)
    lengths = np.where(np.diff(part) == 0, np.hypot(steps[:, 0], steps[:, 1]), -1.0)
    longest = int(np.argmax(lengths))
    if lengths[longest] <= 0.0:
        return None
    middle = (xy[longest] + xy[longest + 1]) / 2
    point = shapely.Point(middle)
    edge = shapely.shortest_line(point, pavement_outline(audit))
    foot = shapely.get_coordinates(edge)[-1]
    reach = float(edge.length)
    if reach <= 0.0:
        return None
    inward = (middle - foot) / reach
    ray = shapely.LineString([foot, foot + inward * 2 * reach])
    band = plan.paint[plan.paint["kind"] == MarkKind.EDGE_LINE]
    cut = shapely.intersection(ray, shapely.union_all([g for g in band.geometry if g.intersects(ray)]))
    if cut.is_empty:
        return None
    distances = np.hypot(*(shapely.get_coordinates(cut) - foot).T)
    start, near, far = (_pair(foot + inward * d) for d in (0.0, distances.min(), distances.max()))
    depth_m = float(distances.max())
    # Seen with the inward direction up; dimensions stand to the right of the window's middle.
    twist_deg = 90.0 - math.degrees(math.atan2(inward[1], inward[0]))
    centre = ((start[0] + far[0]) / 2, (start[1] + far[1]) / 2)
    return Detail(
        "detail_line",
        centre,
        twist_deg,
        width_m=1.6 * depth_m,
        height_m=1.2 * depth_m,
        room_mm=(0.0, 0.0),
        dims=((start, near, -10.0, 90.0), (near, far, -10.0, 90.0)),
        edge_at_m=-depth_m / 2,
    )


def _pair(xy: NDArray[np.float64]) -> Point:
    return float(xy[0]), float(xy[1])


def _upright(
    title: str, geometry: BaseGeometry, turn_deg: float, about: Point
) -> Detail | None:
    """Show a mark so that ``turn_deg`` (its own x axis) lies to the right, its width and depth dimensioned."""
    flat = affinity.rotate(geometry, -turn_deg, origin=about)
    if flat.is_empty:
        return None
    x0, y0, x1, y1 = flat.bounds

    def back(x: float, y: float) -> Point:
        point = affinity.rotate(shapely.Point(x, y), turn_deg, origin=about)
        return point.x, point.y

    width_m, depth_m = x1 - x0, y1 - y0
    return Detail(
        title,
        back((x0 + x1) / 2, (y0 + y1) / 2),
        -turn_deg,
        width_m=width_m,
        height_m=depth_m,
        room_mm=(DIMENSION_MM + 4.0, DIMENSION_MM + 4.0),
        dims=(
            (back(x0, y0), back(x1, y0), -DIMENSION_MM, 0.0),
            (back(x0, y0), back(x0, y1), DIMENSION_MM, 90.0),
        ),
    )


def _box(plan: MarkingPlan) -> Detail | None:
    """Show the first box of the commonest kind, as its reader sees it."""
    turns = {p.mark_id: p.rotation_deg for p in plan.placements}
    frames = plan.paint[plan.paint["kind"] == MarkKind.BOX_FRAME]
    commonest = frames["block"].dropna().mode()
    if len(commonest):
        frames = frames[frames["block"] == commonest.iloc[0]]
    for mark_id, geometry in zip(frames["mark_id"], frames.geometry, strict=True):
        if mark_id in turns and geometry is not None and not geometry.is_empty:
            about = geometry.centroid
            return _upright("detail_box", geometry, turns[mark_id], (about.x, about.y))
    return None


def _grid(plan: MarkingPlan, audit: Audit) -> Detail | None:
    """Show the first grid, as a driver entering sees it."""
    inward = {
        str(row.entrance_id): (float(row.inward_x), float(row.inward_y))
        for row in audit.network.mouths.itertuples()
    }
    borders = plan.paint[plan.paint["kind"] == MarkKind.GRID_BORDER]
    for entrance_id, geometry in zip(borders["entrance_id"], borders.geometry, strict=True):
        direction = inward.get(str(entrance_id))
        if direction is not None and geometry is not None and not geometry.is_empty:
            about = geometry.centroid
            turn_deg = math.degrees(math.atan2(direction[1], direction[0])) - 90.0
            return _upright("detail_grid", geometry, turn_deg, (about.x, about.y))
    return None


def fitting_scale(detail: Detail, width_mm: float, height_mm: float, scales: tuple[int, ...]) -> int:
    """Return the largest scale (smallest denominator) at which the detail fits its frame."""
    room_mm = (width_mm - detail.room_mm[0] - CLEAR_MM, height_mm - detail.room_mm[1] - CLEAR_MM)
    needed = max(detail.width_m / room_mm[0], detail.height_m / room_mm[1]) * 1000.0
    return next((scale for scale in scales if scale >= needed), scales[-1])
