"""Findings of vehicle tracking: what each class is judged as, over all entrances, and in which words."""

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from site_scenes import box, car, gates, local, measured, moved, road, rules, site, street

from firelane.findings import judge
from firelane.findings.desk import Desk
from firelane.findings.swept import turned_round, vehicle_text
from firelane.tracking.catalogue import stated_vehicle, vehicles
from firelane.tracking.drive import follow
from firelane.tracking.record import (
    BEND_WIDTH_COLUMNS,
    TARGET_COLUMNS,
    BodyPart,
    Conflict,
    Mend,
    TrackClass,
    Trip,
    TripKind,
    Turning,
    VehicleTracking,
)
from firelane.tracking.targets import TargetKind
from firelane.tracking.vehicle import Policy
from firelane.vocabulary import Quantity, Severity

PUMP = vehicles()["pump-8"]
SWEPT = tuple(r for r in rules("shenyang-2020", "gb55037") if r.quantity is Quantity.SWEPT_PATH)
PASS, FAIL, FOUND_NONE, NOT_TRIED = (
    TrackClass.PROVEN_PASS, TrackClass.PROVEN_FAIL, TrackClass.NOT_FOUND, TrackClass.NOT_TRIED,
)  # fmt: skip


def trip(lane, entrance, *, line=((-14, 0), (40, 0)), kind=TripKind.PROVEN, name="P01", vehicle=PUMP):
    drive = follow(moved(shapely.LineString(line)), vehicle).drive
    return Trip(f"{vehicle.id}-{entrance}-{name}", kind, vehicle, entrance, TargetKind.LANE, lane, ((TargetKind.LANE, lane),), drive, 10, 0.25, 0.0)


def target(entrance, name, found, *, kind="lane", trip_id=None, short=np.nan, over=None, share=0.0, stuck=(np.nan, np.nan), **gap):
    values = (entrance, kind, name, found.value, share, trip_id, np.nan, 10, *stuck, 0.0, short, over)
    return {**dict(zip(TARGET_COLUMNS, values, strict=True)), "gap_m": np.nan, "gap_x": np.nan, "gap_y": np.nan, "gap_owners": (), **gap}


def no_bends(crs):
    return gpd.GeoDataFrame({n: [] for n in BEND_WIDTH_COLUMNS[:-1]}, geometry=gpd.GeoSeries([], crs=crs), crs=crs)


def tracked(found, rows, trips=(), *, vehicle=PUMP, policy=None, unsearched=None, mends=(), turnings=(), bends=None):
    targets = pd.DataFrame(rows, columns=None if rows else list(TARGET_COLUMNS))
    bends = no_bends(found.site.crs) if bends is None else bends
    return VehicleTracking(vehicle, policy or Policy(), unsearched, targets, tuple(trips), tuple(mends), tuple(turnings), bends, 777)


def judged(found, *trackings, rule="sy2020-14-turning"):
    result = judge(replace(found, tracking=trackings), SWEPT)
    return [f for f in result if f.rule_id == rule]


@pytest.fixture(scope="module")
def plain():
    return measured(street(6.0, parking=[]))


@pytest.fixture(scope="module")
def lane(plain):
    return str(plain.network.lanes["lane_id"].iloc[0])


def test_without_a_vehicle_each_rule_says_once_how_to_name_one(plain):
    result = judge(plain, SWEPT)
    assert [(f.rule_id, f.verdict.value, f.finding_id) for f in result] == [
        (r.rule_id, "not_measured", f"{r.rule_id}:site") for r in SWEPT
    ]  # fmt: skip
    assert {r.rule_id for r in SWEPT} == {"sy2020-14-turning", "gb55037-3.4.5-turning"}
    assert all("--vehicle" in f.message_zh and "[vehicle]" in f.message_en for f in result)
    assert all(f.severity is Severity.MANDATORY for f in result)


