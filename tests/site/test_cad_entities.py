from __future__ import annotations

import logging
import math

import ezdxf
import numpy as np
import pytest
import shapely
from cad_ezdxf_scenes import fan_area, geometries, nasty_plan, read, read_doc, saved

from firelane.site.cad import entities_blocks
from firelane.site.cad.flatten import chords
from firelane.site.cad.open import load_plan
from firelane.site.cad.rings import closed_rings
from firelane.site.journal import Journal


@pytest.fixture
def doc():
    return ezdxf.new("R2010", units=6)


# --- one entity at a time -----------------------------------------------------------------------


def test_line_keeps_its_coordinates_to_the_last_digit(doc, tmp_path):
    doc.modelspace().add_line((0.1, 0.2), (500000.123456, 4600000.654321))
    plan = read_doc(doc, tmp_path)
    assert shapely.get_coordinates(plan.geometry[0]).tolist() == [[0.1, 0.2], [500000.123456, 4600000.654321]]
    assert (plan.kind[0], bool(plan.closed[0]), plan.block[0], plan.insert[0]) == ("LINE", False, "", -1)


def test_arc_of_ninety_degrees_has_180_chords_on_the_circle(doc, tmp_path):
    doc.modelspace().add_arc((10, 20), 9.0, 350, 80)
    arc = read_doc(doc, tmp_path).geometry[0]
    xy = shapely.get_coordinates(arc)
    assert len(xy) == 181
    assert np.hypot(*(xy - (10, 20)).T) == pytest.approx(9.0, abs=1e-12)
    assert xy[0] == pytest.approx((10 + 9 * math.cos(math.radians(350)), 20 + 9 * math.sin(math.radians(350))))
    assert xy[-1] == pytest.approx((10 + 9 * math.cos(math.radians(80)), 20 + 9 * math.sin(math.radians(80))))
    # Chords lie inside the arc by no more than 0.1 mm at 9 m.
    middles = (xy[1:] + xy[:-1]) / 2
    assert 9.0 - np.hypot(*(middles - (10, 20)).T).min() < 1e-4


def test_circle_is_an_area(doc, tmp_path):
    doc.modelspace().add_circle((1e5, 2e5), 3.0)
    plan = read_doc(doc, tmp_path)
    assert plan.closed[0]
    assert shapely.area(plan.geometry[0]) == pytest.approx(fan_area(3.0, 2 * math.pi), rel=1e-9)
    assert shapely.area(plan.geometry[0]) == pytest.approx(math.pi * 9, rel=1e-4)


def test_mirrored_arc_and_polyline_follow_their_extrusion(doc, tmp_path):
    down = {"extrusion": (0, 0, -1)}
    space = doc.modelspace()
    space.add_arc((10, 0), 2.0, 0, 90, dxfattribs=down)  # in a system whose x runs west: from (-12, 0) to (-10, 2)
    b = math.tan(math.radians(22.5))
    space.add_lwpolyline([(1, 0, b), (0, 1, 0)], format="xyb", dxfattribs=down)
    space.add_solid([(0, 0), (4, 0), (0, 3), (4, 3)], down)
    space.add_circle((5, 5), 1.0, down)
    plan = read_doc(doc, tmp_path)
    arc = shapely.get_coordinates(plan.geometry[0])
    assert arc[0] == pytest.approx((-12, 0), abs=1e-12)
    assert arc[-1] == pytest.approx((-10, 2), abs=1e-12)
    assert arc[90] == pytest.approx((-10 - math.sqrt(2), math.sqrt(2)))
    line = shapely.get_coordinates(plan.geometry[1])
    assert np.hypot(*line.T) == pytest.approx(1.0)  # a quarter of the unit circle, not its mirror image across the chord
    assert line[0] == pytest.approx((-1, 0))
    assert shapely.bounds(plan.geometry[2]).tolist() == [-4, 0, 0, 3]
    assert shapely.bounds(plan.geometry[3]) == pytest.approx([-6, 4, -4, 6])


def test_slanted_extrusion_is_seen_from_above(doc, tmp_path):
    """A circle in an upright plane is a line from above."""
    doc.modelspace().add_circle((0, 0), 2.0, {"extrusion": (1, 0, 0)})
    bounds = shapely.bounds(read_doc(doc, tmp_path).geometry[0])
    assert bounds == pytest.approx([0, -2, 0, 2], abs=1e-12)


