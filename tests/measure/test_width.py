"""Clear width of lanes: the table of the boundary, and every named case of the contract."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from site_scenes import (
    WIDTH,
    LineString,
    Point,
    Polygon,
    audited,
    block,
    box,
    car,
    gates,
    local,
    narrow,
    of,
    only,
    post,
    road,
    site,
    street,
    widths,
)


@pytest.mark.parametrize(
    ("width", "accuracy", "verdict"),
    [
        (4.0, 0.0, "pass"), (3.999, 0.0, "fail"), (4.0 - 5e-7, 0.0, "pass"), (4.0 - 2e-6, 0.0, "fail"),
        (4.02, 0.05, "indeterminate"), (3.98, 0.05, "indeterminate"), (4.0, 0.05, "indeterminate"),
        (4.06, 0.05, "pass"), (3.94, 0.05, "fail"), (9.0, 0.0, "pass"), (9.0, 0.05, "pass"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("both", [True, False])
def test_the_boundary_table_of_a_road(width, accuracy, verdict, both):
    result = audited(street(width, both=both, config={"accuracy_m": accuracy}))
    found = only(result, WIDTH)
    assert found.verdict.value == verdict
    assert found.value == pytest.approx(width, abs=1e-6)
    assert found.margin == pytest.approx(width - 4.0, abs=1e-6)
    assert (found.threshold, found.unit, found.severity.value) == (4.0, "m", "mandatory")
    assert result.lanes["verdict"].iloc[0] == verdict
    assert result.summary["by_rule"][WIDTH] == verdict


@pytest.mark.parametrize(
    ("left", "accuracy", "verdict"),
    [(4.0, 0.0, "pass"), (3.999, 0.0, "fail"), (4.02, 0.05, "indeterminate"), (3.94, 0.05, "fail")],
)
@pytest.mark.parametrize("layer", ["obstructions", "roads"])
def test_the_boundary_table_beside_an_obstacle(left, accuracy, verdict, layer):
    result = audited(street(6.0, [block(50, -3 + left, 51, 4)], config={"layer_accuracy_m": {layer: accuracy}}))
    found = only(result, WIDTH)
    assert (found.verdict.value, found.value) == (verdict, pytest.approx(left, abs=1e-6))


def test_a_bollard_is_passed_on_its_wider_side():
    # 8 m, disc of 0.1 m at 0.8: gaps 3.1 and 4.7.
    result = audited(street(8.0, [post(50, 0.8, 0.1)]))
    assert widths(result) == [4.7]
    assert only(result, WIDTH).verdict.value == "pass"
    pinches = {round(p.width_m, 6): (p.bypassed, p.governing) for p in result.pinches.itertuples()}
    assert pinches == {3.1: (True, False), 4.7: (False, True)}


def test_a_bollard_with_both_gaps_too_narrow_fails_at_the_wider():
    result = audited(street(6.8, [post(50, 0.2, 0.1, id="b")]))
    found = only(result, WIDTH, "fail")
    assert found.value == pytest.approx(3.5, abs=1e-6)
    assert set(found.owners) == {"b", "edge:roads-1"}
    assert local(found.location) == pytest.approx((50, -1.65), abs=1e-3)
    assert found.pinch_id in set(result.pinches["pinch_id"])


def test_a_chicane_is_as_wide_as_its_diagonal():
    # Every section leaves 5.5 m; from (50, -0.5) to (53, 0.5) it is the square root of 10.
    result = audited(street(10.0, [block(49.9, -5, 50, -0.5, id="a"), block(53, 0.5, 53.1, 5, id="b")]))
    found = only(result, WIDTH, "fail")
    assert found.value == pytest.approx(np.sqrt(10), abs=1e-6)
    assert set(found.owners) == {"a", "b"}
    assert result.lanes["min_section_width_m"].iloc[0] == pytest.approx(5.5, abs=1e-6)


def test_a_plateau_is_one_stretch():
    plateau = Polygon([(0, -3), (60, -3), (70, -1.8), (110, -1.8), (120, -3), (200, -3),
                       (200, 3), (120, 3), (110, 1.8), (70, 1.8), (60, 3), (0, 3)])  # fmt: skip
    result = audited(site([plateau], obstructions=[], entrances=gates(200, 6)))
    found = only(result, WIDTH, "fail")
    assert found.value == pytest.approx(3.6, abs=1e-6)
    # Below 4 m from a little before 70 m to a little after 110 m (stations every half metre).
    assert found.chainage_m[0] == pytest.approx(68.5, abs=0.6)
    assert found.chainage_m[1] == pytest.approx(111.5, abs=0.6)
    assert "68.5–111.5" in found.message_en


def test_two_places_are_two_findings():
    result = audited(street(6.0, [block(30, 0.5, 31, 3, id="a"), block(60, 0.9, 61, 3, id="b")]))
    assert narrow(result) == [3.5, 3.9]
    assert [set(f.owners) - {"edge:roads-1"} for f in of(result, WIDTH, "fail")] == [{"a"}, {"b"}]
    assert len({f.finding_id for f in result.findings}) == len(result.findings)


def test_two_obstacles_between_which_a_disc_fits_are_two_findings_and_else_one():
    assert len(narrow(audited(street(6.0, [block(30, 0.5, 31, 3), block(36, 0.5, 37, 3)])))) == 2
    assert len(narrow(audited(street(6.0, [block(30, 0.5, 31, 3), block(31.5, 0.5, 32.5, 3)])))) == 1


def test_a_blocked_lane_of_a_ring_fails_although_the_ring_leads_round():
    ring = shapely.difference(box(0, 0, 60, 60), box(6, 6, 54, 54))
    result = audited(site([ring, box(60, 27, 80, 33)], obstructions=[block(0, 30, 6, 31, id="b")],
                          entrances=[LineString([(80, 27), (80, 33)])]))  # fmt: skip
    assert widths(result) == [0.0, 6.0]
    found = only(result, WIDTH, "fail")
    assert (found.value, found.owners) == (0.0, ("b",))
    assert "0.000 m" in found.message_en


@pytest.mark.parametrize(("low", "high", "value"), [(-6.8, 6.8, 3.8), (-6, 8, 5.0), (-7, 7, 4.0)])
@pytest.mark.parametrize("drawn_as", ["hole", "obstacle"])
def test_islands(low, high, value, drawn_as):
    pavement, obstacles = box(-60, low, 60, high), [post(0, 0, 3)]
    if drawn_as == "hole":
        pavement, obstacles = shapely.difference(pavement, Point(0, 0).buffer(3, quad_segs=32)), []
    result = audited(site([pavement], obstructions=obstacles))
    assert widths(result) == [value]
    assert only(result, WIDTH).verdict.value == ("pass" if value >= 4 else "fail")


@pytest.mark.parametrize(
    ("outline", "ends", "expected"),
    [
        (shapely.union(road(100, 6), box(48, 0, 52, 40)), gates(), [4, 6, 6]),
        (shapely.union(box(-50, -2, 50, 2), box(-2, -50, 2, 50)), [], [4, 4, 4, 4]),
        (shapely.union(box(0, -2, 80, 2), box(76, -9, 80, 9)), gates(80, 4, both=False), [4, 4, 4]),
        (shapely.union(box(0, -2, 60, 2), box(56, -2, 60, 50)), gates(60, 4, both=False), [4]),
        (shapely.union(box(0, -2, 200, 2), Polygon([(90, 2), (93, 4.5), (107, 4.5), (110, 2)])), gates(200, 4), [4]),
        (shapely.union(box(-80, -2, 80, 2), shapely.affinity.rotate(box(-80, -2.6, 80, 2.6), 60, origin=(0, 0))), [],
         [4, 4, 5.2, 5.2]),
    ],
    ids=["T", "X", "hammerhead", "L", "lay-by", "oblique X"],
)  # fmt: skip
@pytest.mark.parametrize("turn_deg", [0.0, 33.7])
def test_junctions_bends_and_dead_ends_of_exactly_four_metres_pass(outline, ends, expected, turn_deg):
    turned = [shapely.affinity.rotate(g, turn_deg, origin=(0, 0)) for g in (outline, *(e[0] for e in ends))]
    result = audited(site(turned[:1], obstructions=[], entrances=turned[1:]))
    assert widths(result) == pytest.approx(expected, abs=1e-6)
    assert {f.verdict.value for f in of(result, WIDTH)} == {"pass"}


def test_a_dead_end_that_tapers_fails_at_its_tip():
    taper = Polygon([(0, -3), (40, -3), (60, -1.5), (60, 1.5), (40, 3), (0, 3)])
    found = only(audited(site([taper], obstructions=[], entrances=gates(both=False))), WIDTH, "fail")
    cosine, sine = 20 / np.hypot(20, 1.5), 1.5 / np.hypot(20, 1.5)
    assert found.value == pytest.approx(3 * cosine / (1 - sine), abs=1e-6)
    # Four metres wide where the half width is 2 / cos a: at 13.26 m from the bend at 40 m.
    assert found.chainage_m[0] == pytest.approx(60 - (2 / cosine - 1.5) / 0.075, abs=0.6)


@pytest.mark.parametrize("turn_deg", [0, 1, -1, 7, 30])
def test_a_car_in_a_dead_end_bars_its_tip_however_it_stands(turn_deg):
    # 1.9 m wide in 6 m: 2 m and a little on either side, whether or not the end edge hides the gap.
    result = audited(street(6.0, [car(57.0 + 40, 0, turn_deg=turn_deg, id="c")], both=False))
    assert narrow(result)[0] < 2.2
    assert of(result, "sy2020-10-obstruction", "fail")[0].owners == ("c",)


def test_what_stands_at_the_end_edge_itself_is_out_of_the_way():
    result = audited(street(6.0, [post(99.9, 0, 0.1)], both=False))
    # The widest disc on the section at x = 97 stands a little aside, at (97, y): as far from the post,
    # √(2.9² + y²) - 0.1, as from the kerb, 3 - y. So y = 1.2 / 6.2.
    assert widths(result) == [pytest.approx(2 * (3 - 1.2 / 6.2), abs=1e-6)]


def test_a_car_standing_out_from_the_kerb():
    assert widths(audited(street(6.0, [car(50, 3.2)]))) == [5.25]
    assert narrow(audited(street(6.0, [car(50, 1.9)]))) == [3.95]


def test_a_turned_car():
    # 4.8 x 1.9 m about (50, 1.4) turned by 12 degrees: its lowest corner.
    low = 1.4 - 2.4 * np.sin(np.radians(12)) - 0.95 * np.cos(np.radians(12))
    assert narrow(audited(street(6.0, [car(50, 1.4, turn_deg=12)]))) == [pytest.approx(3 + low, abs=1e-6)]


def test_a_fence_along_the_lane():
    result = audited(street(8.0, [(LineString([(20, 0.2), (80, 0.2)]), {"kind": "fence", "id": "f"})]))
    assert only(result, WIDTH).value == pytest.approx(4.2, abs=1e-6)
    result = audited(street(7.6, [(LineString([(20, 0), (80, 0)]), {"kind": "fence", "id": "f"})]))
    found = only(result, WIDTH, "fail")
    assert found.value == pytest.approx(3.8, abs=1e-6)
    assert found.chainage_m == pytest.approx((20, 80), abs=3)


def test_a_wall_across_leaving_3_8():
    found = only(audited(street(8.0, [(LineString([(50, -4), (50, 0.2)]), {"kind": "wall", "id": "w"})])), WIDTH)
    assert (found.verdict.value, found.value) == ("fail", pytest.approx(3.8, abs=1e-6))


def test_an_obstacle_over_both_kerbs_leaves_nothing():
    result = audited(street(8.0, [block(50, -5, 51, 5, id="b")]))
    found = only(result, WIDTH, "fail")
    assert (found.value, found.margin, found.owners) == (0.0, -4.0, ("b",))
    assert result.lanes["min_clear_width_m"].iloc[0] == 0.0


def test_an_obstacle_over_the_whole_road_leaves_nothing():
    result = audited(street(8.0, [block(-1, -5, 101, 5, id="b")]))
    assert only(result, WIDTH, "fail").value == 0.0
    # Where another road is free, that one passes.
    two = site([road(100, 6), box(0, 20, 100, 26)], obstructions=[block(-1, 19, 101, 27, id="b")])
    assert widths(audited(two)) == [0.0, 6.0]


@pytest.mark.parametrize(
    "shape",
    [
        shapely.difference(box(40, -4, 50, 0.5), box(42, -2, 48, 0)),
        shapely.union(box(40, -4, 42, 0.5), box(44, -4, 46, 0.5)),
        shapely.union(box(40, -4, 50, -1), box(44, -2, 46, 0.5)),
    ],
    ids=["with a hole", "in two parts", "angular"],
)
def test_obstacles_of_any_shape(shape):
    found = only(audited(street(8.0, [(shape, {"kind": "structure", "id": "s"})])), WIDTH, "fail")
    assert found.value == pytest.approx(3.5, abs=1e-6)


def test_obstacles_that_overlap():
    found = only(audited(street(8.0, [block(50, -4, 52, 0.2, id="a"), block(51, -0.2, 53, 0.5, id="b")])), WIDTH, "fail")
    assert found.value == pytest.approx(3.5, abs=1e-6)
    assert set(found.owners) == {"a", "b", "edge:roads-1"}


def test_what_is_outside_the_road_says_nothing():
    result = audited(street(8.0, [block(50, 5, 51, 6), block(60, 4, 61, 5), post(70, 4.2, 0.1)]))
    assert only(result, WIDTH).verdict.value == "pass"
    assert "8.000 m or more" in only(result, WIDTH).message_en
    assert "8.000 米以上" in only(result, WIDTH).message_zh


def test_roads_that_are_no_fire_lanes_are_not_judged():
    roads = [(road(100, 6), {}), (box(100, -3, 200, 3), {"fire_lane": False})]
    result = audited(site(roads, obstructions=[block(150, -2, 151, 2)], entrances=gates(200, 6)))
    assert widths(result) == [6.0]
    assert only(result, WIDTH).verdict.value == "pass"
    assert result.summary["lane_length_m"] == pytest.approx(100, abs=0.1)


def test_an_obstacle_in_the_middle_of_a_junction():
    cross = shapely.union(box(-50, -4, 50, 4), box(-4, -50, 4, 50))
    assert widths(audited(site([cross], obstructions=[post(0, 0, 1)]))) == [round(4 * np.sqrt(2) - 1, 6)] * 4
    assert narrow(audited(site([cross], obstructions=[post(0, 0, 2)]))) == [round(4 * np.sqrt(2) - 2, 6)] * 4


def test_a_gate_narrower_than_its_road_is_the_clear_width_of_its_lane():
    for at in (0.0, 10.0):
        line = LineString([(at, -1.75), (at, 1.75)])
        found = only(audited(site([road(100, 8)], obstructions=[], entrances=[line])), WIDTH, "fail")
        assert found.value == pytest.approx(3.5, abs=1e-6)
        assert local(found.location) == pytest.approx((at, 0), abs=1e-3)


def test_a_designated_lane_is_judged_inside_its_polygon():
    for half, verdict in ((2.0, "pass"), (1.9995, "fail")):
        result = audited(site([road(100, 12)], obstructions=[block(50, 3, 51, 6)], entrances=gates(100, 12),
                              fire_lanes=[box(0, -half, 100, half)]))  # fmt: skip
        found = only(result, WIDTH)
        assert (found.verdict.value, found.value) == (verdict, pytest.approx(2 * half, abs=1e-6))
    assert found.owners == ("edge:fire_lanes-1",)


@pytest.mark.parametrize("x", [0.5, 99.5])
@pytest.mark.parametrize("length", [50.0, 100.0])
def test_the_ends_of_a_designated_lane_are_no_kerbs(x, length):
    # 6 m between its lines, a post of 0.1 m in the middle half a metre before its end: 2.9 m on either side.
    place = x if x < 50 else length - 0.5
    result = audited(site([road(100, 12)], obstructions=[post(place, 0, 0.1)], entrances=gates(100, 12),
                          fire_lanes=[box(0, -3, length, 3)]))  # fmt: skip
    assert narrow(result) == [2.9]


def test_a_mouth_narrower_than_a_designated_lane_limits_it():
    mouth = LineString([(0, -6), (0, 0.5)])
    result = audited(site([road(100, 12)], obstructions=[], fire_lanes=[box(0, -3, 100, 3)], entrances=[mouth]))
    assert narrow(result) == [3.5]


def test_a_designated_lane_that_a_kerb_ends_is_a_dead_end():
    result = audited(site([road(100, 12)], obstructions=[], fire_lanes=[box(0, -3, 100, 3)], entrances=gates(100, 12, both=False)))
    assert widths(result) == [6.0]
    assert result.network.lanes[["start_kind", "end_kind"]].to_numpy().tolist() == [["mouth", "tip"]]


def test_a_covered_stretch_is_not_judged_twice():
    # The road is barred beside the designated lane, which is free: nobody needs to drive there.
    result = audited(site([road(100, 12)], obstructions=[block(40, -6, 41, -2.5), block(45, 2.5, 46, 6)],
                          fire_lanes=[box(0, -2.1, 100, 2.1)], entrances=gates(100, 12)))  # fmt: skip
    assert [f.verdict.value for f in of(result, WIDTH)] == ["pass"]


def test_lanes_nowhere_below_the_cap_say_so():
    result = audited(street(12.0))
    assert result.pinches.empty
    assert only(result, WIDTH).value >= 8.0
