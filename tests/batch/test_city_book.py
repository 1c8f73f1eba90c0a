"""The city's workbook: every site is in it, figures are those of the tables, nothing is taken for a formula."""

from __future__ import annotations

import json
import shutil

import openpyxl
import pytest
from city_shards import make_city
from hypothesis import given, settings
from hypothesis import strategies as st

from firelane.batch import city_book_sheets as sheets
from firelane.batch.city import write_city
from firelane.batch.city_book import write_book
from firelane.batch.city_book_sheets import Link, Sheet, write_sheets
from firelane.batch.model import Settings
from firelane.markings.spreadsheet import Column

SITES = 42
NAMES = ["概况", "排名", "按区", "按管理单位", "按条款", "未完成场地", "数据质量", "说明"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("city")
    made = make_city(out, SITES, 6)
    write_city(made.tasks, made.outcomes, out, settings=Settings(parts=("audit", "draw", "map", "report")), extras=False)
    write_book(out)
    return out


@pytest.fixture(scope="module")
def book(folder):
    return openpyxl.load_workbook(folder / "city.xlsx")


def rows(sheet):
    """Rows of a sheet as head → value, down to the first empty one."""
    lines = list(sheet.iter_rows(values_only=True))
    found = []
    for line in lines[1:]:
        if not any(v is not None for v in line):
            break
        found.append(dict(zip(lines[0], line, strict=True)))
    return found


def test_every_site_is_in_the_ranking_the_worst_first(folder, book):
    assert book.sheetnames == NAMES
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    found = rows(book["排名"])
    assert len(found) == SITES
    ranks = [r["排名"] for r in found if r["排名"] is not None]
    assert ranks == list(range(1, summary["totals"]["done"] + 1))
    assert found[0]["编号"] == summary["worst"][0]["site_id"]
    left = found[len(ranks):]
    assert {r["结论"] for r in left} == {"未能完成", "尚未处理"}
    assert len(left) == len(rows(book["未完成场地"])) == summary["totals"]["failed"] + summary["totals"]["not_run"] > 0


def test_totals_are_those_of_the_summary_and_count_every_site(folder, book):
    totals = json.loads((folder / "summary.json").read_text("utf-8"))["totals"]
    cells = list(book["概况"].iter_rows(min_row=2, values_only=True))
    verdicts = cells[1:7]
    assert sum(row[1] for row in verdicts) == cells[7][1] == totals["sites"] == SITES
    lengths = [row for row in cells if row[3] is not None and row[0] not in ("合计", "其中净宽已判定")]
    assert sum(row[3] for row in lengths) == pytest.approx(totals["lane_length_m"] / 1000)
    for name, key in (("按区", "district"), ("按管理单位", "manager")):
        groups = list(book[name].iter_rows(min_row=2, values_only=True))
        assert sum(row[1] for row in groups[:-1]) == groups[-1][1] == SITES, key
        assert sum(row[9] for row in groups[:-1]) == pytest.approx(groups[-1][9])


def test_articles_bear_their_text(book):
    found = {r["规定"]: r for r in rows(book["按条款"])}
    width = found["净宽度不小于4米"]
    assert (width["条款"], width["要求"]) == ("第十四条", "≥ 4 m")
    assert "净宽度" in width["条文"]
    assert width["合计"] == sum(width[k] for k in ("不符合", "无法判定", "未测量", "符合", "不适用"))


def test_links_lead_to_what_the_settings_asked_for(folder, book):
    sheet = book["排名"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    for head, file in (("地图", "map.html"), ("检查报告", "report.pdf"), ("标线图", "markings.dxf")):
        cells = [sheet.cell(n, heads[head]) for n in range(2, SITES + 2)]
        targets = [c.hyperlink.target for c in cells if c.hyperlink]
        done = sum(sheet.cell(n, heads["排名"]).value is not None for n in range(2, SITES + 2))
        assert len(targets) == done
        assert all(t.startswith("sites/") and t.endswith(file) for t in targets)
    again = folder.parent / "audit_only"
    again.mkdir()
    for name in ("summary.json", "sites.parquet"):
        shutil.copy(folder / name, again)
    summary = json.loads((again / "summary.json").read_text("utf-8"))
    summary["settings"]["parts"] = ["audit"]
    (again / "summary.json").write_text(json.dumps(summary), "utf-8")
    plain = openpyxl.load_workbook(write_book(again, "en"))["Ranking"]
    assert not [c for row in plain.iter_rows() for c in row if c.hyperlink]
    assert "map" not in [c.value for c in plain[1]]


def test_nothing_is_taken_for_a_formula(book):
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate)
                if isinstance(cell.value, str):
                    assert "\n" not in cell.value
                    assert cell.value.isprintable() or cell.value.replace("\u202e", "").isprintable()
    names = [r["场地"] for r in rows(book["排名"])]
    assert "=1+1" in names
    assert "@SUM(A1:A9)" in names


def test_it_reads_and_prints_well(book):
    for sheet in book:
        assert sheet.freeze_panes.endswith("2")
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert sheet.print_title_rows == "$1:$1"
        # The wording of the articles is too much for one page that can be read.
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1 + (sheet.title == "按条款"), 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert book["排名"].auto_filter.ref == f"A1:Y{SITES + 1}".replace("Y", book["排名"].auto_filter.ref.split(":")[1].rstrip("0123456789"))
    # The longest name of a district fits: Chinese takes two cells.
    widths = book["按区"].column_dimensions
    assert widths["A"].width >= 2 * len("和平区")


def test_widths_are_rounded_down_and_whole_numbers_have_no_decimals(tmp_path):
    path = tmp_path / "a.xlsx"
    write_sheets([Sheet("a", [Column("n", "#,##0.000")], [[3], [2.5]], [[7]])], path, title="t", page="{n}", more="m")
    sheet = openpyxl.load_workbook(path)["a"]
    assert [sheet.cell(n, 1).number_format for n in (2, 3, 4)] == ["#,##0", "#,##0.000", "#,##0"]


def test_a_table_longer_than_a_sheet_goes_on_in_the_next(tmp_path):
    path = tmp_path / "long.xlsx"
    table = Sheet("表", [Column("n"), Column("x", wrap=True)], ([n, "文"] for n in range(100)), [["合计", None]], ["完"])
    write_sheets([table], path, title="t", page="{n}", more="见 {name}", max_rows=85)  # 44 rows each
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["表", "表 2", "表 3"]
    numbers = [v for sheet in book for (v,) in sheet.iter_rows(min_row=2, max_col=1, values_only=True) if isinstance(v, int)]
    assert numbers == list(range(100))
    said = [[v for (v,) in sheet.iter_rows(max_col=1, values_only=True) if isinstance(v, str)] for sheet in book]
    assert said == [["n", "见 表 2"], ["n", "见 表 3"], ["n", "合计", "完"]]


def test_links_beyond_the_limit_tell_the_address(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_LINKS", 2)
    path = tmp_path / "links.xlsx"
    write_sheets([Sheet("a", [Column("n")], [[Link("图", f"sites/{n}")] for n in range(4)])], path, title="t", page="{n}", more="m")
    cells = [row[0] for row in openpyxl.load_workbook(path)["a"].iter_rows(min_row=2)]
    assert [c.value for c in cells] == ["图", "图", "sites/2", "sites/3"]
    assert [bool(c.hyperlink) for c in cells] == [True, True, False, False]


@settings(max_examples=25)
@given(st.lists(st.lists(st.one_of(st.none(), st.text(max_size=20), st.integers(-10**9, 10**9), st.booleans()), min_size=2, max_size=2), max_size=6))
def test_any_text_stays_itself_on_one_line(tmp_path_factory, told):
    path = tmp_path_factory.mktemp("any") / "any.xlsx"
    write_sheets([Sheet("a", [Column("=x"), Column("y")], told)], path, title="&P", page="{n}", more="")
    sheet = openpyxl.load_workbook(path)["a"]
    assert sheet.cell(1, 1).value == "=x"
    for n, row in enumerate(told, 2):
        for k, value in enumerate(row, 1):
            cell = sheet.cell(n, k)
            assert cell.data_type != "f"
            if isinstance(value, int) or (isinstance(value, str) and value.isprintable() and value.strip()):
                assert cell.value == value
            elif cell.value is not None:
                assert "\n" not in str(cell.value)


def test_an_empty_city_has_a_book(tmp_path):
    write_city([], {}, tmp_path, settings=Settings(), extras=False)
    book = openpyxl.load_workbook(write_book(tmp_path))
    assert book.sheetnames == NAMES
    assert rows(book["排名"]) == []
