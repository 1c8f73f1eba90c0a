"""Warning boards: where they stand, where none is wanted, and that none stands in anyone's way."""

from __future__ import annotations

import dataclasses
import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from marking_scenes import ORIGIN, scene, straight, t_junction
from shapely import LineString, Point, box
from site_scenes import layer

from firelane.lanes.records import LineLanes
from firelane.markings import plan_markings
from firelane.markings.boards import warning_boards
from firelane.markings.parameters import dimensions


def with_layers(made, **layers):
    site, network = made
    tables = {name: layer(name, rows) for name, rows in layers.items()}
    return dataclasses.replace(site, layers={**site.layers, **tables}), network


def boards(made, options=None):
    site, network = made
    found, notes = warning_boards(site, network, dimensions(options))
    return {b.board_id: b for b in found}, [n.code for n in notes]


def foot(board):
    return round(board.x - ORIGIN[0], 3), round(board.y - ORIGIN[1], 3)


def plate(board):
    """The board in plan, as drawn by hand: its width square to the way it faces, 0.1 m thick."""
    shape = box(-0.05, -board.width_m / 2, 0.05, board.width_m / 2)
    turned = shapely.affinity.rotate(shape, board.heading_deg, origin=(0, 0))
    return shapely.affinity.translate(turned, *foot(board))


def sign(x, y, **columns):
    return Point(x, y), {"text": "消防车道 禁止占用", **columns}


def test_both_sides_of_the_mouth_by_hand():
    found, notes = boards(straight())
    # a mouth from (0, 3) to (0, -3), the way in to the east: left is north; near edge 0.5 m off, half a board of 0.6 m
    assert {k: foot(b) for k, b in found.items()} == {"BOARD-E1-L": (0.0, 3.8), "BOARD-E1-R": (0.0, -3.8)}
    one = found["BOARD-E1-L"]
    assert (one.entrance_id, one.width_m, one.height_m, one.bottom_m) == ("E1", 0.6, 0.8, 2.0)
    assert one.heading_deg == pytest.approx(180.0)  # its face looks west, at the driver who comes in
    assert notes == []


def test_sizes_and_places_are_parameters():
    found, _ = boards(straight(), {"board_width_m": 1.0, "board_height_m": 1.2, "board_bottom_m": 2.5, "board_offset_m": 0.25})
    one = found["BOARD-E1-R"]
    assert foot(one) == (0.0, -3.75)
    assert (one.width_m, one.height_m, one.bottom_m) == (1.0, 1.2, 2.5)


def test_boards_can_be_left_out():
    assert boards(straight(), {"warning_boards": False}) == ({}, [])
    plan = plan_markings(*straight(marking={"warning_boards": False}))
    assert plan.boards == ()
    assert "warning_board" not in set(plan.bill.kind)


def test_every_mouth_has_its_boards_facing_out():
    found, _ = boards(t_junction())
    assert sorted(found) == ["BOARD-E1-L", "BOARD-E1-R", "BOARD-E2-L", "BOARD-E2-R"]
    assert foot(found["BOARD-E2-L"]) == (100.0, -3.8)  # the way in to the west: left is south
    assert found["BOARD-E2-L"].heading_deg == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("columns", "stands"),
    [
        ({}, True),
        ({"text": None, "kind": None}, True),  # nothing is recorded: it may be one
        ({"text": "限速 5 km/h", "kind": "speed"}, False),
        ({"condition": "missing"}, False),
        ({"condition": "worn"}, True),
    ],
)
def test_a_warning_that_stands_there_is_enough(columns, stands):
    found, _ = boards(with_layers(straight(), signs=[sign(0.5, 4.0, **columns)]))
    assert ("BOARD-E1-L" not in found) == stands
    assert "BOARD-E1-R" in found


def test_a_sign_farther_off_is_none_of_this_entrance():
    made = with_layers(straight(), signs=[sign(6.0, 4.0)])
    assert "BOARD-E1-L" in boards(made)[0]
    assert "BOARD-E1-L" not in boards(made, {"board_existing_m": 8.0})[0]


def test_a_building_pushes_the_board_inwards():
    made = with_layers(straight(), buildings=[box(-5, 3.2, 1.0, 10)])
    found, notes = boards(made)
    x, y = foot(found["BOARD-E1-L"])
    assert y == 3.8
    assert 1.0 <= x <= 1.5
    assert notes == []


