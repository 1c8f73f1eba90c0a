"""Fire engines on sites that are real, or look it: the same on two runs, and held against geometry of this file's own."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from command import run, spawn
from sample_plan import ROOT
from shapely import LineString, Point, box
from written_sites import table, write_site

from firelane.auditing import audit
from firelane.site import read_site

pytest.importorskip("numba")

DATA, HERE = ROOT / "data", Path(__file__).resolve().parent
SHARED = Path(os.environ.get("FIRELANE_SHARED", ROOT.parent / "shared"))
PUMP, PLATFORM = "pump-8", "platform-12"
SLACK_M = 0.01
AMSTERDAM_ENDS = {
    "E-W": ((119834.45, 485265.87), (119832.47, 485270.37)),
    "E-NE": ((119928.21, 485311.46), (119930.11, 485306.78)),
    "W-W": ((119265.38, 485085.44), (119264.10, 485088.56)),
    "W-S": ((119361.22, 485016.08), (119358.58, 485014.99)),
}
"""Lines across ends of carriageways, two in either block: the register knows no entrances."""


# ------------------------------------------------------------------------------------------------ the same on two runs


def corner(folder):
    """Write two arms of 7 m that meet at a right angle, a side arm of 2.3 m, one entrance and three buildings."""
    roads = shapely.union_all([box(0, 0, 40, 7), box(33, 0, 40, 40), box(15, 7, 17.3, 45)])
    return write_site(
        folder, roads=table(roads, id=["R1"]), entrances=table(LineString([(0, 0), (0, 7)]), id=["E1"], openable=[True]),
        buildings=table(box(4, 12, 12, 20), box(22, 25, 30, 38), box(5, 44, 12, 60), id=["B1", "B2", "B3"], height_m=[20.0] * 3),
        obstructions=table(Point(20, 0.5), id=["P1"], kind=["bollard"], radius_m=[0.1]),
    )  # fmt: skip


def told_by_process(source, out, seed, vehicles):
    """Audit with vehicles in a process of its own; return the bytes of what it tells."""
    words = ("audit", source, "-o", out, "--no-remedies", "--vehicle", vehicles)
    done = spawn(*words, env={"PYTHONHASHSEED": seed})
    assert done.code == 0, done.err
    return (out / "audit.json").read_bytes(), (out / "findings.csv").read_bytes()


def classes(site, vehicles):
    """Return (vehicle, entrance, kind, target) → class."""
    told = {}
    for tracked in audit(site, remedies=False, vehicles=vehicles).tracking:
        for row in tracked.targets.to_dict("records"):
            told[tracked.vehicle.id, row["entrance_id"], row["target_kind"], row["target_id"]] = row["class"]
    return told


def shuffled(site, seed):
    """Return a site with the rows of every layer in another order."""
    order = np.random.default_rng(seed)
    layers = {name: rows.iloc[order.permutation(len(rows))].reset_index(drop=True) for name, rows in site.layers.items()}
    return replace(site, layers=layers)


def test_two_processes_tell_the_same_to_the_byte(tmp_path):
    source = corner(tmp_path / "corner")
    first, second = (told_by_process(source, tmp_path / seed, seed, f"{PUMP},{PLATFORM}") for seed in ("1", "2"))
    assert first == second
    tracked = json.loads(first[0])["tracking"]
    assert [t["vehicle"]["id"] for t in tracked] == [PUMP, PLATFORM]


def test_the_corner_is_answered_as_by_hand_whatever_the_order_of_the_rows(tmp_path):
    """7 m are enough for the pump (5.30 m) and the platform (6.74 m); 2.3 m are narrower than either, so that B3, which
    lies 10 m and more from all else, cannot be come near to."""
    site = read_site(corner(tmp_path / "corner"))
    told = classes(site, [PUMP, PLATFORM])
    buildings = {(v, target): found for (v, _, kind, target), found in told.items() if kind == "building"}
    assert {t: found for (v, t), found in buildings.items() if v == PUMP} == {
        "B1": "proven_pass", "B2": "proven_pass", "B3": "proven_fail",
    }  # fmt: skip
    assert (buildings[PLATFORM, "B1"], buildings[PLATFORM, "B3"]) == ("proven_pass", "proven_fail")
    assert classes(shuffled(site, 3), [PUMP, PLATFORM]) == told


@pytest.mark.slow
def test_two_processes_tell_the_same_of_a_district(tmp_path):
    source = DATA / "shenyang_district"
    assert told_by_process(source, tmp_path / "1", "1", PUMP) == told_by_process(source, tmp_path / "2", "2", PUMP)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shenyang_district", "shenyang_compliant"])
def test_the_order_of_the_rows_of_a_sample_changes_no_class(name):
    site = read_site(DATA / name)
    assert classes(shuffled(site, 8), [PUMP]) == classes(site, [PUMP])


# ---------------------------------------------------------------------------------------- what is told is true by itself


def openable(entrances):
    """Return which entrances open: not those that are known not to."""
    return entrances["openable"].to_numpy(float) != 0


def ground(site):
    """Return where a body may be, from the layers alone: the pavement, and 20 m outside each mouth that opens."""
    pavement = shapely.union_all(site.layer("roads").geometry.to_numpy())
    entrances = site.layer("entrances")
    outside = [shapely.difference(shapely.buffer(g, 20.0), pavement) for g in entrances.geometry[openable(entrances)]]
    return shapely.union_all([pavement, *outside])


def solid(site, height_m):
    """Return what a body must not touch: buildings, existing bays, and what stands or hangs below its height."""
    things = site.layer("obstructions")
    high = (things["clear_height_m"].to_numpy(float) >= height_m) | (things["openable"].to_numpy(float) == 1)
    shapes = [
        shapely.buffer(g, max(float(r) if np.isfinite(r) else 0.0, 1e-4)) if g.geom_type == "Point" else g
        for g, r in zip(things.geometry[~high], things["radius_m"].to_numpy(float)[~high], strict=True)
    ]
    bays = site.layer("parking")
    return [*site.layer("buildings").geometry, *bays.geometry[bays["status"] != "planned"], *shapes]


def prints(trip, step_m=0.05):
    """Return the body along a drive: between two poses along the arc that their headings tell."""
    v, at, heading = trip.vehicle, trip.drive.xy, np.unwrap(trip.drive.heading_rad)
    x, y, turned = at[:, 0], at[:, 1], heading
    poses = [(x[0], y[0], turned[0])]
    for n in range(len(at) - 1):
        chord, turn = np.hypot(x[n + 1] - x[n], y[n + 1] - y[n]), turned[n + 1] - turned[n]
        count = max(2, int(np.ceil(chord / step_m)))
        share = np.arange(1, count + 1) / count
        half = turn / 2
        far = chord * np.sin(share * half) / np.sin(half) if abs(half) > 1e-9 else chord * share
        toward = np.arctan2(y[n + 1] - y[n], x[n + 1] - x[n]) - half + share * half
        poses += list(zip(x[n] + far * np.cos(toward), y[n] + far * np.sin(toward), turned[n] + share * turn, strict=True))
    px, py, pa = np.array(poses).T[:, :, None]
    along = np.array([v.front_m, v.front_m, -v.rear_overhang_m, -v.rear_overhang_m])
    aside = np.array([1, -1, -1, 1]) * v.width_m / 2
    corners = np.stack([px + along * np.cos(pa) - aside * np.sin(pa), py + along * np.sin(pa) + aside * np.cos(pa)], axis=2)
    return shapely.polygons(corners)


def faults_of(tracked, site):
    """Return what is wrong with the drives of a vehicle that are said to be proven, by this file's geometry."""
    free, things = ground(site), solid(site, tracked.vehicle.height_m)
    tree, found = shapely.STRtree(things), []
    v = tracked.vehicle
    radius = np.sqrt(v.kerb_radius_m**2 - v.wheelbase_m**2) - v.track_m / 2
    for trip in tracked.trips:
        if trip.kind == "overrun":
            continue
        body = shapely.union_all(prints(trip))
        if (area := shapely.area(shapely.difference(body, free))) > 1e-3:
            found.append((trip.trip_id, "outside", round(float(area), 4)))
        found += [
            (trip.trip_id, "struck", shapely.centroid(things[n]).wkt) for n in tree.query(body, predicate="intersects")
            if shapely.area(shapely.intersection(body, things[n])) > 1e-4
        ]  # fmt: skip
        way = np.hypot(*np.diff(trip.drive.xy, axis=0).T)
        turn = np.abs(np.diff(np.unwrap(trip.drive.heading_rad)))
        # the least radius that turning so much over such a chord takes
        tight = turn > 1e-6
        if tight.any() and (way[tight] / (2 * np.sin(turn[tight] / 2))).min() < radius * (1 - 1e-4):
            found.append((trip.trip_id, "tighter than its lock", None))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shenyang_district", "shenyang_compliant"])
