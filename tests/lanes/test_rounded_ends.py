"""A road whose end is rounded off with chords is one lane: nothing leads into the corners between them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon
from support import site_scenes as S

from firelane.lanes import skeleton
from firelane.lanes.network import lane_network


def rounded(radius, degrees):
    """Return a road 80 m long with an end round the origin, chords between the given directions."""
    angles = np.radians(np.r_[-90.0, sorted(degrees), 90.0])
    end = np.column_stack((np.cos(angles), np.sin(angles))) * radius
    return Polygon([(-80.0, radius), (-80.0, -radius), *end.tolist()])


UNEVEN = (-78, -66, -58, -51, -45, -30, -18, -12, 9, 15, 31, 48, 52, 57, 74)


def test_chords_of_uneven_length_make_no_lanes():
    site = S.site([rounded(5.6, UNEVEN)], obstructions=[])
    assert len(lane_network(site).lanes) == 1
    assert [f.verdict.value for f in S.of(S.audited(site), S.WIDTH)] == ["pass"]


@settings(max_examples=25)
@given(st.floats(3.0, 9.0), st.lists(st.integers(-84, 84), min_size=4, max_size=20, unique=True))
def test_no_chords_make_lanes(radius, degrees):
    assert len(lane_network(S.site([rounded(radius, degrees)])).lanes) == 1


def test_a_narrow_dead_end_stays_a_lane():
    """A path of 1.6 m beside a road is no corner: it fails."""
    road, path = S.road(60, 6), Polygon([(30, 3), (31.6, 3), (31.6, 12), (30, 12)])
    found = S.audited(S.site([Polygon(road.union(path).exterior)], obstructions=[]))
    assert pytest.approx(1.6) in [f.value for f in S.of(found, S.WIDTH, "fail")]


def test_the_trees_beside_chords_are_what_is_cleared(monkeypatch):
    """Without that step some uneven rounding does make lanes: the tests above can fail."""
    monkeypatch.setattr(skeleton, "SLIGHT_M", 0.0)
    rng = np.random.default_rng(4)
    made = [len(lane_network(S.site([rounded(5.6, rng.uniform(-84, 84, 14))])).lanes) for _ in range(40)]
    assert max(made) > 1
