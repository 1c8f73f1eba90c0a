"""Points that were open: walls at scale, places on a kerb, ties at the limit, sparse extents, many parts, entrances."""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import shapely
from core_engine import boundary_of, piece_faults, pinch_faults, widest, width_faults
from core_scenes import Scene, grid_scene, turned_places, with_places
from shapely import LineString, Polygon, affinity, box

import firelane
from firelane.lanes.boundary import Boundary
from firelane.lanes.pieces import cut, is_joined
from firelane.lanes.pinches import find_pinches
from firelane.lanes.reach import WidestWay

PACKAGE = str(Path(firelane.__file__).parent)
LIMIT_M = 4.0
RULE_M = LIMIT_M - 1e-6
FAR_M = (531234.567, 4182345.891)
STARTS = np.array([5.0, 0.0])


def moved(shape, turn_deg=33.7):
    return affinity.translate(affinity.rotate(shape, turn_deg, origin=(0, 0)), *FAR_M)


def passes_both_ways(boundary: Boundary, a: np.ndarray, z: np.ndarray) -> list[bool]:
    """The verdict by cutting at the limit, which must be the tree's."""
    by_cut = is_joined(cut(boundary, find_pinches(boundary, RULE_M)), np.broadcast_to(a, z.shape), z, LIMIT_M)
    by_tree = WidestWay(boundary, cap_m=8.0).between(a, z) >= RULE_M
    assert by_cut.tolist() == by_tree.tolist()
    return by_cut.tolist()


# --- many walls ------------------------------------------------------------------------------------------


def lanes(count: int, length_m: float, widths_m, apart_m: float = 20.0) -> shapely.MultiPolygon:
    """Parallel lanes of their own, a kerb vertex every metre."""
    parts = [
        box(0, n * apart_m - width_m / 2, length_m, n * apart_m + width_m / 2)
        for n, width_m in zip(range(count), widths_m, strict=True)
    ]
    return shapely.segmentize(shapely.multipolygons(parts), 1.0)


def walls_on(count: int, length_m: float, each: int, seed: int) -> list[LineString]:
    """Short walls from the kerb inwards, some from vertices and some from between, and free ones."""
    rng = np.random.default_rng(seed)
    walls = []
    for n in range(count):
        x = np.where(rng.uniform(size=each) < 0.5, rng.integers(3, length_m - 3, each), rng.uniform(3, length_m - 3, each))
        side = rng.choice([-1, 1], each)
        foot = np.column_stack([x, 20.0 * n + 3.0 * side])
        foot[::5, 1] -= side[::5] * rng.uniform(0.2, 2.5, len(side[::5]))
        tip = foot + np.column_stack([rng.normal(0, 0.4, each), -side * rng.uniform(0.1, 1.5, each)])
        walls += list(shapely.linestrings(np.stack([foot, tip], axis=1)))
    return walls


def test_ten_thousand_walls_are_tied_in_without_a_loop_over_the_boundary():
    count, length_m = 100, 500.0
    area = lanes(count, length_m, np.full(count, 6.0))
    walls = walls_on(count, length_m, 100, seed=1)
    assert len(walls) == 10_000
    lines = 0

    def counted(frame, event, _):
        nonlocal lines
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        lines += event == "line"
        return counted

    before = sys.gettrace()
    sys.settrace(counted)
    try:
        boundary = Boundary.from_geometry(area, lines=walls)
        pieces = cut(boundary, find_pinches(boundary, RULE_M, engine="numpy"))
        pieces.locate(np.column_stack([np.full(count, 1.0), 20.0 * np.arange(count)]))
    finally:
        sys.settrace(before)
    assert boundary.size > 110_000
    # lines of Python that ran, whole arrays at a time: no loop goes over half-edges, vertices or walls
    assert lines < 6_000


