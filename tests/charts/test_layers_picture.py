"""The picture of a site's layers: looked at pixel by pixel where a figure can be said."""

import dataclasses
import io
import re
from pathlib import Path

import numpy as np
import pytest
import shapely
import site_scenes as scenes
from matplotlib import image
from matplotlib.colors import to_rgb

from firelane import crs as crs_tools
from firelane.charts import layers as layers_module
from firelane.charts import layers_picture
from firelane.charts.layers_draw import _thinned
from firelane.charts.layers_look import _KINDS, DERIVED, GREEN, PURPLE, ROAD, SKY, groups
from firelane.errors import OutputError
from firelane.site.model import VOLUNTEERED, Note, PointTile, Reading, Site, SiteConfig
from firelane.vocabulary import ObstructionKind

MAP_PX = 1600 - 480
ROADS = [scenes.road(100, 6), (scenes.block(0, 20, 60, 26)[0], {"derived": "width", "accuracy_m": 0.5})]


def scene(**more):
    return scenes.site(
        ROADS, obstructions=[scenes.post(10, 0), scenes.over(50, -3, 52, 3, 4.5), (scenes.Point(30, 8), {"kind": "tree"})],
        parking=[scenes.block(70, -8, 90, -4)[0]], entrances=scenes.gates(), **more,
    )  # fmt: skip


def pixels(site, tmp_path, **options):
    path = tmp_path / "a.png"
    layers_picture(site, path, **options)
    return np.round(image.imread(path)[:, :, :3] * 255).astype(int)


def count(picture, colour, *, side=False):
    """Count the pixels of one colour on the map (or beside it)."""
    part = picture[:, MAP_PX:] if side else picture[:, :MAP_PX]
    return int((np.abs(part - np.round(np.array(to_rgb(colour)) * 255)).max(axis=2) <= 1).sum())


@pytest.fixture
def texts(monkeypatch):
    """Every text that is written into a picture."""
    from matplotlib.axes import Axes

    said = []
    plain = Axes.text

    def text(self, x, y, s, *args, **more):
        said.append(s)
        return plain(self, x, y, s, *args, **more)

    monkeypatch.setattr(Axes, "text", text)
    return said


def test_it_is_1600_wide_and_every_layer_has_its_colour(tmp_path):
    picture = pixels(scene(), tmp_path)
    assert picture.shape[1] == 1600
    for colour in (ROAD.face, DERIVED.face, SKY, GREEN, PURPLE):
        assert count(picture, colour) > 20, colour
        assert count(picture, colour, side=True) > 20, colour  # the legend shows the same


def test_areas_are_true_to_scale(tmp_path):
    """Two strips of 100 × 30 and 100 × 60 m: their pixels are as 1 to 2, and true to the scale."""
    site = scenes.site([scenes.road(100, 30), (scenes.block(0, 20, 100, 80)[0], {"fire_lane": False})])
    picture = pixels(site, tmp_path)
    narrow, wide = count(picture, ROAD.face), count(picture, "#e9ebee")
    assert wide / narrow == pytest.approx(2.0, rel=0.03)
    scale = MAP_PX / (100 + 2 * 0.04 * 100)  # the frame leaves 4 % on either side
    assert narrow == pytest.approx(3000 * scale**2, rel=0.04)  # the outline takes its part


def test_holes_stay_open(tmp_path):
    court = scenes.block(0, 0, 100, 100)[0] - scenes.block(20, 20, 80, 80)[0]
    picture = pixels(scenes.site([court]), tmp_path)
    whole = pixels(scenes.site([scenes.block(0, 0, 100, 100)[0]]), tmp_path)
    assert count(picture, ROAD.face) / count(whole, ROAD.face) == pytest.approx(0.64, abs=0.01)


def test_the_legend_counts_what_there_is(tmp_path, texts):
    layers_picture(scene(), tmp_path / "a.png")
    for said in ("道路  1", "路面由宽度推得  1", "停车泊位  1", "出入口  2", "固定隔离桩  1", "限高架/门洞  1", "树木  1"):
        assert said in texts
    assert not any(said.startswith("建筑") for said in texts)
    layers_picture(scene(), tmp_path / "b.png", lang="en")
    assert "roads derived from a width  1" in texts


def test_every_kind_of_obstruction_has_a_look_of_its_own():
    assert set(_KINDS) == set(ObstructionKind)
    assert len({(look.marker, look.face) for look in _KINDS.values()}) == len(_KINDS)


def test_nothing_is_lost_on_the_way():
    site = scene()
    assert sum(len(group.shapes) for group in groups(site, "zh")) == sum(len(table) for table in site.layers.values())


def test_placed_has_north_and_a_code_unplaced_says_so(tmp_path, texts):
    layers_picture(scene(), tmp_path / "a.png")
    assert "北" in texts
    assert any("EPSG:4550" in said for said in texts)
    texts.clear()
    layers_picture(dataclasses.replace(scene(), placed=False, crs=crs_tools.local_crs((0, 0))), tmp_path / "a.png")
    assert "未定位：局部坐标（米）" in texts
    assert "北" not in texts


def test_the_scale_bar_is_as_long_as_it_says(tmp_path, texts, monkeypatch):
    from matplotlib.axes import Axes

    bars = []
    plain = Axes.plot
    monkeypatch.setattr(Axes, "plot", lambda self, *a, **k: (bars.append(a[0]) if k.get("zorder") == 61 else None, plain(self, *a, **k))[1])
    for length, bar_m, said in ((100.0, 20.0, "20 m"), (5000.0, 1000.0, "1 km")):
        texts.clear()
        bars.clear()
        layers_picture(scenes.site([scenes.road(length, 6)]), tmp_path / "a.png", lang="en")
        assert said in texts
        ((left, _, right, _),) = bars
        assert right - left == bar_m


