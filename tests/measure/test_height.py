"""Clear height by the 4 m x 4 m envelope (contract §2)."""

from __future__ import annotations

import math

import pytest
from site_scenes import (
    HEIGHT,
    OBSTRUCTION,
    REACH,
    WIDTH,
    LineString,
    audited,
    block,
    box,
    gates,
    local,
    measured,
    of,
    only,
    over,
    post,
    road,
    site,
    street,
    widths,
)

ARCH = (50, -4, 51, 4)


def heights(result):
    return [(f.verdict.value, f.severity.value, f.value, f.owners) for f in of(result, HEIGHT)]


@pytest.mark.parametrize(
    ("height", "accuracy", "verdict"),
    [
        (4.0, 0.0, "pass"), (3.999, 0.0, "fail"), (4.0 - 5e-7, 0.0, "pass"), (4.5, 0.0, "pass"), (2.0, 0.0, "fail"),
        (4.02, 0.05, "indeterminate"), (3.98, 0.05, "indeterminate"), (3.9, 0.05, "fail"), (4.1, 0.05, "pass"),
    ],
)  # fmt: skip
def test_the_boundary_table_of_an_arch(height, accuracy, verdict):
    result = audited(street(6.0, [over(*ARCH, height, id="arch")], config={"layer_accuracy_m": {"obstructions": accuracy}}))
    found = only(result, HEIGHT)
    assert (found.verdict.value, found.value) == (verdict, height)
    assert (found.threshold, found.unit, found.severity.value) == (4.0, "m", "mandatory")
    assert result.lanes["min_clear_height_m"].iloc[0] == height
    assert result.lanes["verdict"].iloc[0] == verdict
    # A passage that fails only at H = 4.0 yields a clear-height finding alone.
    assert [f.verdict.value for f in of(result, WIDTH)] == ["pass"]
    assert widths(result) == [6.0]
    assert [f.owners for f in of(result, OBSTRUCTION)] == [()]


def test_a_low_arch_is_named_with_its_place():
    found = only(audited(street(6.0, [over(*ARCH, 3.5, id="arch", name="限高架")])), HEIGHT, "fail")
    assert found.owners == ("arch",)
    assert 50 <= local(found.location)[0] <= 51
    assert "3.500 m" in found.message_en
    assert "arch" in found.message_en
    assert "3.500 米" in found.message_zh


def test_an_unknown_underside_is_not_measured():
    for shape in (box(*ARCH), LineString([(50, -4), (50, 4)])):
        result = audited(street(6.0, [(shape, {"kind": "overhead_line", "id": "wire"})]))
        assert heights(result) == [("not_measured", "mandatory", None, ("wire",))]
        assert math.isnan(result.lanes["min_clear_height_m"].iloc[0])
        assert widths(result) == [6.0]
        assert result.lanes["verdict"].iloc[0] == "not_measured"


def test_a_known_arch_is_judged_although_another_is_unknown():
    result = audited(street(6.0, [over(*ARCH, 3.5, id="low"), over(60, -4, 61, 4, None, id="unknown")]))
    assert sorted(heights(result), key=str) == [
        ("fail", "mandatory", 3.5, ("low",)), ("not_measured", "mandatory", None, ("unknown",)),
    ]  # fmt: skip
    assert result.summary["by_rule"][HEIGHT] == "fail"


@pytest.mark.parametrize(("side", "verdict"), [(4.0, "pass"), (3.999, "fail")])
def test_a_low_thing_beside_which_four_metres_are_left(side, verdict):
    result = audited(street(6.0, [over(50, side - 3, 51, 4, 3.0, "tree", id="bough")]))
    mine = [f for f in of(result, HEIGHT) if "bough" in f.owners]
    assert [(f.verdict.value, f.severity.value, f.value) for f in mine] == [
        (verdict, "info" if verdict == "pass" else "mandatory", 3.0)
    ]
    assert result.lanes["verdict"].iloc[0] == verdict
    assert [f.verdict.value for f in of(result, WIDTH)] == ["pass"]


def test_the_way_beside_counts_what_stands_there():
    # 4.5 m beside the bough, less a bollard: 0.5 - 0.1 + ... no 4 m way in the envelope, 7.4 m on the ground.
    result = audited(street(8.0, [over(50, 0.5, 51, 5, 3.0, id="bough"), post(50.5, -3.5, 0.1, id="b")]))
    assert heights(result) == [("fail", "mandatory", 3.0, ("bough",))]
    assert widths(result) == [7.4]