@pytest.mark.parametrize(
    ("west", "east", "expected"),
    [(PASS, FAIL, "pass"), (FOUND_NONE, PASS, "pass"), (FAIL, FAIL, "fail"), (FAIL, FOUND_NONE, "indeterminate"),
     (FOUND_NONE, NOT_TRIED, "indeterminate"), (NOT_TRIED, FAIL, "fail"), (NOT_TRIED, NOT_TRIED, "not_measured"),
     (NOT_TRIED, PASS, "pass")],
)  # fmt: skip
def test_the_best_of_all_entrances_counts(plain, lane, west, east, expected):
    trips = [trip(lane, "W"), trip(lane, "E")]
    rows = [
        target(e, lane, found, trip_id=f"pump-8-{e}-P01" if found is PASS else None) for e, found in (("W", west), ("E", east))
    ]  # fmt: skip
    (found,) = judged(plain, tracked(plain, rows, trips))
    assert found.verdict.value == expected
    assert found.finding_id == f"sy2020-14-turning:pump-8:{lane}"
    assert (found.quantity, found.lane_id, found.value, found.threshold) == (Quantity.SWEPT_PATH, lane, None, None)
    assert (found.entrance_id is None) == (expected == "not_measured")


def test_a_pass_names_line_radius_resolution_margin_and_that_the_vehicle_is_assumed(plain, lane):
    (found,) = judged(plain, tracked(plain, [target("W", lane, PASS, trip_id="pump-8-W-P01", share=1.0)], [trip(lane, "W")]))
    for told in ("pump-8-W-P01", "9.00 米，指外侧前轮（路缘石至路缘石）", "待确认", "0.25 米", "余量 0.00", "可通过（已证明）", "8.00×2.50"):
        assert told in found.message_zh
    for told in ("outer front wheel (kerb to kerb)", "to be confirmed", "cells 0.25 m", "margin 0.00 m", "proven"):
        assert told in found.message_en
    assert found.location is not None


def test_nothing_found_is_never_a_fail_and_tells_what_is_in_the_way(plain, lane):
    place = tuple(map(float, moved(shapely.Point(50, 3)).coords[0]))
    conflicts = tuple(
        Conflict(f"X{n}", "pump-8-W-X01", shapely.Point(place).buffer(0.3), depth, BodyPart.FRONT_RIGHT, owners, place, 60.0)
        for n, (depth, owners) in enumerate([(0.12, ("V1",)), (0.26, ("edge:roads-1",))])
    )
    over = replace(trip(lane, "W", kind=TripKind.OVERRUN, name="X01"), conflicts=conflicts)
    mend = Mend("pump-8-W-X01", ("X1",), "cut_corner", ("edge:roads-1",), 9.0, 0.26, 1.4, True, place, "改为半径 9.0 米", "round to 9.0 m")
    rows = [target("W", lane, FOUND_NONE, short=0.31, over="pump-8-W-X01", share=0.4, stuck=tuple(moved(shapely.Point(44, 0)).coords[0]))]
    (found,) = judged(plain, tracked(plain, rows, [over], mends=[mend]))
    assert found.verdict.value == "indeterminate"
    assert found.owners == ("edge:roads-1", "V1")  # the deepest first
    assert local(found.location) == (50.0, 3.0)
    for told in ("未找到路线，须人工复核", "不等于不能通过", "0.31 ± 0.10 米", "车身右前角", "0.26 米", "（1）改为半径 9.0 米（按此路线复核可通过，复核至 X=", "40%", "777 个状态"):
        assert told in found.message_zh
    for told in ("does not prove", "0.31 ± 0.10 m", "front right corner about 0.26 m out", "(1) round to 9.0 m (proven by this line, which ends at X="):
        assert told in found.message_en
    loose = judged(plain, tracked(plain, rows, [over], mends=[replace(mend, proven=False)]))[0]
    assert "未证明足够" in loose.message_zh


def test_a_proven_fail_names_the_gap(plain, lane):
    gap = dict(zip(("gap_x", "gap_y"), moved(shapely.Point(50, 1)).coords[0], strict=True))
    rows = [target(e, lane, FAIL, gap_m=2.3, gap_owners=("edge:roads-1", "S1"), **gap) for e in ("W", "E")]
    (found,) = judged(plain, tracked(plain, rows))
    assert found.verdict.value == "fail"
    assert found.owners == ("edge:roads-1", "S1")
    assert local(found.location) == (50.0, 1.0)
    assert "2.300 米" in found.message_zh
    assert "已证明" in found.message_zh


