"""A fence drawn as a closed line bars what it encloses."""

from __future__ import annotations

import pytest
from site_scenes import LineString, audited, street, widths


def fence(*corners, **columns):
    return LineString([*corners, corners[0]]), {"kind": "fence", **columns}


@pytest.mark.parametrize("corners", [((48, -1), (52, -1), (52, 1), (48, 1)), ((48, -1), (48, 1), (52, 1), (52, -1))])
def test_a_closed_fence_in_the_middle_leaves_the_wider_side(corners):
    lane = street(10.0, [fence(*[(x, y + 0.5) for x, y in corners])])  # free: -5 to -0.5, and 1.5 to 5
    assert widths(audited(lane)) == [4.5]


def test_a_closed_fence_on_a_mouth_bars_it():
    lane = street(6.0, [fence((-1, -2), (1, -2), (1, 2), (-1, 2))], length=60.0)
    assert widths(audited(lane)) == [1.0]
