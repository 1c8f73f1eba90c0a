"""Existing paint, on lanes whose figures can be checked by hand.

The lane of most tests: 100 m long, 6 m wide, from a mouth at x = 0 to a dead end at x = 100, its
centreline on y = 0. Its pavement edge runs along the south side, the tip and the north side: 206 m.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, Polygon, affinity, box

from firelane.lanes.records import LaneNetwork
from firelane.measure.paint import (
    boxes_on_lanes,
    edge_lines,
    grids_at_mouths,
    kerb_paint,
    marking_conditions,
)
from firelane.measure.paint.features import clustered
from firelane.site.model import Site

CRS = pyproj.CRS("EPSG:4550")
ROAD = box(0, -3, 100, 3)
AROUND = LineString([(0, -3), (100, -3), (100, 3), (0, 3)])
GRID = box(0, -3, 6, 3)
YELLOW = ("yellow", "黄色")
LANES = (("L-1", LineString([(0, 0), (100, 0)]), "mouth", "tip"),)
MOUTHS = (("E-1", LineString([(0, 3), (0, -3)]), (1.0, 0.0), "L-1"),)


def frame(rows, columns):
    table = gpd.GeoDataFrame([dict(row) for row in rows], columns=[*columns, "geometry"], geometry="geometry", crs=CRS)
    return table.astype({"width_m": float}) if "width_m" in columns else table


def mark(kind, geometry, mark_id=None, *, colour="yellow", condition=None, width_m=None):
    return {
        "id": mark_id or f"{kind}-{round(geometry.centroid.x, 3)}-{round(geometry.centroid.y, 3)}",
        "kind": kind, "colour": colour, "condition": condition, "width_m": width_m, "geometry": geometry,
    }  # fmt: skip


def site(*marks, surveyed=True, move=lambda g: g):
    table = frame(marks, ["id", "kind", "colour", "condition", "width_m"])
    if len(table):
        table["geometry"] = [move(g) for g in table.geometry]
    return Site("s", "s", CRS, {"markings": table} if surveyed else {})


def network(
    pavement=ROAD,
    lanes=LANES,
    mouths=MOUTHS,
    move=lambda g: g,
    turn=(1.0, 0.0),
):
    lane_rows = [
        {"lane_id": name, "road_ids": ("r",), "designated": False, "start_kind": first, "end_kind": last,
         "start_node": "a", "end_node": "b", "length_m": line.length, "geometry": move(line)}
        for name, line, first, last in lanes
    ]  # fmt: skip
    cos, sin = turn
    mouth_rows = [
        {"entrance_id": name, "width_m": line.length, "inward_x": cos * x - sin * y, "inward_y": sin * x + cos * y,
         "name": None, "gate": False, "openable": None, "lane_id": lane, "geometry": move(line)}
        for name, line, (x, y), lane in mouths
    ]  # fmt: skip
    road = move(pavement)
    return LaneNetwork(
        pavement=road,
        judged=road,
        designated=Polygon(),
        lanes=frame(lane_rows, ["lane_id", "road_ids", "designated", "start_kind", "end_kind", "start_node", "end_node", "length_m"]),
        stations=frame([], ["lane_id", "chainage_m", "heading_rad", "left_m", "right_m"]),
        junctions=frame([], ["node_id", "radius_m"]),
        mouths=frame(mouth_rows, ["entrance_id", "width_m", "inward_x", "inward_y", "name", "gate", "openable", "lane_id"]),
    )


def edges(*lines, kerbed=False, lane="L-1", move=lambda g: g):
    rows = [{"lane_id": lane, "kerbed": kerbed, "length_m": line.length, "geometry": move(line)} for line in lines]
    return frame(rows, ["lane_id", "kerbed", "length_m"])


def grids(the_site, the_network):
    return grids_at_mouths(
        the_site, the_network, touch_distance_m=0.5, depth_min_m=3.0, depth_max_m=6.0, yellow=YELLOW
    )


def lines(the_site, the_network=None, the_edges=None, *, with_grids=True):
    the_network = network() if the_network is None else the_network
    found = edge_lines(
        the_site,
        the_network,
        edges(AROUND) if the_edges is None else the_edges,
        grids=grids(the_site, the_network) if with_grids else (),
        match_band_m=1.0,
        min_missing_m=0.5,
        assumed_width_m=0.15,
        yellow=YELLOW,
    )
    assert len(found) == len(the_network.lanes)
    return found[0]


def kerbs(the_site, the_edges):
    (found,) = kerb_paint(
        the_site, network(), the_edges, match_band_m=0.5, min_missing_m=0.5, assumed_width_m=0.15, yellow=YELLOW
    )
    return found


def boxes(the_site, the_network=None):
    the_network = network() if the_network is None else the_network
    return boxes_on_lanes(the_site, the_network, grids=grids(the_site, the_network), yellow=YELLOW)


def axis(*xy, width_m=0.15, **more):
    return mark("edge_line", LineString(xy), width_m=width_m, **more)


ALL_ROUND = axis((6, -2.625), (99.625, -2.625), (99.625, 2.625), (6, 2.625), mark_id="round")
SOUTH, NORTH = axis((6, -2.625), (100, -2.625)), axis((100, 2.625), (6, 2.625))


# -- edge lines -----------------------------------------------------------------------------------


def test_the_line_all_round_is_complete_and_ends_at_the_grid():
    found = lines(site(ALL_ROUND, mark("grid", GRID)))
    # 206 m of edge less 6 m of grid on either side
    assert found.required_m == pytest.approx(194.0, abs=1e-6)
    assert found.painted_m == pytest.approx(194.0, abs=1e-6)
    assert (found.missing_m, found.missing) == (0.0, ())
    for spread, value in ((found.near_edge_offset, 0.30), (found.width, 0.15)):
        assert (spread.median_m, spread.min_m, spread.max_m) == pytest.approx((value,) * 3, abs=1e-6)
    assert [strip.marking_id for strip in found.strips] == ["round"] * len(found.strips)


def test_without_a_grid_none_is_asked_for_where_it_would_be():
    assert lines(site(ALL_ROUND)).required_m == pytest.approx(194.0)
    assert lines(site(ALL_ROUND), with_grids=False).required_m == pytest.approx(206.0)
    # a shallow grid that is there: the line is asked for from its inner edge on
    shallow = lines(site(ALL_ROUND, mark("grid", box(0, -3, 3, 3))))
    assert shallow.required_m == pytest.approx(200.0)
    assert shallow.missing_m == pytest.approx(6.0)


def test_paint_surveyed_as_an_area_measures_the_same():
    area = ALL_ROUND["geometry"].buffer(0.075, cap_style="flat", join_style="mitre")
    found = lines(site(mark("edge_line", area)))
    assert found.missing_m == 0.0
    assert found.width.median_m == pytest.approx(0.15, abs=1e-6)
    assert found.width.max_m == pytest.approx(0.15, abs=1e-6)
    assert found.near_edge_offset.min_m == pytest.approx(0.30, abs=1e-6)


def test_a_gap_is_found_to_the_centimetre_and_where_it_is():
    south = [axis((6, -2.625), (40.123, -2.625)), axis((45.456, -2.625), (100, -2.625))]
    tip = axis((99.625, -3), (99.625, 3))
    found = lines(site(*south, tip, NORTH))
    assert found.missing_m == pytest.approx(5.333, abs=1e-6)
    (stretch,) = found.missing
    assert stretch.equals_exact(LineString([(40.123, -3), (45.456, -3)]), 1e-6)
    assert found.painted_m + found.missing_m == pytest.approx(found.required_m)


def test_gaps_shorter_than_asked_for_are_none():
    south = [axis((6, -2.625), (40, -2.625)), axis((40.49, -2.625), (100, -2.625))]
    assert lines(site(*south, axis((99.625, -3), (99.625, 3)), NORTH)).missing_m == 0.0


def test_lines_along_the_sides_do_not_paint_the_tip():
    found = lines(site(SOUTH, NORTH))
    assert found.missing_m == pytest.approx(6.0, abs=1e-6)
    assert found.missing[0].equals_exact(LineString([(100, -3), (100, 3)]), 1e-6)
    assert found.width.max_m == pytest.approx(0.15)


def test_the_tip_alone():
    found = lines(site(axis((99.625, -3), (99.625, 3))))
    assert found.painted_m == pytest.approx(6.0, abs=1e-6)


@pytest.mark.parametrize("offset", [0.0, 0.2, 0.30, 0.5, 0.84])
def test_offset_and_width_are_measured_wherever_the_line_was_painted(offset):
    edge = LineString([(0, -3), (100, -3)])
    paint = mark("edge_line", box(0, -3 + offset, 100, -3 + offset + 0.2))
    found = lines(site(paint), the_edges=edges(edge), with_grids=False)
    assert found.missing_m == 0.0
    assert found.near_edge_offset.median_m == pytest.approx(offset, abs=1e-6)
    assert found.width.median_m == pytest.approx(0.20, abs=1e-6)


def test_a_line_far_from_the_edge_is_not_its_edge_line():
    found = lines(site(axis((6, -1.8), (100, -1.8))), the_edges=edges(LineString([(6, -3), (100, -3)])))
    assert (found.painted_m, found.missing_m) == (0.0, pytest.approx(94.0))
    assert found.near_edge_offset is None
    assert found.width is None


def test_a_slanting_line_is_measured_from_its_nearest_to_its_farthest():
    edge = LineString([(0, 0), (100, 0)])
    slant = Polygon([(0, 0.2), (100, 0.7), (100, 0.85), (0, 0.35)])
    found = lines(site(mark("edge_line", slant)), the_edges=edges(edge), with_grids=False)
    # stations reach to 1 m from the ends, where the offset has changed by 5 mm
    assert found.near_edge_offset.min_m == pytest.approx(0.205, abs=1e-6)
    assert found.near_edge_offset.max_m == pytest.approx(0.695, abs=1e-6)
    assert found.near_edge_offset.median_m == pytest.approx(0.45, abs=1e-3)


def test_a_notch_between_stations_is_not_overlooked():
    notched = box(0, 0.30, 20, 0.45).difference(box(10.06, 0.30, 10.08, 0.36))
    found = lines(site(mark("edge_line", notched)), the_edges=edges(LineString([(0, 0), (20, 0)])), with_grids=False)
    assert found.near_edge_offset.max_m == pytest.approx(0.36, abs=1e-6)
    assert found.width.min_m == pytest.approx(0.09, abs=1e-6)
    assert found.width.median_m == pytest.approx(0.15, abs=1e-6)


def test_an_axis_without_a_width_leaves_the_width_unmeasured():
    found = lines(site(axis((6, -2.625), (100, -2.625), width_m=None)))
    assert found.width is None
    assert found.near_edge_offset.median_m == pytest.approx(0.30)
    assert found.strips[0].width is None


def test_a_broken_line_is_half_there():
    dashes = [axis((x, -2.625), (x + 1, -2.625)) for x in range(0, 100, 2)]
    found = lines(site(*dashes), the_edges=edges(LineString([(0, -3), (100, -3)])), with_grids=False)
    assert found.painted_m == pytest.approx(50.0, abs=1e-6)
    assert len(found.missing) == 50
    one_row = mark("edge_line", MultiLineString([dash["geometry"].coords for dash in dashes]), width_m=0.15)
    again = lines(site(one_row), the_edges=edges(LineString([(0, -3), (100, -3)])), with_grids=False)
    assert again.painted_m == pytest.approx(50.0, abs=1e-6)


def test_overlapping_paint_counts_once():
    found = lines(site(SOUTH, axis((20, -2.7), (60, -2.7)), NORTH))
    assert found.painted_m == pytest.approx(188.0, abs=1e-6)


@pytest.mark.parametrize(("colour", "counts"), [("yellow", True), (" 黄色 ", True), ("Yellow", True), (None, True), ("white", False)])
def test_only_paint_stated_to_be_of_another_colour_is_left_out(colour, counts):
    found = lines(site({**ALL_ROUND, "colour": colour}))
    assert (found.missing_m == 0.0) is counts
    assert found.other_colour_ids == (() if counts else ("round",))


def test_paint_of_another_kind_is_no_edge_line():
    assert lines(site({**ALL_ROUND, "kind": "kerb_paint"})).painted_m == 0.0


def test_not_surveyed_is_not_the_same_as_nothing_there():
    unknown, bare = lines(site(surveyed=False)), lines(site())
    assert unknown.required_m == bare.required_m == pytest.approx(194.0)
    assert (unknown.surveyed, unknown.painted_m, unknown.missing_m, unknown.missing) == (False, None, None, ())
    assert (bare.surveyed, bare.painted_m) == (True, 0.0)
    assert bare.missing_m == pytest.approx(194.0)
    assert sum(stretch.length for stretch in bare.missing) == pytest.approx(194.0)


def test_a_lane_without_edges_of_this_sort_wants_nothing():
    found = lines(site(), the_edges=edges(AROUND, kerbed=True))
    assert (found.required_m, found.painted_m, found.missing_m) == (0.0, 0.0, 0.0)
    assert lines(site(), the_edges=edges()).required_m == 0.0


def test_round_a_circular_lane():
    """Both closed edges of a ring road, radii 9 and 15 m, painted all round: complete, 0.30 m, 0.15 m."""
    outer, inner = (Point(0, 0).buffer(r, quad_segs=90).exterior for r in (15, 9))
    outer, inner = LineString(outer.coords[::-1]), LineString(inner.coords)  # pavement on the left
    assert shapely.is_ccw(outer)
    assert not shapely.is_ccw(inner)
    ring = Polygon(outer, [inner.coords])
    marks = [
        mark("edge_line", Point(0, 0).buffer(r, quad_segs=90).boundary, f"r{r}", width_m=0.15) for r in (15 - 0.375, 9.375)
    ]
    net = network(ring, lanes=[("L-1", LineString(Point(0, 0).buffer(12).exterior), "junction", "junction")], mouths=())
    found = lines(site(*marks), net, edges(outer, inner))
    assert found.required_m == pytest.approx(2 * np.pi * 24, rel=1e-4)
    assert found.missing_m == 0.0
    assert (found.near_edge_offset.min_m, found.near_edge_offset.max_m) == pytest.approx((0.30, 0.30), abs=2e-3)
    sector = Polygon([(0, 0), (20, 0), (20, 20), (0, 20)])  # a quarter of the outer line scraped off
    worn = {**marks[0], "geometry": marks[0]["geometry"].difference(sector)}
    # the missing quarter, as seen radially from the edge
    assert lines(site(worn, marks[1]), net, edges(outer, inner)).missing_m == pytest.approx(np.pi / 2 * 15, abs=0.01)


@pytest.mark.parametrize("turn_deg", [20, 45, 60, 75, 90, 110, 130])
@pytest.mark.parametrize("offset", [0.15, 0.30, 0.6])
def test_paint_round_a_bend_is_complete_on_both_sides(turn_deg, offset):
    turn = np.radians(turn_deg)
    edge = LineString([(0, 0), (40, 0), (40 + 40 * np.cos(turn), 40 * np.sin(turn))])
    for one in (edge, LineString([(x, -y) for x, y in edge.coords])):  # bends towards the pavement, and away
        line = one.offset_curve(offset + 0.075, join_style="mitre", mitre_limit=10)
        found = lines(site(mark("edge_line", line, width_m=0.15)), the_edges=edges(one), with_grids=False)
        assert found.missing_m == 0.0
        assert found.near_edge_offset.median_m == pytest.approx(offset, abs=1e-6)


@pytest.mark.parametrize("first", range(4))
def test_a_closed_edge_may_begin_at_a_corner(first):
    corners = [(0, 0), (40, 0), (40, 20), (0, 20)]
    corners = corners[first:] + corners[:first]
    edge = LineString([*corners, corners[0]])
    line = mark("edge_line", box(0.675, 0.675, 39.325, 19.325).exterior, width_m=0.15)
    found = lines(site(line), the_edges=edges(edge), with_grids=False)
    assert (found.required_m, found.missing_m) == (pytest.approx(120.0), 0.0)
    assert found.near_edge_offset.max_m == pytest.approx(0.6)


def test_a_corner_left_out_by_more_than_the_paint_loses_there_is_bare():
    edge = LineString([(0, 0), (40, 0), (40, 40)])
    marks = [axis((0, 0.375), (38.7, 0.375)), axis((39.625, 1.3), (39.625, 40))]
    found = lines(site(*marks), the_edges=edges(edge), with_grids=False)
    assert found.missing_m == pytest.approx(2.6, abs=1e-6)


def test_a_wavy_edge_with_many_vertices():
    x = np.arange(0, 60, 0.2)
    edge = LineString(np.column_stack([x, 0.8 * np.sin(x / 4)]))
    line = edge.offset_curve(0.375, join_style="mitre")
    found = lines(site(mark("edge_line", line, width_m=0.15)), the_edges=edges(edge), with_grids=False)
    assert found.missing_m == 0.0
    assert found.near_edge_offset.median_m == pytest.approx(0.30, abs=1e-3)


def test_lanes_are_kept_apart():
    net = network(lanes=[("L-1", LineString([(0, 0), (50, 0)]), "mouth", "junction"), ("L-2", LineString([(50, 0), (100, 0)]), "junction", "tip")])
    both = gpd.GeoDataFrame(
        {"lane_id": ["L-2", "L-1"], "kerbed": [False, False], "length_m": [50.0, 50.0]},
        geometry=[LineString([(50, -3), (100, -3)]), LineString([(0, -3), (50, -3)])], crs=CRS,
    )  # fmt: skip
    first, second = edge_lines(
        site(axis((0, -2.625), (60, -2.625), mark_id="long")), net, both, grids=(), match_band_m=1.0,
        min_missing_m=0.5, assumed_width_m=0.15, yellow=YELLOW,
    )  # fmt: skip
    assert (first.lane_id, first.painted_m) == ("L-1", pytest.approx(50.0))
    assert (second.lane_id, second.painted_m) == ("L-2", pytest.approx(10.0))
    assert second.strips[0].stretch.equals_exact(LineString([(50, -3), (60, -3)]), 1e-6)


@settings(max_examples=25, deadline=None)
@given(
    angle=st.floats(0, 360),
    start=st.floats(6, 60),
    length=st.floats(1, 30),
    extra=st.lists(st.floats(1, 99), max_size=4),
)
def test_turning_moving_and_densifying_change_nothing(angle, start, length, extra):
    def move(g):
        return affinity.translate(affinity.rotate(g, angle, origin=(0, 0)), 5.36e5, 4.63e6)

    turn = (np.cos(np.radians(angle)), np.sin(np.radians(angle)))
    south = [axis((0, -2.625), (start, -2.625), mark_id="a"), axis((start + length, -2.625), (100, -2.625), mark_id="b")]
    dense = LineString([(x, -3) for x in sorted({0.0, 100.0, *extra})] + [(100, 3), (0, 3)])
    marks = [*south, mark("grid", GRID)]
    plain = lines(site(*marks), network(), edges(AROUND))
    moved = lines(site(*marks, move=move), network(move=move, turn=turn), edges(dense, move=move))
    assert moved.required_m == pytest.approx(plain.required_m, abs=1e-5) == 194.0
    assert plain.missing_m == pytest.approx(6 + 94 + length, abs=1e-5)
    assert moved.missing_m == pytest.approx(plain.missing_m, abs=1e-5)
    assert moved.near_edge_offset.median_m == pytest.approx(0.30, abs=1e-6)


# -- kerb paint -----------------------------------------------------------------------------------


def test_kerb_paint_lies_outside_the_pavement():
    kerbed = edges(LineString([(0, -3), (100, -3)]), kerbed=True)
    found = kerbs(site(mark("kerb_paint", box(0, -3.12, 70, -3.0))), kerbed)
    assert (found.required_m, found.painted_m, found.missing_m) == pytest.approx((100.0, 70.0, 30.0), abs=1e-6)
    on_edge = kerbs(site(mark("kerb_paint", LineString([(0, -3), (100, -3)]))), kerbed)
    assert on_edge.missing_m == 0.0


def test_an_edge_line_is_no_kerb_paint_and_kerbless_edges_want_none():
    assert kerbs(site(SOUTH), edges(AROUND, kerbed=True)).painted_m == 0.0
    assert kerbs(site(SOUTH), edges(AROUND)).required_m == 0.0
    assert kerbs(site(surveyed=False), edges(AROUND, kerbed=True)).painted_m is None


# -- grids ----------------------------------------------------------------------------------------


def test_a_grid_across_the_mouth():
    (found,) = grids(site(mark("grid", GRID, "g"), mark("text", box(2, -1, 4, 1), "t"), mark("text", box(20, 0, 21, 1), "far")), network())
    assert found.painted
    assert (found.entrance_id, found.lane_id, found.marking_ids, found.text_ids) == ("E-1", "L-1", ("g",), ("t",))
    assert (found.mouth_width_m, found.covered_m, found.depth_m, found.inner_edge_m) == pytest.approx((6, 6, 6, 6))
    assert found.location == pytest.approx((0.0, 0.0))


def test_how_much_of_the_mouth_is_covered():
    halves = [mark("grid", box(0.4, -3, 4, -1), "south"), mark("grid", box(0.4, 1.5, 4, 5), "north")]
    (found,) = grids(site(*halves), network())
    assert found.marking_ids == ("south", "north")
    assert found.covered_m == pytest.approx(2 + 1.5)
    assert (found.depth_m, found.inner_edge_m) == pytest.approx((3.6, 4.0))


def test_a_grid_surveyed_line_by_line_is_one_grid():
    strokes = [LineString([(0, -3 + 0.5 * n), (3, -3 + 0.5 * n)]) for n in range(13)] + [LineString([(3, -3), (3, 3)])]
    (found,) = grids(site(*(mark("grid", line, f"g{n}") for n, line in enumerate(strokes))), network())
    assert len(found.marking_ids) == 14
    assert (found.covered_m, found.depth_m) == pytest.approx((6, 3))
    assert found.place.area == pytest.approx(18)


def test_a_grid_elsewhere_is_not_at_the_mouth():
    (found,) = grids(site(mark("grid", box(0.6, -3, 6, 3))), network())
    assert (found.painted, found.covered_m, found.depth_m, found.inner_edge_m) == (False, 0.0, None, None)
    assert found.place.equals(box(0, -3, 6, 3))


def test_the_place_of_a_missing_grid_keeps_within_its_limits():
    narrow = network(mouths=[("E", LineString([(0, -1), (0, 1)]), (1.0, 0.0), None)])
    (found,) = grids(site(), narrow)
    assert found.lane_id is None
    assert found.place.equals(box(0, -1, 3, 1))
    wide = network(mouths=[("E", LineString([(100, -8), (100, 8)]), (-1.0, 0.0), None)])
    assert grids(site(), wide)[0].place.equals(box(94, -8, 100, 8))


def test_grid_not_surveyed_and_grid_of_another_colour():
    (found,) = grids(site(surveyed=False), network())
    assert (found.surveyed, found.covered_m, found.painted) == (False, None, False)
    (white,) = grids(site(mark("grid", GRID, "w", colour="white")), network())
    assert (white.painted, white.covered_m, white.other_colour_ids) == (False, 0.0, ("w",))
    assert grids(site(), network(mouths=())) == ()


# -- boxes ----------------------------------------------------------------------------------------


def a_box(x, y=0.0, name=None):
    return mark("box", box(x - 1, y - 1.4, x + 1, y + 1.4), name or f"b{x}")


def test_gaps_run_from_the_grid_to_the_tip():
    (found,) = boxes(site(mark("grid", GRID), *(a_box(x) for x in (86, 26, 46, 66))))
    assert [b.chainage_m for b in found.boxes] == pytest.approx([26, 46, 66, 86])
    assert (found.start_m, found.end_m) == pytest.approx((6, 100))
    assert [gap.length_m for gap in found.gaps] == pytest.approx([20, 20, 20, 20, 14])
    assert (found.gaps[0].before, found.gaps[0].after, found.gaps[-1].after) == ("grid", "b26", "tip")


def test_the_largest_gap_and_where_it_is():
    (found,) = boxes(site(a_box(20), a_box(63.5), a_box(80)))
    assert found.largest_gap.length_m == pytest.approx(43.5)
    assert (found.largest_gap.start_m, found.largest_gap.before, found.largest_gap.after) == (20.0, "b20", "b63.5")
    assert found.gaps[0].before == "mouth"


def test_no_box_leaves_one_gap_and_no_survey_leaves_none():
    (bare,) = boxes(site())
    assert [(gap.start_m, gap.end_m) for gap in bare.gaps] == [(0.0, 100.0)]
    (unknown,) = boxes(site(surveyed=False))
    assert (unknown.surveyed, unknown.gaps, unknown.largest_gap) == (False, (), None)


def test_offset_from_the_middle_is_positive_to_the_left():
    (found,) = boxes(site(a_box(20, 0.7), a_box(40, -0.3), a_box(60)))
    assert [b.offset_m for b in found.boxes] == pytest.approx([0.7, -0.3, 0.0], abs=1e-9)


def test_boxes_belong_to_the_nearest_lane_and_to_none_off_the_road():
    net = network(
        box(0, -3, 100, 3).union(box(47, 3, 53, 60)),
        lanes=[("L-1", LineString([(0, 0), (50, 0)]), "mouth", "junction"), ("L-2", LineString([(50, 0), (50, 60)]), "junction", "tip"),
               ("L-3", LineString([(50, 0), (100, 0)]), "junction", "tip")],
    )  # fmt: skip
    first, second, third = boxes(site(a_box(30), a_box(50, 30), a_box(80, 20, "lawn"), a_box(50, 0, "middle")), net)
    assert [b.marking_ids for b in first.boxes] == [("b30",), ("middle",)]  # at a tie, the lane listed first
    assert [b.marking_ids for b in second.boxes] == [("b50",)]
    assert second.boxes[0].chainage_m == pytest.approx(30)
    assert third.boxes == ()


def test_lettering_in_frames_however_they_were_drawn():
    ring = a_box(20)["geometry"]
    frame_line = mark("box", ring.exterior, "line")
    frame_area = mark("box", affinity.translate(ring, 20).boundary.buffer(0.05), "area")
    xy = list(affinity.translate(ring, 40).exterior.coords)
    four = [mark("box", LineString(xy[n : n + 2]), f"side{n}") for n in range(4)]
    texts = [mark("text", box(x - 0.5, -0.5, x + 0.5, 0.5), f"t{x}") for x in (20, 40, 60)]
    (found,) = boxes(site(frame_line, frame_area, *four, a_box(80), *texts))
    assert [b.chainage_m for b in found.boxes] == pytest.approx([20, 40, 60, 80])
    assert [b.text_ids for b in found.boxes] == [("t20",), ("t40",), ("t60",), ()]
    assert found.boxes[2].marking_ids == ("side0", "side1", "side2", "side3")


def test_a_lane_shorter_than_its_grids_leaves_nothing_to_ask_for():
    net = network(
        box(0, -3, 10, 3),
        lanes=[("L-1", LineString([(0, 0), (10, 0)]), "mouth", "mouth")],
        mouths=[("E-1", LineString([(0, -3), (0, 3)]), (1.0, 0.0), "L-1"), ("E-2", LineString([(10, -3), (10, 3)]), (-1.0, 0.0), "L-1")],
    )
    (found,) = boxes(site(mark("grid", GRID), mark("grid", box(4, -3, 10, 3))), net)
    # the grids overlap, so together they are one and reach from mouth to mouth
    assert found.start_m == found.end_m
    assert found.largest_gap.length_m == 0.0


def test_the_grid_at_the_lanes_end_counts_from_that_end():
    net = network(
        lanes=[("L-1", LineString([(100, 0), (0, 0)]), "tip", "mouth")],
    )
    (found,) = boxes(site(mark("grid", GRID), a_box(20)), net)
    assert (found.start_m, found.end_m) == pytest.approx((0, 94))
    assert [gap.length_m for gap in found.gaps] == pytest.approx([80, 14])
    assert found.gaps[-1].after == "grid"


def test_a_white_box_is_told_but_not_counted():
    (found,) = boxes(site({**a_box(20), "colour": "white"}))
    assert (found.boxes, found.other_colour_ids) == ((), ("b20",))


# -- conditions, grouping -------------------------------------------------------------------------


def test_conditions_are_grouped_by_kind_and_word():
    rows = [("box", "Worn "), ("box", "worn"), ("grid", "good"), ("box", None), ("box", float("nan")), ("box", "<b>{{x}}</b>")]
    marks = [mark(kind, box(n, 0, n + 1, 1), f"m{n}", condition=word) for n, (kind, word) in enumerate(rows)]
    found = marking_conditions(site(*marks))
    assert [(g.kind, g.condition, g.ids) for g in found] == [
        ("box", None, ("m3", "m4")),
        ("box", "<b>{{x}}</b>", ("m5",)),
        ("box", "worn", ("m0", "m1")),
        ("grid", "good", ("m2",)),
    ]
    assert found[2].locations == ((0.5, 0.5), (1.5, 0.5))
    assert marking_conditions(site()) == marking_conditions(site(surveyed=False)) == ()


def test_clusters_chain():
    points = np.array([Point(0, 0), Point(5, 0), Point(0.9, 0), Point(1.8, 0)], dtype=object)
    assert [list(group) for group in clustered(points, 1.0)] == [[0, 2, 3], [1]]
    assert clustered(np.zeros(0, dtype=object), 1.0) == []


def test_results_do_not_depend_on_the_order_of_the_survey():
    marks = [SOUTH, NORTH, mark("grid", GRID), a_box(26), a_box(46)]
    there, back = site(*marks), site(*marks[::-1])
    assert lines(there).missing_m == lines(back).missing_m
    assert shapely.equals_exact(lines(there).missing[0], lines(back).missing[0])
    assert boxes(there) == boxes(back)