def test_a_bend_below_the_lower_bound_proves_the_fail_that_the_search_cannot(plain, lane):
    at = moved(shapely.Point(50, 0))
    base = dict.fromkeys(BEND_WIDTH_COLUMNS[:-1]) | {
        "bend_id": "B1", "kind": "bend", "lane_id": lane, "class": FAIL.value, "why_zh": "窄于下限 4.60 米", "why_en": "below the bound of 4.60 m",
    }  # fmt: skip

    def verdict(found, **changed):
        bends = gpd.GeoDataFrame(pd.DataFrame([base | changed]), geometry=[at], crs=plain.site.crs)
        rows = [target("W", lane, found, trip_id="pump-8-W-P01" if found is PASS else None)]
        (told,) = judged(plain, tracked(plain, rows, [trip(lane, "W")], bends=bends))
        return told

    told = verdict(FAIL)
    assert told.verdict.value == "fail"
    assert "弯道 B1，窄于下限 4.60 米" in told.message_zh
    assert local(told.location) == (50.0, 0.0)
    # the class is settled before any output reads it (tracking.classes): a finding makes no other of it
    assert verdict(FOUND_NONE).verdict.value == "indeterminate"
    assert verdict(PASS).verdict.value == "pass"
    for changed in ({"lane_id": "L0"}, {"kind": "corner"}, {"class": FOUND_NONE.value}):
        assert "弯道" not in verdict(FAIL, **changed).message_zh


def test_a_building_has_its_place_and_its_id():
    found = measured(street(6.0, parking=[], buildings=[(box(40, 5, 60, 15), {"id": "h"})]))
    lane = str(found.network.lanes["lane_id"].iloc[0])
    rows = [target("W", "h", PASS, kind="building", trip_id="pump-8-W-P01")]
    told, rest = judged(found, tracked(found, rows, [trip(lane, "W")]))
    assert (told.building_id, told.lane_id) == ("h", None)
    assert "车身驶至距建筑 10 米以内（容差 0.30 米）" in told.message_zh
    assert "comes within 10 m of the building (tolerance 0.30 m)" in told.message_en
    # what is no target is not silently absent
    assert (rest.lane_id, rest.verdict.value) == (lane, "not_measured")
    assert 40 <= local(told.location)[0] <= 60


def test_within_the_accuracy_a_pass_needs_the_room(lane):
    """A drive in the middle of 6 m keeps 1.75 m off the kerbs; one that hugs a kerb is not enough."""
    found = measured(street(6.0, parking=[], config={"accuracy_m": 0.3}))
    lane = str(found.network.lanes["lane_id"].iloc[0])
    rows = [target("W", lane, PASS, trip_id="pump-8-W-P01")]
    (free,) = judged(found, tracked(found, rows, [trip(lane, "W")]))
    assert free.verdict.value == "pass"
    assert "1.750 米" in free.message_zh
    close = trip(lane, "W", line=((-14, 1.5), (40, 1.5)))
    (tight,) = judged(found, tracked(found, rows, [close]))
    assert tight.verdict.value == "indeterminate"
    assert "margin_m = 0.3" in tight.message_zh
    (kept,) = judged(found, tracked(found, rows, [close], policy=Policy(margin_m=0.3)))
    assert kept.verdict.value == "pass"
    rows = [target("W", lane, FAIL, gap_m=2.3, gap_x=0.0, gap_y=0.0)]
    assert judged(found, tracked(found, rows))[0].verdict.value == "indeterminate"  # 0.2 m short, known to 0.3 m
    rows = [target("W", lane, FAIL, gap_m=2.1, gap_x=0.0, gap_y=0.0)]
    assert judged(found, tracked(found, rows))[0].verdict.value == "fail"


def test_what_nobody_surveyed_takes_back_passes_and_fails():
    bare = site([road(100, 6)], entrances=gates(100, 6))  # no obstructions layer
    found = measured(bare)
    lane = str(found.network.lanes["lane_id"].iloc[0])
    (told,) = judged(found, tracked(found, [target("W", lane, PASS, trip_id="pump-8-W-P01")], [trip(lane, "W")]))
    assert told.verdict.value == "not_measured"
    assert "obstructions" in told.message_zh


