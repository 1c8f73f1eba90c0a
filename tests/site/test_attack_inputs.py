"""Inputs that were once read into more than they tell: each must stay what it is."""

from __future__ import annotations

import json

import pytest
from osm_scenes import Scene, codes, reading, rows, take

import firelane
from firelane.site import read_site


class TestBollards:
    def test_one_in_the_middle_of_a_centreline_stands_for_a_row(self, tmp_path):
        scene = Scene()
        post = scene.node(50, 0, barrier="bollard")
        scene.way((0, 0), post, (100, 0), highway="service", width="10.0")
        intake, journal = take(scene, tmp_path)
        assert rows(intake, "obstructions")[f"node/{post}"][1]["stands_for_row"] is True
        assert "osm_row_of_them" in codes(journal)

    def test_those_mapped_one_by_one_beside_a_centreline_are_what_they_are(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (40, 0), (40, 20), (0, 20), closed=True, highway="pedestrian", area="yes")
        for y in (5, 10, 15):
            scene.node(20, y, barrier="bollard")
        intake, journal = take(scene, tmp_path)
        assert [values.get("stands_for_row") for _, values in rows(intake, "obstructions").values()] == [None] * 3
        assert "osm_row_of_them" not in codes(journal)

    @pytest.mark.parametrize("tags", [{"maxwidth__physical": "4.5"}, {"opening": "3"}])
    def test_a_free_width_that_is_told_is_no_unknown_row(self, tmp_path, tags):
        scene = Scene()
        scene.way((0, 0), scene.node(50, 0, barrier="bollard", **tags), (100, 0), highway="service", width="10.0")
        intake, _ = take(scene, tmp_path)
        assert [values.get("stands_for_row") for _, values in rows(intake, "obstructions").values()] == [None] * 2


class TestSeveralBarriersAtOneNode:
    def test_each_counts_by_itself(self, tmp_path):
        scene = Scene()
        node = scene.node(50, 0, barrier="gate; bollard;entrance")
        scene.way((0, 0), node, (100, 0), highway="service")
        intake, _ = take(scene, tmp_path)
        found = rows(intake, "obstructions")
        assert {name: values["kind"] for name, (_, values) in found.items()} == {
            f"node/{node}": "gate", f"node/{node}/2": "bollard",
        }  # fmt: skip
        entry = reading(intake, "barrier=gate; bollard;entrance")
        assert (entry.found, entry.rows, entry.ignored) == ({"node": 1}, 2, 0)

    def test_a_list_with_a_word_nobody_knows_stays_one_unknown_barrier(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), scene.node(50, 0, barrier="gate;moat"), (100, 0), highway="service")
        intake, _ = take(scene, tmp_path)
        assert [values["kind"] for _, values in rows(intake, "obstructions").values()] == ["other"]

    def test_a_gate_with_a_height_bar_is_both(self, tmp_path):
        scene = Scene()
        node = scene.node(50, 0, barrier="lift_gate;height_restrictor", maxheight="3.2")
        scene.way((0, 0), node, (100, 0), highway="service")
        intake, _ = take(scene, tmp_path)
        found = [(values["kind"], values.get("clear_height_m")) for _, values in rows(intake, "obstructions").values()]
        assert found == [("gate", None), ("arch", 3.2)]
        assert reading(intake, "barrier=lift_gate;height_restrictor").found == {"node": 1}


