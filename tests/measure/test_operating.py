"""Operating ground beside buildings, and what stands between lane and building."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from site_scenes import (
    LineString,
    Point,
    block,
    box,
    local,
    measured,
    moved,
    over,
    site,
    street,
)

from firelane.lanes.rectangles import fits, sides_of, widened

SIZE = {"length_m": 15.0, "depth_m": 10.0, "nearest_m": 5.0, "farthest_m": 10.0}
HOUSE = box(40, 10, 80, 22), {"id": "H"}  # 5 m from a road 10 m wide
KINDS = ("tree", "overhead_line", "billboard", "decoration")


def ground(a_site, **size):
    return measured(a_site).fronts(2.0).ground("H", **(SIZE | size))


def runs(found, *, on_pavement=True):
    return [(n, round(f.from_m, 4), round(f.to_m, 4)) for n, on, f in found.grounds if on is on_pavement]


def yard(paved, **more):
    """A paved area before a wall 40 m long at y = 0, the outside being south of it."""
    more.setdefault("obstructions", [])
    return site([paved], buildings=[(box(0, 0, 40, 12), {"id": "H"})], **more)


# ------------------------------------------------------------------------------------ where it fits


def test_along_a_road_as_wide_as_the_ground_it_covers_the_whole_side():
    found = ground(street(10.0, obstructions=[], buildings=[HOUSE]))
    assert (found.long_side_m, found.perimeter_m) == pytest.approx((40.0, 104.0))
    assert (found.pavement.total_m, found.pavement.longest_m, found.pavement.whole_side_m) == pytest.approx((40, 40, 40))
    assert found.pavement.gap_m == 0.0


@pytest.mark.parametrize(
    ("length", "depth", "fit"),
    [(15.0, 10.0, True), (14.99, 10.0, False), (15.0, 9.99, False), (15.001, 10.001, True)],
)
def test_the_ground_fits_exactly_or_not_at_all(length, depth, fit):
    found = ground(yard(box(10, -5 - depth, 10 + length, -5)))
    assert found.pavement.total_m == pytest.approx(length if fit else 0.0, abs=1e-4)


@pytest.mark.parametrize(("edge", "fit"), [(5.0, True), (10.0, True), (10.001, False), (3.0, True)])
def test_its_inner_edge_lies_within_five_to_ten_metres(edge, fit):
    depth = 12.0 if edge < 5 else 10.0
    found = ground(yard(box(0, -edge - depth, 40, -edge)))
    assert found.pavement.total_m == pytest.approx(40.0 if fit else 0.0, abs=1e-4)


def test_nearer_than_five_metres_is_told_apart():
    found = ground(yard(box(0, -14, 40, -4)))
    assert found.pavement.total_m == 0.0
    assert found.closer.total_m == pytest.approx(40.0, abs=1e-4)


def test_above_fifty_metres_twenty_are_needed():
    paved = box(10, -15, 29.5, -5)
    assert ground(yard(paved)).pavement.total_m == pytest.approx(19.5, abs=1e-4)
    assert ground(yard(paved), length_m=20.0).pavement.total_m == 0.0


def test_a_tree_takes_away_what_no_rectangle_covers_beside_it():
    tree = Point(15.6, -12), {"kind": "tree", "id": "T", "radius_m": 0.5}
    found = ground(yard(box(0, -15, 40, -5), obstructions=[tree]))
    # 15.1 m west of it, 23.9 m east of it.
    assert found.pavement.total_m == pytest.approx(39.0, abs=1e-3)
    assert found.pavement.longest_m == pytest.approx(23.9, abs=1e-3)
    assert found.pavement.gap_m == pytest.approx(1.0, abs=1e-3)
    assert found.stands == ("T",)
    nearer = Point(14.6, -12), {"kind": "tree", "radius_m": 0.5}
    assert ground(yard(box(0, -15, 40, -5), obstructions=[nearer])).pavement.total_m == pytest.approx(24.9, abs=1e-3)


def test_it_steps_back_behind_a_tree_where_the_pavement_is_deep_enough():
    tree = Point(20, -7), {"kind": "tree", "radius_m": 0.25}
    assert ground(yard(box(0, -17.25, 40, -5), obstructions=[tree])).pavement.longest_m == pytest.approx(40.0, abs=1e-3)
    assert ground(yard(box(0, -17.2, 40, -5), obstructions=[tree])).pavement.longest_m < 21


def test_lines_and_things_overhead_bar_it_too():
    line = LineString([(20, -30), (20, 5)]), {"kind": "overhead_line", "clear_height_m": 8.0}
    found = ground(yard(box(0, -15, 40, -5), obstructions=[line]))
    assert found.pavement.longest_m == pytest.approx(20.0, abs=1e-4)
    sign = over(10, -16, 30, -4, 6.0, kind="billboard")
    assert ground(yard(box(0, -15, 40, -5), obstructions=[sign])).pavement.total_m == 0.0


def test_another_building_bars_it_and_a_gate_that_opens_does_not():
    other = box(0, -7, 40, -6), {"id": "other"}  # behind it is no ground for the wall either
    crowded = site([box(0, -15, 40, -5)], obstructions=[], buildings=[(box(0, 0, 40, 12), {"id": "H"}), other])
    assert ground(crowded).pavement.total_m == 0.0
    assert ground(crowded).possible.total_m < 104 - 39
    gate = block(10, -10, 12, -9, kind="gate", openable=True)
    assert ground(yard(box(0, -15, 40, -5), obstructions=[gate])).pavement.total_m == pytest.approx(40.0, abs=1e-4)


def test_beside_the_pavement_it_is_possible_only():
    found = ground(yard(box(0, -100, 40, -90)))
    assert found.pavement.total_m == 0.0
    assert found.possible.total_m == pytest.approx(104.0, abs=1e-4)
    assert found.possible.longest_m == pytest.approx(104.0, abs=1e-4)


def test_it_goes_on_round_a_corner():
    # Pavement before the south wall and the east wall, joined at the corner.
    paved = shapely.union_all([box(0, -15, 55, -5), box(45, -15, 55, 12)])
    found = ground(yard(paved))
    assert found.pavement.total_m == pytest.approx(52.0, abs=1e-4)
    assert found.pavement.longest_m == pytest.approx(52.0, abs=1e-4)
    assert found.pavement.whole_side_m == pytest.approx(40.0)


@pytest.mark.parametrize("degrees", [0.0, 33.7, 90.0, 211.3])
def test_turning_the_site_changes_nothing(degrees):
    def turned(geometry):
        return moved(shapely.affinity.rotate(geometry, degrees, origin=(0, 0)))

    tree = Point(15.6, -12), {"kind": "tree", "radius_m": 0.5}
    found = ground(yard(box(0, -15, 40, -5), obstructions=[tree], transform=turned))
    assert found.pavement.total_m == pytest.approx(39.0, abs=1e-3)
    exact = ground(yard(box(10, -15, 25, -5), transform=turned))
    assert exact.pavement.total_m == pytest.approx(15.0, abs=1e-4)


def test_balconies_do_not_break_a_side_and_wings_do():
    bays = shapely.union_all([box(0, 0, 40, 12), *(box(x, -1.5, x + 3, 0) for x in (4, 14, 24, 34))])
    sides = sides_of(bays, recess_m=2.0)
    assert sorted(round(s.length_m, 6) for s in sides) == [12, 12, 40, 40]
    south = next(s for s in sides if s.along[0] > 0.9)
    assert south.start[1] == pytest.approx(-1.5)  # it stands at its outermost point
    wing = shapely.union_all([box(0, 0, 40, 12), box(0, 12, 12, 40)])
    assert sorted(round(s.length_m, 6) for s in sides_of(wing, recess_m=2.0)) == [12, 12, 28, 28, 40, 40]


def test_the_table_of_grounds_covers_them():
    from firelane.measure.operating import ground_table

    a_site = yard(box(0, -15, 40, -5))
    spaces = measured(a_site).spaces
    table = ground_table([ground(a_site)], spaces)
    paved = table[table["on_pavement"]]
    assert paved["length_m"].tolist() == pytest.approx([40.0])
    assert local(np.array(paved.geometry.iloc[0].bounds[:2])) == pytest.approx((0.0, -15.0), abs=1e-3)
    assert set(table["building_id"]) == {"H"}


# ----------------------------------------------------------- an oracle: try the rectangle everywhere


@pytest.mark.parametrize("seed", range(6))
def test_sampled_rectangles_agree(seed):
    rng = np.random.default_rng(seed)
    things = [shapely.Point(*rng.uniform((0, 0), (50, 22))).buffer(rng.uniform(0.1, 1.5)) for _ in range(3)]
    things.append(shapely.LineString(rng.uniform((0, 0), (50, 22), (2, 2))))
    things.append(shapely.Point(*rng.uniform((0, 0), (50, 22))))
    blocked = shapely.geometrycollections(things)
    found = fits(50.0, blocked, **SIZE)
    solid = shapely.union_all([shapely.buffer(t, 1e-9) for t in things])
    shapely.prepare(solid)
    corners = np.array([(x, d) for d in np.arange(5, 10.01, 0.25) for x in np.arange(-14.9, 50, 0.25)])
    boxes = shapely.box(corners[:, 0], corners[:, 1], corners[:, 0] + 15, corners[:, 1] + 10)
    free = ~shapely.intersects(solid, boxes)
    for x in corners[free, 0]:
        low, high = max(x, 0.0), min(x + 15, 50.0)
        assert any(f.from_m - 1e-6 <= low and high <= f.to_m + 1e-6 for f in found)
    # And what is told as covered is covered by some rectangle of a fine grid.
    for f in found:
        inside = [(x, d) for x, d in corners[free] if f.from_m - 1e-6 <= max(x, 0) and min(x + 15, 50) <= f.to_m + 1e-6]
        assert inside or f.to_m - f.from_m < 15.6


def test_widening_a_polygon_is_its_minkowski_sum_with_a_box():
    ell = shapely.union_all([box(0, 0, 4, 1), box(0, 0, 1, 4)])
    grown = widened(ell, (-2.0, -1.0), (0.0, 0.0))
    assert grown.equals(shapely.union_all([box(-2, -1, 4, 1), box(-2, -1, 1, 4)]))


# ------------------------------------------------------------- what stands between lane and building


def between(a_site, reach_m=20.0, kinds=KINDS):
    return {b.owner: b for b in measured(a_site).fronts(2.0).between(kinds, reach_m=reach_m)}


def test_what_stands_between_lane_and_wall_is_found():
    things = [
        (Point(60, 7), {"kind": "tree", "id": "between", "radius_m": 0.2, "top_m": 9.0}),
        (Point(60, 0), {"kind": "tree", "id": "on the lane", "radius_m": 0.2}),
        (Point(60, -7), {"kind": "tree", "id": "beyond the lane", "radius_m": 0.2}),
        (Point(30, 7), {"kind": "tree", "id": "beside the house", "radius_m": 0.2}),
        (Point(60, 24), {"kind": "tree", "id": "behind the house", "radius_m": 0.2}),
        (Point(60, 8), {"kind": "pole", "id": "another kind", "radius_m": 0.2}),
        (Point(70, 9), {"kind": "tree", "id": "a post"}),
        (LineString([(50, -20), (50, 30)]), {"kind": "overhead_line", "id": "line", "clear_height_m": 6.0}),
        (*over(42, 9, 46, 9.5, None, kind="billboard", id="sign"),),
    ]
    found = between(street(10.0, obstructions=things, buildings=[HOUSE]))
    assert set(found) == {"between", "a post", "line", "sign"}
    assert (found["between"].bottom_m, found["between"].top_m) == (0.0, 9.0)
    assert (found["a post"].bottom_m, found["a post"].top_m) == (0.0, None)
    assert (found["line"].bottom_m, found["line"].top_m) == (6.0, None)
    assert (found["sign"].bottom_m, found["sign"].top_m) == (None, None)
    assert found["between"].distance_m == pytest.approx(2.8, abs=1e-3)
    assert local(found["between"].place) == pytest.approx((60, 7), abs=0.2)
    assert found["between"].building_ids == ("H",)


def test_a_lane_too_far_away_is_none_from_which_the_building_is_reached():
    tree = Point(60, 7), {"kind": "tree", "id": "T", "radius_m": 0.2}
    far = box(40, 25.01, 80, 40), {"id": "H"}
    near = box(40, 24.99, 80, 40), {"id": "H"}
    assert between(street(10.0, obstructions=[tree], buildings=[far])) == {}
    assert set(between(street(10.0, obstructions=[tree], buildings=[near]))) == {"T"}


def test_past_another_building_nothing_is_between():
    low = box(40, 8, 80, 12), {"id": "low"}
    tall = box(40, 18, 80, 30), {"id": "H"}
    tree = Point(60, 15), {"kind": "tree", "id": "T", "radius_m": 0.2}
    assert between(street(10.0, obstructions=[tree], buildings=[low, tall])) == {}
    front = Point(60, 6.5), {"kind": "tree", "id": "F", "radius_m": 0.2}
    found = between(street(10.0, obstructions=[front], buildings=[low, tall]))
    assert found["F"].building_ids == ("low",)


def test_an_object_before_two_buildings_is_one_object():
    tree = Point(50, 7), {"kind": "tree", "id": "T", "radius_m": 0.5}
    houses = [(box(30, 10, 50, 20), {"id": "A"}), (box(50.2, 9, 70, 20), {"id": "B"})]
    found = between(street(10.0, obstructions=[tree], buildings=houses))
    assert found["T"].building_ids == ("B", "A")
