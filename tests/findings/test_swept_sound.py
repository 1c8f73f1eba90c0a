"""Findings of vehicle tracking that must not claim more than is proven: unknown heights, shut gates, far buildings, accuracy."""

from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import LineString
from site_scenes import block, box, gates, measured, moved, over, site, street
from test_swept_findings import FAIL, FOUND_NONE, NOT_TRIED, PASS, PUMP, judged, target, tracked, trip

from firelane.auditing import audit
from firelane.tracking.classes import settled
from firelane.tracking.drive import follow
from firelane.tracking.overhead import heights_told
from firelane.tracking.record import BEND_WIDTH_COLUMNS, BodyPart, Conflict, TripKind, trip_id_of
from firelane.tracking.targets import TargetKind
from firelane.tracking.vehicle import Policy

pytest.importorskip("numba")

TURNING = "sy2020-14-turning"
TO_THE_END = ((-14, 0), (95, 0))


def swept(a_site, vehicle="pump-8"):
    found = audit(a_site, rules=("shenyang-2020",), vehicles=(vehicle,), remedies=False)
    return found, {f.lane_id or f.building_id or "": f for f in found.findings if f.rule_id == TURNING}


def lane_of(found):
    return str(found.network.lanes["lane_id"].iloc[0])


# ------------------------------------------------------------------------------------- things overhead


@pytest.mark.parametrize(
    ("what", "expected"),
    [(over(50, -3, 51, 3), "not_measured"), (over(50, -3, 51, 3, 4.5), "pass"), (over(50, 1.5, 51, 3), "pass"),
     (over(50, -3, 51, 3, kind="billboard"), "not_measured"), ((LineString([(50, -9), (50, 9)]), {"kind": "overhead_line"}), "not_measured")],
)  # fmt: skip
def test_a_drive_below_something_of_unknown_height_proves_nothing(what, expected):
    found = measured(street(6.0, [what], parking=[]))
    lane = lane_of(found)
    rows = [target("W", lane, PASS, trip_id="pump-8-W-P01", share=1.0)]
    (told,) = judged(found, heights_told(tracked(found, rows, [trip(lane, "W", line=TO_THE_END)]), found.spaces))
    assert told.verdict.value == expected
    if expected == "not_measured":
        assert told.owners == ("obstructions-1",)
        assert "净高未测量" in told.message_zh
        assert "unknown clear height" in told.message_en


def test_a_margin_below_it_counts_too():
    found = measured(street(6.0, [over(50, 1.5, 51, 3)], parking=[]))
    lane = lane_of(found)
    rows = [target("W", lane, PASS, trip_id="pump-8-W-P01", share=1.0)]
    drive = [trip(lane, "W", line=TO_THE_END)]
    (told,) = judged(found, heights_told(tracked(found, rows, drive, policy=Policy(margin_m=0.3)), found.spaces))
    assert told.verdict.value == "not_measured"


def test_a_building_that_is_reached_before_the_arch_or_from_the_other_side_is_reached():
    scene = measured(street(6.0, [over(50, -3, 51, 3)], parking=[], buildings=[(box(10, 5, 20, 15), {"id": "near"}), (box(70, 5, 90, 15), {"id": "far"})]))
    lane = lane_of(scene)
    serves = ((TargetKind.LANE, lane), (TargetKind.BUILDING, "near"), (TargetKind.BUILDING, "far"))
    west = replace(trip(lane, "W", line=TO_THE_END), serves=serves)
    rows = [target("W", n, PASS, kind="building", trip_id=west.trip_id) for n in ("near", "far")]
    verdicts = {f.building_id: f.verdict.value for f in judged(scene, heights_told(tracked(scene, rows, [west]), scene.spaces))}
    assert (verdicts["near"], verdicts["far"]) == ("pass", "not_measured")
    east = replace(trip(lane, "E", line=((114, 0), (70, 0))), serves=((TargetKind.BUILDING, "far"),))
    rows.append(target("E", "far", PASS, kind="building", trip_id=east.trip_id))
    verdicts = {f.building_id: f.verdict.value for f in judged(scene, heights_told(tracked(scene, rows, [west, east]), scene.spaces))}
    assert verdicts["far"] == "pass"
    # up to the arch from both sides is not through
    lanes = [target(e, lane, PASS, trip_id=f"pump-8-{e}-P01", share=1.0) for e in ("W", "E")]
    both = [trip(lane, "W", line=TO_THE_END), trip(lane, "E", line=((114, 0), (5, 0)))]
    assert judged(scene, heights_told(tracked(scene, lanes, both), scene.spaces))[0].verdict.value == "not_measured"


