"""Charts of a city: figures worked out by hand, axes from zero, every site counted, the same bytes every time."""

from __future__ import annotations

import city_tables
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image
from test_city_map_parts import finding, site, tables, undone

from firelane.batch import city_charts
from firelane.batch import city_charts_figures as figures
from firelane.batch.city_charts import write_charts
from firelane.batch.city_map_tables import read_sites

NAMES = ["sites_by_district", "lane_length_by_district", "articles", "least_clear_width", "worst_sites", "quality"]


def values(chart):
    return {part.label: list(part.values) for part in chart.parts}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("charts")
    sites = city_tables.sites(120)
    city_tables.write(folder, sites, city_tables.findings(sites, 2000))
    return folder, write_charts(folder, "zh")


def test_pictures_and_one_pdf_with_a_page_for_each(drawn):
    folder, files = drawn
    assert files == [*(folder / "charts" / f"{name}.png" for name in NAMES), folder / "city_charts.pdf"]
    for path in files[:-1]:
        with Image.open(path) as picture:
            assert picture.size == pytest.approx((1403, 992), abs=2)
            assert len(np.unique(np.asarray(picture.convert("L")))) > 5, "something is drawn"
    assert files[-1].read_bytes().count(b"/Type /Page\n") + files[-1].read_bytes().count(b"/Type /Page ") == 6


def test_the_same_tables_give_the_same_bytes(drawn, tmp_path):
    folder, files = drawn
    for name in ("sites.parquet", "findings.parquet"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert [path.read_bytes() for path in write_charts(tmp_path, "zh")] == [path.read_bytes() for path in files]


def test_every_site_is_in_the_bars_of_its_district(tmp_path):
    rows = [
        site("A", district="甲"), site("B", district="乙"), site("C", district="乙", verdict="pass"), undone("D", district="乙"),
        undone("E", "not_run", district="乙"), undone("F"), site("G", district="乙"),
    ]  # fmt: skip
    chart = figures.of_sites(read_sites(tables(tmp_path, rows)), "zh")
    assert chart.rows == ["乙", "甲", "（未注明）"], "the most failing sites first"
    assert values(chart) == {"不符合": [2, 1, 0], "符合": [1, 0, 0], "未能完成": [1, 0, 1], "尚未处理": [1, 0, 0]}
    assert chart.ends == ["不符合 2 / 共 5", "不符合 1 / 共 1", "不符合 0 / 共 1"]
    assert "共 7 个场地，其中未能完成 2 个、尚未处理 1 个" in chart.remark


def test_more_districts_than_bars_become_one_bar_and_none_is_lost(tmp_path):
    rows = [site(f"S{n}", district=f"区{n:02d}") for n in range(30)]
    chart = figures.of_sites(read_sites(tables(tmp_path, rows)), "zh")
    assert len(chart.rows) == figures.MOST_BARS
    assert chart.rows[-1] == "其余 11 个区"
    assert sum(values(chart)["不符合"]) == 30


def test_lengths_are_those_of_the_table(tmp_path):
    rows = [
        site("A", district="甲"), site("B", district="甲", length_fail_m=0.0, length_pass_m=0.0, length_not_measured_m=500.0),
        site("C", district="乙", length_fail_m=0.0, length_pass_m=0.0, length_not_measured_m=70.0), undone("D", district="乙"),
    ]  # fmt: skip
    chart = figures.of_lanes(read_sites(tables(tmp_path, rows)), "zh")
    assert values(chart) == {"不符合车道": [0.1, 0.0], "未测量车道": [0.5, 0.07], "符合车道": [0.9, 0.0]}
    assert chart.ends == ["不符合 10%", "没有已测车道"]
    assert "1 个场地车道长度不明" in chart.remark


def test_a_width_at_the_limit_stands_on_its_right(tmp_path):
    widths = {"A": 4.0, "B": 3.9999999, "C": 3.99, "D": 0.0, "E": 12.0, "F": None}
    rows = [site(k, min_clear_width_m=w, min_width_verdict="pass" if (w or 0) > 3.999 else "fail") for k, w in widths.items()]
    chart = figures.of_widths(read_sites(tables(tmp_path, [*rows, undone("G")])), 4.0, "zh")
    edges = np.asarray(chart.edges_m)
    assert edges[0] == 0.0
    assert 4.0 in edges
    counted = {label: {float(edges[n]): v for n, v in enumerate(found) if v} for label, found in values(chart).items()}
    assert counted == {"不符合": {0.0: 1, 3.75: 1}, "符合": {4.0: 2, 8.0: 1}}
    assert "5 个场地测得最小净宽，其中 2 个小于 4 m。另有 1 个场地没有测得净宽，1 个未能完成" in chart.remark


def test_the_worst_are_those_that_fail_in_the_order_of_the_ranking(tmp_path):
    rows = [site(f"S{n:02d}", rank=float(30 - n), name="同名") for n in range(25)] + [site("P", verdict="pass", rank=1.0), undone("X")]
    chart = figures.of_worst(read_sites(tables(tmp_path, rows)), "zh")
    assert [row.split("  ")[0] for row in chart.rows] == [str(n) for n in range(6, 26)]
    assert chart.rows[0] == "6  同名（S24）"
    assert chart.ends[0] == "100 m（10%）"
    assert "共 25 个场地不符合" in chart.remark


def test_quality_counts_those_without_a_mark_as_well(tmp_path):
    rows = [site("A", quality="A"), site("B", quality="C", quality_reasons="undated;no_obstructions"), undone("C"), undone("D", "not_run")]
    marks, reasons = figures.of_quality(read_sites(tables(tmp_path, rows)), "zh")
    assert marks.ends == ["1（25%）", "0（0%）", "1（25%）", "0（0%）", "0（0%）", "1（25%）", "1（25%）"]
    assert list(zip(reasons.rows, reasons.ends, strict=True)) == [("未调查障碍物", "1"), ("未说明测量日期", "1")]


def test_axes_begin_at_zero_and_ends_of_bars_stay_inside(tmp_path, monkeypatch):
    sheets = []
    monkeypatch.setattr(city_charts._Pen, "page", _recording(city_charts._Pen.page, sheets))
    sites = city_tables.sites(50).assign(district=lambda f: f["district"] + "很长的名称" * 12, name="=1+1 $x$ <b>\x01\U0001f692" * 9)
    write_charts(city_tables.write(tmp_path, sites, city_tables.findings(sites, 500)), "en")
    for sheet in sheets:
        sheet.canvas.draw()
        frame = sheet.bbox
        for axes in sheet.axes:
            assert axes.get_xlim()[0] == 0
            if not axes.yaxis_inverted():
                assert axes.get_ylim()[0] == 0
            for text in (*axes.texts, *axes.get_yticklabels(), *sheet.texts):
                box = text.get_window_extent()
                assert box.x0 >= frame.x0 - 1, text.get_text()
                assert box.x1 <= frame.x1 + 1, text.get_text()


def _recording(draw, sheets):
    def page(self, sheet, charts):
        draw(self, sheet, charts)
        assert isinstance(sheet, Figure)
        sheets.append(sheet)

    return page


def test_a_city_without_anything_is_drawn(tmp_path):
    rows = pd.DataFrame([undone("A"), undone("B", "not_run")])
    assert len(write_charts(tables(tmp_path, rows), "zh")) == 7


def test_articles_that_nobody_broke_are_none(tmp_path):
    chart = figures.of_articles(tables(tmp_path, [site("A")], [finding("1", verdict="pass", value=5.0)]), "zh")
    assert list(chart.rows) == []
    assert chart.parts == []
