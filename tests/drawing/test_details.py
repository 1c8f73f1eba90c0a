"""The details: figures that are what they measure, stars on what is open, nothing on anything else."""

from __future__ import annotations

import dataclasses
import re

import drawing_scene as scene
import numpy as np
import paper_scene as paper
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from firelane.drawing.sheets.detail_basis import Basis
from firelane.drawing.sheets.detail_bench import Stretch, figures
from firelane.drawing.sheets.detail_box import box_details, cells
from firelane.drawing.sheets.detail_grid import clipped_note, grids_in_use, line_ends
from firelane.drawing.sheets.detail_sheets import Cell, detail_sheets, details, packed
from firelane.markings.grids import Mouth, entrance_grids
from firelane.markings.lettering import box_block, box_design, lettering
from firelane.markings.parameters import dimensions
from firelane.markings.plan import Board, Placement
from firelane.vocabulary import MarkKind

SCALES = (5, 10, 20, 30, 50, 100, 150, 200, 500)


def plan_with(*, sizes=("std",), mouth_m=4.0, boards=0, kinds=None, **options):
    """Return the hand-made plan with true blocks of these sizes, one grid and the dimensions of ``options``."""
    dims = dimensions(options)
    blocks, placements = {}, []
    for n, size in enumerate(sizes):
        design = box_design(dims, size)
        blocks[design.block_name] = box_block(design, lettering(design, dims, font=None).shape)
        placements.append(Placement(f"BOX-{n}", design.block_name, *scene.at(10.0 * n, 0), 0.0, "L1", None, 10.0 * n))
    if mouth_m:
        mouth = Mouth("e1", "L1", shapely.LineString([(-mouth_m / 2, 0), (mouth_m / 2, 0)]), (0.0, 1.0))
        made, _ = entrance_grids([mouth], shapely.box(-50, -50, 50, 50), dims, font=None)
        blocks |= made.blocks
        placements += made.placements
    base = scene.plan()
    paint = base.paint[base.paint["kind"].isin(kinds)] if kinds is not None else base.paint
    standing = tuple(Board(f"B{n}", "e1", *scene.at(n, 0), 0.0, 0.6, 0.8, 2.0) for n in range(boards))
    return dataclasses.replace(base, paint=paint, blocks=blocks, placements=tuple(placements), boards=standing, dims=dims)


def drawn(plan, **how):
    context = paper.context(plan, **how)
    layouts = paper.drawn(context, detail_sheets(context))
    return context, layouts


def figures_of(plan, **how) -> list[str]:
    context, layouts = drawn(plan, **how)
    return [figure for layout in layouts for figure, _, _ in paper.dimensions(context.canvas.doc, layout)]


