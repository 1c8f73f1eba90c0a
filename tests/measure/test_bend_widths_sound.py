"""What closed forms claim of bends, held against drives whose wheels are turned no quicker than hands can, and over kerbs."""

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from site_scenes import box
from test_bend_widths import PUMP, TANKER, TRUST, arc, corner, one, row
from test_turning import bend

from firelane.measure.bend_widths import between_wheels, needs, padded, steering_m
from firelane.tracking.closed import bound_by_turn_m, concentric_width_m
from firelane.tracking.drive import Drive, along
from firelane.tracking.field import Field, Region
from firelane.tracking.proof import prove
from firelane.tracking.record import TrackClass
from firelane.tracking.vehicle import Policy

STEP = 0.02
OVER = Policy(kerb_overhang=True)


def run_in_and_out(vehicle, inner, turn, lock):
    """Straight, clothoid, circle about (0, 0), clothoid, straight: the wheels turned as quickly as they can be."""
    radius = inner + vehicle.width_m / 2
    length = lock * vehicle.rear_radius_m / radius
    ramp = (np.arange(0.0, length, STEP) + STEP / 2) / length / radius
    ramp = np.minimum(ramp, 1 / radius)
    left = turn - 2 * ramp.sum() * STEP
    circle = np.full(max(int(left * radius / STEP), 0), 1 / radius)
    straight = np.zeros(int(12 / STEP))
    k = np.concatenate([straight, ramp, circle, ramp[::-1], straight])
    xy, heading = [np.zeros(2)], [0.0]
    for value in k:
        a, h = along(xy[-1][None], np.array(heading[-1:]), np.array([value]), np.array([STEP]))
        xy.append(a[0])
        heading.append(h[0])
    xy, heading = np.array(xy), np.array(heading)
    # the circle's middle, from a pose on it, to (0, 0)
    on = len(straight) + len(ramp) + len(circle) // 2
    middle = xy[on] + radius * np.array([-np.sin(heading[on]), np.cos(heading[on])])
    spin = -turn / 2 - (heading[on] - turn / 2)
    c, s = math.cos(spin), math.sin(spin)
    return Drive((xy - middle) @ np.array([[c, s], [-s, c]]), heading + spin, np.append(k, 0.0), np.ones(len(k) + 1, int))


def ring(inner, width, turn):
    """A bend of concentric edges about (0, 0), headed along x in its middle, with straights before and after."""
    a = np.linspace(-turn / 2, turn / 2, 721)
    ray = np.column_stack((np.sin(a), -np.cos(a)))
    far = (inner + width) / np.cos((a[1] - a[0]) / 2)  # drawn outside its circle, the drive keeps off the inner one
    parts = [shapely.Polygon(np.vstack([inner * ray, far * ray[::-1]]))]
    for r, t in ((ray[0], -1.0), (ray[-1], 1.0)):
        on = t * np.array([-r[1], r[0]]) * 40.0
        parts.append(shapely.Polygon([inner * r, (inner + width) * r, (inner + width) * r + on, inner * r + on]))
    return shapely.union_all([shapely.buffer(p, 1e-6) for p in parts])


def held(vehicle, inner, turn, lock, width):
    region = Region(ring(inner, width, turn), np.array([], dtype=object), np.zeros((0, 2)))
    return prove(run_in_and_out(vehicle, inner, turn, lock), Field(region, region, ()), vehicle, Policy(standing_steer=True))


@pytest.mark.parametrize(
    ("vehicle", "inner", "turn_deg", "lock"),
    [(PUMP, 9.0, 90, 4.17), (PUMP, 6.0, 150, 4.17), (PUMP, 6.0, 60, 4.17), (TANKER, 9.0, 90, 5.0), (PUMP, 9.0, 45, 3.0)],
)
def test_the_width_that_is_claimed_lets_a_drive_with_slow_hands_through(vehicle, inner, turn_deg, lock):
    """Analytic: run in by clothoids, the drive fits into the form's width with the addition; and not into a hand's breadth less."""
    turn = math.radians(turn_deg)
    form, more = concentric_width_m(vehicle, inner), steering_m(vehicle, inner, turn, lock)
    assert 0 < more < 0.2
    proof = held(vehicle, inner, turn, lock, form + more)
    assert proof.worst_m < 2e-3  # what the steps of the curve and the check's own hair come to
    assert held(vehicle, inner, turn, lock, form - 0.1).worst_m > 0.05


