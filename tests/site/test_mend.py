"""Hairline gaps: closed exactly, and nothing else moves (hand-checkable figures first)."""

import math
import time

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import affinity
from site_builders import box, codes, frame, note, read

from firelane.site.mend import close_hairline_gaps, open_gaps

BOX = shapely.box


def still(geom):
    return geom


def turned(geom):
    """Return the geometry turned by 33.7° and moved to map coordinates."""
    return affinity.translate(affinity.rotate(geom, 33.7, origin=(0, 0)), 531234.567, 4182345.891)


PLACES = pytest.mark.parametrize("place", [still, turned])


def joined(geoms, place=still):
    closed = close_hairline_gaps([place(geom) for geom in geoms])
    assert len(closed) == len(geoms)
    assert shapely.is_valid(closed).all()
    union = shapely.union_all(closed)
    assert union.is_valid
    return closed, union


def holes(union):
    return [hole for part in shapely.get_parts(union) for hole in part.interiors]


@PLACES
@pytest.mark.parametrize("gap_m", [0.0, 1e-9, 1e-7, 2e-7, 0.001, 0.01, -0.01, 0.029, 0.030])
def test_two_boxes_become_one(place, gap_m):
    _, union = joined([BOX(0, 0, 50, 6), BOX(50 + gap_m, 0, 100, 6)], place)
    assert union.geom_type == "Polygon"
    assert not holes(union)
    # Nothing else moved: the outline is that of one box.
    assert union.symmetric_difference(place(BOX(0, 0, 100, 6))).area < 1e-6
    assert shapely.hausdorff_distance(union, place(BOX(0, 0, 100, 6))) < 2e-7


@PLACES
@pytest.mark.parametrize("gap_m", [0.031, 0.05])
def test_wider_gaps_stay(place, gap_m):
    boxes = [place(BOX(0, 0, 50, 6)), place(BOX(50 + gap_m, 0, 100, 6))]
    closed = close_hairline_gaps(boxes)
    assert all(a is b for a, b in zip(closed, boxes, strict=True))
    assert open_gaps(closed, 0.030, 0.1) == [(0, 1, pytest.approx(gap_m, abs=1e-6))]


def test_polygons_without_a_crack_are_returned_as_they_are():
    boxes = [BOX(0, 0, 50, 6), BOX(50, 0, 100, 6), BOX(200, 0, 210, 6)]
    assert all(a is b for a, b in zip(close_hairline_gaps(boxes), boxes, strict=True))
    assert close_hairline_gaps([]).tolist() == []
    assert close_hairline_gaps(boxes[:1])[0] is boxes[0]
    assert open_gaps(boxes, 0.03, 0.1) == []


@PLACES
@pytest.mark.parametrize("gap_m", [0.003, 0.012, 0.025])
def test_a_bent_crack_with_other_vertices_on_either_side(place, gap_m):
    def arc(radius, count):
        angle = np.linspace(0, math.pi / 2, count)
        return np.c_[radius * np.cos(angle), radius * np.sin(angle)]

    inner = shapely.Polygon(np.r_[arc(10, 91), [[0, 0]]])
    outer = shapely.Polygon(np.r_[arc(10 + gap_m, 133), arc(16, 50)[::-1]])
    _, union = joined([inner, outer], place)
    whole = shapely.Polygon(np.r_[arc(16, 50), [[0, 0]]])
    assert union.geom_type == "Polygon"
    assert not holes(union)
    assert union.symmetric_difference(place(whole)).area < 1e-6


@PLACES
@pytest.mark.parametrize("gap_m", [0.005, 0.02, 0.029])
def test_bars_round_a_courtyard(place, gap_m):
    bars = [
        BOX(0, 0, 20 - gap_m, 4),
        BOX(20, 0, 24, 20 - gap_m),
        BOX(4 + gap_m, 20, 24, 24),
        BOX(0, 4 + gap_m, 4, 24),
    ]
    _, union = joined(bars, place)
    (hole,) = holes(union)
    # The courtyard keeps its corners sharp: the cracks end at its edge.
    assert shapely.Polygon(hole).area == pytest.approx(256.0, abs=1e-6)
    assert union.area - sum(bar.area for bar in bars) == pytest.approx(16 * gap_m, abs=1e-6)


