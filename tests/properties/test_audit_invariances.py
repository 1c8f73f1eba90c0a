"""What must not change an audit, what may change it one way only, and an oracle that shares no code with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from site_scenes import ORIGIN, LineString, Point, audited, box, car, gates, layer, measured, over, road, site

from firelane.lanes.obstacles import obstacles
from firelane.lanes.reach import CAP_M
from firelane.measure.width import measure_widths

STEADY = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def centimetres(low_m, high_m):
    """Surveyed lengths: whole centimetres, so that ties are ties and not differences of 1e-12."""
    return st.integers(round(low_m * 100), round(high_m * 100)).map(lambda cm: cm / 100)


@st.composite
def things(draw, length=60.0, half=4.0):
    """One obstacle somewhere on the road, clear of its ends."""
    x, y = draw(centimetres(8, length - 8)), draw(centimetres(-half, half))
    kind = draw(st.sampled_from(["post", "bollard", "car", "wall"]))
    if kind == "post":
        return Point(x, y), {"kind": "pole"}
    if kind == "bollard":
        return Point(x, y), {"kind": "bollard", "radius_m": draw(centimetres(0.05, 0.6))}
    if kind == "car":
        return car(x, y, turn_deg=draw(st.integers(0, 179)))
    angle, reach = np.radians(draw(st.integers(0, 179))), draw(centimetres(0.5, 4))
    step = reach / 2 * np.array([np.cos(angle), np.sin(angle)])
    return LineString([(x - step[0], y - step[1]), (x + step[0], y + step[1])]), {"kind": "wall"}


@st.composite
def scenes(draw):
    """(width of the road, obstacles)."""
    width = draw(centimetres(4.4, 10.6))
    return width, draw(st.lists(things(half=width / 2), min_size=1, max_size=5))


def build(width, rows, *, transform=None, roads=None, length=60.0):
    more = {} if transform is None else {"transform": transform}
    return site(roads or [road(length, width)], obstructions=rows, entrances=gates(length, width), **more)


def clear_widths(a_site):
    """Lane's clear width and those of its barriers below the cap."""
    found = measured(a_site)
    (narrowings,) = found.widths.narrowings.values()
    (clear,) = found.widths.clear_width_m.values()
    return min(clear, CAP_M), [n.width_m for n in narrowings]


