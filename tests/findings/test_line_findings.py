"""What is said of roads of which only the centreline is known, or an outline that nobody surveyed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shapely import LineString, Point, box
from shapely.affinity import translate
from support import site_scenes as S

from firelane.findings import to_look_at
from firelane.site.model import Note
from firelane.whatif import WhatIf

LINE = [LineString([(0, 0), (100, 0)])]
VOLUNTEERED = Note("osm_incomplete", "志愿者", "volunteers")


def lines(obstructions=(), *, road_lines=LINE, roads=(), **more):
    return S.site(list(roads), road_lines=road_lines, obstructions=list(obstructions), **more)


def verdicts(result, rule):
    return {f.finding_id.split(":", 1)[1]: f.verdict.value for f in S.of(result, rule)}


# --------------------------------------------------------------------------------------- width and height


def test_width_is_not_measured_lane_by_lane_and_never_passes():
    result = S.audited(lines())
    found = S.only(result, S.WIDTH)
    assert (found.verdict.value, found.value, found.margin) == ("not_measured", None, None)
    assert found.lane_id == result.lanes["lane_id"].iloc[0]
    assert "中心线" in found.message_zh
    assert "centreline" in found.message_en
    row = result.lanes.iloc[0]
    assert np.isnan([row["min_clear_width_m"], row["min_section_width_m"], row["min_clear_height_m"]]).all()
    assert row["verdict"] == "not_measured"
    assert result.summary["lane_length_m"] == pytest.approx(100.0)
    assert result.summary["judged_length_m"] == 0.0
    assert result.summary["verdict"] == "incomplete"


@pytest.mark.parametrize(
    ("kind", "height", "verdict", "value"),
    [
        ("arch", 3.999, "fail", 3.999), ("arch", 4.0, "pass", 4.0), ("arch", None, "not_measured", None),
        ("overhead_line", 3.5, "fail", 3.5), ("overhead_line", 4.5, "pass", 4.5), ("overhead_line", None, "not_measured", None),
        ("billboard", 3.5, "not_measured", None), ("billboard", 4.5, "pass", 4.5), ("structure", 3.5, "not_measured", None),
    ],
)  # fmt: skip
def test_what_hangs_over_the_centreline(kind, height, verdict, value):
    """Whoever drives along passes under an arch and under a cable; beside anything else a way may be left."""
    found = S.only(S.audited(lines([S.over(40, -3, 42, 3, height, kind=kind, id="o")])), S.HEIGHT)
    assert (found.verdict.value, found.value) == (verdict, value)
    assert found.owners == (() if verdict == "pass" else ("o",))
    if verdict != "pass":
        assert 40.0 <= S.local(found.location)[0] <= 42.0


def test_what_hangs_beside_the_centreline_says_nothing_of_it():
    assert S.only(S.audited(lines([S.over(40, 1, 42, 3, 3.0)])), S.HEIGHT).verdict.value == "pass"


def test_each_lane_under_a_low_thing_fails():
    three = [*LINE, LineString([(100, 0), (150, 0)]), LineString([(100, 0), (100, 50)])]
    result = S.audited(lines([S.over(95, -5, 105, 5, 3.0)], road_lines=three))
    assert [f.verdict.value for f in S.of(result, S.HEIGHT)] == ["fail"] * 3
    assert list(result.lanes["min_clear_height_m"]) == [3.0] * 3


def test_the_bar_of_an_entrance_spans_the_lane():
    bar = (LineString([(0, -2), (0, 2)]), {"id": "W", "gate": False, "clear_height_m": 3.2})
    found = S.only(S.audited(lines(entrances=[bar])), S.HEIGHT)
    assert (found.verdict.value, found.value, found.owners) == ("fail", 3.2, ("W",))


def test_without_obstructions_height_is_not_measured():
    result = S.audited(S.site([], road_lines=LINE))
    assert S.only(result, S.HEIGHT).verdict.value == "not_measured"
    assert S.only(result, S.OBSTRUCTION).verdict.value == "not_measured"


# ------------------------------------------------------------------------------------------- obstructions


@pytest.mark.parametrize(
    ("thing", "found"),
    [
        (S.post(50, 0), True), (S.post(50, 1.999), True), (S.post(50, 2.0), False), (S.post(50, 2.1, 0.15), True),
        (S.post(50, 2.2, 0.15), False), (S.car(50, 0), True), (S.car(50, 1.0), False), (S.car(50, 0.9), True),
        ((LineString([(50, -3), (50, 3)]), {"kind": "wall"}), True), ((LineString([(20, 1), (80, 1)]), {"kind": "wall"}), False),
        ((LineString([(50, -3), (50, -0.1)]), {"kind": "fence", "width_m": 0.3}), False),
    ],
)  # fmt: skip
def test_what_stands_on_a_line_is_reported_and_nothing_else(thing, found):
    """A point counts within half the passage of the centreline, lines and areas where they touch it."""
    result = S.only(S.audited(lines([thing])), S.OBSTRUCTION)
    assert result.verdict.value == ("not_measured" if found else "pass")
    assert result.severity.value == "mandatory"
    if found:
        assert (result.owners, result.value) == (("obstructions-1",), None)
        assert result.location is not None
        assert to_look_at(result)
        assert S.only(S.audited(lines([thing])), S.CLEARING).verdict.value == "not_measured"


def test_every_thing_is_a_finding_of_its_own():
    things = [S.post(x, 0, 0.1, id=f"b{x}") for x in (20, 40, 60)]
    result = S.audited(lines(things))
    assert verdicts(result, S.OBSTRUCTION) == {"b20": "not_measured", "b40": "not_measured", "b60": "not_measured"}
    assert [S.local(f.location) for f in S.of(result, S.OBSTRUCTION)] == [(20, 0), (40, 0), (60, 0)]


def test_inside_a_designated_lane_it_fails_whatever_is_left():
    result = S.audited(lines([S.post(50, 0)], fire_lanes=[box(0, -2, 100, 2)]))
    assert S.only(result, S.OBSTRUCTION).verdict.value == "fail"


def test_gates_are_judged_one_by_one_and_those_off_every_road_are_none():
    gates = [(Point(x, y), {"kind": "gate", "id": i, "openable": o}) for x, y, i, o in (
        (20, 0, "open", True), (40, 0, "shut", False), (60, 0, "unknown", None), (60, 40, "garden", None)
    )]  # fmt: skip
    result = S.audited(lines(gates, entrances=[]))
    assert verdicts(result, S.GATE) == {
        "open": "pass", "shut": "fail", "unknown": "not_measured", "garden": "not_applicable",
    }  # fmt: skip
    assert [f.verdict.value for f in S.of(result, S.OBSTRUCTION)] == ["pass"]
    assert {f.lane_id for f in S.of(result, S.GATE)} == {result.lanes["lane_id"].iloc[0], None}


def test_planned_bays_on_a_line_are_not_measured():
    bays = [(box(40, 1, 46, 3), {"id": "near", "status": "planned"}), (box(40, 5, 46, 7), {"id": "off", "status": "planned"})]
    assert verdicts(S.audited(lines(parking=bays)), S.PARKING) == {"near": "not_measured", "off": "pass"}


# ------------------------------------------------------------------------------- roads beside known ones


def mixed(**more):
    """A surveyed road of 6 m that goes on as a line."""
    more.setdefault("entrances", S.gates(60, 6, both=False, gate=False))
    return S.site([S.road(60, 6)], road_lines=[LineString([(60, 0), (150, 0)])], obstructions=more.pop("obstructions", []), **more)


def test_the_known_part_is_judged_as_ever():
    result = S.audited(mixed(obstructions=[S.post(30, 1.5)]))
    assert sorted(f.verdict.value for f in S.of(result, S.WIDTH)) == ["not_measured", "pass"]
    assert result.summary["judged_length_m"] == pytest.approx(60.0)
    assert result.summary["lane_length_m"] == pytest.approx(150.0)
    assert S.only(result, S.OBSTRUCTION).value == pytest.approx(4.5)


def test_a_way_that_was_found_stays_and_one_that_was_not_is_not_measured():
    shut = [S.block(20, -3, 21, 3)]
    house = [(box(40, 8, 50, 20), {"id": "H", "floors": 3})]
    assert S.only(S.audited(mixed(buildings=house)), S.REACH).verdict.value == "pass"
    found = S.only(S.audited(mixed(buildings=house, obstructions=shut)), S.REACH)
    assert (found.verdict.value, found.value) == ("not_measured", None)
    result = S.audited(mixed(buildings=house, obstructions=shut))
    assert np.isnan(result.buildings["widest_vehicle_m"].iloc[0])
    without = S.audited(S.site([S.road(60, 6)], obstructions=shut, buildings=house, entrances=S.gates(60, 6, both=False)))
    assert S.only(without, S.REACH).verdict.value == "fail"


def test_what_takes_an_outline_is_said_once():
    result = S.audited_in_full(mixed(markings=[], signs=[], buildings=[(box(40, 8, 50, 20), {"floors": 3})]), "shenyang-2020", "gb50016")
    said = {f.rule_id: f for f in result.findings if f.finding_id.endswith(":road-lines")}
    assert {"sy2020-13-2-edge-line", "sy2020-13-2-box", "gb50016-7.1.8-turning", "gb50016-7.1.9-turnaround"} <= set(said)
    assert all(f.verdict.value == "not_measured" for f in said.values())
    assert not [f for f in result.findings if f.rule_id.startswith("gb50016-info") and f.verdict.value == "fail"]


def test_a_lane_that_goes_on_over_a_line_is_no_dead_end_for_all_that_is_known():
    def turnaround(a_site):
        found = S.audited_in_full(a_site, "gb50016")
        return [f.verdict.value for f in S.of(found, "gb50016-7.1.9-turnaround") if not f.finding_id.endswith("road-lines")]

    assert turnaround(S.site([S.road(60, 6)], obstructions=[], entrances=S.gates(60, 6, both=False))) == ["fail"]
    assert turnaround(mixed()) == ["not_measured"]


def test_remedies_and_what_if_leave_lines_alone():
    site = mixed(obstructions=[S.over(100, -3, 101, 3, 3.0, id="arch"), S.block(30, -3, 31, 3, id="b")])
    result = S.audited_in_full(site)
    assert {r["target"] for r in result.remedies if r["target_kind"] == "lane"} == set(result.network.lanes["lane_id"])
    whatif = WhatIf.of(site)
    assert set(whatif.lanes["lane_id"]) == set(result.network.lanes["lane_id"])
    assert whatif.verdict == "fail"
    assert whatif.remove("b").verdict == "not_measured"
    assert list(whatif.buildings["building_id"]) == []


def test_what_if_on_a_site_without_any_pavement():
    things = [S.post(50, 0, id="post"), S.over(20, -3, 21, 3, None, id="cable", kind="overhead_line")]
    whatif = WhatIf.of(lines(things, buildings=[(box(40, 8, 50, 20), {"id": "H"})], parking=[]))
    assert len(whatif.lanes) == 0
    assert whatif.verdict == whatif.remove("post").verdict == "not_measured"
    assert list(whatif.buildings["verdict"]) == ["not_measured"]
    assert whatif.buildings["widest_vehicle_m"].isna().all()


# ------------------------------------------------------------------------------------ volunteered maps


@pytest.mark.parametrize("rule", [S.HEIGHT, S.OBSTRUCTION, S.CLEARING, S.GATE])
def test_what_volunteers_did_not_map_may_be_there(rule):
    site = S.street(6.0)
    assert {f.verdict.value for f in S.of(S.audited(site), rule)} <= {"pass", "not_measured"}
    found = S.of(S.audited(replace(site, notes=(VOLUNTEERED,))), rule)
    assert found
    assert {f.verdict.value for f in found} == {"not_measured"}
    other = replace(site, notes=(replace(VOLUNTEERED, layer="buildings"),))
    assert verdicts(S.audited(other), rule) == verdicts(S.audited(site), rule)


def test_what_they_mapped_fails_all_the_same():
    site = replace(S.street(6.0, [S.block(40, -3, 41, 3), S.over(60, -3, 61, 3, 3.0)]), notes=(VOLUNTEERED,))
    result = S.audited(site)
    assert [len(S.of(result, rule, "fail")) for rule in (S.WIDTH, S.HEIGHT, S.OBSTRUCTION)] == [1, 1, 1]


# -------------------------------------------------------------------------------------- derived outlines


@pytest.mark.parametrize(
    ("width", "accuracy", "verdict"),
    [
        (4.0, 0.5, "indeterminate"), (4.49, 0.5, "indeterminate"), (4.51, 0.5, "pass"), (3.51, 0.5, "indeterminate"),
        (3.49, 0.5, "fail"), (4.0, np.nan, "pass"), (3.5, 0.05, "fail"), (9.0, 0.5, "pass"),
    ],
)  # fmt: skip
def test_a_width_that_was_told_is_as_accurate_as_its_digits(width, accuracy, verdict):
    road = (S.road(width=width), {"id": "r", "derived": f"width={width:g}", "accuracy_m": accuracy})
    found = S.only(S.audited(S.site([road], obstructions=[], entrances=S.gates(width=width))), S.WIDTH)
    assert found.verdict.value == verdict
    assert f"width={width:g}" in found.message_zh
    assert "not surveyed" in found.message_en


def test_one_derived_outline_leaves_the_surveyed_roads_as_they_are():
    """Two roads of 4.2 m: of the derived one it cannot be told whether it is wide enough, of the other it can."""
    apart = box(0, 50, 100, 54.2)
    site = S.site([(S.road(width=4.2), {"id": "r", "derived": "width=4.2", "accuracy_m": 0.5}), (apart, {"id": "s"})],
                  obstructions=[S.post(50, 2.0), S.post(50, 54.1)])  # fmt: skip
    result = S.audited(site)
    road = dict(zip(result.lanes["lane_id"], result.lanes["road_ids"], strict=True))
    for rule in (S.WIDTH, S.OBSTRUCTION):
        assert {road[f.lane_id]: f.verdict.value for f in S.of(result, rule)} == {("r",): "indeterminate", ("s",): "pass"}, rule
    whatif = {road[r.lane_id]: r.width_verdict for r in WhatIf.of(site).lanes.itertuples()}
    assert whatif == {("r",): "indeterminate", ("s",): "pass"}


def test_a_passage_along_a_centreline_hangs_over_it_though_rounding_takes_it_a_hair_aside():
    """A piece cut from a slanting line has ends that no float puts on it: what is told of its height must not be lost."""
    road = LineString([(0, 0), (97.3, 41.9)])
    piece = translate(LineString([road.interpolate(30.1), road.interpolate(55.7)]), yoff=1e-9)
    assert piece.distance(road) > 0.0
    found = S.only(S.audited(lines([(piece, {"id": "P", "kind": "arch", "clear_height_m": 3.5})], road_lines=[road])), S.HEIGHT)
    assert (found.verdict.value, found.value, found.owners) == ("fail", 3.5, ("P",))
    assert road.project(Point(S.local(found.location))) == pytest.approx(42.9, abs=0.01)
