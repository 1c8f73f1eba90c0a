"""Every kind of source gives the same site."""

import hashlib
import os
import sqlite3
import subprocess
import time
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
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
    read,
    refused,
    site,
    write_layers,
)

from firelane.crs import from_lonlat, gcj02_to_bd09, to_lonlat, wgs84_to_gcj02
from firelane.site import describe, read_site
from firelane.site.schema import LAYERS, empty_layer

SHARED = Path(os.environ.get("FIRELANE_SHARED", Path(__file__).parents[3] / "shared"))
needs_shared = pytest.mark.skipif(
    not SHARED.exists() and os.environ.get("CI") != "true", reason="the shared real data are not here"
)

LAYERS_OF_THE_EXAMPLE = {
    "roads": frame(ROAD, box(100, 0, 106, 50), id=["R1", None], name=["环路", "支路"], kerb=["yes", None]),
    "obstructions": frame(
        point(10, 3), point(20, 3), id=[7, 8], kind=["tree", "overhead_line"], clear_height_m=[None, 3.9]
    ),
}


def assert_is_the_example(found):
    roads, obstructions = found.layers["roads"], found.layers["obstructions"]
    assert found.crs.to_epsg() == 4550
    assert roads["id"].tolist() == ["R1", "roads-2"]
    assert roads["name"].tolist() == ["环路", "支路"]
    assert roads["kerb"].tolist() == ["yes", None]
    assert roads["fire_lane"].tolist() == [True, True]
    assert obstructions["id"].tolist() == ["7", "8"]
    assert obstructions["removable"].tolist() == [False, False]
    assert np.isnan(obstructions["clear_height_m"][0])
    assert obstructions["clear_height_m"][1] == 3.9
    assert set(found.layers) == {"roads", "obstructions"}
    assert roads.geometry[0].symmetric_difference(ROAD).area < 1e-6
    for name, table in found.layers.items():
        assert list(table.columns) == list(empty_layer(name, found.crs).columns)
        assert table.dtypes.to_dict() == empty_layer(name, found.crs).dtypes.to_dict()
        assert table.index.tolist() == list(range(len(table)))
        assert table.crs == found.crs


def test_one_geopackage(tmp_path):
    path = write_layers(tmp_path / "a.gpkg", LAYERS_OF_THE_EXAMPLE)
    found = read_site(path)
    assert_is_the_example(found)
    assert found.id == found.name == "a"
    assert [(i.path, i.layer, i.rows) for i in found.inputs] == [
        ("a.gpkg", "roads", 2),
        ("a.gpkg", "obstructions", 2),
    ]
    assert {i.sha256 for i in found.inputs} == {hashlib.sha256(path.read_bytes()).hexdigest()}


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "fgb", "parquet", "geoparquet", "shp"])
def test_folder_with_a_file_per_layer(tmp_path, ending):
    for name, table in LAYERS_OF_THE_EXAMPLE.items():
        path = tmp_path / f"{name}.{ending}"
        if "parquet" in ending:
            table.to_parquet(path)
        elif ending == "fgb":
            table.to_file(path, engine="pyogrio", SPATIAL_INDEX="NO")  # its index puts rows in another order
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Shapefiles cut the names of columns
                table.to_file(path, engine="pyogrio", encoding="utf-8" if ending == "shp" else None)
    (tmp_path / "notes.txt").write_text("not a layer")
    (tmp_path / "package.json").write_text("[]")
    found = read_site(tmp_path)
    assert_is_the_example(found)
    assert found.id == tmp_path.name
    assert {i.path for i in found.inputs if i.rows} == {f"roads.{ending}", f"obstructions.{ending}"}


def test_folder_given_with_json_ending_and_capitals(tmp_path):
    LAYERS_OF_THE_EXAMPLE["roads"].to_file(tmp_path / "Roads.GeoJSON", driver="GeoJSON")
    LAYERS_OF_THE_EXAMPLE["obstructions"].to_file(tmp_path / "obstructions.json", driver="GeoJSON")
    assert_is_the_example(read_site(tmp_path))


