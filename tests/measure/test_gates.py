"""Article 10, last sentence: gates open at once, or do not, or nobody looked."""

from __future__ import annotations

import pytest
from site_scenes import (
    GATE,
    WIDTH,
    LineString,
    Point,
    audited,
    box,
    gates,
    local,
    of,
    only,
    road,
    site,
    street,
)


@pytest.mark.parametrize(
    ("columns", "verdict"),
    [
        ({"gate": True, "openable": True}, "pass"), ({"gate": True, "openable": False}, "fail"),
        ({"gate": True, "openable": None}, "not_measured"), ({"gate": True}, "not_measured"),
        ({"gate": None, "openable": True}, "pass"), ({"gate": None, "openable": False}, "fail"),
        ({"gate": False, "openable": None}, "not_applicable"), ({"gate": None, "openable": None}, "not_measured"),
    ],
)  # fmt: skip
def test_the_table_of_an_entrance(columns, verdict):
    found = only(audited(street(6.0, entrances=gates(both=False, **columns))), GATE)
    assert found.verdict.value == verdict
    if verdict != "not_applicable":
        assert (found.entrance_id, found.owners) == ("W", ("W",))
        assert local(found.location) == pytest.approx((0, 0), abs=1e-6)
        assert found.lane_id == "L5950-0000"
        assert found.severity.value == "mandatory"


def test_entrances_that_were_not_surveyed():
    assert only(audited(site([road()], obstructions=[])), GATE).verdict.value == "not_measured"
    assert only(audited(site([road()], obstructions=[], entrances=[])), GATE).verdict.value == "not_applicable"


@pytest.mark.parametrize(("openable", "verdict"), [(True, "pass"), (False, "fail"), (None, "not_measured")])
def test_the_table_of_a_gate_on_the_lane(openable, verdict):
    barrier = (box(50, -3, 50.2, 3), {"kind": "gate", "openable": openable, "id": "g"})
    result = audited(street(6.0, [barrier], entrances=gates(gate=False)))
    found = only(result, GATE)
    assert (found.verdict.value, found.owners, found.entrance_id) == (verdict, ("g",), None)
    # Shut, it bars the lane; of an unknown one nothing is guessed.
    assert only(result, WIDTH).value == (0.0 if openable is False else pytest.approx(6.0))


def test_a_gate_at_an_entrance_that_could_not_be_used_is_told_all_the_same():
    far = [(Point(50, 30), {"id": "P", "gate": True, "openable": False})]
    found = only(audited(street(6.0, entrances=far)), GATE)
    assert (found.verdict.value, found.lane_id, local(found.location)) == ("fail", None, (50.0, 30.0))


def test_shared_ids_are_told_apart():
    both = [(LineString([(0, -3), (0, 3)]), {"id": "A", "gate": True, "openable": True})]
    result = audited(street(6.0, [(box(50, -3, 50.2, 3), {"kind": "gate", "openable": True, "id": "A"})], entrances=both))
    assert [(f.owners, f.entrance_id) for f in of(result, GATE)] == [(("entrances:A",), "A"), (("obstructions:A",), None)]
