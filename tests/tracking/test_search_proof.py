"""What the search proves impossible: gaps a millimetre too narrow are, gaps a millimetre wide enough are not."""

import dataclasses

import numpy as np
import pytest
import shapely

pytest.importorskip("numba")

from test_search_corners import open_field

from firelane.tracking.catalogue import vehicles
from firelane.tracking.field import field_of
from firelane.tracking.search import Budget, Search
from firelane.tracking.site import track_site
from firelane.tracking.vehicle import Policy
from tests.support.site_scenes import ORIGIN, block, post, spaces_of, street

PUMP, POLICY = vehicles()["pump-8"], Policy()
SMALL = Budget(states=30_000, patience=5_000, glance=2_000, windows=(20_000, 20_000))


def asked(field, place, policy=POLICY, within_m=0.6):
    search = Search(field, PUMP, policy, field.aprons[0].seeds(PUMP, policy), budget=SMALL)
    goal = search.goal(place, within_m)
    return search, goal


def walled(gap_m, turn_rad=0.0):
    """A road 6 m wide along x with a wall at x = 30 that leaves a gap at its upper side."""
    spin = lambda g: shapely.transform(g, lambda xy: xy @ np.array([[np.cos(turn_rad), np.sin(turn_rad)], [-np.sin(turn_rad), np.cos(turn_rad)]]))  # noqa: E731
    field = open_field(PUMP, spin(shapely.box(0, -3, 60, 3)), middle=(0, 0), width=6.0, heading=turn_rad, walls=[spin(shapely.LineString([(30, -3), (30, 3 - gap_m)]))])
    return field, spin(shapely.Point(50, 0))


@pytest.mark.parametrize("turn_rad", [0.0, 0.7])
@pytest.mark.parametrize(("more_m", "comes"), [(-0.001, False), (0.001, True), (-0.3, False), (-2.0, False)])
def test_a_gap_is_judged_to_the_millimetre(more_m, comes, turn_rad):
    field, place = walled(PUMP.width_m + more_m, turn_rad)
    search, goal = asked(field, place)
    assert search.can_come(goal) is comes
    gap = search.gap(goal)
    if comes:
        assert gap is None
    else:
        assert gap.width_m == pytest.approx(PUMP.width_m + more_m, abs=1e-6)
        far = np.hypot(*gap.place)
        assert far == pytest.approx(np.hypot(30, 3 - (PUMP.width_m + more_m) / 2), abs=1e-3)


@pytest.mark.parametrize("margin_m", [0.25, -0.25])
def test_the_margin_counts_on_both_sides(margin_m):
    policy = Policy(margin_m=margin_m)
    needed = PUMP.width_m + 2 * margin_m
    for more_m, comes in ((-0.001, False), (0.001, True)):
        field, place = walled(needed + more_m)
        search, goal = asked(field, place, policy)
        assert search.can_come(goal) is comes


def test_the_widest_of_two_ways_decides():
    """Two gaps beside an island: 2.3 and 2.49 m; the wider one is named."""
    half = 4.0
    island = shapely.box(28, -half + 2.3, 32, half - 2.49)
    field = open_field(PUMP, shapely.difference(shapely.box(0, -half, 60, half), island), middle=(0, 0), width=2 * half)
    search, goal = asked(field, shapely.Point(50, 0))
    outcome = search.reach(goal)
    assert outcome.impossible
    assert outcome.states == 0
    assert outcome.gap.width_m == pytest.approx(2.49)
    assert outcome.gap.place[1] == pytest.approx(half - 2.49 / 2)


def test_a_detour_is_no_proof_of_anything():
    """A ring: the short way is barred, the long one is not."""
    ring = shapely.difference(shapely.box(0, -30, 80, 3), shapely.box(10, -24, 70, -3))
    field = open_field(PUMP, ring, middle=(0, 0), width=6.0, walls=[shapely.LineString([(40, -3), (40, 3)])])
    search, goal = asked(field, shapely.Point(50, 0))
    assert search.can_come(goal)