def test_geojson_with_a_layer_property(tmp_path):
    features = [
        ({"layer": "roads", "id": "R1", "name": "环路", "kerb": "yes"}, ROAD),
        ({"layer": "obstructions", "id": 7, "kind": "tree"}, point(10, 3)),
        ({"layer": "roads", "name": "支路"}, box(100, 0, 106, 50)),
        ({"layer": "obstructions", "id": 8, "kind": "overhead_line", "clear_height_m": 3.9}, point(20, 3)),
        ({"layer": None}, point(0, 0)),
    ]
    found = read_site(collection(tmp_path / "a.geojson", *features, crs=CRS_4550))
    assert_is_the_example(found)
    assert codes(found) == ["no_layer"]


def test_degrees_are_projected(tmp_path):
    table = LAYERS_OF_THE_EXAMPLE["roads"].to_crs("EPSG:4326")
    table.to_file(tmp_path / "roads.geojson")
    found = read_site(tmp_path)
    assert found.crs.to_epsg() == 4550
    assert "projected" in codes(found)
    # GeoJSON keeps seven digits of a degree, a centimetre.
    assert shapely.hausdorff_distance(found.layers["roads"].geometry[0], ROAD) < 0.02


def test_degrees_outside_china_and_feet(tmp_path):
    degrees = frame(shapely.box(4.9, 52.37, 4.901, 52.3701), crs="EPSG:4326")
    assert read(tmp_path, roads=degrees).crs.to_epsg() == 32631
    feet = frame(
        shapely.box(761000, 2956000, 761300, 2956020), crs="EPSG:2249"
    )  # Massachusetts, US survey feet
    found = read(tmp_path, roads=feet)
    assert found.crs.to_epsg() == 32619
    assert "unit_converted" in codes(found)
    assert found.layers["roads"].area[0] == pytest.approx(300 * 20 * (1200 / 3937) ** 2, rel=2e-3)


def test_a_map_out_of_scale_is_converted(tmp_path):
    albers = gpd.GeoSeries([ROAD], crs="EPSG:4550").to_crs("ESRI:102025")
    found = read(tmp_path, roads=frame(albers[0], crs="ESRI:102025"))
    assert found.crs.to_epsg() == 4550
    assert "scale_converted" in codes(found)
    assert found.layers["roads"].area[0] == pytest.approx(600.0, abs=1e-3)


def test_zone_prefix_is_kept_as_it_is(tmp_path):
    moved = shapely.transform(ROAD, lambda xy: xy + np.array([41e6, 0]))
    assert read(tmp_path, roads=frame(moved, crs="EPSG:4529")).crs.to_epsg() == 4529


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("projected", [False, True])
def test_offset_datums_are_set_right(tmp_path, datum, projected):
    crs = pyproj.CRS.from_epsg(4550)

    def distort(xy):
        moved = wgs84_to_gcj02(to_lonlat(xy, crs))
        moved = gcj02_to_bd09(moved) if datum == "bd09" else moved
        return from_lonlat(moved, crs) if projected else moved

    table = frame(shapely.transform(ROAD, distort), crs="EPSG:4550" if projected else "EPSG:4326")
    found = read(tmp_path, f'datum = "{datum}"', roads=table)
    assert shapely.hausdorff_distance(found.layers["roads"].geometry[0], ROAD) < 1e-4
    assert "datum_converted" in codes(found)
    assert found.config.datum == datum


def test_absent_and_empty_layers(tmp_path):
    empty = frame(crs="EPSG:4550").assign(id=[])
    found = read(tmp_path, signs=empty)
    assert found.surveyed("signs")
    assert len(found.layers["signs"]) == 0
    assert not found.surveyed("kerbs")
    assert list(found.layer("kerbs").columns) == ["id", "height_m", "top_width_m", "geometry"]
    assert {i.layer: i.rows for i in found.inputs} == {"roads": 1, "signs": 0}