def test_every_proven_drive_of_a_sample_stays_on_free_ground(name):
    site = read_site(DATA / name)
    for tracked in audit(site, remedies=False, vehicles=[PUMP, PLATFORM]).tracking:
        assert any(trip.kind == "proven" for trip in tracked.trips)
        assert faults_of(tracked, site) == []


@pytest.mark.slow
def test_no_drive_passes_a_gate_that_does_not_open():
    site = read_site(DATA / "shenyang_district")
    entrances = site.layer("entrances")
    shut = shapely.union_all(entrances.geometry[~openable(entrances)].to_numpy())
    assert shut.length > 5
    [tracked] = audit(site, remedies=False, vehicles=[PUMP]).tracking
    beyond = {t.trip_id: shapely.intersection(t.swept.body, shut).length for t in tracked.trips if t.kind == "proven"}
    assert {name: length for name, length in beyond.items() if length > 0.01} == {}


# --------------------------------------------------------------------------------------------- discs, by GEOS' own buffer


def disc_reach(site, entrance, radius_m):
    """Return where the middle of a disc comes that starts in a mouth: pieces of GEOS' inward buffer; empty: nowhere."""
    free = shapely.union_all(site.layer("roads").geometry.to_numpy())
    free = shapely.union_all([free, shapely.buffer(entrance, 4.0, cap_style="flat")])
    taken = [shapely.buffer(g, radius_m, quad_segs=64) for g in solid(site, 4.0)]
    middles = shapely.difference(shapely.buffer(free, -radius_m, quad_segs=64), shapely.union_all(taken))
    pieces = shapely.get_parts(middles)
    start = entrance.interpolate(0.5, normalized=True)
    return shapely.union_all([p for p in pieces if p.distance(start) < radius_m])