def test_walls_of_one_lane_among_many_are_those_of_the_lane_alone():
    count, length_m = 40, 200.0
    area = lanes(count, length_m, np.full(count, 6.0))
    walls = walls_on(count, length_m, 60, seed=2)
    everything = Boundary.from_geometry(area, lines=walls)
    found = find_pinches(everything, LIMIT_M)
    places = np.column_stack([np.linspace(1.0, length_m - 1, 50), np.zeros(50)])
    label = cut(everything, found).locate(np.concatenate([places + (0, 20.0 * n) for n in (0, 17, 39)]))[0]
    for k, n in enumerate((0, 17, 39)):
        alone = Boundary.from_geometry(area.geoms[n], lines=walls[n * 60 : (n + 1) * 60])
        own = find_pinches(alone, LIMIT_M)
        here = np.abs(found.p[:, 1] - 20.0 * n) < 5
        np.testing.assert_allclose(np.sort(found.width_m[here]), np.sort(own.width_m), atol=1e-9)
        own_label = cut(alone, own).locate(places + (0, 20.0 * n))[0]
        _, mine = np.unique(label[k * 50 : (k + 1) * 50], return_inverse=True)
        _, its = np.unique(own_label, return_inverse=True)
        assert len(set(zip(mine.tolist(), its.tolist(), strict=True))) == mine.max() + 1 == its.max() + 1


# --- places on a kerb ------------------------------------------------------------------------------------


@pytest.mark.parametrize("far", [False, True])
def test_a_place_on_an_obstacle_is_reached_by_nothing(far):
    road = box(0, -3, 30, 3).difference(box(14, -1, 16, 1))
    wall = LineString([(22, -3), (22, 0)])
    posts = np.array([(8.0, 1.0)])
    # on a kerb, its corner, a block's edge and corner, a wall, its tip, a post
    places = np.array([(7.3, 3), (0, -3), (14, 0.2), (16, 1), (22, -1.2), (22, 0), (8, 1), (30, 0.7)])
    start = STARTS
    if far:
        road, wall = moved(road), moved(wall)
        posts, places, start = (turned_places(xy, 33.7, FAR_M) for xy in (posts, places, start))
    boundary = Boundary.from_geometry(road, lines=[wall], points=posts)
    assert WidestWay(boundary).between(start, places) == pytest.approx(np.zeros(len(places)), abs=1e-8)
    assert WidestWay(boundary).between(places[0], start[None]) == pytest.approx([0.0], abs=1e-8)
    pieces = cut(boundary, find_pinches(boundary, RULE_M))
    assert not is_joined(pieces, np.broadcast_to(start, places.shape), places, LIMIT_M).any()


def test_a_place_is_never_taken_across_a_boundary():
    # behind the kerb, inside a block, inside a block's corner, beyond the road's corner: no disc is there
    road = Polygon([(0, -3), (30, -3), (30, 20), (24, 20), (24, 3), (0, 3)]).difference(box(10, -1, 13, 0.5))
    boundary = Boundary.from_geometry(road)
    inside, outside = [(5, 0), (27, 10), (9.9, 0), (24.5, 2.5)], [(5, 3.4), (11, 0), (12.9, 0.4), (31, -4), (23, 4), (-0.5, 0)]
    way = WidestWay(boundary)
    assert (way.between(STARTS, np.array(inside, float)) > 0).all()
    assert way.between(STARTS, np.array(outside, float)).tolist() == [0.0] * len(outside)


def test_a_hair_off_a_wall_each_side_is_its_own():
    boundary = Boundary.from_geometry(box(0, -3, 30, 3), lines=[LineString([(15, -3), (15, 3)])])
    west, east = cut(boundary, find_pinches(boundary, LIMIT_M)).locate(np.array([(15 - 1e-6, 0.3), (15 + 1e-6, 0.3)]))[0]
    assert west != east
    assert WidestWay(boundary).between(STARTS, np.array([(15 - 1e-3, 0.3), (15 + 1e-3, 0.3)])) == pytest.approx([2e-3, 0])


# --- exactly the limit -----------------------------------------------------------------------------------

OFF_M = [(0.0, True), (1e-7, True), (-1e-7, True), (5e-7, True), (-5e-7, True), (-2e-6, False), (-1e-3, False)]


