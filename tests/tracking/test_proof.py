"""The proof of a drive: it has to see what a drive does wrong, by hand-made drives."""

import numpy as np
import pytest
import shapely

from firelane.tracking.catalogue import vehicles
from firelane.tracking.drive import Drive, along
from firelane.tracking.field import Field, Region
from firelane.tracking.proof import prove
from firelane.tracking.vehicle import Policy

PUMP = vehicles()["pump-8"]
POLICY = Policy()
NO_WALLS = np.array([], dtype=object)


def field_of_area(area, *, walls=(), posts=(), wheels=None):
    body = Region(area, np.array(walls, dtype=object), np.reshape(np.asarray(posts, float), (-1, 2)))
    return Field(body, body if wheels is None else Region(wheels, NO_WALLS, np.zeros((0, 2))), ())


def chain(curvatures, step=0.5, start=(0.0, 0.0, 0.0)):
    xy, heading = [np.array(start[:2])], [start[2]]
    for k in curvatures:
        a, h = along(xy[-1][None], np.array(heading[-1:]), np.array([k]), np.array([step]))
        xy.append(a[0])
        heading.append(h[0])
    return Drive(np.array(xy), np.array(heading), np.append(curvatures, curvatures[-1]), np.ones(len(xy), int))


STRAIGHT = chain(np.zeros(60))


def test_a_straight_drive_fits_a_lane_of_exactly_its_width():
    assert prove(STRAIGHT, field_of_area(shapely.box(-10, -1.25, 60, 1.25)), PUMP, POLICY).holds


def test_what_sticks_out_is_measured():
    proof = prove(STRAIGHT, field_of_area(shapely.box(-10, -1.25, 60, 1.20)), PUMP, POLICY)
    assert not proof.holds
    assert proof.worst_m == pytest.approx(0.05, abs=1e-6)
    assert proof.area_outside_m2 == pytest.approx(0.05 * (30 + PUMP.length_m), rel=1e-6)


def test_a_margin_widens_the_body():
    lane = field_of_area(shapely.box(-10, -1.4, 60, 1.4))
    assert prove(STRAIGHT, lane, PUMP, Policy(margin_m=0.14)).holds
    assert not prove(STRAIGHT, lane, PUMP, Policy(margin_m=0.16)).holds


@pytest.mark.parametrize(("y", "struck"), [(1.2, 1), (1.3, 0)])
def test_a_post_and_a_wall_inside_the_region_are_struck_or_not(y, struck):
    lane = shapely.box(-10, -3, 60, 3)
    assert prove(STRAIGHT, field_of_area(lane, posts=[(20, y)]), PUMP, POLICY).struck == struck
    assert prove(STRAIGHT, field_of_area(lane, walls=[shapely.LineString([(20, y), (20, 2.9)])]), PUMP, POLICY).struck == struck


