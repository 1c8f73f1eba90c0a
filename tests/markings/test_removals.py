"""Existing paint: what stays because it will be repainted, what goes, how much of it, and why."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from marking_scenes import near, scene, straight
from shapely import LineString, box
from site_scenes import layer

from firelane.markings import plan_markings
from firelane.markings.parameters import dimensions
from firelane.markings.removal import ALL, MISPLACED, REASONS, WRONG_COLOUR, removals

BOX = (24.95, -1.4, 27.05, 1.4)  # the first box of straight(): about (26, 0), 2.1 m along, 2.8 m across


def planned(*rows, marking=None, make=straight, **more):
    site, network = make(marking=marking, **more) if make is straight else make
    tables = {**site.layers, "markings": layer("markings", list(rows))}
    return plan_markings(dataclasses.replace(site, layers=tables), network)


def paint(geometry, kind, **columns):
    return geometry, {"kind": kind, **columns}


def codes(plan):
    return [n.code for n in plan.notes if n.code.startswith("existing")]


def repainted(plan):
    return [n.en for n in plan.notes if n.code == "existing_paint_repainted"]


def test_nothing_is_known_of_paint_that_was_not_surveyed():
    plan = plan_markings(*straight())
    assert plan.removals == ()
    assert codes(plan) == []
    assert "removal" not in set(plan.bill.kind)


def test_a_line_in_its_place_is_repainted_worn_or_not():
    for condition in ("good", "worn"):
        row = paint(LineString([(6, 2.625), (99, 2.625)]), "edge_line", width_m=0.15, condition=condition)
        plan = planned(row)
        assert plan.removals == ()
        assert repainted(plan)[0].startswith(f"1 existing markings ({int(condition == 'worn')} of them recorded as worn)")


def test_a_line_in_the_wrong_place_goes_with_its_metres_and_square_metres():
    plan = planned(paint(LineString([(10, 2.0), (50, 2.0)]), "edge_line", width_m=0.12))
    (one,) = plan.removals
    assert one.reason == MISPLACED
    assert one.area_m2 == pytest.approx(40 * 0.12)
    assert one.length_m == pytest.approx(40)
    assert one.lane_id == "L1"
    assert not one.assumed
    assert near(one.shape).bounds == pytest.approx((10, 1.94, 50, 2.06))
    assert plan.bill.set_index("kind").loc["removal", "area_m2"] == pytest.approx(4.8)
    assert codes(plan) == []


def test_a_width_that_was_not_surveyed_is_assumed_and_told():
    plan = planned(paint(LineString([(10, 2.0), (50, 2.0)]), "edge_line"))
    assert plan.removals[0].area_m2 == pytest.approx(40 * 0.15)
    assert plan.removals[0].assumed
    assert codes(plan) == ["existing_width_assumed"]
    wide = planned(paint(LineString([(10, 2.0), (50, 2.0)]), "edge_line"), marking={"existing_line_m": 0.2})
    assert wide.removals[0].area_m2 == pytest.approx(40 * 0.2)


def test_of_a_line_only_the_stretch_that_strays_goes():
    # in its place to x = 60, then 0.5 m too far in
    line = LineString([(10, 2.625), (60, 2.625), (60.5, 2.125), (90, 2.125)])
    (one,) = planned(paint(line, "edge_line", width_m=0.15)).removals
    assert near(one.shape).bounds[0] == pytest.approx(60.0, abs=0.4)
    assert one.length_m == pytest.approx(29.5 + np.hypot(0.5, 0.5), abs=0.5)


def test_a_line_a_little_aside_goes_whole_or_not_at_all():
    # 5 cm are tolerated, and a tenth of the width of 15 cm may stick out
    for aside, goes in ((0.04, False), (0.06, False), (0.07, True), (0.09, True)):
        rows = planned(paint(LineString([(10, 2.625 - aside), (50, 2.625 - aside)]), "edge_line", width_m=0.15)).removals
        assert bool(rows) == goes
        if goes:  # not the strip of 4 cm that sticks out: the whole line
            assert rows[0].area_m2 == pytest.approx(40 * 0.15, rel=0.01)


def test_a_band_is_as_good_as_an_axis():
    (one,) = planned(paint(box(10, 1.9, 50, 2.1), "edge_line")).removals
    assert one.area_m2 == pytest.approx(40 * 0.2)
    assert one.length_m == pytest.approx(40, abs=0.3)
    assert not one.assumed


def test_colour_decides_before_place():
    line = LineString([(10, 2.625), (50, 2.625)])
    (one,) = planned(paint(line, "edge_line", width_m=0.15, colour="white")).removals
    assert one.reason == WRONG_COLOUR
    for colour in ("黄色", " Yellow ", None):
        assert planned(paint(line, "edge_line", width_m=0.15, colour=colour)).removals == ()


def test_paint_that_is_gone_need_not_be_removed():
    row = paint(LineString([(10, 2.0), (50, 2.0)]), "edge_line", width_m=0.12, condition="缺失")
    assert planned(row).removals == ()


def test_a_box_in_its_place_stays_and_one_elsewhere_goes_by_its_frame():
    assert planned(paint(box(*BOX), "box")).removals == ()
    assert planned(paint(box(34.95, -1.4, 37.05, 1.4), "box")).removals == ()  # as good a place as any
    plan = planned(paint(box(34.95, -1.4, 37.05, 1.4), "box"), marking={"keep_existing_boxes": False})
    (one,) = plan.removals
    assert one.area_m2 == pytest.approx(2.8 * 2.1 - 2.5 * 1.8)  # a frame of 0.15 m
    assert one.length_m == 0
    assert one.assumed
    assert codes(plan) == ["existing_by_outline"]


def test_a_box_of_another_size_in_the_same_place_goes():
    assert planned(paint(box(25.5, -0.7, 26.5, 0.7), "box")).removals
    assert planned(paint(box(24.0, -2.2, 28.0, 2.2), "box")).removals


def test_a_box_drawn_as_four_lines_is_one_box():
    x0, y0, x1, y1 = 25.025, -1.325, 26.975, 1.325  # the axes of a frame of 0.15 m
    sides = [[(x0, y0), (x1, y0)], [(x1, y0), (x1, y1)], [(x1, y1), (x0, y1)], [(x0, y1), (x0, y0)]]
    rows = [paint(LineString(side), "box", width_m=0.15) for side in sides]
    assert planned(*rows).removals == ()
    moved = [paint(shapely.transform(LineString(side), lambda xy: xy + (9, 0)), "box", width_m=0.15) for side in sides]
    found = planned(*moved).removals
    assert len(found) == 4
    assert sum(r.area_m2 for r in found) == pytest.approx(0.15 * (2 * 1.95 + 2 * 2.65), abs=0.1)
    assert all(not r.assumed for r in found)


def test_a_grid_and_lettering_stay_in_place_and_go_elsewhere():
    grid, text = box(0, -3, 6, 3), box(25.175, -1.25, 26.825, 1.25)
    assert planned(paint(grid, "grid"), paint(text, "text")).removals == ()
    (one,) = planned(paint(box(10, -3, 16, 3), "grid")).removals
    assert one.area_m2 == pytest.approx(36)  # all that is known is the outline
    assert one.assumed
    (two,) = planned(paint(shapely.affinity.translate(text, 8, 0), "text")).removals
    assert two.area_m2 == pytest.approx(1.65 * 2.5)


def test_what_two_rows_share_counts_once():
    grid, text = box(10, -3, 16, 3), box(12, -1, 14, 1)
    found = planned(paint(grid, "grid"), paint(text, "text")).removals
    assert sum(r.area_m2 for r in found) == pytest.approx(36)
    line = LineString([(10, 2.0), (50, 2.0)])
    twice = planned(paint(line, "edge_line", width_m=0.12), paint(line, "edge_line", width_m=0.12)).removals
    assert sum(r.area_m2 for r in twice) == pytest.approx(4.8)


def test_only_paint_on_judged_pavement_is_touched():
    plan = planned(paint(LineString([(90, 2.0), (130, 2.0)]), "edge_line", width_m=0.12))
    assert plan.removals[0].area_m2 == pytest.approx(10 * 0.12, abs=0.002)  # the planned line of the tip crosses it
    assert codes(plan) == ["existing_paint_outside"]
    plan = planned(paint(LineString([(110, 2.0), (130, 2.0)]), "edge_line", width_m=0.12))
    assert plan.removals == ()
    assert codes(plan) == ["existing_paint_outside"]


def kerbed():
    lane = ("L1", LineString([(0, 0), (100, 0)]), "tip", "tip", "a", "b")
    return scene([box(0, -3, 100, 3)], [lane], kerbs=[LineString([(0, 3), (100, 3)])])


def test_kerb_paint_stays_on_its_kerb_and_where_the_plan_has_none_it_is_told():
    on = LineString([(10, 3), (90, 3)])
    assert planned(paint(on, "kerb_paint", width_m=0.12), make=kerbed()).removals == ()
    plan = planned(paint(LineString([(10, -3), (90, -3)]), "kerb_paint", width_m=0.12), make=kerbed())
    assert plan.removals == ()
    assert codes(plan) == ["existing_kerb_paint_left"]
    (one,) = planned(paint(on, "kerb_paint", width_m=0.12, colour="red"), make=kerbed()).removals
    assert one.reason == WRONG_COLOUR
    assert one.length_m == pytest.approx(80)


def test_the_policy_is_a_parameter():
    rows = [paint(LineString([(10, 2.625), (50, 2.625)]), "edge_line", width_m=0.15), paint(box(35, -1, 37, 1), "box")]
    everything = planned(*rows, marking={"existing_paint": "remove_all"})
    assert [r.reason for r in everything.removals] == [ALL, ALL]
    assert everything.removals[0].area_m2 == pytest.approx(6.0)
    kept = planned(*rows, marking={"existing_paint": "keep"})
    assert kept.removals == ()
    assert codes(kept) == ["existing_paint_kept"]
    assert [r.kind for r in planned(*rows).removals] == ["box"]


@pytest.mark.parametrize("kind", ["edge_line", "kerb_paint", "box", "grid", "text"])
@pytest.mark.parametrize(
    "shape",
    [
        shapely.Polygon([(40, -1), (42, 1), (42, -1), (40, 1)]),  # a bow tie
        shapely.Polygon([(40, 0), (43, 0), (42, 0), (42, 1), (41, 1), (41, 0)]),  # with a spike
        LineString([(40, 0), (42, 0), (41, 0), (41, 1)]),
        shapely.MultiLineString([[(40, 0), (42, 0)], [(44, 0), (44, 2)]]),
        shapely.Polygon(),
    ],
)
def test_crooked_surveys_are_no_obstacle(kind, shape):
    plan = planned(paint(shape, kind))
    for removal in plan.removals:
        assert shapely.is_valid(removal.shape)
        assert removal.area_m2 == pytest.approx(removal.shape.area, abs=1e-6)
        assert removal.shape.geom_type in {"Polygon", "MultiPolygon"}


def test_remnants_are_left():
    row = paint(LineString([(10, 2.0), (10.3, 2.0)]), "edge_line", width_m=0.12)
    assert planned(row).removals == ()  # 0.036 m²
    assert planned(row, marking={"existing_least_m2": 0.01}).removals


def test_every_reason_has_its_words():
    assert all(zh and en for zh, en in REASONS.values())
    assert {MISPLACED, WRONG_COLOUR, ALL} == set(REASONS)


def test_the_plans_own_paint_would_all_stay():
    """An independent check: paint the plan, survey it, plan again: nothing has to go."""
    first = plan_markings(*straight())
    kinds = {"edge_line": "edge_line", "box_frame": "box", "grid_border": "grid"}
    rows = [
        paint(near(row.geometry), kinds[row.kind])
        for row in first.paint.itertuples() if row.kind in kinds
    ]  # fmt: skip
    assert planned(*rows).removals == ()


@pytest.fixture(scope="module")
def drawn():
    """Sites are compared with one plan: planning again for every example would take a minute."""
    site, network = straight()
    painted = plan_markings(site, network).paint

    def gone(row):
        tables = {**site.layers, "markings": layer("markings", [row])}
        return removals(dataclasses.replace(site, layers=tables), network, painted, dimensions())[0]

    return gone


@given(st.floats(-2.9, 2.9), st.floats(0.08, 0.3), st.floats(8.0, 60.0), st.floats(2.0, 30.0))
def test_what_goes_is_part_of_what_is_there(drawn, y, width_m, x, length_m):
    line = LineString([(x, y), (x + length_m, y)])
    there = shapely.intersection(line.buffer(width_m / 2, cap_style="flat"), box(0, -3, 100, 3))
    gone = drawn(paint(line, "edge_line", width_m=width_m))
    shapes = near(shapely.union_all([r.shape for r in gone])) if gone else shapely.Polygon()
    assert shapes.difference(there.buffer(1e-6)).area < 1e-6
    assert sum(r.area_m2 for r in gone) == pytest.approx(shapes.area, abs=1e-6)
    offset = abs(abs(y) - 2.625)
    if offset > width_m / 2 + 0.075 + 0.05:  # nowhere near the planned line: all of it goes
        assert shapes.area == pytest.approx(there.area, abs=1e-4)
    if offset + width_m / 2 < 0.075 + 0.05:
        assert not gone
