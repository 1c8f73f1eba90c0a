"""Edge lines and kerbs: exact distances, where they end, areas by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import shapely
import shapely.affinity
from marking_scenes import designated, l_bend, near, scene, straight, t_junction
from shapely import LineString, box

from firelane.markings import plan_markings


def shape(plan, kind, lane_id=None):
    rows = plan.paint[(plan.paint.kind == kind) & ((lane_id is None) | (plan.paint.lane_id == lane_id))]
    return near(shapely.union_all(rows.geometry.array)) if len(rows) else shapely.MultiPolygon()


def distances(paint, edge):
    """Distance of the paint's outline from an edge, densely sampled: (least, greatest)."""
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(paint.boundary, 0.02)))
    found = shapely.distance(points, edge)
    return found.min(), found.max()


def test_a_straight_lane_by_hand():
    plan = plan_markings(*straight())
    line = shape(plan, "edge_line")
    grid_end = 6.0
    axis = 2 * (100 - grid_end - 0.375) + (6 - 2 * 0.375)
    assert line.area == pytest.approx(0.15 * axis, abs=1e-6)
    row = plan.paint[plan.paint.kind == "edge_line"].iloc[0]
    assert row.length_m == pytest.approx(axis, abs=1e-5)
    assert plan.centrelines.length.sum() == pytest.approx(axis, abs=1e-5)
    expected = box(6, -2.7, 99.7, 2.7).difference(box(6, -2.55, 99.55, 2.55))
    assert line.symmetric_difference(expected).area < 1e-6


@pytest.mark.parametrize("make", [straight, l_bend, t_junction])
def test_distances_from_the_pavement_edge_are_exact(make):
    site, network = make()
    plan = plan_markings(site, network)
    edge = near(network.pavement).boundary
    for mouth in network.mouths.geometry:
        edge = edge.difference(near(mouth).buffer(1e-6))
    least, greatest = distances(shape(plan, "edge_line"), edge)
    assert least == pytest.approx(0.30, abs=1e-4)
    assert greatest == pytest.approx(
        0.45, abs=1e-3
    )  # the outer corner at a 90° bend lies at 0.45 of both edges
    assert greatest <= 0.45 + 1e-6


def test_measured_to_the_centre_when_told_so():
    site, network = straight()
    plan = plan_markings(site, network, options={"edge_line_offset_to": "centre"})
    edge = near(network.pavement).boundary.difference(near(network.mouths.geometry[0]).buffer(1e-6))
    assert distances(shape(plan, "edge_line"), edge) == pytest.approx((0.225, 0.375), abs=1e-4)


def test_the_line_follows_a_curve():
    arc = [(20 * np.sin(t), 20 - 20 * np.cos(t)) for t in np.linspace(0, np.pi / 2, 200)]
    centre = LineString(arc)
    road = centre.buffer(3, cap_style="flat", quad_segs=64)
    lane = ("L", centre, "mouth", "mouth", "a", "b")
    (x, y), (u, v) = arc[0], arc[-1]
    mouths = [
        ("E1", LineString([(x, y + 3), (x, y - 3)]), (1, 0), "L"),
        ("E2", LineString([(u - 3, v), (u + 3, v)]), (0, -1), "L"),
    ]
    plan = plan_markings(*scene([road], [lane], mouths=mouths))
    # the grids take some of both arcs; what is left is 15 cm wide everywhere
    assert plan.paint[plan.paint.kind == "edge_line"].length_m.sum() == pytest.approx(
        plan.centrelines.length.sum(), rel=2e-3
    )
    edge = near(plan.site.layers["roads"].geometry[0]).boundary
    least, greatest = distances(shape(plan, "edge_line"), edge)
    assert least == pytest.approx(0.30, abs=1e-3)
    assert greatest <= 0.45 + 1e-3


def test_lines_end_at_a_grid_and_leave_it_free():
    plan = plan_markings(*t_junction())
    line, grids = shape(plan, "edge_line"), shape(plan, "grid_border").buffer(0)
    assert line.intersection(grids).area < 1e-9
    assert line.bounds[0] == pytest.approx(6)
    assert line.bounds[2] == pytest.approx(94)


