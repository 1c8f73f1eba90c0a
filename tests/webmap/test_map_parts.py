"""Width classes, the data block, texts and the picture."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
import webmap_scene as scene
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import image
from shapely.geometry import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, box

from firelane import crs as crs_tools
from firelane.errors import OutputError
from firelane.rules.loader import load_rules
from firelane.vocabulary import Quantity, rounded_down
from firelane.webmap import map_png, violation_map
from firelane.webmap import page as page_module
from firelane.webmap.block import Shapes, pack
from firelane.webmap.texts import coordinates, lonlat, measured, named
from firelane.webmap.widths import UNMEASURED, classify, millimetres, runs, width_classes, width_limit_m

RULES = load_rules(["shenyang-2020"])


def rule(quantity):
    return next(r for r in RULES if r.quantity is quantity)


@pytest.mark.parametrize(
    ("width_m", "label", "short"),
    [
        (0.0, "< 3.0 m", True),
        (2.9999, "< 3.0 m", True),
        (3.0, "3.0–3.5 m", True),
        (3.999, "3.5–4.0 m", True),
        (3.9996, "3.5–4.0 m", True),  # reads 3.999, so it is red
        (3.9999995, "4.0–5.0 m", False),  # within 1e-6: it passes and reads 4.000
        (4.0, "4.0–5.0 m", False),
        (6.0, "≥ 6.0 m", False),
        (80.0, "≥ 6.0 m", False),
    ],
)
def test_the_ramp_breaks_exactly_at_the_limit(width_m, label, short):
    classes = width_classes(width_limit_m(RULES))
    entry = classes[int(classify([width_m], classes)[0])]
    assert (entry.label(), entry.short) == (label, short)


def test_the_limit_comes_from_the_rules():
    assert width_limit_m(RULES) == 4.0
    wider = [replace(r, threshold=5.5) if r.quantity is Quantity.CLEAR_WIDTH else r for r in RULES]
    assert [c.label() for c in width_classes(width_limit_m(wider)) if c.short][-1] == "5.0–5.5 m"
    assert width_limit_m([]) is None
    assert not any(c.short for c in width_classes(None))


@given(st.floats(0, 1e5, allow_nan=False))
def test_millimetres_are_those_of_the_texts(value_m):
    assert millimetres([value_m])[0] == round(float(rounded_down(value_m)) * 1000)


def test_what_was_not_measured_is_a_class_of_its_own():
    classes = width_classes(4.0)
    assert classify([np.nan, np.inf, 3.0], classes).tolist() == [UNMEASURED, UNMEASURED, 1]


@given(st.lists(st.integers(-1, 3), min_size=2, max_size=30))
def test_runs_cover_the_lane_once_and_keep_each_station_in_its_class(codes):
    points = np.column_stack((np.arange(len(codes), dtype=float), np.zeros(len(codes))))
    pieces = runs(points, np.array(codes))
    assert sum(line.length for _, line in pieces) == pytest.approx(len(codes) - 1)
    assert all(a != b for (a, _), (b, _) in pairwise(pieces))
    for code, point in zip(codes, shapely.points(points), strict=True):
        assert any(c == code and line.distance(point) == 0 for c, line in pieces)


def test_one_narrow_station_is_seen():
    points = np.column_stack((np.arange(5.0) / 2, np.zeros(5)))
    pieces = runs(points, np.array([4, 4, 1, 4, 4]))
    assert [(code, line.length) for code, line in pieces] == [(4, 0.75), (1, 0.5), (4, 0.75)]
    assert runs(points[:1], np.array([4])) == []


def unpacked(text):
    raw = gzip.decompress(base64.b64decode(text))
    length = int.from_bytes(raw[:4], "little")
    header = json.loads(raw[4 : 4 + length])
    at, columns = 4 + length, {}
    assert at % 4 == 0
    for name, count in header["columns"]:
        columns[name] = np.frombuffer(raw, "<i4", count, at)
        at += 4 * count
    assert at == len(raw)
    return header, columns


def test_the_block_gives_back_every_vertex_to_a_centimetre():
    shapes = Shapes(scene.CRS)
    hole = box(0, 0, 10, 10).difference(box(2, 2, 4, 4))
    given_shapes = [
        Point(1, 2), LineString([(0, 0), (5, 1)]), hole, MultiPolygon([box(20, 0, 21, 1), hole]), MultiPoint([(1, 1), (2, 2)]),
        GeometryCollection([Point(9, 9), box(30, 0, 31, 1)]),
    ]  # fmt: skip
    numbers = [shapes.add(scene.at(g)) for g in given_shapes]
    assert numbers == list(range(6))
    text = pack({"name": "</script>\x00\ud800"}, shapes.columns())
    header, columns = unpacked(text)
    assert header["name"] == "</script>\x00\ud800"
    assert columns["types"].tolist() == [0, 1, 2, 2, 0, 2]
    assert columns["parts"].tolist() == [1, 1, 1, 2, 1, 1]
    assert columns["rings"].tolist() == [1, 1, 2, 1, 2, 1, 1]
    assert columns["vertices"].tolist() == [1, 2, 5, 5, 5, 5, 5, 2, 5]
    lonlat_deg = np.column_stack((np.cumsum(columns["lon"]), np.cumsum(columns["lat"]))) / 1e7
    back = crs_tools.from_lonlat(lonlat_deg, scene.CRS)
    assert np.abs(back[0] - (scene.EAST + 1, scene.NORTH + 2)).max() < 0.01
    assert np.abs(back[2] - (scene.EAST + 5, scene.NORTH + 1)).max() < 0.01
    assert text == pack({"name": "</script>\x00\ud800"}, shapes.columns())


def test_lengths_are_rounded_to_the_side_that_fails():
    width, spacing = rule(Quantity.CLEAR_WIDTH), rule(Quantity.BOX_SPACING)
    assert measured(3.9996, "m", width) == "3.999 m"
    assert measured(20.0004, "m", spacing) == "20.001 m"
    assert measured(20.0, "m", spacing) == "20.000 m"
    assert measured(None, "m", width) == "未测量"
    assert measured(8.25, "%", None) == "8.25 %"


def test_places_and_names():
    assert coordinates((535630.0, 4630401.2)) == "X（北） 4630401.200 m\nY（东） 535630.000 m"
    assert lonlat((123.4287635, 41.8080104), "en") == "123.4287635° E\n41.8080104° N"
    assert lonlat((-0.5, 51.0)) == "-0.5000000°, 51.0000000°"
    assert named("建筑", None, "b1") == "建筑 b1"
    assert named("建筑", "一号", "b1", "zh") == "建筑 一号（b1）"


def test_folium_never_sees_the_site(monkeypatch):
    import folium

    given_arguments = []
    plain = folium.Map.__init__

    def spy(self, *args, **kwargs):
        given_arguments.append((args, kwargs))
        plain(self, *args, **kwargs)

    monkeypatch.setattr(folium.Map, "__init__", spy)
    page_module.page(scene.audit(text="{{7*7}}", rule_text="{{7*7}}"))
    page_module.page(scene.audit())
    assert given_arguments[0] == given_arguments[1]
    assert "7*7" not in repr(given_arguments)


def test_an_empty_site_still_gives_a_page(tmp_path):
    audit = scene.audit()
    bare = replace(
        audit, findings=(), pinches=audit.pinches.iloc[:0], buildings=audit.buildings.iloc[:0],
        lanes=audit.lanes.iloc[:0], profile=audit.profile.iloc[:0], rules=(),
        site=replace(audit.site, layers={"roads": audit.site.layers["roads"]}, inputs=(), notes=()),
        network=replace(audit.network, mouths=audit.network.mouths.iloc[:0]),
    )  # fmt: skip
    violation_map(bare, tmp_path / "bare.html")
    header, _ = page_module.page_content(bare, plan=None, lang="zh")
    assert header["cards"] == []
    assert header["legend"]["limit"] == "所选规则没有净宽限值"


def test_a_lane_without_stations_is_drawn_as_not_measured():
    audit = scene.audit()
    header, _ = page_module.page_content(replace(audit, profile=audit.profile.iloc[:0]), plan=None, lang="zh")
    drawn = [
        header["styles"][style]
        for layer, _, style, _ in header["paths"]
        if header["layers"][layer]["key"] == "lanes"
    ]
    assert {look["color"] for look in drawn} == {"#ffffff", "#8a8a8a"}  # the casing, and grey


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "map.html"
    target.write_text("old", encoding="utf-8")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("firelane.files.os.replace", full)
    with pytest.raises(OutputError):
        violation_map(scene.audit(), target)
    assert target.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["map.html"]


def test_the_picture_has_its_size_its_colours_and_is_the_same_twice(tmp_path):
    audit = scene.audit()
    for name in ("a.png", "b.png"):
        map_png(audit, tmp_path / name, plan=scene.plan(audit.site), width_px=800)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    pixels = image.imread(tmp_path / "a.png")[..., :3]
    assert pixels.shape[1] == 800
    for colour in ("#e0603f", "#1c5a9c", "#00785a", "#a3142a"):  # a lane too narrow, wide, a mouth, a marker
        rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        found = np.abs(pixels[:, :560] - rgb).max(axis=2) < 0.02
        assert found.any(), colour


def test_the_picture_takes_the_shape_of_a_page(tmp_path):
    map_png(scene.audit(), tmp_path / "a.png", width_px=800, height_share=0.6)
    assert image.imread(tmp_path / "a.png").shape[:2] == (480, 800)


def test_the_picture_takes_hostile_names_as_text(tmp_path):
    hostile = r"$\frac{1}{0$ {{7*7}} \x00" + "\x00\x1b\u202e" + "长" * 300
    audit = scene.audit(text=hostile)
    map_png(audit, tmp_path / "hostile.png", plan=scene.plan(audit.site), width_px=640, lang="en")
    assert image.imread(tmp_path / "hostile.png").shape[1] == 640
