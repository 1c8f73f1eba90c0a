"""Mouths (contract §2): where the site ends and one comes in."""

from __future__ import annotations

import pytest
import shapely
from site_scenes import LineString, Point, Polygon, box, local, road, site

from firelane.lanes.network import lane_network


def network(roads, entrances, **more):
    return lane_network(site(roads, entrances=entrances, **more))


def drawn(found):
    """Entrance id → (its ends, south-west one first; width; inward)."""
    result = {}
    for row in found.mouths.itertuples():
        ends = tuple(sorted((local(row.geometry.coords[0]), local(row.geometry.coords[-1]))))
        result[row.entrance_id] = (ends, round(row.width_m, 6), (round(row.inward_x, 6) + 0.0, round(row.inward_y, 6) + 0.0))
    return result


def codes(found):
    return [(n.code, n.row) for n in found.notes]


EAST = (1.0, 0.0)
WEST_END = {"W": (((0.0, -4.0), (0.0, 4.0)), 8.0, EAST)}


def line(x, low=-4.0, high=4.0, **columns):
    return LineString([(x, low), (x, high)]), {"id": "W", **columns}


def test_a_line_on_the_end_edge():
    found = network([road(100, 8)], [line(0)])
    assert drawn(found) == WEST_END
    assert found.notes == ()
    lane = found.lanes.iloc[0]
    assert (lane["start_kind"], lane["end_kind"], lane["length_m"]) == ("mouth", "tip", 100.0)
    assert found.mouths["lane_id"].tolist() == [lane["lane_id"]]


@pytest.mark.parametrize("x", [0.0, -0.3])
def test_ends_within_half_a_metre_snap_to_the_corners(x):
    assert drawn(network([road(100, 8)], [line(x, -3.7, 3.7)])) == WEST_END


def test_a_line_drawn_either_way_round_points_inwards():
    back = LineString([(0, 4), (0, -4)]), {"id": "W"}
    assert drawn(network([road(100, 8)], [back])) == WEST_END


def test_a_line_that_crosses_the_street_beyond_its_kerbs_is_cut_to_them():
    found = network([road(100, 8)], [line(10, -6, 6)])
    assert drawn(found) == {"W": (((10.0, -4.0), (10.0, 4.0)), 8.0, EAST)}
    assert codes(found) == [("beyond_entrance", "W")]
    assert found.pavement.area == pytest.approx(90 * 8, abs=1e-6)


def test_what_lies_beyond_a_line_inside_the_road_is_outside():
    found = network([road(100, 8)], [line(10), line(80, id="E")], buildings=[box(40, 10, 50, 20)])
    assert found.pavement.area == pytest.approx(70 * 8, abs=1e-6)
    assert found.judged.area == pytest.approx(70 * 8, abs=1e-6)
    assert found.lanes["length_m"].tolist() == [pytest.approx(70.0, abs=1e-6)]
    assert codes(found) == [("beyond_entrance", "W"), ("beyond_entrance", "E")]
    assert "160.0 m²" in found.notes[1].en
    assert "160.0 ㎡" in found.notes[1].zh


def test_two_gates_on_one_municipal_road():
    roads = [(box(-20, -60, 0, 60), {"fire_lane": False, "class": "municipal"}), box(0, 20, 60, 26),
             box(0, -26, 60, -20), box(54, -26, 60, 26)]  # fmt: skip
    gates = [(LineString([(0, 20), (0, 26)]), {"id": "N"}), (LineString([(0, -26), (0, -20)]), {"id": "S"})]
    found = network(roads, gates)
    assert {k: v[1:] for k, v in drawn(found).items()} == {"N": (6.0, EAST), "S": (6.0, EAST)}
    assert found.pavement.area == pytest.approx(960, abs=1e-6)
    assert [tuple(r) for r in found.lanes["road_ids"]] in ([("roads-2", "roads-4", "roads-3")], [("roads-3", "roads-4", "roads-2")])
    # With one gate alone the loop is joined elsewhere: told, and not used.
    found = network(roads, gates[:1])
    assert codes(found) == [("entrance_unusable", "N")]
    assert found.mouths.empty
    assert found.pavement.area == pytest.approx(960 + 2400, abs=1e-6)