def narrows_to(width_m: float) -> dict[str, shapely.Geometry]:
    """A 10 m road that narrows to a width: for long, for longer than that, at a point, between two corners."""
    half = width_m / 2
    plateau = [(0, 5), (40, 5), (42, half), (44, half), (46, 5), (100, 5)]
    long = [(0, 5), (40, 5), (42, half), (70, half), (72, 5), (100, 5)]
    point = [(0, 5), (40, 5), (50, half), (60, 5), (100, 5)]
    corners = box(0, -5, 100, 5).difference(
        shapely.union_all([box(49, -5, 50, -0.5), box(50 + np.sqrt(width_m**2 - 1), 0.5, 56, 5)])
    )
    mirrored = {"plateau": plateau, "long": long, "point": point}
    shapes = {name: Polygon([*((x, -y) for x, y in upper), *reversed(upper)]) for name, upper in mirrored.items()}
    return {**shapes, "corners": corners, "throughout": box(0, -half, 100, half)}


@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize(("off_m", "passes"), OFF_M)
@pytest.mark.parametrize("shape", ["plateau", "long", "point", "corners", "throughout"])
def test_exactly_the_limit(shape, off_m, passes, far):
    area = narrows_to(LIMIT_M + off_m)[shape]
    start, end = np.array([10.0, 0.0]), np.array([[90.0, 0.0]])
    if far:
        area, start, end = moved(area), turned_places(start, 33.7, FAR_M), turned_places(end, 33.7, FAR_M)
    boundary = Boundary.from_geometry(area)
    assert WidestWay(boundary).between(start, end) == pytest.approx([LIMIT_M + off_m], abs=1e-8)
    assert passes_both_ways(boundary, start, end) == [passes]


def test_a_width_of_exactly_the_search_is_not_found_and_just_below_it_is():
    area = narrows_to(LIMIT_M)["long"]
    boundary = Boundary.from_geometry(area)
    assert not len(find_pinches(boundary, LIMIT_M))
    found = find_pinches(boundary, LIMIT_M + 1e-9)
    assert found.width_m == pytest.approx(np.full(3, LIMIT_M))
    assert found.extent_m.max() == pytest.approx(28.0)


# --- sparse extents --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster() -> shapely.Geometry:
    rng = np.random.default_rng(5)
    return lanes(12, 300.0, rng.uniform(3.2, 7, 12))


def peak_mb(area: shapely.Geometry) -> tuple[float, Boundary]:
    tracemalloc.start()
    try:
        boundary = Boundary.from_geometry(area)
        WidestWay(boundary, 8.0, find_pinches(boundary, 8.0, engine="numpy"))
        return tracemalloc.get_traced_memory()[1] / 2**20, boundary
    finally:
        tracemalloc.stop()


def test_two_clusters_far_apart_cost_what_they_cost_alone(cluster):
    far = affinity.translate(cluster, 40_000.0, 30_000.0)
    one_mb, one = peak_mb(cluster)
    both_mb, both = peak_mb(shapely.multipolygons([*cluster.geoms, *far.geoms]))
    assert both_mb < 2.3 * one_mb
    cells = both.cells
    assert len(cells.table) + len(cells.key) <= 17 * len(cells.edge) + 10_001
    found, alone = find_pinches(both, 8.0), find_pinches(one, 8.0)
    np.testing.assert_allclose(np.sort(found.width_m), np.sort(np.repeat(alone.width_m, 2)), atol=1e-8)


def test_sparse_and_dense_cells_hold_the_same(cluster):
    # what a far crumb does: no table of cells, runs by bisection
    crumb = box(60_000, 60_000, 60_010, 60_009)
    near = Boundary.from_geometry(cluster)
    far = Boundary.from_geometry(shapely.multipolygons([*cluster.geoms, crumb]))
    assert len(near.cells.table)
    assert not len(near.cells.key)
    assert len(far.cells.key)
    assert not len(far.cells.table)
    there, here = find_pinches(far, 8.0), find_pinches(near, 8.0)
    assert len(there) == len(here)
    np.testing.assert_allclose(there.p, here.p, atol=1e-8)
    places = np.random.default_rng(0).uniform((0, -3), (300, 240), (500, 2))
    np.testing.assert_allclose(far.nearest(places - far.origin)[1], near.nearest(places - near.origin)[1], atol=1e-8)


