"""A site cut out of something larger: what is asked for, and what is left."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from firelane import crs as crs_tools
from firelane.site.journal import Journal
from firelane.site.schema import LAYERS
from firelane.site.within import Within, cut, parse_within

CRS = pyproj.CRS.from_epsg(4550)
POINT = (
    b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
    b'"geometry":{"type":"Point","coordinates":[1,2]}}]}'
)
EAST, NORTH = 533_000.0, 4_629_000.0


def asked(text):
    journal = Journal()
    return parse_within(text, journal), journal


class TestParse:
    @pytest.mark.parametrize(
        "text", ["123.4,41.7,123.5,41.8", " 123.4 , 41.7 , 123.5 , 41.8 ", "123.4，41.7，123.5，41.8", "123.4、41.7；123.5;41.8",
                 "１２３.４,４１.７,１２３.５,４１.８"],
    )  # fmt: skip
    def test_a_box(self, text):
        window, journal = asked(text)
        assert window.area.bounds == (123.4, 41.7, 123.5, 41.8)
        assert not journal.problems

    @pytest.mark.parametrize(("text", "said"), [
        ("123.5,41.7,123.4,41.8", "empty"), ("123.4,41.8,123.5,41.7", "empty"), ("123.4,41.7,123.4,41.8", "empty"),
        ("41.7,123.4,41.8,123.5", "latitude stands where longitude"), ("523000,4629000,524000,4630000", "no degrees"),
        ("1,2,3", "four numbers"), ("1,2,3,4,5", "four numbers"), ("", "empty"), ("  ", "empty"),
    ])  # fmt: skip
    def test_an_impossible_box_is_one_problem_in_both_languages(self, text, said):
        window, journal = asked(text)
        assert window is None
        (problem,) = journal.problems
        assert said in problem.message
        assert problem.message_zh
        assert problem.remedy
        assert problem.remedy_zh

    @pytest.mark.parametrize("text", ["阳光小区", "way/123", "1,x,3,4", "三好街12号，院", "nan,1,2,3", "x" * 5000, "a\x00b"])
    def test_anything_else_is_a_name(self, text):
        window, journal = asked(text)
        assert (window.text, window.area) == (text, None)
        assert not journal.problems

    def test_nothing_asked(self):
        assert asked(None)[0] is None

    @pytest.mark.parametrize(
        ("suffix", "crs"), [(".geojson", 4326), (".gpkg", 4326), (".gpkg", 4550), (".shp", 4550), (".shp", 26986)]
    )
    def test_a_file_in_any_system(self, tmp_path, suffix, crs):
        areas = [shapely.box(123.4, 41.7, 123.41, 41.71), shapely.box(123.41, 41.7, 123.42, 41.71)]
        if crs == 26986:
            areas = [shapely.box(-71.2, 42.3, -71.19, 42.31), shapely.box(-71.19, 42.3, -71.18, 42.31)]
        path = tmp_path / f"area{suffix}"
        gpd.GeoDataFrame(geometry=areas, crs=4326).to_crs(crs).to_file(path)
        window, journal = asked(str(path))
        assert not journal.problems
        assert window.area.area == pytest.approx(2e-4, rel=1e-6)
        assert window.area.bounds == pytest.approx(shapely.total_bounds(areas), abs=1e-9)

    @pytest.mark.parametrize(("name", "content", "said"), [
        ("a.geojson", b"", "empty"), ("a.geojson", b"{", "cannot be read"), ("a.txt", b"x", "not known here"),
        ("a.geojson", POINT, "no polygon"),
    ])  # fmt: skip
    def test_a_file_that_tells_no_area_is_a_problem(self, tmp_path, name, content, said):
        (tmp_path / name).write_bytes(content)
        window, journal = asked(str(tmp_path / name))
        assert window is None
        assert said in journal.problems[0].message

    def test_a_file_that_is_not_there(self):
        window, journal = asked("nowhere/area.gpkg")
        assert window is None
        assert "no such file" in journal.problems[0].message

    def test_a_polygon(self):
        area = shapely.box(123.4, 41.7, 123.5, 41.8)
        assert asked(area)[0].area.equals(area)
        for bad in (shapely.Point(1, 2), shapely.Polygon(), shapely.box(5e5, 4e6, 6e5, 5e6)):
            window, journal = asked(bad)
            assert window is None
            assert len(journal.problems) == 1


def table(layer, geoms, **columns):
    count = len(geoms)
    made = {
        c.name: np.full(count, np.nan) if c.dtype is float else np.full(count, None, dtype=object)
        for c in LAYERS[layer].columns.values()
    }
    made["id"] = np.array([f"{layer[0]}{n}" for n in range(count)], dtype=object)
    for name, values in columns.items():
        made[name] = np.array(values, dtype=made[name].dtype)
    shapes = np.empty(count, dtype=object)
    shapes[:] = [shapely.transform(g, lambda xy: xy + [EAST, NORTH]) for g in geoms]
    return made, shapes


def window_of(shape):
    moved = shapely.transform(shape, lambda xy: xy + [EAST, NORTH])
    return Within("area", shapely.transform(moved, lambda xy: crs_tools.to_lonlat(xy, CRS)))


def near(geoms):
    return [shapely.transform(g, lambda xy: xy - [EAST, NORTH]) for g in geoms]


BOX = shapely.box(0, 0, 100, 100)


class TestCut:
    def test_a_road_is_cut_and_has_a_mouth_there(self):
        journal = Journal()
        out = cut({"roads": table("roads", [shapely.box(50, 20, 200, 26)])}, window_of(BOX), CRS, journal)
        (road,) = near(out["roads"][1])
        assert road.area == pytest.approx(50 * 6, abs=1e-4)
        columns, mouths = out["entrances"]
        assert list(columns["id"]) == ["cut-1"]
        assert list(columns["kind"]) == ["both"]
        assert columns["gate"][0] is False
        assert columns["name"][0] is None
        (mouth,) = near(mouths)
        assert mouth.bounds == pytest.approx((100, 20, 100, 26), abs=1e-6)
        assert {"cut_out", "roads_cut", "entrances_of_cut"} == {note.code for note in journal.notes}

    def test_a_road_inside_stays_to_the_last_bit_and_gets_no_mouth(self):
        tables = {"roads": table("roads", [shapely.box(10, 20, 60, 26)])}
        out = cut(tables, window_of(BOX), CRS, Journal())
        assert out["roads"][1][0] is tables["roads"][1][0]
        assert "entrances" not in out

    @pytest.mark.parametrize("road", [shapely.box(10, 94, 60, 100), shapely.box(0, 0, 100, 6), shapely.box(20, 0, 26, 100)])
    def test_an_edge_that_lies_on_the_outline_anyway_is_no_mouth(self, road):
        out = cut({"roads": table("roads", [road])}, window_of(BOX), CRS, Journal())
        assert "entrances" not in out
        assert near(out["roads"][1])[0].area == pytest.approx(road.area, abs=1e-4)

    def test_roads_side_by_side_have_one_mouth(self):
        roads = [shapely.box(50, 20, 200, 26), shapely.box(50, 26, 200, 32)]
        (mouth,) = near(cut({"roads": table("roads", roads)}, window_of(BOX), CRS, Journal())["entrances"][1])
        assert mouth.length == pytest.approx(12, abs=1e-6)

    def test_a_road_through_the_area_has_two_mouths_and_one_that_comes_back_two_pieces(self):
        ring = shapely.box(50, 20, 150, 80).difference(shapely.box(60, 30, 140, 70))
        across = shapely.box(-50, 90, 150, 96)
        out = cut({"roads": table("roads", [ring, across])}, window_of(BOX), CRS, Journal())
        assert list(out["roads"][0]["id"]) == ["r0", "r1"]
        assert len(out["entrances"][1]) == 4
        comb = shapely.union_all([shapely.box(50, 20, 150, 26), shapely.box(50, 40, 150, 46), shapely.box(144, 20, 150, 46)])
        out = cut({"roads": table("roads", [comb])}, window_of(BOX), CRS, Journal())
        assert list(out["roads"][0]["id"]) == ["r0", "r0/2"]

    def test_an_entrance_that_is_mapped_near_the_cut_serves(self):
        tables = {
            "roads": table("roads", [shapely.box(50, 20, 200, 26), shapely.box(50, 60, 200, 66)]),
            "entrances": table("entrances", [shapely.LineString([(97, 20), (97, 26)]), shapely.LineString([(150, 60), (150, 66)])]),
        }
        columns, mouths = cut(tables, window_of(BOX), CRS, Journal())["entrances"]
        assert list(columns["id"]) == ["e0", "cut-1"]
        assert near(mouths)[1].bounds == pytest.approx((100, 60, 100, 66), abs=1e-6)

    def test_centrelines_are_cut_and_those_of_known_width_have_mouths(self):
        lines = [shapely.LineString([(50, 20), (200, 20)]), shapely.LineString([(50, 60), (200, 60)])]
        out = cut({"road_lines": table("road_lines", lines, width_m=[6.0, np.nan])}, window_of(BOX), CRS, Journal())
        assert [line.length for line in near(out["road_lines"][1])] == pytest.approx([50, 50], abs=1e-6)
        (mouth,) = near(out["entrances"][1])
        assert mouth.bounds == pytest.approx((100, 17, 100, 23), abs=1e-5)

    def test_what_stands_there_is_kept_whole_or_not_at_all(self):
        tables = {
            "roads": table("roads", [shapely.box(10, 20, 60, 26)]),
            "buildings": table("buildings", [shapely.box(90, 0, 105, 10), shapely.box(95, 0, 130, 10)]),
            "obstructions": table(
                "obstructions", [shapely.Point(50, 50), shapely.Point(100.4, 50), shapely.Point(101, 50)],
                radius_m=[0.0, 0.5, 0.5], width_m=[0.0, 0.0, 0.0],
            ),
            "parking": table("parking", [shapely.box(98, 0, 103, 2), shapely.box(101, 0, 106, 2)]),
            "signs": table("signs", [shapely.Point(99, 99), shapely.Point(101, 99)]),
            "fire_lanes": table("fire_lanes", [shapely.box(10, 20, 160, 24)]),
        }  # fmt: skip
        out = cut(tables, window_of(BOX), CRS, Journal())
        assert list(out["buildings"][0]["id"]) == ["b0"]
        assert list(out["obstructions"][0]["id"]) == ["o0", "o1"]
        assert list(out["parking"][0]["id"]) == ["p0"]
        assert near(out["parking"][1])[0].area == pytest.approx(10)
        assert list(out["signs"][0]["id"]) == ["s0"]
        assert near(out["fire_lanes"][1])[0].area == pytest.approx(360, abs=1e-4)
        assert {len(values) for values in out["obstructions"][0].values()} == {2}

    @pytest.mark.parametrize("road", [shapely.box(-50, 97, 150, 109), shapely.box(20, 97, 60, 109), shapely.box(97, -50, 109, 150)])
    def test_a_road_that_the_outline_runs_along_is_kept_whole_without_a_mouth(self, road):
        journal = Journal()
        tables = {"roads": table("roads", [road, shapely.box(50, 20, 90, 26)])}
        out = cut(tables, window_of(BOX), CRS, journal)
        assert list(out["roads"][0]["id"]) == ["r0", "r1"]
        assert list(out["roads"][0]) == list(tables["roads"][0])
        assert out["roads"][1][0] is tables["roads"][1][0]
        assert "entrances" not in out
        assert {"cut_out", "cut_lengthwise"} == {note.code for note in journal.notes}
        (note,) = [note for note in journal.notes if note.code == "cut_lengthwise"]
        assert (note.layer, note.row) == ("roads", "r0")
        assert "r0" in note.en
        assert "r0" in note.zh

    def test_another_road_is_still_cut_across_beside_one_kept_whole(self):
        journal = Journal()
        # r1 reaches into r0 and ends there: no entrance in the middle of the road.
        roads = [shapely.box(-50, 97, 150, 109), shapely.box(50, 60, 56, 103), shapely.box(50, 20, 200, 26)]
        lines = [shapely.LineString([(-50, 103), (150, 103)]), shapely.LineString([(53, 60), (53, 103)])]
        tables = {"roads": table("roads", roads), "road_lines": table("road_lines", lines, width_m=[12.0, 6.0])}
        out = cut(tables, window_of(BOX), CRS, journal)
        assert [g.area for g in near(out["roads"][1])] == pytest.approx([200 * 12, 40 * 6, 50 * 6], abs=1e-3)
        (mouth,) = near(out["entrances"][1])
        assert mouth.bounds == pytest.approx((100, 20, 100, 26), abs=1e-6)

    def test_what_stands_on_a_road_kept_whole_stays(self):
        tables = {
            "roads": table("roads", [shapely.box(-50, 97, 150, 109)]),
            "obstructions": table(
                "obstructions", [shapely.Point(50, 105), shapely.Point(50, 120)], radius_m=[0.5, 0.5], width_m=[0.0, 0.0]
            ),
            "buildings": table("buildings", [shapely.box(20, 107, 40, 130), shapely.box(60, 109, 80, 130)]),
            "fire_lanes": table("fire_lanes", [shapely.box(-50, 101, 150, 105)]),
        }
        out = cut(tables, window_of(BOX), CRS, Journal())
        assert list(out["obstructions"][0]["id"]) == ["o0"]
        assert list(out["buildings"][0]["id"]) == ["b0"]
        assert near(out["fire_lanes"][1])[0].area == pytest.approx(200 * 4, abs=1e-3)

    @pytest.mark.parametrize("width", [12.0, 24.0, 28.0])
    def test_a_road_cut_across_is_cut_however_wide(self, width):
        journal = Journal()
        out = cut({"roads": table("roads", [shapely.box(0, 20, 200, 20 + width)])}, window_of(BOX), CRS, journal)
        assert near(out["roads"][1])[0].area == pytest.approx(100 * width, abs=1e-3)
        assert list(out["entrances"][0]["id"]) == ["cut-1"]
        assert near(out["entrances"][1])[0].length == pytest.approx(width, abs=1e-6)
        assert "cut_lengthwise" not in {note.code for note in journal.notes}

    @pytest.mark.parametrize(("turn_deg", "whole"), [(90, False), (60, False), (45, False), (30, False), (20, True), (8, True)])
    def test_an_oblique_cut_is_made_until_it_is_long(self, turn_deg, whole):
        # The cut is 12 m / sin(turn): 24 m at 30°, 35 m at 20°.
        road = shapely.affinity.rotate(shapely.box(-100, -6, 100, 6), turn_deg, origin=(0, 0))
        journal = Journal()
        out = cut({"roads": table("roads", [road])}, window_of(shapely.box(-300, -300, 300, 0)), CRS, journal)
        assert near(out["roads"][1])[0].area == pytest.approx(2400 if whole else 1200, abs=1e-3)
        assert ("entrances" not in out) is whole
        assert ("cut_lengthwise" in {note.code for note in journal.notes}) is whole

    def test_nothing_inside_is_a_problem(self):
        journal = Journal()
        cut({"roads": table("roads", [shapely.box(500, 20, 600, 26)])}, window_of(BOX), CRS, journal)
        (problem,) = journal.problems
        assert problem.layer == "--within"
        assert problem.message_zh

    @given(st.floats(0, 359), st.floats(20, 80))
    def test_a_cut_anywhere_leaves_the_part_inside_and_a_mouth_from_edge_to_edge(self, turn_deg, y):
        road = shapely.affinity.rotate(shapely.box(-200, y - 3, 300, y + 3), turn_deg, origin=(50, 50))
        out = cut({"roads": table("roads", [road])}, window_of(BOX), CRS, Journal())
        inside = shapely.intersection(road, BOX)
        assert sum(g.area for g in near(out["roads"][1])) == pytest.approx(inside.area, abs=1e-3)
        if len(out["roads"][1]) == 1 and "entrances" in out:
            for mouth in near(out["entrances"][1]):
                ends = shapely.points(mouth.coords[0]), shapely.points(mouth.coords[-1])
                assert max(shapely.distance(road.exterior, end) for end in ends) < 1e-5
                assert shapely.distance(BOX.exterior, mouth) < 1e-6
