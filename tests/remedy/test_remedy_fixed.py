"""Scenes with a known least remedy, as drawn and on the map (T1–T12, T15 and T16 of the method's list)."""

from __future__ import annotations

import math

import pytest
import shapely
from remedy_oracles import Ways, as_drawn, on_the_map
from shapely import LineString, Point, Polygon, box

pytestmark = pytest.mark.parametrize("position", [as_drawn, on_the_map])


def the(ways):
    """Return cost and what goes, of a proven solution."""
    found = ways.solve()
    assert found.proven
    assert found.lower_bound == found.cost
    return found.cost, ways.names(found)


def test_t1_a_fence_outside_the_road_is_the_trap_of_the_greedy(position):
    road = box(0, -6, 80, 6) - box(18, -1, 42, 1)
    car, fence = box(27.7, 2.55, 32.3, 4.45), LineString([(30, -3.5), (30, -12), (60, -12), (60, 3.5)])
    ways = Ways(road, [car, fence], [((4, 0), (76, 0))], costs=[2, 3], position=position)
    assert the(ways) == (3, {1})
    assert ways.width(0) == pytest.approx(2.5, abs=1e-6)
    assert ways.width(0, {1}) == pytest.approx(5.0, abs=1e-6)


@pytest.mark.parametrize(("gap", "cost"), [(3.99993, 5), (4.0, 0), (4.00007, 0), (3.9999995, 0), (3.999998, 5)])
def test_t2_no_arc_errs_and_a_micrometre_is_let_pass(position, gap, cost):
    theta = math.radians(42.5 * 180 / 128)
    post = (30.0, 3.5)
    other = (post[0] + gap * math.cos(theta), post[1] + gap * math.sin(theta))
    road = box(0, 0, 60, other[1] + 3.5)
    ways = Ways(road, [Point(post), Point(other)], [((5, 5), (55, 5))], costs=[5, 5], position=position)
    assert the(ways)[0] == cost


def test_t3_a_pocket_may_be_driven_through(position):
    shapes = [LineString([(20, 0), (20, 10)]), LineString([(30, 0), (30, 10)]), box(19, 0, 31, 0.5)]
    ways = Ways(box(0, 0, 60, 10), shapes, [((5, 5), (55, 5))], costs=[3, 3, 5], position=position)
    assert the(ways) == (6, {0, 1})
    assert ways.width(0, {0, 1}) == pytest.approx(9.5, abs=1e-6)


RING = [(30 + 5 * math.cos(2 * math.pi * k / 36), 10 + 5 * math.sin(2 * math.pi * k / 36)) for k in range(36)]


@pytest.mark.parametrize("ring", [LineString([*RING, RING[0]]), shapely.buffer(LineString([*RING, RING[0]]), 0.2)])
def test_t4_and_t5_an_enclosure_without_a_gap(position, ring):
    ways = Ways(box(0, 0, 60, 20), [ring], [((4, 10), (30, 10))], costs=[8], position=position)
    assert the(ways) == (8, {0})
    assert ways.width(0) == 0.0
    assert ways.width(0, {0}) == pytest.approx(8.0, abs=1e-6)


def test_t6_a_neck_between_two_rooms_in_one_obstacle(position):
    rooms = shapely.union_all([box(10, 5, 40, 35), box(60, 5, 90, 35), box(40, 18.5, 60, 21.5)])
    ways = Ways(box(0, 0, 100, 40), [box(2, 2, 98, 38) - rooms], [((25, 20), (75, 20))], costs=[8], position=position)
    assert the(ways) == (8, {0})
    assert ways.width(0) == pytest.approx(3.0, abs=1e-6)
    assert ways.width(0, {0}) == 12.0


@pytest.mark.parametrize("vertex", [False, True])
def test_t7_a_hole_that_touches_the_outline(position, vertex):
    outline = [(0, 0), (30, 0), (60, 0), (60, 20), (0, 20)] if vertex else [(0, 0), (60, 0), (60, 20), (0, 20)]
    road = Polygon(outline, [[(30, 0), (35, 10), (25, 10)]])
    ways = Ways(road, [LineString([(30, 10), (30, 20)])], [((5, 10), (55, 10))], costs=[8], position=position)
    assert the(ways) == (8, {0})
    assert ways.width(0) == pytest.approx(0.0, abs=1e-6)
    assert ways.width(0, {0}) == pytest.approx(10.0, abs=1e-6)


def test_t7_a_hole_a_centimetre_off_the_outline(position):
    road = Polygon([(0, 0), (30, 0), (60, 0), (60, 20), (0, 20)], [[(30, 0.01), (35, 10), (25, 10)]])
    ways = Ways(road, [LineString([(30, 10), (30, 20)])], [((5, 10), (55, 10))], costs=[8], position=position)
    assert the(ways) == (8, {0})
    assert ways.width(0) == pytest.approx(0.01, abs=1e-6)


def test_t7_holes_that_touch_one_another_leave_nothing_to_remove(position):
    holes = [[(30, 10), (35, 5), (30, 1), (25, 5)], [(30, 10), (35, 15), (30, 19), (25, 15)]]
    found = Ways(Polygon(box(0, 0, 60, 20).exterior, holes), [], [((5, 10), (55, 10))], position=position).solve()
    assert (found.impossible, found.rows, found.cost) == (True, frozenset(), math.inf)
    assert found.bar.width_m == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("gap", [10.0, 0.031])
