"""Boxes give way: to covers, operating grounds, bays and what stands; to bends; and never beyond 20 m without a note."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from marking_scenes import near, route, scene, straight, t_junction
from shapely import LineString, MultiPoint, Point, box

from firelane.markings import plan_markings
from firelane.markings.keepouts import CLEARANCE, told
from firelane.markings.parameters import dimensions


def frames(plan, lane_id=None):
    rows = plan.paint[(plan.paint.kind == "box_frame") & ((lane_id is None) | (plan.paint.lane_id == lane_id))]
    return [shapely.Polygon(g.exterior) for g in near(rows.geometry.array)]


def chainages(plan, lane_id="L1"):
    rows = plan.boxes[(plan.boxes.lane_id == lane_id) & ~plan.boxes.box.isin(["start", "end"])]
    return list(rows.chainage_m)


def noted(plan, code):
    return [note for note in plan.notes if note.code == code]


GIVES_WAY = [
    ("covers", Point(26, 0.5), {"radius_m": 0.35}, "井盖 X-9"),
    ("covers", box(25.5, -0.3, 26.2, 0.3), {}, "井盖 X-9"),
    ("grounds", box(24, -3, 30, 9), {}, "救援操作场地 X-9"),
    ("bays", box(25, 0.5, 30, 3), {"status": "existing"}, "停车泊位 X-9"),
    ("bays", box(25, 0.5, 30, 3), {"status": "planned"}, "停车泊位 X-9"),
    ("things", Point(26, 0), {"kind": "bollard"}, "固定隔离桩 X-9"),
    ("things", Point(26, 1.5), {"kind": "tree", "radius_m": 0.4}, "树木 X-9"),
    ("things", box(25, -1, 28, 1), {"kind": "stall"}, "摊位 X-9"),
    ("things", LineString([(26, -3), (26, 3)]), {"kind": "gate", "openable": True}, "门/道闸 X-9"),
    ("things", LineString([(26, 0), (26, 3)]), {"kind": "wall", "width_m": 0.2}, "墙 X-9"),
    ("things", box(25, -1, 28, 1), {"kind": "structure", "clear_height_m": 0.0}, "构筑物 X-9"),
    ("things", box(25, 0, 28, 1), {"kind": "parking_bay"}, "停车泊位 X-9"),
]


@pytest.mark.parametrize(("what", "shape", "values", "label"), GIVES_WAY)
def test_a_box_gives_way_and_the_next_one_keeps_the_pitch(what, shape, values, label):
    plan = plan_markings(*straight(**{what: [(shape, {**values, "id": "X-9"})]}))
    kept = shape.buffer(max(values.get("radius_m", values.get("width_m", 0) / 2), 1e-6)) if shape.area == 0 else shape
    clearance = 0.10 if what == "covers" else 0.15
    assert min(one.distance(kept) for one in frames(plan)) >= clearance - 0.003
    assert chainages(plan)[0] < 26.0
    assert plan.boxes.gap_m.max() <= 20.0
    assert not plan.notes
    # the place before it is taken because it is the last one that keeps the clearance
    assert min(one.distance(kept) for one in frames(plan)) < clearance + 0.5


@pytest.mark.parametrize(
    ("what", "shape", "values"),
    [
        ("things", Point(26, 0), {"kind": "vehicle", "radius_m": 1.0}),
        ("things", LineString([(26, -3), (26, 3)]), {"kind": "overhead_line"}),
        ("things", LineString([(26, -3), (26, 3)]), {"kind": "arch", "clear_height_m": 3.2}),
        ("things", box(20, -3, 30, 3), {"kind": "tree", "clear_height_m": 3.0}),
        ("things", box(20, -3, 30, 3), {"kind": "billboard"}),
        ("covers", Point(26, 2.0), {"radius_m": 0.35}),
        ("covers", Point(36, 0), {"radius_m": 0.35}),
    ],
)
def test_what_hangs_drives_away_or_lies_aside_moves_nothing(what, shape, values):
    assert chainages(plan_markings(*straight(**{what: [(shape, values)]}))) == [26.0, 46.0, 66.0, 86.0]


@pytest.mark.parametrize("key", sorted(CLEARANCE.values()))
def test_every_clearance_works(key):
    what = {"box_cover_clearance_m": "covers", "box_ground_clearance_m": "grounds", "box_bay_clearance_m": "bays",
            "box_thing_clearance_m": "things"}[key]  # fmt: skip
    shape = box(28, -1, 29, 1)  # 0.95 m beyond the box at 26
    assert chainages(plan_markings(*straight(**{what: [shape]})))[0] == 26.0
    plan = plan_markings(*straight(**{what: [shape]}), options={key: 1.2})
    assert chainages(plan)[0] < 26.0
    assert min(one.distance(shape) for one in frames(plan)) >= 1.2 - 0.003


@pytest.mark.parametrize(("what", "shape", "values", "label"), GIVES_WAY)
def test_the_note_names_lane_chainage_gap_and_what_is_in_the_way(what, shape, values, label):
    row = (shape, {**values, "id": "X-9"})
    fence = box(15, -3, 38, 3)  # with it a stretch of more than 20 m has no room
    plan = plan_markings(*straight(**{what: [row], "grounds": [(fence, {"id": "G"}), *([row] if what == "grounds" else [])]}))
    (note,) = noted(plan, "box_gap")
    before, after = [c for c in chainages(plan) if c < 30][-1], next(c for c in chainages(plan) if c > 30)
    assert note.row == "L1"
    for text in (note.zh, note.en):
        assert f"{before:.2f}–{after:.2f} m" in text
        assert f"{after - before:.2f} m" in text
    assert label in note.zh
    assert "救援操作场地 G" in note.zh
    assert after - before == plan.boxes.gap_m.max() > 20.0
    # the smallest box stands as near as may be on both sides
    assert (before, after) == pytest.approx((15 - 0.15 - 0.75, 38 + 0.15 + 0.75), abs=0.25)


def test_an_end_that_cannot_be_reached_and_a_lane_without_any_place_are_told():
    plan = plan_markings(*straight(bays=[(box(70, -2, 100, 3), {"id": "P7"})]))
    (note,) = noted(plan, "box_gap")
    last = chainages(plan)[-1]
    assert f"{last:.2f}–100.00 m" in note.zh
    assert "停车泊位 P7" in note.zh
    plan = plan_markings(*straight(bays=[(box(0, -2, 100, 3), {"id": "P7"})]))
    (note,) = noted(plan, "box_no_place")
    assert not chainages(plan)
    assert "停车泊位 P7" in note.zh
    assert "parking bay P7" in note.en


def test_many_things_in_the_way_are_counted_and_hostile_ids_kept_short():
    rows = [(Point(x, 0), {"id": f"{x:g}<script>{'x' * 200}", "radius_m": 1.2}) for x in np.arange(12.0, 60.0, 1.0)]
    (note,) = noted(plan_markings(*straight(covers=rows)), "box_gap")
    assert "等 " in note.zh
    assert "more" in note.en
    assert len(note.zh) < 300
    assert told([("甲", "a"), ("甲", "a"), ("乙", "b")]) == ("甲、乙", "a, b")


def test_a_cover_of_several_points_and_one_without_radius():
    plan = plan_markings(*straight(covers=[(MultiPoint([(26, 0), (46, 0.4)]), {"radius_m": 0.0})]))
    assert min(f.distance(Point(x, y)) for f in frames(plan) for x, y in ((26, 0), (46, 0.4))) >= 0.10 - 0.003
    assert plan.boxes.gap_m.max() <= 20.0


def test_layers_that_nobody_surveyed_are_told_once():
    plan = plan_markings(*straight(unsurveyed=["covers"]))
    (note,) = noted(plan, "box_surroundings_not_surveyed")
    assert note.zh.startswith("井盖未测绘")
    assert "现场核对" in note.zh
    plan = plan_markings(*straight(unsurveyed=["covers", "operating_grounds", "parking", "obstructions"]))
    (note,) = noted(plan, "box_surroundings_not_surveyed")
    assert "parking bays" in note.en
    nothing = plan_markings(*scene([box(0, -3, 100, 3)], [], unsurveyed=["covers"]))
    assert not nothing.notes


def test_a_box_leaves_a_tight_bend_for_the_straight_before_it():
    (site, network), _ = route(36, (10, 90), 40)  # the bend from 36 to 51.7: the usual place at 46 lies in it
    plan = plan_markings(site, network)
    assert not [c for c in chainages(plan) if 36.5 < c < 51.2]
    assert plan.boxes.gap_m.max() <= 20.0
    assert not plan.notes
    told_otherwise = plan_markings(site, network, options={"box_bend_radius_m": 0.0})
    assert 46.0 in chainages(told_otherwise)
    wide = plan_markings(*route(36, (20, 90), 40)[0])  # 20 m is no tight bend
    assert 46.0 in chainages(wide)
    assert 46.0 not in chainages(plan_markings(*route(36, (20, 90), 40)[0], options={"box_bend_radius_m": 25.0}))


def test_a_bend_too_long_to_jump_has_its_box_in_it():
    (site, network), _ = route(30, (12, 120), 30)  # 25.1 m of bend
    plan = plan_markings(site, network)
    inside = [c for c in chainages(plan) if 31 < c < 54]
    assert len(inside) == 1
    assert plan.boxes.gap_m.max() <= 20.0
    assert {p.block for p in plan.placements if "BOX" in p.block} == {"FL-BOX-2800x2100"}
    assert not plan.notes


def test_straight_before_bend_before_the_smaller_box_before_a_gap():
    def blocks(width, **more):
        plan = plan_markings(*route(30, (12, 120), 30, width=width)[0], **more)
        return {p.block: chainages(plan) for p in plan.placements if "BOX" in p.block}, plan

    # 4 m: the standard box fits the straights to the centimetre, in the bend only the smaller one does
    found, plan = blocks(4.0)
    assert set(found) == {"FL-BOX-2800x2100", "FL-BOX-2000x1500"}
    assert plan.boxes.gap_m.max() <= 20.0
    small = [p.chainage_m for p in plan.placements if p.block == "FL-BOX-2000x1500"]
    assert len(small) == 1
    assert 31 < small[0] < 54
    # no smaller box allowed: a note
    found, plan = blocks(4.0, options={"box_size": "std"})
    (note,) = noted(plan, "box_gap")
    assert "路面过窄或贴近禁停线" in note.zh
    assert f"{plan.boxes.gap_m.max():.2f}" in note.zh


def test_a_long_box_in_a_bend_moves_inwards_and_keeps_clear_of_the_lines():
    (site, network), line = route(20, (14, 180), 20, width=6.5)
    plan = plan_markings(site, network, options={"text_layout": "column"})
    bent = [p for p in plan.placements if "COL" in p.block and 24 < p.chainage_m < 60]
    assert bent
    lines = shapely.union_all(near(plan.paint[plan.paint.kind == "edge_line"].geometry.array))
    assert all(frame.distance(lines) >= 0.15 - 0.003 for frame in frames(plan))
    rise = 14 - np.sqrt(14**2 - 4.2**2)
    for p in bent:
        if 27 < p.chainage_m < 57:
            middle = Point(*(np.array([p.x, p.y]) - [535_900.0, 4_630_000.0]))
            assert middle.distance(line) == pytest.approx(rise / 2, abs=0.03)
            assert middle.distance(Point(20, 14)) < 14


def test_boxes_on_both_sides_of_a_junction_come_nearer_when_one_cannot():
    usual = plan_markings(*t_junction())
    assert max(chainages(usual, "C")[0], 50 - chainages(usual, "A")[-1]) <= 10.0
    # something on C keeps its first box more than 10 m away: those on A and B come nearer than 10 m
    plan = plan_markings(*t_junction(bays=[box(48, 4, 53, 13.5)]))
    c = chainages(plan, "C")[0]
    assert c > 13.5
    assert c + 50 - chainages(plan, "A")[-1] <= 20.0
    assert c + chainages(plan, "B")[0] <= 20.0
    assert plan.boxes.gap_m.max() <= 20.0
    assert not plan.notes


def test_a_gap_over_a_junction_that_cannot_be_closed_is_told():
    plan = plan_markings(*t_junction(bays=[(box(48, 3.2, 53, 19), {"id": "P1"})]))
    (note,) = noted(plan, "box_gap_over_junction")
    c = chainages(plan, "C")[0]
    gaps = [c + 50 - chainages(plan, "A")[-1], c + chainages(plan, "B")[0]]
    assert f"{max(gaps):.2f} m" in note.zh
    assert "停车泊位 P1" in note.zh
    assert "C" in note.en


def test_lanes_without_a_box_are_driven_through():
    lanes = [
        ("A", LineString([(0, 0), (50, 0)]), "mouth", "junction", "m", "j"),
        ("M", LineString([(50, 0), (54, 0)]), "junction", "junction", "j", "k"),
        ("B", LineString([(54, 0), (104, 0)]), "junction", "tip", "k", "t"),
    ]
    more = {"mouths": [("E", LineString([(0, 3), (0, -3)]), (1, 0), "A")], "junctions": [(Point(50, 0), 3.0), (Point(54, 0), 3.0)]}
    plan = plan_markings(*scene([box(0, -3, 104, 3)], lanes, **more))
    over = 50 - chainages(plan, "A")[-1] + 4 + chainages(plan, "B")[0]
    told_of = noted(plan, "box_gap_over_junction")
    assert bool(told_of) == (over > 20.0)
    assert all(f"{over:.2f} m" in note.zh for note in told_of)


def test_boxes_crowd_only_where_the_pitch_asks_for_it():
    # one box in the middle is within 10 m of both junctions; a cover leaves room there for the smaller one alone
    lane = [("L", LineString([(0, 0), (18, 0)]), "junction", "junction", "a", "b")]
    junctions = [(Point(0, 0), 4.0), (Point(18, 0), 4.0)]
    site, network = scene([box(-9, -3, 27, 3)], lane, junctions=junctions, covers=[Point(9, 1.55)])

    def planned(**options):
        plan = plan_markings(site, network, options=options)
        return chainages(plan, "L"), [p.block for p in plan.placements]

    places, blocks = planned()
    assert blocks == ["FL-BOX-2800x2100"] * 2
    assert places[1] - places[0] >= 5.0
    places, blocks = planned(box_apart_m=8.0)  # no two have room so far apart
    assert (len(places), blocks) == (1, ["FL-BOX-2000x1500"])
    places, blocks = planned(box_apart_m=0.0)
    assert blocks == ["FL-BOX-2800x2100"] * 2


def test_far_away_edits_leave_names_and_places_alone():
    usual = plan_markings(*t_junction())
    edited = plan_markings(*t_junction(covers=[Point(50, 55), Point(50, 40)]))

    def placed(plan, lane_id):
        return [(p.mark_id, p.x, p.y, p.rotation_deg) for p in plan.placements if p.lane_id == lane_id]

    assert placed(usual, "A") == placed(edited, "A")
    assert placed(usual, "B") == placed(edited, "B")


def test_a_lane_that_turns_back_beside_itself_stacks_no_boxes():
    line = LineString([(0, 0), (60, 0), (60, 1.5), (0, 1.5)])
    lane = ("L1", line, "tip", "tip", "a", "b")
    plan = plan_markings(*scene([box(-5, -4, 66, 6)], [lane]))
    painted = frames(plan)
    assert painted
    assert not any(a.intersects(b) for n, a in enumerate(painted) for b in painted[:n])


def test_the_new_parameters_are_open_and_bounded():
    dims = dimensions({"box_bend_radius_m": 0.0, "box_cover_clearance_m": 0.5})
    shown = {p.key: p.value for p in dims.open_parameters()}
    assert shown["box_cover_clearance_m"] == 0.5
    assert {"box_ground_clearance_m", "box_bay_clearance_m", "box_thing_clearance_m", "box_bend_radius_m"} <= set(shown)
