"""Findings of vehicle tracking in a comparison: one subject for each vehicle and target."""

import pytest

from firelane.comparing.coverage import Coverage
from firelane.comparing.matching import match_findings
from firelane.comparing.subjects import subject_of, vehicle_of


def row(vehicle, target, verdict="fail", *, kind="lane", place=(0.0, 0.0), owners=()):
    return {
        "rule_id": "r", "quantity": "swept_path", "finding_id": f"r:{vehicle}:{target}", f"{kind}_id": target, "verdict": verdict,
        "location": list(place), "owners": list(owners), "severity": "mandatory",
    }  # fmt: skip


def test_vehicle_and_target_are_the_subject():
    assert subject_of(row("pump-8", "L1-2")) == ("lane", "pump-8:L1-2")
    assert subject_of(row("pump-8", "h", kind="building", owners=["V1"])) == ("building", "pump-8:h")
    assert vehicle_of(row("a:b", "L1-2")) == "a:b"
    assert vehicle_of({**row("pump-8", "L1-2"), "quantity": "clear_width"}) == ""
    assert vehicle_of({"rule_id": "r", "quantity": "swept_path", "finding_id": "r:pump-8"}) == ""


@pytest.mark.parametrize("turned", [False, True])
def test_two_vehicles_at_one_place_are_not_mixed_up(turned):
    old = [row("pump-8", "L1"), row("ladder-14", "L1")]
    new = [row("ladder-14", "L1", place=(7.0, 0.0), owners=["V1"]), row("pump-8", "L1")]
    new = new[::-1] if turned else new
    pairs = {(old[a]["finding_id"], new[b]["finding_id"]) for a, b in match_findings(old, new, tolerance_m=2.0).pairs}
    assert pairs == {(f["finding_id"], f["finding_id"]) for f in old}


def test_what_another_vehicle_was_not_asked_is_not_measured_rather_than_gone():
    only_pump = Coverage([row("pump-8", "L1", "pass")])
    assert only_pump.why_not(row("ladder-14", "L1")) == "not_measured"
    assert only_pump.why_not(row("pump-8", "L2")) == ""
    none = Coverage([{"rule_id": "r", "quantity": "swept_path", "finding_id": "r:site", "verdict": "not_measured"}])
    assert none.why_not(row("pump-8", "L1")) == "not_measured"
