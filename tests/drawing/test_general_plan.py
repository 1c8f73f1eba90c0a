"""The general plan: to scale, north and scale bar, coordinates, the key of the setting-out plans."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from types import SimpleNamespace

import drawing_scene as scene
import ezdxf
import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
import shapely.affinity
from ezdxf.math import Vec2
from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from sheet_texts import overlaps, sheets, shown_texts, values

from firelane.drawing import DrawingOptions, write, write_dxf
from firelane.drawing.catalogue import sheet_catalogue
from firelane.drawing.furniture import convergence_deg
from firelane.drawing.options import FORMATS, format_named
from firelane.drawing.sheets import general
from firelane.drawing.sheets.atlas import FROZEN
from firelane.drawing.sheets.base import View
from firelane.drawing.sheets.frame import sheet_room
from firelane.drawing.sheets.general import arrange
from firelane.drawing.sheets.tiles import Tile
from firelane.drawing.sheets.viewing import general_view

SHEET = sheet_catalogue()
TITLES = {"zh": "消防车通道标线平面图", "en": "FIRE LANE MARKING PLAN"}


def arranged(width_m, height_m, name="A3"):
    return arrange((width_m, height_m), sheet_room(format_named(name), SHEET), SHEET)


def plan_sheet(doc, lang="zh"):
    return next(layout for layout in sheets(doc) if values(layout)["TITLE"] == TITLES[lang])


def window(layout):
    (viewport,) = [v for v in layout.query("VIEWPORT") if v.dxf.id > 1]
    return viewport


@pytest.mark.parametrize(
    ("size_m", "name", "scale", "beside"),
    [
        # A3 leaves 390 x 255 mm; the strip of 34 mm below leaves 390 x 221, the column of 62 mm beside 328 x 255,
        # 24 mm of that for labels: 366 x 197 mm or 304 x 231 mm of site
        ((73.2, 39.4), "A3", 200, False),
        ((73.3, 39.4), "A3", 300, False),
        ((60.8, 39.5), "A3", 200, True),
        ((60.9, 39.5), "A3", 300, False),
        ((183.0, 98.5), "A3", 500, False),
        ((152.0, 115.5), "A3", 500, True),
        ((152.0, 115.6), "A3", 1000, False),
        ((732.0, 394.0), "A3", 2000, False),
        ((1830.0, 985.0), "A3", 5000, False),
        # A0: 1154 x 776, that is 1130 x 718 mm of site over the strip
        ((1130.0, 718.0), "A0", 1000, False),
    ],
)  # fmt: skip
def test_the_largest_scale_of_the_series_that_fits(size_m, name, scale, beside):
    found = arranged(*size_m, name)
    assert (found.scale, found.beside) == (scale, beside)


def test_any_size_gets_a_scale():
    assert arranged(1.0, 1.0).scale == 200
    assert arranged(3e6, 3e6).scale % 10_000 == 0


@given(st.floats(1.0, 5000.0), st.floats(1.0, 5000.0), st.sampled_from(FORMATS))
def test_the_site_fits_and_the_rest_lies_outside(width_m, height_m, name):
    room = sheet_room(format_named(name), SHEET)
    found = arranged(width_m, height_m, name)
    assert width_m * 1000 / found.scale + 2 * SHEET.label_room_mm <= found.plan.width + 1e-6
    assert height_m * 1000 / found.scale + 2 * SHEET.label_room_mm <= found.plan.height + 1e-6
    plan, rest = box(*found.plan), box(*found.rest)
    assert plan.intersection(rest).area == 0.0
    assert plan.area + rest.area == pytest.approx(box(*room).area)


@pytest.fixture(scope="module", params=["zh", "en"])
def drawn(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("general") / "x.dxf"
    write_dxf(scene.plan(), scene.audit(), path, DrawingOptions(lang=request.param))
    doc = ezdxf.readfile(path)
    return doc, plan_sheet(doc, request.param)


def test_the_plan_is_to_scale_and_holds_the_site(drawn):
    _, layout = drawn
    viewport = window(layout)
    assert viewport.dxf.view_height / viewport.dxf.height * 1000 == pytest.approx(500)
    assert [t.dxf.text for t in layout.query("TEXT")].count("1:500") == 1
    assert values(layout)["SCALE"] == "1:500"
    x, y, _ = viewport.dxf.view_target_point
    half_x, half_y = viewport.dxf.width / 4, viewport.dxf.height / 4  # 1:500: half a metre a millimetre
    # E 535936 … 536049, N 4629985 … 4630092; the origin is E 535900, N 4630000
    assert x - half_x < 36 - 7
    assert x + half_x > 149 + 7
    assert y - half_y < -15 - 7
    assert y + half_y > 92 + 7
    assert {"G-ANNO-DIMS", "G-ANNO-PNTS"} == set(viewport.frozen_layers)


def test_texts_keep_off_each_other_and_out_of_the_view(drawn):
    _, layout = drawn
    texts = list(shown_texts(layout))
    assert overlaps(texts) == []
    viewport = window(layout)
    x, y, _ = viewport.dxf.center
    view = box(x - viewport.dxf.width / 2, y - viewport.dxf.height / 2, x + viewport.dxf.width / 2, y + viewport.dxf.height / 2)
    assert [shown.text for shown in texts if shown.shape.intersects(view.buffer(-0.5))] == []


def test_labels_of_the_model_keep_off_each_other_and_are_frozen_elsewhere(drawn):
    doc, _ = drawn
    texts = doc.modelspace().query("TEXT")
    assert {t.dxf.layer for t in texts} <= {"G-ANNO-TEXT", "G-ANNO-COOR", "G-FIRE-VIOL", "G-ANNO-PNTS", "G-ANNO-DIMS"}
    labels = [shown for shown in shown_texts(doc.modelspace()) if len(shown.text) > 3]
    assert len(labels) > 10
    assert overlaps([s._replace(shape=s.shape.buffer(-0.3)) for s in labels]) == []


def test_convergence_is_that_of_the_projection():
    # Shenyang, 0.44° east of the central meridian: true north is 0.29° left of grid north
    assert convergence_deg(scene.audit()) == pytest.approx(0.2885, abs=2e-3)
    analytic = math.degrees(math.atan(math.tan(math.radians(0.4328)) * math.sin(math.radians(41.8045))))
    assert convergence_deg(scene.audit()) == pytest.approx(analytic, abs=2e-3)


def test_the_north_arrow_leans_left_east_of_the_central_meridian(drawn):
    _, layout = drawn
    (circle,) = layout.query("CIRCLE").filter(lambda e: e.dxf.radius == 12.0)
    arrow = next(h for h in layout.query("HATCH") if len(h.paths.paths[0].vertices) == 3).paths.paths[0].vertices
    tip = max(arrow, key=lambda v: v[1])
    lean = math.degrees(math.atan2(circle.dxf.center.x - tip[0], tip[1] - circle.dxf.center.y))
    assert lean == pytest.approx(0.2885, abs=2e-3)
    tail = sorted(arrow, key=lambda v: v[1])[:2]
    assert math.dist(tail[0][:2], tail[1][:2]) == pytest.approx(3.0)


def test_the_scale_bar_is_as_long_as_it_says(drawn):
    _, layout = drawn
    fields = [h.paths.paths[0].vertices for h in layout.query("HATCH") if len(h.paths.paths[0].vertices) == 4]
    # black fields are the first and the third of four; at 1:500 four fields of 5 m are 40 mm
    black = [v for v in fields if max(y for _, y, _ in v) - min(y for _, y, _ in v) == pytest.approx(1.6)]
    (first,) = [v for v in black if min(x for x, *_ in v) == min(min(x for x, *_ in w) for w in black)]
    assert max(x for x, *_ in first) - min(x for x, *_ in first) == pytest.approx(10.0)
    texts = {t.dxf.text for t in layout.query("TEXT")}
    assert {"0", "10", "20 m"} <= texts


def test_crosses_stand_at_round_coordinates_x_north_y_east(drawn):
    doc, _ = drawn
    model = doc.modelspace()
    crosses = [e for e in model.query("LWPOLYLINE") if e.dxf.layer == "G-ANNO-COOR"]
    across = [e.get_points("xy") for e in crosses if e.get_points("xy")[0][1] == e.get_points("xy")[1][1]]
    middles = {((a[0] + b[0]) / 2 + 535_900, a[1] + 4_630_000) for a, b in across}
    assert all(round(x, 6) % 50 == 0 and round(y, 6) % 50 == 0 for x, y in middles)
    labels = {t.dxf.text: t.dxf.align_point for t in model.query("TEXT") if t.dxf.layer == "G-ANNO-COOR"}
    assert {"X=4630000", "X=4630050", "Y=535950", "Y=536000"} <= set(labels)
    # at 1:500 a label stands within 10 m of what it names
    assert abs(labels["X=4630050"].y - 50.0) < 5.0
    assert abs(labels["Y=536000"].x - 100.0) < 5.0


def tile(number, x, y, turn_deg=0.0):
    width, height = 60.0, 40.0
    cos, sin = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    corners = tuple(
        (x + cos * dx - sin * dy, y + sin * dx + cos * dy)
        for dx, dy in ((-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2))
    )
    return Tile(number, (x, y), (width, height), -turn_deg, 500, corners, ())


def index_drawn(tmp_path, monkeypatch, tiles):
    """The plan of the scene with the outlines of these tiles, numbered from 21."""
    monkeypatch.setattr(general, "tiles", lambda _context: tuple(tiles))
    original = general.draw_index
    numbers = [str(20 + t.number) for t in tiles]
    monkeypatch.setattr(general, "draw_index", lambda pen, context, _numbers: original(pen, context, numbers))
    write_dxf(scene.plan(), scene.audit(), tmp_path / "x.dxf")
    return plan_sheet(ezdxf.readfile(tmp_path / "x.dxf"))


def test_the_key_shows_each_setting_out_plan_where_it_is(tmp_path, monkeypatch):
    east, north = scene.EAST, scene.NORTH
    tiles = [tile(1, east + 30, north, 10.0), tile(2, east + 85, north, 0.0), tile(3, east + 110, north + 50, 90.0)]
    layout = index_drawn(tmp_path, monkeypatch, tiles)
    viewport = window(layout)
    centre, target = np.array(viewport.dxf.center)[:2], np.array(viewport.dxf.view_target_point)[:2]
    rings = [shapely.LineString(e.get_points("xy")) for e in layout.query("LWPOLYLINE") if e.dxf.linetype == "FL-DASHED"]
    for it in tiles:
        paper = [tuple(centre + (np.array(c) - [535_900.0, 4_630_000.0] - target) * 2.0) for c in it.corners]
        wanted = shapely.LinearRing(paper)
        assert min(wanted.hausdorff_distance(ring) for ring in rings) < 0.01
        (number,) = [t for t in layout.query("TEXT") if t.dxf.text == str(20 + it.number)]
        assert shapely.Polygon(paper).contains(shapely.Point(number.dxf.align_point.vec2))
    spots = [t.dxf.align_point for t in layout.query("TEXT") if t.dxf.text in {"21", "22", "23"}]
    assert min(Vec2(a).distance(Vec2(b)) for n, a in enumerate(spots) for b in spots[n + 1 :]) > 6.0
    assert Counter(t.dxf.text for t in layout.query("TEXT"))["放样图范围及图号"] == 1


def test_one_setting_out_plan_needs_no_key(tmp_path, monkeypatch):
    layout = index_drawn(tmp_path, monkeypatch, [tile(1, scene.EAST + 30, scene.NORTH)])
    said = {t.dxf.text for t in layout.query("TEXT")}
    assert "21" not in said
    assert "放样图范围及图号" not in said


def test_other_coordinate_systems(tmp_path):
    # a custom system without a code: its name goes into the drawing instead
    crs = pyproj.CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=123.4 +k=1 +x_0=500000 +ellps=GRS80 +units=m")
    here = dataclasses.replace(scene.site(), crs=crs)
    write_dxf(scene.plan(of=here), scene.audit(of=here), tmp_path / "x.dxf")
    doc = ezdxf.readfile(tmp_path / "x.dxf")
    assert doc.header.custom_vars.get("firelane_crs") == "unknown"


def shown(pavement, **layers):
    """Return what the general plan shows of a site that is nothing but pavement, on A3."""
    road = gpd.GeoDataFrame(geometry=[pavement])
    site = SimpleNamespace(layers={"roads": layers.get("roads", road), **layers}, bounds=pavement.bounds)
    audit = SimpleNamespace(network=SimpleNamespace(pavement=pavement, by_line=None), site=site, findings=())
    plan = SimpleNamespace(paint=gpd.GeoDataFrame(geometry=[]))
    return general_view(plan, audit, SHEET, sheet_room(format_named("A3"), SHEET))


@pytest.mark.parametrize("angle_deg", [-44.0, -16.3, 16.3, 30.0, 44.0])
def test_a_site_is_turned_where_that_gives_a_larger_scale(angle_deg):
    level = box(0.0, 0.0, 350.0, 190.0)  # 366 x 197 m fit A3 at 1:1000, its diagonal does not
    assert shown(level).twist_deg == 0.0
    view = shown(shapely.affinity.rotate(level, angle_deg, origin=(0, 0)))
    assert view.twist_deg == pytest.approx(-angle_deg, abs=1e-6)
    assert view.size_m == pytest.approx((350.0, 190.0))
    middle = shapely.affinity.rotate(level, angle_deg, origin=(0, 0)).centroid
    assert view.centre == pytest.approx((middle.x, middle.y))


def test_a_site_lies_as_it_is_where_turning_gains_nothing():
    small = shapely.affinity.rotate(box(0.0, 0.0, 40.0, 4.0), 20.0)
    assert shown(small).twist_deg == 0.0


@given(st.floats(-180.0, 180.0), st.floats(50.0, 2000.0), st.floats(50.0, 2000.0))
def test_a_view_never_leans_more_than_45_degrees_and_shows_all(angle_deg, width_m, height_m):
    pavement = shapely.affinity.rotate(box(0.0, 0.0, width_m, height_m), angle_deg)
    view = shown(pavement)
    assert abs(view.twist_deg) <= 45.0
    half_x, half_y = view.size_m[0] / 2, view.size_m[1] / 2
    window = shapely.affinity.rotate(box(-half_x, -half_y, half_x, half_y), -view.twist_deg, origin=(0, 0))
    window = shapely.affinity.translate(window, *view.centre)
    assert pavement.within(window.buffer(1e-6))


def test_the_public_road_beyond_the_entrance_and_far_buildings_do_not_enlarge_the_view():
    inside = box(0.0, 0.0, 100.0, 6.0)
    road = gpd.GeoDataFrame(geometry=[box(0.0, 0.0, 400.0, 6.0)])
    buildings = gpd.GeoDataFrame(geometry=[box(0.0, 40.0, 50.0, 60.0), box(0.0, 47.0, 50.0, 90.0)])
    assert shown(inside, roads=road).size_m == pytest.approx((100.0 + SHEET.beyond_m, 6.0))
    assert shown(inside, buildings=buildings.iloc[:1]).size_m == pytest.approx((100.0, 60.0))
    assert shown(inside, buildings=buildings.iloc[1:]).size_m == pytest.approx((100.0, 6.0))


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """The drawing of the scene, its general plan turned by 30° and not by choice."""
    path = tmp_path_factory.mktemp("turned") / "x.dxf"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write, "general_view", lambda *_: View((535_992.5, 4_630_038.5), (130.0, 130.0), 30.0))
        write_dxf(scene.plan(), scene.audit(), path)
    doc = ezdxf.readfile(path)
    return doc, plan_sheet(doc)


def test_texts_of_a_turned_plan_stand_upright(turned):
    doc, layout = turned
    assert window(layout).dxf.view_twist_angle == 30.0
    flags = doc.modelspace().query("TEXT[layer=='G-FIRE-VIOL']")
    assert flags
    assert {round((t.dxf.rotation + 30.0) % 360.0, 6) for t in flags} == {0.0}
    for text in doc.modelspace().query("TEXT[layer=='G-ANNO-TEXT']"):
        assert -90.0 < math.remainder(text.dxf.rotation + 30.0, 360.0) <= 90.0 + 1e-6
    assert "本图逆时针旋转 30.0°" in {t.dxf.text for t in layout.query("TEXT")}


def test_north_turns_with_the_plan(turned):
    _, layout = turned
    (north,) = [t for t in layout.query("TEXT") if t.dxf.text == "北"]
    assert north.dxf.rotation == pytest.approx(30.0 + convergence_deg(scene.audit()))


def test_labels_of_a_turned_plan_keep_off_each_other_and_on_the_sheet(turned):
    doc, layout = turned
    viewport = window(layout)
    seen = [s._replace(shape=shapely.affinity.rotate(s.shape, 30.0, origin=(0, 0))) for s in shown_texts(doc.modelspace())]
    labels = [s for s in seen if len(s.text) > 3]
    assert len(labels) > 10
    assert overlaps([s._replace(shape=s.shape.buffer(-0.3)) for s in labels]) == []
    middle = shapely.affinity.rotate(shapely.Point(viewport.dxf.view_target_point), 30.0, origin=(0, 0))
    half_y = viewport.dxf.view_height / 2
    half_x = half_y * viewport.dxf.width / viewport.dxf.height
    sheet = box(middle.x - half_x, middle.y - half_y, middle.x + half_x, middle.y + half_y)
    assert [s.text for s in labels if not s.shape.within(sheet)] == []


def test_crosses_of_a_turned_plan_stand_at_round_coordinates(turned):
    doc, _ = turned
    texts = list(doc.modelspace().query("TEXT[layer=='G-ANNO-COOR']"))
    assert {t.dxf.text[0] for t in texts} == {"X", "Y"}
    for text in texts:
        x, y, _ = text.get_placement()[1]
        value = y + 4_630_000.0 if text.dxf.text[0] == "X" else x + 535_900.0
        assert value == pytest.approx(float(text.dxf.text[2:]), abs=2.5)  # beside the arm of its cross, 2.5 mm at 1:500


def test_ticks_and_labels_of_lanes_are_frozen_in_the_setting_out_plans(drawn):
    doc, _ = drawn
    strokes = [e for e in doc.modelspace().query("LWPOLYLINE[layer=='G-FIRE-LANE']") if len(e) == 2 and not e.dxf.invisible]
    half_mm = [Vec2(*e[0][:2]).distance(Vec2(*e[1][:2])) for e in strokes]
    assert 2 * 1.2 * 0.5 not in [round(d, 6) for d in half_mm]  # no tick of 2.4 mm at 1:500
    assert "G-ANNO-TEXT" in FROZEN
