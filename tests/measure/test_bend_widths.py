"""Bends against vehicles by closed forms: what proves a pass, what a fail, and where neither is said."""

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from site_scenes import CRS, block, box, lane_network, measured, post, site
from test_turning import bend

from firelane.auditing.pipeline import bend_rule_of
from firelane.lanes.bends_fit import EdgeArc, Shape
from firelane.lanes.bends_kerbs import Bend, Kerb, Trust
from firelane.measure.bend_widths import BendRule, Needs, bend_widths, class_of, needs, padded
from firelane.rules import load_rules
from firelane.tracking.catalogue import standard_policy, vehicles
from firelane.tracking.closed import (
    concentric_width_m,
    inner_radius_for_m,
    lower_bound_m,
    sharp_corner_width_m,
)
from firelane.tracking.record import BEND_WIDTH_COLUMNS, TrackClass
from firelane.tracking.vehicle import Policy, RadiusBasis

PUMP, TANKER, LADDER = (vehicles()[name] for name in ("pump-8", "tanker-10", "ladder-14"))
TRUST = Trust(20.0, 0.05, 0.15)
RULE = BendRule(9.0, "inner_edge", 25.0, TRUST)


def arc(radius, *, uncertainty=0.0, residual=0.0, shape=Shape.ARC):
    turned = np.radians(np.arange(0.0, 91.0, 5.0))
    xy = radius * np.column_stack((np.cos(turned), np.sin(turned)))
    return EdgeArc(shape, radius, uncertainty, residual, 90.0, len(xy), (0.0, 0.0), (radius, 0.0), shapely.LineString(xy))


def one(inner, *, accuracy=0.0, kind="bend"):
    kerb = Kerb("inner", inner, inner.line)
    return Bend("B1", kind, ("L1",), 90.0, 10.0, 24.0, kerb, None, inner.place, accuracy)


def verdict(clear, asked, accuracy=0.0):
    return class_of(asked, clear, accuracy, ground_is_so=True, barred=False)


@pytest.mark.parametrize("vehicle", [PUMP, TANKER])
def test_exactly_enough_passes_and_a_millimetre_less_does_not(vehicle):
    asked = needs(vehicle, one(arc(9.0)), TRUST)
    assert asked.required_m == asked.worst_m == pytest.approx(concentric_width_m(vehicle, 9.0), abs=1e-9)
    assert verdict(asked.required_m, asked) is TrackClass.PROVEN_PASS
    assert verdict(asked.required_m - 0.001, asked) is TrackClass.NOT_FOUND  # never a fail: it takes tracking
    assert verdict(asked.required_m + 0.04, asked, accuracy=0.05) is TrackClass.NOT_FOUND
    assert verdict(asked.required_m + 0.05, asked, accuracy=0.05) is TrackClass.PROVEN_PASS


def test_an_uncertain_radius_has_to_hold_at_its_least():
    asked = needs(PUMP, one(arc(9.0, uncertainty=0.1, residual=0.01)), TRUST)
    assert asked.required_m == pytest.approx(concentric_width_m(PUMP, 9.0))
    assert asked.worst_m == pytest.approx(concentric_width_m(PUMP, 8.8))
    assert verdict(asked.required_m, asked) is TrackClass.NOT_FOUND
    assert verdict(asked.worst_m, asked) is TrackClass.PROVEN_PASS
    surveyed = needs(PUMP, one(arc(9.0, uncertainty=0.1, residual=0.01), accuracy=0.05), TRUST)
    assert surveyed.worst_m == pytest.approx(concentric_width_m(PUMP, 8.75))


def test_below_the_vehicles_own_inner_radius_the_form_is_not_applied():
    asked = needs(TANKER, one(arc(6.0)), TRUST)
    assert math.isnan(asked.required_m)
    assert "6.82" in asked.why[1]
    assert verdict(99.0, asked) is TrackClass.NOT_FOUND
    # at its least the radius falls below it: no proof, although it holds as fitted
    edge = needs(TANKER, one(arc(6.9, uncertainty=0.1, residual=0.01)), TRUST)
    assert math.isfinite(edge.required_m)
    assert math.isnan(edge.worst_m)
    assert verdict(99.0, edge) is TrackClass.NOT_FOUND


def test_a_kerb_that_is_no_arc_tells_nothing():
    for bad in (arc(9.0, residual=0.2), arc(9.0, uncertainty=2.0, residual=0.01), replace(arc(9.0), shape=Shape.ANGULAR)):
        asked = needs(PUMP, one(bad), TRUST)
        assert math.isnan(asked.required_m)
        assert asked.bound_m == PUMP.width_m
        assert verdict(99.0, asked) is TrackClass.NOT_FOUND


def test_nan_and_what_stands_beside_never_prove():
    asked = Needs(4.0, 4.0, 2.5, ("", ""))
    assert verdict(math.nan, asked) is TrackClass.NOT_FOUND
    assert class_of(asked, 5.0, 0.0, ground_is_so=False, barred=False) is TrackClass.NOT_FOUND
    assert class_of(asked, 5.0, 0.0, ground_is_so=True, barred=True) is TrackClass.PROVEN_FAIL


