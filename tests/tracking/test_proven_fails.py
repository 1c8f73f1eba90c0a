"""A proven fail is certain: by eroding the ground, which shares nothing with the gaps that the search is cut by."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import shapely

pytest.importorskip("numba")

from firelane.site.read import read_site
from firelane.tracking.catalogue import vehicles
from firelane.tracking.overrun import Missed, explain
from firelane.tracking.site import COVERED, track_site
from firelane.tracking.sweep import footprints
from firelane.tracking.taken_up import taken_up
from firelane.tracking.targets import TargetKind, targets
from firelane.tracking.vehicle import Policy
from tests.support.site_scenes import block, post, spaces_of, street

DATA = Path(__file__).parents[2] / "data"
HAIR_M = 0.002
POLICY = Policy()


def tracked(a_site, vehicle, policy=POLICY):
    spaces = spaces_of(a_site)
    return spaces, track_site(a_site, spaces.network, spaces, vehicle, policy)


def eroded(tracking, entrance_id):
    """Where the middle of a disc, two millimetres slimmer than the vehicle, may be that comes in by one entrance; parts."""
    body, radius = tracking.field.by(entrance_id).body, (tracking.vehicle.width_m - HAIR_M) / 2 + tracking.policy.margin_m
    inside = shapely.buffer(body.area, -radius, quad_segs=64)
    things = [*body.walls, *shapely.points(body.posts)]
    # arcs are drawn inside the true ones: more room is left, never less
    solid = shapely.union_all(shapely.buffer(np.array(things, dtype=object), radius, quad_segs=64)) if things else shapely.Polygon()
    return np.array([p for p in shapely.get_parts(shapely.difference(inside, solid)) if p.geom_type == "Polygon"])


def assert_certain(spaces, tracking):
    """No disc gets to what is called a proven fail, and no drive does."""
    vehicle, policy = tracking.vehicle, tracking.policy
    half = vehicle.width_m / 2 + policy.margin_m
    asked = {(t.kind, t.id): t for t in targets(spaces.site, spaces.network)}
    count = 0
    for apron in tracking.field.aprons:
        rows = tracking.targets[(tracking.targets["entrance_id"] == apron.entrance_id) & (tracking.targets["class"] == "proven_fail")]
        poses = apron.seeds(vehicle, policy)
        nose = vehicle.front_m + policy.margin_m - half
        middles = poses[:, :2] + nose * np.column_stack((np.cos(poses[:, 2]), np.sin(poses[:, 2])))
        ours = [p for p in eroded(tracking, apron.entrance_id) if shapely.dwithin(p, shapely.points(middles), 1e-3).any()]
        prints = [footprints(p.drive.refined(0.25), vehicle) for p in tracking.drives if p.entrance_id == apron.entrance_id]
        tree = shapely.STRtree(np.concatenate(prints) if prints else np.array([], object))
        for row in rows.itertuples():
            target = asked[TargetKind(row.target_kind), row.target_id]
            away = np.array([min((shapely.distance(p, place) for p in ours), default=np.inf) for place in target.places])
            # a corner of the body is no farther than this from the middle of the disc in it
            never = away > target.within_m + half * np.sqrt(2)
            through = np.array([not any(shapely.intersects(p, place) for p in ours) for place in target.places])
            touched = np.zeros(len(target.places), bool)
            touched[np.unique(tree.query(target.places, predicate="dwithin", distance=target.within_m)[0])] = True
            assert not (touched & never).any()
            if row.share >= COVERED or never.mean() <= 1 - COVERED:
                assert target.kind is TargetKind.LANE
                assert row.barred >= 0
                assert through[row.barred]
                assert not touched[row.barred]
                assert row.gap_m < 2 * half
            assert touched.mean() <= 1 - never.mean() + 1e-9
            count += 1
    return count




SCENES = [
    street(6.0, [block(50, -3.2, 51, 1.0)]),
    street(6.0, [post(50, -1.2), post(50, 1.2)]),
    street(6.0, [block(50, -3.2, 51, 0.55)]),
    street(6.0, [block(40, -3.2, 41, 0.7), block(60, -0.7, 61, 3.2)]),
    street(2.45),
    street(4.0, [post(30, 0.0), post(70, 0.2)]),
    street(6.0, [block(99, -3.2, 100.5, 1.0)], both=False),
]


@pytest.mark.parametrize("name", ["pump-8", "platform-12"])
@pytest.mark.parametrize("n", range(len(SCENES)))
def test_streets_with_gaps(n, name):
    spaces, tracking = tracked(SCENES[n], vehicles()[name])
    count = assert_certain(spaces, tracking)
    assert count or n == len(SCENES) - 1


def test_a_lane_barred_in_the_middle_is_reached_from_both_ends_but_not_driven_through():
    """Where bollards leave 1.4 m and both ends have an entrance of their own, each entrance reaches its own half."""
    spaces, tracking = tracked(street(6.0, [post(50, -1.6), post(50, -0.1), post(50, 1.6)]), vehicles()["pump-8"])
    lanes = tracking.targets[tracking.targets["target_kind"] == "lane"]
    assert set(lanes["class"]) == {"proven_fail"}
    assert (lanes["gap_m"] < 2.5).all()
    assert_certain(spaces, tracking)


@pytest.mark.parametrize("folder", ["plan_dxf", "map_osm", "shenyang_compliant", "shenyang_district"])
@pytest.mark.parametrize("name", ["pump-8", "tanker-10"])
@pytest.mark.slow
def test_the_samples(folder, name):
    a_site = read_site(DATA / folder)
    spaces, tracking = tracked(a_site, vehicles()[name])
    assert_certain(spaces, tracking)
    if folder == "plan_dxf":
        row = tracking.targets[tracking.targets["target_id"] == "L0082-0061"].iloc[0]
        assert row["class"] == "proven_fail"
        assert row["gap_m"] == pytest.approx(1.40, abs=0.01)
        over = explain(tracking, spaces)
        # what is said of the gap and what is shown are about one place, or nothing is shown
        trips = {t.trip_id: t for t in over.trips}
        shown = over.overrun_id[row.name]
        assert shown is None or max(c.depth_m for c in trips[shown].conflicts) >= (vehicles()[name].width_m - row["gap_m"]) / 2 - 0.01


def test_what_was_missed_is_taken_up_once_and_stands():
    spaces, tracking = tracked(street(6.0), vehicles()["pump-8"])
    path = tracking.drives[0]
    lanes = tracking.targets[(tracking.targets["target_kind"] == "lane") & (tracking.targets["entrance_id"] == path.entrance_id)]
    table = tracking.targets.copy()
    table.loc[lanes.index, ["class", "share", "path"]] = "not_found", 0.0, -1
    less = dataclasses.replace(tracking, targets=table, drives=())
    more = taken_up(less, spaces, [Missed(path.entrance_id, tuple(lanes.index), path.drive, 0)])
    assert set(more.targets.loc[lanes.index, "class"]) == {"proven_pass"}
    assert set(more.targets.loc[lanes.index, "path"]) == {0}
    assert len(more.drives) == 1
    beside = dataclasses.replace(path.drive, xy=path.drive.xy + 2.5)
    assert taken_up(less, spaces, [Missed(path.entrance_id, (), beside, 0)]).drives == ()
