"""Samples of a region: neighbours in the grid, edges in segments, and what is shared between trials."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from site_scenes import spaces_of, street

from firelane.lanes.gap_graph import GapGraph
from firelane.lanes.space import FreeSpace, Setting
from firelane.remedy.plan_places import _neighbours, pieces_of, places


def test_four_places_in_a_square_are_all_neighbours():
    one, other = _neighbours(np.array([[5, 7], [6, 7], [5, 8], [6, 8]]))
    assert {tuple(sorted(pair)) for pair in zip(one.tolist(), other.tolist(), strict=True)} == {
        (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3),
    }  # fmt: skip


def test_the_top_of_one_column_is_no_neighbour_of_the_foot_of_the_next():
    one, _ = _neighbours(np.array([[0, 9], [1, 0], [3, 9]]))
    assert not len(one)


@pytest.mark.parametrize("seed", range(6))
def test_neighbours_are_those_a_look_at_every_pair_finds(seed):
    rng = np.random.default_rng(seed)
    at = np.unique(rng.integers(-9, 9, (60, 2)), axis=0)
    pairs = {tuple(sorted(p)) for p in zip(*(side.tolist() for side in _neighbours(at)), strict=True)}
    apart = np.abs(at[:, None] - at[None]).max(axis=2)
    assert pairs == {(i, j) for i, j in zip(*np.nonzero(apart == 1), strict=True) if i < j}


def test_segments_are_as_far_away_as_the_line_they_make():
    line = shapely.LineString([(0, 0), (10, 0), (10, 7), (3, 4)])
    block = shapely.box(20, 20, 22, 22)
    tree = shapely.STRtree(pieces_of([line, block]))
    assert len(tree) == 4
    points = shapely.points(np.random.default_rng(0).uniform(-5, 30, (200, 2)))
    _, away = tree.query_nearest(points, all_matches=False, return_distance=True)
    assert away.tolist() == np.minimum(shapely.distance(line, points), shapely.distance(block, points)).tolist()


def test_a_place_exactly_half_a_width_from_the_wall_stays_and_a_nearer_one_goes():
    tree = shapely.STRtree(pieces_of([shapely.LineString([(0, 0), (8, 0)])]))
    found = places(
        shapely.box(1.9, 0.9, 6.1, 3.1), grid_m=1.0, width_m=4.0, slack_m=0.0, fixed=tree, movable=[], owners=[],
        gaps=np.zeros((0, 2, 2)),
    )  # fmt: skip
    # Rows y = 1, 2, 3: the first is too near; the rest stand for the same and are one.
    assert len(found) == 1
    assert found[0].xy[1] in (2.0, 3.0)


def test_parities_are_the_bits():
    bits = (0, 0b1, 1 << 70, (1 << 71) - 1)
    graph = GapGraph(
        label=np.array([-1, 0]), u=np.zeros(4, int), v=np.ones(4, int), width_m=np.zeros(4), bits=bits,
        ends=np.zeros((4, 2, 2)), columns=71, below_m=4.0, passages=(),
    )  # fmt: skip
    for column in (0, 1, 7, 8, 69, 70):
        assert graph.odd(column).tolist() == [b >> column & 1 for b in bits]


def test_trials_on_one_setting_share_it_and_another_area_does_not(empty_tables):
    table, lanes, mouths = empty_tables
    setting = Setting(shapely.box(0, 0, 60, 6), lanes, mouths)
    one, two = FreeSpace.within(setting, table), FreeSpace.within(setting, table, cap_m=4.0)
    assert one.setting is two.setting is setting
    other = FreeSpace(shapely.box(0, 0, 30, 6), one.free, table, lanes, mouths, shared=setting)
    assert other.setting is not setting


@pytest.fixture
def empty_tables():
    space = spaces_of(street(6.0, [])).ground[0]
    return space.table, space.lanes, space.mouths
