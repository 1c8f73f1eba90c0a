"""Bad input: every case of the contract has its message, and nothing is guessed."""

import math
import sqlite3

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from site_builders import (
    CRS_4550,
    E0,
    N0,
    ROAD,
    box,
    codes,
    collection,
    frame,
    line,
    note,
    point,
    polygon,
    read,
    refused,
    site,
    write_layers,
)

from firelane.errors import InputError
from firelane.site import read_site

# --- sources


def test_no_such_path(tmp_path):
    (problem,) = refused(tmp_path / "none")
    assert "no such file" in problem.message


def test_folder_without_layers(tmp_path):
    (problem,) = refused(tmp_path)
    assert "firelane new" in problem.remedy


@pytest.mark.parametrize("name", ["a.osm", "a.osm.pbf", "a.dxf", "A.DWG"])
@pytest.mark.parametrize("in_folder", [False, True])
def test_foreign_files_that_are_none_are_refused(tmp_path, name, in_folder):
    (tmp_path / name).write_bytes(b"whatever")
    (problem,) = refused(tmp_path if in_folder else tmp_path / name)
    assert problem.layer == name
    assert problem.remedy
    assert problem.message_zh


def test_unknown_ending(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    (problem,) = refused(tmp_path / "a.xlsx")
    assert ".xlsx" in problem.message
    assert ".gpkg" in problem.remedy


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "fgb", "parquet"])
def test_empty_file(tmp_path, ending):
    path = tmp_path / f"roads.{ending}"
    path.touch()
    assert "empty" in refused(path)[0].message


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "fgb", "parquet"])
@pytest.mark.parametrize(
    ("content", "like"),
    [(b"PK\x03\x04", "ZIP"), (b"hello", "something else"), (b"<html>", "XML"), (b"[]", "else")],
)
def test_not_what_its_ending_says(tmp_path, ending, content, like):
    path = tmp_path / f"roads.{ending}"
    path.write_bytes(content)
    (problem,) = refused(path)
    assert "as its ending says" in problem.message
    assert like in problem.message


def test_geopackage_called_geojson(tmp_path):
    path = write_layers(tmp_path / "roads.gpkg", {"roads": frame(ROAD)})
    assert "looks like GeoPackage" in refused(path.rename(tmp_path / "roads.geojson"))[0].message


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "fgb", "parquet"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.999])
def test_truncated_file(tmp_path, ending, share):
    table = frame(*[box(0, 10 * n, 100, 10 * n + 6) for n in range(40)], name=["路" * 20] * 40)
    path = tmp_path / f"roads.{ending}"
    if ending == "parquet":
        table.to_parquet(path)
    else:
        table.to_file(path, encoding="utf-8" if ending == "shp" else None)
    raw = path.read_bytes()
    path.write_bytes(raw[: max(1, int(len(raw) * share))])
    assert refused(tmp_path)[0].layer == path.name


def test_truncated_attribute_table(tmp_path):
    frame(ROAD, name=["路"]).to_file(tmp_path / "roads.shp", encoding="utf-8")
    dbf = tmp_path / "roads.dbf"
    dbf.write_bytes(dbf.read_bytes()[:-20])
    assert "cut off" in refused(tmp_path)[0].message


def test_shapefile_without_its_index(tmp_path):
    frame(ROAD).to_file(tmp_path / "roads.shp")
    (tmp_path / "roads.shx").unlink()
    assert ".shx" in refused(tmp_path)[0].message


def test_damaged_geopackage(tmp_path):
    path = write_layers(tmp_path / "a.gpkg", {"roads": frame(ROAD)})
    raw = bytearray(path.read_bytes())
    raw[200:90000] = b"\xff" * (90000 - 200)
    path.write_bytes(raw)
    assert refused(path)[0].layer == "a.gpkg"


def test_parquet_without_geometry(tmp_path):
    gpd.pd.DataFrame({"id": ["R1"]}).to_parquet(tmp_path / "roads.parquet")
    assert "cannot be read" in refused(tmp_path)[0].message