def test_no_place_is_told():
    made = with_layers(straight(), buildings=[box(-5, 3.2, 50, 10)])
    found, notes = boards(made)
    assert list(found) == ["BOARD-E1-R"]
    assert notes == ["board_no_place"]
    assert "BOARD-E1-L" not in boards(made, {"board_shift_m": 20.0})[0]


@pytest.mark.parametrize("name", ["parking", "operating_grounds"])
def test_boards_keep_off_bays_and_operating_grounds(name):
    found, _ = boards(with_layers(straight(), **{name: [box(-5, 3.0, 2.0, 10)]}))
    assert foot(found["BOARD-E1-L"])[0] >= 2.0


def test_an_obstruction_is_stepped_round_and_a_wall_along_the_way_is_told():
    post = (Point(0.0, 3.8), {"kind": "pole", "radius_m": 0.2})
    found, notes = boards(with_layers(straight(), obstructions=[post]))
    assert not plate(found["BOARD-E1-L"]).intersects(Point(0.0, 3.8).buffer(0.2))
    assert notes == []
    wall = (box(-10, 3.4, 60, 9.0), {"kind": "wall"})
    found, notes = boards(with_layers(straight(), obstructions=[wall]))
    assert foot(found["BOARD-E1-L"]) == (0.0, 3.8)
    assert notes == ["board_at_obstruction"]


@pytest.mark.parametrize("kind", ["vehicle", "overhead_line"])
def test_what_drives_off_or_hangs_above_is_no_obstacle(kind):
    thing = (box(-1, 3.2, 1, 5), {"kind": kind})
    found, _ = boards(with_layers(straight(), obstructions=[thing]))
    assert foot(found["BOARD-E1-L"]) == (0.0, 3.8)


def test_an_entrance_of_a_road_without_an_outline_is_told():
    site, network = straight()
    empty, lines = network.lanes.iloc[:0], shapely.MultiLineString()
    mouths = gpd.GeoDataFrame({"entrance_id": ["X"]}, geometry=[Point(0, 0)], crs=network.lanes.crs)
    known = dataclasses.replace(network, by_line=LineLanes(empty, mouths, lines, lines))
    assert boards((site, known))[1] == ["board_no_outline"]
    bare = dataclasses.replace(known, mouths=network.mouths.iloc[:0])
    assert boards((site, bare)) == ({}, ["board_no_outline"])


def test_a_road_beside_the_mouth_is_kept_free():
    beside = box(-20, 3.4, 1.0, 9)  # of another road, not judged
    lane = ("L1", LineString([(0, 0), (100, 0)]), "mouth", "tip", "m", "t")
    made = scene([box(0, -3, 100, 3)], [lane], mouths=[("E1", LineString([(0, 3), (0, -3)]), (1, 0), "L1")], unjudged=[beside])
    found, _ = boards(made)
    assert plate(found["BOARD-E1-L"]).distance(beside) >= 0.5 - 2e-3
    assert plate(found["BOARD-E1-L"]).distance(box(0, -3, 100, 3)) >= 0.5 - 2e-3


@given(
    st.floats(0, 360), st.floats(3.0, 9.0),
    st.lists(st.tuples(st.floats(-8, 8), st.floats(-12, 12), st.floats(0.3, 4), st.floats(0.3, 4)), max_size=4),
)  # fmt: skip
def test_no_board_ever_stands_on_a_road_or_in_a_building(turn_deg, width_m, blocks):
    def turned(shape):
        return shapely.affinity.rotate(shape, turn_deg, origin=(0, 0))

    half = width_m / 2
    c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    road = turned(box(0, -half, 40, half))
    buildings = [turned(box(x, y, x + a, y + b)) for x, y, a, b in blocks if y > half or y + b < -half]
    lane = ("L1", turned(LineString([(0, 0), (40, 0)])), "mouth", "tip", "m", "t")
    made = scene([road], [lane], mouths=[("E1", turned(LineString([(0, half), (0, -half)])), (c, s), "L1")])
    found, notes = boards(with_layers(made, buildings=buildings))
    assert len(found) + len(notes) == 2
    for board in found.values():
        assert plate(board).distance(road) >= 0.5 - 2e-3
        assert all(plate(board).intersection(b).area < 1e-6 for b in buildings)
        facing = np.array([math.cos(math.radians(board.heading_deg)), math.sin(math.radians(board.heading_deg))])
        assert facing @ [c, s] == pytest.approx(-1.0)
