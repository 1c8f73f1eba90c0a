"""Dirty, damaged and hostile extracts: everything is said, nothing crashes."""

from __future__ import annotations

import gzip

import pytest
from osm_scenes import Scene, codes, rows, take

from firelane.errors import InputError
from firelane.site import read_site
from firelane.site.config import Settings
from firelane.site.journal import Journal
from firelane.site.osm import read_osm

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NODES = '<node id="1" lat="41.8" lon="123.4"/><node id="2" lat="41.8" lon="123.41"/>'
WAY = '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="service"/></way>'
BOMB = '<!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"


def plain():
    scene = Scene()
    scene.way((0, 0), (100, 0), highway="service")
    return scene


def refused(path):
    with pytest.raises(InputError) as caught:
        read_site(path)
    (problem,) = caught.value.problems
    assert problem.message_zh
    assert problem.remedy
    assert problem.remedy_zh
    assert str(path.parent) not in str(caught.value)
    return problem


class TestDamaged:
    @pytest.mark.parametrize(("name", "content", "said"), [
        ("a.osm", b"", "empty"),
        ("a.osm.pbf", b"", "empty"),
        ("a.osm", bytes(range(256)) * 9, "something else"),
        ("a.osm.pbf", bytes(range(256)) * 9, "something else"),
        ("a.osm.pbf", (HEAD + "<osm version='0.6'></osm>").encode(), "looks like OpenStreetMap XML"),
        ("a.osm", b"PK\x03\x04" + b"x" * 99, "ZIP"),
        ("a.osm", b"<html><body>not found</body></html>", "XML of another kind"),
        ("a.osm", b"<osmChange version='0.6'></osmChange>", "osmChange"),
        ("a.osm", (HEAD + '<osm version="0.6">' + NODES + "<way id=").encode(), "cut off"),
        ("a.osm", (HEAD + '<osm version="0.6">' + NODES + WAY).encode(), "cut off"),
        ("a.osm", (HEAD + '<osm version="0.6">' + NODES + "<way></node></osm>").encode(), "cannot be read"),
        ("a.osm", (HEAD + '<osm version="0.9">' + NODES + WAY + "</osm>").encode(), "version"),
        ("a.osm", (HEAD + '<osm version="0.6"><node id="1" lat="1000" lon="2"/></osm>').encode(), "coordinate"),
        ("a.osm", (HEAD + '<osm version="0.6"><node id="1" lat="nan" lon="2"/></osm>').encode(), "coordinate"),
        ("a.osm", (HEAD + f'<osm version="0.6"><node id="{"9" * 30}" lat="1" lon="2"/></osm>').encode(), "id"),
        ("a.osm", (HEAD + BOMB + '<osm version="0.6">' + NODES.replace("/>", '><tag k="name" v="&i;"/></node>', 1) + "</osm>").encode(),
         "entities"),
        ("a.osm", (HEAD + '<osm version="0.6">' + NODES + "</osm>").encode(), "no road"),
    ])  # fmt: skip
    def test_one_clear_problem(self, tmp_path, name, content, said):
        path = tmp_path / name
        path.write_bytes(content)
        problem = refused(path)
        assert said in problem.message
        assert problem.layer == name

    def test_a_pbf_that_is_cut_off(self, tmp_path):
        whole = plain().write_pbf(tmp_path / "whole.osm.pbf").read_bytes()
        (tmp_path / "a.osm.pbf").write_bytes(whole[:-20])
        assert "cut off" in refused(tmp_path / "a.osm.pbf").message

    def test_a_pbf_called_xml(self, tmp_path):
        plain().write_pbf(tmp_path / "a.osm.pbf").rename(tmp_path / "a.osm")
        assert "looks like OpenStreetMap PBF" in refused(tmp_path / "a.osm").message

    def test_a_byte_order_mark_and_packed_files_are_read(self, tmp_path):
        text = plain().xml().encode()
        (tmp_path / "bom.osm").write_bytes(b"\xef\xbb\xbf" + text)
        assert len(read_site(tmp_path / "bom.osm").layer("road_lines")) == 1
        (tmp_path / "map.osm.gz").write_bytes(gzip.compress(text))
        intake = read_osm(tmp_path / "map.osm.gz", Settings(), Journal())
        assert set(rows(intake, "road_lines")) == {"way/1"}


