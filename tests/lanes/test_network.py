"""Centrelines, junctions, dead ends, designated lanes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from site_scenes import LineString, Polygon, box, gates, local, moved, road, site

from firelane.lanes.naming import place_label, unique_labels
from firelane.lanes.network import lane_network


def network(roads, *, ends=None, **layers):
    return lane_network(site(roads, entrances=ends, **layers))


def kinds(found):
    return sorted(tuple(sorted(k)) for k in found.lanes[["start_kind", "end_kind"]].to_numpy().tolist())


def lengths(found):
    return sorted(round(float(v), 1) for v in found.lanes["length_m"])


def farthest(found, axis):
    """Distance between a lane's centreline and where it should lie [m]."""
    return max(shapely.hausdorff_distance(g, moved(axis)) for g in found.lanes.geometry)


def test_a_straight_road_has_its_middle_as_centreline():
    found = network([road(100, 6)], ends=gates())
    assert kinds(found) == [("mouth", "mouth")]
    assert lengths(found) == [100.0]
    assert farthest(found, LineString([(0, 0), (100, 0)])) < 1e-3
    lane = found.lanes.iloc[0]
    assert lane["road_ids"] == ("roads-1",)
    assert not lane["designated"]
    assert lane["lane_id"] == "L5950-0000"


def test_stations_tell_the_distance_to_both_edges():
    found = network([box(0, -2, 100, 6)], ends=[(LineString([(0, -2), (0, 6)]), {})])
    assert found.stations["left_m"].to_numpy() == pytest.approx(4.0, abs=1e-6)
    assert found.stations["right_m"].to_numpy() == pytest.approx(4.0, abs=1e-6)
    assert found.stations["heading_rad"].to_numpy() == pytest.approx(0.0, abs=1e-3)
    assert found.stations["chainage_m"].iloc[-1] == pytest.approx(100.0)


def test_a_lane_runs_from_the_entrance_inwards():
    found = network([road(100, 6)], ends=gates()[1:])
    assert local(found.lanes.geometry.iloc[0].coords[0]) == pytest.approx((100, 0), abs=1e-3)
    assert (found.lanes["start_kind"].iloc[0], found.lanes["end_kind"].iloc[0]) == ("mouth", "tip")


@pytest.mark.parametrize(
    ("outline", "ends", "count"),
    [
        (shapely.union(road(100, 6), box(48, 0, 52, 40)), gates(), [("junction", "mouth")] * 2 + [("junction", "tip")]),
        (shapely.union(box(-50, -3, 50, 3), box(-3, -50, 3, 50)), None, [("junction", "tip")] * 4),
        (shapely.union(box(0, -2.1, 80, 2.1), box(75.8, -9, 80, 9)), gates(80, 4.2, both=False),
         [("junction", "mouth")] + [("junction", "tip")] * 2),
        (shapely.union(box(0, -2, 60, 2), box(56, -2, 60, 50)), gates(60, 4, both=False), [("mouth", "tip")]),
        (shapely.union(box(0, -2.5, 200, 2.5), Polygon([(90, 2.5), (93, 5), (107, 5), (110, 2.5)])), gates(200, 5),
         [("mouth", "mouth")]),
        (shapely.union(box(-80, -2.3, 80, 2.3), shapely.affinity.rotate(box(-80, -2.6, 80, 2.6), 60, origin=(0, 0))),
         None, [("junction", "tip")] * 4),
    ],
    ids=["T", "X", "hammerhead", "L", "lay-by", "oblique X"],
)  # fmt: skip
def test_every_arm_is_one_lane_and_nothing_else_is(outline, ends, count):
    found = network([outline], ends=ends)
    assert kinds(found) == count
    junctions = {n for lane in found.lanes.itertuples() for n, k in
                 ((lane.start_node, lane.start_kind), (lane.end_node, lane.end_kind)) if k == "junction"}  # fmt: skip
    assert junctions == set(found.junctions["node_id"])
    assert len(junctions) <= 1


def test_a_dead_end_knows_the_disc_that_reaches_it():
    for width in (4.0, 4.1, 6.0):
        found = network([shapely.union(road(100, 6), box(48, 0, 48 + width, 40))], ends=gates())
        (arm,) = found.lanes[found.lanes["end_kind"] == "tip"].itertuples()
        assert arm.end_width_m == pytest.approx(width, abs=1e-6)
        assert arm.end_trim_m == pytest.approx(width / 2, abs=0.1)
        assert np.isnan(arm.start_width_m)


def test_a_tapering_dead_end_is_as_wide_as_the_disc_at_its_end():
    # From half width 3 at x = 40 to 1.5 at x = 60: a disc touching both sides and the end.
    taper = Polygon([(0, -3), (40, -3), (60, -1.5), (60, 1.5), (40, 3), (0, 3)])
    cosine, sine = 20 / np.hypot(20, 1.5), 1.5 / np.hypot(20, 1.5)
    found = network([taper], ends=gates(both=False))
    assert found.lanes["end_width_m"].iloc[0] == pytest.approx(2 * 1.5 * cosine / (1 - sine), abs=1e-6)


