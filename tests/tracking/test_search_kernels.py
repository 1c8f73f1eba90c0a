"""The compiled loops and the maps about them, each against geometry that shares nothing with it."""

import numpy as np
import pytest
import shapely

pytest.importorskip("numba")

from firelane.tracking.catalogue import vehicles
from firelane.tracking.drive import along
from firelane.tracking.field import Field, Region
from firelane.tracking.kernel import fits
from firelane.tracking.search import Search
from firelane.tracking.search_disc import DiscWays
from firelane.tracking.search_ease import ALIKE_M, ALIKE_RAD, _thinned
from firelane.tracking.vehicle import Policy
from tests.tracking.test_search_corners import corner

YARD = shapely.box(0, 0, 40, 30)
BODY = np.array([-3.6, 8.4, 1.25, 0.0])
"""Rear end, front end, half width and spare: twelve metres long."""


def region(seed, posts=12, walls=6):
    rng = np.random.default_rng(seed)
    ends = rng.uniform([2, 2, 2, 2], [38, 28, 38, 28], (walls, 4))
    ends[:, 2:] = ends[:, :2] + np.clip(ends[:, 2:] - ends[:, :2], -4, 4)
    return Region(YARD, np.array(list(shapely.linestrings(ends.reshape(-1, 2, 2))), dtype=object), rng.uniform([1, 1], [39, 29], (posts, 2)))


def asked(area, poses, body, back=0.0, curve=0.0):
    arrays = area.arrays()
    seen = np.zeros(len(arrays.edges) + 1, np.int64)
    local = poses[:, :2] - area.origin
    return np.array([
        fits(x, y, h, back, curve, body, *arrays.ground, seen, n + 1)
        for n, ((x, y), h) in enumerate(zip(local.tolist(), poses[:, 2].tolist(), strict=True))
    ])  # fmt: skip


def outlines(poses, body):
    rear, front, half, _ = body
    corners = np.array([(front, half), (front, -half), (rear, -half), (rear, half)])
    c, s = np.cos(poses[:, 2])[:, None], np.sin(poses[:, 2])[:, None]
    xy = np.stack((c * corners[:, 0] - s * corners[:, 1], s * corners[:, 0] + c * corners[:, 1]), axis=2)
    return shapely.polygons(xy + poses[:, None, :2])


@pytest.mark.parametrize("half_m", [1.25, 0.3])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_body_fits_where_shapely_says_so(half_m, seed):
    area, body = region(seed), BODY * [1, 1, 0, 0] + [0, 0, half_m, 0]
    rng = np.random.default_rng(100 + seed)
    poses = rng.uniform([0, 0, -4], [40, 30, 4], (4000, 3))
    polygons = outlines(poses, body)
    inner, outer = shapely.buffer(polygons, -1e-6), shapely.buffer(polygons, 1e-6)
    solid = shapely.union_all([shapely.boundary(YARD), *area.walls, *shapely.points(area.posts)])
    shapely.prepare(solid)
    free, sure = ~shapely.intersects(solid, inner), ~shapely.intersects(solid, outer)
    free &= shapely.covers(YARD, inner)
    sure &= shapely.covers(YARD, outer)
    found = asked(area, poses, body)
    assert 50 < found.sum() < 3900
    assert not (found & ~free).any()
    assert not (sure & ~found).any()


@pytest.mark.parametrize("curve", [1 / 9.25, -1 / 9.25])
def test_a_post_between_two_poses_that_the_front_passes_over_is_struck(curve):
    """4 cm inside the outer front corner half way, and outside of the body before and after."""
    back = 1.0
    start = np.array([[12.0, 15.0, 0.0]])
    (half,), (turned,) = along(start[:, :2], start[:, 2], np.array([curve]), np.array([back / 2]))
    (end,), (last,) = along(start[:, :2], start[:, 2], np.array([curve]), np.array([back]))
    inward = np.array([BODY[1] - 0.04, -np.sign(curve) * (BODY[2] - 0.04)])
    turn = np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]])
    post = half + turn @ inward
    pose = np.array([[*end, last]])
    assert not shapely.intersects_xy(outlines(np.vstack([start, pose]), BODY), *post).any()
    area = Region(YARD, np.array([], object), post[None, :])
    assert asked(area, pose, BODY).all(), "the pose itself is free"
    assert not asked(area, pose, BODY, back, curve).any(), "the way to it is not"
    away = Region(YARD, np.array([], object), post[None, :] + [0.0, -np.sign(curve) * 0.3])
    assert asked(away, pose, BODY, back, curve).all()


