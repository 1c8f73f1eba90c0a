"""Vehicle tracking on the map: whole numbers that lead back to the drive, and drives that play in a real browser."""

from __future__ import annotations

import gzip
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
import webmap_scene as scene
from chromium import DESKTOP, PHONE
from pdf_text import pdf_text
from test_map_page import opened, settled
from tracked_scenes import tracked_like
from webmap_hostile import PAYLOADS, with_hostile_ids

from firelane.crs import to_lonlat, wgs84_to_gcj02
from firelane.crs.local import local_crs
from firelane.tracking.catalogue import vehicles
from firelane.tracking.drive import Drive, along, follow
from firelane.tracking.record import TrackClass, TripKind
from firelane.tracking.sweep import placed, rectangle, sweep
from firelane.vocabulary import Quantity
from firelane.webmap.gather import gather
from firelane.webmap.page import page as page_text
from firelane.webmap.page import page_content, violation_map
from firelane.webmap.picture import map_pdf, map_png
from firelane.webmap.tracked import COLOURS, target_rows
from firelane.webmap.tracked_pages import without_script
from firelane.webmap.trip_path import PathTable, between, cubic, poses, swept_ground, terms

PUMP = vehicles()["pump-8"]
QUARTER = math.pi / 2
EAST, NORTH = scene.EAST, scene.NORTH


def arcs(*parts, start=(EAST + 50.0, NORTH - 1.0), heading=0.0, step=0.3):
    """A drive of arcs: (curvature [1/m], length [m], gear)."""
    xy, angle, bends, gears = [np.array(start)], [heading], [], []
    for curvature, length, gear in parts:
        n = max(1, round(length / step))
        for _ in range(n):
            place, turned = along(xy[-1][None], np.array([angle[-1]]), np.array([curvature]), np.array([gear * length / n]))
            xy.append(place[0])
            angle.append(float(turned[0]))
            bends.append(curvature)
            gears.append(gear)
    return Drive(np.array(xy), np.array(angle), np.array([*bends, bends[-1]]), np.array([*gears, gears[-1]]))


THREE = arcs((0.0, 8.0, 1), (0.1, 10 * QUARTER, 1), (-0.12, 4.0, -1), (0.05, 6.0, 1))


def tracked_audit(vehicle="pump-8"):
    """The scene, its first trip a drive that turns and reverses."""
    audit = scene.audit()
    tracking = tracked_like(audit, vehicle, "gate-w")
    first = replace(tracking.trips[0], drive=THREE)
    return replace(audit, tracking=(replace(tracking, trips=(first, *tracking.trips[1:])),))


# ------------------------------------------------------------------------------------------- whole numbers


def test_poses_stand_at_equal_steps_on_the_arcs_and_at_every_change_of_direction():
    path = poses(THREE, 0.5)
    assert [(gear, round(length, 6)) for gear, _, length in path.runs] == [
        (1, round(8.0 + 10 * QUARTER + 0.0, 6)), (-1, 4.0), (1, 6.0),
    ]  # fmt: skip
    chainage = path.chainage_m
    assert chainage[-1] == pytest.approx(THREE.length_m, abs=1e-6)
    assert np.diff(chainage).max() <= 0.5 + 1e-9
    on_arc = (chainage > 8.01) & (chainage < 8 + 10 * QUARTER - 0.01)
    centre = np.array([EAST + 58.0, NORTH + 9.0])
    assert np.abs(np.hypot(*(path.xy[on_arc] - centre).T) - 10.0).max() < 1e-6
    cusp = int(np.argmin(np.abs(chainage - (8 + 10 * QUARTER))))
    assert path.xy[cusp] == pytest.approx([EAST + 68.0, NORTH + 9.0], abs=1e-6)
    assert path.heading_rad[cusp] == pytest.approx(QUARTER, abs=1e-9)


def test_a_drive_of_one_pose_is_a_path_of_no_length():
    drive = Drive(np.array([[1.0, 2.0]]), np.array([0.3]), np.array([0.0]), np.array([1]))
    path = poses(drive)
    assert path.runs == []
    assert path.chainage_m.tolist() == [0.0]
    assert path.xy.tolist() == [[1.0, 2.0]]


