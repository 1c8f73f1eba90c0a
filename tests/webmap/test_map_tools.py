"""What an inspector does on the spot, in a real browser: measure, stand somewhere, follow a link, look at a background."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import subprocess
from contextlib import contextmanager
from urllib.parse import unquote

import numpy as np
import pyproj
import pytest
import webmap_scene as scene
from chromium import DESKTOP, PHONE
from site_scenes import audited, audited_in_full, block, car, gates, road, site
from test_map_page import opened, settled

from firelane.auditing.files import write_audit
from firelane.crs import gcj02_to_wgs84, to_lonlat, wgs84_to_gcj02
from firelane.errors import UsageError
from firelane.webmap.basemaps import Basemap, basemap
from firelane.webmap.page import audit_id, page_content, violation_map
from firelane.webmap.page import page as page_text

SMALL = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}
TABLET = {"viewport": {"width": 768, "height": 1024}, "is_mobile": True, "has_touch": True}
KEY = "0123456789abcdef0123456789abcdef"
# One grey pixel: what every tile is answered with.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
OWN = "https://tiles.example.cn:8443/{z}/{x}/{y}.png"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tools")
    audit = scene.audit()
    violation_map(audit, folder / "plain.html")
    violation_map(audit, folder / "own.html", basemap=basemap(OWN))
    violation_map(audit, folder / "gaode.html", basemap=basemap("gaode"))
    violation_map(audit, folder / "tianditu.html", basemap=basemap("tianditu", key=KEY))
    return folder


@contextmanager
def online(browser, path, answer="fulfill", device=DESKTOP):
    """Open a page as if there were a network: every request but the page is answered here, and listed."""
    noise, asked = [], []
    context = browser.new_context(**device)

    def handle(route):
        url = route.request.url
        if url.startswith("file:"):
            return route.continue_()
        asked.append(url)
        if answer == "fulfill":
            return route.fulfill(body=PIXEL, content_type="image/png")
        return route.abort()

    try:
        context.route("**/*", handle)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: noise.append(f"page error: {error}"))
        page.on("console", lambda message: noise.append(f"console: {message.text}"))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready=yes]", timeout=10_000)
        yield page, asked, noise
    finally:
        context.close()


def lonlat(east, north):
    """Return longitude and latitude of a place of the scene [m]."""
    return to_lonlat((scene.EAST + east, scene.NORTH + north), scene.CRS).tolist()


def tap(page, *places):
    """Tap the map at places of the scene; the map is not moved."""
    for east, north in places:
        lon, lat = lonlat(east, north)
        x, y = page.evaluate(
            """([lat, lon]) => { const p = firelane.map.latLngToContainerPoint(firelane.plane.shown([lat, lon]));
                const box = firelane.map.getContainer().getBoundingClientRect(); return [box.left + p.x, box.top + p.y]; }""",
            [lat, lon],
        )
        page.mouse.click(x, y)
        page.wait_for_timeout(320)  # two taps within a quarter of a second are one double tap


# ------------------------------------------------------------------------------------------ measuring

SQUARE = ((10, 4), (110, 4), (110, 54), (10, 54))  # 100 m by 50 m


def test_a_known_distance_is_measured(browser, files):
    geod = pyproj.Geod(ellps="WGS84")
    with opened(browser, files / "plain.html") as page:
        settled(page)
        page.get_by_role("button", name="测量", exact=True).click()
        assert page.locator(".measure-total").inner_text() == "点按地图开始测量"
        found = page.evaluate(
            """(points) => { for (const [lon, lat] of points) firelane.tools.measuring.tap({ lat, lng: lon });
                return firelane.measured(); }""",
            [lonlat(*p) for p in SQUARE],
        )
        # 1e-4 allows for the scale of the site's projection; against the ellipsoid itself far less is left
        assert found["parts"] == pytest.approx([100, 50, 100], rel=1e-4)
        assert found["area"] == pytest.approx(5000, rel=2e-4)
        lons, lats = zip(*(lonlat(*p) for p in SQUARE), strict=True)
        area, _ = geod.polygon_area_perimeter(lons, lats)
        assert found["area"] == pytest.approx(abs(area), rel=1e-6)
        assert found["length"] == pytest.approx(geod.line_length(lons, lats), rel=1e-7)
        told = page.locator(".measure").inner_text()
        cut = math.floor((found["length"] + 1e-6) * 100) / 100
        assert f"长度 {cut:.2f} m" in told
        assert "不作判定依据" in told
        assert page.locator(".label-measure").count() == 3
        page.get_by_role("button", name="撤销").click()
        assert page.locator(".label-measure").count() == 2
        page.get_by_role("button", name="清除").click()
        assert page.locator(".label-measure").count() == 0


def test_taps_measure_and_open_nothing_until_it_is_done(browser, files):
    with opened(browser, files / "plain.html") as page:
        settled(page)
        page.get_by_role("button", name="测量", exact=True).click()
        tap(page, (12, 19), (96, 0), (96, 30))  # a building, a pinch beside a marker, free ground
        found = page.evaluate("firelane.measured()")
        assert found["parts"] == pytest.approx([math.hypot(84, 19), 30], abs=0.5)  # a pixel is about 0.2 m
        assert page.locator(".view-card").is_hidden()
        page.get_by_role("button", name="结束").click()
        assert page.locator(".measure").count() == 0
        tap(page, (12, 19))
        assert page.locator(".view-card .title").inner_text() == "1号楼"


@pytest.mark.slow
def test_lengths_are_rounded_down_and_a_crossed_outline_has_no_area(browser, files):
    with opened(browser, files / "plain.html") as page:
        page.get_by_role("button", name="测量", exact=True).click()
        page.evaluate(
            "(points) => { for (const [lon, lat] of points) firelane.tools.measuring.tap({ lat, lng: lon }); }",
            [lonlat(*p) for p in ((0, 0), (50, 50), (50, 0), (0, 50))],
        )
        assert page.evaluate("firelane.measured().area") is None
        assert "边线相交" in page.locator(".measure-total").inner_text()
        page.get_by_role("button", name="清除").click()
        lon, lat = lonlat(0, 0)
        east = pyproj.Geod(ellps="WGS84").fwd(lon, lat, 90, 3.9996)
        page.evaluate(
            "(points) => { for (const [lon, lat] of points) firelane.tools.measuring.tap({ lat, lng: lon }); }",
            [[lon, lat], east[:2]],
        )
        assert page.locator(".label-measure").inner_text() == "3.99 m"


# ------------------------------------------------------------------------------------------- position


def test_the_own_position_is_shown_with_its_accuracy(browser, files):
    lon, lat = lonlat(60, 20)
    device = {
        **PHONE, "permissions": ["geolocation"], "geolocation": {"latitude": lat, "longitude": lon, "accuracy": 7.2},
    }  # fmt: skip
    with opened(browser, files / "plain.html", device) as page:
        settled(page)
        button = page.get_by_role("button", name="我的位置")
        button.tap()
        page.wait_for_selector(".me")
        assert "±8 米" in page.locator(".notice").inner_text()  # rounded up
        assert button.get_attribute("aria-pressed") == "true"
        settled(page)
        assert page.evaluate("firelane.position()") == pytest.approx([lat, lon], abs=1e-9)
        centre = page.evaluate("[firelane.map.getCenter().lat, firelane.map.getCenter().lng]")
        assert centre == pytest.approx([lat, lon], abs=2e-5)  # followed
        # the circle's radius is the accuracy: 7.2 m in pixels of this zoom
        zoom = page.evaluate("firelane.map.getZoom()")
        pixel_m = 40_075_016.686 * math.cos(math.radians(lat)) / 256 / 2**zoom
        circle = page.locator(".accuracy").bounding_box()
        assert circle["width"] == pytest.approx(2 * 7.2 / pixel_m, abs=3)
        button.tap()
        assert page.locator(".me").count() == 0
        assert page.evaluate("firelane.position()") is None


@pytest.mark.parametrize(
    ("init", "said"),
    [
        ("", "未获准"),
        ("Object.defineProperty(window, 'isSecureContext', { value: false })", "HTTPS"),
        pytest.param("Object.defineProperty(navigator, 'geolocation', { get() { throw new Error('no'); } })", "不能提供位置", marks=pytest.mark.slow),
        pytest.param(
            "navigator.geolocation.watchPosition = (yes, no) => setTimeout(() => no({ code: 2, message: 'x' }), 0)",
            "不能提供位置",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "navigator.geolocation.watchPosition = (yes, no) => setTimeout(() => no({ code: 3, message: 'x' }), 0)",
            "未能及时定位",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["refused", "insecure", "throws", "unavailable", "late"],
)  # fmt: skip
def test_where_there_is_no_position_it_is_said_why(browser, files, init, said):
    with opened(browser, files / "plain.html", init=init or None) as page:
        button = page.get_by_role("button", name="我的位置")
        button.click()
        page.wait_for_function("(said) => document.querySelector('.notice').textContent.includes(said)", arg=said)
        assert button.get_attribute("aria-pressed") == "false"
        page.locator(".list .row").first.click()
        assert page.locator(".view-card").is_visible()


@pytest.mark.slow
def test_heading_and_distance(browser, files):
    lon, lat = lonlat(60, 20)
    init = (
        "navigator.geolocation.watchPosition = (yes) => (setTimeout(() => yes({ coords: "
        f"{{ latitude: {lat}, longitude: {lon}, accuracy: 5, heading: 90, speed: 1 }}, timestamp: 1 }}), 0), 1)"
    )
    with opened(browser, files / "plain.html", init=init) as page:
        page.get_by_role("button", name="我的位置").click()
        page.wait_for_selector(".me .heading")
        assert page.locator(".me .heading").get_attribute("transform") == "rotate(90.0)"
        there = lonlat(90, 60)
        assert page.evaluate("([lon, lat]) => firelane.act.distance([lat, lon])", there) == pytest.approx(50, rel=2e-4)


# ------------------------------------------------------------------------------------------- profile


def lane(page, title):
    return page.evaluate("(t) => firelane.data.cards.findIndex((c) => c.st && c.t === t)", title)


def test_the_profile_shows_limit_gaps_and_the_place_tapped(browser, files):
    with opened(browser, files / "plain.html", SMALL) as page:
        lon, lat = lonlat(30, 0)
        page.evaluate("([i, lat, lon]) => firelane.select(i, L.latLng(lat, lon))", [lane(page, "小区东西路 L1"), lat, lon])
        chart = page.locator(".chart")
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert page.locator(".chart-limit-text").evaluate("e => e.textContent") == "限值 4 m"
        assert page.locator(".profile-told").inner_text() == "30.000 m：净宽 3.550 m"
        assert page.locator(".chart-gap").count() == 0
        assert page.locator(".spot").count() == 1
        chart.focus()
        page.keyboard.press("End")
        assert page.locator(".profile-told").inner_text() == "60.000 m：净宽 6.000 m"
        rows = page.locator(".facts.here dd").all_inner_texts()
        assert rows[:2] == ["60.000 m", "6.000 m"]
        # where the marker on the map now stands
        spot = page.evaluate(
            """() => { let at = null; firelane.drawing.spot.eachLayer((l) => (at = l.getLatLng())); return [at.lng, at.lat]; }"""
        )
        assert spot == pytest.approx(lonlat(60, 0), abs=2e-7)
        # a tap in the middle of the plot is the middle of the lane
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        middle = box["x"] + (34 + (330 - 34) / 2) / 340 * box["width"]
        page.mouse.click(middle, box["y"] + box["height"] / 2)
        assert page.locator(".profile-told").inner_text() == "30.000 m：净宽 3.550 m"


def test_what_was_not_measured_is_a_gap_in_the_profile(browser, files):
    with opened(browser, files / "plain.html") as page:
        page.evaluate("(i) => firelane.select(i)", lane(page, "小区南北路 L3"))
        assert page.locator(".chart-gap").count() == 1
        assert "未测量" in page.locator(".profile").inner_text()
        # from 70.25 m (half way between the last measured station and the next) to the end at 80 m
        gap = page.locator(".chart-gap")
        x, width = (float(gap.get_attribute(key)) for key in ("x", "width"))
        per_m = (330 - 34) / 80
        assert x == pytest.approx(34 + 70.25 * per_m, abs=0.01)
        assert x + width == pytest.approx(330, abs=0.01)
        line = page.locator(".chart-line").get_attribute("d")
        last = float(line.rsplit("L", 1)[1].split()[0])
        assert last == pytest.approx(34 + 70 * per_m, abs=0.01)


# -------------------------------------------------------------------------------------------- remedy


def test_what_has_to_go_is_written_beside_it(browser, tmp_path):
    # Two cars stand on 6 m of road; the structure that stays takes 1 m: 5 m are left without them.
    audit = audited_in_full(
        site(
            [road(60, 6)], entrances=gates(60, 6, both=False),
            obstructions=[car(20, -1, id="c1"), car(40, 1, id="c2"), block(30, 2, 31, 3, id="S1")],
        )
    )  # fmt: skip
    header, _ = page_content(audit, plan=None, lang="en")
    assert [row["l"] for row in header["remedies"]] == ["Remove these 2 vehicles: clear width 5.000 m"]
    path = tmp_path / "map.html"
    violation_map(audit, path)
    with opened(browser, path, PHONE) as page:
        page.locator(".list .row[data-card]").nth(0).tap()
        settled(page)
        label = page.locator(".label-deed")
        assert label.all_inner_texts() == ["移除这 2 辆车：净宽 5.000 m"]
        box, pin = label.bounding_box(), page.locator(".pin.current").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["y"] + box["height"] <= pin["y"] + 1 or box["x"] > pin["x"] + pin["width"]
        page.locator(".back").tap()
        assert label.count() == 0


# ------------------------------------------------------------------------------------------ permalink


def test_a_link_leads_back_to_place_and_finding(browser, files):
    with opened(browser, files / "plain.html") as page:
        settled(page)
        page.locator(".list .row").nth(1).click()
        settled(page)
        page.evaluate("firelane.map.setView([41.80812, 123.42905], 18.5, { animate: false })")
        page.wait_for_timeout(500)
        fragment = page.evaluate("location.hash")
        assert re.fullmatch(r"#18\.5/41\.808120/123\.429050/F002", fragment)
        title = page.locator(".view-card .message").inner_text()
    with opened(browser, files / "plain.html", fragment=fragment) as page:
        settled(page)
        assert page.locator(".view-card .message").inner_text() == title
        seen = page.evaluate("[firelane.map.getCenter().lat, firelane.map.getCenter().lng, firelane.map.getZoom()]")
        assert seen == pytest.approx([41.80812, 123.42905, 18.5], abs=2e-6)
        for strange in ("#18/99/123.4", "#18/41.8/123.4/nothing", "#///", "#18/41.8", "#%E0%A4%A", "#<b>"):
            page.evaluate("(text) => { location.hash = text; }", strange)
            page.wait_for_selector(".view-card", state="hidden")
        page.evaluate("location.hash = '#99/41.8/123.4/F001'")  # the finding is there though the zoom is not
        page.wait_for_selector(".view-card", state="visible")


@pytest.mark.slow
def test_back_closes_the_card_and_nothing_else(browser, files):
    with opened(browser, files / "plain.html") as page:
        settled(page)
        before = page.evaluate("history.length")
        page.evaluate("firelane.map.panBy([40, 0], { animate: false })")
        page.wait_for_timeout(400)
        page.locator(".list .row").first.click()
        settled(page)
        page.get_by_role("button", name="下一项").click()
        settled(page)
        assert page.evaluate("history.length") == before + 1  # one step back, however many were looked at
        page.evaluate("history.back()")
        page.wait_for_selector(".view-card", state="hidden")
        assert page.evaluate("location.hash.split('/').length") == 3
        page.evaluate("history.forward()")
        page.wait_for_selector(".view-card", state="visible")
        page.locator(".back").click()  # closing by hand takes the step out of the history
        page.wait_for_timeout(500)
        assert page.locator(".view-card").is_hidden()
        assert page.evaluate("history.state && history.state.card") in (None, False)


def test_the_copied_link_is_that_of_the_published_page(browser, tmp_path):
    path = tmp_path / "map.html"
    violation_map(scene.audit(), path, link="https://map.example.cn/sanhao.html?a=1")
    device = {**DESKTOP, "permissions": ["clipboard-read", "clipboard-write"]}
    with opened(browser, path, device) as page:
        settled(page)
        page.locator(".list .row").first.click()
        settled(page)
        page.get_by_role("button", name="复制链接").click()
        page.get_by_role("button", name="已复制").wait_for()
        text = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"https://map\.example\.cn/sanhao\.html\?a=1#[\d.]+/41\.808\d+/123\.428\d+/F001", text)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///x.html", "https://a b/", "//x", "https://", "https://x/\n"])
def test_what_is_no_address_of_a_page_is_refused(link):
    with pytest.raises(UsageError):
        page_text(scene.audit(), link=link)


# ----------------------------------------------------------------------------------------- navigation


def test_hand_over_to_navigation(browser, files):
    with opened(browser, files / "plain.html") as page:
        # the golden pair of Shenyang: WGS 84 (123.43, 41.8) is GCJ-02 (123.4361368, 41.8024298)
        found = page.evaluate("firelane.handOver([41.8, 123.43], '三好街,小区(一)\\ud800&x=1#')")
        assert found["geo"].startswith("geo:41.8000000,123.4300000?q=41.8000000,123.4300000(")
        assert found["amap"].startswith("https://uri.amap.com/navigation?to=123.4361368,41.8024298,")
        assert found["amap"].endswith("&mode=car&coordinate=gaode&src=firelane&callnative=1")
        name = found["amap"].split(",")[2].split("&")[0]
        assert unquote(name) == "三好街 小区 一 ?&x=1#"
        page.locator(".list .row").first.click()
        hrefs = page.locator(".actions a").evaluate_all("list => list.map((a) => a.href)")
        lon, lat = scene.audit().findings[0].lonlat
        east, north = wgs84_to_gcj02((lon, lat)).tolist()
        assert hrefs[0].startswith(f"https://uri.amap.com/navigation?to={east:.7f},{north:.7f},")
        assert hrefs[1].startswith(f"geo:{lat:.7f},{lon:.7f}?")


# ----------------------------------------------------------------------------------------- background


def test_the_offset_is_that_of_the_command_line(browser, files):
    places = [
        (lon, lat) for lon in np.linspace(70, 140, 29).tolist() for lat in np.linspace(0, 56, 29).tolist()
    ] + [(123.43, 41.8)]  # fmt: skip
    with opened(browser, files / "plain.html") as page:
        there = page.evaluate("(list) => list.map(([lon, lat]) => firelane.offset.forward([lat, lon]))", places)
        back = page.evaluate("(list) => list.map((p) => firelane.offset.inverse(p))", there)
    assert np.array(there)[:, ::-1] == pytest.approx(wgs84_to_gcj02(places), abs=1e-12)
    assert there[-1] == pytest.approx([41.8024297629551, 123.43613681741684], abs=1e-12)
    inside = [75 <= lon <= 134 and 19 <= lat <= 52 for lon, lat in places]
    assert np.array(back)[:, ::-1] == pytest.approx(gcj02_to_wgs84(np.array(there)[:, ::-1]), abs=1e-12)
    assert np.array(back)[inside][:, ::-1] == pytest.approx(np.array(places)[inside], abs=1e-10)  # 10 µm


def test_over_gaode_everything_moves_and_comes_back(browser, files):
    lon, lat = scene.audit().findings[0].lonlat
    east, north = wgs84_to_gcj02((lon, lat)).tolist()
    pin = """() => { const m = firelane.drawing.groups.find((g) => g.rows.some((r) => firelane.data.cards[r.c].n === 1));
        return [m.place.lng, m.place.lat]; }"""
    with online(browser, files / "gaode.html") as (page, asked, noise):
        page.wait_for_selector(".leaflet-tile-loaded")
        assert {re.sub(r"webrd0[1-4]", "webrd0n", url.split("?")[0]) for url in asked} == {
            "https://webrd0n.is.autonavi.com/appmaptile"
        }
        assert page.evaluate(pin) == pytest.approx([east, north], abs=2e-7)
        # a lane's line, tile for tile where Gaode draws it
        wanted = wgs84_to_gcj02(lonlat(0, 0)).tolist()
        points = page.evaluate(
            "() => firelane.drawing.layers.flat().map((p) => p.getLatLngs ? p.getLatLngs().flat(3) : [p.getLatLng()]).flat().map((p) => [p.lng, p.lat])"
        )
        assert np.abs(np.array(points) - wanted).max(axis=1).min() < 3e-6
        assert np.abs(np.array(points) - lonlat(0, 0)).max(axis=1).min() > 1e-3
        # lengths are those of the ground, and the address is WGS 84
        page.get_by_role("button", name="测量", exact=True).click()
        found = page.evaluate(
            """(points) => { for (const [lon, lat] of points) { const [a, b] = firelane.plane.shown([lat, lon]);
                firelane.tools.measuring.tap({ lat: a, lng: b }); } return firelane.measured(); }""",
            [lonlat(*p) for p in SQUARE],
        )
        assert found["parts"] == pytest.approx([100, 50, 100], rel=1e-4)
        page.get_by_role("button", name="结束").click()
        page.evaluate("(p) => firelane.map.setView(p, 19, { animate: false })", [north, east])
        page.wait_for_timeout(500)
        _, a, b = page.evaluate("location.hash.slice(1)").split("/")[:3]
        assert (float(b), float(a)) == pytest.approx((lon, lat), abs=2e-6)
        assert "高德" in page.locator(".credit").inner_text()
        page.get_by_role("button", name="底图：高德地图").click()
        assert page.evaluate(pin) == pytest.approx([lon, lat], abs=2e-7)
        assert page.evaluate("[firelane.map.getCenter().lng, firelane.map.getCenter().lat]") == pytest.approx([lon, lat], abs=1e-5)
        assert page.locator(".leaflet-tile").count() == 0
        assert page.locator(".credit").count() == 0
        assert noise == []


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        pytest.param("own", r"https://tiles\.example\.cn:8443/\d+/\d+/\d+\.png", marks=pytest.mark.slow),
        ("tianditu", rf"https://t[0-7]\.tianditu\.gov\.cn/(?:vec|cva)_w/wmts\?.*&tk={KEY}"),
    ],
)
def test_tiles_are_asked_of_the_chosen_place_alone(browser, files, name, pattern):
    with online(browser, files / f"{name}.html") as (page, asked, noise):
        page.wait_for_selector(".leaflet-tile-loaded")
        settled(page)
        assert asked
        assert all(re.fullmatch(pattern, url) for url in asked), asked
        assert noise == []
        # anything else is stopped by the page's policy before it is asked for
        page.evaluate("() => { const i = new Image(); i.src = 'https://elsewhere.example.com/a.png'; document.body.append(i); }")
        page.wait_for_timeout(200)
        assert not any("elsewhere" in url for url in asked)
        assert any("Content Security Policy" in text for text in noise)


def test_without_a_network_a_background_is_one_quiet_sentence(browser, files):
    with opened(browser, files / "gaode.html") as page:  # fails on any console message or request
        assert "其余功能照常可用" in page.locator(".notice").inner_text()
        assert page.locator(".credit").count() == 0
        assert page.evaluate("firelane.plane.isMoved") is False
        page.locator(".list .row").first.click()
        assert page.locator(".view-card").is_visible()


@pytest.mark.slow
def test_where_the_server_refuses_the_background_is_taken_away(browser, files):
    with online(browser, files / "gaode.html", answer="abort") as (page, asked, noise):
        page.wait_for_function("() => document.querySelector('.notice').textContent.includes('无法加载')")
        page.wait_for_function("() => !firelane.plane.isMoved")
        settled(page)
        assert asked
        assert page.locator(".leaflet-tile").count() == 0
        assert not [text for text in noise if text.startswith("page error")]
        assert page.get_by_role("button", name="底图：高德地图").get_attribute("aria-pressed") == "false"


def policy(text):
    return re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]


def test_the_policy_names_the_chosen_origin_and_no_other():
    audit = scene.audit()
    plain = policy(page_text(audit))
    assert re.search(r"img-src ([^;]*);", plain)[1] == "data: blob:"
    assert re.search(r"img-src ([^;]*);", policy(page_text(audit, basemap=basemap(OWN))))[1] == (
        "data: blob: https://tiles.example.cn:8443"
    )
    eight = re.search(r"img-src ([^;]*);", policy(page_text(audit, basemap=basemap("tianditu", key=KEY))))[1]
    assert eight.split() == ["data:", "blob:", *(f"https://t{n}.tianditu.gov.cn" for n in range(8))]
    assert "http" not in plain
    assert KEY not in page_text(audit)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.cn/{z}/{x}.png", "https://a.cn/{z}/{x}/{y}/{y}.png", "https://a.cn/{z}/{x}/{y}/{s}.png",
        "ftp://a.cn/{z}/{x}/{y}", "javascript:alert({z}{x}{y})", "data:image/png,{z}{x}{y}/", "https://{z}.a.cn/{x}/{y}",
        "https://u:p@a.cn/{z}/{x}/{y}", "https://a.cn; script-src */{z}/{x}/{y}", "https://a.cn/{z}/{x}/{y} ",
        'https://a.cn/"><script>/{z}/{x}/{y}', "https://a.cn:99999999/{z}/{x}/{y}", "https://*/{z}/{x}/{y}",
        "https://a.cn/{{z}/{x}/{y}}", "//a.cn/{z}/{x}/{y}", "https://a.cn/\n{z}/{x}/{y}", "https:///{z}/{x}/{y}",
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_tiles_are_refused(url):
    with pytest.raises(UsageError):
        basemap(url)


def test_names_and_keys():
    assert basemap(None) is None
    assert basemap("none") is None
    for key in (None, "", "abc def0123456", "0123456789abcdef\n", "<script>alert(1)", "ключключ"):
        with pytest.raises(UsageError, match=r"[Kk]ey"):
            basemap("tianditu", key=key)
    with pytest.raises(UsageError, match="unknown background"):
        basemap("bing")
    assert isinstance(basemap("osm"), Basemap)
    assert basemap("osm").origins == ("https://tile.openstreetmap.org",)
    assert [basemap(n, key=KEY).gcj02 for n in ("osm", "gaode", "tianditu")] == [False, True, False]


def test_the_page_knows_the_audit_by_the_hash_of_its_file(tmp_path):
    audit = audited(site([road()]))
    write_audit(audit, tmp_path)
    assert audit_id(audit) == hashlib.sha256((tmp_path / "audit.json").read_bytes()).hexdigest()
    header, _ = page_content(audit, plan=None, lang="zh")
    assert header["audit_id"] == audit_id(audit)
    assert json.dumps(header["offset"])


# -------------------------------------------------------------------------------------------- layout

OVERLAPS = """() => {
  const list = [...document.querySelectorAll('.leaflet-control, .panel')].filter((e) => e.offsetWidth && !e.matches('.north'));
  const boxes = list.map((e) => [e, e.getBoundingClientRect()]).filter(([, b]) => b.width && b.height);
  const out = [];
  boxes.forEach(([e, a], i) => boxes.slice(i + 1).forEach(([f, b]) => {
    if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
      out.push(e.className + ' / ' + f.className);
  }));
  for (const [e, b] of boxes) if (b.left < -1 || b.right > innerWidth + 1 || b.top < -1) out.push('outside: ' + e.className);
  return out;
}"""


@pytest.mark.parametrize(
    "device", [SMALL, *(pytest.param(d, marks=pytest.mark.slow) for d in (PHONE, TABLET, DESKTOP))], ids=["360", "390", "768", "1280"]
)
def test_no_control_lies_over_another(browser, files, device):
    with opened(browser, files / "own.html", device) as page:
        settled(page)
        assert page.evaluate(OVERLAPS) == []
        page.get_by_role("button", name="测量", exact=True).click()
        settled(page)
        assert page.evaluate(OVERLAPS) == []
        if device in (SMALL, PHONE):  # the sheet makes room
            assert page.locator(".panel").bounding_box()["y"] > 0.75 * device["viewport"]["height"]
        if device.get("has_touch"):
            for target in page.locator(
                "button:visible, a:visible, input:visible, select:visible, label:visible, summary:visible"
            ).all():
                box = target.bounding_box()
                assert min(box["height"], box["width"]) >= 44, target.evaluate("e => e.outerHTML")
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1]


SANDBOX = """<!doctype html><meta charset="utf-8"><iframe sandbox="allow-scripts" style="width:390px;height:800px"
 src="plain.html"></iframe>"""


def test_in_a_frame_that_forbids_everything_the_map_still_works(browser, files):
    (files / "frame.html").write_text(SANDBOX, encoding="utf-8")
    noise = []
    context = browser.new_context(offline=True, **DESKTOP)
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.goto((files / "frame.html").as_uri())
        frame = page.frame_locator("iframe")
        frame.locator("html[data-ready=yes]").wait_for(timeout=10_000)
        frame.locator(".list .row").first.click()
        assert frame.locator(".view-card .title").is_visible()
        frame.get_by_role("button", name="我的位置").click()
        page.wait_for_timeout(500)
        text = frame.locator(".notice").inner_text()
        assert "未获准" in text or "HTTPS" in text or "不能提供" in text
        frame.locator(".back").click()
        assert frame.locator(".view-findings").is_visible()
        assert noise == []
    finally:
        context.close()


@pytest.mark.slow
@pytest.mark.parametrize("landscape", [False, True])
def test_paper_holds_map_list_and_legend_and_no_control(browser, files, tmp_path, landscape):
    path = tmp_path / "paper.pdf"
    with opened(browser, files / "plain.html") as page:
        settled(page)
        page.pdf(path=str(path), format="A4", landscape=landscape, print_background=True)
        page.emulate_media(media="print")
        for look in (".tabs", ".leaflet-control-zoom", ".site-tools", ".tools"):
            assert not page.locator(look).first.is_visible(), look
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout
    for expected in ("沈河区三好街小区", "净宽 3.550 米", "通道净宽", "控制性窄处", "图上对象"):
        assert expected in text
    for control in ("搜索", "图例与图层", "我的位置"):
        assert control not in text
