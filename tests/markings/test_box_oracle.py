"""The 20 m rule judged from the paint alone: frames projected on centrelines, nothing taken from the planner's table."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from marking_scenes import near, route, t_junction
from shapely import LineString, Point, Polygon, box

from firelane.markings import plan_markings

PITCH_M, SLACK_M = 20.0, 0.02  # a frame's middle off the centreline projects a little beside its place
CLEARANCE_M = {"covers": 0.10, "grounds": 0.15, "bays": 0.15, "things": 0.15}

lengths = st.floats(6, 45)
arcs = st.tuples(st.floats(7, 40), st.one_of(st.floats(20, 120), st.floats(-120, -20)))
S_BEND = (20.0, (9.0, 80.0), 5.0, (9.0, -80.0), 25.0)
clutter = st.lists(
    st.tuples(
        st.sampled_from(["cover", "bay", "planned", "ground", "bollard", "stall", "car", "wire"]),
        st.floats(0.02, 1.0), st.floats(-1, 1), st.floats(0.3, 6.0),
    ),
    max_size=7,
)  # fmt: skip


def painted_frames(plan, lane_id):
    rows = plan.paint[(plan.paint.kind == "box_frame") & (plan.paint.lane_id == lane_id)]
    return [Polygon(g.exterior) for g in near(rows.geometry.array)]


def projected(plan, lane_id, line):
    """Return the chainage of the middle of every frame."""
    return sorted(line.project(f.centroid) for f in painted_frames(plan, lane_id))


def grid_end(plan, line):
    """Return where the grid at the start of a lane ends along it."""
    rows = plan.paint[plan.paint.kind == "grid_border"]
    if rows.empty:
        return 0.0
    grid = near(shapely.union_all(rows.geometry.array)).convex_hull
    return max(line.project(Point(p)) for p in line.intersection(grid).coords)


def told_gaps(plan, lane_id):
    notes = [n.zh for n in plan.notes if n.row == lane_id and n.code == "box_gap"]
    return [float(re.search(r"方框间距 ([\d.]+) m", text)[1]) for text in notes]


def placed(line, width, things):
    """Return the layers of a scene, and (layer, shape) of all that a box must keep clear of."""
    layers = {"covers": [], "grounds": [], "bays": [], "things": []}
    kept = []
    for kind, share, aside, size in things:
        s = share * line.length
        a, b = (np.array(line.interpolate(s + d).coords[0]) for d in (-0.1, 0.1))
        along = (b - a) / np.hypot(*(b - a))
        left = np.array([-along[1], along[0]])
        middle = np.array(line.interpolate(s).coords[0]) + aside * width / 2 * left
        block = Polygon([middle + i * size / 2 * along + j * left for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
        if kind == "cover":
            layers["covers"].append((Point(middle), {"radius_m": 0.35}))
            kept.append(("covers", Point(middle).buffer(0.35, quad_segs=32)))
        elif kind in ("bay", "planned"):
            layers["bays"].append((block, {"status": "existing" if kind == "bay" else "planned"}))
            kept.append(("bays", block))
        elif kind == "ground":
            layers["grounds"].append(block)
            kept.append(("grounds", block))
        elif kind == "bollard":
            layers["things"].append((Point(middle), {"kind": "bollard", "radius_m": 0.1}))
            kept.append(("things", Point(middle).buffer(0.1, quad_segs=32)))
        elif kind == "stall":
            layers["things"].append((block, {"kind": "stall"}))
            kept.append(("things", block))
        else:  # they keep nobody away
            layers["things"].append((block, {"kind": "vehicle"} if kind == "car" else {"kind": "overhead_line"}))
    return layers, kept


def room_for_the_smallest(line, width, kept, painted, s):
    """Tell whether a box of 2.0 x 1.5 m, straight on the centreline at ``s``, has room and a hand's breadth to spare."""
    a, b, at = (np.array(line.interpolate(s + d).coords[0]) for d in (-0.75, 0.75, 0.0))
    along = (b - a) / np.hypot(*(b - a))
    right = np.array([along[1], -along[0]])
    one = Polygon([at + i * 0.75 * along + j * 1.0 * right for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
    edges = line.buffer(width / 2, cap_style="flat", quad_segs=32).boundary
    return (
        one.distance(edges) > 0.60 + 0.10
        and all(one.distance(shape) > CLEARANCE_M[layer] + 0.10 for layer, shape in kept)
        and all(one.distance(other) > 0.40 for other in painted)
    )


@settings(max_examples=40)
@given(st.lists(st.one_of(lengths, arcs), min_size=1, max_size=5), st.floats(3.3, 8.0), clutter, st.booleans())
@example([100.0], 6.0, [("bay", 0.3, 0.0, 6.0), ("stall", 0.33, 0.2, 6.0)], False)
@example(list(S_BEND), 4.4, [("cover", 0.5, 0.0, 1.0), ("bollard", 0.2, 0.1, 1.0)], False)
@example([12.0, (9.0, 120.0), (9.0, -120.0), 30.0], 6.5, [("planned", 0.6, 0.0, 5.0)], True)
def test_no_gap_above_the_pitch_but_those_that_are_told(pieces, width, things, column):
    line = route(*pieces)[1]
    assume(line.is_simple and line.length > width + 3)
    road = line.buffer(width / 2, cap_style="flat", quad_segs=32)
    assume(road.geom_type == "Polygon" and not road.interiors and abs(road.area / (line.length * width) - 1) < 0.01)
    layers, kept = placed(line, width, things)
    (site, network), _ = route(*pieces, width=width, **layers)
    plan = plan_markings(site, network, options={"text_layout": "column"} if column else {})

    painted = painted_frames(plan, "L1")
    for n, one in enumerate(painted):
        assert road.contains(one)
        for layer, shape in kept:
            assert one.distance(shape) >= CLEARANCE_M[layer] - 0.003, layer
        assert one.distance(road.boundary.difference(box(-0.01, -9, 0.01, 9))) >= 0.60 - 0.003
        assert all(one.distance(other) >= 0.07 for other in painted[:n])
        assert one.centroid.distance(line) <= 0.5 + 0.25 + 0.01

    stops = [grid_end(plan, line), *projected(plan, "L1", line), line.length]
    codes = {note.code for note in plan.notes}
    told = told_gaps(plan, "L1")
    if len(stops) == 2:
        assert codes & {"box_no_place", "box_too_narrow", "box_not_needed"} or stops[1] - stops[0] <= 5.0
    wide = [(a, b) for a, b in itertools.pairwise(stops) if b - a > PITCH_M + SLACK_M] if painted else []
    assert len(wide) == len(told)
    for (a, b), gap in zip(wide, told, strict=True):
        assert b - a == pytest.approx(gap, abs=2 * SLACK_M)
    for a, b in wide if not column else []:  # what is told is true: not even the smallest box has a place there
        for s in np.arange(a + 2.6, b - 2.6 if b < line.length else b - 0.8, 0.5):
            assert not room_for_the_smallest(line, width, kept, painted, s)
    if "box_no_place" in codes and not column:
        for s in np.arange(stops[0] + 1.2, line.length - 1.2, 0.5):
            assert not room_for_the_smallest(line, width, kept, painted, s)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.floats(0, 48), st.floats(0.5, 14), st.floats(-2.5, 2.5)), max_size=6))
