"""A map of a whole quarter: few names, lists under headings, whose data they are, and nothing over anything else."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace

import pytest
import shapely
from chromium import DESKTOP
from shapely import LineString, Point, box
from support import site_scenes as S

from firelane.crs import to_lonlat
from firelane.site.credit import credit
from firelane.site.model import VOLUNTEERED, Note
from firelane.webmap import results
from firelane.webmap.content import LAYERS
from firelane.webmap.gather import gather
from firelane.webmap.page import page_content, violation_map
from firelane.webmap.picture import map_png
from firelane.webmap.side import listed, wrapped
from firelane.webmap.widths import palette

OSM = Note(VOLUNTEERED, "mapped by volunteers", "志愿者绘制")
POSTS = 12
FAR_M = 3000.0


def quarter(buildings=60, notes=(), *, centreline=True):
    """A narrow road of 60 m, a centreline of 340 m with a dozen posts on it, sixty buildings, a tree three kilometres off."""
    houses = [
        (box(70 + 12 * (n % 10), 10 + 12 * (n // 10), 78 + 12 * (n % 10), 18 + 12 * (n // 10)), {"id": f"way/{n}"})
        for n in range(buildings - 2)
    ]
    houses += [(box(10, 4, 30, 14), {"id": "way/near"}), (box(35, 4, 55, 14), {"id": "way/named", "name": "三号楼"})]
    posts = [(Point(80 + 20 * n, 0), {"kind": "bollard", "id": f"post-{n:02d}"}) for n in range(POSTS)]
    tree = (Point(FAR_M, FAR_M), {"kind": "tree", "id": "far"})
    site = S.site(
        [S.road(60, 3.5)], road_lines=[(LineString([(60, 0), (400, 0)]), {"id": "line"})] if centreline else None, buildings=houses,
        obstructions=[*posts, tree], entrances=S.gates(60, 3.5, both=False),
    )  # fmt: skip
    return S.audited(replace(site, notes=(*notes, *(Note("told", f"note {n}", f"说明 {n}") for n in range(9)))))


@pytest.fixture(scope="module")
def crowded():
    return quarter(notes=(OSM,))


def names(content):
    return {text for _, _, text, *_, look in content.labels if look == "name"}


def test_an_id_stands_for_a_name_only_where_a_finding_concerns_the_building_or_there_are_few(crowded):
    assert names(gather(crowded, None, "zh").content) == {"三号楼"}
    surveyed = gather(quarter(centreline=False), None, "zh").content  # no vehicle of 4 m reaches the two at the narrow road
    assert names(surveyed) == {"三号楼", "way/near"}
    few = names(gather(quarter(buildings=5), None, "zh").content)
    assert few == {"way/0", "way/1", "way/2", "way/near", "三号楼"}


def test_a_tree_far_outside_does_not_decide_how_much_is_seen(crowded):
    content = gather(crowded, None, "zh").content
    west, south, east, north = (shapely.total_bounds([content.shapes.geometries()[i] for i in content.whole()]) - [*S.ORIGIN, *S.ORIGIN])
    assert (west, south) == pytest.approx((0.0, -1.75), abs=1e-6)
    assert east == pytest.approx(400.0, abs=1e-6)
    assert north == pytest.approx(10 + 12 * 5 + 8, abs=1e-6)
    assert len(content.whole()) <= 4


def test_a_tree_just_outside_is_seen_as_well():
    content = gather(S.audited(S.site([S.road()], obstructions=[(Point(50, 20), {"kind": "tree"})])), None, "zh").content
    assert shapely.total_bounds([content.shapes.geometries()[i] for i in content.whole()])[3] - S.ORIGIN[1] == pytest.approx(20.0, abs=0.2)


def test_a_lane_is_drawn_to_its_tips_though_the_profile_stops_before():
    """A square court of 24 m: no disc as wide as it is fits near the ends, and no station lies there."""
    audit = S.audited(S.site([S.road(60, 6)]))
    content = gather(audit, None, "zh").content
    lane = audit.lanes.iloc[0]
    card = content.find("lanes", lane["lane_id"])
    casing, *pieces = [content.shapes.geometries()[p[1]] for p in content.paths if p[3] == card and LAYERS[p[0]] == "lanes"]
    assert shapely.length(casing) == pytest.approx(lane["length_m"], abs=1e-6)
    assert sum(shapely.length(pieces)) == pytest.approx(lane["length_m"], abs=0.01)
    stations = audit.profile["chainage_m"]
    assert stations.min() > 1.0 or stations.max() < lane["length_m"] - 1.0  # else this tells nothing
    dotted = [p for p in content.paths if p[3] == card and content.styles[p[2]].get("dashArray") == palette()["width"]["unmeasured"]["dash"]]
    assert dotted


def test_many_reasons_alike_are_told_once(crowded):
    rows = {row["t"]: row["w"].split("\n") for row in results.unmeasured(gather(crowded, None, "zh").content)}
    told = rows["通道上不得设置障碍物"]
    assert len(told) == results.MOST_REASONS
    listed_alone = sum("post-" in line for line in told)
    assert told[-1] == f"另有同类 {POSTS - listed_alone} 项，见“检查结果”列表"


def test_the_picture_lists_many_places_to_look_at_in_one_line(crowded):
    gathered = gather(crowded, None, "zh")
    rows = listed(gathered.content, gathered.findings)
    numbers = [card.number for card in gathered.content.cards if card.number and card.verdict == "not_measured"]
    assert len(numbers) >= POSTS
    assert (f"{numbers[0]}–{numbers[POSTS - 1]}", "not_measured", f"通道上不得设置障碍物：须现场核实 {POSTS} 处") in rows
    assert [row for row in rows if row[1] == "fail"]  # those stand one by one


def test_briefly_the_picture_tells_requirement_value_and_place(crowded):
    gathered = gather(crowded, None, "zh")
    full, brief = listed(gathered.content, gathered.findings), listed(gathered.content, gathered.findings, brief=True)
    assert [row[:2] for row in full] == [row[:2] for row in brief]
    told = [row[2] for row in brief if row[1] == "fail"]
    assert told
    for text in told:
        assert re.fullmatch(r"[^0-9]*(4米)? ?\d+\.\d{3} m · .+", text), text
        assert "（" not in text


def test_a_range_of_figures_is_not_broken():
    assert wrapped("桩号 2.0–48.0 米", 5.5) == ["桩号 ", "2.0–48.0 ", "米"]


def test_whose_data_they_are_is_said_where_the_licence_asks_for_it(crowded):
    assert credit(crowded.site) == "© OpenStreetMap 贡献者（ODbL）"
    header, _ = page_content(crowded, plan=None, lang="en")
    assert header["credit"] == "© OpenStreetMap contributors (ODbL)"
    assert ["Source of the data", header["credit"]] in [list(row) for row in header["about"]]
    surveyed = quarter(buildings=5)
    assert credit(surveyed.site) == ""
    other, _ = page_content(surveyed, plan=None, lang="en")
    assert "credit" not in other
    assert "Source of the data" not in dict(other["about"])


def test_in_the_picture_nothing_lies_over_scale_credit_or_another_label(crowded, tmp_path, monkeypatch):
    from firelane.webmap import picture

    taken = []
    plain = picture._Picture._free

    def spy(self, place, size, boxes, *args, **kwargs):
        if not taken:
            taken.append((boxes, len(boxes), self.window))
        return plain(self, place, size, boxes, *args, **kwargs)

    monkeypatch.setattr(picture._Picture, "_free", spy)
    map_png(crowded, tmp_path / "map.png", width_px=640)
    boxes, furniture, window = taken[0]
    assert furniture == 3  # scale, credit, north
    areas = shapely.box(*zip(*boxes, strict=True))
    labels = areas[furniture:]
    assert len(labels) > 5
    assert not any(shapely.area(shapely.intersection(label, areas[:furniture])).max() > 1e-6 for label in labels)
    frame = shapely.box(*window)
    assert shapely.within(labels, frame).all()


@contextmanager
def opened(browser, path, device):
    page = browser.new_context(offline=True, **device).new_page()
    page.set_default_timeout(8000)
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=yes]", timeout=10_000)
    yield page
    page.context.close()


def test_the_page_groups_the_list_names_the_source_and_folds_long_notes(browser, crowded, tmp_path):
    violation_map(crowded, tmp_path / "map.html")
    with opened(browser, tmp_path / "map.html", DESKTOP) as page:
        head = page.locator(".grouphead", has_text="通道上不得设置障碍物")
        assert head.inner_text() == f"通道上不得设置障碍物 · 须现场核实：{POSTS} 项"
        group = page.locator(".group", has=head)
        assert group.locator(".row").count() == POSTS
        assert "post-00" in group.locator(".rowmessage").first.inner_text()
        assert group.locator(".rowtitle").count() == 0  # the heading says it once
        head.click()
        assert head.get_attribute("aria-expanded") == "false"
        assert not group.locator(".row").first.is_visible()
        head.click()
        group.locator(".row").nth(3).click()
        assert page.locator(".view-card .title").inner_text() == "通道上不得设置障碍物"
        assert page.locator(".credit").inner_text() == "© OpenStreetMap 贡献者（ODbL）"
        page.get_by_role("tab", name="说明").click()
        assert page.locator(".view-about > .notes > li").count() == 6
        assert not page.locator(".more .notes li").first.is_visible()
        page.locator(".more summary").click()
        assert page.locator(".more .notes li").count() == 4
        assert page.locator(".more .notes li").first.is_visible()


def test_on_the_page_a_label_gives_way_to_the_legend(browser, crowded, tmp_path):
    violation_map(crowded, tmp_path / "map.html")
    lon, lat = to_lonlat((S.ORIGIN[0] + 45, S.ORIGIN[1] + 9), S.CRS).tolist()
    with opened(browser, tmp_path / "map.html", DESKTOP) as page:
        label = page.locator(".label", has_text="三号楼")
        page.evaluate("([lon, lat]) => firelane.map.setView([lat, lon], 18, { animate: false }) && 1", [lon, lat])
        assert label.count() == 1
        for control in (".mini-legend", ".leaflet-control-scale", ".credit"):
            page.evaluate(
                """([lon, lat, name]) => { const map = firelane.map;
                map.setView([lat, lon], 18, { animate: false });
                const frame = map.getContainer().getBoundingClientRect();
                const box = document.querySelector(name).getBoundingClientRect();
                const wanted = L.point((box.left + box.right) / 2 - frame.left, (box.top + box.bottom) / 2 - frame.top);
                map.panBy(map.latLngToContainerPoint([lat, lon]).subtract(wanted), { animate: false }); }""",
                [lon, lat, control],
            )
            over = page.locator(control).bounding_box()
            under = [node.bounding_box() for node in label.all()]
            covered = [
                b for b in under
                if b["x"] < over["x"] + over["width"] and over["x"] < b["x"] + b["width"]
                and b["y"] < over["y"] + over["height"] and over["y"] < b["y"] + b["height"]
            ]  # fmt: skip
            assert covered == [], control
