"""Clear heights from laser points on made scenes of known wires, arches, branches, cars, noise and gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from laser_scenes import BUILDING, NOISE, ORIGIN, VEGETATION, WIRE_CLASS, Cloud, tile
from site_scenes import gates, over, road, site, street

from firelane.lanes.cloud import Near, gather
from firelane.lanes.cloud_ground import ground_of
from firelane.lanes.network import lane_network
from firelane.measure.laser import measure_laser
from firelane.site.points_stream import stream

ENVELOPE = {"width_m": 4.0, "height_m": 4.0}
BARE = street(6.0)
NETWORK = lane_network(BARE)
(LANE,) = NETWORK.lanes["lane_id"]
SLOPING = {"slope": 0.05, "camber": 0.02, "noise_m": 0.02}
NOISE_M = 0.08  # of the lowest of many points with 2 cm of noise, above a ground found in the same points


def laser(tmp_path, *clouds, base=BARE, network=NETWORK, classes=True, where=(None,), **more):
    """Measure one cloud (or several tiles of one) over a straight road of 100 m × 6 m."""
    parts = [(c, w) for c in clouds for w in where]
    tiles = tuple(
        tile(c.write(tmp_path / f"{n}.laz", classes=classes, where=w), **more) for n, (c, w) in enumerate(parts)
    )
    return measure_laser(replace(base, points=tiles), network, envelope=ENVELOPE)


def lowest(found):
    return min((thing.clear_height_m for thing in found.things), default=np.inf)


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("per_m2", [8, 20])
def test_bare_ground_is_clear_to_the_ceiling_at_the_density_that_lies_there(tmp_path, classes, per_m2):
    found = laser(tmp_path, Cloud(1, **SLOPING).ground(per_m2=per_m2), classes=classes)
    assert found.things == ()
    assert found.complete(LANE)
    cover = found.lanes[LANE]
    assert (cover.lowest_m, cover.standing) == (8.0, 0)
    assert cover.density_per_m2 == pytest.approx(per_m2, rel=0.15)
    assert found.ground_guessed is (not classes)
    assert 0.02 < found.accuracy_m < 0.1
    assert (found.stations["clear_height_m"] == 8.0).all()
    assert len(found.stations) == len(NETWORK.stations)


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize(("per_m2", "per_m"), [(8, 1.0), (20, 3.0)])
def test_a_sagging_wire_is_found_at_its_lowest_and_called_one(tmp_path, classes, per_m2, per_m):
    scene = Cloud(2, **SLOPING).ground(per_m2=per_m2).wire(50, 3.62, per_m=per_m)
    found = laser(tmp_path, scene, classes=classes)
    (wire,) = found.things
    assert (wire.kind, wire.guessed) == ("overhead_line", True)
    assert wire.id.startswith("laser:59")
    assert wire.clear_height_m == pytest.approx(3.62, abs=NOISE_M)
    local = shapely.transform(wire.shape, lambda xy: xy - ORIGIN)
    assert local.bounds[0] == pytest.approx(50, abs=0.2)
    assert local.bounds[2] == pytest.approx(50, abs=0.2)
    assert local.bounds[1] < -3  # it goes on beyond either kerb
    assert local.bounds[3] > 3


def test_thin_wires_are_not_lost_as_noise_at_the_density_that_is_asked_for(tmp_path):
    """One return a metre, at 8 points per square metre of ground: twelve wires out of twelve."""
    for seed in range(12):
        found = laser(tmp_path, Cloud(seed, **SLOPING).ground(40, -8, 60, 8, per_m2=8).wire(50, 3.62, per_m=1.0))
        assert lowest(found) == pytest.approx(3.62, abs=0.12), seed


@pytest.mark.parametrize("classes", [True, False])
def test_an_arch_with_the_ground_seen_below_it_is_measured_at_its_soffit(tmp_path, classes):
    found = laser(tmp_path, Cloud(3, **SLOPING).ground().slab(60, -8, 61, 8, 3.50), classes=classes)
    (arch,) = found.things
    assert (arch.kind, arch.guessed) == ("arch", True)
    assert arch.clear_height_m == pytest.approx(3.50, abs=NOISE_M)
    assert found.complete(LANE)
    low = found.stations[found.stations["clear_height_m"] < 4.0]
    assert low["chainage_m"].between(59, 62).all()
    assert set(low["kind"]) == {"arch"}


@pytest.mark.parametrize("classes", [True, False])
def test_a_branch_over_the_lane_is_measured_at_its_lowest_twig(tmp_path, classes):
    found = laser(tmp_path, Cloud(4, **SLOPING).ground().branch(30, 1.0, 3.2), classes=classes)
    assert {thing.kind for thing in found.things} == {"tree"}
    assert lowest(found) == pytest.approx(3.2, abs=NOISE_M)
    assert all(30 - 1.8 < t.shape.centroid.x - ORIGIN[0] < 30 + 1.8 for t in found.things)


def test_what_the_file_calls_it_goes_before_the_shape(tmp_path):
    scene = Cloud(5).ground().wire(20, 3.5, code=WIRE_CLASS).branch(60, 0, 3.2, code=VEGETATION)
    found = laser(tmp_path, scene)
    assert {(t.kind, t.guessed) for t in found.things} == {("overhead_line", False), ("tree", False)}
    kinds = found.stations.dropna(subset="kind")
    assert set(kinds["kind"]) == {"overhead_line", "tree"}
    assert not kinds["guessed"].any()


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("per_m2", [8, 25])
def test_cars_seen_from_the_air_stand_and_do_not_hang(tmp_path, classes, per_m2):
    holes = [(17.7, -2.9, 22.3, -1.1), (40, 0.9, 44.6, 2.7)]
    for seed in range(2):
        scene = Cloud(seed, **SLOPING).ground(per_m2=per_m2, holes=holes)
        scene.car(20, -2, per_m2=per_m2).car(42.3, 1.8, roof=2.1, per_m2=per_m2)
        found = laser(tmp_path, scene, classes=classes)
        assert found.things == ()
        assert found.lanes[LANE].standing > 5
        assert (found.stations["clear_height_m"].dropna() == 8.0).all()


def test_people_hedges_and_posts_stand(tmp_path):
    scene = Cloud(6).ground()
    rng = scene.rng
    for x in (20, 30, 40):
        scene.over(x + rng.uniform(-0.2, 0.2, 40), rng.uniform(-0.2, 0.2, 40), rng.uniform(0.1, 1.8, 40))
    scene.over(rng.uniform(60, 66, 900), rng.uniform(-3, -2, 900), rng.uniform(0, 1.6, 900))
    found = laser(tmp_path, scene)
    assert found.things == ()
    assert found.lanes[LANE].lowest_m == 8.0


def test_a_branch_over_a_parked_car_hangs(tmp_path):
    scene = Cloud(7).ground(holes=[(17.7, -0.9, 22.3, 0.9)]).car(20, 0).branch(20, 0, 3.2, radius=2.0)
    found = laser(tmp_path, scene)
    assert {t.kind for t in found.things} == {"tree"}
    assert lowest(found) == pytest.approx(3.2, abs=0.05)


@pytest.mark.parametrize("classes", [True, False])
def test_noise_above_and_below_the_ground_is_disregarded_and_counted(tmp_path, classes):
    scene = Cloud(8, **SLOPING).ground()
    x = np.arange(5.0, 100.0, 9.0)
    scene.add(x, np.tile([-1.5, 0.0, 1.5], 4)[: len(x)], 50 + 0.05 * x + np.tile([3.0, 2.2, 1.2], 4)[: len(x)])
    scene.add(x, np.zeros(len(x)), 50 + 0.05 * x - 4.0)
    scene.add(np.full(50, 30.0), np.linspace(-2, 2, 50), 54.5, NOISE)
    found = laser(tmp_path, scene, classes=classes)
    assert found.things == ()
    assert found.noise >= 50 + len(x) - 1
    assert found.lanes[LANE].lowest_m == 8.0
    assert found.complete(LANE)


def test_a_body_too_high_for_a_car_is_a_lorry_or_a_roof_and_that_cannot_be_told(tmp_path):
    """Seen from the air alone: no underside is asserted, and the stations beside it are not measured."""
    hole = (40, -2, 48, 0.5)
    found = laser(tmp_path, Cloud(9).ground(holes=[hole]).slab(*hole, 3.6))
    assert found.things == ()
    assert not found.complete(LANE)
    unmeasured = found.stations[~found.stations["measured"]]
    assert unmeasured["chainage_m"].min() == pytest.approx(40, abs=1.6)
    assert unmeasured["chainage_m"].max() == pytest.approx(48, abs=1.6)
    assert unmeasured["clear_height_m"].isna().all()


def test_a_low_roof_that_the_file_calls_a_building_hangs_at_the_height_seen_or_lower(tmp_path):
    hole = (40, -3, 48, 3)
    found = laser(tmp_path, Cloud(10).ground(holes=[hole]).slab(*hole, 3.6, code=BUILDING))
    assert lowest(found) == pytest.approx(3.6, abs=0.05)
    assert not found.complete(LANE)


def test_where_a_swath_is_missing_nothing_is_measured(tmp_path):
    found = laser(tmp_path, Cloud(11).ground(x1=40), Cloud(12).ground(x0=60))
    gone = found.stations.set_index("chainage_m")["measured"]
    assert gone.loc[:38.5].all()
    assert gone.loc[61.5:].all()
    assert not gone.loc[41:59].any()
    assert found.stations.set_index("chainage_m")["clear_height_m"].loc[41:59].isna().all()
    assert found.lanes[LANE].share == pytest.approx(0.8, abs=0.03)


def test_half_a_lane_beyond_the_tile_is_not_measured(tmp_path):
    """The tile ends along the centreline: what hangs over the other half was not seen."""
    found = laser(tmp_path, Cloud(13).ground(y0=0.0))
    assert not found.stations["measured"].any()
    assert found.lanes[LANE].share == 0.0


def test_thin_ground_is_too_thin(tmp_path):
    found = laser(tmp_path, Cloud(14).ground(per_m2=2))
    assert found.lanes[LANE].share < 0.2


def test_tiles_split_across_the_lane_give_what_one_tile_gives(tmp_path):
    scene = Cloud(15, **SLOPING).ground().wire(50, 3.62).branch(20, 0, 3.3)
    whole = laser(tmp_path, scene)
    parts = laser(tmp_path, scene, where=(lambda x, y: y < 0.3, lambda x, y: (y >= 0.3) & (x < 48), lambda x, y: (y >= 0.3) & (x >= 48)))
    assert parts.stations.drop(columns="geometry").equals(whole.stations.drop(columns="geometry"))
    assert [replace(t, shape=None) for t in parts.things] == [replace(t, shape=None) for t in whole.things]


def test_points_that_lie_elsewhere_tell_nothing(tmp_path):
    assert laser(tmp_path, Cloud(16).ground(0, 200, 100, 220)) is None
    assert measure_laser(BARE, NETWORK, envelope=ENVELOPE) is None


def test_the_accuracy_told_goes_before_the_one_estimated(tmp_path):
    found = laser(tmp_path, Cloud(17).ground(), accuracy_m=0.2)
    assert (found.accuracy_m, found.accuracy_told) == (0.2, True)
    rough = laser(tmp_path, Cloud(17, noise_m=0.05).ground())
    assert rough.accuracy_m == pytest.approx(2 * 0.05 + 0.001, abs=0.02)


def test_the_envelope_is_that_of_the_designated_lane(tmp_path):
    """A branch over the other half of a wide road does not concern a designated lane beside it."""
    base = site([road(100, 12)], entrances=gates(100, 12), fire_lanes=[shapely.box(0, 1, 100, 5.5)])
    network = lane_network(base)
    designated = network.lanes[network.lanes["designated"]]["lane_id"].tolist()
    found = laser(tmp_path, Cloud(18).ground(y0=-12, y1=12).branch(50, -4, 3.0), base=base, network=network)
    assert len(designated) == 1
    assert found.lanes[designated[0]].lowest_m == 8.0
    assert lowest(found) == pytest.approx(3.0, abs=0.05)


def test_the_way_beside_is_the_highest_of_its_width_in_each_section(tmp_path):
    """10 m of road, a slab at 3.0 m over the northern 4 m: 6 m are left, and the middle is barred."""
    base = site([road(100, 10)], entrances=gates(100, 10))
    network = lane_network(base)
    found = laser(tmp_path, Cloud(19).ground(y0=-9, y1=9).slab(50, 1, 51, 8, 3.0), base=base, network=network)
    at = found.stations[found.stations["chainage_m"] == 50.5].iloc[0]
    assert at["clear_height_m"] == pytest.approx(3.0, abs=0.05)
    assert at["way_height_m"] == 8.0
    assert at["measured"]


def test_what_was_found_joins_the_obstructions_and_nobody_surveyed_them_for_all_that(tmp_path):
    found = laser(tmp_path, Cloud(20).ground().wire(50, 3.6))
    bare = site([road()], entrances=gates())
    with_it = found.site_with(bare)
    assert not with_it.surveyed("obstructions")
    assert with_it.layer("obstructions")["id"].tolist() == [found.things[0].id]
    assert found.site_with(with_it).layer("obstructions")["id"].tolist() == [found.things[0].id]
    surveyed = site([road()], entrances=gates(), obstructions=[over(10, -3, 11, 3, 4.2, id="A")])
    both = found.site_with(surveyed)
    assert both.surveyed("obstructions")
    assert both.layer("obstructions")["id"].tolist() == ["A", found.things[0].id]
    assert both.layer("obstructions").dtypes.equals(surveyed.layer("obstructions").dtypes)
    assert not both.layer("obstructions")["removable"].iloc[1]


def test_voxels_do_not_grow_with_the_points(tmp_path):
    """Ten times the points on the same ground: at most the cells that ground has."""
    sizes = []
    for per_m2 in (400, 4000):
        one = tile(Cloud(21).ground(0, -3, 10, 3, per_m2=per_m2).write(tmp_path / f"{per_m2}.laz"))
        area = shapely.transform(shapely.box(0, -3, 10, 3), lambda xy: xy + ORIGIN)
        voxels = gather(stream([one], one.crs, area.bounds, chunk_points=50_000), area)
        assert voxels.points.sum() == voxels.read
        sizes.append(len(voxels.points))
    assert sizes[1] < 1.5 * sizes[0]
    assert sizes[1] < 60 * 100 * 2.2  # 60 m², a hundred cells each, in two layers


@settings(max_examples=8)
@given(st.integers(0, 10_000), st.floats(-0.08, 0.08), st.floats(0.0, 0.04))
def test_the_ground_is_found_on_any_slope_without_classes(seed, slope, camber):
    scene = Cloud(seed, slope=slope, camber=camber, noise_m=0.01)
    x, y = scene.spread(0, -4, 30, 4, 15)
    scene.over(x, y, 0.0).add([5, 15], [0, 1], [46.0, 45.0])
    xs, ys, zs, _, _ = scene.arrays()
    area = shapely.box(0, -4, 30, 4)
    from firelane.site.points_stream import Chunk

    code = np.ones(len(xs), np.uint8)
    voxels = gather([Chunk(xs, ys, zs, code, 0, 0.001)], area)
    ground = ground_of(voxels)
    height = ground.height_m[voxels.xyz[:, 2] > 47]
    assert ground.guessed
    assert np.abs(height).max() < 0.12  # noise, and the crown that a plane cuts off
    assert np.abs(np.median(height)) < 0.02


def test_the_map_of_what_is_near_holds_the_area_and_little_more():
    area = shapely.union_all([shapely.LineString([(0, 0), (300, 40)]).buffer(3), shapely.box(100, -80, 104, 0)])
    near = Near(area, 1.0)
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-20, 320, 20_000), rng.uniform(-100, 60, 20_000)
    got = near(x, y)
    truth = shapely.contains_xy(area, x, y)
    assert got[truth].all()
    far = shapely.distance(area, shapely.points(x, y)) > np.sqrt(2)
    assert not got[far].any()


def test_stations_far_apart_are_measured_only_where_all_between_them_was_seen(tmp_path):
    """Every 10 m, and a gap of 3 m in the points between two stations: neither side of it is complete."""
    base = replace(BARE, config=replace(BARE.config, station_m=10.0))
    network = lane_network(base)
    gap = (44.0, -9, 47.0, 9)
    found = laser(tmp_path, Cloud(22).ground(holes=[gap]), base=base, network=network)
    assert found.stations.set_index("chainage_m")["measured"].to_dict() == {float(c): c not in (40, 50) for c in range(0, 101, 10)}
    assert laser(tmp_path, Cloud(22).ground(), base=base, network=network).complete(LANE)
