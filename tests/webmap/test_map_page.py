"""The map in a real browser: offline, quiet, harmless, and showing what the audit says."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest
import webmap_scene as scene
from chromium import DESKTOP, PHONE
from webmap_hostile import PAYLOADS, with_hostile_ids

from firelane.crs import to_lonlat
from firelane.vocabulary import Verdict
from firelane.webmap.page import page as page_text
from firelane.webmap.page import page_content, violation_map


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The scene's page in both languages."""
    folder = tmp_path_factory.mktemp("map")
    audit = scene.audit()
    for lang in ("zh", "en"):
        violation_map(audit, folder / f"{lang}.html", plan=scene.plan(audit.site), lang=lang)
    return folder


@contextmanager
def opened(browser, path, device=DESKTOP, *, fragment="", ready="yes", init=None, quiet=True):
    """Open a page offline; fail on any page error, console message or request but the page itself."""
    noise, requests = [], []
    context = browser.new_context(offline=True, **device)
    try:
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: noise.append(f"page error: {error}"))
        page.on("console", lambda message: noise.append(f"console: {message.text}"))
        page.on("request", lambda request: requests.append(request.url))
        if init:
            page.add_init_script(init)
        page.goto(path.as_uri() + fragment)
        page.wait_for_selector(f"html[data-ready={ready}]", timeout=10_000)
        yield page
        if quiet:
            assert noise == []
        outside = [url for url in requests if not url.startswith("data:")]
        assert len(outside) == 1, outside
        assert outside[0].startswith(path.as_uri())
    finally:
        context.close()


def settled(page):
    """Wait until the map no longer moves."""
    page.wait_for_timeout(450)


READ_CARDS = """() => {
  const out = [];
  for (let i = 0; i < firelane.cards; i++) {
    firelane.select(i);
    const view = document.querySelector('.view-card');
    const texts = (selector) => [...view.querySelectorAll(selector)].map((node) => node.textContent);
    out.push({
      t: view.querySelector('.title').textContent,
      m: (texts('.message')[0] || ''),
      k: view.querySelector('.kind span:not(.mark):not(.badge)').textContent,
      r: texts('dt').map((label, n) => [label, texts('dd')[n]]),
      q: texts('blockquote'),
      see: texts('.related .chip'),
    });
  }
  return out;
}"""


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_text_in_every_column_is_shown_as_text_and_does_nothing(browser, tmp_path, name):
    payload = PAYLOADS[name]
    audit = with_hostile_ids(scene.audit(text=payload, rule_text=payload), payload)
    plan = scene.plan(audit.site, text=payload)
    path = tmp_path / "hostile.html"
    violation_map(audit, path, plan=plan)
    header, _ = page_content(audit, plan=plan, lang="zh")
    cards = header["cards"]
    # the data block holds the payload as it is ...
    by_title = {card["k"]: card["t"] for card in cards}
    assert by_title["建筑"] == by_title["出入口"] == by_title["检查结果"] == payload
    assert by_title["通道"] == f"{payload} {payload}L3"
    with opened(browser, path) as page:
        shown = page.evaluate(READ_CARDS)
        # ... and the page shows it letter for letter, wherever it stands
        assert len(shown) == len(cards)
        for card, seen in zip(cards, shown, strict=True):
            assert seen["t"] == card["t"]
            assert seen["m"] == card.get("m", "")
            assert seen["k"] == card["k"]
            assert seen["r"] == [list(row) for row in card.get("r", [])]
            assert seen["q"] == [body for _, body in card.get("q", [])]
            assert len(seen["see"]) == len(card.get("see", []))
        assert page.locator("h1").evaluate("e => e.textContent") == payload
        about = page.locator(".view-about").evaluate("e => e.textContent")
        for text in [
            *header["notes"],
            *(value for _, value in header["about"]),
            *(r["w"] for r in header["unmeasured"]),
        ]:
            assert text in about
        options = page.locator(".rules option").evaluate_all("list => list.map(o => o.textContent)")
        assert options[1:] == [label for _, label in header["rules"]]
        labels = page.locator(".label-name").evaluate_all("list => list.map(e => e.textContent)")
        page.locator(".search").evaluate(
            "(e, q) => { e.value = q; e.dispatchEvent(new Event('input')); }", payload
        )
        assert labels == [] or payload in labels
        page.wait_for_timeout(60)  # an image that fails to load would call its handler only now
        assert page.evaluate("typeof canary") == "undefined"
        assert page.locator("img, iframe, body script ~ img").count() == 0
    assert "49" not in re.findall(r"<title>(.*?)</title>", path.read_text(encoding="utf-8"))[0]


def test_the_policy_stops_what_is_planted_and_the_test_would_notice(browser, files, tmp_path):
    text = (files / "zh.html").read_text(encoding="utf-8")
    planted = '<img src="data:," onerror="window.canary=1"><script>window.canary=2</script></body>'
    assert text.count("</body>") == 1
    path = tmp_path / "planted.html"
    path.write_text(text.replace("</body>", planted), encoding="utf-8")
    with opened(browser, path, quiet=False) as page:
        page.wait_for_timeout(100)
        assert page.evaluate("typeof window.canary") == "undefined"
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    path.write_text(bare.replace("</body>", planted), encoding="utf-8")
    with opened(browser, path, quiet=False) as page:
        page.wait_for_timeout(100)
        assert page.evaluate("typeof window.canary") == "number"


