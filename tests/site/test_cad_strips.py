from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from firelane.site.cad.strips import Strips, areas_between

NONE = np.empty(0, dtype=object)


def lines(*paths) -> np.ndarray:
    return np.array([shapely.LineString(path) for path in paths], dtype=object)


def found(edges, centres=NONE, *, widest=12.0, narrowest=2.0, **more) -> Strips:
    return areas_between(edges, centres, widest_m=widest, narrowest_m=narrowest, **more)


def areas(strips: Strips) -> list[float]:
    return sorted(shapely.area(strips.polygons).tolist())


def codes(strips: Strips) -> list[str]:
    return sorted(doubt.code for doubt in strips.doubts)


def quarter(x, y, radius, start_deg):
    t = np.radians(start_deg + np.linspace(0, 90, 181))
    return np.column_stack([x + radius * np.cos(t), y + radius * np.sin(t)])


def cut_corner(radius: float) -> float:
    """What a fillet of chords of half a degree adds to a road in the corner: the square less its quarter circle."""
    return radius * radius - 0.5 * radius * radius * 180 * math.sin(math.pi / 360)


both = pytest.mark.parametrize("with_centre", [False, True])


@both
def test_two_parallel_lines_are_a_road_exactly_four_metres_wide(with_centre):
    centre = lines([(0, 2), (50, 2)]) if with_centre else NONE
    strips = found(lines([(0, 0), (20, 0)], [(20, 0), (50, 0)], [(50, 4), (0, 4)]), centre)
    assert areas(strips) == [200.0]
    assert shapely.bounds(strips.polygons[0]).tolist() == [0, 0, 50, 4]
    assert strips.members[0].tolist() == [0, 1, 2]
    assert strips.closures == [(0, 2, 4), (50, 2, 4)]
    assert (strips.edges_left.tolist(), strips.centrelines_left.tolist(), strips.doubts) == ([], [], ())
    assert [c.tolist() for c in strips.centres] == [[0] if with_centre else []]


def test_width_stays_exact_far_from_the_origin_and_at_an_angle():
    x, y, turn = 500123.456, 4623456.789, math.radians(33.3)
    along, across = np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])
    start = np.array([x, y])
    edges = lines([start, start + 60 * along], [start + 4 * across, start + 4 * across + 60 * along])
    road = found(edges).polygons[0]
    near, far = (shapely.LineString([start + side * 4 * across + 10 * along, start + side * 4 * across + 50 * along])
                 for side in (0, 1))  # fmt: skip
    for side in (near, far):
        assert shapely.distance(shapely.boundary(road), side) < 1e-9
    assert shapely.distance(near, far) == pytest.approx(4.0, abs=1e-8)
    corners = {tuple(c) for c in shapely.get_coordinates(road).tolist()}
    assert {tuple(c) for c in shapely.get_coordinates(edges).tolist()} == corners


@both
def test_side_road_with_fillets(with_centre):
    edges = lines(
        [(0, 0), (50, 0)], [(0, 6), (17, 6)], quarter(17, 11, 5, -90), [(22, 11), (22, 30)],
        [(28, 30), (28, 11)], quarter(33, 11, 5, 180), [(33, 6), (50, 6)],
    )  # fmt: skip
    centre = lines([(0, 3), (50, 3)], [(25, 3), (25, 30)]) if with_centre else NONE
    strips = found(edges, centre)
    assert areas(strips) == pytest.approx([50 * 6 + 24 * 6 + 2 * cut_corner(5.0)], abs=1e-9)
    assert strips.members[0].tolist() == list(range(7))
    assert len(strips.closures) == 3
    assert strips.doubts == ()


@both
def test_crossing_without_corners_is_one_area_without_slits(with_centre):
    edges = lines(
        [(0, 0), (20, 0)], [(30, 0), (50, 0)], [(0, 6), (20, 6)], [(30, 6), (50, 6)],
        [(22, -20), (22, -2)], [(28, -20), (28, -2)], [(22, 8), (22, 30)], [(28, 8), (28, 30)],
    )  # fmt: skip
    centre = lines([(0, 3), (50, 3)], [(25, -20), (25, 30)]) if with_centre else NONE
    strips = found(edges, centre)
    assert areas(strips) == pytest.approx([50 * 6 + 50 * 6 - 36])
    assert shapely.get_num_interior_rings(strips.polygons[0]) == 0
    assert strips.doubts == ()


@both
def test_edge_drawn_across_the_mouth_of_a_side_road_parts_two_areas_that_touch(with_centre):
    centre = lines([(0, 3), (50, 3)], [(25, 3), (25, 30)]) if with_centre else NONE
    strips = found(lines([(0, 0), (50, 0)], [(0, 6), (50, 6)], [(22, 6), (22, 30)], [(28, 6), (28, 30)]), centre)
    assert areas(strips) == [144, 300]
    assert shapely.length(shapely.intersection(*strips.polygons)) == 6.0


