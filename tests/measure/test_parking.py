"""Article 14, second sentence: planned bays must leave the lane its width."""

from __future__ import annotations

import pytest
from site_scenes import PARKING, WIDTH, audited, block, box, gates, of, only, road, site, street


def bay(x, depth, *, width=8.0, side=1, status="planned", **columns):
    """A bay along the kerb, ``depth`` m deep."""
    low, high = sorted((side * width / 2, side * (width / 2 - depth)))
    return box(x, low, x + 5, high), {"status": status, **columns}


def told(result):
    return {f.owners: (f.verdict.value, round(f.value, 6)) for f in of(result, PARKING)}


@pytest.mark.parametrize(
    ("depth", "accuracy", "verdict"),
    [
        (4.0, 0.0, "pass"), (4.001, 0.0, "fail"), (2.0, 0.0, "pass"), (3.98, 0.05, "indeterminate"),
        (4.02, 0.05, "indeterminate"), (4.1, 0.05, "fail"), (3.9, 0.05, "pass"),
    ],
)  # fmt: skip
def test_the_boundary_table(depth, accuracy, verdict):
    result = audited(street(8.0, parking=[bay(40, depth, id="p")], config={"layer_accuracy_m": {"parking": accuracy}}))
    found = only(result, PARKING)
    assert (found.verdict.value, found.value) == (verdict, pytest.approx(8 - depth, abs=1e-6))
    assert found.owners == ("p",)
    assert (found.threshold, found.margin) == (4.0, pytest.approx(4 - depth, abs=1e-6))
    # A planned bay is not there yet.
    assert only(result, WIDTH).value == pytest.approx(8.0)


def test_all_planned_bays_are_taken_as_occupied_together():
    result = audited(street(8.0, parking=[bay(40, 2.0, id="n"), bay(40, 2.5, side=-1, id="s"), bay(70, 2.0, id="alone")]))
    assert told(result) == {("n",): ("fail", 3.5), ("s",): ("fail", 3.5), ("alone",): ("pass", 6.0)}


def test_what_stands_there_today_counts_as_well():
    result = audited(street(8.0, [block(40, -4, 45, -1.9)], parking=[bay(40, 2.0, id="n")]))
    assert told(result) == {("n",): ("fail", 3.9)}
    existing = bay(40, 2.1, side=-1, status="existing", id="e")
    assert told(audited(street(8.0, parking=[bay(40, 2.0, id="n"), existing]))) == {("n",): ("fail", 3.9)}


def test_a_bay_off_the_lane_passes():
    found = only(audited(street(8.0, parking=[(box(40, 4, 45, 6), {"status": "planned", "id": "p"})])), PARKING)
    assert found.verdict.value == "pass"
    assert "not on a lane" in found.message_en


def test_a_bay_that_fills_the_lane_leaves_nothing():
    result = audited(street(8.0, parking=[(box(-1, -5, 101, 5), {"status": "planned", "id": "p"})]))
    assert told(result) == {("p",): ("fail", 0.0)}


def test_a_bay_inside_a_designated_lane_fails_whatever_is_left():
    result = audited(site([road(100, 12)], fire_lanes=[box(0, -3, 100, 3)], entrances=gates(100, 12), obstructions=[],
                          parking=[(box(40, 2, 45, 4), {"status": "planned", "id": "in"}),
                                   (box(60, 3, 65, 5), {"status": "planned", "id": "beside"})]))  # fmt: skip
    assert told(result)["in",] == ("fail", 5.0)
    assert told(result)["beside",][0] == "pass"


def test_nothing_planned_and_nothing_surveyed():
    assert only(audited(street(8.0)), PARKING).verdict.value == "not_measured"
    assert only(audited(street(8.0, parking=[])), PARKING).verdict.value == "not_applicable"
    assert only(audited(street(8.0, parking=[bay(40, 2.0, status="existing")])), PARKING).verdict.value == "not_applicable"


def test_a_road_that_is_no_lane_may_be_parked_on():
    roads = [(road(100, 8), {}), (box(100, -4, 200, 4), {"fire_lane": False})]
    result = audited(site(roads, obstructions=[], entrances=gates(200, 8),
                          parking=[(box(150, -2, 155, 4), {"status": "planned", "id": "p"})]))  # fmt: skip
    assert only(result, PARKING).verdict.value == "pass"
