"""Through narrow places without a grid: sharp corners to two centimetres of the formula, and nothing that is not proven."""

import dataclasses

import numpy as np
import pytest
import shapely

pytest.importorskip("numba")

from test_search_corners import POLICY, corner, open_field, round_the_corner

from firelane.tracking.catalogue import vehicles
from firelane.tracking.closed import sharp_corner_width_m
from firelane.tracking.field import Apron, Field, Region
from firelane.tracking.overrun_ease import eased_from
from firelane.tracking.overrun_programme import Course
from firelane.tracking.proof import prove
from firelane.tracking.search import Search
from firelane.tracking.sweep import placed, rectangle

PUMP, TANKER, LADDER = (vehicles()[n] for n in ("pump-8", "tanker-10", "ladder-14"))


def turned(field, turn_rad, moved):
    """The same field turned about the origin, then moved."""
    c, s = np.cos(turn_rad), np.sin(turn_rad)
    put = lambda xy: xy @ np.array([[c, s], [-s, c]]) + moved  # noqa: E731
    spin = lambda g: shapely.transform(g, put)  # noqa: E731
    region = Region(spin(field.body.area), spin(field.body.walls), put(field.body.posts))
    aprons = tuple(Apron(a.entrance_id, spin(a.strip), put(a.middle), a.inward_rad + turn_rad, a.width_m) for a in field.aprons)
    return Field(region, region, aprons), put


@pytest.mark.parametrize("name", ["pump-8", "tanker-10", "platform-12", "ladder-14"])
def test_a_sharp_corner_two_centimetres_wider_than_the_formula_is_passed_and_proven(name):
    vehicle = vehicles()[name]
    field, outcome = round_the_corner(vehicle, sharp_corner_width_m(vehicle) + 0.02)
    assert outcome.drive is not None
    assert prove(outcome.drive, field, vehicle, POLICY).holds


@pytest.mark.parametrize("name", ["pump-8", pytest.param("tanker-10", marks=pytest.mark.slow), pytest.param("platform-12", marks=pytest.mark.slow)])
def test_half_a_centimetre_below_the_formula_nothing_is_found_and_nothing_is_claimed(name):
    vehicle = vehicles()[name]
    field = corner(vehicle, width := sharp_corner_width_m(vehicle) - 0.005)
    search = Search(field, vehicle, POLICY, field.aprons[0].seeds(vehicle, POLICY))
    outcome = search.reach(search.goal(shapely.LineString([(0.5, 24.5), (width - 0.5, 24.5)]), 0.6))
    assert outcome.drive is None
    assert not outcome.impossible
    assert search.given_up


def test_what_a_long_vehicle_finds_below_one_arc_is_swept_again_densely():
    """One arc at full lock is not the least for it (the closed form says so): a body drawn each centimetre stays inside."""
    width = sharp_corner_width_m(LADDER) - 0.005
    field, outcome = round_the_corner(LADDER, width)
    assert outcome.drive is not None
    fine = outcome.drive.refined(0.01)
    bodies = shapely.polygons(placed(fine.xy, fine.heading_rad, rectangle(LADDER, 0.0)))
    assert shapely.covers(field.body.area, bodies).all()
    _, outcome = round_the_corner(LADDER, width - 0.05)
    assert outcome.drive is None


@pytest.mark.parametrize("turn_rad", [0.5, 2.2])
def test_a_corner_that_is_turned_and_far_from_the_origin_is_passed_all_the_same(turn_rad):
    width = sharp_corner_width_m(TANKER) + 0.05
    field, put = turned(corner(TANKER, width), turn_rad, np.array([535_000.0, 4_629_000.0]))
    search = Search(field, TANKER, POLICY, field.aprons[0].seeds(TANKER, POLICY))
    outcome = search.reach(search.goal(shapely.LineString(put(np.array([(0.5, 24.5), (width - 0.5, 24.5)]))), 0.6))
    assert outcome.drive is not None
    assert prove(outcome.drive, field, TANKER, POLICY).holds


def test_the_same_narrow_place_twice_gives_the_same_drive_to_the_bit():
    width = sharp_corner_width_m(TANKER) + 0.03
    first, second = (round_the_corner(TANKER, width)[1] for _ in range(2))
    assert first.states == second.states
    assert first.drive.xy.tobytes() == second.drive.xy.tobytes()


