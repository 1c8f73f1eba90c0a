"""Findings of the passage: one per rule and subject, in words a reader can act on."""

from __future__ import annotations

import re

import pytest
import shapely
from site_scenes import (
    HEIGHT,
    OBSTRUCTION,
    WIDTH,
    LineString,
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
from site_scenes import audited_in_full as audited

from firelane.findings.desk import capped, metres, minimum_verdict
from firelane.vocabulary import Severity, Verdict


@pytest.fixture(scope="module")
def rich():
    """A scene with something for every rule of the passage."""
    return audited(
        site(
            [(road(200, 8), {"id": "main"}), (box(60, 4, 66, 40), {"id": "side"})],
            entrances=[(LineString([(0, -4), (0, 4)]), {"id": "W", "gate": True, "openable": False, "clear_height_m": 3.9}),
                       (LineString([(200, -4), (200, 4)]), {"id": "E", "gate": True})],
            obstructions=[block(30, -4, 31, 0.0004, id="wall", kind="wall"), post(50, 3.8, 0.1, id="pin"),
                          over(100, -5, 101, 5, 3.5, id="arch"), over(120, -5, 121, 5, None, "overhead_line", id="wire"),
                          over(140, 0.5, 141, 5, 3.0, "billboard", id="board")],
            parking=[(box(150, 2, 155, 4), {"id": "e"}), (box(160, -1, 165, 4), {"id": "p", "status": "planned"})],
            buildings=[(box(20, 10, 40, 20), {"id": "h"})],
        )
    )  # fmt: skip


def test_every_finding_speaks_both_languages(rich):
    for finding in rich.findings:
        assert finding.message_zh.strip()
        assert finding.message_en.strip()
        assert re.search(r"[\u4e00-\u9fff]", finding.message_zh), finding.message_zh
        assert not re.search(r"[\u4e00-\u9fff]", finding.message_en), finding.message_en
        assert "None" not in finding.message_zh + finding.message_en
        assert "nan" not in finding.message_zh + finding.message_en


def test_every_finding_has_its_rule_article_and_a_place_in_both_systems(rich):
    rules = {r.rule_id: r for r in rich.rules}
    ids = [f.finding_id for f in rich.findings]
    assert len(set(ids)) == len(ids)
    for finding in rich.findings:
        rule = rules[finding.rule_id]
        assert (finding.article, finding.quantity) == (rule.article, rule.quantity)
        assert finding.finding_id.startswith(f"{finding.rule_id}:")
        assert (finding.location is None) == (finding.lonlat is None)
        if finding.location is not None:
            lon, lat = finding.lonlat
            assert 123.3 < lon < 123.6
            assert 41.7 < lat < 41.9
        if finding.value is None:
            assert finding.margin is None
        if finding.verdict is Verdict.NOT_MEASURED:
            assert finding.value is None


def test_every_rule_is_judged_or_said_not_to_be(rich):
    assert {f.rule_id for f in rich.findings} == {r.rule_id for r in rich.rules}


def test_each_subject_is_judged_once(rich):
    assert sorted(o for f in of(rich, OBSTRUCTION) for o in f.owners) == ["e", "pin", "wall"]
    assert [f.owners for f in of(rich, "sy2020-14-parking")] == [("p",)]
    assert [f.entrance_id for f in of(rich, "sy2020-10-gate")] == ["W", "E"]
    named = [f.owners for f in of(rich, HEIGHT) if f.owners]
    assert sorted(o for owners in named for o in owners) == ["W", "arch", "board", "wire"]
    lanes = {f.lane_id for f in of(rich, WIDTH)}
    assert lanes == set(rich.lanes["lane_id"])


def test_lengths_are_rounded_down():
    # 3.9996 m never reads 4.000 (contract §2).
    found = only(audited(street(8.0, [block(30, -4, 31, 0.0004, id="wall")])), WIDTH, "fail")
    assert found.value == pytest.approx(3.9996, abs=1e-6)
    for text in (found.message_zh, found.message_en):
        assert "3.999" in text
        assert text.count("4.000") == 1  # the requirement
    found = only(audited(street(3.9999999)), WIDTH)
    assert found.verdict is Verdict.PASS
    assert "4.000" in found.message_en


def test_owners_are_named_by_kind_and_id():
    found = only(audited(street(6.8, [post(50, 0.2, 0.1, id="P7")])), WIDTH, "fail")
    assert "fixed bollard P7" in found.message_en
    assert "the edge of roads-1" in found.message_en
    assert "固定隔离桩 P7" in found.message_zh
    assert "路缘（roads-1）" in found.message_zh


def test_an_owner_whose_id_two_layers_share_is_told_with_its_layer():
    result = audited(street(6.0, [block(50, 0, 51, 3, id="A")], parking=[(box(60, 0, 65, 3), {"id": "A"})],
                            entrances=[(LineString([(0, -3), (0, 3)]), {"id": "A", "clear_height_m": 3.0})]))  # fmt: skip
    assert {f.owners for f in of(result, OBSTRUCTION)} == {("obstructions:A",), ("parking:A",)}
    assert {o for f in of(result, WIDTH, "fail") for o in f.owners} == {"obstructions:A", "parking:A", "edge:roads-1"}
    assert only(result, HEIGHT, "fail").owners == ("entrances:A",)
    owners = {o for owners in result.pinches["owners"] for o in owners}
    assert owners == {"obstructions:A", "parking:A", "edge:roads-1"}


def test_a_roads_edge_is_named_after_the_road_it_belongs_to():
    roads = [(box(0, -3, 50, 3), {"id": "a"}), (box(50, -3, 100, 3), {"id": "b"})]
    result = audited(site(roads, obstructions=[block(25, 0.5, 26, 3, id="x"), block(75, 0.5, 76, 3, id="y")], entrances=gates()))
    assert {frozenset(f.owners) for f in of(result, WIDTH, "fail")} == {frozenset({"x", "edge:a"}), frozenset({"y", "edge:b"})}


def test_hostile_ids_and_names_stay_what_they_are():
    name = "<img src=x onerror=alert(1)>{{7*7}}\n=1+1"
    found = of(audited(street(6.0, [block(50, 0.5, 51, 3, id=name)])), OBSTRUCTION, "fail")[0]
    assert found.owners == (name,)
    assert name in found.message_en


def test_a_stretch_names_its_length_and_its_narrowest_place():
    found = only(audited(street(3.5)), WIDTH, "fail")
    assert found.chainage_m == pytest.approx((0, 100), abs=0.6)
    assert "桩号" in found.message_zh


def test_severity_is_the_rules_but_for_what_is_only_told(rich):
    for finding in of(rich, WIDTH):
        assert finding.severity is Severity.MANDATORY
    assert [f.severity.value for f in of(rich, HEIGHT) if f.owners == ("board",)] == ["info"]
    assert [f.severity.value for f in of(rich, OBSTRUCTION) if f.owners == ("pin",)] == ["info"]


@pytest.mark.parametrize(
    ("value", "accuracy", "verdict"),
    [
        (4.0, 0.0, "pass"), (3.999, 0.0, "fail"), (4 - 9e-7, 0.0, "pass"), (4 - 2e-6, 0.0, "fail"),
        (4.05, 0.05, "indeterminate"), (3.95, 0.05, "indeterminate"), (4.06, 0.05, "pass"), (3.94, 0.05, "fail"),
        (8.0, 0.0, "pass"), (0.0, 0.05, "fail"),
    ],
)  # fmt: skip
def test_minimum_verdict(value, accuracy, verdict):
    # |margin| "within" the accuracy takes in the accuracy itself: 4.05 - 4.0 is 0.05 up to rounding.
    assert minimum_verdict(value, 4.0, accuracy).value == verdict


def test_lengths_for_messages():
    assert metres(3.9996) == "3.999"
    assert metres(0.0) == "0.000"
    assert capped(8.0, 8.0, "zh") == "8.000 米以上"
    assert capped(7.9999, 8.0, "en") == "7.999 m"


def test_municipal_roads_for_context_are_in_no_finding():
    result = audited(site([(road(100, 6), {"id": "in"}), (box(100, -30, 110, 30), {"id": "street", "fire_lane": False})],
                          obstructions=[block(104, -30, 106, 30, id="x")], entrances=[LineString([(100, -3), (100, 3)])]))  # fmt: skip
    assert {"x", "edge:street"}.isdisjoint(o for f in result.findings for o in f.owners)
    assert shapely.area(result.network.pavement) == pytest.approx(600, abs=1e-6)


def test_a_dead_end_too_narrow_names_its_own_edge():
    """Its sides close towards the tip: no pinch, the edge itself is what bounds it."""
    cone = shapely.Polygon([(40, -3), (90, -1.5), (90, 1.5), (40, 3)])
    lane = site([(box(0, -3, 40, 3), {"id": "A"}), (cone, {"id": "B"})], entrances=gates(both=False))
    assert [f.owners for f in of(audited(lane), WIDTH, "fail")] == [("edge:B",)]
