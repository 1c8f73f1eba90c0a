"""The workbook and the CSV: what they hold, and that hostile texts stay texts."""

from __future__ import annotations

import csv

import openpyxl
import pytest
from marking_scenes import scene, straight
from shapely import LineString, box

from firelane.errors import OutputError
from firelane.markings import plan_markings, write_quantities, write_setting_out

HOSTILE = ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", "\r=1", "<b>\x00\x07x", "长" * 40_000]


@pytest.fixture(scope="module")
def plan():
    return plan_markings(*straight())


@pytest.mark.parametrize(
    ("lang", "names", "first"),
    [
        (
            "zh",
            ["工程量汇总", "分车道工程量", "方框间距", "待确认参数", "说明"],
            "路面黄色单实线（线宽15厘米）",
        ),
        (
            "en",
            ["quantities", "by lane", "box spacing", "to be confirmed", "notes"],
            "edge line, 15 cm",
        ),
    ],
)
def test_sheets(plan, tmp_path, lang, names, first):
    path = tmp_path / "quantities.xlsx"
    write_quantities(plan, path, lang)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == names
    totals = list(book[names[0]].iter_rows(values_only=True))
    assert totals[1][0] == first
    assert totals[1][1] == pytest.approx(192.5)
    assert totals[1][2] == pytest.approx(28.875)
    assert totals[1][3] == 1
    proof = list(book[names[2]].iter_rows(values_only=True))[1:]
    assert [row[2] for row in proof] == pytest.approx([6, 26, 46, 66, 86, 100])
    parameters = list(book[names[3]].iter_rows(values_only=True))[1:]
    assert len(parameters) == len(plan.parameters)
    assert {row[3] for row in parameters} == {"待确认" if lang == "zh" else "to be confirmed"}


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
    plan = plan_markings(*scene([box(0, -3, 60, 3)], [lane], mouths=[mouth]))
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


def test_a_folder_that_is_not_there_is_told(plan, tmp_path):
    with pytest.raises(OutputError):
        write_quantities(plan, tmp_path / "none" / "q.xlsx")
    with pytest.raises(OutputError):
        write_setting_out(plan, tmp_path / "none" / "s.csv")
