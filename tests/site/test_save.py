"""A site written for QGIS reads back as the same site, whatever stands in it."""

import dataclasses
import datetime as dt
import math
import os
import tempfile
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
import site_scenes as scenes
from hypothesis import given, settings
from hypothesis import strategies as st
from site_builders import E0, N0, ROAD, box, frame, line, point, read, refused

from firelane import crs as crs_tools
from firelane.errors import OutputError
from firelane.site import blank as blank_module
from firelane.site import read_site
from firelane.site.model import VOLUNTEERED, Note, PointTile, Site, SiteConfig
from firelane.site.save import write_site
from firelane.site.schema import LAYERS
from firelane.site.toml_text import toml_value

HOME = Path(__file__).parents[2]
SAMPLES = ("shenyang_district", "shenyang_compliant")


def same(one, two):
    """Assert that two sites are the same but for what tells how they were read, and the order of rows."""
    assert (one.id, one.name) == (two.id, two.name)
    assert one.crs.equals(two.crs, ignore_axis_order=True)
    assert one.placed == two.placed
    assert set(one.layers) == set(two.layers)
    assert one.coarse_m == two.coarse_m
    for name in one.layers:
        first, second = (s.layers[name].sort_values("id").reset_index(drop=True) for s in (one, two))
        assert list(first.columns) == list(second.columns)
        assert list(first.dtypes) == list(second.dtypes), name
        assert first.geometry.to_wkb().tolist() == second.geometry.to_wkb().tolist(), name
        for column in first.columns.drop("geometry"):
            for a, b in zip(first[column], second[column], strict=True):
                assert type(a) is type(b), (name, column)
                assert a == b or (a != a and b != b), (name, column, a, b)
    for field in dataclasses.fields(SiteConfig):
        if field.name not in ("id", "name"):
            assert getattr(one.config, field.name) == getattr(two.config, field.name), field.name


def again(site, folder):
    """Write a site and read it."""
    write_site(site, folder)
    return read_site(folder)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_come_back(tmp_path, name):
    one = read_site(HOME / "data" / name)
    two = again(one, tmp_path / "copy")
    same(one, two)
    assert two.notes == ()