class TestWhatHangs:
    def test_a_height_bar_drawn_as_a_line_across_the_road(self, tmp_path):
        scene = Scene()
        bar = scene.way((50, -4), (50, 4), barrier="height_restrictor", maxheight__physical="2.1")
        scene.way((0, 0), (100, 0), highway="service", width="6.0")
        intake, _ = take(scene, tmp_path)
        shape, values = rows(intake, "obstructions")[f"way/{bar}"]
        assert (shape.geom_type, values["kind"], values["clear_height_m"]) == ("LineString", "arch", 2.1)
        assert reading(intake, "barrier=height_restrictor").found == {"way": 1}

    @pytest.mark.parametrize(("tags", "height_m"), [
        ({"min_height": "3.2"}, 3.2), ({"min_height": "11'6\""}, 3.5052), ({"min_height": "soon"}, None),
        ({"building__min_level": "1"}, None), ({"min_height": "3.4", "building__min_level": "1"}, 3.4),
    ])  # fmt: skip
    def test_a_building_that_begins_above_the_ground_hangs_over_what_is_below(self, tmp_path, tags, height_m):
        scene = Scene()
        scene.way((0, 0), (100, 0), highway="service", width="6.0")
        house = scene.way((50, -9), (60, -9), (60, 9), (50, 9), closed=True, building="yes", **tags)
        intake, _ = take(scene, tmp_path)
        assert f"way/{house}" in rows(intake, "buildings")
        values = rows(intake, "obstructions")[f"way/{house}"][1]
        assert (values["kind"], values.get("clear_height_m")) == ("arch", height_m)

    @pytest.mark.parametrize("tags", [{"min_height": "0"}, {"building__min_level": "0"}, {"layer": "-1", "min_height": "3"}])
    def test_one_that_stands_on_it_does_not(self, tmp_path, tags):
        scene = Scene()
        scene.way((0, 0), (100, 0), highway="service", width="6.0")
        scene.way((50, -9), (60, -9), (60, 9), (50, 9), closed=True, building="yes", **tags)
        intake, _ = take(scene, tmp_path)
        assert rows(intake, "obstructions") == {}


def test_a_fence_is_open_at_its_gate_on_an_outline_without_a_centreline(tmp_path):
    scene = Scene()
    scene.way((0, 0), (100, 0), (100, 6), (0, 6), closed=True, area__highway="service")
    fence = scene.way((50, -10), scene.node(50, 3, barrier="gate"), (50, 16), barrier="fence")
    intake, _ = take(scene, tmp_path)
    pieces = [shape for name, (shape, _) in rows(intake, "obstructions").items() if name.startswith(f"way/{fence}")]
    assert len(pieces) == 2
    assert pieces[0].distance(pieces[1]) == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize(("width", "known"), [("350", False), ("60.5", False), ("60", True), ("0.4", False)])
def test_a_width_that_no_road_has_is_not_known(tmp_path, width, known):
    scene = Scene()
    scene.way((0, 0), (100, 0), highway="service", width=width)
    site = read_site(scene.write(tmp_path / "map.osm"))
    assert (len(site.layer("roads")), len(site.layer("road_lines"))) == ((1, 0) if known else (0, 1))
    assert any(note.code == "width_disregarded" for note in site.notes) is not known


