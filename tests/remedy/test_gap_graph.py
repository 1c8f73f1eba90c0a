"""The gap graph of lanes: without any set of obstacles it says what the audit measures without them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from site_scenes import LineString, Point, Polygon, block, box, car, post, road, site, spaces_of, street

from firelane.lanes.gap_graph import Passage
from firelane.lanes.gaps import lane_gaps, reach_gaps
from firelane.lanes.reach import CAP_M
from firelane.measure.width import measure_widths
from firelane.remedy.hitting import least_removal
from firelane.remedy.problem import lane_targets

LIMIT_M = 4.0


def tee(obstructions, width=7.5):
    h = width / 2
    return site(
        [box(0, -h, 60, h) | box(30 - h, -30, 30 + h, 0)], obstructions=obstructions,
        entrances=[(LineString([(x, -h), (x, h)]), {"id": name}) for x, name in ((0, "W"), (60, "E"))],
    )  # fmt: skip


def ring(obstructions, width=6.0):
    h = width / 2
    return site(
        [(box(0, 0, 60, 60) - box(width, width, 60 - width, 60 - width)) | box(-20, 30 - h, 1, 30 + h)],
        obstructions=obstructions, entrances=[(LineString([(-20, 30 - h), (-20, 30 + h)]), {"id": "W"})],
    )  # fmt: skip


def island(obstructions, width=11.0):
    h = width / 2
    return site(
        [box(0, -h, 60, h) - box(25, -1, 35, 1)], obstructions=obstructions,
        entrances=[(LineString([(x, -h), (x, h)]), {"id": name}) for x, name in ((0, "W"), (60, "E"))],
    )  # fmt: skip


def dead_end(obstructions, width=7.0):
    return street(width, obstructions, length=60, both=False)


def scattered(make, seed):
    """Return a site with obstacles of every kind, some on its mouths, tips and junctions."""
    rng = np.random.default_rng(seed)
    bounds = make([]).layer("roads").total_bounds - np.tile([535_900.0, 4_630_000.0], 2)
    outline = shapely.box(*bounds)
    found = []
    while len(found) < rng.integers(3, 8):
        x, y = rng.uniform(bounds[0] - 1, bounds[2] + 1), rng.uniform(bounds[1] - 1, bounds[3] + 1)
        if rng.random() < 0.35:
            x, y = np.array([(0, 0), (60, 0), (30, 0), (58, 0)])[rng.integers(4)] + rng.uniform(-1.4, 1.4, 2)
        kind, name = rng.integers(6), {"id": f"o{len(found)}"}
        row = [
            car(x, y, turn_deg=rng.uniform(0, 180), **name), car(x, y, turn_deg=90 * int(rng.integers(2)), **name),
            post(x, y, float(rng.choice([0.0, 0.1, 0.3])), **name),
            (LineString([(x, y), (x + rng.uniform(-6, 6), y + 3), (x + rng.uniform(-6, 6), y - 2)]), {"kind": "fence", **name}),
            (Polygon([(x, y), (x + 5, y), (x + 5, y + 0.4), (x + 0.4, y + 0.4), (x + 0.4, y + 4), (x, y + 4)]), name),
            (shapely.MultiPolygon([box(x, y, x + 0.5, y + 0.5), box(x + 3, y + 1, x + 3.5, y + 1.5)]), name),
        ][kind]  # fmt: skip
        if shapely.intersects(outline, row[0]) and row[0].is_simple:
            found.append(row)
    return make(found)


def disagreements(a_site, seed):
    """Compare gap graph and audit without some sets of obstacles; return (audit, gap graph) where they differ."""
    rng = np.random.default_rng(seed)
    spaces = spaces_of(a_site)
    (space,) = spaces.ground
    graph = lane_gaps(space, below_m=CAP_M)
    profile = pd.DataFrame({"lane_id": list(space.lanes["lane_id"]), "clear_width_m": 99.0})
    targets = [lane_targets(space, graph, n, limit_m=LIMIT_M) for n in range(len(space.lanes))]
    result = []
    for share in (0.0, 0.3, 0.5, 0.8):
        gone = set(np.flatnonzero(rng.random(len(space.table)) < share).tolist())
        owners = set(space.table["owner"].iloc[sorted(gone)])
        left = replace(spaces, table=spaces.table[~spaces.table["owner"].isin(owners)].reset_index(drop=True))
        crossings = left.ground[0].crossings(CAP_M)
        clear = measure_widths(left.ground, profile, below_m=LIMIT_M).clear_width_m
        for n, lane_id in enumerate(space.lanes["lane_id"]):
            audit = min([c.width_m for c in crossings[n]] + [CAP_M])
            own = graph.passage_width(n, gone)[0]
            if abs(audit - own) > 1e-7:
                result.append((round(audit, 6), round(own, 6)))
            # With the tips of dead ends: does it pass once all of them are gone, the rest being immovable?
            passes = not least_removal(targets[n], dict.fromkeys(gone, 1), limit_m=LIMIT_M).impossible
            if passes != (clear[lane_id] >= LIMIT_M - 1e-6):
                result.append((round(clear[lane_id], 6), passes))
    return result


SEEDS = {street: range(6), dead_end: range(6), tee: range(8), ring: range(5), island: range(5)}


@pytest.mark.parametrize(("make", "seed"), [(make, n) for make, seeds in SEEDS.items() for n in seeds])
def test_it_says_what_the_audit_measures_without_any_set_of_obstacles(make, seed):
    drawn = (lambda o: street(7.0, o, length=60)) if make is street else make
    assert disagreements(scattered(drawn, seed), seed) == []


@pytest.mark.slow
@pytest.mark.parametrize("make", list(SEEDS))
def test_it_never_promises_more_than_the_audit_measures(make):
    drawn = (lambda o: street(7.0, o, length=60)) if make is street else make
    differ = 0
    for seed in range(100, 160):
        found = disagreements(scattered(drawn, seed), seed)
        assert all((own <= audit) if not isinstance(own, bool) else not own for audit, own in found)
        differ += bool(found)
    # Near tips, and where an obstacle hides a gap beside a junction's middle, it is on the safe side.
    assert differ <= 3


def lanes_of(a_site):
    (space,) = spaces_of(a_site).ground
    return space, lane_gaps(space, below_m=CAP_M)


def test_gaps_that_an_obstacle_stood_in_are_there_when_it_is_gone():
    # A post in the middle of a 3.2 m gap; 8 m road: the rest is wide enough.
    _, graph = lanes_of(street(8.0, [block(50, -4, 51, -1, id="a"), post(50.5, 0.6, id="p"), block(50, 2.2, 51, 4, id="b")]))
    assert graph.width(0)[0] == pytest.approx(1.6)
    assert graph.width(0, {1})[0] == pytest.approx(3.2)
    assert graph.width(0, {0, 1})[0] == pytest.approx(6.2)
    assert graph.width(0, {0, 1, 2}) == (8.0, -1)


def test_the_deciding_gap_is_told_in_the_coordinates_of_the_site():
    _, graph = lanes_of(street(8.0, [post(50, -2, 0.1, id="a"), post(50, 1.5, 0.1, id="b")]))
    width, edge = graph.width(0)
    assert width == pytest.approx(3.3)
    assert sorted(np.round(graph.ends[edge][:, 1] - 4_630_000.0, 6)) == [-1.9, 1.4]
    assert {int(graph.label[graph.u[edge]]), int(graph.label[graph.v[edge]])} == {0, 1}


def test_round_posts_are_measured_as_discs():
    _, graph = lanes_of(street(6.2, [post(50, 0, 0.1, id="a")]))
    assert graph.width(0)[0] == pytest.approx(3.0, abs=1e-9)
    # On the mouth line itself.
    _, graph = lanes_of(street(8.0, [post(0, 0.5, 0.1, id="p")]))
    assert graph.width(0)[0] == pytest.approx(4.4, abs=1e-9)


def test_what_only_touches_the_pavement_from_outside_is_no_obstacle():
    _, graph = lanes_of(street(8.0, [block(100, -1, 102, 1, id="beyond"), block(40, 4, 44, 5, id="beside")]))
    assert graph.width(0) == (8.0, -1)


def test_a_junction_may_be_passed_beside_what_covers_it_or_without():
    space, graph = lanes_of(tee([block(29, -2, 31, 1, id="b")]))
    for n, passages in enumerate(graph.passages):
        assert passages[0] == Passage(passages[0].columns, frozenset({0}))
        # Two other arms: into either.
        assert len(passages) == 3
        assert graph.passage_width(n, {0})[0] >= 7.5
    # North of it 2.75 m are left: no way through, and each lane needs it gone.
    cost = {0: 4}
    for n in range(3):
        found = least_removal(lane_targets(space, graph, n, limit_m=LIMIT_M), cost, limit_m=LIMIT_M)
        audit = spaces_of(tee([block(29, -2, 31, 1, id="b")])).ground[0].crossings(CAP_M)[n]
        assert (found.cost > 0) == (min(c.width_m for c in audit) < LIMIT_M)


def test_a_dead_end_needs_room_for_the_disc_somewhere_before_its_tip():
    # 7 m: the disc of the tip touches three sides. A block in a corner leaves it 5 m beside.
    space, graph = lanes_of(dead_end([block(57, 1.6, 60, 3.5, id="corner"), block(54, -3.5, 60, 0.5, id="bulk")]))
    found = least_removal(lane_targets(space, graph, 0, limit_m=LIMIT_M), {0: 1, 1: 5}, limit_m=LIMIT_M)
    assert found.proven
    assert found.rows == {1}  # without the bulk 5.1 m are left; without the corner 3 m
    assert least_removal(lane_targets(space, graph, 0, limit_m=LIMIT_M), {0: 1}, limit_m=LIMIT_M).impossible


def test_a_lane_buried_from_end_to_end_needs_a_piece_of_it_free():
    space, graph = lanes_of(street(8.0, [block(-1, -1, 60, 1, id="a"), block(50, -1, 101, 1, id="b")]))
    assert {p.removed for p in graph.passages[0]} == {frozenset({0}), frozenset({1})}
    assert least_removal(lane_targets(space, graph, 0, limit_m=LIMIT_M), {0: 2, 1: 3}, limit_m=LIMIT_M).cost == 5


def test_a_way_from_a_mouth_is_no_wider_than_the_mouth():
    narrow_gate = site(
        [box(0, -1.5, 10, 1.5) | box(10, -5, 60, 5)], obstructions=[post(40, 0, id="p")],
        entrances=[(LineString([(0, -1.5), (0, 1.5)]), {"id": "W"}), (LineString([(60, -5), (60, 5)]), {"id": "E"})],
    )  # fmt: skip
    (space,) = spaces_of(narrow_gate).ground
    target = shapely.get_coordinates(shapely.transform(Point(20, 0), lambda xy: xy + np.array([535_900.0, 4_630_000.0])))[0]
    names = list(space.mouths["entrance_id"])
    graph = reach_gaps(space, [(names.index("W"), target), (names.index("E"), target)], below_m=12.0)
    assert graph.width(0)[0] == pytest.approx(3.0, abs=1e-6)
    assert graph.width(1)[0] == pytest.approx(5.0, abs=1e-6)  # beside the post
    assert graph.width(1, {0})[0] == pytest.approx(10.0, abs=1e-6)


@pytest.mark.parametrize("cover", [block(-1, -0.5, 1, 0.5, id="on"), car(0, 0, turn_deg=50, id="on")])
def test_what_stands_on_the_middle_of_a_mouth_may_be_passed_beside(cover):
    (space,) = spaces_of(street(12.0, [cover], length=60)).ground
    way = space.widest_way
    target = shapely.get_coordinates(shapely.transform(Point(30, 0), lambda xy: xy + np.array([535_900.0, 4_630_000.0])))[0]
    west = int(np.argmin(space.mouths.geometry.centroid.x))
    graph = reach_gaps(space, [(west, target)], below_m=14.0)
    outside = [int(p) for k, p in zip(np.flatnonzero(way.pieces.pinches.mouth >= 0), way.pieces.outside, strict=True)
               if way.pieces.pinches.mouth[k] == west]  # fmt: skip
    piece, _ = way.pieces.locate(np.array([target]))
    assert graph.width(0)[0] == pytest.approx(way.limits(np.array(outside)).width_m[piece[0]], abs=1e-6)
    assert graph.width(0, {0})[0] == pytest.approx(12.0, abs=1e-6)


def test_rows_of_another_table():
    _, graph = lanes_of(street(8.0, [block(50, -4, 52, 0.5, id="a")]))
    moved = graph.relabelled({0: 17})
    assert moved.width(0, {17}) == graph.width(0, {0})
    assert moved.width(0, {0}) == graph.width(0)


def test_an_empty_road():
    _, graph = lanes_of(site([road()]))
    assert graph.columns == 1
    assert graph.width(0)[0] == pytest.approx(6.0)
