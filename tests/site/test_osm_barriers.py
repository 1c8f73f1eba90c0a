"""Gates, bollards and walls: where exactly they stand, what spans a road, what opens."""

from __future__ import annotations

import pytest
import shapely
from osm_scenes import Scene, codes, lonlat, reading, rows, take

from firelane.site.osm.barriers import openable
from firelane.site.osm.rules import standard_rules


def on_road(tmp_path, node_tags, **way_tags):
    """A node in the middle of a road from (0, 0) to (100, 0)."""
    scene = Scene()
    number = scene.node(50, 0, **node_tags)
    scene.way((0, 0), number, (100, 0), highway="service", **way_tags)
    intake, journal = take(scene, tmp_path)
    return rows(intake, "obstructions"), intake, journal, f"node/{number}"


def exact(intake, name):
    ((_, table),) = intake.feeds["obstructions"]
    return table.geometry[list(table.columns["id"]).index(name)]


class TestNodes:
    @pytest.mark.parametrize(("value", "kind"), [
        ("gate", "gate"), ("lift_gate", "gate"), ("swing_gate", "gate"), ("sliding_gate", "gate"), ("bollard", "bollard"),
        ("block", "structure"), ("jersey_barrier", "structure"), ("cycle_barrier", "structure"), ("chain", "other"),
        ("log", "other"), ("debris", "other"), ("planter", "structure"), ("wicket_gate", "gate"), ("turnstile", "structure"),
    ])  # fmt: skip
    def test_a_barrier_on_a_road_of_unknown_width_is_a_point_exactly_there(self, tmp_path, value, kind):
        found, intake, _, name = on_road(tmp_path, {"barrier": value})
        assert found[name][1]["kind"] == kind
        assert exact(intake, name).coords[0] == lonlat(50, 0)

    @pytest.mark.parametrize("value", ["entrance", "kerb", "cattle_grid", "no"])
    def test_what_is_no_obstacle_is_counted_and_left(self, tmp_path, value):
        found, intake, _, _ = on_road(tmp_path, {"barrier": value})
        assert found == {}
        assert reading(intake, f"barrier={value}").ignored == 1

    def test_a_barrier_that_nobody_knows_is_an_other_one_and_is_named(self, tmp_path):
        found, intake, _, name = on_road(tmp_path, {"barrier": "moat"})
        assert found[name][1]["kind"] == "other"
        assert "not known" in reading(intake, "barrier=moat").en

    @pytest.mark.parametrize("value", ["wicket_gate", "turnstile", "stile"])
    def test_gates_for_people_on_foot_count_on_roads_alone(self, tmp_path, value):
        scene = Scene()
        foot = scene.node(50, 30, barrier=value)
        scene.way((0, 30), foot, (100, 30), highway="footway")
        scene.way((0, 0), (100, 0), highway="service")
        intake, _ = take(scene, tmp_path)
        assert rows(intake, "obstructions") == {}
        assert "not on a drivable road" in reading(intake, f"barrier={value}").en

    def test_bollards_say_that_one_point_may_stand_for_a_row(self, tmp_path):
        _, _, journal, _ = on_road(tmp_path, {"barrier": "bollard"})
        assert "osm_row_of_them" in codes(journal)

    def test_a_gate_spans_a_road_of_known_width_and_still_stands_exactly_there(self, tmp_path):
        found, intake, _, name = on_road(tmp_path, {"barrier": "gate"}, width="6")
        line, columns = found[name]
        assert columns["kind"] == "gate"
        assert line.length == pytest.approx(6, abs=0.02)
        assert abs(line.bounds[3] - line.bounds[1]) == pytest.approx(6, abs=0.02)
        assert exact(intake, name).coords[1] == lonlat(50, 0)

    def test_a_bollard_stays_a_point_on_a_road_of_known_width(self, tmp_path):
        found, _, _, name = on_road(tmp_path, {"barrier": "bollard"}, width="6")
        assert found[name][0].geom_type == "Point"

    @pytest.mark.parametrize(("free", "gap_m"), [("2.5", 2.5), ("8 ft", 2.4384), ("2.5;3", 2.5)])
    def test_a_free_width_is_left_in_the_middle(self, tmp_path, free, gap_m):
        found, _, journal, name = on_road(tmp_path, {"barrier": "block", "maxwidth:physical": free, "maxwidth": "2"}, width="6")
        assert set(found) == {name, f"{name}/2"}
        one, two = (found[key][0] for key in found)
        assert shapely.distance(one, two) == pytest.approx(gap_m, abs=0.02)
        assert one.length + two.length + gap_m == pytest.approx(6, abs=0.03)
        assert "osm_gap" in codes(journal)

    def test_a_gate_with_a_free_width_has_posts_beside_it(self, tmp_path):
        found, _, _, name = on_road(tmp_path, {"barrier": "gate", "maxwidth": "3"}, width="6")
        assert [columns["kind"] for _, columns in found.values()] == ["gate", "structure", "structure"]
        assert found[name][0].length == pytest.approx(3, abs=0.02)

    def test_where_the_road_has_no_width_the_free_width_is_said_and_not_used(self, tmp_path):
        found, _, journal, name = on_road(tmp_path, {"barrier": "block", "maxwidth": "2.5"})
        assert found[name][0].geom_type == "Point"
        assert any(n.code == "osm_gap_unused" and n.row == name for n in journal.notes)

    def test_a_gate_inside_an_outline_reaches_from_edge_to_edge(self, tmp_path):
        scene = Scene()
        gate = scene.node(50, 0, barrier="gate")
        scene.way((0, 0), gate, (100, 0), highway="service")
        scene.way((0, -2), (100, -2), (100, 5), (0, 5), closed=True, area__highway="service")
        found = rows(take(scene, tmp_path)[0], "obstructions")
        line, _ = found[f"node/{gate}"]
        assert line.bounds[1] == pytest.approx(-2, abs=0.02)
        assert line.bounds[3] == pytest.approx(5, abs=0.02)

    def test_underground_barriers_are_left_out(self, tmp_path):
        found, _, _, _ = on_road(tmp_path, {"barrier": "gate", "layer": "-1"})
        assert found == {}