def test_a_junction_is_open_and_lanes_meet_without_a_gap():
    plan = plan_markings(*t_junction())
    line = shape(plan, "edge_line")
    assert line.intersection(box(47.5, 1, 52.5, 6)).is_empty
    south = line.intersection(box(40, -3, 60, -2))
    assert south.area == pytest.approx(20 * 0.15, abs=1e-6)
    lanes = {lane: shape(plan, "edge_line", lane) for lane in "ABC"}
    assert sum(g.area for g in lanes.values()) == pytest.approx(line.area, abs=1e-6)
    assert lanes["A"].bounds[2] <= 50 + 1e-6 or lanes["A"].intersection(box(50, -3, 60, 0)).is_empty


@pytest.mark.parametrize("side", ["left", "right"])
def test_one_side_only(side):
    plan = plan_markings(*straight(), options={"edge_line_sides": side})
    line = shape(plan, "edge_line")
    assert line.area == pytest.approx(0.15 * (100 - 6 - 0.375 + 3 - 0.375), abs=2e-3)
    assert (line.bounds[1] >= -1e-6) == (side == "left")


def test_a_kerbed_half_has_paint_on_its_kerb_and_no_line():
    kerb = LineString([(40, -3), (100, -3), (100, 0)])
    plan = plan_markings(*straight(kerbs=[kerb]))
    top, line = shape(plan, "kerb_top"), shape(plan, "edge_line")
    assert top.area == pytest.approx(63 * 0.1 + np.pi * 0.1**2 / 4, abs=1e-4)  # outward, round the corner
    assert top.intersection(box(0, -3, 100, 3)).area < 1e-9
    face = plan.paint[plan.paint.kind == "kerb_face"]
    assert face.length_m.sum() == pytest.approx(63, abs=0.01)
    assert face.area_m2.sum() == pytest.approx(63 * 0.2, abs=0.01)
    assert face.geometry.is_empty.all()
    assert line.intersection(box(40, -3, 99, 0)).area < 1e-6
    assert line.intersection(box(6, -3, 40, 0)).area == pytest.approx(34 * 0.15, abs=1e-5)


def test_kerb_defaults_come_from_the_open_parameters():
    site, network = straight(kerb=["yes"], marking={"kerb_height_m": 0.25, "kerb_top_width_m": 0.2})
    plan = plan_markings(site, network)
    assert not (plan.paint.kind == "edge_line").any()
    quantities = plan.quantities.set_index("kind")
    assert quantities.area_m2["kerb_face"] == pytest.approx(206 * 0.25, abs=1e-5)
    assert quantities.area_m2["kerb_top"] == pytest.approx(206 * 0.2 + np.pi * 0.2**2 / 2, abs=1e-3)
    assert quantities.length_m["kerb_top"] == pytest.approx(206, abs=1e-5)


def test_kerbs_of_two_widths_keep_their_own():
    site, network = straight(kerbs=[LineString([(0, -3), (100, -3)]), LineString([(0, 3), (100, 3)])])
    site.layers["kerbs"]["top_width_m"] = [0.1, 0.3]
    plan = plan_markings(site, network)
    top = shape(plan, "kerb_top")
    assert top.bounds[1] == pytest.approx(-3.1)
    assert top.bounds[3] == pytest.approx(3.3)


def test_a_neck_too_narrow_says_so_and_is_left_out():
    road = shapely.union_all([box(0, -3, 40, 3), box(40, -0.4, 60, 0.4), box(60, -3, 100, 3)])
    lane = ("L1", LineString([(0, 0), (100, 0)]), "mouth", "tip", "m", "t")
    plan = plan_markings(*scene([road], [lane], mouths=[("E1", LineString([(0, 3), (0, -3)]), (1, 0), "L1")]))
    assert [n.row for n in plan.notes if n.code == "edge_line_too_narrow"] == ["L1"]
    line = shape(plan, "edge_line")
    assert line.intersection(box(41, -3, 59, 3)).area < 1e-6
    assert line.intersection(box(10, -3, 38, 3)).area == pytest.approx(2 * 28 * 0.15, abs=1e-5)
    for part in shapely.get_parts(line):
        assert not part.buffer(-0.07).is_empty


