"""Kinds of rows that are never shown together, areas with a list, orders from the least: in a real browser."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from chromium import PHONE
from crowd_scene import LAT, LON, block, opened

from firelane.webmap.crowd import AreaClass, Areas, Facet, Number, Status, findings_map, findings_page

STATUSES = [
    Status("bad", "不符合", "#b2182b", 0, "✕"), Status("good", "符合", "#2166ac", 2, "✓"), Status("none", "未能检查", "#1d2329", 1, "!"),
    Status("f_bad", "不符合", "#b2182b", 0, "✕"), Status("f_no", "未测量", "#6b5b95", 1, "○", shown=False),
]  # fmt: skip
FACETS = [Facet("kind", "显示"), Facet("district", "区"), Facet("article", "条款"), Facet("site", "小区")]
NUMBERS = [
    Number("rank", "排名", least_first=True), Number("gravity", "严重程度", least_first=True, told=False), Number("width", "净宽", "m", 3, least_first=True),
]  # fmt: skip
SWITCHED = {
    "statuses": STATUSES, "facets": FACETS, "numbers": NUMBERS, "title": "全市", "switch": "kind", "related": "site",
    "order": ("rank", "gravity"), "preset": {"kind": "小区"}, "link_label": "打开该小区的地图",
}  # fmt: skip


def rows():
    """Four sites in two areas, one without a place; five violations of two of them. The violations stand first in the table."""
    sites = pd.DataFrame({
        "kind": "小区", "status": ["bad", "bad", "good", "none"], "ident": list("ABCD"), "title": ["甲", "乙", "丙", "丁"], "site": ["甲", "乙", "丙", "丁"],
        "lon": [LON, LON + 0.01, LON + 0.05, np.nan], "lat": [LAT, LAT, LAT, np.nan], "district": ["东", "东", "西", "西"], "article": "",
        "rank": [2, 1, 3, np.nan], "width": [3.0, 2.5, 4.2, np.nan], "link": "sites/a/map.html",
    })  # fmt: skip
    found = pd.DataFrame({
        "kind": "问题", "status": ["f_bad", "f_bad", "f_no", "f_bad", "f_bad"], "ident": [f"F{n}" for n in range(5)], "title": "净宽", "site": ["甲"] * 4 + ["乙"],
        "lon": LON + 0.0005 * np.arange(5), "lat": LAT, "district": "东", "article": ["十", "十", "九", "九", "九"], "gravity": [5, 4, 3, 2, 1],
    })  # fmt: skip
    return pd.concat([found, sites], ignore_index=True).fillna({"link": ""})


def areas(**more):
    table = gpd.GeoDataFrame(
        {
            "name": ["没有数据", "东区", "西区"], "value": [np.nan, 40.0, 5.0], "told": ["", "40.1%", "5%"], "sub": ["无", "2 个小区", "1 个小区"],
            "facts": [None, (("小区数", "2"),), ()],
        },
        geometry=[shapely.box(LON - 0.1, LAT - 0.01, LON - 0.02, LAT + 0.01), shapely.box(LON - 0.02, LAT - 0.01, LON + 0.03, LAT + 0.01),
                  shapely.box(LON + 0.03, LAT - 0.01, LON + 0.08, LAT + 0.01)], crs=4326,
    )  # fmt: skip
    return Areas(table, "不符合占比", [AreaClass(0, "<10%", "#fdd49e"), AreaClass(10, "≥10%", "#e34a33")], "%", listed="各区", none="没有已测车道", **more)


def placed():
    """Return the rows with their areas; the first of the areas is one without a figure."""
    return rows().assign(area=[1, 1, 1, 1, 1, 1, 1, 2, -1])


def order(tab):
    return tab.evaluate("() => [...firelane.page.list].map((i) => firelane.rows.text('ident', i))")


def test_one_kind_at_a_time_with_its_own_filters_orders_and_legend(browser, tmp_path):
    findings_map(rows(), tmp_path / "a.html", **SWITCHED)
    with opened(browser, tmp_path / "a.html") as tab:
        assert tab.locator(".kindtab").all_inner_texts() == ["小区 4", "问题 5"], "the preset kind stands first"
        assert order(tab) == ["B", "A", "C", "D"], "by rank, the least first, what has none last"
        assert tab.locator(".chip:visible .chip-text").all_inner_texts() == ["不符合 2", "符合 1", "未能检查 1"]
        assert tab.locator(".chip.choose:visible").all_inner_texts() == ["区"], "no articles, and every site is its own"
        assert tab.locator(".rules option").all_inner_texts() == ["按状态排序", "按到图中心的距离排序", "按排名排序", "按净宽排序"]
        assert tab.locator(".mini-legend li").all_inner_texts()[1:] != []
        tab.locator(".rules").select_option(label="按净宽排序")
        assert order(tab) == ["B", "A", "C", "D"]
        tab.locator(".chip.choose", has_text="区").first.click()
        tab.locator(".value", has_text="东").click()
        assert order(tab) == ["B", "A"]
        tab.locator(".kindtab", has_text="问题").click()
        assert order(tab) == ["F4", "F3", "F1", "F0"], "the district holds; what was not measured is asked for"
        assert tab.locator(".chip:visible .chip-text").all_inner_texts() == ["不符合 4", "未测量 1"]
        assert [t.split("：")[0] for t in tab.locator(".chip.choose:visible").all_inner_texts()] == ["条款", "小区"]
        tab.locator(".chip.choose", has_text="条款").click()
        tab.locator(".value", has_text="十").click()
        assert order(tab) == ["F1", "F0"]
        tab.locator(".kindtab", has_text="小区").click()
        assert order(tab) == ["B", "A"], "a filter that sites do not have is lifted"
        tab.locator(".tool", has_text="清除筛选").click()
        assert order(tab) == ["B", "A", "C", "D"]
        assert tab.locator(".tool", has_text="清除筛选").is_hidden(), "nothing was chosen"


def test_the_card_leads_to_what_belongs_together(browser, tmp_path):
    findings_map(rows(), tmp_path / "a.html", **SWITCHED)
    with opened(browser, tmp_path / "a.html") as tab:
        tab.locator(".row", has_text="甲").click()
        assert tab.locator(".view-card a").inner_text() == "打开该小区的地图"
        assert "显示" not in tab.locator(".view-card dt").all_inner_texts()
        tab.locator(".leads", has_text="问题 3").click()
        assert order(tab) == ["F3", "F1", "F0"]
        tab.locator(".row").first.click()
        assert "严重程度" not in tab.locator(".view-card dt").all_inner_texts(), "an order alone is not told"
        tab.locator(".leads", has_text="小区 1").click()
        assert tab.locator(".ident").first.inner_text() == "A"
        assert tab.locator(".kindtab[aria-pressed=true]").evaluate("node => node.textContent") == "小区 4"
    with opened(browser, tmp_path / "a.html", fragment="#F4") as tab:
        assert tab.locator(".ident").first.inner_text() == "F4"
        tab.locator(".back").click()
        assert order(tab) == ["F4", "F3", "F1", "F0"], "the kind of the row that a link names"


@pytest.mark.parametrize("device", [None, PHONE], ids=["desktop", "phone"])
def test_areas_are_listed_the_greatest_first_and_sift(browser, tmp_path, device):
    findings_map(placed(), tmp_path / "a.html", areas=areas(), **SWITCHED)
    with opened(browser, tmp_path / "a.html", **({"device": device} if device else {})) as tab:
        assert tab.locator(".view-areas").is_visible(), "what is worst is seen at once"
        assert tab.locator(".areas-row .rowtitle").all_inner_texts() == ["东区", "西区", "没有数据"]
        assert tab.locator(".areafigure").all_inner_texts() == ["40.1%", "5%", "没有已测车道"]
        assert tab.locator(".cluster").count() == 0, "the areas alone"
        assert sorted(tab.locator(".label-name").all_inner_texts()) == ["东区 40.1%", "没有数据", "西区 5%"]
        assert "没有已测车道" in tab.locator(".view-about").evaluate("node => node.textContent")
        tab.locator(".areas-row").first.click()
        assert tab.locator(".view-card dt").all_inner_texts() == ["不符合占比", "分级", "小区数"]
        assert tab.evaluate("() => firelane.drawing.glow.getLayers().length") == 1
        tab.locator(".only-area").click()
        assert order(tab) == ["B", "A"]
        assert tab.locator(".here-chip").inner_text() == "东区：2 项 ×"
        tab.locator(".kindtab", has_text="问题").click()
        assert order(tab) == ["F4", "F3", "F1", "F0"], "the area holds for both kinds"
        tab.locator(".here-chip").click()
        tab.locator(".kindtab", has_text="小区").click()
        assert order(tab) == ["B", "A", "C", "D"]
        assert sum(g["n"] for g in tab.evaluate("() => firelane.drawing.groups.map((g) => ({n: g.n}))")) > 0


def test_an_area_without_a_figure_is_hatched_and_one_without_a_shape_moves_no_row():
    table = areas().table
    table.loc[0, "geometry"] = None
    header, columns = block(findings_page(placed(), areas=Areas(table, "占比", [AreaClass(0, "a", "#fdd49e")]), **SWITCHED))
    assert [item[1] for item in header["areas"]["items"]] == ["东区", "西区"]
    idents = [header["dictionaries"]["ident"][c] for c in np.cumsum(columns["ident"])]
    assert dict(zip(idents, np.cumsum(columns["area"]).tolist(), strict=True)) == {
        **{f"F{n}": 0 for n in range(5)}, "A": 0, "B": 0, "C": 1, "D": -1,
    }  # fmt: skip


def test_what_does_not_fit_is_told():
    with pytest.raises(ValueError, match="no filter or number"):
        findings_page(rows(), **{**SWITCHED, "switch": "gravity"})
    with pytest.raises(ValueError, match="no filter or number"):
        findings_page(rows(), **{**SWITCHED, "order": ("kind",)})
    with pytest.raises(ValueError, match="no area 3"):
        findings_page(rows().assign(area=3), areas=areas(), **SWITCHED)


def test_no_rows_at_all_open(browser, tmp_path):
    findings_map(rows().head(0), tmp_path / "a.html", areas=areas(named=False), **{**SWITCHED, "preset": {}})
    with opened(browser, tmp_path / "a.html") as tab:
        tab.get_by_role("tab", name="列表").click()
        assert tab.locator(".count").first.inner_text() == "没有可显示的项目"
        assert tab.locator(".label-name").count() == 0, "areas without names on the map"