def test_a_finding_tells_article_measured_required_owners_and_place(browser, files):
    with opened(browser, files / "zh.html") as page:
        assert page.title() == "沈河区三好街小区 – 消防车通道检查图"
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        assert page.locator(".head .badge").inner_text() == "不符合"
        assert page.locator(".view-findings .list .row").count() == 8  # six fail, one in doubt, one to look at
        page.locator(".list .row").first.click()
        card = page.locator(".view-card")
        text = card.inner_text()
        for expected in (
            "净宽度不小于4米", "第十四条", "消防车通道的净宽度和净空高度均不应小于4米", "沈政办发〔2020〕40号", "3.550 m",
            "≥ 4 m", "0.450 m", "车辆 辽A·12345（car-1）", "路面边缘 小区东西路（r1）", "小区东西路 L1", "26.0–34.5 m",
            "X（北） 4630401.200 m", "Y（东） 535630.000 m", "东经 123.4287635°", "北纬 41.8080104°",
        ):  # fmt: skip
            assert expected in text
        settled(page)
        place = page.evaluate(
            "() => [firelane.map.getCenter().lat, firelane.map.getCenter().lng, firelane.map.getZoom()]"
        )
        assert place[0] == pytest.approx(41.80801, abs=5e-5)
        assert place[1] == pytest.approx(123.42876, abs=5e-5)
        assert place[2] >= 19
        page.get_by_role("button", name="下一项").click()
        assert "隔离桩" in card.inner_text()
        page.get_by_role("button", name="上一项").click()
        page.get_by_role("button", name="上一项").click()  # round to the last
        assert "8 / 8" in card.inner_text()
        page.locator(".back").click()
        assert card.is_hidden()


def test_filters_and_search(browser, files):
    with opened(browser, files / "zh.html") as page:
        rows, pins = page.locator(".view-findings > .list .row"), page.locator(".pin")
        page.locator(".chip", has_text="不符合").click()
        assert rows.count() == 2
        assert sorted(pins.all_inner_texts()) == ["7", "8"]
        page.locator(".chip", has_text="未测量").click()
        assert rows.count() == 4  # those without a number have no pin
        assert pins.count() == 2
        page.locator(".chip", has_text="不符合").click()
        page.locator(".rules").select_option(
            label=page.locator(".rules option", has_text="净宽度不小于").inner_text()
        )
        assert rows.count() == 3
        page.locator(".rules").select_option("")
        page.locator(".search").fill("辽a·12345")
        assert rows.count() == 1
        page.locator(".search").fill("社区服务中心")
        assert rows.count() == 0
        found = page.locator(".things .row")
        assert found.count() == 1
        found.click()
        assert "未测量：无出入口，或近旁没有道路" in page.locator(".view-card").inner_text()


def test_what_was_not_measured_is_said_with_its_reason(browser, files):
    with opened(browser, files / "zh.html") as page:
        page.get_by_role("tab", name="说明").click()
        text = page.locator(".view-about").inner_text()
        for expected in (
            "未测量的内容", "封闭管理的出入口能立即打开", "西门：数据未说明", "通信线的净高未知。", "EPSG:4550", "0.020 m",
            "沈政办发〔2020〕40号", "firelane 0", "roads.geojson",
        ):  # fmt: skip
            assert expected in text


def test_layers_can_be_switched_and_the_map_itself_answers(browser, files):
    with opened(browser, files / "zh.html") as page:
        settled(page)
        spot = page.evaluate(
            """([lon, lat]) => { const p = firelane.map.latLngToContainerPoint([lat, lon]);
                       const box = firelane.map.getContainer().getBoundingClientRect();
                       return [box.left + p.x, box.top + p.y]; }""",
            to_lonlat((scene.EAST + 12, scene.NORTH + 19), scene.CRS).tolist(),
        )
        page.mouse.click(*spot)
        assert page.locator(".view-card .title").inner_text() == "1号楼"
        page.get_by_role("tab", name="图例与图层").click()
        assert "限值 ≥ 4 m" in page.locator(".view-legend").inner_text()
        assert page.locator(".label-name").count() == 4
        page.locator("input[data-layer=buildings]").uncheck()
        assert page.locator(".label-name").count() == 0
        page.mouse.click(*spot)
        assert page.locator(".view-card").is_hidden()
        assert page.locator(".label-short").count() == 3
        page.locator("input[data-layer=pinches]").uncheck()
        assert page.locator(".label-short").count() == 0
        page.locator("input[data-layer=findings]").uncheck()
        assert page.locator(".pin").count() == 0