@PLACES
def test_three_meet_with_a_void_between(place):
    _, union = joined([BOX(0, 0, 20, 4), BOX(0, 4.01, 9.99, 14), BOX(10, 4.015, 20, 14)], place)
    assert not holes(union)
    assert union.symmetric_difference(place(BOX(0, 0, 20, 14))).area < 1e-6


@PLACES
def test_a_widening_crack_is_closed_as_far_as_it_is_thin(place):
    right = shapely.Polygon([(10, 0), (20, 0), (20, 6), (10.05, 6)])  # 0 to 50 mm over 6 m
    _, union = joined([BOX(0, 0, 10, 6), right], place)
    assert union.geom_type == "Polygon"
    gained = union.area - 60 - right.area
    assert gained == pytest.approx(0.030 * 3.6 / 2, rel=1e-3)  # thin up to 3.6 m


@PLACES
def test_a_real_notch_beside_the_crack_stays(place):
    _, union = joined([BOX(0, 0, 10, 6) - BOX(9, 2, 10, 3), BOX(10.01, 0, 20, 6)], place)
    (hole,) = holes(union)
    assert shapely.Polygon(hole).area == pytest.approx(1.01, abs=1e-6)


@PLACES
def test_sharp_tips_and_notches_elsewhere_do_not_move(place):
    tip = shapely.Polygon([(0, 0), (50, 0), (50, 6), (0, 6), (-20, 3.02), (-0.01, 3), (-20, 3)])
    a, b = tip, BOX(50.02, 0, 100, 6)
    _, union = joined([a, b], place)
    gained = shapely.difference(union, shapely.union_all([place(a), place(b)]))
    assert gained.area == pytest.approx(0.12, abs=1e-6)
    assert shapely.difference(gained, place(BOX(50, 0, 50.02, 6)).buffer(1e-8)).area < 1e-9


@PLACES
def test_offset_ends_leave_a_square_step(place):
    _, union = joined([BOX(0, 0, 10, 6), BOX(10.02, 0.5, 20, 6.5)], place)
    wanted = shapely.union_all([BOX(0, 0, 10, 6), BOX(10, 0.5, 10.02, 6), BOX(10.02, 0.5, 20, 6.5)])
    assert union.symmetric_difference(place(wanted)).area < 1e-6


def test_corners_beside_edges_leave_no_slit():
    # Turned, the corners of the arm lie about 1e-10 m off the lane's edge.
    for angle in np.linspace(0.1, 89.9, 60):
        lane, arm = (
            affinity.translate(affinity.rotate(g, angle, origin=(0, 0)), 531234.567, 4182345.891)
            for g in (BOX(0, 0, 60, 4), BOX(5.3, 4, 9.1, 30))
        )
        union = shapely.union_all(close_hairline_gaps([lane, arm]))
        assert union.geom_type == "Polygon"
        # A slit would show as a vertex between the two ends of the arm's foot.
        foot = shapely.intersection(lane.boundary.buffer(0.5), arm)
        assert shapely.difference(foot.buffer(-1e-6), union).is_empty
        assert not holes(union)
        assert union.area == pytest.approx(60 * 4 + 3.8 * 26, abs=1e-5)


