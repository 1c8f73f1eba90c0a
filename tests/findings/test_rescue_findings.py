"""What the rules on connectivity, façade distance, operating ground and aerial obstacles say of hand-drawn sites."""

from __future__ import annotations

import pytest
import shapely
from site_scenes import LineString, Point, block, box, gates, local, measured, over, rules, site, street

from firelane.findings import judge
from firelane.findings.rescue import rescue_tables
from firelane.findings.summary import summarise
from firelane.vocabulary import Quantity

AERIAL = "sy2020-10-aerial"
FACADE = "gb50016-7.1.8-facade"
GROUND = "gb50016-7.2.1-operating"
WAYS = "gb50016-info-ways"
CUTS = "gb50016-info-cuts"
RINGS = "gb50016-7.1.9-connections"
RINGED = "gb50016-7.1.2-ring"


def judged(a_site, rule_id):
    """subject → finding, of one rule."""
    in_force = [r for r in rules("shenyang-2020", "gb50016", "gb55037") if r.rule_id == rule_id]
    assert in_force
    found = judge(measured(a_site), in_force)
    assert all(f.message_zh and f.message_en and f.message_zh != f.message_en for f in found)
    return {f.finding_id.split(":", 1)[1]: f for f in found}


def verdicts(a_site, rule_id):
    return {subject: (f.verdict.value, f.severity.value) for subject, f in judged(a_site, rule_id).items()}


def house(x0, y0, x1, y1, name="H", **columns):
    return box(x0, y0, x1, y1), {"id": name, **columns}


def tower(name="H", **columns):
    """40 m long, 5 m from a road 10 m wide."""
    return house(40, 10, 80, 22, name, **({"height_m": 33.0} | columns))


# ----------------------------------------------------------------------------------- façade distance


@pytest.mark.parametrize(
    ("gap", "accuracy", "verdict"),
    [(5.0, 0.0, "pass"), (4.99, 0.0, "fail"), (4.99, 0.05, "indeterminate"), (5.04, 0.05, "indeterminate"),
     (5.06, 0.05, "pass"), (10.5, 0.0, "not_applicable")],
)  # fmt: skip
def test_facade_distance_meets_its_limit(gap, accuracy, verdict):
    a_site = street(buildings=[house(40, 3 + gap, 60, 30)], config={"accuracy_m": accuracy})
    assert verdicts(a_site, FACADE) == {"H": (verdict, "advisory")}


def test_facade_distance_says_what_it_cannot_judge():
    assert verdicts(street(), FACADE) == {"site": ("not_measured", "advisory")}
    assert verdicts(street(buildings=[]), FACADE) == {"site": ("not_applicable", "advisory")}
    found = judged(street(buildings=[house(40, 2, 60, 30)]), FACADE)["H"]
    assert (found.verdict.value, found.value) == ("not_applicable", None)
    assert "重叠" in found.message_zh
    far = judged(street(buildings=[house(40, 40, 60, 60)]), FACADE)["H"]
    assert "37.000" in far.message_zh


def test_a_facade_finding_tells_place_and_value():
    found = judged(street(buildings=[house(40, 7.99, 60, 30)]), FACADE)["H"]
    assert found.value == pytest.approx(4.99, abs=1e-6)
    assert found.margin == pytest.approx(-0.01, abs=1e-6)
    assert local(found.location) == pytest.approx((50, 3), abs=1e-3)
    assert (found.building_id, found.threshold, found.unit) == ("H", 5.0, "m")


# -------------------------------------------------------------------------------------- connectivity


LOW = house(40, 8, 60, 20, "low")


def test_two_ways_pass_and_one_fails_for_information():
    assert verdicts(street(buildings=[LOW]), WAYS) == {"low": ("pass", "info")}
    (found,) = judged(street(buildings=[LOW], both=False), WAYS).values()
    assert (found.verdict.value, found.value, found.threshold) == ("fail", 1.0, 2.0)
    assert "唯一" in found.message_zh or "只有这一个可用出入口" in found.message_zh
    assert found.owners == ("W",)