def test_the_nearest_obstacle_is_the_one_a_tree_finds(cluster):
    boundary = Boundary.from_geometry(cluster, points=np.array([(20.0, 0.3), (50.0, 20.2)]))
    rng = np.random.default_rng(3)
    places = np.concatenate([rng.uniform((-5, -5), (305, 245), (2_000, 2)), rng.uniform(-9_000, 9_000, (50, 2))])
    local = places - boundary.origin
    truth = boundary.tree.query_nearest(shapely.points(local), all_matches=False, return_distance=True)[1]
    half_edge, distance_m = boundary.nearest(local)
    np.testing.assert_allclose(distance_m, truth, atol=1e-9)
    lines = shapely.linestrings(np.stack([boundary.start, boundary.end], axis=1)[half_edge])
    np.testing.assert_allclose(shapely.distance(lines, shapely.points(local)), truth, atol=1e-9)


# --- many parts ------------------------------------------------------------------------------------------


def test_a_hundred_parts_each_with_its_own_width():
    rng = np.random.default_rng(7)
    widths_m = np.round(rng.uniform(3.0, 6.0, 100), 2)
    area = lanes(100, 60.0, widths_m)
    # a post in every third lane, a quarter of the width from the kerb
    posts = np.array([(30.5, 20.0 * n + widths_m[n] / 4) for n in range(0, 100, 3)])
    boundary = Boundary.from_geometry(area, points=posts)
    way = WidestWay(boundary)
    ends = np.column_stack([np.full(100, 50.0), 20.0 * np.arange(100)])
    expected = np.where(np.arange(100) % 3 == 0, 0.75 * widths_m, widths_m)
    for n in (0, 1, 50, 99):
        got = way.between(np.array([10.0, 20.0 * n]), ends)
        assert got[n] == pytest.approx(expected[n])
        assert np.count_nonzero(got) == 1
    # every lane from its own start: several starts at once serve each its own part
    starts = np.column_stack([np.full(100, 10.0), 20.0 * np.arange(100)])
    assert way.between(starts, ends) == pytest.approx(expected)
    label = cut(boundary, find_pinches(boundary, RULE_M)).locate(np.vstack([starts, ends]))[0].reshape(2, 100)
    assert (label[0] == label[1]).tolist() == (expected >= RULE_M).tolist()
    assert len(set(label[0])) == 100


# --- rotated integer scenes with walls -------------------------------------------------------------------


def rotated_faults(seeds) -> list[str]:
    faults = []
    for seed in seeds:
        scene = grid_scene(seed, lines=True).moved(7.0 + seed % 83)
        limit_m = (2.0, 3.0, 4.0, 5.0)[seed % 4] + 1e-3
        faults += pinch_faults(scene, limit_m) + piece_faults(scene, limit_m, seed)
        faults += width_faults(with_places(scene, seed, count=2))
    return faults


def test_rotated_integer_scenes_with_walls():
    assert not rotated_faults(range(5000, 5030))


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [range(begin, begin + 40) for begin in range(5000, 5240, 40)], ids=lambda r: f"{r[0]}-{r[-1]}")
def test_many_rotated_integer_scenes_with_walls(seeds):
    assert not rotated_faults(seeds)


# --- overlaps whose middle is blocked --------------------------------------------------------------------


@pytest.mark.parametrize("turn_deg", [0.0, 33.7])
@pytest.mark.parametrize(
    ("post", "governs_m"),
    [((20.0, 0.0), 1.95), ((20.0, 1.5), 3.45), ((19.0, -1.2), 3.15), ((23.0, 1.95 - 1e-3), 3.9 - 1e-3)],
)
def test_kerbs_whose_middle_is_blocked_are_as_wide_as_what_blocks_them(post, governs_m, turn_deg):
    # the kerbs face each other along 40 m; the disc in the middle holds the post, or nearly
    area = affinity.rotate(box(0, -1.95, 40, 1.95), turn_deg, origin=(0, 0))
    points = turned_places(np.array([post]), turn_deg, (0, 0))
    start, end = turned_places(np.array([(5.0, 0.0), (35.0, 0.0)]), turn_deg, (0, 0))
    scene = Scene("blocked", area, points=points, start=start, ends=end[None])
    assert widest(scene, 8.0) == pytest.approx([governs_m], abs=1e-9)
    boundary = boundary_of(scene)
    for limit_m, joined in ((governs_m - 1e-3, True), (governs_m + 5e-4, False)):
        label = cut(boundary, find_pinches(boundary, limit_m)).locate(np.array([start, end]))[0]
        assert (label[0] == label[1]) == joined
    assert not pinch_faults(scene, 6.0)
    assert not width_faults(scene)


