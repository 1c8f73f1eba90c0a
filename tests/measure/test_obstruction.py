"""Articles 10 and 14 together: what stands on a lane, and what it leaves (contract §2)."""

from __future__ import annotations

import pytest
from site_scenes import (
    CLEARING,
    OBSTRUCTION,
    audited,
    block,
    box,
    car,
    gates,
    measured,
    of,
    only,
    over,
    post,
    road,
    site,
    street,
)


def told(result):
    return {f.owners: (f.verdict.value, f.severity.value, f.value if f.value is None else round(f.value, 6))
            for f in of(result, OBSTRUCTION)}  # fmt: skip


@pytest.mark.parametrize(
    ("left", "accuracy", "verdict", "severity"),
    [
        (4.0, 0.0, "pass", "info"), (3.999, 0.0, "fail", "mandatory"), (4.02, 0.05, "indeterminate", "mandatory"),
        (3.98, 0.05, "indeterminate", "mandatory"), (3.9, 0.05, "fail", "mandatory"), (4.2, 0.05, "pass", "info"),
    ],
)  # fmt: skip
def test_the_boundary_table(left, accuracy, verdict, severity):
    found = only(audited(street(6.0, [block(50, left - 3, 51, 4, id="b")], config={"accuracy_m": accuracy})), OBSTRUCTION)
    assert (found.verdict.value, found.severity.value) == (verdict, severity)
    assert found.value == pytest.approx(left, abs=1e-6)
    assert (found.threshold, found.margin) == (4.0, pytest.approx(left - 4.0, abs=1e-6))
    assert found.owners == ("b",)
    assert ("reserved" in found.message_en) == (verdict == "pass")


def test_not_surveyed_and_surveyed_empty():
    found = only(audited(site([road()], entrances=gates())), OBSTRUCTION)
    assert (found.verdict.value, found.value) == ("not_measured", None)
    found = only(audited(street(6.0)), OBSTRUCTION)
    assert (found.verdict.value, found.severity.value) == ("pass", "mandatory")


def test_of_a_row_of_cars_only_the_one_that_stands_out_breaks_article_10():
    cars = [car(30 + 5 * k, 1.9 if k == 3 else 2.55, id=f"c{k}") for k in range(7)]
    result = audited(street(6.0, cars))
    assert told(result)["c3",] == ("fail", "mandatory", 3.95)
    assert {o for o, (verdict, *_) in told(result).items() if verdict == "fail"} == {("c3",)}
    assert told(result)["c0",] == ("pass", "info", 4.6)
    # The same when they stand bumper to bumper, so that each touches the next.
    cars = [car(30 + 4.8 * k, 1.9 if k == 3 else 2.55, id=f"c{k}") for k in range(7)]
    assert {o for o, (verdict, *_) in told(audited(street(6.0, cars))).items() if verdict == "fail"} == {("c3",)}


def test_both_sides_of_a_chicane_are_named():
    result = audited(street(10.0, [block(49.9, -5, 50, -0.5, id="a"), block(53, 0.5, 53.1, 5, id="b")]))
    assert {k: v[0] for k, v in told(result).items()} == {("a",): "fail", ("b",): "fail"}


def test_inside_a_designated_lane_it_is_a_violation_whatever_is_left():
    result = audited(site([road(100, 12)], fire_lanes=[box(0, -2.5, 100, 2.5)], entrances=gates(100, 12),
                          obstructions=[post(40, 2.4, 0.05, id="in"), block(60, 3, 61, 6, id="out"),
                                        block(80, 2.5, 81, 6, id="along the line")]))  # fmt: skip
    # The post leaves 4.85 m inside the lane.
    assert told(result)["in",] == ("fail", "mandatory", 4.85)
    assert told(result)["out",] == ("pass", "info", 8.0)
    assert told(result)["along the line",][:2] == ("pass", "info")
    assert "designated" in of(result, OBSTRUCTION, "fail")[0].message_en
    assert "划定" in of(result, OBSTRUCTION, "fail")[0].message_zh


def test_an_existing_bay_is_an_obstacle_like_any_other():
    bays = [(box(20, 1.5, 25, 3.5), {"id": "reserved"}), (box(40, 0.49, 45, 3.5), {"id": "too deep"}),
            (box(60, 3.5, 65, 5), {"id": "off the road"}), (box(80, -3, 85, 3), {"id": "plan", "status": "planned"})]  # fmt: skip
    result = audited(street(7.0, parking=bays))
    assert told(result) == {("reserved",): ("pass", "info", 5.0), ("too deep",): ("fail", "mandatory", 3.99)}
    assert "parking bay" in of(result, OBSTRUCTION, "fail")[0].message_en
    assert "停车泊位" in of(result, OBSTRUCTION, "fail")[0].message_zh


def test_what_does_not_stand_on_a_judged_lane_is_not_told():
    roads = [(road(100, 6), {}), (box(100, -3, 200, 3), {"fire_lane": False})]
    things = [block(50, 3, 51, 4), block(150, -1, 151, 1), post(60, 3.5, 0.5), over(70, -4, 71, 4, 3.0)]
    found = only(audited(site(roads, obstructions=things, entrances=gates(200, 6))), OBSTRUCTION)
    assert (found.verdict.value, found.owners) == ("pass", ())


def test_an_obstacle_over_the_whole_road_leaves_nothing():
    assert told(audited(street(8.0, [block(-1, -5, 101, 5, id="b")]))) == {("b",): ("fail", "mandatory", 0.0)}


def test_a_shut_gate_is_left_to_the_gate_rule():
    gate = (box(50, -3, 50.2, 3), {"kind": "gate", "openable": False, "id": "g"})
    assert [f.owners for f in of(audited(street(6.0, [gate])), OBSTRUCTION)] == [()]


def test_the_way_left_is_that_of_the_narrowest_place():
    # An L-shaped wall: 4.5 m beside its foot, 3.8 m beside its end.
    wall = (box(40, -4, 60, -0.5).union(box(59, -4, 60, 0.2)), {"kind": "wall", "id": "w"})
    (found,) = measured(street(8.0, [wall])).standing
    assert (found.owner, round(found.way_left_m, 6), found.designated) == ("w", 3.8, False)


def test_what_another_hides_is_told_with_what_that_leaves():
    result = audited(street(6.0, [post(50, 0, 0.2, id="a"), post(50, 0, 0.2, id="twice"), block(70, 0, 71, 4, id="wall"),
                                  post(70.5, 1, 0.1, id="in the wall")]))  # fmt: skip
    assert {o: v[::2] for (o,), v in told(result).items()} == {
        "a": ("fail", 2.8), "twice": ("fail", 2.8), "wall": ("fail", 3.0), "in the wall": ("fail", 3.0),
    }  # fmt: skip


def test_article_15_tells_what_stands_there_but_not_since_when():
    result = audited(street(6.0, [block(50, 1, 51, 4, id="reserved"), block(70, 0.5, 71, 4, id="in the way")]))
    found = only(result, CLEARING)
    assert (found.verdict.value, found.owners) == ("not_measured", ("in the way",))
    assert only(audited(street(6.0, [block(50, 1, 51, 4)])), CLEARING).verdict.value == "pass"
    assert only(audited(site([road()])), CLEARING).verdict.value == "not_measured"
