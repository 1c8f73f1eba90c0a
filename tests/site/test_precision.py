"""Coordinates too coarse to judge by: recognised, said, and turned into an accuracy."""

import math
import tomllib

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from site_builders import box, codes, collection, frame, note, polygon, read, site

from firelane.auditing import audit
from firelane.crs import to_lonlat
from firelane.site import read_site
from firelane.site.blank import write_blank_site
from firelane.site.precision import EARTH_M, coordinate_step

METRIC = pyproj.CRS.from_epsg(4550)
DEGREES = pyproj.CRS.from_epsg(4326)
LAT = 41.79
"""Latitude of the builders' local origin."""


def lonlat(geometry, decimals):
    """Return a geometry of EPSG:4550 in degrees with so many decimals."""
    return shapely.transform(geometry, lambda xy: np.round(to_lonlat(xy, METRIC), decimals))


def in_degrees(tmp_path, geometry, decimals, toml=""):
    """Write a folder with roads.geojson and read it."""
    folder = tmp_path / f"d{decimals}"
    folder.mkdir()
    collection(folder / "roads.geojson", ({"id": "R1"}, lonlat(geometry, decimals)))
    if toml:
        (folder / "site.toml").write_text(toml, encoding="utf-8")
    return read_site(folder)


def slanted(width, turn_deg=17.3, length=100.0):
    """A straight lane that lies across the grid: every corner falls where its rounding differs."""
    lane = box(0, -width / 2, length, width / 2)
    return shapely.affinity.rotate(lane, turn_deg, origin=(536000.0, 4630000.0))


def winding(width, count=60, rounded_to=None):
    """A road as a survey gives it: many irregular corners, the same width all along."""
    rng = np.random.default_rng(7)
    along = np.cumsum(rng.uniform(1.5, 4.0, count))
    line = shapely.LineString(np.column_stack((536000.0 + along, 4630000.0 + 5 * np.sin(along / 11.0))))
    road = shapely.buffer(line, width / 2, cap_style="flat", join_style="mitre")
    if rounded_to is None:
        return road
    return shapely.transform(road, lambda xy: np.round(np.round(xy / rounded_to) * rounded_to, 6))


def width_verdicts(found):
    return {f.verdict.value for f in audit(found).findings if f.rule_id == "sy2020-14-clear-width"}


def step_of(*geometries, crs=METRIC):
    return coordinate_step(np.array(geometries, dtype=object), crs)


# ------------------------------------------------------------------ degrees


@pytest.mark.parametrize("decimals", [3, 4, 5, 6, 7])
def test_decimals_of_a_degree_are_counted(decimals):
    step = step_of(lonlat(slanted(6.0), decimals), crs=DEGREES)
    # A degree of latitude is 2 pi R / 360 long, one of longitude shorter by the cosine of the latitude.
    degree = 2 * math.pi * EARTH_M / 360
    assert step.north_m == pytest.approx(degree * 10.0**-decimals, rel=1e-12)
    assert step.east_m == pytest.approx(degree * math.cos(math.radians(LAT)) * 10.0**-decimals, rel=1e-3)
    assert step.gap_m == pytest.approx(math.hypot(step.east_m, step.north_m))
    assert f"{decimals} decimals" in step.en


@pytest.mark.parametrize("decimals", [8, 9, 12])
def test_millimetres_in_degrees_are_fine(decimals):
    assert step_of(lonlat(slanted(6.0), decimals), crs=DEGREES) is None


def test_five_decimals_leave_a_lane_of_4_3_metres_open(tmp_path):
    coarse = in_degrees(tmp_path, slanted(4.3), 5)
    assert codes(coarse).count("coarse_coordinates") == 1
    # 5 decimals: 1.11 m to the north and 0.83 m to the east; a gap may change by the diagonal, 1.39 m.
    assert coarse.coarse_m == {"roads": pytest.approx(1.387, abs=2e-3)}
    assert coarse.config.accuracy_m == 0.0
    assert width_verdicts(coarse) == {"indeterminate"}
    said = note(coarse, "coarse_coordinates")
    assert said.layer == "roads"
    assert "1.387" in said.en
    assert "accuracy_m" in said.en
    assert "5 位小数" in said.zh
    assert "原始测量" in said.zh


def test_nine_decimals_pass(tmp_path):
    fine = in_degrees(tmp_path, slanted(4.3), 9)
    assert "coarse_coordinates" not in codes(fine)
    assert fine.coarse_m == {}
    assert width_verdicts(fine) == {"pass"}


def test_a_margin_beyond_the_rounding_is_judged(tmp_path):
    """7 decimals leave 13 mm: 4.3 m pass, 3.9 m fail, 4.005 m stay open."""
    for width, verdict in ((4.3, "pass"), (3.9, "fail"), (4.005, "indeterminate")):
        folder = tmp_path / str(width)
        folder.mkdir()
        assert width_verdicts(in_degrees(folder, slanted(width), 7)) == {verdict}