def test_texts_in_another_encoding(tmp_path):
    path = collection(tmp_path / "roads.geojson", ({"name": "环路"}, ROAD), crs=CRS_4550)
    path.write_bytes(path.read_text(encoding="utf-8").encode("gbk"))
    assert "UTF-8" in refused(path)[0].message


# --- layers


def test_no_roads(tmp_path):
    (problem,) = refused(site(tmp_path, roads=None, road=frame(ROAD)))
    assert problem.layer == "roads"
    assert "road" in problem.message
    assert "site.toml" in problem.remedy


def test_empty_roads(tmp_path):
    (problem,) = refused(site(tmp_path, roads=frame().set_crs("EPSG:4550").assign(id=[])))
    assert (problem.layer, problem.message) == ("roads", "it has no rows")


def test_roads_as_lines(tmp_path):
    (problem,) = refused(site(tmp_path, roads=frame(line((0, 0), (9, 0)), line((0, 0), (0, 9)))))
    assert problem.row == "roads-1, roads-2"
    assert "draw polygons" in problem.remedy
    assert "请绘制多边形" in problem.text("zh")


def test_mixed_crs(tmp_path):
    layers = {"roads": frame(ROAD), "buildings": frame(box(0, 10, 20, 20), crs="EPSG:32651")}
    folder = site(tmp_path, **layers)
    (problem,) = refused(folder)
    assert "EPSG:4550" in problem.message
    assert "EPSG:32651" in problem.message
    assert read(tmp_path, 'crs = "EPSG:4550"', **layers).crs.to_epsg() == 4550


def test_an_empty_table_has_no_say_about_the_crs(tmp_path):
    assert read(tmp_path, signs=frame(crs="EPSG:4326").assign(id=[])).surveyed("signs")


def test_cgcs2000_and_wgs84_degrees_are_one_system(tmp_path):
    roads = frame(ROAD).to_crs("EPSG:4326")
    signs = frame(point(1, 1)).to_crs("EPSG:4490")
    assert read(tmp_path, roads=roads, signs=signs).crs.to_epsg() == 4550


def test_missing_crs_and_the_remedy(tmp_path):
    frame(ROAD).to_file(tmp_path / "roads.shp")
    (tmp_path / "roads.prj").unlink()
    (problem,) = refused(tmp_path)
    assert "missing" in problem.message
    assert 'crs = "EPSG:4550"' in problem.remedy
    (tmp_path / "site.toml").write_text('crs = "EPSG:4550"')
    assert read_site(tmp_path).crs.to_epsg() == 4550


def test_undefined_crs_of_a_geopackage(tmp_path):
    path = write_layers(tmp_path / "a.gpkg", {"roads": frame(ROAD)})
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE gpkg_geometry_columns SET srs_id = -1")
        connection.execute("UPDATE gpkg_contents SET srs_id = -1")
    connection.close()
    assert "missing" in refused(path)[0].message


def test_geojson_in_metres_without_a_crs(tmp_path):
    (problem,) = refused(collection(tmp_path / "roads.geojson", ({}, ROAD)))
    assert "no degrees" in problem.message
    assert "EPSG:4550" in problem.remedy


@pytest.mark.parametrize(
    ("crs", "move", "says"),
    [
        ("EPSG:3857", lambda xy: xy, "Mercator"),
        ("EPSG:4550", lambda xy: xy[:, ::-1], "swapped"),
        ("EPSG:4550", lambda xy: xy + np.array([41e6, 0]), "EPSG:4529"),
        ("EPSG:4529", lambda xy: xy, "EPSG:4550"),
    ],
)
def test_crs_guards_reach_the_user(tmp_path, crs, move, says):
    (problem,) = refused(site(tmp_path, roads=frame(shapely.transform(ROAD, move), crs=crs)))
    assert says in str(problem)


def test_a_layer_in_another_zone(tmp_path):
    far = shapely.transform(box(0, 10, 20, 20), lambda xy: xy + np.array([60000, 0]))
    (problem,) = refused(site(tmp_path, buildings=frame(far)))
    assert problem.layer == "buildings"
    assert "60 km" in problem.message
    assert note(read(tmp_path, buildings=frame(far, box(0, 10, 20, 20))), "far_away").row == "buildings-1"