# ------------------------------------------------------------------------------- what is no target, and shut gates


def test_a_building_far_from_every_road_is_not_applicable():
    found, told = swept(street(6, buildings=[(box(40, 33, 50, 43), {"id": "far"}), (box(40, 5, 50, 9), {"id": "near"})]))
    assert told["far"].verdict.value == "not_applicable"
    assert "10 米内没有道路" in told["far"].message_zh
    assert told["near"].verdict.value == "pass"
    assert "far" not in set(found.tracking[0].targets["target_id"])


def test_designated_lanes_are_driven_on_the_whole_pavement():
    """The strip is 4 m wide on a road of 10 m; a car on the strip is driven round, bollards across the road are not."""
    scene = {"fire_lanes": [box(0, -2, 60, 2)], "entrances": [(LineString([(0, -5), (0, 5)]), {"id": "W"})], "buildings": []}
    free, told = swept(site([box(0, -5, 60, 5)], obstructions=[block(30, -2, 33, 0)], **scene))
    assert free.tracking[0].targets["target_kind"].tolist() == ["lane"]
    (only,) = told.values()
    assert (only.verdict.value, only.lane_id) == ("pass", str(free.tracking[0].targets["target_id"].iloc[0]))
    posts = [(shapely.Point(30, y), {"kind": "bollard", "radius_m": 0.1}) for y in range(-4, 5)]
    _, told = swept(site([box(0, -5, 60, 5)], obstructions=posts, **scene))
    assert [f.verdict.value for f in told.values()] == ["fail"]


def test_where_no_entrance_opens_nothing_gets_in():
    found, told = swept(street(6, entrances=gates(gate=True, openable=False)))
    (only,) = told.values()
    assert only.verdict.value == "fail"
    assert "所有出入口均不能打开" in only.message_zh
    assert "no entrance opens" in only.message_en
    assert set(found.tracking[0].targets["class"]) == {FAIL.value}


def test_a_lane_without_stations_is_named():
    found = measured(street(6.0, parking=[]))
    (told,) = judged(found, tracked(found, []))
    assert (told.verdict.value, told.lane_id) == ("not_measured", lane_of(found))


# -------------------------------------------------------------------------------------------- accuracy


@pytest.mark.parametrize(("mouth", "expected"), [(1.0, "fail"), (2.0, "fail"), (2.4, "indeterminate")])
def test_a_narrow_mouth_fails_when_it_is_short_by_more_than_the_accuracy(mouth, expected):
    ends = [(LineString([(0, -mouth / 2), (0, mouth / 2)]), {"id": "W"})]
    found = measured(site([box(0, -3, 60, 3)], entrances=ends, obstructions=[], parking=[], config={"accuracy_m": 0.3}))
    (told,) = judged(found, tracked(found, [target("W", lane_of(found), FAIL)]))
    assert told.verdict.value == expected
    assert f"出入口仅宽 {mouth:.3f} 米" in told.message_zh


def test_a_wall_right_across_is_no_gap_at_all():
    found = measured(street(6.0, [block(30, -4, 31, 4)], parking=[], config={"accuracy_m": 0.3}))
    (told,) = judged(found, tracked(found, [target("W", lane_of(found), FAIL)]))
    assert told.verdict.value == "fail"


