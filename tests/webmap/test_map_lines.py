"""The map of roads known as lines: dashed, told as not measured, everything on them numbered."""

from __future__ import annotations

import pytest
from shapely import LineString, Point, box
from support import site_scenes as S

from firelane.webmap.content import LAYERS
from firelane.webmap.gather import gather
from firelane.webmap.page import page_content
from firelane.webmap.picture import map_png
from firelane.webmap.widths import palette


@pytest.fixture(scope="module")
def result():
    lines = [(LineString([(60, 0), (150, 0)]), {"id": "north", "name": "<b>北路</b>"}), (LineString([(150, 0), (150, 60)]), {"fire_lane": False})]
    things = [S.post(100, 0.4, id="post"), (Point(120, 0), {"kind": "gate", "id": "gate"}), S.over(130, -3, 131, 3, 3.0, id="arch")]
    road = (S.road(60, 6), {"id": "r", "name": "东街", "derived": "width=6", "accuracy_m": 0.5})
    return S.audited(S.site([road], road_lines=lines, obstructions=things, entrances=S.gates(60, 6, both=False)))


def test_lanes_of_unknown_width_are_dashed_and_told(result):
    content = gather(result, None, "zh").content
    lane = result.network.line_lanes["lane_id"].iloc[0]
    card = content.find("lanes", lane)
    told = content.cards[card]
    assert told.title == f"<b>北路</b> {lane}"  # shown as text: the page never parses it
    assert "只知中心线" in told.message
    assert ("最小净宽", "未测量") in told.rows
    paths = [p for p in content.paths if p[3] == card]
    assert {LAYERS[p[0]] for p in paths} == {"line_lanes"}
    assert [content.styles[p[2]].get("dashArray") for p in paths] == [None, palette()["width"]["line"]["dash"]]
    assert LAYERS.index("line_lanes") < LAYERS.index("obstructions")  # what stands on it is seen on it


def test_an_outline_that_nobody_surveyed_is_told(result):
    content = gather(result, None, "en").content
    card = content.cards[content.find("lanes", result.network.lanes["lane_id"].iloc[0])]
    assert ("Outline derived from (not surveyed)", "width=6") in card.rows
    assert ("Accuracy of the outline", "± 0.5 m") in card.rows


def test_everything_on_the_line_is_numbered_and_listed_at_once(result):
    header, _ = page_content(result, plan=None, lang="zh")
    numbered = {header["cards"][r["c"]]["i"]: (header["cards"][r["c"]]["n"], r.get("f", r["v"])) for r in header["findings"] if "n" in header["cards"][r["c"]]}
    lane = result.network.line_lanes["lane_id"].iloc[0]
    assert numbered == {
        f"{S.HEIGHT}:{lane}:arch": (1, "fail"), f"{S.OBSTRUCTION}:post": (2, "look"), f"{S.GATE}:W": (3, "look"),
        f"{S.GATE}:gate": (4, "look"),
    }  # fmt: skip
    assert all(r["p"] >= 0 for r in header["findings"] if "n" in header["cards"][r["c"]])
    chips = {key: n for key, _, n in header["head"]["chips"]}
    assert chips["look"] == 3
    assert sum(chips.values()) == len(header["findings"])
    assert "未测量，须现场核实" in [row["label"] for row in header["legend"]["markers"]]
    assert "宽度未测量" in [row["label"] for row in header["legend"]["widths"]]
    assert "不判定的道路（只知中心线）" in [row["label"] for row in header["legend"]["objects"]]


def test_a_site_of_which_nothing_can_be_drawn_has_a_picture_all_the_same(tmp_path):
    site = S.site([], road_lines=[(LineString([(0, 0), (50, 0)]), {"fire_lane": False})], buildings=[box(10, 10, 20, 20)])
    map_png(S.audited(site), tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 2000