def check_against_discs(site, result):
    """Hold every answer against discs a centimetre larger and smaller than half the vehicle's width; return how many."""
    checked = 0
    lanes = {row.lane_id: row for row in result.network.lanes.itertuples()}
    buildings = dict(zip(site.layer("buildings")["id"], site.layer("buildings").geometry, strict=True))
    doors = dict(zip(site.layer("entrances")["id"], site.layer("entrances").geometry, strict=True))
    for tracked in result.tracking:
        half = tracked.vehicle.width_m / 2
        for entrance_id, rows in tracked.targets.groupby("entrance_id"):
            small = disc_reach(site, doors[entrance_id], half - SLACK_M)
            large = disc_reach(site, doors[entrance_id], half + SLACK_M)
            for row in rows.to_dict("records"):
                where = (tracked.vehicle.id, entrance_id, row["target_id"])
                if row["target_kind"] == "building":
                    shape, within = buildings[row["target_id"]], site.config.access_distance_m
                else:
                    lane = lanes[row["target_id"]]
                    first, last = lane.start_trim_m + 1.0, lane.length_m - lane.end_trim_m - 1.0
                    shape = shapely.multipoints(shapely.line_interpolate_point(lane.geometry, np.arange(first, max(last, first + 0.1), 1.0)))
                    within = 0.0
                # a disc in a corner of the body touches both sides that meet there: the corner is no farther than this
                corner_m = half * (np.sqrt(2) - 1)
                if row["class"] == "proven_pass":
                    assert small.distance(shape) <= within + half + corner_m + 1.0, where
                    checked += 1
                elif row["class"] == "proven_fail" and not large.is_empty:
                    # not all of it is within reach of a disc that is a little larger
                    away = shapely.distance(shapely.get_parts(shape), large).max() if within == 0 else large.distance(shape)
                    assert away > within + (half if within else 0.0), where
                    checked += 1
    return checked