def test_closed_polyline_with_fillets_has_the_area_of_the_formula(doc, tmp_path):
    b = math.tan(math.radians(22.5))
    points = [(1, 0, 0), (9, 0, b), (10, 1, 0), (10, 5, 0), (0, 5, 0), (0, 1, b)]
    doc.modelspace().add_lwpolyline(points, format="xyb", close=True)
    plan = read_doc(doc, tmp_path)
    # 10 x 5 with two corners of radius 1: each takes off a square less a quarter circle.
    expected = 50.0 - 2 * (1.0 - fan_area(1.0, math.pi / 2))
    assert shapely.area(plan.geometry[0]) == pytest.approx(expected, abs=1e-12)
    assert shapely.area(plan.geometry[0]) == pytest.approx(50 - 2 * (1 - math.pi / 4), abs=1e-4)


def test_clockwise_bulge_cuts_into_the_area(doc, tmp_path):
    doc.modelspace().add_lwpolyline([(0, 0, 0), (4, 0, -1), (4, 2, 0), (0, 2, 0)], format="xyb", close=True)
    area = shapely.area(read_doc(doc, tmp_path).geometry[0])
    assert area == pytest.approx(8.0 - fan_area(1.0, math.pi), abs=1e-12)


def test_two_vertices_with_bulges_are_a_disc(doc, tmp_path):
    doc.modelspace().add_lwpolyline([(0, 0, 1), (2, 0, 1)], format="xyb", close=True)
    assert shapely.area(read_doc(doc, tmp_path).geometry[0]) == pytest.approx(fan_area(1.0, 2 * math.pi))


def test_outline_that_crosses_itself_comes_as_it_is_drawn(doc, tmp_path):
    doc.modelspace().add_lwpolyline([(0, 0), (2, 2), (2, 0), (0, 2)], close=True)
    plan = read_doc(doc, tmp_path)
    assert plan.closed[0]
    assert shapely.get_coordinates(plan.geometry[0]).tolist() == [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]
    assert shapely.get_type_id(plan.geometry[0]) == 1


def test_polyline_back_at_its_start_is_an_area_though_it_is_not_flagged(doc, tmp_path):
    doc.modelspace().add_lwpolyline([(0, 0), (2, 0), (2, 2), (0, 0)])
    plan = read_doc(doc, tmp_path)
    assert (shapely.area(plan.geometry[0]), bool(plan.closed[0])) == (2.0, False)


def test_old_polylines(tmp_path):
    doc = ezdxf.new("R12")
    space = doc.modelspace()
    space.add_polyline2d([(0, 0, 0), (4, 0, 1), (4, 2, 0), (0, 2, 0)], format="xyb", close=True)
    space.add_polyline3d([(0, 0, 5), (1, 0, 6), (1, 1, 7)])
    space.add_polymesh((3, 3))
    plan = read_doc(doc, tmp_path)
    assert plan.version == "R12"
    assert shapely.area(plan.geometry[0]) == pytest.approx(8.0 + fan_area(1.0, math.pi))
    assert shapely.get_coordinates(plan.geometry[1]).tolist() == [[0, 0], [1, 0], [1, 1]]
    assert plan.skipped == {"POLYLINE": 1}


def test_width_of_a_polyline(doc, tmp_path):
    space = doc.modelspace()
    space.add_lwpolyline([(0, 0), (9, 0)], dxfattribs={"const_width": 4.0})
    space.add_lwpolyline([(0, 0, 3, 3), (9, 0, 3, 3)], format="xyse")
    space.add_lwpolyline([(0, 0, 3, 2), (9, 0, 2, 2)], format="xyse")
    space.add_lwpolyline([(0, 0), (9, 0)])
    assert read_doc(doc, tmp_path).width.tolist() == pytest.approx([4.0, 3.0, math.nan, math.nan], nan_ok=True)


def test_ellipse_and_its_part(doc, tmp_path):
    space = doc.modelspace()
    space.add_ellipse((5, 5), (0, 4), 0.5)
    space.add_ellipse((0, 0), (4, 0), 0.5, 0, math.pi / 2)
    whole, quarter = read_doc(doc, tmp_path).geometry
    assert shapely.area(whole) == pytest.approx(math.pi * 8, rel=2e-5)
    assert shapely.bounds(whole) == pytest.approx([3, 1, 7, 9])
    assert shapely.get_coordinates(quarter)[[0, -1]] == pytest.approx(np.array([[4, 0], [0, 2]]), abs=1e-12)