def test_columns_lead_back_to_the_millimetre_and_each_drive_begins_anew():
    paths = PathTable()
    drives = [poses(THREE), poses(arcs((-0.08, 12.0, 1), start=(EAST - 300.0, NORTH + 200.0), heading=3.0))]
    firsts = [paths.add(path) for path in drives]
    columns, (x0, y0) = paths.columns(), paths.origin()
    assert firsts == [0, len(drives[0].xy)]
    for first, path in zip(firsts, drives, strict=True):
        part = slice(first, first + len(path.xy))
        x, y, heading = (np.cumsum(np.cumsum(columns[name][part].astype(np.int64))) for name in ("trip_x", "trip_y", "trip_heading"))
        assert np.abs(np.column_stack((x, y)) / 1000 + (x0, y0) - path.xy).max() <= 0.00051
        assert np.abs(heading / 1e4 - path.heading_rad).max() <= 0.000051


@pytest.mark.parametrize(
    ("half", "origin", "crs"),
    [(100.0, (EAST, NORTH), scene.CRS), (1500.0, (EAST, NORTH), scene.CRS), (1500.0, (120.0, 80.0), local_crs((120.0, 80.0)))],
)
def test_the_cubics_are_good_to_a_millimetre_even_far_from_the_middle(half, origin, crs):
    frame = cubic(origin, half, crs)
    scale = (111_320 * math.cos(math.radians(frame["lat"][0])), 111_000)
    rng = np.random.default_rng(7)
    places = rng.uniform(-half, half, (400, 2))
    u, v = (places / half).T
    found = np.column_stack((terms(u, v) @ np.array(frame["lon"]), terms(u, v) @ np.array(frame["lat"])))
    off = (found - to_lonlat(np.array(origin) + places, crs)) * scale
    assert np.abs(off).max() < 0.001
    # and one factor for each axis would not do
    plain = np.column_stack((terms(u, v)[:, :3] @ np.array(frame["lon"][:3]), terms(u, v)[:, :3] @ np.array(frame["lat"][:3])))
    if half > 1000 and crs is scene.CRS:
        assert np.abs((plain - to_lonlat(np.array(origin) + places, crs)) * scale).max() > 0.05


def test_swept_ground_is_that_of_the_drive_to_a_few_centimetres():
    ground, exact = swept_ground([poses(THREE)], PUMP), sweep(THREE, PUMP).body
    assert ground.difference(exact.buffer(0.03)).is_empty
    assert exact.difference(ground.buffer(0.04)).is_empty
    both = swept_ground([poses(THREE), poses(THREE)], PUMP)
    assert both.equals(ground)


def test_where_a_conflict_begins_and_ends_is_told_without_a_gap():
    path = poses(arcs((0.0, 10.0, 1)))
    touched = np.zeros(len(path.xy), dtype=bool)
    touched[[2, 8, 9, 10, 14]] = True
    assert between(path, touched, 4.6) == pytest.approx((4.0, 5.0))
    assert between(path, touched, 6.1) == (6.1, 6.1)


def test_twenty_drives_of_three_hundred_metres_stay_small():
    rng = np.random.default_rng(3)
    paths = PathTable()
    for _ in range(20):
        bends = rng.uniform(-0.1, 0.1, 40)
        paths.add(poses(arcs(*((float(k), 7.5, 1) for k in bends))))
    raw = b"".join(column.astype("<i4").tobytes() for column in paths.columns().values())
    assert len(gzip.compress(raw, 6)) * 4 / 3 < 60_000


# ------------------------------------------------------------------------------------------- what the page holds


def test_a_page_without_tracking_carries_nothing_of_it():
    audit = scene.audit()
    header, columns = page_content(audit, plan=None, lang="zh")
    assert "tracking" not in header
    assert not [name for name in columns if name.startswith("trip")]
    text = page_text(audit)
    for sign in ("TripPlayer", "trip-overlay", "TrackView", "tracks"):
        assert sign not in text
    with_it = page_text(tracked_audit())
    assert "TripPlayer" in with_it
    assert page_text(tracked_audit()) == with_it


def row(kind, entrance, found, trip=None, over=None, short=np.nan):
    return (entrance, "lane", kind, found.value, 0.5, trip, 12.0, 3, np.nan, np.nan, np.nan, short, over)