def test_what_was_not_understood_is_listed(tmp_path, texts):
    lost = [Reading("a.dxf", f"层{n}", {"LINE": n + 1}, None, ignored=n + 1) for n in range(15)]
    partly = Reading("a.dxf", "G-ROAD", {"LINE": 90}, "roads", 1, ignored=40)
    fine = Reading("a.dxf", "建筑轮廓", {"HATCH": 3}, "buildings", 3)
    layers_picture(dataclasses.replace(scene(), readings=(*lost, partly, fine)), tmp_path / "a.png")
    assert "未采用的内容（图中没有）" in texts
    assert "G-ROAD: 40" in texts
    assert "层14: 15 LINE" in texts
    assert "另有 4 项" in texts
    assert not any("建筑轮廓" in said for said in texts)


def test_a_stray_point_is_counted_not_drawn(tmp_path, texts):
    site = scenes.site([scenes.road()], obstructions=[scenes.post(5000, 0), scenes.post(10, 0)])
    picture = pixels(site, tmp_path)
    assert "另有 1 个对象在图外" in texts
    assert count(picture, ROAD.face) > 20_000


def test_tiles_are_outlined_in_the_sites_system(tmp_path, texts):
    lonlat = crs_tools.to_lonlat(np.array([scenes.ORIGIN - 5, scenes.ORIGIN + (50, 5)]), scenes.CRS)
    degrees = crs_tools.choose_working_crs(123.4, 41.8)
    corners = crs_tools.from_lonlat(lonlat, degrees)
    tile = PointTile(Path("a.laz"), degrees, tuple(corners.ravel()), 10)
    site = dataclasses.replace(scene(), points=(tile,))
    (outline,) = layers_module._tile_outlines(site.points, site)
    assert scenes.moved(scenes.block(0, -2, 45, 2)[0]).within(outline)
    layers_picture(site, tmp_path / "a.png")
    assert "激光点云范围  1" in texts


def test_whose_data_it_is(tmp_path, texts):
    layers_picture(scene(), tmp_path / "a.png")
    assert not any("OpenStreetMap" in said for said in texts)
    layers_picture(dataclasses.replace(scene(), notes=(Note(VOLUNTEERED, "志愿者", "volunteers"),)), tmp_path / "a.png")
    assert "© OpenStreetMap 贡献者（ODbL）" in texts


def test_the_same_site_gives_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        layers_picture(scene(), tmp_path / name)
    written = (tmp_path / "a.png").read_bytes()
    assert written == (tmp_path / "b.png").read_bytes()
    assert not re.search(rb"tEXt|iTXt|tIME", written)
    assert image.imread(io.BytesIO(written)).shape[1] == 1600


@pytest.mark.parametrize("name", ["$\\frac{", "<script>", "=1+1", "\x1b[2J\x00\u202e", "长" * 500, "x" * 500, "\U0001f692"])
def test_hostile_names_are_drawn_as_text(tmp_path, texts, name):
    site = scenes.site([scenes.road()])
    site = Site(name, name, site.crs, site.layers, SiteConfig(), readings=(Reading(name, name, {name: 3}, None, ignored=3),))
    layers_picture(site, tmp_path / "a.png")
    assert all(said.isprintable() and len(said) < 130 for said in texts)


def test_empty_and_odd_sites(tmp_path):
    layers_picture(scenes.site([], road_lines=[scenes.LineString([(0, 0), (80, 0)])]), tmp_path / "a.png")
    layers_picture(scenes.site([scenes.block(0, 0, 0.01, 0.01)[0]], kerbs=[], signs=[]), tmp_path / "a.png")


def test_a_failure_leaves_the_old_picture(tmp_path):
    with pytest.raises(OutputError):
        layers_picture(scene(), tmp_path / "none" / "a.png")


def test_vertices_that_no_pixel_shows_are_left_out():
    turn = np.linspace(0, 2 * np.pi, 100_001)
    ring = shapely.linearrings(np.c_[50 * np.cos(turn), 50 * np.sin(turn)])
    xy, of = _thinned(np.array([ring, ring]), 0.1)
    assert len(xy) < 40_000
    assert of.tolist() == sorted(of.tolist())
    assert shapely.distance(shapely.linestrings(xy[of == 0]), shapely.points(shapely.get_coordinates(ring)[::100])).max() < 0.05


def test_a_hundred_thousand_things_take_few_artists(tmp_path, monkeypatch):
    from matplotlib.axes import Axes

    added = []
    plain = Axes.add_collection
    monkeypatch.setattr(Axes, "add_collection", lambda self, *a, **k: (added.append(a[0]), plain(self, *a, **k))[1])
    x, y = (a.ravel() for a in np.meshgrid(np.arange(200.0), np.arange(250.0)))
    houses = shapely.box(20 * x, 20 * y, 20 * x + 9, 20 * y + 9)
    site = scenes.site([scenes.road(4000, 6)])
    blocks = scenes.layer("buildings", [houses[0]]).drop(columns="geometry").iloc[np.zeros(len(houses), dtype=int)]
    site.layers["buildings"] = blocks.reset_index(drop=True).set_geometry(
        [scenes.moved(house) for house in houses], crs=scenes.CRS
    )
    picture = pixels(site, tmp_path)
    assert len(added) < 10
    assert count(picture, "#e6dcc8") > 10_000
