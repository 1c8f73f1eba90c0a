"""Pavement edges: which count, whose they are, where they are kerbed; figures checked by hand."""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box

from firelane.lanes.edges import pavement_edges
from firelane.lanes.records import LaneNetwork
from firelane.site.model import Site, SiteConfig

CRS = pyproj.CRS.from_epsg(4550)
EAST, NORTH = 535_900.0, 4_630_000.0


def moved(geometry):
    return shapely.transform(geometry, lambda xy: xy + np.array([EAST, NORTH]))


def scene(
    roads,
    lanes,
    *,
    mouths=(),
    junctions=(),
    kerbs=None,
    designated=(),
    unjudged=(),
    kerb=None,
    default_kerb=False,
):
    """Roads: polygons near the origin; lanes: (id, line, designated)."""
    polygons = [*roads, *unjudged]
    layers = {
        "roads": gpd.GeoDataFrame(
            {
                "id": [f"r{n}" for n in range(len(polygons))],
                "kerb": list(kerb) if kerb else [None] * len(polygons),
                "fire_lane": [True] * len(roads) + [False] * len(unjudged),
            },
            geometry=[moved(p) for p in polygons],
            crs=CRS,
        )
    }
    if kerbs is not None:
        layers["kerbs"] = gpd.GeoDataFrame(
            {
                "id": [f"k{n}" for n in range(len(kerbs))],
                "height_m": [0.2] * len(kerbs),
                "top_width_m": [0.12] * len(kerbs),
            },
            geometry=[moved(k) for k in kerbs],
            crs=CRS,
        )
    site = Site("s", "s", CRS, layers, SiteConfig(default_kerb=default_kerb))
    lane_table = gpd.GeoDataFrame(
        {
            "lane_id": [row[0] for row in lanes],
            "designated": [bool(row[2]) if len(row) > 2 else False for row in lanes],
        },
        geometry=[moved(row[1]) for row in lanes],
        crs=CRS,
    )
    junction_table = gpd.GeoDataFrame(
        {"node_id": [f"n{n}" for n in range(len(junctions))], "radius_m": [r for _, r in junctions]},
        geometry=[moved(p) for p, _ in junctions],
        crs=CRS,
    )
    mouth_table = gpd.GeoDataFrame(
        {"entrance_id": [f"m{n}" for n in range(len(mouths))]}, geometry=[moved(m) for m in mouths], crs=CRS
    )
    network = LaneNetwork(
        moved(shapely.union_all(polygons)),
        moved(shapely.union_all(list(roads))),
        moved(shapely.union_all(list(designated))) if designated else MultiPolygon(),
        lane_table,
        gpd.GeoDataFrame({"lane_id": []}, geometry=[], crs=CRS),
        junction_table,
        mouth_table,
    )
    return site, network


STRAIGHT = box(0, -3, 100, 3)
AXIS = LineString([(0, 0), (100, 0)])
MOUTH = LineString([(0, -3), (0, 3)])


def near(table):
    return table.set_geometry(
        shapely.transform(table.geometry.array, lambda xy: xy - np.array([EAST, NORTH])), crs=None
    )


def test_a_straight_dead_end_has_one_edge_round_its_tip():
    table = pavement_edges(*scene([STRAIGHT], [("L1", AXIS)], mouths=[MOUTH]))
    assert len(table) == 1
    row = near(table).iloc[0]
    assert row.length_m == pytest.approx(206, abs=1e-6)
    expected = [(0, -3), (100, -3), (100, 3), (0, 3)]  # the pavement on the left
    assert np.allclose(row.geometry.coords, expected, atol=1e-6)
    assert (row.lane_id, row.road_id, row.kerbed) == ("L1", "r0", False)
    assert np.isnan(row.kerb_height_m)
    assert table.crs == CRS


def test_without_a_mouth_the_ring_is_whole_and_begins_where_it_always_begins():
    one = pavement_edges(*scene([STRAIGHT], [("L1", AXIS)]))
    turned = Polygon([*STRAIGHT.exterior.coords[2:], *STRAIGHT.exterior.coords[1:3]])
    two = pavement_edges(*scene([turned], [("L1", AXIS)]))
    assert len(one) == 1
    assert one.geometry[0].is_closed
    assert one.length_m[0] == pytest.approx(212)
    assert list(one.edge_id) == list(two.edge_id)


