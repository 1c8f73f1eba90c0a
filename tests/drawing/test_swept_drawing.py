"""The drawing of tracked vehicles, read back."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import date

import drawing_scene as scene
import ezdxf
import numpy as np
import pytest
import shapely
from sheet_texts import overlaps, sheets, shown_texts, values, written
from tracked_scenes import tracked_like

import firelane
from firelane.drawing import read_layer_names, write_dxf
from firelane.drawing.swept import fresh, poses, vehicle_strokes
from firelane.errors import InputError
from firelane.site.cad.paint import read_paint
from firelane.site.journal import Journal
from firelane.tracking.catalogue import vehicles
from firelane.tracking.drive import Drive, along, follow
from firelane.tracking.record import TripKind
from firelane.verifying.layers import paint_layers

PARTS = ("BODY", "WHEL", "LINE", "VEHI", "CONF", "FLAG", "TEXT")
ORIGIN = np.array([535_900.0, 4_630_000.0])
DAY = date(2026, 3, 1)
# What differs between two runs: times, GUIDs, and the library's own stamp.
VOLATILE = re.compile(
    r"(\$(?:TDCREATE|TDUPDATE|TDUCREATE|TDUUPDATE|TDINDWG|TDUSRTIMER|FINGERPRINTGUID|VERSIONGUID)\s+\d+\s+)\S+"
    r"|(\d+\.\d+\.\d+ @ )\S+"
)


def layer(part, number=1):
    return f"G-FIRE-SWEP-V{number}-{part}"


def tracked(*vehicle_ids, **changes):
    audit = scene.audit()
    found = tuple(replace(tracked_like(audit, vehicle_id, "e1"), **changes) for vehicle_id in vehicle_ids or ("pump-8",))
    return replace(audit, tracking=found)


@pytest.fixture(scope="module")
def plan():
    return scene.plan()


@pytest.fixture(scope="module")
def two(tmp_path_factory, plan):
    path = tmp_path_factory.mktemp("swept") / "two.dxf"
    write_dxf(plan, tracked("pump-8", "platform-12"), path, drawn_on=DAY)
    return path


@pytest.fixture(scope="module")
def doc(two):
    return ezdxf.readfile(two)


def drawn(tmp_path, plan, audit, **choices):
    path = tmp_path / "drawn.dxf"
    write_dxf(plan, audit, path, drawn_on=DAY, **choices)
    return ezdxf.readfile(path)


def arc(turn_deg, radius_m, gear=1, start=(0.0, 0.0), heading_deg=0.0, step_m=0.25):
    """A drive on one arc, to the left; of no turn, ``radius_m`` straight on."""
    length = math.radians(turn_deg) * radius_m if turn_deg else radius_m
    way = np.linspace(0.0, length, max(2, round(length / step_m) + 1))
    curvature = np.full(len(way), 1.0 / radius_m if turn_deg else 0.0)
    xy, heading = along(
        np.tile(np.array(start, float), (len(way), 1)), np.full(len(way), math.radians(heading_deg)), curvature, gear * way
    )
    return Drive(xy + ORIGIN, heading, curvature, np.full(len(way), gear))


def with_drives(*drives, kind=TripKind.PROVEN):
    """A tracked scene with these drives alone."""
    audit = tracked()
    (tracking,) = audit.tracking
    model = tracking.trips[0]
    trips = tuple(replace(model, trip_id=f"pump-8-e1-P{n:02d}", kind=kind, drive=d) for n, d in enumerate(drives, 1))
    return replace(audit, tracking=(replace(tracking, trips=trips),))


def lines(doc, part, number=1):
    return [shapely.LineString(e.get_points("xy")) for e in doc.modelspace().query(f"LWPOLYLINE[layer=='{layer(part, number)}']")]


def inserts(doc, number=1):
    return [e for e in doc.modelspace().query("INSERT") if e.dxf.layer == layer("VEHI", number)]


def test_without_tracking_there_is_no_trace_of_it(tmp_path, plan):
    doc = drawn(tmp_path, plan, scene.audit())
    assert not [it.dxf.name for it in doc.layers if it.dxf.name.startswith("G-FIRE-SWEP-")]
    assert not [block.name for block in doc.blocks if block.name.startswith("SWEPT")]
    assert not [title for title in map(values, sheets(doc)) if "轨迹" in title["TITLE"]]
    assert not [text for sheet in sheets(doc) for text in written(sheet) if "车辆轨迹" in text]


def test_every_vehicle_has_its_layers_and_the_file_is_sound(doc, two):
    assert doc.audit().errors == []
    mine = {it.dxf.name for it in doc.layers if it.dxf.name.startswith("G-FIRE-SWEP-")}
    assert mine == {layer(part, number) for part in PARTS for number in (1, 2)}
    assert {e.dxf.layer for e in doc.modelspace() if "SWEP" in e.dxf.layer} <= mine | {"G-FIRE-SWEP"}
    assert doc.layers.get(layer("BODY")).rgb != doc.layers.get(layer("BODY", 2)).rgb
    two.read_bytes().decode("gbk")


def test_the_parent_layer_holds_all_that_is_swept_together_and_no_sheet_shows_it(doc):
    audit = tracked("pump-8", "platform-12")
    whole = shapely.union_all([trip.swept.body for tracking in audit.tracking for trip in tracking.trips])
    found = doc.modelspace().query("LWPOLYLINE[layer=='G-FIRE-SWEP']")
    rings = sorted((shapely.Polygon(e.get_points("xy")) for e in found), key=lambda r: -r.area)
    drawn = rings[0]
    for ring in rings[1:]:  # holes lie in what is larger
        drawn = drawn.symmetric_difference(ring)
    assert drawn.symmetric_difference(shapely.transform(whole, lambda xy: xy - ORIGIN)).area < 0.005 * whole.length + 1.0
    views = [view for sheet in sheets(doc) for view in sheet.query("VIEWPORT") if view.dxf.id != 1]
    assert views
    assert all("G-FIRE-SWEP" in set(view.frozen_layers) for view in views if view.frozen_layers)


@pytest.mark.parametrize(("units", "unit"), [("m", 1.0), ("mm", 1000.0)])
def test_a_conflict_is_filled_true_to_size_and_says_what_it_is(tmp_path, plan, units, unit):
    audit = tracked()
    (conflict,) = audit.tracking[0].conflicts
    ring = conflict.geometry.difference(shapely.Point(conflict.place).buffer(0.1))
    (good, bad) = audit.tracking[0].trips
    bad = replace(bad, conflicts=(replace(conflict, geometry=ring, owners=("obstructions:东门",)),))
    audit = replace(audit, tracking=(replace(audit.tracking[0], trips=(good, bad)),))
    doc = drawn(tmp_path, plan, audit, units=units)
    (hatch,) = [e for e in doc.modelspace().query("HATCH") if e.dxf.layer == layer("CONF")]
    rings = [shapely.Polygon([p[:2] for p in path.vertices]) for path in hatch.paths]
    area = rings[0].area - sum(hole.area for hole in rings[1:])
    assert hatch.dxf.solid_fill == 1
    assert area / unit**2 == pytest.approx(ring.area, abs=1e-5)
    told = [tag.value for tag in hatch.get_xdata("FIRELANE")]
    assert told == [
        "conflict", "X1-1", 0.26, "part=front_right", "trip=pump-8-e1-X01", "number=C1", "owner=obstructions:%E4%B8%9C%E9%97%A8",
    ]  # fmt: skip


@pytest.mark.parametrize(("lang", "said"), [("zh", "越界0.26米 车身右前角"), ("en", "0.26 m over, front right corner")])
def test_depth_and_part_stand_at_the_conflict(tmp_path, plan, lang, said):
    doc = drawn(tmp_path, plan, tracked(), lang=lang)
    flags = [e.dxf.text for e in doc.modelspace().query("TEXT") if e.dxf.layer == layer("FLAG")]
    assert sorted(flags) == sorted(["C1", said])


def test_the_vehicle_is_a_block_true_to_size(doc):
    for number, name in ((1, "pump-8"), (2, "platform-12")):
        vehicle = vehicles()[name]
        block = doc.blocks.get(f"SWEPT-VEHICLE-{number}")
        body = shapely.Polygon(block.query("LWPOLYLINE")[0].get_points("xy"))
        assert body.bounds == pytest.approx(
            (-vehicle.rear_overhang_m, -vehicle.width_m / 2, vehicle.front_m, vehicle.width_m / 2), abs=1e-6
        )
        assert f"wheelbase={vehicle.wheelbase_m:.3f}" in block.block.dxf.description
        assert f"kerb_to_kerb={vehicle.turning_radius_m:.3f}" in block.block.dxf.description
        wheels = [shapely.LineString(p).bounds for p, closed in vehicle_strokes(vehicle)[1:] if closed]
        assert max(y for *_, y in wheels) == pytest.approx(vehicle.track_m / 2)


def test_the_vehicle_stands_on_its_drives(doc):
    audit = tracked("pump-8", "platform-12")
    for number, tracking in enumerate(audit.tracking, 1):
        ways = {trip.trip_id: trip.drive.refined(0.25) for trip in tracking.trips}
        found = inserts(doc, number)
        assert found
        for insert in found:
            _, trip_id, steering, gear = [tag.value for tag in insert.get_xdata("FIRELANE")]
            drive = ways[trip_id]
            away = np.hypot(*(drive.xy - ORIGIN - np.array(insert.dxf.insert)[:2]).T)
            n = int(away.argmin())
            assert away[n] < 1e-5
            assert math.remainder(math.degrees(drive.heading_rad[n]) - insert.dxf.rotation, 360.0) == pytest.approx(0.0, abs=1e-3)
            assert steering == pytest.approx(math.degrees(drive.steering_rad(tracking.vehicle)[n]), abs=0.01)
            assert gear == 1


def test_it_is_drawn_with_its_wheels_where_it_is_deepest_in_a_conflict(doc):
    tracking = tracked().tracking[0]
    (conflict,) = tracking.conflicts
    drive = tracking.trip(conflict.trip_id).drive
    at = drive.xy[int(np.abs(drive.chainage_m - conflict.chainage_m).argmin())] - ORIGIN
    full = [e for e in inserts(doc) if e.dxf.name == "SWEPT-VEHICLE-1"]
    assert min(math.dist(at, tuple(e.dxf.insert)[:2]) for e in full) <= 1.0 + 1e-6


def test_a_straight_drive_shows_the_vehicle_at_its_ends_and_no_wheels(tmp_path, plan):
    doc = drawn(tmp_path, plan, with_drives(arc(0, 60.0, start=(30, 12))))
    assert sorted(round(e.dxf.insert.x, 3) for e in inserts(doc)) == [30.0, 90.0]
    assert lines(doc, "WHEL") == []
    (way,) = lines(doc, "LINE")
    assert way.length == pytest.approx(60.0)
    (body,) = lines(doc, "BODY")
    pump = vehicles()["pump-8"]
    assert shapely.Polygon(body).area == pytest.approx((60.0 + pump.length_m) * pump.width_m, abs=1e-6)


def test_in_a_bend_it_stands_every_two_metres_and_all_wheels_are_drawn(tmp_path, plan):
    bend = arc(90, 12.0, start=(40, 15))
    doc = drawn(tmp_path, plan, with_drives(bend))
    found = [np.array(e.dxf.insert)[:2] for e in inserts(doc)]
    assert len(found) == math.ceil(bend.length_m / 2.0)
    angles = np.sort([math.atan2(y - 27.0, x - 40.0) for x, y in found])
    assert np.diff(angles) * 12.0 == pytest.approx(2.0, abs=1.0)
    # about the centre (40, 27): front wheels farther out than the rear ones
    pump = vehicles()["pump-8"]
    radii = sorted(float(np.median(np.hypot(*(shapely.get_coordinates(w) - (40.0, 27.0)).T))) for w in lines(doc, "WHEL"))
    half = pump.track_m / 2
    wanted = [12 - half, math.hypot(12 - half, pump.wheelbase_m), 12 + half, math.hypot(12 + half, pump.wheelbase_m)]
    assert radii == pytest.approx(sorted(wanted), abs=0.02)


def test_ground_that_drives_share_is_drawn_once(tmp_path, plan):
    trunk = arc(0, 40.0, start=(30, 12))
    left = arc(45, 12.0, start=(70, 12))
    both = Drive(*(np.concatenate([a[:-1], b]) for a, b in zip(
        (trunk.xy, trunk.heading_rad, trunk.curvature, trunk.gear), (left.xy, left.heading_rad, left.curvature, left.gear), strict=True,
    )))  # fmt: skip
    audit = with_drives(trunk, both)
    runs = fresh(audit.tracking[0].trips)
    assert [round(run.length_m, 2) for _, run in runs] == [40.0, round(left.length_m, 2)]
    doc = drawn(tmp_path, plan, audit)
    assert sum(way.length for way in lines(doc, "LINE")) == pytest.approx(40.0 + left.length_m, abs=0.05)
    swept = shapely.union_all([trip.swept.body for trip in audit.tracking[0].trips])
    (body,) = lines(doc, "BODY")
    assert shapely.Polygon(body).area == pytest.approx(swept.area, abs=0.05)


def test_a_drive_from_the_other_end_adds_no_vehicles_where_one_stands():
    way = arc(90, 12.0, start=(40, 15))
    back = Drive(way.xy[::-1], way.heading_rad[::-1] + math.pi, -way.curvature[::-1], way.gear)
    trips = with_drives(way, back).tracking[0].trips
    (_, first, _), (_, second, _) = poses(trips, 5.85)
    assert len(first.xy) > 5
    assert len(second.xy) == 0


def test_reverse_stretches_are_dashed_and_arrows_point_where_it_goes(tmp_path, plan):
    ahead = arc(0, 20.0, start=(30, 12))
    back = arc(0, 20.0, gear=-1, start=(50, 12))
    turn = Drive(
        np.concatenate([ahead.xy[:-1], back.xy]), np.concatenate([ahead.heading_rad[:-1], back.heading_rad]),
        np.concatenate([ahead.curvature[:-1], back.curvature]), np.concatenate([ahead.gear[:-1], back.gear]),
    )  # fmt: skip
    assert turn.changes == 1
    doc = drawn(tmp_path, plan, with_drives(turn, kind=TripKind.TURNING))
    ways = doc.modelspace().query(f"LWPOLYLINE[layer=='{layer('LINE')}']")
    assert sorted(e.dxf.get("linetype", "BYLAYER") for e in ways) == ["BYLAYER", "FL-DASHED"]
    arrows = [e for e in doc.modelspace().query("INSERT") if e.dxf.name == "SWEPT-ARROW"]
    assert sorted(round(e.dxf.rotation) % 360 for e in arrows) == [0, 180]
    text = [e.dxf.text for e in doc.modelspace().query("TEXT") if e.dxf.layer == layer("TEXT")]
    assert any("换向 1 次" in line for line in text)
    assert "倒车段" in list(written(sheets(doc)[0]))


def test_sheets_of_markings_freeze_swept_paths_and_a_vehicles_sheet_shows_its_own(doc):
    every = {layer(part, number) for part in PARTS for number in (1, 2)}
    shown = {}
    for sheet in sheets(doc):
        views = [v for v in sheet.query("VIEWPORT") if v.dxf.id != 1 and v.dxf.status > 0 and v.frozen_layers]
        shown[values(sheet)["TITLE"]] = [every - set(view.frozen_layers) for view in views]
    assert shown["消防车通道标线平面图"] == [set()]
    assert all(view == set() for title, views in shown.items() if "放样平面图" in title for view in views)
    for number, name in ((1, "水罐消防车（8米级）"), (2, "登高平台消防车（12米级）")):
        own = {layer(part, number) for part in PARTS}
        assert shown[f"{name}轨迹图"] == [own]
        assert shown[f"{name}越界部位详图"] == [own - {layer("TEXT", number), layer("FLAG", number)}]
    assert any("放样平面图" in title for title in shown)


def test_a_vehicles_sheets_say_its_data_and_what_was_found(doc):
    said = {}
    for sheet in sheets(doc):
        said.setdefault(values(sheet)["TITLE"], []).extend(written(sheet))
    data = said["水罐消防车（8米级）参数"]
    text = " ".join(data)
    for definition in ("外侧前轮（路缘石至路缘石）", "车身外前角（墙至墙）", "前轴中点", "后轴处车身内侧"):
        assert definition in text.replace(" ", "")
    for radius in ("9.00 m", "9.93 m", "8.13 m", "5.52 m", "33.6°"):
        assert radius in data
    assert data.count("设定，待确认") == 8
    assert "0.15-0.25 m" in data
    result = said["水罐消防车（8米级）轨迹验算表"]
    for cell in ("可通过（已证明）", "e1-P01", "e1-X01", "C1", "0.26", "路面边缘（r1）", "将内侧转角改为半径 9.0 米", "48.0"):
        assert cell in result
    assert any(line.startswith("未找到路线") for line in result)
    listing = "".join(line for title, lines in said.items() if title.startswith("图纸目录") for line in lines)
    assert "车辆轨迹：水罐消防车（8米级），长 8 米、宽 2.5 米" in listing


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_texts_of_the_sheets_keep_off_each_other_and_on_the_paper(tmp_path, plan, lang):
    doc = drawn(tmp_path, plan, tracked("platform-12"), lang=lang)
    words = ("轨迹", "参数", "越界") if lang == "zh" else ("TRACKING", "VEHICLE", "OVERRUNS", "RESULTS")
    mine = [sheet for sheet in sheets(doc) if any(word in values(sheet)["TITLE"] for word in words)]
    assert len(mine) == 4
    for sheet in mine:
        texts = list(shown_texts(sheet))
        assert overlaps(texts) == []
        paper = shapely.box(0, 0, sheet.dxf.paper_width, sheet.dxf.paper_height)
        assert all(paper.contains(text.shape) for text in texts)


def test_labels_in_the_model_keep_off_each_other(doc):
    texts = list(shown_texts(doc.modelspace()))
    ours = {e.dxf.text for e in doc.modelspace().query("TEXT") if "SWEP" in e.dxf.layer}
    assert ours
    numbers = {"C1"}
    assert [pair for pair in overlaps(texts) if set(pair) & ours and not set(pair) & numbers] == []


def test_close_ups_show_the_conflict_in_their_middle(doc):
    (conflict,) = tracked().tracking[0].conflicts
    (sheet,) = [s for s in sheets(doc) if values(s)["TITLE"] == "水罐消防车（8米级）越界部位详图"]
    (view,) = [v for v in sheet.query("VIEWPORT") if v.frozen_layers]
    x, y, _ = view.dxf.view_target_point
    assert (x, y) == pytest.approx(tuple(np.array(conflict.place) - ORIGIN), abs=1e-3)
    scale = 1000.0 * view.dxf.view_height / view.dxf.height
    assert scale == pytest.approx(100.0)
    assert min(view.dxf.width, view.dxf.height) * scale / 1000.0 >= 2 * vehicles()["pump-8"].length_m


def test_swept_paths_are_no_paint_and_the_site_is_read_back_without_them(two, tmp_path, plan):
    plain = tmp_path / "plain.dxf"
    write_dxf(plan, scene.audit(), plain, drawn_on=DAY)
    for path in (two, plain):
        found = paint_layers(read_paint(path, Journal()), (), "消防车道禁止占用")
        assert not [name for name in found.all if "SWEP" in name]
    with_them, without = firelane.read_site(two), firelane.read_site(plain)
    assert set(with_them.layers) == set(without.layers)
    for name, table in without.layers.items():
        assert len(with_them.layers[name]) == len(table)
        assert shapely.equals(with_them.layers[name].geometry.to_numpy(), table.geometry.to_numpy()).all()


def test_hostile_names_stay_text(tmp_path, plan):
    nasty = "<script>alert(1)</script>\n=1+1 %%u{x}\\P\x07²🚒" + "长" * 300
    audit = tracked()
    (tracking,) = audit.tracking
    vehicle = replace(tracking.vehicle, id=nasty[:60], zh=nasty, en=nasty)
    conflict = replace(tracking.conflicts[0], conflict_id=nasty, owners=(nasty, f"edge:{nasty}"))
    trips = (replace(tracking.trips[0], vehicle=vehicle), replace(tracking.trips[1], vehicle=vehicle, conflicts=(conflict,)))
    mends = (replace(tracking.mends[0], conflict_ids=(nasty,), text_zh=nasty, text_en=nasty),)
    turnings = (replace(tracking.turnings[0], dead_end_id=nasty, lane_id=nasty),)
    targets = tracking.targets.assign(target_id=nasty, entrance_id=nasty)
    found = replace(
        tracking, vehicle=vehicle, trips=trips, mends=mends, turnings=turnings, targets=targets, notes=((nasty, nasty),)
    )
    for labels in ("text", "outline"):
        doc = drawn(tmp_path, plan, replace(audit, tracking=(found,)), labels=labels)
        assert doc.audit().errors == []
        assert all(re.fullmatch(r"G-[A-Z0-9-]+|0|Defpoints|VIEWPORTS", it.dxf.name, re.ASCII) for it in doc.layers)
        assert all("script" not in block.name for block in doc.blocks)
        for sheet in (*sheets(doc), doc.modelspace()):
            for text in written(sheet):
                assert "%%" not in text
                assert not re.search(r"[\x00-\x1f\\{}^]", text)


def test_measures_of_one_drive_are_said_to_be_done_together(tmp_path, plan):
    audit = tracked()
    (mend,) = audit.tracking[0].mends
    for mends, there in (((mend,), False), ((mend, replace(mend, action="remove", text_zh="移除 P1")), True)):
        doc = drawn(tmp_path, plan, replace(audit, tracking=(replace(audit.tracking[0], mends=mends),)))
        told = "".join(text for sheet in sheets(doc) for text in written(sheet))
        assert ("本路线共 2 项，须全部完成" in told) is there
        assert ("同一路线的各项措施须全部完成" in told) is there


def test_what_is_over_is_never_understated(tmp_path, plan):
    audit = tracked()
    good, bad = audit.tracking[0].trips
    deep = replace(bad, conflicts=tuple(replace(c, depth_m=0.5504) for c in bad.conflicts))
    short = audit.tracking[0].targets.assign(shortfall_m=[np.nan, 0.4107])
    doc = drawn(tmp_path, plan, replace(audit, tracking=(replace(audit.tracking[0], trips=(good, deep), targets=short),)))
    told = [text for sheet in (*sheets(doc), doc.modelspace()) for text in written(sheet)]
    assert any("越界0.56米" in text for text in told)
    assert "0.42" in told
    assert not any("0.55" in text for text in told if "越界" in text)


def test_what_could_not_be_searched_is_said(tmp_path, plan):
    reason = ("未安装 numba：pip install firelane[tracking]", "numba is not installed")
    audit = tracked(trips=(), mends=(), turnings=(), unsearched=reason)
    audit = replace(audit, tracking=(replace(audit.tracking[0], targets=audit.tracking[0].targets.iloc[:0]),))
    doc = drawn(tmp_path, plan, audit)
    titles = [values(sheet)["TITLE"] for sheet in sheets(doc)]
    assert "水罐消防车（8米级）参数" in titles
    assert "水罐消防车（8米级）轨迹图" not in titles
    assert not [it.dxf.name for it in doc.layers if it.dxf.name.startswith("G-FIRE-SWEP-")]
    assert any("pip install" in text for sheet in sheets(doc) for text in written(sheet))


def test_layers_may_be_renamed_one_by_one_or_with_their_parent(tmp_path, plan):
    names = tmp_path / "names.toml"
    names.write_text('"G-FIRE-SWEP" = "消防-扫掠"\n"G-FIRE-SWEP-V1-BODY" = "车身"\n"G-FIRE-SWEP-V2-BODY" = "无"\n', encoding="utf-8")
    doc = drawn(tmp_path, plan, tracked(), layer_names=read_layer_names(names))
    swept = {it.dxf.name for it in doc.layers}
    assert {"车身", "消防-扫掠", *(f"消防-扫掠-V1-{part}" for part in PARTS if part != "BODY")} <= swept
    assert not [name for name in swept if name.startswith("G-FIRE-SWEP")]
    views = [v for sheet in sheets(doc) for v in sheet.query("VIEWPORT") if v.frozen_layers]
    assert any("车身" in view.frozen_layers for view in views)
    names.write_text('"G-FIRE-SWEP-V1-BODX" = "车身"\n', encoding="utf-8")
    with pytest.raises(InputError):
        read_layer_names(names)


def test_the_same_tracking_gives_the_same_file(tmp_path, plan, two):
    again = tmp_path / "again.dxf"
    write_dxf(plan, tracked("pump-8", "platform-12"), again, drawn_on=DAY)
    first, second = (VOLATILE.sub(r"\1\2*", path.read_bytes().decode("gbk")) for path in (two, again))
    assert first == second


def test_a_drive_of_one_pose_is_a_vehicle_that_stands(tmp_path, plan):
    still = follow(shapely.LineString([(535_930.0, 4_630_012.0), (535_931.0, 4_630_012.0)]), vehicles()["pump-8"]).drive
    one = Drive(still.xy[:1], still.heading_rad[:1], still.curvature[:1], still.gear[:1])
    doc = drawn(tmp_path, plan, with_drives(one))
    assert len(inserts(doc)) == 1


@pytest.mark.parametrize("poses_there", [1, 2])
def test_a_vehicle_that_only_stands_is_drawn_where_it_stands(tmp_path, plan, poses_there):
    audit = tracked()
    like = audit.tracking[0]
    there = like.trips[0].drive
    stands = Drive(*(np.repeat(part[:1], poses_there, axis=0) for part in (there.xy, there.heading_rad, there.curvature, there.gear)))
    audit = replace(audit, tracking=(replace(like, trips=(replace(like.trips[0], drive=stands), like.trips[1])),))
    doc = drawn(tmp_path, plan, audit)
    assert len(doc.modelspace().query(f'*[layer=="{layer("BODY")}"]'))
    assert len(doc.modelspace().query(f'*[layer=="{layer("VEHI")}"]'))
