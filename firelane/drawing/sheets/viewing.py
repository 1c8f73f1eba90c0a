"""What the general plan shows, and whether it is turned: the lanes and what stands by them, at the largest scale.

GB/T 50103-2010 2.4.1 wants site plans with north up and lets them lean to the left or right for the sake of the
site's shape, by 45° at most.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from firelane.drawing.context import pavement_outline
from firelane.drawing.sheets.base import View
from firelane.drawing.sheets.general import arrange
from firelane.drawing.violations import flags

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from firelane.auditing import Audit
    from firelane.drawing.catalogue import SheetCatalogue
    from firelane.drawing.sheets.base import Room
    from firelane.markings.plan import MarkingPlan

MOST_DEG = 45.0
LEAST_DEG = 0.5  # a smaller turn gains nothing and only looks like a mistake


def general_view(plan: MarkingPlan, audit: Audit, sheet: SheetCatalogue, room: Room) -> View:
    """Return the middle, size and turn of the general plan's view.

    It is turned along the site only where that gives a larger scale.

    Parameters
    ----------
    room : Room
        What frame and title block leave of the sheet.
    """
    points = _shown(plan, audit, sheet)
    ways = [_seen(points, angle_deg) for angle_deg in (0.0, *_turns(points))]
    scales = [arrange(view.size_m, room, sheet).scale for view in ways]
    return ways[scales.index(min(scales))]


def _turns(points: NDArray[np.float64]) -> list[float]:
    """Return the angles that bring the longer side of the smallest rectangle around ``points`` level or upright [deg]."""
    rectangle = shapely.oriented_envelope(shapely.multipoints(points))
    corners = shapely.get_coordinates(rectangle)
    if len(corners) < 5:
        return []  # no area
    sides = np.diff(corners[:3], axis=0)
    dx, dy = sides[int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])))]
    # Level by at most 45°, or else upright: one of the two is always allowed.
    angle_deg = -math.remainder(math.degrees(math.atan2(dy, dx)), 90.0)
    return [angle_deg] if LEAST_DEG < abs(angle_deg) <= MOST_DEG else []


def _seen(points: NDArray[np.float64], twist_deg: float) -> View:
    """Return the view of all ``points``, turned counter-clockwise."""
    cos, sin = math.cos(math.radians(twist_deg)), math.sin(math.radians(twist_deg))
    base = points.mean(axis=0)
    turned = (points - base) @ np.array([[cos, sin], [-sin, cos]])
    low, high = turned.min(axis=0), turned.max(axis=0)
    x, y = (low + high) / 2
    size = np.maximum(high - low, 1.0)
    centre = (float(base[0] + x * cos + y * sin), float(base[1] - x * sin + y * cos))
    return View(centre, (float(size[0]), float(size[1])), twist_deg)


def _shown(plan: MarkingPlan, audit: Audit, sheet: SheetCatalogue) -> NDArray[np.float64]:
    """Return points around all that the plan must show.

    That is the pavement within the entrances and a little beyond them, paint, failing places, and the buildings near
    by; the public road that passes the gate may run off the sheet.
    """
    inside = audit.network.pavement
    # Roads known as lines have no outline: their centrelines stand for it.
    by_line = audit.network.by_line
    drawn = [] if by_line is None else list(by_line.lanes.geometry)
    lanes = shapely.union_all([inside, shapely.multilinestrings(drawn)]) if drawn else inside
    if lanes.is_empty:
        lanes = shapely.box(*audit.site.bounds)
    shown = [lanes]
    outline = pavement_outline(audit)
    if not inside.is_empty:
        shown.append(shapely.intersection(outline, shapely.buffer(inside, sheet.beyond_m)))
    paint = plan.paint.geometry
    shown += [g for g in paint if g is not None and not g.is_empty]
    buildings = audit.site.layers.get("buildings")
    if buildings is not None and len(buildings):
        shapes = np.asarray(buildings.geometry)
        shown += list(shapes[shapely.dwithin(shapes, lanes, sheet.context_m)])
    shown += [shapely.Point(f.finding.location) for f in flags(audit) if f.finding.location is not None]
    points: NDArray[np.float64] = shapely.get_coordinates(shapely.convex_hull(shapely.geometrycollections(shown)))
    return points