def test_unsearched_says_why_and_what_the_bends_tell(plain):
    bends = pd.DataFrame([dict.fromkeys(BEND_WIDTH_COLUMNS[:-1]) | {"class": c.value} for c in (PASS, PASS, FOUND_NONE)])
    bends = gpd.GeoDataFrame(bends, geometry=[shapely.Point(0, 0)] * 3, crs=plain.site.crs)
    why = ("需要 numba", "numba is needed")
    (told,) = judged(plain, tracked(plain, [], unsearched=why, bends=bends))
    assert told.verdict.value == "not_measured"
    assert told.finding_id == "sy2020-14-turning:pump-8"
    assert "需要 numba" in told.message_zh
    assert "3 处弯道和转角中 2 处证明可通过、0 处证明不可通过、1 处须以轨迹判定" in told.message_zh


def test_two_vehicles_are_two_findings_each_and_ids_are_unique(plain, lane):
    both = [
        tracked(plain, [target("W", lane, FOUND_NONE)], vehicle=v) for v in (PUMP, vehicles()["ladder-14"])
    ]  # fmt: skip
    result = judge(replace(plain, tracking=tuple(both)), SWEPT)
    assert len({f.finding_id for f in result}) == len(result) == 4
    assert judge(replace(plain, tracking=tuple(both)), SWEPT) == result


def test_a_vehicle_that_is_wholly_stated_is_not_called_assumed():
    own = {
        "length_m": 8.6, "width_m": 2.5, "wheelbase_m": 4.8, "front_overhang_m": 1.4, "rear_overhang_m": 2.4, "track_m": 2.0,
        "height_m": 3.4, "lock_time_s": 5.0, "turning_radius_m": 10.0, "radius_basis": "wall_to_wall",
    }  # fmt: skip
    vehicle, _ = stated_vehicle(own)
    assert "待确认" not in vehicle_text(vehicle, "zh")
    assert "wall to wall" in vehicle_text(vehicle, "en")
    part, _ = stated_vehicle({k: v for k, v in own.items() if k != "track_m"})
    assert "待确认" in vehicle_text(part, "zh")


def test_dead_ends_tell_whether_the_vehicle_turns_round(plain, lane):
    place = (0.0, 0.0)
    turnings = [
        Turning("D1", lane, "W", FOUND_NONE, -1, None, 48.04, place), Turning("D1", lane, "E", PASS, 2, "T1", 12.0, place),
        Turning("D2", lane, "W", FOUND_NONE, -1, None, np.nan, place), Turning("D3", lane, "W", NOT_TRIED, -1, None, np.nan, place),
    ]  # fmt: skip
    desk = Desk(replace(plain, tracking=(tracked(plain, [], turnings=turnings),)))
    assert turned_round(desk, "D1") == (
        "；pump-8 在此可调头（换向 2 次，已证明）", "; pump-8 turns round here (2 changes of direction, proven)",
    )  # fmt: skip
    assert turned_round(desk, "D2")[0] == "；pump-8 未找到调头路线"
    assert turned_round(desk, "D3") == turned_round(desk, "D9") == ("", "")
    desk = Desk(replace(plain, tracking=(tracked(plain, [], turnings=turnings[:1]),)))
    assert turned_round(desk, "D1")[0] == "；pump-8 未找到调头路线，须倒车驶出 48.0 米"


def test_a_turning_area_finding_carries_the_sentence_and_keeps_its_verdict():
    dead = measured(site([road(100, 6)], entrances=gates(100, 6, both=False), obstructions=[car(20, 2)]))
    (end,) = dead.dead_ends
    area = [r for r in rules("gb50016") if r.rule_id == "gb50016-7.1.9-turnaround"]
    (before,) = judge(dead, area)
    turning = Turning(end.dead_end_id, end.lane_id, "W", FOUND_NONE, -1, None, 96.0, end.tip)
    (after,) = judge(replace(dead, tracking=(tracked(dead, [], turnings=[turning]),)), area)
    assert (after.verdict, after.value, after.location) == (before.verdict, before.value, before.location)
    assert after.message_zh == before.message_zh + "；pump-8 未找到调头路线，须倒车驶出 96.0 米"
    assert re.search(r"reverse out over 96\.0 m$", after.message_en)


def test_owners_that_no_layer_knows_break_nothing(plain, lane):
    rows = [target("W", lane, FAIL, gap_m=1.0, gap_x=1.0, gap_y=1.0, gap_owners=("<script>", "=1+1"))]
    (told,) = judged(plain, tracked(plain, rows))
    assert told.owners == ("<script>", "=1+1")
