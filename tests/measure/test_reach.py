"""The widest vehicle that comes near enough to each building (contract §2, ``reach``)."""

from __future__ import annotations

import math

import pytest
import shapely
from site_scenes import (
    REACH,
    REACH_GB,
    LineString,
    Point,
    audited,
    block,
    box,
    gates,
    of,
    only,
    over,
    post,
    road,
    site,
    street,
)

HOUSE = (box(40, 10, 60, 20), {"id": "h"})


def reached(a_site):
    """(widest vehicle, entrance) of the one building."""
    (row,) = audited(a_site).buildings.itertuples()
    return None if math.isnan(row.widest_vehicle_m) else round(row.widest_vehicle_m, 6), row.entrance_id


def test_a_road_gives_its_width():
    assert reached(street(6.0, buildings=[HOUSE]))[0] == 6.0
    assert reached(street(8.0, buildings=[HOUSE]))[0] == 8.0


def test_eight_metres_means_eight_or_more():
    result = audited(street(12.0, buildings=[HOUSE]))
    found = only(result, REACH)
    assert found.value == 8.0
    assert "8.000 m or more" in found.message_en
    assert "8.000 米以上" in found.message_zh


def test_no_gate_opens():
    result = audited(street(6.0, entrances=gates(openable=False), buildings=[HOUSE]))
    found = only(result, REACH)
    assert (found.value, found.verdict.value, found.entrance_id) == (0.0, "fail", None)
    assert "no way leads there" in found.message_en
    assert result.buildings["widest_vehicle_m"].iloc[0] == 0.0
    assert result.buildings["governing_pinch_id"].iloc[0] is None


@pytest.mark.parametrize("entrances", [None, [], [Point(50, 60)]])
def test_without_entrances_nothing_is_measured(entrances):
    result = audited(site([road()], obstructions=[], buildings=[HOUSE], entrances=entrances))
    assert math.isnan(result.buildings["widest_vehicle_m"].iloc[0])
    assert result.buildings["verdict"].iloc[0] == "not_measured"
    assert only(result, REACH).value is None


@pytest.mark.parametrize(("distance", "value"), [(10.0, 6.0), (10.001, None)])
def test_no_road_near_enough_is_not_measured(distance, value):
    assert reached(street(6.0, buildings=[box(40, 3 + distance, 60, 30)]))[0] == value


def test_the_distance_is_taken_from_the_disc():
    # The disc of 6 m in the middle of the road ends at its kerb, 10 m from the house; its middle is 13 m away.
    assert reached(street(6.0, buildings=[box(40, 13, 60, 20)])) == (6.0, "E")
    # The dead end's disc reaches x = 100; a house at 109.9 m is near enough, one at 110.1 m is not.
    assert reached(street(6.0, both=False, buildings=[box(109.9, -3, 120, 3)]))[0] == 6.0
    assert reached(street(6.0, both=False, buildings=[box(110.1, -3, 120, 3)]))[0] is None


def test_a_place_that_only_a_narrow_disc_reaches():
    # Off the dead end's corner: a disc of width w about (100 - w/2, 3 - w/2) comes within
    # sqrt(2) (d + w/2) - w/2 of a house d beyond the corner in both directions.
    d = 10 / math.sqrt(2) - 0.1
    value = 2 * (10 - math.sqrt(2) * d) / (math.sqrt(2) - 1)
    house = box(100 + d, 3 + d, 130, 30)
    assert reached(street(6.0, both=False, buildings=[house]))[0] == pytest.approx(value, abs=5e-3)


@pytest.mark.parametrize(("near", "value"), [(19, 8.0), (20, 8.0), (20.1, None)])
def test_in_a_wide_road_the_disc_comes_to_the_kerb(near, value):
    assert reached(street(20.0, both=False, buildings=[box(40, near, 60, 40)]))[0] == value


def test_an_access_distance_of_ones_own():
    far = street(6.0, buildings=[box(40, 13, 60, 20)], config={"access_distance_m": 9.9})
    assert reached(far)[0] is None
    assert reached(street(6.0, buildings=[box(40, 18, 60, 30)], config={"access_distance_m": 15.0}))[0] == 6.0


def test_the_governing_pinch_and_its_owners_are_named():
    result = audited(street(6.0, [block(20, 0, 21, 4, id="b")], both=False, buildings=[HOUSE]))
    found = only(result, REACH)
    assert found.value == pytest.approx(3.0, abs=1e-6)
    assert set(found.owners) == {"b", "edge:roads-1"}
    row = result.pinches.set_index("pinch_id").loc[found.pinch_id]
    assert row["width_m"] == pytest.approx(3.0, abs=1e-6)
    assert row["governing"]
    assert result.buildings["governing_pinch_id"].iloc[0] == found.pinch_id


