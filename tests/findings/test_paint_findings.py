"""Findings about today's paint and signs (Articles 9, 13 and 15), on a street painted by the book."""

from __future__ import annotations

import pytest
from site_scenes import LineString, Point, box, gates, of, only, site, street
from site_scenes import audited_in_full as audited
from site_scenes import rules as scene_rules

from firelane.findings.conditions import condition_word

EDGE_LINE, KERB = "sy2020-13-2-edge-line", "sy2020-13-2-kerb"
BOX, BOX_TEXT = "sy2020-13-2-box", "sy2020-13-2-box-text"
GRID, GRID_TEXT = "sy2020-13-3-grid", "sy2020-13-3-grid-text"
SIGNS, WARNING = "sy2020-9-signs", "sy2020-13-1-warning"
CONDITION, INTACT = "sy2020-9-condition", "sy2020-15-1-condition"
PAINT = (EDGE_LINE, BOX, BOX_TEXT, GRID, GRID_TEXT)


def paint(kind, shape, mark_id, **columns):
    return shape, {"kind": kind, "id": mark_id, "colour": "yellow", "condition": "good", **columns}


def by_the_book(**changed):
    """46 m of street, 6 m wide, a mouth at either end: grids of 6 m, lines 30 to 45 cm from the edge, one box.

    changed: mark id → its replacement, or None to leave it out.
    """
    marks = {
        "north": paint("edge_line", box(6, 2.55, 40, 2.70), "north"),
        "south": paint("edge_line", box(6, -2.70, 40, -2.55), "south"),
        "box": paint("box", box(20, -1.5, 26, 1.5), "box"),
        "box_text": paint("text", box(21, -1, 25, 1), "box_text"),
        "grid_w": paint("grid", box(0, -3, 6, 3), "grid_w"),
        "grid_e": paint("grid", box(40, -3, 46, 3), "grid_e"),
        "text_w": paint("text", box(2, -1, 4, 1), "text_w"),
        "text_e": paint("text", box(42, -1, 44, 1), "text_e"),
    }
    return [mark for mark in {**marks, **changed}.values() if mark is not None]


SIGN = (Point(23, 3.5), {"id": "s1", "kind": "warning", "text": "消防车通道 禁止停车", "condition": "good"})


def painted(marks=None, signs=(SIGN,), **more):
    return audited(street(6.0, length=46.0, entrances=gates(46.0, 6.0), signs=list(signs),
                          markings=by_the_book() if marks is None else marks, **more))  # fmt: skip


def verdicts(result, *rule_ids):
    return {r: sorted(f.verdict.value for f in of(result, r)) for r in rule_ids}


def test_a_street_painted_by_the_book_passes():
    result = painted()
    assert verdicts(result, *PAINT, SIGNS, WARNING, CONDITION, INTACT) == {
        EDGE_LINE: ["pass"], BOX: ["pass"], BOX_TEXT: ["pass"], GRID: ["pass", "pass"], GRID_TEXT: ["pass", "pass"],
        SIGNS: ["pass"], WARNING: ["pass"], CONDITION: ["pass"], INTACT: ["pass"],
    }  # fmt: skip
    assert verdicts(result, KERB) == {KERB: ["not_applicable"]}
    found = only(result, EDGE_LINE)
    assert (found.value, found.threshold, found.margin) == (pytest.approx(68, abs=0.1), pytest.approx(68, abs=0.1), 0.0)
    # From the grid's end at 6 m to the middle of the box at 23 m.
    assert only(result, BOX).value == pytest.approx(17, abs=1e-3)


