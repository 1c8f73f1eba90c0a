"""Areas by name, by id and by box: what of an extract is read."""

from __future__ import annotations

import pytest
import shapely
from osm_scenes import Scene, lonlat, metres, rows, take

from firelane.errors import InputError
from firelane.site import read_site
from firelane.site.osm import residential_areas
from firelane.site.within import Within


def estate(**tags):
    """Two estates side by side, one road through both and one far away."""
    scene = Scene()
    scene.way((0, 0), (300, 0), highway="service")
    scene.way((0, 500), (300, 500), highway="service")
    scene.way((-10, -50), (100, -50), (100, 50), (-10, 50), closed=True, landuse="residential", name="阳光小区", **tags)
    scene.way((100, -50), (310, -50), (310, 50), (100, 50), closed=True, landuse="residential", official_name="Second Estate")
    return scene


@pytest.mark.parametrize("name", ["阳光小区", " 阳光小区 ", "way/3"])
def test_an_area_is_found_by_name_and_id(tmp_path, name):
    intake, journal = take(estate(), tmp_path, window=Within(name, None))
    assert not journal.problems
    assert metres(intake.area).bounds == pytest.approx((-10, -50, 100, 50), abs=0.05)
    assert set(rows(intake, "road_lines")) == {"way/1"}


@pytest.mark.parametrize(("name", "tags"), [
    ("Sunny Side", {"name:en": "Sunny Side"}), ("second estate", {}), ("Old One", {"alt_name": "Old One"}),
])  # fmt: skip
def test_other_names_count_too(tmp_path, name, tags):
    intake, journal = take(estate(**tags), tmp_path, window=Within(name, None))
    assert not journal.problems
    assert intake.area is not None


def test_several_areas_of_one_name_are_listed_with_their_ids(tmp_path):
    scene = estate(**{"name:en": "Twin"})
    scene.way((0, 400), (9, 400), (9, 409), closed=True, building="yes", name="Twin")
    intake, journal = take(scene, tmp_path, window=Within("Twin", None))
    assert intake is None
    (problem,) = journal.problems
    assert "way/3 (landuse=residential)" in problem.message
    assert "way/5 (building=yes)" in problem.message
    assert "way/3" in problem.remedy
    assert "way/3" in problem.remedy_zh


def test_names_of_roads_and_points_are_no_areas(tmp_path):
    scene = estate()
    scene.way((0, 20), (50, 20), highway="service", name="Main Street")
    scene.node(3, 3, amenity="cafe", name="Cafe")
    for name in ("Main Street", "Cafe", "way/1", "way/99", "nowhere"):
        intake, _ = take(scene, tmp_path, window=Within(name, None))
        assert intake.area is None
    with pytest.raises(InputError, match="no area is called 'nowhere'"):
        read_site(tmp_path / "map.osm", within="nowhere")


def test_an_area_that_is_not_complete_is_said(tmp_path):
    scene = estate()
    del scene.nodes[next(iter(scene.ways[3][0]))]
    intake, journal = take(scene, tmp_path, window=Within("阳光小区", None))
    assert intake is None
    assert "way/3" in journal.problems[0].message


def test_the_whole_reader_cuts_at_the_outline_of_the_named_area(tmp_path):
    site = read_site(estate().write(tmp_path / "map.osm"), within="阳光小区")
    (line,) = site.layer("road_lines").geometry
    assert line.length == pytest.approx(100, abs=0.05)
    with pytest.raises(InputError, match="no road"):
        read_site(tmp_path / "map.osm", within="123.5,41.9,123.6,42.0")


def test_only_what_touches_the_box_is_kept(tmp_path):
    scene = estate()
    scene.node(5, 5, natural="tree")
    scene.node(5, 400, natural="tree")
    for y in (5, 400):
        half = scene.node(10, y)
        other = scene.node(40, y + 20)
        parts = [scene.way(half, (40, y), other), scene.way(other, half)]
        scene.relation(*((p, "outer") for p in parts), building="yes")
    box = shapely.box(*lonlat(-20, -60), *lonlat(150, 60))
    intake, _ = take(scene, tmp_path, window=Within("box", box))
    assert set(rows(intake, "road_lines")) == {"way/1"}
    assert [tree.y for tree, _ in rows(intake, "obstructions").values()] == pytest.approx([5], abs=0.05)
    assert set(rows(intake, "buildings")) == {"relation/1"}
    assert intake.area is None


def test_residential_areas(tmp_path):
    scene = estate()
    scene.way((0, 400), (9, 400), landuse="residential")
    found = residential_areas(scene.write(tmp_path / "map.osm"))
    assert {key: name for key, (name, _) in found.items()} == {"way/3": "阳光小区", "way/4": ""}
    assert metres(found["way/3"][1]).area == pytest.approx(11000, rel=1e-3)
    assert residential_areas(tmp_path / "map.osm", by=("landuse", "industrial")) == {}
