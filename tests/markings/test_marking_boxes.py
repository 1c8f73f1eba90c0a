"""Boxes: at most 20 m apart on any lane, in the middle, turned to it, clear of everything."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from marking_scenes import comb, designated, l_bend, near, scene, straight, t_junction
from shapely import LineString, Point, box

from firelane.markings import plan_markings
from firelane.markings.boxes import directions
from firelane.markings.lettering import box_design
from firelane.markings.parameters import dimensions


def frames(plan, lane_id=None):
    rows = plan.paint[
        (plan.paint.kind == "box_frame") & ((lane_id is None) | (plan.paint.lane_id == lane_id))
    ]
    return [shapely.Polygon(g.exterior) for g in near(rows.geometry.array)]


def stops(plan, lane_id):
    return plan.boxes[plan.boxes.lane_id == lane_id]


def codes(plan):
    return [note.code for note in plan.notes]


def test_a_straight_lane_by_hand():
    plan = plan_markings(*straight())
    rows = stops(plan, "L1")
    assert list(rows.box) == ["start", "BOX-L1-01", "BOX-L1-02", "BOX-L1-03", "BOX-L1-04", "end"]
    assert list(rows.chainage_m) == [6.0, 26.0, 46.0, 66.0, 86.0, 100.0]
    assert list(rows.gap_m)[1:] == [20.0, 20.0, 20.0, 20.0, 14.0]
    assert [f.bounds for f in frames(plan)] == [
        pytest.approx((x - 1.05, -1.4, x + 1.05, 1.4)) for x in (26, 46, 66, 86)
    ]
    assert not plan.notes


def test_gaps_never_exceed_the_pitch_anywhere_on_a_comb():
    plan = plan_markings(*comb(teeth=6))
    assert plan.boxes.gap_m.max() <= 20.0
    assert not plan.notes
    # across a junction too: the last box before it and the first one after it
    after = plan.boxes.groupby("lane_id").apply(lambda g: g.gap_m.iloc[1], include_groups=False)
    before = plan.boxes.groupby("lane_id").apply(lambda g: g.gap_m.iloc[-1], include_groups=False)
    for n in range(5):
        assert before[f"S{n:02d}"] + after[f"S{n + 1:02d}"] <= 20.0
        assert before[f"S{n:02d}"] + after[f"T{n:02d}"] <= 20.0


def test_boxes_keep_clear_of_junctions_grids_edges_and_each_other():
    for site, network in (comb(teeth=4), t_junction(), l_bend()):
        plan = plan_markings(site, network)
        painted = frames(plan)
        assert painted
        edge = near(network.pavement).boundary
        lines = near(plan.paint[plan.paint.kind == "edge_line"].geometry.array)
        grids = near(plan.paint[plan.paint.kind == "grid_border"].geometry.array)
        for n, one in enumerate(painted):
            assert one.distance(edge) >= 0.60 - 0.003
            assert min(one.distance(line) for line in lines) >= 0.15 - 0.003
            assert min(one.distance(g) for g in grids) >= 0.15 - 0.003
            assert all(one.distance(other) >= 0.15 - 0.003 for other in painted[:n])
            for point, radius in zip(network.junctions.geometry, network.junctions.radius_m, strict=True):
                assert one.distance(near(point)) >= radius - 0.003


def test_a_box_is_turned_to_the_lane_on_a_bend():
    plan = plan_markings(*l_bend())
    line = near(plan_lane(l_bend()))
    for p in plan.placements:
        if p.block.startswith("FL-BOX"):
            s = p.chainage_m
            a, b = (np.array(line.interpolate(s + d).coords[0]) for d in (-0.75, 0.75))
            heading = np.degrees(np.arctan2(*(b - a)[::-1]))
            assert (p.rotation_deg + 90 - heading + 1) % 180 == pytest.approx(1, abs=0.5)


def plan_lane(pair):
    return pair[1].lanes.geometry[0]


@pytest.mark.parametrize(
    ("width", "blocks"),
    [
        (6.0, {"FL-BOX-2800x2100"}),
        (4.0, {"FL-BOX-2800x2100"}),
        (3.9, {"FL-BOX-2000x1500"}),
        (3.2, {"FL-BOX-2000x1500"}),
    ],
)
def test_the_standard_size_where_it_fits_else_the_minimum(width, blocks):
    plan = plan_markings(*straight(width=width))
    assert {p.block for p in plan.placements if p.block.startswith("FL-BOX")} == blocks
    assert plan.boxes.gap_m.max() <= 20.0


def test_a_road_too_narrow_for_a_box_says_so():
    plan = plan_markings(*straight(width=3.1))
    assert not frames(plan)
    assert codes(plan) == ["box_too_narrow"]
    assert plan.notes[0].row == "L1"


def test_a_kerbed_road_needs_less_room_than_a_lined_one():
    plan = plan_markings(*straight(width=2.4, kerb=["yes"]))
    assert len(frames(plan)) >= 4
    assert not [c for c in codes(plan) if c.startswith("box")]


def test_a_measured_clear_width_below_four_metres_takes_the_minimum():
    plan = plan_markings(*straight(), clear_widths={"L1": 3.6})
    assert {p.block for p in plan.placements if "BOX" in p.block} == {"FL-BOX-2000x1500"}
    lower = plan_markings(*straight(), clear_widths={"L1": 3.6}, options={"box_std_from_clear_width_m": 3.5})
    assert {p.block for p in lower.placements if "BOX" in p.block} == {"FL-BOX-2800x2100"}


def test_where_the_standard_size_does_not_fit_everywhere_each_box_has_what_fits():
    road = shapely.union_all([box(0, -3, 50, 3), box(50, -1.7, 100, 1.7)])
    lane = ("L", LineString([(0, 0), (100, 0)]), "mouth", "tip", "m", "t")
    plan = plan_markings(*scene([road], [lane], mouths=[("E", LineString([(0, 3), (0, -3)]), (1, 0), "L")]))
    assert {p.block for p in plan.placements if "BOX" in p.block} == {"FL-BOX-2800x2100", "FL-BOX-2000x1500"}
    assert plan.boxes.gap_m.max() <= 20.0


def test_a_narrow_stretch_that_no_box_fits_is_named_with_its_gap():
    road = shapely.union_all([box(0, -3, 30, 3), box(30, -1.2, 70, 1.2), box(70, -3, 110, 3)])
    lane = ("L", LineString([(0, 0), (110, 0)]), "mouth", "tip", "m", "t")
    plan = plan_markings(*scene([road], [lane], mouths=[("E", LineString([(0, 3), (0, -3)]), (1, 0), "L")]))
    notes = [n for n in plan.notes if n.code == "box_gap"]
    assert len(notes) == 1
    assert "too narrow" in notes[0].en
    worst = plan.boxes.gap_m.max()
    assert f"{worst:.2f}" in notes[0].zh
    assert 40 < worst < 44  # as near to the neck on both sides as may be


def test_boxes_are_in_the_middle_of_the_designated_lane():
    plan = plan_markings(*designated())
    assert len(frames(plan)) == 4
    for frame in frames(plan):
        assert frame.centroid.y == pytest.approx(2.5)
        assert box(0, 0.5, 100, 4.5).contains(frame)


def test_a_centreline_a_little_off_is_centred_between_the_edges():
    lane = ("L", LineString([(0, 0.1), (100, 0.1)]), "mouth", "tip", "m", "t")
    plan = plan_markings(
        *scene([box(0, -2, 100, 2)], [lane], mouths=[("E", LineString([(0, 2), (0, -2)]), (1, 0), "L")])
    )
    assert all(f.centroid.y == pytest.approx(0, abs=1e-6) for f in frames(plan))


def test_short_lanes():
    lane = ("L", LineString([(0, 0), (4, 0)]), "junction", "junction", "a", "b")
    junctions = [(Point(0, 0), 3.0), (Point(4, 0), 3.0)]
    plan = plan_markings(*scene([box(-30, -3, 34, 3)], [lane], junctions=junctions))
    assert codes(plan) == ["box_not_needed"]
    lane = ("L", LineString([(0, 0), (14, 0)]), "junction", "tip", "a", "b")
    plan = plan_markings(*scene([box(-30, -3, 14, 3)], [lane], junctions=[(Point(0, 0), 3.0)]))
    assert len(frames(plan)) == 1


def test_a_short_lane_may_be_told_to_need_a_box():
    lane = ("L", LineString([(0, 0), (4, 0)]), "tip", "tip", "a", "b")
    road = [box(-3, -3, 7, 3)]
    assert len(frames(plan_markings(*scene(road, [lane])))) == 1
    crossing = [(Point(2, 0), 3.0)]
    plan = plan_markings(*scene(road, [lane], junctions=crossing))
    assert codes(plan) == ["box_not_needed"]
    long_enough = [("L", LineString([(0, 0), (8, 0)]), "tip", "tip", "a", "b")]
    narrow = [box(-1, -1.2, 9, 1.2)]
    assert codes(plan_markings(*scene(narrow, long_enough)))[-1] == "box_too_narrow"
    plan = plan_markings(*scene(narrow, long_enough), options={"box_least_lane_m": 9.0})
    assert codes(plan)[-1] == "box_not_needed"


def test_reading_direction_alternates_unless_told_otherwise():
    def turns(plan):
        return [round(p.rotation_deg % 360, 6) for p in plan.placements if "BOX" in p.block]

    assert turns(plan_markings(*straight())) == [270.0, 90.0, 270.0, 90.0]
    assert turns(plan_markings(*straight(), options={"two_way_alternate": False})) == [270.0] * 4
    lanes = [("L", LineString([(100, 0), (0, 0)]), "tip", "mouth", "t", "m")]  # drawn against the traffic
    mouths = [("E", LineString([(0, 3), (0, -3)]), (1, 0), "L")]
    plan = plan_markings(
        *scene([box(0, -3, 100, 3)], lanes, mouths=mouths), options={"two_way_alternate": False}
    )
    assert turns(plan) == [270.0] * 5 or set(turns(plan)) == {270.0}


def test_directions_lead_away_from_the_nearest_mouth():
    lanes = [("A", "m", "j", 10.0), ("B", "k", "j", 10.0), ("C", "k", "t", 5.0)]
    assert directions(lanes, ["m"]) == {"A": True, "B": False, "C": True}
    assert directions(lanes, []) == {"A": True, "B": True, "C": True}


def test_the_long_axis_may_lie_along():
    plan = plan_markings(*straight(), options={"long_axis": "along"})
    assert frames(plan)[0].bounds == pytest.approx((26 - 1.4, -1.05, 26 + 1.4, 1.05))
    assert {p.block for p in plan.placements if "BOX" in p.block} == {"FL-BOX-2100x2800"}


def test_one_column_along_the_lane():
    plan = plan_markings(*straight(), options={"text_layout": "column"})
    assert {p.block for p in plan.placements if "GRID" not in p.block} == {"FL-COL-1500x8400"}
    assert frames(plan)[0].bounds == pytest.approx((26 - 4.2, -0.75, 26 + 4.2, 0.75))
    text = next(iter(b for name, b in plan.blocks.items() if name.startswith("FL-COL"))).parts["box_text"]
    assert text.bounds[3] - text.bounds[1] == pytest.approx(7.9, abs=0.2)


@pytest.mark.parametrize(("size", "block"), [("std", "FL-BOX-2800x2100"), ("min", "FL-BOX-2000x1500")])
def test_one_size_may_be_prescribed(size, block):
    plan = plan_markings(*straight(), options={"box_size": size})
    assert {p.block for p in plan.placements if "BOX" in p.block} == {block}
    narrow = plan_markings(*straight(width=3.5), options={"box_size": size})
    assert bool(frames(narrow)) == (size == "min")


@pytest.mark.parametrize(
    ("key", "value", "changed"),
    [
        ("box_std_long_m", 3.0, lambda f, t: f.bounds[3] == pytest.approx(1.5)),
        ("box_std_short_m", 2.3, lambda f, t: f.bounds[2] - f.bounds[0] == pytest.approx(2.3)),
        ("box_std_frame_m", 0.1, lambda f, t: True),
        ("box_std_char_width_m", 0.4, lambda f, t: t.bounds[3] - t.bounds[1] < 2.0),
        ("box_std_char_height_m", 0.5, lambda f, t: t.bounds[2] - t.bounds[0] < 1.3),
        ("box_std_char_gap_m", 0.0, lambda f, t: t.bounds[3] - t.bounds[1] < 2.3),
        ("box_std_row_gap_m", 0.0, lambda f, t: t.bounds[2] - t.bounds[0] < 1.55),
    ],
)
def test_every_dimension_of_the_box_works(key, value, changed):
    plan = plan_markings(*straight(), options={key: value})
    text = near(plan.paint[plan.paint.kind == "box_text"].geometry.iloc[0])
    assert changed(frames(plan)[0], text)
    if key.endswith("frame_m"):
        frame = plan.paint[plan.paint.kind == "box_frame"].iloc[0]
        assert frame.area_m2 == pytest.approx(2.8 * 2.1 - 2.6 * 1.9)
        assert frame.length_m == pytest.approx(frame.area_m2 / 0.1)


def test_clearance_and_distance_from_junctions_are_open():
    plan = plan_markings(*straight(width=4.2), options={"box_clearance_m": 0.3})
    assert {p.block for p in plan.placements if "BOX" in p.block} == {"FL-BOX-2000x1500"}
    plan = plan_markings(*t_junction(), options={"box_after_junction_m": 20.0})
    assert list(stops(plan, "C").gap_m)[1] == 20.0
    plan = plan_markings(*t_junction(), options={"box_after_junction_m": 7.0})
    assert list(stops(plan, "C").gap_m)[1] == 7.0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(12, 60), st.floats(-75, 75)), min_size=1, max_size=6),
    st.floats(3.3, 9),
    st.booleans(),
)
def test_random_lanes_keep_the_pitch_or_say_why_not(legs, width, mouthed):
    points, heading = [np.zeros(2)], 0.0
    for length, turn in legs:
        points.append(points[-1] + length * np.array([np.cos(heading), np.sin(heading)]))
        heading += np.radians(turn)
    line = LineString(points)
    road = line.buffer(width / 2, cap_style="flat", join_style="round", quad_segs=16)
    if road.geom_type != "Polygon" or road.interiors or not line.is_simple:
        return
    lane = ("L", line, "mouth" if mouthed else "tip", "tip", "m", "t")
    mouths = [("E", LineString([(0, width / 2), (0, -width / 2)]), (1, 0), "L")] if mouthed else []
    plan = plan_markings(*scene([road], [lane], mouths=mouths))
    rows = stops(plan, "L")
    boxes = frames(plan, "L")
    if "box_gap" not in codes(plan) and boxes:
        assert rows.gap_m.max() <= 20.0
    assert rows.chainage_m.is_monotonic_increasing
    for n, one in enumerate(boxes):
        assert road.contains(one)
        assert one.distance(road.boundary.difference(box(-0.01, -9, 0.01, 9))) >= 0.15
        assert not any(one.intersects(other) for other in boxes[:n])
    for gap_from, gap_to, gap in zip(rows.chainage_m, rows.chainage_m[1:], rows.gap_m[1:], strict=False):
        if gap > 20.0:
            # nothing fits in the gap: not even the smallest box, at any metre of it
            assert {"box_gap", "box_no_place", "box_too_narrow"} & set(codes(plan))
            design = box_design(dimensions(), "min")
            for s in np.arange(gap_from + 2.2, gap_to - 2.2, 1.0):
                a, b, at = (np.array(line.interpolate(s + d).coords[0]) for d in (-0.75, 0.75, 0.0))
                f = (b - a) / np.hypot(*(b - a))
                r = np.array([f[1], -f[0]])
                corners = [
                    at + i * f * design.along_m / 2 + j * r * design.across_m / 2
                    for i, j in ((-1, -1), (-1, 1), (1, 1), (1, -1))
                ]
                # 0.25 m of sideways centring may help or hurt: only places with room to spare are proof
                assert shapely.Polygon(corners).distance(road.boundary) < 0.60 + 0.3 or not road.contains(
                    shapely.Polygon(corners)
                )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("box_min_long_m", 2.2), ("box_min_short_m", 1.7), ("box_min_frame_m", 0.08), ("box_min_char_width_m", 0.3),
        ("box_min_char_height_m", 0.4), ("box_min_char_gap_m", 0.02), ("box_min_row_gap_m", 0.05),
        ("column_box_across_m", 1.8), ("column_box_along_m", 9.0), ("column_frame_m", 0.1),
        ("column_char_width_m", 0.7), ("column_char_height_m", 0.8), ("column_char_gap_m", 0.05),
    ],
)  # fmt: skip
def test_every_dimension_of_the_other_boxes_works(key, value):
    def block(options):
        kind = {"text_layout": "column"} if key.startswith("column") else {"box_size": "min"}
        plan = plan_markings(*straight(), options={**kind, **options})
        return next(b for name, b in plan.blocks.items() if "GRID" not in name)

    usual, other = block({}).parts, block({key: value}).parts
    moved = "box_text" if "char" in key or "row" in key else "box_frame"
    kept = "box_frame" if moved == "box_text" else "box_text"
    assert other[moved].symmetric_difference(usual[moved]).area > 0.01
    assert other[kept].symmetric_difference(usual[kept]).area < 1e-9
