"""The chapter on vehicle tracking says what was tracked, in every edition, and nothing where no vehicle was."""

import re
import zipfile
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from pdf_text import pdf_text
from site_scenes import ORIGIN, audited, box, gates, site
from tracked_scenes import tracked_like

from firelane.report import write_report
from firelane.report.figures import Figures
from firelane.report.inspection import Inspection
from firelane.report.scene import Area, Label, Stroke
from firelane.report.tracking import Tracked
from firelane.report.tracking_blocks import MOST_TARGETS, Box, Gallery, Heading, Rows, Said, Shown, blocks
from firelane.report.tracking_figures import overrun, shown_with, stuck, turning
from firelane.report.tracking_numbers import at_least, at_most, radius
from firelane.report.tracking_xlsx import tables
from firelane.tracking.catalogue import stated_vehicle, vehicles
from firelane.tracking.drive import Drive, along
from firelane.tracking.record import BEND_WIDTH_COLUMNS, TARGET_COLUMNS, TrackClass, Trip, TripKind, Turning
from firelane.tracking.targets import TargetKind

HOSTILE = "=1+1<script>{{7*7}}&\x00\u202e" + "很长的名字" * 60
CJK = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


@pytest.fixture(scope="module")
def plain():
    """A T of two roads, 6 m wide, entered from the west: lanes with ids alone."""
    roads = [(box(0, -3, 100, 3), {"id": "R1"}), (box(47, 3, 53, 60), {"id": "R2"})]
    return audited(site(roads, entrances=gates(both=False), obstructions=[], buildings=[(box(20, 8, 40, 20), {"id": "B1"})]))


@pytest.fixture(scope="module")
def tracked(plain):
    return replace(plain, tracking=(tracked_like(plain, entrance="W"),))


