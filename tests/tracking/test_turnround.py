"""Turning round at dead ends, by scenes whose answer is known: hammerheads, squares, circles, plain lanes."""

import dataclasses

import numpy as np
import pytest
import shapely
import shapely.affinity
from shapely import LineString, Point, box

pytest.importorskip("numba")

from firelane.measure.turnaround import measure_dead_ends
from firelane.tracking.catalogue import standard_policy, vehicles
from firelane.tracking.drive import Drive, follow
from firelane.tracking.proof import prove
from firelane.tracking.record import TrackClass, TripKind
from firelane.tracking.site import track_site
from firelane.tracking.turnround import EndOf, TurnBudget, backwards, turn_round
from firelane.tracking.turnround_ground import FAR_M
from firelane.tracking.vehicle import Policy
from tests.support.site_scenes import block, site, spaces_of

LENGTH_M = 50.0
POLICY = standard_policy()


def stem(width, *more):
    return shapely.union_all([box(0, -width / 2, LENGTH_M, width / 2), *more])


def square(side, width=6.0):
    return stem(width, box(LENGTH_M, -side / 2, LENGTH_M + side, side / 2))


def hammerhead(arm, width=6.0, fillet=6.0):
    bar = box(LENGTH_M - width, -width / 2 - arm, LENGTH_M, width / 2 + arm)
    sharp = stem(width, bar)
    return sharp.buffer(fillet, quad_segs=32).buffer(-fillet, quad_segs=32).intersection(sharp.convex_hull)


def circle(radius, width=6.0):
    return stem(width, Point(LENGTH_M - 1 + radius, 0).buffer(radius, quad_segs=32))


def turned(area, vehicle_id="pump-8", *, width=6.0, policy=POLICY, turn_deg=0.0, budget=None, **layers):
    """Track one vehicle from the mouth in the west, and turn round at every dead end."""
    west = LineString([(0, -width / 2), (0, width / 2)])
    area, west = (shapely.affinity.rotate(g, turn_deg, origin=(0, 0)) for g in (area, west))
    scene = site([area], entrances=[(west, {"id": "W"})], **layers)
    spaces, vehicle = spaces_of(scene), vehicles()[vehicle_id]
    tracking = track_site(scene, spaces.network, spaces, vehicle, policy)
    ends = [EndOf(d.dead_end_id, d.lane_id, d.tip, d.way, d.lane_ids) for d in measure_dead_ends(spaces)]
    turnings, trips = turn_round(tracking, spaces, ends, budget=budget)
    assert [t.dead_end_id for t in turnings] == [e.dead_end_id for e in ends]
    for trip in trips:
        stands(trip, tracking)
    return turnings, trips, tracking


def stands(trip, tracking):
    """What every manoeuvre has to be: possible, out of the dead end, the wheels turned between steps no faster than they can be.

    Step by step: its steps are of two lengths, and the stricter check of steadily turned wheels does not hold everywhere.
    """
    drive, vehicle, policy = trip.drive, tracking.vehicle, tracking.policy
    assert trip.kind is TripKind.TURNING
    proof = prove(drive, tracking.field, vehicle, policy, steady=False)
    assert proof.holds, proof
    assert trip.area_outside_m2 == 0.0
    # also where the direction changes: nobody turns the wheels while the vehicle stands
    if not policy.standing_steer:
        allowed = 1 / vehicle.rear_radius_m / vehicle.lock_distance_m(policy) * np.diff(drive.chainage_m).max()
        assert np.abs(np.diff(drive.curvature)).max() <= allowed * (1 + 1e-6)
    assert drive.gear[0] == drive.gear[-1] == 1
    # it starts where the proven drive has it, with the wheels as they stand there, and ends the other way round
    other = [p.drive for p in tracking.drives if p.entrance_id == trip.entrance_id]
    assert any((np.hypot(*(d.xy - drive.xy[0]).T) < 1e-9).any() for d in other)
    assert np.cos(drive.heading_rad[-1] - drive.heading_rad[0]) < -np.cos(np.radians(30))


