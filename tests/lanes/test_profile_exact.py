"""Stations, what stands on a perpendicular, and the profile against distances measured every millimetre."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from site_scenes import LineString, Point, block, box, car, gates, measured, moved, post, road, site, street

from firelane.errors import UsageError
from firelane.lanes.boundary import Boundary
from firelane.lanes.nearest import NearestSegments
from firelane.lanes.network import lane_network
from firelane.lanes.space import Spaces
from firelane.lanes.widest import widest_on
from firelane.measure.width import measure_profile


def read(a_site, at_m):
    profile = measured(a_site).profile
    row = profile.iloc[int(np.argmin(np.abs(profile["chainage_m"].to_numpy() - at_m)))]
    return float(row["clear_width_m"]), float(row["section_width_m"])


@pytest.mark.parametrize("station_m", [0.1, 0.5, 0.7, 10.0])
def test_stations_are_no_farther_apart_than_asked(station_m):
    stations = lane_network(street(6.0, length=33.3), station_m=station_m).stations
    gaps = np.diff(stations["chainage_m"].to_numpy())
    assert gaps.max() <= station_m + 1e-9
    assert gaps.min() > 1e-9
    assert stations["chainage_m"].iloc[[0, -1]].tolist() == [0.0, pytest.approx(33.3)]


def test_the_distance_of_stations_comes_from_the_site():
    a_site = street(6.0, config={"station_m": 2.0})
    assert len(lane_network(a_site).stations) == 51
    assert len(lane_network(a_site, station_m=1.0).stations) == 101
    for wrong in (0.0, 0.05, 11.0, float("nan")):
        with pytest.raises(UsageError):
            lane_network(a_site, station_m=wrong)


def test_a_post_without_radius_on_a_perpendicular_cuts_it():
    # Road y = -4 … 4: 3.2 m to its left, 4.8 m to its right.
    assert read(street(8.0, [post(50, 0.8)]), 50) == (pytest.approx(4.8), pytest.approx(4.8))


def test_a_wall_without_width_along_a_perpendicular_bars_it():
    wall = LineString([(50, -4), (50, 0.2)]), {"kind": "wall"}
    assert read(street(8.0, [wall]), 50) == (pytest.approx(3.8), pytest.approx(3.8))
    free = LineString([(50, -1), (50, 2)]), {"kind": "wall"}
    assert read(street(8.0, [free]), 50) == (pytest.approx(3.0), pytest.approx(3.0))
    whole = LineString([(50, -4), (50, 4)]), {"kind": "fence"}
    assert read(street(8.0, [whole]), 50) == (0.0, 0.0)


def test_a_wall_half_a_metre_beside_a_perpendicular_bars_nothing_of_it():
    wall = LineString([(50.25, -4), (50.25, 0.2)]), {"kind": "wall"}
    clear, section = read(street(8.0, [wall]), 50)
    assert section == pytest.approx(8.0)
    # The disc touches the wall's tip (50.25, 0.2) and the kerb y = 4: r = 4 - y, r² = 0.25² + (y - 0.2)².
    y = (16 - 0.25**2 - 0.2**2) / (8 - 0.4)
    assert clear == pytest.approx(2 * (4 - y), abs=1e-6)


def test_two_islands_beside_one_another_leave_one_lane():
    ground = box(0, -10, 80, 10).difference(shapely.union_all([Point(40, -2.5).buffer(1), Point(40, 2.5).buffer(1)]))
    found = lane_network(site([ground], entrances=gates(80, 20)))
    assert len(found.lanes) == 1
    # It passes on the wider side of both: 6.5 m outside against 3 m between them.
    assert abs(found.lanes.geometry.iloc[0].intersection(moved(LineString([(40, -10), (40, 10)]))).y - 4_630_000) > 3


def test_the_way_round_a_block_stays_whole_whatever_island_lies_in_the_road():
    roads = box(0, 0, 70, 70).difference(box(8, 8, 62, 62)).difference(Point(4, 35).buffer(0.3))
    found = lane_network(site([roads]))
    assert found.lanes["length_m"].sum() == pytest.approx(4 * 62, abs=12)


@pytest.mark.parametrize("seed", range(6))
def test_the_profile_is_what_distances_every_millimetre_say(seed):
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 60, 25)
    half = rng.uniform(2.5, 4.5, (2, len(x))).cumsum(axis=1) / np.arange(1, len(x) + 1)
    ground = shapely.Polygon(np.vstack([np.column_stack([x, half[0]]), np.column_stack([x, -half[1]])[::-1]]))
    things = [car(*rng.uniform((5, -3), (55, 3)), turn_deg=rng.uniform(0, 90)) for _ in range(3)]
    things += [post(*rng.uniform((5, -3), (55, 3)), rng.choice([0.0, 0.15])) for _ in range(4)]
    a, b = rng.uniform((5, -3), (55, 3), (2, 2))
    things.append((LineString([a, a + (b - a) / np.hypot(*(b - a)) * 2]), {"kind": "wall"}))
    a_site = site([ground], obstructions=things)
    network = lane_network(a_site)
    spaces = Spaces.of(a_site, network, 4.0)
    profile = measure_profile(spaces)
    (space,) = spaces.ground
    rows = network.stations.merge(profile, on=["lane_id", "chainage_m"])
    solid = shapely.union_all([space.free.boundary, *(g for g in space.table.geometry if g.area == 0)])
    shapely.prepare(solid)
    shapely.prepare(space.free)
    for row in rows.iloc[::7].itertuples():
        left = np.array([-np.sin(row.heading_rad), np.cos(row.heading_rad)])
        low, high = -np.nan_to_num(row.right_m, nan=15.0), np.nan_to_num(row.left_m, nan=15.0)
        xy = np.array([row.geometry_x.x, row.geometry_x.y]) + np.arange(low, high, 0.001)[:, None] * left
        distance = np.where(shapely.contains_xy(space.free, xy), shapely.distance(shapely.points(xy), solid), 0.0)
        # Discs are drawn as polygons that stand out by a tenth of a millimetre.
        assert row.clear_width_m == pytest.approx(2 * distance.max(), abs=1.3e-3)


@given(st.integers(0, 2**32 - 1))
def test_the_nearest_segment_is_the_one_that_every_segment_says(seed):
    rng = np.random.default_rng(seed)
    shape = shapely.union_all([shapely.affinity.rotate(box(0, 0, *rng.uniform(0.2, 30, 2)), rng.uniform(0, 90))
                               for _ in range(rng.integers(1, 4))])  # fmt: skip
    boundary = Boundary.from_geometry(shape.convex_hull, points=rng.uniform(0, 10, (2, 2)))
    index = NearestSegments.of_obstacles(boundary)
    places = rng.uniform(-20, 20, (40, 2))
    segment, distance = index.nearest(places)
    every = np.stack([index.away(places, np.full(40, n))[0] for n in range(len(index.length_m))])
    assert distance == pytest.approx(every.min(axis=0), abs=1e-9)
    assert every[segment, np.arange(40)] == pytest.approx(distance, abs=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_the_widest_disc_on_a_line_is_that_of_every_place_on_it(seed):
    rng = np.random.default_rng(seed)
    posts = rng.uniform((-6, -4), (6, 4), (rng.integers(1, 8), 2))
    boundary = Boundary.from_geometry(box(-20, -4, 20, 4), points=posts)
    index = NearestSegments.of_obstacles(boundary)
    place, left = np.zeros((1, 2)) - boundary.origin, np.array([[0.0, 1.0]])
    found = float(widest_on(index, place, left, np.array([-4.0]), np.array([4.0]), np.ones((1, 2), bool))[0])
    offsets = np.linspace(-4, 4, 4001)
    distance = index.nearest(place + offsets[:, None] * left)[1]
    assert distance.max() - 1e-7 <= found <= distance.max() + 1e-3


def test_a_block_of_two_walls_without_width_that_touch():
    walls = [(LineString([(50, -4), (50, -1)]), {"kind": "wall"}), (LineString([(50, -1), (52, -1)]), {"kind": "wall"})]
    clear, section = read(street(8.0, walls), 51)
    assert (clear, section) == (pytest.approx(5.0), pytest.approx(5.0))


def test_a_road_without_anything_on_it_reads_the_same_with_an_empty_layer():
    bare = measured(site([road(60, 5)], entrances=gates(60, 5))).profile
    empty = measured(street(5.0, [], length=60.0)).profile
    far = measured(street(5.0, [block(200, 0, 210, 5)], length=60.0)).profile
    for other in (empty, far):
        assert other["clear_width_m"].to_numpy() == pytest.approx(bare["clear_width_m"].to_numpy(), abs=1e-9)
