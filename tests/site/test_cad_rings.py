from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from firelane.site.cad.rings import closed_rings


def lines(*paths) -> np.ndarray:
    return np.array([shapely.LineString(path) for path in paths], dtype=object)


def box(west, south, east, north):
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def areas(rings) -> list[float]:
    return sorted(shapely.area(rings.polygons).tolist())


def test_nothing():
    rings = closed_rings(np.empty(0, dtype=object), 0.01)
    assert (len(rings.polygons), rings.members, rings.gaps, len(rings.dangles)) == (0, [], [], 0)


def test_closed_outline_keeps_every_digit():
    path = [(500000.1, 4600000.3), (500010.7, 4600000.9), (500003.3, 4600009.1), (500000.1, 4600000.3)]
    rings = closed_rings(lines(path), 0.01)
    assert {tuple(xy) for xy in shapely.get_coordinates(rings.polygons[0]).tolist()} == set(path)
    assert (rings.members[0].tolist(), rings.gaps, rings.dangles.tolist()) == ([0], [], [])


def test_four_lines_with_gaps_in_two_corners():
    rings = closed_rings(
        lines([(0, 0), (10, 0)], [(10, 0.003), (10, 5)], [(10, 5), (0, 5.002)], [(0, 5), (0, 0)], [(20, 0), (30, 0)]), 0.01
    )
    assert areas(rings) == pytest.approx([50 + 0.5 * 10 * 0.002])
    assert np.array(rings.gaps) == pytest.approx(np.array([(0, 5.001, 0.002), (10, 0.0015, 0.003)]))
    assert [m.tolist() for m in rings.members] == [[0, 1, 2, 3]]
    assert rings.dangles.tolist() == [4]


def test_gap_wider_than_allowed_stays_open():
    rings = closed_rings(lines([(0, 0), (10, 0), (10, 5), (0, 5), (0, 0.011)]), 0.010)
    assert (len(rings.polygons), rings.dangles.tolist()) == (0, [0])
    rings = closed_rings(lines([(0, 0), (10, 0), (10, 5), (0, 5), (0, 0.008)]), 0.010)
    assert areas(rings) == pytest.approx([50])
    assert rings.gaps[0] == pytest.approx((0, 0.004, 0.008))


def test_no_vertex_moves():
    given_lines = lines([(0, 0), (10, 0)], [(10.004, 0.003), (10, 5)], [(10, 5.002), (0, 5)], [(-0.003, 5), (0, 0.002)])
    rings = closed_rings(given_lines, 0.01)
    drawn = {tuple(xy) for xy in shapely.get_coordinates(given_lines).tolist()}
    assert {tuple(xy) for xy in shapely.get_coordinates(rings.polygons).tolist()} == drawn


def test_lines_and_arc_are_a_ring():
    t = np.linspace(-math.pi / 2, math.pi / 2, 361)
    arc = np.column_stack([10 + 2 * np.cos(t), 2 + 2 * np.sin(t)])
    rings = closed_rings(lines([(0, 0), (10, 0)], arc, [(10, 4), (0, 4)], [(0, 4), (0, 0)]), 0.001)
    assert areas(rings) == pytest.approx([40 + 0.5 * 4 * 360 * math.sin(math.pi / 360)], abs=1e-9)


def test_overshoots_are_cut_and_told():
    rings = closed_rings(
        lines([(-0.005, 0), (10.005, 0)], [(10, -0.005), (10, 5.005)], [(10.004, 5), (0, 5)], [(0, 5), (0, 0)]), 0.01
    )
    assert areas(rings) == pytest.approx([50])
    assert sorted(length for _, _, length in rings.gaps) == pytest.approx([0.004, 0.005, 0.005, 0.005, 0.005])
    assert rings.dangles.tolist() == []


def test_end_short_of_a_line_reaches_it():
    rings = closed_rings(lines(box(0, 0, 10, 5), [(5, 0.004), (5, 4.997)]), 0.01)
    assert areas(rings) == pytest.approx([25, 25])
    assert [m.tolist() for m in rings.members] == [[0, 1], [0, 1]]
    assert sorted(length for _, _, length in rings.gaps) == pytest.approx([0.003, 0.004], abs=1e-6)


def test_crossing_lines_are_cut_where_they_cross():
    rings = closed_rings(lines([(-5, 0), (15, 0)], [(-5, 5), (15, 5)], [(0, -5), (0, 9)], [(10, -5), (10, 9)]), 0.01)
    assert areas(rings) == [50]
    assert rings.members[0].tolist() == [0, 1, 2, 3]


def test_what_was_drawn_twice_counts_once_and_both_rows_are_named():
    rings = closed_rings(lines(box(0, 0, 4, 4), box(0, 0, 4, 4), [(4, 0), (4, 4)]), 0.01)
    assert areas(rings) == [16]
    assert rings.members[0].tolist() == [0, 1, 2]


def test_what_was_drawn_twice_not_quite_alike_encloses_nothing_between():
    rings = closed_rings(lines(box(0, 0, 40, 40), box(0.002, 0.002, 40.002, 40.002)), 0.01)
    assert len(rings.polygons) == 1
    assert areas(rings) == pytest.approx([1600], abs=0.5)