class TestDirty:
    def test_a_way_with_missing_nodes_keeps_the_pieces_that_are_there(self, tmp_path):
        scene = plain()
        scene.way((0, 20), (10, 20), (20, 20), (30, 20), (40, 20), highway="service")
        del scene.nodes[5]
        intake, journal = take(scene, tmp_path)
        lines = rows(intake, "road_lines")
        assert [lines[name][0].length for name in ("way/2", "way/2/2")] == pytest.approx([10, 10], abs=0.03)
        assert any(n.code == "osm_nodes_missing" and n.row == "way/2" for n in journal.notes)

    @pytest.mark.parametrize("refs", ["", '<nd ref="1"/>', '<nd ref="77"/><nd ref="78"/>', '<nd ref="1"/><nd ref="1"/>'])
    def test_a_way_without_two_places_is_counted(self, tmp_path, refs):
        bad = f'<way id="2">{refs}<tag k="highway" v="service"/></way>'
        path = tmp_path / "map.osm"
        path.write_text(HEAD + '<osm version="0.6">' + NODES + WAY + bad + "</osm>")
        intake = read_osm(path, Settings(), Journal())
        assert set(rows(intake, "road_lines")) == {"way/1"}
        (told,) = [r for r in intake.readings if r.source == "highway=service"]
        assert (told.rows, told.ignored) == (1, 1)

    def test_broken_outlines_are_left_out_and_named(self, tmp_path):
        scene = plain()
        half = scene.way((0, 20), (10, 20), (10, 30))
        scene.relation((half, "outer"), highway="pedestrian")
        scene.relation((half, "outer"), (999, "outer"), building="yes")
        scene.way((0, 40), (10, 40), (10, 50), building="yes")
        intake, journal = take(scene, tmp_path)
        assert set(intake.feeds) == {"road_lines"}
        named = {(n.layer, n.row) for n in journal.notes if n.code == "osm_outline_broken"}
        assert ("roads", "relation/1") in named
        assert any("relation/2" in n.en and "way/3" in n.en for n in journal.notes if n.layer == "buildings")

    def test_an_outline_that_crosses_itself_is_left_out_and_its_centreline_stays(self, tmp_path):
        scene = plain()
        scene.way((0, -10), (10, 10), (10, -10), (0, 10), closed=True, area__highway="service")
        site = read_site(scene.write(tmp_path / "map.osm"))
        assert site.layer("road_lines").geometry[0].length == pytest.approx(100, abs=0.05)
        assert "roads" not in site.layers or site.layer("roads").empty
        assert any(n.code == "osm_outline_broken" and n.row == "way/2" for n in site.notes)

    def test_an_outline_that_is_hardly_at_fault_is_mended_by_the_reader(self, tmp_path):
        scene = plain()
        spike = [(60, -3), (60, 3), (59.9, 3.05), (60.05, 3.05)]
        scene.way((0, -3), *spike, (59, 3), (0, 3), closed=True, area__highway="service")
        site = read_site(scene.write(tmp_path / "map.osm"))
        assert site.layer("roads").geometry[0].area == pytest.approx(360, abs=2)

    def test_an_outline_whose_corners_are_all_one_is_broken(self, tmp_path):
        scene = plain()
        one = scene.node(5, 5)
        for tags in ({"building": "yes"}, {"area__highway": "service"}, {"amenity": "parking_space"}):
            scene.way(one, one, one, one, **tags)
        site = read_site(scene.write(tmp_path / "map.osm"))
        assert set(site.layers) <= {"roads", "road_lines"}
        assert sum(n.code == "osm_outline_broken" for n in site.notes) == 3

    def test_the_same_id_twice_is_said_and_taken_once(self, tmp_path):
        path = tmp_path / "map.osm"
        path.write_text(HEAD + '<osm version="0.6">' + NODES + WAY + WAY + "</osm>")
        site = read_site(path)
        assert list(site.layer("road_lines")["id"]) == ["way/1"]
        assert any(n.code == "osm_twice" and "way/1" in n.en for n in site.notes)

    def test_deleted_objects_are_no_objects(self, tmp_path):
        path = tmp_path / "map.osm"
        gone = WAY.replace('id="1"', 'id="2" visible="false"', 1)
        path.write_text(HEAD + '<osm version="0.6">' + NODES + WAY + gone + "</osm>")
        assert list(read_site(path).layer("road_lines")["id"]) == ["way/1"]

    def test_hostile_texts_go_through_as_texts(self, tmp_path):
        scene = plain()
        hostile = '<script>alert(1)</script>=1+1\u202e"&'
        scene.way((0, 9), (50, 9), highway="service", name=hostile, width=hostile[:50])
        scene.node(3, 3, barrier=hostile)
        site = read_site(scene.write(tmp_path / "map.osm"))
        assert site.layer("road_lines")["name"][1].startswith("<script>")
        assert all("\u202e" not in note.en + note.zh for note in site.notes)
        assert any(r.source.startswith("barrier=<script>") for r in site.readings)

    def test_relations_that_are_no_areas_are_passed_over(self, tmp_path):
        scene = plain()
        scene.relation((1, ""), type="route", highway="pedestrian")
        intake, journal = take(scene, tmp_path)
        assert set(intake.feeds) == {"road_lines"}
        assert codes(journal) == {"osm_incomplete"}