def test_of_two_entrances_the_wider_gap_decides():
    found = measured(street(6.0, parking=[], config={"accuracy_m": 0.3}))
    rows = [target(e, lane_of(found), FAIL, gap_m=gap, gap_x=0.0, gap_y=0.0) for e, gap in (("W", 1.0), ("E", 2.4))]
    assert judged(found, tracked(found, rows))[0].verdict.value == "indeterminate"


def test_an_overrun_does_not_count_for_the_room_that_a_pass_has():
    found = measured(street(6.0, parking=[], config={"accuracy_m": 0.3}))
    lane = lane_of(found)
    place = (0.0, 0.0)
    conflict = Conflict("X1", "pump-8-W-X01", shapely.Point(0, 0).buffer(1), 0.2, BodyPart.FRONT, (), place, 1.0)
    bad = replace(trip(lane, "W", line=((-14, 2.5), (40, 2.5)), kind=TripKind.OVERRUN, name="X01"), conflicts=(conflict,))
    rows = [target("W", lane, PASS, trip_id="pump-8-W-P01")]
    assert judged(found, tracked(found, rows, [trip(lane, "W"), bad]))[0].verdict.value == "pass"


# ----------------------------------------------------------------------------------------- one truth


@dataclass(frozen=True)
class Path:
    """As much of a proven drive as is looked at."""

    entrance_id: str
    drive: object


@dataclass(frozen=True)
class Tracking:
    """As much of a tracking as is looked at."""

    vehicle: object
    targets: pd.DataFrame
    drives: tuple


THROUGH = [((-14, 0), (100, 0))]
BOTH_ENDS = [((-14, 0), (45, 0)), ((114, 0), (55, 0))]


@pytest.mark.parametrize(
    ("found", "lines", "expected", "through"),
    [(FOUND_NONE, [], FAIL, None), (PASS, THROUGH, PASS, True), (PASS, BOTH_ENDS, FOUND_NONE, False), (NOT_TRIED, [], NOT_TRIED, None)],
)
def test_the_class_of_a_lane_with_a_bend_below_the_bound_is_settled_in_the_table(found, lines, expected, through):
    scene = measured(street(6.0, parking=[]))
    lane = lane_of(scene)
    bend = dict.fromkeys(BEND_WIDTH_COLUMNS[:-1]) | {"bend_id": "B1", "kind": "bend", "lane_id": lane, "class": FAIL.value}
    bends = gpd.GeoDataFrame(pd.DataFrame([bend]), geometry=[shapely.Point(0, 0)], crs=scene.site.crs)
    drives = tuple(Path("W", follow(moved(LineString(line)), PUMP).drive) for line in lines)
    it = Tracking(PUMP, pd.DataFrame([target("W", lane, found, share=1.0)]), drives)
    out = settled(it, bends, scene.spaces).targets.iloc[0]
    assert out["class"] == expected.value
    assert out.get("through") == through if through is not None else "through" not in out
    # a bend of another lane, or one that is not below the bound, says nothing
    other = settled(it, bends.assign(lane_id="L0"), scene.spaces).targets
    assert other["class"].tolist() == [found.value]


def test_reached_from_both_ends_is_said():
    found = measured(street(6.0, parking=[]))
    rows = [target("W", lane_of(found), FOUND_NONE, share=0.99, through=False)]
    (told,) = judged(found, tracked(found, rows))
    assert told.verdict.value == "indeterminate"
    assert "未能贯通驶过" in told.message_zh
    assert "not driven through" in told.message_en


def test_trip_ids_are_unique_across_vehicles():
    assert trip_id_of("v", "x-1", "P", 1) != trip_id_of("v-x", "1", "P", 1)
    assert trip_id_of("pump-8", "W", "X", 3) == "pump-8-W-X03"