def test_missing_metres_of_line():
    found = only(painted(by_the_book(north=paint("edge_line", box(6, 2.55, 30, 2.70), "north"))), EDGE_LINE, "fail")
    assert found.margin == pytest.approx(-10, abs=0.05)
    assert found.lane_id == "L5923-0000"
    assert "(1 stretch)" in found.message_en
    found = only(painted(by_the_book(north=None, south=None)), EDGE_LINE, "fail")
    assert (found.value, found.margin) == (0.0, pytest.approx(-68, abs=0.1))


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (2.55, 2.70, "pass"), (2.51, 2.66, "pass"), (2.59, 2.74, "pass"), (2.49, 2.64, "fail"), (2.61, 2.76, "fail"),
        (2.57, 2.70, "pass"), (2.50, 2.70, "fail"), (2.58, 2.69, "fail"),
    ],
)  # fmt: skip
def test_offset_and_width_of_the_line(low, high, verdict):
    # 30 cm from the edge at 3 m within 5 cm; 15 cm wide within 2 cm.
    found = only(painted(by_the_book(north=paint("edge_line", box(6, low, 40, high), "north"))), EDGE_LINE)
    assert found.verdict.value == verdict
    assert ("north" in found.message_en) == (verdict == "fail")


def test_paint_of_another_colour():
    result = painted(by_the_book(north=paint("edge_line", box(6, 2.55, 40, 2.70), "north", colour="white"),
                                 grid_w=paint("grid", box(0, -3, 6, 3), "grid_w", colour="white")))  # fmt: skip
    assert "not yellow: north" in only(result, EDGE_LINE, "fail").message_en
    assert "not yellow: grid_w" in of(result, GRID, "fail")[0].message_en
    # What was not recorded is not held against it.
    assert only(painted(by_the_book(north=paint("edge_line", box(6, 2.55, 40, 2.70), "n", colour=None))), EDGE_LINE).verdict == "pass"


@pytest.mark.parametrize(("middle", "verdict"), [(26.0, "pass"), (26.1, "fail")])
def test_boxes_at_most_20_m_apart(middle, verdict):
    # From the grid's end at x = 6 to the middle of the box: 20 m at the most.
    scene = by_the_book(box=paint("box", box(middle - 1.5, -1.5, middle + 1.5, 1.5), "box"),
                        box_text=paint("text", box(middle - 1, -1, middle + 1, 1), "box_text"))  # fmt: skip
    found = only(painted(scene), BOX)
    assert (found.verdict.value, found.value) == (verdict, pytest.approx(middle - 6, abs=1e-2))
    assert found.margin == pytest.approx(20 - found.value)


@pytest.mark.parametrize(("off", "verdict"), [(0.0, "pass"), (0.5, "pass"), (0.55, "fail")])
def test_a_box_stands_in_the_middle(off, verdict):
    found = only(painted(by_the_book(box=paint("box", box(20, off - 1, 26, off + 1), "box"))), BOX)
    assert found.verdict.value == verdict


def test_no_box_at_all():
    result = painted(by_the_book(box=None, box_text=None))
    assert only(result, BOX, "fail").value == pytest.approx(34, abs=1e-2)
    assert only(result, BOX_TEXT).verdict.value == "not_applicable"


def test_a_box_or_a_grid_without_its_lettering():
    result = painted(by_the_book(box_text=None, text_e=None))
    assert only(result, BOX_TEXT, "fail").owners == ("box",)
    assert [(f.entrance_id, f.verdict.value) for f in of(result, GRID_TEXT)] == [("W", "pass"), ("E", "fail")]


def test_an_entrance_without_its_grid():
    result = painted(by_the_book(grid_e=None, text_e=None))
    found = only(result, GRID, "fail")
    assert (found.entrance_id, found.owners, found.value, found.threshold) == ("E", ("E",), 0.0, 6.0)
    assert [f.entrance_id for f in of(result, GRID_TEXT)] == ["W"]


@pytest.mark.parametrize(("low", "verdict"), [(-3.0, "pass"), (-2.5, "pass"), (-2.4, "fail")])
def test_a_grid_covers_the_clear_width(low, verdict):
    result = painted(by_the_book(grid_w=paint("grid", box(0, low, 6, 3), "grid_w")))
    (found,) = [f for f in of(result, GRID) if f.entrance_id == "W"]
    assert (found.verdict.value, found.value) == (verdict, pytest.approx(3 - low, abs=1e-3))