@pytest.mark.parametrize("basis", list(RadiusBasis))
def test_the_margin_widens_the_body_and_moves_no_axle(basis):
    named = {
        RadiusBasis.KERB_TO_KERB: PUMP.kerb_radius_m, RadiusBasis.WALL_TO_WALL: PUMP.outer_radius_m,
        RadiusBasis.FRONT_AXLE: PUMP.front_radius_m, RadiusBasis.INNER: PUMP.inner_radius_m,
    }  # fmt: skip
    body = padded(replace(PUMP, radius_basis=basis, turning_radius_m=named[basis]), 0.25)
    assert body.rear_radius_m == pytest.approx(PUMP.rear_radius_m, abs=1e-9)
    assert body.inner_radius_m == pytest.approx(PUMP.inner_radius_m - 0.25, abs=1e-9)
    assert (body.width_m, body.front_m, body.length_m) == pytest.approx((3.0, PUMP.front_m + 0.25, 8.5))


# ------------------------------------------------------------------------------------------ on sites


def table(outline, vehicle, *, policy=None, rule=RULE, ends=(), config=None, **layers):
    a_site = site([outline], entrances=list(ends), config=config, **layers)
    found = measured(a_site)
    network = lane_network(a_site)
    bends = found.bends(least_turn_deg=rule.least_turn_deg)
    assert len(network.lanes)
    return bend_widths(bends, found.profile, found.widths.narrowings, found.spaces, vehicle, policy or standard_policy(), rule)


def row(*args, **kwargs):
    (found,) = table(*args, **kwargs).to_dict("records")
    return found


def test_a_bend_of_concentric_kerbs():
    need = concentric_width_m(PUMP, 9.0)
    found = row(bend(9, 4, 90, 1), PUMP)
    assert list(table(bend(9, 4, 90, 1), PUMP).columns) == list(BEND_WIDTH_COLUMNS)
    assert found["class"] == TrackClass.PROVEN_PASS
    assert found["inner_radius_m"] == pytest.approx(9.0, abs=1e-6)
    assert found["outer_radius_m"] == pytest.approx(13.0, abs=1e-6)
    assert found["clear_width_m"] == pytest.approx(4.0, abs=0.002)
    assert found["required_width_m"] == pytest.approx(need, abs=1e-6)
    assert found["margin_m"] == pytest.approx(found["clear_width_m"] - need, abs=1e-9)
    assert found["aim_radius_m"] == pytest.approx(inner_radius_for_m(PUMP, found["clear_width_m"]), abs=1e-6)
    assert found["aim_width_m"] == pytest.approx(need + 0.10, abs=1e-6)
    assert (found["nominal_radius_m"], found["nominal_basis"]) == (9.0, "inner_edge")
    assert found["nominal_margin_m"] == pytest.approx(0.0, abs=1e-6)
    # an instant of steering is not a second of it
    assert "转动方向" in found["why_zh"]


def test_the_nominal_nine_metres_do_not_let_the_tanker_through_a_lane_of_four():
    """facts: short by 0.31 m; a fail is not said, it takes tracking."""
    found = row(bend(9, 4, 90, 1), TANKER)
    assert found["class"] == TrackClass.NOT_FOUND
    assert found["margin_m"] == pytest.approx(-0.31, abs=0.005)
    assert found["nominal_margin_m"] == pytest.approx(0.0, abs=1e-6)
    assert found["aim_radius_m"] == pytest.approx(11.7, abs=0.05)
    standing = replace(standard_policy(), standing_steer=True)
    assert row(bend(11.8, 4, 90, 1), TANKER, policy=standing)["class"] == TrackClass.PROVEN_PASS
    # turning the wheels while driving takes 3 cm more
    assert row(bend(11.8, 4, 90, 1), TANKER)["class"] == TrackClass.NOT_FOUND
    assert row(bend(12.4, 4, 90, 1), TANKER)["class"] == TrackClass.PROVEN_PASS


def test_aerial_appliances_are_held_against_twelve_metres_and_the_basis_may_be_the_outer_kerb():
    found = row(bend(9, 6, 90, 1), vehicles()["platform-12"], rule=replace(RULE, basis="outer_wheel"))
    assert found["nominal_radius_m"] == 12.0
    assert found["nominal_margin_m"] == pytest.approx(3.0, abs=1e-6)
    assert found["class"] == TrackClass.PROVEN_PASS


def test_a_margin_asks_for_more_width():
    assert row(bend(9, 4.2, 90, 1), PUMP)["class"] == TrackClass.PROVEN_PASS
    found = row(bend(9, 4.2, 90, 1), PUMP, policy=Policy(margin_m=0.25))
    assert found["class"] == TrackClass.NOT_FOUND
    assert found["required_width_m"] == pytest.approx(concentric_width_m(padded(PUMP, 0.25), 9.0), abs=1e-6)