def test_nested_outlines_are_holes_and_islands():
    rings = closed_rings(lines(box(0, 0, 10, 10), box(2, 2, 8, 8), box(4, 4, 6, 6), box(20, 0, 22, 2)), 0.01)
    assert areas(rings) == [4, 4, 64]
    assert [m.tolist() for m in rings.members] == [[0, 1], [2], [3]]


def test_hole_with_a_line_across_is_one_hole():
    rings = closed_rings(lines(box(0, 0, 10, 10), box(2, 2, 8, 8), [(2, 5), (8, 5)]), 0.01)
    assert areas(rings) == [64]
    assert rings.dangles.tolist() == [2]


def test_neighbours_share_a_side_and_are_both_areas():
    rings = closed_rings(lines(box(0, 0, 10, 10), box(10, 0, 16, 10)), 0.01)
    assert areas(rings) == [60, 100]


def test_hole_that_touches_in_a_corner_is_a_hole():
    rings = closed_rings(lines(box(0, 0, 10, 10), [(0, 0), (4, 2), (2, 4), (0, 0)]), 0.01)
    assert areas(rings) == [94]


def test_both_ends_of_a_short_line_are_not_joined_to_each_other():
    rings = closed_rings(lines([(0, 0), (0.004, 0)], [(1, 0), (1.004, 0.001), (1.008, 0)]), 0.01)
    assert (len(rings.polygons), rings.gaps, rings.dangles.tolist()) == (0, [], [0, 1])


def test_polygons_serve_by_their_outlines():
    rings = closed_rings(np.array([shapely.box(0, 0, 2, 2), shapely.Point(1, 1), shapely.LineString()], dtype=object), 0.01)
    assert areas(rings) == [4]
    assert rings.dangles.tolist() == [1, 2]


def test_order_of_the_input_does_not_matter():
    given_lines = lines(box(0, 0, 10, 10), box(20, 3, 25, 9), [(0, 20), (5, 20)], [(5, 20.001), (5, 25), (0, 20.002)])
    one, other = closed_rings(given_lines, 0.01), closed_rings(given_lines[::-1], 0.01)
    assert shapely.equals(one.polygons, other.polygons).all()
    assert [sorted(3 - m) for m in other.members] == [m.tolist() for m in one.members]


@st.composite
def outline(draw):
    """A star-shaped outline of 4–9 corners, cut into lines whose ends miss each other by up to 4 mm."""
    count = draw(st.integers(4, 9))
    radius = [draw(st.floats(4.0, 20.0)) for _ in range(count)]
    turn = 2 * math.pi * np.arange(count) / count
    corners = np.column_stack([np.cos(turn), np.sin(turn)]) * np.array(radius)[:, None]
    step = st.floats(-0.002, 0.002)
    return corners, [[(draw(step), draw(step)) for _ in range(2)] for _ in range(count)]


@settings(max_examples=40)
@given(outline(), st.floats(0, 360), st.booleans())
def test_turning_and_moving_changes_nothing(drawn, turn_deg, far):
    corners, missed = drawn
    ends = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1) + np.array(missed)
    loose = shapely.linestrings(ends)
    moved = [affinity.rotate(line, turn_deg, origin=(0, 0)) for line in loose]
    if far:
        moved = [affinity.translate(line, 5e5, 4.6e6) for line in moved]
    here, there = closed_rings(loose, 0.01), closed_rings(np.array(moved, dtype=object), 0.01)
    assert len(here.polygons) == len(there.polygons) == 1
    assert shapely.area(here.polygons[0]) == pytest.approx(shapely.area(there.polygons[0]), abs=1e-5)
    exact = shapely.area(shapely.Polygon(corners))
    assert abs(shapely.area(here.polygons[0]) - exact) < 0.01 * shapely.length(shapely.Polygon(corners))
    assert here.members[0].tolist() == there.members[0].tolist() == list(range(len(corners)))


@settings(max_examples=30)
@given(outline(), st.lists(st.integers(5, 95).map(lambda n: n / 100), min_size=1, max_size=4))
def test_lines_in_pieces_give_the_same_ring(drawn, cuts):
    corners, _ = drawn
    ring = shapely.LineString(np.concatenate([corners, corners[:1]]))
    stops = np.unique([0.0, *cuts, 1.0])
    pieces = [shapely.ops.substring(ring, a, b, normalized=True) for a, b in zip(stops[:-1], stops[1:], strict=True)]
    whole, parts = closed_rings(lines(ring.coords), 0.01), closed_rings(np.array(pieces, dtype=object), 0.01)
    assert shapely.area(parts.polygons).tolist() == pytest.approx(shapely.area(whole.polygons).tolist(), abs=1e-9)
    assert parts.members[0].tolist() == list(range(len(pieces)))


@pytest.mark.slow
def test_hundred_thousand_lines():
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(np.arange(160) * 15.0, np.arange(160) * 9.0), axis=-1).reshape(-1, 2)
    corner = np.array([[0, 0], [10, 0], [10, 5], [0, 5], [0, 0]])
    ends = np.concatenate([np.stack([grid + corner[k], grid + corner[k + 1]], axis=1) for k in range(4)])
    rings = closed_rings(shapely.linestrings(ends + rng.uniform(-0.001, 0.001, ends.shape)), 0.01)
    assert len(rings.polygons) == len(grid)
    assert shapely.area(rings.polygons) == pytest.approx(50, abs=0.1)
    assert len(rings.dangles) == 0
