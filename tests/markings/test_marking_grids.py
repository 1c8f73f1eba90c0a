"""Entrance grids: widths, angles, spacing, symmetry, the panel; the lettering reads for who enters."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from marking_scenes import near, scene, straight, t_junction
from shapely import LineString, Polygon, box

from firelane import fonts
from firelane.markings import plan_markings
from firelane.markings.grids import Mouth, entrance_grids
from firelane.markings.parameters import dimensions


def grid(plan, kind, entrance_id=None):
    rows = plan.paint[
        (plan.paint.kind == kind) & ((entrance_id is None) | (plan.paint.entrance_id == entrance_id))
    ]
    return near(shapely.union_all(rows.geometry.array)) if len(rows) else shapely.MultiPolygon()


def local(width=6.0, depth=None, options=None, judged=None):
    """One grid made in the mouth's own axes: the mouth on the x axis, inwards = +y."""
    mouth = Mouth("E", "L", LineString([(-width / 2, 0), (width / 2, 0)]), (0.0, 1.0))
    made, outlines = entrance_grids(
        [mouth], judged or box(-50, 0, 50, 50), dimensions(options or {}), font=None
    )
    shapes = {str(mark.kind): mark.shape for mark in made.marks}
    return shapes, outlines, made


@pytest.mark.parametrize(
    ("width", "depth"), [(2.8, 3.0), (3.0, 3.0), (4.0, 4.0), (5.5, 5.5), (6.0, 6.0), (9.0, 6.0)]
)
def test_depth_is_the_clear_width_within_limits(width, depth):
    shapes, outlines, _ = local(width)
    assert outlines[0].outline.bounds == pytest.approx((-width / 2, 0, width / 2, depth))
    border = shapes["grid_border"]
    assert border.area == pytest.approx(width * depth - (width - 0.4) * (depth - 0.4))
    hole = box(-width / 2 + 0.2, 0.2, width / 2 - 0.2, depth - 0.2)
    assert border.symmetric_difference(outlines[0].outline.difference(hole)).area < 1e-9


def test_depth_limits_are_open():
    _, outlines, _ = local(6.0, options={"grid_depth_max_m": 4.0})
    assert outlines[0].outline.bounds[3] == pytest.approx(4.0)
    _, outlines, _ = local(3.0, options={"grid_depth_min_m": 5.0})
    assert outlines[0].outline.bounds[3] == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("width", "options", "spacing"),
    [(6.0, {}, 1.0), (6.1, {}, 2.0), (6.0, {"grid_spacing_m": 1.5}, 1.5), (9.0, {"grid_spacing_wide_m": 2.5}, 2.5),
     (6.0, {"grid_wide_from_m": 5.0}, 2.0)],
)  # fmt: skip
def test_lines_are_ten_centimetres_at_forty_five_degrees_at_the_spacing(width, options, spacing):
    shapes, _, _ = local(width, options=options)
    lines = shapes["grid_lines"]
    across, along = np.meshgrid(
        np.arange(-width / 2 + 0.21, width / 2 - 0.2, 0.03), np.arange(0.21, 5.8, 0.03)
    )
    x, y = across.ravel(), along.ravel()
    free = (np.abs(x) > 1.6) | (np.abs(y - 3) > 1.3)  # beyond the panel
    off = np.full(len(x), np.inf)  # distance from the nearest axis of a line
    for u in ((x + y - 3) / np.sqrt(2), (x - y + 3) / np.sqrt(2)):
        off = np.minimum(off, np.abs(u - spacing * np.round(u / spacing)))
    painted = shapely.contains(lines, shapely.points(x, y))
    clear = free & (np.abs(off - 0.05) > 1e-6)
    assert (painted[clear] == (off < 0.05)[clear]).all()
    assert painted[clear].any()


def test_the_lines_are_symmetric_about_the_middle():
    lines = local(6.0)[0]["grid_lines"]
    for factor in ((-1, 1), (1, -1)):
        mirrored = shapely.transform(lines, lambda xy, f=factor: (xy - [0, 3]) * f + [0, 3])
        assert lines.symmetric_difference(mirrored).area < 1e-6