def test_side_road_that_stops_short_reaches_the_crossing_road_along_its_centreline():
    edges = lines([(0, 0), (50, 0)], [(0, 6), (50, 6)], [(22, 6.5), (22, 30)], [(28, 6.5), (28, 30)])
    strips = found(edges, lines([(0, 3), (50, 3)], [(25, 3), (25, 30)]))
    assert areas(strips) == pytest.approx([144, 300], abs=1e-5)
    assert shapely.distance(*strips.polygons) == 0.0
    # Without a centreline nothing says that it goes on.
    assert areas(found(edges)) == pytest.approx([141, 300])


@both
def test_gap_in_an_edge_is_closed_along_it(with_centre):
    centre = lines([(0, 2), (50, 2)]) if with_centre else NONE
    strips = found(lines([(0, 0), (50, 0)], [(0, 4), (20, 4)], [(26, 4), (50, 4)]), centre)
    assert areas(strips) == [200]
    assert (23, 4, 6) in strips.closures


def test_edges_of_unequal_length_end_square_to_the_shorter_one():
    strips = found(lines([(0, 0), (45, 0)], [(5, 4), (50, 4)]))
    assert areas(strips) == pytest.approx([160])
    assert [(d.x, d.y, d.code) for d in strips.doubts] == [(0, 0, "open_end"), (50, 4, "open_end")]


def test_bend_of_two_arcs():
    t = np.radians(np.linspace(0, 90, 181))
    ring = np.column_stack([np.cos(t), np.sin(t)])
    strips = found(lines(9 * ring, 13 * ring), lines(11 * ring))
    chord = 180 * math.sin(math.pi / 360)
    assert areas(strips) == pytest.approx([0.5 * (169 - 81) * chord])


def test_loop_road_between_two_closed_lines():
    outer, inner = shapely.box(0, 0, 100, 80).exterior, shapely.box(6, 6, 94, 74).exterior
    strips = found(np.array([outer, inner], dtype=object))
    assert areas(strips) == [100 * 80 - 88 * 68]
    assert shapely.get_num_interior_rings(strips.polygons[0]) == 1
    island = shapely.box(20, 2, 40, 4)
    strips = found(np.array([outer, inner, island], dtype=object))
    assert areas(strips) == [100 * 80 - 88 * 68 - 40]


def test_two_roads_beside_each_other_are_not_paired_across_the_land_between():
    strips = found(lines(*([(0, y), (45, y)] for y in (0, 4, 8, 12))))
    assert areas(strips) == [180, 180]
    assert [m.tolist() for m in strips.members] == [[0, 1], [2, 3]]


def test_three_equal_lines_cannot_be_decided():
    strips = found(lines(*([(0, y), (45, y)] for y in (0, 4, 8))))
    assert (areas(strips), strips.edges_left.tolist(), set(codes(strips))) == ([], [0, 1, 2], {"tie"})
    # A centreline tells.
    strips = found(lines(*([(0, y), (45, y)] for y in (0, 4, 8))), lines([(0, 2), (45, 2)]))
    assert (areas(strips), strips.edges_left.tolist()) == ([180], [2])


def test_dual_carriageway_keeps_its_median():
    edges = lines([(0, 0), (50, 0)], [(0, 6), (20, 6)], [(30, 6), (50, 6)], [(0, 10), (20, 10)], [(30, 10), (50, 10)],
                  [(0, 16), (50, 16)])  # fmt: skip
    strips = found(edges, lines([(0, 3), (50, 3)], [(0, 13), (50, 13)]))
    assert areas(strips) == [300, 300]
    assert shapely.distance(*strips.polygons) == 4.0


def test_what_is_too_wide_or_too_narrow_is_left_over_and_told():
    strips = found(lines([(0, 0), (45, 0)], [(0, 11), (45, 11)]), widest=12, narrowest=2)
    assert areas(strips) == [495]
    wide = found(np.array([shapely.box(0, 0, 100, 60).exterior], dtype=object))
    assert (areas(wide), codes(wide), wide.edges_left.tolist()) == ([], ["too_wide"], [0])
    assert wide.doubts[0].width == pytest.approx(60)
    narrow = found(np.array([shapely.box(0, 0, 100, 1).exterior], dtype=object), lines([(0, 0.5), (100, 0.5)]))
    assert (areas(narrow), codes(narrow), narrow.centrelines_left.tolist()) == ([], ["too_narrow"], [0])


def test_centreline_off_the_middle_does_not_make_a_road_too_narrow():
    assert areas(found(lines([(0, 0), (45, 0)], [(0, 6), (45, 6)]), lines([(0, 0.5), (45, 0.5)]))) == [270]


def test_centreline_without_edges_and_edge_without_partner_come_back():
    strips = found(NONE, lines([(0, 0), (50, 0)]))
    assert (areas(strips), strips.centrelines_left.tolist()) == ([], [0])
    strips = found(lines([(0, 0), (50, 0)]), NONE)
    assert (areas(strips), strips.edges_left.tolist(), codes(strips)) == ([], [0], ["open_end", "open_end"])
    strips = found(NONE, NONE)
    assert (len(strips.polygons), strips.members, strips.closures) == (0, [], [])


