"""The whole plan: quantities from the union, validity, setting-out, determinism, position on the globe."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pandas as pd
import pytest
import shapely
from marking_scenes import ORIGIN, comb, designated, l_bend, near, scene, straight, t_junction
from shapely import LineString, Point, box

from firelane.crs import from_lonlat
from firelane.errors import InputError
from firelane.markings import plan_markings
from firelane.markings.marks import Mark
from firelane.markings.quantities import quantities
from firelane.vocabulary import MarkKind


@pytest.mark.parametrize("make", [straight, l_bend, t_junction, designated, comb])
def test_paint_is_valid_and_adds_up(make):
    plan = plan_markings(*make())
    areas = plan.paint[plan.paint.kind != "kerb_face"]
    assert shapely.is_valid(areas.geometry.array).all()
    assert set(areas.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
    assert areas.geometry.area.to_numpy() == pytest.approx(areas.area_m2.to_numpy(), abs=1e-4)
    union = shapely.union_all(near(areas.geometry.array)).area
    assert plan.quantities.area_m2.sum() == pytest.approx(union, abs=1e-4)
    assert plan.paint.crs == plan.site.crs
    assert set(plan.paint.kind) <= {str(kind) for kind in MarkKind}


def test_quantities_by_hand():
    table = plan_markings(*straight()).quantities.set_index("kind")
    assert table.pieces.to_dict() == {
        "edge_line": 1, "box_frame": 4, "box_text": 4, "grid_border": 1, "grid_lines": 1, "grid_text": 1,
    }  # fmt: skip
    assert table.area_m2["edge_line"] == pytest.approx(192.5 * 0.15, abs=1e-5)
    assert table.area_m2["box_frame"] == pytest.approx(4 * (2.8 * 2.1 - 2.5 * 1.8))
    assert table.length_m["box_frame"] == pytest.approx(4 * 2 * (2.65 + 1.95))
    assert table.area_m2["grid_border"] == pytest.approx(36 - 5.6**2)
    assert table.length_m["box_text"] == 0


def test_crossings_are_counted_once():
    marks = [
        Mark("a", MarkKind.EDGE_LINE, box(0, 0, 10, 0.15), 10, "L1"),
        Mark("b", MarkKind.EDGE_LINE, box(5, -5, 5.15, 5), 10, "L2"),
        Mark("c", MarkKind.GRID_LINES, box(5, -5, 5.15, 5), 10, None),
    ]
    table = quantities(marks)
    assert table.area_m2.tolist() == pytest.approx([1.5, 1.5 - 0.15**2, 1.5])
    assert table.lane_id.tolist() == ["L1", "L2", None]


def test_setting_out_points_by_hand():
    plan = plan_markings(*straight())
    points = plan.setting_out
    assert list(points.point) == [f"P{n:04d}" for n in range(1, len(points) + 1)]
    corner = points[points.mark_id == "BOX-L1-01"]
    east, north = corner.y_east_m - ORIGIN[0], corner.x_north_m - ORIGIN[1]
    assert sorted(zip(east.round(3), north.round(3), strict=True)) == [
        (24.95, -1.4), (24.95, 1.4), (27.05, -1.4), (27.05, 1.4),
    ]  # fmt: skip
    assert sorted(zip(corner.chainage_m, corner.offset_m, strict=True)) == [
        (24.95, -1.4), (24.95, 1.4), (27.05, -1.4), (27.05, 1.4),
    ]  # fmt: skip
    assert corner.offset_m.to_numpy() == pytest.approx(
        north.to_numpy(), abs=1e-6
    )  # left of a lane to the east is north
    line = points[points.kind == "edge_line"]
    assert sorted(zip((line.y_east_m - ORIGIN[0]).round(3), (line.x_north_m - ORIGIN[1]).round(3), strict=True)) == [
        (6.0, -2.625), (6.0, 2.625), (99.625, -2.625), (99.625, 2.625),
    ]  # fmt: skip
    assert len(points[points.kind == "grid_border"]) == 4
    back = from_lonlat(points[["lon", "lat"]].to_numpy(), plan.site.crs)
    assert np.abs(back - points[["y_east_m", "x_north_m"]].to_numpy()).max() < 2e-3


def test_the_same_input_gives_the_same_plan():
    one, two = plan_markings(*t_junction()), plan_markings(*t_junction())
    for name in ("paint", "boxes", "quantities", "setting_out", "centrelines"):
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(one, name)), pd.DataFrame(getattr(two, name)))
    assert one.placements == two.placements


def test_the_table_of_the_site_and_the_options_are_read_and_all_problems_told():
    site, network = straight(marking={"no_such": 1, "kerb_height_m": 5})
    with pytest.raises(InputError) as error:
        plan_markings(site, network, options={"edge_line_width_m": 0.2})
    assert len(error.value.problems) == 3
    site, network = straight(marking={"box_size": "min"})
    assert "FL-BOX-2000x1500" in plan_markings(site, network).blocks
    assert "FL-BOX-2800x2100" in plan_markings(site, network, options={"box_size": "std"}).blocks


def test_blocks_give_the_paint_back():
    plan = plan_markings(*l_bend())
    assert {p.block for p in plan.placements} == set(plan.blocks)
    for p in plan.placements:
        c, s = np.cos(np.radians(p.rotation_deg)), np.sin(np.radians(p.rotation_deg))
        for kind, part in plan.blocks[p.block].parts.items():
            placed = near(
                shapely.transform(part, lambda xy, c=c, s=s, p=p: xy @ [[c, s], [-s, c]] + [p.x, p.y])
            )
            paint = plan.paint[(plan.paint.mark_id == p.mark_id) & (plan.paint.kind == kind)].geometry.iloc[0]
            assert placed.symmetric_difference(near(paint)).area < 1e-6


def test_nothing_to_paint():
    site, network = scene([box(0, -3, 100, 3)], [])
    plan = plan_markings(site, network)
    assert plan.paint.empty
    assert plan.quantities.empty
    assert plan.setting_out.empty
    assert plan.boxes.empty
    assert plan.paint.crs == site.crs


def test_hostile_ids_travel_unharmed():
    lane_id, entrance_id = "=cmd|' /C calc'!A0", "<img onerror=x>{{7*7}}\x00"
    lane = (lane_id, LineString([(0, 0), (60, 0)]), "mouth", "tip", "m", "t")
    mouth = (entrance_id, LineString([(0, 3), (0, -3)]), (1, 0), lane_id)
    plan = plan_markings(*scene([box(0, -3, 60, 3)], [lane], mouths=[mouth]))
    assert set(plan.paint.lane_id) == {lane_id}
    assert entrance_id in set(plan.paint.entrance_id)
    assert all(name.isascii() for name in plan.blocks)


def test_a_lane_without_stations_is_planned_all_the_same():
    site, network = straight()
    bare = dataclasses.replace(network, stations=network.stations.iloc[:0])
    assert plan_markings(site, bare).boxes.equals(plan_markings(site, network).boxes)


def test_two_kilometres_of_lanes_take_seconds():
    site, network = comb(teeth=20)
    plan_markings(*straight())  # fonts and imports
    begin = time.process_time()
    plan = plan_markings(site, network)
    assert time.process_time() - begin < 5  # half a second on an idle machine
    assert network.lanes.length_m.sum() == 2000
    assert plan.boxes.gap_m.max() <= 20.0


def test_lanes_that_cross_do_not_stack_boxes():
    roads = [box(-50, -3, 50, 3), box(-3, -50, 3, 50)]
    lanes = [
        ("A", LineString([(-50, 0), (50, 0)]), "tip", "tip", "a", "b"),
        ("B", LineString([(0, -50), (0, 50)]), "tip", "tip", "c", "d"),
    ]
    plan = plan_markings(*scene(roads, lanes))
    frames = [
        shapely.Polygon(g.exterior) for g in near(plan.paint[plan.paint.kind == "box_frame"].geometry.array)
    ]
    assert all(not a.intersects(b) for n, a in enumerate(frames) for b in frames[:n])
    assert plan.boxes.gap_m.max() <= 20.0
    assert not [f for f in frames if f.distance(Point(0, 0)) == 0] or len(frames) > 8