LAYOUTS = {
    "two sizes": {"sizes": ("std", "min"), "boards": 4},
    "along": {"sizes": ("std", "min"), "long_axis": "along"},
    "column": {"sizes": ("column",), "text_layout": "column", "stencil_bridges": True},
    "line": {"sizes": ("line",), "text_layout": "line", "mouth_m": 7.0},
    "wide": {"sizes": ("min",), "mouth_m": 12.0, "edge_line_offset_to": "centre", "boards": 1},
    "narrow": {"sizes": ("min",), "mouth_m": 2.2},
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_text_stands_alone_and_within_the_sheet(name, lang):
    context, layouts = drawn(plan_with(**LAYOUTS[name]), lang=lang)
    assert layouts
    for layout in layouts:
        texts = paper.texts_on(context.canvas.doc, layout)
        assert paper.outside(texts, context.room) == []
        assert paper.overlapping(texts) == []


@pytest.mark.parametrize("name", LAYOUTS)
def test_figures_are_what_their_lines_measure(name):
    context, layouts = drawn(plan_with(**LAYOUTS[name]))
    found = [row for layout in layouts for row in paper.dimensions(context.canvas.doc, layout)]
    assert len(found) > 10
    for figure, true_mm, _ in found:
        told = int(re.sub(r"[^0-9]", "", figure))
        assert told == pytest.approx(true_mm, abs=0.6), figure


def test_paint_of_details_is_on_no_paint_layer():
    context, layouts = drawn(plan_with(sizes=("std", "min"), boards=2))
    used = {e.dxf.layer for layout in layouts for e in layout}
    assert not {layer for layer in used if layer.startswith("G-FIRE")}
    assert {e.dxf.layer for layout in layouts for e in layout.query("HATCH")} == {"G-ANNO-DETL"}
    blocks = context.canvas.doc.blocks
    inside = {e.dxf.layer for layout in layouts for d in layout.query("DIMENSION") for e in blocks.get(d.dxf.geometry)}
    assert inside == {"G-ANNO-DIMS"}


def test_figures_of_the_standard_box_by_hand():
    # 2.8 x 2.1 m, frame 150; 4 x 550 + 3 x 80 = 2440, margins (2800 - 300 - 2440) / 2 = 30; 2 x 750 + 150 = 1650: 75
    figures_found = figures_of(plan_with(mouth_m=0, kinds=[]))
    across = ["150*", "30*", "550*", "80*", "550*", "80*", "550*", "80*", "550*", "30*", "150*", "2800*"]
    along = ["150*", "75*", "750*", "150*", "750*", "75*", "150*", "2100*"]
    assert figures_found[:20] == across + along


def test_only_what_the_article_leaves_open_has_a_star():
    plan = plan_with(kinds=["edge_line", "kerb_top", "kerb_face"])
    found = figures_of(plan)
    for fixed in ("300", "200", "100"):
        assert fixed in found
        assert f"{fixed}*" not in found
    assert {"120*", "150*", "1000*"} <= set(found)  # kerb, spacing of the grid
    assert {"4000", "4000*"} <= set(found)  # its width is measured, its depth is open


def test_dimensions_follow_the_parameters():
    found = figures_of(plan_with(kinds=["edge_line"], box_std_long_m=3.0, box_std_char_gap_m=0.12, grid_spacing_m=1.2))
    assert {"3000*", "120*", "1200*"} <= set(found)
    assert found.count("2800*") == 1  # the height of a board and its post, no longer the box


@pytest.mark.parametrize(("reading", "near_mm"), [("near_edge", 300.0), ("centre", 225.0)])
def test_edge_line_is_drawn_as_the_parameter_reads(reading, near_mm):
    plan = plan_with(sizes=(), mouth_m=0, kinds=["edge_line"], edge_line_offset_to=reading)
    context, (layout,) = drawn(plan)
    scale = next(iter(paper.dimensions(context.canvas.doc, layout)))[2]
    hatch = max(layout.query("HATCH"), key=lambda e: shapely.Polygon([v[:2] for v in e.paths[0].vertices]).area)
    x = [v[0] for v in hatch.paths[0].vertices]
    edge = next(e for e in layout.query("LWPOLYLINE") if e.dxf.get("lineweight") == 50)
    assert (min(x) - edge[0][0]) * scale == pytest.approx(near_mm, abs=0.1)
    assert (max(x) - min(x)) * scale == pytest.approx(150.0, abs=0.1)
    assert any("近边" in e.dxf.text if reading == "near_edge" else "中心" in e.dxf.text for e in layout.query("TEXT"))


def titles(plan, **how) -> set[str]:
    basis = Basis(plan, "zh", paper.context(plan, **how).room, SCALES)
    return {detail.title.split("（")[0] for detail in details(basis)}


def test_only_what_the_site_has_is_shown():
    assert titles(plan_with(sizes=(), mouth_m=0, kinds=[])) == set()
    assert titles(plan_with(sizes=(), mouth_m=0, kinds=["edge_line"])) == {"路面黄色单实线", "警示牌"}
    assert titles(plan_with(sizes=(), mouth_m=0, kinds=["kerb_face", "kerb_top"])) == {"路缘石黄色禁止停车标线", "警示牌"}
    assert titles(plan_with(sizes=(), mouth_m=4.0, kinds=[])) == {"出入口网状线", "网状线角部", "警示牌"}
    assert titles(plan_with(sizes=("min",), mouth_m=0, kinds=[], boards=1)) == {"最小方框及字样", "方框布置原则", "警示牌"}
    assert "字样模板连接筋" in titles(plan_with(stencil_bridges=True))
    assert detail_sheets(paper.context(plan_with(sizes=(), mouth_m=0, kinds=[]))) == []


def test_plans_made_by_hand_have_the_dimensions_of_the_catalogue():
    plan = dataclasses.replace(scene.plan(), dims=None)
    assert {"标准方框及字样", "出入口网状线"} <= titles(plan)


@pytest.mark.parametrize("mouth_m", [3.0, 4.0, 5.3, 7.0, 9.0])
def test_running_distances_are_where_the_painted_lines_end(mouth_m):
    plan = plan_with(sizes=(), mouth_m=mouth_m)
    (grid,) = grids_in_use(Basis(plan, "zh", paper.context(plan).room, SCALES))
    lines = grid.block.parts[str(MarkKind.GRID_LINES)]
    in_x, in_y = grid.inner_m
    for (length, depth), side in (
        ((in_x, in_y), shapely.LineString([(-in_x / 2, -in_y / 2), (in_x / 2, -in_y / 2)])),
        ((in_y, in_x), shapely.LineString([(in_x / 2, -in_y / 2), (in_x / 2, in_y / 2)])),
    ):
        touched = shapely.get_parts(shapely.intersection(side, lines.buffer(1e-7)))
        spans = sorted(tuple(sorted(side.project(shapely.Point(c)) for c in part.coords)) for part in touched if part.length > 1e-4)
        ends = line_ends(length, depth, grid.spacing_m, 45.0)
        half = 0.05 * np.sqrt(2.0)
        expected = shapely.union_all([shapely.LineString([(max(e - half, 0), 0), (min(e + half, length), 0)]) for e in ends])
        found = shapely.union_all([shapely.LineString([(a, 0), (b, 0)]) for a, b in spans])
        assert found.symmetric_difference(expected).length < 1e-3


def test_every_different_grid_has_its_own_running_distances():
    dims = dimensions()
    mouths = [(4.0, False), (5.0, False), (5.0, False), (5.0, True)]
    made, _ = entrance_grids(
        [Mouth(f"e{n}", "L1", shapely.LineString([(40 * n - w / 2, 0), (40 * n + w / 2, 0)]), (0.0, 1.0), leaving)
         for n, (w, leaving) in enumerate(mouths)], shapely.box(-50, -50, 250, 50), dims, font=None,
    )  # fmt: skip
    plan = dataclasses.replace(plan_with(sizes=(), mouth_m=0, kinds=[]), blocks=made.blocks, placements=tuple(made.placements))
    context, layouts = drawn(plan)
    texts = [text for layout in layouts for text, _ in paper.texts_on(context.canvas.doc, layout)]
    assert sum("出入口网状线（净宽 5.000 m，共 2 处）" in text for text in texts) == 1
    assert sum("出入口网状线（净宽 4.000 m，共 1 处）" in text for text in texts) == 1
    assert sum("出口网状线（净宽 5.000 m，共 1 处）" in text for text in texts) == 1
    assert texts.count("驶入方向") == 2
    assert texts.count("驶出方向") == 1
    # along both sides of all three: 2828 is on every one, the far corner on each by its size
    assert (texts.count("2828"), texts.count("3600"), texts.count("4600")) == (6, 2, 4)


def test_grids_of_exits_are_drawn_upright_for_who_leaves():
    dims = dimensions()
    texts_of = {}
    for leaving in (False, True):
        mouth = Mouth("e1", "L1", shapely.LineString([(-2.5, 0), (2.5, 0)]), (0.0, 1.0), leaving)
        made, _ = entrance_grids([mouth], shapely.box(-50, -50, 50, 50), dims, font=None)
        plan = dataclasses.replace(plan_with(mouth_m=0), blocks=made.blocks, placements=tuple(made.placements))
        (grid,) = grids_in_use(Basis(plan, "zh", paper.context(plan).room, SCALES))
        texts_of[leaving] = grid.parts[str(MarkKind.GRID_TEXT)], grid.block.parts[str(MarkKind.GRID_TEXT)]
    upright, _ = texts_of[False]
    assert texts_of[True][0].symmetric_difference(upright).area < 1e-9
    assert texts_of[True][1].symmetric_difference(upright).area > 0.1
    with_box = dataclasses.replace(plan_with(mouth_m=0), placements=(*plan_with(mouth_m=0).placements, *made.placements))
    with_box = dataclasses.replace(with_box, blocks={**with_box.blocks, **made.blocks})
    context, layouts = drawn(with_box)
    texts = [text for layout in layouts for text, _ in paper.texts_on(context.canvas.doc, layout)]
    assert "出口" in texts
    assert "出入口" not in texts
    assert any("字样按驶出方向阅读" in text for text in texts)


def test_notes_say_how_clipped_grids_are_set_out():
    plan = plan_with(mouth_m=0)
    assert clipped_note(Basis(plan_with(), "zh", paper.context(plan).room, SCALES)) == ""
    rows = plan.paint[plan.paint["kind"] == str(MarkKind.GRID_BORDER)].assign(block=None, mark_id="GRID-e9")
    plan = dataclasses.replace(plan, paint=rows)
    note = clipped_note(Basis(plan, "zh", paper.context(plan).room, SCALES))
    assert "GRID-e9" in note
    assert "1000*" in note
    assert "45°" in note


@pytest.mark.parametrize("boards", [0, 4])
def test_the_board_is_shown_also_where_none_is_put_up(boards):
    found = figures_of(plan_with(sizes=(), mouth_m=0, kinds=["edge_line"], boards=boards))
    assert {"600*", "800*", "2000*"} <= set(found)
    context, layouts = drawn(plan_with(sizes=(), mouth_m=0, kinds=["edge_line"], boards=boards))
    texts = [text for layout in layouts for text, _ in paper.texts_on(context.canvas.doc, layout)]
    assert sum(f"新设 {boards} 块" in text for text in texts) == 1
    unwanted = plan_with(sizes=(), mouth_m=0, kinds=["edge_line"], warning_boards=False)
    assert titles(unwanted) == {"路面黄色单实线"}


def test_running_distances_of_four_metres_by_hand():
    # inner side 3.6 m; lines 1 m apart are 1.414 m apart along the side; one family starts in the corner, the other mirrors it
    assert line_ends(3.6, 3.6, 1.0, 45.0) == pytest.approx([0.0, 0.771573, 1.414214, 2.185786, 2.828427, 3.6], abs=1e-6)


def test_panel_of_the_grid_is_what_the_lines_leave_free():
    plan = plan_with(sizes=(), mouth_m=5.0)
    (grid,) = grids_in_use(Basis(plan, "zh", paper.context(plan).room, SCALES))
    # half of 4.6 m, with 0.1 m around: 2.3 + 0.2; 3:4 of 2.3 m, with 0.1 m around
    assert grid.panel_m == pytest.approx((2.5, 1.925), abs=2e-3)


def test_cells_hold_the_characters():
    for size in ("std", "column", "line"):
        dims = dimensions()
        design = box_design(dims, size)
        text = lettering(design, dims, font=None).shape
        boxes = cells(design)
        assert len(boxes) == 8
        assert text.difference(shapely.union_all(boxes).buffer(1e-6)).area < 1e-9
        assert all(shapely.intersection(text, box).area > 0.05 * box.area for box in boxes)


def test_figures_that_do_not_fit_stand_aside():
    per_m = 50.0  # 1:20
    chain = [Stretch(0.1), Stretch(0.13), Stretch(0.7), Stretch(0.75), Stretch(0.9)]
    places = figures(per_m, 0.0, chain, "below")
    assert places[2] is None  # 570 mm on 28.5 mm of paper
    assert places[0][0] < 0.0 < places[0][1]  # before the chain, on the line
    assert places[1][1] < -3.0  # below the line
    assert places[3][1] < -3.0


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(20, 380), st.floats(20, 250)), min_size=1, max_size=14))
def test_packing_loses_nothing_and_keeps_to_the_sheet(sizes):
    cells_given = [Cell(w, h, lambda *_: None) for w, h in sizes]
    sheets = packed(cells_given, 380.0, 250.0)
    placed = [id(cell) for sheet in sheets for shelf in sheet for cell in shelf.cells]
    assert sorted(placed) == sorted(id(cell) for cell in cells_given)
    for sheet in sheets:
        assert sum(shelf.height_mm for shelf in sheet) <= 250.0 + 1e-9
        assert all(shelf.width_mm <= 380.0 + 1e-9 for shelf in sheet)


def test_larger_sheets_hold_all_details_on_one():
    plan = plan_with(sizes=("std", "min"), boards=2)
    assert len(detail_sheets(paper.context(plan, sheet="A1"))) == 1
    assert len(detail_sheets(paper.context(plan))) == 2


def test_box_scales_stay_within_what_details_may_have():
    for sheet in ("A3", "A1"):
        plan = plan_with(sizes=("std", "min"))
        basis = Basis(plan, "zh", paper.context(plan, sheet=sheet).room, SCALES)
        assert {detail.scale for detail in box_details(basis)} <= {20, 30, 50}


def test_the_same_plan_gives_the_same_details():
    def told() -> list:
        context, layouts = drawn(plan_with(boards=1))
        return [paper.texts_on(context.canvas.doc, layout) for layout in layouts]

    assert told() == told()