def test_spline_is_as_fine_for_its_size_as_a_circle(doc, tmp_path):
    space = doc.modelspace()
    for size in (1.0, 1000.0):
        # A quarter circle as a rational spline: every point of it is on the circle.
        space.add_rational_spline([(size, 0), (size, size), (0, size)], [1, math.sqrt(0.5), 1], degree=2)
    for size, curve in zip((1.0, 1000.0), geometries(read_doc(doc, tmp_path), "SPLINE"), strict=True):
        xy = shapely.get_coordinates(curve)
        assert np.hypot(*xy.T) == pytest.approx(size, rel=1e-9)
        assert size - np.hypot(*((xy[1:] + xy[:-1]) / 2).T).min() < 1e-5 * size
        assert len(xy) < 400


def test_spline_by_fit_points_and_closed_spline(doc, tmp_path):
    space = doc.modelspace()
    space.add_spline([(0, 0), (5, 1), (10, 0)])
    space.add_spline().set_closed([(0, 0, 0), (10, 0, 0), (10, 10, 0), (0, 10, 0)])
    fit, closed = read_doc(doc, tmp_path).geometry
    assert shapely.distance(fit, shapely.Point(5, 1)) < 1e-3
    assert shapely.get_type_id(closed) == 3
    assert 40 < shapely.area(closed) < 100


def test_solid_trace_and_face_are_quadrilaterals_not_bow_ties(doc, tmp_path):
    space = doc.modelspace()
    space.add_solid([(0, 0), (4, 0), (0, 3), (4, 3)])
    space.add_trace([(0, 0), (4, 0), (0, 3), (4, 3)])
    space.add_3dface([(0, 0), (4, 0), (4, 3), (0, 3)])
    space.add_solid([(0, 0), (4, 0), (0, 3)])
    assert shapely.area(read_doc(doc, tmp_path).geometry).tolist() == [12, 12, 12, 6]


def test_point_text_and_paragraph(doc, tmp_path):
    space = doc.modelspace()
    space.add_point((1, 2, 3))
    space.add_text("3#楼%%c").set_placement((4, 5))
    space.add_text("mid").set_placement((7, 8), align=ezdxf.enums.TextEntityAlignment.MIDDLE_CENTER)
    space.add_mtext(r"{\fSimSun|b0|i0|c134|p2;消防车道}\P宽 4.0 m").set_location((6, 7))
    plan = read_doc(doc, tmp_path)
    assert plan.text.tolist() == [None, "3#楼Ø", "mid", "消防车道\n宽 4.0 m"]
    assert shapely.get_coordinates(plan.geometry).tolist() == [[1, 2], [4, 5], [7, 8], [6, 7]]


def test_double_line_comes_as_its_lines(doc, tmp_path):
    doc.modelspace().add_mline([(0, 0), (10, 0)], close=False)
    plan = read_doc(doc, tmp_path)
    assert set(plan.kind) == {"MLINE"}
    assert sorted(shapely.bounds(g)[1] for g in plan.geometry if shapely.length(g) == 10) == pytest.approx([-1, 0]) or len(plan) >= 2


# --- hatches ------------------------------------------------------------------------------------


def test_hatch_with_holes_and_an_island(doc, tmp_path):
    hatch = doc.modelspace().add_hatch(dxfattribs={"hatch_style": 0})
    for low, high, flags in ((0, 10, 1), (2, 8, 16), (4, 6, 0)):
        hatch.paths.add_polyline_path([(low, low), (high, low), (high, high), (low, high)], is_closed=True, flags=flags)
    plan = read_doc(doc, tmp_path)
    assert sorted(shapely.area(plan.geometry)) == [4.0, 64.0]
    assert shapely.get_num_interior_rings(plan.geometry).max() == 1
    assert plan.handle[0] == plan.handle[1]


@pytest.mark.parametrize(("style", "expected"), [(0, 68.0), (1, 64.0), (2, 100.0)])
def test_hatch_style_decides_what_is_filled(doc, tmp_path, style, expected):
    hatch = doc.modelspace().add_hatch(dxfattribs={"hatch_style": style})
    for low, high in ((0, 10), (2, 8), (4, 6)):
        hatch.paths.add_polyline_path([(low, low), (high, low), (high, high), (low, high)], is_closed=True)
    assert shapely.area(read_doc(doc, tmp_path).geometry).sum() == expected


