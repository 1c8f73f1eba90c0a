"""Vehicle tracking in the audit: who is tracked, ``audit.json``, ``results.gpkg``, and the same bytes twice."""

import builtins
import json
import math
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from site_scenes import audited_in_full as audited
from site_scenes import box, car, gates, lane_network, road, site, street
from tracked_scenes import tracked_like

from firelane.auditing import audit, write_audit
from firelane.auditing.document import document
from firelane.auditing.tracking_rows import poses, tracking_layers
from firelane.errors import InputError
from firelane.measure import measure
from firelane.run import STEPS, check_tables
from firelane.tracking.catalogue import stated_vehicle, vehicles
from firelane.tracking.drive import Drive, along
from firelane.tracking.record import BEND_WIDTH_COLUMNS, TARGET_COLUMNS
from firelane.tracking.search_tree import kernels

LAYERS = ["swept_paths", "drive_lines", "track_conflicts", "bend_widths", "turnings"]
OWN = {
    "id": "S-1", "length_m": 9.0, "width_m": 2.5, "wheelbase_m": 4.8, "front_overhang_m": 1.4, "turning_radius_m": 10.0,
    "radius_basis": "kerb_to_kerb",
}  # fmt: skip


@pytest.fixture(scope="module")
def plain():
    return audited(site(
        [box(0, -3, 60, 3), box(54, -3, 60, 60)], entrances=gates(60, 6, both=False), obstructions=[], parking=[],
    ))  # fmt: skip


@pytest.fixture(scope="module")
def like(plain):
    return replace(plain, tracking=(tracked_like(plain),))


def as_json(result):
    return json.loads(json.dumps(document(result), ensure_ascii=False, allow_nan=False))


# ---------------------------------------------------------------------------------------- what is asked


def test_none_asked_nothing_of_it(plain, tmp_path):
    assert plain.tracking == ()
    assert as_json(plain)["tracking"] == []
    write_audit(plain, tmp_path)
    assert not set(LAYERS) & {name for name, _ in pyogrio.list_layers(tmp_path / "results.gpkg")}


def test_unknown_names_and_a_faulty_table_are_refused_before_anything_is_measured():
    def measured(step):
        assert step == "rules"

    bad = street(6.0, config={"vehicle": {"id": "pump-8", "wheels": 6}})
    for names in (None, [], ["pump-8"]):
        with pytest.raises(InputError, match="wheels"):
            audit(bad, vehicles=names, progress=measured)
    with pytest.raises(InputError) as caught:
        audit(street(6.0), vehicles=["pump-9", "pump-8", "truck"], progress=measured)
    assert len(caught.value.problems) == 2


def test_a_faulty_vehicle_is_told_with_the_other_tables():
    wrong = street(6.0, config={"vehicle": {"wheels": 6, "id": "pump-8"}, "marking": {"no_such": 1}})
    with pytest.raises(InputError) as caught:
        check_tables(wrong, vehicles=["pump-9"])
    told = " ".join(p.text("en") for p in caught.value.problems)
    for word in ("wheels", "no_such", "pump-9"):
        assert word in told


def test_the_step_comes_between_measuring_and_judging():
    assert STEPS.index("measure") < STEPS.index("tracking") < STEPS.index("judge")
    said = []
    audit(street(6.0), vehicles=(), progress=said.append)
    assert "tracking" not in said


# ------------------------------------------------------------------------------------------- audit.json


def test_the_keys_of_tracking(like):
    (row,) = as_json(like)["tracking"]
    assert list(row) == [
        "vehicle", "policy", "unsearched", "notes", "states", "targets", "trips", "conflicts", "mends", "turnings", "bends",
    ]  # fmt: skip
    told, truck = row["vehicle"], vehicles()["pump-8"]
    assert told["radius_basis"] == "kerb_to_kerb"
    assert told["kerb_radius_m"] == told["turning_radius_m"] == 9.0
    assert told["wall_radius_m"] == round(truck.outer_radius_m, 6)
    assert told["front_axle_radius_m"] == round(truck.front_radius_m, 6)
    assert told["inner_radius_m"] == round(truck.inner_radius_m, 6)
    assert told["sources"]["wheelbase_m"]["status"] == "assumed"
    assert row["policy"]["margin_m"] == 0.0
    assert [set(t) >= set(TARGET_COLUMNS) for t in row["targets"]] == [True, True]
    assert row["targets"][0]["shortfall_m"] is None
    assert row["targets"][1]["overrun_id"] == row["trips"][1]["trip_id"]
    assert row["conflicts"][0]["trip_id"] == row["trips"][1]["trip_id"]
    assert row["conflicts"][0]["part"] == "front_right"
    assert row["mends"][0]["proven"] is True
    assert row["turnings"][0]["manoeuvres"] is None
    assert row["turnings"][0]["reverse_m"] == 48.0
    assert set(row["bends"][0]) == set(BEND_WIDTH_COLUMNS) - {"vehicle_id", "lane_id", "geometry"} | {"place"}


