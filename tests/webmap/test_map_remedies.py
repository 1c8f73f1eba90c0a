"""Remedies, planned bays and the tables of further rule packs: what the page holds is what the audit says."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import shapely
from shapely.geometry import box
from site_scenes import audited_in_full, block, car, gates, road, site

from firelane.remedy.words import DISC
from firelane.webmap import map_png, violation_map
from firelane.webmap.content import LAYERS, Content
from firelane.webmap.gather import gather
from firelane.webmap.page import page_content
from firelane.webmap.remedies import add_remedies, arrow

HOSTILE = "<img src=x onerror=canary=1></script>{{7*7}}\x00\u202e"
PACKS = ("shenyang-2020", "gb50016", "gb55037")
NEW_LAYERS = ("operating_ground", "turning_areas", "dead_ends", "bends", "other_bends", "cut_places")


OUTLINE = shapely.union(road(60, 6), box(60, -4.5, 69, 4.5))
BAYS = [
    (box(26, -3, 31, -0.5), {"id": "bay-1", "status": "planned"}),  # leaves 3.5 m
    (box(30, 6, 35, 9), {"id": "bay-2", "status": "planned"}),  # beside the road
]


@cache
def dead_end_audit(name="七号楼"):
    """A 60 m dead end with a yard of 9 m: a car and a structure bar it, one of two planned bays has to go.

    A bay is held against lanes that pass without it: the parking is that of the street without obstacles.
    """
    audit = audited_in_full(
        site(
            [OUTLINE], entrances=gates(60, 6, both=False), parking=BAYS,
            obstructions=[car(20, 0, id="car<1>", name=name), block(40, -3, 42, 0.5, id="S1", name=name)],
            buildings=[(box(45, 12, 65, 24), {"id": "T1", "name": name, "height_m": 30.0, "floors": 10})],
        ),
        *PACKS,
    )  # fmt: skip
    free = audited_in_full(site([OUTLINE], entrances=gates(60, 6, both=False), parking=BAYS))
    return replace(audit, parking=free.parking)


@cache
def quiet_audit():
    """A street where nothing fails."""
    return audited_in_full(site([road()], entrances=gates()))


def header_of(audit, lang="zh"):
    return page_content(audit, plan=None, lang=lang)[0]


def used(header):
    return {layer["key"] for layer in header["layers"] if layer["used"]}


def drawn(audit, layer):
    """Return geometries and styles of a layer."""
    content = gather(audit, None, "zh").content
    shapes = content.shapes.geometries()
    return [(shapes[s], content.styles[style]) for at, s, style, _ in content.paths if LAYERS[at] == layer]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_remedy_is_on_the_page_word_for_word_and_the_shared_sentence_once(lang):
    audit = dead_end_audit()
    header = header_of(audit, lang)
    disc = DISC[lang == "en"]
    assert audit.remedies
    assert header["disc"] == disc
    for row, told in zip(audit.remedies, header["remedies"], strict=False):
        assert told["t"] == row[f"text_{lang}"].replace(disc, "").strip()
        assert told["t"]
        assert disc not in told["t"]
    findings = {f.finding_id: f for f in audit.findings}
    told = 0
    for entry in header["findings"]:
        card = header["cards"][entry["c"]]
        for number in card.get("rm", ()):
            row, finding = audit.remedies[number], findings[card["i"]]
            told += 1
            assert finding.verdict.value == "fail"
            assert row["target"] in (finding.lane_id, finding.building_id)
    assert told


def test_owners_of_a_remedy_light_up_with_their_own_outlines():
    content = gather(dead_end_audit(), None, "zh").content
    shapes = content.shapes.geometries()
    for row, told in zip(content.audit.remedies, content.remedies, strict=False):
        if row["action"] != "remove":
            continue
        areas = [shapes[s] for s, _ in told["g"]]
        table = content.audit.site.layers["obstructions"].set_index("id").geometry
        for owner in row["owners"]:
            assert any(area.equals(table[owner]) for area in areas), owner


def test_a_shift_is_drawn_where_the_thing_is_to_stand_and_a_kerb_where_it_is_to_run():
    audit = dead_end_audit()
    lane = audit.lanes["lane_id"].iloc[0]
    body = audit.site.layers["obstructions"].geometry.iloc[0]
    edge = audit.network.pavement.exterior
    spot = edge.interpolate(10.0)  # somewhere along a straight kerb
    south = shapely.get_coordinates(spot)[0]
    south[1] = (
        shapely.bounds(box(*audit.network.pavement.bounds))[1] + 1.5
    )  # y = -3: the road's southern kerb
    common = {"target": lane, "target_kind": "lane", "text_zh": "某", "text_en": "some"}
    rows = (
        {**common, "action": "shift", "owners": ["car<1>"], "shift": [0.0, 0.4]},
        {**common, "action": "move_kerb", "owners": ["edge:x", "car<1>"],
         "kerbs": [{"place": [float(body.centroid.x), float(south[1])], "kerb_m": 0.25, "side": "south"}]},
        {**common, "action": "none", "owners": ["edge:x", "edge:x"]},
    )  # fmt: skip
    content = gather(replace(audit, remedies=rows, parking=None), None, "zh").content
    shapes = content.shapes.geometries()
    looks = [{look: shapes[s] for s, look in told["g"]} for told in content.remedies]
    assert set(looks[0]) == {"gone", "moved", "arrow"}
    assert looks[0]["moved"].equals_exact(shapely.affinity.translate(body, 0.0, 0.4), 1e-6)
    assert set(looks[1]) == {"kerb", "moved", "arrow"}
    assert looks[1]["kerb"].distance(audit.network.pavement.exterior) < 1e-9
    assert looks[1]["moved"].centroid.y == pytest.approx(looks[1]["kerb"].centroid.y - 0.25, abs=1e-6)
    shaft = shapely.get_coordinates(looks[1]["arrow"].geoms[0])
    assert shaft[1] - shaft[0] == pytest.approx([0, -2], abs=1e-6)  # outwards
    assert looks[2] == {}


def test_an_arrow_points_where_it_should():
    pointed = arrow((1.0, 2.0), (0.0, -7.0), 3.0)
    assert np.allclose(shapely.get_coordinates(pointed.geoms[0]), [(1, 2), (1, -1)])
    assert pointed.bounds[1] == pytest.approx(-1.0)


def test_bays_that_cannot_stay_are_crossed_out_and_say_so():
    audit = dead_end_audit()
    assert audit.parking["given_up"] == ["bay-1"]
    header = header_of(audit)
    cards = {card["i"]: dict(card["r"]) for card in header["cards"] if card["k"] == "停车泊位"}
    assert cards["bay-1"]["能否保留"].startswith("须放弃")
    assert cards["bay-2"]["能否保留"] == "可保留"
    crosses = [g for g, _ in drawn(audit, "parking") if g.geom_type == "MultiLineString"]
    assert [g.centroid.coords[0] for g in crosses] == [
        pytest.approx(audit.site.layers["parking"].geometry.iloc[0].centroid.coords[0])
    ]
    assert dict(header["about"])["规划停车泊位"].startswith("规划的 2 个泊位最多可保留 1 个")
    assert "须放弃的规划停车泊位" in {row["label"] for row in header["legend"]["objects"]}
    untold = header_of(replace(audit, parking=None, remedies=()))
    assert "能否保留" not in str(untold["cards"])
    assert "summary" not in untold
    assert "remedies" not in untold


def test_the_summary_holds_the_joint_remedy_and_the_parking():
    audit = dead_end_audit()
    header = header_of(audit)
    joint = [row for row in audit.remedies if row["target_kind"] == "all"]
    assert len(joint) == 1
    card = header["cards"][header["summary"]["c"]]
    assert card["t"] == "整治汇总"
    told = [header["remedies"][n]["t"] for n in card["rm"]]
    assert told[0] in joint[0]["text_zh"]
    assert told[1] in audit.parking["text_zh"]
    assert f"代价 {joint[0]['cost']}" in header["summary"]["s"]
    assert "2 个中可保留 1 个" in header["summary"]["s"]


def test_the_tables_are_drawn_as_they_are():
    audit = dead_end_audit()
    header = header_of(audit)
    tables = audit.tables
    assert [g for g, _ in drawn(audit, "cut_places")] == list(tables["cut_places"].geometry)
    assert [g for g, _ in drawn(audit, "turning_areas")] == list(tables["turning_areas"].geometry)
    assert len(tables["turning_areas"]) == 1
    assert len(drawn(audit, "dead_ends")) == int((tables["dead_ends"]["length_m"] > 40).sum()) == 1
    by_kind = {}
    for card in header["cards"]:
        by_kind.setdefault(card["k"], []).append(card)
    cut = dict(by_kind["单点阻断处"][0]["r"]) if len(tables["cut_places"]) else None
    row = tables["turning_areas"].iloc[0]
    (area,) = by_kind["回车场地"]
    assert dict(area["r"])["转角（自东向北）"] == f"{row['rotation_deg']:.1f}°"
    assert area["t"].endswith(" m")
    assert float(area["t"].split(" × ")[0]) == pytest.approx(row["side_m"], abs=1e-3)
    ground = shapely.union_all([g for g, _ in drawn(audit, "operating_ground")])
    assert ground.symmetric_difference(shapely.union_all(tables["operating_ground"].geometry)).area < 1e-6
    for name in ("turning_areas", "dead_ends", "operating_ground"):
        assert name in used(header)
    assert cut is None or "T1" in cut["将无法到达的建筑"]


def with_cut(audit):
    """Give the audit one cut place at which its building is lost."""
    import geopandas as gpd

    table = gpd.GeoDataFrame(
        {"cut_id": ["C1"], "kind": ["lane"], "lane_id": [None], "lane_ids": [""], "entrance_id": [None], "length_m": [9.0],
         "building_ids": [("T1",)], "buildings": [1]},
        geometry=[audit.lanes.geometry.iloc[0].interpolate(5.0)], crs=audit.site.crs,
    )  # fmt: skip
    return replace(audit, tables={**audit.tables, "cut_places": table})


def test_what_is_lost_at_a_cut_place_lights_up():
    audit = with_cut(dead_end_audit())
    content = gather(audit, None, "zh").content
    card = content.cards[content.find("cut_places", "C1")]
    assert card.title == "若此处被堵，1 栋建筑无法到达"
    shapes = content.shapes.geometries()
    assert any(shapes[s].equals(audit.site.layers["buildings"].geometry.iloc[0]) for s in card.shapes)
    assert content.find("buildings", "T1") in card.see


def test_bends_that_fail_are_drawn_at_once_and_the_others_later():
    corner = shapely.union(box(0, -3, 60, 3), box(54, -3, 60, 60))  # a square corner: radius 0
    ends = [
        (shapely.linestrings([(0, -3), (0, 3)]), {"id": "W"}),
        (shapely.linestrings([(54, 60), (60, 60)]), {"id": "N"}),
    ]
    audit = audited_in_full(site([corner], entrances=ends), *PACKS)
    rows = {
        f.finding_id.split(":")[1]: f.verdict.value
        for f in audit.findings
        if f.quantity.value == "turning_radius"
    }
    opened = [b for b in audit.tables["bends"]["bend_id"] if rows.get(b) in ("fail", "indeterminate")]
    assert opened
    assert len(drawn(audit, "bends")) == len(opened)
    assert len(drawn(audit, "other_bends")) == len(audit.tables["bends"]) - len(opened)
    passing = tuple(f for f in audit.findings if f.quantity.value != "turning_radius")
    assert not drawn(replace(audit, findings=passing), "bends")
    header = header_of(audit)
    assert next(layer["zoom"] for layer in header["layers"] if layer["key"] == "other_bends") > 18
    assert next(layer["zoom"] for layer in header["layers"] if layer["key"] == "bends") == 0


def test_absent_tables_and_a_site_where_nothing_fails_add_nothing():
    header = header_of(quiet_audit())
    assert not used(header) & set(NEW_LAYERS)
    assert not {"remedies", "looks", "disc", "summary"} & set(header)
    assert not any("rm" in card for card in header["cards"])
    assert not used(header_of(replace(dead_end_audit(), tables={}))) & set(NEW_LAYERS)


def test_a_lane_names_the_pinch_that_governs_it():
    audit = dead_end_audit()
    content = gather(audit, None, "zh").content
    named = 0
    for lane, pinch in zip(audit.lanes["lane_id"], audit.lanes["governing_pinch_id"], strict=True):
        card, number = content.cards[content.find("lanes", lane)], content.find("pinches", pinch)
        assert (number in card.see) == (number >= 0)
        named += number >= 0
    assert named


def test_remedies_without_cards_for_their_owners_are_told_all_the_same():
    audit = dead_end_audit()
    content = Content(audit, "zh")
    add_remedies(content)
    assert [told["t"] != "" for told in content.remedies] == [True] * len(audit.remedies)


def test_the_picture_shows_the_turning_area(tmp_path):
    from matplotlib import image

    map_png(with_cut(dead_end_audit()), tmp_path / "a.png", width_px=800)
    pixels = image.imread(tmp_path / "a.png")[..., :3]
    for colour in ("#7a1030",):  # the ring of the cut place
        rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        assert (np.abs(pixels[:, :560] - rgb).max(axis=2) < 0.03).any(), colour


def test_in_a_browser_hostile_names_stay_text_and_remedies_light_up(browser, tmp_path):
    audit = with_cut(dead_end_audit(HOSTILE))
    rows = tuple({**row, "text_zh": row["text_zh"] + HOSTILE} for row in audit.remedies)
    audit = replace(audit, remedies=rows)
    violation_map(audit, tmp_path / "map.html")
    noise = []
    page = browser.new_context(offline=True, viewport={"width": 1280, "height": 800}).new_page()
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("console", lambda message: noise.append(message.text))
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("html[data-ready=yes]", timeout=10_000)
    page.locator(".total .row").click()
    text = page.locator(".view-card").evaluate("e => e.textContent")
    assert HOSTILE in text
    assert text.count(DISC[0]) == 1
    lit = page.locator(".leaflet-highlight-pane path[stroke='#d9480f']")
    both = lit.count()
    assert both > 1
    page.locator(".remedyhead .tool").last.click()  # the bays alone
    assert 0 < lit.count() < both
    page.locator(".back").click()
    assert lit.count() == 0
    page.get_by_role("tab", name="图例与图层").click()
    assert page.locator("input[data-layer=cut_places]").count() == 1
    assert page.locator("input[data-layer=signs]").count() == 0
    assert page.evaluate("typeof canary") == "undefined"
    page.context.close()
    assert noise == []
