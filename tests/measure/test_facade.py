"""Distance between the lane's near edge and the wall of a building."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from site_scenes import box, local, measured, moved, road, site, street


def house(x0, y0, x1, y1, name="H"):
    return box(x0, y0, x1, y1), {"id": name}


def distances(a_site):
    return {f.building_id: f for f in measured(a_site).facades}


@pytest.mark.parametrize("gap", [0.01, 4.99, 5.0, 9.999, 10.0])
def test_beside_a_straight_lane_it_is_the_gap(gap):
    found = distances(street(buildings=[house(40, 3 + gap, 60, 20 + gap)]))["H"]
    assert found.distance_m == pytest.approx(gap, abs=1e-6)
    assert local(found.wall) == pytest.approx((50, 3 + gap), abs=1e-3)  # the middle of the parallel stretch
    assert local(found.place) == pytest.approx((50, 3), abs=1e-3)
    assert found.lane_id is not None


def test_beyond_the_access_distance_no_lane_serves_the_building():
    found = distances(street(buildings=[house(40, 13.01, 60, 30)]))["H"]
    assert (found.distance_m, found.lane_id) == (None, None)
    assert found.nearest_m == pytest.approx(10.01, abs=1e-6)
    far = distances(street(buildings=[house(40, 13.01, 60, 30)], config={"access_distance_m": 10.5}))["H"]
    assert far.distance_m == pytest.approx(10.01, abs=1e-6)


def test_a_turned_building_is_nearest_with_its_corner():
    shape = shapely.affinity.rotate(box(60, 10, 80, 20), 33.7)
    corner = min(shape.exterior.coords, key=lambda c: c[1])
    found = distances(street(buildings=[(shape, {"id": "H"})]))["H"]
    assert found.distance_m == pytest.approx(corner[1] - 3.0, abs=1e-6)
    assert local(found.wall) == pytest.approx(corner, abs=1e-3)


def test_the_distance_is_the_same_however_the_site_is_turned():
    def turned(geometry):
        return moved(shapely.affinity.rotate(geometry, 33.7, origin=(0, 0)))

    found = distances(street(buildings=[house(40, 7.99, 60, 20)], transform=turned))["H"]
    assert found.distance_m == pytest.approx(4.99, abs=1e-6)


def test_a_building_over_the_road_overlaps_and_one_that_touches_does_not():
    found = distances(street(buildings=[house(40, 2, 60, 20, "over"), house(70, 3, 80, 20, "touching")]))
    assert (found["over"].overlaps, found["over"].distance_m) == (True, 0.0)
    assert (found["touching"].overlaps, found["touching"].distance_m) == (False, 0.0)


def test_a_building_within_the_pavement_of_a_square_overlaps():
    found = distances(street(40.0, buildings=[house(40, -5, 60, 5)]))["H"]
    assert (found.overlaps, found.distance_m) == (True, 0.0)


def test_a_road_that_is_no_fire_lane_does_not_count():
    roads = [road(100, 6), (box(0, 10, 100, 14), {"fire_lane": False})]
    found = distances(site(roads, buildings=[house(40, 16, 60, 30)], config={"access_distance_m": 15.0}))["H"]
    assert found.distance_m == pytest.approx(13.0, abs=1e-6)


def test_a_designated_lane_takes_the_place_of_its_road():
    found = distances(street(10.0, fire_lanes=[box(0, -5, 100, -1)], buildings=[house(40, 6, 60, 20)]))["H"]
    assert found.distance_m == pytest.approx(7.0, abs=1e-6)


def test_without_buildings_there_is_nothing():
    assert measured(street()).facades == []


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_distance_between_the_shapes(seed):
    rng = np.random.default_rng(seed)
    shape = shapely.affinity.rotate(box(0, 0, *rng.uniform(5, 30, 2)), rng.uniform(0, 360))
    shape = shapely.affinity.translate(shape, *(rng.uniform(10, 90), rng.uniform(8, 20)))
    found = distances(street(buildings=[(shape, {"id": "H"})], config={"access_distance_m": 100.0}))["H"]
    assert found.distance_m == pytest.approx(shapely.distance(shape, road()), abs=1e-6)
    assert math.dist(found.wall, found.place) == pytest.approx(found.distance_m, abs=2e-3)
