"""Scenes made against a known weakness: touching, hiding, ties, plateaus and widths at the limit itself."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from core_engine import boundary_of, pinches_of, widest
from core_scenes import Scene, analytic_cases, hidden_kerb_pair, mouth_cases, named_cases, turned_places
from shapely import LineString, Polygon, affinity, box

from firelane.lanes.boundary import Boundary
from firelane.lanes.pieces import cut
from firelane.lanes.pinches import find_pinches
from firelane.lanes.reach import WidestWay
from firelane.lanes.turns import ring_order

TURNS_DEG = (0.0, 0.3, 33.7, 45.0, 90.0, 141.9)
FAR_M = (531234.567, 4182345.891)


def case(name: str) -> Scene:
    every = [*analytic_cases(), *named_cases(), *mouth_cases()]
    return next(scene for scene in every if scene.name == name)


def labels(scene: Scene, limit_m: float, places: list) -> np.ndarray:
    boundary = boundary_of(scene)
    return cut(boundary, find_pinches(boundary, limit_m)).locate(np.array(places, dtype=float))[0]


@pytest.mark.parametrize("turn_deg", TURNS_DEG)
def test_a_wall_that_rounding_parts_from_its_kerb_stays_shut(turn_deg):
    scene = case("chicane").moved(turn_deg, FAR_M)
    found = find_pinches(boundary_of(scene), 4.0)
    assert found.width_m[found.reported] == pytest.approx([10**0.5], abs=1e-8)
    assert (found.width_m[~found.reported] <= 1e-6).all()
    start, end = labels(scene, 4.0, [scene.start, scene.ends[0]])
    assert start != end
    assert widest(scene) == pytest.approx([10**0.5], abs=1e-8)


def test_walls_stay_shut_at_every_angle():
    # at some angles a wall's foot and the kerb share a vertex and nothing else: edges one on the other
    chicane, diamond = case("chicane"), case("vertex on an edge")
    hung = case("ring hanging from the kerb")
    for turn_deg in np.arange(0, 360, 9.0):
        for scene in (chicane, diamond, hung):
            moved = scene.moved(turn_deg, FAR_M)
            assert widest(moved, 8.0) == pytest.approx(scene.widest_m, abs=1e-7), moved.name
            start, end = labels(moved, 8.0, [moved.start, moved.ends[0]])
            assert start != end, moved.name


@pytest.mark.parametrize("sag_m", [-1e-10, -1e-12, 0.0, 1e-12, 1e-10])
@pytest.mark.parametrize("turn_deg", TURNS_DEG)
def test_a_block_standing_on_its_kerb_by_one_corner(sag_m, turn_deg):
    # hole and outline share the vertex (10, 0); the block's foot runs along the kerb, above or below it by rounding
    outline = [(0, 0), (10, 0), (20, 0), (20, 6), (0, 6)]
    block = [(10, 0), (10, 2), (6, 2), (6, sag_m)]
    road = affinity.rotate(Polygon(outline, [block]), turn_deg, origin=(0, 0))
    places = Scene(
        "",
        box(0, 0, 1, 1),
        ends=np.array([(3.0, 3), (17, 3), (10.001, 0.0005), (10.0005, 0.001), (5.999, 0.01), (8, 2.01)]),
    )
    at = places.moved(turn_deg, (0.0, 0.0)).ends
    boundary = Boundary.from_geometry(road)
    assert WidestWay(boundary, cap_m=8.0).between(at[0], at[1:2]) == pytest.approx([4.0], abs=1e-8)
    west, east, by_corner, by_side, by_foot, above = cut(boundary, find_pinches(boundary, 4.5)).locate(at)[0]
    assert west != east
    assert by_corner == by_side == east
    assert by_foot == west
    assert above not in {west, east}


@pytest.mark.parametrize("sag_m", [-1e-10, -1e-12, 0.0, 1e-12, 1e-10])
@pytest.mark.parametrize("turn_deg", TURNS_DEG)
def test_a_block_on_a_kerb_that_turns_away_below_it(sag_m, turn_deg):
    # as above, but the shared vertex is a reflex corner: places and chords see it itself
    outline = [(0, 0), (10, 0), (10, -6), (20, -6), (20, 6), (0, 6)]
    block = [(10, 0), (9, 2), (6, 2), (6, sag_m)]
    road = affinity.rotate(Polygon(outline, [block]), turn_deg, origin=(0, 0))
    at = turned_places(
        np.array([(10.01, 0.003), (10.01, -0.003), (3.0, 3), (13.0, -3), (13.0, 3), (12.0, 0.3)]),
        turn_deg,
        (0.0, 0.0),
    )
    boundary = Boundary.from_geometry(road, points=at[-1:])
    found = find_pinches(boundary, 5.0)
    from_corner = np.abs(found.width_m - np.hypot(2, 0.3)) < 1e-7
    assert np.count_nonzero(from_corner) == 1
    over, under, west, south, north = cut(boundary, found).locate(at[:-1])[0]
    assert over == under == north == south != west


def test_kerbs_that_overlap_between_blunt_corners():
    # every corner is convex: only the overlap itself carries a chord, and it starts at no half-edge's start
    found = find_pinches(boundary_of(Scene("skew", Polygon([(0, 0), (20, 0), (24, 3.6), (4, 3.6)]))), 4.0)
    assert found.width_m == pytest.approx([3.6])
    assert found.extent_m == pytest.approx([16.0])
    assert found.ends.mean(axis=1) + found.origin == pytest.approx(np.array([[12.0, 1.8]]))


@pytest.mark.parametrize(
    ("post_m", "beside_m"), [(1.9951, 2.0525), (2.0028, 2.052758), (2.0105, 2.053017), (2.0206, 2.053356)]
)
def test_posts_do_not_hide_the_kerbs(post_m, beside_m):
    scene = hidden_kerb_pair(post_m)
    _, _, width_m = pinches_of(scene, 4.0)
    assert np.sort(width_m) == pytest.approx([beside_m] * 4 + [3.99], abs=1e-6)
    boundary = boundary_of(scene)
    assert cut(boundary, find_pinches(boundary, 4.0)).count == 4


def test_staggered_bumps_shut_the_lane():
    scene = case("staggered bumps")
    assert len(set(labels(scene, 4.0, [(3, 3), (20, 3)]))) == 2
    assert len(set(labels(scene, 3.0, [(3, 3), (20, 3)]))) == 1


def test_a_box_of_exactly_four_metres_has_no_pinch_below_four():
    scene = Scene("box", box(0, 0, 30, 4.0), start=np.array([3.0, 2]), ends=np.array([[27.0, 2]]))
    assert len(pinches_of(scene, 4.0)[2]) == 0
    assert set(np.round(pinches_of(scene, 4.001)[2], 9)) == {4.0}
    assert widest(scene)[0] >= 4.0 - 1e-6


@pytest.mark.parametrize("turn_deg", TURNS_DEG)
@pytest.mark.parametrize(
    ("width_m", "passes"),
    [(3.999, False), (4.0 - 1e-5, False), (4.0 - 1e-7, True), (4.0, True), (4.0 + 1e-7, True), (4.001, True)],
)
def test_verdict_at_the_limit(width_m, passes, turn_deg):
    # a throat 6 m long, a plateau longer than the limit, between two wide ends
    half = width_m / 2
    upper = [(0, 4), (20, 4), (22, half), (28, half), (30, 4), (50, 4)]
    road = Polygon([*((x, -y) for x, y in upper), *reversed(upper)])
    scene = Scene("throat", road, start=np.array([8.0, 0]), ends=np.array([[42.0, 0]])).moved(turn_deg, FAR_M)
    start, end = labels(scene, 4.0 - 1e-6, [scene.start, scene.ends[0]])
    assert (start == end) is np.bool_(passes)
    assert widest(scene) == pytest.approx([width_m], abs=2e-9)
    assert (widest(scene)[0] >= 4.0 - 1e-6) is np.bool_(passes)


@pytest.mark.parametrize("offset_m", [-1e-7, 0.0, 1e-7])
def test_limit_of_the_search_is_strict(offset_m):
    scene = case("staggered bumps")
    found = pinches_of(scene, 10**0.5 + offset_m)[2]
    assert len(found) == (1 if offset_m > 0 else 0)


def test_a_plateau_tells_its_stretch():
    found = find_pinches(boundary_of(case("plateau")), 4.0)
    assert found.width_m == pytest.approx(3.6)
    assert found.extent_m.max() == pytest.approx(40.0)


def test_a_wall_parts_a_polygon_and_both_sides_are_found():
    for name in ("wall right across", "wall from kerb to kerb, touching"):
        for scene in (case(name), case(name).moved()):
            west, near_west, near_east, east = 10.0, 20 - 1e-3, 20 + 1e-3, 30.0
            places = np.array([(west, 0), (near_west, 1), (near_east, 1), (east, 0)])
            if "moved" in scene.name:
                at = Scene("", box(0, 0, 1, 1), ends=places).moved()
                places = at.ends
            found = labels(scene, 4.0, list(places))
            assert found[0] == found[1]
            assert found[2] == found[3]
            assert found[0] != found[3]


def test_island_inside_an_island_has_its_own_piece():
    scene = case("island inside an island")
    outer, court, also_court, also_outer = labels(scene, 4.0, [(5, 5), (15, 15), (25, 25), (35, 20)])
    assert outer == also_outer
    assert court == also_court
    assert outer != court


def test_an_isolated_post_is_no_piece_of_its_own():
    scene = case("isolated post")
    boundary = boundary_of(scene)
    pieces = cut(boundary, find_pinches(boundary, 8.0))
    assert pieces.count == 1
    label, distance_m = pieces.locate(np.array([(15 + 1e-4, 15), (15, 15 - 1e-4), (3, 3)]))
    assert set(label) == {0}
    assert distance_m == pytest.approx([1e-4, 1e-4, 3])


def test_free_space_in_two_parts():
    scene = case("parts apart")
    one, same, other = labels(scene, 4.0, [(5, 0), (25, 0), (5, 12.5)])
    assert one == same
    assert one != other


def test_at_a_line_both_sides_are_told_apart():
    # one wall, two ways round it, both shut at 4 m: the sides of the wall are different pieces
    road = box(0, -3, 30, 3)
    scene = Scene("wall along", road, lines=(LineString([(10, 0), (20, 0)]),))
    north, south, west, east = labels(scene, 4.0, [(15, 1e-3), (15, -1e-3), (5, 0), (25, 0)])
    assert len({north, south, west, east}) >= 3
    assert north != south
    assert west != east


def test_mouth_narrower_than_the_road_governs():
    scene = case("mouth of 3.5 m in an end of 8 m")
    for turn_deg in TURNS_DEG:
        assert widest(scene.moved(turn_deg, FAR_M)) == pytest.approx([3.5, 3.5], abs=1e-8)


def test_an_open_end_is_no_wall():
    scene = case("whole end open")
    closed = Scene("closed", scene.road, start=np.array([29.0, 0]), ends=np.array([[10.0, 0]]))
    opened = Scene(
        "open", scene.road, mouths=scene.mouths, start=np.array([29.0, 0]), ends=np.array([[10.0, 0]])
    )
    assert widest(closed) == pytest.approx([2.0])
    assert widest(opened) == pytest.approx([6.0])


def test_a_mouth_splits_no_room():
    # an end open in two places; the wall between them stays
    road = box(0, -5, 30, 5)
    mouths = (LineString([(30, -5), (30, -1)]), LineString([(30, 1), (30, 5)]))
    scene = Scene(
        "two mouths",
        road,
        mouths=mouths,
        start=np.array([10.0, 0]),
        ends=np.array([(30.0, -3), (30, 3), (29, 0)]),
    )
    assert widest(scene) == pytest.approx([4, 4, 2 * np.hypot(1, 0)], abs=1e-9)


def test_mouth_given_backwards_or_in_two_pieces_is_the_same():
    road = box(0, -4, 30, 4)
    places = np.array([(30.0, 0)])
    for line in (LineString([(30, 1.75), (30, -1.75)]), LineString([(30, -1.75), (30, 0.3), (30, 1.75)])):
        boundary = Boundary.from_geometry(road, mouths=[line])
        assert WidestWay(boundary, cap_m=8.0).between(np.array([10.0, 0]), places) == pytest.approx([3.5])


def test_contacts_lie_on_the_obstacles_and_the_disc_is_empty():
    scene = case("parked car").moved()
    p, q, width_m = pinches_of(scene, 8.0)
    outline = scene.area.boundary
    for xy in (p, q):
        assert shapely.distance(outline, shapely.points(xy)).max() < 1e-8
    assert np.hypot(*(q - p).T) == pytest.approx(width_m)
    assert (shapely.distance(outline, shapely.points((p + q) / 2)) >= width_m / 2 - 2e-7).all()


def test_narrow_gaps_between_corners_are_found_at_any_angle():
    # opposite a corner stands a vertex of a straight kerb: the chord's direction is known to 1e-9 / gap only
    for gap_m in (0.01, 0.05, 0.1, 0.3, 1.0):
        road = Polygon([(-10, 0), (0, 0), (10, 0), (10, 6), (2, 6), (0, gap_m), (-2, 6), (-10, 6)])
        for turn_deg in np.arange(0, 360, 11.3):
            turned = affinity.translate(affinity.rotate(road, turn_deg, origin=(0, 0)), *FAR_M)
            width_m = pinches_of(Scene("spike", turned), 2.0)[2]
            assert len(width_m)
            assert width_m.min() == pytest.approx(gap_m, abs=1e-8)


def test_a_tiny_width_asks_for_no_tiny_cells():
    boundary = Boundary.from_geometry(box(0, 0, 1_000, 6), lines=[LineString([(30, 0), (30, 6 - 5e-4)])])
    assert find_pinches(boundary, 1e-3).width_m == pytest.approx([5e-4])
    assert len(boundary.cells_for(1e-3).edge) < 5_000


def test_lines_left_by_a_difference_are_no_free_space():
    area = shapely.geometrycollections([LineString([(50, 0), (60, 0)]), box(0, -3, 30, 3), Polygon()])
    boundary = Boundary.from_geometry(area)
    assert boundary.size == 4
    assert boundary.ring_area_m2.tolist() == [180.0]


def test_rings_are_walked_in_table_order():
    def walked(following: np.ndarray) -> tuple[list[int], list[int]]:
        order: list[int] = []
        ring: list[int] = []
        for begin in range(len(following)):
            h = begin
            while h not in order:
                order.append(h)
                h = int(following[h])
            ring += [max(ring, default=-1) + 1] * (len(order) - len(ring))
        return order, ring

    rng = np.random.default_rng(0)
    for n in range(200):
        size = int(rng.integers(1, 30))
        following = rng.permutation(size) if n % 2 else np.roll(np.arange(size), -1)
        for _ in range(int(rng.integers(0, 4))):
            i, j = rng.integers(0, size, 2)
            following[[i, j]] = following[[j, i]]
        order, ring = ring_order(following)
        assert (order.tolist(), ring.tolist()) == walked(following)


def test_empty_free_space_is_refused():
    with pytest.raises(ValueError, match="empty"):
        Boundary.from_geometry(Polygon())