def test_a_place_on_a_lane_tells_its_own_widths(browser, files):
    with opened(browser, files / "zh.html") as page:
        lane = page.evaluate("() => [...Array(firelane.cards).keys()].find((i) => (firelane.select(i), "
                             "document.querySelector('.view-card .title').textContent === '小区东西路 L1'))")  # fmt: skip
        # chainage 30.0 of L1, beside the car
        page.evaluate("(i) => firelane.select(i, L.latLng(41.8079996, 123.4287634))", lane)
        here = page.locator(".view-card .facts.here").inner_text()
        assert re.sub(r"\s+", " ", here) == "所点位置 30.000 m 净宽 3.550 m 断面宽度 3.600 m 净高 未测量"


def test_findings_at_one_place_share_a_marker_and_are_listed(browser, files):
    with opened(browser, files / "zh.html") as page:
        page.locator(".pin", has_text="2·4").click()
        settled(page)
        if page.locator(".here").is_hidden():  # they were far enough apart to be zoomed to
            assert page.locator(".pin", has_text=re.compile("^2$")).count() == 1
        else:
            assert page.locator(".view-findings > .list .row").count() == 2


def test_a_link_opens_its_finding(browser, files):
    with opened(browser, files / "zh.html", fragment="#F003") as page:
        assert "无法判定" in page.locator(".view-card").inner_text()
    with opened(browser, files / "zh.html", fragment="#%E0%A4%A") as page:
        assert page.locator(".view-card").is_hidden()


def test_english(browser, files):
    with opened(browser, files / "en.html") as page:
        assert page.locator("html").get_attribute("lang") == "en"
        page.locator(".list .row").first.click()
        text = page.locator(".view-card").inner_text()
        for expected in (
            "Measured",
            "Required",
            "0.450 m less than 4 m",
            "均不应小于4米",
            "parked vehicle",
            "X (north)",
        ):
            assert expected in text


def test_a_phone(browser, files):
    with opened(browser, files / "zh.html", PHONE) as page:
        wide = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1]
        for target in page.locator(
            "button:visible, input:visible, select:visible, label:visible, .leaflet-bar a"
        ).all():
            box = target.bounding_box()
            assert box["height"] >= 44, target.evaluate("e => e.outerHTML")
        sheet = page.locator(".panel")
        assert sheet.bounding_box()["y"] > 300  # the map is in sight above it
        page.locator(".handle").tap()
        assert sheet.bounding_box()["y"] < 120
        page.locator(".list .row").first.tap()
        settled(page)
        top = sheet.bounding_box()["y"]
        assert top > 300  # and again when a finding is shown on the map
        pin = page.locator(".pin.current")
        assert pin.count() == 1
        assert pin.bounding_box()["y"] + 40 < top
        assert page.get_by_role("button", name="下一项").is_visible()
        viewport = page.locator("meta[name=viewport]").get_attribute("content")
        assert "maximum-scale" not in viewport
        assert "user-scalable" not in viewport


def test_an_old_browser_and_a_damaged_file_are_told_what_to_do(browser, files, tmp_path):
    with opened(browser, files / "zh.html", ready="failed", init="delete window.DecompressionStream") as page:
        text = page.get_by_role("alert").inner_text()
        assert "Chrome / Edge 80、Firefox 113、Safari 16.4" in text
    path = tmp_path / "cut.html"
    whole = (files / "zh.html").read_text(encoding="utf-8")
    start = whole.index('id="data">') + 10
    path.write_text(whole[: start + 400] + whole[start + 4000 :], encoding="utf-8")
    with opened(browser, path, ready="failed") as page:
        assert "不完整或已损坏" in page.get_by_role("alert").inner_text()


def test_it_prints(browser, files):
    with opened(browser, files / "zh.html") as page:
        page.emulate_media(media="print")
        assert page.locator(".tabs").is_hidden()
        assert page.locator("#map_firelane").is_visible()
        row = page.locator(".view-findings > .list .row").last
        assert row.is_visible()
        panel, drawn = page.locator(".panel").bounding_box(), page.locator("#map_firelane").bounding_box()
        assert drawn["y"] + drawn["height"] <= panel["y"] + 1


def test_the_same_input_gives_the_same_bytes_and_no_address_outside():
    first, second = (page_text(scene.audit(), plan=scene.plan(scene.site())) for _ in range(2))
    assert first == second
    markup = re.sub(r"<script[^>]*>.*?</script>", "", first, flags=re.DOTALL)
    loaded = re.findall(r'(?:src|href)="([^"]*)"|url\(([^)]*)\)', markup)
    assert {a or b for a, b in loaded if not (a or b).startswith("data:")} == {
        "#default#VML"
    }  # of the old IE
    assert "sourceMappingURL" not in first
    assert "Redistribution and use in source and binary forms" in first


def test_numbers_follow_gravity_and_margins_do_not_lie():
    header, _ = page_content(scene.audit(), plan=None, lang="zh")
    verdicts = [row["v"] for row in header["findings"]]
    assert verdicts == sorted(verdicts, key=["fail", "indeterminate", "not_measured", "pass"].index)
    numbers = [header["cards"][row["c"]].get("n", 0) for row in header["findings"]]
    assert numbers == [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0]
    assert [row["p"] >= 0 for row in header["findings"]] == [n > 0 for n in numbers]
    assert header["head"]["counts"][0] == ["fail", Verdict.FAIL.label("zh"), 6]
