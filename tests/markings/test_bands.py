"""Bands along lines: exact along straight stretches, near enough at corners, and few vertices."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString

from firelane.markings.bands import band

FLATTEN_M = 3e-4


def exact(line, width_m):
    return shapely.buffer(line, width_m, quad_segs=512, cap_style="flat")


def test_a_straight_line_by_hand():
    found = band(LineString([(0, 0), (10, 0)]), 0.45, FLATTEN_M)
    assert found.equals(shapely.box(0, -0.45, 10, 0.45))


def test_a_slight_turn_has_one_vertex_on_either_side():
    line = LineString([(0, 0), (10, 0), (10 + 10 * np.cos(0.05), 10 * np.sin(0.05))])  # 2.9 degrees
    found = band(line, 0.45, FLATTEN_M)
    assert shapely.get_num_coordinates(found) == 7
    tip = 0.45 / np.cos(0.025)
    far = shapely.distance(shapely.points(shapely.get_coordinates(found)), shapely.Point(10, 0))
    assert sorted(far)[:2] == pytest.approx([tip, tip])
    assert tip - 0.45 < FLATTEN_M


def test_a_right_angle_is_rounded():
    line = LineString([(0, 0), (10, 0), (10, 10)])
    found = band(line, 0.45, FLATTEN_M)
    assert found.area == pytest.approx(20 * 0.9 - 0.45**2 + np.pi * 0.45**2 / 4, abs=2e-4)
    assert not found.contains(shapely.Point(10.4, -0.4))
    assert shapely.hausdorff_distance(found, exact(line, 0.45), densify=0.05) < FLATTEN_M


def test_rings_have_no_ends():
    ring = LineString([(0, 0), (20, 0), (20, 20), (0, 20), (0, 0)])
    found = band(ring, 0.45, FLATTEN_M)
    assert found.area == pytest.approx(80 * 0.9 - 4 * 0.45**2 + np.pi * 0.45**2, abs=1e-3)
    turned = np.linspace(0, 2 * np.pi, 361)
    circle = LineString(np.stack([30 * np.cos(turned), 30 * np.sin(turned)], axis=1))
    circle = LineString([*circle.coords[:-1], circle.coords[0]])
    found = band(circle, 0.45, FLATTEN_M)
    assert len(found.interiors) == 1
    assert shapely.get_num_coordinates(found) == 2 * 361
    assert found.area == pytest.approx(circle.length * 0.9, rel=1e-3)


def test_many_lines_and_none():
    two = MultiLineString([[(0, 0), (10, 0)], [(0, 5), (10, 5)]])
    assert band(two, 0.5, FLATTEN_M).area == pytest.approx(20.0)
    assert band(MultiLineString(), 0.5, FLATTEN_M).is_empty
    assert band(two, 0.0, FLATTEN_M).is_empty


steps = st.lists(st.tuples(st.floats(0.05, 15.0), st.floats(-170.0, 170.0)), min_size=1, max_size=8)


@settings(max_examples=40)
@given(steps, st.sampled_from([0.12, 0.225, 0.3, 0.45, 0.6]))
def test_any_line(pieces, width_m):
    points, heading = [np.zeros(2)], 0.0
    for length, turn in pieces:
        heading += np.radians(turn)
        points.append(points[-1] + length * np.array([np.cos(heading), np.sin(heading)]))
    line = LineString(points)
    found, wanted = band(line, width_m, FLATTEN_M), exact(line, width_m)
    assert found.is_valid
    # what a flat end cuts off a turn right beside it is a matter of taste
    ends = shapely.union_all([shapely.Point(points[k]).buffer(2.1 * width_m) for k in (0, -1)])
    # the library drops shallow dents of its lines up to a hundredth of the width, the exact one's as well
    assert found.symmetric_difference(wanted).difference(ends).area <= (FLATTEN_M + 0.01 * width_m) * (line.length + 1)
    outline = shapely.points(shapely.get_coordinates(shapely.segmentize(found.boundary, 0.05)))
    assert shapely.distance(outline, line).max() <= width_m + FLATTEN_M
