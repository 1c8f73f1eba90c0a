"""Every width and height in the samples' tables, measured with plain shapely, without firelane."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from sample_plan import ALONG, Plan, across
from shapely import LineString, Point

WIDTH = "sy2020-14-clear-width"
U = ALONG["shenyang_district"]
V = across("shenyang_district")


@pytest.fixture(scope="module")
def district():
    return Plan("shenyang_district")


@pytest.fixture(scope="module")
def compliant():
    return Plan("shenyang_compliant")


def test_bollard_leaves_3100_and_2700(district):
    at = district.shape("obstructions", "B01").coords[0]
    small, large = district.gaps(at, U, district.solid("B01"))
    assert (small, large) == pytest.approx((2.7, 3.1), abs=1e-5)
    assert district.answer(WIDTH, "L3")["value"] == 3.1


def test_row_of_cars_leaves_3420_over_20_m(district):
    cars = [district.solid(f"V{n:02d}") for n in (1, 2, 3, 4)]
    along = shapely.get_coordinates(cars) @ np.array(V)
    assert np.ptp(along) == pytest.approx(20.0, abs=1e-6)
    for car in cars:
        assert district.gaps(car.centroid.coords[0], U, car)[-1] == pytest.approx(3.42, abs=1e-6)
    assert district.answer(WIDTH, "L8")["value"] == 3.42


def test_staggered_obstacles_leave_the_root_of_ten_though_every_section_is_4500(district):
    a, b = district.solid("S01"), district.solid("S02")
    assert a.distance(b) == pytest.approx(math.sqrt(10), abs=1e-6)
    assert district.answer(WIDTH, "L5")["value"] == pytest.approx(math.sqrt(10), abs=1e-12)
    start = np.array(a.centroid.coords[0])
    for step in np.arange(-3.0, 6.0, 0.05):
        on_axis = start + step * np.array(U) - 2.25 * np.array(V)
        assert district.gaps(on_axis, V, a, b)[-1] >= 4.5 - 1e-6


def test_bulge_leaves_3850(district):
    [lane] = [row for row in district.expected["lane"] if row["name"] == "D1"]
    widths = [
        district.gaps(np.array(lane["point"]) + step * np.array(V), U)[0]
        for step in np.arange(-2.0, 16.0, 0.05)
    ]
    answer = district.answer(WIDTH, "D1")
    assert min(widths) == pytest.approx(answer["value"], abs=1e-3)
    assert district.gaps(answer["location"], U)[0] == pytest.approx(3.85, abs=1e-6)
    assert max(widths) == pytest.approx(5.0, abs=1e-6)


@pytest.mark.parametrize(
    ("lane", "obstacle", "direction", "width_m", "group"),
    [
        ("G3", "TX2", U, 3.80, "violation"),
        ("L1", "V05", V, 4.50, "notable"),
    ],
)
def test_gap_beside_one_obstacle(district, lane, obstacle, direction, width_m, group):
    solid = district.solid(obstacle)
    assert district.gaps(solid.centroid.coords[0], direction, solid)[-1] == pytest.approx(width_m, abs=1e-5)
    assert district.answer(WIDTH, lane, group)["value"] == width_m


def test_tree_in_the_cross_road_leaves_4050(district):
    tree = district.solid("TX1")
    assert district.gaps(tree.centroid.coords[0], V, tree)[-1] == pytest.approx(4.05, abs=1e-5)
    assert "4.05 m" in district.answer("sy2020-10-obstruction", "TX1", "notable")["why_en"]


@pytest.mark.parametrize(("lane", "width_m", "group"), [("D2", 3.98, "violation"), ("X1", 4.0, "notable")])
def test_roads_at_the_limit(district, lane, width_m, group):
    answer = district.answer(WIDTH, lane, group)
    for step in np.arange(-8.0, 8.1, 0.5):
        at = np.array(answer["location"]) + step * np.array(U)
        assert district.gaps(at, V) == pytest.approx([width_m], abs=1e-8)
    assert answer["value"] == width_m


def test_car_in_the_designated_lane_leaves_4100(district):
    lane, car = district.shape("fire_lanes", "FL1"), district.solid("V06")
    assert lane.intersection(car).area == pytest.approx(0.40 * 4.5, abs=1e-6)
    x, y = U
    east, north = car.centroid.coords[0]
    ray = LineString([(east - 9 * x, north - 9 * y), (east + 9 * x, north + 9 * y)])
    assert ray.intersection(lane).difference(car).length == pytest.approx(4.10, abs=1e-6)
    for other in district.layers["obstructions"].itertuples():
        if other.id != "V06":
            assert lane.intersection(district.solid(other.id)).area == 0, other.id
    existing = district.layers["parking"].query("status == 'existing'")
    assert lane.intersection(shapely.union_all(existing.geometry.to_numpy())).area == 0


@pytest.mark.parametrize(
    ("bay", "direction", "width_m", "group"),
    [
        ("P20", U, 3.7, "violation"),
        ("P21", U, 3.7, "violation"),
        ("P22", V, 4.7, "notable"),
        ("P23", V, 4.7, "notable"),
    ],
)
def test_planned_bays(district, bay, direction, width_m, group):
    area = district.shape("parking", bay)
    assert district.gaps(area.centroid.coords[0], direction, area)[-1] == pytest.approx(width_m, abs=1e-6)
    assert district.answer("sy2020-14-parking", bay, group)["value"] == width_m


def test_planned_bays_of_the_compliant_site_leave_exactly_4000(compliant):
    for bay in ("P07", "P08"):
        area = compliant.shape("parking", bay)
        gap = compliant.gaps(area.centroid.coords[0], ALONG[compliant.name], area)[-1]
        assert gap == pytest.approx(4.0, abs=1e-8)


def _free(plan, without=()):
    solids = [
        plan.solid(row.id).buffer(0)
        for row in plan.layers["obstructions"].itertuples()
        if row.id not in without and row.kind not in {"overhead_line", "arch", "gate"}
        and row.geometry.geom_type != "LineString"
    ]  # fmt: skip
    return plan.pavement.difference(shapely.union_all(solids))


def _pieces(plan, free):
    """Return the pieces where a disc just under 4 m fits, by erosion, and the lanes in the largest."""
    core = free.buffer(-1.99, quad_segs=64)
    parts = sorted(shapely.get_parts(core), key=lambda p: -p.area)
    return [p for p in parts if p.area > 1e-6]


def test_nothing_else_narrows_the_district(district):
    planted = {"B01", "V01", "V02", "V03", "V04", "S01", "S02", "TX2"}
    lane = district.shape("fire_lanes", "FL1")
    # The middle road is judged inside its designated lane alone.
    middle = district.shape("roads", "R11").difference(lane)
    free = _free(district, planted).difference(middle)
    parts = _pieces(district, free)
    main = parts[0]
    for row in district.expected["lane"]:
        reached = main.distance(Point(row["point"])) < 2.0
        assert reached == (row["name"] != "D2"), row
    # The north dead end is in two: before and behind the bulge.
    assert len(parts) == 2


def test_each_planted_obstacle_alone_cuts_its_lane(district):
    lanes = {row["name"]: Point(row["point"]) for row in district.expected["lane"]}
    before = len(_pieces(district, _free(district, {"B01", "V01", "V02", "V03", "V04", "S01", "S02", "TX2"})))
    for group in ({"B01"}, {"V01", "V02", "V03", "V04"}, {"S01", "S02"}):
        others = {"B01", "V01", "V02", "V03", "V04", "S01", "S02", "TX2"} - group
        core = shapely.union_all(_pieces(district, _free(district, others)))
        spot = shapely.union_all([district.solid(name) for name in group]).centroid
        near = core.intersection(spot.buffer(14.0))
        assert len([p for p in shapely.get_parts(near) if p.area > 1e-3]) == 2, group
    core = _pieces(district, _free(district, {"B01", "V01", "V02", "V03", "V04", "S01", "S02"}))
    assert len(core) == before + 1  # the exit beyond the tree
    assert lanes


def test_nothing_narrows_the_compliant_site(compliant):
    assert len(_pieces(compliant, _free(compliant))) == 1


@pytest.mark.parametrize(
    ("name", "height_m", "lane", "group"),
    [
        ("AR1", 3.6, "L2", "violation"),
        ("OL1", 3.9, "L6", "violation"),
        ("OL3", 4.0, "L8", "notable"),
        ("OL2", None, "L3", "notable"),
    ],
)
def test_overhead_obstacles_cross_their_lane(district, name, height_m, lane, group):
    table = district.layers["obstructions"]
    [height] = table.clear_height_m[table.id == name]
    answer = district.answer("sy2020-14-clear-height", lane, group)
    if height_m is None:
        assert math.isnan(height)
        assert answer["verdict"] == "not_measured"
        assert "value" not in answer
    else:
        assert height == height_m == answer["value"]
    left = district.pavement.buffer(-0.5).difference(district.solid(name).buffer(1e-6))
    spot = Point(answer["location"]).buffer(3.5)
    assert len(shapely.get_parts(left.intersection(spot))) == 2


def test_gates(district):
    table = district.layers["entrances"].set_index("id")
    assert table.gate.astype(bool).all()
    assert bool(table.openable["E1"]) is True
    assert bool(table.openable["E2"]) is False
    assert table.openable.isna()["E3"]
    gate = district.layers["obstructions"].query("kind == 'gate'")
    assert list(gate.openable.astype(bool)) == [True]
