"""The map of a city in a real browser: offline, quiet, harmless, with every site of the tables and no other."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import city_tables
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from firelane.batch.city_map import write_map

sys.path.append(str(Path(__file__).parents[1] / "webmap"))

from chromium import PHONE
from crowd_scene import counted, opened
from webmap_hostile import PAYLOADS


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Tables of 150 sites, folders for two thirds of them, a file of districts; map in Chinese."""
    folder = tmp_path_factory.mktemp("city")
    sites = city_tables.sites(150)
    city_tables.write(folder, sites, city_tables.findings(sites, 3000))
    for ident in sites["site_id"][::3].tolist() + sites["site_id"][1::3].tolist():
        place = folder / "sites" / ident
        place.mkdir(parents=True)
        (place / "map.html").write_text("<title>its own map</title>")
    districts = city_tables.district_file(folder / "districts.gpkg")
    write_map(folder, "zh", districts)
    return folder, sites.set_index("site_id", drop=False)


def listed(tab):
    return tab.evaluate("() => [...firelane.page.list].map((i) => firelane.rows.text('ident', i))")


@pytest.mark.parametrize("device", [None, PHONE], ids=["desktop", "phone"])
def test_the_worst_districts_are_seen_at_once(browser, city, device):
    folder, sites = city
    with opened(browser, folder / "city_map.html", **({"device": device} if device else {})) as tab:
        done = sites[sites["status"] == "done"].groupby("district")
        measured = done[["length_fail_m", "length_indeterminate_m", "length_pass_m"]].sum()
        share = (measured["length_fail_m"] / measured.sum(axis=1)).sort_values(ascending=False)
        assert tab.locator(".areas-row .rowtitle").all_inner_texts()[: len(share)] == share.index.tolist()
        figures = tab.locator(".areafigure").all_inner_texts()
        assert [float(f.rstrip("%")) for f in figures[: len(share)]] == pytest.approx((100 * share).tolist(), abs=0.1)
        assert figures[-1] == "没有已测车道"
        head = tab.locator(".headlines p").first.inner_text()
        assert head.startswith("150 个场地：")
        assert sum(map(int, re.findall(r"\d+", head)[1:])) == 150, "every site is in the first line"
        assert f"未能完成 {(sites['status'] == 'failed').sum()}" in head


def test_sites_far_apart_are_seen_although_their_cells_are_specks(browser, tmp_path):
    table = city_tables.sites(12)
    placed = table["lon"].notna()
    far = placed & (placed.cumsum() == 1)
    table.loc[far, ["lon", "lat"]] = [-71.1, 42.4]
    city_tables.write(tmp_path, table, city_tables.findings(table, 40))
    write_map(tmp_path, "zh")
    with opened(browser, tmp_path / "city_map.html") as tab:
        shown = "() => firelane.drawing.groups.reduce((sum, group) => sum + group.n, 0)"
        assert tab.evaluate(shown) == placed.sum()
        tab.evaluate("() => firelane.drawing.map.setView([41.8, 123.4], 12, { animate: false })")
        assert tab.evaluate(shown) == 0, "near by, the areas stand alone"


BOXES = """(look) => {
  const frame = firelane.map.getContainer().getBoundingClientRect();
  return [...document.querySelectorAll(look)].map((node) => {
    const b = node.getBoundingClientRect();
    return [node.textContent, b.left - frame.left, b.top - frame.top, b.right - frame.left, b.bottom - frame.top];
  }).filter((box) => box[3] > box[1]);
}"""


def overlapping(boxes, others, slack=3):
    return [(a[0], b[0]) for a in boxes for b in others if a is not b and a[1] + slack < b[3] and b[1] + slack < a[3] and a[2] + slack < b[4] and b[2] + slack < a[4]]