def test_hatch_with_overlapping_boundaries_is_even_odd(doc, tmp_path):
    hatch = doc.modelspace().add_hatch(dxfattribs={"hatch_style": 0})
    for low in (0, 2):
        hatch.paths.add_polyline_path([(low, 0), (low + 4, 0), (low + 4, 4), (low, 4)], is_closed=True)
    assert shapely.area(read_doc(doc, tmp_path).geometry).sum() == pytest.approx(16.0)


@pytest.mark.parametrize("extrusion", [(0, 0, 1), (0, 0, -1)])
def test_hatch_of_edges_in_any_order_and_direction(doc, tmp_path, extrusion):
    hatch = doc.modelspace().add_hatch(dxfattribs={"extrusion": extrusion})
    path = hatch.paths.add_edge_path()
    path.add_arc((4, 1), 1, -90, 90, ccw=False)
    path.add_line((0, 0), (4, 0))
    path.add_line((0, 2), (4, 2))
    path.add_ellipse((0, 1), (0, 1), 0.5, 0, 180)
    plan = read_doc(doc, tmp_path)
    expected = 8.0 + math.pi / 2 + math.pi / 4
    assert len(plan) == 1
    assert shapely.area(plan.geometry[0]) == pytest.approx(expected, rel=1e-4)
    west, south, east, north = shapely.bounds(plan.geometry[0])
    wanted = [-0.5, 0, 5, 2] if extrusion[2] > 0 else [-5, 0, 0.5, 2]
    assert [west, south, east, north] == pytest.approx(wanted, abs=1e-4)


def test_hatch_with_a_spline_edge_and_bulges(doc, tmp_path):
    space = doc.modelspace()
    hatch = space.add_hatch()
    path = hatch.paths.add_edge_path()
    path.add_line((0, 0), (1, 0))
    path.add_spline(control_points=[(1, 0), (1, 1), (0, 1)], weights=[1, math.sqrt(0.5), 1], degree=2,
                    knot_values=[0, 0, 0, 1, 1, 1])  # fmt: skip
    path.add_line((0, 1), (0, 0))
    disc = space.add_hatch()
    disc.paths.add_polyline_path([(5, 5, 1), (7, 5, 1)], is_closed=True)
    areas = shapely.area(read_doc(doc, tmp_path).geometry)
    assert areas == pytest.approx([math.pi / 4, math.pi], rel=1e-4)


def test_mpolygon_with_hole(doc, tmp_path):
    area = doc.modelspace().add_mpolygon()
    area.paths.add_polyline_path([(0, 0), (10, 0), (10, 10), (0, 10)], is_closed=True, flags=1)
    area.paths.add_polyline_path([(2, 2), (8, 2), (8, 8), (2, 8)], is_closed=True, flags=16)
    plan = read_doc(doc, tmp_path)
    assert (plan.kind[0], shapely.area(plan.geometry[0])) == ("MPOLYGON", 64.0)


def test_hatch_without_boundary_is_counted(doc, tmp_path):
    doc.modelspace().add_hatch()
    assert read_doc(doc, tmp_path).skipped == {"HATCH": 1}


# --- blocks -------------------------------------------------------------------------------------


def test_nested_mirrored_insert_by_hand(doc, tmp_path):
    """Every corner computed by hand: base point, mirror, quarter turn, shift; then scale and shift."""
    inner = doc.blocks.new("INNER", base_point=(1, 1))
    inner.add_lwpolyline([(1, 1), (4, 1), (4, 2)])
    outer = doc.blocks.new("OUTER")
    outer.add_blockref("INNER", (10, 0), {"xscale": -1, "rotation": 90})
    doc.modelspace().add_blockref("OUTER", (100, 200), {"xscale": 2, "yscale": 3})
    plan = read_doc(doc, tmp_path)
    # (0,0) (3,0) (3,1) -> mirrored (0,0) (-3,0) (-3,1) -> turned (0,0) (0,-3) (-1,-3) -> +(10,0) -> x2, x3 -> +(100,200)
    line = plan.geometry[plan.kind == "LWPOLYLINE"][0]
    assert shapely.get_coordinates(line) == pytest.approx(np.array([[120, 200], [120, 191], [118, 191]]), abs=1e-9)
    assert plan.kind.tolist() == ["INSERT", "INSERT", "LWPOLYLINE"]
    assert plan.insert.tolist() == [-1, 0, 0]
    assert plan.block.tolist() == ["OUTER", "OUTER", "OUTER"]
    assert [h.removeprefix(plan.handle[0]) for h in plan.handle] == ["", "-1", "-2"]