def test_the_panel_is_clear_and_the_lettering_stands_in_it():
    shapes, _, _ = local(6.0)
    panel = box(-1.4, 3 - 1.05, 1.4, 3 + 1.05)  # half of 5.6 m inside the border, 4:3
    assert shapes["grid_lines"].distance(panel) == pytest.approx(0.10, abs=1e-6)
    assert panel.covers(shapes["grid_text"])
    assert shapes["grid_text"].centroid.distance(shapely.Point(0, 3)) < 0.1
    small = local(6.0, options={"grid_panel_share": 0.4})[0]
    assert small["grid_text"].area < shapes["grid_text"].area
    wide_margin = local(6.0, options={"grid_panel_margin_m": 0.3})[0]
    assert wide_margin["grid_lines"].distance(panel) == pytest.approx(0.30, abs=1e-6)
    capped = local(9.0, options={"grid_panel_max_m": 2.2})[0]["grid_text"]
    assert capped.bounds[2] < 1.1
    raised = local(4.0, options={"grid_panel_min_m": 2.6})[0]["grid_text"]
    assert raised.bounds[2] > 1.0


def test_paint_of_the_parts_does_not_overlap_and_stays_within():
    shapes, outlines, _ = local(5.0)
    total = shapely.union_all(list(shapes.values()))
    assert total.area == pytest.approx(sum(s.area for s in shapes.values()), abs=1e-9)
    assert outlines[0].outline.buffer(1e-9).covers(total)


@pytest.mark.parametrize("heading_deg", [0, 37, 90, 180, 271.5])
def test_it_turns_with_the_mouth_and_reads_for_who_enters(heading_deg):
    angle = np.radians(heading_deg)
    inward = np.array([np.cos(angle), np.sin(angle)])
    right = np.array([inward[1], -inward[0]])
    mouth = Mouth("E", "L", LineString([-2.5 * right, 2.5 * right]), (float(inward[0]), float(inward[1])))
    made, _ = entrance_grids([mouth], shapely.Point(0, 0).buffer(50), dimensions(), font=None)
    text = next(mark.shape for mark in made.marks if mark.kind == "grid_text")
    straight_text = local(5.0)[0]["grid_text"]
    back = shapely.transform(text, lambda xy: np.column_stack([xy @ right, xy @ inward]))
    assert back.symmetric_difference(straight_text).area < 1e-6
    # 占, the seventh character, has its open mouth 口 in the lower half of the second row, on the right
    placement = made.placements[0]
    assert placement.rotation_deg % 360 == pytest.approx((heading_deg - 90) % 360)


def test_the_first_row_is_far_and_the_first_character_left():
    text = local(5.0)[0]["grid_text"]
    glyph = fonts.glyph_outlines("消").outlines["消"]
    quarter = text.intersection(box(-5, 2.5, -0.58 * 2.32 / 2.8, 5))  # the far left character
    assert quarter.area > 0
    left_share = quarter.intersection(box(-5, 0, quarter.envelope.centroid.x, 5)).area / quarter.area
    half = shapely.box(0, 0, glyph.envelope.centroid.x, 1)
    assert left_share == pytest.approx(glyph.intersection(half).area / glyph.area, abs=0.02)


def test_equal_rectangles_share_a_block_that_gives_the_paint_back():
    plan = plan_markings(*t_junction())
    grids = [p for p in plan.placements if p.block.startswith("FL-GRID")]
    assert [p.block for p in grids] == ["FL-GRID-6000x6000"] * 2
    assert {p.entrance_id for p in grids} == {"E1", "E2"}
    for p in grids:
        c, s = np.cos(np.radians(p.rotation_deg)), np.sin(np.radians(p.rotation_deg))
        for kind, part in plan.blocks[p.block].parts.items():
            placed = shapely.transform(part, lambda xy, c=c, s=s, p=p: xy @ [[c, s], [-s, c]] + [p.x, p.y])
            paint = plan.paint[(plan.paint.mark_id == p.mark_id) & (plan.paint.kind == kind)].geometry.iloc[0]
            assert near(placed).symmetric_difference(near(paint)).area < 1e-6


