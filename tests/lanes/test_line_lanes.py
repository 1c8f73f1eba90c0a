"""Lanes of which only the centreline is known: where they join, how they are named, what becomes of entrances."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, box
from support import site_scenes as S

from firelane.lanes.network import lane_network


def network(lines, roads=(), **layers):
    return lane_network(S.site(list(roads), road_lines=lines, **layers))


def shapes(found):
    """Return the lanes in local coordinates, whichever way they run."""
    result = []
    for line in found.line_lanes.geometry:
        xy = [S.local(c) for c in line.coords]
        result.append(min(tuple(xy), tuple(xy[::-1])))
    return sorted(result)


def test_a_site_without_lines_has_none():
    found = lane_network(S.site([S.road()]))
    assert found.by_line is None
    assert len(found.line_lanes) == 0
    assert list(found.every_lane["lane_id"]) == list(found.lanes["lane_id"])


def test_lines_join_at_shared_vertices_and_run_on_over_ways():
    """A T: the bar is two ways that end at different places, the stem ends at the bar's vertex."""
    found = network([LineString([(0, 0), (30, 0), (50, 0)]), LineString([(50, 0), (80, 0)]), LineString([(30, -20), (30, 0)])])
    assert shapes(found) == [
        ((0.0, 0.0), (30.0, 0.0)), ((30.0, -20.0), (30.0, 0.0)), ((30.0, 0.0), (50.0, 0.0), (80.0, 0.0)),
    ]  # fmt: skip
    along = {tuple(r.road_ids) for r in found.line_lanes.itertuples()}
    assert along == {("road_lines-1",), ("road_lines-3",), ("road_lines-1", "road_lines-2")}
    assert sorted(found.line_lanes["length_m"]) == pytest.approx([20.0, 30.0, 50.0])
    assert len(found.lanes) == 0
    assert found.pavement.is_empty


def test_a_line_that_ends_on_another_one_joins_it():
    found = network([LineString([(0, 0), (80, 0)]), LineString([(30, -20), (30, -0.0005)])])
    assert [len(s) for s in shapes(found)] == [2, 2, 2]
    assert sorted(found.line_lanes["length_m"]) == pytest.approx([20.0, 30.0, 50.0], abs=1e-3)
    apart = network([LineString([(0, 0), (80, 0)]), LineString([(30, -20), (30, -0.01)])])
    assert sorted(apart.line_lanes["length_m"]) == pytest.approx([19.99, 80.0])


def test_lines_that_cross_without_a_vertex_do_not_join():
    """One of them may be a bridge."""
    found = network([LineString([(0, 0), (80, 0)]), LineString([(30, -20), (30, 20)])])
    assert sorted(found.line_lanes["length_m"]) == pytest.approx([40.0, 80.0])
    assert set(found.line_lanes["start_kind"]) | set(found.line_lanes["end_kind"]) == {"tip"}


def test_what_lies_inside_a_known_pavement_is_left_out():
    found = network([LineString([(-40, 0), (150, 0)])], [S.road(100, 6)])
    assert shapes(found) == [((-40.0, 0.0), (0.0, 0.0)), ((100.0, 0.0), (150.0, 0.0))]
    assert {tuple(sorted((r.start_kind, r.end_kind))) for r in found.line_lanes.itertuples()} == {("junction", "tip")}
    inside = lane_network(S.site([S.road(100, 6)], road_lines=[LineString([(10, 0), (90, 0)])]))
    assert inside.by_line is None


def test_drivable_roads_are_no_lanes_but_ways_and_junctions():
    found = network([LineString([(0, 0), (30, 0), (80, 0)]), (LineString([(30, -20), (30, 0)]), {"fire_lane": False})])
    assert shapes(found) == [((0.0, 0.0), (30.0, 0.0)), ((30.0, 0.0), (80.0, 0.0))]
    assert found.by_line.ways.length == pytest.approx(100.0)
    assert found.by_line.others.length == pytest.approx(20.0)
    none = network([(LineString([(0, 0), (30, 0)]), {"fire_lane": False})])
    assert len(none.line_lanes) == 0
    assert none.by_line is not None


@pytest.mark.parametrize(
    ("lines", "lengths"),
    [
        ([LineString([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)])], [40.0]),  # a ring by itself
        ([LineString([(0, 0), (10, 0), (10, 10), (0, 0)]), LineString([(0, 0), (-5, 0)])], [5.0, 20 + 200**0.5]),
        ([LineString([(0, 0), (10, 0)]), LineString([(10, 0), (0, 0)])], [10.0]),  # one road drawn twice
        ([LineString([(0, 0), (10, 0), (10, 0), (20, 0)]), LineString([(5, 5), (5, 5)])], [20.0]),  # no length
        ([LineString([(0, 0), (20, 0), (20, 10), (10, -5)])], [30 + 325**0.5]),  # crosses itself
        ([MultiLineString([[(0, 0), (10, 0)], [(10, 0), (10, 20)]])], [30.0]),
    ],
)
def test_odd_lines(lines, lengths):
    found = network(lines)
    assert sorted(found.line_lanes["length_m"]) == pytest.approx(sorted(lengths))
    assert found.line_lanes["lane_id"].is_unique