def test_insert_with_extrusion_mirrors_what_it_holds(doc, tmp_path):
    block = doc.blocks.new("B")
    block.add_line((0, 0), (2, 1))
    block.add_arc((0, 0), 1, 0, 90)
    doc.modelspace().add_blockref("B", (10, 5), {"extrusion": (0, 0, -1)})
    plan = read_doc(doc, tmp_path)
    assert shapely.get_coordinates(plan.geometry[1]) == pytest.approx(np.array([[-10, 5], [-12, 6]]))
    arc = shapely.get_coordinates(plan.geometry[2])
    assert arc[[0, -1]] == pytest.approx(np.array([[-11, 5], [-10, 6]]))


def test_circle_scaled_unevenly_is_an_ellipse(doc, tmp_path):
    block = doc.blocks.new("TREE")
    block.add_circle((0, 0), 1)
    doc.modelspace().add_blockref("TREE", (0, 0), {"xscale": 3, "yscale": 2})
    area = read_doc(doc, tmp_path).geometry[1]
    assert shapely.area(area) == pytest.approx(6 * fan_area(1, 2 * math.pi), rel=1e-12)
    assert shapely.bounds(area) == pytest.approx([-3, -2, 3, 2])


def test_array_of_inserts(doc, tmp_path):
    block = doc.blocks.new("BAY")
    block.add_lwpolyline([(0, 0), (2, 0), (2, 5), (0, 5)], close=True)
    doc.modelspace().add_blockref(
        "BAY", (100, 0), {"column_count": 3, "column_spacing": 2.5, "row_count": 2, "row_spacing": 10, "rotation": 90}
    )
    plan = read_doc(doc, tmp_path)
    bays = plan.geometry[plan.kind == "LWPOLYLINE"]
    assert plan.kind.tolist().count("INSERT") == 6  # each copy is a thing of its own: a tree, a bay
    assert sorted(set(plan.insert[plan.kind == "LWPOLYLINE"].tolist())) == np.flatnonzero(plan.kind == "INSERT").tolist()
    assert shapely.area(bays) == pytest.approx([10.0] * 6)
    # Turned by 90°, columns run north and rows west; a bay stands west of its point.
    corners = sorted((round(float(b[2]), 6), round(float(b[1]), 6)) for b in shapely.bounds(bays))
    assert corners == [(90, 0), (90, 2.5), (90, 5), (100, 0), (100, 2.5), (100, 5)]
    assert len(set(plan.handle.tolist())) == 12


def test_layer_zero_and_by_block(doc, tmp_path):
    doc.layers.add("树", color=3)
    doc.layers.add("fixed", color=5)
    inner = doc.blocks.new("INNER")
    inner.add_point((0, 0), {"layer": "0", "color": 0, "linetype": "BYBLOCK"})
    inner.add_point((1, 0), {"layer": "fixed", "color": 0})
    inner.add_point((2, 0), {"layer": "fixed", "color": 4})
    outer = doc.blocks.new("OUTER")
    outer.add_blockref("INNER", (0, 0), {"layer": "0", "color": 0})
    space = doc.modelspace()
    doc.linetypes.add("DASHED", [0.6, 0.5, -0.1])
    space.add_blockref("OUTER", (0, 0), {"layer": "树", "color": 1, "linetype": "DASHED"})
    space.add_blockref("OUTER", (0, 9), {"layer": "树"})
    plan = read_doc(doc, tmp_path)
    points = plan.kind == "POINT"
    assert plan.layer[points].tolist() == ["树", "fixed", "fixed"] * 2
    assert plan.colour[points].tolist() == [1, 1, 4, 256, 3, 4]
    assert plan.linetype[points].tolist()[:1] == ["BYLAYER"]  # the inner INSERT is ByLayer
    assert plan.layer[plan.kind == "INSERT"].tolist() == ["树"] * 4


