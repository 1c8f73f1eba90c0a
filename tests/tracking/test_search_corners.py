"""The search against what can be worked out by hand: sharp corners, straight lanes, walls that leave no way."""

import numpy as np
import pytest
import shapely

pytest.importorskip("numba")

from firelane.tracking.catalogue import vehicles
from firelane.tracking.closed import sharp_corner_width_m
from firelane.tracking.field import Apron, Field, Region
from firelane.tracking.proof import prove
from firelane.tracking.search import Search
from firelane.tracking.vehicle import Policy

POLICY = Policy()
PUMP = vehicles()["pump-8"]
ARM_M = 25.0


def open_field(vehicle, area, *, middle, width, heading=0.0, walls=(), posts=()):
    """An area with one entrance, through which the vehicle comes with the given heading."""
    out = -np.array([np.cos(heading), np.sin(heading)]) * (vehicle.length_m + 6)
    across = np.array([-np.sin(heading), np.cos(heading)]) * width / 2
    middle = np.asarray(middle, float)
    strip = shapely.convex_hull(shapely.multipoints([middle + across, middle - across, middle + across + out, middle - across + out]))
    apron = Apron("E1", strip, middle, heading, width)
    region = Region(shapely.union_all([area, shapely.buffer(strip, 1e-9)]), np.array(walls, dtype=object), np.reshape(np.asarray(posts, float), (-1, 2)))
    return Field(region, region, (apron,))


def corner(vehicle, width):
    """Two lanes of one width at a right angle, inner corner at the origin, both corners sharp."""
    area = shapely.union_all([shapely.box(-ARM_M, -width, width, 0), shapely.box(0, -width, width, ARM_M)])
    return open_field(vehicle, area, middle=(-ARM_M, -width / 2), width=width)


def drive_to(field, vehicle, place, policy=POLICY):
    search = Search(field, vehicle, policy, field.aprons[0].seeds(vehicle, policy))
    return search.reach(search.goal(place, 0.6))


def round_the_corner(vehicle, width):
    field = corner(vehicle, width)
    return field, drive_to(field, vehicle, shapely.LineString([(0.5, ARM_M - 0.5), (width - 0.5, ARM_M - 0.5)]))


@pytest.mark.parametrize("name", ["tanker-10"])
def test_a_sharp_corner_a_hand_wider_than_the_formula_is_passed_and_proven(name):
    vehicle = vehicles()[name]
    field, outcome = round_the_corner(vehicle, sharp_corner_width_m(vehicle) + 0.10)
    assert outcome.drive is not None
    assert prove(outcome.drive, field, vehicle, POLICY).holds


@pytest.mark.slow
@pytest.mark.parametrize(("name", "more_m", "less_m"), [("pump-8", 0.02, 0.005), ("platform-12", 0.02, 0.005), ("ladder-14", 0.02, 0.02)])
def test_more_sharp_corners(name, more_m, less_m):
    """What is asked beyond the formula, which turns the wheels at once, is what the rate of steering costs.

    The formula is what one arc needs: the longest vehicle does with some millimetres less on several.
    """
    vehicle = vehicles()[name]
    needed = sharp_corner_width_m(vehicle)
    field, outcome = round_the_corner(vehicle, needed + more_m)
    assert outcome.drive is not None
    assert prove(outcome.drive, field, vehicle, POLICY).holds
    _, outcome = round_the_corner(vehicle, needed - less_m)
    assert outcome.drive is None


def test_below_the_formula_nothing_is_found_and_nothing_is_claimed():
    _, outcome = round_the_corner(PUMP, sharp_corner_width_m(PUMP) - 0.3)
    assert outcome.drive is None
    # a disc of its width would come through: that is no proof
    assert not outcome.impossible
    assert outcome.stuck is not None


def test_a_wall_that_leaves_less_than_the_width_is_a_proof():
    area = shapely.box(0, -3, 60, 3)
    field = open_field(PUMP, area, middle=(0, 0), width=6.0, walls=[shapely.LineString([(30, -3), (30, 1.0)])])
    outcome = drive_to(field, PUMP, shapely.Point(55, 0))
    assert outcome.impossible
    assert outcome.states == 0


def test_two_posts_are_driven_between_and_the_drive_clears_them():
    area = shapely.box(0, -4, 60, 4)
    posts = [(30, 0.2), (30, 3.2)]
    field = open_field(PUMP, area, middle=(0, 0), width=8.0, posts=posts)
    outcome = drive_to(field, PUMP, shapely.Point(55, 0))
    assert outcome.drive is not None
    assert prove(outcome.drive, field, PUMP, POLICY).holds


def test_the_same_search_twice_gives_the_same_drive():
    width = sharp_corner_width_m(PUMP) + 0.8
    first, second = (round_the_corner(PUMP, width)[1] for _ in range(2))
    assert first.states == second.states
    np.testing.assert_array_equal(first.drive.xy, second.drive.xy)


def test_the_margin_is_kept_all_along():
    policy = Policy(margin_m=0.3)
    area = shapely.box(0, -2.0, 60, 2.0)
    field = open_field(PUMP, area, middle=(0, 0), width=4.0)
    outcome = drive_to(field, PUMP, shapely.LineString([(55, -1), (55, 1)]), policy)
    assert outcome.drive is not None
    assert np.abs(outcome.drive.xy[:, 1]).max() <= 2.0 - 0.3 - PUMP.width_m / 2
    tight = open_field(PUMP, shapely.box(0, -1.5, 60, 1.5), middle=(0, 0), width=3.0)
    assert drive_to(tight, PUMP, shapely.Point(55, 0), policy).drive is None