def test_centreline_half_outside_is_told_by_its_share():
    edges = lines([(0, 0), (45, 0)], [(0, 4), (45, 4)])
    assert found(edges, lines([(0, 2), (80, 2)])).centrelines_left.tolist() == []
    assert found(edges, lines([(0, 2), (100, 2)])).centrelines_left.tolist() == [0]


def test_small_gaps_between_pieces_are_closed_within_the_accuracy():
    strips = found(lines([(0, 0), (20, 0)], [(20.006, 0), (50, 0)], [(0, 4), (50, 4)]), accuracy_m=0.01)
    assert areas(strips) == [200]
    assert any(length == pytest.approx(0.006) for _, _, length in strips.closures)


@st.composite
def road(draw):
    """Edges of a bent road of constant width, its centreline, its area and its width."""
    width = draw(st.floats(3.0, 9.0))
    turns = draw(st.lists(st.floats(-40.0, -2.0) | st.floats(2.0, 40.0), max_size=3))
    heading, at, path = 0.0, np.zeros(2), [np.zeros(2)]
    for turn in [0.0, *turns]:
        heading += math.radians(turn)
        at = at + draw(st.floats(30.0, 60.0)) * np.array([math.cos(heading), math.sin(heading)])
        path.append(at)
    centre = shapely.LineString(path)
    sides = [shapely.offset_curve(centre, d, join_style="mitre", mitre_limit=10) for d in (width / 2, -width / 2)]
    area = shapely.area(shapely.Polygon([*sides[0].coords, *reversed(sides[1].coords)]))
    return sides, centre, area, width


@settings(max_examples=40)
@given(road(), st.floats(0, 360), st.booleans(), st.booleans())
def test_turning_and_moving_changes_nothing(drawn, turn_deg, far, with_centre):
    sides, centre, area, _ = drawn
    moved = [affinity.rotate(line, turn_deg, origin=(0, 0)) for line in (*sides, centre)]
    if far:
        moved = [affinity.translate(line, 5e5, 4.6e6) for line in moved]
    strips = found(np.array(moved[:2], dtype=object), np.array(moved[2:], dtype=object) if with_centre else NONE)
    assert areas(strips) == pytest.approx([area], abs=1e-4)
    corners = {tuple(c) for c in shapely.get_coordinates(strips.polygons).tolist()}
    assert corners == {tuple(c) for c in shapely.get_coordinates(np.array(moved[:2], dtype=object)).tolist()}
    assert strips.doubts == ()


@settings(max_examples=30)
@given(road(), st.lists(st.floats(0.02, 0.98), min_size=1, max_size=5), st.booleans())
def test_edges_in_pieces_give_the_same_road(drawn, cuts, with_centre):
    sides, centre, area, _ = drawn
    stops = np.unique(np.round([0.0, *cuts, 1.0], 2))
    pieces = [
        shapely.ops.substring(side, a, b, normalized=True)
        for side in sides
        for a, b in zip(stops[:-1], stops[1:], strict=True)
    ]
    centres = np.array([centre], dtype=object) if with_centre else NONE
    strips = found(np.array(pieces[::-1], dtype=object), centres)
    assert areas(strips) == pytest.approx([area], abs=1e-6)
    assert strips.members[0].tolist() == list(range(len(pieces)))


@settings(max_examples=25)
@given(road(), st.floats(0.2, 0.7), st.floats(1.0, 6.0))
def test_gap_in_a_straight_side_changes_nothing(drawn, at, size):
    sides, centre, area, _ = drawn
    first = shapely.LineString(sides[0].coords[:2])
    rest = shapely.LineString(sides[0].coords[1:]) if len(sides[0].coords) > 2 else None
    middle = at * first.length
    pieces = [
        shapely.ops.substring(first, 0, middle), shapely.ops.substring(first, min(middle + size, first.length - 1), first.length),
        sides[1],
    ]  # fmt: skip
    pieces += [] if rest is None else [rest]
    strips = found(np.array(pieces, dtype=object), np.array([centre], dtype=object))
    assert areas(strips) == pytest.approx([area], abs=1e-6)


@pytest.mark.slow
def test_grid_of_streets():
    """Forty by forty streets whose edges stop at every crossing, with fillets left out."""
    count, step, width = 40, 60.0, 6.0
    edges = []
    for n in range(count):
        for m in range(-1, count):
            start, stop = m * step + width + 1.0, (m + 1) * step - 1.0
            for side in (0.0, width):
                edges.append([(start, n * step + side), (stop, n * step + side)])
                edges.append([(n * step + side, start), (n * step + side, stop)])
    centres = [[(-step + 7, n * step + 3), (count * step - 1, n * step + 3)] for n in range(count)]
    centres += [[(y, x) for x, y in line] for line in centres]
    strips = found(lines(*edges), lines(*centres))
    assert len(strips.polygons) == 1
    assert len(strips.edges_left) == 0
