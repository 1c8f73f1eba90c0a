"""Steering in the proof: the drive that turns its wheels steadily, against circles, straights and integration by a millimetre."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from firelane.tracking.catalogue import vehicles
from firelane.tracking.drive import Drive, along
from firelane.tracking.field import Field, Region
from firelane.tracking.proof import prove
from firelane.tracking.proof_steering import steadied, window_of
from firelane.tracking.sweep import placed, rectangle
from firelane.tracking.vehicle import Policy

PUMP = vehicles()["pump-8"]
POLICY = Policy()
MOST = 1 / PUMP.rear_radius_m
RATE = MOST / PUMP.lock_distance_m(POLICY)
STEP_M = 0.75
RAMP = np.minimum(np.arange(1, 8) * RATE * STEP_M, MOST)
TURN = np.concatenate([np.zeros(6), RAMP, np.full(8, MOST), RAMP[::-1], np.zeros(8)])


def driven(curvature, steps=STEP_M, gears=1):
    steps, gears = np.broadcast_to(steps, len(curvature)), np.broadcast_to(gears, len(curvature))
    xy, heading = [np.zeros(2)], [0.0]
    for k, step, gear in zip(curvature, steps, gears, strict=True):
        at, turned = along(xy[-1][None], np.array(heading[-1:]), np.array([k]), np.array([step * gear]))
        xy.append(at[0])
        heading.append(turned[0])
    return Drive(np.array(xy), np.array(heading), np.append(curvature, curvature[-1]), np.append(gears, gears[-1]).astype(int))


def open_ground(posts=()):
    region = Region(shapely.box(-90, -90, 90, 90), np.array([], object), np.reshape(np.asarray(posts, float), (-1, 2)))
    return Field(region, region, ())


def curvature_of(drive):
    """Curvature by the change of heading, and the way at which it holds: nothing but the places is used."""
    chord = np.diff(drive.xy, axis=0)
    towards, long = np.unwrap(np.arctan2(chord[:, 1], chord[:, 0])), np.hypot(*chord.T)
    way = np.cumsum(long) - long / 2
    return np.diff(towards) / np.diff(way), (way[1:] + way[:-1]) / 2


def test_a_straight_stays_where_it_is():
    steady = steadied(driven(np.zeros(20)), STEP_M, 0.1)
    np.testing.assert_allclose(steady.xy[:, 1], 0, atol=1e-12)
    np.testing.assert_allclose(steady.xy[[0, -1], 0], [0, 15], atol=1e-9)
    np.testing.assert_allclose(steady.heading_rad, 0, atol=1e-12)


@pytest.mark.parametrize("gear", [1, -1])
def test_a_circle_stays_where_it_is_and_is_smaller_by_what_a_mean_over_an_arc_is(gear):
    steady = steadied(driven(np.full(30, MOST), gears=gear), STEP_M, 0.1)
    half = MOST * STEP_M / 2
    away = np.hypot(*(steady.xy - [0, PUMP.rear_radius_m]).T)
    np.testing.assert_allclose(away, PUMP.rear_radius_m * np.sin(half) / half, atol=1e-5)
    # the body stands across the radius, in reverse as well
    radius = np.arctan2(*(steady.xy - [0, PUMP.rear_radius_m]).T[::-1])
    np.testing.assert_allclose(np.cos(steady.heading_rad - radius), 0, atol=1e-5)
    assert (steady.gear == gear).all()
    assert away.max() > PUMP.rear_radius_m - 0.004


def test_its_wheels_turn_no_quicker_and_no_farther_than_they_can():
    drive = driven(TURN)
    window_m, quick = window_of(drive, RATE)
    assert (round(window_m, 3), quick) == (STEP_M, 0)
    curvature, way = curvature_of(steadied(drive, window_m, 0.1))
    assert np.abs(curvature).max() <= MOST * 1.002
    assert np.abs(np.diff(curvature) / np.diff(way)).max() <= RATE * 1.005
    # as it is written down, they jump
    curvature, way = curvature_of(drive.refined(0.1))
    assert np.abs(np.diff(curvature) / np.diff(way)).max() > 3 * RATE


def test_it_is_what_comes_of_turning_the_wheels_a_millimetre_at_a_time():
    """An oracle: its curvature, integrated by a millimetre with limits of its own, comes to the same places."""
    drive = driven(TURN)
    fine = steadied(drive, STEP_M, 0.001)
    long = np.hypot(*np.diff(fine.xy, axis=0).T)
    wanted = np.diff(np.unwrap(fine.heading_rad)) / long
    curvature, at = np.empty(len(wanted)), 0.0
    for n, k in enumerate(np.clip(wanted, -MOST * 1.002, MOST * 1.002)):
        at += np.clip(k - at, -RATE * 1.003 * long[n], RATE * 1.003 * long[n])
        curvature[n] = at
    heading = fine.heading_rad[0] + np.concatenate([[0.0], np.cumsum(curvature * long)])
    middle = (heading[1:] + heading[:-1]) / 2
    xy = fine.xy[0] + np.vstack([[0, 0], np.cumsum(np.column_stack((np.cos(middle), np.sin(middle))) * long[:, None], axis=0)])
    assert np.hypot(*(xy - fine.xy).T).max() < 1e-3
    # and it ends where the drive ends, however much was turned on the way
    assert np.hypot(*(fine.xy[-1] - drive.xy[-1])) < 1e-6


@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=3, max_size=60), st.sampled_from([0.5, 0.75, 1.0]))
@settings(max_examples=30)
def test_steps_of_one_length_can_be_steadied_and_stay_within_millimetres(turns, step):
    curvature = np.zeros(len(turns))
    for n, way in enumerate(turns[1:], 1):
        curvature[n] = np.clip(curvature[n - 1] + way * RATE * step, -MOST, MOST)
    drive = driven(curvature, step)
    window_m, quick = window_of(drive, RATE)
    assert quick == 0
    assert window_m == pytest.approx(step, abs=1e-3)
    steady = steadied(drive, window_m, 0.1)
    assert shapely.hausdorff_distance(steady.line(), drive.refined(0.02).line()) < MOST * step**2 / 24 + 0.003


def test_short_steps_among_long_ones_lend_each_other_no_time():
    """Each jump is one that its own middles allow, but two lie within the window of a long step."""
    steps = np.array([0.75, 0.75, 0.75, 0.375, 0.375, 0.75, 0.75, 0.75])
    jumps = np.concatenate([[0.0], RATE * (steps[1:] + steps[:-1]) / 2])
    drive = driven(np.cumsum(jumps), steps)
    assert np.abs(drive.curvature).max() < 2 * MOST
    _, quick = window_of(drive, RATE)
    assert quick >= 1
    assert window_of(driven(np.cumsum(jumps) / 2, steps), RATE)[1] == 0


def test_where_wheels_are_turned_standing_the_drive_is_as_it_is():
    drive = driven(np.concatenate([np.zeros(5), np.full(5, MOST)]))
    assert window_of(drive, np.inf) == (0.0, 0)
    np.testing.assert_array_equal(steadied(drive, 0.0, 0.1).xy, drive.refined(0.1).xy)


def test_each_gear_is_steadied_by_itself_and_meets_the_next_where_the_wheels_stand():
    curvature = np.full(12, MOST)
    drive = driven(curvature, gears=np.repeat([1, -1], 6))
    steady = steadied(drive, STEP_M, 0.1)
    at = int(np.flatnonzero(np.diff(steady.gear))[0])
    assert np.hypot(*(steady.xy[at + 1] - steady.xy[at])) < 1e-5
    assert abs(steady.heading_rad[at + 1] - steady.heading_rad[at]) < 1e-5


def test_ground_that_only_steady_hands_take_is_seen():
    """Into a turn the steady driver is ahead of the steps: a post between the two is struck, though the steps clear it."""
    drive = driven(TURN)
    shape = rectangle(PUMP, 0.0)

    steady, steps = (shapely.polygons(placed(d.xy, d.heading_rad, shape)) for d in (steadied(drive, STEP_M, 0.02), drive.refined(0.02)))
    # never more than the one takes, never less than the other
    hulls = shapely.convex_hull(shapely.union(steps[:-1], steps[1:]))
    only = shapely.difference(shapely.union_all(steady), shapely.union_all(hulls))
    parts = shapely.get_parts(shapely.buffer(only, -0.001))
    assert len(parts)
    posts = shapely.get_coordinates(shapely.point_on_surface(parts[np.argmax(shapely.area(parts))]))
    proof = prove(drive, open_ground(posts), PUMP, POLICY)
    assert proof.struck == 1
    assert proof.window_m == pytest.approx(STEP_M, abs=1e-3)
    # with the wheels turned standing it is the steps that are driven
    assert prove(drive, open_ground(posts), PUMP, Policy(standing_steer=True)).struck == 0


@pytest.mark.parametrize(("less_m", "holds"), [(-0.001, True), (0.003, True), (0.007, False)])
def test_some_millimetres_of_steady_hands_are_let_pass_and_told_no_more(less_m, holds):
    """At full lock the steady driver is 3 mm inside the circle: an inner edge that far off the steps is not kept to."""
    drive = driven(np.concatenate([RAMP, np.full(30, MOST)]))
    middle = drive.xy[-1] + np.array([-np.sin(drive.heading_rad[-1]), np.cos(drive.heading_rad[-1])]) * PUMP.rear_radius_m
    # the edge lies on the inner side of the steps, or of the steady drive, or neither
    inner = PUMP.rear_radius_m - PUMP.width_m / 2 - 0.0035 + less_m
    disc = shapely.Point(*middle).buffer(inner, quad_segs=2000)
    area = shapely.difference(shapely.box(-90, -90, 90, 90), disc)
    region = Region(area, np.array([], object), np.zeros((0, 2)))
    proof = prove(drive, Field(region, region, ()), PUMP, POLICY)
    assert proof.holds == holds
    assert (proof.beyond_m > 0) == (holds and less_m > 0)
    assert proof.beyond_m <= 0.005


def test_since_leaves_out_what_lies_before_but_for_half_a_window():
    drive = driven(TURN)
    steady = steadied(drive, STEP_M, 0.1, since=10)
    assert steady.xy[0, 0] == pytest.approx(steadied(drive, STEP_M, 0.1).xy[:, 0][np.argmin(np.abs(steadied(drive, STEP_M, 0.1).chainage_m - 9.5 * STEP_M))], abs=0.06)
