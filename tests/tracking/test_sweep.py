"""Drives and what they sweep, against circles, tractrices and an exact envelope."""

import numpy as np
import pytest
import shapely

from firelane.errors import UsageError
from firelane.tracking.catalogue import vehicles
from firelane.tracking.closed import annulus_m, off_tracking_m
from firelane.tracking.drive import Drive, along, follow
from firelane.tracking.sweep import RISE_M, STRETCH, at_every, footprints, rectangle, sweep
from firelane.tracking.vehicle import Policy

PUMP = vehicles()["pump-8"]


def circle_drive(vehicle, turn_rad=np.pi / 2, poses=40, at=(0.0, 0.0)):
    """Full lock to the left, the turning centre rear_radius_m to the left of ``at``."""
    radius = vehicle.rear_radius_m
    way = np.linspace(0, radius * turn_rad, poses)
    k = np.full(poses, 1 / radius)
    xy, heading = along(np.tile(np.asarray(at, float), (poses, 1)), np.zeros(poses), k, way)
    return Drive(xy, heading, k, np.ones(poses, int))


@pytest.mark.parametrize("name", list(vehicles()))
@pytest.mark.parametrize("step", [0.5, 0.25, 0.1])
def test_a_turn_at_full_lock_sweeps_the_annulus(name, step):
    vehicle = vehicles()[name]
    swept = sweep(circle_drive(vehicle), vehicle, step_m=step)
    centre = shapely.Point(0.0, vehicle.rear_radius_m)
    inner = shapely.distance(centre, swept.body)
    outer = np.hypot(*(shapely.get_coordinates(swept.body) - (0.0, vehicle.rear_radius_m)).T).max()
    assert inner == pytest.approx(vehicle.inner_radius_m, abs=0.001)
    assert outer == pytest.approx(vehicle.outer_radius_m, abs=0.001)
    assert outer - inner == pytest.approx(annulus_m(vehicle), abs=0.002)
    # short of the true arc between the poses, by no more than it says
    assert swept.short_m < 0.01
    radii = np.hypot(*(shapely.get_coordinates(swept.corners["front_right"].segmentize(0.01)) - (0.0, vehicle.rear_radius_m)).T)
    assert vehicle.outer_radius_m - radii.min() <= swept.short_m + 1e-9


def test_the_envelope_is_within_a_centimetre_of_a_very_fine_one():
    turn = np.linspace(-np.pi / 2, 0.0, 200)
    bend = np.column_stack((20 + 11 * np.cos(turn), 11 + 11 * np.sin(turn)))
    way = shapely.LineString([(-10, 0), *bend, (31, 40)])
    drive = follow(way, PUMP).drive
    coarse, fine = sweep(drive, PUMP).body, sweep(drive, PUMP, step_m=0.02).body
    assert shapely.hausdorff_distance(coarse.exterior, fine.exterior) < 0.01
    assert coarse.difference(fine.buffer(1e-6)).area == 0


def test_the_rear_axle_settles_at_the_steady_off_tracking():
    angle = np.linspace(0, 6 * np.pi, 6000)
    circle = shapely.LineString(np.column_stack((12 * np.cos(angle), 12 * np.sin(angle))))
    drive = follow(circle, PUMP, step_m=0.25).drive
    assert np.hypot(*drive.xy[-1]) == pytest.approx(12 - off_tracking_m(PUMP, 12.0), abs=0.002)


def test_straight_ahead_is_a_box():
    straight = follow(shapely.LineString([(0, 0), (20, 0)]), PUMP).drive
    box = sweep(straight, PUMP, margin_m=0.25)
    told = shapely.box(-PUMP.wheelbase_m - PUMP.rear_overhang_m - 0.25, -1.5, 20 + PUMP.front_overhang_m + 0.25, 1.5)
    assert box.body.symmetric_difference(told).area < 1e-9
    assert straight.length_m == pytest.approx(20)
    assert box.wheels["front_left"].length == pytest.approx(20)
    assert box.short_m == 0.0


def test_steering_beyond_the_lock_and_too_quick_is_told():
    sharp = shapely.LineString([(0, 0), (20, 0), (20, 20)])
    found = follow(sharp, PUMP)
    assert found.beyond_lock.any()
    assert not found.possible
    # on a wide circle, from the straight, the wheels would have to jump
    angle = np.linspace(0, np.pi / 2, 400)
    bend = shapely.LineString([(-20, 0), *np.column_stack((15 * np.sin(angle), 15 - 15 * np.cos(angle)))])
    eased = follow(bend, PUMP, Policy(standing_steer=True))
    assert not eased.too_quick.any()
    assert not eased.beyond_lock.any()