# ------------------------------------------------------------------ metres


def test_a_survey_rounded_to_decimetres_is_open_at_4_05(tmp_path):
    found = read(tmp_path, roads=frame(winding(4.05, rounded_to=0.1)))
    assert found.coarse_m == {"roads": pytest.approx(0.1 * math.sqrt(2))}
    assert width_verdicts(found) == {"indeterminate"}
    assert "coordinates rounded to 0.10 m" in note(found, "coarse_coordinates").en


@pytest.mark.parametrize("size", [1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01])
def test_every_step_is_recognised(size):
    step = step_of(winding(12.0, rounded_to=size))
    assert (step.east_m, step.north_m) == (size, size)
    assert step.gap_m == pytest.approx(size * math.sqrt(2))


@pytest.mark.parametrize("size", [None, 0.001, 0.005])
def test_finer_than_a_centimetre_is_not_told(size):
    assert step_of(winding(6.0, rounded_to=size)) is None


def test_feet_are_told_in_metres():
    step = step_of(winding(12.0, rounded_to=0.1), crs=pyproj.CRS.from_epsg(2249))
    assert step.east_m == pytest.approx(0.1 * 0.3048, rel=1e-5)


def test_a_few_places_added_later_hide_nothing():
    road = winding(6.0, count=120, rounded_to=0.1)
    xy = shapely.get_coordinates(road.exterior)
    xy[1] += 0.0371
    assert step_of(shapely.Polygon(xy)).east_m == 0.1
    xy[1:40] += 0.0371
    assert step_of(shapely.Polygon(xy)) is None


@given(st.sampled_from([1.0, 0.1, 0.02]), st.integers(0, 10_000))
def test_a_gap_never_changes_by_more_than_is_told(size, seed):
    """Two slanted kerbs, each corner rounded on its own: their distance stays within the accuracy."""
    rng = np.random.default_rng(seed)
    ends = rng.uniform(0, 50, (2, 2, 2)) + [[[0, 0]], [[0, 60]]]
    exact = shapely.distance(*shapely.linestrings(ends))
    rounded = shapely.distance(*shapely.linestrings(np.round(ends / size) * size))
    assert abs(rounded - exact) <= size * math.sqrt(2) + 1e-9


# ------------------------------------------------------------------ drawn, not measured


def test_a_lane_drawn_on_whole_metres_is_exact(tmp_path):
    found = read(tmp_path, roads=frame(box(0, 0, 60, 4)))
    assert "coarse_coordinates" not in codes(found)
    assert found.coarse_m == {}
    assert width_verdicts(found) == {"pass"}


def test_many_boxes_on_whole_metres_are_exact():
    assert step_of(*[box(10 * i, 7 * j, 10 * i + 4 + i % 3, 7 * j + 5) for i in range(12) for j in range(12)]) is None


def test_a_drawing_turned_by_a_3_4_5_triangle_is_exact():
    """Every corner falls on the grid, and every length is whole: drawn so, not rounded."""
    along, across = np.array([4.0, 3.0]), np.array([-3.0, 4.0])
    rows = []
    for i in range(40):
        start = np.array([536000.0 + 11 * i, 4630000.0 + 3 * i])
        a, b = along * (1 + i % 7), across * (1 + i % 5)
        rows.append(shapely.Polygon([start, start + a, start + a + b, start + b]))
    assert step_of(*rows) is None


@pytest.mark.parametrize("decimals", [1, 2])
def test_straight_roads_with_rounded_fillets_are_exact(decimals):
    # Drawn along the axes, 4.00 m wide; of the corner fillets alone the decimals are lost.
    roads = shapely.union_all([box(0, 0, 200, 4), box(60, -100, 64, 100), box(140, -100, 144, 100)])
    filleted = shapely.buffer(shapely.buffer(roads, 6, join_style="mitre"), -6, quad_segs=16)
    drawn = shapely.transform(filleted, lambda xy: np.round(xy, decimals))
    assert len(shapely.get_coordinates(drawn)) > 100
    assert step_of(drawn) is None
    turned = shapely.affinity.rotate(filleted, 17.3)
    assert step_of(shapely.transform(turned, lambda xy: np.round(xy, decimals))) is not None


def test_few_corners_prove_nothing():
    assert step_of(polygon((0, 0), (31, 7), (58, 23), (55, 29), (28, 13), (-2, 6))) is None