def moving(turn_deg, shift_m):
    angle = np.radians(turn_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return lambda geometry: shapely.transform(geometry, lambda xy: xy @ turn + ORIGIN + shift_m)


@STEADY
@given(scenes(), st.integers(0, 359), st.integers(-200_000, 90_000), st.integers(-500_000, 500_000))
def test_turning_and_moving_a_site_changes_no_width(scene, turn_deg, east_m, north_m):
    width, rows = scene
    here, _ = clear_widths(build(width, rows))
    there, _ = clear_widths(build(width, rows, transform=moving(turn_deg, np.array([east_m + 0.337, north_m + 0.891]))))
    assert there == pytest.approx(here, abs=1e-6)


@STEADY
@given(scenes(), st.integers(2, 40))
def test_densifying_the_edge_changes_nothing(scene, pieces):
    width, rows = scene
    ground = road(60.0, width)
    dense = shapely.segmentize(ground, 60.0 / pieces)
    first, second = build(width, rows), build(width, rows, roads=[dense])
    assert clear_widths(second)[0] == pytest.approx(clear_widths(first)[0], abs=1e-6)
    ways = [{s.owner: round(min(s.way_left_m, CAP_M), 6) for s in measured(s).standing} for s in (first, second)]
    assert ways[0] == pytest.approx(ways[1], abs=2e-6)


@STEADY
@given(scenes(), st.data())
def test_removing_an_obstacle_never_narrows_and_growing_one_never_widens(scene, data):
    width, rows = scene
    before, _ = clear_widths(build(width, rows))
    one = data.draw(st.integers(0, len(rows) - 1))
    without, _ = clear_widths(build(width, rows[:one] + rows[one + 1 :]))
    assert without >= before - 1e-6
    geometry, columns = rows[one]
    # A disc is measured as the disc, a line or an area as what it is; so grow them by their own kind.
    if geometry.geom_type == "Point":
        grown = geometry, {**columns, "radius_m": columns.get("radius_m", 0.0) + 0.2}
    else:
        grown = geometry.buffer(0.2, quad_segs=4), {**columns, "width_m": None}
    after, _ = clear_widths(build(width, [*rows[:one], grown, *rows[one + 1 :]]))
    assert after <= before + 1e-6


@STEADY
@given(scenes(), st.permutations(range(5)))
def test_the_order_of_rows_changes_nothing(scene, order):
    width, rows = scene
    named = [(g, {**c, "id": f"o{n}"}) for n, (g, c) in enumerate(rows)]
    shuffled = [named[n] for n in order if n < len(named)]
    first, second = measured(build(width, named)), measured(build(width, shuffled))
    assert {s.owner: round(s.way_left_m, 6) for s in first.standing} == {s.owner: round(s.way_left_m, 6) for s in second.standing}
    assert list(first.pinches.table["pinch_id"]) == list(second.pinches.table["pinch_id"])
    assert first.widths.clear_width_m == second.widths.clear_width_m


@STEADY
@given(scenes(), centimetres(2.0, 5.0))
def test_lowering_an_arch_never_widens_the_envelope(scene, height):
    width, rows = scene
    low = over(30, -width, 31, width, height, id="arch")
    found = measured(build(width, [*rows, low]))
    envelope = measure_widths(found.spaces.envelope, found.profile, below_m=CAP_M)
    (lane,) = envelope.clear_width_m
    assert envelope.clear_width_m[lane] <= found.widths.clear_width_m[lane] + 1e-9
    assert (envelope.clear_width_m[lane] == 0.0) or height >= 4.0 - 1e-6
    assert bool(found.heights.low) == (height < 4.0 - 1e-6)


@STEADY
@given(scenes())
def test_findings_say_what_was_measured(scene):
    width, rows = scene
    result = audited(build(width, rows))
    clear = float(result.lanes["min_clear_width_m"].iloc[0])
    failing = [f for f in result.findings if f.rule_id == "sy2020-14-clear-width" and f.verdict == "fail"]
    assert bool(failing) == (clear < 4.0 - 1e-6)
    if failing:
        assert min(f.value for f in failing) == clear
        spans = sorted(f.chainage_m for f in failing)
        assert all(a[1] < b[0] for a, b in zip(spans, spans[1:], strict=False))
        blamed = {o for f in result.findings if f.rule_id == "sy2020-10-obstruction" and f.verdict == "fail" for o in f.owners}
        named = {o for f in failing for o in f.owners if not o.startswith("edge:")}
        # What lies wholly inside another obstacle is blamed with it, but is in no chain of its own.
        assert named <= blamed
        assert bool(named) == bool(blamed)
    for pinch in result.pinches.itertuples():
        assert pinch.width_m < CAP_M
        assert not (pinch.governing and pinch.bypassed)


# -- the erosion oracle ---------------------------------------------------------------------------


def widest_disc(area, solids, a, b):
    """Widest disc that gets from ``a`` to ``b``, by bisection on erosion [m].

    The outline is cut into short pieces first: GEOS simplifies what it buffers, by far more than a
    millimetre where a small notch lies beside a long edge.
    """
    thick = [s if s.area > 0 else shapely.buffer(s, 1e-4, quad_segs=8) for s in solids]
    free = shapely.segmentize(shapely.difference(area, shapely.union_all(thick)), 0.25)

    def fits(width):
        parts = shapely.get_parts(free.buffer(-width / 2, quad_segs=64))
        return any(p.distance(a) < 1.0 and p.distance(b) < 1.0 for p in parts)

    low, high = 0.0, CAP_M
    while high - low > 2e-3:
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return (low + high) / 2


def curved(seed):
    """A lane along a sine, its mouths square to it, with posts, discs, cars and walls on it."""
    rng = np.random.default_rng(seed)
    half, amplitude, period = rng.uniform(2.2, 5.5), rng.uniform(0, 4), rng.uniform(40, 90)
    x = np.linspace(0, 60, 41)
    axis = LineString(np.column_stack((x, amplitude * np.sin(2 * np.pi * x / period))))
    # Straight on beyond both ends, and cut there: the mouths are vertical.
    long = LineString([(-20, axis.coords[0][1]), *axis.coords, (80, axis.coords[-1][1])])
    area = shapely.intersection(long.buffer(half, cap_style="flat", join_style="mitre"), box(0, -40, 60, 40))
    rows = []
    for _ in range(rng.integers(1, 7)):
        place = np.array(axis.interpolate(rng.uniform(8, axis.length - 8)).coords[0]) + [0, rng.uniform(-half, half)]
        kind = rng.integers(0, 4)
        angle = rng.uniform(0, np.pi)
        step = rng.uniform(0.25, 2) * np.array([np.cos(angle), np.sin(angle)])
        rows.append([
            (Point(place), {"kind": "pole"}), (Point(place), {"kind": "bollard", "radius_m": float(rng.uniform(0.05, 0.6))}),
            car(*place, turn_deg=np.degrees(angle)), (LineString([place - step, place + step]), {"kind": "wall"}),
        ][kind])  # fmt: skip
    ends = [(area.intersection(LineString([(x, -40), (x, 40)])), {"id": name}) for x, name in ((0, "W"), (60, "E"))]
    return site([area], obstructions=rows, entrances=ends)


def back(geometry):
    return shapely.transform(geometry, lambda xy: xy - ORIGIN)


@pytest.mark.parametrize("seed", range(8))
def test_a_lane_is_as_wide_as_erosion_says(seed):
    scene = curved(seed)
    found = measured(scene)
    (clear,) = found.widths.clear_width_m.values()
    mouths = [back(m) for m in found.network.mouths.geometry]
    assert len(mouths) == 2
    # Outside a mouth lies an open strip of its width.
    strips = [shapely.union_all([shapely.affinity.translate(m, dx) for dx in (0.0, far)]).envelope
              for m, far in ((mouths[0], -10.0), (mouths[1], 10.0))]  # fmt: skip
    area = shapely.union_all([back(found.network.pavement), *(s.buffer(1e-6, join_style="mitre") for s in strips)])
    ends = [Point(m.centroid.x + dx, m.centroid.y) for m, dx in ((mouths[0], -7.0), (mouths[1], 7.0))]
    truth = widest_disc(area, [back(g) for g in obstacles(scene).geometry], *ends)
    assert min(clear, CAP_M) == pytest.approx(truth, abs=0.012 + 0.002)


@pytest.mark.parametrize("seed", range(4))
def test_a_junction_joins_its_arms_as_erosion_says(seed):
    """Were all lanes w wide, every arm would reach every other; none reads less than its own worst way."""
    rng = np.random.default_rng(100 + seed)
    half, turn = rng.uniform(2.5, 5), rng.uniform(50, 130)
    along = {"W": 180.0, "E": 0.0, "N": turn, "S": turn + 180.0}
    arms = {k: shapely.affinity.rotate(box(0, -half, 40, half), a, origin=(0, 0)) for k, a in along.items()}
    ends = [(shapely.affinity.rotate(LineString([(40, -half), (40, half)]), a, origin=(0, 0)), {"id": k}) for k, a in along.items()]
    rows = [(Point(rng.uniform(-4, 4, 2)), {"kind": "bollard", "radius_m": float(rng.uniform(0.1, 2))}),
            car(*rng.uniform(-4, 4, 2), turn_deg=rng.uniform(0, 180))]  # fmt: skip
    scene = site([shapely.union_all(list(arms.values()))], obstructions=rows, entrances=ends)
    found = measured(scene)
    lane_of = dict(zip(found.network.mouths["entrance_id"], found.network.mouths["lane_id"], strict=True))
    clear = {k: min(found.widths.clear_width_m[lane_of[k]], CAP_M) for k in along}
    beyond = [shapely.affinity.rotate(box(39.9, -half, 52, half), a, origin=(0, 0)) for a in along.values()]
    area = shapely.union_all([*arms.values(), *beyond])
    places = {k: shapely.affinity.rotate(Point(46, 0), a, origin=(0, 0)) for k, a in along.items()}
    solids = [back(g) for g in obstacles(scene).geometry]
    truth = {(a, b): widest_disc(area, solids, places[a], places[b]) for a in along for b in along if a < b}
    for (a, b), width in truth.items():
        assert width >= min(clear[a], clear[b]) - 0.014
    for arm, width in clear.items():
        assert width >= min(w for pair, w in truth.items() if arm in pair) - 0.014


def test_the_layers_may_come_in_any_order():
    tables = {
        "obstructions": layer("obstructions", [(box(20, 0.5, 21, 3), {"id": "b"})]), "buildings": layer("buildings", [box(10, 8, 30, 20)]),
        "entrances": layer("entrances", gates()), "roads": layer("roads", [road()]),
    }  # fmt: skip
    first = audited(replace(site([road()]), layers=tables))
    second = audited(replace(site([road()]), layers=dict(reversed(tables.items()))))
    assert first.findings == second.findings