def test_proven_from_any_entrance_is_proven_and_unfound_is_never_a_fail():
    audit = tracked_audit()
    tracking = audit.tracking[0]
    p, f, n, t = TrackClass.PROVEN_PASS, TrackClass.PROVEN_FAIL, TrackClass.NOT_FOUND, TrackClass.NOT_TRIED
    table = pd.DataFrame(
        [row("L1", "gate-w", f), row("L1", "gate-e", p, trip="T"), row("L2", "gate-w", f), row("L2", "gate-e", n, over="X", short=0.2501),
         row("L3", "gate-w", f), row("L3", "gate-e", f), row("L4", "gate-w", t), row("L4", "gate-e", n)],
        columns=list(tracking.targets.columns),
    )  # fmt: skip
    content = gather(audit, None, "zh").content
    rows = {r.ident: r for r in target_rows(content, replace(tracking, targets=table))}
    assert {key: r.found for key, r in rows.items()} == {"L1": p, "L2": n, "L3": f, "L4": n}
    assert rows["L1"].trip_id == "T"
    assert rows["L2"].trip_id == "X"
    assert "约缺宽 0.26 m（±0.10 m）" in rows["L2"].told
    assert "西门：不可通过（已证明）" in rows["L2"].told
    assert list(rows) == ["L3", "L2", "L4", "L1"]
    assert COLOURS[n] == "indeterminate"


def test_the_map_names_the_entrance_that_the_findings_name_and_plays_no_drive_of_no_length():
    audit = tracked_audit()
    tracking = audit.tracking[0]
    p, n, t = TrackClass.PROVEN_PASS, TrackClass.NOT_FOUND, TrackClass.NOT_TRIED
    still = replace(tracking.trips[0], trip_id="P0", drive=Drive(np.array([[EAST, NORTH]]), np.array([0.0]), np.array([0.0]), np.array([1])))
    table = pd.DataFrame(
        [row("L1", "gate-w", n, over="X1", short=0.5), row("L1", "gate-e", n, over="X2", short=0.4107),
         row("L2", "gate-w", t), row("L2", "gate-e", p, trip="P0")],
        columns=list(tracking.targets.columns),
    )  # fmt: skip
    table.loc[table["trip_id"] == "P0", "length_m"] = 0.0
    network = replace(audit.network, mouths=audit.network.mouths.assign(openable=[i != "gate-w" for i in audit.network.mouths["entrance_id"]]))
    content = gather(replace(audit, network=network), None, "zh").content
    rows = {r.ident: r for r in target_rows(content, replace(tracking, targets=table, trips=(*tracking.trips, still)))}
    assert rows["L1"].trip_id == "X2"
    assert "约缺宽 0.42 m（±0.10 m）" in rows["L1"].told
    assert rows["L2"].trip_id == ""
    assert "在入口处即可到达，无须行驶" in rows["L2"].told
    assert "西门：不能打开，未搜索" in rows["L2"].told


def test_mends_of_one_drive_are_told_to_be_done_together():
    audit = tracked_audit()
    tracking = audit.tracking[0]
    (mend,) = tracking.mends
    two = replace(audit, tracking=(replace(tracking, mends=(mend, replace(mend, action="remove", text_zh="移除 P1"))),))
    for given, said in ((audit, "已用同一路线复核"), (two, "全部完成后，已用同一路线复核")):
        header, _ = page_content(given, plan=None, lang="zh")
        told = [sure for trip in header["tracking"]["trips"] for _, sure, _ in trip["m"]]
        assert told == [said] * len(given.tracking[0].mends)
        assert f"半径 9.0 米 · {said}" in without_script(gather(given, None, "zh").content)


