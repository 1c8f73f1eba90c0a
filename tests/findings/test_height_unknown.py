"""What is drivable on plan alone, below something of unknown clear height, is *not measured* wherever it is told."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shapely
from site_scenes import audited, box, gates, local, measured, moved, over, site, spaces_of, street
from test_swept_findings import (
    FAIL,
    FOUND_NONE,
    NOT_TRIED,
    PASS,
    PUMP,
    judged,
    no_bends,
    target,
    tracked,
    trip,
)

from firelane.auditing.tracking_rows import tracking_layers, tracking_row
from firelane.cli.closing import summary_lines
from firelane.drawing.sheets.tracking_tables import result_tables
from firelane.drawing.swept import Tracked
from firelane.drawing.swept_labels import start_text, trip_text
from firelane.findings.desk import Desk
from firelane.findings.swept import turned_round
from firelane.report.inspection import Inspection
from firelane.report.tracking_blocks import Box, Rows, Said, Shown, blocks
from firelane.report.tracking_xlsx import tables
from firelane.tracking.overhead import heights_told
from firelane.tracking.record import (
    BEND_WIDTH_COLUMNS,
    TARGET_COLUMNS,
    BodyPart,
    Conflict,
    TrackClass,
    TripKind,
    Turning,
)
from firelane.tracking.targets import TargetKind
from firelane.tracking.telling import BEST, best_rows, trip_label
from firelane.tracking.vehicle import Policy
from firelane.webmap.gather import gather
from firelane.webmap.page import page_content
from firelane.webmap.tracked import COLOURS, GRAVEST, target_rows, turning_text
from firelane.webmap.tracked_pages import without_script

UNKNOWN = TrackClass.HEIGHT_UNKNOWN
ARCH = "obstructions-1"
NEAR, FAR = (box(10, 5, 20, 15), {"id": "near"}), (box(70, 5, 90, 15), {"id": "far"})
WEST_DRIVE = ((-14, 0), (95, 0))


def scene(*things, **more):
    return street(6.0, list(things or [over(50, -3, 51, 3)]), parking=[], buildings=[NEAR, FAR], **more)


def lane_of(a_site):
    return str(spaces_of(a_site).network.lanes["lane_id"].iloc[0])


def west(lane, line=WEST_DRIVE, *buildings):
    serves = ((TargetKind.LANE, lane), *((TargetKind.BUILDING, name) for name in buildings or ("near", "far")))
    return replace(trip(lane, "W", line=line), serves=serves)


def told(a_site, rows, trips, **more):
    found = SimpleNamespace(site=a_site)
    return heights_told(tracked(found, rows, trips, **more), spaces_of(a_site))


def passing(a_site, **more):
    """One drive from the west along the street, to the lane and both buildings."""
    lane = lane_of(a_site)
    drive = west(lane)
    rows = [target("W", lane, PASS, trip_id=drive.trip_id, share=1.0)]
    rows += [target("W", name, PASS, kind="building", trip_id=drive.trip_id, share=1.0) for name in ("near", "far")]
    return told(a_site, rows, [drive], **more)


def classes(tracking):
    return {row["target_id"]: row["class"] for row in tracking.targets.to_dict("records")}


# ---------------------------------------------------------------------------------------- settled once


def test_what_lies_beyond_is_not_measured_and_says_below_what_and_where():
    a_site = scene()
    lane, out = lane_of(a_site), passing(a_site)
    assert classes(out) == {lane: UNKNOWN.value, "near": PASS.value, "far": UNKNOWN.value}
    rows = {row["target_id"]: row for row in out.targets.to_dict("records")}
    assert rows["far"]["below_owners"] == rows[lane]["below_owners"] == (ARCH,)
    assert rows["near"]["below_owners"] == ()
    assert np.isnan(rows["near"]["below_x"])
    x, y = local((rows["far"]["below_x"], rows["far"]["below_y"]))
    assert 50 <= x <= 51
    assert abs(y) <= PUMP.width_m / 2
    # the drive itself stays, as one that is proven on plan
    (drive,) = out.trips
    assert (drive.kind, drive.below) == (TripKind.PROVEN, (ARCH,))
    assert rows["far"]["trip_id"] == drive.trip_id
    assert TrackClass.PROVEN_PASS.zh not in trip_label(drive, "zh")
    assert ("净高未测量" in trip_label(drive, "zh"), "height not measured" in trip_label(drive, "en")) == (True, True)
    assert trip_label(replace(drive, below=()), "zh") == TripKind.PROVEN.zh


@pytest.mark.parametrize("thing", [over(50, -3, 51, 3, 4.5), over(50, 1.5, 51, 3), over(30, 20, 31, 21)], ids=["known", "beside", "away"])
def test_where_no_height_is_open_nothing_changes(thing):
    out = passing(scene(thing))
    assert set(classes(out).values()) == {PASS.value}
    assert {t.below for t in out.trips} == {()}


def test_only_what_hangs_before_the_target_has_to_be_measured():
    """Below A to the building, below B only farther on: B is no reason."""
    a_site = street(6.0, [over(30, -3, 31, 3), over(92, -3, 93, 3)], parking=[], buildings=[(box(50, 5, 60, 15), {"id": "mid"})])
    drive = west(lane_of(a_site), ((-14, 0), (95, 0)), "mid")
    out = told(a_site, [target("W", "mid", PASS, kind="building", trip_id=drive.trip_id, share=1.0)], [drive])
    assert out.targets.iloc[0]["below_owners"] == ("obstructions-1",)
    assert out.trips[0].below == ("obstructions-1", "obstructions-2")


def test_of_two_entrances_the_one_that_keeps_clear_speaks():
    a_site = scene()
    lane = lane_of(a_site)
    east = replace(trip(lane, "E", line=((114, 0), (70, 0))), serves=((TargetKind.BUILDING, "far"),))
    rows = [target(e, "far", PASS, kind="building", trip_id=f"pump-8-{e}-P01", share=1.0) for e in ("W", "E")]
    out = told(a_site, rows, [west(lane), east])
    assert out.targets["class"].tolist() == [UNKNOWN.value, PASS.value]
    (best,) = best_rows(out, spaces_of(a_site).network.mouths).values()
    assert (best[0]["entrance_id"], best[0]["class"]) == ("E", PASS.value)


@pytest.mark.parametrize("other", [FOUND_NONE, FAIL, NOT_TRIED])
def test_drivable_on_plan_says_more_than_what_was_not_found(other):
    """Measuring one height settles it; but it is never better than what is proven."""
    assert BEST.index(PASS) < BEST.index(UNKNOWN) < BEST.index(other)


def test_a_part_of_a_lane_that_is_passed_below_it_is_passed_on_plan():
    a_site = scene()
    lane = lane_of(a_site)
    rows = [target("W", lane, FOUND_NONE, share=0.7)]
    out = told(a_site, rows, [west(lane, ((-14, 0), (66, 0)))])
    assert classes(out) == {lane: FOUND_NONE.value}  # what is not found stays so
    assert out.targets.iloc[0]["below_owners"] == (ARCH,)
    found = measured(a_site)
    (finding,) = [f for f in judged(found, out) if f.lane_id == lane]
    assert finding.verdict.value == "indeterminate"
    assert "70%（仅就平面而言，须从限高架/门洞 obstructions-1下通过，其净高未测量）" in finding.message_zh
    assert "70% of the lane is proven (on plan alone: below arch or height bar obstructions-1, of unknown clear height)" in finding.message_en
    short = told(a_site, rows, [west(lane, ((-14, 0), (30, 0)))])
    assert short.targets.iloc[0]["below_owners"] == ()


# ---------------------------------------------------------------------------------------- turning round


def turned(turn_line, drive_line=WEST_DRIVE, *, start=None):
    a_site = scene()
    lane = lane_of(a_site)
    turn = trip(lane, "W", line=turn_line, kind=TripKind.TURNING, name="T01")
    come = west(lane, drive_line)
    at = np.array(turn.drive.xy[0]) if start is None else np.array(start)
    # the manoeuvre begins on a pose of the drive
    drive = replace(come.drive, xy=np.vstack([come.drive.xy[:-1], at]) if start is None else come.drive.xy)
    turning = Turning("D1", lane, "W", PASS, 2, turn.trip_id, 5.0, (0.0, 0.0))
    return told(a_site, [], [replace(come, drive=drive), turn], turnings=[turning]).turnings[0]


def test_turning_round_beyond_it_is_on_plan_alone():
    beyond = turned(((95, 0), (80, 0)))
    assert (beyond.found, beyond.below, beyond.manoeuvres) == (UNKNOWN, (ARCH,), 2)
    # short of it, and on a drive that has not come below it yet
    before = turned(((30, 0), (20, 0)), ((-14, 0), (30, 0)))
    assert (before.found, before.below) == (PASS, ())
    # the manoeuvre itself goes below it
    below = turned(((40, 0), (60, 0)), ((-14, 0), (40, 0)))
    assert below.found is UNKNOWN


def test_of_how_it_comes_there_the_worst_is_taken_where_no_drive_tells():
    assert turned(((30, 2), (20, 2)), start=(0, 0)).found is UNKNOWN


# --------------------------------------------------------------------------------------- every output


@pytest.fixture(scope="module")
def audit():
    """The street with its arch, tracked: one building on this side of it, lane, building and dead end beyond."""
    a_site = scene()
    lane = lane_of(a_site)
    out = passing(a_site)
    turn = trip(lane, "W", line=((95, 0), (80, 0)), kind=TripKind.TURNING, name="T01")
    turning = Turning("D1", lane, "W", UNKNOWN, 2, turn.trip_id, 5.0, tuple(map(float, moved(shapely.Point(95, 0)).coords[0])), (ARCH,))
    out = replace(out, trips=(*out.trips, replace(turn, below=(ARCH,))), turnings=(turning,))
    return replace(audited(a_site), tracking=(out,))


def flat(value):
    return value if isinstance(value, str) else " ".join(map(flat, value.values() if isinstance(value, dict) else value)) if isinstance(value, (dict, list, tuple)) else ""


def test_the_finding_and_the_row_say_the_same(audit):
    found = measured(audit.site)
    verdicts = {f.building_id or f.lane_id: f for f in judged(found, *audit.tracking)}
    rows = {row["target_id"]: row for row in audit.tracking[0].targets.to_dict("records")}
    assert {k: f.verdict.value for k, f in verdicts.items()} == {
        k: {"proven_pass": "pass", "height_unknown": "not_measured"}[row["class"]] for k, row in rows.items()
    }  # fmt: skip
    assert verdicts["far"].owners == rows["far"]["below_owners"]
    assert local(verdicts["far"].location) == pytest.approx(local((rows["far"]["below_x"], rows["far"]["below_y"])), abs=1e-3)
    zh, en = turned_round(Desk(replace(found, tracking=audit.tracking)), "D1")
    assert "已证明" not in zh
    assert "净高未测量" in zh
    assert "of unknown clear height" in en


def test_audit_json_and_the_layers_say_whose_height(audit):
    row = tracking_row(audit.tracking[0])
    by_id = {t["target_id"]: t for t in row["targets"]}
    assert (by_id["far"]["class"], by_id["far"]["below_owners"]) == ("height_unknown", [ARCH])
    assert isinstance(by_id["far"]["below_x"], float)
    assert (by_id["near"]["below_owners"], by_id["near"]["below_x"]) == ([], None)
    assert [t["below"] for t in row["trips"]] == [[ARCH], [ARCH]]
    assert (row["turnings"][0]["class"], row["turnings"][0]["below"]) == ("height_unknown", [ARCH])
    layers = tracking_layers(audit.tracking, audit.site.crs)
    assert layers["swept_paths"][0]["below"].tolist() == layers["drive_lines"][0]["below"].tolist() == [ARCH, ARCH]
    assert layers["turnings"][0][["class", "below"]].to_numpy().tolist() == [["height_unknown", ARCH]]


def test_through_and_too_low_are_told_where_they_explain(audit):
    tracking = audit.tracking[0]
    rows = [
        target("W", "L1", FOUND_NONE, share=0.99, through=False, too_low=False), target("W", "L2", FAIL, through=False, too_low=True),
        target("W", "B1", FAIL, kind="building", through=True, too_low=True),
    ]  # fmt: skip
    found = tracking_row(replace(tracking, targets=pd.DataFrame(rows)))["targets"]
    assert [(t["through"], t["too_low"]) for t in found] == [(False, False), (False, True), (None, True)]
    # a table without these columns, as a programme may build one
    bare = tracking_row(replace(tracking, targets=pd.DataFrame(rows)[list(TARGET_COLUMNS)]))["targets"]
    assert [(t["through"], t["too_low"], t["below_owners"]) for t in bare] == [(None, None, [])] * 3


@pytest.mark.parametrize(("lang", "count", "what"), [
    ("zh", "3 个目标中 1 个已证明可达，0 个已证明不可达，0 个未找到路线（须人工复核），2 个净高未测量（仅平面上可行驶）", f"须先测量净高: {ARCH}"),
    ("en", "of 3 targets 1 proven to be reached, 0 proven not to be, for 0 no line found (a human must look), 2 drivable on plan alone",
     f"clear height to be measured first: {ARCH}"),
])  # fmt: skip
def test_the_closing_lines_count_it_apart(audit, lang, count, what):
    text = "\n".join(summary_lines(audit, lang))
    assert count in text
    assert what in text


@pytest.mark.parametrize(("lang", "proven", "class_", "name"), [
    ("zh", "该车可到达 3 处目标中的 1 处（已证明）；2 处仅平面上可行驶，净高未测量，不作结论。", UNKNOWN.zh, "须测净高：限高架/门洞"),
    ("en", "It reaches 1 of 3 targets, proven; 2 can be driven to on plan alone, a clear height was not measured: nothing is concluded.",
     UNKNOWN.en, "to be measured: clear height of arch"),
])  # fmt: skip
def test_the_report_says_it_in_answer_table_and_workbook(audit, lang, proven, class_, name):
    it = Inspection(audit, lang=lang)
    every = blocks(it)
    said = [b.text for b in every if isinstance(b, Said)]
    assert proven in said
    assert any(ARCH in text and f"{PUMP.height_m:.2f} m" in text for text in said)
    (box_,) = [b for b in every if isinstance(b, Box)]
    assert len(box_.lines) == 6
    cells = [row[2] for b in every if isinstance(b, Rows) and b.judged == 2 for row in b.rows]
    assert sum(cell.startswith(class_) and name in cell and ARCH in cell for cell in cells) == 2
    assert sum(TrackClass.PROVEN_PASS.label(lang) in cell for cell in cells) == 1
    ends = [row[3] for b in every if isinstance(b, Rows) and b.judged == 3 for row in b.rows]
    assert len(ends) == 1
    assert ("已证明" in ends[0], "proven" in ends[0]) == (False, False)
    book = {t.name: t for t in tables(it)}
    rows = next(t for name, t in book.items() if name in {"车辆可达目标", "Vehicle targets"}).rows
    assert sum(row[4] == class_ and ARCH in str(row[-1]) for row in rows) == 2
    # a report without it says nothing of heights
    plain = replace(audit, tracking=(replace(audit.tracking[0], targets=audit.tracking[0].targets.iloc[1:2], turnings=()),))
    assert len(next(b for b in blocks(Inspection(plain, lang=lang)) if isinstance(b, Box)).lines) == 5


def test_a_place_of_overrun_says_what_its_line_passes_below(audit):
    tracking = audit.tracking[0]
    lane = tracking.targets.iloc[0]["target_id"]
    place = tuple(map(float, moved(shapely.Point(80, 2)).coords[0]))
    conflict = Conflict("X1", "pump-8-W-X01", moved(shapely.Point(80, 2).buffer(0.3)), 0.3, BodyPart.FRONT_LEFT, (), place, 90.0)
    bad = replace(trip(lane, "W", line=WEST_DRIVE, kind=TripKind.OVERRUN, name="X01"), conflicts=(conflict,), below=(ARCH,))
    rows = pd.DataFrame([target("W", lane, FOUND_NONE, over=bad.trip_id, share=0.4)])
    shown = [b for b in blocks(Inspection(replace(audit, tracking=(replace(tracking, targets=rows, trips=(bad,), turnings=()),)))) if isinstance(b, Shown)]
    assert any("净高未测量" in line and ARCH in line for line in shown[0].lines)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_map_lists_it_as_not_measured_apart_from_what_was_not_tried(audit, lang):
    tracking = audit.tracking[0]
    content = gather(audit, None, lang).content
    rows = {r.ident: r for r in target_rows(content, tracking)}
    assert (rows["far"].found, COLOURS[UNKNOWN]) == (UNKNOWN, "not_measured")
    assert ARCH in rows["far"].told[0]
    assert rows["far"].trip_id == tracking.trips[0].trip_id  # to be played
    assert set(GRAVEST) == set(TrackClass)
    header, _ = page_content(audit, plan=None, lang=lang)
    (vehicle,) = header["tracking"]["vehicles"]
    counts = {label: n for _, label, n in vehicle["counts"]}
    assert len(counts) == len(TrackClass)  # the page filters by the label: two share a colour
    assert (counts[UNKNOWN.label(lang)], counts[PASS.label(lang)]) == (2, 1)
    assert [t["b"] for t in header["tracking"]["trips"]] == [trip_label(t, lang) for t in tracking.trips]
    assert TrackClass.PROVEN_PASS.label(lang) not in turning_text(content, tracking.turnings[0])
    assert ("proven" in turning_text(content, tracking.turnings[0]), "已复核" in turning_text(content, tracking.turnings[0])) == (False, False)
    page = without_script(content)
    assert page.count(UNKNOWN.label(lang)) == 2


@pytest.mark.parametrize(("lang", "start", "cell"), [
    ("zh", "可通过 1，未找到路线 0，净高未测量 2", f"{UNKNOWN.zh}  须测净高：限高架/门洞 {ARCH}"),
    ("en", "1 reached, 0 not found, height not measured 2", f"{UNKNOWN.en}  measure the height of arch or height bar {ARCH}"),
])  # fmt: skip
def test_the_vehicle_sheet_says_it(audit, lang, start, cell):
    it = Tracked(1, audit.tracking[0])
    assert start in start_text(it, "W", lang)
    assert trip_text(it, it.tracking.trips[0], lang).endswith("（净高未测量）" if lang == "zh" else "(height not measured)")
    made = result_tables(audit, it, lang)
    assert sum(row.cells[2] == cell for row in made[0].rows) == 2
    assert sum(PASS.label(lang) in row.cells[2] for row in made[0].rows) == 1
    assert len(made[0].notes) == 3
    assert [row.cells[3] for row in made[1].rows if ARCH in row.cells[3]]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=1+1", "a\x00b\x1b[31m", "长" * 300])
def test_hostile_names_of_what_hangs_there(audit, name):
    tracking = audit.tracking[0]
    rows = tracking.targets.copy()
    rows["below_owners"] = [(name,), (), (name,)]
    bad = replace(audit, tracking=(replace(tracking, targets=rows, turnings=(replace(tracking.turnings[0], below=(name,)),)),))
    text = "\n".join(summary_lines(bad, "zh"))
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "<script>" not in without_script(gather(bad, None, "zh").content)
    assert all("\x00" not in cell for table in result_tables(bad, Tracked(1, bad.tracking[0]), "zh") for row in table.rows for cell in row.cells)
    assert blocks(Inspection(bad))


# -------------------------------------------------------------------------------- from the search to the end


@pytest.mark.parametrize(("height", "expected"), [(None, "height_unknown"), (4.5, "proven_pass"), (3.0, "proven_fail")])
def test_the_search_settles_it_by_the_height_that_is_known(height, expected):
    pytest.importorskip("numba")
    from firelane.measure.tracked import measure_tracking
    from firelane.tracking.asked import Asked

    a_site = street(6.0, [over(30, -3, 31, 3, height)], length=60, parking=[], buildings=[(box(45, 5, 55, 15), {"id": "far"})], both=False)
    spaces = spaces_of(a_site)
    (out,) = measure_tracking(spaces, [Asked(PUMP, Policy())], list, lambda _: no_bends(a_site.crs))
    assert set(out.targets["class"]) == {expected}
    assert {bool(row["below_owners"]) for row in map(dict, out.targets.to_dict("records")) if "below_owners" in row} == ({True} if height is None else set())
    assert set(BEND_WIDTH_COLUMNS) >= set(out.bends.columns)


def test_what_stands_in_the_strip_outside_a_mouth_is_said():
    """By the contract the strip is open: nothing there is a reason for a class, but nobody shall overlook it."""
    pytest.importorskip("numba")
    from firelane.tracking.site import track_site

    things = [(shapely.Point(-2, 0), {"kind": "bollard", "radius_m": 0.1}), over(-6, -3, -5, 3), over(-9, -3, -8, 3, 5.0)]
    a_site = site([box(0, -3, 40, 3)], entrances=gates(40, 6, both=False), obstructions=things, parking=[], buildings=[])
    spaces = spaces_of(a_site)
    found = track_site(a_site, spaces.network, spaces, PUMP, Policy())
    assert set(found.targets["class"]) == {"proven_pass"}
    ((zh, en),) = found.notes
    assert "入口 W 外侧引道内绘有障碍物 obstructions-1、obstructions-2；" in zh
    assert "obstructions obstructions-1, obstructions-2 are drawn in the strip" in en
