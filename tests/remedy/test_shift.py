"""The least shift of one body along its kerb's normal, with the passage beside it worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

from firelane.remedy.shift import kerb_normal, least_shift

ROAD = box(0, 0, 60, 6)


def beside(others=(), road=ROAD):
    """Return a measurement of the way past a body in a straight road, on its wider side."""

    def width(body):
        south, north = body.bounds[1] - road.bounds[1], road.bounds[3] - body.bounds[3]
        between = [b.bounds for b in others]
        south = min([south, *(body.bounds[1] - b[3] for b in between if b[3] <= body.bounds[1])])
        north = min([north, *(b[1] - body.bounds[3] for b in between if b[1] >= body.bounds[3])])
        return max(south, north)

    return width


def shift(body, *, others=(), road=ROAD, width_m=4.0, range_m=5.0, measure=None, **more):
    measure = measure or beside(others, road)
    return least_shift(
        body, others=list(others), area=road, width_m=width_m, range_m=range_m, lane_width_m=measure, **more
    )


def test_a_car_moves_the_fifth_of_a_metre_that_is_missing():
    found = shift(box(27.7, 3.8, 32.3, 5.7))  # 0.2 m, by hand
    assert found.by == (0.0, 0.2)
    assert found.length_m == 0.2
    assert found.width_m == pytest.approx(4.0, abs=2e-6)


@pytest.mark.parametrize("turn_deg", [33.7, 90.0, 211.0])
def test_turned_and_far_from_the_origin_it_is_the_same(turn_deg):
    def there(g):
        turned = shapely.affinity.rotate(g, turn_deg, origin=(0, 0))
        return shapely.transform(turned, lambda xy: xy + np.array([535_900.0, 4_630_000.0]))

    def back(g):
        moved = shapely.transform(g, lambda xy: xy - np.array([535_900.0, 4_630_000.0]))
        return shapely.affinity.rotate(moved, -turn_deg, origin=(0, 0))

    measure = beside()
    found = shift(there(box(27.7, 3.8, 32.3, 5.7)), road=there(ROAD), measure=lambda b: measure(back(b)))
    assert found.length_m == pytest.approx(0.2, abs=2e-6)
    angle = np.radians(turn_deg)
    assert found.by == pytest.approx((-0.2 * np.sin(angle), 0.2 * np.cos(angle)), abs=3e-6)


def test_it_goes_to_the_other_side_where_the_kerb_is_too_near():
    # 0.1 m to the northern kerb, 3.6 m to the southern one: 0.4 m north is not to be had.
    body = box(27.7, 3.6, 32.3, 5.9)
    assert shift(body) is None
    wide = box(0, 0, 60, 7)
    assert shift(box(27.7, 3.6, 32.3, 4.6), road=wide).by == pytest.approx((0.0, 0.4))
    # Beside the northern kerb 2.4 m are free, so 1.6 m to the south would do as well: the lesser counts.
    assert shift(box(27.7, 3.6, 32.3, 4.6), road=wide).length_m == 0.4


def test_other_obstacles_are_not_run_into():
    body, other = box(27.7, 3.8, 32.3, 5.0), box(28, 5.1, 32, 5.9)
    assert shift(body).by == pytest.approx((0.0, 0.2))
    assert shift(body, others=[other]) is None  # 0.1 m free behind it, 0.2 m missing; south it needs 6 m


def test_where_it_overlaps_already_it_may_stay_but_not_go_deeper():
    body, bay = box(27.7, 3.8, 32.3, 5.0), box(28, 4.9, 32, 6.0)
    assert shift(body, others=[bay]) is None
    assert shift(body, others=[box(28, 3.0, 32, 3.9)], measure=lambda b: b.bounds[1]).by == pytest.approx((0.0, 0.2))


def test_no_farther_than_the_range():
    # 4.3 m of a 9 m road are left on neither side; the body must move 0.7 m.
    wide = box(0, 0, 60, 9)
    body = box(27.7, 3.3, 32.3, 5.0)
    assert shift(body, road=wide).length_m == pytest.approx(0.7)
    assert shift(body, road=wide, range_m=0.6) is None


def test_strictly_inside_the_area_that_is_allowed():
    # The designated lane is the southern 4 m; the car stands 0.4 m inside it and nothing else bars anything.
    body, allowed = box(27.7, 3.6, 32.3, 5.4), box(0, 4, 60, 6)
    found = least_shift(
        body, others=[], area=allowed, width_m=4.0, range_m=5.0, lane_width_m=lambda _: 8.0, edge=ROAD, strictly=True
    )
    assert found.by == pytest.approx((0.0, 0.4))


@pytest.mark.parametrize("body", [Point(30, 3.8), LineString([(30, 3.8), (33, 3.8)]), LineString([(30, 3.9), (31, 3.8), (32, 3.9)])])
def test_posts_and_walls_move_too(body):
    assert shift(body).length_m == pytest.approx(0.2)


def test_a_body_that_is_not_convex():
    # An L open to the south: its foot decides, not its hull.
    body = shapely.union_all([box(28, 3.8, 28.5, 5.7), box(28, 5.2, 32, 5.7)])
    assert shift(body).length_m == pytest.approx(0.2)


def test_along_the_longer_of_two_kerbs_that_touch():
    assert kerb_normal(box(0, 4, 5, 6), ROAD).tolist() == pytest.approx([0.0, 1.0])
    assert abs(kerb_normal(Point(30, 1), ROAD)[1]) == pytest.approx(1.0)


def test_a_scan_every_centimetre_finds_nothing_shorter():
    rng = np.random.default_rng(7)
    for _ in range(12):
        x, y = 28.0, float(rng.uniform(2.2, 4.5))
        body = shapely.affinity.rotate(box(x, y, x + 4.0, y + 1.2), float(rng.uniform(-20, 20)))
        others = [box(24, 0, 36, float(rng.uniform(0.1, 0.8)))]
        wide = box(0, 0, 60, 7)
        measure = beside(others, wide)
        found = shift(body, others=others, road=wide, measure=measure)
        unit = kerb_normal(body, wide)
        scan = []
        for s in np.arange(-5.0, 5.005, 0.01):
            moved = shapely.transform(body, lambda xy, by=s * unit: xy + by)
            inside = wide.buffer(1e-9).contains(moved) and all(moved.intersection(o).area < 1e-9 for o in others)
            if inside and measure(moved) >= 4.0:
                scan.append(abs(s))
        if scan:
            assert min(scan) - 0.0101 <= found.length_m <= min(scan) + 1e-6
        else:
            # A scan every centimetre may miss a place that is just wide enough.
            by = np.zeros(2) if found is None else np.array(found.by)
            assert found is None or measure(shapely.transform(body, lambda xy, by=by: xy + by)) >= 4.0 - 2e-6