def test_a_cut_place_names_what_is_lost():
    (found,) = judged(street(buildings=[LOW], both=False), CUTS).values()
    assert (found.verdict.value, found.severity.value, found.entrance_id) == ("fail", "info", "W")
    assert found.owners == ("low",)
    assert "low" in found.message_zh
    assert "only usable entrance" in found.message_en
    assert found.location is not None
    assert verdicts(street(buildings=[LOW]), CUTS) == {"site": ("pass", "info")}


def test_connectivity_says_what_it_cannot_judge():
    for rule in (WAYS, CUTS, RINGS, RINGED):
        assert verdicts(street(buildings=None), rule)["site"][0] == "not_measured"
        assert verdicts(street(buildings=[]), rule)["site"][0] == "not_applicable"
        assert verdicts(street(buildings=[LOW], entrances=None), rule)["site"][0] == "not_measured"
    assert verdicts(street(buildings=[house(40, 60, 60, 80, "far")]), WAYS) == {"far": ("not_measured", "info")}


def test_a_way_at_the_limit_of_the_survey_is_indeterminate():
    bar = block(80, -3, 82, -1.03)  # leaves 4.03 m
    exact = street(buildings=[LOW], obstructions=[bar])
    coarse = street(buildings=[LOW], obstructions=[bar], config={"accuracy_m": 0.05})
    assert verdicts(exact, WAYS) == {"low": ("pass", "info")}
    assert verdicts(coarse, WAYS) == {"low": ("indeterminate", "info")}
    narrow = block(80, -3, 82, -0.97)  # leaves 3.97 m
    coarse = street(buildings=[LOW], obstructions=[narrow], config={"accuracy_m": 0.05})
    assert verdicts(coarse, WAYS) == {"low": ("indeterminate", "info")}
    assert [v[0] for v in verdicts(coarse, CUTS).values()] == ["indeterminate"]


RING = shapely.union_all([box(0, 0, 74, 60).difference(box(6, 6, 68, 54)), box(-30, 27, 0, 33)])
W = (LineString([(-30, 27), (-30, 33)]), {"id": "W"})
E = (LineString([(104, 27), (104, 33)]), {"id": "E"})


def ring_site(*, arms=1, **more):
    area = shapely.union_all([RING, box(74, 27, 104, 33)]) if arms == 2 else RING
    more.setdefault("buildings", [house(14, 14, 60, 46, "INNER", height_m=60.0)])
    return site([area], obstructions=[], entrances=[W, E][:arms], **more)


def test_a_ring_needs_two_connections():
    (one,) = judged(ring_site(), RINGS).values()
    assert (one.verdict.value, one.severity.value, one.value) == ("fail", "mandatory", 1.0)
    (two,) = judged(ring_site(arms=2), RINGS).values()
    assert (two.verdict.value, two.value, two.owners) == ("pass", 2.0, ("INNER",))
    assert verdicts(street(buildings=[LOW]), RINGS) == {"site": ("not_applicable", "mandatory")}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"height_m": 60.0}, ("pass", "mandatory")),
        ({"height_m": 27.01}, ("pass", "mandatory")),
        ({"height_m": 27.0}, ("not_measured", "mandatory")),  # a high-rise unless it is a dwelling
        ({"height_m": 24.0}, ("not_measured", "info")),
        ({"height_m": 60.0, "floors": 1}, ("not_measured", "info")),  # a hall is none
        ({"floors": 11}, ("pass", "mandatory")),
        ({}, ("not_measured", "mandatory")),
    ],
)
def test_a_ring_is_asked_for_round_high_rises(columns, expected):
    a_site = ring_site(buildings=[house(14, 14, 60, 46, "INNER", **columns)])
    assert verdicts(a_site, RINGED) == {"INNER": expected}


def test_no_ring_is_no_violation_while_the_use_is_unknown():
    found = judged(street(10.0, buildings=[tower()]), RINGED)["H"]
    assert found.verdict.value == "not_measured"
    assert "长边" in found.message_zh


def test_a_height_from_floors_is_said_to_be_an_estimate():
    found = judged(ring_site(buildings=[house(14, 14, 60, 46, "INNER", floors=11)]), RINGED)["INNER"]
    assert "估算" in found.message_zh
    assert "高约 33 米" in found.message_zh  # an estimate has no millimetres


# ------------------------------------------------------------------------------------ operating ground


def ground(a_site):
    return judged(a_site, GROUND)["H"]