def amsterdam(folder):
    """Write the Amsterdam blocks with entrances across the ends of their carriageways; return the folder."""
    source = SHARED / "data" / "amsterdam_blocks" / "amsterdam_blocks.gpkg"
    if not source.exists() and os.environ.get("CI") != "true":
        pytest.skip("the shared Amsterdam blocks are not here")
    folder.mkdir()
    shutil.copyfile(source, folder / "amsterdam_blocks.gpkg")
    ends = gpd.GeoDataFrame(
        {"id": list(AMSTERDAM_ENDS), "openable": True}, geometry=[LineString(e) for e in AMSTERDAM_ENDS.values()], crs="EPSG:28992",
    )  # fmt: skip
    ends.to_file(folder / "entrances.geojson", driver="GeoJSON", engine="pyogrio")
    config = (HERE / "amsterdam.site.toml").read_text("utf-8")
    (folder / "site.toml").write_text(config + '\n[layers.entrances]\nfrom = "entrances"\n', encoding="utf-8")
    return folder


@pytest.mark.slow
def test_the_amsterdam_blocks_by_discs(tmp_path):
    """The blocks do not hang together: nothing of one is reached from the other. In the western one a way is too narrow."""
    site = read_site(amsterdam(tmp_path / "blocks"))
    result = audit(site, remedies=False, vehicles=[PUMP])
    assert check_against_discs(site, result) >= 40
    lanes = result.network.lanes.set_index("lane_id").geometry
    [tracked] = result.tracking
    for row in tracked.targets[tracked.targets["target_kind"] == "lane"].to_dict("records"):
        in_east = lanes[row["target_id"]].centroid.x > 119_600
        if in_east != row["entrance_id"].startswith("E"):
            assert row["class"] == "proven_fail"
        elif in_east:
            assert row["class"] == "proven_pass"  # 4.9 m and wider, and no corner that is sharp
    assert faults_of(tracked, site) == []


@pytest.mark.slow
def test_a_generated_district_is_the_same_tidy_and_in_disorder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks" / "city"), *sys.path])
    if not (ROOT / "benchmarks" / "city").exists():
        pytest.skip("the benchmarks are not part of this copy")
    write_city = importlib.import_module("city_write").write_city
    told = []
    for mess in (0.0, 0.7):
        made = write_city(tmp_path / str(mess), 1, seed=5, size="small", mess=mess)
        site = read_site(made.folder / "sites" / made.site_ids[0])
        result = audit(site, remedies=False, vehicles=[PUMP])
        assert check_against_discs(site, result) > 0
        assert faults_of(result.tracking[0], site) == []
        told.append(sorted(result.tracking[0].targets[["entrance_id", "target_kind", "class"]].value_counts().items()))
    assert told[0] == told[1]


@pytest.mark.slow
def test_a_map_without_entrances_is_not_searched_and_says_so(tmp_path):
    source = SHARED / "data" / "bupt_beijing_osm" / "map.osm"
    if not source.exists() and os.environ.get("CI") != "true":
        pytest.skip("the shared map of a campus is not here")
    done = run("audit", source, "-o", tmp_path / "out", "--no-remedies", "--vehicle", PUMP)
    assert done.code == 0, done.err
    [tracked] = json.loads((tmp_path / "out" / "audit.json").read_text("utf-8"))["tracking"]
    assert tracked["unsearched"]
    assert tracked["targets"] == tracked["trips"] == []