# --- geometry


def with_easting(value):
    """Return a polygon, one of whose corners has this easting."""
    broken = box(0, 10, 9, 19)
    xy = shapely.get_coordinates(broken)
    xy[1, 0] = value
    return shapely.set_coordinates(broken, xy)


BAD_ROADS = {
    "null": (None, "no geometry"),
    "empty": (shapely.Polygon(), "empty"),
    "nan": (with_easting(math.nan), "not a finite number"),
    "inf": (with_easting(math.inf), "not a finite number"),
    "no area": (polygon((0, 10), (10, 10), (5, 10)), "area is zero"),
    "bow tie": (polygon((0, 10), (10, 20), (10, 10), (0, 20)), "crosses or overlaps itself"),
    "point": (point(0, 10), "polygons are expected"),
}


@pytest.mark.parametrize("case", sorted(BAD_ROADS))
def test_unusable_road_rows(tmp_path, case):
    geom, says = BAD_ROADS[case]
    roads = frame(ROAD, geom, id=["good", "bad"])
    (problem,) = refused(site(tmp_path, roads=roads))
    assert (problem.layer, problem.row, problem.column) == ("roads", "bad", "geometry")
    assert says in problem.message
    assert problem.remedy
    found = read(tmp_path, skip_bad=True, roads=roads)
    assert found.layers["roads"]["id"].tolist() == ["good"]
    left = note(found, "left_out")
    assert left.row == "bad"
    assert says in left.en
    assert [i.rows for i in found.inputs] == [1]


@pytest.mark.parametrize("case", sorted(BAD_ROADS))
def test_unusable_rows_of_another_layer_are_left_out(tmp_path, case):
    geom, says = BAD_ROADS[case]
    found = read(tmp_path, buildings=frame(geom, box(0, 10, 5, 15)))
    assert found.layers["buildings"]["id"].tolist() == ["buildings-2"]
    assert says in note(found, "left_out").en


def test_skipping_every_road_is_still_refused(tmp_path):
    problems = refused(site(tmp_path, roads=frame(None, shapely.Polygon())), skip_bad=True)
    assert "none of its rows" in problems[0].message
    assert len(problems) == 3


def test_a_ring_that_is_not_closed(tmp_path):
    ring = [[E0, N0], [E0 + 9, N0], [E0 + 9, N0 + 9]]
    path = collection(
        tmp_path / "roads.geojson", ({"id": "R1"}, {"type": "Polygon", "coordinates": [ring]}), crs=CRS_4550
    )
    assert "not closed" in refused(path)[0].message


def test_all_problems_are_told_at_once(tmp_path):
    problems = refused(
        site(
            tmp_path,
            "acuracy_m = 1.0\n",
            roads=frame(ROAD, None, BAD_ROADS["bow tie"][0], id=["A", "A", "B"]),
            obstructions=frame(point(1, 1), point(2, 2), radius_m=["wide", "-1"]),
            kerbs=frame(line((0, 0), (9, 0)), height_m=[-0.1]),
        )
    )
    assert [(p.layer, p.row, p.column) for p in problems] == [
        ("site.toml", None, "acuracy_m"),
        ("roads", "A", "id"),
        ("roads", "A", "geometry"),
        ("roads", "B", "geometry"),
        ("obstructions", "obstructions-1", "radius_m"),
        ("obstructions", "obstructions-2", "radius_m"),
        ("kerbs", "kerbs-1", "height_m"),
    ]
    assert "accuracy_m" in problems[0].remedy


def test_mending_is_noted(tmp_path):
    spike = polygon((0, 0), (50, 0), (50, 0), (50.0, 6), (20, 6), (20, 6.5), (20, 6), (0, 6))
    clockwise = polygon((0, 10), (0, 16), (50, 16), (50, 10))
    found = read(tmp_path, roads=frame(spike, clockwise))
    roads = found.layers["roads"]
    assert roads.is_valid.all()
    assert all(geom.exterior.is_ccw for geom in roads.geometry)
    assert roads.area.tolist() == pytest.approx([300.0, 300.0])
    assert note(found, "mended_polygon").row == "roads-1"
    assert note(found, "duplicate_vertices").row == "roads-1"
    assert "roads-2" in note(found, "ring_order").en