def test_the_middle_of_a_disc_keeps_half_its_width_off_walls_and_posts():
    """In a yard of 40 x 30 m a disc of 2.5 m keeps 1.25 m off the rim; a wall at x = 20 with a neck of 2.4 m shuts the rest."""
    walls = np.array([shapely.LineString([(20, 0), (20, 13.8)]), shapely.LineString([(20, 16.2), (20, 30)])], dtype=object)
    area = Region(YARD, walls, np.zeros((0, 2)))
    ways = DiscWays(area, 2.5, np.zeros(2))
    reached = ways.reached(np.array([[10.0, 15.0]]))
    rim, behind = shapely.LineString([(5, 0), (6, 0)]), shapely.LineString([(25, 5), (25, 6)])
    assert ways.come(reached, rim, 0.0, 1.26)
    assert not ways.come(reached, rim, 0.0, 1.24)
    assert not ways.come(reached, behind, 0.0, 1.26)
    assert ways.come(ways.reached(np.array([[30.0, 15.0]])), behind, 0.0, 0.0)
    assert not ways.come(ways.reached(np.array([[60.0, 15.0]])), behind, 0.0, 0.0)
    gap = ways.gap(reached, np.array([[10.0, 15.0]]), behind, 1.25)
    assert gap is not None
    assert gap.width_m == pytest.approx(2.4, abs=1e-6)


def test_a_place_amid_posts_has_no_room_for_a_disc_and_no_gap_is_named():
    around = 0.6 * np.column_stack((np.cos(np.arange(6)), np.sin(np.arange(6)))) + [30, 20]
    ways = DiscWays(Region(YARD, np.array([], object), around), 2.5, np.zeros(2))
    reached = ways.reached(np.array([[10.0, 15.0]]))
    assert not ways.come(reached, shapely.Point(30, 20), 3.0, 0.5)
    assert ways.come(reached, shapely.Point(30, 20), 3.0, 2.5)


def test_a_tree_remembers_where_front_axles_stand_and_ways_hang_together():
    vehicle, policy = vehicles()["pump-8"], Policy()
    field: Field = corner(vehicle, 5.6)
    search = Search(field, vehicle, policy, field.aprons[0].seeds(vehicle, policy))
    for place in (shapely.LineString([(-8, -5), (-8, -1)]), shapely.LineString([(0.5, 24.5), (5, 24.5)])):
        outcome = search.reach(search.goal(place, 0.6))
        assert outcome.drive is not None
    tree = search.tree
    known, cell, columns = int(tree.store[7][0]), field.over.frame[3], int(field.over.frame[4])
    assert 0 < known <= tree.size
    state = tree.state[:known]
    front = state[:, :2] + vehicle.wheelbase_m * np.column_stack((np.cos(state[:, 2]), np.sin(state[:, 2])))
    column, row = np.floor(front / cell).astype(int).T
    np.testing.assert_array_equal(tree.store[6][:known], row * columns + column)
    np.testing.assert_array_equal(search.entering, tree.state[tree.parent < 0])
    way = tree.way(outcome.number)
    assert (np.hypot(*np.diff(way[:, :2], axis=0).T) < 1.0).all()
    assert (np.diff(way[:, 4]) > 0).all()
    assert len(way) == len(tree.chain(outcome.number)) + sum(len(tree.ties.get(n, ())) for n in tree.chain(outcome.number))


def test_of_poses_that_stand_alike_the_cheapest_is_kept():
    rng = np.random.default_rng(5)
    state = np.column_stack((rng.uniform(-3, 3, (400, 2)), rng.uniform(-7, 7, 400), np.zeros(400), rng.integers(0, 9, 400)))
    chosen = np.sort(rng.choice(400, 300, replace=False))
    best: dict[tuple[int, ...], int] = {}
    for n in chosen:
        key = tuple(np.floor(state[n, :3] / [ALIKE_M, ALIKE_M, ALIKE_RAD]).astype(int))
        if key not in best or state[n, 4] < state[best[key], 4]:
            best[key] = int(n)
    assert _thinned(state, chosen).tolist() == sorted(best.values())
    assert not len(_thinned(state, chosen[:0]))