def test_pavement_along_the_whole_long_side_passes():
    found = ground(street(10.0, obstructions=[], buildings=[tower()]))
    assert (found.verdict.value, found.severity.value) == ("pass", "mandatory")
    assert (found.value, found.threshold) == pytest.approx((40.0, 40.0))


def test_a_road_too_narrow_says_that_the_ground_beside_it_is_not_known():
    found = ground(street(9.9, obstructions=[], buildings=[tower()]))
    assert (found.verdict.value, found.value) == ("not_measured", 0.0)
    assert "数据中没有" in found.message_zh
    assert "not in the data" in found.message_en


def test_it_fails_where_buildings_and_obstacles_leave_no_room_on_any_ground():
    walls = [block(30, 8, 90, 9, kind="wall", id="S"), block(30, 24, 90, 25, kind="wall", id="N"),
             block(36, 0, 37, 30, kind="wall", id="W1"), block(84, 0, 85, 30, kind="wall", id="E1")]  # fmt: skip
    beyond = [block(20, y, 100, y + 0.2, kind="wall") for y in (0, 17, 28, 34, -4)]
    found = ground(street(20.0, obstructions=[*walls, *beyond], buildings=[house(40, 11, 80, 22, height_m=33.0)]))
    assert (found.verdict.value, found.severity.value) == ("fail", "mandatory")
    assert {"S", "N"} <= set(found.owners)


def test_nearer_to_the_wall_than_recommended_breaks_the_recommendation_alone():
    found = ground(street(10.0, obstructions=[], buildings=[house(40, 9, 80, 22, height_m=33.0)]))
    assert (found.verdict.value, found.severity.value) == ("fail", "advisory")


@pytest.mark.parametrize(("height", "verdict"), [(50.0, "pass"), (50.01, "not_measured")])
def test_up_to_fifty_metres_it_may_be_split(height, verdict):
    # A wire parts the ground: 40 m in two stretches.
    wire = LineString([(60, -20), (60, 9)]), {"kind": "overhead_line", "clear_height_m": 9.0}
    assert ground(street(10.0, obstructions=[wire], buildings=[tower(height_m=height)])).verdict.value == verdict


def test_obstructions_that_were_not_surveyed_leave_it_open():
    a_site = site([box(0, -5, 100, 5)], entrances=gates(100, 10), buildings=[tower()])
    found = ground(a_site)
    assert found.verdict.value == "not_measured"
    assert "障碍物" in found.message_zh


def test_heights_decide_who_needs_it():
    houses = [tower("low", height_m=24.0), tower("between", height_m=25.0), tower("unknown", height_m=None)]
    found = verdicts(street(10.0, obstructions=[], buildings=houses), GROUND)
    assert {k: v[0] for k, v in found.items()} == {
        "low": "not_applicable", "between": "not_measured", "unknown": "not_measured"
    }  # fmt: skip
    estimated = house(40, 10, 80, 22, floors=11)
    assert ground(street(10.0, obstructions=[], buildings=[estimated])).verdict.value == "pass"


def test_the_survey_accuracy_leaves_it_open_at_the_limit():
    a_site = street(10.0, obstructions=[], buildings=[tower()], config={"accuracy_m": 0.05})
    assert ground(a_site).verdict.value == "indeterminate"
    wide = street(11.0, obstructions=[], buildings=[house(40, 10.6, 80, 22, height_m=33.0)], config={"accuracy_m": 0.05})
    assert ground(wide).verdict.value == "pass"


# --------------------------------------------------------------- between lane and building (Article 10)


def tree(y=7.0, **columns):
    return Point(60, y), {"kind": "tree", "id": "T", "radius_m": 0.2, **columns}


def aerial(things, houses=None, **more):
    return judged(street(10.0, obstructions=things, buildings=[tower()] if houses is None else houses, **more), AERIAL)


def test_a_tall_tree_before_a_high_rise_breaks_article_ten():
    found = aerial([tree(top_m=9.0)])["T"]
    assert (found.verdict.value, found.severity.value, found.article) == ("fail", "mandatory", "第十条")
    assert (found.owners, found.building_id) == (("T",), "H")
    assert local(found.location) == pytest.approx((60, 7), abs=0.3)
    assert "H" in found.message_zh
    assert "妨碍消防车举高操作" in found.message_zh
    assert "hinders" in found.message_en


