"""Minima of the profile as stretches: plateaus whole, minima under a centimetre merged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from site_scenes import Polygon, block, gates, measured, site, street

from firelane.measure.stretches import profile_stretches


def table(**lanes):
    parts = [
        pd.DataFrame({"lane_id": lane, "chainage_m": 0.5 * np.arange(len(w)), "clear_width_m": np.array(w, float)})
        for lane, w in lanes.items()
    ]
    return pd.concat(parts, ignore_index=True)


def told(profile, **more):
    return [tuple(row) for row in profile_stretches(profile, **more).itertuples(index=False)]


def test_a_lane_of_even_width_is_one_stretch():
    assert told(table(a=[6, 6, 6, 6])) == [("a", 0.0, 1.5, 6.0, 0.0)]


def test_a_plateau_is_one_stretch_with_its_minimum():
    assert told(table(a=[6, 5, 3.6, 3.605, 3.6, 3.609, 5, 6])) == [("a", 1.0, 2.5, 3.6, 1.0)]


def test_minima_that_stand_out_by_less_than_a_centimetre_are_merged():
    assert told(table(a=[5, 3.6, 3.608, 3.602, 5])) == [("a", 0.5, 1.5, 3.6, 0.5)]
    assert [t[3] for t in told(table(a=[5, 3.6, 3.7, 3.602, 5]))] == [3.6, 3.602]


def test_each_lane_has_its_own_narrowest_place():
    assert told(table(a=[5, 4, 5], b=[7], c=[3, 9, 2])) == [
        ("a", 0.5, 0.5, 4.0, 0.5), ("b", 0.0, 0.0, 7.0, 0.0), ("c", 0.0, 0.0, 3.0, 0.0), ("c", 1.0, 1.0, 2.0, 1.0),
    ]  # fmt: skip


def test_only_what_is_narrower_than_asked():
    assert told(table(a=[5, 4, 5, 3, 5]), below_m=4.0) == [("a", 1.5, 1.5, 3.0, 1.5)]
    assert told(table(a=[])) == []


def test_the_plateau_of_a_road():
    # Half width 3 to x = 60, 1.8 for x = 70 … 110, 3 from x = 120.
    upper = [(0, 3), (60, 3), (70, 1.8), (110, 1.8), (120, 3), (200, 3)]
    ground = Polygon([*((x, -y) for x, y in upper), *reversed(upper)])
    found = profile_stretches(measured(site([ground], obstructions=[], entrances=gates(200, 6))).profile)
    assert len(found) == 1
    assert found["min_width_m"].iloc[0] == pytest.approx(3.6, abs=1e-6)
    assert (found["from_m"].iloc[0], found["to_m"].iloc[0]) == (pytest.approx(70, abs=0.5), pytest.approx(110, abs=0.5))


def test_two_blocks_are_two_stretches():
    found = profile_stretches(measured(street(8.0, [block(30, -4, 32, 0), block(60, -4, 64, 0.5)])).profile, below_m=4.5)
    assert found["min_width_m"].to_numpy() == pytest.approx([4.0, 3.5], abs=1e-6)
    assert found["from_m"].tolist() == [30.0, 60.0]
    assert found["to_m"].tolist() == [32.0, 64.0]