def test_unsearched_says_why_and_where_the_figures_come_from():
    audit = tracked_audit()
    why = ("未安装 numba：pip install firelane[tracking]", "numba is missing: pip install firelane[tracking]")
    bare = replace(audit.tracking[0], unsearched=why, trips=(), mends=(), turnings=(), targets=audit.tracking[0].targets.iloc[:0])
    header, columns = page_content(replace(audit, tracking=(bare,)), plan=None, lang="zh")
    vehicle = header["tracking"]["vehicles"][0]
    assert "未搜索行驶路线：未安装 numba" in vehicle["why"]
    assert "待确认" in vehicle["assumed"]
    told = dict(vehicle["r"])
    assert told["最小转弯半径"] == "9.000 m（外侧前轮（路缘石至路缘石））"
    assert vehicle["bends"] == [["pass", "可通过（已证明）", "弯道 B1-1", ["90°", "内缘半径 9.000 m（±0.10 m）", "净宽 4.000 m", "需 3.90 m", "按同心弯道公式"], -1, vehicle["bends"][0][-1]]]
    assert "frame" not in header["tracking"]
    assert "trip_x" not in columns


@pytest.mark.parametrize("name", PAYLOADS)
def test_without_a_script_the_tables_are_there_and_escaped(name):
    payload = PAYLOADS[name]
    audit = hostile(payload)
    text = page_text(audit)
    plain = re.search(r"<noscript>(.*?)</noscript>", text, re.DOTALL)[1]
    assert not re.findall(r"<(?!/?(?:p|h2|h3|table|tr|td)>)", plain)
    assert "越界 0.26 米" in plain
    assert without_script(gather(scene.audit(), None, "zh").content) == ""


def test_the_pdf_and_the_picture_tell_targets_and_conflicts(tmp_path):
    audit = tracked_audit()
    map_pdf(audit, tmp_path / "a.pdf")
    map_pdf(audit, tmp_path / "b.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    text = re.sub(r"\s+", "", pdf_text(tmp_path / "a.pdf"))
    for part in ("车辆通行：水罐消防车（8米级）", "车身右前角越界0.26米", "未找到路线，须人工复核", "待确认", "将内侧转角改为半径9.0米"):
        assert part in text
    map_png(audit, tmp_path / "a.png", width_px=800)
    map_png(replace(audit, tracking=()), tmp_path / "b.png", width_px=800)
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "b.png").read_bytes()


def hostile(payload):
    """Every name and id of scene and vehicle hostile."""
    audit = with_hostile_ids(scene.audit(text=payload, rule_text=payload), payload)
    tracking = tracked_like(audit, entrance=payload + "gate-w")
    vehicle = replace(tracking.vehicle, id=payload, zh=payload, en=payload)
    trips = tuple(replace(trip, vehicle=vehicle, trip_id=payload + trip.trip_id,
                          conflicts=tuple(replace(c, trip_id=payload + trip.trip_id) for c in trip.conflicts)) for trip in tracking.trips)  # fmt: skip
    mends = tuple(replace(m, trip_id=payload + m.trip_id, text_zh=payload, text_en=payload) for m in tracking.mends)
    targets = tracking.targets.assign(**{c: [payload + v if isinstance(v, str) else v for v in tracking.targets[c]] for c in ("trip_id", "overrun_id")})
    turnings = tuple(replace(t, dead_end_id=payload + t.dead_end_id) for t in tracking.turnings)
    notes = ((payload, payload),)
    return replace(audit, tracking=(replace(tracking, vehicle=vehicle, trips=trips, mends=mends, targets=targets, turnings=turnings, notes=notes),))


# ------------------------------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracks")
    audit = tracked_audit()
    two = (*audit.tracking, tracked_like(scene.audit(), "platform-12", "gate-e"))
    for lang in ("zh", "en"):
        violation_map(replace(audit, tracking=two), folder / f"{lang}.html", lang=lang)
    return folder


def open_trip(page, number):
    page.get_by_role("tab", name="车辆通行").click()
    page.locator(f".track-list .row[data-trip='{number}']").click()
    settled(page)