def test_a_thorn_between_two_poses_is_seen():
    """At full lock the outer front corner moves aside: poses a metre apart leave a notch that a corner fits into."""
    most = 1 / PUMP.rear_radius_m
    turn = chain(np.full(8, most), step=1.0)
    path = [xy + PUMP.front_m * np.array([np.cos(h), np.sin(h)]) + PUMP.width_m / 2 * np.array([np.sin(h), -np.cos(h)]) for xy, h in zip(turn.refined(0.02).xy, turn.refined(0.02).heading_rad, strict=True)]
    thorn = path[len(path) // 2] + 0.01 * (np.array([0.0, PUMP.rear_radius_m]) - path[len(path) // 2]) / 10
    proof = prove(turn, field_of_area(shapely.box(-20, -20, 40, 40), posts=[thorn]), PUMP, Policy(standing_steer=True))
    assert proof.struck == 1


def test_more_than_full_lock_and_too_quick_hands_are_counted():
    most = 1 / PUMP.rear_radius_m
    wide = field_of_area(shapely.box(-50, -50, 80, 80))
    assert prove(chain(np.full(10, most)), wide, PUMP, POLICY).beyond_lock == 0
    assert prove(chain(np.full(10, most * 1.01)), wide, PUMP, POLICY).beyond_lock == 10
    jerk = np.concatenate([np.zeros(5), np.full(5, most)])
    assert prove(chain(jerk), wide, PUMP, POLICY).too_quick == 1
    assert prove(chain(jerk), wide, PUMP, Policy(standing_steer=True)).too_quick == 0
    ramp = np.linspace(0, most, 1 + int(np.ceil(PUMP.lock_distance_m(POLICY) / 0.5)))
    assert prove(chain(ramp), wide, PUMP, POLICY).too_quick == 0


def test_a_jump_is_no_drive():
    moved = STRAIGHT.xy.copy()
    moved[30:, 1] += 0.01
    jumped = Drive(moved, STRAIGHT.heading_rad, STRAIGHT.curvature, STRAIGHT.gear)
    assert prove(jumped, field_of_area(shapely.box(-10, -3, 60, 3)), PUMP, POLICY).broken == 1


def test_wheels_stay_on_the_road_where_the_body_passes_over_the_kerb():
    body, road = shapely.box(-10, -3, 60, 3), shapely.box(-10, -1.03, 60, 1.03)
    assert prove(STRAIGHT, field_of_area(body, wheels=road), PUMP, POLICY).holds
    narrow = shapely.box(-10, -1.03, 60, 1.02)
    assert not prove(STRAIGHT, field_of_area(body, wheels=narrow), PUMP, POLICY).holds


def test_the_wheels_are_not_turned_standing_where_the_gear_changes():
    """Forward at full lock to the left, back at full lock to the right: between them the wheels would have to be turned standing."""
    most = 1 / PUMP.rear_radius_m
    wide = field_of_area(shapely.box(-50, -50, 80, 80))

    def there_and_back(after):
        out = chain(np.full(6, most))
        xy, heading = [out.xy[-1]], [out.heading_rad[-1]]
        for k in after:
            at, turned = along(xy[-1][None], np.array(heading[-1:]), np.array([k]), np.array([-0.5]))
            xy.append(at[0])
            heading.append(turned[0])
        return Drive(
            np.vstack([out.xy, xy[1:]]), np.append(out.heading_rad, heading[1:]), np.concatenate([np.full(6, most), after, after[-1:]]),
            np.append(np.ones(6, int), -np.ones(len(after) + 1, int)),
        )  # fmt: skip

    jump = there_and_back(np.full(6, -most))
    assert jump.changes == 1
    assert prove(jump, wide, PUMP, POLICY).too_quick == 1
    assert prove(jump, wide, PUMP, Policy(standing_steer=True)).too_quick == 0
    assert prove(there_and_back(np.full(6, most)), wide, PUMP, POLICY).too_quick == 0


def test_how_deep_the_wheels_are_out_counts_though_the_body_may_be_there():
    """Wheels 1.025 m aside of the axle's middle, 0.4 m beyond the road, below a body that may pass over the verge."""
    body, road = shapely.box(-10, -3, 60, 3), shapely.box(-10, -3, 60, PUMP.track_m / 2 - 0.4)
    proof = prove(STRAIGHT, field_of_area(body, wheels=road), PUMP, POLICY)
    assert not proof.holds
    assert proof.worst_m == pytest.approx(0.4, abs=1e-6)
    both = prove(STRAIGHT, field_of_area(shapely.box(-10, -3, 60, PUMP.width_m / 2 - 0.6), wheels=road), PUMP, POLICY)
    assert both.worst_m == pytest.approx(0.6, abs=1e-6)


def test_a_long_step_before_lends_no_time_to_a_short_one():
    """The wheels turn between the middles of the two steps: not as far as the long one would allow, whichever comes first."""
    most, distance = 1 / PUMP.rear_radius_m, PUMP.lock_distance_m(POLICY)
    wide = field_of_area(shapely.box(-50, -50, 80, 80))

    def steps(before, after, share):
        xy, heading = [np.zeros(2)], [0.0]
        curvature = [0.0, share * most / distance]
        for k, step in zip(curvature, (before, after), strict=True):
            at, turned = along(xy[-1][None], np.array(heading[-1:]), np.array([k]), np.array([step]))
            xy.append(at[0])
            heading.append(turned[0])
        return Drive(np.array(xy), np.array(heading), np.append(curvature, curvature[-1]), np.ones(3, int))

    assert prove(steps(1.0, 0.2, 0.59), wide, PUMP, POLICY).too_quick == 0  # (1.0 + 0.2) / 2
    assert prove(steps(1.0, 0.2, 0.62), wide, PUMP, POLICY).too_quick == 1
    assert prove(steps(0.2, 1.0, 0.62), wide, PUMP, POLICY).too_quick == 1
    assert prove(steps(0.6, 0.6, 0.59), wide, PUMP, POLICY).too_quick == 0


def test_after_a_change_of_gear_only_the_way_after_it_counts():
    most, distance = 1 / PUMP.rear_radius_m, PUMP.lock_distance_m(POLICY)
    wide = field_of_area(shapely.box(-50, -50, 80, 80))

    def there_and_back(share):
        k = share * most / distance
        at, turned = along(np.array([[2.0, 0.0]]), np.zeros(1), np.array([k]), np.array([-0.3]))
        return Drive(np.array([[0.0, 0.0], [2.0, 0.0], at[0]]), np.array([0.0, 0.0, turned[0]]), np.array([0.0, k, k]), np.array([1, -1, -1]))

    assert prove(there_and_back(0.29), wide, PUMP, POLICY).too_quick == 0
    assert prove(there_and_back(0.35), wide, PUMP, POLICY).too_quick == 1
    assert prove(there_and_back(0.35), wide, PUMP, Policy(standing_steer=True)).too_quick == 0