def test_refining_changes_nothing_but_the_number_of_poses():
    drive = circle_drive(PUMP, poses=5)
    fine = drive.refined(0.1)
    assert fine.length_m == pytest.approx(drive.length_m, abs=1e-9)
    assert drive.length_m == pytest.approx(PUMP.rear_radius_m * np.pi / 2, abs=1e-9)
    centre = np.array([0.0, PUMP.rear_radius_m])
    assert np.hypot(*(fine.xy - centre).T) == pytest.approx(PUMP.rear_radius_m, abs=1e-9)
    assert at_every(drive, 2.0).chainage_m[:-1] == pytest.approx(2.0 * np.arange(len(at_every(drive, 2.0).xy) - 1), abs=0.26)


def test_reversing_is_the_way_back():
    out = circle_drive(PUMP, poses=10)
    back = Drive(out.xy[::-1], out.heading_rad[::-1], out.curvature[::-1], np.full(10, -1))
    assert back.refined(0.1).xy[-1] == pytest.approx(out.xy[0], abs=1e-9)
    assert sweep(back, PUMP).body.symmetric_difference(sweep(out, PUMP).body).area < 0.02
    assert back.changes == 0


def test_footprints_are_the_body():
    drive = circle_drive(PUMP, poses=3)
    assert shapely.area(footprints(drive, PUMP)) == pytest.approx(20.0)
    assert rectangle(PUMP).max(axis=0).tolist() == pytest.approx([PUMP.front_m, 1.25])


def test_lines_and_steps_that_are_none():
    with pytest.raises(UsageError):
        follow(shapely.LineString(), PUMP)
    with pytest.raises(UsageError):
        follow(shapely.LineString([(0, 0), (1, 0)]), PUMP, step_m=0.0)


def wandering(vehicle, *, seed=1, steps=160, step_m=0.75):
    """Steps as the search drives them: straight pieces, and the wheel turned a little at a time."""
    rng = np.random.default_rng(seed)
    most = 1 / vehicle.rear_radius_m
    curvature = np.repeat(rng.choice([-1.0, -0.5, 0.0, 0.0, 0.0, 0.3, 1.0], steps // 8), 8) * most
    xy, heading = [np.zeros(2)], [0.0]
    for k in curvature:
        at, turned = along(xy[-1][None], np.array(heading[-1:]), np.array([k]), np.array([step_m]))
        xy.append(at[0])
        heading.append(turned[0])
    return Drive(np.array(xy), np.array(heading), np.append(curvature, curvature[-1]), np.ones(len(xy), int))


def beyond_m(true, drawn):
    """How far a true envelope reaches out of a drawn one."""
    out = [p for p in shapely.get_parts(shapely.difference(true, drawn)) if p.area > 1e-9]
    return max((float(shapely.distance(shapely.points(shapely.get_coordinates(p)), drawn).max()) for p in out), default=0.0)


@pytest.mark.parametrize("name", list(vehicles()))
def test_the_poses_that_are_left_out_cost_less_than_a_centimetre(name):
    vehicle = vehicles()[name]
    drive = wandering(vehicle)
    swept, true = sweep(drive, vehicle), sweep(drive, vehicle, step_m=0.02).body
    assert shapely.difference(swept.body, shapely.buffer(true, 1e-4)).area < 1e-6
    assert beyond_m(true, swept.body) <= swept.short_m + 1e-3
    assert swept.short_m <= RISE_M + 1e-9


def test_straight_stretches_are_few_rectangles():
    straight = Drive(np.column_stack((np.arange(200) * 0.75, np.zeros(200))), np.zeros(200), np.zeros(200), np.ones(200, int))
    swept = sweep(straight, PUMP)
    assert swept.body.area == pytest.approx((199 * 0.75 + PUMP.length_m) * PUMP.width_m, rel=1e-9)
    assert shapely.get_num_coordinates(swept.corners["front_left"]) == np.ceil(199 / STRETCH) + 1


def test_what_drives_share_does_not_change_what_is_drawn():
    drive = wandering(PUMP)
    part = Drive(drive.xy[:100], drive.heading_rad[:100], drive.curvature[:100], drive.gear[:100])
    alone = sweep(part, PUMP).body
    sweep(drive, PUMP)
    assert sweep(part, PUMP).body.wkb == alone.wkb
    assert beyond_m(alone, sweep(drive, PUMP).body) <= 2 * RISE_M


def test_a_vehicle_that_does_not_move_stands_on_its_rectangle():
    stands = Drive(np.array([[3.0, 4.0]]), np.array([0.5]), np.zeros(1), np.ones(1, int))
    swept = sweep(stands, PUMP)
    assert swept.body.area == pytest.approx(PUMP.length_m * PUMP.width_m)
    assert swept.short_m == 0.0
    assert all(line.length == 0 for line in swept.wheels.values())


def test_a_change_of_gear_is_drawn_where_it_happens():
    out = circle_drive(PUMP, poses=10)
    way = Drive(
        np.vstack([out.xy, out.xy[-2::-1]]), np.append(out.heading_rad, out.heading_rad[-2::-1]),
        np.full(19, out.curvature[0]), np.append(np.ones(9, int), -np.ones(10, int)),
    )  # fmt: skip
    assert sweep(way, PUMP).body.symmetric_difference(sweep(out, PUMP).body).area < 0.02