def test_a_road_as_wide_as_both_lines_is_painted():
    plan = plan_markings(*straight(width=0.94))
    assert not [n for n in plan.notes if n.code == "edge_line_too_narrow"]
    assert shape(plan, "edge_line").area > 0.15 * 180


def test_beside_a_designated_lane_only_its_own_edge_is_lined():
    plan = plan_markings(*designated())
    assert shape(plan, "edge_line").bounds[3] <= 5.11


def test_unjudged_roads_carry_no_line():
    site, network = straight(unjudged=[box(47, 3, 53, 60)])
    plan = plan_markings(site, network)
    assert shape(plan, "edge_line").bounds[3] <= 3.001


def test_a_sharp_tip_keeps_its_line():
    road = shapely.Polygon([(0, -3), (90, -3), (100, 0), (90, 3), (0, 3)])
    lane = ("L1", LineString([(0, 0), (99, 0)]), "mouth", "tip", "m", "t")
    plan = plan_markings(*scene([road], [lane], mouths=[("E1", LineString([(0, 3), (0, -3)]), (1, 0), "L1")]))
    assert not [n for n in plan.notes if n.code == "edge_line_too_narrow"]
    assert shape(plan, "edge_line").bounds[2] > 98


def test_a_block_in_a_loop_is_lined_all_round():
    block = shapely.Polygon([(0, 0), (60, 0), (60, 40), (0, 40)], [[(6, 6), (54, 6), (54, 34), (6, 34)]])
    loop = LineString([(3, 3), (57, 3), (57, 37), (3, 37), (3, 3)])
    plan = plan_markings(*scene([block], [("L", loop, "junction", "junction", "j", "j")]))
    line = shape(plan, "edge_line")
    outer = 2 * (60 - 0.75 + 40 - 0.75) * 0.15
    inner = 2 * (48 + 28) * 0.15 + np.pi * (0.45**2 - 0.30**2)
    assert line.area == pytest.approx(outer + inner, abs=1e-3)
    assert plan.centrelines.length.sum() == pytest.approx(line.area / 0.15, rel=1e-4)
    assert distances(line, block.boundary)[0] == pytest.approx(0.30, abs=1e-4)


@pytest.mark.parametrize("turn_deg", [17.0, 123.4])
def test_turning_the_site_changes_nothing(turn_deg):
    def turned(geometry):
        return shapely.affinity.rotate(geometry, turn_deg, origin=tuple(near_origin))

    near_origin = np.asarray([535_900.0, 4_630_000.0])
    site, network = t_junction(kerbs=[LineString([(53, 20), (53, 60)])])
    before = plan_markings(site, network).quantities
    for table in (
        site.layers["roads"],
        site.layers["kerbs"],
        network.lanes,
        network.junctions,
        network.mouths,
    ):
        table["geometry"] = [turned(g) for g in table.geometry]
    inward = shapely.points(network.mouths[["inward_x", "inward_y"]].to_numpy())
    network.mouths[["inward_x", "inward_y"]] = shapely.get_coordinates(
        [shapely.affinity.rotate(p, turn_deg, origin=(0, 0)) for p in inward]
    )
    moved_network = dataclasses.replace(
        network, pavement=turned(network.pavement), judged=turned(network.judged)
    )
    after = plan_markings(site, moved_network).quantities
    assert after[["kind", "lane_id", "pieces"]].equals(before[["kind", "lane_id", "pieces"]])
    # where one lane's paint passes into the next is the only figure that a vertex may shift
    assert after.groupby("kind").area_m2.sum().to_numpy() == pytest.approx(
        before.groupby("kind").area_m2.sum().to_numpy(), abs=2e-3
    )