def test_two_low_arches_are_two_findings():
    result = audited(street(6.0, [over(*ARCH, 3.5, id="a"), over(60, -4, 61, 4, 3.8, id="b")]))
    assert heights(result) == [("fail", "mandatory", 3.5, ("a",)), ("fail", "mandatory", 3.8, ("b",))]
    assert result.lanes["min_clear_height_m"].iloc[0] == 3.5


def test_a_road_too_narrow_and_too_low_fails_both():
    result = audited(street(3.5, [over(*ARCH, 3.5, id="a")]))
    assert [f.verdict.value for f in of(result, WIDTH)] == ["fail"]
    assert [f.verdict.value for f in of(result, HEIGHT)] == ["fail"]


def test_a_roof_over_the_whole_lane_is_no_way_beside_it():
    result = audited(street(6.0, [over(-1, -4, 101, 4, 3.5, id="roof")]))
    assert heights(result) == [("fail", "mandatory", 3.5, ("roof",))]
    assert result.lanes["min_clear_height_m"].iloc[0] == 3.5


def test_what_hangs_beside_the_lane_says_nothing():
    result = audited(street(6.0, [over(50, 4, 51, 5, 2.5)]))
    assert heights(result) == [("pass", "mandatory", None, ())]


def test_obstructions_that_were_not_surveyed_leave_the_height_unmeasured():
    result = audited(site([road()], entrances=gates()))
    assert heights(result) == [("not_measured", "mandatory", None, ())]
    result = audited(street(6.0))
    assert heights(result) == [("pass", "mandatory", None, ())]


@pytest.mark.parametrize(("height", "verdict"), [(3.8, "fail"), (4.0, "pass")])
def test_the_clear_height_of_an_entrance(height, verdict):
    result = audited(street(6.0, entrances=gates(both=False, clear_height_m=height), buildings=[box(40, 8, 60, 20)]))
    found = only(result, HEIGHT)
    assert (found.verdict.value, found.value) == (verdict, height)
    assert result.lanes["min_clear_height_m"].iloc[0] == height
    # No way in at H = 4 through a mouth that is lower.
    assert only(result, REACH).value == (0.0 if verdict == "fail" else 6.0)
    if verdict == "fail":
        assert found.owners == ("W",)
        assert "entrance W" in found.message_en
        assert "出入口 W" in found.message_zh


def test_an_entrance_drawn_twice_is_low_twice():
    twice = gates(both=False, clear_height_m=3.8) + [(LineString([(0, -3), (0, 3)]), {"id": "again", "clear_height_m": 3.5})]
    result = audited(street(6.0, entrances=twice))
    assert [(f.value, f.owners) for f in of(result, HEIGHT, "fail")] == [(3.8, ("W",)), (3.5, ("again",))]
    assert result.lanes["min_clear_height_m"].iloc[0] == 3.5


def test_a_low_entrance_of_a_designated_lane_bars_it():
    result = audited(site([road(100, 12)], fire_lanes=[box(0, -3, 100, 3)], obstructions=[],
                          entrances=gates(100, 12, both=False, clear_height_m=3.5)))  # fmt: skip
    assert heights(result) == [("fail", "mandatory", 3.5, ("W",))]


def test_heights_under_a_designated_lane():
    result = audited(site([road(100, 12)], fire_lanes=[box(0, -2, 100, 2)], entrances=gates(100, 12),
                          obstructions=[over(50, 1.9, 51, 6, 3.0, id="in"), over(60, 2.0, 61, 6, 3.0, id="beside")]))  # fmt: skip
    assert [(f.verdict.value, f.owners) for f in of(result, HEIGHT)] == [("fail", ("in",)), ("pass", ("beside",))]


def test_the_profile_charts_the_lowest_known_underside():
    found = measured(street(6.0, [over(*ARCH, 3.5), over(50.4, -4, 50.6, 4, 3.2), over(60, -4, 61, 4, None),
                                  over(70, 2, 71, 4, 3.0)])).profile  # fmt: skip
    height = found.set_index("chainage_m")["clear_height_m"]
    assert height[50.0] == 3.5
    assert height[50.5] == 3.2
    assert math.isnan(height[40.0])
    assert math.isnan(height[60.5])
    assert height[70.5] == 3.0


def test_the_ground_is_not_barred_by_what_hangs_and_the_envelope_by_both():
    result = audited(street(6.0, [block(50, 0, 51, 4, id="low wall"), over(60, -4, 61, 4, 3.5, id="arch")]))
    assert [(f.value, f.owners) for f in of(result, WIDTH)] == [(pytest.approx(3.0, abs=1e-6), ("low wall", "edge:roads-1"))]
    assert heights(result) == [("fail", "mandatory", 3.5, ("arch",))]