def only(result):
    turnings, trips, _ = result
    assert len(turnings) == 1
    turning = turnings[0]
    if turning.found is TrackClass.PROVEN_PASS:
        assert [t.trip_id for t in trips] == [turning.trip_id]
        assert turning.manoeuvres == trips[0].drive.changes
        back = np.diff(trips[0].drive.chainage_m)[trips[0].drive.gear[:-1] < 0].sum()
        assert turning.reverse_m == pytest.approx(back, abs=1e-6)
    else:
        assert (turning.trip_id, turning.manoeuvres, trips) == (None, -1, ())
    return turning


def test_a_hammerhead_with_long_arms_turns_in_two_changes():
    turning = only(turned(hammerhead(10.0)))
    assert (turning.found, turning.manoeuvres) == (TrackClass.PROVEN_PASS, 2)
    assert turning.reverse_m < 20
    assert turning.entrance_id == "W"


def test_with_arms_shorter_than_half_the_vehicle_nothing_is_found():
    turning = only(turned(hammerhead(1.0, width=4.0, fillet=0.5), width=4.0))
    assert turning.found is TrackClass.NOT_FOUND


def test_a_plain_lane_is_reversed_out_of():
    """From the front at the tip until the front passes the mouth: the lane's length, less what the drive stopped short."""
    turning = only(turned(stem(4.0), width=4.0))
    assert turning.found is TrackClass.NOT_FOUND
    assert LENGTH_M - 5.0 < turning.reverse_m < LENGTH_M + 1.5


@pytest.mark.parametrize(("vehicle", "side", "most"), [("pump-8", 18, 2), ("ladder-14", 24, 4)])
def test_a_large_square_turns_in_few_changes(vehicle, side, most):
    turning = only(turned(square(side), vehicle))
    assert turning.found is TrackClass.PROVEN_PASS
    assert 0 < turning.manoeuvres <= most


def test_a_long_ladder_does_not_turn_where_the_pump_does():
    assert only(turned(square(15), "pump-8")).found is TrackClass.PROVEN_PASS
    assert only(turned(square(15), "ladder-14")).found is TrackClass.NOT_FOUND


def test_a_square_smaller_than_the_vehicle_is_long_is_hopeless_at_once():
    turning = only(turned(square(7, width=4.0), width=4.0))
    assert turning.found is TrackClass.NOT_FOUND


@pytest.mark.parametrize(("radius", "changes"), [(13.0, 0), (9.0, None)])
def test_a_circle_is_driven_round_forward_only_if_it_holds_the_outer_radius(radius, changes):
    pump = vehicles()["pump-8"]
    assert (radius > pump.outer_radius_m) == (changes == 0)
    turning = only(turned(circle(radius)))
    if changes == 0:
        assert (turning.manoeuvres, turning.reverse_m) == (0, 0.0)
    else:
        assert turning.manoeuvres != 0


def test_a_vehicle_that_does_not_come_there_is_not_tried():
    turnings, trips, _ = turned(stem(4.0), width=4.0, obstructions=[block(10, -3, 11, 3)])
    assert trips == ()
    assert {t.found for t in turnings} == {TrackClass.NOT_TRIED}
    assert all(np.isnan(t.reverse_m) and t.entrance_id == "" for t in turnings)


def test_a_site_turned_and_far_from_its_axes_gives_the_same():
    turning = only(turned(hammerhead(10.0), turn_deg=33.7))
    assert (turning.found, turning.manoeuvres) == (TrackClass.PROVEN_PASS, 2)


def test_the_same_twice():
    first, second = turned(hammerhead(10.0)), turned(hammerhead(10.0))
    assert first[0] == second[0]
    for a, b in zip(first[1], second[1], strict=True):
        assert a.drive.xy.tobytes() == b.drive.xy.tobytes()
        assert a.states == b.states


