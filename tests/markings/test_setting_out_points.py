"""Setting-out points: few, in a fixed order, where they are said to be."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from marking_scenes import ORIGIN, comb, l_bend, near, scene, straight, t_junction
from shapely import LineString, box

from firelane.crs import local_crs
from firelane.markings import plan_markings
from firelane.markings.curves import few_points, fewer_points
from firelane.markings.marks import Mark
from firelane.markings.plan import Board, Placement
from firelane.markings.setting_out import COLUMNS, along, setting_out, with_boards
from firelane.vocabulary import MarkKind

CRS = pyproj.CRS.from_epsg(4550)


def local_xy(points):
    return np.round(points[["y_east_m", "x_north_m"]].to_numpy() - ORIGIN, 3)


def curve(points):
    """Rebuild what a crew sets out: chords, and arcs through three points."""
    xy, names = local_xy(points), points.corner.tolist()
    done, n = [xy[0]], 0
    while n + 1 < len(xy):
        if names[n + 1] == "mid":
            a, m, b = xy[n], xy[n + 1], xy[n + 2]
            done += arc(a, m, b)[1:]
            n += 2
        else:
            done.append(xy[n + 1])
            n += 1
    return LineString(done)


def arc(a, m, b, steps=200):
    """Return points of the circle through three points, by perpendicular bisectors."""
    matrix = np.array([m - a, b - a])
    centre = np.linalg.solve(matrix, [((m - a) @ (m + a)) / 2, ((b - a) @ (b + a)) / 2])
    start, via, end = (math.atan2(*(p - centre)[::-1]) for p in (a, m, b))
    sweep = math.remainder(via - start, math.tau) + math.remainder(end - via, math.tau)
    angles = start + sweep * np.linspace(0, 1, steps)
    return list(centre + np.hypot(*(a - centre)) * np.column_stack([np.cos(angles), np.sin(angles)]))


def test_a_straight_line_is_two_points_however_many_vertices_it_has():
    line = LineString(np.column_stack([np.linspace(0, 100, 500), np.zeros(500)]))
    table = setting_out([Mark("m", MarkKind.EDGE_LINE, box(0, 0, 1, 1), 100, "L", corners=(line,))], {}, (0, 0), CRS)
    assert list(table.columns) == list(COLUMNS)
    assert table.corner.tolist() == ["start", "end"]
    assert table.y_east_m.tolist() == [0.0, 100.0]


def test_a_quarter_circle_is_three_points_with_its_radius():
    t = np.linspace(0, np.pi / 2, 97)
    run = few_points(np.column_stack([6.375 * np.cos(t), 6.375 * np.sin(t)]), 0.004)
    assert len(run.xy) == 3
    assert run.radius_m[1] == pytest.approx(6.375)
    assert run.xy[1] == pytest.approx(6.375 / math.sqrt(2))
    assert np.isnan(run.radius_m[[0, 2]]).all()


def test_a_right_angle_is_a_bend_and_no_arc():
    run = few_points(np.array([(0, 0), (10, 0), (10, 10), (0, 10.0)]), 0.005)
    assert run.xy.tolist() == [[0, 0], [10, 0], [10, 10], [0, 10]]
    assert np.isnan(run.radius_m).all()


def surveyed(seed, noise_m=0.01):
    """A kerb: 30 m, a return of 6 m, 30 m; a vertex a metre (half a metre on the arc), each off by a centimetre at most."""
    t = np.linspace(0, np.pi / 2, 20)
    straight_in = np.column_stack([np.arange(0.0, 30.0), np.zeros(30)])
    turn = np.column_stack([30 + 6 * np.sin(t), 6 - 6 * np.cos(t)])
    xy = np.concatenate([straight_in, turn, np.column_stack([np.full(30, 36.0), 7.0 + np.arange(30.0)])])
    return xy, xy + np.random.default_rng(seed).uniform(-noise_m, noise_m, xy.shape)


@pytest.mark.parametrize("seed", range(5))
def test_a_surveyed_edge_is_set_out_within_two_centimetres_with_few_points(seed):
    drawn, wavering = surveyed(seed)
    run = fewer_points(wavering, 0.01, 0.02)
    assert len(few_points(wavering, 0.01).xy) > 1.5 * len(run.xy)
    assert len(run.xy) <= 14
    rebuilt = curve_of(run)
    assert shapely.distance(shapely.points(wavering), rebuilt).max() <= 0.02 + 1e-4
    # what nobody disputes stays as exact as it was: the line as it was drawn takes the narrow tolerance
    exact = fewer_points(drawn, 0.01, 0.02)
    assert exact.xy.tolist() == few_points(drawn, 0.01).xy.tolist()
    assert len(exact.xy) == 5


def test_noise_does_not_count_as_little_as_the_narrow_tolerance():
    """A millimetre of waver is within a centimetre anyway."""
    _, wavering = surveyed(0, 0.001)
    assert fewer_points(wavering, 0.01, 0.02).xy.tolist() == few_points(wavering, 0.01).xy.tolist()


def curve_of(run):
    done, n = [run.xy[0]], 0
    while n + 1 < len(run.xy):
        if math.isfinite(run.radius_m[n + 1]):
            done += arc(run.xy[n], run.xy[n + 1], run.xy[n + 2])[1:]
            n += 2
        else:
            done.append(run.xy[n + 1])
            n += 1
    return LineString(done)


@given(
    st.lists(st.tuples(st.integers(2, 300), st.integers(-15, 15)), min_size=1, max_size=12),
    st.floats(0.002, 0.05),
)
def test_what_is_set_out_stays_near_any_line(steps, tolerance):
    """Circular and straight pieces of any curvature, as polylines with a vertex every 2 degrees."""
    at, heading, xy = np.zeros(2), 0.0, [np.zeros(2)]
    for length, turn in ((a / 10, b / 10) for a, b in steps):
        count = max(1, math.ceil(abs(turn) / math.radians(2)))
        for _ in range(count):
            heading += turn / count
            at = at + length / count * np.array([math.cos(heading), math.sin(heading)])
            xy.append(at)
    xy = np.array(xy)
    run = few_points(xy, tolerance)
    done = curve_of(run)
    spots = shapely.points(shapely.get_coordinates(shapely.segmentize(LineString(xy), 0.05)))
    assert shapely.distance(spots, done).max() < tolerance + 1e-4
    back = shapely.points(shapely.get_coordinates(shapely.segmentize(done, 0.05)))
    assert shapely.distance(back, LineString(xy)).max() < tolerance + 1e-4
    assert (run.xy[[0, -1]] == xy[[0, -1]]).all()
    assert len(run.xy) <= len(xy)


@pytest.mark.parametrize("make", [straight, l_bend, t_junction, comb])
def test_lines_are_set_out_within_a_centimetre_of_their_axes(make):
    plan = plan_markings(*make())
    points = plan.setting_out[plan.setting_out.kind == "edge_line"]
    run_of = (points.corner == "start").cumsum()
    runs = [curve(group) for _, group in points.groupby(run_of)]
    axes = list(near(plan.centrelines.geometry.array))
    assert len(runs) == len(axes)
    for run, axis in zip(runs, sorted_like(runs, axes), strict=True):
        assert shapely.hausdorff_distance(run, axis, densify=0.02) <= 0.01
    # the points themselves lie on the axes, but for their rounding
    spots = shapely.points(local_xy(points[points.corner != "mid"]))
    assert shapely.distance(spots, shapely.union_all(axes)).max() < 0.001


def sorted_like(runs, axes):
    return [min(axes, key=lambda axis, run=run: shapely.hausdorff_distance(axis, run)) for run in runs]


def test_corners_begin_near_left_and_go_round_counter_clockwise():
    for heading in (0.0, 37.0, 90.0, 180.0, 271.5):
        # the reader looks along `heading`; right of it is heading - 90
        ahead = np.array([math.cos(math.radians(heading)), math.sin(math.radians(heading))])
        right = np.array([ahead[1], -ahead[0]])
        near_left, near_right, far_right, far_left = (
            10 * ahead + x * right + y * ahead for x, y in ((-1, -2), (1, -2), (1, 2), (-1, 2))
        )
        for given_order in ([far_left, near_left, near_right, far_right], [near_right, near_left, far_left, far_right]):
            ring = shapely.LinearRing(given_order)
            mark = Mark("b", MarkKind.BOX_FRAME, box(0, 0, 1, 1), 1, None, corners=(ring,))
            place = Placement("b", "B", 0, 0, heading - 90.0, None, None, None)
            table = setting_out([mark], {}, (0, 0), CRS, placements=[place])
            found = table[["y_east_m", "x_north_m"]].to_numpy()
            assert found == pytest.approx(np.array([near_left, near_right, far_right, far_left]), abs=6e-4)
            assert table.corner.tolist() == ["1", "2", "3", "4"]


def test_boxes_are_numbered_as_their_reader_sees_them():
    """A driver who enters from the west: near is west, left is north."""
    points = plan_markings(*straight()).setting_out
    for mark in ("BOX-L1-01", "GRID-E1"):
        xy = local_xy(points[points.mark_id == mark])
        west, east, south, north = xy[:, 0].min(), xy[:, 0].max(), xy[:, 1].min(), xy[:, 1].max()
        assert xy.tolist() == [[west, north], [west, south], [east, south], [east, north]]


def test_a_grid_that_is_no_rectangle_is_read_into_its_lane():
    outline = shapely.Polygon([(0, 3), (0, -3), (60, -3), (60, 3), (20, 3), (20, 2), (4, 2), (4, 3)])
    lane = ("L1", LineString([(0, 0), (60, 0)]), "mouth", "tip", "m", "t")
    plan = plan_markings(*scene([outline], [lane], mouths=[("E1", LineString([(0, 3), (0, -3)]), (1, 0), "L1")]))
    grid = plan.setting_out[plan.setting_out.kind == "grid_border"]
    assert plan.paint[plan.paint.kind == "grid_border"].block.isna().all()
    assert grid.corner.tolist() == [str(n) for n in range(1, len(grid) + 1)]
    assert local_xy(grid)[:2].tolist() == [[0, 3], [0, -3]]
    assert shapely.Polygon(local_xy(grid)).exterior.is_ccw


def test_paint_on_a_kerb_is_set_out_where_it_begins_and_ends():
    plan = plan_markings(*straight(kerb=["yes"]))
    kerbs = plan.setting_out[plan.setting_out.kind == "kerb_top"]
    assert len(kerbs) > 0
    assert set(kerbs.corner) <= {"start", "end"}


def test_numbers_are_unique_and_run_through_the_site():
    points = plan_markings(*comb()).setting_out
    assert points.point.tolist() == [f"P{n:04d}" for n in range(1, len(points) + 1)]


def test_chainage_and_offset_by_brute_force():
    """Independent: the nearest of points every millimetre along the lane, the side from the signed area."""
    lane = LineString([(0, 0), (30, 0), (45, 10), (60, 10)])
    rng = np.random.default_rng(4)
    xy = np.column_stack([rng.uniform(1, 59, 60), rng.uniform(-2.5, 12.5, 60)])
    chainage, offset = along(lane, xy)
    s = np.arange(0, lane.length, 0.001)
    path = shapely.get_coordinates(shapely.line_interpolate_point(lane, s))
    for n, place in enumerate(xy):
        away = np.hypot(*(path - place).T)
        best = int(np.argmin(away))
        assert chainage[n] == pytest.approx(s[best], abs=0.002)
        assert abs(offset[n]) == pytest.approx(away[best], abs=1e-5)
        a, b = path[max(best - 1, 0)], path[min(best + 1, len(path) - 1)]
        side = (b - a)[0] * (place - a)[1] - (b - a)[1] * (place - a)[0]
        assert np.sign(offset[n]) == np.sign(side)


def test_beyond_its_ends_a_lane_goes_straight_on():
    lane = LineString([(0, 0), (10, 0), (10, 20)])
    chainage, offset = along(lane, np.array([(-2, 1), (0, 0), (9, 23), (10, 20), (11.5, 22.0)]))
    assert chainage == pytest.approx([-2, 0, 33, 30, 32])
    assert offset == pytest.approx([1, 0, 1, 0, -1.5])


def test_degrees_lead_back_to_the_metre_coordinates():
    points = plan_markings(*t_junction()).setting_out
    back = pyproj.Transformer.from_crs(4490, 4550, always_xy=True).transform(points.lon.to_numpy(), points.lat.to_numpy())
    assert np.abs(np.column_stack(back) - points[["y_east_m", "x_north_m"]].to_numpy()).max() < 0.001


def test_a_site_that_is_nowhere_has_no_degrees():
    mark = Mark("m", MarkKind.EDGE_LINE, box(0, 0, 1, 1), 1, None, corners=(LineString([(0, 0), (1, 0)]),))
    table = setting_out([mark], {}, (0, 0), local_crs((0.0, 0.0)))
    assert table[["lon", "lat", "chainage_m", "offset_m"]].isna().all(axis=None)


def test_boards_follow_with_the_lane_of_their_entrance():
    site, network = straight()
    plan = plan_markings(site, network)
    before = plan.setting_out[plan.setting_out.kind != "warning_board"]
    boards = [
        Board("SIGN-E1", "E1", ORIGIN[0] + 1, ORIGIN[1] + 4, 180.0, 0.8, 0.6, 2.0),
        Board("SIGN-?", "nowhere", ORIGIN[0] + 9, ORIGIN[1] - 4, 180.0, 0.8, 0.6, 2.0),
    ]
    after = with_boards(before, boards, network, site.crs)
    assert after.point.tolist() == [f"P{n:04d}" for n in range(1, len(before) + 3)]
    one, two = after.iloc[-2], after.iloc[-1]
    assert (one.mark_id, one.kind, one.corner, one.lane_id) == ("SIGN-E1", "warning_board", "foot", "L1")
    assert (one.chainage_m, one.offset_m) == (1.0, 4.0)
    assert two.lane_id is None
    assert math.isnan(two.chainage_m)
    assert list(after.columns) == list(COLUMNS)
    alone = with_boards(before.iloc[:0], boards, network, site.crs)
    assert alone.point.tolist() == ["P0001", "P0002"]


def test_few_points_for_a_kilometre():
    """Boxes 4 each, grids 4, every straight side 2: nothing grows with the vertices of the outline."""
    plan = plan_markings(*comb())
    pieces = plan.setting_out.groupby("kind").mark_id.nunique()
    count = plan.setting_out.groupby("kind").size()
    assert count["box_frame"] == 4 * pieces["box_frame"]
    assert count["grid_border"] == 4
    assert count["edge_line"] <= 6 * len(plan.centrelines)