def test_a_road_drawn_twice_tells_both_ids():
    found = network([LineString([(0, 0), (10, 0)]), LineString([(10, 0), (0, 0)])])
    assert set(found.line_lanes["road_ids"].iloc[0]) == {"road_lines-1", "road_lines-2"}


def test_an_entrance_at_a_free_end_is_a_mouth_and_the_lane_runs_from_it():
    gate = (LineString([(79, -2), (79, 2)]), {"id": "E", "gate": True, "clear_height_m": 3.5})
    found = network([LineString([(0, 0), (80, 0)])], entrances=[gate])
    lane = found.line_lanes.iloc[0]
    assert (lane["start_kind"], lane["end_kind"]) == ("mouth", "tip")
    assert S.local(lane.geometry.coords[0]) == (80.0, 0.0)
    mouth = found.by_line.mouths.iloc[0]
    assert (mouth["entrance_id"], mouth["lane_id"], mouth["clear_height_m"]) == ("E", lane["lane_id"], 3.5)
    assert len(found.mouths) == 0
    assert not found.notes


def test_an_entrance_in_the_middle_of_a_lane_ends_nothing():
    found = network([LineString([(0, 0), (80, 0)])], entrances=[(Point(40, 2), {"id": "M"})])
    assert list(found.line_lanes["start_kind"]) == ["tip"]
    assert list(found.by_line.mouths["entrance_id"]) == ["M"]


def test_entrances_of_the_pavement_stay_with_it():
    found = network([LineString([(100, 0), (150, 0)])], [S.road(100, 6)], entrances=S.gates(both=False))
    assert list(found.mouths["entrance_id"]) == ["W"]
    assert len(found.by_line.mouths) == 0


def test_an_entrance_far_from_every_road_is_told():
    found = network([LineString([(0, 0), (80, 0)])], entrances=[(Point(40, 30), {"id": "far"})])
    assert [n.code for n in found.notes] == ["entrance_unusable"]


def test_ids_stay_where_something_far_away_changes():
    here = [LineString([(0, 0), (30, 0), (80, 0)]), LineString([(30, 0), (30, 50)])]
    before = set(network(here).line_lanes["lane_id"])
    after = set(network([LineString([(500, 0), (600, 40)]), *here]).line_lanes["lane_id"])
    assert before < after
    assert all(i.startswith("W") for i in after)


grid = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([(1, 0), (0, 1), (1, 1)])), min_size=1, max_size=14,
)  # fmt: skip


def _pieces(found):
    """Return every straight piece of the lanes, whichever way it runs, with the length of its lane."""
    result = set()
    for line in found.line_lanes.geometry:
        xy = [S.local(c) for c in line.coords]
        result |= {(min(a, b), max(a, b), round(line.length, 3)) for a, b in zip(xy, xy[1:], strict=False)}
    return result


@settings(max_examples=40)
@given(grid, st.randoms(use_true_random=False))
def test_neither_order_nor_direction_nor_cuts_of_ways_matter(steps, random):
    """Any set of unit pieces: the same lanes, however the pieces are dealt out to ways."""
    lines = [LineString([(20 * x, 20 * y), (20 * (x + dx), 20 * (y + dy))]) for x, y, (dx, dy) in steps]
    mixed = [line if random.random() < 0.5 else shapely.reverse(line) for line in lines]
    random.shuffle(mixed)
    first, second = network(lines), network(mixed)
    assert _pieces(first) == _pieces(second)
    assert set(first.line_lanes["lane_id"]) == set(second.line_lanes["lane_id"])
    whole = network(list(shapely.get_parts(shapely.line_merge(shapely.union_all(lines))))) if len(lines) > 1 else first
    assert whole.line_lanes["length_m"].sum() == pytest.approx(first.line_lanes["length_m"].sum())
    assert first.line_lanes["length_m"].sum() == pytest.approx(shapely.union_all(lines).length)


@settings(max_examples=25)
@given(st.integers(0, 359), st.floats(-5e4, 5e4), st.floats(-5e4, 5e4))
def test_moving_and_turning_changes_nothing_but_places(angle, dx, dy):
    lines = [LineString([(0, 0), (30, 0), (80, 0)]), LineString([(30, 0), (30, 50)]), LineString([(30, 50), (60, 50)])]

    def place(shape):
        return S.moved(shapely.affinity.translate(shapely.affinity.rotate(shape, angle, origin=(0, 0)), dx, dy))

    found = lane_network(S.site([], road_lines=lines, transform=place))
    assert sorted(found.line_lanes["length_m"]) == pytest.approx([30.0, 50.0, 80.0])


def test_thousands_of_lines_take_linear_time():
    """A street grid of 2 × 60 × 60 ways is done in the time of reading them."""
    n = 60
    lines = [LineString([(50 * x, 50 * y), (50 * x + 50, 50 * y)]) for x in range(n) for y in range(n)]
    lines += [LineString([(50 * x, 50 * y), (50 * x, 50 * y + 50)]) for x in range(n) for y in range(n)]
    found = network(lines, [box(1000, 1000, 1060, 1060)])
    total = 2 * n * n * 50 - shapely.intersection(shapely.union_all(lines), box(1000, 1000, 1060, 1060)).length
    assert found.line_lanes["length_m"].sum() == pytest.approx(total)
    assert np.all(found.line_lanes["length_m"] <= 100.0 + 1e-6)
