"""What hangs too low: lifted by what is missing, or passed beside; mouths too."""

from __future__ import annotations

import pytest
from site_scenes import LineString, gates, measured, over, post, rules, street

from firelane.findings import judge
from firelane.remedy import plan_remedies
from firelane.remedy.lift import low_mouths
from firelane.remedy.plan_check import Remeasured


def lanes(a_site):
    found = measured(a_site)
    return [r for r in plan_remedies(found, judge(found, rules())).rows if r["target_kind"] == "lane"]


def test_beside_which_4_m_are_left_need_not_be_lifted():
    assert lanes(street(9.0, [over(50, 0, 51, 4.5, 3.0, id="A")])) == []


def test_one_of_two_bars_beside_each_other():
    # A branch over the northern half (cost 2) and an arch over the southern one (30), 8.5 m of road.
    scene = street(8.5, [over(50, 0, 51, 4.25, 3.2, kind="tree", id="T"), over(50, -4.25, 51, 0, 3.0, id="A")])
    (row,) = lanes(scene)
    assert (row["action"], row["owners"], row["raise_m"], row["cost"], row["proven"]) == ("lift", ["T"], [0.8], 2, True)
    assert row["resulting_width_m"] == pytest.approx(4.25, abs=1e-6)


def test_what_may_be_taken_away_for_less_is():
    (row,) = lanes(street(6.0, [over(50, -3, 51, 3, 3.5, kind="billboard", removable=True, id="S")]))
    assert (row["action"], row["cost"]) == ("lift", 6)  # alike: it may stay
    (row,) = lanes(street(6.0, [over(50, -3, 51, 3, 3.5, kind="other", removable=True, id="S")]))
    assert (row["action"], row["cost"], row.get("raise_m")) == ("remove", 1, None)


def test_a_line_is_raised_even_though_it_may_not_be_removed():
    cable = (LineString([(50, -5), (50, 5)]), {"kind": "overhead_line", "clear_height_m": 3.9004, "id": "L"})
    (row,) = lanes(street(6.0, [cable]))
    assert (row["owners"], row["raise_m"], row["level"]) == (["L"], [0.1], "envelope")


def test_an_unknown_height_is_not_guessed():
    assert lanes(street(6.0, [over(50, -3, 51, 3, None, id="A")])) == []


def test_a_gate_post_and_a_bar_at_one_place_are_two_things():
    (row,) = [r for r in lanes(street(6.0, [post(50, 0, id="B"), over(49, -3, 51, 3, 3.9, id="A")])) if r["action"] == "remove"]
    assert set(row["owners"]) == {"A", "B"}
    assert row["cost"] == 35


def test_low_mouths_are_listed_with_their_lanes():
    scene = street(6.0, entrances=[*gates(both=False, clear_height_m=3.65), gates()[1]])
    found = measured(scene)
    ((lane_id, mouths),) = low_mouths(found).items()
    assert lane_id == found.network.lanes["lane_id"].iloc[0]
    assert mouths["W"].raise_m == 0.35
    assert Remeasured.without(found, ["W"]).spaces.network.mouths["clear_height_m"].isna().all()
    assert low_mouths(measured(street(6.0))) == {}
