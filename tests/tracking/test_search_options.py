"""How a vehicle is driven: kerbs that the body passes over, wheels turned standing, margins of either sign, weaving."""

import dataclasses

import numpy as np
import pytest
import shapely
from test_search_corners import open_field

pytest.importorskip("numba")

from firelane.tracking.catalogue import vehicles
from firelane.tracking.field import Field, Region
from firelane.tracking.proof import prove
from firelane.tracking.search import Search
from firelane.tracking.vehicle import Policy

PUMP = vehicles()["pump-8"]
END = shapely.Point(55, 0)


def search_in(field, policy):
    return Search(field, PUMP, policy, field.aprons[0].seeds(PUMP, policy))


def drive(field, policy=Policy(), place=END):  # noqa: B008 - frozen
    search = search_in(field, policy)
    return search.reach(search.goal(place, 0.6))


def between_kerbs(width_m, *, beside_m, posts=()):
    """A stretch of 20 m where the wheels have ``width_m`` and the body ``beside_m`` more on either side."""
    ends = [shapely.box(0, -3, 20, 3), shapely.box(40, -3, 60, 3)]
    road = shapely.union_all([*ends, shapely.box(20, -width_m / 2, 40, width_m / 2)])
    over = shapely.union_all([*ends, shapely.box(20, -width_m / 2 - beside_m, 40, width_m / 2 + beside_m)])
    base = open_field(PUMP, over, middle=(0, 0), width=6.0, posts=posts)
    strip = base.aprons[0].strip
    wheels = Region(shapely.union_all([road, shapely.buffer(strip, 1e-9)]), base.body.walls, base.body.posts)
    return base, Field(base.body, wheels, base.aprons), Field(wheels, wheels, base.aprons)


def test_the_body_passes_over_a_low_kerb_and_the_wheels_do_not():
    """Wheels 2.05 m, body 2.5 m, road 2.4 m: only with the body over the kerb."""
    policy = Policy(kerb_overhang=True)
    _, split, plain = between_kerbs(2.4, beside_m=0.6)
    found = drive(split, policy)
    assert found.drive is not None
    assert prove(found.drive, split, PUMP, policy).holds
    assert drive(plain).impossible


def test_a_road_narrower_than_the_track_is_a_proven_fail_whatever_the_body_may_pass_over():
    for more_m, comes in ((-0.001, False), (0.001, True)):
        _, split, _ = between_kerbs(PUMP.track_m + more_m, beside_m=1.0)
        search = search_in(split, Policy(kerb_overhang=True))
        assert search.can_come(search.goal(END, 0.6)) is comes


def test_a_high_thing_beside_the_kerb_blocks_the_body_all_the_same():
    _, split, _ = between_kerbs(2.4, beside_m=0.6, posts=[(30, 1.21), (30, -1.21)])
    assert drive(split, Policy(kerb_overhang=True)).impossible


def offset_gates(apart_m):
    """Two walls that leave 3.2 m, one on the left and one on the right, ``apart_m`` from one another."""
    walls = [shapely.LineString([(25, -3), (25, -0.2)]), shapely.LineString([(25 + apart_m, 3), (25 + apart_m, 0.2)])]
    return open_field(PUMP, shapely.box(0, -3, 60, 3), middle=(0, 0), width=6.0, walls=walls)


def test_it_weaves_between_staggered_walls_that_leave_room_and_not_between_others():
    field = offset_gates(18.0)
    found = drive(field)
    assert found.drive is not None
    assert prove(found.drive, field, PUMP, Policy()).holds
    # its front comes to 1.45 m left, then to 1.45 m right of the middle
    assert found.drive.xy[:, 1].max() > 0.7
    close = drive(offset_gates(3.0))
    assert close.drive is None
    # a disc of its width goes through: nothing is proven
    assert not close.impossible


def test_wheels_turned_standing_need_no_way_to_turn_them():
    field = offset_gates(18.0)
    policy = Policy(standing_steer=True)
    found = drive(field, policy)
    assert found.drive is not None
    assert prove(found.drive, field, PUMP, policy).holds
    most = 1 / PUMP.rear_radius_m
    assert np.abs(found.drive.curvature).max() <= most * (1 + 1e-9)


@pytest.mark.parametrize(("width_m", "margin_m", "gets"), [(2.4, 0.0, False), (2.4, -0.1, True), (2.0, -0.3, True), (1.4, -0.6, True), (1.4, -0.5, False)])
def test_a_body_shrunk_on_all_sides_passes_what_is_that_much_narrower(width_m, margin_m, gets):
    area = shapely.union_all([shapely.box(0, -3, 20, 3), shapely.box(20, -width_m / 2, 40, width_m / 2), shapely.box(40, -3, 60, 3)])
    field = open_field(PUMP, area, middle=(0, 0), width=6.0)
    policy = Policy(margin_m=margin_m)
    found = drive(field, policy)
    assert (found.drive is not None) is gets
    assert found.impossible is (not gets)
    if gets:
        assert prove(found.drive, field, PUMP, policy).holds
        assert not prove(found.drive, field, PUMP, Policy()).holds


def test_a_shrunk_body_comes_in_through_a_mouth_that_is_narrower_than_the_vehicle():
    field = open_field(PUMP, shapely.box(0, -1.1, 60, 1.1), middle=(0, 0), width=2.2)
    assert not search_in(field, Policy()).enters
    policy = Policy(margin_m=-0.2)
    found = drive(field, policy)
    assert found.drive is not None
    assert prove(found.drive, field, PUMP, policy).holds


def test_the_same_with_a_margin_and_a_wider_vehicle_is_the_same_search():
    field = offset_gates(20.0)
    policy = Policy(margin_m=0.1)
    found = drive(field, policy)
    assert found.drive is not None
    grown = dataclasses.replace(PUMP, width_m=PUMP.width_m + 0.2, front_overhang_m=PUMP.front_overhang_m + 0.1, rear_overhang_m=PUMP.rear_overhang_m + 0.1)
    assert prove(found.drive, field, grown, Policy()).area_outside_m2 == 0