def test_a_kerb_line_splits_the_edge_to_the_centimetre():
    kerb = LineString([(20, -3.1), (70.5, -3.1)])  # drawn 10 cm outside, as kerbs are
    table = near(pavement_edges(*scene([STRAIGHT], [("L1", AXIS)], mouths=[MOUTH], kerbs=[kerb])))
    kerbed = table[table.kerbed]
    assert len(kerbed) == 1
    assert kerbed.length_m.sum() == pytest.approx(50.5, abs=0.005)
    assert np.allclose(kerbed.geometry.iloc[0].coords, [(20, -3), (70.5, -3)], atol=0.005)
    assert kerbed.kerb_height_m.iloc[0] == pytest.approx(0.2)
    assert sorted(np.round(table[~table.kerbed].length_m, 2)) == [20.0, 135.5]


def test_a_kerb_line_crossing_the_edge_or_far_from_it_is_not_its_kerb():
    across, far = LineString([(50, -3.2), (50, -2.8)]), LineString([(0, -3.4), (100, -3.4)])
    table = pavement_edges(*scene([STRAIGHT], [("L1", AXIS)], mouths=[MOUTH], kerbs=[across, far]))
    assert not table.kerbed.any()
    assert len(table) == 1


def test_a_kerb_round_a_corner_follows_it():
    kerb = LineString([(50, -3), (100, -3), (100, 3)])
    table = pavement_edges(*scene([STRAIGHT], [("L1", AXIS)], mouths=[MOUTH], kerbs=[kerb]))
    assert table[table.kerbed].length_m.sum() == pytest.approx(56, abs=0.02)


@pytest.mark.parametrize(
    ("kerb", "default_kerb", "expected"),
    [("yes", False, True), ("no", True, False), (None, True, True), (None, False, False), (True, False, True),
     (float("nan"), True, True), ("", True, True)],
)  # fmt: skip
def test_the_column_then_the_default_decides(kerb, default_kerb, expected):
    site, network = scene([STRAIGHT], [("L1", AXIS)], mouths=[MOUTH], kerb=[kerb], default_kerb=default_kerb)
    assert pavement_edges(site, network).kerbed.tolist() == [expected]


def test_two_roads_with_different_kerbs_split_where_they_meet():
    left, right = box(0, -3, 40, 3), box(40, -3, 100, 3)
    table = pavement_edges(*scene([left, right], [("L1", AXIS)], mouths=[MOUTH], kerb=["yes", "no"]))
    assert sorted(np.round(table[table.kerbed].length_m, 6)) == [40.0, 40.0]
    assert set(table[table.kerbed].road_id) == {"r0"}
    assert table[~table.kerbed].length_m.tolist() == pytest.approx([126.0])


def test_a_t_junction_is_open_and_its_far_edge_is_split_between_the_lanes():
    through, side = box(0, -3, 100, 3), box(47, 3, 53, 60)
    lanes = [
        ("A", LineString([(0, 0), (50, 0)])),
        ("B", LineString([(50, 0), (100, 0)])),
        ("C", LineString([(50, 0), (50, 60)])),
    ]
    mouths = [MOUTH, LineString([(100, -3), (100, 3)])]
    table = near(
        pavement_edges(*scene([through, side], lanes, mouths=mouths, junctions=[(Point(50, 0), 3.2)]))
    )
    total = 100 + 47 * 2 + 57 * 2 + 6
    assert table.length_m.sum() == pytest.approx(total)
    by_lane = table.groupby("lane_id").length_m.sum()
    assert by_lane["A"] == pytest.approx(
        50 + 47, abs=0.6
    )  # the change stands beside the corner, on straight edge
    assert by_lane["B"] == pytest.approx(50 + 47, abs=0.6)
    far = table[table.geometry.map(lambda g: g.bounds[3] < -2)]
    assert far.length_m.tolist() == pytest.approx([50, 50])
    opening = LineString([(47, 3), (53, 3)])
    assert table.geometry.intersection(opening).length.sum() == pytest.approx(0)
    for line in table.geometry:  # no edge ends at a bend of the boundary unless the pavement opens there
        for end in (line.coords[0], line.coords[-1]):
            assert end not in {(47.0, 3.0), (53.0, 3.0)}