def test_a_blocked_overlap_whose_way_round_is_wider():
    # 3.6 m between block and kerb for 20 m, blocked in the middle by a wall; 4.4 m round the other side
    road = box(0, -5, 60, 5).difference(box(20, -0.6, 40, 1.4))
    scene = Scene(
        "round", road, lines=(LineString([(30, 5), (30, 2)]),), start=np.array([5.0, 0]), ends=np.array([[55.0, 0]])
    )
    assert widest(scene, 8.0) == pytest.approx([4.4])
    # the wall is 0.6 m from the block: in the strip a place west of it is not one east of it
    west, east = cut(boundary_of(scene), find_pinches(boundary_of(scene), 3.7)).locate(np.array([(26.0, 3.2), (34.0, 3.2)]))[0]
    assert west != east
    assert not width_faults(scene)


# --- several entrances -----------------------------------------------------------------------------------


def two_gates() -> WidestWay:
    """Two ways to a yard, by a neck of 3 m and by one of 5 m."""
    road = shapely.union_all([box(0, -6, 20, 6), box(20, -1.5, 40, 1.5), box(40, -6, 60, 6), box(60, -2.5, 80, 2.5), box(80, -6, 100, 6)])
    return WidestWay(Boundary.from_geometry(road), cap_m=16.0)


def test_each_entrance_counts_with_its_own_disc():
    way = two_gates()
    yard = np.array([[50.0, 0.0]])
    west, east = (10.0, 0.0), (90.0, 0.0)
    in_a_corner = (99.0, 5.0)  # a disc of 2 m
    beside = (90.0, 4.0)  # a disc of 4 m
    for starts, expected in [
        ([west], 3.0), ([east], 5.0), ([west, east], 5.0), ([in_a_corner], 2.0), ([west, in_a_corner], 3.0),
        ([beside], 4.0), ([in_a_corner, beside], 4.0), ([west, beside, in_a_corner], 4.0), ([beside, beside], 4.0),
        ([(10.0, 6.0), in_a_corner], 2.0), ([(10.0, 6.0)], 0.0),
    ]:  # fmt: skip
        assert way.between(np.array(starts), yard) == pytest.approx([expected], abs=1e-9), starts
        one_by_one = max(float(way.between(np.array(start), yard)[0]) for start in starts)
        assert one_by_one == pytest.approx(expected, abs=1e-9)


def test_an_entrance_that_limits_is_no_pinch():
    way = two_gates()
    pieces, distance_m = way.pieces.locate(np.array([(99.0, 5.0), (10.0, 0.0), (50.0, 0.0)]))
    by_own = way.limits(pieces[:1], 2 * distance_m[:1])
    assert by_own.width_m[pieces[2]] == pytest.approx(2.0)
    assert by_own.governing[pieces[2]] == -1
    by_neck = way.limits(pieces[:2], 2 * distance_m[:2])
    assert by_neck.width_m[pieces[2]] == pytest.approx(3.0)
    assert way.pinches.width_m[by_neck.governing[pieces[2]]] == pytest.approx(3.0)
    unlimited = way.limits(pieces[:1])
    assert unlimited.width_m[pieces[2]] == pytest.approx(5.0)
    assert np.isinf(unlimited.width_m[pieces[0]])


def test_above_the_cap_the_answer_is_the_cap_and_a_larger_cap_tells_more():
    road = box(0, -6, 60, 6).difference(box(28, 3.5, 30, 6))
    start, end = np.array([10.0, 0.0]), np.array([[50.0, 0.0], [55.0, 0.0]])
    boundary = Boundary.from_geometry(road)
    assert WidestWay(boundary).between(start, end).tolist() == [8.0, 8.0]
    assert WidestWay(boundary, cap_m=16.0).between(start, end) == pytest.approx([9.5, 9.5])