def test_a_grid_never_sticks_out_of_the_pavement():
    funnel = Polygon([(0, -3), (10, -2), (60, -2), (60, 2), (10, 2), (0, 3)])
    lane = ("L", LineString([(0, 0), (60, 0)]), "mouth", "tip", "m", "t")
    site, network = scene([funnel], [lane], mouths=[("E", LineString([(0, 3), (0, -3)]), (1, 0), "L")])
    plan = plan_markings(site, network)
    painted = shapely.union_all([grid(plan, k) for k in ("grid_border", "grid_lines", "grid_text")])
    assert painted.difference(funnel).area < 1e-6
    assert [n.code for n in plan.notes if n.row == "E"] == ["grid_clipped"]
    assert plan.paint[plan.paint.kind == "grid_border"].block.isna().all()
    inner = funnel.intersection(box(0, -3, 6, 3))
    assert grid(plan, "grid_border").area == pytest.approx(
        inner.area - inner.buffer(-0.2, join_style="mitre").area, abs=1e-3
    )


def test_narrow_mouths_say_what_they_lack():
    shapes, _, made = local(1.2)
    assert "grid_text" not in shapes
    assert [n.code for n in made.notes] == ["grid_without_text"]
    shapes, outlines, made = local(0.45)
    assert not shapes
    assert not outlines
    assert [n.code for n in made.notes] == ["grid_too_narrow"]
    readable = local(1.2, options={"grid_char_least_m": 0.05})[0]
    assert "grid_text" in readable


def test_a_mouth_of_an_unjudged_road_gets_no_grid():
    shapes, outlines, made = local(5.0, judged=box(100, 0, 110, 10))
    assert not shapes
    assert not outlines
    assert [n.code for n in made.notes] == ["grid_no_pavement"]


def test_grids_of_two_near_mouths_do_not_overlap():
    lane = ("L", LineString([(0, 0), (8, 0)]), "mouth", "mouth", "a", "b")
    mouths = [
        ("E1", LineString([(0, 3), (0, -3)]), (1, 0), "L"),
        ("E2", LineString([(8, 3), (8, -3)]), (-1, 0), "L"),
    ]
    plan = plan_markings(*scene([box(0, -3, 8, 3)], [lane], mouths=mouths))
    one, two = grid(plan, "grid_border", "E1"), grid(plan, "grid_border", "E2")
    assert one.intersection(two).area < 1e-6
    assert two.area > 0
    assert [n.code for n in plan.notes if n.row == "L"] == ["box_not_needed"]


def test_a_skewed_mouth_is_as_wide_as_the_way_in():
    mouth = Mouth("E", "L", LineString([(0, 3), (2, -3)]), (1.0, 0.0))
    assert mouth.width_m == pytest.approx(6.0)


def test_another_font_paints_other_outlines():
    path = fonts.source._DEBIAN / "NotoSansCJK-Regular.ttc"
    if not path.is_file():
        pytest.skip("fonts-noto-cjk is not installed")
    usual = plan_markings(*straight())
    thin = plan_markings(*straight(), font=path)
    assert grid(thin, "grid_text").area < 0.9 * grid(usual, "grid_text").area


def test_a_font_without_the_characters_is_told(tmp_path):
    from fontTools import subset
    from fontTools.ttLib import TTFont

    source = TTFont(fonts.source.instance(tuple("消防车道A"), None, 700))
    chooser = subset.Subsetter()
    chooser.populate(text="消A")
    chooser.subset(source)
    path = tmp_path / "poor.ttf"
    source.save(path)
    plan = plan_markings(*straight(), font=path)
    notes = [n for n in plan.notes if n.code == "font_lacks_characters"]
    assert notes
    assert "占" in notes[0].zh
    assert grid(plan, "grid_text").area > 0
