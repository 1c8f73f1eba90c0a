"""The readings of the lettering: two rows, a column, a line along the lane; in boxes and in grids; who reads it."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from marking_scenes import near, scene, straight, t_junction
from shapely import LineString, box

from firelane import fonts
from firelane.errors import InputError
from firelane.markings import plan_markings
from firelane.markings.grids import Mouth, entrance_grids
from firelane.markings.lettering import box_design, lettering
from firelane.markings.parameters import dimensions
from firelane.vocabulary import LETTERING


def glyph(character, width=1.0, height=1.0):
    outline = fonts.glyph_outlines(character).outlines[character]
    return shapely.transform(outline, lambda xy: xy * [width, height])


def at(shape, x, y, *, turned=False):
    """The character with the lower left corner of its em box at (x, y), upright or turned left by 90°."""
    turn = np.array([[0.0, -1.0], [1.0, 0.0]]) if turned else np.eye(2)
    return shapely.transform(shape, lambda xy: xy @ turn.T + [x, y])


def painted(dims, size):
    return lettering(box_design(dims, size), dims, font=None).shape


def same(one, two):
    return one.symmetric_difference(two).area < 0.02 * two.area


def test_a_column_begins_with_the_character_nearest_to_the_driver():
    text = painted(dimensions(), "column")
    for n, character in enumerate(LETTERING):  # y grows in the direction of travel
        y = -3.95 + n * 1.0
        here = text.intersection(box(-1, y - 0.05, 1, y + 0.95))
        assert same(here, at(glyph(character, 0.9, 0.9), -0.45, y))


def test_a_line_runs_along_the_lane_and_is_read_from_its_right_hand_side():
    dims = dimensions({"text_layout": "line"})
    design = box_design(dims, "line")
    assert (design.across_m, design.along_m, design.frame_m) == (1.5, 8.4, 0.15)
    assert (design.text_across_m, design.text_along_m) == pytest.approx((0.9, 7.9))
    text = painted(dims, "line")
    assert text.bounds[3] - text.bounds[1] == pytest.approx(7.9, abs=0.2)
    for n, character in enumerate(LETTERING):
        y = -3.95 + n * 1.0
        here = text.intersection(box(-1, y - 0.05, 1, y + 0.95))
        # its foot on the right of the lane, its right-hand side ahead
        assert same(here, at(glyph(character, 0.9, 0.9), 0.45, y, turned=True))


def test_a_line_has_a_box_of_its_own():
    plan = plan_markings(*straight(), options={"text_layout": "line"})
    assert {p.block for p in plan.placements if "GRID" not in p.block} == {"FL-LIN-1500x8400"}
    frame = near(plan.paint[plan.paint.kind == "box_frame"].geometry.iloc[0])
    assert frame.bounds == pytest.approx((26 - 4.2, -0.75, 26 + 4.2, 0.75))
    assert frame.area == pytest.approx(1.5 * 8.4 - 1.2 * 8.1)
    assert plan.boxes.gap_m.max() <= 20.0
    text = near(plan.paint[plan.paint.kind == "box_text"].geometry.iloc[0])
    assert text.within(box(*frame.bounds))


@pytest.mark.parametrize(
    ("key", "value"),
    [("line_box_across_m", 1.8), ("line_box_along_m", 9.0), ("line_frame_m", 0.1), ("line_char_width_m", 0.7),
     ("line_char_height_m", 0.8), ("line_char_gap_m", 0.05)],
)  # fmt: skip
def test_every_dimension_of_the_line_works(key, value):
    def block(options):
        plan = plan_markings(*straight(), options={"text_layout": "line", **options})
        return next(b for name, b in plan.blocks.items() if "GRID" not in name)

    usual, other = block({}).parts, block({key: value}).parts
    moved = "box_text" if "char" in key else "box_frame"
    kept = "box_frame" if moved == "box_text" else "box_text"
    assert other[moved].symmetric_difference(usual[moved]).area > 0.01
    assert other[kept].symmetric_difference(usual[kept]).area < 1e-9


@pytest.mark.parametrize("wrong", [{"line_box_along_m": 7.0}, {"line_char_height_m": 1.3}, {"line_box_across_m": 0.9}])
def test_a_line_that_does_not_fit_its_box_is_refused(wrong):
    with pytest.raises(InputError, match="does not fit"):
        dimensions(wrong)


@pytest.mark.parametrize("layout", ["column", "line"])
def test_a_box_longer_than_the_pitch_is_refused(layout):
    with pytest.raises(InputError, match="overlap at the pitch"):
        dimensions({f"{layout}_box_along_m": 20.0})
    dimensions({f"{layout}_box_along_m": 19.8})


@pytest.mark.parametrize("layout", ["2x4", "column", "line"])
@pytest.mark.parametrize("options", [{}, {"stencil_bridges": True}])
def test_area_is_the_same_however_it_is_turned_and_placed(layout, options):
    plan = plan_markings(*straight(), options={"text_layout": layout, **options})
    (name,) = [n for n in plan.blocks if "GRID" not in n]
    area = plan.lettering[name]
    assert area.bridged_m2 < area.full_m2
    wanted = area.bridged_m2 if options else area.full_m2
    text = plan.paint[plan.paint.kind == "box_text"]
    assert text.area_m2.to_numpy() == pytest.approx(wanted)
    assert set(plan.lettering) == {name, "GRID-E1"}  # of the blocks that are used


@pytest.mark.parametrize(("length", "boxes"), [(100, 4), (120, 5)])
@pytest.mark.parametrize("drawn", ["inwards", "outwards"])
def test_who_enters_reads_the_first_box_upright_whichever_way_the_lane_was_drawn(length, boxes, drawn):
    line = LineString([(0, 0), (length, 0)])
    ends = ("mouth", "tip", "m", "t")
    lane = ("L", line, *ends) if drawn == "inwards" else ("L", line.reverse(), "tip", "mouth", "t", "m")
    mouths = [("E", LineString([(0, 3), (0, -3)]), (1, 0), "L")]
    plan = plan_markings(*scene([box(0, -3, length, 3)], [lane], mouths=mouths))
    turns = [round(p.rotation_deg % 360) for p in sorted(plan.placements, key=lambda p: p.x) if "BOX" in p.block]
    assert len(turns) == boxes
    # a driver who goes east has north on his left: upright for him is turned right by 90°
    assert turns == [270, 90, 270, 90, 270][:boxes]
    one_way = plan_markings(*scene([box(0, -3, length, 3)], [lane], mouths=mouths), options={"two_way_alternate": False})
    assert {round(p.rotation_deg % 360) for p in one_way.placements} == {270}


def test_beyond_a_junction_the_first_box_reads_for_who_comes_from_the_entrance():
    plan = plan_markings(*t_junction())
    first = min((p for p in plan.placements if p.lane_id == "C"), key=lambda p: p.chainage_m)
    assert first.rotation_deg % 360 == pytest.approx(0)  # upright for a driver who goes north


def grid(width, **options):
    mouth = Mouth("E", "L", LineString([(-width / 2, 0), (width / 2, 0)]), (0.0, 1.0))
    made, _ = entrance_grids([mouth], box(-50, 0, 50, 50), dimensions(options), font=None)
    return {str(mark.kind): mark.shape for mark in made.marks}, [note.code for note in made.notes]


def test_a_deep_grid_takes_a_column_with_the_first_character_nearest():
    shapes, codes = grid(6.0, grid_text_layout="column")
    assert not codes
    text = shapes["grid_text"]
    scale = 5.4 / 8.4  # 6 m less both borders and both margins
    for n, character in enumerate(LETTERING):
        y = 3 + (-3.95 + n) * scale
        here = text.intersection(box(-3, y - 0.05 * scale, 3, y + 0.95 * scale))
        assert same(here, at(glyph(character, 0.9 * scale, 0.9 * scale), -0.45 * scale, y))
    panel = box(-0.75 * scale, 3 - 4.2 * scale, 0.75 * scale, 3 + 4.2 * scale)
    assert shapes["grid_lines"].distance(panel) == pytest.approx(0.10, abs=1e-6)
    total = shapely.union_all(list(shapes.values()))
    assert total.area == pytest.approx(sum(s.area for s in shapes.values()), abs=1e-9)


def test_a_shallow_grid_keeps_two_rows_and_says_so():
    column, codes = grid(3.5, grid_text_layout="column")
    assert codes == ["grid_text_in_rows"]
    rows, codes = grid(3.5)
    assert not codes
    assert column["grid_text"].equals(rows["grid_text"])
    smaller, codes = grid(3.5, grid_text_layout="column", grid_column_char_least_m=0.2)
    assert not codes
    assert not smaller["grid_text"].equals(rows["grid_text"])