def test_a_line_that_does_not_separate_is_told_and_not_used():
    ring = shapely.difference(box(0, 0, 60, 60), box(6, 6, 54, 54))
    found = network([ring], [(LineString([(0, 30), (6, 30)]), {"id": "X"})])
    assert found.mouths.empty
    assert codes(found) == [("entrance_unusable", "X")]
    assert found.notes[0].layer == "entrances"
    assert found.notes[0].zh
    assert found.pavement.area == pytest.approx(ring.area)


@pytest.mark.parametrize("xy", [(-3, 1), (-4.9, 0), (0.5, 3.9), (0, 0)])
def test_a_point_stands_for_the_nearest_end_edge(xy):
    assert drawn(network([road(100, 8)], [(Point(xy), {"id": "W"})])) == WEST_END


@pytest.mark.parametrize("xy", [(50, 30), (-5.1, 0), (50, 0)])
def test_a_point_far_from_every_end_edge_is_a_problem(xy):
    found = network([road(100, 8)], [(Point(xy), {"id": "P"})])
    assert found.mouths.empty
    assert codes(found) == [("entrance_unusable", "P")]
    assert found.lanes[["start_kind", "end_kind"]].to_numpy().tolist() == [["tip", "tip"]]


def test_a_line_that_stops_in_the_open_is_a_problem():
    found = network([road(100, 12)], [line(50, -1, 1)])
    assert codes(found) == [("entrance_unusable", "W")]


def test_a_mouth_in_the_long_side_of_a_road():
    found = network([road(100, 8)], [(LineString([(40, 4), (46, 4)]), {"id": "N"})])
    assert drawn(found) == {"N": (((40.0, 4.0), (46.0, 4.0)), 6.0, (0.0, -1.0))}
    at = found.lanes[found.lanes["start_kind"] == "mouth"]
    assert len(at) == 1
    assert local(at.geometry.iloc[0].coords[0]) == (43.0, 4.0)
    assert len(found.lanes) == 3


@pytest.mark.parametrize("x", [0.0, 10.0])
def test_a_mouth_narrower_than_the_road_keeps_its_width(x):
    found = network([road(100, 8)], [line(x, -1.75, 1.75)])
    assert drawn(found) == {"W": (((x, -1.75), (x, 1.75)), 3.5, EAST)}
    assert found.pavement.area == pytest.approx((100 - x) * 8, abs=1e-6)


def test_a_bent_line_is_kept_and_the_lane_starts_on_it():
    found = network([road(100, 8)], [(LineString([(10, -4), (10.5, 0), (10, 4)]), {"id": "W"})])
    lane = found.lanes.geometry.iloc[0]
    assert local(lane.coords[0]) == pytest.approx((10.5, 0.0), abs=1e-3)
    assert found.pavement.area == pytest.approx(90 * 8 - 0.5 * 8 * 0.5, abs=1e-6)


def test_an_oblique_mouth_is_as_wide_as_it_is_long():
    found = network([Polygon([(0, -4), (100, -4), (100, 4), (4, 4)])], [(LineString([(0, -4), (4, 4)]), {"id": "W"})])
    assert drawn(found)["W"][1] == pytest.approx(80**0.5, abs=1e-6)


def test_the_municipal_road_stays_outside_although_it_is_larger():
    roads = [(box(-20, -200, 0, 200), {"fire_lane": False}), box(0, -3, 60, 3)]
    found = network(roads, [(LineString([(0, -3), (0, 3)]), {"id": "W"})])
    assert found.pavement.area == pytest.approx(360, abs=1e-6)
    assert drawn(found)["W"][2] == EAST


def test_a_mouth_drawn_twice_has_one_lane():
    found = network([road(100, 8)], [line(0), line(0, id="again")])
    assert found.mouths["lane_id"].tolist() == [found.lanes["lane_id"].iloc[0], None]


def test_what_an_entrance_is_told_of_is_handed_on():
    found = network([road(100, 8)], [line(0, gate=True, openable=False, clear_height_m=3.8, name="东门")])
    row = found.mouths.iloc[0]
    assert (row["name"], row["gate"], row["openable"], row["clear_height_m"]) == ("东门", True, False, 3.8)
