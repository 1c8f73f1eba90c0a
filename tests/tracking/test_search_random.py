"""Drives found on random lanes: each one is swept again by other geometry, and nothing may lie outside."""

import numpy as np
import pytest
import shapely
import shapely.affinity

pytest.importorskip("numba")

from firelane.tracking.catalogue import vehicles
from firelane.tracking.field import Apron, Field, Region
from firelane.tracking.proof import prove
from firelane.tracking.search import Budget, Search
from firelane.tracking.sweep import sweep
from firelane.tracking.vehicle import Policy

NAMES = ("pump-8", "tanker-10", "platform-12")
STREETS_M = (0.0, 45.0, 90.0)


def random_field(vehicle, seed):
    """A grid of lanes of random widths with cars, posts and a wall in them; the way in from the west."""
    rng = np.random.default_rng(seed)
    lanes = [shapely.box(-30, -3.5, 95, 3.5)]
    lanes += [shapely.box(-5, y - w / 2, 95, y + w / 2) for y, w in zip(STREETS_M[1:], rng.uniform(5, 8, 2), strict=True)]
    lanes += [shapely.box(x - w / 2, -3, x + w / 2, 93) for x, w in zip(STREETS_M, rng.uniform(5, 8, 3), strict=True)]
    area = shapely.union_all(lanes)
    if rng.random() < 0.5:  # rounded corners
        area = area.buffer(-2, join_style="mitre").buffer(2).buffer(4).buffer(-4)
    spots = np.array([shapely.Point(p) for p in rng.uniform(-5, 95, (60, 2))])
    spots = spots[shapely.dwithin(area.boundary, spots, 1.5) & shapely.contains(area, spots)][:8]
    cars = [shapely.affinity.rotate(shapely.box(p.x - 2.4, p.y - 0.9, p.x + 2.4, p.y + 0.9), float(rng.uniform(0, 180))) for p in spots]
    area = shapely.difference(area, shapely.union_all(cars)) if cars else area
    posts = rng.uniform(-5, 95, (10, 2))
    posts = posts[shapely.contains_xy(area, *posts.T) & (posts[:, 0] > 5)]
    middle, strip = np.array([-30.0, 0.0]), shapely.box(-31 - vehicle.length_m - 6, -3.5, -29.999, 3.5)
    region = Region(shapely.union_all([area, strip]), np.array([shapely.LineString([(60, -3.5), (60, -2.2)])], dtype=object), posts)
    return Field(region, region, (Apron("E1", strip, middle, 0.0, 7.0),)), rng.permutation([(x, y) for x in STREETS_M for y in STREETS_M])


def found_paths(wanted, first_seed=0):
    policy, seed, count = Policy(), first_seed, 0
    while count < wanted:
        vehicle = vehicles()[NAMES[seed % 3]]
        field, places = random_field(vehicle, seed)
        search = Search(field, vehicle, policy, field.aprons[0].seeds(vehicle, policy), fine_grids=(), budget=BUDGET)
        for place in places:
            outcome = search.reach(search.goal(shapely.Point(place), 0.8))
            if outcome.drive is not None:
                count += 1
                yield vehicle, policy, field, outcome
        seed += 1
        assert seed < first_seed + 4 * wanted, "hardly anything is found: the scenes are of no use"



BUDGET = Budget(states=200_000, patience=15_000, glance=5_000, windows=())


def check(wanted, first_seed=0):
    paths = 0
    for vehicle, policy, field, outcome in found_paths(wanted, first_seed):
        proof = prove(outcome.drive, field, vehicle, policy)
        assert proof.holds, proof
        assert proof.area_outside_m2 == 0.0
        paths += 1
    assert paths >= wanted


def test_thirty_found_paths_lie_inside():
    check(30)


def test_what_is_drawn_of_them_lies_inside_too():
    vehicle, _, field, outcome = next(found_paths(1, 100))
    body = sweep(outcome.drive, vehicle).body
    assert shapely.area(shapely.difference(body, field.body.area)) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.slow
def test_a_thousand_found_paths_lie_inside():
    check(1000, 1000)