def test_tables_by_kind_of_geometry_feed_one_layer(tmp_path):
    found = read(
        tmp_path,
        obstructions=frame(point(1, 1)),
        obstructions_lines=frame(line((2, 0), (2, 3)), kind=["wall"]),
        obstructions_polygons=frame(box(5, 0, 7, 2), kind=["vehicle"]),
    )
    table = found.layers["obstructions"]
    assert table["id"].tolist() == ["obstructions-1", "obstructions-2", "obstructions-3"]
    assert table["kind"].tolist() == ["other", "wall", "vehicle"]
    assert "unknown_layer" not in codes(found)


def test_defaults(tmp_path):
    found = read(
        tmp_path,
        obstructions=frame(point(1, 1), point(2, 1), kind=["tree", None], removable=[True, None]),
        entrances=frame(line((0, 0), (0, 6))),
        kerbs=frame(line((0, 0), (100, 0))),
        parking=frame(box(10, 0, 15, 2)),
    )
    obstructions = found.layers["obstructions"]
    assert obstructions["removable"].tolist() == [True, True]
    assert obstructions["radius_m"].tolist() == [0.0, 0.0]
    assert np.isinf(obstructions["top_m"]).all()
    assert obstructions["openable"].tolist() == [None, None]
    assert found.layers["entrances"]["kind"].tolist() == ["both"]
    assert found.layers["entrances"]["gate"].tolist() == [None]
    assert found.layers["kerbs"][["height_m", "top_width_m"]].to_numpy().tolist() == [[0.15, 0.12]]
    assert found.layers["parking"]["status"].tolist() == ["existing"]


def test_shapefile_with_cut_names_and_gbk_text(tmp_path):
    table = frame(point(10, 3), kind=["overhead_line"], clear_height_m=[4.2], name=["架空线"])
    frame(ROAD).to_file(tmp_path / "roads.shp")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Shapefiles cut the names of columns
        table.to_file(tmp_path / "obstructions.shp", encoding="gbk")
    (tmp_path / "obstructions.cpg").unlink()
    dbf = tmp_path / "obstructions.dbf"
    raw = bytearray(dbf.read_bytes())
    raw[29] = 0  # no code page either, as many office tools write it
    dbf.write_bytes(raw)
    found = read_site(tmp_path)
    assert found.layers["obstructions"]["clear_height_m"].tolist() == [4.2]
    assert found.layers["obstructions"]["name"].tolist() == ["架空线"]


def test_a_stale_row_count_does_not_hide_rows(tmp_path):
    path = write_layers(tmp_path / "a.gpkg", {"roads": frame(ROAD, box(0, 10, 100, 16))})
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE gpkg_ogr_contents SET feature_count = 1")
    connection.close()
    assert len(read_site(path).layers["roads"]) == 2


