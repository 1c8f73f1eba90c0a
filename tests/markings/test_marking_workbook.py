"""The workbook and the CSV: what they hold, and that hostile texts stay texts."""

from __future__ import annotations

import csv
import dataclasses
import html
import math
import zipfile

import openpyxl
import pandas as pd
import pytest
from marking_scenes import ORIGIN, scene, straight
from shapely import LineString, box
from site_scenes import layer

from firelane.errors import OutputError
from firelane.markings import plan_markings, write_quantities, write_setting_out
from firelane.vocabulary import MarkKind

HOSTILE = ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", "\r=1", "<b>\x00\x07x", "长" * 40_000]


ZH = ["工程量清单", "分车道工程量", "材料采购", "方框间距", "字样面积", "清除现有标线", "警示牌", "待确认参数",
      "材料用量依据", "每㎡用量", "说明"]  # fmt: skip
EN = ["bill", "by lane", "materials", "box spacing", "lettering", "existing paint", "warning boards", "to be confirmed",
      "rates", "per ㎡", "notes"]  # fmt: skip


def told(materials, **more):
    site, network = straight(**more)
    return plan_markings(dataclasses.replace(site, config=dataclasses.replace(site.config, materials=materials)), network)


def written(plan, tmp_path, lang="zh"):
    """Return name of a sheet -> its rows, the head first, up to the empty row before the remarks."""
    write_quantities(plan, tmp_path / "q.xlsx", lang)
    book = openpyxl.load_workbook(tmp_path / "q.xlsx")
    return book, {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


@pytest.fixture(scope="module")
def plan():
    return plan_markings(*straight())


@pytest.mark.parametrize(
    ("lang", "names", "first", "status"),
    [("zh", ZH, "路面黄色单实线（线宽15厘米）", "待确认"), ("en", EN, "edge line, 15 cm", "to be confirmed")],
)
def test_sheets(plan, tmp_path, lang, names, first, status):
    book, sheets = written(plan, tmp_path, lang)
    assert book.sheetnames == names
    bill = sheets[names[0]]
    assert bill[1][:3] == ("FL-101", first, "㎡")
    assert bill[1][3:6] == pytest.approx((192.5, 28.875, 1))
    assert bill[1][7] == pytest.approx(28.875 * 1.8 * 2 * 1.075, abs=1e-3)
    assert [row[2] for row in sheets[names[3]][1:]] == pytest.approx([6, 26, 46, 66, 86, 100])
    assert {row[4] for row in sheets[names[3]][2:]} == {"是" if lang == "zh" else "yes"}
    assert len(sheets[names[7]]) == len(plan.parameters) + 1
    assert {row[3] for row in sheets[names[7]][1:]} == {status}
    assert all(("拟定" if lang == "zh" else "proposed") in row[4] for row in sheets[names[7]][1:])
    assert {row[4] for row in sheets[names[8]][1:]} == {status}
    assert all(row[5] for row in sheets[names[8]][1:])  # every rate says where it comes from
    assert len(sheets[names[9]]) == len(MarkKind) + 1


def test_the_total_is_the_sum_of_the_paint(plan, tmp_path):
    _, sheets = written(plan, tmp_path)
    rows = sheets["工程量清单"]
    total = next(row for row in rows if row[1] and row[1].startswith("合计"))
    assert total[4] == pytest.approx(plan.quantities.area_m2.sum())
    assert total[7] == pytest.approx(sum(row[7] for row in rows[1:] if row[0] and row[7]))
    lanes = sheets["分车道工程量"]
    assert sum(row[5] for row in lanes[1:] if row[5]) == pytest.approx(total[4])
    assert any(row[0] and "未调查" in row[0] for row in rows)  # existing paint: not known, not none


def test_no_prices_no_columns_of_money(plan, tmp_path):
    _, sheets = written(plan, tmp_path)
    heads = [head for rows in sheets.values() for head in rows[0]]
    assert not [head for head in heads if head and ("价" in head or "元" in head)]


def test_prices_and_what_has_none(tmp_path):
    plan = told({"currency": "万元", "prices": {"edge_line": 45.0, "warning_board": 380.0}})
    _, sheets = written(plan, tmp_path)
    head, *rows = sheets["工程量清单"]
    cost = head.index("合价（万元）")
    by_code = {row[0]: row for row in rows if row[0] and row[0].startswith("FL-")}
    assert by_code["FL-101"][cost] == pytest.approx(28.875 * 45, abs=1e-3)
    assert by_code["FL-401"][cost] == 760
    assert by_code["FL-201"][cost] == "未报价"
    total = next(row for row in rows if row[1] and row[1].startswith("合计"))
    assert total[cost] == pytest.approx(28.875 * 45 + 760, abs=1e-3)
    assert any(row[0] == "有 5 个项目未报价，未计入合价。" for row in rows)


def test_materials_to_buy_in_whole_packs(tmp_path):
    plan = told({"prices": {"thermoplastic": 6.0}})
    _, sheets = written(plan, tmp_path, "en")
    row = next(row for row in sheets["materials"] if row[0] == "hot-melt thermoplastic, yellow")
    needed = plan.quantities.area_m2.sum() * 3.87
    assert row[1] == pytest.approx(needed)
    assert row[4] == math.ceil(needed / 25)
    assert row[6] == row[4] * 25
    assert row[8] == row[6] * 6.0


def test_lettering_with_and_without_bridges(plan, tmp_path):
    _, sheets = written(plan, tmp_path)
    rows = {row[0]: row for row in sheets["字样面积"][1:] if row[0]}
    box = rows["FL-BOX-2800x2100"]
    assert box[1] == 4
    assert box[5] == pytest.approx(4 * box[2])
    text_m2 = plan.quantities.set_index("kind").area_m2
    assert rows["合计"][5] == pytest.approx(text_m2["box_text"] + text_m2["grid_text"], abs=1e-4)
    bridged = plan_markings(*straight(marking={"stencil_bridges": True}))
    _, sheets = written(bridged, tmp_path)
    rows = {row[0]: row for row in sheets["字样面积"][1:] if row[0]}
    text_m2 = bridged.quantities.set_index("kind").area_m2
    assert rows["合计"][6] == pytest.approx(text_m2["box_text"] + text_m2["grid_text"], abs=1e-4)
    assert rows["合计"][6] < rows["合计"][5]


def test_paint_to_remove_and_boards(tmp_path):
    site, network = straight()
    rows = [(LineString([(10, 2.0), (50, 2.0)]), {"kind": "edge_line", "id": "OLD"})]
    plan = plan_markings(dataclasses.replace(site, layers={**site.layers, "markings": layer("markings", rows)}), network)
    _, sheets = written(plan, tmp_path)
    assert sheets["清除现有标线"][1] == ("OLD", "路面黄色单实线", "L1", pytest.approx(40), pytest.approx(6), "与设计位置不符", "是")
    board = sheets["警示牌"][1]
    assert board[:2] == ("BOARD-E1-L", "E1")
    assert board[2:4] == pytest.approx((ORIGIN[1] + 3.8, ORIGIN[0]))
    assert board[4] == pytest.approx(270)  # a face that looks west
    none = plan_markings(*straight(marking={"warning_boards": False}))
    _, sheets = written(none, tmp_path)
    assert [row[0] for row in sheets["警示牌"][1:]][1] == "没有需要增设的警示牌。"


def test_rates_of_the_site_are_told_from_those_to_be_confirmed(tmp_path):
    plan = told({"rates": {"beads_kg_m2": 0.4, "grid_lines": {"primer_kg_m2": 0.2}}, "packs": {"primer": 15}})
    _, sheets = written(plan, tmp_path)
    given = {(row[6], row[1]): row for row in sheets["材料用量依据"][1:] if row[4] == "用户给定"}
    assert set(given) == {("beads_kg_m2", "全部"), ("primer_kg_m2", "网状线内部网格线（10厘米）"), ("primer", "全部")}
    assert given["beads_kg_m2", "全部"][2] == 0.4


def test_it_prints_on_a4_landscape_with_its_heads(plan, tmp_path):
    write_quantities(plan, tmp_path / "q.xlsx")
    for sheet in openpyxl.load_workbook(tmp_path / "q.xlsx"):
        assert sheet.page_setup.orientation == "landscape"
        assert int(sheet.page_setup.paperSize) == 9
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.freeze_panes == "A2"
        assert "消防车通道标线工程量" in sheet.oddHeader.left.text
        assert sheet.oddHeader.right.text == sheet.title
        assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"


def test_a_sites_name_is_no_code_of_the_printed_head(tmp_path):
    site, network = straight()
    plan = plan_markings(dataclasses.replace(site, name='A&B &"Arial"&D\x00' + "长" * 300), network)
    write_quantities(plan, tmp_path / "q.xlsx")
    with zipfile.ZipFile(tmp_path / "q.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    head = html.unescape(sheet.split("<oddHeader>")[1].split("</oddHeader>")[0])
    assert head.startswith('&LA&&B &&"Arial"&&D长长')
    assert len(head) <= 255


def test_a_plan_made_by_hand_has_a_bill_too(plan, tmp_path):
    _, sheets = written(dataclasses.replace(plan, bill=None, dims=None), tmp_path)
    assert sheets["工程量清单"][1][0] == "FL-101"


def test_nothing_to_paint(tmp_path):
    _, sheets = written(plan_markings(*scene([box(0, -3, 100, 3)], [])), tmp_path)
    assert [row for row in sheets["工程量清单"][1:] if row[1]] == []


def test_the_same_plan_gives_the_same_content(plan, tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_quantities(plan, tmp_path / name)
    one, two = (
        [
            [c.value for c in row]
            for sheet in openpyxl.load_workbook(tmp_path / n)
            for row in sheet.iter_rows()
        ]
        for n in ("a.xlsx", "b.xlsx")
    )
    assert one == two


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(tmp_path, text):
    lane = (text, LineString([(0, 0), (60, 0)]), "mouth", "tip", "m", "t")
    mouth = ("E", LineString([(0, 3), (0, -3)]), (1, 0), text)
    site, network = scene([box(0, -3, 60, 3)], [lane], mouths=[mouth])
    old = layer("markings", [(LineString([(10, 2), (50, 2)]), {"kind": "edge_line", "id": text})])
    code = {"codes": {"edge_line": text}} if text.isprintable() and len(text) < 60 else {}
    config = dataclasses.replace(site.config, materials=code)
    site = dataclasses.replace(site, name=text, layers={**site.layers, "markings": old}, config=config)
    plan = plan_markings(site, network)
    write_quantities(plan, tmp_path / "q.xlsx")
    write_setting_out(plan, tmp_path / "s.csv")
    for sheet in openpyxl.load_workbook(tmp_path / "q.xlsx"):
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
    with (tmp_path / "s.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert not any(row["lane_id"].startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows)


def test_the_csv_is_for_a_total_station_and_a_spreadsheet(plan, tmp_path):
    path = tmp_path / "setting_out.csv"
    write_setting_out(plan, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(plan.setting_out.columns)
    assert len(rows) == len(plan.setting_out)
    box_row = next(r for r in rows if r["mark_id"] == "BOX-L1-01")
    assert box_row["x_north_m"].split(".")[1] in {"400", "600"}
    assert len(box_row["lon"].split(".")[1]) == 8
    assert float(box_row["offset_m"]) in {-1.4, 1.4}  # a negative number is a number, not a text
    before = path.read_bytes()
    write_setting_out(plan, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mark_id", ["A\nB", "A\r\nB", "A\rB", "\n=1+1", "A\x0b\x0c\x1c\x85\u2028\u2029B", "A\tB", "A\ud800B", "\x00"])
def test_every_point_is_one_line_of_the_csv(plan, tmp_path, mark_id):
    points = plan.setting_out.assign(mark_id=pd.Series([mark_id] * len(plan.setting_out), dtype=object))
    write_setting_out(dataclasses.replace(plan, setting_out=points), tmp_path / "s.csv")
    text = (tmp_path / "s.csv").read_bytes().decode("utf-8-sig")
    lines = text.splitlines()  # at every control character that any reader takes for a line's end
    assert len(lines) == len(points) + 1
    assert '"' not in text
    assert {len(line.split(",")) for line in lines} == {len(points.columns)}
    assert text.replace("\r\n", "").isprintable()
    told = {row["mark_id"] for row in csv.DictReader(lines)}
    assert len(told) == 1
    assert not told.pop().startswith("=")


def test_a_folder_that_is_not_there_is_told(plan, tmp_path):
    with pytest.raises(OutputError):
        write_quantities(plan, tmp_path / "none" / "q.xlsx")
    with pytest.raises(OutputError):
        write_setting_out(plan, tmp_path / "none" / "s.csv")