@pytest.mark.parametrize("device", [None, PHONE], ids=["desktop", "phone"])
def test_districts_have_their_names_on_the_map_without_a_file_of_them(browser, tmp_path, device):
    sites = city_tables.sites(400)
    sites["lon"] = sites["lon"].where(sites.index != 0, 125.9)
    city_tables.write(tmp_path, sites, city_tables.findings(sites, 900))
    with opened(browser, write_map(tmp_path, "zh"), **({"device": device} if device else {})) as tab:
        names = tab.evaluate(BOXES, ".label-place")
        assert sorted(name for name, *_ in names) == sorted(city_tables.DISTRICTS)
        tab.get_by_role("tab", name="列表").click()
        names = tab.evaluate(BOXES, ".label-place")
        assert names, "clusters do not crowd them all out"
        for others in (names, tab.evaluate(BOXES, ".cluster"), tab.evaluate(BOXES, ".leaflet-control")):
            assert overlapping(names, others) == []
        # each inside its own outline
        for name, left, top, right, bottom in names:
            at = tab.evaluate("([x, y]) => { const p = firelane.map.containerPointToLatLng([x, y]); return [p.lat, p.lng]; }", [(left + right) / 2, (top + bottom) / 2])
            inside = "([name, y, x]) => firelane.drawing.names.inside(firelane.drawing.names.places.items.find((item) => item[1] === name)[0], y, x)"
            assert tab.evaluate(inside, [name, *at])
        # one site lies far off: it makes no dot of the city, and is not hidden
        button = tab.locator(".beyond")
        assert button.inner_text() == "图外远处还有 1 个场地，显示全部"
        shown = "() => firelane.map.getBounds().contains([firelane.rows.lat[firelane.rows.find('S00000')] / 1e7, 125.9])"
        assert not tab.evaluate(shown)
        button.click()
        tab.wait_for_function(shown)
        button.wait_for(state="hidden")  # once the map has come to rest


def test_near_by_the_sites_have_their_names_whatever_is_shown(browser, tmp_path):
    sites = city_tables.sites(60)
    city_tables.write(tmp_path, sites, city_tables.findings(sites, 300))
    with opened(browser, write_map(tmp_path, "zh")) as tab:
        tab.get_by_role("tab", name="列表").click()
        row = sites[sites["lon"].notna()].iloc[0]
        for _ in range(2):
            tab.evaluate("([lat, lon]) => { firelane.map.setView([lat, lon], 17, { animate: false }); }", [row["lat"], row["lon"]])
            assert row["name"] in [name for name, *_ in tab.evaluate(BOXES, ".label-name")]
            tab.evaluate("() => { firelane.page.enter(1 - firelane.page.kind); }")
        tab.evaluate("() => { firelane.map.setZoom(12, { animate: false }); }")
        assert tab.evaluate(BOXES, ".label-name") == []


def test_every_site_is_listed_in_the_order_of_the_ranking(browser, city):
    folder, sites = city
    with opened(browser, folder / "city_map.html") as tab:
        tab.get_by_role("tab", name="列表").click()
        unplaced = sites["lon"].isna().sum()
        assert unplaced > 0
        assert counted(tab) == [150, 150, unplaced]
        got = listed(tab)
        ranks = sites.loc[got, "rank"].astype(float).to_numpy()
        known = np.isfinite(ranks)
        assert ranks[known].tolist() == sorted(ranks[known])
        assert not known[known.sum() :].any(), "those without a rank come last, none is missing"
        assert sorted(got) == sorted(sites["site_id"])
        placed = tab.evaluate("() => firelane.drawing.groups.reduce((sum, group) => sum + group.n, 0)")
        assert placed == 150 - unplaced
        # each state with its count; those not done have a sign of their own
        failed = tab.locator(".chip[data-status=failed]")
        assert failed.locator(".chip-text").inner_text() == f"未能完成 {(sites['status'] == 'failed').sum()}"
        assert failed.locator(".sign").inner_text() == "!"
        for state in ("fail", "indeterminate", "incomplete", "pass", "not_run"):
            tab.locator(f".chip[data-status={state}]").click()
        assert sorted(listed(tab)) == sorted(sites.index[sites["status"] == "failed"])
        tab.locator(".row").first.click()
        card = tab.locator(".view-card").inner_text()
        assert "数据损坏，无法读取" in card
        assert "失败类型" in card
        assert tab.locator(".view-card a").count() == 0
        assert "不符合车道长度" not in card, "nothing is said of what was not looked at"