class TestOpenable:
    @pytest.mark.parametrize(("tags", "expected"), [
        ({}, None), ({"locked": "yes"}, None), ({"locked": "no"}, True), ({"access": "private"}, None), ({"access": "no"}, None),
        ({"motor_vehicle": "yes"}, True), ({"motor_vehicle": "permit"}, None), ({"motor_vehicle": "no"}, None),
        ({"emergency": "yes"}, True), ({"emergency": "designated", "locked": "yes"}, True), ({"emergency": "no"}, False),
        ({"emergency": "no", "motor_vehicle": "yes"}, False),
    ])  # fmt: skip
    def test_only_what_the_tags_say(self, tmp_path, tags, expected):
        assert openable(tags, standard_rules()) is expected
        found, _, _, name = on_road(tmp_path, {"barrier": "lift_gate", **tags})
        assert found[name][1].get("openable") is expected

    def test_other_barriers_have_no_such_thing(self, tmp_path):
        found, _, _, name = on_road(tmp_path, {"barrier": "bollard", "emergency": "yes"})
        assert found[name][1].get("openable") is None


class TestWalls:
    def test_fences_walls_and_hedges_are_lines(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (100, 0), highway="service")
        for n, value in enumerate(["fence", "wall", "hedge", "retaining_wall", "city_wall"], 1):
            scene.way((0, 9 * n), (100, 9 * n), barrier=value, width="0.5")
        intake, _ = take(scene, tmp_path)
        found = rows(intake, "obstructions")
        assert [columns["kind"] for _, columns in found.values()] == ["fence", "wall", "wall", "wall", "wall"]
        assert all(columns["width_m"] == 0.5 and line.geom_type == "LineString" for line, columns in found.values())

    def test_a_hedge_that_is_an_area_is_one(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (9, 0), (9, 9), closed=True, barrier="hedge", area="yes")
        assert rows(take(scene, tmp_path)[0], "obstructions")["way/1"][0].geom_type == "Polygon"

    @pytest.mark.parametrize(("width", "opening_m"), [({}, 4.0), ({"width": "6"}, 6.0)])
    def test_a_wall_through_a_gate_is_opened_there(self, tmp_path, width, opening_m):
        scene = Scene()
        gate = scene.node(50, 0, barrier="gate")
        scene.way((0, 0), gate, (100, 0), highway="service", **width)
        scene.way((50, -30), gate, (50, 30), barrier="wall")
        intake, journal = take(scene, tmp_path)
        found = rows(intake, "obstructions")
        assert set(found) == {f"node/{gate}", "way/2", "way/2/2"}
        assert shapely.distance(found["way/2"][0], found["way/2/2"][0]) == pytest.approx(opening_m, abs=0.05)
        assert {"osm_opened"} <= codes(journal)
        assert "osm_across" not in codes(journal)

    def test_a_ring_of_wall_opened_at_one_gate_stays_one_piece(self, tmp_path):
        scene = Scene()
        gate = scene.node(50, 0, barrier="gate")
        scene.way((0, 0), gate, (100, 0), highway="service")
        scene.way((50, 30), (90, 30), (50, -30), gate, closed=True, barrier="fence")
        found = rows(take(scene, tmp_path)[0], "obstructions")
        assert set(found) == {f"node/{gate}", "way/2"}
        assert not found["way/2"][0].is_closed

    def test_a_gate_beside_the_road_opens_nothing(self, tmp_path):
        scene = Scene()
        gate = scene.node(50, 20, barrier="gate")
        scene.way((0, 0), (100, 0), highway="service")
        scene.way((50, 10), gate, (50, 30), barrier="wall")
        assert rows(take(scene, tmp_path)[0], "obstructions")["way/2"][0].length == pytest.approx(20, abs=0.05)

    def test_a_wall_across_a_road_without_a_gate_stays_and_is_said(self, tmp_path):
        scene = Scene()
        middle = scene.node(50, 0)
        scene.way((0, 0), middle, (100, 0), highway="service")
        scene.way((50, -30), middle, (50, 30), barrier="wall")
        intake, journal = take(scene, tmp_path)
        assert rows(intake, "obstructions")["way/2"][0].length == pytest.approx(60, abs=0.05)
        assert any(n.code == "osm_across" and n.row == "way/2" for n in journal.notes)

    def test_kerbs_stay_not_surveyed(self, tmp_path):
        scene = Scene()
        scene.way((0, 0), (100, 0), highway="service")
        scene.way((0, 3), (100, 3), barrier="kerb")
        intake, _ = take(scene, tmp_path)
        assert set(intake.feeds) == {"road_lines"}
        assert "not surveyed" in reading(intake, "barrier=kerb").en
