"""The profile on the analytic cases of clear width: exact at the pinch, nowhere falsely narrow.

Each case gives the road, what stands on it and, by hand, the widest disc that gets through (of a junction: the
narrower arm). No station reads less: where the truth is 4 m or more, none is falsely narrow at corners, junctions,
bays or turning heads. The least reading is the truth to a millimetre: stations are half a metre apart where one
stands at the pinch or the narrow place is longer than that, else a tenth, as a pinch is a minimum and what is
missed between two stations is of second order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from site_scenes import LineString, Point, Polygon, box, moved, site

from firelane.lanes.network import lane_network
from firelane.lanes.space import Spaces
from firelane.measure.width import measure_profile

TURN_DEG = 33.7
SHIFT_M = (531_234.567, 4_182_345.891)


@dataclass(frozen=True)
class Case:
    road: shapely.Geometry
    truth_m: float
    ends: tuple = ()
    things: tuple = ()
    station_m: float = 0.5


def mirrored(upper):
    return Polygon([*((x, -y) for x, y in upper), *reversed(upper)])


def strip(length, width):
    return box(0, -width / 2, length, width / 2)


def across(x, half):
    return LineString([(x, -half), (x, half)])


def bend():
    angles = np.radians(np.arange(0, 181))
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    return Polygon([(12.6, -60), *(12.6 * ring), (-12.6, -60), (-8, -60), *(8 * ring[::-1]), (8, -60)])


def wall(*xy):
    return LineString(xy), {"kind": "wall"}


def body(shape, kind="structure"):
    return shape, {"kind": kind}


def curved():
    """Lane along a sine, 5.2 m wide, with a post 1.3 m left of the axis at station 200.3."""
    x = np.linspace(0, 400, 4001)
    k = 2 * np.pi / 160
    axis = np.column_stack([x, 12 * np.sin(k * x)])
    tangent = np.column_stack([np.ones_like(x), 12 * k * np.cos(k * x)])
    tangent /= np.hypot(*tangent.T)[:, None]
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    station = np.r_[0, np.cumsum(np.hypot(*np.diff(axis, axis=0).T))]
    n = int(np.argmin(np.abs(station - 200.3)))
    road = Polygon(np.vstack([(axis + 2.6 * normal)[::4], (axis - 2.6 * normal)[::-4]]))
    return road, Point(*(axis[n] + 1.3 * normal[n]))


CURVED, CURVED_POST = curved()
DIRECTION = np.array([np.cos(np.radians(55)), np.sin(np.radians(55))])
TAPER = mirrored([(0, 3), (60, 3), (117.3, 1.7), (170, 3), (230, 3)])
PLATEAU = mirrored([(0, 3), (60, 3), (70, 1.8), (110, 1.8), (120, 3), (200, 3)])
CAR = shapely.affinity.rotate(box(97.6, 1.25, 102.4, 3.15), 12)

CASES = {
    "straight": Case(strip(200, 6), 6.0, (across(0, 3), across(200, 3))),
    "taper": Case(TAPER, 3.4, (across(0, 3), across(230, 3)), station_m=0.1),
    "notch": Case(
        Polygon([(0, -2.5), (200, -2.5), (200, 2.5), (90.2, 2.5), (88.7, 1.21), (87, 2.5), (0, 2.5)]), 3.71,
        (across(0, 2.5), across(200, 2.5)), station_m=0.1,
    ),
    "bend": Case(bend(), 4.6 * np.cos(np.radians(0.5)), (
        LineString([(8, -60), (12.6, -60)]), LineString([(-12.6, -60), (-8, -60)])
    )),
    "T junction": Case(shapely.union(box(0, -2.5, 160, 2.5), box(77.75, -80, 82.25, 0)), 4.5, (
        across(0, 2.5), across(160, 2.5), LineString([(77.75, -80), (82.25, -80)])
    )),
    "oblique X": Case(shapely.union(box(-80, -2.3, 80, 2.3), shapely.affinity.rotate(
        box(-80, -2.6, 80, 2.6), 60, origin=(0, 0))), 4.6, (across(-80, 2.3), across(80, 2.3))),
    "bollard": Case(strip(200, 8), 4.7, (across(0, 4), across(200, 4)), ((Point(100, 0.8), {
        "kind": "bollard", "radius_m": 0.1}),)),
    "central post": Case(strip(200, 7.2), 3.6, (across(0, 3.6), across(200, 3.6)), ((Point(100, 0), {
        "kind": "pole"}),)),
    "parked car": Case(strip(200, 6), 3.771772, (across(0, 3), across(200, 3)), (body(CAR, "vehicle"),), station_m=0.1),
    "chicane": Case(strip(200, 10), np.sqrt(10), (across(0, 5), across(200, 5)), (
        body(box(99.9, -5, 100, -0.5), "wall"), body(box(103, 0.5, 103.1, 5), "wall"))),
    "oblique gate": Case(strip(200, 10), 3.8, (across(0, 5), across(200, 5)), tuple(
        wall(np.array([100, 0]) + s * 1.9 * DIRECTION, np.array([100, 0]) + s * 5 / DIRECTION[1] * DIRECTION)
        for s in (-1, 1))),
    "hammerhead": Case(shapely.union(box(0, -2.1, 80, 2.1), box(75.8, -9, 80, 9)), 4.2, (across(0, 2.1),)),
    "lay-by": Case(shapely.union(strip(200, 5), Polygon([(90, 2.5), (93, 5), (107, 5), (110, 2.5)])), 5.0,
                   (across(0, 2.5), across(200, 2.5))),
    "island": Case(strip(160, 13.6).difference(Point(80, 0).buffer(3, quad_segs=32)), 3.8,
                   (across(0, 6.8), across(160, 6.8)), station_m=0.1),
    "plateau": Case(PLATEAU, 3.6, (across(0, 3), across(200, 3))),
    "curved with post": Case(CURVED, 3.9, (), ((CURVED_POST, {"kind": "pole"}),), station_m=0.1),
    "staggered bumps": Case(strip(24, 6), np.sqrt(10), (across(0, 3), across(24, 3)), (
        body(box(10, 1.5, 11, 3)), body(box(12, -3, 13, -1.5)))),
}  # fmt: skip


def turned(geometry):
    return shapely.affinity.translate(shapely.affinity.rotate(geometry, TURN_DEG, origin=(0, 0)), *SHIFT_M)


def profile_of(case, transform=moved):
    found = site(
        [case.road], obstructions=list(case.things), entrances=list(case.ends) or None, transform=transform,
        config={"station_m": case.station_m},
    )  # fmt: skip
    spaces = Spaces.of(found, lane_network(found), 4.0)
    return measure_profile(spaces)


@pytest.mark.parametrize("transform", [moved, turned], ids=["drawn", "turned"])
@pytest.mark.parametrize("name", CASES)
def test_the_profile_of_an_analytic_case(name, transform):
    case = CASES[name]
    profile = profile_of(case, transform)
    clear = profile["clear_width_m"].to_numpy()
    assert clear.min() >= case.truth_m - 1e-6
    assert clear.min() == pytest.approx(case.truth_m, abs=1e-3)