def test_a_round_turning_head_is_the_end_of_its_lane():
    found = network([shapely.union(road(60, 5), shapely.Point(60, 0).buffer(9, quad_segs=32))], ends=gates(60, 5, both=False))
    assert kinds(found) == [("mouth", "tip")]
    assert found.lanes["end_width_m"].iloc[0] > 17


def test_a_ring_is_one_lane_that_meets_itself():
    found = network([shapely.difference(box(0, 0, 60, 60), box(6, 6, 54, 54))])
    assert len(found.lanes) == 1
    lane = found.lanes.iloc[0]
    assert lane["start_node"] == lane["end_node"]
    # The middle of the ring measures 4 x 54 m; its corners are rounded off.
    assert 4 * 54 - 8 < lane["length_m"] < 4 * 54 + 1


@pytest.mark.parametrize(("size", "lanes"), [(6.0, 1), (40.0, 4)])
def test_an_island_is_passed_and_a_block_is_driven_round(size, lanes):
    hole = box(50 - size / 2, -size / 2, 50 + size / 2, size / 2)
    ground = shapely.union(road(100, 5), box(50 - size / 2 - 5, -size / 2 - 5, 50 + size / 2 + 5, size / 2 + 5))
    assert len(network([shapely.difference(ground, hole)], ends=gates(100, 5)).lanes) == lanes


def test_roads_that_are_no_fire_lanes_have_no_lanes():
    found = network([(road(100, 6), {}), (box(100, -3, 200, 3), {"fire_lane": False})], ends=gates(200, 6))
    assert lengths(found) == [100.0]
    assert found.judged.area == pytest.approx(600)
    assert found.pavement.area == pytest.approx(1200)
    assert found.lanes["road_ids"].iloc[0] == ("roads-1",)
    # It is no dead end: one drives on.
    assert kinds(found) == [("junction", "mouth")]


def test_a_designated_lane_takes_the_place_of_the_road_beside_it():
    found = network([road(100, 12)], ends=gates(100, 12), fire_lanes=[box(0, -2.1, 100, 2.1)])
    assert found.lanes["designated"].tolist() == [True]
    assert lengths(found) == [100.0]
    half = network([road(100, 12)], ends=gates(100, 12), fire_lanes=[box(0, -2.1, 50, 2.1)])
    assert sorted(half.lanes["designated"]) == [False, True]
    assert half.lanes["length_m"].sum() == pytest.approx(100, abs=1.0)


def test_a_designated_lane_is_open_where_one_drives_on():
    found = network([road(100, 12)], ends=gates(100, 12), fire_lanes=[box(0, -2.1, 50, 2.1)])
    lane = found.lanes[found.lanes["designated"]].iloc[0]
    assert (lane["start_kind"], lane["end_kind"]) == ("mouth", "junction")
    assert found.openings["entrance_id"].tolist() == ["W", None]
    assert found.openings["width_m"].to_numpy() == pytest.approx(4.2)
    assert [local(c) for c in found.openings.geometry.iloc[1].coords] == [(50, -2.1), (50, 2.1)]
    assert dict(zip(found.mouths["entrance_id"], found.mouths["lane_id"], strict=True))["W"] == lane["lane_id"]


def test_a_designated_lane_drawn_beyond_the_pavement_is_cut_to_it():
    found = network([road(100, 12)], ends=gates(100, 12), fire_lanes=[box(-5, -2, 105, 2), box(40, 6, 60, 8)])
    assert found.designated.equals(moved(box(0, -2, 100, 2)))
    assert lengths(found) == [100.0]


def test_a_designated_lane_beside_the_middle_still_covers_the_road():
    found = network([road(100, 12)], ends=gates(100, 12), fire_lanes=[box(0, -5.5, 100, -1.5)])
    assert found.lanes["designated"].tolist() == [True]


def test_a_designated_lane_does_not_swallow_the_road_it_meets():
    pavement = shapely.union(road(100, 8), box(40, 4, 48, 60))
    found = network([pavement], ends=gates(100, 8), fire_lanes=[box(0, -2.1, 100, 2.1)])
    assert sorted(found.lanes["designated"]) == [False, True]
    arm = found.lanes[~found.lanes["designated"]].iloc[0]
    assert arm["length_m"] == pytest.approx(56, abs=4)


def test_ids_come_from_places_and_stay_when_another_road_is_added():
    roads = [road(100, 6), box(0, 50, 100, 56)]
    before = network(roads[:1], ends=gates())
    after = network(roads[::-1], ends=gates())
    assert set(before.lanes["lane_id"]) < set(after.lanes["lane_id"])


def test_labels():
    assert place_label("L", 535912.4, 4630045.2) == "L5912-0045"
    assert place_label("P", 535912.4, 4630045.2, per_m=10) == "P59124-00452"
    assert unique_labels(["a", "b", "a", "a"]) == ["a.1", "b", "a.2", "a.3"]
