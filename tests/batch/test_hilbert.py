"""The curve: neighbours on it are neighbours on earth, every cell once, and nothing depends on the company."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from firelane.batch.hilbert import NOWHERE, hilbert_key


def test_every_step_along_the_curve_goes_to_the_next_cell():
    n = 32
    cells = [(i, j) for i in range(n) for j in range(n)]
    points = [((i + 0.5) / n * 360 - 180, (j + 0.5) / n * 180 - 90) for i, j in cells]
    order = np.array(cells)[np.argsort(hilbert_key(points))]
    assert (np.abs(np.diff(order, axis=0)).sum(axis=1) == 1).all()


def test_four_quadrants_in_the_order_of_the_curve():
    # South-west, north-west, north-east, south-east: the first level by hand.
    keys = hilbert_key([(-90, -45), (-90, 45), (90, 45), (90, -45)])
    assert list(np.argsort(keys)) == [0, 1, 2, 3]
    assert [int(k) >> 58 for k in keys] == [0, 1, 2, 3]


def test_what_has_no_place_comes_last():
    keys = hilbert_key([(np.nan, 1.0), (179.9, -89.9), (1.0, np.inf)])
    assert keys[0] == keys[2] == NOWHERE
    assert keys[1] < NOWHERE


@given(st.lists(st.tuples(st.floats(73, 135), st.floats(18, 54)), min_size=1, max_size=20))
def test_a_key_is_the_same_in_whatever_company(points):
    together = hilbert_key(points)
    assert [int(hilbert_key([p])[0]) for p in points] == [int(k) for k in together]


def test_points_two_metres_apart_have_keys_of_their_own():
    a, b = hilbert_key([(123.4, 41.8), (123.4, 41.8 + 2e-5)])
    assert a != b