@pytest.mark.parametrize(
    ("change_m2", "width_m", "accepted"),
    [(0.98, 10.0, True), (1.02, 10.0, False), (0.018, 0.05, True), (0.022, 0.05, False)],
)
def test_repair_stops_at_one_percent_and_one_square_metre(tmp_path, change_m2, width_m, accepted):
    # Two triangles of half the change each hang at a corner; the outline crosses itself between them.
    # The farther one is wound backwards: its area counts negative before the repair, positive after.
    s, w = math.sqrt(2.0 * change_m2), width_m
    length_m = 40.0 if w > 1.0 else 2.0 / w
    ears = polygon((0, 0), (length_m, 0), (length_m, w), (s, w), (0, w + s), (s, w + s), (0, w))
    assert ears.area == pytest.approx(length_m * w, abs=1e-6)
    folder = site(tmp_path, roads=frame(ears))
    if accepted:
        found = read_site(folder)
        assert note(found, "mended_polygon").row == "roads-1"
        assert found.layers["roads"].area[0] == pytest.approx(length_m * w + change_m2, abs=1e-6)
    else:
        assert f"{change_m2:.2f} m²" in refused(folder)[0].message


def test_multipolygon_road_stays_one_row(tmp_path):
    both = shapely.MultiPolygon([box(0, 0, 50, 6), box(60, 0, 100, 6)])
    table = read(tmp_path, roads=frame(both, shapely.MultiPolygon([box(0, 20, 50, 26)]))).layers["roads"]
    assert table["id"].tolist() == ["roads-1", "roads-2"]
    assert table.geom_type.tolist() == ["MultiPolygon", "Polygon"]


def test_heights_are_dropped(tmp_path):
    found = read(tmp_path, roads=frame(shapely.force_3d(ROAD, 45.0)))
    assert not found.layers["roads"].has_z.any()
    assert "z_dropped" in codes(found)


def test_entrances_in_several_parts(tmp_path):
    two = shapely.MultiLineString([[(E0, N0), (E0, N0 + 6)], [(E0 + 9, N0), (E0 + 9, N0 + 6)]])
    joined = shapely.MultiLineString([[(E0, N0), (E0, N0 + 3)], [(E0, N0 + 3), (E0, N0 + 6)]])
    found = read(tmp_path, entrances=frame(two, joined))
    assert found.layers["entrances"]["id"].tolist() == ["entrances-2"]
    assert found.layers["entrances"].geometry[0].length == pytest.approx(6.0)
    assert "several parts" in note(found, "left_out").en


def test_wrong_kind_of_geometry_elsewhere(tmp_path):
    found = read(
        tmp_path,
        signs=frame(point(1, 1), box(2, 2, 3, 3)),
        kerbs=frame(line((0, 0), (0, 0)), line((0, 0), (1, 0))),
    )
    assert found.layers["signs"]["id"].tolist() == ["signs-1"]
    assert found.layers["kerbs"]["id"].tolist() == ["kerbs-2"]
    assert codes(found).count("left_out") == 2


def test_implausible_width(tmp_path):
    millimetres = box(0, 0, 100000, 6000)  # a plan in millimetres, read as metres
    found = read(tmp_path, roads=frame(box(0, 0, 300, 300), ROAD))
    assert note(found, "implausible_width").en.endswith("roads-1 (150.00 m)")
    assert "implausible_width" in codes(read(tmp_path, roads=frame(millimetres)))
    assert "implausible_width" not in codes(read(tmp_path, roads=frame(box(0, 0, 100, 1.1))))
    assert "implausible_width" in codes(read(tmp_path, roads=frame(box(0, 0, 100, 0.9))))


# --- values