@example([("C", 5.0, 12.0, 0.0)])
@example([("A", 36.0, 10.0, 0.0), ("B", 4.0, 9.0, 0.0)])
def test_over_a_junction_boxes_follow_each_other_within_the_pitch_or_it_is_told(bays):
    lines = {
        "A": LineString([(0, 0), (50, 0)]), "B": LineString([(50, 0), (100, 0)]), "C": LineString([(50, 0), (50, 60)]),
    }  # fmt: skip
    shapes = []
    for lane, s, size, aside in bays:
        x, y = lines[lane].interpolate(s).coords[0]
        a, b = (x + aside, y) if lane == "C" else (x, y + aside)
        shapes.append(box(a - 1, b, a + 1, b + size) if lane == "C" else box(a, b - 1, a + size, b + 1))
    plan = plan_markings(*t_junction(bays=shapes))
    first = {}
    for lane, line in lines.items():
        found = projected(plan, lane, line)
        if found:
            first[lane] = line.length - found[-1] if lane == "A" else found[0]
        assert all(one.distance(shape) >= 0.15 - 0.003 for one in painted_frames(plan, lane) for shape in shapes)
    if len(first) < 3:
        return
    worst = max(sum(pair) for pair in itertools.combinations(first.values(), 2))
    told = [note for note in plan.notes if note.code == "box_gap_over_junction"]
    assert bool(told) == (worst > PITCH_M + 1e-3)
    assert all(f"{worst:.2f} m" in note.zh for note in told)