def test_attributes_stand_on_the_insert(doc, tmp_path):
    block = doc.blocks.new("POINT_MARK")
    block.add_attdef("NAME", (0, 0))
    insert = doc.modelspace().add_blockref("POINT_MARK", (5, 5), {"layer": "L"})
    insert.add_attrib("NAME", "东门", (6, 6))
    insert.add_attrib("HIDDEN", "x", (7, 7)).is_invisible = True
    plan = read_doc(doc, tmp_path)
    assert plan.attributes[0] == {"NAME": "东门", "HIDDEN": "x"}
    assert plan.kind.tolist() == ["INSERT", "ATTRIB"]
    assert plan.text.tolist() == [None, "东门"]
    assert plan.insert.tolist() == [-1, 0]


def test_blocks_that_hold_each_other_do_not_hang(doc, tmp_path):
    a, b = doc.blocks.new("A"), doc.blocks.new("B")
    a.add_line((0, 0), (1, 0))
    a.add_blockref("B", (0, 0))
    b.add_line((0, 0), (0, 1))
    b.add_blockref("A", (0, 0))
    doc.modelspace().add_blockref("A", (0, 0))
    plan = read_doc(doc, tmp_path)
    assert plan.mended["block holds itself"] == 1
    assert plan.kind.tolist().count("LINE") == 2


def test_blocks_multiplied_without_end_are_refused(doc, tmp_path):
    doc.blocks.new("L0").add_line((0, 0), (1, 0))
    for level in range(1, 9):
        block = doc.blocks.new(f"L{level}")
        for n in range(20):
            block.add_blockref(f"L{level - 1}", (n, level))
    doc.modelspace().add_blockref("L8", (0, 0))
    journal = Journal()
    assert load_plan(saved(doc, tmp_path), journal) is None
    assert "blocks" in journal.problems[0].message
    assert "图块" in journal.problems[0].message_zh


def test_huge_array_is_refused_before_it_is_made(doc, tmp_path):
    doc.blocks.new("P").add_line((0, 0), (1, 1))
    doc.modelspace().add_blockref("P", (0, 0), {"column_count": 32000, "row_count": 32000, "column_spacing": 1, "row_spacing": 1})
    journal = Journal()
    assert load_plan(saved(doc, tmp_path), journal) is None
    assert len(journal.problems) == 1


def test_thousand_nested_blocks_are_no_recursion(doc, tmp_path):
    doc.blocks.new("N0").add_line((0, 0), (1, 0))
    for level in range(1, 1200):
        doc.blocks.new(f"N{level}").add_blockref(f"N{level - 1}", (1, 0))
    doc.modelspace().add_blockref("N1199", (0, 0))
    plan = read_doc(doc, tmp_path)
    assert shapely.get_coordinates(plan.geometry[plan.kind == "LINE"][0]).tolist() == [[1199, 0], [1200, 0]]


def test_a_chain_of_blocks_too_long_for_the_memory_is_refused_before_it_is_made(doc, tmp_path, monkeypatch):
    """Level n holds n + 1 rows; all levels together are counted, and none is taken apart."""
    doc.blocks.new("N0").add_line((0, 0), (1, 0))
    for level in range(1, 200):
        doc.blocks.new(f"N{level}").add_blockref(f"N{level - 1}", (1, 0))
    doc.modelspace().add_blockref("N199", (0, 0))
    path = saved(doc, tmp_path)
    monkeypatch.setattr("firelane.site.cad.entities_blocks.MOST_ROWS", 20_000)
    monkeypatch.setattr("firelane.site.cad.entities._Reader._content", None)  # it would fail where it is called
    journal = Journal()
    assert load_plan(path, journal) is None
    assert "20000 objects" in journal.problems[0].message
    monkeypatch.undo()
    assert load_plan(path, Journal()) is not None


def test_missing_block_and_outer_reference_are_told(doc, tmp_path):
    doc.add_xref_def("C:/plans/总图.dwg", "XREF1")
    doc.modelspace().add_blockref("XREF1", (0, 0))
    doc.modelspace().add_blockref("NOWHERE", (0, 0))
    plan = read_doc(doc, tmp_path)
    assert plan.references == ("C:/plans/总图.dwg",)
    assert plan.mended == {"block missing": 1}


