"""Airborne laser points over two Amsterdam blocks: crowns over carriageways, measured where the two tiles lie."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import shapely
from sample_plan import ROOT

from firelane.auditing import audit
from firelane.site import read_site
from firelane.vocabulary import Quantity, Verdict

SHARED = Path(os.environ.get("FIRELANE_SHARED", ROOT.parent / "shared"))
HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = SHARED / "data" / "amsterdam_blocks"
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip("the shared Amsterdam blocks are not here")
    target = tmp_path_factory.mktemp("ams") / "amsterdam_blocks"
    shutil.copytree(path, target)
    shutil.copy(HERE / "amsterdam.site.toml", target / "site.toml")
    return target


@pytest.fixture(scope="module")
def audited(folder):
    return audit(read_site(folder), remedies=False)


def test_both_tiles_lie_over_the_site_in_its_own_system(audited):
    assert [t.path.name for t in audited.site.points] == ["ahn_2386_9702.laz", "ahn_2397_9705.laz"]
    assert {t.crs.to_epsg() for t in audited.site.points} == {28992}  # the files tell none
    assert sum(t.points for t in audited.site.points) == 43_536 + 45_345


def test_stations_under_the_tiles_are_measured_and_no_others(audited):
    stations = audited.tables["laser_stations"]
    measured = stations[stations["measured"]]
    tiles = shapely.union_all([shapely.box(*t.bounds) for t in audited.site.points])
    assert len(measured) > 350
    assert shapely.dwithin(tiles, measured.geometry.to_numpy(), 1.5).all()
    well_inside = shapely.contains(tiles.buffer(-4), stations.geometry.to_numpy())
    assert stations["measured"][well_inside].mean() > 0.95
    assert measured["density_per_m2"].median() == pytest.approx(15, abs=4)
    profile = audited.profile
    beyond = ~shapely.dwithin(tiles, profile.geometry.to_numpy(), 6.0)
    assert profile["clear_height_m"][beyond].isna().all()


def test_heights_are_those_of_street_trees(audited):
    """Crowns over Dutch carriageways begin at 4 to 8 m; nothing hangs lower, no parked car is taken for a branch."""
    stations = audited.tables["laser_stations"]
    heights = stations["clear_height_m"].dropna()
    assert 4.0 < heights.min() < 6.0
    assert heights.median() == 8.0
    crowns = stations.dropna(subset="kind")
    assert (crowns["kind"] == "tree").mean() > 0.95
    trees = audited.site.layer("obstructions")
    trunks = shapely.union_all(trees[trees["kind"] == "tree"].geometry.to_numpy())
    # Of the trees only some were mapped; below half the heights a mapped trunk stands near.
    near = shapely.distance(trunks, crowns.geometry.to_numpy())
    assert np.median(near) < 15
    assert (stations["standing"] > 0).any()  # parked cars


def test_lanes_wholly_under_a_tile_get_a_clear_height_and_pass_by_it(audited):
    lanes = audited.lanes.dropna(subset="min_clear_height_m")
    assert 2 <= len(lanes) < len(audited.lanes)
    assert (lanes["min_clear_height_m"] > 4.0).all()
    findings = {f.lane_id: f for f in audited.findings if f.quantity is Quantity.CLEAR_HEIGHT and f.lane_id}
    for lane_id in lanes["lane_id"]:
        assert findings[lane_id].verdict is Verdict.PASS
        assert "laser points cover the whole lane" in findings[lane_id].message_en
    assert not any(f.verdict is Verdict.FAIL for f in findings.values())


def test_lanes_partly_under_a_tile_stay_not_measured_and_those_beyond_pass(audited):
    """The surveyed obstructions are trees: nobody need have looked up."""
    tiles = shapely.union_all([shapely.box(*t.bounds) for t in audited.site.points])
    told = set(audited.lanes.dropna(subset="min_clear_height_m")["lane_id"])
    stations = audited.tables["laser_stations"]
    partly = set(stations[stations["measured"]]["lane_id"]) - told
    beyond = set(audited.lanes["lane_id"][~shapely.dwithin(tiles, audited.lanes.geometry.to_numpy(), 3.0)])
    findings = {f.lane_id: f for f in audited.findings if f.quantity is Quantity.CLEAR_HEIGHT and f.lane_id}
    assert partly
    assert beyond
    for lane_id in partly:
        assert findings[lane_id].verdict is Verdict.NOT_MEASURED
        assert "holds no overhead kinds" in findings[lane_id].message_en
    assert {findings[lane_id].message_en for lane_id in beyond} == {"nothing spans the lane"}


def test_without_a_survey_of_obstructions_the_other_lanes_stay_not_measured(folder, tmp_path):
    target = tmp_path / "bare"
    shutil.copytree(folder, target)
    config = target / "site.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text[: text.index("# A trunk is")], encoding="utf-8")
    found = audit(read_site(target), remedies=False)
    verdicts = {f.lane_id: f.verdict for f in found.findings if f.quantity is Quantity.CLEAR_HEIGHT and f.lane_id}
    told = set(found.lanes.dropna(subset="min_clear_height_m")["lane_id"])
    assert {lane for lane, verdict in verdicts.items() if verdict is Verdict.PASS} == told
    assert {verdict for lane, verdict in verdicts.items() if lane not in told} == {Verdict.NOT_MEASURED}


def test_classes_are_not_needed(folder, tmp_path):
    """The same tiles without classes: the ground is guessed, the heights are the same to some centimetres."""
    import laspy

    target = tmp_path / "unclassed"
    shutil.copytree(folder, target)
    for path in target.glob("*.laz"):
        las = laspy.read(path)
        las.classification = np.ones(len(las.x), np.uint8)
        las.write(path)
    with_, without = (audit(read_site(p), remedies=False).tables["laser_stations"] for p in (folder, target))
    both = with_.merge(without, on=["lane_id", "chainage_m"])
    both = both[both["measured_x"] & both["measured_y"]]
    away = (both["clear_height_m_x"] - both["clear_height_m_y"]).abs()
    assert len(both) > 0.9 * with_["measured"].sum()
    assert away.median() == 0.0
    assert (away < 0.15).mean() > 0.95