def test_written_twice_the_bytes_are_the_same(tmp_path):
    site = read_site(HOME / "data" / SAMPLES[1])
    for folder in ("a", "b"):
        assert write_site(site, tmp_path / folder) == [tmp_path / folder / "site.gpkg", tmp_path / folder / "site.toml"]
    for file in ("site.gpkg", "site.toml"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_every_layer_has_its_tables_and_styles(tmp_path):
    write_site(scenes.street(obstructions=[scenes.post(5, 0), scenes.car(30, 1)]), tmp_path / "s")
    tables = dict(pyogrio.list_layers(tmp_path / "s" / "site.gpkg").tolist())
    assert tables.pop("layer_styles", "") is None
    assert tables == {f"{n}{suffix}": kind for n, layer in LAYERS.items() for suffix, kind in layer.tables.items()}
    rows = {name: pyogrio.read_info(tmp_path / "s" / "site.gpkg", layer=name)["features"] for name in tables}
    assert {name: n for name, n in rows.items() if n} == {
        "roads": 1, "obstructions": 1, "obstructions_polygons": 1, "entrances": 2,
    }  # fmt: skip
    told = tomllib.loads((tmp_path / "s" / "site.toml").read_text("utf-8"))
    assert set(told["site"]["not_surveyed"]) == set(LAYERS) - {"roads", "obstructions", "entrances"}


def test_surveyed_and_empty_is_not_the_same_as_not_surveyed(tmp_path):
    site = scenes.site([scenes.road()], parking=[], kerbs=None)
    found = again(site, tmp_path / "s")
    assert set(found.layers) == {"roads", "parking"}


def test_kinds_of_geometry_without_a_table_of_their_own(tmp_path):
    site = scenes.site([scenes.road()], entrances=[scenes.Point(0, 0), *scenes.gates()])
    found = again(site, tmp_path / "s")
    assert sorted(found.layers["entrances"].geom_type) == ["LineString", "LineString", "Point"]
    same(found, again(found, tmp_path / "t"))


def test_areas_in_several_parts_and_with_holes(tmp_path):
    court = box(200, 0, 240, 40) - box(210, 10, 230, 30)
    parts = shapely.union_all([box(300, 0, 320, 20), box(330, 0, 350, 20)])
    one = read(tmp_path, roads=frame(ROAD, court), buildings=frame(parts, box(400, 0, 410, 10)))
    same(one, again(one, tmp_path / "copy"))


def test_settings_come_back(tmp_path):
    config = {
        "district": "皇姑区", "manager": 'a "b" \\ c', "manager_kind": "unit", "managed": False, "accuracy_m": 0.03,
        "surveyed_on": dt.date(2026, 5, 1),
        "layer_accuracy_m": {"roads": 0.01}, "default_kerb": True, "access_distance_m": 12.5, "station_m": 0.25,
        "marking": {"lettering_every_m": 20.0, "text": ["a", {"b": 1}]}, "vehicle": {"width_m": 2.5, "axles": [4.0, 1.35]},
    }  # fmt: skip
    same(scenes.site([scenes.road()], config=config), again(scenes.site([scenes.road()], config=config), tmp_path / "s"))


def test_an_offset_datum_is_not_set_right_twice(tmp_path):
    one = read(tmp_path, 'crs = "EPSG:4490"\ndatum = "gcj02"', roads=frame(
        shapely.transform(ROAD, lambda xy: np.column_stack((123.4 + (xy[:, 0] - E0) * 1.2e-5, 41.8 + (xy[:, 1] - N0) * 9e-6))),
        crs="EPSG:4490",
    ))  # fmt: skip
    two = again(one, tmp_path / "copy")
    assert one.layers["roads"].geometry.to_wkb().tolist() == two.layers["roads"].geometry.to_wkb().tolist()
    assert two.config.datum == "wgs84"


def test_the_accuracy_that_rounded_degrees_left_is_kept(tmp_path):
    """Five decimals of a degree leave a metre, which projected coordinates do not tell any more."""
    degrees = shapely.transform(
        ROAD, lambda xy: np.round(np.column_stack((123.4 + (xy[:, 0] - E0) * 1.2e-5, 41.8 + (xy[:, 1] - N0) * 9e-6)), 5)
    )
    one = read(tmp_path, roads=frame(degrees, crs="EPSG:4490"))
    assert one.place_accuracy_m("roads") > 1.0
    two = again(one, tmp_path / "copy")
    assert two.place_accuracy_m("roads") == one.place_accuracy_m("roads")


def test_roads_of_a_told_width_stay_derived(tmp_path):
    lines = frame(line((0, 20), (80, 20)), line((0, 40), (80, 40)), width_m=[4.5, None], accuracy_m=[0.5, None])
    one = read(tmp_path, road_lines=lines)
    assert one.layers["roads"]["derived"].notna().sum() == 1
    assert len(one.layers["road_lines"]) == 1
    two = again(one, tmp_path / "copy")
    same(one, two)
    assert two.road_accuracy_m(str(two.layers["roads"]["id"][1])) == 0.5


def test_surveyed_heights_come_back(tmp_path):
    tilted = shapely.force_3d(ROAD)
    xyz = shapely.get_coordinates(tilted, include_z=True)
    xyz[:, 2] = 40.0 + 0.08 * (xyz[:, 0] - E0)
    one = read(tmp_path, roads=frame(shapely.Polygon(xyz), id=["R"]))
    two = again(one, tmp_path / "copy")
    same(one, two)
    for site in (one, two):
        got = shapely.get_coordinates(site.heights.geometry.to_numpy(), include_z=True)
        assert got[:, 2] == pytest.approx(40.0 + 0.08 * (got[:, 0] - E0))
    assert len(shapely.get_coordinates(one.heights.geometry)) == len(shapely.get_coordinates(two.heights.geometry))


def test_a_system_without_a_number(tmp_path):
    crs = pyproj.CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=123.21 +k=1 +x_0=500000 +y_0=-4000000 +ellps=GRS80 +units=m")
    one = scenes.site([scenes.road()])
    xy = gpd.GeoSeries(one.layers["roads"].geometry, crs=one.crs).to_crs(crs)
    own = Site("s", "s", crs, {"roads": one.layers["roads"].set_geometry(xy)}, SiteConfig(id="s", name="s"))
    two = again(own, tmp_path / "s")
    assert two.crs.equals(crs, ignore_axis_order=True)
    assert two.layers["roads"].geometry.to_wkb().tolist() == xy.to_wkb().tolist()


def test_nothing_is_overwritten(tmp_path):
    site = scenes.site([scenes.road()])
    write_site(site, tmp_path / "s")
    before = {p.name: p.read_bytes() for p in (tmp_path / "s").iterdir()}
    with pytest.raises(OutputError, match="not empty") as caught:
        write_site(site, tmp_path / "s")
    assert "文件夹不为空" in caught.value.text("zh")
    assert {p.name: p.read_bytes() for p in (tmp_path / "s").iterdir()} == before


def test_a_failure_leaves_nothing(tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(blank_module.shutil, "move", full)
    with pytest.raises(OutputError, match="No space left"):
        write_site(scenes.site([scenes.road()]), tmp_path / "s")
    assert os.listdir(tmp_path) == []  # noqa: PTH208


TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30) | st.sampled_from(
    ["=1+1", "<script>alert(1)</script>", 'a"]\n[site]\nid = "x', "\\", "'''", "#", "\x7f", "é", "道路 一号"]
)


@settings(max_examples=3)
@given(names=st.lists(TEXT, min_size=1, max_size=4), manager=TEXT, lang=st.sampled_from(["zh", "en"]))
def test_hostile_names_come_back_as_the_reader_cleans_them(names, manager, lang):
    rows = [(scenes.block(20 * n, -1, 20 * n + 2, 1)[0], {"kind": "structure", "name": name}) for n, name in enumerate(names)]
    site = dataclasses.replace(
        scenes.site([scenes.road()], obstructions=rows, config={"manager": manager}), name=names[0]
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "s"
        write_site(site, folder, lang=lang)
        tomllib.loads((folder / "site.toml").read_text("utf-8"))
        one = read_site(folder)
        assert len(one.layers["obstructions"]) == len(names)
        same(one, again(one, Path(scratch) / "t"))


@settings(max_examples=3)
@given(
    widths=st.lists(st.floats(3.0, 9.0), min_size=1, max_size=3),
    posts=st.lists(st.tuples(st.floats(1, 90), st.floats(-1, 1), st.floats(0, 0.5)), max_size=4),
    turn=st.floats(0, math.tau),
    heights=st.lists(st.none() | st.floats(2.0, 6.0), max_size=2),
)
def test_scenes_come_back_bit_for_bit(widths, posts, turn, heights):
    def placed(geometry):
        return scenes.moved(shapely.affinity.rotate(geometry, turn, origin=(0, 0), use_radians=True))

    roads = [shapely.affinity.translate(scenes.road(100.0, width), 0, 40 * n) for n, width in enumerate(widths)]
    obstructions = [scenes.post(*post) for post in posts]
    obstructions += [scenes.over(30 * n, -3, 30 * n + 2, 3, height) for n, height in enumerate(heights)]
    site = scenes.site(roads, obstructions=obstructions, transform=placed)
    with tempfile.TemporaryDirectory() as scratch:
        one = again(site, Path(scratch) / "s")
        same(one, again(one, Path(scratch) / "t"))
        for name, rows in site.layers.items():
            before, after = (r.sort_values("id").geometry.reset_index(drop=True) for r in (rows, one.layers[name]))
            assert shapely.equals(before.to_numpy(), after.to_numpy()).all()


def test_toml_values():
    told = {"a": 1, "b c": [1.5, True, "x\ny"], "d": {"e": {}, "f": math.inf}, "": "空"}
    assert tomllib.loads(f"x = {toml_value(told)}")["x"] == told
    with pytest.raises(TypeError):
        toml_value(object())


def test_points_before_lines_before_areas(tmp_path):
    one = read(tmp_path, obstructions=frame(box(9, 0, 14, 2), point(5, 1), line((1, 0), (1, 2)), kind=["tree"] * 3))
    two = again(one, tmp_path / "copy")
    assert two.layers["obstructions"]["id"].tolist() == ["obstructions-2", "obstructions-3", "obstructions-1"]
    same(one, two)


def test_an_unplaced_site_stays_unplaced(tmp_path):
    rows = scenes.layer("roads", [scenes.road()], transform=lambda g: g)
    crs = crs_tools.local_crs((50, 0))
    roads = rows.set_geometry(gpd.GeoSeries(rows.geometry.to_numpy(), crs=crs))
    one = Site("s", "s", crs, {"roads": roads}, SiteConfig(id="s", name="s"), placed=False)
    two = again(one, tmp_path / "s")
    assert not two.placed
    assert two.layers["roads"].geometry.to_wkb().tolist() == shapely.to_wkb(shapely.orient_polygons(roads.geometry.to_numpy())).tolist()
    assert crs_tools.is_local_crs(two.crs)
    # The lines that stand ready for placing it, switched on, place it.
    text = (tmp_path / "s" / "site.toml").read_text("utf-8")
    for key in ("crs = ", "[place]", "points = "):
        assert f"\n# {key}" in text
        text = text.replace(f"\n# {key}", f"\n{key}")
    (tmp_path / "s" / "site.toml").write_text(text, encoding="utf-8")
    three = read_site(tmp_path / "s")
    assert three.placed
    assert three.bounds == pytest.approx((536000.0, 4629997.0, 536100.0, 4630003.0), abs=1e-6)


def test_what_was_said_when_the_original_was_read_is_kept(tmp_path):
    site = dataclasses.replace(
        scenes.site([scenes.road()]), notes=tuple(Note("osm", f"© 贡献者\n[site]\nid = {n}", f"© them {n}") for n in range(50))
    )
    write_site(site, tmp_path / "s")
    text = (tmp_path / "s" / "site.toml").read_text("utf-8")
    assert "#   © 贡献者 [site] id = 0\n" in text
    assert text.endswith("#   …\n")
    assert read_site(tmp_path / "s").id == "s"


def test_what_volunteers_mapped_stays_incomplete(tmp_path):
    """Not on a volunteered map is not the same as not there: the copy must not pass for a survey."""
    plain = scenes.street(obstructions=[scenes.post(5, 0)])
    assert again(plain, tmp_path / "plain").complete("obstructions")
    one = dataclasses.replace(plain, notes=(Note(VOLUNTEERED, "志愿者", "volunteers"),))
    two = again(one, tmp_path / "all")
    assert not two.complete("obstructions")
    assert not again(two, tmp_path / "all again").complete("entrances")
    assert "© OpenStreetMap" in (tmp_path / "all" / "site.toml").read_text("utf-8")
    some = dataclasses.replace(plain, notes=(Note(VOLUNTEERED, "志愿者", "volunteers", layer="entrances"),))
    found = again(some, tmp_path / "some")
    assert (found.complete("entrances"), found.complete("obstructions")) == (False, True)


@pytest.mark.parametrize("value", ['"yes"', "[1]", '["road"]'])
def test_volunteered_is_checked(tmp_path, value):
    write_site(scenes.site([scenes.road()]), tmp_path / "s")
    with (tmp_path / "s" / "site.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[osm]\nvolunteered = {value}\n")
    (problem,) = refused(tmp_path / "s")
    assert problem.column == "osm.volunteered"


def test_laser_tiles_stay_where_they_are(tmp_path):
    laspy = pytest.importorskip("laspy")
    tiles = tmp_path / "tiles [1]"
    tiles.mkdir()
    cloud = laspy.create(point_format=6)
    cloud.x, cloud.y, cloud.z = scenes.ORIGIN[0] + np.arange(9.0), scenes.ORIGIN[1] + np.zeros(9), np.zeros(9)
    cloud.write(str(tiles / "a.las"))
    tile = PointTile(tiles / "a.las", scenes.CRS, (*scenes.ORIGIN, *(scenes.ORIGIN + 9)), 9, accuracy_m=0.1)
    found = again(dataclasses.replace(scenes.site([scenes.road()]), points=(tile,)), tmp_path / "s")
    assert [(t.path.resolve(), t.points, t.accuracy_m) for t in found.points] == [((tiles / "a.las").resolve(), 9, 0.1)]
    assert again(found, tmp_path / "deep" / "t").points[0].points == 9
