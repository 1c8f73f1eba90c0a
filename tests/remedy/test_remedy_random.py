"""Random scenes: the search against trying every set, on the eroded road and with the audit's own engine."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from remedy_oracles import Ways, least_by_cutting, least_by_erosion, on_the_map
from shapely import LineString, MultiPolygon, Point, Polygon, box

from firelane.lanes.obstacles import disc

LIMIT_M = 4.0


def scene(seed, most=8):
    """Return road, shapes, radii, costs (None: immovable) and two pairs of places."""
    rng = np.random.default_rng(seed)
    width = rng.uniform(5.5, 9.0)
    road = [
        box(0, 0, 50, width),
        box(0, 0, 50, width) | box(20, -20, 20 + rng.uniform(5, 8), 20),
        box(0, 0, 40, 40) - box(width, width, 40 - width, 40 - width),
        box(0, 0, 50, width + 4) - box(22, width / 2 - 1, 28, width / 2 + 2),
    ][seed % 4]
    west, south, east, north = road.bounds
    room = shapely.buffer(road, -LIMIT_M / 2 - 0.02)
    places = []
    while len(places) < 3:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if shapely.contains_xy(room, x, y):
            places.append((x, y))
    shapes, radius = [], []
    count = int(rng.integers(2, most + 1))
    while len(shapes) < count:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        kind = rng.integers(6)
        shape = [
            box(-2.3, -0.95, 2.3, 0.95), box(-2.3, -0.95, 2.3, 0.95), Point(0, 0),
            LineString([(0, 0), (3, 1), (5, -2)]), Polygon([(0, 0), (5, 0), (5, 0.4), (0.4, 0.4), (0.4, 4), (0, 4)]),
            MultiPolygon([box(0, 0, 0.6, 0.6), box(3, 1, 3.6, 1.6)]),
        ][kind]  # fmt: skip
        shape = shapely.affinity.translate(shapely.affinity.rotate(shape, rng.uniform(0, 360), origin=(0, 0)), x, y)
        if shapely.intersects(road, shape):
            shapes.append(shape)
            radius.append(float(rng.uniform(0.1, 0.5)) if kind == 2 and rng.random() < 0.5 else math.nan)
    costs = [None if rng.random() < 0.08 else int(rng.integers(1, 9)) for _ in shapes]
    return road, shapes, radius, costs, [(places[0], places[1]), (places[0], places[2])]


def agrees_with_brute_force(seed, *, cutting):
    road, shapes, radius, costs, pairs = scene(seed)
    discs = [s if math.isnan(r) else _polygon_about(s, r) for s, r in zip(shapes, radius, strict=True)]
    ways = Ways(road, discs, pairs, costs=costs, radius_m=radius)
    cost = {n: c for n, c in enumerate(costs) if c is not None}
    for targets in ([[0]], [[0], [1]]):
        chosen = [pairs[k] for (k,) in targets]
        found = ways.solve(targets)
        assert found.proven
        low, high = (least_by_erosion(road, shapes, cost, chosen, LIMIT_M + d, radius) for d in (-1e-3, 1e-3))
        assert low <= found.cost <= high
        if cutting:
            assert found.cost == least_by_cutting(road, discs, cost, chosen, LIMIT_M, radius)
    return found.cost


def _polygon_about(point, radius_m):
    return disc(point.x, point.y, radius_m)


def test_the_search_agrees_with_trying_every_set():
    costs = [agrees_with_brute_force(seed, cutting=seed % 5 == 0) for seed in range(25)]
    # Not for want of problems.
    assert sum(0 < c < math.inf for c in costs) >= 8


@pytest.mark.slow
def test_the_search_agrees_with_trying_every_set_on_many_scenes():
    for seed in range(25, 325):
        agrees_with_brute_force(seed, cutting=True)


@pytest.mark.parametrize("seed", range(4, 12))
def test_what_does_not_change_a_scene_does_not_change_its_remedy(seed):
    road, shapes, _, costs, pairs = scene(seed)
    expected = Ways(road, shapes, pairs, costs=costs).solve()
    dense = [shapely.segmentize(s, 0.7) for s in shapes]
    assert Ways(shapely.segmentize(road, 0.9), dense, pairs, costs=costs).solve().cost == expected.cost
    assert Ways(road, shapes, pairs, costs=costs, position=on_the_map).solve().cost == expected.cost
    turned = Ways(road, shapes[::-1], pairs, costs=costs[::-1]).solve()
    assert (turned.cost, turned.lower_bound) == (expected.cost, expected.lower_bound)
    again = Ways(road, shapes, pairs, costs=costs).solve()
    assert again == expected


@pytest.mark.parametrize("seed", range(12, 24))
def test_remedies_are_least_in_every_other_sense_too(seed):
    road, shapes, _, costs, pairs = scene(seed, most=20)
    ways = Ways(road, shapes, pairs, costs=costs)
    joint, *single = (ways.solve(t) for t in ([[0], [1]], [[0]], [[1]]))
    assert joint.cost >= max(s.cost for s in single)
    for found, columns in ((joint, (0, 1)), (single[0], (0,)), (single[1], (1,))):
        assert found.lower_bound <= found.cost
        if found.impossible:
            continue
        names = ways.names(found)
        assert all(ways.width(k, names) >= LIMIT_M - 1e-6 for k in columns)
        for name in names:  # inclusion-minimal
            assert min(ways.width(k, names - {name}) for k in columns) < LIMIT_M - 1e-6
    # Removing never narrows.
    gone = set()
    before = [ways.width(k) for k in (0, 1)]
    for name in range(len(shapes)):
        gone.add(name)
        after = [ways.width(k, gone) for k in (0, 1)]
        assert all(a >= b - 1e-12 for a, b in zip(after, before, strict=True))
        before = after