@pytest.fixture(scope="module")
def made(tracked, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracking")
    for name, lang in (("a.pdf", "zh"), ("en.pdf", "en"), ("a.docx", "zh"), ("a.xlsx", "zh"), ("en.xlsx", "en")):
        write_report(tracked, folder / name, lang=lang)
    return folder


def of(audit, **changes):
    """The audit with its one tracking changed."""
    return replace(audit, tracking=(replace(audit.tracking[0], **changes),))


def targets(*rows):
    """Rows (entrance, kind, id, class) as the table of targets."""
    full = [(e, k, i, c.value, np.nan, None, np.nan, 1, np.nan, np.nan, np.nan, np.nan, None) for e, k, i, c in rows]
    return pd.DataFrame(full, columns=list(TARGET_COLUMNS))


def chapter(audit, lang="zh"):
    it = Inspection(audit, lang=lang)
    return it, Tracked(it, audit.tracking[0])


def texts(audit, lang="zh"):
    """Every text of the chapter but those in drawings."""
    found = []
    for block in blocks(Inspection(audit, lang=lang)):
        if isinstance(block, Heading | Said):
            found.append(block.text)
        elif isinstance(block, Box):
            found += [block.title, *block.lines]
        elif isinstance(block, Rows):
            found += [*block.heads, *(cell for row in block.rows for cell in row)]
        elif isinstance(block, Shown):
            found += [block.heading, *block.lines]
        else:
            found += [caption for caption, _ in block.items]
    return found


# ------------------------------------------------------------------------------------------ when there is nothing


def test_nothing_of_it_where_no_vehicle_was_tracked(plain, tmp_path):
    it = Inspection(plain)
    assert blocks(it) == []
    assert tables(it) == []
    write_report(plain, tmp_path / "a.pdf")
    assert "轨迹核算" not in pdf_text(tmp_path / "a.pdf")
    write_report(plain, tmp_path / "a.xlsx")
    assert not {"车辆数据", "弯道宽度"} & set(openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames)


def test_why_no_line_was_searched_stands_first_and_bends_stay(tracked):
    audit = of(tracked, unsearched=("没有安装 numba", "numba is missing"), trips=(), mends=(), turnings=(), targets=targets())
    told = texts(audit)
    assert "没有搜索行驶路线：没有安装 numba。是否可到达未作结论；以下只有车辆数据和弯道宽度。" in told
    assert not any("可到达 0" in text for text in told)
    assert "目标一览" not in told
    assert any("B1-1" in text for text in told)
    assert [t.name for t in tables(Inspection(audit))] == ["车辆数据", "弯道宽度"]


# ------------------------------------------------------------------------------------------ the short answer


def test_the_answer_counts_targets_in_plain_words(tracked):
    _, told = chapter(tracked)
    assert told.answer[0] == "该车可到达 2 处目标中的 1 处（已证明）；1 处未找到路线，须现场复核。"
    assert told.answer[1] == "目标共 2 处：车道 2 条，建筑 0 栋；出入口 1 个。"
    assert told.answer[3] == "尽端 1 处：0 处可调头（已证明），1 处未找到调头方式，须倒车驶出。"
    assert chapter(tracked, "en")[1].answer[0] == "It reaches 1 of 2 targets, proven; for 1 no line was found: look on site."


@pytest.mark.parametrize(("classes", "best"), [
    ((TrackClass.NOT_FOUND, TrackClass.PROVEN_PASS), TrackClass.PROVEN_PASS),
    ((TrackClass.PROVEN_FAIL, TrackClass.NOT_FOUND), TrackClass.NOT_FOUND),
    ((TrackClass.PROVEN_FAIL, TrackClass.PROVEN_FAIL), TrackClass.PROVEN_FAIL),
    ((TrackClass.NOT_TRIED, TrackClass.PROVEN_FAIL), TrackClass.PROVEN_FAIL),
    ((TrackClass.NOT_TRIED, TrackClass.NOT_TRIED), TrackClass.NOT_TRIED),
])  # fmt: skip
def test_the_best_entrance_counts(tracked, classes, best):
    table = targets(*((f"E{n}", "lane", "L1", c) for n, c in enumerate(classes)))
    _, told = chapter(of(tracked, targets=table, trips=(), mends=()))
    (target,) = told.targets
    assert target.found is best
    assert target.entrances == tuple(f"E{n}" for n, c in enumerate(classes) if c is best)


def test_what_is_not_proven_comes_first_and_numbers_in_their_order(tracked):
    rows = [("W", "building", f"B{n}", TrackClass.PROVEN_PASS) for n in (10, 2, 1)]
    rows += [("W", "building", "B9", TrackClass.NOT_FOUND), ("W", "building", "B8", TrackClass.PROVEN_FAIL)]
    _, told = chapter(of(tracked, targets=targets(*rows), trips=(), mends=()))
    assert [t.id for t in told.targets] == ["B8", "B9", "B1", "B2", "B10"]
    assert told.answer[0] == "该车可到达 5 处目标中的 3 处（已证明）；1 处未找到路线，须现场复核；1 处已证明不可到达。"


def test_a_search_without_result_is_never_called_a_failure(tracked):
    for lang, words in (("zh", ("不符合", "不合格", "不能通过", "无法通过")), ("en", ("fail",))):
        # the box and the key of the bend table say just that
        box = next(b.lines for b in blocks(Inspection(tracked, lang=lang)) if isinstance(b, Box))
        told = [t for t in texts(tracked, lang) if t not in box and "has not failed" not in t and "不等于不能通过" not in t]
        assert not [t for t in told for word in words if word in t.lower()]


# ------------------------------------------------------------------------------------------ the vehicle


def test_every_radius_names_its_circle(tracked):
    _, told = chapter(tracked)
    # pump: Rr = sqrt(81 - 20.25) - 1.025 = 6.769; RF = 8.129; ri = 5.519; ro = sqrt(8.019² + 5.85²) = 9.926; lock = asin(4.5 / 8.129)
    assert [(name, value) for name, value, _ in told.radii] == [
        ("外侧前轮（路缘石至路缘石）", "9.00 m"), ("车身外前角（墙至墙）", "9.93 m"), ("前轴中点", "8.13 m"),
        ("后轴处车身内侧", "5.52 m"), ("前轮最大转角", "33.6°"),
    ]  # fmt: skip
    assert told.radii[0][2] == "给定：设定，待确认"
    assert all("待确认" in status for _, _, status in told.radii)


def test_assumed_dimensions_say_so_and_stated_ones_do_not(tracked):
    _, told = chapter(tracked)
    assert all("待确认" in status for name, _, status, _ in told.dimensions if "方向盘" not in name)
    assert any("待确认" in text for text in texts(tracked) if text.startswith("车辆 8.00"))
    own = {"length_m": 7.5, "width_m": 2.4, "wheelbase_m": 4.2, "front_overhang_m": 1.3, "rear_overhang_m": 2.0, "track_m": 2.0, "height_m": 3.2,
           "turning_radius_m": 8.5, "radius_basis": "wall_to_wall", "lock_time_s": 5.0, "name": "辖区一号车"}  # fmt: skip
    # Rr = sqrt(8.5² - 5.5²) - 1.2 = 5.281; RF = sqrt(5.281² + 4.2²) = 6.747; lock = asin(4.2 / 6.747)
    vehicle, policy = stated_vehicle(own)
    audit = of(tracked, vehicle=vehicle, policy=policy)
    _, told = chapter(audit)
    assert {status for _, _, status, _ in told.dimensions} == {"用户给定"}
    (said,) = {t for t in texts(audit) if t.startswith("车辆 7.50")}
    assert said == "车辆 7.50 × 2.40 m，轴距 4.20 m，最小转弯半径 8.50 m，指车身外前角（墙至墙）；前轴中点 6.75 m，最大转角 38.5°。"


def test_margin_resolution_and_states_are_shown(tracked):
    audit = of(tracked, policy=replace(tracked.tracking[0].policy, margin_m=0.25))
    _, told = chapter(audit)
    shown = {name: value for name, value, _ in told.policy}
    assert shown["车身两侧及前后的安全余量"] == "0.25 m"
    assert shown["求解网格（所列路线中最细至最粗）"] == "0.15–0.25 m"
    assert shown["从直行到打死所行距离"] == "4.2 m"
    assert any(t.startswith("计入安全余量 0.25 m") for t in texts(audit))


# ------------------------------------------------------------------------------------------ where it sticks


def test_a_place_tells_bend_widths_overrun_remedy_and_shortfall(tracked):
    (place,) = [b for b in blocks(Inspection(tracked)) if isinstance(b, Shown)]
    (conflict,) = tracked.tracking[0].conflicts
    said = "\n".join(place.lines)
    assert "转角 90°，内缘半径 9.0 ± 0.1 m，净宽 4.00 m。" in said
    assert "按公式所需宽度 3.90 m：按同心弯道公式。" in said
    assert "最小转弯半径 9.00 m，指外侧前轮（路缘石至路缘石）" in said
    assert "未找到可行驶路线，须现场复核。" in said
    assert f"① 车身右前角越出 0.26 m：路面边缘 R2；X={conflict.place[1]:.2f} Y={conflict.place[0]:.2f}" in said.replace("R1", "R2")
    assert "估计缺少宽度 0.26 m，即约需 4.26 m（±0.10 m）。" in said
    assert "办法：将内侧转角改为半径 9.0 米（改后同一路线经复核无越界）。" in said
    assert "涉及的目标：" in said


def test_remedies_of_one_place_are_told_together_and_unproven_ones_as_such(tracked):
    (mend,) = tracked.tracking[0].mends
    other = replace(mend, action="remove", proven=False, text_zh="移除隔离桩 P1。", text_en="remove the bollard P1.")
    (place,) = [b for b in blocks(Inspection(of(tracked, mends=(mend, other)))) if isinstance(b, Shown)]
    (line,) = [line for line in place.lines if line.startswith("办法")]
    assert line == "办法（以下各项须同时完成）：将内侧转角改为半径 9.0 米（改后同一路线经复核无越界）；移除隔离桩 P1（未经复核证明）。"
    (place,) = [b for b in blocks(Inspection(of(tracked, mends=(mend, replace(other, proven=True))))) if isinstance(b, Shown)]
    (line,) = [line for line in place.lines if line.startswith("办法")]
    assert line == "办法（以下各项须同时完成）：将内侧转角改为半径 9.0 米；移除隔离桩 P1。全部完成后，同一路线经复核无越界。"


def test_a_place_without_a_drive_shows_where_it_came_to(tracked):
    row = targets(("W", "building", "B1", TrackClass.NOT_FOUND), ("W", "lane", "L9", TrackClass.PROVEN_FAIL))
    row[["stuck_x", "stuck_y", "stuck_heading_rad"]] = row[["stuck_x", "stuck_y", "stuck_heading_rad"]].astype(float)
    row.loc[0, ["stuck_x", "stuck_y", "stuck_heading_rad"]] = [ORIGIN[0] + 30, ORIGIN[1], 0.0]
    audit = of(tracked, targets=row, trips=(), mends=(), bends=tracked.tracking[0].bends[:0])
    fail, open_ = [b for b in blocks(Inspection(audit)) if isinstance(b, Shown)]
    assert fail.scene is None
    assert "已证明不可通过：低于下限，或没有直径等于车宽的通路。" in fail.lines
    assert not any("未能估计" in line for line in fail.lines)
    assert open_.scene is not None
    assert "没有求得越界最小的路线。" in open_.lines
    assert "所缺宽度未能估计。" in open_.lines
    free = of(audit, targets=row.assign(shortfall_m=0.0))
    line = [b for b in blocks(Inspection(free)) if isinstance(b, Shown)][1].lines
    assert any(said.startswith("此处没有发现缺少宽度") for said in line)
    assert not any("0.00 m" in said for said in line)
    assert "此处净宽 6.00 m。" in "\n".join(open_.lines)
    assert any(line.startswith(f"车辆最远行至 X={ORIGIN[1]:.2f} Y={ORIGIN[0] + 30:.2f}") for line in open_.lines)


# ------------------------------------------------------------------------------------------ drawings


def scale_of(scene):
    (text,) = [t.text for t in scene.things if isinstance(t, Label) and t.text.startswith("1:")]
    return 72 / 0.0254 / int(text[2:])


def polygons(scene, fill):
    return [shapely.Polygon(t.rings[0]) for t in scene.things if isinstance(t, Area) and t.fill == fill]


def test_the_conflict_is_drawn_red_to_scale_with_its_depth(tracked):
    it, told = chapter(tracked)
    (place,) = told.places
    scene = overrun(Figures(it.content), place.trip, list(enumerate(shown_with(place.trip.conflicts), 1)))
    k = scale_of(scene)
    (red,) = polygons(scene, "#e0485c")
    assert red.area / k**2 == pytest.approx(place.trip.conflicts[0].geometry.area, rel=1e-6)
    labels = [t.text for t in scene.things if isinstance(t, Label)]
    assert "① 0.26 m" in labels
    assert "北" in labels
    assert "5 m" in labels
    # the vehicle where it reaches over most: 8.0 × 2.5 m
    (body,) = [shapely.Polygon(t.coords) for t in scene.things if isinstance(t, Stroke) and t.colour == "#1f2933" and t.weight == 1.0 and len(t.coords) == 5]
    assert body.area / k**2 == pytest.approx(8.0 * 2.5, rel=1e-6)
    swept = sum(p.area for p in polygons(scene, "#cfe0f3")) / k**2
    assert swept > 8.0 * 2.5


def test_only_conflicts_near_the_deepest_share_its_drawing(tracked):
    (one,) = tracked.tracking[0].conflicts
    near = replace(one, conflict_id="X2", depth_m=0.1, place=(one.place[0] + 5, one.place[1]))
    far = replace(one, conflict_id="X3", depth_m=0.2, place=(one.place[0] + 50, one.place[1]))
    assert [c.conflict_id for c in shown_with([near, far, one])] == [one.conflict_id, "X2"]


def test_an_unplaced_site_has_no_north_and_says_so(tracked):
    audit = replace(tracked, site=replace(tracked.site, placed=False))
    (place,) = [b for b in blocks(Inspection(audit)) if isinstance(b, Shown)]
    assert "北" not in [t.text for t in place.scene.things if isinstance(t, Label)]
    assert any("方位未知" in text for text in texts(audit))


def three_point(vehicle, start):
    """Forward 6 m at full left lock, back 5 m at full right lock, forward 6 m."""
    bend = 1 / vehicle.rear_radius_m
    legs = [(6.0, bend, 1), (-5.0, -bend, -1), (6.0, bend, 1)]
    xy, heading = [np.asarray(start, float)], [0.0]
    for way, curvature, _ in legs:
        (to,), (turned,) = along(xy[-1][None], np.array([heading[-1]]), np.array([curvature]), np.array([way]))
        xy.append(to)
        heading.append(float(turned))
    return Drive(np.array(xy), np.array(heading), np.array([c for _, c, _ in legs] + [bend]), np.array([g for *_, g in legs] + [1]))


def test_turning_round_shows_reverse_apart_and_numbers_the_changes(tracked):
    vehicle = vehicles()["pump-8"]
    drive = three_point(vehicle, ORIGIN + (50.0, 40.0))
    trip = Trip("pump-8-W-T01", TripKind.TURNING, vehicle, "W", TargetKind.LANE, "L", (), drive, 9, 0.25, 0.0)
    turn = Turning("D9", "L", "W", TrackClass.PROVEN_PASS, 2, trip.trip_id, 5.0, tuple(drive.xy[0]))
    audit = of(tracked, trips=(*tracked.tracking[0].trips, trip), turnings=(turn,))
    it, told = chapter(audit)
    scene = turning(Figures(it.content), trip)
    k = scale_of(scene)
    ways = [(t.colour, shapely.LineString(t.coords).length / k) for t in scene.things if isinstance(t, Stroke) and t.weight == 1.1]
    assert [c for c, _ in ways] == ["#1d4e89", "#c26a00", "#1d4e89"]
    assert [m for _, m in ways] == pytest.approx([6.0, 5.0, 6.0], abs=0.02)
    assert {"①", "②"} <= {t.text for t in scene.things if isinstance(t, Label)}
    assert told.answer[3] == "尽端 1 处：1 处可调头（已证明）。"
    (gallery,) = [b for b in blocks(it) if isinstance(b, Gallery)]
    assert gallery.items[0][0] == "尽端 D9：换向 2 次，倒车 5.0 m"


def test_a_dead_end_is_told_by_the_entrance_that_does_best(tracked):
    (one,) = tracked.tracking[0].turnings
    better = replace(one, entrance_id="E2", found=TrackClass.PROVEN_PASS, manoeuvres=2)
    _, told = chapter(of(tracked, turnings=(one, better)))
    assert [t.entrance_id for t in told.turnings] == ["E2"]
    assert told.turned(told.turnings[0]) == "可调头，换向 2 次（已证明）"


def test_the_stuck_vehicle_is_drawn_to_scale(tracked):
    scene = stuck(Figures(Inspection(tracked).content), vehicles()["platform-12"], tuple(ORIGIN + (50.0, 0.0)), 0.3)
    (body,) = [shapely.Polygon(t.coords) for t in scene.things if isinstance(t, Stroke) and t.colour == "#1f2933" and len(t.coords) == 5]
    assert body.area / scale_of(scene) ** 2 == pytest.approx(12.0 * 2.5, rel=1e-6)


# ------------------------------------------------------------------------------------------ figures are safe


def test_what_is_there_is_rounded_down_and_what_is_needed_up():
    assert (at_least(3.9999, "—"), at_most(3.9001, "—")) == ("3.99", "3.91")
    assert (at_least(4.0, "—"), at_most(4.0, "—")) == ("4.00", "4.00")
    assert radius(9.04, 0.11, "—") == "9.0 ± 0.2"
    assert radius(np.nan, np.nan, "—") == "—"


def test_a_bend_that_is_not_proven_names_what_to_aim_at_and_is_no_failure(tracked):
    bends = tracked.tracking[0].bends.copy()
    bends["class"], bends["clear_width_m"], bends["margin_m"] = TrackClass.NOT_FOUND.value, 3.5, -0.4005
    (rows,) = [b for b in blocks(Inspection(of(tracked, bends=bends))) if isinstance(b, Rows) and "内缘半径 (m)" in b.heads]
    (row,) = rows.rows
    assert row[2:7] == ["9.0 ± 0.1", "3.50", "3.90", "−0.41", "公式不能证明，须看轨迹"]
    assert row[7] == "按同心弯道公式\n目标：内缘半径 ≥ 8.20 m，或净宽 ≥ 3.90 m"


# ------------------------------------------------------------------------------------------ editions


def test_pdf_has_the_chapter_in_both_languages(made):
    zh, en = (pdf_text(made / name) for name in ("a.pdf", "en.pdf"))
    for part in ("消防车行驶轨迹核算", "如何理解本章的结论", "水罐消防车（8米级）", "未找到路线的位置", "① 车身右前角越出 0.26 m", "尽端调头", "外侧前轮（路缘石至路缘石）"):
        assert part in zh, part
    assert "Line of least overrun (it explains, it judges nothing):" in en
    assert "outer front wheel (kerb to kerb)" in en
    assert not CJK.search(en[en.index("Vehicle tracking") : en.index("Not measured", en.index("Vehicle tracking"))])


def test_no_english_words_in_chinese_and_no_chinese_in_english(tracked):
    known = {"site", "toml", "vehicle", "json", "XLSX", "pump", "Transoft", "numba"}
    for text in texts(tracked):
        assert not set(re.findall("[A-Za-z]{4,}", text)) - known, text
    for text in texts(tracked, "en"):
        assert not CJK.search(text), text


def test_the_same_audit_gives_the_same_bytes(tracked, made, tmp_path):
    write_report(tracked, tmp_path / "b.pdf")
    assert (tmp_path / "b.pdf").read_bytes() == (made / "a.pdf").read_bytes()
    write_report(tracked, tmp_path / "b.docx")
    assert (tmp_path / "b.docx").read_bytes() == (made / "a.docx").read_bytes()


def test_docx_has_headings_tables_with_heads_and_the_drawing(plain, made, tmp_path):
    from docx import Document

    document = Document(made / "a.docx")
    headings = [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert {"消防车行驶轨迹核算", "水罐消防车（8米级）（pump-8）", "目标一览", "弯道与路口转角的宽度（按公式）"} <= set(headings)
    (table,) = [t for t in document.tables if t.rows[0].cells[0].text == "目标"]
    assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")
    write_report(plain, tmp_path / "plain.docx")
    assert len(document.inline_shapes) == len(Document(tmp_path / "plain.docx").inline_shapes) + 1


def test_xlsx_has_every_row_as_figures(tracked, made):
    book = openpyxl.load_workbook(made / "a.xlsx")
    one = tracked.tracking[0]
    rows = list(book["车辆可达目标"].iter_rows(values_only=True))
    head, first, second = rows[0], rows[1], rows[2]
    assert dict(zip(head, first, strict=True))["结论"] == "可通过（已证明）"
    assert dict(zip(head, first, strict=True))["最短路线 (m)"] == pytest.approx(one.trips[0].length_m)
    assert dict(zip(head, second, strict=True))["估计缺宽 (m)"] == 0.26
    assert dict(zip(head, second, strict=True))["已驶通"] == 0.4
    over = dict(zip(*list(book["车辆越界处"].iter_rows(values_only=True, max_row=2)), strict=True))
    assert (over["车辆部位"], over["越出深度 (m)"]) == ("车身右前角", 0.26)
    assert over["办法"] == "将内侧转角改为半径 9.0 米（改后同一路线经复核无越界）"
    bend = dict(zip(*list(book["弯道宽度"].iter_rows(values_only=True, max_row=2)), strict=True))
    assert (bend["净宽 (m)"], bend["公式宽度 (m)"], bend["结论"]) == (4, 3.9, "够宽（已证明）")
    assert any("不得判为不符合" in str(cell.value) for row in book["车辆可达目标"].iter_rows() for cell in row)
    english = openpyxl.load_workbook(made / "en.xlsx")
    for name in ("Vehicles", "Vehicle targets", "Overruns", "Turning round", "Bend widths"):
        assert not [c.value for row in english[name].iter_rows() for c in row if isinstance(c.value, str) and CJK.search(c.value)]


def test_long_tables_run_over_pages_with_their_heads(tracked, tmp_path):
    rows = [("W", "building", f"B{n}", TrackClass.PROVEN_PASS) for n in range(300)]
    bends = pd.concat([tracked.tracking[0].bends] * 90, ignore_index=True)[list(BEND_WIDTH_COLUMNS)]
    audit = of(tracked, targets=targets(*rows), trips=(), mends=(), bends=bends)
    write_report(audit, tmp_path / "a.pdf")
    whole = pdf_text(tmp_path / "a.pdf")
    pages = [page for page in whole.split("\f") if "可通过（已证明）" in page and "建筑 B" in page]
    assert len(pages) > 3
    assert all("最短路线" in page for page in pages)
    assert f"列出 {MOST_TARGETS} 处，共 300 处" in whole
    assert all("公式宽度" in page for page in whole.split("\f") if "B1-1 弯道" in page)
    write_report(audit, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert sum(str(row[3]).startswith("建筑 B") for row in book["车辆可达目标"].iter_rows(values_only=True)) == 300


def test_hostile_names_are_text(tracked, tmp_path):
    one = tracked.tracking[0]
    bad = replace(one.vehicle, id=HOSTILE, zh=HOSTILE, en=HOSTILE)
    trips = tuple(replace(t, vehicle=bad, conflicts=tuple(replace(c, owners=(HOSTILE,)) for c in t.conflicts)) for t in one.trips)
    table = one.targets.assign(entrance_id=HOSTILE, target_id=[HOSTILE, HOSTILE + "2"])
    bends = one.bends.assign(bend_id=HOSTILE, lane_id=HOSTILE, why_zh=HOSTILE)
    audit = of(
        tracked, vehicle=bad, trips=trips, targets=table, bends=bends, mends=(replace(one.mends[0], text_zh=HOSTILE),), notes=((HOSTILE, HOSTILE),),
        turnings=(replace(one.turnings[0], dead_end_id=HOSTILE, lane_id=HOSTILE),),
    )  # fmt: skip
    for name in ("a.pdf", "a.docx", "a.xlsx"):
        write_report(audit, tmp_path / name)
    told = pdf_text(tmp_path / "a.pdf")
    assert "=1+1<script>{{7*7}}&" in told
    assert "\u202e" not in told
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    found = [c for s in book for row in s.iter_rows() for c in row if isinstance(c.value, str) and c.value.startswith("=1+1")]
    assert found
    assert all(c.data_type == "s" and c.quotePrefix for c in found)
    with zipfile.ZipFile(tmp_path / "a.docx") as made:
        xml = made.read("word/document.xml").decode()
    assert "&lt;script&gt;" in xml
    assert "\x00" not in xml