@pytest.mark.parametrize(
    ("thing", "verdict"),
    [
        (tree(top_m=9.0), "fail"),
        (tree(top_m=4.001), "fail"),
        (tree(top_m=4.0), "pass"),
        (tree(), "not_measured"),
        ((LineString([(40, 7), (80, 7)]), {"kind": "overhead_line", "id": "T", "clear_height_m": 6.0}), "fail"),
        ((LineString([(40, 7), (80, 7)]), {"kind": "overhead_line", "id": "T", "clear_height_m": 33.0}), "pass"),
        ((LineString([(40, 7), (80, 7)]), {"kind": "overhead_line", "id": "T"}), "not_measured"),
        (over(50, 8, 54, 9, 3.0, kind="billboard", id="T", top_m=5.0), "fail"),
        (over(50, 8, 54, 9, 3.0, kind="billboard", id="T"), "not_measured"),
        (over(50, 8, 54, 9, None, kind="decoration", id="T", top_m=8.0), "fail"),
    ],
)
def test_it_hinders_where_it_is_known_to_stand_in_the_space_of_operation(thing, verdict):
    found = aerial([thing])
    assert {k: f.verdict.value for k, f in found.items()} == {"T": verdict}
    assert found["T"].severity.value == ("info" if verdict == "pass" else "mandatory")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"height_m": None}, {"T": "not_measured"}),
        ({"height_m": 25.0}, {"T": "not_measured"}),
        ({"height_m": None, "floors": 11}, {"T": "not_measured"}),  # no violation on an estimate
        ({"height_m": 24.0}, {"low-buildings": "not_applicable"}),
    ],
)
def test_the_building_must_be_known_to_need_it(columns, expected):
    found = aerial([tree(top_m=9.0)], [tower(**columns)])
    assert {k: f.verdict.value for k, f in found.items()} == expected


def test_what_stands_elsewhere_is_no_violation():
    assert {k: f.verdict.value for k, f in aerial([tree(-7.0, top_m=9.0)]).items()} == {"site": "pass"}
    assert {k: f.verdict.value for k, f in aerial([]).items()} == {"site": "pass"}
    low = [tower(height_m=12.0)]
    assert {k: f.verdict.value for k, f in aerial([], low).items()} == {"site": "not_applicable"}


def test_article_ten_says_what_it_cannot_judge():
    assert verdicts(street(), AERIAL) == {"site": ("not_measured", "mandatory")}
    assert verdicts(street(buildings=[]), AERIAL) == {"site": ("not_applicable", "mandatory")}
    bare = site([box(0, -5, 100, 5)], buildings=[tower()])
    assert verdicts(bare, AERIAL) == {"site": ("not_measured", "mandatory")}


def test_of_two_buildings_the_worse_counts():
    houses = [house(40, 10, 59.9, 20, "low", height_m=12.0), house(60.05, 10, 80, 20, "high", height_m=33.0)]
    found = aerial([tree(top_m=9.0)], houses)
    assert {k: (f.verdict.value, f.building_id) for k, f in found.items()} == {"T": ("fail", "high")}


# ---------------------------------------------------------------------------------------------- tables


def test_the_tables_hold_what_the_rules_measured():
    a_site = street(10.0, obstructions=[], buildings=[tower()], both=False)
    found = measured(a_site)
    tables = rescue_tables(found, rules("gb50016"))
    assert list(tables) == ["cut_places", "operating_ground"]
    assert tables["cut_places"]["entrance_id"].tolist() == ["W"]
    assert set(tables["operating_ground"]["on_pavement"]) == {True, False}
    assert rescue_tables(found, rules("shenyang-2020")) == {}


def test_hostile_names_pass_through():
    name = "<script>alert(1)</script>=1+1" + "长" * 300
    found = judged(street(buildings=[house(40, 8, 60, 20, name)], both=False), WAYS)
    assert [f.building_id for f in found.values()] == [name]


