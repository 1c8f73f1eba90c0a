"""Height limits, passages, roofs and wires; and what stands beside the roads."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from osm_scenes import Scene, codes, lonlat, reading, rows, take

from firelane.site import read_site

FOOT, INCH = 0.3048, 0.0254


def road(tmp_path, **tags):
    scene = Scene()
    scene.way((0, 0), (100, 0), highway="service", **tags)
    intake, journal = take(scene, tmp_path)
    return rows(intake, "obstructions"), intake, journal


def clear(columns):
    return columns.get("clear_height_m")


class TestWays:
    @pytest.mark.parametrize(("tags", "height_m", "said"), [
        ({"maxheight": "3.5"}, 3.5, "osm_height_sign"),
        ({"maxheight": "11'6\""}, 11 * FOOT + 6 * INCH, "osm_height_sign"),
        ({"maxheight": "3.5;4"}, 3.5, "osm_height_smallest"),
        ({"maxheight:physical": "3.62"}, 3.62, None),
        ({"maxheight": "3.5", "maxheight:physical": "3.62"}, 3.62, None),
        ({"maxheight": "3.5", "maxheight:physical": "high"}, 3.5, "osm_height_not_understood"),
        ({"maxheight": "default"}, None, "osm_height_word"),
        ({"maxheight": "below_default"}, None, "osm_height_word"),
        ({"maxheight": "unsigned"}, None, "osm_height_word"),
        ({"maxheight": "low"}, None, "osm_height_not_understood"),
        ({"tunnel": "building_passage"}, None, "osm_height_missing"),
        ({"covered": "yes"}, None, "osm_height_missing"),
        ({"tunnel": "building_passage", "maxheight": "4.2"}, 4.2, "osm_height_sign"),
        ({"tunnel": "building_passage", "maxheight": "none"}, None, "osm_height_missing"),
    ])  # fmt: skip
    def test_what_hangs_over_a_way_is_an_arch_along_it(self, tmp_path, tags, height_m, said):
        found, _, journal = road(tmp_path, **tags)
        line, columns = found["way/1"]
        assert columns["kind"] == "arch"
        assert clear(columns) == (None if height_m is None else pytest.approx(height_m))
        assert line.length == pytest.approx(99, abs=0.05)  # half a metre less at either end
        assert columns.get("width_m") is None
        named = {n.code for n in journal.notes if n.row == "way/1" and "height" in n.code}
        assert said in named if said else not named

    def test_where_the_sign_says_that_there_is_no_limit_nothing_hangs(self, tmp_path):
        found, intake, _ = road(tmp_path, maxheight="none")
        assert found == {}
        assert reading(intake, "maxheight=none").ignored == 1

    def test_it_spans_a_road_of_known_width(self, tmp_path):
        found, _, _ = road(tmp_path, maxheight="3.5", width="6")
        assert found["way/1"][1]["width_m"] == 6.0

    def test_over_an_outline_it_spans_from_edge_to_edge(self, tmp_path):
        scene = Scene()
        scene.way((0, -6), (100, -6), (100, 6), (0, 6), closed=True, area__highway="service")
        scene.way((-20, 0), (40, 0), highway="service")
        scene.way((40, 0), (50, 0), highway="service", tunnel="building_passage", maxheight__physical="3.8")
        scene.way((50, 0), (100, 0), highway="service")
        found = rows(take(scene, tmp_path)[0], "obstructions")
        strip, columns = found["way/3"]
        assert strip.area == pytest.approx(10 * 12, rel=5e-3)
        assert clear(columns) == 3.8
        assert set(found) == {"way/3"}

    def test_the_next_way_does_not_touch_it(self, tmp_path):
        scene = Scene()
        node = scene.node(50, 0)
        scene.way((0, 0), node, highway="service", maxheight="3.5")
        scene.way(node, (100, 0), highway="service")
        scene.way(node, (50, 50), highway="service")
        intake, _ = take(scene, tmp_path)
        arch, _ = rows(intake, "obstructions")["way/1"]
        for other in ("way/2", "way/3"):
            assert shapely.distance(arch, rows(intake, "road_lines")[other][0]) == pytest.approx(0.5, abs=0.02)

    def test_footways_through_buildings_are_no_arches(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (100, 0), highway="service")
        scene.way((0, 9), (100, 9), highway="footway", tunnel="building_passage")
        assert rows(take(scene, tmp_path)[0], "obstructions") == {}

    def test_the_legal_sign_through_the_whole_reader(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (100, 0), highway="service", maxheight="3.5")
        site = read_site(scene.write(tmp_path / "map.osm"))
        (row,) = site.layer("obstructions").itertuples()
        assert (row.id, row.kind, row.clear_height_m) == ("way/1", "arch", 3.5)


class TestNodes:
    def at(self, tmp_path, tags, **way_tags):
        scene = Scene()
        number = scene.node(50, 0, **tags)
        scene.way((0, 0), number, (100, 0), highway="service", **way_tags)
        intake, journal = take(scene, tmp_path)
        return rows(intake, "obstructions"), intake, journal

    @pytest.mark.parametrize(("tags", "height_m"), [
        ({"barrier": "height_restrictor", "maxheight": "2.2"}, 2.2), ({"barrier": "height_restrictor"}, None),
        ({"maxheight": "2.2"}, 2.2), ({"highway": "crossing", "maxheight:physical": "7 ft"}, 7 * FOOT),
        ({"barrier": "height_restrictor", "maxheight": "low"}, None),
    ])  # fmt: skip
    def test_a_height_bar_is_an_arch_exactly_there(self, tmp_path, tags, height_m):
        found, intake, _ = self.at(tmp_path, tags)
        (_, columns), *rest = found.values()
        assert not rest
        assert columns["kind"] == "arch"
        assert clear(columns) == (None if height_m is None else pytest.approx(height_m))
        ((_, table),) = intake.feeds["obstructions"]
        assert table.geometry[0].coords[0] == lonlat(50, 0)

    def test_it_spans_a_road_of_known_width(self, tmp_path):
        found, _, _ = self.at(tmp_path, {"barrier": "height_restrictor", "maxheight": "2.2"}, width="6")
        assert found["node/1"][1]["radius_m"] == pytest.approx(3.0)

    def test_a_gate_with_a_height_is_a_gate_and_an_arch(self, tmp_path):
        found, _, _ = self.at(tmp_path, {"barrier": "gate", "maxheight": "3.2"})
        assert [columns["kind"] for _, columns in found.values()] == ["gate", "arch"]
        assert list(found) == ["node/1", "node/1/2"]

    def test_a_sign_beside_the_road_limits_nothing(self, tmp_path):
        scene = Scene()
        scene.node(50, 20, maxheight="2.2")
        scene.way((0, 0), (100, 0), highway="service")
        intake, _ = take(scene, tmp_path)
        assert rows(intake, "obstructions") == {}
        assert reading(intake, "maxheight=*").ignored == 1


class TestRoofsAndWires:
    @pytest.mark.parametrize(("tags", "height_m"), [
        ({}, None), ({"min_height": "4.5"}, 4.5), ({"maxheight": "3"}, 3.0), ({"height": "9"}, None),
    ])  # fmt: skip
    @pytest.mark.parametrize("value", ["roof", "carport"])
    def test_a_roof_hangs_over_the_road_and_is_no_building(self, tmp_path, value, tags, height_m):
        scene = Scene()
        scene.way((40, -9), (60, -9), (60, 9), (40, 9), closed=True, building=value, **tags)
        intake, _ = take(scene, tmp_path)
        area, columns = rows(intake, "obstructions")["way/1"]
        assert (columns["kind"], clear(columns)) == ("arch", height_m)
        assert area.geom_type == "Polygon"
        assert "buildings" not in intake.feeds

    def test_wires_are_overhead_lines_of_unknown_height(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (100, 0), highway="service")
        scene.way((50, -50), (50, 50), power="minor_line")
        scene.way((60, -50), (60, 50), power="line", location="underground")
        site = read_site(scene.write(tmp_path / "map.osm"))
        (row,) = site.layer("obstructions").itertuples()
        assert (row.id, row.kind) == ("way/2", "overhead_line")
        assert np.isnan(row.clear_height_m)


class TestGrounds:
    @pytest.mark.parametrize(("tags", "kind"), [
        ({"natural": "tree"}, "tree"), ({"power": "pole"}, "pole"), ({"highway": "street_lamp"}, "pole"),
        ({"man_made": "street_cabinet"}, "structure"), ({"advertising": "billboard"}, "billboard"),
    ])  # fmt: skip
    def test_points(self, tmp_path, tags, kind):
        scene = Scene()
        scene.node(5, 5, **tags)
        assert rows(take(scene, tmp_path)[0], "obstructions")["node/1"][1]["kind"] == kind

    def test_the_girth_of_a_tree_is_its_radius(self, tmp_path):
        scene = Scene()
        scene.node(5, 5, natural="tree", circumference="1.57")
        assert rows(take(scene, tmp_path)[0], "obstructions")["node/1"][1]["radius_m"] == pytest.approx(0.25, abs=1e-3)

    def test_a_row_of_trees(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (50, 0), natural="tree_row")
        line, columns = rows(take(scene, tmp_path)[0], "obstructions")["way/1"]
        assert (columns["kind"], line.geom_type) == ("tree", "LineString")

    @pytest.mark.parametrize(("tags", "expected"), [
        ({"height": "18.5", "building:levels": "6", "name": "7号楼"}, (18.5, 6.0, "7号楼")),
        ({"building:levels": "6;8", "name:zh": "甲"}, (None, 8.0, "甲")),
        ({"height": "60 ft", "addr:housenumber": "12"}, (60 * FOOT, None, "12")),
        ({"building:levels": "six", "height": "tall"}, (None, None, None)),
    ])  # fmt: skip
    def test_buildings(self, tmp_path, tags, expected):
        scene = Scene()
        scene.way((0, 0), (10, 0), (10, 10), (0, 10), closed=True, building="apartments", **tags)
        intake, journal = take(scene, tmp_path)
        area, columns = rows(intake, "buildings")["way/1"]
        assert area.area == pytest.approx(100, rel=5e-3)
        found = (columns.get("height_m"), columns.get("floors"), columns.get("name"))
        assert found == tuple(pytest.approx(v) if isinstance(v, float) else v for v in expected)
        assert ("osm_length_not_understood" in codes(journal)) == ("six" in tags.values())

    def test_parts_points_ruins_and_cellars_are_no_buildings(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (10, 0), (10, 10), closed=True, building__part="yes")
        scene.way((0, 0), (10, 0), (10, 10), closed=True, building="no")
        scene.way((0, 0), (10, 0), (10, 10), closed=True, building="yes", layer="-1")
        scene.node(3, 3, building="yes")
        scene.way((0, 20), (10, 20), highway="service")
        intake, _ = take(scene, tmp_path)
        assert "buildings" not in intake.feeds
        assert reading(intake, "building=*").ignored == 3

    def test_bays_are_existing_and_car_parks_are_said(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (5, 0), (5, 2.5), (0, 2.5), closed=True, amenity="parking_space")
        scene.way((0, 9), (50, 9), (50, 40), closed=True, amenity="parking")
        scene.way((0, 0), (5, 0), (5, 2.5), (0, 2.5), closed=True, amenity="parking_space", parking="underground")
        scene.way((0, 50), (10, 50), highway="service")
        intake, _ = take(scene, tmp_path)
        bays = rows(intake, "parking")
        assert {name: columns["status"] for name, (_, columns) in bays.items()} == {"way/1": "existing"}
        assert "drivable ground" in reading(intake, "amenity=parking").en
        assert "停车场" in reading(intake, "amenity=parking").zh

    def test_doors_of_buildings_are_no_entrances_of_the_site(self, tmp_path):
        scene = Scene()
        scene.node(5, 0, entrance="main")
        scene.way((0, 50), (10, 50), highway="service")
        intake, _ = take(scene, tmp_path)
        assert "entrances" not in intake.feeds
        assert reading(intake, "entrance=*").ignored == 1

    def test_layers_of_which_nothing_was_found_stay_absent(self, tmp_path):
        scene = Scene()
        scene.way((0, 50), (10, 50), highway="service")
        intake, journal = take(scene, tmp_path)
        assert set(intake.feeds) == {"road_lines"}
        (note,) = [n for n in journal.notes if n.code == "osm_incomplete"]
        assert "not known" in note.en
        assert "未知" in note.zh


def test_every_reading_counts_what_it_made_and_left(tmp_path):
    scene = Scene()
    for n in range(3):
        scene.way((0, 9 * n), (50, 9 * n), highway="service")
    scene.way((0, 90), (50, 90), highway="footway")
    intake, _ = take(scene, tmp_path)
    assert (reading(intake, "highway=service").rows, reading(intake, "highway=service").ignored) == (3, 0)
    assert (reading(intake, "highway=footway").rows, reading(intake, "highway=footway").ignored) == (0, 1)
    assert [entry.source for entry in intake.readings] == sorted(entry.source for entry in intake.readings)
    assert shapely.total_bounds([line for line, _ in rows(intake, "road_lines").values()])[2] == pytest.approx(50, abs=0.05)