def test_a_place_a_hand_too_narrow_is_given_up():
    """Walls from both sides, one behind the other: a disc gets through, the body does not; nothing is claimed."""
    walls = [shapely.LineString([(25, -3), (25, 0.2)]), shapely.LineString([(30, 3), (30, -0.2)])]
    field = open_field(PUMP, shapely.box(0, -3, 60, 3), middle=(0, 0), width=6.0, walls=walls)
    search = Search(field, PUMP, POLICY, field.aprons[0].seeds(PUMP, POLICY))
    outcome = search.reach(search.goal(shapely.Point(55, 0), 0.6))
    assert outcome.drive is None
    assert not outcome.impossible
    assert outcome.states < 200_000


def narrow_field(vehicle, seed):
    """Lanes round four blocks, of random widths about what the corners ask, with posts at their edges."""
    rng = np.random.default_rng(seed)
    need = sharp_corner_width_m(vehicle)
    lines = [shapely.LineString([(-40, 0), (80, 0)]), shapely.LineString([(0, -3), (0, 80)]), shapely.LineString([(60, -3), (60, 80)])]
    lines += [shapely.LineString([(-3, 60), (80, 60)])]
    area = shapely.union_all([g.buffer(w / 2, cap_style="square") for g, w in zip(lines, need + rng.uniform(-0.3, 0.6, 4), strict=True)])
    posts = shapely.get_coordinates(shapely.line_interpolate_point(area.boundary, rng.uniform(0, area.boundary.length, 6))) + rng.uniform(-0.3, 0.3, (6, 2))
    posts = posts[shapely.contains_xy(area, *posts.T) & (posts[:, 0] > -20)]
    x0 = area.bounds[0]
    width = float(shapely.intersection(area, shapely.LineString([(-30, -20), (-30, 20)])).length)
    strip = shapely.box(x0 - vehicle.length_m - 6, -width / 2, x0 + 1e-3, width / 2)
    region = Region(shapely.union_all([area, strip]), np.zeros(0, object), posts)
    return Field(region, region, (Apron("E1", strip, np.array([x0, 0.0]), 0.0, width),))


def found_in(seeds):
    vehicle_of = (PUMP, TANKER, vehicles()["platform-12"], LADDER)
    through = 0
    for seed in seeds:
        vehicle = vehicle_of[seed % 4]
        field = narrow_field(vehicle, seed)
        search = Search(field, vehicle, POLICY, field.aprons[0].seeds(vehicle, POLICY))
        for place in ((60, 30), (60, 60), (0, 30), (30, 60)):
            outcome = search.reach(search.goal(shapely.Point(place), 0.8))
            if outcome.drive is not None:
                proof = prove(outcome.drive, field, vehicle, POLICY)
                assert proof.holds, (seed, place, proof)
                # what has no grid is tied to a pose of the tree
                through += any(n in search.tree.ties for n in search.tree.chain(outcome.number))
    return through


def test_drives_through_random_narrow_corners_are_proven():
    assert found_in(range(1)) >= 1


@pytest.mark.slow
def test_many_drives_through_random_narrow_corners_are_proven():
    assert found_in(range(100, 180)) >= 80


def test_what_a_corner_of_the_body_would_cut_between_two_poses_that_are_looked_at_is_seen():
    """The front swings out over a post by centimetres within a quarter of a metre, and stands clear of it before and after."""
    rng, asked = np.random.default_rng(8), dataclasses.replace(POLICY, margin_m=POLICY.margin_m + 0.005)
    curvature = np.full(40, 0.7 / PUMP.rear_radius_m)
    drive = Course(np.zeros(2), 0.0, curvature[0], np.full(40, 0.75), curvature, 0.75).drive()
    fine = drive.refined(0.01)
    corners = placed(fine.xy, fine.heading_rad, rectangle(PUMP, 0.0))[:, 1]
    cut = cleared = 0
    for number in range(6):
        at, deep = rng.integers(600, len(corners) - 400), rng.uniform(0.01, 0.06)
        outward = corners[at] - shapely.get_coordinates(shapely.centroid(shapely.multipoints(corners)))[0]
        post = corners[at] - deep * outward / np.hypot(*outward)
        field = open_field(PUMP, shapely.box(-60, -60, 60, 60), middle=(-60, 0), width=6.0, posts=post[None])
        cut += not prove(drive, field, PUMP, POLICY, steady=False).holds
        eased, shrink_m = eased_from(drive, 0, field, PUMP, asked)
        if shrink_m == 0:
            cleared += 1
            assert prove(eased, field, PUMP, POLICY, steady=False).holds, (number, post)
    assert cut == 6
    assert cleared == 6
