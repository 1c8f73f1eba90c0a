"""What laser points say of clear height, in findings: fail, indeterminate, pass, not measured; and in the tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from laser_scenes import Cloud, tile
from site_scenes import HEIGHT, OBSTRUCTION, gates, over, road, site, street

from firelane.auditing import audit, write_audit
from firelane.lanes.network import lane_network
from firelane.site.model import Note
from firelane.vocabulary import Verdict
from firelane.whatif import WhatIf

BARE = site([road()], entrances=gates())


def audited(tmp_path, cloud, base=BARE, *, remedies=False, accuracy_m=None, **more):
    path = cloud.write(tmp_path / "t.laz", **more)
    return audit(replace(base, points=(tile(path, accuracy_m=accuracy_m),)), remedies=remedies)


def heights(found):
    return [f for f in found.findings if f.rule_id == HEIGHT]


def only(found):
    (finding,) = heights(found)
    return finding


def test_points_over_the_whole_lane_close_the_gap_that_a_missing_survey_leaves(tmp_path):
    """Without points the height is not measured; with them it is, and obstructions on the ground still are not."""
    assert only(audit(BARE, remedies=False)).verdict is Verdict.NOT_MEASURED
    found = audited(tmp_path, Cloud(1).ground())
    finding = only(found)
    assert (finding.verdict, finding.value) == (Verdict.PASS, 8.0)
    assert "8.000 m or more" in finding.message_en
    assert "激光点云覆盖全程" in finding.message_zh
    assert found.lanes["min_clear_height_m"].tolist() == [8.0]
    assert (found.profile["clear_height_m"] == 8.0).all()
    (obstruction,) = [f for f in found.findings if f.rule_id == OBSTRUCTION]
    assert obstruction.verdict is Verdict.NOT_MEASURED


def test_a_low_wire_fails_with_its_stretch_place_and_guess(tmp_path):
    found = audited(tmp_path, Cloud(2).ground().wire(50, 3.62))
    finding = only(found)
    assert finding.verdict is Verdict.FAIL
    assert finding.value == pytest.approx(3.62, abs=0.05)
    assert finding.margin == pytest.approx(finding.value - 4.0)
    assert finding.chainage_m[0] < 50 < finding.chainage_m[1]
    assert finding.chainage_m[1] - finding.chainage_m[0] < 6
    assert np.hypot(*(np.array(finding.location) - (535_950, 4_630_000))) < 3
    assert finding.owners[0].startswith("laser:")
    assert "the kind is a guess" in finding.message_en
    assert "种类为推测" in finding.message_zh
    assert "架空管线" in finding.message_zh
    assert found.lanes["min_clear_height_m"].tolist() == [finding.value]
    assert found.profile["clear_height_m"].min() == pytest.approx(3.62, abs=0.05)
    assert found.lanes["verdict"].tolist() == ["fail"]


@pytest.mark.parametrize(
    ("height", "verdict"), [(3.80, "fail"), (3.97, "indeterminate"), (4.05, "indeterminate"), (4.30, "pass")]
)
def test_near_the_limit_the_accuracy_of_the_points_decides(tmp_path, height, verdict):
    cloud = Cloud(3, noise_m=0.002).ground().slab(50, -8, 51, 8, height)
    finding = only(audited(tmp_path, cloud, accuracy_m=0.1))
    assert finding.verdict.value == verdict
    assert finding.value == pytest.approx(height, abs=0.02)


def test_a_branch_beside_which_a_way_is_left_is_information(tmp_path):
    """3.2 m over the last 0.8 m of a 6 m road: more than 4 m are left, and the middle is clear."""
    found = audited(tmp_path, Cloud(4).ground().branch(30, 3.1, 3.2, radius=0.9))
    info, lane = sorted(heights(found), key=lambda f: f.severity.value)
    assert (info.severity.value, info.verdict, info.value) == ("info", Verdict.PASS, pytest.approx(3.2, abs=0.06))
    assert (lane.verdict, lane.value) == (Verdict.PASS, 8.0)


def test_a_low_thing_within_the_accuracy_beside_a_way_does_not_make_the_lane_doubtful(tmp_path):
    """10 m of road: 4.02 m over the northern half, nothing over the southern."""
    base = site([road(100, 10)], entrances=gates(100, 10))
    cloud = Cloud(5, noise_m=0.002).ground(y0=-9, y1=9).slab(50, 0.3, 51, 9, 4.02)
    finding = only(audited(tmp_path, cloud, base, accuracy_m=0.1))
    assert finding.verdict is Verdict.PASS
    assert finding.value == pytest.approx(4.11, abs=0.001)  # a way of the envelope's height and the accuracy is sure


def test_a_twig_at_the_kerb_does_not_lower_the_way_in_the_middle(tmp_path):
    """An arch at 3.7 m over the whole road, a twig at 2.6 m at its northern edge: the way is 3.7 m high."""
    cloud = Cloud(6).ground().slab(50, -8, 52, 8, 3.7).branch(51, 2.9, 2.6, radius=0.35, top=3.6, per_m3=80)
    finding = only(audited(tmp_path, cloud))
    assert finding.verdict is Verdict.FAIL
    assert finding.value == pytest.approx(3.7, abs=0.06)


def test_adjacent_low_things_are_one_stretch_and_distant_ones_two(tmp_path):
    cloud = Cloud(7).ground().wire(50, 3.6).wire(51.5, 3.5).wire(80, 3.7)
    near, far = sorted(heights(audited(tmp_path, cloud)), key=lambda f: f.chainage_m)
    assert near.value == pytest.approx(3.5, abs=0.06)
    assert len(near.owners) == 2
    assert far.value == pytest.approx(3.7, abs=0.06)
    assert near.finding_id != far.finding_id


def test_where_points_are_missing_the_lane_is_not_measured_and_it_is_said_how_far_they_reach(tmp_path):
    found = audited(tmp_path, Cloud(8).ground(x1=60).branch(30, 3.0, 5.0))
    finding = only(found)
    assert (finding.verdict, finding.value) == (Verdict.NOT_MEASURED, None)
    assert "cover 5" in finding.message_en
    assert "未测量" in finding.message_zh
    assert np.isnan(found.lanes["min_clear_height_m"]).all()
    assert found.profile["clear_height_m"].isna().sum() > 70


def test_something_low_fails_even_where_the_rest_was_not_measured(tmp_path):
    low, rest = heights(audited(tmp_path, Cloud(9).ground(x1=60).wire(30, 3.5)))
    assert (low.verdict, low.value) == (Verdict.FAIL, pytest.approx(3.5, abs=0.05))
    assert (rest.verdict, rest.value) == (Verdict.NOT_MEASURED, None)


def test_too_few_points_beside_a_low_thing_leave_the_way_beside_it_unknown(tmp_path):
    """10 m of road: 3.2 m over the middle and the north; of the southern 4.5 m nothing was seen."""
    base = site([road(100, 10)], entrances=gates(100, 10))
    cloud = Cloud(10).ground(y0=-0.5, y1=9).slab(50, -0.4, 52, 9, 3.2)
    found = heights(audited(tmp_path, cloud, base))
    assert {f.verdict for f in found} == {Verdict.NOT_MEASURED}
    assert any("too few points" in f.message_en for f in found)


def test_surveyed_obstructions_and_points_go_together_the_lower_one_counts(tmp_path):
    arch = over(20, -3, 21, 3, 4.4, id="A")
    surveyed = street(6.0, [arch])
    found = audited(tmp_path, Cloud(11).ground().branch(60, 0, 4.8, top=7), surveyed)
    lane = only(found)
    assert (lane.verdict, lane.value) == (Verdict.PASS, 4.4)
    found = audited(tmp_path, Cloud(11).ground().branch(60, 0, 4.2, top=7), surveyed)
    assert only(found).value == pytest.approx(4.2, abs=0.05)


AWAY = (shapely.Point(50, 50), {"kind": "tree", "id": "T"})
WIRE_AWAY = (shapely.LineString([(40, 50), (60, 50)]), {"kind": "overhead_line", "id": "K", "clear_height_m": 6.0})


@pytest.mark.parametrize("obstructions", [[], [AWAY]])
@pytest.mark.parametrize("missing", ["beyond", "hole", "roof"])
def test_a_survey_that_holds_nothing_overhead_does_not_measure_what_points_left_out(tmp_path, obstructions, missing):
    cloud = Cloud(12).branch(30, 0, 5.0, top=7)
    if missing == "beyond":
        cloud.ground(x1=60)
    else:
        cloud.ground(holes=[(60, -8, 80, 8)])
        if missing == "roof":
            cloud.slab(60, -8, 80, 8, 9.0)
    found = audited(tmp_path, cloud, street(6.0, obstructions))
    lane = only(found)
    assert (lane.verdict, lane.value) == (Verdict.NOT_MEASURED, None)
    share = {"beyond": (52, 62), "hole": (75, 85), "roof": (75, 85)}[missing]
    assert any(f"cover {n} %" in lane.message_en and f"{n}%" in lane.message_zh for n in range(*share))
    assert "measured: 5.0" in lane.message_en or "measured: 4.9" in lane.message_en
    assert "holds no overhead kinds" in lane.message_en


def test_a_survey_that_holds_overhead_kinds_tells_what_points_left_out(tmp_path):
    cloud = Cloud(12).ground(x1=60).branch(30, 0, 5.0, top=7)
    lane = only(audited(tmp_path, cloud, street(6.0, [WIRE_AWAY])))
    assert (lane.verdict, lane.value) == (Verdict.PASS, None)
    assert "5.0" in lane.message_en or "4.9" in lane.message_en
    assert "which holds overhead kinds" in lane.message_en
    assert "nothing spans" not in lane.message_en
    lane = only(audited(tmp_path, cloud, street(6.0, [over(80, -3, 81, 3, 4.4, kind="arch", id="A")])))
    assert (lane.verdict, lane.value) == (Verdict.PASS, 4.4)
    assert "which holds overhead kinds" in lane.message_en


def test_what_points_showed_is_no_survey_of_what_hangs(tmp_path):
    """The wire is found by the points, the survey holds a tree: low here, not measured there; the same when audited again."""
    found = audited(tmp_path, Cloud(9).ground(x1=60).wire(30, 3.5), street(6.0, [AWAY]))
    for each in (found, audit(found.site, remedies=False)):
        low, rest = heights(each)
        assert (low.verdict, low.value) == (Verdict.FAIL, pytest.approx(3.5, abs=0.05))
        assert (rest.verdict, rest.value) == (Verdict.NOT_MEASURED, None)
        assert "holds no overhead kinds" in rest.message_en
    low = only(audited(tmp_path, Cloud(9).ground(x1=60).wire(30, 3.5), street(6.0, [AWAY, WIRE_AWAY])))
    assert low.verdict is Verdict.FAIL


def test_under_a_tile_that_shows_nothing_of_the_lane_it_is_not_measured(tmp_path):
    """All of the lane lies under a roof, or in a hole."""
    hidden = Cloud(21).ground(holes=[(-5, -4, 105, 4)])
    lane = only(audited(tmp_path, hidden, street(6.0, [AWAY])))
    assert (lane.verdict, lane.value) == (Verdict.NOT_MEASURED, None)
    assert "cover 0 %" in lane.message_en
    assert only(audited(tmp_path, hidden.slab(-5, -4, 105, 4, 9.0), street(6.0, [AWAY]))).verdict is Verdict.NOT_MEASURED


@pytest.mark.parametrize("north", [8, 30])
def test_a_lane_that_no_tile_touches_passes_by_its_survey(tmp_path, north):
    """Another road lies under the tile; this one beyond it, be it near."""
    far = shapely.box(0, 8 + north, 100, 14 + north)
    base = site([road(), far], entrances=gates(), obstructions=[AWAY])
    found = audited(tmp_path, Cloud(22).ground(), base)
    verdicts = {f.location[1] > 4_630_008: f for f in heights(found) if f.lane_id}
    assert verdicts[False].value == 8.0
    assert (verdicts[True].verdict, verdicts[True].value) == (Verdict.PASS, None)
    assert verdicts[True].message_en == "nothing spans the lane"


@pytest.mark.parametrize(
    ("x1", "obstructions", "verdict", "says"),
    [
        (60, [AWAY], "not_measured", "holds no overhead kinds"), (60, [WIRE_AWAY], "pass", "which holds overhead kinds"),
        (None, [AWAY], "pass", "nothing spans the centreline"),
    ],
)  # fmt: skip
def test_a_road_known_as_a_line_and_partly_covered_goes_by_the_same_rule(tmp_path, x1, obstructions, verdict, says):
    line = shapely.LineString([(0, 30), (100, 30)])
    base = site([road()], entrances=gates(), road_lines=[line], obstructions=obstructions)
    cloud = Cloud(23).ground() if x1 is None else Cloud(23).ground(x1=x1, y1=40)
    found = {f.lane_id: f for f in heights(audited(tmp_path, cloud, base))}
    (lane_id,) = found.keys() - set(lane_network(base).lanes["lane_id"])
    assert found[lane_id].verdict.value == verdict
    assert says in found[lane_id].message_en


def test_a_cable_of_unknown_height_stays_not_measured(tmp_path):
    """Points that show nothing there are no proof that the cable hangs high."""
    cable = (shapely.LineString([(50, -4), (50, 4)]), {"kind": "overhead_line", "id": "K"})
    found = heights(audited(tmp_path, Cloud(13).ground(), street(6.0, [cable])))
    assert [(f.verdict, f.owners) for f in found] == [(Verdict.NOT_MEASURED, ("K",))]


def test_cars_and_noise_in_the_points_fail_nothing(tmp_path):
    cloud = Cloud(14).ground(holes=[(17.7, -0.9, 22.3, 0.9)]).car(20, 0).add([40.0], [0.0], [53.0])
    found = audited(tmp_path, cloud)
    assert only(found).verdict is Verdict.PASS
    assert found.tables["laser_stations"]["standing"].max() > 0


def test_a_remedy_lifts_what_was_found_and_never_takes_it_away(tmp_path):
    found = audited(tmp_path, Cloud(15).ground().wire(50, 3.6), remedies=True)
    rows = [r for r in found.remedies if any(o.startswith("laser:") for o in r["owners"])]
    assert rows
    assert {r["action"] for r in rows} == {"lift"}


def test_stations_go_into_the_results_and_the_audit_is_the_same_twice(tmp_path):
    import pyogrio

    cloud = Cloud(16).ground(holes=[(17.7, -2.9, 22.3, -1.1)]).car(20, -2).wire(50, 3.6).branch(70, 2, 4.5, top=7)
    one = audited(tmp_path, cloud)
    table = one.tables["laser_stations"]
    assert list(table.columns) == [
        "lane_id", "chainage_m", "clear_height_m", "way_height_m", "kind", "guessed", "points", "density_per_m2", "seen_share",
        "standing", "measured", "geometry",
    ]  # fmt: skip
    assert set(table["kind"].dropna()) == {"overhead_line", "tree"}
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        write_audit(audited(tmp_path, cloud), folder)
    assert (folders[0] / "audit.json").read_bytes() == (folders[1] / "audit.json").read_bytes()
    back = pyogrio.read_dataframe(folders[0] / "results.gpkg", layer="laser_stations")
    assert len(back) == len(table)
    assert np.allclose(back["clear_height_m"], table["clear_height_m"], equal_nan=True)


def test_the_audit_of_an_audited_site_is_the_same(tmp_path):
    one = audited(tmp_path, Cloud(17).ground().wire(50, 3.6))
    two = audit(one.site, remedies=False)
    assert [f.finding_id for f in two.findings] == [f.finding_id for f in one.findings]


def test_a_volunteered_map_passes_by_points_alone(tmp_path):
    """Its obstructions need not be all; the points cover the whole lane."""
    base = replace(street(6.0), notes=(Note("osm_incomplete", "志愿者", "volunteers"),))
    assert only(audit(base, remedies=False)).verdict is Verdict.NOT_MEASURED
    assert only(audited(tmp_path, Cloud(18).ground(), base)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("height", "verdict", "says"),
    [(None, "pass", "8.000 m or more"), (4.5, "pass", "4.4"), (3.5, "not_measured", "whether a way is left beside it")],
)
def test_a_road_known_as_a_line_is_measured_about_its_line(tmp_path, height, verdict, says):
    """Half the envelope to either side: enough to pass, too little to fail, for the pavement may be wider."""
    base = site([road()], entrances=gates(), road_lines=[shapely.LineString([(0, 30), (100, 30)])])
    cloud = Cloud(19).ground(y0=-8, y1=40)
    if height is not None:
        cloud.slab(50, 30.5, 51, 36, height)  # beside the line, not across it
    found = {f.lane_id: f for f in heights(audited(tmp_path, cloud, base))}
    (lane_id,) = found.keys() - set(lane_network(base).lanes["lane_id"])
    assert found[lane_id].verdict.value == verdict
    assert says in found[lane_id].message_en


def test_what_if_knows_what_the_points_showed(tmp_path):
    """Lifted in thought, the wire bars no longer."""
    found = audited(tmp_path, Cloud(20).ground().wire(50, 3.6), street(6.0))
    (owner,) = only(found).owners
    state = WhatIf.of(found.site)
    assert state.lanes["height_verdict"].tolist() == ["fail"]
    assert state.remove(owner).lanes["height_verdict"].tolist() == ["pass"]