def until(page, condition):
    """Wait; ``wait_for_function`` would need what the page's policy forbids."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(40)
    raise AssertionError(condition)


OUTLINE = """() => { const path = document.querySelector('.trip-body').getAttribute('d');
  return path.slice(1, -1).split('L').map((p) => p.split(' ').map(Number)).map(([x, y]) => {
    const origin = firelane.map.getPixelOrigin();
    const { lat, lng } = firelane.map.unproject(L.point(x + origin.x, y + origin.y));
    return [lng, lat]; }); }"""


def metres_off(found, wanted):
    return np.abs((np.array(found) - wanted) * (83_000, 111_000)).max()


def test_the_outline_stands_where_the_drive_has_it_to_the_centimetre(browser, files):
    with opened(browser, files / "zh.html") as page:
        open_trip(page, 0)
        page.evaluate("firelane.map.setZoom(21, {animate: false})")
        fine = THREE.refined(0.01)
        for at in (0.0, 5.33, 14.2, 23.0, 8 + 10 * QUARTER + 2.1, THREE.length_m):
            page.evaluate("(at) => firelane.drawing.tracks.player.seek(at)", at)
            k = int(np.argmin(np.abs(fine.chainage_m - at)))
            corners = placed(fine.xy[k : k + 1], fine.heading_rad[k : k + 1], rectangle(PUMP))[0]
            # a hundredth of a pixel, a millimetre, and 5 mm of the place looked up
            assert metres_off(page.evaluate(OUTLINE), to_lonlat(corners, scene.CRS)) < 0.012
        # over tiles that bear GCJ-02's offset it moves with everything else
        page.evaluate("() => { firelane.plane.isMoved = true; firelane.drawing.reshape(); }")
        moved = wgs84_to_gcj02(to_lonlat(corners, scene.CRS))
        assert metres_off(page.evaluate(OUTLINE), moved) < 0.012
        assert metres_off(moved, to_lonlat(corners, scene.CRS)) > 100


def test_wheels_gear_and_steering_are_those_of_the_drive(browser, files):
    with opened(browser, files / "zh.html") as page:
        open_trip(page, 0)
        seek = "(at) => { firelane.drawing.tracks.player.seek(at); return document.querySelector('.player-state').textContent; }"
        left = round(math.degrees(math.atan(PUMP.wheelbase_m * 0.1)))
        assert page.evaluate(seek, 3.0) == "前进 · 直行"
        assert page.evaluate(seek, 16.0) == f"前进 · 左转 {left}°"
        right = round(math.degrees(math.atan(PUMP.wheelbase_m * 0.12)))
        assert page.evaluate(seek, 8 + 10 * QUARTER + 2.0) == f"倒车 · 右转 {right}°"
        assert page.locator(".trip-reversing").count() == 2
        page.evaluate(seek, 16.0)
        assert page.locator(".trip-reversing").count() == 0
        # the lines through the front wheels' axes meet on the rear axle: the inner one is turned further
        turned = page.evaluate("""() => { const { path, vehicle } = firelane.drawing.tracks.player; const pose = path.at(16);
          return vehicle.wheels(pose).slice(0, 2).map(([a, b, c]) => Math.atan2(a[1] - c[1] + b[1] - b[1], a[0] - c[0])); }""")
        assert turned[0] != turned[1]


def test_it_plays_pauses_and_ends_and_the_keyboard_does_as_much(browser, files):
    with opened(browser, files / "zh.html") as page:
        open_trip(page, 0)
        play, slider = page.locator(".player-play"), page.locator(".player-slider")
        at = "firelane.drawing.tracks.player.chainage"
        play.click()
        until(page, f"{at} > 0.5")
        assert play.inner_text() == "暂停"
        play.press("Space")
        held = page.evaluate(at)
        page.wait_for_timeout(120)
        assert page.evaluate(at) == held
        slider.focus()
        slider.press("Home")
        for key, wanted in (("ArrowRight", 0.5), ("PageUp", 5.5), ("ArrowLeft", 5.0), ("End", THREE.length_m)):
            slider.press(key)
            assert page.evaluate(at) == pytest.approx(wanted, abs=0.01)
        assert play.inner_text() == "重播"
        assert "倒车" not in slider.get_attribute("aria-valuetext")
        slider.press(" ")
        until(page, f"{at} > 0.2 && {at} < 10")
        page.locator(".player-speed").select_option("16")
        until(page, f"firelane.drawing.tracks.player.playing === false && {at} > 30")
        page.locator(".view-trip .back").click()
        assert page.locator(".trip-overlay").evaluate("e => e.style.display") == "none"
        assert page.locator(".view-tracking").is_visible()


def test_a_conflict_flashes_as_it_happens_and_says_what_and_how_deep(browser, files):
    sentence = "车身右前角越界 0.26 米 · 路面边缘 小区东西路（r1）"
    with opened(browser, files / "zh.html") as page:
        open_trip(page, 1)
        said, label = page.locator(".player-said"), page.locator(".label-conflict")
        assert said.inner_text() == sentence
        assert label.inner_text() == sentence
        assert page.locator(".trip-struck").count() == 1
        assert page.locator(".trip-struck").evaluate("e => getComputedStyle(e).animationName") == "trip-strike"
        page.locator(".player-slider").press("Home")
        assert said.inner_text() == "此处不越界"
        assert label.inner_text() == "越界 0.26 m"
        assert page.locator(".trip-struck").count() == 0
        page.locator(".track-conflicts .row").click()
        assert said.inner_text() == sentence
        page.locator(".player-play").click()
        until(page, "firelane.drawing.tracks.player.chainage < 29.9")  # from a little before
        assert "将内侧转角改为半径 9.0 米" in page.locator(".track-mends").inner_text()


def test_swept_ground_grows_with_the_vehicle_or_is_all_there(browser, files):
    size = "document.querySelector('.trip-fill').getBBox().width * document.querySelector('.trip-fill').getBBox().height"
    with opened(browser, files / "zh.html") as page:
        open_trip(page, 0)
        few = page.evaluate(size)
        page.get_by_label("扫掠范围随车辆显示").uncheck()
        most = page.evaluate(size)
        assert most > 5 * few
        page.get_by_label("扫掠范围随车辆显示").check()
        page.locator(".player-slider").press("End")
        assert page.evaluate(size) == pytest.approx(most, rel=1e-6)


def test_who_asks_for_less_motion_gets_steps_and_nothing_flashes(browser, files):
    with opened(browser, files / "zh.html", {**DESKTOP, "reduced_motion": "reduce"}) as page:
        open_trip(page, 1)
        assert page.locator(".trip-struck").evaluate("e => getComputedStyle(e).animationName") == "none"
        page.locator(".player-slider").press("Home")
        page.locator(".player-play").click()
        at = "firelane.drawing.tracks.player.chainage"
        page.wait_for_timeout(300)
        assert page.evaluate(at) == 0
        until(page, f"{at} > 0")
        assert page.evaluate(at) == pytest.approx(2.0)


def test_from_a_finding_about_the_swept_path_its_drive_is_opened(browser, tmp_path):
    audit = tracked_audit()
    lane = audit.tracking[0].targets["target_id"][1]
    finding = replace(
        audit.findings[0], quantity=Quantity.SWEPT_PATH, lane_id=lane, finding_id=f"{audit.findings[0].rule_id}:pump-8:{lane}",
    )  # fmt: skip
    path = tmp_path / "finding.html"
    violation_map(replace(audit, findings=(finding, *audit.findings[1:])), path)
    with opened(browser, path) as page:
        page.evaluate("(id) => firelane.select(firelane.data.cards.findIndex((card) => card.i === id))", finding.finding_id)
        page.locator(".track-open").click()
        assert page.locator(".view-trip .badge").inner_text() == "越界最小的路线"
        settled(page)
        page.locator(".view-trip .back").click()
        page.get_by_role("tab", name="图例与图层").click()
        assert "越界处及深度" in page.locator(".view-legend").inner_text()


def test_one_vehicle_is_shown_at_a_time_and_classes_filter(browser, files):
    with opened(browser, files / "zh.html") as page:
        page.get_by_role("tab", name="车辆通行").click()
        assert page.locator(".track-list").first.locator(".row").count() == 2
        page.locator(".view-tracking .chip", has_text="可通过").click()
        assert page.locator(".track-list").first.locator(".row").all_inner_texts()[0].splitlines()[1] == "通道 小区南北路 L3"
        pick = page.get_by_label("选择车辆")
        assert pick.locator("option").all_inner_texts() == ["水罐消防车（8米级）", "登高平台消防车（12米级）"]
        pick.select_option("1")
        assert "12.000 m × 2.500 m" in page.locator(".view-tracking .facts").inner_text()
        assert page.locator("[data-trip]").evaluate_all("l => l.map(e => e.dataset.trip)") == ["3", "2"]
        page.get_by_label("越界处").uncheck()
        assert page.locator(".label-conflict").count() == 0
        # from the card of a lane the same drive is opened
        page.get_by_role("tab", name="检查结果").click()
        lane = page.evaluate("firelane.data.cards.findIndex((c) => c.k === '通道' && c.t.endsWith('L1'))")
        page.evaluate("(i) => firelane.select(i)", lane)
        opens = page.locator(".track-open")
        assert opens.count() == 2
        opens.first.click()
        assert page.locator(".view-trip .title").inner_text() == "水罐消防车（8米级） → 通道 小区东西路 L1"
        assert page.evaluate("firelane.drawing.tracks.number") == 0


def test_on_a_phone_the_player_is_in_sight_above_a_sheet_and_can_be_tapped(browser, files):
    with opened(browser, files / "zh.html", PHONE) as page:
        open_trip(page, 1)
        play, sheet = page.locator(".player-play").bounding_box(), page.locator(".panel").bounding_box()
        assert play["height"] >= 44
        assert sheet["y"] > 300
        said = page.locator(".player-said").bounding_box()
        assert said["y"] + said["height"] <= 844
        body = page.locator(".trip-body").bounding_box()
        assert body["y"] >= 0
        assert body["y"] + body["height"] < sheet["y"]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator(".player-slider").press("Home")
        page.locator(".player-play").tap()
        until(page, "firelane.drawing.tracks.player.chainage > 0.3")


def test_it_prints_the_drive_without_its_controls(browser, files):
    with opened(browser, files / "en.html") as page:
        page.get_by_role("tab", name="Vehicle").click()
        page.locator(".track-list .row[data-trip='1']").click()
        settled(page)
        page.emulate_media(media="print")
        assert page.locator(".player-play").is_hidden()
        assert page.locator(".player-slider").is_hidden()
        assert "front right corner over by 0.26 m" in page.locator(".track-conflicts").inner_text()
        assert page.locator(".trip-body").is_visible()


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_names_of_vehicles_and_ids_are_shown_as_text(browser, tmp_path, name):
    payload = PAYLOADS[name]
    path = tmp_path / "hostile.html"
    violation_map(hostile(payload), path)
    with opened(browser, path) as page:
        page.get_by_role("tab", name="车辆通行").click()
        assert page.locator(".view-tracking .title").evaluate("e => e.textContent") == payload
        assert payload in page.locator(".view-tracking .notes").evaluate("e => e.textContent")
        page.locator(".track-list .row[data-trip='1']").click()
        settled(page)
        assert page.locator(".view-trip .title").evaluate("e => e.textContent").startswith(payload)
        assert payload in page.locator(".player-said").evaluate("e => e.textContent")
        assert payload in page.locator(".label-conflict").evaluate("e => e.textContent")
        assert payload in page.locator(".track-mends").evaluate("e => e.textContent")
        page.wait_for_timeout(60)
        assert page.evaluate("typeof canary") == "undefined"
        assert page.locator("img, iframe").count() == 0


def test_a_turning_drive_is_played_from_the_list_of_dead_ends(browser, tmp_path):
    audit = tracked_audit()
    tracking = audit.tracking[0]
    turn = replace(tracking.trips[0], trip_id="T01", kind=TripKind.TURNING)
    turning = replace(tracking.turnings[0], found=TrackClass.PROVEN_PASS, manoeuvres=2, trip_id="T01", reverse_m=3.2)
    path = tmp_path / "turn.html"
    violation_map(replace(audit, tracking=(replace(tracking, trips=(*tracking.trips, turn), turnings=(turning,)),)), path)
    with opened(browser, path) as page:
        page.get_by_role("tab", name="车辆通行").click()
        line = page.locator(".row[data-trip='2']")
        assert "可调头，换向 2 次（已复核），须倒车 3.2 m" in line.inner_text()
        line.click()
        assert page.locator(".view-trip .badge").inner_text() == "尽端调头路线（已复核）"


def test_a_followed_line_is_the_same_by_page_and_by_drive():
    drive = follow(shapely.LineString([(0, 0), (30, 0), (30, 40)]), PUMP).drive
    path = poses(drive)
    fine = drive.refined(0.01)
    nearest = np.abs(fine.chainage_m[None] - path.chainage_m[:, None]).argmin(axis=1)
    assert np.hypot(*(fine.xy[nearest] - path.xy).T).max() < 0.006