class TestPlaceOfAGeoJson:
    """GeoJSON is in degrees unless it says otherwise; a small plan in metres would pass for a country."""

    POINTS = (
        'crs = "EPSG:4550"\n[place]\npoints = [{ plan = [0, 0], site = [536000, 4630000] }, { plan = [100, 0], site = [536100, 4630000] }]\n'
    )

    def site(self, folder, ring, crs=None):
        features = [{"type": "Feature", "properties": {"layer": "roads"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}]
        told = {} if crs is None else {"crs": {"type": "name", "properties": {"name": crs}}}
        (folder / "plan.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features, **told}))
        (folder / "plan.site.toml").write_text(self.POINTS, encoding="utf-8")
        return read_site(folder / "plan.geojson")

    def test_a_plan_in_metres_is_placed(self, tmp_path):
        site = self.site(tmp_path, [[0, 0], [80, 0], [80, 6], [0, 6], [0, 0]])
        assert site.placed
        assert site.layer("roads").total_bounds == pytest.approx([536000, 4630000, 536080, 4630006])

    def test_one_that_knows_its_place_stays_there_and_is_not_said_to_have_moved(self, tmp_path):
        ring = [[536000, 4630000], [536080, 4630000], [536080, 4630006], [536000, 4630006], [536000, 4630000]]
        site = self.site(tmp_path, ring, "urn:ogc:def:crs:EPSG::4550")
        told = {note.code for note in site.notes}
        assert "place_unused" in told
        assert "placed" not in told
        assert site.layer("roads").total_bounds == pytest.approx([536000, 4630000, 536080, 4630006])


@pytest.mark.parametrize(("told", "verdict"), [("4", "indeterminate"), ("4.0", "indeterminate"), ("4.2", "pass"), ("3.5", "fail"), ("3.50", "fail")])
def test_the_free_width_of_a_sign_is_no_survey(tmp_path, told, verdict):
    scene = Scene()
    scene.way((0, 0), scene.node(50, 0, barrier="block", maxwidth=told), (100, 0), highway="service", width="8.00")
    result = firelane.audit(read_site(scene.write(tmp_path / "map.osm")))
    (found,) = [f for f in result.findings if f.quantity.value == "clear_width"]
    assert found.verdict.value == verdict
    assert found.value == pytest.approx(float(told), abs=0.001)


class TestBridges:
    def cross(self, tmp_path, *, joined=False, layer="1"):
        scene = Scene()
        middle = scene.node(30, 0)
        below = scene.way((30, -30), middle, (30, 30), highway="service", width="5.0")
        ends = scene.node(0, 0), scene.node(60, 0)
        scene.way((-40, 0), ends[0], highway="service", width="6.0")
        scene.way(ends[0], *([middle] if joined else []), ends[1], highway="service", width="6.0", bridge="yes", layer=layer)
        intake, journal = take(scene, tmp_path)
        return {name: values.get("width_m") for name, (_, values) in rows(intake, "road_lines").items()}, journal, below

    def test_a_way_above_another_does_not_become_one_pavement_with_it(self, tmp_path):
        widths, journal, below = self.cross(tmp_path)
        assert widths == {f"way/{below}": 5.0, "way/2": 6.0, "way/3": None}
        assert "osm_over" in codes(journal)

    @pytest.mark.parametrize("how", [{"joined": True}, {"layer": "0"}])
    def test_a_junction_and_one_level_stay_what_they_are(self, tmp_path, how):
        widths, journal, _ = self.cross(tmp_path, **how)
        assert list(widths.values()) == [5.0, 6.0, 6.0]
        assert "osm_over" not in codes(journal)


@pytest.mark.parametrize(("y", "verdict"), [(1.7, "indeterminate"), (1.2, "indeterminate"), (0.8, "fail"), (2.2, "pass")])
def test_a_traced_tree_is_no_surveyed_one(tmp_path, y, verdict):
    """On a road of 5.00 m it leaves 2.5 m + y, give or take the half metre of a place traced from a picture."""
    scene = Scene()
    scene.way((0, 0), (100, 0), highway="service", width="5.00")
    tree = scene.node(50, y, natural="tree")
    result = firelane.audit(read_site(scene.write(tmp_path / "map.osm")))
    (found,) = [f for f in result.findings if f.finding_id == f"sy2020-10-obstruction:node/{tree}"]
    assert found.value == pytest.approx(2.5 + y, abs=0.02)
    assert found.verdict.value == verdict


@pytest.mark.parametrize(("told", "height_m"), [("380", None), ("3800 mm", 3.8), ("380 cm", 3.8), ("20", 20.0), ("20.5", None), ("4.0 t", None)])
def test_a_height_limit_in_another_unit_is_not_understood(tmp_path, told, height_m):
    """380 is no height of 380 m under which everything passes."""
    scene = Scene()
    way = scene.way((0, 0), (100, 0), highway="service", maxheight=told)
    intake, journal = take(scene, tmp_path)
    assert rows(intake, "obstructions")[f"way/{way}"][1].get("clear_height_m") == height_m
    assert ("osm_height_not_understood" in codes(journal)) is (height_m is None)


def test_a_row_of_bollards_at_a_junction_leaves_every_lane_there_open(tmp_path):
    scene = Scene()
    middle = scene.node(13, 17, barrier="bollard")
    for end in ((-77, 17), (103, 17), (13, 107)):
        scene.way(middle, end, highway="service", width="10.0")
    result = firelane.audit(read_site(scene.write(tmp_path / "map.osm")))
    assert [f.verdict.value for f in result.findings if f.quantity.value == "clear_width"] == ["not_measured"] * 3