# --- what is left out ---------------------------------------------------------------------------


def test_what_has_no_meaning_here_is_counted(doc, tmp_path):
    space = doc.modelspace()
    space.add_linear_dim((0, 2), (0, 0), (10, 0)).render()
    space.add_leader([(0, 0), (1, 1)])
    space.add_ray((0, 0), (1, 0))
    space.add_xline((0, 0), (1, 0))
    image = doc.add_image_def("a.png", (10, 10))
    space.add_image(image, (0, 0), (1, 1))
    plan = read_doc(doc, tmp_path)
    assert len(plan) == 0
    assert plan.skipped == {"DIMENSION": 1, "IMAGE": 1, "LEADER": 1, "RAY": 1, "XLINE": 1}


def test_add_on_objects_are_counted_by_class(doc, tmp_path):
    space = doc.modelspace()
    block = doc.blocks.new("HALL")
    block.add_line((0, 0), (1, 0))
    block.add_ray((0, 0), (1, 0))
    space.add_blockref("HALL", (0, 0))
    space.add_blockref("HALL", (5, 0))
    path = saved(doc, tmp_path)
    told = "".join(
        f"  0\n{kind}\n  5\nF{n}0\n100\nAcDbEntity\n  8\nWALL\n100\nTDbWall\n 10\n0.0\n 20\n0.0\n 30\n0.0\n"
        for n, kind in enumerate(("TCH_WALL", "TCH_WALL", "AEC_WALL"))
    )
    head, tail = path.read_text(encoding="utf-8").split("ENTITIES\n")
    path.write_text(head + "ENTITIES\n" + told + tail, encoding="utf-8")
    plan = read(path)
    assert plan.proxies == {"AEC_WALL": 1, "TCH_WALL": 2}
    assert plan.skipped == {"RAY": 2}
    assert plan.kind.tolist().count("LINE") == 2


def test_proxy_is_told_by_the_class_it_stands_for(tmp_path):
    text = (
        "  0\nSECTION\n  2\nHEADER\n  9\n$ACADVER\n  1\nAC1018\n  9\n$DWGCODEPAGE\n  3\nANSI_936\n  0\nENDSEC\n"
        "  0\nSECTION\n  2\nCLASSES\n"
        "  0\nCLASS\n  1\nTCH_DUMMY\n  2\nTDbDummy\n  3\nTCH\n 90\n0\n 91\n1\n280\n1\n281\n1\n"
        "  0\nCLASS\n  1\nTCH_OPENING\n  2\nTDbOpening\n  3\nTCH\n 90\n0\n 91\n1\n280\n1\n281\n1\n"
        "  0\nENDSEC\n  0\nSECTION\n  2\nENTITIES\n"
        "  0\nACAD_PROXY_ENTITY\n  5\n1A0\n100\nAcDbEntity\n  8\nWINDOW\n100\nAcDbProxyEntity\n 90\n498\n 91\n501\n"
        "  0\nENDSEC\n  0\nEOF\n"
    )
    path = tmp_path / "proxy.dxf"
    path.write_text(text, encoding="gbk")
    assert read(path).proxies == {"TCH_OPENING": 1}


def test_invisible_objects_have_no_row_and_hidden_layers_are_flagged(doc, tmp_path):
    doc.layers.add("关闭").off()
    doc.layers.add("冻结").freeze()
    block = doc.blocks.new("B")
    block.add_point((0, 0), {"layer": "shown"})
    space = doc.modelspace()
    space.add_point((0, 0), {"layer": "关闭"})
    space.add_point((1, 0), {"invisible": 1})
    space.add_point((2, 0), {"layer": "Shown"})
    space.add_blockref("B", (3, 0), {"layer": "冻结"})
    plan = read_doc(doc, tmp_path)
    assert plan.skipped == {"(invisible)": 1}
    assert plan.hidden.tolist() == [True, False, True, True]
    assert plan.layers["关闭"]
    assert plan.layers["冻结"]
    assert not plan.layers["0"]


def test_names_of_layers_are_not_told_apart_by_case(doc, tmp_path):
    doc.layers.add("Road")
    doc.modelspace().add_point((0, 0), {"layer": "ROAD"})
    assert read_doc(doc, tmp_path).layer.tolist() == ["Road"]


