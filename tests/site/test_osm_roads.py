"""Which ways are roads, what is known of their width, and what outlines do to centrelines."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from osm_scenes import Scene, codes, reading, rows, take

from firelane.errors import InputError
from firelane.site import read_site
from firelane.site.config import Feed, Settings
from firelane.site.journal import Journal
from firelane.site.osm.rules import rules_of, standard_rules


def lines_of(tmp_path, **tags):
    scene = Scene()
    scene.way((0, 0), (100, 0), highway="service")
    scene.way((0, 50), (100, 50), **tags)
    intake, journal = take(scene, tmp_path)
    return rows(intake, "road_lines"), intake, journal


class TestUse:
    @pytest.mark.parametrize("value", sorted(standard_rules().fire_lanes))
    def test_roads_of_a_site_are_fire_lanes(self, tmp_path, value):
        lines, _, _ = lines_of(tmp_path, highway=value)
        assert lines["way/2"][1]["fire_lane"] is True

    @pytest.mark.parametrize("value", ["motorway", "trunk_link", "primary", "secondary", "tertiary", "tertiary_link"])
    def test_through_roads_are_drivable_but_not_judged(self, tmp_path, value):
        lines, intake, _ = lines_of(tmp_path, highway=value)
        assert lines["way/2"][1]["fire_lane"] is False
        assert lines["way/2"][1]["class"] == "municipal"
        assert "neither judged" in reading(intake, f"highway={value}").en

    @pytest.mark.parametrize("value", ["footway", "path", "steps", "cycleway", "bridleway", "construction", "proposed", "ufo"])
    def test_what_carries_no_fire_engine_is_no_road_and_is_counted(self, tmp_path, value):
        lines, intake, _ = lines_of(tmp_path, highway=value)
        assert list(lines) == ["way/1"]
        told = reading(intake, f"highway={value}")
        assert (dict(told.found), told.layer, told.rows, told.ignored) == ({"way": 1}, None, 0, 1)
        assert told.zh
        assert told.en

    @pytest.mark.parametrize("tags", [
        {"emergency": "yes"}, {"emergency": "designated"}, {"service": "emergency_access"}, {"motor_vehicle": "yes"},
    ])  # fmt: skip
    def test_a_footway_where_vehicles_are_let_in_is_a_fire_lane(self, tmp_path, tags):
        lines, _, _ = lines_of(tmp_path, highway="footway", **tags)
        assert lines["way/2"][1]["fire_lane"] is True

    def test_no_tag_makes_a_road_of_steps(self, tmp_path):
        lines, _, _ = lines_of(tmp_path, highway="steps", emergency="yes")
        assert list(lines) == ["way/1"]

    def test_what_once_was_a_road_is_counted_and_is_none(self, tmp_path):
        lines, intake, _ = lines_of(tmp_path, disused__highway="service")
        assert list(lines) == ["way/1"]
        assert reading(intake, "disused:highway=*").ignored == 1

    @pytest.mark.parametrize("tags", [{"layer": "-1"}, {"tunnel": "yes"}, {"indoor": "yes"}, {"location": "underground"}])
    def test_what_lies_below_ground_is_left_out_and_named(self, tmp_path, tags):
        lines, _, journal = lines_of(tmp_path, highway="service", service="parking_aisle", **tags)
        assert list(lines) == ["way/1"]
        assert any(note.code == "osm_below" and "way/2" in note.en for note in journal.notes)

    @pytest.mark.parametrize("tags", [{"layer": "1"}, {"layer": "x"}, {"tunnel": "building_passage"}, {"covered": "yes"}])
    def test_what_does_not_lie_below_ground_stays(self, tmp_path, tags):
        lines, _, _ = lines_of(tmp_path, highway="service", **tags)
        assert set(lines) == {"way/1", "way/2"}


class TestWidth:
    @pytest.mark.parametrize(("tags", "width_m", "accuracy_m", "source"), [
        ({"width": "3.5"}, 3.5, 0.05, "width=3.5"),
        ({"width": "4"}, 4.0, 0.5, "width=4"),
        ({"est_width": "4"}, 4.0, 1.0, "est_width=4"),
        ({"width": "3.5", "est_width": "6"}, 3.5, 0.05, "width=3.5"),
        ({"width": "wide", "est_width": "6"}, 6.0, 1.0, "est_width=6"),
        ({"width": "9", "width:carriageway": "6.0"}, 6.0, 0.05, "width:carriageway=6.0"),
        ({"maxwidth:physical": "2.2"}, 2.2, 0.05, "maxwidth:physical=2.2"),
        ({"width": "6", "maxwidth:physical": "2.2"}, 2.2, 0.05, "maxwidth:physical=2.2"),
        ({"width": "2.0", "maxwidth:physical": "2.2"}, 2.0, 0.05, "width=2.0"),
    ])  # fmt: skip
    def test_a_width_that_is_told_comes_with_its_accuracy_and_source(self, tmp_path, tags, width_m, accuracy_m, source):
        lines, _, _ = lines_of(tmp_path, highway="service", **tags)
        _, columns = lines["way/2"]
        assert columns["width_m"] == pytest.approx(width_m)
        assert columns["accuracy_m"] == pytest.approx(accuracy_m)
        assert columns["derived"] == source
        assert lines["way/1"][1]["width_m"] is None

    @pytest.mark.parametrize("tags", [{}, {"width": "narrow"}, {"maxwidth": "2"}, {"lanes": "2"}])
    def test_a_width_that_is_not_told_is_not_known(self, tmp_path, tags):
        lines, _, _ = lines_of(tmp_path, highway="service", **tags)
        assert lines["way/2"][1].get("width_m") is None

    def test_what_is_not_understood_is_said_by_row(self, tmp_path):
        _, _, journal = lines_of(tmp_path, highway="service", width="narrow")
        (note,) = [n for n in journal.notes if n.code == "osm_width_not_understood"]
        assert (note.layer, note.row) == ("road_lines", "way/2")

    def test_through_the_whole_reader_a_width_becomes_an_area_and_the_rest_stay_lines(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (100, 0), highway="service", width="6.0", name="=1+1")
        scene.way((100, 0), (100, 80), highway="service")
        site = read_site(scene.write(tmp_path / "map.osm"))
        assert list(site.layer("roads")["id"]) == ["way/1"]
        assert list(site.layer("roads")["derived"]) == ["width=6.0"]
        assert site.road_accuracy_m("way/1") == pytest.approx(0.05)
        assert site.layer("roads").geometry[0].area == pytest.approx(600, rel=2e-3)
        assert list(site.layer("road_lines")["id"]) == ["way/2"]
        assert {"osm_incomplete", "width_unknown", "width_from_attribute"} <= {note.code for note in site.notes}
        assert site.layers.keys() == {"roads", "road_lines"}


class TestOutlines:
    def test_an_outline_is_the_road_and_the_line_in_it_is_not_doubled(self, tmp_path):
        scene = Scene()
        scene.way((0, -3), (60, -3), (60, 3), (0, 3), closed=True, area__highway="service")
        scene.way((0, 0), (100, 0), highway="service")
        scene.way((10, 0), (50, 0), highway="service")
        intake, _ = take(scene, tmp_path)
        areas, lines = rows(intake, "roads"), rows(intake, "road_lines")
        assert areas["way/1"][0].area == pytest.approx(360, rel=1e-3)
        assert areas["way/1"][1]["accuracy_m"] == 0.5
        assert set(lines) == {"way/2"}
        assert lines["way/2"][0].length == pytest.approx(40, abs=0.05)
        assert lines["way/2"][0].bounds[0] == pytest.approx(60, abs=0.02)
        assert "outline" in reading(intake, "highway=service").en

    def test_a_line_that_leaves_an_outline_on_both_sides_has_two_pieces(self, tmp_path):
        scene = Scene()
        scene.way((40, -3), (60, -3), (60, 3), (40, 3), closed=True, highway="pedestrian", area="yes")
        scene.way((0, 0), (100, 0), highway="service")
        intake, _ = take(scene, tmp_path)
        assert set(rows(intake, "road_lines")) == {"way/2", "way/2/2"}
        assert set(rows(intake, "roads")) == {"way/1"}

    def test_a_bridge_over_an_outline_is_not_cut(self, tmp_path):
        scene = Scene()
        scene.way((40, -3), (60, -3), (60, 3), (40, 3), closed=True, area__highway="service")
        scene.way((0, 0), (100, 0), highway="service", bridge="yes", layer="1")
        intake, _ = take(scene, tmp_path)
        assert rows(intake, "road_lines")["way/2"][0].length == pytest.approx(100, abs=0.05)

    def test_a_closed_way_that_is_no_area_is_a_loop(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (60, 0), (60, 60), closed=True, highway="service")
        intake, _ = take(scene, tmp_path)
        assert rows(intake, "roads") == {}
        assert rows(intake, "road_lines")["way/1"][0].is_closed

    def test_an_outline_for_people_on_foot_is_no_road(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (60, 0), (60, 60), closed=True, area__highway="footway")
        scene.way((0, 80), (60, 80), highway="service")
        intake, _ = take(scene, tmp_path)
        assert rows(intake, "roads") == {}
        assert reading(intake, "area:highway=footway").ignored == 1

    def test_a_relation_of_two_half_rings_and_a_hole(self, tmp_path):
        scene = Scene()
        a, b = scene.node(0, 0), scene.node(40, 40)
        south = scene.way(a, (40, 0), b)
        north = scene.way(b, (0, 40), a)
        hole = scene.way((10, 10), (20, 10), (20, 20), (10, 20), closed=True)
        scene.relation((south, "outer"), (north, "outer"), (hole, "inner"), highway="pedestrian", name="广场")
        intake, _ = take(scene, tmp_path)
        area, columns = rows(intake, "roads")["relation/1"]
        assert area.area == pytest.approx(1500, rel=1e-3)
        assert len(area.interiors) == 1
        assert columns["name"] == "广场"

    def test_a_relation_of_two_areas_has_two_rows(self, tmp_path):
        scene = Scene()
        first = scene.way((0, 0), (10, 0), (10, 10), closed=True)
        second = scene.way((50, 0), (60, 0), (60, 10), closed=True)
        scene.relation((first, "outer"), (second, "outer"), area__highway="service")
        intake, _ = take(scene, tmp_path)
        assert set(rows(intake, "roads")) == {"relation/1", "relation/1/2"}


class TestSettings:
    def test_osm_table_changes_what_tags_stand_for(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (9, 0), highway="tertiary")
        scene.way((0, 9), (9, 9), highway="service", est_width="4")
        settings = Settings(tables={"osm": {
            "fire_lanes": ["tertiary"], "est_width_accuracy_m": 2, "classes": {"tertiary": "unit"},
        }})  # fmt: skip
        lines = rows(take(scene, tmp_path, settings)[0], "road_lines")
        assert set(lines) == {"way/1"}
        assert lines["way/1"][1]["fire_lane"] is True
        assert lines["way/1"][1]["class"] == "unit"
        assert rules_of(settings, Journal()).est_width_accuracy_m == 2.0

    @pytest.mark.parametrize(("table", "column"), [
        ({"fire_lane": ["service"]}, "osm.fire_lane"), ({"fire_lanes": "service"}, "osm.fire_lanes"),
        ({"est_width_accuracy_m": -1}, "osm.est_width_accuracy_m"), ({"opening_m": True}, "osm.opening_m"),
        ({"classes": {"service": "palace"}}, "osm.classes.service"), ({"classes": []}, "osm.classes"),
        ({"fire_lanes": ["track"], "no_roads": ["track"]}, "osm.fire_lanes"),
    ])  # fmt: skip
    def test_what_it_says_wrongly_is_a_problem(self, table, column):
        journal = Journal()
        rules_of(Settings(tables={"osm": table}), journal)
        (problem,) = journal.problems
        assert (problem.layer, problem.column) == ("site.toml", column)
        assert problem.message_zh
        assert problem.remedy
        assert problem.remedy_zh

    def test_site_toml_filters_by_tags_and_no_tag_is_called_strange(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (50, 0), highway="service", name_en="x", surface="asphalt", name__en="First")
        scene.way((0, 9), (50, 9), highway="residential")
        (tmp_path / "map.site.toml").write_text(
            '[layers.road_lines]\nfrom = "road_lines"\nwhere = { highway = ["service"] }\ncolumns = { name = "name:en" }\n'
        )
        site = read_site(scene.write(tmp_path / "map.osm"))
        lines = site.layer("road_lines")
        assert list(lines["id"]) == ["way/1"]
        assert list(lines["name"]) == ["First"]
        assert not any(note.code == "unknown_column" for note in site.notes)

    def test_feeds_declared_for_a_table_that_the_extract_lacks_are_the_callers_to_miss(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (50, 0), highway="service")
        settings = Settings(feeds={"roads": (Feed("streets"),)})
        intake, _ = take(scene, tmp_path, settings)
        assert "roads" not in intake.feeds
        (tmp_path / "map.site.toml").write_text('[layers.roads]\nfrom = "streets"\n')
        with pytest.raises(InputError, match="streets"):
            read_site(tmp_path / "map.osm")


def test_the_order_of_the_file_changes_nothing(tmp_path):
    scene = Scene()
    scene.way((0, -3), (60, -3), (60, 3), (0, 3), closed=True, area__highway="service")
    scene.way((0, 0), (100, 0), (120, 30), highway="service", width="4")
    scene.node(100, 0, barrier="gate")
    first = rows(take(scene, tmp_path)[0], "road_lines")
    for kind in (scene.nodes, scene.ways):
        turned = dict(reversed(kind.items()))
        kind.clear()
        kind.update(turned)
    second = rows(take(scene, tmp_path)[0], "road_lines")
    assert list(first) == list(second)
    assert all(shapely.equals_exact(first[name][0], second[name][0], 0.0) for name in first)


def test_xml_and_pbf_give_the_same(tmp_path):
    scene = Scene()
    scene.way((0, 0), (100, 0), (120, 30), highway="service", width="4")
    scene.way((0, 10), (9, 10), (9, 20), closed=True, building="yes", building__levels="6")
    scene.node(50, 30, natural="tree")
    one = read_site(scene.write(tmp_path / "map.osm"))
    other = read_site(scene.write_pbf(tmp_path / "map.osm.pbf"))
    assert one.layers.keys() == other.layers.keys() == {"roads", "road_lines", "buildings", "obstructions"}
    for layer, table in one.layers.items():
        assert list(table["id"]) == list(other.layers[layer]["id"])
        assert np.all(shapely.equals_exact(table.geometry, other.layers[layer].geometry, 1e-9))


def test_ways_before_nodes_are_read_as_well(tmp_path):
    scene = Scene()
    scene.way((0, 0), (100, 0), highway="service")
    head, *body, tail = scene.xml().splitlines()[1:]
    path = tmp_path / "map.osm"
    path.write_text("\n".join([head, *reversed(body), tail]), encoding="utf-8")
    assert list(read_site(path).layer("road_lines")["id"]) == ["way/1"]


def test_new_objects_of_an_editor_have_negative_numbers(tmp_path):
    scene = Scene(first=-1)
    scene.way((0, 0), (100, 0), highway="service")
    intake, journal = take(scene, tmp_path)
    assert rows(intake, "road_lines")["way/-1"][0].length == pytest.approx(100, abs=0.05)
    assert "osm_nodes_missing" not in codes(journal)
