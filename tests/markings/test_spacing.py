"""The chain of boxes: hand-checked cases, and the 20 m rule on random lanes."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from firelane.markings.spacing import chain


def free(n, *blocked):
    out = np.ones(n, dtype=bool)
    for a, b in blocked:
        out[a:b] = False
    return out


def test_full_pitch_as_long_as_it_lasts():
    found = chain(free(101), pitch=20, least=3, start_within=20, end_from=80)
    assert found.places == (20, 40, 60, 80)
    assert found.too_wide == ()


def test_a_blocked_place_is_left_for_the_nearest_one_before_it():
    found = chain(free(101, (35, 45)), pitch=20, least=3, start_within=20, end_from=80)
    assert found.places == (20, 34, 54, 74, 94)


def test_a_gap_that_cannot_be_closed_is_as_small_as_can_be_and_named():
    found = chain(free(101, (30, 60)), pitch=20, least=3, start_within=20, end_from=80)
    assert (29, 60) in found.too_wide
    assert len(found.too_wide) == 1


def test_looking_ahead_beats_a_greedy_walk():
    # a greedy walk takes 20, may not take 21 (overlap) and strands; 18, 21, 41 closes it
    allowed = np.zeros(61, dtype=bool)
    allowed[[18, 20, 21, 41, 60]] = True
    found = chain(allowed, pitch=20, least=3, start_within=20, end_from=45)
    assert found.places == (18, 21, 41, 60)
    assert found.too_wide == ()


def test_blocked_ends_are_named_and_an_empty_lane_too():
    found = chain(free(60, (0, 25), (35, 60)), pitch=20, least=3, start_within=20, end_from=40)
    assert found.too_wide == ((-1, found.places[0]), (found.places[-1], 60))
    assert (found.places[0], found.places[-1]) == (25, 34)
    assert chain(np.zeros(60, dtype=bool), pitch=20, least=3, start_within=20, end_from=40).too_wide == (
        (-1, 60),
    )


def test_places_that_strand_everywhere_are_walked_through():
    allowed = np.zeros(30, dtype=bool)
    allowed[[0, 2, 22]] = True
    found = chain(allowed, pitch=20, least=3, start_within=0, end_from=22)
    assert found.places == (0, 22)
    assert found.too_wide == ((0, 22),)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=300), st.integers(3, 40), st.integers(1, 6))
def test_no_gap_above_the_pitch_unless_no_free_place_lies_in_it(flags, pitch, least):
    assume(least <= pitch)  # boxes longer than their distance make no chain
    allowed = np.array(flags)
    n = len(allowed)
    found = chain(allowed, pitch=pitch, least=least, start_within=pitch, end_from=n - 1 - pitch)
    assert all(allowed[p] for p in found.places)
    assert all(b - a >= least for a, b in zip(found.places, found.places[1:], strict=False))
    named = set(found.too_wide)
    wide = {(a, b) for a, b in itertools.pairwise(found.places) if b - a > pitch}
    if found.places:
        wide |= {(-1, found.places[0])} if found.places[0] > pitch else set()
        wide |= {(found.places[-1], n)} if found.places[-1] < n - 1 - pitch else set()
        assert named == wide
    for a, b in wide:
        # no place is free in a wide gap, but where a box would overlap its neighbour
        inside = np.flatnonzero(allowed[max(a, 0) : b]) + max(a, 0)
        assert all(0 <= i - a < least or b - i < least for i in inside)
    if found.places and not named:
        assert found.places[0] <= pitch
        assert found.places[-1] >= n - 1 - pitch


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 2000), st.integers(5, 80), st.integers(1, 5))
def test_a_free_lane_takes_the_fewest_boxes(n, pitch, least):
    found = chain(
        np.ones(n, dtype=bool), pitch=pitch, least=least, start_within=pitch, end_from=n - 1 - pitch
    )
    assert found.too_wide == ()
    assert len(found.places) == max(1, -(-(n - 1) // pitch) - 1)


def test_two_boxes_that_would_crowd_at_the_end_are_spread_evenly():
    found = chain(np.ones(32, dtype=bool), pitch=20, least=3, start_within=20, end_from=22)
    assert len(found.places) == 2
    first, second = found.places
    assert first <= 20
    assert second >= 22
    assert second - first >= 8, "not side by side"
    assert not found.too_wide


def test_boxes_between_two_junctions_are_spread_evenly():
    # 65 m in metres: within 10 m of each end, where the first 9 m are taken
    found = chain(free(66, (0, 9), (57, 66)), pitch=20, least=3, start_within=10, end_from=55)
    assert len(found.places) == 4
    assert np.diff(found.places).min() >= 14
    assert not found.too_wide
    # nor do places that are free but ill liked keep them from it
    dislike = np.zeros(66, dtype=np.int64)
    dislike[:9] = dislike[57:] = 7
    assert chain(free(66), pitch=20, least=3, start_within=10, end_from=55, dislike=dislike).places == found.places


def test_a_place_that_is_ill_liked_is_taken_only_where_the_pitch_asks_for_it():
    dislike = np.zeros(101, dtype=np.int64)
    dislike[35:45] = 1
    found = chain(free(101), pitch=20, least=3, start_within=20, end_from=80, dislike=dislike)
    assert found.places == (20, 34, 54, 74, 94)
    assert found.dislike == 0
    dislike[25:55] = 1  # too long to jump: one, not two
    found = chain(free(101), pitch=20, least=3, start_within=20, end_from=80, dislike=dislike)
    assert found.dislike == 1
    assert not found.too_wide
    dislike[:] = 1  # everywhere alike: as if nothing were said
    found = chain(free(101), pitch=20, least=3, start_within=20, end_from=80, dislike=dislike)
    assert found.places == (20, 40, 60, 80)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=40), st.integers(2, 9), st.integers(1, 3)
)
def test_no_other_chain_is_liked_better(cells, pitch, least):
    """Against all chains: the sum of dislikes is the least of any that closes every gap, and so is their number."""
    allowed, dislike = np.array([a for a, _ in cells]), np.array([d for _, d in cells])
    end_from = len(cells) - 1 - pitch
    best = {}  # last place -> (dislike, boxes) of the best chain that ends there
    for k in np.flatnonzero(allowed).tolist():
        before = [best[j] for j in range(max(k - pitch, 0), k - least + 1) if j in best]
        before += [(0, 0)] if k <= pitch else []
        if before:
            a, b = min(before)
            best[k] = (a + int(dislike[k]), b + 1)
    whole = [best[k] for k in best if k >= end_from]
    found = chain(allowed, pitch=pitch, least=least, start_within=pitch, end_from=end_from, dislike=dislike)
    if whole:
        assert not found.too_wide
        assert (found.dislike, len(found.places)) == min(whole)
        assert found.dislike == dislike[list(found.places)].sum()
    elif found.places:
        assert found.too_wide