def test_kerbed_edges_ask_for_kerb_paint():
    kerbed = [(box(0, -3, 46, 3), {"kerb": "yes"})]
    result = audited(site(kerbed, obstructions=[], entrances=gates(46.0, 6.0), markings=by_the_book(north=None, south=None)))
    assert only(result, KERB, "fail").margin == pytest.approx(-only(result, KERB).threshold)
    assert only(result, EDGE_LINE).verdict.value == "not_applicable"
    both = [paint("kerb_paint", LineString([(0, y), (46, y)]), f"k{y}") for y in (3, -3)]
    result = audited(site(kerbed, obstructions=[], entrances=gates(46.0, 6.0), markings=both))
    assert only(result, KERB).verdict.value == "pass"


def test_nothing_surveyed_and_nothing_there():
    result = audited(street(6.0))
    assert all(v == ["not_measured"] for v in verdicts(result, *PAINT, KERB, SIGNS, WARNING, CONDITION, INTACT).values())
    result = audited(street(6.0, markings=[], signs=[]))
    assert verdicts(result, EDGE_LINE, BOX, BOX_TEXT, GRID, GRID_TEXT, SIGNS, WARNING, CONDITION) == {
        EDGE_LINE: ["fail"], BOX: ["fail"], BOX_TEXT: ["not_applicable"], GRID: ["fail", "fail"],
        GRID_TEXT: ["not_applicable"], SIGNS: ["fail"], WARNING: ["fail"], CONDITION: ["not_applicable"],
    }  # fmt: skip
    # Without entrances nobody knows where grids belong.
    result = audited(site([box(0, -3, 46, 3)], obstructions=[], markings=[]))
    assert verdicts(result, GRID, GRID_TEXT) == {GRID: ["not_measured"], GRID_TEXT: ["not_measured"]}


@pytest.mark.parametrize(
    ("y", "text", "kind", "signs", "warning"),
    [
        (8.0, "消防车通道 禁止停车", "warning", "pass", "pass"), (8.1, "消防车通道", "warning", "fail", "fail"),
        (3.5, "减速慢行", "information", "pass", "fail"), (3.5, None, None, "pass", "not_measured"),
        (3.5, "FIRE LANE - NO PARKING", "board", "pass", "pass"),
    ],
)  # fmt: skip
def test_signs(y, text, kind, signs, warning):
    # A sign belongs to the lane up to 5 m from its edge at 3 m.
    result = painted(signs=[(Point(23, y), {"id": "s1", "kind": kind, "text": text})])
    assert only(result, SIGNS).verdict.value == signs
    assert only(result, WARNING).verdict.value == warning


def test_condition_one_by_one_for_what_is_worn_and_together_for_the_rest():
    worn = paint("edge_line", box(6, 2.55, 40, 2.70), "north", condition="磨损")
    unknown = paint("box", box(20, -1.5, 26, 1.5), "box", condition=None)
    result = painted(by_the_book(north=worn, box=unknown))
    for rule in (CONDITION, INTACT):
        found = {f.verdict.value: f.owners for f in of(result, rule)}
        assert found == {"fail": ("north",), "not_measured": ("box",), "pass": ()}


def test_ids_shared_by_two_layers_are_told_with_their_layer():
    bad = paint("edge_line", box(6, 2.55, 40, 2.70), "s1", condition="worn")
    result = painted(by_the_book(north=bad))
    assert of(result, CONDITION, "fail")[0].owners == ("markings:s1",)
    assert only(result, SIGNS).owners == ("signs:s1",)


@pytest.mark.parametrize(
    ("recorded", "zh", "en"),
    [("worn", "记录：磨损", "recorded: worn"), ("褪色", "记录：褪色", "recorded: faded"), ("ILLEGIBLE", "记录：字迹不清", "recorded: illegible")],
)
def test_a_recorded_condition_is_said_in_the_readers_language(recorded, zh, en):
    bad = paint("edge_line", box(6, 2.55, 40, 2.70), "north", condition=recorded)
    (found,) = of(painted(by_the_book(north=bad)), CONDITION, "fail")
    assert zh in found.message_zh
    assert en in found.message_en


def test_every_word_that_counts_as_worn_is_known_in_both_languages():
    (rule,) = [r for r in scene_rules() if r.rule_id == CONDITION]
    for word in rule.words["worn"]:
        zh, en = condition_word(word, "zh"), condition_word(word, "en")
        assert not zh.isascii(), word
        assert en.isascii(), word
