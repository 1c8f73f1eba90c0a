"""What must not change a width, and what may change it one way only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from core_engine import boundary_of, listed, pinches_of, widest
from core_oracles import has_match, pinch_difference
from core_scenes import Scene
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, affinity, box

from firelane.lanes.boundary import Boundary
from firelane.lanes.pieces import cut
from firelane.lanes.pinches import find_pinches
from firelane.lanes.reach import WidestWay

LIMIT_M = 6.0
CAP_M = 8.0
FAR_M = (5e5, 4.6e6)
STEADY = settings(max_examples=25, deadline=None, derandomize=True)


def centimetres(low_m: float, high_m: float) -> st.SearchStrategy[float]:
    """Surveyed lengths: whole centimetres, so that ties are ties and not differences of 1e-12."""
    return st.integers(round(low_m * 100), round(high_m * 100)).map(lambda cm: cm / 100)


@st.composite
def cars(draw) -> Polygon:
    length, breadth = draw(centimetres(0.2, 5)), draw(centimetres(0.2, 2))
    turned = affinity.rotate(box(0, 0, length, breadth), draw(st.integers(0, 179)), origin=(0, 0))
    return affinity.translate(turned, draw(centimetres(8, 48)), draw(centimetres(-4, 4)))


@st.composite
def scenes(draw) -> Scene:
    """A lane with a bend in its kerb and clutter between x = 5 and x = 54; free at both ends."""
    half = draw(centimetres(2.2, 4.5))
    dent = draw(centimetres(-0.8, 1.5))
    kerb = [(0, half), (20, half), (30, half + dent), (40, half), (60, half)]
    road = Polygon([(0, -half), (60, -half), *reversed(kerb)])
    posts = draw(st.lists(st.tuples(centimetres(8, 52), centimetres(-4, 4)), max_size=4, unique=True))
    walls = draw(
        st.lists(
            st.tuples(centimetres(8, 50), centimetres(-5, 5), centimetres(-2, 2), centimetres(-3, 3)),
            max_size=2,
        )
    )
    lines = [LineString([(x, y), (x + dx, y + dy)]) for x, y, dx, dy in walls if dx or dy]
    free = (
        road.difference(shapely.union_all(solids)) if (solids := draw(st.lists(cars(), max_size=4))) else road
    )
    return Scene(
        "drawn",
        road,
        tuple(solids),
        tuple(line for line in lines if line.intersects(free)),
        np.array([xy for xy in posts if free.intersects(shapely.Point(xy))]).reshape(-1, 2),
        start=np.array([2.0, 0.0]),
        ends=np.array([[58.0, 0.0], [58.0, 0.5]]),
    )


def on_a_plateau(outline: shapely.Geometry, p: np.ndarray, q: np.ndarray) -> bool:
    """Whether the chord can be shifted sideways by 2 mm along both its edges."""
    side = np.array([-(q - p)[1], (q - p)[0]]) / np.hypot(*(q - p)) * 0.002
    return any(
        (shapely.distance(outline, shapely.points([p + way * side, q + way * side])) < 1e-8).all()
        for way in (1, -1)
    )


def moved_back(found: tuple, turn_deg: float, shift_m: tuple[float, float]) -> tuple:
    angle = np.radians(turn_deg)
    back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    p, q, width_m = found
    return (p - shift_m) @ back, (q - shift_m) @ back, width_m


@STEADY
@given(scenes(), st.integers(0, 359))
def test_turning_and_moving(scene, turn_deg):
    moved = scene.moved(turn_deg, FAR_M)
    assert not pinch_difference(
        pinches_of(scene, LIMIT_M), moved_back(pinches_of(moved, LIMIT_M), turn_deg, FAR_M)
    )
    np.testing.assert_allclose(widest(moved, CAP_M), widest(scene, CAP_M), atol=1e-7)


@STEADY
@given(scenes(), centimetres(0.3, 2))
def test_more_vertices_on_the_boundary(scene, step_m):
    area = scene.area
    dense = Boundary.from_geometry(
        shapely.segmentize(area, step_m),
        lines=[shapely.segmentize(line, step_m) for line in scene.lines],
        points=scene.points,
    )
    few, many = pinches_of(scene, LIMIT_M), listed(find_pinches(dense, LIMIT_M), LIMIT_M)
    assert not [line for line in pinch_difference(few, many) if "first" in line]
    # an overlap whose middle is blocked carries no chord; its shorter stretches may carry theirs
    outline = shapely.union_all([area.boundary, *scene.lines])
    for p, q, width_m in zip(*many, strict=True):
        assert has_match(p, q, width_m, few) or on_a_plateau(outline, p, q)
    np.testing.assert_allclose(
        WidestWay(dense, cap_m=CAP_M).between(scene.start, scene.ends), widest(scene, CAP_M), atol=1e-7
    )


@STEADY
@given(scenes(), st.randoms(use_true_random=False))
def test_another_order(scene, random):
    solids, lines, posts = list(scene.solids), list(scene.lines), scene.points.tolist()
    for rows in (solids, lines, posts):
        random.shuffle(rows)
    other = replace(
        scene,
        road=scene.road.reverse(),
        solids=tuple(solid.reverse() for solid in solids),
        lines=tuple(line.reverse() for line in lines),
        points=np.array(posts).reshape(-1, 2),
    )
    assert not pinch_difference(pinches_of(scene, LIMIT_M), pinches_of(other, LIMIT_M))
    np.testing.assert_allclose(widest(other, CAP_M), widest(scene, CAP_M), atol=1e-9)


@STEADY
@given(scenes().filter(lambda scene: scene.solids), centimetres(0.01, 1.5))
def test_growing_an_obstruction_never_widens(scene, growth_m):
    grown = replace(scene, solids=(scene.solids[0].buffer(growth_m, join_style="mitre"), *scene.solids[1:]))
    free = grown.area
    # what the obstruction swallowed is no longer there
    grown = replace(
        grown,
        points=np.array([xy for xy in grown.points if free.intersects(shapely.Point(xy))]).reshape(-1, 2),
    )
    assert (widest(grown, CAP_M) <= widest(scene, CAP_M) + 1e-6).all()


@STEADY
@given(scenes())
def test_removing_one_never_narrows(scene):
    before = widest(scene, CAP_M)
    for fewer in (
        *(replace(scene, solids=scene.solids[:i] + scene.solids[i + 1 :]) for i in range(len(scene.solids))),
        *(replace(scene, lines=scene.lines[:i] + scene.lines[i + 1 :]) for i in range(len(scene.lines))),
        *(replace(scene, points=np.delete(scene.points, i, axis=0)) for i in range(len(scene.points))),
    ):
        assert (widest(fewer, CAP_M) >= before - 1e-6).all()


@STEADY
@given(scenes())
def test_there_and_back_are_as_wide(scene):
    there = widest(scene, CAP_M)
    for end, width_m in zip(scene.ends, there, strict=True):
        back = widest(replace(scene, start=end, ends=scene.start[None]), CAP_M)
        np.testing.assert_allclose(back, width_m, atol=1e-9)


@STEADY
@given(scenes(), centimetres(1, 7.9))
def test_the_cut_and_the_tree_give_one_verdict(scene, limit_m):
    boundary = boundary_of(scene)
    pieces = cut(boundary, find_pinches(boundary, limit_m - 1e-6))
    label, distance_m = pieces.locate(np.vstack([scene.start, scene.ends]))
    fits = 2 * distance_m >= limit_m - 1e-6
    by_cut = (label[1:] == label[0]) & fits[1:] & fits[0]
    assert by_cut.tolist() == (widest(scene, CAP_M) >= limit_m - 1e-6).tolist()
