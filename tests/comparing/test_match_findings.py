"""Findings matched by rule, owner and place: scenes worked out by hand, then properties, then sizes."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firelane.comparing import match_findings
from firelane.comparing.matching import NAME_SHARE, TOLERANCE_M


def thing(x, y=0.0, *owners, rule="r", **more):
    return {"rule_id": rule, "finding_id": f"{rule}:{'-'.join(owners)}", "owners": list(owners), "location": [x, y], **more}


def paired(old, new, **more):
    return list(match_findings(old, new, **more).pairs)


def test_what_stands_where_it_stood_is_itself_and_the_rest_is_left():
    found = match_findings([thing(0, 0, "A"), thing(50, 0, "B")], [thing(50, 0, "B"), thing(90, 0, "C")])
    assert found.pairs == ((1, 0),)
    assert (found.only_old, found.only_new) == ((0,), (1,))


def test_another_rule_is_another_finding():
    assert paired([thing(0, 0, "A")], [thing(0, 0, "A", rule="q")]) == []


@pytest.mark.parametrize(("away", "same"), [(2.0, True), (4.9, True), (5.1, False)])
def test_a_thing_is_itself_as_far_as_the_tolerance(away, same):
    assert bool(paired([thing(0, 0, "A")], [thing(away, 0, "A")])) is same


@pytest.mark.parametrize(("away", "same"), [(0.0, True), (2.9, True), (3.0, False)])
def test_a_renamed_thing_is_itself_where_it_stands_still(away, same):
    # 0.41 of 5 m are gone with the name: 2.95 m are left
    assert math.isclose(NAME_SHARE * TOLERANCE_M, 2.05)
    assert bool(paired([thing(0, 0, "A")], [thing(away, 0, "B")])) is same


def test_a_car_that_moved_keeps_its_name_though_another_took_its_place():
    assert paired([thing(0, 0, "A")], [thing(0, 0, "B"), thing(2, 0, "A")]) == [(0, 1)]


def test_bays_numbered_anew_keep_their_places():
    # every number has moved by one bay of 2.5 m: nine stand still, at the ends one is gone and one is new
    old = [thing(2.5 * n, 0, f"P{n}") for n in range(10)]
    new = [thing(2.5 * n, 0, f"P{n - 1}") for n in range(1, 11)]
    found = match_findings(old, new)
    assert found.pairs == tuple((n, n - 1) for n in range(1, 10))
    assert (found.only_old, found.only_new) == ((0,), (9,))


def test_least_total_distance_counts_not_the_nearest_pair():
    # (0,0)-(1,0) is the nearest pair, 1 m, but would leave (-3,0) and (0,2.5) 3.91 m apart, 4.91 m together; the other
    # way it is 2.5 m + 4 m = 6.5 m. With (3.9,0) in place of (-3,0) the other way wins: 2.5 + 2.9 against 1 + 4.63.
    assert paired([thing(0, 0, "A"), thing(-3, 0, "A")], [thing(1, 0, "A"), thing(0, 2.5, "A")]) == [(0, 0), (1, 1)]
    assert paired([thing(0, 0, "A"), thing(3.9, 0, "A")], [thing(1, 0, "A"), thing(0, 2.5, "A")]) == [(0, 1), (1, 0)]


def test_a_building_is_itself_wherever_its_figure_was_read():
    row = {"rule_id": "r", "finding_id": "r:B1", "building_id": "B1"}
    assert paired([row | {"location": [0, 0], "owners": ["X"]}], [row | {"location": [300, 0], "owners": ["Y"]}]) == [(0, 0)]


def test_a_lane_as_a_whole_is_not_one_of_its_narrow_places():
    whole = {"rule_id": "r", "finding_id": "r:L1", "lane_id": "L1", "owners": [], "location": [10, 0]}
    narrow = {"rule_id": "r", "finding_id": "r:P1", "lane_id": "L1", "owners": ["A"], "location": [10, 0]}
    assert paired([whole], [narrow]) == []
    assert paired([whole], [whole | {"location": [40, 0]}]) == [(0, 0)]


def test_a_narrow_stretch_whose_narrowest_place_moved_along_is_itself():
    old = thing(10, 0, "edge:R", lane_id="L", chainage_m=[5, 40])
    new = thing(35, 0, "edge:R", lane_id="L", chainage_m=[6, 41])
    assert paired([old], [new]) == [(0, 0)]
    assert paired([old], [new | {"chainage_m": [50, 60]}]) == []
    assert paired([old], [new | {"lane_id": "M"}]) == []


def test_degrees_count_before_metres_and_metres_where_degrees_lack():
    old = thing(0, 0, "A", lonlat=[123.43, 41.8])
    assert paired([old], [thing(9_000, 0, "A", lonlat=[123.43, 41.80003])]) == [(0, 0)]  # 3.3 m to the north
    assert paired([old], [thing(0, 0, "A", lonlat=[123.43, 41.80006])]) == []  # 6.7 m, whatever the metres say
    assert paired([old], [thing(0, 1, "A")]) == [(0, 0)]


def test_without_a_common_place_the_owners_decide():
    old = {"rule_id": "r", "owners": ["A"], "location": None, "lonlat": None}
    assert paired([old], [thing(0, 0, "A")]) == [(0, 0)]
    assert paired([old], [thing(0, 0, "B")]) == []
    assert paired([{"rule_id": "r", "owners": ["A"]}], [{"rule_id": "r", "owners": ["A"], "location": [1, 2]}]) == [(0, 0)]


def test_what_concerns_the_site_is_matched_by_what_it_is_about():
    rows = [{"rule_id": "r", "finding_id": f"r:{name}", "owners": []} for name in ("site", "unread-roads")]
    assert paired(rows, rows[::-1]) == [(0, 1), (1, 0)]


@pytest.mark.parametrize("tolerance", [0.0, -1.0, math.nan, math.inf])
def test_a_tolerance_that_is_no_length_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance"):
        match_findings([], [], tolerance_m=tolerance)


places = st.tuples(st.integers(0, 24), st.integers(0, 4)).map(lambda p: [p[0] / 2, p[1] / 2])
rows = st.builds(
    lambda rule, owners, place, lane: {
        "rule_id": rule, "finding_id": f"{rule}:{lane}" if lane else "", "owners": sorted(owners), "location": place,
        "lane_id": lane,
    },
    st.sampled_from("rq"), st.sets(st.sampled_from("ABC"), max_size=2), st.none() | places, st.none() | st.just("L1"),
)  # fmt: skip
many = st.lists(rows, max_size=14)


@settings(max_examples=40)
@given(many, many)
def test_one_to_one_and_complete(old, new):
    found = match_findings(old, new)
    left, right = [a for a, _ in found.pairs], [b for _, b in found.pairs]
    assert sorted([*left, *found.only_old]) == list(range(len(old)))
    assert sorted([*right, *found.only_new]) == list(range(len(new)))
    assert all(old[a]["rule_id"] == new[b]["rule_id"] for a, b in found.pairs)


@settings(max_examples=40)
@given(many, many, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(old, new, random):
    def contents(a, b):
        return sorted((str(a[i]), str(b[j])) for i, j in match_findings(a, b).pairs)

    shuffled = [random.sample(side, len(side)) for side in (old, new)]
    assert contents(old, new) == contents(*shuffled)


@settings(max_examples=40)
@given(many)
def test_everything_is_itself(old):
    found = match_findings(old, old)
    assert len(found.pairs) == len(old)
    assert all(old[a] == old[b] for a, b in found.pairs)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("ABCDE"), st.floats(0, 12), st.floats(0, 12)), max_size=6),
       st.lists(st.tuples(st.sampled_from("ABCDE"), st.floats(0, 12), st.floats(0, 12)), max_size=6))  # fmt: skip
def test_no_other_pairing_is_nearer_together(left, right):
    """Oracle: every pairing tried; a pair saves the tolerance less its effective distance."""
    old, new = ([thing(x, y, name) for name, x, y in side] for side in (left, right))

    def saved(i, j):
        away = math.dist(old[i]["location"], new[j]["location"]) + NAME_SHARE * TOLERANCE_M * (left[i][0] != right[j][0])
        return TOLERANCE_M - away

    def best(i, free):
        if i == len(old):
            return 0.0
        return max(best(i + 1, free), *(saved(i, j) + best(i + 1, free - {j}) for j in free), -math.inf)

    found = sum(saved(i, j) for i, j in match_findings(old, new).pairs)
    exact = {(r["owners"][0], *r["location"]) for r in old} & {(r["owners"][0], *r["location"]) for r in new}
    if not exact:  # what stands still under its name is taken before anything is weighed
        assert found == pytest.approx(best(0, frozenset(range(len(new)))), abs=1e-4)


@settings(max_examples=40)
@given(many, many)
def test_exchanging_both_sides_exchanges_as_many_pairs(old, new):
    there, back = match_findings(old, new), match_findings(new, old)
    assert len(there.pairs) == len(back.pairs)
    assert len(there.only_old) == len(back.only_new)


def test_exchanging_both_sides_exchanges_each_pair_where_no_two_are_equally_near():
    old = [thing(2.5 * n + 0.013 * n * n, 0.1 * n, f"V{n}") for n in range(40)]
    new = [thing(2.5 * n + 1.1 + 0.017 * n * n % 0.9, 0.3, f"V{(n * 7) % 40}") for n in range(45)]
    assert sorted((b, a) for a, b in paired(new, old)) == paired(old, new)


def test_twenty_thousand_findings_take_seconds_and_grow_as_their_number():
    def seconds(count, make):
        old = [thing(2.5 * n, 0, f"V{n}") for n in range(count)]
        new = [make(n) for n in range(count)]
        begun = time.process_time()
        found = match_findings(old, new)
        assert len(found.pairs) >= count - 1
        return time.process_time() - begun

    for make in (lambda n: thing(2.5 * n + 1.3, 0, f"W{n}"), lambda n: thing(2.5 * n + 2.5, 0.1, f"V{n}")):
        one, two = seconds(5_000, make), seconds(20_000, make)
        assert two < 20
        assert two < 8 * one + 0.5  # four times as many


def test_a_crowd_at_one_point_is_paired_whole():
    old = [thing(0, 0, f"V{n}") for n in range(5_000)]
    new = [thing(0, 0.2, f"W{n}") for n in range(5_000)]
    begun = time.process_time()
    assert len(paired(old, new)) == 5_000
    assert time.process_time() - begun < 10
