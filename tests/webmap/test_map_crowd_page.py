"""The page for very many points in a real browser: offline, quiet, harmless, and counting as numpy does."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from chromium import DESKTOP, PHONE
from crowd_scene import LAT, LON, STATUSES, block, counted, opened, page, table, write
from webmap_hostile import PAYLOADS

from firelane.webmap.crowd import AreaClass, Areas, Facet, Number, Status


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    frame = table(600)
    return frame, write(tmp_path_factory.mktemp("crowd") / "small.html", frame)


def test_counts_filters_and_search_are_those_of_numpy(browser, small):
    frame, path = small
    with opened(browser, path) as tab:
        unplaced = int(frame["lon"].isna().sum())
        assert counted(tab) == [600, 600, unplaced]
        for status in STATUSES:
            assert (
                tab.locator(f".chip[data-status={status.key}]")
                .inner_text()
                .endswith(f" {(frame['status'] == status.key).sum()}")
            )
        # two filters at once: a status off, a district chosen
        tab.locator(".chip[data-status=pass]").click()
        tab.locator(".chip[data-facet='1']").click()
        kept = frame[frame["status"] != "pass"]
        values = dict(
            zip(
                tab.locator(".value-text").all_inner_texts(),
                map(int, tab.locator(".value-count").all_inner_texts()),
                strict=True,
            )
        )
        assert values == {"全部": len(kept), **kept["district"].value_counts().to_dict()}
        tab.locator(".value", has_text="3区").click()
        both = kept[kept["district"] == "3区"]
        assert counted(tab)[:2] == [len(both), 600]
        # a chip counts what it would add: the district holds, its own filter does not
        passing = ((frame["status"] == "pass") & (frame["district"] == "3区")).sum()
        assert tab.locator(".chip[data-status=pass] .chip-text").inner_text() == f"符合 {passing}"
        tab.locator(".search").first.fill("净宽不足 小区01")
        tab.wait_for_timeout(400)
        found = both[both["site"].str.contains("小区01")]
        assert 0 < len(found) < len(both)
        assert counted(tab)[:2] == [len(found), 600]
        tab.locator(".search").first.fill("f000017")
        tab.locator(".tool", has_text="清除筛选").click()
        tab.locator(".search").first.fill("ｆ000017")  # full width, and not of one case
        tab.wait_for_timeout(400)
        assert counted(tab)[:2] == [1, 600]
        tab.locator(".search").first.fill("没有这个")
        tab.wait_for_timeout(400)
        assert tab.locator(".count").first.inner_text() == "没有符合筛选条件的项目"


GROUPS = """() => firelane.drawing.groups.map((g) => {
  const at = firelane.map.unproject([g.x, g.y]);
  const rows = firelane.drawing.members(g);
  return {n: g.n, lat: at.lat, lng: at.lng, worst: g.worst, rows: rows.map((i) => firelane.rows.text("ident", i))};
})"""


def test_clusters_hold_each_point_once_at_the_mean_in_the_colour_of_the_worst(browser, small):
    frame, path = small
    rank = {status.key: status.rank for status in STATUSES}
    places = frame.set_index("ident")
    with opened(browser, path) as tab:
        for zoom in (None, 16, 19):
            if zoom:
                tab.evaluate(
                    "([at, zoom]) => firelane.map.setView(at, zoom, {animate: false})",
                    [[LAT + 0.001, LON + 0.002], zoom],
                )
            groups = tab.evaluate(GROUPS)
            assert groups
            members = [ident for g in groups for ident in g["rows"]]
            assert len(set(members)) == len(members)
            if zoom is None:  # everything is in view
                assert len(members) == frame["lon"].notna().sum()
            for g in groups:
                own = places.loc[g["rows"]]
                assert g["n"] == len(own)
                assert STATUSES[g["worst"]].rank == own["status"].map(rank).min()
                assert g["lng"] == pytest.approx(own["lon"].mean(), abs=2e-6)
                assert g["lat"] == pytest.approx(own["lat"].mean(), abs=2e-5)
            clusters = [g for g in groups if g["n"] > 1]
            assert sorted(tab.locator(".cluster").all_inner_texts()) == sorted(str(g["n"]) for g in clusters)
        # moving the map by a few pixels changes no cluster that stays in view
        tab.evaluate(
            "([at, zoom]) => firelane.map.setView(at, zoom, {animate: false})",
            [[LAT + 0.004, LON + 0.02], 15],
        )
        before = {tuple(sorted(g["rows"])) for g in tab.evaluate(GROUPS)}
        tab.evaluate("() => firelane.map.panBy([23, -17], {animate: false})")
        after = {tuple(sorted(g["rows"])) for g in tab.evaluate(GROUPS)}
        assert len(before & after) > 0.8 * len(before)


def test_a_tap_on_a_cluster_goes_on_until_its_members_are_listed(browser, tmp_path):
    frame = table(60)
    frame.loc[:4, ["lon", "lat"]] = [LON + 0.05, LAT + 0.05]  # five at one place: no zoom parts them
    path = write(tmp_path / "same.html", frame)
    with opened(browser, path) as tab:
        tab.evaluate(
            "([lat, lon]) => firelane.map.setView([lat, lon], 15, {animate: false})", [LAT + 0.05, LON + 0.05]
        )
        tab.locator(".cluster", has_text=re.compile("^5$")).click()
        assert counted(tab)[:2] == [5, 60]
        assert tab.locator(".row").count() == 5
        tab.locator(".chip", has_text="此处 5 项").click()
        assert counted(tab)[:2] == [60, 60]
        tab.evaluate("() => firelane.drawing.whole(false)")
        zoom = tab.evaluate("() => firelane.map.getZoom()")
        tab.locator(".cluster").filter(has_not_text=re.compile("^5$")).first.click()
        tab.wait_for_timeout(500)
        assert tab.evaluate("() => firelane.map.getZoom()") >= zoom + 1


def test_a_tap_on_a_single_point_opens_its_card_and_back_closes_it(browser, tmp_path):
    frame = table(40).head(2).assign(lon=[LON, LON + 0.05], lat=LAT)
    with opened(browser, write(tmp_path / "two.html", frame), PHONE) as tab:
        spot = tab.evaluate(
            "([lat, lon]) => firelane.map.latLngToContainerPoint([lat, lon])", [LAT, LON + 0.05]
        )
        tab.touchscreen.tap(spot["x"], spot["y"])
        tab.wait_for_timeout(300)
        assert tab.locator(".ident").first.inner_text() == "F000001"
        tab.go_back()
        tab.wait_for_timeout(200)
        assert tab.locator(".view-list").is_visible()


def test_the_list_is_ordered_and_only_what_is_in_sight_exists(browser, small):
    frame, path = small
    order = """() => [...firelane.page.list].map((i) => firelane.rows.text("ident", i))"""
    with opened(browser, path) as tab:
        assert tab.locator(".row").count() < 40
        by = frame.set_index("ident")
        ranks = by.loc[tab.evaluate(order), "status"].map({s.key: s.rank for s in STATUSES}).to_numpy()
        assert (np.diff(ranks) >= 0).all()
        tab.locator(".rules").select_option(label="按净宽排序")
        widths = np.floor((by.loc[tab.evaluate(order), "width"] + 1e-6) * 1000 + 1e-9).to_numpy()
        assert (np.diff(widths) <= 0).all()
        tab.locator(".rules").select_option(label="按到图中心的距离排序")
        lat, lon = tab.evaluate("() => firelane.page.centre()")
        there = by.loc[tab.evaluate(order)]
        away = (
            np.hypot((there["lon"] - lon) * np.cos(np.radians(lat)), there["lat"] - lat).to_numpy() * 111_195
        )
        placed = np.isfinite(away)
        assert placed[: placed.sum()].all()
        assert (np.diff(away[placed]) > -1.1).all(), "ordered by whole metres"
        # the last row comes into being when it comes into sight
        tab.locator(".view-list").evaluate("(node) => { node.scrollTop = node.scrollHeight; }")
        tab.wait_for_timeout(200)
        assert tab.locator(".entry").last.get_attribute("aria-posinset") == "600"
        assert tab.locator(".row").count() < 40


@pytest.mark.slow
def test_in_view_lists_what_the_map_shows(browser, small):
    frame, path = small
    with opened(browser, path) as tab:
        tab.locator(".in-view").click()
        tab.evaluate(
            "([lat, lon]) => firelane.map.setView([lat, lon], 16, {animate: false})", [LAT, LON + 0.01]
        )
        tab.wait_for_timeout(600)
        west, south, east, north = (v / 1e7 for v in tab.evaluate("() => firelane.page.seen()"))
        inside = frame["lon"].between(west, east) & frame["lat"].between(south, north)
        assert 0 < inside.sum() < 600
        assert counted(tab)[:2] == [inside.sum(), 600]


@pytest.mark.parametrize("device", [pytest.param(DESKTOP, marks=pytest.mark.slow), PHONE], ids=["desktop", "phone"])
def test_card_steps_link_and_address(browser, small, device):
    frame, path = small
    with opened(browser, path, device) as tab:
        first, second = tab.evaluate(
            """() => [...firelane.page.list].slice(0, 2).map((i) => firelane.rows.text("ident", i))"""
        )
        tab.locator(".row").first.click()
        row = frame.set_index("ident").loc[first]
        assert tab.locator(".ident").first.inner_text() == first
        facts = dict(
            zip(
                tab.locator(".view-card dt").all_inner_texts(),
                tab.locator(".view-card dd").all_inner_texts(),
                strict=True,
            )
        )
        assert facts["场地"] == row["site"]
        assert facts["备注"] == "备注"
        assert facts["净宽"] == f"{np.floor(row['width'] * 1000) / 1000:.3f} m"
        assert facts["位置"] == f"东经 {row['lon']:.6f}°，北纬 {row['lat']:.6f}°"
        assert tab.locator(".view-card a").get_attribute("href") == row["link"]
        tab.get_by_role("button", name="下一项").click()
        assert tab.locator(".ident").first.inner_text() == second
        tab.wait_for_timeout(400)
        address = tab.evaluate("() => location.hash")
        assert address.endswith("/" + second)
        tab.go_back()
        tab.wait_for_timeout(200)
        assert tab.locator(".view-list").is_visible()
    with opened(browser, path, device, fragment=address) as tab:
        assert tab.locator(".ident").first.inner_text() == second
        zoom, lat, lon = map(float, address[1:].split("/")[:3])
        centre = tab.evaluate(
            "() => [firelane.map.getZoom(), firelane.map.getCenter().lat, firelane.map.getCenter().lng]"
        )
        assert centre[0] == zoom
        # the point is in sight: above the sheet of a phone
        here = frame.set_index("ident").loc[second]
        spot = tab.evaluate(
            "([lat, lon]) => firelane.map.latLngToContainerPoint([lat, lon])", [here["lat"], here["lon"]]
        )
        size = tab.evaluate(
            "() => { const s = firelane.map.getSize(); return [s.x, s.y - firelane.page.sheet.covered]; }"
        )
        assert 0 < spot["x"] < size[0]
        assert 0 < spot["y"] < size[1]
        assert (lat, lon) == pytest.approx(tuple(centre[1:]), abs=0.01)


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_text_in_every_column_is_shown_as_text_and_does_nothing(browser, tmp_path, name):
    payload = PAYLOADS[name]
    n = 3
    frame = pd.DataFrame({
        "lon": LON + np.arange(n) * 0.01, "lat": LAT, "status": payload,
        **{column: [f"{payload}{i}" for i in range(n)] for column in ("title", "text", "ident", "mark", "link", "site", "remark")},
        "width": 3.0,
    })  # fmt: skip
    area = gpd.GeoDataFrame(
        {"name": [payload], "value": [5.0]},
        geometry=[shapely.box(LON - 0.01, LAT - 0.01, LON + 0.03, LAT + 0.01)],
        crs=4326,
    )
    path = write(
        tmp_path / "hostile.html", frame, title=payload, note=payload, head=[payload], statuses=[Status(payload, payload, "#b2182b", 0, "✕")],
        facets=[Facet("site", payload), Facet("remark", payload, choose=False)], numbers=[Number("width", payload, payload, 1)],
        areas=Areas(area, payload, [AreaClass(0, payload, "#fdd49e")], payload),
    )  # fmt: skip
    with opened(browser, path) as tab:
        assert tab.locator("h1").evaluate("e => e.textContent") == payload
        for i in range(n):
            tab.evaluate("(i) => firelane.select(i)", i)
            text = tab.locator(".view-card").evaluate("e => e.textContent")
            idents = tab.evaluate("(i) => firelane.rows.text('ident', i)", i)
            assert text.count(payload) >= 7
            assert idents in text
            assert tab.locator(".view-card a").count() == 0, "the payload is no link"
        tab.evaluate("() => firelane.page.showArea(0)")
        assert payload in tab.locator(".view-card").evaluate("e => e.textContent")
        tab.evaluate("() => firelane.page.close('list')")
        tab.locator(".chip.choose").click()
        assert f"{payload}0" in tab.locator(".view-picker").evaluate("e => e.textContent")
        tab.evaluate("() => firelane.page.close('about')")
        assert payload in tab.locator(".view-about").evaluate("e => e.textContent")
        assert tab.evaluate("() => typeof canary") == "undefined"
        assert tab.locator("img[src=x]").count() == 0


def test_the_policy_stops_a_planted_handler(browser, small):
    context = browser.new_context(offline=True, **DESKTOP)
    tab, said = context.new_page(), []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(small[1].as_uri())
    tab.wait_for_selector("html[data-ready=yes]", timeout=8000)
    tab.evaluate(
        "() => document.querySelector('h1').insertAdjacentHTML('beforeend', '<b onclick=\"window.planted = 1\">x</b>')"
    )
    tab.locator("h1 b").click()
    assert tab.evaluate("() => window.planted === undefined")
    assert any("Content Security Policy" in text for text in said)
    context.close()


def test_points_that_are_never_gathered_carry_their_names(browser, tmp_path):
    frame = table(3).assign(lon=[LON, LON + 0.01, LON + 0.02], lat=LAT, title=["甲小区", "乙<b>小区", "甲区"])
    below = gpd.GeoDataFrame({"name": ["甲区"], "value": [1.0]}, geometry=[shapely.box(LON, LAT - 0.02, LON + 0.02, LAT + 0.01)], crs=4326)
    areas = Areas(below, "未结案件", [AreaClass(0, "0–9", "#fff7ec")], "件")
    with opened(browser, write(tmp_path / "names.html", frame, clustered=False, areas=areas)) as tab:
        names = tab.locator(".label-name").all_inner_texts()
        assert sorted(name.split(" ")[0] for name in names) == sorted(["甲区", "甲小区", "乙<b>小区"]), "no name twice"
    with opened(browser, write(tmp_path / "gathered.html", frame)) as tab:
        assert tab.locator(".label-name").count() == 0


def test_areas_are_coloured_by_class_and_tell_their_figure(browser, tmp_path):
    boxes = [shapely.box(LON + 0.05 * i, LAT - 0.1, LON + 0.05 * (i + 1), LAT) for i in range(4)]
    districts = gpd.GeoDataFrame(
        {"name": ["甲区", "乙区", "丙区", "丁区"], "value": [0.0, 9.9, 10.0, np.nan]},
        geometry=boxes,
        crs=4326,
    ).to_crs(32651)
    areas = Areas(
        districts, "未结案件", [AreaClass(0, "0–9", "#fff7ec"), AreaClass(10, "10 以上", "#d7301f")], "件", 1
    )
    frame = table(1).assign(lon=np.nan)
    header, _ = block(page(frame, areas=areas))
    assert [item[3] for item in header["areas"]["items"]] == [0, 0, 1, -1]
    assert [item[2] for item in header["areas"]["items"]] == ["0.0 件", "9.9 件", "10.0 件", ""]
    with opened(browser, write(tmp_path / "areas.html", frame, areas=areas)) as tab:
        assert tab.locator(".mini-legend .patch").count() == 3, "two classes and no figure"
        assert sorted(tab.locator(".label-name").all_inner_texts()) == sorted(
            ["甲区 0.0 件", "乙区 9.9 件", "丙区 10.0 件", "丁区"]
        )
        spot = tab.evaluate(
            "([lat, lon]) => firelane.map.latLngToContainerPoint([lat, lon])", [LAT - 0.03, LON + 0.12]
        )
        tab.locator("#map_firelane").click(position={"x": spot["x"], "y": spot["y"]})
        assert tab.locator(".view-card .title").inner_text() == "丙区"
        assert "10.0 件" in tab.locator(".view-card").inner_text()


def test_an_empty_table_and_one_without_places_open(browser, tmp_path):
    with opened(browser, write(tmp_path / "none.html", table(0))) as tab:
        assert tab.locator(".count").first.inner_text() == "没有可显示的项目"
    with opened(
        browser, write(tmp_path / "nowhere.html", table(3).assign(lon=np.nan), lang="en"), PHONE
    ) as tab:
        assert counted(tab) == [3, 3, 3]
        tab.locator(".row").first.click()
        assert "No place" in tab.locator(".view-card").inner_text()


def test_twenty_thousand_open_and_are_counted_right(browser, tmp_path):
    frame = table(20_000)
    with opened(browser, write(tmp_path / "many.html", frame), PHONE) as tab:
        assert counted(tab) == [20_000, 20_000, int(frame["lon"].isna().sum())]
        assert sum(g["n"] for g in tab.evaluate(GROUPS)) == frame["lon"].notna().sum()
        assert tab.locator(".row").count() < 40
        assert tab.evaluate("() => document.querySelectorAll('*').length") < 1500


@pytest.mark.slow
def test_paper_shows_rows_one_below_the_other_and_the_legend(browser, small):
    _, path = small
    with opened(browser, path) as tab:
        tab.emulate_media(media="print")
        tab.wait_for_timeout(300)
        assert tab.locator(".row").count() == 300
        assert "300" in tab.locator(".printed").inner_text()
        tops = tab.locator(".entry").evaluate_all(
            "list => list.map((node) => node.getBoundingClientRect().top)"
        )
        assert (np.diff(tops) > 10).all()
        assert tab.locator(".view-about .swatches").first.is_visible()
        assert tab.locator(".tools").first.is_hidden()
        tab.emulate_media(media="screen")
        tab.wait_for_timeout(300)
        assert tab.locator(".row").count() < 40


def test_a_browser_that_is_too_old_and_a_broken_file_are_told(browser, small, tmp_path):
    _, path = small
    broken = tmp_path / "broken.html"
    text = path.read_text(encoding="utf-8")
    broken.write_text(re.sub(r'(id="data">[^<]{400})[^<]*', r"\1", text), encoding="utf-8")
    for file, init in ((path, "delete window.DecompressionStream"), (broken, None)):
        context = browser.new_context(offline=True, **DESKTOP)
        tab = context.new_page()
        if init:
            tab.add_init_script(init)
        tab.goto(file.as_uri())
        tab.wait_for_selector("html[data-ready=failed]", timeout=8000)
        assert tab.locator(".trouble").is_visible()
        context.close()