def test_a_place_beside_a_gap_is_reached_from_before_it():
    """The body comes to within 6 m of a building behind the bar: no disc has to pass."""
    field, _ = walled(1.0)
    search, goal = asked(field, shapely.box(34, -2, 38, 2), within_m=6.0)
    assert search.can_come(goal)
    search, goal = asked(field, shapely.box(38, -2, 42, 2), within_m=6.0)
    assert not search.can_come(goal)


def test_a_lane_too_narrow_all_along_is_not_entered():
    area = shapely.union_all([shapely.box(0, -3, 30, 3), shapely.box(30, -1.245, 60, 1.245)])
    field = open_field(PUMP, area, middle=(0, 0), width=6.0)
    search, goal = asked(field, shapely.Point(34, 0))
    assert not search.can_come(goal)
    # the body's front comes to the edge of the wide part
    search, goal = asked(field, shapely.Point(30.3, 0))
    assert search.can_come(goal)


def tracked(a_site, vehicle=PUMP, policy=POLICY):
    spaces = spaces_of(a_site)
    return track_site(a_site, spaces.network, spaces, vehicle, policy, budget=SMALL)


def test_the_table_tells_where_the_gap_is_and_between_what():
    result = tracked(street(6.0, [block(50, -3.2, 51, 0.6, id="hut")], both=False))
    row = result.targets[result.targets["target_kind"] == "lane"].iloc[0]
    assert row["class"] == "proven_fail"
    assert row["gap_m"] == pytest.approx(2.4, abs=1e-6)
    assert row["gap_x"] - ORIGIN[0] == pytest.approx(50.5, abs=0.51)
    assert row["gap_y"] - ORIGIN[1] == pytest.approx(1.8, abs=1e-3)
    assert row["gap_owners"] == ("hut", "edge:roads-1")


def test_two_bollards_a_millimetre_too_near_are_named():
    bollards = [post(50, y, 0.1, id=f"P{n}") for n, y in enumerate((-2.0, -2.0 + 2.499 + 0.2, 2.95), 1)]
    result = tracked(street(6.0, bollards, both=False))
    row = result.targets[result.targets["target_kind"] == "lane"].iloc[0]
    assert row["class"] == "proven_fail"
    assert row["gap_m"] == pytest.approx(2.499, abs=3e-4)
    assert row["gap_owners"] == ("P1", "P2")


def test_a_bar_right_across_bars_without_a_gap():
    result = tracked(street(6.0, [block(50, -3.2, 51, 3.2)], both=False))
    row = result.targets[result.targets["target_kind"] == "lane"].iloc[0]
    assert row["class"] == "proven_fail"
    assert result.states < 50_000  # the last place that its nose comes near to is looked at closely


def test_height_decides_what_stands_in_the_way():
    low = (shapely.box(49, -3, 50, 3), {"kind": "arch", "clear_height_m": PUMP.height_m - 0.1})
    a_site = street(6.0, [low], both=False)
    assert set(tracked(a_site).targets["class"]) == {"proven_fail"}
    lower = dataclasses.replace(PUMP, height_m=PUMP.height_m - 0.2)
    assert set(tracked(a_site, lower).targets["class"]) == {"proven_pass"}


def test_the_apron_does_not_join_two_mouths():
    """Entrances keep their own strips: what lies behind a bar is reached through the other mouth alone."""
    field = field_of(spaces_of(street(6.0, [block(50, -3.2, 51, 3.2)])), PUMP, POLICY)
    for apron in field.aprons:
        search = Search(field, PUMP, POLICY, apron.seeds(PUMP, POLICY), budget=SMALL)
        near, far = sorted((0.0, 100.0), key=lambda x: abs(x + ORIGIN[0] - apron.middle[0]))
        inside = 1 if near == 0.0 else -1
        assert search.can_come(search.goal(shapely.Point(ORIGIN + (near + inside * 20, 0)), 0.6))
        assert not search.can_come(search.goal(shapely.Point(ORIGIN + (far - inside * 20, 0)), 0.6))
