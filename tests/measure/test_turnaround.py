"""Dead ends, and the largest square that fits beside them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from site_scenes import LineString, Point, box, car, gates, local, road, site, spaces_of

from firelane.lanes.squares import TOLERANCE_M, largest_square
from firelane.lanes.squares_fit import square_distance
from firelane.measure.turnaround import TurningGround, dead_end_table, measure_dead_ends, turning_table

LANE = box(0, -2, 60, 2)


def square(outline, *, walls=(), sizes=(), turn_deg=0.0, shift=(0.0, 0.0)):
    def placed(geometry):
        return shapely.affinity.translate(shapely.affinity.rotate(geometry, turn_deg, origin=(0, 0)), *shift)

    free = placed(shapely.union(LANE, outline))
    found = largest_square(free, placed(LANE), walls=[placed(w) for w in walls], most_m=20.0, sizes_m=sizes)
    # Whatever was found is free.
    assert shapely.buffer(free, 1e-6).contains(found.polygon)
    assert not any(found.polygon.buffer(-1e-6).intersects(placed(w)) for w in walls)
    assert found.side_m <= found.upper_m
    return found


@pytest.mark.parametrize("side", [11.99, 12.0, 18.0])
@pytest.mark.parametrize("turn_deg", [0.0, 33.7])
def test_a_square_yard_is_found_at_any_rotation(side, turn_deg):
    yard = box(60, -side / 2, 60 + side, side / 2)
    found = square(yard, turn_deg=turn_deg, shift=(531234.567, 4182345.891))
    assert found.side_m == pytest.approx(side, abs=1e-6)
    assert found.upper_m <= side + TOLERANCE_M + 1e-6
    assert min(abs(found.rotation_deg % 90 - turn_deg), 90 - found.rotation_deg % 90 - turn_deg) < 1e-4


def test_a_yard_turned_against_its_lane():
    found = square(shapely.affinity.rotate(box(60, -6, 72, 6), 33.7))
    assert found.side_m == pytest.approx(12.0, abs=1e-6)
    assert found.rotation_deg == pytest.approx(33.7, abs=1e-4)


def test_a_corner_shape_holds_no_more_than_its_arms():
    assert square(shapely.union(box(56, -2, 60, 40), box(56, 36, 80, 40))).side_m == pytest.approx(4.0, abs=0.4)


def test_a_post_in_the_middle_leaves_half():
    # Of all squares in a 12 m square that do not contain its middle the largest leans on two sides and the post.
    found = square(box(60, -6, 72, 6), walls=[Point(66, 0)])
    assert found.side_m == pytest.approx(2 * np.sqrt(10), abs=1e-6)


def test_a_disc_holds_a_square_on_its_diagonal():
    found = square(Point(66, 0).buffer(8.5, quad_segs=8))
    assert found.side_m == pytest.approx(8.5 * np.sqrt(2), abs=TOLERANCE_M)


def test_a_size_is_decided_whatever_the_tolerance():
    below, exactly = (square(box(60, -s / 2, 60 + s, s / 2), sizes=[12.0]) for s in (11.998, 12.0))
    assert below.side_m == pytest.approx(11.998, abs=1e-6)
    assert below.upper_m < 12.0
    assert exactly.side_m >= 12.0 - 1e-6


def test_what_the_lane_does_not_touch_is_not_found():
    assert square(box(25, 3, 45, 23)).side_m == pytest.approx(4.0, abs=1e-6)


def test_where_the_search_is_cut_short_it_says_what_is_open():
    free = shapely.union(LANE, Point(68, 0).buffer(9, quad_segs=16))
    found = largest_square(free, LANE, most_m=20.0, budget=10_000)
    assert found.side_m < 9 * np.sqrt(2) + 1e-6 < found.upper_m


@settings(max_examples=40)
@given(st.lists(st.floats(-5, 5), min_size=4, max_size=4))
def test_the_square_distance_of_a_segment(values):
    a, b = np.array(values[:2]), np.array(values[2:])
    t = np.linspace(0, 1, 4001)[:, None]
    sampled = np.abs(a + t * (b - a)).max(axis=1).min()
    assert square_distance(a, b) == pytest.approx(sampled, abs=5e-3)
    assert square_distance(a, b) <= sampled + 1e-12


@settings(max_examples=3)
@given(st.integers(0, 10_000))
def test_no_sampled_square_is_larger(seed):
    random = np.random.default_rng(seed)
    yard = shapely.MultiPoint(random.uniform([58, -9], [74, 9], (9, 2))).convex_hull.union(box(55, -2, 62, 2))
    posts = [Point(*p) for p in random.uniform([60, -6], [72, 6], (2, 2))]
    free = shapely.union(LANE, yard)
    found = largest_square(free, LANE, walls=posts, most_m=20.0)
    shapely.prepare(free)
    for _ in range(300):
        xy, angle = random.uniform([56, -7], [72, 7]), random.uniform(0, 90)
        side = found.upper_m + 0.002
        trial = shapely.affinity.rotate(box(*(xy - side / 2), *(xy + side / 2)), angle)
        fits = free.contains(trial) and not any(trial.buffer(-1e-9).intersects(p) for p in posts)
        assert not (fits and trial.intersects(LANE))


# ----------------------------------------------------------------------------------------- dead ends


def dead_ends(outlines, ends, **layers):
    where = site(outlines, entrances=ends, **layers)
    return measure_dead_ends(spaces_of(where))


def test_a_lane_through_is_no_dead_end():
    assert dead_ends([road(100, 6)], gates()) == []


def test_a_single_way_in_is_one_from_the_mouth_on():
    (found,) = dead_ends([road(100, 6)], gates(both=False))
    assert (found.root, local(found.tip)) == ("mouth", (100.0, pytest.approx(0.0, abs=1e-3)))
    assert found.length_m == pytest.approx(100.0, abs=1e-3)


def test_a_branch_counts_from_the_junction():
    (found,) = dead_ends([shapely.union(road(100, 6), box(48, 0, 52, 60))], gates())
    assert found.root == "junction"
    assert found.length_m == pytest.approx(60.0, abs=0.5)
    # What lies before the side of the other lane is that lane's.
    assert found.lines.bounds[1] - 4_630_000 > 3.5


def test_branches_of_branches_count_from_the_last_place_with_another_way_out():
    (found,) = dead_ends([shapely.union_all([road(100, 6), box(48, 0, 52, 60), box(20, 56, 80, 60)])], gates())
    assert len(found.lane_ids) == 3
    assert found.length_m == pytest.approx(58 + 30, abs=1.5)
    (table,) = [dead_end_table([found], spaces_of(site([road(100, 6)], entrances=gates())))]
    assert table["lane_ids"].iloc[0].count(",") == 2


def test_a_ring_at_the_end_lets_one_turn_round():
    ring = box(0, 0, 60, 60).difference(box(5, 5, 55, 55))
    assert dead_ends([shapely.union(ring, box(-60, 28, 0, 32))], [(LineString([(-60, 28), (-60, 32)]), {})]) == []


def test_a_road_that_is_no_fire_lane_is_a_way_out():
    assert dead_ends([road(60, 4), (box(60, -2, 120, 2), {"fire_lane": False})], gates(60, 4, both=False)) == []


def test_a_gate_that_does_not_open_is_no_way_out():
    west, (line, columns) = gates()
    (found,) = dead_ends([road(100, 6)], [west, (line, {**columns, "gate": True, "openable": False})])
    assert found.root == "mouth"


def test_no_way_leads_there():
    (found,) = dead_ends([road(100, 6)], [])
    assert found.root == "none"


def test_what_stands_in_the_turning_area_is_named():
    where = site([shapely.union(LANE, box(60, -6, 72, 6))], entrances=gates(60, 4, both=False), obstructions=[car(66, 4)])
    spaces = spaces_of(where)
    (found,) = measure_dead_ends(spaces)
    area = TurningGround(spaces, 4.0).at(found, 12.0)
    # The car takes y = 3.05 … 4.95.
    assert area.square.side_m == pytest.approx(9.05, abs=1e-6)
    assert area.bare.side_m == pytest.approx(12.0, abs=1e-6)
    assert area.owners == ("obstructions-1",)
    assert area.fits(12.0) is False
    assert area.fits(9.0) is True
    assert area.from_tip_m == pytest.approx(0.0, abs=0.05)
    table = turning_table([(found, area)], spaces)
    assert table.geometry.iloc[0].area == pytest.approx(9.05**2, abs=1e-3)


def test_something_overhead_counts_below_the_envelope_only():
    for height, side in ((3.0, 9.0), (5.0, 12.0)):
        where = site(
            [shapely.union(LANE, box(60, -6, 72, 6))], entrances=gates(60, 4, both=False),
            obstructions=[(box(60, 3, 72, 6), {"kind": "arch", "clear_height_m": height})],
        )  # fmt: skip
        spaces = spaces_of(where)
        (found,) = measure_dead_ends(spaces)
        assert TurningGround(spaces, 4.0).at(found, 12.0).square.side_m == pytest.approx(side, abs=1e-6)
