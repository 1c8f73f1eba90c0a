"""Whether the ground about a bend is what a closed form takes it for: free beside its inner edge, or an L of two lanes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from firelane.lanes.arrays import Floats
from firelane.lanes.bends_fit import EdgeArc
from firelane.lanes.space import FreeSpace

_CHORD_RAD = np.radians(1.0)
_OUTER_M = 0.03
"""Outer kerbs are polylines: their chords cut into the ring. What they leave is measured as the clear width."""
_LEG_M = 0.05
_INNER_M = 0.005
_LEFT_OVER_M2 = 1e-4
_HAIR_M = 1e-3


@dataclass(frozen=True)
class BendGround:
    """The free space at a vehicle's height, about bends.

    Attributes
    ----------
    space : FreeSpace
        Of the whole pavement.
    """

    space: FreeSpace

    @cached_property
    def _thin(self) -> shapely.STRtree:
        shapes = self.space.table.geometry.to_numpy()
        return shapely.STRtree(shapes[shapely.get_dimensions(shapes) < 2] if len(shapes) else [])

    def free_beside(self, arc: EdgeArc, width_m: float, leg_m: float, *, off_m: float) -> bool:
        """Tell whether a ring of ``width_m`` outside an inner edge is free, and the straights before and after it.

        Parameters
        ----------
        arc : EdgeArc
            With a circle.
        width_m : float
        leg_m : float
            Length of the straights [m].
        off_m : float
            How far the edge may lie off its circle [m].
        """
        assert arc.centre is not None
        ring = _ring(arc, width_m, leg_m, _INNER_M + off_m)
        free = self.space.free
        shapely.prepare(free)
        if not shapely.covers(free, ring) and shapely.area(shapely.difference(ring, free)) > _LEFT_OVER_M2:
            return False
        return not len(self._thin.query(ring, predicate="intersects"))

    def is_corner(self, arc: EdgeArc, width_m: float, reach_m: float, sharp_area_m2: float) -> bool:
        """Tell whether the free space near a sharp corner lies within two lanes of ``width_m`` that meet there.

        Only then does the lower bound of that corner say that nothing gets round it.

        Parameters
        ----------
        arc : EdgeArc
            Of shape ``square_corner``: before, at and after the corner.
        width_m : float
        reach_m : float
            How far around the corner [m].
        sharp_area_m2 : float
            What may be cut off the inner corner [m²].
        """
        before, at, after = shapely.get_coordinates(arc.line)
        inward, onward = _unit(at - before), _unit(after - at)
        left = float(np.sign(inward[0] * onward[1] - inward[1] * onward[0]))
        about = shapely.Point(at).buffer(reach_m)
        if len(self.space.mouths) and shapely.intersects(about, self.space.mouths.geometry.to_numpy()).any():
            return False  # outside the mouth there is more room than is known
        here = shapely.intersection(self.space.free, about)
        # outward of the inner edge's legs, into the road
        normals = [left * np.array([u[1], -u[0]]) for u in (inward, onward)]
        far = 2 * reach_m
        wide = [_half_plane(at + width_m * n, n, far) for n in normals]
        beyond = shapely.area(shapely.intersection(here, shapely.union_all(wide)))
        wedge = shapely.intersection(*[_half_plane(at, -n, far) for n in normals])
        cut = shapely.area(shapely.intersection(here, wedge))
        return bool(beyond <= _LEFT_OVER_M2 and cut <= sharp_area_m2)


def corner_rad(arc: EdgeArc) -> float:
    """Return by how much the edge turns at its sharp corner [rad]."""
    before, at, after = shapely.get_coordinates(arc.line)
    u, v = _unit(at - before), _unit(after - at)
    return float(np.arctan2(abs(u[0] * v[1] - u[1] * v[0]), u @ v))


def _unit(vector: Floats) -> Floats:
    result: Floats = vector / np.hypot(*vector)
    return result


def _half_plane(at: Floats, normal: Floats, far_m: float) -> BaseGeometry:
    """Return what lies beyond a line through ``at``, in the direction of ``normal``, as far as it matters."""
    along = np.array([-normal[1], normal[0]]) * far_m
    return shapely.Polygon([at - along, at + along, at + along + normal * far_m, at - along + normal * far_m])


def _ring(arc: EdgeArc, width_m: float, leg_m: float, inner_m: float) -> BaseGeometry:
    """Return the ring outside a circle along an arc, with straights at its ends."""
    centre = np.asarray(arc.centre)
    xy = shapely.get_coordinates(arc.line) - centre
    angles = np.unwrap(np.arctan2(xy[:, 1], xy[:, 0]))
    begin, end = float(angles[0]), float(angles[-1])
    count = max(2, int(abs(end - begin) / _CHORD_RAD) + 1)
    turned = np.linspace(begin, end, count)
    ray = np.column_stack((np.cos(turned), np.sin(turned)))
    near, far = arc.radius_m + inner_m, arc.radius_m + width_m - _OUTER_M
    parts = [shapely.Polygon(np.vstack((centre + near * ray, (centre + far * ray)[::-1])))]
    way = np.sign(end - begin)
    for out, sense in ((ray[0], -way), (ray[-1], way)):
        along = sense * np.array([-out[1], out[0]]) * leg_m
        low, high = centre + (near + _LEG_M) * out, centre + (far - _LEG_M) * out
        parts.append(shapely.Polygon([low, high, high + along, low + along]))
    return shapely.union_all([shapely.buffer(p, _HAIR_M) for p in parts])