def test_the_addition_is_that_of_a_clothoid_and_grows_with_the_square():
    one_m, two_m = (steering_m(PUMP, PUMP.inner_radius_m, math.pi, lock) for lock in (1.5, 3.0))
    assert two_m == pytest.approx(4 * one_m)
    assert two_m == pytest.approx(1.3 * 9 / (24 * PUMP.rear_radius_m))
    assert 0.03 <= two_m <= 0.09  # measured by searching: 0.03 … 0.07
    assert one_m < 0.02
    assert steering_m(PUMP, 9.0, math.pi / 2, 0.0) == 0.0


def test_hands_too_slow_for_the_bend_prove_nothing():
    slow = replace(PUMP, lock_time_s=30.0)
    policy = Policy(crawl_km_h=15.0)
    assert math.isnan(steering_m(slow, 9.0, math.pi / 2, slow.lock_distance_m(policy)))
    asked = needs(slow, one(arc(9.0)), TRUST, lock_m=slow.lock_distance_m(policy))
    assert math.isfinite(asked.required_m)
    found = row(bend(9, 4.3, 90, 1), slow, policy=policy)
    assert found["class"] == TrackClass.NOT_FOUND
    assert "轨迹" in found["why_zh"]
    assert row(bend(9, 4.3, 90, 1), slow, policy=replace(policy, standing_steer=True))["class"] == TrackClass.PROVEN_PASS
    # the width of the form alone is not enough for hands that turn while driving
    assert row(bend(9, 3.92, 90, 1), PUMP)["class"] == TrackClass.NOT_FOUND
    assert row(bend(9, 3.92, 90, 1), PUMP, policy=Policy(standing_steer=True))["class"] == TrackClass.PROVEN_PASS


def test_a_body_that_may_pass_over_kerbs_is_barred_only_by_what_is_between_its_wheels():
    wheels = between_wheels(PUMP)
    assert (wheels.width_m, wheels.length_m) == (PUMP.track_m, PUMP.wheelbase_m)
    assert wheels.rear_radius_m == pytest.approx(PUMP.rear_radius_m)
    assert row(corner(4.4), PUMP)["class"] == TrackClass.PROVEN_FAIL
    found = row(corner(4.4), PUMP, policy=OVER)
    bound = bound_by_turn_m(wheels, math.pi / 2)
    assert found["class"] == TrackClass.NOT_FOUND
    assert found["lower_bound_m"] == pytest.approx(bound)
    assert row(corner(bound - 0.01), PUMP, policy=OVER)["class"] == TrackClass.PROVEN_FAIL
    narrow = bend(20, 2.3, 90, 1)
    assert row(narrow, PUMP)["class"] == TrackClass.PROVEN_FAIL
    assert row(narrow, PUMP, policy=OVER)["class"] == TrackClass.NOT_FOUND
    # a margin is kept around the body, not around the wheels
    assert row(narrow, PUMP, policy=replace(OVER, margin_m=0.3))["class"] == TrackClass.NOT_FOUND
    assert padded(PUMP, 0.3).width_m == pytest.approx(3.1)


def test_a_designated_lane_does_not_bar_what_the_pavement_lets_by():
    """The strip is 2 m wide, the road 8 m: the vehicle drives on the road."""
    road = shapely.union_all([box(-40, -8, 8, 0), box(0, -8, 8, 40)])
    strip = shapely.union_all([box(-40, -5, 5, -3), box(3, -5, 5, 40)])
    found = row(road, PUMP, fire_lanes=[strip])
    assert found["class"] != TrackClass.PROVEN_FAIL