def test_t8_parts_of_the_road_that_do_not_meet(position, gap):
    road = shapely.union_all([box(0, 0, 20, 10), box(20 + gap, 0, 60, 10)])
    assert Ways(road, [], [((5, 5), (50, 5))], position=position).solve().impossible


def test_t8_a_road_in_the_hole_of_another(position):
    road = shapely.union_all([box(0, 0, 60, 60) - box(10, 10, 50, 50), box(20, 20, 40, 40)])
    ways = Ways(road, [], [((5, 5), (30, 30))], position=position)
    assert ways.solve().impossible
    assert ways.width(0) == 0.0


def test_t9_a_concave_wall_pinches_with_itself(position):
    angles = [math.radians(20 + 10 * k) for k in range(33)]
    wall = LineString([(30 + 5 * math.cos(a), 10 + 5 * math.sin(a)) for a in angles])
    ways = Ways(box(0, 0, 60, 20), [wall], [((4, 10), (30, 10))], costs=[8], position=position)
    assert the(ways) == (8, {0})
    assert ways.width(0) == pytest.approx(10 * math.sin(math.radians(20)), abs=1e-6)
    assert ways.width(0, {0}) == pytest.approx(8.0, abs=1e-6)


def test_t10_where_kerbs_are_too_near_nothing_helps(position):
    road = box(0, 0, 60, 10) - box(25, 0, 30, 3) - box(25, 6.5, 30, 10)
    found = Ways(road, [Point(40, 5)], [((5, 5), (55, 5))], position=position).solve()
    assert found.impossible
    assert found.bar.width_m == pytest.approx(3.5, abs=1e-6)


def test_t11_one_remedy_for_two_targets_is_not_the_sum_of_two(position):
    road = shapely.union_all([box(0, 0, 60, 8), box(40, -30, 46, 38)])
    fences = [LineString([(20, -1), (20, 9)]), LineString([(39, 20), (47, 20)]), LineString([(39, -15), (47, -15)])]
    ways = Ways(road, fences, [((4, 4), (43, 34)), ((4, 4), (43, -26))], costs=[3, 2, 1], position=position)
    assert [ways.solve(t).cost for t in ([[0]], [[1]], [[0], [1]])] == [5, 4, 6]


def test_t12_the_cheaper_of_two_entrances_serves(position):
    fences = [LineString([(15, -1), (15, 9)]), LineString([(45, -1), (45, 9)])]
    ways = Ways(box(0, 0, 60, 8), fences, [((4, 4), (30, 4)), ((56, 4), (30, 4))], costs=[5, 1], position=position)
    found = ways.solve([[0, 1]])
    assert (found.cost, ways.names(found), found.proven) == (1, {1}, True)


@pytest.mark.parametrize("reach", [0.0, 0.1, 1e-6, 1e-8, -1e-8, -1e-7, -1e-6, -1e-3])
def test_t15_from_kerb_to_kerb_whatever_rounding_says(position, reach):
    for half in (0.0, 0.1):
        ends = (-reach, 20 + reach)
        body = box(30 - half, ends[0], 30 + half, ends[1]) if half else LineString([(30, ends[0]), (30, ends[1])])
        for turn in (0.0, 11.3, 47.9, 80.6):
            there = position if position is as_drawn else (lambda g, t=turn: on_the_map(g, t))
            ways = Ways(box(0, 0, 60, 20), [body], [((5, 10), (55, 10))], costs=[8], position=there)
            assert the(ways) == (8, {0})


@pytest.mark.parametrize("y", [0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 3.5])
@pytest.mark.parametrize("vertex", [True, False])
def test_t16_a_kerb_vertex_opposite_a_tip(position, y, vertex):
    outline = [(0, 0), (30, 0), (60, 0), (60, 20), (0, 20)] if vertex else [(0, 0), (60, 0), (60, 20), (0, 20)]
    road = Polygon(outline, [[(30, y), (35, y + 8), (25, y + 8)]])
    wall = box(29.9, y + 7.9, 30.1, 20.1)
    for turn in (0.0, 11.3, 47.9, 80.6):
        there = position if position is as_drawn else (lambda g, t=turn: on_the_map(g, t))
        ways = Ways(road, [wall], [((5, 10), (55, 10))], costs=[8], position=there)
        assert the(ways) == (8, {0})
        assert ways.width(0) == pytest.approx(y, abs=1e-6)


def test_an_obstacle_on_a_place_must_go_and_an_edge_there_cannot(position):
    car = box(27.7, 2.0, 32.3, 3.9)
    assert the(Ways(box(0, 0, 60, 8), [car], [((5, 4), (30, 4))], costs=[2], position=position)) == (2, {0})
    found = Ways(box(0, 0, 60, 8), [car], [((5, 4), (30, 1.5))], costs=[2], position=position).solve()
    assert found.impossible
    assert found.bar.width_m == pytest.approx(3.0, abs=1e-6)
    # Immovable, it leaves no way at all.
    assert Ways(box(0, 0, 60, 8), [car], [((5, 4), (30, 4))], costs=[None], position=position).solve().impossible