def test_numbers_are_finite_and_rounded(like):
    def walk(value):
        if isinstance(value, dict):
            for v in value.values():
                walk(v)
        elif isinstance(value, list):
            for v in value:
                walk(v)
        elif isinstance(value, float):
            assert math.isfinite(value)
            assert value == round(value, 6)

    walk(as_json(like)["tracking"])


def drive_of(*legs):
    """Poses from (curvature, gear, metres) legs, as the search's steps would leave them."""
    xy, heading, curvature, gear = [np.zeros(2)], [0.0], [], []
    for k, g, length in legs:
        for _ in range(round(length / 0.75)):
            (at,), (h,) = along(xy[-1][None], np.array([heading[-1]]), np.array([k]), np.array([g * 0.75]))
            xy.append(at)
            heading.append(h)
            curvature.append(k)
            gear.append(g)
    return Drive(np.array(xy), np.array(heading), np.array([*curvature, curvature[-1]]), np.array([*gear, gear[-1]]))


def test_the_line_of_a_drive_has_a_pose_every_metre_on_its_arcs():
    radius = 10.0
    told = np.array(poses(SimpleNamespace(drive=drive_of((1 / radius, 1, 30.0)))))
    assert len(told) == 31
    assert np.allclose(np.hypot(told[:, 0], told[:, 1] - radius), radius, atol=1e-9)
    assert np.allclose(told[:, 2], np.arange(31) / radius - 2 * np.pi * (np.arange(31) / radius > np.pi))


def test_changes_of_direction_and_the_end_are_among_the_poses():
    drive = drive_of((0.0, 1, 9.75), (0.0, -1, 4.5))
    told = np.array(poses(SimpleNamespace(drive=drive)))
    assert told[:, 0].max() == pytest.approx(9.75)
    assert told[-1, :2] == pytest.approx((5.25, 0.0))
    assert (np.abs(np.diff(told[:, 0])) <= 1.0 + 1e-9).all()


def test_a_vehicle_that_need_not_move_has_one_pose():
    still = Drive(np.array([[1.0, 2.0]]), np.array([0.5]), np.array([0.0]), np.array([1]))
    assert poses(SimpleNamespace(drive=still)) == [[1.0, 2.0, 0.5]]


# -------------------------------------------------------------------------------------------- layers


def test_the_layers_of_the_geopackage(like, tmp_path):
    write_audit(like, tmp_path)
    found = dict(pyogrio.list_layers(tmp_path / "results.gpkg"))
    assert {name: found[name] for name in LAYERS} == {
        "swept_paths": "MultiPolygon", "drive_lines": "LineString", "track_conflicts": "MultiPolygon", "bend_widths": "Point",
        "turnings": "Point",
    }  # fmt: skip
    swept = gpd.read_file(tmp_path / "results.gpkg", layer="swept_paths")
    assert {"trip_id", "kind", "vehicle", "entrance_id", "target", "serves", "length_m", "manoeuvres", "states", "area_outside_m2"} <= set(swept)
    (tracked,) = like.tracking
    assert swept.geometry.area.to_list() == pytest.approx([t.swept.body.area for t in tracked.trips])
    conflict = gpd.read_file(tmp_path / "results.gpkg", layer="track_conflicts").iloc[0]
    assert (conflict.depth_m, conflict.part) == (0.26, "front_right")
    assert conflict.mend_zh == tracked.mends[0].text_zh
    assert len(gpd.read_file(tmp_path / "results.gpkg", layer="bend_widths")) == 1


def test_a_tracking_without_drives_has_empty_layers(plain, like, tmp_path):
    (tracked,) = like.tracking
    bare = replace(tracked, trips=(), mends=(), turnings=(), bends=tracked.bends.iloc[:0], targets=tracked.targets.iloc[:0])
    layers = tracking_layers([bare], plain.site.crs)
    assert list(layers) == LAYERS
    assert all(not len(table) for table, _ in layers.values())
    write_audit(replace(plain, tracking=(bare,)), tmp_path)
    assert set(LAYERS) <= set(dict(pyogrio.list_layers(tmp_path / "results.gpkg")))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=1+1", "a\x00b\x1b[31m"])
def test_hostile_names_of_vehicles(plain, tmp_path, name):
    vehicle, policy = stated_vehicle({**OWN, "id": name, "name": name})
    like = tracked_like(plain)
    trips = tuple(replace(t, vehicle=vehicle, trip_id=t.trip_id.replace("pump-8", vehicle.id)) for t in like.trips)
    result = replace(plain, tracking=(replace(like, vehicle=vehicle, policy=policy, trips=trips),))
    write_audit(result, tmp_path)
    told = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))["tracking"][0]["vehicle"]
    assert told["id"] == vehicle.id
    assert not any(ord(c) < 32 for c in told["id"] + told["zh"])
    assert gpd.read_file(tmp_path / "results.gpkg", layer="swept_paths")["vehicle"].to_list() == [vehicle.id] * 2


# --------------------------------------------------------------------------------------- a real search