def test_ids(tmp_path):
    found = read(
        tmp_path,
        roads=frame(*[box(0, 10 * n, 9, 10 * n + 6) for n in range(4)], id=[1.0, np.nan, 3.0, 4.5]),
        obstructions=frame(point(1, 1), point(2, 1), id=["  a ", ""]),
        kerbs=frame(line((0, 0), (1, 0)), id=["a"]),
    )
    assert found.layers["roads"]["id"].tolist() == ["1", "roads-2", "3", "4.5"]
    assert found.layers["obstructions"]["id"].tolist() == ["a", "obstructions-2"]
    assert found.layers["kerbs"]["id"].tolist() == ["a"]  # the same id in two layers is fine


def test_duplicate_ids(tmp_path):
    (problem,) = refused(
        site(tmp_path, signs=frame(point(1, 1), point(2, 1), point(3, 1), id=["S", "S", "S"]))
    )
    assert (problem.layer, problem.row, problem.column) == ("signs", "S", "id")
    assert "3 rows" in problem.message


@pytest.mark.parametrize("value", ["3,5", "3.5m", "高", "nan", "inf", "0x10", "1_0x"])
def test_text_in_a_number_column(tmp_path, value):
    (problem,) = refused(site(tmp_path, buildings=frame(box(0, 10, 9, 19), height_m=[value])))
    assert (problem.layer, problem.row, problem.column) == ("buildings", "buildings-1", "height_m")
    assert value in problem.message


@pytest.mark.parametrize(
    ("value", "number"), [("3.5", 3.5), (" 4 ", 4.0), ("３．５", 3.5), ("", None), ("1e1", 10.0)]
)
def test_numbers_written_as_text(tmp_path, value, number):
    table = read(tmp_path, buildings=frame(box(0, 10, 9, 19), height_m=[value])).layers["buildings"]
    assert table["height_m"].tolist() == pytest.approx([math.nan if number is None else number], nan_ok=True)


@pytest.mark.parametrize(
    ("layer", "geom", "column"),
    [
        ("obstructions", point(1, 1), "radius_m"),
        ("obstructions", line((1, 1), (2, 2)), "width_m"),
        ("obstructions", point(1, 1), "clear_height_m"),
        ("buildings", box(0, 10, 9, 19), "height_m"),
        ("kerbs", line((1, 1), (2, 2)), "top_width_m"),
        ("entrances", line((1, 1), (2, 2)), "clear_height_m"),
        ("markings", line((1, 1), (2, 2)), "width_m"),
    ],
)
def test_negative_numbers(tmp_path, layer, geom, column):
    columns = {column: [-0.01]} | ({"kind": ["box"]} if layer == "markings" else {})
    (problem,) = refused(site(tmp_path, **{layer: frame(geom, **columns)}))
    assert (problem.layer, problem.column) == (layer, column)
    assert "-0.01" in problem.message


def test_top_below_the_underside(tmp_path):
    (problem,) = refused(site(tmp_path, obstructions=frame(point(1, 1), clear_height_m=[4.0], top_m=[3.0])))
    assert problem.column == "top_m"


def test_a_slip_of_the_unit_is_told(tmp_path):
    found = read(tmp_path, obstructions=frame(point(1, 1), point(2, 1), clear_height_m=[4500.0, 4.5]))
    assert note(found, "implausible_value").row == "obstructions-1"


@pytest.mark.parametrize("yes", ["yes", "Y", "true", "TRUE", "1", "是", " 是 ", "on"])
@pytest.mark.parametrize("no", ["no", "n", "False", "0", "否", "ＮＯ"])
def test_spellings_of_booleans(tmp_path, yes, no):
    roads = frame(ROAD, box(0, 10, 9, 16), box(0, 20, 9, 26), fire_lane=[yes, no, None], kerb=[no, yes, None])
    table = read(tmp_path, roads=roads).layers["roads"]
    assert table["fire_lane"].tolist() == [True, False, True]
    assert table["kerb"].tolist() == ["no", "yes", None]


