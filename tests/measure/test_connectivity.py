"""Independent ways to buildings, rings, and the spots that cut buildings off."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from site_scenes import (
    CRS,
    LineString,
    block,
    box,
    gates,
    local,
    measured,
    moved,
    over,
    post,
    road,
    site,
    street,
)

from firelane.lanes.ways_graph import search

HOUSE = (box(40, 10, 60, 20), {"id": "H"})
LENGTH_M = 12.0


def house(x0, y0, x1, y1, name):
    return box(x0, y0, x1, y1), {"id": name}


def mouth(x0, y0, x1, y1, name, **more):
    return LineString([(x0, y0), (x1, y1)]), {"id": name, **more}


# A ring 6 m wide round a block of 62 × 48 m, with an arm to the west (and one to the east).
RING = shapely.union_all([box(0, 0, 74, 60).difference(box(6, 6, 68, 54)), box(-30, 27, 0, 33)])
WEST = mouth(-30, 27, -30, 33, "W")
THROUGH = shapely.union_all([RING, box(74, 27, 104, 33)])
EAST = mouth(104, 27, 104, 33, "E")
INNER = house(14, 14, 60, 46, "INNER")  # 8 m from the ring's inner edge
NORTH = house(30, 66, 50, 80, "NORTH")


def ways(a_site, width_m=4.0, length_m=LENGTH_M):
    return measured(a_site).connectivity(width_m=width_m, blocking_length_m=length_m)


def told(found):
    """building → (number of ways, entrances)."""
    return {b.building_id: (b.ways, b.entrances) for b in found.buildings}


def lost(found):
    """The cut places: (kind, entrance, what is lost)."""
    return sorted((c.kind, c.entrance_id, c.buildings) for c in found.cuts)


def test_a_street_with_two_ends_has_two_ways():
    found = ways(street(buildings=[HOUSE]))
    assert told(found) == {"H": (2, ("E", "W"))}
    assert found.cuts == ()


def test_a_street_with_one_end_has_one_way_and_the_place_lies_on_it():
    found = ways(street(buildings=[HOUSE], both=False))
    assert told(found) == {"H": (1, ("W",))}
    (cut,) = found.cuts
    assert (cut.kind, cut.entrance_id, cut.buildings) == ("entrance", "W", ("H",))
    x, y = local(cut.place)
    assert y == pytest.approx(0.0, abs=0.05)
    # The disc of the middle line (3 m) serves the house from 10 m: sqrt(13² - 10²) before its corner.
    reached = 40 - math.sqrt(13**2 - 10**2)
    assert x == pytest.approx(0.0, abs=0.05)
    assert cut.length_m == pytest.approx(reached, abs=0.55)


def test_the_spot_is_the_narrowest_before_the_building():
    found = ways(street(buildings=[HOUSE], both=False, obstructions=[block(12, 1.5, 13, 3)]))
    (cut,) = found.cuts
    assert local(cut.place) == pytest.approx((12.5, -0.75), abs=1.0)


def test_a_shut_or_low_or_narrow_entrance_is_no_way():
    def with_east(**more):
        rows = [*gates(both=False), mouth(100, -3, 100, 3, "E", **more)]
        return told(ways(street(buildings=[HOUSE], entrances=rows)))["H"]

    assert with_east() == (2, ("E", "W"))
    assert with_east(gate=True) == (2, ("E", "W"))  # whether it opens is not told: as for reach
    assert with_east(openable=False) == (1, ("W",))
    assert with_east(clear_height_m=3.9) == (1, ("W",))
    assert with_east(clear_height_m=4.0) == (2, ("E", "W"))
    narrow = street(buildings=[HOUSE], obstructions=[block(95, -3, 96, -0.99)])  # leaves 3.99 m
    assert told(ways(narrow))["H"] == (1, ("W",))


@pytest.mark.parametrize(("gap", "number"), [(4.0, 2), (3.999, 1)])
def test_a_way_counts_where_the_vehicle_fits_exactly(gap, number):
    found = ways(street(buildings=[HOUSE], obstructions=[block(80, -3, 82, 3 - gap)]))
    assert told(found)["H"][0] == number


def test_what_hangs_low_bars_a_way_and_what_hangs_high_does_not():
    assert told(ways(street(buildings=[HOUSE], obstructions=[over(80, -3, 81, 3, 3.9)])))["H"][0] == 1
    assert told(ways(street(buildings=[HOUSE], obstructions=[over(80, -3, 81, 3, 4.0)])))["H"][0] == 2


def test_walls_and_posts_without_width_bar_a_way():
    wall = LineString([(80, -3), (80, 3)]), {"kind": "wall"}
    assert told(ways(street(buildings=[HOUSE], obstructions=[wall])))["H"][0] == 1
    # On a road of 9 m a post in the middle leaves 4.5 m on either side.
    assert told(ways(street(9.0, buildings=[HOUSE], obstructions=[post(80, 0)])))["H"][0] == 2
    assert told(ways(street(7.9, buildings=[HOUSE], obstructions=[post(80, 0)])))["H"][0] == 1


def test_a_barred_street_is_no_way():
    bars = [block(20, -3, 21, 3), block(80, -3, 81, 3)]
    assert told(ways(street(buildings=[HOUSE], obstructions=bars))) == {"H": (0, ())}


def test_a_building_far_from_any_road_is_not_told():
    assert told(ways(street(buildings=[house(40, 14, 60, 20, "far")])))["far"] == (None, ())
    assert told(ways(site([road()], buildings=[HOUSE])))["H"] == (None, ())  # no entrances


def test_a_ring_with_one_arm_hangs_on_that_arm():
    found = ways(site([RING], obstructions=[], entrances=[WEST], buildings=[INNER, NORTH]))
    assert told(found) == {"INNER": (1, ("W",)), "NORTH": (1, ("W",))}
    assert lost(found) == [("entrance", "W", ("INNER", "NORTH"))]
    (ring,) = found.rings
    assert ring.buildings == ("INNER",)
    assert len(ring.connections) == 1
    assert math.dist(local(ring.connections[0]), (3, 30)) < 1.5
    assert {b.building_id: b.ringed for b in found.buildings} == {"INNER": True, "NORTH": False}


def test_a_ring_with_two_arms_can_lose_any_spot():
    found = ways(site([THROUGH], obstructions=[], entrances=[WEST, EAST], buildings=[INNER, NORTH]))
    assert told(found) == {"INNER": (2, ("E", "W")), "NORTH": (2, ("E", "W"))}
    assert found.cuts == ()
    assert [len(r.connections) for r in found.rings] == [2]
    assert found.rings[0].length_m == pytest.approx(2 * (68 + 54), rel=0.05)


def test_an_arm_that_leads_nowhere_is_no_connection():
    found = ways(site([THROUGH], obstructions=[], entrances=[WEST], buildings=[INNER]))
    assert [len(r.connections) for r in found.rings] == [1]


def test_a_dead_end_off_a_ring_loses_what_stands_on_it_alone():
    dead = shapely.union_all([THROUGH, box(30, 60, 36, 110)])
    houses = [INNER, house(44, 90, 60, 105, "D1"), house(10, 80, 22, 105, "D2")]
    found = ways(site([dead], obstructions=[], entrances=[WEST, EAST], buildings=houses))
    assert told(found) == {"INNER": (2, ("E", "W")), "D1": (1, ("E", "W")), "D2": (1, ("E", "W"))}
    (cut,) = found.cuts
    assert (cut.kind, cut.buildings) == ("lane", ("D1", "D2"))
    assert abs(local(cut.place)[0] - 33) < 0.1
    assert cut.lane_id is not None


def test_two_rings_that_meet_at_a_crossing_part_there():
    left = box(0, 0, 46, 46).difference(box(6, 6, 40, 40))
    right = box(40, 40, 86, 86).difference(box(46, 46, 80, 80))
    eight = shapely.union_all([left, right, box(-20, 20, 0, 26)])
    houses = [house(15, 15, 31, 31, "L"), house(55, 55, 71, 71, "R")]
    found = ways(site([eight], obstructions=[], entrances=[mouth(-20, 20, -20, 26, "W")], buildings=houses))
    assert lost(found) == [("entrance", "W", ("L", "R")), ("junction", None, ("R",))]
    crossing = next(c for c in found.cuts if c.kind == "junction")
    assert math.dist(local(crossing.place), (43, 43)) < 1.0
    assert sorted(len(r.connections) for r in found.rings) == [1, 1]


def test_a_square_too_wide_to_be_blocked_is_no_cut_place():
    # 24 m: a vehicle of 12 m in the middle leaves 6 m on either side.
    wide = street(24.0, buildings=[house(40, 15, 60, 25, "H")], both=False)
    assert ways(wide).cuts == ()
    assert [c.kind for c in ways(wide, length_m=17.0).cuts] == ["entrance"]


def test_the_table_holds_the_cut_places():
    table = ways(street(buildings=[HOUSE], both=False)).table
    assert table.crs == CRS
    (row,) = table.itertuples()
    assert (row.kind, row.entrance_id, row.building_ids, row.buildings) == ("entrance", "W", ("H",), 1)
    empty = ways(street(buildings=[HOUSE])).table
    assert len(empty) == 0
    assert list(empty.columns) == list(table.columns)


# ------------------------------------------------------------- an oracle: block it, and measure the reach


def _streets(rng):
    """A grid of streets 5 to 7 m wide, some missing, with houses in the blocks and one or two mouths."""
    pitch, count = 40.0, 3
    pieces, houses = [], []
    for i in range(count):
        for j in range(count):
            half = rng.uniform(2.5, 3.5)
            x, y = i * pitch, j * pitch
            pieces.append(box(x - 3.5, y - 3.5, x + 3.5, y + 3.5))
            if i + 1 < count and rng.random() < 0.75:
                pieces.append(box(x, y - half, x + pitch, y + half))
            if j + 1 < count and rng.random() < 0.75:
                pieces.append(box(x - half, y, x + half, y + pitch))
            if i + 1 < count and j + 1 < count:
                dx, dy = rng.uniform(12, 16, 2)
                houses.append(house(x + dx, y + dy, x + dx + 12, y + dy + 12, f"B{i}{j}"))
    mouths = [mouth(-20, -3, -20, 3, "W")]
    pieces.append(box(-20, -3, 0, 3))
    if rng.random() < 0.5:
        pieces.append(box((count - 1) * pitch, -3, (count - 1) * pitch + 20, 3))
        mouths.append(mouth((count - 1) * pitch + 20, -3, (count - 1) * pitch + 20, 3, "E"))
    area = shapely.union_all(pieces)
    parts = sorted(shapely.get_parts(area), key=lambda p: -p.area)
    cars = []
    for _ in range(int(rng.integers(0, 4))):
        x, y = rng.uniform(0, (count - 1) * pitch, 2)
        side = rng.integers(0, 2)
        spot = (round(x / pitch) * pitch, y) if side else (x, round(y / pitch) * pitch)
        cars.append(block(spot[0] - 1.2, spot[1] - 1.2, spot[0] + 1.2, spot[1] + 1.2))
    return parts, houses, mouths, cars


def _reached(a_site):
    return {r.building_id: (r.widest_m or 0.0) >= 4.0 - 1e-6 for r in measured(a_site).reach}


def _agree(seed, spots):
    rng = np.random.default_rng(seed)
    roads, houses, mouths, cars = _streets(rng)
    plain = {"entrances": mouths, "buildings": houses}
    m = measured(site(roads, obstructions=cars, **plain))
    found = m.connectivity(width_m=4.0, blocking_length_m=LENGTH_M)
    number = {b.building_id: b.ways for b in found.buildings}
    before = _reached(site(roads, obstructions=cars, **plain))
    assert {i: bool(n) for i, n in number.items()} == before
    single = {i for i, n in number.items() if n == 1}
    gone = set()
    for cut in found.cuts:
        x, y = local(cut.place)
        if cut.kind == "entrance" and min(abs(x + 20), abs(x - 100)) < 0.5:
            x += 0.5 if x < 0 else -0.5  # just inside the mouth
        barred = [*cars, block(x - 3.6, y - 3.6, x + 3.6, y + 3.6)]
        after = _reached(site(roads, obstructions=barred, **plain))
        assert not any(after[b] for b in cut.buildings), (seed, cut)
        gone |= set(cut.buildings)
    assert gone == single
    # And no other spot of a lane takes away what has two ways.
    lanes = [line for line in m.network.lanes.geometry if line.length > 16]
    for line in [lanes[k] for k in rng.permutation(len(lanes))[:spots]]:
        x, y = local(line.interpolate(rng.uniform(0.4, 0.6), normalized=True).coords[0])
        barred = [*cars, block(x - 3.6, y - 3.6, x + 3.6, y + 3.6)]
        after = _reached(site(roads, obstructions=barred, **plain))
        assert all(after[i] for i, n in number.items() if n == 2), (seed, (x, y))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_blocking_a_cut_place_loses_its_buildings_and_no_other_spot_does(seed):
    _agree(seed, 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4, 34))
def test_blocking_agrees_on_many_grids(seed):
    _agree(seed, 5)


def test_turning_and_moving_change_nothing():
    dead = shapely.union_all([THROUGH, box(30, 60, 36, 110)])
    houses = [INNER, house(44, 90, 60, 105, "D1"), house(10, 80, 22, 105, "D2")]

    def turned(geometry):
        return moved(shapely.affinity.translate(shapely.affinity.rotate(geometry, 33.7, origin=(0, 0)), 1234.5, -987.6))

    plain = ways(site([dead], obstructions=[], entrances=[WEST, EAST], buildings=houses))
    other = ways(site([dead], obstructions=[], entrances=[WEST, EAST], buildings=houses, transform=turned))
    assert told(plain) == told(other)
    assert lost(plain) == lost(other)
    assert [len(r.connections) for r in other.rings] == [2]


# ------------------------------------------------------------------------------------- the graph itself


def _dominators_by_removal(count, edges, root):
    """For each vertex the set of vertices without which the root does not reach it."""
    def reach(without):
        seen, stack = {root} - without, [root] if root not in without else []
        while stack:
            v = stack.pop()
            for a, b in edges:
                for x, y in ((a, b), (b, a)):
                    if x == v and y not in seen and y not in without:
                        seen.add(y)
                        stack.append(y)
        return seen

    whole = reach(set())
    return {v: {u for u in range(count) if u in whole and u != v and v not in reach({u})} for v in whole}


@pytest.mark.parametrize("seed", range(30))
def test_dominators_are_those_without_which_nothing_arrives(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 12))
    edges = rng.integers(0, count, (int(rng.integers(1, 18)), 2))
    found = search(count, edges, np.array([0]))
    expected = _dominators_by_removal(count, edges.tolist(), 0)
    assert set(found.order.tolist()) == set(expected)
    for v, above in expected.items():
        chain, u = set(), v
        while found.dominator[u] >= 0:
            u = int(found.dominator[u])
            chain.add(u)
        assert chain == above


def test_blocks_part_at_single_vertices_and_parallel_edges_make_a_ring():
    # 0 = 1 (twice) - 2, and a triangle 2 3 4
    edges = np.array([[0, 1], [1, 0], [1, 2], [2, 3], [3, 4], [4, 2]])
    block_of = search(5, edges, np.arange(5)).block
    assert block_of[0] == -1
    assert len({block_of[1], block_of[2], block_of[3]}) == 3
    assert block_of[3] == block_of[4]