def test_damaged_numbers_leave_out_their_entity_alone(doc, tmp_path):
    space = doc.modelspace()
    space.add_line((0, 0), (1, 0))
    space.add_circle((0, 0), 7.25)
    space.add_lwpolyline([(0, 0, 6.125), (4, 0, 0), (4, 4, 0)], format="xyb")
    space.add_line((3, 3), (3, 3))
    path = saved(doc, tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("7.25", "nan").replace("6.125", "1e300"), encoding="utf-8")
    plan = read(path)
    assert plan.mended == {"coordinates out of bounds: left out": 2, "no length: left out": 1}
    assert plan.kind.tolist() == ["LINE"]


def test_what_our_own_drawings_leave_is_read(doc, tmp_path):
    doc.appids.add("FIRELANE")
    line = doc.modelspace().add_line((0, 0), (1, 0))
    line.set_xdata("FIRELANE", [(1000, "mark"), (1040, 2.5), (1071, 7)])
    doc.header.custom_vars.append("firelane crs", "EPSG:4550")
    unseen = doc.modelspace().add_line((5, 0), (6, 0), {"invisible": 1})
    unseen.set_xdata("FIRELANE", [(1000, "carried")])
    plan = read_doc(doc, tmp_path)
    assert plan.xdata.tolist() == [("mark", 2.5, 7), ("carried",)]
    assert plan.properties == {"firelane crs": "EPSG:4550"}


def test_duplicates_are_kept(doc, tmp_path):
    for _ in range(3):
        doc.modelspace().add_line((0, 0), (1, 0))
    assert len(read_doc(doc, tmp_path)) == 3


def test_nothing_is_written_to_the_log(doc, tmp_path, caplog):
    with caplog.at_level(logging.DEBUG):
        read_doc(nasty_plan(), tmp_path)
    assert [record for record in caplog.records if record.name.startswith("ezdxf") and record.levelno > 20] == []
    assert not logging.getLogger("ezdxf").disabled


# --- all at once --------------------------------------------------------------------------------


def test_nasty_plan_gives_six_areas(tmp_path):
    plan = read_doc(nasty_plan(), tmp_path)
    rows = plan.kind != "INSERT"
    geometry = plan.geometry[rows]
    loose = geometry[shapely.get_type_id(geometry) == 1]
    found = closed_rings(loose, 10.0)
    areas = sorted(shapely.area(np.concatenate([geometry[shapely.get_type_id(geometry) == 3], found.polygons])) / 1e6)
    ring = 10 * 4.002 + fan_area(2.0, math.pi) - 0.002 * 0  # gaps of millimetres bound next to nothing
    expected = [
        200.0 - 4 * (9.0 - fan_area(3.0, math.pi / 2)), ring, 36.0 * 4, 60.0, math.pi * 15, 50.0 + math.pi * 3.125
    ]  # fmt: skip
    assert areas == pytest.approx(sorted(expected), rel=2e-3)
    assert len(found.dangles) == 0
    assert sorted(round(length, 3) for _, _, length in found.gaps) == pytest.approx([2, 3, 3, 8], abs=2)
    assert shapely.is_valid(geometry).all()
    assert plan.unit_code == 4


def test_portions_change_nothing(doc, tmp_path, monkeypatch):
    space = doc.modelspace()
    rng = np.random.default_rng(5)
    for x, y in rng.uniform(0, 1000, (60, 2)):
        space.add_circle((x, y), 2.0)
        space.add_line((x, y), (x + 1, y))
        space.add_lwpolyline([(x, y, 0.3), (x + 5, y, 0), (x + 5, y + 5, 0)], format="xyb", close=True)
        hatch = space.add_hatch()
        hatch.paths.add_polyline_path([(x, y), (x + 3, y), (x, y + 3)], is_closed=True)
        space.add_point((x, y))
    path = saved(doc, tmp_path)
    whole = read(path)
    monkeypatch.setattr(entities_blocks, "_PORTION", 700)
    monkeypatch.setattr("firelane.site.cad.flatten._PORTION", 37)
    parts = read(path)
    assert shapely.equals_exact(whole.geometry, parts.geometry, 0.0).all()
    assert whole.kind.tolist() == parts.kind.tolist()


def test_chords_of_nothing():
    xyz, sizes = chords(np.empty((0, 3)), np.empty(0), np.empty(0, dtype=np.int64))
    assert len(xyz) == len(sizes) == 0