@pytest.mark.parametrize("values", [[1, 0], [True, False], [1.0, 0.0]])
def test_booleans_as_numbers(tmp_path, values):
    roads = frame(ROAD, box(0, 10, 9, 16), fire_lane=values)
    assert read(tmp_path, roads=roads).layers["roads"]["fire_lane"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("layer", "geom", "columns"),
    [
        ("roads", ROAD, {"fire_lane": ["maybe"]}),
        ("roads", ROAD, {"fire_lane": [2]}),
        ("roads", ROAD, {"kerb": ["low"]}),
        ("entrances", line((0, 0), (0, 6)), {"kind": ["gate"]}),
        ("parking", box(1, 1, 2, 2), {"status": ["old"]}),
    ],
)
def test_values_that_cannot_be_meant(tmp_path, layer, geom, columns):
    (problem,) = refused(site(tmp_path, **{layer: frame(geom, **columns)}))
    assert (problem.layer, problem.column) == (layer, next(iter(columns)))
    assert problem.remedy


def test_unknown_kinds(tmp_path):
    found = read(
        tmp_path,
        roads=frame(ROAD, **{"class": ["motorway"]}),
        obstructions=frame(point(1, 1), point(2, 1), point(3, 1), kind=["flamingo", "树木", "Fixed Bollard"]),
        markings=frame(line((0, 0), (1, 0)), line((0, 0), (1, 0)), kind=["zebra", "edge_line"]),
    )
    assert found.layers["obstructions"]["kind"].tolist() == ["other", "tree", "bollard"]
    told = note(found, "unknown_kind")
    assert "flamingo" in told.en
    assert told.row == "obstructions-1"
    assert found.layers["roads"]["class"].tolist() == ["other"]
    assert "motorway" in note(found, "unknown_class").zh
    assert found.layers["markings"]["id"].tolist() == ["markings-2"]
    assert "zebra" in note(found, "left_out").en


def test_unknown_layers_and_columns_are_named(tmp_path):
    found = read(tmp_path, roads=frame(ROAD, fid2=[1], note=[None]), obstruction=frame(point(1, 1)))
    assert note(found, "unknown_column").en.endswith("fid2")  # a column without any value is no loss
    assert "'obstructions'" in note(found, "unknown_layer").en


def test_hostile_texts_are_kept_but_for_control_characters(tmp_path):
    names = ["<img src=x onerror=alert(1)>{{ 7*7 }}</script>${x}", "a\x07b\u202ec\nd", "长" * 900, "=1+1"]
    roads = frame(*[box(0, 10 * n, 9, 10 * n + 6) for n in range(4)], name=names)
    found = read(tmp_path, roads=roads)
    assert found.layers["roads"]["name"].tolist() == [names[0], "abc d", "长" * 500, "=1+1"]
    assert note(found, "text_cleaned").row == "roads-2"
    assert note(found, "text_cut").row == "roads-3"


def test_nul_from_json(tmp_path):
    path = collection(
        tmp_path / "roads.geojson", ({"id": "R\u0000\u0001", "name": "x\u001b[31m"}, ROAD), crs=CRS_4550
    )
    row = read_site(path).layers["roads"].iloc[0]
    assert (row["id"], row["name"]) == ("R", "x[31m")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.text(max_size=40) | st.none() | st.integers(-10, 10**18) | st.booleans(), min_size=1, max_size=6
    )
)
def test_whatever_stands_in_the_columns_is_read_or_refused(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("fuzz")
    features = [
        ({"id": value, "kind": value, "radius_m": value, "removable": value, "name": value}, point(n, 1))
        for n, value in enumerate(values)
    ]
    collection(folder / "obstructions.geojson", *features, crs=CRS_4550)
    collection(folder / "roads.geojson", ({}, ROAD), crs=CRS_4550)
    try:
        table = read_site(folder).layers["obstructions"]
    except InputError as refusal:
        told = refusal.problems
    else:
        told = ()
        assert table["id"].is_unique
        assert table["removable"].dtype == bool
        assert (table["radius_m"] >= 0).all()
    assert all(problem.layer for problem in told)


def test_a_ring_that_is_a_single_point_is_left_to_the_checks(tmp_path):
    point = shapely.from_wkt("POLYGON ((5 5, 5 5, 5 5, 5 5))")
    frame = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=[point, shapely.box(0, 0, 50, 5)], crs="EPSG:4550")
    frame.to_file(tmp_path / "roads.gpkg")
    (problem,) = refused(tmp_path)
    assert problem.row == "a"