def test_wheels_turned_while_standing_need_less_way():
    standing = dataclasses.replace(POLICY, standing_steer=True)
    quick, slow = (only(turned(hammerhead(10.0), policy=p)) for p in (standing, POLICY))
    assert quick.found is slow.found is TrackClass.PROVEN_PASS
    assert quick.manoeuvres <= slow.manoeuvres


def test_a_budget_of_few_states_finds_nothing_and_says_so():
    assert only(turned(hammerhead(10.0), budget=TurnBudget((50, 50)))).found is TrackClass.NOT_FOUND


def test_a_side_arm_before_the_tip_is_reversed_into():
    """A bay beside the lane, some metres before the tip: forward past it, back into it, forward out."""
    bay = box(LENGTH_M - 22, 0, LENGTH_M - 16, 14)
    sharp = stem(6.0, bay)
    area = sharp.buffer(6, quad_segs=32).buffer(-6, quad_segs=32).intersection(shapely.union(sharp, box(LENGTH_M - 40, 0, LENGTH_M, 9)))
    turnings, trips, _ = turned(area)
    assert [t.found for t in turnings] == [TrackClass.PROVEN_PASS]
    assert trips[0].drive.changes == 2


def test_a_stub_shorter_than_the_vehicle_is_nosed_into_and_reversed_out_of():
    area = shapely.union_all([box(0, -3, 100, 3), box(45, 0, 51, 9)])
    mouths = [(LineString([(x, -3), (x, 3)]), {"id": name}) for x, name in ((0, "W"), (100, "E"))]
    scene = site([area], entrances=mouths)
    spaces, pump = spaces_of(scene), vehicles()["pump-8"]
    tracking = track_site(scene, spaces.network, spaces, pump, POLICY)
    ends = [EndOf(d.dead_end_id, d.lane_id, d.tip, d.way, d.lane_ids) for d in measure_dead_ends(spaces)]
    assert len(ends) == 1
    turnings, trips = turn_round(tracking, spaces, ends)
    assert (turnings[0].found, trips) == (TrackClass.NOT_FOUND, ())
    # never more than the stub itself
    assert 0 < turnings[0].reverse_m < 6.0 + 1.0


@pytest.mark.parametrize("arm", [10.0, 0.0])
def test_a_long_dead_end_is_looked_at_near_its_tip_and_reversed_out_of_as_a_whole(arm):
    long_m = 200.0
    plain = box(0, -3, long_m, 3)
    sharp = shapely.union(plain, box(long_m - 6, -3 - arm, long_m, 3 + arm))
    area = sharp.buffer(6, quad_segs=16).buffer(-6, quad_segs=16).intersection(sharp.convex_hull)
    turnings, trips, _ = turned(area)
    if arm:
        assert (turnings[0].found, turnings[0].manoeuvres) == (TrackClass.PROVEN_PASS, 2)
        assert FAR_M - 20 < trips[0].length_m < FAR_M + 40
    else:
        assert turnings[0].found is TrackClass.NOT_FOUND
        assert long_m - 5 < turnings[0].reverse_m < long_m + 1.5


def test_a_drive_read_backwards_goes_the_same_way():
    pump = vehicles()["pump-8"]
    drive = follow(LineString([(0, 0), (20, 0), (40, 10)]), pump, Policy(standing_steer=True)).drive
    back = backwards(drive, 3, len(drive.xy) - 1)
    assert isinstance(back, Drive)
    assert (back.gear == -1).all()
    assert back.xy[-1] == pytest.approx(drive.xy[3])
    assert back.length_m == pytest.approx(drive.chainage_m[-1] - drive.chainage_m[3])
    fine = back.refined(0.1)
    assert np.hypot(*(fine.xy[-1] - drive.xy[3])) < 1e-9
    # every pose between two of them lies on the drive itself
    forward = shapely.LineString(drive.refined(0.02).xy)
    assert shapely.distance(forward, shapely.points(fine.xy)).max() < 1e-3