def small():
    """A lane that bends twice, with a car in it, one way in: a dead end."""
    outline = shapely.union_all([box(0, -3, 40, 3), box(34, -3, 40, 45)]).buffer(-1.5).buffer(3.0).buffer(-1.5)
    return site(
        [outline], entrances=[(shapely.LineString([(0, -3), (0, 3)]), {"id": "W"})], obstructions=[car(20, 2.2, id="V1")], parking=[],
        buildings=[(box(10, 5, 20, 15), {"id": "h"})],
    )  # fmt: skip


def test_an_audit_with_vehicles_is_the_same_twice(tmp_path):
    pytest.importorskip("numba")
    said, files = [], []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        result = audit(small(), vehicles=["pump-8"], progress=said.append)
        write_audit(result, folder)
        files.append({name: (folder / name).read_bytes() for name in ("audit.json", "findings.geojson", "findings.csv")})
    assert files[0] == files[1]
    assert said.count("tracking") == 2
    (tracked,) = result.tracking
    assert tracked.unsearched is None
    assert list(tracked.targets.columns[: len(TARGET_COLUMNS)]) == list(TARGET_COLUMNS)
    ids = [t.trip_id for t in tracked.trips]
    assert len(set(ids)) == len(ids)
    assert set(tracked.targets["trip_id"].dropna()) | set(tracked.targets["overrun_id"].dropna()) <= set(ids)
    assert all(t.area_outside_m2 <= 1e-9 for t in tracked.trips if t.kind != "overrun")
    swept = [f for f in result.findings if f.quantity == "swept_path"]
    assert len(swept) == len(tracked.targets.drop_duplicates(["target_kind", "target_id"]))
    assert {t.dead_end_id for t in tracked.turnings} == set(tracked_dead_ends(result))


def tracked_dead_ends(result):
    """Return the dead ends of a site, measured anew."""
    found = measure(result.site, lane_network(result.site), envelope={"width_m": 4.0, "height_m": 4.0})
    return [d.dead_end_id for d in found.dead_ends]


def test_the_vehicle_of_site_toml_is_tracked_unless_another_is_named():
    pytest.importorskip("numba")
    a_site = street(6.0, length=30.0, config={"vehicle": {"id": "tanker-10", "margin_m": 0.1}})
    (own,) = audit(a_site, remedies=False).tracking
    assert (own.vehicle.id, own.policy.margin_m) == ("tanker-10", 0.1)
    (named,) = audit(a_site, vehicles=["pump-8"], remedies=False).tracking
    assert (named.vehicle.id, named.policy.margin_m) == ("pump-8", 0.0)
    assert audit(a_site, vehicles=[], remedies=False).tracking == ()
    assert not any(n.code == "vehicle_unused" for n in audit(a_site, vehicles=[], remedies=False).site.notes)


def test_a_sharp_corner_of_two_four_metre_lanes_is_a_proven_fail():
    """facts: impossible for every vehicle, shunting included (lower bound 4.60 m for the smallest)."""
    pytest.importorskip("numba")
    corner = shapely.union_all([box(-40, -4, 4, 0), box(0, -4, 4, 40)])
    a_site = site([corner], entrances=[(shapely.LineString([(-40, -4), (-40, 0)]), {"id": "W"})], obstructions=[], parking=[])
    result = audit(a_site, vehicles=["pump-8"], remedies=False)
    (told,) = [f for f in result.findings if f.quantity == "swept_path"]
    assert told.verdict.value == "fail"
    assert "4.60" in told.message_zh
    assert "搜索未果" not in told.message_zh
    assert result.summary["by_rule"]["sy2020-14-turning"] == "fail"


def test_without_numba_bends_are_there_and_the_rule_says_what_to_install(monkeypatch):
    kernels.cache_clear()
    load = builtins.__import__

    def refuse(name, globals=None, locals=None, fromlist=(), level=0):  # noqa: A002
        if name == "firelane.tracking" and "kernel_map" in (fromlist or ()):
            raise ModuleNotFoundError("No module named 'numba'", name="numba")
        return load(name, globals, locals, fromlist, level)

    monkeypatch.setattr(builtins, "__import__", refuse)
    result = audit(small(), vehicles=["pump-8", "ladder-14"], remedies=False)
    monkeypatch.undo()
    kernels.cache_clear()
    assert [t.vehicle.id for t in result.tracking] == ["pump-8", "ladder-14"]
    for tracked in result.tracking:
        assert tracked.unsearched is not None
        assert "firelane[tracking]" in tracked.unsearched[0]
        assert len(tracked.bends) == 1
        assert not len(tracked.targets)
    told = [f for f in result.findings if f.quantity == "swept_path"]
    assert [f.verdict.value for f in told] == ["not_measured"] * 2
    assert all("firelane[tracking]" in f.message_zh and "弯道" in f.message_zh for f in told)
    assert as_json(result)["tracking"][0]["unsearched"]["en"]


def test_without_an_entrance_nothing_is_searched():
    result = audit(site([road(60, 6)], obstructions=[], parking=[]), vehicles=["pump-8"], remedies=False)
    (tracked,) = result.tracking
    assert "entrance" in tracked.unsearched[1]
    (told,) = [f for f in result.findings if f.quantity == "swept_path"]
    assert told.verdict.value == "not_measured"
