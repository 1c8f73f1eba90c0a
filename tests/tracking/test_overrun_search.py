"""The drive of least overrun against what can be worked out by hand: gaps between two blocks, sharp corners, bends."""

import dataclasses

import numpy as np
import pytest
import shapely

pytest.importorskip("numba")

from firelane.tracking.catalogue import vehicles
from firelane.tracking.closed import concentric_width_m, sharp_corner_width_m
from firelane.tracking.overrun_search import Approach
from firelane.tracking.proof import prove
from firelane.tracking.vehicle import Policy
from tests.tracking.test_search_corners import ARM_M, corner, open_field

POLICY = Policy()
PUMP, TANKER = vehicles()["pump-8"], vehicles()["tanker-10"]


def least(field, vehicle, place, policy=POLICY):
    approach = Approach(field, vehicle, policy, field.aprons[0], ())
    goal = approach.goal(place, 0.6)
    return approach.least(goal, approach.advance(goal)), approach


def gap(width, *, middle=0.0, long=6.0, vehicle=PUMP):
    """A lane 6 m wide with two blocks that leave a gap."""
    blocks = shapely.union_all([shapely.box(28, middle + width / 2, 28 + long, 5), shapely.box(28, -5, 28 + long, middle - width / 2)])
    return open_field(vehicle, shapely.difference(shapely.box(0, -3, 60, 3), blocks), middle=(0, 0), width=6.0)


@pytest.mark.parametrize(("width", "middle"), [(2.3, 0.0), (1.6, 0.0), (1.9, 1.0)])
def test_through_a_straight_gap_half_of_what_is_missing_is_shrunk(width, middle):
    way, _ = least(gap(width, middle=middle), PUMP, shapely.Point(55, 0))
    assert way.shrink_m == pytest.approx((PUMP.width_m - width) / 2, abs=0.02)


def test_the_drive_can_be_driven_and_the_shrunk_body_leaves_nothing_out():
    field = gap(2.1)
    way, _ = least(field, PUMP, shapely.Point(55, 0))
    thin = dataclasses.replace(POLICY, margin_m=-way.shrink_m - 0.01)
    proof = prove(way.drive, field, PUMP, thin)
    assert proof.holds
    assert not prove(way.drive, field, PUMP, POLICY).holds


def test_the_margin_is_missing_as_well():
    policy = Policy(margin_m=0.1)
    way, _ = least(gap(2.3), PUMP, shapely.Point(55, 0), policy)
    assert way.shrink_m == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize(("vehicle", "short"), [(PUMP, 0.4), (TANKER, 0.4), (PUMP, 0.8)])
def test_in_sharp_corners_twice_the_shrink_comes_near_to_what_the_formula_misses(vehicle, short):
    width = sharp_corner_width_m(vehicle) - short
    way, _ = least(corner(vehicle, width), vehicle, shapely.LineString([(0.5, ARM_M - 0.5), (width - 0.5, ARM_M - 0.5)]))
    assert 2 * way.shrink_m == pytest.approx(short, abs=0.10)


def bend(vehicle, inner, width):
    """A right angle between concentric edges."""
    middle = shapely.Point(0, 0)
    ring = shapely.difference(middle.buffer(inner + width, quad_segs=32), middle.buffer(inner, quad_segs=32))
    turn = shapely.intersection(ring, shapely.box(0, -99, 99, 0))
    area = shapely.union_all([turn, shapely.box(-ARM_M, -inner - width, 0.001, -inner), shapely.box(inner, -0.001, inner + width, ARM_M)])
    place = shapely.LineString([(inner + 0.5, ARM_M - 0.5), (inner + width - 0.5, ARM_M - 0.5)])
    return open_field(vehicle, area, middle=(-ARM_M, -inner - width / 2), width=width), place


def test_a_tanker_in_a_bend_of_nine_metres_lacks_less_than_the_concentric_formula_says():
    field, place = bend(TANKER, 9.0, 4.0)
    way, _ = least(field, TANKER, place)
    assert 0.05 < 2 * way.shrink_m < concentric_width_m(TANKER, 9.0) - 4.0


@pytest.mark.slow
def test_and_that_much_more_width_is_indeed_enough():
    """The formula keeps to one circle; over 90 degrees an eased line needs less, and proves it."""
    field, place = bend(TANKER, 9.0, 4.0)
    short = 2 * least(field, TANKER, place)[0].shrink_m
    field, place = bend(TANKER, 9.0, 4.0 + short + 0.03)
    way, _ = least(field, TANKER, place)
    assert way.shrink_m == 0
    assert prove(way.drive, field, TANKER, POLICY).holds


def test_where_there_is_no_gap_for_anything_nothing_is_found():
    field = open_field(PUMP, shapely.box(0, -3, 25, 3), middle=(0, 0), width=6.0)
    approach = Approach(field, PUMP, POLICY, field.aprons[0], ())
    assert approach.goal(shapely.Point(55, 0), 0.6) is None


def test_the_same_place_twice_gives_the_same_drive():
    first, second = (least(gap(2.0), PUMP, shapely.Point(55, 0))[0] for _ in range(2))
    np.testing.assert_array_equal(first.drive.xy, second.drive.xy)
    assert first.shrink_m == second.shrink_m
