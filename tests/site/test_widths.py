"""Centrelines with a width become roads; the width of the result is the width that was told."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from firelane.site.journal import Journal
from firelane.site.schema import LAYERS
from firelane.site.widths import widened, with_widths


def lines(*coordinates):
    return np.array([shapely.linestrings(c) for c in coordinates], dtype=object)


def centrelines(geoms, **columns):
    count = len(geoms)
    made = {name: np.full(count, None, dtype=object) for name in LAYERS["road_lines"].columns}
    made["id"] = np.array([f"c{n}" for n in range(count)], dtype=object)
    made["fire_lane"] = np.ones(count, dtype=bool)
    made["width_m"], made["accuracy_m"] = np.full(count, np.nan), np.full(count, np.nan)
    for name, values in columns.items():
        made[name] = np.array(values, dtype=made[name].dtype)
    return made, geoms


class TestWidened:
    def test_a_straight_line_is_a_rectangle_flat_at_both_ends(self):
        (area,) = widened(lines([(0, 0), (10, 0)]), np.array([4.0]))
        assert area.equals(shapely.box(0, -2, 10, 2))

    def test_two_lines_that_meet_leave_no_notch_at_the_corner(self):
        areas = widened(lines([(0, 0), (10, 0)], [(10, 0), (10, 10)]), np.array([4.0, 4.0]))
        whole = shapely.union_all(areas)
        assert shapely.covers(whole, shapely.buffer(shapely.Point(10, 0), 1.99))
        # two rectangles, their common quarter counted once, and a cut-off square about the quarter disc outside
        assert whole.area == pytest.approx(2 * 40 - 4 + np.pi * 4 / 4, rel=1e-2)

    def test_ends_stay_flat_where_a_road_ends(self):
        areas = widened(lines([(0, 0), (10, 0)], [(10, 0), (20, 0)]), np.array([4.0, 4.0]))
        assert shapely.union_all(areas).bounds == (0, -2, 20, 2)

    def test_a_side_road_ends_flat_on_the_axis_of_the_road_that_it_meets(self):
        areas = widened(lines([(0, 0), (20, 0)], [(10, 0), (10, 9)]), np.array([6.0, 4.0]))
        assert shapely.union_all(areas).area == pytest.approx(20 * 6 + 4 * (9 - 3))

    def test_a_ring_is_closed(self):
        (area,) = widened(lines([(0, 0), (20, 0), (20, 20), (0, 20), (0, 0)]), np.array([4.0]))
        assert len(area.interiors) == 1
        assert shapely.covers(shapely.buffer(area, 1e-9), shapely.buffer(shapely.Point(0, 0), 2.0))

    @pytest.mark.parametrize("turn_deg", [0.5, 3.0, 10.0, 45.0, 90.0, 135.0])
    def test_no_bend_is_narrower_than_the_width(self, turn_deg):
        a = np.radians(turn_deg)
        (area,) = widened(lines([(-30, 0), (0, 0), (30 * np.cos(a), 30 * np.sin(a))]), np.array([4.0]))
        assert shapely.covers(shapely.buffer(area, 1e-9), shapely.buffer(shapely.Point(0, 0), 2.0, quad_segs=64))

    @pytest.mark.parametrize("turn_deg", [0.5, 3.0, 5.6, 10.0, 45.0, 90.0])
    def test_no_joint_is_narrower_than_the_width(self, turn_deg):
        """From the inner corner to the nearest place of the outer edge it is as far as the width, or farther."""
        a = np.radians(turn_deg)
        legs = lines([(-30, 0), (0, 0)], [(0, 0), (30 * np.cos(a), 30 * np.sin(a))])
        whole = shapely.union_all(widened(legs, np.array([4.0, 4.0])))
        inner = shapely.Point(-2 * np.tan(a / 2), 2.0)
        axis = shapely.linestrings([(-20, 0), (0, 0), (20 * np.cos(a), 20 * np.sin(a))])
        outer = shapely.intersection(whole.exterior, shapely.buffer(axis, -10, single_sided=True))
        assert shapely.distance(inner, outer) >= 4.0 - 1e-9


class TestWithWidths:
    def test_rows_of_known_width_move_to_the_roads(self):
        tables = {"road_lines": centrelines(lines([(0, 0), (10, 0)], [(0, 20), (10, 20)]), width_m=[4.0, np.nan])}
        journal = Journal()
        out = with_widths(tables, journal)
        columns, areas = out["roads"]
        assert list(columns["id"]) == ["c0"]
        assert list(columns["derived"]) == ["width_m"]
        assert areas[0].area == 40.0
        assert list(out["road_lines"][0]["id"]) == ["c1"]
        assert {note.code for note in journal.notes} == {"width_from_attribute", "width_unknown"}

    def test_their_accuracy_and_source_go_along(self):
        tables = {"road_lines": centrelines(lines([(0, 0), (10, 0)]), width_m=[4.0], accuracy_m=[0.5], derived=["width=4"])}
        columns, _ = with_widths(tables, Journal())["roads"]
        assert columns["accuracy_m"][0] == 0.5
        assert columns["derived"][0] == "width=4"

    def test_a_width_that_no_road_has_counts_as_unknown(self):
        tables = {"road_lines": centrelines(lines([(0, 0), (10, 0)]), width_m=[0.0])}
        journal = Journal()
        out = with_widths(tables, journal)
        assert len(out["roads"][1]) == 0
        assert list(out["road_lines"][0]["id"]) == ["c0"]
        assert "width_disregarded" in {note.code for note in journal.notes}

    def test_ids_stay_unique(self):
        columns = {c.name: np.full(1, None, dtype=object) for c in LAYERS["roads"].columns.values()}
        columns["id"] = np.array(["c0"], dtype=object)
        roads = (columns, np.array([shapely.box(0, 50, 10, 54)], dtype=object))
        tables = {"roads": roads, "road_lines": centrelines(lines([(0, 0), (10, 0)]), width_m=[4.0])}
        out, _ = with_widths(tables, Journal())["roads"]
        assert list(out["id"]) == ["c0", "c0/2"]

    def test_without_centrelines_nothing_happens(self):
        assert with_widths({}, Journal()) == {}