def test_the_same_site_gives_the_same_findings():
    def told():
        in_force = [
            r for r in rules("shenyang-2020", "gb50016", "gb55037")
            if r.quantity in (Quantity.CONNECTIVITY, Quantity.FACADE_DISTANCE, Quantity.OPERATING_GROUND, Quantity.AERIAL_OBSTRUCTION)
        ]  # fmt: skip
        findings = judge(measured(street(10.0, obstructions=[tree(top_m=9.0)], buildings=[tower()], both=False)), in_force)
        assert len({f.finding_id for f in findings}) == len(findings)
        assert summarise(findings, in_force, lane_length_m=1.0, judged_length_m=1.0)["verdict"] == "fail"
        return findings

    assert told() == told()


def test_only_the_kinds_that_a_rule_names_are_said_to_be_absent():
    a_site = street(10.0, obstructions=[], buildings=[tower()])
    wide, narrow = (judged(a_site, r)["site"] for r in (AERIAL, "gb50016-7.1.8-aerial"))
    assert {wide.verdict.value, narrow.verdict.value} == {"pass"}
    assert "广告牌" in wide.message_zh
    assert "billboard" in wide.message_en
    # GB 50016 asks for trees and lines: nobody looked for billboards.
    assert "广告牌" not in narrow.message_zh
    assert "billboard" not in narrow.message_en
    assert "树木" in narrow.message_zh


def test_an_open_facade_distance_says_so():
    found = judged(street(buildings=[house(40, 8.03, 60, 30)], config={"accuracy_m": 0.05}), FACADE)["H"]
    assert "测量精度内无法判定" in found.message_zh
    assert "within the survey's accuracy" in found.message_en


def test_ways_do_not_pass_where_nobody_looked_for_obstacles():
    house_ = [house(40, 6, 60, 20)]
    looked = street(obstructions=[], buildings=house_)
    not_looked = site([box(0, -3, 100, 3)], entrances=gates(), buildings=house_)
    for rule_id, subject in ((WAYS, "H"), (CUTS, "site")):
        assert judged(looked, rule_id)[subject].verdict.value == "pass"
        found = judged(not_looked, rule_id)[subject]
        assert found.verdict.value == "not_measured"
        assert "未调查障碍物" in found.message_zh


def test_no_cut_place_is_only_as_certain_as_the_widths():
    house_ = [house(40, 6, 60, 20)]
    sure, open_ = (street(w, obstructions=[], buildings=house_, config={"accuracy_m": 0.05}) for w in (6.0, 4.03))
    assert judged(sure, CUTS)["site"].verdict.value == "pass"
    assert judged(open_, CUTS)["site"].verdict.value == "indeterminate"


def test_a_cut_place_is_named_as_buildings_name_it():
    a_site = street(obstructions=[], both=False, buildings=[house(40, 6, 60, 20)])
    (cut,) = judged(a_site, CUTS).values()
    name = cut.finding_id.split(":", 1)[1]
    assert name in cut.message_zh
    assert name in cut.message_en
    assert name in judged(a_site, WAYS)["H"].message_zh


def test_a_short_side_and_a_quarter_of_the_perimeter_are_both_said():
    # 40 m by 30 m: a long side has 40, a quarter of the perimeter 35: the side alone counts.
    assert "要求 40.000 米" in ground(street(10.0, obstructions=[], buildings=[house(40, 10, 80, 40, height_m=33.0)])).message_zh
    # A cross has short sides: 12 m, and a perimeter of 96 m.
    cross = shapely.union_all([box(40, 22, 76, 34), box(52, 10, 64, 46)])
    found = ground(street(10.0, obstructions=[], buildings=[(cross, {"id": "H", "height_m": 33.0})]))
    assert "沿一个长边全长" in found.message_zh
    assert "whole of a long side" in found.message_en


def test_ground_that_serves_an_estimated_height_alone_does_not_pass():
    def beside(**columns):
        # 18 m of pavement before a wall of 18 m: enough for 15 × 10 m, not for 20 × 10 m.
        area = shapely.union_all([box(0, -6, 100, 0), box(40, -0.5, 58, 10)])
        gate = [(LineString([(0, -6), (0, 0)]), {"id": "W"})]
        posts = [Point(x, 5.0) for x in (39.9, 58.1)]
        return site([area], entrances=gate, obstructions=posts, buildings=[house(40, 15, 58, 30, **columns)])

    assert ground(beside(height_m=33.0)).verdict.value == "pass"
    found = ground(beside(floors=11))
    assert found.verdict.value == "not_measured"
    assert "估算" in found.message_zh