def test_trees_measured_to_the_decimetre_are_coarse_and_a_row_of_trees_is_not():
    rng = np.random.default_rng(3)
    measured = np.round(rng.uniform(0, 300, (120, 2)), 1) + [536000.0, 4630000.0]
    assert step_of(*shapely.points(measured)).east_m == 0.1
    planted = [shapely.Point(536000.0 + 8 * i, 4630000.0 + 12 * j) for i in range(30) for j in range(3)]
    assert step_of(*planted) is None


def test_single_precision_numbers_are_recognised():
    road = shapely.transform(winding(6.0, count=80), lambda xy: xy.astype(np.float32).astype(float))
    step = step_of(road)
    # At 4 630 000 single precision goes by half metres, at 536 000 by 1/16 m.
    assert (step.east_m, step.north_m) == (0.0625, 0.5)
    assert "single-precision" in step.en


def test_no_rows_and_no_numbers_tell_nothing():
    assert step_of() is None
    assert step_of(shapely.Point()) is None
    assert coordinate_step(np.array([None, shapely.Point(1.5, 2.5)], dtype=object), METRIC) is None


# ------------------------------------------------------------------ what site.toml says


def test_a_declared_accuracy_of_zero_stands_and_the_note_says_so(tmp_path):
    found = in_degrees(tmp_path, slanted(4.3), 5, "accuracy_m = 0.0\n")
    assert found.coarse_m == {}
    assert "indeterminate" not in width_verdicts(found)
    said = note(found, "coarse_coordinates")
    assert "the accuracy of 0 m that site.toml declares stands, though it is less: check it" in said.en
    assert "site.toml 声明的精度 0 米优先" in said.zh


def test_an_accuracy_of_the_layer_stands_for_that_layer_alone(tmp_path):
    layers = {
        "roads": frame(winding(6.0, rounded_to=0.1)), "parking": frame(winding(3.0, rounded_to=0.1)),
    }  # fmt: skip
    found = read(tmp_path, "[accuracy]\nroads = 0.02\n", **layers)
    assert found.coarse_m == {"parking": pytest.approx(0.1 * math.sqrt(2))}
    assert found.place_accuracy_m("roads") == 0.02
    assert found.place_accuracy_m("parking") == pytest.approx(0.1 * math.sqrt(2))
    said = note(found, "coarse_coordinates")
    assert said.layer is None
    assert said.en.startswith("roads, parking: ")
    assert "0.02 m that site.toml declares" in said.en


def test_rounded_places_say_nothing_of_heights(tmp_path):
    """An arch of 4.5 m over a lane whose corners are rounded to 1.4 m: its height was told, not drawn."""
    folder = tmp_path / "arch"
    folder.mkdir()
    collection(folder / "roads.geojson", ({"id": "R1"}, lonlat(slanted(12.0), 5)))
    arch = shapely.affinity.rotate(box(50, -8, 52, 8), 17.3, origin=(536000.0, 4630000.0))
    collection(
        folder / "obstructions.geojson", ({"id": "A", "kind": "arch", "clear_height_m": 4.5}, lonlat(arch, 5))
    )  # fmt: skip
    found = read_site(folder)
    assert set(found.coarse_m) == {"roads", "obstructions"}
    assert found.height_accuracy_m("obstructions") == 0.0
    heights = {f.verdict.value for f in audit(found).findings if f.rule_id == "sy2020-14-clear-height"}
    assert heights == {"pass"}


def test_a_coarse_table_beside_a_fine_one_makes_its_layer_coarse(tmp_path):
    folder = site(tmp_path, '[[layers.roads]]\nfrom = "a"\n[[layers.roads]]\nfrom = "b"\n', roads=None,
                  a=frame(winding(6.0, rounded_to=0.1)), b=frame(box(300, 0, 360, 6)))  # fmt: skip
    assert read_site(folder).coarse_m == {"roads": pytest.approx(0.1 * math.sqrt(2))}


def test_the_same_rows_in_another_order_tell_the_same():
    rng = np.random.default_rng(5)
    trees = shapely.points(np.round(rng.uniform(0, 300, (120, 2)), 1) + [536000.0, 4630000.0])
    assert step_of(*trees) == step_of(*trees[::-1])


def test_a_table_without_degrees_in_geopackage_is_looked_at_alike(tmp_path):
    rows = gpd.GeoDataFrame(geometry=[lonlat(slanted(6.0), 6)], crs="EPSG:4490")
    assert read(tmp_path, roads=rows).coarse_m == {"roads": pytest.approx(0.1387, abs=2e-4)}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_blank_site_declares_no_accuracy(tmp_path, lang):
    """Else every site begun with `firelane new` would be exact by declaration."""
    folder = tmp_path / "new"
    write_blank_site(folder, lang=lang)
    told = tomllib.loads((folder / "site.toml").read_text(encoding="utf-8"))
    assert "accuracy_m" not in told | told["site"]