def test_of_several_entrances_the_wider_way_counts():
    scene = street(8.0, [block(20, -4, 21, 1), block(80, -4, 81, 0)], buildings=[HOUSE])
    assert reached(scene) == (4.0, "E")
    shut = [gates(100, 8)[0], (LineString([(100, -4), (100, 4)]), {"id": "E", "openable": False})]
    scene = street(8.0, [block(20, -4, 21, 1), block(80, -4, 81, 0)], buildings=[HOUSE], entrances=shut)
    assert reached(scene) == (3.0, "W")


def test_a_mouth_governs_without_a_pinch():
    narrow = [(LineString([(0, -1.75), (0, 1.75)]), {"id": "W"})]
    result = audited(street(8.0, entrances=narrow, buildings=[HOUSE]))
    assert result.buildings["widest_vehicle_m"].iloc[0] == pytest.approx(3.5, abs=1e-6)
    assert result.buildings["governing_pinch_id"].iloc[0] is None


def test_what_stands_in_a_mouth_counts():
    for rows, value in (([post(0, 0, 0.1)], 3.9), ([post(0, 0, 0.0)], 4.0), ([block(-1, -1, 3, 1)], 3.0)):
        assert reached(street(8.0, rows, both=False, buildings=[HOUSE]))[0] == value
    wall = (LineString([(0, -4), (0, 4)]), {"kind": "gate", "openable": False})
    assert reached(street(8.0, [wall], both=False, buildings=[HOUSE]))[0] == 0.0


def test_what_hangs_below_four_metres_bars_the_way_in():
    assert reached(street(6.0, [over(20, -4, 21, 4, 3.999)], both=False, buildings=[HOUSE]))[0] == 0.0
    assert reached(street(6.0, [over(20, -4, 21, 4, 4.0)], both=False, buildings=[HOUSE]))[0] == 6.0
    assert reached(street(6.0, [over(20, 0.5, 21, 4, 3.0)], both=False, buildings=[HOUSE]))[0] == 3.5
    # Of an unknown underside nothing is guessed.
    assert reached(street(6.0, [over(20, -4, 21, 4, None)], both=False, buildings=[HOUSE]))[0] == 6.0


def test_a_ring_blocked_on_one_side_is_reached_round_the_other():
    ring = shapely.difference(box(0, 0, 60, 60), box(6, 6, 54, 54))
    scene = site([ring, box(60, 27, 80, 33)], obstructions=[block(0, 30, 6, 31)], buildings=[box(15, 20, 25, 40)],
                 entrances=[(LineString([(80, 27), (80, 33)]), {"id": "E"})])  # fmt: skip
    assert reached(scene) == (6.0, "E")


@pytest.mark.parametrize(
    ("width", "accuracy", "verdict"),
    [(4.0, 0.0, "pass"), (3.999, 0.0, "fail"), (4.02, 0.05, "indeterminate"), (3.9, 0.05, "fail"), (4.1, 0.05, "pass")],
)
def test_the_boundary_table_under_both_packs(width, accuracy, verdict):
    result = audited(street(width, buildings=[HOUSE], config={"accuracy_m": accuracy}), "shenyang-2020", "gb55037")
    for rule, severity in ((REACH, "info"), (REACH_GB, "mandatory")):
        found = only(result, rule)
        assert (found.verdict.value, found.severity.value) == (verdict, severity)
        assert found.value == pytest.approx(width, abs=1e-6)
        assert (found.building_id, found.threshold) == ("h", 4.0)


def test_the_information_is_no_breach_of_the_rules_of_shenyang():
    result = audited(street(6.0, entrances=gates(openable=False, gate=True), buildings=[HOUSE]))
    assert {f.rule_id for f in result.findings if f.verdict.value == "fail" and f.severity.value == "mandatory"} == {
        "sy2020-10-gate"
    }


def test_no_buildings():
    assert only(audited(street(6.0)), REACH).verdict.value == "not_measured"
    assert only(audited(street(6.0, buildings=[])), REACH).verdict.value == "not_applicable"
    assert of(audited(street(6.0, buildings=[])), REACH)[0].building_id is None


def test_a_narrow_vehicle_leaves_the_axis_of_a_wide_road_to_come_near():
    # The gate lets 3.5 m in; the axis of the 8 m road is 12 m from the house, its kerb 8 m. A disc of 3.5 m
    # that kept to the axis would stay 10.25 m away; along the kerb it comes within 8 m.
    house = (box(40, 12, 60, 22), {"id": "h"})
    narrow = LineString([(0, -1.75), (0, 1.75)])
    a_site = site([road(width=8.0)], obstructions=[], buildings=[house], entrances=[narrow])
    assert reached(a_site)[0] == pytest.approx(3.5, abs=1e-6)