def test_edges_of_roads_that_are_no_fire_lane_are_not_judged():
    side = box(47, 3, 53, 60)
    table = near(pavement_edges(*scene([STRAIGHT], [("L1", AXIS)], mouths=[MOUTH], unjudged=[side])))
    assert table.length_m.sum() == pytest.approx(206 - 6, abs=0.01)
    assert table.geometry.map(lambda g: g.bounds[3]).max() == pytest.approx(3, abs=0.002)


def test_beside_a_designated_lane_only_edges_near_it_count():
    wide, lane = box(0, 0, 100, 12), box(0, 0.5, 100, 4.5)
    table = near(
        pavement_edges(
            *scene(
                [wide],
                [("D", LineString([(0, 2.5), (100, 2.5)]), True)],
                mouths=[LineString([(0, 0), (0, 12)])],
                designated=[lane],
            )
        )
    )
    assert table.geometry.map(lambda g: g.bounds[3]).max() == pytest.approx(
        4.5 + 0.6, abs=0.01
    )  # the tip's end edge
    assert table.length_m.sum() == pytest.approx(100 + 5.1, abs=0.02)


def test_holes_run_clockwise_and_every_edge_has_pavement_on_its_left():
    block = Polygon([(0, 0), (60, 0), (60, 40), (0, 40)], [[(6, 6), (54, 6), (54, 34), (6, 34)]])
    loop = LineString([(3, 3), (57, 3), (57, 37), (3, 37), (3, 3)])
    table = pavement_edges(*scene([block], [("L", loop)]))
    assert table.length_m.sum() == pytest.approx(200 + 152)
    for line in near(table).geometry:
        middle = np.asarray(line.interpolate(1.0).coords[0])
        ahead = np.asarray(line.interpolate(1.1).coords[0]) - middle
        left = middle + 0.1 * np.asarray([-ahead[1], ahead[0]]) / np.hypot(*ahead)
        assert block.contains(Point(left))


def test_obstructions_never_alter_an_edge_and_no_lane_means_no_edge():
    site, network = scene([STRAIGHT], [("L1", AXIS)], mouths=[MOUTH])
    before = pavement_edges(site, network)
    tree = gpd.GeoDataFrame({"id": ["o"], "kind": ["tree"]}, geometry=[moved(Point(50, -2.9))], crs=CRS)
    site.layers["obstructions"] = tree
    assert pavement_edges(site, network).equals(before)
    assert pavement_edges(*scene([STRAIGHT], [])).empty


def test_an_edit_far_away_does_not_rename_an_edge():
    other = box(500, -3, 600, 3)
    table = pavement_edges(
        *scene([STRAIGHT, other], [("L1", AXIS), ("L2", LineString([(500, 0), (600, 0)]))], mouths=[MOUTH])
    )
    alone = pavement_edges(*scene([STRAIGHT], [("L1", AXIS)], mouths=[MOUTH]))
    assert alone.edge_id[0] in set(table.edge_id)
    assert table.edge_id.is_unique


def test_a_boundary_of_many_vertices_takes_seconds_at_most():
    turn = np.linspace(0, 2 * np.pi, 50_000, endpoint=False)
    ring = np.column_stack([np.cos(turn), np.sin(turn)])
    road = Polygon(ring * 1003, [ring * 997])
    loop = LineString(np.vstack([ring[::100] * 1000, ring[:1] * 1000]))
    kerb = LineString(ring[:5000] * 1003)
    site, network = scene([road], [("L", loop)], kerbs=[kerb])
    begin = time.process_time()
    table = pavement_edges(site, network)
    assert time.process_time() - begin < 6  # about one on an idle machine
    assert table.length_m.sum() == pytest.approx(2 * np.pi * 2000, rel=1e-4)
    assert table[table.kerbed].length_m.sum() == pytest.approx(kerb.length, abs=0.02)