def test_filters_and_search_count_as_pandas_does(browser, city):
    folder, sites = city
    with opened(browser, folder / "city_map.html") as tab:
        tab.get_by_role("tab", name="列表").click()
        tab.locator(".chip.choose:visible", has_text="数据质量").click()
        tab.locator(".value", has_text="C").click()
        assert sorted(listed(tab)) == sorted(sites.index[sites["quality"] == "C"])
        tab.locator(".tool", has_text="清除筛选").click()
        tab.locator(".search").first.fill("00042小区")
        tab.wait_for_timeout(400)
        assert listed(tab) == ["S00042"]
        tab.locator(".tool", has_text="清除筛选").click()
        tab.locator(".kindtab", has_text="问题").click()
        found = pd.read_parquet(folder / "findings.parquet")
        grave = found[found["verdict"].isin(["fail", "indeterminate"])]
        assert counted(tab)[0] == len(grave)
        tab.locator(".chip.choose:visible", has_text="条款").click()
        tab.locator(".value", has_text="第九条").click()
        assert counted(tab)[0] == (grave["article"] == "第九条").sum()
        first = tab.evaluate("() => firelane.page.list[0]")
        assert tab.evaluate("(i) => firelane.rows.text('ident', i).split('/').length", first) == 2


def test_the_card_has_the_figures_and_leads_to_the_sites_own_map(browser, city):
    folder, sites = city
    with opened(browser, folder / "city_map.html") as tab:
        tab.get_by_role("tab", name="列表").click()
        linked = {i for i in sites.index if (folder / "sites" / i / "map.html").is_file()}
        for ident in listed(tab)[:6]:
            row = tab.evaluate("(ident) => firelane.rows.find(ident)", ident)
            tab.evaluate("(i) => firelane.select(i)", row)
            site = sites.loc[ident]
            facts = dict(zip(tab.locator(".view-card dt").all_inner_texts(), tab.locator(".view-card dd").all_inner_texts(), strict=True))
            assert facts["排名"] == str(site["rank"])
            assert facts["不符合车道长度"] == f"{int(np.ceil(site['length_fail_m'] - 1e-6))} m"
            assert facts["最小净宽"] == f"{np.floor(site['min_clear_width_m'] * 1000 + 1e-6) / 1000:.3f} m"
            assert facts["行政区"] == site["district"]
            links = tab.locator(".view-card a")
            assert [node.get_attribute("href") for node in links.all()] == ([f"sites/{ident}/map.html"] if ident in linked else [])
        found = pd.read_parquet(folder / "findings.parquet")
        worst = next(i for i in listed(tab) if i in linked and (found["site_id"] == i).any())
        tab.evaluate("(ident) => firelane.select(firelane.rows.find(ident))", worst)
        tab.locator(".leads", has_text="问题").click()
        tab.locator(".row").first.click()
        assert re.fullmatch(rf"sites/{worst}/map.html#F\d+", tab.locator(".view-card a").get_attribute("href"))


def test_the_same_tables_give_the_same_bytes_wherever_they_stand(city, tmp_path):
    folder, _ = city
    for name in ("sites.parquet", "findings.parquet", "districts.gpkg"):
        shutil.copy(folder / name, tmp_path / name)
    shutil.copytree(folder / "sites", tmp_path / "sites")
    assert write_map(tmp_path, "zh", tmp_path / "districts.gpkg").read_bytes() == (folder / "city_map.html").read_bytes()
    text = write_map(tmp_path, "en").read_text("utf-8")
    assert write_map(tmp_path, "en").read_text("utf-8") == text
    assert '<html lang="en">' in text
    assert str(tmp_path) not in text


