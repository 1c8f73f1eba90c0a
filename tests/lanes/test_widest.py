"""The widest disc on a line across a lane: by hand, and against a fine sampling of random obstacles."""

import numpy as np
import pytest

from firelane.lanes.nearest import NearestSegments
from firelane.lanes.widest import widest_on


def walls(*ends) -> NearestSegments:
    xy = np.array(ends, float)
    along = xy[:, 1] - xy[:, 0]
    length = np.hypot(*along.T)
    direction = np.divide(along, length[:, None], out=np.zeros_like(along), where=length[:, None] > 0)
    return NearestSegments(xy[:, 0], direction, length, np.arange(len(xy)))


def across(index, begin, end, closed=(True, True), x=0.0):
    return widest_on(
        index, np.array([[x, 0.0]]), np.array([[0.0, 1.0]]), np.array([begin]), np.array([end]), np.array([closed])
    )[0]  # fmt: skip


BELOW = ((-50.0, -2.0), (50.0, -2.0))


def test_between_parallel_kerbs_half_the_width():
    assert across(walls(BELOW, ((-50, 3), (50, 3))), -2.0, 3.0) == pytest.approx(2.5, abs=1e-7)


def test_beside_a_slanting_kerb():
    # The bisector of y = -2 and of the kerb at 3-4-5 through (0, 4): (y + 2) = (4 - y) * 4 / 5.
    kerb = ((-40.0, -26.0), (40.0, 34.0))
    y = (4 * 0.8 - 2) / 1.8
    assert across(walls(BELOW, kerb), -2.0, 4.0) == pytest.approx(y + 2, abs=1e-7)


def test_a_post_beside_the_line_makes_two_summits():
    # The post at (1, 0.5): from kerb and post alike at y + 2 = hypot(1, y - 0.5) below, above by symmetry.
    y = (1 + 0.25 - 4) / 5
    index = walls(BELOW, ((-50, 3), (50, 3)), ((1, 0.5), (1, 0.5)))
    assert across(index, -2.0, 3.0) == pytest.approx(y + 2, abs=1e-7)


def test_at_an_open_end_the_disc_may_stand_on_it():
    assert across(walls(BELOW), -2.0, 1.0, closed=(True, False)) == pytest.approx(1.5, abs=1e-7)  # half the stretch
    index = walls(((-50, -9), (50, -9)))
    assert across(index, -8.0, 6.0, closed=(False, False)) == pytest.approx(7.0, abs=1e-7)
    assert across(walls(((3, -50), (3, 50))), -6.0, 6.0, closed=(False, False)) == pytest.approx(3.0, abs=1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_never_less_than_a_fine_sampling_and_no_more_than_it_can_miss(seed):
    rng = np.random.default_rng(seed)
    # Two wavy kerbs of metre-long pieces, and posts and short walls between: every line has many summits.
    x = np.arange(-30.0, 31.0)
    ends = []
    for side in (-1, 1):
        y = side * 4 + rng.uniform(-1.5, 1.5, len(x))
        ends += [((x[n], y[n]), (x[n + 1], y[n + 1])) for n in range(len(x) - 1)]
    for middle in rng.uniform((-25, -2), (25, 2), (12, 2)):
        ends.append((middle, middle + rng.choice([0.0, 1.0]) * rng.uniform(-1, 1, 2)))
    index = walls(*ends)
    places = np.column_stack((rng.uniform(-25, 25, 40), np.zeros(40)))
    angle = np.pi / 2 + rng.uniform(-0.4, 0.4, 40)
    left = np.column_stack((np.cos(angle), np.sin(angle)))
    # Open at both ends, and long enough that half the stretch does not count.
    begin, end = np.full(40, -1.9), np.full(40, 1.9)
    found = widest_on(index, places, left, begin, end, np.zeros((40, 2), bool))
    offset = np.linspace(-1.9, 1.9, 3801)
    sampled = np.array([
        index.nearest(place + direction * offset[:, None])[1].max()
        for place, direction in zip(places, left, strict=True)
    ])  # fmt: skip
    sampled = np.minimum(sampled, 1.9)
    assert (found >= sampled - 1e-7).all()
    assert (found <= sampled + 0.0005 + 1e-9).all()  # half a step of the sampling