def test_arcs_become_fine_chords(tmp_path):
    # A half ring of radius 9 m: with the usual 4° chords its area would be 0.08 % short.
    wkt = (
        f"CURVEPOLYGON(COMPOUNDCURVE(CIRCULARSTRING({E0 - 9} {N0}, {E0} {N0 + 9}, {E0 + 9} {N0}),"
        f"({E0 + 9} {N0}, {E0 - 9} {N0})))"
    )
    (tmp_path / "roads.csv").write_text(f'id,WKT\nR1,"{wkt}"\n')
    try:
        subprocess.run(
            [
                "ogr2ogr", "-f", "GPKG", "roads.gpkg", "roads.csv", "-oo", "GEOM_POSSIBLE_NAMES=WKT",
                "-nlt", "CURVEPOLYGON", "-a_srs", "EPSG:4550", "-select", "id",
            ],
            cwd=tmp_path, check=True, capture_output=True,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("ogr2ogr is not installed, and nothing else here writes arcs")
    found = read_site(tmp_path / "roads.gpkg")
    assert found.layers["roads"].area[0] == pytest.approx(np.pi * 81 / 2, rel=1e-4)
    assert "curves_to_chords" in codes(found)


def test_results_beside_the_site_are_not_read(tmp_path):
    folder = site(tmp_path)
    write_layers(folder / "results.gpkg", {"roads": frame(ROAD)})
    assert "several tables" in refused(folder)[0].message
    (folder / "audit.json").write_text("{}")
    assert len(read_site(folder).layers["roads"]) == 1


def test_describe(tmp_path):
    told = describe(read(tmp_path, 'id = "S1"', obstructions=frame(point(1, 1), line((1, 0), (1, 2)))))
    assert told["id"] == "S1"
    assert told["crs"] == "EPSG:4550"
    assert told["bounds"] == [E0, N0, E0 + 100, N0 + 6]
    assert list(told["layers"]) == list(LAYERS)
    assert told["layers"]["obstructions"]["geometry"] == {"LineString": 1, "Point": 1}
    assert told["layers"]["kerbs"] == {
        "surveyed": False,
        "rows": 0,
        "geometry": {},
        "zh": "路缘石",
        "en": "kerbs",
    }
    assert [i["layer"] for i in told["inputs"]] == ["roads", "obstructions", "site.toml"]


def test_same_input_same_site(tmp_path):
    folder = site(tmp_path, obstructions=frame(point(1, 1), unknown=["x"]))
    one, two = read_site(folder), read_site(folder)
    assert describe(one) == describe(two)
    assert one.layers["roads"].geometry.to_wkb().tolist() == two.layers["roads"].geometry.to_wkb().tolist()


def test_a_large_site_reads_fast(tmp_path):
    turn = np.linspace(0, 2 * np.pi, 500)
    rings = [
        shapely.transform(
            shapely.Polygon(np.c_[8 * np.cos(turn), 8 * np.sin(turn)]),
            lambda xy, n=n: xy + np.array([E0 + 20 * (n % 15), N0 + 20 * (n // 15)]),
        )
        for n in range(200)
    ]
    path = write_layers(tmp_path / "a.gpkg", {"roads": frame(*rings)})
    read_site(path)
    start = time.process_time()
    found = read_site(path)
    seconds = time.process_time() - start
    assert len(found.layers["roads"]) == 200
    assert seconds < 2.5  # about 0.3 s on an idle machine


@needs_shared
def test_real_blocks_through_their_configuration(tmp_path):
    config = tmp_path / "amsterdam.toml"
    config.write_text(
        """
        [site]
        id = "blocks"
        accuracy_m = 0.05
        [layers.roads]
        from = "roads"
        where = { bgt_type = ["rijbaan_lokale_weg"] }
        [layers.parking]
        from = "roads"
        where = { bgt_type = "parkeervlak" }
        [layers.buildings]
        from = "buildings_bag"
        [[layers.obstructions]]
        from = "trees_bgt"
        set = { kind = "tree", radius_m = 0.2 }
        [[layers.obstructions]]
        from = "obstacles"
        columns = { id = "identificatie_lokaalid", name = "naam" }
        """,
        encoding="utf-8",
    )
    found = read_site(SHARED / "data" / "amsterdam_blocks" / "amsterdam_blocks.gpkg", config=config)
    assert found.crs.to_epsg() == 28992
    assert {name: len(table) for name, table in found.layers.items()} == {
        "roads": 8, "obstructions": 29, "buildings": 31, "parking": 16,
    }  # fmt: skip
    assert found.layers["obstructions"]["kind"].tolist() == ["tree"] * 21 + ["other"] * 8
    assert found.layers["obstructions"]["radius_m"].sum() == pytest.approx(4.2)
    assert found.layers["roads"].is_valid.all()
    assert found.config.accuracy_m == 0.05
    assert "unknown_layer" in codes(found)


@needs_shared
def test_real_but_coarse_data_are_told_of():
    found = read_site(SHARED / "data" / "cambridgeport" / "clip_cambridgeport_epsg26986.gpkg")
    assert found.crs.to_epsg() == 26986
    assert "roads-1 (0.05 m)" in note(found, "implausible_width").en