def test_above_the_bound_the_gravest_stay_and_the_rest_is_told(browser, tmp_path):
    sites = city_tables.sites(80)
    folder = city_tables.write(tmp_path, sites, city_tables.findings(sites, 2000))
    found = pd.read_parquet(folder / "findings.parquet")
    grave = (found["verdict"] != "pass").sum()
    path = write_map(folder, "zh", most_findings=50, most_sites=60)
    with opened(browser, path) as tab:
        head = tab.locator(".headlines").inner_text()
        assert f"问题只列最严重的 50 项，另有 {grave - 50} 项未列入本页" in head
        assert "场地只列最严重的 60 个，另有 20 个未列入本页" in head
        assert head.startswith("80 个场地"), "the totals are those of the whole city"
        assert tab.locator(".view-areas").is_visible(), "cells of a kilometre"
        tab.get_by_role("tab", name="列表").click()
        assert tab.locator(".kindtab").all_inner_texts() == ["场地 60", "问题 50"]
        shown = set(listed(tab))
        assert set(sites.loc[sites["status"] != "done", "site_id"]) <= shown, "what is not known stays"
        assert set(sites.loc[(sites["status"] == "done") & (sites["verdict"] == "fail"), "site_id"]) <= shown


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_names_are_shown_as_text_and_do_nothing(browser, tmp_path, name):
    payload = PAYLOADS[name]
    sites = city_tables.sites(12)
    texts = ["name", "district", "manager", "quality", "quality_zh", "failure_kind", "failure_zh", "map"]
    for column in texts:
        sites[column] = [f"{payload}{i % 2}" for i in range(12)]
    sites["site_id"] = [f"{payload}{i}" for i in range(12)]
    sites.loc[0, ["status", "verdict", "lon", "lat"]] = ["done", "fail", city_tables.LON, city_tables.LAT]
    sites.loc[0, ["length_fail_m", "length_pass_m"]] = 100.0
    sites.loc[0, "map"] = f"sites/{payload.replace('/', '_')}/map.html"
    found = city_tables.findings(sites, 40)
    for column in ("finding_id", "article", "quantity", "severity", "unit", "message_zh"):
        found[column] = payload
    folder = city_tables.write(tmp_path, sites, found)
    districts = city_tables.district_file(tmp_path / "d.gpkg", [payload.replace("\x00", "").replace("\x01", "").replace("\x1b", "")] * 6)
    with opened(browser, write_map(folder, "zh", districts)) as tab:
        for i in range(tab.evaluate("() => firelane.rows.n")):
            tab.evaluate("(i) => firelane.select(i)", i)
            text = tab.locator(".view-card").evaluate("node => node.textContent")
            assert payload in text
            for href in [node.get_attribute("href") for node in tab.locator(".view-card a").all()]:
                assert re.fullmatch(r"sites/[\w.~%-]+/map\.html(#[\w.~%-]+)?", href)
        for n in range(7):
            tab.evaluate("(n) => firelane.page.showArea(n)", n)
        for view in ("areas", "about", "list"):
            tab.evaluate("(view) => firelane.page.close(view)", view)
        assert tab.evaluate("() => typeof canary") == "undefined"
        assert tab.locator("img[src=x]").count() == 0


def test_a_city_of_which_nothing_is_known_opens(browser, tmp_path):
    sites = city_tables.sites(5).assign(status="failed", verdict=None, rank=None, lon=np.nan, lat=np.nan, quality=None)
    sites.loc[:, [c for c in sites.columns if c.startswith("length_")]] = np.nan
    folder = city_tables.write(tmp_path, sites, city_tables.findings(sites, 0))
    with opened(browser, write_map(folder, "zh")) as tab:
        assert "没有已测车道" in tab.locator(".headlines").inner_text()
        assert counted(tab) == [5, 5, 5]
        assert tab.get_by_role("tab").count() == 2, "no place, no areas"
    empty = pa.schema([("site_id", pa.string()), ("status", pa.string())]).empty_table()
    pq.write_table(empty, tmp_path / "sites.parquet")
    with opened(browser, write_map(folder, "en")) as tab:
        assert "0 sites" in tab.locator(".headlines").inner_text()
