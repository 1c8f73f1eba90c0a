"""Filter, search and order of the list; long lists stay short in the page."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import webmap_scene as scene
from chromium import DESKTOP, PHONE
from webmap_field import CASES, answer, document, first_finding, go, inspecting, until, write_map

from firelane.crs import to_lonlat
from firelane.vocabulary import Severity, Verdict
from firelane.webmap.gather import gather
from firelane.webmap.marks import CaseMark
from firelane.webmap.page import page_content
from firelane.webmap.results import filters


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_map(tmp_path_factory.mktemp("sift"), cases=CASES)


def listed(page):
    """Return the numbers of the cards listed, in their order."""
    return page.evaluate(
        "() => [...document.querySelectorAll('.view-findings > .list .row')].map((row) => row.dataset.card)"
    )


def ids(page, header):
    return [header["cards"][int(n)]["i"] for n in listed(page)]


@pytest.fixture(scope="module")
def header():
    return page_content(scene.audit(), plan=scene.plan(scene.site()), lang="zh", cases=CASES)[0]


def test_what_the_list_is_filtered_by_is_what_the_audit_says(header):
    rows = {header["cards"][row["c"]]["i"]: row for row in header["findings"]}
    assert (rows["F001"]["q"], rows["F001"]["ob"], rows["F001"]["sev"]) == ("clear_width", ["vehicle"], "mandatory")
    assert rows["F001"]["o"] == ["car-1", "edge:r1"]
    assert rows["F009"]["sev"] == Severity.INFO.value
    assert "ob" not in rows["F006"]
    assert header["filters"]["kinds"] == [["bollard", "固定隔离桩"], ["overhead_line", "架空管线"], ["arch", "限高架/门洞"], ["vehicle", "车辆"], ["stall", "摊位"]]
    assert ["clear_width", "净宽"] in header["filters"]["quantities"]
    finding = next(f for f in scene.audit().findings if f.finding_id == "F001")
    assert rows["F001"]["ll"] == pytest.approx(finding.lonlat, abs=1e-7)
    assert "ll" not in rows["F010"]  # it concerns the whole site


def test_kinds_outside_the_vocabulary_and_bays_are_kinds_too():
    audit = scene.audit()
    table = audit.site.layers["obstructions"].copy()
    table["kind"] = ["<b>", None, *table["kind"][2:]]
    findings = tuple(replace(f, owners=("car-1", "pole-1", "p1", "nobody")) if f.finding_id == "F001" else f for f in audit.findings)
    odd = replace(audit, findings=findings, site=replace(audit.site, layers={**audit.site.layers, "obstructions": table}))
    gathered = gather(odd, None, "en")
    assert gathered.findings[0]["ob"] == ["<b>", "other", "parking_bay"]
    assert ["<b>", "<b>"] in filters(gathered.content, gathered.findings)["kinds"]


def test_a_case_is_told_on_card_and_row(header):
    cards = {card["i"]: card for card in header["cards"] if "i" in card}
    assert cards["F001"]["cs"] == {
        "id": "C-2026-000001", "state": "noticed", "word": "已通知", "group": "open", "deadline": "2020-01-31",
    }  # fmt: skip
    assert "deadline" not in cards["F002"]["cs"]
    assert "cs" not in cards["F003"]
    assert CaseMark("C", "s", "", "", "open").word() == "s"


def test_filters_of_every_kind(browser, path, header):
    with inspecting(browser, path, DESKTOP) as page:
        everything = ids(page, header)
        assert len(everything) == 8
        page.locator(".unfold").click()
        pick = lambda key, value: page.locator(f"select[data-pick={key}]").select_option(value)  # noqa: E731
        pick("kind", "o:vehicle")
        assert ids(page, header) == ["F001"]
        pick("kind", "q:clear_width")
        assert sorted(ids(page, header)) == ["F001", "F002", "F003"]
        assert page.locator(".unfold").inner_text() == "筛选 · 1"
        assert sorted(page.locator(".pin").all_inner_texts()) == sorted(
            str(header["cards"][int(n)]["n"]) for n in listed(page)
        )
        pick("kind", "")
        pick("severity", "info")
        assert ids(page, header) == ["F009"]
        page.locator(".clear").click()
        assert ids(page, header) == everything
        pick("state", "s:noticed")
        assert ids(page, header) == ["F001"]
        pick("state", "-")
        assert len(ids(page, header)) == 6
        pick("state", "")
        first_finding(page)
        assert "1 / 8" in page.locator(".bar").inner_text()
        line = page.locator(".caseline").inner_text()
        assert "案件 C-2026-000001" in line
        assert "期限 2020-01-31，已逾期" in line
        answer(page, "误报")
        page.locator(".back").click()
        pick("answer", "false_alarm")
        assert ids(page, header) == ["F001"]
        pick("answer", "-")
        assert ids(page, header) == everything[1:]
        pick("answer", "fixed")
        assert page.locator(".count").inner_text() == "没有符合筛选条件的结果。"


def test_next_leads_on_while_answers_empty_the_filter(browser, path, header):
    with inspecting(browser, path, PHONE) as page:
        page.locator(".unfold").tap()
        page.locator("select[data-pick=answer]").select_option("-")
        order = ids(page, header)
        page.locator(".view-findings > .list .row").first.tap()
        for n in range(3):
            assert page.locator(".place").inner_text() == f"{n + 1} / 8"
            page.locator(".say", has_text="确认存在").tap()
            page.get_by_role("button", name="下一项").tap()
        page.locator(".back").tap()
        assert ids(page, header) == order[3:]


@pytest.mark.parametrize("size", [(390, 844), (360, 640)], ids=["390", "360"])
def test_open_filters_leave_room_for_count_and_list_on_a_phone(browser, path, size):
    width, height = size
    device = {**PHONE, "viewport": {"width": width, "height": height}}
    box = lambda page, css: page.locator(css).first.bounding_box()  # noqa: E731
    with inspecting(browser, path, device) as page:
        before = box(page, ".panel")["height"]
        page.locator(".unfold").tap()
        assert box(page, ".panel")["height"] == pytest.approx(0.9 * height, abs=1)
        picks = [page.locator(f"select[data-pick={key}]").bounding_box() for key in ("rule", "kind", "severity", "state", "answer")]
        assert [p["x"] < width / 2 for p in picks] == [True, False, True, False, True]
        assert picks[0]["y"] == picks[1]["y"] < picks[2]["y"] == picks[3]["y"] < picks[4]["y"]
        assert {round(p["width"]) for p in picks} == {(width - 40) // 2}
        row = box(page, ".view-findings > .list:not(.total) .row")
        assert box(page, ".countline")["y"] + 44 <= row["y"] < height - 60
        page.locator(".view-findings").evaluate("e => e.scrollTo(0, e.scrollHeight)")
        assert box(page, ".countline")["y"] == pytest.approx(box(page, ".view-findings")["y"], abs=1)
        page.locator(".view-findings").evaluate("e => e.scrollTo(0, 0)")
        page.locator("select[data-pick=severity]").select_option("info")
        page.locator(".unfold").tap()
        assert page.locator(".unfold").inner_text() == "筛选 · 1"
        assert box(page, ".panel")["height"] == pytest.approx(before, abs=1)
        count = box(page, ".countline")
        assert count["y"] + count["height"] <= height


def test_what_is_called_alike_stands_under_two_headings(browser, path):
    with inspecting(browser, path, DESKTOP) as page:
        groups = page.locator("select[data-pick=kind] optgroup")
        assert groups.evaluate_all("all => all.map((node) => node.label)") == ["检查内容", "障碍物类别"]
        assert page.locator("select[data-pick=kind] > option").count() == 1  # the one for all


def test_no_date_of_the_data_is_told_as_such(header):
    assert dict(map(tuple, header["about"]))["数据日期"] == "未提供"


def test_search_knows_site_article_words_ids_notes_and_full_width(browser, path, header):
    with inspecting(browser, path, DESKTOP) as page:
        everything = ids(page, header)
        search = page.locator(".search")
        for text, wanted in (
            ("三好街", everything), ("SANHAO", everything), ("隔离桩", ["F002", "F005"]), ("第十四条 隔离桩", ["F002"]), ("Ｆ００４", ["F004"]),
            ("c-2026-000002", ["F002"]), ("车辆 隔离桩", []), ("净空高度均不应小于", None),
        ):  # fmt: skip
            search.fill(text)
            found = ids(page, header)
            if wanted is None:  # a word of the article's text alone
                assert "F001" in found
            else:
                assert sorted(found) == sorted(wanted), text
        search.fill("")
        first_finding(page)
        page.locator(".answer .open").click()
        page.locator(".note").fill("后院的铁门")
        page.locator(".back").click()
        search.fill("铁门")
        assert ids(page, header) == ["F001"]


def test_by_distance_waits_for_a_position(browser, path):
    with inspecting(browser, path, DESKTOP) as page:
        option = page.locator(".order option").nth(1)
        assert option.is_disabled()
        assert option.inner_text() == "按距离（先定位）"


@pytest.mark.parametrize("device", [DESKTOP, pytest.param(PHONE, marks=pytest.mark.slow)], ids=["desktop", "phone"])
def test_the_nearest_first_once_the_position_is_known(browser, path, header, device):
    lon, lat = to_lonlat((scene.EAST + 100, scene.NORTH + 1), scene.CRS).tolist()
    where = {"geolocation": {"longitude": lon, "latitude": lat, "accuracy": 7.5}, "permissions": ["geolocation"]}
    with inspecting(browser, path, device, **where) as page:
        usual = ids(page, header)
        page.locator(".site-tools .map-tool").first.click()
        until(page, "!document.querySelector('.order option:nth-child(2)').disabled")
        page.locator(".order").select_option("distance")
        order = ids(page, header)
        assert set(order[:2]) == {"F002", "F005"}
        assert set(order) == set(usual)
        away = page.locator(".view-findings > .list .away").all_inner_texts()
        metres = [int(text.removesuffix(" m")) for text in away]
        assert metres == sorted(metres)
        place = {f.finding_id: f.location for f in scene.audit().findings}
        for ident, far in zip(order, metres, strict=True):
            east, north = place[ident]
            assert far == pytest.approx(math.hypot(east - scene.EAST - 100, north - scene.NORTH - 1), abs=0.6)
        first_finding(page)
        assert page.locator(".place").inner_text() == "1 / 8"
        answer(page, "确认存在")
        (record,) = document(page)["records"]
        assert record["position"] == {"lon": pytest.approx(lon, abs=1e-9), "lat": pytest.approx(lat, abs=1e-9), "accuracy_m": 7.5}
        go(page, "检查结果")
        page.locator(".order").select_option("severity")
        assert ids(page, header) == usual


def long_audit(count):
    """The scene with many findings that pass, one after the other along the road; every second of another rule."""
    audit = scene.audit()
    width, gate = (next(f for f in audit.findings if f.finding_id == i) for i in ("F001", "F007"))
    many = tuple(
        replace(
            width if n % 2 else gate, finding_id=f"P{n:05d}", verdict=Verdict.PASS, margin=None, pinch_id=None, owners=(), chainage_m=None,
            lane_id=None, entrance_id=None, message_zh=f"第 {n} 处", location=None, lonlat=None,
        )
        for n in range(count)
    )  # fmt: skip
    return replace(audit, findings=audit.findings + many)


@pytest.mark.parametrize("count", [400, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_long_list_holds_what_was_scrolled_to(browser, tmp_path, count):
    path = write_map(tmp_path, audit=long_audit(count))
    with inspecting(browser, path, PHONE) as page:
        rows = page.locator(".view-findings .list .row")
        page.locator(".chip", has_text="符合").last.click()
        assert rows.count() == 8  # groups of more than forty start closed
        view = page.locator(".view-findings")
        closed = page.locator(".grouphead[aria-expanded=false]")
        while closed.count():
            closed.first.evaluate("e => e.click()")
        before = rows.count()
        assert before <= 700
        view.evaluate("e => e.scrollTo(0, e.scrollHeight)")
        until(page, f"document.querySelectorAll('.view-findings .list .row').length > {before}" if count > 700 else "true")
        page.locator(".search").fill(f"第 {count - 1} 处")
        until(page, "document.querySelectorAll('.view-findings > .list .row').length === 1")
        rows.first.click()
        assert page.locator(".place").inner_text() == "1 / 1"