def test_a_post_beside_the_inner_kerb_takes_the_proof_away_though_the_way_round_it_is_wide():
    """The clear width is that of the widest way: it may pass outside an island, on another arc than the form's."""
    outline = bend(9, 10, 90, 1)
    assert row(outline, PUMP)["class"] == TrackClass.PROVEN_PASS
    at = 10.5 * np.array([np.sin(np.pi / 4), -np.cos(np.pi / 4)])
    found = row(outline, PUMP, obstructions=[post(*at, 0.05)])
    assert found["clear_width_m"] > found["required_width_m"] + 2
    assert found["class"] == TrackClass.NOT_FOUND
    assert "空闲" in found["why_zh"]


def test_what_hangs_lower_than_the_vehicle_takes_the_proof_away():
    at = 11 * np.array([np.sin(np.pi / 4), -np.cos(np.pi / 4)])
    over = (box(at[0] - 2, at[1] - 2, at[0] + 2, at[1] + 2), {"kind": "arch", "clear_height_m": 3.5})
    assert row(bend(9, 4, 90, 1), PUMP, obstructions=[over])["class"] == TrackClass.NOT_FOUND
    high = (over[0], {"kind": "arch", "clear_height_m": 4.5})
    assert row(bend(9, 4, 90, 1), PUMP, obstructions=[high])["class"] == TrackClass.PROVEN_PASS


def test_a_narrow_place_just_after_the_bend_counts_for_it():
    # on the straight before, within the front's reach of 5.85 m
    found = row(bend(9, 4, 90, 1), PUMP, obstructions=[block(-3, -13, -2, -12.5)])
    assert found["clear_width_m"] == pytest.approx(3.5, abs=1e-3)
    assert found["class"] == TrackClass.NOT_FOUND
    assert row(bend(9, 4, 90, 1), PUMP, obstructions=[block(-20, -13, -19, -12.5)])["class"] == TrackClass.PROVEN_PASS


def test_narrower_than_the_vehicle_is_a_proven_fail():
    found = row(bend(9, 4, 90, 1), PUMP, obstructions=[block(-1, -13, 0, -11.45)])
    assert found["class"] == TrackClass.PROVEN_FAIL
    assert found["lower_bound_m"] == 2.5
    assert "2.450" in found["why_zh"]
    # a centimetre within the accuracy is no proof
    loose = row(bend(9, 4, 90, 1), PUMP, obstructions=[block(-1, -13, 0, -11.45)], config={"accuracy_m": 0.1})
    assert loose["class"] == TrackClass.NOT_FOUND


def corner(width, *, leg=40.0, outer=0.0):
    """Two lanes of one width that meet at a square corner at (0, 0), inner corner at (0, 0), from the west to the north."""
    west, north = box(-leg, -width, width + outer, 0), box(0, -width - outer, width + outer, leg)
    return shapely.union_all([west, north, box(0, -width - outer, width + outer, 0)])


def test_a_sharp_corner_below_the_lower_bound_is_a_proven_fail_and_above_it_takes_tracking():
    """facts: a sharp 90° corner between two 4 m lanes is impossible for all four vehicles (bound 4.60 m for the pump)."""
    for vehicle in vehicles().values():
        found = row(corner(4.0), vehicle)
        assert found["class"] == TrackClass.PROVEN_FAIL, vehicle.id
        assert found["lower_bound_m"] == pytest.approx(lower_bound_m(vehicle), abs=1e-6)
        assert found["required_width_m"] == pytest.approx(sharp_corner_width_m(vehicle), abs=1e-6)
    bound = lower_bound_m(PUMP)
    assert row(corner(bound - 0.001), PUMP)["class"] == TrackClass.PROVEN_FAIL
    for width in (bound + 0.001, 5.0, 5.3, 7.0):
        assert row(corner(width), PUMP)["class"] == TrackClass.NOT_FOUND, width


def test_more_room_outside_the_corner_is_no_proof_of_a_fail():
    assert row(corner(4.0, outer=1.0), PUMP)["class"] == TrackClass.NOT_FOUND
    near_a_mouth = [(shapely.LineString([(-6, -4), (-6, 0)]), {"id": "W"})]
    assert row(corner(4.0, leg=6.0), PUMP, ends=near_a_mouth)["class"] == TrackClass.NOT_FOUND


def test_the_rule_of_the_pack_says_how_bends_are_measured():
    rule = bend_rule_of(load_rules(("shenyang-2020",)))
    assert rule == bend_rule_of(load_rules(("gb50016",)))
    assert (rule.nominal_m, rule.basis, rule.least_turn_deg) == (9.0, "inner_edge", 25.0)
    assert rule.nominal_for(PUMP) == 9.0
    assert rule.nominal_for(LADDER) == 12.0


def test_no_bends_no_rows():
    found = table(box(0, -3, 60, 3), PUMP)
    assert list(found.columns) == list(BEND_WIDTH_COLUMNS)
    assert not len(found)
    assert found.crs == CRS