@settings(max_examples=60, deadline=None)
@example(gap_mm=29.875, angle=0.0, slant=0.25, cuts=[])  # a rung that cut off a corner
@example(gap_mm=29.875, angle=0.0, slant=0.5, cuts=[])
@given(
    gap_mm=st.floats(0.0, 29.9),
    angle=st.floats(0, 360),
    slant=st.floats(-1.0, 1.0),
    cuts=st.lists(st.floats(0.05, 5.95), max_size=4),
)
def test_any_slanted_crack_is_filled_and_nothing_else(gap_mm, angle, slant, cuts):
    gap = gap_mm / 1000 * math.sqrt(1 + slant**2)  # measured across the slanted crack
    wall = sorted({0.0, 6.0, *cuts})
    left = shapely.Polygon([(-20, 0), *[(slant * y, y) for y in wall], (-20, 6)])
    right = shapely.Polygon([(20, 6), (slant * 6 + gap, 6), (gap, 0), (20, 0)])

    def place(geom):
        return affinity.translate(affinity.rotate(geom, angle, origin=(0, 0)), 536000.5, 4630000.25)

    _, union = joined([left, right], place)
    assert union.geom_type == "Polygon"
    assert not holes(union)
    plain = shapely.union_all([place(left), place(right)])
    crack = place(shapely.Polygon([(0, 0), (gap, 0), (slant * 6 + gap, 6), (slant * 6, 6)]))
    gained = shapely.difference(union, plain)
    # Outlines nearer than 1e-7 m get common corners: 26 m of edge may turn by that much.
    assert shapely.difference(gained, crack.buffer(2e-7)).area < 3e-6
    # Where the ends are slanted, a corner has nothing across it: a triangle stays open at either end.
    assert shapely.difference(crack, union).area <= 2 * 0.5 * gap**2 * abs(slant) + 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_a_whole_district_of_cracks(seed):
    # Cells that fill a square, each drawn back by 0 to 14.5 mm: cracks of up to 29 mm in every
    # direction, junctions of three, shared edges and overlaps of rounding. The square must come back
    # in one piece; only voids wider than the limit may stay, and there are none in these scenes.
    rng = np.random.default_rng(seed)
    square = BOX(0, 0, 60, 60)
    points = shapely.multipoints(rng.uniform(0, 60, (25, 2)))
    cells = shapely.intersection(
        shapely.get_parts(shapely.voronoi_polygons(points, extend_to=square)), square
    )
    back = rng.choice([0.0, 1e-6, 0.001, 0.005, 0.012], len(cells)) if seed % 2 else rng.uniform(0, 0.0125)
    drawn = np.where(back == 0, cells, shapely.buffer(cells, -back, join_style="mitre", mitre_limit=50))
    placed = [
        affinity.translate(affinity.rotate(g, 17 * seed, origin=(0, 0)), 536000.123, 4630000.456)
        for g in drawn
    ]
    closed = close_hairline_gaps(placed)
    union = shapely.union_all(closed)
    assert union.geom_type == "Polygon"
    assert not holes(union)
    assert shapely.is_valid(closed).all()
    assert union.area == pytest.approx(3600.0, abs=4 * 60 * 0.0125 + 0.1)
    for before, after in zip(placed, closed, strict=True):  # nothing was taken from any of them
        assert shapely.difference(before, after.buffer(1e-6)).area < 1e-9


def test_order_of_rows_changes_nothing():
    boxes = [BOX(0, 0, 50, 6), BOX(50.01, 0, 100, 6), BOX(40, 6.02, 60, 30)]
    one = shapely.union_all(close_hairline_gaps(boxes))
    two = shapely.union_all(close_hairline_gaps(boxes[::-1]))
    assert one.symmetric_difference(two).area < 1e-9


def test_large_networks_cost_little():
    angle = np.linspace(0, 2 * math.pi, 20000, endpoint=False)
    outer = np.c_[500 * np.cos(angle), 500 * np.sin(angle)]
    ring = shapely.Polygon(outer, [0.98 * outer[::-1]])
    spokes = [affinity.rotate(BOX(-2, 500.01, 2, 540), 6 * n, origin=(0, 0)) for n in range(60)]
    start = time.process_time()
    closed = close_hairline_gaps([ring, *spokes])
    assert time.process_time() - start < 6.0  # about 1 s
    assert shapely.union_all(closed).geom_type == "Polygon"


def test_the_reader_closes_and_tells(tmp_path):
    roads = frame(box(0, 0, 50, 6), box(50.02, 0, 100, 6), box(100.031, 0, 120, 6), id=["A", "B", "C"])
    found = read(tmp_path, roads=roads)
    assert shapely.union_all(found.layers["roads"].geometry[:2]).geom_type == "Polygon"
    assert note(found, "hairline_gap_closed").row == "A"
    told = note(found, "gap_left_open")
    assert "31.0 mm" in told.en
    assert "B 与 C" in told.zh
    assert codes(read(tmp_path, roads=frame(box(0, 0, 50, 6), box(50, 0, 100, 6)))) == []
