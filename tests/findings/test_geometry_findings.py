"""Bends, dead ends and gradients against the limits of the national codes."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from site_scenes import CRS, LineString, box, car, gates, judge, measured, moved, road, rules, site

from firelane.errors import InputError
from firelane.findings.geometry import layout_tables
from firelane.measure.turnaround import DEAD_END_COLUMNS
from firelane.rules import load_rules

BEND, SLOPE, SLOPE_GB = "gb50016-7.1.8-turning", "gb50016-7.1.8-gradient", "gb55037-3.4.5-gradient"
AREA, HIGH, HEAVY, AREA_GB = (
    "gb50016-7.1.9-turnaround", "gb50016-7.1.9-turnaround-high-rise", "gb50016-7.1.9-turnaround-heavy",
    "gb55037-3.4.5-dead-end",
)  # fmt: skip
PACKS = ("gb50016", "gb55037")


def findings(where, *ids, change=None):
    in_force = [r for r in rules(*PACKS) if r.rule_id in ids]
    assert len(in_force) == len(ids)
    if change is not None:
        in_force = [replace(r, **change) for r in in_force]
    return judge(measured(where), in_force)


def only(where, rule_id, **more):
    (found,) = findings(where, rule_id, **more)
    return found


def bend(radius, *, step_deg=5, noise_m=0.0, width=4.0, config=None):
    angle = np.radians(np.arange(-90.0, 1e-9, step_deg))
    arc = np.column_stack((np.cos(angle), np.sin(angle)))
    away = np.arange(20.0, 0.0, -1.0)[:, None]
    south, east = np.array([0.0, -1.0]), np.array([1.0, 0.0])

    def edge(r):
        return np.vstack((south * r - east * away, arc * r, east * r - south * away[::-1]))

    rim = np.vstack((edge(radius + width), edge(radius)[::-1]))
    rim = rim + np.random.default_rng(7).normal(0, noise_m, rim.shape) if noise_m else rim
    return site([shapely.Polygon(rim)], entrances=[], config=config)


def yard(side, *, length=60.0, **layers):
    outline = shapely.union(road(length, 4), box(length, -side / 2, length + side, side / 2))
    layers.setdefault("obstructions", [])
    return site([outline], entrances=gates(length, 4, both=False), **layers)


def sloped(pct, *, config=None):
    where = site([road(100, 6)], entrances=gates(), config=config)
    xy = shapely.get_coordinates(road(100, 6))
    line = shapely.linestrings(np.column_stack((shapely.get_coordinates(moved(road(100, 6))), 40 + pct / 100 * xy[:, 0])))
    return replace(where, heights=gpd.GeoDataFrame({"layer": ["roads"], "id": ["r"]}, geometry=[line], crs=CRS))


# ------------------------------------------------------------------------------------------- bends


@pytest.mark.parametrize(
    ("radius", "accuracy", "verdict"),
    [(9.0, 0.0, "pass"), (8.99, 0.0, "fail"), (12.0, 0.05, "pass"), (9.05, 0.05, "indeterminate"), (6.0, 0.05, "fail")],
)
def test_the_inner_radius_against_nine_metres(radius, accuracy, verdict):
    found = only(bend(radius, config={"accuracy_m": accuracy}), BEND)
    assert found.verdict.value == verdict
    assert found.value == pytest.approx(radius, abs=1e-6)
    assert found.margin == pytest.approx(radius - 9.0, abs=1e-6)
    assert found.severity.value == "advisory"
    assert found.lane_id is not None
    assert found.location is not None
    assert "±" in found.message_zh
    assert "outer" in found.message_en


def test_a_square_corner_fails_as_radius_nought():
    found = only(site([shapely.union(box(0, -2, 60, 2), box(56, -2, 60, 50))], entrances=[]), BEND)
    assert (found.verdict.value, found.value) == ("fail", 0.0)
    assert "直角" in found.message_zh
    assert "square corner" in found.message_en


def test_a_poor_fit_is_refused_and_says_why():
    found = only(bend(9.0, noise_m=0.15), BEND)
    assert (found.verdict.value, found.value) == ("not_measured", None)
    assert "不作判定" in found.message_zh
    assert "not judged" in found.message_en
    rough = only(bend(9.0, noise_m=0.03), BEND)
    assert rough.verdict.value in ("indeterminate", "pass", "fail")
    assert rough.value == pytest.approx(9.0, abs=0.5)


def test_the_radius_may_be_read_as_that_of_the_outer_wheel():
    found = only(bend(6.0), BEND, change={"words": {"radius_basis": ("outer_wheel",)}})
    assert (found.verdict.value, found.value) == ("pass", pytest.approx(10.0))
    assert "外缘" in found.message_zh
    corner = findings(site([shapely.union(road(100, 6), box(48, 0, 52, 50))], entrances=gates()), BEND,
                      change={"words": {"radius_basis": ("outer_wheel",)}})  # fmt: skip
    assert {f.verdict.value for f in corner} == {"not_measured"}


def test_another_reading_is_refused(tmp_path):
    text = (  # the packaged rule, with a word that is none of the two
        '[pack]\nname = "x"\ntitle_zh = "试"\ntitle_en = "x"\nnumber = "1"\njurisdiction_zh = "此"\njurisdiction_en = "here"\n'
        '[[rule]]\nrule_id = "x-1"\narticle = "1"\nquantity = "turning_radius"\ncomparator = ">="\nthreshold = 9.0\nunit = "m"\n'
        'severity = "info"\nverbatim = false\ntitle_zh = "试"\ntitle_en = "x"\ntext_zh = "不是条文原文"\ntext_en = "own wording"\n'
        "[rule.params]\nleast_turn_deg = 25\nleast_arc_deg = 20\nlargest_residual_m = 0.05\nuncertainty_share = 0.1\n"
        '[rule.words]\nradius_basis = ["WORD"]\n'
    )
    path = tmp_path / "x.toml"
    path.write_text(text.replace("WORD", "outer_wheel"), encoding="utf-8")
    assert load_rules([str(path)])[0].words["radius_basis"] == ("outer_wheel",)
    path.write_text(text.replace("WORD", "middle"), encoding="utf-8")
    with pytest.raises(InputError, match="radius_basis"):
        load_rules([str(path)])


def test_each_corner_of_a_junction_is_a_finding_and_a_straight_lane_has_none():
    crossing = site([shapely.union(road(100, 6), box(48, 0, 52, 50))], entrances=gates())
    found = findings(crossing, BEND)
    assert len(found) == 2
    assert len({f.finding_id for f in found}) == 2
    assert only(site([road()], entrances=gates()), BEND).verdict.value == "not_applicable"


# --------------------------------------------------------------------------------------- dead ends


@pytest.mark.parametrize(("side", "verdict"), [(12.0, "pass"), (11.99, "fail")])
def test_twelve_metres_square(side, verdict):
    twelve, again = findings(yard(side), AREA, AREA_GB)
    assert {twelve.verdict.value, again.verdict.value} == {verdict}
    assert twelve.value == pytest.approx(side, abs=1e-6)
    assert twelve.severity.value == "mandatory"
    assert "12.000" in twelve.message_zh


def test_within_the_accuracy_it_is_indeterminate():
    assert only(yard(12.03, config={"accuracy_m": 0.05}), AREA).verdict.value == "indeterminate"


def test_short_dead_ends_need_none_and_through_lanes_are_none():
    short = only(site([road(40, 6)], entrances=gates(40, 6, both=False)), AREA)
    assert (short.verdict.value, short.value) == ("pass", None)
    assert "40" in short.message_en
    assert only(site([road()], entrances=gates()), AREA).verdict.value == "not_applicable"


def test_what_was_not_surveyed_is_not_judged():
    assert only(site([road()]), AREA).verdict.value == "not_measured"
    assert only(site([road()], entrances=[]), AREA).verdict.value == "not_measured"  # no way leads in


def test_a_yard_in_which_nobody_looked_for_obstacles_does_not_pass():
    found = only(yard(14.0, obstructions=None), AREA)
    assert (found.verdict.value, found.value) == ("not_measured", pytest.approx(14.0))
    assert "未调查障碍物" in found.message_zh
    assert "obstructions were not surveyed" in found.message_en
    # What is too small without obstacles is too small with them.
    assert only(yard(11.0, obstructions=None), AREA).verdict.value == "fail"
    # The length of a lane depends on nothing that stands there.
    assert only(site([road(40, 6)], entrances=gates(40, 6, both=False)), AREA).verdict.value == "pass"


def test_what_stands_in_the_yard_is_named():
    found = only(yard(12.0, obstructions=[car(66, 4, id="沪A=1+1")]), AREA)
    assert found.verdict.value == "fail"
    assert found.owners == ("沪A=1+1",)
    assert "沪A=1+1" in found.message_zh


@pytest.mark.parametrize(
    ("buildings", "verdict"),
    [
        (None, "not_measured"),
        ([(box(60, 12, 80, 30), {"height_m": 24.0})], "not_applicable"),
        ([(box(60, 12, 80, 30), {"height_m": 24.1})], "fail"),
        ([(box(60, 12, 80, 30), {"floors": 10})], "fail"),
        ([(box(60, 12, 80, 30), {})], "not_measured"),
        ([(box(60, 60, 80, 90), {"height_m": 99.0})], "not_applicable"),
    ],
)
def test_fifteen_metres_beside_high_rises(buildings, verdict):
    found = only(yard(13.0, buildings=buildings), HIGH)
    assert (found.verdict.value, found.severity.value) == (verdict, "advisory")


def test_eighteen_metres_are_information():
    found = only(yard(18.0), HEAVY)
    assert (found.verdict.value, found.severity.value) == ("pass", "info")


# --------------------------------------------------------------------------------------- gradients


@pytest.mark.parametrize(("pct", "eight", "ten"), [(8.0, "pass", "pass"), (8.01, "fail", "pass"), (10.01, "fail", "fail")])
def test_gradients(pct, eight, ten):
    by_rule = {f.rule_id: f for f in findings(sloped(pct), SLOPE, SLOPE_GB)}
    assert (by_rule[SLOPE].verdict.value, by_rule[SLOPE_GB].verdict.value) == (eight, ten)
    assert by_rule[SLOPE].value == pytest.approx(pct, abs=1e-6)
    assert (by_rule[SLOPE].unit, by_rule[SLOPE].severity.value, by_rule[SLOPE_GB].severity.value) == (
        "%", "advisory", "mandatory",
    )  # fmt: skip
    assert f"{pct:.2f}%" in by_rule[SLOPE].message_zh
    assert "not given" in by_rule[SLOPE].message_en


def test_the_accuracy_of_heights_leaves_gradients_open():
    found = only(sloped(8.2, config={"accuracy_m": 0.02}), SLOPE)
    assert found.verdict.value == "indeterminate"
    assert "0.02" in found.message_zh


def test_without_heights_the_gradient_is_not_measured():
    assert only(site([road()], entrances=gates()), SLOPE).verdict.value == "not_measured"


# ------------------------------------------------------------------------------------------ tables


def test_tables_of_what_was_asked_for():
    in_force = [r for r in rules(*PACKS) if r.rule_id in (BEND, AREA)]
    tables = layout_tables(measured(yard(12.0)), in_force)
    assert list(tables) == ["bends", "dead_ends", "turning_areas"]
    assert tuple(tables["dead_ends"].columns) == DEAD_END_COLUMNS
    assert tables["turning_areas"]["side_m"].tolist() == pytest.approx([12.0])
    assert all(t.crs == CRS for t in tables.values())
    assert not layout_tables(measured(site([road()], entrances=[(LineString([(0, -3), (0, 3)]), {})])), [])
